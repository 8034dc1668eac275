/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the containers of the configuration: the requests that a <Directory>, <Location>,
 * <Files>, <If> or <Proxy> is for, as far as its text determines that.
 *
 * It is its own file because checks, the walk over all sections and explanations on the
 * command line need the same answer. It does not merge anything and does not look at
 * requests: httpd selects the sections of a request itself.
 */

#include "httpd/config/containers.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_fnmatch.h>
#include <apr_strings.h>

#include "core/base/path_index.h"

static const struct {
    const char *name;
    cors_container_e kind;
    bool plain; /* its argument is a path unless it contains wildcards */
} containers[] = { { "<Directory", CORS_CONTAINER_DIRECTORY, true },
                   { "<DirectoryMatch", CORS_CONTAINER_DIRECTORY, false },
                   { "<Location", CORS_CONTAINER_LOCATION, true },
                   { "<LocationMatch", CORS_CONTAINER_LOCATION, false },
                   { "<Files", CORS_CONTAINER_FILES, false },
                   { "<FilesMatch", CORS_CONTAINER_FILES, false },
                   { "<If", CORS_CONTAINER_IF, false },
                   { "<ElseIf", CORS_CONTAINER_IF, false },
                   { "<Else", CORS_CONTAINER_IF, false },
                   { "<Proxy", CORS_CONTAINER_IF, false },
                   { "<ProxyMatch", CORS_CONTAINER_IF, false } };

const char *cors_directive_position(apr_pool_t *p,
                                    const ap_directive_t *directive)
{
    return apr_psprintf(p, "%s %s:%d", directive->directive,
                        directive->filename, directive->line_num);
}

const char *cors_container_argument(apr_pool_t *p, const ap_directive_t *node,
                                    bool *regex)
{
    /* the container's line ends with '>', which httpd keeps */
    const char *end = strrchr(node->args, '>');
    const char *rest =
        end ? apr_pstrmemdup(p, node->args, (apr_size_t)(end - node->args))
            : node->args;
    const char *argument = ap_getword_conf(p, &rest);

    *regex = strstr(node->directive, "Match") != NULL;
    if (strcmp(argument, "~") == 0) {
        *regex = true;
        argument = ap_getword_conf(p, &rest);
    }
    return argument;
}

/* Returns the path that a container is for; NULL: it has a regular expression or
 * wildcards. */
static const char *plain_path(apr_pool_t *p, const ap_directive_t *container)
{
    bool regex;
    const char *path = cors_container_argument(p, container, &regex);

    return regex || path[0] == '~' || strpbrk(path, "*?[") ? NULL : path;
}

cors_container_t cors_container_of(apr_pool_t *p, const ap_directive_t *node)
{
    cors_container_t container = { CORS_CONTAINER_SERVER, NULL, NULL };
    apr_size_t i;

    /* the outermost section determines which files or URLs the sections in it can apply
     * to */
    for (; node; node = node->parent) {
        if (cors_directive_is(node, "<VirtualHost")) {
            container.host = node;
        }
        for (i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
            if (cors_directive_is(node, containers[i].name)) {
                container.kind = containers[i].kind;
                container.path =
                    containers[i].plain ? plain_path(p, node) : NULL;
            }
        }
    }
    return container;
}

/* Returns whether the argument of a <Directory> matches a file or a directory above it.
 * httpd makes the argument canonical, and compares it with each of them. */
static bool is_directory_above(apr_pool_t *p, const char *path,
                               const char *file)
{
    const bool pattern = apr_fnmatch_test(path) != 0;
    char *above = apr_pstrdup(p, file);
    char *canonical;
    char *slash;
    apr_size_t len;

    if (apr_filepath_merge(&canonical, NULL, path, APR_FILEPATH_TRUENAME, p)
        != APR_SUCCESS) {
        canonical = apr_pstrdup(p, path);
    }
    len = strlen(canonical);
    if (len > 1 && canonical[len - 1] == '/') {
        canonical[len - 1] = '\0';
    }
    if (!pattern) {
        return cors_path_is_above(canonical, file);
    }
    do {
        if (apr_fnmatch(canonical, above, APR_FNM_PATHNAME) == APR_SUCCESS) {
            return true;
        }
        slash = strrchr(above, '/');
        if (slash) {
            *slash = '\0';
        }
    } while (slash);
    return false;
}

/* Returns whether the argument of a container matches a path or a file name. */
static bool holds(apr_pool_t *p, const ap_directive_t *node,
                  cors_container_e kind, const char *text)
{
    bool regex;
    const char *path = cors_container_argument(p, node, &regex);
    const ap_regex_t *compiled;

    if (regex) {
        compiled = ap_pregcomp(p, path, AP_REG_EXTENDED);
        return compiled && ap_regexec(compiled, text, 0, NULL, 0) == 0;
    }
    if (kind == CORS_CONTAINER_DIRECTORY) {
        return is_directory_above(p, path, text);
    }
    if (kind == CORS_CONTAINER_FILES || apr_fnmatch_test(path)) {
        return apr_fnmatch(path, text, APR_FNM_PATHNAME) == APR_SUCCESS;
    }
    return cors_path_is_above(path, text);
}

/* Returns what httpd compares with the argument of a container: the path of the URL, the
 * file, or the name of the file. */
static const char *compared_text(cors_container_e kind, const char *path,
                                 const char *file)
{
    const char *base = strrchr(file, '/');

    if (kind == CORS_CONTAINER_LOCATION) {
        return path;
    }
    return kind == CORS_CONTAINER_FILES && base ? base + 1 : file;
}

/* Returns whether the condition of an <If> holds, if it is a constant. */
static cors_match_e condition_match(apr_pool_t *p, const ap_directive_t *node)
{
    bool regex;
    const char *condition;

    if (cors_directive_is(node, "<If")) {
        condition = cors_container_argument(p, node, &regex);
        if (strcmp(condition, "true") == 0) {
            return CORS_MATCH_YES;
        }
        if (strcmp(condition, "false") == 0) {
            return CORS_MATCH_NO;
        }
    }
    return CORS_MATCH_UNKNOWN;
}

cors_match_e cors_container_match(apr_pool_t *p, const ap_directive_t *node,
                                  const char *path, const char *file)
{
    cors_match_e match = CORS_MATCH_YES;
    apr_size_t i;

    for (; node; node = node->parent) {
        for (i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
            cors_container_e kind = containers[i].kind;
            cors_match_e one = CORS_MATCH_YES;

            if (!cors_directive_is(node, containers[i].name)) {
                continue;
            }
            if (kind == CORS_CONTAINER_IF) {
                one = condition_match(p, node);
            }
            else if (!holds(p, node, kind, compared_text(kind, path, file))) {
                one = CORS_MATCH_NO;
            }
            if (one == CORS_MATCH_NO) {
                return CORS_MATCH_NO;
            }
            if (one == CORS_MATCH_UNKNOWN) {
                match = CORS_MATCH_UNKNOWN;
            }
        }
    }
    return match;
}
