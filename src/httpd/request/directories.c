/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Finds the <Directory> sections of a request by the text of its path, for preflights that
 * are answered early (early.c). It is its own file because it repeats what httpd does in
 * ap_directory_walk(), and has to be compared with it.
 *
 * httpd descends the path and compares each existing directory with the sections. The
 * result is the same for the text, except where the file system has a say: a directory may
 * be missing, a part of the path may be a file, a symbolic link may be forbidden, and a
 * .htaccess file may change that. One stat() of the deepest section that counts excludes
 * the first two. If a section on the way concerns links or .htaccess files, or if the
 * path is not in its canonical form, httpd has to look itself.
 */

#include "httpd/request/directories.h"

#include <string.h>

#include <apr_file_info.h>

static const apr_array_header_t *sections_of(const server_rec *server)
{
    const core_server_config *core =
        ap_get_core_module_config(server->module_config);

    return core->sec_dir;
}

static ap_conf_vector_t *section_at(const apr_array_header_t *sections, int i)
{
    return APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
}

static bool is_ours(const ap_conf_vector_t *config)
{
    return ap_get_module_config(config, &cors_policy_module) != NULL;
}

static bool is_plain(const core_dir_config *core)
{
    return !core->r && !core->d_is_fnmatch && core->d && core->d[0] == '/';
}

static bool follows_links(allow_options_t options)
{
    return (options & (OPT_SYM_LINKS | OPT_SYM_OWNER)) == OPT_SYM_LINKS;
}

/* Returns whether httpd still follows symbolic links in a section, without a condition,
 * and looks for no .htaccess file. */
static bool leaves_links(const core_dir_config *core)
{
    const bool relative = core->opts & OPT_UNSET;

    return (relative ? !(core->opts_remove & OPT_SYM_LINKS)
                           && !(core->opts_add & OPT_SYM_OWNER)
                     : follows_links(core->opts))
           && (core->override & OR_UNSET || core->override == OR_NONE)
           && !core->override_list;
}

bool cors_has_directories(const server_rec *server)
{
    const apr_array_header_t *sections = sections_of(server);
    int i;

    for (i = 0; i < sections->nelts; i++) {
        if (is_ours(section_at(sections, i))) {
            return true;
        }
    }
    return false;
}

bool cors_directories_are_plain(const server_rec *server)
{
    const core_dir_config *outer =
        ap_get_core_module_config(server->lookup_defaults);
    const apr_array_header_t *sections = sections_of(server);
    int i;

    for (i = 0; i < sections->nelts; i++) {
        const ap_conf_vector_t *config = section_at(sections, i);
        const core_dir_config *core = ap_get_core_module_config(config);

        /* whether a pattern matches is not known without the file */
        if (!is_plain(core) && (is_ours(config) || !leaves_links(core))) {
            return false;
        }
    }
#ifdef CASE_BLIND_FILESYSTEM
    return false;
#else
    return follows_links(outer->opts);
#endif
}

/* Returns whether a path is absolute and in the form in which httpd compares it with
 * sections: it has no empty segment and no "." or "..". */
static bool is_canonical(const char *path)
{
    const char *slash = path;

    if (!path || *path != '/') {
        return false;
    }
    for (; slash; slash = strchr(slash + 1, '/')) {
        const char *segment = slash + 1;

        if (*segment == '.') {
            segment += segment[1] == '.' ? 2 : 1;
            if (*segment == '\0') {
                return false;
            }
        }
        if (*segment == '/') {
            return false;
        }
    }
    return true;
}

/* How a directory relates to a path. */
typedef enum {
    RELATION_OTHER,
    RELATION_ABOVE,
    RELATION_SAME
} relation_e;

/* dir has a final slash. A path that lacks only this slash may be the directory, or may
 * be missing. */
static relation_e relate(const char *dir, const char *path, apr_size_t len)
{
    const apr_size_t dir_len = strlen(dir);

    if (dir_len <= len) {
        if (memcmp(dir, path, dir_len) == 0) {
            return RELATION_ABOVE;
        }
        return RELATION_OTHER;
    }
    if (dir_len == len + 1 && memcmp(dir, path, len) == 0) {
        return RELATION_SAME;
    }
    return RELATION_OTHER;
}

static bool is_directory(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS
           && info.filetype == APR_DIR;
}

bool cors_directories_merge(request_rec *r)
{
    const apr_array_header_t *sections = sections_of(r->server);
    const char *deepest = NULL;
    ap_conf_vector_t *merged = NULL;
    apr_size_t len;
    int i;

    if (!is_canonical(r->filename) || (r->path_info && *r->path_info)) {
        return false;
    }
    len = strlen(r->filename);
    /* httpd has sorted them: a directory comes before those below it */
    for (i = 0; i < sections->nelts; i++) {
        ap_conf_vector_t *config = section_at(sections, i);
        const core_dir_config *core = ap_get_core_module_config(config);
        relation_e relation =
            is_plain(core) ? relate(core->d, r->filename, len) : RELATION_OTHER;

        if (relation == RELATION_OTHER) {
            continue;
        }
        if (relation == RELATION_SAME || !leaves_links(core)) {
            return false;
        }
        if (is_ours(config)) {
            merged = merged ? ap_merge_per_dir_configs(r->pool, merged, config)
                            : config;
            deepest = core->d;
        }
    }
    if (merged) {
        if (!is_directory(deepest, r->pool)) {
            return false;
        }
        r->per_dir_config =
            ap_merge_per_dir_configs(r->pool, r->per_dir_config, merged);
    }
    return true;
}
