/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file loop.h
 * @brief What the refresher does from its start to its end
 */

#ifndef CORS_SOURCES_LOOP_H
#define CORS_SOURCES_LOOP_H

#include <sys/types.h>

#include "sources/httpd.h"

/** The exit status of a refresher that cannot run at all. */
#define CORS_REFRESHER_CANNOT_RUN 3

/**
 * Keep all sources up to date until the parent or a signal ends this process. All signals
 * are blocked when it is called.
 *
 * @param p        the pool of the configuration
 * @param parent   the process that has started this one
 * @param sources  cors_list_source_t
 * @param groups   one for each source, in memory that the next refresher has as well
 * @return the exit status of the process
 */
int cors_refresh(apr_pool_t *p, server_rec *server, pid_t parent,
                 const apr_array_header_t *sources, volatile pid_t *groups);

#endif /* CORS_SOURCES_LOOP_H */
