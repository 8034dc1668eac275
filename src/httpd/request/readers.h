/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file readers.h
 * @brief Decisions in logs, expressions and the environment
 */

#ifndef CORS_REQUEST_READERS_H
#define CORS_REQUEST_READERS_H

#include "core/policy/decide.h"
#include "httpd/httpd.h"

/** pre_config hook: register %{verdict}^co with mod_log_config. */
int cors_register_log_tags(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp);

/** expr_lookup hook: find %{CORS_VERDICT} and the other variables. */
int cors_hook_expr_lookup(ap_expr_lookup_parms *parms);

/** Register the optional function cors_policy_lookup(). */
void cors_register_lookup(void);

/**
 * Set CORS_VERDICT, CORS_REASON, CORS_ORIGIN and CORS_DIRECTIVE in a request's
 * environment. Variables for which the decision has no value are unset.
 */
void cors_set_variables(request_rec *r, const cors_decision_t *decision);

/**
 * Set CORS_PROTECT_VERDICT, CORS_PROTECT_REASON and CORS_PROTECT_DIRECTIVE likewise,
 * from the decision of CorsProtect that was reported last.
 */
void cors_set_protect_variables(request_rec *r);

#endif /* CORS_REQUEST_READERS_H */
