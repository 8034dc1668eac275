/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file stamp.h
 * @brief The state and the text of a file
 */

#ifndef CORS_SHARED_STAMP_H
#define CORS_SHARED_STAMP_H

#include "core/base/list.h"
#include "httpd/httpd.h"

/** A file is stable once it has been unchanged for this time, in microseconds. */
#define CORS_FILE_STABLE apr_time_from_sec(2)

/**
 * Identifies a state of a file. The times are in nanoseconds of the file system's
 * clock. All members are zero if there is no regular file.
 */
typedef struct {
    apr_int64_t mtime;
    apr_int64_t ctime;
    apr_int64_t size;
    apr_uint64_t inode;
    apr_uint64_t device;
} cors_stamp_t;

/** @return whether two stamps identify the same state */
bool cors_stamp_equal(const cors_stamp_t *a, const cors_stamp_t *b);

/** @return whether all members of a stamp are zero */
bool cors_stamp_is_none(const cors_stamp_t *stamp);

/**
 * @param age  in microseconds
 * @return whether a file was last changed at least this long ago, by the system's
 *   clock; false if its times are in the future
 */
bool cors_stamp_is_older(const cors_stamp_t *stamp, apr_time_t age);

/**
 * Read the state of a file without opening it.
 *
 * @param links   whether a symbolic link is followed
 * @param stamp   filled; all zero if it is not a regular file
 * @param detail  set to a static text if it is not a regular file, such as "it is a
 *   FIFO"; else NULL
 * @return APR_SUCCESS, APR_EINVAL if it is not a regular file, or the error of stat()
 */
apr_status_t cors_stamp_file(const char *path, bool links, cors_stamp_t *stamp,
                             const char **detail);

/**
 * Read the text of a file that must still be in the state of its stamp. Never blocks on
 * special files.
 *
 * @param text  filled; allocated from @a p
 * @return APR_SUCCESS; APR_EAGAIN if the file has changed before or during the read; or
 *   another error
 */
apr_status_t cors_read_stamped(apr_pool_t *p, const char *path,
                               const cors_stamp_t *stamp, cors_slice_t *text);

/** @return whether a file begins like a frame, see cors_frame_read() */
bool cors_file_begins_frame(const char *path);

#endif /* CORS_SHARED_STAMP_H */
