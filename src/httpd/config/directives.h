/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file directives.h
 * @brief Read the module's directives; create per-directory configurations
 */

#ifndef CORS_CONFIG_DIRECTIVES_H
#define CORS_CONFIG_DIRECTIVES_H

#include "core/policy/section.h"
#include "httpd/httpd.h"

/*
 * A handler for each kind of directive. cmd->info identifies the attribute to set. Each
 * handler parses the raw arguments and reports all errors in them at once.
 */

/** Each attribute by its number; cmd->info points to one of them. */
extern const cors_attr_e cors_attrs[CORS_ATTR_COUNT];

/**
 * The handlers of directives.
 *
 * @param cmd      its info points to an element of cors_attrs
 * @param section  the cors_section_t to fill
 * @param args     the raw arguments
 * @return NULL, or a message with all errors
 */
const char *cors_set_protect(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_choice(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_origins(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_origins_match(cmd_parms *cmd, void *section,
                                   const char *args);
const char *cors_set_origins_file(cmd_parms *cmd, void *section,
                                  const char *args);
const char *cors_set_origin_source(cmd_parms *cmd, void *section,
                                   const char *args);
const char *cors_set_origins_from(cmd_parms *cmd, void *section,
                                  const char *args);
const char *cors_set_origins_file_reload(cmd_parms *cmd, void *section,
                                         const char *args);
const char *cors_set_names(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_max_age(cmd_parms *cmd, void *section, const char *args);
const char *cors_set_preflight_status(cmd_parms *cmd, void *section,
                                      const char *args);

/** httpd's create_dir_config */
void *cors_create_dir_config(apr_pool_t *p, char *dir);

/**
 * @return whether the configuration that was read into a pool has a directive of this
 *   module, not counting .htaccess files
 */
bool cors_is_configured(apr_pool_t *pconf);

/** @return the section in a configuration vector; NULL: none */
const cors_section_t *cors_section_of(const ap_conf_vector_t *config);

#endif /* CORS_CONFIG_DIRECTIVES_H */
