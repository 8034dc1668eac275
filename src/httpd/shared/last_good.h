/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file last_good.h
 * @brief Copies of the last good lists
 */

#ifndef CORS_SHARED_LAST_GOOD_H
#define CORS_SHARED_LAST_GOOD_H

#include "core/base/list.h"
#include "httpd/httpd.h"

/**
 * Store a copy of a valid list. Only the parent may call this.
 *
 * @param path  of the list file
 * @param text  the list
 * @param dated the time from which its age counts; it becomes the time of the copy
 * @return APR_SUCCESS, also if there is a copy of this text already; or an error
 */
apr_status_t cors_last_good_write(apr_pool_t *p, const char *path,
                                  cors_slice_t text, apr_time_t dated);

/**
 * Read the stored copy of a list file, if there is an undamaged one that belongs to
 * this user.
 *
 * @param text  filled; allocated from @a p
 * @param dated filled: the time from which the age of the list counts
 * @return APR_SUCCESS or an error
 */
apr_status_t cors_last_good_read(apr_pool_t *p, const char *path,
                                 cors_slice_t *text, apr_time_t *dated);

/** Remove the stored copy of a list file, because a newer list is in force. */
void cors_last_good_remove(apr_pool_t *p, const char *path);

#endif /* CORS_SHARED_LAST_GOOD_H */
