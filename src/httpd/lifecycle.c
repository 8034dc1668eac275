/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The post_config hook: starts the parts of the module that requests need.
 *
 * It is its own file because the order matters and is visible nowhere else. httpd reads
 * the configuration twice at a start. The first time, only the list files are loaded, so
 * that the second reading finds them. The second time, the status page's sections are
 * retained, the shared memory is opened, and the fields to note are determined; then
 * policies are precomputed, warnings are written to the log, which is open by now, and the
 * list files are watched.
 */

#include "httpd/lifecycle.h"

#include "httpd/config/check.h"
#include "httpd/config/directives.h"
#include "httpd/config/findings.h"
#include "httpd/config/precompute.h"
#include "httpd/config/section_counters.h"
#include "httpd/config/sections.h"
#include "httpd/request/client_request.h"
#include "httpd/request/early.h"
#include "httpd/shared/reload.h"
#include "httpd/shared/shared_list.h"
#include "httpd/shared/stats.h"
#include "httpd/status/expect.h"
#include "httpd/status/self_requests.h"
#include "mod_cors_policy.h"

/* Do what only a configuration with a directive of this module needs. */
static void precompute_policies(apr_pool_t *p, server_rec *server)
{
    cors_reporter_t reporter;
    const apr_array_header_t *sections;

    cors_precompute(p, server);
    cors_reporter_start(&reporter, 0);
    sections = cors_config_sections(reporter.p, server);
    /* httpd shows it only with ServerTokens Full */
    ap_add_version_component(p, "mod_cors_policy/" CORS_POLICY_VERSION);
    cors_count_sections(reporter.scratch, sections);
    apr_pool_clear(reporter.scratch);
    cors_check_warn(&reporter, sections);
    cors_warn_expectations(p, server, &reporter);
    cors_reporter_end(&reporter, server);
}

int cors_post_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                     server_rec *server)
{
    (void)log;
    if (cors_is_first_reading()) {
        cors_retain_origins_files(p, server);
    }
    else {
        const bool page = cors_config_sections_retain(p, temp, server);

        cors_count_open(server, page);
        if (page) {
            cors_self_requests_open(server);
        }
        cors_retain_origins_files(p, server);
        cors_determine_fields(p, server);
        if (cors_is_configured(p)) {
            precompute_policies(p, server);
            cors_early_prepare(server);
        }
        cors_watch_origins_files(p, server);
    }
    return OK;
}
