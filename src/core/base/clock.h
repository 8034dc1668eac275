/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file clock.h
 * @brief Elapsed time, which does not change when the clock is set
 */

#ifndef CORS_CLOCK_H
#define CORS_CLOCK_H

#include <apr_time.h>

/**
 * @return the time since a fixed moment before httpd was started, in microseconds;
 *         never 0, and the same in all processes of a machine. It never goes back,
 *         except on a system without a monotonic clock, where it is the time of day.
 */
apr_time_t cors_clock(void);

#endif /* CORS_CLOCK_H */
