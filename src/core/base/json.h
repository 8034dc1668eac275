/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file json.h
 * @brief JSON text, written piece by piece
 */

#ifndef CORS_JSON_H
#define CORS_JSON_H

#include <stdbool.h>

#include <apr.h>

/** Receives the text. */
typedef void (*cors_json_fn)(void *context, const char *text, apr_size_t len);

/** The maximum depth of nested objects and arrays. */
#define CORS_JSON_DEPTH 32

/** A text being written. cors_json_start() fills it. Opaque. */
typedef struct {
    cors_json_fn write;
    void *context;
    int depth;
    /* this depth already has a value */
    bool filled[CORS_JSON_DEPTH];
    apr_size_t len;
    /* text that has not been passed on yet */
    char buffer[4096];
} cors_json_t;

/**
 * Starts a text. The calls that follow must make one value; the output then conforms
 * to RFC 8259. It is passed on in larger pieces, the last one when the value ends.
 */
void cors_json_start(cors_json_t *json, cors_json_fn write, void *context);

/**
 * Opens or closes an object ('{', '}') or an array ('[', ']').
 *
 * @param name  of the member, in an object; otherwise NULL; ignored when closing
 */
void cors_json_open(cors_json_t *json, const char *name, char bracket);
void cors_json_close(cors_json_t *json, char bracket);

/**
 * Writes a string, or null for NULL.
 *
 * Invalid UTF-8 is replaced by U+FFFD. Every character that could end the text of a
 * page or a line is escaped.
 *
 * @param name  of the member, in an object; otherwise NULL
 */
void cors_json_string(cors_json_t *json, const char *name, const char *text);

/** Writes a number. */
void cors_json_number(cors_json_t *json, const char *name, apr_int64_t number);

/** Writes true or false. */
void cors_json_bool(cors_json_t *json, const char *name, bool value);

#endif /* CORS_JSON_H */
