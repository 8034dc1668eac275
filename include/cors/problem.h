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
 * Every problem: its code, the name by which docs/errors.md explains it, and
 * the reason that a person reads. A reason follows the offending word and a
 * colon, so it starts small and ends without a full stop. A configuration with
 * a refusal does not start; a warning is said and no more.
 */
/* clang-format off */
#define CORS_REFUSALS(X) \
    X(WORD_MISSING, "word-missing", \
      "an argument is missing") \
    X(WORD_EXTRA, "word-extra", \
      "one argument too many") \
    X(WORD_COMMENT, "word-comment", \
      "a comment needs a line of its own") \
    X(CHOICE_UNKNOWN, "choice-unknown", \
      "not one of the words this directive knows") \
    X(ORIGIN_EXPRESSION, "origin-expression", \
      "an expression can only stand in CorsAllowOriginsMatch") \
    X(NULL_CASE, "null-case", \
      "browsers send null in small letters; to allow it, say " \
      "CorsAllowNullOriginUnsafe On besides") \
    X(SELF_PLACE, "self-place", \
      "pages of the server's own origin need no entry here; Self is " \
      "an entry of CorsWebSocketAllowOrigins alone") \
    X(ORIGIN_SCHEME_MISSING, "origin-scheme-missing", \
      "an origin starts with its scheme and ://, as in " \
      "https://example.com") \
    X(ORIGIN_SCHEME_BAD, "origin-scheme-bad", \
      "a scheme is a small letter, then small letters, digits, +, - " \
      "or .") \
    X(ORIGIN_SCHEME_WILDCARD, "origin-scheme-wildcard", \
      "the scheme cannot be a wildcard; list each scheme by itself") \
    X(ORIGIN_SCHEME_WEBSOCKET, "origin-scheme-websocket", \
      "an origin is that of the page, which is never ws or wss") \
    X(ORIGIN_FILE, "origin-file", \
      "file:// stands without a host, and in " \
      "CorsWebSocketAllowOrigins only; for a fetch, pages from " \
      "files send the origin null") \
    X(ORIGIN_HOST_MISSING, "origin-host-missing", \
      "the host is missing") \
    X(ORIGIN_HOST_CASE, "origin-host-case", \
      "browsers send the host in small letters") \
    X(ORIGIN_HOST_UNICODE, "origin-host-unicode", \
      "browsers send the host as punycode") \
    X(ORIGIN_PUNYCODE_BAD, "origin-punycode-bad", \
      "a label that starts with xn-- is punycode, and this is none") \
    X(ORIGIN_HOST_BAD, "origin-host-bad", \
      "only letters, digits, - and _ can stand in the labels of a " \
      "host") \
    X(ORIGIN_HOST_LONG, "origin-host-long", \
      "the host is longer than 253 characters") \
    X(ORIGIN_LABEL_EMPTY, "origin-label-empty", \
      "the host has an empty label") \
    X(ORIGIN_LABEL_LONG, "origin-label-long", \
      "a label of the host is longer than 63 characters") \
    X(ORIGIN_IPV4_BAD, "origin-ipv4-bad", \
      "a host that ends in a number is an IPv4 address: four " \
      "numbers from 0 to 255 without leading zeros") \
    X(ORIGIN_IPV6_BAD, "origin-ipv6-bad", \
      "an IPv6 address has eight groups of hexadecimal digits, or " \
      ":: for a run of zeros, and stands in brackets") \
    X(ORIGIN_IPV6_FORM, "origin-ipv6-form", \
      "browsers send an IPv6 address in small letters and in its " \
      "shortest form") \
    X(ORIGIN_IPV6_ZONE, "origin-ipv6-zone", \
      "browsers refuse an IPv6 address with a zone") \
    X(ORIGIN_PORT_BAD, "origin-port-bad", \
      "a port is a number from 1 to 65535 without leading zeros, or " \
      "*") \
    X(ORIGIN_PORT_DEFAULT, "origin-port-default", \
      "browsers leave out the scheme's own port") \
    X(ORIGIN_USERINFO, "origin-userinfo", \
      "an origin has no user name or password") \
    X(ORIGIN_PATH, "origin-path", \
      "an origin has no path, not even a slash at its end") \
    X(ORIGIN_QUERY, "origin-query", \
      "an origin has no query") \
    X(ORIGIN_FRAGMENT, "origin-fragment", \
      "an origin has no fragment") \
    X(ORIGIN_LONG, "origin-long", \
      "a scheme of more than 32 characters is not supported") \
    X(WILDCARD_PLACE, "wildcard-place", \
      "a wildcard can only be the whole leftmost label of the host, " \
      "or the port") \
    X(WILDCARD_HOST, "wildcard-host", \
      "a wildcard needs a domain to its right; every host there is " \
      "would match") \
    X(WILDCARD_IP, "wildcard-ip", \
      "an IP address has no subdomains") \
    X(EVERYBODY_NOT_ALONE, "everybody-not-alone", \
      "* stands alone: everybody is allowed already") \
    X(NOBODY_NOT_ALONE, "nobody-not-alone", \
      "None stands alone: it says that the list is empty") \
    X(EXCLUSION_OF_ALL, "exclusion-of-all", \
      "an exclusion names an origin or a pattern") \
    X(EDIT_OF_ALL, "edit-of-all", \
      "what follows + or - is one origin or name, not a word for " \
      "the whole list") \
    X(EDIT_EXCLUSION, "edit-exclusion", \
      "instead of + or - before ! write - alone") \
    X(EDIT_MIXED, "edit-mixed", \
      "words with + or - edit the inherited list and words without " \
      "replace it; one section does one or the other") \
    X(LIST_SEPARATOR, "list-separator", \
      "the words of a list stand apart by blanks or commas") \
    X(FILE_UNREADABLE, "file-unreadable", \
      "the file cannot be read") \
    X(FILE_KIND, "file-kind", \
      "a list of origins is a regular file") \
    X(FILE_LARGE, "file-large", \
      "the file is larger than can be kept") \
    X(FILE_ENCODING, "file-encoding", \
      "the file is not UTF-8 text; save it as UTF-8") \
    X(FILE_WORDS, "file-words", \
      "a line of the file holds one origin; a comment begins with #") \
    X(FILE_WORD, "file-word", \
      "a file lists origins; *, None and null stand in " \
      "CorsAllowOrigins") \
    X(FILE_CUT, "file-cut", \
      "the last line has no end, as in a file that is still being " \
      "written; end it with a newline") \
    X(FILE_FRAME, "file-frame", \
      "a file that starts with begin VERSION ends with end COUNT, the " \
      "number of lines between") \
    X(RELOAD_BAD, "reload-bad", \
      "an interval is a time of 100ms or more, such as 5s, or Off") \
    X(REGEX_BAD, "regex-bad", \
      "not a regular expression") \
    X(REGEX_SLASHES, "regex-slashes", \
      "the slashes around an expression belong to other languages; " \
      "here they would have to stand in the origin") \
    X(REGEX_WORDS, "regex-words", \
      "an origin has no blank or comma in it; each expression is an " \
      "argument of its own") \
    X(WILDCARD_NOT_ALONE, "wildcard-not-alone", \
      "* stands alone: every name is listed already") \
    X(NAME_WILDCARD, "name-wildcard", \
      "* stands for every name, not for a part of one; say * alone, " \
      "or list the names") \
    X(NAME_EXCLUSION, "name-exclusion", \
      "only origins are excluded with !; a name is taken out of the " \
      "inherited list with -, and left out of another") \
    X(METHODS_NONE, "methods-none", \
      "a list of methods is not empty; GET HEAD POST are those that " \
      "browsers send without asking, and CorsAllowOrigins None allows " \
      "nobody") \
    X(METHOD_TOKEN, "method-token", \
      "not a method: a method is one token") \
    X(METHOD_FORBIDDEN, "method-forbidden", \
      "browsers refuse to send this method") \
    X(METHOD_CASE, "method-case", \
      "methods are case-sensitive: a script's patch is another " \
      "method than its PATCH") \
    X(HEADER_TOKEN, "header-token", \
      "not a header name: a name is one token, without colon or " \
      "value") \
    X(EXPOSE_FORBIDDEN, "expose-forbidden", \
      "browsers never show this header to a script") \
    X(EXPOSE_IS_REQUEST, "expose-is-request", \
      "browsers send this header, not servers; response headers " \
      "belong here") \
    X(MAX_AGE_BAD, "max-age-bad", \
      "a max-age is a number of seconds, a time such as 10m or 2h, " \
      "or None") \
    X(MAX_AGE_RANGE, "max-age-range", \
      "a max-age is at most 31536000 seconds, a year") \
    X(STATUS_ALLOWED, "status-allowed", \
      "an allowed preflight needs a status from 200 to 299, or the " \
      "browser refuses it") \
    X(STATUS_DENIED, "status-denied", \
      "a denied preflight is answered with a status from 200 to 299 " \
      "or 400 to 499") \
    X(EVERYBODY_WITH_CREDENTIALS, "everybody-with-credentials", \
      "origins that anybody can have together with " \
      "CorsAllowCredentials On let any page on the web act as a " \
      "logged-in user; list the origins, or set " \
      "CorsAllowCredentials Off, or say " \
      "CorsAllowAnyOriginWithCredentialsUnsafe On") \
    X(NULL_WITHOUT_FLAG, "null-without-flag", \
      "null is sent by every sandboxed frame, anybody's; to allow " \
      "it all the same, say CorsAllowNullOriginUnsafe On") \
    X(EXPOSE_ALL_WITH_CREDENTIALS, "expose-all-with-credentials", \
      "with CorsAllowCredentials On a browser takes * for a header " \
      "of that name; list the headers") \
    X(EXPOSE_ALL_EDITED, "expose-all-edited", \
      "browsers take * for every header, so none can be taken out of " \
      "it; list the headers") \
    X(SUFFIX_WITH_CREDENTIALS, "suffix-with-credentials", \
      "anybody can get a name under this public suffix, and with " \
      "CorsAllowCredentials On act as a logged-in user; to allow it " \
      "all the same, say CorsAllowPublicSuffixUnsafe On")

#define CORS_WARNINGS(X) \
    X(INSECURE_ORIGIN, "insecure-origin", \
      "whoever controls the network on the way can be this " \
      "plain-http origin, and with CorsAllowCredentials On act as a " \
      "logged-in user") \
    X(WEBSOCKET_SUFFIX, "websocket-suffix", \
      "anybody can get a name under this public suffix, and a " \
      "browser sends cookies with every handshake") \
    X(NOBODY_ALLOWED, "nobody-allowed", \
      "the policy is on and allows no origin; list some with " \
      "CorsAllowOrigins, or write CorsAllowOrigins None if that is " \
      "meant") \
    X(UNREACHABLE, "unreachable", \
      "has no effect, because no CorsPolicy On or ReportOnly " \
      "reaches it") \
    X(REQUIRE_ALONE, "require-alone", \
      "has no effect without CorsWebSocketAllowOrigins, because " \
      "handshakes are not checked") \
    X(SERVER_NAME_MISSING, "server-name-missing", \
      "the server has no ServerName, so httpd guesses its name, and " \
      "pages of any other name are not the server's own") \
    X(ORIGIN_DUPLICATE, "origin-duplicate", \
      "stands in the list already") \
    X(ORIGIN_SHADOWED, "origin-shadowed", \
      "another word of the same list covers it already") \
    X(ORIGIN_EXCLUDED, "origin-excluded", \
      "is listed and excluded by the same list; it is never allowed") \
    X(EXCLUSION_IDLE, "exclusion-idle", \
      "excludes what nothing in the list allows") \
    X(EXCLUSION_SUBDOMAINS, "exclusion-subdomains", \
      "excludes this name, and its subdomains stay allowed") \
    X(EXCLUSION_NAME, "exclusion-name", \
      "excludes the subdomains, and the name itself stays allowed") \
    X(REGEX_PLAIN, "regex-plain", \
      "a pattern of CorsAllowOrigins says what is meant, is " \
      "easier to read and costs less") \
    X(REGEX_EVERYTHING, "regex-everything", \
      "the expression matches origins that anybody can have; where " \
      "everybody is meant, CorsAllowOrigins * says so") \
    X(REGEX_UNDECIDED, "regex-undecided", \
      "whose origins the expression matches cannot be decided; with " \
      "CorsAllowCredentials On it would be refused") \
    X(REGEX_COSTLY, "regex-costly", \
      "an origin can make this expression try very many ways, up to a " \
      "limit; write it so that no two repetitions in a row, or in one " \
      "another, read the same text") \
    X(AUTHORIZATION_NOT_NAMED, "authorization-not-named", \
      "does not stand for Authorization, which browsers want by " \
      "name, and requests here are authenticated") \
    X(HEADER_FORBIDDEN, "header-forbidden", \
      "a script cannot set this header; naming it does nothing") \
    X(HEADER_IS_RESPONSE, "header-is-response", \
      "servers send this header, not pages; request headers belong " \
      "here") \
    X(EXPOSE_NEEDLESS, "expose-needless", \
      "browsers show this header to every script already") \
    X(METHOD_SAFELISTED, "method-safelisted", \
      "changes nothing: a policy allows GET, HEAD and POST always, " \
      "because browsers send them without asking; remove it") \
    X(MAX_AGE_BEYOND, "max-age-beyond", \
      "longer than any browser remembers it: Firefox at most 86400 " \
      "seconds, Chromium at most 7200") \
    X(LIMIT_METHOD, "limit-method", \
      "httpd knows no method of this name; methods are " \
      "case-sensitive") \
    X(LIMIT_OPTIONS, "limit-options", \
      "a preflight is judged by the method that it announces, so " \
      "what stands in <Limit OPTIONS> does not apply to preflights") \
    X(RECIPE_HEADER, "recipe-header", \
      "the policy writes this header where it is in force; remove " \
      "this line") \
    X(RECIPE_REWRITE, "recipe-rewrite", \
      "the policy answers preflights without this rule, which may come " \
      "first and answer without its headers; remove it") \
    X(DIRECTORY_BEHIND_PROXY, "directory-behind-proxy", \
      "a request that ProxyPass hands on never enters a " \
      "<Directory>; put the policy into a <Location>") \
    X(LOG_TAG_UNKNOWN, "log-tag-unknown", \
      "a decision has no value of this name, so every line of the log " \
      "has - there")
/* clang-format on */

/** What is wrong; 0 is nothing. Warnings come after every refusal. */
typedef enum {
    CORS_OK = 0,
#define CORS_PROBLEM_CODE(code, id, reason) CORS_PROBLEM_##code,
    CORS_REFUSALS(CORS_PROBLEM_CODE)
    CORS_WARNINGS(CORS_PROBLEM_CODE)
#undef CORS_PROBLEM_CODE
        CORS_PROBLEM_COUNT
} cors_problem_e;

/** One thing that is wrong, with what is known of it. */
typedef struct {
    cors_problem_e problem; /* not CORS_OK */
    cors_slice_t word;   /* the offending bytes; absent: none in particular */
    const char *instead; /* the corrected form; NULL: there is none */
    const char *because; /* a detail of the reason; NULL: there is none */
} cors_finding_t;

/** @return the name by which the manual explains it, static, such as
 *          "origin-path" */
const char *cors_problem_id(cors_problem_e problem);

/** @return the reason alone, static; NULL for CORS_OK */
const char *cors_problem_reason(cors_problem_e problem);

/** @return whether it is only warned about */
bool cors_problem_is_warning(cors_problem_e problem);

/**
 * The sentence for one problem: `'WORD': reason (BECAUSE); write FIX [id]`.
 *
 * @param p        where the sentence is put
 * @param finding  what is wrong; without a word the sentence starts with the
 *                 reason
 */
const char *cors_problem_sentence(apr_pool_t *p, const cors_finding_t *finding);

#endif /* CORS_PROBLEM_H */
