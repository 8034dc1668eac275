/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/counters.h"

#include <stdlib.h>
#include <string.h>

#include "cors/clock.h"
#include "cors/ordered.h"

#define MAGIC 0x636f7273u /* "cors" */
#define VERSION 2 /* grows when the layout changes and its size does not */
#define LOG_WINDOW apr_time_from_sec(60)
#define LOCK_BREAK apr_time_from_sec(2)

/* An origin is looked for among so many, so that a refusal stays cheap. */
#define SET_SIZE 4
#define SET_COUNT (CORS_COUNTERS_ORIGINS / SET_SIZE)

/* A section. */
typedef struct {
    char name[CORS_COUNTERS_TEXT]; /* "": not taken */
    apr_uint64_t counts[CORS_COUNTED_KINDS][CORS_VERDICT_COUNT];
} slot_t;

/* Lines of the log in a window of time. */
typedef struct {
    apr_uint64_t about; /* what the lines are about; 0: not taken */
    apr_int64_t window; /* when it began, by cors_clock() */
    apr_uint32_t lines; /* asked for in it */
    apr_uint32_t suppressed;
} budget_t;

struct cors_counters_t {
    apr_uint32_t magic;
    apr_uint32_t version;
    apr_uint64_t size;
    apr_time_t since;
    apr_uint64_t counts[CORS_COUNTED_KINDS][CORS_VERDICT_COUNT]
                       [CORS_REASON_COUNT];
    slot_t slots[CORS_COUNTERS_SLOTS];

    apr_int64_t lock;     /* 0: free; else since when it is held */
    apr_uint64_t refused; /* how many came by */
    apr_uint64_t kept;    /* how many of them were others than those kept */
    cors_kept_refusal_t refusals[CORS_COUNTERS_REFUSALS];
    /* by its hash, where one may be */
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
        return counters->magic == MAGIC && counters->version == VERSION
                       && counters->size == sizeof(*counters)
                   ? counters
                   : NULL;
    }
    memset(counters, 0, sizeof(*counters));
    counters->magic = MAGIC;
    counters->version = VERSION;
    counters->size = sizeof(*counters);
    counters->since = now;
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

/* Copy text into an array of size bytes, cut and NUL-terminated. */
static void keep(char *to, apr_size_t size, cors_slice_t text)
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

int cors_counters_slot(cors_counters_t *counters, const char *name)
{
    char cut[CORS_COUNTERS_TEXT];
    int i;

    keep(cut, sizeof(cut), cors_slice(name));
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
    return slot == 0                       ? "others"
           : counters->slots[slot].name[0] ? counters->slots[slot].name
                                           : NULL;
}

static void add_one(apr_uint64_t *count)
{
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

static apr_uint64_t read_count(const apr_uint64_t *count)
{
    return __atomic_load_n(count, __ATOMIC_RELAXED);
}

void cors_counters_add(cors_counters_t *counters, cors_counted_e kind,
                       cors_verdict_e verdict, cors_reason_e reason, int slot)
{
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
                          (cors_verdict_e)verdict, (cors_reason_e)reason,
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

/* Nobody waits; a lock whose holder has died is taken over after a while. */
static bool try_lock(cors_counters_t *counters, apr_time_t now)
{
    apr_int64_t held = 0;

    if (__atomic_compare_exchange_n(&counters->lock, &held, now, false,
                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        CORS_ORDERED_AFTER(&counters->lock);
        return true;
    }
    /* where cors_clock() is the time of day, it may have been set back since */
    return (now - held > LOCK_BREAK || held - now > LOCK_BREAK)
           && __atomic_compare_exchange_n(&counters->lock, &held, now, false,
                                          __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void unlock(cors_counters_t *counters)
{
    CORS_ORDERED_BEFORE(&counters->lock);
    __atomic_store_n(&counters->lock, 0, __ATOMIC_RELEASE);
}

/* Goes on from a hash with a number, or with a text. Who can choose his own texts
 * gains nothing but a place in a list. */
static apr_uint64_t hash_number(apr_uint64_t hash, apr_uint64_t number)
{
    hash = (hash ^ number) * APR_UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static apr_uint64_t hash_text(apr_uint64_t hash, cors_slice_t text)
{
    apr_uint64_t word = 0;
    apr_size_t i;

    hash += text.len;
    if (text.len < sizeof(word)) {
        for (i = 0; i < text.len; i++) {
            word = word << 8 | (unsigned char)text.ptr[i];
        }
        return hash_number(hash, word);
    }
    for (i = 0; i + sizeof(word) < text.len; i += sizeof(word)) {
        memcpy(&word, text.ptr + i, sizeof(word));
        hash = hash_number(hash, word);
    }
    /* the last word ends where the text does, and may hold bytes again */
    memcpy(&word, text.ptr + text.len - sizeof(word), sizeof(word));
    return hash_number(hash, word);
}

apr_uint64_t cors_counters_hash(cors_slice_t text)
{
    return hash_text(0, text);
}

/* All that a refusal tells, but its time. */
static apr_uint64_t identity_of(const cors_refusal_t *refusal,
                                apr_uint64_t origin)
{
    apr_uint64_t hash = origin + refusal->by;

    hash = hash_number(hash, (apr_uint64_t)refusal->kind << 48
                                 | (apr_uint64_t)refusal->verdict << 40
                                 | (apr_uint64_t)refusal->reason << 32
                                 | refusal->scheme.len << 24 | refusal->port);
    hash = hash_text(hash, refusal->path);
    hash = hash_text(hash, refusal->host);
    hash = hash_text(hash, refusal->method);
    return refusal->rejected.ptr ? hash_text(hash, refusal->rejected) : hash;
}

/* The entry of an origin in its set: its own, a free one, or that of the least
 * refused, whose count it takes over. */
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
    keep(least->origin, sizeof(least->origin), origin);
    return least;
}

static void keep_origin(cors_counters_t *counters,
                        const cors_refusal_t *refusal, apr_uint64_t origin,
                        apr_uint64_t identity)
{
    cors_refused_origin_t *entry = entry_for(counters, refusal->origin, origin);

    entry->count++;
    if (entry->last != identity) {
        entry->last = identity;
        entry->reason = refusal->reason;
        keep(entry->rejected, sizeof(entry->rejected), refusal->rejected);
        keep(entry->source, sizeof(entry->source), cors_slice(refusal->source));
    }
}

/* Takes the place of the one that has been kept for longest. */
static cors_kept_refusal_t *keep_new(cors_counters_t *counters,
                                     const cors_refusal_t *refusal)
{
    cors_kept_refusal_t *kept =
        &counters->refusals[counters->kept++ % CORS_COUNTERS_REFUSALS];

    kept->times = 0;
    kept->kind = refusal->kind;
    kept->verdict = refusal->verdict;
    kept->reason = refusal->reason;
    kept->port = refusal->port;
    keep(kept->scheme, sizeof(kept->scheme), refusal->scheme);
    keep(kept->host, sizeof(kept->host), refusal->host);
    keep(kept->path, sizeof(kept->path), refusal->path);
    keep(kept->origin, sizeof(kept->origin), refusal->origin);
    keep(kept->method, sizeof(kept->method), refusal->method);
    keep(kept->rejected, sizeof(kept->rejected), refusal->rejected);
    keep(kept->source, sizeof(kept->source), cors_slice(refusal->source));
    return kept;
}

void cors_counters_refuse(cors_counters_t *counters,
                          const cors_refusal_t *refusal)
{
    apr_uint64_t origin = hash_text(0, refusal->origin);
    apr_uint64_t hash = identity_of(refusal, origin);
    apr_byte_t *place;
    cors_kept_refusal_t *kept;

    if (!try_lock(counters, cors_clock())) {
        return;
    }
    place = &counters->places[hash >> 32 & (CORS_COUNTERS_REFUSALS - 1)];
    kept = &counters->refusals[*place & (CORS_COUNTERS_REFUSALS - 1)];
    if (kept->hash != hash || kept->times == 0) {
        kept = keep_new(counters, refusal);
        kept->hash = hash;
        *place = (apr_byte_t)(kept - counters->refusals);
    }
    kept->times++;
    kept->time = refusal->time;
    kept->last = ++counters->refused;
    if (refusal->origin.len > 0) {
        keep_origin(counters, refusal, origin, hash);
    }
    unlock(counters);
}

/* A reader may wait a little: nobody holds the lock for long. */
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

/* An entry by its place in the order of all refusals. */
typedef struct {
    apr_uint64_t last;
    int entry;
} order_t;

static int later_first(const void *a, const void *b)
{
    const order_t *one = a;
    const order_t *other = b;

    return one->last < other->last ? 1 : one->last > other->last ? -1 : 0;
}

int cors_counters_refusals(cors_counters_t *counters, cors_kept_refusal_t *out,
                           int most)
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

    return one->count < other->count ? 1 : one->count > other->count ? -1 : 0;
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

/* Whether a window is over. One that begins in the future is: the clock has been set
 * back. A little of it is another thread, which has read the clock later. */
static bool is_over(apr_int64_t began, apr_time_t now)
{
    return now - began >= LOG_WINDOW || began - now >= LOG_WINDOW;
}

/* Whether a budget of so many lines a window has one more. */
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

/* The budget of what a warning is about: its own, one that is not used any more, or
 * else the last, for all others. Two threads that take one at once share it. */
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
