/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file lint.h
 * @brief Warnings about settings that are valid but probably a mistake
 */

#ifndef CORS_LINT_H
#define CORS_LINT_H

#include "core/base/problem.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"

/**
 * Receives one warning.
 *
 * @param source   "Directive file:line" of the setting
 * @param finding  the warning
 */
typedef void (*cors_lint_fn)(void *context, const char *source,
                             const cors_finding_t *finding);

/**
 * Checks one setting by itself: repeated, covered and excluded origins, regular
 * expressions that are equivalent to a pattern, idle names, a max-age that no browser
 * honors.
 *
 * @param p  scratch, and pool for texts
 */
void cors_lint_setting(apr_pool_t *p, cors_attr_e attr,
                       const cors_setting_t *setting, cors_lint_fn tell,
                       void *context);

/** Returns whether two settings have not been checked together yet. */
typedef bool (*cors_lint_new_fn)(void *context, const cors_setting_t *origins,
                                 const cors_setting_t *credentials);

/**
 * Checks a policy as a whole: plain-http origins that can act as a logged-in user, and
 * entries that Timing-Allow-Origin cannot have.
 * Reports nothing if the policy is off.
 *
 * @param is_new  selects the lists to check, so that a list that many policies inherit
 *                is checked once; NULL: all
 */
void cors_lint_policy(apr_pool_t *p, const cors_policy_t *policy,
                      cors_lint_new_fn is_new, cors_lint_fn tell,
                      void *context);

/**
 * Returns whether `CorsAllowHeaders *` is in force without Authorization in the list
 * and without credentials.
 *
 * @return the setting; NULL: it is not
 *
 * Fetch, "CORS non-wildcard request-header name"
 * (#cors-non-wildcard-request-header-name)
 */
const cors_setting_t *
cors_lint_authorization_missing(const cors_policy_t *policy);

/**
 * Finds a list of headers that replaces the default and is without content-type, in a
 * policy whose requests may have bodies.
 *
 * @param p           the pool of the suggestion
 * @param suggestion  set to a list that adds the same names to the default
 * @return the setting; NULL: there is none
 */
const cors_setting_t *cors_lint_default_headers(apr_pool_t *p,
                                                const cors_policy_t *policy,
                                                const char **suggestion);

#endif /* CORS_LINT_H */
