/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Evaluates the expression of CorsAllowOriginsFrom that gives the tenant of a request.
 *
 * It is its own file because nothing else in a decision is an expression. It does not
 * judge the result: every byte of it may come from the client, and a name that no line of
 * the list has lists no origin. A list is looked up several times for some requests (the
 * requested URL, the served resource, CorsProtect), and headers and variables change in
 * between, so the first result is used for all of them.
 */

#include "httpd/request/tenant.h"

#include <ap_expr.h>

#include "core/base/compiler.h"
#include "httpd/request/client_request.h"

/* A result that is used again. A request has one, or very few. */
typedef struct cors_tenant_found_t {
    const struct cors_tenant_found_t *next;
    const cors_tenant_key_t *key;
    cors_slice_t tenant;
} found_t;

CORS_SLOW cors_slice_t cors_tenant_of(void *context,
                                      const cors_tenant_key_t *key)
{
    cors_noted_t *noted = context;
    const char *error = NULL;
    const found_t *found;
    const char *text;
    found_t *added;

    for (found = noted->tenants_found; found; found = found->next) {
        if (found->key == key) {
            return found->tenant;
        }
    }
    text = ap_expr_str_exec(noted->r, key->compiled, &error);
    added = apr_palloc(noted->r->pool, sizeof(*added));
    added->next = noted->tenants_found;
    added->key = key;
    added->tenant = cors_slice(error ? NULL : text);
    noted->tenants_found = added;
    return added->tenant;
}
