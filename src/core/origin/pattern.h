/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file pattern.h
 * @brief Parse and check one entry of an origin list
 */

#ifndef CORS_PATTERN_H
#define CORS_PATTERN_H

#include <apr_pools.h>

#include "core/base/list.h"
#include "core/base/problem.h"

typedef enum {
    CORS_PATTERN_ANY,   /* * */
    CORS_PATTERN_NONE,  /* None */
    CORS_PATTERN_NULL,  /* null */
    CORS_PATTERN_SELF,  /* Self, the server's own origin */
    CORS_PATTERN_ORIGIN /* an origin, with or without wildcards */
} cors_pattern_kind_e;

/** One checked entry of an origin list. Slices borrow from the entry. */
typedef struct {
    cors_pattern_kind_e kind;
    bool exclude;        /* written with "!" */
    bool subdomains;     /* the host starts with "*." */
    bool any_port;       /* the port is "*" */
    bool any_host;       /* "*" in place of an id: every extension */
    cors_slice_t origin; /* the entry without "!" */
    cors_slice_t scheme;
    cors_slice_t
        host;      /* without "*."; IPv6 with its brackets; empty: any_host */
    unsigned port; /* 0: not written */
} cors_pattern_t;

/**
 * Parse and check one entry of an origin list.
 *
 * @param p        scratch, and the pool of the suggestion
 * @param entry     the entry, without the prefix "+" or "-"
 * @param file     whether Self may be listed (the WebSocket list)
 * @param pattern  filled on success
 * @param suggestion on failure the corrected form, which may be several entries; NULL
 *                 if there is none
 * @return CORS_OK, or the problem of the entry
 *
 * URL, "host parsing" and "host serialising" (#host-parsing)
 */
cors_problem_e cors_pattern_parse(apr_pool_t *p, cors_slice_t entry, bool file,
                                  cors_pattern_t *pattern,
                                  const char **suggestion);

/** @return whether a pattern lists plain-http origins that are not loopback */
bool cors_pattern_is_insecure(const cors_pattern_t *pattern);

#endif /* CORS_PATTERN_H */
