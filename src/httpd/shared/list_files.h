/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file list_files.h
 * @brief What shared_list.c and reload.c share: list files in shared memory
 */

#ifndef CORS_SHARED_LIST_FILES_H
#define CORS_SHARED_LIST_FILES_H

#include "core/base/problem.h"
#include "core/origin/list_file.h"
#include "core/origin/origin.h"
#include "core/origin/origin_source.h"
#include "core/origin/shared_table.h"
#include "httpd/httpd.h"
#include "httpd/shared/stamp.h"

/** A list that has shrunk suspiciously is loaded after this time, in microseconds. */
#define CORS_FILE_HELD apr_time_from_sec(30)

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
    apr_array_header_t *notices; /* see shared_list.c */
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

#endif /* CORS_SHARED_LIST_FILES_H */
