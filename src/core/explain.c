/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/explain.h"

#include <string.h>

#include <apr_strings.h>

#include "cors/emit.h"
#include "cors/fetch.h"

#define ALLOW_ORIGIN "Access-Control-Allow-Origin"

static bool list_has(const char *list, cors_slice_t name, bool any_case)
{
    cors_slice_t rest = cors_slice(list);
    cors_slice_t item;

    while (cors_list_next(&rest, &item)) {
        if (any_case ? cors_slice_equal_nocase(item, name)
                     : cors_slice_equal(item, name)) {
            return true;
        }
    }
    return false;
}

/* Fetch, "CORS check": why it fails, or NULL. */
static const char *check_response(apr_pool_t *p, const apr_table_t *headers,
                                  const cors_question_t *question)
{
    const char *allowed = apr_table_get(headers, ALLOW_ORIGIN);

    if (!allowed) {
        return "the response has no " ALLOW_ORIGIN;
    }
    if (strcmp(allowed, "*") == 0) {
        return question->credentials ? ALLOW_ORIGIN
                   " is *, which does not hold for a request "
                   "with credentials"
                                     : NULL;
    }
    if (strcmp(allowed, question->origin) != 0) {
        return apr_pstrcat(p, ALLOW_ORIGIN " is ", allowed, NULL);
    }
    if (question->credentials
        && !apr_table_get(headers, "Access-Control-Allow-Credentials")) {
        return "the request has credentials and the response has no "
               "Access-Control-Allow-Credentials";
    }
    return NULL;
}

static bool has_wildcard(const char *list, const cors_question_t *question)
{
    return !question->credentials && list
           && list_has(list, cors_slice("*"), false);
}

/* Fetch, "CORS-preflight fetch", from the check on: why it fails, or NULL. */
static const char *check_preflight(apr_pool_t *p, int status,
                                   const apr_table_t *headers,
                                   const cors_question_t *question,
                                   const char *method, const char *names)
{
    const char *objection = check_response(p, headers, question);
    const char *list = apr_table_get(headers, "Access-Control-Allow-Methods");
    cors_slice_t rest = cors_slice(names);
    cors_slice_t name;

    if (objection) {
        return objection;
    }
    if (status < 200 || status > 299) {
        return apr_psprintf(p, "the answer to the preflight is a %d", status);
    }
    if (!cors_fetch_safelisted_method(cors_slice(method))
        && !list_has(list, cors_slice(method), false)
        && !has_wildcard(list, question)) {
        return apr_pstrcat(p, "Access-Control-Allow-Methods does not list ",
                           method, NULL);
    }
    list = apr_table_get(headers, "Access-Control-Allow-Headers");
    while (cors_list_next(&rest, &name)) {
        if (!list_has(list, name, true)
            && (cors_fetch_non_wildcard_header(name)
                || !has_wildcard(list, question))) {
            return apr_pstrcat(p, "Access-Control-Allow-Headers does not list ",
                               apr_pstrmemdup(p, name.ptr, name.len), NULL);
        }
    }
    return NULL;
}

/* The names that a browser asks for: small, sorted as they were given, without
 * those that any page may set. */
static const char *unsafe_names(apr_pool_t *p, const char *names)
{
    static const char *const safe[] = { "accept", "accept-language",
                                        "content-language", NULL };
    cors_slice_t rest = cors_slice(names);
    cors_slice_t name;
    const char *list = NULL;

    while (cors_list_next(&rest, &name)) {
        const char *const *one = safe;
        char *small = apr_pstrmemdup(p, name.ptr, name.len);
        char *c;

        for (c = small; *c; c++) {
            *c = cors_lower(*c);
        }
        while (*one && strcmp(*one, small) != 0) {
            one++;
        }
        if (!*one) {
            list = list ? apr_pstrcat(p, list, ",", small, NULL) : small;
        }
    }
    return list;
}

/* Fetch, "normalize" a method: those six it makes capital. */
static const char *normal_method(apr_pool_t *p, const char *method)
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
}

static void ask_first(apr_pool_t *p, const cors_policy_t *policy,
                      const cors_question_t *question, const char *method,
                      const char *names, cors_facts_t *facts,
                      cors_exchange_t *preflight)
{
    int allowed;
    int denied;
    bool on = cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON;

    facts->options = true;
    facts->request_method = cors_slice(method);
    facts->request_headers = cors_slice(names);
    exchange(p, policy, facts, CORS_RESPONSE_PREFLIGHT, preflight);
    cors_policy_preflight_status(policy, &allowed, &denied);
    if (on) {
        preflight->status =
            preflight->decision.verdict == CORS_VERDICT_PREFLIGHT_ALLOWED
                ? allowed
                : denied;
    }
    preflight->objection =
        check_preflight(p, on ? preflight->status : 200, preflight->headers,
                        question, method, names);
    facts->options = false;
    facts->request_method = cors_slice(NULL);
    facts->request_headers = cors_slice(NULL);
}

/* "To allow it, add WORD to DIRECTIVE file:line, or write ..." */
static const char *add_word(apr_pool_t *p, const char *directive,
                            const char *said, const char *word)
{
    /* a default has no line to change */
    return strstr(said, "(default)")
               ? apr_pstrcat(p, "To allow it, write ", directive, " +", word,
                             " in the section.", NULL)
               : apr_pstrcat(p, "To allow it, add ", word, " to ", said,
                             ", or write ", directive, " +", word,
                             " in a section within.", NULL);
}

const char *cors_advice(apr_pool_t *p, cors_reason_e reason, const char *said,
                        const char *origin, const char *culprit)
{
    switch (reason) {
    case CORS_REASON_ORIGIN_NOT_ALLOWED:
        return strcmp(origin, "null") == 0
                   ? "The origin null is sent by sandboxed frames and files, "
                     "anybody's. Give the page an origin of its own."
                   : add_word(p,
                              cors_slice_has_prefix(cors_slice(said),
                                                    "CorsWebSocket")
                                  ? "CorsWebSocketAllowOrigins"
                                  : "CorsAllowOrigins",
                              said, origin);
    case CORS_REASON_METHOD_NOT_ALLOWED:
        return cors_fetch_forbidden_method(cors_slice(culprit))
                   ? "No browser sends this method, and it cannot be allowed."
                   : add_word(p, "CorsAllowMethods", said, culprit);
    case CORS_REASON_HEADER_NOT_ALLOWED:
        return cors_fetch_forbidden_request_header(cors_slice(culprit))
                   ? "No browser lets a page set this header, and it cannot be "
                     "allowed."
                   : add_word(p, "CorsAllowHeaders", said, culprit);
    case CORS_REASON_MALFORMED_ORIGIN:
        return "No browser sends such an origin, and none can be allowed.";
    case CORS_REASON_CONTRADICTORY_POLICY:
        return apr_pstrcat(p,
                           "The sections that apply contradict each other; "
                           "see ",
                           said, " and the error log.", NULL);
    case CORS_REASON_ORIGIN_REQUIRED:
        return apr_pstrcat(p, "Handshakes without Origin are refused by ", said,
                           ".", NULL);
    default:
        return NULL;
    }
}

static const char *said_of(apr_pool_t *p, const cors_decision_t *decision)
{
    return decision->because
               ? decision->because->said
               : apr_pstrcat(p, cors_attr_directive(decision->attr),
                             " (default)", NULL);
}

static const char *advise(apr_pool_t *p, const cors_policy_t *policy,
                          const cors_question_t *question,
                          const cors_exchange_t *failed)
{
    const cors_decision_t *decision = &failed->decision;
    const char *culprit =
        decision->culprit.ptr
            ? apr_pstrmemdup(p, decision->culprit.ptr, decision->culprit.len)
            : "";
    const char *advice;

    if (cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_ON) {
        return cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_OFF
                   ? "No policy is in force here. Write CorsPolicy On and "
                     "CorsAllowOrigins in the section."
                   : "The policy only reports. Write CorsPolicy On to put it "
                     "in force.";
    }
    advice = cors_advice(p, decision->reason, said_of(p, decision),
                         question->origin, culprit);
    if (!advice && question->credentials
        && !cors_policy_number(policy, CORS_ATTR_CREDENTIALS)) {
        return "The request has credentials. Write CorsAllowCredentials On in "
               "the section, with a list of origins.";
    }
    return advice;
}

/* The handshake of a WebSocket, which browsers make without asking. */
static void explain_websocket(apr_pool_t *p, const cors_policy_t *policy,
                              const cors_question_t *question,
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
            cors_advice(p, actual->decision.reason,
                        said_of(p, &actual->decision), question->origin, "");
    }
    explanation->readable = !actual->objection;
}

void cors_explain(apr_pool_t *p, const cors_policy_t *policy,
                  const cors_question_t *question,
                  cors_explanation_t *explanation)
{
    const char *method = normal_method(p, question->method);
    const char *names = unsafe_names(p, question->headers);
    cors_facts_t facts;

    memset(explanation, 0, sizeof(*explanation));
    memset(&facts, 0, sizeof(facts));
    facts.origin = cors_slice(question->origin);
    facts.own.origin = question->own;
    if (question->websocket) {
        explain_websocket(p, policy, question, &facts, explanation);
        return;
    }

    explanation->preflighted =
        names || !cors_fetch_safelisted_method(cors_slice(method));
    if (explanation->preflighted) {
        ask_first(p, policy, question, method, names, &facts,
                  &explanation->preflight);
    }
    exchange(p, policy, &facts, CORS_RESPONSE_ACTUAL, &explanation->actual);
    explanation->cross_origin =
        explanation->actual.decision.verdict != CORS_VERDICT_SAME_ORIGIN;
    if (!explanation->cross_origin) {
        explanation->preflighted = false;
        explanation->sent = true;
        explanation->readable = true;
        return;
    }
    if (explanation->actual.decision.reject
        && cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON) {
        explanation->actual.status = 403;
    }
    explanation->actual.objection =
        check_response(p, explanation->actual.headers, question);
    explanation->sent =
        !explanation->preflighted || !explanation->preflight.objection;
    explanation->readable = explanation->sent && !explanation->actual.objection;
    if (!explanation->readable) {
        explanation->advice =
            advise(p, policy, question,
                   explanation->sent ? &explanation->actual
                                     : &explanation->preflight);
    }
}
