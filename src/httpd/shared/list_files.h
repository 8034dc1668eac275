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
#include "httpd/shared/list_options.h"
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

/** Why the list of a file is held back. */
typedef enum {
    CORS_HELD_NOT,
    CORS_HELD_EMPTY, /* it has no entries */
    CORS_HELD_SHRUNK /* for half a minute, see cors_list_shrank() */
} cors_held_e;

/** What is known about one list, for people; see list_state.c. */
typedef struct {
    apr_size_t listed;
    apr_size_t excluded;
    apr_size_t tenants;
    apr_uint64_t sum[2];
    /* lines with an error that were skipped */
    apr_size_t skipped;
    apr_time_t loaded_at;
    /* of the frame; "": none */
    char version[CORS_FRAME_VERSION_MAX + 1];
} cors_list_facts_t;

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
    /* whether an error of the file was logged and the list in force stayed */
    bool bad;
    /* the hash of the text of the list in force, and its numbers of entries */
    apr_uint64_t content;
    apr_size_t listed;
    apr_size_t excluded;
    /* of the list in force and of the one before or after it, by the lowest bit of their
     * numbers */
    cors_list_facts_t facts[2];
    /* when the file was last seen to have the list in force; 0: it has another one. Atomic,
     * like the next member: every child reads them, for people. */
    apr_time_t checked_at;
    /* the time from which the age of the list in force counts, see cors_list_dated();
     * atomic, because every request reads it */
    apr_time_t dated;
    /* failed attempts to load the file */
    apr_uint32_t failures;
    /* for people, too: lines with an error when the file was last read, and why its list
     * is held back, a cors_held_e */
    apr_uint32_t bad_rows;
    apr_uint32_t held_back;
    /* whether it was logged that the list is too old; only the child that reloads */
    bool stale;
} cors_first_page_t;

/**
 * Note whether the file of a list was seen to have the list in force. Only the process that
 * reloads lists calls it.
 *
 * @param at  the time; 0: it has another one
 */
static inline void cors_list_checked(cors_first_page_t *page, apr_time_t at)
{
    __atomic_store_n(&page->checked_at, at, __ATOMIC_RELAXED);
}

/** Count a failed attempt to load a list. Only the process that reloads lists calls it. */
static inline void cors_list_failed(cors_first_page_t *page)
{
    __atomic_fetch_add(&page->failures, 1, __ATOMIC_RELAXED);
    cors_list_checked(page, 0);
}

/** Note why the list of the file is held back, and its number of lines with an error. Only
 * the process that reloads lists calls it. */
static inline void cors_list_noted(cors_first_page_t *page, cors_held_e held,
                                   apr_size_t bad_rows)
{
    __atomic_store_n(&page->held_back, (apr_uint32_t)held, __ATOMIC_RELAXED);
    __atomic_store_n(&page->bad_rows, (apr_uint32_t)bad_rows, __ATOMIC_RELAXED);
}

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
    /* some of its entries have a tenant */
    bool tenants;
    apr_size_t suffix_line;
    char suffix[CORS_ORIGIN_MAX + 1];
    apr_size_t insecure_line;
    char insecure[CORS_ORIGIN_MAX + 1];
} cors_list_t;

/** A list file that the configuration names. */
typedef struct {
    /* of the line that names it first, for messages */
    const char *directive;
    const char *path;
    cors_list_options_t options;
    /* a directive has given the options */
    bool has_options;
    cors_list_t list;
    cors_origin_source_t source;
    /* a policy with credentials uses it */
    bool no_suffix;
    /* a provider keeps it; see cors_provided_file() */
    bool provided;
    /* for the parent: the number of exchanges of the list when it last removed the last good
     * copy; whether a new copy is due, and the earliest time for it */
    apr_uint32_t copy_removed;
    bool copy_wanted;
    apr_time_t next_copy;
    /* when the child that reloads checks it next */
    apr_time_t next_look;
} cors_list_file_t;

/**
 * Note that a file in this state has the list in force. The age of a list counts from the
 * file's modification time, so that it survives a restart, and a program that finds
 * nothing new can touch the file. Times in the future do not count: then it is the time
 * at which the state of the file was last changed, or now.
 */
void cors_list_dated(cors_first_page_t *page, const cors_stamp_t *stamp);

/** @return whether the list in force is older than its options permit at a time */
static inline bool cors_list_is_stale(const cors_list_file_t *file,
                                      apr_time_t now)
{
    return file->options.max_stale > 0
           && now
                      - __atomic_load_n(&file->list.memory.page->dated,
                                        __ATOMIC_RELAXED)
                  > file->options.max_stale;
}

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
    const char *directive; /* that names the file */
    const char *path;
    bool provided;                 /* a provider keeps the file */
    apr_array_header_t *sentences; /* const char * */
    apr_array_header_t *skipped;   /* const char *: of lines that are skipped */
} cors_file_report_t;

/** @return an empty report */
cors_file_report_t cors_file_report(apr_pool_t *p, const char *directive,
                                    const char *path);

/**
 * Add a finding to a report; a cors_line_fn whose context is the report.
 *
 * @param line  counted from 1
 */
void cors_report_line(void *context, apr_size_t line,
                      const cors_finding_t *finding);

/** Add a finding in a line that is skipped, like cors_report_line(). */
void cors_report_skipped(void *context, apr_size_t line,
                         const cors_finding_t *finding);

/** @return how the options say that a text is read into a report */
cors_list_rules_t cors_file_rules(const cors_list_options_t *options);

/**
 * Add an error if a provider keeps a file and it is not a frame.
 *
 * @return whether it was added
 */
bool cors_report_no_frame(cors_file_report_t *report,
                          const cors_origin_file_t *list);

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

/** Copy the facts of the list in force. */
void cors_list_facts(const cors_first_page_t *page, cors_list_facts_t *facts);

/** Set the facts of a list, before the list with this number is published. */
void cors_set_list_facts(cors_first_page_t *page, apr_uint32_t number,
                         const cors_origin_file_t *list);

/** @return the sum of a list as text */
const char *cors_list_sum(apr_pool_t *p, const apr_uint64_t *sum);

/** @return the share in a mapping */
cors_origin_share_t *cors_mapped_share(const cors_first_page_t *page);

/**
 * @return whether a list has shrunk so much that the file may be incomplete: it has
 *   lost all or more than half of its entries, or all its exclusions; never for a frame
 */
bool cors_list_shrank(const cors_first_page_t *page,
                      const cors_origin_file_t *list);

/** @return the message for lines that are skipped */
const char *cors_skipped_text(apr_pool_t *p, const char *path,
                              apr_size_t skipped);

/** @return whether a list without entries must not replace the list in force */
bool cors_list_emptied(const cors_list_options_t *options,
                       const cors_first_page_t *page,
                       const cors_origin_file_t *list);

/** @return the message for an empty list that is held back */
const char *cors_emptied_text(apr_pool_t *p, const char *path,
                              const cors_first_page_t *page);

/** @return the message for a list that is held back */
const char *cors_shrank_text(apr_pool_t *p, const char *path,
                             const cors_first_page_t *page,
                             const cors_origin_file_t *list);

#endif /* CORS_SHARED_LIST_FILES_H */
