/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Translates a request into the core's cors_facts_t. The core knows neither request_rec
 * nor server_rec, so this file answers for httpd: what the client sent, whether it is a
 * WebSocket handshake, and under which origins this server is reachable.
 *
 * It decides nothing. All header fields come from client_request.c, because r->headers_in may
 * have changed since. The server's own origin costs several look-ups, so the core asks
 * for it through a callback and only if a decision depends on it.
 */

#include "httpd/request/facts.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

#include "core/base/compiler.h"
#include "core/base/list.h"
#include "core/origin/origin.h"
#include "httpd/config/server_names.h"

/* Returns whether Upgrade lists "websocket" or "websocket/13", in any case, at any
 * position and with any suffix after the name. Backends are lenient, so this check is
 * lenient too. */
CORS_SLOW static bool requests_websocket(const char *upgrade)
{
    static const char name[] = "websocket";
    cors_slice_t rest = cors_slice(upgrade);
    cors_slice_t protocol;

    while (cors_list_next(&rest, &protocol)) {
        cors_slice_t head = protocol;

        if (head.len >= sizeof(name) - 1) {
            head.len = sizeof(name) - 1;
            if (cors_slice_is_nocase(head, name)
                && (protocol.len == head.len
                    || !cors_byte_is(protocol.ptr[head.len],
                                     CORS_BYTE_TOKEN))) {
                return true;
            }
        }
    }
    return false;
}

/* Returns the scheme that the browser uses. If ServerName has a scheme, that one is
 * used. Otherwise it is https if this server uses TLS or if the variable HTTPS is on,
 * which only the administrator can set (SetEnvIfExpr, for a trusted proxy). Request
 * headers alone are not trusted. */
static const char *scheme_of(const request_rec *r)
{
    const char *https = r->server->server_scheme
                            ? NULL
                            : apr_table_get(r->subprocess_env, "HTTPS");

    if (https && ap_cstr_casecmp(https, "on") == 0) {
        return "https";
    }
    return ap_http_scheme(r);
}

/* Returns the port in Host. Without one, returns the port of a ServerName that has a
 * scheme, as in the URLs that httpd itself writes. 0 is the scheme's default port. */
static apr_port_t port_of(const request_rec *r)
{
    if (r->parsed_uri.port_str) {
        return r->parsed_uri.port;
    }
    if (r->server->server_scheme) {
        return r->server->port;
    }
    return 0;
}

/* Returns whether the host in Host ends in a dot, which httpd removes from
 * r->hostname. */
static bool host_has_dot(const cors_noted_t *noted)
{
    const char *host = noted->field[CORS_FIELD_HOST];
    apr_size_t len = host ? strcspn(host, ":") : 0;

    return len > 0 && host[len - 1] == '.';
}

/* Fill in an origin of this server if the given name is the host to look for. httpd
 * removes the brackets of an IPv6 address. */
static void fill_origin(const request_rec *r, cors_slice_t host,
                        const char *name, apr_port_t port,
                        cors_origin_t *target)
{
    cors_slice_t bare = host;

    if (bare.len > 2 && bare.ptr[0] == '[') {
        bare.ptr++;
        bare.len -= 2;
    }
    if (name && cors_slice_is_nocase(bare, name)) {
        target->host = host;
        target->scheme = cors_slice(scheme_of(r));
        target->port = port;
    }
}

/* Like fill_origin(), for the host that the client requested. To a browser, a name with
 * a final dot and the name without it are different hosts. */
static void fill_requested(const cors_noted_t *noted, cors_slice_t host,
                           cors_origin_t *target)
{
    const request_rec *r = noted->r;
    bool dot = host.len > 1 && cors_slice_end(host)[-1] == '.';
    cors_slice_t name = host;

    name.len -= dot ? 1 : 0;
    fill_origin(r, name, r->hostname, port_of(r), target);
    if (target->scheme.ptr) {
        target->host = host;
        if (dot != host_has_dot(noted)) {
            target->scheme = cors_slice(NULL);
        }
    }
}

static void fill_canonical(const cors_noted_t *noted,
                           const cors_origin_t *origin, cors_target_t *target)
{
    const request_rec *r = noted->r;
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    /* The server's canonical name, if UseCanonicalName On declares it valid. A proxy in
     * front of this server may have replaced the browser's Host. */
    if (core->use_canonical_name == USE_CANONICAL_NAME_ON) {
        fill_origin(r, origin->host, r->server->server_hostname,
                    r->server->port, &target->canonical);
    }
}

void cors_noted_target(const cors_noted_t *noted, const cors_origin_t *origin,
                       cors_target_t *target)
{
    fill_requested(noted, origin->host, &target->origin);
    fill_canonical(noted, origin, target);
}

static void get_target_origin(void *context, const cors_origin_t *origin,
                              cors_target_t *target)
{
    const cors_noted_t *noted = context;

    target->fetch_site = cors_slice(noted->field[CORS_FIELD_FETCH_SITE]);
    if (!target->fetch_site.ptr) {
        fill_requested(noted, origin->host, &target->origin);
    }
    fill_canonical(noted, origin, target);
}

bool cors_noted_known_host(const cors_noted_t *noted)
{
    return cors_server_has_host(noted->r->server, noted->r->hostname);
}

static bool has_known_host(void *context)
{
    return cors_noted_known_host(context);
}

bool cors_noted_websocket(const cors_noted_t *noted)
{
    return noted->field[CORS_FIELD_UPGRADE]
           && requests_websocket(noted->field[CORS_FIELD_UPGRADE]);
}

void cors_facts(cors_noted_t *noted, cors_facts_t *facts)
{
    const char **field = noted->field;

    facts->origin_text = field[CORS_FIELD_ORIGIN];
    facts->origin = cors_slice(facts->origin_text);
    facts->options = noted->method == M_OPTIONS;
    facts->request_method = cors_slice(field[CORS_FIELD_REQUEST_METHOD]);
    facts->request_headers = cors_slice(field[CORS_FIELD_REQUEST_HEADERS]);
    facts->private_network = cors_slice(field[CORS_FIELD_PRIVATE_NETWORK]);
    facts->websocket = cors_noted_websocket(noted);
    facts->get_target = get_target_origin;
    facts->has_host = has_known_host;
    facts->context = noted;
    facts->tenants = &noted->tenants;
}

int cors_method_number(int method, const cors_facts_t *facts)
{
    /* the announced method is a complete field value, so a NUL follows it */
    if (facts->options && cors_is_preflight(facts)) {
        return ap_method_number_of(facts->request_method.ptr);
    }
    return method;
}
