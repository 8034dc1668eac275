/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file field.h
 * @brief The header fields of a request that decisions read
 */

#ifndef CORS_FIELD_H
#define CORS_FIELD_H

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

#endif /* CORS_FIELD_H */
