/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reads any bytes as a dump, and compares what it has with itself and with a part of it.
 * Each difference has a line. A dump is accepted or has a reason for which it is not. */

#include "fuzz.h"

#include "core/diagnose/compare.h"
#include "httpd/status/snapshot_read.h"

static void compare_snapshots(const cors_snapshot_t *old,
                              const cors_snapshot_t *now)
{
    const apr_array_header_t *found = cors_compare(pool, old, now);
    int i;

    for (i = 0; i < found->nelts; i++) {
        const cors_compared_t *compared =
            &APR_ARRAY_IDX(found, i, cors_compared_t);

        must(*cors_compared_line(pool, compared));
        (void)cors_compared_request(pool, compared);
        must(compared->obstacle || compared->change != CORS_CHANGE_UNDECIDED);
    }
}

static void check(cors_slice_t input)
{
    cors_problem_e problem;
    const char *detail;
    cors_snapshot_t *whole = cors_snapshot_read(pool, input, &problem, &detail);
    cors_snapshot_t *part;

    must((whole == NULL) == (problem != CORS_OK));
    if (!whole) {
        return;
    }
    compare_snapshots(whole, whole);
    part = cors_snapshot_read(pool, input, &problem, &detail);
    must(part != NULL);
    part->hosts->nelts = 1;
    compare_snapshots(whole, part);
    compare_snapshots(part, whole);
}
