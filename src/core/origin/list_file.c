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

#include <apr_siphash.h>
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
    cors_list_rules_t rules;
    cors_line_fn tell;
    void *context;
    /* the current line is skipped if it has an error */
    bool skips;
} reader_t;

static void report_error(reader_t *reader, cors_problem_e problem,
                         cors_slice_t word, const char *suggestion)
{
    const cors_finding_t finding = { problem, word, suggestion, NULL };

    reader->file.errors++;
    reader->tell(reader->context, reader->line, &finding);
}

/* Report an error of one line, which is skipped if that cannot allow more. */
static void report_row(reader_t *reader, cors_problem_e problem,
                       cors_slice_t word, const char *suggestion)
{
    const cors_finding_t finding = { problem, word, suggestion, NULL };

    reader->file.bad_rows++;
    if (reader->skips) {
        reader->file.skipped++;
        reader->rules.skip(reader->context, reader->line, &finding);
        return;
    }
    report_error(reader, problem, word, suggestion);
}

/* Returns whether a line with an error could be an exclusion. */
static bool may_exclude(cors_slice_t line)
{
    return line.len > 0
           && (line.ptr[0] == '-' || memchr(line.ptr, '!', line.len));
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
        reader->file.errors++;
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

/* Split an entry from its tenant, which is absent if there is none. */
static cors_slice_t take_tenant(cors_slice_t *word)
{
    const char *end = cors_slice_find_any(*word, " \t");
    cors_slice_t tenant = { NULL, 0 };

    if (end) {
        tenant =
            cors_slice_trim(cors_slice_between(end, cors_slice_end(*word)));
        word->len = (apr_size_t)(end - word->ptr);
    }
    return tenant;
}

/* Returns whether a second column is another origin, or two words. */
static bool is_more(cors_slice_t tenant)
{
    apr_size_t i;

    for (i = 0; i < tenant.len; i++) {
        if (tenant.ptr[i] == ' ' || tenant.ptr[i] == '\t'
            || (tenant.len - i >= 3 && memcmp(tenant.ptr + i, "://", 3) == 0)) {
            return true;
        }
    }
    return false;
}

/* Returns whether a tenant can be written in a file. What databases write for a missing
 * value (\N) and what may be meant as any tenant (*) are not names. */
static bool is_tenant(cors_slice_t tenant)
{
    apr_size_t i;

    for (i = 0; i < tenant.len; i++) {
        const unsigned char byte = (unsigned char)tenant.ptr[i];

        if (byte <= ' ' || byte == 0x7f || strchr("\"'`,*\\", byte)) {
            return false;
        }
    }
    return tenant.len <= CORS_TENANT_MAX;
}

/*
 * Add an entry to the sum of the list. The sum of keyed hashes does not depend on the
 * order of the lines, so servers that have the same list have the same sum. The keys are
 * the same everywhere, and published here: the sum finds accidents, not forgers. Two
 * sums are kept, because a single one of 64 bits could be equal by chance.
 */
static void add_to_sum(reader_t *reader, const cors_pattern_t *pattern,
                       cors_slice_t tenant)
{
    static const unsigned char keys[2][APR_SIPHASH_KSIZE] = {
        "mod_cors_policy", "list of origins"
    };
    char text[1 + CORS_ORIGIN_MAX + sizeof("*.:*") + CORS_TENANT_MAX + 1];
    apr_size_t len = 0;
    int i;

    text[len++] = pattern->exclude ? '!' : '+';
    memcpy(text + len, pattern->origin.ptr, pattern->origin.len);
    len += pattern->origin.len;
    text[len++] = ' ';
    if (tenant.len > 0) {
        memcpy(text + len, tenant.ptr, tenant.len);
        len += tenant.len;
    }
    for (i = 0; i < 2; i++) {
        reader->file.sum[i] += apr_siphash24(text, len, keys[i]);
    }
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

/* Add an entry to the table. */
static void add_entry(reader_t *reader, const cors_pattern_t *pattern,
                      cors_slice_t word, cors_slice_t tenant)
{
    cors_origin_table_t *table = reader->file.table;
    const apr_size_t before =
        cors_origin_table_listed(table) + cors_origin_table_excluded(table);

    if (!cors_origin_table_add_for(table, pattern, pattern->exclude, tenant)) {
        report_error(reader, CORS_PROBLEM_FILE_LARGE, word, NULL);
        return;
    }
    /* a repeated entry counts once */
    if (cors_origin_table_listed(table) + cors_origin_table_excluded(table)
        > before) {
        add_to_sum(reader, pattern, tenant);
    }
    note_suffix(reader, pattern);
    note_insecure(reader, pattern);
}

static void read_line(reader_t *reader, cors_slice_t line)
{
    cors_slice_t word = line;
    const cors_slice_t tenant = take_tenant(&word);
    cors_pattern_t pattern;
    const char *suggestion = NULL;
    cors_problem_e problem;

    if (is_more(tenant)) {
        report_row(reader, CORS_PROBLEM_FILE_ENTRIES, line, NULL);
        return;
    }
    problem =
        cors_pattern_parse(reader->scratch, word, false, &pattern, &suggestion);
    if (problem == CORS_PROBLEM_LIST_SEPARATOR) {
        /* A file needs one line per entry: do not suggest several on one line. */
        report_row(reader, CORS_PROBLEM_FILE_ENTRIES, word,
                   suggestion && strchr(suggestion, ' ') ? NULL : suggestion);
        return;
    }
    if (problem == CORS_PROBLEM_NULL_CASE && !pattern.exclude) {
        report_row(reader, CORS_PROBLEM_FILE_ENTRY, word, NULL);
        return;
    }
    if (problem) {
        report_row(reader, problem, word, suggestion);
    }
    else if (pattern.kind != CORS_PATTERN_ORIGIN || pattern.any_host) {
        report_row(reader, CORS_PROBLEM_FILE_ENTRY, word, NULL);
    }
    else if (!is_tenant(tenant)) {
        report_row(reader, CORS_PROBLEM_FILE_TENANT, tenant, NULL);
    }
    else {
        add_entry(reader, &pattern, word, tenant);
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

/* Read one line, with its comment. */
static void read_whole_line(reader_t *reader, cors_slice_t line)
{
    static const cors_slice_t nothing = { NULL, 0 };
    const cors_slice_t word = without_comment(line);

    reader->skips = reader->rules.skip && !may_exclude(word);
    if (line.len > CORS_LIST_LINE_MAX) {
        report_row(reader, CORS_PROBLEM_FILE_LINE, nothing, NULL);
    }
    else if (word.len > 0) {
        read_line(reader, word);
    }
}

/* Returns whether the rules permit so many lines. Reports the error otherwise. */
static bool permits_lines(reader_t *reader, cors_slice_t rest)
{
    static const cors_slice_t nothing = { NULL, 0 };
    const apr_size_t most = reader->rules.max_rows;
    const apr_size_t lines =
        cors_slice_count(rest, '\n')
        + (rest.len > 0 && rest.ptr[rest.len - 1] != '\n' ? 1 : 0);
    cors_finding_t finding = { CORS_PROBLEM_FILE_ROWS, nothing, NULL, NULL };

    if (most == 0 || lines <= most) {
        return true;
    }
    finding.detail = apr_psprintf(reader->p,
                                  "it has %" APR_SIZE_T_FMT
                                  " lines, and max-rows=%" APR_SIZE_T_FMT,
                                  lines, most);
    reader->file.errors++;
    reader->tell(reader->context, reader->line + most + 1, &finding);
    return false;
}

cors_origin_file_t cors_origin_file_read(apr_pool_t *p, cors_slice_t text,
                                         const cors_list_rules_t *rules,
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
    if (rules) {
        reader.rules = *rules;
    }
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
    if (!enter_frame(&reader, text, &rest) || !permits_lines(&reader, rest)) {
        apr_pool_destroy(reader.scratch);
        return reader.file;
    }
    while (next_line(&rest, &line)) {
        reader.line++;
        read_whole_line(&reader, line);
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

/* Returns whether a text is a valid entry. */
static bool is_entry(apr_pool_t *scratch, cors_slice_t text)
{
    cors_pattern_t pattern;
    const char *unused;

    return cors_pattern_parse(scratch, text, false, &pattern, &unused)
               == CORS_OK
           && pattern.kind == CORS_PATTERN_ORIGIN && !pattern.any_host;
}

void cors_origin_file_visit(apr_pool_t *p, cors_slice_t text,
                            cors_file_entry_fn visit, void *context)
{
    static const char prefix[] = "\xef\xbb\xbf";
    const cors_frame_t frame = cors_frame_read(text);
    cors_slice_t rest = frame.lines;
    cors_slice_t line;
    apr_pool_t *scratch;
    apr_size_t lines = 0;

    apr_pool_create(&scratch, p);
    if (frame.state != CORS_FRAME_WHOLE
        && cors_slice_has_prefix(rest, prefix)) {
        rest.ptr += sizeof(prefix) - 1;
        rest.len -= sizeof(prefix) - 1;
    }
    while (next_line(&rest, &line)) {
        cors_slice_t entry = without_comment(line);

        if (line.len <= CORS_LIST_LINE_MAX && take_tenant(&entry).len == 0
            && entry.len > 0 && is_entry(scratch, entry)) {
            visit(context, entry);
        }
        if (++lines % SCRATCH_LINES == 0) {
            apr_pool_clear(scratch);
        }
    }
    apr_pool_destroy(scratch);
}
