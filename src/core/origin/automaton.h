/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file automaton.h
 * @brief The origins that a regular expression matches, as a finite automaton
 */

#ifndef CORS_AUTOMATON_H
#define CORS_AUTOMATON_H

#include <apr_pools.h>

#include "core/base/list.h"
#include "core/origin/regex_text.h"

/**
 * A set of texts over CORS_SYMBOLS, as an automaton without empty moves. It never
 * changes after construction.
 *
 * It is used only through sets of states (cors_states_t): the states that a text leads
 * to from the start, and the states from which a text leads to the end. To compare two
 * automata, walk both side by side with these functions. A text on which both walks
 * end is in the intersection. A text on which only the first walk ends is in the
 * difference.
 */
typedef struct cors_automaton_t cors_automaton_t;

/** A set of states of one automaton. */
typedef struct {
    /* each once, in no particular order */
    const unsigned *states;
    unsigned count;
} cors_states_t;

/** The maximum number of states. A larger automaton is not built. */
#define CORS_AUTOMATON_STATES 12000

/** The maximum number of moves, and the maximum work of building it. */
#define CORS_AUTOMATON_MOVES 100000

/**
 * Builds the automaton of a parsed regular expression.
 *
 * @param p         pool for the automaton
 * @param read      the parsed regular expression; its root is not NULL
 * @param obstacle  set to the reason if NULL is returned
 * @return the automaton; NULL: it would exceed the limits
 */
cors_automaton_t *cors_automaton_make(apr_pool_t *p,
                                      const cors_regex_text_t *read,
                                      const char **obstacle);

/** @return the number of states; they are numbered from 0, which is the start */
unsigned cors_automaton_count(const cors_automaton_t *automaton);

/**
 * @return the symbols that lead into a state; they are the same for every move into it
 */
cors_symbols_t cors_automaton_into(const cors_automaton_t *automaton,
                                   unsigned state);

/** @return whether a text may end in a state */
bool cors_automaton_ends(const cors_automaton_t *automaton, unsigned state);

/**
 * @return the states that one byte leads to from a state. The byte must be in
 *         cors_automaton_into() of the state it leads to.
 */
cors_states_t cors_automaton_next(const cors_automaton_t *automaton,
                                  unsigned state);
cors_states_t cors_automaton_previous(const cors_automaton_t *automaton,
                                      unsigned state);

/**
 * @return whether one byte leads in several ways from a state to state @a number of
 *         cors_automaton_next()
 */
bool cors_automaton_is_multiple(const cors_automaton_t *automaton,
                                unsigned state, unsigned number);

/**
 * The memory for the sets of a walk, so that each step costs only as much as the
 * states it reaches. It belongs to one automaton.
 */
typedef struct cors_walk_t cors_walk_t;

cors_walk_t *cors_walk_make(apr_pool_t *p, const cors_automaton_t *automaton);

/** @return the work done by a walk: its states and their moves that it has read */
apr_uint64_t cors_walk_work(const cors_walk_t *walk);

/** @return the states that one of the symbols leads to from a set; allocated in @a p */
cors_states_t cors_walk_forth(apr_pool_t *p, cors_walk_t *walk,
                              cors_states_t from, cors_symbols_t symbols);

/**
 * @return the states from which one of the symbols leads to a set; allocated in @a p
 */
cors_states_t cors_walk_back(apr_pool_t *p, cors_walk_t *walk, cors_states_t to,
                             cors_symbols_t symbols);

/**
 * @return the states that any text of the symbols leads to from a set or, with @a
 *         back, the states from which such a text leads to it; includes the set itself
 */
cors_states_t cors_walk_closure(apr_pool_t *p, cors_walk_t *walk,
                                cors_states_t set, cors_symbols_t symbols,
                                bool back);

/** @return a set that contains only the start */
cors_states_t cors_walk_start(apr_pool_t *p);

/** @return all states in which a text may end */
cors_states_t cors_walk_ends(apr_pool_t *p, const cors_automaton_t *automaton);

/** @return whether the automaton of a walk matches the text, which may hold any bytes;
 *          @a p is scratch */
bool cors_walk_matches(apr_pool_t *p, cors_walk_t *walk, cors_slice_t text);

/** Like cors_walk_matches(), with a walk of its own. */
bool cors_automaton_matches(apr_pool_t *p, const cors_automaton_t *automaton,
                            cors_slice_t text);

#endif /* CORS_AUTOMATON_H */
