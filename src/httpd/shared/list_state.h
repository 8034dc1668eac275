/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file list_state.h
 * @brief What is known about the lists in force, for people and monitoring
 */

#ifndef CORS_SHARED_LIST_STATE_H
#define CORS_SHARED_LIST_STATE_H

#include <apr_tables.h>

#include "httpd/httpd.h"

/** The state of one list file. */
typedef struct {
    const char *path;
    bool
        loaded; /* false: there is no list yet; the other members are 0 or NULL */
    apr_size_t listed;
    apr_size_t excluded;
    apr_size_t tenants;
    /* of the frame; NULL: the file is not a frame */
    const char *version;
    /* 32 hexadecimal digits: equal for the same entries, in any order and on any server */
    const char *sum;
    apr_time_t loaded_at; /* when the list in force was read from the file */
    /* when the file was last seen to have the list in force; 0: it has another one */
    apr_time_t checked_at;
    /* when the list in force was last confirmed; 0: not loaded. It is the modification time
     * of the file. mod_cors_sources sets it when a source finds the same list. The age for
     * max-stale counts from it. */
    apr_time_t confirmed_at;
    /* failed attempts to load the file since httpd read its configuration */
    apr_uint32_t failures;
    /* lines with an error when the file was last read, and how many were skipped in the
     * list in force */
    apr_size_t bad_rows;
    apr_size_t skipped;
    /* why the list of the file is held back: "empty", "shrunk"; NULL: it is not */
    const char *held_back;
    /* when the list becomes too old; 0: never */
    apr_time_t fresh_until;
    bool stale; /* it is too old now, and allows no origin */
} cors_list_state_t;

/**
 * @param p      the pool of the result
 * @param pconf  the configuration's pool
 * @return an array of cors_list_state_t, in the order of the configuration. The parent
 *   and the children may call it.
 */
apr_array_header_t *cors_list_states(apr_pool_t *p, apr_pool_t *pconf);

#endif /* CORS_SHARED_LIST_STATE_H */
