/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file sections.h
 * @brief Visit all sections of all virtual hosts
 */

#ifndef CORS_CONFIG_SECTIONS_H
#define CORS_CONFIG_SECTIONS_H

#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/httpd.h"

/** A section with directives of this module, as if it alone applied with its server. */
typedef struct cors_config_section_t {
    server_rec *server;
    cors_container_e kind;
    cors_container_t container;   /* its host is that of the server */
    const cors_section_t *own;    /* the section itself */
    const cors_section_t *merged; /* merged with all that it inherits */
    const cors_scope_t *scope;    /* its title is NULL for a server itself */
    /* for a server itself: a virtual host without a directive of this module at its own
     * level, so that the base server's sections apply to it unchanged */
    bool inherits;
} cors_config_section_t;

/**
 * Returns the sections of a server and its virtual hosts, in the order in which httpd
 * stores them. Each server's own level comes first, even if it has no directive. What a
 * virtual host inherits unchanged (see cors_config_section_t.inherits) is listed only where it is
 * written, so that the size of the list is linear in that of the configuration.
 *
 * @param p       the pool for the sections and their array
 * @param server  the base server
 * @return an array of const cors_config_section_t *
 */
apr_array_header_t *cors_config_sections(apr_pool_t *p, server_rec *server);

/** Called for each section. @a section is valid only during the call. */
typedef void (*cors_config_section_fn)(void *context,
                                       const cors_config_section_t *section);

/**
 * Visit each section of each server, and for each virtual host also the sections that
 * it inherits. Of a section's scope, only the host is filled.
 *
 * @param p       used during the call
 * @param server  the base server
 * @param only    visit the sections of this server only; NULL: of all servers
 */
void cors_config_sections_visit(apr_pool_t *p, server_rec *server,
                                const server_rec *only,
                                cors_config_section_fn visit, void *context);

/** Visit the settings of all sections where they are written. */
void cors_settings_visit(apr_pool_t *p, server_rec *server,
                         cors_setting_fn visit, void *context);

/**
 * Retain what cors_config_sections_visit() needs while requests are served. httpd's strings of
 * file names may be freed after start-up (mod_macro allocates them in its temporary
 * pool).
 *
 * @param p        the configuration's pool
 * @param scratch  used during the call
 * @return whether a SetHandler enables the status page
 */
bool cors_config_sections_retain(apr_pool_t *p, apr_pool_t *scratch,
                                 server_rec *server);

/**
 * @param number  from 0
 * @return one of the sections
 */
const cors_config_section_t *
cors_config_section_at(const apr_array_header_t *sections, int number);

/** @return whether a setting was made in the section itself, not inherited */
bool cors_config_section_owns(const cors_config_section_t *section,
                              const cors_setting_t *setting);

/** @return the \<Proxy> sections of a server, ap_conf_vector_t *; NULL: none */
const apr_array_header_t *cors_proxy_sections(const server_rec *server);

/**
 * @return "file:line" of the \<VirtualHost> of a server; NULL: the base server. At run
 *   time, valid only if cors_config_sections_retain() was called.
 */
const char *cors_server_position(apr_pool_t *p, const server_rec *server);

/** @return whether any .htaccess file may have directives of this module */
bool cors_htaccess_allowed(const server_rec *server);

/** @return whether a .htaccess file in the directory of a file, or above it, may have
 *          directives of this module; if start-up cannot tell, true */
bool cors_htaccess_allowed_for(const server_rec *server, const char *file);

/** The argument of SetHandler that enables the status page. */
#define CORS_PAGE_HANDLER "cors-policy"

/** @return whether a directive is a SetHandler of the status page; @a p is for scratch
 *          memory */
bool cors_enables_page(apr_pool_t *p, const ap_directive_t *directive);

/**
 * Returns whether the SetHandler in force for a request enables the status page and is
 * in the server's own configuration. The author of a .htaccess file can set the same
 * handler by SetHandler, by a file type or by a rewrite rule; that does not enable the
 * page.
 */
bool cors_page_configured(const request_rec *r);

/**
 * @return whether Satisfy Any is in force for a request for the page, but is not in the
 *   same container as its SetHandler: a .htaccess file may have set it
 */
bool cors_page_opened(request_rec *r);

#endif /* CORS_CONFIG_SECTIONS_H */
