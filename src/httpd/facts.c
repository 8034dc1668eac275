/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

/* "websocket" or "websocket/13", in any case and anywhere in the list, whatever
 * follows the word: backends are not strict, so the check cannot be */
CORS_SLOW static bool asks_for_websocket(const char *upgrade)
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

/* What the browser sees in front: a scheme in ServerName decides; else TLS here,
 * or the variable HTTPS, which only the administrator can set (by SetEnvIfExpr,
 * for a trusted proxy). No request header is believed by itself. */
static const char *scheme_of(const request_rec *r)
{
    const char *https = r->server->server_scheme
                            ? NULL
                            : apr_table_get(r->subprocess_env, "HTTPS");

    return https && ap_cstr_casecmp(https, "on") == 0 ? "https"
                                                      : ap_http_scheme(r);
}

/* The port in Host; where there is none, that of a ServerName with a scheme, as
 * in httpd's own URLs; 0 is the default port of the scheme. */
static apr_port_t port_of(const request_rec *r)
{
    return r->parsed_uri.port_str     ? r->parsed_uri.port
           : r->server->server_scheme ? r->server->port
                                      : 0;
}

/* Whether the host in Host ends in a dot, which httpd takes off r->hostname. */
static bool host_has_dot(request_rec *r)
{
    const char *host = cors_noted_field(r, CORS_FIELD_HOST);
    apr_size_t len = host ? strcspn(host, ":") : 0;

    return len > 0 && host[len - 1] == '.';
}

/* Fill in the origin of a name of this server, if it is the host asked about;
 * httpd takes the brackets off an IPv6 address. */
static void fill_origin(const request_rec *r, cors_slice_t host,
                        const char *name, apr_port_t port, cors_origin_t *own)
{
    cors_slice_t bare = host;

    if (bare.len > 2 && bare.ptr[0] == '[') {
        bare.ptr++;
        bare.len -= 2;
    }
    if (name && cors_slice_is_nocase(bare, name)) {
        own->host = host;
        own->scheme = cors_slice(scheme_of(r));
        own->port = port;
    }
}

/* The same for what the request was made to: to a browser a name with a final dot
 * is another host than the one without. */
static void fill_requested(request_rec *r, cors_slice_t host,
                           cors_origin_t *own)
{
    bool dot = host.len > 1 && cors_slice_end(host)[-1] == '.';
    cors_slice_t name = host;

    name.len -= dot ? 1 : 0;
    fill_origin(r, name, r->hostname, port_of(r), own);
    if (own->scheme.ptr) {
        own->host = host;
        if (dot != host_has_dot(r)) {
            own->scheme = cors_slice(NULL);
        }
    }
}

static void get_target_origin(void *context, const cors_origin_t *origin,
                              cors_own_t *own)
{
    request_rec *r = context;
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    own->fetch_site = cors_slice(cors_noted_field(r, CORS_FIELD_FETCH_SITE));
    if (!own->fetch_site.ptr) {
        fill_requested(r, origin->host, &own->origin);
    }
    /* The name by which the server calls itself, where UseCanonicalName On says
     * that it is right; a proxy in front may have replaced the browser's Host. */
    if (core->use_canonical_name == USE_CANONICAL_NAME_ON) {
        fill_origin(r, origin->host, r->server->server_hostname,
                    r->server->port, &own->canonical);
    }
}

/* Whether the request was made to a host of this server. */
static bool has_own_host(void *context)
{
    const request_rec *r = context;

    return cors_server_has_host(r->server, r->hostname);
}

void cors_facts(request_rec *r, const cors_noted_t *noted, cors_facts_t *facts)
{
    const char *const *field = noted->field;

    facts->origin_text = field[CORS_FIELD_ORIGIN];
    facts->origin = cors_slice(facts->origin_text);
    facts->options = noted->method == M_OPTIONS;
    facts->request_method = cors_slice(field[CORS_FIELD_REQUEST_METHOD]);
    facts->request_headers = cors_slice(field[CORS_FIELD_REQUEST_HEADERS]);
    facts->private_network = cors_slice(field[CORS_FIELD_PRIVATE_NETWORK]);
    facts->websocket = field[CORS_FIELD_UPGRADE]
                       && asks_for_websocket(field[CORS_FIELD_UPGRADE]);
    facts->ask_own = get_target_origin;
    facts->has_host = has_own_host;
    facts->context = r;
}

int cors_method_number(int method, const cors_facts_t *facts)
{
    /* the announced method is the whole of a field's value, so there is a NUL
     * behind it */
    return facts->options && cors_is_preflight(facts)
               ? ap_method_number_of(facts->request_method.ptr)
               : method;
}
