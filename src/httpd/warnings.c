/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include "cors/lint.h"

/* What has been learned of one setting from all policies it is in. */
typedef struct {
    bool reached; /* some policy in force has it */
    bool
        somebody; /* as CorsPolicy: a policy of it allows somebody, or says that
                      nobody is meant */
    bool linted;
} known_t;

/* A walk over all sites. */
typedef struct {
    cors_speaker_t *speaker;
    const apr_array_header_t *sites;
    const cors_site_t *site;
    apr_hash_t *known; /* cors_setting_t * -> known_t */
} walk_t;

static known_t *known_of(walk_t *walk, const cors_setting_t *setting)
{
    known_t *known = apr_hash_get(walk->known, &setting, sizeof(setting));

    if (!known) {
        const cors_setting_t **key = apr_palloc(walk->speaker->p, sizeof(*key));

        *key = setting;
        known = apr_pcalloc(walk->speaker->p, sizeof(*known));
        apr_hash_set(walk->known, key, sizeof(*key), known);
    }
    return known;
}

static void say(void *context, const char *said, const cors_finding_t *finding)
{
    const walk_t *walk = context;

    cors_speak(walk->speaker, walk->site->server, said, finding);
}

static void say_plainly(const walk_t *walk, const cors_setting_t *setting,
                        cors_problem_e problem)
{
    const cors_finding_t finding = { problem, { NULL, 0 }, NULL, NULL };

    cors_speak(walk->speaker, walk->site->server, setting->said, &finding);
}

static void lint_setting(void *context, cors_attr_e attr,
                         const cors_setting_t *setting)
{
    walk_t *walk = context;
    known_t *known = known_of(walk, setting);

    if (!known->linted) {
        known->linted = true;
        cors_lint_setting(walk->speaker->p, attr, setting, say, walk);
    }
}

/* Whether anybody is allowed, or it is said in as many words that nobody is. */
static bool knows_whom(const cors_policy_t *policy)
{
    const cors_setting_t *origins = policy->link[CORS_ATTR_ORIGINS].setting;

    return !cors_policy_nobody(policy, CORS_ATTR_ORIGINS, true)
           || (origins && cors_origin_set_none(origins->origins));
}

static void learn(walk_t *walk, const cors_policy_t *policy)
{
    bool websocket = cors_policy_checks_websocket(policy);
    bool on = cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF;
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        const cors_link_t *link = &policy->link[attr];
        bool reached = attr == CORS_ATTR_WEBSOCKET_ORIGINS
                               || attr == CORS_ATTR_WEBSOCKET_REQUIRE
                               || (attr == CORS_ATTR_NULL_UNSAFE && !on)
                           ? websocket
                           : on;

        for (; reached && link && link->setting; link = link->outer) {
            known_of(walk, link->setting)->reached = true;
        }
    }
    if (on && knows_whom(policy)) {
        known_of(walk, policy->link[CORS_ATTR_MODE].setting)->somebody = true;
    }
}

static void look_at_policies(walk_t *walk)
{
    cors_methods_group_t *groups;
    apr_pool_t *p = walk->speaker->p;
    int count = cors_section_groups(p, walk->site->merged, &groups);
    int i;

    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        cors_policy_resolve(p, walk->site->merged, groups[i].one, &policy);
        learn(walk, &policy);
        cors_lint_policy(p, &policy, say, walk);
    }
}

/* Whether a site has a word of its own on an attribute. */
typedef struct {
    cors_attr_e attr;
    bool found;
} search_t;

static void find_word(void *context, cors_attr_e attr,
                      const cors_setting_t *setting)
{
    search_t *search = context;

    if (attr == search->attr
        && (attr != CORS_ATTR_MODE || setting->number != CORS_MODE_OFF)) {
        search->found = true;
    }
}

/* Whether something that start-up cannot fold with a site may complete it: a
 * section that requests may meet too, or a .htaccess file. */
static bool may_be_completed(const walk_t *walk, cors_attr_e attr)
{
    int i;

    for (i = 0; i < walk->sites->nelts; i++) {
        const cors_site_t *other = cors_site_at(walk->sites, i);
        search_t search;

        if (other->kind == CORS_SITE_SERVER
            || other->server != walk->site->server) {
            continue;
        }
        search.attr = attr;
        search.found = false;
        cors_section_visit(other->own, CORS_METHODS_ALL, find_word, &search);
        if (search.found && other != walk->site
            && cors_scope_may_meet(&walk->site->scope, other)) {
            return true;
        }
    }
    return cors_htaccess_allowed(walk->site->server);
}

static void judge_setting(void *context, cors_attr_e attr,
                          const cors_setting_t *setting)
{
    walk_t *walk = context;
    const known_t *known = known_of(walk, setting);

    if (!cors_site_owns(walk->site, setting)) {
        return;
    }
    if (attr == CORS_ATTR_MODE) {
        if (setting->number != CORS_MODE_OFF && !known->somebody
            && !may_be_completed(walk, CORS_ATTR_ORIGINS)) {
            say_plainly(walk, setting, CORS_PROBLEM_NOBODY_ALLOWED);
        }
    }
    else if (known->reached) {
        return;
    }
    else if (attr == CORS_ATTR_WEBSOCKET_REQUIRE) {
        if (!may_be_completed(walk, CORS_ATTR_WEBSOCKET_ORIGINS)) {
            say_plainly(walk, setting, CORS_PROBLEM_REQUIRE_ALONE);
        }
    }
    else if (!may_be_completed(walk, CORS_ATTR_MODE)) {
        say_plainly(walk, setting, CORS_PROBLEM_UNREACHABLE);
    }
}

void cors_warn(cors_speaker_t *speaker, const apr_array_header_t *sites)
{
    walk_t walk;
    int i;

    walk.speaker = speaker;
    walk.sites = sites;
    walk.known = apr_hash_make(speaker->p);
    for (i = 0; i < sites->nelts; i++) {
        walk.site = cors_site_at(sites, i);
        cors_section_visit(walk.site->own, CORS_METHODS_ALL, lint_setting,
                           &walk);
        look_at_policies(&walk);
    }
    for (i = 0; i < sites->nelts; i++) {
        walk.site = cors_site_at(sites, i);
        cors_section_visit(walk.site->own, CORS_METHODS_ALL, judge_setting,
                           &walk);
    }
}
