/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file count.h
 * @brief Count decisions
 */

#ifndef CORS_REQUEST_COUNT_H
#define CORS_REQUEST_COUNT_H

#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/protect.h"
#include "httpd/httpd.h"

/**
 * Count a decision. A refusal is also kept, if a page shows refusals.
 *
 * @param r  the first request_rec
 */
void cors_count(request_rec *r, const cors_policy_t *policy,
                const cors_decision_t *decision);

/**
 * Count a decision of CorsProtect. A refusal is also kept, if a page shows refusals.
 *
 * @param r  the first request_rec
 */
void cors_count_protect(request_rec *r, const cors_policy_t *policy,
                        const cors_protect_decision_t *decision);

#endif /* CORS_REQUEST_COUNT_H */
