/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file check_tenants.h
 * @brief Warn of tenants that another setting of httpd makes all the same
 */

#ifndef CORS_CONFIG_CHECK_TENANTS_H
#define CORS_CONFIG_CHECK_TENANTS_H

#include <apr_tables.h>

#include "httpd/config/findings.h"

/**
 * Report each CorsAllowOriginsFrom that takes the tenant from SERVER_NAME on a server
 * with UseCanonicalName On.
 *
 * @param sections  see cors_config_sections()
 */
void cors_check_tenants(cors_reporter_t *reporter,
                        const apr_array_header_t *sections);

#endif /* CORS_CONFIG_CHECK_TENANTS_H */
