/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_cors_policy.h
 * @brief What mod_cors_policy offers to other modules
 *
 * A module that reads decisions includes this header, and retrieves the function when
 * httpd has loaded all modules, for example in its optional_fn_retrieve hook:
 *
 *     static APR_OPTIONAL_FN_TYPE(cors_policy_lookup) *lookup;
 *
 *     lookup = APR_RETRIEVE_OPTIONAL_FN(cors_policy_lookup);
 *     verdict = lookup ? lookup(r, "CORS_VERDICT") : NULL;
 *
 * Everything in this header is stable: a later version only adds to it. The module's own
 * files do not share anything through this header: their headers are beside them in src.
 */

#ifndef MOD_CORS_POLICY_H
#define MOD_CORS_POLICY_H

#include <apr_optional.h>
#include <apr_tables.h>
#include <httpd.h>
#include <http_config.h>

/** The version of the module that this header belongs to. */
#define CORS_POLICY_VERSION "1.0.0"

/**
 * Returns one value of the decision about a request. The values are those of httpd's
 * expressions, such as %{CORS_VERDICT}; docs/directives.md lists them. The decision exists
 * from the header_parser hook on; a later hook may still narrow it for the resource that
 * is served.
 *
 * @param r     the request, or a subrequest or internal redirect of it
 * @param name  CORS_VERDICT, CORS_REASON, CORS_ORIGIN, CORS_DIRECTIVE,
 *              CORS_PROTECT_VERDICT, CORS_PROTECT_REASON or CORS_PROTECT_DIRECTIVE, in any
 *              case
 * @return the value, which lives as long as the request and is not escaped; NULL: there is
 *   no such value, because no policy is in force or the name is unknown
 */
APR_DECLARE_OPTIONAL_FN(const char *, cors_policy_lookup,
                        (request_rec * r, const char *name));

/*
 * Sources of origins.
 *
 * A module can provide a type of the directive CorsOriginSource, such as "ldap" for
 * "CorsOriginSource staff ldap:dc=example". It keeps the list in a file, and
 * mod_cors_policy loads this file, whenever it changes, into the memory that all children
 * share. So the module does not need a function that requests call: any process can write
 * the file, and it remains the last good list over restarts.
 *
 *     static const char *configure(cmd_parms *cmd, const char *name,
 *                                  const char *spec, const apr_table_t *options,
 *                                  const char **path)
 *     {
 *         if (!*spec) {
 *             return "'ldap:': the base is missing; write ldap:dc=example,dc=com";
 *         }
 *         *path = ap_runtime_dir_relative(cmd->pool,
 *                                         apr_pstrcat(cmd->pool, name, ".list", NULL));
 *         return NULL;
 *     }
 *
 *     static const cors_origin_source_provider_t provider = { configure };
 *
 *     static void register_hooks(apr_pool_t *p)
 *     {
 *         ap_register_provider(p, CORS_ORIGIN_SOURCE_GROUP, "ldap",
 *                              CORS_ORIGIN_SOURCE_VERSION, &provider);
 *     }
 *
 * The file must always be a complete frame:
 *
 *     begin VERSION
 *     https://app.example.com     red.example.com
 *     end 1 VERSION
 *
 * The lines are those of CorsAllowOriginsFile; COUNT after "end" is their number, and
 * VERSION has 1 to 64 visible ASCII characters. Write a file with another name, and rename
 * it. httpd's parent and its children must be able to read the file. It must be a regular
 * file, and not a symbolic link.
 *
 * No state of the file prevents a start or a restart. Without a file the list allows no
 * origin, with the reason origins-not-loaded. A file that becomes invalid leaves the last
 * good list in force. The file is checked twice a second. The module need not set the
 * modification time of the file if the list is the same, but it may do so, to show that the
 * list is up to date.
 */

/** The group and the version of the providers, for ap_register_provider(). */
#define CORS_ORIGIN_SOURCE_GROUP "cors_policy origin source"
#define CORS_ORIGIN_SOURCE_VERSION "1"

/** A provider of a type of CorsOriginSource, under the name of the type in lower case. */
typedef struct {
    /**
     * Read a directive. httpd reads its configuration twice at a start, and again at each
     * restart, so this function must not start anything; a post_config hook can.
     *
     * @param cmd      of the directive; cmd->pool is the pool of the configuration
     * @param name     of the source, unique: letters, digits, "-", "_" and "."
     * @param spec     the text after the type and its colon, maybe empty
     * @param options  the options key=value of the directive that mod_cors_policy does not
     *                 know itself, each once; keys are not case-sensitive
     * @param path     to be set to the absolute path of the file
     * @return NULL; or an error, which keeps httpd from starting, as a sentence such as
     *   "'refresh=0': the interval is 100ms or longer; write refresh=1s"
     */
    const char *(*configure)(cmd_parms *cmd, const char *name, const char *spec,
                             const apr_table_t *options, const char **path);
} cors_origin_source_provider_t;

#endif /* MOD_CORS_POLICY_H */
