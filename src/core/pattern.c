/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/pattern.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <arpa/inet.h>

#include "cors/fetch.h"
#include "cors/origin.h"
#include "cors/suffix.h"

#define LABEL_MAX 63
#define HOST_MAX 253
#define IPV6_PIECES 8

/* Sizes of text: "[", eight pieces of four digits, seven colons, "]", NUL. */
#define IPV6_TEXT (1 + IPV6_PIECES * 4 + (IPV6_PIECES - 1) + 1 + 1)

static cors_slice_t between(const char *from, const char *to)
{
    cors_slice_t text = { from, (apr_size_t)(to - from) };

    return text;
}

static const char *slice_end(cors_slice_t text)
{
    return text.ptr + text.len;
}

/* the first byte of text that is one of set; NULL: none is */
static const char *find_any(cors_slice_t text, const char *set)
{
    const char *p;

    for (p = text.ptr; p < slice_end(text); p++) {
        if (*p && strchr(set, *p)) {
            return p;
        }
    }
    return NULL;
}

static bool has_prefix(cors_slice_t text, const char *prefix)
{
    apr_size_t len = strlen(prefix);

    return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
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
    if (cors_slice_equal(scheme, cors_slice("ws"))
        || cors_slice_equal(scheme, cors_slice("wss"))) {
        return CORS_PROBLEM_ORIGIN_SCHEME_WEBSOCKET;
    }
    return CORS_OK;
}

/* URL, "IPv6 serializer" (#concept-ipv6-serializer), with its brackets */
static const char *ipv6_text(apr_pool_t *p, const unsigned char *address)
{
    unsigned piece[IPV6_PIECES];
    char text[IPV6_TEXT] = "[";
    int i;
    int run = 0;
    int best = -1;
    int best_run = 1;

    for (i = 0; i < IPV6_PIECES; i++) {
        piece[i] = (unsigned)(address[2 * i] << 8 | address[2 * i + 1]);
        run = piece[i] ? 0 : run + 1;
        if (run > best_run) {
            best_run = run;
            best = i - run + 1;
        }
    }
    for (i = 0; i < IPV6_PIECES; i++) {
        if (i == best) {
            strcat(text, i ? ":" : "::");
            i += best_run - 1;
            continue;
        }
        apr_snprintf(text + strlen(text), sizeof(text) - strlen(text), "%x%s",
                     piece[i], i < IPV6_PIECES - 1 ? ":" : "");
    }
    strcat(text, "]");
    return apr_pstrdup(p, text);
}

static cors_problem_e check_ipv6(apr_pool_t *p, cors_slice_t host,
                                 const char **instead)
{
    unsigned char address[2 * IPV6_PIECES];
    const char *serialised;

    *instead = NULL;
    if (host.len < 4 || host.ptr[host.len - 1] != ']'
        || inet_pton(AF_INET6, apr_pstrmemdup(p, host.ptr + 1, host.len - 2),
                     address)
               != 1) {
        return CORS_PROBLEM_ORIGIN_IPV6_BAD;
    }
    serialised = ipv6_text(p, address);
    if (!cors_slice_equal(host, cors_slice(serialised))) {
        *instead = serialised;
        return CORS_PROBLEM_ORIGIN_IPV6_FORM;
    }
    return CORS_OK;
}

static bool is_dotted_quad(cors_slice_t host)
{
    const char *p = host.ptr;
    int part;

    for (part = 0; part < 4; part++) {
        const char *first = p;
        unsigned value = 0;

        while (p < slice_end(host) && apr_isdigit(*p) && p - first < 4) {
            value = value * 10 + (unsigned)(*p++ - '0');
        }
        if (p == first || value > 255 || (*first == '0' && p - first > 1)) {
            return false;
        }
        if (part < 3 && (p == slice_end(host) || *p++ != '.')) {
            return false;
        }
    }
    return p == slice_end(host);
}

/* URL, "ends in a number checker" (#ends-in-a-number-checker) */
static bool ends_in_number(cors_slice_t host)
{
    const char *end = slice_end(host);
    const char *p;
    bool hex;

    if (host.len > 0 && end[-1] == '.') {
        end--;
    }
    for (p = end; p > host.ptr && p[-1] != '.'; p--) {
    }
    if (p == end || !apr_isdigit(*p)) {
        return false;
    }
    hex = end - p >= 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
    for (p += hex ? 2 : 0; p < end; p++) {
        if (hex ? !apr_isxdigit(*p) : !apr_isdigit(*p)) {
            return false;
        }
    }
    return true;
}

/* A host without wildcard, IPv6 in its brackets. */
static cors_problem_e check_host(apr_pool_t *p, cors_slice_t host,
                                 const char **instead)
{
    const char *label = host.ptr;
    const char *c;

    *instead = NULL;
    if (host.len == 0) {
        return CORS_PROBLEM_ORIGIN_HOST_MISSING;
    }
    if (host.ptr[0] == '[') {
        return check_ipv6(p, host, instead);
    }
    for (c = host.ptr; c < slice_end(host); c++) {
        if ((unsigned char)*c >= 0x80) {
            *instead = cors_suffix_punycode(p, host);
            return CORS_PROBLEM_ORIGIN_HOST_UNICODE;
        }
    }
    for (c = host.ptr; c < slice_end(host); c++) {
        if (*c == '*') {
            return CORS_PROBLEM_WILDCARD_PLACE;
        }
        if (!apr_isalnum(*c) && *c != '-' && *c != '_' && *c != '.') {
            return CORS_PROBLEM_ORIGIN_HOST_BAD;
        }
    }
    for (c = host.ptr; c < slice_end(host); c++) {
        if (*c >= 'A' && *c <= 'Z') {
            return CORS_PROBLEM_ORIGIN_HOST_CASE;
        }
    }
    if (ends_in_number(host)) {
        return is_dotted_quad(host) ? CORS_OK : CORS_PROBLEM_ORIGIN_IPV4_BAD;
    }
    for (c = host.ptr; c <= slice_end(host); c++) {
        if (c < slice_end(host) && *c != '.') {
            continue;
        }
        /* one dot may end the name: it is a host of its own to a browser */
        if (c == label && !(c == slice_end(host) && host.len > 1)) {
            return CORS_PROBLEM_ORIGIN_LABEL_EMPTY;
        }
        if (c - label > LABEL_MAX) {
            return CORS_PROBLEM_ORIGIN_LABEL_LONG;
        }
        label = c + 1;
    }
    return host.len > HOST_MAX + (apr_size_t)(slice_end(host)[-1] == '.')
               ? CORS_PROBLEM_ORIGIN_HOST_LONG
               : CORS_OK;
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
    return pattern->port == cors_fetch_default_port(scheme)
               ? CORS_PROBLEM_ORIGIN_PORT_DEFAULT
               : CORS_OK;
}

/* "://" and what stands after it, cut where the host and the port end */
typedef struct {
    cors_slice_t scheme;
    bool user;         /* a user name or password stood before the host */
    cors_slice_t host; /* with "*." */
    bool colon;        /* a port was meant */
    cors_slice_t port; /* digits or "*" */
    cors_slice_t tail; /* path, query, fragment */
} parts_t;

static bool cut(cors_slice_t word, parts_t *parts)
{
    const char *p;
    const char *at;
    const char *end;
    cors_slice_t authority;

    memset(parts, 0, sizeof(*parts));
    for (p = word.ptr; p < slice_end(word); p++) {
        if (has_prefix(between(p, slice_end(word)), "://")) {
            break;
        }
    }
    if (p == slice_end(word)) {
        return false;
    }
    parts->scheme = between(word.ptr, p);
    authority = between(p + 3, slice_end(word));
    end = find_any(authority, "/?#");
    end = end ? end : slice_end(word);
    parts->tail = between(end, slice_end(word));
    authority = between(authority.ptr, end);
    at = find_any(authority, "@");
    if (at) {
        parts->user = true;
        authority = between(at + 1, end);
    }
    if (has_prefix(authority, "[")) {
        const char *bracket = find_any(authority, "]");

        p = bracket ? bracket + 1 : end;
    }
    else {
        p = find_any(authority, ":");
        p = p ? p : end;
        if (p < end && find_any(between(p + 1, end), ":")) {
            p = end; /* a bare IPv6 address: no port can be told from it */
        }
    }
    parts->host = between(authority.ptr, p);
    parts->colon = p < end;
    if (parts->colon) {
        parts->port = between(*p == ':' ? p + 1 : p, end);
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
    return parts->tail.ptr[0] == '?'   ? CORS_PROBLEM_ORIGIN_QUERY
           : parts->tail.ptr[0] == '#' ? CORS_PROBLEM_ORIGIN_FRAGMENT
                                       : CORS_PROBLEM_ORIGIN_PATH;
}

static cors_problem_e check_wildcard(cors_slice_t *host,
                                     cors_pattern_t *pattern)
{
    if (!has_prefix(*host, "*")) {
        return CORS_OK;
    }
    if (host->len == 1) {
        return CORS_PROBLEM_WILDCARD_HOST;
    }
    if (host->ptr[1] != '.') {
        return CORS_PROBLEM_WILDCARD_PLACE;
    }
    pattern->subdomains = true;
    *host = between(host->ptr + 2, slice_end(*host));
    if (host->len > 0 && (host->ptr[0] == '[' || ends_in_number(*host))) {
        return CORS_PROBLEM_WILDCARD_IP;
    }
    return CORS_OK;
}

static cors_problem_e check(apr_pool_t *p, cors_slice_t word, bool file,
                            cors_pattern_t *pattern)
{
    parts_t parts;
    cors_slice_t host;
    const char *unused;
    cors_problem_e problem;

    if (!cut(word, &parts)) {
        return CORS_PROBLEM_ORIGIN_SCHEME_MISSING;
    }
    pattern->kind = CORS_PATTERN_ORIGIN;
    pattern->origin = word;
    pattern->scheme = parts.scheme;
    problem = check_scheme(parts.scheme);
    if (!problem) {
        problem = check_tail(&parts);
    }
    if (problem) {
        return problem;
    }
    if (cors_slice_equal(parts.scheme, cors_slice("file"))) {
        pattern->host = parts.host;
        return file && parts.host.len == 0 && !parts.colon
                   ? CORS_OK
                   : CORS_PROBLEM_ORIGIN_FILE;
    }
    host = parts.host;
    problem = check_wildcard(&host, pattern);
    if (!problem) {
        problem = check_host(p, host, &unused);
    }
    if (!problem && parts.colon) {
        problem = check_port(parts.scheme, parts.port, pattern);
    }
    pattern->host = host;
    return problem;
}

static cors_slice_t small_letters(apr_pool_t *p, cors_slice_t text)
{
    char *copy = apr_pstrmemdup(p, text.ptr, text.len);
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        copy[i] = cors_lower(copy[i]);
    }
    return cors_slice(copy);
}

/* What was probably meant; NULL where a guess would still be wrong. */
static const char *correct(apr_pool_t *p, cors_slice_t word, bool file)
{
    parts_t parts;
    cors_pattern_t pattern = { 0 };
    cors_slice_t scheme;
    cors_slice_t host;
    const char *star = "";
    const char *fixed_host = NULL;
    const char *port = NULL;
    const char *fixed;

    if (!cut(word, &parts)) {
        const char *guess =
            apr_pstrcat(p, "https://", apr_pstrmemdup(p, word.ptr, word.len),
                        NULL);

        /* "https:example.com" or "host:port": only a bare name is clear */
        if (find_any(word, ":") || word.len == 0 || !find_any(word, ".")
            || find_any(word, "/?#@")) {
            return NULL;
        }
        return check(p, cors_slice(guess), file, &pattern) ? NULL : guess;
    }
    scheme = small_letters(p, parts.scheme);
    if (cors_slice_equal(scheme, cors_slice("wss"))) {
        scheme = cors_slice("https");
    }
    else if (cors_slice_equal(scheme, cors_slice("ws"))) {
        scheme = cors_slice("http");
    }
    host = parts.host;
    if (has_prefix(host, "*") && host.len > 1) {
        star = "*.";
        host =
            between(host.ptr + (host.ptr[1] == '.' ? 2 : 1), slice_end(host));
    }
    host = small_letters(p, host);
    if (check_host(p, host, &fixed_host) && !fixed_host) {
        return NULL;
    }
    if (parts.colon) {
        port = apr_pstrmemdup(p, parts.port.ptr, parts.port.len);
        if (cors_port_parse(parts.port) == cors_fetch_default_port(scheme)
            && cors_port_parse(parts.port) != 0) {
            port = NULL;
        }
    }
    fixed = apr_pstrcat(p, scheme.ptr, "://", star,
                        fixed_host ? fixed_host : host.ptr, port ? ":" : "",
                        port ? port : "", NULL);
    memset(&pattern, 0, sizeof(pattern));
    return check(p, cors_slice(fixed), file, &pattern) ? NULL : fixed;
}

cors_problem_e cors_pattern_parse(apr_pool_t *p, cors_slice_t word, bool file,
                                  cors_pattern_t *pattern, const char **instead)
{
    cors_problem_e problem;

    *instead = NULL;
    memset(pattern, 0, sizeof(*pattern));
    if (has_prefix(word, "!")) {
        pattern->exclude = true;
        word = between(word.ptr + 1, slice_end(word));
    }
    pattern->origin = word;
    if (cors_slice_equal(word, cors_slice("*"))
        || cors_slice_is_nocase(word, "None")) {
        pattern->kind =
            word.ptr[0] == '*' ? CORS_PATTERN_EVERYBODY : CORS_PATTERN_NOBODY;
        return pattern->exclude ? CORS_PROBLEM_EXCLUSION_OF_ALL : CORS_OK;
    }
    if (cors_slice_equal(word, cors_slice("null"))) {
        pattern->kind = CORS_PATTERN_NULL;
        return CORS_OK;
    }
    problem = check(p, word, file, pattern);
    if (problem) {
        *instead = correct(p, word, file);
        if (*instead && pattern->exclude) {
            *instead = apr_pstrcat(p, "!", *instead, NULL);
        }
    }
    return problem;
}
