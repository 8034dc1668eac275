/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file describe.h
 * @brief The values of a resolved policy, for display and for programs
 */

#ifndef CORS_DESCRIBE_H
#define CORS_DESCRIBE_H

#include <apr_tables.h>

#include "core/policy/policy.h"
#include "core/policy/section.h"

/** One value of an attribute that is in force. */
typedef struct {
    /* as it would be written, without "!", "+" or "-" */
    const char *text;
    /* "Directive file:line"; NULL: it is a default */
    const char *source;
    /* the setting that contains it; NULL: it is a default */
    const cors_setting_t *setting;
    /* it excludes what it matches */
    bool exclude;
    /* a regular expression of CorsAllowOriginsMatch */
    bool regex;
} cors_value_t;

/**
 * Returns the values of an attribute.
 *
 * A list has any number of values: the first one that matches an origin or a name
 * decides. Anything that no value matches is not in the list. Every other attribute
 * has exactly one value.
 *
 * @param p  pool for the values
 * @return an array of cors_value_t
 */
apr_array_header_t *cors_policy_values(apr_pool_t *p,
                                       const cors_policy_t *policy,
                                       cors_attr_e attr);

/**
 * Returns a policy in one line: its mode, the first origins of its list, and what else
 * an administrator looks for first, as in "On; https://a.example, 2 more, 1 excluded;
 * credentials".
 *
 * @param p  pool for the text
 */
const char *cors_policy_summary(apr_pool_t *p, const cors_policy_t *policy);

/** @return whether an attribute is a list */
bool cors_attr_is_list(cors_attr_e attr);

#endif /* CORS_DESCRIBE_H */
