/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file explain_request.h
 * @brief Explain a request for the status page
 */

#ifndef CORS_STATUS_EXPLAIN_REQUEST_H
#define CORS_STATUS_EXPLAIN_REQUEST_H

#include "core/diagnose/explain.h"
#include "core/policy/policy.h"
#include "httpd/httpd.h"

/** A request to explain (?explain), and the answer. */
typedef struct {
    const char *url; /* the parameters as given; "" if omitted */
    const char *origin;
    const char *method;
    const char *headers;
    bool credentials;
    const char *problem; /* why there is no answer; NULL: there is one */
    const server_rec *server;
    const char *path;
    int lookup; /* the status of the look-up; 0: without a server, there is none */
    apr_array_header_t *notes;  /* const char *: what limits the answer */
    apr_array_header_t *scopes; /* const cors_scope_t *: the sections */
    cors_policy_t policy;
    cors_fetch_request_t fetch;
    cors_explanation_t answer;
} cors_explain_request_t;

/**
 * Look up the URL of a request to explain, without running its handler, and fill in the
 * answer.
 *
 * @param r        the request for the page
 * @param request  the parameters are set; the other members are filled
 */
void cors_explain_request(request_rec *r, cors_explain_request_t *request);

/**
 * @return the first line of every answer: the virtual host and its position,
 *   "Virtual host: api.example.com (httpd.conf:12)"
 */
const char *cors_explain_host(apr_pool_t *p,
                              const cors_explain_request_t *request);

/** @return the answer in one sentence, static: "Allowed: the WebSocket opens." */
const char *cors_explain_answer(const cors_explain_request_t *request);

#endif /* CORS_STATUS_EXPLAIN_REQUEST_H */
