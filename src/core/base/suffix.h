/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file suffix.h
 * @brief Public suffixes and punycode; the only interface to libpsl and libidn2
 */

#ifndef CORS_SUFFIX_H
#define CORS_SUFFIX_H

#include <apr_pools.h>

#include "core/base/list.h"

/**
 * Check whether a domain is a public suffix, so that anyone can register a name
 * directly below it: `com`, `co.uk`, and `github.io` in the private section. A
 * top-level label that the list does not have is a public suffix, by the list's default
 * rule; localhost is not.
 *
 * @param p     scratch
 * @param host  a checked host name in lower case
 * @return whether it is a public suffix
 */
bool cors_suffix_is_public(apr_pool_t *p, cors_slice_t host);

/** @return whether a public suffix is in the list's private section: a provider's
 *          domain with names of its customers, such as github.io */
bool cors_suffix_is_private(apr_pool_t *p, cors_slice_t host);

/**
 * Iterate over the public suffixes below a domain, from the list that the module was
 * built with: `s3.amazonaws.com` below `amazonaws.com`.
 *
 * @param p       the pool of the result
 * @param domain  a host name in lower case, without a final dot
 * @param number  the state of the iteration: start with 0; updated
 * @return the next public suffix, which may start with `*.`; NULL at the end. The list
 *         may omit those below a domain that is a public suffix itself.
 */
const char *cors_suffix_below(apr_pool_t *p, const char *domain, int *number);

/** @return whether names below a domain may belong to different owners: it is a public
 *          suffix, or a public suffix lies below it */
bool cors_suffix_is_shared(apr_pool_t *p, cors_slice_t host);

/** @return an example of a name that anyone could register below one of the suffixes
 *          of cors_suffix_below(); NULL if there is none */
const char *cors_suffix_stranger(apr_pool_t *p, cors_slice_t domain);

/**
 * Get the registrable domain of a host: `example.com` for `a.b.example.com`.
 *
 * @param p     the pool of the result
 * @param host  a host name in lower case
 * @return the domain; NULL if the host is a public suffix itself, or if its top-level
 *         label is not in the list
 */
const char *cors_suffix_registrable(apr_pool_t *p, const char *host);

/**
 * Convert a host name to the form in which browsers send it.
 *
 * @param p     the pool of the result
 * @param host  a host name in UTF-8, in any case
 * @return its A-label form in lower case; NULL if it cannot be converted
 *
 * URL, "domain to ASCII" (#concept-domain-to-ascii); UTS 46
 */
const char *cors_suffix_punycode(apr_pool_t *p, cors_slice_t host);

/** @return whether every xn-- label of a host name can be decoded
 *
 * RFC 3492; UTS 46, "Processing"
 */
bool cors_suffix_punycode_valid(apr_pool_t *p, cors_slice_t host);

#endif /* CORS_SUFFIX_H */
