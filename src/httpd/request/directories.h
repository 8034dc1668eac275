/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file directories.h
 * @brief The <Directory> sections of a request, found without looking for its file
 */

#ifndef CORS_REQUEST_DIRECTORIES_H
#define CORS_REQUEST_DIRECTORIES_H

#include "httpd/httpd.h"

/**
 * @return whether a \<Directory> has directives of this module
 */
bool cors_has_directories(const server_rec *server);

/**
 * Determine at start-up whether cors_directories_merge() may be used for a server: each
 * \<Directory> with directives of this module is a plain path, and httpd follows
 * symbolic links.
 */
bool cors_directories_are_plain(const server_rec *server);

/**
 * Merge the \<Directory> sections with directives of this module that contain the file
 * of a request into r->per_dir_config, as ap_directory_walk() would. The file itself is
 * not looked for.
 *
 * @param r  its filename is set; its configuration is that of the server
 * @return false if the sections cannot be known without looking for the file; the
 *   request is unchanged then
 */
bool cors_directories_merge(request_rec *r);

#endif /* CORS_REQUEST_DIRECTORIES_H */
