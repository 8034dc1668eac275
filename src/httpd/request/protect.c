/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Refuses requests that a page of another site may have forged: CorsProtect.
 *
 * The core decides (core/policy/protect.c). This file collects the facts, most of which
 * client_request.c has noted, and acts on the decision. It is its own file because the
 * check does not depend on a CORS policy: it can apply where none is in force, and a
 * request that CORS allows can be refused here.
 *
 * header_parser checks the requested URL and the targets of internal redirects, before
 * the client is authenticated. The handler hook checks every other resource that a
 * handler serves (served.c): an index, an error document, an SSI include. The facts are
 * the same for each of them, so a section that has let a request pass is not checked
 * again. A renegotiated client certificate is only known after authentication, so
 * fixups repeats the check for the requests that one would refuse.
 */

#include "httpd/request/protect.h"

#include <string.h>

#include <apr_optional.h>
#include <mod_ssl.h>

#include "core/base/compiler.h"
#include "core/policy/protect.h"
#include "httpd/request/count.h"
#include "httpd/request/facts.h"
#include "httpd/request/log.h"
#include "httpd/request/readers.h"

/* The context of the core's callbacks. */
typedef struct {
    request_rec *r;
    const cors_noted_t *noted;
    const cors_policy_t *policy;
    /* the policy without .htaccess files; NULL: none has a part in policy */
    const cors_policy_t *configured;
} check_t;

static cors_trust_e get_trust(void *context, const cors_origin_t *origin)
{
    const check_t *check = context;
    cors_origin_t caller = *origin;

    caller.tenants = &check->noted->tenants;
    return cors_protect_trust(check->policy, check->configured, &caller);
}

static void get_target(void *context, const cors_origin_t *origin,
                       cors_target_t *target)
{
    cors_noted_target(((const check_t *)context)->noted, origin, target);
}

/* A request without a host cannot be for a foreign one. HTTP/1.0 permits it, and no
 * browser sends it. */
static bool has_host(void *context)
{
    const cors_noted_t *noted = ((const check_t *)context)->noted;

    return !noted->r->hostname || cors_noted_known_host(noted);
}

static bool has_certificate(void *context)
{
    const check_t *check = context;
    request_rec *r = check->r;
    APR_OPTIONAL_FN_TYPE(ssl_var_lookup) *lookup =
        APR_RETRIEVE_OPTIONAL_FN(ssl_var_lookup);
    char name[] = "SSL_CLIENT_VERIFY";
    const char *result =
        lookup ? lookup(r->pool, r->server, r->connection, r, name) : NULL;

    return result && result[0] && strcmp(result, "NONE") != 0;
}

/* Fill the members that cors_protect_is_same_origin() reads. */
static void collect_fields(const cors_noted_t *noted,
                           cors_protect_facts_t *facts)
{
    facts->method = cors_slice(noted->method_text);
    facts->field = noted->field;
}

static void collect_facts(check_t *check, cors_protect_facts_t *facts)
{
    const cors_noted_t *noted = check->noted;

    /* member by member, because clearing the target would cost more than the check */
    collect_fields(noted, facts);
    facts->websocket = cors_noted_websocket(noted);
    facts->preflight = false;
    facts->get_trust = get_trust;
    facts->get_target = get_target;
    facts->has_host = has_host;
    facts->has_certificate = has_certificate;
    facts->context = check;
    facts->scheme_declared = noted->r->server->server_scheme != NULL;
}

CORS_SLOW static void log_decision(request_rec *r, const cors_policy_t *policy,
                                   const cors_protect_facts_t *facts,
                                   const cors_protect_decision_t *decision)
{
    request_rec *first = cors_first(r);
    /* for the hint only, so it need not be what the client sent */
    const char *forwarded_host =
        apr_table_get(first->headers_in, "X-Forwarded-Host");

    cors_log_protect(first, policy, decision,
                     cors_protect_hint(facts, decision, forwarded_host));
}

/* Count and log a decision: a request once, and each further refusal.
 *
 * facts: read only if the request is refused */
static void report(request_rec *r, cors_chain_t *chain,
                   const cors_policy_t *policy,
                   const cors_protect_facts_t *facts,
                   const cors_protect_decision_t *decision)
{
    bool refused = decision->verdict == CORS_PROTECT_VERDICT_REFUSED;

    if (chain->protect_reported && !refused) {
        return;
    }
    chain->protect_reported = true;
    if (!r->main) {
        chain->protect = *decision;
        chain->protect_setting = cors_protect_setting(policy, decision);
    }
    cors_count_protect(cors_first(r), policy, decision);
    if (cors_protect_may_be_logged(r)) {
        log_decision(r, policy, facts, decision);
    }
}

static int refuse(request_rec *r, cors_chain_t *chain,
                  const cors_protect_decision_t *decision)
{
    cors_refuse(r, chain);
    if (!r->main) {
        /* no handler runs for the error document of a forged request */
        chain->keeps_out = true;
    }
    /* a cache must not give this answer to a request that is not forged */
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return cors_protect_status(decision);
}

/* Resolve the policy without the settings of .htaccess files. */
CORS_SLOW static const cors_policy_t *
without_htaccess(request_rec *r, cors_chain_t *chain,
                 const cors_section_t *section)
{
    cors_policy_t *policy = apr_palloc(r->pool, sizeof(*policy));
    cors_facts_t facts;
    int method;

    cors_facts(&chain->noted, &facts);
    method = cors_method_number(chain->noted.method, &facts);
    cors_policy_resolve_configured(r->pool, section, cors_methods_bit(method),
                                   policy);
    return policy;
}

/* Prepare the check of CorsProtectEmbedding. It is not made for a part of a page. */
CORS_SLOW static void prepare_embedding(const request_rec *r,
                                        cors_chain_t *chain,
                                        const cors_policy_t *policy,
                                        cors_protect_settings_t *settings,
                                        cors_protect_facts_t *facts)
{
    cors_facts_t request;

    settings->embedding = !r->main;
    if (settings->embedding
        && cors_policy_protection(policy) == CORS_PROTECTION_ON) {
        chain->varies_by_fetch = true;
    }
    if (chain->noted.method == M_OPTIONS) {
        cors_facts(&chain->noted, &request);
        facts->preflight = cors_is_preflight(&request);
    }
}

static void set_variables(request_rec *r, const cors_policy_t *policy)
{
    if (!r->main && cors_policy_number(policy, CORS_ATTR_SET_ENV)) {
        cors_set_protect_variables(r);
    }
}

/* Check a request with all facts. Returns DECLINED or the status of the refusal. */
CORS_SLOW static int check_fully(request_rec *r, cors_chain_t *chain,
                                 const cors_section_t *section,
                                 const cors_policy_t *policy)
{
    check_t check = { r, &chain->noted, policy, NULL };
    cors_protect_settings_t settings;
    cors_protect_facts_t facts;
    cors_protect_decision_t decision;

    if (policy->local) {
        check.configured = without_htaccess(r, chain, section);
    }
    cors_protect_settings(policy, check.configured, &settings);
    collect_facts(&check, &facts);
    if (settings.embedding) {
        prepare_embedding(r, chain, policy, &settings, &facts);
    }
    cors_protect(&settings, &facts, &decision);
    if (decision.verdict != CORS_PROTECT_VERDICT_NOT_CHECKED) {
        report(r, chain, policy, &facts, &decision);
        set_variables(r, policy);
    }
    if (decision.verdict == CORS_PROTECT_VERDICT_REFUSED
        && cors_policy_protection(policy) == CORS_PROTECTION_ON) {
        return refuse(r, chain, &decision);
    }
    chain->unforged = section;
    if (decision.reason == CORS_PROTECT_REASON_WITHOUT_CREDENTIALS) {
        chain->unforged_without_certificate = section;
    }
    return DECLINED;
}

int cors_protect_check_section(request_rec *r, cors_chain_t *chain,
                               const cors_section_t *section,
                               const cors_policy_t *policy)
{
    static const cors_protect_decision_t passed = {
        CORS_PROTECT_VERDICT_PASSED, CORS_PROTECT_REASON_SAME_ORIGIN,
        CORS_PROTECT_CHECK_REQUEST
    };
    const cors_noted_t *noted = &chain->noted;
    cors_protect_facts_t facts;

    if (cors_policy_protection(policy) == CORS_PROTECTION_OFF) {
        return DECLINED;
    }
    /* the usual case: a page of the site posts a form, and nothing else is checked */
    if (noted->forgeable && !policy->checks_all
        && !cors_noted_websocket(noted)) {
        collect_fields(noted, &facts);
        if (cors_protect_is_same_origin(&facts)) {
            report(r, chain, policy, &facts, &passed);
            set_variables(r, policy);
            chain->unforged = section;
            return DECLINED;
        }
    }
    return check_fully(r, chain, section, policy);
}

CORS_SLOW int cors_protect_redirected(request_rec *r, cors_chain_t *chain)
{
    const cors_visit_t *visit = cors_visit(r);
    cors_facts_t facts;

    if (!visit || !visit->section || cors_is_forward_proxy(r)
        || cors_is_error_document(r)) {
        return DECLINED;
    }
    cors_facts(&chain->noted, &facts);
    return cors_protect_check(r, chain, visit->section,
                              cors_policy_for(r->pool, visit->section, chain,
                                              &facts));
}

CORS_SLOW void cors_protect_pass_variables(request_rec *r, cors_chain_t *chain)
{
    const cors_visit_t *visit = cors_visit(r);
    cors_facts_t facts;

    if (visit && visit->section) {
        cors_facts(&chain->noted, &facts);
        set_variables(r,
                      cors_policy_for(r->pool, visit->section, chain, &facts));
    }
}

CORS_SLOW int cors_protect_again(request_rec *r, cors_chain_t *chain)
{
    const cors_section_t *section = chain->unforged_without_certificate;
    cors_facts_t facts;

    chain->unforged_without_certificate = NULL;
    cors_facts(&chain->noted, &facts);
    return cors_protect_check_section(r, chain, section,
                                      cors_policy_for(r->pool, section, chain,
                                                      &facts));
}
