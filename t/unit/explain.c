/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a browser concludes, and what to change. */

#include "configure.h"

#include "cors/explain.h"

#define A "https://a.example"
#define ON "; CorsPolicy On; CorsAllowOrigins " A

typedef struct {
    const char *name;
    const char *policy;
    cors_question_t question;
    const char *expected; /* "asks|sent|reads: objection; advice" */
} case_t;

static const char *answer_of(const cors_explanation_t *answer)
{
    const char *objection = answer->preflighted && !answer->sent
                                ? answer->preflight.objection
                                : answer->actual.objection;

    return apr_pstrcat(pool, answer->cross_origin ? "" : "same origin, ",
                       answer->preflighted ? "asks, " : "",
                       answer->sent ? "sent, " : "",
                       answer->readable ? "read" : "not read",
                       objection ? ": " : "", objection ? objection : "",
                       answer->advice ? "; " : "",
                       answer->advice ? answer->advice : "", NULL);
}

static void is_explained(void **state)
{
    const case_t *row = *state;
    cors_explanation_t answer;

    cors_explain(pool, policy_of(row->policy), &row->question, &answer);
    same_text(row->policy, answer_of(&answer), row->expected);
}

static const case_t cases[] = {
    { "a simple request of a listed origin is read without asking",
      ON,
      { .origin = A, .method = "GET" },
      "sent, read" },
    { "a simple request of another origin is sent and not read",
      ON,
      { .origin = A "r", .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; To "
      "allow it, add https://a.exampler to CorsAllowOrigins conf:2, or write "
      "CorsAllowOrigins +https://a.exampler in a section within." },
    { "where nothing is listed a line is to be written",
      "CorsPolicy On",
      { .origin = A, .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; To "
      "allow it, write CorsAllowOrigins +https://a.example in the section." },
    { "a method that is not safelisted is asked for",
      ON,
      { .origin = A, .method = "PUT" },
      "asks, sent, read" },
    { "put is made PUT, as browsers do",
      ON,
      { .origin = A, .method = "put" },
      "asks, sent, read" },
    { "patch is not made PATCH",
      ON,
      { .origin = A, .method = "patch" },
      "asks, not read: the answer to the preflight is a 403; To allow it, "
      "write CorsAllowMethods +patch in the section." },
    { "a header is asked for",
      ON "; CorsAllowHeaders x-a",
      { .origin = A, .method = "GET", .headers = "X-A, accept" },
      "asks, sent, read" },
    { "a header that every page may set is not",
      ON,
      { .origin = A, .method = "GET", .headers = "Accept,Accept-Language" },
      "sent, read" },
    { "a header that is not listed is told",
      ON "; CorsAllowHeaders x-a",
      { .origin = A, .method = "GET", .headers = "x-b" },
      "asks, not read: the answer to the preflight is a 403; To allow it, add "
      "x-b to CorsAllowHeaders conf:3, or write CorsAllowHeaders +x-b in a "
      "section within." },
    { "a refused method shows in the list where the status is a success",
      ON "; CorsAllowMethods GET; CorsPreflightStatus 204 200",
      { .origin = A, .method = "DELETE" },
      "asks, not read: Access-Control-Allow-Methods does not list DELETE; To "
      "allow it, add DELETE to CorsAllowMethods conf:3, or write "
      "CorsAllowMethods +DELETE in a section within." },
    { "a refused header shows in the list where the status is a success",
      ON "; CorsAllowHeaders x-a; CorsPreflightStatus 204 200",
      { .origin = A, .method = "GET", .headers = "x-a,x-b" },
      "asks, not read: Access-Control-Allow-Headers does not list x-b; To "
      "allow it, add x-b to CorsAllowHeaders conf:3, or write CorsAllowHeaders "
      "+x-b in a section within." },
    { "a method that browsers do not send is none to allow",
      ON,
      { .origin = A, .method = "Trace" },
      "asks, not read: the answer to the preflight is a 403; No browser sends "
      "this method, and it cannot be allowed." },
    { "a header that browsers keep to themselves is none to allow",
      ON,
      { .origin = A, .method = "GET", .headers = "cookie" },
      "asks, not read: the answer to the preflight is a 403; No browser lets a "
      "page set this header, and it cannot be allowed." },
    { "* stands for any method and header",
      ON "; CorsAllowMethods *; CorsAllowHeaders *",
      { .origin = A, .method = "BAN", .headers = "x-b" },
      "asks, sent, read" },
    { "* does not stand for Authorization",
      ON "; CorsAllowHeaders *; CorsPreflightStatus 204 200",
      { .origin = A, .method = "GET", .headers = "authorization" },
      "asks, not read: Access-Control-Allow-Headers does not list "
      "authorization; To allow it, add authorization to CorsAllowHeaders "
      "conf:3, or write CorsAllowHeaders +authorization in a section within." },
    { "credentials want their header",
      ON,
      { .origin = A, .method = "GET", .credentials = true },
      "sent, not read: the request has credentials and the response has no "
      "Access-Control-Allow-Credentials; The request has credentials. Write "
      "CorsAllowCredentials On in the section, with a list of origins." },
    { "credentials are read where they are allowed",
      ON "; CorsAllowCredentials On; CorsAllowMethods *; CorsAllowHeaders *",
      { .origin = A, .method = "BAN", .headers = "x", .credentials = true },
      "asks, sent, read" },
    { "everybody is not everybody with credentials",
      "CorsPolicy On; CorsAllowOrigins *",
      { .origin = A, .method = "GET", .credentials = true },
      "sent, not read: Access-Control-Allow-Origin is *, which does not hold "
      "for a request with credentials; The request has credentials. Write "
      "CorsAllowCredentials On in the section, with a list of origins." },
    { "everybody is everybody without",
      "CorsPolicy On; CorsAllowOrigins *",
      { .origin = A, .method = "GET" },
      "sent, read" },
    { "where no policy is in force it is said",
      "CorsAllowOrigins " A,
      { .origin = A, .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; No "
      "policy is in force here. Write CorsPolicy On and CorsAllowOrigins in "
      "the section." },
    { "a policy that only reports allows nothing",
      "CorsPolicy ReportOnly; CorsAllowOrigins " A,
      { .origin = A, .method = "PUT" },
      "asks, not read: the response has no Access-Control-Allow-Origin; The "
      "policy only reports. Write CorsPolicy On to put it in force." },
    { "null is no origin to allow",
      ON,
      { .origin = "null", .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; The "
      "origin null is sent by sandboxed frames and files, anybody's. Give the "
      "page an origin of its own." },
    { "what is no origin cannot be allowed",
      ON,
      { .origin = A "/", .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; No "
      "browser sends such an origin, and none can be allowed." },
    { "a policy that contradicts itself allows nothing",
      "CorsPolicy On; CorsAllowOrigins *; CorsAllowCredentials On",
      { .origin = A, .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; The "
      "sections that apply contradict each other; see CorsAllowOrigins conf:2 "
      "and the error log." },
    { "a handshake is not asked for and opens",
      "CorsWebSocketAllowOrigins " A,
      { .origin = A, .method = "GET", .websocket = true },
      "sent, read" },
    { "a handshake that is only reported opens",
      "CorsPolicy ReportOnly; CorsWebSocketAllowOrigins " A,
      { .origin = A "r", .method = "GET", .websocket = true },
      "sent, read" },
    { "a refused handshake does not open",
      "CorsWebSocketAllowOrigins " A,
      { .origin = A "r", .method = "GET", .websocket = true },
      "sent, not read: the handshake is answered with a 403; To allow it, add "
      "https://a.exampler to CorsWebSocketAllowOrigins conf:1, or write "
      "CorsWebSocketAllowOrigins +https://a.exampler in a section within." }
};

static void the_own_origin_is_no_matter_of_cors(void **state)
{
    cors_question_t question = { .origin = A, .method = "PUT" };
    cors_explanation_t answer;

    (void)state;
    assert_true(cors_origin_parse(exactly(A), &question.own));
    cors_explain(pool, policy_of("CorsPolicy On"), &question, &answer);
    same_text("own", answer_of(&answer), "same origin, sent, read");
}

static void a_rejected_request_is_answered_with_403(void **state)
{
    cors_question_t question = { .origin = A "r", .method = "GET" };
    cors_explanation_t answer;

    (void)state;
    cors_explain(pool, policy_of(ON "; CorsRejectDisallowed On"), &question,
                 &answer);
    same_number("status", answer.actual.status, 403);
    cors_explain(pool, policy_of(ON), &question, &answer);
    same_number("status", answer.actual.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_own_origin_is_no_matter_of_cors),
        TEST(a_rejected_request_is_answered_with_403)
    };
    const table_t tables[] = { TABLE(is_explained, cases) };

    return run(tests, COUNT(tests), tables, COUNT(tables));
}
