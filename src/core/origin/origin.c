/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Parses the value of an Origin header into scheme, host and port. It is a separate
 * file because every request runs it: it reads each byte at most once and never
 * allocates. It does not check the host beyond the bytes that it may have; the
 * stricter check of what an administrator writes is in pattern.c. Only serialized
 * origins are accepted, so a comparison of bytes is enough afterwards.
 */

#include "core/origin/origin.h"

#include <string.h>

#include <apr_lib.h>

#include "core/base/fetch.h"
#include "core/base/host.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_ipv6_byte(char c)
{
    return apr_isdigit(c) || (c >= 'a' && c <= 'f') || c == ':';
}

/* Returns the end of the scheme that starts at p; p itself if there is none. */
static const char *scheme_end(const char *p, const char *end)
{
    if (p == end || !is_lower(*p)) {
        return p;
    }
    while (p < end && cors_byte_is(*p, CORS_BYTE_SCHEME)) {
        p++;
    }
    return p;
}

static inline bool four_of_host(const char *p)
{
    const unsigned char *bytes = (const unsigned char *)p;

    return (cors_bytes[bytes[0]] & cors_bytes[bytes[1]] & cors_bytes[bytes[2]]
            & cors_bytes[bytes[3]] & CORS_BYTE_HOST)
           != 0;
}

/* Returns the end of the host that starts at p, brackets included; NULL if a
 * bracket is not closed. */
static const char *host_end(const char *p, const char *end)
{
    if (p < end && *p == '[') {
        for (p++; p < end && is_ipv6_byte(*p); p++) {
        }
        return p < end && *p == ']' ? p + 1 : NULL;
    }
    /* This loop runs for every request with an origin: test four bytes at once. */
    while (end - p >= 4 && four_of_host(p)) {
        p += 4;
    }
    while (p < end && cors_byte_is(*p, CORS_BYTE_HOST)) {
        p++;
    }
    return p;
}

bool cors_origin_parse(cors_slice_t text, cors_origin_t *origin)
{
    const char *p = text.ptr;
    const char *end;
    cors_slice_t digits;

    memset(origin, 0, sizeof(*origin));
    if (!p || text.len > CORS_ORIGIN_MAX) {
        return false;
    }
    origin->text = text;
    end = p + text.len;
    if (text.len == 4 && memcmp(p, "null", 4) == 0) {
        origin->null = true;
        return true;
    }

    origin->scheme.ptr = p;
    /* Nearly all origins start with https://: try that first. */
    if (text.len > 8 && memcmp(p, "https://", 8) == 0) {
        origin->scheme.len = 5;
    }
    else {
        p = scheme_end(p, end);
        origin->scheme.len = (apr_size_t)(p - text.ptr);
        if (p == text.ptr || origin->scheme.len > CORS_SCHEME_MAX || end - p < 3
            || memcmp(p, "://", 3) != 0) {
            return false;
        }
    }
    p = text.ptr + origin->scheme.len + 3;
    origin->host.ptr = p;
    p = host_end(p, end);
    if (!p) {
        return false;
    }
    origin->host.len = (apr_size_t)(p - origin->host.ptr);
    if (origin->host.len > CORS_HOST_MAX) {
        return false;
    }
    if (p == end) {
        return origin->host.len > 0 || cors_slice_is(origin->scheme, "file");
    }
    if (*p != ':' || origin->host.len == 0) {
        return false;
    }
    digits.ptr = p + 1;
    digits.len = (apr_size_t)(end - digits.ptr);
    origin->port = cors_port_parse(digits);
    return origin->port != 0;
}

static unsigned effective_port(const cors_origin_t *origin)
{
    if (origin->port) {
        return origin->port;
    }
    return cors_fetch_default_port(origin->scheme);
}

bool cors_origin_same(const cors_origin_t *a, const cors_origin_t *b)
{
    return !a->null && !b->null && cors_slice_equal_nocase(a->host, b->host)
           && cors_slice_equal(a->scheme, b->scheme)
           && effective_port(a) == effective_port(b);
}
