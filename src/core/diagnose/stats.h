/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file stats.h
 * @brief Counters and recent refusals in memory that processes share
 *
 * The size of the block is fixed, whatever clients request. Counts are atomic. The
 * lists are guarded by a try-lock. A request that cannot take it skips the list entry;
 * it is still counted.
 */

#ifndef CORS_STATS_H
#define CORS_STATS_H

#include <apr_time.h>

#include "core/base/list.h"
#include "core/diagnose/history.h"
#include "core/policy/decide.h"
#include "core/policy/protect.h"

/**
 * The number of sections that are counted separately. The first slot is shared by all
 * others.
 */
#define CORS_COUNTERS_SLOTS 512

/** How many of the latest refusals, and of the most refused origins, are stored. */
#define CORS_COUNTERS_REFUSALS 128
#define CORS_COUNTERS_ORIGINS 64

/**
 * The size of a stored text in bytes, including its NUL. A longer text is truncated.
 */
#define CORS_COUNTERS_TEXT 256

/**
 * Separate counts: actual decisions, and those that ReportOnly only reports.
 */
typedef enum {
    CORS_COUNTED_ENFORCED,
    CORS_COUNTED_REPORTED,
    CORS_COUNTED_KINDS
} cors_counted_e;

/** One refusal. All texts are borrowed and may be the client's own bytes. */
typedef struct {
    apr_time_t time;
    cors_counted_e kind;
    /* of CorsProtect: denied, or websocket-denied for a handshake */
    cors_verdict_e verdict;
    cors_reason_e reason;
    /* the reason of CorsProtect; CORS_PROTECT_REASON_OFF: the policy refused */
    cors_protect_reason_e protect;
    /* port of the request's target */
    unsigned port;
    /* scheme of the target */
    cors_slice_t scheme;
    /* host of the target, as the client sent it */
    cors_slice_t host;
    /* without the query string */
    cors_slice_t path;
    /* absent if the request had none */
    cors_slice_t origin;
    /* for a preflight, the announced method */
    cors_slice_t method;
    /* the header names that a preflight announced, or absent */
    cors_slice_t headers;
    /* the method or all headers that are not allowed, or absent */
    cors_slice_t rejected;
    /* the attribute that decided */
    cors_attr_e attr;
    /* the id of the setting that decided; 0: the default */
    apr_uint64_t setting;
    /* the id of the CorsPolicy in force; 0: none */
    apr_uint64_t mode;
    /* "Directive file:line" of that setting, for people */
    const char *source;
} cors_refusal_t;

/** Why a refusal happened, as stored. */
typedef struct {
    cors_reason_e reason;
    /* CORS_PROTECT_REASON_OFF: the policy refused */
    cors_protect_reason_e protect;
    cors_attr_e attr;
    apr_uint64_t setting;
    apr_uint64_t mode;
    char rejected[CORS_COUNTERS_TEXT];
    char source[CORS_COUNTERS_TEXT];
} cors_recorded_cause_t;

/** One refusal as stored: texts are truncated, absent texts are "". */
typedef struct {
    /* of all fields that are shown, except the times */
    apr_uint64_t hash;
    /* how often it happened while it was stored; 0: unused entry */
    apr_uint64_t times;
    /* its position in the order of all refusals */
    apr_uint64_t last;
    /* of the latest occurrence */
    apr_time_t time;
    cors_counted_e kind;
    cors_verdict_e verdict;
    unsigned port;
    cors_recorded_cause_t cause;
    char scheme[8];
    char host[CORS_COUNTERS_TEXT];
    char path[CORS_COUNTERS_TEXT];
    char origin[CORS_COUNTERS_TEXT];
    char method[CORS_METHOD_MAX + 1];
    /* whole names */
    char headers[CORS_COUNTERS_TEXT];
} cors_recorded_refusal_t;

/** A refused origin and the details of its latest refusal. */
typedef struct {
    /* upper bound of the number of refusals */
    apr_uint64_t count;
    /* the amount by which count may be too high */
    apr_uint64_t excess;
    /* of its whole text */
    apr_uint64_t hash;
    /* the hash of the refusal that is described */
    apr_uint64_t last;
    cors_recorded_cause_t cause;
    char origin[CORS_COUNTERS_TEXT];
} cors_refused_origin_t;

/** The block. Opaque. */
typedef struct cors_counters_t cors_counters_t;

/** @return the size of the block in bytes */
apr_size_t cors_counters_size(void);

/**
 * Opens a block.
 *
 * @param block  cors_counters_size() bytes
 * @param fresh  true: the block is empty; false: it may hold the counts of an earlier
 *               run
 * @param now    stored as the start of counting if the block is new
 * @return the counters; NULL: an earlier run used another layout
 */
cors_counters_t *cors_counters_use(void *block, bool fresh, apr_time_t now);

/** @return the time at which counting began */
apr_time_t cors_counters_since(const cors_counters_t *counters);

/**
 * Returns the slot of a section.
 *
 * @param name  the name that identifies the section across restarts
 * @return its number; 0 if there are too many sections
 */
int cors_counters_slot(cors_counters_t *counters, const char *name);

/** @return the name of a slot; NULL: the slot is unused */
const char *cors_counters_slot_name(const cors_counters_t *counters, int slot);

/**
 * Counts a decision, with two atomic additions.
 *
 * @param now  the time of the request
 */
void cors_counters_add(cors_counters_t *counters, cors_counted_e kind,
                       cors_verdict_e verdict, cors_reason_e reason, int slot,
                       apr_time_t now);

/** @return the number of decisions with this verdict and reason */
apr_uint64_t cors_counters_get(const cors_counters_t *counters,
                               cors_counted_e kind, cors_verdict_e verdict,
                               cors_reason_e reason);

/**
 * Called for each counted pair of verdict and reason, with their static texts; the count
 * is not 0.
 */
typedef void cors_counted_fn(void *context, cors_counted_e kind,
                             const char *verdict, const char *reason,
                             apr_uint64_t count);

/** Calls @a visit for every count that is not 0. */
void cors_counters_visit(const cors_counters_t *counters,
                         cors_counted_fn *visit, void *context);

/** Counts a decision of CorsProtect, with one atomic addition. */
void cors_counters_add_protect(cors_counters_t *counters, cors_counted_e kind,
                               cors_protect_verdict_e verdict,
                               cors_protect_reason_e reason, apr_time_t now);

/** @return the number of decisions of CorsProtect with this verdict and reason */
apr_uint64_t cors_counters_get_protect(const cors_counters_t *counters,
                                       cors_counted_e kind,
                                       cors_protect_verdict_e verdict,
                                       cors_protect_reason_e reason);

/** Calls @a visit for every count of CorsProtect that is not 0. */
void cors_counters_visit_protect(const cors_counters_t *counters,
                                 cors_counted_fn *visit, void *context);

/** @return the number of decisions of a section's policy with this verdict */
apr_uint64_t cors_counters_get_slot(const cors_counters_t *counters, int slot,
                                    cors_counted_e kind,
                                    cors_verdict_e verdict);

/**
 * Copies what happened in each minute of the last day, the oldest first. The last minute
 * is the one of @a now.
 *
 * Allowed are requests, preflights and handshakes that the policy allows, also where it
 * only reports. Denied are those that it denies, and requests that CorsProtect refuses.
 * What a mode that only reports would have denied or refused is separate.
 *
 * @param out  room for CORS_HISTORY_MINUTES
 * @return when the last minute began; 0: the block is locked, and nothing was copied
 */
apr_time_t cors_counters_history(cors_counters_t *counters, apr_time_t now,
                                 cors_minute_t *out);

/**
 * Stores a refusal among the latest, and its origin among the most refused. If it is
 * already stored, its count is increased.
 */
void cors_counters_refuse(cors_counters_t *counters,
                          const cors_refusal_t *refusal);

/**
 * Lists the latest refusals, each once, newest first.
 *
 * @param out   room for @a most entries
 * @param most  at most CORS_COUNTERS_REFUSALS
 * @return the number of entries
 */
int cors_counters_refusals(cors_counters_t *counters,
                           cors_recorded_refusal_t *out, int most);

/**
 * Lists the most refused origins, the most refused first. Parameters are as above.
 *
 * Metwally, Agrawal, El Abbadi: "Efficient Computation of Frequent and Top-k Elements
 * in Data Streams" (Space-Saving). It is applied to each of several sets; a hash
 * assigns an origin to a set.
 */
int cors_counters_origins(cors_counters_t *counters, cors_refused_origin_t *out,
                          int most);

/**
 * Returns whether one more line about a refusal may be logged. The number of lines per
 * minute is limited, because any client can cause refusals.
 *
 * @param now         cors_clock()
 * @param suppressed  set to the number of lines suppressed since the last logged line;
 *                    only if true is returned
 */
bool cors_counters_may_log(cors_counters_t *counters, apr_time_t now,
                           apr_uint32_t *suppressed);

/**
 * Like cors_counters_may_log(), for a line that an administrator must see regardless
 * of other lines.
 *
 * @param about  a hash of the subject, not 0. Up to CORS_LOG_WARNING_KINDS - 1
 *               subjects per minute have separate limits; all others share one.
 */
bool cors_counters_may_warn(cors_counters_t *counters, apr_uint64_t about,
                            apr_time_t now, apr_uint32_t *suppressed);

/**
 * The maximum number of lines per minute about refusals, and about one subject of
 * warnings.
 */
#define CORS_LOG_LINES 600
#define CORS_LOG_WARNINGS 10
#define CORS_LOG_WARNING_KINDS 32

/** @return how often a verdict was reached, over all reasons */
apr_uint64_t cors_counters_total(const cors_counters_t *counters,
                                 cors_counted_e kind, cors_verdict_e verdict);

#endif /* CORS_STATS_H */
