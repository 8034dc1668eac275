/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Keeps the merges that requests make, so that each combination of sections is merged and
 * resolved once in a child and not once in a request. It is a separate file because it is
 * the only place where threads share what they write. Start-up cannot do the same: the
 * number of combinations is not limited by that of the sections.
 *
 * The trick: nothing is ever removed, so a reader needs no lock. A pair is written
 * completely before its pointer is stored, and the pointer then stays. A writer takes a
 * lock if it is free; if not, it merges for its own request only. The size is limited,
 * because a client chooses the URL and with it the sections. Sections of .htaccess files
 * are never kept, because they end with their request.
 */

#include "core/policy/pair_cache.h"

#include <apr_allocator.h>

#include "core/base/compiler.h"
#include "core/base/ordered.h"
#include "core/policy/policy.h"

/* A power of 2. Each pair has one policy or more, so at least half of the slots stay
 * free and every search ends. */
#define SLOTS (2 * CORS_PAIR_CACHE_POLICIES)

struct cors_pair_cache_t {
    const cors_section_t *slots[SLOTS]; /* atomic; NULL: free */
    char lock;                          /* atomic; of the members below */
    apr_pool_t *p;
    int left; /* policies that can be added */
};

cors_pair_cache_t *cors_pair_cache_make(apr_pool_t *p)
{
    cors_pair_cache_t *cache = apr_pcalloc(p, sizeof(*cache));
    apr_allocator_t *allocator;

    /* The pool has an allocator of its own: that of p may be in use by another
     * thread. */
    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    if (apr_pool_create_ex(&cache->p, p, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, cache->p);
    cache->left = CORS_PAIR_CACHE_POLICIES;
    CORS_IS_ATOMIC(cache->slots);
    CORS_IS_ATOMIC(cache->lock);
    return cache;
}

/* Returns the slot of a pair, or the free slot for it, and what it holds. */
static inline const cors_section_t **find_slot(cors_pair_cache_t *cache,
                                               const cors_section_t *outer,
                                               const cors_section_t *inner,
                                               const cors_section_t **found)
{
    const apr_uint64_t odd = 0x9e3779b97f4a7c15u;
    apr_uint64_t hash =
        ((apr_uintptr_t)outer * odd + (apr_uintptr_t)inner) * odd;
    unsigned i = (unsigned)(hash >> 40);

    for (;; i++) {
        const cors_section_t **slot = &cache->slots[i & (SLOTS - 1)];

        *found = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
        CORS_ORDERED_AFTER(slot);
        if (!*found || cors_section_is_pair_of(*found, outer, inner)) {
            return slot;
        }
    }
}

/* Add a pair, unless another thread has just added it or the cache is full. The caller
 * has the lock. Returns NULL for a full cache. */
static const cors_section_t *add_pair(cors_pair_cache_t *cache,
                                      const cors_section_t *outer,
                                      const cors_section_t *inner)
{
    const cors_section_t *found;
    const cors_section_t **slot = find_slot(cache, outer, inner, &found);
    cors_section_t *pair;

    if (found || cache->left <= 0) {
        return found;
    }
    pair = cors_section_join(cache->p, outer, inner);
    cache->left -= cors_policy_precompute(cache->p, pair);
    cors_section_keep(pair);
    CORS_ORDERED_BEFORE(slot);
    __atomic_store_n(slot, pair, __ATOMIC_RELEASE);
    return pair;
}

/* Returns the pair; NULL if the cache is full or in use by another writer. */
CORS_SLOW static const cors_section_t *try_to_add(cors_pair_cache_t *cache,
                                                  const cors_section_t *outer,
                                                  const cors_section_t *inner)
{
    const cors_section_t *pair;

    if (__atomic_test_and_set(&cache->lock, __ATOMIC_ACQUIRE)) {
        return NULL;
    }
    CORS_ORDERED_AFTER(&cache->lock);
    pair = add_pair(cache, outer, inner);
    CORS_ORDERED_BEFORE(&cache->lock);
    __atomic_clear(&cache->lock, __ATOMIC_RELEASE);
    return pair;
}

const cors_section_t *cors_pair_cache_merge(cors_pair_cache_t *cache,
                                            apr_pool_t *p,
                                            const cors_section_t *outer,
                                            const cors_section_t *inner)
{
    const cors_section_t *pair = cors_section_merged(outer, inner);

    if (pair) {
        return pair;
    }
    if (cache && cors_section_lasts(outer) && cors_section_lasts(inner)) {
        find_slot(cache, outer, inner, &pair);
        if (!pair) {
            pair = try_to_add(cache, outer, inner);
        }
        if (pair) {
            return pair;
        }
    }
    return cors_section_join(p, outer, inner);
}
