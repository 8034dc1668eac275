/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file url_sections.h
 * @brief Find the sections that apply to a URL when there is no request
 */

#ifndef CORS_STATUS_URL_SECTIONS_H
#define CORS_STATUS_URL_SECTIONS_H

#include <apr_tables.h>

#include "core/policy/section.h"
#include "httpd/httpd.h"

/** More conditions than this are not combined with each other. */
#define CORS_CONDITIONS_MAX 4

/** A section that applies to a URL. */
typedef struct {
    const cors_section_t *own;
    const cors_scope_t *scope;
    /* sections with a lower number are merged first; 0 if it is not in an <If> */
    int order;
    /* the number of its condition, from 0; -1: it applies without a condition */
    int condition;
} cors_url_section_t;

/** The sections that apply to a URL. */
typedef struct {
    /* const cors_url_section_t * */
    apr_array_header_t *sections;
    /* how many of them are in a condition (<If>, <Proxy>) that only a request decides */
    int conditions;
    /* a directive that may map the URL to another file than DocumentRoot does, or to
     * another URL, so that other sections or .htaccess files may apply; NULL: none, or
     * no such section has a directive of this module */
    const ap_directive_t *remapped;
    /* why a section that does not apply to the URL may apply to what is served for it;
     * NULL: none does. This matters if CorsPolicy is not set for the URL: then the
     * policy of the served resource is in force. */
    const char *served;
    /* a Header directive that sets Access-Control-Allow-Origin for the URL; NULL: none.
     * Only a policy that is on replaces the field. */
    const ap_directive_t *header;
    /* .htaccess files may have directives of this module for the file */
    bool htaccess;
} cors_url_sections_t;

/**
 * Find the sections that apply to a path of a virtual host, in httpd's order.
 *
 * @param p            the pool of the result
 * @param main_server  the base server
 * @param server       the virtual host of the URL
 * @param path         of the URL, decoded; starts with a slash
 * @param found        filled
 */
void cors_url_sections_find(apr_pool_t *p, server_rec *main_server,
                            server_rec *server, const char *path,
                            cors_url_sections_t *found);

/**
 * Merge the sections that apply to a URL.
 *
 * @param p     the pool of the section
 * @param held  a bit for each condition that holds, the lowest for condition 0;
 *   conditions with a higher number do not hold
 * @return the merged section; NULL: no section applies
 */
const cors_section_t *cors_url_sections_merge(apr_pool_t *p,
                                              const cors_url_sections_t *found,
                                              unsigned held);

#endif /* CORS_STATUS_URL_SECTIONS_H */
