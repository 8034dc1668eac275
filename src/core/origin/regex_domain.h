/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file regex_domain.h
 * @brief Decide whether a regular expression matches only known owners' origins
 */

#ifndef CORS_REGEX_DOMAIN_H
#define CORS_REGEX_DOMAIN_H

#include "core/origin/automaton.h"

/** A class of at most this many characters, such as [0-9], counts as a list of names. A
 * larger class stands for any name. */
#define CORS_REACH_CLASS 10

/** The maximum number of names that a regular expression may match. A long one may
 * spell out more: one per CORS_REACH_SPELLED bytes. Names with characters of a class
 * are not spelled out. All addresses of a private network (10.x.y.*, 172.16.x.* to
 * 172.31.x.*, 192.168.x.*) count as one name. */
#define CORS_REACH_NAMES 100
#define CORS_REACH_SPELLED 4

/** The origins that an automaton matches. */
typedef struct {
    /* what could not be parsed or decided, such as "look-ahead at byte 9"; open is then
     * true. NULL if there is no obstacle. */
    const char *obstacle;
    /* PCRE may match less than the automaton */
    bool wider;
    /* it matches no origin that a browser can send */
    bool none;
    /* it matches a name or an address that the regular expression does not fix */
    bool open;
    /* an example, in the caller's pool; NULL if none was found */
    const char *open_origin;
    /* it matches names below a public suffix that it does not fix */
    bool suffix;
    const char *suffix_origin; /* an example, or NULL */
    /* it matches plain-http origins that are not loopback */
    bool insecure;
} cors_reach_t;

/**
 * Decide whether every origin that an automaton matches belongs to a registrable
 * domain, address or name that the regular expression spells out.
 *
 * Each host is walked from its end. It is fixed when the walk reaches the boundary of a
 * registrable domain (a name directly below a public suffix, without another suffix
 * further down), a name below localhost, or the start of the host. A host that ends in
 * a number is an IPv4 address in the form that browsers send, so \d+ in an address
 * stands for at most 256 numbers. The walk follows each byte of a small class or an
 * alternative. At a larger class it has found names that anyone can register: directly
 * below a public suffix it sets suffix, elsewhere it sets open.
 *
 * Neither is ever missed: if the walk takes too long, open is set.
 *
 * @param p          the pool of the example origins
 * @param automaton  the automaton
 * @param length     bytes of the regular expression
 * @param reach      filled
 *
 * publicsuffix.org, "Format", the algorithm
 */
void cors_regex_reach(apr_pool_t *p, const cors_automaton_t *automaton,
                      apr_size_t length, cors_reach_t *reach);

/** Parse a regular expression and decide it with cors_regex_reach().
 *
 * @param p      the pool of the texts of @a reach
 * @param text   the regular expression, without "+" or "-"; PCRE has compiled it
 * @param reach  filled
 */
void cors_regex_find_reach(apr_pool_t *p, const char *text,
                           cors_reach_t *reach);

#endif /* CORS_REGEX_DOMAIN_H */
