/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Slices of text, tokens and comma-separated lists.
 *
 * It is its own file because everything that parses text uses it: request headers,
 * directives and files. It knows nothing about CORS. The text of a request is never
 * copied to parse it: a slice points into it. Classes of bytes are in one table, so
 * that a check costs one look-up for each byte.
 */

#include "core/base/list.h"

#include <string.h>

#include <apr_strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Returns whether a byte is in a set. A NUL is in no set. */
static bool is_any(char c, const char *set)
{
    return c && strchr(set, c);
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
    const char *found = NULL;
    const char *p;

    /* The sets are small: memchr() for each byte of the set is faster than testing each byte
     * of the text. A match shortens the rest, so the first byte is found. */
    for (; *set && text.len > 0; set++) {
        p = memchr(text.ptr, *set, text.len);
        if (p) {
            found = p;
            text.len = (apr_size_t)(p - text.ptr);
        }
    }
    return found;
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

bool cors_slice_is_one_of(cors_slice_t text, const char *const *words)
{
    while (*words && !cors_slice_is(text, *words)) {
        words++;
    }
    return *words != NULL;
}

const char *cors_slice_find_nocase(cors_slice_t text, const char *const *words)
{
    while (*words && !cors_slice_is_nocase(text, *words)) {
        words++;
    }
    return *words;
}

bool cors_slice_is_near(cors_slice_t text, const char *word)
{
    cors_slice_t other = cors_slice(word);

    /* skip the common prefix */
    while (text.len > 0 && other.len > 0
           && cors_lower(text.ptr[0]) == cors_lower(other.ptr[0])) {
        text.ptr++;
        text.len--;
        other.ptr++;
        other.len--;
    }
    if (text.len == 0 || other.len == 0) {
        return text.len + other.len == 1;
    }
    /* two exchanged bytes */
    if (text.len == other.len && text.len > 1
        && cors_lower(text.ptr[0]) == cors_lower(other.ptr[1])
        && cors_lower(text.ptr[1]) == cors_lower(other.ptr[0])) {
        text.ptr += 2;
        other.ptr += 2;
        text.len = other.len = text.len - 2;
        return cors_slice_equal_nocase(text, other);
    }
    if (text.len > other.len + 1 || other.len > text.len + 1) {
        return false;
    }
    if (text.len >= other.len) {
        text.ptr++;
        text.len--;
    }
    if (other.len > text.len) {
        other.ptr++;
        other.len--;
    }
    return cors_slice_equal_nocase(text, other);
}

apr_size_t cors_slice_count(cors_slice_t text, char byte)
{
    const char *p = text.ptr;
    const char *end = p + text.len;
    apr_size_t count = 0;

    while (p < end && (p = memchr(p, byte, (apr_size_t)(end - p))) != NULL) {
        count++;
        p++;
    }
    return count;
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

bool cors_part_next(cors_slice_t *rest, const char *separators,
                    cors_slice_t *part)
{
    const char *p = rest->ptr;
    const char *end;

    if (!p) {
        return false;
    }
    end = rest->ptr + rest->len;
    while (p < end && is_any(*p, separators)) {
        p++;
    }
    part->ptr = p;
    while (p < end && !is_any(*p, separators)) {
        p++;
    }
    part->len = (apr_size_t)(p - part->ptr);
    rest->ptr = p;
    rest->len = (apr_size_t)(end - p);
    return part->len > 0;
}

bool cors_argument_next(cors_slice_t *rest, cors_slice_t *word)
{
    return cors_part_next(rest, " \t,", word);
}

/*
 * Tokens: the letters, the digits and !#$%&'*+-.^_`|~
 *
 * Schemes: the lower-case letters, the digits and + - .
 *
 * Hosts: all printable characters except A-Z and #%/:<>?@[\]^|,"`{} Most of these are
 * the "forbidden domain code points" of the URL Standard, which no serialized host
 * contains, and a comma joins two Origin fields.
 *
 * Each line covers sixteen byte values. Bytes outside ASCII are in no class.
 */
/* clang-format off */
const unsigned char cors_bytes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 3, 0, 1, 3, 1, 3, 3, 2, 2, 3, 7, 0, 7, 7, 0,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 2, 0, 2, 0, 0,
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 3,
    1, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 1, 0, 3, 0
};
/* clang-format on */

char *cors_slice_text(apr_pool_t *p, cors_slice_t text)
{
    return apr_pstrmemdup(p, text.ptr, text.len);
}

bool cors_list_has(const char *list, cors_slice_t item, bool any_case)
{
    cors_slice_t rest = cors_slice(list);
    cors_slice_t element;

    while (cors_list_next(&rest, &element)) {
        if (any_case ? cors_slice_equal_nocase(element, item)
                     : cors_slice_equal(element, item)) {
            return true;
        }
    }
    return false;
}

void cors_join(apr_pool_t *p, cors_joined_t *joined, const char *between,
               cors_slice_t item)
{
    apr_size_t gap = joined->text ? strlen(between) : 0;
    apr_size_t len = joined->len + gap + item.len;
    char *text;

    if (!item.ptr) {
        return;
    }
    if (!joined->text || len >= joined->room) {
        joined->room = 2 * (len + 1);
        text = apr_palloc(p, joined->room);
        if (joined->text) {
            memcpy(text, joined->text, joined->len);
        }
    }
    else {
        text = (char *)(apr_uintptr_t)joined->text;
    }
    memcpy(text + joined->len, between, gap);
    memcpy(text + joined->len + gap, item.ptr, item.len);
    text[len] = '\0';
    joined->text = text;
    joined->len = len;
}

void cors_join_entry(apr_pool_t *p, cors_joined_t *joined, const char *prefix,
                     cors_slice_t entry)
{
    cors_join(p, joined, " ", cors_slice(prefix));
    cors_join(p, joined, "", entry);
}

const char *cors_join_two(apr_pool_t *p, const char *one, const char *other)
{
    cors_joined_t both = { NULL, 0, 0 };

    cors_join(p, &both, " ", cors_slice(one));
    cors_join(p, &both, " ", cors_slice(other));
    return both.text;
}

bool cors_is_token(cors_slice_t text)
{
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (!cors_byte_is(text.ptr[i], CORS_BYTE_TOKEN)) {
            return false;
        }
    }
    return text.len > 0;
}
