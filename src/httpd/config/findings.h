/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file findings.h
 * @brief Report the findings of the checks at start-up, each sentence once
 */

#ifndef CORS_CONFIG_FINDINGS_H
#define CORS_CONFIG_FINDINGS_H

#include <apr_hash.h>

#include "core/base/problem.h"
#include "httpd/httpd.h"

/** How many findings of each kind are logged; the rest are counted. */
#define CORS_REPORTED_MAX 20

/** Reports the findings of the checks at start-up, each sentence once. */
typedef struct {
    apr_pool_t *p;       /* destroyed after the checks */
    apr_pool_t *scratch; /* any check may clear it */
    int flags;           /* APLOG_STARTUP before the log is open; else 0 */
    apr_hash_t *source;  /* the sentences reported so far */
    int refusals;        /* the number of errors */
    int counts[CORS_PROBLEM_COUNT]; /* the number of findings of each kind */
} cors_reporter_t;

/**
 * Start a reporter.
 *
 * @param reporter  filled
 * @param flags     APLOG_STARTUP before the log is open; else 0
 */
void cors_reporter_start(cors_reporter_t *reporter, int flags);

/**
 * Log a finding, unless it has been logged already, or CORS_REPORTED_MAX of its kind
 * have been and LogLevel is below debug.
 *
 * @param server  the server whose log and LogLevel are used
 * @param source  what it is about, "Directive file:line"
 */
void cors_report_finding(cors_reporter_t *reporter, server_rec *server,
                         const char *source, const cors_finding_t *finding);

/** Report how many findings of each kind were not logged, and destroy the pools. */
void cors_reporter_end(cors_reporter_t *reporter, server_rec *server);

#endif /* CORS_CONFIG_FINDINGS_H */
