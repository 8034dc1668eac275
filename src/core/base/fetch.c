/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The lists of methods and header names in the Fetch Standard.
 *
 * It is its own file so that the lists can be compared with the standard in one place.
 * It does not know any policy: it only answers whether a name is on a list. Only the
 * safelisted methods are compared case-sensitively, as Fetch requires. A linear search
 * is sufficient, because the lists are short.
 */

#include "core/base/fetch.h"

#include <string.h>

/* Every list ends with NULL and keeps the order of its standard. */

static const char *const forbidden_methods[] = { "CONNECT", "TRACE", "TRACK",
                                                 NULL };

static const char *const safelisted_methods[] = { "GET", "HEAD", "POST", NULL };

static const char *const well_known_methods[] = {
    "DELETE",   "GET",   "HEAD", "OPTIONS",   "POST", "PUT",  "PATCH",
    "PROPFIND", "MKCOL", "COPY", "PROPPATCH", "MOVE", "LOCK", "UNLOCK",
    "REPORT",   "QUERY", "ACL",  "SEARCH",    NULL
};

static const char *const forbidden_request_headers[] = {
    "Accept-Charset",
    "Accept-Encoding",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Access-Control-Request-Private-Network",
    "Connection",
    "Content-Length",
    "Cookie",
    "Cookie2",
    "Date",
    "DNT",
    "Expect",
    "Host",
    "Keep-Alive",
    "Origin",
    "Referer",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    NULL
};

static const char *const forbidden_request_prefixes[] = { "proxy-", "sec-",
                                                          NULL };

static const char *const forbidden_response_headers[] = { "Set-Cookie",
                                                          "Set-Cookie2", NULL };

static const char *const safelisted_response_headers[] = {
    "Cache-Control", "Content-Language", "Content-Length", "Content-Type",
    "Expires",       "Last-Modified",    "Pragma",         NULL
};

static const char *const response_only_headers[] = {
    "Accept-Ranges",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Private-Network",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Age",
    "Allow",
    "Alt-Svc",
    "Authentication-Info",
    "Clear-Site-Data",
    "Content-Security-Policy",
    "Content-Security-Policy-Report-Only",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "ETag",
    "Last-Modified",
    "Location",
    "Permissions-Policy",
    "Proxy-Authenticate",
    "Referrer-Policy",
    "Retry-After",
    "Server",
    "Server-Timing",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Timing-Allow-Origin",
    "Vary",
    "WWW-Authenticate",
    "X-Content-Type-Options",
    "X-Frame-Options",
    NULL
};

static const char *const request_only_headers[] = {
    /*
     * In a response, Accept and Accept-Encoding announce what the next request may
     * contain (RFC 9110, 12.5.1 and 12.5.3), so they are not listed here.
     */
    "Accept-Charset",
    "Accept-Language",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Access-Control-Request-Private-Network",
    "Cookie",
    "DNT",
    "Expect",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Origin",
    "Proxy-Authorization",
    "Referer",
    "TE",
    "Upgrade-Insecure-Requests",
    "User-Agent",
    NULL
};

bool cors_fetch_forbidden_method(cors_slice_t method)
{
    return cors_slice_find_nocase(method, forbidden_methods) != NULL;
}

bool cors_fetch_safelisted_method(cors_slice_t method)
{
    return cors_slice_is_one_of(method, safelisted_methods);
}

const char *cors_fetch_well_known_method(cors_slice_t method)
{
    return cors_slice_find_nocase(method, well_known_methods);
}

bool cors_fetch_forbidden_request_header(cors_slice_t name)
{
    const char *const *prefix;
    cors_slice_t head;

    for (prefix = forbidden_request_prefixes; *prefix; prefix++) {
        head.ptr = name.ptr;
        head.len = strlen(*prefix);
        if (head.len <= name.len && cors_slice_is_nocase(head, *prefix)) {
            return true;
        }
    }
    return cors_slice_find_nocase(name, forbidden_request_headers) != NULL;
}

bool cors_fetch_forbidden_response_header(cors_slice_t name)
{
    return cors_slice_find_nocase(name, forbidden_response_headers) != NULL;
}

bool cors_fetch_safelisted_response_header(cors_slice_t name)
{
    return cors_slice_find_nocase(name, safelisted_response_headers) != NULL;
}

bool cors_fetch_non_wildcard_header(cors_slice_t name)
{
    return cors_slice_is_nocase(name, "Authorization");
}

bool cors_fetch_response_only_header(cors_slice_t name)
{
    return cors_slice_find_nocase(name, response_only_headers) != NULL;
}

bool cors_fetch_request_only_header(cors_slice_t name)
{
    return cors_slice_find_nocase(name, request_only_headers) != NULL;
}

unsigned cors_fetch_default_port(cors_slice_t scheme)
{
    static const struct {
        const char *scheme;
        unsigned port;
    } defaults[] = { { "https", 443 },
                     { "http", 80 },
                     { "ftp", 21 },
                     { "ws", 80 },
                     { "wss", 443 } };
    apr_size_t i;

    for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        if (cors_slice_is(scheme, defaults[i].scheme)) {
            return defaults[i].port;
        }
    }
    return 0;
}
