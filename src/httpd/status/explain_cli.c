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
    int perhaps;                   /* sites that only a request can match */
    const cors_section_t *section; /* the merged sections that apply */
} ask_t;

static void print(ask_t *ask, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print(ask_t *ask, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    apr_file_puts(apr_pvsprintf(ask->p, format, arguments), ask->out);
    va_end(arguments);
}

/* Returns the error for an argument: its text and what was expected. */
static const char *wanted(const ask_t *ask, const char *word, const char *what)
{
    return apr_pstrcat(ask->p, "'", word, "': ", what, NULL);
}

/* Parse METHOD URL from ORIGIN. Returns an error message, or NULL. */
static const char *read_request(ask_t *ask, const char **text)
{
    const char *url;
    const char *word;

    ask->question.method = ap_getword_white(ask->p, text);
    if (!cors_is_token(cors_slice(ask->question.method))) {
        return wanted(ask, ask->question.method,
                      "a question begins with a method, such as GET");
    }
    url = ap_getword_white(ask->p, text);
    if (!cors_question_url(ask->p, url, &ask->uri, &ask->question)
        || !ask->uri.scheme || !ask->uri.hostname) {
        return wanted(ask, url,
                      apr_pstrcat(ask->p,
                                  "a whole URL is needed, as in "
                                  "https://api.example.com",
                                  url[0] == '/' ? url : "/videos", NULL));
    }
    word = ap_getword_white(ask->p, text);
    if (strcmp(word, "from") != 0) {
        return wanted(ask, word,
                      "from and the origin of the page follow the "
                      "URL");
    }
    ask->question.origin = ap_getword_white(ask->p, text);
    return ask->question.origin[0]
               ? NULL
               : wanted(ask, "",
                        "the origin of the page follows from, as in "
                        "https://app.example.com");
}

/* Parse METHOD URL from ORIGIN [with NAME[,NAME]...] [and cookies]. The names may be
 * separated by commas, spaces, "and" or "with". Returns an error message, or NULL. */
static const char *read_question(ask_t *ask, const char *text)
{
    const char *word;
    const char *mistake = read_request(ask, &text);

    while (!mistake && *(word = ap_getword_white(ask->p, &text))) {
        if (strcmp(word, "with") == 0 || strcmp(word, "and") == 0) {
            continue;
        }
        if (strcmp(word, "cookies") == 0) {
            ask->question.credentials = true;
        }
        else {
            ask->question.headers =
                ask->question.headers
                    ? apr_pstrcat(ask->p, ask->question.headers, ",", word,
                                  NULL)
                    : word;
        }
    }
    return mistake;
}

/* Print the usage or an error message, and exit. */
static void refuse_question(ask_t *ask, const char *mistake)
{
    print(ask, "%s%s%s" USAGE, mistake ? VARIABLE ": " : "",
          mistake ? mistake : "", mistake ? ".\n" : "");
    apr_file_flush(ask->out);
    /* httpd would continue, report that the syntax is OK and exit with 0.
     * NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has a single thread */
    exit(EXIT_FAILURE);
}

/* Merge a site that applies to the path, and print its name. */
static void fold_site(void *context, const cors_config_section_t *listed)
{
    ask_t *ask = context;
    cors_match_e match;
    const char *where;

    if (listed->kind != ask->kind) {
        return;
    }
    match = cors_container_match(ask->p, listed->scope->node, ask->uri.path,
                                 ask->file);
    if (match == CORS_MATCH_YES) {
        ask->section =
            ask->section ? cors_section_merge(ask->p, ask->section, listed->own)
                         : listed->own;
        where = cors_scope_position(ask->p, listed->scope);
        print(ask, "  %s%s%s%s\n",
              listed->scope->title ? listed->scope->title
              : where              ? "VirtualHost"
                                   : "Server",
              where ? " (" : "", where ? where : "", where ? ")" : "");
    }
    ask->perhaps += match == CORS_MATCH_UNKNOWN ? 1 : 0;
}

/* Merge the sites that apply to the path, in httpd's order. */
static void fold_sites(ask_t *ask, server_rec *server)
{
    static const cors_container_e kinds[] = {
        CORS_CONTAINER_SERVER, CORS_CONTAINER_DIRECTORY, CORS_CONTAINER_FILES,
        CORS_CONTAINER_LOCATION, CORS_CONTAINER_IF
    };
    apr_size_t i;

    print(ask, "Sections that apply, outermost first:\n");
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        ask->kind = kinds[i];
        cors_config_sections_visit(ask->p, server, ask->server, fold_site, ask);
    }
    if (ask->perhaps > 0) {
        print(ask, "  (%d <If> not evaluated: only a request can tell)\n",
              ask->perhaps);
    }
}

static int print_header(void *context, const char *name, const char *value)
{
    print(context, "    %s: %s\n", name, value);
    return 1;
}

static void print_exchange(ask_t *ask, const char *title,
                           const cors_exchange_t *exchange)
{
    print(ask, "%s: %s, %s; by %s\n", title,
          cors_verdict_text(exchange->decision.verdict),
          cors_reason_text(exchange->decision.reason),
          cors_decision_source(ask->p, &exchange->decision));
    if (exchange->status) {
        print(ask, "    status %d\n", exchange->status);
    }
    apr_table_do(print_header, ask, exchange->headers, NULL);
    print(ask, "  %s%s.\n",
          exchange->objection ? "The browser stops: " : "The browser goes on",
          exchange->objection ? exchange->objection : "");
}

static void print_same_origin(ask_t *ask, const cors_explanation_t *answer)
{
    if (!answer->actual.status) {
        print(ask, "Same origin: CORS has no say.\n");
        return;
    }
    print_exchange(ask, "The request", &answer->actual);
    print(ask, "Same origin: CORS has no say, but the server rejects it.\n%s\n",
          answer->advice);
}

static void answer(ask_t *ask)
{
    cors_policy_t policy;
    cors_explanation_t answer;

    cors_policy_resolve(ask->p, ask->section,
                        cors_script_methods(ask->p, ask->question.method),
                        &policy);
    cors_explain(ask->p, &policy, &ask->question, &answer);
    if (!answer.cross_origin) {
        print_same_origin(ask, &answer);
        return;
    }
    if (answer.preflighted) {
        print_exchange(ask, "The preflight", &answer.preflight);
    }
    print_exchange(ask,
                   answer.sent ? "The request" : "The request, were it sent",
                   &answer.actual);
    print(ask, "%s\n",
          ask->question.websocket ? answer.readable
                                        ? "Allowed: the WebSocket opens."
                                        : "Denied: the WebSocket does not open."
          : answer.readable       ? "Allowed: the page may read the response."
          : answer.sent ? "Denied: the request is sent, and the page may not "
                          "read the response."
                        : "Denied: the browser does not send the request.");
    if (answer.advice) {
        print(ask, "%s\n", answer.advice);
    }
}

void cors_ask(apr_pool_t *p, server_rec *server)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has a single thread */
    const char *text = getenv(VARIABLE);
    const core_server_config *core;
    const char *mistake;
    ask_t ask;

    memset(&ask, 0, sizeof(ask));
    ask.p = p;
    if (!ap_exists_config_define("EXPLAIN_CORS")
        || apr_file_open_flags_stdout(&ask.out, APR_BUFFERED, p)
               != APR_SUCCESS) {
        return;
    }
    mistake = text && text[0] ? read_question(&ask, text) : NULL;
    if (!text || !text[0] || mistake) {
        refuse_question(&ask, mistake);
    }
    if (!ask.uri.path) {
        ask.uri.path = apr_pstrdup(p, "/");
    }
    ap_unescape_url(ask.uri.path);
    ask.server = cors_server_for(server, &ask.uri, NULL);
    ask.question.known_host =
        cors_server_has_host(ask.server, ask.uri.hostname);
    core = ap_get_core_module_config(ask.server->module_config);
    ask.file =
        apr_pstrcat(p, core->ap_document_root ? core->ap_document_root : "",
                    ask.uri.path, NULL);

    fold_sites(&ask, server);
    answer(&ask);
    apr_file_flush(ask.out);
}
