/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Warnings about the module's own directives: settings that have no effect, policies
 * that allow no origin, and the findings of the core's lint, which knows single
 * settings and policies but not where they apply. Directives of other modules are in
 * check_modules.c.
 *
 * This takes two passes. The first one visits all policies and marks the settings that
 * any of them uses; only then can the second one report the settings that none uses.
 * The marks are kept in the settings themselves, because there may be tens of
 * thousands. A setting is not reported if another section or a .htaccess file could
 * complete it.
 */

#include "httpd/config/check_reach.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/path_index.h"
#include "core/base/problem.h"
#include "core/diagnose/lint.h"
#include "core/origin/origin_set.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/container_index.h"
#include "httpd/config/sections.h"

/* The attributes without which others have no effect. */
typedef enum {
    NEEDED_MODE,
    NEEDED_ORIGINS,
    NEEDED_WEBSOCKET_ORIGINS,
    NEEDED_PROTECT,
    NEEDED_CREDENTIALS,
    NEEDED_COUNT
} needed_e;

/* A pass over all sections. */
typedef struct {
    cors_reporter_t *reporter;
    apr_pool_t *p; /* destroyed after the last pass */
    const apr_array_header_t *sections;
    const cors_config_section_t *section;
    int number;        /* of the section */
    apr_hash_t *pairs; /* of settings that were checked together */
    /* the sections that set such an attribute, by server; NULL: not indexed yet */
    cors_container_index_t *setting[NEEDED_COUNT];
    const server_rec *asked; /* the server that htaccess refers to */
    /* whether the first server's sections also apply to this server */
    bool inherits;
    /* whether the server allows directives of this module in .htaccess files */
    bool htaccess;
    /* a setting of the first server that needs the server's name and that virtual hosts
     * inherit; or NULL */
    const cors_setting_t *inherited;
    /* the last server that warn_of_server_name() has checked; NULL: none yet */
    const server_rec *looked_at;
    /* whether that server needs no (further) warning */
    bool warned;
} reach_walk_t;

/* Returns a setting as writable, to mark it. There may be tens of thousands of
 * settings, and nothing else reads a configuration while it is checked. */
static cors_setting_t *noting(const cors_setting_t *setting)
{
    return (cors_setting_t *)(apr_uintptr_t)setting;
}

static void report_finding(void *context, const char *source,
                           const cors_finding_t *finding)
{
    const reach_walk_t *walk = context;

    cors_report_finding(walk->reporter, walk->section->server, source, finding);
}

static void report_setting(const reach_walk_t *walk,
                           const cors_setting_t *setting,
                           cors_problem_e problem)
{
    const cors_finding_t finding = { problem, { NULL, 0 }, NULL, NULL };

    cors_report_finding(walk->reporter, walk->section->server, setting->source,
                        &finding);
}

static void lint_setting(void *context, cors_attr_e attr,
                         const cors_setting_t *setting)
{
    reach_walk_t *walk = context;

    if (!setting->linted) {
        noting(setting)->linted = true;
        cors_lint_setting(walk->reporter->scratch, attr, setting,
                          report_finding, walk);
    }
}

/* Returns whether a policy allows at least one origin, or explicitly none. */
static bool knows_whom(const cors_policy_t *policy)
{
    const cors_setting_t *origins = policy->link[CORS_ATTR_ORIGINS].setting;

    return !cors_policy_allows_none(policy, CORS_ATTR_ORIGINS, true)
           || (origins && cors_origin_set_none(origins->origins));
}

/* Marks the settings in force that are idle elsewhere and that a policy needs. */
static void learn_needs(const cors_policy_t *policy)
{
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        const cors_setting_t *setting = policy->link[attr].setting;

        if (setting && !setting->useful
            && cors_policy_may_be_idle((cors_attr_e)attr, setting)
            && cors_policy_needs(policy, (cors_attr_e)attr)) {
            noting(setting)->useful = true;
        }
    }
}

/* Returns whether a policy uses the setting of an attribute. */
static bool is_reached(const cors_policy_t *policy, cors_attr_e attr)
{
    bool websocket = cors_policy_checks_websocket(policy);
    bool on = cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF;
    bool protects = cors_policy_protection(policy) != CORS_PROTECTION_OFF;

    switch (attr) {
    case CORS_ATTR_WEBSOCKET_ORIGINS:
        return websocket;
    case CORS_ATTR_WEBSOCKET_REQUIRE:
        return websocket || protects;
    case CORS_ATTR_NULL_UNSAFE:
        return on || websocket || protects;
    case CORS_ATTR_SUFFIX_UNSAFE:
        return on || protects;
    case CORS_ATTR_SET_ENV:
        return on || websocket || protects;
    case CORS_ATTR_PROTECT:
    case CORS_ATTR_RESOURCE:
        return true;
    case CORS_ATTR_TIMING:
        return on
               || cors_policy_number(policy, CORS_ATTR_TIMING)
                      != CORS_TIMING_POLICY;
    case CORS_ATTR_PROTECT_ORIGINS:
    case CORS_ATTR_PROTECT_EMBEDDING:
    case CORS_ATTR_PROTECT_HOST:
        return protects;
    default:
        return on;
    }
}

static void learn(const cors_policy_t *policy)
{
    bool on = cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF;
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        const cors_link_t *link = &policy->link[attr];
        bool reached = is_reached(policy, (cors_attr_e)attr);

        for (; reached && link && link->setting; link = link->outer) {
            noting(link->setting)->reached = true;
        }
    }
    learn_needs(policy);
    if (on && knows_whom(policy)) {
        noting(policy->link[CORS_ATTR_MODE].setting)->allows_some = true;
    }
}

/* Returns whether two settings have not been checked together in any policy yet. */
static bool is_new_pair(void *context, const cors_setting_t *origins,
                        const cors_setting_t *credentials)
{
    const reach_walk_t *walk = context;
    const cors_setting_t *pair[2];

    pair[0] = origins;
    pair[1] = credentials;
    if (apr_hash_get(walk->pairs, pair, sizeof(pair))) {
        return false;
    }
    apr_hash_set(walk->pairs, apr_pmemdup(walk->p, pair, sizeof(pair)),
                 sizeof(pair), origins);
    return true;
}

/* Returns whether the section's server has a configured name, not one that httpd guesses.
 * If there are virtual hosts, requests are assumed to go to them. */
static bool has_server_name(const cors_config_section_t *section)
{
    const ap_directive_t *host = section->container.host;
    const ap_directive_t *node = host ? host->first_child : ap_conftree;

    while (node && !cors_directive_is(node, "ServerName")) {
        node = node->next;
    }
    return node || (!host && section->server->next);
}

/* Returns the setting that makes a policy depend on the server's own origin; NULL:
 * none. */
static const cors_setting_t *knows_own_origin(const cors_policy_t *policy)
{
    const cors_setting_t *handshakes =
        policy->link[CORS_ATTR_WEBSOCKET_ORIGINS].setting;

    if (cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF
        && cors_policy_number(policy, CORS_ATTR_REJECT)) {
        return policy->link[CORS_ATTR_REJECT].setting;
    }
    if (cors_policy_protection(policy) != CORS_PROTECTION_OFF) {
        return policy
            ->link[cors_policy_number(policy, CORS_ATTR_PROTECT_HOST)
                       ? CORS_ATTR_PROTECT_HOST
                       : CORS_ATTR_PROTECT]
            .setting;
    }
    if (handshakes && !cors_origin_set_any(handshakes->origins)
        && !cors_origin_set_none(handshakes->origins)) {
        return handshakes;
    }
    return NULL;
}

/* Warn once for each server. The sections of one server are consecutive. */
static void warn_of_server_name(reach_walk_t *walk,
                                const cors_setting_t *setting)
{
    const ap_directive_t *host = walk->section->container.host;
    cors_finding_t finding = { CORS_PROBLEM_SERVER_NAME_MISSING,
                               { NULL, 0 },
                               "ServerName with the name in the URLs",
                               NULL };

    if (!setting) {
        return;
    }
    /* of the first server, whose settings all virtual hosts inherit */
    if (!host && !walk->inherited) {
        walk->inherited = setting;
    }
    if (walk->looked_at != walk->section->server) {
        walk->looked_at = walk->section->server;
        walk->warned = has_server_name(walk->section);
    }
    if (!walk->warned) {
        walk->warned = true;
        if (host) {
            finding.detail =
                apr_psprintf(walk->reporter->p, "%s %s %s:%d", host->directive,
                             host->args, host->filename, host->line_num);
        }
        cors_report_finding(walk->reporter, walk->section->server,
                            setting->source, &finding);
    }
}

/* The CorsProtect that a section is merged with. */
typedef struct {
    reach_walk_t *walk;
    const cors_setting_t *outer;
} protection_walk_t;

static bool only_reports(const cors_setting_t *setting)
{
    return cors_protection_of(setting->choice) == CORS_PROTECTION_REPORT_ONLY;
}

/* Warn of a section that only reports what the sections outside of it refuse. Off is
 * not warned of: it is the remedy for a URL that other sites have to post to. */
static void compare_protection(void *context, cors_attr_e attr,
                               const cors_setting_t *setting)
{
    protection_walk_t *outside = context;
    const cors_setting_t *outer = outside->outer;
    cors_finding_t finding = {
        CORS_PROBLEM_PROTECT_WEAKER, { NULL, 0 }, NULL, NULL
    };

    if (attr != CORS_ATTR_PROTECT) {
        return;
    }
    outside->outer = setting;
    if (outer && outer->choice != CORS_PROTECTION_OFF && !only_reports(outer)
        && only_reports(setting)
        && cors_config_section_owns(outside->walk->section, setting)
        && !cors_config_section_owns(outside->walk->section, outer)) {
        finding.detail = outer->source;
        cors_report_finding(outside->walk->reporter,
                            outside->walk->section->server, setting->source,
                            &finding);
    }
}

/* Warn once for each list of headers that drops the default. */
static void warn_of_headers(reach_walk_t *walk, const cors_policy_t *policy)
{
    const char *suggestion;
    const cors_setting_t *setting =
        cors_lint_default_headers(walk->reporter->scratch, policy, &suggestion);
    cors_finding_t finding = {
        CORS_PROBLEM_HEADERS_DEFAULT, { NULL, 0 }, NULL, NULL
    };

    if (setting && is_new_pair(walk, setting, setting)) {
        finding.suggestion = suggestion;
        cors_report_finding(walk->reporter, walk->section->server,
                            setting->source, &finding);
    }
}

static void look_at_policies(reach_walk_t *walk)
{
    cors_methods_group_t *groups;
    apr_pool_t *scratch = walk->reporter->scratch;
    int count = cors_section_groups(scratch, walk->section->merged, &groups);
    int i;

    for (i = 0; i < count; i++) {
        protection_walk_t outside = { walk, NULL };
        cors_policy_t policy;

        cors_policy_resolve(scratch, walk->section->merged, groups[i].one,
                            &policy);
        cors_section_visit(walk->section->merged, groups[i].one,
                           compare_protection, &outside);
        learn(&policy);
        warn_of_server_name(walk, knows_own_origin(&policy));
        warn_of_headers(walk, &policy);
        cors_lint_policy(scratch, &policy, is_new_pair, report_finding, walk);
    }
}

/* Note which of the needed attributes a section sets. */
static void find_needed(void *context, cors_attr_e attr,
                        const cors_setting_t *setting)
{
    bool *found = context;

    if (attr == CORS_ATTR_MODE && setting->choice != CORS_MODE_OFF) {
        found[NEEDED_MODE] = true;
    }
    if (attr == CORS_ATTR_ORIGINS) {
        found[NEEDED_ORIGINS] = true;
    }
    if (attr == CORS_ATTR_CREDENTIALS && setting->choice) {
        found[NEEDED_CREDENTIALS] = true;
    }
    if (attr == CORS_ATTR_WEBSOCKET_ORIGINS) {
        found[NEEDED_WEBSOCKET_ORIGINS] = true;
    }
    if (attr == CORS_ATTR_PROTECT && setting->choice != CORS_PROTECTION_OFF) {
        found[NEEDED_PROTECT] = true;
    }
}

static void index_needed(reach_walk_t *walk, int number)
{
    const cors_config_section_t *section =
        cors_config_section_at(walk->sections, number);
    bool found[NEEDED_COUNT] = { false };
    int needed;

    if (section->kind == CORS_CONTAINER_SERVER) {
        return;
    }
    cors_section_visit(section->own, CORS_METHODS_ALL, find_needed, found);
    for (needed = 0; needed < NEEDED_COUNT; needed++) {
        if (found[needed]) {
            cors_container_index_add(walk->setting[needed], section->server,
                                     section->container.kind,
                                     section->container.path, number);
        }
    }
}

static void make_indexes(reach_walk_t *walk)
{
    int i;

    for (i = 0; i < NEEDED_COUNT; i++) {
        walk->setting[i] = cors_container_index_make(walk->p);
    }
    for (i = 0; i < walk->sections->nelts; i++) {
        index_needed(walk, i);
    }
}

static bool is_set_by(const reach_walk_t *walk, needed_e needed,
                      const server_rec *server)
{
    return cors_container_index_meet(walk->setting[needed], server,
                                     walk->section->container.kind,
                                     walk->section->container.path,
                                     walk->number)
           != CORS_PATH_NONE;
}

static bool htaccess_allowed(reach_walk_t *walk)
{
    if (walk->asked != walk->section->server) {
        walk->asked = walk->section->server;
        walk->htaccess = cors_htaccess_allowed(walk->asked);
    }
    return walk->htaccess;
}

/* Returns whether something that start-up cannot merge with a section may complete it: a
 * section that can apply to the same requests, or a .htaccess file. */
static bool may_be_completed(reach_walk_t *walk, needed_e needed)
{
    const server_rec *base = cors_config_section_at(walk->sections, 0)->server;

    if (!walk->setting[0]) {
        make_indexes(walk);
    }
    return is_set_by(walk, needed, walk->section->server)
           || (walk->inherits && is_set_by(walk, needed, base))
           || htaccess_allowed(walk);
}

/* Returns whether start-up cannot merge everything that may need a setting. */
static bool may_be_needed(reach_walk_t *walk)
{
    return may_be_completed(walk, NEEDED_ORIGINS)
           || may_be_completed(walk, NEEDED_WEBSOCKET_ORIGINS)
           || may_be_completed(walk, NEEDED_CREDENTIALS);
}

/* Report a setting of a policy in force that has no effect on any policy. */
static void check_idle(reach_walk_t *walk, cors_attr_e attr,
                       const cors_setting_t *setting)
{
    if (setting->useful || !cors_policy_may_be_idle(attr, setting)
        || may_be_needed(walk)) {
        return;
    }
    report_setting(walk, setting,
                   attr == CORS_ATTR_BACKEND ? CORS_PROBLEM_BACKEND_CREDENTIALS
                                             : CORS_PROBLEM_UNSAFE_UNUSED);
}

static void check_setting(void *context, cors_attr_e attr,
                          const cors_setting_t *setting)
{
    reach_walk_t *walk = context;

    if (!cors_config_section_owns(walk->section, setting)) {
        return;
    }
    if (attr == CORS_ATTR_MODE) {
        if (setting->choice != CORS_MODE_OFF && !setting->allows_some
            && !may_be_completed(walk, NEEDED_ORIGINS)) {
            report_setting(walk, setting, CORS_PROBLEM_NO_ORIGIN_ALLOWED);
        }
    }
    else if (setting->reached) {
        check_idle(walk, attr, setting);
    }
    else if (attr == CORS_ATTR_WEBSOCKET_REQUIRE) {
        if (!may_be_completed(walk, NEEDED_WEBSOCKET_ORIGINS)
            && !may_be_completed(walk, NEEDED_PROTECT)) {
            report_setting(walk, setting, CORS_PROBLEM_REQUIRE_ALONE);
        }
    }
    else if (attr == CORS_ATTR_PROTECT_ORIGINS
             || attr == CORS_ATTR_PROTECT_EMBEDDING
             || attr == CORS_ATTR_PROTECT_HOST) {
        if (!may_be_completed(walk, NEEDED_PROTECT)) {
            report_setting(walk, setting, CORS_PROBLEM_PROTECT_ALONE);
        }
    }
    else if (!may_be_completed(walk, NEEDED_MODE)) {
        report_setting(walk, setting, CORS_PROBLEM_UNREACHABLE);
    }
}

/* Call a function for each section, except servers that inherit everything: their sections
 * are checked where they are written. */
static void for_each_section(reach_walk_t *walk,
                             void (*look)(reach_walk_t *walk))
{
    int i;

    for (i = 0; i < walk->sections->nelts; i++) {
        walk->number = i;
        walk->section = cors_config_section_at(walk->sections, i);
        if (walk->section->kind == CORS_CONTAINER_SERVER) {
            walk->inherits = walk->section->inherits;
        }
        if (!walk->section->inherits) {
            look(walk);
            apr_pool_clear(walk->reporter->scratch);
        }
    }
}

/* Virtual hosts that only inherit have their own names. */
static void warn_heirs_of_server_name(reach_walk_t *walk)
{
    int i;

    for (i = 0; walk->inherited && i < walk->sections->nelts; i++) {
        walk->section = cors_config_section_at(walk->sections, i);
        if (walk->section->inherits) {
            warn_of_server_name(walk, walk->inherited);
        }
    }
}

static void check_section(reach_walk_t *walk)
{
    cors_section_visit(walk->section->own, CORS_METHODS_ALL, lint_setting,
                       walk);
    look_at_policies(walk);
}

static void check_config_section(reach_walk_t *walk)
{
    cors_section_visit(walk->section->own, CORS_METHODS_ALL, check_setting,
                       walk);
}

void cors_warn(cors_reporter_t *reporter, const apr_array_header_t *sections)
{
    reach_walk_t walk;

    memset(&walk, 0, sizeof(walk));
    walk.reporter = reporter;
    walk.sections = sections;
    apr_pool_create(&walk.p, reporter->p);
    walk.pairs = apr_hash_make(walk.p);
    for_each_section(&walk, check_section);
    warn_heirs_of_server_name(&walk);
    for_each_section(&walk, check_config_section);
    apr_pool_destroy(walk.p);
}
