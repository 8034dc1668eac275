/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Warnings about settings that are valid but probably mistakes. */

#include "configure.h"

#include "core/diagnose/lint.h"

#define A "https://a.example"
#define BELOW "https://*.example"

typedef struct {
    const char *name;
    const char *text;
    const char
        *found; /* for each: line, problem, entry, (detail), -> suggestion */
} row_t;

static void append_finding(void *context, const char *source,
                           const cors_finding_t *finding)
{
    const char **all = context;

    assert_true(cors_problem_is_warning(finding->problem));
    *all =
        apr_pstrcat(pool, *all, strrchr(source, ':') + 1, " ",
                    cors_problem_id(finding->problem), " ",
                    text_of(finding->entry), finding->detail ? " (" : "",
                    finding->detail ? finding->detail : "",
                    finding->detail ? ")" : "",
                    finding->suggestion ? " -> " : "",
                    finding->suggestion ? finding->suggestion : "", "\n", NULL);
}

/* Findings that need a single setting. */
static const row_t setting_rows[] = {
    { "a list of two origins is not reported",
      "CorsAllowOrigins " A " https://b.example", "" },
    { "an origin listed twice is reported with the first line",
      "CorsAllowOrigins " A "; CorsAllowOrigins " A,
      "2 origin-duplicate " A " (CorsAllowOrigins conf:1)\n" },
    { "a repeated exclusion is reported",
      "CorsAllowOrigins " BELOW " !" A " !https://*.a.example"
      " !" A,
      "1 origin-duplicate " A " (CorsAllowOrigins conf:1)\n" },
    { "a repeated regular expression is reported",
      "CorsAllowOriginsMatch x://[ab] x://[ab]",
      "1 origin-duplicate x://[ab] (CorsAllowOriginsMatch conf:1)\n" },
    { "a regular expression without a scheme matches no origin",
      "CorsAllowOriginsMatch a\\.example",
      "1 regex-never a\\.example -> CorsAllowOrigins https://a.example\n" },
    { "an added regular expression suggests one with a scheme",
      "CorsAllowOriginsMatch +^[ab]\\.x\\.example",
      "1 regex-never ^[ab]\\.x\\.example -> "
      "CorsAllowOriginsMatch \"+https://[ab]\\.x\\.example\"\n" },
    { "a regular expression that is not fixed has no suggestion",
      "CorsAllowOriginsMatch .*\\.com/", "1 regex-never .*\\.com/\n" },
    { "a scheme that is nearly https is reported",
      "CorsAllowOrigins htps://a.example",
      "1 scheme-misspelled htps://a.example -> https://a.example\n" },
    { "a scheme that is nearly http is reported in an edited list",
      "CorsAllowOrigins +ttp://a.example",
      "1 scheme-misspelled ttp://a.example -> +http://a.example\n" },
    { "an excluded origin with a scheme that is nearly https is reported",
      "CorsAllowOrigins -httpss://a.example",
      "1 scheme-misspelled httpss://a.example -> -https://a.example\n" },
    { "the scheme of an app is not reported",
      "CorsAllowOrigins app://a.example http://a.example " A, "" },
    { "ALL and ANY as methods are reported", "CorsAllowMethods ALL any",
      "1 name-misspelled ALL -> CorsAllowMethods *\n"
      "1 name-misspelled any -> CorsAllowMethods *\n" },
    { "misspelled methods are reported",
      "CorsAllowMethods OPTION DELET PACTH PUTT",
      "1 name-misspelled OPTION -> OPTIONS\n"
      "1 name-misspelled DELET -> DELETE\n"
      "1 name-misspelled PACTH -> PATCH\n"
      "1 name-misspelled PUTT -> PUT\n" },
    { "methods of an application are not reported",
      "CorsAllowMethods GET PUT PURGE SET SUBSCRIBE", "" },
    { "misspelled request headers are reported",
      "CorsAllowHeaders +Authorisation +Contenttype +X_CSRF_Token",
      "1 name-misspelled Authorisation -> +Authorization\n"
      "1 name-misspelled Contenttype -> +Content-Type\n"
      "1 name-misspelled X_CSRF_Token -> +X-CSRF-Token\n" },
    { "request headers of an application are not reported",
      "CorsAllowHeaders authorization content-type X-CSRFToken X-XSRF-TOKEN "
      "x-token x-a",
      "" },
    { "ALL as a header is reported",
      "CorsAllowHeaders All; CorsExposeHeaders ANY",
      "1 name-misspelled All -> CorsAllowHeaders *\n"
      "2 name-misspelled ANY -> CorsExposeHeaders *\n" },
    { "a header of CORS need not be exposed",
      "CorsExposeHeaders Access-Control-Max-Age X-Access-Control",
      "1 expose-cors Access-Control-Max-Age\n" },
    { "an origin that a wildcard covers is needless",
      "CorsAllowOrigins " A "; CorsAllowOrigins " BELOW,
      "1 origin-shadowed " A " (" BELOW ")\n" },
    { "an origin that no wildcard covers is needed",
      "CorsAllowOrigins https://example " BELOW, "" },
    { "a wildcard that another covers is needless",
      "CorsAllowOrigins https://*.a.example " BELOW,
      "1 origin-shadowed https://*.a.example (" BELOW ")\n" },
    { "an origin that a regular expression covers is needless",
      "CorsAllowOrigins " A "; CorsAllowOriginsMatch " A ".*",
      "1 origin-shadowed " A " (" A ".*)\n"
      "2 regex-everything " A ".* (https://axexamplestrangerzq.com)\n" },
    { "an origin that is listed and excluded is never allowed",
      "CorsAllowOrigins " A " !" A, "1 origin-excluded " A " (!" A ")\n" },
    { "an origin that an excluded wildcard covers is never allowed",
      "CorsAllowOrigins " A " !" BELOW,
      "1 origin-excluded " A " (!" BELOW ")\n" },
    { "an exclusion of a listed origin has an effect",
      "CorsAllowOrigins " BELOW " !" A " !https://*.a.example", "" },
    { "an exclusion of an unlisted origin is reported",
      "CorsAllowOrigins " BELOW " !https://other",
      "1 exclusion-unused https://other\n" },
    { "an exclusion of unlisted null is reported",
      "CorsAllowOrigins " A " !null", "1 exclusion-unused null\n" },
    { "an excluded wildcard may exclude one of many",
      "CorsAllowOrigins " A " !https://*.other", "" },
    { "an exclusion of an edit has an effect", "CorsAllowOrigins -" A, "" },
    { "the origin that Self excludes is unknown at start-up",
      "CorsWebSocketAllowOrigins https://*.a.example !Self", "" },
    { "Self that is excluded is never allowed",
      "CorsWebSocketAllowOrigins Self !Self",
      "1 origin-excluded Self (!Self)\n" },
    { "a repeated Self is reported", "CorsWebSocketAllowOrigins Self self",
      "1 origin-duplicate Self (CorsWebSocketAllowOrigins conf:1)\n" },
    { "Self and an origin are two entries", "CorsWebSocketAllowOrigins Self " A,
      "" },
    { "an edit that adds and removes the same is reported",
      "CorsAllowOrigins +" A " -" A, "1 origin-excluded " A " (!" A ")\n" },
    { "a regular expression equal to a pattern is reported",
      "CorsAllowOriginsMatch https://a\\.example(:\\d+)?",
      "1 regex-plain https://a\\.example(:\\d+)? -> "
      "CorsAllowOrigins https://a.example:*\n" },
    { "an added regular expression suggests an added pattern",
      "CorsAllowOriginsMatch +https?://a\\.example",
      "1 regex-plain https?://a\\.example -> "
      "CorsAllowOrigins +http://a.example +https://a.example\n" },
    { "a removed regular expression suggests a removed pattern",
      "CorsAllowOriginsMatch -https://.*\\.a\\.example",
      "1 regex-plain https://.*\\.a\\.example -> "
      "CorsAllowOrigins -https://*.a.example\n" },
    { "a removed regular expression may match any origin",
      "CorsAllowOriginsMatch -.*", "" },
    { "a regular expression without an equal pattern is not reported",
      "CorsAllowOriginsMatch https://a[0-9]\\.example", "" },
    { "a regular expression that matches everything is reported",
      "CorsAllowOriginsMatch .*",
      "1 regex-everything .* (https://strangerzq.com) -> CorsAllowOrigins "
      "*\n" },
    { "an unescaped dot is reported with the escaped form",
      "CorsAllowOriginsMatch +https://[ab].example\\.com",
      "1 regex-everything https://[ab].example\\.com "
      "(https://axexample.com) -> CorsAllowOriginsMatch "
      "\"+https://[ab]\\.example\\.com\"\n" },
    { "an undecidable regular expression is reported",
      "CorsAllowOriginsMatch https://(?!x).*\\.example\\.com",
      "1 regex-undecided https://(?!x).*\\.example\\.com "
      "(look-ahead at byte 9) -> CorsAllowOrigins https://*.example.com "
      "!https://x.example.com !https://*.x.example.com\n" },
    { "a regular expression with endless backtracking is reported",
      "CorsAllowOriginsMatch https://([a-z]+)*\\.example\\.com "
      "https://[a-z]+\\.example\\.com",
      "1 regex-costly https://([a-z]+)*\\.example\\.com\n" },
    { "any origin and none are not reported",
      "CorsAllowOrigins * | CorsAllowOrigins None", "" },
    { "WebSockets to a public suffix are reported",
      "CorsWebSocketAllowOrigins https://*.github.io",
      "1 websocket-suffix https://*.github.io\n" },
    { "WebSockets to a user's domain are not reported",
      "CorsWebSocketAllowOrigins https://*.user.github.io", "" },
    { "an excluded public suffix for WebSockets is not reported",
      "CorsWebSocketAllowOrigins -https://*.github.io", "" },
    { "a fetch from a public suffix is not reported",
      "CorsAllowOrigins https://*.github.io", "" },
    { "WebSocket lists are checked like others",
      "CorsWebSocketAllowOrigins file:// file://",
      "1 file-origin file://\n"
      "1 origin-duplicate file:// (CorsWebSocketAllowOrigins conf:1)\n" },
    { "file:// is an origin of some embedded browsers",
      "CorsAllowOrigins https://a.example file://", "1 file-origin file://\n" },
    { "none of them is allowed by an exclusion",
      "CorsAllowOrigins +https://a.example -file://",
      "1 file-origin -file://\n" },
    { "an exclusion of file:// that the list allows",
      "CorsAllowOrigins file:// !file://",
      "1 file-origin file://\n"
      "1 origin-excluded file:// (!file://)\n"
      "1 file-origin !file://\n" },
    { "all extensions are reported",
      "CorsAllowOrigins https://a.example moz-extension://*",
      "1 any-extension moz-extension://*\n" },
    { "all extensions in an edit are reported",
      "CorsAllowOrigins +chrome-extension://* -moz-extension://*",
      "1 any-extension chrome-extension://*\n" },
    { "one extension is not reported",
      "CorsAllowOrigins chrome-extension://abc !moz-extension://*", "" },
    { "all extensions cover one",
      "CorsAllowOrigins moz-extension://* moz-extension://abc",
      "1 any-extension moz-extension://*\n"
      "1 origin-shadowed moz-extension://abc (moz-extension://*)\n" },
    { "a regular expression for all extensions",
      "CorsAllowOriginsMatch ^moz-extension://.*$",
      "1 regex-everything ^moz-extension://.*$ "
      "(moz-extension://abcdefghijklmnopabcdefghijklmnop) -> "
      "CorsAllowOrigins moz-extension://*\n" },
    { "a regular expression for all hosts of another scheme",
      "CorsAllowOriginsMatch ^app://.*$",
      "1 regex-everything ^app://.*$ "
      "(app://abcdefghijklmnopabcdefghijklmnop)\n" },
    { "a list without a default method", "CorsAllowMethods PROPFIND REPORT",
      "1 methods-default (absent) -> +PROPFIND +REPORT\n" },
    { "a list with one of them", "CorsAllowMethods PROPFIND GET", "" },
    { "methods that are added to the default", "CorsAllowMethods +PROPFIND",
      "" },
    { "any method", "CorsAllowMethods *", "" },
    { "a safelisted response header need not be exposed",
      "CorsExposeHeaders ETag; CorsExposeHeaders content-type x-a",
      "2 expose-redundant content-type\n" },
    { "the only header that is exposed may be needless",
      "CorsExposeHeaders Pragma", "1 expose-redundant Pragma\n" },
    { "a header that scripts do not see is exposed for a reason",
      "CorsExposeHeaders ETag", "" },
    { "header names of another list are not checked",
      "CorsAllowHeaders content-type cache-control", "" },
    { "removing a safelisted method changes nothing",
      "CorsAllowMethods -PUT; CorsAllowMethods -GET -POST",
      "2 method-safelisted -GET\n2 method-safelisted -POST\n" },
    { "removing another method changes something",
      "CorsAllowMethods -PUT -PATCH", "" },
    { "an excluded name leaves its subdomains allowed",
      "CorsAllowOrigins " BELOW " !https://x.a.example",
      "1 exclusion-subdomains !https://x.a.example -> !https://x.a.example "
      "!https://*.x.a.example\n" },
    { "an excluded name with its subdomains leaves nothing",
      "CorsAllowOrigins " BELOW " !https://x.a.example !https://*.x.a.example",
      "" },
    { "excluded subdomains leave the name allowed",
      "CorsAllowOrigins " BELOW " !https://*.x.a.example",
      "1 exclusion-name !https://*.x.a.example -> !https://x.a.example "
      "!https://*.x.a.example\n" },
    { "excluded subdomains leave a name that is listed explicitly",
      "CorsAllowOrigins https://b.example !https://*.b.example", "" },
    { "an exclusion keeps its ports",
      "CorsAllowOrigins https://*.a.example:* !https://x.a.example:*",
      "1 exclusion-subdomains !https://x.a.example:* -> "
      "!https://x.a.example:* !https://*.x.a.example:*\n" },
    { "an exclusion keeps its port",
      "CorsAllowOrigins https://*.a.example:* !https://x.a.example:81",
      "1 exclusion-subdomains !https://x.a.example:81 -> "
      "!https://x.a.example:81 !https://*.x.a.example:81\n" },
    { "an address has no subdomains",
      "CorsAllowOrigins https://[::1]:* !https://[::1]:81", "" },
    { "a max-age that Firefox honours is not reported", "CorsMaxAge 86400",
      "" },
    { "a max-age that no browser honours is reported", "CorsMaxAge 86401",
      "1 max-age-beyond 86401 -> 86400\n" },
    { "a max-age of None is not reported", "CorsMaxAge None", "" },
    { "a flag is not reported", "CorsPolicy On; CorsAllowCredentials On", "" },
};

/* Visitor of cors_section_visit(). */
static void lint_setting(void *context, cors_attr_e attr,
                         const cors_setting_t *setting)
{
    cors_lint_setting(pool, attr, setting, append_finding, context);
}

static void check_setting_row(void **state)
{
    const row_t *row = *state;
    const char *all = "";

    cors_section_visit(sections_of(row->text), CORS_METHODS_ALL, lint_setting,
                       &all);
    same_text(row->text, all, row->found);
}

static void max_age_of_none_is_not_too_long(void **state)
{
    cors_setting_t setting;
    const char *all = "";

    (void)state;
    memset(&setting, 0, sizeof(setting));
    setting.source = "CorsMaxAge conf:1";
    cors_lint_setting(pool, CORS_ATTR_MAX_AGE, &setting, append_finding, &all);
    assert_string_equal(all, "");
}

static void entry_without_source_has_its_settings_source(void **state)
{
    cors_setting_t setting;
    const char *all = "";
    const char *suggestion;
    int i;

    (void)state;
    memset(&setting, 0, sizeof(setting));
    setting.source = "CorsAllowOrigins conf:7";
    setting.origins = cors_origin_set_make(pool, false, false);
    for (i = 0; i < 2; i++) {
        assert_int_equal(cors_origin_set_add(pool, setting.origins,
                                             exact_copy(A), NULL, &suggestion),
                         CORS_OK);
    }
    cors_lint_setting(pool, CORS_ATTR_ORIGINS, &setting, append_finding, &all);
    assert_string_equal(all,
                        "7 origin-duplicate " A " (CorsAllowOrigins conf:7)\n");
}

#define ON "CorsPolicy On; CorsAllowCredentials On; "
#define BY " (CorsAllowCredentials conf:2) -> "

/* Findings that need an effective policy. */
static const row_t policy_rows[] = {
    { "a plain-http origin with credentials is reported",
      ON "CorsAllowOrigins http://a.example:81",
      "3 insecure-origin http://a.example:81" BY "https://a.example:81\n" },
    { "a plain-http wildcard with credentials is reported",
      ON "CorsAllowOrigins http://*.example:*",
      "3 insecure-origin http://*.example:*" BY "https://*.example:*\n" },
    { "a plain-http origin without credentials is not reported",
      "CorsPolicy On; CorsAllowOrigins http://a.example", "" },
    { "a policy that is off is not checked",
      "CorsPolicy Off; CorsAllowCredentials On; CorsAllowOrigins "
      "http://a.example",
      "" },
    { "ReportOnly is checked like On",
      "CorsPolicy ReportOnly; CorsAllowCredentials On; CorsAllowOrigins "
      "http://a.example",
      "3 insecure-origin http://a.example" BY "https://a.example\n" },
    { "https, other schemes and null are not reported",
      ON "CorsAllowOrigins " A " httpx://a null", "" },
    { "loopback is not reported",
      ON "CorsAllowOrigins http://localhost:3000 http://127.0.0.1 http://[::1] "
         "http://a.localhost",
      "" },
    { "an excluded plain-http origin is not reported",
      ON "CorsAllowOrigins " A " !http://a.example", "" },
    { "a regular expression for plain http is reported",
      ON "CorsAllowOriginsMatch ^http://a\\.[a-z]+",
      "3 insecure-origin ^http://a\\.[a-z]+" BY "^https://a\\.[a-z]+\n" },
    { "a regular expression for both schemes is reported",
      ON "CorsAllowOriginsMatch +https?://a\\.[a-z]+",
      "3 insecure-origin https?://a\\.[a-z]+" BY "+https://a\\.[a-z]+\n" },
    { "a removed regular expression for plain http is not reported",
      ON "CorsAllowOriginsMatch -http://a\\.[a-z]+", "" },
    { "a regular expression for https or loopback is not reported",
      ON "CorsAllowOriginsMatch https://a\\.[a-z]+ http://localhost(:\\d+)?",
      "" },
    { "every list of an edit is checked",
      ON "CorsAllowOrigins http://a.example | CorsAllowOrigins "
         "+http://b.example",
      "4 insecure-origin http://b.example" BY "+https://b.example\n"
      "3 insecure-origin http://a.example" BY "https://a.example\n" },
    { "a policy without origins is not reported",
      "CorsPolicy On; CorsAllowCredentials On", "" },
#define TIMED "CorsPolicy On; CorsTimingAllowOrigin Policy; "
#define BY_TIMING " (CorsTimingAllowOrigin conf:2)\n"
    { "exact origins can be in Timing-Allow-Origin",
      TIMED "CorsAllowOrigins " A " !https://*.b.example", "" },
    { "any origin can be in Timing-Allow-Origin", TIMED "CorsAllowOrigins *",
      "" },
    { "a wildcard cannot be in Timing-Allow-Origin",
      TIMED "CorsAllowOrigins " A " https://*.b.example http://c.example:*",
      "3 timing-inexact https://*.b.example" BY_TIMING
      "3 timing-inexact http://c.example:*" BY_TIMING },
    { "a regular expression cannot be in Timing-Allow-Origin",
      TIMED "CorsAllowOriginsMatch https://[ab]\\.example",
      "3 timing-inexact https://[ab]\\.example" BY_TIMING },
    { "any origin but one cannot be in Timing-Allow-Origin",
      TIMED "CorsAllowOrigins * | CorsAllowOrigins -" A,
      "3 timing-inexact *" BY_TIMING },
    { "a policy that only reports is checked, too",
      "CorsPolicy ReportOnly; CorsTimingAllowOrigin Policy; "
      "CorsAllowOrigins https://*.b.example",
      "3 timing-inexact https://*.b.example" BY_TIMING },
    { "a policy that is off is not checked",
      "CorsPolicy Off; CorsTimingAllowOrigin Policy; "
      "CorsAllowOrigins https://*.b.example",
      "" },
    { "CorsTimingAllowOrigin * names no origin",
      "CorsPolicy On; CorsTimingAllowOrigin *; "
      "CorsAllowOrigins https://*.b.example",
      "" },
};

static void check_policy_row(void **state)
{
    const row_t *row = *state;
    const char *all = "";

    cors_lint_policy(pool, policy_of(row->text), NULL, append_finding, &all);
    same_text(row->text, all, row->found);
}

/* The pair of settings checked last, and the number of findings. */
typedef struct {
    const cors_setting_t *seen[2];
    int found;
} seen_t;

static bool is_unseen(void *context, const cors_setting_t *origins,
                      const cors_setting_t *credentials)
{
    seen_t *seen = context;
    bool is_new = seen->seen[0] != origins || seen->seen[1] != credentials;

    seen->seen[0] = origins;
    seen->seen[1] = credentials;
    return is_new;
}

static void count_finding(void *context, const char *source,
                          const cors_finding_t *finding)
{
    (void)source;
    (void)finding;
    ((seen_t *)context)->found++;
}

static void checked_list_is_not_read_again(void **state)
{
    const cors_policy_t *policy =
        policy_of("CorsPolicy On; CorsAllowCredentials On; CorsAllowOrigins "
                  "http://a.example http://b.example");
    seen_t seen = { { NULL, NULL }, 0 };

    (void)state;
    cors_lint_policy(pool, policy, is_unseen, count_finding, &seen);
    assert_int_equal(seen.found, 2);
    cors_lint_policy(pool, policy, is_unseen, count_finding, &seen);
    assert_int_equal(seen.found, 2);
    assert_ptr_equal(seen.seen[1], policy->link[CORS_ATTR_CREDENTIALS].setting);
}

static void wildcard_without_authorization_is_reported(void **state)
{
    static const struct {
        const char *text;
        const char *source;
    } rows[] = {
        { "CorsPolicy On; CorsAllowHeaders *", "CorsAllowHeaders conf:2" },
        { "CorsPolicy ReportOnly; CorsAllowHeaders *",
          "CorsAllowHeaders conf:2" },
        { "CorsAllowHeaders *", NULL },
        { "CorsPolicy On; CorsAllowHeaders * authorization", NULL },
        { "CorsPolicy On; CorsAllowHeaders * x-a", "CorsAllowHeaders conf:2" },
        { "CorsPolicy On; CorsAllowHeaders x-a", NULL },
        { "CorsPolicy On", NULL },
        { "CorsPolicy On; CorsAllowCredentials On; CorsAllowHeaders *", NULL },
        { "CorsPolicy On; CorsAllowHeaders * | CorsAllowHeaders +Authorization",
          NULL },
        { "CorsPolicy On; CorsAllowHeaders * | CorsAllowHeaders -Authorization",
          NULL },
        { "CorsPolicy On; CorsAllowHeaders * | CorsAllowHeaders +x-a",
          "CorsAllowHeaders conf:2" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const cors_setting_t *setting =
            cors_lint_authorization_missing(policy_of(rows[i].text));

        same_text(rows[i].text, setting ? setting->source : NULL,
                  rows[i].source);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(max_age_of_none_is_not_too_long),
        TEST(entry_without_source_has_its_settings_source),
        TEST(checked_list_is_not_read_again),
        TEST(wildcard_without_authorization_is_reported),
    };
    static const table_t tables[] = {
        TABLE(check_setting_row, setting_rows),
        TABLE(check_policy_row, policy_rows),
    };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
