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
static const char *error_text; /* "LINE: ID\n" for each error */

static void append_error(void *context, apr_size_t line,
                         const cors_finding_t *finding)
{
    (void)context;
    error_text = apr_psprintf(pool, "%s%d: %s%s%s\n", error_text, (int)line,
                              cors_problem_id(finding->problem),
                              finding->suggestion ? " " : "",
                              finding->suggestion ? finding->suggestion : "");
}

static void append_skipped(void *context, apr_size_t line,
                           const cors_finding_t *finding)
{
    (void)context;
    error_text = apr_psprintf(pool, "%s%d skipped: %s\n", error_text, (int)line,
                              cors_problem_id(finding->problem));
}

/* Read a heap copy of the text's exact length. */
static cors_origin_file_t read_with(const cors_list_rules_t *rules,
                                    const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    cors_slice_t slice = { copy, len };
    cors_origin_file_t file;

    memcpy(copy, text, len);
    error_text = "";
    file = cors_origin_file_read(pool, slice, rules, append_error, NULL);
    free(copy);
    return file;
}

static cors_origin_file_t read_text(const char *text, size_t len)
{
    return read_with(NULL, text, len);
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
    assert_string_equal(error_text, "");
    assert_int_equal(file.errors, 0);
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

static void errors_have_line_numbers(void **state)
{
    static const char text[] = "https://a.example/\n"
                               "https://b.example https://c.example\n"
                               "https://ok.example\n"
                               "*\n"
                               "null\n"
                               "none\n"
                               "moz-extension://*\n"
                               "https://a.example#fragment\n"
                               "+https://d.example\n"
                               "https://e.exa";
    cors_origin_file_t file = read_text(text, sizeof(text) - 1);

    (void)state;
    assert_string_equal(error_text, "1: origin-path https://a.example\n"
                                    "2: file-entries\n"
                                    "4: file-entry\n"
                                    "5: file-entry\n"
                                    "6: file-entry\n"
                                    "7: file-entry\n"
                                    "8: origin-fragment https://a.example\n"
                                    "9: origin-scheme-bad\n"
                                    "10: file-cut\n");
    assert_int_equal(file.errors, 9);
}

static void wrong_encoding_is_the_only_error(void **state)
{
    (void)state;
    assert_int_equal(read_text("\xff\xfeh\0t\0\n\0h\0", 10).errors, 1);
    assert_string_equal(error_text, "1: file-encoding\n");
    read_text("\xfe\xff\0h", 4);
    assert_string_equal(error_text, "1: file-encoding\n");
    read_text("h\0\n\0", 4);
    assert_string_equal(error_text, "1: file-encoding\n");
    read_text("a\n\n#\0\n\0", 7);
    assert_string_equal(error_text, "3: file-encoding\n");
    read_text("\xff\n", 2);
    assert_string_equal(error_text, "1: origin-scheme-missing\n");
}

static void entries_with_commas_get_a_suggestion(void **state)
{
    static const char text[] = "https://a.example,\nhttps://a.example/,\n"
                               "NULL\n!NULL\na,b\n!https://a.example;\n"
                               "https://a,https://b\n";

    (void)state;
    read_text(text, sizeof(text) - 1);
    assert_string_equal(error_text, "1: file-entries https://a.example\n"
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
    assert_string_equal(error_text, "");
    assert_int_equal(listing_of(&file, "https://a.example"),
                     CORS_ORIGIN_UNLISTED);
}

/* A file that is missing has no text, not an empty one. */
static void absent_text_lists_no_origin(void **state)
{
    const cors_slice_t absent = { NULL, 0 };
    cors_origin_file_t file;

    (void)state;
    error_text = "";
    file = cors_origin_file_read(pool, absent, NULL, append_error, NULL);
    assert_string_equal(error_text, "");
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
    assert_string_equal(error_text, "");
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
    assert_string_equal(error_text, "1: file-cut\n");
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
    assert_string_equal(error_text, "");
    assert_int_equal(file.frame.state, CORS_FRAME_WHOLE);
    assert_int_equal(cors_origin_table_listed(file.table), 1);
    assert_int_equal(cors_origin_table_excluded(file.table), 1);
    assert_int_equal(listing_of(&file, "https://a.example"),
                     CORS_ORIGIN_LISTED);
    /* line numbers count from the start of the file */
    read_text(wrong, sizeof(wrong) - 1);
    assert_string_equal(error_text, "2: origin-path https://a.example\n"
                                    "3: file-entry\n");
    /* a bad frame is the only error that is reported */
    file = read_text(counted, sizeof(counted) - 1);
    assert_string_equal(error_text, "3: file-frame\n");
    assert_int_equal(file.errors, 1);
    assert_int_equal(cors_origin_table_listed(file.table), 0);
    for (len = strlen("begin"); len < sizeof(whole) - 1; len++) {
        file = read_text(whole, len);
        assert_int_equal(file.errors, 1);
        assert_int_equal(file.frame.state, CORS_FRAME_OPEN);
        assert_int_equal(cors_origin_table_listed(file.table), 0);
    }
    file = read_text("https://a.example\n", 18);
    assert_int_equal(file.frame.state, CORS_FRAME_NONE);
}

/* How a file lists an origin for a tenant; NULL: without one. */
static cors_listing_e listing_for(const cors_origin_file_t *file,
                                  const char *text, const char *tenant)
{
    const cors_slice_t key = cors_slice(tenant);
    cors_origin_t origin;

    assert_true(cors_origin_parse(cors_slice(text), &origin));
    return cors_origin_table_lookup_for(file->table, &origin,
                                        tenant ? &key : NULL);
}

static void second_column_is_a_tenant(void **state)
{
    static const char text[] = "https://a.example shop # comment\n"
                               "https://a.example \t other.shop\r\n"
                               "https://*.b.example\tshop#1\n"
                               "!https://no.b.example shop#1\n"
                               "!https://old.b.example\n"
                               "https://all.example #shop\n";
    cors_origin_file_t file = read_text(text, sizeof(text) - 1);

    (void)state;
    assert_string_equal(error_text, "");
    assert_int_equal(cors_origin_table_tenants(file.table), 3);
    assert_int_equal(cors_origin_table_listed(file.table), 4);
    assert_int_equal(cors_origin_table_excluded(file.table), 2);
    assert_int_equal(listing_for(&file, "https://a.example", "shop"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(listing_for(&file, "https://a.example", "other.shop"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(listing_for(&file, "https://a.example", "shop#1"),
                     CORS_ORIGIN_UNLISTED);
    assert_int_equal(listing_for(&file, "https://a.example", NULL),
                     CORS_ORIGIN_UNLISTED);
    assert_int_equal(listing_for(&file, "https://x.b.example", "shop#1"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(listing_for(&file, "https://no.b.example", "shop#1"),
                     CORS_ORIGIN_EXCLUDED);
    /* an exclusion without a tenant is for all of them */
    assert_int_equal(listing_for(&file, "https://old.b.example", "shop#1"),
                     CORS_ORIGIN_EXCLUDED);
    assert_int_equal(listing_for(&file, "https://old.b.example", "nobody"),
                     CORS_ORIGIN_EXCLUDED);
    /* an origin without a tenant is for none of them */
    assert_int_equal(listing_for(&file, "https://all.example", "shop"),
                     CORS_ORIGIN_UNLISTED);
    assert_int_equal(listing_for(&file, "https://all.example", ""),
                     CORS_ORIGIN_UNLISTED);
    assert_int_equal(listing_for(&file, "https://all.example", NULL),
                     CORS_ORIGIN_LISTED);
}

static void tenants_that_are_not_names_are_rejected(void **state)
{
    static const char text[] = "https://a.example *\n"
                               "https://a.example \\N\n"
                               "https://a.example \"shop\"\n"
                               "https://a.example a,b\n"
                               "https://a.example a\x7f\n"
                               "https://a.example a b\n"
                               "https://a.example https://b.example\n"
                               "https://a.example/ shop\n"
                               "https://a.example b\xc3\xbc-1.c:2/3\n";
    char longest[400] = "https://a.example ";

    (void)state;
    read_text(text, sizeof(text) - 1);
    assert_string_equal(error_text, "1: file-tenant\n2: file-tenant\n"
                                    "3: file-tenant\n4: file-tenant\n"
                                    "5: file-tenant\n6: file-entries\n"
                                    "7: file-entries\n"
                                    "8: origin-path https://a.example\n");
    memset(longest + 18, 't', 256);
    longest[18 + 255] = '\n';
    read_text(longest, 18 + 256);
    assert_string_equal(error_text, "");
    longest[18 + 255] = 't';
    longest[18 + 256] = '\n';
    read_text(longest, 18 + 257);
    assert_string_equal(error_text, "1: file-tenant\n");
}

static void lines_that_may_exclude_are_never_skipped(void **state)
{
    static const cors_list_rules_t skip = { 0, append_skipped };
    static const char text[] = "https://a.example\n"
                               "https://b.example/\n"
                               "https://c.example \\N\n"
                               "https://d.example https://e.example\n"
                               "*\n"
                               "NULL\n"
                               "a,b\n"
                               "!https://no.a.example\n"
                               "https://f.example shop!\n";
    static const char *const refused[] = {
        "!https://b.example/\n",
        "! https://b.example\n",
        "!*\n",
        "!https://b.example \\N\n",
        "https://b.example,!https://c.example\n",
        "https://b.example !https://c.example\n",
        "\"!https://b.example\"\n",
        "\xef\xbb\xbf!https://b.example\n",
        "-https://b.example\n",
        "  -https://b.example\n",
    };
    cors_origin_file_t file = read_with(&skip, text, sizeof(text) - 1);
    size_t i;

    (void)state;
    assert_string_equal(error_text,
                        "2 skipped: origin-path\n3 skipped: file-tenant\n"
                        "4 skipped: file-entries\n5 skipped: file-entry\n"
                        "6 skipped: file-entry\n7 skipped: file-entries\n");
    assert_int_equal(file.errors, 0);
    assert_int_equal(file.bad_rows, 6);
    assert_int_equal(file.skipped, 6);
    assert_int_equal(cors_origin_table_listed(file.table), 2);
    assert_int_equal(cors_origin_table_excluded(file.table), 1);
    assert_int_equal(listing_of(&file, "https://a.example"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(listing_of(&file, "https://b.example"),
                     CORS_ORIGIN_UNLISTED);
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const char *lines =
            apr_pstrcat(pool, "https://a.example\nhttps://a.example/\n",
                        refused[i], NULL);

        file = read_with(&skip, lines, strlen(lines));
        assert_int_equal(file.errors, 1);
        assert_int_equal(file.bad_rows, 2);
        assert_int_equal(file.skipped, 1);
        assert_non_null(strstr(error_text, "\n3: "));
    }
    /* the same text is the same list, with or without what is skipped */
    file = read_with(&skip, text, sizeof(text) - 1);
    assert_int_equal(file.sum[0],
                     read_text("https://a.example\n!https://no.a.example\n"
                               "https://f.example shop!\n",
                               64)
                         .sum[0]);
    /* without the rule, all of them are errors */
    file = read_text(text, sizeof(text) - 1);
    assert_int_equal(file.errors, 6);
    assert_int_equal(file.bad_rows, 6);
    assert_int_equal(file.skipped, 0);
}

static void errors_of_the_whole_file_are_never_skipped(void **state)
{
    static const cors_list_rules_t skip = { 0, append_skipped };
    static const char cut[] = "https://a.example\nhttps://b.example";
    static const char open[] = "begin 1\nhttps://a.example\n";
    static const char encoding[] = "https://a.example\nh\0\n";

    (void)state;
    assert_int_equal(read_with(&skip, cut, sizeof(cut) - 1).errors, 1);
    assert_string_equal(error_text, "2: file-cut\n");
    assert_int_equal(read_with(&skip, open, sizeof(open) - 1).errors, 1);
    assert_string_equal(error_text, "2: file-frame\n");
    assert_int_equal(read_with(&skip, encoding, sizeof(encoding) - 1).errors,
                     1);
    assert_string_equal(error_text, "2: file-encoding\n");
}

static void file_with_too_many_lines_is_one_error(void **state)
{
    static const cors_list_rules_t two = { 2, append_skipped };
    static const char good[] = "https://a.example\nhttps://b.example\n";
    static const char more[] = "https://a.example\n#\n*\n";
    static const char cut[] = "https://a.example\n#\nhttps://b";
    static const char frame[] = "begin 1\nhttps://a.example\n\nend 2\n";
    static const char long_frame[] = "begin 1\n#\n#\n#\nend 3\n";
    cors_origin_file_t file;

    (void)state;
    assert_int_equal(read_with(&two, good, sizeof(good) - 1).errors, 0);
    assert_int_equal(read_with(&two, frame, sizeof(frame) - 1).errors, 0);
    file = read_with(&two, more, sizeof(more) - 1);
    assert_string_equal(error_text, "3: file-rows\n");
    assert_int_equal(file.errors, 1);
    assert_int_equal(cors_origin_table_listed(file.table), 0);
    read_with(&two, cut, sizeof(cut) - 1);
    assert_string_equal(error_text, "3: file-rows\n");
    read_with(&two, long_frame, sizeof(long_frame) - 1);
    assert_string_equal(error_text, "4: file-rows\n");
}

static void lines_have_a_longest_length(void **state)
{
    static const cors_list_rules_t skip = { 0, append_skipped };
    char *text = apr_palloc(pool, 3 * CORS_LIST_LINE_MAX);
    const size_t len = CORS_LIST_LINE_MAX;

    (void)state;
    memset(text, 'x', len + 2);
    memcpy(text, "https://a.example #", 19);
    text[len] = '\n';
    assert_int_equal(read_text(text, len + 1).errors, 0);
    memcpy(text + len, "x\n", 2);
    assert_int_equal(read_text(text, len + 2).errors, 1);
    assert_string_equal(error_text, "1: file-line\n");
    assert_int_equal(read_with(&skip, text, len + 2).errors, 0);
    assert_string_equal(error_text, "1 skipped: file-line\n");
    /* an exclusion is not skipped, wherever it is */
    memcpy(text, "https://a.example  ", 19);
    text[len] = '!';
    assert_int_equal(read_with(&skip, text, len + 2).errors, 1);
    assert_string_equal(error_text, "1: file-line\n");
}

static void append_entry(void *context, cors_slice_t entry)
{
    (void)context;
    error_text =
        apr_pstrcat(pool, error_text, cors_slice_text(pool, entry), "\n", NULL);
}

static void entries_are_visited_without_bad_rows(void **state)
{
    static const char text[] = "\xef\xbb\xbfhttps://a.example # x\n\n"
                               "https://b.example/\n*\nnull\n"
                               "moz-extension://*\n"
                               "https://c.example shop\n"
                               "!https://d.example\n";

    (void)state;
    error_text = "";
    cors_origin_file_visit(pool, cors_slice(text), append_entry, NULL);
    assert_string_equal(error_text, "https://a.example\n!https://d.example\n");
}

static bool has_same_sum(const char *one, const char *other)
{
    const cors_origin_file_t a = read_text(one, strlen(one));
    const cors_origin_file_t b = read_text(other, strlen(other));

    assert_true((a.sum[0] == b.sum[0]) == (a.sum[1] == b.sum[1]));
    return a.sum[0] == b.sum[0];
}

static void sum_depends_on_the_entries_alone(void **state)
{
    (void)state;
    assert_true(has_same_sum("https://a.example\n!https://b.example x\n",
                             "begin 1\n# x\n!https://b.example\tx\n"
                             "https://a.example\nhttps://a.example\nend 4\n"));
    assert_false(has_same_sum("https://a.example\n", "!https://a.example\n"));
    assert_false(has_same_sum("https://a.example\n", "https://a.example x\n"));
    assert_false(has_same_sum("https://a.example x\nhttps://b.example y\n",
                              "https://a.example y\nhttps://b.example x\n"));
    assert_false(has_same_sum("", "https://a.example\n"));
    /* the same on all machines and in all versions */
    assert_int_equal(read_text("https://a.example shop\n", 23).sum[0],
                     APR_UINT64_C(0x6820e6def4a5dc54));
    assert_int_equal(read_text("https://a.example shop\n", 23).sum[1],
                     APR_UINT64_C(0xcb56ebc81a786813));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_formats_are_equivalent),
        cmocka_unit_test(errors_have_line_numbers),
        cmocka_unit_test(wrong_encoding_is_the_only_error),
        cmocka_unit_test(entries_with_commas_get_a_suggestion),
        cmocka_unit_test(lines_that_may_exclude_are_never_skipped),
        cmocka_unit_test(errors_of_the_whole_file_are_never_skipped),
        cmocka_unit_test(file_with_too_many_lines_is_one_error),
        cmocka_unit_test(lines_have_a_longest_length),
        cmocka_unit_test(entries_are_visited_without_bad_rows),
        cmocka_unit_test(empty_file_lists_no_origin),
        cmocka_unit_test(absent_text_lists_no_origin),
        cmocka_unit_test(empty_lines_need_no_room),
        cmocka_unit_test(byte_order_mark_alone_is_a_cut_line),
        cmocka_unit_test(frame_is_read_whole_or_rejected),
        cmocka_unit_test(first_public_suffix_is_reported),
        cmocka_unit_test(first_plain_http_origin_is_reported),
        cmocka_unit_test(second_column_is_a_tenant),
        cmocka_unit_test(tenants_that_are_not_names_are_rejected),
        cmocka_unit_test(sum_depends_on_the_entries_alone),
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
