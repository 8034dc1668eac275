/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Compares what the policies of two configurations allow. It is a file of its own because
 * it is about two configurations; every other file is about the one in force. It does not
 * read a configuration or a dump, and writes no output.
 *
 * A request is allowed if the list of origins, the method, each header and the credentials
 * allow it, independently of each other. So each part is compared by itself, for an origin
 * that has the others. The methods are divided into classes: all methods of a class have
 * the same two policies and results. Sections are compared as their own requests get them.
 *
 * Another section that is not a plain <Location> may apply to the same request. A changed
 * setting can then have effects that no difference of its own section shows; they come from
 * compare_effects.c. They are undecided, or "changed" if they can only allow less.
 */

#include "core/diagnose/compare.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/base/fetch.h"
#include "core/base/text_map.h"
#include "core/diagnose/compare_effects.h"
#include "core/diagnose/describe.h"
#include "core/policy/decide.h"
#include "core/policy/protect.h"

/* A method and a header that no configuration names. */
#define OTHER_METHOD "ANY-OTHER"
#define OTHER_HEADER "x-any-other"

/* The index of the configuration before, and of the one now. */
enum {
    OLD,
    NOW,
    SIDES
};

/* The methods of a section that both configurations treat alike. */
typedef struct {
    const cors_snapshot_group_t *group[SIDES];
    bool allowed[SIDES];         /* the policy allows the methods */
    bool safe;                   /* CorsProtect does not check the methods */
    apr_array_header_t *methods; /* const char * */
    bool others;                 /* the methods that no configuration names */
    bool has_get;
} class_t;

typedef struct {
    apr_pool_t *p;
    cors_lists_t *lists;
    apr_array_header_t *found; /* cors_compared_t */
    /* of the section that is compared */
    const cors_snapshot_host_t *host;
    const cors_snapshot_section_t *section;
    const cors_snapshot_section_t *pair[SIDES];
    bool missing[SIDES];         /* the section is not in the configuration */
    int first;                   /* the index of its first difference */
    apr_array_header_t *methods; /* const char *: all that are named */
    apr_array_header_t *classes; /* class_t */
    const class_t *class;
    bool absent; /* one configuration lacks the server */
    /* of the sections of the server that is compared */
    cors_present_t present;
    /* for the current class, by attribute and effect: the directions that reported
     * differences already cover */
    unsigned covered[CORS_ATTR_COUNT][CORS_EFFECT_COUNT];
} compare_t;

/* The origins that can do something: those of one or two lists. */
typedef struct {
    cors_listed_union_t lists;
    cors_attr_e attr[2]; /* of each list */
} reached_t;

/* --- policies */

static const cors_policy_t *policy_of(const class_t *class, int side)
{
    return class->group[side]->policy;
}

/* Returns whether a policy adds CORS headers. */
static bool is_on(const cors_policy_t *policy)
{
    return !policy->problem
           && cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON;
}

static reached_t reached_by(const cors_listed_t *list, cors_attr_e attr)
{
    reached_t reached = { { { NULL, NULL } }, { attr, attr } };

    reached.lists.list[0] = list;
    return reached;
}

/* Returns the origins that may make and read a request with the methods of a class. */
static reached_t readers_of(const compare_t *compare, int side)
{
    const class_t *class = compare->class;
    const cors_policy_t *policy = policy_of(class, side);

    if (!is_on(policy) || !class->allowed[side]) {
        return reached_by(cors_listed_all(compare->lists, false),
                          CORS_ATTR_ORIGINS);
    }
    return reached_by(cors_listed_of(compare->lists, side == OLD, policy,
                                     CORS_ATTR_ORIGINS),
                      CORS_ATTR_ORIGINS);
}

/* Returns the origins that CorsProtect trusts, whatever they send: its own list, and the
 * origins that may read with credentials. */
static reached_t trusted_of(const compare_t *compare, int side)
{
    const cors_policy_t *policy = policy_of(compare->class, side);
    reached_t trusted = reached_by(cors_listed_all(compare->lists, false),
                                   CORS_ATTR_PROTECT_ORIGINS);

    if (policy->problem) {
        return trusted;
    }
    trusted.lists.list[0] = cors_listed_of(compare->lists, side == OLD, policy,
                                           CORS_ATTR_PROTECT_ORIGINS);
    if (is_on(policy) && cors_policy_number(policy, CORS_ATTR_CREDENTIALS)
        && !cors_listed_open(compare->lists, side == OLD, policy)) {
        trusted.lists.list[1] = cors_listed_of(compare->lists, side == OLD,
                                               policy, CORS_ATTR_ORIGINS);
        trusted.attr[1] = CORS_ATTR_ORIGINS;
    }
    return trusted;
}

static bool is_protected(const compare_t *compare, int side)
{
    return cors_policy_protection(policy_of(compare->class, side))
           == CORS_PROTECTION_ON;
}

/* Returns the origins that may open a WebSocket. */
static reached_t openers_of(const compare_t *compare, int side)
{
    const cors_policy_t *policy = policy_of(compare->class, side);

    if (cors_policy_enforces_websocket(policy)) {
        return reached_by(cors_listed_of(compare->lists, side == OLD, policy,
                                         CORS_ATTR_WEBSOCKET_ORIGINS),
                          CORS_ATTR_WEBSOCKET_ORIGINS);
    }
    if (is_protected(compare, side)) {
        return trusted_of(compare, side);
    }
    return reached_by(cors_listed_all(compare->lists, true),
                      policy->link[CORS_ATTR_PROTECT].setting
                          ? CORS_ATTR_PROTECT
                          : CORS_ATTR_WEBSOCKET_ORIGINS);
}

static const char *source_of(apr_pool_t *p, const cors_policy_t *policy,
                             cors_attr_e attr)
{
    const cors_setting_t *setting = policy->link[attr].setting;

    if (setting && setting->source) {
        return setting->source;
    }
    return apr_pstrcat(p, cors_attr_directive(attr), " (default)", NULL);
}

/* Returns the attribute that decides on an origin. */
static cors_attr_e decisive_attr(const compare_t *compare, int side,
                                 cors_aspect_e aspect, const reached_t *reached,
                                 const char *origin)
{
    const class_t *class = compare->class;
    const cors_policy_t *policy = policy_of(class, side);

    if (aspect == CORS_ASPECT_REQUEST && !is_on(policy)) {
        return CORS_ATTR_MODE;
    }
    if (aspect == CORS_ASPECT_REQUEST && !class->allowed[side]) {
        return CORS_ATTR_METHODS;
    }
    if (aspect == CORS_ASPECT_WEBSOCKET && cors_policy_checks_websocket(policy)
        && !cors_policy_enforces_websocket(policy)
        && !is_protected(compare, side)) {
        return CORS_ATTR_MODE;
    }
    if (reached->lists.list[1]
        && !cors_listed_lacks(compare->lists, reached->lists.list[1], origin)) {
        return reached->attr[1];
    }
    return reached->attr[0];
}

/* Returns what decides on a request of an origin. */
static const char *decider_of(const compare_t *compare, int side,
                              cors_aspect_e aspect, const reached_t *reached,
                              const char *origin)
{
    const cors_policy_t *policy = policy_of(compare->class, side);
    const cors_attr_e attr =
        decisive_attr(compare, side, aspect, reached, origin);
    const char *source = NULL;

    if (attr == CORS_ATTR_PROTECT_ORIGINS && !policy->link[attr].setting) {
        return source_of(compare->p, policy, CORS_ATTR_PROTECT);
    }
    if (cors_attr_is_origins(attr)) {
        source = cors_listed_source(compare->p, compare->lists,
                                    cors_listed_of(compare->lists, side == OLD,
                                                   policy, attr),
                                    &policy->link[attr], origin);
    }
    return source ? source : source_of(compare->p, policy, attr);
}

/* --- differences */

static bool has_method(const apr_array_header_t *methods, const char *method)
{
    int i;

    for (i = 0; i < methods->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(methods, i, const char *), method) == 0) {
            return true;
        }
    }
    return false;
}

/* Add the methods of the current class to a difference, each once. */
static void add_methods(const compare_t *compare, cors_compared_t *compared)
{
    const apr_array_header_t *methods = compare->class->methods;
    int i;

    if (!compared->methods) {
        compared->methods =
            apr_array_make(compare->p, methods->nelts, sizeof(const char *));
    }
    for (i = 0; i < methods->nelts; i++) {
        const char *method = APR_ARRAY_IDX(methods, i, const char *);

        if (!has_method(compared->methods, method)) {
            APR_ARRAY_PUSH(compared->methods, const char *) = method;
        }
    }
    compared->except = compared->except || compare->class->others;
}

static bool is_equal_text(const char *one, const char *other)
{
    if (!one || !other) {
        return one == other;
    }
    return strcmp(one, other) == 0;
}

static bool is_equal(const cors_compared_t *one, const cors_compared_t *other)
{
    return one->change == other->change && one->aspect == other->aspect
           && one->credentials == other->credentials
           && is_equal_text(one->origin, other->origin)
           && is_equal_text(one->headers, other->headers)
           && is_equal_text(one->directive, other->directive)
           && is_equal_text(one->before, other->before)
           && is_equal_text(one->now, other->now)
           && is_equal_text(one->decided_by, other->decided_by)
           && is_equal_text(one->decided_before, other->decided_before)
           && is_equal_text(one->obstacle, other->obstacle);
}

/* Add a difference of the current class; if another class of the section has it, add the
 * methods to that one. */
static void report(compare_t *compare, const cors_compared_t *difference)
{
    cors_compared_t *compared;
    int i;

    for (i = compare->first; i < compare->found->nelts; i++) {
        compared = &APR_ARRAY_IDX(compare->found, i, cors_compared_t);
        if (is_equal(compared, difference)) {
            add_methods(compare, compared);
            return;
        }
    }
    compared = apr_array_push(compare->found);
    *compared = *difference;
    compared->place.host = compare->host;
    compared->place.section = compare->section;
    add_methods(compare, compared);
}

static void report_undecided(compare_t *compare, cors_aspect_e aspect,
                             bool credentials, const char *obstacle)
{
    cors_compared_t compared;

    memset(&compared, 0, sizeof(compared));
    compared.change = CORS_CHANGE_UNDECIDED;
    compared.aspect = aspect;
    compared.credentials = credentials;
    compared.obstacle = obstacle;
    report(compare, &compared);
}

/* Report origins that one side allows and the other does not. */
static void report_origins(compare_t *compare, cors_aspect_e aspect, int side,
                           bool credentials, const reached_t reached[SIDES],
                           const apr_array_header_t *origins, bool more)
{
    cors_compared_t compared;
    int i;

    memset(&compared, 0, sizeof(compared));
    compared.change = side == NOW ? CORS_CHANGE_ALLOWED : CORS_CHANGE_DENIED;
    compared.aspect = aspect;
    compared.credentials = credentials;
    for (i = 0; i < origins->nelts; i++) {
        compared.origin = APR_ARRAY_IDX(origins, i, const char *);
        compared.more = more && i == origins->nelts - 1;
        compared.decided_by =
            decider_of(compare, NOW, aspect, &reached[NOW], compared.origin);
        compared.decided_before =
            decider_of(compare, OLD, aspect, &reached[OLD], compared.origin);
        report(compare, &compared);
    }
}

/* Returns the direction of a difference that only one side allows. */
static unsigned direction_of(int side)
{
    return side == NOW ? CORS_DIRECTION_MORE : CORS_DIRECTION_LESS;
}

/* Record that a reported difference covers an effect of an attribute. */
static void cover(compare_t *compare, cors_attr_e attr, cors_effect_e effect,
                  unsigned directions)
{
    compare->covered[attr][effect] |= directions;
}

/* Record that a reported difference covers an effect of every attribute. */
static void cover_effect(compare_t *compare, cors_effect_e effect,
                         unsigned directions)
{
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        cover(compare, (cors_attr_e)attr, effect, directions);
    }
}

/* Compare lists in both directions and report the differences. Returns their directions:
 * both if a comparison is undecided. */
static unsigned compare_origins(compare_t *compare, cors_aspect_e aspect,
                                const bool credentials[SIDES],
                                const reached_t reached[SIDES])
{
    const char *first_obstacle = NULL;
    unsigned directions = 0;
    int side;

    for (side = NOW; side >= OLD; side--) {
        const char *obstacle;
        bool more;
        const apr_array_header_t *origins =
            cors_union_witnesses(compare->p, compare->lists,
                                 &reached[side].lists,
                                 &reached[side == NOW ? OLD : NOW].lists, &more,
                                 &obstacle);

        report_origins(compare, aspect, side, credentials[side], reached,
                       origins, more);
        if (origins->nelts > 0) {
            directions |= direction_of(side);
        }
        first_obstacle = first_obstacle ? first_obstacle : obstacle;
    }
    if (first_obstacle) {
        report_undecided(compare, aspect, credentials[NOW], first_obstacle);
        directions = CORS_DIRECTION_BOTH;
    }
    return directions;
}

/* --- requests */

/* Report a difference between requests of an origin that both sides allow. side: the one
 * that allows more. */
static void report_common(compare_t *compare, cors_aspect_e aspect,
                          cors_attr_e attr, int side, bool credentials,
                          const char *headers, const char *origin)
{
    const class_t *class = compare->class;
    cors_compared_t compared;

    memset(&compared, 0, sizeof(compared));
    compared.change = side == NOW ? CORS_CHANGE_ALLOWED : CORS_CHANGE_DENIED;
    compared.aspect = aspect;
    compared.credentials = credentials;
    compared.headers = headers;
    compared.origin = origin;
    compared.decided_by = source_of(compare->p, policy_of(class, NOW), attr);
    compared.decided_before =
        source_of(compare->p, policy_of(class, OLD), attr);
    report(compare, &compared);
    cover(compare, attr, CORS_EFFECT_REQUEST, direction_of(side));
}

static void collect_name(apr_array_header_t *names, cors_text_map_t *known,
                         const char *name)
{
    if (cors_text_map_add(known, cors_slice(name), name)) {
        APR_ARRAY_PUSH(names, const char *) = name;
    }
}

/* Add all names that a policy lists or removes. */
static void collect_names(apr_array_header_t *names, cors_text_map_t *known,
                          const cors_policy_t *policy, cors_attr_e attr)
{
    const cors_link_t *link;
    int i;

    for (link = &policy->link[attr]; link; link = cors_link_edits(link)) {
        const cors_name_set_t *set = cors_link_names(link, attr);

        for (i = 0; i < set->count; i++) {
            collect_name(names, known, set->names[i]);
        }
        for (i = 0; i < set->removed_count; i++) {
            collect_name(names, known, set->removed[i]);
        }
    }
}

/* Returns whether a policy lets a page send or read a header. Browsers decide on some
 * headers themselves. */
static bool allows_header(const cors_policy_t *policy, cors_attr_e attr,
                          const char *name)
{
    const cors_slice_t header = cors_slice(name);

    if (attr == CORS_ATTR_HEADERS) {
        return !cors_fetch_forbidden_request_header(header)
               && cors_header_allowed(policy, header);
    }
    return !cors_fetch_forbidden_response_header(header)
           && !cors_fetch_safelisted_response_header(header)
           && cors_policy_name_listed(policy, attr, header)
                  != CORS_NAME_UNLISTED;
}

/* Returns the headers that one side allows and the other does not, "a, b"; NULL: none. */
static const char *extra_headers(const compare_t *compare, cors_attr_e attr,
                                 int side)
{
    const cors_policy_t *more = policy_of(compare->class, side);
    const cors_policy_t *less =
        policy_of(compare->class, side == NOW ? OLD : NOW);
    apr_array_header_t *names = apr_array_make(compare->p, 8, sizeof(char *));
    cors_text_map_t *known = cors_text_map_make(compare->p, true);
    cors_joined_t text = { NULL, 0, 0 };
    int i;

    collect_name(names, known, OTHER_HEADER);
    collect_names(names, known, more, attr);
    collect_names(names, known, less, attr);
    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (allows_header(more, attr, name)
            && !allows_header(less, attr, name)) {
            cors_join(compare->p, &text, ", ", cors_slice(name));
        }
    }
    return text.text;
}

/* Compare the headers that requests may have, or that a page may read. */
static void compare_headers(compare_t *compare, cors_aspect_e aspect,
                            cors_attr_e attr, const char *origin)
{
    int side;

    for (side = NOW; side >= OLD; side--) {
        const char *extra = extra_headers(compare, attr, side);

        if (extra) {
            report_common(compare, aspect, attr, side, false, extra, origin);
        }
    }
}

static bool has_credentials(const compare_t *compare, int side)
{
    return cors_policy_number(policy_of(compare->class, side),
                              CORS_ATTR_CREDENTIALS)
           != 0;
}

/* Compare the rest of what a request may have, for an origin that both sides allow. */
static void compare_rest(compare_t *compare, const char *origin)
{
    const bool now = has_credentials(compare, NOW);

    if (now != has_credentials(compare, OLD)) {
        report_common(compare, CORS_ASPECT_REQUEST, CORS_ATTR_CREDENTIALS,
                      now ? NOW : OLD, true, NULL, origin);
    }
    compare_headers(compare, CORS_ASPECT_REQUEST, CORS_ATTR_HEADERS, origin);
    compare_headers(compare, CORS_ASPECT_EXPOSE, CORS_ATTR_EXPOSE, origin);
}

/* Returns whether the rest of what a request may have is the same on both sides. */
static bool is_rest_equal(const compare_t *compare)
{
    int side;

    for (side = OLD; side < SIDES; side++) {
        if (extra_headers(compare, CORS_ATTR_HEADERS, side)
            || extra_headers(compare, CORS_ATTR_EXPOSE, side)) {
            return false;
        }
    }
    return has_credentials(compare, NOW) == has_credentials(compare, OLD);
}

static void compare_requests(compare_t *compare)
{
    const reached_t readers[] = { readers_of(compare, OLD),
                                  readers_of(compare, NOW) };
    const bool credentials[] = { has_credentials(compare, OLD),
                                 has_credentials(compare, NOW) };
    const cors_difference_t *common;
    const unsigned directions =
        compare_origins(compare, CORS_ASPECT_REQUEST, credentials, readers);

    cover(compare, CORS_ATTR_MODE, CORS_EFFECT_REQUEST, directions);
    cover(compare, CORS_ATTR_ORIGINS, CORS_EFFECT_REQUEST, directions);
    cover(compare, CORS_ATTR_METHODS, CORS_EFFECT_REQUEST, directions);
    cover(compare, CORS_ATTR_NULL_UNSAFE, CORS_EFFECT_REQUEST, directions);
    if (is_rest_equal(compare)) {
        return;
    }
    common = cors_listed_common(compare->lists, readers[OLD].lists.list[0],
                                readers[NOW].lists.list[0]);
    if (common->answer == CORS_ALGEBRA_UNDECIDED) {
        report_undecided(compare, CORS_ASPECT_REQUEST, credentials[NOW],
                         common->obstacle);
        cover(compare, CORS_ATTR_CREDENTIALS, CORS_EFFECT_REQUEST,
              CORS_DIRECTION_BOTH);
        cover(compare, CORS_ATTR_HEADERS, CORS_EFFECT_REQUEST,
              CORS_DIRECTION_BOTH);
        cover(compare, CORS_ATTR_EXPOSE, CORS_EFFECT_REQUEST,
              CORS_DIRECTION_BOTH);
    }
    else if (common->witness) {
        compare_rest(compare, common->witness);
    }
}

static void compare_websocket(compare_t *compare)
{
    static const bool credentials[] = { true, true };
    const reached_t openers[] = { openers_of(compare, OLD),
                                  openers_of(compare, NOW) };

    cover_effect(compare, CORS_EFFECT_WEBSOCKET,
                 compare_origins(compare, CORS_ASPECT_WEBSOCKET, credentials,
                                 openers));
}

/* Returns whether CorsProtect and what adds to it check requests with the methods. */
static bool is_checked(const compare_t *compare, int side)
{
    return is_protected(compare, side)
           && (!compare->class->safe
               || cors_policy_number(policy_of(compare->class, side),
                                     CORS_ATTR_PROTECT_EMBEDDING));
}

/* Compare the origins that CorsProtect trusts. If it is on on one side only, that is a
 * difference of a setting. */
static void compare_protected(compare_t *compare)
{
    static const bool credentials[] = { true, true };

    if (is_checked(compare, OLD) && is_checked(compare, NOW)) {
        const reached_t trusted[] = { trusted_of(compare, OLD),
                                      trusted_of(compare, NOW) };

        cover_effect(compare, CORS_EFFECT_PROTECT,
                     compare_origins(compare, CORS_ASPECT_PROTECT, credentials,
                                     trusted));
    }
}

/* --- settings */

/* Returns whether CorsPolicy is On, whatever else the policy is. */
static bool is_in_force(const cors_policy_t *policy)
{
    return cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON;
}

/* Returns the value of Timing-Allow-Origin; "": the header is not sent. */
static const char *timing_text(apr_pool_t *p, const cors_policy_t *policy)
{
    const char *text = cors_policy_timing(p, policy);

    return text ? text : "";
}

static bool has_origin(const char *list, cors_slice_t origin)
{
    cors_slice_t rest = cors_slice(list);
    cors_slice_t one;

    while (cors_list_next(&rest, &one)) {
        if (cors_slice_equal(one, origin) || cors_slice_is(one, "*")) {
            return true;
        }
    }
    return false;
}

/* Returns whether an origin may see timings now that might not before. */
static bool is_timing_wider(apr_pool_t *p, const cors_policy_t *old,
                            const cors_policy_t *now)
{
    const char *before = timing_text(p, old);
    cors_slice_t rest = cors_slice(timing_text(p, now));
    cors_slice_t one;

    while (cors_list_next(&rest, &one)) {
        if (!has_origin(before, one)) {
            return true;
        }
    }
    return false;
}

/* Returns how much a setting protects; 0: it does not, or is not about protection. */
static int strength_of(const cors_policy_t *policy, cors_attr_e attr)
{
    static const int resources[] = { 0, 3, 2, 1 };
    const int choice = cors_policy_number(policy, attr);

    switch (attr) {
    case CORS_ATTR_REJECT:
        return choice && is_in_force(policy);
    case CORS_ATTR_WEBSOCKET_REQUIRE:
        return choice;
    case CORS_ATTR_PROTECT_EMBEDDING:
    case CORS_ATTR_PROTECT_HOST:
        return choice && cors_policy_protection(policy) == CORS_PROTECTION_ON;
    case CORS_ATTR_PRIVATE_NETWORK:
        return !choice;
    case CORS_ATTR_PROTECT:
        if (cors_policy_protection(policy) != CORS_PROTECTION_ON) {
            return 0;
        }
        return cors_policy_protects_strictly(policy) ? 2 : 1;
    case CORS_ATTR_RESOURCE:
        return resources[choice];
    default:
        return 0;
    }
}

/* Returns whether settings of a class protect less now. */
static bool is_weaker(const compare_t *compare, cors_attr_e attr)
{
    const cors_policy_t *old = policy_of(compare->class, OLD);
    const cors_policy_t *now = policy_of(compare->class, NOW);

    if (attr == CORS_ATTR_TIMING) {
        return is_timing_wider(compare->p, old, now);
    }
    return strength_of(now, attr) < strength_of(old, attr);
}

/* Returns whether a difference of an attribute is reported as one of a setting, if the
 * policy is on: the others are compared by what they allow, or allow nothing. */
static bool is_reported(cors_attr_e attr, bool on)
{
    switch (attr) {
    case CORS_ATTR_MODE:
    case CORS_ATTR_METHODS:
    case CORS_ATTR_HEADERS:
    case CORS_ATTR_EXPOSE:
    case CORS_ATTR_CREDENTIALS:
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_NULL_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
        return false;
    case CORS_ATTR_MAX_AGE:
    case CORS_ATTR_PREFLIGHT:
    case CORS_ATTR_PREFLIGHT_STATUS:
    case CORS_ATTR_BACKEND:
    case CORS_ATTR_PRIVATE_NETWORK:
        return on;
    default:
        return !cors_attr_is_origins(attr);
    }
}

static const char *value_of(apr_pool_t *p, const cors_policy_t *policy,
                            cors_attr_e attr)
{
    const apr_array_header_t *values = cors_policy_values(p, policy, attr);

    return APR_ARRAY_IDX(values, 0, cors_value_t).text;
}

/* Returns the value of a setting as it is in force. choices: whether the other side has
 * another argument. */
static const char *effective_value(apr_pool_t *p, const cors_policy_t *policy,
                                   cors_attr_e attr, bool choices)
{
    if (attr == CORS_ATTR_REJECT && !is_in_force(policy)) {
        return "Off";
    }
    if (attr == CORS_ATTR_TIMING && !choices) {
        const char *origins = timing_text(p, policy);

        return *origins ? origins : "without origins";
    }
    return value_of(p, policy, attr);
}

/* Returns the source of the value of a setting as it is in force. */
static const char *effective_source(apr_pool_t *p, const cors_policy_t *policy,
                                    cors_attr_e attr)
{
    const bool off = attr == CORS_ATTR_REJECT
                     && cors_policy_number(policy, attr)
                     && !is_in_force(policy);

    return source_of(p, policy, off ? CORS_ATTR_MODE : attr);
}

/* Returns why a change of a setting cannot be decided; NULL: it can. */
static const char *setting_obstacle(const compare_t *compare, cors_attr_e attr)
{
    const cors_policy_t *now = policy_of(compare->class, NOW);

    if (attr == CORS_ATTR_BACKEND) {
        return "the CORS headers of the backend";
    }
    if (attr == CORS_ATTR_PREFLIGHT
        && cors_policy_number(now, CORS_ATTR_PREFLIGHT)
               == CORS_PREFLIGHT_CONTINUE
        && cors_policy_number(now, CORS_ATTR_BACKEND) == CORS_BACKEND_KEEP) {
        return "how the backend answers a preflight";
    }
    return NULL;
}

/* Record which effect a reported change of a setting covers. */
static void cover_setting(compare_t *compare, cors_attr_e attr,
                          cors_change_e change)
{
    /* A change that is undecided covers both directions. So does one of
     * CorsTimingAllowOrigin: the origins that may measure now can be other ones. */
    unsigned directions = CORS_DIRECTION_BOTH;

    if (change == CORS_CHANGE_OTHER) {
        directions = CORS_DIRECTION_LESS;
    }
    else if (change == CORS_CHANGE_WEAKER && attr != CORS_ATTR_TIMING) {
        directions = CORS_DIRECTION_MORE;
    }
    switch (attr) {
    case CORS_ATTR_REJECT:
        cover_effect(compare, CORS_EFFECT_REJECT, directions);
        break;
    case CORS_ATTR_TIMING:
        cover_effect(compare, CORS_EFFECT_TIMING, directions);
        break;
    default:
        cover(compare, attr, CORS_EFFECT_OTHER, directions);
        break;
    }
}

/* Returns whether the same origins see timings, in any order. */
static bool is_timing_equal(apr_pool_t *p, const cors_policy_t *old,
                            const cors_policy_t *now)
{
    return !is_timing_wider(p, old, now) && !is_timing_wider(p, now, old);
}

static void compare_setting(compare_t *compare, cors_attr_e attr)
{
    const cors_policy_t *old = policy_of(compare->class, OLD);
    const cors_policy_t *now = policy_of(compare->class, NOW);
    const bool choices =
        cors_policy_number(old, attr) != cors_policy_number(now, attr);
    cors_compared_t compared;

    memset(&compared, 0, sizeof(compared));
    compared.before = effective_value(compare->p, old, attr, choices);
    compared.now = effective_value(compare->p, now, attr, choices);
    if (strcmp(compared.before, compared.now) == 0
        || (attr == CORS_ATTR_TIMING && !choices
            && is_timing_equal(compare->p, old, now))) {
        return;
    }
    compared.obstacle = setting_obstacle(compare, attr);
    compared.change = compared.obstacle          ? CORS_CHANGE_UNDECIDED
                      : is_weaker(compare, attr) ? CORS_CHANGE_WEAKER
                                                 : CORS_CHANGE_OTHER;
    compared.aspect = CORS_ASPECT_SETTING;
    compared.directive = cors_attr_directive(attr);
    compared.decided_by = effective_source(compare->p, now, attr);
    compared.decided_before = effective_source(compare->p, old, attr);
    report(compare, &compared);
    cover_setting(compare, attr, compared.change);
}

/* Returns whether a policy that is on removes the CORS headers of the handler. */
static bool removes_headers(const cors_policy_t *policy)
{
    return cors_policy_number(policy, CORS_ATTR_BACKEND) != CORS_BACKEND_KEEP;
}

/* Returns whether a policy removes the CORS headers of the handler, or answers preflights
 * in its place. */
static bool overrides_handler(const cors_policy_t *policy)
{
    return is_in_force(policy)
           && (removes_headers(policy)
               || cors_policy_number(policy, CORS_ATTR_PREFLIGHT)
                      != CORS_PREFLIGHT_CONTINUE);
}

/* Returns whether the policy no longer overrides what the handler answers. */
static bool ends_override(const compare_t *compare)
{
    return overrides_handler(policy_of(compare->class, OLD))
           && !is_in_force(policy_of(compare->class, NOW));
}

/* Report a change of CorsPolicy itself, in the classes that have one. What it allows has
 * been compared; but a policy that is on also removes the CORS headers of the handler, and
 * answers preflights. shown: whether a difference shows the change. */
static void compare_mode(compare_t *compare, bool shown)
{
    const cors_policy_t *old = policy_of(compare->class, OLD);
    const cors_policy_t *now = policy_of(compare->class, NOW);
    cors_compared_t compared;

    if (compare->absent || is_in_force(old) == is_in_force(now)
        || (shown && !overrides_handler(old))) {
        return;
    }
    memset(&compared, 0, sizeof(compared));
    compared.change = CORS_CHANGE_OTHER;
    if (ends_override(compare)) {
        compared.change = CORS_CHANGE_UNDECIDED;
        compared.obstacle = removes_headers(old)
                                ? "CORS headers of the handler are not removed"
                                : "the handler answers preflights";
    }
    compared.aspect = CORS_ASPECT_SETTING;
    compared.directive = cors_attr_directive(CORS_ATTR_MODE);
    compared.before = value_of(compare->p, old, CORS_ATTR_MODE);
    compared.now = value_of(compare->p, now, CORS_ATTR_MODE);
    compared.decided_by = source_of(compare->p, now, CORS_ATTR_MODE);
    compared.decided_before = source_of(compare->p, old, CORS_ATTR_MODE);
    report(compare, &compared);
}

static void compare_settings(compare_t *compare)
{
    const bool on = is_on(policy_of(compare->class, OLD))
                    && is_on(policy_of(compare->class, NOW));
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        if (is_reported((cors_attr_e)attr, on)) {
            compare_setting(compare, (cors_attr_e)attr);
        }
    }
}

/* Returns whether the setting of a section itself is the same on both sides. */
static bool is_own_equal(const compare_t *compare, cors_attr_e attr)
{
    const cors_setting_t *setting[SIDES] = { NULL, NULL };
    int side;

    for (side = OLD; side < SIDES; side++) {
        if (!compare->missing[side]) {
            setting[side] =
                compare->class->group[side]->own->link[attr].setting;
        }
    }
    return cors_settings_equal(compare->lists, setting[OLD], setting[NOW]);
}

/* Returns the directions of the effects that a changed setting of the section may have
 * together with other sections, apart from those that reported differences cover. */
static unsigned hidden_directions(const compare_t *compare, cors_attr_e attr)
{
    const class_t *class = compare->class;
    cors_changed_t changed = {
        attr, NULL, NULL,
        !compare->present.report_only
            && cors_policy_checks_websocket(policy_of(class, OLD))
            && cors_policy_checks_websocket(policy_of(class, NOW))
    };
    unsigned effects[CORS_EFFECT_COUNT];
    unsigned hidden = 0;
    int effect;

    if (!compare->missing[OLD]) {
        changed.old = class->group[OLD]->own;
    }
    if (!compare->missing[NOW]) {
        changed.now = class->group[NOW]->own;
    }
    cors_effects_find(compare->lists, &compare->present, &changed, effects);
    for (effect = 0; effect < CORS_EFFECT_COUNT; effect++) {
        /* a handshake has the method GET */
        if (effect != CORS_EFFECT_WEBSOCKET || class->has_get) {
            hidden |= effects[effect] & ~compare->covered[attr][effect];
        }
    }
    return hidden;
}

/* Report the settings whose change may have an effect that no difference of the section
 * shows. */
static void report_hidden(compare_t *compare)
{
    const class_t *class = compare->class;
    cors_compared_t compared;
    unsigned hidden;
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        if (is_own_equal(compare, (cors_attr_e)attr)) {
            continue;
        }
        hidden = hidden_directions(compare, (cors_attr_e)attr);
        if (!hidden) {
            continue;
        }
        memset(&compared, 0, sizeof(compared));
        compared.change = hidden & CORS_DIRECTION_MORE ? CORS_CHANGE_UNDECIDED
                                                       : CORS_CHANGE_OTHER;
        compared.aspect = CORS_ASPECT_SETTING;
        compared.directive = cors_attr_directive((cors_attr_e)attr);
        compared.decided_by =
            source_of(compare->p, class->group[NOW]->policy, (cors_attr_e)attr);
        compared.decided_before =
            source_of(compare->p, class->group[OLD]->policy, (cors_attr_e)attr);
        compared.obstacle = "other sections that apply to the same request";
        report(compare, &compared);
    }
}

/* --- methods */

/* Returns the group of a method. */
static const cors_snapshot_group_t *
group_of(const cors_snapshot_section_t *section, const char *method)
{
    /* a section has at least one */
    const cors_snapshot_group_t *others =
        APR_ARRAY_IDX(section->groups, 0, const cors_snapshot_group_t *);
    int i;
    int k;

    for (i = 0; i < section->groups->nelts; i++) {
        const cors_snapshot_group_t *group =
            APR_ARRAY_IDX(section->groups, i, const cors_snapshot_group_t *);

        if (!group->methods) {
            return group;
        }
        for (k = 0; k < group->methods->nelts; k++) {
            if (strcmp(APR_ARRAY_IDX(group->methods, k, const char *), method)
                == 0) {
                return group;
            }
        }
        if (group->others) {
            others = group;
        }
    }
    return others;
}

/* Add a method to the class with the same groups and results. */
static void classify(compare_t *compare, const char *method)
{
    class_t class;
    class_t *known;
    bool protects = true;
    int side;
    int i;

    memset(&class, 0, sizeof(class));
    for (side = OLD; side < SIDES; side++) {
        class.group[side] = group_of(compare->pair[side], method);
        class.allowed[side] =
            cors_method_allowed(policy_of(&class, side), cors_slice(method));
        protects = protects
                   && cors_policy_protection(policy_of(&class, side))
                          == CORS_PROTECTION_ON;
    }
    class.safe = protects && cors_protect_is_safe(cors_slice(method));
    for (i = 0; i < compare->classes->nelts; i++) {
        known = &APR_ARRAY_IDX(compare->classes, i, class_t);
        if (known->group[OLD] == class.group[OLD]
            && known->group[NOW] == class.group[NOW]
            && known->allowed[OLD] == class.allowed[OLD]
            && known->allowed[NOW] == class.allowed[NOW]
            && known->safe == class.safe) {
            break;
        }
    }
    if (i == compare->classes->nelts) {
        class.methods = apr_array_make(compare->p, 4, sizeof(const char *));
        *(class_t *)apr_array_push(compare->classes) = class;
    }
    known = &APR_ARRAY_IDX(compare->classes, i, class_t);
    known->has_get = known->has_get || strcmp(method, "GET") == 0;
    if (strcmp(method, OTHER_METHOD) == 0) {
        known->others = true;
    }
    else {
        APR_ARRAY_PUSH(known->methods, const char *) = method;
    }
}

/* Divide the methods of the current section into classes. */
static void divide_methods(compare_t *compare)
{
    cors_text_map_t *known = cors_text_map_make(compare->p, false);
    int side;
    int i;

    compare->methods = apr_array_make(compare->p, 8, sizeof(const char *));
    compare->classes = apr_array_make(compare->p, 2, sizeof(class_t));
    collect_name(compare->methods, known, "GET");
    collect_name(compare->methods, known, "HEAD");
    collect_name(compare->methods, known, "POST");
    for (side = OLD; side < SIDES; side++) {
        const apr_array_header_t *groups = compare->pair[side]->groups;

        for (i = 0; i < groups->nelts; i++) {
            const cors_snapshot_group_t *group =
                APR_ARRAY_IDX(groups, i, const cors_snapshot_group_t *);
            int k;

            collect_names(compare->methods, known, group->policy,
                          CORS_ATTR_METHODS);
            for (k = 0; group->methods && k < group->methods->nelts; k++) {
                collect_name(compare->methods, known,
                             APR_ARRAY_IDX(group->methods, k, const char *));
            }
        }
    }
    for (i = 0; i < compare->methods->nelts; i++) {
        const char *method = APR_ARRAY_IDX(compare->methods, i, const char *);

        if (!cors_fetch_forbidden_method(cors_slice(method))) {
            classify(compare, method);
        }
    }
    classify(compare, OTHER_METHOD);
}

/* Replace the methods of a difference by those that are not concerned, if it has all
 * methods that no configuration names. */
static void finish_methods(const compare_t *compare, cors_compared_t *compared)
{
    apr_array_header_t *others;
    int i;

    if (compared->aspect == CORS_ASPECT_WEBSOCKET) {
        compared->methods = NULL;
        compared->except = false;
    }
    if (!compared->except) {
        return;
    }
    others = apr_array_make(compare->p, 4, sizeof(const char *));
    for (i = 0; i < compare->methods->nelts; i++) {
        const char *method = APR_ARRAY_IDX(compare->methods, i, const char *);

        if (!has_method(compared->methods, method)
            && !cors_fetch_forbidden_method(cors_slice(method))) {
            APR_ARRAY_PUSH(others, const char *) = method;
        }
    }
    compared->methods = others->nelts > 0 ? others : NULL;
    compared->except = others->nelts > 0;
}

/* --- sections */

/* Compare two sections; either may stand for one that the configuration lacks. */
static void compare_sections(compare_t *compare, bool hidden)
{
    bool shown = false;
    int i;

    compare->first = compare->found->nelts;
    divide_methods(compare);
    for (i = 0; i < compare->classes->nelts; i++) {
        compare->class = &APR_ARRAY_IDX(compare->classes, i, class_t);
        memset(compare->covered, 0, sizeof(compare->covered));
        compare_requests(compare);
        if (compare->class->has_get) {
            compare_websocket(compare);
        }
        compare_protected(compare);
        compare_settings(compare);
        if (ends_override(compare) && !compare->absent) {
            /* compare_mode() reports it */
            cover(compare, CORS_ATTR_MODE, CORS_EFFECT_OTHER,
                  CORS_DIRECTION_MORE);
        }
        if (hidden) {
            report_hidden(compare);
        }
        shown = shown || compare->covered[CORS_ATTR_MODE][CORS_EFFECT_REQUEST]
                || compare->covered[CORS_ATTR_MODE][CORS_EFFECT_WEBSOCKET];
    }
    for (i = 0; i < compare->classes->nelts; i++) {
        compare->class = &APR_ARRAY_IDX(compare->classes, i, class_t);
        compare_mode(compare, shown);
    }
    for (i = compare->first; i < compare->found->nelts; i++) {
        finish_methods(compare,
                       &APR_ARRAY_IDX(compare->found, i, cors_compared_t));
    }
}

/* A server of one configuration, with its sections by key. */
typedef struct host_index_t {
    const cors_snapshot_host_t *host;
    const char *key;  /* of the server */
    apr_hash_t *keys; /* key -> const cors_snapshot_section_t * */
    /* path -> likewise, the first section of each path */
    apr_hash_t *paths;
    const struct host_index_t *base; /* whose sections apply, too; or NULL */
    bool all_plain;
} host_index_t;

static host_index_t *index_host(apr_pool_t *p, const cors_snapshot_host_t *host)
{
    host_index_t *index = apr_pcalloc(p, sizeof(*index));
    int i;

    index->host = host;
    index->keys = apr_hash_make(p);
    index->paths = apr_hash_make(p);
    index->all_plain = true;
    for (i = 0; i < host->sections->nelts; i++) {
        const cors_snapshot_section_t *section =
            APR_ARRAY_IDX(host->sections, i, const cors_snapshot_section_t *);

        apr_hash_set(index->keys, section->key, APR_HASH_KEY_STRING, section);
        index->all_plain = index->all_plain && (i == 0 || section->plain);
        if (section->path && !*section->outer
            && !apr_hash_get(index->paths, section->path,
                             APR_HASH_KEY_STRING)) {
            apr_hash_set(index->paths, section->path, APR_HASH_KEY_STRING,
                         section);
        }
    }
    return index;
}

/* Returns a section by its key or path, on the server or on the one it inherits from. */
static const cors_snapshot_section_t *look_up(const host_index_t *index,
                                              bool by_path, const char *key)
{
    const cors_snapshot_section_t *found = NULL;

    for (; index && !found; index = index->base) {
        found = apr_hash_get(by_path ? index->paths : index->keys, key,
                             APR_HASH_KEY_STRING);
    }
    return found;
}

/* Returns the section that applies to the requests of a missing one: the nearest one
 * around it, or the server itself. */
static const cors_snapshot_section_t *
find_around(apr_pool_t *p, const host_index_t *index,
            const cors_snapshot_section_t *section)
{
    const cors_snapshot_section_t *found = NULL;
    char *path;
    char *slash;

    if (*section->outer) {
        found = look_up(index, false, section->outer);
    }
    if (!found && section->path) {
        path = apr_pstrdup(p, section->path);
        found = look_up(index, true, path);
        while (!found && (slash = strrchr(path, '/')) != NULL) {
            /* "/a/" is above "/a/b", too, and so is "/" */
            slash[1] = '\0';
            found = look_up(index, true, path);
            *slash = '\0';
            if (!found) {
                found = look_up(index, true, path);
            }
        }
    }
    if (!found) {
        found = APR_ARRAY_IDX(index->host->sections, 0,
                              const cors_snapshot_section_t *);
    }
    return found;
}

/* Compare a section that one side has. */
static void compare_one(compare_t *compare, const host_index_t *const hosts[],
                        const cors_snapshot_section_t *section, int side,
                        bool hidden)
{
    const int other = side == NOW ? OLD : NOW;

    compare->host = hosts[side]->host;
    compare->section = section;
    compare->pair[side] = section;
    compare->pair[other] = look_up(hosts[other], false, section->key);
    compare->missing[side] = false;
    compare->missing[other] = compare->pair[other] == NULL;
    if (!compare->pair[other]) {
        compare->pair[other] = find_around(compare->p, hosts[other], section);
    }
    compare_sections(compare, hidden);
}

static bool is_all_plain(const host_index_t *index)
{
    for (; index; index = index->base) {
        if (!index->all_plain) {
            return false;
        }
    }
    return true;
}

/* Returns whether two sections are certainly of different kinds, which httpd applies in an
 * order of its own: a <Files> section and a <Location> section. */
static bool differ_in_kind(const cors_snapshot_section_t *one,
                           const cors_snapshot_section_t *other)
{
    const apr_size_t len = strlen("<Loc");

    return one->title && other->title && !strchr(one->title + 1, '<')
           && !strchr(other->title + 1, '<')
           && strncmp(one->title, other->title, len) != 0;
}

/* Returns whether the order of two sections can matter: neither their paths nor their kinds
 * determine it, and both set an attribute. */
static bool depends_on_order(const cors_snapshot_section_t *one,
                             const cors_snapshot_section_t *other)
{
    const cors_setting_t *first;
    const cors_setting_t *second;
    int attr;
    int i;
    int k;

    if ((one->path && other->path) || differ_in_kind(one, other)) {
        return false;
    }
    for (i = 0; i < one->groups->nelts; i++) {
        for (k = 0; k < other->groups->nelts; k++) {
            for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
                first =
                    APR_ARRAY_IDX(one->groups, i, const cors_snapshot_group_t *)
                        ->own->link[attr]
                        .setting;
                second = APR_ARRAY_IDX(other->groups, k,
                                       const cors_snapshot_group_t *)
                             ->own->link[attr]
                             .setting;
                if (first && second) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Returns the numbers of the old sections in the order of those now; -1: a section is new. */
static int *old_order(apr_pool_t *p, const host_index_t *old,
                      const host_index_t *now)
{
    const apr_array_header_t *sections = now->host->sections;
    apr_hash_t *numbers = apr_hash_make(p);
    int *order = apr_palloc(p, (apr_size_t)sections->nelts * sizeof(*order));
    int *number =
        apr_palloc(p, (apr_size_t)old->host->sections->nelts * sizeof(*number));
    int i;

    for (i = 0; i < old->host->sections->nelts; i++) {
        number[i] = i;
        apr_hash_set(numbers,
                     APR_ARRAY_IDX(old->host->sections, i,
                                   const cors_snapshot_section_t *)
                         ->key,
                     APR_HASH_KEY_STRING, &number[i]);
    }
    for (i = 0; i < sections->nelts; i++) {
        const int *found = apr_hash_get(
            numbers,
            APR_ARRAY_IDX(sections, i, const cors_snapshot_section_t *)->key,
            APR_HASH_KEY_STRING);

        order[i] = found ? *found : -1;
    }
    return order;
}

/* Report a section that has changed places with another one. */
static void report_order(compare_t *compare, const cors_snapshot_host_t *host,
                         const cors_snapshot_section_t *section)
{
    cors_compared_t compared;

    memset(&compared, 0, sizeof(compared));
    compared.change = CORS_CHANGE_UNDECIDED;
    compared.aspect = CORS_ASPECT_SETTING;
    compared.place.host = host;
    compared.place.section = section;
    compared.obstacle = "the order of sections that may apply to the same "
                        "request";
    *(cors_compared_t *)apr_array_push(compare->found) = compared;
}

/* Compare the order of the sections of a server. If several apply to a request, the last
 * one decides. */
static void compare_order(compare_t *compare, const host_index_t *old,
                          const host_index_t *now)
{
    const apr_array_header_t *sections = now->host->sections;
    const int *order = old_order(compare->p, old, now);
    int i;
    int k;

    for (i = 0; i < sections->nelts; i++) {
        const cors_snapshot_section_t *section =
            APR_ARRAY_IDX(sections, i, const cors_snapshot_section_t *);

        for (k = 0; k < i && order[i] >= 0; k++) {
            if (order[k] > order[i]
                && depends_on_order(
                    APR_ARRAY_IDX(sections, k, const cors_snapshot_section_t *),
                    section)) {
                report_order(compare, now->host, section);
                break;
            }
        }
    }
}

/* Add the settings of all sections that may apply on a server. */
static void add_present(cors_present_t *present, const host_index_t *index)
{
    int i;
    int k;

    for (; index; index = index->base) {
        for (i = 0; i < index->host->sections->nelts; i++) {
            const cors_snapshot_section_t *section =
                APR_ARRAY_IDX(index->host->sections, i,
                              const cors_snapshot_section_t *);

            for (k = 0; k < section->groups->nelts; k++) {
                cors_present_add(present,
                                 APR_ARRAY_IDX(section->groups, k,
                                               const cors_snapshot_group_t *)
                                     ->policy);
            }
        }
    }
}

/* Compare the sections of a server of both configurations. */
static void compare_hosts(compare_t *compare, const host_index_t *old,
                          const host_index_t *now)
{
    const host_index_t *const hosts[] = { old, now };
    /* a server that only one side has is compared with none: everything of it differs */
    const bool hidden =
        old->key && now->key && (!is_all_plain(old) || !is_all_plain(now));
    int i;

    compare->absent = !old->key || !now->key;
    memset(&compare->present, 0, sizeof(compare->present));
    if (hidden) {
        add_present(&compare->present, old);
        add_present(&compare->present, now);
    }
    for (i = 0; i < now->host->sections->nelts; i++) {
        compare_one(compare, hosts,
                    APR_ARRAY_IDX(now->host->sections, i,
                                  const cors_snapshot_section_t *),
                    NOW, hidden);
    }
    for (i = 0; i < old->host->sections->nelts; i++) {
        const cors_snapshot_section_t *section =
            APR_ARRAY_IDX(old->host->sections, i,
                          const cors_snapshot_section_t *);

        if (!apr_hash_get(now->keys, section->key, APR_HASH_KEY_STRING)) {
            compare_one(compare, hosts, section, OLD, hidden);
        }
    }
    if (hidden) {
        compare_order(compare, old, now);
    }
}

/* --- configurations */

static const char *host_key(apr_pool_t *p, const cors_snapshot_host_t *host)
{
    if (!host->address) {
        return "";
    }
    return apr_pstrcat(p, host->address, " ", host->name ? host->name : "",
                       NULL);
}

/* Index the servers of a configuration by name and address. A server that is there twice
 * has the number 2 in its key, and so on. */
static apr_array_header_t *
index_hosts(apr_pool_t *p, const cors_snapshot_t *snapshot, apr_hash_t *keys)
{
    apr_array_header_t *all =
        apr_array_make(p, snapshot->hosts->nelts, sizeof(host_index_t *));
    int number;
    int i;

    for (i = 0; i < snapshot->hosts->nelts; i++) {
        const cors_snapshot_host_t *host =
            APR_ARRAY_IDX(snapshot->hosts, i, const cors_snapshot_host_t *);
        host_index_t *index = index_host(p, host);
        const char *key = host_key(p, host);
        const char *unique = key;

        for (number = 2; apr_hash_get(keys, unique, APR_HASH_KEY_STRING);
             number++) {
            unique = apr_psprintf(p, "%s %d", key, number);
        }
        apr_hash_set(keys, unique, APR_HASH_KEY_STRING, index);
        index->key = unique;
        if (host->inherits) {
            index->base = APR_ARRAY_IDX(all, 0, host_index_t *);
        }
        APR_ARRAY_PUSH(all, host_index_t *) = index;
    }
    return all;
}

/* Returns a server without a policy in place of one that a configuration lacks. */
static host_index_t *make_absent(apr_pool_t *p,
                                 const cors_snapshot_host_t *present)
{
    cors_snapshot_host_t *host = apr_pcalloc(p, sizeof(*host));
    cors_snapshot_section_t *section = apr_pcalloc(p, sizeof(*section));
    cors_snapshot_group_t *group = apr_pcalloc(p, sizeof(*group));
    cors_policy_t *policy = apr_pcalloc(p, sizeof(*policy));
    apr_array_header_t *groups = apr_array_make(p, 1, sizeof(group));

    host->name = present->name;
    host->address = present->address;
    group->policy = policy;
    group->own = policy;
    APR_ARRAY_PUSH(groups, const cors_snapshot_group_t *) = group;
    section->key = "";
    section->outer = "";
    section->groups = groups;
    host->sections = apr_array_make(p, 1, sizeof(section));
    APR_ARRAY_PUSH(host->sections, cors_snapshot_section_t *) = section;
    return index_host(p, host);
}

/* Returns a text that two differences have in common if only their sections differ. */
static const char *signature_of(apr_pool_t *p, const cors_compared_t *compared)
{
    const char *const texts[] = {
        compared->origin,         compared->headers, compared->directive,
        compared->before,         compared->now,     compared->decided_by,
        compared->decided_before, compared->obstacle
    };
    const char *text =
        apr_psprintf(p, "%d %d %d %d %d ", (int)compared->change,
                     (int)compared->aspect, compared->credentials,
                     compared->more, compared->except);
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        text = apr_pstrcat(p, text, "\n", texts[i] ? texts[i] : "\t", NULL);
    }
    return apr_pstrcat(p, text, "\n",
                       compared->methods
                           ? apr_array_pstrcat(p, compared->methods, ' ')
                           : "",
                       NULL);
}

/* Merge the differences of several sections that have the same cause. */
static apr_array_header_t *merge_sections(apr_pool_t *p,
                                          const apr_array_header_t *found)
{
    apr_array_header_t *merged =
        apr_array_make(p, found->nelts, sizeof(cors_compared_t));
    apr_hash_t *known = apr_hash_make(p);
    int i;

    for (i = 0; i < found->nelts; i++) {
        const cors_compared_t *compared =
            &APR_ARRAY_IDX(found, i, cors_compared_t);
        const char *signature = signature_of(p, compared);
        /* merged has room for all, so its elements do not move */
        cors_compared_t *first =
            apr_hash_get(known, signature, APR_HASH_KEY_STRING);

        if (!first) {
            first = apr_array_push(merged);
            *first = *compared;
            apr_hash_set(known, signature, APR_HASH_KEY_STRING, first);
            continue;
        }
        if (!first->also) {
            first->also = apr_array_make(p, 4, sizeof(cors_place_t));
        }
        APR_ARRAY_PUSH(first->also, cors_place_t) = compared->place;
    }
    return merged;
}

static int compare_changes(const void *one, const void *other)
{
    const cors_compared_t *first = one;
    const cors_compared_t *second = other;

    if (first->change != second->change) {
        return (int)first->change - (int)second->change;
    }
    if (first->credentials != second->credentials) {
        return (int)second->credentials - (int)first->credentials;
    }
    if (first->aspect != second->aspect) {
        return (int)first->aspect - (int)second->aspect;
    }
    return first->number - second->number;
}

static void sort_changes(apr_array_header_t *found)
{
    int i;

    for (i = 0; i < found->nelts; i++) {
        APR_ARRAY_IDX(found, i, cors_compared_t).number = i;
    }
    qsort(found->elts, (size_t)found->nelts, sizeof(cors_compared_t),
          compare_changes);
}

apr_array_header_t *cors_compare(apr_pool_t *p, const cors_snapshot_t *old,
                                 const cors_snapshot_t *now)
{
    apr_hash_t *old_keys = apr_hash_make(p);
    apr_hash_t *now_keys = apr_hash_make(p);
    const apr_array_header_t *old_hosts = index_hosts(p, old, old_keys);
    const apr_array_header_t *now_hosts = index_hosts(p, now, now_keys);
    const host_index_t *other;
    compare_t compare;
    int i;

    memset(&compare, 0, sizeof(compare));
    compare.p = p;
    compare.lists = cors_lists_make(p, old->files, now->files);
    compare.found = apr_array_make(p, 8, sizeof(cors_compared_t));
    for (i = 0; i < now_hosts->nelts; i++) {
        const host_index_t *host =
            APR_ARRAY_IDX(now_hosts, i, const host_index_t *);

        other = apr_hash_get(old_keys, host->key, APR_HASH_KEY_STRING);
        compare_hosts(&compare, other ? other : make_absent(p, host->host),
                      host);
    }
    for (i = 0; i < old_hosts->nelts; i++) {
        const host_index_t *host =
            APR_ARRAY_IDX(old_hosts, i, const host_index_t *);

        if (!apr_hash_get(now_keys, host->key, APR_HASH_KEY_STRING)) {
            compare_hosts(&compare, host, make_absent(p, host->host));
        }
    }
    compare.found = merge_sections(p, compare.found);
    sort_changes(compare.found);
    return compare.found;
}

/* --- text */

const char *cors_change_text(cors_change_e change)
{
    static const char *const texts[] = { "newly allowed", "weaker", "undecided",
                                         "no longer allowed", "changed" };

    return texts[change];
}

const char *cors_aspect_text(cors_aspect_e aspect)
{
    static const char *const texts[] = { "request", "response-headers",
                                         "websocket", "protect", "setting" };

    return texts[aspect];
}

/* Returns the section and the server of a difference: "<Location /api> of a.example". */
static const char *place_text(apr_pool_t *p, const cors_compared_t *compared)
{
    const int also = compared->also ? compared->also->nelts : 0;
    const char *more = "";
    const char *server =
        compared->place.host->name ? compared->place.host->name : "-";

    if (compared->place.host->address) {
        server = apr_pstrcat(p, server, " (", compared->place.host->address,
                             ")", NULL);
    }
    if (also > 0) {
        more = apr_psprintf(p, " and %d other section%s", also,
                            also > 1 ? "s" : "");
    }
    if (compared->place.section->title) {
        return apr_pstrcat(p, compared->place.section->title, " of ", server,
                           more, NULL);
    }
    return apr_pstrcat(p, "server ", server, more, NULL);
}

static const char *methods_text(apr_pool_t *p, const cors_compared_t *compared)
{
    const char *names;

    if (compared->aspect == CORS_ASPECT_WEBSOCKET) {
        return "WebSocket";
    }
    if (!compared->methods) {
        return "all methods";
    }
    names = apr_array_pstrcat(p, compared->methods, ' ');
    return compared->except ? apr_pstrcat(p, "all methods except ", names, NULL)
                            : names;
}

/* Returns what a request of the origin has, to append to the methods. */
static const char *detail_text(apr_pool_t *p, const cors_compared_t *compared)
{
    const char *text = "";

    if (compared->aspect == CORS_ASPECT_PROTECT) {
        return ", past CorsProtect";
    }
    if (compared->aspect == CORS_ASPECT_EXPOSE) {
        return apr_pstrcat(p, ", reading ", compared->headers, NULL);
    }
    if (compared->headers) {
        text = apr_pstrcat(p, ", with the header ", compared->headers, NULL);
    }
    if (compared->credentials && compared->aspect == CORS_ASPECT_REQUEST) {
        text = apr_pstrcat(p, text, ", with credentials", NULL);
    }
    return text;
}

static const char *subject_text(apr_pool_t *p, const cors_compared_t *compared)
{
    if (compared->origin) {
        return apr_pstrcat(p, compared->origin,
                           compared->more ? " and others" : "", NULL);
    }
    if (compared->directive && compared->now) {
        return apr_pstrcat(p, compared->directive, " ", compared->now,
                           ", before ", compared->before, NULL);
    }
    if (compared->directive) {
        return apr_pstrcat(p, "a change of ", compared->directive, NULL);
    }
    return compared->aspect == CORS_ASPECT_SETTING ? "the policy"
                                                   : "the origins";
}

const char *cors_compared_line(apr_pool_t *p, const cors_compared_t *compared)
{
    const char *text =
        apr_pstrcat(p, cors_change_text(compared->change), ": ",
                    subject_text(p, compared), " on ", place_text(p, compared),
                    ", ", methods_text(p, compared), detail_text(p, compared),
                    NULL);

    if (compared->obstacle) {
        text = apr_pstrcat(p, text, ": ", compared->obstacle, NULL);
    }
    if (compared->decided_by) {
        text = apr_pstrcat(p, text, " (", compared->decided_by,
                           "; before: ", compared->decided_before, ")", NULL);
    }
    return text;
}

/* Returns the scheme, host and port of a server: "https://a.example". The scheme of a
 * server is not known; the port suggests it. */
static const char *server_url(apr_pool_t *p, const cors_compared_t *compared)
{
    const bool websocket = compared->aspect == CORS_ASPECT_WEBSOCKET;
    const char *address = compared->place.host->address;
    const char *port = address ? strrchr(address, ':') : NULL;
    const char *scheme = websocket ? "ws" : "http";

    if (port && strcmp(port, ":443") == 0) {
        scheme = websocket ? "wss" : "https";
        port = NULL;
    }
    if (port
        && (strcmp(port, ":80") == 0 || strcmp(port, ":*") == 0
            || strcmp(port, ":0") == 0)) {
        port = NULL;
    }
    return apr_pstrcat(p, scheme, "://", compared->place.host->name,
                       port ? port : "", NULL);
}

/* Returns one method of a difference. */
static const char *one_method(const cors_compared_t *compared)
{
    if (compared->aspect == CORS_ASPECT_PROTECT) {
        if (!compared->methods
            || has_method(compared->methods, "POST") != compared->except) {
            return "POST";
        }
    }
    if (!compared->methods) {
        return "GET";
    }
    if (!compared->except) {
        return APR_ARRAY_IDX(compared->methods, 0, const char *);
    }
    return has_method(compared->methods, "GET") ? OTHER_METHOD : "GET";
}

const char *cors_compared_request(apr_pool_t *p,
                                  const cors_compared_t *compared)
{
    const cors_snapshot_section_t *section = compared->place.section;
    const char *path = "/";
    const char *text;

    if (!compared->origin || !compared->place.host->name
        || (section->title && !section->plain)) {
        return NULL;
    }
    if (section->plain) {
        path = strchr(section->path, ' ') + 1;
    }
    text = apr_pstrcat(p, one_method(compared), " ", server_url(p, compared),
                       path, " from ", compared->origin, NULL);
    if (compared->headers && compared->aspect == CORS_ASPECT_REQUEST) {
        text = apr_pstrcat(p, text, " with ", compared->headers, NULL);
    }
    if (compared->credentials && compared->aspect != CORS_ASPECT_WEBSOCKET) {
        text = apr_pstrcat(p, text, " and cookies", NULL);
    }
    return text;
}
