/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_source.h
 * @brief The interface of a list of origins that may change at run time
 */

#ifndef CORS_ORIGIN_SOURCE_H
#define CORS_ORIGIN_SOURCE_H

#include "core/origin/origin.h"
#include "core/origin/origin_table.h"

/**
 * Look up an origin. Many threads call it at once; it never waits and never fails. A
 * source without a list yet returns CORS_ORIGIN_NOT_LOADED, and one whose list is too
 * old returns CORS_ORIGIN_STALE. No origin is then allowed, because a current list may
 * exclude what another source lists.
 *
 * @param self    the source's own data
 * @param origin  a parsed origin, not null
 * @param tenant  whose entries to search, any bytes, see cors_origin_table_lookup_for();
 *                NULL: those without a tenant
 * @return how the source lists the origin
 */
typedef cors_listing_e (*cors_origin_lookup_fn)(const void *self,
                                                const cors_origin_t *origin,
                                                const cors_slice_t *tenant);

/** A source of origins. The target of self lives as long as the source. */
typedef struct {
    cors_origin_lookup_fn lookup;
    const void *self;
} cors_origin_source_t;

/** @return how a source lists an origin that is not null */
static inline cors_listing_e
cors_origin_source_lookup(const cors_origin_source_t *source,
                          const cors_origin_t *origin,
                          const cors_slice_t *tenant)
{
    return source->lookup(source->self, origin, tenant);
}

#endif /* CORS_ORIGIN_SOURCE_H */
