/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file ordered.h
 * @brief What orders threads that share memory, told to helgrind
 *
 * Helgrind knows the locks of pthreads. It does not know those made of atomic
 * operations, so `make race` compiles with CORS_RACE, and the code says what its
 * atomics promise; helgrind then finds whatever they do not cover. Otherwise all
 * of this is nothing.
 */

#ifndef CORS_ORDERED_H
#define CORS_ORDERED_H

#ifdef CORS_RACE

#include <apr_time.h>
#include <valgrind/helgrind.h>

/** What this thread has done so far comes before whatever another thread does
 * behind CORS_ORDERED_AFTER() of the same address. */
#define CORS_ORDERED_BEFORE(address) ANNOTATE_HAPPENS_BEFORE(address)
#define CORS_ORDERED_AFTER(address) ANNOTATE_HAPPENS_AFTER(address)

/** A variable that is only read and written by atomic operations. */
#define CORS_IS_ATOMIC(variable)                                               \
    VALGRIND_HG_DISABLE_CHECKING(&(variable), sizeof(variable))

/** A moment at which other threads must find everything in order: a longer one, for
 * valgrind runs one thread at a time. */
#define CORS_LINGER() apr_sleep(apr_time_from_msec(50))

#else

#define CORS_ORDERED_BEFORE(address) ((void)0)
#define CORS_ORDERED_AFTER(address) ((void)0)
#define CORS_IS_ATOMIC(variable) ((void)0)
#define CORS_LINGER() ((void)0)

#endif

#endif /* CORS_ORDERED_H */
