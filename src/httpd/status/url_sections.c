/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds the sections that apply to a URL while httpd reads its configuration. There is
 * no request_rec then, so httpd cannot select the sections. This file matches containers
 * against the path of the URL and the file that DocumentRoot makes of it, in httpd's
 * order of sections.
 *
 * The result says what only a request can decide. Sections in an <If> have the number of
 * their condition, and the caller chooses which conditions hold. The result also says
 * whether a directive such as Alias may map the URL to another file, and whether a
 * .htaccess file may apply, which is not read.
 */

#include "httpd/status/url_sections.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "core/base/path_index.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"

/* The URL, and the sections that have been found. */
typedef struct {
    apr_pool_t *p;
    const char *path;
    const char *file;
    cors_container_e kind; /* the kind that is visited */
    const ap_directive_t
        *host;           /* the <VirtualHost> of the server; NULL: none */
    const char *root;    /* DocumentRoot */
    bool selects_files;  /* there is a <Directory> or <Files> section */
    bool has_others;     /* there is a section that does not apply to the URL */
    bool reads_htaccess; /* .htaccess files are permitted in some directory */
    /* the containers of sections that do not apply and have a CorsPolicy On:
     * const ap_directive_t * */
    apr_array_header_t *others;
    cors_url_sections_t *found;
} url_walk_t;

/* When httpd merges a section, the first one first. The sections of a <Proxy> replace
 * those of the file, so they come before a <Location>. */
enum order {
    OF_FILE,
    OF_LOCATION,
    IF,
    IF_IN_DIRECTORY,
    IF_IN_FILES,
    IF_IN_LOCATION,
    IF_ORDERS = IF_IN_LOCATION - IF + 1 /* the number of orders in an <If> */
};

static bool is_if(const ap_directive_t *node)
{
    return cors_directive_is(node, "<If") || cors_directive_is(node, "<ElseIf")
           || cors_directive_is(node, "<Else");
}

/*
 * Returns when httpd merges a section. Those in an <If> come last: first those of the
 * server, then those in <Directory>, <Files> and <Location>. Those in an <If> in an <If>
 * come after all of them.
 */
static int order_of(apr_pool_t *p, const ap_directive_t *node)
{
    const cors_container_e kind = cors_container_of(p, node).kind;
    const ap_directive_t *outer;
    bool in_files = false;
    int depth = 0;
    int order = IF;

    for (outer = node; outer; outer = outer->parent) {
        depth += is_if(outer) ? 1 : 0;
        in_files = in_files || cors_directive_is(outer, "<Files")
                   || cors_directive_is(outer, "<FilesMatch");
    }
    if (depth == 0) {
        return kind == CORS_CONTAINER_LOCATION ? OF_LOCATION : OF_FILE;
    }
    if (in_files) {
        order = IF_IN_FILES;
    }
    else if (kind == CORS_CONTAINER_DIRECTORY) {
        order = IF_IN_DIRECTORY;
    }
    else if (kind == CORS_CONTAINER_LOCATION) {
        order = IF_IN_LOCATION;
    }
    return order + (depth - 1) * IF_ORDERS;
}

static void note_mode(void *context, cors_attr_e attr,
                      const cors_setting_t *setting)
{
    bool *on = context;

    *on = *on || (attr == CORS_ATTR_MODE && setting->choice == CORS_MODE_ON);
}

/* Note a section that does not apply to the URL. */
static void add_other(url_walk_t *walk, const cors_config_section_t *listed)
{
    bool on = false;

    walk->has_others = true;
    cors_section_visit(listed->own, CORS_METHODS_ALL, note_mode, &on);
    if (on) {
        APR_ARRAY_PUSH(walk->others, const ap_directive_t *) =
            listed->scope->node;
    }
}

static void add_section(void *context, const cors_config_section_t *listed)
{
    url_walk_t *walk = context;
    cors_url_section_t *added;
    cors_match_e match;

    if (listed->kind != walk->kind) {
        return;
    }
    if (listed->kind == CORS_CONTAINER_SERVER) {
        walk->host = listed->container.host;
    }
    if (listed->kind == CORS_CONTAINER_DIRECTORY
        || listed->kind == CORS_CONTAINER_FILES) {
        walk->selects_files = true;
    }
    match = cors_container_match(walk->p, listed->scope->node, walk->path,
                                 walk->file);
    if (match == CORS_MATCH_NO) {
        add_other(walk, listed);
        return;
    }
    added = apr_palloc(walk->p, sizeof(*added));
    added->own = listed->own;
    added->scope = listed->scope;
    added->order = order_of(walk->p, listed->scope->node);
    added->condition = -1;
    if (match == CORS_MATCH_UNKNOWN) {
        added->condition = walk->found->conditions++;
    }
    APR_ARRAY_PUSH(walk->found->sections, const cors_url_section_t *) = added;
}

/* Returns whether a directive with a URL path as its first argument is for the URL. In a
 * <Location>, the argument is omitted. */
static bool has_path_above(const url_walk_t *walk,
                           const ap_directive_t *directive)
{
    const char *rest = directive->args;
    const char *path = ap_getword_conf(walk->p, &rest);

    return path[0] != '/' || !*rest || cors_path_is_above(path, walk->path);
}

static bool is_one_of(const ap_directive_t *directive, const char *const *names)
{
    for (; *names; names++) {
        if (cors_directive_is(directive, *names)) {
            return true;
        }
    }
    return false;
}

/* Returns whether an argument of a directive, or a part of one, is a text. */
static bool has_argument(const url_walk_t *walk,
                         const ap_directive_t *directive, const char *text)
{
    const char *rest = directive->args;
    const char *word;

    while (*(word = ap_getword_conf(walk->p, &rest))) {
        if (ap_cstr_casecmp(word, text) == 0) {
            return true;
        }
    }
    return false;
}

/* Returns whether a directive may map the URL to another URL. */
static bool may_rewrite(const url_walk_t *walk, const ap_directive_t *directive)
{
    const char *rest = directive->args;

    if (!cors_directive_is(directive, "RewriteRule")) {
        return false;
    }
    (void)ap_getword_conf(walk->p, &rest);
    return strcmp(ap_getword_conf(walk->p, &rest), "-") != 0;
}

/* Returns whether a directive may map the URL to another file than DocumentRoot does, or
 * to another URL. */
static bool may_remap(const url_walk_t *walk, const ap_directive_t *directive)
{
    static const char *const with_path[] = { "Alias", "ScriptAlias", NULL };
    static const char *const with_regex[] = { "AliasMatch",
                                              "ScriptAliasMatch",
                                              "VirtualDocumentRoot",
                                              "VirtualScriptAlias",
                                              "VirtualDocumentRootIP",
                                              "VirtualScriptAliasIP",
                                              NULL };

    if (may_rewrite(walk, directive)) {
        return true;
    }
    if (walk->selects_files && cors_directive_is(directive, "ProxyPass")) {
        return has_path_above(walk, directive);
    }
    if (walk->selects_files && cors_directive_is(directive, "ProxyPassMatch")) {
        return true;
    }
    if (!walk->selects_files && !walk->reads_htaccess) {
        return false;
    }
    if (is_one_of(directive, with_path)) {
        return has_path_above(walk, directive);
    }
    return is_one_of(directive, with_regex)
           || (cors_directive_is(directive, "UserDir")
               && strncmp(walk->path, "/~", 2) == 0);
}

/* Returns whether a directive may serve another resource by an internal redirect. */
static bool may_redirect(const url_walk_t *walk,
                         const ap_directive_t *directive)
{
    if (cors_directive_is(directive, "Options")) {
        return has_argument(walk, directive, "MultiViews")
               || has_argument(walk, directive, "+MultiViews");
    }
    if (cors_directive_is(directive, "FallbackResource")) {
        return !has_argument(walk, directive, "disabled");
    }
    return cors_directive_is(directive, "Action");
}

/* Returns the file that DocumentRoot makes of a path. What follows an existing file in
 * the path is not a part of its name (PATH_INFO). */
static const char *file_of(apr_pool_t *p, const char *root, const char *path)
{
    char *file;
    char *end;
    apr_finfo_t info;
    apr_status_t status;

    if (apr_filepath_merge(&file, root, path + 1, APR_FILEPATH_SECUREROOT, p)
        != APR_SUCCESS) {
        return apr_pstrcat(p, root, path, NULL);
    }
    for (end = strchr(file + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = '\0';
        status = apr_stat(&info, file, APR_FINFO_TYPE, p);
        if (status == APR_SUCCESS && info.filetype == APR_REG) {
            break;
        }
        *end = '/';
        if (status != APR_SUCCESS) {
            break;
        }
    }
    return file;
}

/* Returns whether a directive of mod_headers sets Access-Control-Allow-Origin. */
static bool sets_header(const url_walk_t *walk, const ap_directive_t *directive)
{
    return cors_directive_is(directive, "Header")
           && has_argument(walk, directive, "Access-Control-Allow-Origin")
           && !has_argument(walk, directive, "unset");
}

/* Returns whether a name in DirectoryIndex may be that of a resource to which other
 * sections apply. */
static bool may_be_index(const url_walk_t *walk, const char *name)
{
    const char *path =
        name[0] == '/' ? name : apr_pstrcat(walk->p, walk->path, name, NULL);
    const char *file = file_of(walk->p, walk->root, path);
    int i;

    for (i = 0; i < walk->others->nelts; i++) {
        if (cors_container_match(walk->p,
                                 APR_ARRAY_IDX(walk->others, i,
                                               const ap_directive_t *),
                                 path, file)
            != CORS_MATCH_NO) {
            return true;
        }
    }
    return false;
}

/* Returns whether a DirectoryIndex in the configuration has such a name. */
static bool may_index(const url_walk_t *walk, const ap_directive_t *directive)
{
    const char *rest = directive->args;
    const char *name;

    if (!cors_directive_is(directive, "DirectoryIndex")) {
        return false;
    }
    while (*(name = ap_getword_conf(walk->p, &rest))) {
        if (may_be_index(walk, name)) {
            return true;
        }
    }
    return false;
}

/* Returns whether a directive has an effect on the URL that is looked for. */
typedef bool (*effect_fn)(const url_walk_t *walk,
                          const ap_directive_t *directive);

/* Returns the first directive of a container, and of the containers in it that apply,
 * that has an effect; NULL: none. Other virtual hosts are skipped. */
static const ap_directive_t *find_effect(const url_walk_t *walk,
                                         const ap_directive_t *directive,
                                         effect_fn has_effect)
{
    const ap_directive_t *found = NULL;

    for (; directive && !found; directive = directive->next) {
        if (has_effect(walk, directive)) {
            found = directive;
        }
        else if (!cors_directive_is(directive, "<VirtualHost")
                 || directive == walk->host) {
            /* few containers have such a directive, and a comparison with a regular
             * expression is slow */
            found = find_effect(walk, directive->first_child, has_effect);
            if (found
                && cors_container_match(walk->p, directive, walk->path,
                                        walk->file)
                       == CORS_MATCH_NO) {
                found = NULL;
            }
        }
    }
    return found;
}

/* Returns why other sections may apply to what is served; NULL: they do not. */
static const char *find_served(const url_walk_t *walk)
{
    static const char default_index[] = "index.html";
    const ap_directive_t *found;

    if (walk->others->nelts == 0) {
        return NULL;
    }
    found = find_effect(walk, ap_conftree, may_redirect);
    if (!found && walk->path[strlen(walk->path) - 1] == '/') {
        found = find_effect(walk, ap_conftree, may_index);
        if (!found && may_be_index(walk, default_index)) {
            return "the index of the directory, to which other sections apply";
        }
    }
    return found ? apr_pstrcat(walk->p, cors_directive_position(walk->p, found),
                               ", which may serve another resource", NULL)
                 : NULL;
}

/* Returns a path without double slashes and without "." and ".." segments, as httpd
 * compares it. */
static const char *normal_path(apr_pool_t *p, const char *path)
{
    char *normal = apr_pstrdup(p, path);

    ap_no2slash_ex(normal, 0);
    ap_getparents(normal);
    return normal;
}

void cors_url_sections_find(apr_pool_t *p, server_rec *main_server,
                            server_rec *server, const char *path,
                            cors_url_sections_t *found)
{
    static const cors_container_e kinds[] = {
        CORS_CONTAINER_SERVER, CORS_CONTAINER_DIRECTORY, CORS_CONTAINER_FILES,
        CORS_CONTAINER_LOCATION, CORS_CONTAINER_IF
    };
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);
    const char *root = core->ap_document_root ? core->ap_document_root : "";
    url_walk_t walk;
    apr_size_t i;

    memset(&walk, 0, sizeof(walk));
    walk.p = p;
    walk.root = root;
    walk.reads_htaccess = cors_htaccess_allowed(server);
    walk.others = apr_array_make(p, 4, sizeof(const ap_directive_t *));
    walk.path = normal_path(p, path);
    walk.file = file_of(p, root, walk.path);
    walk.found = found;
    found->sections = apr_array_make(p, 4, sizeof(const cors_url_section_t *));
    found->conditions = 0;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        walk.kind = kinds[i];
        cors_config_sections_visit(p, main_server, server, add_section, &walk);
    }
    found->remapped = NULL;
    if (walk.selects_files || walk.has_others || walk.reads_htaccess) {
        found->remapped = find_effect(&walk, ap_conftree, may_remap);
    }
    found->served = find_served(&walk);
    found->header = find_effect(&walk, ap_conftree, sets_header);
    found->htaccess = cors_htaccess_allowed_for(server, walk.file);
}

static bool holds(const cors_url_section_t *section, unsigned held)
{
    if (section->condition < 0) {
        return true;
    }
    return section->condition < CORS_CONDITIONS_MAX
           && (held >> section->condition & 1U);
}

const cors_section_t *cors_url_sections_merge(apr_pool_t *p,
                                              const cors_url_sections_t *found,
                                              unsigned held)
{
    const cors_section_t *merged = NULL;
    int last = 0;
    int order;
    int i;

    for (i = 0; i < found->sections->nelts; i++) {
        order = APR_ARRAY_IDX(found->sections, i, const cors_url_section_t *)
                    ->order;
        last = order > last ? order : last;
    }
    for (order = 0; order <= last; order++) {
        for (i = 0; i < found->sections->nelts; i++) {
            const cors_url_section_t *section =
                APR_ARRAY_IDX(found->sections, i, const cors_url_section_t *);

            if (section->order != order || !holds(section, held)) {
                continue;
            }
            merged = merged ? cors_section_merge(p, merged, section->own)
                            : section->own;
        }
    }
    return merged;
}
