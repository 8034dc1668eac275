/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_table.h
 * @brief Origins and patterns in one hash table that can be copied as a block
 */

#ifndef CORS_ORIGIN_TABLE_H
#define CORS_ORIGIN_TABLE_H

#include <apr_pools.h>

#include "cors/origin.h"
#include "cors/pattern.h"

/** What a list says of one origin. */
typedef enum {
    CORS_ORIGIN_UNLISTED, /* nothing: another list may */
    CORS_ORIGIN_LISTED,
    CORS_ORIGIN_EXCLUDED,  /* it is never allowed, whatever lists it */
    CORS_ORIGIN_NOT_LOADED /* a source has no list yet, so none is allowed */
} cors_listing_e;

/** A table that grows while it is built and is only read afterwards. */
typedef struct cors_origin_table_t cors_origin_table_t;

/**
 * Make an empty table.
 *
 * Its hash has keys that nobody outside the process knows, drawn once per pool,
 * so that no list of names can be made that falls into one place.
 *
 * @param p       what the table and its copies of words come from
 * @param count   how many patterns there will be, or 0: it grows
 * @param length  how many bytes they have together, or 0: it grows
 */
cors_origin_table_t *cors_origin_table_make(apr_pool_t *p, apr_size_t count,
                                            apr_size_t length);

/**
 * Add a pattern, CORS_PATTERN_ORIGIN; one that is there already counts once.
 *
 * @param exclude  whether what it matches is excluded
 * @return whether there was room: a table holds less than 4 GB
 */
bool cors_origin_table_add(cors_origin_table_t *table,
                           const cors_pattern_t *pattern, bool exclude);

/**
 * What the table says of an origin that is not null. Never allocates.
 *
 * One look-up for the origin itself and one without its port; where there are
 * wildcards, two for each parent domain that has as many labels as one of them.
 */
cors_listing_e cors_origin_table_lookup(const cors_origin_table_t *table,
                                        const cors_origin_t *origin);

/** @return how many different patterns are listed, and how many excluded */
apr_size_t cors_origin_table_listed(const cors_origin_table_t *table);
apr_size_t cors_origin_table_excluded(const cors_origin_table_t *table);

/** @return the bytes of the table as a block, or as a block could have */
apr_size_t cors_origin_table_size(const cors_origin_table_t *table);

/**
 * Copy a table into a block that has no pointers, so that it can lie in shared
 * memory and at another address in every process.
 *
 * @param block  cors_origin_table_size() bytes, aligned for any type
 */
void cors_origin_table_save(const cors_origin_table_t *table, void *block);

/**
 * The bytes that a block says it has, checked against the bytes there are; any bytes
 * may stand there.
 *
 * @return 0 when they are not a block of @a size bytes or less
 */
apr_size_t cors_origin_block_size(const void *block, apr_size_t size);

/**
 * The same as cors_origin_table_lookup() for a block.
 *
 * A block that is being overwritten meanwhile gives any answer but never leads
 * out of @a size bytes.
 */
cors_listing_e cors_origin_block_lookup(const void *block, apr_size_t size,
                                        const cors_origin_t *origin);

#endif /* CORS_ORIGIN_TABLE_H */
