/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Shared by all targets: a pool for each input, input copied to the exact byte, and
 * assertions. A target defines check(); libFuzzer or replay.c calls it. */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "core/base/list.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The pool of the current input. */
static apr_pool_t *pool;

/* Defined by the target: check one input. */
static void check(cors_slice_t input);

/* Abort unless the condition holds; libFuzzer then reports the input. */
#define must(holds)                                                            \
    do {                                                                       \
        if (!(holds)) {                                                        \
            fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__,         \
                    __LINE__, #holds);                                         \
            abort();                                                           \
        }                                                                      \
    } while (0)

static inline apr_status_t free_copy(void *copy)
{
    free(copy);
    return APR_SUCCESS;
}

/* A heap copy of exactly len bytes, so that ASan sees a read beyond them. */
static inline cors_slice_t exact_copy(const char *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);
    cors_slice_t slice = { copy, len };

    must(copy != NULL);
    memcpy(copy, bytes, len);
    apr_pool_cleanup_register(pool, copy, free_copy, apr_pool_cleanup_null);
    return slice;
}

/* The next line of the input, as such a copy. */
static inline cors_slice_t next_line(const char **at, const char *end)
{
    const char *start = *at;
    const char *stop = memchr(start, '\n', (size_t)(end - start));

    *at = stop ? stop + 1 : end;
    return exact_copy(start, (size_t)((stop ? stop : end) - start));
}

static inline const char *text_of(cors_slice_t slice)
{
    return apr_pstrmemdup(pool, slice.ptr, slice.len);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return apr_initialize();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (apr_pool_create(&pool, NULL) == APR_SUCCESS) {
        check(exact_copy(size ? (const char *)data : "", size));
        apr_pool_destroy(pool);
    }
    return 0;
}

#endif /* FUZZ_H */
