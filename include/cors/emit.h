/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file emit.h
 * @brief A decision -> edits of the response's headers
 */

#ifndef CORS_EMIT_H
#define CORS_EMIT_H

#include <apr_tables.h>

#include "cors/decide.h"

/** What response is being sent. */
typedef enum {
    CORS_RESPONSE_ACTUAL,    /* to an actual request, or an error */
    CORS_RESPONSE_PREFLIGHT, /* this module's own answer to a preflight */
    CORS_RESPONSE_CONTINUED  /* a handler's answer to an allowed preflight */
} cors_response_e;

/**
 * Make a response's Access-Control-* and Vary what the decision says, each one
 * field.
 *
 * What others put there is removed first: Access-Control-Allow-*,
 * -Expose-Headers and -Max-Age, in both tables. With CorsBackendHeaders Keep a
 * response that has an Access-Control-Allow-Origin is left as it is; an
 * answered preflight never is, for it has no other author.
 *
 * @param p         where values are put
 * @param policy    the policy that was decided by, its mode CORS_MODE_ON
 * @param decision  the decision
 * @param response  what the response is
 * @param headers   headers_out
 * @param errors    err_headers_out; loses what is ours
 *
 * Fetch, "HTTP responses" (#http-responses);
 * docs/design.md, "Responses"
 */
void cors_emit(apr_pool_t *p, const cors_policy_t *policy,
               const cors_decision_t *decision, cors_response_e response,
               apr_table_t *headers, apr_table_t *errors);

/**
 * Merge field names into Vary and make it one field of @a headers.
 *
 * Names that are there already are not repeated, in whatever case; "*" stays
 * alone and as it is.
 *
 * @param names  a comma list of names to add
 *
 * RFC 9110, 12.5.5 "Vary"
 */
void cors_vary_add(apr_pool_t *p, const char *names, apr_table_t *headers,
                   apr_table_t *errors);

/** Take all CORS headers out of a response.
 *
 * @param headers  headers_out
 * @param errors   err_headers_out
 */
void cors_emit_nothing(apr_table_t *headers, apr_table_t *errors);

#endif /* CORS_EMIT_H */
