/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Answers a preflight from the map_to_storage hook, before httpd looks for a file.
 *
 * Most of the work for a request to a static file is the look-up of the file: httpd
 * checks each directory on the way to it, and reads .htaccess files. A preflight needs
 * none of that if no section for files can change its answer. This file decides at
 * start-up for which servers that holds, and answers their preflights early. It is only
 * an optimization: without it, the header_parser hook answers the same preflights with
 * the same headers. A build with -DCORS_WITHOUT_EARLY leaves it out, and the whole test
 * suite passes either way.
 *
 * What it relies on in httpd (server/request.c, ap_process_request_internal):
 *
 * - The core's own map_to_storage hook, which walks the directories, is registered as
 *   APR_HOOK_REALLY_LAST. The hook here is APR_HOOK_LAST, so it runs before. mod_proxy's
 *   hook is APR_HOOK_FIRST and has taken proxied requests by then.
 * - ap_location_walk() merges the <Location> sections into r->per_dir_config and may be
 *   called at any time; httpd calls it again after map_to_storage. Its result is cached
 *   with the request, so the second call costs little.
 * - post_perdir_config and header_parser are the only hooks between map_to_storage and
 *   access control, and both may be run here. They run in the same order and with the
 *   same configuration as later, except for sections that the check at start-up has
 *   ruled out. Of the modules in httpd, mod_setenvif sets variables there; a module that
 *   refuses a request there is obeyed here, too.
 * - A status that map_to_storage returns ends the request as one from header_parser
 *   does. DONE ends it with the response that has been sent.
 *
 * If the walk fails, or if the preflight is not answered by the module, r->per_dir_config
 * is restored and the request goes its usual way. It is then decided again, with all
 * sections.
 *
 * What a change in httpd would cost: if another hook came before access control, its
 * effect on a preflight would be lost, and the hook must be run here as well. If
 * ap_location_walk() stopped being callable, this file would have to go, and preflights
 * would cost as much as other requests.
 *
 * The check at start-up is conservative. A server is excluded if a .htaccess file may
 * have directives of this module, if any <Location> contains an <If> or <Files>, or if a
 * section for files contains a directive of a module that is not known to be harmless.
 * This module's own directives are harmless in a <Directory> with a plain path only,
 * because the text of the path shows whether it applies (directories.c).
 * The list of harmless modules names those that are known to be safe: a module that is
 * not in it disables the optimization, not the answer.
 */

#include "httpd/request/early.h"

#include <string.h>

#include <http_request.h>

#include "core/base/compiler.h"
#include "core/policy/decide.h"
#include "httpd/config/sections.h"
#include "httpd/config/server.h"
#include "httpd/request/decision.h"
#include "httpd/request/directories.h"
#include "httpd/request/facts.h"
#include "httpd/request/preflight.h"

#ifdef CORS_WITHOUT_EARLY

void cors_early_prepare(server_rec *server)
{
    (void)server;
}

int cors_hook_map_to_storage(request_rec *r)
{
    (void)r;
    return DECLINED;
}

#else

/* Returns whether a section of a virtual host is one of the base server: httpd puts
 * these first. */
static bool is_base_section(const apr_array_header_t *base, int i,
                            const ap_conf_vector_t *config)
{
    return base && i < base->nelts
           && APR_ARRAY_IDX(base, i, ap_conf_vector_t *) == config;
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

/* but: a module whose directives do not count; NULL: none */
static bool holds_harmless_only(const ap_conf_vector_t *config,
                                const module *but)
{
    int i;

    for (i = 0; ap_loaded_modules[i]; i++) {
        if (ap_loaded_modules[i] != but
            && ap_get_module_config(config, ap_loaded_modules[i])
            && !is_harmless(ap_loaded_modules[i]->name)) {
            return false;
        }
    }
    return true;
}

/* Returns whether sections for files, including nested ones, contain only directives of
 * such modules. The base server's sections were already checked for the base server. */
static bool are_harmless(const apr_array_header_t *sections,
                         const apr_array_header_t *base, const module *but)
{
    int i;

    for (i = 0; sections && i < sections->nelts; i++) {
        const ap_conf_vector_t *config =
            APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *core = ap_get_core_module_config(config);

        if (!is_base_section(base, i, config)
            && (!holds_harmless_only(config, but) || core->sec_if || core->log
                || !are_harmless(core->sec_file, NULL, NULL))) {
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
           && are_harmless(core->sec_file, is_base ? NULL : base_core->sec_file,
                           NULL)
           && are_harmless(core_server->sec_dir,
                           is_base ? NULL : base_server->sec_dir,
                           &cors_policy_module);
}

static void prepare(const server_rec *server, const server_rec *base)
{
    cors_server_t *own = cors_server_of(server);

    own->has_directories = cors_has_directories(server);
    own->answers_early =
        can_answer_early(server, base)
        && (!own->has_directories || cors_directories_are_plain(server));
}

void cors_early_prepare(server_rec *server)
{
    const server_rec *base = server;

    for (; server; server = server->next) {
        prepare(server, base);
    }
}

/* Merge the sections that apply, as httpd would do next. Returns false if they are not
 * known without looking for the file. */
static bool find_sections(request_rec *r)
{
    return (!cors_server_of(r->server)->has_directories
            || cors_directories_merge(r))
           && ap_location_walk(r) == OK;
}

/* Decide by the sections found. Returns the status of the answer; DECLINED: the module
 * does not answer the request. */
static int answer_by_sections(request_rec *r, cors_chain_t *chain,
                              const cors_facts_t *facts)
{
    const cors_policy_t *policy;
    int status;

    cors_capture(r, true);
    if (!chain->section) {
        return DECLINED;
    }
    policy = cors_policy_for(r->pool, chain->section, chain, facts);
    if (policy->has_tenants) {
        /* the variables of its expression may not be set yet */
        return DECLINED;
    }
    cors_chain_decide_by(r, chain, policy, facts);
    if (!cors_preflight_is_answered(chain)) {
        return DECLINED;
    }
    status = ap_run_post_perdir_config(r);
    if (status == OK || status == DECLINED) {
        status = ap_run_header_parser(r);
    }
    return status == OK ? DECLINED : status;
}

/*
 * Answer a preflight before httpd looks for a file, which is most of the work. This is
 * done only if no section for files can change the answer: cors_early_prepare() has
 * checked that. The later phases that matter are run here in the same way as httpd runs them.
 */
CORS_SLOW static int answer_early(request_rec *r)
{
    const cors_server_t *server = cors_server_of(r->server);
    ap_conf_vector_t *config = r->per_dir_config;
    cors_chain_t *chain = cors_chain(r);
    cors_facts_t facts;
    cors_visit_t visit;
    request_rec *owner;
    int status = DECLINED;

    if (r->prev || r->main || r->proxyreq || !server->answers_early || !chain
        || (!chain->section && !server->has_directories)) {
        return DECLINED;
    }
    cors_facts(&chain->noted, &facts);
    if (!cors_is_preflight(&facts)) {
        return DECLINED;
    }
    visit = chain->visit;
    owner = chain->owner;
    if (find_sections(r)) {
        status = answer_by_sections(r, chain, &facts);
    }
    if (status == DECLINED) {
        /* decided again later, with all sections */
        r->per_dir_config = config;
        cors_chain_take(chain, owner, visit.section, false);
        chain->visit = visit;
    }
    return status;
}

int cors_hook_map_to_storage(request_rec *r)
{
    return r->method_number == M_OPTIONS ? answer_early(r) : DECLINED;
}

#endif /* CORS_WITHOUT_EARLY */
