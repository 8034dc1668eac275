/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file server.h
 * @brief What start-up has determined about a server
 */

#ifndef CORS_CONFIG_SERVER_H
#define CORS_CONFIG_SERVER_H

#include "httpd/httpd.h"

/** The module's configuration of a server: what start-up has determined about it. */
typedef struct {
    /* answer preflights before httpd looks for a file: no section for files and no
     * .htaccess file can change the answer */
    bool answers_early;
    /* some <Directory> has directives of this module; only if answers_early is set */
    bool has_directories;
    /* a bit mask of the header fields that are noted of its requests, see client_request.c */
    unsigned fields;
} cors_server_t;

/** @return what start-up has determined about a server */
static inline cors_server_t *cors_server_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &cors_policy_module);
}

#endif /* CORS_CONFIG_SERVER_H */
