/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Measures elapsed time.
 *
 * The limits of the log and the take-over of a lock whose holder has died must not
 * depend on the time of day. If an administrator or NTP set the clock back, every
 * recorded time would be in the future, even after a restart. APR has no monotonic
 * clock. This file does not provide the times that are shown to people: those are the
 * time of day.
 */

#include "core/base/clock.h"

#include <time.h>

apr_time_t cors_clock(void)
{
#ifdef CLOCK_MONOTONIC
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) == 0) {
        return apr_time_from_sec((apr_time_t)now.tv_sec) + now.tv_nsec / 1000
               + 1;
    }
#endif
    return apr_time_now();
}
