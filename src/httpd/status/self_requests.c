/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Recognises requests that this server sends to itself. The author of a .htaccess file
 * can make mod_proxy request the status page ("RewriteRule ... [P]"). Such a request
 * comes from an address of this machine, so "Require local" permits it. No header field
 * identifies it reliably: the author can remove some, and a proxy in front of the
 * server sends the same ones.
 *
 * So the connections are recorded. For each local port, shared memory holds the number
 * of connections from this server to itself that use the port. All children share the
 * memory, and a graceful restart keeps it, because children of the previous generation
 * may still send requests. A request whose connection comes from such a port is the
 * server's own.
 *
 * Only connections to a port that the server listens on are recorded, and only if there
 * is a status page. Requests sent by scripts are not recognised, and neither are
 * connections that leave the machine and return to it.
 */

#include "httpd/status/self_requests.h"

#include <apr_shm.h>
#include <ap_listen.h>
#include <http_connection.h>

#include "core/base/compiler.h"

/* The key of the memory in httpd's retained data, which outlives an unloaded module. */
#define RETAINED "mod_cors_policy own connections"
#define PORTS 65536

/* Later versions of the module read it too, so its layout must not change. */
typedef struct {
    apr_shm_t *memory; /* apr_uint16_t[PORTS]; NULL: not created yet */
} retained_t;

/* Set before the children start and not changed later; NULL: nothing is recorded. */
static apr_uint16_t *ports;

void cors_self_requests_open(server_rec *server)
{
    retained_t *retained = ap_retained_data_get(RETAINED);
    const apr_size_t size = PORTS * sizeof(*ports);
    apr_status_t status;

    if (!retained) {
        retained = ap_retained_data_create(RETAINED, sizeof(*retained));
    }
    if (!retained->memory) {
        status = apr_shm_create(&retained->memory, size, NULL,
                                server->process->pool);
        if (status != APR_SUCCESS) {
            retained->memory = NULL;
            ap_log_error(
                APLOG_MARK, APLOG_WARNING, status, server,
                "CORS: no shared memory; the status page cannot detect "
                "requests from this server's own proxy");
            return;
        }
        memset(apr_shm_baseaddr_get(retained->memory), 0, size);
    }
    ports = apr_shm_baseaddr_get(retained->memory);
}

static bool is_loopback(const apr_sockaddr_t *address)
{
    const unsigned char *bytes = address->ipaddr_ptr;
#if APR_HAVE_IPV6
    if (address->family == APR_INET6) {
        const struct in6_addr *six = address->ipaddr_ptr;

        return IN6_IS_ADDR_LOOPBACK(six)
               || (IN6_IS_ADDR_V4MAPPED(six) && bytes[12] == 127);
    }
#endif
    return address->family == APR_INET && bytes[0] == 127;
}

/* Returns whether both ends of a connection are on this machine. */
static bool is_local(const conn_rec *c)
{
    return c->client_addr && c->local_addr
           && (is_loopback(c->client_addr)
               || apr_sockaddr_equal(c->client_addr, c->local_addr));
}

static bool is_outgoing(const conn_rec *c)
{
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 116)
    return c->outgoing;
#else
    /* only client connections are in the scoreboard */
    return !c->sbh && !c->master;
#endif
}

static bool listens_on(apr_port_t port)
{
    const ap_listen_rec *listener = ap_listeners;

    while (listener
           && !(listener->bind_addr && listener->bind_addr->port == port)) {
        listener = listener->next;
    }
    return listener != NULL;
}

/* Called when a connection closes. */
static apr_status_t count_closed(void *port)
{
    __atomic_fetch_sub((apr_uint16_t *)port, 1, __ATOMIC_RELAXED);
    return APR_SUCCESS;
}

CORS_SLOW static void count_opened(conn_rec *c)
{
    if (is_local(c) && listens_on(c->client_addr->port)) {
        apr_uint16_t *port = &ports[c->local_addr->port];

        /* before anything is sent over the connection */
        __atomic_fetch_add(port, 1, __ATOMIC_SEQ_CST);
        apr_pool_cleanup_register(c->pool, port, count_closed,
                                  apr_pool_cleanup_null);
    }
}

int cors_hook_pre_connection(conn_rec *c, void *socket)
{
    (void)socket;
    if (ports && is_outgoing(c)) {
        count_opened(c);
    }
    return OK;
}

bool cors_is_self_request(const request_rec *r)
{
    const conn_rec *c =
        r->connection->master ? r->connection->master : r->connection;
    apr_socket_t *socket = ap_get_conn_socket((conn_rec *)(apr_uintptr_t)c);
    apr_sockaddr_t *peer;

    /* not c->client_addr, which the PROXY protocol can change */
    return ports && socket
           && apr_socket_addr_get(&peer, APR_REMOTE, socket) == APR_SUCCESS
           && __atomic_load_n(&ports[peer->port], __ATOMIC_SEQ_CST) > 0
           && (is_loopback(peer) || apr_sockaddr_equal(peer, c->local_addr));
}
