/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file database.h
 * @brief Read the list of a database, in a process that does nothing else
 */

#ifndef CORS_SOURCES_DATABASE_H
#define CORS_SOURCES_DATABASE_H

#include "core/origin/frame.h"
#include "sources/source.h"

/** What a reading does at present. */
typedef enum {
    CORS_STAGE_CONNECT,
    CORS_STAGE_VERSION,
    CORS_STAGE_QUERY,
    CORS_STAGE_ROWS,
    CORS_STAGE_COUNT
} cors_stage_e;

/** The version of a list, as the database has it. */
typedef struct {
    bool known;
    apr_size_t len;
    char bytes[CORS_FRAME_VERSION_MAX];
} cors_version_t;

/** What a reading reports to the process that has started it; in memory that both have. */
typedef struct {
    /* cors_stage_e */
    int stage;
    /* the version is the known one, so there is no frame */
    bool unchanged;
    /* that the query of the version has given */
    cors_version_t version;
    /* why it has failed, printable; empty: it has not */
    char error[300];
} cors_reading_report_t;

/** A reading. */
typedef struct {
    const cors_database_t *database;
    /* of the whole reading */
    apr_interval_time_t timeout;
    /* the list is not read if it has this version */
    cors_version_t known;
    cors_reading_report_t *report;
} cors_reading_t;

/**
 * Read a list, and print it to the standard output as a frame. It may block for ever; the
 * caller runs it in a process of its own, and ends the process.
 *
 * The frame has its end only if the database has confirmed that it has given all rows.
 *
 * @param data  cors_reading_t
 * @return the exit status of the process; 0: there is a frame, or the version is the known
 *   one
 */
int cors_database_read(void *data);

/**
 * Find out, in a short-lived process, whether APR-util's driver for a database can be loaded.
 * httpd itself never loads it.
 */
bool cors_database_has_driver(const char *name);

#endif /* CORS_SOURCES_DATABASE_H */
