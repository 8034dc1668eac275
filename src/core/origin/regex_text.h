/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file regex_text.h
 * @brief Parse the text of a regular expression into a tree
 */

#ifndef CORS_REGEX_TEXT_H
#define CORS_REGEX_TEXT_H

#include <stdbool.h>

#include <apr_pools.h>

/** The bytes that an origin can contain; the index of a byte is its symbol. */
#define CORS_SYMBOLS "abcdefghijklmnopqrstuvwxyz0123456789-._!$&'()*+,;=~:/[]"

/** A set of symbols: bit n is byte n of CORS_SYMBOLS. */
typedef apr_uint64_t cors_symbols_t;

/** @return the set of one byte; empty if no origin can contain the byte */
cors_symbols_t cors_symbol(char byte);

/** @return the set of all bytes of a text */
cors_symbols_t cors_symbols(const char *bytes);

/** What a node of the tree matches. */
typedef enum {
    CORS_REGEX_SET,        /* one byte of a set */
    CORS_REGEX_SEQUENCE,   /* its children in sequence; linked from the last */
    CORS_REGEX_CHOICE,     /* one of its children */
    CORS_REGEX_REPEAT,     /* its only child, min to max times */
    CORS_REGEX_START,      /* nothing, at the start of the text */
    CORS_REGEX_END,        /* nothing, at the end of the text */
    CORS_REGEX_BOUNDARY,   /* nothing, where a word starts or ends */
    CORS_REGEX_NO_BOUNDARY /* nothing, where no word starts or ends */
} cors_regex_kind_e;

/** The max of a repetition without an upper limit. */
#define CORS_REGEX_FOREVER (-1)

/** A node. The depth of the tree is limited, for any length of the text. */
typedef struct cors_regex_node_t {
    cors_regex_kind_e kind;
    cors_symbols_t set; /* of CORS_REGEX_SET */
    int min;            /* of CORS_REGEX_REPEAT */
    int max;            /* of CORS_REGEX_REPEAT; may be CORS_REGEX_FOREVER */
    /* the last child, or NULL */
    struct cors_regex_node_t *last;
    /* the previous child of the same parent; NULL for the first */
    struct cors_regex_node_t *before;
} cors_regex_node_t;

/** A parsed regular expression. */
typedef struct {
    const cors_regex_node_t *root; /* NULL if there is an obstacle */
    const char *obstacle; /* what is not supported, as "look-ahead"; or NULL */
    apr_size_t at;        /* the offset of the obstacle in the text */
    /* false: PCRE may match less than the tree, never more (atomic groups, possessive
     * quantifiers) */
    bool exact;
    bool assertions; /* the tree has assertions */
} cors_regex_text_t;

/**
 * Parse a regular expression as PCRE does: bytewise, with no option except
 * AP_REG_DOLLAR_ENDONLY, for subjects that are well-formed origins.
 *
 * Supports all of PCRE's syntax for regular languages. Everything else is an obstacle,
 * and so is syntax that versions of PCRE interpret differently. Time and memory are
 * linear in the length of the text.
 *
 * @param p     the pool of the tree
 * @param text  a regular expression that PCRE has compiled; for any other text the
 *              result is unspecified, but the call is safe
 * @param read  filled
 *
 * pcre2pattern(3), all sections
 */
void cors_regex_read(apr_pool_t *p, const char *text, cors_regex_text_t *read);

#endif /* CORS_REGEX_TEXT_H */
