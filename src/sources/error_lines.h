/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file error_lines.h
 * @brief The standard error of the programs of a source, for the error log
 */

#ifndef CORS_SOURCES_ERROR_LINES_H
#define CORS_SOURCES_ERROR_LINES_H

#include "sources/httpd.h"
#include "sources/source.h"

/** The longest line that is logged whole, in bytes. */
#define CORS_ERROR_LINE 1000

/** The standard error of a source's programs. Zero before the first use. */
typedef struct {
    /* the unfinished line, with '?' for NUL bytes */
    char text[CORS_ERROR_LINE + 1];
    apr_size_t len;
    /* the line was too long and has been logged; the rest of it is dropped */
    bool is_cut;
    /* when the first message of the current minute was logged (cors_clock()) */
    apr_time_t counted_from;
    /* the messages since then, with the one that reports the limit */
    int count;
} cors_error_lines_t;

/**
 * Take over output of a program, and log each line that it completes.
 *
 * @param source  named in the messages
 * @param server  whose error log is used
 * @param bytes   any bytes, also NUL; they need not end with a line
 */
void cors_error_lines_add(cors_error_lines_t *lines,
                          const cors_list_source_t *source, server_rec *server,
                          const char *bytes, apr_size_t len);

/** Log the unfinished line, because the output has ended. The next byte begins a new line. */
void cors_error_lines_end(cors_error_lines_t *lines,
                          const cors_list_source_t *source, server_rec *server);

#endif /* CORS_SOURCES_ERROR_LINES_H */
