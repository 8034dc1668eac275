/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file advice.h
 * @brief What to change so that what was refused is allowed
 */

#ifndef CORS_ADVICE_H
#define CORS_ADVICE_H

#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/protect.h"
#include "core/policy/section.h"

/** What was refused, as far as it is known. */
typedef struct {
    cors_reason_e reason;
    /* the attribute that decided */
    cors_attr_e attr;
    /* no setting decided, but the attribute's default */
    bool by_default;
    /* for people: "Directive file:line" of the entry or setting that decided */
    const char *source;
    /* origin of the page */
    const char *origin;
    /* the method, or the header names as a comma-separated list; or "" */
    const char *rejected;
    /* the setting that decided; NULL: a default, or not known */
    const cors_setting_t *setting;
    /* the CorsPolicy in force; NULL: none, or not known */
    const cors_setting_t *mode;
    /* the policy of that setting; NULL: not known */
    const cors_policy_t *policy;
    /* finds the tenant of the request; NULL: it is not known */
    const cors_tenants_t *tenants;
} cors_refused_t;

/**
 * Returns what to change so that a refused origin, method or header is allowed.
 *
 * Every suggested argument has been checked as its directive checks it. If an argument
 * cannot be written in a directive, the advice names what the script, or the explained
 * request, should send instead.
 *
 * @return sentences; NULL: no change is advisable
 */
const char *cors_advice(apr_pool_t *p, const cors_refused_t *refused);

/**
 * Returns what to change so that a request that CorsProtect refused, or would refuse,
 * passes if it is legitimate.
 *
 * @param reason  of the refusal
 * @param origin  as the client sent it; "": none
 * @return sentences; NULL: no change is advisable
 */
const char *cors_advice_protect(apr_pool_t *p, cors_protect_reason_e reason,
                                const char *origin);

/**
 * @param p     the pool of the text
 * @param mode  the CorsPolicy in force; NULL: none, or not known
 * @return where a directive belongs: "next to CorsPolicy httpd.conf:3", or "in the
 *   section"
 */
const char *cors_advice_position(apr_pool_t *p, const cors_setting_t *mode);

#endif /* CORS_ADVICE_H */
