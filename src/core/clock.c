/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * How much time has passed. What limits the log, and what breaks a lock whose holder
 * has died, must not depend on the time of day: an administrator or NTP may set it
 * back by any amount, and all that was noted before lies in the future then, over
 * restarts too. APR has no other clock. What is shown to people is the time of day
 * and does not come from here.
 */

#include "cors/clock.h"

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
