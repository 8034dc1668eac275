/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Explanations: what a browser does with a request, and what to change. */

#include "configure.h"

#include "core/diagnose/explain.h"

#define A "https://a.example"
#define ON "; CorsPolicy On; CorsAllowOrigins " A
#define NOT_READ                                                               \
    "sent, not read: the response has no Access-Control-Allow-Origin; "
#define NO_METHOD(method)                                                      \
    "asks, not read: Access-Control-Allow-Methods does not list " method "; "
#define NO_HEADER(name)                                                        \
    "asks, not read: Access-Control-Allow-Headers does not list " name "; "

typedef struct {
    const char *name;
    const char *policy;
    cors_fetch_request_t request;
    const char *expected; /* "asks|sent|reads: objection; advice" */
} case_t;

static const char *explanation_text(const cors_explanation_t *answer)
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

static void check_explanation(void **state)
{
    const case_t *row = *state;
    cors_explanation_t answer;

    cors_explain(pool, policy_of(row->policy), &row->request, &answer);
    same_text(row->policy, explanation_text(&answer), row->expected);
}

static void note_on_the_backend(void **state)
{
    static const struct {
        const char *policy;
        cors_fetch_request_t request;
        const char *expected;
    } rows[] = {
        { ON, { .origin = A, .method = "GET" }, NULL },
        { ON "; CorsBackendHeaders Replace",
          { .origin = A, .method = "GET" },
          NULL },
        { ON "; CorsBackendHeaders Keep",
          { .origin = A "r", .method = "PUT" },
          "CorsBackendHeaders conf:3 (Keep): where the response of the backend "
          "has Access-Control-Allow-Origin, its headers apply and not those "
          "shown here" },
        { ON "; CorsBackendHeaders Keep; CorsPreflight Continue",
          { .origin = A, .method = "PUT" },
          "CorsBackendHeaders conf:3 (Keep): the preflight goes to the backend "
          "too; where a response of the backend has "
          "Access-Control-Allow-Origin, its headers apply and not those shown "
          "here" },
        { ON "; CorsBackendHeaders KeepExposed",
          { .origin = A, .method = "GET" },
          "CorsBackendHeaders conf:3 (KeepExposed): the names in the backend's "
          "Access-Control-Expose-Headers are exposed too" },
        { ON "; CorsBackendHeaders KeepExposed",
          { .origin = A "r", .method = "GET" },
          NULL },
        { ON "; CorsBackendHeaders KeepCredentials",
          { .origin = A, .method = "GET" },
          NULL },
        { ON "; CorsBackendHeaders KeepCredentials; CorsAllowCredentials On",
          { .origin = A, .method = "GET" },
          "CorsBackendHeaders conf:3 (KeepCredentials): "
          "Access-Control-Allow-Credentials is sent only if the backend sends "
          "it with the value true" },
        { ON "; CorsBackendHeaders KeepBoth; CorsAllowCredentials On",
          { .origin = A, .method = "GET" },
          "CorsBackendHeaders conf:3 (KeepBoth): the names in the backend's "
          "Access-Control-Expose-Headers are exposed too; "
          "Access-Control-Allow-Credentials is sent only if the backend sends "
          "it with the value true" },
        { ON "; CorsBackendHeaders Keep; CorsPolicy ReportOnly",
          { .origin = A, .method = "GET" },
          NULL },
        { ON "; CorsBackendHeaders Keep; CorsWebSocketAllowOrigins " A,
          { .origin = A, .method = "GET", .websocket = true },
          NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_explanation_t answer;

        cors_explain(pool, policy_of(rows[i].policy), &rows[i].request,
                     &answer);
        same_text(rows[i].policy, answer.backend ? answer.backend : "none",
                  rows[i].expected ? rows[i].expected : "none");
    }
}

static const case_t cases[] = {
    { "a simple request from a listed origin needs no preflight",
      ON,
      { .origin = A, .method = "GET" },
      "sent, read" },
    { "a simple request from another origin is sent and not read",
      ON,
      { .origin = A "r", .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; To "
      "allow it, add https://a.exampler to CorsAllowOrigins conf:2, or write "
      "CorsAllowOrigins +https://a.exampler in a nested section." },
    { "without a list a line is suggested",
      "CorsPolicy On",
      { .origin = A, .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; To "
      "allow it, write CorsAllowOrigins https://a.example next to CorsPolicy "
      "conf:1." },
    { "a method that is not safelisted needs a preflight",
      ON,
      { .origin = A, .method = "PUT" },
      "asks, sent, read" },
    { "put is sent as PUT, as browsers do",
      ON,
      { .origin = A, .method = "put" },
      "asks, sent, read" },
    { "patch is not sent as PATCH",
      ON,
      { .origin = A, .method = "patch" },
      "asks, not read: Access-Control-Allow-Methods does not list patch; Write "
      "PATCH in the script: methods are case-sensitive, and fetch() makes only "
      "DELETE, GET, HEAD, OPTIONS, POST and PUT upper case." },
    { "a header needs a preflight",
      ON "; CorsAllowHeaders x-a",
      { .origin = A, .method = "GET", .headers = "X-A, accept" },
      "asks, sent, read" },
    { "a safelisted header needs no preflight",
      ON,
      { .origin = A, .method = "GET", .headers = "Accept,Accept-Language" },
      "sent, read" },
    { "a header that is not listed is suggested",
      ON "; CorsAllowHeaders x-a",
      { .origin = A, .method = "GET", .headers = "x-b" },
      "asks, not read: Access-Control-Allow-Headers does not list x-b; To "
      "allow it, add x-b to CorsAllowHeaders conf:3, or write CorsAllowHeaders "
      "+x-b in a nested section." },
    { "a denied method shows in the list with a success status",
      ON "; CorsAllowMethods GET; CorsPreflightStatus 204 200",
      { .origin = A, .method = "DELETE" },
      "asks, not read: Access-Control-Allow-Methods does not list DELETE; To "
      "allow it, add DELETE to CorsAllowMethods conf:3, or write "
      "CorsAllowMethods +DELETE in a nested section." },
    { "a denied header shows in the list with a success status",
      ON "; CorsAllowHeaders x-a; CorsPreflightStatus 204 200",
      { .origin = A, .method = "GET", .headers = "x-a,x-b" },
      "asks, not read: Access-Control-Allow-Headers does not list x-b; To "
      "allow it, add x-b to CorsAllowHeaders conf:3, or write CorsAllowHeaders "
      "+x-b in a nested section." },
    { "a forbidden method cannot be allowed",
      ON,
      { .origin = A, .method = "Trace" },
      "asks, not read: Access-Control-Allow-Methods does not list Trace; No "
      "browser sends this method, and it cannot be allowed." },
    { "a forbidden header cannot be allowed",
      ON,
      { .origin = A, .method = "GET", .headers = "cookie" },
      "asks, not read: Access-Control-Allow-Headers does not list cookie; No "
      "browser lets a page set cookie, and it cannot be allowed." },
    { "* stands for any method and header",
      ON "; CorsAllowMethods *; CorsAllowHeaders *",
      { .origin = A, .method = "BAN", .headers = "x-b" },
      "asks, sent, read" },
    { "* does not include Authorization",
      ON "; CorsAllowHeaders *; CorsPreflightStatus 204 200",
      { .origin = A, .method = "GET", .headers = "authorization" },
      "asks, not read: Access-Control-Allow-Headers does not list "
      "authorization; To allow it, add authorization to CorsAllowHeaders "
      "conf:3, or write CorsAllowHeaders +authorization in a nested section." },
    { "credentials need their header",
      ON,
      { .origin = A, .method = "GET", .credentials = true },
      "sent, not read: the request has credentials and the response has no "
      "Access-Control-Allow-Credentials; The request has credentials. Write "
      "CorsAllowCredentials On next to CorsPolicy conf:1." },
    { "credentials are read where they are allowed",
      ON "; CorsAllowCredentials On; CorsAllowMethods *; CorsAllowHeaders *",
      { .origin = A, .method = "BAN", .headers = "x", .credentials = true },
      "asks, sent, read" },
    { "any origin is not allowed with credentials",
      "CorsPolicy On; CorsAllowOrigins *",
      { .origin = A, .method = "GET", .credentials = true },
      "sent, not read: Access-Control-Allow-Origin is *, which browsers do not "
      "accept for a request with credentials; The request has credentials. "
      "Write "
      "CorsAllowCredentials On next to CorsPolicy conf:1, and the origin "
      "https://a.example instead of * in CorsAllowOrigins conf:2." },
    { "any origin is allowed without credentials",
      "CorsPolicy On; CorsAllowOrigins *",
      { .origin = A, .method = "GET" },
      "sent, read" },
    { "a policy that is off is reported",
      "CorsAllowOrigins " A,
      { .origin = A, .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; No "
      "policy is in force here. Write CorsPolicy On in the section; this is "
      "allowed then." },
    { "a policy that only reports allows nothing",
      "CorsPolicy ReportOnly; CorsAllowOrigins " A,
      { .origin = A, .method = "PUT" },
      "asks, not read: the response has no Access-Control-Allow-Origin; The "
      "policy only reports. Write On instead of ReportOnly in CorsPolicy "
      "conf:1; this is allowed then." },
    { "null should not be allowed",
      ON,
      { .origin = "null", .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; "
      "Sandboxed frames and files send the origin null, and anyone can make "
      "one. Give the page an origin of its own." },
    { "an invalid origin suggests the intended one",
      ON,
      { .origin = A "/", .method = "GET" },
      NOT_READ "No browser sends the origin https://a.example/: an origin has "
               "no path, not even a slash at its end. The browser sends "
               "https://a.example: explain that origin." },
    { "an invalid origin cannot be allowed",
      ON,
      { .origin = "*", .method = "GET" },
      NOT_READ "No browser sends such an origin, and none can be allowed." },
    { "a pattern is not an origin",
      ON,
      { .origin = "a,b", .method = "GET" },
      NOT_READ "No browser sends such an origin, and none can be allowed." },
    { "a contradictory policy allows nothing",
      "CorsPolicy On; CorsAllowOrigins *; CorsAllowCredentials On",
      { .origin = A, .method = "GET" },
      "sent, not read: the response has no Access-Control-Allow-Origin; The "
      "sections that apply contradict each other; see CorsAllowOrigins conf:2 "
      "and the error log." },
    { "an exclusion is suggested to be removed",
      "CorsPolicy On; CorsAllowOrigins https://*.example; CorsAllowOrigins "
      "!" A,
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, remove !https://a.example from CorsAllowOrigins "
               "conf:3, or write CorsAllowOrigins +https://a.example in a "
               "nested section." },
    { "an exclusion that is not listed is suggested as an entry",
      "CorsPolicy On; CorsAllowOrigins https://b.example !" A,
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, write https://a.example instead of "
               "!https://a.example in CorsAllowOrigins conf:2, or write "
               "CorsAllowOrigins +https://a.example in a nested section." },
    { "an origin excluded by a wildcard is suggested for a nested section",
      "CorsPolicy On; CorsAllowOrigins https://b.example !https://*.example",
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, write CorsAllowOrigins +https://a.example in a "
               "section within that of CorsAllowOrigins conf:2." },
    { "an origin excluded twice is suggested for a nested section",
      "CorsPolicy On; CorsAllowOrigins https://*.example !" A
      " !https://a.example:*",
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, write CorsAllowOrigins +https://a.example in a "
               "section within that of CorsAllowOrigins conf:2." },
    { "an origin removed from any is suggested to be kept",
      "CorsPolicy On; CorsAllowOrigins * | CorsAllowOrigins -" A,
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, remove -https://a.example from CorsAllowOrigins "
               "conf:3, or write CorsAllowOrigins +https://a.example in a "
               "nested section." },
    { "an origin removed without being listed is suggested as an addition",
      "CorsPolicy On; CorsAllowOrigins https://b.example | CorsAllowOrigins "
      "-" A,
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, write +https://a.example instead of "
               "-https://a.example in CorsAllowOrigins conf:3, or write "
               "CorsAllowOrigins +https://a.example in a nested section." },
    { "a regular expression is named with its own line",
      "CorsPolicy On; CorsAllowOrigins * | CorsAllowOrigins +https://b.example;"
      " CorsAllowOriginsMatch -" A ".*",
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, remove -https://a.example.* from "
               "CorsAllowOriginsMatch conf:4, or write CorsAllowOrigins "
               "+https://a.example in a nested section." },
    { "a list of None is suggested to be replaced",
      "CorsPolicy On; CorsAllowOrigins None",
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, write https://a.example instead of None in "
               "CorsAllowOrigins conf:2, or write CorsAllowOrigins "
               "+https://a.example in a nested section." },
    { "an addition to an edit has a plus",
      ON " | CorsAllowOrigins +https://b.example",
      { .origin = A "r", .method = "GET" },
      NOT_READ "To allow it, add +https://a.exampler to CorsAllowOrigins "
               "conf:3, or write CorsAllowOrigins +https://a.exampler in a "
               "nested section." },
    { "an origin is not added to regular expressions",
      "CorsPolicy On; CorsAllowOriginsMatch https://b.*",
      { .origin = A, .method = "GET" },
      NOT_READ "To allow it, write CorsAllowOrigins https://a.example beside "
               "CorsAllowOriginsMatch conf:2, or write CorsAllowOrigins "
               "+https://a.example in a nested section." },
    { "an origin with its default port suggests the one without",
      ON,
      { .origin = A ":443", .method = "GET" },
      NOT_READ "No browser sends the origin https://a.example:443: browsers "
               "omit the scheme's default port. The browser sends "
               "https://a.example: explain that origin." },
    { "a page from a file can be listed for embedded browsers",
      ON,
      { .origin = "file://", .method = "GET" },
      NOT_READ "To allow it, add file:// to CorsAllowOrigins conf:2, or write "
               "CorsAllowOrigins +file:// in a nested section." },
    { "a removed method is suggested to be restored",
      ON "; CorsAllowMethods +BAN; CorsAllowMethods -PUT",
      { .origin = A, .method = "PUT" },
      NO_METHOD(
          "PUT") "To allow it, write +PUT instead of -PUT in CorsAllowMethods "
                 "conf:4, or write CorsAllowMethods +PUT in a nested "
                 "section." },
    { "patch and a denied PATCH are both explained",
      ON "; CorsAllowMethods GET",
      { .origin = A, .method = "patch" },
      NO_METHOD(
          "patch") "Write PATCH in the script: methods are case-sensitive, and "
                   "fetch() "
                   "makes only DELETE, GET, HEAD, OPTIONS, POST and PUT upper "
                   "case. To "
                   "allow it, add PATCH to CorsAllowMethods conf:3, or write "
                   "CorsAllowMethods +PATCH in a nested section." },
    { "all missing headers are listed",
      ON "; CorsAllowHeaders x-c",
      { .origin = A, .method = "GET", .headers = "x-a,x-c,x-b" },
      NO_HEADER("x-a") "To allow it, add x-a x-b to CorsAllowHeaders conf:3, "
                       "or write "
                       "CorsAllowHeaders +x-a +x-b in a nested section." },
    { "response headers are suggested to be omitted",
      ON "; CorsAllowHeaders None",
      { .origin = A, .method = "GET", .headers = "etag,x-a" },
      NO_HEADER("etag") "The server sends etag, not the page: remove it from "
                        "the script. To "
                        "allow it, write x-a instead of None in "
                        "CorsAllowHeaders conf:3, or "
                        "write CorsAllowHeaders +x-a in a nested section." },
    { "a header removed in other case is suggested to be restored",
      ON "; CorsAllowHeaders +x-a -Content-Type",
      { .origin = A, .method = "GET", .headers = "content-type" },
      NO_HEADER("content-type") "To allow it, write +content-type instead of "
                                "-Content-Type in "
                                "CorsAllowHeaders conf:3, or write "
                                "CorsAllowHeaders +content-type "
                                "in a nested section." },
    { "a name that means a whole list cannot be added",
      ON,
      { .origin = A, .method = "GET", .headers = "none" },
      NO_HEADER(
          "none") "none cannot be allowed: + and - must be followed by one "
                  "origin or name, not by * or None." },
    { "all objections are listed",
      ON "; CorsAllowMethods GET",
      { .origin = A "r",
        .method = "PUT",
        .headers = "x-a",
        .credentials = true },
      "asks, not read: the response has no Access-Control-Allow-Origin; "

      "To allow it, add https://a.exampler to CorsAllowOrigins conf:2, or "
      "write CorsAllowOrigins +https://a.exampler in a nested section. To "
      "allow it, add PUT to CorsAllowMethods conf:3, or write "
      "CorsAllowMethods +PUT in a nested section. To allow it, write "
      "CorsAllowHeaders +x-a next to CorsPolicy conf:1. The request has "
      "credentials. "
      "Write CorsAllowCredentials On next to CorsPolicy conf:1." },
    { "with credentials * exposes no header",
      ON "; CorsExposeHeaders *",
      { .origin = A, .method = "GET", .credentials = true },
      "sent, not read: the request has credentials and the response has no "
      "Access-Control-Allow-Credentials; The request has credentials. Write "
      "CorsAllowCredentials On next to CorsPolicy conf:1, and names of headers "
      "instead of "
      "* in CorsExposeHeaders conf:3." },
    { "a ReportOnly policy is explained with what it would deny",
      "CorsPolicy ReportOnly; CorsAllowOrigins " A,
      { .origin = A "r", .method = "GET" },
      NOT_READ
      "The policy only reports. Write On instead of ReportOnly in "
      "CorsPolicy conf:1; this is still refused then. To allow it, add "
      "https://a.exampler to CorsAllowOrigins conf:2, or write "
      "CorsAllowOrigins +https://a.exampler in a nested section." },
    { "a policy that is off is explained with what it would deny",
      "CorsPolicy Off",
      { .origin = A, .method = "GET" },
      NOT_READ
      "No policy is in force here. Write On instead of Off in "
      "CorsPolicy conf:1; this is still refused then. To allow it, "
      "write CorsAllowOrigins https://a.example next to CorsPolicy conf:1." },
    { "a handshake needs no preflight and opens",
      "CorsWebSocketAllowOrigins " A,
      { .origin = A, .method = "GET", .websocket = true },
      "sent, read" },
    { "a handshake that is only reported opens",
      "CorsPolicy ReportOnly; CorsWebSocketAllowOrigins " A,
      { .origin = A "r", .method = "GET", .websocket = true },
      "sent, read" },
    { "a denied handshake does not open",
      "CorsWebSocketAllowOrigins " A,
      { .origin = A "r", .method = "GET", .websocket = true },
      "sent, not read: the handshake is answered with a 403; To allow it, add "
      "https://a.exampler to CorsWebSocketAllowOrigins conf:1, or write "
      "CorsWebSocketAllowOrigins +https://a.exampler in a nested section." }
};

static void request_to_the_own_origin_is_not_cors(void **state)
{
    cors_fetch_request_t request = { .origin = A, .method = "PUT" };
    cors_explanation_t answer;

    (void)state;
    assert_true(cors_origin_parse(exact_copy(A), &request.target));
    cors_explain(pool, policy_of("CorsPolicy On"), &request, &answer);
    same_text("own", explanation_text(&answer), "same origin, sent, read");
}

/* DNS rebinding: the page's host resolves to this server but is not one of its
 * names. */
static void unknown_host_is_rejected(void **state)
{
    const char *const advice =
        "The host of the request is not a name of its virtual host, so the "
        "page is not one of the server's own. If it is a name of the server, "
        "add it with ServerAlias; where a proxy in front changes Host, keep it "
        "there (ProxyPreserveHost On), or write UseCanonicalName On next to "
        "ServerName.";
    const char *const reject = "CorsPolicy On; CorsRejectDisallowed On";
    cors_fetch_request_t request = { .origin = A, .method = "POST" };
    cors_explanation_t answer;

    (void)state;
    assert_true(cors_origin_parse(exact_copy(A), &request.target));
    cors_explain(pool, policy_of(reject), &request, &answer);
    assert_false(answer.cross_origin);
    assert_int_equal(answer.actual.status, 403);
    same_text("reason", cors_reason_text(answer.actual.decision.reason),
              "unknown-host");
    same_text("advice", answer.advice, advice);
    /* without CorsRejectDisallowed nothing is rejected */
    cors_explain(pool, policy_of("CorsPolicy On"), &request, &answer);
    assert_int_equal(answer.actual.status, 0);
    assert_null(answer.advice);
    cors_explain(pool,
                 policy_of("CorsPolicy ReportOnly; CorsRejectDisallowed On"),
                 &request, &answer);
    assert_int_equal(answer.actual.status, 0);
    request.known_host = true;
    cors_explain(pool, policy_of(reject), &request, &answer);
    assert_int_equal(answer.actual.status, 0);
    assert_null(answer.advice);

    request.websocket = true;
    cors_explain(pool, policy_of("CorsWebSocketAllowOrigins Self"), &request,
                 &answer);
    assert_true(answer.readable);
    request.known_host = false;
    cors_explain(pool, policy_of("CorsWebSocketAllowOrigins Self"), &request,
                 &answer);
    assert_false(answer.readable);
    same_text("advice", answer.advice, advice);
}

static void listed_own_origin_is_same_origin(void **state)
{
    const char *const policies[] = { ON, "CorsPolicy On; CorsAllowOrigins *" };
    cors_fetch_request_t request = { .origin = A,
                                     .method = "PUT",
                                     .credentials = true };
    cors_explanation_t answer;
    size_t i;

    (void)state;
    assert_true(cors_origin_parse(exact_copy(A), &request.target));
    for (i = 0; i < COUNT(policies); i++) {
        cors_explain(pool, policy_of(policies[i]), &request, &answer);
        same_text("own", explanation_text(&answer), "same origin, sent, read");
    }
    request.target.host = exact_copy("b.example");
    cors_explain(pool, policy_of(ON "; CorsAllowCredentials On"), &request,
                 &answer);
    same_text("other", explanation_text(&answer), "asks, sent, read");
}

static void rejected_request_gets_403(void **state)
{
    cors_fetch_request_t request = { .origin = A "r", .method = "GET" };
    cors_explanation_t answer;

    (void)state;
    cors_explain(pool, policy_of(ON "; CorsRejectDisallowed On"), &request,
                 &answer);
    same_number("status", answer.actual.status, 403);
    cors_explain(pool, policy_of(ON), &request, &answer);
    same_number("status", answer.actual.status, 0);
}

/* What CorsProtect decides on the request of a script. */
static void protection_decides_on_the_request(void **state)
{
#define WALL "CorsProtect On"
#define TO(host_, scheme_)                                                     \
    .target = { .scheme = { scheme_, sizeof(scheme_) - 1 },                    \
                .host = { host_, sizeof(host_) - 1 } },                        \
    .known_host = true
    static const struct {
        const char *policy;
        cors_fetch_request_t request;
        const char *decision;
    } rows[] = {
        { "", { .origin = A, .method = "POST" }, "not-checked protection-off" },
        { WALL, { .origin = A, .method = "get" }, "not-checked safe-method" },
        { WALL,
          { .origin = A, .method = "post" },
          "refused cross-site-request" },
        { WALL,
          { .origin = A, .method = "POST", TO("a.example", "https") },
          "passed same-origin-request" },
        { WALL,
          { .origin = "http://a.example",
            .method = "POST",
            TO("a.example", "http") },
          "passed own-origin" },
        { WALL,
          { .origin = A, .method = "POST", TO("a.example", "http") },
          "passed own-origin" },
        { WALL,
          { .origin = "http://b.example",
            .method = "POST",
            TO("a.example", "http") },
          "refused cross-site-request" },
        { WALL,
          { .origin = "null", .method = "POST", TO("a.example", "http") },
          "refused null-origin" },
        { WALL,
          { .origin = "https://localhost",
            .method = "POST",
            TO("localhost", "http") },
          "refused cross-site-request" },
        { WALL "; CorsProtectAllowOrigins " A,
          { .origin = A, .method = "POST" },
          "passed trusted-origin" },
        { WALL ON,
          { .origin = A, .method = "PUT" },
          "passed allowed-without-credentials" },
        { WALL ON,
          { .origin = A, .method = "PUT", .credentials = true },
          "refused cross-site-request" },
        { WALL ON "; CorsAllowCredentials On",
          { .origin = A, .method = "PUT", .credentials = true },
          "passed allowed-with-credentials" },
        { WALL ON,
          { .origin = A, .method = "POST", TO("b.example", "http") },
          "refused cross-site-request" },
        { WALL ON,
          { .origin = A,
            .method = "POST",
            .headers = "x-a, Content-Type",
            TO("b.example", "http") },
          "passed allowed-without-credentials" },
        { WALL,
          { .origin = A,
            .method = "GET",
            .websocket = true,
            TO("b.example", "https") },
          "refused cross-site-request" },
        { WALL,
          { .origin = A,
            .method = "GET",
            .websocket = true,
            TO("a.example", "https") },
          "passed own-origin" },
        { WALL "; CorsWebSocketAllowOrigins " A,
          { .origin = A, .method = "GET", .websocket = true },
          "not-checked websocket-list" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_explanation_t answer;

        cors_explain(pool, policy_of(rows[i].policy), &rows[i].request,
                     &answer);
        same_text(apr_psprintf(pool, "%d: %s", (int)i, rows[i].policy),
                  apr_pstrcat(pool,
                              cors_protect_verdict_text(answer.protect.verdict),
                              " ",
                              cors_protect_reason_text(answer.protect.reason),
                              NULL),
                  rows[i].decision);
        same_number(rows[i].policy, answer.protect_hint != NULL,
                    strcmp(rows[i].decision, "refused null-origin") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(request_to_the_own_origin_is_not_cors),
        TEST(unknown_host_is_rejected),
        TEST(listed_own_origin_is_same_origin),
        TEST(note_on_the_backend),
        TEST(rejected_request_gets_403),
        TEST(protection_decides_on_the_request)
    };
    const table_t tables[] = { TABLE(check_explanation, cases) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
