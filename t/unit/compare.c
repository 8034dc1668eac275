/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What two policies allow differently, line by line; and which sections of two
 * configurations are compared with each other. */

#include "configure.h"

#include "core/diagnose/compare.h"

#define A "https://a.example"
#define B "https://b.example"
#define LIST "CorsPolicy On; CorsAllowOrigins " A
#define PROTECT "CorsProtect On"

/* The differences of two servers, as lines. */
typedef struct {
    const char *name;
    const char *old;
    const char *now;
    const char *lines;
} row_t;

static const row_t rows[] = {
    { "the same policy has no difference", LIST, LIST, "" },
    { "the order of a list makes no difference",
      "CorsPolicy On; CorsAllowOrigins " A " " B,
      "CorsPolicy On; CorsAllowOrigins " B " " A, "" },
    { "a wildcard covers a new entry",
      "CorsPolicy On; CorsAllowOrigins https://*.example",
      "CorsPolicy On; CorsAllowOrigins https://*.example " A, "" },
    { "a new entry", LIST, "CorsPolicy On; CorsAllowOrigins " A " " B,
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "an entry that is gone", "CorsPolicy On; CorsAllowOrigins " A " " B, LIST,
      "no longer allowed: https://b.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "every new entry has an origin", LIST,
      "CorsPolicy On; CorsAllowOrigins " A " " B
      " https://*.w.example https://p.example:*",
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n"
      "newly allowed: https://any-other.w.example on server a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:2; before: "
      "CorsAllowOrigins conf:2)\n"
      "newly allowed: https://p.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "an exclusion that is gone",
      "CorsPolicy On; CorsAllowOrigins https://*.example !" A,
      "CorsPolicy On; CorsAllowOrigins https://*.example",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "a policy that is on now", "CorsAllowOrigins " A, LIST,
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsPolicy "
      "(default))\n" },
    { "a policy that only reports allows nothing",
      "CorsPolicy ReportOnly; CorsAllowOrigins " A,
      "CorsPolicy Off; CorsAllowOrigins " A, "" },
    { "credentials", LIST, LIST "; CorsAllowCredentials On",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with credentials (CorsAllowCredentials conf:3; before: "
      "CorsAllowCredentials (default))\n" },
    { "no credentials", LIST "; CorsAllowCredentials On", LIST,
      "no longer allowed: https://a.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE, with credentials (CorsAllowCredentials (default); "
      "before: CorsAllowCredentials conf:3)\n" },
    { "credentials without an origin in common",
      "CorsPolicy On; CorsAllowOrigins " B, LIST "; CorsAllowCredentials On",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with credentials (CorsAllowOrigins conf:2; before: "
      "CorsAllowOrigins conf:2)\n"
      "no longer allowed: https://b.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "a method", LIST, LIST "; CorsAllowMethods +PURGE",
      "newly allowed: https://a.example on server a.test, PURGE "
      "(CorsAllowOrigins conf:2; before: CorsAllowMethods (default))\n" },
    { "all methods", LIST, LIST "; CorsAllowMethods *",
      "newly allowed: https://a.example on server a.test, all methods except "
      "GET HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:2; before: "
      "CorsAllowMethods (default))\n" },
    { "a method that needs no permission", LIST "; CorsAllowMethods GET PUT",
      LIST "; CorsAllowMethods PUT", "" },
    { "a header", LIST, LIST "; CorsAllowHeaders +x-a",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with the header x-a (CorsAllowHeaders conf:3; before: "
      "CorsAllowHeaders (default))\n" },
    { "the wildcard of headers does not cover authorization", LIST,
      LIST "; CorsAllowHeaders *",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with the header x-any-other (CorsAllowHeaders conf:3; "
      "before: CorsAllowHeaders (default))\n" },
    { "a header in another case", LIST "; CorsAllowHeaders X-C",
      LIST "; CorsAllowHeaders x-c", "" },
    { "a header that an edit no longer removes",
      LIST "; CorsAllowHeaders * | CorsAllowHeaders -x-a",
      LIST "; CorsAllowHeaders * | CorsMaxAge 60",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with the header x-a (CorsAllowHeaders conf:3; before: "
      "CorsAllowHeaders conf:4)\n"
      "changed: CorsMaxAge 60, before None on server a.test, all methods "
      "(CorsMaxAge conf:4; before: CorsMaxAge (default))\n" },
    { "a header in two cases", LIST "; CorsAllowHeaders x-a",
      LIST "; CorsAllowHeaders x-a X-C | CorsAllowHeaders +x-c",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with the header x-c (CorsAllowHeaders conf:4; before: "
      "CorsAllowHeaders conf:3)\n" },
    { "an exposed header", LIST, LIST "; CorsExposeHeaders x-a",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, reading x-a (CorsExposeHeaders conf:3; before: "
      "CorsExposeHeaders (default))\n" },
    { "the settings of a policy that allows nothing", "CorsPolicy On",
      "CorsPolicy On; CorsAllowCredentials On; CorsAllowHeaders x-a", "" },
    { "how long a preflight is cached", LIST "; CorsMaxAge 60",
      LIST "; CorsMaxAge 90",
      "changed: CorsMaxAge 90, before 60 on server a.test, all methods "
      "(CorsMaxAge conf:3; before: CorsMaxAge conf:3)\n" },
    { "a list for WebSockets", LIST, LIST "; CorsWebSocketAllowOrigins " A,
      "no longer allowed: https://any-other.example on server a.test, "
      "WebSocket (CorsWebSocketAllowOrigins conf:3; before: "
      "CorsWebSocketAllowOrigins (default))\n" },
    { "WebSockets without a list", LIST "; CorsWebSocketAllowOrigins " A, LIST,
      "newly allowed: https://any-other.example on server a.test, WebSocket "
      "(CorsWebSocketAllowOrigins (default); before: CorsWebSocketAllowOrigins "
      "conf:3)\n" },
    { "Self in both lists", LIST "; CorsWebSocketAllowOrigins Self",
      LIST "; CorsWebSocketAllowOrigins Self " A,
      "newly allowed: https://a.example on server a.test, WebSocket "
      "(CorsWebSocketAllowOrigins conf:3; before: CorsWebSocketAllowOrigins "
      "conf:3)\n" },
    { "Self in one list", LIST "; CorsWebSocketAllowOrigins " A,
      LIST "; CorsWebSocketAllowOrigins " A " Self",
      "undecided: the origins on server a.test, WebSocket: Self\n" },
    { "protection that is off", LIST "; CorsProtect On",
      LIST "; CorsProtect Off",
      "newly allowed: https://any-other.example on server a.test, WebSocket "
      "(CorsProtect conf:3; before: CorsProtect conf:3)\n"
      "weaker: CorsProtect Off, before On on server a.test, all methods "
      "(CorsProtect conf:3; before: CorsProtect conf:3)\n" },
    { "protection that only reports", LIST "; CorsProtect On",
      LIST "; CorsProtect ReportOnly",
      "newly allowed: https://any-other.example on server a.test, WebSocket "
      "(CorsProtect conf:3; before: CorsProtect conf:3)\n"
      "weaker: CorsProtect ReportOnly, before On on server a.test, all methods "
      "(CorsProtect conf:3; before: CorsProtect conf:3)\n" },
    { "protection that is strict", LIST "; CorsProtect On",
      LIST "; CorsProtect On Strict",
      "changed: CorsProtect On Strict, before On on server a.test, all methods "
      "(CorsProtect conf:3; before: CorsProtect conf:3)\n" },
    { "an origin that protection trusts",
      LIST "; CorsProtect On; CorsProtectAllowOrigins " A,
      LIST "; CorsProtect On; CorsProtectAllowOrigins " A " " B,
      "newly allowed: https://b.example on server a.test, WebSocket "
      "(CorsProtectAllowOrigins conf:4; before: CorsProtectAllowOrigins "
      "conf:4)\n"
      "newly allowed: https://b.example on server a.test, all methods except "
      "GET HEAD, past CorsProtect (CorsProtectAllowOrigins conf:4; before: "
      "CorsProtectAllowOrigins conf:4)\n" },
    { "an origin that may embed",
      PROTECT "; CorsProtectEmbedding On; CorsWebSocketAllowOrigins *",
      PROTECT "; CorsProtectEmbedding On; CorsWebSocketAllowOrigins *; "
              "CorsProtectAllowOrigins " B,
      "newly allowed: https://b.example on server a.test, all methods, past "
      "CorsProtect (CorsProtectAllowOrigins conf:4; before: CorsProtect "
      "conf:1)\n" },
    { "a list that CorsProtect has already trusted",
      PROTECT "; " LIST "; CorsAllowCredentials On",
      PROTECT "; " LIST "; CorsAllowCredentials On; CorsProtectAllowOrigins " A,
      "" },
    { "an origin that CorsProtect trusts because it reads with credentials",
      PROTECT "; " LIST "; CorsAllowCredentials On; CorsProtectAllowOrigins " A,
      PROTECT "; " LIST " " B
              "; CorsAllowCredentials On; CorsProtectAllowOrigins " A,
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with credentials (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "newly allowed: https://b.example and others on server a.test, WebSocket "
      "(CorsAllowOrigins conf:3; before: CorsProtectAllowOrigins conf:5)\n"
      "newly allowed: https://b.example and others on server a.test, all "
      "methods except GET HEAD, past CorsProtect (CorsAllowOrigins conf:3; "
      "before: CorsProtectAllowOrigins conf:5)\n" },
    { "two lists together",
      PROTECT "; CorsPolicy On; CorsAllowOrigins https://*.x.example "
              "!https://*.y.x.example; CorsAllowCredentials On; "
              "CorsProtectAllowOrigins https://*.y.x.example",
      PROTECT "; CorsPolicy On; CorsAllowOrigins https://*.x.example "
              "!https://*.y.x.example; CorsAllowCredentials On; "
              "CorsProtectAllowOrigins https://*.x.example",
      "undecided: the origins on server a.test, WebSocket: two lists "
      "together\n"
      "undecided: the origins on server a.test, all methods except GET HEAD, "
      "past CorsProtect: two lists together\n" },
    { "a list that anyone can be in does not lift CorsProtect",
      PROTECT "; CorsPolicy On; CorsAllowOrigins " A
              " https://*.github.io; CorsAllowCredentials On; "
              "CorsAllowPublicSuffixUnsafe On; CorsWebSocketAllowOrigins *",
      PROTECT "; " LIST "; CorsAllowCredentials On; "
              "CorsAllowPublicSuffixUnsafe On; CorsWebSocketAllowOrigins *",
      "newly allowed: https://a.example on server a.test, all methods except "
      "GET HEAD, past CorsProtect (CorsAllowOrigins conf:3; before: "
      "CorsProtect conf:1)\n"
      "no longer allowed: https://any-other.github.io on server a.test, GET "
      "HEAD POST PUT PATCH DELETE, with credentials (CorsAllowOrigins conf:3; "
      "before: CorsAllowOrigins conf:3)\n" },
    { "a policy with a contradiction trusts no origin",
      PROTECT "; CorsWebSocketAllowOrigins *; CorsProtectAllowOrigins " A
              "; CorsPolicy On; CorsAllowOrigins *; CorsAllowCredentials On",
      PROTECT "; CorsWebSocketAllowOrigins *; CorsProtectAllowOrigins " A,
      "newly allowed: https://a.example on server a.test, all methods except "
      "GET HEAD, past CorsProtect (CorsProtectAllowOrigins conf:3; before: "
      "CorsProtectAllowOrigins conf:3)\n"
      "undecided: CorsPolicy Off, before On on server a.test, all methods: "
      "CORS headers of the handler are not removed (CorsPolicy (default); "
      "before: CorsPolicy conf:4)\n" },
    { "a list in place of CorsProtect", PROTECT "; CorsProtectAllowOrigins " A,
      PROTECT "; CorsProtectAllowOrigins " A "; CorsWebSocketAllowOrigins " B,
      "newly allowed: https://b.example on server a.test, WebSocket "
      "(CorsWebSocketAllowOrigins conf:3; before: CorsProtectAllowOrigins "
      "conf:2)\n"
      "no longer allowed: https://a.example on server a.test, WebSocket "
      "(CorsWebSocketAllowOrigins conf:3; before: CorsProtectAllowOrigins "
      "conf:2)\n" },
    { "a list that is only reported", LIST "; CorsWebSocketAllowOrigins " A,
      "CorsPolicy ReportOnly; CorsAllowOrigins " A
      "; CorsWebSocketAllowOrigins " A,
      "newly allowed: https://any-other.example on server a.test, WebSocket "
      "(CorsPolicy conf:1; before: CorsWebSocketAllowOrigins conf:3)\n"
      "undecided: CorsPolicy ReportOnly, before On on server a.test, all "
      "methods: CORS headers of the handler are not removed (CorsPolicy "
      "conf:1; before: CorsPolicy conf:1)\n"
      "no longer allowed: https://a.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsPolicy conf:1; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "a refusal that is gone with its policy",
      "CorsPolicy On; CorsRejectDisallowed On",
      "CorsPolicy Off; CorsRejectDisallowed On",
      "weaker: CorsRejectDisallowed Off, before On on server a.test, all "
      "methods (CorsPolicy conf:1; before: CorsRejectDisallowed conf:2)\n"
      "undecided: CorsPolicy Off, before On on server a.test, all methods: "
      "CORS headers of the handler are not removed (CorsPolicy conf:1; before: "
      "CorsPolicy conf:1)\n" },
    { "a policy without an origin", "", "CorsPolicy On",
      "changed: CorsPolicy On, before Off on server a.test, all methods "
      "(CorsPolicy conf:1; before: CorsPolicy (default))\n" },
    { "a policy that kept the headers of the handler",
      "CorsPolicy On; CorsBackendHeaders Keep", "",
      "changed: CorsPolicy Off, before On on server a.test, all methods "
      "(CorsPolicy (default); before: CorsPolicy conf:1)\n" },
    { "a preflight that the backend answers",
      LIST "; CorsBackendHeaders Keep; CorsPreflight Answer",
      LIST "; CorsBackendHeaders Keep; CorsPreflight Continue",
      "undecided: CorsPreflight Continue, before Answer on server a.test, all "
      "methods: how the backend answers a preflight (CorsPreflight conf:4; "
      "before: CorsPreflight conf:4)\n" },
    { "a preflight that the handler answers", LIST,
      LIST "; CorsPreflight Continue",
      "changed: CorsPreflight Continue, before Answer on server a.test, all "
      "methods (CorsPreflight conf:3; before: CorsPreflight (default))\n" },
    { "a header that pages can always read", LIST,
      LIST "; CorsExposeHeaders Content-Type", "" },
    { "an origin that may measure, by the same list",
      "CorsPolicy On; CorsAllowOrigins https://*.example; "
      "CorsTimingAllowOrigin Policy",
      "CorsPolicy On; CorsAllowOrigins https://*.example " A
      "; CorsTimingAllowOrigin Policy",
      "weaker: CorsTimingAllowOrigin https://a.example, before without origins "
      "on server a.test, all methods (CorsTimingAllowOrigin conf:3; before: "
      "CorsTimingAllowOrigin conf:3)\n" },
    { "an origin that may no longer measure",
      "CorsPolicy On; CorsAllowOrigins https://*.example " A
      "; CorsTimingAllowOrigin Policy",
      "CorsPolicy On; CorsAllowOrigins https://*.example; "
      "CorsTimingAllowOrigin Policy",
      "changed: CorsTimingAllowOrigin without origins, before "
      "https://a.example on server a.test, all methods (CorsTimingAllowOrigin "
      "conf:3; before: CorsTimingAllowOrigin conf:3)\n" },
    { "a refusal that is gone", LIST "; CorsRejectDisallowed On", LIST,
      "weaker: CorsRejectDisallowed Off, before On on server a.test, all "
      "methods (CorsRejectDisallowed (default); before: CorsRejectDisallowed "
      "conf:3)\n" },
    { "the private network", LIST, LIST "; CorsAllowPrivateNetwork On",
      "weaker: CorsAllowPrivateNetwork On, before Off on server a.test, all "
      "methods (CorsAllowPrivateNetwork conf:3; before: "
      "CorsAllowPrivateNetwork (default))\n" },
    { "the headers of a backend", LIST, LIST "; CorsBackendHeaders Keep",
      "undecided: CorsBackendHeaders Keep, before Replace on server a.test, "
      "all methods: the CORS headers of the backend (CorsBackendHeaders "
      "conf:3; before: CorsBackendHeaders (default))\n" },
    { "who may measure", LIST, LIST "; CorsTimingAllowOrigin Policy",
      "weaker: CorsTimingAllowOrigin Policy, before Off on server a.test, all "
      "methods (CorsTimingAllowOrigin conf:3; before: CorsTimingAllowOrigin "
      "(default))\n" },
    { "who may embed", LIST "; CorsResourcePolicy same-origin",
      LIST "; CorsResourcePolicy same-site",
      "weaker: CorsResourcePolicy same-site, before same-origin on server "
      "a.test, all methods (CorsResourcePolicy conf:3; before: "
      "CorsResourcePolicy conf:3)\n" },
    { "a regular expression",
      "CorsPolicy On; CorsAllowOriginsMatch https://a[0-8]\\.example",
      "CorsPolicy On; CorsAllowOriginsMatch https://a[0-9]\\.example",
      "newly allowed: https://a9.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOriginsMatch conf:2; before: "
      "CorsAllowOriginsMatch conf:2)\n" },
    { "a regular expression that no automaton represents",
      LIST "; CorsAllowOriginsMatch https://(?!x)a\\.b",
      LIST "; CorsAllowOriginsMatch https://(?!y)a\\.b",
      "undecided: the origins on server a.test, GET HEAD POST PUT PATCH "
      "DELETE: regular expression https://(?!y)a\\.b: look-ahead\n" },
    { "the same one in both", LIST "; CorsAllowOriginsMatch https://(?!x)a\\.b",
      LIST "; CorsAllowOriginsMatch https://(?!x)a\\.b", "" },
    { "only the same one in both",
      "CorsPolicy On; CorsAllowOriginsMatch https://(?!x)a\\.b; CorsMaxAge 60",
      "CorsPolicy On; CorsAllowOriginsMatch https://(?!x)a\\.b; CorsMaxAge 90",
      "changed: CorsMaxAge 90, before 60 on server a.test, all methods "
      "(CorsMaxAge conf:3; before: CorsMaxAge conf:3)\n" },
    { "headers of origins that no automaton represents",
      "CorsPolicy On; CorsAllowOriginsMatch https://(?!x)a\\.b",
      "CorsPolicy On; CorsAllowOriginsMatch https://(?!x)a\\.b; "
      "CorsAllowHeaders x-a; CorsExposeHeaders x-b; CorsAllowCredentials On; "
      "CorsAllowAnyOriginWithCredentialsUnsafe On",
      "undecided: the origins on server a.test, GET HEAD POST PUT PATCH "
      "DELETE, with credentials: regular expression https://(?!x)a\\.b: "
      "look-ahead\n" },
    { "an edit", LIST " | CorsMaxAge 60",
      LIST " | CorsAllowOrigins +" B "; CorsMaxAge 60",
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:3; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "null without its permission", LIST "; CorsAllowOrigins null",
      LIST "; CorsAllowOrigins null; CorsAllowNullOriginUnsafe On",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsPolicy conf:1)\n"
      "newly allowed: null on server a.test, GET HEAD POST PUT PATCH DELETE "
      "(CorsAllowOrigins conf:3; before: CorsPolicy conf:1)\n" },
};

/* A section of a test: the settings of the server and, after "#", its own. */
static cors_snapshot_section_t *section_of(const char *key, const char *server,
                                           const char *own)
{
    cors_snapshot_section_t *section = apr_pcalloc(pool, sizeof(*section));
    cors_snapshot_group_t *group = apr_pcalloc(pool, sizeof(*group));
    apr_array_header_t *groups = apr_array_make(pool, 1, sizeof(group));

    group->policy = policy_of(apr_pstrcat(pool, server, " | ", own, NULL));
    group->own = policy_of(own);
    group->others = true;
    APR_ARRAY_PUSH(groups, const cors_snapshot_group_t *) = group;
    section->key = key;
    section->outer = "";
    section->title = *key ? key : NULL;
    section->path = strchr(key, '/') ? key : NULL;
    section->plain = strncmp(key, "location ", 9) == 0;
    section->groups = groups;
    return section;
}

static cors_snapshot_host_t *add_host(cors_snapshot_t *snapshot,
                                      const char *name, const char *address)
{
    cors_snapshot_host_t *host = apr_pcalloc(pool, sizeof(*host));

    host->name = name;
    host->address = address;
    host->sections = apr_array_make(pool, 1, sizeof(cors_snapshot_section_t *));
    APR_ARRAY_PUSH(snapshot->hosts, cors_snapshot_host_t *) = host;
    return host;
}

/*
 * A configuration: "SETTINGS # KEY: SETTINGS # KEY: SETTINGS" are the settings of the server
 * and of its sections.
 */
static cors_snapshot_t *snapshot_of(const char *text)
{
    cors_snapshot_t *snapshot = apr_pcalloc(pool, sizeof(*snapshot));
    cors_snapshot_host_t *host;
    char *last;
    char *part = apr_strtok(apr_pstrcat(pool, " ", text, NULL), "#", &last);
    const char *server = part;

    snapshot->hosts = apr_array_make(pool, 1, sizeof(cors_snapshot_host_t *));
    snapshot->files = apr_hash_make(pool);
    host = add_host(snapshot, "a.test", NULL);
    APR_ARRAY_PUSH(host->sections, cors_snapshot_section_t *) =
        section_of("", "", server);
    while ((part = apr_strtok(NULL, "#", &last)) != NULL) {
        char *own = strstr(part, ": ");

        assert_non_null(own);
        *own = '\0';
        APR_ARRAY_PUSH(host->sections, cors_snapshot_section_t *) =
            section_of(part + 1, server, own + 1);
    }
    return snapshot;
}

static const char *differences_of(const cors_snapshot_t *old,
                                  const cors_snapshot_t *now)
{
    const apr_array_header_t *found = cors_compare(pool, old, now);
    const char *lines = "";
    int i;

    for (i = 0; i < found->nelts; i++) {
        lines = apr_pstrcat(
            pool, lines,
            cors_compared_line(pool, &APR_ARRAY_IDX(found, i, cors_compared_t)),
            "\n", NULL);
    }
    return lines;
}

static void check_row(void **state)
{
    const row_t *row = *state;

    same_text(row->name,
              differences_of(snapshot_of(row->old), snapshot_of(row->now)),
              row->lines);
}

/* The sections that are compared, and what differs. */
static const row_t section_rows[] = {
    { "a section that is new", LIST, LIST " # location /x: CorsAllowOrigins " B,
      "newly allowed: " B
      " on location /x of a.test, GET HEAD POST PUT PATCH DELETE "
      "(CorsAllowOrigins conf:3; before: CorsAllowOrigins conf:2)\n"
      "no longer allowed: " A
      " on location /x of a.test, GET HEAD POST PUT PATCH DELETE "
      "(CorsAllowOrigins conf:3; before: CorsAllowOrigins conf:2)\n" },
    { "a section that is gone has the policy of the section above it",
      LIST " # location /x: CorsAllowOrigins " B
           " # location /x/y: CorsAllowOrigins https://c.example",
      LIST " # location /x: CorsAllowOrigins " B,
      "newly allowed: " B
      " on location /x/y of a.test, GET HEAD POST PUT PATCH DELETE "
      "(CorsAllowOrigins conf:3; before: CorsAllowOrigins conf:3)\n"
      "no longer allowed: https://c.example on location /x/y of a.test, GET "
      "HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n" },
    { "a section that repeats its server", LIST,
      LIST " # location /x: CorsAllowOrigins " A, "" },
    { "a setting without an effect, if all sections are known by their path",
      "CorsPolicy On # location /x: CorsMaxAge 1",
      "CorsPolicy On # location /x: CorsMaxAge 1; CorsAllowCredentials On",
      "" },
    { "the same if another section may apply",
      "CorsPolicy On # location /x: CorsMaxAge 1 # files: CorsMaxAge 2",
      "CorsPolicy On # location /x: CorsMaxAge 1; CorsAllowCredentials On # "
      "files: CorsMaxAge 2",
      "undecided: a change of CorsAllowCredentials on location /x of a.test, "
      "all methods: other sections that apply to the same request "
      "(CorsAllowCredentials conf:3; before: CorsAllowCredentials "
      "(default))\n" },
    { "the order of sections",
      LIST " # match a: CorsAllowOrigins " B " # files: CorsAllowOrigins " A
           " # match b: CorsMaxAge 1; CorsAllowOrigins " A
           " # match c: CorsExposeHeaders x-a",
      LIST " # match c: CorsExposeHeaders x-a # match b: CorsMaxAge 1; "
           "CorsAllowOrigins " A " # match a: CorsAllowOrigins " B
           " # files: CorsAllowOrigins " A,
      "undecided: the policy on match a of a.test, all methods: the order of "
      "sections that may apply to the same request\n" },
    { "a narrower list beside a setting that may allow more",
      "# files: CorsPolicy Off; CorsWebSocketAllowOrigins " A " " B
      " # match: CorsAllowOrigins " A,
      "# files: CorsPolicy On; CorsWebSocketAllowOrigins " A
      " # match: CorsAllowOrigins " A,
      "undecided: a change of CorsPolicy on files of a.test, all methods: "
      "other sections that apply to the same request (CorsPolicy conf:1; "
      "before: CorsPolicy conf:1)\n"
      "no longer allowed: https://b.example on files of a.test, WebSocket "
      "(CorsWebSocketAllowOrigins conf:2; before: CorsWebSocketAllowOrigins "
      "conf:2)\n" },
    { "a wider list beside another section that may apply",
      LIST " # files: CorsAllowOrigins " B " # match: CorsMaxAge 1",
      LIST " # files: CorsAllowOrigins " B " " A " # match: CorsMaxAge 1",
      "newly allowed: https://a.example on files of a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:3; before: CorsAllowOrigins "
      "conf:3)\n"
      "undecided: a change of CorsAllowOrigins on files of a.test, all methods "
      "except GET HEAD POST PUT PATCH DELETE: other sections that apply to the "
      "same request (CorsAllowOrigins conf:3; before: CorsAllowOrigins "
      "conf:3)\n" },
    { "a wider list of headers beside another section that may apply",
      LIST " # files: CorsAllowHeaders x-a # match: CorsMaxAge 1",
      LIST " # files: CorsAllowHeaders x-a x-b # match: CorsMaxAge 1",
      "newly allowed: https://a.example on files of a.test, GET HEAD POST PUT "
      "PATCH DELETE, with the header x-b (CorsAllowHeaders conf:3; before: "
      "CorsAllowHeaders conf:3)\n"
      "undecided: a change of CorsAllowHeaders on files of a.test, all methods "
      "except GET HEAD POST PUT PATCH DELETE: other sections that apply to the "
      "same request (CorsAllowHeaders conf:3; before: CorsAllowHeaders "
      "conf:3)\n" },
    { "settings of origins that no automaton represents, beside another "
      "section",
      LIST " # files: CorsAllowOriginsMatch https://(?!x)a\\.b # match: "
           "CorsMaxAge 1",
      LIST " # files: CorsAllowOriginsMatch https://(?!x)a\\.b; "
           "CorsAllowHeaders x-a; CorsExposeHeaders x-b; CorsAllowCredentials "
           "On; CorsAllowAnyOriginWithCredentialsUnsafe On # match: "
           "CorsMaxAge 1",
      "undecided: the origins on files of a.test, GET HEAD POST PUT PATCH "
      "DELETE, with credentials: regular expression https://(?!x)a\\.b: "
      "look-ahead\n"
      "undecided: a change of CorsAllowHeaders on files of a.test, all "
      "methods except GET HEAD POST PUT PATCH DELETE: other sections that "
      "apply to the same request (CorsAllowHeaders conf:4; before: "
      "CorsAllowHeaders (default))\n"
      "undecided: a change of CorsExposeHeaders on files of a.test, all "
      "methods except GET HEAD POST PUT PATCH DELETE: other sections that "
      "apply to the same request (CorsExposeHeaders conf:5; before: "
      "CorsExposeHeaders (default))\n"
      "undecided: a change of CorsAllowCredentials on files of a.test, all "
      "methods except GET HEAD POST PUT PATCH DELETE: other sections that "
      "apply to the same request (CorsAllowCredentials conf:6; before: "
      "CorsAllowCredentials (default))\n" },
    { "names that a section no longer adds",
      LIST " # files: CorsAllowMethods GET PUT PURGE; CorsAllowHeaders *",
      LIST " # files: CorsAllowMethods PUT; CorsAllowHeaders x-a x-b",
      "no longer allowed: " A
      " on files of a.test, GET HEAD POST PUT, with the header x-any-other "
      "(CorsAllowHeaders conf:4; before: CorsAllowHeaders conf:4)\n"
      "no longer allowed: " A " on files of a.test, PURGE (CorsAllowMethods "
      "conf:3; before: CorsAllowOrigins conf:2)\n"
      "changed: a change of CorsAllowMethods on files of a.test, all methods "
      "except PURGE: other sections that apply to the same request "
      "(CorsAllowMethods conf:3; before: CorsAllowMethods conf:3)\n"
      "changed: a change of CorsAllowHeaders on files of a.test, all methods "
      "except GET HEAD POST PUT: other sections that apply to the same request "
      "(CorsAllowHeaders conf:4; before: CorsAllowHeaders conf:4)\n" },
    { "a name that a wildcard does not cover",
      LIST " # files: CorsPolicy Off; CorsAllowHeaders *",
      LIST " # files: CorsPolicy Off; CorsAllowHeaders authorization",
      "undecided: a change of CorsAllowHeaders on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowHeaders conf:4; before: CorsAllowHeaders conf:4)\n" },
    { "a difference of several sections", LIST " # location /x: CorsMaxAge 1",
      LIST "; CorsAllowPrivateNetwork On # location /x: CorsMaxAge 1",
      "weaker: CorsAllowPrivateNetwork On, before Off on server a.test and 1 "
      "other section, all methods (CorsAllowPrivateNetwork conf:3; before: "
      "CorsAllowPrivateNetwork (default))\n" },
};

/* The origins that stand for the entries of a list, where exclusions matter. */
static const row_t excluded_rows[] = {
    { "a wildcard whose first origin is excluded", "CorsPolicy On",
      LIST " https://*.w.example !https://any-other.w.example",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "(default))\n"
      "newly allowed: https://any-other-1.w.example on server a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:2; before: "
      "CorsAllowOrigins (default))\n" },
    { "a regular expression whose first origin an edit removes",
      LIST " | CorsAllowOrigins -" A,
      LIST " " B "; CorsAllowOriginsMatch https://[ag]\\.example | "
           "CorsAllowOrigins -" A,
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:3)\n"
      "newly allowed: https://g.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOriginsMatch conf:3; before: CorsAllowOrigins "
      "conf:3)\n" },
    { "an edit that adds what another one removes", LIST " | CorsMaxAge 1",
      LIST " | CorsAllowOrigins -https://*.w.example | CorsAllowOrigins "
           "+https://any-other.w.example",
      "newly allowed: https://any-other.w.example on server a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:4; before: "
      "CorsAllowOrigins conf:2)\n"
      "changed: CorsMaxAge None, before 1 on server a.test, all methods "
      "(CorsMaxAge (default); before: CorsMaxAge conf:3)\n" },
    { "a wildcard that is excluded as a whole", LIST,
      LIST " " B " https://*.w.example !https://*.w.example",
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "an exact origin that is excluded", LIST,
      LIST " " B " https://c.example !https://c.example",
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
};

/* A change of one section whose effect shows only together with another section: the
 * section itself shows none, or another one, or one in the other direction. */
static const row_t effect_rows[] = {
    { "a policy that no longer only reports refuses handshakes",
      LIST " # match: CorsPolicy ReportOnly # files: "
           "CorsWebSocketAllowOrigins None",
      LIST " # match: CorsMaxAge 1 # files: CorsWebSocketAllowOrigins None",
      "newly allowed: https://a.example on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsPolicy conf:3)\n"
      "undecided: a change of CorsPolicy on match of a.test, all methods "
      "except GET HEAD POST PUT PATCH DELETE: other sections that apply to the "
      "same request (CorsPolicy conf:1; before: CorsPolicy conf:3)\n"
      "changed: a change of CorsPolicy on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE: other sections that apply to the same request (CorsPolicy "
      "conf:1; before: CorsPolicy conf:3)\n"
      "changed: a change of CorsMaxAge on match of a.test, all methods: other "
      "sections that apply to the same request (CorsMaxAge conf:3; before: "
      "CorsMaxAge (default))\n" },
    { "a policy that only reports lets handshakes pass",
      LIST " # match: CorsPolicy On # files: CorsWebSocketAllowOrigins None",
      LIST " # match: CorsPolicy ReportOnly # files: "
           "CorsWebSocketAllowOrigins None",
      "undecided: a change of CorsPolicy on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE: other sections that apply to the same request (CorsPolicy "
      "conf:3; before: CorsPolicy conf:3)\n"
      "undecided: CorsPolicy ReportOnly, before On on match of a.test, all "
      "methods: CORS headers of the handler are not removed (CorsPolicy "
      "conf:3; before: CorsPolicy conf:3)\n"
      "no longer allowed: https://a.example on match of a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsPolicy conf:3; before: CorsAllowOrigins conf:2)\n"
      "changed: a change of CorsPolicy on match of a.test, all methods except "
      "GET HEAD POST PUT PATCH DELETE: other sections that apply to the same "
      "request (CorsPolicy conf:3; before: CorsPolicy conf:3)\n" },
    { "a policy that only reports, without a list for handshakes",
      LIST " # match: CorsPolicy On # files: CorsAllowMethods GET",
      LIST " # match: CorsPolicy ReportOnly # files: CorsAllowMethods GET",
      "undecided: CorsPolicy ReportOnly, before On on match of a.test, all "
      "methods: CORS headers of the handler are not removed (CorsPolicy "
      "conf:3; before: CorsPolicy conf:3)\n"
      "no longer allowed: https://a.example on match of a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsPolicy conf:3; before: CorsAllowOrigins conf:2)\n"
      "changed: a change of CorsPolicy on match of a.test, all methods except "
      "GET HEAD POST PUT PATCH DELETE: other sections that apply to the same "
      "request (CorsPolicy conf:3; before: CorsPolicy conf:3)\n" },
    { "a shorter list that CorsProtect of another section trusts",
      LIST "; CorsAllowCredentials On # match: CorsAllowOrigins " A " " B
           " # files: " PROTECT,
      LIST "; CorsAllowCredentials On # match: CorsAllowOrigins " A
           " # files: " PROTECT,
      "no longer allowed: https://b.example on match of a.test, GET HEAD POST "
      "PUT PATCH DELETE, with credentials (CorsAllowOrigins conf:4; before: "
      "CorsAllowOrigins conf:4)\n"
      "changed: a change of CorsAllowOrigins on match of a.test, all methods: "
      "other sections that apply to the same request (CorsAllowOrigins conf:4; "
      "before: CorsAllowOrigins conf:4)\n" },
    { "a longer list that CorsProtect of another section trusts",
      LIST "; CorsAllowCredentials On # match: CorsAllowOrigins " A
           " # files: " PROTECT,
      LIST "; CorsAllowCredentials On # match: CorsAllowOrigins " A " " B
           " # files: " PROTECT,
      "newly allowed: https://b.example on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE, with credentials (CorsAllowOrigins conf:4; before: "
      "CorsAllowOrigins conf:4)\n"
      "undecided: a change of CorsAllowOrigins on match of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowOrigins conf:4; before: CorsAllowOrigins conf:4)\n" },
    { "an origin that CorsProtect trusts, where all handshakes have a list",
      PROTECT "; CorsProtectEmbedding On; CorsWebSocketAllowOrigins * # match: "
              "CorsProtectAllowOrigins " A " # files: CorsMaxAge 1",
      PROTECT "; CorsProtectEmbedding On; CorsWebSocketAllowOrigins * # match: "
              "CorsProtectAllowOrigins " A " " B " # files: CorsMaxAge 1",
      "newly allowed: https://b.example on match of a.test, all methods, past "
      "CorsProtect (CorsProtectAllowOrigins conf:4; before: "
      "CorsProtectAllowOrigins conf:4)\n" },
    { "an origin that no section with CorsProtect trusts",
      LIST " # match: CorsProtectAllowOrigins " A " # files: CorsProtect Off",
      LIST " # match: CorsProtectAllowOrigins " A " " B
           " # files: CorsProtect Off",
      "" },
    { "an origin that CorsProtect of another section trusts",
      LIST " # match: CorsProtectAllowOrigins " A " # files: " PROTECT,
      LIST " # match: CorsProtectAllowOrigins " A " " B " # files: " PROTECT,
      "undecided: a change of CorsProtectAllowOrigins on match of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsProtectAllowOrigins conf:3; before: CorsProtectAllowOrigins "
      "conf:3)\n" },
    { "credentials that CorsProtect of another section trusts",
      LIST " # match: CorsAllowCredentials On # files: " PROTECT,
      LIST " # match: CorsAllowCredentials Off # files: " PROTECT,
      "no longer allowed: https://a.example on match of a.test, GET HEAD POST "
      "PUT PATCH DELETE, with credentials (CorsAllowCredentials conf:3; "
      "before: CorsAllowCredentials conf:3)\n"
      "changed: a change of CorsAllowCredentials on match of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowCredentials conf:3; before: CorsAllowCredentials conf:3)\n" },
    { "a policy that is off does not refuse",
      LIST " # match: CorsPolicy On # files: CorsRejectDisallowed On",
      LIST " # match: CorsPolicy Off # files: CorsRejectDisallowed On",
      "undecided: a change of CorsPolicy on match of a.test, all methods: "
      "other sections that apply to the same request (CorsPolicy conf:3; "
      "before: CorsPolicy conf:3)\n"
      "undecided: CorsPolicy Off, before On on match of a.test, all methods: "
      "CORS headers of the handler are not removed (CorsPolicy conf:3; before: "
      "CorsPolicy conf:3)\n"
      "no longer allowed: https://a.example on match of a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsPolicy conf:3; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "a policy that is on refuses",
      LIST " # match: CorsPolicy Off # files: CorsRejectDisallowed On",
      LIST " # match: CorsPolicy On # files: CorsRejectDisallowed On",
      "newly allowed: https://a.example on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsPolicy conf:3)\n"
      "undecided: a change of CorsPolicy on match of a.test, all methods "
      "except GET HEAD POST PUT PATCH DELETE: other sections that apply to the "
      "same request (CorsPolicy conf:3; before: CorsPolicy conf:3)\n"
      "changed: a change of CorsPolicy on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE: other sections that apply to the same request (CorsPolicy "
      "conf:3; before: CorsPolicy conf:3)\n" },
    { "a list that replaces that of another section",
      LIST " # match: CorsMaxAge 1 # files: CorsAllowOrigins https://c.example",
      LIST " # match: CorsMaxAge 1; CorsAllowOrigins " A " " B
           " # files: CorsAllowOrigins https://c.example",
      "newly allowed: https://b.example on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:4; before: CorsAllowOrigins "
      "conf:2)\n"
      "undecided: a change of CorsAllowOrigins on match of a.test, all methods "
      "except GET HEAD POST PUT PATCH DELETE: other sections that apply to the "
      "same request (CorsAllowOrigins conf:4; before: CorsAllowOrigins "
      "conf:2)\n"
      "changed: a change of CorsAllowOrigins on match of a.test, GET HEAD POST "
      "PUT PATCH DELETE: other sections that apply to the same request "
      "(CorsAllowOrigins conf:4; before: CorsAllowOrigins conf:2)\n" },
    { "a list that replaces any list",
      LIST " # match: CorsMaxAge 1 # files: CorsAllowOrigins https://c.example",
      LIST " # match: CorsMaxAge 1; CorsAllowOrigins * # files: "
           "CorsAllowOrigins https://c.example",
      "newly allowed: https://any-other.example on match of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:4; before: "
      "CorsAllowOrigins conf:2)\n"
      "undecided: a change of CorsAllowOrigins on match of a.test, all methods "
      "except GET HEAD POST PUT PATCH DELETE: other sections that apply to the "
      "same request (CorsAllowOrigins conf:4; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "an origin that may measure by another section",
      LIST " # match: CorsAllowOrigins " A " # files: CorsTimingAllowOrigin "
           "Policy",
      LIST " # match: CorsAllowOrigins " A " https://*.w.example # files: "
           "CorsTimingAllowOrigin Policy",
      "newly allowed: https://any-other.w.example on match of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "undecided: a change of CorsAllowOrigins on match of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowOrigins conf:3; before: CorsAllowOrigins conf:3)\n" },
    { "protection that is weaker, or stronger than that of another section",
      "CorsProtect On Strict # match: CorsMaxAge 1 # files: CorsProtect Off",
      "CorsProtect On Strict # match: CorsMaxAge 1; " PROTECT
      " # files: CorsProtect Off",
      "weaker: CorsProtect On, before On Strict on match of a.test, all "
      "methods (CorsProtect conf:3; before: CorsProtect conf:1)\n"
      "changed: a change of CorsProtect on match of a.test, all methods: other "
      "sections that apply to the same request (CorsProtect conf:3; before: "
      "CorsProtect conf:1)\n" },
    { "credentials that contradict the list of another section",
      LIST " # match: CorsMaxAge 1 # files: CorsAllowOrigins *",
      LIST " # match: CorsMaxAge 1; CorsAllowCredentials On # files: "
           "CorsAllowOrigins *",
      "newly allowed: https://a.example on match of a.test, GET HEAD POST PUT "
      "PATCH DELETE, with credentials (CorsAllowCredentials conf:4; before: "
      "CorsAllowCredentials (default))\n"
      "undecided: a change of CorsAllowCredentials on match of a.test, all "
      "methods except GET HEAD POST PUT PATCH DELETE: other sections that "
      "apply to the same request (CorsAllowCredentials conf:4; before: "
      "CorsAllowCredentials (default))\n"
      "changed: a change of CorsAllowCredentials on match of a.test, GET HEAD "
      "POST PUT PATCH DELETE: other sections that apply to the same request "
      "(CorsAllowCredentials conf:4; before: CorsAllowCredentials "
      "(default))\n" },
    { "credentials that no longer contradict it",
      LIST " # match: CorsAllowCredentials On # files: CorsAllowOrigins *",
      LIST " # match: CorsAllowCredentials Off # files: CorsAllowOrigins *",
      "undecided: a change of CorsAllowCredentials on match of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowCredentials conf:3; before: CorsAllowCredentials conf:3)\n"
      "no longer allowed: https://a.example on match of a.test, GET HEAD POST "
      "PUT PATCH DELETE, with credentials (CorsAllowCredentials conf:3; "
      "before: CorsAllowCredentials conf:3)\n" },
    { "a permission for a contradiction of two sections",
      LIST " # match: CorsAllowCredentials On # files: CorsAllowOrigins *",
      LIST " # match: CorsAllowCredentials On; "
           "CorsAllowAnyOriginWithCredentialsUnsafe On # files: "
           "CorsAllowOrigins *",
      "undecided: a change of CorsAllowAnyOriginWithCredentialsUnsafe on match "
      "of a.test, all methods: other sections that apply to the same request "
      "(CorsAllowAnyOriginWithCredentialsUnsafe conf:4; before: "
      "CorsAllowAnyOriginWithCredentialsUnsafe (default))\n" },
    { "null in a list, which another section permits",
      LIST " # match: CorsPolicy Off; CorsAllowOrigins " A
           " # files: CorsAllowNullOriginUnsafe On",
      LIST " # match: CorsPolicy Off; CorsAllowOrigins " A
           " null # files: CorsAllowNullOriginUnsafe On",
      "undecided: a change of CorsAllowOrigins on match of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowOrigins conf:4; before: CorsAllowOrigins conf:4)\n" },
    { "a list for handshakes is no change of other methods",
      LIST " # match: CorsWebSocketAllowOrigins " A " " B
           " # files: CorsMaxAge 1",
      LIST " # match: CorsWebSocketAllowOrigins " A " # files: CorsMaxAge 1",
      "no longer allowed: https://b.example on match of a.test, WebSocket "
      "(CorsWebSocketAllowOrigins conf:3; before: CorsWebSocketAllowOrigins "
      "conf:3)\n" },
};

static void servers_are_compared_by_name_and_address(void **state)
{
    cors_snapshot_t *old = snapshot_of("");
    cors_snapshot_t *now = snapshot_of("");

    (void)state;
    APR_ARRAY_PUSH(add_host(old, "v.test", "*:443")->sections,
                   cors_snapshot_section_t *) = section_of("", "", LIST);
    APR_ARRAY_PUSH(add_host(now, "v.test", "*:80")->sections,
                   cors_snapshot_section_t *) = section_of("", "", LIST);
    APR_ARRAY_PUSH(add_host(now, "v.test", "*:443")->sections,
                   cors_snapshot_section_t *) = section_of("", "", LIST);
    same_text("a server that is new", differences_of(old, now),
              "newly allowed: " A
              " on server v.test (*:80), GET HEAD POST PUT PATCH DELETE "
              "(CorsAllowOrigins conf:2; before: CorsPolicy (default))\n");
    same_text("a server that is gone", differences_of(now, old),
              "no longer allowed: " A
              " on server v.test (*:80), GET HEAD POST PUT PATCH DELETE "
              "(CorsPolicy (default); before: CorsAllowOrigins conf:2)\n");
}

static void undecided_requests_have_credentials(void **state)
{
    static const char settings[] = LIST
        "; CorsAllowCredentials On; CorsAllowAnyOriginWithCredentialsUnsafe "
        "On; CorsAllowOriginsMatch ";
    const cors_snapshot_t *old =
        snapshot_of(apr_pstrcat(pool, settings, "https://(?!x)a\\.b", NULL));
    const cors_snapshot_t *now =
        snapshot_of(apr_pstrcat(pool, settings, "https://(?!y)a\\.b", NULL));
    const apr_array_header_t *found = cors_compare(pool, old, now);
    const cors_compared_t *first = &APR_ARRAY_IDX(found, 0, cors_compared_t);

    (void)state;
    assert_int_equal(found->nelts, 1);
    assert_int_equal(first->change, CORS_CHANGE_UNDECIDED);
    assert_true(first->credentials);
}

/* Returns settings with more entries than those whose exclusions are applied to each of
 * them. */
static const char *long_list(const char *more)
{
    const char *text = LIST;
    int i;

    for (i = 0; i < 1000; i++) {
        text = apr_psprintf(pool, "%s https://n%d.example", text, i);
    }
    return apr_pstrcat(pool, text, more, NULL);
}

static void a_long_list_may_have_other_origins(void **state)
{
    (void)state;
    same_text("a long list",
              differences_of(snapshot_of(long_list("")),
                             snapshot_of(
                                 long_list(" https://*.w.example "
                                           "!https://any-other.w.example"))),
              "newly allowed: https://any-other-1.w.example and others on "
              "server a.test, GET HEAD POST PUT PATCH DELETE "
              "(CorsAllowOrigins conf:2; before: CorsAllowOrigins conf:2)\n");
}

static cors_listing_e lookup_none(const void *self, const cors_origin_t *origin,
                                  const cors_slice_t *tenant)
{
    (void)self;
    (void)origin;
    (void)tenant;
    return CORS_ORIGIN_UNLISTED;
}

/* Add a file with some lines to the outermost list of the server. */
static void add_file(cors_snapshot_t *snapshot, cors_attr_e attr,
                     const char *lines)
{
    static const cors_origin_source_t live = { lookup_none, NULL };
    static const cors_origin_notes_t notes = { .lists = true };
    const cors_snapshot_host_t *host =
        APR_ARRAY_IDX(snapshot->hosts, 0, const cors_snapshot_host_t *);
    const cors_snapshot_section_t *section =
        APR_ARRAY_IDX(host->sections, 0, const cors_snapshot_section_t *);
    const cors_snapshot_group_t *group =
        APR_ARRAY_IDX(section->groups, 0, const cors_snapshot_group_t *);
    const cors_link_t *link = &group->policy->link[attr];
    cors_snapshot_file_t *file = apr_pcalloc(pool, sizeof(*file));
    apr_array_header_t *origins = apr_array_make(pool, 2, sizeof(char *));
    char *last;
    char *line = apr_strtok(apr_pstrdup(pool, lines), " ", &last);

    for (; line; line = apr_strtok(NULL, " ", &last)) {
        APR_ARRAY_PUSH(origins, const char *) = line;
    }
    while (link->outer && link->outer->setting) {
        link = link->outer;
    }
    file->path = "list";
    file->origins = origins;
    apr_hash_set(snapshot->files, file->path, APR_HASH_KEY_STRING, file);
    assert_int_equal(cors_origin_set_add_source(pool, link->setting->origins,
                                                file->path,
                                                "CorsAllowOriginsFile conf:9",
                                                &live, NULL, &notes),
                     CORS_OK);
}

/* Two configurations with equal settings and a file of other lines. */
typedef struct {
    const char *name;
    const char *settings;
    cors_attr_e attr;
    const char *old;
    const char *now;
    const char *lines;
} file_row_t;

static const file_row_t file_rows[] = {
    { "a file lists another origin", LIST, CORS_ATTR_ORIGINS, B,
      B " https://c.example",
      "newly allowed: https://c.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "a file no longer lists an origin", LIST, CORS_ATTR_ORIGINS,
      B " https://c.example", B,
      "no longer allowed: https://c.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "an edited file no longer lists an origin",
      LIST " | CorsAllowOrigins +" B, CORS_ATTR_ORIGINS, "https://c.example",
      "",
      "no longer allowed: https://c.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsAllowOrigins conf:3; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "a file excludes the first origin of a new wildcard", LIST,
      CORS_ATTR_ORIGINS, B,
      B " https://c.example https://*.w.example !https://any-other.w.example",
      "newly allowed: https://c.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n"
      "newly allowed: https://any-other-1.w.example on server a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:2; before: "
      "CorsAllowOrigins conf:2)\n" },
    { "a file lists another origin for WebSockets",
      "CorsWebSocketAllowOrigins " A, CORS_ATTR_WEBSOCKET_ORIGINS, B,
      B " https://c.example",
      "newly allowed: https://c.example on server a.test, WebSocket "
      "(CorsWebSocketAllowOrigins conf:1; before: CorsWebSocketAllowOrigins "
      "conf:1)\n" },
    { "a file lists another origin that CorsProtect trusts",
      PROTECT "; CorsWebSocketAllowOrigins *; CorsProtectAllowOrigins " A,
      CORS_ATTR_PROTECT_ORIGINS, B, B " https://c.example",
      "newly allowed: https://c.example on server a.test, all methods except "
      "GET HEAD, past CorsProtect (CorsProtectAllowOrigins conf:3; before: "
      "CorsProtectAllowOrigins conf:3)\n" },
    { "a file lists another origin that reads with credentials",
      PROTECT "; CorsWebSocketAllowOrigins *; " LIST
              "; CorsAllowCredentials On",
      CORS_ATTR_ORIGINS, B, B " https://c.example",
      "newly allowed: https://c.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, with credentials (CorsAllowOrigins conf:4; before: "
      "CorsAllowOrigins conf:4)\n"
      "newly allowed: https://c.example on server a.test, all methods except "
      "GET HEAD, past CorsProtect (CorsAllowOrigins conf:4; before: "
      "CorsProtect conf:1)\n" },
    { "a file lists origins that anyone can have",
      PROTECT "; CorsWebSocketAllowOrigins *; " LIST
              "; CorsAllowCredentials On; CorsAllowPublicSuffixUnsafe On",
      CORS_ATTR_ORIGINS, B, B " https://*.github.io",
      "newly allowed: https://any-other.github.io on server a.test, GET HEAD "
      "POST PUT PATCH DELETE, with credentials (CorsAllowOrigins conf:4; "
      "before: CorsAllowOrigins conf:4)\n"
      "no longer allowed: https://a.example on server a.test, all methods "
      "except GET HEAD, past CorsProtect (CorsProtect conf:1; before: "
      "CorsAllowOrigins conf:4)\n"
      "no longer allowed: https://b.example on server a.test, all methods "
      "except GET HEAD, past CorsProtect (CorsProtect conf:1; before: "
      "CorsAllowOrigins conf:4)\n" },
};

static void check_file_row(void **state)
{
    const file_row_t *row = *state;
    cors_snapshot_t *old = snapshot_of(row->settings);
    cors_snapshot_t *now = snapshot_of(row->settings);

    add_file(old, row->attr, row->old);
    add_file(now, row->attr, row->now);
    same_text(row->name, differences_of(old, now), row->lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(servers_are_compared_by_name_and_address),
        TEST(undecided_requests_have_credentials),
        TEST(a_long_list_may_have_other_origins),
    };
    const table_t tables[] = { TABLE(check_row, rows),
                               TABLE(check_row, section_rows),
                               TABLE(check_row, excluded_rows),
                               TABLE(check_row, effect_rows),
                               TABLE(check_file_row, file_rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
