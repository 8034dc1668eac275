/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_share.h
 * @brief A list of origins in memory that several processes share, exchanged
 *        while they read it
 */

#ifndef CORS_ORIGIN_SHARE_H
#define CORS_ORIGIN_SHARE_H

#include "cors/origin_table.h"

/**
 * Two places for a list, and which of them counts. One process at a time writes,
 * always into the place that does not count; a list counts from one moment to the
 * next, in all processes at once. A reader waits for nobody and holds nobody up:
 * one that has been overtaken by two exchanges asks again.
 */
typedef struct cors_origin_share_t cors_origin_share_t;

/** @return the bytes of memory for lists of up to @a list bytes each, see
 *          cors_origin_table_size() */
apr_size_t cors_origin_share_size(apr_size_t list);

/**
 * Make a share of memory that holds zeros.
 *
 * @param memory  page-aligned, shared by all processes that read
 * @param size    cors_origin_share_size() bytes or more
 * @param table   the first list, not larger than there is room for
 */
cors_origin_share_t *cors_origin_share_make(void *memory, apr_size_t size,
                                            const cors_origin_table_t *table);

/**
 * Give back room, before any process but this one has the share.
 *
 * @param list  cors_origin_table_size() of lists that must have room, the first one
 *              among them
 * @return the bytes that the share now has; what follows them may be unmapped
 */
apr_size_t cors_origin_share_trim(cors_origin_share_t *share, apr_size_t list);

/**
 * Make a share of the list that counts in another one.
 *
 * Other processes may exchange that list meanwhile. Nothing that they have written
 * is trusted: whatever stands there, no more than @a size bytes are read or written,
 * and look-ups in the copy stay within them.
 *
 * @param from    a share of @a size bytes
 * @param size    bytes of both; the caller's own number, not one that lies in shared
 *                memory
 * @param memory  @a size bytes of zeros for the copy
 * @return NULL when no consistent list was found
 */
cors_origin_share_t *cors_origin_share_copy(const void *from, apr_size_t size,
                                            void *memory);

/** @return the share that was made of memory before */
cors_origin_share_t *cors_origin_share_of(void *memory);

/**
 * Exchange the list. Only one process, and one thread of it, at a time.
 *
 * @return false when there is no room for it; the old one then still counts
 */
bool cors_origin_share_publish(cors_origin_share_t *share,
                               const cors_origin_table_t *table);

/** @return how often the list has been exchanged */
apr_uint32_t cors_origin_share_exchanges(const cors_origin_share_t *share);

/** What the list that counts says of an origin; a cors_origin_lookup_fn. */
cors_listing_e cors_origin_share_lookup(const void *self,
                                        const cors_origin_t *origin);

#endif /* CORS_ORIGIN_SHARE_H */
