/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * httpd -t -D DUMP_CORS and -D DUMP_CORS_JSON: print the policy of every section of
 * every server, with the source of each attribute. The status page writes the same JSON
 * through cors_dump_json().
 *
 * Each section is printed with what it inherits from the sections around it and its
 * server; explain_cli.c explains which policy a particular URL gets. If <Limit> is used,
 * the methods of a section fall into groups with one policy each. httpd numbers methods
 * and gives HEAD the number of GET, so the names of a group are derived from its numbers
 * here.
 */

#include "httpd/status/dump.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "core/diagnose/describe.h"
#include "core/policy/policy.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"

#define JSON_VERSION 1
#define NAME_WIDTH 40  /* of the longest directive name, in columns */
#define VALUE_WIDTH 36 /* of most values; longer ones take more */

/* The dump that is being printed. */
typedef struct {
    apr_pool_t *p; /* cleared after each section */
    apr_file_t *out;
    const cors_config_section_t *section;
    cors_json_t *json; /* NULL: text output */
} dump_t;

static void print(dump_t *dump, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print(dump_t *dump, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    apr_file_puts(apr_pvsprintf(dump->p, format, arguments), dump->out);
    va_end(arguments);
}

static void print_json(void *context, const char *text, apr_size_t len)
{
    const dump_t *dump = context;

    apr_file_write_full(dump->out, text, len, NULL);
}

/* Returns the name of a method number; NULL: httpd does not know one. */
static const char *method_name(apr_pool_t *p, int number)
{
    const char *name;

    /* HEAD has the number of GET, and httpd may return its name instead */
    if (number == M_GET) {
        return "GET";
    }
    name = number == M_INVALID ? NULL : ap_method_name_of(p, number);
    /* httpd returns the same text for all unknown numbers */
    return name && ap_method_number_of(name) == number ? name : NULL;
}

/* Returns the names of the methods of a group, an array of const char *. */
static apr_array_header_t *method_names(apr_pool_t *p, cors_methods_t methods)
{
    apr_array_header_t *names = apr_array_make(p, 8, sizeof(const char *));
    int number;

    for (number = 0; number < CORS_METHODS_COUNT; number++) {
        const char *name = (methods & cors_methods_bit(number))
                               ? method_name(p, number)
                               : NULL;

        if (name) {
            APR_ARRAY_PUSH(names, const char *) = name;
        }
        if (name && number == M_GET) {
            APR_ARRAY_PUSH(names, const char *) = "HEAD";
        }
    }
    return names;
}

bool cors_methods_real(apr_pool_t *p, cors_methods_t methods)
{
    return (methods & cors_methods_bit(M_INVALID))
           || method_names(p, methods)->nelts > 0;
}

const char *cors_methods_text(apr_pool_t *p, cors_methods_t methods)
{
    if ((methods & cors_methods_bit(M_INVALID))) {
        return "all other methods";
    }
    return apr_array_pstrcat(p, method_names(p, methods), ' ');
}

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
    print(dump, "    %-*s %-*s %s%s%s\n", NAME_WIDTH, name, VALUE_WIDTH, words,
          from, source ? ": " : "", source ? source : "");
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
            words = apr_pstrcat(dump->p, words, *words ? " " : "",
                                word_of_value(dump->p, value), NULL);
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

        print_line(dump, i == 0 ? name : "", word_of_value(dump->p, value),
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
            cors_policy_values(dump->p, policy, (cors_attr_e)attr);

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
    const char *address = cors_server_address(dump->p, section->server);
    const char *where = cors_scope_position(dump->p, section->scope);
    const char *name = section->server->server_hostname
                           ? section->server->server_hostname
                           : "-";

    if (section->kind == CORS_CONTAINER_SERVER) {
        print(dump, "%s %s",
              address ? apr_pstrcat(dump->p, "VirtualHost ", address, NULL)
                      : "Server",
              name);
        if (where) {
            print(dump, " (%s)", where);
        }
        print(dump, "\n");
    }
    else {
        print(dump, "  %s (%s)\n", section->scope->title, where);
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
            cors_policy_values(dump->p, policy, (cors_attr_e)attr);

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
    apr_array_header_t *names = method_names(dump->p, methods);
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
                     cors_server_address(dump->p, section->server));
    cors_json_string(dump->json, "section", section->scope->title);
    cors_json_string(dump->json, "where",
                     cors_scope_position(dump->p, section->scope));
}

/* --- both */

static void dump_section(dump_t *dump)
{
    bool json = dump->json != NULL;
    cors_methods_group_t *groups;
    int count = cors_section_groups(dump->p, dump->section->merged, &groups);
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

        if (!cors_methods_real(dump->p, groups[i].methods)) {
            continue;
        }
        cors_policy_resolve(dump->p, dump->section->merged, groups[i].one,
                            &policy);
        if (json) {
            cors_json_open(dump->json, NULL, '{');
            json_methods(dump, groups[i].methods, count == 1);
            json_policy(dump, &policy);
            cors_json_close(dump->json, '}');
            continue;
        }
        if (count > 1) {
            print(dump, "   %s\n",
                  cors_methods_text(dump->p, groups[i].methods));
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
    apr_pool_clear(dump->p);
}

void cors_dump_json(apr_pool_t *p, server_rec *server, cors_json_t *json)
{
    dump_t dump;

    memset(&dump, 0, sizeof(dump));
    apr_pool_create(&dump.p, p);
    dump.json = json;
    cors_json_number(json, "version", JSON_VERSION);
    cors_json_open(json, "sections", '[');
    cors_config_sections_visit(p, server, NULL, visit_config_section, &dump);
    cors_json_close(json, ']');
}

void cors_dump(apr_pool_t *p, server_rec *server)
{
    bool text = ap_exists_config_define("DUMP_CORS");
    bool json = ap_exists_config_define("DUMP_CORS_JSON");
    cors_json_t writer;
    dump_t dump;

    memset(&dump, 0, sizeof(dump));
    if ((!text && !json)
        || apr_file_open_flags_stdout(&dump.out, APR_BUFFERED, p)
               != APR_SUCCESS) {
        return;
    }
    apr_pool_create(&dump.p, p);
    if (json) {
        cors_json_start(&writer, print_json, &dump);
        cors_json_open(&writer, NULL, '{');
        cors_dump_json(p, server, &writer);
        cors_json_close(&writer, '}');
    }
    else {
        print(&dump, "CORS policies:\n");
        cors_config_sections_visit(p, server, NULL, visit_config_section,
                                   &dump);
    }
    apr_file_flush(dump.out);
}
