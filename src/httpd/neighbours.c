/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "cors/fetch.h"
#include "cors/lint.h"

/* httpd keeps the whole configuration as it was read, section by section: what
 * other modules are told is found there, without asking for the modules. */

/* What the walk wants to know of each site. */
typedef struct {
    const cors_setting_t *on; /* the CorsPolicy On of some method, or NULL */
    const cors_setting_t
        *forgotten; /* CorsAllowHeaders without Authorization */
} known_t;

/* A walk over that configuration. */
typedef struct {
    cors_speaker_t *speaker;
    server_rec *server;
    const apr_array_header_t *sites;
    known_t *known; /* of each site, in the same order */
} walk_t;

typedef void (*directive_fn)(walk_t *walk, const ap_directive_t *directive);

static const char *said(const walk_t *walk, const ap_directive_t *directive)
{
    return apr_psprintf(walk->speaker->p, "%s%s %s:%d", directive->directive,
                        directive->directive[0] == '<' ? ">" : "",
                        directive->filename, directive->line_num);
}

static void say(const walk_t *walk, const char *about, cors_problem_e problem,
                const char *word, const char *because, const char *instead)
{
    const cors_finding_t finding = { problem, cors_slice(word), instead,
                                     because };

    cors_speak(walk->speaker, walk->server, about, &finding);
}

static known_t know(apr_pool_t *p, const cors_site_t *site)
{
    known_t known = { NULL, NULL };
    cors_methods_group_t *groups;
    int count = cors_section_groups(p, site->merged, &groups);
    int i;

    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        cors_policy_resolve(p, site->merged, groups[i].one, &policy);
        if (cors_policy_number(&policy, CORS_ATTR_MODE) == CORS_MODE_ON) {
            known.on = policy.link[CORS_ATTR_MODE].setting;
        }
        if (!known.forgotten) {
            known.forgotten = cors_lint_authorization_forgotten(&policy);
        }
    }
    return known;
}

/* The innermost section around a directive that says something about CORS;
 * NULL: none does. */
static const void *section_around(const walk_t *walk,
                                  const ap_directive_t *directive)
{
    const ap_directive_t *node;
    int i;

    for (node = directive->parent; node; node = node->parent) {
        for (i = 0; i < walk->sites->nelts; i++) {
            const cors_site_t *site = cors_site_at(walk->sites, i);

            if (site->kind != CORS_SITE_SERVER && site->place->node == node) {
                return node;
            }
        }
    }
    return NULL;
}

/* The CorsPolicy On whose requests a directive may meet; NULL: none. */
static const cors_setting_t *policy_met(const walk_t *walk,
                                        const ap_directive_t *directive)
{
    const void *section = section_around(walk, directive);
    cors_scope_t scope = cors_scope_of(walk->speaker->p, directive->parent);
    int i;

    for (i = 0; i < walk->sites->nelts; i++) {
        const cors_site_t *site = cors_site_at(walk->sites, i);

        if (walk->known[i].on
            && (section ? site->place->node == section
                        : cors_scope_may_meet(&scope, site))) {
            return walk->known[i].on;
        }
    }
    return NULL;
}

/* The next word of a directive's arguments that is not in a list; "": none. */
static const char *next_word_but(const walk_t *walk, const char **rest,
                                 const char *const *but)
{
    const char *word;
    int i;

    do {
        word = ap_getword_conf(walk->speaker->p, rest);
        for (i = 0; but[i] && ap_cstr_casecmp(word, but[i]) != 0; i++) {
        }
    } while (word[0] && but[i]);
    return word;
}

static bool has_prefix_nocase(const char *text, const char *prefix)
{
    return ap_cstr_casecmpn(text, prefix, strlen(prefix)) == 0;
}

/* Header [always|onsuccess] action name ... : where the policy writes the same */
static void look_at_header(walk_t *walk, const ap_directive_t *directive)
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
    policy = policy_met(walk, directive);
    if (policy) {
        say(walk, said(walk, directive), CORS_PROBLEM_RECIPE_HEADER, name,
            policy->said, NULL);
    }
}

/* RequestHeader action name ... early: what comes later finds all decided */
static void look_at_request_header(walk_t *walk,
                                   const ap_directive_t *directive)
{
    static const char *const nothing[] = { NULL };
    const char *rest = directive->args;
    const cors_setting_t *policy;
    const char *name;
    const char *word;
    bool early = false;

    if (!cors_directive_is(directive, "RequestHeader")) {
        return;
    }
    next_word_but(walk, &rest, nothing);
    name = next_word_but(walk, &rest, nothing);
    while (*(word = next_word_but(walk, &rest, nothing))) {
        early = early || ap_cstr_casecmp(word, "early") == 0;
    }
    if (!early
        || (!has_prefix_nocase(name, "Access-Control-Request-")
            && !has_prefix_nocase(name, "Sec-Fetch-Site")
            && ap_cstr_casecmp(name, "Origin") != 0
            && ap_cstr_casecmp(name, "Origin:") != 0)) {
        return;
    }
    policy = policy_met(walk, directive);
    if (policy) {
        say(walk, said(walk, directive), CORS_PROBLEM_RECIPE_REQUEST_HEADER,
            name, policy->said, NULL);
    }
}

/* RewriteCond %{REQUEST_METHOD} OPTIONS, and the rule that it is for */
static void look_at_rewrite(walk_t *walk, const ap_directive_t *directive)
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
    policy = policy_met(walk, directive);
    if (policy) {
        say(walk, said(walk, rule), CORS_PROBLEM_RECIPE_REWRITE, "OPTIONS",
            policy->said, NULL);
    }
}

/* AuthType next to CorsAllowHeaders *, which does not hold for Authorization */
static void look_at_authentication(walk_t *walk,
                                   const ap_directive_t *directive)
{
    cors_scope_t scope;
    int i;

    if (!cors_directive_is(directive, "AuthType")
        || has_prefix_nocase(directive->args, "None")) {
        return;
    }
    scope = cors_scope_of(walk->speaker->p, directive->parent);
    for (i = 0; i < walk->sites->nelts; i++) {
        const cors_setting_t *headers = walk->known[i].forgotten;

        if (headers
            && cors_scope_may_meet(&scope, cors_site_at(walk->sites, i))) {
            say(walk, headers->said, CORS_PROBLEM_AUTHORIZATION_NOT_NAMED, "*",
                said(walk, directive), "* Authorization");
        }
    }
}

/* The methods of a <Limit> with directives of ours in it. */
static void look_at_limit(walk_t *walk, const ap_directive_t *directive)
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
    rest = apr_pstrndup(walk->speaker->p, directive->args,
                        strcspn(directive->args, ">"));
    while (*(method = ap_getword_conf(walk->speaker->p, &rest))) {
        const char *known = cors_fetch_well_known_method(cors_slice(method));

        if (limit && strcmp(method, "OPTIONS") == 0) {
            say(walk, said(walk, directive), CORS_PROBLEM_LIMIT_OPTIONS, method,
                NULL, NULL);
        }
        /* <Limit> itself has registered what nobody else knew */
        if (ap_method_number_of(method) > M_INVALID
            && !(known && strcmp(known, method) == 0)) {
            say(walk, said(walk, directive), CORS_PROBLEM_LIMIT_METHOD, method,
                NULL, known);
        }
    }
}

/* Whether a policy that a proxied URL does see is in force at its path. */
static bool is_covered(const walk_t *walk, const cors_site_t *directory,
                       const char *path)
{
    int i;

    for (i = 0; i < walk->sites->nelts; i++) {
        const cors_site_t *site = cors_site_at(walk->sites, i);

        if (site->server == directory->server && walk->known[i].on
            && site->scope.kind != CORS_SITE_DIRECTORY
            && (!site->scope.path
                || cors_path_is_above(site->scope.path, path))) {
            return true;
        }
    }
    return false;
}

/* ProxyPass /path url, or ProxyPass url in <Location /path>: a <Directory> that
 * its URLs would be in, were they files */
static void look_at_proxy(walk_t *walk, const ap_directive_t *directive)
{
    static const char *const nothing[] = { NULL };
    apr_pool_t *p = walk->speaker->p;
    cors_scope_t scope = cors_scope_of(p, directive->parent);
    const char *rest = directive->args;
    const char *path = scope.path;
    int i;

    if (!cors_directive_is(directive, "ProxyPass")) {
        return;
    }
    if (scope.kind == CORS_SITE_SERVER) {
        path = next_word_but(walk, &rest, nothing);
    }
    if (!path || path[0] != '/'
        || strcmp(next_word_but(walk, &rest, nothing), "!") == 0) {
        return;
    }
    for (i = 0; i < walk->sites->nelts; i++) {
        const cors_site_t *site = cors_site_at(walk->sites, i);
        const core_server_config *core =
            ap_get_core_module_config(site->server->module_config);
        const cors_setting_t *policy = walk->known[i].on;
        const char *file = apr_pstrcat(p, core->ap_document_root, path, NULL);

        if (policy && site->scope.kind == CORS_SITE_DIRECTORY
            && site->scope.path && cors_site_owns(site, policy)
            && (!scope.host || scope.host == site->scope.host)
            && (cors_path_is_above(site->scope.path, file)
                || cors_path_is_above(file, site->scope.path))
            && !is_covered(walk, site, path)) {
            say(walk, policy->said, CORS_PROBLEM_DIRECTORY_BEHIND_PROXY,
                site->scope.path, said(walk, directive), NULL);
        }
    }
}

static void look(walk_t *walk, const ap_directive_t *directive)
{
    static const directive_fn looks[] = {
        look_at_header,         look_at_request_header, look_at_rewrite,
        look_at_authentication, look_at_limit,          look_at_proxy
    };
    apr_size_t i;

    for (; directive; directive = directive->next) {
        for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
            looks[i](walk, directive);
        }
        look(walk, directive->first_child);
    }
}

void cors_warn_of_neighbours(cors_speaker_t *speaker,
                             const apr_array_header_t *sites)
{
    walk_t walk;
    int i;

    walk.speaker = speaker;
    walk.sites = sites;
    walk.server = cors_site_at(sites, 0)->server;
    walk.known =
        apr_pcalloc(speaker->p, (apr_size_t)sites->nelts * sizeof(*walk.known));
    for (i = 0; i < sites->nelts; i++) {
        walk.known[i] = know(speaker->p, cors_site_at(sites, i));
    }
    look(&walk, ap_conftree);
}
