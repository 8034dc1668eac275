/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes JSON text piece by piece.
 *
 * It is its own file because the status page and the commands write large results that
 * must not be built in memory first. It does not parse JSON and allocates nothing.
 * Text collects in a buffer of fixed size and goes to the caller's function in larger
 * pieces. Strings are escaped so that they can stand in an HTML page or a log line.
 */

#include "core/base/json.h"

#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

static void flush(cors_json_t *json)
{
    if (json->len > 0) {
        json->write(json->context, json->buffer, json->len);
        json->len = 0;
    }
}

/* Appends a few bytes. The buffer must have room for them. */
static void put_bytes(cors_json_t *json, const char *bytes, apr_size_t len)
{
    if (json->len + len > sizeof(json->buffer)) {
        flush(json);
    }
    memcpy(json->buffer + json->len, bytes, len);
    json->len += len;
}

static void put(cors_json_t *json, const char *text)
{
    put_bytes(json, text, strlen(text));
}

/* Ends a value. A value at the top level completes the text. */
static void end_value(cors_json_t *json)
{
    if (json->depth == 0) {
        flush(json);
    }
}

/* Writes a string in quotes. */
static void put_string(cors_json_t *json, const char *text);

/* Writes what comes before a value: a comma, a new line, its name. */
static void lead(cors_json_t *json, const char *name)
{
    int i;

    if (json->depth > 0) {
        put(json, json->filled[json->depth] ? ",\n" : "\n");
        json->filled[json->depth] = true;
        for (i = 0; i < json->depth; i++) {
            put(json, " ");
        }
    }
    if (name) {
        put_string(json, name);
        put(json, ": ");
    }
}

void cors_json_start(cors_json_t *json, cors_json_fn write, void *context)
{
    memset(json, 0, offsetof(cors_json_t, buffer));
    json->write = write;
    json->context = context;
}

void cors_json_open(cors_json_t *json, const char *name, char bracket)
{
    lead(json, name);
    put_bytes(json, &bracket, 1);
    if (json->depth < CORS_JSON_DEPTH - 1) {
        json->depth++;
    }
    json->filled[json->depth] = false;
}

void cors_json_close(cors_json_t *json, char bracket)
{
    bool filled = json->filled[json->depth];
    int i;

    json->depth -= json->depth > 0 ? 1 : 0;
    if (filled) {
        put(json, "\n");
        for (i = 0; i < json->depth; i++) {
            put(json, " ");
        }
    }
    put_bytes(json, &bracket, 1);
    if (json->depth == 0) {
        put(json, "\n");
        flush(json);
    }
}

/* Returns the number of bytes that the first byte of a UTF-8 character announces; 0: no
 * character begins with it. */
static int announced_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    if (first < 0xe0) {
        return 2;
    }
    return first < 0xf0 ? 3 : 4;
}

/*
 * Returns the number of bytes of the UTF-8 character at p; 0: it is invalid. Unicode,
 * table 3-7 "Well-Formed UTF-8 Byte Sequences"
 */
static int character_length(const unsigned char *p)
{
    int length = announced_length(*p);
    int i;

    for (i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)
        || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0;
    }
    return length;
}

static bool is_escaped(unsigned char c)
{
    /* also <, > and &, because the text may be part of an HTML page */
    return c < 0x20 || c == 0x7f || strchr("\"\\<>&'", c) != NULL;
}

/* U+2028 and U+2029 are line terminators in JavaScript */
static bool ends_line(const unsigned char *p)
{
    return p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
}

static void put_string(cors_json_t *json, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    put(json, "\"");
    while (*p) {
        int length = character_length(p);

        if (length == 0) {
            put(json, "\\ufffd");
            p++;
        }
        else if (length == 3 && ends_line(p)) {
            put(json, p[2] == 0xa8 ? "\\u2028" : "\\u2029");
            p += length;
        }
        else if (length == 1 && is_escaped(*p)) {
            char escaped[sizeof("\\u0000")];

            apr_snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)*p++);
            put(json, escaped);
        }
        else {
            put_bytes(json, (const char *)p, (apr_size_t)length);
            p += length;
        }
    }
    put(json, "\"");
}

void cors_json_string(cors_json_t *json, const char *name, const char *text)
{
    lead(json, name);
    if (text) {
        put_string(json, text);
    }
    else {
        put(json, "null");
    }
    end_value(json);
}

void cors_json_number(cors_json_t *json, const char *name, apr_int64_t number)
{
    char digits[24];

    lead(json, name);
    apr_snprintf(digits, sizeof(digits), "%" APR_INT64_T_FMT, number);
    put(json, digits);
    end_value(json);
}

void cors_json_bool(cors_json_t *json, const char *name, bool value)
{
    lead(json, name);
    put(json, value ? "true" : "false");
    end_value(json);
}
