/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Decisions: from the facts of a request and a policy. */

#include "request.h"

#define A "https://a.example"
#define B "https://b.example"
#define LIST "CorsPolicy On; CorsAllowOrigins " A
#define STAR "CorsPolicy On; CorsAllowOrigins *"
#define OTHERS STAR " | CorsAllowOrigins -" B
#define UNSAFE                                                                 \
    STAR "; CorsAllowCredentials On; "                                         \
         "CorsAllowAnyOriginWithCredentialsUnsafe On"
#define BROKEN STAR "; CorsAllowCredentials On"
#define SOCKETS "CorsWebSocketAllowOrigins " A

/* A decision as text: verdict, reason, the directive and line that decided, then
 * each field that is set. */
static const char *field_text(const char *name, cors_slice_t value)
{
    return value.ptr ? apr_pstrcat(pool, " ", name, "=", text_of(value), NULL)
                     : "";
}

static const char *decision_text(const cors_decision_t *decision)
{
    return apr_pstrcat(pool, cors_verdict_text(decision->verdict), " ",
                       cors_reason_text(decision->reason), " by ",
                       decision->setting ? decision->setting->source
                                         : cors_attr_directive(decision->attr),
                       decision->preflight ? " preflight" : "",
                       decision->origin_allowed ? " origin-ok" : "",
                       decision->private_network ? " private" : "",
                       decision->reject ? " reject" : "",
                       field_text("origin", decision->origin),
                       field_text("rejected", decision->rejected),
                       field_text("method", decision->echo_method),
                       field_text("headers", decision->echo_headers), NULL);
}

typedef struct {
    const char *name;
    const char *text;
    request_t request;
    const char *decision;
} row_t;

#define ORIGINS2 " by CorsAllowOrigins conf:2"

static const row_t rows[] = {
    { "a request without Origin is not CORS",
      LIST,
      { .origin = NULL },
      "not-cors no-origin by CorsPolicy conf:1" },
    { "OPTIONS without Origin is not CORS",
      LIST,
      { .options = true },
      "not-cors no-origin by CorsPolicy conf:1" },
    { "OPTIONS without Origin is not a preflight",
      LIST,
      { .method = "PUT" },
      "not-cors no-origin by CorsPolicy conf:1" },

    { "a listed origin is allowed",
      LIST,
      { .origin = A },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },
    { "another origin is denied",
      LIST,
      { .origin = A ".evil" },
      "denied origin-not-allowed" ORIGINS2 " origin=" A ".evil" },
    { "a malformed origin is denied",
      LIST,
      { .origin = A "/" },
      "denied malformed-origin" ORIGINS2 },
    { "an empty origin is malformed",
      LIST,
      { .origin = "" },
      "denied malformed-origin" ORIGINS2 },
    { "two origins are malformed",
      LIST,
      { .origin = A ", " A },
      "denied malformed-origin" ORIGINS2 },
    { "without a list every origin is denied",
      "CorsPolicy On",
      { .origin = A },
      "denied origin-not-allowed by CorsAllowOrigins origin=" A },
    { "an opaque origin is denied",
      LIST,
      { .origin = "null" },
      "denied origin-not-allowed" ORIGINS2 " origin=null" },
    { "OPTIONS without a requested method is an actual request",
      LIST,
      { .origin = A, .options = true },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },
    { "requested headers alone do not make a preflight",
      LIST,
      { .origin = A, .headers = "x-b" },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },

    { "any origin is allowed",
      STAR,
      { .origin = B },
      "allowed any-origin-allowed" ORIGINS2 " origin-ok origin=" B },
    { "null is allowed by any origin",
      STAR,
      { .origin = "null" },
      "allowed any-origin-allowed" ORIGINS2 " origin-ok origin=null" },
    { "a malformed origin gets a constant *",
      STAR,
      { .origin = A "/" },
      "allowed any-origin-allowed" ORIGINS2 " origin-ok" },
    { "a malformed origin is denied if it would be echoed",
      UNSAFE,
      { .origin = A "/" },
      "denied malformed-origin" ORIGINS2 },
    { "any origin with credentials needs the flag",
      UNSAFE,
      { .origin = B },
      "allowed any-origin-allowed" ORIGINS2 " origin-ok origin=" B },
    { "any origin except the excluded one is allowed",
      OTHERS,
      { .origin = A },
      "allowed any-origin-allowed" ORIGINS2 " origin-ok origin=" A },
    { "an origin excluded from any origin is denied",
      OTHERS,
      { .origin = B },
      "denied origin-not-allowed by CorsAllowOrigins conf:3 origin=" B },
    { "a malformed origin is denied beside an exclusion",
      OTHERS,
      { .origin = B "/" },
      "denied malformed-origin by CorsAllowOrigins conf:3" },

    { "a contradictory policy allows no origin",
      BROKEN,
      { .origin = A },
      "denied contradictory-policy" ORIGINS2 " origin=" A },
    { "a contradictory policy allows no preflight",
      BROKEN,
      { .origin = A, .method = "GET" },
      "preflight-denied contradictory-policy" ORIGINS2 " preflight origin=" A },
    { "a contradictory policy ignores same-origin requests",
      BROKEN,
      { .origin = A, .site = "same-origin" },
      "same-origin same-origin by CorsPolicy conf:1 origin=" A },

    { "a contradiction in the WebSocket list stops the policy",
      LIST "; CorsWebSocketAllowOrigins null",
      { .origin = A },
      "denied contradictory-policy by CorsWebSocketAllowOrigins conf:3 "
      "origin=" A },
    { "a contradictory policy leaves handshakes to their list",
      BROKEN "; " SOCKETS,
      { .origin = A, .websocket = true },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:4 "
      "origin=" A },
    { "Sec-Fetch-Site same-origin decides",
      LIST,
      { .origin = B, .site = "same-origin" },
      "same-origin same-origin by CorsPolicy conf:1 origin=" B },
    { "Sec-Fetch-Site same-site is another origin",
      LIST,
      { .origin = B, .site = "same-site" },
      "denied origin-not-allowed" ORIGINS2 " origin=" B },
    { "Sec-Fetch-Site has precedence over the host",
      LIST,
      { .origin = B, .site = "cross-site", .target = B },
      "denied origin-not-allowed" ORIGINS2 " origin=" B },
    { "Sec-Fetch-Site is lower case",
      LIST,
      { .origin = B, .site = "Same-Origin" },
      "denied origin-not-allowed" ORIGINS2 " origin=" B },
    { "without Sec-Fetch-Site the host decides",
      LIST,
      { .origin = B, .target = B ":443" },
      "same-origin same-origin by CorsPolicy conf:1 origin=" B },
    { "another port is another origin",
      LIST,
      { .origin = B, .target = B ":8443" },
      "denied origin-not-allowed" ORIGINS2 " origin=" B },
    { "another scheme is another origin",
      LIST,
      { .origin = B, .target = "http://b.example:443" },
      "denied origin-not-allowed" ORIGINS2 " origin=" B },
    { "a malformed origin is never same-origin",
      LIST,
      { .origin = B "/", .site = "same-origin" },
      "denied malformed-origin" ORIGINS2 },
    { "an unknown host has no own origin",
      LIST,
      { .origin = B, .target = B, .unknown_host = true },
      "denied unknown-host" ORIGINS2 " origin=" B },
    { "an unknown host has no own origin despite Sec-Fetch-Site",
      LIST,
      { .origin = B, .site = "same-origin", .target = B, .unknown_host = true },
      "denied unknown-host" ORIGINS2 " origin=" B },
    { "an unknown host has no own origin for an opaque one",
      LIST,
      { .origin = "null", .site = "same-origin", .unknown_host = true },
      "denied unknown-host" ORIGINS2 " origin=null" },
    { "another origin at an unknown host is not allowed",
      LIST,
      { .origin = B, .target = B ":8443", .unknown_host = true },
      "denied origin-not-allowed" ORIGINS2 " origin=" B },
    { "a same-site origin at an unknown host is not allowed",
      LIST,
      { .origin = B, .site = "same-site", .target = B, .unknown_host = true },
      "denied origin-not-allowed" ORIGINS2 " origin=" B },
    { "a listed origin is allowed at an unknown host",
      LIST,
      { .origin = A, .target = A, .unknown_host = true },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },
    { "a malformed origin is denied at an unknown host",
      LIST,
      { .origin = B "/", .site = "same-origin", .unknown_host = true },
      "denied malformed-origin" ORIGINS2 },
    { "a contradiction is reported before the host",
      BROKEN,
      { .origin = B, .target = B, .unknown_host = true },
      "denied contradictory-policy by CorsAllowOrigins conf:2 origin=" B },
    { "a request to an unknown host is rejected",
      LIST "; CorsRejectDisallowed On",
      { .origin = B, .target = B, .unknown_host = true },
      "denied unknown-host" ORIGINS2 " reject origin=" B },
    { "an opaque origin is not the target's",
      LIST,
      { .origin = "null", .target = B },
      "denied origin-not-allowed" ORIGINS2 " origin=null" },
    { "a same-origin request from a listed origin is allowed",
      LIST,
      { .origin = A, .site = "same-origin" },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },

    { "a disallowed request is rejected with the directive",
      LIST "; CorsRejectDisallowed On",
      { .origin = B },
      "denied origin-not-allowed" ORIGINS2 " reject origin=" B },
    { "a malformed origin is rejected with the directive",
      LIST "; CorsRejectDisallowed On",
      { .origin = "x" },
      "denied malformed-origin" ORIGINS2 " reject" },
    { "an allowed request is not rejected",
      LIST "; CorsRejectDisallowed On",
      { .origin = A },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },
    { "a same-origin request is not rejected",
      LIST "; CorsRejectDisallowed On",
      { .origin = B, .site = "same-origin" },
      "same-origin same-origin by CorsPolicy conf:1 origin=" B },
    { "a request without Origin is not rejected",
      LIST "; CorsRejectDisallowed On",
      { .site = "cross-site" },
      "not-cors no-origin by CorsPolicy conf:1" },
    { "a denied preflight has its own status and is not rejected",
      LIST "; CorsRejectDisallowed On",
      { .origin = B, .method = "PUT" },
      "preflight-denied origin-not-allowed" ORIGINS2 " preflight origin=" B },

    { "a preflight of an allowed method is allowed",
      LIST,
      { .origin = A, .method = "PUT" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=PUT" },
    { "a preflight of another origin is denied",
      LIST,
      { .origin = B, .method = "PUT" },
      "preflight-denied origin-not-allowed" ORIGINS2 " preflight origin=" B },
    { "a preflight of a malformed origin is denied",
      LIST,
      { .origin = "x", .method = "PUT" },
      "preflight-denied malformed-origin" ORIGINS2 " preflight" },
    { "a preflight is not same-origin",
      LIST,
      { .origin = B, .method = "PUT", .site = "same-origin" },
      "preflight-denied origin-not-allowed" ORIGINS2 " preflight origin=" B },
    { "a preflight of a method that is not listed is denied",
      LIST,
      { .origin = A, .method = "PURGE" },
      "preflight-denied method-not-allowed by CorsAllowMethods preflight "
      "origin-ok origin=" A " rejected=PURGE" },
    { "a method is compared exactly",
      LIST "; CorsAllowMethods PUT",
      { .origin = A, .method = "put" },
      "preflight-denied method-not-allowed by CorsAllowMethods conf:3 "
      "preflight origin-ok origin=" A " rejected=put" },
    { "GET is allowed where another method is listed",
      LIST "; CorsAllowMethods PUT",
      { .origin = A, .method = "GET" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=GET" },
    { "HEAD is allowed where another method is listed",
      LIST "; CorsAllowMethods PUT",
      { .origin = A, .method = "HEAD" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=HEAD" },
    { "POST is allowed where it has been removed",
      LIST "; CorsAllowMethods -POST",
      { .origin = A, .method = "POST" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=POST" },
    { "post in lower case is another method",
      LIST "; CorsAllowMethods PUT",
      { .origin = A, .method = "post" },
      "preflight-denied method-not-allowed by CorsAllowMethods conf:3 "
      "preflight origin-ok origin=" A " rejected=post" },
    { "a forbidden method is denied even if listed",
      LIST "; CorsAllowMethods *",
      { .origin = A, .method = "TRACE" },
      "preflight-denied method-not-allowed by CorsAllowMethods conf:3 "
      "preflight origin-ok origin=" A " rejected=TRACE" },
    { "any other method is allowed by *",
      LIST "; CorsAllowMethods *",
      { .origin = A, .method = "ANY" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=ANY" },
    { "an invalid method does not make a preflight",
      LIST,
      { .origin = A, .method = "P T" },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },
    { "an empty method does not make a preflight",
      LIST,
      { .origin = A, .method = "" },
      "allowed origin-allowed" ORIGINS2 " origin-ok origin=" A },

    { "listed request headers are allowed",
      LIST "; CorsAllowHeaders x-a x-b",
      { .origin = A, .method = "GET", .headers = "x-a,X-B" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=GET headers=x-a,X-B" },
    { "the first header that is not listed is reported",
      LIST "; CorsAllowHeaders x-a",
      { .origin = A, .method = "GET", .headers = "x-a,x-b,x-c" },
      "preflight-denied header-not-allowed by CorsAllowHeaders conf:3 "
      "preflight origin-ok origin=" A " rejected=x-b method=GET headers=x-a" },
    { "the method is reported before a header",
      LIST "; CorsAllowHeaders x-a",
      { .origin = A, .method = "BAN", .headers = "x-b" },
      "preflight-denied method-not-allowed by CorsAllowMethods "
      "preflight origin-ok origin=" A " rejected=BAN" },
    { "spaces around request headers are not echoed",
      LIST "; CorsAllowHeaders *",
      { .origin = A, .method = "GET", .headers = " x-a, ,x-b\t" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=GET headers=x-a, ,x-b" },
    { "an empty list of request headers is allowed",
      LIST,
      { .origin = A, .method = "GET", .headers = "" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=GET headers=" },
    { "a list of request headers with a stray byte is malformed",
      LIST "; CorsAllowHeaders *",
      { .origin = A, .method = "GET", .headers = "x-a, x b" },
      "preflight-denied malformed-request-headers by CorsAllowHeaders conf:3 "
      "preflight origin-ok origin=" A " method=GET" },
    { "nothing is read after a header that is not listed",
      LIST,
      { .origin = A, .method = "GET", .headers = "x-a, x@" },
      "preflight-denied header-not-allowed by CorsAllowHeaders "
      "preflight origin-ok origin=" A " rejected=x-a method=GET" },
    { "a malformed list is not echoed if the method is denied",
      LIST,
      { .origin = A, .method = "BAN", .headers = "x@" },
      "preflight-denied method-not-allowed by CorsAllowMethods "
      "preflight origin-ok origin=" A " rejected=BAN" },
    { "Authorization is not allowed by *",
      LIST "; CorsAllowHeaders *",
      { .origin = A, .method = "GET", .headers = "x-a, AUTHORIZATION" },
      "preflight-denied header-not-allowed by CorsAllowHeaders conf:3 "
      "preflight origin-ok origin=" A " rejected=AUTHORIZATION method=GET "
      "headers=x-a" },
    { "Authorization is allowed beside *",
      LIST "; CorsAllowHeaders * authorization",
      { .origin = A, .method = "GET", .headers = "x-a,Authorization" },
      "preflight-allowed origin-allowed" ORIGINS2 " preflight origin-ok "
      "origin=" A " method=GET headers=x-a,Authorization" },
    { "a header excluded from * is denied",
      LIST "; CorsAllowHeaders * | CorsAllowHeaders -x-a",
      { .origin = A, .method = "GET", .headers = "x-a" },
      "preflight-denied header-not-allowed by CorsAllowHeaders conf:4 "
      "preflight origin-ok origin=" A " rejected=x-a method=GET" },
    { "a preflight from any origin is allowed",
      STAR,
      { .origin = "null", .method = "PUT" },
      "preflight-allowed any-origin-allowed" ORIGINS2
      " preflight origin-ok origin=null method=PUT" },

    { "a private network is allowed with the directive",
      LIST "; CorsAllowPrivateNetwork On",
      { .origin = A, .method = "GET", .private_network = "True" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok private origin=" A " method=GET" },
    { "a private network is allowed only if requested",
      LIST "; CorsAllowPrivateNetwork On",
      { .origin = A, .method = "GET" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=GET" },
    { "another value does not request a private network",
      LIST "; CorsAllowPrivateNetwork On",
      { .origin = A, .method = "GET", .private_network = "false" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=GET" },
    { "a private network is not allowed by default",
      LIST,
      { .origin = A, .method = "GET", .private_network = "true" },
      "preflight-allowed origin-allowed" ORIGINS2
      " preflight origin-ok origin=" A " method=GET" },
    { "a denied preflight allows no private network",
      LIST "; CorsAllowPrivateNetwork On",
      { .origin = A, .method = "BAN", .private_network = "true" },
      "preflight-denied method-not-allowed by CorsAllowMethods preflight "
      "origin-ok origin=" A " rejected=BAN" },

    { "a handshake is not checked without a list",
      LIST,
      { .origin = B, .websocket = true },
      "websocket-allowed not-checked by CorsWebSocketAllowOrigins origin=" B },
    { "a handshake from a listed origin is allowed",
      SOCKETS,
      { .origin = A, .websocket = true },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" A },
    { "a handshake from another origin is denied",
      SOCKETS,
      { .origin = B, .websocket = true },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "a handshake from a malformed origin is denied",
      SOCKETS,
      { .origin = A "/", .websocket = true },
      "websocket-denied malformed-origin by CorsWebSocketAllowOrigins conf:1 "
      "reject" },
    { "a handshake without Origin is allowed",
      SOCKETS,
      { .websocket = true },
      "websocket-allowed no-origin by CorsWebSocketRequireOrigin" },
    { "a handshake without Origin is denied if one is required",
      SOCKETS "; CorsWebSocketRequireOrigin On",
      { .websocket = true },
      "websocket-denied origin-required by CorsWebSocketRequireOrigin conf:2 "
      "reject" },
    { "an Origin is not required if handshakes are not checked",
      "CorsWebSocketRequireOrigin On",
      { .websocket = true },
      "websocket-allowed not-checked by CorsWebSocketAllowOrigins" },
    { "a handshake is allowed from any origin",
      "CorsWebSocketAllowOrigins *",
      { .origin = "null", .websocket = true },
      "websocket-allowed any-origin-allowed by CorsWebSocketAllowOrigins "
      "conf:1 origin=null" },
    { "a handshake is allowed from a malformed origin by *",
      "CorsWebSocketAllowOrigins *",
      { .origin = "x", .websocket = true },
      "websocket-allowed any-origin-allowed by CorsWebSocketAllowOrigins "
      "conf:1" },
    { "a handshake is denied by None",
      "CorsWebSocketAllowOrigins None",
      { .origin = A, .websocket = true },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" A },
    { "a handshake from file:// is allowed if listed",
      "CorsWebSocketAllowOrigins file://",
      { .origin = "file://", .websocket = true },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=file://" },
    { "a same-origin handshake must be listed, too",
      SOCKETS,
      { .origin = B, .websocket = true, .site = "same-origin", .target = B },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "Self is the server's own origin, by the host",
      "CorsWebSocketAllowOrigins Self",
      { .origin = B, .websocket = true, .target = B },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" B },
    { "Self is the server's own origin, by Sec-Fetch-Site",
      "CorsWebSocketAllowOrigins Self",
      { .origin = B, .websocket = true, .site = "same-origin" },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" B },
    { "Self is not another origin",
      "CorsWebSocketAllowOrigins Self",
      { .origin = A, .websocket = true, .target = B },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" A },
    { "Self is not a same-site origin",
      "CorsWebSocketAllowOrigins Self",
      { .origin = B, .websocket = true, .site = "same-site", .target = B },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "Self is not the origin of an unknown host",
      "CorsWebSocketAllowOrigins Self",
      { .origin = B, .websocket = true, .target = B, .unknown_host = true },
      "websocket-denied unknown-host by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "Self is not an unknown host's origin despite Sec-Fetch-Site",
      "CorsWebSocketAllowOrigins Self",
      { .origin = B,
        .websocket = true,
        .site = "same-origin",
        .unknown_host = true },
      "websocket-denied unknown-host by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "an origin listed beside Self is allowed at an unknown host",
      "CorsWebSocketAllowOrigins " A " Self",
      { .origin = A, .websocket = true, .target = A, .unknown_host = true },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" A },
    { "an origin listed beside Self is not the server's own",
      "CorsWebSocketAllowOrigins " A " Self",
      { .origin = B, .websocket = true, .target = B },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" B },
    { "an exclusion beside Self excludes the own origin",
      "CorsWebSocketAllowOrigins Self !" B,
      { .origin = B, .websocket = true, .target = B },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "an exclusion is reported before the host",
      "CorsWebSocketAllowOrigins Self !" B,
      { .origin = B, .websocket = true, .target = B, .unknown_host = true },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "!Self excludes the own origin from a wildcard",
      "CorsWebSocketAllowOrigins https://*.example !Self",
      { .origin = B, .websocket = true, .target = B },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:1 "
      "reject origin=" B },
    { "!Self excludes no other origin",
      "CorsWebSocketAllowOrigins https://*.example !Self",
      { .origin = A, .websocket = true, .target = B },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" A },
    { "+Self adds to an inherited list",
      SOCKETS " | CorsWebSocketAllowOrigins +self",
      { .origin = B, .websocket = true, .target = B },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:2 "
      "origin=" B },
    { "+Self keeps the inherited entries",
      SOCKETS " | CorsWebSocketAllowOrigins +Self",
      { .origin = A, .websocket = true, .target = B },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" A },
    { "-Self removes the own origin from an inherited list",
      "CorsWebSocketAllowOrigins " B " SELF | CorsWebSocketAllowOrigins -Self",
      { .origin = B, .websocket = true, .target = B },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:2 "
      "reject origin=" B },
    { "an edit keeps an inherited Self",
      "CorsWebSocketAllowOrigins Self | CorsWebSocketAllowOrigins +" A,
      { .origin = B, .websocket = true, .target = B },
      "websocket-allowed origin-allowed by CorsWebSocketAllowOrigins conf:1 "
      "origin=" B },
    { "another list replaces an inherited Self",
      "CorsWebSocketAllowOrigins Self | CorsWebSocketAllowOrigins " A,
      { .origin = B, .websocket = true, .target = B },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:2 "
      "reject origin=" B },
    { "a malformed origin is not the server's own",
      "CorsWebSocketAllowOrigins Self",
      { .origin = B "/", .websocket = true, .site = "same-origin" },
      "websocket-denied malformed-origin by CorsWebSocketAllowOrigins conf:1 "
      "reject" },
    { "a handshake is decided by its own list",
      LIST "; CorsWebSocketAllowOrigins " B,
      { .origin = A, .websocket = true },
      "websocket-denied origin-not-allowed by CorsWebSocketAllowOrigins conf:3 "
      "origin-ok reject origin=" A },
};

#undef ORIGINS2

static void check_decision_row(void **state)
{
    const row_t *row = *state;
    cors_decision_t decision;

    decide_request(policy_of(row->text), &row->request, &decision);
    same_text(row->text, decision_text(&decision), row->decision);
}

static const char *decision_of(const char *text, const request_t *request)
{
    cors_decision_t decision;

    decide_request(policy_of(text), request, &decision);
    return decision_text(&decision);
}

static bool starts_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static void requested_method_has_at_most_64_bytes(void **state)
{
    request_t request = { .origin = A };

    (void)state;
    assert_int_equal(CORS_METHOD_MAX, 64);
    request.method = repeat_text("M", 64);
    assert_true(starts_with(decision_of(LIST, &request), "preflight-denied "));
    request.method = repeat_text("M", 65);
    assert_true(starts_with(decision_of(LIST, &request), "allowed "));
}

static void requested_headers_have_at_most_4096_bytes(void **state)
{
    request_t request = { .origin = A, .method = "GET" };

    (void)state;
    request.headers = repeat_text("h", 4096);
    assert_true(starts_with(decision_of(LIST "; CorsAllowHeaders *", &request),
                            "preflight-allowed "));
    request.headers = repeat_text("h", 4097);
    assert_true(starts_with(decision_of(LIST "; CorsAllowHeaders *", &request),
                            "preflight-denied malformed-request-headers "));
}

/* A browser puts one comma between two names and lists no name twice. A list with
 * much padding or repetition is hostile and is not read to its end. */
static void padded_header_lists_are_malformed(void **state)
{
    request_t request = { .origin = A, .method = "GET" };

    (void)state;
    request.headers = repeat_text(",", 32);
    assert_true(starts_with(decision_of(LIST, &request), "preflight-allowed "));
    request.headers = repeat_text(",", 33);
    assert_true(starts_with(decision_of(LIST, &request),
                            "preflight-denied malformed-request-headers "));
    request.headers =
        apr_pstrcat(pool, "content-type", repeat_text(" ", 32), NULL);
    assert_true(starts_with(decision_of(LIST, &request), "preflight-allowed "));
    request.headers =
        apr_pstrcat(pool, "content-type", repeat_text(" ", 33), NULL);
    assert_true(starts_with(decision_of(LIST, &request),
                            "preflight-denied malformed-request-headers "));
    request.headers =
        apr_pstrcat(pool, "content-type", repeat_text(" ", 16), ",",
                    repeat_text(" ", 15), "content-type", NULL);
    assert_true(starts_with(decision_of(LIST, &request), "preflight-allowed "));
    request.headers =
        apr_pstrcat(pool, "content-type", repeat_text(" ", 16), ",",
                    repeat_text(" ", 16), "content-type", NULL);
    assert_true(starts_with(decision_of(LIST, &request),
                            "preflight-denied malformed-request-headers "));
    request.headers = "content-type content-type";
    assert_true(starts_with(decision_of(LIST, &request),
                            "preflight-denied malformed-request-headers "));
    request.headers = repeat_text("content-type,", 32);
    assert_true(starts_with(decision_of(LIST, &request), "preflight-allowed "));
    request.headers = repeat_text("content-type,", 33);
    assert_true(starts_with(decision_of(LIST, &request),
                            "preflight-denied malformed-request-headers "));
}

/* A policy that lists forty names accepts as many requested names; the minimum of
 * this bound is 32. */
static void list_length_bounds_the_requested_headers(void **state)
{
    request_t request = { .origin = A, .method = "GET" };
    const char *policy = LIST "; CorsAllowHeaders";
    int i;

    (void)state;
    for (i = 0; i < 20; i++) {
        policy = apr_psprintf(pool, "%s x-%d", policy, i);
    }
    policy = apr_pstrcat(pool, policy, " | CorsAllowHeaders", NULL);
    for (; i < 40; i++) {
        policy = apr_psprintf(pool, "%s +x-%d", policy, i);
    }
    request.headers = repeat_text("x-1,x-39,", 20);
    assert_true(
        starts_with(decision_of(policy, &request), "preflight-allowed "));
    request.headers = apr_pstrcat(pool, repeat_text("x-1,", 40), "x-2", NULL);
    assert_true(starts_with(decision_of(policy, &request),
                            "preflight-denied malformed-request-headers "));
}

static void wildcard_allows_at_most_128_headers(void **state)
{
    request_t request = { .origin = A, .method = "GET" };

    (void)state;
    request.headers = repeat_text("h,", 128);
    assert_true(starts_with(decision_of(LIST "; CorsAllowHeaders *", &request),
                            "preflight-allowed "));
    request.headers = repeat_text("h,", 129);
    assert_true(starts_with(decision_of(LIST "; CorsAllowHeaders *", &request),
                            "preflight-denied malformed-request-headers "));
}

static void hostile_origin_is_denied(void **state)
{
    const char *const origins[] = { repeat_text("a", 8192),
                                    apr_pstrcat(pool, "https://",
                                                repeat_text("a.", 10000), NULL),
                                    repeat_text(A ",", 200) };
    cors_facts_t facts;
    cors_decision_t decision;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(origins); i++) {
        const request_t request = { .origin = origins[i] };

        assert_string_equal(
            decision_of(LIST, &request),
            "denied malformed-origin by CorsAllowOrigins conf:2");
    }
    memset(&facts, 0, sizeof(facts));
    facts.origin = exact_bytes(A "\0", strlen(A) + 1);
    cors_decide(policy_of(LIST), &facts, &decision);
    assert_int_equal(decision.reason, CORS_REASON_MALFORMED_ORIGIN);
    assert_null(decision.origin.ptr);
}

/* The result is what the source refers to. */
static cors_listing_e lookup_same(const void *self, const cors_origin_t *origin,
                                  const cors_slice_t *tenant)
{
    (void)tenant;
    (void)origin;
    return *(const cors_listing_e *)self;
}

/* A policy with a further list that is not usable allows no origin. */
static void check_unusable(cors_listing_e listing, cors_reason_e reason)
{
    const cors_origin_source_t live = { lookup_same, &listing };
    static const cors_origin_notes_t notes = { .lists = true };
    const request_t request = { .origin = A };
    const request_t preflight = { .origin = A, .method = "PUT" };
    const cors_policy_t *policy = policy_of(LIST);
    const cors_setting_t *setting = policy->link[CORS_ATTR_ORIGINS].setting;
    cors_decision_t decision;

    assert_true(starts_with(decision_of(LIST, &request), "allowed "));
    assert_int_equal(cors_origin_set_add_source(
                         pool, (cors_origin_set_t *)(uintptr_t)setting->origins,
                         "/one", "conf:2", &live, NULL, &notes),
                     CORS_OK);
    decide_request(policy, &request, &decision);
    assert_int_equal(decision.verdict, CORS_VERDICT_DENIED);
    assert_int_equal(decision.reason, reason);
    assert_false(decision.origin_allowed);
    decide_request(policy, &preflight, &decision);
    assert_int_equal(decision.verdict, CORS_VERDICT_PREFLIGHT_DENIED);
    assert_int_equal(decision.reason, reason);
}

static void list_not_loaded_allows_no_origin(void **state)
{
    (void)state;
    check_unusable(CORS_ORIGIN_NOT_LOADED, CORS_REASON_ORIGINS_NOT_LOADED);
}

static void stale_list_allows_no_origin(void **state)
{
    (void)state;
    check_unusable(CORS_ORIGIN_STALE, CORS_REASON_ORIGINS_STALE);
}

static void preflight_needs_options_origin_and_method(void **state)
{
    static const struct {
        request_t request;
        bool preflight;
    } cases[] = {
        { { .origin = A, .method = "PUT" }, true },
        { { .origin = "", .method = "PUT" }, true },
        { { .method = "PUT" }, false },
        { { .origin = A, .options = true }, false },
        { { .origin = A, .method = "" }, false },
        { { .origin = A, .method = "PUT," }, false },
    };
    cors_facts_t facts;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        facts_of(&cases[i].request, &facts);
        same_number(or_none(cases[i].request.method), cors_is_preflight(&facts),
                    cases[i].preflight);
        facts.options = false;
        assert_false(cors_is_preflight(&facts));
    }
}

static void target_without_scheme_never_matches(void **state)
{
    cors_facts_t facts;
    cors_decision_t decision;
    const request_t request = { .origin = "https://c.example",
                                .target = "https://c.example" };

    (void)state;
    facts_of(&request, &facts);
    facts.target.origin.scheme = cors_slice(NULL);
    cors_decide(policy_of(LIST), &facts, &decision);
    assert_int_equal(decision.verdict, CORS_VERDICT_DENIED);
}

static void decision_borrows_request_bytes(void **state)
{
    const request_t request = { .origin = A,
                                .method = "GET",
                                .headers = " content-type" };
    cors_facts_t facts;
    cors_decision_t decision;

    (void)state;
    facts_of(&request, &facts);
    cors_decide(policy_of(LIST), &facts, &decision);
    assert_ptr_equal(decision.origin.ptr, facts.origin.ptr);
    assert_ptr_equal(decision.echo_method.ptr, facts.request_method.ptr);
    assert_ptr_equal(decision.echo_headers.ptr, facts.request_headers.ptr + 1);
}

static void verdicts_and_reasons_have_texts(void **state)
{
    static const char *const verdicts[] = {
        "not-cors",          "same-origin",
        "allowed",           "denied",
        "preflight-allowed", "preflight-denied",
        "websocket-allowed", "websocket-denied",
    };
    static const char *const reasons[] = {
        "no-origin",
        "same-origin",
        "origin-allowed",
        "any-origin-allowed",
        "origin-not-allowed",
        "malformed-origin",
        "method-not-allowed",
        "header-not-allowed",
        "malformed-request-headers",
        "contradictory-policy",
        "not-checked",
        "origin-required",
        "origins-not-loaded",
        "origins-stale",
        "unknown-host",
        "policy-off",
    };
    int i;

    (void)state;
    assert_int_equal(COUNT(verdicts), CORS_VERDICT_COUNT);
    assert_int_equal(COUNT(reasons), CORS_REASON_COUNT);
    for (i = 0; i < CORS_VERDICT_COUNT; i++) {
        assert_string_equal(cors_verdict_text((cors_verdict_e)i), verdicts[i]);
    }
    for (i = 0; i < CORS_REASON_COUNT; i++) {
        assert_string_equal(cors_reason_text((cors_reason_e)i), reasons[i]);
    }
}

/* What the callbacks return for the target, and how they were called. */
typedef struct {
    const char *site;
    const char *origin;
    const char *canonical;
    bool foreign;      /* the host is not a name of the server */
    const char *asked; /* the origin that it was called with */
    int hosts;         /* calls of has_test_host() */
} own_t;

static void get_test_target(void *context, const cors_origin_t *origin,
                            cors_target_t *target)
{
    own_t *own = context;

    own->asked = text_of(origin->text);
    if (own->site) {
        target->fetch_site = exact_copy(own->site);
    }
    if (own->origin) {
        assert_true(
            cors_origin_parse(exact_copy(own->origin), &target->origin));
    }
    if (own->canonical) {
        assert_true(
            cors_origin_parse(exact_copy(own->canonical), &target->canonical));
    }
}

static bool has_test_host(void *context)
{
    own_t *own = context;

    own->hosts++;
    return !own->foreign;
}

static void target_is_looked_up_before_a_denial(void **state)
{
    static const struct {
        own_t target;
        const char *verdict;
        int hosts;
    } own_rows[] = {
        { { .site = NULL }, "denied", 0 },
        { { .site = "same-origin" }, "same-origin", 1 },
        { { .site = "same-origin", .foreign = true }, "denied", 1 },
        { { .site = "same-origin", .canonical = B, .foreign = true },
          "same-origin",
          0 },
        { { .site = "same-origin", .canonical = A, .foreign = true },
          "denied",
          1 },
        { { .site = "cross-site", .origin = B, .canonical = B }, "denied", 0 },
        { { .origin = B }, "same-origin", 1 },
        { { .origin = B, .foreign = true }, "denied", 1 },
        { { .canonical = B }, "same-origin", 0 },
        { { .canonical = B, .foreign = true }, "same-origin", 0 },
        { { .origin = A, .canonical = B }, "same-origin", 0 },
        { { .origin = B, .canonical = A, .foreign = true }, "denied", 1 },
        { { .origin = A, .canonical = A }, "denied", 0 },
        { { .origin = A }, "denied", 0 }
    };
    const cors_policy_t *policy = policy_of(LIST);
    const request_t request = { .origin = B, .target = B };
    const request_t allowed = { .origin = A };
    cors_decision_t decision;
    cors_facts_t facts;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(own_rows); i++) {
        own_t target = own_rows[i].target;

        facts_of(&request, &facts);
        facts.get_target = get_test_target;
        facts.has_host = has_test_host;
        facts.context = &target;
        cors_decide(policy, &facts, &decision);
        same_text("verdict", cors_verdict_text(decision.verdict),
                  own_rows[i].verdict);
        same_text("asked", target.asked, B);
        same_number("hosts", target.hosts, own_rows[i].hosts);
    }
    /* an allowed origin needs no look-up */
    facts_of(&allowed, &facts);
    facts.get_target = get_test_target;
    facts.context = NULL;
    cors_decide(policy, &facts, &decision);
    same_text("verdict", cors_verdict_text(decision.verdict), "allowed");
}

static void decision_text_needs_a_valid_origin(void **state)
{
    static const char text[] = A;
    const request_t request = { .origin = A };
    const request_t malformed = { .origin = A "/" };
    cors_decision_t decision;
    cors_facts_t facts;

    (void)state;
    facts_of(&request, &facts);
    facts.origin_text = text;
    cors_decide(policy_of(LIST), &facts, &decision);
    assert_ptr_equal(decision.origin_text, text);
    facts_of(&malformed, &facts);
    facts.origin_text = text;
    cors_decide(policy_of(LIST), &facts, &decision);
    assert_null(decision.origin_text);
}

static void spaces_around_commas_are_ignored(void **state)
{
    const request_t request = {
        .origin = A,
        .method = "GET",
        .headers = "x-a , x-a,\tx-a  ,x-a, x-a, x-a, x-a, x-a, x-a , x-a"
    };
    cors_decision_t decision;

    (void)state;
    decide_request(policy_of(
                       LIST
                       "; CorsAllowHeaders x-a x-b x-c x-d x-e x-f x-g x-h "
                       "x-i x-j"),
                   &request, &decision);
    same_text("verdict", cors_verdict_text(decision.verdict),
              "preflight-allowed");
}

static void denied_origin_gets_no_other_header(void **state)
{
    const request_t refused = { .origin = A,
                                .method = "GET",
                                .headers = "x-b",
                                .private_network = "true" };
    const request_t malformed = { .origin = A,
                                  .method = "GET",
                                  .headers = "content-type x-b" };
    cors_decision_t decision;

    (void)state;
    decide_request(policy_of(LIST "; CorsAllowPrivateNetwork On"), &refused,
                   &decision);
    same_text("verdict", cors_verdict_text(decision.verdict),
              "preflight-denied");
    assert_false(decision.private_network);
    decide_request(policy_of(LIST), &malformed, &decision);
    same_text("reason", cors_reason_text(decision.reason),
              "malformed-request-headers");
    assert_null(decision.rejected.ptr);
    assert_int_equal(decision.rejected.len, 0);
}

static void requested_and_served_url_can_reject(void **state)
{
    static const struct {
        const char *text;
        request_t request;
        bool rejects;
        bool served;
    } rejections[] = {
        { LIST "; CorsRejectDisallowed On", { .origin = B }, true, true },
        { LIST "; CorsRejectDisallowed On", { .origin = A }, false, false },
        { LIST, { .origin = B }, false, false },
        { LIST "; CorsRejectDisallowed On; CorsPolicy ReportOnly",
          { .origin = B },
          false,
          false },
        { LIST "; CorsRejectDisallowed On",
          { .origin = B, .method = "PUT" },
          false,
          true },
        { LIST, { .origin = B, .method = "PUT" }, false, false },
        { LIST "; CorsRejectDisallowed On; CorsPolicy ReportOnly",
          { .origin = B, .method = "PUT" },
          false,
          false },
        { LIST "; CorsRejectDisallowed On",
          { .origin = A, .method = "BAN" },
          false,
          false },
        { "CorsWebSocketAllowOrigins " A,
          { .origin = B, .websocket = true },
          true,
          true },
        { "CorsPolicy ReportOnly; CorsWebSocketAllowOrigins " A,
          { .origin = B, .websocket = true },
          false,
          false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rejections); i++) {
        const cors_policy_t *policy = policy_of(rejections[i].text);
        cors_decision_t decision;

        decide_request(policy, &rejections[i].request, &decision);
        same_number(rejections[i].text,
                    cors_decision_refuses(policy, &decision),
                    rejections[i].rejects);
        same_number(rejections[i].text,
                    cors_decision_refuses_served(policy, &decision),
                    rejections[i].served);
    }
}

static void preflights_go_on_to_the_backend(void **state)
{
    static const struct {
        const char *text;
        request_t request;
        bool continues;
    } cases[] = {
        { LIST, { .origin = A, .method = "PUT" }, false },
        { LIST "; CorsBackendHeaders Keep",
          { .origin = A, .method = "PUT" },
          false },
        { LIST "; CorsPreflight Continue",
          { .origin = A, .method = "PUT" },
          true },
        { LIST "; CorsPreflight Continue",
          { .origin = A, .method = "BAN" },
          false },
        { LIST "; CorsPreflight Continue",
          { .origin = B, .method = "PUT" },
          false },
        { LIST "; CorsPreflight Continue; CorsBackendHeaders Keep",
          { .origin = A, .method = "BAN" },
          true },
        { LIST "; CorsPreflight Continue; CorsBackendHeaders Keep",
          { .origin = A, .method = "PUT", .headers = "x-no" },
          true },
        { LIST "; CorsPreflight Continue; CorsBackendHeaders Keep",
          { .origin = B, .method = "PUT" },
          true },
        { LIST "; CorsPreflight Continue; CorsBackendHeaders KeepBoth",
          { .origin = B, .method = "PUT" },
          false },
        { LIST "; CorsPreflight Continue; CorsBackendHeaders Keep; "
               "CorsRejectDisallowed On",
          { .origin = B, .method = "PUT" },
          false },
        { LIST "; CorsPreflight Continue; CorsBackendHeaders Keep; "
               "CorsRejectDisallowed On",
          { .origin = A, .method = "BAN" },
          true },
        { LIST "; CorsPreflight Continue; CorsRejectDisallowed On",
          { .origin = A, .method = "PUT" },
          true },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        const cors_policy_t *policy = policy_of(cases[i].text);
        cors_decision_t decision;

        decide_request(policy, &cases[i].request, &decision);
        same_number(cases[i].text, cors_decision_continues(policy, &decision),
                    cases[i].continues);
    }
}

static void hints_name_common_mistakes(void **state)
{
    static const struct {
        const char *text;
        const char *headers;
        const char *hint;
        bool unknown_host;
    } hints[] = {
        { LIST, NULL,
          "the request's Host is not a name of this virtual host, so it is not "
          "the server's own origin; name it with ServerAlias if it is one",
          true },
        { LIST, NULL, NULL, false },
        { LIST "; CorsAllowHeaders *", "authorization",
          "* does not include Authorization; add it to the list", false },
        { LIST "; CorsAllowHeaders x-a", "authorization", NULL, false },
        { LIST "; CorsAllowHeaders * | CorsAllowHeaders -x-b", "x-b", NULL,
          false },
        { LIST "; CorsAllowHeaders *", "x-b", NULL, false },
    };
    const request_t rebound = { .origin = B,
                                .target = B,
                                .unknown_host = true };
    cors_decision_t decision;
    request_t request = { .origin = A, .method = "GET" };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(hints); i++) {
        const cors_policy_t *policy = policy_of(hints[i].text);

        request.headers = hints[i].headers;
        decide_request(policy, hints[i].unknown_host ? &rebound : &request,
                       &decision);
        same_text(hints[i].text, cors_decision_hint(policy, &decision),
                  hints[i].hint);
    }
    decide_request(policy_of(BROKEN), &request, &decision);
    same_text(BROKEN, cors_decision_hint(policy_of(BROKEN), &decision),
              cors_problem_reason(CORS_PROBLEM_ANY_ORIGIN_WITH_CREDENTIALS));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(requested_method_has_at_most_64_bytes),
        TEST(requested_headers_have_at_most_4096_bytes),
        TEST(padded_header_lists_are_malformed),
        TEST(list_length_bounds_the_requested_headers),
        TEST(wildcard_allows_at_most_128_headers),
        TEST(list_not_loaded_allows_no_origin),
        TEST(stale_list_allows_no_origin),
        TEST(hostile_origin_is_denied),
        TEST(preflight_needs_options_origin_and_method),
        TEST(target_without_scheme_never_matches),
        TEST(decision_borrows_request_bytes),
        TEST(verdicts_and_reasons_have_texts),
        TEST(target_is_looked_up_before_a_denial),
        TEST(decision_text_needs_a_valid_origin),
        TEST(spaces_around_commas_are_ignored),
        TEST(denied_origin_gets_no_other_header),
        TEST(requested_and_served_url_can_reject),
        TEST(preflights_go_on_to_the_backend),
        TEST(hints_name_common_mistakes),
    };
    static const table_t tables[] = { TABLE(check_decision_row, rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
