/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Combines the policies of two URLs of one request.
 *
 * A request can be served by a resource other than the requested one: an index, a
 * variant or a front controller. A grant then needs both policies. This file computes
 * what both allow. It does not know how httpd got from one resource to the other. It
 * does not refuse requests: a refusal needs only one policy.
 *
 * Sections that match both URLs must not be applied against the requested URL.
 * Otherwise, CorsPolicy Off in the document root would revoke every policy of a
 * <Location>. httpd merges sections in pairs, so the unmerged sections of the two
 * merges are compared by address.
 */

#include "core/policy/combine.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/list.h"

/* The maximum number of entries that are tried as origins if the lists have no regular
 * expression. Each regular expression makes a trial more expensive, so fewer are tried. */
#define TRIED_MAX 100

/* A setting of the served resource, in the form of cors_link_t. */
typedef struct chain_t {
    const cors_setting_t *setting;
    bool only_served; /* its section does not match the requested URL */
    const struct chain_t *outer;
} chain_t;

typedef struct {
    apr_pool_t *p;
    const cors_section_t *asked;
    cors_methods_t methods;
    /* the section being visited */
    bool only_served;
    const chain_t *chain[CORS_ATTR_COUNT];
} overlay_t;

static void add_setting(void *context, cors_attr_e attr,
                        const cors_setting_t *setting)
{
    overlay_t *overlay = context;
    chain_t *link = apr_palloc(overlay->p, sizeof(*link));

    link->setting = setting;
    link->only_served = overlay->only_served;
    link->outer = setting->edit ? overlay->chain[attr] : NULL;
    overlay->chain[attr] = link;
}

static void add_section(void *context, const cors_section_t *section)
{
    overlay_t *overlay = context;

    overlay->only_served = !cors_section_has(overlay->asked, section);
    cors_section_visit(section, overlay->methods, add_setting, overlay);
}

static bool is_only_served(const chain_t *chain)
{
    for (; chain; chain = chain->outer) {
        if (chain->only_served) {
            return true;
        }
    }
    return false;
}

/*
 * Fills a link. The settings that only the served resource has come first; the
 * settings of the requested URL follow.
 */
static void put_link(apr_pool_t *p, const chain_t *chain,
                     const cors_link_t *asked, cors_link_t *link)
{
    cors_link_t *outer;

    if (!is_only_served(chain)) {
        *link = *asked;
        return;
    }
    link->setting = chain->setting;
    link->outer = NULL;
    if (chain->setting->edit) {
        outer = apr_palloc(p, sizeof(*outer));
        put_link(p, chain->outer, asked, outer);
        link->outer = outer->setting ? outer : NULL;
    }
}

bool cors_policy_overlay(apr_pool_t *p, const cors_policy_t *asked,
                         const cors_section_t *of, const cors_section_t *served,
                         cors_methods_t methods, cors_policy_t *overlay)
{
    overlay_t context = { p, of, methods, false, { NULL } };
    bool found = false;
    int attr;

    cors_section_visit_leaves(served, add_section, &context);
    memset(overlay, 0, sizeof(*overlay));
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        found = found || is_only_served(context.chain[attr]);
        put_link(p, context.chain[attr], &asked->link[attr],
                 &overlay->link[attr]);
    }
    cors_policy_complete(overlay);
    return found
           && cors_policy_number(overlay, CORS_ATTR_MODE)
                  != CORS_MODE_REPORT_ONLY;
}

static bool lists_all(const cors_policy_t *policy, cors_attr_e attr)
{
    bool edited;

    return cors_policy_wildcard(policy, attr, &edited) != NULL;
}

/* Returns the names that both policies expose, or NULL. */
static const char *exposed_by_both(apr_pool_t *p, const cors_policy_t *one,
                                   const cors_policy_t *other)
{
    const char *text = cors_policy_joined(p, one, CORS_ATTR_EXPOSE);
    cors_joined_t joined = { NULL, 0, 0 };
    cors_slice_t rest = cors_slice(text);
    cors_slice_t name;

    if (!text || lists_all(other, CORS_ATTR_EXPOSE)) {
        return text;
    }
    if (lists_all(one, CORS_ATTR_EXPOSE)) {
        return cors_policy_joined(p, other, CORS_ATTR_EXPOSE);
    }
    while (cors_list_next(&rest, &name)) {
        if (cors_policy_name_listed(other, CORS_ATTR_EXPOSE, name)
            != CORS_NAME_UNLISTED) {
            cors_join(p, &joined, ", ", name);
        }
    }
    return joined.text;
}

/*
 * Returns the CorsBackendHeaders of both policies. The backend may expose names if both
 * let it; it decides on credentials if one says so. Keep lets it do everything.
 */
static cors_link_t kept_by_both(apr_pool_t *p, const cors_policy_t *asked,
                                const cors_policy_t *overlay)
{
    const int one = cors_policy_number(asked, CORS_ATTR_BACKEND);
    const int other = cors_policy_number(overlay, CORS_ATTR_BACKEND);
    const bool exposes = one != CORS_BACKEND_REPLACE
                         && one != CORS_BACKEND_KEEP_CREDENTIALS
                         && other != CORS_BACKEND_REPLACE
                         && other != CORS_BACKEND_KEEP_CREDENTIALS;
    const bool decides = one >= CORS_BACKEND_KEEP_CREDENTIALS
                         || other >= CORS_BACKEND_KEEP_CREDENTIALS;
    cors_link_t both = asked->link[CORS_ATTR_BACKEND];
    cors_setting_t *setting;
    int choice = exposes ? CORS_BACKEND_KEEP_EXPOSED : CORS_BACKEND_REPLACE;

    if (decides) {
        choice =
            exposes ? CORS_BACKEND_KEEP_BOTH : CORS_BACKEND_KEEP_CREDENTIALS;
    }
    if (one == other || choice == one) {
        return both;
    }
    if (choice == other) {
        return overlay->link[CORS_ATTR_BACKEND];
    }
    /* a default has no setting */
    setting =
        apr_pmemdup(p,
                    both.setting ? both.setting
                                 : overlay->link[CORS_ATTR_BACKEND].setting,
                    sizeof(*setting));
    setting->choice = choice;
    both.setting = setting;
    return both;
}

void cors_policy_both(apr_pool_t *p, const cors_policy_t *asked,
                      const cors_policy_t *overlay, cors_policy_t *both)
{
    const cors_attr_e lists[] = { CORS_ATTR_METHODS, CORS_ATTR_HEADERS };
    apr_size_t i;

    *both = *asked;
    /* a grant needs both policies */
    if (!cors_policy_number(overlay, CORS_ATTR_CREDENTIALS)) {
        both->link[CORS_ATTR_CREDENTIALS] =
            overlay->link[CORS_ATTR_CREDENTIALS];
    }
    both->link[CORS_ATTR_BACKEND] = kept_by_both(p, asked, overlay);
    both->constant = asked->constant && overlay->constant;
    both->varies = !both->constant && (asked->varies || overlay->varies);
    both->has_tenants = asked->has_tenants || overlay->has_tenants;
    if (!asked->tenant_vary) {
        both->tenant_vary = overlay->tenant_vary;
    }
    else if (overlay->tenant_vary) {
        both->tenant_vary = apr_pstrcat(p, asked->tenant_vary, ", ",
                                        overlay->tenant_vary, NULL);
    }
    if (!asked->problem && overlay->problem) {
        both->problem = overlay->problem;
        both->conflict[0] = overlay->conflict[0];
        both->conflict[1] = overlay->conflict[1];
    }
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        both->joined[lists[i]] = cors_policy_joined(p, asked, lists[i]);
    }
    both->joined[CORS_ATTR_EXPOSE] = exposed_by_both(p, asked, overlay);
    both->timing = cors_policy_timing(p, asked);
    both->rendered = true;
}

/* Returns the origins that two values of Timing-Allow-Origin have in common. */
static const char *timing_in_both(apr_pool_t *p, const char *one,
                                  const char *other)
{
    cors_joined_t joined = { NULL, 0, 0 };
    cors_slice_t rest = cors_slice(one);
    cors_slice_t origin;

    if (strcmp(one, "*") == 0) {
        return other;
    }
    if (strcmp(other, "*") == 0) {
        return one;
    }
    while (cors_list_next(&rest, &origin)) {
        if (cors_list_has(other, origin, false)) {
            cors_join(p, &joined, ", ", origin);
        }
    }
    return joined.text ? joined.text : "";
}

static const char *timing_of_both(apr_pool_t *p, const cors_policy_t *asked,
                                  const cors_policy_t *overlay)
{
    const char *one = cors_policy_timing(p, asked);
    const char *other = cors_policy_timing(p, overlay);

    if (!asked->link[CORS_ATTR_TIMING].setting) {
        return other;
    }
    if (!one || !cors_policy_number(overlay, CORS_ATTR_TIMING)) {
        return NULL;
    }
    /* a policy that is off allows no origin */
    return timing_in_both(p, one, other ? other : "");
}

/* Returns the CorsResourcePolicy of both policies: the stricter one. */
static const cors_link_t *stricter_resource(const cors_policy_t *asked,
                                            const cors_policy_t *overlay)
{
    const int one = cors_policy_number(asked, CORS_ATTR_RESOURCE);
    const int other = cors_policy_number(overlay, CORS_ATTR_RESOURCE);

    if (other != CORS_RESOURCE_OFF
        && (one == CORS_RESOURCE_OFF || other < one)) {
        return &overlay->link[CORS_ATTR_RESOURCE];
    }
    return &asked->link[CORS_ATTR_RESOURCE];
}

void cors_policy_fixed_of_both(apr_pool_t *p, const cors_policy_t *asked,
                               const cors_policy_t *overlay,
                               cors_policy_t *both)
{
    if (!both->rendered) {
        cors_policy_render(p, both);
    }
    both->timing = timing_of_both(p, asked, overlay);
    both->link[CORS_ATTR_RESOURCE] = *stricter_resource(asked, overlay);
    both->adds_fixed =
        both->timing || cors_policy_number(both, CORS_ATTR_RESOURCE);
}

bool cors_decide_served(const cors_policy_t *overlay, const cors_facts_t *facts,
                        cors_decision_t *decision)
{
    const cors_setting_t *mode = overlay->link[CORS_ATTR_MODE].setting;
    cors_decision_t served;

    if (!decision->origin_allowed || decision->preflight) {
        return false;
    }
    if (mode->choice == CORS_MODE_OFF) {
        served = *decision;
        served.origin_allowed = false;
        served.verdict = CORS_VERDICT_DENIED;
        served.reason = CORS_REASON_POLICY_OFF;
        served.attr = CORS_ATTR_MODE;
        served.setting = mode;
    }
    else {
        cors_decide(overlay, facts, &served);
        if (served.origin_allowed) {
            return false;
        }
    }
    if (facts->websocket) {
        /* the verdict applies to the handshake */
        decision->origin_allowed = false;
        return false;
    }
    *decision = served;
    decision->reject = false;
    return true;
}

/* Returns the setting by which the served resource denies an origin that the requested
 * URL allows; NULL: none. */
static const cors_setting_t *denied_by(const cors_policy_t *asked,
                                       const cors_policy_t *overlay,
                                       const char *origin)
{
    cors_facts_t facts;
    cors_decision_t decision;

    memset(&facts, 0, sizeof(facts));
    facts.origin = cors_slice(origin);
    cors_decide(asked, &facts, &decision);
    if (cors_decide_served(overlay, &facts, &decision)) {
        return decision.setting;
    }
    return NULL;
}

/* Returns an origin that an entry matches; NULL: unknown. */
static const char *sample_of(apr_pool_t *p, const cors_origin_entry_t *word)
{
    const char *wildcard = strstr(word->text, "://*.");
    apr_size_t len = strlen(word->text);
    char *sample;

    if (word->exclude || word->regex || word->file) {
        return NULL;
    }
    sample = apr_pstrmemdup(p, word->text, len);
    if (wildcard) {
        sample[wildcard - word->text + 3] = 'x';
    }
    if (len > 2 && strcmp(sample + len - 2, ":*") == 0) {
        sample[len - 2] = '\0';
    }
    return sample;
}

static int count_regexes(const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];
    int count = 0;

    for (; link && link->setting; link = link->outer) {
        count += cors_origin_set_regexes(link->setting->origins);
    }
    return count;
}

/* Returns the setting that denies an entry of the requested URL's lists; NULL: none.
 *
 * left: the maximum number of entries to try
 */
static const cors_setting_t *denied_entry(apr_pool_t *p,
                                          const cors_policy_t *asked,
                                          const cors_policy_t *overlay,
                                          int left, const char **origin)
{
    const cors_link_t *link = &asked->link[CORS_ATTR_ORIGINS];
    const cors_setting_t *denied = NULL;

    for (; link && link->setting && !denied; link = link->outer) {
        const cors_origin_set_t *set = link->setting->origins;
        int count = cors_origin_set_count(set);
        int i;

        for (i = 0; i < count && !denied && left > 0; i++, left--) {
            *origin = sample_of(p, cors_origin_set_entry(set, i));
            denied = *origin ? denied_by(asked, overlay, *origin) : NULL;
        }
    }
    return denied;
}

const cors_setting_t *cors_policy_narrowed(apr_pool_t *p,
                                           const cors_policy_t *asked,
                                           const cors_policy_t *overlay,
                                           const char **origin)
{
    const cors_setting_t *denied = NULL;
    int left = TRIED_MAX / (1 + count_regexes(asked) + count_regexes(overlay));

    *origin = NULL;
    if (cors_policy_allows_none(asked, CORS_ATTR_ORIGINS, true)) {
        return NULL;
    }
    if (cors_policy_number(overlay, CORS_ATTR_MODE) == CORS_MODE_OFF) {
        return overlay->link[CORS_ATTR_MODE].setting;
    }
    if (cors_policy_allows_none(overlay, CORS_ATTR_ORIGINS, false)) {
        return overlay->link[CORS_ATTR_ORIGINS].setting;
    }
    /* a name that no list has */
    if (left > 0) {
        denied = denied_by(asked, overlay, "https://origin.invalid");
    }
    if (!denied) {
        denied = denied_entry(p, asked, overlay, left, origin);
    }
    if (denied) {
        return denied;
    }
    *origin = NULL;
    if (cors_policy_number(asked, CORS_ATTR_CREDENTIALS)
        && !cors_policy_number(overlay, CORS_ATTR_CREDENTIALS)) {
        return overlay->link[CORS_ATTR_CREDENTIALS].setting;
    }
    return NULL;
}
