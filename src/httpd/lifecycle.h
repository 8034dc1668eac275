/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file lifecycle.h
 * @brief Start what requests need, once the configuration has been read
 */

#ifndef CORS_LIFECYCLE_H
#define CORS_LIFECYCLE_H

#include "httpd/httpd.h"

/**
 * post_config hook: start what requests need, and write the warnings to the error log,
 * which is open by now.
 */
int cors_post_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                     server_rec *server);

#endif /* CORS_LIFECYCLE_H */
