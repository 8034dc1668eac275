/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lists, entries and slices, compared with a parser that reads byte by byte. */

#include "fuzz.h"

/* Get the next run of bytes without separators, trimmed. Returns false at the end. */
static bool next_by_bytes(cors_slice_t text, size_t *at, const char *ends,
                          cors_slice_t *item)
{
    while (*at < text.len) {
        size_t start = *at;
        size_t stop;

        while (*at < text.len
               && !(text.ptr[*at] && strchr(ends, text.ptr[*at]))) {
            ++*at;
        }
        for (stop = *at;
             start < stop && strchr(" \t", text.ptr[start]) && text.ptr[start];
             start++) {
        }
        for (; start < stop && strchr(" \t", text.ptr[stop - 1])
               && text.ptr[stop - 1];
             stop--) {
        }
        *at += *at < text.len ? 1 : 0;
        if (start < stop) {
            item->ptr = text.ptr + start;
            item->len = stop - start;
            return true;
        }
    }
    return false;
}

static void compare_items(cors_slice_t text, const char *ends,
                          bool (*next)(cors_slice_t *, cors_slice_t *))
{
    cors_slice_t rest = text;
    cors_slice_t item;
    cors_slice_t expected;
    size_t at = 0;

    while (next(&rest, &item)) {
        must(next_by_bytes(text, &at, ends, &expected));
        must(item.ptr == expected.ptr && item.len == expected.len);
        must(rest.ptr + rest.len == text.ptr + text.len);
    }
    must(!next_by_bytes(text, &at, ends, &expected));
    /* the end is final */
    must(!next(&rest, &item));
}

static bool is_tchar(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void check(cors_slice_t input)
{
    cors_slice_t half = { input.ptr, input.len / 2 };
    cors_slice_t other = { input.ptr + half.len, half.len };
    cors_slice_t trimmed = cors_slice_trim(input);
    char *lower = apr_pstrmemdup(pool, input.ptr, input.len);
    bool token = input.len > 0;
    bool same = true;
    size_t i;

    compare_items(input, ",", cors_list_next);
    compare_items(input, ", \t", cors_argument_next);
    for (i = 0; i < input.len; i++) {
        token = token && is_tchar(input.ptr[i]);
        lower[i] = cors_lower(input.ptr[i]);
        must(!(lower[i] >= 'A' && lower[i] <= 'Z'));
    }
    must(cors_is_token(input) == token);
    must(cors_slice_equal_nocase(input, exact_copy(lower, input.len)));
    for (i = 0; i < half.len; i++) {
        same = same && cors_lower(half.ptr[i]) == cors_lower(other.ptr[i]);
    }
    must(cors_slice_equal_nocase(half, other) == same);
    must(cors_slice_equal(half, other)
         == (memcmp(half.ptr, other.ptr, half.len) == 0));
    must(trimmed.len == 0
         || (!strchr(" \t", trimmed.ptr[0] ? trimmed.ptr[0] : 'x')
             && cors_slice_equal(trimmed, cors_slice_trim(trimmed))));
    must(cors_slice_has_prefix(input, text_of(half)));
    for (i = 0; i < input.len && input.ptr[i] != ',' && input.ptr[i] != ';';
         i++) {
    }
    must(cors_slice_find_any(input, ",;")
         == (i < input.len ? input.ptr + i : NULL));
}
