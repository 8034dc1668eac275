/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Lists of methods or header names.
 *
 * It is its own file because methods and both kinds of header names share one set of
 * rules for checking, looking up and sending a list. The value of the response header
 * is built together with the list, so that a request does not have to join the names.
 * This file does not merge the lists of sections. Short lists are compared name by
 * name; longer ones use a map. A set does not change after it has been built.
 */

#include "core/policy/name_set.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "core/base/fetch.h"

static const char *default_method_names[] = { "GET",   "HEAD", "PUT",
                                              "PATCH", "POST", "DELETE" };
static const char *default_header_names[] = { "content-type" };

#define JOINED(literal) { literal, sizeof(literal) - 1, 0 }

static const cors_name_set_t defaults[] = {
    { .kind = CORS_NAMES_METHODS,
      .count = 6,
      .names = default_method_names,
      .joined = JOINED("GET, HEAD, PUT, PATCH, POST, DELETE") },
    { .kind = CORS_NAMES_REQUEST_HEADERS,
      .count = 1,
      .names = default_header_names,
      .joined = JOINED("content-type") },
    { .kind = CORS_NAMES_RESPONSE_HEADERS, .none = true }
};

const cors_name_set_t *cors_name_set_default(cors_names_e kind)
{
    return &defaults[kind];
}

cors_name_set_t *cors_name_set_make(apr_pool_t *p, cors_names_e kind, bool edit)
{
    cors_name_set_t *set = apr_pcalloc(p, sizeof(*set));

    set->kind = kind;
    set->edit = edit;
    return set;
}

/* Returns whether an entry stands for a whole list. */
static bool is_whole_list(cors_slice_t entry)
{
    return cors_slice_is(entry, "*") || cors_slice_is_nocase(entry, "None");
}

static cors_problem_e check_method(cors_slice_t name, const char **suggestion)
{
    const char *well_known;

    if (cors_slice_is_nocase(name, "None")) {
        return CORS_PROBLEM_METHODS_NONE;
    }
    if (cors_fetch_forbidden_method(name)) {
        return CORS_PROBLEM_METHOD_FORBIDDEN;
    }
    well_known = cors_fetch_well_known_method(name);
    if (well_known && !cors_slice_is(name, well_known)) {
        *suggestion = well_known;
        return CORS_PROBLEM_METHOD_CASE;
    }
    return CORS_OK;
}

static cors_problem_e check_token(apr_pool_t *p, cors_names_e kind,
                                  cors_slice_t name, const char **suggestion);

/* Characters that separate names elsewhere. "|" may even be part of a token. */
static const char separators[] = ";|";

static cors_problem_e check_name(apr_pool_t *p, cors_names_e kind,
                                 cors_slice_t name, const char **suggestion)
{
    if (cors_slice_find_any(name, separators)) {
        return CORS_PROBLEM_LIST_SEPARATOR;
    }
    if (!cors_is_token(name)) {
        return check_token(p, kind, name, suggestion);
    }
    /* a token may contain it, but it would be compared literally */
    if (cors_slice_find_any(name, "*")) {
        return CORS_PROBLEM_NAME_WILDCARD;
    }
    if (kind == CORS_NAMES_METHODS) {
        return check_method(name, suggestion);
    }
    if (kind == CORS_NAMES_REQUEST_HEADERS) {
        /* a name that no preflight announces does no harm */
        return CORS_OK;
    }
    if (cors_fetch_forbidden_response_header(name)) {
        return CORS_PROBLEM_EXPOSE_FORBIDDEN;
    }
    if (cors_fetch_request_only_header(name)) {
        return CORS_PROBLEM_EXPOSE_IS_REQUEST;
    }
    return CORS_OK;
}

/*
 * Diagnoses an argument that is not a token. A colon at its end comes from a name that
 * was copied from a message.
 */
static cors_problem_e check_token(apr_pool_t *p, cors_names_e kind,
                                  cors_slice_t name, const char **suggestion)
{
    const char *unused;

    const char *colon = cors_slice_find_any(name, ":");

    /* "content-type:application/json" */
    if (colon && kind != CORS_NAMES_METHODS) {
        cors_slice_t value =
            cors_slice_between(colon + 1, cors_slice_end(name));

        name = cors_slice_find_any(value, ":")
                   ? name
                   : cors_slice_between(name.ptr, colon);
    }
    name.len -= name.len > 0 && cors_slice_end(name)[-1] == ':' ? 1 : 0;
    /* if there are several colons, one remains, and the argument is not checked further */
    if (cors_is_token(name) && !is_whole_list(name)
        && check_name(p, kind, name, &unused) == CORS_OK) {
        *suggestion = cors_slice_text(p, name);
    }
    if (kind == CORS_NAMES_METHODS) {
        return CORS_PROBLEM_METHOD_TOKEN;
    }
    return CORS_PROBLEM_HEADER_TOKEN;
}

/*
 * Splits an argument that holds several names. Returns the names, each with the
 * prefix; NULL: one of them is invalid.
 */
static const char *split_names(apr_pool_t *p, cors_names_e kind,
                               const char *prefix, cors_slice_t entry,
                               const char *between)
{
    cors_joined_t words = { NULL, 0, 0 };
    cors_slice_t name;

    while (cors_part_next(&entry, between, &name)) {
        const char *suggestion = NULL;

        /* the meaning of an additional prefix is unknown here */
        if (is_whole_list(name) || strchr("+-!", name.ptr[0])
            || (check_name(p, kind, name, &suggestion) && !suggestion)) {
            return NULL;
        }
        cors_join_entry(p, &words, prefix,
                        suggestion ? cors_slice(suggestion) : name);
    }
    return words.text;
}

/* Up to this many names are compared one by one; longer lists have a map. */
#define FEW 8

/*
 * Browsers convert the methods they know to upper case and send the others as the
 * script wrote them, so methods are compared byte for byte.
 */
static bool same_name(cors_names_e kind, cors_slice_t name, const char *listed)
{
    /* a requested name has no NUL, so a shorter listed name differs before its end */
    int differ = kind == CORS_NAMES_METHODS
                     ? strncmp(listed, name.ptr, name.len)
                     : strncasecmp(listed, name.ptr, name.len);

    return differ == 0 && listed[name.len] == '\0';
}

/* Returns the index of a name in a short list; -1: it is not there. */
static int find_name(const cors_name_set_t *set, const char **names, int count,
                     cors_slice_t name)
{
    /* if it is a letter, in lower case; most other names differ here */
    const int first = name.len > 0 ? name.ptr[0] | ' ' : 0;
    int i;

    for (i = 0; i < count; i++) {
        if ((names[i][0] | ' ') == first
            && same_name(set->kind, name, names[i])) {
            return i;
        }
    }
    return -1;
}

/* Returns the map value for an index, which must not be NULL. */
static const void *value_of(int place)
{
    return (const void *)((apr_uintptr_t)place + 1);
}

static int find_in_map(const cors_text_map_t *map, cors_slice_t name)
{
    return (int)(apr_uintptr_t)cors_text_map_get(map, name) - 1;
}

/* Adds the last name to the map, which is created once there are many names. */
static void add_to_map(apr_pool_t *p, const cors_name_set_t *set,
                       cors_text_map_t **map, const char **names, int count)
{
    int i = count - 1;

    if (count <= FEW) {
        return;
    }
    if (!*map) {
        *map = cors_text_map_make(p, set->kind != CORS_NAMES_METHODS);
        i = 0;
    }
    for (; i < count; i++) {
        cors_text_map_add(*map, cors_slice(names[i]), value_of(i));
    }
}

/* Appends a text. The array has room for the next power of two. */
static void append(apr_pool_t *p, const char ***texts, int count,
                   const char *text)
{
    if ((count & (count - 1)) == 0) {
        apr_size_t room = count > 0 ? 2 * (apr_size_t)count : 1;
        const char **longer = apr_palloc(p, room * sizeof(*longer));

        if (count > 0) {
            memcpy(longer, *texts, (apr_size_t)count * sizeof(*longer));
        }
        *texts = longer;
    }
    (*texts)[count] = text;
}

static cors_problem_e add_wildcard(apr_pool_t *p, cors_name_set_t *set)
{
    if (set->none) {
        return CORS_PROBLEM_NONE_NOT_ALONE;
    }
    /*
     * besides *, browsers still require Authorization by name, so the list of request
     * headers may hold both
     */
    if (set->count > 0 && set->kind != CORS_NAMES_REQUEST_HEADERS) {
        return CORS_PROBLEM_WILDCARD_NOT_ALONE;
    }
    if (!set->wildcard) {
        cors_slice_t names = cors_slice(set->joined.text);

        set->wildcard = true;
        memset(&set->joined, 0, sizeof(set->joined));
        cors_join(p, &set->joined, "", cors_slice("*"));
        cors_join(p, &set->joined, ", ", names);
    }
    return CORS_OK;
}

static cors_problem_e add_none(cors_name_set_t *set)
{
    if (set->count > 0 || set->wildcard) {
        return CORS_PROBLEM_NONE_NOT_ALONE;
    }
    set->none = true;
    return CORS_OK;
}

static cors_problem_e add_name(apr_pool_t *p, cors_name_set_t *set,
                               cors_slice_t entry, const char *source,
                               const char **suggestion)
{
    cors_problem_e problem = check_name(p, set->kind, entry, suggestion);

    if (problem) {
        return problem;
    }
    if (set->none) {
        return CORS_PROBLEM_NONE_NOT_ALONE;
    }
    if (set->wildcard && set->kind != CORS_NAMES_REQUEST_HEADERS) {
        return CORS_PROBLEM_WILDCARD_NOT_ALONE;
    }
    if (!cors_name_set_lists(set, entry)) {
        append(p, &set->names, set->count, cors_slice_text(p, entry));
        append(p, &set->sources, set->count++, source);
        add_to_map(p, set, &set->index, set->names, set->count);
        cors_join(p, &set->joined, ", ", entry);
    }
    return CORS_OK;
}

static cors_problem_e remove_name(apr_pool_t *p, cors_name_set_t *set,
                                  cors_slice_t entry, const char *source,
                                  const char **suggestion)
{
    cors_problem_e problem = check_name(p, set->kind, entry, suggestion);

    if (!problem) {
        append(p, &set->removed, set->removed_count, cors_slice_text(p, entry));
        append(p, &set->removed_sources, set->removed_count++, source);
        add_to_map(p, set, &set->removed_index, set->removed,
                   set->removed_count);
    }
    return problem;
}

/*
 * Returns the suggestion for a prefixed argument that has a problem. The suggestion
 * for its name alone is already known.
 */
static const char *suggest_names(apr_pool_t *p, const cors_name_set_t *set,
                                 cors_problem_e problem, const char *prefix,
                                 cors_slice_t entry, const char *name)
{
    if (problem == CORS_PROBLEM_LIST_SEPARATOR) {
        return split_names(p, set->kind, prefix, entry, separators);
    }
    if (problem == CORS_PROBLEM_METHOD_TOKEN && !name
        && cors_slice_find_any(entry, "/")) {
        return split_names(p, set->kind, prefix, entry, "/");
    }
    if (problem == CORS_PROBLEM_METHODS_NONE && !set->edit && set->count == 0
        && !set->wildcard) {
        return "GET HEAD POST";
    }
    return name ? apr_pstrcat(p, prefix, name, NULL) : NULL;
}

/*
 * Returns the suggestion for "!" and a name: to remove it from the inherited list,
 * unless the set does not edit an inherited list.
 */
static const char *suggest_removal(apr_pool_t *p, const cors_name_set_t *set,
                                   cors_slice_t name)
{
    bool may_edit =
        set->edit || (set->count == 0 && !set->wildcard && !set->none);
    const char *right = NULL;

    if (!may_edit || is_whole_list(name) || cors_slice_has_prefix(name, "!")
        || (check_name(p, set->kind, name, &right) && !right)) {
        return NULL;
    }
    return apr_pstrcat(p, "-", right ? right : cors_slice_text(p, name), NULL);
}

cors_problem_e cors_name_idle(cors_names_e kind, cors_slice_t name)
{
    if (kind != CORS_NAMES_REQUEST_HEADERS) {
        return CORS_OK;
    }
    if (cors_fetch_response_only_header(name)) {
        return CORS_PROBLEM_HEADER_IS_RESPONSE;
    }
    if (cors_fetch_forbidden_request_header(name)) {
        return CORS_PROBLEM_HEADER_FORBIDDEN;
    }
    return CORS_OK;
}

cors_problem_e cors_name_set_add(apr_pool_t *p, cors_name_set_t *set,
                                 cors_slice_t entry, const char *source,
                                 const char **suggestion)
{
    bool prefixed =
        entry.len > 1 && (entry.ptr[0] == '+' || entry.ptr[0] == '-');
    const char *prefix =
        prefixed
            ? cors_slice_text(p, cors_slice_between(entry.ptr, entry.ptr + 1))
            : "";
    bool wildcard;
    bool none;
    cors_problem_e problem;

    *suggestion = NULL;
    if (prefixed != set->edit) {
        return CORS_PROBLEM_EDIT_MIXED;
    }
    if (prefixed) {
        entry.ptr++;
        entry.len--;
    }
    if (cors_slice_has_prefix(entry, "!")) {
        *suggestion = suggest_removal(
            p, set, cors_slice_between(entry.ptr + 1, cors_slice_end(entry)));
        return CORS_PROBLEM_NAME_EXCLUSION;
    }
    wildcard = cors_slice_is(entry, "*");
    none =
        set->kind != CORS_NAMES_METHODS && cors_slice_is_nocase(entry, "None");
    if (wildcard && prefixed && set->count == 0 && set->removed_count == 0
        && (*prefix == '+' || set->kind != CORS_NAMES_METHODS)) {
        *suggestion = *prefix == '+' ? "*" : "None";
    }
    if (wildcard || none) {
        if (prefixed) {
            return CORS_PROBLEM_EDIT_OF_ALL;
        }
        if (wildcard) {
            return add_wildcard(p, set);
        }
        return add_none(set);
    }
    problem = *prefix == '-' ? remove_name(p, set, entry, source, suggestion)
                             : add_name(p, set, entry, source, suggestion);
    *suggestion = suggest_names(p, set, problem, prefix, entry, *suggestion);
    return problem;
}

bool cors_name_set_lists(const cors_name_set_t *set, cors_slice_t name)
{
    return (set->index ? find_in_map(set->index, name)
                       : find_name(set, set->names, set->count, name))
           >= 0;
}

int cors_name_set_find_removed(const cors_name_set_t *set, cors_slice_t name)
{
    if (set->removed_count == 0) {
        return -1;
    }
    if (set->removed_index) {
        return find_in_map(set->removed_index, name);
    }
    return find_name(set, set->removed, set->removed_count, name);
}
