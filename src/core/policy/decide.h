/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file decide.h
 * @brief Facts of a request and a policy -> one decision
 */

#ifndef CORS_DECIDE_H
#define CORS_DECIDE_H

#include "core/base/list.h"
#include "core/origin/origin.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"

/** The verdict on a request, in the order of the manual. */
#define CORS_VERDICTS(X)                                                       \
    X(NOT_CORS, "not-cors")                                                    \
    X(SAME_ORIGIN, "same-origin")                                              \
    X(ALLOWED, "allowed")                                                      \
    X(DENIED, "denied")                                                        \
    X(PREFLIGHT_ALLOWED, "preflight-allowed")                                  \
    X(PREFLIGHT_DENIED, "preflight-denied")                                    \
    X(WEBSOCKET_ALLOWED, "websocket-allowed")                                  \
    X(WEBSOCKET_DENIED, "websocket-denied")

/** The reason for the verdict, in the order of the manual. */
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
    X(ORIGINS_STALE, "origins-stale")                                          \
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

/** The maximum length of Access-Control-Request-Headers in bytes, and its maximum number
 * of names. */
#define CORS_REQUEST_HEADERS_MAX 4096
#define CORS_REQUEST_NAMES_MAX 128

/** The longest method that is accepted, in bytes. */
#define CORS_METHOD_MAX 64

/** The facts that determine whether a request is same-origin. */
typedef struct {
    cors_slice_t fetch_site; /* Sec-Fetch-Site */
    /*
     * The target of the request. The host may be in any case. The port may be 0. The
     * scheme is absent if it is unknown or if the origin cannot be the same.
     */
    cors_origin_t origin;
    /* the server's canonical origin, in the same form */
    cors_origin_t canonical;
    /*
     * Whether the host of origin is one of the server's own. Any other host is not the
     * server's own origin, although the request was sent to it: a page can point its
     * own host name to the address of this server (DNS rebinding). Not read if
     * has_host is set.
     */
    bool known_host;
} cors_target_t;

/**
 * Looks up the facts that determine whether a request is same-origin.
 *
 * @param context  the context member of the facts
 * @param origin   the origin to compare with
 * @param target   to be filled in; all members are absent
 */
typedef void (*cors_target_fn)(void *context, const cors_origin_t *origin,
                               cors_target_t *target);

/** Called if the answer affects the decision. Returns cors_target_t.known_host. */
typedef bool (*cors_has_host_fn)(void *context);

/**
 * The facts about a request. Every slice borrows the client's own bytes, which may be
 * malicious. An absent field has a NULL ptr.
 */
typedef struct {
    /* the method is OPTIONS */
    bool options;
    /* the request asks for a WebSocket */
    bool websocket;
    cors_slice_t origin; /* Origin */
    /* the same, NUL-terminated, valid as long as the response; NULL: not available */
    const char *origin_text;
    cors_slice_t request_method;  /* Access-Control-Request-Method */
    cors_slice_t request_headers; /* Access-Control-Request-Headers */
    cors_slice_t private_network; /* Access-Control-Request-Private-Network */
    /* called only for a request that is about to be denied; NULL: target is filled in */
    cors_target_fn get_target;
    /* NULL: target.known_host is used */
    cors_has_host_fn has_host;
    /* for get_target and has_host */
    void *context;
    /* finds the tenant of the request, and lives as long as the decision; NULL: it has
     * none */
    const cors_tenants_t *tenants;
    /* not read if get_target is set */
    cors_target_t target;
} cors_facts_t;

/** A decision. It borrows from the facts and the policy. */
typedef struct {
    cors_verdict_e verdict;
    cors_reason_e reason;
    /* the attribute that decided */
    cors_attr_e attr;
    /* its setting; NULL: its default */
    const cors_setting_t *setting;
    /* the method or header that is not allowed */
    cors_slice_t rejected;
    /* it is a CORS-preflight request */
    bool preflight;
    /* by CorsAllowOrigins and related directives */
    bool origin_allowed;
    /* an entry of setting excludes it */
    bool origin_excluded;
    /* well-formed, which includes "null"; or absent */
    cors_slice_t origin;
    /* the same, NUL-terminated, or NULL */
    const char *origin_text;
    /* those of the facts */
    const cors_tenants_t *tenants;
    /* a checked token, or absent */
    cors_slice_t echo_method;
    /* a checked list of tokens, or absent */
    cors_slice_t echo_headers;
    /* was requested and is allowed */
    bool private_network;
    /* the request is to be answered with 403 */
    bool reject;
} cors_decision_t;

/**
 * Returns whether the request is a preflight: OPTIONS with Origin and with an
 * Access-Control-Request-Method that is a method. The handler answers any other
 * OPTIONS.
 *
 * Fetch, "CORS-preflight request" (#cors-preflight-request)
 */
bool cors_is_preflight(const cors_facts_t *facts);

/** @return whether a policy allows a page of an allowed origin to use a method */
bool cors_method_allowed(const cors_policy_t *policy, cors_slice_t method);

/** @return whether a policy allows a page of an allowed origin to set a request header */
bool cors_header_allowed(const cors_policy_t *policy, cors_slice_t name);

/** Decides on a request without Origin that asks for no WebSocket, like
 * cors_decide(). */
void cors_decide_not_cors(const cors_policy_t *policy,
                          cors_decision_t *decision);

/**
 * Decides on a request. Never fails and never allocates.
 *
 * @param policy    the policy of the request or, for a preflight, of the announced
 *                  request; it may have any mode
 * @param facts     the request
 * @param decision  filled
 *
 * Fetch, "CORS check" (#concept-cors-check) and "CORS-preflight fetch"
 * (#cors-preflight-fetch), from the point of view of the server
 */
void cors_decide(const cors_policy_t *policy, const cors_facts_t *facts,
                 cors_decision_t *decision);

/**
 * Returns the status of the answer to a preflight.
 *
 * It depends on the origin alone. If only the method or a header is not allowed, the
 * answer has the success status and the lists. A browser reads the lists only after an
 * ok status, and can then name in its console what is missing.
 *
 * Fetch, "CORS-preflight fetch" (#cors-preflight-fetch)
 */
int cors_decision_preflight_status(const cors_policy_t *policy,
                                   const cors_decision_t *decision);

/**
 * Returns whether a preflight goes on to its handler, like any other request.
 *
 * An allowed one does with CorsPreflight Continue. With CorsBackendHeaders Keep as well,
 * the backend has its own policy, so a denied one does too, unless CorsRejectDisallowed
 * would refuse the announced request.
 *
 * @param decision  of a preflight
 */
bool cors_decision_continues(const cors_policy_t *policy,
                             const cors_decision_t *decision);

/**
 * Returns whether a decision refuses the request: a handshake whose origin is not
 * listed, for any CorsPolicy, or a request that CorsRejectDisallowed rejects.
 *
 * @param policy  the policy of the decision; with CORS_MODE_REPORT_ONLY nothing is
 *                refused
 */
bool cors_decision_refuses(const cors_policy_t *policy,
                           const cors_decision_t *decision);

/**
 * Like cors_decision_refuses(), for the resource that is served in place of the
 * requested URL. A preflight gets there if the requested URL did not answer it: it
 * failed early, has no policy or passes preflights on. A setting that rejects the
 * announced request refuses the preflight too.
 */
bool cors_decision_refuses_served(const cors_policy_t *policy,
                                  const cors_decision_t *decision);

/**
 * Returns a hint about a detail of a decision that is easily missed.
 *
 * @return a sentence to add to its log line, static; NULL: none
 */
const char *cors_decision_hint(const cors_policy_t *policy,
                               const cors_decision_t *decision);

/** @return whether the decision refuses something */
static inline bool cors_is_denial(const cors_decision_t *decision)
{
    const unsigned denials = 1u << CORS_VERDICT_DENIED
                             | 1u << CORS_VERDICT_PREFLIGHT_DENIED
                             | 1u << CORS_VERDICT_WEBSOCKET_DENIED;

    return denials >> decision->verdict & 1u;
}

/**
 * Returns the source of the decision: the entry that excluded the origin, if there is
 * one, otherwise the first entry of the list.
 *
 * @return "Directive file:line", or "Directive (default)"
 */
const char *cors_decision_source(apr_pool_t *p,
                                 const cors_decision_t *decision);

/**
 * Write the announced header names that a policy does not allow, separated by commas.
 * The decision itself has only the first one.
 *
 * @param names  the value of Access-Control-Request-Headers
 * @param to     size bytes; NUL-terminated; a name that has no room is omitted, as are
 *               those after it
 */
void cors_decide_missing_headers(const cors_policy_t *policy,
                                 cors_slice_t names, char *to, apr_size_t size);

#endif /* CORS_DECIDE_H */
