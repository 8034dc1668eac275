/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file watch.h
 * @brief One source in the refresher: when it is read, and what becomes of its frames
 */

#ifndef CORS_SOURCES_WATCH_H
#define CORS_SOURCES_WATCH_H

#include <sys/types.h>

#include "sources/database.h"
#include "sources/error_lines.h"
#include "sources/frame_copy.h"
#include "sources/program.h"
#include "sources/source.h"

/** A source that is kept up to date. All times are those of cors_clock(). */
typedef struct {
    const cors_list_source_t *source;
    server_rec *server;
    cors_frame_copy_t *copy;
    cors_program_t program;
    /* the group of the program, for the next refresher if this one is killed; 0: none */
    volatile pid_t *group;
    /* of a database: its readings, the version of the list in the file, and when the list is
     * read although the version is the same */
    cors_reading_report_t *report;
    cors_version_t known;
    apr_time_t full_at;
    /* when the program is started next */
    apr_time_t start_at;
    /* when it is ended because a frame takes too long; 0: no frame is due */
    apr_time_t deadline;
    /* when it is killed because it does not end; 0: it need not end */
    apr_time_t kill_at;
    /* since it was started: it has printed a frame; it has failed */
    bool printed;
    bool failed;
    /* the pause after the last failure; 0: the last frame was good */
    apr_interval_time_t pause;
    /* the last error that was logged, when, and how often it has occurred since */
    char error[300];
    apr_time_t logged_at;
    apr_uint32_t omitted;
    /* what its programs print to their standard error */
    cors_error_lines_t lines;
} cors_watch_t;

/**
 * Begin to keep a source up to date. What applies to a program here also applies to a reading
 * of a database: it is a process that prints one frame, or none if nothing has changed.
 *
 * @param group  in memory that the next refresher has as well; a group that is in it is
 *   killed
 * @return false: there is no memory
 */
bool cors_watch_open(cors_watch_t *watch, apr_pool_t *p, server_rec *server,
                     const cors_list_source_t *source, volatile pid_t *group);

/**
 * Start or end the program if it is time.
 *
 * @return when this function must be called again at the latest
 */
apr_time_t cors_watch_run(cors_watch_t *watch, apr_time_t now);

/** Read what the program has printed, without blocking. */
void cors_watch_read(cors_watch_t *watch);

/** Read what the program has printed to its standard error, without blocking, and log it. */
void cors_watch_read_error(cors_watch_t *watch);

/**
 * End the program: with SIGTERM, or by force with SIGKILL. By force, its unfinished line of
 * standard error is logged as well, because this is the last call.
 */
void cors_watch_stop(cors_watch_t *watch, bool by_force);

#endif /* CORS_SOURCES_WATCH_H */
