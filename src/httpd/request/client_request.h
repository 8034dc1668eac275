/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file client_request.h
 * @brief A request as the client sent it
 */

#ifndef CORS_REQUEST_CLIENT_REQUEST_H
#define CORS_REQUEST_CLIENT_REQUEST_H

#include "core/base/field.h"
#include "core/origin/origin.h"
#include "httpd/httpd.h"

#define CORS_FIELDS_ALL ((1u << CORS_FIELD_COUNT) - 1)

/** A request as the client sent it. */
typedef struct {
    request_rec *r;          /* as it is now */
    int method;              /* httpd's method number */
    const char *method_text; /* as it was sent */
    /* it can change something, and a CorsProtect may apply to it */
    bool forgeable;
    bool body;                           /* whether it announces a body */
    const char *field[CORS_FIELD_COUNT]; /* NULL: not sent, or not noted */
    cors_tenants_t tenants; /* of this request; cors_note() leaves it */
    /* the tenants that were evaluated; NULL: none */
    const struct cors_tenant_found_t *tenants_found;
} cors_noted_t;

/**
 * Determine which fields the directives of each server read: none if there is no
 * directive and no .htaccess file can have one. Must be called before cors_precompute().
 */
void cors_determine_fields(apr_pool_t *p, server_rec *server);

/**
 * Note a request.
 *
 * @param r       the request, not changed yet by any module
 * @param fields  a bit mask of the fields that will be read
 * @param noted   all zero before; filled; borrows from the request
 */
void cors_note(request_rec *r, unsigned fields, cors_noted_t *noted);

#endif /* CORS_REQUEST_CLIENT_REQUEST_H */
