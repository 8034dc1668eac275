/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Frames around lists of lines: whole, still open, or bad. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/origin/frame.h"

static cors_frame_t frame;
static char version[CORS_FRAME_VERSION_MAX + 1];
static char lines[4096];

/* Read a heap copy of the text's exact length, and copy the version and the lines
 * that the frame points at. */
static cors_frame_state_e read_bytes(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    cors_slice_t slice = { copy, len };

    assert_non_null(copy);
    memcpy(copy, text, len);
    frame = cors_frame_read(slice);
    assert_true(frame.version.len <= CORS_FRAME_VERSION_MAX);
    assert_true(frame.lines.len < sizeof(lines));
    memset(version, 0, sizeof(version));
    memset(lines, 0, sizeof(lines));
    if (frame.version.len > 0) {
        memcpy(version, frame.version.ptr, frame.version.len);
    }
    if (frame.lines.len > 0) {
        memcpy(lines, frame.lines.ptr, frame.lines.len);
    }
    free(copy);
    return frame.state;
}

static cors_frame_state_e read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* Unless a frame is whole, its lines are the whole text, and they are not counted. */
static void is_all_of(size_t len)
{
    assert_int_equal(frame.lines.len, len);
    assert_int_equal(frame.count, 0);
}

static void whole_frame_has_lines_and_version(void **state)
{
    static const struct {
        const char *text;
        const char *version;
        const char *lines;
        size_t count;
    } rows[] = {
        { "begin 1\nend 0\n", "1", "", 0 },
        { "begin v42\na\nb\nend 2\n", "v42", "a\nb\n", 2 },
        { "begin v42\na\nb\nend 2 v42\n", "v42", "a\nb\n", 2 },
        { "begin 2026-11-28T15:00:00Z \n\n#\n\nend 3 \n",
          "2026-11-28T15:00:00Z", "\n#\n\n", 3 },
        { "\xef\xbb\xbf"
          "begin a\r\nx\r\nend 1 a\r\n",
          "a", "x\r\n", 1 },
        /* an "end" or "begin" among the counted lines is an ordinary line */
        { "begin 1\nend 7\nend 1\n", "1", "end 7\n", 1 },
        { "begin 1\nbegin 2\nend 1\n", "1", "begin 2\n", 1 },
        /* counts of two digits, and all bytes that a version may start with */
        { "begin !~\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n2\nend 12 !~\n", "!~",
          "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n2\n", 12 },
        { "begin 1\n1\n2\n3\n4\n5\n6\n7\n8\n9\nend 9   1 \n", "1",
          "1\n2\n3\n4\n5\n6\n7\n8\n9\n", 9 },
        { "begin 1\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\nend 10\n", "1",
          "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n", 10 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_text(rows[i].text), CORS_FRAME_WHOLE);
        assert_string_equal(version, rows[i].version);
        assert_string_equal(lines, rows[i].lines);
        assert_int_equal(frame.count, rows[i].count);
        assert_int_equal(frame.line, 0);
        assert_null(frame.detail);
    }
}

static void other_texts_are_not_frames(void **state)
{
    static const char *const rows[] = {
        "",
        "\n",
        "beg",
        "begins 1\nend 0\n",
        " begin 1\nend 0\n",
        "# deployed\nbegin 1\nend 0\n",
        "Begin 1\nend 0\n",
        "https://a.example\nend 1\n",
        "\xef\xbb\xbf",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_text(rows[i]), CORS_FRAME_NONE);
        is_all_of(strlen(rows[i]));
        assert_int_equal(frame.line, 0);
        assert_null(frame.detail);
    }
}

static void absent_text_is_not_a_frame(void **state)
{
    static const cors_slice_t absent = { NULL, 0 };

    (void)state;
    frame = cors_frame_read(absent);
    assert_int_equal(frame.state, CORS_FRAME_NONE);
    is_all_of(0);
}

static void truncated_frame_is_open(void **state)
{
    static const char text[] =
        "begin v1\nhttps://a.example\n!https://b.example\n"
        "end 2 v1\n";
    size_t len;

    (void)state;
    for (len = strlen("begin"); len < sizeof(text) - 1; len++) {
        assert_int_equal(read_bytes(text, len), CORS_FRAME_OPEN);
        assert_string_equal(frame.detail, "the end is missing");
        is_all_of(len);
    }
    assert_int_equal(read_bytes(text, len), CORS_FRAME_WHOLE);
    assert_int_equal(frame.count, 2);
    /* a line after the end opens the frame again */
    assert_int_equal(read_text("begin 1\na\nend 1\nb\n"), CORS_FRAME_OPEN);
    assert_int_equal(frame.line, 4);
    assert_int_equal(read_text("begin 1\na\nend 1\n\n"), CORS_FRAME_OPEN);
    assert_int_equal(frame.line, 4);
    assert_int_equal(read_text("begin 1\n\n"), CORS_FRAME_OPEN);
    assert_int_equal(read_text("begin 1"), CORS_FRAME_OPEN);
    assert_int_equal(frame.line, 1);
    assert_int_equal(read_text("begin 1\n"), CORS_FRAME_OPEN);
    /* the line of the end may be incomplete */
    assert_int_equal(read_text("begin 1\na\nend 1"), CORS_FRAME_OPEN);
}

static void contradictory_frame_is_bad(void **state)
{
    static const struct {
        const char *text;
        size_t line;
        const char *detail;
    } rows[] = {
        { "begin\nend 0\n", 1, "begin is followed by a version" },
        { "begin a b\nend 0\n", 1, "begin is followed by a version" },
        { "begin \xc3\xa4\nend 0\n", 1, "begin is followed by a version" },
        { "begin \001a\nend 0\n", 1, "begin is followed by a version" },
        { "begin a\177\nend 0\n", 1, "begin is followed by a version" },
        { "begin 1\na\nend 2\n", 3,
          "there is another number of lines between" },
        { "begin 1\na\nend 0\n", 3,
          "there is another number of lines between" },
        { "begin 1\nend\n", 2,
          "end is followed by the number of lines between" },
        { "begin 1\nend -0\n", 2,
          "end is followed by the number of lines between" },
        { "begin 1\na\nend 01\n", 3,
          "end is followed by the number of lines between" },
        { "begin 1\nend 100000000\n", 2,
          "there is another number of lines between" },
        { "begin 1\nend 1000000000\n", 2,
          "end is followed by the number of lines between" },
        { "begin 1\nend 0x\n", 2,
          "end is followed by the number of lines between" },
        { "begin 2\na\nend 1 1\n", 3, "begin and end have different versions" },
        { "begin 2\na\nend 1 2 2\n", 3,
          "begin and end have different versions" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_text(rows[i].text), CORS_FRAME_BAD);
        assert_int_equal(frame.line, rows[i].line);
        assert_string_equal(frame.detail, rows[i].detail);
        is_all_of(strlen(rows[i].text));
    }
}

static void version_has_at_most_64_characters(void **state)
{
    char text[100];

    (void)state;
    memcpy(text, "begin ", 6);
    memset(text + 6, 'v', 65);
    strcpy(text + 6 + 64, "\nend 0\n");
    assert_int_equal(read_text(text), CORS_FRAME_WHOLE);
    assert_int_equal(frame.version.len, 64);
    memset(text + 6, 'v', 65);
    strcpy(text + 6 + 65, "\nend 0\n");
    assert_int_equal(read_text(text), CORS_FRAME_BAD);
}

/* While a file is overwritten in place, it has the start of the new text and the end
 * of the old text. */
static void mixed_versions_are_never_whole(void **state)
{
    static const char before[] = "begin 1\na\nb\n!c\nend 3 1\n";
    static const char after[] = "begin 2\n!c\nb\na\nend 3 2\n";
    char mixed[sizeof(before)];
    size_t at;

    (void)state;
    for (at = strlen("begin 2"); at < sizeof(before) - strlen("2\n") - 1;
         at++) {
        memcpy(mixed, before, sizeof(before));
        memcpy(mixed, after, at);
        assert_int_not_equal(read_text(mixed), CORS_FRAME_WHOLE);
    }
    assert_int_equal(read_text(after), CORS_FRAME_WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_frame_has_lines_and_version),
        cmocka_unit_test(other_texts_are_not_frames),
        cmocka_unit_test(absent_text_is_not_a_frame),
        cmocka_unit_test(truncated_frame_is_open),
        cmocka_unit_test(contradictory_frame_is_bad),
        cmocka_unit_test(version_has_at_most_64_characters),
        cmocka_unit_test(mixed_versions_are_never_whole)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
