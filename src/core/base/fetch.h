/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file fetch.h
 * @brief The lists of methods and header names in the Fetch Standard
 */

#ifndef CORS_FETCH_H
#define CORS_FETCH_H

#include "core/base/list.h"

/** @return whether browsers refuse to send the method
 *
 * Fetch, "forbidden method" (#forbidden-method)
 */
bool cors_fetch_forbidden_method(cors_slice_t method);

/**
 * @return whether browsers send the method even if the server does not list it
 *
 * Fetch, "CORS-safelisted method" (#cors-safelisted-method)
 */
bool cors_fetch_safelisted_method(cors_slice_t method);

/**
 * Returns the usual spelling of a well-known method.
 *
 * @return the upper-case form, static, if @a method is a well-known method in any
 *         case; otherwise NULL
 *
 * Fetch, "normalize" (#concept-method-normalize), and the registered methods that are
 * often written in lower case as well
 */
const char *cors_fetch_well_known_method(cors_slice_t method);

/**
 * @return the well-known method that @a method is probably meant to be, static: they
 *         differ in one character; NULL: none, or it is well-known itself
 */
const char *cors_fetch_near_method(cors_slice_t method);

/**
 * @return the request header that @a name is probably meant to be, static: they differ
 *         in one character, or in hyphens and underscores; NULL: none, or it is itself a
 *         header that scripts often set
 */
const char *cors_fetch_near_request_header(cors_slice_t name);

/**
 * @return whether scripts cannot set the request header of this name
 *
 * Fetch, "forbidden request-header" (#forbidden-request-header)
 */
bool cors_fetch_forbidden_request_header(cors_slice_t name);

/**
 * @return whether scripts can never read the response header of this name
 *
 * Fetch, "forbidden response-header name" (#forbidden-response-header-name)
 */
bool cors_fetch_forbidden_response_header(cors_slice_t name);

/**
 * @return whether scripts can read the response header even if it is not exposed
 *
 * Fetch, "CORS-safelisted response-header name"
 * (#cors-safelisted-response-header-name)
 */
bool cors_fetch_safelisted_response_header(cors_slice_t name);

/**
 * @return whether a wildcard does not cover the request header
 *
 * Fetch, "CORS non-wildcard request-header name"
 * (#cors-non-wildcard-request-header-name)
 */
bool cors_fetch_non_wildcard_header(cors_slice_t name);

/** @return whether only responses have a header of this name (RFC 9110, Fetch) */
bool cors_fetch_response_only_header(cors_slice_t name);

/** @return whether only requests have a header of this name (RFC 9110, Fetch) */
bool cors_fetch_request_only_header(cors_slice_t name);

/**
 * @return the default port of a scheme; 0: it has none
 *
 * URL, "default port" (#default-port)
 */
unsigned cors_fetch_default_port(cors_slice_t scheme);

/**
 * @return whether the host of an origin with this scheme is an id, which the browser or
 *   a store of extensions chooses, and not a registered name
 *
 * No standard lists these schemes; they are those that browsers and editors use.
 */
bool cors_fetch_has_ids(cors_slice_t scheme);

#endif /* CORS_FETCH_H */
