/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file compare_effects.h
 * @brief What a changed setting may allow together with other sections
 */

#ifndef CORS_COMPARE_EFFECTS_H
#define CORS_COMPARE_EFFECTS_H

#include "core/diagnose/compare_lists.h"
#include "core/policy/policy.h"

/** What a setting can change. */
typedef enum {
    /* which requests a page may make and read */
    CORS_EFFECT_REQUEST,
    /* which WebSocket handshakes succeed */
    CORS_EFFECT_WEBSOCKET,
    /* which origins CorsProtect lets pass */
    CORS_EFFECT_PROTECT,
    /* which requests CorsRejectDisallowed refuses */
    CORS_EFFECT_REJECT,
    /* Timing-Allow-Origin */
    CORS_EFFECT_TIMING,
    /* anything that depends on the setting alone */
    CORS_EFFECT_OTHER,
    CORS_EFFECT_COUNT
} cors_effect_e;

/** The directions of a change, as bits. */
enum {
    CORS_DIRECTION_LESS = 1,
    CORS_DIRECTION_MORE = 2,
    CORS_DIRECTION_BOTH = CORS_DIRECTION_LESS | CORS_DIRECTION_MORE
};

/** Settings that at least one section of the server has, in either configuration. A changed
 * setting can have most of its effects only if such a setting is there. */
typedef struct {
    /* CorsAllowCredentials On */
    bool credentials;
    /* CorsPolicy ReportOnly */
    bool report_only;
    /* CorsProtect On */
    bool protect;
    /* CorsRejectDisallowed On */
    bool reject;
    /* CorsTimingAllowOrigin Policy */
    bool timing_policy;
    /* CorsWebSocketAllowOrigins */
    bool websocket_list;
    /* CorsAllowAnyOriginWithCredentialsUnsafe or CorsAllowPublicSuffixUnsafe */
    bool public_allowed;
    /* a policy that lacks one of the two */
    bool public_not_allowed;
    /* a public list: of CorsAllowOrigins, of CorsProtectAllowOrigins */
    bool public_list;
    bool public_protect_list;
    /* a list with the origin null */
    bool null_list;
    /* CorsAllowNullOriginUnsafe Off. The default counts only beside a list with null: it
     * cannot replace the On of another section */
    bool null_off;
    /* CorsBackendHeaders Keep */
    bool keeps_headers;
    /* any other value, which removes the CORS headers of the handler, or CorsPreflight
     * Answer, which answers preflights in its place */
    bool overrides_handler;
    /* CorsExposeHeaders * */
    bool exposes_all;
    /* CorsExposeHeaders that removes a name */
    bool exposes_edited;
} cors_present_t;

/**
 * Add the settings of one policy.
 *
 * @param present  all members are false before the first call
 */
void cors_present_add(cors_present_t *present, const cors_policy_t *policy);

/** A setting of a section that the two configurations set differently. */
typedef struct {
    cors_attr_e attr;
    /* all settings of the section itself, nothing inherited; NULL: the configuration does
     * not have the section */
    const cors_policy_t *old;
    const cors_policy_t *now;
    /* both policies of the section check handshakes with CorsWebSocketAllowOrigins, and no
     * section has CorsPolicy ReportOnly, which would leave them to CorsProtect */
    bool websocket_listed;
} cors_changed_t;

/**
 * Find what a changed setting may allow or deny together with any other sections.
 *
 * @param lists    the lists of both configurations
 * @param present  the settings of all sections that may apply
 * @param effects  set: for each cors_effect_e the directions, as CORS_DIRECTION_* bits
 */
void cors_effects_find(cors_lists_t *lists, const cors_present_t *present,
                       const cors_changed_t *changed,
                       unsigned effects[CORS_EFFECT_COUNT]);

#endif /* CORS_COMPARE_EFFECTS_H */
