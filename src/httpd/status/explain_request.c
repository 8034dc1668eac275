/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Explains a request for the status page.
 *
 * httpd itself selects the sections: the URL is looked up with a subrequest on a copy of
 * the request for the page, and the subrequest's handler is never run. Under httpd -t there
 * is no request, so explain_cli.c has to do without.
 */

#include "httpd/status/explain_request.h"

#include <string.h>

#include <apr_strings.h>
#include <http_main.h>
#include <http_request.h>

#include "core/base/fetch.h"
#include "core/base/list.h"
#include "core/policy/decide.h"
#include "core/policy/section.h"
#include "httpd/config/directives.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/status/explain_url.h"

const char *cors_explain_answer(const cors_explain_request_t *request)
{
    const cors_explanation_t *answer = &request->answer;

    if (request->fetch.websocket) {
        if (answer->readable) {
            return "Allowed: the WebSocket opens.";
        }
        return "Denied: the WebSocket does not open.";
    }
    if (!answer->cross_origin && answer->actual.status) {
        return "Same origin: CORS does not apply, but the server rejects it.";
    }
    if (!answer->cross_origin) {
        return "Same origin: CORS does not apply.";
    }
    if (answer->readable) {
        return "Allowed: the page may read the response.";
    }
    if (answer->sent) {
        return "Denied: the request is sent, and the page may not "
               "read the response.";
    }
    return "Denied: the browser does not send the request.";
}

const char *cors_explain_host(apr_pool_t *p,
                              const cors_explain_request_t *request)
{
    const char *where = cors_server_position(p, request->server);
    const char *name = request->server->server_hostname;

    if (where) {
        return apr_pstrcat(p, "Virtual host: ", name ? name : "no name", " (",
                           where, ")", NULL);
    }
    return apr_pstrcat(p, "Server: ", name ? name : "no name",
                       " (outside all virtual hosts)", NULL);
}

static void add_scope(void *context, const cors_scope_t *scope)
{
    APR_ARRAY_PUSH((apr_array_header_t *)context, const cors_scope_t *) = scope;
}

/* Find the virtual host of a URL with a host. Returns false if there is none. */
static bool find_host(request_rec *copy, const apr_uri_t *uri,
                      cors_explain_request_t *request)
{
    const char *host = cors_uri_host(copy->pool, uri);
    const char *note;
    server_rec *server =
        cors_server_for(copy->pool, ap_server_conf, uri, &note);

    if (!server) {
        request->problem = apr_pstrcat(copy->pool, note, ".", NULL);
        return false;
    }
    if (note) {
        APR_ARRAY_PUSH(request->notes, const char *) = note;
    }
    copy->server = server;
    copy->hostname = uri->hostname;
    request->fetch.known_host = cors_server_has_host(server, uri->hostname);
    request->fetch.server_name =
        cors_url_server_name(copy->pool, server, uri->hostname);
    apr_table_setn(copy->headers_in, "Host",
                   uri->port_str
                       ? apr_pstrcat(copy->pool, host, ":", uri->port_str, NULL)
                       : host);
    return true;
}

/* Returns the error in a request to explain; NULL: none. */
static const char *check_request(const cors_explain_request_t *request)
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
    request->problem = check_request(request);
    if (!request->problem
        && (!cors_explain_url(r->pool, request->url, &uri, &request->fetch)
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
    request->notes = apr_array_make(r->pool, 1, sizeof(const char *));
    if (uri.hostname && !find_host(copy, &uri, request)) {
        return;
    }
    request->server = copy->server;
    request->path = uri.path;
    request->fetch.origin = request->origin;
    request->fetch.method = request->method;
    request->fetch.headers = request->headers[0] ? request->headers : NULL;
    request->fetch.credentials = request->credentials;

    /* selects the sections as for a real request, without running a handler */
    lookup = ap_sub_req_method_uri("GET",
                                   uri.query ? apr_pstrcat(r->pool, uri.path,
                                                           "?", uri.query, NULL)
                                             : uri.path,
                                   copy, NULL);
    request->lookup = lookup->status;
    section = cors_section_of(lookup->per_dir_config);
    request->scopes = apr_array_make(r->pool, 4, sizeof(const cors_scope_t *));
    if (section) {
        cors_section_visit_scopes(section, add_scope, request->scopes);
        cors_policy_resolve(r->pool, section,
                            cors_script_methods(r->pool, request->method),
                            &request->policy);
    }
    cors_explain(r->pool, &request->policy, &request->fetch, &request->answer);
    if (request->answer.backend) {
        APR_ARRAY_PUSH(request->notes, const char *) = request->answer.backend;
    }
    /* The subrequest is not destroyed: the policy may come from .htaccess files that it
     * has read. */
}
