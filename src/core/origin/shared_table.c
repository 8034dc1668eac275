/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Shares a list of origins between processes and replaces it while they read it. It
 * is a separate file because all of its atomics and fences have to be read together.
 * It does not allocate or map the memory, and it does not lock out a second writer;
 * the caller does both. The structure is a double buffer with a sequence number (a
 * seqlock): the writer fills the buffer that is not in use and then publishes its
 * number. A reader that has been overtaken discards its result and retries.
 */

#include "core/origin/shared_table.h"

#include <string.h>

#include <apr_atomic.h>

#include "core/base/ordered.h"

/* Each of the two buffers starts at a multiple of this. */
#define PAGE ((apr_size_t)4096)

/* How often a reader retries. Never reached in practice: exchanges are seconds apart,
 * and a look-up takes less than a microsecond. */
#define TRIES 1000

/* How often a copy retries; a copy takes as long as an exchange. */
#define COPY_TRIES 5

struct cors_origin_share_t {
    /* the number of the current list; its lowest bit selects the buffer */
    apr_uint32_t current;
    /* the number of the list that is being written, or was written last */
    apr_uint32_t written;
    apr_size_t room; /* bytes of a buffer */
};

static apr_size_t whole_pages(apr_size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

apr_size_t cors_origin_share_size(apr_size_t list)
{
    return whole_pages(sizeof(cors_origin_share_t)) + 2 * whole_pages(list);
}

static char *place_of(const cors_origin_share_t *share, apr_uint32_t number)
{
    return (char *)(apr_uintptr_t)share
           + whole_pages(sizeof(cors_origin_share_t))
           + (number & 1) * share->room;
}

static apr_size_t room_of(apr_size_t size)
{
    return (size - whole_pages(sizeof(cors_origin_share_t))) / 2 / PAGE * PAGE;
}

cors_origin_share_t *cors_origin_share_make(void *memory, apr_size_t size,
                                            const cors_origin_table_t *table)
{
    cors_origin_share_t *share = memory;

    share->room = room_of(size);
    cors_origin_table_save(table, place_of(share, share->current));
    return share;
}

cors_origin_share_t *cors_origin_share_of(void *memory)
{
    return memory;
}

apr_size_t cors_origin_share_trim(cors_origin_share_t *share, apr_size_t list)
{
    /* This moves the second buffer, which is still empty. */
    share->room = whole_pages(list);
    return cors_origin_share_size(list);
}

static apr_uint32_t read_number(const apr_uint32_t *number)
{
    /* APR's parameter is not const, but reading does not change it. */
    return apr_atomic_read32((apr_uint32_t *)(apr_uintptr_t)number);
}

/* Returns whether the buffer of a list has not been overwritten: the next list goes
 * to the other buffer, and only the one after it to this buffer. */
static bool is_undisturbed(const cors_origin_share_t *share,
                           apr_uint32_t number)
{
    return (apr_uint32_t)(read_number(&share->written) - number) < 2;
}

cors_origin_share_t *cors_origin_share_copy(const void *from, apr_size_t size,
                                            void *memory)
{
    const cors_origin_share_t *share = from;
    cors_origin_share_t *copy = memory;
    apr_size_t room = room_of(size);
    int tries;

    for (tries = 0; tries < COPY_TRIES; tries++) {
        apr_uint32_t number = read_number(&share->current);
        /* Do not use share->room: other processes can write it. */
        const char *place = (const char *)from
                            + whole_pages(sizeof(cors_origin_share_t))
                            + (number & 1) * room;
        apr_size_t bytes;

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        bytes = cors_origin_block_size(place, room);
        copy->room = room;
        memcpy(place_of(copy, 0), place, bytes);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (bytes > 0 && is_undisturbed(share, number)
            && cors_origin_block_size(place_of(copy, 0), bytes) == bytes) {
            return copy;
        }
    }
    return NULL;
}

bool cors_origin_share_publish(cors_origin_share_t *share,
                               const cors_origin_table_t *table)
{
    apr_uint32_t next = read_number(&share->current) + 1;

    if (cors_origin_table_size(table) > share->room) {
        return false;
    }
    /* First invalidate the reads of the list before the current one. */
    apr_atomic_xchg32(&share->written, next);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    CORS_ORDERED_AFTER(&share->written);
    cors_origin_table_save(table, place_of(share, next));
    CORS_LINGER();
    CORS_ORDERED_BEFORE(&share->current);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    apr_atomic_xchg32(&share->current, next);
    return true;
}

apr_uint32_t cors_origin_share_exchanges(const cors_origin_share_t *share)
{
    return read_number(&share->current);
}

cors_listing_e cors_origin_share_lookup(const void *self,
                                        const cors_origin_t *origin,
                                        const cors_slice_t *tenant)
{
    const cors_origin_share_t *share = self;
    int tries;

    for (tries = 0; tries < TRIES; tries++) {
        apr_uint32_t number = read_number(&share->current);
        cors_listing_e listing;

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        CORS_ORDERED_AFTER(&share->current);
        listing = cors_origin_block_lookup(place_of(share, number), share->room,
                                           origin, tenant);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (is_undisturbed(share, number)) {
            CORS_ORDERED_BEFORE(&share->written);
            return listing;
        }
    }
    return CORS_ORIGIN_UNLISTED;
}
