/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file emit.h
 * @brief A decision -> edits of the response's headers
 */

#ifndef CORS_EMIT_H
#define CORS_EMIT_H

#include <apr_tables.h>

#include "core/policy/decide.h"
#include "core/policy/policy.h"

/** The kind of response. */
typedef enum {
    /* to an actual request, or an error */
    CORS_RESPONSE_ACTUAL,
    /* this module's own answer to a preflight */
    CORS_RESPONSE_PREFLIGHT,
    /* a handler's answer to a preflight, see cors_decision_continues() */
    CORS_RESPONSE_CONTINUED
} cors_response_e;

/**
 * Writes a decision into the Access-Control-* and Vary headers of a response, each as
 * one field.
 *
 * Fields that something else has set are removed first: Access-Control-Allow-*,
 * -Expose-Headers and -Max-Age, in both tables. With CorsBackendHeaders Keep, a response that has an
 * Access-Control-Allow-Origin does not change, except the answer to a preflight by
 * this module. With KeepExposed, the names that the response exposes are added to the
 * policy's. With KeepCredentials, a policy with credentials sends
 * Access-Control-Allow-Credentials only if the response has it.
 *
 * @param p         pool for the values
 * @param policy    the policy of the decision; its mode is CORS_MODE_ON
 * @param decision  the decision
 * @param response  the kind of response
 * @param headers   headers_out
 * @param errors    err_headers_out; its CORS fields are removed
 *
 * Fetch, "HTTP responses" (#http-responses); docs/dev/design.md, "Responses"
 */
void cors_emit(apr_pool_t *p, const cors_policy_t *policy,
               const cors_decision_t *decision, cors_response_e response,
               apr_table_t *headers, apr_table_t *errors);

/**
 * Writes the headers of a policy that are the same for every request, in place of those
 * that something else has set.
 *
 * @param policy  a policy with adds_fixed; it may have any mode
 */
void cors_emit_fixed(apr_pool_t *p, const cors_policy_t *policy,
                     apr_table_t *headers, apr_table_t *errors);

/**
 * Merges field names into Vary and makes it one field of @a headers.
 *
 * Names that are already there, in any case, are not repeated. A "*" does not change.
 *
 * @param names  a comma-separated list of names to add
 *
 * RFC 9110, 12.5.5 "Vary"
 */
void cors_vary_add(apr_pool_t *p, const char *names, apr_table_t *headers,
                   apr_table_t *errors);

/**
 * Removes all CORS headers from a response.
 *
 * @param headers  headers_out
 * @param errors   err_headers_out
 */
void cors_emit_nothing(apr_table_t *headers, apr_table_t *errors);

#endif /* CORS_EMIT_H */
