/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The status page: reads the query string, checks access, looks up the URL of an
 * explanation and selects the format. page_html.c and page_text.c write the formats;
 * nothing here writes page content.
 *
 * The page shows the configuration of the whole server, so only SetHandler in the
 * server's own configuration may enable it: a .htaccess file must not open it by other
 * means, such as Satisfy Any or a proxied request from this server to itself. An
 * explanation looks its URL up with a subrequest on a copy of the request, so that
 * httpd itself selects the sections; the subrequest's handler is never run.
 */

#include "httpd/status/page.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_uri.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_main.h>
#include <util_script.h>

#include "core/base/fetch.h"

/* The parameters of a page's query string. */
typedef struct {
    bool explain;
    bool style;
    const char *view;
    const char *format;
    cors_explain_request_t request;
} query_t;

const char *cors_page_time(apr_pool_t *p, apr_time_t time)
{
    apr_time_exp_t utc;

    apr_time_exp_gmt(&utc, time);
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900,
                        utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                        utc.tm_sec);
}

const char *cors_page_base(apr_pool_t *p, const cors_kept_refusal_t *refusal)
{
    /* httpd removes the brackets of an IPv6 address */
    bool bare = strchr(refusal->host, ':') && refusal->host[0] != '[';
    const char *host =
        bare ? apr_pstrcat(p, "[", refusal->host, "]", NULL) : refusal->host;

    return refusal->port == cors_fetch_default_port(cors_slice(refusal->scheme))
               ? apr_pstrcat(p, refusal->scheme, "://", host, NULL)
               : apr_psprintf(p, "%s://%s:%u", refusal->scheme, host,
                              refusal->port);
}

/* Register a setting under a name, unless the name is taken already. */
static void name_setting(cors_page_t *page, const char *source,
                         const cors_setting_t *setting)
{
    if (source && !apr_hash_get(page->settings, source, APR_HASH_KEY_STRING)) {
        apr_hash_set(page->settings, source, APR_HASH_KEY_STRING, setting);
    }
}

/* A setting is identified by its first line. Exclusions and files have their own
 * lines. */
static void find_setting(void *context, cors_attr_e attr,
                         const cors_setting_t *setting)
{
    cors_page_t *page = context;
    const cors_origin_set_t *set = setting->origins;
    int i;

    (void)attr;
    name_setting(page, setting->source, setting);
    for (i = 0; set && i < cors_origin_set_count(set); i++) {
        const cors_origin_word_t *word = cors_origin_set_word(set, i);

        if (word->exclude || word->file) {
            name_setting(page, word->source, setting);
        }
    }
}

const char *cors_page_advice(cors_page_t *page, cors_reason_e reason,
                             const char *source, const char *origin,
                             const char *rejected)
{
    cors_refused_t refused = { reason, source, origin, rejected, NULL, NULL };

    if (!page->settings) {
        page->settings = apr_hash_make(page->r->pool);
        cors_settings_visit(page->r->pool, ap_server_conf, find_setting, page);
    }
    refused.setting = apr_hash_get(page->settings, source, APR_HASH_KEY_STRING);
    return cors_advice(page->r->pool, &refused);
}

const char *cors_counted_text(cors_counted_e kind)
{
    return kind == CORS_COUNTED_ENFORCED ? "enforced" : "report-only";
}

/* Parse one "name=value". Returns false if it is malformed. */
static bool read_parameter(query_t *query, const char *name, char *value)
{
    const char **text = strcmp(name, "url") == 0       ? &query->request.url
                        : strcmp(name, "origin") == 0  ? &query->request.origin
                        : strcmp(name, "method") == 0  ? &query->request.method
                        : strcmp(name, "headers") == 0 ? &query->request.headers
                        : strcmp(name, "view") == 0    ? &query->view
                        : strcmp(name, "format") == 0  ? &query->format
                                                       : NULL;

    if (ap_unescape_urlencoded(value) != OK) {
        return false;
    }
    if (text) {
        *text = value;
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
    query->view = query->format = "";
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

static void add_place(void *context, const cors_place_t *place)
{
    APR_ARRAY_PUSH((apr_array_header_t *)context, const cors_place_t *) = place;
}

/* Returns the error in a request to explain; NULL: none. */
static const char *check_question(const cors_explain_request_t *request)
{
    cors_slice_t rest = cors_slice(request->headers);
    cors_slice_t name;

    if (!request->url[0] || !request->origin[0]) {
        return "A URL and the origin of the page are needed.";
    }
    if (!cors_is_token(cors_slice(request->method))
        || strlen(request->method) > CORS_METHOD_MAX) {
        return "This is not a method.";
    }
    if (cors_fetch_forbidden_method(cors_slice(request->method))) {
        return "Browsers refuse to send this method.";
    }
    while (cors_list_next(&rest, &name)) {
        if (!cors_is_token(name)) {
            return "This is not a header name: names alone, with commas "
                   "between them.";
        }
    }
    return NULL;
}

void cors_explain_request(request_rec *r, cors_explain_request_t *request)
{
    request_rec *copy = apr_pmemdup(r->pool, r, sizeof(*r));
    request_rec *lookup;
    apr_uri_t uri;
    const cors_section_t *section;

    if (!request->method[0]) {
        request->method = "GET";
    }
    request->problem = check_question(request);
    if (!request->problem
        && (!cors_question_url(r->pool, request->url, &uri, &request->question)
            || !uri.path || uri.path[0] != '/')) {
        request->problem = "The URL needs a path that starts with a slash: "
                           "/videos, or https://api.example.com/videos.";
    }
    if (request->problem) {
        return;
    }
    /* an <If> must see the headers of the request to explain, not those of this one */
    copy->headers_in = apr_table_copy(r->pool, r->headers_in);
    apr_table_setn(copy->headers_in, "Origin", request->origin);
    if (uri.hostname) {
        const char *host = cors_uri_host(r->pool, &uri);

        copy->server = cors_server_for(ap_server_conf, &uri, r->server);
        copy->hostname = uri.hostname;
        request->question.known_host =
            cors_server_has_host(copy->server, uri.hostname);
        apr_table_setn(copy->headers_in, "Host",
                       uri.port_str
                           ? apr_pstrcat(r->pool, host, ":", uri.port_str, NULL)
                           : host);
    }
    request->server = copy->server->server_hostname;
    request->path = uri.path;
    request->question.origin = request->origin;
    request->question.method = request->method;
    request->question.headers = request->headers[0] ? request->headers : NULL;
    request->question.credentials = request->credentials;

    /* selects the sections as for a real request, without running a handler */
    lookup = ap_sub_req_method_uri("GET",
                                   uri.query ? apr_pstrcat(r->pool, uri.path,
                                                           "?", uri.query, NULL)
                                             : uri.path,
                                   copy, NULL);
    request->lookup = lookup->status;
    section = cors_section_of(lookup->per_dir_config);
    request->places = apr_array_make(r->pool, 4, sizeof(const cors_place_t *));
    if (section) {
        cors_section_visit_places(section, add_place, request->places);
        cors_policy_resolve(r->pool, section,
                            cors_script_methods(r->pool, request->method),
                            &request->policy);
    }
    cors_explain(r->pool, &request->policy, &request->question,
                 &request->answer);
    /* The subrequest is not destroyed: the policy may come from .htaccess files that it
     * has read. */
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
    if (cors_comes_from_here(r)) {
        return "a proxy of this server asks for it, as a .htaccess file can "
               "have it do; put the page where it is reached directly";
    }
    if (cors_page_opened(r)) {
        return "Satisfy Any is in force, as a .htaccess file can set it; write "
               "Satisfy All next to SetHandler " CORS_PAGE_HANDLER
               ", or Satisfy Any if that is meant";
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
