/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file protect.h
 * @brief Refuse requests that may be forged by another site
 */

#ifndef CORS_REQUEST_PROTECT_H
#define CORS_REQUEST_PROTECT_H

#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/httpd.h"
#include "httpd/request/decision.h"

/** cors_protect_check() for a section that has a CorsProtect and was not checked. */
int cors_protect_check_section(request_rec *r, cors_chain_t *chain,
                               const cors_section_t *section,
                               const cors_policy_t *policy);

/**
 * Check a client's request by the CorsProtect of a section. It is counted and logged
 * once; another section that refuses it is logged as well.
 *
 * @param r        the request_rec that the section applies to
 * @param section  of a URL that the request has passed through
 * @param policy   of the section, for the method of the request
 * @return DECLINED; otherwise the status with which the request is refused
 */
static inline int cors_protect_check(request_rec *r, cors_chain_t *chain,
                                     const cors_section_t *section,
                                     const cors_policy_t *policy)
{
    const cors_noted_t *noted = &chain->noted;

    return policy->link[CORS_ATTR_PROTECT].setting
                   && (policy->checks_all || noted->forgeable
                       || noted->field[CORS_FIELD_UPGRADE])
                   && chain->unforged != section
               ? cors_protect_check_section(r, chain, section, policy)
               : DECLINED;
}

/**
 * Check the target of an internal redirect, before the client is authenticated for it.
 * The handler hook checks an error document.
 *
 * @return DECLINED; otherwise the status with which the request is refused
 */
int cors_protect_redirected(request_rec *r, cors_chain_t *chain);

/**
 * Check a request again that passed because it had no client certificate: mod_ssl may
 * have asked for one since.
 *
 * @return DECLINED; otherwise the status with which the request is refused
 */
int cors_protect_again(request_rec *r, cors_chain_t *chain);

/**
 * Set the variables of CorsSetEnv for the target of an internal redirect. httpd has
 * renamed those of the redirected request.
 */
void cors_protect_pass_variables(request_rec *r, cors_chain_t *chain);

#endif /* CORS_REQUEST_PROTECT_H */
