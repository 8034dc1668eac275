/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_cors_policy.h
 * @brief What the files of src/httpd share; the one header that knows httpd
 */

#ifndef MOD_CORS_POLICY_H
#define MOD_CORS_POLICY_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <util_filter.h>

#include "cors/decide.h"
#include "cors/section.h"

#define CORS_POLICY_VERSION_NUMBER 10000
#define CORS_POLICY_VERSION "1.0.0"

extern module AP_MODULE_DECLARE_DATA cors_policy_module;
APLOG_USE_MODULE(cors_policy);

/* directives.c: one handler per kind of directive. cmd->info tells which
 * attribute is set; each reads the raw arguments and reports every mistake in
 * them at once. */

/** What a directive's arguments mean; cmd->info points at one. */
typedef struct {
    cors_attr_e attr;
    const char *const *choices; /* the words, by number; NULL: no choice */
} cors_directive_t;

extern const cors_directive_t cors_directives[CORS_ATTR_COUNT];

const char *cors_set_choice(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_origins(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_origins_match(cmd_parms *cmd, void *section,
                                   const char *args);
const char *cors_set_names(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_max_age(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_preflight_status(cmd_parms *cmd, void *section,
                                      const char *args);

/** httpd's create_dir_config and merge_dir_config */
void *cors_create_dir_config(apr_pool_t *p, char *dir);
void *cors_merge_dir_configs(apr_pool_t *p, void *outer, void *inner);

/** @return what the sections of a configuration vector say; NULL: nothing */
const cors_section_t *cors_section_of(const ap_conf_vector_t *config);

/* startup.c */

/** Refuse a configuration in which sections contradict each other. */
int cors_check_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                      server_rec *server);

/* facts.c */

/**
 * What the core wants to know of a request.
 *
 * @param r      the first request of a chain of internal redirects, whose
 *               fields may be missing when it died while being read
 * @param facts  filled; borrows from the request
 */
void cors_facts(request_rec *r, cors_facts_t *facts);

/** @return the bit of <Limit>'s mask for the method that a policy is chosen by:
 *          the announced one for a preflight, else the request's own */
cors_methods_t cors_method_bit(const request_rec *r, const cors_facts_t *facts);

/* request.c: the hooks, in the order of a request, and the output filter */

void cors_register_filter(void);
int cors_hook_pre_translate_name(request_rec *r);
int cors_hook_translate_name(request_rec *r);
int cors_hook_post_perdir_config(request_rec *r);
int cors_hook_header_parser(request_rec *r);
int cors_hook_fixups(request_rec *r);
void cors_hook_insert_filter(request_rec *r);

/* report.c */

/** Set CORS_VERDICT, CORS_REASON, CORS_ORIGIN and CORS_DIRECTIVE. */
void cors_publish(request_rec *r, const cors_decision_t *decision);

/** Log a decision: a denial at info, anything else at debug.
 *
 * @param r       the request that the browser made
 * @param policy  what it was judged by
 */
void cors_log_decision(request_rec *r, const cors_policy_t *policy,
                       const cors_decision_t *decision);

/** @return "Directive file:line" of what decided, or "Directive (default)" */
const char *cors_deciding_directive(apr_pool_t *p,
                                    const cors_decision_t *decision);

#endif /* MOD_CORS_POLICY_H */
