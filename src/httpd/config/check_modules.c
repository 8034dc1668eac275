/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Warnings about other modules' directives that affect a policy: Header and RewriteRule
 * recipes for CORS, AuthType, <Limit>, ProxyPass and LogFormat. httpd keeps the whole
 * configuration as it was read, section by section, so this file reads the directives
 * from ap_conftree and does not depend on those modules.
 *
 * It never evaluates a directive, and it does not check the module's own settings
 * (check_reach.c). There may be many directives of other modules, and many sections. So
 * the policies that a directive can affect are looked up in indexes of the policies.
 * Findings about a policy (AuthType, ProxyPass) are collected first and then looked up
 * for each policy.
 */

#include "httpd/config/check_modules.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "core/base/fetch.h"
#include "core/base/list.h"
#include "core/base/path_index.h"
#include "core/base/problem.h"
#include "core/diagnose/lint.h"
#include "core/policy/policy.h"
#include "core/policy/reading.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/container_index.h"
#include "httpd/config/sections.h"

/* What the checks need to know about each section. */
typedef struct {
    const cors_setting_t *on; /* the CorsPolicy On of some method, or NULL */
    bool whole;               /* CorsPolicy is On for every method */
    /* the CorsAllowHeaders that lacks Authorization, or NULL */
    const cors_setting_t *missing;
} section_facts_t;

/* A section with directives of this module. */
typedef struct {
    const ap_directive_t *node; /* its container */
    /* the number of its first section where the policy is on, or CORS_PATH_NONE */
    int on;
    /* whether each of its sections has the policy on for every method */
    bool whole;
} container_t;

/* ProxyPass and the path that it applies to. */
typedef struct {
    const char *path;
    const ap_directive_t *directive;
} proxied_t;

/* The ProxyPass directives of one virtual host, or of the base server. */
typedef struct {
    apr_array_header_t *proxied; /* proxied_t */
    cors_path_index_t *all;      /* numbers of proxied_t */
    /* the numbers of those whose path is not covered by a policy that applies to
     * proxied URLs */
    cors_path_index_t *bare;
} proxies_t;

/* A walk over the configuration. */
typedef struct {
    cors_reporter_t *reporter;
    apr_pool_t *p; /* destroyed after the walk */
    server_rec *server;
    const apr_array_header_t *sections;
    /* of each section, in the same order; NULL: this field and those below are not filled
     * yet */
    section_facts_t *facts;
    apr_hash_t
        *hosts; /* container of a virtual host -> its cors_config_section_t */
    apr_hash_t *containers; /* ap_directive_t * -> container_t */
    /* the sections where the policy is on: by host, and all of them together */
    cors_container_index_t *on;
    const void *everywhere; /* the owner of all of them */
    /* those of them that apply to proxied URLs */
    cors_container_index_t *covers;
    /* the sections where the policy is on for every method, by host */
    cors_container_index_t *whole;
    /* all other sections except the base server's, by host, and for all hosts */
    cors_container_index_t *partial;
    apr_array_header_t *auth_types; /* const ap_directive_t * */
    cors_container_index_t *auth;   /* their numbers, by host */
    apr_hash_t *proxies;            /* container of a host -> proxies_t */
    apr_array_header_t
        *inheriting; /* const cors_config_section_t *: see find_inheriting() */
    /* the settings that a warning has been reported for */
    apr_hash_t *reported;
} module_walk_t;

typedef void (*directive_fn)(module_walk_t *walk,
                             const ap_directive_t *directive);

/* The index owners of what virtual hosts inherit: the base server, and all hosts that
 * its sections apply to. */
static const char of_server[] = "server";
static const char of_inheriting[] = "inheriting";

static const char *source(const module_walk_t *walk,
                          const ap_directive_t *directive)
{
    return apr_psprintf(walk->reporter->scratch, "%s%s %s:%d",
                        directive->directive,
                        directive->directive[0] == '<' ? ">" : "",
                        directive->filename, directive->line_num);
}

static void report_module(const module_walk_t *walk, const char *about,
                          cors_problem_e problem, const char *word,
                          const char *detail, const char *suggestion)
{
    const cors_finding_t finding = { problem, cors_slice(word), suggestion,
                                     detail };

    cors_report_finding(walk->reporter, walk->server, about, &finding);
}

static section_facts_t collect_facts(apr_pool_t *scratch,
                                     const cors_config_section_t *section)
{
    section_facts_t facts = { NULL, true, NULL };
    cors_methods_group_t *groups;
    int count = cors_section_groups(scratch, section->merged, &groups);
    int i;

    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        cors_policy_resolve(scratch, section->merged, groups[i].one, &policy);
        if (cors_policy_number(&policy, CORS_ATTR_MODE) == CORS_MODE_ON) {
            facts.on = policy.link[CORS_ATTR_MODE].setting;
        }
        else {
            facts.whole = false;
        }
        if (!facts.missing) {
            facts.missing = cors_lint_authorization_missing(&policy);
        }
    }
    return facts;
}

static const void *owner_of(const ap_directive_t *host)
{
    return host ? (const void *)host : of_server;
}

/* Returns the server section of a virtual host's container; for NULL, that of the base
 * server. */
static const cors_config_section_t *server_of(const module_walk_t *walk,
                                              const ap_directive_t *host)
{
    const cors_config_section_t *section =
        host ? apr_hash_get(walk->hosts, &host, sizeof(host)) : NULL;

    return section ? section : cors_config_section_at(walk->sections, 0);
}

/* Returns whether the sections of the base server apply to a host unchanged. */
static bool inherits_all(const module_walk_t *walk, const ap_directive_t *host)
{
    return host && server_of(walk, host)->inherits;
}

static container_t *container_at(const module_walk_t *walk,
                                 const ap_directive_t *node)
{
    return apr_hash_get(walk->containers, &node, sizeof(node));
}

static void index_container(module_walk_t *walk,
                            const cors_config_section_t *section, int number)
{
    container_t *container = container_at(walk, section->scope->node);

    if (!container) {
        container = apr_pcalloc(walk->p, sizeof(*container));
        container->node = section->scope->node;
        container->on = CORS_PATH_NONE;
        container->whole = true;
        apr_hash_set(walk->containers, &container->node,
                     sizeof(container->node), container);
    }
    if (walk->facts[number].on && container->on == CORS_PATH_NONE) {
        container->on = number;
    }
    container->whole = container->whole && walk->facts[number].whole;
}

/* Add a section to the index of its host and, if the base server's directives apply to
 * several hosts, to that of all hosts. */
static void index_everywhere(const module_walk_t *walk,
                             cors_container_index_t *index,
                             const cors_container_t *container, int number)
{
    const void *owner = owner_of(container->host);

    cors_container_index_add(index, owner, container->kind, container->path,
                             number);
    if (walk->everywhere != of_server) {
        cors_container_index_add(index, walk->everywhere, container->kind,
                                 container->path, number);
    }
}

static void index_section(module_walk_t *walk, apr_pool_t *scratch, int number)
{
    const cors_config_section_t *section =
        cors_config_section_at(walk->sections, number);
    const cors_container_t *container = &section->container;
    const void *owner = owner_of(container->host);

    if (section->kind == CORS_CONTAINER_SERVER && container->host) {
        apr_hash_set(walk->hosts, &section->container.host,
                     sizeof(container->host), section);
    }
    if (section->inherits) {
        return;
    }
    walk->facts[number] = collect_facts(scratch, section);
    if (section->kind != CORS_CONTAINER_SERVER) {
        index_container(walk, section, number);
    }
    if (walk->facts[number].whole) {
        cors_container_index_add(walk->whole, owner, container->kind,
                                 container->path, number);
    }
    else if (number > 0) {
        index_everywhere(walk, walk->partial, container, number);
    }
    if (!walk->facts[number].on) {
        return;
    }
    index_everywhere(walk, walk->on, container, number);
    if (container->kind != CORS_CONTAINER_DIRECTORY) {
        /* stored as a single kind, because only the path is looked up */
        cors_container_index_add(walk->covers, owner, CORS_CONTAINER_LOCATION,
                                 container->path, number);
    }
}

static void make_indexes(module_walk_t *walk)
{
    apr_pool_t *p = walk->p;

    walk->facts = apr_pcalloc(p, (apr_size_t)walk->sections->nelts
                                     * sizeof(*walk->facts));
    walk->hosts = apr_hash_make(p);
    walk->containers = apr_hash_make(p);
    walk->on = cors_container_index_make(p);
    walk->covers = cors_container_index_make(p);
    walk->whole = cors_container_index_make(p);
    walk->partial = cors_container_index_make(p);
    walk->auth_types = apr_array_make(p, 1, sizeof(const ap_directive_t *));
    walk->auth = cors_container_index_make(p);
    walk->proxies = apr_hash_make(p);
    walk->inheriting =
        apr_array_make(p, 1, sizeof(const cors_config_section_t *));
    walk->reported = apr_hash_make(p);
}

/* Collect what the checks need to know about the policies. Done on demand, because most
 * configurations do not need it. */
static void index_sections(module_walk_t *walk)
{
    apr_pool_t *scratch;
    int i;

    if (walk->facts) {
        return;
    }
    make_indexes(walk);
    apr_pool_create(&scratch, walk->p);
    walk->everywhere = of_server;
    for (i = 0; i < walk->sections->nelts; i++) {
        if (cors_config_section_at(walk->sections, i)->container.host) {
            walk->everywhere = walk;
        }
    }
    for (i = 0; i < walk->sections->nelts; i++) {
        index_section(walk, scratch, i);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
}

/* Returns the innermost section around a directive that has directives of this module;
 * NULL: none. */
static const container_t *section_around(const module_walk_t *walk,
                                         const ap_directive_t *directive)
{
    const container_t *container = NULL;
    const ap_directive_t *node;

    for (node = directive->parent; node && !container; node = node->parent) {
        container = container_at(walk, node);
    }
    return container;
}

/* Returns the owner of the sections that can apply together with a directive of a
 * host. */
static const void *reachable_owner(const module_walk_t *walk,
                                   const ap_directive_t *host)
{
    return host ? (const void *)host : walk->everywhere;
}

/* Returns the CorsPolicy On setting that a directive may affect; NULL: none. */
static const cors_setting_t *reachable_policy(module_walk_t *walk,
                                              const ap_directive_t *directive)
{
    const container_t *section;
    cors_container_t container;
    int number;

    index_sections(walk);
    section = section_around(walk, directive);
    if (section) {
        number = section->on;
    }
    else {
        container =
            cors_container_of(walk->reporter->scratch, directive->parent);
        number =
            cors_container_index_meet(walk->on,
                                      reachable_owner(walk, container.host),
                                      container.kind, container.path,
                                      CORS_PATH_NONE);
        if (inherits_all(walk, container.host)) {
            number = cors_path_lower(
                number,
                cors_container_index_meet(walk->on, of_server, container.kind,
                                          container.path, CORS_PATH_NONE));
        }
    }
    return number == CORS_PATH_NONE ? NULL : walk->facts[number].on;
}

/* Returns whether a policy is in force for every request that a directive applies to. */
static bool is_policy_whole(const module_walk_t *walk,
                            const ap_directive_t *directive)
{
    const container_t *section = section_around(walk, directive);
    const cors_container_t container =
        cors_container_of(walk->reporter->scratch, directive->parent);
    const bool inherits = inherits_all(walk, container.host);
    const void *owner = inherits ? of_server : owner_of(container.host);

    if (cors_container_index_meet(walk->partial,
                                  reachable_owner(walk, container.host),
                                  container.kind, container.path,
                                  CORS_PATH_NONE)
            != CORS_PATH_NONE
        || (inherits
            && cors_container_index_meet(walk->partial, of_server,
                                         container.kind, container.path,
                                         CORS_PATH_NONE)
                   != CORS_PATH_NONE)) {
        return false;
    }
    if (section) {
        return section->whole;
    }
    return cors_container_index_above(walk->whole, owner, CORS_CONTAINER_SERVER,
                                      NULL)
               != CORS_PATH_NONE
           || (container.path
               && cors_container_index_above(walk->whole, owner, container.kind,
                                             container.path)
                      != CORS_PATH_NONE);
}

/* Skip the arguments that are in a list, and return the next one; "" at the end. */
static const char *next_word_but(const module_walk_t *walk, const char **rest,
                                 const char *const *but)
{
    const char *word;
    int i;

    do {
        word = ap_getword_conf(walk->reporter->scratch, rest);
        for (i = 0; but[i] && ap_cstr_casecmp(word, but[i]) != 0; i++) {
        }
    } while (word[0] && but[i]);
    return word;
}

static bool has_prefix_nocase(const char *text, const char *prefix)
{
    return ap_cstr_casecmpn(text, prefix, strlen(prefix)) == 0;
}

/* Header [always|onsuccess] action name ... : report it if a policy sets the same
 * header */
static void look_at_header(module_walk_t *walk, const ap_directive_t *directive)
{
    static const char *const conditions[] = { "always", "onsuccess", NULL };
    static const char *const nothing[] = { NULL };
    const char *rest = directive->args;
    const cors_setting_t *policy;
    const char *name;

    if (!cors_directive_is(directive, "Header")) {
        return;
    }
    next_word_but(walk, &rest, conditions);
    name = next_word_but(walk, &rest, nothing);
    if (!has_prefix_nocase(name, "Access-Control-")) {
        return;
    }
    policy = reachable_policy(walk, directive);
    if (policy) {
        report_module(walk, source(walk, directive),
                      is_policy_whole(walk, directive)
                          ? CORS_PROBLEM_RECIPE_HEADER
                          : CORS_PROBLEM_RECIPE_HEADER_WIDE,
                      name, policy->source, NULL);
    }
}

/* RewriteCond %{REQUEST_METHOD} OPTIONS, and the RewriteRule that follows */
static void look_at_rewrite(module_walk_t *walk,
                            const ap_directive_t *directive)
{
    const ap_directive_t *rule = directive->next;
    const cors_setting_t *policy;
    const char *rest = directive->args;
    static const char *const nothing[] = { NULL };
    const char *subject;
    const char *pattern;

    if (!cors_directive_is(directive, "RewriteCond")) {
        return;
    }
    subject = next_word_but(walk, &rest, nothing);
    pattern = next_word_but(walk, &rest, nothing);
    if (ap_cstr_casecmp(subject, "%{REQUEST_METHOD}") != 0 || pattern[0] == '!'
        || !strstr(pattern, "OPTIONS")) {
        return;
    }
    while (rule && cors_directive_is(rule, "RewriteCond")) {
        rule = rule->next;
    }
    if (!rule || !cors_directive_is(rule, "RewriteRule")) {
        return;
    }
    policy = reachable_policy(walk, directive);
    if (policy) {
        report_module(walk, source(walk, rule), CORS_PROBLEM_RECIPE_REWRITE,
                      "OPTIONS", policy->source, NULL);
    }
}

/* AuthType together with CorsAllowHeaders *, which does not cover Authorization */
static void look_at_authentication(module_walk_t *walk,
                                   const ap_directive_t *directive)
{
    cors_container_t container;
    int number;

    if (!cors_directive_is(directive, "AuthType")
        || has_prefix_nocase(directive->args, "None")) {
        return;
    }
    index_sections(walk);
    number = walk->auth_types->nelts;
    APR_ARRAY_PUSH(walk->auth_types, const ap_directive_t *) = directive;
    container = cors_container_of(walk->p, directive->parent);
    cors_container_index_add(walk->auth, owner_of(container.host),
                             container.kind, container.path, number);
    if (inherits_all(walk, container.host)) {
        cors_container_index_add(walk->auth, of_inheriting, container.kind,
                                 container.path, number);
    }
}

/* Returns whether a setting has not been reported yet, and marks it as reported. */
static bool is_first(module_walk_t *walk, const cors_setting_t *setting)
{
    const cors_setting_t **key;

    if (apr_hash_get(walk->reported, &setting, sizeof(setting))) {
        return false;
    }
    key = apr_pmemdup(walk->p, &setting, sizeof(setting));
    apr_hash_set(walk->reported, key, sizeof(setting), setting);
    return true;
}

/* Report the first AuthType that can apply to requests of a section. */
static void report_authentication(module_walk_t *walk, int section_number)
{
    const cors_config_section_t *section =
        cors_config_section_at(walk->sections, section_number);
    const cors_setting_t *headers = walk->facts[section_number].missing;
    const cors_container_t *container = &section->container;
    int number;

    if (!headers) {
        return;
    }
    number = cors_path_lower(
        cors_container_index_meet(walk->auth, of_server, container->kind,
                                  container->path, CORS_PATH_NONE),
        cors_container_index_meet(
            walk->auth,
            container->host ? (const void *)container->host : of_inheriting,
            container->kind, container->path, CORS_PATH_NONE));
    if (number != CORS_PATH_NONE && is_first(walk, headers)) {
        report_module(walk, headers->source,
                      CORS_PROBLEM_AUTHORIZATION_NOT_NAMED, "*",
                      source(walk, APR_ARRAY_IDX(walk->auth_types, number,
                                                 const ap_directive_t *)),
                      "* Authorization");
    }
}

/* Check the methods of a <Limit> that contains directives of this module. */
static void look_at_limit(module_walk_t *walk, const ap_directive_t *directive)
{
    bool limit = cors_directive_is(directive, "<Limit");
    const ap_directive_t *child = directive->first_child;
    const char *rest;
    const char *method;

    if (!limit && !cors_directive_is(directive, "<LimitExcept")) {
        return;
    }
    while (child && !has_prefix_nocase(child->directive, "Cors")) {
        child = child->next;
    }
    if (!child) {
        return;
    }
    rest = apr_pstrndup(walk->reporter->scratch, directive->args,
                        strcspn(directive->args, ">"));
    while (*(method = ap_getword_conf(walk->reporter->scratch, &rest))) {
        const char *known = cors_fetch_well_known_method(cors_slice(method));

        if (limit && strcmp(method, "OPTIONS") == 0) {
            report_module(walk, source(walk, directive),
                          CORS_PROBLEM_LIMIT_OPTIONS, method, NULL, NULL);
        }
        /* <Limit> itself has registered a method that nothing else had registered */
        if (ap_method_number_of(method) > M_INVALID
            && !(known && strcmp(known, method) == 0)) {
            report_module(walk, source(walk, directive),
                          CORS_PROBLEM_LIMIT_METHOD, method, NULL, known);
        }
    }
}

/* <If "%{REQUEST_METHOD} == 'PUT'"> with directives of this module */
static void look_at_if(module_walk_t *walk, const ap_directive_t *directive)
{
    const ap_directive_t *child = directive->first_child;
    const char *name;

    if (!cors_directive_is(directive, "<If")
        && !cors_directive_is(directive, "<ElseIf")) {
        return;
    }
    name = strstr(directive->args, "REQUEST_METHOD");
    while (child && !has_prefix_nocase(child->directive, "Cors")) {
        child = child->next;
    }
    if (child && name) {
        report_module(walk, source(walk, directive), CORS_PROBLEM_IF_METHOD,
                      "REQUEST_METHOD", NULL, NULL);
    }
}

/* Returns whether some directive of a container limits access, of whatever method. */
static bool limits_access(const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        if (has_prefix_nocase(directive->directive, "Require")
            || has_prefix_nocase(directive->directive, "<Require")
            || cors_directive_is(directive, "Deny")
            || limits_access(directive->first_child)) {
            return true;
        }
    }
    return false;
}

/* Returns whether a section other than those around a URL path limits access to it, or
 * may do so. */
static bool is_limited_by(const module_walk_t *walk,
                          const ap_directive_t *section, const char *path)
{
    for (; section; section = section->next) {
        const cors_container_t container =
            cors_container_of(walk->reporter->scratch, section);
        const apr_size_t len = container.path ? strlen(container.path) : 0;

        if ((container.kind == CORS_CONTAINER_LOCATION
             || container.kind == CORS_CONTAINER_IF)
            && (!path
                || strncmp(container.path ? container.path : "", path, len)
                       == 0)
            && limits_access(section->first_child)) {
            return true;
        }
    }
    return false;
}

/* SetHandler cors-policy in a section without Require */
static void look_at_page(module_walk_t *walk, const ap_directive_t *directive)
{
    const ap_directive_t *node = directive->parent;
    cors_container_t container;

    if (!cors_enables_page(walk->reporter->scratch, directive)) {
        return;
    }
    container = cors_container_of(walk->reporter->scratch, node);
    for (; node && node != container.host; node = node->parent) {
        if (limits_access(node->first_child)) {
            return;
        }
    }
    if ((container.host
         && is_limited_by(walk, container.host->first_child, container.path))
        || is_limited_by(walk, ap_conftree, container.path)) {
        return;
    }
    report_module(walk, source(walk, directive), CORS_PROBLEM_PAGE_PUBLIC, NULL,
                  NULL, "Require local");
}

/* Returns whether a path has a policy that applies to proxied URLs, among the policies
 * of one virtual host or of the base server. */
static bool is_covered_by(const module_walk_t *walk, const void *owner,
                          const char *path)
{
    return cors_container_index_above(walk->covers, owner,
                                      CORS_CONTAINER_LOCATION, path)
           != CORS_PATH_NONE;
}

static bool is_covered(const module_walk_t *walk, const ap_directive_t *host,
                       const char *path)
{
    return is_covered_by(walk, owner_of(host), path)
           || (inherits_all(walk, host)
               && is_covered_by(walk, of_server, path));
}

static proxies_t *proxies_of(module_walk_t *walk, const ap_directive_t *host)
{
    apr_pool_t *p = walk->p;
    const void *owner = owner_of(host);
    proxies_t *proxies = apr_hash_get(walk->proxies, &owner, sizeof(owner));

    if (!proxies) {
        proxies = apr_palloc(p, sizeof(*proxies));
        proxies->proxied = apr_array_make(p, 1, sizeof(proxied_t));
        proxies->all = cors_path_index_make(p);
        proxies->bare = cors_path_index_make(p);
        apr_hash_set(walk->proxies, apr_pmemdup(p, &owner, sizeof(owner)),
                     sizeof(owner), proxies);
    }
    return proxies;
}

/* ProxyPass /path url, or ProxyPass url in <Location /path> */
static void look_at_proxy(module_walk_t *walk, const ap_directive_t *directive)
{
    static const char *const nothing[] = { NULL };
    const char *rest = directive->args;
    const char *path;
    proxies_t *proxies;
    proxied_t *proxied;
    cors_container_t container;

    if (!cors_directive_is(directive, "ProxyPass")) {
        return;
    }
    index_sections(walk);
    container = cors_container_of(walk->reporter->scratch, directive->parent);
    path = container.kind == CORS_CONTAINER_SERVER
               ? next_word_but(walk, &rest, nothing)
               : container.path;
    if (!path || path[0] != '/'
        || strcmp(next_word_but(walk, &rest, nothing), "!") == 0) {
        return;
    }
    proxies = proxies_of(walk, container.host);
    proxied = apr_array_push(proxies->proxied);
    proxied->path = apr_pstrdup(walk->p, path);
    proxied->directive = directive;
    cors_path_index_add(proxies->all, proxied->path,
                        proxies->proxied->nelts - 1);
    if (!is_covered(walk, container.host, path)) {
        cors_path_index_add(proxies->bare, proxied->path,
                            proxies->proxied->nelts - 1);
    }
}

/* Returns the number of the first URL path in an index that would be in a directory, or
 * around it, if DocumentRoot were put before the path. */
static int find_behind(const cors_path_index_t *paths, const char *root,
                       const char *directory)
{
    apr_size_t len = strlen(root);
    const char *rest =
        strncmp(directory, root, len) == 0 ? directory + len : NULL;

    if (!rest) {
        if (cors_path_is_above(directory, root)) {
            return cors_path_index_below(paths, "", CORS_PATH_NONE);
        }
        return CORS_PATH_NONE;
    }
    return cors_path_lower(cors_path_index_above(paths, rest, CORS_PATH_NONE),
                           cors_path_index_below(paths, rest, CORS_PATH_NONE));
}

/* Like find_behind(), but checks the base server's paths one by one: a host that has
 * policies of its own may cover some of them. */
static int find_behind_each(const module_walk_t *walk, const proxies_t *proxies,
                            const ap_directive_t *host, const char *root,
                            const char *directory)
{
    apr_pool_t *p = walk->reporter->scratch;
    int i;

    for (i = 0; i < proxies->proxied->nelts; i++) {
        const char *path = APR_ARRAY_IDX(proxies->proxied, i, proxied_t).path;
        const char *file = apr_pstrcat(p, root, path, NULL);

        if ((cors_path_is_above(directory, file)
             || cors_path_is_above(file, directory))
            && !is_covered(walk, host, path)) {
            return i;
        }
    }
    return CORS_PATH_NONE;
}

/* Like find_behind(), for the base server's paths as seen from a virtual host. */
static int find_behind_base(const module_walk_t *walk, const proxies_t *base,
                            const ap_directive_t *host, const char *root,
                            const char *directory)
{
    int number = find_behind(base->all, root, directory);

    if (number == CORS_PATH_NONE
        || !is_covered(walk, host,
                       APR_ARRAY_IDX(base->proxied, number, proxied_t).path)) {
        return number;
    }
    if (inherits_all(walk, host)
        && !cors_container_index_has(walk->covers, host)) {
        return find_behind(base->bare, root, directory);
    }
    if (is_covered(walk, host, "/")) {
        return CORS_PATH_NONE;
    }
    return find_behind_each(walk, base, host, root, directory);
}

/* Returns the first ProxyPass that a <Directory> appears to apply to; NULL: none. */
static const ap_directive_t *proxy_before(module_walk_t *walk,
                                          const server_rec *server,
                                          const ap_directive_t *host,
                                          const char *directory)
{
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);
    const proxies_t *own = proxies_of(walk, host);
    const proxies_t *base = proxies_of(walk, NULL);
    int number = find_behind(own->bare, core->ap_document_root, directory);

    if (number != CORS_PATH_NONE) {
        return APR_ARRAY_IDX(own->proxied, number, proxied_t).directive;
    }
    if (!host) {
        return NULL;
    }
    number =
        find_behind_base(walk, base, host, core->ap_document_root, directory);
    if (number == CORS_PATH_NONE) {
        return NULL;
    }
    return APR_ARRAY_IDX(base->proxied, number, proxied_t).directive;
}

/* Report a <Directory> that looks as if it applied to the URLs of a ProxyPass. */
static void report_directory(module_walk_t *walk,
                             const cors_config_section_t *section, int number)
{
    const cors_setting_t *policy = walk->facts[number].on;
    const ap_directive_t *proxy = NULL;
    int i;

    if (!policy || section->container.kind != CORS_CONTAINER_DIRECTORY
        || !section->container.path
        || !cors_config_section_owns(section, policy)
        || apr_hash_get(walk->reported, &policy, sizeof(policy))) {
        return;
    }
    proxy = proxy_before(walk, section->server, section->container.host,
                         section->container.path);
    for (i = 0;
         !proxy && !section->container.host && i < walk->inheriting->nelts;
         i++) {
        const cors_config_section_t *host =
            APR_ARRAY_IDX(walk->inheriting, i, const cors_config_section_t *);

        proxy = proxy_before(walk, host->server, host->container.host,
                             section->container.path);
    }
    if (proxy) {
        is_first(walk, policy);
        report_module(walk, policy->source, CORS_PROBLEM_DIRECTORY_BEHIND_PROXY,
                      section->container.path, source(walk, proxy), NULL);
    }
}

/* Returns the name in the next tag of this module in a log format; NULL: none. */
static const char *next_tag(const char *format, const char **end)
{
    *end = strstr(format, "}^" CORS_LOG_TAG);
    while (*end && format < *end) {
        const char *brace = *end - 1;

        while (brace > format && *brace != '{') {
            brace--;
        }
        if (*brace == '{') {
            return brace + 1;
        }
        *end = strstr(*end + 1, "}^" CORS_LOG_TAG);
    }
    return NULL;
}

static void look_at_log(module_walk_t *walk, const ap_directive_t *directive)
{
    const char *format = directive->args;
    const char *tag;
    const char *end;

    if (!cors_directive_is(directive, "LogFormat")
        && !cors_directive_is(directive, "CustomLog")
        && !cors_directive_is(directive, "GlobalLog")) {
        return;
    }
    while ((tag = next_tag(format, &end))) {
        const char *name = apr_pstrmemdup(walk->reporter->scratch, tag,
                                          (apr_size_t)(end - tag));

        if (cors_reading_find(name) == CORS_READING_COUNT) {
            report_module(walk, source(walk, directive),
                          CORS_PROBLEM_LOG_TAG_UNKNOWN,
                          apr_pstrcat(walk->reporter->scratch, "%{", name,
                                      "}^" CORS_LOG_TAG, NULL),
                          NULL,
                          "%{verdict}^" CORS_LOG_TAG ", %{reason}^" CORS_LOG_TAG
                          ", %{origin}^" CORS_LOG_TAG
                          " or %{directive}^" CORS_LOG_TAG);
        }
        format = end + 1;
    }
}

static void look(module_walk_t *walk, const ap_directive_t *directive)
{
    static const directive_fn looks[] = {
        look_at_header, look_at_rewrite, look_at_authentication, look_at_limit,
        look_at_if,     look_at_page,    look_at_proxy,          look_at_log
    };
    apr_size_t i;

    for (; directive; directive = directive->next) {
        if (!directive->parent) {
            apr_pool_clear(walk->reporter->scratch);
        }
        for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
            looks[i](walk, directive);
        }
        look(walk, directive->first_child);
    }
}

/* Collect the virtual hosts for which a <Directory> of the base server has to be
 * checked again: those that have their own document root or proxied URLs. */
static void find_inheriting(module_walk_t *walk)
{
    const core_server_config *base =
        ap_get_core_module_config(walk->server->module_config);
    int i;

    for (i = 0; i < walk->sections->nelts; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(walk->sections, i);
        const core_server_config *core =
            ap_get_core_module_config(section->server->module_config);
        const void *owner = owner_of(section->container.host);

        if (section->inherits
            && (apr_hash_get(walk->proxies, &owner, sizeof(owner))
                || core->ap_document_root != base->ap_document_root)) {
            APR_ARRAY_PUSH(walk->inheriting, const cors_config_section_t *) =
                section;
        }
    }
}

/* Report the findings about policies, once all directives are known. */
static void report_policies(module_walk_t *walk)
{
    int i;

    find_inheriting(walk);
    for (i = 0; i < walk->sections->nelts; i++) {
        report_authentication(walk, i);
        if (apr_hash_count(walk->proxies) > 0) {
            report_directory(walk, cors_config_section_at(walk->sections, i),
                             i);
        }
        apr_pool_clear(walk->reporter->scratch);
    }
}

void cors_check_modules(cors_reporter_t *reporter,
                        const apr_array_header_t *sections)
{
    module_walk_t walk;

    memset(&walk, 0, sizeof(walk));
    walk.reporter = reporter;
    walk.sections = sections;
    walk.server = cors_config_section_at(sections, 0)->server;
    apr_pool_create(&walk.p, reporter->p);
    look(&walk, ap_conftree);
    apr_pool_clear(reporter->scratch);
    if (walk.facts) {
        report_policies(&walk);
    }
    apr_pool_destroy(walk.p);
}
