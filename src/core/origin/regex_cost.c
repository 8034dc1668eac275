/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Decides whether an origin can make a backtracking matcher very slow. It is a
 * separate file because it alone counts the ways to reach a state of the automaton: a
 * backtracking matcher that fails has tried all of them. It does not measure PCRE,
 * which may have optimizations. The trick: two walks through one loop are followed
 * side by side, as one walk over pairs of states. If a loop of pairs contains a pair of
 * equal states and a pair of different states, the text of that loop can be read in two
 * ways, and each repetition doubles the number of ways.
 */

#include "core/origin/regex_cost.h"

#include <string.h>

#include "core/origin/regex_text.h"

/* Limits: the states of one loop, and the transitions of its pairs. */
#define LOOP_MAX 256
#define MOVES_MAX 500000

#define SYMBOLS (sizeof(CORS_SYMBOLS) - 1)

/* A graph and its strongly connected components ("parts"). */
typedef struct {
    unsigned count;
    unsigned *first; /* index of each node's first transition; and the end */
    unsigned *to;
    unsigned *part;  /* of each node, from 1; its successors' are not higher */
    unsigned *order; /* all nodes, ordered by part */
    unsigned parts;
} graph_t;

/* The state of Tarjan's algorithm, without recursion. */
typedef struct {
    graph_t *graph;
    unsigned *index; /* of each node; 0: not visited */
    unsigned *low;
    unsigned *place; /* the next transition of each node */
    unsigned *stack;
    unsigned *path;
    unsigned depth;
    unsigned length; /* of path */
    unsigned next;
    unsigned closed; /* number of nodes in complete parts */
} finder_t;

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
        graph->parts++;
        do {
            member = finder->stack[--finder->depth];
            graph->part[member] = graph->parts;
            graph->order[finder->closed++] = member;
        } while (member != node);
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
            else if (graph->part[to] == 0
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
    unsigned *all = apr_pcalloc(p, (apr_size_t)5 * graph->count * sizeof(*all));
    finder_t finder;
    unsigned i;

    memset(&finder, 0, sizeof(finder));
    finder.graph = graph;
    finder.index = all;
    finder.low = all + graph->count;
    finder.place = finder.low + graph->count;
    finder.stack = finder.place + graph->count;
    finder.path = finder.stack + graph->count;
    graph->part = apr_pcalloc(p, graph->count * sizeof(*graph->part));
    graph->order = apr_palloc(p, graph->count * sizeof(*graph->order));
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
    /* The automaton stores all transitions in one array. */
    graph->to = (unsigned *)cors_automaton_next(automaton, 0).states;
    graph->first[0] = 0;
    for (i = 0; i < graph->count; i++) {
        graph->first[i + 1] =
            graph->first[i] + cors_automaton_next(automaton, i).count;
    }
    find_parts(p, graph);
    return graph;
}

/* Returns whether a transition inside one part can be made in several ways. */
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
    unsigned *place; /* index of each state among the members */
} loop_t;

/* Add the transitions of one pair. Returns false if there are too many. */
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

/* Returns whether some text leads around a loop in two ways; true if unknown. */
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
    same = apr_pcalloc(p, (pairs.parts + 1) * sizeof(*same));
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

/* Returns whether some text leads from a state to itself in two ways. */
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
        /* A single state has only one way to itself. */
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

/* For each byte: the number of successive loops, from a part on, that read it. */
typedef struct {
    unsigned char loops[SYMBOLS];
} chain_t;

/* Count the loops after a transition, and its own loop if it stays in its part. Returns
 * the highest count. */
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

/* Returns whether more than CORS_COST_POWER successive loops read the same byte. */
static bool is_steep(apr_pool_t *p, const cors_automaton_t *automaton,
                     const graph_t *states)
{
    chain_t *chains = apr_pcalloc(p, (states->parts + 1) * sizeof(*chains));
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
