/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What every target shares: a pool for each input, input to the byte, promises.
 * A target has check(), and is run by libFuzzer or by replay.c. */

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

/* of the input that runs */
static apr_pool_t *pool;

/* what a target holds its input against */
static void check(cors_slice_t input);

/* A promise that is not kept ends the process: that is what libFuzzer sees. */
#define must(holds)                                                            \
    do {                                                                       \
        if (!(holds)) {                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,         \
                    #holds);                                                   \
            abort();                                                           \
        }                                                                      \
    } while (0)

static inline apr_status_t free_copy(void *copy)
{
    free(copy);
    return APR_SUCCESS;
}

/* A heap copy of exactly so many bytes, so that one too far is seen. */
static inline cors_slice_t exactly(const char *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);
    cors_slice_t slice = { copy, len };

    must(copy != NULL);
    memcpy(copy, bytes, len);
    apr_pool_cleanup_register(pool, copy, free_copy, apr_pool_cleanup_null);
    return slice;
}

/* The next line of the input, such a copy. */
static inline cors_slice_t next_line(const char **at, const char *end)
{
    const char *start = *at;
    const char *stop = memchr(start, '\n', (size_t)(end - start));

    *at = stop ? stop + 1 : end;
    return exactly(start, (size_t)((stop ? stop : end) - start));
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
        check(exactly(size ? (const char *)data : "", size));
        apr_pool_destroy(pool);
    }
    return 0;
}

#endif /* FUZZ_H */
