/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The lists of the Fetch Standard, copied here from the standard once more. */

#include "unit.h"

#include "core/base/fetch.h"

static char upper_case(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Each name is in the list in any case; with one byte more or less it is not. */
static void check_in_any_case(bool (*list)(cors_slice_t),
                              const char *const *names)
{
    for (; *names; names++) {
        size_t len = strlen(*names);
        char *loud = apr_pstrdup(pool, *names);
        char *lower = apr_pstrdup(pool, *names);
        size_t i;

        for (i = 0; i < len; i++) {
            loud[i] = upper_case(loud[i]);
            lower[i] = cors_lower(lower[i]);
        }
        same_number(*names, list(exact_copy(*names)), true);
        same_number(*names, list(exact_copy(loud)), true);
        same_number(*names, list(exact_copy(lower)), true);
        same_number(*names, list(exact_bytes(*names, len - 1)), false);
        same_number(*names,
                    list(exact_copy(apr_pstrcat(pool, *names, "x", NULL))),
                    false);
    }
}

/* None of these names is in the list. */
static void check_not_in_list(bool (*list)(cors_slice_t),
                              const char *const *names)
{
    for (; *names; names++) {
        same_number(*names, list(exact_copy(*names)), false);
    }
    assert_false(list(exact_copy("")));
}

static void connect_trace_and_track_are_forbidden(void **state)
{
    static const char *const forbidden[] = { "CONNECT", "TRACE", "TRACK",
                                             NULL };
    static const char *const allowed[] = { "GET", "OPTIONS", "TRACES", "PURGE",
                                           NULL };

    (void)state;
    check_in_any_case(cors_fetch_forbidden_method, forbidden);
    check_not_in_list(cors_fetch_forbidden_method, allowed);
}

static void get_head_and_post_are_safelisted(void **state)
{
    static const char *const asked[] = { "get",    "Post",  "PUT",
                                         "DELETE", "PATCH", "OPTIONS",
                                         "GETS",   "HEA",   NULL };

    (void)state;
    assert_true(cors_fetch_safelisted_method(exact_copy("GET")));
    assert_true(cors_fetch_safelisted_method(exact_copy("HEAD")));
    assert_true(cors_fetch_safelisted_method(exact_copy("POST")));
    check_not_in_list(cors_fetch_safelisted_method, asked);
}

static void well_known_methods_in_any_case(void **state)
{
    static const char *const methods[] = {
        "DELETE", "GET",      "HEAD",   "OPTIONS", "POST",      "PUT",
        "PATCH",  "PROPFIND", "MKCOL",  "COPY",    "PROPPATCH", "MOVE",
        "LOCK",   "UNLOCK",   "REPORT", "QUERY",   "ACL",       "SEARCH"
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(methods); i++) {
        char *lower = apr_pstrdup(pool, methods[i]);

        lower[0] = cors_lower(lower[0]);
        same_text(methods[i],
                  cors_fetch_well_known_method(exact_copy(methods[i])),
                  methods[i]);
        same_text(methods[i], cors_fetch_well_known_method(exact_copy(lower)),
                  methods[i]);
        assert_null(cors_fetch_well_known_method(
            exact_copy(apr_pstrcat(pool, methods[i], "S", NULL))));
    }
    assert_null(cors_fetch_well_known_method(exact_copy("PURGE")));
    assert_null(cors_fetch_well_known_method(exact_copy("")));
}

static void forbidden_request_headers(void **state)
{
    static const char *const forbidden[] = {
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
    static const char *const prefixed[] = { "sec-",      "Sec-Fetch-Site",
                                            "SEC-x",     "proxy-",
                                            "Proxy-Foo", "pRoXy-Authorization",
                                            NULL };
    static const char *const allowed[] = {
        "Authorization", "Content-Type", "sec",      "sect-",
        "secx-y",        "proxy",        "proxies-", "x-sec-",
        "If-Match",      "User-Agent",   NULL
    };
    const char *const *name;

    (void)state;
    for (name = forbidden; *name; name++) {
        const char *longer = apr_pstrcat(pool, *name, "x", NULL);

        same_number(*name,
                    cors_fetch_forbidden_request_header(exact_copy(*name)),
                    true);
        same_number(longer,
                    cors_fetch_forbidden_request_header(exact_copy(longer)),
                    false);
    }
    for (name = prefixed; *name; name++) {
        same_number(*name,
                    cors_fetch_forbidden_request_header(exact_copy(*name)),
                    true);
    }
    check_not_in_list(cors_fetch_forbidden_request_header, allowed);
}

static void set_cookie_is_a_forbidden_response_header(void **state)
{
    static const char *const seen[] = { "Set-Cooki", "Set-Cookie3", "Cookie",
                                        "ETag", NULL };

    (void)state;
    assert_true(cors_fetch_forbidden_response_header(exact_copy("set-cookie")));
    assert_true(
        cors_fetch_forbidden_response_header(exact_copy("SET-COOKIE2")));
    check_not_in_list(cors_fetch_forbidden_response_header, seen);
}

static void seven_response_headers_are_safelisted(void **state)
{
    static const char *const safelisted[] = {
        "Cache-Control", "Content-Language", "Content-Length", "Content-Type",
        "Expires",       "Last-Modified",    "Pragma",         NULL
    };
    static const char *const asked[] = { "ETag", "Content-Encoding", "Date",
                                         "Location", NULL };

    (void)state;
    check_in_any_case(cors_fetch_safelisted_response_header, safelisted);
    check_not_in_list(cors_fetch_safelisted_response_header, asked);
}

static void wildcard_excludes_authorization(void **state)
{
    static const char *const named[] = { "Authorization", NULL };
    static const char *const covered[] = { "Proxy-Authorization",
                                           "Content-Type", "Cookie", NULL };

    (void)state;
    check_in_any_case(cors_fetch_non_wildcard_header, named);
    check_not_in_list(cors_fetch_non_wildcard_header, covered);
}

static void response_only_headers(void **state)
{
    static const char *const names[] = { "Accept-Ranges",
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
                                         NULL };
    static const char *const others[] = { "Content-Type",  "Cache-Control",
                                          "Authorization", "Link",
                                          "X-Etag",        NULL };

    (void)state;
    check_in_any_case(cors_fetch_response_only_header, names);
    assert_true(
        cors_fetch_response_only_header(exact_copy("proxy-authenticate")));
    check_not_in_list(cors_fetch_response_only_header, others);
}

static void request_only_headers(void **state)
{
    static const char *const names[] = {
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
        "Referer",
        "TE",
        "Upgrade-Insecure-Requests",
        "User-Agent",
        NULL
    };
    static const char *const others[] = {
        "Accept", "Accept-Encoding", "Content-Type",
        "ETag",   "Upgrade",         "X-Origin",
        NULL
    };

    (void)state;
    check_in_any_case(cors_fetch_request_only_header, names);
    assert_true(
        cors_fetch_request_only_header(exact_copy("proxy-authorization")));
    check_not_in_list(cors_fetch_request_only_header, others);
}

static void default_ports_of_five_schemes(void **state)
{
    static const struct {
        const char *scheme;
        unsigned port;
    } rows[] = { { "https", 443 }, { "http", 80 },    { "ftp", 21 },
                 { "ws", 80 },     { "wss", 443 },    { "HTTP", 0 },
                 { "httpss", 0 },  { "htt", 0 },      { "file", 0 },
                 { "", 0 },        { "capacitor", 0 } };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].scheme,
                    cors_fetch_default_port(exact_copy(rows[i].scheme)),
                    rows[i].port);
    }
    assert_int_equal(cors_fetch_default_port(cors_slice(NULL)), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(connect_trace_and_track_are_forbidden),
        TEST(get_head_and_post_are_safelisted),
        TEST(well_known_methods_in_any_case),
        TEST(forbidden_request_headers),
        TEST(set_cookie_is_a_forbidden_response_header),
        TEST(seven_response_headers_are_safelisted),
        TEST(wildcard_excludes_authorization),
        TEST(response_only_headers),
        TEST(request_only_headers),
        TEST(default_ports_of_five_schemes),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
