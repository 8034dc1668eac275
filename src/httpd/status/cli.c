/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Prints to standard output for httpd -t, and stores what its directives ask for. It is its
 * own file because the dump, CorsExplain, CorsExpect and CorsCompare need the same. It does
 * not know what they print.
 */

#include "httpd/status/cli.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

static const char *key_of(apr_pool_t *pconf, const char *directive)
{
    return apr_pstrcat(pconf, "mod_cors_policy ", directive, NULL);
}

const char *cors_cli_misplaced(cmd_parms *cmd, const char *directive,
                               const char *arguments)
{
    const char *misplaced = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    if (misplaced || ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST) {
        return misplaced;
    }
    return apr_pstrcat(cmd->pool, directive,
                       ": it is for the command line only; remove it, and run "
                       "httpd -t -c '",
                       directive, " ", arguments, "'", NULL);
}

void cors_cli_ask(apr_pool_t *pconf, const char *directive, void *asked)
{
    const char *key = key_of(pconf, directive);
    void *list = NULL;

    apr_pool_userdata_get(&list, key, pconf);
    if (!list) {
        list = apr_array_make(pconf, 4, sizeof(void *));
        apr_pool_userdata_setn(list, key, NULL, pconf);
    }
    APR_ARRAY_PUSH((apr_array_header_t *)list, void *) = asked;
}

const apr_array_header_t *cors_cli_asked(apr_pool_t *pconf,
                                         const char *directive)
{
    void *list = NULL;

    apr_pool_userdata_get(&list, key_of(pconf, directive), pconf);
    return list;
}

bool cors_cli_open(apr_pool_t *p, cors_cli_t *cli)
{
    cli->p = p;
    return apr_file_open_flags_stdout(&cli->out, APR_BUFFERED, p)
           == APR_SUCCESS;
}

void cors_cli_print(const cors_cli_t *cli, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    apr_file_puts(apr_pvsprintf(cli->p, format, arguments), cli->out);
    va_end(arguments);
}

static void write_json(void *context, const char *text, apr_size_t len)
{
    apr_file_write_full(context, text, len, NULL);
}

void cors_cli_json(const cors_cli_t *cli, cors_json_t *json)
{
    cors_json_start(json, write_json, cli->out);
}

const char *cors_cli_tap(apr_pool_t *p, const char *text)
{
    char *escaped = apr_palloc(p, 2 * strlen(text) + 1);
    char *to = escaped;

    for (; *text; text++) {
        if (*text == '#' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to = '\0';
    return escaped;
}

void cors_cli_end(const cors_cli_t *cli, int status)
{
    apr_file_flush(cli->out);
    if (status != EXIT_SUCCESS) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): httpd -t has a single thread */
        exit(status);
    }
}
