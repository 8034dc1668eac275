/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the state ("stamp") and the text of a file. The parent and the child that
 * reloads must compare files in the same way, so these system calls are made in this
 * file only. It does not parse lists.
 *
 * A path may name any kind of file, and another one a moment later. So only regular
 * files are opened, without blocking, and their state is checked again through the
 * descriptor. A text is valid only if the file had the same state before and after it
 * was read.
 */

#include "httpd/shared/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((apr_int64_t)1 << 30) /* bytes */

#define NANOSECONDS APR_INT64_C(1000000000)

static apr_int64_t nanoseconds(const struct timespec *time)
{
    return (apr_int64_t)time->tv_sec * NANOSECONDS + time->tv_nsec;
}

static cors_stamp_t stamp_of(const struct stat *info)
{
    cors_stamp_t stamp;

    memset(&stamp, 0, sizeof(stamp));
    stamp.mtime = nanoseconds(&info->st_mtim);
    stamp.ctime = nanoseconds(&info->st_ctim);
    stamp.size = (apr_int64_t)info->st_size;
    stamp.inode = (apr_uint64_t)info->st_ino;
    stamp.device = (apr_uint64_t)info->st_dev;
    return stamp;
}

bool cors_stamp_equal(const cors_stamp_t *a, const cors_stamp_t *b)
{
    return a->mtime == b->mtime && a->ctime == b->ctime && a->size == b->size
           && a->inode == b->inode && a->device == b->device;
}

bool cors_stamp_is_none(const cors_stamp_t *stamp)
{
    const cors_stamp_t none = { 0, 0, 0, 0, 0 };

    return cors_stamp_equal(stamp, &none);
}

bool cors_stamp_is_older(const cors_stamp_t *stamp, apr_time_t age)
{
    /* a copy can keep the original's mtime, but not its ctime */
    apr_int64_t newest =
        stamp->mtime > stamp->ctime ? stamp->mtime : stamp->ctime;

    return newest / 1000 <= apr_time_now() - age;
}

/* Returns what kind of file it is; NULL: a regular file. */
static const char *describe_kind(mode_t mode)
{
    if (S_ISREG(mode)) {
        return NULL;
    }
    if (S_ISDIR(mode)) {
        return "it is a directory";
    }
    if (S_ISFIFO(mode)) {
        return "it is a FIFO";
    }
    if (S_ISSOCK(mode)) {
        return "it is a socket";
    }
    if (S_ISLNK(mode)) {
        return "it is a symbolic link";
    }
    return "it is a device";
}

apr_status_t cors_stamp_file(const char *path, bool links, cors_stamp_t *stamp,
                             const char **detail)
{
    struct stat info;

    memset(stamp, 0, sizeof(*stamp));
    *detail = NULL;
    if ((links ? stat(path, &info) : lstat(path, &info)) != 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    *detail = describe_kind(info.st_mode);
    if (*detail) {
        return APR_EINVAL;
    }
    *stamp = stamp_of(&info);
    return APR_SUCCESS;
}

/* Read a given number of bytes. If there are fewer, the file was truncated
 * meanwhile. */
static apr_status_t read_bytes(int descriptor, char *bytes, apr_size_t size)
{
    apr_size_t done = 0;

    while (done < size) {
        ssize_t got = read(descriptor, bytes + done, size - done);

        if (got < 0 && errno != EINTR) {
            return APR_FROM_OS_ERROR(errno);
        }
        if (got == 0) {
            return APR_EAGAIN;
        }
        done += got > 0 ? (apr_size_t)got : 0;
    }
    return APR_SUCCESS;
}

static bool still_has(int descriptor, const cors_stamp_t *stamp)
{
    struct stat info;
    cors_stamp_t now;

    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        return false;
    }
    now = stamp_of(&info);
    return cors_stamp_equal(&now, stamp);
}

apr_status_t cors_read_stamped(apr_pool_t *p, const char *path,
                               const cors_stamp_t *stamp, cors_slice_t *text)
{
    apr_size_t size = (apr_size_t)stamp->size;
    apr_status_t status;
    cors_stamp_t after;
    const char *detail;
    char *bytes;
    int descriptor;

    if (stamp->size > FILE_MAX) {
        return APR_FROM_OS_ERROR(EFBIG);
    }
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (!still_has(descriptor, stamp)) {
        close(descriptor);
        return APR_EAGAIN;
    }
    bytes = apr_palloc(p, size + 1);
    status = read_bytes(descriptor, bytes, size);
    if (status == APR_SUCCESS && !still_has(descriptor, stamp)) {
        status = APR_EAGAIN;
    }
    close(descriptor);
    if (status == APR_SUCCESS
        && (cors_stamp_file(path, true, &after, &detail) != APR_SUCCESS
            || !cors_stamp_equal(stamp, &after))) {
        status = APR_EAGAIN;
    }
    text->ptr = bytes;
    text->len = size;
    return status;
}

bool cors_file_begins_frame(const char *path)
{
    static const char prefix[] = "\xef\xbb\xbf";
    char bytes[16] = "";
    cors_slice_t start = { bytes, 0 };
    ssize_t got;
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (descriptor < 0) {
        return false;
    }
    got = pread(descriptor, bytes, sizeof(bytes), 0);
    close(descriptor);
    start.len = got > 0 ? (apr_size_t)got : 0;
    if (cors_slice_has_prefix(start, prefix)) {
        start.ptr += sizeof(prefix) - 1;
        start.len -= sizeof(prefix) - 1;
    }
    return cors_slice_has_prefix(start, "begin ");
}
