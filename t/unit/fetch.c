/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The Fetch Standard's lists, written here once more from the standard. */

#include "unit.h"

#include "core/base/fetch.h"

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Every name in any case is in the list; one byte more or less is not. */
static void holds_in_any_case(bool (*list)(cors_slice_t),
                              const char *const *names)
{
    for (; *names; names++) {
        size_t len = strlen(*names);
        char *loud = apr_pstrdup(pool, *names);
        char *lower = apr_pstrdup(pool, *names);
        size_t i;

        for (i = 0; i < len; i++) {
            loud[i] = upper(loud[i]);
            lower[i] = cors_lower(lower[i]);
        }
        same_number(*names, list(exactly(*names)), true);
        same_number(*names, list(exactly(loud)), true);
        same_number(*names, list(exactly(lower)), true);
        same_number(*names, list(exactly_bytes(*names, len - 1)), false);
        same_number(*names, list(exactly(apr_pstrcat(pool, *names, "x", NULL))),
                    false);
    }
}

/* None of some names is in the list. */
static void holds_none(bool (*list)(cors_slice_t), const char *const *names)
{
    for (; *names; names++) {
        same_number(*names, list(exactly(*names)), false);
    }
    assert_false(list(exactly("")));
}

static void connect_trace_and_track_are_forbidden_in_any_case(void **state)
{
    static const char *const forbidden[] = { "CONNECT", "TRACE", "TRACK",
                                             NULL };
    static const char *const allowed[] = { "GET", "OPTIONS", "TRACES", "PURGE",
                                           NULL };

    (void)state;
    holds_in_any_case(cors_fetch_forbidden_method, forbidden);
    holds_none(cors_fetch_forbidden_method, allowed);
}

static void get_head_and_post_in_capitals_need_no_permission(void **state)
{
    static const char *const asked[] = { "get",    "Post",  "PUT",
                                         "DELETE", "PATCH", "OPTIONS",
                                         "GETS",   "HEA",   NULL };

    (void)state;
    assert_true(cors_fetch_safelisted_method(exactly("GET")));
    assert_true(cors_fetch_safelisted_method(exactly("HEAD")));
    assert_true(cors_fetch_safelisted_method(exactly("POST")));
    holds_none(cors_fetch_safelisted_method, asked);
}

static void a_well_known_method_is_known_in_any_case(void **state)
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
        same_text(methods[i], cors_fetch_well_known_method(exactly(methods[i])),
                  methods[i]);
        same_text(methods[i], cors_fetch_well_known_method(exactly(lower)),
                  methods[i]);
        assert_null(cors_fetch_well_known_method(
            exactly(apr_pstrcat(pool, methods[i], "S", NULL))));
    }
    assert_null(cors_fetch_well_known_method(exactly("PURGE")));
    assert_null(cors_fetch_well_known_method(exactly("")));
}

static void a_script_cannot_set_the_forbidden_request_headers(void **state)
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

        same_number(*name, cors_fetch_forbidden_request_header(exactly(*name)),
                    true);
        same_number(longer,
                    cors_fetch_forbidden_request_header(exactly(longer)),
                    false);
    }
    for (name = prefixed; *name; name++) {
        same_number(*name, cors_fetch_forbidden_request_header(exactly(*name)),
                    true);
    }
    holds_none(cors_fetch_forbidden_request_header, allowed);
}

static void a_script_never_sees_set_cookie(void **state)
{
    static const char *const seen[] = { "Set-Cooki", "Set-Cookie3", "Cookie",
                                        "ETag", NULL };

    (void)state;
    assert_true(cors_fetch_forbidden_response_header(exactly("set-cookie")));
    assert_true(cors_fetch_forbidden_response_header(exactly("SET-COOKIE2")));
    holds_none(cors_fetch_forbidden_response_header, seen);
}

static void a_script_sees_seven_response_headers_unasked(void **state)
{
    static const char *const safelisted[] = {
        "Cache-Control", "Content-Language", "Content-Length", "Content-Type",
        "Expires",       "Last-Modified",    "Pragma",         NULL
    };
    static const char *const asked[] = { "ETag", "Content-Encoding", "Date",
                                         "Location", NULL };

    (void)state;
    holds_in_any_case(cors_fetch_safelisted_response_header, safelisted);
    holds_none(cors_fetch_safelisted_response_header, asked);
}

static void a_wildcard_stands_for_every_header_but_authorization(void **state)
{
    static const char *const named[] = { "Authorization", NULL };
    static const char *const covered[] = { "Proxy-Authorization",
                                           "Content-Type", "Cookie", NULL };

    (void)state;
    holds_in_any_case(cors_fetch_non_wildcard_header, named);
    holds_none(cors_fetch_non_wildcard_header, covered);
}

static void headers_of_responses_alone_are_known(void **state)
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
    holds_in_any_case(cors_fetch_response_only_header, names);
    assert_true(cors_fetch_response_only_header(exactly("proxy-authenticate")));
    holds_none(cors_fetch_response_only_header, others);
}

static void headers_of_requests_alone_are_known(void **state)
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
    holds_in_any_case(cors_fetch_request_only_header, names);
    assert_true(cors_fetch_request_only_header(exactly("proxy-authorization")));
    holds_none(cors_fetch_request_only_header, others);
}

static void five_schemes_have_a_port_that_goes_without_saying(void **state)
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
                    cors_fetch_default_port(exactly(rows[i].scheme)),
                    rows[i].port);
    }
    assert_int_equal(cors_fetch_default_port(cors_slice(NULL)), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(connect_trace_and_track_are_forbidden_in_any_case),
        TEST(get_head_and_post_in_capitals_need_no_permission),
        TEST(a_well_known_method_is_known_in_any_case),
        TEST(a_script_cannot_set_the_forbidden_request_headers),
        TEST(a_script_never_sees_set_cookie),
        TEST(a_script_sees_seven_response_headers_unasked),
        TEST(a_wildcard_stands_for_every_header_but_authorization),
        TEST(headers_of_responses_alone_are_known),
        TEST(headers_of_requests_alone_are_known),
        TEST(five_schemes_have_a_port_that_goes_without_saying),
    };

    return run(tests, COUNT(tests), NULL, 0);
}
