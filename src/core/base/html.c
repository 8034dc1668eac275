/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes HTML: literal markup with values, every value escaped.
 *
 * It is its own file so that the pages cannot write a value in any other way: host
 * names, origins and paths come from clients, and any of them may hold markup. It
 * allocates nothing and knows no elements. The trick is in the header: the macro
 * concatenates the markup with an empty literal, so a variable does not compile.
 */

#include "core/base/html.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <apr_strings.h>

static const char digits[] = "0123456789abcdef";

static void put(const cors_html_t *html, const char *text, apr_size_t len)
{
    if (len > 0) {
        html->write(html->context, text, len);
    }
}

/* Returns the entity of a character that has a meaning in markup; NULL: it has none. */
static const char *entity(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool is_printable(char c)
{
    return c >= ' ' && c < 0x7f;
}

static void put_text(const cors_html_t *html, const char *text)
{
    while (text && *text) {
        apr_size_t plain = 0;

        while (text[plain] && is_printable(text[plain])
               && !entity(text[plain])) {
            plain++;
        }
        put(html, text, plain);
        text += plain;
        if (*text && is_printable(*text)) {
            put(html, entity(*text), strlen(entity(*text)));
            text++;
        }
        else if (*text) {
            unsigned char c = (unsigned char)*text++;
            const char seen[] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

            put(html, seen, sizeof(seen));
        }
    }
}

static void put_count(const cors_html_t *html, apr_uint64_t count)
{
    char text[24];

    put(html, text,
        (apr_size_t)apr_snprintf(text, sizeof(text), "%" APR_UINT64_T_FMT,
                                 count));
}

static void put_number(const cors_html_t *html, int number)
{
    char text[16];

    put(html, text, (apr_size_t)apr_snprintf(text, sizeof(text), "%d", number));
}

/* Write the value of a conversion. Returns what follows the conversion. */
static const char *put_value(const cors_html_t *html, const char *conversion,
                             va_list *values)
{
    apr_size_t longs = strspn(conversion, "l");

    conversion += longs;
    if (*conversion == 's') {
        put_text(html, va_arg(*values, const char *));
    }
    else if (*conversion == 'd') {
        put_number(html, va_arg(*values, int));
    }
    else if (*conversion == 'u' && longs == 1) {
        put_count(html, va_arg(*values, unsigned long));
    }
    else if (*conversion == 'u') {
        put_count(html, va_arg(*values, unsigned long long));
    }
    else {
        put(html, "%", 1);
    }
    return conversion + (*conversion ? 1 : 0);
}

void cors_html_format(const cors_html_t *html, const char *markup, ...)
{
    va_list values;

    va_start(values, markup);
    while (*markup) {
        apr_size_t literal = strcspn(markup, "%");

        put(html, markup, literal);
        markup += literal;
        if (*markup) {
            markup = put_value(html, markup + 1, &values);
        }
    }
    va_end(values);
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

void cors_html_parameter(const cors_html_t *html, const char *name,
                         const char *value)
{
    put(html, "&amp;", strlen("&amp;"));
    put_text(html, name);
    put(html, "=", 1);
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        const char encoded[] = { '%', digits[c >> 4], digits[c & 15] };

        if (is_unreserved(*value)) {
            put(html, value, 1);
        }
        else {
            put(html, encoded, sizeof(encoded));
        }
    }
}
