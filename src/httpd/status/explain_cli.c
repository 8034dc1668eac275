/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * CorsExplain: httpd -t -c 'CorsExplain METHOD URL from ORIGIN' prints which sections
 * apply to a URL and what a browser does with a request from a given origin. The core's
 * explain.c simulates the browser; this file reads the request and prints the answer.
 *
 * There is no request_rec under httpd -t, so httpd cannot select the sections:
 * url_sections.c does. It cannot evaluate <If> and does not read .htaccess files; the
 * status page's explanation does both.
 */

#include "httpd/status/explain_cli.h"

#include <stdlib.h>
#include <string.h>

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
#include "httpd/status/cli.h"
#include "httpd/status/explain_json.h"
#include "httpd/status/explain_request.h"
#include "httpd/status/explain_url.h"
#include "httpd/status/url_sections.h"

#define DIRECTIVE "CorsExplain"

/* A CorsExplain as read. */
typedef struct {
    cors_explain_request_t request;
    apr_uri_t uri;
    bool json;
} asked_t;

/* The request to explain, and what was found for it. */
typedef struct {
    cors_cli_t cli;
    asked_t *asked;
    cors_explain_request_t *request; /* of asked */
    server_rec *server;
} explain_t;

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
    const char *misplaced =
        cors_cli_misplaced(cmd, DIRECTIVE, "METHOD URL from ORIGIN");
    asked_t *asked;
    const char *error;

    (void)section;
    if (misplaced) {
        return misplaced;
    }
    asked = apr_pcalloc(cmd->pool, sizeof(*asked));
    error = read_arguments(cmd->pool, args, asked);
    if (error) {
        return apr_pstrcat(cmd->pool, DIRECTIVE ": ", error, NULL);
    }
    cors_cli_ask(cmd->pool, DIRECTIVE, asked);
    return NULL;
}

/* Find and merge the sections that apply to the path. */
static const cors_section_t *find_section(explain_t *explain,
                                          server_rec *main_server)
{
    apr_array_header_t *notes = explain->request->notes;
    cors_url_sections_t found;
    int i;

    cors_url_sections_find(explain->cli.p, main_server, explain->server,
                           explain->asked->uri.path, &found);
    for (i = 0; i < found.sections->nelts; i++) {
        const cors_url_section_t *section =
            APR_ARRAY_IDX(found.sections, i, const cors_url_section_t *);

        if (section->condition < 0) {
            APR_ARRAY_PUSH(explain->request->scopes, const cors_scope_t *) =
                section->scope;
        }
    }
    if (found.conditions > 0) {
        APR_ARRAY_PUSH(notes, const char *) =
            apr_psprintf(explain->cli.p,
                         "%d <If> not evaluated: only a request can tell",
                         found.conditions);
    }
    if (found.remapped) {
        APR_ARRAY_PUSH(notes, const char *) = apr_pstrcat(
            explain->cli.p,
            cors_directive_position(explain->cli.p, found.remapped),
            " may map the URL to another file, to which other <Directory> and "
            "<Files> sections apply",
            NULL);
    }
    if (found.htaccess) {
        APR_ARRAY_PUSH(notes, const char *) =
            "No .htaccess file is read here, and AllowOverride permits CORS "
            "directives in one; the status page reads them";
    }
    return cors_url_sections_merge(explain->cli.p, &found, 0);
}

static void print_scopes(explain_t *explain)
{
    const apr_array_header_t *scopes = explain->request->scopes;
    int i;

    cors_cli_print(&explain->cli, "Sections that apply, outermost first:\n");
    for (i = 0; i < scopes->nelts; i++) {
        const cors_scope_t *scope =
            APR_ARRAY_IDX(scopes, i, const cors_scope_t *);
        const char *where = cors_scope_position(explain->cli.p, scope);
        const char *title = scope->title;

        if (!title) {
            title = where ? "VirtualHost" : "Server";
        }
        if (where) {
            title = apr_pstrcat(explain->cli.p, title, " (", where, ")", NULL);
        }
        cors_cli_print(&explain->cli, "  %s\n", title);
    }
}

static void print_host(explain_t *explain)
{
    const apr_array_header_t *notes = explain->request->notes;
    int i;

    cors_cli_print(&explain->cli, "%s\n",
                   cors_explain_host(explain->cli.p, explain->request));
    for (i = 0; i < notes->nelts; i++) {
        cors_cli_print(&explain->cli, "  %s.\n",
                       APR_ARRAY_IDX(notes, i, const char *));
    }
}

static int print_header(void *context, const char *name, const char *value)
{
    cors_cli_print(context, "    %s: %s\n", name, value);
    return 1;
}

static void print_exchange(explain_t *explain, const char *title,
                           const cors_exchange_t *exchange)
{
    cors_cli_print(&explain->cli, "%s: %s, %s; by %s\n", title,
                   cors_verdict_text(exchange->decision.verdict),
                   cors_reason_text(exchange->decision.reason),
                   cors_decision_source(explain->cli.p, &exchange->decision));
    if (exchange->status) {
        cors_cli_print(&explain->cli, "    status %d\n", exchange->status);
    }
    apr_table_do(print_header, &explain->cli, exchange->headers, NULL);
    if (exchange->objection) {
        cors_cli_print(&explain->cli, "  The browser stops: %s.\n",
                       exchange->objection);
    }
    else {
        cors_cli_print(&explain->cli, "  The browser continues.\n");
    }
}

static void print_same_origin(explain_t *explain,
                              const cors_explanation_t *answer)
{
    if (answer->actual.status) {
        print_exchange(explain, "The request", &answer->actual);
    }
    cors_cli_print(&explain->cli, "%s\n",
                   cors_explain_answer(explain->request));
    if (answer->advice) {
        cors_cli_print(&explain->cli, "%s\n", answer->advice);
    }
}

/* Print what CorsProtect, or a directive that adds to it, decides. */
static void print_protection(explain_t *explain)
{
    const cors_policy_t *policy = &explain->request->policy;
    const cors_explanation_t *answer = &explain->request->answer;
    const cors_protect_decision_t *decision = &answer->protect;
    cors_protection_e protection = cors_policy_protection(policy);

    if (protection == CORS_PROTECTION_OFF) {
        return;
    }
    cors_cli_print(&explain->cli, "%s%s: %s, %s; by %s\n",
                   cors_protect_check_text(decision->check),
                   protection == CORS_PROTECTION_ON ? "" : " (ReportOnly)",
                   cors_protect_verdict_text(decision->verdict),
                   cors_protect_reason_text(decision->reason),
                   cors_protect_setting(policy, decision)->source);
    if (answer->protect_hint) {
        cors_cli_print(&explain->cli, "  %s.\n", answer->protect_hint);
    }
    if (cors_explain_is_refused(policy, answer)) {
        cors_cli_print(&explain->cli, "  The request is answered with %d.\n",
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
    cors_cli_print(&explain->cli, "%s\n",
                   cors_explain_answer(explain->request));
    if (answer->advice) {
        cors_cli_print(&explain->cli, "%s\n", answer->advice);
    }
}

static void print_json(explain_t *explain)
{
    cors_json_t json;

    cors_cli_json(&explain->cli, &json);
    cors_json_open(&json, NULL, '{');
    cors_json_number(&json, "version", CORS_EXPLAIN_JSON_VERSION);
    cors_explain_json(explain->cli.p, explain->request, true, &json);
    cors_json_close(&json, '}');
}

/* Find the virtual host, its sections and the policy, and compute the answer. */
static void find_answer(explain_t *explain, server_rec *main_server)
{
    cors_explain_request_t *request = explain->request;
    apr_uri_t *uri = &explain->asked->uri;
    const char *note;

    request->notes = apr_array_make(explain->cli.p, 2, sizeof(const char *));
    request->scopes =
        apr_array_make(explain->cli.p, 4, sizeof(const cors_scope_t *));
    explain->server = cors_server_for(explain->cli.p, main_server, uri, &note);
    if (!explain->server) {
        request->problem = apr_pstrcat(explain->cli.p, note, ".", NULL);
        return;
    }
    if (note) {
        APR_ARRAY_PUSH(request->notes, const char *) = note;
    }
    if (!uri->path) {
        uri->path = apr_pstrdup(explain->cli.p, "/");
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
    request->fetch.server_name =
        cors_url_server_name(explain->cli.p, explain->server, uri->hostname);
    cors_policy_resolve(explain->cli.p, find_section(explain, main_server),
                        cors_script_methods(explain->cli.p, request->method),
                        &request->policy);
    cors_explain(explain->cli.p, &request->policy, &request->fetch,
                 &request->answer);
    if (request->answer.backend) {
        APR_ARRAY_PUSH(request->notes, const char *) = request->answer.backend;
    }
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
        cors_cli_print(&explain->cli, DIRECTIVE ": %s\n",
                       explain->request->problem);
        return false;
    }
    print_host(explain);
    print_scopes(explain);
    print_answer(explain);
    return true;
}

void cors_explain_cli(apr_pool_t *p, server_rec *server)
{
    const apr_array_header_t *all = cors_cli_asked(p, DIRECTIVE);
    explain_t explain;
    bool answered = true;
    int i;

    memset(&explain, 0, sizeof(explain));
    if (!all || !cors_cli_open(p, &explain.cli)) {
        return;
    }
    for (i = 0; i < all->nelts; i++) {
        explain.asked = APR_ARRAY_IDX(all, i, void *);
        explain.request = &explain.asked->request;
        answered = explain_one(&explain, server) && answered;
    }
    cors_cli_end(&explain.cli, answered ? EXIT_SUCCESS : EXIT_FAILURE);
}
