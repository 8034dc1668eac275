/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file stats.h
 * @brief The counters in shared memory
 */

#ifndef CORS_SHARED_STATS_H
#define CORS_SHARED_STATS_H

#include "core/diagnose/stats.h"
#include "httpd/httpd.h"

/**
 * Find the counters of an earlier generation, or create them.
 *
 * @param page  whether a page shows refusals; if not, none are recorded
 */
void cors_count_open(server_rec *server, bool page);

/** @return the counters; NULL: there is no shared memory */
cors_counters_t *cors_count_all(void);

/** @return whether refusals are recorded, because a page shows them */
bool cors_count_records_refusals(void);

#endif /* CORS_SHARED_STATS_H */
