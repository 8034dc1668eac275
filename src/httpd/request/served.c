/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Check the resource that is served if it is not the requested one: an index, a
 * variant, a front controller, an error document, or what an SSI page includes. The
 * handler hook does this: there, the resource is known however httpd found it, and no
 * handler has run yet.
 *
 * A request is refused if the policy of any URL in its chain refuses it. A grant needs
 * both policies: what the requested URL allows is withheld if a section that matches
 * only the served resource denies it (src/core/policy/combine.c).
 *
 * "Accepted" marks a section that is known not to refuse the request. A section is not
 * accepted just because another URL of the chain has the same one: a request that ends
 * early was never checked.
 */

#include "httpd/request/served.h"

#include <apr_strings.h>
#include <http_request.h>

#include "core/base/compiler.h"
#include "core/policy/combine.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "httpd/request/decision.h"
#include "httpd/request/facts.h"
#include "httpd/request/late.h"
#include "httpd/request/protect.h"
#include "httpd/request/report.h"

/*
 * Returns whether a refused request may get an error page that the administrator has
 * configured, even if that page is in a section that refuses the request. This is
 * permitted only for a request that can be made without Origin: a plain link can reach
 * the handler of the page as well. Any other request gets httpd's own page.
 */
static bool may_have_page(const cors_chain_t *chain)
{
    return !chain->keeps_out;
}

/* Refuse the request if the policy of a section does. */
static int refuse_by(request_rec *r, cors_chain_t *chain,
                     const cors_section_t *section)
{
    cors_facts_t facts;
    cors_decision_t decision;
    const cors_policy_t *policy;
    bool refuses;
    int status;

    if (section == chain->visit.accepted) {
        return DECLINED;
    }
    cors_facts(&chain->noted, &facts);
    policy = cors_policy_for(r->pool, section, chain, &facts);
    status = cors_protect_check(r, chain, section, policy);
    if (status != DECLINED) {
        return status;
    }
    cors_decide(policy, &facts, &decision);
    refuses = cors_decision_refuses_served(policy, &decision);
    if (section != chain->section
        && (refuses
            || (decision.reject
                && cors_policy_number(policy, CORS_ATTR_MODE)
                       == CORS_MODE_REPORT_ONLY))) {
        cors_report(r, policy, &decision);
    }
    return refuses ? cors_refuse(r, chain) : DECLINED;
}

/* Refuse the request if the policy of a URL in the chain does and has not been checked
 * yet: the request ended before the check, or a fast redirect replaced the section. */
static int refuse_by_visits(request_rec *r, cors_chain_t *chain)
{
    request_rec *step;
    int status = DECLINED;

    for (step = r; step && status == DECLINED; step = step->prev) {
        cors_visit_t *visit = cors_visit(step);

        if (visit && visit->section && visit->accepted != visit->section) {
            status = refuse_by(r, chain, visit->section);
            if (status == DECLINED) {
                visit->accepted = visit->section;
            }
        }
    }
    return status;
}

/* Withhold what a section of the served resource denies. */
CORS_SLOW static void narrow(request_rec *r, cors_chain_t *chain,
                             const cors_section_t *section)
{
    cors_facts_t facts;
    cors_policy_t overlay;
    cors_policy_t *both;
    cors_decision_t *decision;
    int method;

    cors_facts(&chain->noted, &facts);
    method = cors_method_number(chain->noted.method, &facts);
    if (chain->decision.preflight
        || !cors_policy_overlay(r->pool, chain->policy, chain->section, section,
                                cors_methods_bit(method), &overlay)) {
        return;
    }
    both = apr_palloc(r->pool, sizeof(*both));
    decision = apr_pmemdup(r->pool, &chain->decision, sizeof(*decision));
    cors_policy_both(r->pool, chain->policy, &overlay, both);
    cors_decide_served(&overlay, &facts, decision);
    chain->both = both;
    chain->both_decide = decision;
    cors_save_vary(r, chain);
}

/* Combine the headers of both policies that are the same for every request. */
CORS_SLOW static void combine_fixed(request_rec *r, cors_chain_t *chain,
                                    const cors_policy_t *asked,
                                    const cors_section_t *of,
                                    const cors_section_t *section)
{
    cors_facts_t facts;
    cors_policy_t overlay;
    cors_policy_t *both;
    int method;

    cors_facts(&chain->noted, &facts);
    if (!asked->adds_fixed
        && !cors_policy_for(r->pool, section, chain, &facts)->adds_fixed) {
        return;
    }
    method = cors_method_number(chain->noted.method, &facts);
    (void)cors_policy_overlay(r->pool, asked, of, section,
                              cors_methods_bit(method), &overlay);
    both = apr_pmemdup(r->pool, chain->both ? chain->both : chain->policy,
                       sizeof(*both));
    cors_policy_fixed_of_both(r->pool, asked, &overlay, both);
    if (!chain->both) {
        chain->both_decide = &chain->decision;
    }
    chain->both = both;
}

/* Determine what the response may grant, now that the served resource is known. */
static void settle(request_rec *r, cors_chain_t *chain,
                   const cors_section_t *section)
{
    const cors_section_t *of = chain->section;
    const cors_policy_t *asked = NULL;

    chain->both = NULL;
    if (of) {
        cors_chain_decide(r, chain);
        asked = chain->policy;
    }
    if (!chain->section || !chain->policy->link[CORS_ATTR_MODE].setting) {
        /* a fast redirect runs none of the hooks that capture a section */
        if (section != chain->section && !cors_is_inert(section)) {
            cors_chain_take(chain, r, section, true);
            cors_chain_report(r, chain);
        }
    }
    else if (section != chain->section
             && cors_policy_number(chain->policy, CORS_ATTR_MODE)
                    == CORS_MODE_ON) {
        narrow(r, chain, section);
    }
    if (asked && section && section != of
        && (asked->adds_fixed || !cors_is_inert(section))) {
        combine_fixed(r, chain, asked, of, section);
    }
}

int cors_check_resource(request_rec *r, const cors_section_t *section)
{
    bool served = !r->main && !cors_is_error_document(r);
    cors_visit_t *visit = cors_visit(r);
    cors_chain_t *chain;
    int status;

    if (!served && !r->main) {
        cors_chain_locate(r);
    }
    chain = cors_chain(r);
    if (!chain) {
        if (cors_is_inert(section)) {
            return DECLINED;
        }
        chain = cors_chain_make(r);
    }
    if (served) {
        settle(r, chain, section);
    }
    if (chain->refused) {
        return may_have_page(chain) ? DECLINED : HTTP_FORBIDDEN;
    }
    status = refuse_by_visits(r, chain);
    if (status == DECLINED && !cors_is_inert(section)
        && !(visit && visit->accepted == section)) {
        status = refuse_by(r, chain, section);
    }
    if (status == DECLINED && chain->both && served
        && chain->both_decide->verdict != chain->decision.verdict) {
        cors_report(r, chain->both, chain->both_decide);
    }
    return status;
}
