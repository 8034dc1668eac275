/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/problem.h"

#include <apr_strings.h>

static const char *const reasons[CORS_PROBLEM_COUNT] = {
    NULL,
#define CORS_PROBLEM_REASON(code, reason) reason,
    CORS_PROBLEMS(CORS_PROBLEM_REASON)
#undef CORS_PROBLEM_REASON
};

const char *cors_problem_reason(cors_problem_e problem)
{
    return reasons[problem];
}

const char *cors_problem_sentence(apr_pool_t *p, cors_problem_e problem,
                                  cors_slice_t word, const char *instead)
{
    const char *reason = reasons[problem];

    if (!word.ptr) {
        return reason;
    }
    return apr_pstrcat(p, "'", apr_pstrmemdup(p, word.ptr, word.len),
                       "': ", reason, instead ? "; write " : NULL, instead,
                       NULL);
}
