/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Counters and recent refusals in a block of shared memory. */

#include "unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/diagnose/stats.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

static void *block;
/* The clock stands still during a test, however slow the machine is. */
static apr_time_t now = APR_INT64_C(1700000000000000);

/* Replaces the system's function. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    time->tv_sec = now / APR_USEC_PER_SEC;
    time->tv_nsec = now % APR_USEC_PER_SEC * 1000;
    return 0;
}

static cors_counters_t *new_counters(void)
{
    block = apr_palloc(pool, cors_counters_size());
    memset(block, 0xa5, cors_counters_size());
    return cors_counters_use(block, true, 77);
}

static cors_refusal_t refusal_of(const char *origin, apr_time_t time)
{
    cors_refusal_t refusal;

    memset(&refusal, 0, sizeof(refusal));
    refusal.time = time;
    refusal.origin = exact_copy(origin);
    return refusal;
}

static void new_block_counts_nothing(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_recorded_refusal_t refusals[1];
    cors_refused_origin_t origins[1];

    (void)state;
    assert_int_equal(cors_counters_since(counters), 77);
    assert_int_equal(cors_counters_get(counters, CORS_COUNTED_ENFORCED,
                                       CORS_VERDICT_DENIED,
                                       CORS_REASON_ORIGIN_NOT_ALLOWED),
                     0);
    assert_int_equal(cors_counters_refusals(counters, refusals, 1), 0);
    assert_int_equal(cors_counters_origins(counters, origins, 1), 0);
}

static void block_of_an_earlier_run_is_reused(void **state)
{
    cors_counters_t *counters = new_counters();

    (void)state;
    cors_counters_add(counters, CORS_COUNTED_ENFORCED, CORS_VERDICT_ALLOWED,
                      CORS_REASON_ORIGIN_ALLOWED, 0, 0);
    counters = cors_counters_use(block, false, 99);
    assert_non_null(counters);
    assert_int_equal(cors_counters_since(counters), 77);
    assert_int_equal(cors_counters_get(counters, CORS_COUNTED_ENFORCED,
                                       CORS_VERDICT_ALLOWED,
                                       CORS_REASON_ORIGIN_ALLOWED),
                     1);
}

static void block_of_another_layout_is_rejected(void **state)
{
    size_t i;

    (void)state;
    /* magic number, version and size are each checked */
    for (i = 0; i < 3; i++) {
        new_counters();
        ((unsigned char *)block)[4 * i]++;
        assert_null(cors_counters_use(block, false, 99));
    }
}

static void kinds_verdicts_reasons_and_slots_are_separate(void **state)
{
    cors_counters_t *counters = new_counters();
    int slot = cors_counters_slot(counters, "one");

    (void)state;
    assert_int_equal(slot, 1);
    cors_counters_add(counters, CORS_COUNTED_REPORTED, CORS_VERDICT_DENIED,
                      CORS_REASON_MALFORMED_ORIGIN, slot, 0);
    cors_counters_add(counters, CORS_COUNTED_REPORTED, CORS_VERDICT_DENIED,
                      CORS_REASON_ORIGIN_NOT_ALLOWED, slot, 0);
    assert_int_equal(cors_counters_get(counters, CORS_COUNTED_REPORTED,
                                       CORS_VERDICT_DENIED,
                                       CORS_REASON_MALFORMED_ORIGIN),
                     1);
    assert_int_equal(cors_counters_get(counters, CORS_COUNTED_ENFORCED,
                                       CORS_VERDICT_DENIED,
                                       CORS_REASON_MALFORMED_ORIGIN),
                     0);
    assert_int_equal(cors_counters_get_slot(counters, slot,
                                            CORS_COUNTED_REPORTED,
                                            CORS_VERDICT_DENIED),
                     2);
    assert_int_equal(cors_counters_get_slot(counters, slot,
                                            CORS_COUNTED_ENFORCED,
                                            CORS_VERDICT_DENIED),
                     0);
    assert_int_equal(cors_counters_get_slot(counters, 0, CORS_COUNTED_REPORTED,
                                            CORS_VERDICT_DENIED),
                     0);
}

static void slots_have_names_and_a_maximum(void **state)
{
    cors_counters_t *counters = new_counters();
    int i;

    (void)state;
    for (i = 1; i < CORS_COUNTERS_SLOTS; i++) {
        assert_int_equal(cors_counters_slot(counters,
                                            apr_psprintf(pool, "%d", i)),
                         i);
    }
    assert_int_equal(cors_counters_slot(counters, "7"), 7);
    assert_int_equal(cors_counters_slot(counters, "one too many"), 0);
    same_text("slot 7", cors_counters_slot_name(counters, 7), "7");
    same_text("slot 0", cors_counters_slot_name(counters, 0), "others");
    counters = new_counters();
    assert_null(cors_counters_slot_name(counters, 1));
    /* names that are equal after truncation share a slot */
    assert_int_equal(cors_counters_slot(counters, repeat_text("x", 300)), 1);
    assert_int_equal(cors_counters_slot(counters, repeat_text("x", 301)), 1);
    assert_int_equal(cors_counters_slot(counters, repeat_text("x", 254)), 2);
}

static void latest_refusals_are_newest_first(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_recorded_refusal_t out[CORS_COUNTERS_REFUSALS + 1];
    cors_refusal_t refusal;
    int i;

    (void)state;
    for (i = 1; i <= CORS_COUNTERS_REFUSALS + 3; i++) {
        refusal = refusal_of("", i);
        refusal.path = exact_copy(apr_psprintf(pool, "/%d", i));
        cors_counters_refuse(counters, &refusal);
        if (i == 2) {
            assert_int_equal(cors_counters_refusals(counters, out, 9), 2);
            assert_int_equal(out[0].time, 2);
            assert_int_equal(out[1].time, 1);
        }
    }
    assert_int_equal(cors_counters_refusals(counters, out,
                                            CORS_COUNTERS_REFUSALS + 1),
                     CORS_COUNTERS_REFUSALS);
    assert_int_equal(out[0].time, CORS_COUNTERS_REFUSALS + 3);
    assert_int_equal(out[CORS_COUNTERS_REFUSALS - 1].time, 4);
    assert_int_equal(cors_counters_refusals(counters, out, 2), 2);
}

static void equal_refusals_are_one_entry(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_recorded_refusal_t out[CORS_COUNTERS_REFUSALS];
    cors_refused_origin_t origins[2];
    cors_refusal_t first = refusal_of("https://a.example", 1);
    cors_refusal_t others[11];
    apr_size_t i;

    (void)state;
    first.scheme = exact_copy("http");
    first.host = exact_copy("host.example");
    first.path = exact_copy("/some/path");
    first.method = exact_copy("PUT");
    first.source = "CorsPolicy conf:1";
    first.setting = 101;
    cors_counters_refuse(counters, &first);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        others[i] = first;
        others[i].time = 2 + (apr_time_t)i;
    }
    others[0].kind = CORS_COUNTED_REPORTED;
    others[1].verdict = CORS_VERDICT_DENIED;
    others[2].reason = CORS_REASON_HEADER_NOT_ALLOWED;
    others[3].port = 1;
    others[4].scheme = exact_copy("https");
    others[5].host = exact_copy("hosu.example");
    others[6].path = exact_copy("/some/pati");
    others[7].method = exact_copy("PUU");
    others[8].rejected = exact_copy("PUT");
    others[9].source = "CorsPolicy conf:2";
    others[9].setting = 102;
    others[10].attr = CORS_ATTR_HEADERS;
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cors_counters_refuse(counters, &others[i]);
    }
    assert_int_equal(cors_counters_refusals(counters, out,
                                            CORS_COUNTERS_REFUSALS),
                     12);
    assert_int_equal(out[0].cause.attr, CORS_ATTR_HEADERS);
    assert_int_equal(out[0].cause.setting, 101);
    assert_int_equal(out[1].cause.attr, CORS_ATTR_MODE);
    assert_int_equal(out[1].cause.setting, 102);
    same_text("source", out[1].cause.source, "CorsPolicy conf:2");

    /* the first one happens again and becomes the latest */
    first.time = 99;
    cors_counters_refuse(counters, &first);
    assert_int_equal(cors_counters_refusals(counters, out,
                                            CORS_COUNTERS_REFUSALS),
                     12);
    assert_int_equal(out[0].times, 2);
    assert_int_equal(out[0].time, 99);
    same_text("source", out[0].cause.source, "CorsPolicy conf:1");
    assert_int_equal(out[1].times, 1);
    assert_int_equal(out[1].time, 12);

    /* the entry of its origin has the source of the latest, too */
    assert_int_equal(cors_counters_origins(counters, origins, 2), 1);
    assert_int_equal(origins[0].count, 13);
    assert_int_equal(origins[0].cause.setting, 101);
    assert_int_equal(origins[0].cause.attr, CORS_ATTR_MODE);
    same_text("source", origins[0].cause.source, "CorsPolicy conf:1");
}

static void replaced_refusal_starts_at_one(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_recorded_refusal_t out[CORS_COUNTERS_REFUSALS];
    cors_refusal_t first = refusal_of("https://a.example", 1);
    int i;

    (void)state;
    cors_counters_refuse(counters, &first);
    cors_counters_refuse(counters, &first);
    for (i = 0; i < CORS_COUNTERS_REFUSALS; i++) {
        cors_refusal_t other =
            refusal_of(apr_psprintf(pool, "https://%d.example", i), 2);

        cors_counters_refuse(counters, &other);
    }
    cors_counters_refuse(counters, &first);
    assert_int_equal(cors_counters_refusals(counters, out,
                                            CORS_COUNTERS_REFUSALS),
                     CORS_COUNTERS_REFUSALS);
    same_text("origin", out[0].origin, "https://a.example");
    assert_int_equal(out[0].times, 1);
}

static void frequent_origins_replace_rare_ones(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_refused_origin_t out[CORS_COUNTERS_ORIGINS];
    cors_refusal_t refusal;
    int i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        refusal = refusal_of(i % 10 == 0 ? "https://often.example"
                                         : apr_psprintf(pool, "x://%d", i),
                             1);
        cors_counters_refuse(counters, &refusal);
    }
    assert_true(cors_counters_origins(counters, out, CORS_COUNTERS_ORIGINS)
                > CORS_COUNTERS_ORIGINS / 2);
    same_text("first", out[0].origin, "https://often.example");
    assert_int_equal(out[0].count, 100);
    assert_int_equal(out[0].excess, 0);
    assert_true(out[1].excess > 0);
    assert_true(out[1].count >= out[2].count);
}

static void refusal_without_origin_adds_no_origin(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_refused_origin_t out[1];
    cors_refusal_t refusal = refusal_of("", 1);

    (void)state;
    cors_counters_refuse(counters, &refusal);
    assert_int_equal(cors_counters_origins(counters, out, 1), 0);
}

static void burst_is_logged_and_flood_suppressed(void **state)
{
    cors_counters_t *counters = new_counters();
    const apr_time_t begin = apr_time_from_sec(1000);
    apr_uint32_t suppressed = 99;
    int i;

    (void)state;
    for (i = 0; i < CORS_LOG_LINES; i++) {
        assert_true(cors_counters_may_log(counters, begin, &suppressed));
        assert_int_equal(suppressed, 0);
    }
    for (i = 0; i < 5; i++) {
        assert_false(cors_counters_may_log(counters,
                                           begin + apr_time_from_sec(60) - 1,
                                           &suppressed));
    }
    assert_true(cors_counters_may_log(counters, begin + apr_time_from_sec(60),
                                      &suppressed));
    assert_int_equal(suppressed, 5);
    assert_true(cors_counters_may_log(counters, begin + apr_time_from_sec(60),
                                      &suppressed));
    assert_int_equal(suppressed, 0);
}

static void log_continues_after_the_clock_is_set_back(void **state)
{
    cors_counters_t *counters = new_counters();
    const apr_time_t begin = apr_time_from_sec(100000);
    apr_uint32_t suppressed = 99;
    int i;

    (void)state;
    for (i = 0; i < CORS_LOG_LINES; i++) {
        assert_true(cors_counters_may_log(counters, begin, &suppressed));
    }
    /* set back by less than a minute: the window only gets longer */
    assert_false(cors_counters_may_log(counters,
                                       begin - apr_time_from_sec(60) + 1,
                                       &suppressed));
    assert_true(cors_counters_may_log(counters, begin - apr_time_from_sec(60),
                                      &suppressed));
    assert_int_equal(suppressed, 1);
}

static void warnings_have_their_own_limit(void **state)
{
    cors_counters_t *counters = new_counters();
    const apr_time_t begin = apr_time_from_sec(1000);
    apr_uint32_t suppressed = 99;
    int i;

    (void)state;
    for (i = 0; i <= CORS_LOG_LINES; i++) {
        cors_counters_may_log(counters, begin, &suppressed);
    }
    for (i = 0; i < CORS_LOG_WARNINGS; i++) {
        assert_true(cors_counters_may_warn(counters, 7, begin, &suppressed));
        assert_int_equal(suppressed, 0);
    }
    assert_false(cors_counters_may_warn(counters, 7, begin, &suppressed));
    assert_true(cors_counters_may_warn(counters, 8, begin, &suppressed));
    assert_int_equal(suppressed, 0);
    assert_true(cors_counters_may_warn(counters, 7,
                                       begin + apr_time_from_sec(60),
                                       &suppressed));
    assert_int_equal(suppressed, 1);
    /* kinds beyond the maximum share one limit until the window ends */
    for (i = 100; i < 100 + CORS_LOG_WARNING_KINDS + CORS_LOG_WARNINGS; i++) {
        cors_counters_may_warn(counters, (apr_uint64_t)i,
                               begin + apr_time_from_sec(60), &suppressed);
    }
    assert_false(cors_counters_may_warn(counters, 1000,
                                        begin + apr_time_from_sec(60),
                                        &suppressed));
    assert_true(cors_counters_may_warn(counters, 7,
                                       begin + apr_time_from_sec(60),
                                       &suppressed));
    assert_true(cors_counters_may_warn(counters, 1000,
                                       begin + apr_time_from_sec(120),
                                       &suppressed));
    assert_int_equal(suppressed, 0);
}

static void clock_advances_from_0(void **state)
{
    const apr_time_t before = now;

    (void)state;
    now = 0;
    assert_int_equal(cors_clock(), 1);
    now = before;
    assert_int_equal(cors_clock(), before + 1);
}

static void texts_are_truncated(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_recorded_refusal_t out[1];
    cors_refused_origin_t origins[1];
    cors_refusal_t refusal = refusal_of(repeat_text("o", 300), 1);

    (void)state;
    refusal.scheme = exact_copy("https");
    refusal.host = exact_copy("h");
    refusal.path = exact_copy(repeat_text("/", 256));
    refusal.method = exact_copy(repeat_text("M", 65));
    refusal.headers = exact_copy(
        apr_pstrcat(pool, "x-a,", repeat_text("h", 251), ",x-c", NULL));
    refusal.rejected = exact_copy(
        apr_pstrcat(pool, "x-a,", repeat_text("h", 250), ",x-c", NULL));
    refusal.source = repeat_text("s", 300);
    cors_counters_refuse(counters, &refusal);
    assert_int_equal(cors_counters_refusals(counters, out, 1), 1);
    same_text("scheme", out[0].scheme, "https");
    same_text("host", out[0].host, "h");
    same_text("path", out[0].path, repeat_text("/", 255));
    same_text("origin", out[0].origin, repeat_text("o", 255));
    same_text("method", out[0].method, repeat_text("M", 64));
    same_text("whole names", out[0].cause.rejected,
              apr_pstrcat(pool, "x-a,", repeat_text("h", 250), NULL));
    same_text("names that fit", out[0].headers,
              apr_pstrcat(pool, "x-a,", repeat_text("h", 251), NULL));
    assert_int_equal(cors_counters_origins(counters, origins, 1), 1);
    same_text("origin", origins[0].origin, repeat_text("o", 255));
}

static void refusals_of_protection_are_separate(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_recorded_refusal_t out[4];
    cors_refused_origin_t origins[1];
    cors_refusal_t refusal = refusal_of("https://a.example", 1);

    (void)state;
    refusal.verdict = CORS_VERDICT_DENIED;
    cors_counters_refuse(counters, &refusal);
    refusal.protect = CORS_PROTECT_REASON_CROSS_SITE;
    cors_counters_refuse(counters, &refusal);
    cors_counters_refuse(counters, &refusal);
    refusal.protect = CORS_PROTECT_REASON_EMBEDDING;
    cors_counters_refuse(counters, &refusal);
    assert_int_equal(cors_counters_refusals(counters, out, 4), 3);
    assert_int_equal(out[0].cause.protect, CORS_PROTECT_REASON_EMBEDDING);
    assert_int_equal(out[0].times, 1);
    assert_int_equal(out[1].cause.protect, CORS_PROTECT_REASON_CROSS_SITE);
    assert_int_equal(out[1].times, 2);
    assert_int_equal(out[2].cause.protect, CORS_PROTECT_REASON_OFF);
    assert_int_equal(cors_counters_origins(counters, origins, 1), 1);
    assert_int_equal(origins[0].count, 4);
    assert_int_equal(origins[0].cause.protect, CORS_PROTECT_REASON_EMBEDDING);
}

static void long_origins_differ_by_their_ends(void **state)
{
    cors_counters_t *counters = new_counters();
    cors_refused_origin_t out[3];
    cors_refusal_t refusal =
        refusal_of(apr_pstrcat(pool, repeat_text("o", 300), "a", NULL), 1);

    (void)state;
    cors_counters_refuse(counters, &refusal);
    refusal =
        refusal_of(apr_pstrcat(pool, repeat_text("o", 300), "b", NULL), 1);
    cors_counters_refuse(counters, &refusal);
    assert_int_equal(cors_counters_origins(counters, out, 3), 2);
}

static void die_on_signal(int number)
{
    (void)number;
    kill(getpid(), SIGKILL);
}

/* Kill a child while it records a refusal and holds the lock. */
static void kill_child_in_refusal(cors_counters_t *counters)
{
    void *forbidden =
        mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cors_refusal_t refusal = refusal_of("https://killed.example", 1);
    pid_t child;
    int status;

    assert_ptr_not_equal(forbidden, MAP_FAILED);
    refusal.source = forbidden;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, die_on_signal);
        signal(SIGBUS, die_on_signal);
        cors_counters_refuse(counters, &refusal);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    munmap(forbidden, 4096);
}

/* The lock is taken over after this time, or after the clock was changed by it. */
static void check_lock_taken_over(apr_interval_time_t time)
{
    void *memory = mmap(NULL, cors_counters_size(), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cors_counters_t *counters;
    cors_refusal_t refusal = refusal_of("https://after.example", 2);
    cors_recorded_refusal_t refusals[8];
    cors_refused_origin_t origins[8];

    assert_ptr_not_equal(memory, MAP_FAILED);
    counters = cors_counters_use(memory, true, 77);
    kill_child_in_refusal(counters);

    /* nothing waits for the lock: no refusal is recorded or read */
    cors_counters_refuse(counters, &refusal);
    assert_int_equal(cors_counters_refusals(counters, refusals, 8), 0);
    assert_int_equal(cors_counters_origins(counters, origins, 8), 0);
    /* counters need no lock */
    cors_counters_add(counters, CORS_COUNTED_ENFORCED, CORS_VERDICT_DENIED,
                      CORS_REASON_ORIGIN_NOT_ALLOWED, 0, 0);
    assert_int_equal(cors_counters_get(counters, CORS_COUNTED_ENFORCED,
                                       CORS_VERDICT_DENIED,
                                       CORS_REASON_ORIGIN_NOT_ALLOWED),
                     1);

    now += time;
    cors_counters_refuse(counters, &refusal);
    /* the half-written entry is not shown */
    assert_int_equal(cors_counters_refusals(counters, refusals, 8), 1);
    assert_string_equal(refusals[0].origin, "https://after.example");
    assert_int_equal(cors_counters_origins(counters, origins, 8), 1);
    munmap(memory, cors_counters_size());
}

static void lock_of_a_killed_child_is_taken_over(void **state)
{
    (void)state;
    check_lock_taken_over(apr_time_from_sec(3));
    check_lock_taken_over(apr_time_from_sec(-3));
}

static void append_protect(void *context, cors_counted_e kind,
                           const char *verdict, const char *reason,
                           apr_uint64_t count)
{
    const char **all = context;

    *all = apr_psprintf(pool, "%s%d %s %s %" APR_UINT64_T_FMT "\n", *all,
                        (int)kind, verdict, reason, count);
}

static void protection_has_its_own_counts(void **state)
{
    cors_counters_t *counters = new_counters();
    const char *all = "";

    (void)state;
    cors_counters_visit_protect(counters, append_protect, &all);
    assert_string_equal(all, "");
    cors_counters_add_protect(counters, CORS_COUNTED_REPORTED,
                              CORS_PROTECT_VERDICT_REFUSED,
                              CORS_PROTECT_REASON_FOREIGN_HOST, 0);
    cors_counters_add_protect(counters, CORS_COUNTED_ENFORCED,
                              CORS_PROTECT_VERDICT_PASSED,
                              CORS_PROTECT_REASON_SAME_ORIGIN, 0);
    cors_counters_add_protect(counters, CORS_COUNTED_ENFORCED,
                              CORS_PROTECT_VERDICT_PASSED,
                              CORS_PROTECT_REASON_SAME_ORIGIN, 0);
    cors_counters_visit_protect(counters, append_protect, &all);
    assert_string_equal(all, "0 passed same-origin-request 2\n"
                             "1 refused foreign-host 1\n");
    assert_int_equal(cors_counters_get_protect(counters, CORS_COUNTED_ENFORCED,
                                               CORS_PROTECT_VERDICT_PASSED,
                                               CORS_PROTECT_REASON_SAME_ORIGIN),
                     2);
    assert_int_equal(cors_counters_get(counters, CORS_COUNTED_ENFORCED,
                                       CORS_VERDICT_ALLOWED,
                                       CORS_REASON_ORIGIN_ALLOWED),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_block_counts_nothing),
        TEST(block_of_an_earlier_run_is_reused),
        TEST(block_of_another_layout_is_rejected),
        TEST(kinds_verdicts_reasons_and_slots_are_separate),
        TEST(slots_have_names_and_a_maximum),
        TEST(latest_refusals_are_newest_first),
        TEST(equal_refusals_are_one_entry),
        TEST(replaced_refusal_starts_at_one),
        TEST(frequent_origins_replace_rare_ones),
        TEST(refusal_without_origin_adds_no_origin),
        TEST(burst_is_logged_and_flood_suppressed),
        TEST(log_continues_after_the_clock_is_set_back),
        TEST(warnings_have_their_own_limit),
        TEST(clock_advances_from_0),
        TEST(texts_are_truncated),
        TEST(refusals_of_protection_are_separate),
        TEST(long_origins_differ_by_their_ends),
        TEST(lock_of_a_killed_child_is_taken_over),
        TEST(protection_has_its_own_counts),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
