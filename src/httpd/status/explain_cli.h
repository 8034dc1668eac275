/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file explain_cli.h
 * @brief Explain a request on the command line
 */

#ifndef CORS_STATUS_EXPLAIN_CLI_H
#define CORS_STATUS_EXPLAIN_CLI_H

#include "httpd/httpd.h"

/**
 * httpd -t -D EXPLAIN_CORS: explain the request in the environment variable
 * CORS_EXPLAIN.
 */
void cors_explain_cli(apr_pool_t *p, server_rec *server);

#endif /* CORS_STATUS_EXPLAIN_CLI_H */
