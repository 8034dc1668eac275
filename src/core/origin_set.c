/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/origin_set.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "cors/suffix.h"

/* The scheme and the port that a wildcard asks for under its domain. */
typedef struct rule_t {
    cors_slice_t scheme;
    unsigned port; /* 0: none was written */
    bool any_port;
    struct rule_t *next;
} rule_t;

/* A domain; its children are the labels to its left. */
typedef struct {
    apr_hash_t *children; /* label -> node_t; NULL: none */
    rule_t *subdomains;   /* what every name below it may be */
} node_t;

/* Origins of one kind, listed or excluded. */
typedef struct {
    apr_hash_t *exact;           /* whole origins; NULL: none */
    apr_hash_t *any_port;        /* origins without port; NULL: none */
    node_t *domains;             /* the root, which has no name; NULL: none */
    apr_array_header_t *regexes; /* regex_t; NULL: none */
    bool null;
} index_t;

typedef struct {
    const void *regex;
    cors_regex_match_fn match;
} regex_t;

struct cors_origin_set_t {
    index_t listed;
    index_t excluded;
    bool file;
    bool edit;
    bool everybody;
    bool nobody;
    bool everything; /* a regex matches any origin */
    bool used;       /* some word has been added */
    bool excludes;
    cors_slice_t public_suffix;
};

cors_origin_set_t *cors_origin_set_make(apr_pool_t *p, bool file, bool edit)
{
    cors_origin_set_t *set = apr_pcalloc(p, sizeof(*set));

    set->file = file;
    set->edit = edit;
    return set;
}

/* the label that ends at end, without its dot; moves end before that dot */
static cors_slice_t label_before(const char *start, const char **end)
{
    const char *p = *end;
    cors_slice_t label;

    while (p > start && p[-1] != '.') {
        p--;
    }
    label.ptr = p;
    label.len = (apr_size_t)(*end - p);
    *end = p > start ? p - 1 : NULL;
    return label;
}

static node_t *node_for(apr_pool_t *p, node_t **root, cors_slice_t host)
{
    const char *end = host.ptr + host.len;
    node_t *node;

    if (!*root) {
        *root = apr_pcalloc(p, sizeof(**root));
    }
    for (node = *root; end;) {
        cors_slice_t label = label_before(host.ptr, &end);
        node_t *child;

        if (!node->children) {
            node->children = apr_hash_make(p);
        }
        child = apr_hash_get(node->children, label.ptr, (apr_ssize_t)label.len);
        if (!child) {
            child = apr_pcalloc(p, sizeof(*child));
            apr_hash_set(node->children, label.ptr, (apr_ssize_t)label.len,
                         child);
        }
        node = child;
    }
    return node;
}

static void hash_add(apr_pool_t *p, apr_hash_t **hash, cors_slice_t key)
{
    if (!*hash) {
        *hash = apr_hash_make(p);
    }
    apr_hash_set(*hash, key.ptr, (apr_ssize_t)key.len, key.ptr);
}

static void index_add(apr_pool_t *p, index_t *index,
                      const cors_pattern_t *pattern)
{
    if (pattern->kind == CORS_PATTERN_NULL) {
        index->null = true;
    }
    else if (pattern->subdomains) {
        node_t *node = node_for(p, &index->domains, pattern->host);
        rule_t *rule = apr_pcalloc(p, sizeof(*rule));

        rule->scheme = pattern->scheme;
        rule->port = pattern->port;
        rule->any_port = pattern->any_port;
        rule->next = node->subdomains;
        node->subdomains = rule;
    }
    else if (pattern->any_port) {
        cors_slice_t portless = pattern->origin;

        portless.len -= strlen(":*");
        hash_add(p, &index->any_port, portless);
    }
    else {
        hash_add(p, &index->exact, pattern->origin);
    }
}

static cors_problem_e check_place(const cors_origin_set_t *set,
                                  const cors_pattern_t *pattern)
{
    bool whole_list = pattern->kind == CORS_PATTERN_EVERYBODY
                      || pattern->kind == CORS_PATTERN_NOBODY;

    if (set->edit && whole_list) {
        return CORS_PROBLEM_EDIT_OF_ALL;
    }
    if (set->edit && pattern->exclude) {
        return CORS_PROBLEM_EDIT_EXCLUSION;
    }
    if (set->everybody
        || (pattern->kind == CORS_PATTERN_EVERYBODY && set->used)) {
        return pattern->kind == CORS_PATTERN_EVERYBODY && set->everybody
                   ? CORS_OK
                   : CORS_PROBLEM_EVERYBODY_NOT_ALONE;
    }
    if (set->nobody || (pattern->kind == CORS_PATTERN_NOBODY && set->used)) {
        return pattern->kind == CORS_PATTERN_NOBODY && set->nobody
                   ? CORS_OK
                   : CORS_PROBLEM_NOBODY_NOT_ALONE;
    }
    return CORS_OK;
}

cors_problem_e cors_origin_set_add(apr_pool_t *p, cors_origin_set_t *set,
                                   cors_slice_t word, const char **instead)
{
    cors_pattern_t pattern;
    cors_problem_e problem;
    bool take_out = false;
    bool marked = word.len > 0 && (word.ptr[0] == '+' || word.ptr[0] == '-');

    *instead = NULL;
    if (marked != set->edit) {
        return CORS_PROBLEM_EDIT_MIXED;
    }
    if (marked) {
        take_out = word.ptr[0] == '-';
        word.ptr++;
        word.len--;
    }
    word.ptr = apr_pstrmemdup(p, word.ptr, word.len);
    problem = cors_pattern_parse(p, word, set->file, &pattern, instead);
    if (problem) {
        if (*instead && marked) {
            *instead = apr_pstrcat(p, take_out ? "-" : "+", *instead, NULL);
        }
        return problem;
    }
    problem = check_place(set, &pattern);
    if (problem) {
        return problem;
    }

    set->used = true;
    take_out = take_out || pattern.exclude;
    if (pattern.kind == CORS_PATTERN_EVERYBODY) {
        set->everybody = true;
    }
    else if (pattern.kind == CORS_PATTERN_NOBODY) {
        set->nobody = true;
    }
    else {
        index_add(p, take_out ? &set->excluded : &set->listed, &pattern);
        set->excludes = set->excludes || take_out;
    }
    if (pattern.subdomains && !take_out && !set->public_suffix.ptr
        && cors_suffix_is_public(p, pattern.host)) {
        set->public_suffix = pattern.origin;
    }
    return CORS_OK;
}

cors_problem_e cors_origin_set_add_regex(apr_pool_t *p, cors_origin_set_t *set,
                                         const void *regex,
                                         cors_regex_match_fn match,
                                         bool exclude, bool everything)
{
    index_t *index = exclude ? &set->excluded : &set->listed;
    regex_t *entry;

    if (set->everybody || set->nobody) {
        return set->everybody ? CORS_PROBLEM_EVERYBODY_NOT_ALONE
                              : CORS_PROBLEM_NOBODY_NOT_ALONE;
    }
    if (!index->regexes) {
        index->regexes = apr_array_make(p, 1, sizeof(regex_t));
    }
    entry = apr_array_push(index->regexes);
    entry->regex = regex;
    entry->match = match;
    set->used = true;
    set->excludes = set->excludes || exclude;
    set->everything = set->everything || (everything && !exclude);
    return CORS_OK;
}

static bool rule_allows(const rule_t *rule, const cors_origin_t *origin)
{
    for (; rule; rule = rule->next) {
        if ((rule->any_port || rule->port == origin->port)
            && cors_slice_equal(rule->scheme, origin->scheme)) {
            return true;
        }
    }
    return false;
}

static bool domains_contain(const node_t *node, const cors_origin_t *origin)
{
    const char *end = origin->host.ptr + origin->host.len;

    while (node->children && end) {
        cors_slice_t label = label_before(origin->host.ptr, &end);

        node = apr_hash_get(node->children, label.ptr, (apr_ssize_t)label.len);
        if (!node) {
            return false;
        }
        /* end is NULL when no label is left: the bare domain is no subdomain,
         * and neither is a host that starts with a dot */
        if (end && end > origin->host.ptr
            && rule_allows(node->subdomains, origin)) {
            return true;
        }
    }
    return false;
}

static bool hash_has(apr_hash_t *hash, const char *key, const char *end)
{
    return hash && apr_hash_get(hash, key, (apr_ssize_t)(end - key)) != NULL;
}

static bool regexes_match(const apr_array_header_t *regexes, cors_slice_t text)
{
    int i;

    for (i = 0; i < regexes->nelts; i++) {
        const regex_t *entry = &APR_ARRAY_IDX(regexes, i, regex_t);

        if (entry->match(entry->regex, text)) {
            return true;
        }
    }
    return false;
}

static bool index_contains(const index_t *index, const cors_origin_t *origin,
                           bool null_ok)
{
    const char *text = origin->text.ptr;

    if (origin->null) {
        return index->null && null_ok;
    }
    return hash_has(index->exact, text, text + origin->text.len)
           || hash_has(index->any_port, text,
                       origin->host.ptr + origin->host.len)
           || (index->domains && domains_contain(index->domains, origin))
           || (index->regexes && regexes_match(index->regexes, origin->text));
}

cors_listing_e cors_origin_set_lookup(const cors_origin_set_t *set,
                                      const cors_origin_t *origin, bool null_ok)
{
    if (set->excludes && index_contains(&set->excluded, origin, true)) {
        return CORS_ORIGIN_EXCLUDED;
    }
    if (set->everybody || index_contains(&set->listed, origin, null_ok)) {
        return CORS_ORIGIN_LISTED;
    }
    return CORS_ORIGIN_UNLISTED;
}

bool cors_origin_set_edits(const cors_origin_set_t *set)
{
    return set->edit;
}

bool cors_origin_set_everybody(const cors_origin_set_t *set)
{
    return set->everybody;
}

bool cors_origin_set_matches_everything(const cors_origin_set_t *set)
{
    return set->everything;
}

bool cors_origin_set_null(const cors_origin_set_t *set)
{
    return set->listed.null;
}

bool cors_origin_set_excludes(const cors_origin_set_t *set)
{
    return set->excludes;
}

bool cors_origin_set_empty(const cors_origin_set_t *set)
{
    const index_t *listed = &set->listed;

    return !set->everybody && !listed->null && !listed->exact
           && !listed->any_port && !listed->domains && !listed->regexes;
}

cors_slice_t cors_origin_set_public_suffix(const cors_origin_set_t *set)
{
    return set->public_suffix;
}
