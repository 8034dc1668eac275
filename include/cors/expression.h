/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file expression.h
 * @brief A regular expression that is a plain pattern in disguise
 */

#ifndef CORS_EXPRESSION_H
#define CORS_EXPRESSION_H

#include <apr_pools.h>

#include "cors/problem.h"

/**
 * What is wrong with an expression that compiles and can match no origin: slashes
 * around it, a path, several expressions in one.
 *
 * @param p        scratch, and where the corrected form is put
 * @param regex    the expression, as it was written, without a mark
 * @param prefix     what stood before it: "+", "-" or ""
 * @param suggestion on failure the arguments that were meant, quoted; or NULL
 * @return CORS_OK, or what is wrong
 */
cors_problem_e cors_expression_check(apr_pool_t *p, const char *regex,
                                     const char *prefix,
                                     const char **suggestion);

/**
 * The words of CorsAllowOrigins that say what an expression says.
 *
 * Knows what people write for a name (`\.`, and the unescaped `.` between
 * labels), for any subdomain (`.*`, `.+`, `[^/]+`, `(.*\.)?`), for any port
 * (`(:\d+)?`, `(:[0-9]+)?`), `https?`, and anchors at the ends.
 *
 * @param p      where the result is put
 * @param regex  the expression, as it was written, without a mark
 * @param prefix   what is put before each word: "+", "-" or ""
 * @return one word or several with blanks between them; NULL: it says something
 *         that no pattern can
 */
const char *cors_expression_plain(apr_pool_t *p, const char *regex,
                                  const char *prefix);

/**
 * The domain that an expression for origins ends in: `github.io` of
 * `https://.*\.github\.io(:\d+)?$`.
 *
 * @param p      where the result is put
 * @param regex  the expression, as it was written
 * @param any    what stands for an unescaped dot, which matches any character:
 *               "." as it was meant, a letter for what it lets in
 * @return a name without a dot at its start; NULL: it ends in something else
 */
const char *cors_expression_domain(apr_pool_t *p, const char *regex, char any);

/**
 * What to write instead of an expression that matches origins that anybody can
 * have: its dots escaped, a dot before its domain, or the domain that it ends in as
 * a pattern. What is returned matches no such origin.
 *
 * @param p      where the result is put
 * @param regex  the expression, as it was written, without a mark
 * @param prefix   what is put before each argument: "+", "-" or ""
 * @return a directive with its arguments; NULL: none is known
 */
const char *cors_expression_pinned(apr_pool_t *p, const char *regex,
                                   const char *prefix);

/**
 * Whether an expression matches plain-http origins of other machines. One that
 * cannot be decided does if it begins with `http://` or `https?://`, unless the host
 * behind that is the machine itself.
 *
 * @param p           where the suggestion is put
 * @param regex       the expression, as it was written
 * @param suggestion  if true is returned, the expression for https alone, or NULL:
 *                    none is known
 */
bool cors_expression_is_insecure(apr_pool_t *p, const char *regex,
                                 const char **suggestion);

#endif /* CORS_EXPRESSION_H */
