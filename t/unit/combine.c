/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Two policies for one response: that of the requested URL allows, that of the
 * served resource can only deny. Tests the decision and the headers. */

#include "request.h"

#include "core/policy/combine.h"
#include "core/policy/emit.h"

#define A "https://a.example"
#define B "https://b.example"
#define LIST "CorsPolicy On; CorsAllowOrigins " A
#define STAR "CorsPolicy On; CorsAllowOrigins *"

#define ORIGIN_A "Access-Control-Allow-Origin: " A "\n"
#define STAR_SENT "Access-Control-Allow-Origin: *\n"
#define TRUE_ "Access-Control-Allow-Credentials: true\n"
#define EXPOSED(names) "Access-Control-Expose-Headers: " names "\n"
#define VARY "Vary: Origin\n"

/* Sections: those that match both URLs, then those of the requested URL, then
 * those of the served resource, and last a section that matches both and is
 * applied after them. */
typedef struct {
    const char *name;
    const char *common;
    const char *asked;
    const char *served;
    const char *last; /* for both, applied last; or NULL */
    request_t request;
    const char *decision; /* NULL: no section denies anything */
    const char *headers;
} row_t;

#define FROM_A { .origin = A }
#define ALLOWED "allowed origin-allowed"
#define ANY "allowed any-origin-allowed"
#define DENIED "denied origin-not-allowed by CorsAllowOrigins conf:1"

static const row_t rows[] = {
    { "the served resource has no section that decides", LIST, "CorsMaxAge 5",
      "", NULL, FROM_A, NULL, VARY ORIGIN_A },
    { "a section that matches both URLs is applied once", "CorsPolicy Off",
      LIST, "", NULL, FROM_A, NULL, VARY ORIGIN_A },
    { "another setting denies nothing", LIST, "", "CorsMaxAge 5", NULL, FROM_A,
      ALLOWED, VARY ORIGIN_A },
    { "the same list denies nothing", LIST, "", "CorsAllowOrigins " A, NULL,
      FROM_A, ALLOWED, VARY ORIGIN_A },
    { "no origin", LIST, "", "CorsAllowOrigins None", NULL, FROM_A, DENIED,
      VARY },
    { "no origin instead of any", STAR, "", "CorsAllowOrigins None", NULL,
      FROM_A, DENIED, "" },
    { "another origin", LIST, "", "CorsAllowOrigins " B, NULL, FROM_A, DENIED,
      VARY },
    { "one origin instead of any", STAR, "", "CorsAllowOrigins " A, NULL,
      FROM_A, ANY, VARY ORIGIN_A },
    { "one origin instead of any, without Origin",
      STAR,
      "",
      "CorsAllowOrigins " A,
      NULL,
      { .origin = NULL },
      "not-cors no-origin",
      VARY },
    { "any origin instead of one", LIST, "", "CorsAllowOrigins *", NULL, FROM_A,
      ALLOWED, VARY ORIGIN_A },
    { "any origin instead of one grants no more",
      LIST,
      "",
      "CorsAllowOrigins *",
      NULL,
      { .origin = B },
      "denied origin-not-allowed",
      VARY },
    { "any origin instead of any", STAR, "", "CorsAllowOrigins *", NULL, FROM_A,
      ANY, STAR_SENT },
    { "Off", LIST, "", "CorsPolicy Off", NULL, FROM_A,
      "denied policy-off by CorsPolicy conf:1", VARY },
    { "Off instead of any origin", STAR, "", "CorsPolicy Off", NULL, FROM_A,
      "denied policy-off by CorsPolicy conf:1", "" },
    { "ReportOnly changes nothing", LIST, "",
      "CorsPolicy ReportOnly; CorsAllowOrigins None", NULL, FROM_A, NULL,
      VARY ORIGIN_A },
    { "On denies nothing", LIST, "", "CorsPolicy On", NULL, FROM_A, ALLOWED,
      VARY ORIGIN_A },
    { "an Off that a later section overrides", "CorsMaxAge 1", "",
      "CorsPolicy Off", LIST, FROM_A, NULL, VARY ORIGIN_A },
    { "a list that a later section overrides", "CorsMaxAge 1", "",
      "CorsAllowOrigins None", LIST, FROM_A, NULL, VARY ORIGIN_A },
    { "a list that a later section of both edits", "CorsPolicy On",
      "CorsAllowOrigins " A, "CorsAllowOrigins " B, "CorsAllowOrigins +" B,
      FROM_A, "denied origin-not-allowed", VARY },
    { "an excluded origin", LIST, "", "CorsAllowOrigins -" A, NULL, FROM_A,
      DENIED, VARY },
    { "another excluded origin", LIST, "", "CorsAllowOrigins -" B, NULL, FROM_A,
      ALLOWED, VARY ORIGIN_A },
    { "an origin added grants no more",
      LIST,
      "",
      "CorsAllowOrigins +" B,
      NULL,
      { .origin = B },
      "denied origin-not-allowed",
      VARY },
    { "an edit changes the requested URL's list", "CorsAllowOrigins " B, LIST,
      "CorsAllowOrigins +" B, NULL, FROM_A, ALLOWED, VARY ORIGIN_A },
    { "credentials of the requested URL alone",
      LIST "; CorsAllowCredentials On", "", "CorsAllowCredentials Off", NULL,
      FROM_A, ALLOWED, VARY ORIGIN_A },
    { "credentials of the served resource alone", LIST, "",
      "CorsAllowCredentials On", NULL, FROM_A, ALLOWED, VARY ORIGIN_A },
    { "credentials of both", LIST "; CorsAllowCredentials On", "",
      "CorsAllowCredentials On", NULL, FROM_A, ALLOWED, VARY ORIGIN_A TRUE_ },
    { "any origin, with credentials for one", STAR, "",
      "CorsAllowOrigins " A "; CorsAllowCredentials On", NULL, FROM_A, ANY,
      VARY ORIGIN_A },
    { "credentials that contradict the list allow nothing", STAR, "",
      "CorsAllowCredentials On", NULL, FROM_A,
      "denied contradictory-policy by CorsAllowOrigins conf:2", VARY },
    { "a contradiction of the requested URL remains",
      STAR "; CorsAllowCredentials On", "", "CorsAllowOrigins " A, NULL, FROM_A,
      "denied contradictory-policy", VARY },
    { "the requested URL's contradiction comes first",
      STAR "; CorsAllowCredentials On", "", "CorsAllowOrigins *", NULL, FROM_A,
      "denied contradictory-policy", VARY },
    { "two sections of the served resource", LIST, "",
      "CorsAllowOrigins " A " | CorsAllowOrigins +" B, NULL, FROM_A, ALLOWED,
      VARY ORIGIN_A },
    { "two sections of the served resource list and exclude", LIST, "",
      "CorsAllowOrigins " A " " B " | CorsAllowOrigins -" A, NULL, FROM_A,
      "denied origin-not-allowed by CorsAllowOrigins conf:2", VARY },
    { "a backend's headers are kept if both keep them",
      LIST "; CorsBackendHeaders Keep", "", "CorsBackendHeaders Replace", NULL,
      FROM_A, ALLOWED, VARY ORIGIN_A },
    { "they are replaced if only the served resource keeps them", LIST, "",
      "CorsBackendHeaders Keep", NULL, FROM_A, ALLOWED, VARY ORIGIN_A },
    { "methods and names are those of the requested URL",
      LIST "; CorsAllowMethods PUT; CorsAllowHeaders X-A", "",
      "CorsAllowMethods DELETE; CorsAllowHeaders X-B", NULL, FROM_A, ALLOWED,
      VARY ORIGIN_A },
    { "exposed headers are those that both expose",
      LIST "; CorsExposeHeaders ETag X-B", "", "CorsExposeHeaders x-b X-C",
      NULL, FROM_A, ALLOWED, VARY ORIGIN_A EXPOSED("X-B") },
    { "exposed headers of one policy only", LIST "; CorsExposeHeaders ETag", "",
      "CorsExposeHeaders None", NULL, FROM_A, ALLOWED, VARY ORIGIN_A },
    { "all headers exposed, and some", LIST "; CorsExposeHeaders *", "",
      "CorsExposeHeaders ETag", NULL, FROM_A, ALLOWED,
      VARY ORIGIN_A EXPOSED("ETag") },
    { "some headers exposed, and all", LIST "; CorsExposeHeaders ETag", "",
      "CorsExposeHeaders *", NULL, FROM_A, ALLOWED,
      VARY ORIGIN_A EXPOSED("ETag") },
    { "a preflight is the requested URL's",
      LIST,
      "",
      "CorsAllowOrigins None",
      NULL,
      { .origin = A, .method = "PUT" },
      "preflight-allowed origin-allowed",
      NULL },
    { "a handshake keeps its verdict",
      LIST,
      "",
      "CorsAllowOrigins None",
      NULL,
      { .origin = A, .websocket = true },
      "websocket-allowed not-checked",
      VARY },
    { "the served resource's rejection is decided elsewhere", LIST, "",
      "CorsAllowOrigins None; CorsRejectDisallowed On", NULL, FROM_A, DENIED,
      VARY },
};

/* Returns a policy with a CorsBackendHeaders; Replace, the default, may be omitted. */
static const cors_policy_t *with_backend(const char *word, bool omit_default)
{
    if (omit_default && strcmp(word, "Replace") == 0) {
        return policy_of(LIST);
    }
    return policy_of(
        apr_pstrcat(pool, LIST "; CorsBackendHeaders ", word, NULL));
}

/* CorsBackendHeaders of the requested URL, of the served resource, and of both: names
 * are exposed if both let the backend, and it decides on credentials if one says so. */
static void check_backend_of_both(bool omit_default)
{
    static const char *const words[] = { "Replace", "Keep", "KeepExposed",
                                         "KeepCredentials", "KeepBoth" };
    static const char both[5][5] = {
        { 0, 0, 0, 3, 3 }, /* Replace */
        { 0, 1, 2, 3, 4 }, /* Keep */
        { 0, 2, 2, 3, 4 }, /* KeepExposed */
        { 3, 3, 3, 3, 3 }, /* KeepCredentials */
        { 3, 4, 4, 3, 4 }, /* KeepBoth */
    };
    int one;
    int other;

    for (one = 0; one < 5; one++) {
        for (other = 0; other < 5; other++) {
            const char *name =
                apr_pstrcat(pool, "CorsBackendHeaders ", words[one], " and ",
                            words[other], NULL);
            const cors_policy_t *asked = with_backend(words[one], omit_default);
            const cors_policy_t *served =
                with_backend(words[other], omit_default);
            cors_policy_t result;

            cors_policy_both(pool, asked, served, &result);
            same_number(name, cors_policy_number(&result, CORS_ATTR_BACKEND),
                        both[one][other]);
            /* the two policies are shared by all requests */
            same_number(name, cors_policy_number(asked, CORS_ATTR_BACKEND),
                        one);
            same_number(name, cors_policy_number(served, CORS_ATTR_BACKEND),
                        other);
        }
    }
}

static void backend_headers_of_both(void **state)
{
    (void)state;
    check_backend_of_both(false);
}

static void backend_headers_of_both_with_defaults(void **state)
{
    (void)state;
    check_backend_of_both(true);
}

static const cors_section_t *merge_sections(const cors_section_t *outer,
                                            const cors_section_t *inner,
                                            const cors_section_t *last)
{
    outer = cors_section_merge(pool, outer, inner);
    return last ? cors_section_merge(pool, outer, last) : outer;
}

static void check_combined_policy(const char *name, const cors_policy_t *asked,
                                  const cors_policy_t *overlay,
                                  const cors_policy_t *both)
{
    static const cors_attr_e lists[] = { CORS_ATTR_METHODS, CORS_ATTR_HEADERS };
    const cors_policy_t *problem = asked->problem ? asked : overlay;
    size_t i;

    same_number(name, cors_policy_number(both, CORS_ATTR_CREDENTIALS),
                cors_policy_number(asked, CORS_ATTR_CREDENTIALS)
                    && cors_policy_number(overlay, CORS_ATTR_CREDENTIALS));
    for (i = 0; i < COUNT(lists); i++) {
        same_text(name, both->joined[lists[i]],
                  cors_policy_joined(pool, asked, lists[i]));
    }
    same_number(name, (int)both->problem, (int)problem->problem);
    if (both->problem) {
        assert_ptr_equal(both->conflict[0], problem->conflict[0]);
        assert_ptr_equal(both->conflict[1], problem->conflict[1]);
    }
}

/* The served resource changes the verdict or the setting, and nothing else that
 * the requested URL decided. */
static void check_changed_decision(const char *name, bool changed,
                                   const cors_decision_t *before,
                                   const cors_decision_t *after)
{
    same_number(name, changed,
                before->verdict != after->verdict
                    || before->setting != after->setting);
    same_number(name, after->preflight, before->preflight);
    if (changed && after->reason == CORS_REASON_POLICY_OFF) {
        same_number(name, (int)after->attr, CORS_ATTR_MODE);
        assert_ptr_equal(after->origin.ptr, before->origin.ptr);
    }
}

static void check_combined_row(void **state)
{
    const row_t *row = *state;
    const cors_section_t *common = sections_of(row->common);
    const cors_section_t *last = row->last ? sections_of(row->last) : NULL;
    const cors_section_t *asked =
        merge_sections(common, sections_of(row->asked), last);
    const cors_section_t *served =
        merge_sections(common, sections_of(row->served), last);
    apr_table_t *headers = apr_table_make(pool, 4);
    cors_policy_t policy;
    cors_policy_t overlay;
    cors_policy_t both;
    cors_decision_t decision;
    cors_facts_t facts;
    const char *words = NULL;
    cors_decision_t before;

    facts_of(&row->request, &facts);
    cors_policy_resolve(pool, asked, cors_methods_bit(0), &policy);
    cors_decide(&policy, &facts, &decision);
    both = policy;
    if (cors_policy_overlay(pool, &policy, asked, served, cors_methods_bit(0),
                            &overlay)) {
        memset(&both, 0xa5, sizeof(both));
        cors_policy_both(pool, &policy, &overlay, &both);
        check_combined_policy(row->name, &policy, &overlay, &both);
        before = decision;
        check_changed_decision(row->name,
                               cors_decide_served(&overlay, &facts, &decision),
                               &before, &decision);
        words = apr_pstrcat(pool, cors_verdict_text(decision.verdict), " ",
                            cors_reason_text(decision.reason), NULL);
        if (row->decision && strstr(row->decision, " by ")) {
            words = apr_pstrcat(pool, words, " by ", decision.setting->source,
                                NULL);
        }
        assert_false(decision.reject);
    }
    same_text(row->name, words, row->decision);
    if (row->headers) {
        cors_emit(pool, &both, &decision, CORS_RESPONSE_ACTUAL, headers,
                  apr_table_make(pool, 1));
        same_text(row->name, lines_of(headers), row->headers);
    }
}

/* Which origin a preflight for the requested URL allows although the served
 * resource denies it, and by which setting. */
typedef struct {
    const char *name;
    const char *asked;
    const char *served;
    const char *setting; /* NULL: no such origin */
    const char *origin;
} narrowed_t;

#define WILD "CorsPolicy On; CorsAllowOrigins https://*.example.com:*"

static const narrowed_t narrowed_rows[] = {
    { "the same list", LIST, "CorsAllowOrigins " A, NULL, NULL },
    { "a larger list", LIST, "CorsAllowOrigins " A " " B, NULL, NULL },
    { "any origin", LIST, "CorsAllowOrigins *", NULL, NULL },
    { "On", LIST, "CorsPolicy On", NULL, NULL },
    { "Off", LIST, "CorsPolicy Off", "CorsPolicy conf:1", NULL },
    { "Off where nothing is granted", "CorsPolicy On; CorsAllowOrigins None",
      "CorsPolicy Off", NULL, NULL },
    { "ReportOnly", LIST, "CorsPolicy ReportOnly; CorsAllowOrigins None", NULL,
      NULL },
    { "no origin", LIST, "CorsAllowOrigins None", "CorsAllowOrigins conf:1",
      NULL },
    { "another origin", LIST, "CorsAllowOrigins " B, "CorsAllowOrigins conf:1",
      A },
    { "one origin instead of two", LIST " " B, "CorsAllowOrigins " A,
      "CorsAllowOrigins conf:1", B },
    { "one origin removed", LIST " " B, "CorsAllowOrigins -" A,
      "CorsAllowOrigins conf:1", A },
    { "an origin removed that is not allowed", LIST, "CorsAllowOrigins -" B,
      NULL, NULL },
    { "some origins instead of any", STAR, "CorsAllowOrigins " A,
      "CorsAllowOrigins conf:1", NULL },
    { "any origin instead of any", STAR, "CorsAllowOrigins *", NULL, NULL },
    { "one name instead of a wildcard", WILD,
      "CorsAllowOrigins https://a.example.com", "CorsAllowOrigins conf:1",
      "https://x.example.com" },
    { "a wider wildcard", WILD, "CorsAllowOrigins https://*.example.com:*",
      NULL, NULL },
    { "an entry that the requested URL excludes", LIST " " B " !" B,
      "CorsAllowOrigins " A, NULL, NULL },
    { "credentials", LIST "; CorsAllowCredentials On",
      "CorsAllowCredentials Off", "CorsAllowCredentials conf:1", NULL },
    { "credentials of both", LIST "; CorsAllowCredentials On",
      "CorsAllowCredentials On", NULL, NULL },
    { "credentials of the served resource", LIST, "CorsAllowCredentials On",
      NULL, NULL },
    { "the lists of a preflight are not compared", LIST,
      "CorsAllowMethods PUT; CorsMaxAge 1", NULL, NULL },
    { "a rejection of the origins that are denied anyway", LIST,
      "CorsRejectDisallowed On", NULL, NULL },
};

static void check_narrowed(void **state)
{
    const narrowed_t *row = *state;
    const cors_section_t *asked = sections_of(row->asked);
    const cors_section_t *served =
        cors_section_merge(pool, asked, sections_of(row->served));
    const cors_setting_t *setting = NULL;
    const char *origin = NULL;
    cors_policy_t policy;
    cors_policy_t overlay;

    cors_policy_resolve(pool, asked, cors_methods_bit(0), &policy);
    if (cors_policy_overlay(pool, &policy, asked, served, cors_methods_bit(0),
                            &overlay)) {
        setting = cors_policy_narrowed(pool, &policy, &overlay, &origin);
    }
    same_text(row->name, setting ? setting->source : NULL, row->setting);
    same_text(row->name, origin, row->origin);
}

/* At most 100 entries are compared. */
static void comparison_stops_after_100_entries(void **state)
{
    const int counts[] = { 99, 100 };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(counts); i++) {
        char *text = apr_pstrdup(pool, "CorsAllowOrigins");
        narrowed_t row = { "a long list", NULL, NULL, NULL, NULL };
        narrowed_t *state_of_row = &row;
        int n;

        for (n = 0; n < counts[i]; n++) {
            text = apr_psprintf(pool, "%s https://n%d.example", text, n);
        }
        row.served = text;
        row.asked = apr_psprintf(pool, "CorsPolicy On; %s " A, text);
        if (counts[i] < 100) {
            row.setting = "CorsAllowOrigins conf:1";
            row.origin = A;
        }
        check_narrowed((void **)&state_of_row);
    }
}

static void sections_are_compared_by_address(void **state)
{
    const cors_section_t *one = sections_of("CorsMaxAge 1");
    const cors_section_t *two = sections_of("CorsMaxAge 1");
    const cors_section_t *three = sections_of("CorsMaxAge 1");
    const cors_section_t *pair =
        cors_section_merge(pool, one, cors_section_merge(pool, two, three));

    (void)state;
    assert_true(cors_section_has(pair, one));
    assert_true(cors_section_has(pair, two));
    assert_true(cors_section_has(pair, three));
    assert_false(cors_section_has(pair, sections_of("CorsMaxAge 1")));
    assert_true(cors_section_has(one, one));
    assert_false(cors_section_has(one, two));
}

#define RESOURCE "CorsResourcePolicy "

/* CorsResourcePolicy of both policies. */
static const struct {
    const char *common;
    const char *asked;
    const char *served;
    const char *resource;
} resource_rows[] = {
    { "", "", "", "Off" },
    { RESOURCE "same-site", "", "", "same-site" },
    { "", RESOURCE "same-site", "", "same-site" },
    { "", "", RESOURCE "same-site", "same-site" },
    { "", RESOURCE "same-site", RESOURCE "same-origin", "same-origin" },
    { "", RESOURCE "same-origin", RESOURCE "same-site", "same-origin" },
    { "", RESOURCE "cross-origin", RESOURCE "same-site", "same-site" },
    { "", RESOURCE "same-site", RESOURCE "cross-origin", "same-site" },
    { RESOURCE "same-site", "", RESOURCE "Off", "same-site" },
    { RESOURCE "same-site", RESOURCE "Off", "", "Off" },
    { RESOURCE "same-site", RESOURCE "Off", RESOURCE "cross-origin",
      "cross-origin" },
};

/* Timing-Allow-Origin of both policies. */
static const struct {
    const char *common;
    const char *asked;
    const char *served;
    const char *timing; /* NULL: left alone */
} fixed_rows[] = {
#define TIMED "; CorsTimingAllowOrigin Policy"
    { LIST TIMED, "", "", A },
    { LIST TIMED, "", "CorsAllowOrigins " A " " B, A },
    { LIST " " B TIMED, "", "CorsAllowOrigins " B, B },
    { LIST TIMED, "", "CorsAllowOrigins " B, "" },
    { LIST TIMED, "", "CorsAllowOrigins *", A },
    { STAR TIMED, "", "CorsAllowOrigins " A, A },
    { LIST TIMED, "", "CorsPolicy Off", "" },
    { LIST TIMED, "", "CorsTimingAllowOrigin Off", NULL },
    { LIST TIMED, "", "CorsTimingAllowOrigin *", A },
    { "CorsTimingAllowOrigin *", "", LIST TIMED, A },
    { "CorsTimingAllowOrigin *", "", "CorsMaxAge 5", "*" },
    { LIST, "", "CorsTimingAllowOrigin *", "*" },
    { LIST, "", "CorsTimingAllowOrigin Policy", A },
    { LIST, "CorsTimingAllowOrigin Off", "CorsTimingAllowOrigin *", NULL },
    { "CorsPolicy Off", LIST TIMED, "", A },
    { "CorsTimingAllowOrigin Policy", "", LIST, NULL },
};

/* Combine the headers of three sections that are the same for every request. */
static void fixed_of_both(const char *common, const char *asked,
                          const char *served, cors_policy_t *both)
{
    const cors_section_t *all = sections_of(common);
    const cors_section_t *of =
        cors_section_merge(pool, all, sections_of(asked));
    cors_policy_t one;
    cors_policy_t overlay;

    cors_policy_resolve(pool, of, cors_methods_bit(0), &one);
    (void)cors_policy_overlay(pool, &one, of,
                              cors_section_merge(pool, all,
                                                 sections_of(served)),
                              cors_methods_bit(0), &overlay);
    *both = one;
    cors_policy_fixed_of_both(pool, &one, &overlay, both);
    same_text("methods", cors_policy_joined(pool, both, CORS_ATTR_METHODS),
              cors_policy_joined(pool, &one, CORS_ATTR_METHODS));
}

static void fixed_headers_need_both(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(fixed_rows); i++) {
        const char *name = apr_itoa(pool, (int)i);
        cors_policy_t both;

        fixed_of_both(fixed_rows[i].common, fixed_rows[i].asked,
                      fixed_rows[i].served, &both);
        same_text(name, cors_policy_timing(pool, &both), fixed_rows[i].timing);
        same_number(name, both.adds_fixed, fixed_rows[i].timing != NULL);
    }
}

static void stricter_resource_policy_is_used(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(resource_rows); i++) {
        cors_policy_t both;
        int number;

        fixed_of_both(resource_rows[i].common, resource_rows[i].asked,
                      resource_rows[i].served, &both);
        number = cors_policy_number(&both, CORS_ATTR_RESOURCE);
        same_text(apr_itoa(pool, (int)i),
                  cors_attr_choices(CORS_ATTR_RESOURCE)[number],
                  resource_rows[i].resource);
        same_number("adds", both.adds_fixed, number != CORS_RESOURCE_OFF);
    }
}

static void both_vary_by_their_tenants(void **state)
{
    cors_policy_t asked;
    cors_policy_t overlay;
    cors_policy_t both;

    (void)state;
    memset(&asked, 0, sizeof(asked));
    memset(&overlay, 0, sizeof(overlay));
    cors_policy_both(pool, &asked, &overlay, &both);
    assert_false(both.has_tenants);
    assert_null(both.tenant_vary);
    overlay.has_tenants = true;
    overlay.tenant_vary = "A";
    cors_policy_both(pool, &asked, &overlay, &both);
    assert_true(both.has_tenants);
    assert_string_equal(both.tenant_vary, "A");
    asked.tenant_vary = "B";
    cors_policy_both(pool, &asked, &overlay, &both);
    assert_string_equal(both.tenant_vary, "B, A");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(both_vary_by_their_tenants),
        TEST(sections_are_compared_by_address),
        TEST(backend_headers_of_both),
        TEST(backend_headers_of_both_with_defaults),
        TEST(comparison_stops_after_100_entries),
        TEST(fixed_headers_need_both),
        TEST(stricter_resource_policy_is_used),
    };
    static const table_t tables[] = { TABLE(check_combined_row, rows),
                                      TABLE(check_narrowed, narrowed_rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
