/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Patterns: the entries of CorsAllowOrigins, and suggestions for wrong ones. */

#include "unit.h"

#include "core/origin/pattern.h"

static void accepted_pattern_has_its_parts(void **state)
{
    static const struct {
        const char *word;
        bool exclude;
        bool subdomains;
        bool any_port;
        const char *scheme;
        const char *host;
        unsigned port;
    } rows[] = {
        { "https://example.com", false, false, false, "https", "example.com",
          0 },
        { "!https://example.com", true, false, false, "https", "example.com",
          0 },
        { "http://localhost:3000", false, false, false, "http", "localhost",
          3000 },
        { "https://*.example.com", false, true, false, "https", "example.com",
          0 },
        { "https://example.com:*", false, false, true, "https", "example.com",
          0 },
        { "!https://*.example.com:*", true, true, true, "https", "example.com",
          0 },
        { "https://*.example.com:8443", false, true, false, "https",
          "example.com", 8443 },
        { "https://*.com", false, true, false, "https", "com", 0 },
        { "https://example.com.", false, false, false, "https", "example.com.",
          0 },
        { "http://[::1]", false, false, false, "http", "[::1]", 0 },
        { "http://[::1]:8080", false, false, false, "http", "[::1]", 8080 },
        { "http://[::1]:*", false, false, true, "http", "[::1]", 0 },
        { "http://127.0.0.1:65535", false, false, false, "http", "127.0.0.1",
          65535 },
        { "https://example.com:80", false, false, false, "https", "example.com",
          80 },
        { "http://example.com:443", false, false, false, "http", "example.com",
          443 },
        { "capacitor://localhost", false, false, false, "capacitor",
          "localhost", 0 },
        { "chrome-extension://abcdef", false, false, false, "chrome-extension",
          "abcdef", 0 },
        { "moz-extension://*", false, false, false, "moz-extension", "", 0 },
        { "!safari-web-extension://*", true, false, false,
          "safari-web-extension", "", 0 },
        { "z0+b-c.9://x:1", false, false, false, "z0+b-c.9", "x", 1 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_slice_t word = exact_copy(rows[i].word);
        cors_pattern_t pattern;
        const char *suggestion = "left over";

        same_number(rows[i].word,
                    cors_pattern_parse(pool, word, false, &pattern,
                                       &suggestion),
                    CORS_OK);
        assert_null(suggestion);
        assert_int_equal(pattern.kind, CORS_PATTERN_ORIGIN);
        assert_ptr_equal(pattern.origin.ptr, word.ptr + rows[i].exclude);
        assert_int_equal(pattern.origin.len, word.len - rows[i].exclude);
        same_number(rows[i].word, pattern.exclude, rows[i].exclude);
        same_number(rows[i].word, pattern.subdomains, rows[i].subdomains);
        same_number(rows[i].word, pattern.any_port, rows[i].any_port);
        same_number(rows[i].word, pattern.any_host, !*rows[i].host);
        same_number(rows[i].word, pattern.port, rows[i].port);
        same_text(rows[i].word, text_of(pattern.scheme), rows[i].scheme);
        same_text(rows[i].word, text_of(pattern.host), rows[i].host);
    }
}

static void keywords_are_not_origins(void **state)
{
    static const struct {
        const char *word;
        cors_pattern_kind_e kind;
        cors_problem_e problem;
    } rows[] = {
        { "*", CORS_PATTERN_ANY, CORS_OK },
        { "None", CORS_PATTERN_NONE, CORS_OK },
        { "NONE", CORS_PATTERN_NONE, CORS_OK },
        { "none", CORS_PATTERN_NONE, CORS_OK },
        { "null", CORS_PATTERN_NULL, CORS_OK },
        { "!null", CORS_PATTERN_NULL, CORS_OK },
        { "!*", CORS_PATTERN_ANY, CORS_PROBLEM_EXCLUSION_OF_ALL },
        { "!None", CORS_PATTERN_NONE, CORS_PROBLEM_EXCLUSION_OF_ALL },
        { "Self", CORS_PATTERN_SELF, CORS_PROBLEM_SELF_PLACE },
        { "!SELF", CORS_PATTERN_SELF, CORS_PROBLEM_SELF_PLACE },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_pattern_t pattern;
        const char *suggestion;

        same_number(rows[i].word,
                    cors_pattern_parse(pool, exact_copy(rows[i].word), false,
                                       &pattern, &suggestion),
                    rows[i].problem);
        assert_null(suggestion);
        same_number(rows[i].word, pattern.kind, rows[i].kind);
        same_number(rows[i].word, pattern.exclude, rows[i].word[0] == '!');
    }
}

static void self_is_accepted_for_websockets(void **state)
{
    static const char *const words[] = { "Self", "self", "SELF", "!Self" };
    cors_pattern_t pattern;
    const char *suggestion;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(words); i++) {
        same_number(words[i],
                    cors_pattern_parse(pool, exact_copy(words[i]), true,
                                       &pattern, &suggestion),
                    CORS_OK);
        same_number(words[i], pattern.kind, CORS_PATTERN_SELF);
        same_number(words[i], pattern.exclude, words[i][0] == '!');
        same_text(words[i], text_of(pattern.origin), "Self");
    }
}

/* An entry, its problem, and the suggestion. */
typedef struct {
    const char *word;
    cors_problem_e problem;
    const char *suggestion;
} row_t;

static void check_pattern_rows(const row_t *rows, size_t count)
{
    cors_pattern_t pattern;
    size_t i;

    for (i = 0; i < count; i++) {
        const char *suggestion = "left over";

        same_text(rows[i].word,
                  cors_problem_id(
                      cors_pattern_parse(pool, exact_copy(rows[i].word), false,
                                         &pattern, &suggestion)),
                  cors_problem_id(rows[i].problem));
        same_text(rows[i].word, suggestion, rows[i].suggestion);
        if (suggestion) {
            cors_slice_t rest = exact_copy(suggestion);
            cors_slice_t word;
            const char *again;

            while (cors_argument_next(&rest, &word)) {
                same_number(suggestion,
                            cors_pattern_parse(pool, word, false, &pattern,
                                               &again),
                            CORS_OK);
            }
        }
    }
}

#define ROWS(name, ...)                                                        \
    static void name(void **state)                                             \
    {                                                                          \
        static const row_t rows[] = { __VA_ARGS__ };                           \
                                                                               \
        (void)state;                                                           \
        check_pattern_rows(rows, COUNT(rows));                                 \
    }

#define MISSING CORS_PROBLEM_ORIGIN_SCHEME_MISSING
ROWS(missing_scheme_is_rejected, { "", MISSING, NULL }, { "!", MISSING, NULL },
     { "example.com", MISSING, "https://example.com" },
     { "!example.com", MISSING, "!https://example.com" },
     { "example.com:8443", MISSING, "https://example.com:8443" },
     { "*.example.com", MISSING, "https://*.example.com" },
     { "//example.com", MISSING, "https://example.com" },
     { "//", MISSING, NULL }, { "/", MISSING, NULL },
     { "localhost", MISSING, "http://localhost" },
     { "localhost:3000", MISSING, "http://localhost:3000" },
     { "app.localhost", MISSING, "http://app.localhost" },
     { "127.0.0.1:80", MISSING, NULL },
     { "127.0.0.1:8080", MISSING, "http://127.0.0.1:8080" },
     { "192.168.0.1", MISSING, "https://192.168.0.1" },
     { "[::1]:8080", MISSING, "http://[::1]:8080" },
     { "[2001:db8::1]", MISSING, "https://[2001:db8::1]" },
     { "2001:db8::1", MISSING, NULL }, { "intranet", MISSING, NULL },
     { "mailto:user", MISSING, NULL }, { "example.com/", MISSING, NULL },
     { "example.com?x", MISSING, NULL }, { "example.com#x", MISSING, NULL },
     { "u@example.com", MISSING, NULL }, { "Example.com", MISSING, NULL },
     { "NULL", CORS_PROBLEM_NULL_CASE, "null" },
     { "Null", CORS_PROBLEM_NULL_CASE, "null" },
     { "!Null", CORS_PROBLEM_NULL_CASE, "!null" }, { "nulls", MISSING, NULL },
     { "https:example.com", MISSING, "https://example.com" },
     { "http//example.com:81", MISSING, "http://example.com:81" },
     { "HTTPS//example.com", MISSING, "https://example.com" },
     { "https//", MISSING, NULL }, { "http:3000", MISSING, NULL },
     { "ftp:example.com", MISSING, NULL },
     { "https:/example.com", MISSING, "https://example.com" },
     { "HTTP:/Example.com/", MISSING, "http://example.com" },
     { "app:/example.com", MISSING, NULL },
     { "https:\\\\example.com", MISSING, NULL },
     { "://example.com", MISSING, NULL }, { "**", MISSING, NULL },
     { "Nones", MISSING, NULL })
#undef MISSING

ROWS(scheme_is_lower_case_without_wildcard,
     { "HTTPS://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD,
       "https://example.com" },
     { "httpS://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD,
       "https://example.com" },
     { "1http://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "-http://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "+http://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { ".http://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "ht_tp://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "h`ttp://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "h{ttp://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "h/ttp://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "http*://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "*://example.com", CORS_PROBLEM_ORIGIN_SCHEME_WILDCARD,
       "https://example.com" },
     { "**://example.com", CORS_PROBLEM_ORIGIN_SCHEME_BAD, NULL },
     { "wss://example.com", CORS_PROBLEM_ORIGIN_SCHEME_WEBSOCKET,
       "https://example.com" },
     { "ws://example.com:81", CORS_PROBLEM_ORIGIN_SCHEME_WEBSOCKET,
       "http://example.com:81" },
     { "WSS://example.com:443", CORS_PROBLEM_ORIGIN_SCHEME_BAD,
       "https://example.com" },
     { "wsss://example.com", CORS_OK, NULL })

ROWS(userinfo_path_query_and_fragment_are_rejected,
     { "https://example.com/", CORS_PROBLEM_ORIGIN_PATH,
       "https://example.com" },
     { "https://example.com:8443/a/b?c#d", CORS_PROBLEM_ORIGIN_PATH,
       "https://example.com:8443" },
     { "https://example.com?q", CORS_PROBLEM_ORIGIN_QUERY,
       "https://example.com" },
     { "https://example.com?q/", CORS_PROBLEM_ORIGIN_QUERY,
       "https://example.com" },
     { "https://example.com#f", CORS_PROBLEM_ORIGIN_FRAGMENT,
       "https://example.com" },
     { "https://u@example.com", CORS_PROBLEM_ORIGIN_USERINFO,
       "https://example.com" },
     { "https://u:p@example.com:81/", CORS_PROBLEM_ORIGIN_USERINFO,
       "https://example.com:81" },
     { "https://example.com/@x", CORS_PROBLEM_ORIGIN_PATH,
       "https://example.com" },
     { "!https://example.com/", CORS_PROBLEM_ORIGIN_PATH,
       "!https://example.com" },
     { "https://http://example.com", CORS_PROBLEM_ORIGIN_PATH,
       "http://example.com" },
     { "https://https://https://Example.com/", CORS_PROBLEM_ORIGIN_PATH,
       "https://example.com" },
     { "https://http://", CORS_PROBLEM_ORIGIN_PATH, NULL },
     { "https://http:/example.com", CORS_PROBLEM_ORIGIN_PATH, "https://http" },
     { "https://example.com//", CORS_PROBLEM_ORIGIN_PATH,
       "https://example.com" },
     { "https://example.com:81//", CORS_PROBLEM_ORIGIN_PATH,
       "https://example.com:81" },
     { "https:///example.com", CORS_PROBLEM_ORIGIN_HOST_MISSING,
       "https://example.com" },
     { "https:////example.com", CORS_PROBLEM_ORIGIN_PATH, NULL },
     { "app:///example.com", CORS_PROBLEM_ORIGIN_PATH, NULL })

ROWS(host_is_what_browsers_send,
     { "https://", CORS_PROBLEM_ORIGIN_HOST_MISSING, NULL },
     { "https://:8443", CORS_PROBLEM_ORIGIN_HOST_MISSING, NULL },
     { "https://Example.COM", CORS_PROBLEM_ORIGIN_HOST_CASE,
       "https://example.com" },
     { "https://*.Example.COM:*", CORS_PROBLEM_ORIGIN_HOST_CASE,
       "https://*.example.com:*" },
     { "https://b\xc3\xbc"
       "cher.example:8443",
       CORS_PROBLEM_ORIGIN_HOST_UNICODE, "https://xn--bcher-kva.example:8443" },
     { "https://*.b\xc3\xbc"
       "cher.example",
       CORS_PROBLEM_ORIGIN_HOST_UNICODE, "https://*.xn--bcher-kva.example" },
     { "https://XN--BCHER-KVA.example", CORS_PROBLEM_ORIGIN_HOST_CASE,
       "https://xn--bcher-kva.example" },
     { "https://XN--0.example", CORS_PROBLEM_ORIGIN_HOST_CASE, NULL },
     { "https://xn--0.example", CORS_PROBLEM_ORIGIN_PUNYCODE_BAD, NULL },
     { "https://exa!mple.com", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
     { "https://a..b", CORS_PROBLEM_ORIGIN_LABEL_EMPTY, NULL },
     { "https://127.1", CORS_PROBLEM_ORIGIN_IPV4_BAD, "https://127.0.0.1" },
     { "https://0X7F.1:81", CORS_PROBLEM_ORIGIN_HOST_CASE,
       "https://127.0.0.1:81" },
     { "https://0x7f.1:81", CORS_PROBLEM_ORIGIN_IPV4_BAD,
       "https://127.0.0.1:81" },
     { "https://[::1]81", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://[::1]x", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://[::1]*", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://256.0.0.1", CORS_PROBLEM_ORIGIN_IPV4_BAD, NULL },
     { "https://::1", CORS_PROBLEM_ORIGIN_IPV6_BAD, "https://[::1]" },
     { "https://[::1", CORS_PROBLEM_ORIGIN_IPV6_BAD, "https://[::1]" },
     { "https://::1:3000", CORS_PROBLEM_ORIGIN_IPV6_BAD, NULL },
     { "https://::1:9999", CORS_PROBLEM_ORIGIN_IPV6_BAD, NULL },
     { "https://::1:10000", CORS_PROBLEM_ORIGIN_IPV6_BAD,
       "https://[::1]:10000" },
     { "https://::1:65536", CORS_PROBLEM_ORIGIN_IPV6_BAD, NULL },
     { "https://abcd:1:8080", CORS_PROBLEM_ORIGIN_IPV6_BAD, NULL },
     { "https://abcde:1:8080", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://abcg:1:8080", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://example.com:8080:9090", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "http://g1:2:3", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://[ab].x-y.example", CORS_PROBLEM_ORIGIN_IPV6_BAD, NULL },
     { "https://[0:0::1]:81", CORS_PROBLEM_ORIGIN_IPV6_FORM,
       "https://[::1]:81" },
     { "https://[FE80::1%25eth0]:81", CORS_PROBLEM_ORIGIN_IPV6_ZONE,
       "https://[fe80::1]:81" })

#define EXPRESSION CORS_PROBLEM_ORIGIN_EXPRESSION
ROWS(regex_in_a_pattern_is_rejected, { "^https://a.example", EXPRESSION, NULL },
     { "!^https://a.example", EXPRESSION, NULL },
     { "/https://a.example/", EXPRESSION, NULL },
     { "https://a.example$", EXPRESSION, NULL },
     { "https?://a.example", EXPRESSION, NULL },
     { "https://(www.)?a.example", EXPRESSION, NULL },
     { "https://a)", EXPRESSION, NULL },
     { "https://www?.a.example", EXPRESSION, NULL },
     { "https://a.example?:81", EXPRESSION, NULL },
     { "https://a\\.example", EXPRESSION, NULL },
     { "https://a\\.", EXPRESSION, NULL }, { "a$", EXPRESSION, NULL },
     { "/:/", EXPRESSION, NULL }, { "https:\\/\\/a", EXPRESSION, NULL },
     { "https://[a-z]", EXPRESSION, NULL },
     { "https://[^.]+.a", EXPRESSION, NULL },
     { "https://a|b.example", EXPRESSION, NULL },
     { "https://[fe80::1%25eth-0]", CORS_PROBLEM_ORIGIN_IPV6_ZONE,
       "https://[fe80::1]" },
     { "https://a^b", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
     { "https://a$b", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
     { "https://a\\b", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
     { "https://a\\", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
     { "https://a/(x)$", CORS_PROBLEM_ORIGIN_PATH, "https://a" },
     { "https://a?x=(1)", CORS_PROBLEM_ORIGIN_QUERY, "https://a" },
     { "/a/", CORS_PROBLEM_ORIGIN_SCHEME_MISSING, NULL },
     { "$", CORS_PROBLEM_ORIGIN_SCHEME_MISSING, NULL })
#undef EXPRESSION

#define SEVERAL CORS_PROBLEM_LIST_SEPARATOR
ROWS(several_patterns_in_one_are_rejected,
     { "https://a;https://b", SEVERAL, "https://a https://b" },
     { "https://a|https://b/", SEVERAL, "https://a https://b" },
     { "https://a/;https://b", SEVERAL, "https://a https://b" },
     { "https://a,", SEVERAL, "https://a" },
     { "!https://a;", SEVERAL, "!https://a" },
     { "!https://a;!https://b", SEVERAL, "!https://a !https://b" },
     { "https://a;!https://b", SEVERAL, "https://a !https://b" },
     { "!https://a;https://b", SEVERAL, NULL },
     { "https://a;b", SEVERAL, NULL }, { "https://a;*", SEVERAL, NULL },
     { ";", SEVERAL, NULL },
     { "https://a/x;y", CORS_PROBLEM_ORIGIN_PATH, "https://a" })
#undef SEVERAL

ROWS(port_is_a_number_but_not_the_default,
     { "https://example.com:443", CORS_PROBLEM_ORIGIN_PORT_DEFAULT,
       "https://example.com" },
     { "http://example.com:80", CORS_PROBLEM_ORIGIN_PORT_DEFAULT,
       "http://example.com" },
     { "ftp://example.com:21", CORS_PROBLEM_ORIGIN_PORT_DEFAULT,
       "ftp://example.com" },
     { "https://*.example.com:443", CORS_PROBLEM_ORIGIN_PORT_DEFAULT,
       "https://*.example.com" },
     { "https://[::1]:443", CORS_PROBLEM_ORIGIN_PORT_DEFAULT, "https://[::1]" },
     { "https://example.com:", CORS_PROBLEM_ORIGIN_PORT_BAD,
       "https://example.com" },
     { "https://example.com:0", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://example.com:00", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://example.com:08443", CORS_PROBLEM_ORIGIN_PORT_BAD,
       "https://example.com:8443" },
     { "https://example.com:0443", CORS_PROBLEM_ORIGIN_PORT_BAD,
       "https://example.com" },
     { "https://example.com:65536", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://example.com:http", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://example.com:08", CORS_PROBLEM_ORIGIN_PORT_BAD,
       "https://example.com:8" },
     { "app://example:0", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "app://example:x", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://example.com:**", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://example.com:8*", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://[::1]:0", CORS_PROBLEM_ORIGIN_PORT_BAD, NULL },
     { "https://[::1]:", CORS_PROBLEM_ORIGIN_PORT_BAD, "https://[::1]" })

ROWS(wildcard_is_the_leftmost_label_or_the_port,
     { "https://*", CORS_PROBLEM_WILDCARD_HOST, NULL },
     { "https://*:*", CORS_PROBLEM_WILDCARD_HOST, NULL },
     { "https://*.", CORS_PROBLEM_ORIGIN_HOST_MISSING, NULL },
     { "https://*example.com", CORS_PROBLEM_WILDCARD_PLACE,
       "https://*.example.com" },
     { "https://*-app.example.com", CORS_PROBLEM_WILDCARD_PLACE, NULL },
     { "https://**.example.com", CORS_PROBLEM_WILDCARD_PLACE,
       "https://*.example.com" },
     { "https://*.*.example.com", CORS_PROBLEM_WILDCARD_PLACE,
       "https://*.example.com" },
     { "https://a.*.example.com", CORS_PROBLEM_WILDCARD_PLACE, NULL },
     { "https://example.*", CORS_PROBLEM_WILDCARD_PLACE, NULL },
     { "https://a*.example.com", CORS_PROBLEM_WILDCARD_PLACE, NULL },
     { "chrome-extension://*:*", CORS_PROBLEM_WILDCARD_HOST,
       "chrome-extension://*" },
     { "moz-extension://*:80", CORS_PROBLEM_WILDCARD_HOST,
       "moz-extension://*" },
     { "moz-extension://*/*", CORS_PROBLEM_ORIGIN_PATH, "moz-extension://*" },
     { "MOZ-extension://*", CORS_PROBLEM_ORIGIN_SCHEME_BAD,
       "moz-extension://*" },
     { "moz-extension://*x", CORS_PROBLEM_WILDCARD_PLACE,
       "moz-extension://*.x" },
     { "moz-extensions://*", CORS_PROBLEM_WILDCARD_HOST, NULL },
     { "https://*", CORS_PROBLEM_WILDCARD_HOST, NULL },
     { "http://*", CORS_PROBLEM_WILDCARD_HOST, NULL },
     { "ftp://*", CORS_PROBLEM_WILDCARD_HOST, NULL },
     { "wss://*", CORS_PROBLEM_ORIGIN_SCHEME_WEBSOCKET, NULL },
     { "capacitor://*", CORS_PROBLEM_WILDCARD_HOST, NULL },
     { "https://.example.com", CORS_PROBLEM_ORIGIN_LABEL_EMPTY,
       "https://*.example.com" },
     { "https://*.127.0.0.1", CORS_PROBLEM_WILDCARD_IP, "https://127.0.0.1" },
     { "https://*.0x7f", CORS_PROBLEM_WILDCARD_IP, NULL },
     { "https://*.1", CORS_PROBLEM_WILDCARD_IP, NULL },
     { "https://*a", CORS_PROBLEM_WILDCARD_PLACE, "https://*.a" },
     { "https://*.[::1]", CORS_PROBLEM_WILDCARD_IP, NULL },
     { "https://*.1.example", CORS_OK, NULL })

static void file_has_no_host_and_no_path(void **state)
{
    static const struct {
        const char *word;
        bool file;
        cors_problem_e problem;
    } rows[] = {
        { "file://", true, CORS_OK },
        { "!file://", true, CORS_OK },
        { "file://", false, CORS_OK },
        { "file:///", false, CORS_PROBLEM_ORIGIN_FILE },
        { "file:///", true, CORS_PROBLEM_ORIGIN_FILE },
        { "file://host", true, CORS_PROBLEM_ORIGIN_FILE },
        { "file://*", true, CORS_PROBLEM_ORIGIN_FILE },
        { "files://host", false, CORS_OK },
        { "https://example.com", true, CORS_OK },
    };
    cors_pattern_t pattern;
    const char *suggestion;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].word,
                    cors_pattern_parse(pool, exact_copy(rows[i].word),
                                       rows[i].file, &pattern, &suggestion),
                    rows[i].problem);
    }
}

static cors_problem_e problem_of(const char *word)
{
    cors_pattern_t pattern;
    const char *suggestion;

    return cors_pattern_parse(pool, exact_copy(word), false, &pattern,
                              &suggestion);
}

static void scheme_has_64_bytes_label_63_host_253(void **state)
{
    const char *l63 = repeat_text("a", 63);
    const char *h253 = apr_pstrcat(pool, l63, ".", l63, ".", l63, ".",
                                   repeat_text("a", 61), NULL);

    (void)state;
    assert_int_equal(problem_of(
                         apr_pstrcat(pool, repeat_text("s", 64), "://a", NULL)),
                     CORS_OK);
    assert_int_equal(problem_of(
                         apr_pstrcat(pool, repeat_text("s", 65), "://a", NULL)),
                     CORS_PROBLEM_ORIGIN_LONG);
    assert_int_equal(problem_of(apr_pstrcat(pool, "https://", l63, NULL)),
                     CORS_OK);
    assert_int_equal(problem_of(apr_pstrcat(pool, "https://a", l63, NULL)),
                     CORS_PROBLEM_ORIGIN_LABEL_LONG);
    assert_int_equal(problem_of(apr_pstrcat(pool, "https://", h253, NULL)),
                     CORS_OK);
    assert_int_equal(problem_of(apr_pstrcat(pool, "https://", h253, "a", NULL)),
                     CORS_PROBLEM_ORIGIN_HOST_LONG);
    assert_int_equal(problem_of(apr_pstrcat(pool, "https://",
                                            repeat_text("a", 8192), NULL)),
                     CORS_PROBLEM_ORIGIN_LABEL_LONG);
}

/* A subdomain has at least two bytes more, and a host at most 253. */
static void name_with_subdomains_has_251_bytes(void **state)
{
    const char *l63 = repeat_text("a", 63);
    const char *s192 =
        apr_pstrcat(pool, "https://*.", l63, ".", l63, ".", l63, ".", NULL);

    (void)state;
    assert_int_equal(problem_of(
                         apr_pstrcat(pool, s192, repeat_text("a", 59), NULL)),
                     CORS_OK);
    assert_int_equal(problem_of(apr_pstrcat(pool, s192, repeat_text("a", 59),
                                            ".", NULL)),
                     CORS_OK);
    assert_int_equal(problem_of(
                         apr_pstrcat(pool, s192, repeat_text("a", 60), NULL)),
                     CORS_PROBLEM_ORIGIN_HOST_LONG);
    assert_int_equal(problem_of(apr_pstrcat(pool, s192, repeat_text("a", 60),
                                            ".", NULL)),
                     CORS_PROBLEM_ORIGIN_HOST_LONG);
    assert_int_equal(problem_of("https://*."),
                     CORS_PROBLEM_ORIGIN_HOST_MISSING);
}

static void file_url_suggests_file(void **state)
{
    cors_pattern_t pattern;
    const char *suggestion;

    (void)state;
    assert_int_equal(cors_pattern_parse(pool, exact_copy("FILE:///home"), true,
                                        &pattern, &suggestion),
                     CORS_PROBLEM_ORIGIN_SCHEME_BAD);
    same_text("suggestion", suggestion, "file://");
    cors_pattern_parse(pool, exact_copy("FILE:///home"), false, &pattern,
                       &suggestion);
    same_text("suggestion", suggestion, "file://");
}

static void wildcard_before_an_address_needs_its_own_label(void **state)
{
    cors_pattern_t pattern;
    const char *suggestion;

    (void)state;
    assert_int_equal(cors_pattern_parse(pool, exact_copy("https://*a::1"),
                                        false, &pattern, &suggestion),
                     CORS_PROBLEM_WILDCARD_PLACE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(name_with_subdomains_has_251_bytes),
        TEST(file_url_suggests_file),
        TEST(wildcard_before_an_address_needs_its_own_label),
        TEST(accepted_pattern_has_its_parts),
        TEST(keywords_are_not_origins),
        TEST(self_is_accepted_for_websockets),
        TEST(missing_scheme_is_rejected),
        TEST(scheme_is_lower_case_without_wildcard),
        TEST(userinfo_path_query_and_fragment_are_rejected),
        TEST(host_is_what_browsers_send),
        TEST(regex_in_a_pattern_is_rejected),
        TEST(several_patterns_in_one_are_rejected),
        TEST(port_is_a_number_but_not_the_default),
        TEST(wildcard_is_the_leftmost_label_or_the_port),
        TEST(file_has_no_host_and_no_path),
        TEST(scheme_has_64_bytes_label_63_host_253),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
