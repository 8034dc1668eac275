/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file host.h
 * @brief The host of an origin, according to the URL Standard
 */

#ifndef CORS_HOST_H
#define CORS_HOST_H

#include <apr_pools.h>

#include "core/base/list.h"
#include "core/base/problem.h"

/**
 * Checks that a host is written as browsers serialize it.
 *
 * @param p           scratch, and pool for the suggestion
 * @param host        the host, IPv6 with its brackets, without a wildcard
 * @param suggestion  on failure, the form that browsers would serialize, which may
 *                    have another problem; NULL if it is unknown
 * @return CORS_OK, or the problem
 *
 * URL, "host parsing" and "host serializing" (#host-parsing), and the lengths of RFC
 * 1035, 2.3.4
 */
cors_problem_e cors_host_check(apr_pool_t *p, cors_slice_t host,
                               const char **suggestion);

/**
 * @return whether browsers parse the host as an IPv4 address
 *
 * URL, "ends in a number checker" (#ends-in-a-number-checker)
 */
bool cors_host_ends_in_number(cors_slice_t host);

/**
 * @return whether a host is an address and not a name: four decimal numbers of IPv4,
 *         or IPv6 with or without brackets
 */
bool cors_host_is_address(cors_slice_t host);

/**
 * @return whether a checked host is a loopback host: localhost and the names below it,
 *         127.0.0.0/8, [::1]
 *
 * Secure Contexts, "Is origin potentially trustworthy?" (#is-origin-trustworthy)
 */
bool cors_host_is_loopback(cors_slice_t host);

/** @return the port, 1 to 65535; 0 if the digits are not a port or start with a
 *          zero */
unsigned cors_port_parse(cors_slice_t digits);

#endif /* CORS_HOST_H */
