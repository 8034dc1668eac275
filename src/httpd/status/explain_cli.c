/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * httpd -t -D EXPLAIN_CORS: print which sections apply to a URL and what a browser does
 * with a request from a given origin. The request is read from the environment variable
 * CORS_EXPLAIN, because -D only defines names. The core's explain.c simulates the
 * browser; this file reads the request and prints the answer.
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
#include <http_protocol.h>

#include "core/base/list.h"
#include "core/diagnose/explain.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/status/explain_url.h"

#define VARIABLE "CORS_EXPLAIN"
#define USAGE                                                                  \
    "Set " VARIABLE " to a question, METHOD URL from ORIGIN [with NAME[,NAME]" \
    "...] [and cookies], such as:\n"                                           \
    "  " VARIABLE "='PUT https://api.example.com/videos from "                 \
    "https://app.example.com with x-token and cookies'\n"                      \
    "sudo drops the variable unless it stands behind sudo.\n"

/* The request to explain, and what was found for it. */
typedef struct {
    apr_pool_t *p;
    apr_file_t *out;
    apr_uri_t uri;
    const char *file; /* the path appended to DocumentRoot */
    server_rec *server;
    cors_question_t question;
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
static const char *expected(const explain_t *explain, const char *word,
                            const char *what)
{
    return apr_pstrcat(explain->p, "'", word, "': ", what, NULL);
}

/* Parse METHOD URL from ORIGIN. Returns an error message, or NULL. */
static const char *read_request(explain_t *explain, const char **text)
{
    const char *url;
    const char *word;

    explain->question.method = ap_getword_white(explain->p, text);
    if (!cors_is_token(cors_slice(explain->question.method))) {
        return expected(explain, explain->question.method,
                        "a question begins with a method, such as GET");
    }
    url = ap_getword_white(explain->p, text);
    if (!cors_question_url(explain->p, url, &explain->uri, &explain->question)
        || !explain->uri.scheme || !explain->uri.hostname) {
        return expected(explain, url,
                        apr_pstrcat(explain->p,
                                    "a whole URL is needed, as in "
                                    "https://api.example.com",
                                    url[0] == '/' ? url : "/videos", NULL));
    }
    word = ap_getword_white(explain->p, text);
    if (strcmp(word, "from") != 0) {
        return expected(explain, word,
                        "from and the origin of the page follow the "
                        "URL");
    }
    explain->question.origin = ap_getword_white(explain->p, text);
    return explain->question.origin[0]
               ? NULL
               : expected(explain, "",
                          "the origin of the page follows from, as in "
                          "https://app.example.com");
}

/* Parse METHOD URL from ORIGIN [with NAME[,NAME]...] [and cookies]. The names may be
 * separated by commas, spaces, "and" or "with". Returns an error message, or NULL. */
static const char *read_question(explain_t *explain, const char *text)
{
    const char *word;
    const char *mistake = read_request(explain, &text);

    while (!mistake && *(word = ap_getword_white(explain->p, &text))) {
        if (strcmp(word, "with") == 0 || strcmp(word, "and") == 0) {
            continue;
        }
        if (strcmp(word, "cookies") == 0) {
            explain->question.credentials = true;
        }
        else {
            explain->question.headers =
                explain->question.headers
                    ? apr_pstrcat(explain->p, explain->question.headers, ",",
                                  word, NULL)
                    : word;
        }
    }
    return mistake;
}

/* Print the usage or an error message, and exit. */
static void refuse_question(explain_t *explain, const char *mistake)
{
    print(explain, "%s%s%s" USAGE, mistake ? VARIABLE ": " : "",
          mistake ? mistake : "", mistake ? ".\n" : "");
    apr_file_flush(explain->out);
    /* httpd would continue, report that the syntax is OK and exit with 0.
     * NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has a single thread */
    exit(EXIT_FAILURE);
}

/* Merge a section that applies to the path, and print its name. */
static void merge_section(void *context, const cors_config_section_t *listed)
{
    explain_t *explain = context;
    cors_match_e match;
    const char *where;

    if (listed->kind != explain->kind) {
        return;
    }
    match = cors_container_match(explain->p, listed->scope->node,
                                 explain->uri.path, explain->file);
    if (match == CORS_MATCH_YES) {
        explain->section =
            explain->section
                ? cors_section_merge(explain->p, explain->section, listed->own)
                : listed->own;
        where = cors_scope_position(explain->p, listed->scope);
        print(explain, "  %s%s%s%s\n",
              listed->scope->title ? listed->scope->title
              : where              ? "VirtualHost"
                                   : "Server",
              where ? " (" : "", where ? where : "", where ? ")" : "");
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
    apr_size_t i;

    print(explain, "Sections that apply, outermost first:\n");
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        explain->kind = kinds[i];
        cors_config_sections_visit(explain->p, server, explain->server,
                                   merge_section, explain);
    }
    if (explain->unknown > 0) {
        print(explain, "  (%d <If> not evaluated: only a request can tell)\n",
              explain->unknown);
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
    print(explain, "  %s%s.\n",
          exchange->objection ? "The browser stops: " : "The browser goes on",
          exchange->objection ? exchange->objection : "");
}

static void print_same_origin(explain_t *explain,
                              const cors_explanation_t *answer)
{
    if (!answer->actual.status) {
        print(explain, "Same origin: CORS does not apply.\n");
        return;
    }
    print_exchange(explain, "The request", &answer->actual);
    print(explain,
          "Same origin: CORS does not apply, but the server rejects it.\n%s\n",
          answer->advice);
}

static void answer(explain_t *explain)
{
    cors_policy_t policy;
    cors_explanation_t answer;

    cors_policy_resolve(explain->p, explain->section,
                        cors_script_methods(explain->p,
                                            explain->question.method),
                        &policy);
    cors_explain(explain->p, &policy, &explain->question, &answer);
    if (!answer.cross_origin) {
        print_same_origin(explain, &answer);
        return;
    }
    if (answer.preflighted) {
        print_exchange(explain, "The preflight", &answer.preflight);
    }
    print_exchange(explain,
                   answer.sent ? "The request" : "The request, were it sent",
                   &answer.actual);
    print(explain, "%s\n",
          explain->question.websocket
              ? answer.readable ? "Allowed: the WebSocket opens."
                                : "Denied: the WebSocket does not open."
          : answer.readable ? "Allowed: the page may read the response."
          : answer.sent ? "Denied: the request is sent, and the page may not "
                          "read the response."
                        : "Denied: the browser does not send the request.");
    if (answer.advice) {
        print(explain, "%s\n", answer.advice);
    }
}

void cors_explain_cli(apr_pool_t *p, server_rec *server)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has a single thread */
    const char *text = getenv(VARIABLE);
    const core_server_config *core;
    const char *mistake;
    explain_t explain;

    memset(&explain, 0, sizeof(explain));
    explain.p = p;
    if (!ap_exists_config_define("EXPLAIN_CORS")
        || apr_file_open_flags_stdout(&explain.out, APR_BUFFERED, p)
               != APR_SUCCESS) {
        return;
    }
    mistake = text && text[0] ? read_question(&explain, text) : NULL;
    if (!text || !text[0] || mistake) {
        refuse_question(&explain, mistake);
    }
    if (!explain.uri.path) {
        explain.uri.path = apr_pstrdup(p, "/");
    }
    ap_unescape_url(explain.uri.path);
    explain.server = cors_server_for(server, &explain.uri, NULL);
    explain.question.known_host =
        cors_server_has_host(explain.server, explain.uri.hostname);
    core = ap_get_core_module_config(explain.server->module_config);
    explain.file =
        apr_pstrcat(p, core->ap_document_root ? core->ap_document_root : "",
                    explain.uri.path, NULL);

    merge_sections(&explain, server);
    answer(&explain);
    apr_file_flush(explain.out);
}
