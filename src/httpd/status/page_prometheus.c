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
#include <http_main.h>
#include <http_protocol.h>

#include "core/diagnose/stats.h"
#include "core/policy/decide.h"
#include "httpd/config/sources.h"
#include "httpd/shared/list_state.h"

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

/* Write one sample of a list. */
static void prometheus_list(const cors_page_t *page,
                            const cors_list_state_t *state, const char *metric,
                            const char *labels, apr_int64_t value)
{
    const char *name =
        cors_source_name_of(ap_server_conf->process->pconf, state->path);

    ap_rprintf(page->r, "%s{list=\"%s\"%s} %" APR_INT64_T_FMT "\n", metric,
               label(page->r->pool, name ? name : state->path), labels, value);
}

/* Write the samples of a metric for one list. */
typedef void (*list_samples_fn)(const cors_page_t *page,
                                const cors_list_state_t *state,
                                const char *metric);

static void write_entries(const cors_page_t *page,
                          const cors_list_state_t *state, const char *metric)
{
    prometheus_list(page, state, metric, ",kind=\"listed\"",
                    (apr_int64_t)state->listed);
    prometheus_list(page, state, metric, ",kind=\"excluded\"",
                    (apr_int64_t)state->excluded);
}

static void write_failures(const cors_page_t *page,
                           const cors_list_state_t *state, const char *metric)
{
    prometheus_list(page, state, metric, "", (apr_int64_t)state->failures);
}

static void write_bad_rows(const cors_page_t *page,
                           const cors_list_state_t *state, const char *metric)
{
    prometheus_list(page, state, metric, "", (apr_int64_t)state->bad_rows);
}

static void write_held_back(const cors_page_t *page,
                            const cors_list_state_t *state, const char *metric)
{
    prometheus_list(page, state, metric, "", state->held_back ? 1 : 0);
}

static void write_stale(const cors_page_t *page, const cors_list_state_t *state,
                        const char *metric)
{
    if (state->fresh_until) {
        prometheus_list(page, state, metric, "", state->stale ? 1 : 0);
    }
}

static void write_info(const cors_page_t *page, const cors_list_state_t *state,
                       const char *metric)
{
    apr_pool_t *p = page->r->pool;

    if (state->loaded) {
        prometheus_list(page, state, metric,
                        apr_psprintf(p, ",version=\"%s\",sum=\"%s\"",
                                     label(p, state->version ? state->version
                                                             : ""),
                                     state->sum),
                        1);
    }
}

static void write_loaded_time(const cors_page_t *page,
                              const cors_list_state_t *state,
                              const char *metric)
{
    if (state->loaded) {
        prometheus_list(page, state, metric, "",
                        apr_time_sec(state->loaded_at));
    }
}

static const struct {
    const char *metric;
    const char *type;
    const char *help;
    list_samples_fn write;
} list_metrics[] = {
    { "cors_policy_list_entries", "gauge", "The entries of a list of origins.",
      write_entries },
    { "cors_policy_list_failures_total", "counter",
      "Failed attempts to load a list of origins.", write_failures },
    { "cors_policy_list_bad_rows", "gauge",
      "Lines with an error when the file was last read.", write_bad_rows },
    { "cors_policy_list_held_back", "gauge",
      "Whether the list of the file is held back.", write_held_back },
    { "cors_policy_list_stale", "gauge",
      "Whether the list is older than its max-stale.", write_stale },
    { "cors_policy_list_info", "gauge",
      "The version and the sum of a list of origins.", write_info },
    { "cors_policy_list_loaded_time_seconds", "gauge",
      "When the list in force was read, in seconds of Unix time.",
      write_loaded_time }
};

static void prometheus_lists(const cors_page_t *page)
{
    const apr_array_header_t *states =
        cors_list_states(page->r->pool, ap_server_conf->process->pconf);
    apr_size_t m;
    int i;

    if (states->nelts == 0) {
        return;
    }
    for (m = 0; m < sizeof(list_metrics) / sizeof(list_metrics[0]); m++) {
        ap_rprintf(page->r, "# HELP %s %s\n# TYPE %s %s\n",
                   list_metrics[m].metric, list_metrics[m].help,
                   list_metrics[m].metric, list_metrics[m].type);
        for (i = 0; i < states->nelts; i++) {
            list_metrics[m].write(page,
                                  &APR_ARRAY_IDX(states, i, cors_list_state_t),
                                  list_metrics[m].metric);
        }
    }
}

void cors_page_prometheus(const cors_page_t *page)
{
    prometheus_lists(page);
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
