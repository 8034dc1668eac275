/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file dump.h
 * @brief Print all policies
 */

#ifndef CORS_STATUS_DUMP_H
#define CORS_STATUS_DUMP_H

#include "core/base/json.h"
#include "httpd/httpd.h"

/** httpd -t with -D DUMP_CORS or -D DUMP_CORS_JSON: print all policies. */
void cors_dump(apr_pool_t *p, server_rec *server);

/** Write all policies as members of a JSON object. */
void cors_dump_json(apr_pool_t *p, server_rec *server, cors_json_t *json);

#endif /* CORS_STATUS_DUMP_H */
