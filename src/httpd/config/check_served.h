/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file check_served.h
 * @brief Warn about files that serve other URLs
 */

#ifndef CORS_CONFIG_CHECK_SERVED_H
#define CORS_CONFIG_CHECK_SERVED_H

#include "httpd/config/findings.h"
#include "httpd/httpd.h"

/** Report \<Files> sections that grant less than the URLs that their files serve. */
void cors_check_served(cors_reporter_t *reporter,
                       const apr_array_header_t *sections);

#endif /* CORS_CONFIG_CHECK_SERVED_H */
