/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file explain.h
 * @brief Whether a web page may make a request, and why
 */

#ifndef CORS_EXPLAIN_H
#define CORS_EXPLAIN_H

#include <apr_tables.h>

#include "core/origin/origin.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/protect.h"

/** The request to explain. */
typedef struct {
    /* origin of the page */
    const char *origin;
    /* as the script writes it */
    const char *method;
    /* names of headers that the script sets, a comma-separated list; or NULL */
    const char *headers;
    /* made with cookies or other credentials */
    bool credentials;
    /* the handshake of a WebSocket */
    bool websocket;
    /* the target of the request; may be all zero */
    cors_origin_t target;
    /* the host of the target is one of the server's own */
    bool known_host;
    /* httpd's SERVER_NAME for the request; NULL: unknown */
    const char *server_name;
} cors_fetch_request_t;

/** One request and response, as the browser checks them. */
typedef struct {
    cors_decision_t decision;
    /* 0: the status is that of the handler */
    int status;
    /* the fields that the module adds to the response */
    apr_table_t *headers;
    /* why the browser blocks the response; NULL: it continues */
    const char *objection;
} cors_exchange_t;

/** The result. */
typedef struct {
    /*
     * false: CORS does not apply. The server may still reject the request; actual then
     * has the status.
     */
    bool cross_origin;
    /* the browser sends a preflight first */
    bool preflighted;
    cors_exchange_t preflight;
    /* the request itself is sent */
    bool sent;
    cors_exchange_t actual;
    /* the page may read the response */
    bool readable;
    /* what to change; NULL: nothing */
    const char *advice;
    /* a list was asked for a tenant that is unknown; it then allows nothing */
    bool tenant_unknown;
    /* how the headers of a backend can change the answer, without a full stop; NULL: they
     * cannot */
    const char *backend;
    /* what CorsProtect decides on the request itself; not-checked if it is off */
    cors_protect_decision_t protect;
    /* how a legitimate request passes CorsProtect; NULL: unknown */
    const char *protect_hint;
} cors_explanation_t;

/**
 * Computes what a browser and the module do with a request.
 *
 * @param p            pool for texts and tables
 * @param policy       the policy for the URL and method of the request
 * @param request     the request
 * @param explanation  filled
 *
 * CORS does not apply to a WebSocket: a page can read it once it is open.
 *
 * Fetch, "HTTP fetch" (#http-fetch), "CORS-preflight fetch" (#cors-preflight-fetch),
 * "CORS check" (#concept-cors-check)
 */
void cors_explain(apr_pool_t *p, const cors_policy_t *policy,
                  const cors_fetch_request_t *request,
                  cors_explanation_t *explanation);

/** @return whether CorsProtect refuses the request itself, and does not only report it */
static inline bool cors_explain_is_refused(const cors_policy_t *policy,
                                           const cors_explanation_t *answer)
{
    return answer->protect.verdict == CORS_PROTECT_VERDICT_REFUSED
           && cors_policy_protection(policy) == CORS_PROTECTION_ON;
}

/**
 * Normalizes a method as browsers do: DELETE, GET, HEAD, OPTIONS, POST and PUT become
 * upper case; any other method does not change.
 *
 * Fetch, "normalize" (#concept-method-normalize)
 */
const char *cors_normal_method(apr_pool_t *p, const char *method);

#endif /* CORS_EXPLAIN_H */
