/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page.h
 * @brief What the files of the status page share
 */

#ifndef CORS_HTTPD_PAGE_H
#define CORS_HTTPD_PAGE_H

#include "httpd/httpd.h"

#include "core/diagnose/explain.h"

/** A request to explain (?explain), and the answer. */
typedef struct {
    const char *url; /* the parameters as given; "" if omitted */
    const char *origin;
    const char *method;
    const char *headers;
    bool credentials;
    const char *problem; /* why there is no answer; NULL: there is one */
    const char *server;  /* the name of the virtual host */
    const char *path;
    int lookup;                 /* the status of the look-up */
    apr_array_header_t *places; /* const cors_place_t *: the sections */
    cors_policy_t policy;
    cors_question_t question;
    cors_explanation_t answer;
} cors_explain_request_t;

/**
 * Look up the URL of a request to explain, without running its handler, and fill in the
 * answer.
 *
 * @param r        the request for the page
 * @param request  the parameters are set; the other members are filled
 */
void cors_explain_request(request_rec *r, cors_explain_request_t *request);

/** What a page shows. */
typedef struct {
    request_rec *r;
    apr_pool_t *p;                   /* for texts, until they are written */
    bool policies;                   /* show the view of policies */
    cors_explain_request_t *request; /* for the view that explains; else NULL */
    bool asked;                      /* request has parameters to explain */
    /* the settings by the names that counters use; NULL: not collected yet */
    apr_hash_t *settings;
    /* for the view of what happened; NULL: none */
    cors_counters_t *counters;
} cors_page_t;

/**
 * Write a page as HTML, its style sheet, a page as JSON, and the counters for
 * Prometheus.
 */
void cors_page_html(cors_page_t *page);
void cors_page_style(request_rec *r);
void cors_page_json(cors_page_t *page);
void cors_page_prometheus(const cors_page_t *page);

/** @return how often a verdict was reached, over all reasons */
apr_uint64_t cors_count_total(const cors_counters_t *counters,
                              cors_counted_e kind, cors_verdict_e verdict);

/** @return a time in the format of RFC 3339, in UTC */
const char *cors_page_time(apr_pool_t *p, apr_time_t time);

/**
 * @return the scheme, host and port that a refused request was made to:
 *   "https://api.example:8443", without the scheme's default port
 */
const char *cors_page_base(apr_pool_t *p, const cors_kept_refusal_t *refusal);

/**
 * @param source    the setting of the refusal, "Directive file:line"
 * @param origin    the origin of the refused request
 * @param rejected  the name that was refused, or NULL
 * @return what to change so that a recorded refusal would be allowed
 */
const char *cors_page_advice(cors_page_t *page, cors_reason_e reason,
                             const char *source, const char *origin,
                             const char *rejected);

/** @return "enforced" or "report-only" */
const char *cors_counted_text(cors_counted_e kind);

#endif /* CORS_HTTPD_PAGE_H */
