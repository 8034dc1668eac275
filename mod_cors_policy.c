/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_cors_policy.c
 * @brief The module record: the directives in the manual's order and the hooks in the
 *   order of a request
 *
 * This file is the table of contents. It contains no logic: each directive and each
 * hook is a function in src/httpd. It must keep its name, because <IfModule> and the
 * hook order of other modules refer to it. The hook order that matters is declared
 * below: the section is captured before other modules can end a request early,
 * preflights are answered after the modules that set variables, and the filter runs
 * after mod_headers.
 */

#include "httpd/httpd.h"

#include <http_connection.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <mpm_common.h>

#include "httpd/config/check.h"
#include "httpd/config/directives.h"
#include "httpd/config/precompute.h"
#include "httpd/lifecycle.h"
#include "httpd/request/early.h"
#include "httpd/request/filter.h"
#include "httpd/request/hooks.h"
#include "httpd/request/readers.h"
#include "httpd/shared/shared_list.h"
#include "httpd/status/compare.h"
#include "httpd/status/dump.h"
#include "httpd/status/expect.h"
#include "httpd/status/explain_cli.h"
#include "httpd/status/mod_status.h"
#include "httpd/status/self_requests.h"

/* clang-format off */
#define DIRECTIVE(attr, name, handler, help)                                  \
    AP_INIT_RAW_ARGS(name, handler, (void *)&cors_attrs[CORS_ATTR_##attr],     \
                     OR_FILEINFO, help)

/* only the administrator may name files, not the author of a .htaccess file */
#define FILE_DIRECTIVE(attr, name, handler, help)                             \
    AP_INIT_RAW_ARGS(name, handler, (void *)&cors_attrs[CORS_ATTR_##attr],     \
                     RSRC_CONF | ACCESS_CONF, help)
#define SERVER_DIRECTIVE(attr, name, handler, help)                           \
    AP_INIT_RAW_ARGS(name, handler, (void *)&cors_attrs[CORS_ATTR_##attr],     \
                     RSRC_CONF, help)

/* sets no attribute: for httpd -t -c only, or a check of the policies */
#define COMMAND_DIRECTIVE(none, name, handler, help)                          \
    AP_INIT_RAW_ARGS(name, handler, NULL, RSRC_CONF, help)

static const command_rec directives[] = {
    DIRECTIVE(MODE, "CorsPolicy", cors_set_choice,
              "Whether the CORS policy is in force"),
    DIRECTIVE(ORIGINS, "CorsAllowOrigins", cors_set_origins,
              "Origins whose pages may read the responses"),
    DIRECTIVE(ORIGINS, "CorsAllowOriginsMatch", cors_set_origins_match,
              "Regular expressions for origins whose pages may read the responses"),
    FILE_DIRECTIVE(ORIGINS, "CorsAllowOriginsFile", cors_set_origins_file,
              "Files of origins whose pages may read the responses"),
    SERVER_DIRECTIVE(ORIGINS, "CorsAllowOriginsFileReload",
              cors_set_origins_file_reload,
              "How often files of origins are checked for changes"),
    SERVER_DIRECTIVE(ORIGINS, "CorsOriginSource", cors_set_origin_source,
              "Give a list of origins a name"),
    FILE_DIRECTIVE(ORIGINS, "CorsAllowOriginsFrom", cors_set_origins_from,
              "A named list of origins whose pages may read the responses"),
    DIRECTIVE(METHODS, "CorsAllowMethods", cors_set_names,
              "Methods that pages of an allowed origin may use"),
    DIRECTIVE(HEADERS, "CorsAllowHeaders", cors_set_names,
              "Request headers that pages of an allowed origin may set"),
    DIRECTIVE(EXPOSE, "CorsExposeHeaders", cors_set_names,
              "Response headers that pages of an allowed origin may read"),
    DIRECTIVE(CREDENTIALS, "CorsAllowCredentials", cors_set_choice,
              "Whether pages of an allowed origin may use cookies and other credentials"),
    DIRECTIVE(MAX_AGE, "CorsMaxAge", cors_set_max_age,
              "How long browsers may cache the response to a preflight"),
    DIRECTIVE(ANY_UNSAFE, "CorsAllowAnyOriginWithCredentialsUnsafe",
              cors_set_choice,
              "Permit credentials together with any origin"),
    DIRECTIVE(NULL_UNSAFE, "CorsAllowNullOriginUnsafe", cors_set_choice,
              "Permit the origin null in a list of origins"),
    DIRECTIVE(SUFFIX_UNSAFE, "CorsAllowPublicSuffixUnsafe", cors_set_choice,
              "Permit credentials together with a wildcard on a public suffix"),
    DIRECTIVE(PREFLIGHT, "CorsPreflight", cors_set_choice,
              "Whether the module or the handler answers an allowed preflight"),
    DIRECTIVE(PREFLIGHT_STATUS, "CorsPreflightStatus",
              cors_set_preflight_status,
              "The statuses of allowed and denied preflights"),
    DIRECTIVE(REJECT, "CorsRejectDisallowed", cors_set_choice,
              "Whether a request from a disallowed origin is refused with 403"),
    DIRECTIVE(BACKEND, "CorsBackendHeaders", cors_set_choice,
              "What happens to CORS headers that the backend has set"),
    DIRECTIVE(PRIVATE_NETWORK, "CorsAllowPrivateNetwork", cors_set_choice,
              "Whether public sites may reach this server on a private network"),
    DIRECTIVE(SET_ENV, "CorsSetEnv", cors_set_choice,
              "Whether programs have the decision in their environment"),
    DIRECTIVE(WEBSOCKET_ORIGINS, "CorsWebSocketAllowOrigins", cors_set_origins,
              "Origins whose pages may open a WebSocket"),
    DIRECTIVE(WEBSOCKET_REQUIRE, "CorsWebSocketRequireOrigin", cors_set_choice,
              "Whether a checked WebSocket handshake must have an Origin header"),
    DIRECTIVE(PROTECT, "CorsProtect", cors_set_protect,
              "Whether requests that may be forged by another site are refused"),
    DIRECTIVE(PROTECT_ORIGINS, "CorsProtectAllowOrigins", cors_set_origins,
              "Origins whose pages may send the requests that CorsProtect refuses"),
    DIRECTIVE(PROTECT_EMBEDDING, "CorsProtectEmbedding", cors_set_choice,
              "Whether pages of other sites may embed the resource"),
    DIRECTIVE(PROTECT_HOST, "CorsProtectHost", cors_set_choice,
              "Whether requests for foreign host names are refused"),
    DIRECTIVE(TIMING, "CorsTimingAllowOrigin", cors_set_choice,
              "Origins whose pages may measure how the resource was loaded"),
    DIRECTIVE(RESOURCE, "CorsResourcePolicy", cors_set_choice,
              "Pages that browsers allow to embed the resource"),
    COMMAND_DIRECTIVE(NONE, "CorsExpect", cors_set_expect,
              "What the policies are expected to allow or deny"),
    COMMAND_DIRECTIVE(NONE, "CorsExplain", cors_set_explain,
              "With httpd -t: whether a page may make a request, and why"),
    COMMAND_DIRECTIVE(NONE, "CorsCompare", cors_set_compare,
              "With httpd -t: what the policies allow differently from a dump"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
/* clang-format on */

static void register_hooks(apr_pool_t *p)
{
    static const char *const redirecting[] = { "mod_rewrite.c", "mod_proxy.c",
                                               "mod_alias.c", NULL };
    static const char *const caching[] = { "mod_cache.c", NULL };
    static const char *const setting_variables[] = { "mod_setenvif.c",
                                                     "mod_env.c", NULL };

    (void)p;
    ap_hook_pre_config(cors_register_log_tags, NULL, NULL, APR_HOOK_MIDDLE);
    cors_register_lookup();
    ap_hook_expr_lookup(cors_hook_expr_lookup, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cors_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cors_check_expectations, NULL, NULL, APR_HOOK_LAST);
    ap_hook_test_config(cors_dump, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(cors_explain_cli, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(cors_compare_cli, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_config(cors_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cors_hook_child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(cors_monitor_origins_files, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(cors_hook_pre_connection, NULL, NULL,
                           APR_HOOK_MIDDLE);

    ap_hook_post_read_request(cors_hook_post_read_request, NULL, NULL,
                              APR_HOOK_REALLY_FIRST);
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 109)
    ap_hook_pre_translate_name(cors_hook_pre_translate_name, NULL, NULL,
                               APR_HOOK_REALLY_FIRST);
#endif
    ap_hook_translate_name(cors_hook_translate_name, NULL, redirecting,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(cors_hook_map_to_storage, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_perdir_config(cors_hook_post_perdir_config, NULL, NULL,
                               APR_HOOK_REALLY_FIRST);
    ap_hook_header_parser(cors_hook_header_parser, setting_variables, NULL,
                          APR_HOOK_LAST);
    ap_hook_fixups(cors_hook_fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(cors_hook_handler, NULL, caching, APR_HOOK_REALLY_FIRST);
    APR_OPTIONAL_HOOK(ap, status_hook, cors_status_hook, NULL, NULL,
                      APR_HOOK_MIDDLE);
    cors_register_filter();
    ap_hook_insert_filter(cors_hook_insert_filter, NULL, NULL,
                          APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(cors_hook_insert_error_filter, NULL, NULL,
                                APR_HOOK_REALLY_LAST);
}

module AP_MODULE_DECLARE_DATA cors_policy_module = { STANDARD20_MODULE_STUFF,
                                                     cors_create_dir_config,
                                                     cors_merge_dir_configs,
                                                     NULL,
                                                     NULL,
                                                     directives,
                                                     register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
                                                     AP_MODULE_FLAG_NONE
#endif
};
