/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Merges all sections that apply into the policy of one request. It is a separate
 * file because it alone knows how settings combine: a setting replaces the outer one,
 * and a list with "+" or "-" edits it. It does not decide about requests. Most
 * policies are computed at start-up and stored with their section, one per group of
 * methods; a request merges sections only where .htaccess or <If> adds one. A policy
 * with a contradiction is still complete, and its problem field is set.
 */

#include "core/policy/policy.h"

#include <limits.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "core/base/compiler.h"
#include "core/base/list.h"
#include "core/base/text_map.h"
#include "core/origin/origin.h"
#include "core/origin/origin_set.h"

#define STATUS_ALLOWED 204
#define STATUS_DENIED 403

/* The context of a merge: the policy to fill, and the pool of its links. */
typedef struct {
    apr_pool_t *p;
    cors_policy_t *policy;
    bool configured; /* without the settings of .htaccess files */
} resolving_t;

static bool is_strict(const cors_setting_t *protection)
{
    return protection->choice > CORS_PROTECTION_REPORT_ONLY;
}

/* Returns how much a CorsProtect does, apart from Strict. */
static int rank_of(const cors_setting_t *protection)
{
    static const int ranks[] = { 0, 2, 1 }; /* Off, On, ReportOnly */

    return ranks[cors_protection_of(protection->choice)];
}

/* Returns the CorsProtect of a .htaccess file merged with the one outside of it, which
 * it can strengthen only. */
static const cors_setting_t *strengthen(apr_pool_t *p,
                                        const cors_setting_t *outer,
                                        const cors_setting_t *local)
{
    const cors_setting_t *stronger =
        rank_of(local) < rank_of(outer) ? outer : local;
    cors_setting_t *both;

    if (is_strict(stronger) || (!is_strict(outer) && !is_strict(local))) {
        return stronger;
    }
    both = apr_pmemdup(p, stronger, sizeof(*both));
    both->choice += CORS_PROTECTION_STRICT;
    return both;
}

static void resolve_setting(void *context, cors_attr_e attr,
                            const cors_setting_t *setting)
{
    const resolving_t *resolving = context;
    cors_link_t *link = &resolving->policy->link[attr];
    cors_link_t *outer = NULL;

    if (setting->local) {
        if (resolving->configured) {
            return;
        }
        resolving->policy->local = true;
        if (attr == CORS_ATTR_PROTECT && link->setting) {
            setting = strengthen(resolving->p, link->setting, setting);
        }
    }
    if (setting->edit && link->setting) {
        outer = apr_palloc(resolving->p, sizeof(*outer));
        *outer = *link;
    }
    link->setting = setting;
    link->outer = outer;
}

void cors_policy_preflight_status(const cors_policy_t *policy, int *allowed,
                                  int *denied)
{
    const cors_setting_t *setting =
        policy->link[CORS_ATTR_PREFLIGHT_STATUS].setting;

    *allowed = setting ? (int)setting->allowed_status : STATUS_ALLOWED;
    *denied = setting && setting->denied_status ? (int)setting->denied_status
                                                : STATUS_DENIED;
}

bool cors_policy_checks_websocket(const cors_policy_t *policy)
{
    return policy->link[CORS_ATTR_WEBSOCKET_ORIGINS].setting != NULL;
}

bool cors_policy_enforces_websocket(const cors_policy_t *policy)
{
    return cors_policy_checks_websocket(policy)
           && cors_policy_number(policy, CORS_ATTR_MODE)
                  != CORS_MODE_REPORT_ONLY;
}

bool cors_policy_names_self(const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_WEBSOCKET_ORIGINS];

    while (link && link->setting
           && !cors_origin_set_names_self(link->setting->origins)) {
        link = link->outer;
    }
    return link && link->setting;
}

cors_listing_e cors_policy_origin_listing(const cors_policy_t *policy,
                                          cors_attr_e attr,
                                          const cors_origin_t *origin, bool own,
                                          const cors_setting_t **setting)
{
    bool null_ok = cors_policy_number(policy, CORS_ATTR_NULL_UNSAFE);
    const cors_link_t *link = &policy->link[attr];

    *setting = link->setting;
    for (; link && link->setting; link = link->outer) {
        cors_listing_e listing =
            cors_origin_set_lookup(link->setting->origins, origin, null_ok);

        if (own) {
            listing = cors_origin_set_self(link->setting->origins, listing);
        }
        if (listing != CORS_ORIGIN_UNLISTED) {
            *setting = link->setting;
            return listing;
        }
    }
    return CORS_ORIGIN_UNLISTED;
}

bool cors_policy_allows_none(const cors_policy_t *policy, cors_attr_e attr,
                             bool yet)
{
    const cors_link_t *link;

    for (link = &policy->link[attr]; link && link->setting;
         link = link->outer) {
        if (!cors_origin_set_empty(link->setting->origins, yet)) {
            return false;
        }
    }
    return true;
}

static const cors_name_set_t *default_names(cors_attr_e attr)
{
    switch (attr) {
    case CORS_ATTR_METHODS:
        return cors_name_set_default(CORS_NAMES_METHODS);
    case CORS_ATTR_HEADERS:
        return cors_name_set_default(CORS_NAMES_REQUEST_HEADERS);
    default:
        return cors_name_set_default(CORS_NAMES_RESPONSE_HEADERS);
    }
}

const cors_link_t *cors_link_edits(const cors_link_t *link)
{
    /* An edit without an outer setting edits the default. */
    static const cors_link_t by_default = { NULL, NULL };

    if (!link->setting || !link->setting->edit) {
        return NULL;
    }
    return link->outer ? link->outer : &by_default;
}

const cors_name_set_t *cors_link_names(const cors_link_t *link,
                                       cors_attr_e attr)
{
    return link->setting ? link->setting->names : default_names(attr);
}

cors_name_listing_e cors_policy_name_listed(const cors_policy_t *policy,
                                            cors_attr_e attr, cors_slice_t name)
{
    const cors_link_t *link;

    for (link = &policy->link[attr]; link; link = cors_link_edits(link)) {
        const cors_name_set_t *names = cors_link_names(link, attr);

        if (cors_name_set_takes_out(names, name)) {
            return CORS_NAME_UNLISTED;
        }
        if (cors_name_set_lists(names, name)) {
            return CORS_NAME_LISTED;
        }
        if (names->wildcard) {
            return CORS_NAME_WILDCARD;
        }
    }
    return CORS_NAME_UNLISTED;
}

int cors_policy_names_most(const cors_policy_t *policy, cors_attr_e attr)
{
    const cors_link_t *link;
    int most = 0;

    for (link = &policy->link[attr]; link; link = cors_link_edits(link)) {
        const cors_name_set_t *names = cors_link_names(link, attr);

        if (names->wildcard) {
            return INT_MAX;
        }
        most += names->count;
    }
    return most;
}

const cors_link_t *cors_policy_wildcard(const cors_policy_t *policy,
                                        cors_attr_e attr, bool *edited)
{
    const cors_link_t *link;

    *edited = false;
    for (link = &policy->link[attr]; link; link = cors_link_edits(link)) {
        const cors_name_set_t *names = cors_link_names(link, attr);

        if (names->wildcard) {
            return link;
        }
        *edited = *edited || names->removed_count > 0;
    }
    return NULL;
}

static void decide_names(cors_text_map_t *decided, const char **names,
                         int count, const cors_name_listing_e *listing)
{
    int i;

    for (i = 0; i < count; i++) {
        cors_text_map_add(decided, cors_slice(names[i]), listing);
    }
}

cors_text_map_t *cors_policy_names(apr_pool_t *p, const cors_policy_t *policy,
                                   cors_attr_e attr)
{
    static const cors_name_listing_e listed = CORS_NAME_LISTED;
    static const cors_name_listing_e unlisted = CORS_NAME_UNLISTED;
    cors_text_map_t *decided = cors_text_map_make(p, attr != CORS_ATTR_METHODS);
    const cors_link_t *link;

    /* The innermost setting that lists or removes a name decides. */
    for (link = &policy->link[attr]; link; link = cors_link_edits(link)) {
        const cors_name_set_t *names = cors_link_names(link, attr);

        decide_names(decided, names->removed, names->removed_count, &unlisted);
        decide_names(decided, names->names, names->count, &listed);
    }
    return decided;
}

/* Returns the links of an attribute, the outermost first. */
static apr_array_header_t *outermost_first(apr_pool_t *p,
                                           const cors_link_t *link)
{
    apr_array_header_t *links =
        apr_array_make(p, 4, sizeof(const cors_link_t *));
    const cors_link_t **first;
    const cors_link_t **last;

    for (; link; link = cors_link_edits(link)) {
        APR_ARRAY_PUSH(links, const cors_link_t *) = link;
    }
    first = (const cors_link_t **)links->elts;
    for (last = first + links->nelts - 1; first < last; first++, last--) {
        link = *first;
        *first = *last;
        *last = link;
    }
    return links;
}

/* Append the names of one list that the whole policy still lists, each name once. */
static void join_names(apr_pool_t *p, const cors_name_set_t *names,
                       const cors_text_map_t *decided, cors_text_map_t *joined,
                       cors_joined_t *text)
{
    int i;

    for (i = 0; i < names->count; i++) {
        const cors_slice_t name = cors_slice(names->names[i]);
        const cors_name_listing_e *listing = cors_text_map_get(decided, name);

        if (listing && *listing == CORS_NAME_LISTED
            && cors_text_map_add(joined, name, names)) {
            cors_join(p, text, ", ", name);
        }
    }
}

CORS_SLOW static const char *
join_all(apr_pool_t *p, const cors_policy_t *policy, cors_attr_e attr)
{
    static const cors_joined_t all = { "*", 1, 0 };
    const cors_link_t *link = &policy->link[attr];
    cors_joined_t text = { NULL, 0, 0 };
    const apr_array_header_t *links;
    cors_text_map_t *decided;
    cors_text_map_t *joined;
    int i;

    if (!cors_link_edits(link)) {
        return cors_link_names(link, attr)->joined.text;
    }
    decided = cors_policy_names(p, policy, attr);
    joined = cors_text_map_make(p, attr != CORS_ATTR_METHODS);
    links = outermost_first(p, link);
    for (i = 0; i < links->nelts; i++) {
        const cors_name_set_t *names =
            cors_link_names(APR_ARRAY_IDX(links, i, const cors_link_t *), attr);

        if (names->wildcard) {
            text = all;
        }
        join_names(p, names, decided, joined, &text);
    }
    return text.text;
}

const char *cors_policy_joined(apr_pool_t *p, const cors_policy_t *policy,
                               cors_attr_e attr)
{
    return policy->rendered ? policy->joined[attr] : join_all(p, policy, attr);
}

/* The context of a check for contradictions. */
typedef struct {
    const cors_policy_t *policy;
    cors_contradiction_fn tell;
    void *context;
} check_t;

/* Report that an entry of one setting contradicts another setting. */
static void contradict(const check_t *check, cors_problem_e problem,
                       const cors_origin_entry_t *entry,
                       const cors_setting_t *one, const cors_setting_t *other)
{
    const bool is_about_suffix = problem == CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS
                                 || problem == CORS_PROBLEM_PROTECT_SUFFIX;
    cors_contradiction_t found;

    found.problem = problem;
    found.entry = entry ? entry->text : "*";
    found.detail = NULL;
    if (entry) {
        found.detail =
            is_about_suffix ? entry->suffix_detail : entry->open_detail;
    }
    found.prefix = one->edit ? "+" : "";
    found.regex = entry && entry->regex;
    found.source[0] = entry && entry->source ? entry->source : one->source;
    found.source[1] = other ? other->source : NULL;
    found.conflict[0] = one;
    found.conflict[1] = other;
    check->tell(check->context, &found);
}

/* Report each null in a list if CorsAllowNullOriginUnsafe is off. */
static void check_null(const check_t *check, cors_attr_e attr)
{
    const cors_link_t *link = &check->policy->link[attr];

    if (cors_policy_number(check->policy, CORS_ATTR_NULL_UNSAFE)) {
        return;
    }
    for (; link && link->setting; link = link->outer) {
        const cors_origin_entry_t *null =
            cors_origin_set_null(link->setting->origins);

        if (null) {
            contradict(check, CORS_PROBLEM_NULL_WITHOUT_FLAG, null,
                       link->setting,
                       check->policy->link[CORS_ATTR_NULL_UNSAFE].setting);
        }
    }
}

/* Returns what is wrong with an entry that may allow any origin, with credentials. */
static cors_problem_e open_problem(const cors_origin_entry_t *entry)
{
    if (entry->undecided) {
        return CORS_PROBLEM_UNDECIDED_WITH_CREDENTIALS;
    }
    if (entry->regex) {
        return CORS_PROBLEM_REGEX_WITH_CREDENTIALS;
    }
    if (entry->open) {
        return CORS_PROBLEM_EXTENSIONS_WITH_CREDENTIALS;
    }
    return CORS_PROBLEM_ANY_ORIGIN_WITH_CREDENTIALS;
}

/* Report every entry of a list that is unsafe with credentials. */
static void check_words(const check_t *check, const cors_setting_t *setting,
                        const cors_setting_t *credentials)
{
    const cors_origin_set_t *set = setting->origins;
    bool any_ok = cors_policy_number(check->policy, CORS_ATTR_ANY_UNSAFE);
    bool suffix_ok = cors_policy_number(check->policy, CORS_ATTR_SUFFIX_UNSAFE);
    int i;

    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->exclude) {
            continue;
        }
        if (entry->suffix && !suffix_ok) {
            contradict(check, CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS, entry,
                       setting, credentials);
        }
        if (!any_ok && (entry->open || cors_origin_set_any(set))) {
            contradict(check, open_problem(entry), entry, setting, credentials);
        }
    }
}

static void check_origins(const check_t *check, const cors_setting_t *setting,
                          const cors_setting_t *credentials)
{
    const cors_origin_set_t *set = setting->origins;
    bool any_ok = cors_policy_number(check->policy, CORS_ATTR_ANY_UNSAFE);
    bool suffix_ok = cors_policy_number(check->policy, CORS_ATTR_SUFFIX_UNSAFE);

    /* Do not scan a long list without need: this runs for requests too, and for each
     * section at start-up. */
    if ((!any_ok && (cors_origin_set_any(set) || cors_origin_set_public(set)))
        || (!suffix_ok && cors_origin_set_public_suffix(set))) {
        check_words(check, setting, credentials);
    }
}

static void check_credentials(const check_t *check)
{
    const cors_policy_t *policy = check->policy;
    const cors_setting_t *credentials =
        policy->link[CORS_ATTR_CREDENTIALS].setting;
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    for (; link && link->setting; link = link->outer) {
        check_origins(check, link->setting, credentials);
    }
}

/* Report a * in the exposed headers that cannot work. Browsers take * for every header,
 * so no name can be removed from it; with credentials, they take it for a name. */
static void check_exposed(const check_t *check)
{
    const cors_policy_t *policy = check->policy;
    bool edited;
    const cors_link_t *link =
        cors_policy_wildcard(policy, CORS_ATTR_EXPOSE, &edited);

    if (link && cors_policy_number(policy, CORS_ATTR_CREDENTIALS)) {
        contradict(check, CORS_PROBLEM_EXPOSE_ALL_WITH_CREDENTIALS, NULL,
                   link->setting, policy->link[CORS_ATTR_CREDENTIALS].setting);
    }
    if (link && edited) {
        contradict(check, CORS_PROBLEM_EXPOSE_ALL_EDITED, NULL, link->setting,
                   policy->link[CORS_ATTR_EXPOSE].setting);
    }
}

/* Report each entry of CorsProtectAllowOrigins that trusts pages of strangers. */
static void check_protect(const check_t *check)
{
    const cors_policy_t *policy = check->policy;
    const cors_link_t *link = &policy->link[CORS_ATTR_PROTECT_ORIGINS];
    bool any_ok = cors_policy_number(policy, CORS_ATTR_ANY_UNSAFE);
    bool suffix_ok = cors_policy_number(policy, CORS_ATTR_SUFFIX_UNSAFE);
    int i;

    check_null(check, CORS_ATTR_PROTECT_ORIGINS);
    for (; link && link->setting; link = link->outer) {
        const cors_origin_set_t *set = link->setting->origins;
        int count =
            cors_origin_set_public_suffix(set) || cors_origin_set_public(set)
                ? cors_origin_set_count(set)
                : 0;

        for (i = 0; i < count; i++) {
            const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

            if (entry->exclude) {
                continue;
            }
            if (entry->suffix && !suffix_ok) {
                contradict(check, CORS_PROBLEM_PROTECT_SUFFIX, entry,
                           link->setting,
                           policy->link[CORS_ATTR_PROTECT].setting);
            }
            if (entry->open && !any_ok) {
                contradict(check, CORS_PROBLEM_PROTECT_EXTENSIONS, entry,
                           link->setting,
                           policy->link[CORS_ATTR_PROTECT].setting);
            }
        }
    }
}

void cors_policy_contradictions(const cors_policy_t *policy,
                                cors_contradiction_fn tell, void *context)
{
    check_t check;

    check.policy = policy;
    check.tell = tell;
    check.context = context;
    if (cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF) {
        check_null(&check, CORS_ATTR_ORIGINS);
        if (cors_policy_number(policy, CORS_ATTR_CREDENTIALS)) {
            check_credentials(&check);
        }
        check_exposed(&check);
    }
    check_null(&check, CORS_ATTR_WEBSOCKET_ORIGINS);
    if (cors_policy_protection(policy) != CORS_PROTECTION_OFF) {
        check_protect(&check);
    }
}

bool cors_policy_may_be_idle(cors_attr_e attr, const cors_setting_t *setting)
{
    switch (attr) {
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_NULL_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
        return setting->choice != 0;
    case CORS_ATTR_BACKEND:
        return setting->choice == CORS_BACKEND_KEEP_CREDENTIALS
               || setting->choice == CORS_BACKEND_KEEP_BOTH;
    default:
        return false;
    }
}

static void note_any(void *context, const cors_contradiction_t *found)
{
    bool *any = context;

    (void)found;
    *any = true;
}

bool cors_policy_needs(const cors_policy_t *policy, cors_attr_e attr)
{
    cors_policy_t without = *policy;
    bool needed = policy->problem != CORS_OK;

    if (attr == CORS_ATTR_BACKEND) {
        return cors_policy_number(policy, CORS_ATTR_CREDENTIALS);
    }
    without.link[attr].setting = NULL;
    cors_policy_contradictions(&without, note_any, &needed);
    return needed;
}

static void note_first(void *context, const cors_contradiction_t *found)
{
    cors_policy_t *policy = context;

    if (!policy->problem) {
        policy->problem = found->problem;
        policy->conflict[0] = found->conflict[0];
        policy->conflict[1] = found->conflict[1];
    }
}

/* Returns whether one of the lists of origins has an exclusion. */
static bool excludes_some(const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    for (; link && link->setting; link = link->outer) {
        if (cors_origin_set_excludes(link->setting->origins)) {
            return true;
        }
    }
    return false;
}

static void find_any_origin(cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    for (; link && link->setting; link = link->outer) {
        policy->any_origin =
            policy->any_origin || cors_origin_set_any(link->setting->origins);
        policy->has_tenants =
            policy->has_tenants
            || cors_origin_set_has_tenants(link->setting->origins);
        /* a list that edits another one has no live list, so one link has them all */
        if (cors_origin_set_vary(link->setting->origins)) {
            policy->tenant_vary = cors_origin_set_vary(link->setting->origins);
        }
    }
    policy->constant = policy->any_origin && !excludes_some(policy)
                       && !cors_policy_number(policy, CORS_ATTR_CREDENTIALS);
    /* If no origin is allowed, the answer is the same for all, unless it is a 403. */
    policy->varies =
        !policy->constant
        && (!cors_policy_allows_none(policy, CORS_ATTR_ORIGINS, false)
            || cors_policy_number(policy, CORS_ATTR_REJECT));
}

void cors_policy_complete(cors_policy_t *policy)
{
    if (cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF) {
        find_any_origin(policy);
    }
    policy->checks_all =
        cors_policy_protection(policy) != CORS_PROTECTION_OFF
        && (cors_policy_number(policy, CORS_ATTR_PROTECT_HOST)
            || cors_policy_number(policy, CORS_ATTR_PROTECT_EMBEDDING));
    policy->adds_fixed = cors_policy_number(policy, CORS_ATTR_TIMING)
                         || cors_policy_number(policy, CORS_ATTR_RESOURCE);
    cors_policy_contradictions(policy, note_first, policy);
}

/* The context of cors_policy_visit_timing(). */
typedef struct {
    const cors_policy_t *policy;
    bool excludes;
    /* the entries that were visited, by their texts */
    cors_text_map_t *seen;
    apr_size_t len; /* of the header */
    int tried;
} timing_walk_t;

/* Returns whether an entry does not stand for exactly one origin. */
static bool is_inexact(const cors_origin_entry_t *entry)
{
    return entry->regex || entry->file || strchr(entry->text, '*');
}

/* Returns whether a policy allows the only origin that an entry stands for. */
static bool allows_entry(const timing_walk_t *walk, const char *text)
{
    const cors_setting_t *unused;
    cors_origin_t origin;

    if (!walk->excludes && strcmp(text, "null") != 0) {
        return true;
    }
    return cors_origin_parse(cors_slice(text), &origin)
           && cors_policy_origin_listing(walk->policy, CORS_ATTR_ORIGINS,
                                         &origin, false, &unused)
                  == CORS_ORIGIN_LISTED;
}

/* Decide on an entry. Returns false if it must not be visited. */
static bool try_entry(timing_walk_t *walk, const cors_origin_entry_t *entry,
                      cors_timing_entry_e *how)
{
    apr_size_t len;

    walk->tried++;
    if (entry->exclude
        || !cors_text_map_add(walk->seen, cors_slice(entry->text), entry)) {
        return false;
    }
    if (is_inexact(entry)) {
        *how = CORS_TIMING_INEXACT;
        return true;
    }
    if (walk->tried > CORS_TIMING_ENTRIES) {
        *how = CORS_TIMING_LONG;
        return true;
    }
    if (!allows_entry(walk, entry->text)) {
        return false;
    }
    len = walk->len + (walk->len ? strlen(", ") : 0) + strlen(entry->text);
    *how = len > CORS_TIMING_LENGTH ? CORS_TIMING_LONG : CORS_TIMING_SENT;
    /* after the first entry that does not fit, no other is sent */
    walk->len = len;
    return true;
}

void cors_policy_visit_timing(apr_pool_t *p, const cors_policy_t *policy,
                              cors_timing_fn visit, void *context)
{
    timing_walk_t walk = { policy, excludes_some(policy),
                           cors_text_map_make(p, false), 0, 0 };
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];
    cors_timing_entry_e how;
    int i;

    if (policy->any_origin && !walk.excludes) {
        return;
    }
    for (; link && link->setting; link = link->outer) {
        const cors_origin_set_t *set = link->setting->origins;
        /* None is stored as an entry */
        int count = cors_origin_set_none(set) ? 0 : cors_origin_set_count(set);

        for (i = 0; i < count; i++) {
            const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

            if (try_entry(&walk, entry, &how)) {
                visit(context, link->setting, entry, how);
            }
        }
    }
}

/* The text that is joined from the entries. */
typedef struct {
    apr_pool_t *p;
    cors_joined_t text;
} timing_text_t;

static void join_entry(void *context, const cors_setting_t *setting,
                       const cors_origin_entry_t *entry,
                       cors_timing_entry_e how)
{
    timing_text_t *timing = context;

    (void)setting;
    if (how == CORS_TIMING_SENT) {
        cors_join(timing->p, &timing->text, ", ", cors_slice(entry->text));
    }
}

CORS_SLOW static const char *join_timing(apr_pool_t *p,
                                         const cors_policy_t *policy)
{
    timing_text_t timing = { p, { NULL, 0, 0 } };

    if (policy->any_origin && !policy->problem && !excludes_some(policy)) {
        return "*";
    }
    if (!policy->problem) {
        cors_policy_visit_timing(p, policy, join_entry, &timing);
    }
    return timing.text.text ? timing.text.text : "";
}

const char *cors_policy_timing(apr_pool_t *p, const cors_policy_t *policy)
{
    if (policy->rendered) {
        return policy->timing;
    }
    switch (cors_policy_number(policy, CORS_ATTR_TIMING)) {
    case CORS_TIMING_ANY:
        return "*";
    case CORS_TIMING_POLICY:
        return cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_ON
                   ? join_timing(p, policy)
                   : NULL;
    default:
        return NULL;
    }
}

static void resolve(apr_pool_t *p, const cors_section_t *section,
                    cors_methods_t methods, bool configured,
                    cors_policy_t *policy)
{
    resolving_t context;

    memset(policy, 0, sizeof(*policy));
    context.p = p;
    context.policy = policy;
    context.configured = configured;
    cors_section_visit(section, methods, resolve_setting, &context);
    cors_policy_complete(policy);
}

void cors_policy_resolve(apr_pool_t *p, const cors_section_t *section,
                         cors_methods_t methods, cors_policy_t *policy)
{
    resolve(p, section, methods, false, policy);
}

void cors_policy_resolve_configured(apr_pool_t *p,
                                    const cors_section_t *section,
                                    cors_methods_t methods,
                                    cors_policy_t *policy)
{
    resolve(p, section, methods, true, policy);
}

/* The policies of a section, and the index of the policy of each method. */
typedef struct cors_resolved_t {
    unsigned char of[CORS_METHODS_COUNT];
    cors_policy_t policies[];
} resolved_t;

void cors_policy_render(apr_pool_t *p, cors_policy_t *policy)
{
    const cors_attr_e lists[] = { CORS_ATTR_METHODS, CORS_ATTR_HEADERS,
                                  CORS_ATTR_EXPOSE };
    apr_size_t i;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        policy->joined[lists[i]] = cors_policy_joined(p, policy, lists[i]);
    }
    policy->timing = cors_policy_timing(p, policy);
    policy->rendered = true;
}

int cors_policy_precompute(apr_pool_t *p, cors_section_t *section)
{
    apr_pool_t *scratch;
    cors_methods_group_t *groups;
    resolved_t *resolved;
    bool inert = true;
    int count;
    int i;
    int method;

    if (cors_section_resolved(section)) {
        return 0;
    }
    apr_pool_create(&scratch, p);
    count = cors_section_groups(scratch, section, &groups);
    resolved = apr_pcalloc(p, sizeof(*resolved)
                                  + (apr_size_t)count * sizeof(cors_policy_t));
    for (i = 0; i < count; i++) {
        cors_policy_t *policy = &resolved->policies[i];

        cors_policy_resolve(p, section, groups[i].one, policy);
        cors_policy_render(p, policy);
        inert = inert && !policy->link[CORS_ATTR_MODE].setting
                && !cors_policy_checks_websocket(policy)
                && !policy->link[CORS_ATTR_PROTECT].setting
                && !policy->link[CORS_ATTR_TIMING].setting
                && !policy->link[CORS_ATTR_RESOURCE].setting;
        for (method = 0; method < CORS_METHODS_COUNT; method++) {
            if (groups[i].methods & cors_methods_bit(method)) {
                resolved->of[method] = (unsigned char)i;
            }
        }
    }
    apr_pool_destroy(scratch);
    cors_section_remember_resolved(section, resolved, inert);
    return count;
}

const cors_policy_t *cors_policy_find(const cors_section_t *section, int method)
{
    const resolved_t *resolved = cors_section_resolved(section);

    return resolved ? &resolved->policies[resolved->of[method]] : NULL;
}
