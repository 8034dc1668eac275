/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file snapshot.h
 * @brief The policies of the configuration in the form that CorsCompare compares
 */

#ifndef CORS_STATUS_SNAPSHOT_H
#define CORS_STATUS_SNAPSHOT_H

#include "core/base/json.h"
#include "core/diagnose/compare.h"
#include "httpd/httpd.h"

/**
 * Collect the policies of all sections.
 *
 * @param p       the pool of the result
 * @param server  the base server
 * @param files   whether the lines of all files of origins are read as well
 */
cors_snapshot_t *cors_snapshot_make(apr_pool_t *p, server_rec *server,
                                    bool files);

/** Write a snapshot as the member "snapshot" of a JSON object. */
void cors_snapshot_write(apr_pool_t *p, const cors_snapshot_t *snapshot,
                         cors_json_t *json);

#endif /* CORS_STATUS_SNAPSHOT_H */
