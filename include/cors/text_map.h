/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file text_map.h
 * @brief A hash table from texts to values whose hash has a random key
 *
 * For tables whose keys a .htaccess file, a client or a backend chooses: what a
 * look-up costs does not depend on which keys they are.
 */

#ifndef CORS_TEXT_MAP_H
#define CORS_TEXT_MAP_H

#include "cors/list.h"

/** A map; opaque. */
typedef struct cors_text_map_t cors_text_map_t;

/**
 * @param p         the pool that the map lives in, with all that it grows to
 * @param any_case  ASCII letters that differ in case are the same
 * @return an empty map
 */
cors_text_map_t *cors_text_map_make(apr_pool_t *p, bool any_case);

/** @return the value of a key; NULL: the map does not have it */
const void *cors_text_map_get(const cors_text_map_t *map, cors_slice_t key);

/**
 * Add a key, unless the map has it.
 *
 * @param map    the map
 * @param key    any bytes, borrowed for as long as the map is used
 * @param value  not NULL, borrowed
 * @return whether it is new; if not, the value stays what it was
 */
bool cors_text_map_add(cors_text_map_t *map, cors_slice_t key,
                       const void *value);

#endif /* CORS_TEXT_MAP_H */
