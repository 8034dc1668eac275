/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * A hash map from texts to values. It is a separate file because an apr_hash_t is not
 * safe if an attacker chooses the keys: texts with equal hashes are easy to construct,
 * and adding n of them costs n * n comparisons. This hash is multilinear: each word of
 * a text is multiplied by a random number of its position, so any two texts collide
 * with probability 2^-32. (origin_table.c has the same hash for texts of bounded length
 * in a form that processes can share.) The numbers are derived from one random seed, so
 * a text may have any length. Entries are never removed. Most maps have one entry: it
 * is compared and never hashed.
 */

#include "core/base/text_map.h"

#include <apr_general.h>
#include <apr_time.h>

#define WORD 4 /* bytes hashed at once */
/* The number of slots of a map with two entries. */
#define SIZE_MIN 4

typedef struct {
    cors_slice_t key;
    /* NULL: the slot is free */
    const void *value;
    apr_uint32_t hash;
} slot_t;

struct cors_text_map_t {
    apr_pool_t *p;
    apr_uint64_t seed;
    slot_t *slots;
    /* a power of 2 */
    apr_uint32_t size;
    apr_uint32_t count;
    bool any_case;
};

/* Returns a number derived from a seed: splitmix64, by Steele, Lea and Flood. */
static apr_uint64_t random_number(apr_uint64_t seed)
{
    seed = (seed ^ (seed >> 30)) * APR_UINT64_C(0xbf58476d1ce4e5b9);
    seed = (seed ^ (seed >> 27)) * APR_UINT64_C(0x94d049bb133111eb);
    return seed ^ (seed >> 31);
}

static apr_uint64_t make_seed(const void *where)
{
    apr_uint64_t seed;

#if APR_HAS_RANDOM
    if (apr_generate_random_bytes((unsigned char *)&seed, sizeof(seed))
        != APR_SUCCESS)
#endif
    {
        seed = random_number((apr_uint64_t)apr_time_now()
                             ^ (apr_uint64_t)(apr_uintptr_t)where << 20);
    }
    return seed;
}

/* Returns four bytes in lower case. */
static apr_uint32_t lower_word(apr_uint32_t word)
{
    apr_uint32_t low = word & 0x7f7f7f7fu;
    apr_uint32_t from_a = low + (0x80u - 'A') * 0x01010101u;
    apr_uint32_t beyond_z = low + (0x7fu - 'Z') * 0x01010101u;
    apr_uint32_t capital = ~word & (from_a ^ beyond_z) & 0x80808080u;

    return word | capital >> 2;
}

static apr_uint32_t hash_of(const cors_text_map_t *map, cors_slice_t key)
{
    apr_uint64_t seed = map->seed;
    apr_uint64_t sum = random_number(seed) * (key.len + 1);
    const char *p = key.ptr;
    apr_size_t left = key.len;

    while (left > 0) {
        apr_size_t len = left < WORD ? left : WORD;
        apr_uint32_t word = 0;

        memcpy(&word, p, len);
        seed += APR_UINT64_C(0x9e3779b97f4a7c15);
        sum += random_number(seed) * (map->any_case ? lower_word(word) : word);
        p += len;
        left -= len;
    }
    /* Mix once more: otherwise keys at equal distances may form clusters, which make
     * linear probing slow. */
    return (apr_uint32_t)(random_number(sum) >> 32);
}

static bool slot_is(const cors_text_map_t *map, const slot_t *slot,
                    cors_slice_t key)
{
    if (map->any_case) {
        return cors_slice_equal_nocase(slot->key, key);
    }
    return cors_slice_equal(slot->key, key);
}

/* Returns the slot of a key, or the free slot for it. */
static slot_t *slot_for(const cors_text_map_t *map, apr_uint32_t hash,
                        cors_slice_t key)
{
    apr_uint32_t i = hash & (map->size - 1);

    while (
        map->slots[i].value
        && (map->slots[i].hash != hash || !slot_is(map, &map->slots[i], key))) {
        i = (i + 1) & (map->size - 1);
    }
    return &map->slots[i];
}

/* Draw the seed; needed from the second entry on. */
static void start_hashing(cors_text_map_t *map)
{
    map->seed = make_seed(map);
    map->slots[0].hash = hash_of(map, map->slots[0].key);
}

/* Double the number of slots. */
static void grow_map(cors_text_map_t *map)
{
    const slot_t *old = map->slots;
    apr_uint32_t size = map->size;
    apr_uint32_t i;

    map->size = size > 1 ? 2 * size : SIZE_MIN;
    map->slots = apr_pcalloc(map->p, map->size * sizeof(*map->slots));
    for (i = 0; i < size; i++) {
        if (old[i].value) {
            apr_uint32_t at = old[i].hash & (map->size - 1);

            while (map->slots[at].value) {
                at = (at + 1) & (map->size - 1);
            }
            map->slots[at] = old[i];
        }
    }
}

cors_text_map_t *cors_text_map_make(apr_pool_t *p, bool any_case)
{
    cors_text_map_t *map = apr_pcalloc(p, sizeof(*map));

    map->p = p;
    map->any_case = any_case;
    return map;
}

const void *cors_text_map_get(const cors_text_map_t *map, cors_slice_t key)
{
    if (map->count > 1) {
        return slot_for(map, hash_of(map, key), key)->value;
    }
    if (map->count == 1 && slot_is(map, map->slots, key)) {
        return map->slots->value;
    }
    return NULL;
}

static void add_first(cors_text_map_t *map, cors_slice_t key, const void *value)
{
    map->slots = apr_pcalloc(map->p, sizeof(*map->slots));
    map->slots->key = key;
    map->slots->value = value;
    map->size = 1;
    map->count = 1;
}

/* Add an entry to a map with a seed. Returns false if the map has the key. */
static bool add_hashed(cors_text_map_t *map, cors_slice_t key,
                       const void *value)
{
    apr_uint32_t hash = hash_of(map, key);
    slot_t *slot = slot_for(map, hash, key);

    if (slot->value) {
        return false;
    }
    slot->key = key;
    slot->value = value;
    slot->hash = hash;
    map->count++;
    return true;
}

bool cors_text_map_add(cors_text_map_t *map, cors_slice_t key,
                       const void *value)
{
    if (map->count == 0) {
        add_first(map, key, value);
        return true;
    }
    if (map->count == 1) {
        if (slot_is(map, map->slots, key)) {
            return false;
        }
        start_hashing(map);
    }
    if ((map->count + 1) * 2 > map->size) {
        grow_map(map);
    }
    return add_hashed(map, key, value);
}
