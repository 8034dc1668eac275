/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Starts and ends one program, or one function in a process of its own. It is a part of its
 * own because it is all that deals with processes; it knows neither frames nor sources.
 *
 * A program and all processes that it starts have a process group of their own, so that
 * none of them remains. The group is killed before its first process is waited for: until
 * then, the kernel does not give its number to another process.
 */

#include "sources/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <apr_strings.h>

#ifndef _GNU_SOURCE
extern char **environ;
#endif

#define DESCRIPTORS_MOST 4096
#define CANNOT_EXECUTE 126

/* Reset all signals to what a new program expects. */
static void reset_signals(void)
{
    struct sigaction action;
    sigset_t none;
    int number;

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    sigemptyset(&action.sa_mask);
    for (number = 1; number < 32; number++) {
        sigaction(number, &action,
                  NULL); /* fails for those that cannot be set */
    }
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

/* Close what was inherited from httpd. */
static void close_descriptors(void)
{
    long most = sysconf(_SC_OPEN_MAX);
    int i;

    if (most < 0 || most > DESCRIPTORS_MOST) {
        most = DESCRIPTORS_MOST;
    }
    for (i = STDERR_FILENO + 1; i < (int)most; i++) {
        close(i);
    }
}

/* Returns a variable of the environment, with its name; NULL: it is not set. */
static char *variable(const char *name)
{
    const apr_size_t length = strlen(name);
    char **next;

    for (next = environ; *next; next++) {
        if (strncmp(*next, name, length) == 0 && (*next)[length] == '=') {
            return *next;
        }
    }
    return NULL;
}

/* Prepare this process, which has only one thread, to be the first one of a program. Returns
 * false on an error. */
static bool settle(int output, int error, pid_t parent)
{
    static char search[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    static char language[] = "LANG=C";
    static char *environment[4];
    int null = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
    if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0
        || dup2(output, STDOUT_FILENO) < 0 || dup2(error, STDERR_FILENO) < 0) {
        return false;
    }
    reset_signals();
    environment[0] = variable("PATH");
    if (!environment[0]) {
        environment[0] = search;
    }
    environment[1] = language;
    environment[2] = variable("TZ");
    environment[3] = NULL;
    environ = environment;
    close_descriptors();
    return true;
}

/* Open a pipe. ends[0] is read here, does not block, and is closed by exec. */
static bool open_pipe(int *ends)
{
    if (pipe(ends) != 0) {
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return true;
}

static void close_end(int *end)
{
    if (*end >= 0) {
        close(*end);
        *end = -1;
    }
}

static void close_pipe(int *ends)
{
    close_end(&ends[0]);
    close_end(&ends[1]);
}

/* Open /dev/null in place of a pipe for the standard error of a function: libraries print
 * there what others have sent. */
static bool open_null(int *ends)
{
    ends[0] = -1;
    ends[1] = open("/dev/null", O_WRONLY);
    return ends[1] >= 0;
}

/* Start a process with a pipe from its standard output. error has both ends of its standard
 * error. They are closed on failure; otherwise the end that is read is stored in program.
 * Returns APR_INCHILD in the new process. */
static apr_status_t start(cors_program_t *program, int *error)
{
    const pid_t parent = getpid();
    apr_status_t status;
    int output[2];
    pid_t pid;

    if (!open_pipe(output)) {
        status = APR_FROM_OS_ERROR(errno);
        close_pipe(error);
        return status;
    }
    pid = fork();
    if (pid == 0) {
        if (!settle(output[1], error[1], parent)) {
            _exit(CANNOT_EXECUTE);
        }
        return APR_INCHILD;
    }
    if (pid < 0) {
        status = APR_FROM_OS_ERROR(errno);
        close_pipe(output);
        close_pipe(error);
        return status;
    }
    close(output[1]);
    close(error[1]);
    setpgid(pid, pid); /* fails if the program has already done it */
    program->pid = pid;
    program->output = output[0];
    program->error = error[0];
    return APR_SUCCESS;
}

apr_status_t cors_program_start(cors_program_t *program, char *const *argv)
{
    int error[2];
    apr_status_t status;

    if (!open_pipe(error)) {
        return APR_FROM_OS_ERROR(errno);
    }
    status = start(program, error);
    if (status == APR_INCHILD) {
        execve(argv[0], argv, environ);
        _exit(CANNOT_EXECUTE);
    }
    return status;
}

apr_status_t cors_program_call(cors_program_t *program,
                               cors_program_fn function, void *data)
{
    int error[2];
    apr_status_t status;

    if (!open_null(error)) {
        return APR_FROM_OS_ERROR(errno);
    }
    status = start(program, error);
    if (status == APR_INCHILD) {
        /* nothing of the calling process ends with this one */
        _exit(function(data));
    }
    return status;
}

void cors_program_signal(const cors_program_t *program, int signal)
{
    if (program->pid > 0) {
        kill(-program->pid, signal);
    }
}

void cors_program_close_output(cors_program_t *program)
{
    close_end(&program->output);
}

void cors_program_close_error(cors_program_t *program)
{
    close_end(&program->error);
}

bool cors_program_has_ended(cors_program_t *program, int *status)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    if (program->pid <= 0
        || waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOHANG | WNOWAIT)
               != 0
        || info.si_pid == 0) {
        return false;
    }
    cors_program_signal(program, SIGKILL);
    if (waitpid(program->pid, status, WNOHANG) != program->pid) {
        return false;
    }
    program->pid = 0;
    return true;
}
