/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Decides whether a regular expression matches only names that it spells out, or also
 * names that anyone can register. It is a separate file because it alone combines
 * automata and registrable domains. It does not parse regular expressions, and it runs
 * when a list is read, not when an origin is looked up. The trick: the end of a host
 * determines its owner. The automaton is therefore walked backwards, one byte of the
 * host after the other. The walk stops at the first dot after which a registrable
 * domain is complete, because all names below it have the same owner.
 */

#include "core/origin/regex_domain.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/base/host.h"
#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/base/suffix.h"
#include "core/origin/origin.h"
#include "core/origin/regex_text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define SCHEME LETTERS DIGITS "+-."
#define HOST LETTERS DIGITS "-._!$&'()*+,;=~"
#define ADDRESS DIGITS "abcdef:"
#define PORT_DIGITS 5
#define OCTET_DIGITS 3
#define OCTETS 4

/* The limit for the work of one walk: a few milliseconds. */
#define WORK_MAX 1500000

/* The limit for the bytes of one walk; each may need a look-up of a suffix. */
#define STEPS_MAX 30000

#define FAR (~0u)

/* Any distance but FAR. */
#define ANY_DISTANCE (FAR - 1)

/* The number of the name that is the example if there are too many. */
#define SHOWN 11

typedef struct {
    apr_pool_t *p; /* scratch */
    const cors_automaton_t *automaton;
    cors_walk_t *walk;
    cors_states_t front;  /* the states at the start of a host */
    unsigned *from_web;   /* as from_front, for http and https only */
    unsigned *from_plain; /* as from_front, for http only */
    const unsigned *goal; /* from_front or from_web: the one in use */
    unsigned *from_front; /* host bytes from front to each state, or FAR */
    unsigned *from_start; /* scheme bytes to each state, or FAR */
    bool *inside;         /* of each state: a byte of a host leads to it */
    cors_symbols_t host;
    cors_symbols_t address;
    cors_symbols_t lower; /* scratch: digits and a dot */
    const char *shown;    /* an example origin, or NULL */
    unsigned names;       /* number of names counted */
    unsigned most;        /* the limit for names */
    unsigned chosen;      /* number of names with bytes of a class */
    unsigned classes;     /* bytes of a class in the host so far */
    unsigned in_networks; /* hosts in private networks, counted or not */
    unsigned hosts;       /* hosts, counted or not */
    apr_hash_t *networks; /* private networks counted, by their numbers */
    /* states before the last number from which all hosts are in private networks; or
     * empty */
    cors_states_t before_last;
    unsigned steps;
    bool overflow;                /* there are too many names */
    bool spent;                   /* a limit for the work was reached */
    bool extension;               /* neither http nor https matches */
    char text[CORS_HOST_MAX + 2]; /* the host so far, at its end */
    char *at;
    cors_reach_t *reach;
    apr_pool_t *result;
} walker_t;

static bool is_empty(cors_states_t states)
{
    return states.count == 0;
}

/* Returns the states of a set from which the start of a host can be reached. */
static cors_states_t keep_near(const walker_t *walker, cors_states_t set,
                               const unsigned *distance)
{
    unsigned *states = apr_palloc(walker->p, set.count * sizeof(*states));
    cors_states_t near = { states, 0 };
    unsigned i;

    for (i = 0; i < set.count; i++) {
        if (distance[set.states[i]] != FAR) {
            states[near.count++] = set.states[i];
        }
    }
    return near;
}

static cors_states_t back(const walker_t *walker, cors_states_t set, char byte)
{
    return keep_near(walker,
                     cors_walk_back(walker->p, walker->walk, set,
                                    cors_symbol(byte)),
                     walker->goal);
}

static cors_states_t forth_text(const walker_t *walker, cors_states_t set,
                                const char *text)
{
    for (; *text; text++) {
        set = cors_walk_forth(walker->p, walker->walk, set, cors_symbol(*text));
    }
    return set;
}

/* Returns, for each state, the distance from a set in bytes of some symbols. */
static unsigned *measure(const walker_t *walker, cors_states_t set,
                         cors_symbols_t symbols)
{
    unsigned count = cors_automaton_count(walker->automaton);
    unsigned *distance = apr_palloc(walker->p, count * sizeof(*distance));
    unsigned far = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        distance[i] = FAR;
    }
    while (!is_empty(set)) {
        unsigned *fresh = apr_palloc(walker->p, set.count * sizeof(*fresh));
        unsigned found = 0;

        for (i = 0; i < set.count; i++) {
            if (distance[set.states[i]] == FAR) {
                distance[set.states[i]] = far;
                fresh[found++] = set.states[i];
            }
        }
        set.states = fresh;
        set.count = found;
        set = cors_walk_forth(walker->p, walker->walk, set, symbols);
        far++;
    }
    return distance;
}

static cors_states_t join(const walker_t *walker, cors_states_t a,
                          cors_states_t b)
{
    unsigned *states =
        apr_palloc(walker->p, (a.count + b.count) * sizeof(*states));
    cors_states_t both = { states, a.count + b.count };

    memcpy(states, a.states, a.count * sizeof(*states));
    memcpy(states + a.count, b.states, b.count * sizeof(*states));
    return cors_walk_closure(walker->p, walker->walk, both, 0, false);
}

/* Returns, for each state, the distance from the start of a host in bytes of a host: a
 * name or an IPv6 address. The bracket after an address is the end of the host, so its
 * distance does not matter. */
static unsigned *measure_hosts(const walker_t *walker, cors_states_t front)
{
    unsigned count = cors_automaton_count(walker->automaton);
    unsigned *distance = measure(walker, front, walker->host);
    unsigned *address = measure(walker,
                                cors_walk_forth(walker->p, walker->walk, front,
                                                cors_symbol('[')),
                                walker->address);
    unsigned i;
    unsigned n;

    for (i = 0; i < count; i++) {
        cors_states_t next = cors_automaton_next(walker->automaton, i);

        if (address[i] == FAR) {
            continue;
        }
        if (distance[i] == FAR) {
            distance[i] = address[i] + 1;
        }
        for (n = 0; n < next.count; n++) {
            unsigned state = next.states[n];

            if (cors_automaton_into(walker->automaton, state) & cors_symbol(']')
                && distance[state] == FAR) {
                distance[state] = ANY_DISTANCE;
            }
        }
    }
    return distance;
}

/* Returns whether the distance of some state of a set is at most `most`. */
static bool is_within(cors_states_t set, const unsigned *distance,
                      unsigned most)
{
    unsigned i;

    for (i = 0; i < set.count; i++) {
        if (distance[set.states[i]] <= most) {
            return true;
        }
    }
    return false;
}

static bool is_at_front(const walker_t *walker, cors_states_t set)
{
    return is_within(set, walker->goal, 0);
}

/* Returns the states at the end of a host, with or without a port after it. */
static cors_states_t find_ends(const walker_t *walker)
{
    cors_states_t ends = cors_walk_ends(walker->p, walker->automaton);
    cors_states_t digits = ends;
    cors_states_t colons = { ends.states, 0 };
    int i;

    for (i = 0; i < PORT_DIGITS; i++) {
        cors_states_t first = cors_walk_back(walker->p, walker->walk, digits,
                                             cors_symbols("123456789"));

        colons = join(walker, colons, first);
        digits = cors_walk_back(walker->p, walker->walk, digits,
                                cors_symbols(DIGITS));
    }
    colons = cors_walk_back(walker->p, walker->walk, colons, cors_symbol(':'));
    return join(walker, ends, colons);
}

/* Find the states where hosts start, and the states inside a host. */
static void find_hosts(walker_t *walker)
{
    cors_states_t start = cors_walk_start(walker->p);
    cors_states_t scheme =
        cors_walk_forth(walker->p, walker->walk, start, cors_symbols(LETTERS));
    cors_states_t plain;
    unsigned count = cors_automaton_count(walker->automaton);
    unsigned i;
    unsigned n;

    walker->from_start = measure(walker, scheme, cors_symbols(SCHEME));
    scheme = cors_walk_closure(walker->p, walker->walk, scheme,
                               cors_symbols(SCHEME), false);
    walker->front = forth_text(walker, scheme, "://");
    walker->from_front = measure_hosts(walker, walker->front);
    plain = forth_text(walker, start, "http://");
    walker->from_plain = measure_hosts(walker, plain);
    walker->from_web = measure_hosts(
        walker, join(walker, forth_text(walker, start, "https://"), plain));
    walker->goal = walker->from_front;
    walker->inside = apr_pcalloc(walker->p, count * sizeof(bool));
    for (i = 0; i < count; i++) {
        cors_states_t before = cors_automaton_previous(walker->automaton, i);

        for (n = 0; n < before.count && !walker->inside[i]; n++) {
            walker->inside[i] = walker->from_front[before.states[n]] != FAR;
        }
    }
    walker->extension =
        is_empty(plain) && is_empty(forth_text(walker, start, "https://"));
}

static unsigned count_symbols(cors_symbols_t set)
{
    unsigned count = 0;

    for (; set; set &= set - 1) {
        count++;
    }
    return count;
}

/* Returns the host so far, without a final dot. */
static cors_slice_t undotted(const char *from)
{
    cors_slice_t text = cors_slice(from);

    text.len -= text.len > 0 && from[text.len - 1] == '.' ? 1 : 0;
    return text;
}

static bool is_number(cors_slice_t text)
{
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (!apr_isdigit(text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static bool ends_in_number(cors_slice_t host)
{
    const char *label = cors_slice_end(host);

    while (label > host.ptr && label[-1] != '.') {
        label--;
    }
    return is_number(cors_slice_between(label, cors_slice_end(host)));
}

/* Returns whether the host so far must be the end of an IPv4 address: browsers treat a
 * host as an address if its last label is a number. */
static bool is_in_address(const walker_t *walker)
{
    cors_slice_t host = undotted(walker->at);

    return memchr(host.ptr, '.', host.len) && ends_in_number(host);
}

/* Returns the bytes that may precede the end of an IPv4 address, which has four
 * numbers. is_no_octet() checks the numbers. */
static cors_symbols_t allowed_in_address(const walker_t *walker)
{
    const char *dot;
    int dots = 0;

    for (dot = walker->at; (dot = strchr(dot, '.')) && dot[1]; dot++) {
        dots++;
    }
    return cors_symbols(dots < OCTETS - 1 ? DIGITS "." : DIGITS);
}

/* Returns the bytes that may precede the host so far. */
static cors_symbols_t allowed(const walker_t *walker)
{
    if (strchr(walker->at, ']')) {
        return *walker->at == '[' ? 0 : walker->address | cors_symbol('[');
    }
    if (is_in_address(walker)) {
        return allowed_in_address(walker);
    }
    return *walker->at ? walker->host : walker->host | cors_symbol(']');
}

/* Returns the bytes that lead to a set. Sets open to the states that have more of them
 * than CORS_REACH_CLASS; the numbers of an address are exempt, as they are limited. */
static cors_symbols_t look_back(const walker_t *walker, cors_states_t set,
                                cors_states_t *open)
{
    cors_symbols_t may = allowed(walker);
    unsigned *states = apr_palloc(walker->p, set.count * sizeof(*states));
    cors_symbols_t all = 0;
    unsigned i;

    open->states = states;
    open->count = 0;
    for (i = 0; i < set.count; i++) {
        unsigned state = set.states[i];
        cors_symbols_t symbols =
            cors_automaton_into(walker->automaton, state) & may;

        if (walker->inside[state]) {
            all |= symbols;
            if (count_symbols(symbols) > CORS_REACH_CLASS
                && !is_in_address(walker)) {
                states[open->count++] = state;
            }
        }
    }
    return all;
}

/* Walk back over a text and put it before the host. Returns an empty set, and leaves
 * the host unchanged, if the automaton does not have the text there. */
static cors_states_t back_text(walker_t *walker, cors_states_t set,
                               const char *text)
{
    apr_size_t len = strlen(text);
    char *at = walker->at;

    for (; len > 0 && !is_empty(set) && walker->at != walker->text; len--) {
        set = back(walker, set, text[len - 1]);
        *--walker->at = text[len - 1];
    }
    if (len != 0 || is_empty(set)) {
        set.count = 0;
        walker->at = at;
    }
    return set;
}

/* Returns one byte that leads to a set on the shortest way from distance 0; '\0' if
 * there is none. */
static char step_nearer(const walker_t *walker, cors_states_t set,
                        const unsigned *distance, cors_symbols_t may)
{
    static const char order[] = "xzqrtsanebcdfghijklmopuvwy0123456789-_."
                                "!$&'()*+,;=~:[]";
    unsigned best = FAR;
    cors_symbols_t symbols = 0;
    const char *c;
    unsigned i;
    unsigned n;

    for (i = 0; i < set.count; i++) {
        cors_symbols_t into =
            cors_automaton_into(walker->automaton, set.states[i]) & may;
        cors_states_t before =
            cors_automaton_previous(walker->automaton, set.states[i]);

        for (n = 0; into && n < before.count; n++) {
            unsigned far = distance[before.states[n]];

            if (far < best) {
                best = far;
                symbols = into;
            }
            else if (far == best && far != FAR) {
                symbols |= into;
            }
        }
    }
    for (c = order; *c && !(cors_symbol(*c) & symbols); c++) {
    }
    return *c;
}

/* Put a name that anyone could register before the fixed part of the host. */
static cors_states_t put_stranger(walker_t *walker, cors_states_t set)
{
    static const char *const strangers[] = { "abcdefghijklmnopabcdefghijklmnop",
                                             "[2001:db8::1",
                                             "strangerzq.com",
                                             "net",
                                             "203.0.113.7",
                                             "strangerzq",
                                             NULL };
    const char *const *stranger = strangers;
    cors_states_t put = { NULL, 0 };

    if (strchr(walker->at, '.')) {
        stranger += 5;
    }
    else if (!walker->extension) {
        stranger += 1;
    }
    for (; *stranger && is_empty(put); stranger++) {
        if (**stranger != '[' || *walker->at == ']') {
            put = back_text(walker, set, *stranger);
        }
    }
    return put;
}

/* Complete the host so far to a whole host, in the text. Returns the states at its
 * start; an empty set if there are none. */
static cors_states_t complete_host(walker_t *walker, cors_states_t set)
{
    const char *at = walker->at;
    bool strange = false;

    while (!is_empty(set)) {
        char byte[2] = { '\0', '\0' };

        if (!strange) {
            cors_states_t put = put_stranger(walker, set);

            strange = !is_empty(put);
            set = strange ? put : set;
        }
        if (walker->at < at && *walker->at != '.' && is_at_front(walker, set)) {
            break;
        }
        byte[0] = step_nearer(walker, set, walker->goal, allowed(walker));
        if (!*byte) {
            set.count = 0;
        }
        set = back_text(walker, set, byte);
    }
    return keep_near(walker, set, walker->goal);
}

/* Returns a scheme that leads to some of the states at the start of a host, or NULL. */
static const char *find_scheme(const walker_t *walker, cors_states_t front)
{
    static const char *const usual[] = { "https", "http" };
    char *scheme = apr_pcalloc(walker->p, CORS_SCHEME_MAX + 1);
    char *at = scheme + CORS_SCHEME_MAX;
    cors_states_t set = front;
    apr_size_t i;
    unsigned n;

    for (i = 0; i < 2; i++) {
        cors_states_t states =
            forth_text(walker, cors_walk_start(walker->p),
                       apr_pstrcat(walker->p, usual[i], "://", NULL));
        unsigned total = join(walker, states, front).count;

        if (total < states.count + front.count) {
            return usual[i];
        }
    }
    for (i = 0; i < 3; i++) {
        set =
            cors_walk_back(walker->p, walker->walk, set, cors_symbol("//:"[i]));
    }
    while (at != scheme) {
        cors_symbols_t symbols = 0;
        char byte;

        /* A letter at the start completes the scheme. */
        for (n = 0; n < set.count; n++) {
            if (walker->from_start[set.states[n]] == 0) {
                symbols |= cors_automaton_into(walker->automaton, set.states[n])
                           & cors_symbols(LETTERS);
            }
        }
        if (symbols) {
            for (byte = 'a'; !(cors_symbol(byte) & symbols); byte++) {
            }
            *--at = byte;
            return at;
        }
        byte =
            step_nearer(walker, set, walker->from_start, cors_symbols(SCHEME));
        if (!byte) {
            return NULL;
        }
        *--at = byte;
        set = cors_walk_back(walker->p, walker->walk, set, cors_symbol(byte));
    }
    return NULL;
}

/* Returns the lowest port of some digits that matches after a text and its colon, with
 * the text; NULL if there is none. */
static const char *add_lowest_port(const walker_t *walker, const char *text,
                                   cors_states_t set, int digits)
{
    cors_states_t ends[PORT_DIGITS];
    int left;
    int digit = 0;

    ends[0] = cors_walk_ends(walker->p, walker->automaton);
    for (left = 1; left < digits; left++) {
        ends[left] = cors_walk_back(walker->p, walker->walk, ends[left - 1],
                                    cors_symbols(DIGITS));
    }
    for (left = digits - 1; left >= 0 && digit <= '9'; left--) {
        for (digit = left == digits - 1 ? '1' : '0'; digit <= '9'; digit++) {
            cors_states_t next = cors_walk_forth(walker->p, walker->walk, set,
                                                 cors_symbol((char)digit));

            if (join(walker, next, ends[left]).count
                < next.count + ends[left].count) {
                text = apr_psprintf(walker->p, "%s%c", text, digit);
                set = next;
                break;
            }
        }
    }
    return digit <= '9' ? text : NULL;
}

/* Returns an origin that starts with a text, with a port if it needs one; NULL if no
 * port matches. */
static const char *add_port(const walker_t *walker, const char *text)
{
    static const char *const ports[] = { "",      ":8443", ":3000", ":80",
                                         ":8080", ":443",  ":1" };
    const char *start = apr_pstrcat(walker->p, text, ":", NULL);
    cors_states_t set = forth_text(walker, cors_walk_start(walker->p), start);
    const char *whole = NULL;
    apr_size_t i;
    int digits;

    for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        whole = apr_pstrcat(walker->p, text, ports[i], NULL);
        if (cors_automaton_matches(walker->p, walker->automaton,
                                   cors_slice(whole))) {
            return whole;
        }
    }
    whole = NULL;
    for (digits = 1; digits <= PORT_DIGITS && !whole; digits++) {
        whole = add_lowest_port(walker, start, set, digits);
    }
    return whole;
}

/* Returns whether browsers send a complete host: if it looks like an address, it must
 * be one in its shortest form. */
static bool is_sent(const walker_t *walker)
{
    const char *unused;
    cors_slice_t host = undotted(walker->at);

    return !ends_in_number(host)
           || cors_host_check(walker->p, host, &unused) == CORS_OK;
}

/* Returns an origin with the host that was read, from some of the states at its start;
 * NULL if none is found. */
static const char *write_origin(walker_t *walker, cors_states_t front)
{
    const char *scheme = is_sent(walker) ? find_scheme(walker, front) : NULL;
    const char *text =
        scheme ? add_port(walker, apr_pstrcat(walker->p, scheme, "://",
                                              walker->at, NULL))
               : NULL;
    cors_origin_t unused;

    if (text
        && cors_automaton_matches(walker->p, walker->automaton,
                                  cors_slice(text))
        && cors_origin_parse(cors_slice(text), &unused)) {
        return apr_pstrdup(walker->result, text);
    }
    return NULL;
}

/* Returns an origin whose host ends in what was read and reaches the goal, or NULL. The
 * host so far stays unchanged. */
static const char *find_near(walker_t *walker, cors_states_t set)
{
    char *at = walker->at;
    cors_states_t front = complete_host(walker, set);
    const char *origin = write_origin(walker, front);

    walker->at = at;
    return origin;
}

/* Like find_near(), but prefer an http or https origin. */
static const char *find_origin(walker_t *walker, cors_states_t set)
{
    const char *origin;

    walker->goal = walker->from_web;
    origin = find_near(walker, keep_near(walker, set, walker->goal));
    walker->goal = walker->from_front;
    return origin ? origin : find_near(walker, set);
}

/* Record whether a plain-http origin has a host that ends in what was read, with at
 * most `most` bytes before it. */
static void note_plain(walker_t *walker, cors_states_t set, unsigned most)
{
    walker->reach->insecure =
        walker->reach->insecure || is_within(set, walker->from_plain, most);
}

/* Record that names are open before a set. The example comes from the states `from`:
 * other states of the set may lead to a name that is spelled out. */
static void note_open(walker_t *walker, cors_states_t set, cors_states_t from)
{
    note_plain(walker, set, ANY_DISTANCE);
    walker->reach->open = true;
    if (!walker->reach->open_origin) {
        walker->reach->open_origin = find_origin(walker, from);
    }
}

/* Like note_open(), below a public suffix. */
static void note_suffix(walker_t *walker, cors_states_t set, cors_states_t from)
{
    note_plain(walker, set, ANY_DISTANCE);
    walker->reach->suffix = true;
    if (!walker->reach->suffix_origin) {
        walker->reach->suffix_origin = find_origin(walker, from);
    }
}

static bool is_16_to_31(const char *number)
{
    long value = strtol(number, NULL, 10);

    return value >= 16 && value <= 31;
}

/* Returns the network of a private address, which is all but its last number; length 0
 * for any other host (RFC 1918). */
static cors_slice_t private_network(const char *host)
{
    cors_slice_t all = undotted(host);
    const char *end = cors_slice_end(all);
    bool is_private = cors_slice_has_prefix(all, "10.")
                      || cors_slice_has_prefix(all, "192.168.")
                      || (cors_slice_has_prefix(all, "172.")
                          && is_16_to_31(host + strlen("172.")));

    if (!is_private || !ends_in_number(all)) {
        return cors_slice_between(host, host);
    }
    while (*--end != '.') {
    }
    return cors_slice_between(host, end);
}

/* Returns whether another host of the same private network has been counted. An
 * administrator who lists a private network means all its hosts, and no website has an
 * address there. */
static bool is_of_counted_network(walker_t *walker)
{
    cors_slice_t network = private_network(walker->at);
    const char *key;

    if (network.len == 0) {
        return false;
    }
    walker->in_networks++;
    key = cors_slice_text(walker->p, network);
    if (apr_hash_get(walker->networks, key, APR_HASH_KEY_STRING)) {
        return true;
    }
    apr_hash_set(walker->networks, key, APR_HASH_KEY_STRING, key);
    return false;
}

/* Count one name. If there are too many, the walk ends, and one of the first names is
 * the example, if possible a name with bytes of a class. The limit for names that are
 * spelled out is higher than for names with bytes of a class. With `whole`, the host
 * starts in a state of the set; otherwise it starts with a dot, after which the name
 * is fixed. */
static void count_name(walker_t *walker, cors_states_t set, bool whole)
{
    if (!cors_host_is_loopback(undotted(walker->at))) {
        note_plain(walker, set, whole ? 0 : ANY_DISTANCE);
    }
    walker->hosts++;
    if (whole && is_of_counted_network(walker)) {
        return;
    }
    walker->chosen += walker->classes > 0 ? 1 : 0;
    walker->names++;
    if ((walker->names >= SHOWN && !walker->shown)
        || (walker->classes > 0 && walker->chosen == SHOWN)) {
        walker->shown =
            whole ? write_origin(walker, set) : find_origin(walker, set);
    }
    if ((walker->names > walker->most || walker->chosen > CORS_REACH_NAMES)
        && !walker->overflow) {
        walker->overflow = true;
        walker->reach->open = true;
        if (!walker->reach->open_origin) {
            walker->reach->open_origin = walker->shown;
        }
    }
}

/* Returns whether the first number of the host so far is invalid in an IPv4 address:
 * too large, with leading zeros, or absent. */
static bool is_no_octet(const walker_t *walker)
{
    apr_size_t digits = strspn(walker->at, DIGITS);

    if (*walker->at == '.') {
        return walker->at[1] == '.'
               || (walker->at[1] == '0' && apr_isdigit(walker->at[2]));
    }
    return digits > OCTET_DIGITS
           || (digits == OCTET_DIGITS
               && strncmp(walker->at, "255", digits) > 0);
}

/* Returns whether the host so far is only digits and its last label must be a number,
 * because no other byte of a name can precede them. */
static bool is_last_number(const walker_t *walker, cors_states_t set)
{
    cors_states_t before;
    unsigned i;

    if (!is_number(cors_slice(walker->at))) {
        return false;
    }
    before = cors_walk_closure(walker->p, walker->walk, set,
                               cors_symbols(DIGITS), true);
    for (i = 0; i < before.count; i++) {
        unsigned state = before.states[i];

        if (walker->inside[state]
            && cors_automaton_into(walker->automaton, state) & walker->host
                   & ~walker->lower) {
            return false;
        }
    }
    return true;
}

/* Returns whether browsers never send a host that ends in what was read. */
static bool is_never_sent(const walker_t *walker, cors_states_t set)
{
    return (is_in_address(walker) || is_last_number(walker, set))
           && is_no_octet(walker);
}

/* Returns whether a byte that leads to a set is spelled out, not one of a class. */
static bool is_spelled(const walker_t *walker, cors_states_t set, char byte,
                       cors_symbols_t may)
{
    unsigned i;

    for (i = 0; i < set.count; i++) {
        cors_symbols_t into =
            cors_automaton_into(walker->automaton, set.states[i]) & may;

        if (into == cors_symbol(byte)) {
            return true;
        }
    }
    return false;
}

static void walk_dot(walker_t *walker, cors_states_t set);

/* Returns whether the buffer has room for the rest of the host. */
static bool has_room(const walker_t *walker, cors_states_t set)
{
    unsigned room = (unsigned)(walker->at - walker->text);
    unsigned i;

    for (i = 0; i < set.count; i++) {
        if (walker->from_front[set.states[i]] < room) {
            return true;
        }
    }
    return false;
}

static void walk_host(walker_t *walker, cors_states_t set);

/* Continue the walk before the last number of an address. A private network is one
 * name, so the walk is not repeated for each last number. */
static void walk_last_number(walker_t *walker, cors_states_t set)
{
    const cors_states_t known = walker->before_last;
    unsigned others = walker->hosts - walker->in_networks;

    if (set.count == known.count
        && memcmp(set.states, known.states, set.count * sizeof(*set.states))
               == 0) {
        return;
    }
    walk_host(walker, set);
    if (walker->hosts - walker->in_networks == others && !walker->reach->open) {
        walker->before_last = set;
    }
}

/* Continue the walk over one byte. */
static void walk_byte(walker_t *walker, cors_states_t set, char byte)
{
    cors_states_t before = back(walker, set, byte);
    bool chosen = !is_spelled(walker, set, byte, allowed(walker));

    if (is_empty(before) || !has_room(walker, before)) {
        return;
    }
    *--walker->at = byte;
    walker->classes += chosen;
    if (is_never_sent(walker, before)) {
        /* Browsers never send such a host: stop here. */
    }
    else if (byte == '.') {
        walk_dot(walker, before);
    }
    else {
        walk_host(walker, before);
    }
    walker->classes -= chosen;
    walker->at++;
}

/* Continue the walk from a set, byte by byte, until every name is fixed. */
static void walk_host(walker_t *walker, cors_states_t set)
{
    cors_states_t open;
    cors_symbols_t symbols = look_back(walker, set, &open);
    const char *c;
    char nearest;

    walker->spent = walker->spent || ++walker->steps > STEPS_MAX
                    || cors_walk_work(walker->walk) > WORK_MAX;
    if (walker->overflow || walker->spent) {
        return;
    }
    if (!is_empty(open)) {
        note_open(walker, set, open);
        return;
    }
    if (*walker->at && is_at_front(walker, set) && is_sent(walker)) {
        count_name(walker, set, true);
    }
    nearest = step_nearer(walker, set, walker->from_front, symbols);
    if (nearest) {
        walk_byte(walker, set, nearest);
    }
    for (c = CORS_SYMBOLS; *c; c++) {
        if (*c != nearest && cors_symbol(*c) & symbols) {
            walk_byte(walker, set, *c);
        }
    }
}

/* Continue the walk below a public suffix. A name that is not fixed directly below it
 * sets suffix; below a private suffix, such as github.io, any such name does. Below com
 * and the like, other names set open: a dot may be missing. */
static void walk_suffix(walker_t *walker, cors_states_t set, bool private)
{
    bool had_open = walker->reach->open;
    const char *had_origin = walker->reach->open_origin;
    unsigned names = walker->names;
    unsigned chosen = walker->chosen;
    cors_states_t open;
    cors_symbols_t symbols = look_back(walker, set, &open);

    if (walker->overflow || walker->spent) {
        return;
    }
    if (!is_empty(open)) {
        note_suffix(walker, set, open);
        return;
    }
    walker->reach->open = false;
    walker->reach->open_origin = NULL;
    walk_host(walker, set);
    if (walker->reach->open
        && (private || (walker->overflow && count_symbols(symbols) > 1))) {
        walker->overflow = false;
        walker->names = names;
        walker->chosen = chosen;
        walker->shown = NULL;
        walker->reach->suffix = true;
        if (!walker->reach->suffix_origin) {
            walker->reach->suffix_origin = walker->reach->open_origin;
        }
        walker->reach->open = false;
        walker->reach->open_origin = NULL;
    }
    walker->reach->open = walker->reach->open || had_open;
    if (had_origin) {
        walker->reach->open_origin = had_origin;
    }
}

/* Like back_text(), but if it returns an empty set, the host is changed. Sets spelled
 * to false if a byte of the text comes from a class that is too large for a list of
 * names. */
static cors_states_t back_spelled(walker_t *walker, cors_states_t set,
                                  const char *text, bool *spelled)
{
    apr_size_t len = strlen(text);

    *spelled = true;
    for (; len > 0 && !is_empty(set); len--) {
        const char byte[] = { text[len - 1], '\0' };
        cors_symbols_t may = allowed(walker);
        unsigned i;

        for (i = 0; i < set.count; i++) {
            cors_symbols_t into =
                cors_automaton_into(walker->automaton, set.states[i]) & may;

            if (into & cors_symbol(*byte)
                && count_symbols(into) > CORS_REACH_CLASS) {
                *spelled = false;
            }
        }
        set = back_text(walker, set, byte);
    }
    return set;
}

/* Continue the walk at each public suffix below a domain that is not one itself. If the
 * suffix is not spelled out, any name below it sets suffix. */
static void walk_below(walker_t *walker, cors_states_t set, const char *domain)
{
    int number;
    const char *suffix;
    apr_size_t len = strlen(domain);

    for (number = 0;
         (suffix = cors_suffix_below(walker->p, domain, &number)) != NULL;) {
        char *at = walker->at;
        bool any_label = *suffix == '*';
        bool spelled = true;
        apr_size_t more;
        cors_states_t there = set;

        suffix += any_label ? 2 : 0;
        more = strlen(suffix) - len;
        if (more != 0) {
            there = back_spelled(
                walker, set,
                apr_pstrcat(walker->p, ".",
                            apr_pstrmemdup(walker->p, suffix, more - 1), NULL),
                &spelled);
        }
        if (!is_empty(there) && !spelled) {
            note_suffix(walker, there, there);
        }
        else if (!is_empty(there)) {
            walk_suffix(walker, there, true);
        }
        walker->at = at;
    }
}

/* Continue the walk at a dot: find out who owns the domain after it. */
static void walk_dot(walker_t *walker, cors_states_t set)
{
    cors_slice_t host = undotted(walker->at + 1);

    if (is_number(host)) {
        walk_last_number(walker, set);
        return;
    }
    if (host.len == 0 || *host.ptr == '.' || ends_in_number(host)) {
        walk_host(walker, set);
        return;
    }
    if (!cors_host_is_loopback(host)
        && cors_suffix_is_public(walker->p, host)) {
        walk_suffix(walker, set, cors_suffix_is_private(walker->p, host));
    }
    else {
        count_name(walker, set, false);
        walk_below(walker, set, cors_slice_text(walker->p, host));
    }
}

void cors_regex_reach(apr_pool_t *p, const cors_automaton_t *automaton,
                      apr_size_t length, cors_reach_t *reach)
{
    walker_t walker;
    cors_states_t ends;

    memset(reach, 0, sizeof(*reach));
    memset(&walker, 0, sizeof(walker));
    apr_pool_create(&walker.p, p);
    walker.result = p;
    walker.reach = reach;
    walker.automaton = automaton;
    walker.walk = cors_walk_make(walker.p, automaton);
    walker.host = cors_symbols(HOST);
    walker.address = cors_symbols(ADDRESS);
    walker.lower = cors_symbols(DIGITS ".");
    walker.networks = apr_hash_make(walker.p);
    walker.most = length / CORS_REACH_SPELLED > CORS_REACH_NAMES
                      ? (unsigned)(length / CORS_REACH_SPELLED)
                      : CORS_REACH_NAMES;
    walker.at = walker.text + sizeof(walker.text) - 1;
    find_hosts(&walker);
    ends = keep_near(&walker, find_ends(&walker), walker.from_front);
    walk_host(&walker, ends);
    if (walker.overflow || walker.spent) {
        note_plain(&walker, ends, ANY_DISTANCE);
    }
    if (walker.spent) {
        reach->obstacle = "too much to be decided";
        note_open(&walker, ends, ends);
    }
    reach->none = walker.names == 0 && !reach->open && !reach->suffix;
    apr_pool_destroy(walker.p);
}

void cors_regex_find_reach(apr_pool_t *p, const char *text, cors_reach_t *reach)
{
    apr_pool_t *scratch;
    cors_regex_text_t read;
    const cors_automaton_t *automaton;
    const char *obstacle = NULL;

    apr_pool_create(&scratch, p);
    memset(reach, 0, sizeof(*reach));
    cors_regex_read(scratch, text, &read);
    automaton =
        read.root ? cors_automaton_make(scratch, &read, &obstacle) : NULL;
    if (automaton) {
        cors_regex_reach(p, automaton, strlen(text), reach);
        reach->wider = !read.exact;
    }
    else {
        reach->open = true;
        reach->obstacle = obstacle
                              ? obstacle
                              : apr_psprintf(p, "%s at byte %lu", read.obstacle,
                                             (unsigned long)read.at + 1);
    }
    apr_pool_destroy(scratch);
}
