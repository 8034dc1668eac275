/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file pattern.h
 * @brief What an administrator wrote for an origin, checked to the letter
 */

#ifndef CORS_PATTERN_H
#define CORS_PATTERN_H

#include <apr_pools.h>

#include "cors/list.h"
#include "cors/problem.h"

typedef enum {
    CORS_PATTERN_ANY,   /* * */
    CORS_PATTERN_NONE,  /* None */
    CORS_PATTERN_NULL,  /* null */
    CORS_PATTERN_SELF,  /* Self, the server's own origin */
    CORS_PATTERN_ORIGIN /* an origin, with or without wildcards */
} cors_pattern_kind_e;

/** One checked word of an origin list; slices borrow from the word. */
typedef struct {
    cors_pattern_kind_e kind;
    bool exclude;        /* written with "!" */
    bool subdomains;     /* "*." stood before the host */
    bool any_port;       /* the port was "*" */
    cors_slice_t origin; /* the word without "!" */
    cors_slice_t scheme;
    cors_slice_t host; /* without "*."; IPv6 with its brackets */
    unsigned port;     /* 0: none was written */
} cors_pattern_t;

/**
 * Check one word of an origin list.
 *
 * @param p        scratch, and where the corrected form is put
 * @param word     the word, without "+" or "-" before it
 * @param file     whether file:// and Self may be listed (the WebSocket list)
 * @param pattern  filled on success
 * @param suggestion on failure the corrected form, which may be several words, or
 *                 NULL where there is none
 * @return CORS_OK, or what is wrong with the word
 *
 * URL, "host parsing" and "host serialising" (#host-parsing)
 */
cors_problem_e cors_pattern_parse(apr_pool_t *p, cors_slice_t word, bool file,
                                  cors_pattern_t *pattern,
                                  const char **suggestion);

/** @return whether a pattern lists plain-http origins of other machines */
bool cors_pattern_is_insecure(const cors_pattern_t *pattern);

#endif /* CORS_PATTERN_H */
