/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file fetch.h
 * @brief The Fetch Standard's own lists of methods and header names
 */

#ifndef CORS_FETCH_H
#define CORS_FETCH_H

#include "cors/list.h"

/** @return whether browsers refuse to send the method
 *
 * Fetch, "forbidden method" (#forbidden-method)
 */
bool cors_fetch_forbidden_method(cors_slice_t method);

/** @return whether browsers send the method without asking the server's list
 *
 * Fetch, "CORS-safelisted method" (#cors-safelisted-method)
 */
bool cors_fetch_safelisted_method(cors_slice_t method);

/**
 * The way a method that is well known is written.
 *
 * @return the capital form, static, when @a method is a well-known method in
 *         whatever case; otherwise NULL
 *
 * Fetch, "normalize" (#concept-method-normalize), and the registered methods
 * which people write small as well
 */
const char *cors_fetch_well_known_method(cors_slice_t method);

/** @return whether a script cannot set the request header of this name
 *
 * Fetch, "forbidden request-header" (#forbidden-request-header)
 */
bool cors_fetch_forbidden_request_header(cors_slice_t name);

/** @return whether a script never sees the response header of this name
 *
 * Fetch, "forbidden response-header name" (#forbidden-response-header-name)
 */
bool cors_fetch_forbidden_response_header(cors_slice_t name);

/** @return whether a script sees the response header without being told of it
 *
 * Fetch, "CORS-safelisted response-header name"
 * (#cors-safelisted-response-header-name)
 */
bool cors_fetch_safelisted_response_header(cors_slice_t name);

/** @return whether a wildcard does not stand for the request header
 *
 * Fetch, "CORS non-wildcard request-header name"
 * (#cors-non-wildcard-request-header-name)
 */
bool cors_fetch_non_wildcard_header(cors_slice_t name);

/** @return whether the name is one that only responses bear (RFC 9110, Fetch) */
bool cors_fetch_response_only_header(cors_slice_t name);

/** @return whether the name is one that only requests bear (RFC 9110, Fetch) */
bool cors_fetch_request_only_header(cors_slice_t name);

/** @return the port that goes without saying for a scheme; 0: none
 *
 * URL, "default port" (#default-port)
 */
unsigned cors_fetch_default_port(cors_slice_t scheme);

#endif /* CORS_FETCH_H */
