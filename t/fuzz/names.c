/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lists of methods and header names, compared with a linear search. The first byte of
 * the input selects the kind of names. */

#include "fuzz.h"

#include <strings.h>

#include "core/base/fetch.h"
#include "core/policy/name_set.h"

static bool is_same_name(cors_names_e kind, const char *a, const char *b)
{
    return kind == CORS_NAMES_METHODS ? strcmp(a, b) == 0
                                      : strcasecmp(a, b) == 0;
}

static bool has_name(cors_names_e kind, const apr_array_header_t *names,
                     const char *name)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (is_same_name(kind, APR_ARRAY_IDX(names, i, const char *), name)) {
            return true;
        }
    }
    return false;
}

static void check_suggestion(cors_names_e kind, cors_slice_t word,
                             const char *suggestion)
{
    static const char expose[] = "CorsExposeHeaders ";
    cors_slice_t rest = cors_slice(suggestion);
    cors_slice_t name;
    cors_name_set_t *set;
    const char *unused;

    must(!cors_slice_equal(word, rest));
    if (cors_slice_has_prefix(rest, expose)) {
        must(kind == CORS_NAMES_REQUEST_HEADERS);
        kind = CORS_NAMES_RESPONSE_HEADERS;
        rest.ptr += strlen(expose);
        rest.len -= strlen(expose);
    }
    must(rest.len > 0);
    set = cors_name_set_make(pool, kind,
                             rest.ptr[0] == '+' || rest.ptr[0] == '-');
    while (cors_argument_next(&rest, &name)) {
        must(cors_name_set_add(pool, set, name, NULL, &unused) == CORS_OK);
    }
}

/* Compare the look-up of a name and of similar names with a linear search. */
static void compare_name(const cors_name_set_t *set,
                         const apr_array_header_t *listed,
                         const apr_array_header_t *taken, const char *name)
{
    const char *longer = apr_pstrcat(pool, name, "x", NULL);
    char *other = apr_pstrdup(pool, name);

    other[0] = (char)(other[0] ^ ' '); /* the other case, or another byte */
    must(cors_name_set_lists(set, exact_copy(name, strlen(name)))
         == has_name(set->kind, listed, name));
    must(cors_name_set_lists(set, exact_copy(name, strlen(name) - 1))
         == has_name(set->kind, listed,
                     apr_pstrmemdup(pool, name, strlen(name) - 1)));
    must(cors_name_set_lists(set, cors_slice(longer))
         == has_name(set->kind, listed, longer));
    if (cors_is_token(cors_slice(other))) {
        must(cors_name_set_lists(set, cors_slice(other))
             == has_name(set->kind, listed, other));
    }
    must(cors_name_set_takes_out(set, exact_copy(name, strlen(name)))
         == has_name(set->kind, taken, name));
}

static void check(cors_slice_t input)
{
    cors_names_e kind;
    bool edit;
    cors_name_set_t *set;
    cors_slice_t rest = input;
    cors_slice_t word;
    apr_array_header_t *listed = apr_array_make(pool, 8, sizeof(char *));
    apr_array_header_t *taken = apr_array_make(pool, 8, sizeof(char *));
    apr_array_header_t *all = apr_array_make(pool, 8, sizeof(char *));
    bool wildcard = false;
    const char *joined = "";
    int i;

    if (input.len == 0) {
        return;
    }
    kind = (cors_names_e)((unsigned char)input.ptr[0] % 3);
    edit = (input.ptr[0] & 4) != 0;
    set = cors_name_set_make(pool, kind, edit);
    rest.ptr++;
    rest.len--;
    while (cors_argument_next(&rest, &word)) {
        const char *suggestion;
        bool prefixed =
            word.len > 1 && (word.ptr[0] == '+' || word.ptr[0] == '-');
        const char *name = text_of(word) + (edit && prefixed ? 1 : 0);

        if (cors_name_set_add(pool, set, exact_copy(word.ptr, word.len), NULL,
                              &suggestion)) {
            if (suggestion) {
                check_suggestion(kind, word, suggestion);
            }
            continue;
        }
        must(edit == prefixed);
        if (strcmp(name, "*") == 0) {
            must(!edit);
            wildcard = true;
            continue;
        }
        if (kind != CORS_NAMES_METHODS && strcasecmp(name, "none") == 0) {
            must(!edit && set->none);
            continue;
        }
        must(cors_is_token(cors_slice(name)));
        APR_ARRAY_PUSH(all, const char *) = name;
        if (edit && word.ptr[0] == '-') {
            APR_ARRAY_PUSH(taken, const char *) = name;
        }
        else if (!has_name(kind, listed, name)) {
            APR_ARRAY_PUSH(listed, const char *) = name;
        }
    }
    must(set->wildcard == wildcard && set->count == listed->nelts);
    must(!set->none || (set->count == 0 && !set->wildcard));
    must(kind == CORS_NAMES_REQUEST_HEADERS || !wildcard || set->count == 0);
    if (wildcard) {
        joined = "*";
    }
    for (i = 0; i < listed->nelts; i++) {
        joined = apr_pstrcat(pool, joined, *joined ? ", " : "",
                             APR_ARRAY_IDX(listed, i, const char *), NULL);
    }
    must(strcmp(joined, set->joined.text ? set->joined.text : "") == 0);
    for (i = 0; i < all->nelts; i++) {
        compare_name(set, listed, taken, APR_ARRAY_IDX(all, i, const char *));
    }
}
