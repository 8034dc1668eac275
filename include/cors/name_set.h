/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file name_set.h
 * @brief A list of methods or header names with its header value ready
 */

#ifndef CORS_NAME_SET_H
#define CORS_NAME_SET_H

#include <apr_pools.h>

#include "cors/list.h"
#include "cors/problem.h"
#include "cors/text_map.h"

/** What the names are, which decides how they are checked and compared. */
typedef enum {
    CORS_NAMES_METHODS,         /* case-sensitive */
    CORS_NAMES_REQUEST_HEADERS, /* in any case */
    CORS_NAMES_RESPONSE_HEADERS /* in any case */
} cors_names_e;

/** What one section lists; built at start-up, never changed afterwards. */
typedef struct {
    cors_names_e kind;
    bool edit;          /* its words carry "+" and "-" */
    bool wildcard;      /* "*" is listed */
    bool none;          /* "None" was written */
    int count;          /* of names */
    const char **names; /* without the wildcard, in the order written */
    const char *
        *sources; /* of each, "Directive file:line" or NULL; NULL: default */
    int removed_count; /* of removed; only in a set that edits */
    const char **removed;
    const char **removed_sources;
    cors_joined_t joined;           /* the header value: "*, Authorization" */
    cors_text_map_t *index;         /* of names; NULL: they are few */
    cors_text_map_t *removed_index; /* likewise */
} cors_name_set_t;

/** @return an empty set that lives as long as @a p */
cors_name_set_t *cors_name_set_make(apr_pool_t *p, cors_names_e kind,
                                    bool edit);

/**
 * Add one word of a directive.
 *
 * @param p        the set's pool
 * @param set      the set
 * @param word     "*", "None" or a name; behind "+" or "-" in a set that edits
 * @param source   "Directive file:line", kept; or NULL
 * @param suggestion on failure the corrected form, which may be several words or a
 *                 line with another directive; or NULL
 * @return CORS_OK, or what is wrong with the word; the set is then unchanged
 *
 * Fetch, "forbidden method" and its neighbours, see fetch.h
 */
cors_problem_e cors_name_set_add(apr_pool_t *p, cors_name_set_t *set,
                                 cors_slice_t word, const char *source,
                                 const char **suggestion);

/** @return what to warn of where a name is listed that no preflight announces, or
 *          that only responses have; CORS_OK: nothing
 *
 * Fetch, "forbidden request-header"
 */
cors_problem_e cors_name_idle(cors_names_e kind, cors_slice_t name);

/** @return whether the name is listed by itself; a wildcard does not count */
bool cors_name_set_lists(const cors_name_set_t *set, cors_slice_t name);

/** @return which of removed takes the name out in a set that edits; -1: none */
int cors_name_set_find_removed(const cors_name_set_t *set, cors_slice_t name);

/** @return whether a set that edits takes the name out */
static inline bool cors_name_set_takes_out(const cors_name_set_t *set,
                                           cors_slice_t name)
{
    return set->removed_count > 0 && cors_name_set_find_removed(set, name) >= 0;
}

/** @return the default of CorsAllowMethods or CorsAllowHeaders, or the empty
 *          list of CorsExposeHeaders; static */
const cors_name_set_t *cors_name_set_default(cors_names_e kind);

#endif /* CORS_NAME_SET_H */
