/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file path_index.h
 * @brief Find the paths above or below another path, segment by segment
 */

#ifndef CORS_PATH_INDEX_H
#define CORS_PATH_INDEX_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>

/** @return whether @a outer equals @a inner or is above it, segment by segment: "/a"
 *          is above "/a/b" but not above "/ab"; "/a/" is not above "/a" */
bool cors_path_is_above(const char *outer, const char *inner);

/** An index of paths, each with a number. Opaque. */
typedef struct cors_path_index_t cors_path_index_t;

/** The result of a look-up without a match. */
#define CORS_PATH_NONE (-1)

/** @return an empty index that lives as long as @a p */
cors_path_index_t *cors_path_index_make(apr_pool_t *p);

/**
 * Add a path.
 *
 * @param path    stored by reference
 * @param number  0 or more, and higher than the number of every path added before
 */
void cors_path_index_add(cors_path_index_t *index, const char *path,
                         int number);

/** @return the lowest number, other than @a except, of a path equal to the given one
 *          or above it; CORS_PATH_NONE if there is none */
int cors_path_index_above(const cors_path_index_t *index, const char *path,
                          int except);

/** @return the lowest number, other than @a except, of a path equal to the given one
 *          or below it; CORS_PATH_NONE if there is none */
int cors_path_index_below(const cors_path_index_t *index, const char *path,
                          int except);

/**
 * Collect all paths equal to the given one or above it.
 *
 * @param numbers  array of int; their numbers are appended, the shortest path first,
 *                 and in ascending order for equal paths
 */
void cors_path_index_all_above(const cors_path_index_t *index, const char *path,
                               apr_array_header_t *numbers);

/** @return the lower of two numbers; CORS_PATH_NONE counts as no number */
int cors_path_lower(int one, int other);

#endif /* CORS_PATH_INDEX_H */
