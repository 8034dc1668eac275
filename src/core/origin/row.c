/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes what a database has as lines of a list. It is its own file because it is the
 * border between values, which may have any bytes, and lines, whose spaces, line ends and
 * first words have a meaning. The parser of lines is list_file.c.
 *
 * The trick is that a value which is not a field stays an error, and stays recognizable: it
 * gets a backslash or a quotation mark, which neither an origin nor a tenant can have.
 * Whether a value is a valid origin or tenant is not decided here.
 */

#include "core/origin/row.h"

#include "core/origin/frame.h"

/* Longer values are invalid in any case. */
#define VALUE_MAX 1000
/* What is written of them; each byte may need four. */
#define VALUE_CUT 200

static apr_size_t write_text(char *out, cors_slice_t text)
{
    memcpy(out, text.ptr, text.len);
    return text.len;
}

/* Returns whether a byte separates fields or lines, or is invisible. */
static bool separates(unsigned char byte)
{
    return byte <= ' ' || byte == 0x7f;
}

/* value: not empty */
static bool is_field(cors_slice_t value)
{
    apr_size_t i;

    for (i = 0; i < value.len; i++) {
        if (separates((unsigned char)value.ptr[i])) {
            return false;
        }
    }
    return value.len <= VALUE_MAX && value.ptr[0] != '#'
           && !cors_slice_is(value, "end");
}

/* Write the first bytes of a value so that no byte separates. */
static apr_size_t write_escaped(char *out, cors_slice_t value)
{
    static const char digits[] = "0123456789abcdef";
    apr_size_t len = 0;
    apr_size_t i;

    for (i = 0; i < value.len && i < VALUE_CUT; i++) {
        const unsigned char byte = (unsigned char)value.ptr[i];

        if (separates(byte)) {
            out[len++] = '\\';
            out[len++] = 'x';
            out[len++] = digits[byte >> 4];
            out[len++] = digits[byte & 15];
        }
        else {
            out[len++] = (char)byte;
        }
    }
    if (i < value.len) {
        len += write_text(out + len, cors_slice("\\..."));
        if (memchr(value.ptr + i, '!', value.len - i)) {
            out[len++] = '!';
        }
    }
    return len;
}

static apr_size_t write_value(char *out, cors_slice_t value)
{
    apr_size_t len = 0;

    if (!value.ptr) {
        return write_text(out, cors_slice("\\N"));
    }
    if (value.len == 0) {
        return write_text(out, cors_slice("\"\""));
    }
    if (is_field(value)) {
        memcpy(out, value.ptr, value.len);
        return value.len;
    }
    if (value.ptr[0] == '#' || cors_slice_is(value, "end")) {
        out[len++] = '\\';
    }
    return len + write_escaped(out + len, value);
}

apr_size_t cors_row_write(char *line, cors_slice_t origin, bool has_tenant,
                          cors_slice_t tenant)
{
    apr_size_t len = write_value(line, origin);

    if (has_tenant) {
        line[len++] = '\t';
        len += write_value(line + len, tenant);
    }
    return len;
}

bool cors_row_version(char *version, cors_slice_t text)
{
    apr_size_t i;

    if (!text.ptr) {
        text = cors_slice("NULL");
    }
    if (text.len == 0 || text.len > CORS_FRAME_VERSION_MAX) {
        return false;
    }
    version[text.len] = '\0';
    for (i = text.len; i-- > 0;) {
        const char byte = text.ptr[i];

        version[i] = byte > ' ' && byte <= '~' ? byte : '_';
    }
    return true;
}
