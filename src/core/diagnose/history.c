/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * How many requests were allowed and denied in each minute of the last day.
 *
 * It is its own file because it only knows totals and times: stats.c counts, and owns
 * the memory and the lock.
 */

#include "core/diagnose/history.h"

#include <string.h>

#define MINUTE apr_time_from_sec(60)

static apr_time_t minute_of(apr_time_t now)
{
    return now - now % MINUTE;
}

static cors_minute_t *slot_of(cors_history_t *history, apr_time_t began)
{
    return &history->minutes[began / MINUTE % CORS_HISTORY_MINUTES];
}

void cors_history_start(cors_history_t *history, apr_time_t now)
{
    memset(history, 0, sizeof(*history));
    history->began = minute_of(now);
}

/* Returns what was added to a total, as far as it fits. A total that another thread has
 * read earlier may be lower. */
static apr_uint32_t added(apr_uint64_t now, apr_uint64_t before)
{
    if (now < before) {
        return 0;
    }
    return now - before > APR_UINT32_MAX ? APR_UINT32_MAX
                                         : (apr_uint32_t)(now - before);
}

static cors_minute_t current_of(const cors_history_t *history,
                                const cors_totals_t *totals)
{
    cors_minute_t minute;

    minute.allowed = added(totals->allowed, history->before.allowed);
    minute.denied = added(totals->denied, history->before.denied);
    minute.reported = added(totals->reported, history->before.reported);
    return minute;
}

void cors_history_advance(cors_history_t *history, const cors_totals_t *totals,
                          apr_time_t now)
{
    static const cors_minute_t nothing = { 0, 0, 0 };
    apr_time_t began = minute_of(now);
    apr_time_t gap = history->began;
    int i;

    if (!cors_history_is_over(history, now)) {
        return;
    }
    *slot_of(history, gap) = current_of(history, totals);
    if (began < gap) {
        /* the clock was set back: the stored minutes are in the future */
        memset(history->minutes, 0, sizeof(history->minutes));
    }
    for (i = 0; i < CORS_HISTORY_MINUTES && gap < began; i++) {
        gap += MINUTE;
        *slot_of(history, gap) = nothing;
    }
    history->before = *totals;
    __atomic_store_n(&history->began, began, __ATOMIC_RELAXED);
}

apr_time_t cors_history_read(const cors_history_t *history,
                             const cors_totals_t *totals, cors_minute_t *out)
{
    apr_size_t next =
        (apr_size_t)(history->began / MINUTE % CORS_HISTORY_MINUTES) + 1;
    apr_size_t older = CORS_HISTORY_MINUTES - next;

    memcpy(out, history->minutes + next, older * sizeof(*out));
    memcpy(out + older, history->minutes, next * sizeof(*out));
    out[CORS_HISTORY_MINUTES - 1] = current_of(history, totals);
    return history->began;
}
