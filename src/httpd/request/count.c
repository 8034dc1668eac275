/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Counts a decision, and keeps a refusal for the status page.
 *
 * It is its own file because it reads the request, while shared/stats.c only knows the
 * shared memory. It formats no text: any client can cause any number of refusals.
 */

#include "httpd/request/count.h"

#include <string.h>

#include <http_core.h>
#include <http_protocol.h>

#include "core/base/compiler.h"
#include "core/base/list.h"
#include "core/diagnose/stats.h"
#include "core/origin/origin.h"
#include "core/policy/section.h"
#include "httpd/request/client_request.h"
#include "httpd/request/decision.h"
#include "httpd/request/facts.h"
#include "httpd/shared/stats.h"

/* Describe the target and the origin of a refused request. */
static void describe_request(request_rec *r, cors_refusal_t *refusal)
{
    memset(refusal, 0, sizeof(*refusal));
    refusal->time = r->request_time;
    refusal->port = r->connection->local_addr->port;
    refusal->scheme = cors_slice(ap_http_scheme(r));
    refusal->host = cors_slice(r->hostname);
    refusal->path = cors_slice(r->uri);
    refusal->origin = cors_slice(cors_noted_field(r, CORS_FIELD_ORIGIN));
    if (refusal->origin.len > CORS_ORIGIN_MAX) {
        /* Not a valid origin: its first bytes suffice to identify it. The limit also
         * bounds the cost of the hash, which reads all of it. */
        refusal->origin.len = CORS_ORIGIN_MAX;
    }
}

/* Keep a refusal. This function formats no text, because any client can cause any
 * number of refusals. */
CORS_SLOW static void record_refusal(request_rec *r,
                                     const cors_policy_t *policy,
                                     const cors_decision_t *decision,
                                     cors_counted_e kind)
{
    const cors_setting_t *mode = policy->link[CORS_ATTR_MODE].setting;
    const char *method = decision->preflight
                             ? cors_noted_field(r, CORS_FIELD_REQUEST_METHOD)
                             : r->method;
    char missing[CORS_COUNTERS_TEXT];
    cors_refusal_t refusal;

    describe_request(r, &refusal);
    refusal.kind = kind;
    refusal.verdict = decision->verdict;
    refusal.reason = decision->reason;
    if (decision->origin.ptr) {
        refusal.origin = decision->origin;
    }
    refusal.method = cors_slice(method);
    if (decision->preflight) {
        refusal.headers =
            cors_slice(cors_noted_field(r, CORS_FIELD_REQUEST_HEADERS));
        if (refusal.headers.len > CORS_REQUEST_HEADERS_MAX) {
            refusal.headers.len = CORS_REQUEST_HEADERS_MAX;
        }
    }
    refusal.rejected = decision->rejected;
    if (decision->reason == CORS_REASON_HEADER_NOT_ALLOWED) {
        cors_decide_missing_headers(policy, refusal.headers, missing,
                                    sizeof(missing));
        if (missing[0]) {
            refusal.rejected = cors_slice(missing);
        }
    }
    refusal.source = cors_decision_source(r->pool, decision);
    refusal.attr = decision->attr;
    refusal.setting = decision->setting ? decision->setting->id : 0;
    refusal.mode = mode ? mode->id : 0;
    cors_counters_refuse(cors_count_all(), &refusal);
}

void cors_count(request_rec *r, const cors_policy_t *policy,
                const cors_decision_t *decision)
{
    const cors_setting_t *setting = policy->link[CORS_ATTR_MODE].setting;
    cors_counted_e kind = setting && setting->choice == CORS_MODE_REPORT_ONLY
                              ? CORS_COUNTED_REPORTED
                              : CORS_COUNTED_ENFORCED;
    cors_counters_t *counters = cors_count_all();

    if (!counters) {
        return;
    }
    if (decision->verdict >= CORS_VERDICT_WEBSOCKET_ALLOWED) {
        /* the list for handshakes is also in force without CorsPolicy On */
        setting = policy->link[CORS_ATTR_WEBSOCKET_ORIGINS].setting;
    }
    cors_counters_add(counters, kind, decision->verdict, decision->reason,
                      setting && setting->scope ? setting->scope->slot : 0,
                      r->request_time);
    if (cors_count_records_refusals() && cors_is_denial(decision)) {
        record_refusal(r, policy, decision, kind);
    }
}

/* Keep a refusal of CorsProtect. It formats no text either. */
CORS_SLOW static void record_forged(request_rec *r, const cors_policy_t *policy,
                                    const cors_protect_decision_t *decision,
                                    cors_counted_e kind)
{
    const cors_setting_t *setting = cors_protect_setting(policy, decision);
    const cors_noted_t *noted = &cors_chain_make(r)->noted;
    cors_refusal_t refusal;

    describe_request(r, &refusal);
    refusal.kind = kind;
    refusal.verdict = cors_noted_websocket(noted)
                          ? CORS_VERDICT_WEBSOCKET_DENIED
                          : CORS_VERDICT_DENIED;
    refusal.protect = decision->reason;
    refusal.method = cors_slice(noted->method_text);
    refusal.source = setting->source;
    refusal.attr = setting->attr;
    refusal.setting = setting->id;
    cors_counters_refuse(cors_count_all(), &refusal);
}

void cors_count_protect(request_rec *r, const cors_policy_t *policy,
                        const cors_protect_decision_t *decision)
{
    cors_counters_t *counters = cors_count_all();
    cors_counted_e kind =
        cors_policy_protection(policy) == CORS_PROTECTION_REPORT_ONLY
            ? CORS_COUNTED_REPORTED
            : CORS_COUNTED_ENFORCED;

    if (!counters) {
        return;
    }
    cors_counters_add_protect(counters, kind, decision->verdict,
                              decision->reason, r->request_time);
    if (cors_count_records_refusals()
        && decision->verdict == CORS_PROTECT_VERDICT_REFUSED) {
        record_forged(r, policy, decision, kind);
    }
}
