/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file list_options.h
 * @brief What the options of CorsOriginSource say about a list
 */

#ifndef CORS_SHARED_LIST_OPTIONS_H
#define CORS_SHARED_LIST_OPTIONS_H

#include "httpd/httpd.h"

/** How a list is read and when it may be used. All zero: as CorsAllowOriginsFile does. */
typedef struct {
    /* a list that is older allows no origin, in microseconds; 0: its age does not matter */
    apr_interval_time_t max_stale;
    /* a file with more lines is refused; 0: no limit */
    apr_size_t max_rows;
    /* lines with an error are skipped, unless they may be exclusions */
    bool skip_bad_rows;
    /* a list without entries does not replace one that has entries */
    bool hold_empty;
} cors_list_options_t;

#endif /* CORS_SHARED_LIST_OPTIONS_H */
