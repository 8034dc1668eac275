/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Copies of the last good lists, for a start that finds a list file while it is being
 * written, or a provider's file with an error. This is the only part of the module that
 * writes to disk. It does not parse lists.
 *
 * The copies are in a subdirectory of httpd's runtime directory that only the parent's
 * user may enter, and only the parent writes there, so a compromised child cannot forge
 * a copy. A copy contains the path of its list file, so that it cannot be used for
 * another file, and a hash and the size of its text, so that damage is detected. When
 * the children load a newer list, the parent removes the copy. Otherwise a stale copy
 * could allow an origin again that was removed from the list. Only the file of a provider
 * is then copied again; the children's user can write that file anyway.
 */

#include "httpd/shared/last_good.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/base/hash.h"
#include "httpd/shared/stamp.h"

#define DIRECTORY "cors_policy"
#define HEAD_MAX 8192 /* bytes of the first line, including the path */

/* The first line of a copy. */
#define HEAD                                                                   \
    "cors-policy-last-good 1 %016" APR_UINT64_T_HEX_FMT " %" APR_SIZE_T_FMT    \
    " %s\n"

static apr_status_t last_error(void)
{
    return APR_FROM_OS_ERROR(errno);
}

/* Returns whether a file belongs to this user and others cannot modify it; for a
 * directory, whether others cannot even enter it. */
static bool is_private(const struct stat *info)
{
    mode_t forbidden = S_ISDIR(info->st_mode) ? 077 : 022;

    return info->st_uid == geteuid() && (info->st_mode & forbidden) == 0;
}

/* Open the directory, and create it first if @a make is set and it does not exist.
 * Returns -1 and sets errno if it cannot be used. */
static int open_directory(apr_pool_t *p, bool make)
{
    const char *path = ap_runtime_dir_relative(p, DIRECTORY);
    struct stat info;
    int directory;

    if (!path) {
        errno = ENOENT;
        return -1;
    }
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
        return -1;
    }
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) {
        return -1;
    }
    if (fstat(directory, &info) != 0 || !is_private(&info)) {
        close(directory);
        errno = EPERM;
        return -1;
    }
    return directory;
}

static const char *name_of(apr_pool_t *p, const char *path)
{
    return apr_psprintf(p, "%016" APR_UINT64_T_HEX_FMT ".copy",
                        cors_hash_text(0, cors_slice(path)));
}

static const char *head_of(apr_pool_t *p, const char *path, cors_slice_t text)
{
    return apr_psprintf(p, HEAD, cors_hash_text(0, text), text.len, path);
}

/* Set the time of a copy to that of its list. A copy without it only seems newer or older
 * than its list is, so a failure is not an error. */
static void set_time(int directory, const char *name, apr_time_t dated)
{
    const struct timespec time = { (time_t)apr_time_sec(dated),
                                   (long)apr_time_usec(dated) * 1000 };
    const struct timespec times[2] = { time, time };

    (void)!utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Read a private regular file of the directory, up to @a most bytes. */
static apr_status_t read_private(apr_pool_t *p, int directory, const char *name,
                                 apr_size_t most, cors_slice_t *text,
                                 apr_time_t *dated)
{
    int file =
        openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    apr_status_t status = APR_SUCCESS;
    struct stat info;
    char *bytes;

    if (file < 0) {
        return last_error();
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || !is_private(&info)
        || info.st_nlink != 1) {
        close(file);
        return APR_EINVAL;
    }
    *dated =
        apr_time_from_sec(info.st_mtim.tv_sec) + info.st_mtim.tv_nsec / 1000;
    text->len =
        (apr_size_t)info.st_size < most ? (apr_size_t)info.st_size : most;
    bytes = apr_palloc(p, text->len + 1);
    text->ptr = bytes;
    while (status == APR_SUCCESS && bytes < text->ptr + text->len) {
        ssize_t got =
            read(file, bytes, (apr_size_t)(text->ptr + text->len - bytes));

        if (got > 0) {
            bytes += got;
        }
        else if (got == 0 || errno != EINTR) {
            status = APR_EGENERAL;
        }
    }
    close(file);
    return status;
}

static apr_status_t write_all(int file, cors_slice_t text)
{
    while (text.len > 0) {
        ssize_t put = write(file, text.ptr, text.len);

        if (put < 0 && errno != EINTR) {
            return last_error();
        }
        if (put > 0) {
            text.ptr += put;
            text.len -= (apr_size_t)put;
        }
    }
    return APR_SUCCESS;
}

/* Write to a temporary name and rename it. The name contains the process id, because
 * two servers may use the same directory. */
static apr_status_t write_copy(apr_pool_t *p, int directory, const char *name,
                               const char *head, cors_slice_t text)
{
    const char *own = apr_psprintf(p, "%s.%ld.new", name, (long)getpid());
    apr_status_t status;
    int file;

    unlinkat(directory, own, 0);
    file = openat(directory, own,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return last_error();
    }
    status = write_all(file, cors_slice(head));
    if (status == APR_SUCCESS) {
        status = write_all(file, text);
    }
    if (status == APR_SUCCESS && fsync(file) != 0) {
        status = last_error();
    }
    if (close(file) != 0 && status == APR_SUCCESS) {
        status = last_error();
    }
    if (status == APR_SUCCESS
        && renameat(directory, own, directory, name) != 0) {
        status = last_error();
    }
    if (status != APR_SUCCESS) {
        unlinkat(directory, own, 0);
    }
    return status;
}

apr_status_t cors_last_good_write(apr_pool_t *p, const char *path,
                                  cors_slice_t text, apr_time_t dated)
{
    const char *name = name_of(p, path);
    const char *head = head_of(p, path, text);
    cors_slice_t before = { NULL, 0 };
    apr_time_t unused;
    apr_status_t status;
    int directory;

    if (strlen(head) > HEAD_MAX) {
        return APR_ENAMETOOLONG;
    }
    directory = open_directory(p, true);
    if (directory < 0) {
        return last_error();
    }
    if (read_private(p, directory, name, strlen(head), &before, &unused)
            == APR_SUCCESS
        && cors_slice_is(before, head)) {
        status = APR_SUCCESS;
    }
    else {
        status = write_copy(p, directory, name, head, text);
    }
    if (status == APR_SUCCESS) {
        set_time(directory, name, dated);
    }
    close(directory);
    return status;
}

apr_status_t cors_last_good_read(apr_pool_t *p, const char *path,
                                 cors_slice_t *text, apr_time_t *dated)
{
    int directory = open_directory(p, false);
    cors_slice_t copy = { NULL, 0 };
    apr_status_t status;
    const char *end;

    if (directory < 0) {
        return last_error();
    }
    status = read_private(p, directory, name_of(p, path),
                          ((apr_size_t)1 << 30) + HEAD_MAX, &copy, dated);
    close(directory);
    if (status != APR_SUCCESS) {
        return status;
    }
    end = copy.len > 0 ? memchr(copy.ptr, '\n', copy.len) : NULL;
    if (!end) {
        return APR_EGENERAL;
    }
    text->ptr = end + 1;
    text->len = (apr_size_t)(copy.ptr + copy.len - text->ptr);
    copy.len -= text->len;
    /* compare with the first line that a copy of this text and path must have */
    if (cors_slice_equal(copy, cors_slice(head_of(p, path, *text)))) {
        return APR_SUCCESS;
    }
    return APR_EGENERAL;
}

void cors_last_good_remove(apr_pool_t *p, const char *path)
{
    int directory = open_directory(p, false);

    if (directory >= 0) {
        unlinkat(directory, name_of(p, path), 0);
        close(directory);
    }
}
