/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file json.h
 * @brief JSON text, written piece by piece
 */

#ifndef CORS_JSON_H
#define CORS_JSON_H

#include <stdbool.h>

#include <apr.h>

/** Where the text goes. */
typedef void (*cors_json_fn)(void *context, const char *text, apr_size_t len);

/** How deep objects and arrays can be nested. */
#define CORS_JSON_DEPTH 32

/** A text being written; filled by cors_json_start() and opaque. */
typedef struct {
    cors_json_fn write;
    void *context;
    int depth;
    bool filled[CORS_JSON_DEPTH]; /* something stands at this depth already */
    apr_size_t len;
    char buffer[4096]; /* what has not been written yet */
} cors_json_t;

/** Start a text. The pieces that follow must make one value; RFC 8259 is kept
 *  as long as they do. It is written in larger pieces, the last one when the value
 *  ends. */
void cors_json_start(cors_json_t *json, cors_json_fn write, void *context);

/**
 * Open or close an object ('{', '}') or an array ('[', ']').
 *
 * @param name  of the member, in an object; else NULL; ignored at the end
 */
void cors_json_open(cors_json_t *json, const char *name, char bracket);
void cors_json_close(cors_json_t *json, char bracket);

/**
 * Write a string, NULL as null.
 *
 * What is no UTF-8 is replaced by U+FFFD, and every character that could end
 * the text of a page or a line is escaped.
 *
 * @param name  of the member, in an object; else NULL
 */
void cors_json_string(cors_json_t *json, const char *name, const char *text);

/** Write a number. */
void cors_json_number(cors_json_t *json, const char *name, apr_int64_t number);

/** Write true or false. */
void cors_json_bool(cors_json_t *json, const char *name, bool value);

#endif /* CORS_JSON_H */
