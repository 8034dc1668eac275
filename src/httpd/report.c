/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <string.h>

#include <apr_strings.h>

void cors_publish(request_rec *r, const cors_decision_t *decision)
{
    apr_table_t *variables = r->subprocess_env;

    /* nobody else sets them, and setting would compare each name with those
     * before it */
    apr_table_addn(variables, "CORS_VERDICT",
                   cors_verdict_text(decision->verdict));
    apr_table_addn(variables, "CORS_REASON",
                   cors_reason_text(decision->reason));
    if (decision->verdict == CORS_VERDICT_NOT_CORS) {
        return;
    }
    apr_table_addn(variables, "CORS_DIRECTIVE",
                   cors_decision_said(r->pool, decision));
    if (decision->origin.ptr) {
        apr_table_addn(variables, "CORS_ORIGIN",
                       decision->origin_text
                           ? decision->origin_text
                           : cors_slice_text(r->pool, decision->origin));
    }
}

void cors_unpublish(request_rec *r)
{
    static const char *const names[] = { "CORS_VERDICT", "CORS_REASON",
                                         "CORS_DIRECTIVE", "CORS_ORIGIN" };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        apr_table_unset(r->subprocess_env, names[i]);
    }
}

/* Client bytes for a log line: cut, escaped and in quotes, so that they end
 * where they seem to end. */
static const char *quoted(apr_pool_t *p, const char *text)
{
    const apr_size_t most = 300;
    bool cut = text && strlen(text) > most;

    if (!text) {
        return "none";
    }
    return apr_pstrcat(p, "\"",
                       ap_escape_logitem(p, apr_pstrndup(p, text, most)), "\"",
                       cut ? "..." : NULL, NULL);
}

CORS_SLOW void cors_log_decision(request_rec *r, const cors_policy_t *policy,
                                 const cors_decision_t *decision)
{
    bool denial = cors_is_denial(decision);
    /* who wrote a configuration that contradicts itself should hear of it */
    int level = decision->reason == CORS_REASON_CONTRADICTORY_POLICY
                    ? APLOG_WARNING
                : denial ? APLOG_INFO
                         : APLOG_DEBUG;
    const char *origin;
    const char *asked = r->method;
    const char *culprit = "";
    const char *hint;
    const char *by;
    apr_uint32_t suppressed = 0;

    if (!APLOG_R_IS_LEVEL(r, level)) {
        return;
    }
    /* anybody can make refusals; who asks for details gets them all */
    if (denial && !APLOG_R_IS_LEVEL(r, APLOG_DEBUG) && cors_count_all()
        && !cors_counters_may_log(cors_count_all(), r->request_time,
                                  &suppressed)) {
        return;
    }
    if (suppressed > 0) {
        ap_log_rerror(APLOG_MARK, level, 0, r,
                      "CORS: suppressed %u lines of refusals, for there were "
                      "more than " APR_STRINGIFY(CORS_LOG_LINES) " in a minute",
                      (unsigned)suppressed);
    }
    origin = apr_table_get(r->headers_in, "Origin");
    if (decision->preflight) {
        asked = apr_table_get(r->headers_in, "Access-Control-Request-Method");
    }
    if (decision->culprit.ptr) {
        culprit =
            apr_pstrcat(r->pool, " ",
                        quoted(r->pool,
                               cors_slice_text(r->pool, decision->culprit)),
                        NULL);
    }
    by = cors_decision_said(r->pool, decision);
    if (decision->reason == CORS_REASON_CONTRADICTORY_POLICY
        && policy->culprits[1]) {
        by = apr_pstrcat(r->pool, by, ", ", policy->culprits[1]->said, NULL);
    }
    hint = cors_decision_hint(policy, decision);
    ap_log_rerror(APLOG_MARK, level, 0, r,
                  "CORS%s: %s, %s%s: origin %s, %s %s; by %s%s%s",
                  cors_policy_number(policy, CORS_ATTR_MODE)
                          == CORS_MODE_REPORT_ONLY
                      ? " (ReportOnly)"
                      : "",
                  cors_verdict_text(decision->verdict),
                  cors_reason_text(decision->reason), culprit,
                  quoted(r->pool, origin), quoted(r->pool, asked),
                  quoted(r->pool, r->uri), by, hint ? ": " : "",
                  hint ? hint : "");
}
