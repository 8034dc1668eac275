/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes the counters in Prometheus' text format, version 0.0.4.
 *
 * It is its own file because of the format's escaping: label values contain client bytes, so
 * label() escapes them and replaces everything that is not printable ASCII.
 */

#include "httpd/status/page_prometheus.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "core/diagnose/stats.h"
#include "core/policy/decide.h"

/* Returns the value of a label, escaped. Bytes that are not printable ASCII become
 * '?'. */
static const char *label(apr_pool_t *p, const char *text)
{
    char *escaped = apr_palloc(p, 2 * strlen(text) + 1);
    char *to = escaped;

    for (; *text; text++) {
        if (*text == '\\' || *text == '"') {
            *to++ = '\\';
        }
        *to++ = *text >= ' ' && *text < 0x7f ? *text : '?';
    }
    *to = '\0';
    return escaped;
}

/* The samples of one metric. */
typedef struct {
    request_rec *r;
    const char *metric;
} samples_t;

static void prometheus_count(void *context, cors_counted_e kind,
                             const char *verdict, const char *reason,
                             apr_uint64_t count)
{
    const samples_t *samples = context;

    ap_rprintf(samples->r,
               "%s{mode=\"%s\",verdict=\"%s\",reason=\"%s\"} "
               "%" APR_UINT64_T_FMT "\n",
               samples->metric, cors_counted_text(kind), verdict, reason,
               count);
}

static void prometheus_counts(const cors_page_t *page)
{
    samples_t samples = { page->r, "cors_policy_requests_total" };

    ap_rputs("# HELP cors_policy_requests_total Requests decided, by verdict "
             "and reason.\n# TYPE cors_policy_requests_total counter\n",
             page->r);
    cors_counters_visit(page->counters, prometheus_count, &samples);
}

static void prometheus_protect_counts(const cors_page_t *page)
{
    samples_t samples = { page->r, "cors_policy_protect_requests_total" };

    ap_rputs("# HELP cors_policy_protect_requests_total Requests checked by "
             "CorsProtect, by verdict and reason.\n"
             "# TYPE cors_policy_protect_requests_total counter\n",
             page->r);
    cors_counters_visit_protect(page->counters, prometheus_count, &samples);
}

static void prometheus_sections(const cors_page_t *page)
{
    int slot;
    int kind;
    int verdict;

    ap_rputs("# HELP cors_policy_section_requests_total Requests decided, by "
             "the section whose CorsPolicy was in force.\n"
             "# TYPE cors_policy_section_requests_total counter\n",
             page->r);
    for (slot = 0; slot < CORS_COUNTERS_SLOTS; slot++) {
        const char *name = cors_counters_slot_name(page->counters, slot);

        for (kind = 0; name && kind < CORS_COUNTED_KINDS; kind++) {
            for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
                apr_uint64_t count =
                    cors_counters_get_slot(page->counters, slot,
                                           (cors_counted_e)kind,
                                           (cors_verdict_e)verdict);

                if (count > 0) {
                    ap_rprintf(page->r,
                               "cors_policy_section_requests_total{section="
                               "\"%s\",mode=\"%s\",verdict=\"%s\"} "
                               "%" APR_UINT64_T_FMT "\n",
                               label(page->r->pool, name),
                               cors_counted_text((cors_counted_e)kind),
                               cors_verdict_text((cors_verdict_e)verdict),
                               count);
                }
            }
        }
    }
}

void cors_page_prometheus(const cors_page_t *page)
{
    if (!page->counters) {
        return;
    }
    prometheus_counts(page);
    prometheus_protect_counts(page);
    prometheus_sections(page);
    ap_rprintf(page->r,
               "# HELP cors_policy_counting_start_time_seconds Since when it "
               "has been counted, in seconds of Unix time.\n"
               "# TYPE cors_policy_counting_start_time_seconds gauge\n"
               "cors_policy_counting_start_time_seconds %" APR_TIME_T_FMT "\n",
               apr_time_sec(cors_counters_since(page->counters)));
}
