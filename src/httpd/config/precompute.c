/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Precomputes policies at start-up. httpd merges the applicable sections again for each
 * request. This file merges, once, a server's own level with each of its sections, and
 * these with the sections nested in them, and resolves their policies. If a single
 * <Location> or <Directory> applies to a request, the request only looks up the result.
 * Other combinations are merged when a request of a child needs them for the first time,
 * and are kept by the child (pair_cache.c).
 */

#include "httpd/config/precompute.h"

#include <string.h>

#include "core/origin/origin_set.h"
#include "core/policy/pair_cache.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/directives.h"
#include "httpd/config/sections.h"
#include "httpd/shared/shared_list.h"

/* The maximum number of merges made at start-up. httpd makes the others for each
 * request. */
#define PRECOMPUTED_MAX 10000

typedef struct {
    apr_pool_t *p;
    int left;
} precompute_t;

/* What the requests of this child have merged; NULL while the configuration is read, and
 * in a process that serves no requests. */
static cors_pair_cache_t *merges;

static apr_status_t forget_merges(void *unused)
{
    (void)unused;
    merges = NULL;
    return APR_SUCCESS;
}

void cors_hook_child_init(apr_pool_t *child, server_rec *server)
{
    if (cors_is_configured(server->process->pconf)) {
        merges = cors_pair_cache_make(child);
        apr_pool_cleanup_register(child, NULL, forget_merges,
                                  apr_pool_cleanup_null);
    }
}

void *cors_merge_dir_configs(apr_pool_t *p, void *outer, void *inner)
{
    /* httpd passes configurations as non-const; nothing writes to them after the
     * merge */
    return (void *)(apr_uintptr_t)cors_pair_cache_merge(merges, p, outer,
                                                        inner);
}

static cors_section_t *own_section(const ap_conf_vector_t *config)
{
    /* no request reads it yet, so it may still be written to */
    return (cors_section_t *)(apr_uintptr_t)cors_section_of(config);
}

/* Forbid wildcards on a public suffix in the list files of a policy that sends
 * credentials, for later reloads. Start-up has already refused a file that has one. */
static void forbid_suffixes(apr_pool_t *p, const cors_policy_t *policy)
{
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];
    int i;

    if (cors_policy_number(policy, CORS_ATTR_MODE) == CORS_MODE_OFF
        || !cors_policy_number(policy, CORS_ATTR_CREDENTIALS)
        || cors_policy_number(policy, CORS_ATTR_SUFFIX_UNSAFE)) {
        return;
    }
    for (; link && link->setting; link = link->outer) {
        const cors_origin_set_t *set = link->setting->origins;

        for (i = 0; i < cors_origin_set_count(set); i++) {
            if (cors_origin_set_entry(set, i)->file) {
                cors_origins_file_forbid_suffix(
                    p, cors_origin_set_entry(set, i)->path);
            }
        }
    }
}

static void precompute_section(precompute_t *work,
                               const cors_section_t *section)
{
    const cors_policy_t *last = NULL;
    int method;

    cors_section_keep((cors_section_t *)(apr_uintptr_t)section);
    if (!cors_section_empty(section) && !cors_section_resolved(section)) {
        cors_policy_precompute(work->p,
                               (cors_section_t *)(apr_uintptr_t)section);
        work->left--;
        for (method = 0; method < CORS_METHODS_COUNT; method++) {
            const cors_policy_t *policy = cors_policy_find(section, method);

            if (policy != last) {
                forbid_suffixes(work->p, policy);
                last = policy;
            }
        }
    }
}

static void precompute_all(precompute_t *work, const cors_section_t *outer,
                           const apr_array_header_t *sections)
{
    int i;

    for (i = 0; sections && i < sections->nelts && work->left > 0; i++) {
        const ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(config);
        cors_section_t *own = own_section(config);
        const cors_section_t *merged = outer;

        if (own) {
            cors_section_keep(own);
            merged = cors_section_pair(work->p, outer, own);
            precompute_section(work, merged);
        }
        if (core) {
            precompute_all(work, merged, core->sec_file);
            precompute_all(work, merged, core->sec_if);
        }
    }
}

static void precompute_server(precompute_t *work, const server_rec *server)
{
    const ap_conf_vector_t *config = server->lookup_defaults;
    const core_dir_config *core = ap_get_core_module_config(config);
    const core_server_config *core_server =
        ap_get_core_module_config(server->module_config);
    const cors_section_t *outer = cors_section_of(config);

    precompute_section(work, outer);
    precompute_all(work, outer, core->sec_file);
    precompute_all(work, outer, core->sec_if);
    precompute_all(work, outer, core_server->sec_dir);
    precompute_all(work, outer, cors_proxy_sections(server));
    precompute_all(work, outer, core_server->sec_url);
}

void cors_precompute(apr_pool_t *p, server_rec *server)
{
    precompute_t work;

    work.p = p;
    work.left = PRECOMPUTED_MAX;
    for (; server; server = server->next) {
        precompute_server(&work, server);
    }
}
