/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/suffix.h"

#include <string.h>

#include <apr_strings.h>

#include <idn2.h>
#include <libpsl.h>

/* a name without the dot at its end, which the list does not know */
static const char *without_dot(apr_pool_t *p, cors_slice_t host)
{
    apr_size_t dot = host.len > 0 && cors_slice_end(host)[-1] == '.' ? 1 : 0;

    return apr_pstrmemdup(p, host.ptr, host.len - dot);
}

bool cors_suffix_is_public(apr_pool_t *p, cors_slice_t host)
{
    const psl_ctx_t *list = psl_builtin();
    const char *name = without_dot(p, host);

    return list
           && psl_is_public_suffix2(list, name,
                                    PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

const char *cors_suffix_registrable(apr_pool_t *p, const char *host)
{
    const psl_ctx_t *list = psl_builtin();
    const char *name = without_dot(p, cors_slice(host));
    const char *top = strrchr(name, '.');

    return list && top && cors_suffix_is_public(p, cors_slice(top + 1))
               ? psl_registrable_domain(list, name)
               : NULL;
}

const char *cors_suffix_punycode(apr_pool_t *p, cors_slice_t host)
{
    char *ascii = NULL;
    const char *copy = NULL;

    if (idn2_to_ascii_8z(cors_slice_text(p, host), &ascii, IDN2_NONTRANSITIONAL)
        == IDN2_OK) {
        copy = apr_pstrdup(p, ascii);
    }
    idn2_free(ascii);
    return copy;
}

bool cors_suffix_punycode_valid(apr_pool_t *p, cors_slice_t host)
{
    char *unicode = NULL;
    /* decoding alone: libidn2 would refuse symbols that browsers accept */
    int result = idn2_to_unicode_8z8z(cors_slice_text(p, host), &unicode, 0);

    idn2_free(unicode);
    return result == IDN2_OK;
}
