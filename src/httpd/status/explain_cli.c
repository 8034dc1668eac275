/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * CorsExplain: httpd -t -c 'CorsExplain METHOD URL from ORIGIN' prints which sections
 * apply to a URL and what a browser does with a request from a given origin. The core's
 * explain.c simulates the browser; this file reads the request and prints the answer.
 *
 * There is no request_rec under httpd -t, so httpd cannot select the sections. This
 * file matches containers against the URL path and the file that DocumentRoot makes of
 * it, in httpd's order of sections. It cannot evaluate <If> and does not read .htaccess
 * files; the status page's explanation does both.
 */

#include "httpd/status/explain_cli.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <http_main.h>
#include <http_protocol.h>

#include "core/base/json.h"
#include "core/base/list.h"
#include "core/diagnose/explain.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/status/explain_json.h"
#include "httpd/status/explain_request.h"
#include "httpd/status/explain_url.h"

#define DIRECTIVE "CorsExplain"

/* The userdata key of the requests to explain in the configuration's pool: an array of
 * asked_t. */
#define ASKED "mod_cors_policy CorsExplain"

/* A CorsExplain as read. */
typedef struct {
    cors_explain_request_t request;
    apr_uri_t uri;
    bool json;
} asked_t;

/* The request to explain, and what was found for it. */
typedef struct {
    apr_pool_t *p;
    apr_file_t *out;
    asked_t *asked;
    cors_explain_request_t *request; /* of asked */
    const char *file;                /* the path appended to DocumentRoot */
    server_rec *server;
    cors_container_e kind;         /* the kind being merged */
    int unknown;                   /* sections that only a request can match */
    const cors_section_t *section; /* the merged sections that apply */
} explain_t;

static void print(explain_t *explain, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print(explain_t *explain, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    apr_file_puts(apr_pvsprintf(explain->p, format, arguments), explain->out);
    va_end(arguments);
}

/* Returns the error for an argument: its text and what was expected. */
static const char *expected(apr_pool_t *p, const char *word, const char *what)
{
    return apr_pstrcat(p, "'", word, "': ", what, NULL);
}

/* Parse METHOD URL from ORIGIN. Returns an error message, or NULL. */
static const char *read_request(apr_pool_t *p, const char **args,
                                asked_t *asked)
{
    cors_explain_request_t *request = &asked->request;
    const char *word;

    request->method = ap_getword_conf(p, args);
    if (!cors_is_token(cors_slice(request->method))) {
        return expected(p, request->method,
                        "a request begins with its method, as in GET "
                        "https://api.example.com/ from "
                        "https://app.example.com");
    }
    request->url = ap_getword_conf(p, args);
    if (!cors_explain_url(p, request->url, &asked->uri, &request->fetch)
        || !asked->uri.scheme || !asked->uri.hostname) {
        return expected(p, request->url,
                        apr_pstrcat(p,
                                    "an absolute URL is needed, as in "
                                    "https://api.example.com",
                                    request->url[0] == '/' ? request->url
                                                           : "/videos",
                                    NULL));
    }
    word = ap_getword_conf(p, args);
    if (strcmp(word, "from") != 0) {
        return expected(p, word,
                        "from and the origin of the page follow the URL, as "
                        "in from https://app.example.com");
    }
    request->origin = ap_getword_conf(p, args);
    if (request->origin[0]) {
        return NULL;
    }
    return expected(p, "",
                    "the origin of the page follows from, as in "
                    "https://app.example.com");
}

/* Parse METHOD URL from ORIGIN [with NAME[,NAME]...] [and cookies] [as json]. The names
 * may be separated by commas, spaces, "and" or "with". Returns an error message, or
 * NULL. */
static const char *read_arguments(apr_pool_t *p, const char *args,
                                  asked_t *asked)
{
    cors_explain_request_t *request = &asked->request;
    const char *error = read_request(p, &args, asked);
    const char *word;

    request->headers = "";
    while (!error && *(word = ap_getword_conf(p, &args))) {
        if (strcmp(word, "with") == 0 || strcmp(word, "and") == 0) {
            continue;
        }
        if (strcmp(word, "cookies") == 0) {
            request->credentials = true;
        }
        else if (strcmp(word, "as") == 0) {
            word = ap_getword_conf(p, &args);
            if (strcmp(word, "json") != 0) {
                error =
                    expected(p, word, "the output is plain text or as json");
            }
            asked->json = true;
        }
        else {
            request->headers =
                request->headers[0]
                    ? apr_pstrcat(p, request->headers, ",", word, NULL)
                    : word;
        }
    }
    return error;
}

const char *cors_set_explain(cmd_parms *cmd, void *section, const char *args)
{
    const char *misplaced = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    void *list = NULL;
    asked_t *asked;
    const char *error;

    (void)section;
    if (misplaced) {
        return misplaced;
    }
    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST) {
        return DIRECTIVE ": it is for the command line only; remove it, and "
                         "run httpd -t -c '" DIRECTIVE " METHOD URL from "
                         "ORIGIN'";
    }
    asked = apr_pcalloc(cmd->pool, sizeof(*asked));
    error = read_arguments(cmd->pool, args, asked);
    if (error) {
        return apr_pstrcat(cmd->pool, DIRECTIVE ": ", error, NULL);
    }
    apr_pool_userdata_get(&list, ASKED, cmd->pool);
    if (!list) {
        list = apr_array_make(cmd->pool, 1, sizeof(asked_t *));
        apr_pool_userdata_setn(list, ASKED, NULL, cmd->pool);
    }
    APR_ARRAY_PUSH((apr_array_header_t *)list, asked_t *) = asked;
    return NULL;
}

/* Merge a section that applies to the path, and add its position. */
static void merge_section(void *context, const cors_config_section_t *listed)
{
    explain_t *explain = context;
    cors_match_e match;

    if (listed->kind != explain->kind) {
        return;
    }
    match = cors_container_match(explain->p, listed->scope->node,
                                 explain->asked->uri.path, explain->file);
    if (match == CORS_MATCH_YES) {
        explain->section =
            explain->section
                ? cors_section_merge(explain->p, explain->section, listed->own)
                : listed->own;
        APR_ARRAY_PUSH(explain->request->scopes, const cors_scope_t *) =
            listed->scope;
    }
    explain->unknown += match == CORS_MATCH_UNKNOWN ? 1 : 0;
}

/* Merge the sections that apply to the path, in httpd's order. */
static void merge_sections(explain_t *explain, server_rec *server)
{
    static const cors_container_e kinds[] = {
        CORS_CONTAINER_SERVER, CORS_CONTAINER_DIRECTORY, CORS_CONTAINER_FILES,
        CORS_CONTAINER_LOCATION, CORS_CONTAINER_IF
    };
    apr_array_header_t *notes = explain->request->notes;
    apr_size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        explain->kind = kinds[i];
        cors_config_sections_visit(explain->p, server, explain->server,
                                   merge_section, explain);
    }
    if (explain->unknown > 0) {
        APR_ARRAY_PUSH(notes, const char *) =
            apr_psprintf(explain->p,
                         "%d <If> not evaluated: only a request can tell",
                         explain->unknown);
    }
    if (cors_htaccess_allowed(explain->server)) {
        APR_ARRAY_PUSH(notes, const char *) =
            "No .htaccess file is read here, and AllowOverride permits CORS "
            "directives in one; the status page reads them";
    }
}

static void print_scopes(explain_t *explain)
{
    const apr_array_header_t *scopes = explain->request->scopes;
    int i;

    print(explain, "Sections that apply, outermost first:\n");
    for (i = 0; i < scopes->nelts; i++) {
        const cors_scope_t *scope =
            APR_ARRAY_IDX(scopes, i, const cors_scope_t *);
        const char *where = cors_scope_position(explain->p, scope);
        const char *title = scope->title;

        if (!title) {
            title = where ? "VirtualHost" : "Server";
        }
        if (where) {
            title = apr_pstrcat(explain->p, title, " (", where, ")", NULL);
        }
        print(explain, "  %s\n", title);
    }
}

static void print_host(explain_t *explain)
{
    const apr_array_header_t *notes = explain->request->notes;
    int i;

    print(explain, "%s\n", cors_explain_host(explain->p, explain->request));
    for (i = 0; i < notes->nelts; i++) {
        print(explain, "  %s.\n", APR_ARRAY_IDX(notes, i, const char *));
    }
}

static int print_header(void *context, const char *name, const char *value)
{
    print(context, "    %s: %s\n", name, value);
    return 1;
}

static void print_exchange(explain_t *explain, const char *title,
                           const cors_exchange_t *exchange)
{
    print(explain, "%s: %s, %s; by %s\n", title,
          cors_verdict_text(exchange->decision.verdict),
          cors_reason_text(exchange->decision.reason),
          cors_decision_source(explain->p, &exchange->decision));
    if (exchange->status) {
        print(explain, "    status %d\n", exchange->status);
    }
    apr_table_do(print_header, explain, exchange->headers, NULL);
    if (exchange->objection) {
        print(explain, "  The browser stops: %s.\n", exchange->objection);
    }
    else {
        print(explain, "  The browser continues.\n");
    }
}

static void print_same_origin(explain_t *explain,
                              const cors_explanation_t *answer)
{
    if (answer->actual.status) {
        print_exchange(explain, "The request", &answer->actual);
    }
    print(explain, "%s\n", cors_explain_answer(explain->request));
    if (answer->advice) {
        print(explain, "%s\n", answer->advice);
    }
}

/* Print what CorsProtect decides, if it is in force. */
static void print_protection(explain_t *explain)
{
    const cors_policy_t *policy = &explain->request->policy;
    const cors_explanation_t *answer = &explain->request->answer;
    const cors_protect_decision_t *decision = &answer->protect;
    cors_protection_e protection = cors_policy_protection(policy);

    if (protection == CORS_PROTECTION_OFF) {
        return;
    }
    print(explain, "CorsProtect%s: %s, %s; by %s\n",
          protection == CORS_PROTECTION_ON ? "" : " (ReportOnly)",
          cors_protect_verdict_text(decision->verdict),
          cors_protect_reason_text(decision->reason),
          policy->link[CORS_ATTR_PROTECT].setting->source);
    if (answer->protect_hint) {
        print(explain, "  %s.\n", answer->protect_hint);
    }
    if (decision->verdict == CORS_PROTECT_VERDICT_REFUSED
        && protection == CORS_PROTECTION_ON) {
        print(explain, "  The request is answered with %d.\n",
              cors_protect_status(decision));
    }
}

/* Print the result of the request, and what to change. */
static void print_answer(explain_t *explain)
{
    const cors_explanation_t *answer = &explain->request->answer;

    print_protection(explain);
    if (!answer->cross_origin) {
        print_same_origin(explain, answer);
        return;
    }
    if (answer->preflighted) {
        print_exchange(explain, "The preflight", &answer->preflight);
    }
    print_exchange(explain,
                   answer->sent ? "The request"
                                : "The request, if it were sent",
                   &answer->actual);
    print(explain, "%s\n", cors_explain_answer(explain->request));
    if (answer->advice) {
        print(explain, "%s\n", answer->advice);
    }
}

static void write_json(void *context, const char *text, apr_size_t len)
{
    apr_file_write_full(context, text, len, NULL);
}

static void print_json(explain_t *explain)
{
    cors_json_t json;

    cors_json_start(&json, write_json, explain->out);
    cors_json_open(&json, NULL, '{');
    cors_json_number(&json, "version", CORS_EXPLAIN_JSON_VERSION);
    cors_explain_json(explain->p, explain->request, true, &json);
    cors_json_close(&json, '}');
}

/* Find the virtual host, its sections and the policy, and compute the answer. */
static void find_answer(explain_t *explain, server_rec *main_server)
{
    cors_explain_request_t *request = explain->request;
    apr_uri_t *uri = &explain->asked->uri;
    const core_server_config *core;
    const char *note;

    request->notes = apr_array_make(explain->p, 2, sizeof(const char *));
    request->scopes =
        apr_array_make(explain->p, 4, sizeof(const cors_scope_t *));
    explain->server = cors_server_for(explain->p, main_server, uri, &note);
    if (!explain->server) {
        request->problem = apr_pstrcat(explain->p, note, ".", NULL);
        return;
    }
    if (note) {
        APR_ARRAY_PUSH(request->notes, const char *) = note;
    }
    if (!uri->path) {
        uri->path = apr_pstrdup(explain->p, "/");
    }
    ap_unescape_url(uri->path);
    request->server = explain->server;
    request->path = uri->path;
    request->fetch.origin = request->origin;
    request->fetch.method = request->method;
    request->fetch.headers = request->headers[0] ? request->headers : NULL;
    request->fetch.credentials = request->credentials;
    request->fetch.known_host =
        cors_server_has_host(explain->server, uri->hostname);
    core = ap_get_core_module_config(explain->server->module_config);
    explain->file =
        apr_pstrcat(explain->p,
                    core->ap_document_root ? core->ap_document_root : "",
                    uri->path, NULL);
    merge_sections(explain, main_server);
    cors_policy_resolve(explain->p, explain->section,
                        cors_script_methods(explain->p, request->method),
                        &request->policy);
    cors_explain(explain->p, &request->policy, &request->fetch,
                 &request->answer);
}

/* Returns false if there is no answer. */
static bool explain_one(explain_t *explain, server_rec *main_server)
{
    find_answer(explain, main_server);
    if (explain->asked->json) {
        print_json(explain);
        return !explain->request->problem;
    }
    if (explain->request->problem) {
        print(explain, DIRECTIVE ": %s\n", explain->request->problem);
        return false;
    }
    print_host(explain);
    print_scopes(explain);
    print_answer(explain);
    return true;
}

void cors_explain_cli(apr_pool_t *p, server_rec *server)
{
    void *list = NULL;
    const apr_array_header_t *all;
    explain_t explain;
    bool answered = true;
    int i;

    apr_pool_userdata_get(&list, ASKED, p);
    memset(&explain, 0, sizeof(explain));
    if (!list
        || apr_file_open_flags_stdout(&explain.out, APR_BUFFERED, p)
               != APR_SUCCESS) {
        return;
    }
    explain.p = p;
    all = list;
    for (i = 0; i < all->nelts; i++) {
        explain.asked = APR_ARRAY_IDX(all, i, asked_t *);
        explain.request = &explain.asked->request;
        explain.section = NULL;
        explain.unknown = 0;
        answered = explain_one(&explain, server) && answered;
    }
    apr_file_flush(explain.out);
    if (!answered) {
        /* httpd would continue, report that the syntax is OK and exit with 0.
         * NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has a single thread */
        exit(EXIT_FAILURE);
    }
}
