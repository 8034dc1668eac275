/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file same_lists.h
 * @brief Share lists that begin with the same arguments
 */

#ifndef CORS_CONFIG_SAME_LISTS_H
#define CORS_CONFIG_SAME_LISTS_H

#include "core/origin/origin_set.h"
#include "core/policy/name_set.h"
#include "core/policy/section.h"
#include "httpd/httpd.h"

/** The maximum length of the arguments of a shared list, in bytes. */
#define CORS_SAME_LIST_MAX 65536

/** A list that one line has begun. */
typedef struct {
    bool edit;
    cors_origin_set_t *origins; /* NULL if it is a list of names */
    cors_name_set_t *names;
    const char *args;
} cors_same_list_t;

/**
 * @param temp  the pool that is destroyed after the configuration is read
 * @return the stored list of an attribute with the same arguments; NULL: none
 */
const cors_same_list_t *cors_same_list_find(apr_pool_t *temp, cors_attr_e attr,
                                            const char *args);

/**
 * Offer the list of a setting for sharing. It must not be changed afterwards.
 *
 * @param temp  as for cors_same_list_find()
 * @param args  the arguments of the only line that has added to it
 * @return a copy of @a args in the pool; NULL: too long, so the list is not shared
 */
const char *cors_same_list_offer(apr_pool_t *temp,
                                 const cors_setting_t *setting,
                                 const char *args);

#endif /* CORS_CONFIG_SAME_LISTS_H */
