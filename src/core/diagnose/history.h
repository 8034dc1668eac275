/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file history.h
 * @brief How many requests were allowed and denied in each minute of the last day
 *
 * It holds no counters of its own: at the first request of a minute, the difference of
 * the totals is what happened in the minute of the last request before. So a request
 * pays one comparison.
 */

#ifndef CORS_HISTORY_H
#define CORS_HISTORY_H

#include <stdbool.h>

#include <apr_time.h>

/** How many minutes are stored: a day. */
#define CORS_HISTORY_MINUTES 1440

/** Requests since counting began. */
typedef struct {
    apr_uint64_t allowed;
    apr_uint64_t denied;
    /* what a mode that only reports would have denied */
    apr_uint64_t reported;
} cors_totals_t;

/** Requests of one minute. */
typedef struct {
    apr_uint32_t allowed;
    apr_uint32_t denied;
    apr_uint32_t reported;
} cors_minute_t;

/** The minutes. It may be in memory that processes share: it has no pointers. */
typedef struct {
    /* when the current minute began; read without a lock */
    apr_time_t began;
    /* the totals at that time */
    cors_totals_t before;
    /* a ring: the minute that began at t is at t / 60 s modulo its size */
    cors_minute_t minutes[CORS_HISTORY_MINUTES];
} cors_history_t;

/** Begins a history at the minute of a time. */
void cors_history_start(cors_history_t *history, apr_time_t now);

/**
 * Returns whether the current minute is over. It is not over if the time is a little
 * earlier than its begin: the time of a request is when its first byte was read. A
 * clock that was set back by more than an hour ends it.
 */
static inline bool cors_history_is_over(const cors_history_t *history,
                                        apr_time_t now)
{
    const apr_time_t early = apr_time_from_sec(3600);
    const apr_time_t minute = apr_time_from_sec(60);

    return (apr_uint64_t)(now
                          - __atomic_load_n(&history->began, __ATOMIC_RELAXED)
                          + early)
           >= (apr_uint64_t)(early + minute);
}

/**
 * Ends the current minute if it is over, and begins the minute of a time. Callers must
 * hold a lock.
 *
 * @param totals  the current totals
 */
void cors_history_advance(cors_history_t *history, const cors_totals_t *totals,
                          apr_time_t now);

/**
 * Copies the minutes, the oldest first. The last one is the current minute. Callers must
 * hold a lock.
 *
 * @param totals  the current totals
 * @param out     room for CORS_HISTORY_MINUTES
 * @return when the last one began
 */
apr_time_t cors_history_read(const cors_history_t *history,
                             const cors_totals_t *totals, cors_minute_t *out);

#endif /* CORS_HISTORY_H */
