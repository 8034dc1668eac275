/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file program.h
 * @brief One run of a program or a function, in a process group of its own
 */

#ifndef CORS_SOURCES_PROGRAM_H
#define CORS_SOURCES_PROGRAM_H

#include <sys/types.h>

#include "sources/httpd.h"

/** A running program. Its process group has the number of its first process. */
typedef struct {
    pid_t pid; /* 0: it does not run */
    /* pipes from its standard output and its standard error, non-blocking; -1: closed */
    int output;
    int error;
} cors_program_t;

/**
 * Start a program. Its standard input is /dev/null. Pipes from its standard output and its
 * standard error are stored in @a program, and the caller closes them. The program is killed
 * when this process ends, where the system can do this.
 *
 * @param argv  the program and its arguments; ends with NULL
 * @return APR_SUCCESS, or why it cannot be started; nothing is open then
 */
apr_status_t cors_program_start(cors_program_t *program, char *const *argv);

/** What a process does. @return its exit status */
typedef int (*cors_program_fn)(void *data);

/**
 * Like cors_program_start(), but call a function in a process of its own. Its standard error
 * is /dev/null, and has no pipe.
 *
 * @param data  passed to the function, which has a copy of all memory that is not shared
 * @return APR_SUCCESS, or why the process cannot be started
 */
apr_status_t cors_program_call(cors_program_t *program,
                               cors_program_fn function, void *data);

/** Send a signal to all processes of the program's group. */
void cors_program_signal(const cors_program_t *program, int signal);

/** Close the pipe from the standard output. */
void cors_program_close_output(cors_program_t *program);

/** Close the pipe from the standard error. */
void cors_program_close_error(cors_program_t *program);

/**
 * Look whether the first process of the program has ended. If so, the rest of its group is
 * killed. Never waits.
 *
 * @param status  set to its status, as waitpid() reports it
 */
bool cors_program_has_ended(cors_program_t *program, int *status);

#endif /* CORS_SOURCES_PROGRAM_H */
