/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file shared_list.h
 * @brief Files that list origins, loaded into memory that all children share. Each file is read
 *   once, even if it is named twice.
 */

#ifndef CORS_SHARED_SHARED_LIST_H
#define CORS_SHARED_SHARED_LIST_H

#include "core/origin/origin_set.h"
#include "core/origin/origin_source.h"
#include "httpd/httpd.h"
#include "httpd/shared/list_options.h"

/**
 * @return a pool that returns its memory to the system when it is destroyed; NULL: no
 *   memory
 */
apr_pool_t *cors_scratch_pool(void);

/** What is known about a list file at start-up. */
typedef struct {
    const apr_array_header_t *errors; /* sentences; empty: none */
    cors_origin_notes_t notes;
} cors_origins_file_t;

/**
 * Load the list of a file into memory that all children share.
 *
 * @param pconf      the configuration's pool
 * @param directive  the name of the directive that names the file, static
 * @param path       absolute
 * @param options    how to read it; NULL: as another directive says, or all zero
 * @param info       filled
 * @return the source, or NULL if the file is invalid
 */
const cors_origin_source_t *
cors_origins_file(apr_pool_t *pconf, const char *directive, const char *path,
                  const cors_list_options_t *options,
                  cors_origins_file_t *info);

/**
 * The same for a file that a provider keeps. Its state never is an error, a symbolic link
 * is not followed, and it must be a frame.
 *
 * @return the source, or NULL if there is no memory
 */
const cors_origin_source_t *
cors_provided_file(apr_pool_t *pconf, const char *directive, const char *path,
                   const cors_list_options_t *options,
                   cors_origins_file_t *info);

/** Set how often files are checked for changes; 0: never. */
void cors_origins_file_interval(apr_pool_t *pconf,
                                apr_interval_time_t interval);

/** Refuse a wildcard on a public suffix in a file when it is reloaded. */
void cors_origins_file_forbid_suffix(apr_pool_t *pconf, const char *path);

/**
 * Retain the lists for the next reading of the configuration. If the log is open, log
 * the messages about the files.
 */
void cors_retain_origins_files(apr_pool_t *pconf, server_rec *server);

/**
 * monitor hook: check about once a second in the parent whether the children have loaded
 * newer lists than the stored copies, and remove those copies. A list from a provider gets
 * a new copy.
 */
int cors_monitor_origins_files(apr_pool_t *p, server_rec *server);

#endif /* CORS_SHARED_SHARED_LIST_H */
