/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file origin_files.h
 * @brief Files of origins: what their parts share; the rest of the module sees
 *        mod_cors_policy.h only
 *
 * file_stamp.c   the state of a file, and its text
 * last_good.c    copies of lists that were good, for a start with a file that is not
 * origins_file.c a file becomes a list in shared memory when httpd reads its
 *                configuration
 * reload.c       one child reads files again while the server runs
 */

#ifndef ORIGIN_FILES_H
#define ORIGIN_FILES_H

#include "mod_cors_policy.h"

#include "cors/clock.h"
#include "cors/origin_file.h"
#include "cors/origin_share.h"

/** A file counts once it has been unchanged for this time, in microseconds. */
#define CORS_FILE_STABLE apr_time_from_sec(2)

/** A list that shrank suspiciously counts after this time, in microseconds. */
#define CORS_FILE_HELD apr_time_from_sec(30)

/* file_stamp.c */

/** What tells one state of a file from another; times in nanoseconds of the file
 *  system's clock; all zero: there is no such file. */
typedef struct {
    apr_int64_t mtime;
    apr_int64_t ctime;
    apr_int64_t size;
    apr_uint64_t inode;
    apr_uint64_t device;
} cors_stamp_t;

/** @return whether two stamps are of the same state */
bool cors_stamp_equal(const cors_stamp_t *a, const cors_stamp_t *b);

/** @return whether a stamp is all zero */
bool cors_stamp_is_none(const cors_stamp_t *stamp);

/** @return whether a file was last changed so long ago, in microseconds, by the
 *          clock; false for one that was changed in the future */
bool cors_stamp_is_older(const cors_stamp_t *stamp, apr_time_t age);

/** The state of a file; never opens it.
 *
 * @param stamp   filled; zeros when it is not a regular file
 * @param detail  what it is instead, static, as "it is a FIFO"; else NULL
 */
apr_status_t cors_stamp_file(const char *path, cors_stamp_t *stamp,
                             const char **detail);

/** The whole text of a file that is still in the state of its stamp; never blocks
 *  on what is not a regular file.
 *
 * @return APR_EAGAIN when it has changed before or meanwhile
 */
apr_status_t cors_read_stamped(apr_pool_t *p, const char *path,
                               const cors_stamp_t *stamp, cors_slice_t *text);

/** @return whether a file begins like a frame, see cors_frame_read() */
bool cors_file_begins_frame(const char *path);

/** @return a hash of a text, which tells what was touched from what was changed; it
 *          is no protection against forgery */
apr_uint64_t cors_hash_text(cors_slice_t text);

/* last_good.c */

/** Keep a copy of a list that was good. Only the parent does it.
 *
 * @param path  of the original
 * @return what failed; a copy of this text that is there already is left alone
 */
apr_status_t cors_last_good_write(apr_pool_t *p, const char *path,
                                  cors_slice_t text);

/** The copy of the list of a path, if there is one that this server has made. */
apr_status_t cors_last_good_read(apr_pool_t *p, const char *path,
                                 cors_slice_t *text);

/** Remove the copy of the list of a path, as a newer list counts. */
void cors_last_good_remove(apr_pool_t *p, const char *path);

/* origins_file.c */

/** Shared memory. How large it is does not stand in it: children can write there,
 *  and the parent, which may be root, unmaps it. */
typedef struct {
    struct cors_first_page_t *page; /* NULL: there is none */
    apr_size_t bytes;
} cors_mapping_t;

/** The first page of a mapping; the share follows. Once the server runs, only the
 *  process that reloads writes to it, and only children read it, but for hints that
 *  the parent may be deceived in. */
typedef struct cors_first_page_t {
    /* the file at the last look, and since when it has been the same, see
     * cors_clock() */
    cors_stamp_t seen;
    apr_time_t since;
    /* the file as it was when it was last read, or refused; zeros: not yet */
    cors_stamp_t accepted;
    /* the file that a child has begun to read, and how often none has come to the
     * end of it */
    cors_stamp_t attempted;
    apr_uint32_t attempts;
    /* looks in a row at which it had changed again */
    apr_uint32_t unstable;
    /* it has been logged that it cannot be read; that it is held back */
    bool logged;
    bool held;
    /* of the list in force: the hash of its text, and its size */
    apr_uint64_t content;
    apr_size_t listed;
    apr_size_t excluded;
} cors_first_page_t;

/** What the parent knows of a list, in its own memory. */
typedef struct {
    cors_mapping_t memory;
    /* the file that the list was read from; zeros: not from the file as it is */
    cors_stamp_t stamp;
    /* false: there is no list yet */
    bool loaded;
    /* bytes of the list, and of the room that each place has besides twice that;
     * 0: not known */
    apr_size_t list;
    apr_size_t growth;
    /* of the list that the parent has read: whether it lists an origin; its first
     * wildcard on a public suffix, its first plain-http origin, with their lines,
     * which are 0 when there are none */
    bool lists;
    apr_size_t suffix_line;
    char suffix[CORS_ORIGIN_MAX + 1];
    apr_size_t insecure_line;
    char insecure[CORS_ORIGIN_MAX + 1];
} cors_list_t;

/** A file that the configuration names. */
typedef struct {
    const char *path;
    cors_list_t list;
    cors_origin_source_t source;
    /* some policy with credentials uses it */
    bool no_suffix;
    /* the parent has removed the last good copy */
    bool copy_removed;
    /* when the child that reloads looks at it next */
    apr_time_t next_look;
} cors_list_file_t;

/** All files of a configuration; hangs on its pool. */
typedef struct {
    apr_array_header_t *files; /* cors_list_file_t * */
    apr_interval_time_t interval;
    /* what is to be logged once there is a log */
    apr_array_header_t *notices; /* see origins_file.c */
    /* until when reading this configuration may wait for files; 0: it has not
     * waited */
    apr_time_t deadline;
} cors_list_files_t;

/** The findings in one file, as sentences. */
typedef struct {
    apr_pool_t *p;
    const char *path;
    apr_array_header_t *sentences; /* const char * */
} cors_file_report_t;

/** @return an empty report */
cors_file_report_t cors_file_report(apr_pool_t *p, const char *path);

/** Add a finding in a line; a cors_line_fn whose context is the report. */
void cors_report_line(void *context, apr_size_t line,
                      const cors_finding_t *finding);

/** Add how many findings were more than a report has. */
void cors_report_more(const cors_file_report_t *report, apr_size_t all);

/** Add why a file cannot be read.
 *
 * @param detail  what it is if it is not a regular file; else NULL
 */
void cors_report_unreadable(const cors_file_report_t *report,
                            apr_status_t status, const char *detail);

/** @return the files of a configuration */
cors_list_files_t *cors_list_files(apr_pool_t *pconf);

/** @return the share in a mapping */
cors_origin_share_t *cors_mapped_share(const cors_first_page_t *page);

/** @return whether a list lost so much that it looks like a file that is being
 *          written: all or more than half of its entries, or all its exclusions */
bool cors_list_shrank(const cors_first_page_t *page,
                      const cors_origin_file_t *list);

/** @return the sentence for a list that is held back */
const char *cors_shrank_text(apr_pool_t *p, const char *path,
                             const cors_first_page_t *page,
                             const cors_origin_file_t *list);

/* reload.c */

/** @return whether a file can be read again while the server runs */
bool cors_can_reload(void);

#endif /* ORIGIN_FILES_H */
