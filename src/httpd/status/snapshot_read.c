/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the snapshot in a dump of DUMP_CORS_JSON, for CorsCompare. It is a file of its own
 * because it alone uses jansson, and because a dump may come from anywhere: it can be
 * tested without a server. It does not compare anything.
 *
 * Every list is built by the functions that read a configuration, so an entry that no
 * configuration can have is rejected. Regular expressions are not compiled. What is read
 * is only compared, and never decides on a request.
 */

#include "httpd/status/snapshot_read.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <jansson.h>

#include "core/origin/origin_set.h"
#include "core/origin/pattern.h"
#include "core/policy/name_set.h"
#include "core/policy/section.h"

typedef struct {
    apr_pool_t *p;
    cors_problem_e problem;
    const char *detail;           /* what is wrong; NULL: nothing so far */
    apr_array_header_t *settings; /* cors_setting_t * */
    apr_array_header_t *policies; /* cors_policy_t * */
    cors_snapshot_t *snapshot;
} reader_t;

/* --- values */

/* Reject the dump. Only the first reason is kept. */
static void reject(reader_t *reader, const char *detail)
{
    if (!reader->detail) {
        reader->problem = CORS_PROBLEM_COMPARE_DUMP;
        reader->detail = detail;
    }
}

static json_t *member(reader_t *reader, json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    if (!value) {
        reject(reader, apr_pstrcat(reader->p, "no ", name, NULL));
    }
    return value;
}

/* Returns a member that is an array; NULL: it is not. */
static json_t *array_member(reader_t *reader, json_t *object, const char *name)
{
    json_t *value = member(reader, object, name);

    if (value && !json_is_array(value)) {
        reject(reader, apr_pstrcat(reader->p, name, " is not a list", NULL));
        return NULL;
    }
    return value;
}

static bool bool_member(reader_t *reader, json_t *object, const char *name)
{
    json_t *value = member(reader, object, name);

    if (value && !json_is_boolean(value)) {
        reject(reader, apr_pstrcat(reader->p, name, " is not a flag", NULL));
    }
    return json_is_true(value);
}

/* Returns a copy of a text without NUL; NULL: it is not one. */
static const char *text_of(reader_t *reader, const json_t *value)
{
    const char *text = json_string_value(value);

    if (!text || strlen(text) != json_string_length(value)) {
        reject(reader, "a member is not a text");
        return NULL;
    }
    return apr_pstrdup(reader->p, text);
}

/* Returns a member that is a text or null. */
static const char *text_member(reader_t *reader, json_t *object,
                               const char *name)
{
    json_t *value = member(reader, object, name);

    return value && !json_is_null(value) ? text_of(reader, value) : NULL;
}

/* Returns a member that is a text; "" if it is not. */
static const char *whole_member(reader_t *reader, json_t *object,
                                const char *name)
{
    const char *text = text_member(reader, object, name);

    if (!text) {
        reject(reader, apr_pstrcat(reader->p, name, " is null", NULL));
    }
    return text ? text : "";
}

/* Returns the element of an array whose number is in a value; NULL: there is none. */
static void *numbered(reader_t *reader, const json_t *value,
                      const apr_array_header_t *elements)
{
    const json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || number >= elements->nelts) {
        reject(reader, "a number of a setting or a policy is too high");
        return NULL;
    }
    return APR_ARRAY_IDX(elements, (int)number, void *);
}

/* --- settings */

static bool match_nothing(const void *regex, cors_slice_t text, bool doubt)
{
    (void)regex;
    (void)text;
    (void)doubt;
    return false;
}

static cors_listing_e find_nothing(const void *self,
                                   const cors_origin_t *origin,
                                   const cors_slice_t *tenant)
{
    (void)self;
    (void)origin;
    (void)tenant;
    return CORS_ORIGIN_UNLISTED;
}

static void read_origin(reader_t *reader, cors_setting_t *setting,
                        json_t *value)
{
    static const cors_origin_source_t live = { find_nothing, NULL };
    static const cors_origin_notes_t notes;
    const char *text = whole_member(reader, value, "entry");
    const char *source = text_member(reader, value, "set_by");
    const bool exclude = bool_member(reader, value, "exclude");
    const char *unused;
    cors_problem_e problem;

    if (reader->detail) {
        return;
    }
    if (bool_member(reader, value, "file")) {
        problem = cors_origin_set_add_source(reader->p, setting->origins, text,
                                             source, &live, NULL, &notes);
    }
    else {
        if (setting->edit) {
            text = apr_pstrcat(reader->p, exclude ? "-" : "+", text, NULL);
        }
        else if (exclude) {
            text = apr_pstrcat(reader->p, "!", text, NULL);
        }
        problem = bool_member(reader, value, "regex")
                      ? cors_origin_set_add_regex(reader->p, setting->origins,
                                                  text, source, NULL,
                                                  match_nothing, &unused)
                      : cors_origin_set_add(reader->p, setting->origins,
                                            cors_slice(text), source, &unused);
    }
    if (problem) {
        reject(reader, apr_pstrcat(reader->p, text, ": ",
                                   cors_problem_reason(problem), NULL));
    }
}

static void read_origins(reader_t *reader, cors_setting_t *setting,
                         json_t *object)
{
    json_t *entries = array_member(reader, object, "origins");
    size_t i;

    setting->origins =
        cors_origin_set_make(reader->p,
                             setting->attr == CORS_ATTR_WEBSOCKET_ORIGINS,
                             setting->edit);
    for (i = 0; i < json_array_size(entries) && !reader->detail; i++) {
        read_origin(reader, setting, json_array_get(entries, i));
    }
}

static void add_name(reader_t *reader, cors_setting_t *setting,
                     const char *prefix, const char *name)
{
    const char *text =
        setting->edit ? apr_pstrcat(reader->p, prefix, name, NULL) : name;
    const char *unused;
    const cors_problem_e problem =
        cors_name_set_add(reader->p, setting->names, cors_slice(text),
                          setting->source, &unused);

    if (problem) {
        reject(reader, apr_pstrcat(reader->p, text, ": ",
                                   cors_problem_reason(problem), NULL));
    }
}

static void add_names(reader_t *reader, cors_setting_t *setting, json_t *object,
                      const char *list, const char *prefix)
{
    json_t *names = array_member(reader, object, list);
    size_t i;

    for (i = 0; i < json_array_size(names) && !reader->detail; i++) {
        const char *name = text_of(reader, json_array_get(names, i));

        if (name) {
            add_name(reader, setting, prefix, name);
        }
    }
}

static void read_names(reader_t *reader, cors_setting_t *setting,
                       json_t *object)
{
    cors_names_e kind = CORS_NAMES_RESPONSE_HEADERS;

    if (setting->attr == CORS_ATTR_METHODS) {
        kind = CORS_NAMES_METHODS;
    }
    else if (setting->attr == CORS_ATTR_HEADERS) {
        kind = CORS_NAMES_REQUEST_HEADERS;
    }
    setting->names = cors_name_set_make(reader->p, kind, setting->edit);
    if (bool_member(reader, object, "all")) {
        add_name(reader, setting, "+", "*");
    }
    add_names(reader, setting, object, "names", "+");
    add_names(reader, setting, object, "removed", "-");
}

/* Returns the number at the start of a text and moves the text behind it; -1: there is
 * none, or it is not a status. */
static int take_status(const char **text)
{
    char *end;
    const long number = strtol(*text, &end, 10);

    if (end == *text || number < 0 || number > 999) {
        return -1;
    }
    *text = end;
    return (int)number;
}

static void read_statuses(reader_t *reader, cors_setting_t *setting,
                          const char *value)
{
    const int allowed = take_status(&value);
    const int denied = take_status(&value);

    if (allowed < 0 || denied < 0 || *value) {
        reject(reader, "a status is not a number");
        return;
    }
    setting->allowed_status = (unsigned)allowed & 0x3ff;
    setting->denied_status = (unsigned)denied & 0x3ff;
}

static void read_choice(reader_t *reader, cors_setting_t *setting,
                        const char *value)
{
    const char *const *choices = cors_attr_choices((cors_attr_e)setting->attr);
    int i;

    for (i = 0; choices[i]; i++) {
        if (strcmp(choices[i], value) == 0) {
            setting->choice = i;
            return;
        }
    }
    reject(reader, apr_pstrcat(reader->p, "the value ", value, NULL));
}

static void read_value(reader_t *reader, cors_setting_t *setting,
                       json_t *object)
{
    const char *value = text_member(reader, object, "value");

    if (setting->attr == CORS_ATTR_MAX_AGE) {
        setting->max_age_text = value;
        return;
    }
    if (!value) {
        reject(reader, "a value is null");
    }
    else if (setting->attr == CORS_ATTR_PREFLIGHT_STATUS) {
        read_statuses(reader, setting, value);
    }
    else {
        read_choice(reader, setting, value);
    }
}

/* Returns the attribute of a directive; CORS_ATTR_COUNT: there is none. */
static cors_attr_e attr_of(const char *directive)
{
    int attr = 0;

    while (attr < CORS_ATTR_COUNT
           && strcmp(cors_attr_directive((cors_attr_e)attr), directive) != 0) {
        attr++;
    }
    return (cors_attr_e)attr;
}

static void read_setting(reader_t *reader, json_t *object)
{
    cors_setting_t *setting = apr_pcalloc(reader->p, sizeof(*setting));
    const char *name = whole_member(reader, object, "attribute");
    const cors_attr_e attr = attr_of(name);

    if (attr == CORS_ATTR_COUNT) {
        reject(reader, apr_pstrcat(reader->p, "the attribute ", name, NULL));
        return;
    }
    setting->attr = (unsigned)attr & 0x3fu;
    setting->directive = cors_attr_directive(attr);
    setting->source = text_member(reader, object, "set_by");
    setting->edit = bool_member(reader, object, "edit");
    if (cors_attr_is_origins(attr)) {
        read_origins(reader, setting, object);
    }
    else if (attr == CORS_ATTR_METHODS || attr == CORS_ATTR_HEADERS
             || attr == CORS_ATTR_EXPOSE) {
        read_names(reader, setting, object);
    }
    else {
        read_value(reader, setting, object);
    }
    APR_ARRAY_PUSH(reader->settings, cors_setting_t *) = setting;
}

/* --- policies */

/* Read the numbers of the settings of an attribute, the innermost first. */
static void read_links(reader_t *reader, cors_link_t *link, cors_attr_e attr,
                       const json_t *numbers)
{
    cors_link_t *outer = NULL;
    size_t i = json_array_size(numbers);

    if (i == 0) {
        reject(reader, "an attribute without a setting");
    }
    for (; i > 0 && !reader->detail; i--) {
        const cors_setting_t *setting =
            numbered(reader, json_array_get(numbers, i - 1), reader->settings);

        if (setting && setting->attr != (unsigned)attr) {
            reject(reader, "a setting of another attribute");
        }
        if (outer && setting && !setting->edit) {
            reject(reader, "a setting that edits nothing");
        }
        link->setting = setting;
        link->outer = outer;
        outer = apr_pmemdup(reader->p, link, sizeof(*link));
    }
}

static void read_policy(reader_t *reader, json_t *object)
{
    cors_policy_t *policy = apr_pcalloc(reader->p, sizeof(*policy));
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        const json_t *numbers =
            json_object_get(object, cors_attr_directive((cors_attr_e)attr));

        if (numbers) {
            read_links(reader, &policy->link[attr], (cors_attr_e)attr, numbers);
        }
    }
    if (reader->detail) {
        return; /* its links may be of other attributes */
    }
    cors_policy_complete(policy);
    /* as the configuration has found it, with the lines of files */
    policy->problem = bool_member(reader, object, "contradictory")
                          ? CORS_PROBLEM_COMPARE_DUMP
                          : CORS_OK;
    APR_ARRAY_PUSH(reader->policies, cors_policy_t *) = policy;
}

/* --- sections and servers */

static apr_array_header_t *read_texts(reader_t *reader, const json_t *values)
{
    const size_t count = json_array_size(values);
    apr_array_header_t *texts =
        apr_array_make(reader->p, (int)count, sizeof(const char *));
    size_t i;

    if (!json_is_array(values)) {
        reject(reader, "a member is not a list");
    }
    for (i = 0; i < count && !reader->detail; i++) {
        APR_ARRAY_PUSH(texts, const char *) =
            text_of(reader, json_array_get(values, i));
    }
    return texts;
}

static cors_snapshot_group_t *read_group(reader_t *reader, json_t *object)
{
    cors_snapshot_group_t *group = apr_pcalloc(reader->p, sizeof(*group));
    const json_t *methods = member(reader, object, "methods");

    if (methods && !json_is_null(methods)) {
        group->methods = read_texts(reader, methods);
    }
    group->others = bool_member(reader, object, "others");
    group->policy =
        numbered(reader, member(reader, object, "policy"), reader->policies);
    group->own =
        numbered(reader, member(reader, object, "own"), reader->policies);
    return group;
}

static cors_snapshot_section_t *read_section(reader_t *reader, json_t *object)
{
    cors_snapshot_section_t *section = apr_pcalloc(reader->p, sizeof(*section));
    json_t *groups = array_member(reader, object, "groups");
    apr_array_header_t *all = apr_array_make(reader->p, 1, sizeof(void *));
    size_t i;

    section->key = whole_member(reader, object, "key");
    section->outer = whole_member(reader, object, "outer");
    section->path = text_member(reader, object, "path");
    section->title = text_member(reader, object, "section");
    section->where = text_member(reader, object, "where");
    section->plain = bool_member(reader, object, "plain");
    for (i = 0; i < json_array_size(groups) && !reader->detail; i++) {
        APR_ARRAY_PUSH(all, const cors_snapshot_group_t *) =
            read_group(reader, json_array_get(groups, i));
    }
    if (all->nelts == 0) {
        reject(reader, "a section without a policy");
    }
    section->groups = all;
    return section;
}

static cors_snapshot_host_t *read_host(reader_t *reader, json_t *object)
{
    cors_snapshot_host_t *host = apr_pcalloc(reader->p, sizeof(*host));
    json_t *sections = array_member(reader, object, "sections");
    size_t i;

    host->name = text_member(reader, object, "server_name");
    host->address = text_member(reader, object, "virtual_host");
    host->inherits = bool_member(reader, object, "inherits");
    host->sections =
        apr_array_make(reader->p, 4, sizeof(cors_snapshot_section_t *));
    for (i = 0; i < json_array_size(sections) && !reader->detail; i++) {
        APR_ARRAY_PUSH(host->sections, cors_snapshot_section_t *) =
            read_section(reader, json_array_get(sections, i));
    }
    if (host->sections->nelts == 0) {
        reject(reader, "a server without a policy");
    }
    return host;
}

static void read_file(reader_t *reader, json_t *object)
{
    cors_snapshot_file_t *file = apr_pcalloc(reader->p, sizeof(*file));
    const json_t *origins = member(reader, object, "origins");

    file->path = whole_member(reader, object, "path");
    if (origins && !json_is_null(origins)) {
        file->origins = read_texts(reader, origins);
    }
    apr_hash_set(reader->snapshot->files, file->path, APR_HASH_KEY_STRING,
                 file);
}

/* Call a function for each element of a list. */
static void read_all(reader_t *reader, json_t *object, const char *name,
                     void (*read)(reader_t *, json_t *))
{
    json_t *elements = array_member(reader, object, name);
    size_t i;

    for (i = 0; i < json_array_size(elements) && !reader->detail; i++) {
        read(reader, json_array_get(elements, i));
    }
}

static void read_server(reader_t *reader, json_t *object)
{
    cors_snapshot_host_t *host = read_host(reader, object);

    if (host->inherits && reader->snapshot->hosts->nelts == 0) {
        reject(reader, "a server that inherits from none");
    }
    APR_ARRAY_PUSH(reader->snapshot->hosts, cors_snapshot_host_t *) = host;
}

static void read_root(reader_t *reader, json_t *root)
{
    json_t *snapshot = json_object_get(root, "snapshot");
    const json_t *version = json_object_get(snapshot, "version");

    if (!json_is_integer(json_object_get(root, "version"))
        || !json_is_array(json_object_get(root, "sections"))) {
        reject(reader, "other JSON");
        return;
    }
    if (!snapshot || json_integer_value(version) != CORS_SNAPSHOT_VERSION) {
        reject(reader, "");
        reader->problem = CORS_PROBLEM_COMPARE_VERSION;
        return;
    }
    read_all(reader, snapshot, "settings", read_setting);
    read_all(reader, snapshot, "policies", read_policy);
    read_all(reader, snapshot, "files", read_file);
    read_all(reader, snapshot, "servers", read_server);
    if (reader->snapshot->hosts->nelts == 0) {
        reject(reader, "no server");
    }
}

/* The pool of all JSON values while a dump is read. A dump can have millions, which a pool
 * allocates and frees much faster than malloc. jansson passes no context, so the pool is
 * here. Dumps are read before httpd has threads. */
static apr_pool_t *json_pool;

static void *allocate_json(size_t size)
{
    return apr_palloc(json_pool, size);
}

static void keep_json(void *value)
{
    (void)value;
}

static void read_text(reader_t *reader, cors_slice_t text)
{
    json_malloc_t allocate;
    json_free_t release;
    json_error_t error;
    json_t *root;

    json_get_alloc_funcs(&allocate, &release);
    apr_pool_create(&json_pool, reader->p);
    json_set_alloc_funcs(allocate_json, keep_json);
    root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (root) {
        read_root(reader, root);
    }
    else {
        reject(reader,
               apr_psprintf(reader->p, "line %d: %s", error.line, error.text));
    }
    json_set_alloc_funcs(allocate, release);
    apr_pool_destroy(json_pool);
    json_pool = NULL;
}

cors_snapshot_t *cors_snapshot_read(apr_pool_t *p, cors_slice_t text,
                                    cors_problem_e *problem,
                                    const char **detail)
{
    reader_t reader;

    memset(&reader, 0, sizeof(reader));
    reader.p = p;
    reader.settings = apr_array_make(p, 64, sizeof(cors_setting_t *));
    reader.policies = apr_array_make(p, 64, sizeof(cors_policy_t *));
    reader.snapshot = apr_pcalloc(p, sizeof(*reader.snapshot));
    reader.snapshot->hosts =
        apr_array_make(p, 4, sizeof(cors_snapshot_host_t *));
    reader.snapshot->files = apr_hash_make(p);
    read_text(&reader, text);
    *problem = reader.problem;
    *detail = reader.detail && *reader.detail ? reader.detail : NULL;
    return reader.detail ? NULL : reader.snapshot;
}
