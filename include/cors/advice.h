/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file advice.h
 * @brief What to change so that what was refused is allowed
 */

#ifndef CORS_ADVICE_H
#define CORS_ADVICE_H

#include "cors/decide.h"

/** What was refused, as far as it is known. */
typedef struct {
    cors_reason_e reason;
    const char *source; /* "Directive file:line" that decided, or "Directive
                            (default)" */
    const char *origin; /* of the page */
    const char
        *rejected; /* the method or the headers' names, a comma list; or "" */
    const cors_setting_t *setting; /* that said is of; NULL: not known */
    const cors_policy_t *policy;   /* that it is of; NULL: not known */
} cors_refused_t;

/**
 * What to change so that a refused origin, method or header is allowed.
 *
 * Every word that is to be written has been checked as a directive checks it.
 * Where it cannot be written the advice says what the script, or the question,
 * should say instead.
 *
 * @return sentences; NULL: there is nothing that one would want to change
 */
const char *cors_advice(apr_pool_t *p, const cors_refused_t *refused);

/**
 * The line that decided: that of an exclusion, where one took the origin out,
 * else the first of the list.
 *
 * @return "Directive file:line", or "Directive (default)"
 */
const char *cors_decision_source(apr_pool_t *p,
                                 const cors_decision_t *decision);

/** @return one sentence and another, either of which may be NULL, with a blank
 *          between them */
const char *cors_sentences(apr_pool_t *p, const char *one, const char *other);

#endif /* CORS_ADVICE_H */
