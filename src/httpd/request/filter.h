/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file filter.h
 * @brief The output filter, which writes the headers
 */

#ifndef CORS_REQUEST_FILTER_H
#define CORS_REQUEST_FILTER_H

#include "httpd/httpd.h"

/** Register the output filters. Must be called before any hook runs. */
void cors_register_filter(void);

/** insert_filter hook: add the filter to a response. */
void cors_hook_insert_filter(request_rec *r);

/** insert_error_filter hook: likewise, also if the request ended before any other hook. */
void cors_hook_insert_error_filter(request_rec *r);

#endif /* CORS_REQUEST_FILTER_H */
