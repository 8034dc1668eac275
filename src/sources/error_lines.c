/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Logs what the programs of a source print to their standard error. The text may come from
 * clients, and there may be any amount of it. So each line becomes one message with the name
 * of its source, a long line is cut, and a source logs at most LINES_MOST lines in a minute,
 * however often its program is started.
 *
 * httpd escapes each message (ap_escape_errorlog_item()): no byte of a line can begin another
 * line of the log or control a terminal. Escaping here as well would double each backslash.
 */

#include "sources/error_lines.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/list.h"

#define LINES_MOST 20
#define LINES_INTERVAL apr_time_from_sec(60)

/* Returns whether nothing is logged at the moment. */
static bool is_limited(const cors_error_lines_t *lines, apr_time_t now)
{
    return lines->count > LINES_MOST
           && now - lines->counted_from < LINES_INTERVAL;
}

/* Log the line that has begun, unless the limit is reached. suffix: "..." for a line that is
 * cut, otherwise "" */
static void log_line(cors_error_lines_t *lines,
                     const cors_list_source_t *source, server_rec *server,
                     const char *suffix)
{
    const apr_time_t now = cors_clock();

    if (is_limited(lines, now)) {
        return;
    }
    if (lines->count == 0 || now - lines->counted_from >= LINES_INTERVAL) {
        lines->counted_from = now;
        lines->count = 0;
    }
    if (lines->count++ == LINES_MOST) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "CorsOriginSource %s: stderr from %s: more than %d lines "
                     "within a minute; further lines are dropped until the "
                     "minute is over",
                     source->name, source->label, LINES_MOST);
        return;
    }
    lines->text[lines->len] = '\0';
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                 "CorsOriginSource %s: stderr from %s: %s%s", source->name,
                 source->label, lines->text, suffix);
}

void cors_error_lines_end(cors_error_lines_t *lines,
                          const cors_list_source_t *source, server_rec *server)
{
    if (lines->len > 0 && !lines->is_cut) {
        log_line(lines, source, server, "");
    }
    lines->len = 0;
    lines->is_cut = false;
}

/* Add a part of a line, as far as there is room. Its end may never come, so a line that is
 * too long is logged at once. */
static void add_text(cors_error_lines_t *lines,
                     const cors_list_source_t *source, server_rec *server,
                     cors_slice_t part)
{
    const apr_size_t room = CORS_ERROR_LINE - lines->len;
    const apr_size_t len = part.len < room ? part.len : room;
    char *to = lines->text + lines->len;
    char *nul;

    memcpy(to, part.ptr, len);
    /* a NUL byte would end the message */
    while ((nul = memchr(to, '\0', len)) != NULL) {
        *nul = '?';
    }
    lines->len += len;
    if (part.len > room && !lines->is_cut) {
        lines->is_cut = true;
        log_line(lines, source, server, "...");
    }
}

void cors_error_lines_add(cors_error_lines_t *lines,
                          const cors_list_source_t *source, server_rec *server,
                          const char *bytes, apr_size_t len)
{
    const char *const end = bytes + len;

    if (len > 0 && is_limited(lines, cors_clock())) {
        /* the rest of a line that has begun is dropped, too */
        lines->len = 0;
        lines->is_cut = end[-1] != '\n';
        return;
    }
    while (bytes < end) {
        const char *stop = memchr(bytes, '\n', (apr_size_t)(end - bytes));
        const cors_slice_t part = { bytes,
                                    (apr_size_t)((stop ? stop : end) - bytes) };

        add_text(lines, source, server, part);
        if (!stop) {
            return;
        }
        cors_error_lines_end(lines, source, server);
        bytes = stop + 1;
    }
}
