/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Counts decisions, and records recent refusals, in a block of shared memory.
 *
 * It is its own file because every process of httpd, and the next run after a restart,
 * reads the same block: the layout must be fixed in size and free of pointers. It does
 * not allocate the memory and does not write the log. The counters are atomic. The
 * lists are guarded by a try-lock: a request that cannot take it skips the list entry,
 * but is still counted. A lock that is held for too long is taken over, because its
 * holder has died.
 */

#include "core/diagnose/stats.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/compiler.h"
#include "core/base/hash.h"
#include "core/base/ordered.h"

#define MAGIC 0x636f7273u /* "cors" */
#define VERSION 5 /* increase it if the layout changes but its size does not */
/* recorded refusals hold attributes by number */
#define LAYOUT ((apr_uint32_t)VERSION << 16 | CORS_ATTR_COUNT)
#define LOG_WINDOW apr_time_from_sec(60)
#define LOCK_BREAK apr_time_from_sec(2)

/*
 * An origin is searched for in a set of this many entries, so that a refusal stays
 * cheap.
 */
#define SET_SIZE 4
#define SET_COUNT (CORS_COUNTERS_ORIGINS / SET_SIZE)

/* The counts of a section. */
typedef struct {
    /* "": unused */
    char name[CORS_COUNTERS_TEXT];
    apr_uint64_t counts[CORS_COUNTED_KINDS][CORS_VERDICT_COUNT];
} slot_t;

/* The log lines of one time window. */
typedef struct {
    /* a hash of the subject of the lines; 0: unused */
    apr_uint64_t about;
    /* start of the window, by cors_clock() */
    apr_int64_t window;
    /* lines requested in the window */
    apr_uint32_t lines;
    apr_uint32_t suppressed;
} budget_t;

struct cors_counters_t {
    apr_uint32_t magic;
    apr_uint32_t version;
    apr_uint64_t size;
    apr_time_t since;
    apr_uint64_t counts[CORS_COUNTED_KINDS][CORS_VERDICT_COUNT]
                       [CORS_REASON_COUNT];
    apr_uint64_t protect[CORS_COUNTED_KINDS][CORS_PROTECT_VERDICT_COUNT]
                        [CORS_PROTECT_REASON_COUNT];
    slot_t slots[CORS_COUNTERS_SLOTS];
    cors_history_t history;

    /* 0: free; otherwise the time at which it was taken */
    apr_int64_t lock;
    /* number of recorded refusals */
    apr_uint64_t refused;
    /* number of refusals that needed a new entry */
    apr_uint64_t recorded;
    cors_recorded_refusal_t refusals[CORS_COUNTERS_REFUSALS];
    /* hash table: maps a hash to a possible index in refusals */
    apr_byte_t places[CORS_COUNTERS_REFUSALS];
    cors_refused_origin_t origins[CORS_COUNTERS_ORIGINS];

    budget_t refusal_lines;
    budget_t warning_lines[CORS_LOG_WARNING_KINDS];
};

apr_size_t cors_counters_size(void)
{
    return sizeof(cors_counters_t);
}

cors_counters_t *cors_counters_use(void *block, bool fresh, apr_time_t now)
{
    cors_counters_t *counters = block;
    int i;

    if (!fresh) {
        if (counters->magic == MAGIC && counters->version == LAYOUT
            && counters->size == sizeof(*counters)) {
            return counters;
        }
        return NULL;
    }
    memset(counters, 0, sizeof(*counters));
    counters->magic = MAGIC;
    counters->version = LAYOUT;
    counters->size = sizeof(*counters);
    counters->since = now;
    cors_history_start(&counters->history, now);
    CORS_IS_ATOMIC(counters->history.began);
    CORS_IS_ATOMIC(counters->lock);
    CORS_IS_ATOMIC(counters->refusal_lines.window);
    CORS_IS_ATOMIC(counters->refusal_lines.lines);
    CORS_IS_ATOMIC(counters->refusal_lines.suppressed);
    for (i = 0; i < CORS_LOG_WARNING_KINDS; i++) {
        CORS_IS_ATOMIC(counters->warning_lines[i].about);
        CORS_IS_ATOMIC(counters->warning_lines[i].window);
        CORS_IS_ATOMIC(counters->warning_lines[i].lines);
        CORS_IS_ATOMIC(counters->warning_lines[i].suppressed);
    }
    return counters;
}

apr_time_t cors_counters_since(const cors_counters_t *counters)
{
    return counters->since;
}

/* Copies a text into an array of size bytes, truncated and NUL-terminated. */
static void copy_text(char *to, apr_size_t size, cors_slice_t text)
{
    apr_size_t len = text.ptr ? text.len : 0;

    if (len > size - 1) {
        len = size - 1;
    }
    if (len > 0) {
        memcpy(to, text.ptr, len);
    }
    to[len] = '\0';
}

/* Copies a comma-separated list into an array of size bytes, truncated after a whole
 * entry. */
static void copy_list(char *to, apr_size_t size, cors_slice_t list)
{
    char *comma;

    copy_text(to, size, list);
    if (list.len >= size && list.ptr[size - 1] != ',') {
        comma = strrchr(to, ',');
        *(comma ? comma : to) = '\0';
    }
}

int cors_counters_slot(cors_counters_t *counters, const char *name)
{
    char cut[CORS_COUNTERS_TEXT];
    int i;

    copy_text(cut, sizeof(cut), cors_slice(name));
    for (i = 1; i < CORS_COUNTERS_SLOTS; i++) {
        if (!counters->slots[i].name[0]) {
            memcpy(counters->slots[i].name, cut, sizeof(cut));
            return i;
        }
        if (strcmp(counters->slots[i].name, cut) == 0) {
            return i;
        }
    }
    return 0;
}

const char *cors_counters_slot_name(const cors_counters_t *counters, int slot)
{
    if (slot == 0) {
        return "others";
    }
    if (counters->slots[slot].name[0]) {
        return counters->slots[slot].name;
    }
    return NULL;
}

static void add_one(apr_uint64_t *count)
{
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

static apr_uint64_t read_count(const apr_uint64_t *count)
{
    return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* Takes the lock without waiting. Takes over a lock whose holder has died. */
static bool try_lock(cors_counters_t *counters, apr_time_t now)
{
    apr_int64_t held = 0;

    if (__atomic_compare_exchange_n(&counters->lock, &held, now, false,
                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        CORS_ORDERED_AFTER(&counters->lock);
        return true;
    }
    /* if cors_clock() is the time of day, it may have been set back since */
    return (now - held > LOCK_BREAK || held - now > LOCK_BREAK)
           && __atomic_compare_exchange_n(&counters->lock, &held, now, false,
                                          __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void unlock(cors_counters_t *counters)
{
    CORS_ORDERED_BEFORE(&counters->lock);
    __atomic_store_n(&counters->lock, 0, __ATOMIC_RELEASE);
}

/* Returns the sum of all reasons for one of three verdicts. */
static apr_uint64_t sum_of(const cors_counters_t *counters, cors_counted_e kind,
                           cors_verdict_e one, cors_verdict_e two,
                           cors_verdict_e three)
{
    return cors_counters_total(counters, kind, one)
           + cors_counters_total(counters, kind, two)
           + cors_counters_total(counters, kind, three);
}

/* Returns how many requests were denied, or would have been. */
static apr_uint64_t denied_of(const cors_counters_t *counters,
                              cors_counted_e kind)
{
    apr_uint64_t sum =
        sum_of(counters, kind, CORS_VERDICT_DENIED,
               CORS_VERDICT_PREFLIGHT_DENIED, CORS_VERDICT_WEBSOCKET_DENIED);
    int reason;

    for (reason = 0; reason < CORS_PROTECT_REASON_COUNT; reason++) {
        sum += cors_counters_get_protect(counters, kind,
                                         CORS_PROTECT_VERDICT_REFUSED,
                                         (cors_protect_reason_e)reason);
    }
    return sum;
}

static cors_totals_t totals_of(const cors_counters_t *counters)
{
    cors_totals_t totals;
    int kind;

    totals.allowed = 0;
    for (kind = 0; kind < CORS_COUNTED_KINDS; kind++) {
        totals.allowed +=
            sum_of(counters, (cors_counted_e)kind, CORS_VERDICT_ALLOWED,
                   CORS_VERDICT_PREFLIGHT_ALLOWED,
                   CORS_VERDICT_WEBSOCKET_ALLOWED);
    }
    totals.denied = denied_of(counters, CORS_COUNTED_ENFORCED);
    totals.reported = denied_of(counters, CORS_COUNTED_REPORTED);
    return totals;
}

/* Ends a minute of the history. If the lock is taken, the next request does it. */
CORS_SLOW static void end_minute(cors_counters_t *counters, apr_time_t now)
{
    cors_totals_t totals;

    if (try_lock(counters, cors_clock())) {
        totals = totals_of(counters);
        cors_history_advance(&counters->history, &totals, now);
        unlock(counters);
    }
}

void cors_counters_add(cors_counters_t *counters, cors_counted_e kind,
                       cors_verdict_e verdict, cors_reason_e reason, int slot,
                       apr_time_t now)
{
    if (cors_history_is_over(&counters->history, now)) {
        end_minute(counters, now);
    }
    add_one(&counters->counts[kind][verdict][reason]);
    add_one(&counters->slots[slot].counts[kind][verdict]);
}

apr_uint64_t cors_counters_get(const cors_counters_t *counters,
                               cors_counted_e kind, cors_verdict_e verdict,
                               cors_reason_e reason)
{
    return read_count(&counters->counts[kind][verdict][reason]);
}

void cors_counters_visit(const cors_counters_t *counters,
                         cors_counted_fn *visit, void *context)
{
    int kind;
    int verdict;
    int reason;

    for (kind = 0; kind < CORS_COUNTED_KINDS; kind++) {
        for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
            for (reason = 0; reason < CORS_REASON_COUNT; reason++) {
                apr_uint64_t count =
                    cors_counters_get(counters, (cors_counted_e)kind,
                                      (cors_verdict_e)verdict,
                                      (cors_reason_e)reason);

                if (count > 0) {
                    visit(context, (cors_counted_e)kind,
                          cors_verdict_text((cors_verdict_e)verdict),
                          cors_reason_text((cors_reason_e)reason), count);
                }
            }
        }
    }
}

void cors_counters_add_protect(cors_counters_t *counters, cors_counted_e kind,
                               cors_protect_verdict_e verdict,
                               cors_protect_reason_e reason, apr_time_t now)
{
    if (cors_history_is_over(&counters->history, now)) {
        end_minute(counters, now);
    }
    add_one(&counters->protect[kind][verdict][reason]);
}

apr_uint64_t cors_counters_get_protect(const cors_counters_t *counters,
                                       cors_counted_e kind,
                                       cors_protect_verdict_e verdict,
                                       cors_protect_reason_e reason)
{
    return read_count(&counters->protect[kind][verdict][reason]);
}

void cors_counters_visit_protect(const cors_counters_t *counters,
                                 cors_counted_fn *visit, void *context)
{
    int kind;
    int verdict;
    int reason;

    for (kind = 0; kind < CORS_COUNTED_KINDS; kind++) {
        for (verdict = 0; verdict < CORS_PROTECT_VERDICT_COUNT; verdict++) {
            for (reason = 0; reason < CORS_PROTECT_REASON_COUNT; reason++) {
                apr_uint64_t count =
                    read_count(&counters->protect[kind][verdict][reason]);

                if (count > 0) {
                    visit(context, (cors_counted_e)kind,
                          cors_protect_verdict_text(
                              (cors_protect_verdict_e)verdict),
                          cors_protect_reason_text(
                              (cors_protect_reason_e)reason),
                          count);
                }
            }
        }
    }
}

apr_uint64_t cors_counters_get_slot(const cors_counters_t *counters, int slot,
                                    cors_counted_e kind, cors_verdict_e verdict)
{
    return read_count(&counters->slots[slot].counts[kind][verdict]);
}

/* Returns a hash of all fields of a refusal except its time. */
static apr_uint64_t identity_of(const cors_refusal_t *refusal,
                                apr_uint64_t origin)
{
    apr_uint64_t hash = cors_hash_number(origin, refusal->setting);

    hash =
        cors_hash_number(hash, (apr_uint64_t)refusal->attr << 56
                                   | (apr_uint64_t)refusal->kind << 48
                                   | (apr_uint64_t)refusal->verdict << 40
                                   | (apr_uint64_t)refusal->reason << 32
                                   | refusal->scheme.len << 24 | refusal->port);
    hash = cors_hash_number(hash, (apr_uint64_t)refusal->protect);
    hash = cors_hash_text(hash, refusal->path);
    hash = cors_hash_text(hash, refusal->host);
    hash = cors_hash_text(hash, refusal->method);
    if (refusal->headers.ptr) {
        hash = cors_hash_text(hash, refusal->headers);
    }
    if (refusal->rejected.ptr) {
        return cors_hash_text(hash, refusal->rejected);
    }
    return hash;
}

/*
 * Returns the entry for an origin in its set: its own entry, a free one, or the one
 * with the lowest count. The origin inherits that count.
 */
static cors_refused_origin_t *entry_for(cors_counters_t *counters,
                                        cors_slice_t origin, apr_uint64_t hash)
{
    cors_refused_origin_t *set =
        &counters->origins[hash % SET_COUNT * SET_SIZE];
    cors_refused_origin_t *least = set;
    int i;

    for (i = 0; i < SET_SIZE; i++) {
        if (set[i].count > 0 && set[i].hash == hash) {
            return &set[i];
        }
        if (set[i].count < least->count) {
            least = &set[i];
        }
    }
    least->excess = least->count;
    least->hash = hash;
    least->last = 0;
    copy_text(least->origin, sizeof(least->origin), origin);
    return least;
}

static void record_cause(cors_recorded_cause_t *cause,
                         const cors_refusal_t *refusal)
{
    cause->reason = refusal->reason;
    cause->protect = refusal->protect;
    cause->attr = refusal->attr;
    cause->setting = refusal->setting;
    cause->mode = refusal->mode;
    copy_list(cause->rejected, sizeof(cause->rejected), refusal->rejected);
    copy_text(cause->source, sizeof(cause->source),
              cors_slice(refusal->source));
}

static void record_origin(cors_counters_t *counters,
                          const cors_refusal_t *refusal, apr_uint64_t origin,
                          apr_uint64_t identity)
{
    cors_refused_origin_t *entry = entry_for(counters, refusal->origin, origin);

    entry->count++;
    if (entry->last != identity) {
        entry->last = identity;
        record_cause(&entry->cause, refusal);
    }
}

/* Replaces the oldest entry. */
static cors_recorded_refusal_t *add_refusal(cors_counters_t *counters,
                                            const cors_refusal_t *refusal)
{
    cors_recorded_refusal_t *recorded =
        &counters->refusals[counters->recorded++ % CORS_COUNTERS_REFUSALS];

    recorded->times = 0;
    recorded->kind = refusal->kind;
    recorded->verdict = refusal->verdict;
    recorded->port = refusal->port;
    record_cause(&recorded->cause, refusal);
    copy_text(recorded->scheme, sizeof(recorded->scheme), refusal->scheme);
    copy_text(recorded->host, sizeof(recorded->host), refusal->host);
    copy_text(recorded->path, sizeof(recorded->path), refusal->path);
    copy_text(recorded->origin, sizeof(recorded->origin), refusal->origin);
    copy_text(recorded->method, sizeof(recorded->method), refusal->method);
    copy_list(recorded->headers, sizeof(recorded->headers), refusal->headers);
    return recorded;
}

void cors_counters_refuse(cors_counters_t *counters,
                          const cors_refusal_t *refusal)
{
    apr_uint64_t origin = cors_hash_text(0, refusal->origin);
    apr_uint64_t hash = identity_of(refusal, origin);
    apr_byte_t *place;
    cors_recorded_refusal_t *recorded;

    if (!try_lock(counters, cors_clock())) {
        return;
    }
    place = &counters->places[hash >> 32 & (CORS_COUNTERS_REFUSALS - 1)];
    recorded = &counters->refusals[*place & (CORS_COUNTERS_REFUSALS - 1)];
    if (recorded->hash != hash || recorded->times == 0) {
        recorded = add_refusal(counters, refusal);
        recorded->hash = hash;
        *place = (apr_byte_t)(recorded - counters->refusals);
    }
    recorded->times++;
    recorded->time = refusal->time;
    recorded->last = ++counters->refused;
    if (refusal->origin.len > 0) {
        record_origin(counters, refusal, origin, hash);
    }
    unlock(counters);
}

/*
 * Takes the lock for a reader. A reader may wait briefly, because the lock is never
 * held for long.
 */
static bool lock_to_read(cors_counters_t *counters)
{
    int tries;

    for (tries = 0; tries < 1000; tries++) {
        if (try_lock(counters, cors_clock())) {
            return true;
        }
        apr_sleep(100);
    }
    return false;
}

apr_time_t cors_counters_history(cors_counters_t *counters, apr_time_t now,
                                 cors_minute_t *out)
{
    cors_totals_t totals;
    apr_time_t began;

    if (!lock_to_read(counters)) {
        return 0;
    }
    totals = totals_of(counters);
    cors_history_advance(&counters->history, &totals, now);
    began = cors_history_read(&counters->history, &totals, out);
    unlock(counters);
    return began;
}

/* An entry and its position in the order of all refusals. */
typedef struct {
    apr_uint64_t last;
    int entry;
} order_t;

static int later_first(const void *a, const void *b)
{
    const order_t *one = a;
    const order_t *other = b;

    if (one->last < other->last) {
        return 1;
    }
    if (one->last > other->last) {
        return -1;
    }
    return 0;
}

int cors_counters_refusals(cors_counters_t *counters,
                           cors_recorded_refusal_t *out, int most)
{
    order_t order[CORS_COUNTERS_REFUSALS];
    int count = 0;
    int i;

    if (!lock_to_read(counters)) {
        return 0;
    }
    for (i = 0; i < CORS_COUNTERS_REFUSALS; i++) {
        if (counters->refusals[i].times > 0) {
            order[count].last = counters->refusals[i].last;
            order[count++].entry = i;
        }
    }
    qsort(order, (size_t)count, sizeof(*order), later_first);
    count = count < most ? count : most;
    for (i = 0; i < count; i++) {
        out[i] = counters->refusals[order[i].entry];
    }
    unlock(counters);
    return count;
}

static int more_refused_first(const void *a, const void *b)
{
    const cors_refused_origin_t *one = a;
    const cors_refused_origin_t *other = b;

    if (one->count < other->count) {
        return 1;
    }
    if (one->count > other->count) {
        return -1;
    }
    return 0;
}

int cors_counters_origins(cors_counters_t *counters, cors_refused_origin_t *out,
                          int most)
{
    cors_refused_origin_t all[CORS_COUNTERS_ORIGINS];
    int count = 0;
    int i;

    if (!lock_to_read(counters)) {
        return 0;
    }
    for (i = 0; i < CORS_COUNTERS_ORIGINS; i++) {
        if (counters->origins[i].count > 0) {
            all[count++] = counters->origins[i];
        }
    }
    unlock(counters);
    qsort(all, (size_t)count, sizeof(*all), more_refused_first);
    count = count < most ? count : most;
    memcpy(out, all, (size_t)count * sizeof(*out));
    return count;
}

/*
 * Returns whether a window is over. A window that begins in the future is over,
 * because the clock has been set back. A small difference is another thread that has
 * read the clock later.
 */
static bool is_over(apr_int64_t began, apr_time_t now)
{
    return now - began >= LOG_WINDOW || began - now >= LOG_WINDOW;
}

/* Returns whether a budget of most lines per window has a line left, and uses it. */
static bool spend(budget_t *budget, apr_uint32_t most, apr_time_t now,
                  apr_uint32_t *suppressed)
{
    apr_int64_t began = __atomic_load_n(&budget->window, __ATOMIC_RELAXED);

    if (is_over(began, now)
        && __atomic_compare_exchange_n(&budget->window, &began, now, false,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        __atomic_store_n(&budget->lines, 0, __ATOMIC_RELAXED);
    }
    if (__atomic_fetch_add(&budget->lines, 1, __ATOMIC_RELAXED) >= most) {
        __atomic_fetch_add(&budget->suppressed, 1, __ATOMIC_RELAXED);
        return false;
    }
    *suppressed = __atomic_exchange_n(&budget->suppressed, 0, __ATOMIC_RELAXED);
    return true;
}

bool cors_counters_may_log(cors_counters_t *counters, apr_time_t now,
                           apr_uint32_t *suppressed)
{
    return spend(&counters->refusal_lines, CORS_LOG_LINES, now, suppressed);
}

/*
 * Returns the budget for the subject of a warning: its own, an expired one, or else
 * the last one, which all other subjects share. Two threads that take the same budget
 * at once share it.
 */
static budget_t *budget_for(cors_counters_t *counters, apr_uint64_t about,
                            apr_time_t now)
{
    budget_t *budgets = counters->warning_lines;
    int i;

    for (i = 0; i < CORS_LOG_WARNING_KINDS - 1; i++) {
        if (__atomic_load_n(&budgets[i].about, __ATOMIC_RELAXED) == about) {
            return &budgets[i];
        }
    }
    for (i = 0; i < CORS_LOG_WARNING_KINDS - 1; i++) {
        apr_uint64_t before =
            __atomic_load_n(&budgets[i].about, __ATOMIC_RELAXED);

        if ((before == 0
             || is_over(__atomic_load_n(&budgets[i].window, __ATOMIC_RELAXED),
                        now))
            && __atomic_compare_exchange_n(&budgets[i].about, &before, about,
                                           false, __ATOMIC_RELAXED,
                                           __ATOMIC_RELAXED)) {
            __atomic_store_n(&budgets[i].suppressed, 0, __ATOMIC_RELAXED);
            break;
        }
    }
    return &budgets[i];
}

bool cors_counters_may_warn(cors_counters_t *counters, apr_uint64_t about,
                            apr_time_t now, apr_uint32_t *suppressed)
{
    return spend(budget_for(counters, about, now), CORS_LOG_WARNINGS, now,
                 suppressed);
}

apr_uint64_t cors_counters_total(const cors_counters_t *counters,
                                 cors_counted_e kind, cors_verdict_e verdict)
{
    apr_uint64_t sum = 0;
    int reason;

    for (reason = 0; reason < CORS_REASON_COUNT; reason++) {
        sum +=
            cors_counters_get(counters, kind, verdict, (cors_reason_e)reason);
    }
    return sum;
}
