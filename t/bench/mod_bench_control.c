/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_bench_control.c
 * @brief Lets the benchmark's client control callgrind by requests: start to count,
 *        or dump the counts. Writes the resources used by httpd -t to the file that
 *        BENCH_USAGE names
 */

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

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

/* Processor time in microseconds and peak memory in kilobytes. The peak memory of
 * getrusage() would include the process before exec. */
static void write_usage(apr_pool_t *p, server_rec *server)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has one thread */
    const char *name = getenv("BENCH_USAGE");
    FILE *out = name ? fopen(name, "w") : NULL;
    FILE *status = fopen("/proc/self/status", "r");
    struct rusage usage;
    char line[256];

    (void)p;
    (void)server;
    getrusage(RUSAGE_SELF, &usage);
    if (out) {
        fprintf(out, "cpu: %lld\n",
                (long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                        * 1000000
                    + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    }
    while (out && status && fgets(line, sizeof(line), status)) {
        if (strncmp(line, "VmHWM:", strlen("VmHWM:")) == 0) {
            fputs(line, out);
        }
    }
    if (status) {
        fclose(status);
    }
    if (out) {
        fclose(out);
    }
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_test_config(write_usage, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA bench_control_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE
#endif
};
