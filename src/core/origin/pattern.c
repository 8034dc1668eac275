/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Parses and checks one entry of an origin list. It is a separate file because it is
 * strict where origin.c is lenient: it accepts only the form in which browsers send an
 * origin, and it suggests that form for an entry that it rejects. It does not know the
 * list around the entry. Valid entries are the common case (a file may hold a
 * million), so diagnoses and suggestions run only after the check has failed. A
 * suggestion is itself checked before it is returned.
 */

#include "core/origin/pattern.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/base/fetch.h"
#include "core/base/host.h"
#include "core/origin/origin.h"

static cors_slice_t skip_bytes(cors_slice_t text, apr_size_t bytes)
{
    return cors_slice_between(text.ptr + bytes, cors_slice_end(text));
}

static cors_problem_e check_scheme(cors_slice_t scheme)
{
    apr_size_t i;

    if (scheme.len == 1 && scheme.ptr[0] == '*') {
        return CORS_PROBLEM_ORIGIN_SCHEME_WILDCARD;
    }
    if (scheme.len == 0) {
        return CORS_PROBLEM_ORIGIN_SCHEME_MISSING;
    }
    for (i = 0; i < scheme.len; i++) {
        char c = scheme.ptr[i];
        bool inner = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';

        if (!(c >= 'a' && c <= 'z') && !(inner && i > 0)) {
            return CORS_PROBLEM_ORIGIN_SCHEME_BAD;
        }
    }
    if (scheme.len > CORS_SCHEME_MAX) {
        return CORS_PROBLEM_ORIGIN_LONG;
    }
    if (cors_slice_is(scheme, "ws") || cors_slice_is(scheme, "wss")) {
        return CORS_PROBLEM_ORIGIN_SCHEME_WEBSOCKET;
    }
    return CORS_OK;
}

static cors_problem_e check_port(cors_slice_t scheme, cors_slice_t digits,
                                 cors_pattern_t *pattern)
{
    if (digits.len == 1 && digits.ptr[0] == '*') {
        pattern->any_port = true;
        return CORS_OK;
    }
    pattern->port = cors_port_parse(digits);
    if (pattern->port == 0) {
        return CORS_PROBLEM_ORIGIN_PORT_BAD;
    }
    if (pattern->port == cors_fetch_default_port(scheme)) {
        return CORS_PROBLEM_ORIGIN_PORT_DEFAULT;
    }
    return CORS_OK;
}

/* Returns what follows "://"; NULL if the entry does not have it. */
static const char *find_host(cors_slice_t entry)
{
    for (; entry.len > 0; entry = skip_bytes(entry, 1)) {
        if (cors_slice_has_prefix(entry, "://")) {
            return entry.ptr + strlen("://");
        }
    }
    return NULL;
}

/* The parts of an entry that contains "://". */
typedef struct {
    cors_slice_t scheme;
    bool user;         /* the host follows a user name or password */
    cors_slice_t host; /* with "*." */
    bool colon;        /* the host is followed by a port, possibly empty */
    cors_slice_t port; /* digits or "*" */
    cors_slice_t tail; /* path, query, fragment */
} parts_t;

/* Returns whether a text could be a group of an IPv6 address. It may be empty. */
static bool is_group(cors_slice_t text)
{
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (!apr_isxdigit(text.ptr[i])) {
            return false;
        }
    }
    return text.len <= 4;
}

/* Returns the entry up to its path, query or fragment. */
static cors_slice_t head_of(cors_slice_t entry)
{
    const char *host = find_host(entry);
    const char *end = NULL;

    if (host) {
        cors_slice_t rest = cors_slice_between(host, cors_slice_end(entry));
        end = cors_slice_find_any(rest, "/?#");
    }
    return cors_slice_between(entry.ptr, end ? end : cors_slice_end(entry));
}

/* The next occurrence of some bytes after the current position; NULL if there is none.
 * The entry is scanned from its end, so that each byte is read once. */
typedef struct {
    const char *bracket; /* "]" */
    const char *dash;
    const char *colon;
    const char *host; /* "://" */
} behind_t;

static void note_behind(behind_t *next, const char *p, const char *end)
{
    next->bracket = *p == ']' ? p : next->bracket;
    next->dash = *p == '-' ? p : next->dash;
    next->colon = *p == ':' ? p : next->colon;
    if (cors_slice_has_prefix(cors_slice_between(p, end), "://")) {
        next->host = p;
    }
}

/* Returns whether "[" starts a character class rather than an IPv6 address. */
static bool is_class(const char *p, const char *end, const behind_t *next)
{
    const char *stop = next->bracket ? next->bracket : end;

    return (end - p > 1 && p[1] == '^')
           || (next->dash && next->dash < stop
               && !(next->colon && next->colon < stop));
}

/* Returns whether a byte at this position occurs only in a regular expression. */
static bool is_operator(cors_slice_t entry, const char *p, const behind_t *next)
{
    const char *end = cors_slice_end(entry);

    switch (*p) {
    case '(':
    case ')':
        return true;
    case '\\':
        return end - p > 1 && strchr("./-dw[", p[1]) && p[1];
    case '[':
        return is_class(p, end, next);
    case '^':
        return p == entry.ptr;
    case '?':
        return cors_slice_has_prefix(cors_slice_between(p, end), "?://");
    case '|':
        /* A "|" that is followed by another origin is a separator. */
        return !next->host;
    default:
        return false;
    }
}

/* Returns whether an entry looks like a regular expression, which belongs in
 * CorsAllowOriginsMatch. */
static bool is_expression(cors_slice_t entry)
{
    const cors_slice_t head = head_of(entry);
    const cors_slice_t tail = skip_bytes(entry, head.len);
    const char *end = cors_slice_end(entry);
    behind_t next = { NULL, NULL, NULL, NULL };
    const char *p;

    for (p = end; p-- > entry.ptr;) {
        if (p < cors_slice_end(head) && is_operator(entry, p, &next)) {
            return true;
        }
        note_behind(&next, p, end);
    }
    return (entry.len > 2 && entry.ptr[0] == '/' && end[-1] == '/'
            && next.colon)
           || (head.len == entry.len && entry.len > 1 && end[-1] == '$')
           || cors_slice_has_prefix(tail, "?.")
           || cors_slice_has_prefix(tail, "?:");
}

/* The separators that other languages and servers use in lists. */
static const char separators[] = ";|,";

/* Returns whether an entry is several entries: it has a separator before any path, or
 * a separator that is followed by another origin. */
static bool is_several(cors_slice_t entry)
{
    const char *p = cors_slice_find_any(entry, separators);

    return p
           && (p < cors_slice_end(head_of(entry))
               || find_host(cors_slice_between(p, cors_slice_end(entry))));
}

/* Returns the end of the host in "host[:port]". */
static const char *host_end(cors_slice_t authority)
{
    const char *end = cors_slice_end(authority);
    const char *p;
    const char *last;

    if (cors_slice_has_prefix(authority, "[")) {
        p = cors_slice_find_any(authority, "]");
        return p ? p + 1 : end;
    }
    p = cors_slice_find_any(authority, ":");
    if (!p || !cors_slice_find_any(cors_slice_between(p + 1, end), ":")) {
        return p ? p : end;
    }
    if (!is_group(cors_slice_between(authority.ptr, p))) {
        return p; /* a name, followed by more than a port */
    }
    for (last = end; last[-1] != ':'; last--) {
    }
    /* An IPv6 address without brackets: the last number is certainly a port only if it
     * has five digits. */
    if (cors_port_parse(cors_slice_between(last, end)) > 9999) {
        return last - 1;
    }
    return end;
}

static bool split_parts(cors_slice_t entry, parts_t *parts)
{
    const char *p = find_host(entry);
    const char *at;
    const char *end;
    cors_slice_t authority;

    memset(parts, 0, sizeof(*parts));
    if (!p) {
        return false;
    }
    parts->scheme = cors_slice_between(entry.ptr, p - strlen("://"));
    authority = cors_slice_between(p, cors_slice_end(entry));
    end = cors_slice_find_any(authority, "/?#");
    end = end ? end : cors_slice_end(entry);
    parts->tail = cors_slice_between(end, cors_slice_end(entry));
    authority = cors_slice_between(authority.ptr, end);
    at = cors_slice_find_any(authority, "@");
    if (at) {
        parts->user = true;
        authority = cors_slice_between(at + 1, end);
    }
    p = host_end(authority);
    parts->host = cors_slice_between(authority.ptr, p);
    parts->colon = p < end;
    if (parts->colon) {
        /* Without a colon after the bracket, keep the bracket, so that the port is
         * invalid. */
        parts->port = cors_slice_between(*p == ':' ? p + 1 : p - 1, end);
    }
    return true;
}

static cors_problem_e check_tail(const parts_t *parts)
{
    if (parts->user) {
        return CORS_PROBLEM_ORIGIN_USERINFO;
    }
    if (parts->tail.len == 0) {
        return CORS_OK;
    }
    if (parts->tail.ptr[0] == '?') {
        return CORS_PROBLEM_ORIGIN_QUERY;
    }
    if (parts->tail.ptr[0] == '#') {
        return CORS_PROBLEM_ORIGIN_FRAGMENT;
    }
    return CORS_PROBLEM_ORIGIN_PATH;
}

/* Returns whether a host follows three slashes, as in "https:///host". */
static bool has_third_slash(const parts_t *parts)
{
    return !parts->user && !parts->colon && parts->host.len == 0
           && parts->tail.len > 1 && parts->tail.ptr[0] == '/'
           && parts->tail.ptr[1] != '/'
           && (cors_slice_is_nocase(parts->scheme, "http")
               || cors_slice_is_nocase(parts->scheme, "https"));
}

static bool is_address(cors_slice_t host)
{
    return cors_slice_has_prefix(host, "[") || cors_host_ends_in_number(host);
}

/* The longest name that has subdomains: a host of 253 bytes without a label and a dot. */
#define SUFFIX_MAX (253 - 2)

/* Returns whether a host is a wildcard for all ids of a scheme that has ids. */
static bool is_any_id(cors_slice_t scheme, cors_slice_t host)
{
    return cors_slice_is(host, "*") && cors_fetch_has_ids(scheme);
}

static cors_problem_e check_wildcard(const parts_t *parts, cors_slice_t *host,
                                     cors_pattern_t *pattern)
{
    if (!cors_slice_has_prefix(*host, "*")) {
        return CORS_OK;
    }
    if (is_any_id(parts->scheme, *host) && !parts->colon) {
        pattern->any_host = true;
        *host = skip_bytes(*host, 1);
        return CORS_OK;
    }
    if (host->len == 1) {
        return CORS_PROBLEM_WILDCARD_HOST;
    }
    if (host->ptr[1] != '.') {
        return CORS_PROBLEM_WILDCARD_PLACE;
    }
    pattern->subdomains = true;
    *host = skip_bytes(*host, 2);
    if (is_address(*host)) {
        return CORS_PROBLEM_WILDCARD_IP;
    }
    if (host->len > SUFFIX_MAX
        && host->len - (cors_slice_end(*host)[-1] == '.') > SUFFIX_MAX) {
        return CORS_PROBLEM_ORIGIN_HOST_LONG;
    }
    return CORS_OK;
}

static cors_problem_e check_parts(apr_pool_t *p, cors_slice_t entry,
                                  cors_pattern_t *pattern)
{
    parts_t parts;
    cors_slice_t host;
    const char *unused;
    cors_problem_e problem;

    memset(pattern, 0, sizeof(*pattern));
    if (!split_parts(entry, &parts)) {
        if (cors_slice_is_nocase(entry, "null")) {
            return CORS_PROBLEM_NULL_CASE;
        }
        return CORS_PROBLEM_ORIGIN_SCHEME_MISSING;
    }
    pattern->kind = CORS_PATTERN_ORIGIN;
    pattern->scheme = parts.scheme;
    problem = check_scheme(parts.scheme);
    if (problem) {
        return problem;
    }
    if (cors_slice_is(parts.scheme, "file")) {
        pattern->host = parts.host;
        if (cors_slice_is(entry, "file://")) {
            return CORS_OK;
        }
        return CORS_PROBLEM_ORIGIN_FILE;
    }
    if (has_third_slash(&parts)) {
        return CORS_PROBLEM_ORIGIN_HOST_MISSING;
    }
    problem = check_tail(&parts);
    if (problem) {
        return problem;
    }
    host = parts.host;
    problem = check_wildcard(&parts, &host, pattern);
    if (!problem && !pattern->any_host) {
        problem = cors_host_check(p, host, &unused);
    }
    if (!problem && parts.colon) {
        problem = check_port(parts.scheme, parts.port, pattern);
    }
    pattern->host = host;
    return problem;
}

static cors_problem_e check(apr_pool_t *p, cors_slice_t entry,
                            cors_pattern_t *pattern)
{
    cors_problem_e problem = check_parts(p, entry, pattern);

    /* Valid entries are the common case: diagnose only after the check has failed. */
    if (!problem) {
        return CORS_OK;
    }
    if (is_expression(entry)) {
        return CORS_PROBLEM_ORIGIN_EXPRESSION;
    }
    if (is_several(entry)) {
        return CORS_PROBLEM_LIST_SEPARATOR;
    }
    return problem;
}

/* Returns the guess if it is a valid pattern, else NULL. */
static const char *valid_or_null(apr_pool_t *p, const char *guess)
{
    cors_pattern_t pattern;

    return check(p, cors_slice(guess), &pattern) ? NULL : guess;
}

/* Returns the suggested scheme: in lower case, and http or https for ws or wss. */
static const char *suggest_scheme(apr_pool_t *p, cors_slice_t scheme)
{
    char *lower = cors_slice_text(p, scheme);
    char *c;

    for (c = lower; *c; c++) {
        *c = cors_lower(*c);
    }
    if (strcmp(lower, "wss") == 0) {
        return "https";
    }
    if (strcmp(lower, "ws") == 0) {
        return "http";
    }
    return lower;
}

/* Returns the host as browsers send it, or unchanged if it cannot be corrected. */
static cors_slice_t suggest_host(apr_pool_t *p, cors_slice_t host)
{
    const char *suggestion;

    /* In lower case it may be an address or punycode: check it again. */
    while (cors_host_check(p, host, &suggestion) && suggestion
           && !cors_slice_is(host, suggestion)) {
        host = cors_slice(suggestion);
    }
    return host;
}

/* Returns ":port" without leading zeros; "" for a missing, empty or default port. */
static const char *suggest_port(apr_pool_t *p, const char *scheme,
                                const parts_t *parts)
{
    cors_slice_t port = parts->port;

    if (!parts->colon) {
        return "";
    }
    while (port.len > 1 && port.ptr[0] == '0') {
        port = skip_bytes(port, 1);
    }
    if (port.len == 0
        || (cors_port_parse(port) != 0
            && cors_port_parse(port)
                   == cors_fetch_default_port(cors_slice(scheme)))) {
        return "";
    }
    return apr_pstrcat(p, ":", cors_slice_text(p, port), NULL);
}

static const char *suggest_origin(apr_pool_t *p, cors_slice_t entry);

/* Returns the suggestion for an entry such as "https:/host", "https//host" or
 * "https:host.example"; NULL: it is something else. */
static const char *suggest_two_slashes(apr_pool_t *p, cors_slice_t entry)
{
    const char *end = cors_slice_find_any(entry, ":/");
    const char *host = end;
    cors_slice_t scheme;

    if (!end) {
        return NULL;
    }
    scheme = cors_slice_between(entry.ptr, end);
    while (host < cors_slice_end(entry) && (*host == ':' || *host == '/')) {
        host++;
    }
    /* a number may be the port of a host that is called http */
    if ((!cors_slice_is_nocase(scheme, "https")
         && !cors_slice_is_nocase(scheme, "http"))
        || host == cors_slice_end(entry) || !apr_isalpha(*host)) {
        return NULL;
    }
    return suggest_origin(
        p,
        cors_slice(apr_pstrcat(
            p, cors_slice_text(p, scheme), "://",
            cors_slice_text(p, cors_slice_between(host, cors_slice_end(entry))),
            NULL)));
}

/* Returns what precedes the first colon; the whole entry if there is none. */
static cors_slice_t head_before_colon(cors_slice_t entry)
{
    const char *colon = cors_slice_find_any(entry, ":");

    return cors_slice_between(entry.ptr, colon ? colon : cors_slice_end(entry));
}

/* Returns the suggestion for an entry without "://", which may be a host with or
 * without a port; or NULL. */
static const char *suggest_scheme_before(apr_pool_t *p, cors_slice_t entry)
{
    cors_slice_t host;
    bool local;

    if (cors_slice_is_nocase(entry, "null")) {
        return "null";
    }
    if (cors_slice_has_prefix(entry, "//")) {
        entry = skip_bytes(entry, 2);
    }
    if (entry.len == 0 || cors_slice_find_any(entry, "/?#@")
        || cors_slice_is_nocase(head_before_colon(entry), "https")
        || cors_slice_is_nocase(head_before_colon(entry), "http")) {
        return suggest_two_slashes(p, entry);
    }
    host = cors_slice_between(entry.ptr, host_end(entry));
    local = cors_host_is_loopback(host);
    /* A single label, or "scheme:host", may not be a host: suggest nothing. */
    if (!local && host.ptr[0] != '[' && !cors_slice_find_any(host, ".")) {
        return NULL;
    }
    return valid_or_null(p, apr_pstrcat(p, local ? "http://" : "https://",
                                        cors_slice_text(p, entry), NULL));
}

/* Returns the suggestion for an entry; NULL if it would be invalid too. */
static const char *suggest_origin(apr_pool_t *p, cors_slice_t entry)
{
    parts_t parts;
    cors_slice_t host;
    const char *star = "";
    const char *scheme;
    const char *unused;

    for (;; entry = cors_slice_between(parts.host.ptr, cors_slice_end(entry))) {
        if (!split_parts(entry, &parts)) {
            return suggest_scheme_before(p, entry);
        }
        if (cors_slice_is_nocase(parts.scheme, "file")) {
            return valid_or_null(p, "file://");
        }
        if (has_third_slash(&parts)) {
            return suggest_origin(
                p, cors_slice(apr_pstrcat(
                       p, cors_slice_text(p, parts.scheme), "://",
                       cors_slice_text(p, skip_bytes(parts.tail, 1)), NULL)));
        }
        /* A whole origin was pasted after a scheme: use the inner origin. */
        if (!parts.colon || parts.port.len > 0
            || !cors_slice_has_prefix(parts.tail, "//")) {
            break;
        }
    }
    host = parts.host;
    while (host.len > 1 && (host.ptr[0] == '*' || host.ptr[0] == '.')) {
        star = "*.";
        host = skip_bytes(host, 1);
    }
    if (*star && host.ptr[0] == '-') {
        return NULL; /* no pattern matches a part of a label */
    }
    if (is_address(host) && !cors_host_check(p, host, &unused)) {
        star = ""; /* an address has no subdomains */
    }
    scheme = cors_slice_is(parts.scheme, "*") ? "https"
                                              : suggest_scheme(p, parts.scheme);
    if (is_any_id(cors_slice(scheme), host)) {
        return apr_pstrcat(p, scheme, "://*", NULL);
    }
    host = suggest_host(p, host);
    return valid_or_null(p, apr_pstrcat(p, scheme, "://", star,
                                        cors_slice_text(p, host),
                                        suggest_port(p, scheme, &parts), NULL));
}

/* Split an entry at its separators. Returns the corrected origins; NULL if one cannot
 * be corrected, or if only the first has a "!", which is then ambiguous. */
static const char *split_pattern(apr_pool_t *p, cors_slice_t entry, bool file)
{
    bool exclude = cors_slice_has_prefix(entry, "!");
    cors_joined_t words = { NULL, 0, 0 };
    cors_slice_t part;

    while (cors_part_next(&entry, separators, &part)) {
        cors_pattern_t pattern;
        const char *suggestion;

        if (cors_pattern_parse(p, part, file, &pattern, &suggestion)
            == CORS_OK) {
            suggestion = pattern.kind == CORS_PATTERN_ORIGIN
                             ? cors_slice_text(p, part)
                             : NULL;
        }
        if (!suggestion || (exclude && suggestion[0] != '!')) {
            return NULL;
        }
        cors_join(p, &words, " ", cors_slice(suggestion));
    }
    return words.text;
}

/* Returns the suggestion for an entry with a problem, or NULL; a "!" is retained. */
static const char *suggest_pattern(apr_pool_t *p, cors_problem_e problem,
                                   cors_slice_t entry, bool file)
{
    bool exclude = cors_slice_has_prefix(entry, "!");
    const char *suggestion;

    if (problem == CORS_PROBLEM_ORIGIN_EXPRESSION) {
        return NULL;
    }
    if (problem == CORS_PROBLEM_LIST_SEPARATOR) {
        return split_pattern(p, entry, file);
    }
    suggestion = suggest_origin(p, skip_bytes(entry, exclude ? 1 : 0));
    if (suggestion && exclude) {
        return apr_pstrcat(p, "!", suggestion, NULL);
    }
    return suggestion;
}

cors_problem_e cors_pattern_parse(apr_pool_t *p, cors_slice_t entry, bool file,
                                  cors_pattern_t *pattern,
                                  const char **suggestion)
{
    cors_problem_e problem;
    bool exclude = cors_slice_has_prefix(entry, "!");
    cors_slice_t whole = entry;

    *suggestion = NULL;
    if (exclude) {
        entry = skip_bytes(entry, 1);
    }
    memset(pattern, 0, sizeof(*pattern));
    if (cors_slice_is(entry, "*") || cors_slice_is_nocase(entry, "None")) {
        pattern->kind =
            entry.ptr[0] == '*' ? CORS_PATTERN_ANY : CORS_PATTERN_NONE;
        problem = exclude ? CORS_PROBLEM_EXCLUSION_OF_ALL : CORS_OK;
    }
    else if (cors_slice_is(entry, "null")) {
        pattern->kind = CORS_PATTERN_NULL;
        problem = CORS_OK;
    }
    else if (cors_slice_is_nocase(entry, "Self")) {
        pattern->kind = CORS_PATTERN_SELF;
        problem = file ? CORS_OK : CORS_PROBLEM_SELF_PLACE;
        entry = cors_slice("Self");
    }
    else {
        problem = check(p, entry, pattern);
        if (problem) {
            *suggestion = suggest_pattern(p, problem, whole, file);
        }
    }
    pattern->exclude = exclude;
    pattern->origin = entry;
    return problem;
}

bool cors_pattern_is_insecure(const cors_pattern_t *pattern)
{
    return pattern->kind == CORS_PATTERN_ORIGIN && !pattern->exclude
           && cors_slice_is(pattern->scheme, "http")
           && !cors_host_is_loopback(pattern->host);
}
