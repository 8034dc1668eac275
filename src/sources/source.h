/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file source.h
 * @brief A CorsOriginSource of the type prg or dbd, as the configuration defines it
 */

#ifndef CORS_SOURCES_SOURCE_H
#define CORS_SOURCES_SOURCE_H

#include "sources/httpd.h"

/** The databases of the type dbd. */
typedef enum {
    CORS_DRIVER_PGSQL,
    CORS_DRIVER_SQLITE3
} cors_driver_e;

/** A query of a database. No text in it depends on a request. */
typedef struct {
    cors_driver_e driver;
    /* the name of APR-util's driver */
    const char *driver_name;
    /* of the connection, in the form of the driver; the absolute path for sqlite3 */
    const char *parameters;
    /* the file with the password; NULL: none is named */
    const char *passfile;
    /* gives the rows: an origin, or an origin and a tenant */
    const char *query;
    /* gives one value that changes with the list; NULL: the list is read each time */
    const char *version;
    /* after this time the list is read although the version is the same */
    apr_interval_time_t full;
} cors_database_t;

/** A list of origins that the refresher keeps in a file. It does not change after the start. */
typedef struct {
    const char *name;
    /* what log lines call it: the path of the program, or dbd:pgsql */
    const char *label;
    /* the program and its arguments, ends with NULL; NULL: a database */
    char *const *argv;
    /* NULL: a program */
    const cors_database_t *database;
    /* the file that the list is kept in, absolute, and the name of the file in which a new
     * list is written */
    const char *path;
    const char *temporary;
    /* from the end of a program or a reading that has succeeded to the next start */
    apr_interval_time_t refresh;
    /* the time for a frame, and for the first frame of a program */
    apr_interval_time_t timeout;
    /* of a frame, in bytes */
    apr_off_t max_size;
} cors_list_source_t;

#endif /* CORS_SOURCES_SOURCE_H */
