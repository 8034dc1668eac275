/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file regex_domain.h
 * @brief Whose origins a regular expression matches
 */

#ifndef CORS_REGEX_DOMAIN_H
#define CORS_REGEX_DOMAIN_H

#include "cors/automaton.h"

/** The most characters of a class that count as names: those of [0-9]. A larger
 * class stands for anything. */
#define CORS_REACH_CLASS 10

/** The most names that an expression may stand for, unless it is long enough to
 * spell more of them: one for every CORS_REACH_SPELLED bytes. Names that have
 * characters of a class are not spelled. The addresses of a private network, 10.x.y.*,
 * 172.16.x.* to 172.31.x.* and 192.168.x.*, are one name together. */
#define CORS_REACH_NAMES 100
#define CORS_REACH_SPELLED 4

/** What an automaton reaches. */
typedef struct {
    /* what could not be read or decided, such as "look-ahead at byte 9"; it is
     * open then; NULL: nothing */
    const char *obstacle;
    /* PCRE may match less than what was decided */
    bool wider;
    /* it has no origin that a browser can send */
    bool none;
    /* a name or an address that is not fixed by the expression */
    bool open;
    /* an origin that shows it, in the pool; NULL: none was found */
    const char *open_origin;
    /* names below a public suffix that are not fixed by it */
    bool suffix;
    const char *suffix_origin; /* the same for these */
    /* it has plain-http origins of other machines */
    bool insecure;
} cors_reach_t;

/**
 * Decide whether every origin of an automaton belongs to one of the registrable
 * domains, addresses and names that the expression spells.
 *
 * Each host is walked from its end. It is fixed where the walk comes to the
 * boundary of a registrable domain (a name right below a public suffix, with no
 * other suffix further down), to a name below localhost, or to the start of the
 * host. A host that ends in a number is an IPv4 address in the form that browsers
 * send, so that \d+ in an address stands for at most 256 numbers. The walk follows each byte that a small class or an alternative spells;
 * where any byte may stand it has come to what anybody can have. Right below a
 * public suffix that is the suffix's finding, elsewhere the open one.
 *
 * Neither is ever missed: where the walk takes too long, the automaton is open.
 *
 * @param p          where the origins are put
 * @param automaton  what to decide
 * @param length     bytes of the expression
 * @param reach      filled
 *
 * publicsuffix.org, "Format", the algorithm
 */
void cors_regex_reach(apr_pool_t *p, const cors_automaton_t *automaton,
                      apr_size_t length, cors_reach_t *reach);

/** Read an expression and decide it as cors_regex_reach() does.
 *
 * @param p      where the texts of @a reach are put; nothing else stays there
 * @param text   the expression, without "+" or "-"; PCRE has compiled it
 * @param reach  filled
 */
void cors_regex_judge(apr_pool_t *p, const char *text, cors_reach_t *reach);

#endif /* CORS_REGEX_DOMAIN_H */
