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

    /* a default has no line to change */
    if (place->refused->by_default) {
        return apr_pstrcat(p, "To allow it, write ", place->directive, " ",
                           prefixed, " in the section.", NULL);
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
static const char *take_out(const place_t *place, const cors_origin_t *origin,
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
                      apr_pstrcat(p, "take what excludes it out of the file ",
                                  entry->text, NULL),
                      prefixed);
    }
    if (without == CORS_ORIGIN_LISTED
        || (without == CORS_ORIGIN_UNLISTED
            && outside_lists(refused, origin))) {
        return either(place,
                      apr_pstrcat(p, "take ", prefix, entry->text, " out of ",
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
        suggestion =
            apr_pstrcat(p, "Ask about ", suggestion, ", which it sends.", NULL);
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
        return take_out(&place, &origin, entry);
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
                           ", not the page: take it out of the script.", NULL);
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
