/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The state of one client request, shared by all its internal redirects and
 * subrequests: what was noted of it, which policy grants, and what was decided and
 * reported. The hooks and the output filter (request.c) and the check of served
 * resources (served.c) share it and keep no state of their own.
 *
 * The state is attached to the first request_rec, because a preflight can only know
 * that one's URL. An ErrorDocument's own policy never grants.
 */

#include "httpd/request/decision.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>
#include <http_core.h>

const char *cors_noted_field(request_rec *r, cors_field_e field)
{
    return cors_chain_make(r)->noted.field[field];
}

bool cors_is_error_document(const request_rec *r)
{
    const request_rec *prev;

    for (prev = r->prev; prev; prev = prev->prev) {
        if (!ap_is_HTTP_SUCCESS(prev->status)) {
            return true;
        }
    }
    return false;
}

cors_chain_t *cors_chain_start(request_rec *first, unsigned fields)
{
    cors_chain_t *chain = apr_palloc(first->pool, sizeof(*chain));

    /* cors_chain_decide() sets the policy and the decision */
    memset(chain, 0, offsetof(cors_chain_t, decision));
    cors_note(first, fields, &chain->noted);
    ap_set_module_config(first->request_config, &cors_policy_module, chain);
    return chain;
}

cors_chain_t *cors_chain_make(request_rec *r)
{
    request_rec *first = cors_first(r);
    cors_chain_t *chain = cors_chain(first);

    return chain ? chain : cors_chain_start(first, CORS_FIELDS_ALL);
}

cors_visit_t *cors_visit_make(request_rec *r)
{
    cors_visit_t *visit = cors_visit(r);

    if (visit) {
        return visit;
    }
    if (!r->prev && !r->main) {
        return &cors_chain_make(r)->visit;
    }
    visit = apr_pcalloc(r->pool, sizeof(*visit));
    ap_set_module_config(r->request_config, &cors_policy_module, visit);
    return visit;
}

const cors_policy_t *cors_policy_for(apr_pool_t *p,
                                     const cors_section_t *section,
                                     const cors_chain_t *chain,
                                     const cors_facts_t *facts)
{
    int method = cors_method_number(chain->noted.method, facts);
    const cors_policy_t *found = cors_policy_find(section, method);
    cors_policy_t *policy;

    if (found) {
        return found;
    }
    policy = apr_palloc(p, sizeof(*policy));
    cors_policy_resolve(p, section, cors_methods_bit(method), policy);
    return policy;
}

/* Returns whether an <If> was evaluated, and may have added the headers it read to
 * Vary. */
static bool has_if(const request_rec *r)
{
    const core_dir_config *core =
        r->per_dir_config ? ap_get_core_module_config(r->per_dir_config) : NULL;

    return core && core->sec_if;
}

void cors_keep_vary(request_rec *r, cors_chain_t *chain)
{
    if (!chain->vary && has_if(r)) {
        chain->vary = apr_table_get(r->headers_out, "Vary");
    }
}

CORS_SLOW static void decide_first(request_rec *r, cors_chain_t *chain)
{
    request_rec *first = cors_first(r);
    cors_facts_t facts;

    cors_facts(first, &chain->noted, &facts);
    chain->policy = cors_policy_for(first->pool, chain->section, chain, &facts);
    cors_decide(chain->policy, &facts, &chain->decision);
    chain->decided = true;
    chain->vary = NULL;
    cors_keep_vary(r, chain);
}

void cors_chain_decide(request_rec *r, cors_chain_t *chain)
{
    if (!chain->decided) {
        decide_first(r, chain);
    }
}

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

int cors_refuse(request_rec *r, cors_chain_t *chain)
{
    /* prevent a backend that serves the ErrorDocument from accepting the handshake */
    apr_table_unset(r->headers_in, "Upgrade");
    if (!r->main) {
        chain->refused = true;
        chain->keeps_out = chain->noted.method != M_GET
                           || chain->noted.field[CORS_FIELD_UPGRADE]
                           || chain->noted.body;
    }
    return HTTP_FORBIDDEN;
}
