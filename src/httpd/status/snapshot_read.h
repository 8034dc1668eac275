/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file snapshot_read.h
 * @brief Read a snapshot from a dump of DUMP_CORS_JSON
 */

#ifndef CORS_STATUS_SNAPSHOT_READ_H
#define CORS_STATUS_SNAPSHOT_READ_H

#include <apr_pools.h>

#include "core/base/problem.h"
#include "core/diagnose/compare.h"

/** A longer dump is refused, in bytes. */
#define CORS_DUMP_MAX ((apr_size_t)1024 * 1024 * 1024)

/**
 * Read the text of a dump.
 *
 * @param p       the pool of the result
 * @param text    the whole text, any bytes
 * @param detail  set to what is wrong with it
 * @param problem set to CORS_OK or the problem of the dump
 * @return the snapshot; NULL: it has a problem
 */
cors_snapshot_t *cors_snapshot_read(apr_pool_t *p, cors_slice_t text,
                                    cors_problem_e *problem,
                                    const char **detail);

#endif /* CORS_STATUS_SNAPSHOT_READ_H */
