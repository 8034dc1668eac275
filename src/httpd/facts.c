/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

static cors_slice_t field(const request_rec *r, const char *name)
{
    return cors_slice(apr_table_get(r->headers_in, name));
}

/* "websocket" or "websocket/13", in any case and anywhere in the list: backends
 * are not strict, so the check cannot be */
static bool asks_for_websocket(const request_rec *r)
{
    static const char name[] = "websocket";
    cors_slice_t rest = field(r, "Upgrade");
    cors_slice_t protocol;

    if (!rest.ptr) {
        return false;
    }
    while (cors_list_next(&rest, &protocol)) {
        cors_slice_t head = protocol;

        if (head.len >= sizeof(name) - 1) {
            head.len = sizeof(name) - 1;
            if (cors_slice_is_nocase(head, name)
                && (protocol.len == head.len
                    || protocol.ptr[head.len] == '/')) {
                return true;
            }
        }
    }
    return false;
}

/* What the browser sees in front: TLS here, a scheme in ServerName, or the
 * variable HTTPS, which only the administrator can set (by SetEnvIfExpr, for a
 * trusted proxy). No request header is believed by itself. */
static const char *scheme_of(const request_rec *r)
{
    const char *https = apr_table_get(r->subprocess_env, "HTTPS");

    return https && ap_cstr_casecmp(https, "on") == 0 ? "https"
                                                      : ap_http_scheme(r);
}

static cors_origin_t origin_of(const request_rec *r, const char *name,
                               apr_port_t port)
{
    cors_origin_t own;
    char *host;

    memset(&own, 0, sizeof(own));
    if (!name) {
        return own;
    }
    /* httpd takes the brackets off an IPv6 address */
    host = strchr(name, ':') ? apr_pstrcat(r->pool, "[", name, "]", NULL)
                             : apr_pstrdup(r->pool, name);
    ap_str_tolower(host);
    own.host = cors_slice(host);
    own.scheme = cors_slice(scheme_of(r));
    own.port = port;
    return own;
}

/* The name by which the server calls itself, where UseCanonicalName On says that
 * it is right; a proxy in front may have replaced the browser's Host. */
static cors_origin_t canonical_origin(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    bool canonical = core->use_canonical_name == USE_CANONICAL_NAME_ON;

    return origin_of(r, canonical ? r->server->server_hostname : NULL,
                     r->server->port);
}

void cors_facts(request_rec *r, int method, cors_facts_t *facts)
{
    memset(facts, 0, sizeof(*facts));
    facts->websocket = asks_for_websocket(r);
    facts->origin = field(r, "Origin");
    if (!facts->origin.ptr) {
        return;
    }
    facts->options = method == M_OPTIONS;
    if (facts->options) {
        facts->request_method = field(r, "Access-Control-Request-Method");
        facts->request_headers = field(r, "Access-Control-Request-Headers");
        facts->private_network =
            field(r, "Access-Control-Request-Private-Network");
    }
    facts->fetch_site = field(r, "Sec-Fetch-Site");
    if (!facts->fetch_site.ptr) {
        facts->own = origin_of(r, r->hostname,
                               r->parsed_uri.port_str ? r->parsed_uri.port : 0);
        facts->canonical = canonical_origin(r);
    }
}

cors_methods_t cors_method_bit(const request_rec *r, int method,
                               const cors_facts_t *facts)
{
    if (cors_is_preflight(facts)) {
        method = ap_method_number_of(apr_pstrmemdup(r->pool,
                                                    facts->request_method.ptr,
                                                    facts->request_method.len));
    }
    return cors_methods_bit(method);
}
