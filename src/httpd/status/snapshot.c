/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Collects the policies of the configuration in the form that CorsCompare compares. It is a
 * file of its own because a dump shows each section as if it alone applied with its server;
 * a comparison needs the policy that requests of the section get.
 *
 * All <Location> sections whose path is above that of another one apply to its requests,
 * too, and so do all <Directory> sections above another one. They are merged here in
 * httpd's order. Which other sections apply to a request, its path alone does not decide.
 */

#include "httpd/status/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include "core/origin/list_file.h"
#include "core/origin/origin_set.h"
#include "core/policy/policy.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/status/methods.h"

/* A longer file of origins is not stored, in bytes. */
#define FILE_MAX ((apr_off_t)256 * 1024 * 1024)

/* A section with what is needed to merge it. */
typedef struct {
    const cors_config_section_t *config;
    cors_snapshot_section_t *snapshot;
    const ap_directive_t *top; /* the outermost section around it, or itself */
    int number;                /* in the order of the configuration */
} part_t;

/* A server while its sections are collected. */
typedef struct {
    cors_snapshot_host_t *host;
    const server_rec *server;
    const cors_section_t *merged; /* of the server itself */
    apr_hash_t *parts;            /* container -> part_t * */
    apr_hash_t *paths;            /* path -> array of part_t * */
    apr_hash_t *keys;             /* each key, as its own value */
    apr_array_header_t *all;      /* part_t * */
} collected_t;

typedef struct {
    apr_pool_t *p;
    cors_snapshot_t *snapshot;
    apr_array_header_t *hosts; /* collected_t * */
    bool files;                /* the lines of files are read */
    apr_hash_t *sets;          /* cors_origin_set_t * whose files are read */
} collect_t;

/* --- files */

static void add_entry(void *context, cors_slice_t entry)
{
    apr_array_header_t *origins = context;

    APR_ARRAY_PUSH(origins, const char *) =
        cors_slice_text(origins->pool, entry);
}

/* Returns the text of a file; an absent slice if it cannot be read or is too long. */
static cors_slice_t read_text(apr_pool_t *p, const char *path)
{
    cors_slice_t text = { NULL, 0 };
    apr_finfo_t info;
    apr_file_t *file;
    char *bytes;

    if (apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, p)
        != APR_SUCCESS) {
        return text;
    }
    if (apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_TYPE, file)
            == APR_SUCCESS
        && info.filetype == APR_REG && info.size <= FILE_MAX) {
        bytes = apr_palloc(p, (apr_size_t)info.size + 1);
        if (apr_file_read_full(file, bytes, (apr_size_t)info.size, &text.len)
                == APR_SUCCESS
            || info.size == 0) {
            text.ptr = bytes;
        }
    }
    apr_file_close(file);
    return text;
}

/* Read the file of an entry. What a list has for a tenant is unknown here. */
static void read_file(const collect_t *collect,
                      const cors_origin_entry_t *entry)
{
    const char *path = entry->text;
    cors_snapshot_file_t *file;
    apr_array_header_t *origins;
    apr_pool_t *scratch;
    cors_slice_t text = { NULL, 0 };

    if (apr_hash_get(collect->snapshot->files, path, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_pool_create(&scratch, collect->p);
    file = apr_pcalloc(collect->p, sizeof(*file));
    file->path = path;
    if (!entry->tenant) {
        text = read_text(scratch, entry->path ? entry->path : path);
    }
    if (text.ptr) {
        origins = apr_array_make(collect->p, 16, sizeof(const char *));
        cors_origin_file_visit(scratch, text, add_entry, origins);
        file->origins = origins;
    }
    apr_hash_set(collect->snapshot->files, path, APR_HASH_KEY_STRING, file);
    apr_pool_destroy(scratch);
}

/* Read the files of a list, unless they are known. */
static void read_files(const collect_t *collect, const cors_origin_set_t *set)
{
    int i;

    if (apr_hash_get(collect->sets, &set, sizeof(set))) {
        return;
    }
    apr_hash_set(collect->sets, apr_pmemdup(collect->p, &set, sizeof(set)),
                 sizeof(set), collect);
    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        if (entry->file) {
            read_file(collect, entry);
        }
    }
}

static void read_all_files(const collect_t *collect,
                           const cors_policy_t *policy)
{
    const cors_link_t *link;
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        if (!cors_attr_is_origins((cors_attr_e)attr)) {
            continue;
        }
        for (link = &policy->link[attr]; link && link->setting;
             link = link->outer) {
            read_files(collect, link->setting->origins);
        }
    }
}

/* --- sections */

/* Returns the outermost section around a container, or the container itself. */
static const ap_directive_t *outermost(const ap_directive_t *node)
{
    while (node && node->parent
           && !cors_directive_is(node->parent, "<VirtualHost")) {
        node = node->parent;
    }
    return node;
}

/* Returns the kind and the path of a section; NULL: it has none. */
static const char *path_key(apr_pool_t *p, const cors_container_t *container)
{
    const char *kind =
        container->kind == CORS_CONTAINER_LOCATION ? "location" : "directory";
    char *path;
    apr_size_t len;

    if (!container->path
        || (container->kind != CORS_CONTAINER_LOCATION
            && container->kind != CORS_CONTAINER_DIRECTORY)) {
        return NULL;
    }
    path = apr_pstrdup(p, container->path);
    len = strlen(path);
    if (len > 1 && path[len - 1] == '/'
        && container->kind == CORS_CONTAINER_DIRECTORY) {
        path[len - 1] = '\0';
    }
    return apr_pstrcat(p, kind, " ", path, NULL);
}

/* Returns a key that no section of the server has yet. */
static const char *unique_key(apr_pool_t *p, const collected_t *collected,
                              const char *key)
{
    const char *unique = key;
    int number;

    for (number = 2; apr_hash_get(collected->keys, unique, APR_HASH_KEY_STRING);
         number++) {
        unique = apr_psprintf(p, "%s %d", key, number);
    }
    apr_hash_set(collected->keys, unique, APR_HASH_KEY_STRING, unique);
    return unique;
}

/* Returns the key of the nearest section around a container that has a directive of this
 * module; of none, a text that is not a key. */
static const char *outer_key(const collected_t *collected,
                             const ap_directive_t *node)
{
    for (node = node->parent; node; node = node->parent) {
        const part_t *part =
            apr_hash_get(collected->parts, &node, sizeof(node));

        if (part) {
            return part->snapshot->key;
        }
    }
    return " ";
}

static void add_to_path(const collect_t *collect, const collected_t *collected,
                        part_t *part)
{
    apr_array_header_t *parts =
        apr_hash_get(collected->paths, part->snapshot->path,
                     APR_HASH_KEY_STRING);

    if (!parts) {
        parts = apr_array_make(collect->p, 1, sizeof(part_t *));
        apr_hash_set(collected->paths, part->snapshot->path,
                     APR_HASH_KEY_STRING, parts);
    }
    APR_ARRAY_PUSH(parts, part_t *) = part;
}

static void collect_section(const collect_t *collect,
                            const collected_t *collected,
                            const cors_config_section_t *config, int number)
{
    apr_pool_t *p = collect->p;
    part_t *part = apr_pcalloc(p, sizeof(*part));
    cors_snapshot_section_t *section = apr_pcalloc(p, sizeof(*section));
    const ap_directive_t *node = config->scope->node;
    const bool is_server = config->kind == CORS_CONTAINER_SERVER;
    bool nested;

    part->config = config;
    part->snapshot = section;
    part->top = is_server ? NULL : outermost(node);
    part->number = number;
    nested = part->top != node && !is_server;
    section->title = config->scope->title;
    section->where = cors_scope_position(p, config->scope);
    section->outer = nested ? outer_key(collected, node) : "";
    section->path = is_server ? NULL : path_key(p, &config->container);
    section->key = "";
    if (!is_server) {
        section->key = unique_key(p, collected,
                                  section->path && !nested ? section->path
                                                           : section->title);
        apr_hash_set(collected->parts, apr_pmemdup(p, &node, sizeof(node)),
                     sizeof(node), part);
    }
    section->plain = section->path && !nested
                     && config->container.kind == CORS_CONTAINER_LOCATION;
    if (section->path && !nested) {
        add_to_path(collect, collected, part);
    }
    APR_ARRAY_PUSH(collected->host->sections, cors_snapshot_section_t *) =
        section;
    APR_ARRAY_PUSH(collected->all, part_t *) = part;
}

/* --- merging */

static int compare_parts(const void *one, const void *other)
{
    const part_t *first = *(const part_t *const *)one;
    const part_t *second = *(const part_t *const *)other;
    const cors_snapshot_section_t *outer = first->snapshot;
    const cors_snapshot_section_t *inner = second->snapshot;

    /* httpd applies the shortest <Directory> first, a <Location> in written order */
    if (!outer->plain && strlen(outer->path) != strlen(inner->path)) {
        return strlen(outer->path) < strlen(inner->path) ? -1 : 1;
    }
    return first->number - second->number;
}

static void add_parts(apr_array_header_t *chain, const collected_t *collected,
                      const char *path)
{
    const apr_array_header_t *parts =
        apr_hash_get(collected->paths, path, APR_HASH_KEY_STRING);

    if (parts) {
        apr_array_cat(chain, parts);
    }
}

/* Add the sections of a server whose path is that of a section or above it. */
static void add_above(apr_pool_t *p, apr_array_header_t *chain,
                      const collected_t *collected, const char *path)
{
    char *above = apr_pstrdup(p, path);
    const char *kind_end = strchr(path, ' ') + 1;
    char *slash;

    add_parts(chain, collected, above);
    while ((slash = strrchr(above, '/')) != NULL) {
        if (slash[1]) {
            /* "/a/" is above "/a/b", too */
            slash[1] = '\0';
            add_parts(chain, collected, above);
        }
        *slash = '\0';
        if (above + (kind_end - path) < slash) {
            add_parts(chain, collected, above);
        }
    }
}

/* Returns the sections that apply to all requests of a section, in httpd's order. */
static apr_array_header_t *find_chain(const collect_t *collect,
                                      const collected_t *collected,
                                      const part_t *part)
{
    apr_array_header_t *chain = apr_array_make(collect->p, 2, sizeof(part_t *));
    const ap_directive_t *node = part->config->scope->node;
    const part_t *around;
    int top;

    if (part->snapshot->path) {
        if (collected->host->inherits) {
            add_above(collect->p, chain,
                      APR_ARRAY_IDX(collect->hosts, 0, const collected_t *),
                      part->snapshot->path);
        }
        add_above(collect->p, chain, collected, part->snapshot->path);
        qsort(chain->elts, (size_t)chain->nelts, sizeof(part_t *),
              compare_parts);
    }
    top = chain->nelts;
    for (; node; node = node->parent) {
        around = apr_hash_get(collected->parts, &node, sizeof(node));
        if (around && (node != part->top || !part->snapshot->path)) {
            /* the innermost one last */
            APR_ARRAY_PUSH(chain, const part_t *) = NULL;
            memmove(chain->elts + (size_t)(top + 1) * sizeof(part_t *),
                    chain->elts + (size_t)top * sizeof(part_t *),
                    (size_t)(chain->nelts - 1 - top) * sizeof(part_t *));
            APR_ARRAY_IDX(chain, top, const part_t *) = around;
        }
    }
    return chain;
}

static const cors_section_t *merge_chain(const collect_t *collect,
                                         const collected_t *collected,
                                         const part_t *part)
{
    const cors_section_t *merged = collected->merged;
    const apr_array_header_t *chain;
    int i;

    if (!part->top) {
        return merged;
    }
    chain = find_chain(collect, collected, part);
    for (i = 0; i < chain->nelts; i++) {
        merged = cors_section_merge(
            collect->p, merged,
            APR_ARRAY_IDX(chain, i, const part_t *)->config->own);
    }
    return merged;
}

static cors_policy_t *resolve(const collect_t *collect,
                              const cors_section_t *section,
                              cors_methods_t method)
{
    cors_policy_t *policy = apr_palloc(collect->p, sizeof(*policy));

    cors_policy_resolve(collect->p, section, method, policy);
    if (collect->files) {
        read_all_files(collect, policy);
    }
    return policy;
}

/* Resolve the policies of a section. */
static void resolve_groups(const collect_t *collect,
                           const collected_t *collected, const part_t *part)
{
    const cors_section_t *merged = merge_chain(collect, collected, part);
    apr_array_header_t *all = apr_array_make(collect->p, 1, sizeof(void *));
    cors_methods_group_t *groups;
    int count = cors_section_groups(collect->p, merged, &groups);
    int i;

    for (i = 0; i < count; i++) {
        cors_snapshot_group_t *group;

        if (!cors_methods_real(collect->p, groups[i].methods)) {
            continue;
        }
        group = apr_pcalloc(collect->p, sizeof(*group));
        group->policy = resolve(collect, merged, groups[i].one);
        group->own = resolve(collect, part->config->own, groups[i].one);
        if (count > 1) {
            group->methods = cors_methods_names(collect->p, groups[i].methods);
        }
        group->others = (groups[i].methods & cors_methods_bit(M_INVALID)) != 0;
        APR_ARRAY_PUSH(all, const cors_snapshot_group_t *) = group;
    }
    part->snapshot->groups = all;
}

static collected_t *start_host(collect_t *collect,
                               const cors_config_section_t *config)
{
    collected_t *collected = apr_pcalloc(collect->p, sizeof(*collected));
    cors_snapshot_host_t *host = apr_pcalloc(collect->p, sizeof(*host));

    host->name = config->server->server_hostname;
    host->address = cors_server_address(collect->p, config->server);
    host->inherits = config->inherits;
    host->sections =
        apr_array_make(collect->p, 4, sizeof(cors_snapshot_section_t *));
    collected->host = host;
    collected->server = config->server;
    collected->merged = config->merged;
    collected->parts = apr_hash_make(collect->p);
    collected->paths = apr_hash_make(collect->p);
    collected->keys = apr_hash_make(collect->p);
    collected->all = apr_array_make(collect->p, 4, sizeof(part_t *));
    APR_ARRAY_PUSH(collect->hosts, collected_t *) = collected;
    APR_ARRAY_PUSH(collect->snapshot->hosts, cors_snapshot_host_t *) = host;
    return collected;
}

cors_snapshot_t *cors_snapshot_make(apr_pool_t *p, server_rec *server,
                                    bool files)
{
    const apr_array_header_t *sections = cors_config_sections(p, server);
    collect_t collect;
    collected_t *collected = NULL;
    int i;
    int k;

    collect.p = p;
    collect.files = files;
    collect.snapshot = apr_pcalloc(p, sizeof(*collect.snapshot));
    collect.snapshot->files = apr_hash_make(p);
    collect.snapshot->hosts =
        apr_array_make(p, 4, sizeof(cors_snapshot_host_t *));
    collect.hosts = apr_array_make(p, 4, sizeof(collected_t *));
    collect.sets = apr_hash_make(p);
    for (i = 0; i < sections->nelts; i++) {
        const cors_config_section_t *config =
            cors_config_section_at(sections, i);

        if (config->kind == CORS_CONTAINER_SERVER) {
            collected = start_host(&collect, config);
        }
        if (collected) {
            collect_section(&collect, collected, config, i);
        }
    }
    for (i = 0; i < collect.hosts->nelts; i++) {
        collected = APR_ARRAY_IDX(collect.hosts, i, collected_t *);
        for (k = 0; k < collected->all->nelts; k++) {
            resolve_groups(&collect, collected,
                           APR_ARRAY_IDX(collected->all, k, part_t *));
        }
    }
    return collect.snapshot;
}

/* --- JSON */

/* Numbers of settings and policies, in the order of their first use. */
typedef struct {
    apr_pool_t *p;
    cors_json_t *json;
    apr_hash_t *numbers;          /* setting or text of a policy -> int * */
    apr_array_header_t *settings; /* const cors_setting_t * */
    apr_array_header_t *policies; /* const cors_policy_t * */
} writer_t;

/* Returns the number of a setting. */
static int setting_number(const writer_t *writer, const cors_setting_t *setting)
{
    int *number = apr_hash_get(writer->numbers, &setting, sizeof(setting));

    if (!number) {
        number = apr_palloc(writer->p, sizeof(*number));
        *number = writer->settings->nelts;
        APR_ARRAY_PUSH(writer->settings, const cors_setting_t *) = setting;
        apr_hash_set(writer->numbers,
                     apr_pmemdup(writer->p, &setting, sizeof(setting)),
                     sizeof(setting), number);
    }
    return *number;
}

/* Returns the number of a policy; equal policies have the same one. */
static int policy_number(const writer_t *writer, const cors_policy_t *policy)
{
    apr_array_header_t *key = apr_array_make(writer->p, 32, sizeof(int));
    const cors_link_t *link;
    int *number;
    int attr;

    APR_ARRAY_PUSH(key, int) = policy->problem != CORS_OK;
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        for (link = &policy->link[attr]; link && link->setting;
             link = link->outer) {
            APR_ARRAY_PUSH(key, int) = setting_number(writer, link->setting);
        }
        APR_ARRAY_PUSH(key, int) = -1;
    }
    number = apr_hash_get(writer->numbers, key->elts,
                          (apr_ssize_t)sizeof(int) * key->nelts);
    if (!number) {
        number = apr_palloc(writer->p, sizeof(*number));
        *number = writer->policies->nelts;
        APR_ARRAY_PUSH(writer->policies, const cors_policy_t *) = policy;
        apr_hash_set(writer->numbers, key->elts,
                     (apr_ssize_t)sizeof(int) * key->nelts, number);
    }
    return *number;
}

static void write_texts(cors_json_t *json, const char *name,
                        const apr_array_header_t *texts)
{
    int i;

    if (!texts) {
        cors_json_string(json, name, NULL);
        return;
    }
    cors_json_open(json, name, '[');
    for (i = 0; i < texts->nelts; i++) {
        cors_json_string(json, NULL, APR_ARRAY_IDX(texts, i, const char *));
    }
    cors_json_close(json, ']');
}

static void write_section(const writer_t *writer,
                          const cors_snapshot_section_t *section)
{
    cors_json_t *json = writer->json;
    int i;

    cors_json_open(json, NULL, '{');
    cors_json_string(json, "key", section->key);
    cors_json_string(json, "outer", section->outer);
    cors_json_string(json, "path", section->path);
    cors_json_string(json, "section", section->title);
    cors_json_string(json, "where", section->where);
    cors_json_bool(json, "plain", section->plain);
    cors_json_open(json, "groups", '[');
    for (i = 0; i < section->groups->nelts; i++) {
        const cors_snapshot_group_t *group =
            APR_ARRAY_IDX(section->groups, i, const cors_snapshot_group_t *);

        cors_json_open(json, NULL, '{');
        write_texts(json, "methods", group->methods);
        cors_json_bool(json, "others", group->others);
        cors_json_number(json, "policy", policy_number(writer, group->policy));
        cors_json_number(json, "own", policy_number(writer, group->own));
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
    cors_json_close(json, '}');
}

static void write_host(const writer_t *writer, const cors_snapshot_host_t *host)
{
    cors_json_t *json = writer->json;
    int i;

    cors_json_open(json, NULL, '{');
    cors_json_string(json, "server_name", host->name);
    cors_json_string(json, "virtual_host", host->address);
    cors_json_bool(json, "inherits", host->inherits);
    cors_json_open(json, "sections", '[');
    for (i = 0; i < host->sections->nelts; i++) {
        write_section(writer, APR_ARRAY_IDX(host->sections, i,
                                            const cors_snapshot_section_t *));
    }
    cors_json_close(json, ']');
    cors_json_close(json, '}');
}

static void write_policy(const writer_t *writer, const cors_policy_t *policy)
{
    cors_json_t *json = writer->json;
    const cors_link_t *link;
    int attr;

    cors_json_open(json, NULL, '{');
    cors_json_bool(json, "contradictory", policy->problem != CORS_OK);
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        link = &policy->link[attr];
        if (!link->setting) {
            continue;
        }
        cors_json_open(json, cors_attr_directive((cors_attr_e)attr), '[');
        for (; link && link->setting; link = link->outer) {
            cors_json_number(json, NULL, setting_number(writer, link->setting));
        }
        cors_json_close(json, ']');
    }
    cors_json_close(json, '}');
}

static void write_origins(cors_json_t *json, const cors_origin_set_t *set)
{
    int i;

    cors_json_open(json, "origins", '[');
    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);

        cors_json_open(json, NULL, '{');
        cors_json_string(json, "entry", entry->text);
        cors_json_bool(json, "exclude", entry->exclude);
        cors_json_bool(json, "regex", entry->regex);
        cors_json_bool(json, "file", entry->file);
        cors_json_string(json, "set_by", entry->source);
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
}

static void write_names(cors_json_t *json, const cors_name_set_t *names)
{
    int i;

    cors_json_bool(json, "all", names->wildcard);
    cors_json_open(json, "names", '[');
    for (i = 0; i < names->count; i++) {
        cors_json_string(json, NULL, names->names[i]);
    }
    cors_json_close(json, ']');
    cors_json_open(json, "removed", '[');
    for (i = 0; i < names->removed_count; i++) {
        cors_json_string(json, NULL, names->removed[i]);
    }
    cors_json_close(json, ']');
}

static const char *setting_text(apr_pool_t *p, const cors_setting_t *setting)
{
    const cors_attr_e attr = (cors_attr_e)setting->attr;

    if (attr == CORS_ATTR_MAX_AGE) {
        return setting->max_age_text;
    }
    if (attr == CORS_ATTR_PREFLIGHT_STATUS) {
        return apr_psprintf(p, "%u %u", (unsigned)setting->allowed_status,
                            (unsigned)setting->denied_status);
    }
    return cors_attr_choices(attr)[setting->choice];
}

static void write_setting(const writer_t *writer, const cors_setting_t *setting)
{
    cors_json_t *json = writer->json;

    cors_json_open(json, NULL, '{');
    cors_json_string(json, "attribute",
                     cors_attr_directive((cors_attr_e)setting->attr));
    cors_json_string(json, "set_by", setting->source);
    cors_json_bool(json, "edit", setting->edit);
    if (setting->origins) {
        write_origins(json, setting->origins);
    }
    else if (setting->names) {
        write_names(json, setting->names);
    }
    else {
        cors_json_string(json, "value", setting_text(writer->p, setting));
    }
    cors_json_close(json, '}');
}

static void write_files(cors_json_t *json, apr_pool_t *p,
                        const cors_snapshot_t *snapshot)
{
    apr_hash_index_t *at;

    cors_json_open(json, "files", '[');
    for (at = apr_hash_first(p, snapshot->files); at; at = apr_hash_next(at)) {
        const cors_snapshot_file_t *file = apr_hash_this_val(at);

        cors_json_open(json, NULL, '{');
        cors_json_string(json, "path", file->path);
        write_texts(json, "origins", file->origins);
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
}

void cors_snapshot_write(apr_pool_t *p, const cors_snapshot_t *snapshot,
                         cors_json_t *json)
{
    writer_t writer = { p, json, apr_hash_make(p), NULL, NULL };
    int i;

    writer.settings = apr_array_make(p, 64, sizeof(const cors_setting_t *));
    writer.policies = apr_array_make(p, 64, sizeof(const cors_policy_t *));
    cors_json_open(json, "snapshot", '{');
    cors_json_number(json, "version", CORS_SNAPSHOT_VERSION);
    cors_json_open(json, "servers", '[');
    for (i = 0; i < snapshot->hosts->nelts; i++) {
        write_host(&writer, APR_ARRAY_IDX(snapshot->hosts, i,
                                          const cors_snapshot_host_t *));
    }
    cors_json_close(json, ']');
    cors_json_open(json, "policies", '[');
    for (i = 0; i < writer.policies->nelts; i++) {
        write_policy(&writer,
                     APR_ARRAY_IDX(writer.policies, i, const cors_policy_t *));
    }
    cors_json_close(json, ']');
    cors_json_open(json, "settings", '[');
    for (i = 0; i < writer.settings->nelts; i++) {
        write_setting(&writer, APR_ARRAY_IDX(writer.settings, i,
                                             const cors_setting_t *));
    }
    cors_json_close(json, ']');
    write_files(json, p, snapshot);
    cors_json_close(json, '}');
}
