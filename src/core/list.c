/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/list.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

cors_slice_t cors_slice_between(const char *from, const char *to)
{
    cors_slice_t text = { from, (apr_size_t)(to - from) };

    return text;
}

const char *cors_slice_end(cors_slice_t text)
{
    return text.ptr + text.len;
}

const char *cors_slice_find_any(cors_slice_t text, const char *set)
{
    const char *p;

    for (p = text.ptr; p < cors_slice_end(text); p++) {
        if (*p && strchr(set, *p)) {
            return p;
        }
    }
    return NULL;
}

bool cors_slice_has_prefix(cors_slice_t text, const char *prefix)
{
    apr_size_t len = strlen(prefix);

    return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

bool cors_slice_equal_nocase(cors_slice_t a, cors_slice_t b)
{
    apr_size_t i;

    if (a.len != b.len) {
        return false;
    }
    for (i = 0; i < a.len; i++) {
        if (cors_lower(a.ptr[i]) != cors_lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

cors_slice_t cors_slice_trim(cors_slice_t text)
{
    while (text.len > 0 && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool cors_list_next(cors_slice_t *rest, cors_slice_t *item)
{
    const char *p = rest->ptr;
    const char *end;
    const char *last;

    if (!p) {
        return false;
    }
    end = rest->ptr + rest->len;
    while (p < end && (*p == ',' || is_blank(*p))) {
        p++;
    }
    item->ptr = p;
    while (p < end && *p != ',') {
        p++;
    }
    for (last = p; last > item->ptr && is_blank(last[-1]); last--) {
    }
    item->len = (apr_size_t)(last - item->ptr);
    rest->ptr = p;
    rest->len = (apr_size_t)(end - p);
    return item->len > 0;
}

bool cors_word_next(cors_slice_t *rest, cors_slice_t *word)
{
    const char *p = rest->ptr;
    const char *end;

    if (!p) {
        return false;
    }
    end = rest->ptr + rest->len;
    while (p < end && (*p == ',' || is_blank(*p))) {
        p++;
    }
    word->ptr = p;
    while (p < end && *p != ',' && !is_blank(*p)) {
        p++;
    }
    word->len = (apr_size_t)(p - word->ptr);
    rest->ptr = p;
    rest->len = (apr_size_t)(end - p);
    return word->len > 0;
}

/* the letters, the digits and !#$%&'*+-.^_`|~ */
const cors_bytes_t cors_token_bytes = { { 0x00000000, 0x03ff6cfa, 0xc7fffffe,
                                          0x57ffffff } };

bool cors_is_token(cors_slice_t text)
{
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (!cors_bytes_has(&cors_token_bytes, text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}
