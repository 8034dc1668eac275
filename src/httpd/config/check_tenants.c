/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Warns of tenants that another setting of httpd makes all the same: with
 * UseCanonicalName On, SERVER_NAME does not depend on the request.
 *
 * It is its own file because it reads a directive of httpd's core in its compiled form;
 * check_modules.c reads the directives of other modules as text. It looks at the value
 * that a server has outside of its sections.
 */

#include "httpd/config/check_tenants.h"

#include <http_core.h>

#include "core/base/problem.h"
#include "core/origin/origin_set.h"
#include "core/origin/tenant_key.h"
#include "core/policy/section.h"
#include "httpd/config/sections.h"

typedef struct {
    cors_reporter_t *reporter;
    const cors_config_section_t *section;
} tenant_walk_t;

static void check_setting(void *context, cors_attr_e attr,
                          const cors_setting_t *setting)
{
    const tenant_walk_t *walk = context;
    const cors_origin_set_t *set = setting->origins;
    int i;

    if (attr != CORS_ATTR_ORIGINS || !cors_origin_set_has_tenants(set)) {
        return;
    }
    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *entry = cors_origin_set_entry(set, i);
        const cors_finding_t finding = { CORS_PROBLEM_TENANT_CANONICAL,
                                         cors_slice(entry->tenant),
                                         "UseCanonicalName Off", NULL };

        if (entry->tenant
            && cors_tenant_key_reads(entry->tenant, "SERVER_NAME")) {
            cors_report_finding(walk->reporter, walk->section->server,
                                entry->source ? entry->source : setting->source,
                                &finding);
        }
    }
}

void cors_check_tenants(cors_reporter_t *reporter,
                        const apr_array_header_t *sections)
{
    int i;

    for (i = 0; i < sections->nelts; i++) {
        const cors_config_section_t *section =
            cors_config_section_at(sections, i);
        const core_dir_config *core =
            ap_get_core_module_config(section->server->lookup_defaults);
        tenant_walk_t walk = { reporter, section };

        if (core->use_canonical_name == USE_CANONICAL_NAME_ON
            && !section->inherits) {
            cors_section_visit(section->own, CORS_METHODS_ALL, check_setting,
                               &walk);
        }
    }
}
