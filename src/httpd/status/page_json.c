/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes the status page as JSON, with the same views as page_html.c. The data is
 * collected by page_data.c and the core; this file only renders it.
 *
 * JSON_VERSION must be increased if a member is removed or changes its meaning; adding
 * one is compatible.
 */

#include "httpd/status/page_json.h"

#include <stddef.h>

#include <apr_strings.h>
#include <http_main.h>
#include <http_protocol.h>

#include "core/base/json.h"
#include "core/diagnose/stats.h"
#include "core/policy/decide.h"
#include "core/policy/section.h"
#include "httpd/status/dump.h"
#include "httpd/status/explain_json.h"

#define JSON_VERSION CORS_EXPLAIN_JSON_VERSION

static void write_text(void *context, const char *text, apr_size_t len)
{
    ap_rwrite(text, (int)len, context);
}

static void json_refusal(cors_json_t *json, cors_page_t *page,
                         const cors_recorded_refusal_t *refusal)
{
    apr_pool_t *p = page->r->pool;

    cors_json_string(json, "time", cors_page_time(p, refusal->time));
    cors_json_number(json, "times", (apr_int64_t)refusal->times);
    cors_json_string(json, "mode", cors_counted_text(refusal->kind));
    cors_json_string(json, "verdict",
                     refusal->cause.protect
                         ? cors_protect_verdict_text(
                               CORS_PROTECT_VERDICT_REFUSED)
                         : cors_verdict_text(refusal->verdict));
    cors_json_string(json, "reason", cors_page_reason(&refusal->cause));
    cors_json_string(json, "base", cors_page_base(p, refusal));
    cors_json_string(json, "path", refusal->path);
    cors_json_string(json, "origin",
                     refusal->origin[0] ? refusal->origin : NULL);
    cors_json_string(json, "method", refusal->method);
    cors_json_string(json, "headers",
                     refusal->headers[0] ? refusal->headers : NULL);
    cors_json_string(json, "rejected",
                     refusal->cause.rejected[0] ? refusal->cause.rejected
                                                : NULL);
    cors_json_string(json, "decided_by", refusal->cause.source);
    cors_json_string(json, "advice",
                     cors_page_advice(page, &refusal->cause, refusal->origin));
}

static void json_origin(cors_json_t *json, cors_page_t *page,
                        const cors_refused_origin_t *refused)
{
    cors_json_string(json, "origin", refused->origin);
    cors_json_number(json, "count", (apr_int64_t)refused->count);
    cors_json_number(json, "excess", (apr_int64_t)refused->excess);
    cors_json_string(json, "reason", cors_page_reason(&refused->cause));
    cors_json_string(json, "rejected",
                     refused->cause.rejected[0] ? refused->cause.rejected
                                                : NULL);
    cors_json_string(json, "decided_by", refused->cause.source);
    cors_json_string(json, "advice",
                     cors_page_advice(page, &refused->cause, refused->origin));
}

static void json_count(void *context, cors_counted_e kind, const char *verdict,
                       const char *reason, apr_uint64_t count)
{
    cors_json_t *json = context;

    cors_json_open(json, NULL, '{');
    cors_json_string(json, "mode", cors_counted_text(kind));
    cors_json_string(json, "verdict", verdict);
    cors_json_string(json, "reason", reason);
    cors_json_number(json, "count", (apr_int64_t)count);
    cors_json_close(json, '}');
}

static void json_counts(const cors_page_t *page, cors_json_t *json)
{
    cors_json_open(json, "counts", '[');
    cors_counters_visit(page->counters, json_count, json);
    cors_json_close(json, ']');
}

static void json_protect_counts(const cors_page_t *page, cors_json_t *json)
{
    cors_json_open(json, "protect", '[');
    cors_counters_visit_protect(page->counters, json_count, json);
    cors_json_close(json, ']');
}

static void json_sections(const cors_page_t *page, cors_json_t *json)
{
    int slot;
    int kind;
    int verdict;

    cors_json_open(json, "sections", '[');
    for (slot = 0; slot < CORS_COUNTERS_SLOTS; slot++) {
        const char *name = cors_counters_slot_name(page->counters, slot);

        if (!name) {
            continue;
        }
        cors_json_open(json, NULL, '{');
        cors_json_string(json, "section", name);
        for (kind = 0; kind < CORS_COUNTED_KINDS; kind++) {
            cors_json_open(json, cors_counted_text((cors_counted_e)kind), '{');
            for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
                cors_json_number(json,
                                 cors_verdict_text((cors_verdict_e)verdict),
                                 (apr_int64_t)cors_counters_get_slot(
                                     page->counters, slot, (cors_counted_e)kind,
                                     (cors_verdict_e)verdict));
            }
            cors_json_close(json, '}');
        }
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
}

static void json_series(cors_json_t *json, const char *name,
                        const cors_minute_t *minutes, apr_size_t offset)
{
    int i;

    cors_json_open(json, name, '[');
    for (i = 0; i < CORS_HISTORY_MINUTES; i++) {
        cors_json_number(json, NULL,
                         *(const apr_uint32_t *)((const char *)&minutes[i]
                                                 + offset));
    }
    cors_json_close(json, ']');
}

static void json_history(const cors_page_t *page, cors_json_t *json)
{
    cors_minute_t *minutes =
        apr_palloc(page->p, CORS_HISTORY_MINUTES * sizeof(*minutes));
    apr_time_t last =
        cors_counters_history(page->counters, page->r->request_time, minutes);

    if (last == 0) {
        cors_json_string(json, "history", NULL);
        return;
    }
    cors_json_open(json, "history", '{');
    cors_json_string(json, "last_minute", cors_page_time(page->p, last));
    json_series(json, "allowed", minutes, offsetof(cors_minute_t, allowed));
    json_series(json, "denied", minutes, offsetof(cors_minute_t, denied));
    json_series(json, "reported", minutes, offsetof(cors_minute_t, reported));
    cors_json_close(json, '}');
}

static void json_happened(cors_page_t *page, cors_json_t *json)
{
    apr_pool_t *p = page->r->pool;
    cors_recorded_refusal_t *refusals =
        apr_pcalloc(p, CORS_COUNTERS_REFUSALS * sizeof(*refusals));
    cors_refused_origin_t *origins =
        apr_pcalloc(p, CORS_COUNTERS_ORIGINS * sizeof(*origins));
    int count;
    int i;

    cors_json_number(json, "version", JSON_VERSION);
    if (!page->counters) {
        cors_json_string(json, "since", NULL);
        return;
    }
    cors_json_string(json, "since",
                     cors_page_time(p, cors_counters_since(page->counters)));
    json_counts(page, json);
    json_protect_counts(page, json);
    json_sections(page, json);
    json_history(page, json);
    count = cors_counters_refusals(page->counters, refusals,
                                   CORS_COUNTERS_REFUSALS);
    cors_json_open(json, "refusals", '[');
    for (i = 0; i < count; i++) {
        cors_json_open(json, NULL, '{');
        json_refusal(json, page, &refusals[i]);
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
    count =
        cors_counters_origins(page->counters, origins, CORS_COUNTERS_ORIGINS);
    cors_json_open(json, "origins", '[');
    for (i = 0; i < count; i++) {
        cors_json_open(json, NULL, '{');
        json_origin(json, page, &origins[i]);
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
}

void cors_page_json(cors_page_t *page)
{
    cors_json_t json;

    cors_json_start(&json, write_text, page->r);
    cors_json_open(&json, NULL, '{');
    if (page->request) {
        cors_json_number(&json, "version", JSON_VERSION);
        cors_explain_json(page->r->pool, page->request, page->asked, &json);
    }
    else if (page->policies) {
        cors_dump_json(page->r->pool, ap_server_conf, &json);
    }
    else {
        json_happened(page, &json);
    }
    cors_json_close(&json, '}');
}
