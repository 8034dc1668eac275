/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file pair_cache.h
 * @brief Merged sections and their policies, kept by a child for all its requests
 */

#ifndef CORS_PAIR_CACHE_H
#define CORS_PAIR_CACHE_H

#include <apr_pools.h>

#include "core/policy/section.h"

/** Pairs of sections with their resolved policies. Opaque. */
typedef struct cors_pair_cache_t cors_pair_cache_t;

/** The number of policies in a cache. A pair has one for each group of methods that its
 * sections treat alike, 64 at most; the last pair may exceed the number. */
#define CORS_PAIR_CACHE_POLICIES 1024

/**
 * Create an empty cache for any number of threads.
 *
 * @param p  lives as long as the cache, and not longer than the sections of the
 *           configuration
 * @return the cache; NULL if there is no memory for its own pool
 */
cors_pair_cache_t *cors_pair_cache_make(apr_pool_t *p);

/**
 * Merge two sections like cors_section_merge(). If both last (see cors_section_keep()),
 * the pair and its policies are made once and then found here. All other pairs, and
 * those that exceed the cache, belong to the request.
 *
 * May be called by several threads at a time. None of them waits.
 *
 * @param cache  NULL: the same as cors_section_merge()
 * @param p      the pool of the request
 */
const cors_section_t *cors_pair_cache_merge(cors_pair_cache_t *cache,
                                            apr_pool_t *p,
                                            const cors_section_t *outer,
                                            const cors_section_t *inner);

#endif /* CORS_PAIR_CACHE_H */
