/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file explain_url.h
 * @brief What the URL and the method of a request to explain refer to
 */

#ifndef CORS_STATUS_EXPLAIN_URL_H
#define CORS_STATUS_EXPLAIN_URL_H

#include <apr_uri.h>

#include "core/diagnose/explain.h"
#include "core/policy/section.h"
#include "httpd/httpd.h"

/**
 * @return a URL's host as in browsers and in Host: in lower case, and an IPv6 address
 *   in brackets, which APR has removed
 */
const char *cors_uri_host(apr_pool_t *p, const apr_uri_t *uri);

/** @return a host name without the dot at its end, as httpd uses it to select the virtual
 *   host, and for SERVER_NAME */
char *cors_host_without_dot(apr_pool_t *p, const char *name);

/**
 * Parse the URL of a request to explain.
 *
 * @param uri       filled; its scheme in lower case
 * @param fetch  all zero before; the target origin, if the URL has one, and whether
 *   it is a handshake are set
 * @return false if it is not a URL
 */
bool cors_explain_url(apr_pool_t *p, const char *url, apr_uri_t *uri,
                      cors_fetch_request_t *fetch);

/**
 * Find the virtual host of a URL. Name and port decide, as in httpd. If no virtual host
 * of the name has the port, the name alone decides, because TLS may end in front of
 * httpd, unless the URL names a port that a virtual host has; a host whose ServerName
 * has the scheme of the URL is preferred. If none has the
 * name, it is the first one for the port.
 *
 * @param p            the pool of the note
 * @param main_server  the base server
 * @param uri          with a scheme and a host, in lower case
 * @param note         set to a sentence on how the host was found, or why it was not;
 *   NULL: its name and port are those of the URL
 * @return NULL if no virtual host has the name or the port and there are several
 */
server_rec *cors_server_for(apr_pool_t *p, server_rec *main_server,
                            const apr_uri_t *uri, const char **note);

/**
 * @param server    the virtual host of the URL
 * @param hostname  of the URL, in lower case, and without brackets
 * @return httpd's SERVER_NAME for a request to the URL; NULL: it depends on a section or on
 *   DNS
 */
const char *cors_url_server_name(apr_pool_t *p, const server_rec *server,
                                 const char *hostname);

/**
 * @param method  as passed to fetch()
 * @return the bit of the method that a browser sends, as \<Limit> numbers it; all
 *   unknown methods have the same bit
 */
cors_methods_t cors_script_methods(apr_pool_t *p, const char *method);

#endif /* CORS_STATUS_EXPLAIN_URL_H */
