/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Lists that begin with the same arguments are kept once. A large configuration has
 * one list in thousands of sections, made by a template, and most of the memory that
 * a section needs is its list's. This file only remembers, while a configuration is
 * read, which lists there are; directives.c decides who takes one, and gives a setting
 * a copy of its own before it adds to it. It knows nothing of what a list holds: equal
 * are arguments that are equal byte by byte. All of it lies in the temporary pool.
 */

#include "mod_cors_policy.h"

#include <apr_strings.h>

#define LISTS "mod_cors_policy lists"

/* Maps of arguments to a cors_same_list_t, for each attribute that is a list. */
typedef struct {
    cors_text_map_t *maps[CORS_ATTR_COUNT]; /* NULL: there is no list yet */
} lists_t;

static lists_t *lists_of(apr_pool_t *temp)
{
    void *lists = NULL;

    apr_pool_userdata_get(&lists, LISTS, temp);
    if (!lists) {
        lists = apr_pcalloc(temp, sizeof(lists_t));
        apr_pool_userdata_setn(lists, LISTS, NULL, temp);
    }
    return lists;
}

const cors_same_list_t *cors_same_list_find(apr_pool_t *temp, cors_attr_e attr,
                                            const char *args)
{
    const cors_text_map_t *map = lists_of(temp)->maps[attr];

    return map ? cors_text_map_get(map, cors_slice(args)) : NULL;
}

const char *cors_same_list_keep(apr_pool_t *temp, const cors_setting_t *setting,
                                const char *args)
{
    cors_text_map_t **map = &lists_of(temp)->maps[setting->attr];
    cors_same_list_t *list;

    if (strlen(args) > CORS_SAME_LIST_MAX) {
        return NULL;
    }
    if (!*map) {
        *map = cors_text_map_make(temp, false);
    }
    list = apr_pcalloc(temp, sizeof(*list));
    list->edit = setting->edit;
    list->origins = setting->origins;
    list->names = setting->names;
    list->args = apr_pstrdup(temp, args);
    cors_text_map_add(*map, cors_slice(list->args), list);
    return list->args;
}
