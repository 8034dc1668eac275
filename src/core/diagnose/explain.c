/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Explains whether a web page may make a request, and why.
 *
 * It is its own file because it acts as the browser: it runs the checks of the Fetch
 * Standard on the headers that the module would send. It does not make a request and
 * does not match origins itself. The decision comes from cors_decide() and the headers
 * from cors_emit(), as for a real request. For advice beyond the first problem, it
 * works on a copy of the policy in which one list allows everything.
 */

#include "core/diagnose/explain.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/fetch.h"
#include "core/base/host.h"
#include "core/base/list.h"
#include "core/base/text_map.h"
#include "core/diagnose/advice.h"
#include "core/origin/origin_set.h"
#include "core/origin/tenant_key.h"
#include "core/policy/emit.h"
#include "core/policy/name_set.h"
#include "core/policy/section.h"

#define ALLOW_ORIGIN "Access-Control-Allow-Origin"

/* Fetch, "CORS check": returns why it fails, or NULL. */
static const char *check_response(apr_pool_t *p, const apr_table_t *headers,
                                  const cors_fetch_request_t *request)
{
    const char *allowed = apr_table_get(headers, ALLOW_ORIGIN);

    if (!allowed) {
        return "the response has no " ALLOW_ORIGIN;
    }
    if (strcmp(allowed, "*") == 0) {
        if (request->credentials) {
            return ALLOW_ORIGIN
                " is *, which browsers do not accept for a request "
                "with credentials";
        }
        return NULL;
    }
    if (strcmp(allowed, request->origin) != 0) {
        return apr_pstrcat(p, ALLOW_ORIGIN " is ", allowed, NULL);
    }
    if (request->credentials
        && !apr_table_get(headers, "Access-Control-Allow-Credentials")) {
        return "the request has credentials and the response has no "
               "Access-Control-Allow-Credentials";
    }
    return NULL;
}

static bool has_wildcard(const char *list, const cors_fetch_request_t *request)
{
    return !request->credentials && list
           && cors_list_has(list, cors_slice("*"), false);
}

/*
 * Returns the first requested name that is missing from a list of headers; absent:
 * none is missing.
 */
static cors_slice_t find_unlisted(apr_pool_t *p, const char *list,
                                  const cors_fetch_request_t *request,
                                  const char *names)
{
    cors_text_map_t *listed = cors_text_map_make(p, true);
    const bool wildcard = has_wildcard(list, request);
    cors_slice_t rest = cors_slice(list);
    cors_slice_t name;

    while (cors_list_next(&rest, &name)) {
        cors_text_map_add(listed, name, list);
    }
    rest = cors_slice(names);
    while (cors_list_next(&rest, &name)) {
        if (!cors_text_map_get(listed, name)
            && (!wildcard || cors_fetch_non_wildcard_header(name))) {
            return name;
        }
    }
    return cors_slice(NULL);
}

/* Fetch, "CORS-preflight fetch", from the check on: returns why it fails, or NULL. */
static const char *check_preflight(apr_pool_t *p, int status,
                                   const apr_table_t *headers,
                                   const cors_fetch_request_t *request,
                                   const char *method, const char *names)
{
    const char *objection = check_response(p, headers, request);
    const char *list = apr_table_get(headers, "Access-Control-Allow-Methods");
    cors_slice_t name;

    if (objection) {
        return objection;
    }
    if (status < 200 || status > 299) {
        return apr_psprintf(p, "the answer to the preflight is a %d", status);
    }
    if (!cors_fetch_safelisted_method(cors_slice(method))
        && !cors_list_has(list, cors_slice(method), false)
        && !has_wildcard(list, request)) {
        return apr_pstrcat(p, "Access-Control-Allow-Methods does not list ",
                           method, NULL);
    }
    name =
        find_unlisted(p, apr_table_get(headers, "Access-Control-Allow-Headers"),
                      request, names);
    if (name.ptr) {
        return apr_pstrcat(p, "Access-Control-Allow-Headers does not list ",
                           cors_slice_text(p, name), NULL);
    }
    return NULL;
}

/*
 * Returns the names that a browser announces in a preflight: in lower case and sorted,
 * without those that any page may set.
 */
static const char *unsafe_names(apr_pool_t *p, const char *names)
{
    static const char *const safe[] = { "accept", "accept-language",
                                        "content-language", NULL };
    cors_slice_t rest = cors_slice(names);
    cors_slice_t name;
    cors_joined_t list = { NULL, 0, 0 };

    while (cors_list_next(&rest, &name)) {
        const char *const *one = safe;
        char *lower = cors_slice_text(p, name);
        char *c;

        for (c = lower; *c; c++) {
            *c = cors_lower(*c);
        }
        while (*one && strcmp(*one, lower) != 0) {
            one++;
        }
        if (!*one) {
            cors_join(p, &list, ",", cors_slice(lower));
        }
    }
    return list.text;
}

const char *cors_normal_method(apr_pool_t *p, const char *method)
{
    static const char *const normalised[] = { "DELETE",  "GET",  "HEAD",
                                              "OPTIONS", "POST", "PUT" };
    apr_size_t i;

    for (i = 0; i < sizeof(normalised) / sizeof(normalised[0]); i++) {
        if (cors_slice_is_nocase(cors_slice(method), normalised[i])) {
            return normalised[i];
        }
    }
    return apr_pstrdup(p, method);
}

static void exchange(apr_pool_t *p, const cors_policy_t *policy,
                     const cors_facts_t *facts, cors_response_e response,
                     cors_exchange_t *exchange)
{
    apr_table_t *errors = apr_table_make(p, 1);

    exchange->headers = apr_table_make(p, 8);
    cors_decide(policy, facts, &exchange->decision);
    if (cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON) {
        cors_emit(p, policy, &exchange->decision, response, exchange->headers,
                  errors);
    }
    if (policy->adds_fixed && response == CORS_RESPONSE_ACTUAL) {
        cors_emit_fixed(p, policy, exchange->headers, errors);
    }
}

static void send_preflight(apr_pool_t *p, const cors_policy_t *policy,
                           const cors_fetch_request_t *request,
                           const cors_facts_t *announced,
                           cors_exchange_t *preflight)
{
    bool on = cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON;

    exchange(p, policy, announced, CORS_RESPONSE_PREFLIGHT, preflight);
    if (on) {
        preflight->status =
            cors_decision_preflight_status(policy, &preflight->decision);
    }
    preflight->objection =
        check_preflight(p, on ? preflight->status : 200, preflight->headers,
                        request, announced->request_method.ptr,
                        announced->request_headers.ptr);
}

/* Returns the advice on the decision for a request. */
static const char *advise_on(apr_pool_t *p, const cors_policy_t *policy,
                             const cors_fetch_request_t *request,
                             const cors_decision_t *decision,
                             const char *rejected)
{
    const cors_refused_t refused = {
        .reason = decision->reason,
        .attr = decision->attr,
        .by_default = !decision->setting,
        .source = cors_decision_source(p, decision),
        .origin = request->origin,
        .rejected = rejected,
        .setting = decision->setting,
        .mode = policy->link[CORS_ATTR_MODE].setting,
        .policy = policy,
        .tenants = decision->tenants,
    };

    return cors_advice(p, &refused);
}

/* Makes a list of a copied policy allow everything. */
static void open_list(apr_pool_t *p, cors_policy_t *policy, cors_attr_e attr)
{
    cors_setting_t *setting = apr_pcalloc(p, sizeof(*setting));
    const char *unused;

    if (attr == CORS_ATTR_ORIGINS) {
        setting->origins = cors_origin_set_make(p, false, false);
        (void)cors_origin_set_add(p, setting->origins, cors_slice("*"), NULL,
                                  &unused);
    }
    else {
        setting->names = cors_name_set_make(p, CORS_NAMES_METHODS, false);
        (void)cors_name_set_add(p, setting->names, cors_slice("*"), NULL,
                                &unused);
    }
    policy->link[attr].setting = setting;
    policy->link[attr].outer = NULL;
}

/* Returns the advice on a method, regardless of the origin. */
static const char *advise_method(apr_pool_t *p, const cors_policy_t *policy,
                                 const cors_fetch_request_t *request,
                                 cors_facts_t facts)
{
    cors_policy_t open = *policy;
    cors_decision_t decision;

    open_list(p, &open, CORS_ATTR_ORIGINS);
    facts.request_headers = cors_slice(NULL);
    cors_decide(&open, &facts, &decision);
    if (decision.reason == CORS_REASON_METHOD_NOT_ALLOWED) {
        return advise_on(p, policy, request, &decision,
                         cors_slice_text(p, decision.rejected));
    }
    return NULL;
}

/*
 * Returns the advice on all headers that are not allowed, regardless of the origin and
 * the method. A preflight is refused for the first one only.
 */
static const char *advise_headers(apr_pool_t *p, const cors_policy_t *policy,
                                  const cors_fetch_request_t *request,
                                  cors_facts_t facts)
{
    cors_policy_t open = *policy;
    cors_decision_t decision;
    cors_decision_t last;
    const char *end = cors_slice_end(facts.request_headers);
    cors_joined_t missing = { NULL, 0, 0 };

    open_list(p, &open, CORS_ATTR_ORIGINS);
    open_list(p, &open, CORS_ATTR_METHODS);
    facts.request_method = cors_slice("GET");
    for (;;) {
        cors_decide(&open, &facts, &decision);
        if (decision.reason != CORS_REASON_HEADER_NOT_ALLOWED) {
            break;
        }
        last = decision;
        cors_join(p, &missing, ",", last.rejected);
        facts.request_headers =
            cors_slice_between(cors_slice_end(last.rejected), end);
    }
    if (missing.text) {
        return advise_on(p, policy, request, &last, missing.text);
    }
    return NULL;
}

/* Returns the setting that allows any origin; NULL: there is none. */
static const cors_setting_t *any_origin_by(const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    while (link && link->setting
           && !cors_origin_set_any(link->setting->origins)) {
        link = link->outer;
    }
    return link ? link->setting : NULL;
}

static const char *advise_credentials(apr_pool_t *p,
                                      const cors_policy_t *policy,
                                      const cors_fetch_request_t *request)
{
    const cors_setting_t *any_origin = any_origin_by(policy);
    const cors_setting_t *mode = policy->link[CORS_ATTR_MODE].setting;
    bool edited;
    const cors_link_t *exposed =
        cors_policy_wildcard(policy, CORS_ATTR_EXPOSE, &edited);
    const char *advice;

    if (!request->credentials
        || cors_policy_number(policy, CORS_ATTR_CREDENTIALS)) {
        return NULL;
    }
    if (policy->link[CORS_ATTR_CREDENTIALS].setting) {
        advice =
            apr_pstrcat(p, "On instead of Off in ",
                        policy->link[CORS_ATTR_CREDENTIALS].setting->source,
                        NULL);
    }
    else {
        advice = apr_pstrcat(p, "CorsAllowCredentials On ",
                             cors_advice_position(p, mode), NULL);
    }
    advice =
        apr_pstrcat(p, "The request has credentials. Write ", advice, NULL);
    if (any_origin) {
        advice = apr_pstrcat(p, advice, ", and the origin ", request->origin,
                             " instead of * in ", any_origin->source, NULL);
    }
    if (exposed) {
        advice =
            apr_pstrcat(p, advice, ", and names of headers instead of * in ",
                        exposed->setting->source, NULL);
    }
    return apr_pstrcat(p, advice, ".", NULL);
}

/* Returns all changes after which a policy that is on allows the request. */
static const char *advise_all(apr_pool_t *p, const cors_policy_t *policy,
                              const cors_fetch_request_t *request,
                              const cors_facts_t *announced,
                              const cors_decision_t *actual)
{
    const char *advice = actual->origin_allowed
                             ? NULL
                             : advise_on(p, policy, request, actual, "");

    if (actual->reason == CORS_REASON_MALFORMED_ORIGIN
        || actual->reason == CORS_REASON_CONTRADICTORY_POLICY) {
        return advice;
    }
    if (announced) {
        advice = cors_join_two(p, advice,
                               advise_method(p, policy, request, *announced));
        advice = cors_join_two(p, advice,
                               advise_headers(p, policy, request, *announced));
    }
    return cors_join_two(p, advice, advise_credentials(p, policy, request));
}

static void explain_cors(apr_pool_t *p, const cors_policy_t *policy,
                         const cors_fetch_request_t *request,
                         cors_explanation_t *explanation);

/* Returns the advice for a policy that is not on: what it would do if it were. */
static const char *advise_on_mode(apr_pool_t *p, const cors_policy_t *policy,
                                  const cors_fetch_request_t *request)
{
    const cors_setting_t *mode = policy->link[CORS_ATTR_MODE].setting;
    const cors_setting_t on = { .choice = CORS_MODE_ON,
                                .source = mode ? mode->source : NULL };
    const char *now = "No policy is in force here.";
    const char *change = "CorsPolicy On in the section";
    const char *result = "this is still refused then.";
    cors_policy_t as_if = *policy;
    cors_explanation_t then;

    as_if.link[CORS_ATTR_MODE].setting = &on;
    explain_cors(p, &as_if, request, &then);
    if (mode && mode->choice != CORS_MODE_OFF) {
        now = "The policy only reports.";
    }
    if (mode) {
        change = apr_pstrcat(p, "On instead of ",
                             cors_attr_choices(CORS_ATTR_MODE)[mode->choice],
                             " in ", mode->source, NULL);
    }
    if (then.readable) {
        result = "this is allowed then.";
    }
    return cors_join_two(p,
                         apr_pstrcat(p, now, " Write ", change, "; ", result,
                                     NULL),
                         then.advice);
}

/* Explains the handshake of a WebSocket, which browsers send without a preflight. */
static void explain_websocket(apr_pool_t *p, const cors_policy_t *policy,
                              const cors_fetch_request_t *request,
                              cors_facts_t *facts,
                              cors_explanation_t *explanation)
{
    cors_exchange_t *actual = &explanation->actual;

    facts->websocket = true;
    actual->headers = apr_table_make(p, 1);
    cors_decide(policy, facts, &actual->decision);
    explanation->cross_origin = true;
    explanation->sent = true;
    if (actual->decision.reject
        && cors_policy_number(policy, CORS_ATTR_MODE)
               != CORS_MODE_REPORT_ONLY) {
        actual->status = 403;
        actual->objection = "the handshake is answered with a 403";
        explanation->advice =
            advise_on(p, policy, request, &actual->decision, "");
    }
    explanation->readable = !actual->objection;
}

/* Returns whether the browser treats the request as same-origin, listed or not. */
static bool is_same_origin(const cors_fetch_request_t *request,
                           const cors_decision_t *actual)
{
    cors_origin_t origin;

    return actual->verdict == CORS_VERDICT_SAME_ORIGIN
           || (request->target.scheme.ptr
               && cors_origin_parse(cors_slice(request->origin), &origin)
               && cors_origin_same(&origin, &request->target));
}

/* The request that a list asks for its tenant. */
typedef struct {
    cors_tenants_t tenants;
    apr_pool_t *p;
    const char *server_name;
    cors_explanation_t *explanation;
} asked_t;

/* A cors_tenant_fn. */
static cors_slice_t give_tenant(void *context, const cors_tenant_key_t *key)
{
    const asked_t *asked = context;
    const char *tenant =
        asked->server_name
            ? cors_tenant_key_value(asked->p, key->text, asked->server_name)
            : NULL;

    if (!tenant) {
        asked->explanation->tenant_unknown = true;
    }
    return cors_slice(tenant);
}

static const cors_tenants_t *tenants_of(apr_pool_t *p,
                                        const cors_fetch_request_t *request,
                                        cors_explanation_t *explanation)
{
    asked_t *asked = apr_pcalloc(p, sizeof(*asked));

    asked->tenants.get = give_tenant;
    asked->tenants.context = asked;
    asked->p = p;
    asked->server_name = request->server_name;
    asked->explanation = explanation;
    return &asked->tenants;
}

/* The context of trust_by_policy(). */
typedef struct {
    const cors_policy_t *policy;
    const cors_tenants_t *tenants;
} trusting_t;

static cors_trust_e trust_by_policy(void *context, const cors_origin_t *origin)
{
    const trusting_t *trusting = context;
    cors_origin_t caller = *origin;

    caller.tenants = trusting->tenants;
    return cors_protect_trust(trusting->policy, NULL, &caller);
}

/* Returns whether browsers send Sec-Fetch-Site to a target. */
static bool is_trustworthy(const cors_origin_t *target)
{
    return !target->scheme.ptr || cors_slice_is(target->scheme, "https")
           || cors_host_is_loopback(target->host);
}

/*
 * Decides on the request by CorsProtect, with the fields that a browser sends for a
 * script. Chromium sends no Sec-Fetch-Site with a handshake, and no browser does over
 * plain http.
 */
static void explain_protection(apr_pool_t *p, const cors_policy_t *policy,
                               const cors_fetch_request_t *request,
                               cors_explanation_t *explanation)
{
    const char *field[CORS_FIELD_COUNT] = { NULL };
    cors_protect_settings_t settings;
    cors_protect_facts_t facts;
    trusting_t trusting = { policy, tenants_of(p, request, explanation) };

    cors_protect_settings(policy, NULL, &settings);
    memset(&facts, 0, sizeof(facts));
    facts.method = cors_slice(cors_normal_method(p, request->method));
    facts.websocket = request->websocket;
    facts.field = field;
    field[CORS_FIELD_ORIGIN] = request->origin;
    if (!request->websocket && is_trustworthy(&request->target)) {
        field[CORS_FIELD_FETCH_SITE] =
            explanation->cross_origin ? "cross-site" : "same-origin";
        field[CORS_FIELD_FETCH_MODE] = "cors";
    }
    field[CORS_FIELD_COOKIE] = request->credentials ? "a=b" : NULL;
    if (request->headers
        && cors_list_has(request->headers, cors_slice("content-type"), true)) {
        field[CORS_FIELD_CONTENT_TYPE] = "application/json";
    }
    facts.target.origin = request->target;
    facts.target.known_host = request->known_host;
    facts.get_trust = trust_by_policy;
    facts.context = &trusting;
    cors_protect(&settings, &facts, &explanation->protect);
    explanation->protect_hint =
        cors_protect_hint(&facts, &explanation->protect, NULL);
}

static void explain_cors(apr_pool_t *p, const cors_policy_t *policy,
                         const cors_fetch_request_t *request,
                         cors_explanation_t *explanation)
{
    const char *method = cors_normal_method(p, request->method);
    const char *names = unsafe_names(p, request->headers);
    const bool on = cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON;
    cors_exchange_t *actual = &explanation->actual;
    cors_facts_t facts;
    cors_facts_t announced;

    memset(explanation, 0, sizeof(*explanation));
    memset(&facts, 0, sizeof(facts));
    facts.origin = cors_slice(request->origin);
    facts.target.origin = request->target;
    facts.target.known_host = request->known_host;
    facts.tenants = tenants_of(p, request, explanation);
    if (request->websocket) {
        explain_websocket(p, policy, request, &facts, explanation);
        return;
    }

    exchange(p, policy, &facts, CORS_RESPONSE_ACTUAL, actual);
    if (actual->decision.reject && on) {
        actual->status = 403;
    }
    if (is_same_origin(request, &actual->decision)) {
        explanation->sent = true;
        explanation->readable = true;
        explanation->advice = actual->status ? advise_on(p, policy, request,
                                                         &actual->decision, "")
                                             : NULL;
        return;
    }
    explanation->cross_origin = true;
    actual->objection = check_response(p, actual->headers, request);

    announced = facts;
    announced.options = true;
    announced.request_method = cors_slice(method);
    announced.request_headers = cors_slice(names);
    explanation->preflighted =
        names || !cors_fetch_safelisted_method(cors_slice(method));
    if (explanation->preflighted) {
        send_preflight(p, policy, request, &announced, &explanation->preflight);
    }
    explanation->sent =
        !explanation->preflighted || !explanation->preflight.objection;
    explanation->readable = explanation->sent && !actual->objection;
    if (explanation->readable) {
        return;
    }
    if (!on) {
        explanation->advice = advise_on_mode(p, policy, request);
        return;
    }
    explanation->advice =
        advise_all(p, policy, request,
                   explanation->preflighted ? &announced : NULL,
                   &actual->decision);
}

/* Returns the advice for a policy with a list that was asked for an unknown tenant. */
static const char *note_tenants(apr_pool_t *p, const cors_policy_t *policy,
                                const cors_explanation_t *explanation)
{
    const char *advice = explanation->advice;
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    if (!explanation->tenant_unknown) {
        return advice;
    }
    while (link && link->setting
           && !cors_origin_set_has_tenants(link->setting->origins)) {
        link = link->outer;
    }
    if (!link || !link->setting) {
        return advice;
    }
    return cors_join_two(
        p,
        apr_pstrcat(p,
                    "This is the answer to a request without a tenant: an "
                    "explanation only evaluates an expression that reads "
                    "nothing but SERVER_NAME, and not that of ",
                    link->setting->source, ".", NULL),
        advice);
}

/* Returns how CorsBackendHeaders can change the answer; NULL: it cannot. */
static const char *note_backend(apr_pool_t *p, const cors_policy_t *policy,
                                const cors_fetch_request_t *request,
                                const cors_explanation_t *explanation)
{
    const cors_setting_t *setting = policy->link[CORS_ATTR_BACKEND].setting;
    const int keeps = cors_policy_number(policy, CORS_ATTR_BACKEND);
    const char *note = NULL;

    if (!setting || keeps == CORS_BACKEND_REPLACE || request->websocket
        || !explanation->cross_origin
        || cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_ON) {
        return NULL;
    }
    if (keeps == CORS_BACKEND_KEEP) {
        note = explanation->preflighted
                       && cors_policy_number(policy, CORS_ATTR_PREFLIGHT)
                              == CORS_PREFLIGHT_CONTINUE
                   ? "the preflight goes to the backend too; where a response "
                     "of the backend has Access-Control-Allow-Origin, its "
                     "headers apply and not those shown here"
                   : "where the response of the backend has "
                     "Access-Control-Allow-Origin, its headers apply and not "
                     "those shown here";
    }
    else if (explanation->actual.decision.origin_allowed) {
        if (keeps != CORS_BACKEND_KEEP_CREDENTIALS) {
            note = "the names in the backend's Access-Control-Expose-Headers "
                   "are exposed too";
        }
        if (keeps != CORS_BACKEND_KEEP_EXPOSED
            && cors_policy_number(policy, CORS_ATTR_CREDENTIALS)) {
            note = apr_pstrcat(p, note ? note : "", note ? "; " : "",
                               "Access-Control-Allow-Credentials is sent only "
                               "if the backend sends it with the value true",
                               NULL);
        }
    }
    return note ? apr_pstrcat(p, setting->source, " (",
                              cors_attr_choices(CORS_ATTR_BACKEND)[keeps],
                              "): ", note, NULL)
                : NULL;
}

void cors_explain(apr_pool_t *p, const cors_policy_t *policy,
                  const cors_fetch_request_t *request,
                  cors_explanation_t *explanation)
{
    explain_cors(p, policy, request, explanation);
    explain_protection(p, policy, request, explanation);
    explanation->backend = note_backend(p, policy, request, explanation);
    if (!request->websocket
        && cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF) {
        explanation->advice = note_tenants(p, policy, explanation);
    }
}
