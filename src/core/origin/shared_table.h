/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file shared_table.h
 * @brief A list of origins in shared memory that is replaced while processes read it
 */

#ifndef CORS_SHARED_TABLE_H
#define CORS_SHARED_TABLE_H

#include "core/origin/origin.h"
#include "core/origin/origin_table.h"

/**
 * A double buffer with a sequence number (a seqlock). One process at a time writes,
 * always to the buffer that is not in use. A new list takes effect in all processes
 * at once. Readers never wait and never block the writer; a reader that has been
 * overtaken by two exchanges retries.
 */
typedef struct cors_origin_share_t cors_origin_share_t;

/** @return the bytes of memory that a share needs for lists of up to @a list bytes
 *          each, see cors_origin_table_size() */
apr_size_t cors_origin_share_size(apr_size_t list);

/**
 * Create a share in zeroed memory.
 *
 * @param memory  page-aligned, shared by all processes that read
 * @param size    bytes of the memory, cors_origin_share_size() or more
 * @param table   the first list; must fit
 * @return the share, at the start of @a memory
 */
cors_origin_share_t *cors_origin_share_make(void *memory, apr_size_t size,
                                            const cors_origin_table_t *table);

/**
 * Shrink a share. Call it before any other process uses the share.
 *
 * @param list  the largest cors_origin_table_size() that must fit, at least that of
 *              the first list
 * @return the bytes of the share now; the memory after them may be unmapped
 */
apr_size_t cors_origin_share_trim(cors_origin_share_t *share, apr_size_t list);

/**
 * Create a share with a copy of the current list of another share.
 *
 * Other processes may replace that list at the same time. Nothing they write is
 * trusted: for any content, at most @a size bytes are read and written, and look-ups
 * in the copy stay in its @a size bytes.
 *
 * @param from    a share of @a size bytes
 * @param size    bytes of both; must not come from shared memory
 * @param memory  @a size zeroed bytes for the copy
 * @return the copy; NULL if no consistent list was found
 */
cors_origin_share_t *cors_origin_share_copy(const void *from, apr_size_t size,
                                            void *memory);

/** @return the share that was created in this memory */
cors_origin_share_t *cors_origin_share_of(void *memory);

/**
 * Replace the list. Only one thread of one process may call it at a time.
 *
 * @return false if the list does not fit; the old one then stays in effect
 */
bool cors_origin_share_publish(cors_origin_share_t *share,
                               const cors_origin_table_t *table);

/** @return how often the list has been replaced */
apr_uint32_t cors_origin_share_exchanges(const cors_origin_share_t *share);

/** Look up an origin in the current list; a cors_origin_lookup_fn. */
cors_listing_e cors_origin_share_lookup(const void *self,
                                        const cors_origin_t *origin,
                                        const cors_slice_t *tenant);

#endif /* CORS_SHARED_TABLE_H */
