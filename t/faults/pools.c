/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Exact pools: apr_palloc() returns a block of the heap for each call. To ASan, a pool is
 * otherwise one large block. With this file in a program, ASan detects reads and writes
 * beyond each allocation, and after the pool was cleared. New memory is filled with a
 * byte that is not 0, so code that relies on its contents fails.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>

#undef apr_palloc
#undef apr_pcalloc

#define KEY "exact pools"
#define FILLING 0xa5

/* The blocks of one pool, freed with it. */
typedef struct {
    void **blocks;
    apr_size_t count;
    apr_size_t room;
} blocks_t;

typedef void *(*palloc_t)(apr_pool_t *p, apr_size_t size);

/* The list of a pool is itself allocated in the pool. */
static __thread bool is_own;

static void *allocate_in_pool(apr_pool_t *p, apr_size_t size)
{
    static palloc_t original;

    if (!original) {
        void *found = dlsym(RTLD_NEXT, "apr_palloc");

        memcpy(&original, &found, sizeof(original));
    }
    return original(p, size);
}

static apr_status_t free_blocks(void *data)
{
    blocks_t *of = data;

    while (of->count > 0) {
        free(of->blocks[--of->count]);
    }
    free(of->blocks);
    return APR_SUCCESS;
}

/* Returns the list of a pool. Its cleanup is registered first, so it runs last. */
static blocks_t *blocks_of(apr_pool_t *p)
{
    void *found = NULL;
    blocks_t *of;

    apr_pool_userdata_get(&found, KEY, p);
    if (found) {
        return found;
    }
    is_own = true;
    of = allocate_in_pool(p, sizeof(*of));
    memset(of, 0, sizeof(*of));
    apr_pool_cleanup_register(p, of, free_blocks, apr_pool_cleanup_null);
    apr_pool_userdata_setn(of, KEY, NULL, p);
    is_own = false;
    return of;
}

void *apr_palloc(apr_pool_t *p, apr_size_t size)
{
    blocks_t *of;
    void *block;

    if (is_own) {
        return allocate_in_pool(p, size);
    }
    of = blocks_of(p);
    if (of->count == of->room) {
        of->room = of->room ? 2 * of->room : 16;
        of->blocks = realloc(of->blocks, of->room * sizeof(*of->blocks));
    }
    block = malloc(size ? size : 1);
    if (!block || !of->blocks) {
        abort();
    }
    memset(block, FILLING, size);
    of->blocks[of->count++] = block;
    return block;
}

void *apr_pcalloc(apr_pool_t *p, apr_size_t size)
{
    return memset(apr_palloc(p, size), 0, size);
}
