/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* HTML text, as the writer of src/core/base/html.c makes it. */

#include "unit.h"

#include "core/base/html.h"

/* the text so far */
static const char *written;

static void append_output(void *context, const char *text, apr_size_t len)
{
    (void)context;
    written = apr_pstrcat(pool, written, apr_pstrmemdup(pool, text, len), NULL);
}

static const cors_html_t sink = { append_output, NULL };

/* A value as the writer makes it, from a buffer of exact length. */
static const char *html_value(const char *text)
{
    written = "";
    cors_html(&sink, "%s", exact_bytes(text, strlen(text) + 1).ptr);
    return written;
}

static void markup_of_a_value_becomes_entities(void **state)
{
    static const struct {
        const char *value;
        const char *html;
    } rows[] = {
        { "", "" },
        { "https://app.example", "https://app.example" },
        { "<script>alert(1)</script>",
          "&lt;script&gt;alert(1)&lt;/script&gt;" },
        { "\"><img src=x onerror='a'>",
          "&quot;&gt;&lt;img src=x onerror=&#39;a&#39;&gt;" },
        { "&lt;", "&amp;lt;" },
        { "a\tb\r\n", "a\\x09b\\x0d\\x0a" },
        { "\xe2\x80\xae\x7f\x80\xff~", "\\xe2\\x80\\xae\\x7f\\x80\\xff~" },
        { "%s%n%%", "%s%n%%" },
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_string_equal(html_value(rows[i].value), rows[i].html);
    }
}

/* No byte of a value but these reaches the page as it is. */
static void no_byte_of_a_value_is_markup(void **state)
{
    int c;

    (void)state;
    for (c = 1; c < 256; c++) {
        const char value[] = { (char)c, '\0' };
        const char *html = html_value(value);

        assert_null(strpbrk(html, "<>\"'"));
        assert_true(strcmp(html, value) == 0 || html[0] == '&'
                    || strlen(html) == sizeof("\\x00") - 1);
        for (; *html; html++) {
            assert_in_range(*html, ' ', '~');
        }
    }
}

static void markup_stays_as_it_is(void **state)
{
    (void)state;
    written = "";
    cors_html(&sink, "<a href=\"?a&amp;b\">%s</a> 100%%", "<b>");
    assert_string_equal(written, "<a href=\"?a&amp;b\">&lt;b&gt;</a> 100%");
}

static void numbers_and_absent_values(void **state)
{
    /* the compiler must not know the value, since it warns of NULL for printf() */
    const char *volatile absent = NULL;

    (void)state;
    written = "";
    cors_html(&sink, "%d %d %" APR_UINT64_T_FMT " %llu [%s]", -7, 204,
              (apr_uint64_t)APR_UINT64_MAX, 5ULL, absent);
    assert_string_equal(written, "-7 204 18446744073709551615 5 []");
}

static void parameters_are_percent_encoded(void **state)
{
    (void)state;
    written = "";
    cors_html_parameter(&sink, "url", "http://a.example/x?&y=\"<'%\xff");
    assert_string_equal(
        written, "&amp;url=http%3a%2f%2fa.example%2fx%3f%26y%3d%22%3c%27%25"
                 "%ff");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(markup_of_a_value_becomes_entities),
        TEST(no_byte_of_a_value_is_markup),
        TEST(markup_stays_as_it_is),
        TEST(numbers_and_absent_values),
        TEST(parameters_are_percent_encoded),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
