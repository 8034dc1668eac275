/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file check.h
 * @brief The checks of a configuration
 */

#ifndef CORS_CONFIG_CHECK_H
#define CORS_CONFIG_CHECK_H

#include "httpd/config/findings.h"
#include "httpd/httpd.h"

/**
 * check_config hook: refuse a configuration in which sections contradict each other.
 * httpd -t and the first reading of a start report warnings too.
 */
int cors_check_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                      server_rec *server);

/**
 * @return whether this is httpd -t, or the first of the two readings when a server
 *   starts; both only test the configuration
 */
bool cors_is_first_reading(void);

/**
 * Report the warnings about all sections.
 *
 * @param sections  const cors_config_section_t *
 */
void cors_check_warn(cors_reporter_t *reporter,
                     const apr_array_header_t *sections);

#endif /* CORS_CONFIG_CHECK_H */
