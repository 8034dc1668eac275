/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Assigns a counter in shared memory to each section.
 *
 * It is its own file because it knows the sections, while shared/stats.c only knows the
 * memory. A section keeps its counter over restarts: the counter is found by the name of
 * the section, which consists of the server's name, its addresses and the section's
 * title.
 */

#include "httpd/config/section_counters.h"

#include <apr_strings.h>

#include "core/diagnose/stats.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/shared/stats.h"

/* Assigns counters to the sections of one server. */
typedef struct {
    cors_counters_t *counters; /* NULL: there is no shared memory */
    apr_pool_t *p;
    const server_rec *server;
    const char *name; /* of the server; NULL: not composed yet */
    /* the last section that was named, or that got no counter because all are used */
    const cors_scope_t *last;
} naming_t;

static const char *name_of_server(naming_t *naming)
{
    const server_rec *server = naming->server;
    const char *host = server->server_hostname ? server->server_hostname : "-";

    if (!naming->name) {
        naming->name = cors_join_two(naming->p, host,
                                     cors_server_address(naming->p, server));
    }
    return naming->name;
}

static void name_scope(void *context, cors_attr_e attr,
                       const cors_setting_t *setting)
{
    naming_t *naming = context;

    (void)attr;
    if (setting->scope && setting->scope != naming->last
        && setting->scope->slot == 0) {
        naming->last = setting->scope;
        setting->scope->slot =
            cors_counters_slot(naming->counters,
                               cors_join_two(naming->p, name_of_server(naming),
                                             setting->scope->title));
    }
}

void cors_count_sections(apr_pool_t *scratch,
                         const apr_array_header_t *sections)
{
    naming_t naming;
    int i;

    naming.counters = cors_count_all();
    naming.p = scratch;
    naming.last = NULL;
    for (i = 0; naming.counters && i < sections->nelts; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(sections, i);

        if (section->kind == CORS_CONTAINER_SERVER) {
            apr_pool_clear(scratch);
            naming.server = section->server;
            naming.name = NULL;
        }
        if (!section->inherits) {
            cors_section_visit(section->own, CORS_METHODS_ALL, name_scope,
                               &naming);
        }
    }
}
