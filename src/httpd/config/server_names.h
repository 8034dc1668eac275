/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file server_names.h
 * @brief The host names of a server
 */

#ifndef CORS_CONFIG_SERVER_NAMES_H
#define CORS_CONFIG_SERVER_NAMES_H

#include "httpd/httpd.h"

/**
 * @param name  without a final dot
 * @return whether a name is one of a virtual host: of its ServerName, of a ServerAlias
 *   (including wildcards), or of its \<VirtualHost> line
 */
bool cors_server_has_name(const server_rec *server, const char *name);

/**
 * @param host  in lower case, without a final dot, IPv6 without brackets, as in
 *   request_rec; NULL: none
 * @return whether a requested host belongs to a virtual host: one of its names, an
 *   address literal or a loopback name. An attacker can point any other name at this
 *   server's address (DNS rebinding).
 */
bool cors_server_has_host(const server_rec *server, const char *host);

/**
 * @return the addresses of a virtual host as configured ("*:443"); NULL: the base
 *   server
 */
const char *cors_server_address(apr_pool_t *p, const server_rec *server);

#endif /* CORS_CONFIG_SERVER_NAMES_H */
