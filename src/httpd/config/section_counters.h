/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file section_counters.h
 * @brief Assign a counter in shared memory to each section
 */

#ifndef CORS_CONFIG_SECTION_COUNTERS_H
#define CORS_CONFIG_SECTION_COUNTERS_H

#include "httpd/httpd.h"

/**
 * Assign a counter to each section, as long as there are free ones.
 *
 * @param scratch  used during the call
 * @param sections    all sections of all servers
 */
void cors_count_sections(apr_pool_t *scratch,
                         const apr_array_header_t *sections);

#endif /* CORS_CONFIG_SECTION_COUNTERS_H */
