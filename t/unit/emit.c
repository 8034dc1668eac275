/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The response headers of a decision. */

#include "request.h"

#include "core/policy/emit.h"

#define A "https://a.example"
#define B "https://b.example"
#define LIST "CorsPolicy On; CorsAllowOrigins " A
#define STAR "CorsPolicy On; CorsAllowOrigins *"
#define WITH LIST "; CorsAllowCredentials On"

#define ORIGIN_A "Access-Control-Allow-Origin: " A "\n"
#define ORIGIN_STAR "Access-Control-Allow-Origin: *\n"
#define TRUE_ "Access-Control-Allow-Credentials: true\n"
#define VARY "Vary: Origin\n"
#define VARY3                                                                  \
    "Vary: Origin, Access-Control-Request-Method, "                            \
    "Access-Control-Request-Headers\n"
#define VARY4                                                                  \
    "Vary: Origin, Access-Control-Request-Method, "                            \
    "Access-Control-Request-Headers, "                                         \
    "Access-Control-Request-Private-Network\n"
#define METHODS(value) "Access-Control-Allow-Methods: " value "\n"
#define HEADERS(value) "Access-Control-Allow-Headers: " value "\n"
#define EXPOSED(value) "Access-Control-Expose-Headers: " value "\n"
#define MAX_AGE(value) "Access-Control-Max-Age: " value "\n"
#define DEFAULTS METHODS("GET, HEAD, PUT, PATCH, POST, DELETE")
#define TYPE HEADERS("content-type")

/* names that differ a little from those of the module */
#define NEARLY                                                                 \
    "Access-Control: x\nAccess-Control-: x\nAccess-Control-Allow: x\n"         \
    "Access-Control-Allowed: x\nAccess-Control-Max-Ages: x\n"                  \
    "Access-Control-Max-Ag: x\nAccess-Control-Expose-Header: x\n"              \
    "Access-Control-Expose-Headersx: x\nAccess-Control-Request-Method: x\n"    \
    "XAccess-Control-Allow-Origin: x\nBccess-Control-Allow-Origin: x\n"        \
    "Access_Control_Allow-Origin: x\nA: x\n"

#define ACTUAL CORS_RESPONSE_ACTUAL
#define PREFLIGHT CORS_RESPONSE_PREFLIGHT
#define CONTINUED CORS_RESPONSE_CONTINUED

typedef struct {
    const char *name;
    const char *text;
    request_t request;
    cors_response_e response;
    const char *before; /* headers_out, or NULL */
    const char *errors; /* err_headers_out afterwards */
    const char *headers;
    const char *kept;
} row_t;

static const row_t rows[] = {
    { "an allowed origin is named",
      LIST,
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A,
      "" },
    { "a denied origin gets Vary alone",
      LIST,
      { .origin = B },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "a request without Origin gets Vary alone",
      LIST,
      { .origin = NULL },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "a same-origin request gets Vary alone",
      LIST,
      { .origin = B, .site = "same-origin" },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "credentials are allowed where they are on",
      WITH,
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A TRUE_,
      "" },
    { "a denied origin gets no credentials header",
      WITH,
      { .origin = B },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "exposed headers are listed",
      LIST "; CorsExposeHeaders ETag X-B",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A EXPOSED("ETag, X-B"),
      "" },
    { "a denied origin gets no exposed headers",
      LIST "; CorsExposeHeaders ETag",
      { .origin = B },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "exposed headers can be edited away",
      LIST "; CorsExposeHeaders ETag | CorsExposeHeaders -etag",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A,
      "" },
    { "every exposed header is *",
      LIST "; CorsExposeHeaders *",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A EXPOSED("*"),
      "" },
    { "the lists of preflights are not in an actual response",
      LIST "; CorsMaxAge 60",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A,
      "" },
    { "an opaque origin is named null",
      LIST " null; CorsAllowNullOriginUnsafe On",
      { .origin = "null" },
      ACTUAL,
      NULL,
      NULL,
      VARY "Access-Control-Allow-Origin: null\n",
      "" },

    { "any origin is *, without Vary",
      STAR,
      { .origin = B },
      ACTUAL,
      NULL,
      NULL,
      ORIGIN_STAR,
      "" },
    { "* is sent without Origin too",
      STAR "; CorsExposeHeaders ETag",
      { .origin = NULL },
      ACTUAL,
      NULL,
      NULL,
      ORIGIN_STAR EXPOSED("ETag"),
      "" },
    { "* is sent to a malformed origin too",
      STAR,
      { .origin = "x" },
      ACTUAL,
      NULL,
      NULL,
      ORIGIN_STAR,
      "" },
    { "any origin with credentials is echoed",
      STAR "; CorsAllowCredentials On; "
           "CorsAllowAnyOriginWithCredentialsUnsafe On",
      { .origin = B },
      ACTUAL,
      NULL,
      NULL,
      VARY "Access-Control-Allow-Origin: " B "\n" TRUE_,
      "" },
    { "any origin with credentials, without Origin, gets Vary alone",
      STAR "; CorsAllowCredentials On; "
           "CorsAllowAnyOriginWithCredentialsUnsafe On",
      { .origin = NULL },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "any origin except the excluded one is echoed",
      STAR " | CorsAllowOrigins -" B,
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A,
      "" },
    { "an origin excluded from any gets Vary alone",
      STAR " | CorsAllowOrigins -" B,
      { .origin = B },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "an empty policy needs no Vary",
      "CorsPolicy On",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      "",
      "" },
    { "None needs no Vary",
      "CorsPolicy On; CorsAllowOrigins None",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      "",
      "" },
    { "an exclusion alone needs no Vary",
      "CorsPolicy On; CorsAllowOrigins !" A,
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      "",
      "" },
    { "a contradictory policy names no origin",
      STAR "; CorsAllowCredentials On",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY,
      "" },
    { "a contradiction of the WebSocket list removes *",
      STAR "; CorsWebSocketAllowOrigins null",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      "",
      "" },

    { "an allowed preflight gets the whole lists",
      LIST,
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "an allowed preflight gets no exposed headers",
      LIST "; CorsExposeHeaders ETag",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "an allowed preflight gets the max-age",
      LIST "; CorsMaxAge 600",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE MAX_AGE("600"),
      "" },
    { "a max-age of 0 is sent",
      LIST "; CorsMaxAge 0",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE MAX_AGE("0"),
      "" },
    { "a max-age of None is not sent",
      LIST "; CorsMaxAge 600 | CorsMaxAge None",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "an allowed preflight gets the credentials header",
      WITH,
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ DEFAULTS TYPE,
      "" },
    { "no allowed header sends no list",
      LIST "; CorsAllowHeaders None",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS,
      "" },
    { "a preflight from another origin gets Vary alone",
      LIST "; CorsMaxAge 600",
      { .origin = B, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3,
      "" },
    { "a preflight of a method that is not listed gets the lists",
      LIST "; CorsMaxAge 600",
      { .origin = A, .method = "BAN" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "a preflight of a header that is not listed gets the lists",
      LIST "; CorsMaxAge 600",
      { .origin = A, .method = "PUT", .headers = "x" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "a preflight with any origin allowed gets *",
      STAR,
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_STAR DEFAULTS TYPE,
      "" },
    { "a preflight with no origin allowed gets Vary",
      "CorsPolicy On",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3,
      "" },
    { "a preflight for a contradictory policy gets Vary",
      STAR "; CorsWebSocketAllowOrigins null",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3,
      "" },

    { "a preflight for GET is allowed, and the list stays as configured",
      LIST "; CorsAllowMethods PUT",
      { .origin = A, .method = "GET" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A METHODS("PUT") TYPE,
      "" },
    { "a denied method gets the lists",
      LIST "; CorsAllowMethods PUT; CorsMaxAge 60",
      { .origin = A, .method = "DELETE" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A METHODS("PUT") TYPE,
      "" },
    { "a denied method gets a list if * cannot be sent",
      LIST "; CorsAllowMethods * | CorsAllowMethods -DELETE",
      { .origin = A, .method = "DELETE" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A METHODS("GET, HEAD, POST") TYPE,
      "" },
    { "a denied method gets a list if every method is removed",
      LIST "; CorsAllowMethods PUT | CorsAllowMethods -PUT",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A METHODS("GET, HEAD, POST") TYPE,
      "" },
    { "an allowed method gets no list if every method is removed",
      LIST "; CorsAllowMethods PUT | CorsAllowMethods -PUT",
      { .origin = A, .method = "POST" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TYPE,
      "" },
    { "a denied header gets the lists",
      LIST "; CorsMaxAge 60",
      { .origin = A, .method = "GET", .headers = "x" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "Chromium takes * for Authorization, so a denial does not send it",
      LIST "; CorsAllowHeaders *",
      { .origin = A, .method = "PUT", .headers = "a,authorization" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS HEADERS("a"),
      "" },
    { "a malformed list of headers does not get *",
      LIST "; CorsAllowHeaders *",
      { .origin = A, .method = "PUT", .headers = "a,b c" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS,
      "" },
    { "a forbidden method does not get *",
      LIST "; CorsAllowMethods *",
      { .origin = A, .method = "TRACE" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A METHODS("GET, HEAD, POST") TYPE,
      "" },
    { "with credentials the names before a denied header are echoed",
      WITH "; CorsAllowHeaders *",
      { .origin = A, .method = "PUT", .headers = "a, ,b , authorization,c" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ DEFAULTS HEADERS("a, ,b"),
      "" },
    { "an allowed GET gets its lists with any denied status",
      LIST "; CorsPreflightStatus 204 200",
      { .origin = A, .method = "GET" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },

    { "a wildcard is sent as such without credentials",
      LIST "; CorsAllowMethods *; CorsAllowHeaders * authorization",
      { .origin = A, .method = "BAN", .headers = "x-b" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A METHODS("*") HEADERS("*, authorization"),
      "" },
    { "a wildcard with credentials echoes the request",
      WITH "; CorsAllowMethods *; CorsAllowHeaders * authorization",
      { .origin = A, .method = "BAN", .headers = " x-b,x-c " },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ METHODS("BAN") HEADERS("x-b,x-c"),
      "" },
    { "with credentials the shortest names are echoed",
      WITH "; CorsAllowMethods *; CorsAllowHeaders *",
      { .origin = A, .method = "M", .headers = "x" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ METHODS("M") HEADERS("x"),
      "" },
    { "with credentials but no requested headers, no list is sent",
      WITH "; CorsAllowHeaders *",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ DEFAULTS,
      "" },
    { "with credentials an empty list is not sent",
      WITH "; CorsAllowHeaders *",
      { .origin = A, .method = "PUT", .headers = " " },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ DEFAULTS,
      "" },
    { "with credentials a denied header is not echoed",
      WITH "; CorsAllowHeaders *",
      { .origin = A, .method = "PUT", .headers = "authorization" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ DEFAULTS,
      "" },
    { "with credentials a denied method is not echoed",
      WITH "; CorsAllowMethods *",
      { .origin = A, .method = "TRACE" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ METHODS("GET, HEAD, POST") TYPE,
      "" },
    { "with credentials a list without a wildcard is sent whole",
      WITH "; CorsAllowMethods PUT BAN",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ METHODS("PUT, BAN") TYPE,
      "" },
    { "a wildcard with exclusions echoes the request",
      LIST "; CorsAllowMethods * | CorsAllowMethods -DELETE",
      { .origin = A, .method = "BAN" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A METHODS("BAN") TYPE,
      "" },
    { "an edited list is sent whole",
      LIST "; CorsAllowHeaders x-a x-b | CorsAllowHeaders +x-c -x-a",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS HEADERS("x-b, x-c"),
      "" },

    { "a private network is allowed if requested",
      LIST "; CorsAllowPrivateNetwork On",
      { .origin = A, .method = "PUT", .private_network = "true" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY4 ORIGIN_A DEFAULTS TYPE
      "Access-Control-Allow-Private-Network: true\n",
      "" },
    { "Vary has the private network if it can be allowed",
      LIST "; CorsAllowPrivateNetwork On",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY4 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "an actual response does not vary by private network",
      LIST "; CorsAllowPrivateNetwork On",
      { .origin = A },
      ACTUAL,
      NULL,
      NULL,
      VARY ORIGIN_A,
      "" },

    { "a handler's answer to a preflight gets the lists as well",
      LIST "; CorsMaxAge 60",
      { .origin = A, .method = "PUT" },
      CONTINUED,
      "Allow: GET\nAccess-Control-Allow-Methods: TRACE\n",
      NULL,
      "Allow: GET\n" VARY3 ORIGIN_A DEFAULTS TYPE MAX_AGE("60"),
      "" },
    { "an error on the way to a preflight's answer names the origin",
      LIST,
      { .origin = A, .method = "PUT" },
      ACTUAL,
      NULL,
      NULL,
      VARY3 ORIGIN_A,
      "" },

    { "a backend's headers are replaced",
      LIST,
      { .origin = A },
      ACTUAL,
      "X-A: 1\naccess-control-allow-origin: *\n"
      "Access-Control-Allow-Origin: null\n"
      "ACCESS-CONTROL-ALLOW-METHODS: x\nAccess-Control-Allow-Anything: x\n"
      "Access-Control-Expose-Headers: x\naccess-control-max-age: 1\nX-B: 2\n",
      "Access-Control-Allow-Credentials: true\nX-C: 3\n"
      "access-control-expose-headers: y\n",
      "X-A: 1\nX-B: 2\n" VARY ORIGIN_A,
      "X-C: 3\n" },
    { "a backend's headers are removed for a denied origin",
      LIST,
      { .origin = B },
      ACTUAL,
      ORIGIN_STAR,
      ORIGIN_STAR TRUE_,
      VARY,
      "" },
    { "a backend's headers are removed if no origin is allowed",
      "CorsPolicy On",
      { .origin = B },
      ACTUAL,
      ORIGIN_STAR,
      MAX_AGE("1"),
      "",
      "" },
    { "headers with similar names are kept",
      LIST,
      { .origin = B },
      ACTUAL,
      NEARLY,
      NULL,
      NEARLY VARY,
      "" },
    { "any header with the prefix Access-Control-Allow- is replaced",
      LIST,
      { .origin = B },
      ACTUAL,
      "Access-Control-Allow-: x\nAccess-Control-Allow-X: x\n",
      NULL,
      VARY,
      "" },

    { "a backend's headers are kept with Keep",
      LIST "; CorsBackendHeaders Keep",
      { .origin = A },
      ACTUAL,
      ORIGIN_STAR EXPOSED("x"),
      TRUE_,
      ORIGIN_STAR EXPOSED("x"),
      TRUE_ },
    { "a backend's error headers are kept with Keep",
      LIST "; CorsBackendHeaders Keep",
      { .origin = B },
      ACTUAL,
      EXPOSED("x"),
      ORIGIN_STAR,
      EXPOSED("x"),
      ORIGIN_STAR },
    { "a backend that names no origin is replaced with Keep, too",
      LIST "; CorsBackendHeaders Keep",
      { .origin = A },
      ACTUAL,
      EXPOSED("x"),
      MAX_AGE("1"),
      VARY ORIGIN_A,
      "" },
    { "a handler's answer to a preflight is kept with Keep",
      LIST "; CorsBackendHeaders Keep",
      { .origin = A, .method = "PUT" },
      CONTINUED,
      ORIGIN_STAR,
      NULL,
      ORIGIN_STAR,
      "" },
    { "an answered preflight keeps no other header",
      LIST "; CorsBackendHeaders Keep",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      ORIGIN_STAR,
      EXPOSED("x"),
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },

    { "names that a backend exposes are added with KeepExposed",
      LIST "; CorsExposeHeaders ETag X-B; CorsBackendHeaders KeepExposed",
      { .origin = A },
      ACTUAL,
      ORIGIN_STAR EXPOSED("x-b, X-C"),
      EXPOSED("X-D,,X-C"),
      VARY ORIGIN_A EXPOSED("ETag, X-B, X-C, X-D"),
      "" },
    { "they are added to none",
      LIST "; CorsBackendHeaders KeepExposed",
      { .origin = A },
      ACTUAL,
      EXPOSED("X-C"),
      NULL,
      VARY ORIGIN_A EXPOSED("X-C"),
      "" },
    { "a backend that exposes none leaves the policy's names",
      LIST "; CorsExposeHeaders ETag; CorsBackendHeaders KeepExposed",
      { .origin = A },
      ACTUAL,
      EXPOSED(""),
      NULL,
      VARY ORIGIN_A EXPOSED("ETag"),
      "" },
    { "no name is exposed to an origin that is not allowed",
      LIST "; CorsBackendHeaders KeepExposed",
      { .origin = B },
      ACTUAL,
      ORIGIN_STAR EXPOSED("X-C"),
      NULL,
      VARY,
      "" },
    { "KeepExposed keeps no credentials",
      LIST "; CorsBackendHeaders KeepExposed",
      { .origin = A },
      ACTUAL,
      TRUE_ EXPOSED("X-C"),
      NULL,
      VARY ORIGIN_A EXPOSED("X-C"),
      "" },
    { "KeepExposed leaves credentials to the policy",
      WITH "; CorsBackendHeaders KeepExposed",
      { .origin = A },
      ACTUAL,
      EXPOSED("X-C"),
      NULL,
      VARY ORIGIN_A TRUE_ EXPOSED("X-C"),
      "" },
    { "Keep does not add to names of a backend without an origin",
      LIST "; CorsExposeHeaders ETag; CorsBackendHeaders Keep",
      { .origin = A },
      ACTUAL,
      EXPOSED("X-C"),
      NULL,
      VARY ORIGIN_A EXPOSED("ETag"),
      "" },
    { "an answered preflight exposes no name of a backend",
      LIST "; CorsBackendHeaders KeepBoth",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      EXPOSED("X-C"),
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "nor does a preflight that the backend has answered",
      LIST "; CorsBackendHeaders KeepBoth",
      { .origin = A, .method = "PUT" },
      CONTINUED,
      EXPOSED("X-C"),
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "credentials need those of the backend with KeepCredentials",
      WITH "; CorsBackendHeaders KeepCredentials",
      { .origin = A },
      ACTUAL,
      TRUE_,
      NULL,
      VARY ORIGIN_A TRUE_,
      "" },
    { "those among the error headers of the backend count",
      WITH "; CorsBackendHeaders KeepCredentials",
      { .origin = A },
      ACTUAL,
      NULL,
      TRUE_,
      VARY ORIGIN_A TRUE_,
      "" },
    { "a backend without credentials has none with KeepCredentials",
      WITH "; CorsBackendHeaders KeepCredentials",
      { .origin = A },
      ACTUAL,
      ORIGIN_STAR,
      NULL,
      VARY ORIGIN_A,
      "" },
    { "only the exact value true is credentials",
      WITH "; CorsBackendHeaders KeepCredentials",
      { .origin = A },
      ACTUAL,
      "Access-Control-Allow-Credentials: True\n",
      NULL,
      VARY ORIGIN_A,
      "" },
    { "a backend cannot add credentials to a policy without",
      LIST "; CorsBackendHeaders KeepCredentials",
      { .origin = A },
      ACTUAL,
      TRUE_,
      NULL,
      VARY ORIGIN_A,
      "" },
    { "nor can it allow an origin",
      WITH "; CorsBackendHeaders KeepBoth",
      { .origin = B },
      ACTUAL,
      ORIGIN_STAR TRUE_,
      NULL,
      VARY,
      "" },
    { "KeepCredentials keeps no exposed name",
      WITH "; CorsExposeHeaders ETag; CorsBackendHeaders KeepCredentials",
      { .origin = A },
      ACTUAL,
      TRUE_ EXPOSED("X-C"),
      NULL,
      VARY ORIGIN_A TRUE_ EXPOSED("ETag"),
      "" },
    { "an answered preflight has the policy's credentials",
      WITH "; CorsBackendHeaders KeepCredentials",
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      NULL,
      VARY3 ORIGIN_A TRUE_ DEFAULTS TYPE,
      "" },
    { "a preflight that the backend answers has the backend's",
      WITH "; CorsBackendHeaders KeepCredentials",
      { .origin = A, .method = "PUT" },
      CONTINUED,
      NULL,
      NULL,
      VARY3 ORIGIN_A DEFAULTS TYPE,
      "" },
    { "KeepBoth keeps both",
      WITH "; CorsBackendHeaders KeepBoth",
      { .origin = A },
      ACTUAL,
      TRUE_,
      EXPOSED("X-C"),
      VARY ORIGIN_A TRUE_ EXPOSED("X-C"),
      "" },
    { "KeepBoth needs the backend's credentials",
      WITH "; CorsBackendHeaders KeepBoth",
      { .origin = A },
      ACTUAL,
      NULL,
      EXPOSED("X-C"),
      VARY ORIGIN_A EXPOSED("X-C"),
      "" },

    { "Vary is merged with the existing field",
      LIST,
      { .origin = A },
      ACTUAL,
      "Vary: Accept-Encoding\n",
      NULL,
      "Vary: Accept-Encoding, Origin\n" ORIGIN_A,
      "" },
    { "a field with a name like Vary is not Vary: Gary",
      LIST,
      { .origin = A },
      ACTUAL,
      "Gary: x\n",
      NULL,
      "Gary: x\n" VARY ORIGIN_A,
      "" },
    { "a field with a name like Vary is not Vary: Vbry",
      LIST,
      { .origin = A },
      ACTUAL,
      "Vbry: x\n",
      NULL,
      "Vbry: x\n" VARY ORIGIN_A,
      "" },
    { "a field with a name like Vary is not Vary: Vaby",
      LIST,
      { .origin = A },
      ACTUAL,
      "Vaby: x\n",
      NULL,
      "Vaby: x\n" VARY ORIGIN_A,
      "" },
    { "a field with a name like Vary is not Vary: Varb",
      LIST,
      { .origin = A },
      ACTUAL,
      "Varb: x\n",
      NULL,
      "Varb: x\n" VARY ORIGIN_A,
      "" },
    { "a field with a name like Vary is not Vary: Varyx",
      LIST,
      { .origin = A },
      ACTUAL,
      "Varyx: x\n",
      NULL,
      "Varyx: x\n" VARY ORIGIN_A,
      "" },
    { "a field with a name like Vary is not Vary: Vary-x",
      LIST,
      { .origin = A },
      ACTUAL,
      "Vary-x: x\n",
      NULL,
      "Vary-x: x\n" VARY ORIGIN_A,
      "" },
    { "Vary is merged with that of the error headers",
      LIST,
      { .origin = B },
      ACTUAL,
      "Vary: Accept\n",
      "Vary: Cookie\n",
      "Vary: Accept, Cookie, Origin\n",
      "" },
    { "an empty Vary of an error is not sent as well",
      LIST,
      { .origin = B },
      ACTUAL,
      "",
      "Vary: ,\n",
      "Vary: Origin\n",
      "" },
    { "Vary is not repeated",
      LIST,
      { .origin = B },
      ACTUAL,
      "Vary: accept, ORIGIN\n",
      "Vary: Accept\n",
      "Vary: accept, ORIGIN\n",
      "" },
    { "Vary: * stays",
      LIST,
      { .origin = A, .method = "PUT" },
      PREFLIGHT,
      NULL,
      "Vary: *\n",
      "Vary: *\n" ORIGIN_A DEFAULTS TYPE,
      "" },
    { "Vary is unchanged if the answer is constant",
      STAR,
      { .origin = A },
      ACTUAL,
      "Vary: a\nVary: a\n",
      "Vary: b\n",
      "Vary: a\nVary: a\n" ORIGIN_STAR,
      "Vary: b\n" },
};

/* Make a table of "Name: value" lines. */
static apr_table_t *table_from_lines(const char *lines)
{
    apr_table_t *table = apr_table_make(pool, 4);
    char *last;
    char *line = apr_strtok(apr_pstrdup(pool, lines ? lines : ""), "\n", &last);

    for (; line; line = apr_strtok(NULL, "\n", &last)) {
        char *colon = strstr(line, ": ");

        *colon = '\0';
        apr_table_add(table, line, colon + 2);
    }
    return table;
}

static void check_headers_row(void **state)
{
    const row_t *row = *state;
    const cors_policy_t *policy = policy_of(row->text);
    apr_table_t *headers = table_from_lines(row->before);
    apr_table_t *errors = table_from_lines(row->errors);
    cors_decision_t decision;

    decide_request(policy, &row->request, &decision);
    cors_emit(pool, policy, &decision, row->response, headers, errors);
    same_text(row->text, lines_of(headers), row->headers);
    same_text(row->text, lines_of(errors), row->kept);
}

static void vary_is_one_field_without_duplicates(void **state)
{
    static const struct {
        const char *before;
        const char *errors;
        const char *names;
        const char *vary;
    } cases[] = {
        { NULL, NULL, "Origin", "Origin" },
        { NULL, NULL, "Origin, A", "Origin, A" },
        { "Vary: a\n", NULL, "Origin", "a, Origin" },
        { "Vary: a, b\nVary: B ,c\n", NULL, "A, d", "a, b, c, d" },
        { NULL, "Vary: a\n", "Origin", "a, Origin" },
        { "vary: a\n", "VARY: b\n", "Origin", "a, b, Origin" },
        { "Vary: Origins\n", NULL, "Origin", "Origins, Origin" },
        { "Vary: Origi\n", NULL, "Origin", "Origi, Origin" },
        { "Vary: origin\n", NULL, "Origin", "origin" },
        { "Vary: ,, a ,\n", NULL, "Origin", "a, Origin" },
        { "Vary: ,\n", NULL, "Origin", "Origin" },
        { "Vary: *\n", NULL, "Origin", "*" },
        { "Vary: a, *\n", NULL, "Origin", "*" },
        { "Vary: a\n", "Vary: *\n", "Origin", "*" },
        { "Vary: *a\n", NULL, "Origin", "*a, Origin" },
        /* more names than are compared one by one */
        { "Vary: a,b,c,d,e,f,g,h,A,i,H\nVary: I, j\n", NULL, "Origin, c, J",
          "a, b, c, d, e, f, g, h, i, j, Origin" },
        { "Vary: a,b,c,d,e,f,g,h,i\n", "Vary: j, *\n", "Origin", "*" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        apr_table_t *headers = table_from_lines(cases[i].before);
        apr_table_t *errors = table_from_lines(cases[i].errors);

        cors_vary_add(pool, cases[i].names, headers, errors);
        assert_int_equal(apr_table_elts(headers)->nelts, 1);
        same_text(cases[i].names, apr_table_get(headers, "Vary"),
                  cases[i].vary);
        same_text(cases[i].names, lines_of(errors), "");
        /* a second call changes nothing */
        cors_vary_add(pool, cases[i].names, headers, errors);
        same_text(cases[i].names, apr_table_get(headers, "Vary"),
                  cases[i].vary);
    }
}

/* cors_emit() extends the usual Vary in place; the result is that of the general
 * cors_vary_add(). */
static void vary_extended_in_place_is_the_same(void **state)
{
    static const char *const values[] = { "Accept-Encoding",
                                          "accept-encoding",
                                          "Origin",
                                          "ORIGIN",
                                          "Origin2",
                                          "Access-Control-Request-Method",
                                          "access-control-request-headers",
                                          "*",
                                          "a b",
                                          "a,b",
                                          "a,",
                                          " a",
                                          "" };
    const cors_policy_t *policy = policy_of(LIST);
    const request_t asks[] = { { .origin = A },
                               { .origin = A, .method = "PUT" } };
    size_t i;
    size_t k;

    (void)state;
    for (i = 0; i < COUNT(values); i++) {
        for (k = 0; k < COUNT(asks); k++) {
            apr_table_t *headers = apr_table_make(pool, 4);
            apr_table_t *gathered = apr_table_make(pool, 4);
            apr_table_t *errors = apr_table_make(pool, 4);
            cors_decision_t decision;

            apr_table_setn(headers, "Via", "1.1 a");
            apr_table_setn(headers, "Vary", values[i]);
            apr_table_setn(headers, "Access-Control-Max-Age", "1");
            apr_table_setn(gathered, "Vary", values[i]);
            cors_vary_add(pool,
                          k ? "Origin, Access-Control-Request-Method, "
                              "Access-Control-Request-Headers"
                            : "Origin",
                          gathered, errors);
            decide_request(policy, &asks[k], &decision);
            cors_emit(pool, policy, &decision, k ? PREFLIGHT : ACTUAL, headers,
                      errors);
            same_text(values[i], apr_table_get(headers, "Vary"),
                      apr_table_get(gathered, "Vary"));
            same_text(values[i], apr_table_get(headers, "Via"), "1.1 a");
            assert_null(apr_table_get(headers, "Access-Control-Max-Age"));
        }
    }
}

/* "x-1 x-2 ...", count names */
static const char *numbered_names(int count)
{
    const char *names = "";
    int i;

    for (i = 1; i <= count; i++) {
        names = apr_psprintf(pool, "%s%sx-%d", names, i > 1 ? " " : "", i);
    }
    return names;
}

static const char *allowed_headers(int listed, const char *method,
                                   const char *names)
{
    const cors_policy_t *policy =
        policy_of(apr_pstrcat(pool, LIST "; CorsAllowHeaders ",
                              numbered_names(listed), NULL));
    const request_t asks = { .origin = A, .method = method, .headers = names };
    apr_table_t *headers = apr_table_make(pool, 4);
    cors_decision_t decision;

    decide_request(policy, &asks, &decision);
    cors_emit(pool, policy, &decision, PREFLIGHT, headers,
              apr_table_make(pool, 4));
    return apr_table_get(headers, "Access-Control-Allow-Headers");
}

static void long_list_echoes_the_request(void **state)
{
    (void)state;
    assert_int_equal(strncmp(allowed_headers(64, "PUT", "x-2"), "x-1, x-2, ",
                             10),
                     0);
    same_text("65", allowed_headers(65, "PUT", "x-2, x-65"), "x-2, x-65");
    same_text("a name that is missing", allowed_headers(65, "PUT", "x-2,y,x-3"),
              "x-2");
    same_text("only that", allowed_headers(65, "PUT", "y"), NULL);
    same_text("a method that is missing", allowed_headers(65, "BREW", "x-2"),
              "x-2");
    same_text("none asked for", allowed_headers(65, "PUT", NULL), NULL);
}

static void headers_outlive_the_request_bytes(void **state)
{
    const cors_policy_t *policy = policy_of(LIST);
    apr_table_t *headers = apr_table_make(pool, 4);
    apr_pool_t *outer = pool;
    cors_decision_t decision;
    const request_t request = { .origin = A };

    (void)state;
    apr_pool_create(&pool, outer);
    decide_request(policy, &request, &decision);
    cors_emit(outer, policy, &decision, ACTUAL, headers,
              apr_table_make(pool, 1));
    apr_pool_destroy(pool);
    pool = outer;
    assert_string_equal(lines_of(headers), VARY ORIGIN_A);
}

static void policy_headers_can_be_removed_alone(void **state)
{
    apr_table_t *headers = apr_table_make(pool, 4);
    apr_table_t *errors = apr_table_make(pool, 4);

    (void)state;
    apr_table_addn(headers, "access-control-allow-origin", "x");
    apr_table_addn(headers, "Vary", "Origin");
    apr_table_addn(headers, "Access", "x");
    apr_table_addn(headers, "Access-Control-", "x");
    apr_table_addn(errors, "Access-Control-Max-Age", "x");
    apr_table_addn(errors, "Access-Control-Request-Method", "x");
    cors_emit_nothing(headers, errors);
    assert_string_equal(lines_of(headers),
                        "Vary: Origin\nAccess: x\nAccess-Control-: x\n");
    assert_string_equal(lines_of(errors), "Access-Control-Request-Method: x\n");
}

/* The headers that are the same for every request. */
static const struct {
    const char *text;
    const char *before;
    const char *errors;
    const char *headers; /* afterwards */
    const char *kept;    /* of errors */
} fixed_rows[] = {
    { "CorsResourcePolicy same-site", "A: b\n", "C: d\n",
      "A: b\nCross-Origin-Resource-Policy: same-site\n", "C: d\n" },
    { "CorsResourcePolicy cross-origin; CorsTimingAllowOrigin *",
      "cross-origin-resource-policy: same-site\nA: b\n",
      "Cross-Origin-Resource-Policy: x\n",
      "A: b\nTiming-Allow-Origin: *\n"
      "Cross-Origin-Resource-Policy: cross-origin\n",
      "" },
    { "CorsResourcePolicy Off", "Cross-Origin-Resource-Policy: x\n", "",
      "Cross-Origin-Resource-Policy: x\n", "" },
    { "CorsTimingAllowOrigin *", "A: b\n", "C: d\n",
      "A: b\nTiming-Allow-Origin: *\n", "C: d\n" },
    { "CorsTimingAllowOrigin *",
      "timing-allow-origin: x\nTiming-Allow-Origin: y\n",
      "Timing-Allow-Origin: z\n", "Timing-Allow-Origin: *\n", "" },
    { LIST "; CorsTimingAllowOrigin Policy", "Timing-Allow-Origin: *\n", "",
      "Timing-Allow-Origin: " A "\n", "" },
    { "CorsPolicy On; CorsTimingAllowOrigin Policy",
      "Timing-Allow-Origin: *\nA: b\n", "Timing-Allow-Origin: *\n", "A: b\n",
      "" },
    { "CorsPolicy Off; CorsTimingAllowOrigin Policy",
      "Timing-Allow-Origin: *\n", "", "Timing-Allow-Origin: *\n", "" },
    { "CorsPolicy Off", "Timing-Allow-Origin: *\n", "Timing-Allow-Origin: x\n",
      "Timing-Allow-Origin: *\n", "Timing-Allow-Origin: x\n" },
};

static void fixed_headers_replace_others(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(fixed_rows); i++) {
        apr_table_t *headers = table_from_lines(fixed_rows[i].before);
        apr_table_t *errors = table_from_lines(fixed_rows[i].errors);

        cors_emit_fixed(pool, policy_of(fixed_rows[i].text), headers, errors);
        same_text(fixed_rows[i].text, lines_of(headers), fixed_rows[i].headers);
        same_text(fixed_rows[i].text, lines_of(errors), fixed_rows[i].kept);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(vary_is_one_field_without_duplicates),
        TEST(vary_extended_in_place_is_the_same),
        TEST(long_list_echoes_the_request),
        TEST(headers_outlive_the_request_bytes),
        TEST(fixed_headers_replace_others),
        TEST(policy_headers_can_be_removed_alone),
    };
    static const table_t tables[] = { TABLE(check_headers_row, rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
