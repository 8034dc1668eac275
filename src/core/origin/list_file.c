/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Parses the text of a file that lists origins, one per line. It is a separate file
 * because the same text is read at start-up and again on every reload. It does not
 * open or watch the file; the caller passes the whole text. A file may have a
 * million lines, so the parser clears its scratch pool regularly, and it records
 * only the first insecure origin and the first public suffix for the checks.
 */

#include "core/origin/list_file.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/suffix.h"
#include "core/origin/pattern.h"

/* The scratch pool is cleared after this many lines. */
#define SCRATCH_LINES 1024

/* A file being read. */
typedef struct {
    apr_pool_t *p;
    apr_pool_t *scratch;
    cors_origin_file_t file;
    apr_size_t line;
    cors_line_fn tell;
    void *context;
} reader_t;

static void report_error(reader_t *reader, cors_problem_e problem,
                         cors_slice_t word, const char *suggestion)
{
    const cors_finding_t finding = { problem, word, suggestion, NULL };

    reader->file.mistakes++;
    reader->tell(reader->context, reader->line, &finding);
}

/* Get the next line, without its line end. Returns false at the end of the text. */
static bool next_line(cors_slice_t *rest, cors_slice_t *line)
{
    const char *end;

    if (rest->len == 0) {
        return false;
    }
    end = memchr(rest->ptr, '\n', rest->len);
    line->ptr = rest->ptr;
    line->len = end ? (apr_size_t)(end - rest->ptr) : rest->len;
    rest->ptr += line->len + (end ? 1 : 0);
    rest->len -= line->len + (end ? 1 : 0);
    if (line->len > 0 && line->ptr[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

/* Skip the frame, if there is one. Returns false if the frame is malformed; the
 * error is then reported. */
static bool enter_frame(reader_t *reader, cors_slice_t text, cors_slice_t *rest)
{
    static const cors_slice_t nothing = { NULL, 0 };
    cors_frame_t frame = cors_frame_read(text);
    const cors_finding_t finding = { CORS_PROBLEM_FILE_FRAME, nothing, NULL,
                                     frame.detail };

    reader->file.frame = frame;
    if (frame.state == CORS_FRAME_OPEN || frame.state == CORS_FRAME_BAD) {
        reader->file.mistakes++;
        reader->tell(reader->context, frame.line, &finding);
        return false;
    }
    if (frame.state == CORS_FRAME_WHOLE) {
        *rest = frame.lines;
        reader->line = 1;
    }
    return true;
}

/* Returns the line without its comment, trimmed. A "#" inside an entry does not
 * start a comment: it is a fragment, and that error has to be reported. */
static cors_slice_t without_comment(cors_slice_t line)
{
    const char *end = line.ptr + line.len;
    const char *p = line.ptr;

    while ((p = memchr(p, '#', (apr_size_t)(end - p))) != NULL) {
        if (p == line.ptr || p[-1] == ' ' || p[-1] == '\t') {
            line.len = (apr_size_t)(p - line.ptr);
            break;
        }
        p++;
    }
    return cors_slice_trim(line);
}

static bool has_blank(cors_slice_t word)
{
    return memchr(word.ptr, ' ', word.len) || memchr(word.ptr, '\t', word.len);
}

static void note_insecure(reader_t *reader, const cors_pattern_t *pattern)
{
    if (!reader->file.insecure && cors_pattern_is_insecure(pattern)) {
        reader->file.insecure = cors_slice_text(reader->p, pattern->origin);
        reader->file.insecure_line = reader->line;
    }
}

static void note_suffix(reader_t *reader, const cors_pattern_t *pattern)
{
    if (pattern->subdomains && !pattern->exclude && !reader->file.suffix
        && cors_suffix_is_shared(reader->scratch, pattern->host)) {
        reader->file.suffix = cors_slice_text(reader->p, pattern->origin);
        reader->file.suffix_line = reader->line;
    }
}

static void read_word(reader_t *reader, cors_slice_t word)
{
    cors_pattern_t pattern;
    const char *suggestion = NULL;
    cors_problem_e problem;

    if (has_blank(word)) {
        report_error(reader, CORS_PROBLEM_FILE_ENTRIES, word, NULL);
        return;
    }
    problem =
        cors_pattern_parse(reader->scratch, word, false, &pattern, &suggestion);
    if (problem == CORS_PROBLEM_LIST_SEPARATOR) {
        /* A file needs one line per entry: do not suggest several on one line. */
        report_error(reader, CORS_PROBLEM_FILE_ENTRIES, word,
                     suggestion && strchr(suggestion, ' ') ? NULL : suggestion);
        return;
    }
    if (problem == CORS_PROBLEM_NULL_CASE && !pattern.exclude) {
        report_error(reader, CORS_PROBLEM_FILE_ENTRY, word, NULL);
        return;
    }
    if (problem) {
        report_error(reader, problem, word, suggestion);
    }
    else if (pattern.kind != CORS_PATTERN_ORIGIN) {
        report_error(reader, CORS_PROBLEM_FILE_ENTRY, word, NULL);
    }
    else if (!cors_origin_table_add(reader->file.table, &pattern,
                                    pattern.exclude)) {
        report_error(reader, CORS_PROBLEM_FILE_LARGE, word, NULL);
    }
    else {
        note_suffix(reader, &pattern);
        note_insecure(reader, &pattern);
    }
}

/* Returns the number of the line that shows that the text is not UTF-8: it has a
 * NUL, or the text starts with a UTF-16 byte order mark. Returns 0 if there is no
 * such line. */
static apr_size_t find_other_encoding(cors_slice_t text)
{
    const char *nul = text.len > 0 ? memchr(text.ptr, '\0', text.len) : NULL;
    const char *p;
    apr_size_t line = 1;

    if (cors_slice_has_prefix(text, "\xff\xfe")
        || cors_slice_has_prefix(text, "\xfe\xff")) {
        return line;
    }
    for (p = text.ptr; nul && p < nul; p++) {
        line += *p == '\n' ? 1 : 0;
    }
    return nul ? line : 0;
}

static apr_size_t count_lines(cors_slice_t text)
{
    apr_size_t lines = cors_slice_count(text, '\n') + 1;

    /* Empty lines and comments need no slots: limit the count by the file size. */
    if (lines < text.len / sizeof("a://b")) {
        return lines;
    }
    return text.len / sizeof("a://b");
}

cors_origin_file_t cors_origin_file_read(apr_pool_t *p, cors_slice_t text,
                                         cors_line_fn tell, void *context)
{
    static const char prefix[] = "\xef\xbb\xbf";
    static const cors_slice_t nothing = { NULL, 0 };
    reader_t reader;
    cors_slice_t rest = text;
    cors_slice_t line;

    memset(&reader, 0, sizeof(reader));
    reader.p = p;
    reader.tell = tell;
    reader.context = context;
    apr_pool_create(&reader.scratch, p);
    reader.file.table = cors_origin_table_make(p, count_lines(text), text.len);
    if (cors_slice_has_prefix(rest, prefix)) {
        rest.ptr += sizeof(prefix) - 1;
        rest.len -= sizeof(prefix) - 1;
    }
    reader.line = find_other_encoding(text);
    if (reader.line > 0) {
        report_error(&reader, CORS_PROBLEM_FILE_ENCODING, nothing, NULL);
        apr_pool_destroy(reader.scratch);
        return reader.file;
    }
    if (!enter_frame(&reader, text, &rest)) {
        apr_pool_destroy(reader.scratch);
        return reader.file;
    }
    while (next_line(&rest, &line)) {
        cors_slice_t word = without_comment(line);

        reader.line++;
        if (word.len > 0) {
            read_word(&reader, word);
        }
        if (reader.line % SCRATCH_LINES == 0) {
            apr_pool_clear(reader.scratch);
        }
    }
    if (text.len > 0 && text.ptr[text.len - 1] != '\n') {
        reader.line += reader.line == 0 ? 1 : 0; /* only a byte order mark */
        report_error(&reader, CORS_PROBLEM_FILE_CUT, nothing, NULL);
    }
    apr_pool_destroy(reader.scratch);
    return reader.file;
}
