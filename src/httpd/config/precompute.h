/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file precompute.h
 * @brief Policies that are computed before requests need them
 */

#ifndef CORS_CONFIG_PRECOMPUTE_H
#define CORS_CONFIG_PRECOMPUTE_H

#include "httpd/httpd.h"

/**
 * Precompute merged sections and their policies, once the configuration is final, so
 * that requests to which a single section applies need not.
 */
void cors_precompute(apr_pool_t *p, server_rec *server);

#endif /* CORS_CONFIG_PRECOMPUTE_H */
