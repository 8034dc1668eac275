/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds what a changed setting of a section may allow or deny together with other sections
 * that apply to the same request. It is a file of its own because compare.c compares the
 * requests of a section, and here nothing is known but the setting: httpd merges it with
 * sections that have the rest of the policy. It does not decide on requests.
 *
 * One setting can have several effects, and each of them has its own direction:
 * CorsPolicy On in place of ReportOnly lets pages read responses, and refuses handshakes. An
 * effect that needs another setting, such as CorsProtect, is impossible if no section of the
 * server has it. Settings that can contradict each other may have any effect, because a
 * policy with a contradiction allows nothing.
 */

#include "core/diagnose/compare_effects.h"

#include <string.h>

#include "core/base/fetch.h"
#include "core/origin/origin_set.h"

/* Returns what a section itself sets. */
static const cors_setting_t *setting_of(const cors_policy_t *own,
                                        cors_attr_e attr)
{
    return own ? own->link[attr].setting : NULL;
}

/* --- partners */

static bool is_public(const cors_origin_set_t *set)
{
    return cors_origin_set_any(set) || cors_origin_set_public(set)
           || cors_origin_set_public_suffix(set);
}

/* Add the lists of origins of an attribute. open: set if origins that anyone can have are
 * in one of them. */
static void add_origins(cors_partners_t *partners, const cors_policy_t *policy,
                        cors_attr_e attr, bool *open)
{
    const cors_link_t *link = &policy->link[attr];

    for (; link && link->setting; link = link->outer) {
        *open = *open || is_public(link->setting->origins);
        partners->null =
            partners->null || cors_origin_set_null(link->setting->origins);
    }
}

static void add_exposed(cors_partners_t *partners, const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_EXPOSE];

    for (; link; link = cors_link_edits(link)) {
        const cors_name_set_t *names = cors_link_names(link, CORS_ATTR_EXPOSE);

        partners->exposes_all = partners->exposes_all || names->wildcard;
        partners->edits_all = partners->edits_all || names->removed_count > 0;
    }
}

void cors_partners_add(cors_partners_t *partners, const cors_policy_t *policy)
{
    const cors_setting_t *null = policy->link[CORS_ATTR_NULL_UNSAFE].setting;
    const bool any_ok = cors_policy_number(policy, CORS_ATTR_ANY_UNSAFE);
    const bool suffix_ok = cors_policy_number(policy, CORS_ATTR_SUFFIX_UNSAFE);
    bool unused = false;

    partners->credentials |=
        cors_policy_number(policy, CORS_ATTR_CREDENTIALS) != 0;
    partners->protects |= cors_policy_protection(policy) == CORS_PROTECTION_ON;
    partners->refuses |= cors_policy_number(policy, CORS_ATTR_REJECT) != 0;
    partners->measures |=
        cors_policy_number(policy, CORS_ATTR_TIMING) == CORS_TIMING_POLICY;
    partners->listed |= cors_policy_checks_websocket(policy);
    partners->permits |= any_ok || suffix_ok;
    partners->denies |= !any_ok || !suffix_ok;
    partners->denies_null |= null && !null->choice;
    add_origins(partners, policy, CORS_ATTR_ORIGINS, &partners->open);
    add_origins(partners, policy, CORS_ATTR_PROTECT_ORIGINS,
                &partners->open_protect);
    add_origins(partners, policy, CORS_ATTR_WEBSOCKET_ORIGINS, &unused);
    add_exposed(partners, policy);
}

/* Returns whether a setting may be one of two that contradict each other, or may end such a
 * contradiction. */
static bool may_contradict(cors_lists_t *lists, const cors_partners_t *partners,
                           const cors_changed_t *changed)
{
    const bool credentials_change =
        !cors_settings_equal(lists,
                             setting_of(changed->old, CORS_ATTR_CREDENTIALS),
                             setting_of(changed->now, CORS_ATTR_CREDENTIALS));
    const bool open =
        partners->open && partners->credentials && partners->denies;
    const bool protect = partners->open_protect && partners->denies;
    const bool null = partners->null && partners->denies_null;
    const bool exposed =
        partners->exposes_all && (partners->credentials || partners->edits_all);

    switch (changed->attr) {
    case CORS_ATTR_MODE:
        return open || null || exposed;
    case CORS_ATTR_ORIGINS:
        return open || null;
    case CORS_ATTR_CREDENTIALS:
        return open || exposed;
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
        /* of a change of both, that of CorsAllowCredentials is enough */
        return (open && !credentials_change) || protect;
    case CORS_ATTR_NULL_UNSAFE:
    case CORS_ATTR_WEBSOCKET_ORIGINS:
        return null;
    case CORS_ATTR_PROTECT:
    case CORS_ATTR_PROTECT_ORIGINS:
        return protect || null;
    case CORS_ATTR_EXPOSE:
        return exposed;
    default:
        return false;
    }
}

/* --- directions */

/* Returns the directions of a changed flag or choice. ranks: how much each of its arguments
 * allows. A section without the setting has whatever another one sets. */
static unsigned rank_directions(const cors_changed_t *changed, const int *ranks,
                                int count)
{
    const cors_setting_t *old = setting_of(changed->old, changed->attr);
    const cors_setting_t *now = setting_of(changed->now, changed->attr);
    int least = ranks[0];
    int most = ranks[0];
    unsigned directions = 0;
    int i;

    for (i = 1; i < count; i++) {
        least = ranks[i] < least ? ranks[i] : least;
        most = ranks[i] > most ? ranks[i] : most;
    }
    if ((now ? ranks[now->choice] : most)
        > (old ? ranks[old->choice] : least)) {
        directions |= CORS_ALLOWS_MORE;
    }
    if ((now ? ranks[now->choice] : least)
        < (old ? ranks[old->choice] : most)) {
        directions |= CORS_ALLOWS_LESS;
    }
    return directions;
}

#define RANK_DIRECTIONS(changed, ranks)                                        \
    rank_directions(changed, ranks, (int)(sizeof(ranks) / sizeof((ranks)[0])))

/* Returns whether a list of names in place of another one may have a name that the other
 * one has not. */
static bool may_name_more(const cors_setting_t *old, const cors_setting_t *now)
{
    int i;

    if (!now || !old || now->edit || old->edit) {
        return true;
    }
    if (now->names->wildcard && !old->names->wildcard) {
        return true;
    }
    for (i = 0; i < now->names->count; i++) {
        const cors_slice_t name = cors_slice(now->names->names[i]);

        if (!cors_name_set_lists(old->names, name)
            && !(old->names->wildcard
                 && !cors_fetch_non_wildcard_header(name))) {
            return true;
        }
    }
    return false;
}

static unsigned name_directions(const cors_changed_t *changed)
{
    const cors_setting_t *old = setting_of(changed->old, changed->attr);
    const cors_setting_t *now = setting_of(changed->now, changed->attr);

    return (may_name_more(old, now) ? CORS_ALLOWS_MORE : 0)
           | (may_name_more(now, old) ? CORS_ALLOWS_LESS : 0);
}

/* Returns the list that a section itself sets; without the setting, the list of another
 * section: any origin or none. Another section may allow null. */
static const cors_listed_t *own_list(cors_lists_t *lists, bool old,
                                     const cors_changed_t *changed, bool any)
{
    static const cors_setting_t null_allowed = { .choice = 1 };
    const cors_policy_t *own = old ? changed->old : changed->now;
    cors_policy_t with_null;

    if (!setting_of(own, changed->attr)) {
        return cors_listed_all(lists, any);
    }
    with_null = *own;
    with_null.link[CORS_ATTR_NULL_UNSAFE].setting = &null_allowed;
    return cors_listed_of(lists, old, &with_null, changed->attr);
}

static bool is_contained(cors_lists_t *lists, const cors_listed_t *one,
                         const cors_listed_t *other)
{
    return cors_listed_compare(lists, one, other)->answer
           == CORS_ALGEBRA_CONTAINED;
}

/* Returns the directions of a changed list of origins. An edit may edit any list. */
static unsigned origin_directions(cors_lists_t *lists,
                                  const cors_changed_t *changed)
{
    const cors_setting_t *old = setting_of(changed->old, changed->attr);
    const cors_setting_t *now = setting_of(changed->now, changed->attr);
    unsigned directions = 0;

    if ((old && old->edit) || (now && now->edit)) {
        return CORS_ALLOWS_OTHERS;
    }
    if (!is_contained(lists, own_list(lists, false, changed, true),
                      own_list(lists, true, changed, false))) {
        directions |= CORS_ALLOWS_MORE;
    }
    if (!is_contained(lists, own_list(lists, true, changed, true),
                      own_list(lists, false, changed, false))) {
        directions |= CORS_ALLOWS_LESS;
    }
    return directions;
}

/* --- effects */

/* Add the effects that a setting has by what the policy trusts: the origins that may read
 * with credentials. directions: of the setting. */
static void add_trust(const cors_partners_t *partners,
                      const cors_changed_t *changed, unsigned directions,
                      unsigned *effects)
{
    if (partners->protects) {
        effects[CORS_EFFECT_PASS] |= directions;
        if (!changed->listed) {
            effects[CORS_EFFECT_OPEN] |= directions;
        }
    }
}

static void add_mode(const cors_partners_t *partners,
                     const cors_changed_t *changed, unsigned *effects)
{
    static const int reading[] = { 0, 1, 0 }; /* Off, On, ReportOnly */
    static const int handshakes[] = { 0, 0, 1 };
    static const int refusals[] = { 1, 0, 1 };
    const unsigned directions = RANK_DIRECTIONS(changed, reading);

    effects[CORS_EFFECT_READ] |= directions;
    if (partners->listed) {
        effects[CORS_EFFECT_OPEN] |= RANK_DIRECTIONS(changed, handshakes);
    }
    if (partners->credentials) {
        add_trust(partners, changed, directions, effects);
    }
    if (partners->refuses) {
        effects[CORS_EFFECT_REFUSE] |= RANK_DIRECTIONS(changed, refusals);
    }
    if (partners->measures) {
        effects[CORS_EFFECT_MEASURE] |= directions;
    }
}

/* A page that may not read is refused by CorsRejectDisallowed, so that is no other
 * effect. */
static void add_origins_effects(cors_lists_t *lists,
                                const cors_partners_t *partners,
                                const cors_changed_t *changed,
                                unsigned *effects)
{
    const unsigned directions = origin_directions(lists, changed);

    effects[CORS_EFFECT_READ] |= directions;
    if (partners->credentials) {
        /* CorsProtect trusts no list that anyone can be in */
        add_trust(partners, changed,
                  partners->permits ? CORS_ALLOWS_OTHERS : directions, effects);
    }
    if (partners->measures) {
        /* an exact origin may be covered by a wildcard, which is not sent */
        effects[CORS_EFFECT_MEASURE] |= CORS_ALLOWS_OTHERS;
    }
}

static void add_protect(const cors_changed_t *changed, unsigned *effects)
{
    /* Off, On, ReportOnly, On Strict, ReportOnly Strict */
    static const int requests[] = { 2, 1, 2, 0, 2 };
    static const int handshakes[] = { 1, 0, 1, 0, 1 };

    effects[CORS_EFFECT_OTHER] |= RANK_DIRECTIONS(changed, requests);
    if (!changed->listed) {
        effects[CORS_EFFECT_OPEN] |= RANK_DIRECTIONS(changed, handshakes);
    }
}

/* Add the effects of a flag or a choice. */
static void add_choice(const cors_partners_t *partners,
                       const cors_changed_t *changed, unsigned *effects)
{
    static const int allows[] = { 0, 1 };
    static const int protects[] = { 1, 0 };
    static const int timings[] = { 0, 1, 2 };      /* Off, Policy, any */
    static const int resources[] = { 3, 0, 1, 2 }; /* Off, same-origin, ... */
    unsigned directions = RANK_DIRECTIONS(changed, allows);

    switch (changed->attr) {
    case CORS_ATTR_CREDENTIALS:
        effects[CORS_EFFECT_READ] |= directions;
        add_trust(partners, changed, directions, effects);
        break;
    case CORS_ATTR_NULL_UNSAFE:
        effects[CORS_EFFECT_READ] |= directions;
        effects[CORS_EFFECT_OPEN] |= directions;
        add_trust(partners, changed, directions, effects);
        break;
    case CORS_ATTR_PRIVATE_NETWORK:
        effects[CORS_EFFECT_OTHER] |= directions;
        break;
    case CORS_ATTR_REJECT:
        effects[CORS_EFFECT_REFUSE] |= RANK_DIRECTIONS(changed, protects);
        break;
    case CORS_ATTR_TIMING:
        effects[CORS_EFFECT_MEASURE] |= RANK_DIRECTIONS(changed, timings);
        break;
    case CORS_ATTR_RESOURCE:
        effects[CORS_EFFECT_OTHER] |= RANK_DIRECTIONS(changed, resources);
        break;
    default:
        effects[CORS_EFFECT_OTHER] |= RANK_DIRECTIONS(changed, protects);
        break;
    }
}

/* Add any effect that a contradiction can have. */
static void add_contradiction(const cors_partners_t *partners,
                              const cors_changed_t *changed, unsigned *effects)
{
    effects[CORS_EFFECT_READ] |= CORS_ALLOWS_OTHERS;
    add_trust(partners, changed, CORS_ALLOWS_OTHERS, effects);
    if (partners->measures) {
        effects[CORS_EFFECT_MEASURE] |= CORS_ALLOWS_OTHERS;
    }
}

static void add_effects(cors_lists_t *lists, const cors_partners_t *partners,
                        const cors_changed_t *changed, unsigned *effects)
{
    switch (changed->attr) {
    case CORS_ATTR_MODE:
        add_mode(partners, changed, effects);
        break;
    case CORS_ATTR_ORIGINS:
        add_origins_effects(lists, partners, changed, effects);
        break;
    case CORS_ATTR_METHODS:
    case CORS_ATTR_HEADERS:
    case CORS_ATTR_EXPOSE:
        effects[CORS_EFFECT_READ] |= name_directions(changed);
        break;
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
        /* alone, they allow nothing */
        break;
    case CORS_ATTR_MAX_AGE:
    case CORS_ATTR_PREFLIGHT:
    case CORS_ATTR_PREFLIGHT_STATUS:
    case CORS_ATTR_SET_ENV:
        effects[CORS_EFFECT_OTHER] |= CORS_ALLOWS_LESS;
        break;
    case CORS_ATTR_BACKEND:
        effects[CORS_EFFECT_OTHER] |= CORS_ALLOWS_OTHERS;
        break;
    case CORS_ATTR_WEBSOCKET_ORIGINS:
        effects[CORS_EFFECT_OPEN] |= origin_directions(lists, changed);
        break;
    case CORS_ATTR_PROTECT:
        add_protect(changed, effects);
        break;
    case CORS_ATTR_PROTECT_ORIGINS:
        add_trust(partners, changed, origin_directions(lists, changed),
                  effects);
        break;
    default:
        add_choice(partners, changed, effects);
        break;
    }
}

void cors_effects_find(cors_lists_t *lists, const cors_partners_t *partners,
                       const cors_changed_t *changed,
                       unsigned effects[CORS_EFFECT_COUNT])
{
    memset(effects, 0, CORS_EFFECT_COUNT * sizeof(effects[0]));
    add_effects(lists, partners, changed, effects);
    if (may_contradict(lists, partners, changed)) {
        add_contradiction(partners, changed, effects);
    }
}
