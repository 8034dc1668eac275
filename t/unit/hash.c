/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Hashes: which texts and numbers they distinguish. */

#include "unit.h"

#include "core/base/hash.h"

enum {
    LONGEST = 40
};

/* The hash of the first bytes of a text, in a copy of just these bytes. */
static apr_uint64_t hash_of(const char *text, size_t len)
{
    return cors_hash_text(0, exact_bytes(text, len));
}

static void every_byte_counts(void **state)
{
    char text[LONGEST];
    size_t len;
    size_t at;

    (void)state;
    memset(text, 'a', sizeof(text));
    for (len = 1; len <= LONGEST; len++) {
        apr_uint64_t hash = hash_of(text, len);

        assert_true(hash == hash_of(text, len));
        for (at = 0; at < len; at++) {
            text[at] = 'b';
            assert_true(hash != hash_of(text, len));
            text[at] = 'a';
        }
    }
}

static void order_and_length_count(void **state)
{
    static const char zeros[LONGEST] = "";
    size_t len;

    (void)state;
    for (len = 0; len < LONGEST; len++) {
        assert_true(hash_of(zeros, len) != hash_of(zeros, len + 1));
    }
    assert_true(hash_of("", 0) != 0);
    assert_true(hash_of("ab", 2) != hash_of("ba", 2));
    assert_true(hash_of("abcdefghijklmnop", 16)
                != hash_of("ijklmnopabcdefgh", 16));
    assert_true(hash_of("abcdefgh12345678", 16)
                != hash_of("abcdefgh12345678", 15));
}

static void what_came_before_counts(void **state)
{
    cors_slice_t text = exact_copy("https://a.example");

    (void)state;
    assert_true(cors_hash_text(1, text) != cors_hash_text(2, text));
    assert_true(cors_hash_number(1, 3) != cors_hash_number(2, 3));
    assert_true(cors_hash_number(1, 3) != cors_hash_number(1, 4));
    assert_true(cors_hash_number(cors_hash_number(0, 1), 2)
                != cors_hash_number(cors_hash_number(0, 2), 1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_byte_counts),
        TEST(order_and_length_count),
        TEST(what_came_before_counts),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
