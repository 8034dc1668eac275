/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Files that list origins, compared with a parser that reads line by line. */

#include "fuzz.h"

#include "core/origin/list_file.h"

/* The errors reported so far, and the number of lines. */
typedef struct {
    apr_size_t count;
    apr_size_t last;
    apr_size_t lines;
    apr_size_t skipped;
} reported_t;

static void check_error(void *context, apr_size_t line,
                        const cors_finding_t *finding)
{
    reported_t *reported = context;

    must(finding->problem != CORS_OK);
    must(!cors_problem_is_warning(finding->problem));
    must(cors_problem_sentence(pool, finding) != NULL);
    /* in order, with an existing line */
    must(line > 0 && line >= reported->last && line <= reported->lines);
    reported->last = line;
    reported->count++;
}

/* Lines that are skipped are in order, too, and are counted. */
static void check_skipped(void *context, apr_size_t line,
                          const cors_finding_t *finding)
{
    reported_t *reported = context;

    must(!cors_problem_is_warning(finding->problem));
    must(line > 0 && line >= reported->last && line <= reported->lines);
    must(!memchr(finding->entry.ptr ? finding->entry.ptr : "", '!',
                 finding->entry.len));
    reported->last = line;
    reported->skipped++;
}

/* Skipping lines does not change what the list has, and no line with "!" is skipped. */
static void check_rules(cors_slice_t input, const cors_origin_file_t *file,
                        apr_size_t lines)
{
    const cors_list_rules_t skip = { 0, check_skipped };
    const cors_list_rules_t one = { 1, NULL };
    reported_t reported = { 0, 0, lines, 0 };
    cors_origin_file_t other =
        cors_origin_file_read(pool, input, &skip, check_error, &reported);

    must(reported.count == other.errors && reported.skipped == other.skipped);
    must(other.errors + other.skipped == file->errors);
    must(other.bad_rows == file->bad_rows && file->skipped == 0);
    must(other.sum[0] == file->sum[0] && other.sum[1] == file->sum[1]);
    reported.last = reported.count = 0;
    other = cors_origin_file_read(pool, input, &one, check_error, &reported);
    must(reported.count == other.errors);
    must(cors_origin_table_listed(other.table) <= 1);
}

/* A line without its end, its comment and spaces. */
static cors_slice_t trim_line(cors_slice_t line)
{
    apr_size_t i;

    line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r' ? 1 : 0;
    for (i = 0; i < line.len; i++) {
        if (line.ptr[i] == '#'
            && (i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t')) {
            line.len = i;
        }
    }
    while (line.len > 0 && strchr(" \t", line.ptr[0] ? line.ptr[0] : 'x')) {
        line.ptr++;
        line.len--;
    }
    while (line.len > 0
           && strchr(" \t",
                     line.ptr[line.len - 1] ? line.ptr[line.len - 1] : 'x')) {
        line.len--;
    }
    return line;
}

/* A line is an entry, or an entry and a tenant. The text of the tenant is set to "" if
 * there is none. */
static bool is_valid_entry(cors_slice_t line, cors_pattern_t *pattern,
                           const char **tenant)
{
    char *rest = apr_pstrmemdup(pool, line.ptr, line.len);
    const apr_size_t len = strcspn(rest, " \t");
    const cors_slice_t word = { line.ptr, len };
    const char *unused;

    rest += len;
    rest += strspn(rest, " \t");
    *tenant = rest;
    for (; *rest; rest++) {
        if ((unsigned char)*rest <= ' ' || strchr("\"'`,*\\\x7f", *rest)
            || strncmp(rest, "://", 3) == 0) {
            return false;
        }
    }
    return rest - *tenant <= 255
           && cors_pattern_parse(pool, word, false, pattern, &unused) == CORS_OK
           && pattern->kind == CORS_PATTERN_ORIGIN;
}

/* An entry without a wildcard must be found as listed or excluded. */
static void check_lookup(const cors_origin_table_t *table,
                         const cors_pattern_t *pattern, const char *tenant)
{
    const cors_slice_t key = cors_slice(tenant);
    cors_origin_t origin;
    cors_listing_e is;

    if (pattern->subdomains || pattern->any_port
        || !cors_origin_parse(pattern->origin, &origin)) {
        return;
    }
    is = cors_origin_table_lookup_for(table, &origin, *tenant ? &key : NULL);
    must(is == CORS_ORIGIN_EXCLUDED
         || (is == CORS_ORIGIN_LISTED && !pattern->exclude));
}

static bool has_frame(const char *at, const char *end)
{
    return end - at >= 5 && memcmp(at, "begin", 5) == 0
           && (end - at == 5 || at[5] == ' ' || at[5] == '\n'
               || (at[5] == '\r' && (end - at == 6 || at[6] == '\n')));
}

/* The next word of a line, or NULL. Words have spaces or tabs between. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");

    if (*word == '\0') {
        return NULL;
    }
    *rest = word + strcspn(word, " \t");
    if (**rest != '\0') {
        *(*rest)++ = '\0';
    }
    return word;
}

/* Check the first and last line of a whole frame and its count of lines. Narrow *at
 * and *end to the lines between. */
static void check_whole_frame(const cors_frame_t *frame, const char **at,
                              const char **end)
{
    const char *last = *end - 1;
    const char *p;
    apr_size_t lines = 0;
    char *text;
    char *word;

    must((*end)[-1] == '\n');
    for (p = *at; p < *end; p++) {
        lines += *p == '\n' ? 1 : 0;
    }
    must(lines >= 2 && frame->count == lines - 2);
    while (last > *at && last[-1] != '\n') {
        last--;
    }
    text = apr_pstrmemdup(pool, last, (apr_size_t)(*end - 1 - last));
    text[strcspn(text, "\r")] = '\0';
    word = next_word(&text);
    must(word && strcmp(word, "end") == 0);
    word = next_word(&text);
    must(word
         && strcmp(word, apr_psprintf(pool, "%lu", (unsigned long)frame->count))
                == 0);
    word = next_word(&text);
    must(!word || cors_slice_equal(cors_slice(word), frame->version));
    p = memchr(*at, '\n', (apr_size_t)(*end - *at));
    must(frame->version.len > 0 && frame->version.ptr > *at + 5
         && cors_slice_end(frame->version) <= p);
    *at = p + 1;
    *end = last;
}

static void check(cors_slice_t input)
{
    const char *at = input.ptr;
    const char *end = at + input.len;
    reported_t reported = { 0, 0, 1, 0 };
    cors_origin_file_t file;
    apr_size_t errors = 0;
    apr_size_t listed = 0;
    apr_size_t excluded = 0;
    apr_size_t i;

    for (i = 0; i < input.len; i++) {
        reported.lines += input.ptr[i] == '\n' && i + 1 < input.len ? 1 : 0;
    }
    file = cors_origin_file_read(pool, input, NULL, check_error, &reported);
    must(reported.count == file.errors);
    check_rules(input, &file, reported.lines);
    if ((input.len > 0 && memchr(at, 0, input.len))
        || (input.len >= 2
            && (memcmp(at, "\xff\xfe", 2) == 0
                || memcmp(at, "\xfe\xff", 2) == 0))) {
        must(file.errors == 1);
        return;
    }
    if (input.len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    must((file.frame.state != CORS_FRAME_NONE) == has_frame(at, end));
    if (file.frame.state == CORS_FRAME_WHOLE) {
        check_whole_frame(&file.frame, &at, &end);
    }
    else if (file.frame.state != CORS_FRAME_NONE) {
        must(file.errors == 1 && reported.last == file.frame.line);
        must(cors_origin_table_listed(file.table) == 0);
        must(cors_origin_table_excluded(file.table) == 0);
        return;
    }
    while (at < end) {
        cors_slice_t word = trim_line(next_line(&at, end));
        cors_pattern_t pattern;
        const char *tenant;

        if (word.len == 0) {
            continue;
        }
        if (!is_valid_entry(word, &pattern, &tenant)) {
            errors++;
            continue;
        }
        listed += pattern.exclude ? 0 : 1;
        excluded += pattern.exclude ? 1 : 0;
        check_lookup(file.table, &pattern, tenant);
    }
    errors += input.len > 0 && input.ptr[input.len - 1] != '\n' ? 1 : 0;
    must(errors == file.errors);
    /* a repeated entry counts once */
    must(cors_origin_table_listed(file.table) <= listed);
    must(cors_origin_table_excluded(file.table) <= excluded);
    must((cors_origin_table_listed(file.table) > 0) == (listed > 0));
    must((cors_origin_table_excluded(file.table) > 0) == (excluded > 0));
    must(!file.suffix
         || (file.suffix_line > 0 && file.suffix_line <= reported.lines
             && strstr(file.suffix, "://*.")));
}
