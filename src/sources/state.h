/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file state.h
 * @brief The sources of a configuration, and the files that their lists are kept in
 */

#ifndef CORS_SOURCES_STATE_H
#define CORS_SOURCES_STATE_H

#include "sources/source.h"

/** @return the sources of a configuration: cors_list_source_t */
apr_array_header_t *cors_list_sources(apr_pool_t *pconf);

/** @return the source that has a file; NULL: there is none */
const cors_list_source_t *cors_state_owner(apr_pool_t *pconf, const char *path);

/**
 * Set the path of a source's file, and the name under which new lists are written.
 *
 * @param state  the option of the directive; NULL: the default
 */
void cors_state_name(apr_pool_t *p, cors_list_source_t *source,
                     const char *state);

/**
 * Create the directory of the lists that have no other one, below DefaultRuntimeDir. It
 * belongs to the user that the children run as. An error is logged.
 */
void cors_state_make_directory(apr_pool_t *p, server_rec *server);

#endif /* CORS_SOURCES_STATE_H */
