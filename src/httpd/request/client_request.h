/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file client_request.h
 * @brief A request as the client sent it
 */

#ifndef CORS_REQUEST_CLIENT_REQUEST_H
#define CORS_REQUEST_CLIENT_REQUEST_H

#include "core/origin/origin.h"
#include "httpd/httpd.h"

/** The header fields of a request that a decision can read. */
typedef enum {
    CORS_FIELD_ORIGIN,
    CORS_FIELD_REQUEST_METHOD,  /* Access-Control-Request-Method */
    CORS_FIELD_REQUEST_HEADERS, /* Access-Control-Request-Headers */
    CORS_FIELD_PRIVATE_NETWORK, /* Access-Control-Request-Private-Network */
    CORS_FIELD_FETCH_SITE,      /* Sec-Fetch-Site */
    CORS_FIELD_HOST,
    CORS_FIELD_UPGRADE,
    /* only of a request whose method is not safe, or for CorsProtectEmbedding: */
    CORS_FIELD_FETCH_MODE, /* Sec-Fetch-Mode */
    /* only for CorsProtectEmbedding: */
    CORS_FIELD_FETCH_DEST, /* Sec-Fetch-Dest */
    /* only of a request whose method is not safe: */
    CORS_FIELD_REFERER,
    CORS_FIELD_COOKIE,
    CORS_FIELD_AUTHORIZATION,
    CORS_FIELD_CONTENT_TYPE,
    CORS_FIELD_COUNT
} cors_field_e;

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
