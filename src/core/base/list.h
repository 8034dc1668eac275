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
 * A borrowed piece of text. It is not NUL-terminated. A NULL ptr means that the text
 * is absent, which differs from an empty text.
 */
typedef struct {
    /* borrowed; NULL: absent */
    const char *ptr;
    apr_size_t len; /* bytes */
} cors_slice_t;

/** @return the whole of a NUL-terminated string; absent for NULL */
static inline cors_slice_t cors_slice(const char *text)
{
    cors_slice_t whole = { text, text ? strlen(text) : 0 };

    return whole;
}

/** @return the text from @a from up to, but not including, @a to */
cors_slice_t cors_slice_between(const char *from, const char *to);

/** @return the end of @a text, one past its last byte */
const char *cors_slice_end(cors_slice_t text);

/** @return the first byte of @a text that is in @a set; NULL: not found */
const char *cors_slice_find_any(cors_slice_t text, const char *set);

/** @return whether @a text starts with the bytes of @a prefix */
bool cors_slice_has_prefix(cors_slice_t text, const char *prefix);

/** @return whether both hold the same bytes */
static inline bool cors_slice_equal(cors_slice_t a, cors_slice_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** @return whether both hold the same bytes, ignoring the case of ASCII letters */
bool cors_slice_equal_nocase(cors_slice_t a, cors_slice_t b);

/** @return whether @a text equals @a word */
static inline bool cors_slice_is(cors_slice_t text, const char *word)
{
    return cors_slice_equal(text, cors_slice(word));
}

/** @return whether @a text equals @a word, ignoring the case of ASCII letters */
static inline bool cors_slice_is_nocase(cors_slice_t text, const char *word)
{
    return cors_slice_equal_nocase(text, cors_slice(word));
}

/** @return whether @a text equals one of @a words, which end with NULL */
bool cors_slice_is_one_of(cors_slice_t text, const char *const *words);

/** @return the one of @a words, which end with NULL, that equals @a text, ignoring the
 *          case of ASCII letters; NULL: not found */
const char *cors_slice_find_nocase(cors_slice_t text, const char *const *words);

/**
 * @return whether one byte is missing, additional or different in @a text, or two
 *         adjacent ones are exchanged, compared with @a word and ignoring case; not if
 *         they are equal
 */
bool cors_slice_is_near(cors_slice_t text, const char *word);

/** @return how often a byte occurs in @a text, which may be absent */
apr_size_t cors_slice_count(cors_slice_t text, char byte);

/** @return the byte; an ASCII upper-case letter is converted to lower case */
static inline char cors_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/** @return the value of a hexadecimal digit; 16: the byte is not one */
static inline int cors_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = cors_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/** @return @a text without spaces and tabs at its ends, borrowed from it */
cors_slice_t cors_slice_trim(cors_slice_t text);

/** The syntax elements that can contain a byte. */
typedef enum {
    CORS_BYTE_TOKEN = 1, /* RFC 9110, 5.6.2 "Tokens" */
    /* a host as browsers write it, except [ ] and : */
    CORS_BYTE_HOST = 2,
    CORS_BYTE_SCHEME = 4 /* a scheme as browsers write it */
} cors_byte_e;

/** For each byte, the sum of its cors_byte_e values. */
extern const unsigned char cors_bytes[256];

/** @return whether a byte may be part of a syntax element */
static inline bool cors_byte_is(char c, cors_byte_e what)
{
    return (cors_bytes[(unsigned char)c] & what) != 0;
}

/**
 * Takes the next element off a comma-separated field value.
 *
 * Skips spaces and tabs around an element, and empty elements, as a recipient must.
 * Does not check whether the element is a token. Never allocates.
 *
 * @param rest  the rest of the value; advanced past the element
 * @param item  the element, borrowed from @a rest, at least one byte
 * @return true, or false at the end of the value
 *
 * RFC 9110, 5.6.1 "Lists"
 */
bool cors_list_next(cors_slice_t *rest, cors_slice_t *item);

/**
 * Takes the next part off a text, up to a separator.
 *
 * @param rest        the rest of the text; advanced past the part
 * @param separators  the bytes that separate parts
 * @param part        the part, borrowed from @a rest, at least one byte
 * @return true, or false at the end of the text
 */
bool cors_part_next(cors_slice_t *rest, const char *separators,
                    cors_slice_t *part);

/**
 * Takes the next argument off a text from the configuration. Spaces, commas or both
 * separate arguments, because administrators paste header values.
 *
 * @param rest  the rest of the text; advanced past the argument
 * @param word  the argument, borrowed from @a rest, at least one byte
 * @return true, or false at the end of the text
 */
bool cors_argument_next(cors_slice_t *rest, cors_slice_t *word);

/** @return a NUL-terminated copy of @a text, allocated in @a p */
char *cors_slice_text(apr_pool_t *p, cors_slice_t text);

/** @return whether a comma-separated field value, which may be NULL, has an element */
bool cors_list_has(const char *list, cors_slice_t item, bool any_case);

/** A text that grows, such as a list for a response header. All zero: empty. */
typedef struct {
    /* "GET, PUT"; NULL: empty. The text may move when it grows */
    const char *text;
    /* length of text in bytes */
    apr_size_t len;
    /* allocated bytes of text; 0: text is borrowed and read-only */
    apr_size_t room;
} cors_joined_t;

/**
 * Appends an item to a text. The total cost is linear in the number of bytes.
 *
 * @param p        pool for the text
 * @param joined   the text
 * @param between  the separator, written unless the text is empty
 * @param item     the item, copied; an absent item appends nothing
 */
void cors_join(apr_pool_t *p, cors_joined_t *joined, const char *between,
               cors_slice_t item);

/** Appends an entry of a list as an administrator writes it: a space unless the text
 *  is empty, the prefix ("+", "-" or ""), the entry. Otherwise like cors_join(). */
void cors_join_entry(apr_pool_t *p, cors_joined_t *joined, const char *prefix,
                     cors_slice_t entry);

/** @return two texts with a space in between, in @a p; either may be NULL */
const char *cors_join_two(apr_pool_t *p, const char *one, const char *other);

/**
 * @return whether @a text is a token: at least one byte, all of them tchar
 *
 * RFC 9110, 5.6.2 "Tokens"
 */
bool cors_is_token(cors_slice_t text);

#endif /* CORS_LIST_H */
