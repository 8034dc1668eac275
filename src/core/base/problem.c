/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Looks up the messages of the catalogue in problem.h and formats them. It is a
 * separate file so that all messages have one form. It does not write to a log
 * and does not know where a problem was found. The catalogue is a pair of X-macros:
 * errors come first, so one comparison is enough to recognize a warning.
 */

#include "core/base/problem.h"

#include <apr_strings.h>

static const struct {
    const char *id;
    const char *reason;
} catalogue[CORS_PROBLEM_COUNT] = { { NULL, NULL },
#define CORS_PROBLEM_ENTRY(code, id, reason) { id, reason },
                                    CORS_ERRORS(CORS_PROBLEM_ENTRY)
                                        CORS_WARNINGS(CORS_PROBLEM_ENTRY)
#undef CORS_PROBLEM_ENTRY
};

const char *cors_problem_id(cors_problem_e problem)
{
    return catalogue[problem].id;
}

const char *cors_problem_reason(cors_problem_e problem)
{
    return catalogue[problem].reason;
}

bool cors_problem_is_warning(cors_problem_e problem)
{
    enum {
        before_errors,
#define CORS_PROBLEM_ERROR(code, id, reason) error_##code,
        CORS_ERRORS(CORS_PROBLEM_ERROR)
#undef CORS_PROBLEM_ERROR
        after_errors
    };

    return problem >= (cors_problem_e)after_errors;
}

const char *cors_problem_sentence(apr_pool_t *p, const cors_finding_t *finding)
{
    const char *entry =
        finding->entry.ptr
            ? apr_pstrcat(p, "'", cors_slice_text(p, finding->entry),
                          "': ", NULL)
            : "";
    const char *detail =
        finding->detail ? apr_pstrcat(p, " (", finding->detail, ")", NULL) : "";
    const char *suggestion =
        finding->suggestion
            ? apr_pstrcat(p, "; write ", finding->suggestion, NULL)
            : "";

    return apr_pstrcat(p, entry, catalogue[finding->problem].reason, detail,
                       suggestion, " [", catalogue[finding->problem].id, "]",
                       NULL);
}
