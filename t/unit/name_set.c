/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lists of methods and header names. */

#include "unit.h"

#include "core/policy/name_set.h"

#define METHODS CORS_NAMES_METHODS
#define REQUEST CORS_NAMES_REQUEST_HEADERS
#define RESPONSE CORS_NAMES_RESPONSE_HEADERS

/* Add names until the first problem. */
static cors_problem_e add_names(cors_name_set_t *set, const char *words,
                                const char **suggestion)
{
    cors_slice_t rest = exact_copy(words);
    cors_slice_t word;
    cors_problem_e problem = CORS_OK;
    int number = 0;

    *suggestion = "left over";
    while (!problem && cors_argument_next(&rest, &word)) {
        problem = cors_name_set_add(pool, set, word,
                                    apr_psprintf(pool, "conf:%d", ++number),
                                    suggestion);
    }
    return problem;
}

typedef struct {
    cors_names_e kind;
    const char *words; /* the last one may be rejected */
    cors_problem_e problem;
    const char *suggestion;
    const char *joined; /* the set afterwards */
} row_t;

static void check_name_rows(const row_t *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        bool edit = rows[i].words[0] == '+' || rows[i].words[0] == '-';
        cors_name_set_t *set = cors_name_set_make(pool, rows[i].kind, edit);
        const char *suggestion;

        same_text(rows[i].words,
                  cors_problem_id(add_names(set, rows[i].words, &suggestion)),
                  cors_problem_id(rows[i].problem));
        same_text(rows[i].words, suggestion, rows[i].suggestion);
        same_text(rows[i].words, set->joined.text, rows[i].joined);
    }
}

static void methods_are_tokens_in_the_browsers_case(void **state)
{
    static const row_t rows[] = {
        { METHODS, "GET", CORS_OK, NULL, "GET" },
        { METHODS, "PUT,GET", CORS_OK, NULL, "PUT, GET" },
        { METHODS, "GET GET PUT", CORS_OK, NULL, "GET, PUT" },
        { METHODS, "PURGE purge", CORS_OK, NULL, "PURGE, purge" },
        { METHODS, "None", CORS_PROBLEM_METHODS_NONE, "GET HEAD POST", NULL },
        { METHODS, "GET/POST", CORS_PROBLEM_METHOD_TOKEN, "GET POST", NULL },
        { METHODS, "-GET/PUT", CORS_PROBLEM_METHOD_TOKEN, "-GET -PUT", NULL },
        { METHODS, "GET/P@T", CORS_PROBLEM_METHOD_TOKEN, NULL, NULL },
        { METHODS, "/", CORS_PROBLEM_METHOD_TOKEN, NULL, NULL },
        { METHODS, "GET none", CORS_PROBLEM_METHODS_NONE, NULL, "GET" },
        { METHODS, "-None", CORS_PROBLEM_METHODS_NONE, NULL, NULL },
        { METHODS, "Nones", CORS_OK, NULL, "Nones" },
        { METHODS, "get", CORS_PROBLEM_METHOD_CASE, "GET", NULL },
        { METHODS, "PUT pAtCh", CORS_PROBLEM_METHOD_CASE, "PATCH", "PUT" },
        { METHODS, "PUT TRACE", CORS_PROBLEM_METHOD_FORBIDDEN, NULL, "PUT" },
        { METHODS, "connect", CORS_PROBLEM_METHOD_FORBIDDEN, NULL, NULL },
        { METHODS, "Track", CORS_PROBLEM_METHOD_FORBIDDEN, NULL, NULL },
        { METHODS, "G@T", CORS_PROBLEM_METHOD_TOKEN, NULL, NULL },
        { METHODS, "GET:", CORS_PROBLEM_METHOD_TOKEN, "GET", NULL },
        { METHODS, ":", CORS_PROBLEM_METHOD_TOKEN, NULL, NULL },
        { METHODS, "None:", CORS_PROBLEM_METHOD_TOKEN, NULL, NULL },
        { METHODS, "get:", CORS_PROBLEM_METHOD_TOKEN, NULL, NULL },
        { METHODS, "GET;PUT", CORS_PROBLEM_LIST_SEPARATOR, "GET PUT", NULL },
        { METHODS, "GET|put;", CORS_PROBLEM_LIST_SEPARATOR, "GET PUT", NULL },
        { METHODS, "+GET|PUT", CORS_PROBLEM_LIST_SEPARATOR, "+GET +PUT", NULL },
        { METHODS, "-GET|PUT", CORS_PROBLEM_LIST_SEPARATOR, "-GET -PUT", NULL },
        { METHODS, "GET|TRACE", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { METHODS, "GET|*", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { METHODS, "GET|None", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { METHODS, "|", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { METHODS, "GET;-PUT", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { METHODS, "+GET;+PUT", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { METHODS, "GET;!PUT", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { METHODS, "P*", CORS_PROBLEM_NAME_WILDCARD, NULL, NULL },
        { METHODS, "**", CORS_PROBLEM_NAME_WILDCARD, NULL, NULL },
        { METHODS, "!PUT", CORS_PROBLEM_NAME_EXCLUSION, "-PUT", NULL },
        { METHODS, "!put", CORS_PROBLEM_NAME_EXCLUSION, "-PUT", NULL },
        { METHODS, "+!PUT", CORS_PROBLEM_NAME_EXCLUSION, "-PUT", NULL },
        { METHODS, "+GET -!PUT", CORS_PROBLEM_NAME_EXCLUSION, "-PUT", "GET" },
        { METHODS, "GET !PUT", CORS_PROBLEM_NAME_EXCLUSION, NULL, "GET" },
        { METHODS, "* !PUT", CORS_PROBLEM_NAME_EXCLUSION, NULL, "*" },
        { METHODS, "!TRACE", CORS_PROBLEM_NAME_EXCLUSION, NULL, NULL },
        { METHODS, "!*", CORS_PROBLEM_NAME_EXCLUSION, NULL, NULL },
        { METHODS, "!", CORS_PROBLEM_NAME_EXCLUSION, NULL, NULL },
        { METHODS, "-!!PUT", CORS_PROBLEM_NAME_EXCLUSION, NULL, NULL },
        { METHODS, "*", CORS_OK, NULL, "*" },
        { METHODS, "* *", CORS_OK, NULL, "*" },
        { METHODS, "* GET", CORS_PROBLEM_WILDCARD_NOT_ALONE, NULL, "*" },
        { METHODS, "GET *", CORS_PROBLEM_WILDCARD_NOT_ALONE, NULL, "GET" },
        { METHODS, "* get", CORS_PROBLEM_METHOD_CASE, "GET", "*" },
        { METHODS, "+GET +PUT", CORS_OK, NULL, "GET, PUT" },
        { METHODS, "+PUT -GET", CORS_OK, NULL, "PUT" },
        { METHODS, "+get", CORS_PROBLEM_METHOD_CASE, "+GET", NULL },
        { METHODS, "-get", CORS_PROBLEM_METHOD_CASE, "-GET", NULL },
        { METHODS, "-TRACE", CORS_PROBLEM_METHOD_FORBIDDEN, NULL, NULL },
        { METHODS, "-G@T", CORS_PROBLEM_METHOD_TOKEN, NULL, NULL },
        { METHODS, "+*", CORS_PROBLEM_EDIT_OF_ALL, "*", NULL },
        { METHODS, "+GET +*", CORS_PROBLEM_EDIT_OF_ALL, NULL, "GET" },
        { METHODS, "-GET +*", CORS_PROBLEM_EDIT_OF_ALL, NULL, NULL },
        { METHODS, "-*", CORS_PROBLEM_EDIT_OF_ALL, NULL, NULL },
        { METHODS, "+PUT GET", CORS_PROBLEM_EDIT_MIXED, NULL, "PUT" },
        { METHODS, "GET +PUT", CORS_PROBLEM_EDIT_MIXED, NULL, "GET" },
        { METHODS, "GET -PUT", CORS_PROBLEM_EDIT_MIXED, NULL, "GET" },
    };

    (void)state;
    check_name_rows(rows, COUNT(rows));
}

static void request_headers_are_tokens(void **state)
{
    static const row_t rows[] = {
        { REQUEST, "X-A", CORS_OK, NULL, "X-A" },
        { REQUEST, "X-A x-b", CORS_OK, NULL, "X-A, x-b" },
        { REQUEST, "X-A x-a X-B", CORS_OK, NULL, "X-A, X-B" },
        { REQUEST, "Cookie", CORS_OK, NULL, "Cookie" },
        { REQUEST, "x-a Sec-Y", CORS_OK, NULL, "x-a, Sec-Y" },
        { REQUEST, "ETag", CORS_OK, NULL, "ETag" },
        { REQUEST, "+ETag", CORS_OK, NULL, "ETag" },
        { REQUEST, "-ETag", CORS_OK, NULL, NULL },
        { REQUEST, "Access-Control-Max-Age", CORS_OK, NULL,
          "Access-Control-Max-Age" },
        { REQUEST, "Set-Cookie", CORS_OK, NULL, "Set-Cookie" },
        { REQUEST, "x-a:1", CORS_PROBLEM_HEADER_TOKEN, "x-a", NULL },
        { REQUEST, "x-a:1:2", CORS_PROBLEM_HEADER_TOKEN, NULL, NULL },
        { REQUEST, ":1", CORS_PROBLEM_HEADER_TOKEN, NULL, NULL },
        { REQUEST, "x-a:", CORS_PROBLEM_HEADER_TOKEN, "x-a", NULL },
        { REQUEST, "+x-a:", CORS_PROBLEM_HEADER_TOKEN, "+x-a", NULL },
        { REQUEST, "Cookie:", CORS_PROBLEM_HEADER_TOKEN, "Cookie", NULL },
        { REQUEST, "x-a;q", CORS_PROBLEM_LIST_SEPARATOR, "x-a q", NULL },
        { REQUEST, "x-a|", CORS_PROBLEM_LIST_SEPARATOR, "x-a", NULL },
        { REQUEST, "x-a|none", CORS_PROBLEM_LIST_SEPARATOR, NULL, NULL },
        { REQUEST, "x-a|ETag", CORS_PROBLEM_LIST_SEPARATOR, "x-a ETag", NULL },
        { REQUEST, "X-*", CORS_PROBLEM_NAME_WILDCARD, NULL, NULL },
        { REQUEST, "+X-*", CORS_PROBLEM_NAME_WILDCARD, NULL, NULL },
        { REQUEST, "X-(*)", CORS_PROBLEM_HEADER_TOKEN, NULL, NULL },
        { REQUEST, "!x-a", CORS_PROBLEM_NAME_EXCLUSION, "-x-a", NULL },
        { REQUEST, "!None", CORS_PROBLEM_NAME_EXCLUSION, NULL, NULL },
        { REQUEST, "None !x-a", CORS_PROBLEM_NAME_EXCLUSION, NULL, NULL },
        { REQUEST, "None", CORS_OK, NULL, NULL },
        { REQUEST, "None NONE", CORS_OK, NULL, NULL },
        { REQUEST, "None x-a", CORS_PROBLEM_NONE_NOT_ALONE, NULL, NULL },
        { REQUEST, "x-a none", CORS_PROBLEM_NONE_NOT_ALONE, NULL, "x-a" },
        { REQUEST, "None *", CORS_PROBLEM_NONE_NOT_ALONE, NULL, NULL },
        { REQUEST, "* None", CORS_PROBLEM_NONE_NOT_ALONE, NULL, "*" },
        { REQUEST, "*", CORS_OK, NULL, "*" },
        { REQUEST, "* Authorization", CORS_OK, NULL, "*, Authorization" },
        { REQUEST, "Authorization *", CORS_OK, NULL, "*, Authorization" },
        { REQUEST, "* x-a *", CORS_OK, NULL, "*, x-a" },
        { REQUEST, "+x-a", CORS_OK, NULL, "x-a" },
        { REQUEST, "+None", CORS_PROBLEM_EDIT_OF_ALL, NULL, NULL },
        { REQUEST, "-none", CORS_PROBLEM_EDIT_OF_ALL, NULL, NULL },
        { REQUEST, "+*", CORS_PROBLEM_EDIT_OF_ALL, "*", NULL },
        { REQUEST, "-*", CORS_PROBLEM_EDIT_OF_ALL, "None", NULL },
        { REQUEST, "+x-a None", CORS_PROBLEM_EDIT_MIXED, NULL, "x-a" },
        { REQUEST, "-Cookie", CORS_OK, NULL, NULL },
        { REQUEST, "+x-a +", CORS_PROBLEM_EDIT_MIXED, NULL, "x-a" },
        { REQUEST, "x-a +", CORS_OK, NULL, "x-a, +" },
    };

    (void)state;
    check_name_rows(rows, COUNT(rows));
}

static void exposed_headers_are_readable_by_scripts(void **state)
{
    static const row_t rows[] = {
        { RESPONSE, "ETag X-A", CORS_OK, NULL, "ETag, X-A" },
        { RESPONSE, "etag ETag", CORS_OK, NULL, "etag" },
        { RESPONSE, "Set-Cookie", CORS_PROBLEM_EXPOSE_FORBIDDEN, NULL, NULL },
        { RESPONSE, "Cookie", CORS_PROBLEM_EXPOSE_IS_REQUEST, NULL, NULL },
        { RESPONSE, "Proxy-X", CORS_OK, NULL, "Proxy-X" },
        { RESPONSE, "a b@", CORS_PROBLEM_HEADER_TOKEN, NULL, "a" },
        { RESPONSE, "*", CORS_OK, NULL, "*" },
        { RESPONSE, "* ETag", CORS_PROBLEM_WILDCARD_NOT_ALONE, NULL, "*" },
        { RESPONSE, "ETag *", CORS_PROBLEM_WILDCARD_NOT_ALONE, NULL, "ETag" },
        { RESPONSE, "None ETag", CORS_PROBLEM_NONE_NOT_ALONE, NULL, NULL },
        { RESPONSE, "ETag None", CORS_PROBLEM_NONE_NOT_ALONE, NULL, "ETag" },
        { RESPONSE, "* None", CORS_PROBLEM_NONE_NOT_ALONE, NULL, "*" },
        { RESPONSE, "None *", CORS_PROBLEM_NONE_NOT_ALONE, NULL, NULL },
        { RESPONSE, "None", CORS_OK, NULL, NULL },
        { RESPONSE, "-ETag", CORS_OK, NULL, NULL },
        { RESPONSE, "-Cookie", CORS_PROBLEM_EXPOSE_IS_REQUEST, NULL, NULL },
    };

    (void)state;
    check_name_rows(rows, COUNT(rows));
}

static void methods_are_exact_and_headers_ignore_case(void **state)
{
    cors_name_set_t *methods = cors_name_set_make(pool, METHODS, true);
    cors_name_set_t *headers = cors_name_set_make(pool, REQUEST, true);
    const char *suggestion;

    (void)state;
    assert_int_equal(add_names(methods, "+PURGE -BAN", &suggestion), CORS_OK);
    assert_int_equal(add_names(headers, "+X-A +X-B -X-C", &suggestion),
                     CORS_OK);
    assert_true(cors_name_set_lists(methods, exact_copy("PURGE")));
    assert_false(cors_name_set_lists(methods, exact_copy("Purge")));
    assert_false(cors_name_set_lists(methods, exact_copy("PURG")));
    assert_false(cors_name_set_lists(methods, exact_copy("BAN")));
    assert_true(cors_name_set_takes_out(methods, exact_copy("BAN")));
    assert_false(cors_name_set_takes_out(methods, exact_copy("ban")));
    assert_false(cors_name_set_takes_out(methods, exact_copy("PURGE")));
    assert_true(cors_name_set_lists(headers, exact_copy("x-a")));
    assert_true(cors_name_set_lists(headers, exact_copy("X-B")));
    assert_false(cors_name_set_lists(headers, exact_copy("X-AB")));
    assert_false(cors_name_set_lists(headers, exact_copy("")));
    assert_false(cors_name_set_lists(headers, exact_copy("x-c")));
    assert_true(cors_name_set_takes_out(headers, exact_copy("x-c")));
    assert_false(cors_name_set_takes_out(headers, exact_copy("x-a")));
}

static void wildcard_lists_no_name_explicitly(void **state)
{
    cors_name_set_t *set = cors_name_set_make(pool, REQUEST, false);
    const char *suggestion;

    (void)state;
    assert_int_equal(add_names(set, "* Authorization", &suggestion), CORS_OK);
    assert_true(set->wildcard);
    assert_false(set->none);
    assert_int_equal(set->count, 1);
    assert_true(cors_name_set_lists(set, exact_copy("authorization")));
    assert_false(cors_name_set_lists(set, exact_copy("x-a")));
    assert_false(cors_name_set_lists(set, exact_copy("*")));
}

static void names_keep_their_first_source(void **state)
{
    cors_name_set_t *set = cors_name_set_make(pool, RESPONSE, true);
    const char *suggestion;

    (void)state;
    assert_int_equal(add_names(set, "+ETag +etag -X-A +X-B -X-C", &suggestion),
                     CORS_OK);
    assert_int_equal(set->count, 2);
    assert_string_equal(set->names[0], "ETag");
    assert_string_equal(set->sources[0], "conf:1");
    assert_string_equal(set->names[1], "X-B");
    assert_string_equal(set->sources[1], "conf:4");
    assert_int_equal(set->removed_count, 2);
    assert_string_equal(set->removed[0], "X-A");
    assert_string_equal(set->removed_sources[0], "conf:3");
    assert_string_equal(set->removed[1], "X-C");
    assert_string_equal(set->removed_sources[1], "conf:5");
    assert_true(set->edit);
    assert_int_equal(set->kind, RESPONSE);
}

static void none_differs_from_an_empty_set(void **state)
{
    cors_name_set_t *set = cors_name_set_make(pool, REQUEST, false);
    const char *suggestion;

    (void)state;
    assert_false(set->none);
    assert_int_equal(add_names(set, "None", &suggestion), CORS_OK);
    assert_true(set->none);
    assert_int_equal(set->count, 0);
}

static void default_lists(void **state)
{
    const cors_name_set_t *methods = cors_name_set_default(METHODS);
    const cors_name_set_t *headers = cors_name_set_default(REQUEST);
    const cors_name_set_t *exposed = cors_name_set_default(RESPONSE);

    (void)state;
    assert_string_equal(methods->joined.text,
                        "GET, HEAD, PUT, PATCH, POST, DELETE");
    assert_int_equal(methods->count, 6);
    assert_true(cors_name_set_lists(methods, exact_copy("GET")));
    assert_true(cors_name_set_lists(methods, exact_copy("DELETE")));
    assert_false(cors_name_set_lists(methods, exact_copy("OPTIONS")));
    assert_false(cors_name_set_lists(methods, exact_copy("delete")));
    assert_string_equal(headers->joined.text, "content-type");
    assert_int_equal(headers->count, 1);
    assert_true(cors_name_set_lists(headers, exact_copy("Content-Type")));
    assert_false(cors_name_set_lists(headers, exact_copy("authorization")));
    assert_null(exposed->joined.text);
    assert_int_equal(exposed->count, 0);
    assert_true(exposed->none);
    assert_false(methods->none || headers->none);
    assert_false(methods->wildcard || headers->wildcard || exposed->wildcard);
    assert_false(methods->edit || headers->edit || exposed->edit);
    assert_false(cors_name_set_takes_out(exposed, exact_copy("etag")));
}

static void set_reads_no_byte_after_a_name(void **state)
{
    cors_name_set_t *set = cors_name_set_make(pool, METHODS, false);
    const char *suggestion;

    (void)state;
    assert_int_equal(cors_name_set_add(pool, set, exact_bytes("GETS", 3), NULL,
                                       &suggestion),
                     CORS_OK);
    assert_string_equal(set->joined.text, "GET");
    assert_int_equal(cors_name_set_add(pool, set, exact_bytes("PU\0", 3), NULL,
                                       &suggestion),
                     CORS_PROBLEM_METHOD_TOKEN);
    assert_int_equal(cors_name_set_add(pool, set, exact_copy(""), NULL,
                                       &suggestion),
                     CORS_PROBLEM_METHOD_TOKEN);
    assert_string_equal(set->joined.text, "GET");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(methods_are_tokens_in_the_browsers_case),
        TEST(request_headers_are_tokens),
        TEST(exposed_headers_are_readable_by_scripts),
        TEST(methods_are_exact_and_headers_ignore_case),
        TEST(wildcard_lists_no_name_explicitly),
        TEST(names_keep_their_first_source),
        TEST(none_differs_from_an_empty_set),
        TEST(default_lists),
        TEST(set_reads_no_byte_after_a_name),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
