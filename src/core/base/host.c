/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Checks and serializes the host of an origin as the URL Standard requires.
 *
 * It is its own file because hosts have rules of their own: names, IPv4 and IPv6
 * addresses. An origin matches byte for byte, so a host must be written exactly as
 * browsers serialize it. This file does not resolve names and does not convert Unicode
 * names. If a host is not in that form, it computes the form that a browser would
 * send, for the error message.
 */

#include "core/base/host.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <arpa/inet.h>

#include "core/base/suffix.h"

#define LABEL_MAX 63
#define HOST_MAX 253
#define IPV4_PARTS 4
#define IPV6_PIECES 8

/* The size of the text: "[", eight groups of four digits, seven colons, "]", NUL. */
#define IPV6_TEXT (1 + IPV6_PIECES * 4 + (IPV6_PIECES - 1) + 1 + 1)

/*
 * Serializes an IPv6 address with its brackets. URL, "IPv6 serializer"
 * (#concept-ipv6-serializer)
 */
static const char *ipv6_text(apr_pool_t *p, const unsigned char *address)
{
    unsigned piece[IPV6_PIECES];
    char text[IPV6_TEXT] = "[";
    int i;
    int run = 0;
    int best = -1;
    int best_run = 1;

    for (i = 0; i < IPV6_PIECES; i++) {
        piece[i] = (unsigned)(address[0] << 8 | address[1]);
        address += 2;
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

/*
 * Returns the serialized form of the text between brackets; NULL: it is not an
 * address.
 */
static const char *ipv6_serialise(apr_pool_t *p, cors_slice_t text)
{
    unsigned char address[2 * IPV6_PIECES];

    if (inet_pton(AF_INET6, cors_slice_text(p, text), address) == 1) {
        return ipv6_text(p, address);
    }
    return NULL;
}

/*
 * Returns whether the last group of an address without brackets may be a port, because
 * the text before it is an address by itself.
 */
static bool may_end_in_port(apr_pool_t *p, cors_slice_t text)
{
    const char *last = cors_slice_end(text);

    while (last > text.ptr && last[-1] != ':') {
        last--;
    }
    return last > text.ptr
           && cors_port_parse(cors_slice_between(last, cors_slice_end(text)))
                  != 0
           && ipv6_serialise(p, cors_slice_between(text.ptr, last - 1));
}

static cors_problem_e check_ipv6(apr_pool_t *p, cors_slice_t host,
                                 const char **suggestion)
{
    bool open = cors_slice_has_prefix(host, "[");
    cors_slice_t inner =
        cors_slice_between(host.ptr + (open ? 1 : 0), cors_slice_end(host));
    bool closed = inner.len > 0 && cors_slice_end(inner)[-1] == ']';
    const char *zone;

    inner.len -= closed ? 1 : 0;
    zone = cors_slice_find_any(inner, "%");
    if (zone) {
        *suggestion = ipv6_serialise(p, cors_slice_between(inner.ptr, zone));
        return CORS_PROBLEM_ORIGIN_IPV6_ZONE;
    }
    *suggestion = ipv6_serialise(p, inner);
    if (!open && may_end_in_port(p, inner)) {
        *suggestion = NULL;
    }
    if (!*suggestion || !open || !closed) {
        return CORS_PROBLEM_ORIGIN_IPV6_BAD;
    }
    if (cors_slice_is(host, *suggestion)) {
        return CORS_OK;
    }
    return CORS_PROBLEM_ORIGIN_IPV6_FORM;
}

/*
 * Parses one part of an IPv4 address. Returns false if it is not a number. URL, "IPv4
 * number parser" (#ipv4-number-parser)
 */
static bool ipv4_number(cors_slice_t part, apr_uint64_t *number)
{
    unsigned base = 10;
    apr_size_t i;

    *number = 0;
    if (part.len == 0) {
        return false;
    }
    if (part.len >= 2 && part.ptr[0] == '0') {
        bool hex = part.ptr[1] == 'x' || part.ptr[1] == 'X';

        base = hex ? 16 : 8;
        part =
            cors_slice_between(part.ptr + (hex ? 2 : 1), cors_slice_end(part));
    }
    for (i = 0; i < part.len; i++) {
        unsigned digit = (unsigned)cors_digit(part.ptr[i]);

        if (digit >= base || *number > APR_UINT32_MAX) {
            return false;
        }
        *number = *number * base + digit;
    }
    return true;
}

/*
 * Returns the dotted quad that browsers make of an address; NULL: it is not an
 * address. URL, "IPv4 parser" (#concept-ipv4-parser)
 */
static const char *ipv4_serialise(apr_pool_t *p, cors_slice_t host)
{
    const char *end = cors_slice_end(host);
    const char *part = host.ptr;
    apr_uint64_t address = 0;
    apr_uint64_t number = 0;
    int parts = 0;

    end -= end > part && end[-1] == '.' ? 1 : 0;
    while (part <= end) {
        const char *dot =
            cors_slice_find_any(cors_slice_between(part, end), ".");
        const char *stop = dot ? dot : end;

        if (++parts > IPV4_PARTS
            || !ipv4_number(cors_slice_between(part, stop), &number)
            || (dot && number > 255)) {
            return NULL;
        }
        if (dot) {
            address = address << 8 | number;
        }
        part = stop + 1;
    }
    /* the last part fills the rest of the address */
    if (number >= (apr_uint64_t)1 << 8 * (IPV4_PARTS + 1 - parts)) {
        return NULL;
    }
    address = address << 8 * (IPV4_PARTS + 1 - parts) | number;
    return apr_psprintf(p, "%d.%d.%d.%d", (int)(address >> 24 & 255),
                        (int)(address >> 16 & 255), (int)(address >> 8 & 255),
                        (int)(address & 255));
}

static cors_problem_e check_ipv4(apr_pool_t *p, cors_slice_t host,
                                 const char **suggestion)
{
    *suggestion = ipv4_serialise(p, host);
    if (*suggestion && cors_slice_is(host, *suggestion)) {
        return CORS_OK;
    }
    return CORS_PROBLEM_ORIGIN_IPV4_BAD;
}

bool cors_host_ends_in_number(cors_slice_t host)
{
    const char *end = cors_slice_end(host);
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

/* Returns what is wrong with a host that is not plain. */
static cors_problem_e find_bad_byte(apr_pool_t *p, cors_slice_t host,
                                    const char **suggestion)
{
    const char *c;
    char *lower;

    for (c = host.ptr; c < cors_slice_end(host); c++) {
        if ((unsigned char)*c >= 0x80) {
            *suggestion = cors_suffix_punycode(p, host);
            return CORS_PROBLEM_ORIGIN_HOST_UNICODE;
        }
    }
    for (c = host.ptr; c < cors_slice_end(host); c++) {
        if (*c == '*') {
            return CORS_PROBLEM_WILDCARD_PLACE;
        }
        if (!apr_isalnum(*c) && *c != '-' && *c != '_' && *c != '.') {
            return CORS_PROBLEM_ORIGIN_HOST_BAD;
        }
    }
    /* only capital letters are left */
    lower = cors_slice_text(p, host);
    for (*suggestion = lower; *lower; lower++) {
        *lower = cors_lower(*lower);
    }
    return CORS_PROBLEM_ORIGIN_HOST_CASE;
}

static cors_problem_e check_labels(apr_pool_t *p, cors_slice_t host)
{
    const char *label = host.ptr;
    const char *end = cors_slice_end(host);
    const char *c;
    const bool too_long = host.len > HOST_MAX + (apr_size_t)(end[-1] == '.');

    for (c = host.ptr; c <= end; c++) {
        if (c < end && *c != '.') {
            continue;
        }
        /* a name may end with one dot; browsers treat it as a different host */
        if (c == label && !(c == end && host.len > 1)) {
            return CORS_PROBLEM_ORIGIN_LABEL_EMPTY;
        }
        if (c - label > LABEL_MAX) {
            return CORS_PROBLEM_ORIGIN_LABEL_LONG;
        }
        /* decoding is expensive, and an overlong name may have many labels */
        if (!too_long
            && cors_slice_has_prefix(cors_slice_between(label, c), "xn--")
            && !cors_suffix_punycode_valid(p, cors_slice_between(label, c))) {
            return CORS_PROBLEM_ORIGIN_PUNYCODE_BAD;
        }
        label = c + 1;
    }
    return too_long ? CORS_PROBLEM_ORIGIN_HOST_LONG : CORS_OK;
}

/* Returns whether a host has only the bytes of a name or an IPv4 address, in lower case.
 * Almost all hosts have, and a list may have a million of them. */
static bool is_plain(cors_slice_t host)
{
    apr_size_t i;

    for (i = 0; i < host.len; i++) {
        const char c = host.ptr[i];

        /* a scheme has the same bytes, except these */
        if (c == '+' || (c != '_' && !cors_byte_is(c, CORS_BYTE_SCHEME))) {
            return false;
        }
    }
    return true;
}

cors_problem_e cors_host_check(apr_pool_t *p, cors_slice_t host,
                               const char **suggestion)
{
    *suggestion = NULL;
    if (host.len == 0) {
        return CORS_PROBLEM_ORIGIN_HOST_MISSING;
    }
    if (!is_plain(host)) {
        const bool ipv6 = host.ptr[0] == '[' || cors_slice_find_any(host, ":");

        return ipv6 ? check_ipv6(p, host, suggestion)
                    : find_bad_byte(p, host, suggestion);
    }
    if (cors_host_ends_in_number(host)) {
        return check_ipv4(p, host, suggestion);
    }
    return check_labels(p, host);
}

bool cors_host_is_address(cors_slice_t host)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[2 * IPV6_PIECES];

    if (host.len > 1 && host.ptr[0] == '[' && cors_slice_end(host)[-1] == ']') {
        host = cors_slice_between(host.ptr + 1, cors_slice_end(host) - 1);
    }
    if (host.len == 0 || host.len >= sizeof(text)
        || memchr(host.ptr, '\0', host.len)) {
        return false;
    }
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, address)
           == 1;
}

bool cors_host_is_loopback(cors_slice_t host)
{
    static const char name[] = "localhost";
    const apr_size_t length = sizeof(name) - 1;
    cors_slice_t tail;

    if (host.len > 0 && cors_slice_end(host)[-1] == '.') {
        host.len--;
    }
    tail = host;
    if (cors_slice_has_prefix(host, "127.") && cors_host_ends_in_number(host)) {
        return true;
    }
    if (host.len > length) {
        tail = cors_slice_between(cors_slice_end(host) - length - 1,
                                  cors_slice_end(host));
        if (tail.ptr[0] != '.') {
            return cors_slice_is(host, "[::1]");
        }
        tail = cors_slice_between(tail.ptr + 1, cors_slice_end(tail));
    }
    return cors_slice_is(tail, name) || cors_slice_is(host, "[::1]");
}

unsigned cors_port_parse(cors_slice_t digits)
{
    unsigned port = 0;
    apr_size_t i;

    if (digits.len == 0 || digits.len > 5 || digits.ptr[0] == '0') {
        return 0;
    }
    for (i = 0; i < digits.len; i++) {
        if (!apr_isdigit(digits.ptr[i])) {
            return 0;
        }
        port = port * 10 + (unsigned)(digits.ptr[i] - '0');
    }
    return port <= 65535 ? port : 0;
}
