/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds out what an expression that gives the tenant of a request reads. httpd compiles
 * and evaluates the expression, but does not say this for a string expression.
 *
 * It is its own file because it knows httpd's syntax for variables and functions, and
 * nothing of origins. It does not parse an expression: it looks at each "%{" with the
 * name that follows, so it also finds the ones inside of other functions. What it finds
 * in the text of a constant by mistake only adds a name to Vary.
 */

#include "core/origin/tenant_key.h"

#include <string.h>

#include <apr_strings.h>

/* The variables that are request headers. HTTP_HOST is not one of them. */
static const struct {
    const char *variable;
    const char *header;
} variables[] = {
    { "HTTP_ACCEPT", "Accept" },
    { "HTTP_COOKIE", "Cookie" },
    { "HTTP_FORWARDED", "Forwarded" },
    { "HTTP_REFERER", "Referer" },
    { "HTTP_USER_AGENT", "User-Agent" },
    { "HTTP_PROXY_CONNECTION", "Proxy-Connection" },
};

/* One variable or function of an expression. */
typedef struct {
    cors_slice_t name;
    cors_slice_t argument; /* of a function; absent: it is a variable */
} read_t;

/* Take the next variable or function. Returns false if there is none. */
static bool next_read(const char **rest, read_t *read)
{
    const char *start = strstr(*rest, "%{");
    apr_size_t len;

    memset(read, 0, sizeof(*read));
    if (!start) {
        return false;
    }
    start += strlen("%{");
    len = strcspn(start, ":}");
    read->name.ptr = start;
    read->name.len = len;
    if (start[len] == ':') {
        read->argument.ptr = start + len + 1;
        read->argument.len = strcspn(read->argument.ptr, "}");
    }
    *rest = start;
    return true;
}

/* Returns the request header that a variable or function reads; absent: none. */
static cors_slice_t header_of(const read_t *read, bool *silent)
{
    apr_size_t i;

    /* the function adds no name to Vary on purpose */
    *silent = cors_slice_is_nocase(read->name, "req_novary");
    if (read->argument.ptr
        && (*silent || cors_slice_is_nocase(read->name, "http")
            || cors_slice_is_nocase(read->name, "req"))) {
        return read->argument;
    }
    for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (!read->argument.ptr
            && cors_slice_is_nocase(read->name, variables[i].variable)) {
            return cors_slice(variables[i].header);
        }
    }
    return cors_slice(NULL);
}

const char *cors_tenant_key_headers(apr_pool_t *p, const char *expression)
{
    cors_joined_t names = { NULL, 0, 0 };
    read_t read;

    while (next_read(&expression, &read)) {
        bool silent;
        const cors_slice_t header = header_of(&read, &silent);

        if (!silent && cors_is_token(header)
            && !cors_slice_is_nocase(header, "Host")
            && !cors_list_has(names.text, header, true)) {
            cors_join(p, &names, ", ", header);
        }
    }
    return names.text;
}

/* Returns whether no browser sends a header with a preflight, and no proxy adds it. */
static bool is_credential(cors_slice_t header)
{
    static const char *const names[] = {
        "Authorization",  "Proxy-Authorization",
        "Cookie",         "X-Api-Key",
        "Api-Key",        "X-Auth-Token",
        "X-Access-Token", "X-Csrf-Token",
        "X-Xsrf-Token"
    };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (cors_slice_is_nocase(header, names[i])) {
            return true;
        }
    }
    return false;
}

const char *cors_tenant_key_unsent(apr_pool_t *p, const char *expression)
{
    static const char certificate[] = "SSL_CLIENT_";
    read_t read;

    while (next_read(&expression, &read)) {
        bool unused;
        const cors_slice_t header = header_of(&read, &unused);
        cors_slice_t prefix = read.name;

        if (header.ptr && is_credential(header)) {
            return cors_slice_text(p, header);
        }
        if (prefix.len > sizeof(certificate) - 1) {
            prefix.len = sizeof(certificate) - 1;
        }
        if (cors_slice_is_nocase(read.name, "REMOTE_USER")
            || cors_slice_is_nocase(prefix, certificate)) {
            return cors_slice_text(p, read.name);
        }
    }
    return NULL;
}

bool cors_tenant_key_reads(const char *expression, const char *variable)
{
    read_t read;

    while (next_read(&expression, &read)) {
        if (!read.argument.ptr && cors_slice_is_nocase(read.name, variable)) {
            return true;
        }
    }
    return false;
}

const char *cors_tenant_key_value(apr_pool_t *p, const char *expression,
                                  const char *server_name)
{
    static const char variable[] = "%{SERVER_NAME}";
    cors_joined_t value = { NULL, 0, 0 };

    while (*expression) {
        const cors_slice_t name = { expression, sizeof(variable) - 1 };
        const apr_size_t plain = strcspn(expression, "%$\\");

        if (plain > 0) {
            const cors_slice_t text = { expression, plain };

            cors_join(p, &value, "", text);
            expression += plain;
        }
        else if (strlen(expression) >= name.len
                 && cors_slice_is_nocase(name, variable)) {
            cors_join(p, &value, "", cors_slice(server_name));
            expression += name.len;
        }
        else {
            return NULL;
        }
    }
    return value.text;
}
