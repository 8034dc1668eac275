/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Which hosts are the server's own. A page can give its own host name the address
 * of this server (DNS rebinding): scheme, host and port of its origin and of the
 * request are equal then, and only the names of the virtual host show that it is
 * foreign. Requests, the explanations and the search for the virtual host of a URL
 * share this one answer, which is why it stands by itself. It does not compare
 * origins (core does) nor choose a virtual host (httpd has). It reads what httpd
 * itself matches Host with, so nothing is kept, and nothing can be out of date.
 */

#include "mod_cors_policy.h"

#include "cors/host.h"

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

/* <VirtualHost www.example.com:80> names it as well: httpd looks there too. */
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
