/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Shares lists that begin with the same arguments. A large configuration, generated
 * from a template, has the same list in thousands of sections, and most of the memory
 * that a section needs is its list's. While a configuration is read, this file
 * remembers the lists. directives.c decides which setting shares a list, and copies the
 * list before it adds to a setting that shares one.
 *
 * This file does not look into the lists: two lists are equal if their arguments are
 * equal byte by byte. All its data is in the temporary pool.
 */

#include "httpd/config/same_lists.h"

#include <apr_strings.h>

#include "core/base/list.h"
#include "core/base/text_map.h"

#define LISTS "mod_cors_policy lists"

/* For each attribute that is a list, a map from arguments to a cors_same_list_t. */
typedef struct {
    cors_text_map_t *maps[CORS_ATTR_COUNT]; /* NULL: no list yet */
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

const char *cors_same_list_offer(apr_pool_t *temp,
                                 const cors_setting_t *setting,
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
