/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_source.h
 * @brief Whatever lists origins: a set, a file; one question, one answer
 */

#ifndef CORS_ORIGIN_SOURCE_H
#define CORS_ORIGIN_SOURCE_H

#include "cors/origin_table.h"

/**
 * What a source says of an origin. Asked by many threads at once; never waits,
 * never fails. A source that has no list yet says so, CORS_ORIGIN_NOT_LOADED: as it
 * might exclude what another source lists, nothing is allowed until it has one.
 *
 * @param self    the source's own
 * @param origin  a parsed origin, not null
 */
typedef cors_listing_e (*cors_origin_lookup_fn)(const void *self,
                                                const cors_origin_t *origin);

/** A source of origins; what self points at lives as long as this. */
typedef struct {
    cors_origin_lookup_fn lookup;
    const void *self;
} cors_origin_source_t;

/** @return what a source says of an origin that is not null */
static inline cors_listing_e
cors_origin_source_lookup(const cors_origin_source_t *source,
                          const cors_origin_t *origin)
{
    return source->lookup(source->self, origin);
}

#endif /* CORS_ORIGIN_SOURCE_H */
