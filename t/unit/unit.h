/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Shared by all unit tests: a pool for each test, input copied to the exact byte, and
 * tables in which each row is a test. */

#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "core/base/list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The pool of the current test, destroyed when it ends. */
static apr_pool_t *pool;

static inline int make_pool(void **state)
{
    (void)state;
    return apr_pool_create(&pool, NULL) == APR_SUCCESS ? 0 : -1;
}

static inline int drop_pool(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static inline apr_status_t free_copy(void *copy)
{
    free(copy);
    return APR_SUCCESS;
}

/* A heap copy of exactly len bytes, so that valgrind and ASan see a read beyond them.
 * It lives as long as the test. */
static inline cors_slice_t exact_bytes(const char *bytes, size_t len)
{
    /* for no bytes, the address after a byte: reading there is an error, too */
    char *copy = malloc(len ? len : 1);
    cors_slice_t slice;

    assert_non_null(copy);
    apr_pool_cleanup_register(pool, copy, free_copy, apr_pool_cleanup_null);
    memcpy(copy, bytes, len);
    slice.ptr = len ? copy : copy + 1;
    slice.len = len;
    return slice;
}

/* Such a copy of a string without its NUL; NULL gives an absent slice. */
static inline cors_slice_t exact_copy(const char *text)
{
    return text ? exact_bytes(text, strlen(text)) : cors_slice(NULL);
}

/* Such a copy of a string with its NUL; NULL stays NULL. */
static inline const char *exact_string(const char *text)
{
    return text ? exact_bytes(text, strlen(text) + 1).ptr : NULL;
}

/* A text repeated. */
static inline char *repeat_text(const char *unit, size_t times)
{
    size_t len = strlen(unit);
    char *text = apr_palloc(pool, len * times + 1);
    size_t i;

    for (i = 0; i < times; i++) {
        memcpy(text + i * len, unit, len);
    }
    text[len * times] = '\0';
    return text;
}

static inline const char *text_of(cors_slice_t slice)
{
    return slice.ptr ? apr_pstrmemdup(pool, slice.ptr, slice.len) : "(absent)";
}

static inline const char *or_none(const char *text)
{
    return text ? text : "(none)";
}

/* Append a text to a list with a separator. */
static inline const char *join_with(const char *list, const char *between,
                                    const char *text)
{
    return *list ? apr_pstrcat(pool, list, between, text, NULL) : text;
}

/* Append a field of a table as a line "name: value". */
static inline int append_line(void *context, const char *name,
                              const char *value)
{
    const char **lines = context;

    *lines = apr_pstrcat(pool, *lines, name, ": ", value, "\n", NULL);
    return 1;
}

static inline const char *lines_of(const apr_table_t *table)
{
    const char *lines = "";

    apr_table_do(append_line, &lines, table, NULL);
    return lines;
}

/* Fail unless both texts are equal; what names the case in the message. */
static inline void same_text(const char *what, const char *is,
                             const char *expected)
{
    if (strcmp(or_none(is), or_none(expected)) != 0) {
        fail_msg("%s: is '%s', expected '%s'", what, or_none(is),
                 or_none(expected));
    }
}

static inline void same_number(const char *what, long is, long expected)
{
    if (is != expected) {
        fail_msg("%s: is %ld, expected %ld", what, is, expected);
    }
}

/* A table of tests. Each row starts with its name, and check() gets the row as its
 * state. */
typedef struct {
    CMUnitTestFunction check;
    const void *rows;
    size_t size;
    size_t count;
} table_t;

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, make_pool, drop_pool)
#define TABLE(check, rows) { check, rows, sizeof((rows)[0]), COUNT(rows) }

static inline int run_all_tests(const struct CMUnitTest *tests,
                                size_t test_count, const table_t *tables,
                                size_t table_count)
{
    struct CMUnitTest *all;
    size_t count = test_count;
    size_t i;
    size_t row;
    int failed;

    apr_initialize();
    for (i = 0; i < table_count; i++) {
        count += tables[i].count;
    }
    all = calloc(count, sizeof(*all));
    if (!all) {
        return 1;
    }
    count = 0;
    for (i = 0; i < table_count; i++) {
        for (row = 0; row < tables[i].count; row++) {
            const char *at =
                (const char *)tables[i].rows + row * tables[i].size;
            const struct CMUnitTest test = {
                *(const char *const *)(const void *)at, tables[i].check,
                make_pool, drop_pool, (void *)(uintptr_t)at
            };

            all[count++] = test;
        }
    }
    for (i = 0; i < test_count; i++) {
        all[count++] = tests[i];
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = _cmocka_run_group_tests("tests", all, count, NULL, NULL);
    free(all);
    apr_terminate();
    return failed;
}

#endif /* UNIT_H */
