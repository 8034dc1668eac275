/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes the counters as a section of mod_status' page.
 *
 * It is its own file because that page belongs to another module and has two formats of its
 * own: HTML, and lines of "name: number" with ?auto. It shows totals only; the module's own
 * page shows the rest.
 */

#include "httpd/status/mod_status.h"

#include <http_protocol.h>
#include <mod_status.h>

#include "core/diagnose/stats.h"
#include "core/policy/decide.h"
#include "httpd/shared/stats.h"

/* Returns how many requests CorsProtect has refused, over all reasons. */
static apr_uint64_t refused_total(const cors_counters_t *counters,
                                  cors_counted_e kind)
{
    apr_uint64_t total = 0;
    int reason;

    for (reason = 0; reason < CORS_PROTECT_REASON_COUNT; reason++) {
        total += cors_counters_get_protect(counters, kind,
                                           CORS_PROTECT_VERDICT_REFUSED,
                                           (cors_protect_reason_e)reason);
    }
    return total;
}

/* Show the number of requests that CorsProtect has refused. */
static void show_protection(request_rec *r, const cors_counters_t *counters,
                            int flags)
{
    apr_uint64_t enforced = refused_total(counters, CORS_COUNTED_ENFORCED);
    apr_uint64_t reported = refused_total(counters, CORS_COUNTED_REPORTED);

    ap_rprintf(r,
               flags & AP_STATUS_SHORT
                   ? "CorsProtect-refused: %" APR_UINT64_T_FMT
                     "\nCorsProtectReportOnly-refused: %" APR_UINT64_T_FMT "\n"
                   : "<tr><td>refused by CorsProtect</td><td>%" APR_UINT64_T_FMT
                     "</td><td>%" APR_UINT64_T_FMT "</td></tr>\n",
               enforced, reported);
}

int cors_status_hook(request_rec *r, int flags)
{
    const cors_counters_t *counters = cors_count_all();
    int kind;
    int verdict;

    if (!counters) {
        return OK;
    }
    if (!(flags & AP_STATUS_SHORT)) {
        ap_rputs("<hr />\n<h2>CORS policy</h2>\n<table border=\"0\"><tr>"
                 "<th>Verdict</th><th>Enforced</th><th>ReportOnly</th></tr>\n",
                 r);
    }
    for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
        const char *text = cors_verdict_text((cors_verdict_e)verdict);

        if (!(flags & AP_STATUS_SHORT)) {
            ap_rprintf(r,
                       "<tr><td>%s</td><td>%" APR_UINT64_T_FMT
                       "</td><td>%" APR_UINT64_T_FMT "</td></tr>\n",
                       text,
                       cors_counters_total(counters, CORS_COUNTED_ENFORCED,
                                           (cors_verdict_e)verdict),
                       cors_counters_total(counters, CORS_COUNTED_REPORTED,
                                           (cors_verdict_e)verdict));
            continue;
        }
        for (kind = 0; kind < CORS_COUNTED_KINDS; kind++) {
            ap_rprintf(r, "Cors%s-%s: %" APR_UINT64_T_FMT "\n",
                       kind == CORS_COUNTED_ENFORCED ? "Policy" : "ReportOnly",
                       text,
                       cors_counters_total(counters, (cors_counted_e)kind,
                                           (cors_verdict_e)verdict));
        }
    }
    show_protection(r, counters, flags);
    if (!(flags & AP_STATUS_SHORT)) {
        ap_rputs("</table>\n", r);
    }
    return OK;
}
