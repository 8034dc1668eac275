/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file preflight.h
 * @brief Answer a preflight in place of a handler
 */

#ifndef CORS_REQUEST_PREFLIGHT_H
#define CORS_REQUEST_PREFLIGHT_H

#include "httpd/httpd.h"
#include "httpd/request/decision.h"

/** Set the status of a response, with a status line for statuses that httpd lacks. */
void cors_set_status(request_rec *r, int status);

/**
 * @param chain  decided
 * @return whether the module answers the request itself: it is a preflight, and is not
 *   passed to a handler
 */
bool cors_preflight_is_answered(const cors_chain_t *chain);

/**
 * Answer a preflight.
 *
 * @return DONE, for httpd to end the request
 */
int cors_preflight_answer(request_rec *r, cors_chain_t *chain);

#endif /* CORS_REQUEST_PREFLIGHT_H */
