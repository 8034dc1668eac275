/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The core as a whole: words of a configuration and facts of a request in, the
 * complete set of headers out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "cors/emit.h"

static apr_pool_t *pool;

/* a heap copy of exactly the text's length, so that a byte too far is seen */
static cors_slice_t exactly(const char *text)
{
    cors_slice_t slice = { NULL, 0 };

    if (text) {
        char *copy = malloc(strlen(text) ? strlen(text) : 1);

        assert_non_null(copy);
        memcpy(copy, text, strlen(text));
        slice.ptr = copy;
        slice.len = strlen(text);
    }
    return slice;
}

static void release(cors_slice_t slice)
{
    free((void *)(uintptr_t)slice.ptr);
}

/* What a section is told; a NULL list is not named. */
typedef struct {
    const char *origins;
    const char *methods;
    const char *headers;
    const char *expose;
    int credentials;
    int any_unsafe;
} words_t;

static cors_setting_t *set(cors_section_t *section, cors_attr_e attr)
{
    bool first;

    return cors_section_set(pool, section, CORS_METHODS_ALL, attr, &first);
}

static void set_names(cors_section_t *section, cors_attr_e attr,
                      cors_names_e kind, const char *words)
{
    cors_slice_t rest = cors_slice(words);
    cors_slice_t word;
    cors_setting_t *setting;
    const char *instead;

    if (!words) {
        return;
    }
    setting = set(section, attr);
    setting->edit = words[0] == '+' || words[0] == '-';
    setting->names = cors_name_set_make(pool, kind, setting->edit);
    while (cors_word_next(&rest, &word)) {
        assert_int_equal(cors_name_set_add(pool, setting->names, word, NULL,
                                           &instead),
                         CORS_OK);
    }
}

static cors_section_t *section_of(const words_t *words)
{
    cors_section_t *section = cors_section_make(pool);
    cors_slice_t rest = cors_slice(words->origins);
    cors_slice_t word;
    cors_setting_t *origins;
    const char *instead;

    set(section, CORS_ATTR_MODE)->number = CORS_MODE_ON;
    set(section, CORS_ATTR_CREDENTIALS)->number = words->credentials;
    set(section, CORS_ATTR_ANY_UNSAFE)->number = words->any_unsafe;
    if (words->origins) {
        origins = set(section, CORS_ATTR_ORIGINS);
        origins->edit = words->origins[0] == '+' || words->origins[0] == '-';
        origins->origins = cors_origin_set_make(pool, false, origins->edit);
        while (cors_word_next(&rest, &word)) {
            assert_int_equal(cors_origin_set_add(pool, origins->origins, word,
                                                 NULL, &instead),
                             CORS_OK);
        }
    }
    set_names(section, CORS_ATTR_METHODS, CORS_NAMES_METHODS, words->methods);
    set_names(section, CORS_ATTR_HEADERS, CORS_NAMES_REQUEST_HEADERS,
              words->headers);
    set_names(section, CORS_ATTR_EXPOSE, CORS_NAMES_RESPONSE_HEADERS,
              words->expose);
    return section;
}

/* All headers of a table as "name: value" lines, in order. */
static int append_line(void *context, const char *name, const char *value)
{
    const char **lines = context;

    *lines = apr_pstrcat(pool, *lines, name, ": ", value, "\n", NULL);
    return 1;
}

static const char *lines_of(apr_table_t *table)
{
    const char *lines = "";

    apr_table_do(append_line, &lines, table, NULL);
    return lines;
}

/* One case: what is configured and sent, and what must come of it. */
typedef struct {
    const char *name;
    words_t words;
    const char *origin;
    const char *method; /* announced by a preflight; NULL: an actual request */
    const char *names;  /* Access-Control-Request-Headers */
    cors_verdict_e verdict;
    cors_reason_e reason;
    const char *headers;
} case_t;

#define LISTS                                                                  \
    "Access-Control-Allow-Methods: GET, PUT\n"                                 \
    "Access-Control-Allow-Headers: x-a\n"
#define VARY                                                                   \
    "Vary: Origin, Access-Control-Request-Method, "                            \
    "Access-Control-Request-Headers\n"
#define APP "Access-Control-Allow-Origin: https://a.example\n"
#define TRUE_ "Access-Control-Allow-Credentials: true\n"
#define WORDS                                                                  \
    {                                                                          \
        "https://a.example", "GET PUT", "x-a", "X-E", 0, 0                     \
    }
#define STAR                                                                   \
    {                                                                          \
        "*", "*", "*", NULL, 0, 0                                              \
    }
#define UNSAFE                                                                 \
    {                                                                          \
        "*", "*", "*", NULL, 1, 1                                              \
    }
#define BROKEN                                                                 \
    {                                                                          \
        "*", NULL, NULL, NULL, 1, 0                                            \
    }

static const case_t cases[] = {
    { "an allowed origin is named, with what it may read", WORDS,
      "https://a.example", NULL, NULL, CORS_VERDICT_ALLOWED,
      CORS_REASON_ORIGIN_ALLOWED,
      "Vary: Origin\n" APP "Access-Control-Expose-Headers: X-E\n" },
    { "another origin learns nothing", WORDS, "https://a.example.evil", NULL,
      NULL, CORS_VERDICT_DENIED, CORS_REASON_ORIGIN_NOT_ALLOWED,
      "Vary: Origin\n" },
    { "a malformed origin learns nothing", WORDS, "https://a.example/", NULL,
      NULL, CORS_VERDICT_DENIED, CORS_REASON_MALFORMED_ORIGIN,
      "Vary: Origin\n" },
    { "without Origin there is Vary", WORDS, NULL, NULL, NULL,
      CORS_VERDICT_NOT_CORS, CORS_REASON_NO_ORIGIN, "Vary: Origin\n" },
    { "a preflight gets the whole lists", WORDS, "https://a.example", "PUT",
      "x-a", CORS_VERDICT_PREFLIGHT_ALLOWED, CORS_REASON_ORIGIN_ALLOWED,
      VARY APP LISTS },
    { "a method that is not listed is refused", WORDS, "https://a.example",
      "DELETE", NULL, CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_METHOD_NOT_ALLOWED, VARY APP LISTS },
    { "a header that is not listed is refused", WORDS, "https://a.example",
      "PUT", "x-a,x-b", CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_HEADER_NOT_ALLOWED, VARY APP LISTS },
    { "a list of names with a stray byte is refused", WORDS,
      "https://a.example", "PUT", "x-a;", CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_MALFORMED_HEADERS, VARY APP LISTS },
    { "a preflight of another origin learns nothing", WORDS,
      "https://b.example", "PUT", NULL, CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_ORIGIN_NOT_ALLOWED, VARY },
    { "everybody without credentials is *, and Vary is left alone", STAR,
      "https://x.example", NULL, NULL, CORS_VERDICT_ALLOWED,
      CORS_REASON_ANY_ORIGIN_ALLOWED, "Access-Control-Allow-Origin: *\n" },
    { "* is sent as such in a preflight", STAR, "https://a.example", "PURGE",
      "x-any", CORS_VERDICT_PREFLIGHT_ALLOWED, CORS_REASON_ANY_ORIGIN_ALLOWED,
      VARY "Access-Control-Allow-Origin: *\n"
           "Access-Control-Allow-Methods: *\n"
           "Access-Control-Allow-Headers: *\n" },
    { "* does not stand for Authorization", STAR, "https://a.example", "GET",
      "authorization", CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_HEADER_NOT_ALLOWED,
      VARY "Access-Control-Allow-Origin: *\n"
           "Access-Control-Allow-Methods: *\n"
           "Access-Control-Allow-Headers: *\n" },
    { "with credentials the request is echoed", UNSAFE, "https://a.example",
      "PURGE", "x-any", CORS_VERDICT_PREFLIGHT_ALLOWED,
      CORS_REASON_ANY_ORIGIN_ALLOWED,
      VARY APP TRUE_ "Access-Control-Allow-Methods: PURGE\n"
                     "Access-Control-Allow-Headers: x-any\n" },
    { "everybody with credentials is nobody without the flag", BROKEN,
      "https://a.example", NULL, NULL, CORS_VERDICT_DENIED,
      CORS_REASON_CONTRADICTORY_POLICY, "Vary: Origin\n" },
};

static void check_case(const case_t *one)
{
    cors_policy_t policy;
    cors_facts_t facts;
    cors_decision_t decision;
    apr_table_t *headers = apr_table_make(pool, 8);
    apr_table_t *errors = apr_table_make(pool, 8);

    memset(&facts, 0, sizeof(facts));
    facts.origin = exactly(one->origin);
    facts.options = one->method != NULL;
    facts.request_method = exactly(one->method);
    facts.request_headers = exactly(one->names);
    cors_policy_resolve(pool, section_of(&one->words), 1, &policy);
    cors_decide(&policy, &facts, &decision);

    /* what a backend and a recipe may have left */
    apr_table_add(errors, "access-control-allow-origin", "https://x.example");
    apr_table_add(headers, "Access-Control-Allow-Origin", "*");
    apr_table_add(headers, "Access-Control-Max-Age", "1");
    cors_emit(pool, &policy, &decision,
              one->method ? CORS_RESPONSE_PREFLIGHT : CORS_RESPONSE_ACTUAL,
              headers, errors);

    if (decision.verdict != one->verdict || decision.reason != one->reason
        || strcmp(lines_of(headers), one->headers) != 0) {
        print_error("%s: %s, %s\n%s", one->name,
                    cors_verdict_text(decision.verdict),
                    cors_reason_text(decision.reason), lines_of(headers));
    }
    assert_int_equal(decision.verdict, one->verdict);
    assert_int_equal(decision.reason, one->reason);
    assert_string_equal(lines_of(headers), one->headers);
    assert_string_equal(lines_of(errors), "");
    release(facts.origin);
    release(facts.request_method);
    release(facts.request_headers);
}

static void a_decision_and_its_headers_follow_from_the_policy(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_case(&cases[i]);
    }
}

/* Each origin beside its nearest neighbour. */
static void an_origin_is_listed_to_the_byte(void **state)
{
    static const struct {
        const char *words;
        const char *origin;
        bool listed;
    } table[] = {
        { "https://example.com", "https://example.com", true },
        { "https://example.com", "https://example.com.evil", false },
        { "https://example.com", "https://notexample.com", false },
        { "https://example.com", "https://example.com:443", false },
        { "https://example.com", "http://example.com", false },
        { "https://*.example.com", "https://a.example.com", true },
        { "https://*.example.com", "https://a.b.example.com", true },
        { "https://*.example.com", "https://example.com", false },
        { "https://*.example.com", "https://.example.com", false },
        { "https://*.example.com", "https://aexample.com", false },
        { "https://*.example.com", "https://a.example.com:8443", false },
        { "https://*.example.com:*", "https://a.example.com:8443", true },
        { "https://*.example.com:*", "https://a.example.com", true },
        { "http://localhost:*", "http://localhost:3000", true },
        { "http://localhost:*", "http://localhost", true },
        { "http://localhost:*", "http://localhost.evil:3000", false },
        { "https://*.e.com !https://o.e.com", "https://n.e.com", true },
        { "https://*.e.com !https://o.e.com", "https://o.e.com", false },
        { "http://[::1]:80*", "http://[::1]", false },
        { "http://127.0.0.1:81", "http://127.0.0.1:81", true },
        { "http://127.0.0.1:81", "http://127.0.0.1:810", false },
        { "capacitor://localhost", "capacitor://localhost", true },
        { "*", "null", true },
        { "https://example.com", "null", false },
        { "None", "https://example.com", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cors_origin_set_t *list = cors_origin_set_make(pool, false, false);
        cors_slice_t rest = cors_slice(table[i].words);
        cors_slice_t text = exactly(table[i].origin);
        cors_slice_t word;
        cors_origin_t origin;
        const char *instead;

        while (cors_word_next(&rest, &word)) {
            cors_origin_set_add(pool, list, word, NULL, &instead);
        }
        assert_true(cors_origin_parse(text, &origin));
        if ((cors_origin_set_lookup(list, &origin, false) == CORS_ORIGIN_LISTED)
            != table[i].listed) {
            fail_msg("%s: %s", table[i].words, table[i].origin);
        }
        release(text);
    }
}

static void bytes_that_are_no_origin_are_refused(void **state)
{
    static const char *const table[] = { "",
                                         "https",
                                         "https:",
                                         "https:/",
                                         "https://",
                                         "https://a/",
                                         "https://A",
                                         "HTTPS://a",
                                         "https://a b",
                                         "https://a,b",
                                         "https://a:",
                                         "https://a:0",
                                         "https://a:65536",
                                         "https://a:01",
                                         "https://u@a",
                                         "https://a?q",
                                         "https://a#f",
                                         "https://\x7f",
                                         "https://\xc3\xa4",
                                         "://a",
                                         "Null",
                                         "https://a\x01",
                                         "1http://a",
                                         "https://a:80:80",
                                         "https://[::1" };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cors_slice_t text = exactly(table[i]);
        cors_origin_t origin;

        if (cors_origin_parse(text, &origin)) {
            fail_msg("taken for an origin: %s", table[i]);
        }
        release(text);
    }
}

static void vary_is_one_field_without_repetition(void **state)
{
    apr_table_t *headers = apr_table_make(pool, 4);
    apr_table_t *errors = apr_table_make(pool, 4);

    (void)state;
    apr_table_add(headers, "Vary", "Accept, origin");
    apr_table_add(headers, "Vary", "accept");
    apr_table_add(errors, "Vary", "Cookie");
    cors_vary_add(pool, "Origin", headers, errors);
    assert_string_equal(lines_of(headers), "Vary: Accept, origin, Cookie\n");
    assert_string_equal(lines_of(errors), "");
    apr_table_set(errors, "Vary", "*");
    cors_vary_add(pool, "Origin", headers, errors);
    assert_string_equal(lines_of(headers), "Vary: *\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_and_its_headers_follow_from_the_policy),
        cmocka_unit_test(an_origin_is_listed_to_the_byte),
        cmocka_unit_test(bytes_that_are_no_origin_are_refused),
        cmocka_unit_test(vary_is_one_field_without_repetition),
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
