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
 * `co.uk`, and the private section's `github.io` too. A name that the list
 * does not know is no public suffix here: an intranet's own top level belongs
 * to the intranet.
 *
 * @param p     scratch
 * @param host  a checked host name in small letters
 */
bool cors_suffix_is_public(apr_pool_t *p, cors_slice_t host);

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
