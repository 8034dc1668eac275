/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file combine.h
 * @brief Two URLs of one request: what the requested one allows and the served
 *        one does not deny
 */

#ifndef CORS_COMBINE_H
#define CORS_COMBINE_H

#include "cors/decide.h"

/**
 * Apply to the policy of the requested URL the sections that match the served
 * resource and not the requested URL.
 *
 * Only a setting that is in force for the served resource counts: a section that
 * another one overrides there changes nothing. A list that such a section edits
 * with "+" or "-" is the requested URL's.
 *
 * @param p        where edited lists are linked
 * @param asked    the policy of the requested URL, its mode CORS_MODE_ON
 * @param of       the section that it was resolved from
 * @param served   the section of the served resource
 * @param methods  the method's bit, as httpd numbers it
 * @param overlay  filled, if true is returned
 * @return false: no such section denies anything; none matches, or they only
 *         report
 *
 * docs/design.md, "Whose policy"
 */
bool cors_policy_overlay(apr_pool_t *p, const cors_policy_t *asked,
                         const cors_section_t *of, const cors_section_t *served,
                         cors_methods_t methods, cors_policy_t *overlay);

/**
 * The policy by which a response is sent that two policies have to allow:
 * credentials and a literal * only where both have them, exposed headers that
 * both list.
 *
 * @param p        where the list of exposed headers is put
 * @param asked    the policy of the requested URL
 * @param overlay  see cors_policy_overlay()
 * @param both     filled
 */
void cors_policy_both(apr_pool_t *p, const cors_policy_t *asked,
                      const cors_policy_t *overlay, cors_policy_t *both);

/**
 * Whether the origin that the requested URL allows is denied by the served
 * resource.
 *
 * A preflight is left as it is: it is judged by the requested URL alone.
 *
 * @param overlay   see cors_policy_overlay()
 * @param facts     the request
 * @param decision  of the requested URL; changed to that of the served resource
 *                  if true is returned. It does not reject: that is decided by
 *                  the served resource's own policy.
 */
bool cors_decide_served(const cors_policy_t *overlay, const cors_facts_t *facts,
                        cors_decision_t *decision);

#endif /* CORS_COMBINE_H */
