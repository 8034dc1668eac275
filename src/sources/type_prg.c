/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the type prg of CorsOriginSource: the program and its arguments. All of it runs in
 * the parent, while httpd reads its configuration. It starts nothing: refresher.c does,
 * once the configuration is complete.
 */

#include "sources/type_prg.h"

#include <errno.h>

#include <sys/stat.h>

#include <ap_provider.h>
#include <apr_strings.h>

#include "mod_cors_policy.h"
#include "sources/options.h"

/* Check the command. Returns an error, or NULL. */
static const char *check_command(apr_pool_t *p, const char *spec,
                                 char *const *argv)
{
    const char *word = apr_pstrcat(p, "prg:", spec, NULL);
    struct stat info;
    char text[80];

    if (!argv[0] || argv[0][0] != '/') {
        return cors_message(p, CORS_MESSAGE_PROGRAM_PATH, word, NULL, NULL);
    }
    if (stat(argv[0], &info) != 0) {
        return cors_message(p, CORS_MESSAGE_PROGRAM_FILE, word,
                            apr_strerror(APR_FROM_OS_ERROR(errno), text,
                                         sizeof(text)),
                            NULL);
    }
    if (!S_ISREG(info.st_mode) || !(info.st_mode & 0111)) {
        return cors_message(p, CORS_MESSAGE_PROGRAM_FILE, word,
                            S_ISREG(info.st_mode) ? "no execute permission"
                                                  : "not a regular file",
                            NULL);
    }
    return NULL;
}

static int read_option(void *context, const char *key, const char *value)
{
    cors_options_t *options = context;

    if (!cors_options_read(options, key, value)) {
        cors_options_error(options, CORS_MESSAGE_PROGRAM_OPTION, key, value,
                           NULL, NULL);
    }
    return 1;
}

static const char *configure(cmd_parms *cmd, const char *name, const char *spec,
                             const apr_table_t *table, const char **path)
{
    apr_pool_t *p = cmd->pool;
    cors_list_source_t source;
    cors_options_t options;
    char **argv;

    cors_options_begin(&options, p, &source, name);
    if (apr_tokenize_to_argv(spec, &argv, p) != APR_SUCCESS) {
        return cors_message(p, CORS_MESSAGE_PROGRAM_PATH, spec, NULL, NULL);
    }
    source.argv = argv;
    source.label = argv[0];
    options.error = check_command(p, spec, argv);
    apr_table_do(read_option, &options, table, NULL);
    return cors_options_end(&options, path);
}

void cors_register_prg(apr_pool_t *p)
{
    static const cors_origin_source_provider_t provider = { configure };

    ap_register_provider(p, CORS_ORIGIN_SOURCE_GROUP, "prg",
                         CORS_ORIGIN_SOURCE_VERSION, &provider);
}
