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

/**
 * Parse the URL of a request to explain.
 *
 * @param uri       filled; its scheme in lower case
 * @param question  all zero before; the target origin, if the URL has one, and whether
 *   it is a handshake are set
 * @return false if it is not a URL
 */
bool cors_question_url(apr_pool_t *p, const char *url, apr_uri_t *uri,
                       cors_question_t *question);

/**
 * Find the virtual host of a URL by its name and port.
 *
 * @param uri        with a host
 * @param otherwise  returned if no virtual host has the name; NULL: the first one of
 *   the port, as in httpd, or the base server
 */
server_rec *cors_server_for(server_rec *main_server, const apr_uri_t *uri,
                            server_rec *otherwise);

/**
 * @param method  as passed to fetch()
 * @return the bit of the method that a browser sends, as \<Limit> numbers it; all
 *   unknown methods have the same bit
 */
cors_methods_t cors_script_methods(apr_pool_t *p, const char *method);

#endif /* CORS_STATUS_EXPLAIN_URL_H */
