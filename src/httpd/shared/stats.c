/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Counts decisions and keeps recent refusals, in shared memory that all children
 * write to and that survives restarts. The layout and the locking are the core's
 * (src/core/diagnose/stats.c); this file finds or creates the memory, gives each section a
 * counter and turns a request into a record. It also writes the counters for
 * mod_status; the module's own status page is in page.c.
 *
 * The memory is allocated from the process's pool and found again through httpd's
 * retained data, so that a graceful restart or a reloaded module continues with the
 * same numbers. If another version of the module has created it with a different
 * layout, it is replaced.
 */

#include "httpd/status/page.h"

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

/* Whether refusals are kept: only if a page shows them. */
static bool keeps_refusals;

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

/* Assigns counters to the sections of one server. */
typedef struct {
    apr_pool_t *p;
    const server_rec *server;
    const char *name; /* of the server; NULL: not composed yet */
    /* the last place that was named or for which there was no counter left */
    const cors_place_t *last;
} naming_t;

static const char *name_of_server(naming_t *naming)
{
    const server_rec *server = naming->server;
    const char *address;

    if (!naming->name) {
        address = cors_server_address(naming->p, server);
        naming->name =
            apr_pstrcat(naming->p,
                        server->server_hostname ? server->server_hostname : "-",
                        address ? " " : "", address ? address : "", NULL);
    }
    return naming->name;
}

static void name_place(void *context, cors_attr_e attr,
                       const cors_setting_t *setting)
{
    naming_t *naming = context;

    (void)attr;
    if (setting->place && setting->place != naming->last
        && setting->place->slot == 0) {
        naming->last = setting->place;
        setting->place->slot = cors_counters_slot(
            counters,
            apr_pstrcat(naming->p, name_of_server(naming),
                        setting->place->title ? " " : "",
                        setting->place->title ? setting->place->title : "",
                        NULL));
    }
}

void cors_count_open(server_rec *server, bool page)
{
    find_memory(server);
    keeps_refusals = page;
}

void cors_count_sections(apr_pool_t *scratch, const apr_array_header_t *sites)
{
    naming_t naming;
    int i;

    naming.p = scratch;
    naming.last = NULL;
    for (i = 0; counters && i < sites->nelts; i++) {
        const cors_site_t *site = cors_site_at(sites, i);

        if (site->kind == CORS_SITE_SERVER) {
            apr_pool_clear(scratch);
            naming.server = site->server;
            naming.name = NULL;
        }
        if (!site->inherits) {
            cors_section_visit(site->own, CORS_METHODS_ALL, name_place,
                               &naming);
        }
    }
}

/* Keep a refusal. This function formats no text, because any client can cause any
 * number of refusals. */
CORS_SLOW static void keep_refusal(request_rec *r,
                                   const cors_decision_t *decision,
                                   cors_counted_e kind)
{
    const char *method = decision->preflight
                             ? cors_noted_field(r, CORS_FIELD_REQUEST_METHOD)
                             : r->method;
    cors_refusal_t refusal;

    refusal.time = r->request_time;
    refusal.kind = kind;
    refusal.verdict = decision->verdict;
    refusal.reason = decision->reason;
    refusal.port = r->connection->local_addr->port;
    refusal.scheme = cors_slice(ap_http_scheme(r));
    refusal.host = cors_slice(r->hostname);
    refusal.path = cors_slice(r->uri);
    refusal.origin = decision->origin.ptr
                         ? decision->origin
                         : cors_slice(cors_noted_field(r, CORS_FIELD_ORIGIN));
    if (refusal.origin.len > CORS_ORIGIN_MAX) {
        /* Not a valid origin: its first bytes suffice to identify it. The limit also
         * bounds the cost of the hash, which reads all of it. */
        refusal.origin.len = CORS_ORIGIN_MAX;
    }
    refusal.method = cors_slice(method);
    refusal.rejected = decision->rejected;
    refusal.source = cors_decision_source(r->pool, decision);
    refusal.by = decision->setting ? decision->setting->source_hash
                                   : (apr_uint64_t)decision->attr;
    cors_counters_refuse(counters, &refusal);
}

void cors_count(request_rec *r, const cors_policy_t *policy,
                const cors_decision_t *decision)
{
    const cors_setting_t *setting = policy->link[CORS_ATTR_MODE].setting;
    cors_counted_e kind = setting && setting->number == CORS_MODE_REPORT_ONLY
                              ? CORS_COUNTED_REPORTED
                              : CORS_COUNTED_ENFORCED;

    if (!counters) {
        return;
    }
    if (decision->verdict >= CORS_VERDICT_WEBSOCKET_ALLOWED) {
        /* the list for handshakes is also in force without CorsPolicy On */
        setting = policy->link[CORS_ATTR_WEBSOCKET_ORIGINS].setting;
    }
    cors_counters_add(counters, kind, decision->verdict, decision->reason,
                      setting && setting->place ? setting->place->slot : 0);
    if (keeps_refusals && cors_is_denial(decision)) {
        keep_refusal(r, decision, kind);
    }
}

int cors_status_hook(request_rec *r, int flags)
{
    int kind;
    int verdict;

    if (!counters) {
        return OK;
    }
    if (!(flags & AP_STATUS_SHORT)) {
        ap_rputs("<hr />\n<h2>CORS policy</h2>\n<table border=\"0\"><tr>"
                 "<th>Verdict</th><th>Enforced</th><th>ReportOnly</th></tr>\n",
                 r);
    }
    for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
        const char *text = cors_verdict_text((cors_verdict_e)verdict);

        if (!(flags & AP_STATUS_SHORT)) {
            ap_rprintf(r,
                       "<tr><td>%s</td><td>%" APR_UINT64_T_FMT
                       "</td><td>%" APR_UINT64_T_FMT "</td></tr>\n",
                       text,
                       cors_count_total(counters, CORS_COUNTED_ENFORCED,
                                        (cors_verdict_e)verdict),
                       cors_count_total(counters, CORS_COUNTED_REPORTED,
                                        (cors_verdict_e)verdict));
            continue;
        }
        for (kind = 0; kind < CORS_COUNTED_KINDS; kind++) {
            ap_rprintf(r, "Cors%s-%s: %" APR_UINT64_T_FMT "\n",
                       kind == CORS_COUNTED_ENFORCED ? "Policy" : "ReportOnly",
                       text,
                       cors_count_total(counters, (cors_counted_e)kind,
                                        (cors_verdict_e)verdict));
        }
    }
    if (!(flags & AP_STATUS_SHORT)) {
        ap_rputs("</table>\n", r);
    }
    return OK;
}
