/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_bench_control.c
 * @brief Lets the benchmark's client tell callgrind, by a request, when to
 *        count and when to write down what it has counted
 */

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

#include <string.h>

#include <valgrind/callgrind.h>

extern module AP_MODULE_DECLARE_DATA bench_control_module;

static int handle(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, "bench-control") != 0) {
        return DECLINED;
    }
    if (strcmp(r->uri, "/start") == 0) {
        CALLGRIND_START_INSTRUMENTATION;
    }
    else {
        CALLGRIND_DUMP_STATS_AT(r->uri);
    }
    ap_set_content_type(r, "text/plain");
    ap_rputs("done\n", r);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA bench_control_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE
#endif
};
