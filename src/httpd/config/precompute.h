/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file precompute.h
 * @brief Policies that are computed before requests need them
 */

#ifndef CORS_CONFIG_PRECOMPUTE_H
#define CORS_CONFIG_PRECOMPUTE_H

#include "httpd/httpd.h"

/**
 * child_init hook: prepare for keeping what requests merge, if there is a directive of
 * this module.
 */
void cors_hook_child_init(apr_pool_t *child, server_rec *server);

/** httpd's merge_dir_config */
void *cors_merge_dir_configs(apr_pool_t *p, void *outer, void *inner);

/**
 * Precompute merged sections and their policies, once the configuration is final, so
 * that requests to which a single section applies need not.
 */
void cors_precompute(apr_pool_t *p, server_rec *server);

#endif /* CORS_CONFIG_PRECOMPUTE_H */
