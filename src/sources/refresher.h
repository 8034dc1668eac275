/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file refresher.h
 * @brief The process that keeps the files of all sources up to date
 */

#ifndef CORS_SOURCES_REFRESHER_H
#define CORS_SOURCES_REFRESHER_H

#include "sources/httpd.h"

/** post_config hook: start the refresher if there is a source. */
int cors_start_refresher(apr_pool_t *pconf, apr_pool_t *log, apr_pool_t *temp,
                         server_rec *server);

#endif /* CORS_SOURCES_REFRESHER_H */
