/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file regex_text.h
 * @brief The text of a regular expression, read as a tree
 */

#ifndef CORS_REGEX_TEXT_H
#define CORS_REGEX_TEXT_H

#include <stdbool.h>

#include <apr_pools.h>

/** The bytes that can stand in an origin, each a symbol by its place here. */
#define CORS_SYMBOLS "abcdefghijklmnopqrstuvwxyz0123456789-._!$&'()*+,;=~:/[]"

/** A set of symbols: bit n is byte n of CORS_SYMBOLS. */
typedef apr_uint64_t cors_symbols_t;

/** @return the set that holds one byte; empty where no origin has that byte */
cors_symbols_t cors_symbol(char byte);

/** @return the set of the bytes of a text */
cors_symbols_t cors_symbols(const char *bytes);

/** What a node of the tree stands for. */
typedef enum {
    CORS_REGEX_SET,        /* one byte of a set */
    CORS_REGEX_SEQUENCE,   /* its children, one after the other */
    CORS_REGEX_CHOICE,     /* one of its children */
    CORS_REGEX_REPEAT,     /* its only child, min to max times */
    CORS_REGEX_START,      /* nothing, at the start of the text */
    CORS_REGEX_END,        /* nothing, at the end of the text */
    CORS_REGEX_BOUNDARY,   /* nothing, where a word starts or ends */
    CORS_REGEX_NO_BOUNDARY /* nothing, where none does */
} cors_regex_kind_e;

/** A repetition without an upper end. */
#define CORS_REGEX_FOREVER (-1)

/** A node. Its depth is bounded, however long the text is. */
typedef struct cors_regex_node_t {
    cors_regex_kind_e kind;
    cors_symbols_t set; /* of CORS_REGEX_SET */
    int min;            /* of CORS_REGEX_REPEAT */
    int max;            /* the same; or CORS_REGEX_FOREVER */
    /* the last child; NULL: none */
    struct cors_regex_node_t *last;
    /* the child of the same parent before this one; NULL: this is the first */
    struct cors_regex_node_t *before;
} cors_regex_node_t;

/** An expression as it was read. */
typedef struct {
    const cors_regex_node_t *root; /* NULL: not regular, or not known to be */
    const char *obstacle; /* what could not be read, such as "look-ahead"; or
                             NULL */
    apr_size_t at;        /* its offset in the text */
    bool exact;      /* false: PCRE may match less than the tree stands for,
                        never more (atomic groups, possessive quantifiers) */
    bool assertions; /* the tree has some */
} cors_regex_text_t;

/**
 * Read an expression as PCRE does, by bytes, without options but "$ matches at the
 * end only", on texts that are well-formed origins.
 *
 * Knows all of PCRE's syntax that stands for a regular language. Everything else
 * is an obstacle, and so is what the versions of PCRE read in different ways. Time
 * and memory grow with the length of the text and no faster.
 *
 * @param p     where the tree is put
 * @param text  an expression that PCRE has compiled; of others nothing is promised
 *              but that they do no harm
 * @param read  filled
 *
 * pcre2pattern(3), all sections
 */
void cors_regex_read(apr_pool_t *p, const char *text, cors_regex_text_t *read);

#endif /* CORS_REGEX_TEXT_H */
