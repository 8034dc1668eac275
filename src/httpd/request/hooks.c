/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The request hooks, in the order in which httpd runs them. Each is a few lines: it asks
 * the state of the request (decision.c) and acts on it. If no policy is in force, a hook
 * returns after one or two tests.
 *
 * The hooks do not decide (the core does) and do not write headers (filter.c does). The
 * map_to_storage hook is in early.c and insert_filter is in filter.c. The head of
 * decision.c says which hook sets which member of the state.
 */

#include "httpd/request/hooks.h"

#include "core/base/compiler.h"
#include "core/policy/decide.h"
#include "core/policy/section.h"
#include "httpd/config/server.h"
#include "httpd/request/decision.h"
#include "httpd/request/preflight.h"
#include "httpd/request/protect.h"
#include "httpd/request/report.h"
#include "httpd/request/served.h"
#include "httpd/status/page.h"

int cors_hook_post_read_request(request_rec *r)
{
    unsigned fields = cors_server_of(r->server)->fields;

    /* Before anything changes the request. httpd runs this hook for internal redirects
     * too. */
    if (fields && !r->prev) {
        cors_chain_start(r, fields);
    }
    return DECLINED;
}

int cors_hook_pre_translate_name(request_rec *r)
{
    return cors_capture(r, false);
}

int cors_hook_translate_name(request_rec *r)
{
    return cors_capture(r, false);
}

int cors_hook_post_perdir_config(request_rec *r)
{
    return cors_capture(r, true);
}

/* Answer a preflight, or refuse a WebSocket handshake. */
CORS_SLOW static int end_here(request_rec *r, cors_chain_t *chain)
{
    const cors_decision_t *decision = &chain->decision;

    /* Also with CorsPolicy Off, because the handshake check does not need a CORS
     * policy. Other requests are refused later, after authentication. */
    if (decision->verdict == CORS_VERDICT_WEBSOCKET_DENIED
        && cors_decision_refuses(chain->policy, decision)) {
        return cors_refuse(r, chain);
    }
    if (cors_preflight_is_answered(chain)) {
        return cors_preflight_answer(r, chain);
    }
    return DECLINED;
}

int cors_hook_header_parser(request_rec *r)
{
    cors_chain_t *chain = cors_chain(r);
    int status;

    if (!chain) {
        return DECLINED;
    }
    if (chain->owner != r || !chain->final) {
        return r->prev ? cors_protect_redirected(r, chain) : DECLINED;
    }
    cors_chain_report(r, chain);
    status = cors_protect_check(r, chain, chain->section, chain->policy);
    if (status != DECLINED) {
        return status;
    }
    if (chain->decision.preflight || chain->decision.reject) {
        return end_here(r, chain);
    }
    return DECLINED;
}

/* mod_dav looks up a Destination with a subrequest that has the client's method, and
 * then writes to it without running a handler. Other subrequests use GET; they are
 * checked in the handler hook if a handler runs. */
CORS_SLOW static int check_target(request_rec *r)
{
    if (r->method_number == M_GET || cors_is_forward_proxy(r)) {
        return DECLINED;
    }
    return cors_check_resource(r, cors_section_in_force(r));
}

int cors_hook_fixups(request_rec *r)
{
    cors_chain_t *chain;
    int status = DECLINED;

    if (r->main) {
        return check_target(r);
    }
    chain = cors_chain(r);
    if (!chain || !chain->section) {
        return DECLINED;
    }
    cors_chain_report(r, chain);
    if (chain->unforged_without_certificate) {
        status = cors_protect_again(r, chain);
    }
    if (status != DECLINED) {
        return status;
    }
    if (chain->owner != r) {
        if (chain->protect_setting) {
            cors_protect_pass_variables(r, chain);
        }
        return DECLINED;
    }
    if (cors_decision_refuses(chain->policy, &chain->decision)) {
        return cors_refuse(r, chain);
    }
    cors_visit(r)->accepted = chain->section;
    return DECLINED;
}

CORS_SLOW static int handle(request_rec *r, const cors_section_t *section)
{
    int status =
        cors_is_forward_proxy(r) ? DECLINED : cors_check_resource(r, section);

    if (status == DECLINED && cors_names_page(r)) {
        return cors_answer_page(r);
    }
    return status;
}

/* Returns whether the served resource has the section that was already checked for the
 * requested URL. */
static inline bool is_requested_resource(const request_rec *r,
                                         const cors_section_t *section)
{
    const cors_visit_t *visit = cors_visit(r);

    if (r->prev) {
        return false;
    }
    if (visit && visit->section) {
        return visit->accepted == section;
    }
    return cors_is_inert(section);
}

int cors_hook_handler(request_rec *r)
{
    const cors_section_t *section = cors_section_in_force(r);

    /* true for nearly every request */
    if (is_requested_resource(r, section) && !cors_names_page(r)) {
        return DECLINED;
    }
    return handle(r, section);
}
