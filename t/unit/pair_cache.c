/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Merged sections that a child keeps, and those that it does not. */

#include "configure.h"

#include <apr_thread_proc.h>

#include "core/policy/pair_cache.h"

/* A section of one line that lasts as long as the test. */
static const cors_section_t *kept(const char *text)
{
    const cors_section_t *section = sections_of(text);

    cors_section_keep((cors_section_t *)(uintptr_t)section);
    return section;
}

/* The CorsMaxAge that a section sets for a method; the policy must be ready. */
static const char *ready_max_age(const cors_section_t *section, int method)
{
    const cors_policy_t *policy = cors_policy_find(section, method);

    assert_non_null(policy);
    return policy->link[CORS_ATTR_MAX_AGE].setting->max_age_text;
}

static void pair_is_made_once_for_all_requests(void **state)
{
    cors_pair_cache_t *cache = cors_pair_cache_make(pool);
    const cors_section_t *outer = kept("CorsPolicy On; CorsMaxAge 1");
    const cors_section_t *inner = kept("CorsMaxAge 2");
    const cors_section_t *pair;
    apr_pool_t *request;

    (void)state;
    apr_pool_create(&request, pool);
    pair = cors_pair_cache_merge(cache, request, outer, inner);
    apr_pool_destroy(request);
    assert_true(cors_section_is_pair_of(pair, outer, inner));
    assert_true(cors_section_lasts(pair));
    assert_false(cors_section_inert(pair));
    assert_string_equal(ready_max_age(pair, 0), "2");
    assert_int_equal(cors_policy_number(cors_policy_find(pair, 0),
                                        CORS_ATTR_MODE),
                     CORS_MODE_ON);
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, outer, inner), pair);
}

static void pair_has_the_policy_of_each_method(void **state)
{
    cors_pair_cache_t *cache = cors_pair_cache_make(pool);
    const cors_section_t *pair =
        cors_pair_cache_merge(cache, pool, kept("CorsMaxAge 1"),
                              kept("<3> CorsMaxAge 2"));

    (void)state;
    assert_string_equal(ready_max_age(pair, 2), "1");
    assert_string_equal(ready_max_age(pair, 3), "2");
    assert_true(cors_section_inert(pair));
}

static void order_of_a_pair_counts(void **state)
{
    cors_pair_cache_t *cache = cors_pair_cache_make(pool);
    const cors_section_t *a = kept("CorsMaxAge 1");
    const cors_section_t *b = kept("CorsMaxAge 2");
    const cors_section_t *ab = cors_pair_cache_merge(cache, pool, a, b);
    const cors_section_t *ba = cors_pair_cache_merge(cache, pool, b, a);

    (void)state;
    assert_ptr_not_equal(ab, ba);
    assert_string_equal(ready_max_age(ab, 0), "2");
    assert_string_equal(ready_max_age(ba, 0), "1");
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, a, b), ab);
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, b, a), ba);
}

static void pair_of_a_kept_pair_is_kept(void **state)
{
    cors_pair_cache_t *cache = cors_pair_cache_make(pool);
    const cors_section_t *ab =
        cors_pair_cache_merge(cache, pool, kept("CorsPolicy On"),
                              kept("CorsMaxAge 2"));
    const cors_section_t *c = kept("CorsMaxAge 3");
    const cors_section_t *abc = cors_pair_cache_merge(cache, pool, ab, c);

    (void)state;
    assert_string_equal(ready_max_age(abc, 0), "3");
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, ab, c), abc);
}

/* A section of a .htaccess file ends with its request, so another one may have its
 * address later. */
static void pair_of_a_section_that_ends_is_not_kept(void **state)
{
    cors_pair_cache_t *cache = cors_pair_cache_make(pool);
    const cors_section_t *a = kept("CorsMaxAge 1");
    const cors_section_t *b = sections_of("CorsMaxAge 2");
    const cors_section_t *ab = cors_pair_cache_merge(cache, pool, a, b);
    const cors_section_t *ba = cors_pair_cache_merge(cache, pool, b, a);

    (void)state;
    assert_false(cors_section_lasts(ab));
    assert_null(cors_policy_find(ab, 0));
    assert_true(cors_section_is_pair_of(ab, a, b));
    assert_true(cors_section_is_pair_of(ba, b, a));
    assert_ptr_not_equal(cors_pair_cache_merge(cache, pool, a, b), ab);
    assert_ptr_not_equal(cors_pair_cache_merge(cache, pool, b, a), ba);
}

static void no_pair_is_made_where_none_is_needed(void **state)
{
    cors_pair_cache_t *cache = cors_pair_cache_make(pool);
    const cors_section_t *empty = cors_section_make(pool);
    const cors_section_t *a = kept("CorsMaxAge 1");
    const cors_section_t *b = kept("CorsMaxAge 2");
    const cors_section_t *made =
        cors_section_pair(pool, a, (cors_section_t *)(uintptr_t)b);

    (void)state;
    cors_section_keep((cors_section_t *)(uintptr_t)empty);
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, empty, a), a);
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, a, empty), a);
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, a, b), made);
}

static void without_a_cache_each_request_makes_its_pair(void **state)
{
    const cors_section_t *a = kept("CorsMaxAge 1");
    const cors_section_t *b = kept("CorsMaxAge 2");
    const cors_section_t *pair = cors_pair_cache_merge(NULL, pool, a, b);

    (void)state;
    assert_true(cors_section_is_pair_of(pair, a, b));
    assert_null(cors_policy_find(pair, 0));
    assert_ptr_not_equal(cors_pair_cache_merge(NULL, pool, a, b), pair);
}

/* Merge a section with each of an array; returns how many pairs were kept. */
static int count_kept(cors_pair_cache_t *cache, const cors_section_t *outer,
                      const cors_section_t *const *inner, int count)
{
    int number = 0;
    int i;

    for (i = 0; i < count; i++) {
        const cors_section_t *pair =
            cors_pair_cache_merge(cache, pool, outer, inner[i]);

        assert_true(cors_section_is_pair_of(pair, outer, inner[i]));
        number += cors_section_lasts(pair);
    }
    return number;
}

static void full_cache_keeps_what_it_has(void **state)
{
    enum {
        MORE = CORS_PAIR_CACHE_POLICIES + 10
    };
    static const cors_section_t *inner[MORE];
    const cors_section_t *outer = kept("CorsPolicy On");
    const cors_section_t *limited = kept("<1> CorsPolicy On");
    cors_pair_cache_t *cache = cors_pair_cache_make(pool);
    const cors_section_t *first;
    int i;

    (void)state;
    for (i = 0; i < MORE; i++) {
        inner[i] = kept("CorsMaxAge 1");
    }
    first = cors_pair_cache_merge(cache, pool, outer, inner[0]);
    assert_int_equal(count_kept(cache, outer, inner, MORE),
                     CORS_PAIR_CACHE_POLICIES);
    assert_int_equal(count_kept(cache, outer, inner, MORE),
                     CORS_PAIR_CACHE_POLICIES);
    assert_ptr_equal(cors_pair_cache_merge(cache, pool, outer, inner[0]),
                     first);
    /* two policies each */
    assert_int_equal(count_kept(cors_pair_cache_make(pool), limited, inner,
                                MORE),
                     CORS_PAIR_CACHE_POLICIES / 2);
}

#if APR_HAS_THREADS

#define SECTIONS 20
#define THREADS 4
#define ROUNDS 50

/* What threads share. */
static struct {
    cors_pair_cache_t *cache;
    const cors_section_t *sections[SECTIONS];
    const char *ages[SECTIONS];
} shared;

/* Merges all pairs again and again; returns the number of wrong results. */
static void *APR_THREAD_FUNC merge_all(apr_thread_t *thread, void *wrong)
{
    apr_pool_t *request;
    int *count = wrong;
    int i;

    apr_pool_create(&request, NULL);
    for (i = 0; i < ROUNDS * SECTIONS * SECTIONS; i++) {
        int outer = i / SECTIONS % SECTIONS;
        int inner = i % SECTIONS;
        const cors_section_t *pair =
            cors_pair_cache_merge(shared.cache, request, shared.sections[outer],
                                  shared.sections[inner]);
        const cors_policy_t *policy = cors_policy_find(pair, 0);

        *count += !cors_section_is_pair_of(pair, shared.sections[outer],
                                           shared.sections[inner])
                  || (policy
                      && policy->link[CORS_ATTR_MAX_AGE].setting->max_age_text
                             != shared.ages[inner]);
        if (inner == 0) {
            apr_pool_clear(request);
        }
    }
    apr_pool_destroy(request);
    (void)thread;
    return NULL;
}

static void threads_share_the_cache(void **state)
{
    apr_thread_t *threads[THREADS];
    int wrong[THREADS] = { 0 };
    cors_policy_t policy;
    apr_status_t status;
    int i;

    (void)state;
    shared.cache = cors_pair_cache_make(pool);
    for (i = 0; i < SECTIONS; i++) {
        shared.sections[i] = kept(apr_psprintf(pool, "CorsMaxAge %d", i));
        cors_policy_resolve(pool, shared.sections[i], 1, &policy);
        shared.ages[i] = policy.link[CORS_ATTR_MAX_AGE].setting->max_age_text;
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(apr_thread_create(&threads[i], NULL, merge_all,
                                           &wrong[i], pool),
                         APR_SUCCESS);
    }
    for (i = 0; i < THREADS; i++) {
        apr_thread_join(&status, threads[i]);
        assert_int_equal(wrong[i], 0);
    }
    for (i = 0; i < SECTIONS; i++) {
        assert_int_equal(count_kept(shared.cache, shared.sections[i],
                                    shared.sections, SECTIONS),
                         SECTIONS);
    }
}

#endif

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(pair_is_made_once_for_all_requests),
        TEST(pair_has_the_policy_of_each_method),
        TEST(order_of_a_pair_counts),
        TEST(pair_of_a_kept_pair_is_kept),
        TEST(pair_of_a_section_that_ends_is_not_kept),
        TEST(no_pair_is_made_where_none_is_needed),
        TEST(without_a_cache_each_request_makes_its_pair),
        TEST(full_cache_keeps_what_it_has),
#if APR_HAS_THREADS
        TEST(threads_share_the_cache),
#endif
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
