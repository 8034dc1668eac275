/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file ordered.h
 * @brief Annotations that describe the memory order of atomics to helgrind
 *
 * Helgrind understands the locks of pthreads, but not locks made of atomic
 * operations. `make race` therefore defines CORS_RACE, and these macros declare
 * which order the atomics guarantee; helgrind then reports every access that is not
 * ordered. Without CORS_RACE the macros expand to nothing.
 */

#ifndef CORS_ORDERED_H
#define CORS_ORDERED_H

#ifdef CORS_RACE

#include <apr_time.h>
#include <valgrind/helgrind.h>

/** Everything this thread did before CORS_ORDERED_BEFORE() happens before everything
 * another thread does after CORS_ORDERED_AFTER() with the same address. */
#define CORS_ORDERED_BEFORE(address) ANNOTATE_HAPPENS_BEFORE(address)
#define CORS_ORDERED_AFTER(address) ANNOTATE_HAPPENS_AFTER(address)

/** Mark a variable that only atomic operations read and write. */
#define CORS_IS_ATOMIC(variable)                                               \
    VALGRIND_HG_DISABLE_CHECKING(&(variable), sizeof(variable))

/** Pause at a moment when other threads must still read consistent data. Valgrind runs
 * one thread at a time, so without the pause they would rarely run here. */
#define CORS_LINGER() apr_sleep(apr_time_from_msec(50))

#else

#define CORS_ORDERED_BEFORE(address) ((void)0)
#define CORS_ORDERED_AFTER(address) ((void)0)
#define CORS_IS_ATOMIC(variable) ((void)0)
#define CORS_LINGER() ((void)0)

#endif

#endif /* CORS_ORDERED_H */
