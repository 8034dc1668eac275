/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file frame_copy.h
 * @brief Copy the frames of a source to its file
 */

#ifndef CORS_SOURCES_FRAME_COPY_H
#define CORS_SOURCES_FRAME_COPY_H

#include <stdbool.h>

#include "core/base/list.h"
#include "sources/source.h"

/** A copy in progress. Its memory does not grow. */
typedef struct cors_frame_copy_t cors_frame_copy_t;

/** The state after some bytes were added. */
typedef enum {
    /* the frame is not complete; or none has begun */
    CORS_COPY_MORE,
    /* it is complete, and the file has it now */
    CORS_COPY_NEW,
    /* it is complete, and equal to the file, whose modification time was set */
    CORS_COPY_SAME,
    /* it is invalid, or cannot be written; the file is what it was */
    CORS_COPY_FAILED
} cors_copy_e;

/** @return a copy for a source, in a pool */
cors_frame_copy_t *cors_frame_copy_make(apr_pool_t *p,
                                        const cors_list_source_t *source);

/**
 * Add bytes, up to the end of a frame.
 *
 * @param bytes  any bytes; what was used is removed from its start
 * @return the state; after CORS_COPY_FAILED the copy must be dropped
 */
cors_copy_e cors_frame_copy_add(cors_frame_copy_t *copy, cors_slice_t *bytes);

/** Drop what has been copied of a frame. The next byte begins a new frame. */
void cors_frame_copy_drop(cors_frame_copy_t *copy);

/**
 * Confirm that the list of the last frame is up to date: set the modification time of the
 * file, if it is older than a few seconds. Not more often, because mod_cors_policy reads the
 * file again each time.
 *
 * @return false: the file is not the one that the last frame has written or confirmed
 */
bool cors_frame_copy_confirm(cors_frame_copy_t *copy);

/** @return whether a frame or a line has begun */
bool cors_frame_copy_is_open(const cors_frame_copy_t *copy);

/** @return the number of lines of the frame, without its first and last line */
apr_size_t cors_frame_copy_lines(const cors_frame_copy_t *copy);

/** @return the version of the last frame */
const char *cors_frame_copy_version(const cors_frame_copy_t *copy);

/** @return why it failed; valid until bytes are added */
const char *cors_frame_copy_reason(const cors_frame_copy_t *copy);

#endif /* CORS_SOURCES_FRAME_COPY_H */
