/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file late.h
 * @brief Find the section of a request that ended early
 */

#ifndef CORS_REQUEST_LATE_H
#define CORS_REQUEST_LATE_H

#include "httpd/httpd.h"

/**
 * If the request ended before httpd looked for sections, make the section of its URL the
 * one that grants. Does nothing if a section is known already, or if the URL is not.
 *
 * @param r  any request_rec of the chain
 */
void cors_chain_locate(request_rec *r);

#endif /* CORS_REQUEST_LATE_H */
