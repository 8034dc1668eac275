/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file log.h
 * @brief Decisions in the error log
 */

#ifndef CORS_REQUEST_LOG_H
#define CORS_REQUEST_LOG_H

#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/protect.h"
#include "httpd/httpd.h"

/**
 * @return whether a decision is logged at warn: the administrator must see a
 *   contradictory configuration at the default LogLevel
 */
static inline bool cors_warns(const cors_decision_t *decision)
{
    return decision->reason == CORS_REASON_CONTRADICTORY_POLICY;
}

/** @return whether a decision may be logged; cors_log_decision() checks further */
static inline bool cors_may_be_logged(const request_rec *r,
                                      const cors_decision_t *decision)
{
    return APLOG_R_IS_LEVEL(r, APLOG_INFO) || cors_warns(decision);
}

/**
 * Log a decision: a denial at info, one by a contradictory policy at warn, any other
 * decision at debug. The number of lines is limited.
 *
 * @param r       the first request_rec
 * @param policy  the policy that it was decided by
 */
void cors_log_decision(request_rec *r, const cors_policy_t *policy,
                       const cors_decision_t *decision);

/** @return whether a decision of CorsProtect may be logged */
static inline bool cors_protect_may_be_logged(const request_rec *r)
{
    return APLOG_R_IS_LEVEL(r, APLOG_INFO);
}

/**
 * Log a decision of CorsProtect: a refusal at info, any other decision at debug. The
 * number of lines is limited.
 *
 * @param r       the first request_rec
 * @param policy  the policy that it was decided by
 * @param hint    what to change if the request is legitimate; NULL: unknown
 */
void cors_log_protect(request_rec *r, const cors_policy_t *policy,
                      const cors_protect_decision_t *decision,
                      const char *hint);

#endif /* CORS_REQUEST_LOG_H */
