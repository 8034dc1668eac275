/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file algebra.h
 * @brief Decide whether one list of origins allows an origin that another does not
 */

#ifndef CORS_ALGEBRA_H
#define CORS_ALGEBRA_H

#include <apr_pools.h>

#include "core/base/problem.h"
#include "core/origin/origin_set.h"

/** A list of origins as a set that can be compared with another one. */
typedef struct cors_algebra_list_t cors_algebra_list_t;

/**
 * Create a list that allows no origin.
 *
 * @param p        the pool of the list
 * @param null_ok  whether a listed null counts
 * @return the list
 */
cors_algebra_list_t *cors_algebra_make(apr_pool_t *p, bool null_ok);

/**
 * Add an entry. The entry Self, a file, and a regular expression that the automaton
 * cannot represent exactly make each comparison with the list undecided.
 *
 * @param list  the list
 * @param entry  an entry as cors_origin_set_entry() returns it; only its text and the
 *              flags regex, file and exclude are read; the text is copied
 * @return CORS_OK, or the problem of a pattern; the list is then unchanged
 */
cors_problem_e cors_algebra_add(cors_algebra_list_t *list,
                                const cors_origin_entry_t *entry);

typedef enum {
    CORS_ALGEBRA_CONTAINED, /* each origin of the first list is in the second */
    CORS_ALGEBRA_DIFFERS, /* an origin of the first list is not in the second */
    CORS_ALGEBRA_UNDECIDED
} cors_algebra_e;

/** The result of a comparison. */
typedef struct {
    cors_algebra_e answer;
    /* if the lists differ: an origin that browsers send, that the first list allows
     * and the second does not */
    const char *witness;
    /* if the answer is undecided: the reason, as "Self" */
    const char *obstacle;
} cors_difference_t;

/**
 * Decide whether a list allows an origin that another list does not allow.
 *
 * A list allows an origin if an entry lists it and no entry excludes it. An empty
 * second list makes this the question whether the first one allows any origin.
 *
 * The answer is exact: CORS_ALGEBRA_CONTAINED is proven for each origin that a browser
 * can send, and the lists themselves have been asked about each witness. Without
 * regular expressions the time is linear in the number of entries, except for
 * exclusions with wildcards. Time and memory are limited; beyond the limits the answer
 * is undecided.
 *
 * @param p       the pool of the texts of the result
 * @param first   the first list
 * @param second  the second list
 * @param result  filled
 */
void cors_algebra_compare(apr_pool_t *p, const cors_algebra_list_t *first,
                          const cors_algebra_list_t *second,
                          cors_difference_t *result);

#endif /* CORS_ALGEBRA_H */
