/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_core.h>

/* A walk over all sections, and what it has found. */
typedef struct {
    apr_pool_t *p;
    server_rec *server;
    apr_hash_t *said; /* each sentence once, whatever inherits it */
    int problems;
} walk_t;

static void complain(walk_t *walk, const cors_policy_t *policy)
{
    const cors_setting_t *first = policy->culprits[0];
    const cors_setting_t *second = policy->culprits[1];
    const char *sentence =
        apr_pstrcat(walk->p, first->said, second ? " with " : "",
                    second ? second->said : "", ": ",
                    cors_problem_reason(policy->problem), NULL);

    walk->problems++;
    if (!apr_hash_get(walk->said, sentence, APR_HASH_KEY_STRING)) {
        apr_hash_set(walk->said, sentence, APR_HASH_KEY_STRING, sentence);
        ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, walk->server,
                     "%s", sentence);
    }
}

/* A policy is chosen by method, so each method's is looked at. */
static void check_section(walk_t *walk, const cors_section_t *section)
{
    int number;

    for (number = 0; number < METHODS; number++) {
        cors_policy_t policy;

        cors_policy_resolve(walk->p, section, cors_methods_bit(number),
                            &policy);
        if (policy.problem) {
            complain(walk, &policy);
        }
    }
}

static void check_sections(walk_t *walk, const cors_section_t *outer,
                           const apr_array_header_t *sections);

static void check_nested(walk_t *walk, const cors_section_t *section,
                         ap_conf_vector_t *config)
{
    const core_dir_config *core = ap_get_core_module_config(config);

    check_sections(walk, section, core->sec_file);
    check_sections(walk, section, core->sec_if);
}

static void check_sections(walk_t *walk, const cors_section_t *outer,
                           const apr_array_header_t *sections)
{
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const cors_section_t *own = cors_section_of(config);
        const cors_section_t *section =
            own ? cors_section_merge(walk->p, outer, own) : outer;

        if (own) {
            check_section(walk, section);
        }
        check_nested(walk, section, config);
    }
}

int cors_check_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                      server_rec *server)
{
    walk_t walk;

    (void)p;
    (void)log;
    walk.p = temp;
    walk.said = apr_hash_make(temp);
    walk.problems = 0;
    for (; server; server = server->next) {
        const core_server_config *core =
            ap_get_core_module_config(server->module_config);
        const cors_section_t *section =
            cors_section_of(server->lookup_defaults);

        walk.server = server;
        check_section(&walk, section);
        check_nested(&walk, section, server->lookup_defaults);
        check_sections(&walk, section, core->sec_dir);
        check_sections(&walk, section, core->sec_url);
    }
    return walk.problems ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
