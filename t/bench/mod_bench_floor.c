/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_bench_floor.c
 * @brief The least that a module for CORS does: hooks in the phases of mod_cors_policy
 *        that do nothing, and an output filter that sends Vary and, for one origin,
 *        Access-Control-Allow-Origin. The benchmark compares mod_cors_policy with it.
 */

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include <apr_hash.h>
#include <apr_strings.h>

extern module AP_MODULE_DECLARE_DATA bench_floor_module;

static apr_hash_t *origins;
static ap_filter_rec_t *filter;

static int nothing(request_rec *r)
{
    (void)r;
    return DECLINED;
}

static apr_status_t send_headers(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    const char *origin = apr_table_get(r->headers_in, "Origin");

    apr_table_mergen(r->headers_out, "Vary", "Origin");
    if (origin && apr_hash_get(origins, origin, APR_HASH_KEY_STRING)) {
        apr_table_addn(r->headers_out, "Access-Control-Allow-Origin", origin);
    }
    ap_remove_output_filter(f);
    return ap_pass_brigade(f->next, brigade);
}

static void add_filter(request_rec *r)
{
    ap_add_output_filter_handle(filter, NULL, r, r->connection);
}

static int prepare(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                   server_rec *server)
{
    (void)plog;
    (void)ptemp;
    (void)server;
    origins = apr_hash_make(p);
    apr_hash_set(origins, "https://app.example.com", APR_HASH_KEY_STRING, "");
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(prepare, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(nothing, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_translate_name(nothing, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_translate_name(nothing, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(nothing, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_perdir_config(nothing, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_header_parser(nothing, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(nothing, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(nothing, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_filter(add_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(add_filter, NULL, NULL, APR_HOOK_MIDDLE);
    filter = ap_register_output_filter("BENCH_FLOOR", send_headers, NULL,
                                       AP_FTYPE_CONTENT_SET);
}

module AP_MODULE_DECLARE_DATA bench_floor_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE
#endif
};
