/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file type_dbd.h
 * @brief The type dbd of CorsOriginSource
 */

#ifndef CORS_SOURCES_TYPE_DBD_H
#define CORS_SOURCES_TYPE_DBD_H

#include "sources/httpd.h"

/** Register the provider of the type dbd. */
void cors_register_dbd(apr_pool_t *p);

#endif /* CORS_SOURCES_TYPE_DBD_H */
