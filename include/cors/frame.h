/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file frame.h
 * @brief A list of lines that proves its own end
 */

#ifndef CORS_FRAME_H
#define CORS_FRAME_H

#include "cors/list.h"

/** The longest version, in bytes. */
#define CORS_FRAME_VERSION_MAX 64

typedef enum {
    CORS_FRAME_NONE,  /* the text does not claim to be a frame */
    CORS_FRAME_WHOLE, /* every line has arrived */
    CORS_FRAME_OPEN,  /* it begins, and its end has not arrived */
    CORS_FRAME_BAD    /* its first or last line contradicts the rest */
} cors_frame_state_e;

/** A frame; all slices lie in the text that it was read from. */
typedef struct {
    cors_frame_state_e state;
    cors_slice_t version; /* of the first line; absent without a frame */
    cors_slice_t lines;   /* what stands between first and last line; the whole
                             text when the state is not CORS_FRAME_WHOLE */
    apr_size_t count;     /* of these lines; 0 when the frame is not whole */
    apr_size_t line;    /* where a frame that is open or bad is wrong, from 1 */
    const char *detail; /* why, static; NULL when it is none or whole */
} cors_frame_t;

/**
 * Read the frame around a list.
 *
 *     begin VERSION
 *     ... COUNT lines, whatever they hold ...
 *     end COUNT [VERSION]
 *
 * "begin" stands on the first line of the text, behind a byte order mark at most.
 * VERSION is one word of 1 to CORS_FRAME_VERSION_MAX visible ASCII characters.
 * Every line ends with LF or CR LF, the last one too, since "end 1" may be the
 * beginning of "end 12". Nothing follows the end. A version on the last line is
 * the one of the first line: it proves that a file which is overwritten in place
 * has no lines of its former text.
 *
 * Source: the format of this project's lists; it costs one walk over the text.
 *
 * @param text  the whole text, any bytes
 */
cors_frame_t cors_frame_read(cors_slice_t text);

#endif /* CORS_FRAME_H */
