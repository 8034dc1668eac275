/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Answers questions about public suffixes and internationalized names. It is the only
 * file that calls libpsl and libidn2. It does not parse origins; the callers pass
 * hosts. libpsl cannot list the suffixes below a domain, so the build generates
 * suffixes_below.h from the list: suffixes_above is sorted and is searched first, and
 * only a match leads to a scan of suffixes_below.
 */

#include "core/base/suffix.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <idn2.h>
#include <libpsl.h>

#include "suffixes_below.h"

/* The longest host in UTF-8 that can have 253 bytes in ASCII: a character has at most
 * four bytes in UTF-8 and at least one in ASCII. */
#define UNICODE_MAX ((apr_size_t)4 * 254)

/* Returns a host without its final dot, which libpsl does not accept. */
static const char *without_dot(apr_pool_t *p, cors_slice_t host)
{
    apr_size_t dot = host.len > 0 && cors_slice_end(host)[-1] == '.' ? 1 : 0;

    return apr_pstrmemdup(p, host.ptr, host.len - dot);
}

/* Returns whether a rule of the list makes a name a public suffix. */
static bool is_listed(const char *name)
{
    const psl_ctx_t *list = psl_builtin();

    return list
           && psl_is_public_suffix2(list, name,
                                    PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

bool cors_suffix_is_public(apr_pool_t *p, cors_slice_t host)
{
    const char *name = without_dot(p, host);

    return is_listed(name)
           || (*name && !strchr(name, '.') && strcmp(name, "localhost") != 0);
}

bool cors_suffix_is_private(apr_pool_t *p, cors_slice_t host)
{
    const psl_ctx_t *list = psl_builtin();

    return list
           && psl_is_public_suffix2(list, without_dot(p, host),
                                    PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE);
}

static bool is_ascii(const char *text)
{
    for (; *text && (unsigned char)*text < 128; text++) {
    }
    return !*text;
}

static int compare(const void *name, const void *entry)
{
    return strcmp(name, *(const char *const *)entry);
}

/* Returns whether a public suffix lies below a domain that is not one itself. */
static bool is_above(const char *domain)
{
    const apr_size_t size = sizeof(suffixes_above[0]);

    /* The last element is the terminator. */
    return bsearch(domain, suffixes_above, sizeof(suffixes_above) / size - 1,
                   size, compare)
           != NULL;
}

bool cors_suffix_is_shared(apr_pool_t *p, cors_slice_t host)
{
    return cors_suffix_is_public(p, host) || is_above(without_dot(p, host));
}

const char *cors_suffix_below(apr_pool_t *p, const char *domain, int *number)
{
    apr_size_t len = strlen(domain);

    while (is_above(domain) && suffixes_below[*number]) {
        const char *suffix = suffixes_below[(*number)++];
        apr_size_t whole;

        if (!is_ascii(suffix)) {
            suffix = cors_suffix_punycode(p, cors_slice(suffix));
        }
        whole = suffix ? strlen(suffix) : 0;
        if (whole > len && suffix[whole - len - 1] == '.'
            && strcmp(suffix + whole - len, domain) == 0) {
            return suffix;
        }
    }
    return NULL;
}

const char *cors_suffix_stranger(apr_pool_t *p, cors_slice_t domain)
{
    int number = 0;
    const char *below = cors_suffix_below(p, without_dot(p, domain), &number);

    if (!below) {
        return NULL;
    }
    if (strncmp(below, "*.", 2) == 0) {
        return apr_pstrcat(p, "strangerzq.x", below + 1, NULL);
    }
    return apr_pstrcat(p, "strangerzq.", below, NULL);
}

const char *cors_suffix_registrable(apr_pool_t *p, const char *host)
{
    const psl_ctx_t *list = psl_builtin();
    const char *name = without_dot(p, cors_slice(host));
    const char *top = strrchr(name, '.');

    if (list && top && is_listed(top + 1)) {
        return psl_registrable_domain(list, name);
    }
    return NULL;
}

const char *cors_suffix_punycode(apr_pool_t *p, cors_slice_t host)
{
    char *ascii = NULL;
    const char *copy = NULL;

    if (host.len <= UNICODE_MAX
        && idn2_to_ascii_8z(cors_slice_text(p, host), &ascii,
                            IDN2_NONTRANSITIONAL)
               == IDN2_OK) {
        copy = apr_pstrdup(p, ascii);
    }
    idn2_free(ascii);
    return copy;
}

bool cors_suffix_punycode_valid(apr_pool_t *p, cors_slice_t host)
{
    char *unicode = NULL;
    /* Only decode: in a stricter mode libidn2 rejects symbols that browsers accept. */
    int result = idn2_to_unicode_8z8z(cors_slice_text(p, host), &unicode, 0);

    idn2_free(unicode);
    return result == IDN2_OK;
}
