/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file compare_lists.h
 * @brief The lists of origins of two configurations, compared
 */

#ifndef CORS_COMPARE_LISTS_H
#define CORS_COMPARE_LISTS_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "core/origin/algebra.h"
#include "core/origin/origin_set.h"
#include "core/policy/policy.h"

/** A list of origins that is in a file, or of a source by its name. */
typedef struct {
    /* as its directive names it; with a tenant, both */
    const char *path;
    /* const char *, "!" before an exclusion; NULL: unknown */
    const apr_array_header_t *origins;
} cors_snapshot_file_t;

/** Lists and results that are stored, so that sections share them. Opaque. */
typedef struct cors_lists_t cors_lists_t;

/** The list of a policy, with all lists that it edits. Opaque. */
typedef struct cors_listed_t cors_listed_t;

/** How many origins cors_listed_witnesses() finds at most. */
#define CORS_WITNESSES_MAX 50

/**
 * @param p    the pool of everything that is stored
 * @param old  path -> const cors_snapshot_file_t *, of the configuration before
 * @param now  likewise, of the configuration now
 */
cors_lists_t *cors_lists_make(apr_pool_t *p, apr_hash_t *old, apr_hash_t *now);

/** @return a list that allows no origin, or any origin and null */
const cors_listed_t *cors_listed_all(cors_lists_t *lists, bool any);

/**
 * @param old   whether the policy is of the configuration before
 * @param attr  an attribute that is a list of origins
 */
const cors_listed_t *cors_listed_of(cors_lists_t *lists, bool old,
                                    const cors_policy_t *policy,
                                    cors_attr_e attr);

/**
 * @param entry  its text, regex and file are read; the list has what it lists, also if it
 *               is an exclusion
 * @return the list that has only this entry
 */
const cors_listed_t *cors_listed_of_entry(cors_lists_t *lists,
                                          const cors_origin_entry_t *entry);

/** Compare two lists like cors_algebra_compare(). Equal lists are contained in each other,
 * whatever they have. */
const cors_difference_t *cors_listed_compare(cors_lists_t *lists,
                                             const cors_listed_t *first,
                                             const cors_listed_t *second);

/** Find an origin of both lists like cors_algebra_common(). */
const cors_difference_t *cors_listed_common(cors_lists_t *lists,
                                            const cors_listed_t *first,
                                            const cors_listed_t *second);

/**
 * Find origins that the first list allows and the second does not: one for each entry of
 * the first, if the lists are not long. They are searched only once.
 *
 * @param more  set to whether there may be others
 * @return an array of const char *, in the pool of the lists; at least one if the lists
 *   differ
 */
const apr_array_header_t *cors_listed_witnesses(cors_lists_t *lists,
                                                const cors_listed_t *first,
                                                const cors_listed_t *second,
                                                bool *more);

/** The origins that at least one of two lists allows. */
typedef struct {
    /* the second one may be NULL */
    const cors_listed_t *list[2];
} cors_listed_union_t;

/**
 * Find origins that the first union allows and the second does not, like
 * cors_listed_witnesses().
 *
 * @param p         the pool of the array
 * @param more      set to whether there may be others
 * @param obstacle  set to NULL; if it cannot be decided whether there are such origins,
 *                  to why
 * @return an array of const char *; empty if the first union has no such origin, or if
 *         it is undecided
 */
apr_array_header_t *cors_union_witnesses(apr_pool_t *p, cors_lists_t *lists,
                                         const cors_listed_union_t *first,
                                         const cors_listed_union_t *second,
                                         bool *more, const char **obstacle);

/** @return whether a list certainly does not allow a well-formed origin */
bool cors_listed_lacks(cors_lists_t *lists, const cors_listed_t *listed,
                       const char *origin);

/**
 * @return whether the list of CorsAllowOrigins has an entry that matches origins that
 *         anyone can register
 */
bool cors_listed_open(const cors_lists_t *lists, bool old,
                      const cors_policy_t *policy);

/**
 * @param p       scratch
 * @param link    the innermost link of the list in its policy
 * @param origin  well-formed
 * @return the source of the entry or the setting that lists or excludes an origin; of the
 *         innermost setting if no entry does; NULL: no setting
 */
const char *cors_listed_source(apr_pool_t *p, cors_lists_t *lists,
                               const cors_listed_t *listed,
                               const cors_link_t *link, const char *origin);

/** @return whether two settings have the same value; either may be NULL. A list of a file
 *          whose text is unknown equals no other one. */
bool cors_settings_equal(cors_lists_t *lists, const cors_setting_t *old,
                         const cors_setting_t *now);

#endif /* CORS_COMPARE_LISTS_H */
