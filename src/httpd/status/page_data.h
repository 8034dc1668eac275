/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_data.h
 * @brief What the files of the status page share
 */

#ifndef CORS_STATUS_PAGE_DATA_H
#define CORS_STATUS_PAGE_DATA_H

#include <apr_hash.h>

#include "core/base/html.h"
#include "core/diagnose/stats.h"
#include "core/policy/decide.h"
#include "httpd/httpd.h"
#include "httpd/shared/list_state.h"
#include "httpd/status/explain_request.h"

/** What a page shows. */
typedef struct {
    request_rec *r;
    apr_pool_t *p;           /* for texts, until they are written */
    const cors_html_t *html; /* where HTML is written to; else NULL */
    bool policies;           /* show the view of policies */
    const char *host; /* show the policies of this host only; "": of all */
    cors_explain_request_t *request; /* for the view that explains; else NULL */
    bool asked;                      /* request has parameters to explain */
    /* the settings of the configuration by their ids; NULL: not collected yet */
    apr_hash_t *settings;
    /* for the view of what happened; NULL: none */
    cors_counters_t *counters;
} cors_page_t;

/** @return a time in the format of RFC 3339, in UTC */
const char *cors_page_time(apr_pool_t *p, apr_time_t time);

/** @return what else there is to know about a list: bad rows, why it is held back, how long
 *   it may be used; each after ", " */
const char *cors_page_list_notes(apr_pool_t *p, const cors_list_state_t *state);

/**
 * @return the scheme, host and port that a refused request was made to:
 *   "https://api.example:8443", without the scheme's default port
 */
const char *cors_page_base(apr_pool_t *p,
                           const cors_recorded_refusal_t *refusal);

/** @return what was refused: "preflight", "WebSocket", or "request" */
const char *cors_page_kind(const cors_recorded_refusal_t *refusal);

/** @return the reason of a refusal, by the policy or by CorsProtect, static */
const char *cors_page_reason(const cors_recorded_cause_t *cause);

/**
 * @param origin  the origin of the refused request
 * @return what to change so that a recorded refusal would be allowed
 */
const char *cors_page_advice(cors_page_t *page,
                             const cors_recorded_cause_t *cause,
                             const char *origin);

/** @return "enforced" or "report-only" */
const char *cors_counted_text(cors_counted_e kind);

#endif /* CORS_STATUS_PAGE_DATA_H */
