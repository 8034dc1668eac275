/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_set.h
 * @brief A list of origins, patterns, exclusions and regular expressions
 */

#ifndef CORS_ORIGIN_SET_H
#define CORS_ORIGIN_SET_H

#include <apr_pools.h>

#include "cors/origin.h"
#include "cors/origin_source.h"
#include "cors/pattern.h"
#include "cors/problem.h"

/** What one section lists; built at start-up, never changed afterwards. */
typedef struct cors_origin_set_t cors_origin_set_t;

/** One word of a list, as it was written. */
typedef struct {
    const char *text; /* without "!", "+" or "-" */
    const char
        *source;  /* "Directive file:line"; owned by the caller; or NULL */
    bool regex;   /* an expression, not a pattern */
    bool file;    /* a file that lists origins, by its path */
    bool exclude; /* it takes out: written with "!" or "-" */
    /* of an expression: it matches origins that anybody can have, or that cannot
     * be decided */
    bool open;
    /* the same: it is not known to be so, only not decided */
    bool undecided;
    /* the same: an origin that shows it, and what stopped the decision; or NULL */
    const char *open_detail;
    /* a wildcard, or an expression, lists any name below a public suffix */
    bool suffix;
    /* an origin that shows that; NULL: it is plain to see, or none was found */
    const char *suffix_detail;
    const char *first;    /* a repeated word: the first one's said, or ""; else
                          NULL */
    const char *insecure; /* of a file: the first plain-http origin of another
                             machine in it; NULL: none */
    const char *insecure_source; /* where that stands */
} cors_origin_word_t;

/** What is known of another source when it is added. */
typedef struct {
    bool lists;         /* it lists an origin now */
    const char *suffix; /* its first wildcard on a public suffix; or NULL */
    const char *suffix_source; /* where that stands */
    const char *insecure; /* its first plain-http origin of another machine; or
                                  NULL */
    const char *insecure_source; /* where that stands */
} cors_origin_notes_t;

/**
 * Whether a regular expression matches the whole of a text.
 *
 * @param regex  the expression, as given to cors_origin_set_add_regex()
 * @param text   a well-formed origin, never "null"
 * @param doubt  what to return where the matcher gives up: true for what excludes
 */
typedef bool (*cors_regex_match_fn)(const void *regex, cors_slice_t text,
                                    bool doubt);

/** @return an empty set that lives as long as @a p
 *
 * @param file  whether file:// and Self may be listed (the WebSocket list)
 * @param edit  whether its words carry "+" and "-" and so edit another list
 */
cors_origin_set_t *cors_origin_set_make(apr_pool_t *p, bool file, bool edit);

/**
 * Add one word of CorsAllowOrigins.
 *
 * @param p        the set's pool, and where the corrected form is put
 * @param set      the set
 * @param text     a pattern; behind "+" or "-" in a set that edits; copied
 * @param source   "Directive file:line", kept; or NULL
 * @param suggestion on failure the corrected form, or NULL
 * @return CORS_OK, or what is wrong with the word; the set is then unchanged
 */
cors_problem_e cors_origin_set_add(apr_pool_t *p, cors_origin_set_t *set,
                                   cors_slice_t text, const char *source,
                                   const char **suggestion);

/**
 * Add a regular expression.
 *
 * Whether anybody can have what it matches is decided by cors_regex_judge(). An
 * expression that cannot be decided counts as one that matches such origins, and is
 * tried on some names to find one.
 *
 * @param p      the set's pool
 * @param set    the set
 * @param text   the expression; behind "+" or "-" in a set that edits
 * @param source "Directive file:line", kept; or NULL
 * @param regex  what @a match is called with; must live as long as the set
 * @param match  the matcher
 * @param suggestion on failure the corrected form, or NULL
 * @return CORS_OK, or what is wrong with the word; the set is then unchanged
 */
cors_problem_e cors_origin_set_add_regex(apr_pool_t *p, cors_origin_set_t *set,
                                         const char *text, const char *source,
                                         const void *regex,
                                         cors_regex_match_fn match,
                                         const char **suggestion);

/**
 * Add another source, whose origins are listed or excluded as if they were words
 * of the set.
 *
 * @param path    its name
 * @param source  "Directive file:line", kept; or NULL
 * @param live    must live as long as the set; what it says may change
 * @param notes   what is known of it; its texts are kept
 * @return CORS_OK, or what is wrong; the set is then unchanged
 */
cors_problem_e cors_origin_set_add_source(apr_pool_t *p, cors_origin_set_t *set,
                                          const char *path, const char *source,
                                          const cors_origin_source_t *live,
                                          const cors_origin_notes_t *notes);

/**
 * What the set says of an origin.
 *
 * Costs what cors_origin_table_lookup() does, for the set and for each source; not
 * more with more origins, except for regular expressions, which are tried one by
 * one. Never allocates.
 *
 * @param set      the set
 * @param origin   a parsed origin
 * @param null_ok  whether a listed null counts
 */
cors_listing_e cors_origin_set_lookup(const cors_origin_set_t *set,
                                      const cors_origin_t *origin,
                                      bool null_ok);

/** @return whether Self, the server's own origin, is an entry, listed or excluded */
bool cors_origin_set_names_self(const cors_origin_set_t *set);

/**
 * What the set says of the server's own origin.
 *
 * @param listing  what cors_origin_set_lookup() says of it
 */
cors_listing_e cors_origin_set_self(const cors_origin_set_t *set,
                                    cors_listing_e listing);

/** @return the word that takes an origin out, or the file that does; NULL: none
 *          does. For people, not for each request. */
const cors_origin_word_t *
cors_origin_set_excluding(const cors_origin_set_t *set,
                          const cors_origin_t *origin);

/** @return what the set would say of an origin without the word that takes it
 *          out */
cors_listing_e cors_origin_set_without(const cors_origin_set_t *set,
                                       const cors_origin_t *origin,
                                       const cors_origin_word_t *word);

/** @return how many words there are, repeated ones too */
int cors_origin_set_count(const cors_origin_set_t *set);

/** @return a word, in the order written, from 0; owned by the set */
const cors_origin_word_t *cors_origin_set_word(const cors_origin_set_t *set,
                                               int number);

/**
 * The word that makes another one needless, as a wildcard does an exact origin.
 *
 * @param p        scratch
 * @param word     a word of the set, no expression and not repeated
 * @param exclude  whether to look among the words that take out
 * @return the other word, or NULL
 */
const cors_origin_word_t *
cors_origin_set_covering(apr_pool_t *p, const cors_origin_set_t *set,
                         const cors_origin_word_t *word, bool exclude);

/** @return whether the set edits the list it inherits */
bool cors_origin_set_edits(const cors_origin_set_t *set);

/** @return whether "*" is the set */
bool cors_origin_set_any(const cors_origin_set_t *set);

/** @return whether the set is "None", in as many words */
bool cors_origin_set_none(const cors_origin_set_t *set);

/** @return an expression that matches what anybody can have; NULL: none does */
const cors_origin_word_t *cors_origin_set_public(const cors_origin_set_t *set);

/** @return the word null; NULL: it is not listed */
const cors_origin_word_t *cors_origin_set_null(const cors_origin_set_t *set);

/** @return whether something is taken out by "!" or "-" */
bool cors_origin_set_excludes(const cors_origin_set_t *set);

/** @return whether no origin can be listed by it
 *
 * @param yet  whether what a source may list later does not count
 */
bool cors_origin_set_empty(const cors_origin_set_t *set, bool yet);

/** @return the first wildcard, or expression, on a public suffix; NULL: none */
const cors_origin_word_t *
cors_origin_set_public_suffix(const cors_origin_set_t *set);

#endif /* CORS_ORIGIN_SET_H */
