/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a changed setting of a section may allow or deny together with other sections. */

#include "configure.h"

#include "core/diagnose/compare_effects.h"

#define A "https://a.example"
#define B "https://b.example"
/* Anyone can have a name below it. */
#define PUBLIC "https://*.github.io"
#define CREDENTIALS "CorsAllowCredentials On"
#define PROTECT "CorsProtect On"
#define NULL_OK "CorsAllowNullOriginUnsafe On"
#define ANY_OK "CorsAllowAnyOriginWithCredentialsUnsafe On"
#define SUFFIX_OK "CorsAllowPublicSuffixUnsafe On"
#define MEASURE "CorsTimingAllowOrigin Policy"
#define HANDSHAKES "CorsWebSocketAllowOrigins " A
/* Headers and preflights are left to the handler. */
#define HANDLER "CorsBackendHeaders Keep; CorsPreflight Continue"

/* A section whose setting of one directive changes. */
typedef struct {
    const char *name;
    const char *directive;
    /* the policies of the other sections, separated by "#" */
    const char *others;
    /* the settings of the section itself; NULL: it is missing */
    const char *old;
    const char *now;
    const char *effects; /* "request more; timing both" */
} row_t;

static const row_t mode_rows[] = {
    { "a policy that is on lets pages read", "CorsPolicy", "", "CorsPolicy Off",
      "CorsPolicy On", "request more" },
    { "a policy that no longer only reports lets pages read", "CorsPolicy", "",
      "CorsPolicy ReportOnly", "CorsPolicy On", "request more" },
    { "a policy that is off leaves the answer to the handler", "CorsPolicy", "",
      "CorsPolicy On", "CorsPolicy Off", "request less; other more" },
    { "a policy that only reports leaves the answer to the handler",
      "CorsPolicy", "", "CorsPolicy On", "CorsPolicy ReportOnly",
      "request less; other more" },
    { "without removed headers, preflights are left to the handler",
      "CorsPolicy", "", "CorsPolicy On; CorsBackendHeaders Keep",
      "CorsPolicy Off; CorsBackendHeaders Keep", "request less; other more" },
    { "without answered preflights, headers are left to the handler",
      "CorsPolicy", "", "CorsPolicy On; CorsPreflight Continue",
      "CorsPolicy Off; CorsPreflight Continue", "request less; other more" },
    { "another section removes the headers of the handler", "CorsPolicy",
      "CorsPreflight Continue", "CorsPolicy On; " HANDLER,
      "CorsPolicy Off; " HANDLER, "request less; other more" },
    { "everything is left to the handler, before and now", "CorsPolicy",
      HANDLER, "CorsPolicy On; " HANDLER, "CorsPolicy Off; " HANDLER,
      "request less" },
    { "a policy that reports in place of one that is off", "CorsPolicy", "",
      "CorsPolicy Off", "CorsPolicy ReportOnly", "" },
    { "a policy that is off in place of one that reports", "CorsPolicy", "",
      "CorsPolicy ReportOnly", "CorsPolicy Off", "" },
    { "a policy in place of any other one", "CorsPolicy", "", "CorsMaxAge 1",
      "CorsPolicy On; CorsMaxAge 1", "request more" },
    { "any other policy in place of one that is on", "CorsPolicy", "",
      "CorsPolicy On", NULL, "request less; other more" },
    { "no policy in place of any other one", "CorsPolicy", "", NULL,
      "CorsPolicy Off", "request less; other more" },
    { "any other policy in place of one that is off", "CorsPolicy", "",
      "CorsPolicy Off", "", "request more" },
    { "a policy that only reports lets handshakes of a list pass", "CorsPolicy",
      HANDSHAKES, "CorsPolicy On", "CorsPolicy ReportOnly",
      "request less; handshake more; other more" },
    { "CorsProtect takes the place of a list that only reports", "CorsPolicy",
      HANDSHAKES " # " PROTECT, "CorsPolicy On", "CorsPolicy ReportOnly",
      "request less; handshake both; other more" },
    { "CorsProtect does not replace a list that is enforced", "CorsPolicy",
      HANDSHAKES " # " PROTECT, "CorsPolicy Off", "CorsPolicy On",
      "request more" },
    { "a policy that no longer only reports refuses handshakes", "CorsPolicy",
      HANDSHAKES, "CorsPolicy ReportOnly", "CorsPolicy On",
      "request more; handshake less" },
    { "a list of handshakes also counts if the policy is off", "CorsPolicy",
      HANDSHAKES, "CorsPolicy Off", "CorsPolicy On", "request more" },
    { "reporting in place of no policy lets handshakes pass", "CorsPolicy",
      HANDSHAKES, "CorsPolicy Off", "CorsPolicy ReportOnly", "handshake more" },
    { "CorsProtect trusts those that read with credentials", "CorsPolicy",
      PROTECT " # " CREDENTIALS, "CorsPolicy Off", "CorsPolicy On",
      "request more; handshake more; trust more" },
    { "CorsProtect no longer trusts those that read", "CorsPolicy",
      PROTECT " # " CREDENTIALS, "CorsPolicy On", "CorsPolicy Off",
      "request less; handshake less; trust less; other more" },
    { "a section with a list of handshakes does not need trust", "CorsPolicy",
      PROTECT " # " CREDENTIALS, "CorsPolicy Off; " HANDSHAKES,
      "CorsPolicy On; " HANDSHAKES, "request more; trust more" },
    { "CorsProtect does not trust those that read without credentials",
      "CorsPolicy", PROTECT, "CorsPolicy Off", "CorsPolicy On",
      "request more" },
    { "nothing is trusted without CorsProtect", "CorsPolicy",
      CREDENTIALS " # CorsProtect ReportOnly", "CorsPolicy Off",
      "CorsPolicy On", "request more" },
    { "a policy that is on refuses others", "CorsPolicy",
      "CorsRejectDisallowed On", "CorsPolicy Off", "CorsPolicy On",
      "request more; refusal less" },
    { "a policy that only reports refuses nothing", "CorsPolicy",
      "CorsRejectDisallowed On", "CorsPolicy On", "CorsPolicy ReportOnly",
      "request less; refusal more; other more" },
    { "a policy that is off refuses nothing", "CorsPolicy",
      "CorsRejectDisallowed On", "CorsPolicy Off", "CorsPolicy ReportOnly",
      "" },
    { "a policy that is on lets its origins measure", "CorsPolicy", MEASURE,
      "CorsPolicy Off", "CorsPolicy On", "request more; timing more" },
    { "a policy that is off lets no origin measure", "CorsPolicy", MEASURE,
      "CorsPolicy On", "CorsPolicy Off",
      "request less; timing less; other more" },
};

static const row_t list_rows[] = {
    { "a longer list", "CorsAllowOrigins", "", "CorsAllowOrigins " A,
      "CorsAllowOrigins " A " " B, "request more" },
    { "a shorter list", "CorsAllowOrigins", "", "CorsAllowOrigins " A " " B,
      "CorsAllowOrigins " A, "request less" },
    { "another list", "CorsAllowOrigins", "", "CorsAllowOrigins " A,
      "CorsAllowOrigins " B, "request both" },
    { "a list in place of any other one", "CorsAllowOrigins", "", "",
      "CorsAllowOrigins " A, "request both" },
    { "any other list in place of one", "CorsAllowOrigins", "",
      "CorsAllowOrigins " A, NULL, "request both" },
    { "any origin in place of any list", "CorsAllowOrigins", "", "",
      "CorsAllowOrigins *", "request more" },
    { "any list in place of any origin", "CorsAllowOrigins", "",
      "CorsAllowOrigins *", "", "request less" },
    { "no origin in place of any list", "CorsAllowOrigins", "", "",
      "CorsAllowOrigins None", "request less" },
    { "any list in place of no origin", "CorsAllowOrigins", "",
      "CorsAllowOrigins None", "", "request more" },
    { "an added origin in place of a list", "CorsAllowOrigins", "",
      "CorsAllowOrigins " A, "CorsAllowOrigins +" A, "request both" },
    { "a list in place of an added origin", "CorsAllowOrigins", "",
      "CorsAllowOrigins +" A, "CorsAllowOrigins " A, "request both" },
    { "null with its permission", "CorsAllowOrigins", "",
      "CorsAllowOrigins " A "; " NULL_OK,
      "CorsAllowOrigins " A " null; " NULL_OK, "request more" },
    { "a permission that another section takes back contradicts null",
      "CorsAllowOrigins", "CorsAllowNullOriginUnsafe Off",
      "CorsAllowOrigins " A "; " NULL_OK,
      "CorsAllowOrigins " A " null; " NULL_OK, "request both" },
    { "a permission that is off contradicts no list without null",
      "CorsAllowOrigins", "CorsAllowNullOriginUnsafe Off",
      "CorsAllowOrigins " A, "CorsAllowOrigins " A " " B, "request more" },
    { "a list is allowed again without a null that was never permitted",
      "CorsAllowOrigins", "CorsPolicy On", "CorsAllowOrigins " A " null",
      "CorsAllowOrigins " A, "request both" },
    { "null of another section, which an added origin keeps",
      "CorsAllowOrigins", "CorsAllowOrigins null | CorsAllowOrigins +" A,
      "CorsAllowOrigins " A, "CorsAllowOrigins " B " " A, "request both" },
    { "any origin contradicts credentials", "CorsAllowOrigins", CREDENTIALS,
      "CorsAllowOrigins " A, "CorsAllowOrigins *", "request both" },
    { "any origin of another section, which an added origin keeps",
      "CorsAllowOrigins",
      CREDENTIALS " # CorsAllowOrigins * | CorsAllowOrigins +" A,
      "CorsAllowOrigins " A, "CorsAllowOrigins " A " " B, "request both" },
    { "a list without public origins contradicts no credentials",
      "CorsAllowOrigins", CREDENTIALS, "CorsAllowOrigins " A,
      "CorsAllowOrigins " A " " B, "request more" },
    { "any origin is permitted with credentials", "CorsAllowOrigins",
      CREDENTIALS "; " ANY_OK "; " SUFFIX_OK,
      "CorsAllowOrigins " A "; " ANY_OK "; " SUFFIX_OK,
      "CorsAllowOrigins *; " ANY_OK "; " SUFFIX_OK, "request more" },
    { "any origin without the permission for public suffixes",
      "CorsAllowOrigins", CREDENTIALS "; " ANY_OK,
      "CorsAllowOrigins " A "; " ANY_OK, "CorsAllowOrigins *; " ANY_OK,
      "request both" },
    { "public suffixes without the permission for any origin",
      "CorsAllowOrigins", CREDENTIALS "; " SUFFIX_OK,
      "CorsAllowOrigins " A "; " SUFFIX_OK,
      "CorsAllowOrigins " PUBLIC "; " SUFFIX_OK, "request both" },
    { "CorsProtect trusts an origin that reads with credentials",
      "CorsAllowOrigins", CREDENTIALS " # " PROTECT, "CorsAllowOrigins " A,
      "CorsAllowOrigins " A " " B, "request more; handshake more; trust more" },
    { "CorsProtect trusts no origin without credentials", "CorsAllowOrigins",
      PROTECT, "CorsAllowOrigins " A, "CorsAllowOrigins " A " " B,
      "request more" },
    { "with any origin, CorsProtect no longer trusts the list",
      "CorsAllowOrigins", CREDENTIALS "; " ANY_OK " # " PROTECT,
      "CorsAllowOrigins " A, "CorsAllowOrigins " A " " B,
      "request more; handshake both; trust both" },
    { "with a public suffix, CorsProtect no longer trusts the list",
      "CorsAllowOrigins", CREDENTIALS "; " SUFFIX_OK " # " PROTECT,
      "CorsAllowOrigins " A, "CorsAllowOrigins " A " " B,
      "request more; handshake both; trust both" },
    { "a wildcard in place of origins lets fewer measure", "CorsAllowOrigins",
      MEASURE, "CorsAllowOrigins " A, "CorsAllowOrigins https://*.example",
      "request more; timing both" },
    { "a longer list of handshakes", "CorsWebSocketAllowOrigins", "",
      HANDSHAKES, HANDSHAKES " " B, "handshake more" },
    { "a shorter list of handshakes", "CorsWebSocketAllowOrigins", "",
      HANDSHAKES " " B, HANDSHAKES, "handshake less" },
    { "a list of handshakes in place of any other one",
      "CorsWebSocketAllowOrigins", "", "", HANDSHAKES, "handshake both" },
    { "null in a list of handshakes contradicts the policy",
      "CorsWebSocketAllowOrigins", "CorsAllowNullOriginUnsafe Off",
      HANDSHAKES "; " NULL_OK, HANDSHAKES " null; " NULL_OK,
      "request both; handshake more" },
    { "null in a list of handshakes, which another section may permit",
      "CorsWebSocketAllowOrigins", NULL_OK, HANDSHAKES, HANDSHAKES " null",
      "request both; handshake more" },
    { "a longer list of CorsProtect", "CorsProtectAllowOrigins", PROTECT,
      "CorsProtectAllowOrigins " A, "CorsProtectAllowOrigins " A " " B,
      "handshake more; trust more" },
    { "a list of CorsProtect in place of any other one",
      "CorsProtectAllowOrigins", PROTECT, "", "CorsProtectAllowOrigins " A,
      "handshake both; trust both" },
    { "a list of CorsProtect, where it is not on", "CorsProtectAllowOrigins",
      "CorsProtect ReportOnly", "CorsProtectAllowOrigins " A,
      "CorsProtectAllowOrigins " A " " B, "" },
    { "a public list of CorsProtect is a contradiction",
      "CorsProtectAllowOrigins", PROTECT, "CorsProtectAllowOrigins " A,
      "CorsProtectAllowOrigins " A " " PUBLIC,
      "request both; handshake both; trust both" },
    { "null in a list of CorsProtect is a contradiction",
      "CorsProtectAllowOrigins", PROTECT, "CorsProtectAllowOrigins " A,
      "CorsProtectAllowOrigins " A " null",
      "request both; handshake both; trust both" },
};

/* Contradictions with settings of other sections. */
static const row_t contradiction_rows[] = {
    { "a policy that is on checks a list for any origin", "CorsPolicy",
      "CorsAllowOrigins * # " CREDENTIALS, "CorsPolicy Off", "CorsPolicy On",
      "request both" },
    { "a policy that is on checks a list with null", "CorsPolicy",
      "CorsAllowOrigins " A " null", "CorsPolicy Off", "CorsPolicy On",
      "request both" },
    { "a policy that is on checks exposed headers", "CorsPolicy",
      "CorsExposeHeaders * # " CREDENTIALS, "CorsPolicy Off", "CorsPolicy On",
      "request both" },
    { "credentials contradict a list for any origin", "CorsAllowCredentials",
      "CorsAllowOrigins *", "", CREDENTIALS, "request both" },
    { "credentials contradict all exposed headers", "CorsAllowCredentials",
      "CorsExposeHeaders *", "", CREDENTIALS, "request both" },
    { "a contradiction concerns what is trusted and measured",
      "CorsAllowCredentials", "CorsAllowOrigins * # " PROTECT " # " MEASURE, "",
      CREDENTIALS, "request both; handshake both; trust both; timing both" },
    { "all exposed headers contradict credentials", "CorsExposeHeaders",
      CREDENTIALS, "CorsExposeHeaders x-a", "CorsExposeHeaders *",
      "request both" },
    { "all exposed headers contradict a removed one", "CorsExposeHeaders",
      "CorsExposeHeaders -x-b", "CorsExposeHeaders x-a", "CorsExposeHeaders *",
      "request both" },
    { "all exposed headers do not contradict an added one", "CorsExposeHeaders",
      "CorsExposeHeaders +x-b", "CorsExposeHeaders x-a", "CorsExposeHeaders *",
      "request more" },
    { "all exposed headers, to which another section adds one",
      "CorsExposeHeaders",
      CREDENTIALS " # CorsExposeHeaders * | CorsExposeHeaders +x-b",
      "CorsExposeHeaders x-a", "CorsExposeHeaders x-a x-c", "request both" },
    { "CorsProtect checks its public list", "CorsProtect",
      "CorsProtectAllowOrigins " PUBLIC, "CorsProtect Off; " HANDSHAKES,
      PROTECT "; " HANDSHAKES, "request both; trust both; other less" },
    { "CorsProtect checks its list with null", "CorsProtect",
      "CorsProtectAllowOrigins null", "CorsProtect Off; " HANDSHAKES,
      PROTECT "; " HANDSHAKES, "request both; trust both; other less" },
    { "CorsProtect permits a public list", "CorsProtect",
      "CorsProtectAllowOrigins " PUBLIC "; " ANY_OK "; " SUFFIX_OK,
      "CorsProtect Off; " HANDSHAKES "; " ANY_OK "; " SUFFIX_OK,
      PROTECT "; " HANDSHAKES "; " ANY_OK "; " SUFFIX_OK, "other less" },
    { "a permission without a list", "CorsAllowAnyOriginWithCredentialsUnsafe",
      CREDENTIALS, "", ANY_OK, "" },
    { "any origin is permitted", "CorsAllowAnyOriginWithCredentialsUnsafe",
      "CorsAllowOrigins * # " CREDENTIALS, "", ANY_OK, "request more" },
    { "any origin is no longer permitted",
      "CorsAllowAnyOriginWithCredentialsUnsafe",
      "CorsAllowOrigins * # " CREDENTIALS, ANY_OK, "", "request less" },
    { "any origin is permitted without credentials",
      "CorsAllowAnyOriginWithCredentialsUnsafe", "CorsAllowOrigins *", "",
      ANY_OK, "" },
    { "a public suffix is permitted", "CorsAllowPublicSuffixUnsafe",
      "CorsAllowOrigins " PUBLIC " # " CREDENTIALS, "", SUFFIX_OK,
      "request more" },
    { "a public suffix is no longer permitted", "CorsAllowPublicSuffixUnsafe",
      "CorsAllowOrigins " PUBLIC " # " CREDENTIALS, SUFFIX_OK,
      "CorsAllowPublicSuffixUnsafe Off", "request less" },
    { "credentials that change as well have the effect of their permission",
      "CorsAllowAnyOriginWithCredentialsUnsafe", "CorsAllowOrigins *", "",
      ANY_OK "; " CREDENTIALS, "" },
    { "a public suffix of CorsProtect is permitted",
      "CorsAllowPublicSuffixUnsafe",
      PROTECT " # CorsProtectAllowOrigins " PUBLIC, "", SUFFIX_OK,
      "request more; handshake more; trust more" },
    { "null is permitted", "CorsAllowNullOriginUnsafe", "",
      "CorsAllowNullOriginUnsafe Off", NULL_OK,
      "request more; handshake more" },
    { "null is permitted, which CorsProtect trusts",
      "CorsAllowNullOriginUnsafe", PROTECT, "CorsAllowNullOriginUnsafe Off",
      NULL_OK, "request more; handshake more; trust more" },
    { "a list with null is permitted, of which all may measure",
      "CorsAllowNullOriginUnsafe", "CorsAllowOrigins " A " null # " MEASURE, "",
      NULL_OK, "request more; handshake more; timing more" },
    { "a list with null is no longer permitted", "CorsAllowNullOriginUnsafe",
      "CorsAllowOrigins " A " null # " MEASURE, NULL_OK,
      "CorsAllowNullOriginUnsafe Off",
      "request less; handshake less; timing less" },
};

static const row_t name_rows[] = {
    { "another method", "CorsAllowMethods", "", "CorsAllowMethods GET",
      "CorsAllowMethods GET PUT", "request more" },
    { "a method less", "CorsAllowMethods", "", "CorsAllowMethods GET PUT",
      "CorsAllowMethods GET", "request less" },
    { "the same headers", "CorsAllowHeaders", "", "CorsAllowHeaders x-a x-b",
      "CorsAllowHeaders x-b x-a", "" },
    { "any other header", "CorsAllowHeaders", "", "CorsAllowHeaders x-a",
      "CorsAllowHeaders *", "request more" },
    { "no other header than one", "CorsAllowHeaders", "", "CorsAllowHeaders *",
      "CorsAllowHeaders x-a", "request less" },
    { "a header that a wildcard does not cover", "CorsAllowHeaders", "",
      "CorsAllowHeaders *", "CorsAllowHeaders * authorization",
      "request more" },
    { "headers in place of any other list", "CorsAllowHeaders", "", NULL,
      "CorsAllowHeaders x-a", "request both" },
    { "any other list in place of headers", "CorsAllowHeaders", "",
      "CorsAllowHeaders x-a", "", "request both" },
    { "an added header in place of a list", "CorsAllowHeaders", "",
      "CorsAllowHeaders x-a", "CorsAllowHeaders +x-a", "request both" },
    { "a list in place of an added header", "CorsAllowHeaders", "",
      "CorsAllowHeaders +x-a", "CorsAllowHeaders x-a", "request both" },
    { "another exposed header", "CorsExposeHeaders", "",
      "CorsExposeHeaders x-a", "CorsExposeHeaders x-a x-b", "request more" },
};

/* Flags and choices by what their arguments allow. */
static const row_t choice_rows[] = {
    { "credentials", "CorsAllowCredentials", "", "CorsAllowCredentials Off",
      CREDENTIALS, "request more" },
    { "no credentials", "CorsAllowCredentials", "", CREDENTIALS,
      "CorsAllowCredentials Off", "request less" },
    { "credentials in place of any other setting", "CorsAllowCredentials", "",
      "", CREDENTIALS, "request more" },
    { "CorsProtect trusts credentials", "CorsAllowCredentials", PROTECT,
      "CorsAllowCredentials Off", CREDENTIALS,
      "request more; handshake more; trust more" },
    { "a private network", "CorsAllowPrivateNetwork", "",
      "CorsAllowPrivateNetwork Off", "CorsAllowPrivateNetwork On",
      "other more" },
    { "no private network", "CorsAllowPrivateNetwork", "",
      "CorsAllowPrivateNetwork On", "CorsAllowPrivateNetwork Off",
      "other less" },
    { "a refusal", "CorsRejectDisallowed", "", "CorsRejectDisallowed Off",
      "CorsRejectDisallowed On", "refusal less" },
    { "no refusal", "CorsRejectDisallowed", "", "CorsRejectDisallowed On",
      "CorsRejectDisallowed Off", "refusal more" },
    { "handshakes need an origin", "CorsWebSocketRequireOrigin", "",
      "CorsWebSocketRequireOrigin Off", "CorsWebSocketRequireOrigin On",
      "other less" },
    { "handshakes need no origin", "CorsWebSocketRequireOrigin", "",
      "CorsWebSocketRequireOrigin On", "CorsWebSocketRequireOrigin Off",
      "other more" },
    { "embedding is checked", "CorsProtectEmbedding", "",
      "CorsProtectEmbedding Off", "CorsProtectEmbedding On", "other less" },
    { "hosts are not checked", "CorsProtectHost", "", "CorsProtectHost On",
      "CorsProtectHost Off", "other more" },
    { "the origins of a policy may measure", "CorsTimingAllowOrigin", "",
      "CorsTimingAllowOrigin Off", MEASURE, "timing more" },
    { "any origin may measure", "CorsTimingAllowOrigin", "", MEASURE,
      "CorsTimingAllowOrigin *", "timing more" },
    { "no origin may measure", "CorsTimingAllowOrigin", "",
      "CorsTimingAllowOrigin *", "CorsTimingAllowOrigin Off", "timing less" },
    { "the origins of a policy in place of any other setting",
      "CorsTimingAllowOrigin", "", "", MEASURE, "timing both" },
    { "embedding by the origin only", "CorsResourcePolicy", "",
      "CorsResourcePolicy same-site", "CorsResourcePolicy same-origin",
      "other less" },
    { "embedding by any site", "CorsResourcePolicy", "",
      "CorsResourcePolicy same-site", "CorsResourcePolicy cross-origin",
      "other more" },
    { "embedding by any site, also of pages that isolate themselves",
      "CorsResourcePolicy", "", "CorsResourcePolicy Off",
      "CorsResourcePolicy cross-origin", "other less" },
    { "embedding by the origin in place of any other setting",
      "CorsResourcePolicy", "", "", "CorsResourcePolicy same-origin",
      "other less" },
    { "a handler answers preflights without its headers", "CorsPreflight", "",
      "CorsPreflight Answer", "CorsPreflight Continue", "other less" },
    { "a handler answers preflights with its headers", "CorsPreflight",
      "CorsBackendHeaders Keep", "CorsPreflight Answer",
      "CorsPreflight Continue", "other both" },
    { "a handler answers preflights with exposed headers only", "CorsPreflight",
      "CorsBackendHeaders KeepExposed", "CorsPreflight Answer",
      "CorsPreflight Continue", "other less" },
    { "how long preflights are cached", "CorsMaxAge", "", "CorsMaxAge 1",
      "CorsMaxAge 2", "other less" },
    { "how long preflights are cached, beside a handler with headers",
      "CorsMaxAge", "CorsBackendHeaders Keep", "CorsMaxAge 1", "CorsMaxAge 2",
      "other less" },
    { "the status of a preflight", "CorsPreflightStatus", "",
      "CorsPreflightStatus 200", "CorsPreflightStatus 204", "other less" },
    { "variables", "CorsSetEnv", "", "CorsSetEnv Off", "CorsSetEnv On",
      "other less" },
    { "the headers of the handler", "CorsBackendHeaders", "",
      "CorsBackendHeaders Replace", "CorsBackendHeaders Keep", "other both" },
    { "CorsProtect checks requests and handshakes", "CorsProtect", "",
      "CorsProtect Off", PROTECT, "handshake less; other less" },
    { "CorsProtect only reports", "CorsProtect", "", PROTECT,
      "CorsProtect ReportOnly", "handshake more; other more" },
    { "CorsProtect reports in place of no check", "CorsProtect", "",
      "CorsProtect Off", "CorsProtect ReportOnly", "" },
    { "CorsProtect reports strictly in place of no check", "CorsProtect", "",
      "CorsProtect Off", "CorsProtect ReportOnly Strict", "" },
    { "CorsProtect is strict, which is not about handshakes", "CorsProtect", "",
      PROTECT, PROTECT " Strict", "other less" },
    { "strict checks in place of no check", "CorsProtect", "",
      "CorsProtect Off", PROTECT " Strict", "handshake less; other less" },
    { "CorsProtect does not check handshakes of a list", "CorsProtect", "",
      "CorsProtect Off; " HANDSHAKES, PROTECT "; " HANDSHAKES, "other less" },
    { "a list of handshakes that is new does not count", "CorsProtect", "",
      "CorsProtect Off", PROTECT "; " HANDSHAKES,
      "handshake less; other less" },
};

static void add_policies(cors_present_t *present, const char *policies)
{
    char *last;
    char *text = apr_strtok(apr_pstrdup(pool, policies), "#", &last);

    for (; text; text = apr_strtok(NULL, "#", &last)) {
        cors_present_add(present, policy_of(text));
    }
}

/* Returns the policy of a section, which counts as a present one as well. */
static const cors_policy_t *add_section(cors_present_t *present,
                                        const char *settings)
{
    const cors_policy_t *policy = policy_of(settings ? settings : "");

    cors_present_add(present, policy);
    return policy;
}

static const char *text_of_effects(const unsigned *effects)
{
    static const char *const names[] = { "request", "handshake", "trust",
                                         "refusal", "timing",    "other" };
    static const char *const directions[] = { "", " less", " more", " both" };
    const char *text = "";
    size_t i;

    assert_int_equal(COUNT(names), CORS_EFFECT_COUNT);
    for (i = 0; i < CORS_EFFECT_COUNT; i++) {
        assert_in_range(effects[i], 0, CORS_DIRECTION_BOTH);
        if (effects[i]) {
            text = join_with(text, "; ",
                             apr_pstrcat(pool, names[i], directions[effects[i]],
                                         NULL));
        }
    }
    return text;
}

static void check_row(void **state)
{
    const row_t *row = *state;
    cors_lists_t *lists =
        cors_lists_make(pool, apr_hash_make(pool), apr_hash_make(pool));
    cors_present_t present;
    const cors_policy_t *old;
    const cors_policy_t *now;
    cors_changed_t changed;
    unsigned effects[CORS_EFFECT_COUNT];

    memset(&present, 0, sizeof(present));
    add_policies(&present, row->others);
    old = add_section(&present, row->old);
    now = add_section(&present, row->now);
    changed.attr = attr_of_directive(row->directive);
    changed.old = row->old ? old : NULL;
    changed.now = row->now ? now : NULL;
    changed.websocket_listed =
        cors_policy_checks_websocket(old) && cors_policy_checks_websocket(now);
    memset(effects, 0xff, sizeof(effects));
    cors_effects_find(lists, &present, &changed, effects);
    same_text(row->name, text_of_effects(effects), row->effects);
}

int main(void)
{
    const table_t tables[] = {
        TABLE(check_row, mode_rows),          TABLE(check_row, list_rows),
        TABLE(check_row, contradiction_rows), TABLE(check_row, name_rows),
        TABLE(check_row, choice_rows),
    };

    return run_all_tests(NULL, 0, tables, COUNT(tables));
}
