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

#include <ap_listen.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <http_protocol.h>

#include "core/base/fetch.h"
#include "core/base/host.h"
#include "core/base/list.h"
#include "httpd/config/server_names.h"

/* How well a virtual host fits a URL; higher is better. */
enum {
    /* the port fits: 1, or 2 if the address is that of the URL, too */
    FITS_PORT = 1,
    FITS_ADDRESS = 2,
    /* plus the two below */
    FITS_NAME = 8,
    FITS_SCHEME = 2,
    FITS_DECLARED_PORT = 1,
    FITS_NAME_AND_PORT = 16,
    /* an address in the URL selects the hosts of this address before any name does */
    FITS_ADDRESS_FIRST = 32
};

/* What a virtual host is compared with. */
typedef struct {
    const char *name;
    const char *scheme;
    apr_port_t port;
    bool is_address; /* the name is an IP address */
    /* the URL has a port, and a virtual host has it: httpd gets the request there */
    bool port_decides;
} wanted_t;

/* Returns FITS_PORT, FITS_ADDRESS, or 0. */
static int fits_port(const server_rec *server, const wanted_t *wanted)
{
    const server_addr_rec *address;
    int best = 0;

    for (address = server->addrs; address; address = address->next) {
        char text[64];
        int fit = FITS_PORT;

        if (address->host_port != 0 && address->host_port != wanted->port) {
            continue;
        }
        if (wanted->is_address && address->host_addr
            && apr_sockaddr_ip_getbuf(text, sizeof(text), address->host_addr)
                   == APR_SUCCESS
            && strcmp(text, "0.0.0.0") != 0 && strcmp(text, "::") != 0) {
            fit = strcmp(text, wanted->name) == 0 ? FITS_ADDRESS : 0;
        }
        best = fit > best ? fit : best;
    }
    return best;
}

/* Returns how well a server fits. port_fits: as fits_port() returns it. */
static int fits(const server_rec *server, const wanted_t *wanted, int port_fits)
{
    bool named = cors_server_has_name(server, wanted->name);
    int fit = port_fits;

    if (named && port_fits) {
        fit += FITS_NAME_AND_PORT;
    }
    else if (named && !wanted->is_address && !wanted->port_decides) {
        fit = FITS_NAME;
        if (server->server_scheme
            && ap_cstr_casecmp(server->server_scheme, wanted->scheme) == 0) {
            fit += FITS_SCHEME;
        }
        if (server->port == wanted->port) {
            fit += FITS_DECLARED_PORT;
        }
    }
    return port_fits == FITS_ADDRESS ? fit + FITS_ADDRESS_FIRST : fit;
}

static bool listens_on(apr_port_t port)
{
    const ap_listen_rec *listener;

    for (listener = ap_listeners; listener; listener = listener->next) {
        if (listener->bind_addr && listener->bind_addr->port == port) {
            return true;
        }
    }
    return false;
}

/* Returns the best server, and how well it fits. httpd stores the virtual hosts in
 * reverse order; the first one in the configuration wins. */
static server_rec *find_best(server_rec *main_server, wanted_t *wanted,
                             bool port_given, int *best)
{
    server_rec *found = NULL;
    server_rec *server;
    bool port_taken = false;
    int fit;

    *best = 0;
    for (server = main_server->next; server && !port_taken;
         server = server->next) {
        port_taken = fits_port(server, wanted) > 0;
    }
    wanted->port_decides = port_given && port_taken;
    for (server = main_server->next; server; server = server->next) {
        fit = fits(server, wanted, fits_port(server, wanted));
        if (fit > 0 && fit >= *best) {
            *best = fit;
            found = server;
        }
    }
    /* the base server has the ports that no virtual host has */
    fit = fits(main_server, wanted,
               !port_taken && listens_on(wanted->port) ? FITS_PORT : 0);
    if (fit > *best) {
        *best = fit;
        found = main_server;
    }
    return found;
}

const char *cors_uri_host(apr_pool_t *p, const apr_uri_t *uri)
{
    char *host = strchr(uri->hostname, ':')
                     ? apr_pstrcat(p, "[", uri->hostname, "]", NULL)
                     : apr_pstrdup(p, uri->hostname);

    ap_str_tolower(host);
    return host;
}

char *cors_host_without_dot(apr_pool_t *p, const char *name)
{
    const apr_size_t len = strlen(name);
    const bool dot = len > 1 && name[len - 1] == '.';

    return apr_pstrmemdup(p, name, dot ? len - 1 : len);
}

/* Returns the scheme of the connection that a scheme uses. */
static const char *http_scheme_of(const char *scheme)
{
    if (strcmp(scheme, "wss") == 0) {
        return "https";
    }
    return strcmp(scheme, "ws") == 0 ? "http" : scheme;
}

bool cors_explain_url(apr_pool_t *p, const char *url, apr_uri_t *uri,
                      cors_fetch_request_t *fetch)
{
    if (apr_uri_parse(p, url, uri) != APR_SUCCESS) {
        return false;
    }
    if (!uri->scheme) {
        return true;
    }
    ap_str_tolower(uri->scheme);
    fetch->websocket = strncmp(uri->scheme, "ws", 2) == 0;
    if (uri->hostname) {
        ap_str_tolower(uri->hostname);
        /* the origin of a page that would open ws:// or wss:// URLs of the same host */
        fetch->target.scheme = cors_slice(http_scheme_of(uri->scheme));
        fetch->target.host = cors_slice(cors_uri_host(p, uri));
        fetch->target.port = uri->port_str ? uri->port : 0;
    }
    return true;
}

server_rec *cors_server_for(apr_pool_t *p, server_rec *main_server,
                            const apr_uri_t *uri, const char **note)
{
    const char *host = cors_uri_host(p, uri);
    server_rec *server;
    wanted_t wanted;
    int fit;

    *note = NULL;
    if (!main_server->next) {
        return main_server;
    }
    wanted.name = uri->hostname;
    wanted.is_address = cors_host_is_address(cors_slice(uri->hostname));
    wanted.scheme = http_scheme_of(uri->scheme);
    /* APR knows only the default ports of http and https */
    wanted.port =
        uri->port_str
            ? uri->port
            : (apr_port_t)cors_fetch_default_port(cors_slice(uri->scheme));
    server = find_best(main_server, &wanted, uri->port_str != NULL, &fit);
    if (fit >= FITS_NAME_AND_PORT || (server && wanted.is_address)) {
        return server;
    }
    if (fit >= FITS_NAME) {
        *note = apr_psprintf(p,
                             "No virtual host of this name has port %u, so a "
                             "proxy in front of httpd must have it",
                             wanted.port);
        return server;
    }
    if (server) {
        *note = apr_psprintf(
            p, "No virtual host for this port has the name %s; httpd uses %s",
            host,
            server->is_virtual
                ? apr_psprintf(p, "the first one for port %u", wanted.port)
                : "the server outside all virtual hosts");
        return server;
    }
    *note = apr_psprintf(p,
                         "No virtual host has the name %s, and httpd does not "
                         "listen on port %u",
                         host, wanted.port);
    if (main_server->next->next) {
        *note = apr_pstrcat(p, *note,
                            "; give the port on which httpd receives the "
                            "request, as in http://",
                            host, ":8080/", NULL);
        return NULL;
    }
    *note = apr_pstrcat(p, *note, "; this is the only virtual host", NULL);
    return main_server->next;
}

cors_methods_t cors_script_methods(apr_pool_t *p, const char *method)
{
    return cors_methods_bit(ap_method_number_of(cors_normal_method(p, method)));
}

/* Returns whether a section of a list, or one that is nested in it, has
 * UseCanonicalName. */
static bool any_canonical(const apr_array_header_t *sections)
{
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        const core_dir_config *core = ap_get_core_module_config(
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *));

        if (core
            && (core->use_canonical_name != USE_CANONICAL_NAME_UNSET
                || any_canonical(core->sec_file)
                || any_canonical(core->sec_if))) {
            return true;
        }
    }
    return false;
}

const char *cors_url_server_name(apr_pool_t *p, const server_rec *server,
                                 const char *hostname)
{
    const core_dir_config *core =
        ap_get_core_module_config(server->lookup_defaults);
    const core_server_config *core_server =
        ap_get_core_module_config(server->module_config);

    if (any_canonical(core->sec_file) || any_canonical(core->sec_if)
        || any_canonical(core_server->sec_dir)
        || any_canonical(core_server->sec_url) || strchr(hostname, ':')) {
        return NULL;
    }
    switch (core->use_canonical_name) {
    case USE_CANONICAL_NAME_ON:
        return server->server_hostname;
    case USE_CANONICAL_NAME_DNS:
        return NULL;
    default:
        return cors_host_without_dot(p, hostname);
    }
}
