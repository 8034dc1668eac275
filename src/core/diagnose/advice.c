/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Suggests what to change so that a refused origin, method or header is allowed.
 *
 * It is its own file because the status page and the explanation of a request share
 * these sentences. It does not decide anything: it receives a decision that has been
 * made. A suggested name first goes through the check of the directive that would
 * accept it, so a suggestion can be copied into the configuration.
 */

#include "core/diagnose/advice.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/origin/origin.h"
#include "core/origin/origin_set.h"
#include "core/origin/origin_table.h"
#include "core/origin/pattern.h"
#include "core/policy/name_set.h"

/* Where a suggested argument would be written. */
typedef struct {
    apr_pool_t *p;
    /* the directive that takes such arguments */
    const char *directive;
    const cors_refused_t *refused;
} place_t;

static const char *write_in(const place_t *place, const char *prefixed,
                            const char *section)
{
    return apr_pstrcat(place->p, "write ", place->directive, " ", prefixed,
                       " in ", section, NULL);
}

/* Returns "To allow it, CHANGE, or write DIRECTIVE +ARGUMENT in a nested section." */
static const char *either(const place_t *place, const char *change,
                          const char *prefixed)
{
    return apr_pstrcat(place->p, "To allow it, ", change, ", or ",
                       write_in(place, prefixed, "a nested section."), NULL);
}

static bool is_none(const cors_setting_t *setting)
{
    return (setting->origins && cors_origin_set_none(setting->origins))
           || (setting->names && setting->names->none);
}

/* Returns whether the first directive of a setting takes the names themselves, not
 * regular expressions or files. */
static bool takes_names(const cors_setting_t *setting)
{
    const cors_origin_entry_t *first =
        setting->origins && cors_origin_set_count(setting->origins) > 0
            ? cors_origin_set_entry(setting->origins, 0)
            : NULL;

    return !first || !(first->regex || first->file);
}

const char *cors_advice_position(apr_pool_t *p, const cors_setting_t *mode)
{
    if (mode && mode->source) {
        return apr_pstrcat(p, "next to ", mode->source, NULL);
    }
    return "in the section";
}

/* Returns the first file of a list of origins; NULL: it has none. */
static const cors_origin_entry_t *first_file(const cors_setting_t *setting)
{
    int count = setting->origins ? cors_origin_set_count(setting->origins) : 0;
    int i;

    for (i = 0; i < count; i++) {
        const cors_origin_entry_t *entry =
            cors_origin_set_entry(setting->origins, i);

        if (entry->file) {
            return entry;
        }
    }
    return NULL;
}

/*
 * Returns the advice for an attribute that has its default, which has no line to change.
 * No list of origins is inherited then, so none is edited.
 */
static const char *set_default(const place_t *place, const char *plain,
                               const char *prefixed)
{
    const cors_setting_t *mode = place->refused->mode;
    const bool names = place->refused->attr == CORS_ATTR_METHODS
                       || place->refused->attr == CORS_ATTR_HEADERS;

    return apr_pstrcat(place->p, "To allow it, write ", place->directive, " ",
                       names ? prefixed : plain, " ",
                       cors_advice_position(place->p, mode), ".", NULL);
}

/* Returns the tenant of the request for a file; NULL: it has none, or it is not known. */
static const char *tenant_for(const place_t *place,
                              const cors_origin_entry_t *file)
{
    const cors_tenants_t *tenants = place->refused->tenants;
    cors_tenant_key_t key = { file->tenant, NULL, NULL };
    cors_slice_t tenant = { NULL, 0 };

    if (file->tenant && tenants) {
        tenant = tenants->get(tenants->context, &key);
    }
    return tenant.len > 0 ? cors_slice_text(place->p, tenant) : NULL;
}

/* Returns the change of a file of origins that adds a line to it. */
static const char *add_line(const place_t *place,
                            const cors_origin_entry_t *file, const char *origin)
{
    const char *tenant = tenant_for(place, file);
    const char *line = origin;

    if (tenant) {
        line = apr_pstrcat(place->p, origin, " ", tenant, NULL);
    }
    else if (file->tenant) {
        line = apr_pstrcat(place->p, origin, " and the tenant", NULL);
    }
    return apr_pstrcat(place->p, "add the line ", line, " to the ",
                       file->provided ? "source of the file " : "file ",
                       file->path, " (", place->refused->source, ")", NULL);
}

/*
 * Returns the advice for arguments that no entry excludes. prefixed has "+" before
 * each argument.
 */
static const char *add_words(const place_t *place, const char *plain,
                             const char *prefixed)
{
    apr_pool_t *p = place->p;
    const cors_setting_t *setting = place->refused->setting;
    const char *source = place->refused->source;
    const char *words = setting && setting->edit ? prefixed : plain;

    if (place->refused->by_default) {
        return set_default(place, plain, prefixed);
    }
    if (!setting) {
        return apr_pstrcat(p, "To allow it, ",
                           write_in(place, prefixed, "a section within"),
                           " that of ", source, ".", NULL);
    }
    if (is_none(setting)) {
        return either(place,
                      apr_pstrcat(p, "write ", words, " instead of None in ",
                                  source, NULL),
                      prefixed);
    }
    if (!takes_names(setting) && first_file(setting)) {
        return either(place, add_line(place, first_file(setting), plain),
                      prefixed);
    }
    if (!takes_names(setting)) {
        return either(place,
                      apr_pstrcat(p, "write ", place->directive, " ", words,
                                  " beside ", source, NULL),
                      prefixed);
    }
    return either(place, apr_pstrcat(p, "add ", words, " to ", source, NULL),
                  prefixed);
}

/* --- origins */

/* Returns whether the list that the deciding setting edits allows an origin. */
static bool outside_lists(const cors_refused_t *refused,
                          const cors_origin_t *origin)
{
    const cors_policy_t *policy = refused->policy;
    const cors_link_t *link = policy ? &policy->link[refused->attr] : NULL;
    cors_listing_e listing = CORS_ORIGIN_UNLISTED;

    while (link && link->setting != refused->setting) {
        link = link->outer;
    }
    for (link = link ? link->outer : NULL;
         link && link->setting && listing == CORS_ORIGIN_UNLISTED;
         link = link->outer) {
        listing =
            cors_origin_set_lookup(link->setting->origins, origin,
                                   cors_policy_number(policy,
                                                      CORS_ATTR_NULL_UNSAFE));
    }
    return listing == CORS_ORIGIN_LISTED;
}

/* Returns the advice for an origin that an entry excludes. */
static const char *advise_removal(const place_t *place,
                                  const cors_origin_t *origin,
                                  const cors_origin_entry_t *entry)
{
    apr_pool_t *p = place->p;
    const cors_refused_t *refused = place->refused;
    const cors_setting_t *setting = refused->setting;
    const cors_listing_e without =
        cors_origin_set_without(setting->origins, origin, entry);
    const char *prefix = setting->edit ? "-" : "!";
    const char *prefixed = apr_pstrcat(p, "+", refused->origin, NULL);
    const char *source = entry->source ? entry->source : refused->source;

    if (entry->file) {
        return either(place,
                      apr_pstrcat(p, "remove what excludes it from the file ",
                                  entry->path, NULL),
                      prefixed);
    }
    if (without == CORS_ORIGIN_LISTED
        || (without == CORS_ORIGIN_UNLISTED
            && outside_lists(refused, origin))) {
        return either(place,
                      apr_pstrcat(p, "remove ", prefix, entry->text, " from ",
                                  source, NULL),
                      prefixed);
    }
    if (without == CORS_ORIGIN_UNLISTED
        && strcmp(entry->text, refused->origin) == 0) {
        return either(place,
                      apr_pstrcat(p, "write ", setting->edit ? "+" : "",
                                  refused->origin, " instead of ", prefix,
                                  entry->text, " in ", source, NULL),
                      prefixed);
    }
    /* several entries exclude it, or the entry covers more than this origin */
    return apr_pstrcat(p, "To allow it, ",
                       write_in(place, prefixed, "a section within"),
                       " that of ", source, ".", NULL);
}

/* Returns the advice for an origin that no directive accepts. */
static const char *not_listable(apr_pool_t *p, const char *origin,
                                cors_problem_e problem, const char *suggestion)
{
    if (problem == CORS_PROBLEM_ORIGIN_FILE) {
        return "A page from a file sends the origin null, as anyone's page "
               "can. "
               "Give the page an origin of its own.";
    }
    if (suggestion) {
        suggestion = apr_pstrcat(p, "The browser sends ", suggestion,
                                 ": explain that origin.", NULL);
    }
    return cors_join_two(p,
                         apr_pstrcat(p, "No browser sends the origin ", origin,
                                     ": ", cors_problem_reason(problem), ".",
                                     NULL),
                         suggestion);
}

static const char *advise_malformed(apr_pool_t *p, const char *origin)
{
    cors_pattern_t pattern;
    const char *suggestion;
    cors_problem_e problem =
        cors_pattern_parse(p, cors_slice(origin), false, &pattern, &suggestion);

    if (problem && suggestion) {
        return not_listable(p, origin, problem, suggestion);
    }
    return "No browser sends such an origin, and none can be allowed.";
}

static const char *advise_origin(apr_pool_t *p, const cors_refused_t *refused)
{
    const place_t place = { p, cors_attr_directive(refused->attr), refused };
    const cors_origin_entry_t *entry = NULL;
    cors_pattern_t pattern;
    cors_origin_t origin;
    const char *suggestion;
    cors_problem_e problem;

    if (strcmp(refused->origin, "null") == 0) {
        return "Sandboxed frames and files send the origin null, and anyone "
               "can "
               "make one. Give the page an origin of its own.";
    }
    problem = cors_pattern_parse(p, cors_slice(refused->origin),
                                 refused->attr == CORS_ATTR_WEBSOCKET_ORIGINS,
                                 &pattern, &suggestion);
    if (problem) {
        return not_listable(p, refused->origin, problem, suggestion);
    }
    if (refused->setting
        && cors_origin_parse(cors_slice(refused->origin), &origin)) {
        entry = cors_origin_set_excluding(refused->setting->origins, &origin);
    }
    if (entry) {
        return advise_removal(&place, &origin, entry);
    }
    return add_words(&place, refused->origin,
                     apr_pstrcat(p, "+", refused->origin, NULL));
}

/* --- methods and headers */

/* Arguments to be added, with and without "+". */
typedef struct {
    cors_joined_t plain;
    cors_joined_t prefixed;
} words_t;

static void add_word(apr_pool_t *p, words_t *words, const char *entry)
{
    cors_join_entry(p, &words->plain, "", cors_slice(entry));
    cors_join_entry(p, &words->prefixed, "+", cors_slice(entry));
}

/* Returns the advice for a name that no directive accepts. */
static const char *not_nameable(apr_pool_t *p, const char *name,
                                cors_problem_e problem, const char *suggestion)
{
    switch (problem) {
    case CORS_PROBLEM_METHOD_FORBIDDEN:
        return "No browser sends this method, and it cannot be allowed.";
    case CORS_PROBLEM_METHOD_CASE:
        return apr_pstrcat(p, "Write ", suggestion + 1,
                           " in the script: methods are case-sensitive, and "
                           "fetch() makes only DELETE, GET, HEAD, OPTIONS, "
                           "POST and PUT upper case.",
                           NULL);
    case CORS_PROBLEM_HEADER_FORBIDDEN:
        return apr_pstrcat(p, "No browser lets a page set ", name,
                           ", and it cannot be allowed.", NULL);
    case CORS_PROBLEM_HEADER_IS_RESPONSE:
        return apr_pstrcat(p, "The server sends ", name,
                           ", not the page: remove it from the script.", NULL);
    default:
        return apr_pstrcat(p, name,
                           " cannot be allowed: ", cors_problem_reason(problem),
                           ".", NULL);
    }
}

/*
 * Returns the advice for one name, or adds the name to words if it only has to be
 * listed.
 */
static const char *advise_name(const place_t *place, cors_names_e kind,
                               const char *name, words_t *words)
{
    apr_pool_t *p = place->p;
    const cors_refused_t *refused = place->refused;
    const cors_name_set_t *set =
        refused->setting ? refused->setting->names : NULL;
    const char *prefixed = apr_pstrcat(p, "+", name, NULL);
    const char *suggestion;
    cors_problem_e problem =
        cors_name_set_add(p, cors_name_set_make(p, kind, true),
                          cors_slice(prefixed), NULL, &suggestion);
    int at = set ? cors_name_set_find_removed(set, cors_slice(name)) : -1;
    const char *source;

    problem = problem ? problem : cors_name_idle(kind, cors_slice(name));
    if (problem == CORS_PROBLEM_METHOD_CASE && refused->policy
        && cors_policy_name_listed(refused->policy, CORS_ATTR_METHODS,
                                   cors_slice(suggestion + 1))
               == CORS_NAME_UNLISTED) {
        /* the name that the script means is refused as well */
        source = advise_name(place, kind, suggestion + 1, words);
        return cors_join_two(p, not_nameable(p, name, problem, suggestion),
                             source);
    }
    if (problem) {
        return not_nameable(p, name, problem, suggestion);
    }
    if (at < 0) {
        add_word(p, words, name);
        return NULL;
    }
    source = set->removed_sources[at];
    return either(place,
                  apr_pstrcat(p, "write ", prefixed, " instead of -",
                              set->removed[at], " in ",
                              source ? source : refused->source, NULL),
                  prefixed);
}

static const char *advise_names(apr_pool_t *p, cors_names_e kind,
                                const cors_refused_t *refused)
{
    const place_t place = { p, cors_attr_directive(refused->attr), refused };
    words_t words = { { NULL, 0, 0 }, { NULL, 0, 0 } };
    cors_slice_t rest = cors_slice(refused->rejected);
    cors_slice_t name;
    cors_joined_t advice = { NULL, 0, 0 };

    while (cors_list_next(&rest, &name)) {
        cors_join(p, &advice, " ",
                  cors_slice(advise_name(&place, kind, cors_slice_text(p, name),
                                         &words)));
    }
    if (words.plain.text) {
        cors_join(p, &advice, " ",
                  cors_slice(add_words(&place, words.plain.text,
                                       words.prefixed.text)));
    }
    return advice.text;
}

const char *cors_advice(apr_pool_t *p, const cors_refused_t *refused)
{
    switch (refused->reason) {
    case CORS_REASON_ORIGIN_NOT_ALLOWED:
        return advise_origin(p, refused);
    case CORS_REASON_METHOD_NOT_ALLOWED:
        return advise_names(p, CORS_NAMES_METHODS, refused);
    case CORS_REASON_HEADER_NOT_ALLOWED:
        return advise_names(p, CORS_NAMES_REQUEST_HEADERS, refused);
    case CORS_REASON_MALFORMED_ORIGIN:
        return advise_malformed(p, refused->origin);
    case CORS_REASON_CONTRADICTORY_POLICY:
        return apr_pstrcat(p,
                           "The sections that apply contradict each other; "
                           "see ",
                           refused->source, " and the error log.", NULL);
    case CORS_REASON_ORIGINS_NOT_LOADED:
        return "A file of CorsAllowOriginsFile could not be loaded yet; the "
               "error log says why. No origin is allowed until it is.";
    case CORS_REASON_ORIGINS_STALE:
        return "A list of CorsOriginSource is older than its max-stale, so no "
               "origin is allowed. Find out why its file is no longer written.";
    case CORS_REASON_UNKNOWN_HOST:
        return "The host of the request is not a name of its virtual host, so "
               "the page is not one of the server's own. If it is a name of "
               "the server, add it with ServerAlias; where a proxy in front "
               "changes Host, keep it there (ProxyPreserveHost On), or write "
               "UseCanonicalName On next to ServerName.";
    case CORS_REASON_ORIGIN_REQUIRED:
        return apr_pstrcat(p, "Handshakes without Origin are refused by ",
                           refused->source, ".", NULL);
    default:
        return NULL;
    }
}

/* The advice for a form of another origin, or of one that is not known. */
static const char *advise_foreign(apr_pool_t *p, const char *origin)
{
    cors_origin_t parsed;

    if (!cors_origin_parse(cors_slice(origin), &parsed)) {
        return "If pages of other origins may send this request, write "
               "CorsProtect Off in the section of the URL.";
    }
    if (parsed.null) {
        return "If the page is one of this site, send Referrer-Policy: "
               "same-origin with it. If it is one of an identity provider that "
               "hides its origin, write CorsProtect Off in the section of the "
               "URL.";
    }
    return apr_pstrcat(p,
                       "If its pages may send this request, write "
                       "CorsProtectAllowOrigins ",
                       origin, " in the section of the URL.", NULL);
}

const char *cors_advice_protect(apr_pool_t *p, cors_protect_reason_e reason,
                                const char *origin)
{
    switch (reason) {
    case CORS_PROTECT_REASON_CROSS_SITE:
    case CORS_PROTECT_REASON_NULL_ORIGIN:
        return advise_foreign(p, origin);
    case CORS_PROTECT_REASON_RELAYED:
        return "If it is a form of this site, let its service worker handle "
               "GET only.";
    case CORS_PROTECT_REASON_NO_ORIGIN:
        return "If clients that are not browsers may send this request, write "
               "CorsProtect On, without Strict, in the section of the URL.";
    case CORS_PROTECT_REASON_ORIGIN_REQUIRED:
        return "If clients that are not browsers may open this WebSocket, "
               "write CorsWebSocketRequireOrigin Off in the section of the "
               "URL.";
    case CORS_PROTECT_REASON_EMBEDDING:
        return "If pages of other sites may embed this URL, write "
               "CorsProtectEmbedding Off in its section.";
    case CORS_PROTECT_REASON_FOREIGN_HOST:
        return "If the host is a name of this server, add it with ServerAlias.";
    default:
        return NULL;
    }
}
