/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Expectations: whether a policy does what an administrator expects. */

#include "configure.h"

#include "core/diagnose/expect.h"

#define A "https://a.example"
#define ON "; CorsPolicy On; CorsAllowOrigins " A
#define ANY "; CorsPolicy On; CorsAllowOrigins *"
#define NAMES_ALL                                                              \
    ON " https://*.example https://*.invalid https://*.test "                  \
       "https://*.any-other.com https://any-other.org "                        \
       "http://any-other.net:* http://203.0.113.7:* http://[2001:db8::7] "     \
       "https://*.localhost any-other://any-other"
#define MATCH "; CorsPolicy On; CorsAllowOriginsMatch "

typedef struct {
    const char *name;
    const char *policy;
    cors_expectation_t expectation;
    const char *expected; /* "holds|fails|undecided[ ORIGIN][: OBSTACLE]" */
} case_t;

/* Compare the result with "holds|fails|undecided[ ORIGIN][: OBSTACLE]". */
static void same_result(const char *name, const cors_policy_t *policy,
                        const cors_expectation_t *expectation,
                        const char *expected)
{
    static const char *const outcomes[] = { "holds", "fails", "undecided" };
    cors_expect_result_t result;
    const char *text;

    cors_expect(pool, policy, expectation, &result);
    text = outcomes[result.outcome];
    if (result.outcome == CORS_EXPECT_FAILS) {
        text = apr_pstrcat(pool, text, " ", result.origin, NULL);
    }
    if (result.outcome == CORS_EXPECT_UNDECIDED) {
        text = apr_pstrcat(pool, text, ": ", result.obstacle, NULL);
    }
    same_text(name, text, expected);
}

static void check_expectation(void **state)
{
    const case_t *row = *state;

    same_result(row->policy, policy_of(row->policy), &row->expectation,
                row->expected);
}

#define ALLOW(...)                                                             \
    {                                                                          \
        true, false,                                                           \
        {                                                                      \
            .origin = A, __VA_ARGS__                                           \
        }                                                                      \
    }
#define DENY(...)                                                              \
    {                                                                          \
        false, false,                                                          \
        {                                                                      \
            .origin = A, __VA_ARGS__                                           \
        }                                                                      \
    }
#define ALLOW_OTHER(...)                                                       \
    {                                                                          \
        true, true,                                                            \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define DENY_OTHER(...)                                                        \
    {                                                                          \
        false, true,                                                           \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define TO(host_, scheme_)                                                     \
    .target = { .scheme = { scheme_, sizeof(scheme_) - 1 },                    \
                .host = { host_, sizeof(host_) - 1 } },                        \
    .known_host = true

static const case_t cases[] = {
    { "a listed origin is allowed", ON, ALLOW(.method = "GET"), "holds" },
    { "a listed origin is not denied", ON, DENY(.method = "GET"), "fails " A },
    { "an origin that is not listed is denied",
      "; CorsPolicy On; CorsAllowOrigins https://b.example",
      DENY(.method = "GET"), "holds" },
    { "an origin that is not listed is not allowed",
      "; CorsPolicy On; CorsAllowOrigins https://b.example",
      ALLOW(.method = "GET"), "fails " A },
    { "without a policy nothing is allowed", "; CorsAllowOrigins " A,
      DENY(.method = "GET"), "holds" },
    { "a policy that only reports allows nothing",
      "; CorsPolicy ReportOnly; CorsAllowOrigins " A, ALLOW(.method = "GET"),
      "fails " A },
    { "a method that is not listed is denied", ON, DENY(.method = "PURGE"),
      "holds" },
    { "a header that is not listed is denied", ON,
      DENY(.method = "GET", .headers = "x-token"), "holds" },
    { "a listed header is allowed", ON "; CorsAllowHeaders X-Token",
      ALLOW(.method = "PUT", .headers = "x-token"), "holds" },
    { "credentials are denied by default", ON,
      DENY(.method = "GET", .credentials = true), "holds" },
    { "credentials are allowed where they are on",
      ON "; CorsAllowCredentials On",
      ALLOW(.method = "GET", .credentials = true), "holds" },
    { "a request that CorsProtect refuses is denied", ON "; CorsProtect On",
      DENY(.method = "POST", .credentials = true), "holds" },
    { "CorsProtect ReportOnly refuses nothing", ON "; CorsProtect ReportOnly",
      ALLOW(.method = "POST"), "holds" },
    { "a page of the server itself is allowed", "",
      ALLOW(.method = "GET", TO("a.example", "https")), "holds" },
    { "the origin null is expected like any other",
      ANY,
      { true, false, { .origin = "null", .method = "GET" } },
      "holds" },
    { "a handshake is decided by its own list",
      ON "; CorsWebSocketAllowOrigins None",
      DENY(.method = "GET", .websocket = true), "holds" },
    { "a handshake is allowed where there is no list", "; CorsPolicy Off",
      ALLOW(.method = "GET", .websocket = true), "holds" },

    { "any other origin is denied by a list",
      ON " https://*.b.example !https://c.b.example",
      DENY_OTHER(.method = "GET"), "holds" },
    { "any other origin is not denied by *", ANY, DENY_OTHER(.method = "GET"),
      "fails https://any-other.example" },
    { "any other origin is allowed by *", ANY, ALLOW_OTHER(.method = "GET"),
      "holds" },
    { "any other origin is allowed by * with exclusions",
      ANY " | CorsAllowOrigins -https://old.example",
      ALLOW_OTHER(.method = "GET"), "holds" },
    { "any other origin is not allowed by a list", ON,
      ALLOW_OTHER(.method = "GET"), "fails https://any-other.example" },
    { "credentials of any other origin are denied by *", ANY,
      DENY_OTHER(.method = "GET", .credentials = true), "holds" },
    { "an example that a wildcard names is not any other",
      "; CorsPolicy On; CorsAllowOrigins https://*.example",
      DENY_OTHER(.method = "GET"), "holds" },
    { "a list that names whatever is tried leaves it undecided", NAMES_ALL,
      DENY_OTHER(.method = "GET"),
      "undecided: the list, which names every origin that was tried" },
    { "a regular expression for one domain names its origins",
      MATCH "https://.*\\.a\\.example", DENY_OTHER(.method = "GET"), "holds" },
    { "a regular expression for any website allows other origins",
      MATCH "https://app.*", DENY_OTHER(.method = "GET"),
      "fails https://appstrangerzq.com" },
    { "a regular expression for any origin allows other origins",
      MATCH "http.*; CorsAllowOriginsMatch any-other.*",
      DENY_OTHER(.method = "GET"), "fails https://strangerzq.com" },
    { "a regular expression that cannot be decided leaves it undecided",
      MATCH "https://(?!b\\.)a\\.example", DENY_OTHER(.method = "GET"),
      "undecided: the regular expression https://(?!b\\.)a\\.example, which "
      "may match any origin" },
    { "what contradicts the expectation in the inner list decides",
      MATCH "https://(?!b\\.)a\\.example | CorsAllowOriginsMatch +https://.*",
      DENY_OTHER(.method = "GET"), "fails https://strangerzq.com" },
    { "a regular expression of the outer list allows other origins",
      MATCH "https://.* | CorsAllowOrigins +" A, DENY_OTHER(.method = "GET"),
      "fails https://strangerzq.com" },
    { "an excluding regular expression that cannot be decided leaves it "
      "undecided",
      ANY " | CorsAllowOriginsMatch -https://(?!b\\.)a\\.example",
      ALLOW_OTHER(.method = "GET"),
      "undecided: the regular expression https://(?!b\\.)a\\.example, which "
      "may match any origin" },
    { "an expectation that * contradicts does not depend on a regular "
      "expression",
      ANY " | CorsAllowOriginsMatch +https://(?!b\\.)a\\.example",
      DENY_OTHER(.method = "GET"), "fails https://any-other.example" },
    { "a list that names whatever is tried does not matter for a method that "
      "is denied",
      NAMES_ALL, DENY_OTHER(.method = "PURGE"), "holds" },
    { "a policy with a contradiction allows no other origin",
      MATCH "https://(?!b\\.)a\\.example; CorsAllowCredentials On",
      DENY_OTHER(.method = "GET"), "holds" },
    { "a regular expression matters only where its origins would be allowed",
      MATCH "https://.*", DENY_OTHER(.method = "PURGE"), "holds" },
    { "a regular expression of a policy that is off does not matter",
      "; CorsAllowOriginsMatch https://.*", DENY_OTHER(.method = "GET"),
      "holds" },
    { "an excluding regular expression denies other origins",
      ANY " | CorsAllowOriginsMatch -https://.*", ALLOW_OTHER(.method = "GET"),
      "fails https://strangerzq.com" },
    { "an excluding regular expression does not matter for a denial",
      "; CorsPolicy On; CorsAllowOrigins " A
      " | CorsAllowOriginsMatch -https://.*",
      DENY_OTHER(.method = "GET"), "holds" },
    { "any other origin has its own list for handshakes",
      ANY "; CorsWebSocketAllowOrigins " A,
      DENY_OTHER(.method = "GET", .websocket = true), "holds" },
    { "any other origin opens a WebSocket without a list", ON,
      DENY_OTHER(.method = "GET", .websocket = true),
      "fails https://any-other.example" },

    { "a backend that keeps its headers leaves it undecided",
      ON "; CorsBackendHeaders Keep", DENY_OTHER(.method = "GET"),
      "undecided: the backend's own CORS headers, which CorsBackendHeaders "
      "keeps" },
    { "a backend that can withhold credentials leaves them undecided",
      ON "; CorsAllowCredentials On; CorsBackendHeaders KeepCredentials",
      ALLOW(.method = "GET", .credentials = true),
      "undecided: the backend's own CORS headers, which CorsBackendHeaders "
      "keeps" },
    { "a backend cannot allow credentials by itself",
      ON "; CorsBackendHeaders KeepBoth",
      DENY(.method = "GET", .credentials = true), "holds" },
    { "a request without credentials does not depend on KeepBoth",
      ON "; CorsAllowCredentials On; CorsBackendHeaders KeepBoth",
      ALLOW(.method = "GET"), "holds" },
    { "a backend is not asked about a handshake",
      ON "; CorsBackendHeaders Keep; CorsWebSocketAllowOrigins None",
      DENY(.method = "GET", .websocket = true), "holds" },
};

static cors_listing_e lookup_same(const void *self, const cors_origin_t *origin,
                                  const cors_slice_t *tenant)
{
    (void)origin;
    (void)tenant;
    return *(const cors_listing_e *)self;
}

#define NOT_LOADED "undecided: a file of origins that is not loaded yet"
#define STALE "undecided: a list of origins that is older than its max-stale"

/* What a live list returns for each origin. */
static const struct {
    const char *name;
    cors_listing_e listing;
    bool tenants;
    cors_expectation_t expectation;
    const char *expected;
} live_rows[] = {
    { "a live list allows an origin", CORS_ORIGIN_LISTED, false,
      DENY(.method = "GET"), "fails " A },
    { "a list that is not loaded leaves it undecided", CORS_ORIGIN_NOT_LOADED,
      false, DENY(.method = "GET"), NOT_LOADED },
    { "a list that is too old leaves it undecided", CORS_ORIGIN_STALE, false,
      DENY(.method = "GET"), STALE },
    { "a list of an unknown tenant leaves it undecided", CORS_ORIGIN_UNLISTED,
      true, DENY(.method = "GET"),
      "undecided: a list that depends on the tenant of the request" },
    { "a list that is not loaded may name any other origin",
      CORS_ORIGIN_NOT_LOADED, false, DENY_OTHER(.method = "GET"), NOT_LOADED },
    { "a list that is too old may name any other origin", CORS_ORIGIN_STALE,
      false, DENY_OTHER(.method = "GET"), STALE },
    { "whether any other origin is allowed depends on the list",
      CORS_ORIGIN_NOT_LOADED, false, ALLOW_OTHER(.method = "GET"), NOT_LOADED },
    { "no list allows a method that the policy denies", CORS_ORIGIN_NOT_LOADED,
      false, DENY(.method = "PURGE"), "holds" },
    { "no tenant may send a method that the policy denies",
      CORS_ORIGIN_UNLISTED, true, DENY(.method = "PURGE"), "holds" },
    { "no list allows any other origin a denied method", CORS_ORIGIN_STALE,
      false, DENY_OTHER(.method = "PURGE"), "holds" },
};

static void check_live(void **state)
{
    static const cors_tenant_key_t key = { "%{HTTP:Host}", NULL, "compiled" };
    const size_t row = (size_t)((const char *)*state - (const char *)live_rows)
                       / sizeof(live_rows[0]);
    const cors_origin_source_t live = { lookup_same, &live_rows[row].listing };
    const cors_origin_notes_t notes = { .lists = true };
    const cors_policy_t *policy =
        policy_of("; CorsPolicy On; CorsAllowOrigins https://b.example");
    cors_origin_set_t *set = policy->link[CORS_ATTR_ORIGINS].setting->origins;

    assert_int_equal(cors_origin_set_add_source(pool, set, "list", NULL, &live,
                                                live_rows[row].tenants ? &key
                                                                       : NULL,
                                                &notes),
                     CORS_OK);
    same_result(live_rows[row].name, policy, &live_rows[row].expectation,
                live_rows[row].expected);
}

/* PCRE finds what the regular expression matches, although no automaton does. */
static bool match_https(const void *regex, cors_slice_t text, bool doubt)
{
    (void)regex;
    (void)doubt;
    return cors_slice_has_prefix(text, "https://");
}

static void
an_undecided_regex_with_an_example_allows_other_origins(void **state)
{
    const cors_expectation_t deny = DENY_OTHER(.method = "GET");
    const cors_policy_t *policy =
        policy_of("; CorsPolicy On; CorsAllowOrigins " A);
    cors_origin_set_t *set = policy->link[CORS_ATTR_ORIGINS].setting->origins;
    const char *unused;

    (void)state;
    assert_int_equal(cors_origin_set_add_regex(pool, set, "https://(?!b\\.).*",
                                               NULL, "", match_https, &unused),
                     CORS_OK);
    same_result("the example", policy, &deny, "fails https://strangerzq.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_undecided_regex_with_an_example_allows_other_origins),
    };
    const table_t tables[] = { TABLE(check_expectation, cases),
                               TABLE(check_live, live_rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
