/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Sections resolved to the policy of one method, and its contradictions. */

#include "configure.h"

#define A "https://a.example"
#define B "https://b.example"

/* Whether an origin is listed, and the source of the setting that decides. */
typedef struct {
    const char *name;
    const char *text;
    int method;
    const char *origin;
    bool listed;
    const char *detail;
} origin_row_t;

static const origin_row_t origin_rows[] = {
    { "without a list no origin is listed", "CorsPolicy On", 0, A, false,
      "(default)" },
    { "an origin of the list is listed by its setting", "CorsAllowOrigins " A,
      0, A, true, "CorsAllowOrigins conf:1" },
    { "an origin that is not listed is denied by the list",
      "CorsAllowOrigins " A, 0, B, false, "CorsAllowOrigins conf:1" },
    { "an inner list replaces the outer one",
      "CorsAllowOrigins " A " | CorsAllowOrigins " B, 0, A, false,
      "CorsAllowOrigins conf:2" },
    { "an inner list applies instead of the outer one",
      "CorsAllowOrigins " A " | CorsAllowOrigins " B, 0, B, true,
      "CorsAllowOrigins conf:2" },
    { "a regular expression replaces an inherited list, too",
      "CorsAllowOrigins " A " | CorsAllowOriginsMatch " B ".*", 0, A, false,
      "CorsAllowOriginsMatch conf:2" },
    { "an addition leaves the inherited list",
      "CorsAllowOrigins " A " | CorsAllowOrigins +" B, 0, A, true,
      "CorsAllowOrigins conf:1" },
    { "an addition adds", "CorsAllowOrigins " A " | CorsAllowOrigins +" B, 0, B,
      true, "CorsAllowOrigins conf:2" },
    { "an addition adds no other origin",
      "CorsAllowOrigins " A " | CorsAllowOrigins +" B, 0, "https://c.example",
      false, "CorsAllowOrigins conf:2" },
    { "an addition to nothing adds", "CorsAllowOrigins +" B, 0, B, true,
      "CorsAllowOrigins conf:1" },
    { "an exclusion removes from the inherited list",
      "CorsAllowOrigins " A " " B " | CorsAllowOrigins -" B, 0, B, false,
      "CorsAllowOrigins conf:2" },
    { "an exclusion leaves the rest of the inherited list",
      "CorsAllowOrigins " A " " B " | CorsAllowOrigins -" B, 0, A, true,
      "CorsAllowOrigins conf:1" },
    { "an exclusion removes from any origin",
      "CorsAllowOrigins * | CorsAllowOrigins -" B, 0, B, false,
      "CorsAllowOrigins conf:2" },
    { "other origins stay listed", "CorsAllowOrigins * | CorsAllowOrigins -" B,
      0, A, true, "CorsAllowOrigins conf:1" },
    { "the innermost edit decides",
      "CorsAllowOrigins " A " | CorsAllowOrigins -" A " | CorsAllowOrigins +" A,
      0, A, true, "CorsAllowOrigins conf:3" },
    { "an edit in between decides if the innermost does not",
      "CorsAllowOrigins " A " | CorsAllowOrigins -" A " | CorsAllowOrigins +" B,
      0, A, false, "CorsAllowOrigins conf:2" },
    { "the outermost list decides if no edit does",
      "CorsAllowOrigins " A " | CorsAllowOrigins +" B
      " | CorsAllowOrigins +https://c.example",
      0, A, true, "CorsAllowOrigins conf:1" },
    { "a list between edits replaces outer lists",
      "CorsAllowOrigins " A " | CorsAllowOrigins " B
      " | CorsAllowOrigins +https://c.example",
      0, A, false, "CorsAllowOrigins conf:3" },
    { "a list of a <Limit> applies to its methods",
      "CorsAllowOrigins " A "; <1,2> CorsAllowOrigins " B, 2, B, true,
      "CorsAllowOrigins conf:2" },
    { "a list of a <Limit> does not apply to other methods",
      "CorsAllowOrigins " A "; <1,2> CorsAllowOrigins " B, 0, B, false,
      "CorsAllowOrigins conf:1" },
    { "an edit of a <Limit> edits its own section's list",
      "<1> CorsAllowOrigins +" B "; CorsAllowOrigins " A, 1, A, true,
      "CorsAllowOrigins conf:2" },
    { "null needs its flag", "CorsAllowOrigins null", 0, "null", false,
      "CorsAllowOrigins conf:1" },
    { "null is listed with its flag",
      "CorsAllowOrigins null; CorsAllowNullOriginUnsafe On", 0, "null", true,
      "CorsAllowOrigins conf:1" },
};

static void check_origin_row(void **state)
{
    const origin_row_t *row = *state;
    const cors_policy_t *policy = policy_for(row->text, row->method);
    const cors_setting_t *detail;
    cors_origin_t origin;

    assert_true(cors_origin_parse(exact_copy(row->origin), &origin));
    same_number(row->text,
                cors_policy_origin_listing(policy, CORS_ATTR_ORIGINS, &origin,
                                           false, &detail)
                    == CORS_ORIGIN_LISTED,
                row->listed);
    same_text(row->text, source_of(detail), row->detail);
}

static void origin_and_websocket_lists_are_separate(void **state)
{
    const cors_policy_t *policy = policy_of(
        "CorsAllowOrigins " A "; CorsWebSocketAllowOrigins file:// " B);
    const cors_setting_t *detail;
    cors_origin_t origin;

    (void)state;
    assert_true(cors_origin_parse(exact_copy(B), &origin));
    assert_int_equal(cors_policy_origin_listing(policy, CORS_ATTR_ORIGINS,
                                                &origin, false, &detail),
                     CORS_ORIGIN_UNLISTED);
    assert_int_equal(cors_policy_origin_listing(policy,
                                                CORS_ATTR_WEBSOCKET_ORIGINS,
                                                &origin, false, &detail),
                     CORS_ORIGIN_LISTED);
    assert_string_equal(detail->source, "CorsWebSocketAllowOrigins conf:2");
    assert_true(cors_policy_checks_websocket(policy));
    assert_false(
        cors_policy_checks_websocket(policy_of("CorsAllowOrigins " A)));
}

/* How names are listed, and the header value that they are joined to. */
typedef struct {
    const char *name;
    const char *text;
    cors_attr_e attr;
    const char *joined;
    const char *listed;   /* names that are listed explicitly */
    const char *wildcard; /* names that only "*" lists */
    const char *unlisted;
    bool star;   /* the list has "*" */
    bool edited; /* and excludes a name from it */
} names_row_t;

#define METHODS CORS_ATTR_METHODS
#define HEADERS CORS_ATTR_HEADERS
#define EXPOSE CORS_ATTR_EXPOSE

static const names_row_t names_rows[] = {
    { "six methods are the default", "", METHODS,
      "GET, HEAD, PUT, PATCH, POST, DELETE", "GET HEAD PUT PATCH POST DELETE",
      "", "OPTIONS get PURGE", 0, 0 },
    { "content-type is the default", "", HEADERS, "content-type",
      "content-type Content-Type", "", "x-a authorization", 0, 0 },
    { "nothing is exposed by default", "", EXPOSE, NULL, "", "", "etag", 0, 0 },
    { "a list of names replaces the default", "CorsAllowMethods PUT", METHODS,
      "PUT", "PUT", "", "GET", 0, 0 },
    { "an inner list of names replaces the outer one",
      "CorsAllowMethods PUT | CorsAllowMethods GET POST", METHODS, "GET, POST",
      "GET POST", "", "PUT", 0, 0 },
    { "None empties a list of names", "CorsAllowHeaders None", HEADERS, NULL,
      "", "", "content-type", 0, 0 },
    { "an addition edits the default", "CorsAllowMethods +PURGE", METHODS,
      "GET, HEAD, PUT, PATCH, POST, DELETE, PURGE", "GET PURGE", "", "BAN", 0,
      0 },
    { "a name is removed from the default", "CorsAllowMethods -PUT -DELETE",
      METHODS, "GET, HEAD, PATCH, POST", "GET POST", "", "PUT DELETE", 0, 1 },
    { "the whole default can be removed", "CorsAllowHeaders -content-type",
      HEADERS, NULL, "", "", "content-type", 0, 1 },
    { "edits of three sections apply in order",
      "CorsAllowHeaders x-a x-b | CorsAllowHeaders +x-c -x-a | "
      "CorsAllowHeaders +x-d -x-c",
      HEADERS, "x-b, x-d", "x-b x-d X-D", "", "x-a x-c content-type", 0, 1 },
    { "a name removed and added again keeps its place",
      "CorsAllowHeaders x-a x-b | CorsAllowHeaders -x-a | CorsAllowHeaders "
      "+x-a",
      HEADERS, "x-a, x-b", "x-a x-b", "", "x-c", 0, 1 },
    { "a name added twice is listed once, as first written",
      "CorsAllowHeaders x-a | CorsAllowHeaders +X-A +x-b | CorsAllowHeaders "
      "+x-B +x-a",
      HEADERS, "x-a, x-b", "x-a x-b", "", "x-c", 0, 0 },
    { "methods that differ in case are two",
      "CorsAllowMethods PURGE | CorsAllowMethods +purge", METHODS,
      "PURGE, purge", "PURGE purge", "", "Purge", 0, 0 },
    { "a list inside an edit replaces it",
      "CorsAllowMethods +PURGE | CorsAllowMethods GET | CorsAllowMethods +PUT",
      METHODS, "GET, PUT", "GET PUT", "", "PURGE POST", 0, 0 },
    { "a name added and removed by one edit is removed",
      "CorsAllowMethods GET | CorsAllowMethods +PUT -PUT", METHODS, "GET",
      "GET", "", "PUT", 0, 1 },
    { "a wildcard stands for every name", "CorsAllowMethods *", METHODS, "*",
      "", "GET PURGE", "", 1, 0 },
    { "a name beside the wildcard is listed explicitly",
      "CorsAllowHeaders * Authorization", HEADERS, "*, Authorization",
      "authorization", "x-a", "", 1, 0 },
    { "a name is added to a wildcard",
      "CorsAllowHeaders * | CorsAllowHeaders +authorization", HEADERS,
      "*, authorization", "Authorization", "x-a", "", 1, 0 },
    { "a name is removed from a wildcard",
      "CorsAllowMethods * | CorsAllowMethods -DELETE", METHODS, "*", "",
      "GET PURGE", "DELETE", 1, 1 },
    { "a name is removed from a wildcard two sections further out",
      "CorsAllowMethods * | CorsAllowMethods -DELETE | CorsAllowMethods +BAN",
      METHODS, "*, BAN", "BAN", "GET", "DELETE", 1, 1 },
    { "a list inside a wildcard replaces it",
      "CorsAllowMethods * | CorsAllowMethods GET", METHODS, "GET", "GET", "",
      "PUT", 0, 0 },
    { "an exposed header is added to nothing", "CorsExposeHeaders +ETag",
      EXPOSE, "ETag", "etag", "", "x-a", 0, 0 },
    { "every header is exposed", "CorsExposeHeaders *", EXPOSE, "*", "", "etag",
      "", 1, 0 },
};

static void check_listing(const cors_policy_t *policy, cors_attr_e attr,
                          const char *names, cors_name_listing_e listing)
{
    cors_slice_t rest = exact_copy(names);
    cors_slice_t name;

    while (cors_argument_next(&rest, &name)) {
        same_number(text_of(name), cors_policy_name_listed(policy, attr, name),
                    listing);
    }
}

static void check_names_row(void **state)
{
    const names_row_t *row = *state;
    const cors_policy_t *policy = policy_of(row->text);
    bool edited = !row->edited;

    same_text(row->text, cors_policy_joined(pool, policy, row->attr),
              row->joined);
    check_listing(policy, row->attr, row->listed, CORS_NAME_LISTED);
    check_listing(policy, row->attr, row->wildcard, CORS_NAME_WILDCARD);
    check_listing(policy, row->attr, row->unlisted, CORS_NAME_UNLISTED);
    same_number(row->text,
                cors_policy_wildcard(policy, row->attr, &edited) != NULL,
                row->star);
    same_number(row->text, edited, row->edited);
}

static void link_edits_the_outer_list_or_the_default(void **state)
{
    const cors_policy_t *policy = policy_of(
        "CorsAllowMethods GET; CorsAllowHeaders +x-a | CorsAllowMethods +PUT");
    const cors_link_t *link = &policy->link[METHODS];
    const cors_link_t *outer = cors_link_edits(link);

    (void)state;
    assert_ptr_equal(outer, link->outer);
    assert_string_equal(outer->setting->source, "CorsAllowMethods conf:1");
    assert_null(cors_link_edits(outer));
    assert_string_equal(cors_link_names(outer, METHODS)->joined.text, "GET");
    link = &policy->link[HEADERS];
    assert_null(link->outer);
    outer = cors_link_edits(link);
    assert_non_null(outer);
    assert_null(outer->setting);
    assert_null(outer->outer);
    assert_null(cors_link_edits(outer));
    assert_ptr_equal(cors_link_names(outer, HEADERS),
                     cors_name_set_default(CORS_NAMES_REQUEST_HEADERS));
    assert_null(cors_link_edits(&policy->link[EXPOSE]));
    assert_ptr_equal(cors_link_names(&policy->link[EXPOSE], EXPOSE),
                     cors_name_set_default(CORS_NAMES_RESPONSE_HEADERS));
}

static void flags_are_off_by_default(void **state)
{
    const cors_policy_t *none = policy_of("");
    const cors_policy_t *policy = policy_of(
        "CorsPolicy ReportOnly; CorsPreflight Continue; CorsBackendHeaders "
        "Keep; CorsRejectDisallowed On | CorsRejectDisallowed Off; "
        "CorsAllowPrivateNetwork On");
    int attr;

    (void)state;
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        assert_int_equal(cors_policy_number(none, (cors_attr_e)attr), 0);
        assert_null(none->link[attr].setting);
        assert_null(none->link[attr].outer);
    }
    assert_int_equal(cors_policy_number(policy, CORS_ATTR_MODE),
                     CORS_MODE_REPORT_ONLY);
    assert_int_equal(cors_policy_number(policy, CORS_ATTR_PREFLIGHT),
                     CORS_PREFLIGHT_CONTINUE);
    assert_int_equal(cors_policy_number(policy, CORS_ATTR_BACKEND),
                     CORS_BACKEND_KEEP);
    assert_int_equal(cors_policy_number(policy, CORS_ATTR_REJECT), 0);
    assert_int_equal(cors_policy_number(policy, CORS_ATTR_PRIVATE_NETWORK), 1);
    assert_string_equal(policy->link[CORS_ATTR_REJECT].setting->source,
                        "CorsRejectDisallowed conf:5");
}

static void preflight_status_defaults_to_204_and_403(void **state)
{
    static const struct {
        const char *text;
        int allowed;
        int denied;
    } rows[] = {
        { "", 204, 403 },
        { "CorsPreflightStatus 200", 200, 403 },
        { "CorsPreflightStatus 200 200", 200, 200 },
        { "CorsPreflightStatus 204 404", 204, 404 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        int allowed;
        int denied;

        cors_policy_preflight_status(policy_of(rows[i].text), &allowed,
                                     &denied);
        same_number(rows[i].text, allowed, rows[i].allowed);
        same_number(rows[i].text, denied, rows[i].denied);
    }
}

static void answer_is_constant_for_any_origin_without_credentials(void **state)
{
    static const struct {
        const char *text;
        bool any_origin;
        bool constant;
        bool none;
    } rows[] = {
        { "CorsPolicy On", false, false, true },
        { "CorsPolicy On; CorsAllowOrigins None", false, false, true },
        { "CorsPolicy On; CorsAllowOrigins " A, false, false, false },
        { "CorsPolicy On; CorsAllowOrigins !" A, false, false, true },
        { "CorsPolicy On; CorsAllowOrigins *", true, true, false },
        { "CorsPolicy ReportOnly; CorsAllowOrigins *", true, true, false },
        { "CorsAllowOrigins *", false, false, false },
        { "CorsPolicy Off; CorsAllowOrigins *", false, false, false },
        { "CorsPolicy On; CorsAllowOrigins *; CorsAllowCredentials On", true,
          false, false },
        { "CorsPolicy On; CorsAllowOrigins * | CorsAllowOrigins -" A, true,
          false, false },
        { "CorsPolicy On; CorsAllowOrigins * | CorsAllowOrigins +" A, true,
          true, false },
        { "CorsPolicy On; CorsAllowOrigins * | CorsAllowOrigins " A, false,
          false, false },
        { "CorsPolicy On; CorsAllowOrigins * | CorsAllowOrigins -" A
          " | CorsAllowOrigins +" A,
          true, false, false },
        { "CorsPolicy On; CorsAllowOriginsMatch .*", false, false, false },
        { "CorsPolicy On; CorsAllowOrigins " A " | CorsAllowOrigins -" A, false,
          false, false },
        { "CorsPolicy On | CorsAllowOrigins -" A, false, false, true },
        { "CorsPolicy On; CorsAllowOrigins None | CorsAllowOrigins +" A, false,
          false, false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const cors_policy_t *policy = policy_of(rows[i].text);

        same_number(rows[i].text, policy->any_origin, rows[i].any_origin);
        same_number(rows[i].text, policy->constant, rows[i].constant);
        same_number(rows[i].text,
                    cors_policy_allows_none(policy, CORS_ATTR_ORIGINS, false),
                    rows[i].none);
        assert_true(cors_policy_allows_none(policy, CORS_ATTR_WEBSOCKET_ORIGINS,
                                            false));
    }
}

/* The contradictions of a policy, each with its entry and its sources. */
typedef struct {
    const char *name;
    const char *text;
    const char *found;
} found_row_t;

#define ON "CorsPolicy On; CorsAllowCredentials On; "
#define ANY_ORIGIN "any-origin-with-credentials "
#define ANY_REGEX "regex-with-credentials "
#define UNDECIDED "undecided-with-credentials "
#define SUFFIX "suffix-with-credentials "
#define WITH " with CorsAllowCredentials conf:2\n"

static const found_row_t found_rows[] = {
    { "an empty policy has no contradiction", "", "" },
    { "any origin is valid without credentials",
      "CorsPolicy On; CorsAllowOrigins *", "" },
    { "any origin contradicts credentials", ON "CorsAllowOrigins *",
      ANY_ORIGIN "* of CorsAllowOrigins conf:3" WITH },
    { "any origin is valid with credentials and the flag",
      ON "CorsAllowOrigins *; CorsAllowAnyOriginWithCredentialsUnsafe On", "" },
    { "another flag does not permit any origin with credentials",
      ON "CorsAllowOrigins *; CorsAllowPublicSuffixUnsafe On",
      ANY_ORIGIN "* of CorsAllowOrigins conf:3" WITH },
    { "credentials in a nested section contradict any origin outside",
      "CorsPolicy On; CorsAllowOrigins * | CorsAllowCredentials On",
      ANY_ORIGIN "* of CorsAllowOrigins conf:2 with CorsAllowCredentials "
                 "conf:3\n" },
    { "a nested section without credentials may allow any origin",
      ON "CorsMaxAge 1 | CorsAllowCredentials Off; CorsAllowOrigins *", "" },
    { "ReportOnly is checked as On is",
      "CorsPolicy ReportOnly; CorsAllowCredentials On; CorsAllowOrigins *",
      ANY_ORIGIN "* of CorsAllowOrigins conf:3" WITH },
    { "a policy that is off is not checked",
      "CorsPolicy Off; CorsAllowCredentials On; CorsAllowOrigins *", "" },
    { "a regular expression that matches any origin is reported",
      ON "CorsAllowOriginsMatch .*",
      ANY_REGEX ".* of CorsAllowOriginsMatch conf:3" WITH },
    { "a regular expression that matches less is valid",
      ON "CorsAllowOriginsMatch https://.*\\.a\\.example", "" },
    { "a regular expression that matches any app is reported",
      ON "CorsAllowOriginsMatch app://.*",
      ANY_REGEX "app://.* of CorsAllowOriginsMatch conf:3" WITH },
    { "all extensions contradict credentials",
      ON "CorsAllowOrigins " A " moz-extension://*",
      "extensions-with-credentials moz-extension://* of "
      "CorsAllowOrigins conf:3" WITH },
    { "all extensions are valid without credentials",
      "CorsPolicy On; CorsAllowOrigins moz-extension://*", "" },
    { "all extensions are valid with credentials and the flag",
      ON "CorsAllowOrigins moz-extension://*; "
         "CorsAllowAnyOriginWithCredentialsUnsafe On",
      "" },
    { "one extension is valid with credentials",
      ON "CorsAllowOrigins chrome-extension://abc !moz-extension://*", "" },
    { "all extensions contradict CorsProtect",
      "CorsProtect On; CorsProtectAllowOrigins moz-extension://*; "
      "CorsAllowPublicSuffixUnsafe On",
      "protect-extensions moz-extension://* of CorsProtectAllowOrigins conf:2 "
      "with CorsProtect conf:1\n" },
    { "all extensions are valid for CorsProtect with the flag",
      "CorsProtect On; CorsProtectAllowOrigins moz-extension://*; "
      "CorsAllowAnyOriginWithCredentialsUnsafe On",
      "" },
    { "an undecidable regular expression is reported as such",
      ON "CorsAllowOriginsMatch https://(?!x).*\\.a\\.example",
      UNDECIDED "https://(?!x).*\\.a\\.example of "
                "CorsAllowOriginsMatch conf:3" WITH },
    { "an undecidable regular expression is valid without credentials",
      "CorsPolicy On; CorsAllowOriginsMatch https://(?!x).*\\.a\\.example",
      "" },
    { "an undecidable regular expression is valid with the flag",
      ON "CorsAllowOriginsMatch https://(?!x).*\\.a\\.example; "
         "CorsAllowAnyOriginWithCredentialsUnsafe On",
      "" },
    { "CorsAllowPublicSuffixUnsafe permits only suffixes",
      ON "CorsAllowOriginsMatch https://.*\\.co\\.uk https://.*b\\.de; "
         "CorsAllowPublicSuffixUnsafe On",
      ANY_REGEX "https://.*b\\.de of "
                "CorsAllowOriginsMatch conf:3" WITH },
    { "any origin contradicts credentials through an edit, too",
      ON "CorsAllowOrigins * | CorsAllowOrigins +" A,
      ANY_ORIGIN "* of CorsAllowOrigins conf:3" WITH },
    { "any origin outside a list does not count",
      ON "CorsAllowOrigins * | CorsAllowOrigins " A, "" },
    { "a public suffix contradicts credentials",
      ON "CorsAllowOrigins https://*.github.io",
      SUFFIX "https://*.github.io of CorsAllowOrigins conf:3" WITH },
    { "a public suffix is valid without credentials",
      "CorsPolicy On; CorsAllowOrigins https://*.github.io", "" },
    { "a domain below a public suffix is valid with credentials",
      ON "CorsAllowOrigins https://*.user.github.io", "" },
    { "a public suffix is valid with credentials and the flag",
      ON "CorsAllowOrigins https://*.github.io; CorsAllowPublicSuffixUnsafe On",
      "" },
    { "another flag does not permit a public suffix",
      ON "CorsAllowOrigins https://*.github.io; "
         "CorsAllowAnyOriginWithCredentialsUnsafe On",
      SUFFIX "https://*.github.io of CorsAllowOrigins conf:3" WITH },
    { "every list of an edit is checked",
      ON "CorsAllowOrigins https://*.github.io | CorsAllowOrigins "
         "+https://*.co.uk",
      SUFFIX "https://*.co.uk of CorsAllowOrigins conf:4" WITH SUFFIX
             "https://*.github.io of CorsAllowOrigins conf:3" WITH },
    { "every header cannot be exposed with credentials",
      ON "CorsAllowOrigins " A "; CorsExposeHeaders *",
      "expose-all-with-credentials * of CorsExposeHeaders conf:4" WITH },
    { "the line with * is reported, not one that adds to it",
      ON "CorsAllowOrigins " A "; CorsExposeHeaders * | CorsExposeHeaders +x-b",
      "expose-all-with-credentials * of CorsExposeHeaders conf:4" WITH },
    { "every header can be exposed without credentials",
      "CorsPolicy On; CorsAllowOrigins " A "; CorsExposeHeaders *", "" },
    { "one header can be exposed with credentials",
      ON "CorsAllowOrigins " A "; CorsExposeHeaders ETag", "" },
    { "all headers may be allowed with credentials",
      ON "CorsAllowOrigins " A "; CorsAllowHeaders *; CorsAllowMethods *", "" },
    { "null needs its flag", "CorsPolicy On; CorsAllowOrigins null",
      "null-without-flag null of CorsAllowOrigins conf:2\n" },
    { "null needs its flag to be on",
      "CorsPolicy On; CorsAllowOrigins null; CorsAllowNullOriginUnsafe Off",
      "null-without-flag null of CorsAllowOrigins conf:2 with "
      "CorsAllowNullOriginUnsafe conf:3\n" },
    { "null is valid with its flag",
      "CorsPolicy On; CorsAllowOrigins null; CorsAllowNullOriginUnsafe On",
      "" },
    { "an excluded null needs no flag", "CorsPolicy On; CorsAllowOrigins !null",
      "" },
    { "null in a list that is off needs no flag", "CorsAllowOrigins null", "" },
    { "null needs its flag for WebSockets, policy or not",
      "CorsWebSocketAllowOrigins null",
      "null-without-flag null of CorsWebSocketAllowOrigins conf:1\n" },
    { "null is valid with its flag for WebSockets",
      "CorsWebSocketAllowOrigins null; CorsAllowNullOriginUnsafe On", "" },
    { "null needs its flag in every list of an edit",
      "CorsPolicy On; CorsAllowOrigins null | CorsAllowOrigins +" A,
      "null-without-flag null of CorsAllowOrigins conf:2\n" },
    { "excluded entries are not reported",
      "CorsPolicy On; CorsAllowCredentials On; CorsAllowOrigins "
      "https://*.github.io !https://*.gitlab.io",
      "suffix-with-credentials https://*.github.io of CorsAllowOrigins conf:3"
      " with CorsAllowCredentials conf:2\n" },
    { "nothing can be removed from an exposed *",
      "CorsPolicy On; CorsExposeHeaders * | CorsExposeHeaders -x-a",
      "expose-all-edited * of CorsExposeHeaders conf:2 with CorsExposeHeaders "
      "conf:3\n" },
    { "a public suffix that CorsProtect trusts is reported",
      "CorsProtect On; CorsProtectAllowOrigins https://*.github.io "
      "!https://*.gitlab.io",
      "protect-suffix https://*.github.io of CorsProtectAllowOrigins conf:2 "
      "with CorsProtect conf:1\n" },
    { "also if CorsProtect only reports, in every list of an edit",
      "CorsProtect ReportOnly Strict; CorsProtectAllowOrigins "
      "https://*.github.io | CorsProtectAllowOrigins +" A,
      "protect-suffix https://*.github.io of CorsProtectAllowOrigins conf:2 "
      "with CorsProtect conf:1\n" },
    { "a public suffix is valid with its flag",
      "CorsProtect On; CorsProtectAllowOrigins https://*.github.io; "
      "CorsAllowPublicSuffixUnsafe On",
      "" },
    { "a public suffix without CorsProtect is not checked",
      "CorsProtect Off; CorsProtectAllowOrigins https://*.github.io null", "" },
    { "null needs its flag where CorsProtect is on",
      "CorsProtect On; CorsProtectAllowOrigins null",
      "null-without-flag null of CorsProtectAllowOrigins conf:2\n" },
    { "all contradictions are reported",
      ON "CorsAllowOrigins *; CorsExposeHeaders *; CorsWebSocketAllowOrigins "
         "null",
      ANY_ORIGIN
      "* of CorsAllowOrigins conf:3" WITH
      "expose-all-with-credentials * of CorsExposeHeaders conf:4" WITH
      "null-without-flag null of CorsWebSocketAllowOrigins conf:5\n" },
};

static void append_contradiction(void *context,
                                 const cors_contradiction_t *found)
{
    const char **all = context;

    *all = apr_pstrcat(pool, *all, cors_problem_id(found->problem), " ",
                       found->entry, " of ", found->source[0],
                       found->source[1] ? " with " : "",
                       found->source[1] ? found->source[1] : "", "\n", NULL);
    assert_string_equal(found->conflict[0]->source, found->source[0]);
    assert_int_equal(found->conflict[1] != NULL, found->source[1] != NULL);
}

static void check_found_row(void **state)
{
    const found_row_t *row = *state;
    const cors_policy_t *policy = policy_of(row->text);
    const char *all = "";

    cors_policy_contradictions(policy, append_contradiction, &all);
    same_text(row->text, all, row->found);
    /* the policy has the first of them */
    same_number(row->text, policy->problem != CORS_OK, *row->found != '\0');
    if (policy->problem) {
        const char *id = cors_problem_id(policy->problem);

        assert_memory_equal(row->found, id, strlen(id));
        assert_non_null(strstr(row->found, policy->conflict[0]->source));
    }
    else {
        assert_null(policy->conflict[0]);
        assert_null(policy->conflict[1]);
    }
}

static void first_contradiction_names_its_settings(void **state)
{
    const cors_policy_t *policy =
        policy_of(ON "CorsAllowOrigins *; CorsWebSocketAllowOrigins null");

    (void)state;
    assert_int_equal(policy->problem, CORS_PROBLEM_ANY_ORIGIN_WITH_CREDENTIALS);
    assert_ptr_equal(policy->conflict[0],
                     policy->link[CORS_ATTR_ORIGINS].setting);
    assert_ptr_equal(policy->conflict[1],
                     policy->link[CORS_ATTR_CREDENTIALS].setting);
}

/* The precomputed policy of a method is the one that is resolved for it. */
static void precomputed_policy_is_that_of_its_method(void **state)
{
    cors_section_t *section = (cors_section_t *)(uintptr_t)sections_of(
        "CorsPolicy On; CorsAllowOrigins " A "; <1> CorsMaxAge 7");
    const cors_policy_t *prepared;
    int method;
    int attr;

    (void)state;
    assert_null(cors_policy_find(section, 0));
    cors_policy_precompute(pool, section);
    prepared = cors_policy_find(section, 0);
    for (method = 0; method < CORS_METHODS_COUNT; method++) {
        const cors_policy_t *found = cors_policy_find(section, method);
        cors_policy_t alone;

        assert_non_null(found);
        cors_policy_resolve(pool, section, cors_methods_bit(method), &alone);
        for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
            assert_ptr_equal(found->link[attr].setting,
                             alone.link[attr].setting);
        }
        for (attr = CORS_ATTR_METHODS; attr <= CORS_ATTR_EXPOSE; attr++) {
            same_text("joined",
                      cors_policy_joined(pool, found, (cors_attr_e)attr),
                      cors_policy_joined(pool, &alone, (cors_attr_e)attr));
        }
        same_number("a method's own setting",
                    found->link[CORS_ATTR_MAX_AGE].setting != NULL,
                    method == 1);
        assert_true(found->rendered && !alone.rendered);
    }
    /* a second call changes nothing */
    cors_policy_precompute(pool, section);
    assert_ptr_equal(cors_policy_find(section, 0), prepared);
}

static void keep_detail(void *context, const cors_contradiction_t *found)
{
    *(const char **)context = found->detail;
}

static void unsafe_regex_is_reported_with_an_example(void **state)
{
    const char *detail = NULL;

    (void)state;
    cors_policy_contradictions(policy_of(
                                   "CorsPolicy On; CorsAllowCredentials On; "
                                   "CorsAllowOriginsMatch https://.*"),
                               keep_detail, &detail);
    same_text("an example", detail, "https://strangerzq.com");
    cors_policy_contradictions(policy_of("CorsPolicy On; CorsAllowCredentials "
                                         "On; CorsAllowOrigins *"),
                               keep_detail, &detail);
    same_text("no example", detail, NULL);
}

static void section_without_effect_is_inert(void **state)
{
    static const struct {
        const char *text;
        bool inert;
    } inert_rows[] = { { "CorsAllowOrigins " A, true },
                       { "CorsMaxAge 7; <1> CorsMaxAge 8", true },
                       { "CorsPolicy Off", false },
                       { "<0> CorsPolicy On", false },
                       { "<2> CorsPolicy On", false },
                       { "CorsWebSocketAllowOrigins " A, false },
                       { "<1> CorsWebSocketAllowOrigins " A, false },
                       { "CorsProtectAllowOrigins " A, true },
                       { "CorsProtect Off", false },
                       { "<1> CorsProtect On", false },
                       { "CorsPolicy On; CorsWebSocketAllowOrigins " A,
                         false } };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(inert_rows); i++) {
        cors_section_t *section =
            (cors_section_t *)(uintptr_t)sections_of(inert_rows[i].text);

        cors_policy_precompute(pool, section);
        same_number(inert_rows[i].text, cors_section_inert(section),
                    inert_rows[i].inert);
    }
}

static cors_listing_e lookup_unlisted(const void *self,
                                      const cors_origin_t *origin,
                                      const cors_slice_t *tenant)
{
    (void)tenant;
    (void)self;
    (void)origin;
    return CORS_ORIGIN_UNLISTED;
}

/* A file's list can change between two requests, so a cached answer needs Vary even
 * while the list is empty. */
static void answer_varies_when_a_file_may_list(void **state)
{
    static const cors_origin_source_t file = { lookup_unlisted, NULL };
    static const cors_origin_notes_t notes = { .lists = false };
    cors_section_t *section = cors_section_make(pool);
    cors_policy_t policy;
    cors_setting_t *setting;
    bool first;

    (void)state;
    setting = cors_section_set(pool, section, CORS_METHODS_ALL, CORS_ATTR_MODE,
                               &first);
    setting->source = "conf:0";
    setting->choice = CORS_MODE_ON;
    setting = cors_section_set(pool, section, CORS_METHODS_ALL,
                               CORS_ATTR_ORIGINS, &first);
    setting->source = "conf:1";
    setting->origins = cors_origin_set_make(pool, false, false);
    cors_policy_resolve(pool, section, cors_methods_bit(0), &policy);
    assert_false(policy.varies);
    assert_int_equal(cors_origin_set_add_source(pool, setting->origins, "/one",
                                                "conf:1", &file, NULL, &notes),
                     CORS_OK);
    cors_policy_resolve(pool, section, cors_methods_bit(0), &policy);
    assert_true(policy.varies);
}

/* The policy with and without the settings of a .htaccess file, which follow ".". */
static const struct {
    const char *text;
    const char *all;
    const char *configured;
} local_rows[] = {
    { "", "Off", "Off" },
    { "CorsProtect On", "On", "On" },
    { "CorsProtect On | CorsProtect ReportOnly", "ReportOnly", "ReportOnly" },
    { "CorsProtect On Strict | CorsProtect Off", "Off", "Off" },
    { "CorsProtect On | .CorsProtect Off", "On", "On" },
    { "CorsProtect On | .CorsProtect ReportOnly", "On", "On" },
    { "CorsProtect ReportOnly | .CorsProtect On", "On", "ReportOnly" },
    { "CorsProtect On | .CorsProtect On Strict", "On Strict", "On" },
    { "CorsProtect On Strict | .CorsProtect On", "On Strict", "On Strict" },
    { "CorsProtect On | .CorsProtect ReportOnly Strict", "On Strict", "On" },
    { "CorsProtect ReportOnly Strict | .CorsProtect On", "On Strict",
      "ReportOnly Strict" },
    { "CorsProtect ReportOnly | .CorsProtect ReportOnly Strict",
      "ReportOnly Strict", "ReportOnly" },
    { ".CorsProtect On", "On", "Off" },
    { ".CorsProtect On | .CorsProtect ReportOnly", "On", "Off" },
    { ".CorsProtect On | CorsProtect Off", "Off", "Off" },
    { "CorsProtect Off | .CorsProtect ReportOnly", "ReportOnly", "Off" },
};

static const char *protection_of(const cors_policy_t *policy)
{
    const char *word = cors_attr_choices(
        CORS_ATTR_PROTECT)[cors_policy_number(policy, CORS_ATTR_PROTECT)];
    const char *strict = cors_policy_protects_strictly(policy) ? " Strict" : "";

    same_text(
        word, word,
        apr_pstrcat(pool,
                    cors_attr_choices(
                        CORS_ATTR_PROTECT)[cors_policy_protection(policy)],
                    strict, NULL));
    return word;
}

static void htaccess_strengthens_protection_only(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(local_rows); i++) {
        const char *text = local_rows[i].text;
        const cors_section_t *sections = sections_of(text);
        cors_policy_t policy;

        cors_policy_resolve(pool, sections, cors_methods_bit(0), &policy);
        same_text(text, protection_of(&policy), local_rows[i].all);
        same_number(text, policy.local, strchr(text, '.') != NULL);
        cors_policy_resolve_configured(pool, sections, cors_methods_bit(0),
                                       &policy);
        same_text(text, protection_of(&policy), local_rows[i].configured);
        assert_false(policy.local);
    }
}

#define TIMING "CorsPolicy On; CorsTimingAllowOrigin Policy; "
#define A "https://a.example"
#define B "https://b.example"

/* Timing-Allow-Origin; NULL: the policy leaves it alone. */
static const struct {
    const char *text;
    const char *value;
} timing_rows[] = {
    { "", NULL },
    { "CorsPolicy On; CorsAllowOrigins " A, NULL },
    { "CorsTimingAllowOrigin Off", NULL },
    { "CorsTimingAllowOrigin *", "*" },
    { "CorsPolicy Off; CorsTimingAllowOrigin *", "*" },
    { "CorsPolicy On; CorsAllowOrigins " A "; CorsTimingAllowOrigin *", "*" },
    { "CorsTimingAllowOrigin Policy; CorsAllowOrigins " A, NULL },
    { "CorsPolicy ReportOnly; CorsTimingAllowOrigin Policy; "
      "CorsAllowOrigins " A,
      NULL },
    { TIMING, "" },
    { TIMING "CorsAllowOrigins None", "" },
    { TIMING "CorsAllowOrigins " A, A },
    { TIMING "CorsAllowOrigins " B ":8443 " A, B ":8443, " A },
    { TIMING "CorsAllowOrigins *", "*" },
    { TIMING "CorsAllowOrigins *; CorsAllowCredentials On; "
             "CorsAllowAnyOriginWithCredentialsUnsafe On",
      "*" },
    { TIMING "CorsAllowOrigins *; CorsAllowCredentials On", "" },
    { TIMING "CorsAllowOrigins * | CorsAllowOrigins -" A, "" },
    { TIMING "CorsAllowOrigins https://*.a.example http://a.example:* " A, A },
    { TIMING "CorsAllowOriginsMatch https://a\\.b; CorsAllowOrigins " A, A },
    { TIMING "CorsAllowOrigins " A " " B " !" A, B },
    { TIMING "CorsAllowOrigins " A " !https://*.example", "" },
    { TIMING "CorsAllowOrigins " A " " A, A },
    { TIMING "CorsAllowOrigins " A " " B " | CorsAllowOrigins -" A, B },
    { TIMING "CorsAllowOrigins " A " | CorsAllowOrigins +" B " +" A, B ", " A },
    { TIMING "CorsAllowOrigins " A " | CorsAllowOrigins " B, B },
    { TIMING "CorsAllowOrigins " A " | CorsTimingAllowOrigin Off", NULL },
    { TIMING "CorsAllowOrigins null " A, "" },
    { TIMING "CorsAllowOrigins null " A "; CorsAllowNullOriginUnsafe On",
      "null, " A },
};

static void timing_names_exact_origins(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(timing_rows); i++) {
        cors_policy_t *policy =
            (cors_policy_t *)(uintptr_t)policy_of(timing_rows[i].text);

        same_text(timing_rows[i].text, cors_policy_timing(pool, policy),
                  timing_rows[i].value);
        same_number(timing_rows[i].text, policy->adds_fixed,
                    cors_policy_number(policy, CORS_ATTR_TIMING) != 0);
        cors_policy_render(pool, policy);
        same_text(timing_rows[i].text, cors_policy_timing(pool, policy),
                  timing_rows[i].value);
    }
}

/* The number of entries that are sent, and of others. */
static void count_entry(void *context, const cors_setting_t *setting,
                        const cors_origin_entry_t *entry,
                        cors_timing_entry_e how)
{
    assert_non_null(setting->origins);
    assert_false(entry->exclude);
    ((int *)context)[how]++;
}

static void timing_has_a_greatest_length(void **state)
{
    /* of 20 bytes each, with the separator */
    static const char format[] = " https://%04d.exampl";
    const char *text = "CorsPolicy On; CorsTimingAllowOrigin Policy; "
                       "CorsAllowOrigins";
    int counts[CORS_TIMING_LONG + 1] = { 0 };
    const cors_policy_t *policy;
    const char *value;
    int i;

    (void)state;
    for (i = 0; i < 250; i++) {
        text = apr_psprintf(pool, apr_pstrcat(pool, "%s", format, NULL), text,
                            1000 + i);
    }
    policy = policy_of(text);
    value = cors_policy_timing(pool, policy);
    cors_policy_visit_timing(pool, policy, count_entry, counts);
    same_number("sent", counts[CORS_TIMING_SENT],
                (CORS_TIMING_LENGTH + 2) / ((int)strlen(format) + 1));
    same_number("too long", counts[CORS_TIMING_LONG],
                250 - counts[CORS_TIMING_SENT]);
    same_number("inexact", counts[CORS_TIMING_INEXACT], 0);
    assert_true(strlen(value) <= CORS_TIMING_LENGTH);
    assert_true(strlen(value) > CORS_TIMING_LENGTH - strlen(format));
}

static void timing_tries_a_thousand_entries(void **state)
{
    const char *text = "CorsPolicy On; CorsTimingAllowOrigin Policy; "
                       "CorsAllowOrigins";
    int counts[CORS_TIMING_LONG + 1] = { 0 };
    const cors_policy_t *policy;
    int i;

    (void)state;
    for (i = 0; i < CORS_TIMING_ENTRIES; i++) {
        text = apr_psprintf(pool, "%s https://*.a%d.example", text, i);
    }
    policy = policy_of(apr_pstrcat(pool, text, " " A, NULL));
    cors_policy_visit_timing(pool, policy, count_entry, counts);
    same_number("inexact", counts[CORS_TIMING_INEXACT], CORS_TIMING_ENTRIES);
    same_number("not tried", counts[CORS_TIMING_LONG], 1);
    same_text("none", cors_policy_timing(pool, policy), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(answer_varies_when_a_file_may_list),
        TEST(origin_and_websocket_lists_are_separate),
        TEST(link_edits_the_outer_list_or_the_default),
        TEST(flags_are_off_by_default),
        TEST(preflight_status_defaults_to_204_and_403),
        TEST(answer_is_constant_for_any_origin_without_credentials),
        TEST(first_contradiction_names_its_settings),
        TEST(precomputed_policy_is_that_of_its_method),
        TEST(unsafe_regex_is_reported_with_an_example),
        TEST(section_without_effect_is_inert),
        TEST(htaccess_strengthens_protection_only),
        TEST(timing_names_exact_origins),
        TEST(timing_has_a_greatest_length),
        TEST(timing_tries_a_thousand_entries),
    };
    static const table_t tables[] = {
        TABLE(check_origin_row, origin_rows),
        TABLE(check_names_row, names_rows),
        TABLE(check_found_row, found_rows),
    };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
