/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file early.h
 * @brief Answer preflights before httpd looks for a file
 */

#ifndef CORS_REQUEST_EARLY_H
#define CORS_REQUEST_EARLY_H

#include "httpd/httpd.h"

/**
 * Determine which servers may answer preflights early. Must be called once the
 * configuration is final and each server has its cors_server_t.
 */
void cors_early_prepare(server_rec *server);

/** map_to_storage hook: answer a preflight, if its server may. */
int cors_hook_map_to_storage(request_rec *r);

#endif /* CORS_REQUEST_EARLY_H */
