/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "cors/emit.h"

/*
 * What is known of the request that the browser made. It hangs on the first
 * request of a chain of internal redirects, because a preflight can only ever
 * know that one's URL; an ErrorDocument's own policy never speaks.
 */
typedef struct {
    const cors_section_t *section;
    request_rec *owner;     /* the request of the chain that section is from */
    request_rec *published; /* the one whose variables say so; NULL: none */
    int method;   /* that the browser used: httpd forgets it for a document */
    bool final;   /* section is all that applies, not a first guess */
    bool decided; /* policy and decision are filled */
    bool logged;
    bool rescued;     /* see rescue() */
    int answered;     /* the status this module answered with; 0: it did not */
    const char *vary; /* that an <If> has set already; NULL: none */
    const cors_policy_t *policy; /* of the method */
    cors_decision_t decision;
} state_t;

static ap_filter_rec_t *output_filter;
static ap_filter_rec_t *page_filter;

static request_rec *first_of_chain(request_rec *r)
{
    while (r->prev) {
        r = r->prev;
    }
    return r;
}

static state_t *state_of(request_rec *r)
{
    return ap_get_module_config(first_of_chain(r)->request_config,
                                &cors_policy_module);
}

/* httpd keeps this module's section for every request, if it is one that has
 * got as far as that. */
static const cors_section_t *section_of(const request_rec *r)
{
    return r->per_dir_config
               ? ap_get_module_config(r->per_dir_config, &cors_policy_module)
               : NULL;
}

/* A forward proxy hands on what other sites say of themselves. */
static bool is_of_another_site(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY;
}

/* Whether an <If> has been asked, and may have said what it asked for in Vary. */
static bool has_if(const request_rec *r)
{
    const core_dir_config *core =
        r->per_dir_config ? ap_get_core_module_config(r->per_dir_config) : NULL;

    return core && core->sec_if;
}

static bool says_nothing(const cors_section_t *section)
{
    return !section || cors_section_silent(section);
}

/* Whether an internal redirect serves an error, so that another URL's policy is
 * in r->per_dir_config. */
static bool serves_an_error(const request_rec *r)
{
    const request_rec *prev;

    for (prev = r->prev; prev; prev = prev->prev) {
        if (!ap_is_HTTP_SUCCESS(prev->status)) {
            return true;
        }
    }
    return false;
}

CORS_SLOW static void decide_first(request_rec *r, state_t *state)
{
    request_rec *first = first_of_chain(r);
    cors_facts_t facts;
    int method;

    cors_facts(first, state->method, &facts);
    method = cors_method_number(state->method, &facts);
    state->policy = cors_policy_find(state->section, method);
    if (!state->policy) {
        cors_policy_t *policy = apr_palloc(first->pool, sizeof(*policy));

        cors_policy_resolve(first->pool, state->section,
                            cors_methods_bit(method), policy);
        state->policy = policy;
    }
    cors_decide(state->policy, &facts, &state->decision);
    state->decided = true;
    if (has_if(r)) {
        /* mod_proxy will take the backend's fields instead */
        state->vary = apr_table_get(r->headers_out, "Vary");
    }
}

static inline void decide(request_rec *r, state_t *state)
{
    if (!state->decided) {
        decide_first(r, state);
    }
}

static int mode_of(const state_t *state)
{
    return cors_policy_number(state->policy, CORS_ATTR_MODE);
}

static bool is_websocket(const state_t *state)
{
    return state->decision.verdict == CORS_VERDICT_WEBSOCKET_ALLOWED
           || state->decision.verdict == CORS_VERDICT_WEBSOCKET_DENIED;
}

/* Off says nothing, but for a handshake that is checked without CorsPolicy. */
static bool speaks(const state_t *state)
{
    return mode_of(state) != CORS_MODE_OFF
           || (is_websocket(state)
               && cors_policy_checks_websocket(state->policy));
}

CORS_SLOW static void report_first(request_rec *r, state_t *state)
{
    state->published = r;
    decide(r, state);
    if (!speaks(state)) {
        return;
    }
    cors_publish(r, &state->decision);
    if (state->logged) {
        return;
    }
    state->logged = true;
    cors_count(first_of_chain(r), state->policy, &state->decision);
    if (cors_may_be_logged(r, &state->decision)) {
        cors_log_decision(first_of_chain(r), state->policy, &state->decision);
    }
}

/* Decide, and tell of it: for each request of a chain in its variables, and once
 * in the log. */
static inline void decide_and_report(request_rec *r, state_t *state)
{
    if (state->published != r) {
        report_first(r, state);
    }
}

/* Whether an earlier request of the chain was told CorsPolicy, Off included. */
static bool earlier_speaks(request_rec *r, state_t *state)
{
    if (state->owner == r || !state->final) {
        return false;
    }
    decide(r, state);
    return state->policy->link[CORS_ATTR_MODE].setting != NULL;
}

static state_t *make_state(request_rec *first)
{
    state_t *state = apr_palloc(first->pool, sizeof(*state));

    /* the policy and the decision are filled by decide() */
    memset(state, 0, offsetof(state_t, decision));
    state->method = first->method_number;
    ap_set_module_config(first->request_config, &cors_policy_module, state);
    return state;
}

static inline void note(state_t *state, request_rec *r,
                        const cors_section_t *section, bool final)
{
    /* what has been decided for the same section stays so */
    if (state->section != section || state->owner != r) {
        state->decided = false;
        state->published = NULL;
    }
    state->section = section;
    state->owner = r;
    state->final = final;
}

/* The same for a request that follows an internal redirect. */
CORS_SLOW static int
capture_redirected(request_rec *r, const cors_section_t *section, bool final)
{
    request_rec *first = first_of_chain(r);
    state_t *state = state_of(r);

    if (r->main || serves_an_error(r) || !section
        || (!state && says_nothing(section))) {
        return DECLINED;
    }
    if (!state) {
        state = make_state(first);
    }
    else if (earlier_speaks(r, state)) {
        return DECLINED;
    }
    note(state, r, section, final);
    return DECLINED;
}

/* The first that is noted of a request, or what an internal redirect adds. */
CORS_SLOW static int capture_first(request_rec *r,
                                   const cors_section_t *section, bool final)
{
    if (r->prev) {
        return capture_redirected(r, section, final);
    }
    if (!r->main && !is_of_another_site(r)) {
        note(make_state(r), r, section, final);
    }
    return DECLINED;
}

/* Note what applies to a request as far as it is known by now. Most requests have
 * nothing to be noted, and only the first hook that has makes room for it. */
static inline int capture(request_rec *r, bool final)
{
    const cors_section_t *section = section_of(r);
    state_t *state =
        ap_get_module_config(r->request_config, &cors_policy_module);

    if (r->prev || (!state && !says_nothing(section))) {
        return capture_first(r, section, final);
    }
    if (state) {
        note(state, r, section, final);
    }
    return DECLINED;
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

static bool has_body(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    return apr_table_get(r->headers_in, "Transfer-Encoding")
           || (length && ap_cstr_casecmp(length, "0") != 0);
}

/* httpd knows no line for many a status, and would make it a 500 */
static void set_status(request_rec *r, int status)
{
    r->status = status;
    r->status_line = NULL;
    /* NOLINTNEXTLINE(cert-err34-c): every line of httpd's starts with one */
    if (atoi(ap_get_status_line(status)) != status) {
        r->status_line = apr_psprintf(r->pool, "%d %s", status,
                                      status < 300 ? "OK" : "Refused");
    }
}

static int answer_preflight(request_rec *r, state_t *state)
{
    set_status(r,
               cors_decision_preflight_status(state->policy, &state->decision));
    state->answered = r->status;
    /* httpd would wait for the body before it answers */
    if (!r->connection->master && has_body(r)) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    /* mod_brotli makes a body out of an empty one */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
    /* returning the status would run an ErrorDocument and send httpd's own
     * page; DONE alone would lose what mod_headers adds to every response */
    ap_run_insert_filter(r);
    return DONE;
}

/* Whether a preflight is answered here and not handed to a handler. */
static bool answers(const state_t *state)
{
    const cors_decision_t *decision = &state->decision;

    return decision->preflight && !is_websocket(state)
           && mode_of(state) == CORS_MODE_ON
           && (decision->verdict != CORS_VERDICT_PREFLIGHT_ALLOWED
               || cors_policy_number(state->policy, CORS_ATTR_PREFLIGHT)
                      == CORS_PREFLIGHT_ANSWER);
}

/*
 * Answer a preflight before httpd looks for a file, which is most of the work,
 * where nothing that it finds there can change the answer: cors_prepare() has
 * made sure. What comes after that is done here as httpd does it.
 */
CORS_SLOW static int answer_early(request_rec *r)
{
    ap_conf_vector_t *config = r->per_dir_config;
    cors_facts_t facts;
    state_t *state;
    int status;

    if (r->prev || r->main || r->proxyreq || !cors_answers_early(r->server)) {
        return DECLINED;
    }
    state = state_of(r);
    cors_facts(r, r->method_number, &facts);
    if (!state || !cors_is_preflight(&facts) || ap_location_walk(r) != OK) {
        r->per_dir_config = config;
        return DECLINED;
    }
    capture(r, true);
    decide(r, state);
    if (answers(state)) {
        status = ap_run_post_perdir_config(r);
        if (status == OK || status == DECLINED) {
            status = ap_run_header_parser(r);
        }
        if (status != OK && status != DECLINED) {
            return status;
        }
    }
    state->final = false;
    r->per_dir_config = config;
    return DECLINED;
}

int cors_hook_map_to_storage(request_rec *r)
{
    return r->method_number == M_OPTIONS ? answer_early(r) : DECLINED;
}

/* No ErrorDocument of a backend must shake hands instead. */
static void end_handshake(request_rec *r)
{
    apr_table_unset(r->headers_in, "Upgrade");
}

/* End a preflight, or the handshake of a WebSocket. */
CORS_SLOW static int end_here(request_rec *r, state_t *state)
{
    const cors_decision_t *decision = &state->decision;

    /* with Off too: the check of handshakes does not need a CORS policy */
    if (decision->verdict == CORS_VERDICT_WEBSOCKET_DENIED
        && mode_of(state) != CORS_MODE_REPORT_ONLY) {
        end_handshake(r);
        return HTTP_FORBIDDEN;
    }
    return answers(state) ? answer_preflight(r, state) : DECLINED;
}

int cors_hook_header_parser(request_rec *r)
{
    state_t *state = state_of(r);

    if (!state || state->owner != r || !state->final) {
        return DECLINED;
    }
    decide_and_report(r, state);
    return state->decision.preflight || state->decision.reject
               ? end_here(r, state)
               : DECLINED;
}

/* What no other hook has decided, and what has to be refused. */
CORS_SLOW static int refuse_or_report(request_rec *r, state_t *state)
{
    decide_and_report(r, state);
    return state->decision.reject && state->owner == r
                   && state->decision.verdict == CORS_VERDICT_DENIED
                   && mode_of(state) == CORS_MODE_ON
               ? HTTP_FORBIDDEN
               : DECLINED;
}

int cors_hook_fixups(request_rec *r)
{
    state_t *state = r->main ? NULL : state_of(r);

    return !state || (state->published == r && !state->decision.reject)
               ? DECLINED
               : refuse_or_report(r, state);
}

/*
 * The section of the URL that is served is not that of the URL asked for, whose
 * policy it is: an internal redirect has led here. Who would be refused here must
 * not come in by another way; but who is refused already may see the document of
 * the error.
 */
CORS_SLOW static int refuse_served(request_rec *r, state_t *state,
                                   const cors_section_t *section)
{
    request_rec *first = first_of_chain(r);
    state_t served;
    bool handshake;

    memset(&served, 0, offsetof(state_t, decision));
    served.method = state ? state->method : first->method_number;
    note(&served, r, section, true);
    decide(r, &served);
    handshake = served.decision.verdict == CORS_VERDICT_WEBSOCKET_DENIED;
    if (!served.decision.reject || mode_of(&served) == CORS_MODE_REPORT_ONLY
        || (!handshake
            && (mode_of(&served) != CORS_MODE_ON || serves_an_error(r)))) {
        return DECLINED;
    }
    if (state) {
        /* what was said of the URL asked for */
        cors_unpublish(r);
        report_first(r, &served);
    }
    else {
        state = make_state(first);
        *state = served;
        report_first(r, state);
    }
    if (handshake) {
        end_handshake(r);
    }
    return serves_an_error(r) ? DECLINED : HTTP_FORBIDDEN;
}

/* Whether the URL that is served is the one that was asked for, as far as a
 * section says anything. */
static inline bool is_as_asked(const state_t *state,
                               const cors_section_t *section)
{
    return state ? state->section == section : says_nothing(section);
}

CORS_SLOW static int handle(request_rec *r, const cors_section_t *section)
{
    state_t *state = state_of(r);
    int status = is_as_asked(state, section) || r->main || is_of_another_site(r)
                     ? DECLINED
                     : refuse_served(r, state, section);

    return status == DECLINED && cors_names_page(r) ? cors_answer_page(r)
                                                    : status;
}

int cors_hook_handler(request_rec *r)
{
    const cors_section_t *section = section_of(r);
    const state_t *state =
        ap_get_module_config(r->request_config, &cors_policy_module);

    /* nearly every request is at the URL that it asked for */
    return is_as_asked(state, section) && !r->prev && !cors_names_page(r)
               ? DECLINED
               : handle(r, section);
}

void cors_hook_insert_filter(request_rec *r)
{
    state_t *state;

    if (r->main) {
        return;
    }
    if (cors_is_page(r)) {
        ap_add_output_filter_handle(page_filter, NULL, r, r->connection);
        return;
    }
    state = state_of(r);
    if (state) {
        decide_and_report(r, state);
        if (mode_of(state) != CORS_MODE_ON) {
            return;
        }
    }
    else if (says_nothing(section_of(first_of_chain(r)))) {
        return;
    }
    ap_add_output_filter_handle(output_filter, state, r, r->connection);
}

/*
 * The policy of a request for which none of the hooks ran: it died while it was
 * read, or mod_cache's quick handler answered. A stored response has the right
 * headers already, and another URL's policy is not ours to apply to it.
 */
CORS_SLOW static state_t *late_state(request_rec *r)
{
    request_rec *first = first_of_chain(r);
    state_t *state = state_of(r);

    if (state) {
        return state;
    }
    if (r->status < 300 || r->status == HTTP_NOT_MODIFIED
        || is_of_another_site(r)) {
        return NULL;
    }
    state = make_state(first);
    state->section = section_of(first);
    state->owner = first;
    decide_and_report(r, state);
    return state;
}

static bool is_redirect(int status)
{
    return status == HTTP_MOVED_PERMANENTLY || status == HTTP_MOVED_TEMPORARILY
           || status == HTTP_SEE_OTHER || status == HTTP_TEMPORARY_REDIRECT
           || status == HTTP_PERMANENT_REDIRECT;
}

/* A browser refuses a preflight that is redirected, and takes none of the
 * headers it needs from the page that RewriteRule [R=200] makes. */
static bool spoils_preflight(int status)
{
    return is_redirect(status) || ap_is_HTTP_SUCCESS(status);
}

/* Where one of these came first, at the server's level, the answer is made
 * here. An ErrorDocument does not change how the request ended before. */
static bool must_rescue(const request_rec *r, const state_t *state)
{
    const request_rec *first = r;

    while (first->prev) {
        first = first->prev;
    }
    return !state->final && spoils_preflight(first->status)
           && spoils_preflight(r->status) && state->decision.origin_allowed
           && answers(state);
}

static void rescue(request_rec *r, state_t *state)
{
    static const char *const of_the_page[] = {
        "Location",      "Content-Length",   "Content-Encoding",
        "ETag",          "Content-Language", "Last-Modified",
        "Accept-Ranges", "Content-Location"
    };
    apr_size_t i;

    state->rescued = true;
    set_status(r,
               cors_decision_preflight_status(state->policy, &state->decision));
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
                                            const state_t *state)
{
    if (!state->decision.preflight || is_websocket(state)) {
        return CORS_RESPONSE_ACTUAL;
    }
    if (state->answered) {
        /* something behind us, a limit or a firewall, may have said otherwise */
        return state->owner == r && state->answered == r->status
                   ? CORS_RESPONSE_PREFLIGHT
                   : CORS_RESPONSE_ACTUAL;
    }
    return state->final
                   && state->decision.verdict == CORS_VERDICT_PREFLIGHT_ALLOWED
               ? CORS_RESPONSE_CONTINUED
               : CORS_RESPONSE_ACTUAL;
}

/* The filter's context is the state, or NULL if there was none as it was added. */
static apr_status_t write_headers(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    state_t *state = f->ctx ? f->ctx : late_state(r);

    if (state && !state->rescued && mode_of(state) == CORS_MODE_ON) {
        cors_response_e response = response_kind(r, state);

        if (state->decision.preflight && must_rescue(r, state)) {
            rescue(r, state);
            response = CORS_RESPONSE_PREFLIGHT;
        }
        if (state->vary) {
            cors_vary_add(r->pool, state->vary, r->headers_out,
                          r->err_headers_out);
        }
        cors_emit(r->pool, state->policy, &state->decision, response,
                  r->headers_out, r->err_headers_out);
    }
    if (state && state->rescued) {
        /* to the end: a document may come in pieces */
        drop_body(brigade);
    }
    else {
        ap_remove_output_filter(f);
    }
    return ap_pass_brigade(f->next, brigade);
}

/* The page about the policies is read by its own origin alone, whatever
 * mod_headers says. */
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
