/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file options.h
 * @brief The options that all types of sources of this module have
 */

#ifndef CORS_SOURCES_OPTIONS_H
#define CORS_SOURCES_OPTIONS_H

#include "sources/message.h"
#include "sources/source.h"

/** The data while a directive is read. */
typedef struct {
    apr_pool_t *p;
    cors_list_source_t *source;
    /* the option state; NULL: the default */
    const char *state;
    /* the first one; NULL: none */
    const char *error;
} cors_options_t;

/** Begin to read a directive: set the defaults of a source. */
void cors_options_begin(cors_options_t *options, apr_pool_t *p,
                        cors_list_source_t *source, const char *name);

/** Report an error of an option, unless there was an error before. */
void cors_options_error(cors_options_t *options, cors_message_e message,
                        const char *key, const char *value, const char *detail,
                        const char *suggestion);

/** Read a time. An error is reported. */
void cors_options_time(cors_options_t *options, const char *key,
                       const char *value, apr_interval_time_t *time);

/**
 * Read one of the options refresh, timeout, max-size and state.
 *
 * @return false: it is another one, or it has no value
 */
bool cors_options_read(cors_options_t *options, const char *key,
                       const char *value);

/**
 * Add the source to the configuration if there was no error.
 *
 * @param path  set to the path of its file
 * @return the error; NULL: none
 */
const char *cors_options_end(cors_options_t *options, const char **path);

#endif /* CORS_SOURCES_OPTIONS_H */
