/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The names of the methods that a section treats alike. httpd numbers methods and gives HEAD
 * the number of GET, so the names of a group are derived from its numbers here, for every
 * output that lists them. It does not divide methods into groups; cors_section_groups()
 * does.
 */

#include "httpd/status/methods.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

/* Returns the name of a method number; NULL: httpd does not know one. */
static const char *method_name(apr_pool_t *p, int number)
{
    const char *name;

    /* HEAD has the number of GET, and httpd may return its name instead */
    if (number == M_GET) {
        return "GET";
    }
    name = number == M_INVALID ? NULL : ap_method_name_of(p, number);
    /* httpd returns the same text for all unknown numbers */
    return name && ap_method_number_of(name) == number ? name : NULL;
}

apr_array_header_t *cors_methods_names(apr_pool_t *p, cors_methods_t methods)
{
    apr_array_header_t *names = apr_array_make(p, 8, sizeof(const char *));
    int number;

    for (number = 0; number < CORS_METHODS_COUNT; number++) {
        const char *name = (methods & cors_methods_bit(number))
                               ? method_name(p, number)
                               : NULL;

        if (name) {
            APR_ARRAY_PUSH(names, const char *) = name;
        }
        if (name && number == M_GET) {
            APR_ARRAY_PUSH(names, const char *) = "HEAD";
        }
    }
    return names;
}

bool cors_methods_real(apr_pool_t *p, cors_methods_t methods)
{
    return (methods & cors_methods_bit(M_INVALID))
           || cors_methods_names(p, methods)->nelts > 0;
}

const char *cors_methods_text(apr_pool_t *p, cors_methods_t methods)
{
    if ((methods & cors_methods_bit(M_INVALID))) {
        return "all other methods";
    }
    return apr_array_pstrcat(p, cors_methods_names(p, methods), ' ');
}
