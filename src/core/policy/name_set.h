/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file name_set.h
 * @brief A list of methods or header names with its header value precomputed
 */

#ifndef CORS_NAME_SET_H
#define CORS_NAME_SET_H

#include <apr_pools.h>

#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/base/text_map.h"

/** The kind of name, which determines how names are checked and compared. */
typedef enum {
    CORS_NAMES_METHODS,         /* case-sensitive */
    CORS_NAMES_REQUEST_HEADERS, /* in any case */
    CORS_NAMES_RESPONSE_HEADERS /* in any case */
} cors_names_e;

/** The list of one section. It does not change after it has been built. */
typedef struct {
    cors_names_e kind;
    /* its entries have the prefix "+" or "-" */
    bool edit;
    bool wildcard; /* "*" is listed */
    bool none;     /* "None" was written */
    /* number of names */
    int count;
    /* without the wildcard, in the order written */
    const char **names;
    /* for each name, "Directive file:line" or NULL; NULL: default */
    const char **sources;
    /* number of removed names; only in a set that edits */
    int removed_count;
    const char **removed;
    const char **removed_sources;
    cors_joined_t joined; /* the header value: "*, Authorization" */
    /* map of names; NULL: there are only a few */
    cors_text_map_t *index;
    /* likewise, of removed */
    cors_text_map_t *removed_index;
} cors_name_set_t;

/** @return an empty set that lives as long as @a p */
cors_name_set_t *cors_name_set_make(apr_pool_t *p, cors_names_e kind,
                                    bool edit);

/**
 * Adds one argument of a directive.
 *
 * @param p           the set's pool
 * @param set         the set
 * @param entry        "*", "None" or a name; with the prefix "+" or "-" in a set that
 *                    edits
 * @param source      "Directive file:line", not copied; or NULL
 * @param suggestion  on failure the corrected form, which may be several arguments or
 *                    a line with another directive; or NULL
 * @return CORS_OK, or the problem; the set is then unchanged
 *
 * Fetch, "forbidden method" and related lists, see fetch.h
 */
cors_problem_e cors_name_set_add(apr_pool_t *p, cors_name_set_t *set,
                                 cors_slice_t entry, const char *source,
                                 const char **suggestion);

/**
 * @return the warning for a listed name that no preflight announces, or that only
 *         responses have; CORS_OK: none
 *
 * Fetch, "forbidden request-header"
 */
cors_problem_e cors_name_idle(cors_names_e kind, cors_slice_t name);

/** @return whether the name itself is listed; a wildcard does not count */
bool cors_name_set_lists(const cors_name_set_t *set, cors_slice_t name);

/** @return the index in removed of a name that a set with edits removes; -1: none */
int cors_name_set_find_removed(const cors_name_set_t *set, cors_slice_t name);

/** @return whether a set with edits removes the name */
static inline bool cors_name_set_takes_out(const cors_name_set_t *set,
                                           cors_slice_t name)
{
    return set->removed_count > 0 && cors_name_set_find_removed(set, name) >= 0;
}

/**
 * @return the default of CorsAllowMethods or CorsAllowHeaders, or the empty list of
 *         CorsExposeHeaders; static
 */
const cors_name_set_t *cors_name_set_default(cors_names_e kind);

#endif /* CORS_NAME_SET_H */
