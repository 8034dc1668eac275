/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Warnings about a <Files> section that grants less than the URLs that its file serves.
 * A preflight is answered by the policy of the requested URL. If DirectoryIndex,
 * FallbackResource or Action names the file, the browser sends the request after a
 * preflight that the response does not confirm.
 *
 * Only findings that are certain are reported. The directive that names the file must
 * be in a container around the section (the nearest one that has such a directive), or
 * in the <Location> that it serves. Sections that can override the <Files> section, or
 * that depend on a condition, end the check. An ErrorDocument is not considered, because its
 * section never changes what a response grants. A RewriteRule is not considered either,
 * because its conditions are not known. A container has at most NAMED_MAX names, so that
 * many sections with regular expressions and many names do not cost their product.
 */

#include "httpd/config/check_served.h"

#include <string.h>

#include <apr_fnmatch.h>
#include <apr_strings.h>

#include "core/base/list.h"
#include "core/base/path_index.h"
#include "core/base/problem.h"
#include "core/policy/combine.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/container_index.h"
#include "httpd/config/sections.h"

/* The maximum number of names of a container, or of a server's <Location> sections. */
#define NAMED_MAX 20

/* The directives that name a file. */
typedef enum {
    NAMED_INDEX,    /* DirectoryIndex */
    NAMED_FALLBACK, /* FallbackResource */
    NAMED_ACTION,   /* Action */
    NAMED_KINDS
} named_e;

/* A file that serves other URLs. */
typedef struct {
    const ap_directive_t *directive;
    const char *name; /* without its directory */
    const char *url;  /* NULL: relative to the requested URL */
} named_t;

/* The directives of one container. */
typedef struct {
    apr_array_header_t
        *named[NAMED_KINDS]; /* named_t; NULL: no such directive */
} names_t;

/* The <Location> sections of one server whose URLs a named file serves. */
typedef struct {
    const named_t *named;
    const cors_config_section_t *section;
} located_t;

typedef struct {
    cors_reporter_t *reporter;
    apr_pool_t *p; /* destroyed after the check */
    const apr_array_header_t *sections;
    apr_hash_t *containers;            /* const ap_directive_t * -> names_t */
    apr_hash_t *located;               /* server_rec * -> array of located_t */
    cors_container_index_t *locations; /* <Location> sections, by server */
    const cors_config_section_t *server; /* of the current section */
    const cors_config_section_t
        *outer; /* the last <Directory> before it, or NULL */
} served_walk_t;

static names_t *names_of(const served_walk_t *walk, const ap_directive_t *node)
{
    return apr_hash_get(walk->containers, &node, sizeof(node));
}

static names_t *make_names(served_walk_t *walk, const ap_directive_t *node)
{
    names_t *names = names_of(walk, node);

    if (!names) {
        names = apr_pcalloc(walk->p, sizeof(*names));
        apr_hash_set(walk->containers,
                     apr_pmemdup(walk->p, &node, sizeof(node)), sizeof(node),
                     names);
    }
    return names;
}

static void add_name(apr_array_header_t *names, const ap_directive_t *directive,
                     const char *entry)
{
    const char *slash = strrchr(entry, '/');
    named_t *named;

    if (names->nelts < NAMED_MAX && ap_cstr_casecmp(entry, "disabled") != 0) {
        named = apr_array_push(names);
        named->directive = directive;
        named->name = slash ? slash + 1 : entry;
        named->url = entry[0] == '/' ? entry : NULL;
    }
}

/* Store the files that a directive names. */
static void add_directive(served_walk_t *walk, const ap_directive_t *directive)
{
    static const char *const directives[NAMED_KINDS] = { "DirectoryIndex",
                                                         "FallbackResource",
                                                         "Action" };
    const char *rest = directive->args;
    const char *entry;
    names_t *names;
    int kind = 0;

    while (kind < NAMED_KINDS
           && !cors_directive_is(directive, directives[kind])) {
        kind++;
    }
    if (kind == NAMED_KINDS) {
        return;
    }
    names = make_names(walk, directive->parent);
    if (!names->named[kind]) {
        names->named[kind] = apr_array_make(walk->p, 1, sizeof(named_t));
    }
    if (kind == NAMED_ACTION) {
        /* the type or method */
        ap_getword_conf(walk->p, &rest);
    }
    do {
        entry = ap_getword_conf(walk->p, &rest);
        if (entry[0]) {
            add_name(names->named[kind], directive, entry);
        }
    } while (entry[0] && kind == NAMED_INDEX);
}

static void add_directives(served_walk_t *walk, const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        add_directive(walk, directive);
        add_directives(walk, directive->first_child);
    }
}

/* Store the files that serve the URLs of a <Location>. DirectoryIndex is not one of
 * them: the section applies to the index as well. */
static void add_location(served_walk_t *walk,
                         const cors_config_section_t *section, int number)
{
    const names_t *names = names_of(walk, section->scope->node);
    const void *server = section->server;
    apr_array_header_t *located;
    int kind;
    int i;

    cors_container_index_add(walk->locations, server, CORS_CONTAINER_LOCATION,
                             section->container.path, number);
    located = apr_hash_get(walk->located, &server, sizeof(server));
    if (!located) {
        located = apr_array_make(walk->p, 1, sizeof(located_t));
        apr_hash_set(walk->located,
                     apr_pmemdup(walk->p, &server, sizeof(server)),
                     sizeof(server), located);
    }
    for (kind = NAMED_FALLBACK; names && kind < NAMED_KINDS; kind++) {
        for (i = 0; names->named[kind] && i < names->named[kind]->nelts
                    && located->nelts < NAMED_MAX;
             i++) {
            located_t *add = apr_array_push(located);

            add->named = &APR_ARRAY_IDX(names->named[kind], i, named_t);
            add->section = section;
        }
    }
}

/* The names that a <Files> section is for. */
typedef struct {
    const char *name; /* with wildcards if glob; NULL: a regular expression */
    bool glob;
    const ap_regex_t *regex; /* NULL: it is invalid */
} pattern_t;

static void parse_pattern(apr_pool_t *p, const ap_directive_t *node,
                          pattern_t *pattern)
{
    bool regex;
    const char *entry = cors_container_argument(p, node, &regex);

    memset(pattern, 0, sizeof(*pattern));
    if (regex) {
        pattern->regex = ap_pregcomp(p, entry, AP_REG_EXTENDED);
    }
    else {
        pattern->name = entry;
        pattern->glob = apr_fnmatch_test(entry) != 0;
    }
}

static bool is_for(const pattern_t *pattern, const char *name)
{
    if (!pattern->name) {
        return pattern->regex
               && ap_regexec(pattern->regex, name, 0, NULL, 0) == 0;
    }
    if (pattern->glob) {
        return apr_fnmatch(pattern->name, name, APR_FNM_PATHNAME)
               == APR_SUCCESS;
    }
    return strcmp(pattern->name, name) == 0;
}

/* Returns whether a <Location> with directives of this module may apply to a URL, and
 * so override a <Files> section. */
static bool has_location(const served_walk_t *walk, const char *url)
{
    const cors_config_section_t *base =
        cors_config_section_at(walk->sections, 0);

    return cors_container_index_above(walk->locations, walk->server->server,
                                      CORS_CONTAINER_LOCATION, url)
               != CORS_PATH_NONE
           || (walk->server->inherits
               && cors_container_index_above(walk->locations, base->server,
                                             CORS_CONTAINER_LOCATION, url)
                      != CORS_PATH_NONE);
}

/* Returns whether a <Files> section applies to a file that is named by its URL. */
static bool holds_url(const served_walk_t *walk,
                      const cors_config_section_t *section,
                      const named_t *named)
{
    const core_server_config *core =
        ap_get_core_module_config(walk->server->server->module_config);
    const char *file;

    if (section->container.kind != CORS_CONTAINER_DIRECTORY) {
        return true;
    }
    file = apr_pstrcat(walk->reporter->scratch, core->ap_document_root,
                       named->url, NULL);
    return section->container.path
           && cors_path_is_above(section->container.path, file);
}

/* Report the section if it grants less than the policy of the requested URL. Returns
 * whether it does. */
static bool report_narrowed(served_walk_t *walk,
                            const cors_config_section_t *section,
                            const cors_section_t *asked, const named_t *named)
{
    apr_pool_t *p = walk->reporter->scratch;
    cors_methods_group_t *groups;
    int count = cors_section_groups(p, section->merged, &groups);
    const cors_setting_t *setting = NULL;
    const char *origin = NULL;
    cors_finding_t finding = { CORS_PROBLEM_SERVED_NARROWER,
                               cors_slice(named->name), NULL, NULL };
    int i;

    for (i = 0; i < count && !setting; i++) {
        cors_policy_t policy;
        cors_policy_t overlay;

        cors_policy_resolve(p, asked, groups[i].one, &policy);
        if (cors_policy_number(&policy, CORS_ATTR_MODE) == CORS_MODE_ON
            && cors_policy_overlay(p, &policy, asked, section->merged,
                                   groups[i].one, &overlay)) {
            setting = cors_policy_narrowed(p, &policy, &overlay, &origin);
        }
    }
    if (setting) {
        finding.detail =
            apr_pstrcat(p, origin ? origin : "", origin ? ", " : "",
                        cors_directive_position(p, named->directive), NULL);
        cors_report_finding(walk->reporter, section->server, setting->source,
                            &finding);
    }
    return setting != NULL;
}

/* Check the files that the directives of one container name. Sets *known to whether it
 * has directives of a kind: those of outer containers do not apply then. */
static bool check_container(served_walk_t *walk,
                            const cors_config_section_t *section,
                            const cors_section_t *asked,
                            const pattern_t *pattern,
                            const ap_directive_t *node, bool *known)
{
    const ap_directive_t *files = section->scope->node;
    const names_t *names = names_of(walk, node);
    int kind;
    int i;

    for (kind = 0; names && kind < NAMED_KINDS; kind++) {
        const apr_array_header_t *all = names->named[kind];

        for (i = 0; all && !known[kind] && i < all->nelts; i++) {
            const named_t *named = &APR_ARRAY_IDX(all, i, named_t);

            if (is_for(pattern, named->name)
                && (!named->url || node == files->parent
                    || holds_url(walk, section, named))
                && !has_location(walk, named->url ? named->url : "/")
                && report_narrowed(walk, section, asked, named)) {
                return true;
            }
        }
        known[kind] = known[kind] || (all && kind != NAMED_ACTION);
    }
    return false;
}

/* Check the files that directives around a <Files> section name. The requested URL has
 * the policy of the <Directory> or server around the section. Returns whether the
 * section was reported. */
static bool check_around(served_walk_t *walk,
                         const cors_config_section_t *section,
                         const cors_section_t *asked, const pattern_t *pattern)
{
    bool known[NAMED_KINDS] = { false };
    const ap_directive_t *files = section->scope->node;
    const ap_directive_t *node = files->parent;
    const ap_directive_t *host = section->container.host;

    for (; node && node != host; node = node->parent) {
        if (check_container(walk, section, asked, pattern, node, known)) {
            return true;
        }
    }
    return (host && check_container(walk, section, asked, pattern, host, known))
           || check_container(walk, section, asked, pattern, NULL, known);
}

/* Check the files that serve the URLs of a <Location>. */
static void check_located(served_walk_t *walk,
                          const cors_config_section_t *section,
                          const pattern_t *pattern)
{
    const void *server = section->server;
    const apr_array_header_t *all =
        apr_hash_get(walk->located, &server, sizeof(server));
    int i;

    for (i = 0; all && i < all->nelts; i++) {
        const located_t *located = &APR_ARRAY_IDX(all, i, located_t);
        const named_t *named = located->named;

        if (named->url && is_for(pattern, named->name)
            && holds_url(walk, section, named)
            && !has_location(walk, named->url)
            && report_narrowed(walk, section, located->section->merged,
                               named)) {
            return;
        }
    }
}

/* Returns the section around a <Files> section; NULL: it depends on a condition. */
static const cors_section_t *
section_around(const served_walk_t *walk, const cors_config_section_t *section)
{
    const ap_directive_t *node = section->scope->node;

    for (node = node->parent; node; node = node->parent) {
        if (cors_directive_is(node, "<If") || cors_directive_is(node, "<ElseIf")
            || cors_directive_is(node, "<Else")) {
            return NULL;
        }
        if (walk->outer && walk->outer->scope->node == node) {
            return walk->outer->merged;
        }
    }
    return walk->server->merged;
}

static void check_files(served_walk_t *walk,
                        const cors_config_section_t *section)
{
    const cors_section_t *asked = section_around(walk, section);
    pattern_t pattern;

    if (!asked) {
        return;
    }
    parse_pattern(walk->reporter->scratch, section->scope->node, &pattern);
    if (!check_around(walk, section, asked, &pattern)) {
        check_located(walk, section, &pattern);
    }
}

/* Call a function for each section, with the sections around it in the walk. */
static void check_sections(served_walk_t *walk)
{
    int i;

    for (i = 0; i < walk->sections->nelts; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(walk->sections, i);

        if (section->kind == CORS_CONTAINER_SERVER) {
            walk->server = section;
            walk->outer = NULL;
        }
        else if (section->kind == CORS_CONTAINER_DIRECTORY) {
            walk->outer = section;
        }
        else if (section->kind == CORS_CONTAINER_FILES
                 && section->scope->node) {
            check_files(walk, section);
            apr_pool_clear(walk->reporter->scratch);
        }
    }
}

static bool has_files(const apr_array_header_t *sections)
{
    int i = 0;

    while (i < sections->nelts
           && cors_config_section_at(sections, i)->kind
                  != CORS_CONTAINER_FILES) {
        i++;
    }
    return i < sections->nelts;
}

void cors_check_served(cors_reporter_t *reporter,
                       const apr_array_header_t *sections)
{
    served_walk_t walk;
    int i;

    if (!has_files(sections)) {
        return;
    }
    memset(&walk, 0, sizeof(walk));
    walk.reporter = reporter;
    walk.sections = sections;
    apr_pool_create(&walk.p, reporter->p);
    walk.containers = apr_hash_make(walk.p);
    walk.located = apr_hash_make(walk.p);
    walk.locations = cors_container_index_make(walk.p);
    add_directives(&walk, ap_conftree);
    for (i = 0; i < sections->nelts; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(sections, i);

        if (section->kind == CORS_CONTAINER_LOCATION && section->scope->node) {
            add_location(&walk, section, i);
        }
    }
    check_sections(&walk);
    apr_pool_destroy(walk.p);
}
