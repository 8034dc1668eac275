/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file regex.h
 * @brief Diagnosis of regular expressions for origins
 */

#ifndef CORS_REGEX_H
#define CORS_REGEX_H

#include <apr_pools.h>

#include "core/base/problem.h"

/**
 * Diagnoses a regular expression that compiles but cannot match any origin: slashes
 * around it, a path, several regular expressions in one argument.
 *
 * @param p           scratch, and pool for the suggestion
 * @param regex       the regular expression as written, without the prefix
 * @param prefix      the prefix: "+", "-" or ""
 * @param suggestion  on failure, the suggested arguments, quoted; or NULL
 * @return CORS_OK, or the problem
 */
cors_problem_e cors_regex_check(apr_pool_t *p, const char *regex,
                                const char *prefix, const char **suggestion);

/**
 * Returns the arguments of CorsAllowOrigins that are equivalent to a regular
 * expression.
 *
 * Recognizes the common ways to write a name (`\.`, and the unescaped `.` between
 * labels), any subdomain (`.*`, `.+`, `[^/]+`, `(.*\.)?`), any port (`(:\d+)?`,
 * `(:[0-9]+)?`), `https?`, and anchors at the ends.
 *
 * @param p       pool for the result
 * @param regex   the regular expression as written, without the prefix
 * @param prefix  put before each argument: "+", "-" or ""
 * @return one argument, or several separated by spaces; NULL: no pattern is equivalent
 */
const char *cors_regex_suggest_plain(apr_pool_t *p, const char *regex,
                                     const char *prefix);

/**
 * Returns the domain that a regular expression for origins ends in: `github.io` for
 * `https://.*\.github\.io(:\d+)?$`.
 *
 * @param p      pool for the result
 * @param regex  the regular expression as written
 * @param any    replaces an unescaped dot, which matches any character: "." for the
 *               intended name, a letter for a name that it also matches
 * @return a name without a leading dot; NULL: it ends in something else
 */
const char *cors_regex_suggest_domain(apr_pool_t *p, const char *regex,
                                      char any);

/**
 * Returns a replacement for a regular expression that matches origins which any third
 * party can obtain: with its dots escaped, with a dot before its domain, or with the
 * domain it ends in as a pattern, and with the names that "(?!...)" and "(?<!...)"
 * spell out as exclusions. The result matches no such origin.
 *
 * @param p       pool for the result
 * @param regex   the regular expression as written, without the prefix
 * @param prefix  put before each argument: "+", "-" or ""
 * @return a directive with its arguments; NULL: none is known
 */
const char *cors_regex_suggest_pinned(apr_pool_t *p, const char *regex,
                                      const char *prefix);

/**
 * Returns whether a regular expression matches plain-http origins of other machines. A
 * regular expression that cannot be analyzed does if it begins with `http://` or
 * `https?://`, unless a loopback host follows.
 *
 * @param p           pool for the suggestion
 * @param regex       the regular expression as written
 * @param suggestion  if true is returned, a regular expression for https only; NULL:
 *                    none is known
 */
bool cors_regex_is_insecure(apr_pool_t *p, const char *regex,
                            const char **suggestion);

#endif /* CORS_REGEX_H */
