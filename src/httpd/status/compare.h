/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file compare.h
 * @brief Compare the configuration with a dump of another one: CorsCompare
 */

#ifndef CORS_STATUS_COMPARE_H
#define CORS_STATUS_COMPARE_H

#include "httpd/httpd.h"

/** The exit statuses of httpd -t with CorsCompare; 1 is that of an error. */
#define CORS_COMPARE_WIDER 3
#define CORS_COMPARE_UNDECIDED 4

/** CorsCompare FILE: read the dump to compare with. */
const char *cors_set_compare(cmd_parms *cmd, void *section, const char *args);

/**
 * test_config hook: print what the configuration allows differently, the worst first. If
 * something more is allowed, exit with CORS_COMPARE_WIDER; otherwise, if something is
 * undecided, with CORS_COMPARE_UNDECIDED.
 */
void cors_compare_cli(apr_pool_t *p, server_rec *server);

#endif /* CORS_STATUS_COMPARE_H */
