/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Copies a frame line by line to a file with another name, and renames it when the frame
 * is complete. It is a part of its own because it knows neither processes nor time.
 *
 * The frame is checked while it is copied, so a program cannot fill memory or the disk: a
 * line, and the frame as a whole, have a maximum size, and the memory is allocated once.
 * The last line of a frame is the first one that begins with "end", because no line of a
 * list does. The parser of these lines is that of mod_cors_policy, which reads the file.
 *
 * The directory belongs to the user that this process runs as, but other processes of the
 * user may write there: no file is opened that could be a link or block.
 */

#include "sources/frame_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/origin/frame.h"

#define LINE_MAX_BYTES 8192
#define CONFIRM_SECONDS 10
#define BUFFER 65536

struct cors_frame_copy_t {
    const cors_list_source_t *source;
    int file; /* -1: none */
    /* the present line, without its LF */
    apr_size_t line_length;
    char line[LINE_MAX_BYTES];
    /* the lines between, and all bytes of the frame */
    apr_size_t lines;
    apr_off_t bytes;
    char version[CORS_FRAME_VERSION_MAX + 1];
    char reason[200];
    /* the file after the last frame; st_mode 0: there was none */
    struct stat last;
    /* what was not written yet; or for comparing two files */
    apr_size_t pending;
    char buffer[BUFFER];
    char other[BUFFER];
};

cors_frame_copy_t *cors_frame_copy_make(apr_pool_t *p,
                                        const cors_list_source_t *source)
{
    cors_frame_copy_t *copy = apr_pcalloc(p, sizeof(*copy));

    copy->source = source;
    copy->file = -1;
    return copy;
}

bool cors_frame_copy_is_open(const cors_frame_copy_t *copy)
{
    return copy->file >= 0 || copy->line_length > 0;
}

apr_size_t cors_frame_copy_lines(const cors_frame_copy_t *copy)
{
    return copy->lines;
}

const char *cors_frame_copy_version(const cors_frame_copy_t *copy)
{
    return copy->version;
}

const char *cors_frame_copy_reason(const cors_frame_copy_t *copy)
{
    return copy->reason;
}

void cors_frame_copy_drop(cors_frame_copy_t *copy)
{
    if (copy->file >= 0) {
        close(copy->file);
        copy->file = -1;
        unlink(copy->source->temporary);
    }
    copy->line_length = 0;
    copy->lines = 0;
    copy->bytes = 0;
    copy->pending = 0;
}

/* Note why the copy failed. */
static bool fail(cors_frame_copy_t *copy, const char *reason)
{
    const apr_size_t line = copy->file < 0 ? 1 : copy->lines + 2;

    apr_snprintf(copy->reason, sizeof(copy->reason),
                 "line %" APR_SIZE_T_FMT " of a frame: %s", line, reason);
    return false;
}

/* Note which call failed for a file. */
static bool fail_call(cors_frame_copy_t *copy, const char *what,
                      const char *path)
{
    char text[80];

    apr_strerror(APR_FROM_OS_ERROR(errno), text, sizeof(text));
    apr_snprintf(copy->reason, sizeof(copy->reason), "cannot %s %s: %s", what,
                 path, text);
    return false;
}

/* --- writing */

static bool flush(cors_frame_copy_t *copy)
{
    const char *next = copy->buffer;

    while (copy->pending > 0) {
        ssize_t put = write(copy->file, next, copy->pending);

        if (put < 0 && errno != EINTR) {
            return fail_call(copy, "write", copy->source->temporary);
        }
        if (put > 0) {
            next += put;
            copy->pending -= (apr_size_t)put;
        }
    }
    return true;
}

/* Write the present line. */
static bool put_line(cors_frame_copy_t *copy)
{
    const apr_size_t length = copy->line_length;

    copy->line_length = 0;
    if (copy->pending + length + 1 > sizeof(copy->buffer) && !flush(copy)) {
        return false;
    }
    memcpy(copy->buffer + copy->pending, copy->line, length);
    copy->buffer[copy->pending + length] = '\n';
    copy->pending += length + 1;
    return true;
}

static bool open_file(cors_frame_copy_t *copy)
{
    const char *path = copy->source->temporary;

    /* left by a refresher that was killed */
    unlink(path);
    copy->file =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return copy->file >= 0 || fail_call(copy, "create", path);
}

/* Read up to a buffer. Returns the number of bytes; -1 on an error. */
static ssize_t read_block(int file, char *bytes)
{
    apr_size_t done = 0;

    while (done < BUFFER) {
        ssize_t got = read(file, bytes + done, BUFFER - done);

        if (got < 0 && errno != EINTR) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += got > 0 ? (apr_size_t)got : 0;
    }
    return (ssize_t)done;
}

static bool have_same_bytes(cors_frame_copy_t *copy, int a, int b)
{
    for (;;) {
        ssize_t got = read_block(a, copy->buffer);

        if (got < 0 || got != read_block(b, copy->other)
            || memcmp(copy->buffer, copy->other, (apr_size_t)got) != 0) {
            return false;
        }
        if (got < BUFFER) {
            return true;
        }
    }
}

/* Open a regular file of a certain size for reading. Returns -1 for any other file. */
static int open_regular(const char *path, apr_off_t size)
{
    int file =
        open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info;

    if (file >= 0
        && (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)
            || info.st_size != size)) {
        close(file);
        return -1;
    }
    return file;
}

/* If the file has the same frame, set its modification time. */
static bool touch_if_same(cors_frame_copy_t *copy)
{
    int old = open_regular(copy->source->path, copy->bytes);
    int new =
        old >= 0 ? open_regular(copy->source->temporary, copy->bytes) : -1;
    bool same = new >= 0 && have_same_bytes(copy, old, new)
                && futimens(old, NULL) == 0 && fstat(old, &copy->last) == 0;

    if (new >= 0) {
        close(new);
    }
    if (old >= 0) {
        close(old);
    }
    return same;
}

/* Returns whether two files are one, and it was not written to. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino
           && a->st_size == b->st_size && a->st_mtime == b->st_mtime
           && a->st_mode == b->st_mode;
}

bool cors_frame_copy_confirm(cors_frame_copy_t *copy)
{
    const int file = copy->last.st_mode
                         ? open_regular(copy->source->path, copy->last.st_size)
                         : -1;
    struct stat info;
    const time_t now = time(NULL);
    bool same = file >= 0 && fstat(file, &info) == 0
                && is_same_file(&info, &copy->last);

    if (same
        && (now < info.st_mtime || now - info.st_mtime >= CONFIRM_SECONDS)) {
        same = futimens(file, NULL) == 0 && fstat(file, &copy->last) == 0;
    }
    if (file >= 0) {
        close(file);
    }
    return same;
}

/* --- lines */

static bool take_begin(cors_frame_copy_t *copy, cors_slice_t line)
{
    cors_slice_t version;
    const char *reason = "a frame begins with begin VERSION";

    if (cors_frame_begins(line)) {
        reason = cors_frame_begin(line, &version);
    }
    if (reason) {
        return fail(copy, reason);
    }
    memcpy(copy->version, version.ptr, version.len);
    copy->version[version.len] = '\0';
    return open_file(copy) && put_line(copy);
}

/* The frame is complete and written: replace the file. */
static cors_copy_e replace(cors_frame_copy_t *copy)
{
    struct stat info;
    const bool known = fstat(copy->file, &info) == 0;
    const int written = close(copy->file);

    copy->file = -1;
    if (!known || written != 0) {
        fail_call(copy, "write", copy->source->temporary);
        return CORS_COPY_FAILED;
    }
    if (touch_if_same(copy)) {
        return CORS_COPY_SAME;
    }
    copy->last = info;
    if (rename(copy->source->temporary, copy->source->path) != 0) {
        fail_call(copy, "replace", copy->source->path);
        return CORS_COPY_FAILED;
    }
    return CORS_COPY_NEW;
}

static cors_copy_e finish(cors_frame_copy_t *copy)
{
    cors_copy_e state = CORS_COPY_FAILED;

    if (put_line(copy) && flush(copy)) {
        state = replace(copy);
        if (state != CORS_COPY_NEW) {
            unlink(copy->source->temporary);
        }
    }
    return state;
}

/* Take the present line, which is complete. */
static cors_copy_e take_line(cors_frame_copy_t *copy)
{
    const cors_slice_t line = { copy->line, copy->line_length };
    const char *reason;
    bool good;

    if (copy->file < 0) {
        copy->lines = 0;
        good = take_begin(copy, line);
        return good ? CORS_COPY_MORE : CORS_COPY_FAILED;
    }
    if (!cors_frame_ends(line)) {
        good = put_line(copy);
        copy->lines++;
        return good ? CORS_COPY_MORE : CORS_COPY_FAILED;
    }
    reason = cors_frame_end(line, cors_slice(copy->version), copy->lines);
    if (reason) {
        fail(copy, reason);
        return CORS_COPY_FAILED;
    }
    return finish(copy);
}

/* Append bytes to the present line, which has no LF yet. */
static bool append(cors_frame_copy_t *copy, const char *bytes,
                   apr_size_t length)
{
    if (memchr(bytes, '\0', length)) {
        return fail(copy, "it has a NUL byte");
    }
    if (copy->line_length + length > sizeof(copy->line)) {
        return fail(copy, "it is longer than 8192 bytes");
    }
    memcpy(copy->line + copy->line_length, bytes, length);
    copy->line_length += length;
    return true;
}

cors_copy_e cors_frame_copy_add(cors_frame_copy_t *copy, cors_slice_t *bytes)
{
    cors_copy_e state = CORS_COPY_MORE;

    while (state == CORS_COPY_MORE && bytes->len > 0) {
        const char *end = memchr(bytes->ptr, '\n', bytes->len);
        const apr_size_t length =
            end ? (apr_size_t)(end - bytes->ptr) : bytes->len;
        const apr_size_t used = length + (end ? 1 : 0);

        if (!cors_frame_copy_is_open(copy)) {
            copy->lines = 0;
            copy->bytes = 0;
        }
        copy->bytes += (apr_off_t)used;
        if (copy->bytes > copy->source->max_size) {
            fail(copy, "the frame is larger than max-size");
            return CORS_COPY_FAILED;
        }
        if (!append(copy, bytes->ptr, length)) {
            return CORS_COPY_FAILED;
        }
        bytes->ptr += used;
        bytes->len -= used;
        if (end) {
            state = take_line(copy);
        }
    }
    return state;
}
