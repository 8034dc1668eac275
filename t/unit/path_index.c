/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The index of paths: which path contains another. */

#include "unit.h"

#include <apr_strings.h>

#include "core/base/path_index.h"

static void ancestors_match_whole_segments(void **state)
{
    static const struct {
        const char *outer;
        const char *inner;
        bool above;
    } rows[] = {
        { "/a", "/a", true },       { "/a", "/a/b", true },
        { "/a", "/ab", false },     { "/a/b", "/a", false },
        { "/", "/a", true },        { "/", "/", true },
        { "", "/a", true },         { "", "", true },
        { "", "a", false },         { "/a/", "/a/b", true },
        { "/a/", "/a", false },     { "/a", "/a/", true },
        { "/a/", "/a/", true },     { "/a/", "/a//b", true },
        { "/a", "/a//b", true },    { "//", "/a", false },
        { "/", "//a", true },       { "a", "a/b", true },
        { "/a/b", "/a/b/c", true }, { "/a/b", "/a/bc", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const char *name =
            apr_pstrcat(pool, rows[i].outer, " over ", rows[i].inner, NULL);
        cors_path_index_t *outer = cors_path_index_make(pool);
        cors_path_index_t *inner = cors_path_index_make(pool);
        int expected = rows[i].above ? 7 : CORS_PATH_NONE;

        same_number(name, cors_path_is_above(rows[i].outer, rows[i].inner),
                    rows[i].above);
        cors_path_index_add(outer, rows[i].outer, 7);
        cors_path_index_add(inner, rows[i].inner, 7);
        same_number(name, cors_path_index_above(outer, rows[i].inner, -1),
                    expected);
        same_number(name, cors_path_index_below(inner, rows[i].outer, -1),
                    expected);
        same_number(name, cors_path_index_above(outer, rows[i].inner, 7),
                    CORS_PATH_NONE);
        same_number(name, cors_path_index_below(inner, rows[i].outer, 7),
                    CORS_PATH_NONE);
    }
}

/* A path of one-letter and empty segments. */
static const char *random_path(unsigned *seed)
{
    char path[16];
    size_t len = 0;
    int segments;

    *seed = *seed * 1103515245u + 12345u;
    for (segments = (int)(*seed >> 16) % 5; segments > 0; segments--) {
        *seed = *seed * 1103515245u + 12345u;
        path[len++] = '/';
        if ((*seed >> 16) % 7) {
            path[len++] = (char)('a' + (*seed >> 20) % 2);
        }
    }
    path[len] = '\0';
    return apr_pstrdup(pool, path);
}

/* The expected number, by comparing with each path. */
static int find_by_comparison(const char *const *paths, int count,
                              const char *path, int except, bool above)
{
    int i;

    for (i = 0; i < count; i++) {
        if (i != except
            && (above ? cors_path_is_above(paths[i], path)
                      : cors_path_is_above(path, paths[i]))) {
            return i;
        }
    }
    return CORS_PATH_NONE;
}

static void index_agrees_with_each_comparison(void **state)
{
    const char *paths[40];
    unsigned seed = 1;
    int round;
    int i;

    (void)state;
    for (round = 0; round < 300; round++) {
        cors_path_index_t *index = cors_path_index_make(pool);

        for (i = 0; i < (int)COUNT(paths); i++) {
            paths[i] = random_path(&seed);
            cors_path_index_add(index, paths[i], i);
        }
        for (i = 0; i < (int)COUNT(paths); i++) {
            const char *path = random_path(&seed);
            apr_array_header_t *all = apr_array_make(pool, 4, sizeof(int));
            int expected = 0;
            int k;

            same_number(path, cors_path_index_above(index, path, i),
                        find_by_comparison(paths, COUNT(paths), path, i, true));
            same_number(path, cors_path_index_below(index, path, i),
                        find_by_comparison(paths, COUNT(paths), path, i,
                                           false));
            same_number(paths[i], cors_path_index_above(index, paths[i], i),
                        find_by_comparison(paths, COUNT(paths), paths[i], i,
                                           true));
            same_number(paths[i], cors_path_index_below(index, paths[i], i),
                        find_by_comparison(paths, COUNT(paths), paths[i], i,
                                           false));
            cors_path_index_all_above(index, path, all);
            for (k = 0; k < (int)COUNT(paths); k++) {
                expected += cors_path_is_above(paths[k], path) ? 1 : 0;
            }
            same_number(path, all->nelts, expected);
            for (k = 0; k < all->nelts; k++) {
                assert_true(
                    cors_path_is_above(paths[APR_ARRAY_IDX(all, k, int)],
                                       path));
            }
        }
    }
}

static void ancestors_come_shortest_first(void **state)
{
    static const char *const paths[] = { "/a/b", "/",  "/a",
                                         "/a/b", "/c", "/a/b/c" };
    static const int expected[] = { 1, 2, 0, 3 };
    cors_path_index_t *index = cors_path_index_make(pool);
    apr_array_header_t *numbers = apr_array_make(pool, 4, sizeof(int));
    int i;

    (void)state;
    for (i = 0; i < (int)COUNT(paths); i++) {
        cors_path_index_add(index, paths[i], i);
    }
    cors_path_index_all_above(index, "/a/b", numbers);
    assert_int_equal(numbers->nelts, COUNT(expected));
    for (i = 0; i < numbers->nelts; i++) {
        assert_int_equal(APR_ARRAY_IDX(numbers, i, int), expected[i]);
    }
}

static void lower_number_prefers_any_number(void **state)
{
    (void)state;
    assert_int_equal(cors_path_lower(CORS_PATH_NONE, 3), 3);
    assert_int_equal(cors_path_lower(3, CORS_PATH_NONE), 3);
    assert_int_equal(cors_path_lower(3, 0), 0);
    assert_int_equal(cors_path_lower(0, 3), 0);
    assert_int_equal(cors_path_lower(CORS_PATH_NONE, CORS_PATH_NONE),
                     CORS_PATH_NONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(ancestors_match_whole_segments),
        TEST(index_agrees_with_each_comparison),
        TEST(ancestors_come_shortest_first),
        TEST(lower_number_prefers_any_number),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
