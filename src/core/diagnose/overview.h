/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file overview.h
 * @brief Which of the origins that policies name may read responses under each policy
 */

#ifndef CORS_OVERVIEW_H
#define CORS_OVERVIEW_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/origin/origin_set.h"
#include "core/policy/policy.h"

/** The origins and patterns that the lists of some policies name. Opaque. */
typedef struct cors_overview_t cors_overview_t;

typedef enum {
    CORS_ACCESS_NONE, /* no origin of the entry may read a response */
    CORS_ACCESS_SOME, /* some of them may */
    CORS_ACCESS_ALL,  /* each of them may */
    CORS_ACCESS_UNDECIDED
} cors_access_e;

/** What the origins of one entry may do under one policy. */
typedef struct {
    cors_access_e access;
    /* those that may read responses may send credentials */
    bool credentials;
    /* the setting that decides, "Directive file:line"; where some may, the one that
     * allows them */
    const char *source;
    /* if some of them may: one that may not, and its source */
    const char *example;
    const char *example_source;
    /* if undecided: the reason, as a noun phrase */
    const char *obstacle;
} cors_access_t;

/** @return an overview of no policies that lives as long as @a p */
cors_overview_t *cors_overview_make(apr_pool_t *p);

/**
 * Collect the entries of a policy's list of origins. A policy that is off names none.
 * The sets of the policy must live as long as the overview, the policy need not.
 */
void cors_overview_add(cors_overview_t *overview, const cors_policy_t *policy);

/** @return the number of policies that are not off */
int cors_overview_count(const cors_overview_t *overview);

/**
 * Returns the entries, those that most policies name first. Exclusions are entries, too:
 * the access of an excluded origin is of interest. "*" and "None" are not among them.
 *
 * @param most      the maximum number of entries
 * @param left_out  set to the number of other entries; they are a lower bound if lists
 *                  are very long
 * @return an array of const cors_origin_entry_t *
 */
apr_array_header_t *cors_overview_entries(cors_overview_t *overview, int most,
                                          int *left_out);

/**
 * Decide what the origins of an entry may do under a policy. A single origin is decided
 * like a GET request; wildcards and regular expressions are compared as sets, see
 * algebra.h.
 *
 * @param p       the pool of the result
 * @param entry   of cors_overview_entries(); NULL: all origins that no entry of the
 *                policy's own list names
 * @param access  filled
 */
void cors_overview_access(apr_pool_t *p, cors_overview_t *overview,
                          const cors_policy_t *policy,
                          const cors_origin_entry_t *entry,
                          cors_access_t *access);

#endif /* CORS_OVERVIEW_H */
