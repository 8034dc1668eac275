/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file explain.h
 * @brief What becomes of a request that a page would make, and why
 */

#ifndef CORS_EXPLAIN_H
#define CORS_EXPLAIN_H

#include <apr_tables.h>

#include "cors/decide.h"

/** The request of which somebody wants to know. */
typedef struct {
    const char *origin;  /* of the page */
    const char *method;  /* as the script writes it */
    const char *headers; /* names that the script sets, a comma list; or NULL */
    bool credentials;    /* made with cookies or other credentials */
    bool websocket;      /* the handshake of a WebSocket */
    cors_origin_t own;   /* what the request is made to; may be all zero */
    bool known_host;     /* its host is one of the server's own */
} cors_question_t;

/** One exchange of which the browser judges the response. */
typedef struct {
    cors_decision_t decision;
    int status;            /* 0: the handler's */
    apr_table_t *headers;  /* what the module adds to the response */
    const char *objection; /* why the browser stops; NULL: it goes on */
} cors_exchange_t;

/** The answer. */
typedef struct {
    bool
        cross_origin; /* false: CORS has no say; the server may still reject the
                          request, and actual has the status then */
    bool preflighted; /* the browser asks first */
    cors_exchange_t preflight;
    bool sent; /* the request itself is sent */
    cors_exchange_t actual;
    bool readable;      /* the page may read the response */
    const char *advice; /* what to change; NULL: nothing */
} cors_explanation_t;

/**
 * Work out what a browser and the module do with a request.
 *
 * @param p            where texts and tables are put
 * @param policy       the policy of the request's URL and method
 * @param question     the request
 * @param explanation  filled
 *
 * A WebSocket needs no leave of CORS, and is readable when it opens.
 *
 * Fetch, "HTTP fetch" (#http-fetch), "CORS-preflight fetch"
 * (#cors-preflight-fetch), "CORS check" (#concept-cors-check)
 */
void cors_explain(apr_pool_t *p, const cors_policy_t *policy,
                  const cors_question_t *question,
                  cors_explanation_t *explanation);

/**
 * The method that a browser makes of what a script writes: DELETE, GET, HEAD,
 * OPTIONS, POST and PUT in capitals, any other as it is.
 *
 * Fetch, "normalize" (#concept-method-normalize)
 */
const char *cors_normal_method(apr_pool_t *p, const char *method);

#endif /* CORS_EXPLAIN_H */
