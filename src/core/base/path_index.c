/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * An index of paths for the checks at start-up. It finds the sections above or below
 * a section. It is a separate file because comparing every pair of sections takes
 * quadratic time, and a large server has tens of thousands of sections.
 *
 * Each path is added under each of its ancestors, segment by segment, in one hash
 * table. The keys are slices of the paths themselves. A look-up takes one step per
 * segment, independent of the number of paths. A path that ends in a slash is stored
 * with the segment before the slash: it is above everything below that segment, but
 * not above the segment itself. The index compares names only; it does not look at
 * the file system and does not support wildcards.
 */

#include "core/base/path_index.h"

#include <string.h>

#include <apr_hash.h>

/* One of several equal paths, in ascending order of their numbers. */
typedef struct link_t {
    int number;
    struct link_t *next;
} link_t;

/* A circular list of equal paths, by its last link; the first follows the last. */
typedef struct {
    link_t *last; /* NULL: the list is empty */
} chain_t;

/* The paths at and below one ancestor. */
typedef struct {
    chain_t plain; /* paths equal to this one */
    chain_t slash; /* paths equal to this one with a slash at the end */
    int under[2];  /* the two lowest numbers of paths below */
} entry_t;

struct cors_path_index_t {
    apr_pool_t *p;
    apr_hash_t *entries; /* path without its last slash -> entry_t */
};

bool cors_path_is_above(const char *outer, const char *inner)
{
    apr_size_t len = strlen(outer);

    return strncmp(outer, inner, len) == 0
           && (inner[len] == '\0' || inner[len] == '/'
               || (len > 0 && outer[len - 1] == '/'));
}

cors_path_index_t *cors_path_index_make(apr_pool_t *p)
{
    cors_path_index_t *index = apr_palloc(p, sizeof(*index));

    index->p = p;
    index->entries = apr_hash_make(p);
    return index;
}

int cors_path_lower(int one, int other)
{
    if (one == CORS_PATH_NONE) {
        return other;
    }
    return other == CORS_PATH_NONE || one < other ? one : other;
}

static entry_t *find_entry(const cors_path_index_t *index, const char *path,
                           apr_size_t len)
{
    return apr_hash_get(index->entries, path, (apr_ssize_t)len);
}

static entry_t *make_entry(cors_path_index_t *index, const char *path,
                           apr_size_t len)
{
    entry_t *entry = find_entry(index, path, len);

    if (!entry) {
        entry = apr_pcalloc(index->p, sizeof(*entry));
        entry->under[0] = entry->under[1] = CORS_PATH_NONE;
        apr_hash_set(index->entries, path, (apr_ssize_t)len, entry);
    }
    return entry;
}

static void add_to_chain(apr_pool_t *p, chain_t *chain, int number)
{
    link_t *link = apr_pcalloc(p, sizeof(*link));

    link->number = number;
    link->next = link;
    if (chain->last) {
        link->next = chain->last->next;
        chain->last->next = link;
    }
    chain->last = link;
}

static void add_under(entry_t *entry, int number)
{
    if (entry->under[0] == CORS_PATH_NONE) {
        entry->under[0] = number;
    }
    else if (entry->under[1] == CORS_PATH_NONE) {
        entry->under[1] = number;
    }
}

/* Returns the lowest number of a chain other than except. */
static int lowest_but(const chain_t *chain, int except)
{
    const link_t *first = chain->last ? chain->last->next : NULL;

    if (!first || (first->number == except && first == chain->last)) {
        return CORS_PATH_NONE;
    }
    return first->number == except ? first->next->number : first->number;
}

void cors_path_index_add(cors_path_index_t *index, const char *path, int number)
{
    const char *slash = strchr(path, '/');
    entry_t *entry = NULL;

    for (; slash; slash = strchr(slash + 1, '/')) {
        entry = make_entry(index, path, (apr_size_t)(slash - path));
        add_under(entry, number);
        if (!slash[1]) {
            add_to_chain(index->p, &entry->slash, number);
            return;
        }
    }
    entry = make_entry(index, path, strlen(path));
    add_to_chain(index->p, &entry->plain, number);
}

/* Called for each chain of paths that are equal to or above another path. */
typedef void (*chain_fn)(void *context, const chain_t *chain);

static void visit_above(const cors_path_index_t *index, const char *path,
                        chain_fn visit, void *context)
{
    const char *slash = strchr(path, '/');
    const entry_t *entry;

    for (; slash; slash = strchr(slash + 1, '/')) {
        entry = find_entry(index, path, (apr_size_t)(slash - path));
        if (entry) {
            visit(context, &entry->plain);
            visit(context, &entry->slash);
        }
        if (!slash[1]) {
            return;
        }
    }
    entry = find_entry(index, path, strlen(path));
    if (entry) {
        visit(context, &entry->plain);
    }
}

typedef struct {
    int except;
    int lowest;
} lowest_t;

static void take_lowest(void *context, const chain_t *chain)
{
    lowest_t *search = context;

    search->lowest =
        cors_path_lower(search->lowest, lowest_but(chain, search->except));
}

int cors_path_index_above(const cors_path_index_t *index, const char *path,
                          int except)
{
    lowest_t search;

    search.except = except;
    search.lowest = CORS_PATH_NONE;
    visit_above(index, path, take_lowest, &search);
    return search.lowest;
}

int cors_path_index_below(const cors_path_index_t *index, const char *path,
                          int except)
{
    apr_size_t len = strlen(path);
    bool slash = len > 0 && path[len - 1] == '/';
    const entry_t *entry = find_entry(index, path, slash ? len - 1 : len);
    int under;

    if (!entry) {
        return CORS_PATH_NONE;
    }
    under = entry->under[0] == except ? entry->under[1] : entry->under[0];
    if (slash) {
        return under;
    }
    return cors_path_lower(under, lowest_but(&entry->plain, except));
}

static void append_chain(void *context, const chain_t *chain)
{
    const link_t *link = chain->last;

    while (link) {
        link = link->next;
        APR_ARRAY_PUSH((apr_array_header_t *)context, int) = link->number;
        link = link != chain->last ? link : NULL;
    }
}

void cors_path_index_all_above(const cors_path_index_t *index, const char *path,
                               apr_array_header_t *numbers)
{
    visit_above(index, path, append_chain, numbers);
}
