/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file self_requests.h
 * @brief Recognise requests that the server sends to itself
 */

#ifndef CORS_STATUS_SELF_REQUESTS_H
#define CORS_STATUS_SELF_REQUESTS_H

#include "httpd/httpd.h"

/**
 * Start to record the connections that this server makes to itself. Called once for
 * each reading of the configuration.
 */
void cors_self_requests_open(server_rec *server);

/**
 * pre_connection hook: called for each new connection, including those of mod_proxy.
 */
int cors_hook_pre_connection(conn_rec *c, void *socket);

/** @return whether a request was sent by a proxy of this server */
bool cors_is_self_request(const request_rec *r);

#endif /* CORS_STATUS_SELF_REQUESTS_H */
