/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Holds the list of origins of one section: origins, wildcards, exclusions, regular
 * expressions and list files. It is a separate file because it combines several
 * matchers into one result; each matcher has a file of its own. It does not merge
 * the lists of several sections; policy.c does that. Checks and explanations search the same
 * hash table as requests; the entry of a pattern, with its source, is then found by
 * its text. An exclusion always takes precedence.
 */

#include "core/origin/origin_set.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "core/base/compiler.h"
#include "core/base/suffix.h"
#include "core/base/text_map.h"
#include "core/origin/pattern.h"
#include "core/origin/regex.h"
#include "core/origin/regex_domain.h"

typedef cors_origin_entry_t entry_t;

typedef struct {
    const void *regex;
    cors_regex_match_fn match;
    const entry_t *entry;
} regex_t;

typedef struct {
    const cors_origin_source_t *source;
    const cors_tenant_key_t *key; /* NULL: entries without a tenant count */
} live_t;

/* The entries that list origins, or those that exclude them. */
typedef struct {
    apr_array_header_t *regexes; /* regex_t; or NULL */
    const entry_t *null;         /* the entry null; or NULL */
    const entry_t *self;         /* the entry Self; or NULL */
} index_t;

/* The number of origins that are also found by their text. Comparing more would take
 * longer than the table. */
#define FEW 8

struct cors_origin_set_t {
    cors_origin_table_t *table; /* all patterns, for requests; or NULL */
    index_t listed;
    index_t excluded;
    apr_array_header_t *live_lists; /* live_t; or NULL */
    bool listed_by_source;          /* a live list lists an origin now */
    bool has_tenants;               /* a live list has a key */
    const char *vary;               /* the headers of all keys; or NULL */
    apr_array_header_t *entries;    /* entry_t *, in written order */
    cors_text_map_t *texts[2]; /* listed, excluded: text -> first entry_t */
    bool file;
    bool edit;
    bool any_origin;
    bool none;
    bool excludes;
    const entry_t *public;
    const entry_t *public_suffix;
    cors_slice_t few[FEW]; /* the first origins without a wildcard */
    int few_count;
};

cors_origin_set_t *cors_origin_set_make(apr_pool_t *p, bool file, bool edit)
{
    cors_origin_set_t *set = apr_pcalloc(p, sizeof(*set));

    set->file = file;
    set->edit = edit;
    set->entries = apr_array_make(p, 4, sizeof(entry_t *));
    set->texts[0] = cors_text_map_make(p, false);
    set->texts[1] = cors_text_map_make(p, false);
    return set;
}

static cors_problem_e check_place(const cors_origin_set_t *set,
                                  const cors_pattern_t *pattern)
{
    bool used = set->entries->nelts > 0;
    bool whole_list =
        pattern->kind == CORS_PATTERN_ANY || pattern->kind == CORS_PATTERN_NONE;

    if (set->edit && whole_list) {
        return CORS_PROBLEM_EDIT_OF_ALL;
    }
    if (set->edit && pattern->exclude) {
        return CORS_PROBLEM_EDIT_EXCLUSION;
    }
    if (set->any_origin || (pattern->kind == CORS_PATTERN_ANY && used)) {
        if (pattern->kind == CORS_PATTERN_ANY && set->any_origin) {
            return CORS_OK;
        }
        return CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE;
    }
    if (set->none || (pattern->kind == CORS_PATTERN_NONE && used)) {
        if (pattern->kind == CORS_PATTERN_NONE && set->none) {
            return CORS_OK;
        }
        return CORS_PROBLEM_NONE_NOT_ALONE;
    }
    return CORS_OK;
}

/* What an entry is. */
typedef enum {
    KIND_PATTERN,
    KIND_REGEX,
    KIND_FILE
} kind_e;

/* Store an entry. A repeated entry records the source of the first one. */
static entry_t *add_entry(apr_pool_t *p, cors_origin_set_t *set,
                          const char *text, const char *source, kind_e kind,
                          bool exclude)
{
    /* A pattern, a regular expression and the name of a file can be the same text: the keys
     * differ. No pattern begins with one of these characters. */
    static const char *const prefixes[] = { "", "~", "<" };
    entry_t *entry = apr_pcalloc(p, sizeof(*entry));
    const char *key =
        *prefixes[kind] ? apr_pstrcat(p, prefixes[kind], text, NULL) : text;
    const entry_t *first =
        cors_text_map_get(set->texts[exclude], cors_slice(key));

    entry->text = text;
    entry->source = source;
    entry->regex = kind == KIND_REGEX;
    entry->file = kind == KIND_FILE;
    entry->exclude = exclude;
    if (first) {
        entry->first = first->source ? first->source : "";
    }
    else {
        cors_text_map_add(set->texts[exclude], cors_slice(key), entry);
    }
    APR_ARRAY_PUSH(set->entries, entry_t *) = entry;
    return entry;
}

/* Remove the "+" or "-" prefix from an entry of a set that edits. */
static cors_problem_e take_prefix(const cors_origin_set_t *set,
                                  cors_slice_t *entry, char *prefix)
{
    bool prefixed =
        entry->len > 0 && (entry->ptr[0] == '+' || entry->ptr[0] == '-');

    *prefix = '\0';
    if (prefixed != set->edit) {
        return CORS_PROBLEM_EDIT_MIXED;
    }
    if (prefixed) {
        *prefix = entry->ptr[0];
        entry->ptr++;
        entry->len--;
    }
    return CORS_OK;
}

static void add_pattern(apr_pool_t *p, cors_origin_set_t *set,
                        const cors_pattern_t *pattern, const entry_t *entry)
{
    index_t *index = entry->exclude ? &set->excluded : &set->listed;

    if (pattern->kind == CORS_PATTERN_NULL) {
        index->null = entry;
        return;
    }
    if (pattern->kind == CORS_PATTERN_SELF) {
        index->self = entry;
        return;
    }
    if (!set->table) {
        set->table = cors_origin_table_make(p, 0, 0);
    }
    cors_origin_table_add(set->table, pattern, entry->exclude);
    if (!entry->exclude && !pattern->subdomains && !pattern->any_port
        && !pattern->any_host && set->few_count < FEW) {
        set->few[set->few_count++] = pattern->origin;
    }
}

/* Returns the entries of a text, each with the prefix. */
static const char *prefix_words(apr_pool_t *p, char prefix, const char *text)
{
    const char sign[] = { prefix, '\0' };
    cors_joined_t words = { NULL, 0, 0 };
    cors_slice_t rest = cors_slice(text);
    cors_slice_t entry;

    while (cors_argument_next(&rest, &entry)) {
        cors_join_entry(p, &words, sign, entry);
    }
    return words.text;
}

static char *append(char *to, cors_slice_t text)
{
    memcpy(to, text.ptr, text.len);
    return to + text.len;
}

/* The longest regular expression that is suggested. To decide on it costs more than its
 * length, and a .htaccess file may have many. */
#define SUGGESTED_MAX 200

/* Returns a regular expression as a line of CorsAllowOriginsMatch; NULL: it is too long,
 * it cannot be quoted, or it may match names that anyone can register. */
static const char *match_line(apr_pool_t *p, char prefix, const char *regex)
{
    const char sign[] = { prefix, '\0' };
    cors_reach_t reach;

    if (strlen(regex) > SUGGESTED_MAX || strchr(regex, '"')
        || strstr(regex, "\\\\")) {
        return NULL;
    }
    cors_regex_find_reach(p, regex, &reach);
    if (reach.obstacle || reach.none || reach.open || reach.suffix) {
        return NULL;
    }
    return apr_pstrcat(p, "CorsAllowOriginsMatch \"", sign, regex, "\"", NULL);
}

/* Returns a line for a pattern with wildcards inside a host, such as
 * https://app-*.example.com; NULL: the pattern has another mistake. */
static const char *wildcard_line(apr_pool_t *p, char prefix, const char *text)
{
    const char *host = strstr(text, "://");
    char *regex = apr_palloc(p, strlen(text) * sizeof("[a-z0-9-]*") + 1);
    char *to = regex;
    const char *c;

    if (!host || text[0] == '!') {
        return NULL;
    }
    host += strlen("://");
    memcpy(to, text, (apr_size_t)(host - text));
    to += host - text;
    for (c = host; *c; c++) {
        if (*c == '*') {
            /* a whole label has at least one character */
            const bool whole = (c == host || c[-1] == '.') && c[1] == '.';

            to = append(to, cors_slice(whole ? "[a-z0-9-]+" : "[a-z0-9-]*"));
        }
        else if (*c == '.') {
            to = append(to, cors_slice("\\."));
        }
        else if (apr_isalnum(*c) || *c == '-') {
            *to++ = *c;
        }
        else {
            return NULL;
        }
    }
    *to = '\0';
    return match_line(p, prefix, regex);
}

/* Returns the suggestion for a rejected entry with a prefix, or NULL. The caller
 * passes the suggestion for the entry without the prefix. */
static const char *suggest_edit(apr_pool_t *p, const cors_origin_set_t *set,
                                cors_problem_e problem, char prefix,
                                const cors_pattern_t *pattern, const char *bare)
{
    bool any_origin =
        pattern->kind == CORS_PATTERN_ANY && set->entries->nelts == 0;
    const char *text = cors_slice_text(p, pattern->origin);

    switch (problem) {
    case CORS_PROBLEM_EDIT_OF_ALL:
        if (!any_origin) {
            return NULL;
        }
        if (prefix == '+') {
            return "*";
        }
        return "None";
    case CORS_PROBLEM_EXCLUSION_OF_ALL:
        return any_origin && !prefix ? "None" : NULL;
    case CORS_PROBLEM_EDIT_EXCLUSION:
        return apr_pstrcat(p, "-", text, NULL);
    case CORS_PROBLEM_SELF_PLACE:
        if (!prefix && !pattern->exclude && set->entries->nelts == 0) {
            return "None";
        }
        return NULL;
    case CORS_PROBLEM_ORIGIN_EXPRESSION:
        bare = pattern->exclude ? NULL : cors_regex_suggest_plain(p, text, "");
        if (!bare && !pattern->exclude && !set->file) {
            return match_line(p, prefix, text);
        }
        break;
    case CORS_PROBLEM_WILDCARD_PLACE:
        if (!bare && !pattern->exclude && !set->file) {
            return wildcard_line(p, prefix, text);
        }
        break;
    case CORS_PROBLEM_ORIGIN_SCHEME_MISSING:
        if (!prefix && !pattern->exclude && set->entries->nelts == 0
            && (cors_slice_is_nocase(pattern->origin, "all")
                || cors_slice_is_nocase(pattern->origin, "any"))) {
            return "*";
        }
        break;
    default:
        break;
    }
    /* An entry cannot have both "!" and a prefix. */
    if (bare && prefix && strchr(bare, '!')) {
        return NULL;
    }
    if (bare) {
        return prefix_words(p, prefix, bare);
    }
    return NULL;
}

cors_problem_e cors_origin_set_add(apr_pool_t *p, cors_origin_set_t *set,
                                   cors_slice_t text, const char *source,
                                   const char **suggestion)
{
    cors_pattern_t pattern;
    char prefix;
    cors_problem_e problem = take_prefix(set, &text, &prefix);
    bool take_out;
    entry_t *entry;

    *suggestion = NULL;
    if (problem) {
        return problem;
    }
    text.ptr = cors_slice_text(p, text);
    problem = cors_pattern_parse(p, text, set->file, &pattern, suggestion);
    if (!problem) {
        problem = check_place(set, &pattern);
    }
    if (problem) {
        *suggestion =
            suggest_edit(p, set, problem, prefix, &pattern, *suggestion);
        return problem;
    }

    take_out = prefix == '-' || pattern.exclude;
    entry =
        add_entry(p, set, pattern.origin.ptr, source, KIND_PATTERN, take_out);
    if (entry->first) {
        return CORS_OK;
    }
    if (pattern.kind == CORS_PATTERN_ANY) {
        set->any_origin = true;
    }
    else if (pattern.kind == CORS_PATTERN_NONE) {
        set->none = true;
    }
    else {
        add_pattern(p, set, &pattern, entry);
        set->excludes = set->excludes || take_out;
    }
    entry->open = pattern.any_host;
    if (entry->open && !take_out && !set->public) {
        set->public = entry;
    }
    entry->suffix =
        pattern.subdomains && cors_suffix_is_shared(p, pattern.host);
    if (entry->suffix && !cors_suffix_is_public(p, pattern.host)) {
        entry->suffix_detail =
            apr_pstrcat(p, cors_slice_text(p, pattern.scheme), "://",
                        cors_suffix_stranger(p, pattern.host), NULL);
    }
    if (entry->suffix && !take_out && !set->public_suffix) {
        set->public_suffix = entry;
    }
    return CORS_OK;
}

/* Returns the http or https origin of a host that a regular expression matches; NULL
 * if it matches neither. */
static const char *match_host(apr_pool_t *p, const void *regex,
                              cors_regex_match_fn match, const char *host)
{
    const char *secure = apr_pstrcat(p, "https://", host, NULL);
    const char *plain = apr_pstrcat(p, "http://", host, NULL);

    if (match(regex, cors_slice(secure), false)) {
        return secure;
    }
    if (match(regex, cors_slice(plain), false)) {
        return plain;
    }
    return NULL;
}

/* Returns an origin with an arbitrary name that the regular expression matches, or
 * NULL. No list names it on purpose, and anyone could register it. */
static const char *match_stranger(apr_pool_t *p, const void *regex,
                                  cors_regex_match_fn match)
{
    static const char *const strangers[] = { "strangerzq.com",
                                             "stranger-zq7.info",
                                             "www.strangerzq.net",
                                             "a.b.strangerzq.org" };
    const char *found = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]) && !found; i++) {
        found = match_host(p, regex, match, strangers[i]);
    }
    return found;
}

/*
 * Returns an origin that resembles the domain at the end of the regular expression
 * and that anyone could register, or NULL: a name that a missing or unescaped dot
 * lets in, or a name below a public suffix.
 */
static const char *match_resembling(apr_pool_t *p, const char *text,
                                    const void *regex,
                                    cors_regex_match_fn match)
{
    const char *domain = cors_regex_suggest_domain(p, text, '.');
    const char *loose = cors_regex_suggest_domain(p, text, 'x');
    const char *owner;
    const char *hosts[5];
    const char *found = NULL;
    apr_size_t i;

    if (!domain) {
        return NULL;
    }
    owner = cors_suffix_registrable(p, domain);
    hosts[0] = loose;
    hosts[1] = apr_pstrcat(p, "strangerzq.", domain, NULL);
    hosts[2] = apr_pstrcat(p, "strangerzq", domain, NULL);
    hosts[3] = apr_pstrcat(p, "strangerzq.", loose, NULL);
    hosts[4] = apr_pstrcat(p, "strangerzq", loose, NULL);
    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]) && !found; i++) {
        const char *other = cors_suffix_registrable(p, hosts[i]);

        if (other && !(owner && strcmp(owner, other) == 0)) {
            found = match_host(p, regex, match, hosts[i]);
        }
    }
    return found;
}

/* Returns an example of what the regular expression matches; NULL for an origin that
 * PCRE does not match. */
static const char *example_or_null(const cors_reach_t *reach,
                                   const char *origin, const void *regex,
                                   cors_regex_match_fn match)
{
    if (origin && reach->wider && !match(regex, cors_slice(origin), false)) {
        return NULL;
    }
    return origin;
}

/* Record whether the regular expression matches origins that anyone can register. */
static void note_reach(apr_pool_t *p, entry_t *entry, const cors_reach_t *reach,
                       const void *regex, cors_regex_match_fn match)
{
    const char *origin =
        example_or_null(reach, reach->open_origin, regex, match);

    entry->open = reach->open;
    entry->suffix = reach->suffix;
    entry->suffix_detail =
        example_or_null(reach, reach->suffix_origin, regex, match);
    if (reach->obstacle) {
        origin = match_resembling(p, entry->text, regex, match);
        origin = origin ? origin : match_stranger(p, regex, match);
        entry->undecided = !origin;
        origin =
            apr_pstrcat(p, reach->obstacle, origin ? "; " : NULL, origin, NULL);
    }
    entry->open_detail = origin;
}

cors_problem_e cors_origin_set_add_regex(apr_pool_t *p, cors_origin_set_t *set,
                                         const char *text, const char *source,
                                         const void *regex,
                                         cors_regex_match_fn match,
                                         const char **suggestion)
{
    cors_slice_t rest = cors_slice(text);
    char prefix;
    cors_problem_e problem = take_prefix(set, &rest, &prefix);
    bool take_out = prefix == '-';
    index_t *index = take_out ? &set->excluded : &set->listed;
    regex_t *matcher;
    entry_t *entry;
    cors_reach_t reach;

    *suggestion = NULL;
    if (problem) {
        return problem;
    }
    cors_regex_find_reach(p, rest.ptr, &reach);
    /* Diagnose only an expression that matches no origin, or cannot be decided. */
    if (reach.none || reach.obstacle) {
        const char *sign = take_out ? "-" : "+";

        problem = cors_regex_check(p, rest.ptr, take_out || prefix ? sign : "",
                                   suggestion);
    }
    if (problem) {
        return problem;
    }
    if (set->any_origin || set->none) {
        if (set->any_origin) {
            return CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE;
        }
        return CORS_PROBLEM_NONE_NOT_ALONE;
    }
    entry = add_entry(p, set, cors_slice_text(p, rest), source, KIND_REGEX,
                      take_out);
    if (entry->first) {
        return CORS_OK;
    }
    note_reach(p, entry, &reach, regex, match);
    if (!index->regexes) {
        index->regexes = apr_array_make(p, 1, sizeof(regex_t));
    }
    matcher = apr_array_push(index->regexes);
    matcher->regex = regex;
    matcher->match = match;
    matcher->entry = entry;
    set->excludes = set->excludes || take_out;
    if (entry->suffix && !take_out && !set->public_suffix) {
        set->public_suffix = entry;
    }
    if (entry->open && !take_out && !set->public) {
        set->public = entry;
    }
    return CORS_OK;
}

static void note_key(apr_pool_t *p, cors_origin_set_t *set,
                     const cors_tenant_key_t *key)
{
    if (!key) {
        return;
    }
    set->has_tenants = true;
    if (key->headers && set->vary) {
        set->vary = apr_pstrcat(p, set->vary, ", ", key->headers, NULL);
    }
    else if (key->headers) {
        set->vary = key->headers;
    }
}

cors_problem_e cors_origin_set_add_source(apr_pool_t *p, cors_origin_set_t *set,
                                          const char *name, const char *source,
                                          const cors_origin_source_t *live,
                                          const cors_tenant_key_t *key,
                                          const cors_origin_notes_t *notes)
{
    entry_t *entry;
    live_t *added;

    if (set->edit) {
        return CORS_PROBLEM_EDIT_MIXED;
    }
    if (set->any_origin || set->none) {
        if (set->any_origin) {
            return CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE;
        }
        return CORS_PROBLEM_NONE_NOT_ALONE;
    }
    entry = add_entry(p, set, apr_pstrdup(p, name), source, KIND_FILE, false);
    entry->path = notes->path;
    entry->tenant = key ? key->text : NULL;
    entry->tenants = notes->tenants;
    entry->provided = notes->provided;
    if (entry->first) {
        return CORS_OK;
    }
    entry->insecure = notes->insecure;
    entry->insecure_source = notes->insecure_source;
    set->listed_by_source = set->listed_by_source || notes->lists;
    if (!set->live_lists) {
        set->live_lists = apr_array_make(p, 1, sizeof(live_t));
    }
    added = apr_array_push(set->live_lists);
    added->source = live;
    added->key = key;
    note_key(p, set, key);
    if (notes->suffix && !set->public_suffix) {
        entry = apr_pcalloc(p, sizeof(*entry));
        entry->text = notes->suffix;
        entry->source = notes->suffix_source;
        entry->suffix = true;
        set->public_suffix = entry;
        /* The wildcard becomes an entry of its own, so that it can be reported. */
        APR_ARRAY_PUSH(set->entries, entry_t *) = entry;
    }
    return CORS_OK;
}

/* The search for the first entry that covers an origin. */
typedef struct {
    const cors_text_map_t *texts; /* of the entries to search */
    const cors_origin_t *origin;
    bool exclude;
    const entry_t *but; /* ignored */
    const entry_t *found;
} search_t;

/* Find the entry of a pattern that matches, by the text of the pattern. */
static void find_entry(void *context, const cors_origin_match_t *match)
{
    search_t *search = context;
    const cors_origin_t *origin = search->origin;
    const char *host_end = cors_slice_end(origin->host);
    char text[CORS_ORIGIN_MAX + sizeof("*.:*")];
    char *end =
        append(text, cors_slice_between(origin->text.ptr, origin->host.ptr));
    const entry_t *entry;

    if (search->found || !(search->exclude ? match->excluded : match->listed)) {
        return;
    }
    if (match->any_host) {
        end = append(end, cors_slice("*"));
    }
    else if (match->domain.ptr) {
        end = append(append(end, cors_slice("*.")), match->domain);
    }
    else {
        end = append(end, origin->host);
    }
    end = append(end, match->any_port
                          ? cors_slice(":*")
                          : cors_slice_between(host_end,
                                               cors_slice_end(origin->text)));
    entry = cors_text_map_get(search->texts, cors_slice_between(text, end));
    search->found = entry != search->but ? entry : NULL;
}

/* Returns the entry of the first regular expression that matches an origin, or NULL.
 * An origin without a host (file://) is never matched: no fetch sends it. */
static const entry_t *find_regex(const apr_array_header_t *regexes,
                                 const cors_origin_t *origin, bool doubt)
{
    int i;

    for (i = 0; i < regexes->nelts && origin->host.len > 0; i++) {
        const regex_t *matcher = &APR_ARRAY_IDX(regexes, i, regex_t);

        if (matcher->match(matcher->regex, origin->text, doubt)) {
            return matcher->entry;
        }
    }
    return NULL;
}

/* Returns the first entry that lists an origin, or that excludes it; NULL if there is
 * none. The entry `but` is ignored. */
static const entry_t *find_word(const cors_origin_set_t *set, bool exclude,
                                const cors_origin_t *origin, const entry_t *but)
{
    const index_t *index = exclude ? &set->excluded : &set->listed;
    search_t search = { set->texts[exclude], origin, exclude, but, NULL };

    if (origin->null) {
        return index->null != but ? index->null : NULL;
    }
    if (set->table) {
        cors_origin_table_matches(set->table, origin, find_entry, &search);
    }
    if (!search.found && index->regexes) {
        search.found = find_regex(index->regexes, origin, false);
    }
    return search.found != but ? search.found : NULL;
}

/* Match the regular expressions; exclusions first. If the matcher gives up, the
 * origin counts as excluded and never as listed. */
static cors_listing_e match_regexes(const cors_origin_set_t *set,
                                    const cors_origin_t *origin)
{
    if (set->excluded.regexes
        && find_regex(set->excluded.regexes, origin, true)) {
        return CORS_ORIGIN_EXCLUDED;
    }
    if (set->listed.regexes && find_regex(set->listed.regexes, origin, false)) {
        return CORS_ORIGIN_LISTED;
    }
    return CORS_ORIGIN_UNLISTED;
}

/* Look up an origin in a live list for the tenant of its request. Without one, no entry
 * lists the origin. */
static CORS_SLOW cors_listing_e look_up_tenant(const live_t *live,
                                               const cors_origin_t *origin)
{
    cors_slice_t tenant = { NULL, 0 };

    if (origin->tenants) {
        tenant = origin->tenants->get(origin->tenants->context, live->key);
    }
    return cors_origin_source_lookup(live->source, origin, &tenant);
}

static inline cors_listing_e look_up_live(const live_t *live,
                                          const cors_origin_t *origin)
{
    return live->key ? look_up_tenant(live, origin)
                     : cors_origin_source_lookup(live->source, origin, NULL);
}

/* Returns the combined result of all live lists and of what is known already. */
static cors_listing_e look_up_sources(const apr_array_header_t *live_lists,
                                      const cors_origin_t *origin,
                                      cors_listing_e known)
{
    int i;

    for (i = 0; i < live_lists->nelts && known < CORS_ORIGIN_EXCLUDED; i++) {
        cors_listing_e listing =
            look_up_live(&APR_ARRAY_IDX(live_lists, i, live_t), origin);

        known = listing == CORS_ORIGIN_UNLISTED ? known : listing;
    }
    return known;
}

static cors_listing_e look_up_null(const cors_origin_set_t *set, bool null_ok)
{
    if (set->excluded.null) {
        return CORS_ORIGIN_EXCLUDED;
    }
    if (set->any_origin || (null_ok && set->listed.null)) {
        return CORS_ORIGIN_LISTED;
    }
    return CORS_ORIGIN_UNLISTED;
}

bool cors_origin_set_has_text(const cors_origin_set_t *set, cors_slice_t text)
{
    int i;

    if (set->excludes || set->live_lists) {
        return false;
    }
    for (i = 0; i < set->few_count; i++) {
        if (cors_slice_equal(set->few[i], text)) {
            return true;
        }
    }
    return false;
}

cors_listing_e cors_origin_set_lookup(const cors_origin_set_t *set,
                                      const cors_origin_t *origin, bool null_ok)
{
    cors_listing_e listing = CORS_ORIGIN_UNLISTED;

    if (origin->null) {
        return look_up_null(set, null_ok);
    }
    if (set->table) {
        listing = cors_origin_table_lookup(set->table, origin);
    }
    if (set->live_lists && listing != CORS_ORIGIN_EXCLUDED) {
        listing = look_up_sources(set->live_lists, origin, listing);
    }
    /* A regular expression may still exclude a listed origin. */
    if ((set->listed.regexes && listing == CORS_ORIGIN_UNLISTED)
        || (set->excluded.regexes && listing < CORS_ORIGIN_EXCLUDED)) {
        cors_listing_e matched = match_regexes(set, origin);

        listing = matched == CORS_ORIGIN_UNLISTED ? listing : matched;
    }
    if (set->any_origin && listing == CORS_ORIGIN_UNLISTED) {
        return CORS_ORIGIN_LISTED;
    }
    return listing;
}

bool cors_origin_set_names_self(const cors_origin_set_t *set)
{
    return set->listed.self || set->excluded.self;
}

cors_listing_e cors_origin_set_self(const cors_origin_set_t *set,
                                    cors_listing_e listing)
{
    if (set->excluded.self) {
        return CORS_ORIGIN_EXCLUDED;
    }
    if (set->listed.self && listing == CORS_ORIGIN_UNLISTED) {
        return CORS_ORIGIN_LISTED;
    }
    return listing;
}

/* Returns the entry of the file that excludes an origin, or NULL. */
static const entry_t *find_source(const cors_origin_set_t *set,
                                  const cors_origin_t *origin)
{
    int live = 0;
    int i;

    for (i = 0; set->live_lists && i < set->entries->nelts; i++) {
        const entry_t *entry = APR_ARRAY_IDX(set->entries, i, const entry_t *);

        /* A repeated file has no live list of its own. */
        if (entry->file && !entry->first
            && look_up_live(&APR_ARRAY_IDX(set->live_lists, live++, live_t),
                            origin)
                   == CORS_ORIGIN_EXCLUDED) {
            return entry;
        }
    }
    return NULL;
}

const cors_origin_entry_t *
cors_origin_set_excluding(const cors_origin_set_t *set,
                          const cors_origin_t *origin)
{
    const entry_t *entry = find_word(set, true, origin, NULL);

    if (!entry && !origin->null) {
        entry = find_source(set, origin);
    }
    /* No other entry excludes this listed origin, so only Self can. */
    if (!entry && set->excluded.self
        && cors_origin_set_lookup(set, origin, true) == CORS_ORIGIN_LISTED) {
        return set->excluded.self;
    }
    return entry;
}

cors_listing_e cors_origin_set_without(const cors_origin_set_t *set,
                                       const cors_origin_t *origin,
                                       const cors_origin_entry_t *entry)
{
    bool asks_files = !entry->file && !origin->null;

    if (find_word(set, true, origin, entry)
        || (asks_files && find_source(set, origin))) {
        return CORS_ORIGIN_EXCLUDED;
    }
    if (set->any_origin || find_word(set, false, origin, NULL)
        || (!origin->null && set->live_lists
            && look_up_sources(set->live_lists, origin, CORS_ORIGIN_UNLISTED)
                   == CORS_ORIGIN_LISTED)) {
        return CORS_ORIGIN_LISTED;
    }
    return CORS_ORIGIN_UNLISTED;
}

int cors_origin_set_count(const cors_origin_set_t *set)
{
    return set->entries->nelts;
}

static int count_regexes(const index_t *index)
{
    return index->regexes ? index->regexes->nelts : 0;
}

int cors_origin_set_regexes(const cors_origin_set_t *set)
{
    return count_regexes(&set->listed) + count_regexes(&set->excluded);
}

const cors_origin_entry_t *cors_origin_set_entry(const cors_origin_set_t *set,
                                                 int number)
{
    return APR_ARRAY_IDX(set->entries, number, const entry_t *);
}

/* Returns the entry that covers an origin, given as text; NULL if there is none or if
 * the text is not an origin. */
static const entry_t *find_text(const cors_origin_set_t *set, bool exclude,
                                const char *text, const entry_t *but)
{
    cors_origin_t origin;

    if (cors_origin_parse(cors_slice(text), &origin)) {
        return find_word(set, exclude, &origin, but);
    }
    return NULL;
}

const cors_origin_entry_t *
cors_origin_set_covering(apr_pool_t *p, const cors_origin_set_t *set,
                         const cors_origin_entry_t *entry, bool exclude)
{
    const index_t *index = exclude ? &set->excluded : &set->listed;
    cors_pattern_t pattern;
    const char *unused;
    const char *origin = entry->text;
    const entry_t *covering;

    if (cors_pattern_parse(p, cors_slice(entry->text), set->file, &pattern,
                           &unused)) {
        return NULL;
    }
    if (pattern.kind == CORS_PATTERN_SELF) {
        return index->self != entry ? index->self : NULL;
    }
    /* Test a wildcard with one origin that it matches, of a name that no list has on
     * purpose. */
    if (pattern.subdomains) {
        origin = apr_pstrcat(p, cors_slice_text(p, pattern.scheme),
                             "://x--any.", pattern.host.ptr, NULL);
    }
    if (!pattern.any_port) {
        covering = find_text(set, exclude, origin, entry);
    }
    else {
        origin = apr_pstrndup(p, origin, strlen(origin) - strlen(":*"));
        covering = find_text(set, exclude, origin, entry);
        if (covering
            != find_text(set, exclude, apr_pstrcat(p, origin, ":64999", NULL),
                         entry)) {
            return NULL;
        }
    }
    /* A regular expression may match only that one name. */
    if (covering && covering->regex
        && (pattern.subdomains || pattern.any_port || pattern.any_host)) {
        return NULL;
    }
    return covering;
}

bool cors_origin_set_has_tenants(const cors_origin_set_t *set)
{
    return set->has_tenants;
}

const char *cors_origin_set_vary(const cors_origin_set_t *set)
{
    return set->vary;
}

bool cors_origin_set_edits(const cors_origin_set_t *set)
{
    return set->edit;
}

bool cors_origin_set_any(const cors_origin_set_t *set)
{
    return set->any_origin;
}

bool cors_origin_set_none(const cors_origin_set_t *set)
{
    return set->none;
}

const cors_origin_entry_t *cors_origin_set_public(const cors_origin_set_t *set)
{
    return set->public;
}

bool cors_origin_set_open(const cors_origin_set_t *set)
{
    return cors_origin_set_any(set) || cors_origin_set_public(set)
           || cors_origin_set_public_suffix(set);
}

const cors_origin_entry_t *cors_origin_set_null(const cors_origin_set_t *set)
{
    return set->listed.null;
}

bool cors_origin_set_excludes(const cors_origin_set_t *set)
{
    return set->excludes;
}

bool cors_origin_set_empty(const cors_origin_set_t *set, bool yet)
{
    const index_t *listed = &set->listed;

    return !set->any_origin
           && !(yet ? set->listed_by_source : !!set->live_lists)
           && !listed->null && !listed->self && !listed->regexes
           && !(set->table && cors_origin_table_listed(set->table) > 0);
}

const cors_origin_entry_t *
cors_origin_set_public_suffix(const cors_origin_set_t *set)
{
    return set->public_suffix;
}
