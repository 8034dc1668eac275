/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The Origin of a request, compared with a separate parser of its grammar. */

#include "fuzz.h"

#include "core/origin/origin.h"

/* The number of bytes from at that are in a set. */
static size_t span_length(cors_slice_t text, size_t at, const char *set)
{
    size_t start = at;

    while (at < text.len && text.ptr[at] && strchr(set, text.ptr[at])) {
        at++;
    }
    return at - start;
}

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* scheme "://" ( host | "[" ipv6 "]" ) [ ":" port ] */
static bool is_origin(cors_slice_t text)
{
    size_t scheme = span_length(text, 0, SMALL DIGITS "+-.");
    size_t host = scheme + 3;
    size_t at;
    size_t digits;

    if (text.len == 4 && memcmp(text.ptr, "null", 4) == 0) {
        return true;
    }
    if (text.len > CORS_ORIGIN_MAX || scheme == 0 || scheme > CORS_SCHEME_MAX
        || !span_length(text, 0, SMALL) || text.len < host
        || memcmp(text.ptr + scheme, "://", 3) != 0) {
        return false;
    }
    if (text.len == host) {
        return scheme == 4 && memcmp(text.ptr, "file", 4) == 0;
    }
    if (text.ptr[host] == '[') {
        at = host + 1 + span_length(text, host + 1, DIGITS "abcdef:");
        if (at == text.len || text.ptr[at] != ']') {
            return false;
        }
        at++;
    }
    else {
        at = host + span_length(text, host, SMALL DIGITS "!$&'()*+-.;=_~");
    }
    if (at == host || at - host > CORS_HOST_MAX) {
        return false;
    }
    if (at == text.len) {
        return true;
    }
    digits = span_length(text, at + 1, DIGITS);
    return text.ptr[at] == ':' && at + 1 + digits == text.len && digits > 0
           && digits < 6 && text.ptr[at + 1] != '0'
           && atoi(text_of(
                  cors_slice_between(text.ptr + at + 1, text.ptr + text.len)))
                  <= 65535;
}

static void check(cors_slice_t input)
{
    cors_origin_t origin;
    cors_origin_t again;
    const char *text;

    if (!cors_origin_parse(input, &origin)) {
        must(!is_origin(input));
        return;
    }
    must(is_origin(input));
    must(origin.text.ptr == input.ptr && origin.text.len == input.len);
    must(cors_origin_same(&origin, &origin) == !origin.null);
    if (origin.null) {
        return;
    }
    /* its parts make the same bytes */
    text =
        apr_pstrcat(pool, text_of(origin.scheme), "://", text_of(origin.host),
                    origin.port ? apr_psprintf(pool, ":%u", origin.port) : NULL,
                    NULL);
    must(cors_slice_equal(input, cors_slice(text)));
    /* similar texts are rejected */
    must(!cors_origin_parse(cors_slice(apr_pstrcat(pool, text, "/", NULL)),
                            &again));
    must(
        !cors_origin_parse(cors_slice(apr_pstrcat(pool, text, ",", text, NULL)),
                           &again));
    must(!cors_origin_parse(cors_slice(apr_pstrcat(pool, " ", text, NULL)),
                            &again));
    /* another host is another origin */
    text = apr_pstrcat(pool, text_of(origin.scheme), "://a",
                       text_of(origin.host), NULL);
    must(!cors_origin_parse(cors_slice(text), &again)
         || !cors_origin_same(&origin, &again));
}
