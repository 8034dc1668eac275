/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The state of one client request, shared by all its internal redirects and subrequests:
 * the noted fields, the policy that grants, and the decision. The hooks, the output
 * filter and the check of served resources use it and keep no state of their own.
 *
 * The state is attached to the first request_rec, because a preflight can only know that
 * one's URL. An ErrorDocument's own policy never grants. The life of the state, in the
 * order of a request:
 *
 *   hook                 file            sets
 *   post_read_request    hooks.c         noted (the whole state is created)
 *   pre_translate_name,  hooks.c         section, owner: a guess, final is false
 *   translate_name
 *   map_to_storage       early.c         section, owner, policy, decision of a preflight
 *                                        that is answered early; answered
 *   post_perdir_config   hooks.c         section, owner; final is true from here on
 *   header_parser        hooks.c         policy, decision, decided; reporter, reported,
 *                                        logged; answered or refused
 *   fixups               hooks.c         visit.accepted; refused
 *   handler              served.c        both, both_decide; visit.accepted; refused
 *   insert_filter        filter.c        policy, decision of a request that ended before
 *                                        header_parser
 *   the output filter    filter.c        all of it, for a request that no hook has seen;
 *                                        rescued
 *
 * A fast redirect replaces the configuration of a request_rec between post_perdir_config
 * and handler, so the section of each URL is stored in its cors_visit_t. After an
 * internal redirect the hooks run again for a new request_rec, with the same state.
 */

#include "httpd/request/decision.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>
#include <http_core.h>

#include "core/base/compiler.h"
#include "httpd/request/facts.h"
#include "httpd/request/tenant.h"

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
    chain->noted.tenants.get = cors_tenant_of;
    chain->noted.tenants.context = &chain->noted;
    chain->noted.tenants.time = first->request_time;
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

static const cors_policy_t *
policy_of_method(apr_pool_t *p, const cors_section_t *section, int method)
{
    const cors_policy_t *found = cors_policy_find(section, method);
    cors_policy_t *policy;

    if (found) {
        return found;
    }
    policy = apr_palloc(p, sizeof(*policy));
    cors_policy_resolve(p, section, cors_methods_bit(method), policy);
    return policy;
}

const cors_policy_t *cors_policy_for(apr_pool_t *p,
                                     const cors_section_t *section,
                                     const cors_chain_t *chain,
                                     const cors_facts_t *facts)
{
    return policy_of_method(p, section,
                            cors_method_number(chain->noted.method, facts));
}

/* Returns whether an <If> was evaluated, and may have added the headers it read to
 * Vary. */
static bool has_if(const request_rec *r)
{
    const core_dir_config *core =
        r->per_dir_config ? ap_get_core_module_config(r->per_dir_config) : NULL;

    return core && core->sec_if;
}

void cors_save_vary(request_rec *r, cors_chain_t *chain)
{
    if (!chain->vary && has_if(r)) {
        chain->vary = apr_table_get(r->headers_out, "Vary");
    }
}

/* Note that the decision has been made. */
static void set_decided(request_rec *r, cors_chain_t *chain)
{
    chain->decided = true;
    chain->vary = NULL;
    cors_save_vary(r, chain);
}

/* Returns whether anything depends on the decision of a policy. Where only CorsProtect is
 * in force, nothing does, and Origin need not be read for it. */
static bool needs_decision(const cors_policy_t *policy)
{
    return cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF
           || cors_policy_checks_websocket(policy);
}

CORS_SLOW void cors_chain_decide_by(request_rec *r, cors_chain_t *chain,
                                    const cors_policy_t *policy,
                                    const cors_facts_t *facts)
{
    chain->policy = policy;
    if (needs_decision(policy)) {
        cors_decide(policy, facts, &chain->decision);
    }
    else {
        cors_decide_not_cors(policy, &chain->decision);
    }
    set_decided(r, chain);
}

CORS_SLOW static void decide_first(request_rec *r, cors_chain_t *chain)
{
    cors_facts_t facts;

    /* true for most requests */
    if (!chain->noted.field[CORS_FIELD_ORIGIN]
        && !chain->noted.field[CORS_FIELD_UPGRADE]) {
        chain->policy = policy_of_method(cors_first(r)->pool, chain->section,
                                         chain->noted.method);
        cors_decide_not_cors(chain->policy, &chain->decision);
        set_decided(r, chain);
        return;
    }
    cors_facts(&chain->noted, &facts);
    cors_chain_decide_by(r, chain,
                         cors_policy_for(cors_first(r)->pool, chain->section,
                                         chain, &facts),
                         &facts);
}

void cors_chain_decide(request_rec *r, cors_chain_t *chain)
{
    if (!chain->decided) {
        decide_first(r, chain);
    }
}

/* Returns whether an earlier request of the chain has a CorsPolicy, including Off. */
static bool earlier_grants(request_rec *r, cors_chain_t *chain)
{
    if (!chain->section || chain->owner == r || !chain->final) {
        return false;
    }
    cors_chain_decide(r, chain);
    return chain->policy->link[CORS_ATTR_MODE].setting != NULL;
}

/* Store the section that applies to a URL, as far as it is known in this phase. Every
 * URL of the chain can refuse the request; the first one that has a policy grants. The
 * requested URL of a noted request takes the fast path in cors_capture(). */
CORS_SLOW int cors_capture_section(request_rec *r,
                                   const cors_section_t *section, bool final)
{
    cors_chain_t *chain;

    if (cors_is_forward_proxy(r)) {
        return DECLINED;
    }
    cors_visit_make(r)->section = section;
    if (r->main || (r->prev && cors_is_error_document(r))) {
        return DECLINED;
    }
    chain = cors_chain_make(r);
    if (!r->prev || !earlier_grants(r, chain)) {
        cors_chain_take(chain, r, section, final);
    }
    return DECLINED;
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
