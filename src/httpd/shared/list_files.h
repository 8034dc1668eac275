/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file list_files.h
 * @brief What the files that load and reload origin lists share; the rest of the module
 *        uses mod_cors_policy.h only
 *
 * file_stamp.c    reads the state and the text of a file
 * last_good.c     stores copies of valid lists, for a start with an unstable file
 * origins_file.c  loads files into shared memory when httpd reads its configuration
 * reload.c        reloads files in one child while the server runs
 */

#ifndef CORS_HTTPD_LIST_FILES_H
#define CORS_HTTPD_LIST_FILES_H

#include "httpd/httpd.h"

#include "core/base/clock.h"
#include "core/origin/list_file.h"
#include "core/origin/shared_table.h"

/** A file is stable once it has been unchanged for this time, in microseconds. */
#define CORS_FILE_STABLE apr_time_from_sec(2)

/** A list that has shrunk suspiciously is loaded after this time, in microseconds. */
#define CORS_FILE_HELD apr_time_from_sec(30)

/* file_stamp.c */

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
 * @param stamp   filled; all zero if it is not a regular file
 * @param detail  set to a static text if it is not a regular file, such as "it is a
 *   FIFO"; else NULL
 * @return APR_SUCCESS, APR_EINVAL if it is not a regular file, or the error of stat()
 */
apr_status_t cors_stamp_file(const char *path, cors_stamp_t *stamp,
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

/**
 * @return a hash of a text, to find out whether a touched file has changed; it does not
 *   protect against forgery
 */
apr_uint64_t cors_hash_text(cors_slice_t text);

/* last_good.c */

/**
 * Store a copy of a valid list. Only the parent may call this.
 *
 * @param path  of the list file
 * @param text  the list
 * @return APR_SUCCESS, also if there is a copy of this text already; or an error
 */
apr_status_t cors_last_good_write(apr_pool_t *p, const char *path,
                                  cors_slice_t text);

/**
 * Read the stored copy of a list file, if there is an undamaged one that belongs to
 * this user.
 *
 * @param text  filled; allocated from @a p
 * @return APR_SUCCESS or an error
 */
apr_status_t cors_last_good_read(apr_pool_t *p, const char *path,
                                 cors_slice_t *text);

/** Remove the stored copy of a list file, because a newer list is in force. */
void cors_last_good_remove(apr_pool_t *p, const char *path);

/* origins_file.c */

/**
 * Shared memory. Its size is not stored in it, because children can write to it, and
 * the parent, which may be root, unmaps it.
 */
typedef struct {
    struct cors_first_page_t *page; /* NULL: none */
    apr_size_t bytes;
} cors_mapping_t;

/**
 * The first page of a mapping; the share follows. While the server runs, only the child
 * that reloads writes to it. The parent reads it only for hints that may be wrong
 * without harm.
 */
typedef struct cors_first_page_t {
    /* the file's state at the last check, and since when it has been the same; see
     * cors_clock() */
    cors_stamp_t seen;
    apr_time_t since;
    /* the file's state when it was last read or refused; all zero: not yet */
    cors_stamp_t accepted;
    /* the state that a child has begun to read, and the number of attempts that did not
     * finish */
    cors_stamp_t attempted;
    apr_uint32_t attempts;
    /* the number of consecutive checks at which the file had changed */
    apr_uint32_t unstable;
    /* whether a read error was logged, and whether it was logged that the list is held
     * back */
    bool logged;
    bool held;
    /* the hash of the text of the list in force, and its numbers of entries */
    apr_uint64_t content;
    apr_size_t listed;
    apr_size_t excluded;
} cors_first_page_t;

/** What the parent knows about a list, in its own memory. */
typedef struct {
    cors_mapping_t memory;
    /* the state that the list was read from; all zero: not read from the file's current
     * state */
    cors_stamp_t stamp;
    /* false: there is no list yet */
    bool loaded;
    /* the list's size in bytes, and the additional room of each copy besides twice
     * that; 0: not known */
    apr_size_t list;
    apr_size_t growth;
    /* of the list that the parent has read: whether it lists an origin; its first
     * wildcard on a public suffix and its first plain-http origin with their lines, or
     * line 0 if there is none */
    bool lists;
    apr_size_t suffix_line;
    char suffix[CORS_ORIGIN_MAX + 1];
    apr_size_t insecure_line;
    char insecure[CORS_ORIGIN_MAX + 1];
} cors_list_t;

/** A list file that the configuration names. */
typedef struct {
    const char *path;
    cors_list_t list;
    cors_origin_source_t source;
    /* a policy with credentials uses it */
    bool no_suffix;
    /* the parent has removed the last good copy */
    bool copy_removed;
    /* when the child that reloads checks it next */
    apr_time_t next_look;
} cors_list_file_t;

/** All list files of a configuration; stored in its pool. */
typedef struct {
    apr_array_header_t *files; /* cors_list_file_t * */
    apr_interval_time_t interval;
    /* messages that are logged once the log is open */
    apr_array_header_t *notices; /* see origins_file.c */
    /* until when this reading of the configuration may wait for files; 0: it has not
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

/**
 * Add a finding to a report; a cors_line_fn whose context is the report.
 *
 * @param line  counted from 1
 */
void cors_report_line(void *context, apr_size_t line,
                      const cors_finding_t *finding);

/**
 * Add a sentence with the number of findings that exceed the report's limit.
 *
 * @param all  the number of all findings
 */
void cors_report_more(const cors_file_report_t *report, apr_size_t all);

/**
 * Add the reason why a file cannot be read.
 *
 * @param detail  the kind of file if it is not a regular one; else NULL
 */
void cors_report_unreadable(const cors_file_report_t *report,
                            apr_status_t status, const char *detail);

/** @return the list files of a configuration */
cors_list_files_t *cors_list_files(apr_pool_t *pconf);

/** @return the share in a mapping */
cors_origin_share_t *cors_mapped_share(const cors_first_page_t *page);

/**
 * @return whether a list has shrunk so much that the file may be incomplete: it has
 *   lost all or more than half of its entries, or all its exclusions; never for a frame
 */
bool cors_list_shrank(const cors_first_page_t *page,
                      const cors_origin_file_t *list);

/** @return the message for a list that is held back */
const char *cors_shrank_text(apr_pool_t *p, const char *path,
                             const cors_first_page_t *page,
                             const cors_origin_file_t *list);

/* reload.c */

/** @return whether files can be reloaded while the server runs */
bool cors_can_reload(void);

#endif /* CORS_HTTPD_LIST_FILES_H */
