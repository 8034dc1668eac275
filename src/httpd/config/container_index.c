/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds the sections that can apply to one request together. Two sections of different
 * kinds always can; two <Location> sections can only if their paths are equal or one is
 * above the other. The checks at start-up ask this for every section and for many
 * directives of other modules, so a query must not visit every section. Several checks
 * use it, so it is a file of its own.
 *
 * A part is a section, or a directive of another module. It has an owner, which is any key
 * that the caller chooses (a server, or a virtual host's container), and a number.
 * Numbers increase from part to part. Three things are stored for each owner and kind:
 * the two lowest numbers, the two lowest numbers of parts without a path, and an index
 * of the paths. Two numbers are needed because a query may exclude one part, usually the
 * part itself.
 */

#include "httpd/config/container_index.h"

#include <apr_strings.h>

#include "core/base/path_index.h"

/* The two lowest numbers that were added. */
typedef struct {
    int lowest[2];
} first_two_t;

/* The parts of one kind. */
typedef struct {
    first_two_t all;
    first_two_t pathless;
    cors_path_index_t *paths; /* NULL: no part has a path */
} kind_t;

/* The parts of one owner. */
typedef struct {
    kind_t kinds[CORS_CONTAINER_KINDS];
} owned_t;

struct cors_container_index_t {
    apr_pool_t *p;
    apr_hash_t *owners; /* const void * -> owned_t */
};

static const first_two_t no_numbers = { { CORS_PATH_NONE, CORS_PATH_NONE } };

static void add_number(first_two_t *numbers, int number)
{
    int *lowest = numbers->lowest;

    if (lowest[0] == CORS_PATH_NONE) {
        lowest[0] = number;
    }
    else if (lowest[1] == CORS_PATH_NONE) {
        lowest[1] = number;
    }
}

static int lowest_but(const first_two_t *numbers, int except)
{
    const int *lowest = numbers->lowest;

    return lowest[0] == except ? lowest[1] : lowest[0];
}

cors_container_index_t *cors_container_index_make(apr_pool_t *p)
{
    cors_container_index_t *index = apr_palloc(p, sizeof(*index));

    index->p = p;
    index->owners = apr_hash_make(p);
    return index;
}

static owned_t *make_owned(apr_pool_t *p)
{
    owned_t *owned = apr_pcalloc(p, sizeof(*owned));
    int kind;

    for (kind = 0; kind < CORS_CONTAINER_KINDS; kind++) {
        owned->kinds[kind].all = no_numbers;
        owned->kinds[kind].pathless = no_numbers;
    }
    return owned;
}

static owned_t *owned_by(cors_container_index_t *index, const void *owner)
{
    owned_t *owned = apr_hash_get(index->owners, &owner, sizeof(owner));

    if (!owned) {
        owned = make_owned(index->p);
        apr_hash_set(index->owners,
                     apr_pmemdup(index->p, &owner, sizeof(owner)),
                     sizeof(owner), owned);
    }
    return owned;
}

void cors_container_index_add(cors_container_index_t *index, const void *owner,
                              cors_container_e kind, const char *path,
                              int number)
{
    kind_t *parts = &owned_by(index, owner)->kinds[kind];

    add_number(&parts->all, number);
    if (!path) {
        add_number(&parts->pathless, number);
        return;
    }
    if (!parts->paths) {
        parts->paths = cors_path_index_make(index->p);
    }
    cors_path_index_add(parts->paths, path, number);
}

/* Returns the lowest number of a matching part of the same kind. */
static int same_kind(const kind_t *parts, const char *path, int except)
{
    int lowest;

    if (!path) {
        return lowest_but(&parts->all, except);
    }
    lowest = lowest_but(&parts->pathless, except);
    if (parts->paths) {
        lowest = cors_path_lower(lowest, cors_path_index_above(parts->paths,
                                                               path, except));
        lowest = cors_path_lower(lowest, cors_path_index_below(parts->paths,
                                                               path, except));
    }
    return lowest;
}

int cors_container_index_meet(const cors_container_index_t *index,
                              const void *owner, cors_container_e kind,
                              const char *path, int except)
{
    const owned_t *owned = apr_hash_get(index->owners, &owner, sizeof(owner));
    int lowest = CORS_PATH_NONE;
    int other;

    for (other = 0; owned && other < CORS_CONTAINER_KINDS; other++) {
        const kind_t *parts = &owned->kinds[other];

        lowest = cors_path_lower(lowest, other == (int)kind
                                             ? same_kind(parts, path, except)
                                             : lowest_but(&parts->all, except));
    }
    return lowest;
}

int cors_container_index_above(const cors_container_index_t *index,
                               const void *owner, cors_container_e kind,
                               const char *path)
{
    const owned_t *owned = apr_hash_get(index->owners, &owner, sizeof(owner));
    const kind_t *parts = owned ? &owned->kinds[kind] : NULL;
    int lowest;

    if (!parts) {
        return CORS_PATH_NONE;
    }
    lowest = lowest_but(&parts->pathless, CORS_PATH_NONE);
    if (parts->paths) {
        return cors_path_lower(lowest, cors_path_index_above(parts->paths, path,
                                                             CORS_PATH_NONE));
    }
    return lowest;
}

bool cors_container_index_has(const cors_container_index_t *index,
                              const void *owner)
{
    return apr_hash_get(index->owners, &owner, sizeof(owner)) != NULL;
}
