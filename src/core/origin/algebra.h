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
 * Let the list edit another one: the entries that are added next are those of the outer
 * list. They count for origins that no entry so far lists or excludes.
 */
void cors_algebra_edit(cors_algebra_list_t *list);

/**
 * Announce entries that are added next, so that memory is allocated once. The outermost
 * level of the list must be empty.
 *
 * @param count   how many entries
 * @param length  the bytes of their texts
 */
void cors_algebra_expect(cors_algebra_list_t *list, int count,
                         apr_size_t length);

/**
 * Add an entry. A file, and a regular expression that the automaton cannot represent
 * exactly, make a comparison with the list undecided, unless they cannot change the
 * answer. The entry Self may stand for any
 * origin: a comparison whose answer depends on which one it is, is undecided.
 *
 * @param list  the list
 * @param entry  an entry as cors_origin_set_entry() returns it; only its text and the
 *              flags regex, file and exclude are read; the text is not copied and must
 *              live as long as the list
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

/**
 * Decide whether two lists allow an origin in common, like cors_algebra_compare():
 * CORS_ALGEBRA_DIFFERS with such an origin as the witness, CORS_ALGEBRA_CONTAINED if no
 * origin is in both, or CORS_ALGEBRA_UNDECIDED.
 */
void cors_algebra_common(apr_pool_t *p, const cors_algebra_list_t *first,
                         const cors_algebra_list_t *second,
                         cors_difference_t *result);

/**
 * @param p       scratch
 * @param text    a well-formed origin or "null"; not Self
 * @param listed  set to whether the list allows the origin
 * @return the level that lists or excludes it, from 0 for the innermost; -1: none
 */
int cors_algebra_level(apr_pool_t *p, const cors_algebra_list_t *list,
                       const char *text, bool *listed);

#endif /* CORS_ALGEBRA_H */
