/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * A module that provides a type of CorsOriginSource, and knows mod_cors_policy by its
 * installed header only: "staff:/absolute/path", a file that another process writes.
 */

#include <httpd.h>

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_config.h>

#include "mod_cors_policy.h"

static const char *configure(cmd_parms *cmd, const char *name, const char *spec,
                             const apr_table_t *options, const char **path)
{
    const char *colour = apr_table_get(options, "Colour");

    (void)name;
    if (spec[0] != '/') {
        return apr_pstrcat(cmd->pool, "'staff:", spec,
                           "': the path is absolute; write staff:/", spec, NULL);
    }
    if (colour && strcmp(colour, "blue") != 0) {
        return apr_pstrcat(cmd->pool, "'colour=", colour,
                           "': a colour is blue; write colour=blue", NULL);
    }
    *path = spec;
    return NULL;
}

static void register_hooks(apr_pool_t *p)
{
    static const cors_origin_source_provider_t provider = { configure };

    ap_register_provider(p, CORS_ORIGIN_SOURCE_GROUP, "staff",
                         CORS_ORIGIN_SOURCE_VERSION, &provider);
}

module AP_MODULE_DECLARE_DATA staff_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
    AP_MODULE_FLAG_NONE
};
