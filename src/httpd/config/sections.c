/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Walks over all sections of all servers: what httpd has merged into each server, its
 * <Directory>, <Location>, <Files>, <If> and <Proxy> sections, and the sections nested
 * in them. httpd offers no such walk, so this file reads the core's and mod_proxy's
 * configuration structures.
 *
 * It checks nothing that it finds. Two facts are important: httpd appends each virtual
 * host's sections to those of the base server, so a walk has to recognize inherited
 * ones; and the status page is identified by the address of httpd's parsed SetHandler,
 * because the text alone could come from a .htaccess file.
 */

#include "httpd/config/sections.h"

#include <string.h>

#include <apr_strings.h>
#include <mod_proxy.h>

#include "core/base/path_index.h"
#include "httpd/config/directives.h"

/* A server and its container in the configuration. */
typedef struct {
    const server_rec *server;
    cors_scope_t scope; /* its node is NULL for the base server */
} level_t;

/* A walk over the sections of all servers. */
typedef struct {
    apr_pool_t *p;          /* for the whole walk */
    apr_pool_t *merging;    /* the pool for merged sections */
    bool clear;             /* clear that pool after each section */
    bool every;             /* visit inherited sections for each host */
    const server_rec *only; /* visit only this server; NULL: all */
    const server_rec *base; /* the server outside of all virtual hosts */
    /* those of the base server, each its own key; NULL: not collected yet */
    apr_hash_t *directories;
    const level_t *level; /* of the current server */
    server_rec *server;
    bool inherits;                /* see cors_config_section_t */
    cors_config_section_fn visit; /* NULL: do not visit */
    void *context;
    /* "file:line" of each SetHandler of the status page; NULL: not collected */
    apr_hash_t *lines;
    apr_hash_t *pages;      /* const ap_expr_info_t *, each its own key */
    apr_hash_t *open_pages; /* those next to Satisfy Any; likewise */
} walk_t;

static void add_pointer(apr_hash_t *set, apr_pool_t *p, const void *pointer)
{
    apr_hash_set(set, apr_pmemdup(p, &pointer, sizeof(pointer)),
                 sizeof(pointer), pointer);
}

static bool has_pointer(const apr_hash_t *set, const void *pointer)
{
    return apr_hash_get((apr_hash_t *)(apr_uintptr_t)set, &pointer,
                        sizeof(pointer))
           != NULL;
}

static const char *line_of(apr_pool_t *p, const char *file, int line)
{
    return apr_psprintf(p, "%s:%d", file, line);
}

static void visit_config_section(walk_t *walk, cors_container_e kind,
                                 const cors_section_t *own,
                                 const cors_section_t *merged,
                                 const cors_scope_t *scope)
{
    cors_config_section_t section;

    memset(&section, 0, sizeof(section));
    section.server = walk->server;
    section.kind = kind;
    section.own = own;
    section.merged = merged;
    section.scope = scope;
    section.container.host = walk->level->scope.node;
    section.inherits = kind == CORS_CONTAINER_SERVER && walk->inherits;
    walk->visit(walk->context, &section);
}

bool cors_enables_page(apr_pool_t *p, const ap_directive_t *directive)
{
    const char *args = directive->args;

    return cors_directive_is(directive, "SetHandler")
           && ap_cstr_casecmp(ap_getword_conf(p, &args), CORS_PAGE_HANDLER)
                  == 0;
}

/* Find each SetHandler cors-policy in a part of the configuration. The argument must be
 * constant, so that no request can change it. */
static void find_pages(apr_hash_t *lines, apr_pool_t *p,
                       const ap_directive_t *node)
{
    for (; node; node = node->next) {
        if (cors_enables_page(p, node)) {
            apr_hash_set(lines, line_of(p, node->filename, node->line_num),
                         APR_HASH_KEY_STRING, node);
        }
        find_pages(lines, p, node->first_child);
    }
}

/* Returns whether the container of a directive also has "Satisfy Any". */
static bool has_satisfy_any(apr_pool_t *p, const ap_directive_t *line)
{
    const ap_directive_t *node =
        line->parent ? line->parent->first_child : ap_conftree;

    for (; node; node = node->next) {
        const char *args = node->args;

        if (cors_directive_is(node, "Satisfy")
            && ap_cstr_casecmp(ap_getword_conf(p, &args), "any") == 0) {
            return true;
        }
    }
    return false;
}

/* Store what httpd has made of such a SetHandler. Its text is not sufficient to
 * identify it: anyone who may write a .htaccess file can write the same text. */
static void note_page(const walk_t *walk, const core_dir_config *core)
{
    const ap_expr_info_t *source = core->expr_handler;
    const ap_directive_t *line =
        source && walk->lines
            ? apr_hash_get(walk->lines,
                           line_of(walk->merging, source->filename,
                                   (int)source->line_number),
                           APR_HASH_KEY_STRING)
            : NULL;

    if (!line) {
        return;
    }
    add_pointer(walk->pages, apr_hash_pool_get(walk->pages), source);
    if (has_satisfy_any(walk->merging, line)) {
        add_pointer(walk->open_pages, apr_hash_pool_get(walk->open_pages),
                    source);
    }
}

/* Returns whether a section of a virtual host is one of the base server. httpd puts
 * these first, but it sorts the directories of each server. */
static bool is_inherited(walk_t *walk, const apr_array_header_t *base, int i,
                         const ap_conf_vector_t *config)
{
    const core_server_config *core;
    int k;

    if (i < base->nelts
        && APR_ARRAY_IDX(base, i, ap_conf_vector_t *) == config) {
        return true;
    }
    core = ap_get_core_module_config(walk->base->module_config);
    if (base != core->sec_dir) {
        return false;
    }
    if (!walk->directories) {
        walk->directories = apr_hash_make(walk->p);
        for (k = 0; k < base->nelts; k++) {
            add_pointer(walk->directories, walk->p,
                        APR_ARRAY_IDX(base, k, ap_conf_vector_t *));
        }
    }
    return has_pointer(walk->directories, config);
}

static void walk_sections(walk_t *walk, const cors_section_t *outer,
                          const apr_array_header_t *sections,
                          cors_container_e kind);

static void walk_section(walk_t *walk, const cors_section_t *outer,
                         const ap_conf_vector_t *config, cors_container_e kind)
{
    const core_dir_config *core = ap_get_core_module_config(config);
    const cors_section_t *own = cors_section_of(config);
    const cors_section_t *merged = outer;

    if (walk->visit && own && cors_section_scope(own)) {
        merged = cors_section_merge(walk->merging, outer, own);
        visit_config_section(walk, kind, own, merged, cors_section_scope(own));
    }
    /* a <Proxy> without directives of the core has no core configuration */
    if (core) {
        note_page(walk, core);
        walk_sections(walk, merged, core->sec_file, CORS_CONTAINER_FILES);
        walk_sections(walk, merged, core->sec_if, CORS_CONTAINER_IF);
    }
}

static void walk_sections(walk_t *walk, const cors_section_t *outer,
                          const apr_array_header_t *sections,
                          cors_container_e kind)
{
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        walk_section(walk, outer,
                     APR_ARRAY_IDX(sections, i, ap_conf_vector_t *), kind);
    }
}

static void end_section(const walk_t *walk)
{
    if (walk->clear) {
        apr_pool_clear(walk->merging);
    }
}

/* Walk over the sections of a server. Skips the base server's sections if they apply to
 * this server unchanged. */
static void walk_level(walk_t *walk, const cors_section_t *outer,
                       const apr_array_header_t *sections,
                       const apr_array_header_t *base, cors_container_e kind)
{
    bool skip = base && !walk->every && walk->inherits;
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        const ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);

        if (!skip || !is_inherited(walk, base, i, config)) {
            walk_section(walk, outer, config, kind);
            end_section(walk);
        }
    }
}

const apr_array_header_t *cors_proxy_sections(const server_rec *server)
{
    module *proxy = ap_find_linked_module("mod_proxy.c");
    const proxy_server_conf *config =
        proxy ? ap_get_module_config(server->module_config, proxy) : NULL;

    return config ? config->sec_proxy : NULL;
}

static void walk_server(walk_t *walk)
{
    const ap_conf_vector_t *config = walk->server->lookup_defaults;
    const core_dir_config *core = ap_get_core_module_config(config);
    const core_server_config *core_server =
        ap_get_core_module_config(walk->server->module_config);
    const core_dir_config *base =
        ap_get_core_module_config(walk->base->lookup_defaults);
    const core_server_config *base_server =
        ap_get_core_module_config(walk->base->module_config);
    /* httpd has already merged a virtual host's directives with the inherited ones */
    const cors_section_t *merged = cors_section_of(config);

    walk->inherits = walk->server != walk->base
                     && merged == cors_section_of(walk->base->lookup_defaults);
    if (walk->visit) {
        visit_config_section(walk, CORS_CONTAINER_SERVER, merged, merged,
                             &walk->level->scope);
        end_section(walk);
    }
    note_page(walk, core);
    walk_level(walk, merged, core->sec_file, base->sec_file,
               CORS_CONTAINER_FILES);
    walk_level(walk, merged, core->sec_if, base->sec_if, CORS_CONTAINER_IF);
    walk_level(walk, merged, core_server->sec_dir, base_server->sec_dir,
               CORS_CONTAINER_DIRECTORY);
    walk_level(walk, merged, cors_proxy_sections(walk->server),
               cors_proxy_sections(walk->base), CORS_CONTAINER_IF);
    walk_level(walk, merged, core_server->sec_url, base_server->sec_url,
               CORS_CONTAINER_LOCATION);
}

static void walk_servers(walk_t *walk, const apr_array_header_t *levels,
                         server_rec *server)
{
    int i = 0;

    walk->base = server;
    for (; server; server = server->next) {
        walk->server = server;
        walk->level = &APR_ARRAY_IDX(levels, i++, level_t);
        if (!walk->only || walk->only == server) {
            walk_server(walk);
        }
    }
}

/* Returns the containers of all virtual hosts by "file:line". If a file is included
 * twice, the first container is used. */
static apr_hash_t *find_containers(apr_pool_t *p)
{
    apr_hash_t *hosts = apr_hash_make(p);
    const ap_directive_t *node;

    for (node = ap_conftree; node; node = node->next) {
        if (cors_directive_is(node, "<VirtualHost")) {
            const char *line = line_of(p, node->filename, node->line_num);

            if (!apr_hash_get(hosts, line, APR_HASH_KEY_STRING)) {
                apr_hash_set(hosts, line, APR_HASH_KEY_STRING, node);
            }
        }
    }
    return hosts;
}

/* Returns an array of level_t: the container of each server. */
static apr_array_header_t *find_levels(apr_pool_t *p, apr_pool_t *scratch,
                                       const server_rec *server)
{
    apr_array_header_t *levels = apr_array_make(p, 4, sizeof(level_t));
    apr_hash_t *hosts = server->next ? find_containers(scratch) : NULL;

    for (; server; server = server->next) {
        level_t *level = apr_array_push(levels);
        const char *line;

        memset(level, 0, sizeof(*level));
        level->server = server;
        if (server->is_virtual && hosts) {
            line = line_of(scratch, server->defn_name,
                           (int)server->defn_line_number);
            level->scope.node = apr_hash_get(hosts, line, APR_HASH_KEY_STRING);
            if (level->scope.node) {
                level->scope.file = apr_pstrdup(p, server->defn_name);
                level->scope.line = (int)server->defn_line_number;
            }
        }
    }
    return levels;
}

/* Data that requests use. It is set before the children start and belongs to the
 * configuration's pool. */
static struct {
    const apr_array_header_t *levels; /* NULL: there is no status page */
    const apr_hash_t *pages;          /* the page's SetHandlers, as parsed */
    const apr_hash_t *open_pages;     /* those next to Satisfy Any */
} retained;

static apr_status_t forget_retained(void *unused)
{
    (void)unused;
    retained.levels = NULL;
    retained.pages = NULL;
    retained.open_pages = NULL;
    return APR_SUCCESS;
}

static void start_walk(walk_t *walk, apr_pool_t *p)
{
    memset(walk, 0, sizeof(*walk));
    walk->p = walk->merging = p;
}

static void list_section(void *context, const cors_config_section_t *visited)
{
    apr_array_header_t *sections = context;
    cors_config_section_t *section =
        apr_pmemdup(sections->pool, visited, sizeof(*visited));
    const ap_directive_t *host = section->container.host;

    section->container =
        cors_container_of(sections->pool, section->scope->node);
    section->container.host = host;
    APR_ARRAY_PUSH(sections, const cors_config_section_t *) = section;
}

apr_array_header_t *cors_config_sections(apr_pool_t *p, server_rec *server)
{
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);
    /* most sections are in the first server, or there are many servers with one each */
    apr_array_header_t *sections =
        apr_array_make(p, 16 + core->sec_url->nelts + core->sec_dir->nelts,
                       sizeof(const cors_config_section_t *));
    walk_t walk;

    start_walk(&walk, p);
    walk.visit = list_section;
    walk.context = sections;
    walk_servers(&walk, find_levels(p, p, server), server);
    return sections;
}

/* A function that is called for each setting. */
typedef struct {
    cors_setting_fn visit;
    void *context;
} settings_t;

static void visit_settings(void *context, const cors_config_section_t *section)
{
    const settings_t *settings = context;

    if (!section->inherits) {
        cors_section_visit(section->own, CORS_METHODS_ALL, settings->visit,
                           settings->context);
    }
}

static void walk_cleared(walk_t *walk, server_rec *server)
{
    const apr_array_header_t *levels = retained.levels;

    apr_pool_create(&walk->merging, walk->p);
    walk->clear = true;
    walk_servers(walk, levels ? levels : find_levels(walk->p, walk->p, server),
                 server);
    apr_pool_destroy(walk->merging);
}

void cors_config_sections_visit(apr_pool_t *p, server_rec *server,
                                const server_rec *only,
                                cors_config_section_fn visit, void *context)
{
    walk_t walk;

    start_walk(&walk, p);
    walk.every = true;
    walk.only = only;
    walk.visit = visit;
    walk.context = context;
    walk_cleared(&walk, server);
}

void cors_settings_visit(apr_pool_t *p, server_rec *server,
                         cors_setting_fn visit, void *context)
{
    settings_t settings;
    walk_t walk;

    settings.visit = visit;
    settings.context = context;
    start_walk(&walk, p);
    walk.visit = visit_settings;
    walk.context = &settings;
    walk_cleared(&walk, server);
}

bool cors_config_sections_retain(apr_pool_t *p, apr_pool_t *scratch,
                                 server_rec *server)
{
    walk_t walk;

    start_walk(&walk, scratch);
    walk.lines = apr_hash_make(scratch);
    find_pages(walk.lines, scratch, ap_conftree);
    if (apr_hash_count(walk.lines) == 0) {
        return false;
    }
    walk.pages = apr_hash_make(p);
    walk.open_pages = apr_hash_make(p);
    retained.levels = find_levels(p, scratch, server);
    retained.pages = walk.pages;
    retained.open_pages = walk.open_pages;
    apr_pool_cleanup_register(p, &retained, forget_retained,
                              apr_pool_cleanup_null);
    walk_servers(&walk, retained.levels, server);
    return true;
}

const char *cors_server_position(apr_pool_t *p, const server_rec *server)
{
    int i;

    for (i = 0; retained.levels && i < retained.levels->nelts; i++) {
        const level_t *level = &APR_ARRAY_IDX(retained.levels, i, level_t);

        if (level->server == server) {
            return cors_scope_position(p, &level->scope);
        }
    }
    if (server->is_virtual && server->defn_name) {
        return line_of(p, server->defn_name, (int)server->defn_line_number);
    }
    return NULL;
}

bool cors_page_configured(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    return retained.pages && core->expr_handler
           && has_pointer(retained.pages, core->expr_handler);
}

bool cors_page_opened(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    return ap_satisfies(r) == SATISFY_ANY
           && !(retained.open_pages && core->expr_handler
                && has_pointer(retained.open_pages, core->expr_handler));
}

const cors_config_section_t *
cors_config_section_at(const apr_array_header_t *sections, int number)
{
    return APR_ARRAY_IDX(sections, number, const cors_config_section_t *);
}

bool cors_config_section_owns(const cors_config_section_t *section,
                              const cors_setting_t *setting)
{
    const cors_scope_t *scope = setting->scope;

    return scope
           && (section->kind == CORS_CONTAINER_SERVER
                   ? !scope->title && scope->node == section->scope->node
                   : scope == section->scope);
}

/* Returns whether a <Directory> lets .htaccess files have directives of this module. */
static bool permits_htaccess(const core_dir_config *directory)
{
    return directory->override_list
           || (!(directory->override & OR_UNSET)
               && (directory->override & OR_FILEINFO));
}

static const core_dir_config *directory_at(const core_server_config *core,
                                           int number)
{
    return ap_get_core_module_config(
        APR_ARRAY_IDX(core->sec_dir, number, ap_conf_vector_t *));
}

bool cors_htaccess_allowed(const server_rec *server)
{
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);
    int i;

    for (i = 0; i < core->sec_dir->nelts; i++) {
        if (permits_htaccess(directory_at(core, i))) {
            return true;
        }
    }
    return false;
}

bool cors_htaccess_allowed_for(const server_rec *server, const char *file)
{
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);
    bool allowed = false;
    int i;

    /* httpd has sorted the plain paths from the shortest to the longest; it reads the
     * .htaccess file of each directory with what is in force there */
    for (i = 0; i < core->sec_dir->nelts; i++) {
        const core_dir_config *directory = directory_at(core, i);

        if (directory->r || directory->d_is_fnmatch || !directory->d
            || cors_path_is_above(directory->d, file)) {
            allowed = allowed || permits_htaccess(directory);
        }
    }
    return allowed;
}
