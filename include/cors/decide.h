/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file decide.h
 * @brief Facts of a request and a policy -> one decision
 */

#ifndef CORS_DECIDE_H
#define CORS_DECIDE_H

#include "cors/origin.h"
#include "cors/policy.h"

/** What a request's fate was called, in the order of the manual. */
#define CORS_VERDICTS(X)                                                       \
    X(NOT_CORS, "not-cors")                                                    \
    X(SAME_ORIGIN, "same-origin")                                              \
    X(ALLOWED, "allowed")                                                      \
    X(DENIED, "denied")                                                        \
    X(PREFLIGHT_ALLOWED, "preflight-allowed")                                  \
    X(PREFLIGHT_DENIED, "preflight-denied")                                    \
    X(WEBSOCKET_ALLOWED, "websocket-allowed")                                  \
    X(WEBSOCKET_DENIED, "websocket-denied")

/** Why, in the order of the manual. */
#define CORS_REASONS(X)                                                        \
    X(NO_ORIGIN, "no-origin")                                                  \
    X(SAME_ORIGIN, "same-origin")                                              \
    X(ORIGIN_ALLOWED, "origin-allowed")                                        \
    X(ANY_ORIGIN_ALLOWED, "any-origin-allowed")                                \
    X(ORIGIN_NOT_ALLOWED, "origin-not-allowed")                                \
    X(MALFORMED_ORIGIN, "malformed-origin")                                    \
    X(METHOD_NOT_ALLOWED, "method-not-allowed")                                \
    X(HEADER_NOT_ALLOWED, "header-not-allowed")                                \
    X(MALFORMED_HEADERS, "malformed-request-headers")                          \
    X(CONTRADICTORY_POLICY, "contradictory-policy")                            \
    X(NOT_CHECKED, "not-checked")                                              \
    X(ORIGIN_REQUIRED, "origin-required")                                      \
    X(ORIGINS_NOT_LOADED, "origins-not-loaded")                                \
    X(UNKNOWN_HOST, "unknown-host")                                            \
    X(POLICY_OFF, "policy-off")

typedef enum {
#define CORS_VERDICT_CODE(code, text) CORS_VERDICT_##code,
    CORS_VERDICTS(CORS_VERDICT_CODE)
#undef CORS_VERDICT_CODE
    CORS_VERDICT_COUNT
} cors_verdict_e;

typedef enum {
#define CORS_REASON_CODE(code, text) CORS_REASON_##code,
    CORS_REASONS(CORS_REASON_CODE)
#undef CORS_REASON_CODE
    CORS_REASON_COUNT
} cors_reason_e;

/** @return the verdict's text in logs and variables, static */
const char *cors_verdict_text(cors_verdict_e verdict);

/** @return the reason's text in logs and variables, static */
const char *cors_reason_text(cors_reason_e reason);

/** The most of Access-Control-Request-Headers that is read: bytes, names. */
#define CORS_REQUEST_HEADERS_MAX 4096
#define CORS_REQUEST_NAMES_MAX 128

/** The longest method that is looked at, in bytes. */
#define CORS_METHOD_MAX 64

/** What tells whether a request is same-origin. */
typedef struct {
    cors_slice_t fetch_site; /* Sec-Fetch-Site */
    cors_origin_t origin;    /* what the request was made to, its host in any
                                case; its port may be 0; its scheme is absent
                                when it is not known, or cannot be the same */
    cors_origin_t canonical; /* what the server calls itself; likewise */
    /* whether the host of origin is one of the server's own: any other is not
     * the server's own origin, although the request was made to it, because a
     * page can give its own host name the address of this server (DNS
     * rebinding). Not read when there is has_host. */
    bool known_host;
} cors_own_t;

/**
 * Asked what tells whether a request is same-origin.
 *
 * @param context  the facts' own
 * @param origin   what it is going to be compared with
 * @param own      all absent; to be filled in
 */
typedef void (*cors_own_fn)(void *context, const cors_origin_t *origin,
                            cors_own_t *own);

/** Called when the answer decides; returns cors_own_t.known_host. */
typedef bool (*cors_has_host_fn)(void *context);

/**
 * What the core wants to know of a request. Every slice borrows the client's
 * own bytes and is hostile; an absent field has a NULL ptr.
 */
typedef struct {
    bool options;                 /* the method is OPTIONS */
    bool websocket;               /* it asks for a WebSocket */
    cors_slice_t origin;          /* Origin */
    const char *origin_text;      /* the same with a NUL behind it, living as
                                      long as the response; NULL: not at hand */
    cors_slice_t request_method;  /* Access-Control-Request-Method */
    cors_slice_t request_headers; /* Access-Control-Request-Headers */
    cors_slice_t private_network; /* Access-Control-Request-Private-Network */
    cors_own_fn ask_own; /* only a request that is about to be denied has to be
                            asked; NULL: own is filled in */
    cors_has_host_fn has_host; /* NULL: own.known_host says it */
    void *context;             /* for ask_own and has_host */
    cors_own_t own;            /* not read when there is ask_own */
} cors_facts_t;

/** What was decided; borrows from the facts and the policy. */
typedef struct {
    cors_verdict_e verdict;
    cors_reason_e reason;
    cors_attr_e attr;              /* the attribute that decided */
    const cors_setting_t *setting; /* its setting; NULL: its default */
    cors_slice_t rejected;     /* the method or header that is not allowed */
    bool preflight;            /* it is a CORS-preflight request */
    bool origin_allowed;       /* by CorsAllowOrigins and its kin */
    bool origin_excluded;      /* a word of because takes it out */
    cors_slice_t origin;       /* well-formed, "null" included; or absent */
    const char *origin_text;   /* the same with a NUL behind it, or NULL */
    cors_slice_t echo_method;  /* a checked token, or absent */
    cors_slice_t echo_headers; /* a checked list of tokens, or absent */
    bool private_network;      /* was asked for, and is allowed */
    bool reject;               /* the request is to be answered with 403 */
} cors_decision_t;

/**
 * Whether the request is a preflight: OPTIONS with Origin and with a
 * Access-Control-Request-Method that is a method. Any other OPTIONS belongs to
 * its handler.
 *
 * Fetch, "CORS-preflight request" (#cors-preflight-request)
 */
bool cors_is_preflight(const cors_facts_t *facts);

/**
 * Decide. Never fails and never allocates.
 *
 * @param policy    the policy of the request, or of the one that the preflight
 *                  announces; its mode may be anything
 * @param facts     the request
 * @param decision  filled
 *
 * Fetch, "CORS check" (#concept-cors-check) and "CORS-preflight fetch"
 * (#cors-preflight-fetch), seen from the server
 */
void cors_decide(const cors_policy_t *policy, const cors_facts_t *facts,
                 cors_decision_t *decision);

/**
 * The status that answers a preflight.
 *
 * It depends on the origin alone. If only the method or a header is not allowed,
 * the answer has the success status and the lists: a browser looks at the lists
 * only after an ok status, and then its console names what is missing.
 *
 * Fetch, "CORS-preflight fetch" (#cors-preflight-fetch)
 */
int cors_decision_preflight_status(const cors_policy_t *policy,
                                   const cors_decision_t *decision);

/**
 * Whether a decision refuses the request: a handshake whose origin is not listed,
 * whatever CorsPolicy is, and what CorsRejectDisallowed rejects.
 *
 * @param policy  what was decided by; with CORS_MODE_REPORT_ONLY nothing is
 *                refused
 */
bool cors_decision_refuses(const cors_policy_t *policy,
                           const cors_decision_t *decision);

/**
 * The same for the resource that is served in place of the requested URL. A
 * preflight comes there if the requested URL did not answer it: it died early, had
 * no policy or hands preflights on. What rejects the announced request refuses the
 * preflight too.
 */
bool cors_decision_refuses_served(const cors_policy_t *policy,
                                  const cors_decision_t *decision);

/**
 * What is easily missed about a decision.
 *
 * @return a sentence to add to its log line, static; NULL: none
 */
const char *cors_decision_hint(const cors_policy_t *policy,
                               const cors_decision_t *decision);

#endif /* CORS_DECIDE_H */
