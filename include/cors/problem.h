/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file problem.h
 * @brief What can be wrong in a configuration: the one catalogue of messages
 */

#ifndef CORS_PROBLEM_H
#define CORS_PROBLEM_H

#include <apr_pools.h>

#include "cors/list.h"

/**
 * Every problem: its code, and the reason that a person reads. A reason
 * follows the offending word and a colon, so it starts small and ends without
 * a full stop.
 */
#define CORS_PROBLEMS(X)                                                       \
    X(WORD_MISSING, "an argument is missing")                                  \
    X(WORD_EXTRA, "one argument too many")                                     \
    X(CHOICE_UNKNOWN, "not one of the words this directive knows")             \
    X(ORIGIN_SCHEME_MISSING,                                                   \
      "an origin starts with its scheme and ://, as in https://example.com")   \
    X(ORIGIN_SCHEME_BAD,                                                       \
      "a scheme is a small letter, then small letters, digits, +, - or .")     \
    X(ORIGIN_SCHEME_WILDCARD,                                                  \
      "the scheme cannot be a wildcard; list each scheme by itself")           \
    X(ORIGIN_SCHEME_WEBSOCKET,                                                 \
      "an origin is that of the page, which is never ws or wss")               \
    X(ORIGIN_FILE, "file:// can stand in CorsWebSocketAllowOrigins only; "     \
                   "for a fetch, pages from files send the origin null")       \
    X(ORIGIN_HOST_MISSING, "the host is missing")                              \
    X(ORIGIN_HOST_CASE, "browsers send the host in small letters")             \
    X(ORIGIN_HOST_UNICODE, "browsers send the host as punycode")               \
    X(ORIGIN_HOST_BAD, "the host has a character that no host has")            \
    X(ORIGIN_HOST_LONG, "the host is longer than 253 characters")              \
    X(ORIGIN_LABEL_EMPTY, "the host has an empty label")                       \
    X(ORIGIN_LABEL_LONG, "a label of the host is longer than 63 characters")   \
    X(ORIGIN_IPV4_BAD, "a host that ends in a number is an IPv4 address: "     \
                       "four numbers from 0 to 255 without leading zeros")     \
    X(ORIGIN_IPV6_BAD, "the IPv6 address is not one, or not in brackets")      \
    X(ORIGIN_IPV6_FORM, "browsers send an IPv6 address in small letters and "  \
                        "in its shortest form")                                \
    X(ORIGIN_PORT_BAD,                                                         \
      "a port is a number from 1 to 65535 without leading zeros, or *")        \
    X(ORIGIN_PORT_DEFAULT, "browsers leave out the scheme's own port")         \
    X(ORIGIN_USERINFO, "an origin has no user name or password")               \
    X(ORIGIN_PATH, "an origin has no path, not even a slash at its end")       \
    X(ORIGIN_QUERY, "an origin has no query")                                  \
    X(ORIGIN_FRAGMENT, "an origin has no fragment")                            \
    X(ORIGIN_LONG, "longer than any origin can be")                            \
    X(WILDCARD_PLACE, "a wildcard can only be the whole leftmost label of "    \
                      "the host, or the port")                                 \
    X(WILDCARD_HOST, "a wildcard needs a domain to its right; every host "     \
                     "there is would match")                                   \
    X(WILDCARD_IP, "an IP address has no subdomains")                          \
    X(EVERYBODY_NOT_ALONE, "* stands alone: everybody is allowed already")     \
    X(NOBODY_NOT_ALONE, "None stands alone: it says that the list is empty")   \
    X(EXCLUSION_OF_ALL, "an exclusion names an origin or a pattern")           \
    X(EDIT_OF_ALL, "what follows + or - is one origin or name, not a word "    \
                   "for the whole list")                                       \
    X(EDIT_EXCLUSION, "instead of + or - before ! write - alone")              \
    X(EDIT_MIXED, "words with + or - edit the inherited list and words "       \
                  "without replace it; one section does one or the other")     \
    X(REGEX_BAD, "not a regular expression")                                   \
    X(WILDCARD_NOT_ALONE, "* stands alone: every name is listed already")      \
    X(METHOD_TOKEN, "not a method: a method is one token")                     \
    X(METHOD_FORBIDDEN, "browsers refuse to send this method")                 \
    X(METHOD_CASE, "methods are case-sensitive")                               \
    X(HEADER_TOKEN, "not a header name: a name is one token, without colon "   \
                    "or value")                                                \
    X(HEADER_FORBIDDEN, "a script cannot set this header; naming it does "     \
                        "nothing")                                             \
    X(HEADER_IS_RESPONSE, "servers send this header, not pages; request "      \
                          "headers belong here")                               \
    X(EXPOSE_FORBIDDEN, "browsers never show this header to a script")         \
    X(EXPOSE_IS_REQUEST, "browsers send this header, not servers; response "   \
                         "headers belong here")                                \
    X(MAX_AGE_BAD, "a max-age is a number of seconds, a time such as 10m or "  \
                   "2h, or None")                                              \
    X(MAX_AGE_RANGE, "a max-age is at most 31536000 seconds, a year")          \
    X(STATUS_ALLOWED, "an allowed preflight needs a status from 200 to 299, "  \
                      "or the browser refuses it")                             \
    X(STATUS_DENIED, "a denied preflight is answered with a status from 200 "  \
                     "to 299 or 400 to 499")                                   \
    X(EVERYBODY_WITH_CREDENTIALS,                                              \
      "everybody together with CorsAllowCredentials On lets any page on the "  \
      "web act as a logged-in user; list the origins, or set "                 \
      "CorsAllowCredentials Off, or say "                                      \
      "CorsAllowAnyOriginWithCredentialsUnsafe On")                            \
    X(NULL_WITHOUT_FLAG,                                                       \
      "null is sent by every sandboxed frame, anybody's; to allow it all "     \
      "the same, say CorsAllowNullOriginUnsafe On")                            \
    X(EXPOSE_ALL_WITH_CREDENTIALS,                                             \
      "with CorsAllowCredentials On a browser takes * for a header of that "   \
      "name; list the headers")                                                \
    X(SUFFIX_WITH_CREDENTIALS,                                                 \
      "anybody can get a name under this public suffix, and with "             \
      "CorsAllowCredentials On act as a logged-in user; to allow it all the "  \
      "same, say CorsAllowPublicSuffixUnsafe On")

/** What is wrong; 0 is nothing. */
typedef enum {
    CORS_OK = 0,
#define CORS_PROBLEM_CODE(code, reason) CORS_PROBLEM_##code,
    CORS_PROBLEMS(CORS_PROBLEM_CODE)
#undef CORS_PROBLEM_CODE
    CORS_PROBLEM_COUNT
} cors_problem_e;

/** @return the reason alone, static; NULL for CORS_OK */
const char *cors_problem_reason(cors_problem_e problem);

/**
 * The sentence for one problem: `'WORD': reason; write FIX`.
 *
 * @param p        where the sentence is put
 * @param problem  what is wrong, not CORS_OK
 * @param word     the offending bytes; absent: the sentence is the reason alone
 * @param instead  the corrected form, or NULL where there is none
 */
const char *cors_problem_sentence(apr_pool_t *p, cors_problem_e problem,
                                  cors_slice_t word, const char *instead);

#endif /* CORS_PROBLEM_H */
