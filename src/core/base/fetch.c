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

/* Headers that scripts often set. None of these names is reported as misspelled. */
static const char *const usual_request_headers[] = { "Accept",
                                                     "Accept-Language",
                                                     "Api-Key",
                                                     "ApiKey",
                                                     "Authorization",
                                                     "Cache-Control",
                                                     "Content-Language",
                                                     "Content-Type",
                                                     "Idempotency-Key",
                                                     "If-Match",
                                                     "If-Modified-Since",
                                                     "If-None-Match",
                                                     "If-Unmodified-Since",
                                                     "Range",
                                                     "X-Api-Key",
                                                     "X-ApiKey",
                                                     "X-Authorization",
                                                     "X-CSRF-Token",
                                                     "X-CSRFToken",
                                                     "X-HTTP-Method-Override",
                                                     "X-Requested-With",
                                                     "X-XSRF-Token",
                                                     NULL };

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

/* Returns the word that differs from a text by one edit; NULL: there is none, or the
 * text is one of the words. */
static const char *find_near(cors_slice_t text, const char *const *words)
{
    const char *const *word;

    if (text.len < 4 || cors_slice_find_nocase(text, words)) {
        return NULL;
    }
    for (word = words; *word; word++) {
        if (cors_slice_is_near(text, *word)) {
            return *word;
        }
    }
    return NULL;
}

const char *cors_fetch_near_method(cors_slice_t method)
{
    return find_near(method, well_known_methods);
}

/* Returns whether two names are equal apart from hyphens and underscores. */
static bool same_letters(cors_slice_t name, const char *word)
{
    apr_size_t i = 0;

    for (;;) {
        while (i < name.len && (name.ptr[i] == '-' || name.ptr[i] == '_')) {
            i++;
        }
        word += strspn(word, "-_");
        if (i == name.len || !*word) {
            return i == name.len && !*word;
        }
        if (cors_lower(name.ptr[i++]) != cors_lower(*word++)) {
            return false;
        }
    }
}

const char *cors_fetch_near_request_header(cors_slice_t name)
{
    const char *const *word;

    if (cors_slice_find_nocase(name, usual_request_headers)) {
        return NULL;
    }
    for (word = usual_request_headers; *word; word++) {
        if (same_letters(name, *word)) {
            return *word;
        }
    }
    return find_near(name, usual_request_headers);
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

bool cors_fetch_has_ids(cors_slice_t scheme)
{
    static const char *const schemes[] = {
        "chrome-extension",     "isolated-app",     "moz-extension",
        "ms-browser-extension", "safari-extension", "safari-web-extension",
        "vscode-webview"
    };
    apr_size_t i;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (cors_slice_is(scheme, schemes[i])) {
            return true;
        }
    }
    return false;
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
