/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file list.h
 * @brief Slices of text, tokens and comma-separated lists
 */

#ifndef CORS_LIST_H
#define CORS_LIST_H

#include <stdbool.h>
#include <string.h>

#include <apr.h>
#include <apr_pools.h>

/**
 * A stretch of text that somebody else owns. Not NUL-terminated; a NULL ptr
 * means that there is no text at all, which is not the same as an empty one.
 */
typedef struct {
    const char *ptr; /* borrowed; NULL: absent */
    apr_size_t len;  /* bytes */
} cors_slice_t;

/** @return the whole of a NUL-terminated string; absent for NULL */
static inline cors_slice_t cors_slice(const char *text)
{
    cors_slice_t whole = { text, text ? strlen(text) : 0 };

    return whole;
}

/** @return the text from @a from up to and without @a to */
cors_slice_t cors_slice_between(const char *from, const char *to);

/** @return where @a text ends, one past its last byte */
const char *cors_slice_end(cors_slice_t text);

/** @return the first byte of @a text that is in @a set; NULL: none is */
const char *cors_slice_find_any(cors_slice_t text, const char *set);

/** @return whether @a text starts with the bytes of @a prefix */
bool cors_slice_has_prefix(cors_slice_t text, const char *prefix);

/** @return whether both hold the same bytes */
static inline bool cors_slice_equal(cors_slice_t a, cors_slice_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** @return whether both hold the same bytes but for the case of ASCII letters */
bool cors_slice_equal_nocase(cors_slice_t a, cors_slice_t b);

/** @return whether @a text is @a word but for the case of ASCII letters */
static inline bool cors_slice_is_nocase(cors_slice_t text, const char *word)
{
    return cors_slice_equal_nocase(text, cors_slice(word));
}

/** @return the byte, an ASCII capital made small */
static inline char cors_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/** @return @a text without blanks (SP, HTAB) at its ends, borrowed from it */
cors_slice_t cors_slice_trim(cors_slice_t text);

/** What a byte may be part of. */
typedef enum {
    CORS_BYTE_TOKEN = 1, /* RFC 9110, 5.6.2 "Tokens" */
    CORS_BYTE_HOST = 2,  /* a host as browsers write it, but for [ ] and : */
    CORS_BYTE_SCHEME = 4 /* a scheme as browsers write it */
} cors_byte_e;

/** For each byte what it may be part of, the cors_byte_e added up. */
extern const unsigned char cors_bytes[256];

/** @return whether a byte may be part of something */
static inline bool cors_byte_is(char c, cors_byte_e what)
{
    return (cors_bytes[(unsigned char)c] & what) != 0;
}

/**
 * Take the next element off a comma-separated field value.
 *
 * Blanks around an element and empty elements are skipped, as a recipient must.
 * Whether the element is a token is not checked. Never allocates.
 *
 * @param rest  what is left of the value; moves past the element
 * @param item  the element, borrowed from @a rest, at least one byte
 * @return true, or false at the end of the value
 *
 * RFC 9110, 5.6.1 "Lists"
 */
bool cors_list_next(cors_slice_t *rest, cors_slice_t *item);

/**
 * Take the next part off a text, which is what stands between separators.
 *
 * @param rest        what is left of the text; moves past the part
 * @param separators  the bytes that separate
 * @param part        the part, borrowed from @a rest, at least one byte
 * @return true, or false at the end of the text
 */
bool cors_part_next(cors_slice_t *rest, const char *separators,
                    cors_slice_t *part);

/**
 * Take the next word off what an administrator wrote: words stand apart by
 * blanks, commas or both, since people paste header values.
 *
 * @param rest  what is left of the text; moves past the word
 * @param word  the word, borrowed from @a rest, at least one byte
 * @return true, or false at the end of the text
 */
bool cors_word_next(cors_slice_t *rest, cors_slice_t *word);

/** @return @a text as a string of its own, in @a p */
char *cors_slice_text(apr_pool_t *p, cors_slice_t text);

/** @return whether a comma-separated field value, or NULL, has an element */
bool cors_list_has(const char *list, cors_slice_t item, bool any_case);

/** A text that grows, such as a list as it is sent. All zero: an empty one. */
typedef struct {
    const char *text; /* "GET, PUT"; NULL: empty. May move as it grows */
    apr_size_t len;   /* of text */
    apr_size_t room;  /* of text, in bytes; 0: it is nobody's to write to */
} cors_joined_t;

/**
 * Add something to the end of a text. What it costs to add much grows with its
 * bytes, and not faster.
 *
 * @param p        where the text is put
 * @param joined   the text
 * @param between  what stands between the two, unless the text is empty
 * @param item     what is added, copied; nothing where it is absent
 */
void cors_join(apr_pool_t *p, cors_joined_t *joined, const char *between,
               cors_slice_t item);

/** @return whether @a text is a token: one byte or more, all of tchar
 *
 * RFC 9110, 5.6.2 "Tokens"
 */
bool cors_is_token(cors_slice_t text);

#endif /* CORS_LIST_H */
