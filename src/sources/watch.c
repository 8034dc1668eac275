/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Keeps the file of one source up to date: starts its program, passes what it prints to
 * the copy (frame_copy.c), and decides when it has failed. Nothing here waits: the loop of
 * loop.c calls it when there is something to read or a time has come. A reading of a
 * database (database.c) is a process that prints one frame, so it is treated as a program.
 *
 * Any error ends the program, because nothing that it prints after that can be trusted. It
 * is started again after a pause, which grows from one second to a minute while it fails,
 * and varies, so that many servers do not ask a database at the same moment.
 */

#include "sources/watch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/base/clock.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

#define PAUSE_LEAST apr_time_from_sec(1)
#define PAUSE_MOST apr_time_from_sec(60)

/* The time for a program to end after SIGTERM, or after it has closed its output. */
#define PATIENCE apr_time_from_sec(2)

/* The same error is logged once in this time. */
#define LOG_INTERVAL apr_time_from_sec(60)

#define READ_BYTES 65536
/* After the end of a program: more than a pipe can hold. A process that has left the
 * program's group may still have the pipe, and print for ever. */
#define READS_AT_END 64

/* --- log */

static void log_error(cors_watch_t *watch, const char *reason)
{
    const apr_time_t now = cors_clock();
    char more[60] = "";

    if (watch->logged_at && strcmp(reason, watch->error) == 0
        && now - watch->logged_at < LOG_INTERVAL) {
        watch->omitted++;
        return;
    }
    if (watch->omitted > 0) {
        apr_snprintf(more, sizeof(more), " (%u more errors were not logged)",
                     watch->omitted);
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, watch->server,
                 "CorsOriginSource %s: %s: %s; the file stays as it is%s",
                 watch->source->name, watch->source->label, reason, more);
    apr_cpystrn(watch->error, reason, sizeof(watch->error));
    watch->logged_at = now;
    watch->omitted = 0;
}

static void log_frame(const cors_watch_t *watch, bool same)
{
    int level = watch->pause > 0 ? APLOG_NOTICE : APLOG_INFO;

    if (same && watch->pause == 0) {
        level = APLOG_DEBUG;
    }
    ap_log_error(APLOG_MARK, level, 0, watch->server,
                 "CorsOriginSource %s: %s has %s%s %s list: %" APR_SIZE_T_FMT
                 " lines, version %s",
                 watch->source->name, watch->source->label,
                 watch->pause > 0 ? "recovered and " : "",
                 watch->report ? "given" : "printed",
                 same ? "the same" : "a new",
                 cors_frame_copy_lines(watch->copy),
                 cors_frame_copy_version(watch->copy));
}

/* Log that a database has the known version. */
static void log_unchanged(const cors_watch_t *watch)
{
    ap_log_error(APLOG_MARK, watch->pause > 0 ? APLOG_NOTICE : APLOG_DEBUG, 0,
                 watch->server,
                 "CorsOriginSource %s: %s %s: the version is still %s",
                 watch->source->name, watch->source->label,
                 watch->pause > 0 ? "has recovered" : "was asked",
                 cors_frame_copy_version(watch->copy));
}

/* --- the end of a program */

/* Returns the pause after one more failure, between 1 and 1.25 times the base. */
static apr_interval_time_t next_pause(cors_watch_t *watch)
{
    unsigned char chance = 0;

    if (watch->pause == 0) {
        watch->pause = PAUSE_LEAST;
    }
    else if (watch->pause < PAUSE_MOST / 2) {
        watch->pause *= 2;
    }
    else {
        watch->pause = PAUSE_MOST;
    }
    apr_generate_random_bytes(&chance, 1);
    return watch->pause + watch->pause / 4 * chance / 255;
}

/* End a program that has failed, or that could not be started. */
static void fail(cors_watch_t *watch, const char *reason)
{
    const apr_time_t now = cors_clock();

    if (watch->failed) {
        return;
    }
    log_error(watch, reason);
    watch->failed = true;
    if (watch->printed) {
        watch->known.known = false; /* of an earlier list */
    }
    watch->deadline = 0;
    cors_frame_copy_drop(watch->copy);
    cors_program_close_output(&watch->program);
    cors_program_signal(&watch->program, SIGTERM);
    watch->kill_at = now + PATIENCE;
    watch->start_at = now + next_pause(watch);
}

/* Returns what runs for a source, for log lines. */
static const char *noun(const cors_watch_t *watch)
{
    return watch->report ? "the reading" : "the program";
}

/* Describe how a program has ended. */
static void describe_end(const cors_watch_t *watch, char *text, apr_size_t size,
                         int status)
{
    if (WIFSIGNALED(status)) {
        apr_snprintf(text, size, "%s was ended by signal %d", noun(watch),
                     WTERMSIG(status));
    }
    else if (watch->report && watch->report->error[0] && status != 0) {
        apr_cpystrn(text, watch->report->error, size);
    }
    else if (WEXITSTATUS(status) == 126 && !watch->report) {
        apr_cpystrn(text,
                    "the program ended with status 126; perhaps the user "
                    "of httpd's children may not execute it",
                    size);
    }
    else {
        apr_snprintf(text, size, "%s ended with status %d", noun(watch),
                     WEXITSTATUS(status));
    }
}

/* Add that a frame is incomplete, unless a reading has reported an error. */
static void describe_rest(const cors_watch_t *watch, char *text,
                          apr_size_t size)
{
    const apr_size_t end = strlen(text);

    if (!watch->report || !watch->report->error[0]) {
        apr_snprintf(text + end, size - end,
                     " in the middle of a frame, after %" APR_SIZE_T_FMT
                     " lines",
                     cors_frame_copy_lines(watch->copy));
    }
}

/* A reading has succeeded: note the version of the list in the file. */
static void note_version(cors_watch_t *watch)
{
    const cors_database_t *database = watch->source->database;

    if (watch->printed) {
        watch->known = watch->report->version;
        watch->full_at = cors_clock() + database->full;
    }
    else if (!cors_frame_copy_confirm(watch->copy)) {
        /* another process has changed the file: write it again */
        watch->known.known = false;
        watch->start_at = cors_clock();
    }
    else {
        log_unchanged(watch);
    }
    watch->pause = 0;
}

/* Returns whether a reading has found the version that the list in the file has. */
static bool is_unchanged(const cors_watch_t *watch)
{
    return watch->report && watch->report->unchanged && watch->known.known;
}

/* Log the unfinished line, and read no more of the standard error. */
static void close_error(cors_watch_t *watch)
{
    cors_error_lines_end(&watch->lines, watch->source, watch->server);
    cors_program_close_error(&watch->program);
}

/* The program has ended: decide whether that was right. */
static void take_end(cors_watch_t *watch, int status)
{
    char reason[sizeof(watch->error)];

    *watch->group = 0;
    watch->kill_at = 0;
    /* what it has printed before its end */
    cors_watch_read_error(watch);
    close_error(watch);
    cors_watch_read(watch);
    cors_program_close_output(&watch->program);
    if (watch->failed) {
        return;
    }
    describe_end(watch, reason, sizeof(reason), status);
    if (cors_frame_copy_is_open(watch->copy)) {
        describe_rest(watch, reason, sizeof(reason));
        fail(watch, reason);
    }
    else if (status != 0) {
        fail(watch, reason);
    }
    else if (!watch->printed && !is_unchanged(watch)) {
        apr_snprintf(reason, sizeof(reason), "%s ended without a frame",
                     noun(watch));
        fail(watch, reason);
    }
    else {
        watch->start_at = cors_clock() + watch->source->refresh;
        watch->deadline = 0;
        if (watch->report) {
            note_version(watch);
        }
    }
}

/* --- reading */

/* Pass what was read to the copy, which takes one frame at a time. */
static void take_bytes(cors_watch_t *watch, cors_slice_t bytes)
{
    while (bytes.len > 0 && !watch->failed) {
        const bool open = cors_frame_copy_is_open(watch->copy);
        const cors_copy_e state = cors_frame_copy_add(watch->copy, &bytes);

        if (state == CORS_COPY_FAILED) {
            fail(watch, cors_frame_copy_reason(watch->copy));
        }
        else if (state == CORS_COPY_MORE) {
            if (!open && watch->printed) {
                watch->deadline = cors_clock() + watch->source->timeout;
            }
        }
        else {
            log_frame(watch, state == CORS_COPY_SAME);
            watch->printed = true;
            watch->deadline = 0;
            watch->pause = 0;
        }
    }
}

typedef void (*take_fn)(cors_watch_t *watch, cors_slice_t bytes);

static void take_error(cors_watch_t *watch, cors_slice_t bytes)
{
    cors_error_lines_add(&watch->lines, watch->source, watch->server, bytes.ptr,
                         bytes.len);
}

/* Read what is in a pipe of the program, unless it is closed. While the program runs, read
 * only once, so that the other sources have their turn. Returns whether the pipe has ended.
 *
 * end: of the pipe; take may close it */
static bool read_pipe(cors_watch_t *watch, const int *end, take_fn take)
{
    static char bytes[READ_BYTES];
    int reads = watch->program.pid == 0 ? READS_AT_END : 1;
    ssize_t got = 0;

    if (*end < 0) {
        return false;
    }
    do {
        got = read(*end, bytes, sizeof(bytes));
        if (got > 0) {
            const cors_slice_t text = { bytes, (apr_size_t)got };

            take(watch, text);
        }
    } while ((got < 0 && errno == EINTR)
             || (got > 0 && --reads > 0 && *end >= 0));
    return got == 0;
}

void cors_watch_read(cors_watch_t *watch)
{
    if (read_pipe(watch, &watch->program.output, take_bytes)) {
        cors_program_close_output(&watch->program);
        /* it must end now; take_end() decides whether it has failed */
        watch->deadline = cors_clock() + PATIENCE;
    }
}

void cors_watch_read_error(cors_watch_t *watch)
{
    if (read_pipe(watch, &watch->program.error, take_error)) {
        /* a program may close it, and go on */
        close_error(watch);
    }
}

/* --- times */

/* Start a reading of a database. */
static apr_status_t start_reading(cors_watch_t *watch, apr_time_t now)
{
    cors_reading_t reading;

    memset(&reading, 0, sizeof(reading));
    reading.database = watch->source->database;
    reading.timeout = watch->source->timeout;
    reading.report = watch->report;
    if (watch->known.known && now < watch->full_at) {
        reading.known = watch->known;
    }
    memset(watch->report, 0, sizeof(*watch->report));
    return cors_program_call(&watch->program, cors_database_read, &reading);
}

static void start(cors_watch_t *watch, apr_time_t now)
{
    apr_status_t status;
    char reason[200];

    watch->printed = false;
    watch->failed = false;
    watch->kill_at = 0;
    watch->deadline = now + watch->source->timeout;
    status = watch->report
                 ? start_reading(watch, now)
                 : cors_program_start(&watch->program, watch->source->argv);
    if (status != APR_SUCCESS) {
        char text[120];

        apr_snprintf(reason, sizeof(reason), "%s cannot be started: %s",
                     noun(watch), apr_strerror(status, text, sizeof(text)));
        fail(watch, reason);
        return;
    }
    *watch->group = watch->program.pid;
}

/* Describe where a reading was at its deadline. */
static void describe_stage(const cors_watch_t *watch, char *text,
                           apr_size_t size)
{
    static const char *const stages[CORS_STAGE_COUNT] = {
        "it was connecting", "it was in the query of the version",
        "it was waiting for the first row", "it stopped"
    };
    const int stage = watch->report->stage;
    apr_size_t len;

    apr_snprintf(text, size, "no complete list within the timeout: %s",
                 stage >= 0 && stage < CORS_STAGE_COUNT ? stages[stage] : "");
    len = strlen(text);
    if (stage == CORS_STAGE_ROWS) {
        apr_snprintf(text + len, size - len, " after %" APR_SIZE_T_FMT " rows",
                     cors_frame_copy_lines(watch->copy));
    }
}

static void check_deadline(cors_watch_t *watch, apr_time_t now)
{
    char reason[120];

    if (watch->deadline && now >= watch->deadline) {
        if (watch->program.output < 0) {
            apr_snprintf(reason, sizeof(reason),
                         "%s has closed its output and does not end",
                         noun(watch));
        }
        else if (watch->report) {
            describe_stage(watch, reason, sizeof(reason));
        }
        else {
            apr_cpystrn(reason, "no complete frame within the timeout",
                        sizeof(reason));
        }
        fail(watch, reason);
    }
    if (watch->kill_at && now >= watch->kill_at) {
        cors_program_signal(&watch->program, SIGKILL);
        watch->kill_at = 0;
    }
}

/* Returns memory that a reading shares with this process; NULL: there is none. */
static cors_reading_report_t *make_report(void)
{
    void *memory =
        mmap(NULL, sizeof(cors_reading_report_t), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

bool cors_watch_open(cors_watch_t *watch, apr_pool_t *p, server_rec *server,
                     const cors_list_source_t *source, volatile pid_t *group)
{
    memset(watch, 0, sizeof(*watch));
    watch->source = source;
    watch->server = server;
    watch->copy = cors_frame_copy_make(p, source);
    watch->program.output = -1;
    watch->program.error = -1;
    watch->group = group;
    watch->start_at = cors_clock();
    /* The first process of this group was killed with the last refresher, but not what it
     * had started. The number is from this moment or a few seconds ago, so the kernel has
     * not given it to another process. */
    if (*group > 0) {
        kill(-*group, SIGKILL);
        *group = 0;
    }
    unlink(source->temporary);
    if (source->database) {
        watch->report = make_report();
    }
    return !source->database || watch->report;
}

apr_time_t cors_watch_run(cors_watch_t *watch, apr_time_t now)
{
    apr_time_t next = now + apr_time_from_sec(3600);
    int status;

    if (cors_program_has_ended(&watch->program, &status)) {
        take_end(watch, status);
    }
    if (watch->program.pid == 0) {
        if (now < watch->start_at) {
            return watch->start_at;
        }
        start(watch, now);
    }
    check_deadline(watch, now);
    if (watch->program.pid == 0) {
        return watch->start_at;
    }
    if (watch->deadline) {
        next = watch->deadline;
    }
    if (watch->kill_at && watch->kill_at < next) {
        next = watch->kill_at;
    }
    return next;
}

void cors_watch_stop(cors_watch_t *watch, bool by_force)
{
    cors_frame_copy_drop(watch->copy);
    cors_program_signal(&watch->program, by_force ? SIGKILL : SIGTERM);
    if (by_force) {
        cors_watch_read_error(watch);
        close_error(watch);
    }
}
