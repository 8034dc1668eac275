/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file protect.h
 * @brief Facts of a request -> whether it may be a forged or an embedding request
 *
 * Three checks: of the host (DNS rebinding), of requests that can change something
 * (cross-site request forgery), and of requests that embed a resource.
 */

#ifndef CORS_PROTECT_H
#define CORS_PROTECT_H

#include "core/base/list.h"
#include "core/base/field.h"
#include "core/origin/origin.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"

/** The result of a check. */
#define CORS_PROTECT_VERDICTS(X)                                               \
    X(NOT_CHECKED, "not-checked")                                              \
    X(PASSED, "passed")                                                        \
    X(REFUSED, "refused")

/** The reason for the result: those of requests that pass, then those of refusals. */
#define CORS_PROTECT_REASONS(X)                                                \
    X(OFF, "protection-off")                                                   \
    X(SAFE_METHOD, "safe-method")                                              \
    X(WEBSOCKET_LIST, "websocket-list")                                        \
    X(SAME_ORIGIN, "same-origin-request")                                      \
    X(BROWSER, "browser-initiated")                                            \
    X(TRUSTED, "trusted-origin")                                               \
    X(WITH_CREDENTIALS, "allowed-with-credentials")                            \
    X(WITHOUT_CREDENTIALS, "allowed-without-credentials")                      \
    X(OWN_ORIGIN, "own-origin")                                                \
    X(NOT_A_BROWSER, "not-a-browser")                                          \
    X(NOT_EMBEDDED, "not-embedded")                                            \
    X(KNOWN_HOST, "known-host")                                                \
    X(RELAYED, "relayed-by-worker")                                            \
    X(CROSS_SITE, "cross-site-request")                                        \
    X(NULL_ORIGIN, "null-origin")                                              \
    X(NO_ORIGIN, "no-origin")                                                  \
    X(ORIGIN_REQUIRED, "origin-required")                                      \
    X(EMBEDDING, "cross-site-embedding")                                       \
    X(FOREIGN_HOST, "foreign-host")

/** The checks, in the order in which cors_protect() makes them. */
#define CORS_PROTECT_CHECKS(X)                                                 \
    X(HOST, "CorsProtectHost")                                                 \
    X(REQUEST, "CorsProtect")                                                  \
    X(EMBEDDING, "CorsProtectEmbedding")

typedef enum {
#define CORS_PROTECT_VERDICT_CODE(code, text) CORS_PROTECT_VERDICT_##code,
    CORS_PROTECT_VERDICTS(CORS_PROTECT_VERDICT_CODE)
#undef CORS_PROTECT_VERDICT_CODE
    CORS_PROTECT_VERDICT_COUNT
} cors_protect_verdict_e;

typedef enum {
#define CORS_PROTECT_REASON_CODE(code, text) CORS_PROTECT_REASON_##code,
    CORS_PROTECT_REASONS(CORS_PROTECT_REASON_CODE)
#undef CORS_PROTECT_REASON_CODE
    CORS_PROTECT_REASON_COUNT
} cors_protect_reason_e;

typedef enum {
#define CORS_PROTECT_CHECK_CODE(code, text) CORS_PROTECT_CHECK_##code,
    CORS_PROTECT_CHECKS(CORS_PROTECT_CHECK_CODE)
#undef CORS_PROTECT_CHECK_CODE
    CORS_PROTECT_CHECK_COUNT
} cors_protect_check_e;

/** @return the verdict's text in logs and variables, static */
const char *cors_protect_verdict_text(cors_protect_verdict_e verdict);

/** @return the reason's text in logs and variables, static */
const char *cors_protect_reason_text(cors_protect_reason_e reason);

/** @return the directive of a check, static */
const char *cors_protect_check_text(cors_protect_check_e check);

/** What the configuration allows an origin, from least to most. */
typedef enum {
    CORS_TRUST_NONE,
    /* the policy allows it without credentials; "*" is sufficient */
    CORS_TRUST_WITHOUT_CREDENTIALS,
    /* the policy allows it with credentials, and no entry for any origin does */
    CORS_TRUST_WITH_CREDENTIALS,
    /* CorsProtectAllowOrigins lists it; "null" only with its flag */
    CORS_TRUST_LISTED
} cors_trust_e;

/** The settings in force for a request. */
typedef struct {
    /* CorsProtect: requests that can change something are checked */
    bool requests;
    /* CorsProtect Strict */
    bool strict;
    /* CorsProtectEmbedding */
    bool embedding;
    /* CorsProtectHost */
    bool host;
    /* CorsWebSocketAllowOrigins is set and enforced, so it decides on handshakes */
    bool websocket_list;
    /* CorsWebSocketRequireOrigin */
    bool require_origin;
} cors_protect_settings_t;

/**
 * Looks up what an origin is trusted with.
 *
 * @param context  the context member of the facts
 * @param origin   a well-formed origin, or "null"
 */
typedef cors_trust_e (*cors_trust_fn)(void *context,
                                      const cors_origin_t *origin);

/** Called if the answer affects the decision. Returns whether the client has
 *  authenticated with a certificate. */
typedef bool (*cors_has_certificate_fn)(void *context);

/**
 * The facts about a request. They borrow the client's own bytes, which may be malicious.
 */
typedef struct {
    cors_slice_t method; /* the client's, in its own case */
    /* the request asks for a WebSocket, extended CONNECT included */
    bool websocket;
    /* cors_is_preflight() */
    bool preflight;
    /* CORS_FIELD_COUNT values, by cors_field_e; NULL: absent. The values of a repeated
     * field are joined with commas. Of Cookie, only the presence is read. */
    const char *const *field;
    /* NULL: no origin is trusted */
    cors_trust_fn get_trust;
    /* NULL: target is filled in */
    cors_target_fn get_target;
    /* NULL: target.known_host is used */
    cors_has_host_fn has_host;
    /* NULL: no certificate */
    cors_has_certificate_fn has_certificate;
    /* for the callbacks */
    void *context;
    /* the origin of this server, if get_target or has_host is NULL; fetch_site in it is
     * not read */
    cors_target_t target;
    /* A ServerName with a scheme determines the scheme of the target. If it is unset
     * and the scheme is http, a proxy may terminate TLS. */
    bool scheme_declared;
} cors_protect_facts_t;

/** The result of the checks. It borrows nothing. */
typedef struct {
    cors_protect_verdict_e verdict;
    cors_protect_reason_e reason;
    /* the check that decided */
    cors_protect_check_e check;
} cors_protect_decision_t;

/**
 * @return whether a method cannot change something: GET, HEAD, OPTIONS, TRACE or
 *         QUERY, in upper case
 *
 * RFC 9110, 9.2.1 "Safe Methods"; RFC 9110, 9.1: methods are case-sensitive
 */
bool cors_protect_is_safe(cors_slice_t method);

/**
 * Makes the checks that are switched on, until one refuses. Never fails and never
 * allocates. The cost is linear in the number of bytes.
 *
 * @param settings  what is in force for the request
 * @param facts     the request
 * @param decision  filled: the refusal, or the result of CorsProtect (of the last
 *                  check, if CorsProtect does not check the request)
 */
void cors_protect(const cors_protect_settings_t *settings,
                  const cors_protect_facts_t *facts,
                  cors_protect_decision_t *decision);

/**
 * Checks a request that can change something: another method than a safe one, or a
 * WebSocket handshake. settings.requests is not read.
 *
 * @param decision  filled
 *
 * Fetch Metadata Request Headers, 2; Fetch, "append a request Origin header"
 * (#append-a-request-origin-header)
 */
void cors_protect_request(const cors_protect_settings_t *settings,
                          const cors_protect_facts_t *facts,
                          cors_protect_decision_t *decision);

/**
 * Returns whether a page or a worker of this origin sent the request. For a request that
 * is not a handshake and whose method is not safe, cors_protect_request() then returns
 * CORS_PROTECT_REASON_SAME_ORIGIN, whatever the settings and the other facts are.
 *
 * @param facts  only method and field are read
 */
bool cors_protect_is_same_origin(const cors_protect_facts_t *facts);

/**
 * Checks whether a cross-site page embeds the resource, as a subresource in no-cors
 * mode or in a frame.
 *
 * @param decision  filled
 *
 * Fetch Metadata Request Headers, 2
 */
void cors_protect_embedding(const cors_protect_facts_t *facts,
                            cors_protect_decision_t *decision);

/**
 * Returns what a policy allows an origin, for cors_trust_fn.
 *
 * A policy grants something only if it is on and without contradiction. Credentials do
 * not count if any of its lists has an entry that any origin, or anyone who registers
 * a name, can match.
 *
 * @param policy  the policy in force for the method of the request
 * @param origin  a well-formed origin, or "null"
 * @return at most CORS_TRUST_WITH_CREDENTIALS
 */
cors_trust_e cors_protect_policy_trust(const cors_policy_t *policy,
                                       const cors_origin_t *origin);

/**
 * Returns what an origin is trusted with: by CorsProtectAllowOrigins, else by the policy.
 *
 * @param policy      the policy in force for the method of the request
 * @param configured  the same policy without the settings of .htaccess files, which
 *                    cannot trust an origin if the configuration protects the request;
 *                    NULL: no .htaccess file has a part in it
 * @param origin      a well-formed origin, or "null"
 */
cors_trust_e cors_protect_trust(const cors_policy_t *policy,
                                const cors_policy_t *configured,
                                const cors_origin_t *origin);

/**
 * Fills the settings from a policy.
 *
 * @param configured  see cors_protect_trust()
 */
void cors_protect_settings(const cors_policy_t *policy,
                           const cors_policy_t *configured,
                           cors_protect_settings_t *settings);

/** @return the setting that a decision is made by; NULL: the default */
const cors_setting_t *
cors_protect_setting(const cors_policy_t *policy,
                     const cors_protect_decision_t *decision);

/** @return the HTTP status of a refusal: 421 for a foreign host, otherwise 403
 *
 * RFC 9110, 15.5.20 "421 Misdirected Request"
 */
int cors_protect_status(const cors_protect_decision_t *decision);

/**
 * Returns how to let a refused request pass if it is legitimate.
 *
 * @param forwarded_host  X-Forwarded-Host of the request; NULL: absent
 * @return a sentence to add to the log line, static; NULL: none
 */
const char *cors_protect_hint(const cors_protect_facts_t *facts,
                              const cors_protect_decision_t *decision,
                              const char *forwarded_host);

#endif /* CORS_PROTECT_H */
