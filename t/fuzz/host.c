/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Hosts: an accepted host is one that browsers send, and a suggestion is closer to
 * that form. */

#include "fuzz.h"

#include <arpa/inet.h>

#include "core/base/host.h"
#include "core/origin/origin.h"

static bool is_quad(const char *text)
{
    unsigned n[4];

    return sscanf(text, "%3u.%3u.%3u.%3u", &n[0], &n[1], &n[2], &n[3]) == 4
           && n[0] < 256 && n[1] < 256 && n[2] < 256 && n[3] < 256
           && strcmp(text,
                     apr_psprintf(pool, "%u.%u.%u.%u", n[0], n[1], n[2], n[3]))
                  == 0;
}

static void check_accepted(cors_slice_t host)
{
    const char *text = text_of(host);
    const char *name = text;
    unsigned char address[16];
    cors_origin_t origin;

    must(strlen(text) == host.len && host.len <= CORS_HOST_MAX);
    must(
        cors_origin_parse(cors_slice(apr_pstrcat(pool, "https://", text, NULL)),
                          &origin));
    must(cors_slice_equal(origin.host, host));
    if (text[0] == '[') {
        must(text[host.len - 1] == ']');
        name = apr_pstrmemdup(pool, text + 1, host.len - 2);
        must(inet_pton(AF_INET6, name, address) == 1);
        must(cors_host_is_loopback(host) == (strcmp(text, "[::1]") == 0));
        return;
    }
    must(!cors_host_ends_in_number(host) || is_quad(text));
    if (text[host.len - 1] == '.') {
        name = apr_pstrmemdup(pool, text, host.len - 1);
    }
    must(cors_host_is_loopback(host)
         == (strcmp(name, "localhost") == 0
             || (strlen(name) > strlen(".localhost")
                 && strcmp(name + strlen(name) - strlen(".localhost"),
                           ".localhost")
                        == 0)
             || (is_quad(text) && strncmp(text, "127.", 4) == 0)));
    must(strncmp(name, ".", 1) != 0 && !strstr(name, ".."));
}

static void check(cors_slice_t input)
{
    const char *suggestion;
    const char *again;
    cors_problem_e problem = cors_host_check(pool, input, &suggestion);

    cors_host_ends_in_number(input);
    cors_host_is_loopback(input);
    if (!problem) {
        check_accepted(input);
        return;
    }
    must(!cors_problem_is_warning(problem));
    if (suggestion) {
        must(!cors_slice_equal(input, cors_slice(suggestion))
             || problem == CORS_PROBLEM_ORIGIN_IPV6_BAD);
        problem = cors_host_check(pool, cors_slice(suggestion), &again);
        /* a suggestion has no problem of form */
        must(problem != CORS_PROBLEM_ORIGIN_HOST_CASE
             && problem != CORS_PROBLEM_ORIGIN_HOST_UNICODE
             && problem != CORS_PROBLEM_ORIGIN_IPV6_FORM
             && problem != CORS_PROBLEM_ORIGIN_IPV6_BAD
             && problem != CORS_PROBLEM_ORIGIN_IPV6_ZONE);
        if (!problem) {
            check_accepted(cors_slice(suggestion));
        }
    }
}
