/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file automaton.h
 * @brief The origins that a regular expression matches, as a finite automaton
 */

#ifndef CORS_AUTOMATON_H
#define CORS_AUTOMATON_H

#include <apr_pools.h>

#include "cors/list.h"
#include "cors/regex_text.h"

/**
 * A set of texts over CORS_SYMBOLS, as an automaton without empty moves. Never
 * changed once it is made.
 *
 * It is asked through sets of states only (cors_states_t): where a text leads to
 * from the start, and from where a text leads to the end. Whatever compares two
 * automata walks both of them side by side with these functions: an intersection
 * has a text where both walks end, a difference where the first does and the second
 * does not.
 */
typedef struct cors_automaton_t cors_automaton_t;

/** A set of states of one automaton. */
typedef struct {
    const unsigned *states; /* each once, in no order */
    unsigned count;
} cors_states_t;

/** The most states that an automaton has; a longer one is not made. */
#define CORS_AUTOMATON_STATES 12000

/** The most moves that it has, and the most work that making it takes. */
#define CORS_AUTOMATON_MOVES 100000

/**
 * Make the automaton of an expression that has been read.
 *
 * @param p         where it is put
 * @param read      the expression; its root is not NULL
 * @param obstacle  where NULL is returned, why
 * @return the automaton; NULL: it would be larger than the limits
 */
cors_automaton_t *cors_automaton_make(apr_pool_t *p,
                                      const cors_regex_text_t *read,
                                      const char **obstacle);

/** @return how many states there are; they are numbered from 0, the start */
unsigned cors_automaton_count(const cors_automaton_t *automaton);

/** @return the symbols that lead into a state, the same from wherever */
cors_symbols_t cors_automaton_into(const cors_automaton_t *automaton,
                                   unsigned state);

/** @return whether a text may end in a state */
bool cors_automaton_ends(const cors_automaton_t *automaton, unsigned state);

/** @return the states that one byte leads to from a state, for which
 *          cors_automaton_into() has to have that byte, or back */
cors_states_t cors_automaton_next(const cors_automaton_t *automaton,
                                  unsigned state);
cors_states_t cors_automaton_previous(const cors_automaton_t *automaton,
                                      unsigned state);

/** @return whether one byte leads from a state to another, @a number of those of
 *          cors_automaton_next(), in more ways than one */
bool cors_automaton_is_multiple(const cors_automaton_t *automaton,
                                unsigned state, unsigned number);

/** Where a walk puts its sets, so that each step takes no more than the states it
 * comes to. Belongs to one automaton. */
typedef struct cors_walk_t cors_walk_t;

cors_walk_t *cors_walk_make(apr_pool_t *p, const cors_automaton_t *automaton);

/** @return how much has been done on a walk, in states that were looked at */
apr_uint64_t cors_walk_work(const cors_walk_t *walk);

/** @return the states that one of some symbols leads to from a set; in @a p */
cors_states_t cors_walk_forth(apr_pool_t *p, cors_walk_t *walk,
                              cors_states_t from, cors_symbols_t symbols);

/** @return the states from which one of some symbols leads to a set; in @a p */
cors_states_t cors_walk_back(apr_pool_t *p, cors_walk_t *walk, cors_states_t to,
                             cors_symbols_t symbols);

/** @return the states that any text of some symbols leads to from a set, or with
 *          @a back, the states from which one leads to it; the set itself too */
cors_states_t cors_walk_closure(apr_pool_t *p, cors_walk_t *walk,
                                cors_states_t set, cors_symbols_t symbols,
                                bool back);

/** @return the start alone */
cors_states_t cors_walk_start(apr_pool_t *p);

/** @return all states in which a text may end */
cors_states_t cors_walk_ends(apr_pool_t *p, const cors_automaton_t *automaton);

/** @return whether the automaton has a text, of any bytes */
bool cors_automaton_matches(apr_pool_t *p, const cors_automaton_t *automaton,
                            cors_slice_t text);

#endif /* CORS_AUTOMATON_H */
