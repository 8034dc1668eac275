/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the frame around a list: a first line that opens it, and a last line that
 * proves that everything in between has arrived.
 *
 * It is its own file because it knows nothing about origins: any transport of a list
 * of lines can use it. It counts the lines but does not parse them. The trick is to
 * look at both ends only: the first line is found from the front and the last one from
 * the back. A frame is complete if the text in between has as many lines as the last
 * line states.
 */

#include "core/origin/frame.h"

#include <string.h>

static const char prefix[] = "\xef\xbb\xbf";

/* Removes and returns the first field of a line. */
static cors_slice_t take_word(cors_slice_t *line)
{
    cors_slice_t word = *line;
    apr_size_t i = 0;

    while (i < line->len && line->ptr[i] != ' ') {
        i++;
    }
    word.len = i;
    while (i < line->len && line->ptr[i] == ' ') {
        i++;
    }
    line->ptr += i;
    line->len -= i;
    return word;
}

static bool is_version(cors_slice_t word)
{
    apr_size_t i;

    for (i = 0; i < word.len; i++) {
        if (word.ptr[i] <= ' ' || word.ptr[i] > '~') {
            return false;
        }
    }
    return word.len > 0 && word.len <= CORS_FRAME_VERSION_MAX;
}

/*
 * Parses a decimal number without leading zeros. Returns false if it is invalid or too
 * large for a file.
 */
static bool read_count(cors_slice_t word, apr_size_t *count)
{
    apr_size_t i;

    *count = 0;
    if (word.len == 0 || word.len > 9 || (word.ptr[0] == '0' && word.len > 1)) {
        return false;
    }
    for (i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9') {
            return false;
        }
        *count = *count * 10 + (apr_size_t)(word.ptr[i] - '0');
    }
    return true;
}

/*
 * Returns the first line of a text without its line end. If the text has no line end,
 * the result is the whole text.
 */
static cors_slice_t first_line(cors_slice_t text)
{
    const char *end = text.len > 0 ? memchr(text.ptr, '\n', text.len) : NULL;

    if (end) {
        text.len = (apr_size_t)(end - text.ptr);
    }
    return text;
}

/*
 * Returns the last line of a text without its line end. The last byte of the text must
 * be the LF of that line.
 */
static cors_slice_t last_line(cors_slice_t text)
{
    apr_size_t at = text.len - 1;
    cors_slice_t line;

    while (at > 0 && text.ptr[at - 1] != '\n') {
        at--;
    }
    line.ptr = text.ptr + at;
    line.len = text.len - 1 - at;
    return line;
}

static cors_slice_t without_cr(cors_slice_t line)
{
    line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r' ? 1 : 0;
    return line;
}

static void spoil(cors_frame_t *frame, cors_frame_state_e state,
                  apr_size_t line, const char *detail)
{
    frame->state = state;
    frame->line = line;
    frame->detail = detail;
}

bool cors_frame_begins(cors_slice_t line)
{
    line = without_cr(line);
    return cors_slice_is(take_word(&line), "begin");
}

bool cors_frame_ends(cors_slice_t line)
{
    line = without_cr(line);
    return cors_slice_is(take_word(&line), "end");
}

const char *cors_frame_begin(cors_slice_t line, cors_slice_t *version)
{
    cors_slice_t rest = without_cr(line);

    take_word(&rest);
    *version = cors_slice_trim(rest);
    return is_version(*version) ? NULL : "begin is followed by a version";
}

const char *cors_frame_end(cors_slice_t line, cors_slice_t version,
                           apr_size_t count)
{
    cors_slice_t rest = without_cr(line);
    apr_size_t stated;

    take_word(&rest);
    if (!read_count(take_word(&rest), &stated)) {
        return "end is followed by the number of lines between";
    }
    if (stated != count) {
        return "there is another number of lines between";
    }
    rest = cors_slice_trim(rest);
    if (rest.len > 0 && !cors_slice_equal(rest, version)) {
        return "begin and end have different versions";
    }
    return NULL;
}

/* Compares the last line, which begins with "end", with everything before it. */
static void read_end(cors_frame_t *frame, cors_slice_t body, cors_slice_t last)
{
    cors_slice_t lines = body;
    const char *detail;
    apr_size_t count;

    lines.len = (apr_size_t)(last.ptr - body.ptr);
    count = cors_slice_count(lines, '\n');
    detail = cors_frame_end(last, frame->version, count);
    if (detail) {
        spoil(frame, CORS_FRAME_BAD, count + 2, detail);
        return;
    }
    frame->state = CORS_FRAME_WHOLE;
    frame->lines = lines;
    frame->count = count;
}

/* Parses the line with "begin". Returns false if the frame is invalid. */
static bool read_begin(cors_frame_t *frame, cors_slice_t first)
{
    cors_slice_t version;
    const char *detail = cors_frame_begin(first, &version);

    if (detail) {
        spoil(frame, CORS_FRAME_BAD, 1, detail);
        return false;
    }
    frame->version = version;
    return true;
}

cors_frame_t cors_frame_read(cors_slice_t text)
{
    static const cors_slice_t nothing = { NULL, 0 };
    cors_frame_t frame = { CORS_FRAME_NONE, nothing, text, 0, 0, NULL };
    cors_slice_t body = text;
    cors_slice_t first;
    cors_slice_t last;

    if (cors_slice_has_prefix(body, prefix)) {
        body.ptr += sizeof(prefix) - 1;
        body.len -= sizeof(prefix) - 1;
    }
    first = first_line(body);
    if (!cors_frame_begins(first)) {
        return frame;
    }
    if (first.len == body.len) {
        spoil(&frame, CORS_FRAME_OPEN, 1, "the end is missing");
        return frame;
    }
    if (!read_begin(&frame, first)) {
        return frame;
    }
    body.ptr += first.len + 1;
    body.len -= first.len + 1;
    if (body.len > 0 && body.ptr[body.len - 1] == '\n') {
        last = last_line(body);
        if (cors_frame_ends(last)) {
            read_end(&frame, body, last);
            return frame;
        }
    }
    spoil(&frame, CORS_FRAME_OPEN, cors_slice_count(body, '\n') + 1,
          "the end is missing");
    return frame;
}
