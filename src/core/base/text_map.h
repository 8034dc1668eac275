/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file text_map.h
 * @brief A hash map from texts to values, with a randomly keyed hash
 *
 * For maps whose keys a .htaccess file, a client or a backend chooses: the cost of a
 * look-up does not depend on the choice of keys.
 */

#ifndef CORS_TEXT_MAP_H
#define CORS_TEXT_MAP_H

#include "core/base/list.h"

/** A map. Opaque. */
typedef struct cors_text_map_t cors_text_map_t;

/**
 * Create a map.
 *
 * @param p         the pool of the map and of its growth
 * @param any_case  whether to ignore the case of ASCII letters in keys
 * @return an empty map
 */
cors_text_map_t *cors_text_map_make(apr_pool_t *p, bool any_case);

/** @return the value of a key; NULL if the map does not have it */
const void *cors_text_map_get(const cors_text_map_t *map, cors_slice_t key);

/**
 * Add a key, unless the map has it.
 *
 * @param map    the map
 * @param key    any bytes; must live as long as the map
 * @param value  not NULL; stored by reference
 * @return whether the key is new; if not, the old value is retained
 */
bool cors_text_map_add(cors_text_map_t *map, cors_slice_t key,
                       const void *value);

#endif /* CORS_TEXT_MAP_H */
