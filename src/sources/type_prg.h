/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file type_prg.h
 * @brief The type prg of CorsOriginSource
 */

#ifndef CORS_SOURCES_TYPE_PRG_H
#define CORS_SOURCES_TYPE_PRG_H

#include "sources/httpd.h"

/** Register the provider of the type prg. */
void cors_register_prg(apr_pool_t *p);

#endif /* CORS_SOURCES_TYPE_PRG_H */
