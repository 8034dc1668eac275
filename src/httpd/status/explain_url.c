/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What the URL and the method of a request to explain refer to: a virtual host, the target
 * origin, and the methods of <Limit>.
 *
 * The status page and the command line explain requests and share this file. It does not
 * select sections: on the page, httpd does, and explain_cli.c does it for httpd -t.
 */

#include "httpd/status/explain_url.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "core/base/fetch.h"
#include "core/base/list.h"
#include "httpd/config/server_names.h"

static bool has_port(const server_rec *server, apr_port_t port)
{
    const server_addr_rec *address;

    for (address = server->addrs; address; address = address->next) {
        if (address->host_port == 0 || address->host_port == port) {
            return true;
        }
    }
    return false;
}

const char *cors_uri_host(apr_pool_t *p, const apr_uri_t *uri)
{
    char *host = strchr(uri->hostname, ':')
                     ? apr_pstrcat(p, "[", uri->hostname, "]", NULL)
                     : apr_pstrdup(p, uri->hostname);

    ap_str_tolower(host);
    return host;
}

bool cors_question_url(apr_pool_t *p, const char *url, apr_uri_t *uri,
                       cors_question_t *question)
{
    if (apr_uri_parse(p, url, uri) != APR_SUCCESS) {
        return false;
    }
    if (!uri->scheme) {
        return true;
    }
    ap_str_tolower(uri->scheme);
    question->websocket = strncmp(uri->scheme, "ws", 2) == 0;
    if (uri->hostname) {
        ap_str_tolower(uri->hostname);
        /* the origin of a page that would open ws:// or wss:// URLs of the same host */
        question->target.scheme = !question->websocket ? cors_slice(uri->scheme)
                                  : strcmp(uri->scheme, "wss") == 0
                                      ? cors_slice("https")
                                      : cors_slice("http");
        question->target.host = cors_slice(cors_uri_host(p, uri));
        question->target.port = uri->port_str ? uri->port : 0;
    }
    return true;
}

server_rec *cors_server_for(server_rec *main_server, const apr_uri_t *uri,
                            server_rec *otherwise)
{
    /* APR knows only the default ports of http and https */
    apr_port_t port =
        uri->port_str
            ? uri->port
            : (apr_port_t)cors_fetch_default_port(cors_slice(uri->scheme));
    server_rec *of_port = NULL;
    server_rec *server;

    for (server = main_server->next; server; server = server->next) {
        if (has_port(server, port)) {
            of_port = of_port ? of_port : server;
            if (cors_server_has_name(server, uri->hostname)) {
                return server;
            }
        }
    }
    return otherwise ? otherwise : of_port ? of_port : main_server;
}

cors_methods_t cors_script_methods(apr_pool_t *p, const char *method)
{
    return cors_methods_bit(ap_method_number_of(cors_normal_method(p, method)));
}
