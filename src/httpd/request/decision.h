/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file decision.h
 * @brief The state of a client's request, and of each request_rec that belongs to it
 */

#ifndef CORS_HTTPD_DECISION_H
#define CORS_HTTPD_DECISION_H

#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/protect.h"
#include "core/policy/section.h"
#include "httpd/httpd.h"
#include "httpd/request/client_request.h"

/**
 * The state of one request_rec: the requested URL, the target of an internal redirect,
 * an ErrorDocument, or a subrequest. A fast redirect replaces the configuration of a
 * request_rec, so the section of its URL is stored here.
 */
typedef struct {
    const cors_section_t *section; /* of the URL, as far as known; NULL: none */
    /* the last section that was found not to refuse the request; NULL: none */
    const cors_section_t *accepted;
} cors_visit_t;

/**
 * The state of a client's request, including all internal redirects and subrequests. It
 * is stored with the first request_rec. Usually that one's policy grants, because a
 * preflight can only know its URL.
 */
typedef struct {
    /* of the first request_rec; must be the first member */
    cors_visit_t visit;
    cors_noted_t noted;
    const cors_section_t *section; /* whose policy grants; NULL: none */
    request_rec *owner;            /* the request_rec of the section */
    /* the request_rec that the decision was last reported for; NULL: not reported
     * yet */
    request_rec *reporter;
    /* the decision that logs, expressions and programs read; NULL: none */
    const cors_decision_t *reported;
    bool final;   /* section is the final one, not an early guess */
    bool decided; /* policy and decision are set */
    bool logged;  /* the decision was counted and logged */
    bool rescued; /* a redirect was replaced by a preflight answer */
    bool refused; /* the module has answered with 403 */
    /* the last section whose CorsProtect let the request pass; NULL: none */
    const cors_section_t *unforged;
    /* the same, if it passes only as long as it has no client certificate */
    const cors_section_t *unforged_without_certificate;
    bool
        protect_reported; /* a decision of CorsProtect was counted and logged */
    /* the decision of CorsProtect that logs and expressions read, and the setting that
     * decided; NULL: none */
    cors_protect_decision_t protect;
    const cors_setting_t *protect_setting;
    /* CorsProtectEmbedding has decided on the request */
    bool varies_by_fetch;
    /* the refused request could do more than a plain link: method, body or upgrade */
    bool keeps_out;
    int answered;     /* the status of the preflight answer; 0: none */
    const char *vary; /* the Vary that an <If> has set; NULL: none */
    /* the policy narrowed by the served resource's; NULL: policy alone is used */
    const cors_policy_t *both;
    const cors_decision_t *both_decide; /* the decision of both policies */
    const cors_policy_t *policy;        /* for the request's method */
    cors_decision_t decision;
} cors_chain_t;

/**
 * @return the first request_rec of a chain of internal redirects and subrequests: the
 *   one that the client made
 */
static inline request_rec *cors_first(request_rec *r)
{
    while (r->prev || r->main) {
        r = r->prev ? r->prev : r->main;
    }
    return r;
}

/** @return the state of one request_rec; NULL: none */
static inline cors_visit_t *cors_visit(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &cors_policy_module);
}

/** @return the state of a client's request, for any of its request_recs; NULL: none */
static inline cors_chain_t *cors_chain(request_rec *r)
{
    return (cors_chain_t *)(void *)cors_visit(cors_first(r));
}

/**
 * Create the state of a client's request, and note the request.
 *
 * @param first   its first request_rec, which must not have a state yet
 * @param fields  a bit mask of the header fields to note, see cors_note()
 * @return the state; it lives as long as the request
 */
cors_chain_t *cors_chain_start(request_rec *first, unsigned fields);

/**
 * @return a header field as the client sent it, even if r->headers_in has changed
 *   since; NULL: not sent, or not noted
 */
const char *cors_noted_field(request_rec *r, cors_field_e field);

/** @return the state of a client's request; created if there is none */
cors_chain_t *cors_chain_make(request_rec *r);

/** @return the state of one request_rec; created if there is none */
cors_visit_t *cors_visit_make(request_rec *r);

/**
 * @return the module's section in force for a request_rec; NULL: httpd has not set a
 *   configuration yet
 */
static inline const cors_section_t *cors_section_in_force(const request_rec *r)
{
    return r->per_dir_config
               ? ap_get_module_config(r->per_dir_config, &cors_policy_module)
               : NULL;
}

/** @return whether a section has no effect on any request */
static inline bool cors_is_inert(const cors_section_t *section)
{
    return !section || cors_section_inert(section);
}

/** @return the CorsPolicy of the policy that grants, a cors_mode_e; decided */
static inline int cors_chain_mode(const cors_chain_t *chain)
{
    return cors_policy_number(chain->policy, CORS_ATTR_MODE);
}

/** @return whether the request is a WebSocket handshake whose origin is checked; decided */
static inline bool cors_chain_is_websocket(const cors_chain_t *chain)
{
    return chain->decision.verdict == CORS_VERDICT_WEBSOCKET_ALLOWED
           || chain->decision.verdict == CORS_VERDICT_WEBSOCKET_DENIED;
}

/**
 * @return whether httpd is a forward proxy for a request, so that the response belongs
 *   to another server
 */
static inline bool cors_is_forward_proxy(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY;
}

/** @return whether an internal redirect leads to an error document */
bool cors_is_error_document(const request_rec *r);

/**
 * @param p  the pool for a policy that was not precomputed
 * @return the policy of a section for the method that the client used or announced
 */
const cors_policy_t *cors_policy_for(apr_pool_t *p,
                                     const cors_section_t *section,
                                     const cors_chain_t *chain,
                                     const cors_facts_t *facts);

/** Decide by the policy that grants. Does nothing if the decision is made already. */
void cors_chain_decide(request_rec *r, cors_chain_t *chain);

/**
 * Decide by the policy of the section that grants.
 *
 * @param policy  what cors_policy_for() returns for the section and the facts
 * @param facts   the facts of the request
 */
void cors_chain_decide_by(request_rec *r, cors_chain_t *chain,
                          const cors_policy_t *policy,
                          const cors_facts_t *facts);

/**
 * Store the Vary that an <If> has set, because a backend's response would replace it.
 */
void cors_save_vary(request_rec *r, cors_chain_t *chain);

/**
 * Make a section the one that grants.
 *
 * @param r      the request_rec that the section is from
 * @param final  whether it is the final one, not an early guess
 */
static inline void cors_chain_take(cors_chain_t *chain, request_rec *r,
                                   const cors_section_t *section, bool final)
{
    /* a decision for the same section remains valid */
    if (chain->section != section || chain->owner != r) {
        chain->decided = false;
        chain->reporter = NULL;
        chain->reported = NULL;
    }
    chain->section = section;
    chain->owner = r;
    chain->final = final;
}

/**
 * Refuse the request, and record what its error document must know.
 *
 * @return HTTP_FORBIDDEN
 */
int cors_refuse(request_rec *r, cors_chain_t *chain);

/**
 * Store the section of a URL for cors_capture().
 *
 * @param section  in force for the request_rec
 * @return DECLINED
 */
int cors_capture_section(request_rec *r, const cors_section_t *section,
                         bool final);

/**
 * Store the section that applies to a request_rec, as far as it is known in this phase.
 * Most requests have no section to store, and most of the others are for the requested
 * URL itself.
 *
 * @param final  whether httpd has merged all sections of the request_rec
 * @return DECLINED
 */
static inline int cors_capture(request_rec *r, bool final)
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
    return cors_capture_section(r, section, final);
}

#endif /* CORS_HTTPD_DECISION_H */
