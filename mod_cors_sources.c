/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_cors_sources.c
 * @brief The record of the module that provides further types of CorsOriginSource
 *
 * It registers providers with mod_cors_policy, which reads the directive, and starts the
 * refresher when httpd has read its configuration. It has no directive of its own and no
 * hook of a request. It must keep its name, because <IfModule> and mod_cors_policy refer
 * to it.
 */

#include "sources/httpd.h"

#include "sources/refresher.h"
#include "sources/type_dbd.h"
#include "sources/type_prg.h"

static void register_hooks(apr_pool_t *p)
{
    cors_register_prg(p);
    cors_register_dbd(p);
    ap_hook_post_config(cors_start_refresher, NULL, NULL, APR_HOOK_LAST);
}

module AP_MODULE_DECLARE_DATA cors_sources_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE
#endif
};
