/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Injects system failures on request of a test. The library is preloaded into httpd
 * and wraps open, stat, read, mmap, apr_table_get and the clocks. A test requests a
 * fault by a file in the directory CORS_FAULTS: its name is the fault, its text the
 * details; with "once " before the text the fault happens only once. Faults apply to
 * files that end in .origins and to memory mapped as by this module.
 *
 *   open, stat     an errno: the call fails
 *   read           an errno: the call fails; kill: the process kills itself and adds
 *                  its id to the file "killed"; cut: the file is truncated; grow: a
 *                  line is appended to it; report: the process writes its id to the
 *                  file "reading"
 *   list, counts   an errno: mapping memory for a list or for the counts fails
 *   lock           an errno: creating the file of a lock fails
 *   count          die: the process that gets a request crashes when it writes to
 *                  the end of the counts
 *   scribble       first: the process that gets a request overwrites the memory
 *                  before the lists
 *   clock          seconds to add to the time of day; may be negative
 *   elapsed        seconds to add to the monotonic clock
 *
 * With CORS_CLOCK_ONLY only the time of day is wrapped.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef CORS_CLOCK_ONLY
#define PAGE 4096
#define COUNTS_MIN                                                             \
    300000 /* bytes; httpd's scoreboard is smaller in the tests */

static char *counts;
static size_t counts_size;
static char *lists[16];
static size_t lists_count;
#endif

static void *next_function(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (!function) {
        abort();
    }
    return function;
}

static const char *order_path(const char *name, char *path, size_t size)
{
    const char *dir = getenv("CORS_FAULTS");

    if (!dir) {
        return NULL;
    }
    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

/* Whether a test requests a fault; text gets the details. */
static bool is_requested(const char *name, char *text, size_t size)
{
    char path[512];
    int before = errno;
    ssize_t len;
    long fd;

    if (!order_path(name, path, sizeof(path))) {
        return false;
    }
    fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    errno = before;
    if (fd < 0) {
        return false;
    }
    len = syscall(SYS_read, (int)fd, text, size - 1);
    close((int)fd);
    errno = before;
    if (len <= 0) {
        return false;
    }
    text[len] = '\0';
    if (strncmp(text, "once ", 5) == 0) {
        unlink(path);
        memmove(text, text + 5, (size_t)len - 4);
    }
    return true;
}

/* Looks for the file at most fifty times a second, because a busy server reads the clock
 * often. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    static int (*real)(struct timeval *, void *);
    static volatile long long looked;
    static volatile long offset;
    struct timespec steady;
    long long moment;
    char text[32];
    int result;

    if (!real) {
        real = (int (*)(struct timeval *, void *))next_function("gettimeofday");
    }
    result = real(now, zone);
    clock_gettime(CLOCK_MONOTONIC, &steady);
    moment = (long long)steady.tv_sec * 50 + steady.tv_nsec / 20000000;
    if (moment != looked) {
        looked = moment;
        offset = is_requested("clock", text, sizeof(text))
                     ? strtol(text, NULL, 10)
                     : 0;
    }
    now->tv_sec += offset;
    return result;
}

#ifndef CORS_CLOCK_ONLY

static bool is_list(const char *path)
{
    size_t len = strlen(path);

    return len > 8 && strcmp(path + len - 8, ".origins") == 0;
}

/* Whether a call must fail; sets errno if so. */
static bool must_fail(const char *name)
{
    char text[32];

    if (!is_requested(name, text, sizeof(text))) {
        return false;
    }
    errno = atoi(text);
    return true;
}

int open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, ...) =
        (int (*)(const char *, int, ...))next_function("open");
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (is_list(path) && must_fail("open")) {
        return -1;
    }
    return real(path, flags, mode);
}

int mkstemp(char *name)
{
    int (*real)(char *) = (int (*)(char *))next_function("mkstemp");

    /* APR's template for the file of a lock */
    return strstr(name, "/aprXXXXXX") && must_fail("lock") ? -1 : real(name);
}

int stat(const char *restrict path, struct stat *restrict info)
{
    int (*real)(const char *, struct stat *) =
        (int (*)(const char *, struct stat *))next_function("stat");

    if (is_list(path) && must_fail("stat")) {
        return -1;
    }
    return real(path, info);
}

static void spoil_read(const char *how, const char *path)
{
    char mark[512];
    struct stat info;
    FILE *file;

    if (strcmp(how, "kill") == 0 && order_path("killed", mark, sizeof(mark))
        && (file = fopen(mark, "a"))) {
        fprintf(file, "%ld\n", (long)getpid());
        fclose(file);
        raise(SIGKILL);
    }
    else if (strcmp(how, "cut") == 0 && stat(path, &info) == 0) {
        if (truncate(path, info.st_size - 3) != 0) {
            abort();
        }
    }
    else if (strcmp(how, "grow") == 0 && (file = fopen(path, "a"))) {
        fputs("https://grown.example\n", file);
        fclose(file);
    }
    else if (strcmp(how, "report") == 0
             && order_path("reading", mark, sizeof(mark))
             && (file = fopen(mark, "w"))) {
        fprintf(file, "%ld\n", (long)getpid());
        fclose(file);
    }
}

ssize_t read(int fd, void *buffer, size_t size)
{
    ssize_t (*real)(int, void *, size_t) =
        (ssize_t(*)(int, void *, size_t))next_function("read");
    char link[64];
    char path[512];
    char how[32];
    ssize_t len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len > 0) {
        path[len] = '\0';
        if (is_list(path) && is_requested("read", how, sizeof(how))) {
            if (atoi(how) > 0) {
                errno = atoi(how);
                return -1;
            }
            spoil_read(how, path);
        }
    }
    return real(fd, buffer, size);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd,
           off_t offset)
{
    void *(*real)(void *, size_t, int, int, int, off_t) =
        (void *(*)(void *, size_t, int, int, int, off_t))next_function("mmap");
    bool shared = (flags & MAP_SHARED) && (flags & MAP_ANONYMOUS);
    bool is_counts = shared && !(flags & MAP_NORESERVE) && size >= COUNTS_MIN;
    void *memory;

    if (shared && (flags & MAP_NORESERVE) && must_fail("list")) {
        return MAP_FAILED;
    }
    if (is_counts && must_fail("counts")) {
        return MAP_FAILED;
    }
    memory = real(address, size, protection, flags, fd, offset);
    if (is_counts && memory != MAP_FAILED) {
        counts = memory;
        counts_size = size;
    }
    if (shared && !is_counts && (flags & MAP_NORESERVE) && memory != MAP_FAILED
        && lists_count < sizeof(lists) / sizeof(lists[0])) {
        lists[lists_count++] = memory;
    }
    return memory;
}

const char *apr_table_get(const void *table, const char *key)
{
    static const char *(*real)(const void *, const char *);
    const char *value;
    char how[32];

    if (!real) {
        real = (const char *(*)(const void *, const char *))next_function(
            "apr_table_get");
    }
    value = real(table, key);
    if (value && counts && strcasecmp(key, "Host") == 0
        && is_requested("count", how, sizeof(how))) {
        /* the last entries of the lists, which are written under the lock; the
         * limits of the log, after them, stay writable */
        mprotect(counts + (counts_size - 11 * PAGE) / PAGE * PAGE, 10 * PAGE,
                 PROT_READ);
    }
    if (value && lists_count > 0 && strcasecmp(key, "Host") == 0
        && is_requested("scribble", how, sizeof(how))) {
        size_t *words = (size_t *)(void *)lists[lists_count - 1];
        size_t i;

        /* a plausible size of a list */
        for (i = 0; i < PAGE / sizeof(*words); i++) {
            words[i] = (size_t)160 << 20;
        }
    }
    return value;
}

/* The seconds to add to a clock. */
static long seconds_of(const char *name)
{
    char text[32];

    return is_requested(name, text, sizeof(text)) ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    int result;

    if (!real) {
        real = (int (*)(clockid_t, struct timespec *))next_function(
            "clock_gettime");
    }
    result = real(clock, now);
    now->tv_sec += clock == CLOCK_MONOTONIC  ? seconds_of("elapsed")
                   : clock == CLOCK_REALTIME ? seconds_of("clock")
                                             : 0;
    return result;
}
#endif /* CORS_CLOCK_ONLY */
