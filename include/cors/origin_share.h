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
