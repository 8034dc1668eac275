/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file regex_cost.h
 * @brief Detect regular expressions that make a backtracking matcher slow
 */

#ifndef CORS_REGEX_COST_H
#define CORS_REGEX_COST_H

#include "core/origin/automaton.h"

/** The number of ways to read n bytes may grow at most as n to this power. */
#define CORS_COST_POWER 3

/**
 * Decide whether an origin can make a regular expression try very many ways to match.
 *
 * The test for exponential ambiguity (a text leads from a state to itself in two ways)
 * is exact. The test for polynomial ambiguity of a degree above CORS_COST_POWER is
 * approximate: only texts that repeat one byte are considered.
 *
 * @param p          scratch
 * @param automaton  the automaton of the regular expression
 * @return whether it is costly; also true if the decision takes too long
 *
 * Weber and Seidl, "On the degree of ambiguity of finite automata", criteria EDA and
 * IDA
 */
bool cors_regex_is_costly(apr_pool_t *p, const cors_automaton_t *automaton);

#endif /* CORS_REGEX_COST_H */
