/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file html.h
 * @brief HTML text, written piece by piece, with every value escaped
 */

#ifndef CORS_HTML_H
#define CORS_HTML_H

#include <apr.h>

/** Receives the text. */
typedef void (*cors_html_fn)(void *context, const char *text, apr_size_t len);

/** Where a page is written to. */
typedef struct {
    cors_html_fn write;
    void *context;
} cors_html_t;

/**
 * Writes markup with values: cors_html(html, "<td>%s</td>", text).
 *
 * The markup must be a string literal; anything else does not compile. A value is
 * always escaped, so that it can only ever be text, or the text of an attribute in
 * double quotes: markup becomes entities, and each byte that is not printable ASCII
 * becomes "\\x" and two digits.
 *
 * Conversions: %s (NULL is an empty text), %d, %lu or %llu (as APR_UINT64_T_FMT), %%.
 *
 * @param html  a const cors_html_t *
 */
#define cors_html(html, ...) cors_html_format(html, "" __VA_ARGS__)

/** What cors_html() calls. Nothing else may call it. */
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void cors_html_format(const cors_html_t *html, const char *markup, ...);

/**
 * Writes one more parameter of the query string in an attribute: "&amp;name=value".
 *
 * @param name   a literal
 * @param value  any bytes; all but letters, digits and -._ are percent-encoded
 */
void cors_html_parameter(const cors_html_t *html, const char *name,
                         const char *value);

#endif /* CORS_HTML_H */
