/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Descriptions of an effective policy, entry by entry. */

#include "configure.h"

#include "core/diagnose/describe.h"

typedef struct {
    const char *name;
    const char *text;
    cors_attr_e attr;
    const char *
        values; /* for each entry: "!", "~", its text, "@", its line or "default" */
} row_t;

#define A "https://a.example"
#define B "https://b.example"

static const row_t rows[] = {
    { "a flag without a setting has its default", "", CORS_ATTR_CREDENTIALS,
      "Off@default\n" },
    { "a flag has the line that set it", "CorsAllowCredentials On",
      CORS_ATTR_CREDENTIALS, "On@CorsAllowCredentials conf:1\n" },
    { "a choice has its value", "CorsPolicy ReportOnly", CORS_ATTR_MODE,
      "ReportOnly@CorsPolicy conf:1\n" },
    { "the innermost choice applies",
      "CorsPreflight Continue | CorsPreflight Answer", CORS_ATTR_PREFLIGHT,
      "Answer@CorsPreflight conf:2\n" },
    { "None is the default max-age", "", CORS_ATTR_MAX_AGE, "None@default\n" },
    { "a max-age is in seconds", "CorsMaxAge 600", CORS_ATTR_MAX_AGE,
      "600@CorsMaxAge conf:1\n" },
    { "a max-age can be None again", "CorsMaxAge 600 | CorsMaxAge None",
      CORS_ATTR_MAX_AGE, "None@CorsMaxAge conf:2\n" },
    { "both statuses have their defaults", "", CORS_ATTR_PREFLIGHT_STATUS,
      "204 403@default\n" },
    { "the other status keeps its default", "CorsPreflightStatus 200",
      CORS_ATTR_PREFLIGHT_STATUS, "200 403@CorsPreflightStatus conf:1\n" },
    { "no origin is listed without a list", "", CORS_ATTR_ORIGINS, "" },
    { "None lists no origin", "CorsAllowOrigins None", CORS_ATTR_ORIGINS, "" },
    { "exclusions come before the entries of a list",
      "CorsAllowOrigins " A " !" B "; CorsAllowOriginsMatch x.*",
      CORS_ATTR_ORIGINS,
      "!" B "@CorsAllowOrigins conf:1\n" A "@CorsAllowOrigins conf:1\n"
      "~x.*@CorsAllowOriginsMatch conf:2\n" },
    { "a repeated entry is described once",
      "CorsAllowOrigins " A "; CorsAllowOrigins " A, CORS_ATTR_ORIGINS,
      A "@CorsAllowOrigins conf:1\n" },
    { "an edit comes before the list that it edits",
      "CorsAllowOrigins " A " | CorsAllowOrigins +" B " -" A, CORS_ATTR_ORIGINS,
      "!" A "@CorsAllowOrigins conf:2\n" B "@CorsAllowOrigins conf:2\n" A
      "@CorsAllowOrigins conf:1\n" },
    { "an edit of None has no other entries",
      "CorsAllowOrigins None | CorsAllowOrigins +" B, CORS_ATTR_ORIGINS,
      B "@CorsAllowOrigins conf:2\n" },
    { "WebSockets have a list of their own",
      "CorsAllowOrigins " A "; CorsWebSocketAllowOrigins file://",
      CORS_ATTR_WEBSOCKET_ORIGINS,
      "file://@CorsWebSocketAllowOrigins conf:2\n" },
    { "the default methods have no line", "", CORS_ATTR_METHODS,
      "GET@default\nHEAD@default\nPUT@default\nPATCH@default\nPOST@default\n"
      "DELETE@default\n" },
    { "methods have their lines", "CorsAllowMethods GET; CorsAllowMethods PUT",
      CORS_ATTR_METHODS,
      "GET@CorsAllowMethods conf:1\nPUT@CorsAllowMethods conf:2\n" },
    { "an edited default has the line of the addition", "CorsAllowHeaders +x-a",
      CORS_ATTR_HEADERS,
      "x-a@CorsAllowHeaders conf:1\ncontent-type@default\n" },
    { "a removed name is not described",
      "CorsAllowHeaders x-a x-b | CorsAllowHeaders -x-a", CORS_ATTR_HEADERS,
      "x-b@CorsAllowHeaders conf:1\n" },
    { "a wildcard comes after the names beside it",
      "CorsAllowHeaders * authorization", CORS_ATTR_HEADERS,
      "authorization@CorsAllowHeaders conf:1\n*@CorsAllowHeaders conf:1\n" },
    { "a name removed from a wildcard comes before it",
      "CorsAllowMethods * | CorsAllowMethods -PUT +GET", CORS_ATTR_METHODS,
      "!PUT@CorsAllowMethods conf:2\nGET@CorsAllowMethods conf:2\n"
      "*@CorsAllowMethods conf:1\n" },
    { "a name removed and added again is listed",
      "CorsAllowMethods * | CorsAllowMethods -PUT | CorsAllowMethods +PUT",
      CORS_ATTR_METHODS,
      "PUT@CorsAllowMethods conf:3\n*@CorsAllowMethods conf:1\n" },
    { "nothing is exposed by default", "", CORS_ATTR_EXPOSE, "" },
    { "None exposes nothing", "CorsExposeHeaders None", CORS_ATTR_EXPOSE, "" },
    { "an exposed header has its line", "CorsExposeHeaders ETag",
      CORS_ATTR_EXPOSE, "ETag@CorsExposeHeaders conf:1\n" },
};

static void check_description_row(void **state)
{
    const row_t *row = *state;
    const apr_array_header_t *values =
        cors_policy_values(pool, policy_of(row->text), row->attr);
    const char *all = "";
    int i;

    for (i = 0; i < values->nelts; i++) {
        const cors_value_t *value = &APR_ARRAY_IDX(values, i, cors_value_t);

        all =
            apr_pstrcat(pool, all, value->exclude ? "!" : "",
                        value->regex ? "~" : "", value->text, "@",
                        value->source ? value->source : "default", "\n", NULL);
    }
    same_text(row->text, all, row->values);
}

static void six_attributes_are_lists(void **state)
{
    static const bool lists[CORS_ATTR_COUNT] = {
        [CORS_ATTR_ORIGINS] = true,
        [CORS_ATTR_METHODS] = true,
        [CORS_ATTR_HEADERS] = true,
        [CORS_ATTR_EXPOSE] = true,
        [CORS_ATTR_WEBSOCKET_ORIGINS] = true,
        [CORS_ATTR_PROTECT_ORIGINS] = true,
    };
    int i;

    (void)state;
    for (i = 0; i < CORS_ATTR_COUNT; i++) {
        cors_attr_e attr = (cors_attr_e)i;

        same_number(cors_attr_directive(attr), cors_attr_is_list(attr),
                    lists[i]);
        if (!lists[i]) {
            same_number(cors_attr_directive(attr),
                        cors_policy_values(pool, policy_of(""), attr)->nelts,
                        1);
        }
    }
}

static void summary_has_what_is_looked_for_first(void **state)
{
    static const struct {
        const char *policy;
        const char *summary;
    } summaries[] = {
        { "", "Off" },
        { "CorsAllowOrigins " A, "Off" },
        { "CorsPolicy On", "On; no origin" },
        { "CorsPolicy On; CorsAllowOrigins None", "On; no origin" },
        { "CorsPolicy ReportOnly; CorsAllowOrigins " A,
          "ReportOnly; https://a.example" },
        { "CorsPolicy On; CorsAllowOrigins *", "On; any origin" },
        { "CorsPolicy On; CorsAllowOrigins * | CorsAllowOrigins -" A,
          "On; any origin, 1 excluded" },
        { "CorsPolicy On; CorsAllowOrigins " A " " B,
          "On; https://a.example, https://b.example" },
        { "CorsPolicy On; CorsAllowOrigins " A " " B
          " https://*.c.example https://d.example !https://x.c.example; "
          "CorsAllowCredentials On",
          "On; https://a.example, https://b.example, 2 more, 1 "
          "excluded; credentials" },
        { "CorsWebSocketAllowOrigins Self; CorsProtect On Strict",
          "Off; WebSocket: Self; CorsProtect On Strict" },
        { "CorsWebSocketAllowOrigins None", "Off; WebSocket: no origin" },
        { "CorsPolicy On; CorsAllowOriginsMatch .*; CorsProtect ReportOnly",
          "On; .*; CorsProtect ReportOnly" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(summaries); i++) {
        same_text(summaries[i].policy,
                  cors_policy_summary(pool, policy_of(summaries[i].policy)),
                  summaries[i].summary);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(six_attributes_are_lists),
        TEST(summary_has_what_is_looked_for_first),
    };
    static const table_t tables[] = { TABLE(check_description_row, rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
