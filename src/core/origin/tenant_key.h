/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file tenant_key.h
 * @brief What an expression that gives the tenant of a request reads
 */

#ifndef CORS_TENANT_KEY_H
#define CORS_TENANT_KEY_H

#include <apr_pools.h>

#include "core/base/list.h"

/**
 * @param expression  a string expression of httpd, such as "%{HTTP:X-Tenant}"
 * @return the names of the request headers that it reads, for Vary, separated by ", ";
 *   NULL: none. Host is not one of them: it is part of the URL
 */
const char *cors_tenant_key_headers(apr_pool_t *p, const char *expression);

/**
 * @return what the expression reads and no browser sends with a preflight, such as
 *   "Authorization"; NULL: nothing is known to be missing. A header that a proxy may add
 *   is not reported.
 */
const char *cors_tenant_key_unsent(apr_pool_t *p, const char *expression);

/** @return whether the expression reads a variable, such as SERVER_NAME */
bool cors_tenant_key_reads(const char *expression, const char *variable);

/**
 * @param server_name  the value of SERVER_NAME
 * @return what an expression gives that reads nothing else; NULL: it reads something else
 */
const char *cors_tenant_key_value(apr_pool_t *p, const char *expression,
                                  const char *server_name);

#endif /* CORS_TENANT_KEY_H */
