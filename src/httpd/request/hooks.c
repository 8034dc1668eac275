/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The request hooks, in the order in which httpd runs them, and the output filter. Only
 * that filter writes headers. It runs after mod_headers and before mod_cache stores a
 * response, and it first removes the CORS headers that either table of the response
 * holds.
 *
 * This file makes no decisions. It passes facts to the core and acts on the core's
 * decision. The state that the hooks share is in chain.c; served.c checks a resource
 * that differs from the requested URL. If no policy is in force, each hook returns
 * after one or two tests.
 */

#include "httpd/request/decision.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "core/policy/emit.h"

static ap_filter_rec_t *output_filter;
static ap_filter_rec_t *page_filter;

/* Returns the policy that the response is written by: the requested URL's, or its
 * combination with the served resource's if that one is stricter. */
static const cors_policy_t *policy_of(const cors_chain_t *chain)
{
    return chain->both ? chain->both : chain->policy;
}

static const cors_decision_t *decision_of(const cors_chain_t *chain)
{
    return chain->both ? chain->both_decide : &chain->decision;
}

static int mode_of(const cors_chain_t *chain)
{
    return cors_policy_number(chain->policy, CORS_ATTR_MODE);
}

static bool is_websocket(const cors_chain_t *chain)
{
    return chain->decision.verdict == CORS_VERDICT_WEBSOCKET_ALLOWED
           || chain->decision.verdict == CORS_VERDICT_WEBSOCKET_DENIED;
}

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
 * requested URL of a noted request takes the fast path in capture(). */
CORS_SLOW static int capture_section(request_rec *r,
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

/* The fast path: most requests have no section to capture, and most of the others are
 * for the requested URL itself. */
static inline int capture(request_rec *r, bool final)
{
    const cors_section_t *section = cors_section_in_force(r);
    cors_visit_t *visit = cors_visit(r);

    if (cors_is_inert(section) && (!visit || !visit->section)) {
        return DECLINED;
    }
    if (visit && !r->prev && !r->main && !cors_is_forward_proxy(r)) {
        visit->section = section;
        cors_chain_take((cors_chain_t *)(void *)visit, r, section, final);
        return DECLINED;
    }
    return capture_section(r, section, final);
}

int cors_hook_pre_translate_name(request_rec *r)
{
    return capture(r, false);
}

int cors_hook_translate_name(request_rec *r)
{
    return capture(r, false);
}

int cors_hook_post_perdir_config(request_rec *r)
{
    return capture(r, true);
}

/* httpd has no status line for many status codes and would send 500 instead. */
static void set_status(request_rec *r, int status)
{
    r->status = status;
    r->status_line = NULL;
    if (status == HTTP_OK || status == HTTP_NO_CONTENT
        || status == HTTP_FORBIDDEN) {
        return;
    }
    /* NOLINTNEXTLINE(cert-err34-c): each status line starts with a number */
    if (atoi(ap_get_status_line(status)) != status) {
        r->status_line = apr_psprintf(r->pool, "%d %s", status,
                                      status < 300 ? "OK" : "Refused");
    }
}

static int answer_preflight(request_rec *r, cors_chain_t *chain)
{
    set_status(r,
               cors_decision_preflight_status(chain->policy, &chain->decision));
    chain->answered = r->status;
    /* httpd would wait for the body before it sends the response */
    if (!r->connection->master && chain->noted.body) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    /* mod_brotli turns an empty body into a non-empty one */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
    /* Returning the status would run an ErrorDocument and send httpd's own page. DONE
     * alone would lose the headers that mod_headers adds to every response. */
    ap_run_insert_filter(r);
    return DONE;
}

/* Returns whether the module answers a preflight itself instead of passing it to a
 * handler. */
static bool answers(const cors_chain_t *chain)
{
    const cors_decision_t *decision = &chain->decision;

    return decision->preflight && !is_websocket(chain)
           && mode_of(chain) == CORS_MODE_ON
           && (decision->verdict != CORS_VERDICT_PREFLIGHT_ALLOWED
               || cors_policy_number(chain->policy, CORS_ATTR_PREFLIGHT)
                      == CORS_PREFLIGHT_ANSWER);
}

/*
 * Answer a preflight before httpd looks for a file, which is most of the work. This is
 * done only if no section for files can change the answer: cors_prepare() has checked
 * that. The later phases that matter are run here in the same way as httpd runs them.
 */
CORS_SLOW static int answer_early(request_rec *r)
{
    ap_conf_vector_t *config = r->per_dir_config;
    cors_facts_t facts;
    cors_chain_t *chain;
    int status;

    if (r->prev || r->main || r->proxyreq
        || !cors_server_of(r->server)->answers_early) {
        return DECLINED;
    }
    chain = cors_chain(r);
    if (!chain || !chain->section) {
        return DECLINED;
    }
    cors_facts(r, &chain->noted, &facts);
    if (!cors_is_preflight(&facts) || ap_location_walk(r) != OK) {
        r->per_dir_config = config;
        return DECLINED;
    }
    capture(r, true);
    cors_chain_decide(r, chain);
    if (answers(chain)) {
        status = ap_run_post_perdir_config(r);
        if (status == OK || status == DECLINED) {
            status = ap_run_header_parser(r);
        }
        if (status != OK && status != DECLINED) {
            return status;
        }
    }
    chain->final = false;
    r->per_dir_config = config;
    return DECLINED;
}

int cors_hook_map_to_storage(request_rec *r)
{
    return r->method_number == M_OPTIONS ? answer_early(r) : DECLINED;
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
    return answers(chain) ? answer_preflight(r, chain) : DECLINED;
}

int cors_hook_header_parser(request_rec *r)
{
    cors_chain_t *chain = cors_chain(r);

    if (!chain || chain->owner != r || !chain->final) {
        return DECLINED;
    }
    cors_chain_report(r, chain);
    return chain->decision.preflight || chain->decision.reject
               ? end_here(r, chain)
               : DECLINED;
}

/* mod_dav looks up a Destination with a subrequest that has the client's method, and
 * then writes to it without running a handler. Other subrequests use GET; they are
 * checked in the handler hook if a handler runs. */
CORS_SLOW static int judge_target(request_rec *r)
{
    return r->method_number == M_GET || cors_is_forward_proxy(r)
               ? DECLINED
               : cors_judge_served(r, cors_section_in_force(r));
}

int cors_hook_fixups(request_rec *r)
{
    cors_chain_t *chain;

    if (r->main) {
        return judge_target(r);
    }
    chain = cors_chain(r);
    if (!chain || !chain->section) {
        return DECLINED;
    }
    cors_chain_report(r, chain);
    if (chain->owner != r) {
        return DECLINED;
    }
    if (cors_decision_refuses(chain->policy, &chain->decision)) {
        return cors_refuse(r, chain);
    }
    cors_visit(r)->judged = chain->section;
    return DECLINED;
}

CORS_SLOW static int handle(request_rec *r, const cors_section_t *section)
{
    int status =
        cors_is_forward_proxy(r) ? DECLINED : cors_judge_served(r, section);

    return status == DECLINED && cors_names_page(r) ? cors_answer_page(r)
                                                    : status;
}

/* Returns whether the served resource has the section that was already checked for the
 * requested URL. */
static inline bool is_as_asked(const request_rec *r,
                               const cors_section_t *section)
{
    const cors_visit_t *visit = cors_visit(r);

    if (r->prev) {
        return false;
    }
    return visit && visit->section ? visit->judged == section
                                   : cors_is_inert(section);
}

int cors_hook_handler(request_rec *r)
{
    const cors_section_t *section = cors_section_in_force(r);

    /* true for nearly every request */
    return is_as_asked(r, section) && !cors_names_page(r) ? DECLINED
                                                          : handle(r, section);
}

/* Returns whether a section that no hook has captured may grant: a fast redirect can
 * lead from a URL without a CorsPolicy to a resource that has one. */
static bool may_be_taken(const request_rec *r, const cors_chain_t *chain)
{
    const cors_section_t *section = cors_section_in_force(r);

    return !chain->policy->link[CORS_ATTR_MODE].setting
           && section != chain->section && !cors_is_inert(section);
}

void cors_hook_insert_filter(request_rec *r)
{
    cors_chain_t *chain;

    if (r->main) {
        return;
    }
    if (cors_is_page(r)) {
        ap_add_output_filter_handle(page_filter, NULL, r, r->connection);
        return;
    }
    chain = cors_chain(r);
    if (chain && chain->section) {
        cors_chain_report(r, chain);
        if (mode_of(chain) != CORS_MODE_ON && !may_be_taken(r, chain)) {
            return;
        }
    }
    else if (cors_is_inert(cors_section_in_force(r))
             && (!r->prev
                 || cors_is_inert(cors_section_in_force(cors_first(r))))) {
        return;
    }
    ap_add_output_filter_handle(output_filter, NULL, r, r->connection);
}

/*
 * Returns the state of a request for which no hook ran: reading it failed, or
 * mod_cache's quick handler answered it. Returns NULL for a stored response, which has
 * the right headers already, and for a forward proxy, whose responses belong to another
 * server.
 */
CORS_SLOW static cors_chain_t *late_chain(request_rec *r)
{
    request_rec *first = cors_first(r);
    cors_chain_t *chain;

    if (r->status < 300 || r->status == HTTP_NOT_MODIFIED
        || cors_is_forward_proxy(r)) {
        return NULL;
    }
    chain = cors_chain_make(first);
    cors_chain_take(chain, first, cors_section_in_force(first), false);
    if (chain->section) {
        cors_chain_report(r, chain);
    }
    return chain;
}

static bool is_redirect(int status)
{
    return status == HTTP_MOVED_PERMANENTLY || status == HTTP_MOVED_TEMPORARILY
           || status == HTTP_SEE_OTHER || status == HTTP_TEMPORARY_REDIRECT
           || status == HTTP_PERMANENT_REDIRECT;
}

/* Returns whether a status makes a browser's preflight fail. Browsers reject a
 * redirected preflight, and the page that RewriteRule [R=200] creates lacks the CORS
 * headers. */
static bool spoils_preflight(int status)
{
    return is_redirect(status) || ap_is_HTTP_SUCCESS(status);
}

/* Returns whether the filter replaces a response that a server-level rewrite or
 * redirect created before the configuration was final. An ErrorDocument does not change
 * how the first request ended. */
static bool must_rescue(const request_rec *r, const cors_chain_t *chain)
{
    const request_rec *first = r;

    while (first->prev) {
        first = first->prev;
    }
    return !chain->final && spoils_preflight(first->status)
           && spoils_preflight(r->status) && chain->decision.origin_allowed
           && answers(chain);
}

static void rescue(request_rec *r, cors_chain_t *chain)
{
    static const char *const of_the_page[] = {
        "Location",      "Content-Length",   "Content-Encoding",
        "ETag",          "Content-Language", "Last-Modified",
        "Accept-Ranges", "Content-Location"
    };
    apr_size_t i;

    chain->rescued = true;
    set_status(r,
               cors_decision_preflight_status(chain->policy, &chain->decision));
    for (i = 0; i < sizeof(of_the_page) / sizeof(of_the_page[0]); i++) {
        apr_table_unset(r->headers_out, of_the_page[i]);
        apr_table_unset(r->err_headers_out, of_the_page[i]);
    }
    ap_set_content_type(r, NULL);
}

static void drop_body(apr_bucket_brigade *brigade)
{
    apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);

    while (bucket != APR_BRIGADE_SENTINEL(brigade)) {
        apr_bucket *next = APR_BUCKET_NEXT(bucket);

        if (!APR_BUCKET_IS_METADATA(bucket)) {
            apr_bucket_delete(bucket);
        }
        bucket = next;
    }
}

static inline cors_response_e response_kind(const request_rec *r,
                                            const cors_chain_t *chain)
{
    if (!chain->decision.preflight || is_websocket(chain)) {
        return CORS_RESPONSE_ACTUAL;
    }
    if (chain->answered) {
        /* a later module, such as a limit or a firewall, may have changed the status */
        return chain->owner == r && chain->answered == r->status
                   ? CORS_RESPONSE_PREFLIGHT
                   : CORS_RESPONSE_ACTUAL;
    }
    return chain->final
                   && chain->decision.verdict == CORS_VERDICT_PREFLIGHT_ALLOWED
               ? CORS_RESPONSE_CONTINUED
               : CORS_RESPONSE_ACTUAL;
}

static apr_status_t write_headers(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    cors_chain_t *chain = cors_chain(r);

    if (!chain || !chain->section) {
        chain = late_chain(r);
    }
    if (chain && !chain->rescued && mode_of(chain) == CORS_MODE_ON) {
        cors_response_e response = response_kind(r, chain);

        if (chain->decision.preflight && must_rescue(r, chain)) {
            rescue(r, chain);
            response = CORS_RESPONSE_PREFLIGHT;
        }
        if (chain->vary) {
            cors_vary_add(r->pool, chain->vary, r->headers_out,
                          r->err_headers_out);
        }
        cors_emit(r->pool, policy_of(chain), decision_of(chain), response,
                  r->headers_out, r->err_headers_out);
    }
    if (chain && chain->rescued) {
        /* keep the filter until the end, because a document may come in several
         * brigades */
        drop_body(brigade);
    }
    else {
        ap_remove_output_filter(f);
    }
    return ap_pass_brigade(f->next, brigade);
}

/* Only the page's own origin may read the status page, even if mod_headers sets CORS
 * headers. */
static apr_status_t write_no_headers(ap_filter_t *f,
                                     apr_bucket_brigade *brigade)
{
    cors_emit_nothing(f->r->headers_out, f->r->err_headers_out);
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

void cors_register_filter(void)
{
    output_filter = ap_register_output_filter("CORS_POLICY", write_headers,
                                              NULL, AP_FTYPE_CONTENT_SET);
    page_filter =
        ap_register_output_filter("CORS_POLICY_PAGE", write_no_headers, NULL,
                                  AP_FTYPE_CONTENT_SET);
}
