/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Decides whether a policy does what an administrator expects of it. explain.c acts as
 * the browser; this file compares its result with the expectation.
 *
 * "Any other origin" is proven and not sampled: the policy treats all origins that no
 * entry of its lists names in the same way, so one of them stands for all. Only a
 * regular expression that is not limited to registrable domains treats some of them
 * differently. The start-up check has found an example of what it matches, or has found
 * that this cannot be decided.
 */

#include "core/diagnose/expect.h"

#include <string.h>

#include <apr_strings.h>

#include "core/origin/origin_set.h"
#include "core/policy/section.h"

#define ALLOWED_BY_BACKEND                                                     \
    "the backend's own CORS headers, which CorsBackendHeaders keeps"

/* The arguments of cors_expect(). */
typedef struct {
    apr_pool_t *p;
    const cors_policy_t *policy;
    const cors_expectation_t *expectation;
    cors_attr_e attr; /* the list of origins that decides */
    cors_expect_result_t *result;
} expect_t;

/* Returns whether a page may make the request and read the response. */
static bool is_allowed(const cors_policy_t *policy,
                       const cors_explanation_t *answer)
{
    if (cors_explain_is_refused(policy, answer)) {
        return false;
    }
    if (!answer->cross_origin) {
        return answer->actual.status == 0;
    }
    return answer->readable;
}

/* Explain the request for an origin, in the result. Returns whether it is treated as
 * expected. */
static bool is_as_expected(const expect_t *expect, const char *origin)
{
    cors_fetch_request_t request = expect->expectation->request;
    cors_expect_result_t *result = expect->result;

    request.origin = origin;
    result->origin = origin;
    cors_explain(expect->p, expect->policy, &request, &result->answer);
    return is_allowed(expect->policy, &result->answer)
           == expect->expectation->allow;
}

static void set_undecided(const expect_t *expect, const char *obstacle)
{
    expect->result->outcome = CORS_EXPECT_UNDECIDED;
    expect->result->obstacle = obstacle;
}

/* Returns whether an entry of the lists in force names an origin. "*" does not name one, and
 * a list that is not loaded or too old has no entries. */
static bool is_named(const expect_t *expect, const char *text)
{
    const cors_link_t *link = &expect->policy->link[expect->attr];
    cors_origin_t origin;
    cors_listing_e listing;

    /* cannot fail: all candidates are well-formed */
    (void)cors_origin_parse(cors_slice(text), &origin);
    for (; link && link->setting; link = link->outer) {
        const cors_origin_set_t *set = link->setting->origins;

        if (cors_origin_set_any(set)) {
            continue;
        }
        listing = cors_origin_set_lookup(set, &origin, false);
        if (listing == CORS_ORIGIN_LISTED || listing == CORS_ORIGIN_EXCLUDED) {
            return true;
        }
    }
    return false;
}

/* Returns an origin that no entry names; NULL: all that were tried are named. */
static const char *find_unnamed(const expect_t *expect)
{
    static const char *const origins[] = {
        "https://any-other.example",   "https://any-other.invalid",
        "https://any-other.test",      "https://any.other.any-other.com",
        "https://any-other.org",       "http://any-other.net:8080",
        "http://203.0.113.7:8443",     "http://[2001:db8::7]",
        "https://any-other.localhost", "any-other://any-other",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        if (!is_named(expect, origins[i])) {
            return origins[i];
        }
    }
    return NULL;
}

/* Returns the example of what a regular expression matches; NULL: there is none. */
static const char *example_of(const cors_origin_entry_t *entry)
{
    const char *detail =
        entry->open ? entry->open_detail : entry->suffix_detail;
    const char *example;

    if (entry->undecided || !detail) {
        return NULL;
    }
    /* what stopped the decision may precede the example */
    example = strstr(detail, "; ");
    return example ? example + 2 : detail;
}

/*
 * Check the expectation against the regular expressions of a list that are not limited
 * to registrable domains. For deny, these are the ones that allow some of the other
 * origins; for allow, the ones that exclude some. Returns false if the outcome is
 * decided.
 */
static bool check_regexes(const expect_t *expect, const cors_origin_set_t *set)
{
    int i;

    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);
        const char *example = example_of(entry);

        /* a pattern names each origin that it is for */
        if (!entry->regex || !(entry->open || entry->suffix)
            || entry->exclude != expect->expectation->allow) {
            continue;
        }
        if (example && !is_as_expected(expect, example)) {
            expect->result->outcome = CORS_EXPECT_FAILS;
            return false;
        }
        set_undecided(expect,
                      apr_pstrcat(expect->p, "the regular expression ",
                                  entry->text, ", which may match any origin",
                                  NULL));
    }
    return true;
}

/* Returns whether the policy would allow the request if it listed its origin. */
static bool allows_if_listed(const expect_t *expect, const char *origin)
{
    cors_fetch_request_t request = expect->expectation->request;
    cors_policy_t listing = *expect->policy;
    cors_origin_set_t *set = cors_origin_set_make(expect->p, false, false);
    const cors_setting_t setting = { .origins = set };
    const cors_link_t only = { &setting, NULL };
    cors_explanation_t answer;
    const char *unused;

    (void)cors_origin_set_add(expect->p, set, cors_slice(origin), NULL,
                              &unused);
    /* any_origin may stay set: it decides whether the answer has "*" or the origin, not
     * whether it is allowed */
    listing.link[expect->attr] = only;
    request.origin = origin;
    cors_explain(expect->p, &listing, &request, &answer);
    return is_allowed(&listing, &answer);
}

static void expect_any_other(const expect_t *expect)
{
    const cors_link_t *link = &expect->policy->link[expect->attr];
    const char *origin = find_unnamed(expect);

    if (!origin) {
        /* a regular expression matches all of them; its example is checked below */
        set_undecided(expect, "the list, which names every origin that was "
                              "tried");
    }
    else if (!is_as_expected(expect, origin)) {
        expect->result->outcome = CORS_EXPECT_FAILS;
        return;
    }
    if (!expect->expectation->allow
        && !allows_if_listed(expect, "https://any-other.example")) {
        /* the origin does not matter */
        expect->result->outcome = CORS_EXPECT_HOLDS;
        return;
    }
    for (; link && link->setting; link = link->outer) {
        if (!check_regexes(expect, link->setting->origins)) {
            return;
        }
    }
}

/* Returns why it is not known whether a list allows the origin; NULL: it is known, or no
 * list can allow a request that has to be denied.
 *
 * reads: the policy decides who may read the response */
static const char *find_list_obstacle(const expect_t *expect, bool reads)
{
    const cors_expect_result_t *result = expect->result;
    const cors_reason_e reason = result->answer.actual.decision.reason;
    const char *obstacle = NULL;

    if (reason == CORS_REASON_ORIGINS_NOT_LOADED) {
        obstacle = "a file of origins that is not loaded yet";
    }
    else if (reason == CORS_REASON_ORIGINS_STALE) {
        obstacle = "a list of origins that is older than its max-stale";
    }
    else if (reads && result->answer.tenant_unknown) {
        obstacle = "a list that depends on the tenant of the request";
    }
    if (obstacle && !expect->expectation->allow
        && !allows_if_listed(expect, result->origin)) {
        return NULL;
    }
    return obstacle;
}

/* Returns why the policy alone does not decide what the response contains; NULL: it
 * does. */
static const char *find_obstacle(const expect_t *expect)
{
    const cors_policy_t *policy = expect->policy;
    const cors_fetch_request_t *request = &expect->expectation->request;
    const int keeps = cors_policy_number(policy, CORS_ATTR_BACKEND);
    const bool reads =
        !request->websocket
        && cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON;
    const char *list_obstacle = find_list_obstacle(expect, reads);

    if (list_obstacle || !reads) {
        return list_obstacle;
    }
    if (keeps == CORS_BACKEND_KEEP) {
        return ALLOWED_BY_BACKEND;
    }
    if (request->credentials && expect->expectation->allow
        && (keeps == CORS_BACKEND_KEEP_CREDENTIALS
            || keeps == CORS_BACKEND_KEEP_BOTH)) {
        return ALLOWED_BY_BACKEND;
    }
    return NULL;
}

void cors_expect(apr_pool_t *p, const cors_policy_t *policy,
                 const cors_expectation_t *expectation,
                 cors_expect_result_t *result)
{
    const expect_t expect = { p, policy, expectation,
                              expectation->request.websocket
                                  ? CORS_ATTR_WEBSOCKET_ORIGINS
                                  : CORS_ATTR_ORIGINS,
                              result };
    const char *obstacle;

    memset(result, 0, sizeof(*result));
    result->outcome = CORS_EXPECT_HOLDS;
    if (expectation->any_other) {
        expect_any_other(&expect);
    }
    else if (!is_as_expected(&expect, expectation->request.origin)) {
        result->outcome = CORS_EXPECT_FAILS;
    }
    obstacle = find_obstacle(&expect);
    if (obstacle) {
        set_undecided(&expect, obstacle);
    }
}
