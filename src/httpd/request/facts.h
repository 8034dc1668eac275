/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file facts.h
 * @brief A request as the core sees it
 */

#ifndef CORS_REQUEST_FACTS_H
#define CORS_REQUEST_FACTS_H

#include "core/policy/decide.h"
#include "httpd/httpd.h"
#include "httpd/request/client_request.h"

/**
 * Fill in the facts that the core decides by.
 *
 * @param noted  what the client sent
 * @param facts  filled; borrows from the request. The target origin is read through a
 *   callback.
 */
void cors_facts(cors_noted_t *noted, cors_facts_t *facts);

/** @return whether the client asks for a WebSocket */
bool cors_noted_websocket(const cors_noted_t *noted);

/** @return whether the client requested a host of this server */
bool cors_noted_known_host(const cors_noted_t *noted);

/**
 * Look up the origins of this server.
 *
 * @param origin  the origin to compare with
 * @param target  filled, except for fetch_site
 */
void cors_noted_target(const cors_noted_t *noted, const cors_origin_t *origin,
                       cors_target_t *target);

/**
 * @return httpd's number of the method that selects the policy: the announced method of
 *   a preflight, else the request's own
 */
int cors_method_number(int method, const cors_facts_t *facts);

#endif /* CORS_REQUEST_FACTS_H */
