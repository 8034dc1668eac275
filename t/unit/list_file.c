/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Files that list origins: parsing of their text. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/origin/list_file.h"

static apr_pool_t *pool;
static const char *mistakes_text; /* "LINE: ID\n" for each mistake */

static void append_mistake(void *context, apr_size_t line,
                           const cors_finding_t *finding)
{
    (void)context;
    mistakes_text =
        apr_psprintf(pool, "%s%d: %s%s%s\n", mistakes_text, (int)line,
                     cors_problem_id(finding->problem),
                     finding->suggestion ? " " : "",
                     finding->suggestion ? finding->suggestion : "");
}

/* Read a heap copy of the text's exact length. */
static cors_origin_file_t read_text(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    cors_slice_t slice = { copy, len };
    cors_origin_file_t file;

    memcpy(copy, text, len);
    mistakes_text = "";
    file = cors_origin_file_read(pool, slice, append_mistake, NULL);
    free(copy);
    return file;
}

static cors_listing_e listing_of(const cors_origin_file_t *file,
                                 const char *text)
{
    cors_origin_t origin;

    assert_true(cors_origin_parse(cors_slice(text), &origin));
    return cors_origin_table_lookup(file->table, &origin);
}

static void line_formats_are_equivalent(void **state)
{
    static const char text[] = "\xef\xbb\xbf"
                               "https://a.example\r\n"
                               "# a comment\n"
                               "\n"
                               "  \t \r\n"
                               "  https://*.b.example:*  # another\n"
                               "!https://old.b.example\n"
                               "\thttp://localhost:3000\t\r\n";
    cors_origin_file_t file = read_text(text, sizeof(text) - 1);

    (void)state;
    assert_string_equal(mistakes_text, "");
    assert_int_equal(file.mistakes, 0);
    assert_int_equal(cors_origin_table_listed(file.table), 3);
    assert_int_equal(cors_origin_table_excluded(file.table), 1);
    assert_int_equal(listing_of(&file, "https://a.example"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(listing_of(&file, "https://x.b.example:81"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(listing_of(&file, "https://old.b.example"),
                     CORS_ORIGIN_EXCLUDED);
    assert_int_equal(listing_of(&file, "http://localhost:3000"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(listing_of(&file, "http://localhost"),
                     CORS_ORIGIN_UNLISTED);
}

static void mistakes_have_line_numbers(void **state)
{
    static const char text[] = "https://a.example/\n"
                               "https://b.example https://c.example\n"
                               "https://ok.example\n"
                               "*\n"
                               "null\n"
                               "none\n"
                               "https://a.example#fragment\n"
                               "+https://d.example\n"
                               "https://e.exa";
    cors_origin_file_t file = read_text(text, sizeof(text) - 1);

    (void)state;
    assert_string_equal(mistakes_text, "1: origin-path https://a.example\n"
                                       "2: file-entries\n"
                                       "4: file-entry\n"
                                       "5: file-entry\n"
                                       "6: file-entry\n"
                                       "7: origin-fragment https://a.example\n"
                                       "8: origin-scheme-bad\n"
                                       "9: file-cut\n");
    assert_int_equal(file.mistakes, 8);
}

static void wrong_encoding_is_the_only_mistake(void **state)
{
    (void)state;
    assert_int_equal(read_text("\xff\xfeh\0t\0\n\0h\0", 10).mistakes, 1);
    assert_string_equal(mistakes_text, "1: file-encoding\n");
    read_text("\xfe\xff\0h", 4);
    assert_string_equal(mistakes_text, "1: file-encoding\n");
    read_text("h\0\n\0", 4);
    assert_string_equal(mistakes_text, "1: file-encoding\n");
    read_text("a\n\n#\0\n\0", 7);
    assert_string_equal(mistakes_text, "3: file-encoding\n");
    read_text("\xff\n", 2);
    assert_string_equal(mistakes_text, "1: origin-scheme-missing\n");
}

static void entries_with_commas_get_a_suggestion(void **state)
{
    static const char text[] = "https://a.example,\nhttps://a.example/,\n"
                               "NULL\n!NULL\na,b\n!https://a.example;\n"
                               "https://a,https://b\n";

    (void)state;
    read_text(text, sizeof(text) - 1);
    assert_string_equal(mistakes_text, "1: file-entries https://a.example\n"
                                       "2: origin-path https://a.example\n"
                                       "3: file-entry\n4: null-case !null\n"
                                       "5: file-entries\n"
                                       "6: file-entries !https://a.example\n"
                                       "7: file-entries\n");
}

static void empty_file_lists_no_origin(void **state)
{
    cors_origin_file_t file = read_text("", 0);

    (void)state;
    assert_string_equal(mistakes_text, "");
    assert_int_equal(listing_of(&file, "https://a.example"),
                     CORS_ORIGIN_UNLISTED);
}

/* A file that is missing has no text, not an empty one. */
static void absent_text_lists_no_origin(void **state)
{
    const cors_slice_t absent = { NULL, 0 };
    cors_origin_file_t file;

    (void)state;
    mistakes_text = "";
    file = cors_origin_file_read(pool, absent, append_mistake, NULL);
    assert_string_equal(mistakes_text, "");
    assert_int_equal(cors_origin_table_listed(file.table), 0);
}

static void empty_lines_need_no_room(void **state)
{
    enum {
        LINES = 600000
    };
    char *text = malloc(LINES);
    cors_origin_file_t file;

    (void)state;
    assert_non_null(text);
    memset(text, '\n', LINES);
    file = read_text(text, LINES);
    free(text);
    assert_string_equal(mistakes_text, "");
    assert_int_equal(cors_origin_table_listed(file.table), 0);
    /* a line with an origin has at least six bytes */
    assert_int_equal(cors_origin_table_size(file.table),
                     cors_origin_table_size(
                         cors_origin_table_make(pool, LINES / 6, 0)));
}

static void byte_order_mark_alone_is_a_cut_line(void **state)
{
    (void)state;
    read_text("\xef\xbb\xbf", 3);
    assert_string_equal(mistakes_text, "1: file-cut\n");
}

static void first_public_suffix_is_reported(void **state)
{
    static const char text[] = "https://*.example.com\n"
                               "!https://*.com\n"
                               "https://*.github.io\n"
                               "https://*.org\n";
    cors_origin_file_t file = read_text(text, sizeof(text) - 1);

    (void)state;
    assert_string_equal(file.suffix, "https://*.github.io");
    assert_int_equal(file.suffix_line, 3);
}

static void first_plain_http_origin_is_reported(void **state)
{
    static const char text[] = "https://a.example\n"
                               "!http://a.example\n"
                               "http://localhost:3000\n"
                               "httpx://a.example\n"
                               "http://*.a.example:*\n"
                               "http://b.example\n";
    cors_origin_file_t file = read_text(text, sizeof(text) - 1);

    (void)state;
    assert_string_equal(file.insecure, "http://*.a.example:*");
    assert_int_equal(file.insecure_line, 5);
    file = read_text("https://a.example\n", 18);
    assert_null(file.insecure);
}

static void random_bytes_stay_in_bounds(void **state)
{
    unsigned seed = 7;
    int round;

    (void)state;
    for (round = 0; round < 3000; round++) {
        static const char bytes[] = "https://a.*:!#\r\n \t\0\xff,[]0";
        char text[64];
        size_t len = (seed >> 8) % sizeof(text);
        size_t i;

        for (i = 0; i < len; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = bytes[(seed >> 16) % sizeof(bytes)];
        }
        seed += 99991;
        read_text(text, len);
        apr_pool_clear(pool);
    }
}

static void frame_is_read_whole_or_rejected(void **state)
{
    static const char whole[] = "begin 7\n# two\nhttps://a.example\n"
                                "!https://b.example\nend 3\n";
    static const char wrong[] = "begin 7\nhttps://a.example/\n*\nend 2\n";
    static const char counted[] = "begin 7\nhttps://a.example/\nend 2\n";
    cors_origin_file_t file = read_text(whole, sizeof(whole) - 1);
    size_t len;

    (void)state;
    assert_string_equal(mistakes_text, "");
    assert_int_equal(file.frame.state, CORS_FRAME_WHOLE);
    assert_int_equal(cors_origin_table_listed(file.table), 1);
    assert_int_equal(cors_origin_table_excluded(file.table), 1);
    assert_int_equal(listing_of(&file, "https://a.example"),
                     CORS_ORIGIN_LISTED);
    /* line numbers count from the start of the file */
    read_text(wrong, sizeof(wrong) - 1);
    assert_string_equal(mistakes_text, "2: origin-path https://a.example\n"
                                       "3: file-entry\n");
    /* a bad frame is the only mistake that is reported */
    file = read_text(counted, sizeof(counted) - 1);
    assert_string_equal(mistakes_text, "3: file-frame\n");
    assert_int_equal(file.mistakes, 1);
    assert_int_equal(cors_origin_table_listed(file.table), 0);
    for (len = strlen("begin"); len < sizeof(whole) - 1; len++) {
        file = read_text(whole, len);
        assert_int_equal(file.mistakes, 1);
        assert_int_equal(file.frame.state, CORS_FRAME_OPEN);
        assert_int_equal(cors_origin_table_listed(file.table), 0);
    }
    file = read_text("https://a.example\n", 18);
    assert_int_equal(file.frame.state, CORS_FRAME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_formats_are_equivalent),
        cmocka_unit_test(mistakes_have_line_numbers),
        cmocka_unit_test(wrong_encoding_is_the_only_mistake),
        cmocka_unit_test(entries_with_commas_get_a_suggestion),
        cmocka_unit_test(empty_file_lists_no_origin),
        cmocka_unit_test(absent_text_lists_no_origin),
        cmocka_unit_test(empty_lines_need_no_room),
        cmocka_unit_test(byte_order_mark_alone_is_a_cut_line),
        cmocka_unit_test(frame_is_read_whole_or_rejected),
        cmocka_unit_test(first_public_suffix_is_reported),
        cmocka_unit_test(first_plain_http_origin_is_reported),
        cmocka_unit_test(random_bytes_stay_in_bounds)
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
