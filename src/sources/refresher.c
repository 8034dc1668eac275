/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Starts the refresher from httpd's parent, starts another one if it dies, and ends it with
 * the configuration. All of it runs in the parent, which has one thread at these times.
 *
 * httpd calls the maintenance function once a second at most, so a refresher that dies is
 * replaced within a second. The function never signals a process that has ended: the number
 * of the process is cleared before anything else.
 */

#include "sources/refresher.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_thread_proc.h>
#include <mpm_common.h>

#include "sources/loop.h"
#include "sources/source.h"
#include "sources/state.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

/* The longest time for the refresher to end; it needs half a second at most. */
#define END_ROUNDS 200
#define END_ROUND apr_time_from_msec(10)

/* The refresher of a configuration; in its pool. */
typedef struct {
    apr_proc_t process; /* pid 0: it does not run */
    pid_t parent;
    apr_pool_t *p;
    server_rec *server;
    const apr_array_header_t *sources;
    /* The parent never reads this memory: a refresher without privileges writes it. */
    volatile pid_t *groups;
} refresher_t;

static void maintain(int reason, void *data, apr_wait_t status);

/* Start a process. Its signals are blocked until it has handlers of its own, so that none
 * is lost. */
static void start(refresher_t *refresher)
{
    sigset_t all;
    sigset_t before;
    pid_t pid;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = fork();
    error = errno;
    if (pid == 0) {
        /* nothing of httpd's own end: its pools belong to the parent */
        _exit(cors_refresh(refresher->p, refresher->server, refresher->parent,
                           refresher->sources, refresher->groups));
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        ap_log_error(APLOG_MARK, APLOG_ERR, APR_FROM_OS_ERROR(error),
                     refresher->server,
                     "CorsOriginSource: the process that runs the programs "
                     "cannot be started; the lists stay as they are");
        return;
    }
    refresher->process.pid = pid;
    apr_proc_other_child_register(&refresher->process, maintain, refresher,
                                  NULL, refresher->p);
}

static void maintain(int reason, void *data, apr_wait_t status)
{
    refresher_t *refresher = data;
    int state = AP_MPMQ_STARTING;

    switch (reason) {
    case APR_OC_REASON_DEATH:
    case APR_OC_REASON_LOST:
        refresher->process.pid = 0;
        apr_proc_other_child_unregister(refresher);
        if (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
            && state == AP_MPMQ_STOPPING) {
            return;
        }
        if (reason == APR_OC_REASON_DEATH && WIFEXITED(status)
            && WEXITSTATUS(status) == CORS_REFRESHER_CANNOT_RUN) {
            return;
        }
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, refresher->server,
                     "CorsOriginSource: the process that runs the programs has "
                     "ended unexpectedly; another one is started");
        start(refresher);
        break;
    case APR_OC_REASON_RESTART:
        /* httpd stops or restarts; stop() ends the process */
        apr_proc_other_child_unregister(refresher);
        break;
    default:
        break;
    }
}

static apr_size_t groups_size(const apr_array_header_t *sources)
{
    return (apr_size_t)sources->nelts * sizeof(pid_t);
}

/* End a process, and wait until it has ended. */
static void end_process(pid_t pid)
{
    int status;
    int i;

    kill(pid, SIGTERM);
    for (i = 0; i < END_ROUNDS; i++) {
        if (waitpid(pid, &status, WNOHANG) != 0) {
            return;
        }
        apr_sleep(END_ROUND);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

/* Cleanup of the configuration's pool: end the process, and wait until it has ended, so
 * that there are never two of them. */
static apr_status_t stop(void *data)
{
    refresher_t *refresher = data;

    if (getpid() == refresher->parent) {
        if (refresher->process.pid > 0) {
            end_process(refresher->process.pid);
            refresher->process.pid = 0;
        }
        munmap((void *)(apr_uintptr_t)refresher->groups,
               groups_size(refresher->sources));
    }
    return APR_SUCCESS;
}

/* Returns whether httpd reads its configuration for the first time at a start. */
static bool is_first_reading(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

int cors_start_refresher(apr_pool_t *pconf, apr_pool_t *log, apr_pool_t *temp,
                         server_rec *server)
{
    const apr_array_header_t *sources = cors_list_sources(pconf);
    refresher_t *refresher;
    void *memory;

    (void)log;
    (void)temp;
    if (is_first_reading() || sources->nelts == 0) {
        return OK;
    }
    memory = mmap(NULL, groups_size(sources), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, APR_FROM_OS_ERROR(errno), server,
                     "CorsOriginSource: no shared memory");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    cors_state_make_directory(pconf, server);
    refresher = apr_pcalloc(pconf, sizeof(*refresher));
    refresher->parent = getpid();
    refresher->p = pconf;
    refresher->server = server;
    refresher->sources = sources;
    refresher->groups = memory;
    apr_pool_cleanup_register(pconf, refresher, stop, apr_pool_cleanup_null);
    start(refresher);
    return OK;
}
