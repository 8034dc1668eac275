/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file message.h
 * @brief The errors of a CorsOriginSource of this module; docs/errors.md explains each
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
    X(DATABASE_DRIVER, "database-driver", \
      "the databases of the type dbd are pgsql and sqlite3; a program of the " \
      "type prg can read any other one") \
    X(DATABASE_PACKAGE, "database-package", \
      "APR-util's driver for this database cannot be loaded") \
    X(DATABASE_PARAMETERS, "database-parameters", \
      "pgsql is followed by the parameters of its connection, as in " \
      "host=db dbname=apps user=httpd, and sqlite3 by the path of a file") \
    X(DATABASE_PASSWORD, "database-password", \
      "other modules show the configuration; a password belongs in a file " \
      "that passfile names") \
    X(DATABASE_QUERY, "database-query", \
      "a database needs a query for the rows: an origin, or an origin and a " \
      "tenant") \
    X(DATABASE_OPTION, "database-option", \
      "the options of a source of the type dbd are query, version, full, " \
      "refresh, timeout, max-size and state") \
    X(DATABASE_FULL, "database-full", \
      "full is the time after which the list is read although the version is " \
      "the same") \
    X(SOURCE_TIME, "source-time", \
      "a time is a number with a unit, such as 500ms, 30s, 10m or 24h, from " \
      "100ms to 24h") \
    X(SOURCE_SIZE, "source-size", \
      "a size is a number of bytes, or of K, M or G, from 1K to 1G") \
    X(SOURCE_STATE, "source-state", \
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
