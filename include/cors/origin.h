/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin.h
 * @brief The bytes of an Origin header, taken apart
 */

#ifndef CORS_ORIGIN_H
#define CORS_ORIGIN_H

#include "cors/list.h"

/* The longest scheme that is looked at; browsers' own stay below 20. */
#define CORS_SCHEME_MAX 32

/* The longest host there is: 253 of a DNS name, and a final dot. */
#define CORS_HOST_MAX 255

/* The longest origin that is looked at: scheme, "://", host, ":65535". */
#define CORS_ORIGIN_MAX (CORS_SCHEME_MAX + 3 + CORS_HOST_MAX + 6)

/** An origin as the browser sent it; every slice borrows from that text. */
typedef struct {
    cors_slice_t text;   /* the whole, byte for byte */
    cors_slice_t scheme; /* small letters; absent for the opaque origin */
    cors_slice_t host;   /* IPv6 with its brackets; empty for file:// */
    unsigned port;       /* 1 to 65535; 0: none was written */
    bool null;           /* the opaque origin, sent as "null" */
} cors_origin_t;

/**
 * Take an Origin header apart.
 *
 * Accepts "null", "file://", and `scheme://host[:port]` in the form that
 * browsers serialise: no capital, blank, comma, control or non-ASCII byte, no
 * user, path, query or fragment, nothing beyond CORS_ORIGIN_MAX bytes. It is
 * lenient about what kind of host it is, since it is only ever compared.
 * Reads each byte at most once and never allocates.
 *
 * @param text    the value of the one Origin field
 * @param origin  filled when true is returned
 * @return whether it is an origin at all
 *
 * RFC 6454, 7.1; URL, "origin serialisation"; HTML,
 * "ASCII serialisation of an origin" (#ascii-serialisation-of-an-origin)
 */
bool cors_origin_parse(cors_slice_t text, cors_origin_t *origin);

/** @return whether two origins are the same, a default port as none and the
 *          host in any case
 *
 * HTML, "same origin" (#same-origin); two opaque origins are not
 */
bool cors_origin_same(const cors_origin_t *a, const cors_origin_t *b);

/** @return the number in a port's digits, or 0: no port from 1 to 65535 or one
 *          with a leading zero */
unsigned cors_port_parse(cors_slice_t digits);

#endif /* CORS_ORIGIN_H */
