/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * httpd -t -D DUMP_CORS and -D DUMP_CORS_JSON: print the policy of every section of
 * every server, with the source of each attribute. The status page writes the same JSON
 * through cors_dump_json().
 *
 * Each section is printed with what it inherits from the sections around it and its
 * server; explain_cli.c explains which policy a particular URL gets. If <Limit> is used,
 * the methods of a section fall into groups with one policy each. The member "snapshot" of the
 * JSON is for CorsCompare.
 */

#include "httpd/status/dump.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/diagnose/describe.h"
#include "core/policy/policy.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/config/sources.h"
#include "httpd/shared/list_state.h"
#include "httpd/status/cli.h"
#include "httpd/status/methods.h"
#include "httpd/status/page_data.h"
#include "httpd/status/snapshot.h"

#define JSON_VERSION 1
#define NAME_WIDTH 40  /* of the longest directive name, in columns */
#define VALUE_WIDTH 36 /* of most values; longer ones take more */

/* The dump that is being printed. */
typedef struct {
    cors_cli_t cli; /* its pool is cleared after each section */
    const cors_config_section_t *section;
    cors_json_t *json; /* NULL: text output */
} dump_t;

static const char *origin_of_setting(const cors_config_section_t *section,
                                     const cors_setting_t *setting)
{
    if (!setting) {
        return "default";
    }
    if (cors_config_section_owns(section, setting)) {
        return "own";
    }
    return "inherited";
}

/* --- text output */

static void print_line(dump_t *dump, const char *name, const char *words,
                       const char *from, const char *source)
{
    cors_cli_print(&dump->cli, "    %-*s %-*s %s%s%s\n", NAME_WIDTH, name,
                   VALUE_WIDTH, words, from, source ? ": " : "",
                   source ? source : "");
}

static const char *word_of_value(apr_pool_t *p, const cors_value_t *value)
{
    return apr_pstrcat(p, value->exclude ? "!" : "", value->regex ? "~" : "",
                       value->text, NULL);
}

/* Print a list on one line if it is short and has a single source; otherwise print one
 * line for each entry. */
static void print_list(dump_t *dump, cors_attr_e attr,
                       const cors_setting_t *setting,
                       const apr_array_header_t *values)
{
    const char *name = cors_attr_directive(attr);
    const char *words = "";
    const char *source = setting ? setting->source : NULL;
    const char *from = origin_of_setting(dump->section, setting);
    bool one_place = true;
    int i;

    for (i = 0; i < values->nelts; i++) {
        const cors_value_t *value = &APR_ARRAY_IDX(values, i, cors_value_t);

        one_place = one_place
                    && (!value->source || !source
                        || strcmp(value->source, source) == 0);
        if (strlen(words) <= VALUE_WIDTH) {
            words = apr_pstrcat(dump->cli.p, words, *words ? " " : "",
                                word_of_value(dump->cli.p, value), NULL);
        }
    }
    if (values->nelts == 0) {
        words = attr == CORS_ATTR_WEBSOCKET_ORIGINS && !setting ? "not checked"
                                                                : "None";
    }
    if (values->nelts < 2 || (one_place && strlen(words) <= VALUE_WIDTH)) {
        print_line(dump, name, words, from, source);
        return;
    }
    for (i = 0; i < values->nelts; i++) {
        const cors_value_t *value = &APR_ARRAY_IDX(values, i, cors_value_t);

        print_line(dump, i == 0 ? name : "", word_of_value(dump->cli.p, value),
                   origin_of_setting(dump->section, value->setting),
                   value->source);
    }
}

static void print_policy(dump_t *dump, const cors_policy_t *policy)
{
    int attr;

    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        const cors_setting_t *setting = policy->link[attr].setting;
        apr_array_header_t *values =
            cors_policy_values(dump->cli.p, policy, (cors_attr_e)attr);

        if (cors_attr_is_list((cors_attr_e)attr)) {
            print_list(dump, (cors_attr_e)attr, setting, values);
        }
        else {
            print_line(dump, cors_attr_directive((cors_attr_e)attr),
                       APR_ARRAY_IDX(values, 0, cors_value_t).text,
                       origin_of_setting(dump->section, setting),
                       setting ? setting->source : NULL);
        }
    }
}

static void print_title(dump_t *dump)
{
    const cors_config_section_t *section = dump->section;
    const char *address = cors_server_address(dump->cli.p, section->server);
    const char *where = cors_scope_position(dump->cli.p, section->scope);
    const char *name = section->server->server_hostname
                           ? section->server->server_hostname
                           : "-";

    if (section->kind == CORS_CONTAINER_SERVER) {
        cors_cli_print(&dump->cli, "%s %s",
                       address ? apr_pstrcat(dump->cli.p, "VirtualHost ",
                                             address, NULL)
                               : "Server",
                       name);
        if (where) {
            cors_cli_print(&dump->cli, " (%s)", where);
        }
        cors_cli_print(&dump->cli, "\n");
    }
    else {
        cors_cli_print(&dump->cli, "  %s (%s)\n", section->scope->title, where);
    }
}

/* --- JSON output */

static void json_value(dump_t *dump, const cors_value_t *value)
{
    cors_json_open(dump->json, NULL, '{');
    cors_json_string(dump->json, "entry", value->text);
    cors_json_bool(dump->json, "exclude", value->exclude);
    cors_json_bool(dump->json, "regex", value->regex);
    cors_json_string(dump->json, "from",
                     origin_of_setting(dump->section, value->setting));
    cors_json_string(dump->json, "set_by", value->source);
    cors_json_close(dump->json, '}');
}

static void json_list(dump_t *dump, const apr_array_header_t *values)
{
    int i;

    cors_json_open(dump->json, "value", '[');
    for (i = 0; i < values->nelts; i++) {
        json_value(dump, &APR_ARRAY_IDX(values, i, cors_value_t));
    }
    cors_json_close(dump->json, ']');
}

static void json_policy(dump_t *dump, const cors_policy_t *policy)
{
    int attr;

    cors_json_open(dump->json, "attributes", '{');
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        const cors_setting_t *setting = policy->link[attr].setting;
        apr_array_header_t *values =
            cors_policy_values(dump->cli.p, policy, (cors_attr_e)attr);

        cors_json_open(dump->json, cors_attr_directive((cors_attr_e)attr), '{');
        if (attr == CORS_ATTR_WEBSOCKET_ORIGINS && !setting) {
            cors_json_string(dump->json, "value", NULL);
        }
        else if (cors_attr_is_list((cors_attr_e)attr)) {
            json_list(dump, values);
        }
        else {
            cors_json_string(dump->json, "value",
                             APR_ARRAY_IDX(values, 0, cors_value_t).text);
        }
        cors_json_string(dump->json, "from",
                         origin_of_setting(dump->section, setting));
        cors_json_string(dump->json, "set_by",
                         setting ? setting->source : NULL);
        cors_json_close(dump->json, '}');
    }
    cors_json_close(dump->json, '}');
}

/* Write "methods": null for all methods. "others" is true if unlisted methods are
 * included. */
static void json_methods(dump_t *dump, cors_methods_t methods, bool all)
{
    apr_array_header_t *names = cors_methods_names(dump->cli.p, methods);
    int i;

    if (all) {
        cors_json_string(dump->json, "methods", NULL);
    }
    else {
        cors_json_open(dump->json, "methods", '[');
        for (i = 0; i < names->nelts; i++) {
            cors_json_string(dump->json, NULL,
                             APR_ARRAY_IDX(names, i, const char *));
        }
        cors_json_close(dump->json, ']');
    }
    cors_json_bool(dump->json, "others",
                   (methods & cors_methods_bit(M_INVALID)) != 0);
}

static void json_title(dump_t *dump)
{
    const cors_config_section_t *section = dump->section;

    cors_json_string(dump->json, "server_name",
                     section->server->server_hostname);
    cors_json_string(dump->json, "virtual_host",
                     cors_server_address(dump->cli.p, section->server));
    cors_json_string(dump->json, "section", section->scope->title);
    cors_json_string(dump->json, "where",
                     cors_scope_position(dump->cli.p, section->scope));
}

/* --- both */

static void dump_section(dump_t *dump)
{
    bool json = dump->json != NULL;
    cors_methods_group_t *groups;
    int count =
        cors_section_groups(dump->cli.p, dump->section->merged, &groups);
    int i;

    if (json) {
        cors_json_open(dump->json, NULL, '{');
        json_title(dump);
        cors_json_open(dump->json, "policies", '[');
    }
    else {
        print_title(dump);
    }
    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        if (!cors_methods_real(dump->cli.p, groups[i].methods)) {
            continue;
        }
        cors_policy_resolve(dump->cli.p, dump->section->merged, groups[i].one,
                            &policy);
        if (json) {
            cors_json_open(dump->json, NULL, '{');
            json_methods(dump, groups[i].methods, count == 1);
            json_policy(dump, &policy);
            cors_json_close(dump->json, '}');
            continue;
        }
        if (count > 1) {
            cors_cli_print(&dump->cli, "   %s\n",
                           cors_methods_text(dump->cli.p, groups[i].methods));
        }
        print_policy(dump, &policy);
    }
    if (json) {
        cors_json_close(dump->json, ']');
        cors_json_close(dump->json, '}');
    }
}

static void visit_config_section(void *context,
                                 const cors_config_section_t *section)
{
    dump_t *dump = context;

    dump->section = section;
    dump_section(dump);
    apr_pool_clear(dump->cli.p);
}

/* Print the lists of origins in files. */
static void print_lists(dump_t *dump, server_rec *server)
{
    const apr_array_header_t *states =
        cors_list_states(dump->cli.p, server->process->pconf);
    int i;

    if (states->nelts > 0) {
        cors_cli_print(&dump->cli, "Lists of origins:\n");
    }
    for (i = 0; i < states->nelts; i++) {
        const cors_list_state_t *state =
            &APR_ARRAY_IDX(states, i, cors_list_state_t);
        const char *name =
            cors_source_name_of(server->process->pconf, state->path);

        cors_cli_print(&dump->cli, "  %s%s%s: ", name ? name : "",
                       name ? " " : "", state->path);
        if (!state->loaded) {
            cors_cli_print(&dump->cli, "not loaded%s\n",
                           cors_page_list_notes(dump->cli.p, state));
            continue;
        }
        cors_cli_print(&dump->cli,
                       "%" APR_SIZE_T_FMT " listed, %" APR_SIZE_T_FMT
                       " excluded, %" APR_SIZE_T_FMT " tenants%s%s, sum %s%s\n",
                       state->listed, state->excluded, state->tenants,
                       state->version ? ", version " : "",
                       state->version ? state->version : "", state->sum,
                       cors_page_list_notes(dump->cli.p, state));
    }
}

/* Write a time; 0 is null. */
static void json_time(apr_pool_t *p, cors_json_t *json, const char *name,
                      apr_time_t at)
{
    cors_json_string(json, name, at ? cors_page_time(p, at) : NULL);
}

static void json_lists(apr_pool_t *p, server_rec *server, cors_json_t *json)
{
    apr_pool_t *pconf = server->process->pconf;
    const apr_array_header_t *states = cors_list_states(p, pconf);
    int i;

    cors_json_open(json, "lists", '[');
    for (i = 0; i < states->nelts; i++) {
        const cors_list_state_t *state =
            &APR_ARRAY_IDX(states, i, cors_list_state_t);

        cors_json_open(json, NULL, '{');
        cors_json_string(json, "name", cors_source_name_of(pconf, state->path));
        cors_json_string(json, "path", state->path);
        cors_json_bool(json, "loaded", state->loaded);
        cors_json_number(json, "listed", (apr_int64_t)state->listed);
        cors_json_number(json, "excluded", (apr_int64_t)state->excluded);
        cors_json_number(json, "tenants", (apr_int64_t)state->tenants);
        cors_json_string(json, "list_version", state->version);
        cors_json_string(json, "sum", state->sum);
        json_time(p, json, "loaded_at", state->loaded_at);
        json_time(p, json, "checked_at", state->checked_at);
        json_time(p, json, "confirmed_at", state->confirmed_at);
        cors_json_number(json, "failures", (apr_int64_t)state->failures);
        cors_json_number(json, "bad_rows", (apr_int64_t)state->bad_rows);
        cors_json_number(json, "skipped_rows", (apr_int64_t)state->skipped);
        cors_json_string(json, "held_back", state->held_back);
        json_time(p, json, "fresh_until", state->fresh_until);
        cors_json_bool(json, "stale", state->stale);
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
}

void cors_dump_json(apr_pool_t *p, server_rec *server, cors_json_t *json)
{
    dump_t dump;

    memset(&dump, 0, sizeof(dump));
    apr_pool_create(&dump.cli.p, p);
    dump.json = json;
    cors_json_number(json, "version", JSON_VERSION);
    cors_json_open(json, "sections", '[');
    cors_config_sections_visit(p, server, NULL, visit_config_section, &dump);
    cors_json_close(json, ']');
    json_lists(p, server, json);
}

void cors_dump(apr_pool_t *p, server_rec *server)
{
    bool text = ap_exists_config_define("DUMP_CORS");
    bool json = ap_exists_config_define("DUMP_CORS_JSON");
    cors_json_t writer;
    dump_t dump;

    memset(&dump, 0, sizeof(dump));
    if ((!text && !json) || !cors_cli_open(p, &dump.cli)) {
        return;
    }
    apr_pool_create(&dump.cli.p, p);
    if (json) {
        cors_cli_json(&dump.cli, &writer);
        cors_json_open(&writer, NULL, '{');
        cors_dump_json(p, server, &writer);
        cors_snapshot_write(p, cors_snapshot_make(p, server, true), &writer);
        cors_json_close(&writer, '}');
    }
    else {
        cors_cli_print(&dump.cli, "CORS policies:\n");
        cors_config_sections_visit(p, server, NULL, visit_config_section,
                                   &dump);
        print_lists(&dump, server);
    }
    cors_cli_end(&dump.cli, EXIT_SUCCESS);
}
