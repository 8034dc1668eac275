/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Determines which hosts are the server's own. An attacker can point a host name at the
 * address of this server (DNS rebinding). The scheme, host and port of the page's
 * origin then equal those of the request; only the configured names of the virtual host
 * reveal that the host is foreign.
 *
 * Requests, explanations and the look-up of a URL's virtual host must agree on this, so
 * it is a file of its own. It does not compare origins (the core does) and does not
 * select a virtual host (httpd does). It reads the same data that httpd matches Host
 * with and stores nothing, so it is never out of date.
 */

#include "httpd/config/server_names.h"

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/base/compiler.h"
#include "core/base/host.h"
#include "core/base/list.h"

static bool has_alias(const apr_array_header_t *names, const char *name)
{
    int i;

    for (i = 0; names && i < names->nelts; i++) {
        const char *alias = APR_ARRAY_IDX(names, i, const char *);

        if (alias && ap_cstr_casecmp(alias, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_wildcard(const apr_array_header_t *names, const char *name)
{
    int i;

    for (i = 0; names && i < names->nelts; i++) {
        const char *alias = APR_ARRAY_IDX(names, i, const char *);

        if (alias && ap_strcasecmp_match(name, alias) == 0) {
            return true;
        }
    }
    return false;
}

/* <VirtualHost www.example.com:80> is a name too: httpd also matches it. */
static bool has_address_name(const server_addr_rec *address, const char *name)
{
    for (; address; address = address->next) {
        if (address->virthost
            && ap_cstr_casecmp(address->virthost, name) == 0) {
            return true;
        }
    }
    return false;
}

bool cors_server_has_name(const server_rec *server, const char *name)
{
    return (server->server_hostname
            && ap_cstr_casecmp(server->server_hostname, name) == 0)
           || has_alias(server->names, name)
           || has_wildcard(server->wild_names, name)
           || has_address_name(server->addrs, name);
}

CORS_SLOW bool cors_server_has_host(const server_rec *server, const char *host)
{
    return host
           && (cors_server_has_name(server, host)
               || cors_host_is_address(cors_slice(host))
               || cors_host_is_loopback(cors_slice(host)));
}

const char *cors_server_address(apr_pool_t *p, const server_rec *server)
{
    const server_addr_rec *address;
    apr_array_header_t *texts;
    apr_hash_t *known;

    if (!server->is_virtual || !server->addrs) {
        return NULL;
    }
    texts = apr_array_make(p, 2, sizeof(const char *));
    known = apr_hash_make(p);
    for (address = server->addrs; address; address = address->next) {
        const char *one = address->host_port
                              ? apr_psprintf(p, "%s:%u", address->virthost,
                                             (unsigned)address->host_port)
                              : address->virthost;

        /* an address that is configured once may be listed twice, for IPv4 and for
         * IPv6 */
        if (!apr_hash_get(known, one, APR_HASH_KEY_STRING)) {
            apr_hash_set(known, one, APR_HASH_KEY_STRING, one);
            APR_ARRAY_PUSH(texts, const char *) = one;
        }
    }
    return apr_array_pstrcat(p, texts, ' ');
}
