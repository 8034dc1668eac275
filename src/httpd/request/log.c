/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes a decision to the error log: a denial at info, a policy that contradicts
 * itself at warn, everything else at debug. The decision and the texts for it come from
 * the core; this file quotes client bytes and limits the number of lines.
 *
 * Any client can cause denials, so the lines are limited to a number per minute,
 * counted in shared memory over all children (count.c). Without that memory, or if
 * LogLevel is debug, there is no limit. Findings of start-up are reported in findings.c,
 * not here.
 */

#include "httpd/request/log.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/clock.h"
#include "core/base/compiler.h"
#include "core/base/list.h"
#include "core/diagnose/stats.h"
#include "core/policy/section.h"
#include "httpd/request/client_request.h"
#include "httpd/request/decision.h"
#include "httpd/shared/stats.h"

/* Quote client bytes for a log line. They are truncated and escaped, so that they
 * cannot imitate other parts of the line. */
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

/* Returns whether a denial may be logged. The number of lines is limited, because any
 * client can cause denials. Policies that contradict themselves have a separate limit
 * for each setting involved. LogLevel debug disables all limits. */
static bool has_room(request_rec *r, const cors_setting_t *setting, int level)
{
    cors_counters_t *counters = cors_count_all();
    const bool warns = level == APLOG_WARNING;
    apr_uint32_t suppressed = 0;
    apr_uint64_t about;

    if (!counters || APLOG_R_IS_LEVEL(r, APLOG_DEBUG)) {
        return true;
    }
    about = setting ? setting->id : 1;
    if (!(warns ? cors_counters_may_warn(counters, about, cors_clock(),
                                         &suppressed)
                : cors_counters_may_log(counters, cors_clock(), &suppressed))) {
        return false;
    }
    if (suppressed > 0) {
        ap_log_rerror(
            APLOG_MARK, level, 0, r,
            "CORS: suppressed %u lines of %s, because there were more than "
            "%d in a minute",
            (unsigned)suppressed, warns ? "contradictory policies" : "refusals",
            warns ? CORS_LOG_WARNINGS : CORS_LOG_LINES);
    }
    return true;
}

/* Returns the method that is not allowed, or all header names that are not. */
static const char *rejected_text(request_rec *r, const cors_policy_t *policy,
                                 const cors_decision_t *decision)
{
    char *missing;

    if (decision->reason == CORS_REASON_HEADER_NOT_ALLOWED) {
        missing = apr_palloc(r->pool, CORS_REQUEST_HEADERS_MAX + 1);
        cors_decide_missing_headers(
            policy, cors_slice(cors_noted_field(r, CORS_FIELD_REQUEST_HEADERS)),
            missing, CORS_REQUEST_HEADERS_MAX + 1);
        if (*missing) {
            return missing;
        }
    }
    return cors_slice_text(r->pool, decision->rejected);
}

CORS_SLOW void cors_log_decision(request_rec *r, const cors_policy_t *policy,
                                 const cors_decision_t *decision)
{
    bool denial = cors_is_denial(decision);
    int level = denial ? APLOG_INFO : APLOG_DEBUG;
    const char *origin;
    const char *asked = r->method;
    const char *rejected = "";
    const char *hint;
    const char *by;

    if (cors_warns(decision)) {
        level = APLOG_WARNING;
    }
    if (!APLOG_R_IS_LEVEL(r, level)
        || (denial && !has_room(r, decision->setting, level))) {
        return;
    }
    origin = cors_noted_field(r, CORS_FIELD_ORIGIN);
    if (decision->preflight) {
        asked = cors_noted_field(r, CORS_FIELD_REQUEST_METHOD);
    }
    if (decision->rejected.ptr) {
        rejected =
            apr_pstrcat(r->pool, " ",
                        quoted(r->pool, rejected_text(r, policy, decision)),
                        NULL);
    }
    by = cors_decision_source(r->pool, decision);
    if (cors_warns(decision) && policy->conflict[1]) {
        by = apr_pstrcat(r->pool, by, ", ", policy->conflict[1]->source, NULL);
    }
    hint = cors_decision_hint(policy, decision);
    ap_log_rerror(APLOG_MARK, level, 0, r,
                  "CORS%s: %s, %s%s: origin %s, %s %s; by %s%s%s",
                  cors_policy_number(policy, CORS_ATTR_MODE)
                          == CORS_MODE_REPORT_ONLY
                      ? " (ReportOnly)"
                      : "",
                  cors_verdict_text(decision->verdict),
                  cors_reason_text(decision->reason), rejected,
                  quoted(r->pool, origin), quoted(r->pool, asked),
                  quoted(r->pool, r->uri), by, hint ? ": " : "",
                  hint ? hint : "");
}

/* Returns what CorsProtectEmbedding has read in addition to Sec-Fetch-Site. */
static const char *embedding_text(apr_pool_t *p, const cors_noted_t *noted)
{
    return apr_pstrcat(p, ", Sec-Fetch-Mode ",
                       quoted(p, noted->field[CORS_FIELD_FETCH_MODE]),
                       ", Sec-Fetch-Dest ",
                       quoted(p, noted->field[CORS_FIELD_FETCH_DEST]), NULL);
}

CORS_SLOW void cors_log_protect(request_rec *r, const cors_policy_t *policy,
                                const cors_protect_decision_t *decision,
                                const char *hint)
{
    const cors_setting_t *setting = cors_protect_setting(policy, decision);
    bool refused = decision->verdict == CORS_PROTECT_VERDICT_REFUSED;
    int level = refused ? APLOG_INFO : APLOG_DEBUG;
    const cors_noted_t *noted = &cors_chain_make(r)->noted;

    if (!APLOG_R_IS_LEVEL(r, level)
        || (refused && !has_room(r, setting, level))) {
        return;
    }
    ap_log_rerror(APLOG_MARK, level, 0, r,
                  "CORS%s: %s, %s: origin %s, Sec-Fetch-Site %s%s, %s %s of "
                  "host %s; by %s%s%s",
                  cors_policy_protection(policy) == CORS_PROTECTION_REPORT_ONLY
                      ? " (ReportOnly)"
                      : "",
                  cors_protect_verdict_text(decision->verdict),
                  cors_protect_reason_text(decision->reason),
                  quoted(r->pool, noted->field[CORS_FIELD_ORIGIN]),
                  quoted(r->pool, noted->field[CORS_FIELD_FETCH_SITE]),
                  decision->check == CORS_PROTECT_CHECK_EMBEDDING
                      ? embedding_text(r->pool, noted)
                      : "",
                  quoted(r->pool, noted->method_text), quoted(r->pool, r->uri),
                  quoted(r->pool, noted->field[CORS_FIELD_HOST]),
                  setting->source, hint ? ": " : "", hint ? hint : "");
}
