/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file reload.h
 * @brief Reload list files while the server runs
 */

#ifndef CORS_SHARED_RELOAD_H
#define CORS_SHARED_RELOAD_H

#include "httpd/httpd.h"

/** Let mod_watchdog check the files, in one child at a time. */
void cors_watch_origins_files(apr_pool_t *pconf, server_rec *server);

#endif /* CORS_SHARED_RELOAD_H */
