/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file methods.h
 * @brief The names of the methods that a section treats alike
 */

#ifndef CORS_STATUS_METHODS_H
#define CORS_STATUS_METHODS_H

#include "core/policy/section.h"
#include "httpd/httpd.h"

/** @return whether any request can have one of the methods */
bool cors_methods_real(apr_pool_t *p, cors_methods_t methods);

/** @return the names of the methods of a group, an array of const char * */
apr_array_header_t *cors_methods_names(apr_pool_t *p, cors_methods_t methods);

/** @return the names of the methods of a group, for text output */
const char *cors_methods_text(apr_pool_t *p, cors_methods_t methods);

#endif /* CORS_STATUS_METHODS_H */
