/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file explain_json.h
 * @brief Write an explanation as JSON
 */

#ifndef CORS_STATUS_EXPLAIN_JSON_H
#define CORS_STATUS_EXPLAIN_JSON_H

#include "core/base/json.h"
#include "httpd/status/explain_request.h"

/** Of the page's JSON and of CorsExplain's: see page_json.c. */
#define CORS_EXPLAIN_JSON_VERSION 1

/**
 * Write the members of an explanation into an open JSON object.
 *
 * @param p        scratch
 * @param request  with its answer, or with a problem
 * @param asked    false: there is no request to explain
 */
void cors_explain_json(apr_pool_t *p, const cors_explain_request_t *request,
                       bool asked, cors_json_t *json);

#endif /* CORS_STATUS_EXPLAIN_JSON_H */
