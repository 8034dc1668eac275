/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file check_modules.h
 * @brief Warn about other modules' directives
 */

#ifndef CORS_CONFIG_CHECK_MODULES_H
#define CORS_CONFIG_CHECK_MODULES_H

#include "httpd/config/findings.h"
#include "httpd/httpd.h"

/** Report directives of other modules that affect the policies. */
void cors_check_modules(cors_reporter_t *reporter,
                        const apr_array_header_t *sections);

#endif /* CORS_CONFIG_CHECK_MODULES_H */
