/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file cors_page.h
 * @brief What the files of the status page share
 */

#ifndef CORS_PAGE_H
#define CORS_PAGE_H

#include "mod_cors_policy.h"

#include "cors/explain.h"

/** A question that was asked with ?explain, and its answer. */
typedef struct {
    const char *url; /* each as it was given; "" where it was not */
    const char *origin;
    const char *method;
    const char *headers;
    bool credentials;
    const char *problem; /* why there is no answer; NULL: there is one */
    const char *server;  /* the name of the virtual host */
    const char *path;
    int lookup;                 /* the status that the look-up ended with */
    apr_array_header_t *places; /* const cors_place_t *: the sections */
    cors_policy_t policy;
    cors_question_t question;
    cors_explanation_t answer;
} cors_explain_request_t;

/** Answer a question by looking its URL up, without running its handler.
 *
 * @param r        the request for the page
 * @param request  with what was given; the rest is filled
 */
void cors_explain_request(request_rec *r, cors_explain_request_t *request);

/** What a page shows. */
typedef struct {
    request_rec *r;
    apr_pool_t *p;                   /* for texts, until they are written */
    bool policies;                   /* for the view of policies */
    cors_explain_request_t *request; /* for the view that explains, else NULL */
    bool asked;                      /* inquiry has a question */
    apr_hash_t *settings; /* by what they are known by in counters; NULL: not
                             asked for yet */
    cors_counters_t *counters; /* for the view of what happened; NULL: there
                                        are none */
} cors_page_t;

/** Write a page as HTML, its style, as JSON, and the counters for Prometheus. */
void cors_page_html(cors_page_t *page);
void cors_page_style(request_rec *r);
void cors_page_json(cors_page_t *page);
void cors_page_prometheus(const cors_page_t *page);

/** The sum of what a verdict was reached for, whatever the reason. */
apr_uint64_t cors_count_total(const cors_counters_t *counters,
                              cors_counted_e kind, cors_verdict_e verdict);

/** @return a time as RFC 3339 writes it, in UTC */
const char *cors_page_time(apr_pool_t *p, apr_time_t time);

/** @return what a refused request was made to: "https://api.example:8443" */
const char *cors_page_base(apr_pool_t *p, const cors_kept_refusal_t *refusal);

/** What to change about a refusal that was kept, of which no more is known. */
const char *cors_page_advice(cors_page_t *page, cors_reason_e reason,
                             const char *source, const char *origin,
                             const char *rejected);

/** @return "enforced" or "report-only" */
const char *cors_counted_text(cors_counted_e kind);

#endif /* CORS_PAGE_H */
