/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file containers.h
 * @brief The requests that a container of the configuration is for
 */

#ifndef CORS_CONFIG_CONTAINERS_H
#define CORS_CONFIG_CONTAINERS_H

#include "httpd/httpd.h"

/**
 * @param name  two characters or more; a container is named as "<Limit"
 * @return whether a directive or container has a name, in any case
 */
static inline bool cors_directive_is(const ap_directive_t *directive,
                                     const char *name)
{
    /* most names differ in the first two characters */
    return ((directive->directive[0] ^ name[0]) & ~0x20) == 0
           && ((directive->directive[1] ^ name[1]) & ~0x20) == 0
           && ap_cstr_casecmp(directive->directive, name) == 0;
}

/** @return the name and position of a directive, "Alias httpd.conf:12" */
const char *cors_directive_position(apr_pool_t *p,
                                    const ap_directive_t *directive);

/** The kind of requests that a section of the configuration is for. */
typedef enum {
    CORS_CONTAINER_SERVER, /* not a section: a server or virtual host itself */
    CORS_CONTAINER_DIRECTORY,
    CORS_CONTAINER_LOCATION,
    CORS_CONTAINER_FILES,
    CORS_CONTAINER_IF, /* and any other section that may apply to any request */
    CORS_CONTAINER_KINDS /* the number of kinds */
} cors_container_e;

/**
 * Which requests a part of the configuration is for, as far as start-up can determine.
 */
typedef struct {
    cors_container_e kind;      /* of the outermost section around it */
    const ap_directive_t *host; /* <VirtualHost>; NULL: none */
    const char *path;           /* of <Location> or <Directory>; NULL: any */
} cors_container_t;

/**
 * @param p     the pool for the path
 * @param node  a container; NULL: the server itself
 * @return the scope of what is in the container
 */
cors_container_t cors_container_of(apr_pool_t *p, const ap_directive_t *node);

/**
 * @param p      the pool for the argument
 * @param node   a container with one argument, such as \<Location>
 * @param regex  set to whether the argument is a regular expression: the container is a
 *   \<...Match>, or "~" precedes the argument
 * @return the argument, without quotes
 */
const char *cors_container_argument(apr_pool_t *p, const ap_directive_t *node,
                                    bool *regex);

/** Whether a container and those around it match a URL path and a file. */
typedef enum {
    CORS_MATCH_NO,
    CORS_MATCH_YES,
    CORS_MATCH_UNKNOWN /* an <If>, which only a request can evaluate */
} cors_match_e;

/**
 * @param p     scratch
 * @param node  the innermost container; NULL: the server itself
 * @param path  of the URL, decoded
 * @param file  the path appended to DocumentRoot
 * @return whether the contents of the container apply to a request, as far as its path
 *   determines that
 */
cors_match_e cors_container_match(apr_pool_t *p, const ap_directive_t *node,
                                  const char *path, const char *file);

#endif /* CORS_CONFIG_CONTAINERS_H */
