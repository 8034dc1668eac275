/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file message.h
 * @brief The errors of a CorsOriginSource of the type prg; docs/errors.md explains each
 */

#ifndef CORS_SOURCES_MESSAGE_H
#define CORS_SOURCES_MESSAGE_H

#include <apr_pools.h>

/* clang-format off */
#define CORS_SOURCES(X) \
    X(PROGRAM_PATH, "program-path", \
      "a program has an absolute path, as in prg:/usr/local/bin/watch-origins") \
    X(PROGRAM_FILE, "program-file", \
      "the program is not a file that can be executed") \
    X(PROGRAM_OPTION, "program-option", \
      "the options of a source of the type prg are refresh, timeout, " \
      "max-size and state") \
    X(PROGRAM_TIME, "program-time", \
      "a time is a number with a unit, such as 500ms, 30s, 10m or 24h, from " \
      "100ms to 24h") \
    X(PROGRAM_SIZE, "program-size", \
      "a size is a number of bytes, or of K, M or G, from 1K to 1G") \
    X(PROGRAM_STATE, "program-state", \
      "each source needs a file of its own")
/* clang-format on */

typedef enum {
#define CORS_MESSAGE_CODE(code, id, text) CORS_MESSAGE_##code,
    CORS_SOURCES(CORS_MESSAGE_CODE)
#undef CORS_MESSAGE_CODE
} cors_message_e;

/**
 * Format an error in the form of mod_cors_policy.
 *
 * @param word        the rejected argument
 * @param detail      more information; NULL: none
 * @param suggestion  the corrected form; NULL: unknown
 * @return such as "'prg:x': a program has an absolute path (it is relative); write
 *   prg:/x [program-path]"
 */
const char *cors_message(apr_pool_t *p, cors_message_e message,
                         const char *word, const char *detail,
                         const char *suggestion);

#endif /* CORS_SOURCES_MESSAGE_H */
