/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The catalogue of messages. Only this test depends on their wording. */

#include "unit.h"

#include "core/base/problem.h"

static const char *sentence_of(cors_problem_e problem, const char *entry,
                               const char *detail, const char *suggestion)
{
    cors_finding_t finding;

    finding.problem = problem;
    finding.entry = exact_copy(entry);
    finding.detail = detail;
    finding.suggestion = suggestion;
    return cors_problem_sentence(pool, &finding);
}

static void sentence_has_entry_reason_and_suggestion(void **state)
{
    (void)state;
    assert_string_equal(
        sentence_of(CORS_PROBLEM_ORIGIN_PATH, "https://a.example/", NULL,
                    "https://a.example"),
        "'https://a.example/': an origin has no path, not even a slash at its "
        "end; write https://a.example [origin-path]");
    assert_string_equal(sentence_of(CORS_PROBLEM_METHOD_FORBIDDEN, "TRACE",
                                    NULL, NULL),
                        "'TRACE': browsers never send this method for a script "
                        "[method-forbidden]");
    assert_string_equal(sentence_of(CORS_PROBLEM_ARGUMENT_MISSING, NULL, NULL,
                                    NULL),
                        "an argument is missing [argument-missing]");
    assert_string_equal(sentence_of(CORS_PROBLEM_ORIGIN_HOST_MISSING, "", NULL,
                                    NULL),
                        "'': the host is missing [origin-host-missing]");
}

static void detail_is_in_parentheses(void **state)
{
    (void)state;
    assert_string_equal(
        sentence_of(CORS_PROBLEM_REGEX_BAD, "(", "missing )", NULL),
        "'(': not a regular expression (missing )) [regex-bad]");
    assert_string_equal(
        sentence_of(CORS_PROBLEM_ORIGIN_DUPLICATE, "https://a.example",
                    "CorsAllowOrigins conf:1", "x"),
        "'https://a.example': is in the list already "
        "(CorsAllowOrigins conf:1); write x [origin-duplicate]");
}

static void sentence_quotes_no_byte_after_the_entry(void **state)
{
    cors_finding_t finding = {
        CORS_PROBLEM_METHOD_TOKEN, { "G@T", 2 }, NULL, NULL
    };

    (void)state;
    assert_string_equal(cors_problem_sentence(pool, &finding),
                        "'G@': not a method: a method is one token "
                        "[method-token]");
}

/* The names of the codes. */
static const char *const codes[] = { "OK",
#define CODE_TEXT(code, id, reason) #code,
                                     CORS_ERRORS(CODE_TEXT)
                                         CORS_WARNINGS(CODE_TEXT)
#undef CODE_TEXT
};

static void ids_are_those_of_the_manual(void **state)
{
    int problem;

    (void)state;
    assert_int_equal(COUNT(codes), CORS_PROBLEM_COUNT);
    assert_null(cors_problem_id(CORS_OK));
    for (problem = 1; problem < CORS_PROBLEM_COUNT; problem++) {
        char *id = apr_pstrdup(pool, codes[problem]);
        char *c;

        for (c = id; *c; c++) {
            *c = *c == '_' ? '-' : cors_lower(*c);
        }
        same_text(codes[problem], cors_problem_id((cors_problem_e)problem), id);
    }
}

static void reasons_are_lower_case_without_full_stop(void **state)
{
    int problem;
    int other;

    (void)state;
    assert_null(cors_problem_reason(CORS_OK));
    for (problem = 1; problem < CORS_PROBLEM_COUNT; problem++) {
        const char *reason = cors_problem_reason((cors_problem_e)problem);

        const char *end = reason + strlen(reason);

        /* these reasons end with the byte itself */
        if (reason[0] == ' ' || (end[-1] == '.' && end[-2] != ' ')
            || strstr(reason, "  ")
            || (cors_lower(reason[0]) != reason[0]
                && strncmp(reason, "None ", 5) != 0)) {
            fail_msg("%s: %s", codes[problem], reason);
        }
        for (other = 1; other < problem; other++) {
            assert_string_not_equal(reason,
                                    cors_problem_reason((cors_problem_e)other));
        }
    }
}

static void warnings_are_not_errors(void **state)
{
    int problem;

    (void)state;
    assert_false(cors_problem_is_warning(CORS_OK));
    assert_false(cors_problem_is_warning(CORS_PROBLEM_ARGUMENT_MISSING));
    assert_false(cors_problem_is_warning(CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS));
    assert_true(cors_problem_is_warning(CORS_PROBLEM_INSECURE_ORIGIN));
    assert_true(cors_problem_is_warning(CORS_PROBLEM_DIRECTORY_BEHIND_PROXY));
    for (problem = 1; problem < CORS_PROBLEM_COUNT; problem++) {
        same_number(codes[problem],
                    cors_problem_is_warning((cors_problem_e)problem),
                    problem >= (int)CORS_PROBLEM_INSECURE_ORIGIN);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(sentence_has_entry_reason_and_suggestion),
        TEST(detail_is_in_parentheses),
        TEST(sentence_quotes_no_byte_after_the_entry),
        TEST(ids_are_those_of_the_manual),
        TEST(reasons_are_lower_case_without_full_stop),
        TEST(warnings_are_not_errors),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
