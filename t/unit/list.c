/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Slices of text, tokens and lists. */

#include "unit.h"

typedef bool (*next_fn)(cors_slice_t *rest, cors_slice_t *item);

static const char *items_of(next_fn next, cors_slice_t rest)
{
    const char *items = "";
    cors_slice_t item;

    while (next(&rest, &item)) {
        items = apr_pstrcat(pool, items, "[", text_of(item), "]", NULL);
    }
    assert_int_equal(rest.len, 0);
    return items;
}

/* The items of a text, each in brackets. */
typedef struct {
    const char *value;
    const char *items;
} row_t;

static void check_items(next_fn next, const row_t *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        same_text(or_none(rows[i].value),
                  items_of(next, exact_copy(rows[i].value)), rows[i].items);
    }
}

static void commas_separate_and_empty_elements_are_skipped(void **state)
{
    static const row_t rows[] = {
        { NULL, "" },
        { "", "" },
        { ",", "" },
        { " \t", "" },
        { " , \t,", "" },
        { "a", "[a]" },
        { "a,b", "[a][b]" },
        { "a b", "[a b]" },
        { "a,,b", "[a][b]" },
        { ",a, b ,", "[a][b]" },
        { "\ta\t,\tb\t", "[a][b]" },
        { "a;b", "[a;b]" },
        { "a\v,\nb", "[a\v][\nb]" },
    };

    (void)state;
    check_items(cors_list_next, rows, COUNT(rows));
}

static void spaces_and_commas_separate_entries(void **state)
{
    static const row_t rows[] = {
        { NULL, "" },
        { "", "" },
        { " ,\t", "" },
        { "GET", "[GET]" },
        { "GET,POST", "[GET][POST]" },
        { "GET POST", "[GET][POST]" },
        { "GET\tPOST", "[GET][POST]" },
        { " GET , POST ", "[GET][POST]" },
        { "GET;POST", "[GET;POST]" },
        { "GET\nPOST", "[GET\nPOST]" },
    };

    (void)state;
    check_items(cors_argument_next, rows, COUNT(rows));
}

static bool next_part(cors_slice_t *rest, cors_slice_t *part)
{
    return cors_part_next(rest, ";|", part);
}

static void parts_are_split_at_the_separators(void **state)
{
    static const row_t rows[] = {
        { NULL, "" },
        { "", "" },
        { ";|;", "" },
        { "GET|POST;PUT", "[GET][POST][PUT]" },
        { ";GET, POST;", "[GET, POST]" },
    };

    (void)state;
    check_items(next_part, rows, COUNT(rows));
}

static void nul_byte_belongs_to_an_element(void **state)
{
    cors_slice_t rest = exact_bytes("a\0b,c", 5);
    cors_slice_t item;

    (void)state;
    assert_true(cors_list_next(&rest, &item));
    assert_int_equal(item.len, 3);
    assert_memory_equal(item.ptr, "a\0b", 3);
    rest = exact_bytes("\0 c", 3);
    assert_true(cors_argument_next(&rest, &item));
    assert_int_equal(item.len, 1);
    assert_int_equal(item.ptr[0], 0);
}

static void token_bytes_are_those_of_http(void **state)
{
    static const char tchars[] = "!#$%&'*+-.^_`|~0123456789"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        const char bytes[] = { 'x', (char)c, 'y' };
        bool is = memchr(tchars, c, sizeof(tchars) - 1) != NULL;

        same_number(apr_psprintf(pool, "byte %d alone", c),
                    cors_is_token(exact_bytes(bytes + 1, 1)), is);
        same_number(apr_psprintf(pool, "byte %d between others", c),
                    cors_is_token(exact_bytes(bytes, 3)), is);
    }
    assert_true(cors_is_token(exact_copy("x-requested-with")));
    assert_false(cors_is_token(exact_copy("")));
    assert_false(cors_is_token(cors_slice(NULL)));
    assert_false(cors_is_token(exact_copy("GET ")));
}

static void case_is_ignored_for_letters_only(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool same;
        bool nocase;
    } rows[] = {
        { "", "", true, true },
        { "a", "a", true, true },
        { "a", "A", false, true },
        { "z", "Z", false, true },
        { "m", "M", false, true },
        { "a", "b", false, false },
        { "a", "ab", false, false },
        { "ab", "a", false, false },
        { "`", "@", false, false },
        { "{", "[", false, false },
        { "0", "P", false, false },
        { "Vary", "vARY", false, true },
        { "\xc3\xa4", "\xc3\x84", false, false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_slice_t a = exact_copy(rows[i].a);
        cors_slice_t b = exact_copy(rows[i].b);

        same_number(rows[i].a, cors_slice_equal(a, b), rows[i].same);
        same_number(rows[i].a, cors_slice_equal_nocase(a, b), rows[i].nocase);
        same_number(rows[i].a, cors_slice_is_nocase(a, rows[i].b),
                    rows[i].nocase);
    }
    assert_true(cors_slice_equal(cors_slice(NULL), exact_copy("")));
    assert_true(
        cors_slice_equal(exact_bytes("a\0b", 3), exact_bytes("a\0b", 3)));
    assert_false(
        cors_slice_equal(exact_bytes("a\0b", 3), exact_bytes("a\0c", 3)));
}

static void lower_case_changes_capitals_only(void **state)
{
    int c;

    (void)state;
    for (c = -128; c < 128; c++) {
        assert_int_equal(cors_lower((char)c),
                         c >= 65 && c <= 90 ? (char)(c + 32) : (char)c);
    }
}

static void words_are_found_whole(void **state)
{
    static const char *const words[] = { "GET", "HEAD", NULL };
    static const char *const none[] = { NULL };

    (void)state;
    assert_true(cors_slice_is_one_of(exact_copy("GET"), words));
    assert_true(cors_slice_is_one_of(exact_copy("HEAD"), words));
    assert_false(cors_slice_is_one_of(exact_copy("Head"), words));
    assert_false(cors_slice_is_one_of(exact_copy("HEA"), words));
    assert_false(cors_slice_is_one_of(exact_copy("HEADS"), words));
    assert_false(cors_slice_is_one_of(exact_copy("GET"), none));
    assert_ptr_equal(cors_slice_find_nocase(exact_copy("get"), words),
                     words[0]);
    assert_ptr_equal(cors_slice_find_nocase(exact_copy("Head"), words),
                     words[1]);
    assert_null(cors_slice_find_nocase(exact_copy("hea"), words));
    assert_null(cors_slice_find_nocase(exact_copy("head"), none));
}

static void bytes_are_counted(void **state)
{
    (void)state;
    assert_int_equal(cors_slice_count(cors_slice(NULL), 'a'), 0);
    assert_int_equal(cors_slice_count(exact_copy(""), 'a'), 0);
    assert_int_equal(cors_slice_count(exact_copy("bb"), 'a'), 0);
    assert_int_equal(cors_slice_count(exact_copy("a"), 'a'), 1);
    assert_int_equal(cors_slice_count(exact_copy("aabaa"), 'a'), 4);
}

static void slice_of_null_is_absent(void **state)
{
    (void)state;
    assert_null(cors_slice(NULL).ptr);
    assert_int_equal(cors_slice(NULL).len, 0);
    assert_non_null(cors_slice("").ptr);
    assert_int_equal(cors_slice("").len, 0);
    assert_int_equal(cors_slice("abc").len, 3);
}

static void slice_end_is_after_its_last_byte(void **state)
{
    cors_slice_t text = exact_copy("abc");

    (void)state;
    assert_ptr_equal(cors_slice_end(text), text.ptr + 3);
    assert_int_equal(cors_slice_between(text.ptr + 1, cors_slice_end(text)).len,
                     2);
    assert_ptr_equal(cors_slice_between(text.ptr + 1, text.ptr + 2).ptr,
                     text.ptr + 1);
}

static void first_byte_of_a_set_is_found(void **state)
{
    cors_slice_t text = exact_bytes("a\0b/c?", 6);

    (void)state;
    assert_ptr_equal(cors_slice_find_any(text, "?/"), text.ptr + 3);
    assert_ptr_equal(cors_slice_find_any(text, "?"), text.ptr + 5);
    assert_ptr_equal(cors_slice_find_any(text, "a"), text.ptr);
    assert_null(cors_slice_find_any(text, "#"));
    assert_null(cors_slice_find_any(text, ""));
    assert_null(cors_slice_find_any(exact_copy(""), "?/"));
}

static void prefix_is_at_most_its_text(void **state)
{
    (void)state;
    assert_true(cors_slice_has_prefix(exact_copy("abc"), "ab"));
    assert_true(cors_slice_has_prefix(exact_copy("ab"), "ab"));
    assert_true(cors_slice_has_prefix(exact_copy("ab"), ""));
    assert_false(cors_slice_has_prefix(exact_copy("a"), "ab"));
    assert_false(cors_slice_has_prefix(exact_copy("Ab"), "ab"));
}

static void spaces_and_tabs_are_trimmed(void **state)
{
    static const char *const rows[][2] = {
        { "a", "a" },  { " \ta b\t ", "a b" }, { "  ", "" },
        { "", "" },    { "\na\n", "\na\n" },   { "a ", "a" },
        { " a", "a" }, { "\v a", "\v a" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_text(rows[i][0], text_of(cors_slice_trim(exact_copy(rows[i][0]))),
                  rows[i][1]);
    }
    assert_null(cors_slice_trim(cors_slice(NULL)).ptr);
}

static void list_grows_by_exact_bytes(void **state)
{
    cors_joined_t list = { NULL, 0, 0 };
    cors_joined_t fixed = { "*", 1, 0 };
    cors_joined_t entries = { NULL, 0, 0 };
    const char *expected = "";
    int i;

    (void)state;
    cors_join_entry(pool, &entries, "", cors_slice("a"));
    cors_join_entry(pool, &entries, "+", cors_slice("b"));
    cors_join_entry(pool, &entries, "", cors_slice("c"));
    assert_string_equal(entries.text, "a +b c");
    cors_join(pool, &list, ", ", cors_slice(""));
    assert_string_equal(list.text, "");
    list.text = NULL;
    for (i = 0; i < 300; i++) {
        const char *item = repeat_text("x", (size_t)(i % 7));

        cors_join(pool, &list, ", ", exact_copy(item));
        expected = apr_pstrcat(pool, expected, i ? ", " : "", item, NULL);
        assert_string_equal(list.text, expected);
        assert_int_equal(list.len, strlen(expected));
    }
    /* a text in read-only memory is copied before it is extended */
    cors_join(pool, &fixed, ", ", exact_copy("X-A"));
    assert_string_equal(fixed.text, "*, X-A");
}

static void texts_that_differ_by_one_mistake_are_near(void **state)
{
    static const struct {
        const char *text;
        const char *word;
        bool near;
    } rows[] = {
        { "htps", "https", true },
        { "ttps", "https", true },
        { "http", "https", true },
        { "httpss", "https", true },
        { "HTPS", "https", true },
        { "htpps", "https", true },
        { "htttps", "https", true },
        { "hptts", "https", false },
        { "thtps", "https", true },
        { "https", "https", false },
        { "HTTPS", "https", false },
        { "", "a", true },
        { "a", "", true },
        { "", "", false },
        { "ab", "", false },
        { "ba", "ab", true },
        { "bac", "abd", false },
        { "PACTH", "PATCH", true },
        { "PACT", "PATCH", false },
        { "xhttps", "https", true },
        { "xhttpsx", "https", false },
        { "htp", "https", false },
        { "hbtpc", "https", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        if (cors_slice_is_near(exact_copy(rows[i].text), rows[i].word)
            != rows[i].near) {
            print_error("%s: %s\n", rows[i].text, rows[i].word);
            fail();
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(list_grows_by_exact_bytes),
        TEST(commas_separate_and_empty_elements_are_skipped),
        TEST(spaces_and_commas_separate_entries),
        TEST(parts_are_split_at_the_separators),
        TEST(nul_byte_belongs_to_an_element),
        TEST(token_bytes_are_those_of_http),
        TEST(case_is_ignored_for_letters_only),
        TEST(lower_case_changes_capitals_only),
        TEST(words_are_found_whole),
        TEST(texts_that_differ_by_one_mistake_are_near),
        TEST(bytes_are_counted),
        TEST(slice_of_null_is_absent),
        TEST(slice_end_is_after_its_last_byte),
        TEST(first_byte_of_a_set_is_found),
        TEST(prefix_is_at_most_its_text),
        TEST(spaces_and_tabs_are_trimmed),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
