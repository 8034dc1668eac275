/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file explain_cli.h
 * @brief Explain a request on the command line
 */

#ifndef CORS_STATUS_EXPLAIN_CLI_H
#define CORS_STATUS_EXPLAIN_CLI_H

#include "httpd/httpd.h"

/** CorsExplain METHOD URL from ORIGIN: store a request to explain. */
const char *cors_set_explain(cmd_parms *cmd, void *section, const char *args);

/** httpd -t: print the explanations of all CorsExplain. */
void cors_explain_cli(apr_pool_t *p, server_rec *server);

#endif /* CORS_STATUS_EXPLAIN_CLI_H */
