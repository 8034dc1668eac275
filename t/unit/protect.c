/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Requests that may be forged or embed a resource, and what is decided. */

#include "configure.h"

#include <stdio.h>

#include "core/policy/protect.h"

#define A "https://a.example"
#define E "https://evil.test"
#define FORM "application/x-www-form-urlencoded"

/* A request; NULL is absent. The target is A under https unless one is given. */
typedef struct {
    const char *method; /* NULL: POST */
    const char *origin, *site, *mode, *dest, *referer;
    const char *cookie, *authorization, *type, *forwarded;
    const char *target, *canonical;
    cors_trust_e trust;
    bool websocket, preflight, unknown_host, declared, certificate;
    /* settings */
    bool strict, list, required;
} sent_t;

typedef struct {
    const char *name;
    sent_t sent;
    const char *decision;
} row_t;

static cors_trust_e trust_of(void *context, const cors_origin_t *origin)
{
    (void)origin;
    return ((const sent_t *)context)->trust;
}

static bool certificate_of(void *context)
{
    return ((const sent_t *)context)->certificate;
}

static const char *const *fields_of(const sent_t *sent)
{
    const char **field = apr_pcalloc(pool, CORS_FIELD_COUNT * sizeof(*field));

    field[CORS_FIELD_ORIGIN] = exact_string(sent->origin);
    field[CORS_FIELD_REFERER] = exact_string(sent->referer);
    field[CORS_FIELD_FETCH_SITE] = exact_string(sent->site);
    field[CORS_FIELD_FETCH_MODE] = exact_string(sent->mode);
    field[CORS_FIELD_FETCH_DEST] = exact_string(sent->dest);
    field[CORS_FIELD_COOKIE] = exact_string(sent->cookie);
    field[CORS_FIELD_AUTHORIZATION] = exact_string(sent->authorization);
    field[CORS_FIELD_CONTENT_TYPE] = exact_string(sent->type);
    return field;
}

static void facts_of(const sent_t *sent, cors_protect_facts_t *facts)
{
    memset(facts, 0, sizeof(*facts));
    facts->method = exact_copy(sent->method ? sent->method : "POST");
    facts->websocket = sent->websocket;
    facts->preflight = sent->preflight;
    facts->field = fields_of(sent);
    facts->get_trust = trust_of;
    facts->has_certificate = certificate_of;
    facts->context = (void *)(uintptr_t)sent;
    facts->target.known_host = !sent->unknown_host;
    facts->scheme_declared = sent->declared;
    assert_true(cors_origin_parse(exact_copy(sent->target ? sent->target : A),
                                  &facts->target.origin));
    if (sent->canonical) {
        assert_true(cors_origin_parse(exact_copy(sent->canonical),
                                      &facts->target.canonical));
    }
}

static cors_protect_settings_t settings_of(const sent_t *sent)
{
    const cors_protect_settings_t settings = { .requests = true,
                                               .strict = sent->strict,
                                               .websocket_list = sent->list,
                                               .require_origin =
                                                   sent->required };

    return settings;
}

static const char *words_of(const cors_protect_decision_t *decision)
{
    return apr_pstrcat(pool, cors_protect_verdict_text(decision->verdict), " ",
                       cors_protect_reason_text(decision->reason), NULL);
}

/* Check a request. cors_protect_is_same_origin() has to agree with the complete rules. */
static void decide_request(const char *name,
                           const cors_protect_settings_t *settings,
                           const cors_protect_facts_t *facts,
                           cors_protect_decision_t *decision)
{
    cors_protect_request(settings, facts, decision);
    if (!facts->websocket && !cors_protect_is_safe(facts->method)) {
        same_number(name, cors_protect_is_same_origin(facts),
                    decision->reason == CORS_PROTECT_REASON_SAME_ORIGIN);
    }
}

static void check_request(void **state)
{
    const row_t *row = *state;
    cors_protect_settings_t settings = settings_of(&row->sent);
    cors_protect_facts_t facts;
    cors_protect_decision_t decision;

    facts_of(&row->sent, &facts);
    decide_request(row->name, &settings, &facts, &decision);
    same_text(row->name, words_of(&decision), row->decision);
    same_text(row->name, cors_protect_check_text(decision.check),
              "CorsProtect");
}

static void check_embedding(void **state)
{
    const row_t *row = *state;
    cors_protect_facts_t facts;
    cors_protect_decision_t decision;

    facts_of(&row->sent, &facts);
    cors_protect_embedding(&facts, &decision);
    same_text(row->name, words_of(&decision), row->decision);
    same_text(row->name, cors_protect_check_text(decision.check),
              "CorsProtectEmbedding");
}

#define CROSS "refused cross-site-request"
#define SAFE "not-checked safe-method"
#define SAME "passed same-origin-request"
#define RELAYED "refused relayed-by-worker"
#define OWN "passed own-origin"
#define OPEN "passed allowed-without-credentials"
#define X .origin = E, .site = "cross-site"
#define RELAY .site = "same-origin", .mode = "same-origin"
#define READS .origin = E, .trust = CORS_TRUST_WITHOUT_CREDENTIALS
#define CORS READS, .site = "cross-site", .mode = "cors"

static const row_t requests[] = {
    { "GET is safe", { .method = "GET", X }, SAFE },
    { "HEAD is safe", { .method = "HEAD", X }, SAFE },
    { "OPTIONS is safe", { .method = "OPTIONS", X }, SAFE },
    { "TRACE is safe", { .method = "TRACE", X }, SAFE },
    { "QUERY is safe", { .method = "QUERY", X }, SAFE },
    { "get is not safe", { .method = "get", X }, CROSS },
    { "GETS is not safe", { .method = "GETS", X }, CROSS },
    { "no method is not safe", { .method = "", X }, CROSS },

    { "same-origin passes with any Origin",
      { .origin = E, .site = "same-origin" },
      SAME },
    { "same-origin in another case", { .site = "Same-origin" }, CROSS },
    { "same-origin twice", { .site = "same-origin, same-origin" }, CROSS },
    { "none", { .site = "none" }, "passed browser-initiated" },
    { "none, never relayed",
      { .site = "none", .mode = "same-origin", .origin = "null" },
      "passed browser-initiated" },
    { "None", { .site = "None" }, CROSS },

    { "a worker's own form", { RELAY, .origin = A, .referer = A "/p" }, SAME },
    { "with a query", { RELAY, .origin = A, .referer = A "?p" }, SAME },
    { "with a fragment", { RELAY, .origin = A, .referer = A "#p" }, SAME },
    { "the origin alone", { RELAY, .origin = A, .referer = A }, SAME },
    { "no Referer", { RELAY, .origin = A }, SAME },
    { "an empty Referer", { RELAY, .origin = A, .referer = "" }, SAME },
    { "a foreign Referer", { RELAY, .origin = A, .referer = E "/" }, RELAYED },
    { "a longer host", { RELAY, .origin = A, .referer = A "x/" }, RELAYED },
    { "another port", { RELAY, .origin = A, .referer = A ":8/" }, RELAYED },
    { "a user", { RELAY, .origin = A, .referer = A "@evil.test/" }, RELAYED },
    { "a short Referer", { RELAY, .origin = A, .referer = "h" }, RELAYED },
    { "a malformed Origin",
      { RELAY, .origin = A "/", .referer = A "//" },
      RELAYED },
    { "no Origin", { RELAY, .referer = A "/" }, RELAYED },
    { "an opaque Origin", { RELAY, .origin = "null" }, RELAYED },
    { "an opaque Origin with the type of a form",
      { RELAY, .origin = "null", .type = FORM },
      RELAYED },
    { "an opaque Origin with text",
      { RELAY, .origin = "null", .type = "text/plain;charset=UTF-8" },
      RELAYED },
    { "a form cannot send JSON",
      { RELAY, .origin = "null", .type = "application/json" },
      SAME },
    { "a form cannot send PUT",
      { RELAY, .method = "PUT", .origin = "null", .type = FORM },
      SAME },
    { "a form cannot send DELETE, with a foreign Referer",
      { RELAY, .method = "DELETE", .origin = A, .referer = E "/" },
      SAME },
    { "post is not POST", { RELAY, .method = "post", .origin = "null" }, SAME },
    { "in another mode",
      { .origin = "null", .site = "same-origin", .mode = "navigate" },
      SAME },
    { "in another mode with a foreign Referer",
      { .origin = A, .site = "same-origin", .mode = "cors", .referer = E "/" },
      SAME },

    { "a listed origin",
      { X, .trust = CORS_TRUST_LISTED },
      "passed trusted-origin" },
    { "an origin with credentials",
      { X, .trust = CORS_TRUST_WITH_CREDENTIALS },
      "passed allowed-with-credentials" },
    { "an origin that is not trusted", { X }, CROSS },
    { "a malformed origin is not trusted",
      { .origin = E "/", .trust = CORS_TRUST_LISTED },
      CROSS },
    { "an empty origin is not trusted",
      { .origin = "", .trust = CORS_TRUST_LISTED },
      CROSS },
    { "two origins are not trusted",
      { .origin = E ", " E, .trust = CORS_TRUST_LISTED },
      CROSS },
    { "null, listed",
      { .origin = "null", .trust = CORS_TRUST_LISTED },
      "passed trusted-origin" },

    { "a CORS request", { CORS }, OPEN },
    { "a form", { READS, .site = "cross-site", .mode = "navigate" }, CROSS },
    { "a beacon", { READS, .site = "cross-site", .mode = "no-cors" }, CROSS },
    { "an unknown mode",
      { READS, .mode = "cors, cors", .type = "a/b" },
      CROSS },
    { "with a cookie", { CORS, .cookie = "a=b" }, CROSS },
    { "with an empty cookie", { CORS, .cookie = "" }, CROSS },
    { "with a certificate", { CORS, .certificate = true }, CROSS },
    { "Basic", { CORS, .authorization = "Basic x" }, CROSS },
    { "basic alone", { CORS, .authorization = "basic" }, CROSS },
    { "Digest", { CORS, .authorization = "Digest a=\"b\", c=d" }, CROSS },
    { "NTLM", { CORS, .authorization = "NTLM x" }, CROSS },
    { "Negotiate", { CORS, .authorization = "Negotiate\tx" }, CROSS },
    { "Basic joined", { CORS, .authorization = "Bearer x, Basic y" }, CROSS },
    { "Bearer", { CORS, .authorization = "Bearer Basic" }, OPEN },
    { "Basics", { CORS, .authorization = "Basics x" }, OPEN },
    { "without a mode, PUT", { READS, .method = "PUT", .type = FORM }, OPEN },
    { "an empty mode, JSON", { READS, .mode = "", .type = "a/json" }, OPEN },
    { "without a mode, JSON", { READS, .type = "application/json" }, OPEN },
    { "without a mode, JSON with a parameter",
      { READS, .type = "application/json; charset=utf-8" },
      OPEN },
    { "without a mode, a form", { READS, .type = FORM }, CROSS },
    { "without a mode, multipart",
      { READS, .type = "Multipart/Form-Data; boundary=x" },
      CROSS },
    { "without a mode, text", { READS, .type = " text/plain;a" }, CROSS },
    { "without a mode, a ping", { READS, .type = "text/ping" }, CROSS },
    { "without a mode, CSP",
      { READS, .type = "application/csp-report" },
      CROSS },
    { "without a mode, reports",
      { READS, .type = "application/reports+json" },
      CROSS },
    { "without a mode, two types", { READS, .type = "text/plain,a/b" }, CROSS },
    { "without a mode and type", { READS }, CROSS },
    { "without a mode, an empty type", { READS, .type = " ; a/b" }, CROSS },
    { "a type without a slash", { READS, .type = "json" }, CROSS },
    { "a type with two", { READS, .type = "a/b/c" }, CROSS },
    { "a type without a token", { READS, .type = "a/(b" }, CROSS },
    { "a type without a first token", { READS, .type = "(a/b" }, CROSS },

    { "same-site", { .origin = A, .site = "same-site" }, CROSS },
    { "the own origin, cross-site",
      { .origin = A, .site = "cross-site" },
      CROSS },
    { "the own origin, an empty site", { .origin = A, .site = "" }, OWN },
    { "the own origin", { .origin = A }, OWN },
    { "the own origin, a foreign host",
      { .origin = A, .unknown_host = true },
      "refused foreign-host" },
    { "the canonical origin",
      { .origin = E, .canonical = E, .unknown_host = true },
      OWN },
    { "a host in upper case", { .origin = A, .target = A }, OWN },
    { "a longer host", { .origin = A "x" }, CROSS },
    { "another port", { .origin = A ":8443" }, CROSS },
    { "the same port", { .origin = A ":8443", .target = A ":8443" }, OWN },
    { "a default port in the target",
      { .origin = A, .target = A ":443" },
      OWN },
    { "a default port in Origin", { .origin = A ":443" }, CROSS },
    { "the http twin", { .origin = "http://a.example" }, CROSS },
    { "the https twin", { .origin = A, .target = "http://a.example" }, OWN },
    { "of port 80", { .origin = A, .target = "http://a.example:80" }, OWN },
    { "of port 443", { .origin = A, .target = "http://a.example:443" }, OWN },
    { "of port 81",
      { .origin = A ":81", .target = "http://a.example:81" },
      OWN },
    { "not of port 81",
      { .origin = A, .target = "http://a.example:81" },
      CROSS },
    { "no twin with a declared scheme",
      { .origin = A, .target = "http://a.example", .declared = true },
      CROSS },
    { "no twin of another scheme",
      { .origin = "ftp://a.example", .target = "http://a.example" },
      CROSS },
    { "an opaque origin", { .origin = "null" }, "refused null-origin" },
    { "an opaque origin, cross-site",
      { .origin = "null", .site = "cross-site" },
      CROSS },

    { "neither field", { .cookie = "a" }, "passed not-a-browser" },
    { "neither field, Strict", { .strict = true }, "refused no-origin" },
    { "an empty Origin is present", { .origin = "" }, CROSS },

    { "a handshake with a list",
      { .websocket = true, .list = true, X },
      "not-checked websocket-list" },
    { "a list is not for others", { .list = true, X }, CROSS },
    { "a handshake, same-origin",
      { .websocket = true, .method = "GET", .site = "same-origin" },
      SAME },
    { "a handshake is never relayed",
      { .websocket = true, RELAY, .origin = "null" },
      SAME },
    { "a handshake, cross-site", { .websocket = true, X }, CROSS },
    { "a handshake, none",
      { .websocket = true, .origin = A, .site = "none" },
      CROSS },
    { "a trusted handshake, cross-site",
      { .websocket = true, X, .trust = CORS_TRUST_LISTED },
      "passed trusted-origin" },
    { "a handshake is not a CORS request",
      { .websocket = true, .method = "GET", READS, .mode = "cors" },
      CROSS },
    { "a handshake of the own origin",
      { .websocket = true, .origin = A },
      OWN },
    { "a handshake, opaque",
      { .websocket = true, .origin = "null" },
      "refused null-origin" },
    { "a handshake without Origin, whatever Strict",
      { .websocket = true, .strict = true },
      "passed not-a-browser" },
    { "a handshake without a required Origin",
      { .websocket = true, .required = true },
      "refused origin-required" },
    { "a required Origin is for handshakes",
      { .required = true },
      "passed not-a-browser" },
};

#define FREE "passed not-embedded"
#define WALL "refused cross-site-embedding"
#define XS .method = "GET", .site = "cross-site"

static const row_t embeddings[] = {
    { "a picture", { XS, .mode = "no-cors", .dest = "image" }, WALL },
    { "mode same-origin", { XS, .mode = "same-origin" }, WALL },
    { "an unknown mode", { XS, .mode = "cors, cors" }, WALL },
    { "mode cors", { XS, .mode = "cors" }, FREE },
    { "mode websocket", { XS, .mode = "websocket" }, FREE },
    { "no mode", { XS, .dest = "image" }, FREE },
    { "an empty mode", { XS, .mode = "" }, FREE },
    { "a link", { XS, .mode = "navigate", .dest = "document" }, FREE },
    { "a link behind a worker",
      { XS, .mode = "navigate", .dest = "empty" },
      FREE },
    { "a link without a destination", { XS, .mode = "navigate" }, FREE },
    { "iframe", { XS, .mode = "navigate", .dest = "iframe" }, WALL },
    { "frame", { XS, .mode = "navigate", .dest = "frame" }, WALL },
    { "fencedframe", { XS, .mode = "navigate", .dest = "fencedframe" }, WALL },
    { "embed", { XS, .mode = "navigate", .dest = "embed" }, WALL },
    { "object", { XS, .mode = "navigate", .dest = "object" }, WALL },
    { "same-site", { .site = "same-site", .mode = "no-cors" }, FREE },
    { "two sites",
      { .site = "cross-site, cross-site", .mode = "no-cors" },
      FREE },
    { "a handshake", { XS, .mode = "no-cors", .websocket = true }, FREE },
    { "a preflight", { XS, .mode = "no-cors", .preflight = true }, FREE },
    { "a trusted origin",
      { XS, .origin = E, .mode = "navigate", .dest = "iframe",
        .trust = CORS_TRUST_LISTED },
      "passed trusted-origin" },
    { "an origin with credentials",
      { XS, .origin = E, .mode = "no-cors",
        .trust = CORS_TRUST_WITH_CREDENTIALS },
      "passed allowed-with-credentials" },
    { "an origin without credentials",
      { XS, .origin = E, .mode = "no-cors",
        .trust = CORS_TRUST_WITHOUT_CREDENTIALS },
      WALL },
    { "a trusted origin that is not named",
      { XS, .mode = "no-cors", .trust = CORS_TRUST_LISTED },
      WALL },
};

/* The requests that browsers were seen to send. */
enum {
    BROWSER,
    METHOD,
    TARGET,
    UPGRADE,
    ORIGIN,
    SITE,
    MODE,
    DEST,
    REFERER,
    COOKIE,
    PROTECT,
    EMBED,
    FIELDS
};

static const char *or_absent(const char *field)
{
    return strcmp(field, "-") == 0 ? NULL : field;
}

static void check_seen(int number, char **field)
{
    const sent_t sent = {
        .method = field[METHOD],
        .origin = or_absent(field[ORIGIN]),
        .site = or_absent(field[SITE]),
        .mode = or_absent(field[MODE]),
        .dest = or_absent(field[DEST]),
        .referer = or_absent(field[REFERER]),
        .cookie = strcmp(field[COOKIE], "yes") == 0 ? "a=b" : NULL,
        .target = field[TARGET],
        .websocket = strcmp(field[UPGRADE], "websocket") == 0,
        .trust = strcmp(field[ORIGIN], "https://idp.example") == 0
                     ? CORS_TRUST_LISTED
                     : CORS_TRUST_NONE,
    };
    const char *name = apr_psprintf(pool, "request %d", number);
    cors_protect_settings_t settings = settings_of(&sent);
    cors_protect_facts_t facts;
    cors_protect_decision_t decision;

    facts_of(&sent, &facts);
    decide_request(name, &settings, &facts, &decision);
    same_text(name, cors_protect_verdict_text(decision.verdict),
              field[PROTECT]);
    cors_protect_embedding(&facts, &decision);
    same_text(name, cors_protect_verdict_text(decision.verdict), field[EMBED]);
}

/* Called for each row of a table, with its number from 1. */
typedef void (*check_row_fn)(int number, char **field);

/* Returns the number of rows of a table that is separated by tabs. */
static int check_rows(const char *path, int fields, check_row_fn check)
{
    FILE *in = fopen(path, "r");
    char line[1024];
    int count = 0;

    assert_non_null(in);
    while (fgets(line, sizeof(line), in)) {
        char *field[FIELDS];
        char *rest = line;
        int i;

        if (line[0] == '#') {
            continue;
        }
        for (i = 0; i < fields; i++) {
            field[i] = apr_strtok(i ? NULL : line, "\t\n", &rest);
            assert_non_null(field[i]);
        }
        check(++count, field);
    }
    fclose(in);
    return count;
}

static void what_browsers_sent_is_decided_as_listed(void **state)
{
    (void)state;
    same_number("requests",
                check_rows("t/unit/protect_browsers.tsv", FIELDS, check_seen),
                518);
}

/* The requests of other implementations' tests. */
enum {
    PEER,
    PEER_METHOD,
    PEER_TARGET,
    PEER_ORIGIN,
    PEER_SITE,
    PEER_TYPE,
    PEER_REFERER,
    PEER_TRUSTED,
    PEER_VERDICT,
    PEER_DIFFERENCE,
    PEER_FIELDS /* not more than FIELDS */
};

static int peer_differences;

static const char *peer_value(const char *field)
{
    if (strcmp(field, "empty") == 0) {
        return "";
    }
    return strcmp(field, "\\xff\\xfe") == 0 ? "\xff\xfe" : or_absent(field);
}

static void check_peer(int number, char **field)
{
    const sent_t sent = {
        .method = field[PEER_METHOD],
        .origin = peer_value(field[PEER_ORIGIN]),
        .site = peer_value(field[PEER_SITE]),
        .type = peer_value(field[PEER_TYPE]),
        .referer = peer_value(field[PEER_REFERER]),
        .target = field[PEER_TARGET],
        .trust = strcmp(field[PEER_TRUSTED], "yes") == 0 ? CORS_TRUST_LISTED
                                                         : CORS_TRUST_NONE,
    };
    const bool alike = strcmp(field[PEER_DIFFERENCE], "-") == 0;
    const bool peer_refuses = strcmp(field[PEER_VERDICT], "refuse") == 0;
    cors_protect_settings_t settings = settings_of(&sent);
    cors_protect_facts_t facts;
    cors_protect_decision_t decision;

    facts_of(&sent, &facts);
    decide_request(field[PEER], &settings, &facts, &decision);
    if ((decision.verdict == CORS_PROTECT_VERDICT_REFUSED)
        != (alike ? peer_refuses : !peer_refuses)) {
        fail_msg("%s, case %d: %s", field[PEER], number, words_of(&decision));
    }
    peer_differences += !alike;
}

static void peers_decide_alike_or_the_difference_has_a_reason(void **state)
{
    (void)state;
    peer_differences = 0;
    same_number("requests",
                check_rows("t/unit/protect_peers.tsv", PEER_FIELDS, check_peer),
                124);
    same_number("differences", peer_differences, 20);
}

static void the_checks_have_an_order(void **state)
{
    static const struct {
        cors_protect_settings_t settings;
        sent_t sent;
        const char *decision;
        int status;
    } rows[] = {
        { { .host = false },
          { X, .unknown_host = true },
          "not-checked protection-off",
          403 },
        { { .host = true, .requests = true },
          { X, .unknown_host = true },
          "refused foreign-host",
          421 },
        { { .host = true }, { X }, "passed known-host", 421 },
        { { .host = true, .requests = true },
          { XS },
          "passed known-host",
          421 },
        { { .host = true, .requests = true },
          { .method = "GET", .unknown_host = true },
          "refused foreign-host",
          421 },
        { { .host = true, .requests = true, .websocket_list = true },
          { XS, .websocket = true, .unknown_host = true },
          "refused foreign-host",
          421 },
        { { .host = true, .requests = true, .embedding = true },
          { XS },
          FREE,
          403 },
        { { .host = true, .requests = true }, { X }, CROSS, 403 },
        { { .strict = true }, { X }, "not-checked protection-off", 403 },
        { { .requests = true, .embedding = true },
          { X, .mode = "no-cors" },
          CROSS,
          403 },
        { { .embedding = true }, { X, .mode = "no-cors" }, WALL, 403 },
        { { .embedding = true, .host = true }, { X }, FREE, 403 },
        { { .requests = true, .embedding = true },
          { XS, .mode = "no-cors" },
          WALL,
          403 },
        { { .requests = true, .embedding = true }, { XS }, FREE, 403 },
        { { .requests = true, .embedding = true }, { .origin = A }, OWN, 403 },
        { { .requests = true, .embedding = true },
          { .origin = A, .site = "same-origin" },
          SAME,
          403 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_protect_facts_t facts;
        /* every field is set anew */
        cors_protect_decision_t decision = { CORS_PROTECT_VERDICT_REFUSED,
                                             CORS_PROTECT_REASON_FOREIGN_HOST,
                                             CORS_PROTECT_CHECK_HOST };

        facts_of(&rows[i].sent, &facts);
        cors_protect(&rows[i].settings, &facts, &decision);
        same_text(apr_itoa(pool, (int)i), words_of(&decision),
                  rows[i].decision);
        same_number("status", cors_protect_status(&decision), rows[i].status);
    }
}

static void a_refusal_has_its_remedy(void **state)
{
    static const struct {
        sent_t sent;
        const char *hint; /* its beginning */
        bool host;
    } rows[] = {
        { { RELAY, .origin = "null" }, "a service worker", false },
        { { .origin = A, .unknown_host = true }, "the request's Host", false },
        { { .origin = A, .unknown_host = true }, "the request's Host", true },
        { { .strict = true }, "the client sent neither", false },
        { { .origin = "null" }, "the page hid", false },
        { { .origin = "null", .site = "cross-site" }, "the page hid", false },
        { { .origin = E, .forwarded = "Evil.test, x" }, "a proxy has", false },
        { { .origin = E ":8", .forwarded = "evil.test:8" },
          "a proxy has",
          false },
        { { .origin = E, .forwarded = "evil.test:8" }, NULL, false },
        { { .origin = E "/", .forwarded = "evil.test" }, NULL, false },
        { { X, .forwarded = "evil.test" }, NULL, false },
        { { .origin = E }, NULL, false },
        { { .origin = A }, NULL, false },
        { { .websocket = true, .required = true, .forwarded = "x" },
          NULL,
          false },
        { { XS, .origin = "null", .mode = "no-cors" }, NULL, false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_protect_settings_t settings = settings_of(&rows[i].sent);
        cors_protect_facts_t facts;
        cors_protect_decision_t decision;
        const char *hint;

        settings.host = rows[i].host;
        settings.embedding = true;
        facts_of(&rows[i].sent, &facts);
        cors_protect(&settings, &facts, &decision);
        hint = cors_protect_hint(&facts, &decision, rows[i].sent.forwarded);
        same_text(apr_itoa(pool, (int)i),
                  hint && rows[i].hint
                      ? apr_pstrmemdup(pool, hint, strlen(rows[i].hint))
                      : hint,
                  rows[i].hint);
    }
}

static void fill_asked(void *context, const cors_origin_t *origin,
                       cors_target_t *target)
{
    assert_null(target->origin.scheme.ptr);
    assert_null(target->canonical.scheme.ptr);
    assert_false(target->known_host);
    (*(int *)context)++;
    target->origin = *origin;
}

static bool know_host(void *context)
{
    (*(int *)context)++;
    return true;
}

static void the_server_is_asked_only_if_it_matters(void **state)
{
    static const cors_protect_settings_t settings = { .requests = true };
    sent_t sent = { .origin = E, .unknown_host = true };
    cors_protect_decision_t decision;
    cors_protect_facts_t facts;
    int asked = 0;

    (void)state;
    facts_of(&sent, &facts);
    facts.get_trust = NULL;
    facts.has_certificate = NULL;
    facts.get_target = fill_asked;
    facts.has_host = know_host;
    facts.context = &asked;
    cors_protect_request(&settings, &facts, &decision);
    same_text("asked", words_of(&decision), OWN);
    same_number("asked", asked, 2);
    sent.site = "cross-site";
    facts.field = fields_of(&sent);
    cors_protect_request(&settings, &facts, &decision);
    same_text("not asked", words_of(&decision), CROSS);
    same_number("not asked", asked, 2);
    sent = (sent_t){ CORS };
    facts_of(&sent, &facts);
    facts.has_certificate = NULL;
    cors_protect_request(&settings, &facts, &decision);
    same_text("no certificate", words_of(&decision), OPEN);
    memset(&facts.target, 0, sizeof(facts.target));
    sent.site = NULL;
    sent.mode = NULL;
    facts.field = fields_of(&sent);
    cors_protect_request(&settings, &facts, &decision);
    same_text("no target", words_of(&decision), CROSS);
}

static void a_policy_trusts_what_is_listed_with_credentials(void **state)
{
    static const struct {
        const char *text;
        cors_trust_e trust;
    } rows[] = {
#define LISTED "CorsAllowOrigins " E
#define WITH "CorsPolicy On; CorsAllowCredentials On; "
        { WITH LISTED, CORS_TRUST_WITH_CREDENTIALS },
        { "CorsPolicy On; " LISTED, CORS_TRUST_WITHOUT_CREDENTIALS },
        { "CorsPolicy Off; CorsAllowCredentials On; " LISTED, CORS_TRUST_NONE },
        { "CorsPolicy ReportOnly; CorsAllowCredentials On; " LISTED,
          CORS_TRUST_NONE },
        { WITH "CorsAllowOrigins " A, CORS_TRUST_NONE },
        { "CorsPolicy On; CorsAllowCredentials On", CORS_TRUST_NONE },
        { WITH "CorsAllowOrigins *", CORS_TRUST_NONE },
        { "CorsPolicy On; CorsAllowOrigins *", CORS_TRUST_WITHOUT_CREDENTIALS },
        { WITH "CorsAllowOrigins *; CorsAllowAnyOriginWithCredentialsUnsafe On",
          CORS_TRUST_WITHOUT_CREDENTIALS },
        { WITH "CorsAllowOrigins *; CorsAllowAnyOriginWithCredentialsUnsafe On"
               " | CorsAllowOrigins -" A,
          CORS_TRUST_WITHOUT_CREDENTIALS },
        { WITH "CorsAllowOrigins https://*.test " E "; "
               "CorsAllowPublicSuffixUnsafe On",
          CORS_TRUST_WITHOUT_CREDENTIALS },
        { WITH "CorsAllowOriginsMatch .*; "
               "CorsAllowAnyOriginWithCredentialsUnsafe On",
          CORS_TRUST_WITHOUT_CREDENTIALS },
        { WITH LISTED " | CorsAllowOrigins +" A, CORS_TRUST_WITH_CREDENTIALS },
    };
    cors_origin_t origin;
    size_t i;

    (void)state;
    assert_true(cors_origin_parse(exact_copy(E), &origin));
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].text,
                    cors_protect_policy_trust(policy_of(rows[i].text), &origin),
                    rows[i].trust);
    }
}

/* The policy of sections without those of .htaccess files. */
static const cors_policy_t *configured_of(const char *text)
{
    cors_policy_t *policy = apr_palloc(pool, sizeof(*policy));

    cors_policy_resolve_configured(pool, sections_of(text), cors_methods_bit(0),
                                   policy);
    return policy;
}

static void a_htaccess_file_does_not_trust(void **state)
{
#define P "CorsProtect On; "
#define PLIST "CorsProtectAllowOrigins "
    static const struct {
        const char *text;
        const char *origin;
        cors_trust_e trust;
    } rows[] = {
        { P, E, CORS_TRUST_NONE },
        { P PLIST E, E, CORS_TRUST_LISTED },
        { P PLIST E, A, CORS_TRUST_NONE },
        { P PLIST E "; " WITH LISTED, E, CORS_TRUST_LISTED },
        { P PLIST "!" E "; " WITH LISTED, E, CORS_TRUST_WITH_CREDENTIALS },
        { P PLIST "null", "null", CORS_TRUST_NONE },
        { P PLIST "null; CorsAllowNullOriginUnsafe On", "null",
          CORS_TRUST_LISTED },
        { P PLIST "https://*.github.io", "https://a.github.io",
          CORS_TRUST_NONE },
        { P PLIST "https://*.github.io; CorsAllowPublicSuffixUnsafe On",
          "https://a.github.io", CORS_TRUST_LISTED },
        { P WITH LISTED, E, CORS_TRUST_WITH_CREDENTIALS },
        { P PLIST E " | ." PLIST "None", E, CORS_TRUST_NONE },
        { P PLIST E " | ." PLIST "-" E, E, CORS_TRUST_NONE },
        { P PLIST E " | ." PLIST "-" E, A, CORS_TRUST_NONE },
        { P PLIST E " " A " | ." PLIST "-" E, A, CORS_TRUST_LISTED },
        { P "| ." PLIST E, E, CORS_TRUST_NONE },
        { P "| ." WITH LISTED, E, CORS_TRUST_NONE },
        { P WITH LISTED " | .CorsPolicy Off", E, CORS_TRUST_NONE },
        { P "CorsPolicy On; " LISTED " | .CorsAllowCredentials On", E,
          CORS_TRUST_WITHOUT_CREDENTIALS },
        { P PLIST "null; CorsAllowNullOriginUnsafe Off | "
                  ".CorsAllowNullOriginUnsafe On",
          "null", CORS_TRUST_NONE },
        { "CorsProtect ReportOnly | ." WITH LISTED, E, CORS_TRUST_NONE },
        { "CorsProtect Off | ." P WITH LISTED, E, CORS_TRUST_WITH_CREDENTIALS },
    };
    cors_origin_t origin;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_true(cors_origin_parse(exact_copy(rows[i].origin), &origin));
        same_number(rows[i].text,
                    cors_protect_trust(policy_of(rows[i].text),
                                       configured_of(rows[i].text), &origin),
                    rows[i].trust);
        if (!strchr(rows[i].text, '|')) {
            same_number(rows[i].text,
                        cors_protect_trust(policy_of(rows[i].text), NULL,
                                           &origin),
                        rows[i].trust);
        }
    }
}

static void a_policy_has_the_settings(void **state)
{
#define SOCKETS "CorsWebSocketAllowOrigins " E
#define NEED "CorsWebSocketRequireOrigin "
    static const struct {
        const char *text;
        const char
            *settings; /* requests, strict, list, required, embedding, host */
    } rows[] = {
        { "", "------" },
        { "CorsProtect Off", "------" },
        { P, "r-----" },
        { "CorsProtect ReportOnly", "r-----" },
        { "CorsProtect On Strict", "rs----" },
        { "CorsProtect ReportOnly Strict", "rs----" },
        { P SOCKETS, "r-l---" },
        { "CorsPolicy On; " P SOCKETS, "r-l---" },
        { "CorsPolicy ReportOnly; " P SOCKETS, "r-----" },
        { P SOCKETS " | .CorsPolicy ReportOnly", "r-----" },
        { P SOCKETS "; CorsPolicy ReportOnly | ." SOCKETS "; CorsPolicy On",
          "r-----" },
        { P NEED "On", "r--n--" },
        { P "| ." SOCKETS, "r-----" },
        { P SOCKETS " | ." SOCKETS, "r-l---" },
        { P NEED "On | ." NEED "Off", "r--n--" },
        { P NEED "Off | ." NEED "On", "r--n--" },
        { "." P SOCKETS, "r-l---" },
        { "." P NEED "On | ." NEED "Off", "r-----" },
        { P "CorsProtectEmbedding On", "r---e-" },
        { P "CorsProtectHost On", "r----h" },
        { "CorsProtectHost On; CorsProtectEmbedding On", "----eh" },
        { P "CorsProtectHost On; CorsProtectEmbedding On | "
            "CorsProtectEmbedding Off",
          "r----h" },
        { P "| .CorsProtectHost On; CorsProtectEmbedding On", "r---eh" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const cors_policy_t *policy = policy_of(rows[i].text);
        cors_protect_settings_t settings;

        cors_protect_settings(policy, configured_of(rows[i].text), &settings);
        same_text(rows[i].text,
                  apr_psprintf(pool, "%c%c%c%c%c%c",
                               settings.requests ? 'r' : '-',
                               settings.strict ? 's' : '-',
                               settings.websocket_list ? 'l' : '-',
                               settings.require_origin ? 'n' : '-',
                               settings.embedding ? 'e' : '-',
                               settings.host ? 'h' : '-'),
                  rows[i].settings);
        same_number(rows[i].text, policy->checks_all,
                    settings.requests && (settings.embedding || settings.host));
    }
}

static void a_decision_has_the_setting_of_its_check(void **state)
{
    const cors_policy_t *policy =
        policy_of(P "CorsProtectEmbedding On; CorsProtectHost On");
    static const char *const sources[] = {
        [CORS_PROTECT_CHECK_HOST] = "CorsProtectHost conf:3",
        [CORS_PROTECT_CHECK_REQUEST] = "CorsProtect conf:1",
        [CORS_PROTECT_CHECK_EMBEDDING] = "CorsProtectEmbedding conf:2",
    };
    cors_protect_decision_t decision;
    int i;

    (void)state;
    memset(&decision, 0, sizeof(decision));
    for (i = 0; i < CORS_PROTECT_CHECK_COUNT; i++) {
        decision.check = (cors_protect_check_e)i;
        same_text("setting", cors_protect_setting(policy, &decision)->source,
                  sources[i]);
    }
}

static void every_text_is_another_one(void **state)
{
    int i;
    int j;

    (void)state;
    for (i = 0; i < CORS_PROTECT_REASON_COUNT; i++) {
        const char *text = cors_protect_reason_text((cors_protect_reason_e)i);

        assert_true(cors_is_token(cors_slice(text)));
        for (j = 0; j < i; j++) {
            assert_string_not_equal(text, cors_protect_reason_text(
                                              (cors_protect_reason_e)j));
        }
    }
    assert_string_equal(cors_protect_check_text(CORS_PROTECT_CHECK_HOST),
                        "CorsProtectHost");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_browsers_sent_is_decided_as_listed),
        TEST(peers_decide_alike_or_the_difference_has_a_reason),
        TEST(the_checks_have_an_order),
        TEST(every_text_is_another_one),
        TEST(a_refusal_has_its_remedy),
        TEST(the_server_is_asked_only_if_it_matters),
        TEST(a_policy_trusts_what_is_listed_with_credentials),
        TEST(a_htaccess_file_does_not_trust),
        TEST(a_policy_has_the_settings),
        TEST(a_decision_has_the_setting_of_its_check),
    };
    static const table_t tables[] = { TABLE(check_request, requests),
                                      TABLE(check_embedding, embeddings) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
