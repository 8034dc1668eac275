/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file container_index.h
 * @brief Which parts of a configuration can apply to the same request
 */

#ifndef CORS_CONFIG_CONTAINER_INDEX_H
#define CORS_CONFIG_CONTAINER_INDEX_H

#include "httpd/config/containers.h"
#include "httpd/httpd.h"

/** An index of numbered parts of the configuration. Opaque. */
typedef struct cors_container_index_t cors_container_index_t;

/** @return an empty index that lives as long as @a p */
cors_container_index_t *cors_container_index_make(apr_pool_t *p);

/**
 * Add a part.
 *
 * @param owner   any key that the caller chooses; may be NULL
 * @param kind    the kind of requests that it is for
 * @param path    of \<Location> or \<Directory>; NULL: any; not copied
 * @param number  0 or more, and greater than that of all parts added before
 */
void cors_container_index_add(cors_container_index_t *index, const void *owner,
                              cors_container_e kind, const char *path,
                              int number);

/**
 * @return the lowest number of an owner's part, other than @a except, that can apply to
 *   the same request as one of a kind and a path, see the head of container_index.c;
 *   CORS_PATH_NONE: none
 */
int cors_container_index_meet(const cors_container_index_t *index,
                              const void *owner, cors_container_e kind,
                              const char *path, int except);

/**
 * @return the lowest number of an owner's part of a kind that applies to a path: one
 *   without a path, or with a path that is equal or above; CORS_PATH_NONE: none
 */
int cors_container_index_above(const cors_container_index_t *index,
                               const void *owner, cors_container_e kind,
                               const char *path);

/** @return whether an owner has a part */
bool cors_container_index_has(const cors_container_index_t *index,
                              const void *owner);

#endif /* CORS_CONFIG_CONTAINER_INDEX_H */
