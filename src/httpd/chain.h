/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file chain.h
 * @brief What the module knows of a client's request and of each URL on its way
 */

#ifndef CHAIN_H
#define CHAIN_H

#include "mod_cors_policy.h"

/**
 * One request_rec: the requested URL, one that an internal redirect or an
 * ErrorDocument leads to, or a subrequest. httpd replaces the configuration of a
 * request_rec in a fast redirect, so the section of the URL itself is kept here.
 */
typedef struct {
    const cors_section_t *section; /* of the URL, as far as known; NULL: none */
    const cors_section_t *judged;  /* the last that was found not to refuse */
} cors_visit_t;

/**
 * A request of a client, with all internal redirects and subrequests. Kept with
 * the first request_rec; the policy that grants is usually that one's, because a
 * preflight can only know its URL.
 */
typedef struct {
    cors_visit_t visit; /* of the first request_rec; stays the first member */
    cors_noted_t noted;
    const cors_section_t *section; /* whose policy grants; NULL: none yet */
    request_rec *owner;            /* the request_rec that section is from */
    request_rec *reporter; /* for which it was reported last; NULL: not yet */
    const cors_decision_t *reported; /* what others read; NULL: nothing */
    bool final;       /* section is all that applies, not a first guess */
    bool decided;     /* policy and decision are filled */
    bool logged;      /* the decision is */
    bool rescued;     /* an early redirect became the answer to a preflight */
    bool refused;     /* the module has answered with 403 */
    bool keeps_out;   /* what it refused could do more than ask for a page */
    int answered;     /* the status of a preflight's answer; 0: none */
    const char *vary; /* that an <If> has set; NULL: none */
    const cors_policy_t *both;          /* NULL: policy is all that counts */
    const cors_decision_t *both_decide; /* what both come to */
    const cors_policy_t *policy;        /* of the method */
    cors_decision_t decision;
} cors_chain_t;

/** @return the first request_rec of a chain of internal redirects; that of a
 *          subrequest is the one that the client made */
static inline request_rec *cors_first(request_rec *r)
{
    while (r->prev || r->main) {
        r = r->prev ? r->prev : r->main;
    }
    return r;
}

/** @return what is known of one request_rec; NULL: nothing */
static inline cors_visit_t *cors_visit(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &cors_policy_module);
}

/** @return what is known of a client's request, from any of its request_recs;
 *          NULL: nothing */
static inline cors_chain_t *cors_chain(request_rec *r)
{
    return (cors_chain_t *)(void *)cors_visit(cors_first(r));
}

/** Start the state of a client's request, and note the request.
 *
 * @param first   its first request_rec, which has no state yet
 * @param fields  that are going to be read, see cors_note()
 * @return the state; it lives as long as the request
 */
cors_chain_t *cors_chain_start(request_rec *first, unsigned fields);

/** @return the state of a client's request, started if there is none */
cors_chain_t *cors_chain_make(request_rec *r);

/** @return what is known of one request_rec, made if there is nothing */
cors_visit_t *cors_visit_make(request_rec *r);

/** @return the module's section in force for a request_rec; NULL: httpd has none
 *          yet */
static inline const cors_section_t *cors_section_in_force(const request_rec *r)
{
    return r->per_dir_config
               ? ap_get_module_config(r->per_dir_config, &cors_policy_module)
               : NULL;
}

/** @return whether a section changes nothing for any request */
static inline bool cors_is_inert(const cors_section_t *section)
{
    return !section || cors_section_inert(section);
}

/** @return whether httpd is a forward proxy for a request: the response is
 *          another server's */
static inline bool cors_is_forward_proxy(const request_rec *r)
{
    return r->proxyreq == PROXYREQ_PROXY;
}

/** @return whether an internal redirect leads to the document of an error */
bool cors_is_error_document(const request_rec *r);

/** @return the policy of a section for the method that the client used or
 *          announced */
const cors_policy_t *cors_policy_for(apr_pool_t *p,
                                     const cors_section_t *section,
                                     const cors_chain_t *chain,
                                     const cors_facts_t *facts);

/** Decide by the policy that grants, once. */
void cors_chain_decide(request_rec *r, cors_chain_t *chain);

/** Keep the Vary that an <If> has set, because a backend's would replace it. */
void cors_keep_vary(request_rec *r, cors_chain_t *chain);

/** Let a section grant from now on. */
static inline void cors_chain_take(cors_chain_t *chain, request_rec *r,
                                   const cors_section_t *section, bool final)
{
    /* what has been decided for the same section stays so */
    if (chain->section != section || chain->owner != r) {
        chain->decided = false;
        chain->reporter = NULL;
        chain->reported = NULL;
    }
    chain->section = section;
    chain->owner = r;
    chain->final = final;
}

/** The same as cors_chain_report(), whoever has reported before. */
void cors_chain_report_first(request_rec *r, cors_chain_t *chain);

/** Decide by the policy that grants and report it: to readers, in the environment of
 *  each request_rec where CorsSetEnv is On, and once in the log and the counters. */
static inline void cors_chain_report(request_rec *r, cors_chain_t *chain)
{
    if (chain->reporter != r) {
        cors_chain_report_first(r, chain);
    }
}

/** Report one more decision on the same request, which readers have from then on
 *  instead of the one before. */
void cors_report(request_rec *r, const cors_policy_t *policy,
                 const cors_decision_t *decision);

/** @return HTTP_FORBIDDEN, with all noted that the document of this error has to
 *          know */
int cors_refuse(request_rec *r, cors_chain_t *chain);

/** served.c: before a handler runs, judge the resource that it serves.
 *
 * @param r        of any kind
 * @param section  in force for it
 * @return DECLINED, or HTTP_FORBIDDEN
 */
int cors_judge_served(request_rec *r, const cors_section_t *section);

#endif /* CHAIN_H */
