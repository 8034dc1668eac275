/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file micro.c
 * @brief Runs single functions of the core for callgrind to count
 *
 * Without arguments it prints a line for each case and, under callgrind, dumps the
 * counts after a short and a long run. With "patterns" it prints the number of
 * patterns parsed in a second.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <valgrind/callgrind.h>

#include "core/policy/decide.h"

#define SHORT_RUN 20
#define LONG_RUN 220

static apr_pool_t *pool;
static apr_uint64_t sum; /* of results, so that the compiler keeps the calls */

static cors_setting_t *make_setting(cors_section_t *section, cors_attr_e attr)
{
    bool first;
    cors_setting_t *made =
        cors_section_set(pool, section, CORS_METHODS_ALL, attr, &first);

    made->directive = cors_attr_directive(attr);
    made->source = "micro.c:1";
    return made;
}

static void add_origin(cors_origin_set_t *set, const char *word)
{
    const char *suggestion;

    if (cors_origin_set_add(pool, set, cors_slice(word), NULL, &suggestion)) {
        fprintf(stderr, "%s is not a pattern\n", word);
        exit(1);
    }
}

/* The n-th entry of a list of exact origins and wildcards. */
static const char *origin_at(int n)
{
    static const char *const forms[] = { "https://any%d.example.com:*",
                                         "https://*.w%d.example.org",
                                         "http://port%d.example.net:8080",
                                         "https://host%d.example.com" };

    return n == 0 ? "https://app.example.com"
                  : apr_psprintf(pool, forms[n % 4], n);
}

static cors_origin_set_t *make_origins(int count)
{
    cors_origin_set_t *set = cors_origin_set_make(pool, false, false);
    int n;

    for (n = 0; n < count; n++) {
        add_origin(set, origin_at(n));
    }
    return set;
}

static cors_name_set_t *make_names(cors_names_e kind, const char *words)
{
    cors_name_set_t *set = cors_name_set_make(pool, kind, false);
    cors_slice_t rest = cors_slice(words);
    cors_slice_t word;
    const char *suggestion;

    while (cors_argument_next(&rest, &word)) {
        cors_name_set_add(pool, set, word, NULL, &suggestion);
    }
    return set;
}

static void dump_counts(int times)
{
    char label[16];

    apr_snprintf(label, sizeof(label), "%d", times);
    CALLGRIND_DUMP_STATS_AT(label);
}

typedef void (*run_fn)(const void *what);

static void count_runs(const char *name, run_fn run, const void *what)
{
    const int runs[] = { 0, SHORT_RUN, LONG_RUN };
    int i;
    int n;

    CALLGRIND_START_INSTRUMENTATION;
    run(what);
    for (i = 0; i < 3; i++) {
        for (n = 0; n < runs[i]; n++) {
            run(what);
        }
        dump_counts(runs[i]);
    }
    /* run the preparation of the next case at full speed */
    CALLGRIND_STOP_INSTRUMENTATION;
    printf("%s\n", name);
    fflush(stdout);
}

typedef struct {
    const cors_policy_t *policy;
    cors_facts_t facts;
} question_t;

static void decide_once(const void *what)
{
    const question_t *request = what;
    cors_decision_t decision;

    cors_decide(request->policy, &request->facts, &decision);
    sum += (apr_uint64_t)decision.verdict;
}

static void count_decision(const char *name, const cors_policy_t *policy,
                           const char *origin, const char *method,
                           const char *headers)
{
    question_t request;

    memset(&request, 0, sizeof(request));
    request.policy = policy;
    request.facts.origin = cors_slice(origin);
    request.facts.options = method != NULL;
    request.facts.request_method = cors_slice(method);
    request.facts.request_headers = cors_slice(headers);
    request.facts.target.fetch_site = cors_slice("cross-site");
    count_runs(name, decide_once, &request);
}

static const char *repeat_text(const char *text, int times)
{
    char *all = apr_pcalloc(pool, strlen(text) * (apr_size_t)times + 1);

    while (times-- > 0) {
        strcat(all, text);
    }
    return all;
}

static void count_decisions(void)
{
    cors_section_t *section = cors_section_make(pool);
    cors_policy_t policy;
    const char *app = "https://app.example.com";
    const char *many = repeat_text("x-token,", 100);

    make_setting(section, CORS_ATTR_MODE)->choice = CORS_MODE_ON;
    make_setting(section, CORS_ATTR_CREDENTIALS)->choice = 1;
    make_setting(section, CORS_ATTR_ORIGINS)->origins = make_origins(100);
    make_setting(section, CORS_ATTR_METHODS)->names =
        make_names(CORS_NAMES_METHODS, "GET PUT DELETE");
    make_setting(section, CORS_ATTR_HEADERS)->names =
        make_names(CORS_NAMES_REQUEST_HEADERS,
                   "content-type authorization x-token");
    cors_policy_resolve(pool, section, cors_methods_bit(0), &policy);

    count_decision("decide: not-cors", &policy, NULL, NULL, NULL);
    count_decision("decide: allowed", &policy, app, NULL, NULL);
    count_decision("decide: allowed by a wildcard", &policy,
                   "https://www.w5.example.org", NULL, NULL);
    count_decision("decide: denied", &policy,
                   "https://www.stranger.example.com", NULL, NULL);
    count_decision("decide: preflight-allowed", &policy, app, "PUT",
                   "authorization,content-type,x-token");
    count_decision("decide: preflight-allowed, 100 names", &policy, app, "PUT",
                   many);
    count_decision("decide: preflight-denied, origin", &policy,
                   "https://www.stranger.example.com", "PUT",
                   "authorization,content-type,x-token");
    count_decision("decide: preflight-denied, method", &policy, app, "PATCH",
                   "authorization,content-type,x-token");
    count_decision("decide: preflight-denied, header", &policy, app, "PUT",
                   "authorization,content-type,x-other");
    count_decision("decide: hostile, 8 KB of Origin", &policy,
                   apr_pstrcat(pool, "https://", repeat_text("a", 8000), NULL),
                   NULL, NULL);
    count_decision("decide: hostile, as many labels as a host can have",
                   &policy,
                   apr_pstrcat(pool, "https://", repeat_text("a.", 119),
                               "w5.example.org", NULL),
                   NULL, NULL);
    count_decision("decide: hostile, 3000 names", &policy, app, "PUT",
                   repeat_text("x-name,", 3000));
    count_decision("decide: hostile, 4 KB of commas", &policy, app, "PUT",
                   repeat_text(",", 4000));
}

typedef struct {
    const cors_origin_set_t *set;
    cors_origin_t origin;
} lookup_t;

static void look_up_once(const void *what)
{
    const lookup_t *lookup = what;

    sum += cors_origin_set_lookup(lookup->set, &lookup->origin, false);
}

static void count_lookup(const cors_origin_set_t *set, int size,
                         const char *name, const char *text)
{
    lookup_t lookup;

    lookup.set = set;
    cors_origin_parse(cors_slice(text), &lookup.origin);
    count_runs(apr_psprintf(pool, "contains: %s, %d origins", name, size),
               look_up_once, &lookup);
}

static void count_lookups(int most)
{
    int size;

    for (size = 1; size <= most; size *= 100) {
        const cors_origin_set_t *set = make_origins(size);

        count_lookup(set, size, "exact", "https://app.example.com");
        count_lookup(set, size, "by a wildcard", "https://www.w5.example.org");
        count_lookup(set, size, "none", "https://www.stranger.example.com");
    }
}

/* Each tenant has this many of the entries. */
#define TENANT_ENTRIES 1000

typedef struct {
    const cors_origin_table_t *table;
    cors_origin_t origin;
    cors_slice_t tenant;
} tenant_lookup_t;

static void look_up_tenant_once(const void *what)
{
    const tenant_lookup_t *lookup = what;

    sum += cors_origin_table_lookup_for(lookup->table, &lookup->origin,
                                        lookup->tenant.len > 0 ? &lookup->tenant
                                                               : NULL);
}

static void count_tenant_lookup(const cors_origin_table_t *table, int size,
                                const char *name, const char *text,
                                const char *tenant)
{
    tenant_lookup_t lookup;

    lookup.table = table;
    lookup.tenant = cors_slice(tenant);
    cors_origin_parse(cors_slice(text), &lookup.origin);
    count_runs(apr_psprintf(pool, "tenants: %s, %d origins", name, size),
               look_up_tenant_once, &lookup);
}

/* A table of a number of entries, with or without tenants. */
static const cors_origin_table_t *make_tenants(int count, bool tenants)
{
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
    cors_slice_t tenant = { NULL, 0 };
    cors_pattern_t pattern;
    const char *unused;
    int n;

    for (n = 0; n < count; n++) {
        if (tenants) {
            tenant = cors_slice(
                apr_psprintf(pool, "shop%d.example.com", n / TENANT_ENTRIES));
        }
        if (cors_pattern_parse(pool, cors_slice(origin_at(n)), false, &pattern,
                               &unused)
            || !cors_origin_table_add_for(table, &pattern, false, tenant)) {
            fprintf(stderr, "%s is not added\n", origin_at(n));
            exit(1);
        }
    }
    return table;
}

static void count_tenants(int most)
{
    static const char app[] = "https://app.example.com";
    static const char wild[] = "https://www.w5.example.org";
    static const char first[] = "shop0.example.com";
    int size;

    for (size = TENANT_ENTRIES; size <= most; size *= 1000) {
        const cors_origin_table_t *plain = make_tenants(size, false);
        const cors_origin_table_t *table = make_tenants(size, true);

        count_tenant_lookup(plain, size, "none in the list", app, NULL);
        count_tenant_lookup(plain, size, "none in the list, wildcard", wild,
                            NULL);
        count_tenant_lookup(table, size, "its origin", app, first);
        count_tenant_lookup(table, size, "its wildcard", wild, first);
        count_tenant_lookup(table, size, "no origin of it",
                            "https://www.stranger.example.com", first);
        count_tenant_lookup(table, size, "unknown", app, "nobody.example.com");
    }
}

static void parse_patterns(void)
{
    const int many = 200000;
    apr_pool_t *scratch;
    cors_pattern_t pattern;
    const char *suggestion;
    clock_t began;
    const char *words[4];
    int n;

    for (n = 0; n < 4; n++) {
        words[n] = origin_at(n + 1);
    }
    apr_pool_create(&scratch, pool);
    began = clock();
    for (n = 0; n < many; n++) {
        sum += 1
               + cors_pattern_parse(scratch, cors_slice(words[n % 4]), false,
                                    &pattern, &suggestion);
    }
    printf("%.0f\n", many / ((double)(clock() - began) / CLOCKS_PER_SEC));
}

int main(int argc, char **argv)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (argc > 1 && strcmp(argv[1], "patterns") == 0) {
        parse_patterns();
    }
    else {
        count_decisions();
        count_lookups(argc > 1 ? atoi(argv[1]) : 1000000);
        count_tenants(argc > 1 ? atoi(argv[1]) : 1000000);
    }
    apr_terminate();
    return sum == 0;
}
