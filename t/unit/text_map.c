/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The map from texts to values, with keys of any bytes and length. */

#include "unit.h"

#include <apr_lib.h>

#include "core/base/text_map.h"

static void keys_have_their_values(void **state)
{
    const char *const keys[] = { "", "a", "b", "ab", "abc", "abcd", "abcde" };
    cors_text_map_t *map = cors_text_map_make(pool, false);
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(keys); i++) {
        assert_null(cors_text_map_get(map, exact_copy(keys[i])));
        assert_true(cors_text_map_add(map, exact_copy(keys[i]), keys[i]));
    }
    for (i = 0; i < COUNT(keys); i++) {
        assert_ptr_equal(cors_text_map_get(map, exact_copy(keys[i])), keys[i]);
        assert_false(cors_text_map_add(map, exact_copy(keys[i]), "other"));
        assert_ptr_equal(cors_text_map_get(map, exact_copy(keys[i])), keys[i]);
    }
    assert_null(cors_text_map_get(map, exact_copy("A")));
    assert_null(cors_text_map_get(map, exact_bytes("a\0", 2)));
}

/* each byte compared with each other: only letters have a case */
static void case_is_ignored_on_request(void **state)
{
    int one;
    int other;

    (void)state;
    for (one = 0; one < 256; one++) {
        cors_text_map_t *map = cors_text_map_make(pool, true);
        const char key[] = { 'x', '-', (char)one, 'y', 'Z' };

        cors_text_map_add(map, exact_bytes(key, sizeof(key)), "value");
        for (other = 0; other < 256; other++) {
            const char like[] = { 'X', '-', (char)other, 'Y', 'z' };

            assert_true((cors_text_map_get(map, exact_bytes(like, sizeof(like)))
                         != NULL)
                        == (cors_lower((char)one) == cors_lower((char)other)));
        }
    }
}

/* Letters next to other bytes, in keys of several lengths. */
static void keys_equal_only_up_to_case(void **state)
{
    unsigned seed = 1;
    int i;

    (void)state;
    for (i = 0; i < 5000; i++) {
        cors_text_map_t *map = cors_text_map_make(pool, true);
        char key[9];
        char like[9];
        size_t len = (size_t)i % sizeof(key) + 1;
        size_t n;

        for (n = 0; n < len; n++) {
            seed = seed * 1103515245u + 12345u;
            key[n] = (char)(seed >> 16);
            like[n] = apr_isalpha(key[n]) && seed >> 30 ? (char)(key[n] ^ ' ')
                                                        : key[n];
        }
        cors_text_map_add(map, exact_bytes(key, len), "value");
        assert_non_null(cors_text_map_get(map, exact_bytes(like, len)));
        like[len - 1] ^= 1;
        assert_null(cors_text_map_get(map, exact_bytes(like, len)));
    }
}

static void map_grows(void **state)
{
    cors_text_map_t *map = cors_text_map_make(pool, false);
    int i;

    (void)state;
    for (i = 0; i < 5000; i++) {
        const char *key = apr_psprintf(pool, "key-%d", i);

        assert_true(cors_text_map_add(map, cors_slice(key), key));
    }
    for (i = 0; i < 6000; i++) {
        const char *key = apr_psprintf(pool, "key-%d", i);
        const char *value = cors_text_map_get(map, cors_slice(key));

        assert_true(i < 5000 ? value && strcmp(value, key) == 0 : !value);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(keys_have_their_values),
        TEST(case_is_ignored_on_request),
        TEST(keys_equal_only_up_to_case),
        TEST(map_grows),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
