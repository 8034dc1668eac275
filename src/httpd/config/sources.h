/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file sources.h
 * @brief The lists of origins that CorsOriginSource names
 */

#ifndef CORS_CONFIG_SOURCES_H
#define CORS_CONFIG_SOURCES_H

#include "core/base/problem.h"
#include "httpd/httpd.h"
#include "httpd/shared/list_options.h"
#include "mod_cors_policy.h"

/** A named list of origins. */
typedef struct {
    const char *name;
    const char *path;  /* of its file, absolute */
    const char *where; /* "file:line" of its directive */
} cors_source_t;

/** @return the source with a name; NULL: there is none */
const cors_source_t *cors_source_find(apr_pool_t *pconf, const char *name);

/**
 * @return the name of a source that a wrong name may stand for: one that differs in its
 *   case only, or the only one; NULL: unknown
 */
const char *cors_source_suggest(apr_pool_t *pconf, const char *name);

/** @return the name of a source with a path; NULL: none has it */
const char *cors_source_name_of(apr_pool_t *pconf, const char *path);

/** Add a source; its texts are copied. */
void cors_source_add(apr_pool_t *pconf, const cors_source_t *source);

/** @return whether a text is the name of a source: up to 64 letters, digits, "-", "_" and
 *   ".", beginning with a letter */
bool cors_source_is_name(const char *text);

/**
 * Read the type of a source and what it is made from, such as file:conf/x.origins.
 *
 * @param path        set to the path, or to NULL: the type is unknown
 * @param suggestion  set to the corrected form, or to NULL
 */
void cors_source_read_type(apr_pool_t *p, const char *text, const char **path,
                           const char **suggestion);

/**
 * Read an option of a source, such as max-stale=24h.
 *
 * @param given    the keys of the options that were read before, a bit each; zero at first
 * @param options  set
 * @param finding  filled if there is an error
 * @return whether the option is valid
 */
bool cors_source_read_option(apr_pool_t *p, const char *text, unsigned *given,
                             cors_list_options_t *options,
                             cors_finding_t *finding);

/** @return whether an option is for all types of sources: max-stale and others */
bool cors_source_is_common(const char *text);

/**
 * Get the next option key=value, in which the value may have quotes of its own, such as
 * query="SELECT origin FROM origins". httpd's own function would split it at the spaces.
 *
 * @param args  not empty and without a space at its start; moved to the next option
 */
const char *cors_source_next_option(apr_pool_t *p, const char **args);

/**
 * @return what messages show of the arguments of a source: the text up to the first space,
 *   and without what may be a password or a URL with one; borrowed
 */
cors_slice_t cors_source_shown(const char *text);

/**
 * Find the provider of the type of a source, such as prg in prg:/usr/bin/x.
 *
 * @param spec  set to the text after the colon if there is a provider
 * @return NULL: no loaded module provides the type
 */
const cors_origin_source_provider_t *
cors_source_provider(apr_pool_t *p, const char *text, const char **spec);

/** @return the line that loads the module with the type of a source; NULL: unknown */
const char *cors_source_module(const char *text);

/**
 * Add an option key=value.
 *
 * @return false: it is not one, or its key is already there
 */
bool cors_source_add_option(apr_table_t *options, const char *text);

#endif /* CORS_CONFIG_SOURCES_H */
