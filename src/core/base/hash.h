/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file hash.h
 * @brief Hash numbers and texts, to recognize what was seen before
 *
 * These hashes have no key, so a client can find a collision. Use them where a collision
 * costs nothing more than a place in a list, or where no client chooses the text. The
 * tables that hold what clients send have keys of their own; see text_map.h and
 * origin_table.h.
 */

#ifndef CORS_HASH_H
#define CORS_HASH_H

#include <apr.h>

#include "core/base/list.h"

/** @return @a hash continued with a number; begin with 0 */
apr_uint64_t cors_hash_number(apr_uint64_t hash, apr_uint64_t number);

/**
 * @return @a hash continued with a text; begin with 0. It depends on the byte order of
 *   the machine.
 */
apr_uint64_t cors_hash_text(apr_uint64_t hash, cors_slice_t text);

#endif /* CORS_HASH_H */
