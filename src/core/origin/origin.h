/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin.h
 * @brief Parse the value of an Origin header
 */

#ifndef CORS_ORIGIN_H
#define CORS_ORIGIN_H

#include <apr_time.h>

#include "core/base/list.h"

/* The longest scheme accepted, in bytes; the schemes of browsers stay below 20, and
 * custom ones of apps are their reversed domain names. */
#define CORS_SCHEME_MAX 64

/* The longest host accepted, in bytes; a DNS name has 253 and may end in a dot. */
#define CORS_HOST_MAX 255

/* The longest origin accepted, in bytes: scheme, "://", host, ":65535". */
#define CORS_ORIGIN_MAX (CORS_SCHEME_MAX + 3 + CORS_HOST_MAX + 6)

/** How a list finds the tenant of a request. */
typedef struct {
    const char *text; /* the expression as written */
    /* the request headers that it reads, for Vary; NULL: none */
    const char *headers;
    const void *compiled; /* the expression, opaque to the core */
} cors_tenant_key_t;

/**
 * Gives the tenant of a request, for a list of origins that has tenants.
 *
 * @param context  the caller's own
 * @param key      how the list finds the tenant
 * @return the name of the tenant, any bytes; empty or absent: there is none. It lives
 *         as long as the request
 */
typedef cors_slice_t (*cors_tenant_fn)(void *context,
                                       const cors_tenant_key_t *key);

/** What lists of origins may ask about a request. */
typedef struct {
    cors_tenant_fn get;
    void *context;
    /* when the request began; 0: not known */
    apr_time_t time;
} cors_tenants_t;

/** An origin as the browser sent it. Every slice borrows from that text. */
typedef struct {
    cors_slice_t text;   /* the whole origin */
    cors_slice_t scheme; /* in lower case; absent for "null" */
    cors_slice_t host;   /* IPv6 with its brackets; empty for file:// */
    unsigned port;       /* 1 to 65535; 0: not written */
    bool null;           /* the opaque origin, sent as "null" */
    /* finds the tenant of the request that has the origin; cors_origin_parse() sets
     * NULL: the request has none */
    const cors_tenants_t *tenants;
} cors_origin_t;

/**
 * Parse the value of an Origin header.
 *
 * Accepts "null", "file://", and `scheme://host[:port]` in the form that browsers
 * serialise. Rejects upper case, spaces, commas, control and non-ASCII bytes, a
 * user, a path, a query, a fragment, and more than CORS_ORIGIN_MAX bytes. The host
 * is only ever compared, so its kind is not checked. Reads each byte at most once
 * and never allocates.
 *
 * @param text    the value of the only Origin field
 * @param origin  filled if the result is true
 * @return whether the value is a well-formed origin
 *
 * RFC 6454, 7.1; URL, "origin serialisation"; HTML,
 * "ASCII serialisation of an origin" (#ascii-serialisation-of-an-origin)
 */
bool cors_origin_parse(cors_slice_t text, cors_origin_t *origin);

/** @return whether two origins are the same. The default port equals a missing one,
 *          and the case of the host does not matter. Two opaque origins are never
 *          the same.
 *
 * HTML, "same origin" (#same-origin)
 */
bool cors_origin_same(const cors_origin_t *a, const cors_origin_t *b);

#endif /* CORS_ORIGIN_H */
