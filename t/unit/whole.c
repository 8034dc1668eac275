/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The core as a whole: from a configuration and a request to the complete set of
 * response headers. */

#include "request.h"

#include "core/policy/emit.h"

/* A configuration and a request, with the expected decision and headers. */
typedef struct {
    const char *name;
    const char *text;
    request_t request;
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
    "CorsPolicy On; CorsAllowOrigins https://a.example; "                      \
    "CorsAllowMethods GET PUT; CorsAllowHeaders x-a; CorsExposeHeaders X-E"
#define STAR                                                                   \
    "CorsPolicy On; CorsAllowOrigins *; CorsAllowMethods *; "                  \
    "CorsAllowHeaders *"
#define UNSAFE                                                                 \
    STAR "; CorsAllowCredentials On; "                                         \
         "CorsAllowAnyOriginWithCredentialsUnsafe On"
#define BROKEN "CorsPolicy On; CorsAllowOrigins *; CorsAllowCredentials On"

static const case_t cases[] = {
    { "an allowed origin is named, with the exposed headers",
      WORDS,
      { .origin = "https://a.example" },
      CORS_VERDICT_ALLOWED,
      CORS_REASON_ORIGIN_ALLOWED,
      "Vary: Origin\n" APP "Access-Control-Expose-Headers: X-E\n" },
    { "another origin gets Vary alone",
      WORDS,
      { .origin = "https://a.example.evil" },
      CORS_VERDICT_DENIED,
      CORS_REASON_ORIGIN_NOT_ALLOWED,
      "Vary: Origin\n" },
    { "a malformed origin gets Vary alone",
      WORDS,
      { .origin = "https://a.example/" },
      CORS_VERDICT_DENIED,
      CORS_REASON_MALFORMED_ORIGIN,
      "Vary: Origin\n" },
    { "without Origin there is Vary",
      WORDS,
      { .origin = NULL },
      CORS_VERDICT_NOT_CORS,
      CORS_REASON_NO_ORIGIN,
      "Vary: Origin\n" },
    { "a preflight gets the whole lists",
      WORDS,
      { .origin = "https://a.example", .method = "PUT", .headers = "x-a" },
      CORS_VERDICT_PREFLIGHT_ALLOWED,
      CORS_REASON_ORIGIN_ALLOWED,
      VARY APP LISTS },
    { "a method that is not listed is denied",
      WORDS,
      { .origin = "https://a.example", .method = "DELETE" },
      CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_METHOD_NOT_ALLOWED,
      VARY APP LISTS },
    { "a header that is not listed is denied",
      WORDS,
      { .origin = "https://a.example", .method = "PUT", .headers = "x-a,x-b" },
      CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_HEADER_NOT_ALLOWED,
      VARY APP LISTS },
    { "a list of names with a stray byte is denied",
      WORDS,
      { .origin = "https://a.example", .method = "PUT", .headers = "x-a;" },
      CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_MALFORMED_HEADERS,
      VARY APP LISTS },
    { "a preflight from another origin gets Vary alone",
      WORDS,
      { .origin = "https://b.example", .method = "PUT" },
      CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_ORIGIN_NOT_ALLOWED,
      VARY },
    { "any origin without credentials is *, without Vary",
      STAR,
      { .origin = "https://x.example" },
      CORS_VERDICT_ALLOWED,
      CORS_REASON_ANY_ORIGIN_ALLOWED,
      "Access-Control-Allow-Origin: *\n" },
    { "* is sent as such in a preflight",
      STAR,
      { .origin = "https://a.example", .method = "PURGE", .headers = "x-any" },
      CORS_VERDICT_PREFLIGHT_ALLOWED,
      CORS_REASON_ANY_ORIGIN_ALLOWED,
      VARY "Access-Control-Allow-Origin: *\n"
           "Access-Control-Allow-Methods: *\n"
           "Access-Control-Allow-Headers: *\n" },
    { "* does not include Authorization",
      STAR,
      { .origin = "https://a.example",
        .method = "GET",
        .headers = "authorization" },
      CORS_VERDICT_PREFLIGHT_DENIED,
      CORS_REASON_HEADER_NOT_ALLOWED,
      VARY "Access-Control-Allow-Origin: *\n"
           "Access-Control-Allow-Methods: *\n" },
    { "with credentials the request is echoed",
      UNSAFE,
      { .origin = "https://a.example", .method = "PURGE", .headers = "x-any" },
      CORS_VERDICT_PREFLIGHT_ALLOWED,
      CORS_REASON_ANY_ORIGIN_ALLOWED,
      VARY APP TRUE_ "Access-Control-Allow-Methods: PURGE\n"
                     "Access-Control-Allow-Headers: x-any\n" },
    { "any origin with credentials is denied without the flag",
      BROKEN,
      { .origin = "https://a.example" },
      CORS_VERDICT_DENIED,
      CORS_REASON_CONTRADICTORY_POLICY,
      "Vary: Origin\n" },
};

static void check_headers_case(void **state)
{
    const case_t *one = *state;
    const cors_policy_t *policy = policy_of(one->text);
    cors_decision_t decision;
    apr_table_t *headers = apr_table_make(pool, 8);
    apr_table_t *errors = apr_table_make(pool, 8);

    decide_request(policy, &one->request, &decision);
    /* headers of a backend and of mod_headers */
    apr_table_add(errors, "access-control-allow-origin", "https://x.example");
    apr_table_add(headers, "Access-Control-Allow-Origin", "*");
    apr_table_add(headers, "Access-Control-Max-Age", "1");
    cors_emit(pool, policy, &decision,
              one->request.method ? CORS_RESPONSE_PREFLIGHT
                                  : CORS_RESPONSE_ACTUAL,
              headers, errors);

    same_text("verdict", cors_verdict_text(decision.verdict),
              cors_verdict_text(one->verdict));
    same_text("reason", cors_reason_text(decision.reason),
              cors_reason_text(one->reason));
    same_text("headers", lines_of(headers), one->headers);
    same_text("errors", lines_of(errors), "");
}

int main(void)
{
    static const table_t tables[] = { TABLE(check_headers_case, cases) };

    return run_all_tests(NULL, 0, tables, COUNT(tables));
}
