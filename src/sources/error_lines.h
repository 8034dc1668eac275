/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file error_lines.h
 * @brief The standard error of the programs of a source, for the error log
 */

#ifndef CORS_SOURCES_ERROR_LINES_H
#define CORS_SOURCES_ERROR_LINES_H

#include "sources/httpd.h"
#include "sources/source.h"

/** A longer line is cut, in bytes. */
#define CORS_ERROR_LINE 1000

/** What was printed. All members are 0 at first. */
typedef struct {
    /* the line that has begun, without NUL bytes; whether it was too long and has been
     * logged, so that the rest of it is dropped */
    char text[CORS_ERROR_LINE + 1];
    apr_size_t len;
    bool is_cut;
    /* when the first of the last lines was logged, and how many there have been since */
    apr_time_t counted_from;
    int count;
} cors_error_lines_t;

/**
 * Log each line that ends in some bytes.
 *
 * @param bytes  any bytes
 */
void cors_error_lines_add(cors_error_lines_t *lines,
                          const cors_list_source_t *source, server_rec *server,
                          const char *bytes, apr_size_t len);

/** Log the line that has begun. The next byte begins a new one. */
void cors_error_lines_end(cors_error_lines_t *lines,
                          const cors_list_source_t *source, server_rec *server);

#endif /* CORS_SOURCES_ERROR_LINES_H */
