/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The overview of policies and origins. */

#include "configure.h"

#include "core/diagnose/overview.h"

#define ON "CorsPolicy On; CorsAllowOrigins "
#define MATCH "CorsPolicy On; CorsAllowOriginsMatch "

typedef struct {
    const char *name;
    const char *policies[3];
    /* the entries, and for each policy a line of what each of them may do; the last one
     * is about all others */
    const char *expected;
} case_t;

static const char *access_text(const cors_access_t *access)
{
    static const char *const names[] = { "none", "some", "all", "undecided" };
    const char *text =
        apr_pstrcat(pool, names[access->access],
                    access->credentials ? "+credentials" : "", " by ",
                    strrchr(access->source, ' ') + 1, NULL);

    if (access->example) {
        text = apr_pstrcat(pool, text, ", not ", access->example, " by ",
                           strrchr(access->example_source, ' ') + 1, NULL);
    }
    return access->obstacle
               ? apr_pstrcat(pool, text, ": ", access->obstacle, NULL)
               : text;
}

static void check_overview(void **state)
{
    const case_t *row = *state;
    cors_overview_t *overview = cors_overview_make(pool);
    apr_array_header_t *entries;
    const char *text = "";
    int left_out;
    size_t i;
    int j;

    for (i = 0; i < COUNT(row->policies) && row->policies[i]; i++) {
        cors_overview_add(overview, policy_of(row->policies[i]));
    }
    entries = cors_overview_entries(overview, 3, &left_out);
    for (j = 0; j < entries->nelts; j++) {
        text = apr_pstrcat(
            pool, text, j ? " | " : "",
            APR_ARRAY_IDX(entries, j, const cors_origin_entry_t *)->text, NULL);
    }
    if (left_out > 0) {
        text = apr_psprintf(pool, "%s | %d more", text, left_out);
    }
    for (i = 0; i < COUNT(row->policies) && row->policies[i]; i++) {
        const cors_policy_t *policy = policy_of(row->policies[i]);
        cors_access_t access;

        text = apr_pstrcat(pool, text, "\n", NULL);
        for (j = 0; j <= entries->nelts; j++) {
            cors_overview_access(
                pool, overview, policy,
                j < entries->nelts
                    ? APR_ARRAY_IDX(entries, j, const cors_origin_entry_t *)
                    : NULL,
                &access);
            text = apr_pstrcat(pool, text, j ? " | " : "", access_text(&access),
                               NULL);
        }
    }
    same_text(row->name, text, row->expected);
}

static const case_t cases[] = {
    { "a policy that is off allows nobody and names no origin",
      { "CorsAllowOrigins https://a.example", "CorsPolicy Off" },
      "\n"
      "none by (default)\n"
      "none by conf:1" },
    { "a listed origin may, others may not",
      { ON "https://a.example", ON "https://b.example" },
      "https://a.example | https://b.example\n"
      "all by conf:2 | none by conf:2 | none by conf:2\n"
      "none by conf:2 | all by conf:2 | none by conf:2" },
    { "credentials are shown with the origins that may",
      { ON "https://a.example; CorsAllowCredentials On" },
      "https://a.example\n"
      "all+credentials by conf:2 | none by conf:2" },
    { "a mode that only reports is shown like On",
      { "CorsPolicy ReportOnly; CorsAllowOrigins https://a.example" },
      "https://a.example\n"
      "all by conf:2 | none by conf:2" },
    { "any origin includes those that other policies name",
      { ON "*", ON "https://a.example" },
      "https://a.example\n"
      "all by conf:2 | all by conf:2\n"
      "all by conf:2 | none by conf:2" },
    { "an exclusion is an entry, and its own line decides",
      { ON "* | CorsAllowOrigins -https://a.example", ON "https://b.example" },
      "https://a.example | https://b.example\n"
      "none by conf:3 | all by conf:2 | all by conf:2\n"
      "none by conf:2 | all by conf:2 | none by conf:2" },
    { "a wildcard includes names, and a name is some of a wildcard",
      { ON "https://*.a.example", ON "https://x.a.example" },
      "https://*.a.example | https://x.a.example\n"
      "all by conf:2 | all by conf:2 | none by conf:2\n"
      "some by conf:2, not https://any-other.a.example by conf:2 | all by "
      "conf:2 | "
      "none by conf:2" },
    { "an exclusion leaves some of a wildcard",
      { ON "https://*.a.example !https://x.a.example" },
      "https://*.a.example | https://x.a.example\n"
      "some by conf:2, not https://x.a.example by conf:2 | none by conf:2 | "
      "none by conf:2" },
    { "a wildcard that no list has is denied",
      { ON "https://*.a.example", ON "https://b.example" },
      "https://*.a.example | https://b.example\n"
      "all by conf:2 | none by conf:2 | none by conf:2\n"
      "none by conf:2 | all by conf:2 | none by conf:2" },
    { "the entries that most policies name come first",
      { ON "https://a.example", ON "https://b.example",
        ON "https://b.example" },
      "https://b.example | https://a.example\n"
      "none by conf:2 | all by conf:2 | none by conf:2\n"
      "all by conf:2 | none by conf:2 | none by conf:2\n"
      "all by conf:2 | none by conf:2 | none by conf:2" },
    { "entries beyond the maximum are counted",
      { ON "https://a.example https://b.example https://c.example "
           "https://d.example https://e.example" },
      "https://a.example | https://b.example | https://c.example | 2 more\n"
      "all by conf:2 | all by conf:2 | all by conf:2 | none by conf:2" },
    { "an edited list has the entries of the outer one",
      { ON "https://a.example | CorsAllowOrigins +https://b.example",
        ON "https://a.example | CorsAllowOrigins -https://a.example" },
      "https://a.example | https://b.example\n"
      "all by conf:2 | all by conf:3 | none by conf:3\n"
      "none by conf:3 | none by conf:3 | none by conf:3" },
    { "a regular expression is an entry",
      { MATCH "https://[a-z]+\\.a\\.example", ON "https://b.example" },
      "https://[a-z]+\\.a\\.example | https://b.example\n"
      "all by conf:2 | none by conf:2 | none by conf:2\n"
      "none by conf:2 | all by conf:2 | none by conf:2" },
    { "a regular expression that is not regular is undecided elsewhere",
      { MATCH "https://(a+)\\1\\.example", ON "https://b.example" },
      "https://(a+)\\1\\.example | https://b.example\n"
      "all by conf:2 | none by conf:2 | "
      "undecided by conf:2: the regular expression https://(a+)\\1\\.example, "
      "which may match any origin\n"
      "undecided by conf:2: regular expression https://(a+)\\1\\.example: a "
      "back-reference | all by conf:2 | none "
      "by conf:2" },
    { "the line of a regular expression is its own beside an exclusion",
      { ON "https://a.example https://x.example; CorsAllowOriginsMatch "
           "https://b\\.example | CorsAllowOrigins -https://x.example" },
      "https://x.example | https://a.example | https://b\\.example\n"
      "none by conf:4 | all by conf:2 | all by conf:3 | none by conf:4" },
    { "null is an origin",
      { "CorsPolicy On; CorsAllowNullOriginUnsafe On; CorsAllowOrigins null" },
      "null\n"
      "all by conf:3 | none by conf:3" },
    { "no list allows nobody",
      { "CorsPolicy On", ON "None", ON "https://*.a.example" },
      "https://*.a.example\n"
      "none by (default) | none by (default)\n"
      "none by conf:2 | none by conf:2\n"
      "all by conf:2 | none by conf:2" },
};

int main(void)
{
    const table_t tables[] = { TABLE(check_overview, cases) };

    return run_all_tests(NULL, 0, tables, COUNT(tables));
}
