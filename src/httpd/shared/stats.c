/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds or creates the shared memory of the counters, which all children write to and which
 * survives restarts. The layout and the locking are the core's
 * (src/core/diagnose/stats.c). Requests are counted in request/count.c.
 *
 * The memory is allocated from the process's pool and found again through httpd's
 * retained data, so that a graceful restart or a reloaded module continues with the
 * same numbers. If another version of the module has created it with a different
 * layout, it is replaced.
 */

#include "httpd/shared/stats.h"

#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <mod_status.h>

/* The key of the memory in httpd's retained data, which outlives an unloaded module. */
#define RETAINED "mod_cors_policy counters"

/* The retained data. Later versions of the module read it too, so its layout must not
 * change. */
typedef struct {
    apr_shm_t *memory;
} retained_t;

/* Set before the children start and not changed later; NULL: nothing is counted. */
static cors_counters_t *counters;

/* Whether refusals are recorded: only if a page shows them. */
static bool records_refusals;

cors_counters_t *cors_count_all(void)
{
    return counters;
}

/* Create memory that outlives this configuration and this copy of the module: it
 * belongs to the process's pool, and only APR cleans it up. */
static apr_shm_t *make_memory(server_rec *server, retained_t *retained)
{
    apr_pool_t *p = server->process->pool;
    apr_status_t status =
        apr_shm_create(&retained->memory, cors_counters_size(), NULL, p);

    if (status != APR_SUCCESS) {
        retained->memory = NULL;
        ap_log_error(APLOG_MARK, APLOG_WARNING, status, server,
                     "CORS: no shared memory; nothing is counted");
        return NULL;
    }
    counters = cors_counters_use(apr_shm_baseaddr_get(retained->memory), true,
                                 apr_time_now());
    return retained->memory;
}

static void find_memory(server_rec *server)
{
    retained_t *retained = ap_retained_data_get(RETAINED);

    counters = NULL;
    if (!retained) {
        retained = ap_retained_data_create(RETAINED, sizeof(*retained));
    }
    if (retained->memory
        && apr_shm_size_get(retained->memory) >= cors_counters_size()) {
        counters =
            cors_counters_use(apr_shm_baseaddr_get(retained->memory), false, 0);
    }
    if (!counters) {
        /* another version of the module created it; that version's children keep their
         * mapping */
        if (retained->memory) {
            apr_shm_destroy(retained->memory);
        }
        make_memory(server, retained);
    }
}

bool cors_count_records_refusals(void)
{
    return records_refusals;
}

void cors_count_open(server_rec *server, bool page)
{
    find_memory(server);
    records_refusals = page;
}
