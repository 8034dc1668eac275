/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Advice where the policy itself is not known, as after a restart. Advice with a
 * policy is tested in t/unit/explain.c. */

#include "configure.h"

#include "core/diagnose/advice.h"

#define A "https://a.example"

typedef struct {
    const char *name;
    cors_refused_t refused;
    const char *expected;
} case_t;

static void advice_of_row(void **state)
{
    const case_t *row = *state;

    same_text(row->name, cors_advice(pool, &row->refused), row->expected);
}

static const case_t cases[] = {
    { "a line that is gone gets general advice",
      { .reason = CORS_REASON_ORIGIN_NOT_ALLOWED,
        .attr = CORS_ATTR_ORIGINS,
        .source = "CorsAllowOrigins conf:1",
        .origin = A,
        .rejected = "" },
      "To allow it, write CorsAllowOrigins +https://a.example in a section "
      "within that of CorsAllowOrigins conf:1." },
    { "a file's name may end like a default",
      { .reason = CORS_REASON_ORIGIN_NOT_ALLOWED,
        .attr = CORS_ATTR_ORIGINS,
        .source = "CorsAllowOrigins conf (default):1",
        .origin = A,
        .rejected = "" },
      "To allow it, write CorsAllowOrigins +https://a.example in a section "
      "within that of CorsAllowOrigins conf (default):1." },
    { "a default has no line",
      { .reason = CORS_REASON_ORIGIN_NOT_ALLOWED,
        .attr = CORS_ATTR_ORIGINS,
        .by_default = true,
        .source = "CorsAllowOrigins (default)",
        .origin = A,
        .rejected = "" },
      "To allow it, write CorsAllowOrigins https://a.example in the "
      "section." },
    { "a header is in any letters",
      { .reason = CORS_REASON_HEADER_NOT_ALLOWED,
        .attr = CORS_ATTR_HEADERS,
        .by_default = true,
        .source = "CorsAllowHeaders (default)",
        .origin = A,
        .rejected = "X-A" },
      "To allow it, write CorsAllowHeaders +X-A in the section." },
    { "patch is explained without a policy",
      { .reason = CORS_REASON_METHOD_NOT_ALLOWED,
        .attr = CORS_ATTR_METHODS,
        .by_default = true,
        .source = "CorsAllowMethods (default)",
        .origin = A,
        .rejected = "patch" },
      "Write PATCH in the script: methods are case-sensitive, and fetch() "
      "makes "
      "only DELETE, GET, HEAD, OPTIONS, POST and PUT upper case." },
    { "a handshake without Origin names its line",
      { .reason = CORS_REASON_ORIGIN_REQUIRED,
        .attr = CORS_ATTR_WEBSOCKET_REQUIRE,
        .source = "CorsWebSocketRequireOrigin conf:1",
        .origin = "",
        .rejected = "" },
      "Handshakes without Origin are refused by CorsWebSocketRequireOrigin "
      "conf:1." },
    { "a list that is not loaded suggests no other line",
      { .reason = CORS_REASON_ORIGINS_NOT_LOADED,
        .attr = CORS_ATTR_ORIGINS,
        .source = "CorsAllowOrigins conf:1",
        .origin = A,
        .rejected = "" },
      "A file of CorsAllowOriginsFile could not be loaded yet; the error log "
      "says why. No origin is allowed until it is." },
    { "a list that is too old suggests to look after its file",
      { .reason = CORS_REASON_ORIGINS_STALE,
        .attr = CORS_ATTR_ORIGINS,
        .source = "CorsAllowOriginsFrom conf:1",
        .origin = A,
        .rejected = "" },
      "A list of CorsOriginSource is older than its max-stale, so no origin is "
      "allowed. Find out why its file is no longer written." },
    { "an unknown host names the directives for it",
      { .reason = CORS_REASON_UNKNOWN_HOST,
        .attr = CORS_ATTR_ORIGINS,
        .source = "CorsAllowOrigins conf:1",
        .origin = A,
        .rejected = "" },
      "The host of the request is not a name of its virtual host, so the page "
      "is not one of the server's own. If it is a name of the server, add it "
      "with ServerAlias; where a proxy in front changes Host, keep it there "
      "(ProxyPreserveHost On), or write UseCanonicalName On next to "
      "ServerName." },
    { "file:// is an origin of handshakes",
      { .reason = CORS_REASON_ORIGIN_NOT_ALLOWED,
        .attr = CORS_ATTR_WEBSOCKET_ORIGINS,
        .by_default = true,
        .source = "CorsWebSocketAllowOrigins (default)",
        .origin = "file://",
        .rejected = "" },
      "To allow it, write CorsWebSocketAllowOrigins file:// in the "
      "section." }
};

/* The advice for a refusal of CorsProtect. */
typedef struct {
    const char *name;
    cors_protect_reason_e reason;
    const char *origin;
    const char *expected;
} protect_row_t;

static void advice_of_protection(void **state)
{
    const protect_row_t *row = *state;

    same_text(row->name, cors_advice_protect(pool, row->reason, row->origin),
              row->expected);
}

#define OFF                                                                    \
    "If pages of other origins may send this request, write CorsProtect Off "  \
    "in the section of the URL."
#define HIDDEN                                                                 \
    "If the page is one of this site, send Referrer-Policy: same-origin with " \
    "it. If it is one of an identity provider that hides its origin, write "   \
    "CorsProtect Off in the section of the URL."

static const protect_row_t protect_cases[] = {
    { "another origin", CORS_PROTECT_REASON_CROSS_SITE, A,
      "If its pages may send this request, write CorsProtectAllowOrigins " A
      " in the section of the URL." },
    { "no origin", CORS_PROTECT_REASON_CROSS_SITE, "", OFF },
    { "what is not an origin", CORS_PROTECT_REASON_CROSS_SITE, A "/", OFF },
    { "null with Sec-Fetch-Site", CORS_PROTECT_REASON_CROSS_SITE, "null",
      HIDDEN },
    { "null", CORS_PROTECT_REASON_NULL_ORIGIN, "null", HIDDEN },
    { "a worker", CORS_PROTECT_REASON_RELAYED, A,
      "If it is a form of this site, let its service worker handle GET "
      "only." },
    { "Strict", CORS_PROTECT_REASON_NO_ORIGIN, "",
      "If clients that are not browsers may send this request, write "
      "CorsProtect On, without Strict, in the section of the URL." },
    { "a handshake without Origin", CORS_PROTECT_REASON_ORIGIN_REQUIRED, "",
      "If clients that are not browsers may open this WebSocket, write "
      "CorsWebSocketRequireOrigin Off in the section of the URL." },
    { "embedding", CORS_PROTECT_REASON_EMBEDDING, "",
      "If pages of other sites may embed this URL, write "
      "CorsProtectEmbedding Off in its section." },
    { "a host", CORS_PROTECT_REASON_FOREIGN_HOST, "",
      "If the host is a name of this server, add it with ServerAlias." },
    { "no refusal", CORS_PROTECT_REASON_OFF, "", NULL }
};

static const char *deciding_source(const char *policy, const char *origin)
{
    cors_facts_t facts = { .origin = exact_copy(origin) };
    cors_decision_t decision;

    cors_decide(policy_of(policy), &facts, &decision);
    return cors_decision_source(pool, &decision);
}

static void source_of_the_decision_is_the_exclusion(void **state)
{
    const char *policy = "CorsPolicy On; CorsAllowOrigins !" A
                         "; CorsAllowOrigins https://*.example";

    (void)state;
    same_text("excluded", deciding_source(policy, A),
              "CorsAllowOrigins conf:2");
    same_text("listed", deciding_source(policy, "https://b.example"),
              "CorsAllowOrigins conf:3");
    same_text("unlisted", deciding_source(policy, A "r"),
              "CorsAllowOrigins conf:3");
    same_text("null", deciding_source(policy, "null"),
              "CorsAllowOrigins conf:3");
    same_text("default", deciding_source("CorsPolicy On", A),
              "CorsAllowOrigins (default)");
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(
        source_of_the_decision_is_the_exclusion) };
    const table_t tables[] = { TABLE(advice_of_row, cases),
                               TABLE(advice_of_protection, protect_cases) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
