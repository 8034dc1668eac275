/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Precomputes policies at start-up. httpd merges the applicable sections again for each
 * request. This file merges, once, a server's own level with each of its sections, and
 * these with the sections nested in them, and resolves their policies. If a single
 * <Location> or <Directory> applies to a request, the request only looks up the result.
 * Other combinations are merged during the request.
 *
 * It also determines which servers may answer preflights before httpd looks for a file.
 * That is allowed only if no section for files and no .htaccess file can change the
 * answer. The list of harmless modules below is a list of what is known to be safe: any
 * other module's directive in such a section disables the short cut.
 */

#include "httpd/httpd.h"

#include <string.h>

/* The maximum number of merges made at start-up. httpd makes the others for each
 * request. */
#define PREPARED_MAX 10000

typedef struct {
    apr_pool_t *p;
    int left;
} prepare_t;

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
            if (cors_origin_set_word(set, i)->file) {
                cors_origins_file_forbid_suffix(
                    p, cors_origin_set_word(set, i)->text);
            }
        }
    }
}

static void prepare_section(prepare_t *prepare, const cors_section_t *section)
{
    const cors_policy_t *last = NULL;
    int method;

    if (!cors_section_empty(section) && !cors_section_resolved(section)) {
        cors_policy_prepare(prepare->p,
                            (cors_section_t *)(apr_uintptr_t)section);
        prepare->left--;
        for (method = 0; method < CORS_METHODS_COUNT; method++) {
            const cors_policy_t *policy = cors_policy_find(section, method);

            if (policy != last) {
                forbid_suffixes(prepare->p, policy);
                last = policy;
            }
        }
    }
}

/* Returns whether a section of a virtual host is one of the base server: httpd puts
 * these first. */
static bool is_base_section(const apr_array_header_t *base, int i,
                            const ap_conf_vector_t *config)
{
    return base && i < base->nelts
           && APR_ARRAY_IDX(base, i, ap_conf_vector_t *) == config;
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
        if (core) {
            prepare_all(prepare, merged, core->sec_file);
            prepare_all(prepare, merged, core->sec_if);
        }
    }
}

/* Returns whether a module's directives in a <Directory> or <Files> cannot change the
 * answer to a preflight: they control access to the resource, select it or describe
 * it. */
static bool is_harmless(const char *module)
{
    static const char *const harmless[] = { "core.c",
                                            "http_core.c",
                                            "mod_access_compat.c",
                                            "mod_actions.c",
                                            "mod_alias.c",
                                            "mod_allowmethods.c",
                                            "mod_auth_basic.c",
                                            "mod_auth_digest.c",
                                            "mod_autoindex.c",
                                            "mod_cgi.c",
                                            "mod_cgid.c",
                                            "mod_dir.c",
                                            "mod_mime.c",
                                            "mod_negotiation.c",
                                            "mod_rewrite.c",
                                            NULL };
    int i;

    for (i = 0; harmless[i]; i++) {
        if (strcmp(module, harmless[i]) == 0) {
            return true;
        }
    }
    return strncmp(module, "mod_authz_", 10) == 0
           || strncmp(module, "mod_authn_", 10) == 0;
}

static bool holds_harmless_only(const ap_conf_vector_t *config)
{
    int i;

    for (i = 0; ap_loaded_modules[i]; i++) {
        if (ap_get_module_config(config, ap_loaded_modules[i])
            && !is_harmless(ap_loaded_modules[i]->name)) {
            return false;
        }
    }
    return true;
}

/* Returns whether sections for files, including nested ones, contain only directives of
 * such modules. The base server's sections were already checked for the base server. */
static bool are_harmless(const apr_array_header_t *sections,
                         const apr_array_header_t *base)
{
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        const ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(config);

        if (!is_base_section(base, i, config)
            && (!holds_harmless_only(config) || core->sec_if || core->log
                || !are_harmless(core->sec_file, NULL))) {
            return false;
        }
    }
    return true;
}

/* Returns whether no section contains an <If> or <Files>: an expression may depend on
 * the file. */
static bool have_no_expression(const apr_array_header_t *sections)
{
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        const core_dir_config *core = ap_get_core_module_config(
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *));

        if (core->sec_if || core->sec_file) {
            return false;
        }
    }
    return true;
}

static bool answers_early(const server_rec *server)
{
    return cors_server_of(server)->answers_early;
}

static bool can_answer_early(const server_rec *server, const server_rec *base)
{
    const core_dir_config *core =
        ap_get_core_module_config(server->lookup_defaults);
    const core_server_config *core_server =
        ap_get_core_module_config(server->module_config);
    const core_dir_config *base_core =
        ap_get_core_module_config(base->lookup_defaults);
    const core_server_config *base_server =
        ap_get_core_module_config(base->module_config);
    bool is_base = server == base;

    /* a virtual host inherits all sections of the base server */
    return (is_base || answers_early(base)) && !cors_htaccess_allowed(server)
           && !core->sec_if && have_no_expression(core_server->sec_url)
           && are_harmless(core->sec_file, is_base ? NULL : base_core->sec_file)
           && are_harmless(core_server->sec_dir,
                           is_base ? NULL : base_server->sec_dir);
}

static void prepare_server(prepare_t *prepare, const server_rec *server)
{
    const ap_conf_vector_t *config = server->lookup_defaults;
    const core_dir_config *core = ap_get_core_module_config(config);
    const core_server_config *core_server =
        ap_get_core_module_config(server->module_config);
    const cors_section_t *outer = cors_section_of(config);

    prepare_section(prepare, outer);
    prepare_all(prepare, outer, core->sec_file);
    prepare_all(prepare, outer, core->sec_if);
    prepare_all(prepare, outer, core_server->sec_dir);
    prepare_all(prepare, outer, cors_proxy_sections(server));
    prepare_all(prepare, outer, core_server->sec_url);
}

void cors_prepare(apr_pool_t *p, server_rec *server)
{
    const server_rec *base = server;
    prepare_t prepare;

    prepare.p = p;
    prepare.left = PREPARED_MAX;
    for (; server; server = server->next) {
        cors_server_of(server)->answers_early = can_answer_early(server, base);
        prepare_server(&prepare, server);
    }
}
