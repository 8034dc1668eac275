/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Which of the origins that policies name may read responses under each policy.
 *
 * It is its own file because it asks one question of many policies, while explain.c
 * explains one policy in full. Lists are made and compared once for all policies that
 * share them (compare_lists.c).
 */

#include "core/diagnose/overview.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/diagnose/compare_lists.h"
#include "core/diagnose/expect.h"
#include "core/policy/decide.h"

/* Of a list with more entries, only these are collected, so that a page about long lists
 * stays cheap. */
#define ENTRIES_MAX 1000

/* An entry and how many policies name it. */
typedef struct {
    const cors_origin_entry_t *entry;
    int policies;
    int order; /* in which the entries were found */
    int last;  /* the number of the policy that was counted last */
} named_t;

struct cors_overview_t {
    apr_pool_t *p;
    apr_hash_t *by_text;     /* kind and text -> named_t * */
    apr_array_header_t *all; /* named_t * */
    cors_lists_t *lists;
    apr_hash_t
        *columns; /* const cors_origin_entry_t * -> const cors_listed_t * */
    int policies;
};

cors_overview_t *cors_overview_make(apr_pool_t *p)
{
    cors_overview_t *overview = apr_pcalloc(p, sizeof(*overview));

    overview->p = p;
    overview->by_text = apr_hash_make(p);
    overview->all = apr_array_make(p, 16, sizeof(named_t *));
    overview->lists = cors_lists_make(p, apr_hash_make(p), apr_hash_make(p));
    overview->columns = apr_hash_make(p);
    return overview;
}

/* Returns whether an entry is "*" or "None". */
static bool names_nothing(const cors_origin_entry_t *entry)
{
    return !entry->regex && !entry->file
           && (strcmp(entry->text, "*") == 0
               || cors_slice_is_nocase(cors_slice(entry->text), "None"));
}

static void add_entry(cors_overview_t *overview,
                      const cors_origin_entry_t *entry)
{
    const char *key = apr_pstrcat(overview->p,
                                  entry->regex  ? "~"
                                  : entry->file ? "<"
                                                : "=",
                                  entry->text, NULL);
    named_t *named = apr_hash_get(overview->by_text, key, APR_HASH_KEY_STRING);

    if (!named) {
        named = apr_pcalloc(overview->p, sizeof(*named));
        named->entry = entry;
        named->order = overview->all->nelts;
        apr_hash_set(overview->by_text, key, APR_HASH_KEY_STRING, named);
        APR_ARRAY_PUSH(overview->all, named_t *) = named;
    }
    if (named->last != overview->policies) {
        named->last = overview->policies;
        named->policies++;
    }
}

void cors_overview_add(cors_overview_t *overview, const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    if (cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_OFF) {
        return;
    }
    overview->policies++;
    for (; link && link->setting; link = link->outer) {
        const cors_origin_set_t *set = link->setting->origins;
        int count = cors_origin_set_count(set);
        int i;

        for (i = 0; i < count && i < ENTRIES_MAX; i++) {
            const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

            if (!names_nothing(entry)) {
                add_entry(overview, entry);
            }
        }
    }
}

int cors_overview_count(const cors_overview_t *overview)
{
    return overview->policies;
}

static int most_named_first(const void *a, const void *b)
{
    const named_t *one = *(named_t *const *)a;
    const named_t *other = *(named_t *const *)b;

    if (one->policies != other->policies) {
        return one->policies < other->policies ? 1 : -1;
    }
    return one->order < other->order ? -1 : 1;
}

apr_array_header_t *cors_overview_entries(cors_overview_t *overview, int most,
                                          int *left_out)
{
    apr_array_header_t *entries =
        apr_array_make(overview->p, most, sizeof(const cors_origin_entry_t *));
    int i;

    qsort(overview->all->elts, (size_t)overview->all->nelts, sizeof(named_t *),
          most_named_first);
    for (i = 0; i < overview->all->nelts && i < most; i++) {
        APR_ARRAY_PUSH(entries, const cors_origin_entry_t *) =
            APR_ARRAY_IDX(overview->all, i, named_t *)->entry;
    }
    *left_out = overview->all->nelts - entries->nelts;
    return entries;
}

static const char *source_of_list(apr_pool_t *p, const cors_policy_t *policy)
{
    const cors_setting_t *setting = policy->link[CORS_ATTR_ORIGINS].setting;

    return setting ? setting->source
                   : apr_pstrcat(p, cors_attr_directive(CORS_ATTR_ORIGINS),
                                 " (default)", NULL);
}

/* Decide on a single origin. */
static void decide_origin(apr_pool_t *p, const cors_policy_t *policy,
                          const char *origin, cors_access_t *access)
{
    cors_decision_t decision;
    cors_facts_t facts;

    memset(&facts, 0, sizeof(facts));
    facts.origin = cors_slice(origin);
    facts.origin_text = origin;
    cors_decide(policy, &facts, &decision);
    access->source = cors_decision_source(p, &decision);
    if (decision.verdict == CORS_VERDICT_ALLOWED) {
        access->access = CORS_ACCESS_ALL;
    }
    else if (decision.reason == CORS_REASON_ORIGINS_NOT_LOADED) {
        access->access = CORS_ACCESS_UNDECIDED;
        access->obstacle = "a list that is not loaded";
    }
    else if (policy->has_tenants && !decision.origin_excluded) {
        access->access = CORS_ACCESS_UNDECIDED;
        access->obstacle = "the tenant of the request";
    }
    else {
        access->access = CORS_ACCESS_NONE;
    }
}

/* Returns the list that has only one entry, which is made once. */
static const cors_listed_t *list_of(cors_overview_t *overview,
                                    const cors_origin_entry_t *entry)
{
    const cors_listed_t *listed =
        apr_hash_get(overview->columns, &entry, sizeof(entry));

    if (!listed) {
        listed = cors_listed_of_entry(overview->lists, entry);
        apr_hash_set(overview->columns,
                     apr_pmemdup(overview->p, &entry, sizeof(entry)),
                     sizeof(entry), listed);
    }
    return listed;
}

/* Returns the source of an entry of a list that lists the same origins; NULL: there is
 * none. */
static const char *find_entry(const cors_policy_t *policy,
                              const cors_origin_entry_t *sought, bool *excludes)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];
    const char *source = NULL;

    *excludes = false;
    for (; link && link->setting; link = link->outer) {
        const cors_origin_set_t *set = link->setting->origins;
        int i;

        for (i = 0; i < cors_origin_set_count(set); i++) {
            const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

            if (entry->exclude) {
                *excludes = true;
            }
            else if (!source && entry->regex == sought->regex
                     && entry->file == sought->file
                     && strcmp(entry->text, sought->text) == 0) {
                source = entry->source ? entry->source : link->setting->source;
            }
        }
    }
    return source;
}

static void decide_entry(apr_pool_t *p, cors_overview_t *overview,
                         const cors_policy_t *policy,
                         const cors_origin_entry_t *entry,
                         cors_access_t *access)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];
    const cors_listed_t *asked = list_of(overview, entry);
    const cors_listed_t *listed =
        cors_listed_of(overview->lists, false, policy, CORS_ATTR_ORIGINS);
    const cors_difference_t *missing =
        cors_listed_compare(overview->lists, asked, listed);
    const cors_difference_t *common =
        cors_listed_common(overview->lists, asked, listed);
    const char *denied = NULL;

    if (missing->witness) {
        denied = cors_listed_source(p, overview->lists, listed, link,
                                    missing->witness);
    }
    if (common->witness && !access->source) {
        access->source = cors_listed_source(p, overview->lists, listed, link,
                                            common->witness);
    }
    if (missing->answer == CORS_ALGEBRA_CONTAINED) {
        access->access = CORS_ACCESS_ALL;
    }
    else if (common->answer == CORS_ALGEBRA_CONTAINED) {
        access->access = CORS_ACCESS_NONE;
        access->source = denied;
    }
    else if (missing->witness && common->witness) {
        access->access = CORS_ACCESS_SOME;
        access->example = missing->witness;
        access->example_source = denied;
    }
    else {
        access->access = CORS_ACCESS_UNDECIDED;
        access->obstacle =
            missing->obstacle ? missing->obstacle : common->obstacle;
    }
}

/* Decide on all origins that no entry of the policy's list names. */
static void decide_others(apr_pool_t *p, const cors_policy_t *policy,
                          cors_access_t *access)
{
    cors_expectation_t expectation;
    cors_expect_result_t result;

    memset(&expectation, 0, sizeof(expectation));
    expectation.any_other = true;
    expectation.request.method = "GET";
    cors_expect(p, policy, &expectation, &result);
    access->source = cors_decision_source(p, &result.answer.actual.decision);
    if (result.outcome == CORS_EXPECT_UNDECIDED) {
        access->access = CORS_ACCESS_UNDECIDED;
        access->obstacle = result.obstacle;
        return;
    }
    if (result.outcome == CORS_EXPECT_HOLDS) {
        access->access = CORS_ACCESS_NONE;
        return;
    }
    expectation.allow = true;
    cors_expect(p, policy, &expectation, &result);
    access->access = CORS_ACCESS_ALL;
    if (result.outcome != CORS_EXPECT_HOLDS) {
        access->access = CORS_ACCESS_SOME;
        access->example = result.origin;
        access->example_source =
            cors_decision_source(p, &result.answer.actual.decision);
    }
}

static bool is_single(const cors_origin_entry_t *entry)
{
    cors_origin_t origin;

    return !entry->regex && !entry->file && !strchr(entry->text, '*')
           && cors_origin_parse(cors_slice(entry->text), &origin);
}

void cors_overview_access(apr_pool_t *p, cors_overview_t *overview,
                          const cors_policy_t *policy,
                          const cors_origin_entry_t *entry,
                          cors_access_t *access)
{
    const cors_setting_t *mode = policy->link[CORS_ATTR_MODE].setting;
    const char *own;
    bool excludes;

    memset(access, 0, sizeof(*access));
    if (cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_OFF) {
        access->source = mode ? mode->source : "CorsPolicy (default)";
        return;
    }
    if (!entry) {
        decide_others(p, policy, access);
    }
    else if (is_single(entry)) {
        decide_origin(p, policy, entry->text, access);
        own = find_entry(policy, entry, &excludes);
        if (access->access == CORS_ACCESS_ALL && own) {
            access->source = own;
        }
    }
    else {
        access->source = find_entry(policy, entry, &excludes);
        if (access->source && !excludes) {
            /* whatever the entry is: nothing that it lists is excluded */
            access->access = CORS_ACCESS_ALL;
        }
        else {
            decide_entry(p, overview, policy, entry, access);
        }
    }
    if (!access->source) {
        access->source = source_of_list(p, policy);
    }
    access->credentials = (access->access == CORS_ACCESS_ALL
                           || access->access == CORS_ACCESS_SOME)
                          && cors_policy_number(policy, CORS_ATTR_CREDENTIALS);
}
