/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Allowed and denied requests in each minute of the last day. */

#include "unit.h"

#include <stdlib.h>

#include "core/diagnose/history.h"
#include "core/diagnose/stats.h"

#define MINUTE apr_time_from_sec(60)
#define LAST (CORS_HISTORY_MINUTES - 1)

/* 2023-11-14T22:13:00Z */
static const apr_time_t start = APR_INT64_C(1699999980000000);

static cors_history_t history;
static cors_totals_t totals;
static cors_minute_t minutes[CORS_HISTORY_MINUTES];

static void begin(void)
{
    memset(&history, 0xa5, sizeof(history));
    memset(&totals, 0, sizeof(totals));
    cors_history_start(&history, start);
}

static apr_time_t read_at(apr_time_t now)
{
    cors_history_advance(&history, &totals, now);
    return cors_history_read(&history, &totals, minutes);
}

/* A request at a time, as stats.c counts it. */
static void allow_at(apr_time_t now)
{
    if (cors_history_is_over(&history, now)) {
        cors_history_advance(&history, &totals, now);
    }
    totals.allowed++;
}

static apr_uint64_t all_allowed(void)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < CORS_HISTORY_MINUTES; i++) {
        sum += minutes[i].allowed;
    }
    return sum;
}

static void new_history_is_empty(void **state)
{
    (void)state;
    begin();
    assert_int_equal(read_at(start + 59999999), start);
    assert_int_equal(all_allowed(), 0);
}

static void current_minute_is_the_last(void **state)
{
    (void)state;
    begin();
    allow_at(start);
    totals.denied += 2;
    totals.reported += 3;
    assert_int_equal(read_at(start), start);
    assert_int_equal(minutes[LAST].allowed, 1);
    assert_int_equal(minutes[LAST].denied, 2);
    assert_int_equal(minutes[LAST].reported, 3);
}

static void minute_ends_after_60_seconds(void **state)
{
    (void)state;
    begin();
    assert_false(cors_history_is_over(&history, start + MINUTE - 1));
    assert_true(cors_history_is_over(&history, start + MINUTE));
    allow_at(start + MINUTE - 1);
    allow_at(start + MINUTE);
    allow_at(start + MINUTE);
    assert_int_equal(read_at(start + MINUTE), start + MINUTE);
    assert_int_equal(minutes[LAST].allowed, 2);
    assert_int_equal(minutes[LAST - 1].allowed, 1);
}

static void minutes_without_requests_are_empty(void **state)
{
    (void)state;
    begin();
    allow_at(start);
    allow_at(start + 5 * MINUTE);
    assert_int_equal(read_at(start + 7 * MINUTE), start + 7 * MINUTE);
    assert_int_equal(minutes[LAST - 7].allowed, 1);
    assert_int_equal(minutes[LAST - 2].allowed, 1);
    assert_int_equal(all_allowed(), 2);
}

static void minute_of_yesterday_is_forgotten(void **state)
{
    (void)state;
    begin();
    allow_at(start);
    read_at(start + LAST * MINUTE);
    assert_int_equal(minutes[0].allowed, 1);
    read_at(start + CORS_HISTORY_MINUTES * MINUTE);
    assert_int_equal(all_allowed(), 0);

    begin();
    allow_at(start);
    read_at(start + (apr_time_t)CORS_HISTORY_MINUTES * 1000 * MINUTE);
    assert_int_equal(all_allowed(), 0);
}

static void slow_request_does_not_end_the_minute(void **state)
{
    (void)state;
    begin();
    assert_false(cors_history_is_over(&history, start - 60 * MINUTE));
    allow_at(start - 60 * MINUTE);
    assert_int_equal(read_at(start), start);
    assert_int_equal(minutes[LAST].allowed, 1);
}

static void clock_that_is_set_back_begins_again(void **state)
{
    (void)state;
    begin();
    allow_at(start);
    allow_at(start + MINUTE);
    assert_int_equal(read_at(start - 60 * MINUTE), start - 60 * MINUTE);
    assert_int_equal(all_allowed(), 0);
    allow_at(start - 59 * MINUTE);
    read_at(start - 59 * MINUTE);
    assert_int_equal(minutes[LAST].allowed, 1);
}

static void lower_total_counts_nothing(void **state)
{
    (void)state;
    begin();
    allow_at(start);
    read_at(start + MINUTE);
    totals.allowed = 0;
    read_at(start + MINUTE);
    assert_int_equal(minutes[LAST].allowed, 0);
    assert_int_equal(minutes[LAST - 1].allowed, 1);
}

static void count_above_the_maximum_is_the_maximum(void **state)
{
    (void)state;
    begin();
    totals.allowed = APR_UINT64_C(1) << 33;
    read_at(start + MINUTE);
    assert_int_equal(minutes[LAST - 1].allowed, APR_UINT32_MAX);
    totals.allowed += APR_UINT32_MAX;
    read_at(start + 2 * MINUTE);
    assert_int_equal(minutes[LAST - 1].allowed, APR_UINT32_MAX);
}

/* Times by chance: each request is in the minute of its time. */
static void each_request_is_in_its_minute(void **state)
{
    apr_uint32_t expected[2 * CORS_HISTORY_MINUTES];
    apr_time_t now = start;
    apr_time_t last;
    int i;

    (void)state;
    srand(1);
    begin();
    memset(expected, 0, sizeof(expected));
    for (i = 0; i < 5000; i++) {
        now += rand() % (rand() % 20 == 0 ? 1200000000 : 10000000);
        if (now >= start + 2 * CORS_HISTORY_MINUTES * MINUTE) {
            break;
        }
        allow_at(now);
        expected[(now - start) / MINUTE]++;
    }
    assert_true(i > 1000);
    last = (history.began - start) / MINUTE;
    assert_true(last > CORS_HISTORY_MINUTES);
    read_at(history.began);
    for (i = 0; i < CORS_HISTORY_MINUTES; i++) {
        assert_int_equal(minutes[i].allowed, expected[last - LAST + i]);
    }
}

/* Which counts of stats.c are in the totals. */
static void allowed_denied_and_reported_are_separate(void **state)
{
    cors_counters_t *counters =
        cors_counters_use(apr_palloc(pool, cors_counters_size()), true, start);
    int kind;
    int verdict;

    (void)state;
    for (kind = 0; kind < CORS_COUNTED_KINDS; kind++) {
        for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
            cors_counters_add(counters, (cors_counted_e)kind,
                              (cors_verdict_e)verdict,
                              CORS_REASON_METHOD_NOT_ALLOWED, 0, start);
        }
        cors_counters_add_protect(counters, (cors_counted_e)kind,
                                  CORS_PROTECT_VERDICT_PASSED,
                                  CORS_PROTECT_REASON_SAME_ORIGIN, start);
        cors_counters_add_protect(counters, (cors_counted_e)kind,
                                  CORS_PROTECT_VERDICT_REFUSED,
                                  CORS_PROTECT_REASON_FOREIGN_HOST, start);
    }
    assert_int_equal(cors_counters_history(counters, start + 2 * MINUTE,
                                           minutes),
                     start + 2 * MINUTE);
    assert_int_equal(minutes[LAST].allowed, 0);
    assert_int_equal(minutes[LAST - 2].allowed, 6);
    assert_int_equal(minutes[LAST - 2].denied, 4);
    assert_int_equal(minutes[LAST - 2].reported, 4);
    /* the first request of a minute ends the one before */
    cors_counters_add(counters, CORS_COUNTED_ENFORCED, CORS_VERDICT_ALLOWED,
                      CORS_REASON_ORIGIN_ALLOWED, 0, start + 3 * MINUTE);
    cors_counters_add_protect(counters, CORS_COUNTED_ENFORCED,
                              CORS_PROTECT_VERDICT_REFUSED,
                              CORS_PROTECT_REASON_FOREIGN_HOST,
                              start + 4 * MINUTE);
    cors_counters_history(counters, start + 4 * MINUTE, minutes);
    assert_int_equal(minutes[LAST - 1].allowed, 1);
    assert_int_equal(minutes[LAST - 1].denied, 0);
    assert_int_equal(minutes[LAST].allowed, 0);
    assert_int_equal(minutes[LAST].denied, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_history_is_empty),
        TEST(current_minute_is_the_last),
        TEST(minute_ends_after_60_seconds),
        TEST(minutes_without_requests_are_empty),
        TEST(minute_of_yesterday_is_forgotten),
        TEST(slow_request_does_not_end_the_minute),
        TEST(clock_that_is_set_back_begins_again),
        TEST(lower_total_counts_nothing),
        TEST(count_above_the_maximum_is_the_maximum),
        TEST(each_request_is_in_its_minute),
        TEST(allowed_denied_and_reported_are_separate),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
