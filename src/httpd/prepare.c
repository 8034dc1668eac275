/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

/*
 * httpd merges the sections that apply anew for every request. The merges of a
 * server's own level with each of its sections, and of those with what is nested
 * in them, are made here once, together with their policies: a request to which
 * one <Location> or <Directory> applies then only finds them. What more sections
 * come to together is left to the request.
 */

/* The most merges that are made; httpd makes the others for each request. */
#define PREPARED_MAX 10000

typedef struct {
    apr_pool_t *p;
    int left;
} prepare_t;

static cors_section_t *own_section(const ap_conf_vector_t *config)
{
    /* nobody reads it yet, so it can still be written to */
    return (cors_section_t *)(apr_uintptr_t)cors_section_of(config);
}

static void prepare_section(prepare_t *prepare, const cors_section_t *section)
{
    if (!cors_section_empty(section) && !cors_section_folded(section)) {
        cors_policy_prepare(prepare->p,
                            (cors_section_t *)(apr_uintptr_t)section);
        prepare->left--;
    }
}

static void prepare_all(prepare_t *prepare, const cors_section_t *outer,
                        const apr_array_header_t *sections)
{
    int i;

    for (i = 0; sections && i < sections->nelts && prepare->left > 0; i++) {
        const ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(config);
        cors_section_t *own = own_section(config);
        const cors_section_t *merged = outer;

        if (own) {
            merged = cors_section_pair(prepare->p, outer, own);
            prepare_section(prepare, merged);
        }
        prepare_all(prepare, merged, core->sec_file);
        prepare_all(prepare, merged, core->sec_if);
    }
}

void cors_prepare(apr_pool_t *p, server_rec *server)
{
    prepare_t prepare;

    prepare.p = p;
    prepare.left = PREPARED_MAX;
    for (; server; server = server->next) {
        const ap_conf_vector_t *config = server->lookup_defaults;
        const core_dir_config *core = ap_get_core_module_config(config);
        const core_server_config *core_server =
            ap_get_core_module_config(server->module_config);
        const cors_section_t *outer = cors_section_of(config);

        prepare_section(&prepare, outer);
        prepare_all(&prepare, outer, core->sec_file);
        prepare_all(&prepare, outer, core->sec_if);
        prepare_all(&prepare, outer, core_server->sec_dir);
        prepare_all(&prepare, outer, core_server->sec_url);
    }
}
