/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file report.h
 * @brief Report a decision to readers, counters and the error log
 */

#ifndef CORS_REQUEST_REPORT_H
#define CORS_REQUEST_REPORT_H

#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "httpd/httpd.h"
#include "httpd/request/decision.h"

/**
 * Like cors_chain_report(), but always report, even if this request_rec was reported
 * already.
 */
void cors_chain_report_first(request_rec *r, cors_chain_t *chain);

/**
 * Decide by the policy that grants and report the decision: to readers, in the
 * environment of each request_rec if CorsSetEnv is On, and once in the log and the
 * counters.
 */
static inline void cors_chain_report(request_rec *r, cors_chain_t *chain)
{
    if (chain->reporter != r) {
        cors_chain_report_first(r, chain);
    }
}

/**
 * Report another decision on the same request. From then on, readers get this decision.
 */
void cors_report(request_rec *r, const cors_policy_t *policy,
                 const cors_decision_t *decision);

#endif /* CORS_REQUEST_REPORT_H */
