/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Lists the values of a resolved policy, each with its source.
 *
 * It is its own file because the status page and the dump present the same values in
 * different formats. It does not write any output and does not decide on a request. A
 * list consists of the lists of nested sections. They are visited from the innermost
 * to the outermost, as in a look-up, so the first value that matches is the one that
 * decides.
 */

#include "core/diagnose/describe.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/list.h"
#include "core/base/text_map.h"
#include "core/origin/origin_set.h"
#include "core/policy/name_set.h"

static void add(apr_array_header_t *values, const cors_setting_t *setting,
                const char *text, const char *source, bool exclude, bool regex)
{
    cors_value_t *value = apr_array_push(values);

    value->setting = setting;
    value->text = text;
    /* entries that start a list have the source of the setting */
    value->source = source || !setting ? source : setting->source;
    value->exclude = exclude;
    value->regex = regex;
}

bool cors_attr_is_list(cors_attr_e attr)
{
    return cors_attr_is_origins(attr) || attr == CORS_ATTR_METHODS
           || attr == CORS_ATTR_HEADERS || attr == CORS_ATTR_EXPOSE;
}

/* Adds either the excluding or the allowing entries of a list. */
static void add_origins(apr_array_header_t *values,
                        const cors_setting_t *setting, bool exclude)
{
    const cors_origin_set_t *set = setting->origins;
    int i;

    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->exclude == exclude && !entry->first
            && !cors_origin_set_none(set)) {
            add(values, setting, entry->text, entry->source, exclude,
                entry->regex);
        }
    }
}

/*
 * Adds the innermost list first, as a look-up does, and the exclusions of each list
 * before its other entries.
 */
static void describe_origins(apr_array_header_t *values,
                             const cors_link_t *link)
{
    for (; link && link->setting; link = link->outer) {
        add_origins(values, link->setting, true);
        add_origins(values, link->setting, false);
    }
}

/* The state while the names of an attribute are described. */
typedef struct {
    apr_array_header_t *values;
    const cors_text_map_t *decided; /* see cors_policy_names() */
    cors_text_map_t *described;
    /* the setting whose list is being described */
    const cors_setting_t *setting;
} describing_t;

/* Adds a name of a list, unless an inner list has already decided on it. */
static void describe_name(const describing_t *describing, const char *name,
                          const char *source, bool removed)
{
    const cors_name_listing_e *listing =
        cors_text_map_get(describing->decided, cors_slice(name));

    if ((listing && *listing == CORS_NAME_LISTED) != removed
        && cors_text_map_add(describing->described, cors_slice(name), name)) {
        add(describing->values, describing->setting, name, source, removed,
            false);
    }
}

static void describe_names(apr_pool_t *p, apr_array_header_t *values,
                           const cors_policy_t *policy, cors_attr_e attr)
{
    describing_t describing = {
        values, cors_policy_names(p, policy, attr),
        cors_text_map_make(p, attr != CORS_ATTR_METHODS), NULL
    };
    const cors_link_t *link;
    bool edited;
    bool wildcard = cors_policy_wildcard(policy, attr, &edited) != NULL;
    const cors_name_set_t *names;
    int i;

    for (link = &policy->link[attr]; link; link = cors_link_edits(link)) {
        names = cors_link_names(link, attr);
        describing.setting = link->setting;
        for (i = 0; wildcard && i < names->removed_count; i++) {
            describe_name(&describing, names->removed[i],
                          names->removed_sources[i], true);
        }
        for (i = 0; i < names->count; i++) {
            describe_name(&describing, names->names[i],
                          names->sources ? names->sources[i] : NULL, false);
        }
        if (names->wildcard) {
            add(values, link->setting, "*", link->setting->source, false,
                false);
        }
    }
}

/* Returns the only value of an attribute that is not a list. */
static const char *word_of(apr_pool_t *p, const cors_policy_t *policy,
                           cors_attr_e attr)
{
    const cors_setting_t *setting = policy->link[attr].setting;
    int allowed;
    int denied;

    if (attr == CORS_ATTR_MAX_AGE) {
        if (setting && setting->max_age_text) {
            return setting->max_age_text;
        }
        return "None";
    }
    if (attr == CORS_ATTR_PREFLIGHT_STATUS) {
        cors_policy_preflight_status(policy, &allowed, &denied);
        return apr_psprintf(p, "%d %d", allowed, denied);
    }
    return cors_attr_choices(attr)[cors_policy_number(policy, attr)];
}

apr_array_header_t *
cors_policy_values(apr_pool_t *p, const cors_policy_t *policy, cors_attr_e attr)
{
    const cors_link_t *link = &policy->link[attr];
    apr_array_header_t *values = apr_array_make(p, 4, sizeof(cors_value_t));

    if (cors_attr_is_origins(attr)) {
        describe_origins(values, link);
    }
    else if (cors_attr_is_list(attr)) {
        describe_names(p, values, policy, attr);
    }
    else {
        add(values, link->setting, word_of(p, policy, attr),
            link->setting ? link->setting->source : NULL, false, false);
    }
    return values;
}

/* How many origins a summary names. */
#define NAMED_MAX 2

/* Returns a list of origins in a few words: "none", "any origin, 1 excluded". */
static const char *summarise_origins(apr_pool_t *p,
                                     const apr_array_header_t *values)
{
    cors_joined_t text = { NULL, 0, 0 };
    int excluded = 0;
    int listed = 0;
    int i;

    for (i = 0; i < values->nelts; i++) {
        const cors_value_t *value = &APR_ARRAY_IDX(values, i, cors_value_t);

        if (value->exclude) {
            excluded++;
            continue;
        }
        if (listed++ < NAMED_MAX) {
            cors_join(p, &text, ", ",
                      cors_slice(strcmp(value->text, "*") == 0 && !value->regex
                                     ? "any origin"
                                     : value->text));
        }
    }
    if (listed == 0) {
        return "no origin";
    }
    if (listed > NAMED_MAX) {
        cors_join(p, &text, ", ",
                  cors_slice(apr_psprintf(p, "%d more", listed - NAMED_MAX)));
    }
    if (excluded > 0) {
        cors_join(p, &text, ", ",
                  cors_slice(apr_psprintf(p, "%d excluded", excluded)));
    }
    return text.text;
}

const char *cors_policy_summary(apr_pool_t *p, const cors_policy_t *policy)
{
    const int mode = cors_policy_number(policy, CORS_ATTR_MODE);
    const int protect = cors_policy_number(policy, CORS_ATTR_PROTECT);
    cors_joined_t text = { NULL, 0, 0 };

    cors_join(p, &text, "",
              cors_slice(cors_attr_choices(CORS_ATTR_MODE)[mode]));
    if (mode != CORS_MODE_OFF) {
        cors_join(p, &text, "; ",
                  cors_slice(summarise_origins(
                      p, cors_policy_values(p, policy, CORS_ATTR_ORIGINS))));
    }
    if (mode != CORS_MODE_OFF
        && cors_policy_number(policy, CORS_ATTR_CREDENTIALS)) {
        cors_join(p, &text, "; ", cors_slice("credentials"));
    }
    if (cors_policy_checks_websocket(policy)) {
        cors_join(p, &text, "; WebSocket: ",
                  cors_slice(summarise_origins(
                      p, cors_policy_values(p, policy,
                                            CORS_ATTR_WEBSOCKET_ORIGINS))));
    }
    if (protect != CORS_PROTECTION_OFF) {
        cors_join(p, &text, "; CorsProtect ",
                  cors_slice(cors_attr_choices(CORS_ATTR_PROTECT)[protect]));
    }
    return text.text;
}
