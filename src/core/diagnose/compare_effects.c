/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds what a changed setting of a section may allow or deny together with other sections
 * that apply to the same request. It is a file of its own because compare.c compares whole
 * policies, and here the rest of the policy is unknown: it comes from the sections with
 * which httpd merges this one. It does not evaluate requests.
 *
 * One setting can have several effects, each with its own direction: CorsPolicy On in place
 * of ReportOnly lets pages read responses, and makes httpd reject handshakes. An effect that
 * needs another setting, such as CorsProtect, is impossible if no section of the server has
 * it. Two settings that contradict each other may have any effect, because a policy with a
 * contradiction allows nothing.
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

static bool is_changed(cors_lists_t *lists, const cors_changed_t *changed,
                       cors_attr_e attr)
{
    return !cors_settings_equal(lists, setting_of(changed->old, attr),
                                setting_of(changed->now, attr));
}

/* --- what is present */

static bool has_null(const cors_origin_set_t *set)
{
    return cors_origin_set_null(set) != NULL;
}

/* Returns whether a test is true of one of the lists of origins of an attribute. */
static bool has_list(const cors_policy_t *policy, cors_attr_e attr,
                     bool (*test)(const cors_origin_set_t *set))
{
    const cors_link_t *link = &policy->link[attr];

    for (; link && link->setting; link = link->outer) {
        if (test(link->setting->origins)) {
            return true;
        }
    }
    return false;
}

static void add_exposed(cors_present_t *present, const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_EXPOSE];

    for (; link; link = cors_link_edits(link)) {
        const cors_name_set_t *names = cors_link_names(link, CORS_ATTR_EXPOSE);

        present->exposes_all = present->exposes_all || names->wildcard;
        present->exposes_edited =
            present->exposes_edited || names->removed_count > 0;
    }
}

void cors_present_add(cors_present_t *present, const cors_policy_t *policy)
{
    const cors_setting_t *null = policy->link[CORS_ATTR_NULL_UNSAFE].setting;
    const bool any_ok = cors_policy_number(policy, CORS_ATTR_ANY_UNSAFE);
    const bool suffix_ok = cors_policy_number(policy, CORS_ATTR_SUFFIX_UNSAFE);
    const bool lists_null =
        has_list(policy, CORS_ATTR_ORIGINS, has_null)
        || has_list(policy, CORS_ATTR_PROTECT_ORIGINS, has_null)
        || has_list(policy, CORS_ATTR_WEBSOCKET_ORIGINS, has_null);
    const bool keeps =
        cors_policy_number(policy, CORS_ATTR_BACKEND) == CORS_BACKEND_KEEP;

    present->keeps_headers |= keeps;
    present->overrides_handler |=
        !keeps
        || cors_policy_number(policy, CORS_ATTR_PREFLIGHT)
               == CORS_PREFLIGHT_ANSWER;
    present->credentials |=
        cors_policy_number(policy, CORS_ATTR_CREDENTIALS) != 0;
    present->report_only |=
        cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_REPORT_ONLY;
    present->protect |= cors_policy_protection(policy) == CORS_PROTECTION_ON;
    present->reject |= cors_policy_number(policy, CORS_ATTR_REJECT) != 0;
    present->timing_policy |=
        cors_policy_number(policy, CORS_ATTR_TIMING) == CORS_TIMING_POLICY;
    present->websocket_list |= cors_policy_checks_websocket(policy);
    present->public_allowed |= any_ok || suffix_ok;
    present->public_not_allowed |= !any_ok || !suffix_ok;
    present->null_list |= lists_null;
    present->null_off |= null ? !null->choice : lists_null;
    present->public_list |=
        has_list(policy, CORS_ATTR_ORIGINS, cors_origin_set_open);
    present->public_protect_list |=
        has_list(policy, CORS_ATTR_PROTECT_ORIGINS, cors_origin_set_open);
    add_exposed(present, policy);
}

/* Returns whether the change may cause a contradiction with another section, or resolve
 * one. */
static bool may_contradict(cors_lists_t *lists, const cors_present_t *present,
                           const cors_changed_t *changed)
{
    const bool open = present->public_list && present->credentials
                      && present->public_not_allowed;
    const bool protect =
        present->public_protect_list && present->public_not_allowed;
    const bool null = present->null_list && present->null_off;
    const bool exposed = present->exposes_all
                         && (present->credentials || present->exposes_edited);

    switch (changed->attr) {
    case CORS_ATTR_MODE:
        return open || null || exposed;
    case CORS_ATTR_ORIGINS:
        return open || null;
    case CORS_ATTR_CREDENTIALS:
        return open || exposed;
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
        /* if CorsAllowCredentials changes as well, its own change is reported */
        return (open && !is_changed(lists, changed, CORS_ATTR_CREDENTIALS))
               || protect;
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

/* Returns the directions of a changed flag or choice. A section without the setting inherits
 * any value.
 *
 * ranks: how much each argument allows, by its choice; count: one more than the highest
 * choice of the attribute */
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
        directions |= CORS_DIRECTION_MORE;
    }
    if ((now ? ranks[now->choice] : least)
        < (old ? ranks[old->choice] : most)) {
        directions |= CORS_DIRECTION_LESS;
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

    return (may_name_more(old, now) ? CORS_DIRECTION_MORE : 0)
           | (may_name_more(now, old) ? CORS_DIRECTION_LESS : 0);
}

/* Returns the list that a section itself sets. If it sets none, another section provides the
 * list: any origin or none, as the caller assumes. null counts as allowed, because another
 * section may allow it.
 *
 * old: of the configuration before; any: what is assumed if the section sets no list */
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

/* Returns the directions of a changed list of origins: both for an edit, whose result depends
 * on the list that it edits. */
static unsigned origin_directions(cors_lists_t *lists,
                                  const cors_changed_t *changed)
{
    const cors_setting_t *old = setting_of(changed->old, changed->attr);
    const cors_setting_t *now = setting_of(changed->now, changed->attr);
    unsigned directions = 0;

    if ((old && old->edit) || (now && now->edit)) {
        return CORS_DIRECTION_BOTH;
    }
    if (!is_contained(lists, own_list(lists, false, changed, true),
                      own_list(lists, true, changed, false))) {
        directions |= CORS_DIRECTION_MORE;
    }
    if (!is_contained(lists, own_list(lists, true, changed, true),
                      own_list(lists, false, changed, false))) {
        directions |= CORS_DIRECTION_LESS;
    }
    return directions;
}

/* --- effects */

/* Add the effects that a setting has by what the policy trusts: the origins that may read
 * with credentials. directions: of the setting. */
static void add_trust(const cors_present_t *present,
                      const cors_changed_t *changed, unsigned directions,
                      unsigned *effects)
{
    if (present->protect) {
        effects[CORS_EFFECT_PROTECT] |= directions;
        if (!changed->websocket_listed) {
            effects[CORS_EFFECT_WEBSOCKET] |= directions;
        }
    }
}

/* Returns the directions of a change that enforces a list of handshakes or stops enforcing
 * it. CorsProtect decides where a list only reports, and may allow more or less than the list.
 *
 * directions: those without CorsProtect */
static unsigned handshake_directions(const cors_present_t *present,
                                     unsigned directions)
{
    return directions && present->protect ? CORS_DIRECTION_BOTH : directions;
}

static void add_mode(const cors_present_t *present,
                     const cors_changed_t *changed, unsigned *effects)
{
    static const int reading[] = { 0, 1, 0 }; /* Off, On, ReportOnly */
    static const int handshakes[] = { 0, 0, 1 };
    static const int refusals[] = { 1, 0, 1 };
    static const int removals[] = { 1, 0, 1 };
    const unsigned directions = RANK_DIRECTIONS(changed, reading);

    effects[CORS_EFFECT_REQUEST] |= directions;
    if (present->overrides_handler) {
        /* what the handler answers may allow anything; without it, nothing that a difference
         * does not show */
        effects[CORS_EFFECT_OTHER] |=
            RANK_DIRECTIONS(changed, removals) & CORS_DIRECTION_MORE;
    }
    if (present->websocket_list) {
        effects[CORS_EFFECT_WEBSOCKET] |=
            handshake_directions(present, RANK_DIRECTIONS(changed, handshakes));
    }
    if (present->credentials) {
        add_trust(present, changed, directions, effects);
    }
    if (present->reject) {
        effects[CORS_EFFECT_REJECT] |= RANK_DIRECTIONS(changed, refusals);
    }
    if (present->timing_policy) {
        effects[CORS_EFFECT_TIMING] |= directions;
    }
}

/* CorsRejectDisallowed adds no effect here: it refuses exactly the pages that may not
 * read. */
static void add_origins_effects(cors_lists_t *lists,
                                const cors_present_t *present,
                                const cors_changed_t *changed,
                                unsigned *effects)
{
    const unsigned directions = origin_directions(lists, changed);

    effects[CORS_EFFECT_REQUEST] |= directions;
    if (present->credentials) {
        /* CorsProtect does not trust a public list, so an added public entry can take trust
         * away */
        add_trust(present, changed,
                  present->public_allowed ? CORS_DIRECTION_BOTH : directions,
                  effects);
    }
    if (present->timing_policy) {
        /* Timing-Allow-Origin has exact origins only: a wildcard in their place allows more
         * pages to read, and fewer to measure */
        effects[CORS_EFFECT_TIMING] |= CORS_DIRECTION_BOTH;
    }
}

static void add_protect(const cors_changed_t *changed, unsigned *effects)
{
    /* Off, On, ReportOnly, On Strict, ReportOnly Strict */
    static const int requests[] = { 2, 1, 2, 0, 2 };
    static const int handshakes[] = { 1, 0, 1, 0, 1 };

    effects[CORS_EFFECT_OTHER] |= RANK_DIRECTIONS(changed, requests);
    if (!changed->websocket_listed) {
        effects[CORS_EFFECT_WEBSOCKET] |= RANK_DIRECTIONS(changed, handshakes);
    }
}

/* Returns the directions of a changed flag that allows something if it is On. */
static unsigned flag_directions(const cors_changed_t *changed)
{
    static const int allows[] = { 0, 1 };

    return RANK_DIRECTIONS(changed, allows);
}

/* Add the effects of a flag or a choice. The choices have ranks of their own, because they
 * have more than two arguments. */
static void add_choice(const cors_present_t *present,
                       const cors_changed_t *changed, unsigned *effects)
{
    static const int protects[] = { 1, 0 };
    /* Off, Policy, any */
    static const int timings[] = { 0, 1, 2 };
    /* Off, same-origin, same-site, cross-origin */
    static const int resources[] = { 3, 0, 1, 2 };

    switch (changed->attr) {
    case CORS_ATTR_CREDENTIALS:
        effects[CORS_EFFECT_REQUEST] |= flag_directions(changed);
        add_trust(present, changed, flag_directions(changed), effects);
        break;
    case CORS_ATTR_NULL_UNSAFE:
        effects[CORS_EFFECT_REQUEST] |= flag_directions(changed);
        effects[CORS_EFFECT_WEBSOCKET] |= flag_directions(changed);
        add_trust(present, changed, flag_directions(changed), effects);
        break;
    case CORS_ATTR_PRIVATE_NETWORK:
        effects[CORS_EFFECT_OTHER] |= flag_directions(changed);
        break;
    case CORS_ATTR_REJECT:
        effects[CORS_EFFECT_REJECT] |= RANK_DIRECTIONS(changed, protects);
        break;
    case CORS_ATTR_TIMING:
        effects[CORS_EFFECT_TIMING] |= RANK_DIRECTIONS(changed, timings);
        break;
    case CORS_ATTR_RESOURCE:
        effects[CORS_EFFECT_OTHER] |= RANK_DIRECTIONS(changed, resources);
        break;
    default:
        /* CorsWebSocketRequireOrigin, CorsProtectEmbedding and CorsProtectHost: add_effects()
         * names each attribute that it passes */
        effects[CORS_EFFECT_OTHER] |= RANK_DIRECTIONS(changed, protects);
        break;
    }
}

/* Returns in which directions a change may cause or resolve contradictions. A permission
 * causes none, and its absence resolves none. */
static unsigned contradiction_directions(const cors_changed_t *changed)
{
    switch (changed->attr) {
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_NULL_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
        return flag_directions(changed);
    default:
        return CORS_DIRECTION_BOTH;
    }
}

/* Add any effect that a contradiction can have. */
static void add_contradiction(const cors_present_t *present,
                              const cors_changed_t *changed, unsigned *effects)
{
    const unsigned directions = contradiction_directions(changed);

    effects[CORS_EFFECT_REQUEST] |= directions;
    add_trust(present, changed, directions, effects);
    if (present->timing_policy) {
        effects[CORS_EFFECT_TIMING] |= directions;
    }
}

static void add_effects(cors_lists_t *lists, const cors_present_t *present,
                        const cors_changed_t *changed, unsigned *effects)
{
    switch (changed->attr) {
    case CORS_ATTR_MODE:
        add_mode(present, changed, effects);
        break;
    case CORS_ATTR_ORIGINS:
        add_origins_effects(lists, present, changed, effects);
        break;
    case CORS_ATTR_METHODS:
    case CORS_ATTR_HEADERS:
    case CORS_ATTR_EXPOSE:
        effects[CORS_EFFECT_REQUEST] |= name_directions(changed);
        break;
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
        /* alone, they allow nothing */
        break;
    case CORS_ATTR_MAX_AGE:
    case CORS_ATTR_PREFLIGHT_STATUS:
    case CORS_ATTR_SET_ENV:
        effects[CORS_EFFECT_OTHER] |= CORS_DIRECTION_LESS;
        break;
    case CORS_ATTR_PREFLIGHT:
        /* a handler answers, and its headers are in the response */
        effects[CORS_EFFECT_OTHER] |=
            present->keeps_headers ? CORS_DIRECTION_BOTH : CORS_DIRECTION_LESS;
        break;
    case CORS_ATTR_BACKEND:
        effects[CORS_EFFECT_OTHER] |= CORS_DIRECTION_BOTH;
        break;
    case CORS_ATTR_WEBSOCKET_ORIGINS:
        effects[CORS_EFFECT_WEBSOCKET] |= origin_directions(lists, changed);
        break;
    case CORS_ATTR_PROTECT:
        add_protect(changed, effects);
        break;
    case CORS_ATTR_PROTECT_ORIGINS:
        add_trust(present, changed, origin_directions(lists, changed), effects);
        break;
    case CORS_ATTR_CREDENTIALS:
    case CORS_ATTR_NULL_UNSAFE:
    case CORS_ATTR_REJECT:
    case CORS_ATTR_PRIVATE_NETWORK:
    case CORS_ATTR_WEBSOCKET_REQUIRE:
    case CORS_ATTR_PROTECT_EMBEDDING:
    case CORS_ATTR_PROTECT_HOST:
    case CORS_ATTR_TIMING:
    case CORS_ATTR_RESOURCE:
        add_choice(present, changed, effects);
        break;
    case CORS_ATTR_COUNT:
        /* not an attribute; without a default, the compiler finds one that is not here */
        break;
    }
}

void cors_effects_find(cors_lists_t *lists, const cors_present_t *present,
                       const cors_changed_t *changed,
                       unsigned effects[CORS_EFFECT_COUNT])
{
    memset(effects, 0, CORS_EFFECT_COUNT * sizeof(effects[0]));
    add_effects(lists, present, changed, effects);
    if (may_contradict(lists, present, changed)) {
        add_contradiction(present, changed, effects);
    }
}
