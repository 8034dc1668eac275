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
    { "a policy that left everything to the handler",
      "CorsPolicy On; CorsBackendHeaders Keep; CorsPreflight Continue", "",
      "changed: CorsPolicy Off, before On on server a.test, all methods "
      "(CorsPolicy (default); before: CorsPolicy conf:1)\n" },
    { "a policy that left allowed preflights to the handler",
      "CorsPolicy On; CorsPreflight Continue", "",
      "undecided: CorsPolicy Off, before On on server a.test, all methods: "
      "CORS headers of the handler are not removed (CorsPolicy (default); "
      "before: CorsPolicy conf:1)\n" },
    { "a policy that answered preflights and kept the headers of the handler",
      LIST "; CorsBackendHeaders Keep", "",
      "undecided: CorsPolicy Off, before On on server a.test, all methods: the "
      "handler answers preflights (CorsPolicy (default); before: CorsPolicy "
      "conf:1)\n"
      "no longer allowed: https://a.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsPolicy (default); before: CorsAllowOrigins "
      "conf:2)\n" },
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
    { "the same ones in both, in another order",
      LIST "; CorsAllowOriginsMatch https://(?!x)a\\.b https://(?!y)a\\.b",
      LIST "; CorsAllowOriginsMatch https://(?!y)a\\.b https://(?!x)a\\.b",
      "" },
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
    { "origins that no automaton represents, beside another section",
      LIST " # files: CorsAllowOriginsMatch https://(?!x)a\\.b # match: "
           "CorsMaxAge 1",
      LIST " # files: CorsAllowOriginsMatch https://(?!y)a\\.b # match: "
           "CorsMaxAge 1",
      "undecided: the origins on files of a.test, GET HEAD POST PUT PATCH "
      "DELETE: regular expression https://(?!y)a\\.b: look-ahead\n"
      "undecided: a change of CorsAllowOrigins on files of a.test, all methods "
      "except GET HEAD POST PUT PATCH DELETE: other sections that apply to the "
      "same request (CorsAllowOriginsMatch conf:3; before: "
      "CorsAllowOriginsMatch conf:3)\n" },
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
    { "another section may switch the policy off",
      LIST " # files: CorsPolicy Off # match: CorsPolicy On",
      LIST " # files: CorsPolicy Off # match: CorsMaxAge None",
      "undecided: a change of CorsPolicy on match of a.test, all methods: "
      "other sections that apply to the same request (CorsPolicy conf:1; "
      "before: CorsPolicy conf:3)\n"
      "changed: a change of CorsMaxAge on match of a.test, all methods: other "
      "sections that apply to the same request (CorsMaxAge conf:3; before: "
      "CorsMaxAge (default))\n" },
    { "this section may switch the policy of another one off",
      LIST " # files: CorsMaxAge 1 # match: CorsPolicy On",
      LIST " # files: CorsMaxAge 1; CorsPolicy Off # match: CorsPolicy On",
      "undecided: CorsPolicy Off, before On on files of a.test, all methods: "
      "CORS headers of the handler are not removed (CorsPolicy conf:4; before: "
      "CorsPolicy conf:1)\n"
      "no longer allowed: https://a.example on files of a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsPolicy conf:4; before: CorsAllowOrigins conf:2)\n"
      "changed: a change of CorsPolicy on files of a.test, all methods except "
      "GET HEAD POST PUT PATCH DELETE: other sections that apply to the same "
      "request (CorsPolicy conf:4; before: CorsPolicy conf:1)\n" },
    { "a handler may answer preflights with its own headers",
      LIST " # files: CorsBackendHeaders Keep # match: CorsMaxAge 1",
      LIST " # files: CorsBackendHeaders Keep # match: CorsMaxAge 1; "
           "CorsPreflight Continue",
      "undecided: a change of CorsPreflight on match of a.test, all methods: "
      "other sections that apply to the same request (CorsPreflight conf:4; "
      "before: CorsPreflight (default))\n"
      "changed: CorsPreflight Continue, before Answer on match of a.test, all "
      "methods (CorsPreflight conf:4; before: CorsPreflight (default))\n" },
    { "a handler may answer preflights, without its headers",
      LIST " # files: CorsMaxAge 1 # match: CorsMaxAge 1",
      LIST " # files: CorsMaxAge 1 # match: CorsMaxAge 1; "
           "CorsPreflight Continue",
      "changed: CorsPreflight Continue, before Answer on match of a.test, all "
      "methods (CorsPreflight conf:4; before: CorsPreflight (default))\n" },
    { "who may embed is no longer set",
      LIST " # match: CorsResourcePolicy cross-origin # files: CorsMaxAge 1",
      LIST " # match: CorsMaxAge 2 # files: CorsMaxAge 1",
      "weaker: CorsResourcePolicy Off, before cross-origin on match of a.test, "
      "all methods (CorsResourcePolicy (default); before: CorsResourcePolicy "
      "conf:3)\n"
      "changed: CorsMaxAge 2, before None on match of a.test, all methods "
      "(CorsMaxAge conf:3; before: CorsMaxAge (default))\n"
      "changed: a change of CorsResourcePolicy on match of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsResourcePolicy (default); before: CorsResourcePolicy conf:3)\n" },
    { "who may measure is no longer set",
      LIST " # match: CorsTimingAllowOrigin * # files: CorsMaxAge 1",
      LIST " # match: CorsMaxAge 2 # files: CorsMaxAge 1",
      "changed: CorsMaxAge 2, before None on match of a.test, all methods "
      "(CorsMaxAge conf:3; before: CorsMaxAge (default))\n"
      "changed: CorsTimingAllowOrigin Off, before * on match of a.test, all "
      "methods (CorsTimingAllowOrigin (default); before: CorsTimingAllowOrigin "
      "conf:3)\n" },
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
    { "a list in place of CorsProtect, which another section only reports",
      "CorsProtectAllowOrigins " A
      " # files: CorsProtect On # match: CorsPolicy ReportOnly",
      "CorsProtectAllowOrigins " A
      " # files: CorsProtect Off; CorsWebSocketAllowOrigins " A
      " # match: CorsPolicy ReportOnly",
      "weaker: CorsProtect Off, before On on files of a.test, all methods "
      "(CorsProtect conf:2; before: CorsProtect conf:2)\n"
      "undecided: a change of CorsWebSocketAllowOrigins on files of a.test, "
      "GET HEAD POST PUT PATCH DELETE: other sections that apply to the same "
      "request (CorsWebSocketAllowOrigins conf:3; before: "
      "CorsWebSocketAllowOrigins (default))\n"
      "undecided: a change of CorsProtect on files of a.test, GET HEAD POST "
      "PUT PATCH DELETE: other sections that apply to the same request "
      "(CorsProtect conf:2; before: CorsProtect conf:2)\n" },
    { "CorsProtect in place of a list that another section only reports",
      "CorsProtectAllowOrigins " A
      " # files: CorsProtect Off; CorsWebSocketAllowOrigins " A
      " # match: CorsPolicy ReportOnly",
      "CorsProtectAllowOrigins " A
      " # files: CorsProtect On # match: CorsPolicy ReportOnly",
      "undecided: a change of CorsWebSocketAllowOrigins on files of a.test, "
      "GET HEAD POST PUT PATCH DELETE: other sections that apply to the same "
      "request (CorsWebSocketAllowOrigins (default); before: "
      "CorsWebSocketAllowOrigins conf:3)\n"
      "changed: CorsProtect On, before Off on files of a.test, all methods "
      "(CorsProtect conf:2; before: CorsProtect conf:2)\n"
      "changed: a change of CorsProtect on files of a.test, GET HEAD POST PUT "
      "PATCH DELETE: other sections that apply to the same request "
      "(CorsProtect conf:2; before: CorsProtect conf:2)\n" },
    { "an empty list beside CorsProtect, which another section only reports",
      PROTECT " # files: CorsMaxAge 1 # match: CorsPolicy ReportOnly",
      PROTECT " # files: CorsMaxAge 1; CorsWebSocketAllowOrigins None # match: "
              "CorsPolicy ReportOnly",
      "changed: a change of CorsWebSocketAllowOrigins on files of a.test, GET "
      "HEAD: other sections that apply to the same request "
      "(CorsWebSocketAllowOrigins conf:3; before: CorsWebSocketAllowOrigins "
      "(default))\n" },
    { "a list that only reports does not take the place of CorsProtect",
      PROTECT "; CorsPolicy ReportOnly",
      PROTECT "; CorsPolicy ReportOnly; CorsWebSocketAllowOrigins *", "" },
    { "a list that is no longer enforced leaves handshakes to CorsProtect",
      PROTECT "; CorsProtectAllowOrigins " A
              "; CorsWebSocketAllowOrigins https://b.example",
      PROTECT "; CorsProtectAllowOrigins " A
              "; CorsWebSocketAllowOrigins https://b.example; CorsPolicy "
              "ReportOnly",
      "newly allowed: https://a.example on server a.test, WebSocket "
      "(CorsProtectAllowOrigins conf:2; before: CorsWebSocketAllowOrigins "
      "conf:3)\n"
      "no longer allowed: https://b.example on server a.test, WebSocket "
      "(CorsProtectAllowOrigins conf:2; before: CorsWebSocketAllowOrigins "
      "conf:3)\n" },
    { "CorsProtect matters beside a section that only reports what a list "
      "denies",
      "# files: CorsProtect On; CorsWebSocketAllowOrigins " A
      " # match: CorsPolicy ReportOnly",
      "# files: CorsProtect Off; CorsWebSocketAllowOrigins " A
      " # match: CorsPolicy ReportOnly",
      "weaker: CorsProtect Off, before On on files of a.test, all methods "
      "(CorsProtect conf:1; before: CorsProtect conf:1)\n"
      "undecided: a change of CorsProtect on files of a.test, GET HEAD POST "
      "PUT PATCH DELETE: other sections that apply to the same request "
      "(CorsProtect conf:1; before: CorsProtect conf:1)\n" },
    { "CorsProtect does not matter to a list that every section enforces",
      "# files: CorsProtect On; CorsWebSocketAllowOrigins " A
      " # match: CorsPolicy On",
      "# files: CorsProtect Off; CorsWebSocketAllowOrigins " A
      " # match: CorsPolicy On",
      "weaker: CorsProtect Off, before On on files of a.test, all methods "
      "(CorsProtect conf:1; before: CorsProtect conf:1)\n" },
    { "a refusal that is gone does not show who may measure",
      LIST " # files: CorsRejectDisallowed On; CorsTimingAllowOrigin Off # "
           "match: CorsTimingAllowOrigin *",
      LIST " # files: CorsRejectDisallowed Off # match: "
           "CorsTimingAllowOrigin *",
      "weaker: CorsRejectDisallowed Off, before On on files of a.test, all "
      "methods (CorsRejectDisallowed conf:3; before: CorsRejectDisallowed "
      "conf:3)\n"
      "undecided: a change of CorsTimingAllowOrigin on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsTimingAllowOrigin (default); before: CorsTimingAllowOrigin "
      "conf:4)\n" },
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
    { "a list for handshakes changes nothing for other methods",
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

/* Add a file with some lines to the outermost list of a link. */
static void add_lines(cors_snapshot_t *snapshot, const cors_link_t *link,
                      const char *lines)
{
    static const cors_origin_source_t live = { lookup_none, NULL };
    static const cors_origin_notes_t notes = { .lists = true };
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

static cors_snapshot_section_t *section_at(const cors_snapshot_t *snapshot,
                                           int host, int number)
{
    return APR_ARRAY_IDX(
        APR_ARRAY_IDX(snapshot->hosts, host, cors_snapshot_host_t *)->sections,
        number, cors_snapshot_section_t *);
}

/* Returns the only group of a section. */
static const cors_snapshot_group_t *group_at(const cors_snapshot_t *snapshot,
                                             int section)
{
    return APR_ARRAY_IDX(section_at(snapshot, 0, section)->groups, 0,
                         const cors_snapshot_group_t *);
}

/* Add such a file to the server. */
static void add_file(cors_snapshot_t *snapshot, cors_attr_e attr,
                     const char *lines)
{
    add_lines(snapshot, &group_at(snapshot, 0)->policy->link[attr], lines);
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

/* Settings that protect, and names. */
static const row_t setting_rows[] = {
    { "protection that is new, with a list", "CorsWebSocketAllowOrigins *",
      PROTECT "; CorsProtectAllowOrigins " A "; CorsWebSocketAllowOrigins *",
      "changed: CorsProtect On, before Off on server a.test, all methods "
      "(CorsProtect conf:1; before: CorsProtect (default))\n" },
    { "one of two origins may measure",
      "CorsTimingAllowOrigin Policy; CorsAllowOrigins https://a.example "
      "https://b.example; CorsPolicy On",
      "CorsTimingAllowOrigin Policy; CorsAllowOrigins https://b.example; "
      "CorsPolicy On",
      "no longer allowed: https://a.example on server a.test, GET HEAD POST "
      "PUT PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n"
      "changed: CorsTimingAllowOrigin https://b.example, before "
      "https://a.example, https://b.example on server a.test, all methods "
      "(CorsTimingAllowOrigin conf:1; before: CorsTimingAllowOrigin "
      "conf:1)\n" },
    { "the same origins may measure, in another order",
      "CorsTimingAllowOrigin Policy; CorsAllowOrigins https://a.example "
      "https://b.example; CorsPolicy On",
      "CorsTimingAllowOrigin Policy; CorsAllowOrigins https://b.example "
      "https://a.example; CorsPolicy On",
      "" },
    { "the same origins may measure, of a hidden section",
      LIST " # files: CorsMaxAge 1; CorsTimingAllowOrigin Policy; "
           "CorsAllowOrigins https://a.example https://b.example",
      LIST " # files: CorsMaxAge 1; CorsTimingAllowOrigin Policy; "
           "CorsAllowOrigins https://b.example https://a.example",
      "" },
    { "fewer may measure than any origin", LIST "; CorsTimingAllowOrigin *",
      LIST "; CorsTimingAllowOrigin Policy",
      "changed: CorsTimingAllowOrigin Policy, before * on server a.test, all "
      "methods (CorsTimingAllowOrigin conf:3; before: CorsTimingAllowOrigin "
      "conf:3)\n" },
    { "embedding by other sites", LIST "; CorsResourcePolicy same-site",
      LIST "; CorsResourcePolicy cross-origin",
      "weaker: CorsResourcePolicy cross-origin, before same-site on server "
      "a.test, all methods (CorsResourcePolicy conf:3; before: "
      "CorsResourcePolicy conf:3)\n" },
    { "embedding without the header", LIST "; CorsResourcePolicy cross-origin",
      LIST,
      "weaker: CorsResourcePolicy Off, before cross-origin on server a.test, "
      "all methods (CorsResourcePolicy (default); before: CorsResourcePolicy "
      "conf:3)\n" },
    { "embedding by the site only", LIST "; CorsResourcePolicy cross-origin",
      LIST "; CorsResourcePolicy same-site",
      "changed: CorsResourcePolicy same-site, before cross-origin on server "
      "a.test, all methods (CorsResourcePolicy conf:3; before: "
      "CorsResourcePolicy conf:3)\n" },
    { "embedding by the origin only", LIST "; CorsResourcePolicy same-site",
      LIST "; CorsResourcePolicy same-origin",
      "changed: CorsResourcePolicy same-origin, before same-site on server "
      "a.test, all methods (CorsResourcePolicy conf:3; before: "
      "CorsResourcePolicy conf:3)\n" },
    { "handshakes without an origin", "CorsWebSocketRequireOrigin On", "",
      "weaker: CorsWebSocketRequireOrigin Off, before On on server a.test, all "
      "methods (CorsWebSocketRequireOrigin (default); before: "
      "CorsWebSocketRequireOrigin conf:1)\n" },
    { "handshakes that need an origin", "", "CorsWebSocketRequireOrigin On",
      "changed: CorsWebSocketRequireOrigin On, before Off on server a.test, "
      "all methods (CorsWebSocketRequireOrigin conf:1; before: "
      "CorsWebSocketRequireOrigin (default))\n" },
    { "embedding that CorsProtect no longer checks",
      PROTECT "; CorsProtectEmbedding On", PROTECT,
      "weaker: CorsProtectEmbedding Off, before On on server a.test, all "
      "methods (CorsProtectEmbedding (default); before: CorsProtectEmbedding "
      "conf:2)\n" },
    { "embedding that CorsProtect checks", PROTECT,
      PROTECT "; CorsProtectEmbedding On",
      "changed: CorsProtectEmbedding On, before Off on server a.test, all "
      "methods (CorsProtectEmbedding conf:2; before: CorsProtectEmbedding "
      "(default))\n" },
    { "embedding without CorsProtect", "CorsProtectEmbedding On", "",
      "changed: CorsProtectEmbedding Off, before On on server a.test, all "
      "methods (CorsProtectEmbedding (default); before: CorsProtectEmbedding "
      "conf:1)\n" },
    { "hosts that CorsProtect no longer checks", PROTECT "; CorsProtectHost On",
      PROTECT,
      "weaker: CorsProtectHost Off, before On on server a.test, all methods "
      "(CorsProtectHost (default); before: CorsProtectHost conf:2)\n" },
    { "protection that is no longer strict", PROTECT " Strict", PROTECT,
      "weaker: CorsProtect On, before On Strict on server a.test, all methods "
      "(CorsProtect conf:1; before: CorsProtect conf:1)\n" },
    { "a method in another case", LIST "; CorsAllowMethods PURGE",
      LIST "; CorsAllowMethods PURGE purge",
      "newly allowed: https://a.example on server a.test, purge "
      "(CorsAllowOrigins conf:2; before: CorsAllowMethods conf:3)\n" },
    { "seven exposed headers", LIST,
      LIST "; CorsExposeHeaders x-a x-b x-c x-d x-e x-f x-g",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, reading x-a, x-b, x-c, x-d, x-e, x-f, x-g "
      "(CorsExposeHeaders conf:3; before: CorsExposeHeaders (default))\n" },
    { "any exposed header", LIST, LIST "; CorsExposeHeaders *",
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, reading x-any-other (CorsExposeHeaders conf:3; before: "
      "CorsExposeHeaders (default))\n" },
};

/* How differences are sorted and merged, and which sections apply to the same request. */
static const row_t place_rows[] = {
    { "a difference of three sections",
      LIST " # location /x: CorsMaxAge 1 # location /y: CorsMaxAge 1",
      LIST "; CorsAllowPrivateNetwork On # location /x: CorsMaxAge 1 # "
           "location /y: CorsMaxAge 1",
      "weaker: CorsAllowPrivateNetwork On, before Off on server a.test and 2 "
      "other sections, all methods (CorsAllowPrivateNetwork conf:3; before: "
      "CorsAllowPrivateNetwork (default))\n" },
    { "credentials come first",
      LIST " # location /x: CorsAllowCredentials On; CorsAllowOrigins "
           "https://a.example",
      LIST " https://b.example # location /x: CorsAllowCredentials On; "
           "CorsAllowOrigins https://a.example https://c.example",
      "newly allowed: https://c.example on location /x of a.test, GET HEAD "
      "POST PUT PATCH DELETE, with credentials (CorsAllowOrigins conf:4; "
      "before: CorsAllowOrigins conf:4)\n"
      "newly allowed: https://b.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE (CorsAllowOrigins conf:2; before: CorsAllowOrigins "
      "conf:2)\n" },
    { "requests come before the headers that are read",
      LIST " # location /x: CorsExposeHeaders None",
      LIST "; CorsExposeHeaders x-a # location /x: CorsExposeHeaders None; "
           "CorsAllowHeaders +x-b",
      "newly allowed: https://a.example on location /x of a.test, GET HEAD "
      "POST PUT PATCH DELETE, with the header x-b (CorsAllowHeaders conf:5; "
      "before: CorsAllowHeaders (default))\n"
      "newly allowed: https://a.example on server a.test, GET HEAD POST PUT "
      "PATCH DELETE, reading x-a (CorsExposeHeaders conf:3; before: "
      "CorsExposeHeaders (default))\n" },
    { "a weaker setting beside another section is one difference",
      LIST " # files: CorsAllowPrivateNetwork Off # match: CorsMaxAge 1",
      LIST " # files: CorsAllowPrivateNetwork On # match: CorsMaxAge 1",
      "weaker: CorsAllowPrivateNetwork On, before Off on files of a.test, all "
      "methods (CorsAllowPrivateNetwork conf:3; before: "
      "CorsAllowPrivateNetwork conf:3)\n" },
    { "another setting beside another section is one difference",
      LIST " # files: CorsMaxAge 1 # match: CorsMaxAge 1",
      LIST " # files: CorsMaxAge 2 # match: CorsMaxAge 1",
      "changed: CorsMaxAge 2, before 1 on files of a.test, all methods "
      "(CorsMaxAge conf:3; before: CorsMaxAge conf:3)\n" },
    { "an undecided setting beside another section is one difference",
      LIST " # files: CorsBackendHeaders Replace # match: CorsMaxAge 1",
      LIST " # files: CorsBackendHeaders Keep # match: CorsMaxAge 1",
      "undecided: CorsBackendHeaders Keep, before Replace on files of a.test, "
      "all methods: the CORS headers of the backend (CorsBackendHeaders "
      "conf:3; before: CorsBackendHeaders conf:3)\n" },
    { "null that is permitted beside another section is one difference of each "
      "list",
      "CorsPolicy On; CorsAllowMethods * # files: CorsAllowOrigins null; "
      "CorsWebSocketAllowOrigins null # match: CorsMaxAge 1",
      "CorsPolicy On; CorsAllowMethods * # files: CorsAllowOrigins null; "
      "CorsWebSocketAllowOrigins null; CorsAllowNullOriginUnsafe On # match: "
      "CorsMaxAge 1",
      "newly allowed: null on files of a.test, WebSocket "
      "(CorsWebSocketAllowOrigins conf:4; before: CorsWebSocketAllowOrigins "
      "conf:4)\n"
      "newly allowed: null on files of a.test, all methods (CorsAllowOrigins "
      "conf:3; before: CorsPolicy conf:1)\n" },
    { "the order of a section by path and one by pattern",
      LIST " # locationmatch a: CorsAllowOrigins https://b.example # location "
           "/x: CorsAllowOrigins https://c.example",
      LIST " # location /x: CorsAllowOrigins https://c.example # locationmatch "
           "a: CorsAllowOrigins https://b.example",
      "undecided: the policy on locationmatch a of a.test, all methods: the "
      "order of sections that may apply to the same request\n" },
    { "the order of sections of different kinds",
      LIST " # <Files a>: CorsAllowOrigins https://b.example # <LocationMatch "
           "b>: CorsAllowOrigins https://c.example",
      LIST " # <LocationMatch b>: CorsAllowOrigins https://c.example # <Files "
           "a>: CorsAllowOrigins https://b.example",
      "" },
    { "the order of a section in a section of another kind",
      LIST " # <Files a> <If b>: CorsAllowOrigins https://b.example # "
           "<LocationMatch b>: CorsAllowOrigins https://c.example",
      LIST " # <LocationMatch b>: CorsAllowOrigins https://c.example # <Files "
           "a> <If b>: CorsAllowOrigins https://b.example",
      "undecided: the policy on <Files a> <If b> of a.test, all methods: the "
      "order of sections that may apply to the same request\n" },
    { "the order of a section and one in another kind",
      LIST " # <Files a>: CorsAllowOrigins https://b.example # <LocationMatch "
           "b> <If c>: CorsAllowOrigins https://c.example",
      LIST " # <LocationMatch b> <If c>: CorsAllowOrigins https://c.example # "
           "<Files a>: CorsAllowOrigins https://b.example",
      "undecided: the policy on <Files a> of a.test, all methods: the order of "
      "sections that may apply to the same request\n" },
    { "the order of sections that set CorsPolicy",
      " # <Files a>: CorsPolicy On # <Files b>: CorsPolicy Off",
      " # <Files b>: CorsPolicy Off # <Files a>: CorsPolicy On",
      "undecided: the policy on <Files a> of a.test, all methods: the order of "
      "sections that may apply to the same request\n" },
    { "a section that has moved behind two others",
      LIST " # <Files a>: CorsMaxAge 1 # <Files b>: CorsMaxAge 2 # <Files c>: "
           "CorsMaxAge 3",
      LIST " # <Files b>: CorsMaxAge 2 # <Files c>: CorsMaxAge 3 # <Files a>: "
           "CorsMaxAge 1",
      "undecided: the policy on <Files a> of a.test, all methods: the order of "
      "sections that may apply to the same request\n" },
    { "a new section has no order", LIST " # <Files a>: CorsMaxAge 1",
      LIST " # <Files a>: CorsMaxAge 1 # <Files b>: CorsMaxAge 1",
      "changed: CorsMaxAge 1, before None on <Files b> of a.test, all methods "
      "(CorsMaxAge conf:3; before: CorsMaxAge (default))\n" },
    { "the other section is gone",
      "CorsPolicy On # location /x: CorsMaxAge 1 # files: CorsMaxAge 1",
      "CorsPolicy On # location /x: CorsMaxAge 1; CorsAllowCredentials On",
      "undecided: a change of CorsAllowCredentials on location /x of a.test, "
      "all methods: other sections that apply to the same request "
      "(CorsAllowCredentials conf:3; before: CorsAllowCredentials (default))\n"
      "changed: CorsMaxAge None, before 1 on files of a.test, all methods "
      "(CorsMaxAge (default); before: CorsMaxAge conf:2)\n" },
    { "a new section that repeats its server, beside another section",
      "CorsPolicy On # match: CorsMaxAge 1",
      "CorsPolicy On # match: CorsMaxAge 1 # files: CorsPolicy On",
      "undecided: a change of CorsPolicy on files of a.test, all methods: "
      "other sections that apply to the same request (CorsPolicy conf:2; "
      "before: CorsPolicy conf:1)\n" },
    { "the root is above a section",
      LIST " # location /: CorsAllowOrigins https://b.example",
      LIST " # location /: CorsAllowOrigins https://b.example # location /x: "
           "CorsAllowOrigins https://c.example",
      "newly allowed: https://c.example on location /x of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "no longer allowed: https://b.example on location /x of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n" },
    { "a path with a final slash is above a section",
      LIST " # location /x/: CorsAllowOrigins https://b.example",
      LIST " # location /x/: CorsAllowOrigins https://b.example # location "
           "/x/y: CorsAllowOrigins https://c.example",
      "newly allowed: https://c.example on location /x/y of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "no longer allowed: https://b.example on location /x/y of a.test, GET "
      "HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n" },
    { "a path two levels above a section",
      LIST " # location /x: CorsAllowOrigins https://b.example",
      LIST " # location /x: CorsAllowOrigins https://b.example # location "
           "/x/y/z: CorsAllowOrigins https://c.example",
      "newly allowed: https://c.example on location /x/y/z of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "no longer allowed: https://b.example on location /x/y/z of a.test, GET "
      "HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n" },
    { "a path with a final slash two levels above",
      LIST " # location /x/: CorsAllowOrigins https://b.example",
      LIST " # location /x/: CorsAllowOrigins https://b.example # location "
           "/x/y/z: CorsAllowOrigins https://c.example",
      "newly allowed: https://c.example on location /x/y/z of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "no longer allowed: https://b.example on location /x/y/z of a.test, GET "
      "HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n" },
    { "the nearest path is the one with a final slash",
      LIST " # location /x: CorsAllowOrigins https://a.example # location /x/: "
           "CorsAllowOrigins https://b.example",
      LIST " # location /x: CorsAllowOrigins https://a.example # location /x/: "
           "CorsAllowOrigins https://b.example # location /x/y: "
           "CorsAllowOrigins https://c.example",
      "newly allowed: https://c.example on location /x/y of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "no longer allowed: https://b.example on location /x/y of a.test, GET "
      "HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n" },
    { "a path without its final slash",
      LIST " # location /x: CorsAllowOrigins https://b.example",
      LIST " # location /x: CorsAllowOrigins https://b.example # location /x/: "
           "CorsAllowOrigins https://c.example",
      "newly allowed: https://c.example on location /x/ of a.test, GET HEAD "
      "POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n"
      "no longer allowed: https://b.example on location /x/ of a.test, GET "
      "HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "
      "CorsAllowOrigins conf:3)\n" },
};

/* A setting of a section beside which others may apply: whether it may allow more with them. */
static const row_t hidden_rows[] = {
    { "a policy that is not in force", "# files: CorsMaxAge 1; CorsPolicy Off",
      "# files: CorsMaxAge 1; CorsPolicy ReportOnly", "" },
    { "credentials that are no longer allowed",
      "# files: CorsMaxAge 1; CorsAllowCredentials On",
      "# files: CorsMaxAge 1; CorsAllowCredentials Off",
      "changed: a change of CorsAllowCredentials on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowCredentials conf:2; before: CorsAllowCredentials conf:2)\n" },
    { "no credentials, and no setting",
      "# files: CorsMaxAge 1; CorsAllowCredentials Off",
      "# files: CorsMaxAge 1",
      "undecided: a change of CorsAllowCredentials on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowCredentials (default); before: CorsAllowCredentials "
      "conf:2)\n" },
    { "a refusal that is new",
      "# files: CorsMaxAge 1; CorsRejectDisallowed Off",
      "# files: CorsMaxAge 1; CorsRejectDisallowed On",
      "changed: a change of CorsRejectDisallowed on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsRejectDisallowed conf:2; before: CorsRejectDisallowed conf:2)\n" },
    { "a refusal that is gone",
      "# files: CorsMaxAge 1; CorsRejectDisallowed On",
      "# files: CorsMaxAge 1; CorsRejectDisallowed Off",
      "undecided: a change of CorsRejectDisallowed on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsRejectDisallowed conf:2; before: CorsRejectDisallowed conf:2)\n" },
    { "a refusal that is inherited",
      "# files: CorsMaxAge 1; CorsRejectDisallowed On", "# files: CorsMaxAge 1",
      "undecided: a change of CorsRejectDisallowed on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsRejectDisallowed (default); before: CorsRejectDisallowed "
      "conf:2)\n" },
    { "protection that is strict", "# files: CorsMaxAge 1; CorsProtect On",
      "# files: CorsMaxAge 1; CorsProtect On Strict",
      "changed: CorsProtect On Strict, before On on files of a.test, all "
      "methods (CorsProtect conf:2; before: CorsProtect conf:2)\n" },
    { "protection that is not strict", "# files: CorsMaxAge 1; CorsProtect Off",
      "# files: CorsMaxAge 1; CorsProtect On",
      "no longer allowed: https://any-other.example on files of a.test, "
      "WebSocket (CorsProtect conf:2; before: CorsProtect conf:2)\n"
      "changed: CorsProtect On, before Off on files of a.test, all methods "
      "(CorsProtect conf:2; before: CorsProtect conf:2)\n" },
    { "protection that is inherited", "# files: CorsMaxAge 1; CorsProtect Off",
      "# files: CorsMaxAge 1",
      "changed: a change of CorsProtect on files of a.test, all methods: "
      "other sections that apply to the same request (CorsProtect (default); "
      "before: CorsProtect conf:2)\n" },
    { "no origin may measure",
      "# files: CorsMaxAge 1; CorsTimingAllowOrigin Policy",
      "# files: CorsMaxAge 1; CorsTimingAllowOrigin Off",
      "changed: CorsTimingAllowOrigin Off, before Policy on files of a.test, "
      "all methods (CorsTimingAllowOrigin conf:2; before: "
      "CorsTimingAllowOrigin conf:2)\n" },
    { "origins may measure", "# files: CorsMaxAge 1; CorsTimingAllowOrigin Off",
      "# files: CorsMaxAge 1; CorsTimingAllowOrigin Policy",
      "undecided: a change of CorsTimingAllowOrigin on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsTimingAllowOrigin conf:2; before: CorsTimingAllowOrigin conf:2)\n"
      "changed: CorsTimingAllowOrigin Policy, before Off on files of a.test, "
      "all methods (CorsTimingAllowOrigin conf:2; before: "
      "CorsTimingAllowOrigin conf:2)\n" },
    { "who may measure is inherited",
      "# files: CorsMaxAge 1; CorsTimingAllowOrigin Off",
      "# files: CorsMaxAge 1",
      "undecided: a change of CorsTimingAllowOrigin on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsTimingAllowOrigin (default); before: CorsTimingAllowOrigin "
      "conf:2)\n" },
    { "embedding by the origin only",
      "# files: CorsMaxAge 1; CorsResourcePolicy Off",
      "# files: CorsMaxAge 1; CorsResourcePolicy same-origin",
      "changed: CorsResourcePolicy same-origin, before Off on files of a.test, "
      "all methods (CorsResourcePolicy conf:2; before: CorsResourcePolicy "
      "conf:2)\n" },
    { "embedding by the site", "# files: CorsMaxAge 1; CorsResourcePolicy Off",
      "# files: CorsMaxAge 1; CorsResourcePolicy same-site",
      "changed: CorsResourcePolicy same-site, before Off on files of a.test, "
      "all methods (CorsResourcePolicy conf:2; before: CorsResourcePolicy "
      "conf:2)\n" },
    { "embedding is inherited", "# files: CorsMaxAge 1; CorsResourcePolicy Off",
      "# files: CorsMaxAge 1",
      "changed: a change of CorsResourcePolicy on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsResourcePolicy (default); before: CorsResourcePolicy conf:2)\n" },
    { "names in place of names that are added",
      "# files: CorsMaxAge 1; CorsAllowHeaders +x-a",
      "# files: CorsMaxAge 1; CorsAllowHeaders x-a",
      "undecided: a change of CorsAllowHeaders on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowHeaders conf:2; before: CorsAllowHeaders conf:2)\n" },
    { "a wildcard in place of names",
      "# files: CorsMaxAge 1; CorsAllowHeaders x-a",
      "# files: CorsMaxAge 1; CorsAllowHeaders *",
      "undecided: a change of CorsAllowHeaders on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowHeaders conf:2; before: CorsAllowHeaders conf:2)\n" },
    { "a list that is inherited",
      "# files: CorsMaxAge 1; CorsAllowOrigins https://a.example",
      "# files: CorsMaxAge 1",
      "undecided: a change of CorsAllowOrigins on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowOrigins (default); before: CorsAllowOrigins conf:2)\n" },
    { "a list that is new", "# files: CorsMaxAge 1",
      "# files: CorsMaxAge 1; CorsAllowOrigins https://a.example",
      "undecided: a change of CorsAllowOrigins on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowOrigins conf:2; before: CorsAllowOrigins (default))\n" },
    { "a list without its forbidden null can allow origins again",
      "# files: CorsAllowOrigins https://a.example null # match: CorsPolicy On",
      "# files: CorsAllowOrigins https://a.example # match: CorsPolicy On",
      "undecided: a change of CorsAllowOrigins on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowOrigins conf:1; before: CorsAllowOrigins conf:1)\n" },
    { "any origin with credentials is no longer permitted",
      "# files: CorsAllowOrigins *; CorsAllowCredentials On # match: "
      "CorsAllowAnyOriginWithCredentialsUnsafe On",
      "# files: CorsAllowOrigins *; CorsAllowCredentials On # match: "
      "CorsMaxAge 1",
      "changed: a change of CorsMaxAge on match of a.test, all methods: other "
      "sections that apply to the same request (CorsMaxAge conf:1; before: "
      "CorsMaxAge (default))\n"
      "changed: a change of CorsAllowAnyOriginWithCredentialsUnsafe on match "
      "of a.test, all methods: other sections that apply to the same request "
      "(CorsAllowAnyOriginWithCredentialsUnsafe (default); before: "
      "CorsAllowAnyOriginWithCredentialsUnsafe conf:1)\n" },
    { "a shorter list",
      "# files: CorsMaxAge 1; CorsAllowOrigins https://a.example "
      "https://b.example",
      "# files: CorsMaxAge 1; CorsAllowOrigins https://a.example",
      "changed: a change of CorsAllowOrigins on files of a.test, all methods: "
      "other sections that apply to the same request (CorsAllowOrigins conf:2; "
      "before: CorsAllowOrigins conf:2)\n" },
    { "an origin that is added, in place of a list",
      "# files: CorsMaxAge 1; CorsAllowOrigins https://a.example",
      "# files: CorsMaxAge 1; CorsAllowOrigins +https://a.example",
      "undecided: a change of CorsAllowOrigins on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsAllowOrigins conf:2; before: CorsAllowOrigins conf:2)\n" },
    /* CorsProtect cannot be in force beside the section, but it is present: which
     * setting replaces which is not evaluated */
    { "CorsProtect of the server counts, even if each section replaces it",
      PROTECT " # files: CorsProtect Off; CorsProtectAllowOrigins " A,
      PROTECT " # files: CorsProtect Off; CorsProtectAllowOrigins " B,
      "undecided: a change of CorsProtectAllowOrigins on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsProtectAllowOrigins conf:3; before: CorsProtectAllowOrigins "
      "conf:3)\n" },
    { "the headers of a backend",
      "# files: CorsMaxAge 1; CorsBackendHeaders Replace",
      "# files: CorsMaxAge 1; CorsBackendHeaders Keep",
      "undecided: a change of CorsBackendHeaders on files of a.test, all "
      "methods: other sections that apply to the same request "
      "(CorsBackendHeaders conf:2; before: CorsBackendHeaders conf:2)\n" },
};

/* A longer file of a section that allows nothing by itself. */
static void a_file_may_allow_more_with_other_sections(void **state)
{
    cors_snapshot_t *old = snapshot_of(" # files: CorsAllowOrigins " A);
    cors_snapshot_t *now = snapshot_of(" # files: CorsAllowOrigins " A);

    (void)state;
    add_lines(old, &group_at(old, 1)->own->link[CORS_ATTR_ORIGINS], A);
    add_lines(now, &group_at(now, 1)->own->link[CORS_ATTR_ORIGINS], A " " B);
    same_text("a line more", differences_of(old, now),
              "undecided: a change of CorsAllowOrigins on files of a.test, all "
              "methods: other sections that apply to the same request "
              "(CorsAllowOrigins conf:1; before: CorsAllowOrigins conf:1)\n");
    same_text("a line less", differences_of(now, old),
              "changed: a change of CorsAllowOrigins on files of a.test, all "
              "methods: other sections that apply to the same request "
              "(CorsAllowOrigins conf:1; before: CorsAllowOrigins conf:1)\n");
}

#define NO_B_NOW_C(place)                                                      \
    "newly allowed: https://c.example on " place                               \
    ", GET HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "      \
    "CorsAllowOrigins conf:3)\n"                                               \
    "no longer allowed: https://b.example on " place                           \
    ", GET HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:3; before: "      \
    "CorsAllowOrigins conf:3)\n"

/* A section that is new is compared with the one around it, or the nearest one of its path.
 * Their keys differ from their paths. */
static void a_new_section_is_compared_with_the_one_around_it(void **state)
{
    static const struct {
        const char *outer;
        const char *path;   /* of the new section */
        const char *around; /* of the one that it is compared with */
    } rows_of[] = {
        { "around", NULL, NULL },
        { "around", "location /y", NULL },
        { "", "location /x", "location /x" },
        { "", "location /x/y", "location /x" },
        { "", "location /x/y", "location /x/" },
        { "", "location /x/y/z", "location /x" },
        { "", "location /x/y", "location /" },
    };
    static const char server[] =
        LIST " # around: CorsAllowOrigins " B " # location /y: CorsMaxAge 1";
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows_of); i++) {
        const cors_snapshot_t *old = snapshot_of(server);
        const cors_snapshot_t *now = snapshot_of(
            apr_pstrcat(pool, server,
                        " # new: CorsAllowOrigins https://c.example", NULL));
        cors_snapshot_section_t *new = section_at(now, 0, 3);

        section_at(old, 0, 1)->path = rows_of[i].around;
        section_at(old, 0, 1)->plain = true;
        section_at(now, 0, 1)->plain = true;
        new->plain = true;
        new->outer = rows_of[i].outer;
        new->path = rows_of[i].path;
        same_text(rows_of[i].path, differences_of(old, now),
                  NO_B_NOW_C("new of a.test"));
    }
}

static void add_server(cors_snapshot_t *snapshot, const char *settings)
{
    APR_ARRAY_PUSH(add_host(snapshot, "v.test", "*:443")->sections,
                   cors_snapshot_section_t *) = section_of("", "", settings);
}

/* Servers of the same name and address are compared in their order. */
static void servers_may_have_the_same_name_and_address(void **state)
{
    cors_snapshot_t *old = snapshot_of("");
    cors_snapshot_t *now = snapshot_of("");
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        add_server(old, i == 1 ? "CorsPolicy On" : LIST);
        add_server(now, i == 1 ? "CorsPolicy On; CorsAllowOrigins " B : LIST);
    }
    same_text("the second one", differences_of(old, now),
              "newly allowed: https://b.example on server v.test (*:443), GET "
              "HEAD POST PUT PATCH DELETE (CorsAllowOrigins conf:2; before: "
              "CorsAllowOrigins (default))\n");
}

/* A virtual host that inherits the sections of the server outside has them as well. */
static void a_server_inherits_sections(void **state)
{
    static const char server[] = LIST " # location /x: CorsAllowOrigins " B;
    cors_snapshot_t *old = snapshot_of(server);
    cors_snapshot_t *now = snapshot_of(server);

    (void)state;
    add_server(old, LIST);
    add_server(now, LIST);
    APR_ARRAY_PUSH(
        APR_ARRAY_IDX(now->hosts, 1, cors_snapshot_host_t *)->sections,
        cors_snapshot_section_t *) =
        section_of("location /x", LIST, "CorsAllowOrigins https://c.example");
    APR_ARRAY_IDX(old->hosts, 1, cors_snapshot_host_t *)->inherits = true;
    same_text("its section of the same key", differences_of(old, now),
              NO_B_NOW_C("location /x of v.test (*:443)"));
    APR_ARRAY_IDX(old->hosts, 1, cors_snapshot_host_t *)->inherits = false;
    same_text("without it, the server itself", differences_of(old, now),
              "newly allowed: https://c.example on location /x of v.test "
              "(*:443), GET HEAD POST PUT PATCH DELETE (CorsAllowOrigins "
              "conf:3; before: CorsAllowOrigins conf:2)\n"
              "no longer allowed: https://a.example on location /x of v.test "
              "(*:443), GET HEAD POST PUT PATCH DELETE (CorsAllowOrigins "
              "conf:3; before: CorsAllowOrigins conf:2)\n");
}

/* A section that another server lacks is not missing on the next one. */
static void a_section_may_be_gone_on_one_server_only(void **state)
{
    cors_snapshot_t *old = snapshot_of(" # files: CorsMaxAge 1");
    cors_snapshot_t *now = snapshot_of("");
    cors_snapshot_t *both[] = { old, now };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(both); i++) {
        add_server(both[i], "");
        APR_ARRAY_PUSH(
            APR_ARRAY_IDX(both[i]->hosts, 1, cors_snapshot_host_t *)->sections,
            cors_snapshot_section_t *) =
            section_of("match", "", "CorsAllowHeaders x-a");
    }
    same_text("files", differences_of(old, now),
              "changed: a change of CorsMaxAge on files of a.test, all "
              "methods: other sections that apply to the same request "
              "(CorsMaxAge (default); before: CorsMaxAge conf:1)\n");
}

/* Give the server its settings for some methods, as <Limit> does. names: separated by
 * spaces. */
static void set_group(cors_snapshot_t *snapshot, bool first, const char *names,
                      bool others, const char *settings)
{
    cors_snapshot_section_t *section = section_at(snapshot, 0, 0);
    cors_snapshot_group_t *group = apr_pcalloc(pool, sizeof(*group));
    apr_array_header_t *methods = apr_array_make(pool, 2, sizeof(char *));
    char *last;
    char *name;

    for (name = apr_strtok(apr_pstrdup(pool, names), " ", &last); name;
         name = apr_strtok(NULL, " ", &last)) {
        APR_ARRAY_PUSH(methods, const char *) = name;
    }
    group->policy = policy_of(settings);
    group->own = group->policy;
    group->methods = methods;
    group->others = others;
    if (first) {
        section->groups = apr_array_make(pool, 2, sizeof(group));
    }
    *(cors_snapshot_group_t **)apr_array_push(
        (apr_array_header_t *)(uintptr_t)section->groups) = group;
}

/* The settings of a server for two groups of methods. */
typedef struct {
    const char *name;
    const char *methods[2];
    bool others[2]; /* the group has all other methods, too */
    const char *old[2];
    const char *now[2];
    const char *lines;
} group_row_t;

#define ALLOWED_B(methods)                                                     \
    "newly allowed: https://b.example on server a.test, " methods              \
    " (CorsAllowOrigins conf:2; before: CorsAllowOrigins conf:2)\n"

static const group_row_t group_rows[] = {
    { "the first group",
      { "POST PUT", "GET" },
      { false, true },
      { LIST, LIST },
      { LIST " " B, LIST },
      ALLOWED_B("POST PUT") },
    { "the last method of a group",
      { "GET HEAD", "POST PUT" },
      { true, false },
      { LIST, LIST },
      { LIST, LIST " " B },
      ALLOWED_B("POST PUT") },
    { "the group of all other methods",
      { "POST PUT", "GET" },
      { false, true },
      { LIST, LIST },
      { LIST, LIST " " B },
      ALLOWED_B("GET HEAD PATCH DELETE") },
    { "a first group of all other methods",
      { "GET", "POST PUT" },
      { true, false },
      { LIST, LIST },
      { LIST " " B, LIST },
      ALLOWED_B("GET HEAD PATCH DELETE") },
    { "methods of no group have the first one",
      { "POST", "PUT" },
      { false, false },
      { LIST, LIST },
      { LIST " " B, LIST },
      ALLOWED_B("GET HEAD POST PATCH DELETE") },
    { "a method that only a group names",
      { "GET", "COPY" },
      { true, false },
      { LIST "; CorsAllowMethods *", LIST "; CorsAllowMethods *" },
      { LIST "; CorsAllowMethods *", LIST " " B "; CorsAllowMethods *" },
      ALLOWED_B("COPY") },
    { "a WebSocket is opened by GET",
      { "HEAD", "GET" },
      { false, true },
      { LIST "; CorsWebSocketAllowOrigins " A,
        LIST "; CorsWebSocketAllowOrigins " A },
      { LIST "; CorsWebSocketAllowOrigins " A " " B,
        LIST "; CorsWebSocketAllowOrigins " A },
      "" },
};

static void check_groups(void **state)
{
    const group_row_t *row = *state;
    cors_snapshot_t *old = snapshot_of("");
    cors_snapshot_t *now = snapshot_of("");
    int i;

    for (i = 0; i < 2; i++) {
        set_group(old, i == 0, row->methods[i], row->others[i], row->old[i]);
        set_group(now, i == 0, row->methods[i], row->others[i], row->now[i]);
    }
    same_text(row->name, differences_of(old, now), row->lines);
}

/* Each new origin of a list is a difference, up to 50. */
static void new_origins_are_limited(void **state)
{
    static const int counts[] = { 8, 9, 50, 51 };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(counts); i++) {
        const char *settings = LIST;
        const apr_array_header_t *found;
        int k;

        for (k = 0; k < counts[i]; k++) {
            settings = apr_psprintf(pool, "%s https://x.example:%d", settings,
                                    k + 1024);
        }
        found = cors_compare(pool, snapshot_of(LIST), snapshot_of(settings));
        assert_int_equal(found->nelts, counts[i] > 50 ? 50 : counts[i]);
        for (k = 0; k < found->nelts; k++) {
            const cors_compared_t *compared =
                &APR_ARRAY_IDX(found, k, cors_compared_t);

            same_text("origin", compared->origin,
                      apr_psprintf(pool, "https://x.example:%d", k + 1024));
            assert_int_equal(compared->more, counts[i] > 50 && k == 49);
        }
    }
}

/* What a difference is about, and whether its requests have credentials. */
static const struct {
    const char *name;
    const char *old;
    const char *now;
    cors_aspect_e aspect;
    const char *text;
    bool credentials;
} aspect_rows[] = {
    { "a request", LIST, LIST " " B, CORS_ASPECT_REQUEST, "request", false },
    { "a request with credentials", LIST "; CorsAllowCredentials On",
      LIST " " B "; CorsAllowCredentials On", CORS_ASPECT_REQUEST, "request",
      true },
    { "headers that are read", LIST, LIST "; CorsExposeHeaders x-a",
      CORS_ASPECT_EXPOSE, "response-headers", false },
    { "a WebSocket", "CorsWebSocketAllowOrigins " A,
      "CorsWebSocketAllowOrigins " A " " B, CORS_ASPECT_WEBSOCKET, "websocket",
      true },
    { "CorsProtect",
      PROTECT "; CorsProtectAllowOrigins " A "; CorsWebSocketAllowOrigins *",
      PROTECT "; CorsProtectAllowOrigins " A " " B
              "; CorsWebSocketAllowOrigins *",
      CORS_ASPECT_PROTECT, "protect", true },
    { "a setting", "CorsSetEnv On", "", CORS_ASPECT_SETTING, "setting", false },
    { "CorsPolicy", "", "CorsPolicy On", CORS_ASPECT_SETTING, "setting",
      false },
    { "a setting beside other sections", "# files: CorsMaxAge 1",
      "# files: CorsMaxAge 2", CORS_ASPECT_SETTING, "setting", false },
};

static void check_aspect(void **state)
{
    const size_t row =
        (size_t)((const char *)*state - (const char *)aspect_rows)
        / sizeof(aspect_rows[0]);
    const cors_snapshot_t *sides[] = { snapshot_of(aspect_rows[row].old),
                                       snapshot_of(aspect_rows[row].now) };
    int i;

    /* in both directions */
    for (i = 0; i < 2; i++) {
        const apr_array_header_t *found =
            cors_compare(pool, sides[i], sides[1 - i]);
        const cors_compared_t *first =
            &APR_ARRAY_IDX(found, 0, cors_compared_t);

        assert_int_equal(found->nelts, 1);
        assert_int_equal(first->aspect, aspect_rows[row].aspect);
        same_text("aspect", cors_aspect_text(first->aspect),
                  aspect_rows[row].text);
        assert_int_equal(first->credentials, aspect_rows[row].credentials);
    }
}

/* The methods of a difference: none for a WebSocket, and no exceptions of all. */
static void differences_of_all_methods_list_none(void **state)
{
    static const char *const now[] = {
        "CorsAllowMethods *; CorsWebSocketAllowOrigins " A,
        "CorsAllowMethods *; CorsSetEnv On"
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(now); i++) {
        const apr_array_header_t *found =
            cors_compare(pool, snapshot_of("CorsAllowMethods *"),
                         snapshot_of(now[i]));
        const cors_compared_t *first =
            &APR_ARRAY_IDX(found, 0, cors_compared_t);

        assert_int_equal(found->nelts, 1);
        assert_null(first->methods);
        assert_false(first->except);
    }
}

/* The request that shows a difference. */
typedef struct {
    const char *name;
    const char *host;
    const char *address;
    const char *title;
    const char *path;
    cors_aspect_e aspect;
    const char *origin;
    const char *methods; /* separated by spaces; NULL: all */
    bool except;
    bool credentials;
    const char *headers;
    const char *expected;
} request_row_t;

#define OF_SERVER "a.test", NULL, NULL, NULL
#define REQUEST CORS_ASPECT_REQUEST
#define WEBSOCKET CORS_ASPECT_WEBSOCKET

static const request_row_t request_rows[] = {
    { "a server", OF_SERVER, REQUEST, A, NULL, false, false, NULL,
      "GET http://a.test/ from " A },
    { "a difference without an origin", OF_SERVER, REQUEST, NULL, NULL, false,
      false, NULL, NULL },
    { "a server without a name", NULL, NULL, NULL, NULL, REQUEST, A, NULL,
      false, false, NULL, NULL },
    { "a section by path", "a.test", NULL, "<Location /x>", "location /x",
      REQUEST, A, NULL, false, false, NULL, "GET http://a.test/x from " A },
    { "a section by pattern", "a.test", NULL, "<LocationMatch x>", NULL,
      REQUEST, A, NULL, false, false, NULL, NULL },
    { "the port of https", "a.test", "*:443", NULL, NULL, REQUEST, A, NULL,
      false, false, NULL, "GET https://a.test/ from " A },
    { "the port of http", "a.test", "*:80", NULL, NULL, REQUEST, A, NULL, false,
      false, NULL, "GET http://a.test/ from " A },
    { "any port", "a.test", "*:*", NULL, NULL, REQUEST, A, NULL, false, false,
      NULL, "GET http://a.test/ from " A },
    { "port 0 is any port", "a.test", "*:0", NULL, NULL, REQUEST, A, NULL,
      false, false, NULL, "GET http://a.test/ from " A },
    { "another port", "a.test", "*:8080", NULL, NULL, REQUEST, A, NULL, false,
      false, NULL, "GET http://a.test:8080/ from " A },
    { "a WebSocket has no cookies in it", "a.test", NULL, NULL, NULL, WEBSOCKET,
      A, NULL, false, true, NULL, "GET ws://a.test/ from " A },
    { "a secure WebSocket", "a.test", "*:443", NULL, NULL, WEBSOCKET, A, NULL,
      false, true, NULL, "GET wss://a.test/ from " A },
    { "the first method", OF_SERVER, REQUEST, A, "PUT PURGE", false, false,
      NULL, "PUT http://a.test/ from " A },
    { "all methods but HEAD", OF_SERVER, REQUEST, A, "HEAD", true, false, NULL,
      "GET http://a.test/ from " A },
    { "all methods but GET", OF_SERVER, REQUEST, A, "GET HEAD", true, false,
      NULL, "ANY-OTHER http://a.test/ from " A },
    { "all methods past CorsProtect", OF_SERVER, CORS_ASPECT_PROTECT, A, NULL,
      false, true, NULL, "POST http://a.test/ from " A " and cookies" },
    { "all methods but GET past CorsProtect", OF_SERVER, CORS_ASPECT_PROTECT, A,
      "GET HEAD", true, true, NULL,
      "POST http://a.test/ from " A " and cookies" },
    { "all methods but POST past CorsProtect", OF_SERVER, CORS_ASPECT_PROTECT,
      A, "POST", true, true, NULL,
      "GET http://a.test/ from " A " and cookies" },
    { "POST past CorsProtect", OF_SERVER, CORS_ASPECT_PROTECT, A, "PUT POST",
      false, true, NULL, "POST http://a.test/ from " A " and cookies" },
    { "PUT past CorsProtect", OF_SERVER, CORS_ASPECT_PROTECT, A, "PUT", false,
      true, NULL, "PUT http://a.test/ from " A " and cookies" },
    { "credentials", OF_SERVER, REQUEST, A, NULL, false, true, NULL,
      "GET http://a.test/ from " A " and cookies" },
    { "a header", OF_SERVER, REQUEST, A, NULL, false, true, "x-a",
      "GET http://a.test/ from " A " with x-a and cookies" },
    { "a header that is read", OF_SERVER, CORS_ASPECT_EXPOSE, A, NULL, false,
      false, "x-a", "GET http://a.test/ from " A },
};

static void check_request(void **state)
{
    const request_row_t *row = *state;
    cors_snapshot_host_t host;
    cors_snapshot_section_t section;
    cors_compared_t compared;
    char *last;
    char *name;

    memset(&host, 0, sizeof(host));
    memset(&section, 0, sizeof(section));
    memset(&compared, 0, sizeof(compared));
    host.name = row->host;
    host.address = row->address;
    section.title = row->title;
    section.path = row->path;
    section.plain = row->path != NULL;
    compared.place.host = &host;
    compared.place.section = &section;
    compared.aspect = row->aspect;
    compared.origin = row->origin;
    compared.except = row->except;
    compared.credentials = row->credentials;
    compared.headers = row->headers;
    if (row->methods) {
        compared.methods = apr_array_make(pool, 1, sizeof(char *));
        for (name = apr_strtok(apr_pstrdup(pool, row->methods), " ", &last);
             name; name = apr_strtok(NULL, " ", &last)) {
            APR_ARRAY_PUSH(compared.methods, const char *) = name;
        }
    }
    same_text(row->name, cors_compared_request(pool, &compared), row->expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(servers_are_compared_by_name_and_address),
        TEST(undecided_requests_have_credentials),
        TEST(a_long_list_may_have_other_origins),
        TEST(a_file_may_allow_more_with_other_sections),
        TEST(a_new_section_is_compared_with_the_one_around_it),
        TEST(servers_may_have_the_same_name_and_address),
        TEST(a_server_inherits_sections),
        TEST(a_section_may_be_gone_on_one_server_only),
        TEST(new_origins_are_limited),
        TEST(differences_of_all_methods_list_none),
    };
    const table_t tables[] = { TABLE(check_row, rows),
                               TABLE(check_row, section_rows),
                               TABLE(check_row, excluded_rows),
                               TABLE(check_row, effect_rows),
                               TABLE(check_file_row, file_rows),
                               TABLE(check_row, setting_rows),
                               TABLE(check_row, place_rows),
                               TABLE(check_row, hidden_rows),
                               TABLE(check_groups, group_rows),
                               TABLE(check_aspect, aspect_rows),
                               TABLE(check_request, request_rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
