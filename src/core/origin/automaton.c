/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Builds a finite automaton from the tree of a regular expression.
 *
 * It is its own file so that its users (the check at start-up, the comparison of two
 * regular expressions) work with sets of states and do not depend on how the automaton
 * is stored. It knows nothing about origins or a matching engine. The trick: the
 * states are the positions of the regular expression at which a byte is read
 * (Glushkov's construction). There are no empty moves, and all moves into a state read
 * the same bytes. Assertions such as \b are resolved as well: a position that reads
 * both word bytes and other bytes is split in two, so each move knows the bytes on
 * both sides of it.
 */

#include "core/origin/automaton.h"

#include <string.h>

#include <apr_strings.h>

/* The kind of byte before or after a position in the text. */
typedef enum {
    /* the start or the end of the text */
    SIDE_NOTHING,
    /* a word byte */
    SIDE_WORD,
    SIDE_OTHER,
    SIDE_COUNT
} side_e;

#define WORD "abcdefghijklmnopqrstuvwxyz0123456789_"

/*
 * The intermediate form during construction: positions with empty moves between them.
 */
typedef enum {
    PLACE_READ,
    PLACE_FORK,
    PLACE_ASSERT,
    PLACE_END
} place_e;

typedef struct {
    place_e kind;
    /* for PLACE_ASSERT */
    cors_regex_kind_e assertion;
    /* for PLACE_READ */
    cors_symbols_t set;
    unsigned next;
    /* for PLACE_FORK */
    unsigned other;
    /* for PLACE_READ */
    unsigned state;
} place_t;

struct cors_automaton_t {
    unsigned count;
    /* indexed by state */
    cors_symbols_t *into;
    /* indexed by state */
    bool *ends;
    /* indexed by state: the index of its first move; one more entry marks the end */
    unsigned *first[2];
    /* forward and backward */
    unsigned *moves[2];
    /* indexed by forward move */
    bool *multiple;
};

typedef struct {
    apr_pool_t *p;
    place_t *places;
    /* number of places */
    unsigned count;
    unsigned room;
    unsigned work;
    cors_symbols_t word;
    bool assertions;
} maker_t;

#define NOWHERE 0

static unsigned add_place(maker_t *maker, place_e kind, unsigned next)
{
    place_t *place;

    if (maker->count == maker->room) {
        place_t *more =
            apr_palloc(maker->p, (apr_size_t)2 * maker->room * sizeof(*more));

        memcpy(more, maker->places, maker->count * sizeof(*more));
        maker->places = more;
        maker->room *= 2;
    }
    place = &maker->places[maker->count];
    memset(place, 0, sizeof(*place));
    place->kind = kind;
    place->next = next;
    return maker->count++;
}

static bool is_too_large(const maker_t *maker)
{
    return maker->count > CORS_AUTOMATON_MOVES / 2
           || maker->work > CORS_AUTOMATON_MOVES;
}

static unsigned make_fork(maker_t *maker, unsigned next, unsigned other)
{
    unsigned place = add_place(maker, PLACE_FORK, next);

    maker->places[place].other = other;
    return place;
}

static unsigned make_read(maker_t *maker, cors_symbols_t set, unsigned next)
{
    unsigned place = add_place(maker, PLACE_READ, next);

    maker->places[place].set = set;
    return place;
}

static unsigned make_places(maker_t *maker, const cors_regex_node_t *node,
                            unsigned next);

static unsigned make_repeat(maker_t *maker, const cors_regex_node_t *node,
                            unsigned next)
{
    const cors_regex_node_t *child = node->last;
    unsigned entry = next;
    int left = node->min;
    int i;

    if (node->max == CORS_REGEX_FOREVER) {
        unsigned loop = make_fork(maker, NOWHERE, next);
        unsigned body = make_places(maker, child, loop);

        maker->places[loop].next = body;
        entry = left > 0 ? body : loop;
        left--;
    }
    for (i = node->min; i < node->max && !is_too_large(maker); i++) {
        unsigned body = make_places(maker, child, entry);

        entry = make_fork(maker, body, next);
    }
    for (; left > 0 && !is_too_large(maker); left--) {
        entry = make_places(maker, child, entry);
    }
    return entry;
}

/* Creates the places of a node, which continue at next. Returns the first place. */
static unsigned make_places(maker_t *maker, const cors_regex_node_t *node,
                            unsigned next)
{
    const cors_regex_node_t *child = node->last;
    unsigned entry = next;

    maker->work++;
    if (is_too_large(maker)) {
        return next;
    }
    switch (node->kind) {
    case CORS_REGEX_SET:
        /* a set with both kinds of byte needs two places, so that each has one kind */
        if (!maker->assertions || !(node->set & maker->word)
            || !(node->set & ~maker->word)) {
            return make_read(maker, node->set, next);
        }
        entry = make_read(maker, node->set & maker->word, next);
        return make_fork(maker, entry,
                         make_read(maker, node->set & ~maker->word, next));
    case CORS_REGEX_SEQUENCE:
        for (; child; child = child->before) {
            entry = make_places(maker, child, entry);
        }
        return entry;
    case CORS_REGEX_CHOICE:
        entry = make_places(maker, child, next);
        for (child = child->before; child; child = child->before) {
            unsigned first = make_places(maker, child, next);

            entry = make_fork(maker, first, entry);
        }
        return entry;
    case CORS_REGEX_REPEAT:
        return make_repeat(maker, node, next);
    default:
        entry = add_place(maker, PLACE_ASSERT, next);
        maker->places[entry].assertion = node->kind;
        return entry;
    }
}

static bool holds(cors_regex_kind_e assertion, side_e before, side_e behind)
{
    bool boundary = (before == SIDE_WORD) != (behind == SIDE_WORD);

    if (assertion == CORS_REGEX_START) {
        return before == SIDE_NOTHING;
    }
    if (assertion == CORS_REGEX_END) {
        return behind == SIDE_NOTHING;
    }
    if (assertion == CORS_REGEX_BOUNDARY) {
        return boundary;
    }
    return !boundary;
}

/* Computes the moves of one state after another. */
typedef struct {
    maker_t *maker;
    cors_automaton_t *automaton;
    unsigned *stack;
    /* the places that read a byte, of one round */
    unsigned *reads;
    /* indexed by place: the last round that reached it */
    unsigned *seen;
    /* indexed by place: the last round that reached it twice */
    unsigned *again;
    unsigned round;
    unsigned moves;
    /* allocated moves */
    unsigned room;
} closer_t;

static side_e side_of(const closer_t *closer, cors_symbols_t set)
{
    return (set & closer->maker->word) ? SIDE_WORD : SIDE_OTHER;
}

static void add_move(closer_t *closer, unsigned state, bool multiple)
{
    cors_automaton_t *automaton = closer->automaton;

    if (closer->moves == closer->room) {
        apr_pool_t *p = closer->maker->p;
        unsigned *moves =
            apr_palloc(p, (apr_size_t)2 * closer->room * sizeof(*moves));
        bool *multiples =
            apr_palloc(p, (apr_size_t)2 * closer->room * sizeof(*multiples));

        memcpy(moves, automaton->moves[0], closer->room * sizeof(*moves));
        memcpy(multiples, automaton->multiple,
               closer->room * sizeof(*multiples));
        automaton->moves[0] = moves;
        automaton->multiple = multiples;
        closer->room *= 2;
    }
    automaton->moves[0][closer->moves] = state;
    automaton->multiple[closer->moves++] = multiple;
}

/*
 * Visits a place. A second visit continues once more, because everything after the
 * place can then be reached in several ways.
 */
static void come_to(closer_t *closer, unsigned place, unsigned *depth)
{
    if (closer->seen[place] != closer->round) {
        closer->seen[place] = closer->round;
        closer->stack[(*depth)++] = place;
    }
    else if (closer->again[place] != closer->round) {
        closer->again[place] = closer->round;
        if (closer->maker->places[place].kind != PLACE_READ) {
            closer->stack[(*depth)++] = place;
        }
    }
}

/*
 * Follows the empty moves from a place, given the kinds of byte before and after it.
 * Lists the places that read a byte.
 */
static void close_from(closer_t *closer, unsigned state, unsigned from,
                       side_e before, side_e behind)
{
    maker_t *maker = closer->maker;
    const place_t *places = maker->places;
    unsigned depth = 0;
    unsigned count = 0;
    unsigned i;

    closer->round++;
    come_to(closer, from, &depth);
    while (depth > 0 && maker->work <= CORS_AUTOMATON_MOVES * 4) {
        unsigned number = closer->stack[--depth];
        const place_t *place = &places[number];

        maker->work++;
        switch (place->kind) {
        case PLACE_FORK:
            come_to(closer, place->next, &depth);
            come_to(closer, place->other, &depth);
            break;
        case PLACE_ASSERT:
            if (holds(place->assertion, before, behind)) {
                come_to(closer, place->next, &depth);
            }
            break;
        case PLACE_END:
            closer->automaton->ends[state] = closer->automaton->ends[state]
                                             || !maker->assertions
                                             || behind == SIDE_NOTHING;
            break;
        default:
            if (!maker->assertions || side_of(closer, place->set) == behind) {
                closer->reads[count++] = number;
            }
        }
    }
    for (i = 0; i < count; i++) {
        unsigned number = closer->reads[i];

        add_move(closer, places[number].state,
                 closer->again[number] == closer->round);
    }
}

/*
 * Computes the backward moves from the forward moves. Each list is filled from its end,
 * so that its index ends as its start.
 */
static void turn(apr_pool_t *p, cors_automaton_t *automaton)
{
    unsigned count = automaton->count;
    unsigned total = automaton->first[0][count];
    unsigned *first = apr_pcalloc(p, (count + 1) * sizeof(*first));
    unsigned *moves = apr_palloc(p, total * sizeof(*moves));
    unsigned state;
    unsigned i;

    for (i = 0; i < total; i++) {
        first[automaton->moves[0][i]]++;
    }
    for (i = 1; i <= count; i++) {
        first[i] += first[i - 1];
    }
    for (state = 0; state < count; state++) {
        for (i = automaton->first[0][state]; i < automaton->first[0][state + 1];
             i++) {
            moves[--first[automaton->moves[0][i]]] = state;
        }
    }
    automaton->first[1] = first;
    automaton->moves[1] = moves;
}

/* Numbers the places that read a byte. Returns false if there are too many. */
static bool number_states(maker_t *maker, cors_automaton_t *automaton)
{
    unsigned i;

    automaton->count = 1;
    for (i = 0; i < maker->count; i++) {
        if (maker->places[i].kind == PLACE_READ) {
            maker->places[i].state = automaton->count++;
        }
    }
    if (automaton->count > CORS_AUTOMATON_STATES) {
        return false;
    }
    automaton->into =
        apr_pcalloc(maker->p, automaton->count * sizeof(*automaton->into));
    for (i = 0; i < maker->count; i++) {
        if (maker->places[i].kind == PLACE_READ) {
            automaton->into[maker->places[i].state] = maker->places[i].set;
        }
    }
    return true;
}

/* Computes all moves of the state that continues at a place. */
static void close_state(closer_t *closer, unsigned state, unsigned from)
{
    side_e before = state == 0
                        ? SIDE_NOTHING
                        : side_of(closer, closer->automaton->into[state]);
    int behind;

    closer->automaton->first[0][state] = closer->moves;
    if (!closer->maker->assertions) {
        close_from(closer, state, from, before, SIDE_OTHER);
        return;
    }
    for (behind = SIDE_NOTHING; behind < SIDE_COUNT; behind++) {
        close_from(closer, state, from, before, (side_e)behind);
    }
}

static bool make_moves(maker_t *maker, cors_automaton_t *automaton,
                       unsigned start)
{
    apr_pool_t *p = maker->p;
    closer_t closer;
    unsigned i;

    memset(&closer, 0, sizeof(closer));
    closer.maker = maker;
    closer.automaton = automaton;
    /* Each place is pushed at most twice, and each place that is popped pushes at most
     * two. So the stack never has more entries than there are places. */
    closer.stack = apr_palloc(p, maker->count * sizeof(*closer.stack));
    closer.reads = apr_palloc(p, maker->count * sizeof(*closer.reads));
    closer.seen = apr_pcalloc(p, maker->count * sizeof(*closer.seen));
    closer.again = apr_pcalloc(p, maker->count * sizeof(*closer.again));
    automaton->ends = apr_pcalloc(p, automaton->count * sizeof(bool));
    automaton->first[0] =
        apr_palloc(p, (automaton->count + 1) * sizeof(unsigned));
    closer.room = 2 * automaton->count;
    automaton->moves[0] = apr_palloc(p, closer.room * sizeof(unsigned));
    automaton->multiple = apr_palloc(p, closer.room * sizeof(bool));
    maker->work = 0;
    close_state(&closer, 0, start);
    for (i = 0; i < maker->count && closer.moves <= CORS_AUTOMATON_MOVES; i++) {
        if (maker->places[i].kind == PLACE_READ) {
            close_state(&closer, maker->places[i].state, maker->places[i].next);
        }
    }
    automaton->first[0][automaton->count] = closer.moves;
    return closer.moves <= CORS_AUTOMATON_MOVES
           && maker->work <= CORS_AUTOMATON_MOVES * 4;
}

cors_automaton_t *cors_automaton_make(apr_pool_t *p,
                                      const cors_regex_text_t *read,
                                      const char **obstacle)
{
    cors_automaton_t *automaton = apr_pcalloc(p, sizeof(*automaton));
    maker_t maker;
    unsigned start;

    memset(&maker, 0, sizeof(maker));
    maker.p = p;
    maker.room = 64;
    maker.places = apr_palloc(p, maker.room * sizeof(*maker.places));
    maker.assertions = read->assertions;
    maker.word = cors_symbols(WORD);
    start = add_place(&maker, PLACE_END, NOWHERE);
    start = make_places(&maker, read->root, start);
    if (is_too_large(&maker) || !number_states(&maker, automaton)
        || !make_moves(&maker, automaton, start)) {
        *obstacle = "too large to be decided";
        return NULL;
    }
    turn(p, automaton);
    return automaton;
}

unsigned cors_automaton_count(const cors_automaton_t *automaton)
{
    return automaton->count;
}

cors_symbols_t cors_automaton_into(const cors_automaton_t *automaton,
                                   unsigned state)
{
    return automaton->into[state];
}

bool cors_automaton_ends(const cors_automaton_t *automaton, unsigned state)
{
    return automaton->ends[state];
}

static cors_states_t moves_of(const cors_automaton_t *automaton, unsigned state,
                              int way)
{
    unsigned first = automaton->first[way][state];
    cors_states_t states;

    states.states = automaton->moves[way] + first;
    states.count = automaton->first[way][state + 1] - first;
    return states;
}

cors_states_t cors_automaton_next(const cors_automaton_t *automaton,
                                  unsigned state)
{
    return moves_of(automaton, state, 0);
}

cors_states_t cors_automaton_previous(const cors_automaton_t *automaton,
                                      unsigned state)
{
    return moves_of(automaton, state, 1);
}

bool cors_automaton_is_multiple(const cors_automaton_t *automaton,
                                unsigned state, unsigned number)
{
    return automaton->multiple[automaton->first[0][state] + number];
}

struct cors_walk_t {
    const cors_automaton_t *automaton;
    /* indexed by state: the last round that reached it */
    unsigned *seen;
    unsigned *found;
    unsigned round;
    /* number of states in found */
    unsigned count;
    apr_uint64_t work;
};

cors_walk_t *cors_walk_make(apr_pool_t *p, const cors_automaton_t *automaton)
{
    cors_walk_t *walk = apr_pcalloc(p, sizeof(*walk));

    walk->automaton = automaton;
    walk->seen = apr_pcalloc(p, automaton->count * sizeof(*walk->seen));
    walk->found = apr_palloc(p, automaton->count * sizeof(*walk->found));
    return walk;
}

apr_uint64_t cors_walk_work(const cors_walk_t *walk)
{
    return walk->work;
}

static void begin(cors_walk_t *walk)
{
    walk->round++;
    walk->count = 0;
}

static void find(cors_walk_t *walk, unsigned state)
{
    if (walk->seen[state] != walk->round) {
        walk->seen[state] = walk->round;
        walk->found[walk->count++] = state;
    }
}

static cors_states_t end(apr_pool_t *p, cors_walk_t *walk)
{
    cors_states_t states;

    states.count = walk->count;
    states.states =
        apr_pmemdup(p, walk->found, walk->count * sizeof(*walk->found));
    return states;
}

static void step(cors_walk_t *walk, unsigned state, cors_symbols_t symbols,
                 bool back)
{
    const cors_automaton_t *automaton = walk->automaton;
    cors_states_t moves = moves_of(automaton, state, back ? 1 : 0);
    unsigned i;

    walk->work++;
    if (back && !(automaton->into[state] & symbols)) {
        return;
    }
    walk->work += moves.count;
    for (i = 0; i < moves.count; i++) {
        if (back || automaton->into[moves.states[i]] & symbols) {
            find(walk, moves.states[i]);
        }
    }
}

static cors_states_t step_all(apr_pool_t *p, cors_walk_t *walk,
                              cors_states_t set, cors_symbols_t symbols,
                              bool back)
{
    unsigned i;

    begin(walk);
    for (i = 0; i < set.count; i++) {
        step(walk, set.states[i], symbols, back);
    }
    return end(p, walk);
}

cors_states_t cors_walk_forth(apr_pool_t *p, cors_walk_t *walk,
                              cors_states_t from, cors_symbols_t symbols)
{
    return step_all(p, walk, from, symbols, false);
}

cors_states_t cors_walk_back(apr_pool_t *p, cors_walk_t *walk, cors_states_t to,
                             cors_symbols_t symbols)
{
    return step_all(p, walk, to, symbols, true);
}

cors_states_t cors_walk_closure(apr_pool_t *p, cors_walk_t *walk,
                                cors_states_t set, cors_symbols_t symbols,
                                bool back)
{
    unsigned i;

    begin(walk);
    walk->work += set.count;
    for (i = 0; i < set.count; i++) {
        find(walk, set.states[i]);
    }
    for (i = 0; i < walk->count; i++) {
        step(walk, walk->found[i], symbols, back);
    }
    return end(p, walk);
}

cors_states_t cors_walk_start(apr_pool_t *p)
{
    cors_states_t start;

    start.states = apr_pcalloc(p, sizeof(*start.states));
    start.count = 1;
    return start;
}

cors_states_t cors_walk_ends(apr_pool_t *p, const cors_automaton_t *automaton)
{
    unsigned *states = apr_palloc(p, automaton->count * sizeof(*states));
    cors_states_t ends = { states, 0 };
    unsigned i;

    for (i = 0; i < automaton->count; i++) {
        if (automaton->ends[i]) {
            states[ends.count++] = i;
        }
    }
    return ends;
}

bool cors_walk_matches(apr_pool_t *p, cors_walk_t *walk, cors_slice_t text)
{
    cors_states_t states = cors_walk_start(p);
    apr_size_t i;
    unsigned n;

    for (i = 0; i < text.len; i++) {
        states = cors_walk_forth(p, walk, states, cors_symbol(text.ptr[i]));
    }
    for (n = 0; n < states.count; n++) {
        if (walk->automaton->ends[states.states[n]]) {
            return true;
        }
    }
    return false;
}

bool cors_automaton_matches(apr_pool_t *p, const cors_automaton_t *automaton,
                            cors_slice_t text)
{
    return cors_walk_matches(p, cors_walk_make(p, automaton), text);
}
