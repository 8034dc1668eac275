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

/** The longest line of a file, in bytes, with its comment and without its line end. */
#define CORS_LIST_LINE_MAX 8192

/** How the lines of a file are read. All zero: every error counts, and there is no limit. */
typedef struct {
    /* a file with more lines than this is one error; 0: no limit */
    apr_size_t max_rows;
    /* called instead for each line that has an error and is skipped; NULL: none is */
    cors_line_fn skip;
} cors_list_rules_t;

/** The parsed file. */
typedef struct {
    cors_origin_table_t *table;
    const char *suffix;     /* the first wildcard on a public suffix, or NULL */
    apr_size_t suffix_line; /* its line, from 1 */
    /* the first plain-http origin that is not loopback, or NULL */
    const char *insecure;
    apr_size_t insecure_line;
    apr_size_t errors; /* the number of errors */
    /* the number of lines with an error, whether or not they were skipped */
    apr_size_t bad_rows;
    /* the number of lines that were skipped */
    apr_size_t skipped;
    /* of what is listed and excluded: equal for two files with the same entries in any
     * order; see list_file.c */
    apr_uint64_t sum[2];
    cors_frame_t frame; /* its slices borrow from the text */
} cors_origin_file_t;

/**
 * Parse the text of a file that lists origins.
 *
 * A line is an origin, a pattern, "!" with one of them, or empty. A tenant may follow,
 * after spaces or tabs; see cors_origin_table_add_for(). "#" at the start of a line or
 * after a space starts a comment. A byte order mark at the start and a
 * CR at the end of a line are skipped. The last line must end with a newline: if it
 * does not, the file may still be being written. A text with a NUL or a UTF-16 byte
 * order mark is not UTF-8; this is then the only error.
 *
 * The list may be in a frame, see cors_frame_read(). A frame that is open or bad is
 * one error, and no line of the list is read.
 *
 * If the rules say so, a line with an error is skipped. Without it, the list allows less,
 * unless the line may be an exclusion: a line with "!" anywhere, or with "-" at its start,
 * is never skipped. A table without room, and errors of the whole file, remain errors.
 *
 * @param p        the pool of the result
 * @param text     the whole file
 * @param rules    NULL: all zero
 * @param tell     called for each error, in order
 * @param context  passed to @a tell and to the function of the rules
 * @return the table and the findings; the table lacks the lines with errors
 */
cors_origin_file_t cors_origin_file_read(apr_pool_t *p, cors_slice_t text,
                                         const cors_list_rules_t *rules,
                                         cors_line_fn tell, void *context);

/** Called for each entry of a file. @a context is the caller's. */
typedef void (*cors_file_entry_fn)(void *context, cors_slice_t entry);

/**
 * Visit the entries without a tenant of a file that cors_origin_file_read() reads without
 * an error or with lines that it skips, in written order, with "!" before an exclusion.
 *
 * @param p  for temporary data
 */
void cors_origin_file_visit(apr_pool_t *p, cors_slice_t text,
                            cors_file_entry_fn visit, void *context);

#endif /* CORS_LIST_FILE_H */
