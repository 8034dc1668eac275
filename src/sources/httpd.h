/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file httpd.h
 * @brief httpd's headers and the symbol of mod_cors_sources, for the files of src/sources
 */

#ifndef CORS_SOURCES_HTTPD_H
#define CORS_SOURCES_HTTPD_H

#include <stdbool.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 88)
#error "mod_cors_sources needs Apache httpd 2.4.41 or newer"
#endif

extern module AP_MODULE_DECLARE_DATA cors_sources_module;
APLOG_USE_MODULE(cors_sources);

#endif /* CORS_SOURCES_HTTPD_H */
