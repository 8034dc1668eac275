/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Protection. The input is a byte of flags, then the fields, one on each line. The target
 * asserts that an untrusted cross-site request never passes, that a request for a foreign
 * host never does where the host is checked, that a request is refused as embedding only
 * where that is checked, that more trust or less strictness never refuses more, and that
 * the same facts give the same decision.
 */

#include "fuzz.h"

#include "core/policy/protect.h"

static cors_trust_e trust;

static cors_trust_e get_trust(void *context, const cors_origin_t *origin)
{
    must(context == &trust && origin->text.ptr);
    return trust;
}

static bool certificate;

static bool has_certificate(void *context)
{
    must(context == &trust);
    return certificate;
}

static const char *forwarded_host;

static bool refuses(const cors_protect_settings_t *settings,
                    const cors_protect_facts_t *facts)
{
    cors_protect_decision_t decision;
    cors_protect_decision_t again;
    bool refused;

    memset(&again, 0xff, sizeof(again));
    cors_protect(settings, facts, &decision);
    cors_protect(settings, facts, &again);
    must(decision.verdict == again.verdict && decision.reason == again.reason
         && decision.check == again.check);
    if (settings->requests && !facts->websocket && !settings->host
        && !settings->embedding && !cors_protect_is_safe(facts->method)) {
        must(cors_protect_is_same_origin(facts)
             == (decision.reason == CORS_PROTECT_REASON_SAME_ORIGIN));
    }
    refused = decision.verdict == CORS_PROTECT_VERDICT_REFUSED;
    must(refused == (decision.reason >= CORS_PROTECT_REASON_RELAYED));
    must((decision.verdict == CORS_PROTECT_VERDICT_NOT_CHECKED)
         == (decision.reason <= CORS_PROTECT_REASON_WEBSOCKET_LIST));
    must(refused || !cors_protect_hint(facts, &decision, forwarded_host));
    must(cors_protect_status(&decision) == 403
         || decision.check == CORS_PROTECT_CHECK_HOST);
    if (settings->host && !facts->target.known_host) {
        must(refused && cors_protect_status(&decision) == 421);
    }
    else {
        must(!refused || cors_protect_status(&decision) == 403);
    }
    must(settings->embedding || decision.check != CORS_PROTECT_CHECK_EMBEDDING);
    return refused;
}

static void check_trust(const cors_protect_settings_t *settings,
                        const cors_protect_facts_t *facts)
{
    bool judged = settings->requests
                  && (facts->websocket ? !settings->websocket_list
                                       : !cors_protect_is_safe(facts->method));
    bool refused = true;

    for (trust = CORS_TRUST_NONE; trust <= CORS_TRUST_LISTED; trust++) {
        bool now = refuses(settings, facts);

        must(refused || !now);
        refused = now;
        if (trust == CORS_TRUST_NONE && judged
            && cors_slice_is(cors_slice(facts->field[CORS_FIELD_FETCH_SITE]),
                             "cross-site")) {
            must(refused);
        }
    }
}

static void check_strict(const cors_protect_facts_t *facts,
                         cors_protect_settings_t settings)
{
    for (trust = CORS_TRUST_NONE; trust <= CORS_TRUST_LISTED; trust++) {
        bool refused;

        settings.strict = false;
        refused = refuses(&settings, facts);
        settings.strict = true;
        must(!refused || refuses(&settings, facts));
    }
}

static void fill_target(cors_slice_t line, cors_origin_t *target)
{
    if (!cors_origin_parse(line, target)) {
        memset(target, 0, sizeof(*target));
    }
}

/* A field that starts with "-" is absent. A NUL ends a field, as in httpd. */
static const char *next_field(const char **at, const char *end)
{
    const char *text = text_of(next_line(at, end));

    return text[0] == '-' ? NULL : exact_copy(text, strlen(text) + 1).ptr;
}

static void check(cors_slice_t input)
{
    const char *at = input.ptr;
    const char *end = cors_slice_end(input);
    cors_protect_settings_t settings;
    const char *field[CORS_FIELD_COUNT] = { NULL };
    cors_protect_facts_t facts;
    unsigned flags = 0;

    memset(&facts, 0, sizeof(facts));
    if (end - at >= 2) {
        flags = (unsigned char)at[0] | (unsigned)(unsigned char)at[1] << 8;
        at += 2;
    }
    settings.requests = flags & 1;
    settings.strict = flags >> 1 & 1;
    settings.embedding = flags >> 2 & 1;
    settings.host = flags >> 3 & 1;
    settings.websocket_list = flags >> 4 & 1;
    settings.require_origin = flags >> 5 & 1;
    facts.websocket = flags >> 8 & 1;
    facts.preflight = flags >> 9 & 1;
    facts.scheme_declared = flags >> 10 & 1;
    facts.target.known_host = flags >> 11 & 1;
    certificate = flags >> 12 & 1;
    facts.get_trust = get_trust;
    facts.has_certificate = has_certificate;
    facts.context = &trust;
    facts.method = next_line(&at, end);
    facts.field = field;
    field[CORS_FIELD_FETCH_SITE] = next_field(&at, end);
    field[CORS_FIELD_FETCH_MODE] = next_field(&at, end);
    field[CORS_FIELD_FETCH_DEST] = next_field(&at, end);
    field[CORS_FIELD_ORIGIN] = next_field(&at, end);
    field[CORS_FIELD_REFERER] = next_field(&at, end);
    field[CORS_FIELD_COOKIE] = next_field(&at, end);
    field[CORS_FIELD_AUTHORIZATION] = next_field(&at, end);
    field[CORS_FIELD_CONTENT_TYPE] = next_field(&at, end);
    forwarded_host = next_field(&at, end);
    fill_target(cors_slice(next_field(&at, end)), &facts.target.origin);
    fill_target(cors_slice(next_field(&at, end)), &facts.target.canonical);
    check_trust(&settings, &facts);
    check_strict(&facts, settings);
}
