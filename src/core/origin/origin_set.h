/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_set.h
 * @brief A list of origins, patterns, exclusions and regular expressions
 */

#ifndef CORS_ORIGIN_SET_H
#define CORS_ORIGIN_SET_H

#include <apr_pools.h>

#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/origin/origin.h"
#include "core/origin/origin_source.h"
#include "core/origin/origin_table.h"

/** The origins that one section lists. Built at start-up and read-only afterwards. */
typedef struct cors_origin_set_t cors_origin_set_t;

/** One entry of a list, as written. */
typedef struct {
    const char *text; /* without "!", "+" or "-" */
    const char
        *source;  /* "Directive file:line"; owned by the caller; or NULL */
    bool regex;   /* a regular expression, not a pattern */
    bool file;    /* the path or the name of a file that lists origins */
    bool exclude; /* an exclusion: written with "!" or "-" */
    /* of a regular expression: it matches origins that anyone can register, or this
     * could not be decided; of a pattern: it matches all ids of a scheme */
    bool open;
    /* of a regular expression: open only because it could not be decided */
    bool undecided;
    /* of a regular expression that is open: an example, and what stopped the decision;
     * or NULL */
    const char *open_detail;
    /* a wildcard or regular expression that lists any name below a public suffix */
    bool suffix;
    /* an example of such a name; NULL if none is needed or found */
    const char *suffix_detail;
    /* of a repeated entry: the source of the first one, or ""; else NULL */
    const char *first;
    /* of a file: its path */
    const char *path;
    /* of a file: the expression that gives the tenant; NULL: none */
    const char *tenant;
    /* of a file: some of its entries have a tenant */
    bool tenants;
    /* of a file: a program keeps it */
    bool provided;
    /* of a file: its first plain-http origin that is not loopback, or NULL */
    const char *insecure;
    const char *insecure_source; /* the source of that origin */
} cors_origin_entry_t;

/** What the checks need to know about a live list when it is added. */
typedef struct {
    bool lists;         /* it lists an origin now */
    const char *suffix; /* its first wildcard on a public suffix, or NULL */
    const char *suffix_source; /* the source of that wildcard */
    /* its first plain-http origin that is not loopback, or NULL */
    const char *insecure;
    const char *insecure_source; /* the source of that origin */
    const char *path;            /* of its file */
    bool tenants;                /* some of its entries have a tenant */
    bool provided;               /* a program keeps the file */
} cors_origin_notes_t;

/**
 * Match a regular expression against a whole text.
 *
 * @param regex  the compiled expression, as given to cors_origin_set_add_regex()
 * @param text   a well-formed origin, never "null"
 * @param doubt  the result if the matcher gives up: true for an exclusion
 * @return whether the expression matches
 */
typedef bool (*cors_regex_match_fn)(const void *regex, cors_slice_t text,
                                    bool doubt);

/** @return an empty set that lives as long as @a p
 *
 * @param file  whether Self may be listed (the WebSocket list)
 * @param edit  whether the entries have "+" or "-" and so edit the inherited list
 */
cors_origin_set_t *cors_origin_set_make(apr_pool_t *p, bool file, bool edit);

/**
 * Add one entry of CorsAllowOrigins.
 *
 * @param p        the pool of the set and of the suggestion
 * @param set      the set
 * @param text     a pattern; with "+" or "-" in a set that edits; copied
 * @param source   "Directive file:line", stored by reference; or NULL
 * @param suggestion on failure the corrected form, or NULL
 * @return CORS_OK, or the problem of the entry; the set is then unchanged
 */
cors_problem_e cors_origin_set_add(apr_pool_t *p, cors_origin_set_t *set,
                                   cors_slice_t text, const char *source,
                                   const char **suggestion);

/**
 * Add a regular expression.
 *
 * cors_regex_find_reach() decides whether it matches origins that anyone can register. If
 * that cannot be decided, the regular expression counts as open, and some names are
 * tried to find an example.
 *
 * @param p      the pool of the set and of the suggestion
 * @param set    the set
 * @param text   the regular expression; with "+" or "-" in a set that edits
 * @param source "Directive file:line", stored by reference; or NULL
 * @param regex  passed to @a match; must live as long as the set
 * @param match  the matcher
 * @param suggestion on failure the corrected form, or NULL
 * @return CORS_OK, or the problem of the entry; the set is then unchanged
 */
cors_problem_e cors_origin_set_add_regex(apr_pool_t *p, cors_origin_set_t *set,
                                         const char *text, const char *source,
                                         const void *regex,
                                         cors_regex_match_fn match,
                                         const char **suggestion);

/**
 * Add a live list. Its origins are listed or excluded as if they were entries of the
 * set.
 *
 * @param p       the set's pool
 * @param set     the set
 * @param name    as the directive names it; with a tenant, both; copied
 * @param source  "Directive file:line", stored by reference; or NULL
 * @param live    must live as long as the set; its result may change over time
 * @param key     finds the tenant whose entries count, must live as long as the set;
 *                NULL: the entries without a tenant count
 * @param notes   what is known about it; its texts are stored by reference
 * @return CORS_OK, or the problem; the set is then unchanged
 */
cors_problem_e cors_origin_set_add_source(apr_pool_t *p, cors_origin_set_t *set,
                                          const char *name, const char *source,
                                          const cors_origin_source_t *live,
                                          const cors_tenant_key_t *key,
                                          const cors_origin_notes_t *notes);

/**
 * Search the first few origins of a set for the text of one. It finds most allowed
 * origins of a short list at a tenth of the cost of parsing and looking them up.
 *
 * @param text  a header value
 * @return true: the text is a well-formed origin that cors_origin_set_lookup() finds to
 *   be listed; false: nothing is known
 */
bool cors_origin_set_has_text(const cors_origin_set_t *set, cors_slice_t text);

/**
 * Look up an origin.
 *
 * The cost is one cors_origin_table_lookup() for the set and one for each live list.
 * It does not grow with the number of origins. Regular expressions are matched one
 * by one. Never allocates.
 *
 * @param set      the set
 * @param origin   a parsed origin
 * @param null_ok  whether a listed null counts
 * @return how the set lists the origin
 */
cors_listing_e cors_origin_set_lookup(const cors_origin_set_t *set,
                                      const cors_origin_t *origin,
                                      bool null_ok);

/** @return whether Self, the server's own origin, is an entry or an exclusion */
bool cors_origin_set_names_self(const cors_origin_set_t *set);

/**
 * Apply the entry Self to the server's own origin.
 *
 * @param listing  the result of cors_origin_set_lookup() for that origin
 * @return how the set lists the origin
 */
cors_listing_e cors_origin_set_self(const cors_origin_set_t *set,
                                    cors_listing_e listing);

/** @return the entry or the file that excludes an origin; NULL if there is none. For
 *          explanations, not for every request. */
const cors_origin_entry_t *
cors_origin_set_excluding(const cors_origin_set_t *set,
                          const cors_origin_t *origin);

/** @return how the set would list an origin if it did not have @a entry, the entry
 *          that excludes it */
cors_listing_e cors_origin_set_without(const cors_origin_set_t *set,
                                       const cors_origin_t *origin,
                                       const cors_origin_entry_t *entry);

/** @return the number of entries, repeated ones included */
int cors_origin_set_count(const cors_origin_set_t *set);

/** @return the number of regular expressions, each of which costs a look-up time */
int cors_origin_set_regexes(const cors_origin_set_t *set);

/** @return an entry by its number, from 0 in written order; owned by the set */
const cors_origin_entry_t *cors_origin_set_entry(const cors_origin_set_t *set,
                                                 int number);

/**
 * Find an entry that covers another one, as a wildcard covers an exact origin.
 *
 * @param p        scratch
 * @param set      the set
 * @param entry     an entry of the set, neither a regular expression nor repeated
 * @param exclude  whether to search the exclusions
 * @return the covering entry, or NULL
 */
const cors_origin_entry_t *
cors_origin_set_covering(apr_pool_t *p, const cors_origin_set_t *set,
                         const cors_origin_entry_t *entry, bool exclude);

/** @return whether a live list of the set finds the tenant of a request */
bool cors_origin_set_has_tenants(const cors_origin_set_t *set);

/** @return the names of the request headers that give the tenant, for Vary; NULL: none */
const char *cors_origin_set_vary(const cors_origin_set_t *set);

/** @return whether the set edits the list it inherits */
bool cors_origin_set_edits(const cors_origin_set_t *set);

/** @return whether the set is "*" */
bool cors_origin_set_any(const cors_origin_set_t *set);

/** @return whether the set is written as "None" */
bool cors_origin_set_none(const cors_origin_set_t *set);

/** @return the first regular expression that matches origins that anyone can
 *          register; NULL if there is none */
const cors_origin_entry_t *cors_origin_set_public(const cors_origin_set_t *set);

/** @return whether an entry lists origins that anyone can have: any origin, a regular
 *          expression that matches such origins, or a public suffix. Does not look into
 *          list files */
bool cors_origin_set_open(const cors_origin_set_t *set);

/** @return the entry null; NULL if it is not listed */
const cors_origin_entry_t *cors_origin_set_null(const cors_origin_set_t *set);

/** @return whether the set has an exclusion, written with "!" or "-" */
bool cors_origin_set_excludes(const cors_origin_set_t *set);

/** @return whether the set lists no origin
 *
 * @param yet  true: a live list counts only if it lists an origin now; false: it
 *             counts always, because it may list one later
 */
bool cors_origin_set_empty(const cors_origin_set_t *set, bool yet);

/** @return the first wildcard or regular expression on a public suffix; NULL if there
 *          is none */
const cors_origin_entry_t *
cors_origin_set_public_suffix(const cors_origin_set_t *set);

#endif /* CORS_ORIGIN_SET_H */
