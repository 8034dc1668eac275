/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file suffix.h
 * @brief Public suffixes and punycode; the only door to libpsl and libidn2
 */

#ifndef CORS_SUFFIX_H
#define CORS_SUFFIX_H

#include <apr_pools.h>

#include "cors/list.h"

/**
 * Whether anybody can register a name right under this domain: `com`,
 * `co.uk`, and the private section's `github.io` too. A last label that the list
 * does not know is a public suffix, by the list's default rule; localhost is not.
 *
 * @param p     scratch
 * @param host  a checked host name in small letters
 */
bool cors_suffix_is_public(apr_pool_t *p, cors_slice_t host);

/** @return whether a public suffix is in the list's private section: a provider's,
 *          under which its customers have names, such as github.io */
bool cors_suffix_is_private(apr_pool_t *p, cors_slice_t host);

/**
 * The public suffixes that lie below a domain, in the list that the module was
 * built with: `s3.amazonaws.com` below `amazonaws.com`.
 *
 * @param p       where the result may be put
 * @param domain  a host name in lower case, without a final dot
 * @param number  0 for the first; moves on
 * @return a public suffix, which may start with `*.`; NULL: there is no other one.
 *         Domains that are public suffixes themselves need not have any
 */
const char *cors_suffix_below(apr_pool_t *p, const char *domain, int *number);

/** @return whether names below a domain belong to others: it is a public suffix, or
 *          one lies below it */
bool cors_suffix_is_shared(apr_pool_t *p, cors_slice_t host);

/** @return a name below one of the suffixes of cors_suffix_below(), which anybody
 *          could have; NULL: there is none */
const char *cors_suffix_stranger(apr_pool_t *p, cors_slice_t domain);

/**
 * The domain that somebody has registered to have a name below it: `example.com`
 * of `a.b.example.com`.
 *
 * @param p     where the result is put
 * @param host  a host name in small letters
 * @return the domain; NULL: it is a public suffix itself, or below none that
 *         the list knows
 */
const char *cors_suffix_registrable(apr_pool_t *p, const char *host);

/**
 * The form in which browsers send a host name.
 *
 * @param p     where the result is put
 * @param host  a host name in UTF-8, in any case
 * @return its A-label form in small letters; NULL when it has none
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
