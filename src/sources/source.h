/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file source.h
 * @brief A CorsOriginSource of the type prg, as the configuration defines it
 */

#ifndef CORS_SOURCES_SOURCE_H
#define CORS_SOURCES_SOURCE_H

#include "sources/httpd.h"

/** A list of origins that a program prints. It does not change after the start. */
typedef struct {
    const char *name;
    /* the program and its arguments; ends with NULL */
    char *const *argv;
    /* the file that the list is kept in, absolute, and the name of the file in which a new
     * list is written */
    const char *path;
    const char *temporary;
    /* from the end of a program that has succeeded to its next start */
    apr_interval_time_t refresh;
    /* the time for a frame, and for the first frame of a program */
    apr_interval_time_t timeout;
    /* of a frame, in bytes */
    apr_off_t max_size;
} cors_program_source_t;

#endif /* CORS_SOURCES_SOURCE_H */
