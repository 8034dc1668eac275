/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file provider.h
 * @brief The type prg of CorsOriginSource
 */

#ifndef CORS_SOURCES_PROVIDER_H
#define CORS_SOURCES_PROVIDER_H

#include "sources/httpd.h"

/** Register the provider of the type prg. */
void cors_register_prg(apr_pool_t *p);

/** @return the sources of a configuration: cors_program_source_t */
const apr_array_header_t *cors_program_sources(apr_pool_t *pconf);

/**
 * Create the directory of the lists that have no other one, below DefaultRuntimeDir. It
 * belongs to the user that the children run as. An error is logged.
 */
void cors_make_state_directory(apr_pool_t *p, server_rec *server);

#endif /* CORS_SOURCES_PROVIDER_H */
