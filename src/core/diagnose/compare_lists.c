/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Compares the lists of origins of two configurations. It is a file of its own because
 * compare.c thinks in sections and requests, and algebra.c in single lists. This file
 * makes the list of a policy from its settings, with the lines of files, and finds the
 * setting that decides on an origin.
 *
 * Thousands of sections may inherit one list with a million entries. So each list is made
 * once, and each pair of lists is compared once. Lists with the same entries are neither
 * made nor compared: even a list that the algebra cannot represent equals itself.
 */

#include "core/diagnose/compare_lists.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

/* Lists with more entries are not searched for more than one origin. */
#define SEARCHED_MAX 20000

/* In a longer list, an entry whose first origin is excluded is not searched for another one:
 * that needs all exclusions of the list for each entry. */
#define EXCLUDED_MAX 1000

struct cors_listed_t {
    /* made when the list is first compared; then *algebra is not NULL */
    cors_algebra_list_t **algebra;
    apr_array_header_t
        *sets; /* const cors_origin_set_t *, the innermost first */
    bool old;
    bool null_ok;
    int count; /* the number of entries */
};

struct cors_lists_t {
    apr_pool_t *p;
    apr_hash_t *files[2];  /* of the configuration now, and of the old one */
    apr_hash_t *lists;     /* side, null_ok and sets -> cors_listed_t * */
    apr_hash_t *results;   /* kind and two lists -> cors_difference_t * */
    apr_hash_t *witnesses; /* two lists -> witnesses_t * */
    apr_hash_t *equal;     /* two sets -> "": not equal, or "=" */
    const cors_listed_t *all[2]; /* none, any */
};

static cors_listed_t *make_listed(apr_pool_t *p, bool old, bool null_ok)
{
    cors_listed_t *listed = apr_pcalloc(p, sizeof(*listed));

    listed->algebra = apr_pcalloc(p, sizeof(cors_algebra_list_t *));
    listed->sets = apr_array_make(p, 1, sizeof(const cors_origin_set_t *));
    listed->old = old;
    listed->null_ok = null_ok;
    return listed;
}

cors_lists_t *cors_lists_make(apr_pool_t *p, apr_hash_t *old, apr_hash_t *now)
{
    cors_lists_t *lists = apr_pcalloc(p, sizeof(*lists));
    cors_origin_entry_t any;

    memset(&any, 0, sizeof(any));
    any.text = "*";
    lists->p = p;
    lists->files[false] = now;
    lists->files[true] = old;
    lists->lists = apr_hash_make(p);
    lists->results = apr_hash_make(p);
    lists->witnesses = apr_hash_make(p);
    lists->equal = apr_hash_make(p);
    lists->all[false] = make_listed(p, false, true);
    lists->all[true] = cors_listed_of_entry(lists, &any);
    return lists;
}

const cors_listed_t *cors_listed_all(cors_lists_t *lists, bool any)
{
    return lists->all[any];
}

static const cors_snapshot_file_t *file_of(const cors_lists_t *lists, bool old,
                                           const char *path)
{
    return apr_hash_get(lists->files[old], path, APR_HASH_KEY_STRING);
}

/* Returns a line of a file as an entry. */
static cors_origin_entry_t entry_of_line(const cors_snapshot_file_t *file,
                                         int number)
{
    const char *text = APR_ARRAY_IDX(file->origins, number, const char *);
    cors_origin_entry_t entry;

    memset(&entry, 0, sizeof(entry));
    entry.exclude = text[0] == '!';
    entry.text = entry.exclude ? text + 1 : text;
    return entry;
}

/* Add the lines of a file. */
static void add_file(const cors_lists_t *lists, const cors_listed_t *listed,
                     const cors_origin_entry_t *entry)
{
    const cors_snapshot_file_t *file = file_of(lists, listed->old, entry->text);
    int i;

    if (!file || !file->origins) {
        (void)cors_algebra_add(*listed->algebra, entry);
        return;
    }
    for (i = 0; i < file->origins->nelts; i++) {
        const cors_origin_entry_t line = entry_of_line(file, i);

        /* httpd reports an invalid line, and does not use the file */
        (void)cors_algebra_add(*listed->algebra, &line);
    }
}

/* Returns the number of entries of a set with the lines of its files. length: set to the
 * bytes of their texts; NULL: not needed. */
static int count_entries(const cors_lists_t *lists, bool old,
                         const cors_origin_set_t *set, apr_size_t *length)
{
    int count = cors_origin_set_count(set);
    int i;
    int k;

    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);
        const cors_snapshot_file_t *file =
            entry->file ? file_of(lists, old, entry->text) : NULL;

        if (length) {
            *length += strlen(entry->text);
        }
        if (!file || !file->origins) {
            continue;
        }
        count += file->origins->nelts;
        for (k = 0; length && k < file->origins->nelts; k++) {
            *length += strlen(APR_ARRAY_IDX(file->origins, k, const char *));
        }
    }
    return count;
}

static void add_set(const cors_lists_t *lists, const cors_listed_t *listed,
                    const cors_origin_set_t *set)
{
    apr_size_t length = 0;
    int count = count_entries(lists, listed->old, set, &length);
    int i;

    cors_algebra_expect(*listed->algebra, count, length);
    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->file) {
            add_file(lists, listed, entry);
        }
        else if (!entry->first) {
            (void)cors_algebra_add(*listed->algebra, entry);
        }
    }
}

/* Make a list for the algebra. */
static void make_algebra(const cors_lists_t *lists, const cors_listed_t *listed)
{
    int i;

    *listed->algebra = cors_algebra_make(lists->p, listed->null_ok);
    for (i = 0; i < listed->sets->nelts; i++) {
        if (i > 0) {
            cors_algebra_edit(*listed->algebra);
        }
        add_set(lists, listed,
                APR_ARRAY_IDX(listed->sets, i, const cors_origin_set_t *));
    }
}

/* Returns a list for the algebra. */
static const cors_algebra_list_t *algebra_of(const cors_lists_t *lists,
                                             const cors_listed_t *listed)
{
    if (!*listed->algebra) {
        make_algebra(lists, listed);
    }
    return *listed->algebra;
}

const cors_listed_t *cors_listed_of(cors_lists_t *lists, bool old,
                                    const cors_policy_t *policy,
                                    cors_attr_e attr)
{
    const bool null_ok = cors_policy_number(policy, CORS_ATTR_NULL_UNSAFE);
    apr_array_header_t *key = apr_array_make(lists->p, 4, sizeof(void *));
    const cors_link_t *link = &policy->link[attr];
    cors_listed_t *listed;
    apr_ssize_t len;

    if (!link->setting) {
        return lists->all[false];
    }
    APR_ARRAY_PUSH(key, const void *) = old ? lists : NULL;
    APR_ARRAY_PUSH(key, const void *) = null_ok ? lists : NULL;
    for (; link && link->setting; link = link->outer) {
        APR_ARRAY_PUSH(key, const void *) = link->setting->origins;
    }
    len = (apr_ssize_t)sizeof(void *) * key->nelts;
    listed = apr_hash_get(lists->lists, key->elts, len);
    if (!listed) {
        listed = make_listed(lists->p, old, null_ok);
        for (link = &policy->link[attr]; link && link->setting;
             link = link->outer) {
            APR_ARRAY_PUSH(listed->sets, const cors_origin_set_t *) =
                link->setting->origins;
            listed->count +=
                count_entries(lists, old, link->setting->origins, NULL);
        }
        apr_hash_set(lists->lists, key->elts, len, listed);
    }
    return listed;
}

const cors_listed_t *cors_listed_of_entry(cors_lists_t *lists,
                                          const cors_origin_entry_t *entry)
{
    cors_listed_t *listed = make_listed(lists->p, false, true);
    cors_origin_entry_t listing = *entry;

    listing.exclude = false;
    *listed->algebra = cors_algebra_make(lists->p, listed->null_ok);
    (void)cors_algebra_add(*listed->algebra, &listing);
    listed->count = 1;
    return listed;
}

static bool is_file_equal(const cors_lists_t *lists, const char *path)
{
    const cors_snapshot_file_t *old = file_of(lists, true, path);
    const cors_snapshot_file_t *now = file_of(lists, false, path);
    int i;

    if (!old || !now || !old->origins || !now->origins
        || old->origins->nelts != now->origins->nelts) {
        return false;
    }
    for (i = 0; i < old->origins->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(old->origins, i, const char *),
                   APR_ARRAY_IDX(now->origins, i, const char *))
            != 0) {
            return false;
        }
    }
    return true;
}

static int compare_entries(const void *one, const void *other)
{
    const cors_origin_entry_t *const first =
        *(const cors_origin_entry_t *const *)one;
    const cors_origin_entry_t *const second =
        *(const cors_origin_entry_t *const *)other;
    const int order = strcmp(first->text, second->text);

    if (order != 0) {
        return order;
    }
    if (first->exclude != second->exclude) {
        return (int)first->exclude - (int)second->exclude;
    }
    if (first->regex != second->regex) {
        return (int)first->regex - (int)second->regex;
    }
    return (int)first->file - (int)second->file;
}

/* Returns the entries of a list, sorted, because their order has no effect. */
static const cors_origin_entry_t **sort_entries(apr_pool_t *p,
                                                const cors_origin_set_t *set)
{
    const apr_size_t count = (apr_size_t)cors_origin_set_count(set);
    const cors_origin_entry_t **entries =
        apr_palloc(p, count * sizeof(*entries));
    apr_size_t i;

    for (i = 0; i < count; i++) {
        entries[i] = cors_origin_set_entry(set, (int)i);
    }
    qsort(entries, count, sizeof(*entries), compare_entries);
    return entries;
}

static bool are_entries_equal(const cors_lists_t *lists,
                              const cors_origin_set_t *old,
                              const cors_origin_set_t *now)
{
    const int count = cors_origin_set_count(old);
    const cors_origin_entry_t **before;
    const cors_origin_entry_t **after;
    int i;

    if (cors_origin_set_count(now) != count) {
        return false;
    }
    before = sort_entries(lists->p, old);
    after = sort_entries(lists->p, now);
    for (i = 0; i < count; i++) {
        if (compare_entries(&before[i], &after[i]) != 0
            || (before[i]->file && !is_file_equal(lists, before[i]->text))) {
            return false;
        }
    }
    return true;
}

static bool are_sets_equal(cors_lists_t *lists, const cors_origin_set_t *old,
                           const cors_origin_set_t *now)
{
    const void *const key[] = { old, now };
    const char *known = apr_hash_get(lists->equal, key, sizeof(key));

    if (!known) {
        known = are_entries_equal(lists, old, now) ? "=" : "";
        apr_hash_set(lists->equal, apr_pmemdup(lists->p, key, sizeof(key)),
                     sizeof(key), known);
    }
    return *known != '\0';
}

/* Returns whether two lists of different configurations have the same entries. */
static bool are_lists_equal(cors_lists_t *lists, const cors_listed_t *first,
                            const cors_listed_t *second)
{
    const cors_listed_t *old = first->old ? first : second;
    const cors_listed_t *now = first->old ? second : first;
    int i;

    if (first == second) {
        return true;
    }
    if (old->old == now->old || old->null_ok != now->null_ok
        || old->sets->nelts == 0 || old->sets->nelts != now->sets->nelts) {
        return false;
    }
    for (i = 0; i < old->sets->nelts; i++) {
        if (!are_sets_equal(
                lists, APR_ARRAY_IDX(old->sets, i, const cors_origin_set_t *),
                APR_ARRAY_IDX(now->sets, i, const cors_origin_set_t *))) {
            return false;
        }
    }
    return true;
}

/* Returns the result for two lists; searched only once. */
static const cors_difference_t *result_of(cors_lists_t *lists,
                                          const cors_listed_t *first,
                                          const cors_listed_t *second,
                                          bool common)
{
    const void *const key[] = { common ? lists : NULL, first, second };
    cors_difference_t *result = apr_hash_get(lists->results, key, sizeof(key));

    if (result) {
        return result;
    }
    result = apr_pcalloc(lists->p, sizeof(*result));
    if (common) {
        cors_algebra_common(lists->p, algebra_of(lists, first),
                            algebra_of(lists, second), result);
    }
    else if (!are_lists_equal(lists, first, second)) {
        cors_algebra_compare(lists->p, algebra_of(lists, first),
                             algebra_of(lists, second), result);
    }
    apr_hash_set(lists->results, apr_pmemdup(lists->p, key, sizeof(key)),
                 sizeof(key), result);
    return result;
}

const cors_difference_t *cors_listed_compare(cors_lists_t *lists,
                                             const cors_listed_t *first,
                                             const cors_listed_t *second)
{
    return result_of(lists, first, second, false);
}

const cors_difference_t *cors_listed_common(cors_lists_t *lists,
                                            const cors_listed_t *first,
                                            const cors_listed_t *second)
{
    return result_of(lists, first, second, true);
}

/* Append an origin unless it is there already. */
static void add_witness(apr_array_header_t *found, const char *origin)
{
    int i;

    for (i = 0; i < found->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(found, i, const char *), origin) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(found, const char *) = apr_pstrdup(found->pool, origin);
}

/* The origins that the first list allows and the second does not. */
typedef struct {
    apr_array_header_t *found; /* const char * */
    bool more;                 /* there may be others */
} witnesses_t;

/* A search for such origins. */
typedef struct {
    apr_pool_t *scratch; /* cleared before each entry */
    const cors_lists_t *lists;
    const cors_listed_t *first;
    const cors_listed_t *second;
    int level; /* the index of the set whose entries are searched */
    apr_array_header_t *found;
    bool more; /* there may be others */
} search_t;

static void exclude_lines(const search_t *search, const char *path,
                          cors_algebra_list_t *one)
{
    const cors_snapshot_file_t *file =
        file_of(search->lists, search->first->old, path);
    int i;

    for (i = 0; file && file->origins && i < file->origins->nelts; i++) {
        const cors_origin_entry_t line = entry_of_line(file, i);

        if (line.exclude) {
            (void)cors_algebra_add(one, &line);
        }
    }
}

/* Add to the list of one entry the exclusions of its set, and of the sets that edit it. */
static void exclude_all(const search_t *search, cors_algebra_list_t *one)
{
    int i;
    int k;

    for (i = 0; i <= search->level; i++) {
        const cors_origin_set_t *set =
            APR_ARRAY_IDX(search->first->sets, i, const cors_origin_set_t *);

        for (k = 0; k < cors_origin_set_count(set); k++) {
            const cors_origin_entry_t *entry = cors_origin_set_entry(set, k);

            if (entry->file) {
                exclude_lines(search, entry->text, one);
            }
            else if (entry->exclude) {
                (void)cors_algebra_add(one, entry);
            }
        }
    }
}

/* Search an entry for an origin that the second list does not allow, and add the origin if
 * the first list allows it. Returns false if the first list excludes the origin; another one
 * may then exist. */
static bool search_one(search_t *search, const cors_algebra_list_t *one)
{
    cors_difference_t result;
    bool listed;

    cors_algebra_compare(search->scratch, one, *search->second->algebra,
                         &result);
    search->more = search->more || result.answer == CORS_ALGEBRA_UNDECIDED;
    if (!result.witness) {
        return true;
    }
    (void)cors_algebra_level(search->scratch, *search->first->algebra,
                             result.witness, &listed);
    if (listed) {
        add_witness(search->found, result.witness);
    }
    return listed;
}

/* Add one origin of an entry that the first list allows and the second does not. If the first
 * list excludes the one that is found, search an entry for several origins once more, with
 * the exclusions. */
static void search_entry(search_t *search, const cors_origin_entry_t *entry)
{
    cors_algebra_list_t *one;

    apr_pool_clear(search->scratch);
    one = cors_algebra_make(search->scratch, search->first->null_ok);
    (void)cors_algebra_add(one, entry);
    if (search_one(search, one)
        || (!entry->regex && !strchr(entry->text, '*'))) {
        return;
    }
    if (search->first->count > EXCLUDED_MAX) {
        search->more = true;
        return;
    }
    exclude_all(search, one);
    (void)search_one(search, one);
}

/* Search the lines of a file. If they are unknown, the file may list other origins. */
static void search_file(search_t *search, const cors_origin_entry_t *entry)
{
    const cors_snapshot_file_t *file =
        file_of(search->lists, search->first->old, entry->text);
    int i;

    if (!file || !file->origins) {
        search_entry(search, entry);
        return;
    }
    for (i = 0;
         i < file->origins->nelts && search->found->nelts <= CORS_WITNESSES_MAX;
         i++) {
        const cors_origin_entry_t line = entry_of_line(file, i);

        if (!line.exclude) {
            search_entry(search, &line);
        }
    }
}

/* Search the entries of the set of the current level. */
static void search_set(search_t *search)
{
    const cors_origin_set_t *set =
        APR_ARRAY_IDX(search->first->sets, search->level,
                      const cors_origin_set_t *);
    int i;

    for (i = 0; i < cors_origin_set_count(set)
                && search->found->nelts <= CORS_WITNESSES_MAX;
         i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->exclude || entry->first) {
            continue;
        }
        if (entry->file) {
            search_file(search, entry);
        }
        else {
            search_entry(search, entry);
        }
    }
}

/* Omit the origins beyond the maximum. */
static void limit_witnesses(apr_array_header_t *found, bool *more)
{
    if (found->nelts > CORS_WITNESSES_MAX) {
        found->nelts = CORS_WITNESSES_MAX;
        *more = true;
    }
}

static void find_witnesses(cors_lists_t *lists, const cors_listed_t *first,
                           const cors_listed_t *second, witnesses_t *witnesses)
{
    const cors_difference_t *result = cors_listed_compare(lists, first, second);
    apr_array_header_t *found = witnesses->found;
    search_t search = { NULL, lists, first, second, 0, found, false };

    if (!result->witness) {
        return;
    }
    if (first->count > SEARCHED_MAX || second->count > SEARCHED_MAX) {
        add_witness(found, result->witness);
        witnesses->more = true;
        return;
    }
    apr_pool_create(&search.scratch, lists->p);
    for (; search.level < first->sets->nelts; search.level++) {
        search_set(&search);
    }
    apr_pool_destroy(search.scratch);
    add_witness(found, result->witness);
    witnesses->more = search.more;
    limit_witnesses(found, &witnesses->more);
}

const apr_array_header_t *cors_listed_witnesses(cors_lists_t *lists,
                                                const cors_listed_t *first,
                                                const cors_listed_t *second,
                                                bool *more)
{
    const void *const key[] = { first, second };
    witnesses_t *witnesses = apr_hash_get(lists->witnesses, key, sizeof(key));

    if (!witnesses) {
        witnesses = apr_pcalloc(lists->p, sizeof(*witnesses));
        witnesses->found = apr_array_make(lists->p, 1, sizeof(const char *));
        find_witnesses(lists, first, second, witnesses);
        apr_hash_set(lists->witnesses, apr_pmemdup(lists->p, key, sizeof(key)),
                     sizeof(key), witnesses);
    }
    *more = witnesses->more;
    return witnesses->found;
}

bool cors_listed_lacks(cors_lists_t *lists, const cors_listed_t *listed,
                       const char *origin)
{
    cors_origin_entry_t entry;
    cors_difference_t result;
    cors_algebra_list_t *one;
    apr_pool_t *scratch;

    memset(&entry, 0, sizeof(entry));
    entry.text = origin;
    apr_pool_create(&scratch, lists->p);
    one = cors_algebra_make(scratch, true);
    (void)cors_algebra_add(one, &entry);
    cors_algebra_compare(scratch, one, algebra_of(lists, listed), &result);
    apr_pool_destroy(scratch);
    return result.answer == CORS_ALGEBRA_DIFFERS;
}

/* Store the lists of a union that allow at least one origin; the first list if none does.
 * Returns how many are stored. */
static int find_parts(cors_lists_t *lists, const cors_listed_union_t *all,
                      const cors_listed_t *parts[2])
{
    int count = 0;
    int i;

    for (i = 0; i < 2 && all->list[i]; i++) {
        if (cors_listed_compare(lists, all->list[i],
                                cors_listed_all(lists, false))
                ->answer
            != CORS_ALGEBRA_CONTAINED) {
            parts[count++] = all->list[i];
        }
    }
    if (count == 0) {
        parts[count++] = all->list[0];
    }
    return count;
}

/* Add the origins that a list allows and both lists of a union do not. If each of the two
 * lacks some, an origin that both lack may be missed: that is undecided, unless one is
 * found. */
static void search_union(cors_lists_t *lists, const cors_listed_t *one,
                         const cors_listed_union_t *second,
                         apr_array_header_t *found, bool *more,
                         const char **obstacle)
{
    const int before = found->nelts;
    const cors_listed_t *parts[2];
    const int count = find_parts(lists, second, parts);
    const char *reason = "two lists together";
    int i;
    int k;

    for (i = 0; i < count; i++) {
        const cors_difference_t *result =
            cors_listed_compare(lists, one, parts[i]);

        if (result->answer == CORS_ALGEBRA_CONTAINED) {
            return;
        }
        if (result->answer == CORS_ALGEBRA_UNDECIDED) {
            reason = result->obstacle;
        }
    }
    for (i = 0; i < count; i++) {
        bool others;
        const apr_array_header_t *origins =
            cors_listed_witnesses(lists, one, parts[i], &others);

        for (k = 0; k < origins->nelts; k++) {
            const char *origin = APR_ARRAY_IDX(origins, k, const char *);

            if (count == 1 || cors_listed_lacks(lists, parts[1 - i], origin)) {
                add_witness(found, origin);
            }
        }
        *more = *more || others || count > 1;
    }
    if (found->nelts == before) {
        *obstacle = reason;
    }
}

apr_array_header_t *cors_union_witnesses(apr_pool_t *p, cors_lists_t *lists,
                                         const cors_listed_union_t *first,
                                         const cors_listed_union_t *second,
                                         bool *more, const char **obstacle)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(const char *));
    int i;

    *more = false;
    *obstacle = NULL;
    for (i = 0; i < 2 && first->list[i]; i++) {
        search_union(lists, first->list[i], second, found, more, obstacle);
    }
    limit_witnesses(found, more);
    return found;
}

/* Returns whether a file has a line that matches origins that anyone can register. */
static bool is_file_open(const cors_lists_t *lists, bool old, const char *path)
{
    const cors_snapshot_file_t *file = file_of(lists, old, path);
    const char *unused;
    apr_pool_t *scratch;
    bool open = false;
    int i;

    apr_pool_create(&scratch, lists->p);
    for (i = 0; file && file->origins && i < file->origins->nelts && !open;
         i++) {
        const char *text = APR_ARRAY_IDX(file->origins, i, const char *);

        if (strchr(text, '*')) {
            cors_origin_set_t *set =
                cors_origin_set_make(scratch, false, false);

            (void)cors_origin_set_add(scratch, set, cors_slice(text), "",
                                      &unused);
            open =
                cors_origin_set_any(set) || cors_origin_set_public_suffix(set);
            apr_pool_clear(scratch);
        }
    }
    apr_pool_destroy(scratch);
    return open;
}

static bool is_set_open(const cors_lists_t *lists, bool old,
                        const cors_origin_set_t *set)
{
    int i;

    if (cors_origin_set_open(set)) {
        return true;
    }
    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->file && is_file_open(lists, old, entry->text)) {
            return true;
        }
    }
    return false;
}

bool cors_listed_open(const cors_lists_t *lists, bool old,
                      const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];

    /* without these permissions, such a policy is a contradiction */
    if (!cors_policy_number(policy, CORS_ATTR_ANY_UNSAFE)
        && !cors_policy_number(policy, CORS_ATTR_SUFFIX_UNSAFE)) {
        return false;
    }
    for (; link && link->setting; link = link->outer) {
        if (is_set_open(lists, old, link->setting->origins)) {
            return true;
        }
    }
    return false;
}

/* Returns the source of an entry with the text of an origin; NULL: none has one. */
static const char *entry_source(const cors_origin_set_t *set,
                                const char *origin, bool listed)
{
    int i;

    for (i = 0; i < cors_origin_set_count(set) && i < SEARCHED_MAX; i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->exclude != listed && !entry->regex && !entry->file
            && strcmp(entry->text, origin) == 0) {
            return entry->source;
        }
    }
    return NULL;
}

const char *cors_listed_source(apr_pool_t *p, cors_lists_t *lists,
                               const cors_listed_t *listed,
                               const cors_link_t *link, const char *origin)
{
    const char *source;
    bool is_listed;
    int level;

    if (!link->setting) {
        return NULL;
    }
    level =
        cors_algebra_level(p, algebra_of(lists, listed), origin, &is_listed);
    for (; level > 0 && link->outer; level--) {
        link = link->outer;
    }
    source = entry_source(link->setting->origins, origin, is_listed);
    return source ? source : link->setting->source;
}

static bool are_names_equal(const cors_name_set_t *old,
                            const cors_name_set_t *now)
{
    int i;

    if (old->wildcard != now->wildcard || old->count != now->count
        || old->removed_count != now->removed_count) {
        return false;
    }
    for (i = 0; i < old->count; i++) {
        if (strcmp(old->names[i], now->names[i]) != 0) {
            return false;
        }
    }
    for (i = 0; i < old->removed_count; i++) {
        if (strcmp(old->removed[i], now->removed[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool are_texts_equal(const char *old, const char *now)
{
    if (!old || !now) {
        return old == now;
    }
    return strcmp(old, now) == 0;
}

bool cors_settings_equal(cors_lists_t *lists, const cors_setting_t *old,
                         const cors_setting_t *now)
{
    if (!old || !now) {
        return old == now;
    }
    if (old->edit != now->edit || old->choice != now->choice
        || old->allowed_status != now->allowed_status
        || old->denied_status != now->denied_status
        || !are_texts_equal(old->max_age_text, now->max_age_text)) {
        return false;
    }
    if (old->origins) {
        return are_sets_equal(lists, old->origins, now->origins);
    }
    return !old->names || are_names_equal(old->names, now->names);
}
