/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The status page: reads the query string, checks access and selects the format. Each
 * format has a file of its own; nothing here writes page content.
 *
 * The page shows the configuration of the whole server, so only SetHandler in the
 * server's own configuration may enable it: a .htaccess file must not open it by other
 * means, such as Satisfy Any or a proxied request from this server to itself.
 */

#include "httpd/status/page.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_uri.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_main.h>
#include <util_script.h>

#include "core/base/compiler.h"
#include "httpd/shared/stats.h"
#include "httpd/status/explain_request.h"
#include "httpd/status/page_data.h"
#include "httpd/status/page_html.h"
#include "httpd/status/page_json.h"
#include "httpd/status/page_prometheus.h"
#include "httpd/status/self_requests.h"

/* The parameters of a page's query string. */
typedef struct {
    bool explain;
    bool style;
    const char *view;
    const char *format;
    const char *host;
    cors_explain_request_t request;
} query_t;

/* Parse one "name=value". Returns false if it is malformed. */
static bool read_parameter(query_t *query, const char *name, char *value)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = { { "url", &query->request.url },
                  { "origin", &query->request.origin },
                  { "method", &query->request.method },
                  { "headers", &query->request.headers },
                  { "view", &query->view },
                  { "host", &query->host },
                  { "format", &query->format } };
    apr_size_t i;

    if (ap_unescape_urlencoded(value) != OK) {
        return false;
    }
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].value = value;
        }
    }
    query->explain = query->explain || strcmp(name, "explain") == 0;
    query->style = query->style || strcmp(name, "style") == 0;
    if (strcmp(name, "credentials") == 0) {
        query->request.credentials = strcmp(value, "off") != 0;
    }
    return true;
}

static bool read_query(request_rec *r, query_t *query)
{
    char *state;
    char *pair;

    memset(query, 0, sizeof(*query));
    query->view = query->format = query->host = "";
    query->request.url = query->request.origin = "";
    query->request.method = query->request.headers = "";
    pair =
        r->args ? apr_strtok(apr_pstrdup(r->pool, r->args), "&", &state) : NULL;
    for (; pair; pair = apr_strtok(NULL, "&", &state)) {
        char *value = strchr(pair, '=');

        if (value) {
            *value++ = '\0';
        }
        if (!read_parameter(query, pair,
                            value ? value : apr_pstrdup(r->pool, ""))) {
            return false;
        }
    }
    return true;
}

/* Forbid other origins to read or frame the page, and caches to store it. */
static void set_headers(request_rec *r, const char *type)
{
    ap_set_content_type(r, type);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   "default-src 'none'; style-src 'self'; form-action 'self'; "
                   "base-uri 'none'; frame-ancestors 'none'");
    apr_table_setn(r->headers_out, "Cross-Origin-Resource-Policy",
                   "same-origin");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "X-Frame-Options", "DENY");
}

static int write_page(request_rec *r, query_t *query)
{
    cors_page_t page;

    memset(&page, 0, sizeof(page));
    page.r = r;
    page.p = r->pool;
    if (strcmp(query->format, "prometheus") == 0) {
        page.counters = cors_count_all();
        set_headers(r, "text/plain; version=0.0.4; charset=utf-8");
        cors_page_prometheus(&page);
        return OK;
    }
    if (query->explain || strcmp(query->view, "explain") == 0) {
        page.request = &query->request;
        page.asked = query->request.url[0] || query->request.origin[0];
        if (page.asked) {
            cors_explain_request(r, page.request);
        }
    }
    else if (strcmp(query->view, "policies") == 0) {
        page.policies = true;
        page.host = query->host;
    }
    else {
        page.counters = cors_count_all();
    }
    if (strcmp(query->format, "json") == 0) {
        set_headers(r, "application/json");
        cors_page_json(&page);
    }
    else {
        set_headers(r, "text/html; charset=utf-8");
        cors_page_html(&page);
    }
    return OK;
}

/* Returns the reason to refuse the page although httpd's access checks have passed;
 * NULL: none. The page shows the whole server, and a .htaccess file can influence those
 * checks. */
static const char *why_closed(request_rec *r)
{
    if (cors_is_self_request(r)) {
        return "a proxy of this server requests it, as a .htaccess file can "
               "make it do; request the page directly";
    }
    if (cors_page_opened(r)) {
        return "Satisfy Any is in force, which a .htaccess file can set; write "
               "Satisfy All next to SetHandler " CORS_PAGE_HANDLER
               ", or Satisfy Any if that is intended";
    }
    return NULL;
}

CORS_SLOW int cors_answer_page(request_rec *r)
{
    query_t query;
    const char *closed;

    if (!cors_is_page(r)) {
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "CORS: no status page here: it shows the whole server, so "
            "only SetHandler " CORS_PAGE_HANDLER " in the server's "
            "configuration makes one, not one in a .htaccess file, "
            "nor AddHandler, a rewrite rule or an expression");
        return HTTP_NOT_FOUND;
    }
    closed = why_closed(r);
    if (closed) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CORS: the status page is refused: %s", closed);
        return HTTP_FORBIDDEN;
    }
    ap_allow_methods(r, REPLACE_ALLOW, "GET", "HEAD", NULL);
    if (r->method_number != M_GET) {
        return HTTP_METHOD_NOT_ALLOWED;
    }
    if (!read_query(r, &query)) {
        return HTTP_BAD_REQUEST;
    }
    if (query.style) {
        set_headers(r, "text/css; charset=utf-8");
        cors_page_style(r);
        return OK;
    }
    return write_page(r, &query);
}
