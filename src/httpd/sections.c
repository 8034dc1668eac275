/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <string.h>

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <mod_proxy.h>

#include "cors/fetch.h"

static const struct {
    const char *name;
    cors_site_e kind;
    bool plain; /* its argument is a path unless it has wildcards */
} containers[] = { { "<Directory", CORS_SITE_DIRECTORY, true },
                   { "<DirectoryMatch", CORS_SITE_DIRECTORY, false },
                   { "<Location", CORS_SITE_LOCATION, true },
                   { "<LocationMatch", CORS_SITE_LOCATION, false },
                   { "<Files", CORS_SITE_FILES, false },
                   { "<FilesMatch", CORS_SITE_FILES, false },
                   { "<If", CORS_SITE_IF, false },
                   { "<ElseIf", CORS_SITE_IF, false },
                   { "<Else", CORS_SITE_IF, false },
                   { "<Proxy", CORS_SITE_IF, false },
                   { "<ProxyMatch", CORS_SITE_IF, false } };

/* the path that a container is for; NULL: an expression or wildcards */
static const char *plain_path(apr_pool_t *p, const ap_directive_t *container)
{
    char *args = apr_pstrdup(p, container->args);
    apr_size_t len = strlen(args);
    const char *rest = args;
    const char *path;

    if (len > 0 && args[len - 1] == '>') {
        args[len - 1] = '\0';
    }
    path = ap_getword_conf(p, &rest);
    return path[0] == '~' || strpbrk(path, "*?[") ? NULL : path;
}

cors_scope_t cors_scope_of(apr_pool_t *p, const ap_directive_t *node)
{
    cors_scope_t scope = { CORS_SITE_SERVER, NULL, NULL };
    apr_size_t i;

    /* the outermost section says which files or URLs there are within it */
    for (; node; node = node->parent) {
        if (cors_directive_is(node, "<VirtualHost")) {
            scope.host = node;
        }
        for (i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
            if (cors_directive_is(node, containers[i].name)) {
                scope.kind = containers[i].kind;
                scope.path = containers[i].plain ? plain_path(p, node) : NULL;
            }
        }
    }
    return scope;
}

bool cors_path_is_above(const char *outer, const char *inner)
{
    apr_size_t len = strlen(outer);

    return strncmp(outer, inner, len) == 0
           && (inner[len] == '\0' || inner[len] == '/'
               || (len > 0 && outer[len - 1] == '/'));
}

bool cors_scope_may_meet(const cors_scope_t *scope, const cors_site_t *site)
{
    const cors_scope_t *other = &site->scope;

    /* what stands outside of all virtual hosts is inherited by each */
    if (scope->host && scope->host != other->host) {
        return false;
    }
    return scope->kind != other->kind || !scope->path || !other->path
           || cors_path_is_above(scope->path, other->path)
           || cors_path_is_above(other->path, scope->path);
}

/* The sections found so far. */
typedef struct {
    apr_pool_t *p;
    server_rec *server;
    const ap_directive_t *host; /* where the server begins; NULL: nowhere */
    apr_array_header_t *sites;  /* const cors_site_t * */
    apr_array_header_t
        *lines; /* const ap_directive_t *: where the status page is
                                   set up; NULL: nobody asks */
    apr_array_header_t *pages; /* const ap_expr_info_t *: the same, parsed */
} walk_t;

static const cors_site_t *add_site(walk_t *walk, cors_site_e kind,
                                   const cors_section_t *own,
                                   const cors_section_t *merged,
                                   const cors_place_t *place)
{
    cors_site_t *site = apr_pcalloc(walk->p, sizeof(*site));

    site->server = walk->server;
    site->kind = kind;
    site->own = own;
    site->merged = merged;
    site->place = place;
    site->scope = cors_scope_of(walk->p, place->node);
    site->scope.host = walk->host;
    APR_ARRAY_PUSH(walk->sites, const cors_site_t *) = site;
    return site;
}

/* Find SetHandler cors-policy in a part of the configuration, each as one word
 * that no request can change. */
static void find_pages(const walk_t *walk, const ap_directive_t *node)
{
    for (; node; node = node->next) {
        const char *args = node->args;

        if (cors_directive_is(node, "SetHandler")
            && ap_cstr_casecmp(ap_getword_conf(walk->p, &args),
                               CORS_PAGE_HANDLER)
                   == 0) {
            APR_ARRAY_PUSH(walk->lines, const ap_directive_t *) = node;
        }
        find_pages(walk, node->first_child);
    }
}

/* Note what httpd has made of such a line. What it says is not enough to know it
 * by: whoever may write a .htaccess file can say that. */
static void note_page(const walk_t *walk, const core_dir_config *core)
{
    const ap_expr_info_t *said = core->expr_handler;
    int i;

    for (i = 0; said && walk->lines && i < walk->lines->nelts; i++) {
        const ap_directive_t *line =
            APR_ARRAY_IDX(walk->lines, i, const ap_directive_t *);

        if ((int)said->line_number == line->line_num
            && strcmp(said->filename, line->filename) == 0) {
            APR_ARRAY_PUSH(walk->pages, const ap_expr_info_t *) = said;
        }
    }
}

static void walk_sections(walk_t *walk, const cors_section_t *outer,
                          const apr_array_header_t *sections, cors_site_e kind)
{
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        const ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(config);
        const cors_section_t *own = cors_section_of(config);
        const cors_section_t *merged = outer;

        if (own && cors_section_place(own)) {
            merged = cors_section_merge(walk->p, outer, own);
            add_site(walk, kind, own, merged, cors_section_place(own));
        }
        /* a <Proxy> without directives of the core's has no part of it */
        if (core) {
            note_page(walk, core);
            walk_sections(walk, merged, core->sec_file, CORS_SITE_FILES);
            walk_sections(walk, merged, core->sec_if, CORS_SITE_IF);
        }
    }
}

/* The container of a virtual host; NULL for the server around them all. */
static const ap_directive_t *container_of(const server_rec *server)
{
    const ap_directive_t *node = server->is_virtual ? ap_conftree : NULL;

    while (node
           && !(cors_directive_is(node, "<VirtualHost")
                && node->line_num == (int)server->defn_line_number
                && strcmp(node->filename, server->defn_name) == 0)) {
        node = node->next;
    }
    return node;
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
    /* httpd has merged what a virtual host says with what it inherits */
    const cors_section_t *merged = cors_section_of(config);
    cors_place_t *place = apr_pcalloc(walk->p, sizeof(*place));

    walk->host = container_of(walk->server);
    place->node = walk->host;
    if (walk->host) {
        place->where = apr_psprintf(walk->p, "%s:%d", walk->host->filename,
                                    walk->host->line_num);
    }
    add_site(walk, CORS_SITE_SERVER, merged, merged, place);
    note_page(walk, core);
    walk_sections(walk, merged, core->sec_file, CORS_SITE_FILES);
    walk_sections(walk, merged, core->sec_if, CORS_SITE_IF);
    walk_sections(walk, merged, core_server->sec_dir, CORS_SITE_DIRECTORY);
    walk_sections(walk, merged, cors_proxy_sections(walk->server),
                  CORS_SITE_IF);
    walk_sections(walk, merged, core_server->sec_url, CORS_SITE_LOCATION);
}

static void walk_servers(walk_t *walk, apr_pool_t *p, server_rec *server)
{
    walk->p = p;
    walk->sites = apr_array_make(p, 16, sizeof(const cors_site_t *));
    for (; server; server = server->next) {
        walk->server = server;
        walk_server(walk);
    }
}

apr_array_header_t *cors_sites(apr_pool_t *p, server_rec *server)
{
    walk_t walk;

    walk.lines = NULL;
    walk_servers(&walk, p, server);
    return walk.sites;
}

/* Set before there are children and never again. */
static const apr_array_header_t *kept;
static const apr_array_header_t *pages;

const apr_array_header_t *cors_sites_keep(apr_pool_t *p, server_rec *server)
{
    walk_t walk;

    walk.p = p;
    walk.lines = apr_array_make(p, 1, sizeof(const ap_directive_t *));
    walk.pages = apr_array_make(p, 1, sizeof(const ap_expr_info_t *));
    find_pages(&walk, ap_conftree);
    walk_servers(&walk, p, server);
    kept = walk.sites;
    pages = walk.pages;
    return kept;
}

const apr_array_header_t *cors_sites_kept(void)
{
    return kept;
}

bool cors_page_configured(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    int i;

    for (i = 0; i < pages->nelts; i++) {
        if (APR_ARRAY_IDX(pages, i, const ap_expr_info_t *)
            == core->expr_handler) {
            return true;
        }
    }
    return false;
}

const cors_site_t *cors_site_at(const apr_array_header_t *sites, int number)
{
    return APR_ARRAY_IDX(sites, number, const cors_site_t *);
}

bool cors_site_owns(const cors_site_t *site, const cors_setting_t *setting)
{
    const cors_place_t *place = setting->place;

    return place
           && (site->kind == CORS_SITE_SERVER
                   ? !place->title && place->node == site->place->node
                   : place == site->place);
}

bool cors_htaccess_allowed(const server_rec *server)
{
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);
    int i;

    for (i = 0; i < core->sec_dir->nelts; i++) {
        const core_dir_config *directory = ap_get_core_module_config(
            APR_ARRAY_IDX(core->sec_dir, i, ap_conf_vector_t *));

        if (directory->override_list
            || (!(directory->override & OR_UNSET)
                && (directory->override & OR_FILEINFO))) {
            return true;
        }
    }
    return false;
}

/* What the argument of a container says, and whether it holds of a text. */
static bool holds(apr_pool_t *p, const ap_directive_t *node, bool regex,
                  cors_site_e kind, const char *text)
{
    const char *rest =
        apr_pstrndup(p, node->args,
                     strcspn(node->args, ">") == 0 ? 0
                                                   : strlen(node->args) - 1);
    const char *path = ap_getword_conf(p, &rest);
    const ap_regex_t *compiled;

    if (path[0] == '~' && !path[1]) {
        regex = true;
        path = ap_getword_conf(p, &rest);
    }
    if (regex) {
        compiled = ap_pregcomp(p, path, AP_REG_EXTENDED);
        return compiled && ap_regexec(compiled, text, 0, NULL, 0) == 0;
    }
    if (kind == CORS_SITE_FILES) {
        return apr_fnmatch(path, text, APR_FNM_PERIOD) == APR_SUCCESS;
    }
    if (apr_fnmatch_test(path)) {
        return apr_fnmatch(path, text, APR_FNM_PATHNAME | APR_FNM_PERIOD)
               == APR_SUCCESS;
    }
    return cors_path_is_above(path, text);
}

cors_match_e cors_site_match(apr_pool_t *p, const cors_site_t *site,
                             const char *path, const char *file)
{
    const ap_directive_t *node = site->place->node;
    cors_match_e match = CORS_SITE_YES;
    apr_size_t i;

    for (; node; node = node->parent) {
        for (i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
            cors_site_e kind = containers[i].kind;
            const char *base = strrchr(file, '/');

            if (!cors_directive_is(node, containers[i].name)) {
                continue;
            }
            if (kind == CORS_SITE_IF) {
                match = CORS_SITE_PERHAPS;
            }
            else if (!holds(p, node, strstr(node->directive, "Match") != NULL,
                            kind,
                            kind == CORS_SITE_LOCATION ? path
                            : kind == CORS_SITE_FILES  ? base ? base + 1 : file
                                                       : file)) {
                return CORS_SITE_NO;
            }
        }
    }
    return match;
}

static bool has_name(const server_rec *server, const char *name)
{
    int i;

    if (server->server_hostname
        && ap_cstr_casecmp(server->server_hostname, name) == 0) {
        return true;
    }
    for (i = 0; server->names && i < server->names->nelts; i++) {
        if (ap_cstr_casecmp(APR_ARRAY_IDX(server->names, i, char *), name)
            == 0) {
            return true;
        }
    }
    for (i = 0; server->wild_names && i < server->wild_names->nelts; i++) {
        if (ap_strcasecmp_match(name,
                                APR_ARRAY_IDX(server->wild_names, i, char *))
            == 0) {
            return true;
        }
    }
    return false;
}

static bool has_port(const server_rec *server, apr_port_t port)
{
    const server_addr_rec *address;

    for (address = server->addrs; address; address = address->next) {
        if (address->host_port == 0 || address->host_port == port) {
            return true;
        }
    }
    return false;
}

const char *cors_uri_host(apr_pool_t *p, const apr_uri_t *uri)
{
    char *host = strchr(uri->hostname, ':')
                     ? apr_pstrcat(p, "[", uri->hostname, "]", NULL)
                     : apr_pstrdup(p, uri->hostname);

    ap_str_tolower(host);
    return host;
}

bool cors_question_url(apr_pool_t *p, const char *url, apr_uri_t *uri,
                       cors_question_t *question)
{
    if (apr_uri_parse(p, url, uri) != APR_SUCCESS) {
        return false;
    }
    if (!uri->scheme) {
        return true;
    }
    ap_str_tolower(uri->scheme);
    question->websocket = strncmp(uri->scheme, "ws", 2) == 0;
    if (uri->hostname) {
        question->own.scheme = cors_slice(uri->scheme);
        question->own.host = cors_slice(cors_uri_host(p, uri));
        question->own.port = uri->port_str ? uri->port : 0;
    }
    return true;
}

server_rec *cors_server_for(server_rec *main_server, const apr_uri_t *uri,
                            server_rec *otherwise)
{
    /* APR knows the ports of http and https alone */
    apr_port_t port =
        uri->port_str
            ? uri->port
            : (apr_port_t)cors_fetch_default_port(cors_slice(uri->scheme));
    server_rec *of_port = NULL;
    server_rec *server;

    for (server = main_server->next; server; server = server->next) {
        if (has_port(server, port)) {
            of_port = of_port ? of_port : server;
            if (has_name(server, uri->hostname)) {
                return server;
            }
        }
    }
    return otherwise ? otherwise : of_port ? of_port : main_server;
}
