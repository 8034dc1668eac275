/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Decides whether a list of origins allows an origin that another list does not. It is
 * a separate file because requests never need it: they ask about one origin, this file
 * about all of them. It does not read policies and does not know where a list is from. A
 * list that edits another one has the entries of both, in levels: the innermost level that
 * lists or excludes an origin decides, as for a request.
 *
 * The trick: patterns cannot distinguish two names that no pattern mentions. One label
 * and one port that are in no entry therefore stand for all others, and only a few
 * origins need to be tried: one for each pattern that lists, one for each exclusion of
 * the second list, and one for each pair of them that share only a part. Regular
 * expressions can distinguish any two names. With them, all automata are walked side by
 * side. The lists are asked about each origin that is found, by the table of requests.
 */

#include "core/origin/algebra.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "core/base/host.h"
#include "core/base/list.h"
#include "core/origin/automaton.h"
#include "core/origin/origin.h"
#include "core/origin/origin_table.h"
#include "core/origin/pattern.h"
#include "core/origin/regex_text.h"

/* The limit for the work of a comparison, as cors_walk_work() counts it: a second. */
#define WORK_MAX 100000000

/* The work of comparing two patterns. */
#define PAIR_WORK 100

/* The limit for the memory of a walk, in bytes. */
#define BYTES_MAX 30000000

/* The limit for the states of all regular expressions of a list. */
#define STATES_MAX 100000

#define PORT_COUNT 65536
#define PORT_FIRST 1024 /* above the default ports of all schemes */

/* The index of the entries that list, and of those that exclude. */
enum {
    LISTED,
    EXCLUDED,
    WAYS
};

/* The entries of one list, which may edit an outer one. */
typedef struct {
    cors_origin_table_t *table;
    apr_array_header_t *patterns[WAYS]; /* cors_pattern_t */
    apr_array_header_t *automata[WAYS]; /* of the regular expressions */
    bool null[WAYS];
    bool self[WAYS];
    bool any; /* "*" is listed */
} level_t;

struct cors_algebra_list_t {
    apr_pool_t *p;
    apr_array_header_t *levels; /* level_t *, the innermost first */
    level_t *level;             /* the outermost one */
    unsigned states;            /* of all automata */
    bool null_ok;
    const char *obstacle; /* why the list cannot be compared; or NULL */
    bool unknown[WAYS];   /* an entry that lists or excludes is not in it */
};

cors_algebra_list_t *cors_algebra_make(apr_pool_t *p, bool null_ok)
{
    cors_algebra_list_t *list = apr_pcalloc(p, sizeof(*list));

    list->p = p;
    list->null_ok = null_ok;
    list->levels = apr_array_make(p, 1, sizeof(level_t *));
    cors_algebra_edit(list);
    return list;
}

void cors_algebra_edit(cors_algebra_list_t *list)
{
    level_t *level = apr_pcalloc(list->p, sizeof(*level));
    int way;

    level->table = cors_origin_table_make(list->p, 0, 0);
    for (way = 0; way < WAYS; way++) {
        level->patterns[way] =
            apr_array_make(list->p, 4, sizeof(cors_pattern_t));
        level->automata[way] =
            apr_array_make(list->p, 1, sizeof(cors_automaton_t *));
    }
    APR_ARRAY_PUSH(list->levels, level_t *) = level;
    list->level = level;
}

void cors_algebra_expect(cors_algebra_list_t *list, int count,
                         apr_size_t length)
{
    list->level->table =
        cors_origin_table_make(list->p, (apr_size_t)count, length);
    list->level->patterns[LISTED] =
        apr_array_make(list->p, count, sizeof(cors_pattern_t));
}

static const level_t *level_at(const cors_algebra_list_t *list, int number)
{
    return APR_ARRAY_IDX(list->levels, number, const level_t *);
}

/* Returns the automaton of a regular expression; NULL with the obstacle if it cannot be
 * exact. */
static cors_automaton_t *make_automaton(apr_pool_t *p, const char *text,
                                        const char **obstacle)
{
    cors_regex_text_t read;

    cors_regex_read(p, text, &read);
    *obstacle = read.obstacle;
    if (!read.root) {
        return NULL;
    }
    if (!read.exact) {
        *obstacle = "atomic group or possessive quantifier";
        return NULL;
    }
    return cors_automaton_make(p, &read, obstacle);
}

/* Note an entry that cannot be compared. */
static void add_unknown(cors_algebra_list_t *list, int way,
                        const char *obstacle)
{
    list->obstacle = obstacle;
    list->unknown[way] = true;
}

static void add_regex(cors_algebra_list_t *list, const char *text, int way)
{
    const char *obstacle;
    cors_automaton_t *automaton = make_automaton(list->p, text, &obstacle);

    if (!automaton) {
        add_unknown(list, way,
                    apr_psprintf(list->p, "regular expression %s: %s", text,
                                 obstacle));
    }
    else if (list->states + cors_automaton_count(automaton) > STATES_MAX) {
        add_unknown(list, way, "too large to be decided");
    }
    else {
        APR_ARRAY_PUSH(list->level->automata[way], cors_automaton_t *) =
            automaton;
        list->states += cors_automaton_count(automaton);
    }
}

cors_problem_e cors_algebra_add(cors_algebra_list_t *list,
                                const cors_origin_entry_t *entry)
{
    const char *text = entry->text;
    const int way = entry->exclude ? EXCLUDED : LISTED;
    level_t *level = list->level;
    cors_pattern_t pattern;
    const char *unused;
    cors_problem_e problem;

    if (entry->file) {
        add_unknown(list, way, apr_pstrcat(list->p, "file ", text, NULL));
        return CORS_OK;
    }
    if (entry->regex) {
        add_regex(list, text, way);
        return CORS_OK;
    }
    problem =
        cors_pattern_parse(list->p, cors_slice(text), true, &pattern, &unused);
    if (problem) {
        return problem;
    }
    switch (pattern.kind) {
    case CORS_PATTERN_ANY:
        level->any = true;
        break;
    case CORS_PATTERN_NONE:
        break;
    case CORS_PATTERN_NULL:
        level->null[way] = true;
        break;
    case CORS_PATTERN_SELF:
        level->self[way] = true;
        break;
    default:
        if (!cors_origin_table_add(level->table, &pattern, entry->exclude)) {
            add_unknown(list, way, "more than 4 GB of origins");
        }
        *(cors_pattern_t *)apr_array_push(level->patterns[way]) = pattern;
    }
    return CORS_OK;
}

/* The memory to match the regular expressions of a level. */
typedef struct {
    apr_array_header_t *walks[WAYS]; /* cors_walk_t *, of the automata */
} matcher_t;

/* One of the two lists. */
typedef struct {
    const cors_algebra_list_t *list;
    matcher_t *matchers; /* one for each level */
    bool names_self;
} side_t;

/* The search for an origin of the first list that is not in the second, or that is in
 * both. */
typedef struct {
    bool common;
    apr_pool_t *result_pool;
    apr_pool_t *p;       /* of the search */
    apr_pool_t *scratch; /* cleared after each origin */
    side_t first;
    side_t second;
    const char *label; /* the first label of no host in an entry */
    unsigned port;     /* the port of no entry */
    apr_uint64_t work;
    apr_size_t size; /* of all points and keys of a walk, in bytes */
    cors_difference_t *result;
} search_t;

static bool has_regexes(const cors_algebra_list_t *list)
{
    int i;

    for (i = 0; i < list->levels->nelts; i++) {
        const level_t *level = level_at(list, i);

        if (level->automata[LISTED]->nelts > 0
            || level->automata[EXCLUDED]->nelts > 0) {
            return true;
        }
    }
    return false;
}

static bool is_too_much(const search_t *search)
{
    return search->work > WORK_MAX || search->size > BYTES_MAX;
}

static void make_walks(apr_pool_t *p, const level_t *level, matcher_t *matcher)
{
    int way;
    int i;

    for (way = 0; way < WAYS; way++) {
        const apr_array_header_t *automata = level->automata[way];

        matcher->walks[way] =
            apr_array_make(p, automata->nelts, sizeof(cors_walk_t *));
        for (i = 0; i < automata->nelts; i++) {
            APR_ARRAY_PUSH(matcher->walks[way], cors_walk_t *) =
                cors_walk_make(p, APR_ARRAY_IDX(automata, i,
                                                const cors_automaton_t *));
        }
    }
}

static side_t make_side(apr_pool_t *p, const cors_algebra_list_t *list)
{
    side_t side = { list, NULL, false };
    int i;

    side.matchers =
        apr_palloc(p, (apr_size_t)list->levels->nelts * sizeof(*side.matchers));
    for (i = 0; i < list->levels->nelts; i++) {
        const level_t *level = level_at(list, i);

        make_walks(p, level, &side.matchers[i]);
        side.names_self =
            side.names_self || level->self[LISTED] || level->self[EXCLUDED];
    }
    return side;
}

/* Returns whether a regular expression matches; false if it is too much to find out. No
 * request with an empty host (file://) is compared with one. */
static bool is_matched(search_t *search, const apr_array_header_t *walks,
                       const cors_origin_t *origin)
{
    int i;

    for (i = 0; i < walks->nelts && origin->host.len > 0; i++) {
        cors_walk_t *walk = APR_ARRAY_IDX(walks, i, cors_walk_t *);
        apr_uint64_t before = cors_walk_work(walk);
        bool matched = cors_walk_matches(search->scratch, walk, origin->text);

        search->work += cors_walk_work(walk) - before;
        if (matched || is_too_much(search)) {
            return matched;
        }
    }
    return false;
}

/* Returns how a level lists an origin. own: whether it is the server's own. */
static cors_listing_e level_listing(search_t *search, const side_t *side,
                                    int number, const cors_origin_t *origin,
                                    bool own)
{
    const level_t *level = level_at(side->list, number);
    const matcher_t *matcher = &side->matchers[number];
    cors_listing_e listing;

    if (origin->null) {
        if (level->null[EXCLUDED]) {
            return CORS_ORIGIN_EXCLUDED;
        }
        return level->any || (level->null[LISTED] && side->list->null_ok)
                   ? CORS_ORIGIN_LISTED
                   : CORS_ORIGIN_UNLISTED;
    }
    listing = cors_origin_table_lookup(level->table, origin);
    if (listing == CORS_ORIGIN_EXCLUDED || (own && level->self[EXCLUDED])
        || is_matched(search, matcher->walks[EXCLUDED], origin)) {
        return CORS_ORIGIN_EXCLUDED;
    }
    if (level->any || listing == CORS_ORIGIN_LISTED
        || (own && level->self[LISTED])
        || is_matched(search, matcher->walks[LISTED], origin)) {
        return CORS_ORIGIN_LISTED;
    }
    return CORS_ORIGIN_UNLISTED;
}

static bool allows_origin(search_t *search, const side_t *side,
                          const cors_origin_t *origin, bool own)
{
    int i;

    for (i = 0; i < side->list->levels->nelts; i++) {
        cors_listing_e listing = level_listing(search, side, i, origin, own);

        if (listing != CORS_ORIGIN_UNLISTED) {
            return listing == CORS_ORIGIN_LISTED;
        }
    }
    return false;
}

/* Returns whether browsers send an origin. The check of patterns rejects some bytes
 * that a host may have but that nobody uses; here they count as letters. */
static bool is_sent(apr_pool_t *p, const cors_origin_t *origin)
{
    char *text = cors_slice_text(p, origin->text);
    cors_pattern_t pattern;
    const char *unused;
    char *c;

    if (origin->null) {
        return true;
    }
    for (c = strstr(text, "://"); *c; c++) {
        if (strchr("!$&'()*+,;=~", *c)) {
            *c = 'x';
        }
    }
    return cors_pattern_parse(p, cors_slice(text), true, &pattern, &unused)
           == CORS_OK;
}

/* Returns whether an origin is one that is searched for. */
static bool is_wanted(search_t *search, const cors_origin_t *origin, bool own)
{
    return allows_origin(search, &search->first, origin, own)
           && allows_origin(search, &search->second, origin, own)
                  == search->common;
}

/* Try one origin. Returns whether it is a witness. */
static bool try_origin(search_t *search, const char *text)
{
    cors_difference_t *result = search->result;
    cors_origin_t origin;
    bool differs = false;

    if (!cors_origin_parse(cors_slice(text), &origin)) {
        result->obstacle = "name of the maximum length";
    }
    else {
        differs = is_wanted(search, &origin, false);
        if (!differs && !origin.null
            && (search->first.names_self || search->second.names_self)
            && is_wanted(search, &origin, true)) {
            result->obstacle = "Self";
        }
    }
    if (differs && !is_too_much(search)) {
        if (is_sent(search->scratch, &origin)) {
            result->answer = CORS_ALGEBRA_DIFFERS;
            result->witness = apr_pstrdup(search->result_pool, text);
        }
        else {
            result->obstacle = "name that browsers may not send";
        }
    }
    apr_pool_clear(search->scratch);
    return result->witness != NULL;
}

/* Try an origin with the host of a pattern and a port; 0: without a port. */
static bool try_host(search_t *search, const cors_pattern_t *pattern,
                     unsigned port)
{
    const char *text = apr_pstrcat(
        search->scratch, cors_slice_text(search->scratch, pattern->scheme),
        "://", pattern->subdomains || pattern->any_host ? search->label : "",
        pattern->subdomains ? "." : "",
        cors_slice_text(search->scratch, pattern->host),
        port ? apr_psprintf(search->scratch, ":%u", port) : "", NULL);

    return try_origin(search, text);
}

/* Try an origin of a pattern that no narrower pattern matches. */
static bool try_pattern(search_t *search, const cors_pattern_t *pattern)
{
    return try_host(search, pattern, pattern->port)
           || (pattern->any_port && try_host(search, pattern, search->port));
}

static bool try_patterns(search_t *search, const apr_array_header_t *patterns)
{
    int i;

    for (i = 0; i < patterns->nelts && !is_too_much(search); i++) {
        if (try_pattern(search, &APR_ARRAY_IDX(patterns, i, cors_pattern_t))) {
            return true;
        }
    }
    return false;
}

/* Try the origins that have the host of one pattern, which has any port, and the port
 * of the other, which is a wildcard. Returns whether one is a witness. */
static bool try_pairs(search_t *search, const apr_array_header_t *hosts,
                      const apr_array_header_t *ports)
{
    int i;
    int j;

    for (i = 0; i < hosts->nelts; i++) {
        const cors_pattern_t *host = &APR_ARRAY_IDX(hosts, i, cors_pattern_t);

        for (j = 0; host->any_port && j < ports->nelts && !is_too_much(search);
             j++) {
            const cors_pattern_t *port =
                &APR_ARRAY_IDX(ports, j, cors_pattern_t);

            search->work += PAIR_WORK;
            if (port->subdomains && !port->any_port
                && cors_slice_equal(host->scheme, port->scheme)
                && try_host(search, host, port->port)) {
                return true;
            }
        }
    }
    return false;
}

/* Try an origin that no pattern matches. A host of one label is below no domain. */
static bool try_other(search_t *search)
{
    return try_origin(search, apr_pstrcat(search->scratch, "https://",
                                          search->label, ".example", NULL))
           || try_origin(search, apr_pstrcat(search->scratch, "https://",
                                             search->label, NULL));
}

/* Collect the patterns of a list. way: of the entries that list or exclude; WAYS: both. */
static void collect_patterns(apr_array_header_t *all,
                             const cors_algebra_list_t *list, int way)
{
    int one;
    int i;

    for (i = 0; i < list->levels->nelts; i++) {
        for (one = 0; one < WAYS; one++) {
            if (way == WAYS || way == one) {
                APR_ARRAY_PUSH(all, const apr_array_header_t *) =
                    level_at(list, i)->patterns[one];
            }
        }
    }
}

/* plain: the arrays differ in kind, so two patterns of one of them share no part. */
static bool try_collected(search_t *search, const apr_array_header_t *all,
                          bool plain)
{
    int i;
    int j;

    for (i = 0; i < all->nelts; i++) {
        if (try_patterns(search, APR_ARRAY_IDX(all, i, apr_array_header_t *))) {
            return true;
        }
    }
    if (try_origin(search, "null")) {
        return true;
    }
    for (i = 0; i < all->nelts; i++) {
        for (j = 0; j < all->nelts; j++) {
            if ((!plain || i != j)
                && try_pairs(search,
                             APR_ARRAY_IDX(all, i, apr_array_header_t *),
                             APR_ARRAY_IDX(all, j, apr_array_header_t *))) {
                return true;
            }
        }
    }
    return false;
}

/*
 * Try an origin for each way in which the patterns can differ. An origin that is only in
 * the first list matches a pattern that lists in the first or excludes in the second. A
 * narrower pattern of the other kinds can only make it less likely, unless a list edits
 * another one.
 */
static bool try_all(search_t *search)
{
    const cors_algebra_list_t *first = search->first.list;
    const cors_algebra_list_t *second = search->second.list;
    const bool plain = !search->common && first->levels->nelts == 1
                       && second->levels->nelts == 1;
    apr_array_header_t *all =
        apr_array_make(search->p, 4, sizeof(const apr_array_header_t *));

    collect_patterns(all, first, plain ? LISTED : WAYS);
    collect_patterns(all, second, plain ? EXCLUDED : WAYS);
    return try_other(search) || try_collected(search, all, plain);
}

#define LABEL "any-other"

/* Returns the number of a label LABEL "-number"; 0 if it does not have this form. */
static apr_size_t label_number(cors_slice_t host)
{
    const char *end = cors_slice_find_any(host, ".");

    if (!cors_slice_has_prefix(host, LABEL "-")) {
        return 0;
    }
    end = end ? end : cors_slice_end(host);
    return cors_port_parse(
        cors_slice_between(host.ptr + strlen(LABEL "-"), end));
}

/* What the entries of both lists mention. */
typedef struct {
    bool ports[PORT_COUNT];
    /* by number; 0: LABEL itself; the last one is never mentioned */
    bool labels[PORT_COUNT + 1];
} mentioned_t;

static void note_patterns(mentioned_t *mentioned,
                          const apr_array_header_t *patterns)
{
    int i;

    for (i = 0; i < patterns->nelts; i++) {
        const cors_pattern_t *pattern =
            &APR_ARRAY_IDX(patterns, i, cors_pattern_t);

        mentioned->ports[pattern->port] = true;
        if (cors_slice_has_prefix(pattern->host, LABEL)) {
            mentioned->labels[label_number(pattern->host)] = true;
        }
    }
}

static void note_mentioned(mentioned_t *mentioned,
                           const cors_algebra_list_t *list)
{
    int way;
    int i;

    for (i = 0; i < list->levels->nelts; i++) {
        for (way = 0; way < WAYS; way++) {
            note_patterns(mentioned, level_at(list, i)->patterns[way]);
        }
    }
}

/* Choose a label and a port that no entry mentions. Returns false if there are none. */
static bool choose_unmentioned(search_t *search)
{
    mentioned_t *mentioned = apr_pcalloc(search->p, sizeof(*mentioned));
    unsigned label = 0;
    unsigned port = PORT_COUNT - 1;

    note_mentioned(mentioned, search->first.list);
    note_mentioned(mentioned, search->second.list);
    while (mentioned->labels[label]) {
        label++;
    }
    while (port >= PORT_FIRST && mentioned->ports[port]) {
        port--;
    }
    search->label = label ? apr_psprintf(search->p, LABEL "-%u", label) : LABEL;
    search->port = port;
    return label < PORT_COUNT && port >= PORT_FIRST;
}

/* Every origin with a host that a request can have, and few others. */
#define ANY_ORIGIN                                                             \
    "[a-z][a-z0-9+.-]*://"                                                     \
    "(?:[a-z0-9._!$&'()*+,;=~-]+|\\[[0-9a-f:]+\\])(?::[1-9][0-9]{0,4})?"

/* Those with a name that is_sent() accepts. The walk does not need them to prove
 * anything. They keep it from reaching all states with other names only. */
#define USUAL_ORIGIN                                                           \
    "[a-z][a-z0-9+.-]*://"                                                     \
    "(?:[a-z0-9_-]+\\.)*[a-z_][a-z0-9_-]*(?::[1-9][0-9]{0,4})?"

/* Whose origins an automaton of the walk matches. */
typedef enum {
    OF_FIRST,
    OF_SECOND,
    OF_REQUESTS,
    OF_USUAL,
    OWNERS
} owner_e;

/* An automaton of the walk. */
typedef struct {
    const cors_automaton_t *automaton;
    cors_walk_t *walk;
    owner_e owner;
    int level;
    int way;
} part_t;

/* A point of the walk: the states that a text leads to, for each automaton. */
typedef struct point_t {
    const struct point_t *before; /* without the last byte; NULL: the start */
    char byte;
    apr_size_t length;    /* of the text */
    cors_states_t sets[]; /* one for each part */
} point_t;

typedef struct {
    search_t *search;
    apr_pool_t *p;             /* of the search */
    apr_array_header_t *parts; /* part_t */
    apr_array_header_t *bytes; /* char: one for all bytes with the same moves */
    apr_hash_t *seen;          /* the points, by their sets */
    apr_array_header_t *queue; /* const point_t * */
    /* what matches the text of a point, for each owner and level */
    struct matched_t {
        bool in[WAYS];
    } *matched[OWNERS];
} tour_t;

static void add_part(tour_t *tour, const cors_automaton_t *automaton,
                     owner_e owner, int level, int way)
{
    part_t *part = apr_array_push(tour->parts);

    part->automaton = automaton;
    part->walk = cors_walk_make(tour->p, automaton);
    part->owner = owner;
    part->level = level;
    part->way = way;
}

/* Add the automaton of a regular expression of this file. Returns false if it would be
 * too large. */
static bool add_text(tour_t *tour, const char *text, owner_e owner, int level,
                     int way)
{
    cors_automaton_t *automaton =
        make_automaton(tour->p, text, &tour->search->result->obstacle);

    if (automaton) {
        add_part(tour, automaton, owner, level, way);
    }
    return automaton != NULL;
}

/* Append the bytes of a text to a regular expression. */
static void join_bytes(apr_pool_t *p, cors_joined_t *regex, cors_slice_t text)
{
    const char *c;

    for (c = text.ptr; c < cors_slice_end(text); c++) {
        cors_join(p, regex, apr_isalnum(*c) || *c == '_' ? "" : "\\",
                  cors_slice_between(c, c + 1));
    }
}

/* Returns patterns as one regular expression. */
static const char *patterns_regex(apr_pool_t *p,
                                  const apr_array_header_t *patterns)
{
    cors_joined_t regex = { NULL, 0, 0 };
    int i;

    for (i = 0; i < patterns->nelts; i++) {
        const cors_pattern_t *pattern =
            &APR_ARRAY_IDX(patterns, i, cors_pattern_t);

        cors_join(p, &regex, "|", cors_slice("(?:"));
        join_bytes(p, &regex, pattern->scheme);
        cors_join(p, &regex, "", cors_slice("://"));
        if (pattern->subdomains) {
            cors_join(p, &regex, "", cors_slice("[^:/]+\\."));
        }
        else if (pattern->any_host) {
            cors_join(p, &regex, "", cors_slice("[^:/]+"));
        }
        join_bytes(p, &regex, pattern->host);
        if (pattern->any_port) {
            cors_join(p, &regex, "", cors_slice("(?::[0-9]+)?"));
        }
        else if (pattern->port) {
            cors_join(p, &regex, "",
                      cors_slice(apr_psprintf(p, ":%u", pattern->port)));
        }
        cors_join(p, &regex, "", cors_slice(")"));
    }
    return regex.text;
}

/* Add the automata of a level. Returns false if they would be too large. */
static bool add_level(tour_t *tour, const level_t *level, owner_e owner,
                      int number)
{
    int way;
    int i;

    for (way = 0; way < WAYS; way++) {
        for (i = 0; i < level->automata[way]->nelts; i++) {
            add_part(tour,
                     APR_ARRAY_IDX(level->automata[way], i, cors_automaton_t *),
                     owner, number, way);
        }
        if (level->patterns[way]->nelts > 0
            && !add_text(tour, patterns_regex(tour->p, level->patterns[way]),
                         owner, number, way)) {
            return false;
        }
    }
    return true;
}

/* Add the automata of a list. Returns false if they would be too large. */
static bool add_list(tour_t *tour, const cors_algebra_list_t *list,
                     owner_e owner)
{
    int i;

    tour->matched[owner] =
        apr_pcalloc(tour->p, (apr_size_t)list->levels->nelts
                                 * sizeof(*tour->matched[owner]));
    for (i = 0; i < list->levels->nelts; i++) {
        if (!add_level(tour, level_at(list, i), owner, i)) {
            return false;
        }
    }
    return true;
}

/* Split the classes of symbols so that a set contains all or none of each class. */
static void split_classes(apr_array_header_t *classes, cors_symbols_t set)
{
    int count = classes->nelts;
    int i;

    for (i = 0; i < count; i++) {
        cors_symbols_t *symbols = &APR_ARRAY_IDX(classes, i, cors_symbols_t);
        cors_symbols_t in = *symbols & set;
        cors_symbols_t out = *symbols & ~set;

        if (in && out) {
            *symbols = in;
            APR_ARRAY_PUSH(classes, cors_symbols_t) = out;
        }
    }
}

/* Choose one byte of each class that no automaton divides. */
static void choose_bytes(tour_t *tour)
{
    static const char symbols[] = CORS_SYMBOLS;
    apr_array_header_t *classes =
        apr_array_make(tour->p, 8, sizeof(cors_symbols_t));
    const char *c;
    unsigned state;
    int i;

    APR_ARRAY_PUSH(classes, cors_symbols_t) = cors_symbols(symbols);
    for (i = 0; i < tour->parts->nelts; i++) {
        const cors_automaton_t *automaton =
            APR_ARRAY_IDX(tour->parts, i, part_t).automaton;

        for (state = 1; state < cors_automaton_count(automaton); state++) {
            split_classes(classes, cors_automaton_into(automaton, state));
        }
    }
    for (i = 0; i < classes->nelts; i++) {
        for (c = symbols;
             !(cors_symbol(*c) & APR_ARRAY_IDX(classes, i, cors_symbols_t));
             c++) {
        }
        APR_ARRAY_PUSH(tour->bytes, char) = *c;
    }
}

static bool has_end(const part_t *part, cors_states_t set)
{
    unsigned i;

    for (i = 0; i < set.count; i++) {
        if (cors_automaton_ends(part->automaton, set.states[i])) {
            return true;
        }
    }
    return false;
}

/* Returns whether a list allows the text of a point. */
static bool allows_matched(const struct matched_t *matched,
                           const cors_algebra_list_t *list, bool own)
{
    int i;

    for (i = 0; i < list->levels->nelts; i++) {
        const level_t *level = level_at(list, i);

        if (matched[i].in[EXCLUDED] || (own && level->self[EXCLUDED])) {
            return false;
        }
        if (matched[i].in[LISTED] || level->any
            || (own && level->self[LISTED])) {
            return true;
        }
    }
    return false;
}

/* Like is_wanted(), but for the text of a point, by what matches it. own: it is the server's
 * own origin */
static bool is_matched_wanted(const tour_t *tour, bool own)
{
    const search_t *search = tour->search;

    return allows_matched(tour->matched[OF_FIRST], search->first.list, own)
           && allows_matched(tour->matched[OF_SECOND], search->second.list, own)
                  == search->common;
}

/* Returns whether the text of a point is an origin that is searched for, as far as the
 * automata know. */
static bool is_difference(const tour_t *tour, const point_t *point)
{
    const cors_algebra_list_t *first = tour->search->first.list;
    const cors_algebra_list_t *second = tour->search->second.list;
    bool request = false;
    int i;

    memset(tour->matched[OF_FIRST], 0,
           (apr_size_t)first->levels->nelts * sizeof(struct matched_t));
    memset(tour->matched[OF_SECOND], 0,
           (apr_size_t)second->levels->nelts * sizeof(struct matched_t));
    for (i = 0; i < tour->parts->nelts; i++) {
        const part_t *part = &APR_ARRAY_IDX(tour->parts, i, part_t);

        if (part->owner == OF_USUAL || !has_end(part, point->sets[i])) {
            continue;
        }
        if (part->owner == OF_REQUESTS) {
            request = true;
            continue;
        }
        tour->matched[part->owner][part->level].in[part->way] = true;
    }
    return request
           && (is_matched_wanted(tour, false) || is_matched_wanted(tour, true));
}

/* Returns whether a list has "*" or Self, which no automaton matches. */
static bool has_any(const cors_algebra_list_t *list)
{
    int i;

    for (i = 0; i < list->levels->nelts; i++) {
        if (level_at(list, i)->any || level_at(list, i)->self[LISTED]) {
            return true;
        }
    }
    return false;
}

/* Returns whether the text of a point, or a longer one, may be a difference: it can
 * still become an origin of a request, and one of the first list. */
static bool is_alive(const tour_t *tour, const point_t *point)
{
    bool request = false;
    bool listed = has_any(tour->search->first.list);
    int i;

    for (i = 0; i < tour->parts->nelts; i++) {
        const part_t *part = &APR_ARRAY_IDX(tour->parts, i, part_t);

        if (point->sets[i].count > 0 && part->way == LISTED) {
            request = request || part->owner == OF_REQUESTS;
            listed = listed || part->owner == OF_FIRST;
        }
    }
    return request && listed && point->length <= CORS_ORIGIN_MAX;
}

static int compare_states(const void *a, const void *b)
{
    const unsigned *first = a;
    const unsigned *second = b;

    return (*first > *second) - (*first < *second);
}

/* Returns the sets of a point as one text: the number of states of each set and the
 * states in order. */
static cors_slice_t point_key(apr_pool_t *p, const point_t *point, int parts)
{
    apr_size_t count = 0;
    unsigned *key;
    cors_slice_t text;
    int i;

    for (i = 0; i < parts; i++) {
        count += 1 + point->sets[i].count;
    }
    text.len = count * sizeof(*key);
    key = apr_palloc(p, text.len);
    text.ptr = (const char *)key;
    for (i = 0; i < parts; i++) {
        const cors_states_t *set = &point->sets[i];

        *key++ = set->count;
        memcpy(key, set->states, set->count * sizeof(*key));
        qsort(key, set->count, sizeof(*key), compare_states);
        key += set->count;
    }
    return text;
}

static point_t *make_point(tour_t *tour, const point_t *before, char byte)
{
    const apr_size_t size =
        sizeof(point_t)
        + (apr_size_t)tour->parts->nelts * sizeof(cors_states_t);
    point_t *point = apr_palloc(tour->p, size);

    tour->search->size += size;
    point->before = before;
    point->byte = byte;
    point->length = before ? before->length + 1 : 0;
    return point;
}

/* Add a point to the queue unless another text leads to the same states. */
static void add_point(tour_t *tour, const point_t *point)
{
    cors_slice_t key = point_key(tour->p, point, tour->parts->nelts);

    tour->search->size += key.len;
    if (!apr_hash_get(tour->seen, key.ptr, (apr_ssize_t)key.len)) {
        apr_hash_set(tour->seen, key.ptr, (apr_ssize_t)key.len, point);
        APR_ARRAY_PUSH(tour->queue, const point_t *) = point;
    }
}

static void follow_byte(tour_t *tour, const point_t *from, char byte)
{
    point_t *point = make_point(tour, from, byte);
    int i;

    for (i = 0; i < tour->parts->nelts; i++) {
        cors_walk_t *walk = APR_ARRAY_IDX(tour->parts, i, part_t).walk;
        apr_uint64_t before = cors_walk_work(walk);

        point->sets[i] =
            cors_walk_forth(tour->p, walk, from->sets[i], cors_symbol(byte));
        tour->search->size += point->sets[i].count * sizeof(unsigned);
        tour->search->work += cors_walk_work(walk) - before;
    }
    if (is_alive(tour, point)) {
        add_point(tour, point);
    }
}

/* Returns whether the text of a point is a witness. If the automata say so and the lists
 * do not, nothing is proven. */
static bool try_point(tour_t *tour, const point_t *point)
{
    char *text;

    if (!is_difference(tour, point)) {
        return false;
    }
    tour->search->result->obstacle = "name that browsers may not send";
    text = apr_pcalloc(tour->search->scratch, point->length + 1);
    for (; point->before; point = point->before) {
        text[point->length - 1] = point->byte;
    }
    return try_origin(tour->search, text);
}

/* Walk all automata from the start, the shortest texts first, to a witness or until no
 * other states are reached. */
static void walk_all(tour_t *tour)
{
    point_t *start = make_point(tour, NULL, '\0');
    int i;
    int j;

    for (i = 0; i < tour->parts->nelts; i++) {
        start->sets[i] = cors_walk_start(tour->p);
    }
    add_point(tour, start);
    for (i = 0; i < tour->queue->nelts; i++) {
        const point_t *point = APR_ARRAY_IDX(tour->queue, i, const point_t *);

        if (try_point(tour, point)) {
            return;
        }
        for (j = 0; j < tour->bytes->nelts; j++) {
            follow_byte(tour, point, APR_ARRAY_IDX(tour->bytes, j, char));
            if (is_too_much(tour->search)) {
                return;
            }
        }
    }
}

/* Compare lists with regular expressions. */
static void compare_automata(search_t *search)
{
    tour_t tour = { .search = search, .p = search->p };

    tour.parts = apr_array_make(tour.p, 4, sizeof(part_t));
    tour.bytes = apr_array_make(tour.p, 16, sizeof(char));
    tour.queue = apr_array_make(tour.p, 64, sizeof(const point_t *));
    tour.seen = apr_hash_make(tour.p);
    if (add_text(&tour, ANY_ORIGIN, OF_REQUESTS, 0, LISTED)
        && add_text(&tour, USUAL_ORIGIN, OF_USUAL, 0, LISTED)
        && add_list(&tour, search->first.list, OF_FIRST)
        && add_list(&tour, search->second.list, OF_SECOND)) {
        choose_bytes(&tour);
        walk_all(&tour);
    }
}

/* Compare lists that have no entry with an obstacle. */
static void compare_lists(search_t *search)
{
    if (!choose_unmentioned(search)) {
        search->result->obstacle = "too large to be decided";
    }
    else if (!try_all(search)
             && (has_regexes(search->first.list)
                 || has_regexes(search->second.list))) {
        compare_automata(search);
    }
}

/* Returns whether a search can find a witness: what is not known of the lists can only make
 * the first one larger and the second one smaller. */
static bool is_searchable(const cors_algebra_list_t *first,
                          const cors_algebra_list_t *second, bool common)
{
    return !first->unknown[EXCLUDED]
           && !second->unknown[common ? EXCLUDED : LISTED];
}

static void search_lists(apr_pool_t *p, const cors_algebra_list_t *first,
                         const cors_algebra_list_t *second, bool common,
                         cors_difference_t *result)
{
    const char *obstacle = first->obstacle ? first->obstacle : second->obstacle;
    search_t search;

    memset(&search, 0, sizeof(search));
    memset(result, 0, sizeof(*result));
    search.common = common;
    search.result_pool = p;
    search.result = result;
    if (is_searchable(first, second, common)) {
        apr_pool_create(&search.p, p);
        apr_pool_create(&search.scratch, search.p);
        search.first = make_side(search.p, first);
        search.second = make_side(search.p, second);
        compare_lists(&search);
        if (is_too_much(&search)) {
            result->obstacle = "too large to be decided";
        }
        apr_pool_destroy(search.p);
    }
    if (obstacle) {
        result->obstacle = obstacle;
    }
    if (result->witness) {
        result->obstacle = NULL;
    }
    else if (result->obstacle) {
        result->answer = CORS_ALGEBRA_UNDECIDED;
    }
}

void cors_algebra_compare(apr_pool_t *p, const cors_algebra_list_t *first,
                          const cors_algebra_list_t *second,
                          cors_difference_t *result)
{
    search_lists(p, first, second, false, result);
}

void cors_algebra_common(apr_pool_t *p, const cors_algebra_list_t *first,
                         const cors_algebra_list_t *second,
                         cors_difference_t *result)
{
    search_lists(p, first, second, true, result);
}

int cors_algebra_level(apr_pool_t *p, const cors_algebra_list_t *list,
                       const char *text, bool *listed)
{
    search_t search;
    cors_origin_t origin;
    cors_listing_e listing = CORS_ORIGIN_UNLISTED;
    int level = -1;

    memset(&search, 0, sizeof(search));
    if (cors_origin_parse(cors_slice(text), &origin)) {
        apr_pool_create(&search.p, p);
        search.scratch = search.p;
        search.first = make_side(search.p, list);
        while (listing == CORS_ORIGIN_UNLISTED
               && ++level < list->levels->nelts) {
            listing =
                level_listing(&search, &search.first, level, &origin, false);
        }
        apr_pool_destroy(search.p);
    }
    *listed = listing == CORS_ORIGIN_LISTED;
    return listing == CORS_ORIGIN_UNLISTED ? -1 : level;
}
