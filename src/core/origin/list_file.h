/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file list_file.h
 * @brief Parse the text of a file that lists origins, one per line
 */

#ifndef CORS_LIST_FILE_H
#define CORS_LIST_FILE_H

#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/origin/frame.h"
#include "core/origin/origin_table.h"

/** Called for each error. @a context is the caller's; @a line counts from 1. */
typedef void (*cors_line_fn)(void *context, apr_size_t line,
                             const cors_finding_t *finding);

/** The parsed file. */
typedef struct {
    cors_origin_table_t *table;
    const char *suffix;     /* the first wildcard on a public suffix, or NULL */
    apr_size_t suffix_line; /* its line, from 1 */
    /* the first plain-http origin that is not loopback, or NULL */
    const char *insecure;
    apr_size_t insecure_line;
    apr_size_t mistakes; /* the number of errors */
    cors_frame_t frame;  /* its slices borrow from the text */
} cors_origin_file_t;

/**
 * Parse the text of a file that lists origins.
 *
 * A line is an origin, a pattern, "!" with one of them, or empty. "#" at the start
 * of a line or after a space starts a comment. A byte order mark at the start and a
 * CR at the end of a line are skipped. The last line must end with a newline: if it
 * does not, the file may still be being written. A text with a NUL or a UTF-16 byte
 * order mark is not UTF-8; this is then the only error.
 *
 * The list may be in a frame, see cors_frame_read(). A frame that is open or bad is
 * one error, and no line of the list is read.
 *
 * @param p        the pool of the result
 * @param text     the whole file
 * @param tell     called for each error, in order
 * @param context  passed to @a tell
 * @return the table and the findings; the table lacks the lines with errors
 */
cors_origin_file_t cors_origin_file_read(apr_pool_t *p, cors_slice_t text,
                                         cors_line_fn tell, void *context);

#endif /* CORS_LIST_FILE_H */
