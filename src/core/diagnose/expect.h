/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file expect.h
 * @brief Decide whether a policy does what is expected of it
 */

#ifndef CORS_EXPECT_H
#define CORS_EXPECT_H

#include <apr_pools.h>

#include "core/diagnose/explain.h"
#include "core/policy/policy.h"

/** What an administrator expects of a policy: CorsExpect. */
typedef struct {
    bool allow; /* else deny */
    /* every origin that no entry of the list names; request.origin is then NULL */
    bool any_other;
    cors_fetch_request_t request;
} cors_expectation_t;

typedef enum {
    CORS_EXPECT_HOLDS,
    CORS_EXPECT_FAILS,
    CORS_EXPECT_UNDECIDED
} cors_expect_e;

/** Whether an expectation holds. */
typedef struct {
    cors_expect_e outcome;
    /* the origin that answer is about: the expected one or, for any other, an example
     * that contradicts the expectation if it fails */
    const char *origin;
    cors_explanation_t answer;
    /* if the outcome is undecided: the reason, as a noun phrase */
    const char *obstacle;
} cors_expect_result_t;

/**
 * Decide whether a policy does what is expected.
 *
 * An origin is allowed if a browser sends the request, the server does not refuse it, and
 * the page may read the response. Any other origin is one that no entry of the list
 * names, allowed or excluded. Origins and patterns name origins, and so do regular
 * expressions that are limited to registrable domains. The answer is the same for all
 * other origins, except where another regular expression matches some: then its example
 * decides. A regular expression that cannot be decided leaves the expectation undecided.
 *
 * @param p            the pool of the result
 * @param policy       the policy for the URL and method of the request
 * @param expectation  the expectation; its origin is well-formed or "null"
 * @param result       filled
 */
void cors_expect(apr_pool_t *p, const cors_policy_t *policy,
                 const cors_expectation_t *expectation,
                 cors_expect_result_t *result);

#endif /* CORS_EXPECT_H */
