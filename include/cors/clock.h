/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file clock.h
 * @brief Elapsed time, which setting the clock does not change
 */

#ifndef CORS_CLOCK_H
#define CORS_CLOCK_H

#include <apr_time.h>

/**
 * @return the time since some moment before httpd was started, in microseconds and
 *         never 0; the same in all processes of a machine. It does not go back, but
 *         on a system without such a clock, where it is the time of day
 */
apr_time_t cors_clock(void);

#endif /* CORS_CLOCK_H */
