/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_file.h
 * @brief The text of a file that lists origins, a line each
 */

#ifndef CORS_ORIGIN_FILE_H
#define CORS_ORIGIN_FILE_H

#include "cors/frame.h"
#include "cors/origin_table.h"
#include "cors/problem.h"

/** Told of one mistake; @a context is the caller's, @a line counts from 1. */
typedef void (*cors_line_fn)(void *context, apr_size_t line,
                             const cors_finding_t *finding);

/** What a file lists. */
typedef struct {
    cors_origin_table_t *table;
    const char *suffix;     /* the first wildcard on a public suffix, or NULL */
    apr_size_t suffix_line; /* where it stands */
    const char *insecure;   /* the first plain-http one of another machine */
    apr_size_t insecure_line;
    apr_size_t mistakes; /* how many lines are wrong */
    cors_frame_t frame;  /* around the list; its slices lie in the text */
} cors_origin_file_t;

/**
 * Read the text of a file of origins.
 *
 * A line is an origin, a pattern, "!" before one of them, or empty; "#" at its
 * start or behind a blank begins a comment. A byte order mark at the start and CR
 * at the end of a line are passed over. The last line has to end too: one that
 * does not is what a file looks like that is still being written. A file that is no
 * UTF-8 text, by a NUL or the mark of UTF-16, has that one mistake.
 *
 * The list may be in a frame, see cors_frame_read(): a frame that is open or bad is
 * one mistake, and no line of it is read.
 *
 * @param p        what the result comes from
 * @param text     the whole file
 * @param tell     told of each mistake, in order
 * @param context  for @a tell
 */
cors_origin_file_t cors_origin_file_read(apr_pool_t *p, cors_slice_t text,
                                         cors_line_fn tell, void *context);

#endif /* CORS_ORIGIN_FILE_H */
