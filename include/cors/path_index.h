/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file path_index.h
 * @brief Which of many paths are above or below another one, segment by segment
 */

#ifndef CORS_PATH_INDEX_H
#define CORS_PATH_INDEX_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "cors/list.h"

/** @return whether a path is another one or above it, segment by segment: "/a" is
 *          above "/a/b" and not above "/ab"; "/a/" is not above "/a" */
bool cors_path_is_above(const char *outer, const char *inner);

/** Paths with a number each. Opaque. */
typedef struct cors_path_index_t cors_path_index_t;

/** The result of a look-up that finds nothing. */
#define CORS_PATH_NONE (-1)

/** @return an empty index that lives as long as @a p */
cors_path_index_t *cors_path_index_make(apr_pool_t *p);

/**
 * Add a path.
 *
 * @param path    kept by reference
 * @param number  0 or more, and more than that of every path added before
 */
void cors_path_index_add(cors_path_index_t *index, const char *path,
                         int number);

/** @return the lowest number of a path that is the given one or above it, other
 *          than @a except; CORS_PATH_NONE: there is none */
int cors_path_index_above(const cors_path_index_t *index, const char *path,
                          int except);

/** @return the same for a path that is the given one or below it */
int cors_path_index_below(const cors_path_index_t *index, const char *path,
                          int except);

/**
 * All paths that are the given one or above it.
 *
 * @param numbers  array of int; theirs are appended, the shortest path first and
 *                 of one path in rising order
 */
void cors_path_index_all_above(const cors_path_index_t *index, const char *path,
                               apr_array_header_t *numbers);

/** @return the lower of two numbers, of which CORS_PATH_NONE is neither */
int cors_path_lower(int one, int other);

#endif /* CORS_PATH_INDEX_H */
