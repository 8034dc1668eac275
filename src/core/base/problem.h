/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file problem.h
 * @brief The catalogue of configuration errors and warnings
 */

#ifndef CORS_PROBLEM_H
#define CORS_PROBLEM_H

#include <apr_pools.h>

#include "core/base/list.h"

/**
 * Every problem: its code, its id in docs/errors.md, and the reason for people. The
 * reason follows the rejected entry and a colon, so it starts in lower case and has no
 * full stop. An error keeps httpd from starting; a warning does not.
 */
/* clang-format off */
#define CORS_ERRORS(X) \
    X(ARGUMENT_MISSING, "argument-missing", \
      "an argument is missing") \
    X(ARGUMENT_EXTRA, "argument-extra", \
      "one argument too many") \
    X(ARGUMENT_COMMENT, "argument-comment", \
      "a comment needs a line of its own") \
    X(CHOICE_UNKNOWN, "choice-unknown", \
      "not one of the arguments of this directive") \
    X(ORIGIN_EXPRESSION, "origin-expression", \
      "a regular expression belongs in CorsAllowOriginsMatch") \
    X(NULL_CASE, "null-case", \
      "browsers send null in lower case; allowing it also needs " \
      "CorsAllowNullOriginUnsafe On") \
    X(SELF_PLACE, "self-place", \
      "pages of the server's own origin need no entry here; Self " \
      "is an entry of CorsWebSocketAllowOrigins only") \
    X(ORIGIN_SCHEME_MISSING, "origin-scheme-missing", \
      "an origin starts with its scheme and ://, as in " \
      "https://example.com") \
    X(ORIGIN_SCHEME_BAD, "origin-scheme-bad", \
      "a scheme begins with a lower-case letter; lower-case " \
      "letters, digits, +, - and . may follow") \
    X(ORIGIN_SCHEME_WILDCARD, "origin-scheme-wildcard", \
      "the scheme cannot be a wildcard; list each scheme by itself") \
    X(ORIGIN_SCHEME_WEBSOCKET, "origin-scheme-websocket", \
      "the origin of a handshake is that of the page, whose " \
      "scheme is never ws or wss") \
    X(ORIGIN_FILE, "origin-file", \
      "the origin of a page from a file has no host and no path: " \
      "browsers send null, and some embedded browsers send file://") \
    X(ORIGIN_HOST_MISSING, "origin-host-missing", \
      "the host is missing") \
    X(ORIGIN_HOST_CASE, "origin-host-case", \
      "browsers send the host in lower case") \
    X(ORIGIN_HOST_UNICODE, "origin-host-unicode", \
      "browsers send the host as punycode") \
    X(ORIGIN_PUNYCODE_BAD, "origin-punycode-bad", \
      "a label that starts with xn-- must be valid punycode") \
    X(ORIGIN_HOST_BAD, "origin-host-bad", \
      "a label of a host has only letters, digits, - and _") \
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
      "browsers send an IPv6 address in lower case and in its " \
      "shortest form") \
    X(ORIGIN_IPV6_ZONE, "origin-ipv6-zone", \
      "browsers refuse an IPv6 address with a zone") \
    X(ORIGIN_PORT_BAD, "origin-port-bad", \
      "a port is a number from 1 to 65535 without leading zeros, or " \
      "*") \
    X(ORIGIN_PORT_DEFAULT, "origin-port-default", \
      "browsers omit the scheme's default port") \
    X(ORIGIN_USERINFO, "origin-userinfo", \
      "an origin has no user name or password") \
    X(ORIGIN_PATH, "origin-path", \
      "an origin has no path, not even a slash at its end") \
    X(ORIGIN_QUERY, "origin-query", \
      "an origin has no query") \
    X(ORIGIN_FRAGMENT, "origin-fragment", \
      "an origin has no fragment") \
    X(ORIGIN_LONG, "origin-long", \
      "a scheme of more than 64 characters is not supported") \
    X(WILDCARD_PLACE, "wildcard-place", \
      "a wildcard can only be the whole leftmost label of the host, " \
      "or the port") \
    X(WILDCARD_HOST, "wildcard-host", \
      "a wildcard needs a domain to its right; this one would " \
      "match every host") \
    X(WILDCARD_IP, "wildcard-ip", \
      "an IP address has no subdomains") \
    X(ANY_ORIGIN_NOT_ALONE, "any-origin-not-alone", \
      "* must be the only entry of a list: it allows any origin") \
    X(NONE_NOT_ALONE, "none-not-alone", \
      "None must be the only entry of a list: it makes the list " \
      "empty") \
    X(EXCLUSION_OF_ALL, "exclusion-of-all", \
      "! must be followed by an origin or a pattern") \
    X(EDIT_OF_ALL, "edit-of-all", \
      "+ and - must be followed by one origin or name, not by * or " \
      "None") \
    X(EDIT_EXCLUSION, "edit-exclusion", \
      "to remove an origin from the inherited list, write - alone, " \
      "without !") \
    X(EDIT_MIXED, "edit-mixed", \
      "entries with + or - edit the inherited list and entries " \
      "without replace it; one section does one or the other") \
    X(LIST_SEPARATOR, "list-separator", \
      "separate list entries with spaces or commas") \
    X(FILE_UNREADABLE, "file-unreadable", \
      "the file cannot be read") \
    X(FILE_KIND, "file-kind", \
      "a list of origins must be a regular file") \
    X(FILE_LARGE, "file-large", \
      "the list is too large: a list may use at most 4 GB of memory, " \
      "and a file may be at most 1 GB") \
    X(FILE_ENCODING, "file-encoding", \
      "the file is not UTF-8 text; save it as UTF-8") \
    X(FILE_ENTRIES, "file-entries", \
      "a line of the file holds one origin, and a tenant if it has one; a " \
      "comment begins with #") \
    X(FILE_ENTRY, "file-entry", \
      "a file lists origins; *, None, null and an entry for all ids " \
      "of a scheme belong in CorsAllowOrigins") \
    X(FILE_LINE, "file-line", \
      "a line of a file has at most 8,192 bytes") \
    X(FILE_ROWS, "file-rows", \
      "the file has more lines than the option max-rows permits") \
    X(FILE_TENANT, "file-tenant", \
      "a tenant has 1 to 255 bytes, and no quotes, commas, backslashes, * " \
      "or control characters") \
    X(FILE_CUT, "file-cut", \
      "the last line does not end with a newline, as in a file " \
      "that is still being written; end it with one") \
    X(FILE_FRAME, "file-frame", \
      "a file that starts with begin VERSION ends with end COUNT, " \
      "where COUNT is the number of lines between them") \
    X(RELOAD_BAD, "reload-bad", \
      "an interval is a time of 100ms or more, such as 5s, or Off") \
    X(SOURCE_NAME, "source-name", \
      "the name of a source has up to 64 letters, digits, -, _ and ., and " \
      "begins with a letter") \
    X(SOURCE_DUPLICATE, "source-duplicate", \
      "another source has this name") \
    X(SOURCE_TYPE, "source-type", \
      "no loaded module provides this type of source; the type file is " \
      "always there, as in file:conf/customers.origins") \
    X(SOURCE_MODULE, "source-module", \
      "the module that provides this type of source is not loaded") \
    X(SOURCE_OPTION, "source-option", \
      "an option of a source is key=value, and each key is there once") \
    X(SOURCE_KEY, "source-key", \
      "the options of a source of the type file are max-stale, max-rows, " \
      "bad-rows and allow-empty") \
    X(SOURCE_VALUE, "source-value", \
      "an option of a source has another value") \
    X(SOURCE_OPTIONS, "source-options", \
      "another directive reads this file with other options") \
    X(SOURCE_UNKNOWN, "source-unknown", \
      "no CorsOriginSource before this line defines this source") \
    X(TENANT_EXPRESSION, "tenant-expression", \
      "not a string expression that gives the name of a tenant") \
    X(REGEX_BAD, "regex-bad", \
      "not a regular expression") \
    X(REGEX_SLASHES, "regex-slashes", \
      "the slashes around a regular expression belong to other " \
      "languages; here they would have to match") \
    X(REGEX_ARGUMENTS, "regex-arguments", \
      "an origin has no space or comma; each regular expression " \
      "is an argument of its own") \
    X(WILDCARD_NOT_ALONE, "wildcard-not-alone", \
      "* must be the only entry of a list: it allows every name") \
    X(NAME_WILDCARD, "name-wildcard", \
      "* means every name and cannot be part of one; use * alone, " \
      "or list the names") \
    X(NAME_EXCLUSION, "name-exclusion", \
      "only origins are excluded with !; remove a name from the " \
      "inherited list with -, and omit it from any other") \
    X(METHODS_NONE, "methods-none", \
      "a list of methods cannot be empty; browsers send GET, HEAD " \
      "and POST without a preflight, and CorsAllowOrigins None " \
      "allows no origin") \
    X(METHOD_TOKEN, "method-token", \
      "not a method: a method is one token") \
    X(METHOD_FORBIDDEN, "method-forbidden", \
      "browsers never send this method for a script") \
    X(METHOD_CASE, "method-case", \
      "methods are case-sensitive: patch and PATCH are different methods") \
    X(HEADER_TOKEN, "header-token", \
      "not a header name: a name is one token, without colon or " \
      "value") \
    X(EXPOSE_FORBIDDEN, "expose-forbidden", \
      "browsers never show this header to a script") \
    X(EXPOSE_IS_REQUEST, "expose-is-request", \
      "browsers send this header, not servers; list response " \
      "headers here") \
    X(MAX_AGE_BAD, "max-age-bad", \
      "a max-age is a number of seconds, a time such as 10m or 2h, " \
      "or None") \
    X(MAX_AGE_RANGE, "max-age-range", \
      "a max-age is at most 31536000 seconds, a year") \
    X(STATUS_ALLOWED, "status-allowed", \
      "browsers reject an allowed preflight whose status is not " \
      "from 200 to 299") \
    X(STATUS_DENIED, "status-denied", \
      "the status of a denied preflight is from 200 to 299 or " \
      "from 400 to 499") \
    X(ANY_ORIGIN_WITH_CREDENTIALS, "any-origin-with-credentials", \
      "with CorsAllowCredentials On, this list lets any website " \
      "act as the logged-in user; list specific origins, or write " \
      "CorsAllowCredentials Off; " \
      "CorsAllowAnyOriginWithCredentialsUnsafe On permits it") \
    X(REGEX_WITH_CREDENTIALS, "regex-with-credentials", \
      "the regular expression also matches origins that anyone can " \
      "register, and with CorsAllowCredentials On their pages can act as " \
      "the logged-in user") \
    X(EXTENSIONS_WITH_CREDENTIALS, "extensions-with-credentials", \
      "anyone can write an extension, and with CorsAllowCredentials On " \
      "every extension can act as the logged-in user; list the origins " \
      "of your own, or write CorsAllowCredentials Off; " \
      "CorsAllowAnyOriginWithCredentialsUnsafe On permits it") \
    X(UNDECIDED_WITH_CREDENTIALS, "undecided-with-credentials", \
      "it cannot be decided whose origins the regular expression " \
      "matches, and with CorsAllowCredentials On each of them can " \
      "act as the logged-in user") \
    X(NULL_WITHOUT_FLAG, "null-without-flag", \
      "every sandboxed frame sends null, on any website; " \
      "CorsAllowNullOriginUnsafe On permits it") \
    X(EXPOSE_ALL_WITH_CREDENTIALS, "expose-all-with-credentials", \
      "with CorsAllowCredentials On browsers treat * as a header " \
      "of that name; list the headers") \
    X(EXPOSE_ALL_EDITED, "expose-all-edited", \
      "browsers treat * as every header, so none can be removed " \
      "from it; list the headers") \
    X(SUFFIX_WITH_CREDENTIALS, "suffix-with-credentials", \
      "anyone can register a name below this public suffix, and " \
      "with CorsAllowCredentials On it can act as the logged-in " \
      "user; CorsAllowPublicSuffixUnsafe On permits it") \
    X(PROTECT_ANY_ORIGIN, "protect-any-origin", \
      "with * every page would be trusted and no request refused; " \
      "list the origins, or write CorsProtect Off") \
    X(PROTECT_SUFFIX, "protect-suffix", \
      "anyone can register a name below this public suffix, and its " \
      "pages could send every request that CorsProtect refuses; " \
      "CorsAllowPublicSuffixUnsafe On permits it") \
    X(EXPECT_VERDICT, "expect-verdict", \
      "an expectation begins with allow or deny") \
    X(EXPECT_ORIGIN, "expect-origin", \
      "an expectation is about one origin, null or any-other") \
    X(EXPECT_URL, "expect-url", \
      "neither a path such as /api/items nor an absolute URL") \
    X(EXPECT_OPTION, "expect-option", \
      "only headers=NAME[,NAME]..., credentials and websocket may " \
      "follow the URL") \
    X(EXPECT_FAILED, "expect-failed", \
      "the policy does not do what is expected") \
    X(COMPARE_FILE, "compare-file", \
      "the dump cannot be read") \
    X(COMPARE_DUMP, "compare-dump", \
      "this is not a whole dump of -D DUMP_CORS_JSON") \
    X(COMPARE_VERSION, "compare-version", \
      "the dump was made by another version of the module; make it again " \
      "with this one, from the old configuration") \
    X(PROTECT_EXTENSIONS, "protect-extensions", \
      "anyone can write an extension, and every extension could send " \
      "the requests that CorsProtect refuses; list the origins of your " \
      "own; " \
      "CorsAllowAnyOriginWithCredentialsUnsafe On permits it") \
    X(PROTECT_LOCAL_OFF, "protect-local-off", \
      "a .htaccess file can switch the protection on, but not off") \
    X(PROTECT_LOCAL_ORIGIN, "protect-local-origin", \
      "a .htaccess file cannot trust an origin; it removes one from " \
      "the inherited list with -, or all of them with None")

#define CORS_WARNINGS(X) \
    X(INSECURE_ORIGIN, "insecure-origin", \
      "anyone on the network path can pose as this plain-http " \
      "origin, and with CorsAllowCredentials On act as the " \
      "logged-in user") \
    X(WEBSOCKET_SUFFIX, "websocket-suffix", \
      "anyone can register a name below this public suffix, and " \
      "browsers send cookies with every handshake") \
    X(NO_ORIGIN_ALLOWED, "no-origin-allowed", \
      "the policy is on and allows no origin; list origins with " \
      "CorsAllowOrigins, or write CorsAllowOrigins None") \
    X(UNREACHABLE, "unreachable", \
      "has no effect: CorsPolicy is Off everywhere this applies") \
    X(UNSAFE_UNUSED, "unsafe-unused", \
      "no policy that it applies to needs this permission; remove " \
      "it") \
    X(BACKEND_CREDENTIALS, "backend-credentials", \
      "the backend decides on credentials only where " \
      "CorsAllowCredentials is On") \
    X(REQUIRE_ALONE, "require-alone", \
      "has no effect without CorsWebSocketAllowOrigins or CorsProtect, " \
      "because handshakes are not checked") \
    X(PROTECT_ALONE, "protect-alone", \
      "has no effect: CorsProtect is Off everywhere this applies") \
    X(PROTECT_WEAKER, "protect-weaker", \
      "only reports what CorsProtect On outside of this section " \
      "refuses") \
    X(TIMING_INEXACT, "timing-inexact", \
      "is not one exact origin, so Timing-Allow-Origin omits it; pages " \
      "that only this entry allows cannot read the timings") \
    X(TIMING_LONG, "timing-long", \
      "the header Timing-Allow-Origin has at most 4096 bytes, of the " \
      "first 1000 entries of the list; it omits this origin and those " \
      "after it") \
    X(SERVER_NAME_MISSING, "server-name-missing", \
      "the server has no ServerName, so httpd guesses its name, " \
      "and pages of any other name do not count as the server's " \
      "own") \
    X(ORIGIN_DUPLICATE, "origin-duplicate", \
      "is in the list already") \
    X(ORIGIN_SHADOWED, "origin-shadowed", \
      "another entry of the same list covers it") \
    X(ORIGIN_EXCLUDED, "origin-excluded", \
      "the same list also excludes it, so it is never allowed") \
    X(EXCLUSION_UNUSED, "exclusion-unused", \
      "excludes an origin that nothing in the list allows") \
    X(EXCLUSION_SUBDOMAINS, "exclusion-subdomains", \
      "excludes only this name; its subdomains are still allowed") \
    X(EXCLUSION_NAME, "exclusion-name", \
      "excludes only the subdomains; the name itself is still " \
      "allowed") \
    X(REGEX_PLAIN, "regex-plain", \
      "a pattern in CorsAllowOrigins does the same, is easier to " \
      "read and costs less") \
    X(REGEX_EVERYTHING, "regex-everything", \
      "the regular expression matches origins that anyone can " \
      "register") \
    X(REGEX_UNDECIDED, "regex-undecided", \
      "it cannot be decided whose origins the regular expression " \
      "matches; with CorsAllowCredentials On httpd would not " \
      "start") \
    X(REGEX_NEVER, "regex-never", \
      "the regular expression never matches: it must match a whole " \
      "origin, from the scheme to the port") \
    X(FILE_ORIGIN, "file-origin", \
      "only some embedded browsers send file://, and they send it " \
      "for any page from a file; other browsers send null for such " \
      "pages") \
    X(ANY_EXTENSION, "any-extension", \
      "allows every extension, whoever wrote it; if your own has the " \
      "same id on every machine, list its origin") \
    X(TENANT_NOT_SENT, "tenant-not-sent", \
      "no browser sends this with a preflight, which then has no tenant " \
      "and is denied") \
    X(TENANT_CANONICAL, "tenant-canonical", \
      "with UseCanonicalName On, SERVER_NAME is the ServerName for every " \
      "request, so all requests have the same tenant") \
    X(TENANTS_UNUSED, "tenants-unused", \
      "lines with a tenant have no effect here, because no expression gives " \
      "the tenant of a request") \
    X(TENANTS_MISSING, "tenants-missing", \
      "no line of the list has a tenant, so the list allows nothing here") \
    X(SCHEME_MISSPELLED, "scheme-misspelled", \
      "not a well-known scheme; the entry allows only pages whose " \
      "scheme has exactly this name") \
    X(REGEX_COSTLY, "regex-costly", \
      "an origin can make this regular expression try very many " \
      "matches, up to a limit; no two adjacent or nested " \
      "repetitions should match the same text") \
    X(METHODS_DEFAULT, "methods-default", \
      "the list replaces the default (GET HEAD PUT PATCH POST " \
      "DELETE) and has none of its methods") \
    X(HEADERS_DEFAULT, "headers-default", \
      "the list replaces the default (content-type), without which " \
      "scripts cannot send JSON") \
    X(AUTHORIZATION_NOT_NAMED, "authorization-not-named", \
      "does not include Authorization, which must be listed by " \
      "name, and requests here are authenticated") \
    X(HEADER_FORBIDDEN, "header-forbidden", \
      "scripts cannot set this header, so listing it has no " \
      "effect") \
    X(HEADER_IS_RESPONSE, "header-is-response", \
      "servers send this header, not pages; list request headers " \
      "here") \
    X(NAME_MISSPELLED, "name-misspelled", \
      "not a well-known name; the entry allows only what has " \
      "exactly this name") \
    X(EXPOSE_CORS, "expose-cors", \
      "browsers read this header, and scripts do not need it; remove " \
      "it") \
    X(EXPOSE_REDUNDANT, "expose-redundant", \
      "browsers show this header to every script anyway") \
    X(METHOD_SAFELISTED, "method-safelisted", \
      "has no effect: every policy allows GET, HEAD and POST, " \
      "which browsers send without a preflight; remove it") \
    X(MAX_AGE_BEYOND, "max-age-beyond", \
      "longer than any browser caches it: Firefox at most 86400 " \
      "seconds, Chromium at most 7200") \
    X(LIMIT_METHOD, "limit-method", \
      "httpd knows no method of this name; methods are " \
      "case-sensitive") \
    X(LIMIT_OPTIONS, "limit-options", \
      "a preflight is decided by the method that it announces, so " \
      "a directive in <Limit OPTIONS> does not apply to " \
      "preflights") \
    X(IF_METHOD, "if-method", \
      "a preflight has the method OPTIONS, so this condition applies " \
      "to the request itself only; directives in a <Limit> apply to both") \
    X(RECIPE_HEADER, "recipe-header", \
      "the policy writes this header where it is in force; remove " \
      "this line") \
    X(RECIPE_HEADER_WIDE, "recipe-header-wide", \
      "the policy replaces this header where it is in force; elsewhere " \
      "the line still applies, so give those URLs a policy before you " \
      "remove it") \
    X(RECIPE_REWRITE, "recipe-rewrite", \
      "the policy answers preflights without this rule, which may " \
      "run first and answer without CORS headers; remove it") \
    X(DIRECTORY_BEHIND_PROXY, "directory-behind-proxy", \
      "a <Directory> does not apply to a request that ProxyPass " \
      "forwards; put the policy into a <Location>") \
    X(SERVED_NARROWER, "served-narrower", \
      "this file also serves other URLs, whose preflights grant " \
      "more than its section: the browser sends the request and " \
      "hides the response; grant the same for both") \
    X(PAGE_PUBLIC, "page-public", \
      "the status page shows the configuration, and URLs and " \
      "origins of requests; no Require here limits who may see it") \
    X(EXPECT_UNDECIDED, "expect-undecided", \
      "start-up cannot decide whether the policy does what is " \
      "expected") \
    X(LOG_TAG_UNKNOWN, "log-tag-unknown", \
      "a decision has no value of this name, so the log has - on " \
      "every line")
/* clang-format on */

/** A problem; 0 means no problem. All warnings follow all errors. */
typedef enum {
    CORS_OK = 0,
#define CORS_PROBLEM_CODE(code, id, reason) CORS_PROBLEM_##code,
    CORS_ERRORS(CORS_PROBLEM_CODE)
    CORS_WARNINGS(CORS_PROBLEM_CODE)
#undef CORS_PROBLEM_CODE
        CORS_PROBLEM_COUNT
} cors_problem_e;

/** One finding: a problem and its details. */
typedef struct {
    cors_problem_e problem; /* not CORS_OK */
    cors_slice_t
        entry; /* the rejected bytes; absent if no bytes were rejected */
    const char *suggestion; /* the corrected form, or NULL */
    const char *detail;     /* a detail of the reason, or NULL */
} cors_finding_t;

/** @return the id of a problem in the manual, such as "origin-path"; static */
const char *cors_problem_id(cors_problem_e problem);

/** @return the reason without id; static; NULL for CORS_OK */
const char *cors_problem_reason(cors_problem_e problem);

/** @return whether a problem is a warning */
bool cors_problem_is_warning(cors_problem_e problem);

/**
 * Format a finding: `'ENTRY': reason (DETAIL); write SUGGESTION [id]`.
 *
 * @param p        the pool of the result
 * @param finding  the finding; without an entry the sentence starts with the reason
 * @return the sentence
 */
const char *cors_problem_sentence(apr_pool_t *p, const cors_finding_t *finding);

#endif /* CORS_PROBLEM_H */
