/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Rows of a database as lines of a list: no value becomes another entry. */

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
#include "core/origin/row.h"

static apr_pool_t *pool;
static char line[CORS_ROW_LINE_MAX + 1];

static const cors_slice_t null_value = { NULL, 0 };

static cors_slice_t bytes_of(const char *bytes, apr_size_t len)
{
    const cors_slice_t slice = { bytes, len };

    return slice;
}

/* Write a row from heap copies of the exact lengths, and end the line with NUL. */
static const char *write_row(cors_slice_t origin, bool has_tenant,
                             cors_slice_t tenant)
{
    cors_slice_t copies[2] = { origin, tenant };
    apr_size_t len;
    int i;

    for (i = 0; i < 2; i++) {
        if (copies[i].ptr) {
            char *copy = malloc(copies[i].len ? copies[i].len : 1);

            assert_non_null(copy);
            memcpy(copy, copies[i].ptr, copies[i].len);
            copies[i].ptr = copy;
        }
    }
    len = cors_row_write(line, copies[0], has_tenant, copies[1]);
    assert_true(len <= CORS_ROW_LINE_MAX);
    line[len] = '\0';
    assert_int_equal(strlen(line), len);
    for (i = 0; i < 2; i++) {
        free((void *)(uintptr_t)copies[i].ptr);
    }
    return line;
}

static void count_skipped(void *context, apr_size_t number,
                          const cors_finding_t *finding)
{
    (void)context;
    (void)number;
    (void)finding;
}

/* Read the line that was written, in a frame, as the first module reads it. */
static cors_origin_file_t read_line(void)
{
    static const cors_list_rules_t rules = { 0, count_skipped };
    const char *text = apr_pstrcat(pool, "begin 1\n", line, "\nend 1\n", NULL);

    return cors_origin_file_read(pool, cors_slice(text), &rules, count_skipped,
                                 NULL);
}

static void fields_are_written_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(write_row(cors_slice("https://a.example"), false,
                                  null_value),
                        "https://a.example");
    assert_string_equal(write_row(cors_slice("!https://*.a.example:*"), true,
                                  cors_slice("a.test")),
                        "!https://*.a.example:*\ta.test");
    assert_string_equal(write_row(cors_slice("https://a.example#b"), true,
                                  cors_slice("t#\xc3\xa9\\")),
                        "https://a.example#b\tt#\xc3\xa9\\");
    assert_string_equal(write_row(cors_slice("ends"), true, cors_slice("En")),
                        "ends\tEn");
}

static void other_values_are_marked(void **state)
{
    (void)state;
    assert_string_equal(write_row(null_value, false, null_value), "\\N");
    assert_string_equal(write_row(cors_slice(""), false, null_value), "\"\"");
    assert_string_equal(write_row(null_value, true, null_value), "\\N\t\\N");
    assert_string_equal(write_row(cors_slice("a"), true, cors_slice("")),
                        "a\t\"\"");
    assert_string_equal(write_row(cors_slice("#a"), true, cors_slice("#")),
                        "\\#a\t\\#");
    assert_string_equal(write_row(cors_slice("end"), true, cors_slice("end")),
                        "\\end\t\\end");
    assert_string_equal(write_row(bytes_of("a\0b", 3), true,
                                  bytes_of(" \t\r\n\x7f\0", 6)),
                        "a\\x00b\t\\x20\\x09\\x0d\\x0a\\x7f\\x00");
}

static void long_values_are_cut(void **state)
{
    char text[1002];
    char expected[300];

    (void)state;
    memset(text, 'x', sizeof(text));
    write_row(bytes_of(text, 1000), false, null_value);
    assert_int_equal(strlen(line), 1000);
    memset(expected, 'x', 200);
    strcpy(expected + 200, "\\...");
    assert_string_equal(write_row(bytes_of(text, 1001), false, null_value),
                        expected);
    text[1000] = '!';
    strcpy(expected + 200, "\\...!");
    assert_string_equal(write_row(bytes_of(text, 1001), false, null_value),
                        expected);
    memset(text, '\n', sizeof(text));
    write_row(bytes_of(text, 1001), true, bytes_of(text, 1001));
    assert_int_equal(strlen(line), 2 * (4 * 200 + 4) + 1);
}

/* Whatever byte is wherever: the line is the row, or an error. */
static void no_byte_forges_an_entry(void **state)
{
    static const char *const origins[] = { "https://a.example",
                                           "!https://a.example" };
    unsigned byte;
    apr_size_t at;
    int column;
    int which;

    (void)state;
    for (which = 0; which < 2; which++) {
        for (byte = 0; byte < 256; byte++) {
            for (column = 0; column < 2; column++) {
                for (at = 0; at <= (column ? 6 : strlen(origins[which]));
                     at++) {
                    char changed[40];
                    const char *from = column ? "a.test" : origins[which];
                    const apr_size_t len = strlen(from) + 1;
                    cors_slice_t value;
                    cors_origin_file_t file;
                    apr_size_t entries;

                    memcpy(changed, from, at);
                    changed[at] = (char)byte;
                    memcpy(changed + at + 1, from + at, len - at);
                    value = bytes_of(changed, len);
                    if (column) {
                        write_row(cors_slice(origins[which]), true, value);
                    }
                    else {
                        write_row(value, true, cors_slice("a.test"));
                    }
                    file = read_line();
                    entries = cors_origin_table_listed(file.table)
                              + cors_origin_table_excluded(file.table);
                    assert_int_equal(entries + file.errors + file.skipped, 1);
                    assert_int_equal(file.frame.count, 1);
                    /* an entry is what the row has, for the tenant of the row */
                    if (entries == 1) {
                        assert_null(memchr(line, '\\', strlen(line)));
                        assert_int_equal(cors_origin_table_tenants(file.table),
                                         1);
                    }
                    /* what may be an exclusion is never skipped */
                    if (file.skipped) {
                        assert_int_equal(which, 0);
                    }
                    apr_pool_clear(pool);
                }
            }
        }
    }
}

static void versions_are_visible(void **state)
{
    char version[CORS_FRAME_VERSION_MAX + 1];
    char text[CORS_FRAME_VERSION_MAX + 1];

    (void)state;
    assert_true(cors_row_version(version, cors_slice("17")));
    assert_string_equal(version, "17");
    assert_true(cors_row_version(version, cors_slice("2026-11-30 12:00:00")));
    assert_string_equal(version, "2026-11-30_12:00:00");
    assert_true(cors_row_version(version, bytes_of("a\0\n\x7f\xc3\xa9~!", 8)));
    assert_string_equal(version, "a_____~!");
    assert_true(cors_row_version(version, null_value));
    assert_string_equal(version, "NULL");
    assert_false(cors_row_version(version, cors_slice("")));
    memset(text, 'v', sizeof(text));
    assert_true(cors_row_version(version, bytes_of(text, 64)));
    assert_int_equal(strlen(version), 64);
    assert_false(cors_row_version(version, bytes_of(text, 65)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_written_as_they_are),
        cmocka_unit_test(other_values_are_marked),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(no_byte_forges_an_entry),
        cmocka_unit_test(versions_are_visible)
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
