/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file compare_effects.h
 * @brief What a changed setting may allow together with other sections
 */

#ifndef CORS_COMPARE_EFFECTS_H
#define CORS_COMPARE_EFFECTS_H

#include "core/diagnose/compare_lists.h"
#include "core/policy/policy.h"

/** What settings decide on. */
typedef enum {
    CORS_EFFECT_READ,    /* requests that pages make and read */
    CORS_EFFECT_OPEN,    /* WebSocket handshakes */
    CORS_EFFECT_PASS,    /* the origins that CorsProtect lets pass */
    CORS_EFFECT_REFUSE,  /* what CorsRejectDisallowed refuses */
    CORS_EFFECT_MEASURE, /* Timing-Allow-Origin */
    CORS_EFFECT_OTHER,   /* anything else, by the setting alone */
    CORS_EFFECT_COUNT
} cors_effect_e;

/** The directions of a change, as bits. */
enum {
    CORS_ALLOWS_LESS = 1,
    CORS_ALLOWS_MORE = 2,
    CORS_ALLOWS_OTHERS = CORS_ALLOWS_LESS | CORS_ALLOWS_MORE
};

/** The settings of the sections of a server, in both configurations, with which a changed
 * setting can have an effect: each is true if at least one section has it. */
typedef struct {
    bool credentials; /* CorsAllowCredentials On */
    bool protects;    /* CorsProtect On */
    bool refuses;     /* CorsRejectDisallowed On */
    bool measures;    /* CorsTimingAllowOrigin Policy */
    bool listed;      /* CorsWebSocketAllowOrigins */
    /* a permission for lists of origins that anyone can have */
    bool permits;
    /* a policy without one of these permissions */
    bool denies;
    /* a list of origins that anyone can have: CorsAllowOrigins, CorsProtectAllowOrigins */
    bool open;
    bool open_protect;
    bool null;        /* a list with the origin null */
    bool denies_null; /* CorsAllowNullOriginUnsafe Off */
    bool exposes_all; /* CorsExposeHeaders * */
    bool edits_all;   /* CorsExposeHeaders that removes a name */
} cors_partners_t;

/** Add the settings of one policy. */
void cors_partners_add(cors_partners_t *partners, const cors_policy_t *policy);

/** A changed setting of a section. */
typedef struct {
    cors_attr_e attr;
    /* what the section itself sets; NULL: the configuration does not have the section */
    const cors_policy_t *old;
    const cors_policy_t *now;
    /* the policies of both sides check handshakes by CorsWebSocketAllowOrigins, whatever
     * other sections apply */
    bool listed;
} cors_changed_t;

/**
 * Find what a changed setting may allow or deny, together with whatever other sections.
 *
 * @param lists     the lists of both configurations
 * @param partners  the settings of all sections that may apply
 * @param changed   its values are not equal
 * @param effects   the directions of each effect; filled
 */
void cors_effects_find(cors_lists_t *lists, const cors_partners_t *partners,
                       const cors_changed_t *changed,
                       unsigned effects[CORS_EFFECT_COUNT]);

#endif /* CORS_COMPARE_EFFECTS_H */
