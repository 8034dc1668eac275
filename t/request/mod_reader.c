/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * A module that knows mod_cors_policy by its installed header only. It puts what it reads
 * about a request into the field X-Reader of the response.
 */

#include <httpd.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "mod_cors_policy.h"

static APR_OPTIONAL_FN_TYPE(cors_policy_lookup) *lookup;

static void retrieve(void)
{
    lookup = APR_RETRIEVE_OPTIONAL_FN(cors_policy_lookup);
}

static const char *read_value(request_rec *r, const char *name)
{
    const char *value = lookup ? lookup(r, name) : "no function";

    return value ? value : "none";
}

static void report(request_rec *r)
{
    apr_table_setn(r->err_headers_out, "X-Reader",
                   apr_pstrcat(r->pool, read_value(r, "CORS_VERDICT"), " ",
                               read_value(r, "cors_reason"), " ",
                               read_value(r, "CORS_ORIGIN"), " ",
                               read_value(r, "CORS_DIRECTIVE"), "; ",
                               read_value(r, "CORS_UNKNOWN"), NULL));
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_optional_fn_retrieve(retrieve, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(report, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(report, NULL, NULL, APR_HOOK_REALLY_LAST);
}

module AP_MODULE_DECLARE_DATA reader_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
    AP_MODULE_FLAG_NONE
};
