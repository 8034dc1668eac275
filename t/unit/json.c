/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* JSON text, as the writer of src/core/base/json.c makes it. */

#include "unit.h"

#include "core/base/json.h"

/* the text so far */
typedef struct {
    const char *text;
} sink_t;

static void append_output(void *context, const char *text, apr_size_t len)
{
    sink_t *sink = context;

    sink->text =
        apr_pstrcat(pool, sink->text, apr_pstrmemdup(pool, text, len), NULL);
}

static sink_t *start_writer(cors_json_t *json)
{
    sink_t *sink = apr_palloc(pool, sizeof(*sink));

    sink->text = "";
    cors_json_start(json, append_output, sink);
    return sink;
}

/* A string as the writer makes it. */
static const char *json_string(const char *text)
{
    /* NUL-terminated, on the heap, of exact length */
    cors_slice_t copy = exact_bytes(text, strlen(text) + 1);
    cors_json_t json;
    sink_t *sink = start_writer(&json);

    cors_json_string(&json, NULL, copy.ptr);
    return sink->text;
}

static void objects_and_arrays_nest_by_lines(void **state)
{
    cors_json_t json;
    sink_t *sink = start_writer(&json);

    (void)state;
    cors_json_open(&json, NULL, '{');
    cors_json_string(&json, "a", "text");
    cors_json_string(&json, "b", NULL);
    cors_json_open(&json, "c", '[');
    cors_json_number(&json, NULL, 1);
    cors_json_open(&json, NULL, '{');
    cors_json_bool(&json, "d", true);
    cors_json_close(&json, '}');
    cors_json_bool(&json, NULL, false);
    cors_json_close(&json, ']');
    cors_json_open(&json, "e", '{');
    cors_json_close(&json, '}');
    cors_json_open(&json, "f", '[');
    cors_json_close(&json, ']');
    cors_json_close(&json, '}');
    assert_string_equal(sink->text, "{\n"
                                    " \"a\": \"text\",\n"
                                    " \"b\": null,\n"
                                    " \"c\": [\n"
                                    "  1,\n"
                                    "  {\n"
                                    "   \"d\": true\n"
                                    "  },\n"
                                    "  false\n"
                                    " ],\n"
                                    " \"e\": {},\n"
                                    " \"f\": []\n"
                                    "}\n");
}

static void empty_object_ends_its_line(void **state)
{
    cors_json_t json;
    sink_t *sink = start_writer(&json);

    (void)state;
    cors_json_open(&json, NULL, '{');
    cors_json_close(&json, '}');
    assert_string_equal(sink->text, "{}\n");
}

static void numbers_are_signed_64_bit(void **state)
{
    static const struct {
        apr_int64_t number;
        const char *text;
    } rows[] = {
        { 0, "0" },
        { -1, "-1" },
        { 4294967296, "4294967296" },
        { INT64_MAX, "9223372036854775807" },
        { INT64_MIN, "-9223372036854775808" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_json_t json;
        sink_t *sink = start_writer(&json);

        cors_json_number(&json, NULL, rows[i].number);
        assert_string_equal(sink->text, rows[i].text);
    }
}

static void quotes_controls_and_markup_are_escaped(void **state)
{
    int c;

    (void)state;
    for (c = 1; c < 128; c++) {
        const char text[] = { 'a', (char)c, 'b', '\0' };
        bool escaped = c < 32 || c == 127 || strchr("\"\\<>&'", c);

        same_text(text, json_string(text),
                  escaped ? apr_psprintf(pool, "\"a\\u%04xb\"", (unsigned)c)
                          : apr_psprintf(pool, "\"%s\"", text));
    }
}

static void names_are_escaped_like_strings(void **state)
{
    cors_json_t json;
    sink_t *sink = start_writer(&json);

    (void)state;
    cors_json_open(&json, NULL, '{');
    cors_json_bool(&json, "\"\xff", true);
    cors_json_close(&json, '}');
    assert_string_equal(sink->text, "{\n \"\\u0022\\ufffd\": true\n}\n");
}

static void utf_8_is_written_unchanged(void **state)
{
    static const char *const rows[] = {
        "\xc2\x80",         "\xc3\xbc",         "\xdf\xbf",
        "\xe0\xa0\x80",     "\xe2\x82\xac",     "\xec\xbf\xbf",
        "\xed\x80\x80",     "\xed\x9f\xbf",     "\xee\x80\x80",
        "\xef\xbf\xbf",     "\xf0\x90\x80\x80", "\xf0\x9f\x92\xa9",
        "\xf3\xbf\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xe0\xbf\xbf",
        "\xf4\x80\x80\x80",
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_text(rows[i],
                  json_string(apr_pstrcat(pool, "a", rows[i], "b", NULL)),
                  apr_pstrcat(pool, "\"a", rows[i], "b\"", NULL));
    }
}

static void invalid_utf_8_is_replaced_byte_by_byte(void **state)
{
    /* the bytes, and how many of them are replaced */
    static const struct {
        const char *bytes;
        size_t replaced;
    } rows[] = {
        /* continuation bytes alone */
        { "\x80", 1 },
        { "\xbf", 1 },
        /* overlong */
        { "\xc0\xaf", 2 },
        { "\xc1\xbf", 2 },
        { "\xe0\x80\x80", 3 },
        { "\xe0\x9f\xbf", 3 },
        { "\xf0\x80\x80\x80", 4 },
        { "\xf0\x8f\xbf\xbf", 4 },
        /* surrogates */
        { "\xed\xa0\x80", 3 },
        { "\xed\xbf\xbf", 3 },
        { "\xed\xa0\x80\xed\xb0\x80", 6 },
        /* beyond U+10FFFF */
        { "\xf4\x90\x80\x80", 4 },
        { "\xf5\x80\x80\x80", 4 },
        { "\xf8\x88\x80\x80\x80", 5 },
        { "\xfe", 1 },
        { "\xff", 1 },
        /* truncated sequences */
        { "\xc3", 1 },
        { "\xdf", 1 },
        { "\xe2", 1 },
        { "\xe2\x82", 2 },
        { "\xef\xbf", 2 },
        { "\xf0", 1 },
        { "\xf0\x9f", 2 },
        { "\xf0\x9f\x92", 3 },
        { "\xf4\x8f\xbf", 3 },
        { "\xc3\xc3", 2 },
        { "\xe2\xff\xff", 3 },
        { "\xe2\x82\xc2", 3 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const char *replaced = repeat_text("\\ufffd", rows[i].replaced);

        /* at the end, and before a valid character */
        same_text(rows[i].bytes, json_string(rows[i].bytes),
                  apr_pstrcat(pool, "\"", replaced, "\"", NULL));
        same_text(rows[i].bytes,
                  json_string(
                      apr_pstrcat(pool, rows[i].bytes, "(\xc3\xbc", NULL)),
                  apr_pstrcat(pool, "\"", replaced, "(\xc3\xbc\"", NULL));
    }
}

static void script_line_ends_are_escaped(void **state)
{
    (void)state;
    same_text("both",
              json_string("a\xe2\x80\xa8"
                          "b\xe2\x80\xa9"),
              "\"a\\u2028b\\u2029\"");
    same_text("neighbours", json_string("\xe2\x80\xa7\xe2\x80\xaa"),
              "\"\xe2\x80\xa7\xe2\x80\xaa\"");
}

static void deep_nesting_stays_in_bounds(void **state)
{
    cors_json_t json;
    sink_t *sink = start_writer(&json);
    int i;

    (void)state;
    for (i = 0; i < CORS_JSON_DEPTH - 1; i++) {
        cors_json_open(&json, NULL, '[');
    }
    assert_int_equal(json.depth, CORS_JSON_DEPTH - 1);
    for (i = 0; i < CORS_JSON_DEPTH; i++) {
        cors_json_open(&json, NULL, '[');
    }
    assert_int_equal(json.depth, CORS_JSON_DEPTH - 1);
    for (i = 0; i < 2 * CORS_JSON_DEPTH; i++) {
        cors_json_close(&json, ']');
    }
    assert_int_equal(json.depth, 0);
    assert_non_null(strstr(sink->text, "[]"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(objects_and_arrays_nest_by_lines),
        TEST(empty_object_ends_its_line),
        TEST(numbers_are_signed_64_bit),
        TEST(quotes_controls_and_markup_are_escaped),
        TEST(names_are_escaped_like_strings),
        TEST(utf_8_is_written_unchanged),
        TEST(invalid_utf_8_is_replaced_byte_by_byte),
        TEST(script_line_ends_are_escaped),
        TEST(deep_nesting_stays_in_bounds),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
