/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file counters.h
 * @brief What happened, counted in a block of memory that processes share
 *
 * All of it is of a fixed size and bounded, whatever is requested. Counts are
 * atomic; the lists behind them are kept under a lock that nobody waits for:
 * who does not get it leaves its entry out, never its count.
 */

#ifndef CORS_COUNTERS_H
#define CORS_COUNTERS_H

#include <apr_time.h>

#include "cors/decide.h"

/** How many sections are told apart; the first stands for all others. */
#define CORS_COUNTERS_SLOTS 512

/** How many of the latest refusals, and of the most refused origins, are kept. */
#define CORS_COUNTERS_REFUSALS 128
#define CORS_COUNTERS_ORIGINS 64

/** How long a kept text can be, with its NUL; a longer one is cut. */
#define CORS_COUNTERS_TEXT 256

/** Counts apart: what was done, and what CorsPolicy ReportOnly would have. */
typedef enum {
    CORS_COUNTED_ENFORCED,
    CORS_COUNTED_REPORTED,
    CORS_COUNTED_KINDS
} cors_counted_e;

/** One refusal; every text is borrowed, and may be the client's own bytes. */
typedef struct {
    apr_time_t time;
    cors_counted_e kind;
    cors_verdict_e verdict;
    cors_reason_e reason;
    unsigned port;       /* that the request was made to */
    cors_slice_t scheme; /* of that */
    cors_slice_t host;   /* of that, as the client sent it */
    cors_slice_t path;   /* without query string */
    cors_slice_t origin; /* absent where there was none */
    cors_slice_t method; /* announced, for a preflight */
    cors_slice_t
        rejected; /* the method or header that is not allowed, or absent */
    const char *source; /* "Directive file:line" that decided */
    apr_uint64_t by;    /* a hash of that, or what else stands for it */
} cors_refusal_t;

/** One refusal as it is kept: texts cut, "" for absent ones. */
typedef struct {
    apr_uint64_t hash;  /* of all that is told of it but the times */
    apr_uint64_t times; /* how often it happened while it was kept; 0: never */
    apr_uint64_t last;  /* its place in the order of all refusals */
    apr_time_t time;    /* of the last time */
    cors_counted_e kind;
    cors_verdict_e verdict;
    cors_reason_e reason;
    unsigned port;
    char scheme[8];
    char host[CORS_COUNTERS_TEXT];
    char path[CORS_COUNTERS_TEXT];
    char origin[CORS_COUNTERS_TEXT];
    char method[CORS_METHOD_MAX + 1];
    char rejected[CORS_METHOD_MAX + 1];
    char source[CORS_COUNTERS_TEXT];
} cors_kept_refusal_t;

/** An origin that was refused, with what was said of it the last time. */
typedef struct {
    apr_uint64_t count;  /* how often, at most */
    apr_uint64_t excess; /* by how much count may be too high */
    apr_uint64_t hash;   /* of its whole text */
    apr_uint64_t last;   /* the hash of the refusal that is told of */
    cors_reason_e reason;
    char origin[CORS_COUNTERS_TEXT];
    char rejected[CORS_METHOD_MAX + 1];
    char source[CORS_COUNTERS_TEXT];
} cors_refused_origin_t;

/** The block; opaque. */
typedef struct cors_counters_t cors_counters_t;

/** @return the size of the block in bytes */
apr_size_t cors_counters_size(void);

/**
 * Use a block.
 *
 * @param block  cors_counters_size() bytes
 * @param fresh  true: it holds nothing yet; false: it may hold the counts of an
 *               earlier run
 * @param now    when counting begins, if it does
 * @return the counters; NULL: an earlier run laid the block out in another way
 */
cors_counters_t *cors_counters_use(void *block, bool fresh, apr_time_t now);

/** @return since when it has been counted */
apr_time_t cors_counters_since(const cors_counters_t *counters);

/**
 * The slot of a section.
 *
 * @param name  by which the section is known over restarts
 * @return its number; 0 where there are too many sections
 */
int cors_counters_slot(cors_counters_t *counters, const char *name);

/** @return the name of a slot; NULL: it is not taken */
const char *cors_counters_slot_name(const cors_counters_t *counters, int slot);

/** Count a decision. Two atomic additions. */
void cors_counters_add(cors_counters_t *counters, cors_counted_e kind,
                       cors_verdict_e verdict, cors_reason_e reason, int slot);

/** @return how often a verdict had a reason */
apr_uint64_t cors_counters_get(const cors_counters_t *counters,
                               cors_counted_e kind, cors_verdict_e verdict,
                               cors_reason_e reason);

/** Told of a verdict with a reason that was counted; the count is not 0. */
typedef void cors_counted_fn(void *context, cors_counted_e kind,
                             cors_verdict_e verdict, cors_reason_e reason,
                             apr_uint64_t count);

/** Tell of all that was counted. */
void cors_counters_visit(const cors_counters_t *counters,
                         cors_counted_fn *visit, void *context);

/** @return how often a section's policy came to a verdict */
apr_uint64_t cors_counters_get_slot(const cors_counters_t *counters, int slot,
                                    cors_counted_e kind,
                                    cors_verdict_e verdict);

/** @return a hash of a text, for cors_refusal_t.by */
apr_uint64_t cors_counters_hash(cors_slice_t text);

/** Keep a refusal among the latest, and its origin among the most refused. One
 * that is kept already is counted. */
void cors_counters_refuse(cors_counters_t *counters,
                          const cors_refusal_t *refusal);

/**
 * The latest refusals, each of them once, newest first.
 *
 * @param out   room for @a most
 * @param most  at most CORS_COUNTERS_REFUSALS
 * @return how many there are
 */
int cors_counters_refusals(cors_counters_t *counters, cors_kept_refusal_t *out,
                           int most);

/** The most refused origins, most refused first; as above.
 *
 * Metwally, Agrawal, El Abbadi: "Efficient Computation of Frequent and Top-k
 * Elements in Data Streams" (Space-Saving), in each of some sets that origins
 * fall into by a hash.
 */
int cors_counters_origins(cors_counters_t *counters, cors_refused_origin_t *out,
                          int most);

/**
 * Whether one more line about a refusal may be logged: so many in a minute, since
 * anybody can have requests refused.
 *
 * @param now         cors_clock()
 * @param suppressed  set to how many lines were not logged since the last one
 *                    that was; only when true is returned
 */
bool cors_counters_may_log(cors_counters_t *counters, apr_time_t now,
                           apr_uint32_t *suppressed);

/**
 * The same for a line that an administrator must see, whatever else is logged.
 *
 * @param about  a hash of what it is about, not 0: each has lines of its own, up to
 *               CORS_LOG_WARNING_KINDS - 1 in a minute; all others share theirs
 */
bool cors_counters_may_warn(cors_counters_t *counters, apr_uint64_t about,
                            apr_time_t now, apr_uint32_t *suppressed);

/** How many lines about refusals a minute has, and about one thing to warn of. */
#define CORS_LOG_LINES 600
#define CORS_LOG_WARNINGS 10
#define CORS_LOG_WARNING_KINDS 32

#endif /* CORS_COUNTERS_H */
