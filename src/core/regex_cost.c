/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Decides whether a matcher that backtracks can take very long over an origin. A
 * part of its own because it asks how often the automaton comes to a state, which
 * nobody else does: a backtracking matcher that fails has tried every way. It does
 * not measure PCRE, which may know short cuts. The trick: two walks through one loop
 * are followed side by side, as one walk over pairs of states; where a loop of pairs
 * has both a pair of one state twice and a pair of two different states, the text of
 * that loop is read in two ways, and each round doubles them.
 */

#include "cors/regex_cost.h"

#include <string.h>

/* The most states of one loop, and the most moves of its pairs, that are looked at. */
#define LOOP_MAX 256
#define MOVES_MAX 500000

#define SYMBOLS (sizeof(CORS_SYMBOLS) - 1)

/* A graph, and its strongly connected parts. */
typedef struct {
    unsigned count;
    unsigned *first; /* of each node, where its moves begin; and an end */
    unsigned *to;
    unsigned *part;  /* of each node; those that it leads to have lower ones */
    unsigned *order; /* all nodes, part by part */
    unsigned parts;
} graph_t;

/* What it takes to find them (Tarjan), without recursion. */
typedef struct {
    graph_t *graph;
    unsigned *index; /* of each node; 0: not come to */
    unsigned *low;
    unsigned *place; /* where a node's moves are gone on with */
    unsigned *stack;
    unsigned *path;
    unsigned depth;
    unsigned length; /* of path */
    unsigned next;
    unsigned closed; /* nodes of parts that are complete */
} finder_t;

#define NO_PART (~0u)

static void enter(finder_t *finder, unsigned node)
{
    finder->index[node] = finder->low[node] = ++finder->next;
    finder->place[node] = finder->graph->first[node];
    finder->stack[finder->depth++] = node;
    finder->path[finder->length++] = node;
}

static void leave(finder_t *finder, unsigned node)
{
    graph_t *graph = finder->graph;
    unsigned member;

    finder->length--;
    if (finder->length > 0) {
        unsigned above = finder->path[finder->length - 1];

        if (finder->low[node] < finder->low[above]) {
            finder->low[above] = finder->low[node];
        }
    }
    if (finder->low[node] == finder->index[node]) {
        do {
            member = finder->stack[--finder->depth];
            graph->part[member] = graph->parts;
            graph->order[finder->closed++] = member;
        } while (member != node);
        graph->parts++;
    }
}

static void find_from(finder_t *finder, unsigned start)
{
    const graph_t *graph = finder->graph;

    enter(finder, start);
    while (finder->length > 0) {
        unsigned node = finder->path[finder->length - 1];

        if (finder->place[node] < graph->first[node + 1]) {
            unsigned to = graph->to[finder->place[node]++];

            if (!finder->index[to]) {
                enter(finder, to);
            }
            else if (graph->part[to] == NO_PART
                     && finder->index[to] < finder->low[node]) {
                finder->low[node] = finder->index[to];
            }
        }
        else {
            leave(finder, node);
        }
    }
}

static void find_parts(apr_pool_t *p, graph_t *graph)
{
    unsigned *all =
        apr_pcalloc(p, (apr_size_t)5 * (graph->count + 1) * sizeof(*all));
    finder_t finder;
    unsigned i;

    memset(&finder, 0, sizeof(finder));
    finder.graph = graph;
    finder.index = all;
    finder.low = all + graph->count;
    finder.place = finder.low + graph->count;
    finder.stack = finder.place + graph->count;
    finder.path = finder.stack + graph->count;
    graph->part = apr_palloc(p, (graph->count + 1) * sizeof(*graph->part));
    graph->order = apr_palloc(p, (graph->count + 1) * sizeof(*graph->order));
    graph->parts = 0;
    for (i = 0; i < graph->count; i++) {
        graph->part[i] = NO_PART;
    }
    for (i = 0; i < graph->count; i++) {
        if (!finder.index[i]) {
            find_from(&finder, i);
        }
    }
}

static graph_t *graph_of(apr_pool_t *p, const cors_automaton_t *automaton)
{
    graph_t *graph = apr_pcalloc(p, sizeof(*graph));
    unsigned i;

    graph->count = cors_automaton_count(automaton);
    graph->first = apr_palloc(p, (graph->count + 1) * sizeof(*graph->first));
    /* the automaton has them in one piece */
    graph->to = (unsigned *)cors_automaton_next(automaton, 0).states;
    graph->first[0] = 0;
    for (i = 0; i < graph->count; i++) {
        graph->first[i + 1] =
            graph->first[i] + cors_automaton_next(automaton, i).count;
    }
    find_parts(p, graph);
    return graph;
}

/* Whether a move within one part can be made in more ways than one. */
static bool has_multiple(const cors_automaton_t *automaton,
                         const graph_t *states)
{
    unsigned i;
    unsigned n;

    for (i = 0; i < states->count; i++) {
        for (n = states->first[i]; n < states->first[i + 1]; n++) {
            if (states->part[i] == states->part[states->to[n]]
                && cors_automaton_is_multiple(automaton, i,
                                              n - states->first[i])) {
                return true;
            }
        }
    }
    return false;
}

/* The pairs of the states of one loop. */
typedef struct {
    const cors_automaton_t *automaton;
    const graph_t *states;
    const unsigned *members;
    unsigned size;
    unsigned *place; /* of each state of the loop, among the members */
} loop_t;

/* The moves of one pair; false: there are too many. */
static bool add_moves(const loop_t *loop, graph_t *pairs, unsigned left,
                      unsigned right, unsigned *moves)
{
    const graph_t *states = loop->states;
    unsigned part = states->part[left];
    unsigned a;
    unsigned b;

    for (a = states->first[left]; a < states->first[left + 1]; a++) {
        unsigned to = states->to[a];

        if (states->part[to] != part) {
            continue;
        }
        for (b = states->first[right]; b < states->first[right + 1]; b++) {
            unsigned other = states->to[b];

            if (states->part[other] != part
                || !(cors_automaton_into(loop->automaton, to)
                     & cors_automaton_into(loop->automaton, other))) {
                continue;
            }
            if (*moves == MOVES_MAX) {
                return false;
            }
            pairs->to[(*moves)++] =
                loop->place[to] * loop->size + loop->place[other];
        }
    }
    return true;
}

/* Whether a loop can be read in two ways. */
static bool is_doubled(apr_pool_t *p, const loop_t *loop)
{
    graph_t pairs;
    unsigned moves = 0;
    unsigned i;
    bool *same;

    memset(&pairs, 0, sizeof(pairs));
    pairs.count = loop->size * loop->size;
    pairs.first = apr_palloc(p, (pairs.count + 1) * sizeof(*pairs.first));
    pairs.to = apr_palloc(p, MOVES_MAX * sizeof(*pairs.to));
    for (i = 0; i < pairs.count; i++) {
        pairs.first[i] = moves;
        if (!add_moves(loop, &pairs, loop->members[i / loop->size],
                       loop->members[i % loop->size], &moves)) {
            return true;
        }
    }
    pairs.first[pairs.count] = moves;
    find_parts(p, &pairs);
    same = apr_pcalloc(p, pairs.parts * sizeof(*same));
    for (i = 0; i < pairs.count; i += loop->size + 1) {
        same[pairs.part[i]] = true;
    }
    for (i = 0; i < pairs.count; i++) {
        if (i % (loop->size + 1) != 0 && same[pairs.part[i]]) {
            return true;
        }
    }
    return false;
}

/* Whether a text leads from a state to itself in two ways. */
static bool is_exponential(apr_pool_t *p, const cors_automaton_t *automaton,
                           const graph_t *states)
{
    loop_t loop = { automaton, states, states->order, 0, NULL };
    unsigned i;

    if (has_multiple(automaton, states)) {
        return true;
    }
    loop.place = apr_pcalloc(p, states->count * sizeof(*loop.place));
    for (i = 0; i < states->count; i++) {
        unsigned state = states->order[i];

        loop.place[state] = loop.size++;
        if (i + 1 < states->count
            && states->part[states->order[i + 1]] == states->part[state]) {
            continue;
        }
        /* one state alone has one way to itself */
        if (loop.size > LOOP_MAX) {
            return true;
        }
        if (loop.size > 1) {
            apr_pool_t *scratch;
            bool doubled;

            apr_pool_create(&scratch, p);
            doubled = is_doubled(scratch, &loop);
            apr_pool_destroy(scratch);
            if (doubled) {
                return true;
            }
        }
        loop.members += loop.size;
        loop.size = 0;
    }
    return false;
}

/* The loops behind a part that all read the same byte, for each byte. */
typedef struct {
    unsigned char loops[SYMBOLS];
} chain_t;

/* Count the loops behind a move, and the move's own where it stays in its part. */
static unsigned chain_on(chain_t *chain, const chain_t *behind,
                         cors_symbols_t into, bool inside, chain_t *own)
{
    unsigned most = 0;
    unsigned i;

    for (i = 0; i < SYMBOLS; i++) {
        if (!(into >> i & 1)) {
            continue;
        }
        if (inside) {
            own->loops[i] = 1;
        }
        else if (behind->loops[i] > chain->loops[i]) {
            chain->loops[i] = behind->loops[i];
        }
        if (chain->loops[i] + own->loops[i] > (int)most) {
            most = chain->loops[i] + own->loops[i];
        }
    }
    return most;
}

/* Whether so many loops that read the same byte stand one after the other. */
static bool is_steep(apr_pool_t *p, const cors_automaton_t *automaton,
                     const graph_t *states)
{
    chain_t *chains = apr_pcalloc(p, states->parts * sizeof(*chains));
    chain_t own;
    unsigned i;
    unsigned n;

    memset(&own, 0, sizeof(own));
    for (i = 0; i < states->count; i++) {
        unsigned state = states->order[i];
        unsigned part = states->part[state];
        unsigned symbol;

        for (n = states->first[state]; n < states->first[state + 1]; n++) {
            unsigned to = states->to[n];

            if (chain_on(&chains[part], &chains[states->part[to]],
                         cors_automaton_into(automaton, to),
                         states->part[to] == part, &own)
                > CORS_COST_POWER) {
                return true;
            }
        }
        if (i + 1 == states->count
            || states->part[states->order[i + 1]] != part) {
            for (symbol = 0; symbol < SYMBOLS; symbol++) {
                chains[part].loops[symbol] =
                    (unsigned char)(chains[part].loops[symbol]
                                    + own.loops[symbol]);
            }
            memset(&own, 0, sizeof(own));
        }
    }
    return false;
}

bool cors_regex_is_costly(apr_pool_t *p, const cors_automaton_t *automaton)
{
    apr_pool_t *scratch;
    const graph_t *states;
    bool costly;

    apr_pool_create(&scratch, p);
    states = graph_of(scratch, automaton);
    costly = is_exponential(scratch, automaton, states)
             || is_steep(scratch, automaton, states);
    apr_pool_destroy(scratch);
    return costly;
}
