/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The output filter: the only place where headers are written.
 *
 * It runs after mod_headers and before mod_cache stores a response, and it first removes
 * the CORS headers that either table of the response holds. It makes no decision, with one
 * exception: for a request that no hook has seen, because reading it failed or mod_cache's
 * quick handler answered it, the filter has the decision made. A redirect that a
 * server-level rewrite has created for a preflight is replaced by the answer to the
 * preflight: browsers do not follow it.
 */

#include "httpd/request/filter.h"

#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "core/base/compiler.h"
#include "core/policy/decide.h"
#include "core/policy/emit.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/server.h"
#include "httpd/request/decision.h"
#include "httpd/request/late.h"
#include "httpd/request/preflight.h"
#include "httpd/request/report.h"
#include "httpd/status/page.h"

static ap_filter_rec_t *output_filter;
static ap_filter_rec_t *page_filter;

/* Returns the policy for the headers of the response: that of the requested URL, or its
 * combination with that of the served resource if the latter is stricter. */
static const cors_policy_t *policy_of(const cors_chain_t *chain)
{
    return chain->both ? chain->both : chain->policy;
}

static const cors_decision_t *decision_of(const cors_chain_t *chain)
{
    return chain->both ? chain->both_decide : &chain->decision;
}

/* Returns whether a section that no hook has captured may write headers: a fast redirect
 * can lead from a URL without a CorsPolicy to a resource that has one, and
 * CorsProtectEmbedding checks the served resource only after this. */
static bool may_be_taken(const request_rec *r, const cors_chain_t *chain)
{
    const cors_section_t *section = cors_section_in_force(r);

    return section != chain->section && !cors_is_inert(section);
}

/* Returns whether a response depends on the fields that CorsProtectEmbedding reads.
 * Caches store responses to GET and HEAD only. */
static inline bool varies_by_fetch(const cors_chain_t *chain)
{
    return chain->varies_by_fetch && chain->noted.method == M_GET;
}

/* Returns whether no policy can apply to a request: its server has no directive of this
 * module, and no .htaccess file can have one. */
static inline bool is_of_others(const request_rec *r, const cors_chain_t *chain)
{
    return !chain && !r->prev && !cors_server_of(r->server)->fields;
}

/* Returns whether the requested URL may have a policy that no hook has captured: the
 * request ended early, and this is its error document. */
CORS_SLOW static bool may_be_of_first(request_rec *r)
{
    const cors_chain_t *chain;

    cors_chain_locate(r);
    chain = cors_chain(r);
    return (chain && chain->section)
           || !cors_is_inert(cors_section_in_force(cors_first(r)));
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
        if (cors_chain_mode(chain) != CORS_MODE_ON && !chain->policy->adds_fixed
            && !varies_by_fetch(chain) && !may_be_taken(r, chain)) {
            return;
        }
    }
    else if (cors_is_inert(cors_section_in_force(r))
             && (is_of_others(r, chain) || !may_be_of_first(r))) {
        return;
    }
    ap_add_output_filter_handle(output_filter, NULL, r, r->connection);
}

void cors_hook_insert_error_filter(request_rec *r)
{
    if (!r->main) {
        cors_chain_locate(r);
    }
    cors_hook_insert_filter(r);
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
    cors_chain_locate(r);
    chain = cors_chain_make(first);
    if (!chain->section) {
        cors_chain_take(chain, first, cors_section_in_force(first), false);
    }
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
           && cors_preflight_is_answered(chain);
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
    cors_set_status(r, cors_decision_preflight_status(chain->policy,
                                                      &chain->decision));
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
    if (!chain->decision.preflight || cors_chain_is_websocket(chain)) {
        return CORS_RESPONSE_ACTUAL;
    }
    if (chain->answered) {
        /* a later module, such as a limit or a firewall, may have changed the status */
        if (chain->owner == r && chain->answered == r->status) {
            return CORS_RESPONSE_PREFLIGHT;
        }
        return CORS_RESPONSE_ACTUAL;
    }
    /* also if only the served resource has a policy: no hook could answer before the
     * handler; a refusal has no lists */
    if (chain->final && !chain->refused
        && (chain->decision.verdict == CORS_VERDICT_PREFLIGHT_ALLOWED
            || cors_decision_continues(chain->policy, &chain->decision))) {
        return CORS_RESPONSE_CONTINUED;
    }
    return CORS_RESPONSE_ACTUAL;
}

static apr_status_t write_headers(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    cors_chain_t *chain = cors_chain(r);
    cors_response_e response = CORS_RESPONSE_ACTUAL;

    if (chain && varies_by_fetch(chain)) {
        cors_vary_add(r->pool, "Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest",
                      r->headers_out, r->err_headers_out);
    }
    if (!chain || !chain->section) {
        chain = late_chain(r);
    }
    if (chain && !chain->rescued && cors_chain_mode(chain) == CORS_MODE_ON) {
        response = response_kind(r, chain);

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
    if (chain && policy_of(chain)->adds_fixed
        && response != CORS_RESPONSE_PREFLIGHT) {
        cors_emit_fixed(r->pool, policy_of(chain), r->headers_out,
                        r->err_headers_out);
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
