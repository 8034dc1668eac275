/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The sources of a configuration and the names of their files. It is a part of its own
 * because all types of sources keep their lists in the same way.
 *
 * The file of a source has a directory that the children's user may write to, because the
 * refresher runs as this user. So the parent, which may be root, creates the directory, and
 * never opens a file in it: mod_cors_policy does, with the precautions that this needs.
 */

#include "sources/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <unixd.h>

#define DIRECTORY "cors_sources"

apr_array_header_t *cors_list_sources(apr_pool_t *pconf)
{
    static const char key[] = "cors_sources sources";
    void *found = NULL;

    apr_pool_userdata_get(&found, key, pconf);
    if (!found) {
        found = apr_array_make(pconf, 4, sizeof(cors_list_source_t));
        apr_pool_userdata_setn(found, key, NULL, pconf);
    }
    return found;
}

const cors_list_source_t *cors_state_owner(apr_pool_t *pconf, const char *path)
{
    const apr_array_header_t *sources = cors_list_sources(pconf);
    int i;

    for (i = 0; i < sources->nelts; i++) {
        const cors_list_source_t *other =
            &APR_ARRAY_IDX(sources, i, cors_list_source_t);

        if (strcmp(other->path, path) == 0) {
            return other;
        }
    }
    return NULL;
}

/* Find a name for new lists that no other server uses, because servers may share the
 * directory. It is the same as long as this configuration is in force, so a refresher
 * replaces what another one has left. */
static const char *temporary_path(apr_pool_t *p, const char *path)
{
    unsigned char bytes[8];
    char hex[2 * sizeof(bytes) + 1];

    apr_generate_random_bytes(bytes, sizeof(bytes));
    ap_bin2hex(bytes, sizeof(bytes), hex);
    return apr_pstrcat(p, path, ".new.", hex, NULL);
}

void cors_state_name(apr_pool_t *p, cors_list_source_t *source,
                     const char *state)
{
    source->path = state ? state : apr_pstrcat(p, source->name, ".list", NULL);
    if (source->path[0] != '/') {
        source->path =
            ap_runtime_dir_relative(p, apr_pstrcat(p, DIRECTORY "/",
                                                   source->path, NULL));
    }
    source->temporary = temporary_path(p, source->path);
}

/* Give an open directory to the user of the children, if the parent is root. Returns
 * false and sets errno if it belongs to another user. */
static bool give_directory(int directory)
{
    struct stat info;

    if (fstat(directory, &info) != 0) {
        return false;
    }
    if (info.st_uid != geteuid() && info.st_uid != ap_unixd_config.user_id) {
        errno = EPERM;
        return false;
    }
    return geteuid() != 0
           || fchown(directory, ap_unixd_config.user_id,
                     ap_unixd_config.group_id)
                  == 0;
}

void cors_state_make_directory(apr_pool_t *p, server_rec *server)
{
    const char *path = ap_runtime_dir_relative(p, DIRECTORY);
    int directory = -1;

    if (path && (mkdir(path, 0700) == 0 || errno == EEXIST)) {
        directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (directory < 0 || !give_directory(directory)) {
        ap_log_error(APLOG_MARK, APLOG_ERR, APR_FROM_OS_ERROR(errno), server,
                     "CorsOriginSource: the directory %s cannot be used",
                     path ? path : DIRECTORY);
    }
    if (directory >= 0) {
        close(directory);
    }
}
