/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Regular expressions that a pattern can replace. */

#include "unit.h"

#include "core/origin/regex.h"

typedef struct {
    const char *regex;
    const char *words;
} row_t;

static void check_regex_rows(const row_t *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        /* NUL-terminated, on the heap, of exact length */
        cors_slice_t regex =
            exact_bytes(rows[i].regex, strlen(rows[i].regex) + 1);

        same_text(rows[i].regex, cors_regex_suggest_plain(pool, regex.ptr, ""),
                  rows[i].words);
    }
}

static void regex_for_one_name_suggests_the_origin(void **state)
{
    static const row_t rows[] = {
        { "https://example\\.com", "https://example.com" },
        { "https://example.com", "https://example.com" },
        { "^https://example\\.com$", "https://example.com" },
        { "\\Ahttps://example\\.com\\z", "https://example.com" },
        { "https://example\\.com\\Z", "https://example.com" },
        { "https:\\/\\/example\\.com", "https://example.com" },
        { "https://my\\-app_1\\.example\\.com",
          "https://my-app_1.example.com" },
        { "http://localhost", "http://localhost" },
        { "https?://example\\.com", "http://example.com https://example.com" },
        { "https://example\\.com:8443", "https://example.com:8443" },
    };

    (void)state;
    check_regex_rows(rows, COUNT(rows));
}

static void regex_for_subdomains_suggests_a_wildcard(void **state)
{
    static const row_t rows[] = {
        { "https://.*\\.example\\.com", "https://*.example.com" },
        { "https://.+\\.example\\.com", "https://*.example.com" },
        { "https://[^/]+\\.example\\.com", "https://*.example.com" },
        { "https://[^/]*\\.example\\.com", "https://*.example.com" },
        { "https://(.*)\\.example\\.com", "https://*.example.com" },
        { "https://(.+)\\.example\\.com", "https://*.example.com" },
        { "https://(.*\\.)?example\\.com",
          "https://example.com https://*.example.com" },
        { "https://(.+\\.)?example\\.com",
          "https://example.com https://*.example.com" },
        { "https://([^/]+\\.)?example\\.com",
          "https://example.com https://*.example.com" },
        { "https://(?:.*\\.)?example\\.com",
          "https://example.com https://*.example.com" },
        { "https://(?:.+\\.)?example\\.com",
          "https://example.com https://*.example.com" },
        { "^https?://(.+\\.)?example\\.com$",
          "http://example.com http://*.example.com "
          "https://example.com https://*.example.com" },
    };

    (void)state;
    check_regex_rows(rows, COUNT(rows));
}

static void regex_for_any_port_suggests_a_port_wildcard(void **state)
{
    static const row_t rows[] = {
        { "http://localhost(:\\d+)?", "http://localhost:*" },
        { "http://localhost(:[0-9]+)?", "http://localhost:*" },
        { "http://localhost(?::\\d+)?", "http://localhost:*" },
        { "http://localhost(?::[0-9]+)?", "http://localhost:*" },
        { "http://localhost(:[0-9]*)?", "http://localhost:*" },
        { "http://localhost(:\\d*)?$", "http://localhost:*" },
        { "http://localhost(:\\d{1,5})?", "http://localhost:*" },
        { "https://.*\\.example\\.com(:\\d+)?", "https://*.example.com:*" },
    };

    (void)state;
    check_regex_rows(rows, COUNT(rows));
}

static void regex_without_equal_pattern_is_kept(void **state)
{
    static const row_t rows[] = {
        { "", NULL },
        { "^", NULL },
        { ".*", NULL },
        { "http", NULL },
        { "https", NULL },
        { "https:", NULL },
        { "https://", NULL },
        { "https://$", NULL },
        { "https//example\\.com", NULL },
        { "ftp://example\\.com", NULL },
        { "http?://example\\.com", NULL },
        { "xttps://example\\.com", NULL },
        { "htt", NULL },
        { "https://example\\zx", NULL },
        { "https://.*", NULL },
        { "https://.*\\.", NULL },
        { "https://.*example\\.com", NULL },
        { "https://.*.example\\.com", NULL },
        { "https://pr-[0-9]+\\.example\\.com", NULL },
        { "https://a?\\.example\\.com", NULL },
        { "https://ab*\\.example\\.com", NULL },
        { "https://ab+\\.example\\.com", NULL },
        { "https://a{3}\\.example\\.com", NULL },
        { "https://example\\.(com|org)", NULL },
        { "https://example\\.com|https://a", NULL },
        { "https://(www\\.)?example\\.com", NULL },
        { "https://example\\.com\\", NULL },
        { "https://example\\d", NULL },
        { "https://\\w\\.com", NULL },
        { "https://example\\_com", NULL },
        { "https://Example\\.com", NULL },
        { "https://example..com", NULL },
        { "https://example\\.com:", NULL },
        { "https://example\\.com:443", NULL },
        { "https://example\\.com:80[0-9]", NULL },
        { "https://example\\.com:\\d+", NULL },
        { "https://example\\.com(:\\d+)", NULL },
        { "https://example\\.com(:\\d+)?x", NULL },
        { "https://example\\.com$x", NULL },
        { "https://example\\.com/", NULL },
        { "https://256\\.0\\.0\\.1", NULL },
        { "https?://example\\.com:80", NULL },
        { "https?://example\\.com:443", NULL },
    };

    (void)state;
    check_regex_rows(rows, COUNT(rows));
}

static void regex_that_matches_no_origin_is_rejected(void **state)
{
#define SLASHES CORS_PROBLEM_REGEX_SLASHES
#define WORDS CORS_PROBLEM_REGEX_ARGUMENTS
#define PATH CORS_PROBLEM_ORIGIN_PATH
    static const struct {
        const char *regex;
        cors_problem_e problem;
        const char *prefix;
        const char *suggestion;
    } rows[] = {
        { "", CORS_OK, "", NULL },
        { "https://a\\.[a-z]{1,3}", CORS_OK, "", NULL },
        { "https://[a, b]\\.example", CORS_OK, "", NULL },
        { "https://[]/]x", CORS_OK, "", NULL },
        { "https://[^]/]x", CORS_OK, "", NULL },
        { "https://[\\]/]x", CORS_OK, "", NULL },
        { "https?://([^/]+\\.)?a(/x|, )?", CORS_OK, "", NULL },
        /* slashes as in JavaScript */
        { "/^https:\\/\\/a$/", SLASHES, "", "\"^https:\\/\\/a$\"" },
        { "/^https://a$/gi", SLASHES, "-", "\"-^https://a$\"" },
        { "/https://a/x/", SLASHES, "+", "\"+https://a\"" },
        { "/a, b/", SLASHES, "", "\"a\" \"b\"" },
        { "/a\"b/", SLASHES, "", NULL },
        { "//", CORS_OK, "", NULL },
        { "/a/k", CORS_OK, "", NULL },
        { "/a\\/", CORS_OK, "", NULL },
        { "a/i", CORS_OK, "", NULL },
        /* several patterns in one entry */
        { "a, b", WORDS, "", "\"a\" \"b\"" },
        { "a,(b,c)\tx[ ]", WORDS, "+", "\"+a\" \"+(b,c)\" \"+x[ ]\"" },
        { "a\\[,]b", WORDS, "", "\"a\\[\" \"]b\"" },
        { "https://a ", WORDS, "", "\"https://a\"" },
        { ",", WORDS, "", NULL },
        { "a\\ b", WORDS, "", NULL },
        { "a, +b", WORDS, "", NULL },
        { "a, -b", WORDS, "", NULL },
        { "a|b, c", WORDS, "", NULL },
        { "https://a, https://b/", WORDS, "", NULL },
        { "a,\\\\", WORDS, "", NULL },
        { "(?x) a b", CORS_OK, "", NULL },
        { "(?i-x) a b", CORS_OK, "", NULL },
        { "\\Qa b", CORS_OK, "", NULL },
        { "(?:a) b", WORDS, "", "\"(?:a)\" \"b\"" },
        /* with a path */
        { "https://a/", PATH, "", "\"https://a\"" },
        { "https://a/$", PATH, "-", "\"-https://a$\"" },
        { "^https:\\/\\/a\\/.*$", PATH, "", "\"^https:\\/\\/a$\"" },
        { "https://(a|b)/", PATH, "", "\"https://(a|b)\"" },
        { "https://a\\|b/", PATH, "", "\"https://a\\|b\"" },
        { "https://(a\\)b)/", PATH, "", "\"https://(a\\)b)\"" },
        { "https:///", PATH, "", NULL },
        { "https:\\/\\/\\/", PATH, "", NULL },
        { "https://a/?", CORS_OK, "", NULL },
        { "https://a/*", CORS_OK, "", NULL },
        { "https://a/{0,1}", CORS_OK, "", NULL },
        { "https://a|https://b/", CORS_OK, "", NULL },
        { "https://", CORS_OK, "", NULL },
        { "x/", CORS_OK, "", NULL },
        /* an invalid regular expression is read to its end only */
        { "https://[", CORS_OK, "", NULL },
        { "https://[^", CORS_OK, "", NULL },
        { "https://[a\\", CORS_OK, "", NULL },
        { "https://a{", CORS_OK, "", NULL },
        { "https://a\\", CORS_OK, "", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_slice_t regex =
            exact_bytes(rows[i].regex, strlen(rows[i].regex) + 1);
        const char *suggestion = "left over";

        same_text(rows[i].regex,
                  cors_problem_id(cors_regex_check(pool, regex.ptr,
                                                   rows[i].prefix,
                                                   &suggestion)),
                  cors_problem_id(rows[i].problem));
        same_text(rows[i].regex, suggestion, rows[i].suggestion);
    }
}

static void excluded_names_stay_excluded(void **state)
{
    static const struct {
        const char *regex;
        const char *prefix;
        const char *pinned;
    } rows[] = {
        { "https://(?!old\\.)[a-z]+\\.example\\.com", "",
          "https://*.example.com !https://old.example.com "
          "!https://*.old.example.com" },
        { "https://(?!old\\.)[a-z]+\\.example\\.com", "+",
          "+https://*.example.com -https://old.example.com "
          "-https://*.old.example.com" },
        { "https://(?!Old)(?!x-1.y\\.)[a-z]+\\.example\\.com", "",
          "https://*.example.com !https://old.example.com "
          "!https://*.old.example.com !https://x-1.y.example.com "
          "!https://*.x-1.y.example.com" },
        { "^(?!https://old\\.example\\.com$)https://.+\\.example\\.com$", "",
          "https://*.example.com !https://old.example.com "
          "!https://*.old.example.com" },
        { "https?://.+(?<!\\.old)\\.example\\.com", "", NULL },
        { "https?://.+(?<!old)\\.example\\.com", "",
          "https://*.example.com !https://old.example.com "
          "!https://*.old.example.com" },
        { "https://(?!old.example.com)(.*\\.)?example.com", "",
          "https://*.example.com !https://old.example.com "
          "!https://*.old.example.com" },
        /* the excluded names are not literal */
        { "https://(?!old|new)[a-z]+\\.example\\.com", "", NULL },
        { "https://(?!(old|new))[a-z]+\\.example\\.com", "", NULL },
        { "https://(?!.*old)[a-z]+\\.example\\.com", "", NULL },
        { "https://(?!old[0-9])[a-z]+\\.example\\.com", "", NULL },
        { "https://(?!old\\d)[a-z]+\\.example\\.com", "", NULL },
        { "https://(?!)[a-z]+\\.example\\.com", "", NULL },
        { "https://(?!example\\.com)[a-z.]+example\\.com", "", NULL },
        { "https://(?!myexample\\.com)[a-z.]+example\\.com", "", NULL },
        { "https://(?!a\\)b)[a-z]+\\.example\\.com", "", NULL },
        /* the name may start with the text of the look-ahead */
        { "https://([a-z])\\1\\.example\\.com", "", "https://*.example.com" },
        { "https://(?=x).*\\d\\.example\\.com", "", "https://*.example.com" },
        { "https://(?=x).*a\\.example\\.com", "", "https://*.a.example.com" },
        { "https://(?!x\\.)[a-z]+\\.github\\.io", "", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_slice_t regex =
            exact_bytes(rows[i].regex, strlen(rows[i].regex) + 1);

        same_text(rows[i].regex,
                  cors_regex_suggest_pinned(pool, regex.ptr, rows[i].prefix),
                  rows[i].pinned ? apr_pstrcat(pool, "CorsAllowOrigins ",
                                               rows[i].pinned, NULL)
                                 : NULL);
    }
}

static void regex_for_plain_http_suggests_https(void **state)
{
    static const row_t rows[] = {
        { "http://a", "https://a" },
        { "http://a|http://b|https://c", "https://a|https://b|https://c" },
        { "^(http://a|https?://b)$", "^(https://a|https://b)$" },
        { "(http|https)://a", "https://a" },
        { "(?:https|http):\\/\\/a", "https:\\/\\/a" },
        { "(https?|app)://a", "(https|app)://a" },
        { "http(s)?://(http|ftp)\\.a\\.example",
          "https://(http|ftp)\\.a\\.example" },
        { "https{0,1}://a", "https://a" },
        { "^.*://a", "^https://a" },
        { "\\w+://a", "https://a" },
        { "[a-z]+://http:1", "https://http:1" },
        { "https?:\\/\\/a", "https:\\/\\/a" },
        { "\\Ahttps?://(a|b)", "\\Ahttps://(a|b)" },
        { "http://localhost\\.example", "https://localhost\\.example" },
        { "http://localhosts", "https://localhosts" },
        { "http://(localhost|a)", "https://(localhost|a)" },
        { "http://(localhost|127\\.0\\.0\\.1)\\.example",
          "https://(localhost|127\\.0\\.0\\.1)\\.example" },
        { "http://127\\.example", "https://127\\.example" },
        /* loopback */
        { "http://localhost", NULL },
        { "https?://localhost:(3000|8080)", NULL },
        { "http://localhost(:3\\d+)?$", NULL },
        { "http://.*\\.localhost(:\\d+)?", NULL },
        { "http://127\\.0\\.0\\.1:\\d{4}", NULL },
        { "http://127\\.\\d+\\.\\d+\\.\\d+", NULL },
        { "http://\\[::1\\](:\\d+)?", NULL },
        { "http://(localhost|127\\.0\\.0\\.1)(:\\d+)?", NULL },
        { "http://(?:localhost|\\[::1\\]):3000", NULL },
        /* undecidable, judged by the scheme */
        { "http://(?!b)a", "https://(?!b)a" },
        { "https?://(?!b)localhost", "https://(?!b)localhost" },
        /* insecure without a suggestion */
        { ".*a", "" },
        { "(.*|app)://a", "" },
        { "htt[p]://a", "https://a" },
        { "(http://)a", "(https://)a" },
        { "(h)ttp://a", "" },
        /* not insecure */
        { "https://a", NULL },
        { "(?!b)http://localhost", NULL },
        { "(https|app)://a", NULL },
        { "http://", NULL },
        { "^http://a\\.http://", NULL },
        { "httpx?s://a", NULL },
        { "", NULL },
        { "htt", NULL },
        { "httpx://a", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_slice_t regex =
            exact_bytes(rows[i].regex, strlen(rows[i].regex) + 1);
        const char *suggestion;

        if (cors_regex_is_insecure(pool, regex.ptr, &suggestion)) {
            suggestion = suggestion ? suggestion : "";
        }
        same_text(rows[i].regex, suggestion, rows[i].words);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(regex_for_one_name_suggests_the_origin),
        TEST(regex_for_subdomains_suggests_a_wildcard),
        TEST(regex_for_any_port_suggests_a_port_wildcard),
        TEST(regex_without_equal_pattern_is_kept),
        TEST(regex_that_matches_no_origin_is_rejected),
        TEST(excluded_names_stay_excluded),
        TEST(regex_for_plain_http_suggests_https),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
