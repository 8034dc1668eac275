/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Warns about settings that are valid but probably a mistake.
 *
 * It is its own file because these checks never change a decision. Errors that keep
 * httpd from starting are found elsewhere, when a directive is parsed. Each warning
 * goes to a callback together with the source of the setting. Some warnings depend on
 * what a list allows: these checks look up sample origins in the list instead of
 * comparing patterns.
 */

#include "core/diagnose/lint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "core/base/fetch.h"
#include "core/base/list.h"
#include "core/origin/automaton.h"
#include "core/origin/origin.h"
#include "core/origin/origin_set.h"
#include "core/origin/origin_table.h"
#include "core/origin/pattern.h"
#include "core/origin/regex.h"
#include "core/origin/regex_cost.h"
#include "core/origin/regex_domain.h"
#include "core/origin/regex_text.h"
#include "core/origin/tenant_key.h"
#include "core/policy/name_set.h"

/*
 * The longest time that any browser caches a preflight, in seconds: Firefox. Others
 * reduce a longer time to their own limit, so it does no harm there.
 */
#define MAX_AGE_MOST 86400

/* The receiver of the warnings, and the setting to check. */
typedef struct {
    apr_pool_t *p;
    const cors_setting_t *setting;
    cors_lint_fn tell;
    void *context;
} lint_t;

static void warn(const lint_t *lint, const char *source, cors_problem_e problem,
                 const char *entry, const char *detail, const char *suggestion)
{
    const cors_finding_t finding = { problem, cors_slice(entry), suggestion,
                                     detail };

    lint->tell(lint->context, source ? source : lint->setting->source,
               &finding);
}

/* returns the prefix of an entry */
static const char *prefix_of(const lint_t *lint,
                             const cors_origin_entry_t *entry)
{
    if (!lint->setting->edit) {
        return entry->exclude ? "!" : "";
    }
    if (entry->exclude) {
        return "-";
    }
    return "+";
}

/* Returns whether an origin can make a regular expression backtrack heavily. */
static bool is_costly(apr_pool_t *p, const char *text)
{
    apr_pool_t *scratch;
    cors_regex_text_t read;
    const cors_automaton_t *automaton;
    const char *unused;
    bool costly;

    apr_pool_create(&scratch, p);
    cors_regex_read(scratch, text, &read);
    automaton = read.root ? cors_automaton_make(scratch, &read, &unused) : NULL;
    costly = automaton && cors_regex_is_costly(scratch, automaton);
    apr_pool_destroy(scratch);
    return costly;
}

/*
 * Returns the line that lists what a regular expression without a scheme was probably
 * meant for, with https; NULL: unknown.
 */
static const char *with_scheme(const lint_t *lint,
                               const cors_origin_entry_t *entry)
{
    const char *text = entry->text + (entry->text[0] == '^' ? 1 : 0);
    const char *prefix = prefix_of(lint, entry);
    const char *plain;
    cors_reach_t reach;

    if (strstr(text, "//") || strpbrk(text, "|\"")) {
        return NULL;
    }
    text = apr_pstrcat(lint->p, "https://", text, NULL);
    cors_regex_find_reach(lint->p, text, &reach);
    if (reach.obstacle || reach.none || reach.open || reach.suffix) {
        return NULL;
    }
    plain = cors_regex_suggest_plain(lint->p, text, prefix);
    if (plain) {
        return apr_pstrcat(lint->p, "CorsAllowOrigins ", plain, NULL);
    }
    return apr_pstrcat(lint->p, "CorsAllowOriginsMatch \"",
                       lint->setting->edit ? prefix : "", text, "\"", NULL);
}

/* Returns whether a regular expression matches no origin. */
static bool is_never(apr_pool_t *p, const char *text)
{
    cors_reach_t reach;

    cors_regex_find_reach(p, text, &reach);
    return reach.none && !reach.obstacle;
}

/* Returns the line that replaces a regular expression for all ids of a scheme; NULL: the
 * regular expression is a different one. */
static const char *any_id_line(const lint_t *lint,
                               const cors_origin_entry_t *entry)
{
    const char *text = entry->text + (entry->text[0] == '^' ? 1 : 0);
    const char *end = strstr(text, "://");
    const char *rest = end ? end + strlen("://") : text;

    if (end
        && (strcmp(rest, ".*") == 0 || strcmp(rest, ".+") == 0
            || strcmp(rest, ".*$") == 0 || strcmp(rest, ".+$") == 0)
        && cors_fetch_has_ids(cors_slice_between(text, end))) {
        return apr_pstrcat(lint->p, "CorsAllowOrigins ", prefix_of(lint, entry),
                           apr_pstrmemdup(lint->p, text,
                                          (apr_size_t)(rest - text)),
                           "*", NULL);
    }
    return NULL;
}

/* Returns the line that replaces a list whose only entry is a regular expression for any
 * text; NULL: the list is a different one. */
static const char *any_origin_line(const lint_t *lint, const char *text)
{
    static const char *const all[] = { ".*", ".+", "^.*$", "^.+$", NULL };

    return !lint->setting->edit
                   && cors_origin_set_count(lint->setting->origins) == 1
                   && cors_slice_find_nocase(cors_slice(text), all)
               ? "CorsAllowOrigins *"
               : NULL;
}

static void lint_regex(const lint_t *lint, const cors_origin_entry_t *entry)
{
    const char *plain =
        cors_regex_suggest_plain(lint->p, entry->text, prefix_of(lint, entry));

    if (is_never(lint->p, entry->text)) {
        warn(lint, entry->source, CORS_PROBLEM_REGEX_NEVER, entry->text, NULL,
             with_scheme(lint, entry));
        return;
    }
    if (is_costly(lint->p, entry->text)) {
        warn(lint, entry->source, CORS_PROBLEM_REGEX_COSTLY, entry->text, NULL,
             NULL);
    }
    if (plain) {
        /* in its own directive it would still be a regular expression */
        plain = apr_pstrcat(lint->p, "CorsAllowOrigins ", plain, NULL);
    }
    /* an exclusion does not allow any origin */
    if (entry->open && !entry->exclude) {
        const char *pinned = cors_regex_suggest_pinned(lint->p, entry->text,
                                                       prefix_of(lint, entry));

        plain = plain ? plain : any_id_line(lint, entry);
        plain = plain ? plain : any_origin_line(lint, entry->text);
        warn(lint, entry->source,
             entry->undecided ? CORS_PROBLEM_REGEX_UNDECIDED
                              : CORS_PROBLEM_REGEX_EVERYTHING,
             entry->text, entry->open_detail, pinned ? pinned : plain);
    }
    else if (plain) {
        warn(lint, entry->source, CORS_PROBLEM_REGEX_PLAIN, entry->text, NULL,
             plain);
    }
}

/* Reports the reasons for which a listed entry is redundant. */
static void lint_listed(const lint_t *lint, const cors_origin_entry_t *entry)
{
    const cors_origin_set_t *set = lint->setting->origins;
    const cors_origin_entry_t *other =
        cors_origin_set_covering(lint->p, set, entry, true);

    if (other) {
        warn(lint, entry->source, CORS_PROBLEM_ORIGIN_EXCLUDED, entry->text,
             apr_pstrcat(lint->p, "!", other->text, NULL), NULL);
        return;
    }
    other = cors_origin_set_covering(lint->p, set, entry, false);
    if (other) {
        warn(lint, entry->source, CORS_PROBLEM_ORIGIN_SHADOWED, entry->text,
             other->text, NULL);
    }
}

/* A label that no list contains, for looking up the subdomains of a name. */
#define SOME_LABEL "zq-any"

/* Returns whether a list allows an origin. */
static bool allows(const cors_origin_set_t *set, const char *text)
{
    cors_origin_t origin;

    return cors_origin_parse(cors_slice(text), &origin)
           && cors_origin_set_lookup(set, &origin, false) == CORS_ORIGIN_LISTED;
}

/*
 * Reports an exclusion of a name without its subdomains, or the reverse, if a wildcard
 * allows both. A name and its subdomains are two patterns.
 */
static void lint_half_excluded(const lint_t *lint,
                               const cors_origin_entry_t *entry)
{
    const cors_origin_set_t *set = lint->setting->origins;
    cors_pattern_t pattern;
    const char *unused;
    const char *scheme;
    /* host and port */
    const char *rest;
    const char *host;

    if (cors_pattern_parse(lint->p, cors_slice(entry->text), true, &pattern,
                           &unused)
            != CORS_OK
        || pattern.kind != CORS_PATTERN_ORIGIN || !pattern.host.len) {
        return;
    }
    scheme = cors_slice_text(lint->p, pattern.scheme);
    host = cors_slice_text(lint->p, pattern.host);
    rest = host;
    if (pattern.any_port) {
        rest = apr_pstrcat(lint->p, host, ":*", NULL);
    }
    else if (pattern.port) {
        host = rest = apr_psprintf(lint->p, "%s:%u", host, pattern.port);
    }
    /* a name that is listed by itself is allowed on purpose */
    if (allows(set, apr_pstrcat(lint->p, scheme, "://",
                                pattern.subdomains ? "" : SOME_LABEL ".", host,
                                NULL))
        && (!pattern.subdomains
            || (strchr(host, '.')
                && allows(set, apr_pstrcat(lint->p, scheme, "://" SOME_LABEL,
                                           strchr(host, '.'), NULL))))) {
        warn(lint, entry->source,
             pattern.subdomains ? CORS_PROBLEM_EXCLUSION_NAME
                                : CORS_PROBLEM_EXCLUSION_SUBDOMAINS,
             apr_pstrcat(lint->p, "!", entry->text, NULL), NULL,
             apr_pstrcat(lint->p, "!", scheme, "://", rest, " !", scheme,
                         "://*.", rest, NULL));
    }
}

/*
 * Reports an exclusion of one origin that the same list does not allow. A wildcard
 * exclusion cannot be checked with one example.
 */
static void lint_excluded(const lint_t *lint, const cors_origin_entry_t *entry)
{
    const cors_origin_set_t *set = lint->setting->origins;

    /* the origins of Self are not known here either */
    if (!lint->setting->edit && !strchr(entry->text, '*')
        && strcmp(entry->text, "Self") != 0
        && !cors_origin_set_covering(lint->p, set, entry, false)) {
        warn(lint, entry->source, CORS_PROBLEM_EXCLUSION_UNUSED, entry->text,
             NULL, NULL);
    }
    else if (!lint->setting->edit && !entry->file) {
        lint_half_excluded(lint, entry);
    }
}

/* Reports an origin whose scheme is nearly http or https. */
static void lint_scheme(const lint_t *lint, const cors_origin_entry_t *entry)
{
    const char *end = strstr(entry->text, "://");
    cors_slice_t scheme =
        cors_slice_between(entry->text, end ? end : entry->text);
    const char *intended = NULL;

    if (cors_slice_is_near(scheme, "https")) {
        intended = "https";
    }
    else if (cors_slice_is_near(scheme, "http")) {
        intended = "http";
    }
    if (end && intended && !entry->file && !cors_slice_is(scheme, "http")
        && !cors_slice_is(scheme, "https")) {
        warn(lint, entry->source, CORS_PROBLEM_SCHEME_MISSPELLED, entry->text,
             NULL,
             apr_pstrcat(lint->p, prefix_of(lint, entry), intended, end, NULL));
    }
}

/* Reports an entry for an origin that many pages share: pages from files, or of all
 * extensions. An exclusion of file:// does not exclude pages from files that send null. */
static void lint_shared(const lint_t *lint, const cors_origin_entry_t *entry)
{
    if (strcmp(entry->text, "file://") == 0) {
        warn(lint, entry->source, CORS_PROBLEM_FILE_ORIGIN,
             entry->exclude ? apr_pstrcat(lint->p, prefix_of(lint, entry),
                                          entry->text, NULL)
                            : entry->text,
             NULL, NULL);
    }
    else if (entry->open && !entry->exclude) {
        warn(lint, entry->source, CORS_PROBLEM_ANY_EXTENSION, entry->text, NULL,
             NULL);
    }
}

/* Reports a list file whose lines and directive do not agree on tenants. */
static void lint_tenants(const lint_t *lint, const cors_origin_entry_t *entry)
{
    const char *unsent =
        entry->tenant ? cors_tenant_key_unsent(lint->p, entry->tenant) : NULL;

    if (unsent) {
        warn(lint, entry->source, CORS_PROBLEM_TENANT_NOT_SENT, unsent, NULL,
             NULL);
    }
    if (!entry->tenant && entry->tenants) {
        warn(lint, entry->source, CORS_PROBLEM_TENANTS_UNUSED, entry->text,
             NULL, NULL);
    }
    if (entry->tenant && !entry->tenants) {
        warn(lint, entry->source, CORS_PROBLEM_TENANTS_MISSING, entry->text,
             NULL, NULL);
    }
}

static void lint_origins(const lint_t *lint, cors_attr_e attr)
{
    const cors_origin_set_t *set = lint->setting->origins;
    int i;

    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->first) {
            warn(lint, entry->source, CORS_PROBLEM_ORIGIN_DUPLICATE,
                 entry->text,
                 *entry->first ? entry->first : lint->setting->source, NULL);
        }
        else if (entry->regex) {
            lint_regex(lint, entry);
        }
        else if (entry->file) {
            lint_tenants(lint, entry);
        }
        else if (entry->exclude) {
            lint_shared(lint, entry);
            lint_scheme(lint, entry);
            lint_excluded(lint, entry);
        }
        else {
            lint_shared(lint, entry);
            lint_scheme(lint, entry);
            if (cors_origin_set_count(set) > 1) {
                lint_listed(lint, entry);
            }
        }
        if (attr == CORS_ATTR_WEBSOCKET_ORIGINS && entry->suffix
            && !entry->exclude) {
            warn(lint, entry->source, CORS_PROBLEM_WEBSOCKET_SUFFIX,
                 entry->text, NULL, NULL);
        }
    }
}

/* Appends a name with a prefix, unless it is idle. */
static void join_name(apr_pool_t *p, cors_joined_t *joined, const char *prefix,
                      const cors_name_set_t *names, int i)
{
    cors_slice_t name = cors_slice(names->names[i]);

    if (!cors_name_idle(names->kind, name)) {
        cors_join_entry(p, joined, prefix, name);
    }
}

/*
 * Returns the names of the line that begins with the given one, as they would be
 * written and without the idle ones; NULL: there are no others.
 */
static const char *names_of_line(const lint_t *lint, int first)
{
    const cors_name_set_t *names = lint->setting->names;
    cors_joined_t joined = { NULL, 0, 0 };
    int i;

    for (i = first;
         i < names->count && names->sources[i] == names->sources[first]; i++) {
        join_name(lint->p, &joined, names->edit ? "+" : "", names, i);
    }
    return joined.text;
}

/* The beginning of the headers that the module writes. */
static const char own_headers[] = "access-control-";

/* Returns the line that exposes a response header; NULL: the module writes it. */
static const char *exposing(const lint_t *lint, const char *name)
{
    const cors_name_set_t *names = lint->setting->names;

    if (strncasecmp(name, own_headers, sizeof(own_headers) - 1) == 0
        || cors_fetch_forbidden_response_header(cors_slice(name))) {
        return NULL;
    }
    return apr_pstrcat(lint->p, "CorsExposeHeaders ", names->edit ? "+" : "",
                       name, NULL);
}

/*
 * Reports idle request headers. A response header gets its own warning. Headers that
 * scripts cannot set get one warning per line, with the rest of the line.
 */
static void lint_request_headers(const lint_t *lint)
{
    const cors_name_set_t *names = lint->setting->names;
    bool warned = false;
    int first = 0;
    int i;

    for (i = 0; i < names->count; i++) {
        const char *name = names->names[i];
        cors_problem_e problem = cors_name_idle(names->kind, cors_slice(name));

        if (names->sources[i] != names->sources[first]) {
            first = i;
            warned = false;
        }
        if (problem == CORS_PROBLEM_HEADER_IS_RESPONSE) {
            warn(lint, names->sources[i], problem, name, NULL,
                 exposing(lint, name));
        }
        else if (problem && !warned) {
            warned = true;
            warn(lint, names->sources[i], problem, name, NULL,
                 names_of_line(lint, first));
        }
    }
}

/* Returns what a name was probably meant to be; NULL: itself. */
static const char *meant_by(cors_names_e kind, const char *name)
{
    static const char *const all[] = { "ALL", "ANY", NULL };

    if (cors_slice_find_nocase(cors_slice(name), all)) {
        return "*";
    }
    if (kind == CORS_NAMES_METHODS) {
        return cors_fetch_near_method(cors_slice(name));
    }
    if (kind == CORS_NAMES_REQUEST_HEADERS) {
        return cors_fetch_near_request_header(cors_slice(name));
    }
    return NULL;
}

/* Reports names that are probably misspelled. */
static void lint_spelling(const lint_t *lint)
{
    const cors_name_set_t *names = lint->setting->names;
    int i;

    for (i = 0; i < names->count; i++) {
        const char *meant = meant_by(names->kind, names->names[i]);

        if (!meant) {
            continue;
        }
        if (strcmp(meant, "*") == 0) {
            /* it stands alone, and does not edit a list */
            meant = apr_pstrcat(lint->p, lint->setting->directive, " *", NULL);
        }
        else if (names->edit) {
            meant = apr_pstrcat(lint->p, "+", meant, NULL);
        }
        warn(lint, names->sources[i], CORS_PROBLEM_NAME_MISSPELLED,
             names->names[i], NULL, meant);
    }
}

static void lint_exposed(const lint_t *lint)
{
    const cors_name_set_t *names = lint->setting->names;
    int i;

    for (i = 0; i < names->count; i++) {
        if (strncasecmp(names->names[i], own_headers, sizeof(own_headers) - 1)
            == 0) {
            warn(lint, names->sources[i], CORS_PROBLEM_EXPOSE_CORS,
                 names->names[i], NULL, NULL);
        }
        if (cors_fetch_safelisted_response_header(
                cors_slice(names->names[i]))) {
            warn(lint, names->sources[i], CORS_PROBLEM_EXPOSE_REDUNDANT,
                 names->names[i], NULL, NULL);
        }
    }
}

/* Reports a removed GET, HEAD or POST, which is still allowed. */
static void lint_removed_methods(const lint_t *lint)
{
    const cors_name_set_t *names = lint->setting->names;
    int i;

    for (i = 0; i < names->removed_count; i++) {
        if (cors_fetch_safelisted_method(cors_slice(names->removed[i]))) {
            warn(lint, names->removed_sources[i],
                 CORS_PROBLEM_METHOD_SAFELISTED,
                 apr_pstrcat(lint->p, "-", names->removed[i], NULL), NULL,
                 NULL);
        }
    }
}

/* Returns a list of the same names that adds to the inherited one. */
static const char *adding(apr_pool_t *p, const cors_name_set_t *names)
{
    cors_joined_t words = { NULL, 0, 0 };
    int i;

    for (i = 0; i < names->count; i++) {
        join_name(p, &words, "+", names, i);
    }
    return words.text;
}

static bool names_any(const cors_name_set_t *names,
                      const cors_name_set_t *others)
{
    int i;

    for (i = 0; i < others->count; i++) {
        if (cors_name_set_lists(names, cors_slice(others->names[i]))) {
            return true;
        }
    }
    return false;
}

/* Reports a list of methods that replaces the default and has nothing of it. A name
 * that is probably misspelled may be meant for one of the default. */
static void lint_default_methods(const lint_t *lint)
{
    const cors_name_set_t *names = lint->setting->names;
    const cors_link_t by_default = { NULL, NULL };
    int i;

    for (i = 0; i < names->count; i++) {
        if (meant_by(CORS_NAMES_METHODS, names->names[i])) {
            return;
        }
    }
    if (!lint->setting->edit && !names->wildcard && names->count > 0
        && !names_any(names, cors_link_names(&by_default, CORS_ATTR_METHODS))) {
        warn(lint, NULL, CORS_PROBLEM_METHODS_DEFAULT, NULL, NULL,
             adding(lint->p, names));
    }
}

void cors_lint_setting(apr_pool_t *p, cors_attr_e attr,
                       const cors_setting_t *setting, cors_lint_fn tell,
                       void *context)
{
    const lint_t lint = { p, setting, tell, context };

    switch (attr) {
    case CORS_ATTR_ORIGINS:
    case CORS_ATTR_WEBSOCKET_ORIGINS:
    case CORS_ATTR_PROTECT_ORIGINS:
        lint_origins(&lint, attr);
        break;
    case CORS_ATTR_METHODS:
        lint_spelling(&lint);
        lint_default_methods(&lint);
        lint_removed_methods(&lint);
        break;
    case CORS_ATTR_HEADERS:
        lint_spelling(&lint);
        lint_request_headers(&lint);
        break;
    case CORS_ATTR_EXPOSE:
        lint_spelling(&lint);
        lint_exposed(&lint);
        break;
    case CORS_ATTR_MAX_AGE:
        if (setting->max_age_text
            && strtol(setting->max_age_text, NULL, 10) > MAX_AGE_MOST) {
            warn(&lint, NULL, CORS_PROBLEM_MAX_AGE_BEYOND,
                 setting->max_age_text, NULL, APR_STRINGIFY(MAX_AGE_MOST));
        }
        break;
    default:
        break;
    }
}

/*
 * Returns whether an entry lists plain-http origins of other machines. Sets suggestion
 * to an entry for only their https origins, or NULL.
 */
static bool is_insecure(apr_pool_t *p, const cors_origin_entry_t *entry,
                        const char **suggestion)
{
    cors_pattern_t pattern;
    const char *unused;

    *suggestion = NULL;
    if (entry->exclude) {
        return false;
    }
    if (entry->regex) {
        return cors_regex_is_insecure(p, entry->text, suggestion);
    }
    if (!cors_slice_has_prefix(cors_slice(entry->text), "http://")
        || cors_pattern_parse(p, cors_slice(entry->text), true, &pattern,
                              &unused)
               != CORS_OK
        || !cors_pattern_is_insecure(&pattern)) {
        return false;
    }
    *suggestion = apr_pstrcat(p, "https", entry->text + strlen("http"), NULL);
    return true;
}

static void lint_insecure(const lint_t *lint, const cors_origin_entry_t *entry,
                          const char *detail)
{
    const char *suggestion;

    if (is_insecure(lint->p, entry, &suggestion)) {
        if (suggestion) {
            suggestion =
                apr_pstrcat(lint->p, prefix_of(lint, entry), suggestion, NULL);
        }
        warn(lint, entry->source, CORS_PROBLEM_INSECURE_ORIGIN, entry->text,
             detail, suggestion);
    }
    if (entry->insecure) {
        warn(lint, entry->insecure_source, CORS_PROBLEM_INSECURE_ORIGIN,
             entry->insecure, detail,
             apr_pstrcat(lint->p, "https", entry->insecure + strlen("http"),
                         NULL));
    }
}

/* The context of lint_timing(). */
typedef struct {
    lint_t lint;
    const cors_setting_t *timing;
    cors_lint_new_fn is_new;
    /* the list that is being visited, and whether it has not been checked yet */
    const cors_setting_t *list;
    bool fresh;
    /* an entry did not fit into the header */
    bool full;
} timing_lint_t;

static void lint_timing(void *context, const cors_setting_t *setting,
                        const cors_origin_entry_t *entry,
                        cors_timing_entry_e how)
{
    timing_lint_t *timing = context;

    if (timing->list != setting) {
        timing->list = timing->lint.setting = setting;
        timing->fresh =
            !timing->is_new
            || timing->is_new(timing->lint.context, setting, timing->timing);
    }
    if (how == CORS_TIMING_SENT || !timing->fresh) {
        return;
    }
    if (how == CORS_TIMING_INEXACT) {
        warn(&timing->lint, entry->source, CORS_PROBLEM_TIMING_INEXACT,
             entry->text, timing->timing->source, NULL);
    }
    else if (!timing->full) {
        timing->full = true;
        warn(&timing->lint, entry->source, CORS_PROBLEM_TIMING_LONG,
             entry->text, timing->timing->source, NULL);
    }
}

/* Reports each entry that CorsTimingAllowOrigin Policy cannot send. */
static void lint_timings(apr_pool_t *p, const cors_policy_t *policy,
                         cors_lint_new_fn is_new, cors_lint_fn tell,
                         void *context)
{
    timing_lint_t timing = {
        .lint = { p, NULL, tell, context },
        .timing = policy->link[CORS_ATTR_TIMING].setting,
        .is_new = is_new,
    };

    if (cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF
        && cors_policy_number(policy, CORS_ATTR_TIMING) == CORS_TIMING_POLICY) {
        cors_policy_visit_timing(p, policy, lint_timing, &timing);
    }
}

void cors_lint_policy(apr_pool_t *p, const cors_policy_t *policy,
                      cors_lint_new_fn is_new, cors_lint_fn tell, void *context)
{
    const cors_setting_t *credentials =
        policy->link[CORS_ATTR_CREDENTIALS].setting;
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    lint_timings(p, policy, is_new, tell, context);
    if (cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_OFF
        || !cors_policy_number(policy, CORS_ATTR_CREDENTIALS)) {
        return;
    }
    for (; link && link->setting; link = link->outer) {
        const lint_t lint = { p, link->setting, tell, context };
        const cors_origin_set_t *set = link->setting->origins;
        int i;

        if (is_new && !is_new(context, link->setting, credentials)) {
            continue;
        }
        for (i = 0; i < cors_origin_set_count(set); i++) {
            lint_insecure(&lint, cors_origin_set_entry(set, i),
                          credentials->source);
        }
    }
}

/* Returns whether a policy lists a method whose request has a body. */
static bool takes_bodies(const cors_policy_t *policy)
{
    static const char *const methods[] = { "POST", "PUT", "PATCH" };
    apr_size_t i;

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (cors_policy_name_listed(policy, CORS_ATTR_METHODS,
                                    cors_slice(methods[i]))
            != CORS_NAME_UNLISTED) {
            return true;
        }
    }
    return false;
}

const cors_setting_t *cors_lint_default_headers(apr_pool_t *p,
                                                const cors_policy_t *policy,
                                                const char **suggestion)
{
    const cors_setting_t *setting = policy->link[CORS_ATTR_HEADERS].setting;

    if (!setting || setting->edit || setting->names->count == 0
        || cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_OFF
        || cors_policy_name_listed(policy, CORS_ATTR_HEADERS,
                                   cors_slice("content-type"))
               != CORS_NAME_UNLISTED
        || !takes_bodies(policy)) {
        return NULL;
    }
    *suggestion = adding(p, setting->names);
    /* idle names have warnings of their own */
    return *suggestion ? setting : NULL;
}

const cors_setting_t *
cors_lint_authorization_missing(const cors_policy_t *policy)
{
    bool edited;
    const cors_link_t *link =
        cors_policy_wildcard(policy, CORS_ATTR_HEADERS, &edited);

    if (link && cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_OFF
        && !cors_policy_number(policy, CORS_ATTR_CREDENTIALS)
        && cors_policy_name_listed(policy, CORS_ATTR_HEADERS,
                                   cors_slice("Authorization"))
               == CORS_NAME_WILDCARD) {
        return link->setting;
    }
    return NULL;
}
