/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * CorsCompare: httpd -t -c 'CorsCompare old.json' prints what the configuration allows
 * differently from one that was dumped before. The core's compare.c compares, and
 * snapshot_read.c reads the dump; this file reads the directive, prints the differences
 * and sets the exit status.
 */

#include "httpd/status/compare.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "core/base/json.h"
#include "core/base/list.h"
#include "core/diagnose/compare.h"
#include "httpd/status/cli.h"
#include "httpd/status/snapshot.h"
#include "httpd/status/snapshot_read.h"

#define DIRECTIVE "CorsCompare"

#define JSON_VERSION 1

/* --- reading */

static const char *report_problem(apr_pool_t *p, cors_problem_e problem,
                                  const char *path, const char *detail)
{
    const cors_finding_t finding = { problem, cors_slice(path), NULL, detail };

    return apr_pstrcat(p, DIRECTIVE ": ", cors_problem_sentence(p, &finding),
                       NULL);
}

/* Read a file. Returns an error message, or NULL. */
static const char *read_file(apr_pool_t *p, const char *path,
                             cors_slice_t *text)
{
    apr_file_t *file;
    apr_finfo_t info;
    char reason[120];
    char *bytes;
    apr_status_t status =
        apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, p);

    if (status == APR_SUCCESS) {
        status =
            apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_TYPE, file);
    }
    if (status != APR_SUCCESS) {
        apr_strerror(status, reason, sizeof(reason));
        return report_problem(p, CORS_PROBLEM_COMPARE_FILE, path,
                              apr_pstrdup(p, reason));
    }
    if (info.filetype != APR_REG) {
        return report_problem(p, CORS_PROBLEM_COMPARE_FILE, path,
                              "it is not a regular file");
    }
    if (info.size > (apr_off_t)CORS_DUMP_MAX) {
        return report_problem(p, CORS_PROBLEM_COMPARE_FILE, path,
                              "it is longer than 1 GB");
    }
    bytes = apr_palloc(p, (apr_size_t)info.size + 1);
    text->ptr = bytes;
    status = apr_file_read_full(file, bytes, (apr_size_t)info.size, &text->len);
    apr_file_close(file);
    if (status != APR_SUCCESS && status != APR_EOF) {
        apr_strerror(status, reason, sizeof(reason));
        return report_problem(p, CORS_PROBLEM_COMPARE_FILE, path,
                              apr_pstrdup(p, reason));
    }
    return NULL;
}

const char *cors_set_compare(cmd_parms *cmd, void *section, const char *args)
{
    const char *misplaced = cors_cli_misplaced(cmd, DIRECTIVE, "FILE");
    const char *path = ap_getword_conf(cmd->pool, &args);
    cors_slice_t text = { NULL, 0 };
    cors_snapshot_t *snapshot;
    cors_problem_e problem;
    const char *detail;
    const char *error;

    (void)section;
    if (misplaced) {
        return misplaced;
    }
    if (!*path || *args) {
        return DIRECTIVE ": the argument is one file, the output of "
                         "httpd -t -D DUMP_CORS_JSON";
    }
    error = read_file(cmd->temp_pool, path, &text);
    if (error) {
        return error;
    }
    snapshot = cors_snapshot_read(cmd->pool, text, &problem, &detail);
    if (!snapshot) {
        return report_problem(cmd->pool, problem, path, detail);
    }
    cors_cli_ask(cmd->pool, DIRECTIVE, snapshot);
    return NULL;
}

/* --- printing */

typedef struct {
    cors_cli_t cli;
    cors_json_t json;
    bool as_json;
    bool as_tap;
} output_t;

static bool is_wider(const cors_compared_t *compared)
{
    return compared->change == CORS_CHANGE_ALLOWED
           || compared->change == CORS_CHANGE_WEAKER;
}

/* Write a list "a, b" as an array, or null. */
static void json_headers(cors_json_t *json, const char *name, const char *list)
{
    cors_slice_t rest = cors_slice(list);
    cors_slice_t one;
    char text[1024];

    if (!list) {
        cors_json_string(json, name, NULL);
        return;
    }
    cors_json_open(json, name, '[');
    while (cors_list_next(&rest, &one)) {
        apr_snprintf(text, sizeof(text), "%.*s", (int)one.len, one.ptr);
        cors_json_string(json, NULL, text);
    }
    cors_json_close(json, ']');
}

static void json_methods(cors_json_t *json, const char *name,
                         const apr_array_header_t *methods)
{
    int i;

    if (!methods) {
        cors_json_string(json, name, NULL);
        return;
    }
    cors_json_open(json, name, '[');
    for (i = 0; i < methods->nelts; i++) {
        cors_json_string(json, NULL, APR_ARRAY_IDX(methods, i, const char *));
    }
    cors_json_close(json, ']');
}

static void json_place(cors_json_t *json, const cors_place_t *place)
{
    cors_json_string(json, "server_name", place->host->name);
    cors_json_string(json, "virtual_host", place->host->address);
    cors_json_string(json, "section", place->section->title);
    cors_json_string(json, "where", place->section->where);
}

static void print_json(output_t *output, const cors_compared_t *compared)
{
    cors_json_t *json = &output->json;
    const bool except = compared->except;
    int i;

    cors_json_open(json, NULL, '{');
    cors_json_string(json, "change", cors_change_text(compared->change));
    cors_json_string(json, "aspect", cors_aspect_text(compared->aspect));
    cors_json_bool(json, "wider", is_wider(compared));
    json_place(json, &compared->place);
    cors_json_open(json, "also", '[');
    for (i = 0; compared->also && i < compared->also->nelts; i++) {
        cors_json_open(json, NULL, '{');
        json_place(json, &APR_ARRAY_IDX(compared->also, i, cors_place_t));
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
    cors_json_string(json, "origin", compared->origin);
    cors_json_bool(json, "more_origins", compared->more);
    json_methods(json, "methods", except ? NULL : compared->methods);
    json_methods(json, "except_methods", except ? compared->methods : NULL);
    cors_json_bool(json, "credentials", compared->credentials);
    json_headers(json, "headers", compared->headers);
    cors_json_string(json, "directive", compared->directive);
    cors_json_string(json, "before", compared->before);
    cors_json_string(json, "now", compared->now);
    cors_json_string(json, "decided_by", compared->decided_by);
    cors_json_string(json, "decided_before", compared->decided_before);
    cors_json_string(json, "obstacle", compared->obstacle);
    cors_json_string(json, "explain",
                     cors_compared_request(output->cli.p, compared));
    cors_json_string(json, "text", cors_compared_line(output->cli.p, compared));
    cors_json_close(json, '}');
}

static void print_tap(const output_t *output, int number,
                      const cors_compared_t *compared)
{
    const bool undecided = compared->change == CORS_CHANGE_UNDECIDED;

    cors_cli_print(&output->cli, "%s %d - %s%s\n",
                   is_wider(compared) || undecided ? "not ok" : "ok", number,
                   cors_cli_tap(output->cli.p,
                                cors_compared_line(output->cli.p, compared)),
                   undecided ? " # TODO undecided" : "");
}

static void print_text(const output_t *output, const cors_compared_t *compared)
{
    const char *request = cors_compared_request(output->cli.p, compared);

    cors_cli_print(&output->cli, "%s\n",
                   cors_compared_line(output->cli.p, compared));
    if (request) {
        cors_cli_print(&output->cli, "    httpd -t -c 'CorsExplain %s'\n",
                       request);
    }
}

static void start_output(output_t *output, int count)
{
    if (output->as_json) {
        cors_cli_json(&output->cli, &output->json);
        cors_json_open(&output->json, NULL, '{');
        cors_json_number(&output->json, "version", JSON_VERSION);
        cors_json_open(&output->json, "differences", '[');
    }
    else if (output->as_tap) {
        cors_cli_print(&output->cli, "TAP version 13\n1..%d\n",
                       count > 0 ? count : 1);
    }
    if (count == 0 && !output->as_json) {
        cors_cli_print(&output->cli, output->as_tap ? "ok 1 - no difference\n"
                                                    : DIRECTIVE
                                         ": no difference\n");
    }
}

static void print_all(output_t *output, const apr_array_header_t *all)
{
    apr_pool_t *parent = output->cli.p;
    int i;

    start_output(output, all->nelts);
    apr_pool_create(&output->cli.p, parent);
    for (i = 0; i < all->nelts; i++) {
        const cors_compared_t *compared =
            &APR_ARRAY_IDX(all, i, cors_compared_t);

        if (output->as_json) {
            print_json(output, compared);
        }
        else if (output->as_tap) {
            print_tap(output, i + 1, compared);
        }
        else {
            print_text(output, compared);
        }
        apr_pool_clear(output->cli.p);
    }
    apr_pool_destroy(output->cli.p);
    output->cli.p = parent;
    if (output->as_json) {
        cors_json_close(&output->json, ']');
        cors_json_close(&output->json, '}');
    }
}

static int status_of(const apr_array_header_t *all)
{
    int status = EXIT_SUCCESS;
    int i;

    for (i = 0; i < all->nelts; i++) {
        const cors_compared_t *compared =
            &APR_ARRAY_IDX(all, i, cors_compared_t);

        if (is_wider(compared)) {
            return CORS_COMPARE_WIDER;
        }
        if (compared->change == CORS_CHANGE_UNDECIDED) {
            status = CORS_COMPARE_UNDECIDED;
        }
    }
    return status;
}

void cors_compare_cli(apr_pool_t *p, server_rec *server)
{
    const apr_array_header_t *dumps = cors_cli_asked(p, DIRECTIVE);
    const cors_snapshot_t *now;
    output_t output;
    int status = EXIT_SUCCESS;
    int i;

    memset(&output, 0, sizeof(output));
    if (!dumps || !cors_cli_open(p, &output.cli)) {
        return;
    }
    output.as_json = ap_exists_config_define("DUMP_CORS_COMPARE_JSON");
    output.as_tap = ap_exists_config_define("DUMP_CORS_COMPARE");
    now = cors_snapshot_make(p, server, true);
    for (i = 0; i < dumps->nelts; i++) {
        const apr_array_header_t *all =
            cors_compare(p, APR_ARRAY_IDX(dumps, i, void *), now);
        const int one = status_of(all);

        print_all(&output, all);
        if (status != CORS_COMPARE_WIDER && one != EXIT_SUCCESS) {
            status = one;
        }
    }
    cors_cli_end(&output.cli, status);
}
