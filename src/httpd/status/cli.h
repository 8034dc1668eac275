/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file cli.h
 * @brief What the options and directives for httpd -t share
 */

#ifndef CORS_STATUS_CLI_H
#define CORS_STATUS_CLI_H

#include "core/base/json.h"
#include "httpd/httpd.h"

/** Standard output. */
typedef struct {
    apr_pool_t *p; /* for texts, until they are written */
    apr_file_t *out;
} cors_cli_t;

/**
 * Check that a directive is used where it can be: outside of sections, for httpd -t.
 *
 * @param directive  the name of the directive
 * @param arguments  how its arguments are written
 * @return an error, or NULL
 */
const char *cors_cli_misplaced(cmd_parms *cmd, const char *directive,
                               const char *arguments);

/**
 * Store what a directive asks for until httpd has read the whole configuration.
 *
 * @param pconf      the configuration's pool
 * @param directive  the name of the directive, a literal
 * @param asked      must live as long as the pool
 */
void cors_cli_ask(apr_pool_t *pconf, const char *directive, void *asked);

/** @return what cors_cli_ask() has stored for a directive, an array of void *; NULL:
 *   nothing */
const apr_array_header_t *cors_cli_asked(apr_pool_t *pconf,
                                         const char *directive);

/** Open standard output. Returns whether that succeeds; else nothing can be printed. */
bool cors_cli_open(apr_pool_t *p, cors_cli_t *cli);

/** Print a text. */
void cors_cli_print(const cors_cli_t *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Start a JSON text that is printed. */
void cors_cli_json(const cors_cli_t *cli, cors_json_t *json);

/** @return a text with a backslash before each # and \, as TAP needs it */
const char *cors_cli_tap(apr_pool_t *p, const char *text);

/**
 * Write what is buffered, and end httpd -t if the status is not EXIT_SUCCESS: httpd would
 * continue, report that the syntax is OK and exit with 0.
 */
void cors_cli_end(const cors_cli_t *cli, int status);

#endif /* CORS_STATUS_CLI_H */
