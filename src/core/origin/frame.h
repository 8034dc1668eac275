/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file frame.h
 * @brief A list of lines that proves that it is complete
 */

#ifndef CORS_FRAME_H
#define CORS_FRAME_H

#include "core/base/list.h"

/** The maximum length of a version, in bytes. */
#define CORS_FRAME_VERSION_MAX 64

typedef enum {
    /* the text does not begin as a frame */
    CORS_FRAME_NONE,
    /* every line has arrived */
    CORS_FRAME_WHOLE,
    /* the frame begins, but its end has not arrived */
    CORS_FRAME_OPEN,
    /* its first or last line contradicts the rest */
    CORS_FRAME_BAD
} cors_frame_state_e;

/** A frame. All slices point into the text. */
typedef struct {
    cors_frame_state_e state;
    /* of the first line; absent without a frame */
    cors_slice_t version;
    /*
     * the text between the first and the last line; the whole text if the state is not
     * CORS_FRAME_WHOLE
     */
    cors_slice_t lines;
    /* number of these lines; 0 if the frame is not whole */
    apr_size_t count;
    /* the line of the error in an open or bad frame, from 1 */
    apr_size_t line;
    /* the reason, static; NULL if there is no frame or it is whole */
    const char *detail;
} cors_frame_t;

/**
 * Reads the frame around a list.
 *
 *     begin VERSION
 *     ... COUNT lines of any content ...
 *     end COUNT [VERSION]
 *
 * "begin" is on the first line of the text; only a byte order mark may precede it.
 * VERSION consists of 1 to CORS_FRAME_VERSION_MAX visible ASCII characters. Every line
 * ends with LF or CR LF. The last line does too, because "end 1" may be the beginning
 * of "end 12". Nothing follows the end. A version on the last line must equal that of
 * the first line: it proves that a file that is overwritten in place contains no lines
 * of its former text.
 *
 * The format is specific to this project. Reading it takes one pass over the text.
 *
 * @param text  the whole text, any bytes
 */
cors_frame_t cors_frame_read(cors_slice_t text);

/*
 * The same for a reader that has one line at a time. A line has no LF; a CR at its end is
 * accepted.
 */

/** @return whether a line is the first one of a frame, right or wrong */
bool cors_frame_begins(cors_slice_t line);

/** @return whether a line is the last one of a frame, right or wrong */
bool cors_frame_ends(cors_slice_t line);

/**
 * Parse the first line of a frame.
 *
 * @param version  set to the version, which points into the line
 * @return NULL; or the reason why the line is invalid, static
 */
const char *cors_frame_begin(cors_slice_t line, cors_slice_t *version);

/**
 * Compare the last line of a frame with the lines before it.
 *
 * @param version  of the first line
 * @param count    the number of lines between the first and the last one
 * @return NULL; or the reason why the line contradicts them, static
 */
const char *cors_frame_end(cors_slice_t line, cors_slice_t version,
                           apr_size_t count);

#endif /* CORS_FRAME_H */
