/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file hooks.h
 * @brief The hooks, in the order of a request
 */

#ifndef CORS_REQUEST_HOOKS_H
#define CORS_REQUEST_HOOKS_H

#include "httpd/httpd.h"

/**
 * Each function is registered for the hook of its name. cors_hook_handler() runs before
 * all other handlers, and also answers for the status page.
 */
int cors_hook_post_read_request(request_rec *r);
int cors_hook_pre_translate_name(request_rec *r);
int cors_hook_translate_name(request_rec *r);
int cors_hook_post_perdir_config(request_rec *r);
int cors_hook_header_parser(request_rec *r);
int cors_hook_fixups(request_rec *r);
int cors_hook_handler(request_rec *r);

#endif /* CORS_REQUEST_HOOKS_H */
