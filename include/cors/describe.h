/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file describe.h
 * @brief What an effective policy says, for people and for programs
 */

#ifndef CORS_DESCRIBE_H
#define CORS_DESCRIBE_H

#include <apr_tables.h>

#include "cors/policy.h"

/** One word of an attribute as it is in force. */
typedef struct {
    const char *text;   /* as it would be written, without "!", "+" or "-" */
    const char *source; /* "Directive file:line"; NULL: it is a default */
    const cors_setting_t *setting; /* that it is a word of; NULL: a default */
    bool exclude;                  /* it takes out what it matches */
    bool regex;                    /* an expression of CorsAllowOriginsMatch */
} cors_value_t;

/**
 * The words of an attribute.
 *
 * Of a list there may be any number: the first that matches an origin or a name
 * decides, and what none matches is not in the list. Every other attribute has
 * exactly one.
 *
 * @param p  where they are put
 * @return an array of cors_value_t
 */
apr_array_header_t *cors_policy_values(apr_pool_t *p,
                                       const cors_policy_t *policy,
                                       cors_attr_e attr);

/** @return whether an attribute is a list */
bool cors_attr_is_list(cors_attr_e attr);

#endif /* CORS_DESCRIBE_H */
