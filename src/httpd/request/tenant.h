/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file tenant.h
 * @brief The tenant of a request
 */

#ifndef CORS_REQUEST_TENANT_H
#define CORS_REQUEST_TENANT_H

#include "core/origin/origin.h"

/**
 * Evaluate the expression that gives the tenant of a request; a cors_tenant_fn.
 *
 * The result is stored with the request, so all decisions on it agree. The expression
 * sees the request_rec of the requested URL.
 *
 * @param context  a cors_noted_t
 * @param key      a const ap_expr_info_t *
 * @return the tenant; absent: the expression failed
 */
cors_slice_t cors_tenant_of(void *context, const cors_tenant_key_t *key);

#endif /* CORS_REQUEST_TENANT_H */
