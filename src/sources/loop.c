/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The refresher: a process with one thread, which waits in poll() and nowhere else. So a
 * program that hangs delays no other one, and fork() is safe.
 *
 * It begins as a copy of httpd's parent, and first gives up what it does not need: the
 * listening sockets, the signal handlers and the privileges. It ends with the parent, also
 * if the parent is killed: the kernel sends it a signal where it can, and it compares the
 * number of its parent once a second.
 */

#include "sources/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <ap_listen.h>
#include <mpm_common.h>

#include "core/base/clock.h"
#include "sources/source.h"
#include "sources/watch.h"

#define TICK apr_time_from_sec(1)

/* The time for the programs to end when the refresher ends. httpd's parent waits. */
#define FAREWELL apr_time_from_msec(500)

static volatile sig_atomic_t ending;
/* a pipe to this process itself, which makes poll() return when a signal arrives */
static int wake_ends[2];

static void take_signal(int number)
{
    const int before = errno;
    ssize_t put;

    if (number != SIGCHLD) {
        ending = 1;
    }
    put = write(wake_ends[1], "", 1); /* if it is full, poll() returns anyway */
    (void)put;
    errno = before;
}

static void set_handler(int number, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static bool take_signals(void)
{
    sigset_t none;
    int i;

    if (pipe(wake_ends) != 0) {
        return false;
    }
    for (i = 0; i < 2; i++) {
        fcntl(wake_ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(wake_ends[i], F_SETFL, O_NONBLOCK);
    }
    /* httpd tells its children to end with each of these */
    set_handler(SIGTERM, take_signal);
    set_handler(SIGHUP, take_signal);
    set_handler(SIGUSR1, take_signal);
    set_handler(SIGWINCH, take_signal);
    set_handler(SIGINT, take_signal);
    set_handler(SIGCHLD, take_signal);
    set_handler(SIGPIPE, SIG_IGN);
    set_handler(SIGALRM, SIG_DFL);
    set_handler(SIGSEGV, SIG_DFL);
    set_handler(SIGBUS, SIG_DFL);
    set_handler(SIGABRT, SIG_DFL);
    set_handler(SIGILL, SIG_DFL);
    set_handler(SIGFPE, SIG_DFL);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    return true;
}

/* Raise the limit of open descriptors, as far as this process may, if it is too low for two
 * pipes of each program. */
static void allow_descriptors(int count)
{
    const rlim_t needed = (rlim_t)count * 2 + 64;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < needed) {
        limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Become a process of the children's user that ends with its parent. */
static bool settle(apr_pool_t *p, server_rec *server, int count)
{
    ap_close_listeners();
    umask(022);
    allow_descriptors(count);
    if (ap_run_drop_privileges(p, server) != OK) {
        return false;
    }
#ifdef __linux__
    /* after the change of the user, which would clear it */
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
#endif
    return take_signals();
}

static bool is_open(int end)
{
    return end >= 0;
}

/* Add an end that is read, unless it is closed. poll() fails if it gets more of them than a
 * process may open, even if some are closed. */
static void await_input(struct pollfd *fds, nfds_t *count, int end)
{
    if (is_open(end)) {
        fds[*count].fd = end;
        fds[*count].events = POLLIN;
        fds[*count].revents = 0;
        (*count)++;
    }
}

/*
 * Wait until there is something to read, a signal arrives, or a time has come.
 *
 * fds: room for 1 + 2 * count: the signals, and both outputs of each program that runs
 */
static void wait_and_read(cors_watch_t *watches, int count, struct pollfd *fds,
                          apr_time_t until)
{
    const apr_time_t now = cors_clock();
    apr_interval_time_t timeout = until > now ? until - now : 0;
    nfds_t used = 0;
    char bytes[64];
    int i;

    if (timeout > TICK) {
        timeout = TICK;
    }
    await_input(fds, &used, wake_ends[0]);
    for (i = 0; i < count; i++) {
        await_input(fds, &used, watches[i].program.error);
        await_input(fds, &used, watches[i].program.output);
    }
    if (poll(fds, used, (int)(timeout / 1000) + 1) <= 0) {
        return;
    }
    while (read(wake_ends[0], bytes, sizeof(bytes)) > 0) {
    }
    used = 1;
    for (i = 0; i < count; i++) {
        const bool has_error = is_open(watches[i].program.error);
        const bool has_output = is_open(watches[i].program.output);

        /* standard error first, so that the log has the reason before the failure */
        if (has_error && fds[used++].revents) {
            cors_watch_read_error(&watches[i]);
        }
        if (has_output && fds[used++].revents) {
            cors_watch_read(&watches[i]);
        }
    }
}

/* End all programs: ask them, wait for a short time, and kill what remains. */
static void end_programs(cors_watch_t *watches, int count)
{
    const apr_time_t until = cors_clock() + FAREWELL;
    int running = count;
    int status;
    int i;

    for (i = 0; i < count; i++) {
        cors_watch_stop(&watches[i], false);
    }
    while (running > 0 && cors_clock() < until) {
        struct pollfd wake = { wake_ends[0], POLLIN, 0 };
        char bytes[64];

        running = 0;
        for (i = 0; i < count; i++) {
            cors_program_has_ended(&watches[i].program, &status);
            cors_watch_read_error(&watches[i]);
            running += watches[i].program.pid > 0;
        }
        if (running > 0 && poll(&wake, 1, 20) > 0) {
            while (read(wake_ends[0], bytes, sizeof(bytes)) > 0) {
            }
        }
    }
    for (i = 0; i < count; i++) {
        cors_watch_stop(&watches[i], true);
    }
}

int cors_refresh(apr_pool_t *p, server_rec *server, pid_t parent,
                 const apr_array_header_t *sources, volatile pid_t *groups)
{
    const int count = sources->nelts;
    cors_watch_t *watches =
        apr_pcalloc(p, (apr_size_t)count * sizeof(*watches));
    struct pollfd *fds =
        apr_pcalloc(p, (2 * (apr_size_t)count + 1) * sizeof(*fds));
    int i;

    bool ready = settle(p, server, count);

    for (i = 0; i < count && ready; i++) {
        ready = cors_watch_open(&watches[i], p, server,
                                &APR_ARRAY_IDX(sources, i, cors_list_source_t),
                                &groups[i]);
    }
    if (!ready) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server,
                     "CorsOriginSource: the process that runs the programs "
                     "cannot start; the lists stay as they are");
        return CORS_REFRESHER_CANNOT_RUN;
    }
    while (!ending && getppid() == parent) {
        const apr_time_t now = cors_clock();
        apr_time_t until = now + TICK;

        for (i = 0; i < count; i++) {
            const apr_time_t next = cors_watch_run(&watches[i], now);

            until = next < until ? next : until;
        }
        wait_and_read(watches, count, fds, until);
    }
    end_programs(watches, count);
    return 0;
}
