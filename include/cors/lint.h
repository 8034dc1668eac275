/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file lint.h
 * @brief What is allowed in a configuration and hardly meant
 */

#ifndef CORS_LINT_H
#define CORS_LINT_H

#include "cors/policy.h"

/**
 * Told of one thing to warn about.
 *
 * @param source   "Directive file:line" of what is warned about
 * @param finding  the warning
 */
typedef void (*cors_lint_fn)(void *context, const char *source,
                             const cors_finding_t *finding);

/**
 * What can be told from one setting by itself: repeated, covered and excluded
 * origins, expressions that a pattern says better, needless names, a max-age
 * that no browser honours.
 *
 * @param p  scratch, and where texts are put
 */
void cors_lint_setting(apr_pool_t *p, cors_attr_e attr,
                       const cors_setting_t *setting, cors_lint_fn tell,
                       void *context);

/** Asked for two settings whether they have not been looked at together yet. */
typedef bool (*cors_lint_new_fn)(void *context, const cors_setting_t *origins,
                                 const cors_setting_t *credentials);

/**
 * What only shows when a policy is in force: plain-http origins that act as
 * logged-in users. Tells nothing where the policy is off.
 *
 * @param is_new  says which lists to look at, so that a list that many policies
 *                inherit is read once; NULL: all
 */
void cors_lint_policy(apr_pool_t *p, const cors_policy_t *policy,
                      cors_lint_new_fn is_new, cors_lint_fn tell,
                      void *context);

/**
 * Whether `CorsAllowHeaders *` is in force without Authorization beside it and
 * without credentials.
 *
 * @return the setting; NULL: it is not
 *
 * Fetch, "CORS non-wildcard request-header name"
 * (#cors-non-wildcard-request-header-name)
 */
const cors_setting_t *
cors_lint_authorization_missing(const cors_policy_t *policy);

#endif /* CORS_LINT_H */
