/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_table.h
 * @brief A hash table of origins and patterns that can be copied as one block
 */

#ifndef CORS_ORIGIN_TABLE_H
#define CORS_ORIGIN_TABLE_H

#include <apr_pools.h>

#include "core/origin/origin.h"
#include "core/origin/pattern.h"

/** How a list lists one origin. */
typedef enum {
    CORS_ORIGIN_UNLISTED, /* not listed here; another list may list it */
    CORS_ORIGIN_LISTED,
    CORS_ORIGIN_EXCLUDED,   /* never allowed, even if another list lists it */
    CORS_ORIGIN_NOT_LOADED, /* a source has no list yet; no origin is allowed */
    CORS_ORIGIN_STALE /* the list of a source is too old; no origin is allowed */
} cors_listing_e;

/** The maximum length of a tenant's name, in bytes. */
#define CORS_TENANT_MAX 255

/** A table that grows while it is built and is read-only afterwards. */
typedef struct cors_origin_table_t cors_origin_table_t;

/**
 * Create an empty table.
 *
 * The hash keys are random and drawn once per pool. They are not known outside the
 * server, so a list cannot be crafted to make all names collide.
 *
 * @param p       the pool of the table and of its copies of the patterns
 * @param count   expected number of patterns; 0 if unknown; the table grows
 * @param length  expected bytes of all patterns; 0 if unknown; the table grows
 * @return the table
 */
cors_origin_table_t *cors_origin_table_make(apr_pool_t *p, apr_size_t count,
                                            apr_size_t length);

/**
 * Add a pattern of the kind CORS_PATTERN_ORIGIN. A repeated pattern counts once.
 *
 * @param exclude  whether the pattern is an exclusion
 * @return false if there is no room: a table holds less than 4 GB
 */
bool cors_origin_table_add(cors_origin_table_t *table,
                           const cors_pattern_t *pattern, bool exclude);

/**
 * Add a pattern for one tenant, like cors_origin_table_add(). The same pattern may be
 * added for any number of tenants. A table has at most 16,777,215 tenants.
 *
 * @param tenant  its name, any bytes, 1 to CORS_TENANT_MAX; empty or absent: none
 */
bool cors_origin_table_add_for(cors_origin_table_t *table,
                               const cors_pattern_t *pattern, bool exclude,
                               cors_slice_t tenant);

/**
 * Look up an origin that is not null among the patterns without a tenant. Never
 * allocates.
 *
 * The cost is one probe for the origin and one without its port. If the table has
 * wildcards, there are two more for each parent domain that has as many labels as the
 * domain of some wildcard.
 *
 * @return how the table lists the origin
 */
cors_listing_e cors_origin_table_lookup(const cors_origin_table_t *table,
                                        const cors_origin_t *origin);

/**
 * Look up an origin like cors_origin_table_lookup(), for one tenant.
 *
 * Only the patterns of this tenant list the origin. They exclude it, and so do the
 * exclusions without a tenant. The name is compared byte by byte. A tenant that the
 * table does not have, as an empty or too long name, has no patterns.
 *
 * @param tenant  any bytes; NULL: look up the patterns without a tenant
 */
cors_listing_e cors_origin_table_lookup_for(const cors_origin_table_t *table,
                                            const cors_origin_t *origin,
                                            const cors_slice_t *tenant);

/** A pattern that matches an origin. */
typedef struct {
    cors_slice_t
        domain;    /* of a wildcard, without "*."; absent: the whole host */
    bool any_port; /* the pattern has ":*"; else the origin's own port */
    bool any_host; /* the pattern is the scheme and "*" */
    bool listed;
    bool excluded; /* both may be set: the pattern is in the list twice */
} cors_origin_match_t;

/** Called for a pattern. @a match is valid only during the call. */
typedef void (*cors_origin_match_fn)(void *context,
                                     const cors_origin_match_t *match);

/**
 * Visit all patterns without a tenant that match an origin that is not null, by the same search as
 * cors_origin_table_lookup(): the origin itself first, then wildcards, the shortest
 * domain first; a pattern with one port before the one with any port; the pattern for
 * any host last. For explanations, not for every request.
 */
void cors_origin_table_matches(const cors_origin_table_t *table,
                               const cors_origin_t *origin,
                               cors_origin_match_fn visit, void *context);

/** @return the number of different patterns listed, and of those excluded; a pattern
 *          counts once for each tenant */
apr_size_t cors_origin_table_listed(const cors_origin_table_t *table);
apr_size_t cors_origin_table_excluded(const cors_origin_table_t *table);

/** @return the number of tenants */
apr_size_t cors_origin_table_tenants(const cors_origin_table_t *table);

/** @return the bytes of the block that cors_origin_table_save() writes */
apr_size_t cors_origin_table_size(const cors_origin_table_t *table);

/**
 * Copy a table into a block. The block has no pointers, so that it can be in shared
 * memory at a different address in each process.
 *
 * @param block  cors_origin_table_size() bytes, aligned for any type
 */
void cors_origin_table_save(const cors_origin_table_t *table, void *block);

/**
 * Compute the size of a block from its header and check it. The bytes may be
 * arbitrary.
 *
 * @param size  the bytes that can be read
 * @return the bytes of the block; 0 if it is invalid or larger than @a size
 */
apr_size_t cors_origin_block_size(const void *block, apr_size_t size);

/**
 * Look up an origin in a block, like cors_origin_table_lookup_for().
 *
 * If the block is overwritten during the call, the result is arbitrary, but no byte
 * after @a size bytes is read.
 */
cors_listing_e cors_origin_block_lookup(const void *block, apr_size_t size,
                                        const cors_origin_t *origin,
                                        const cors_slice_t *tenant);

#endif /* CORS_ORIGIN_TABLE_H */
