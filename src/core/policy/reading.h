/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file reading.h
 * @brief The values of a decision that others can read
 */

#ifndef CORS_READING_H
#define CORS_READING_H

#include <apr_pools.h>

#include "core/policy/decide.h"
#include "core/policy/protect.h"

/** The values of a decision. */
typedef enum {
    CORS_READING_VERDICT,
    CORS_READING_REASON,
    CORS_READING_ORIGIN,
    CORS_READING_DIRECTIVE, /* the setting that decided */
    /* of CorsProtect: */
    CORS_READING_PROTECT_VERDICT,
    CORS_READING_PROTECT_REASON,
    CORS_READING_PROTECT_DIRECTIVE,
    CORS_READING_COUNT
} cors_reading_e;

/** The number of values of a policy's decision, which come first. */
#define CORS_READING_POLICY_COUNT CORS_READING_PROTECT_VERDICT

/** The tag of log formats that name a value: %{verdict}^co */
#define CORS_LOG_TAG "co"

/** @return the name of a value in a log format, a static text: "verdict" */
const char *cors_reading_name(cors_reading_e reading);

/**
 * @param name  of a value, in lower case
 * @return the value; CORS_READING_COUNT: there is no such value
 */
cors_reading_e cors_reading_find(const char *name);

/**
 * @param p         pool for the text
 * @param decision  complete
 * @param reading   less than CORS_READING_POLICY_COUNT
 * @return the text of a value; NULL: the decision has none. It may contain bytes of the
 *   client or of the configuration and must be escaped where it is written.
 */
const char *cors_decision_read(apr_pool_t *p, const cors_decision_t *decision,
                               cors_reading_e reading);

/**
 * @param decision  of CorsProtect
 * @param setting   that decided; NULL: the default
 * @param reading   CORS_READING_POLICY_COUNT or more
 * @return the text of a value, like cors_decision_read()
 */
const char *cors_protect_read(const cors_protect_decision_t *decision,
                              const cors_setting_t *setting,
                              cors_reading_e reading);

#endif /* CORS_READING_H */
