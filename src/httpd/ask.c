/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <http_protocol.h>

#include "cors/fetch.h"

#define VARIABLE "CORS_EXPLAIN"
#define USAGE                                                                  \
    "Set " VARIABLE " to a question, such as:\n"                               \
    "  " VARIABLE "='PUT https://api.example.com/videos from "                 \
    "https://app.example.com with x-token with cookies'\n"

/* The question and what is found out about it. */
typedef struct {
    apr_pool_t *p;
    apr_file_t *out;
    apr_uri_t uri;
    const char *file; /* what DocumentRoot makes of the path */
    server_rec *server;
    cors_question_t question;
    const cors_section_t *section; /* what applies, folded */
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

/* METHOD URL from ORIGIN [with HEADER[,HEADER] ...] [with cookies] */
static bool read_question(ask_t *ask, const char *text)
{
    const char *url;
    const char *word;

    ask->question.method = ap_getword_white(ask->p, &text);
    url = ap_getword_white(ask->p, &text);
    if (strcmp(ap_getword_white(ask->p, &text), "from") != 0) {
        return false;
    }
    ask->question.origin = ap_getword_white(ask->p, &text);
    while (*(word = ap_getword_white(ask->p, &text))) {
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
    return ask->question.origin[0]
           && cors_is_token(cors_slice(ask->question.method))
           && cors_question_url(ask->p, url, &ask->uri, &ask->question)
           && ask->uri.scheme && ask->uri.hostname;
}

/* Fold the sites of one kind that are for the path, and say which. */
static void fold_kind(ask_t *ask, const apr_array_header_t *sites,
                      cors_site_e kind, int *perhaps)
{
    int i;

    for (i = 0; i < sites->nelts; i++) {
        const cors_site_t *site = cors_site_at(sites, i);
        cors_match_e match;

        if (site->server != ask->server || site->kind != kind) {
            continue;
        }
        match = cors_site_match(ask->p, site, ask->uri.path, ask->file);
        if (match == CORS_SITE_YES) {
            ask->section =
                ask->section
                    ? cors_section_merge(ask->p, ask->section, site->own)
                    : site->own;
            print(ask, "  %s%s%s%s\n",
                  site->place->title   ? site->place->title
                  : site->place->where ? "VirtualHost"
                                       : "Server",
                  site->place->where ? " (" : "",
                  site->place->where ? site->place->where : "",
                  site->place->where ? ")" : "");
        }
        *perhaps += match == CORS_SITE_PERHAPS ? 1 : 0;
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
          cors_deciding_directive(ask->p, &exchange->decision));
    if (exchange->status) {
        print(ask, "    status %d\n", exchange->status);
    }
    apr_table_do(print_header, ask, exchange->headers, NULL);
    print(ask, "  %s%s.\n",
          exchange->objection ? "The browser stops: " : "The browser goes on",
          exchange->objection ? exchange->objection : "");
}

static void answer(ask_t *ask)
{
    const char *known =
        cors_fetch_well_known_method(cors_slice(ask->question.method));
    int number = ap_method_number_of(known ? known : ask->question.method);
    cors_policy_t policy;
    cors_explanation_t answer;

    cors_policy_resolve(ask->p, ask->section, cors_methods_bit(number),
                        &policy);
    cors_explain(ask->p, &policy, &ask->question, &answer);
    if (!answer.cross_origin) {
        print(ask, "Same origin: CORS has no say.\n");
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
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has one thread */
    const char *text = getenv(VARIABLE);
    const core_server_config *core;
    const apr_array_header_t *sites;
    int perhaps = 0;
    ask_t ask;

    memset(&ask, 0, sizeof(ask));
    ask.p = p;
    if (!ap_exists_config_define("EXPLAIN_CORS")
        || apr_file_open_flags_stdout(&ask.out, APR_BUFFERED, p)
               != APR_SUCCESS) {
        return;
    }
    if (!text || !read_question(&ask, text)) {
        print(&ask, USAGE);
        apr_file_flush(ask.out);
        return;
    }
    if (!ask.uri.path) {
        ask.uri.path = apr_pstrdup(p, "/");
    }
    ap_unescape_url(ask.uri.path);
    ask.server = cors_server_for(server, &ask.uri, NULL);
    core = ap_get_core_module_config(ask.server->module_config);
    ask.file =
        apr_pstrcat(p, core->ap_document_root ? core->ap_document_root : "",
                    ask.uri.path, NULL);

    sites = cors_sites(p, server);
    print(&ask, "Sections that apply, outermost first:\n");
    fold_kind(&ask, sites, CORS_SITE_SERVER, &perhaps);
    fold_kind(&ask, sites, CORS_SITE_DIRECTORY, &perhaps);
    fold_kind(&ask, sites, CORS_SITE_FILES, &perhaps);
    fold_kind(&ask, sites, CORS_SITE_LOCATION, &perhaps);
    fold_kind(&ask, sites, CORS_SITE_IF, &perhaps);
    if (perhaps > 0) {
        print(&ask, "  (%d <If> not evaluated: only a request can tell)\n",
              perhaps);
    }
    answer(&ask);
    apr_file_flush(ask.out);
}
