/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds the section of a request that ended before httpd looked for <Location>
 * sections: reading it failed, or a module refused it in post_read_request. Its error
 * page follows the policy of the requested URL, like any other error. mod_http2, too,
 * creates such a request: it answers with 500 for a stream without a response.
 *
 * httpd stores a note in each request for which it has looked for sections. If the note
 * is missing, this file walks over the sections with httpd's own functions, but on a
 * copy of the request, and removes the notes of this walk. So httpd and other modules
 * see no difference. It does not look for files: a <Directory>, <Files> or .htaccess
 * file remains unknown, and so does the URL of a request line that was not read.
 */

#include "httpd/request/late.h"

#include <apr_strings.h>
#include <http_request.h>

#include "core/base/compiler.h"
#include "core/policy/section.h"
#include "httpd/config/server.h"
#include "httpd/request/decision.h"

/* Returns whether there are sections that httpd has not looked for yet. */
static bool is_unlocated(request_rec *r)
{
    const core_server_config *server =
        ap_get_core_module_config(r->server->module_config);
    const core_dir_config *config =
        ap_get_core_module_config(r->server->lookup_defaults);
    void **location = ap_get_request_note(r, AP_NOTE_LOCATION_WALK);
    void **condition = ap_get_request_note(r, AP_NOTE_IF_WALK);

    return location && condition && !*location && !*condition
           && r->per_dir_config == r->server->lookup_defaults
           && (server->sec_url->nelts > 0 || config->sec_if);
}

/*
 * Returns the path of a request as httpd compares it with <Location> sections; NULL:
 * unknown. A URL in absolute form may be for another server. A path with an invalid
 * escape is not decoded: httpd looks for the sections of such a path as well.
 */
static char *path_of(const request_rec *r)
{
    const core_server_config *server =
        ap_get_core_module_config(r->server->module_config);
    const core_dir_config *config =
        ap_get_core_module_config(r->per_dir_config);
    char *path;
    int status;

    if (!r->uri || !r->unparsed_uri || r->unparsed_uri[0] != '/') {
        return NULL;
    }
    path = apr_pstrdup(r->pool, r->uri);
    status =
        config->allow_encoded_slashes
            ? ap_unescape_url_keep2f(path, (int)config->decode_encoded_slashes)
            : ap_unescape_url(path);
    if (status != OK) {
        path = apr_pstrdup(r->pool, r->uri);
    }
    ap_getparents(path);
    if (server->merge_slashes != AP_CORE_CONFIG_OFF) {
        ap_no2slash(path);
    }
    return path;
}

/*
 * Returns the section for a path.
 *
 * whole: all header fields have been read, so that conditions can be evaluated
 * vary:  set to the header fields that conditions have read; NULL: none
 */
static const cors_section_t *section_of(request_rec *r, char *path, bool whole,
                                        const char **vary)
{
    request_rec *copy = apr_pmemdup(r->pool, r, sizeof(*r));
    int status;

    copy->uri = path;
    copy->headers_out = apr_table_make(r->pool, 1);
    copy->subprocess_env = apr_table_copy(r->pool, r->subprocess_env);
    status = ap_location_walk(copy);
    if (status == OK && whole) {
        status = ap_if_walk(copy);
    }
    *ap_get_request_note(r, AP_NOTE_LOCATION_WALK) = NULL;
    *ap_get_request_note(r, AP_NOTE_IF_WALK) = NULL;
    *vary = apr_table_get(copy->headers_out, "Vary");
    return status == OK ? cors_section_in_force(copy) : NULL;
}

CORS_SLOW void cors_chain_locate(request_rec *r)
{
    request_rec *first = cors_first(r);
    cors_chain_t *chain = cors_chain(first);
    const cors_section_t *section;
    const char *vary;
    char *path;

    if (!cors_server_of(first->server)->fields || (chain && chain->section)
        || cors_is_forward_proxy(first) || !is_unlocated(first)) {
        return;
    }
    path = path_of(first);
    /* post_read_request creates the state, when all fields have been read */
    section = path ? section_of(first, path, chain != NULL, &vary) : NULL;
    if (section) {
        chain = cors_chain_make(first);
        chain->visit.section = section;
        cors_chain_take(chain, first, section, false);
        cors_chain_decide(first, chain);
        if (vary) {
            chain->vary = vary;
        }
    }
}
