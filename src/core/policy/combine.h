/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file combine.h
 * @brief The policy for a request that another resource serves
 */

#ifndef CORS_COMBINE_H
#define CORS_COMBINE_H

#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"

/**
 * Applies to the policy of the requested URL the sections that match the served
 * resource but not the requested URL.
 *
 * Only settings in force for the served resource are applied: a section that is
 * overridden there changes nothing. A list that such a section edits with "+" or "-"
 * starts from the list of the requested URL.
 *
 * @param p        pool for edited lists
 * @param asked    the policy of the requested URL
 * @param of       the section from which it was resolved
 * @param served   the section of the served resource
 * @param methods  the bit of the method, as httpd numbers it
 * @param overlay  filled if true is returned
 * @return false: no such section denies anything, because none matches or they only
 *         report
 *
 * docs/dev/design.md, "Whose policy"
 */
bool cors_policy_overlay(apr_pool_t *p, const cors_policy_t *asked,
                         const cors_section_t *of, const cors_section_t *served,
                         cors_methods_t methods, cors_policy_t *overlay);

/**
 * Computes the policy for a response that two policies must allow. Credentials and a
 * literal * need both policies. Exposed headers must be in both lists.
 *
 * @param p        pool for the list of exposed headers
 * @param asked    the policy of the requested URL
 * @param overlay  see cors_policy_overlay()
 * @param both     filled
 */
void cors_policy_both(apr_pool_t *p, const cors_policy_t *asked,
                      const cors_policy_t *overlay, cors_policy_t *both);

/**
 * Combines the headers that are the same for every request. The timings are shown to
 * the origins that both policies name. The stricter CorsResourcePolicy is used.
 *
 * @param p        pool for the texts
 * @param asked    the policy of the requested URL, in any mode
 * @param overlay  see cors_policy_overlay()
 * @param both     a policy for the response; its headers of this kind are replaced
 */
void cors_policy_fixed_of_both(apr_pool_t *p, const cors_policy_t *asked,
                               const cors_policy_t *overlay,
                               cors_policy_t *both);

/**
 * Returns whether the served resource denies the origin that the requested URL allows.
 *
 * A preflight does not change: only the requested URL decides on it.
 *
 * @param overlay   see cors_policy_overlay()
 * @param facts     the request
 * @param decision  of the requested URL; replaced by the decision of the served
 *                  resource if true is returned. It never rejects: the served
 *                  resource's own policy decides that.
 */
bool cors_decide_served(const cors_policy_t *overlay, const cors_facts_t *facts,
                        cors_decision_t *decision);

/**
 * Finds the setting by which the served resource withholds what a preflight for the
 * requested URL has granted: an origin, or credentials.
 *
 * Only entries of the requested URL's lists are tried, at most the first hundred (fewer
 * if there are regular expressions), and a sample name for each wildcard. So a setting
 * that is found is certain; a result of NULL proves nothing.
 *
 * @param p        scratch, and pool of the origin
 * @param asked    the policy of the requested URL
 * @param overlay  see cors_policy_overlay()
 * @param origin   set to an origin that is denied; NULL: any, or only credentials are
 * @return the setting; NULL: none found
 */
const cors_setting_t *cors_policy_narrowed(apr_pool_t *p,
                                           const cors_policy_t *asked,
                                           const cors_policy_t *overlay,
                                           const char **origin);

#endif /* CORS_COMBINE_H */
