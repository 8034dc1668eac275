/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The check of a configuration before httpd starts. check_config refuses a configuration in
 * which sections contradict each other: it checks each section merged with its server, and
 * each <Location> or <Directory> merged with all sections whose path is above its own.
 *
 * The warnings are in check_reach.c, check_modules.c and check_served.c, and findings.c
 * writes them. httpd reads the configuration twice at a start: messages of the first
 * reading go to the terminal, those of the second to the error log. Errors stop httpd in
 * both readings. A warning is written once to the terminal and once to the log.
 */

#include "httpd/config/check.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/base/list.h"
#include "core/base/path_index.h"
#include "core/base/problem.h"
#include "core/origin/regex.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/check_modules.h"
#include "httpd/config/check_reach.h"
#include "httpd/config/check_served.h"
#include "httpd/config/check_tenants.h"
#include "httpd/config/containers.h"
#include "httpd/config/directives.h"
#include "httpd/config/sections.h"
#include "mod_cors_policy.h"

/* The section whose contradictions are reported. */
typedef struct {
    cors_reporter_t *reporter;
    server_rec *server;
} check_t;

/* Returns what to write instead of a rejected entry; NULL: unknown. */
static const char *suggest_safe(const check_t *check,
                                const cors_contradiction_t *found)
{
    const char *pinned;

    if (found->problem == CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS
        || found->problem == CORS_PROBLEM_EXPOSE_ALL_WITH_CREDENTIALS) {
        return "CorsAllowCredentials Off";
    }
    if (!found->regex) {
        return NULL;
    }
    pinned = cors_regex_suggest_pinned(check->reporter->p, found->entry,
                                       found->prefix);
    if (!pinned
        && (found->problem == CORS_PROBLEM_REGEX_WITH_CREDENTIALS
            || found->problem == CORS_PROBLEM_UNDECIDED_WITH_CREDENTIALS)) {
        return "CorsAllowCredentials Off";
    }
    return pinned;
}

static void refuse(void *context, const cors_contradiction_t *found)
{
    const check_t *check = context;
    const cors_finding_t finding = { found->problem, cors_slice(found->entry),
                                     suggest_safe(check, found),
                                     found->detail };
    const char *source = found->source[0];

    if (found->source[1]) {
        source = apr_pstrcat(check->reporter->scratch, source, " with ",
                             found->source[1], NULL);
    }
    cors_report_finding(check->reporter, check->server, source, &finding);
}

static void check_section(cors_reporter_t *reporter, server_rec *server,
                          const cors_section_t *section)
{
    check_t check;
    cors_methods_group_t *groups;
    int count = cors_section_groups(reporter->scratch, section, &groups);
    int i;

    check.reporter = reporter;
    check.server = server;
    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        cors_policy_resolve(reporter->scratch, section, groups[i].one, &policy);
        if (policy.problem) {
            cors_policy_contradictions(&policy, refuse, &check);
        }
    }
}

/* The paths of one server's <Location> and <Directory> sections, by kind. */
typedef struct {
    cors_path_index_t *paths[CORS_CONTAINER_KINDS]; /* numbers of sections */
} paths_t;

/* One server whose sections are checked together. */
typedef struct {
    cors_reporter_t *reporter;
    apr_pool_t *p; /* cleared for each server */
    const apr_array_header_t *sections;
    server_rec *own_server;
    int first; /* the number of the server itself */
    int end;   /* the number of the next server */
    paths_t own;
    /* the paths of the base server, if this server inherits its sections; else NULL */
    const paths_t *base;
    int base_end;
    /* indexed by the number of a section: the value of first when the section's path was last
     * checked, or -1 */
    int *checked;
} level_t;

static bool has_plain_path(const cors_config_section_t *section)
{
    return (section->kind == CORS_CONTAINER_LOCATION
            || section->kind == CORS_CONTAINER_DIRECTORY)
           && section->container.path;
}

static void index_paths(apr_pool_t *p, const level_t *level, paths_t *paths)
{
    int i;

    memset(paths, 0, sizeof(*paths));
    for (i = level->first + 1; i < level->end; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(level->sections, i);

        if (!has_plain_path(section)) {
            continue;
        }
        if (!paths->paths[section->kind]) {
            paths->paths[section->kind] = cors_path_index_make(p);
        }
        cors_path_index_add(paths->paths[section->kind],
                            section->container.path, i);
    }
}

/* A section that applies to requests for a path. */
typedef struct {
    const cors_config_section_t *section;
    apr_size_t rank; /* the lowest comes first in httpd's order */
    int number;
} applied_t;

static int compare_applied(const void *one, const void *other)
{
    const applied_t *left = one;
    const applied_t *right = other;

    if (left->rank != right->rank) {
        return left->rank < right->rank ? -1 : 1;
    }
    return left->number - right->number;
}

/* Returns an array of applied_t: all sections that apply to a path, in httpd's order.
 * <Location> sections apply in the order of the configuration, <Directory> sections
 * from the shortest path to the longest. */
static apr_array_header_t *all_above(const level_t *level,
                                     cors_container_e kind, const char *path)
{
    apr_pool_t *p = level->reporter->scratch;
    apr_array_header_t *numbers = apr_array_make(p, 4, sizeof(int));
    apr_array_header_t *above = apr_array_make(p, 4, sizeof(applied_t));
    int i;

    if (level->base && level->base->paths[kind]) {
        cors_path_index_all_above(level->base->paths[kind], path, numbers);
    }
    if (level->own.paths[kind]) {
        cors_path_index_all_above(level->own.paths[kind], path, numbers);
    }
    for (i = 0; i < numbers->nelts; i++) {
        applied_t *applied = apr_array_push(above);

        applied->number = APR_ARRAY_IDX(numbers, i, int);
        applied->section =
            cors_config_section_at(level->sections, applied->number);
        applied->rank = kind == CORS_CONTAINER_DIRECTORY
                            ? strlen(applied->section->container.path)
                            : 0;
    }
    qsort(above->elts, (size_t)above->nelts, sizeof(applied_t),
          compare_applied);
    return above;
}

/* Check a section merged with those whose path is above its own. Only plain paths are
 * considered. The sections that apply to the same path are checked once. */
static void check_above(level_t *level, const cors_config_section_t *section,
                        int number)
{
    const cors_section_t *merged =
        cors_config_section_at(level->sections, level->first)->merged;
    const apr_array_header_t *above;
    int i;

    if (level->checked[number] == level->first) {
        return;
    }
    above = all_above(level, section->kind, section->container.path);
    for (i = 0; i < above->nelts; i++) {
        const applied_t *applied = &APR_ARRAY_IDX(above, i, applied_t);

        merged = cors_section_merge(level->reporter->scratch, merged,
                                    applied->section->own);
        if (strcmp(applied->section->container.path, section->container.path)
            == 0) {
            level->checked[applied->number] = level->first;
        }
    }
    if (above->nelts > 1) {
        check_section(level->reporter, level->own_server, merged);
    }
}

/* Check the sections that a virtual host inherits if one of its own sections is above
 * them. The inherited sections alone have been checked already. */
static void check_inherited(level_t *level)
{
    int i;

    for (i = 0; level->base && i < level->base_end; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(level->sections, i);

        if (has_plain_path(section) && level->own.paths[section->kind]
            && cors_path_index_above(level->own.paths[section->kind],
                                     section->container.path, CORS_PATH_NONE)
                   != CORS_PATH_NONE) {
            check_above(level, section, i);
            apr_pool_clear(level->reporter->scratch);
        }
    }
}

static void check_level(level_t *level)
{
    int i;

    for (i = level->first; i < level->end; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(level->sections, i);

        if (!section->inherits) {
            check_section(level->reporter, section->server, section->merged);
        }
        if (has_plain_path(section)) {
            check_above(level, section, i);
        }
        apr_pool_clear(level->reporter->scratch);
    }
    if (level->own.paths[CORS_CONTAINER_LOCATION]
        || level->own.paths[CORS_CONTAINER_DIRECTORY]) {
        check_inherited(level);
    }
}

static int end_of_server(const apr_array_header_t *sections, int first)
{
    int i = first + 1;

    while (i < sections->nelts
           && cors_config_section_at(sections, i)->kind
                  != CORS_CONTAINER_SERVER) {
        i++;
    }
    return i;
}

static void check_sections(cors_reporter_t *reporter,
                           const apr_array_header_t *sections)
{
    apr_pool_t *p;
    paths_t base;
    level_t level;
    int i;

    memset(&level, 0, sizeof(level));
    level.reporter = reporter;
    level.sections = sections;
    level.base_end = end_of_server(sections, 0);
    apr_pool_create(&p, reporter->p);
    apr_pool_create(&level.p, p);
    level.checked = apr_palloc(p, (apr_size_t)sections->nelts * sizeof(int));
    for (i = 0; i < sections->nelts; i++) {
        level.checked[i] = -1;
    }
    for (; level.first < sections->nelts; level.first = level.end) {
        const cors_config_section_t *server =
            cors_config_section_at(sections, level.first);

        level.end = end_of_server(sections, level.first);
        level.own_server = server->server;
        level.base = server->inherits ? &base : NULL;
        if (level.first == 0) {
            level.end = level.base_end;
            index_paths(p, &level, &base);
            level.own = base;
        }
        else {
            index_paths(level.p, &level, &level.own);
        }
        check_level(&level);
        apr_pool_clear(level.p);
    }
    apr_pool_destroy(p);
}

bool cors_is_first_reading(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

void cors_check_warn(cors_reporter_t *reporter,
                     const apr_array_header_t *sections)
{
    cors_warn(reporter, sections);
    cors_check_modules(reporter, sections);
    cors_check_served(reporter, sections);
    cors_check_tenants(reporter, sections);
}

int cors_check_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                      server_rec *server)
{
    cors_reporter_t reporter;
    const apr_array_header_t *sections;

    (void)log;
    (void)temp;
    if (!cors_is_configured(p)) {
        return OK;
    }
    cors_reporter_start(&reporter, APLOG_STARTUP);
    sections = cors_config_sections(reporter.p, server);
    check_sections(&reporter, sections);
    /* At a start, the terminal shows the first reading. The warnings of the second
     * reading are written when the log is open. */
    if (!reporter.refusals && cors_is_first_reading()) {
        cors_check_warn(&reporter, sections);
    }
    cors_reporter_end(&reporter, server);
    return reporter.refusals ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
