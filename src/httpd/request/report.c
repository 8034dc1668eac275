/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reports a decision: to logs, expressions and programs, which read it (readers.c), and
 * once to the counters and the error log.
 *
 * It is its own file because it uses all of these, while each of them uses the state in
 * decision.c only.
 */

#include "httpd/request/report.h"

#include <apr_strings.h>

#include "core/base/compiler.h"
#include "core/policy/section.h"
#include "httpd/request/count.h"
#include "httpd/request/log.h"
#include "httpd/request/readers.h"

/* Returns whether a decision is reported. With CorsPolicy Off, only the check of a
 * WebSocket handshake is. */
static bool is_reported(const cors_policy_t *policy,
                        const cors_decision_t *decision)
{
    return cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF
           || ((decision->verdict == CORS_VERDICT_WEBSOCKET_ALLOWED
                || decision->verdict == CORS_VERDICT_WEBSOCKET_DENIED)
               && cors_policy_checks_websocket(policy));
}

static void count_and_log(request_rec *r, const cors_policy_t *policy,
                          const cors_decision_t *decision)
{
    request_rec *first = cors_first(r);

    cors_count(first, policy, decision);
    if (cors_may_be_logged(r, decision)) {
        cors_log_decision(first, policy, decision);
    }
}

CORS_SLOW void cors_chain_report_first(request_rec *r, cors_chain_t *chain)
{
    chain->reporter = r;
    cors_chain_decide(r, chain);
    if (!is_reported(chain->policy, &chain->decision)) {
        return;
    }
    chain->reported = &chain->decision;
    if (cors_policy_number(chain->policy, CORS_ATTR_SET_ENV)) {
        cors_set_variables(r, &chain->decision);
    }
    if (!chain->logged) {
        chain->logged = true;
        count_and_log(r, chain->policy, &chain->decision);
    }
}

void cors_report(request_rec *r, const cors_policy_t *policy,
                 const cors_decision_t *decision)
{
    cors_chain_t *chain = cors_chain(r);

    if (cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_REPORT_ONLY) {
        if (cors_policy_number(policy, CORS_ATTR_SET_ENV)) {
            cors_set_variables(r, decision);
        }
        /* a resource that an SSI page includes is not the one that the client
         * requested */
        if (!r->main) {
            chain->reporter = r;
            chain->reported = apr_pmemdup(r->pool, decision, sizeof(*decision));
        }
    }
    count_and_log(r, policy, decision);
}
