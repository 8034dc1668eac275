/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file check_reach.h
 * @brief Warn about the module's own directives
 */

#ifndef CORS_CONFIG_CHECK_REACH_H
#define CORS_CONFIG_CHECK_REACH_H

#include "httpd/config/findings.h"
#include "httpd/httpd.h"

/** Report warnings about the policies of all sections. */
void cors_warn(cors_reporter_t *reporter, const apr_array_header_t *sections);

#endif /* CORS_CONFIG_CHECK_REACH_H */
