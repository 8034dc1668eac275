/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Decides whether a policy allows a request, and why.
 *
 * It is its own file because the same decision serves the response, the log, the
 * explanation and the tests. It runs without httpd: facts and policy go in, one
 * decision comes out. It allocates nothing, cannot fail and writes no headers; emit.c
 * does that. The decision borrows slices of the request. To keep the common case fast,
 * the server's own origin is looked up only when a request is about to be denied.
 */

#include "core/policy/decide.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/compiler.h"
#include "core/base/fetch.h"
#include "core/base/problem.h"
#include "core/origin/origin_set.h"
#include "core/origin/origin_table.h"

const char *cors_verdict_text(cors_verdict_e verdict)
{
    static const char *const texts[] = { CORS_VERDICTS(CORS_TEXT_OF) };

    return texts[verdict];
}

const char *cors_reason_text(cors_reason_e reason)
{
    static const char *const texts[] = { CORS_REASONS(CORS_TEXT_OF) };

    return texts[reason];
}

bool cors_is_preflight(const cors_facts_t *facts)
{
    return facts->options && facts->origin.ptr && facts->request_method.ptr
           && facts->request_method.len <= CORS_METHOD_MAX
           && cors_is_token(facts->request_method);
}

/* How the origin of a request relates to the target of the request. */
typedef enum {
    RELATION_FOREIGN,
    RELATION_SAME_ORIGIN,
    /* same origin, but the host is not a host of this server */
    RELATION_UNKNOWN_HOST
} relation_e;

static bool is_origin(const cors_origin_t *origin, const cors_origin_t *target)
{
    return target->scheme.ptr && cors_origin_same(origin, target);
}

CORS_SLOW static relation_e relate(const cors_facts_t *facts,
                                   const cors_origin_t *origin)
{
    cors_target_t asked;
    const cors_target_t *target = &facts->target;

    if (facts->get_target) {
        memset(&asked, 0, sizeof(asked));
        facts->get_target(facts->context, origin, &asked);
        target = &asked;
    }
    /*
     * The browser itself sets Sec-Fetch-Site. It knows what it requested, even if a
     * proxy has changed the host.
     */
    if (target->fetch_site.ptr
        && !cors_slice_is(target->fetch_site, "same-origin")) {
        return RELATION_FOREIGN;
    }
    if (is_origin(origin, &target->canonical)) {
        return RELATION_SAME_ORIGIN;
    }
    if (!target->fetch_site.ptr && !is_origin(origin, &target->origin)) {
        return RELATION_FOREIGN;
    }
    /*
     * The browser considers it same-origin. If the host is not a name of this server,
     * its owner may have pointed the name to this server to read its content (DNS
     * rebinding).
     */
    if ((facts->has_host ? facts->has_host(facts->context)
                         : target->known_host)) {
        return RELATION_SAME_ORIGIN;
    }
    return RELATION_UNKNOWN_HOST;
}

static void decide_by(cors_decision_t *decision, const cors_policy_t *policy,
                      cors_attr_e attr, cors_reason_e reason)
{
    decision->attr = attr;
    decision->setting = policy->link[attr].setting;
    decision->reason = reason;
}

/*
 * Stores what is known about the origin. Returns whether it is allowed. own: whether
 * it is the server's own origin.
 */
static bool check_origin(const cors_policy_t *policy, cors_attr_e attr,
                         bool any_origin, bool parsed,
                         const cors_origin_t *origin, bool target,
                         cors_decision_t *decision)
{
    cors_listing_e listing;

    if (!parsed) {
        decide_by(decision, policy, attr,
                  any_origin ? CORS_REASON_ANY_ORIGIN_ALLOWED
                             : CORS_REASON_MALFORMED_ORIGIN);
        return any_origin;
    }
    decision->attr = attr;
    listing = cors_policy_origin_listing(policy, attr, origin, target,
                                         &decision->setting);
    decision->origin_excluded = listing == CORS_ORIGIN_EXCLUDED;
    if (listing == CORS_ORIGIN_NOT_LOADED) {
        decision->reason = CORS_REASON_ORIGINS_NOT_LOADED;
        return false;
    }
    if (listing == CORS_ORIGIN_STALE) {
        decision->reason = CORS_REASON_ORIGINS_STALE;
        return false;
    }
    if (listing != CORS_ORIGIN_LISTED) {
        decision->reason = CORS_REASON_ORIGIN_NOT_ALLOWED;
        return false;
    }
    decision->reason = any_origin ? CORS_REASON_ANY_ORIGIN_ALLOWED
                                  : CORS_REASON_ORIGIN_ALLOWED;
    return true;
}

static void refuse(cors_decision_t *decision, const cors_policy_t *policy,
                   cors_attr_e attr, cors_reason_e reason,
                   cors_slice_t rejected)
{
    decide_by(decision, policy, attr, reason);
    decision->verdict = CORS_VERDICT_PREFLIGHT_DENIED;
    decision->rejected = rejected;
}

/*
 * Returns whether a method is allowed. GET, HEAD and POST always are: browsers send
 * them without a preflight, and accept a preflight for them regardless of the list in
 * the response. Refusing them here would prevent nothing.
 */
bool cors_method_allowed(const cors_policy_t *policy, cors_slice_t method)
{
    switch (cors_policy_name_listed(policy, CORS_ATTR_METHODS, method)) {
    case CORS_NAME_LISTED:
        return true;
    case CORS_NAME_WILDCARD:
        return !cors_fetch_forbidden_method(method);
    default:
        return cors_fetch_safelisted_method(method);
    }
}

/*
 * Returns whether a header is allowed. Without credentials, browsers accept * for
 * every name except Authorization. With credentials, * is not a wildcard, so the names
 * are echoed. Authorization still has to be listed by name, so that enabling
 * credentials does not widen a policy.
 */
bool cors_header_allowed(const cors_policy_t *policy, cors_slice_t name)
{
    switch (cors_policy_name_listed(policy, CORS_ATTR_HEADERS, name)) {
    case CORS_NAME_LISTED:
        return true;
    case CORS_NAME_WILDCARD:
        return !cors_fetch_non_wildcard_header(name);
    default:
        return false;
    }
}

/*
 * The maximum number of spaces and commas between two names. A browser sends one, a
 * proxy two. RFC 9110, 5.6.1.2 asks for a reasonable limit that costs little.
 */
#define GAP_MAX 32

/*
 * The number of names that are read even if a list has fewer: a proxy may have split
 * one field in two.
 */
#define NAMES_FEW 32

static bool is_gap(char byte)
{
    return byte == ',' || byte == ' ' || byte == '\t';
}

/*
 * Takes the next requested name. name is absent before the first call. Reads each byte
 * once, and no long gap. Returns false at the end, or with bad set if the value is not
 * a list of tokens.
 */
static bool take_name(cors_slice_t *rest, cors_slice_t *name, bool *bad)
{
    const char *p = rest->ptr;
    const char *end = p + rest->len;
    const char *gap_end = rest->len > GAP_MAX ? p + GAP_MAX : end;
    bool separated = !name->ptr;

    while (p < gap_end && is_gap(*p)) {
        separated |= *p == ',';
        p++;
    }
    name->ptr = p;
    while (p < end && cors_byte_is(*p, CORS_BYTE_TOKEN)) {
        p++;
    }
    name->len = (apr_size_t)(p - name->ptr);
    rest->ptr = p;
    rest->len = (apr_size_t)(end - p);
    *bad = name->len > 0 ? !separated || (p < end && !is_gap(*p)) : p < end;
    return name->len > 0 && !*bad;
}

/*
 * Checks that every requested name is allowed. Stops at the first rejected name. A
 * browser sends each name once, so a request seldom has more names than the list.
 */
static cors_reason_e check_headers(const cors_policy_t *policy,
                                   cors_slice_t names, cors_slice_t *rejected)
{
    cors_slice_t rest = names;
    cors_slice_t name = { NULL, 0 };
    bool bad = names.len > CORS_REQUEST_HEADERS_MAX;
    int left = cors_policy_names_most(policy, CORS_ATTR_HEADERS);

    if (left < NAMES_FEW) {
        left = NAMES_FEW;
    }
    if (left > CORS_REQUEST_NAMES_MAX) {
        left = CORS_REQUEST_NAMES_MAX;
    }
    while (!bad && names.ptr && take_name(&rest, &name, &bad)) {
        if (!cors_header_allowed(policy, name)) {
            *rejected = name;
            return CORS_REASON_HEADER_NOT_ALLOWED;
        }
        bad = --left < 0;
    }
    return bad ? CORS_REASON_MALFORMED_HEADERS : CORS_REASON_ORIGIN_ALLOWED;
}

void cors_decide_missing_headers(const cors_policy_t *policy,
                                 cors_slice_t names, char *to, apr_size_t size)
{
    cors_slice_t rest = names;
    cors_slice_t name = { NULL, 0 };
    apr_size_t used = 0;
    bool bad = names.len > CORS_REQUEST_HEADERS_MAX;
    int left = CORS_REQUEST_NAMES_MAX;

    while (!bad && names.ptr && left-- > 0 && take_name(&rest, &name, &bad)) {
        if (cors_header_allowed(policy, name)) {
            continue;
        }
        if (used + (used > 0 ? 1 : 0) + name.len >= size) {
            break;
        }
        if (used > 0) {
            to[used++] = ',';
        }
        memcpy(to + used, name.ptr, name.len);
        used += name.len;
    }
    to[used] = '\0';
}

/*
 * Returns the names before the rejected one, which have been checked, or an absent
 * slice.
 */
static cors_slice_t names_before(cors_slice_t names, cors_slice_t rejected)
{
    cors_slice_t before = cors_slice_between(names.ptr, rejected.ptr);

    while (before.len > 0 && is_gap(before.ptr[before.len - 1])) {
        before.len--;
    }
    return before.len > 0 ? cors_slice_trim(before) : cors_slice(NULL);
}

/* Decides on the announced request of a preflight whose origin is allowed. */
static void decide_preflight(const cors_policy_t *policy,
                             const cors_facts_t *facts,
                             cors_decision_t *decision)
{
    cors_slice_t rejected = { NULL, 0 };
    cors_reason_e reason =
        check_headers(policy, facts->request_headers, &rejected);

    decision->verdict = CORS_VERDICT_PREFLIGHT_ALLOWED;
    /* a refused method does not make a refused header allowed */
    if (reason == CORS_REASON_ORIGIN_ALLOWED) {
        decision->echo_headers = cors_slice_trim(facts->request_headers);
    }
    else if (rejected.ptr) {
        /* the browser then reports the missing name */
        decision->echo_headers = names_before(facts->request_headers, rejected);
    }
    if (!cors_method_allowed(policy, facts->request_method)) {
        refuse(decision, policy, CORS_ATTR_METHODS,
               CORS_REASON_METHOD_NOT_ALLOWED, facts->request_method);
        return;
    }
    decision->echo_method = facts->request_method;
    if (reason != CORS_REASON_ORIGIN_ALLOWED) {
        refuse(decision, policy, CORS_ATTR_HEADERS, reason, rejected);
        return;
    }
    decision->private_network =
        cors_policy_number(policy, CORS_ATTR_PRIVATE_NETWORK)
        && cors_slice_is_nocase(facts->private_network, "true");
}

static void decide_websocket(const cors_policy_t *policy, bool parsed,
                             const cors_origin_t *origin,
                             const cors_facts_t *facts,
                             cors_decision_t *decision)
{
    const cors_setting_t *list =
        policy->link[CORS_ATTR_WEBSOCKET_ORIGINS].setting;
    bool any_origin = list && cors_origin_set_any(list->origins);
    relation_e relation = RELATION_FOREIGN;
    bool allowed;

    if (!list) {
        decide_by(decision, policy, CORS_ATTR_WEBSOCKET_ORIGINS,
                  CORS_REASON_NOT_CHECKED);
        allowed = true;
    }
    else if (!facts->origin.ptr) {
        allowed = !cors_policy_number(policy, CORS_ATTR_WEBSOCKET_REQUIRE);
        decide_by(decision, policy, CORS_ATTR_WEBSOCKET_REQUIRE,
                  allowed ? CORS_REASON_NO_ORIGIN
                          : CORS_REASON_ORIGIN_REQUIRED);
    }
    else {
        if (parsed && cors_policy_names_self(policy)) {
            relation = relate(facts, origin);
        }
        allowed = check_origin(policy, CORS_ATTR_WEBSOCKET_ORIGINS, any_origin,
                               parsed, origin, relation == RELATION_SAME_ORIGIN,
                               decision);
        if (relation == RELATION_UNKNOWN_HOST
            && decision->reason == CORS_REASON_ORIGIN_NOT_ALLOWED
            && !decision->origin_excluded) {
            decision->reason = CORS_REASON_UNKNOWN_HOST;
        }
    }
    decision->verdict = allowed ? CORS_VERDICT_WEBSOCKET_ALLOWED
                                : CORS_VERDICT_WEBSOCKET_DENIED;
    decision->reject = !allowed;
}

static void decide_actual(const cors_policy_t *policy, bool parsed,
                          const cors_origin_t *origin,
                          const cors_facts_t *facts, cors_decision_t *decision)
{
    relation_e relation;

    if (decision->origin_allowed) {
        decision->verdict = CORS_VERDICT_ALLOWED;
        return;
    }
    relation = parsed ? relate(facts, origin) : RELATION_FOREIGN;
    if (relation == RELATION_SAME_ORIGIN) {
        decision->verdict = CORS_VERDICT_SAME_ORIGIN;
        decide_by(decision, policy, CORS_ATTR_MODE, CORS_REASON_SAME_ORIGIN);
        return;
    }
    decision->verdict = CORS_VERDICT_DENIED;
    decision->reject = cors_policy_number(policy, CORS_ATTR_REJECT);
    if (relation == RELATION_UNKNOWN_HOST
        && decision->reason == CORS_REASON_ORIGIN_NOT_ALLOWED) {
        decision->reason = CORS_REASON_UNKNOWN_HOST;
    }
}

/* Returns whether a list has the text of the origin, so that the origin need not be
 * parsed: nothing but this list decides on it. */
static bool has_text(const cors_policy_t *policy, const cors_facts_t *facts)
{
    const cors_setting_t *list = policy->link[CORS_ATTR_ORIGINS].setting;

    return list && !facts->websocket && !policy->any_origin && !policy->problem
           && cors_origin_set_has_text(list->origins, facts->origin);
}

/* Stores that the origin is allowed by the list of the policy. */
static void allow_text(const cors_policy_t *policy, const cors_facts_t *facts,
                       cors_decision_t *decision)
{
    decide_by(decision, policy, CORS_ATTR_ORIGINS, CORS_REASON_ORIGIN_ALLOWED);
    decision->tenants = facts->tenants;
    decision->origin_allowed = true;
    decision->origin = facts->origin;
    decision->origin_text = facts->origin_text;
}

/* Evaluates the Origin header. Returns whether it is well-formed. */
static bool look_at_origin(const cors_policy_t *policy,
                           const cors_facts_t *facts, cors_origin_t *origin,
                           cors_decision_t *decision)
{
    bool parsed = cors_origin_parse(facts->origin, origin);

    origin->tenants = decision->tenants = facts->tenants;
    /*
     * A policy for any origin covers a malformed one too, but only if the answer is a
     * literal *: malformed bytes are never reflected.
     */
    decision->origin_allowed =
        check_origin(policy, CORS_ATTR_ORIGINS, policy->any_origin, parsed,
                     origin, false, decision)
        && (parsed || policy->constant);
    if (!parsed && !decision->origin_allowed) {
        decision->reason = CORS_REASON_MALFORMED_ORIGIN;
    }
    if (policy->problem) {
        decision->origin_allowed = false;
        decision->reason = CORS_REASON_CONTRADICTORY_POLICY;
        decision->setting = policy->conflict[0];
    }
    if (parsed) {
        decision->origin = facts->origin;
        decision->origin_text = facts->origin_text;
    }
    return parsed;
}

/* Decides on a request that has an Origin header or asks for a WebSocket. */
CORS_SLOW static void decide_cors(const cors_policy_t *policy,
                                  const cors_facts_t *facts,
                                  cors_decision_t *decision)
{
    cors_origin_t origin;
    bool parsed = false;

    if (has_text(policy, facts)) {
        allow_text(policy, facts, decision);
    }
    else if (facts->origin.ptr) {
        parsed = look_at_origin(policy, facts, &origin, decision);
    }
    decision->preflight = cors_is_preflight(facts);
    if (facts->websocket) {
        decide_websocket(policy, parsed, &origin, facts, decision);
    }
    else if (!decision->preflight) {
        decide_actual(policy, parsed, &origin, facts, decision);
    }
    else if (!decision->origin_allowed) {
        decision->verdict = CORS_VERDICT_PREFLIGHT_DENIED;
    }
    else {
        decide_preflight(policy, facts, decision);
    }
}

void cors_decide_not_cors(const cors_policy_t *policy,
                          cors_decision_t *decision)
{
    static const cors_decision_t not_cors = { .verdict = CORS_VERDICT_NOT_CORS,
                                              .reason = CORS_REASON_NO_ORIGIN,
                                              .attr = CORS_ATTR_MODE };

    *decision = not_cors;
    decision->setting = policy->link[CORS_ATTR_MODE].setting;
}

void cors_decide(const cors_policy_t *policy, const cors_facts_t *facts,
                 cors_decision_t *decision)
{
    cors_decide_not_cors(policy, decision);
    if (facts->origin.ptr || facts->websocket) {
        decide_cors(policy, facts, decision);
    }
}

bool cors_decision_refuses_served(const cors_policy_t *policy,
                                  const cors_decision_t *decision)
{
    return cors_decision_refuses(policy, decision)
           || (decision->verdict == CORS_VERDICT_PREFLIGHT_DENIED
               && !decision->origin_allowed
               && cors_policy_number(policy, CORS_ATTR_REJECT)
               && cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON);
}

int cors_decision_preflight_status(const cors_policy_t *policy,
                                   const cors_decision_t *decision)
{
    int allowed;
    int denied;

    cors_policy_preflight_status(policy, &allowed, &denied);
    return decision->origin_allowed ? allowed : denied;
}

bool cors_decision_continues(const cors_policy_t *policy,
                             const cors_decision_t *decision)
{
    if (cors_policy_number(policy, CORS_ATTR_PREFLIGHT)
        != CORS_PREFLIGHT_CONTINUE) {
        return false;
    }
    if (decision->verdict == CORS_VERDICT_PREFLIGHT_ALLOWED) {
        return true;
    }
    return cors_policy_number(policy, CORS_ATTR_BACKEND) == CORS_BACKEND_KEEP
           && (decision->origin_allowed
               || !cors_policy_number(policy, CORS_ATTR_REJECT));
}

bool cors_decision_refuses(const cors_policy_t *policy,
                           const cors_decision_t *decision)
{
    int mode = cors_policy_number(policy, CORS_ATTR_MODE);

    if (!decision->reject) {
        return false;
    }
    if (decision->verdict == CORS_VERDICT_WEBSOCKET_DENIED) {
        return mode != CORS_MODE_REPORT_ONLY;
    }
    return mode == CORS_MODE_ON;
}

const char *cors_decision_hint(const cors_policy_t *policy,
                               const cors_decision_t *decision)
{
    bool edited;

    if (decision->reason == CORS_REASON_CONTRADICTORY_POLICY) {
        return cors_problem_reason(policy->problem);
    }
    if (decision->reason == CORS_REASON_UNKNOWN_HOST) {
        return "the request's Host is not a name of this virtual host, so it "
               "is not the server's own origin; name it with ServerAlias if it "
               "is one";
    }
    if (decision->reason == CORS_REASON_HEADER_NOT_ALLOWED
        && cors_fetch_non_wildcard_header(decision->rejected)
        && cors_policy_wildcard(policy, CORS_ATTR_HEADERS, &edited)) {
        return "* does not include Authorization; add it to the list";
    }
    return NULL;
}

const char *cors_decision_source(apr_pool_t *p, const cors_decision_t *decision)
{
    const cors_setting_t *detail = decision->setting;
    const cors_origin_entry_t *word = NULL;
    cors_origin_t origin;

    if (!detail) {
        return apr_pstrcat(p, cors_attr_directive(decision->attr), " (default)",
                           NULL);
    }
    /* only an excluded origin may have a source of its own */
    if (decision->origin_excluded
        && decision->reason == CORS_REASON_ORIGIN_NOT_ALLOWED
        && cors_origin_parse(decision->origin, &origin)) {
        origin.tenants = decision->tenants;
        word = cors_origin_set_excluding(detail->origins, &origin);
    }
    return word && word->source ? word->source : detail->source;
}
