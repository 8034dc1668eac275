/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Decides whether a request may be forged by a page of another origin, or embeds a
 * resource in one.
 *
 * It is its own file because CORS decides what a page may read, and these checks what
 * it may send. Each rule follows from what browsers were observed to send. The order of
 * the rules matters: Sec-Fetch-Site comes from the browser and is evaluated before
 * Origin is compared with the server's own origin. Anything unknown is refused. What is
 * expensive to look up is a callback, which is called only if it affects the result.
 * The file allocates nothing, cannot fail and does not answer the request.
 */

#include "core/policy/protect.h"

#include "core/base/compiler.h"
#include "core/base/fetch.h"
#include "core/origin/origin_set.h"

const char *cors_protect_verdict_text(cors_protect_verdict_e verdict)
{
    static const char *const texts[] = { CORS_PROTECT_VERDICTS(CORS_TEXT_OF) };

    return texts[verdict];
}

const char *cors_protect_reason_text(cors_protect_reason_e reason)
{
    static const char *const texts[] = { CORS_PROTECT_REASONS(CORS_TEXT_OF) };

    return texts[reason];
}

const char *cors_protect_check_text(cors_protect_check_e check)
{
    static const char *const texts[] = { CORS_PROTECT_CHECKS(CORS_TEXT_OF) };

    return texts[check];
}

static cors_slice_t field_of(const cors_protect_facts_t *facts,
                             cors_field_e field)
{
    return cors_slice(facts->field[field]);
}

/* Returns whether a field has a value. The first byte is compared before the length is
 * measured, because that costs more and most other values differ in the first byte. */
static inline bool field_is(const cors_protect_facts_t *facts,
                            cors_field_e field, const char *value)
{
    return facts->field[field] && facts->field[field][0] == value[0]
           && cors_slice_is(field_of(facts, field), value);
}

/* An empty field counts as absent: some proxies empty fields instead of removing
 * them. */
static bool is_absent(const cors_protect_facts_t *facts, cors_field_e field)
{
    return !facts->field[field] || !facts->field[field][0];
}

bool cors_protect_is_safe(cors_slice_t method)
{
    /* the length first, because each request that is checked comes here */
    switch (method.len) {
    case 3:
        return cors_slice_is(method, "GET");
    case 4:
        return cors_slice_is(method, "HEAD");
    case 5:
        return cors_slice_is(method, "TRACE") || cors_slice_is(method, "QUERY");
    case 7:
        return cors_slice_is(method, "OPTIONS");
    default:
        return false;
    }
}

static void pass(cors_protect_decision_t *decision,
                 cors_protect_reason_e reason)
{
    decision->verdict = CORS_PROTECT_VERDICT_PASSED;
    decision->reason = reason;
}

static void refuse(cors_protect_decision_t *decision,
                   cors_protect_reason_e reason)
{
    decision->verdict = CORS_PROTECT_VERDICT_REFUSED;
    decision->reason = reason;
}

static void not_checked(cors_protect_decision_t *decision,
                        cors_protect_reason_e reason)
{
    decision->verdict = CORS_PROTECT_VERDICT_NOT_CHECKED;
    decision->reason = reason;
}

/* The Origin field of a request. */
typedef struct {
    bool parsed; /* well-formed, which includes "null" */
    cors_origin_t origin;
    cors_trust_e trust;
} caller_t;

static void find_caller(const cors_protect_facts_t *facts, caller_t *caller)
{
    caller->parsed = facts->field[CORS_FIELD_ORIGIN]
                     && cors_origin_parse(field_of(facts, CORS_FIELD_ORIGIN),
                                          &caller->origin);
    caller->trust = caller->parsed && facts->get_trust
                        ? facts->get_trust(facts->context, &caller->origin)
                        : CORS_TRUST_NONE;
}

/* Returns whether a URL belongs to an origin that is serialized as browsers do. */
static bool url_has_origin(cors_slice_t url, cors_slice_t origin)
{
    cors_origin_t unused;

    if (!cors_origin_parse(origin, &unused) || url.len < origin.len
        || memcmp(url.ptr, origin.ptr, origin.len) != 0) {
        return false;
    }
    url.ptr += origin.len;
    return url.len == origin.len || *url.ptr == '/' || *url.ptr == '?'
           || *url.ptr == '#';
}

/*
 * Returns whether Authorization has a scheme that browsers send without a script. A
 * joined field may have several.
 */
static bool browser_authorized(cors_slice_t authorization)
{
    static const char *const schemes[] = { "Basic", "Digest", "NTLM",
                                           "Negotiate", NULL };
    cors_slice_t item;
    cors_slice_t scheme;

    while (cors_list_next(&authorization, &item)) {
        if (cors_part_next(&item, " \t", &scheme)
            && cors_slice_find_nocase(scheme, schemes)) {
            return true;
        }
    }
    return false;
}

static bool has_credentials(const cors_protect_facts_t *facts)
{
    return facts->field[CORS_FIELD_COOKIE]
           || browser_authorized(field_of(facts, CORS_FIELD_AUTHORIZATION))
           || (facts->has_certificate
               && facts->has_certificate(facts->context));
}

/*
 * Returns whether a page needs a preflight to send a Content-Type. A malformed value
 * proves nothing. The first value of a joined field counts, too.
 */
static bool type_needs_preflight(cors_slice_t type)
{
    static const char *const simple[] = { "application/x-www-form-urlencoded",
                                          "multipart/form-data",
                                          "text/plain",
                                          "text/ping",
                                          "application/csp-report",
                                          "application/reports+json",
                                          NULL };
    cors_slice_t essence = cors_slice_trim(type);
    const char *end;
    const char *slash;

    if (essence.len == 0) {
        return false;
    }
    end = cors_slice_find_any(essence, ";, \t");
    if (end) {
        essence = cors_slice_between(essence.ptr, end);
    }
    if (cors_slice_find_nocase(essence, simple)) {
        return false;
    }
    slash = cors_slice_find_any(essence, "/");
    return slash && cors_is_token(cors_slice_between(essence.ptr, slash))
           && cors_is_token(
               cors_slice_between(slash + 1, cors_slice_end(essence)));
}

/* Returns whether a request may be a form sent with POST, whose Content-Type is one that
 * needs no preflight. GET, the other method of forms, is not asked about here. */
static bool may_be_posted_form(const cors_protect_facts_t *facts)
{
    return cors_slice_is(facts->method, "POST")
           && !type_needs_preflight(field_of(facts, CORS_FIELD_CONTENT_TYPE));
}

/* The part of may_be_relayed() that few requests need. */
CORS_SLOW static bool may_be_relayed_form(const cors_protect_facts_t *facts)
{
    if (!may_be_posted_form(facts)) {
        return false;
    }
    return field_is(facts, CORS_FIELD_ORIGIN, "null")
           || (!is_absent(facts, CORS_FIELD_REFERER)
               && !url_has_origin(field_of(facts, CORS_FIELD_REFERER),
                                  field_of(facts, CORS_FIELD_ORIGIN)));
}

/*
 * Returns whether a service worker of this site may have relayed a form of another
 * site. In Firefox, the request then has the worker's origin and the mode
 * "same-origin". Only Referer still names the page. A page that removes it has the
 * origin null. Both fields come from the browser, so a proxy does not disturb the
 * comparison. From other sites, a service worker receives nothing but navigations. A
 * request that no form can send therefore comes from this site.
 */
static inline bool may_be_relayed(const cors_protect_facts_t *facts)
{
    return field_is(facts, CORS_FIELD_FETCH_MODE, "same-origin")
           && may_be_relayed_form(facts);
}

/*
 * Returns whether a request is one that CORS allows or forbids. A form, a beacon and a
 * fetch in no-cors mode are not: the browser does not ask before it sends them, and
 * stores the cookies of the response. Without Sec-Fetch-Mode, only what needs a
 * preflight is certain.
 */
static bool is_cors_request(const cors_protect_facts_t *facts)
{
    if (!is_absent(facts, CORS_FIELD_FETCH_MODE)) {
        return field_is(facts, CORS_FIELD_FETCH_MODE, "cors");
    }
    return !may_be_posted_form(facts);
}

/* Returns whether a port as an origin has it is the port of a target. The default port
 * is never written in an origin. */
static bool same_port(unsigned port, cors_slice_t scheme, unsigned target)
{
    return port == (target == cors_fetch_default_port(scheme) ? 0 : target);
}

/*
 * Returns whether an origin is that of the target, or its twin under https if the
 * target may be behind a proxy that terminates TLS. The default ports of both schemes
 * correspond.
 */
static bool is_target(const cors_protect_facts_t *facts,
                      const cors_origin_t *origin, const cors_origin_t *target)
{
    unsigned port = target->port;

    if (!target->scheme.ptr
        || !cors_slice_equal_nocase(origin->host, target->host)) {
        return false;
    }
    if (cors_slice_equal(origin->scheme, target->scheme)) {
        return same_port(origin->port, origin->scheme, port);
    }
    return !facts->scheme_declared && cors_slice_is(target->scheme, "http")
           && cors_slice_is(origin->scheme, "https")
           && same_port(origin->port, origin->scheme, port == 80 ? 0 : port);
}

static bool has_known_host(const cors_protect_facts_t *facts)
{
    if (facts->has_host) {
        return facts->has_host(facts->context);
    }
    return facts->target.known_host;
}

/* Rules 5 and 7: the origin is compared with that of the server. */
static void check_own_origin(const cors_protect_facts_t *facts,
                             const caller_t *caller,
                             cors_protect_decision_t *decision)
{
    cors_target_t target;
    bool canonical;

    if (!caller->parsed || caller->origin.null) {
        refuse(decision, caller->parsed ? CORS_PROTECT_REASON_NULL_ORIGIN
                                        : CORS_PROTECT_REASON_CROSS_SITE);
        return;
    }
    if (facts->get_target) {
        memset(&target, 0, sizeof(target));
        facts->get_target(facts->context, &caller->origin, &target);
    }
    else {
        target = facts->target;
    }
    canonical = is_target(facts, &caller->origin, &target.canonical);
    if (!canonical && !is_target(facts, &caller->origin, &target.origin)) {
        refuse(decision, CORS_PROTECT_REASON_CROSS_SITE);
    }
    else if (canonical || has_known_host(facts)) {
        pass(decision, CORS_PROTECT_REASON_OWN_ORIGIN);
    }
    else {
        refuse(decision, CORS_PROTECT_REASON_FOREIGN_HOST);
    }
}

/* Returns whether the browser says that a page or a worker of this origin sent the
 * request. */
static inline bool has_same_origin(const cors_protect_facts_t *facts)
{
    return field_is(facts, CORS_FIELD_FETCH_SITE, "same-origin");
}

bool cors_protect_is_same_origin(const cors_protect_facts_t *facts)
{
    return has_same_origin(facts) && !may_be_relayed(facts);
}

/* Rule 1. Returns whether it decided: the browser knows what it requested. */
static bool check_fetch_site(const cors_protect_facts_t *facts,
                             cors_protect_decision_t *decision)
{
    if (has_same_origin(facts)) {
        if (!facts->websocket && may_be_relayed(facts)) {
            refuse(decision, CORS_PROTECT_REASON_RELAYED);
        }
        else {
            pass(decision, CORS_PROTECT_REASON_SAME_ORIGIN);
        }
        return true;
    }
    if (!facts->websocket && field_is(facts, CORS_FIELD_FETCH_SITE, "none")) {
        pass(decision, CORS_PROTECT_REASON_BROWSER);
        return true;
    }
    return false;
}

/* Rules 2 and 3. Returns whether they let the request pass. */
static bool check_trust(const cors_protect_facts_t *facts,
                        const caller_t *caller,
                        cors_protect_decision_t *decision)
{
    switch (caller->trust) {
    case CORS_TRUST_LISTED:
        pass(decision, CORS_PROTECT_REASON_TRUSTED);
        return true;
    case CORS_TRUST_WITH_CREDENTIALS:
        pass(decision, CORS_PROTECT_REASON_WITH_CREDENTIALS);
        return true;
    case CORS_TRUST_WITHOUT_CREDENTIALS:
        if (!facts->websocket && is_cors_request(facts)
            && !has_credentials(facts)) {
            pass(decision, CORS_PROTECT_REASON_WITHOUT_CREDENTIALS);
            return true;
        }
        return false;
    default:
        return false;
    }
}

/* Rule 6: neither Origin nor Sec-Fetch-Site. No browser sends such a request. */
static void check_no_browser(const cors_protect_settings_t *settings,
                             bool websocket, cors_protect_decision_t *decision)
{
    if (websocket && settings->require_origin) {
        refuse(decision, CORS_PROTECT_REASON_ORIGIN_REQUIRED);
    }
    else if (!websocket && settings->strict) {
        refuse(decision, CORS_PROTECT_REASON_NO_ORIGIN);
    }
    else {
        pass(decision, CORS_PROTECT_REASON_NOT_A_BROWSER);
    }
}

void cors_protect_request(const cors_protect_settings_t *settings,
                          const cors_protect_facts_t *facts,
                          cors_protect_decision_t *decision)
{
    caller_t caller;

    decision->check = CORS_PROTECT_CHECK_REQUEST;
    if (facts->websocket && settings->websocket_list) {
        not_checked(decision, CORS_PROTECT_REASON_WEBSOCKET_LIST);
        return;
    }
    if (!facts->websocket && cors_protect_is_safe(facts->method)) {
        not_checked(decision, CORS_PROTECT_REASON_SAFE_METHOD);
        return;
    }
    if (check_fetch_site(facts, decision)) {
        return;
    }
    find_caller(facts, &caller);
    if (check_trust(facts, &caller, decision)) {
        return;
    }
    /* rule 4: before the comparison with the own origin, which a page of the same name
     * over http also has if a proxy terminates TLS */
    if (!is_absent(facts, CORS_FIELD_FETCH_SITE)) {
        refuse(decision, CORS_PROTECT_REASON_CROSS_SITE);
    }
    else if (!facts->field[CORS_FIELD_ORIGIN]) {
        check_no_browser(settings, facts->websocket, decision);
    }
    else {
        check_own_origin(facts, &caller, decision);
    }
}

/* Returns whether the mode and the destination are those of a subresource or a frame. A
 * navigation behind a service worker has the destination "empty". */
static bool is_embedding(const cors_protect_facts_t *facts)
{
    static const char *const others[] = { "cors", "websocket", NULL };
    static const char *const frames[] = { "iframe", "frame",  "fencedframe",
                                          "embed",  "object", NULL };

    if (field_is(facts, CORS_FIELD_FETCH_MODE, "navigate")) {
        return cors_slice_is_one_of(field_of(facts, CORS_FIELD_FETCH_DEST),
                                    frames);
    }
    return !is_absent(facts, CORS_FIELD_FETCH_MODE)
           && !cors_slice_is_one_of(field_of(facts, CORS_FIELD_FETCH_MODE),
                                    others);
}

void cors_protect_embedding(const cors_protect_facts_t *facts,
                            cors_protect_decision_t *decision)
{
    caller_t caller;

    decision->check = CORS_PROTECT_CHECK_EMBEDDING;
    if (facts->websocket || facts->preflight
        || !field_is(facts, CORS_FIELD_FETCH_SITE, "cross-site")
        || !is_embedding(facts)) {
        pass(decision, CORS_PROTECT_REASON_NOT_EMBEDDED);
        return;
    }
    find_caller(facts, &caller);
    if (caller.trust < CORS_TRUST_WITH_CREDENTIALS) {
        refuse(decision, CORS_PROTECT_REASON_EMBEDDING);
    }
    else {
        check_trust(facts, &caller, decision);
    }
}

/* Checks the host that the client requested. Returns whether the request passes. */
static bool check_host(const cors_protect_facts_t *facts,
                       cors_protect_decision_t *decision)
{
    bool known = has_known_host(facts);

    decision->check = CORS_PROTECT_CHECK_HOST;
    if (known) {
        pass(decision, CORS_PROTECT_REASON_KNOWN_HOST);
    }
    else {
        refuse(decision, CORS_PROTECT_REASON_FOREIGN_HOST);
    }
    return known;
}

void cors_protect(const cors_protect_settings_t *settings,
                  const cors_protect_facts_t *facts,
                  cors_protect_decision_t *decision)
{
    cors_protect_decision_t request;
    cors_protect_decision_t embedding;

    decision->check = CORS_PROTECT_CHECK_REQUEST;
    not_checked(decision, CORS_PROTECT_REASON_OFF);
    if (settings->host && !check_host(facts, decision)) {
        return;
    }
    if (settings->requests) {
        cors_protect_request(settings, facts, &request);
        if (!settings->host
            || request.verdict != CORS_PROTECT_VERDICT_NOT_CHECKED) {
            *decision = request;
        }
    }
    if (settings->embedding
        && decision->verdict != CORS_PROTECT_VERDICT_REFUSED) {
        cors_protect_embedding(facts, &embedding);
        if (embedding.verdict == CORS_PROTECT_VERDICT_REFUSED
            || decision->verdict == CORS_PROTECT_VERDICT_NOT_CHECKED
            || decision->check == CORS_PROTECT_CHECK_HOST) {
            *decision = embedding;
        }
    }
}

/* Returns whether a list of the policy has an entry that matches origins that anyone can
 * register. */
static bool has_open_list(const cors_policy_t *policy)
{
    const cors_link_t *link;

    for (link = &policy->link[CORS_ATTR_ORIGINS]; link; link = link->outer) {
        const cors_setting_t *setting = link->setting;

        if (setting && cors_origin_set_open(setting->origins)) {
            return true;
        }
    }
    return false;
}

cors_trust_e cors_protect_policy_trust(const cors_policy_t *policy,
                                       const cors_origin_t *origin)
{
    const cors_setting_t *unused;

    if (cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_ON
        || policy->problem
        || cors_policy_origin_listing(policy, CORS_ATTR_ORIGINS, origin, false,
                                      &unused)
               != CORS_ORIGIN_LISTED) {
        return CORS_TRUST_NONE;
    }
    if (cors_policy_number(policy, CORS_ATTR_CREDENTIALS)
        && !has_open_list(policy)) {
        return CORS_TRUST_WITH_CREDENTIALS;
    }
    return CORS_TRUST_WITHOUT_CREDENTIALS;
}

static cors_trust_e trust_by(const cors_policy_t *policy,
                             const cors_origin_t *origin)
{
    const cors_setting_t *unused;

    if (!policy->problem
        && cors_policy_origin_listing(policy, CORS_ATTR_PROTECT_ORIGINS, origin,
                                      false, &unused)
               == CORS_ORIGIN_LISTED) {
        return CORS_TRUST_LISTED;
    }
    return cors_protect_policy_trust(policy, origin);
}

/* Returns whether the configuration itself protects the request, so that a .htaccess
 * file can only add to it. */
static bool is_configured(const cors_policy_t *configured)
{
    return configured
           && cors_policy_protection(configured) != CORS_PROTECTION_OFF;
}

cors_trust_e cors_protect_trust(const cors_policy_t *policy,
                                const cors_policy_t *configured,
                                const cors_origin_t *origin)
{
    cors_trust_e trust = trust_by(policy, origin);
    cors_trust_e without =
        is_configured(configured) ? trust_by(configured, origin) : trust;

    return without < trust ? without : trust;
}

void cors_protect_settings(const cors_policy_t *policy,
                           const cors_policy_t *configured,
                           cors_protect_settings_t *settings)
{
    bool both = is_configured(configured);

    settings->requests = cors_policy_protection(policy) != CORS_PROTECTION_OFF;
    settings->strict = cors_policy_protects_strictly(policy);
    settings->host = cors_policy_number(policy, CORS_ATTR_PROTECT_HOST);
    settings->embedding =
        cors_policy_number(policy, CORS_ATTR_PROTECT_EMBEDDING);
    settings->websocket_list =
        cors_policy_enforces_websocket(policy)
        && (!both || cors_policy_enforces_websocket(configured));
    settings->require_origin =
        cors_policy_number(policy, CORS_ATTR_WEBSOCKET_REQUIRE)
        || (both
            && cors_policy_number(configured, CORS_ATTR_WEBSOCKET_REQUIRE));
}

const cors_setting_t *
cors_protect_setting(const cors_policy_t *policy,
                     const cors_protect_decision_t *decision)
{
    static const cors_attr_e attrs[] = {
        [CORS_PROTECT_CHECK_HOST] = CORS_ATTR_PROTECT_HOST,
        [CORS_PROTECT_CHECK_REQUEST] = CORS_ATTR_PROTECT,
        [CORS_PROTECT_CHECK_EMBEDDING] = CORS_ATTR_PROTECT_EMBEDDING,
    };

    return policy->link[attrs[decision->check]].setting;
}

int cors_protect_status(const cors_protect_decision_t *decision)
{
    return decision->check == CORS_PROTECT_CHECK_HOST ? 421 : 403;
}

/* Returns whether a proxy in front of this server received the request for the host of
 * its origin. */
static bool proxy_changed_host(const cors_protect_facts_t *facts,
                               const char *forwarded_host)
{
    cors_slice_t forwarded = cors_slice(forwarded_host);
    cors_slice_t host;
    cors_origin_t origin;

    return cors_list_next(&forwarded, &host)
           && cors_origin_parse(field_of(facts, CORS_FIELD_ORIGIN), &origin)
           && cors_slice_equal_nocase(
               host, cors_slice_between(origin.host.ptr,
                                        cors_slice_end(origin.text)));
}

const char *cors_protect_hint(const cors_protect_facts_t *facts,
                              const cors_protect_decision_t *decision,
                              const char *forwarded_host)
{
    if (decision->verdict != CORS_PROTECT_VERDICT_REFUSED) {
        return NULL;
    }
    if (decision->reason == CORS_PROTECT_REASON_RELAYED) {
        return "a service worker may have relayed a form of another site; let "
               "the worker handle GET only, or send Referrer-Policy: "
               "same-origin with the site's own pages";
    }
    if (decision->reason == CORS_PROTECT_REASON_FOREIGN_HOST) {
        return "the request's Host is not a name of this virtual host; name it "
               "with ServerAlias if it is one";
    }
    if (decision->reason == CORS_PROTECT_REASON_NO_ORIGIN) {
        return "the client sent neither Origin nor Sec-Fetch-Site; Strict "
               "refuses that";
    }
    if (decision->check != CORS_PROTECT_CHECK_REQUEST) {
        return NULL;
    }
    if (field_is(facts, CORS_FIELD_ORIGIN, "null")) {
        return "the page hid its origin by its Referrer-Policy, a sandbox or a "
               "redirect; send Referrer-Policy: same-origin with the site's "
               "own pages";
    }
    if (decision->reason == CORS_PROTECT_REASON_CROSS_SITE
        && is_absent(facts, CORS_FIELD_FETCH_SITE)
        && proxy_changed_host(facts, forwarded_host)) {
        return "a proxy has changed Host; use ProxyPreserveHost On there, or "
               "UseCanonicalName On here";
    }
    return NULL;
}
