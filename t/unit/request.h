/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Builds the facts of a request, for tests of decisions. */

#ifndef REQUEST_H
#define REQUEST_H

#include "configure.h"

#include "core/policy/decide.h"

/* What a client sends; NULL means absent. */
typedef struct {
    const char *origin;
    const char *method;  /* Access-Control-Request-Method; makes it OPTIONS */
    const char *headers; /* Access-Control-Request-Headers */
    const char *site;    /* Sec-Fetch-Site */
    const char *target;  /* the origin that the request is for */
    const char *private_network;
    bool options; /* OPTIONS without Access-Control-Request-Method */
    bool websocket;
    bool unknown_host; /* target is not an origin of the server */
} request_t;

static inline void facts_of(const request_t *request, cors_facts_t *facts)
{
    memset(facts, 0, sizeof(*facts));
    facts->options = request->options || request->method;
    facts->websocket = request->websocket;
    facts->origin = exact_copy(request->origin);
    facts->request_method = exact_copy(request->method);
    facts->request_headers = exact_copy(request->headers);
    facts->private_network = exact_copy(request->private_network);
    facts->target.fetch_site = exact_copy(request->site);
    facts->target.known_host = !request->unknown_host;
    if (request->target) {
        assert_true(cors_origin_parse(exact_copy(request->target),
                                      &facts->target.origin));
    }
}

static inline void decide_request(const cors_policy_t *policy,
                                  const request_t *request,
                                  cors_decision_t *decision)
{
    cors_facts_t facts;

    facts_of(request, &facts);
    cors_decide(policy, &facts, decision);
}

#endif /* REQUEST_H */
