/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file regex_cost.h
 * @brief Whether an expression can take a matcher that backtracks very long
 */

#ifndef CORS_REGEX_COST_H
#define CORS_REGEX_COST_H

#include "cors/automaton.h"

/** The ways to read n bytes may grow as n to this power, and no faster. */
#define CORS_COST_POWER 3

/**
 * Decide whether an origin can make an expression try very many ways.
 *
 * Exactly: whether the automaton is ambiguous exponentially (a text leads from a
 * state to itself in two ways). Nearly so: whether it is by a polynomial of more than
 * CORS_COST_POWER, since only texts that repeat one byte are looked at.
 *
 * @return true, also where that takes too long to decide
 *
 * Weber and Seidl, "On the degree of ambiguity of finite automata", criteria EDA and
 * IDA
 */
bool cors_regex_is_costly(apr_pool_t *p, const cors_automaton_t *automaton);

#endif /* CORS_REGEX_COST_H */
