/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Automata: the number of their states and moves, their limits, and what each step
 * of a walk reaches. regex_text.c tests which texts an automaton matches, together
 * with the regular expressions that it is made from; the tests here do not depend on
 * how a regular expression is parsed. States have no names: a set is written as the
 * bytes that lead into its states, with ^ for the start.
 */

#include "unit.h"

#include "core/origin/automaton.h"

static const cors_automaton_t *automaton_of(const char *regex,
                                            const char **obstacle)
{
    cors_regex_text_t read;

    cors_regex_read(pool, regex, &read);
    assert_non_null(read.root);
    return cors_automaton_make(pool, &read, obstacle);
}

static const cors_automaton_t *make_automaton(const char *regex)
{
    const char *unused;
    const cors_automaton_t *automaton = automaton_of(regex, &unused);

    assert_non_null(automaton);
    return automaton;
}

static bool has_state(cors_states_t set, unsigned state)
{
    unsigned i;

    for (i = 0; i < set.count; i++) {
        if (set.states[i] == state) {
            return true;
        }
    }
    return false;
}

static bool has_move(const cors_automaton_t *automaton, unsigned from,
                     unsigned to)
{
    return has_state(cors_automaton_next(automaton, from), to);
}

/* Moves forth and back agree, and cors_walk_ends() returns the final states. */
static void check_states(const cors_automaton_t *automaton, const char *regex)
{
    cors_states_t ends = cors_walk_ends(pool, automaton);
    unsigned count = cors_automaton_count(automaton);
    unsigned ending = 0;
    unsigned forth = 0;
    unsigned back = 0;
    unsigned state;
    unsigned i;

    for (state = 0; state < count; state++) {
        cors_states_t before = cors_automaton_previous(automaton, state);

        forth += cors_automaton_next(automaton, state).count;
        back += before.count;
        for (i = 0; i < before.count; i++) {
            if (!has_move(automaton, before.states[i], state)) {
                fail_msg("%s: %u does not lead to %u", regex, before.states[i],
                         state);
            }
        }
        ending += cors_automaton_ends(automaton, state) ? 1 : 0;
        same_number(regex, has_state(ends, state),
                    cors_automaton_ends(automaton, state));
    }
    same_number(regex, ends.count, ending);
    same_number(regex, back, forth);
}

static void size_grows_with_the_regex(void **state)
{
    static const struct {
        const char *regex;
        unsigned states;
        unsigned moves;
    } rows[] = {
        { "", 1, 0 },
        { "ab", 3, 2 },
        { "a|b", 3, 2 },
        { "(a|b)*", 3, 6 },
        { "a*", 2, 2 },
        { "a+", 2, 2 },
        { "a{2,}", 3, 3 },
        { "a{0,2}", 3, 2 },
        { "a.b", 4, 3 },
        { "(a|b|c|d|e|f)*", 7, 42 },
        { "(.)*\\d*", 3, 5 },
        { "(?:|){9}", 1, 0 },
        /* with assertions, a state reads either word bytes or other bytes */
        { "^a$", 2, 1 },
        { "^-$", 2, 1 },
        { "^.$", 3, 2 },
        { "^a.b$", 5, 5 },
        { "(^|x)a", 3, 3 },
        { "a^b", 3, 1 },
        { "a\\b.", 4, 2 },
        { "a\\B.", 4, 2 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const cors_automaton_t *automaton = make_automaton(rows[i].regex);
        unsigned moves = 0;
        unsigned n;

        for (n = 0; n < cors_automaton_count(automaton); n++) {
            moves += cors_automaton_next(automaton, n).count;
        }
        same_number(rows[i].regex, cors_automaton_count(automaton),
                    rows[i].states);
        same_number(rows[i].regex, moves, rows[i].moves);
        check_states(automaton, rows[i].regex);
    }
    check_states(make_automaton(repeat_text("(?:a?b?){5}", 20)), "a long one");
}

/* A set of states, as the bytes that lead into them, in order. */
static const char *symbols_of_set(const cors_automaton_t *automaton,
                                  cors_states_t set)
{
    const char *text = "";
    const char *c;
    unsigned i;

    for (i = 0; i < set.count; i++) {
        text = set.states[i] == 0 ? apr_pstrcat(pool, text, "^", NULL) : text;
    }
    for (c = CORS_SYMBOLS; *c; c++) {
        for (i = 0; i < set.count; i++) {
            if (cors_automaton_into(automaton, set.states[i])
                & cors_symbol(*c)) {
                text = apr_psprintf(pool, "%s%c", text, *c);
            }
        }
    }
    return text;
}

/* Moves that exist more than once, as pairs "ab": from a to b. */
static const char *ambiguous_moves_of(const cors_automaton_t *automaton)
{
    const char *text = "";
    unsigned state;
    unsigned i;

    for (state = cors_automaton_count(automaton); state-- > 0;) {
        cors_states_t next = cors_automaton_next(automaton, state);
        cors_states_t from = { &state, 1 };

        for (i = 0; i < next.count; i++) {
            if (cors_automaton_is_multiple(automaton, state, i)) {
                cors_states_t to = { next.states + i, 1 };

                text =
                    join_with(text, " ",
                              apr_pstrcat(pool, symbols_of_set(automaton, from),
                                          symbols_of_set(automaton, to), NULL));
            }
        }
    }
    return text;
}

static void ambiguous_moves_are_listed(void **state)
{
    static const struct {
        const char *regex;
        const char *multiple;
    } rows[] = {
        { "abc", "" },
        { "(a|a)b", "" },
        { "(a*)*", "aa ^a" },
        { "a(?:|)bc", "ab" },
        { "ab(?:|)c", "bc" },
        { "a(?:|)b(c|d)", "ab" },
        { "(?:|)abc", "^a" },
        { "(?:x?|y?)a", "^a" },
        { "(?:(?:b|)|)a", "^a" },
        { "a(?:^|$)b", "" },
        { "a(?:\\b|\\b)-", "a-" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_text(rows[i].regex,
                  ambiguous_moves_of(make_automaton(rows[i].regex)),
                  rows[i].multiple);
    }
    /* also after the array of moves has grown */
    same_text("many",
              ambiguous_moves_of(make_automaton("(?:|)(?:a|b|c)(d?){40}")),
              "^c ^b ^a");
}

static void limits_are_inclusive(void **state)
{
    const char *many =
        apr_pstrcat(pool, "(?:", repeat_text("a|", 977), "a)", NULL);
    const struct {
        const char *what;
        const char *regex;
        const char *text; /* a text that it matches; NULL: too large */
    } rows[] = {
        { "12000 states", "a{11999}", repeat_text("a", 11999) },
        { "12001 states", "a{12000}", NULL },
        { "50000 places", "(?:||||){12499}(?:|||)", "" },
        { "50001 places", "(?:||||){12500}", NULL },
        { "100000 nodes", "(?:){49998}|", "" },
        { "100001 nodes", "(?:){49999}", NULL },
        { "100000 moves", "c|(?:a?){446}|b{318}", "c" },
        { "the same", "c|(?:a?){446}|b{318}", repeat_text("a", 446) },
        { "the same", "c|(?:a?){446}|b{318}", repeat_text("b", 318) },
        { "100001 moves", "c|(?:a?){446}|b{319}", NULL },
        { "400000 steps", "(?:a|b|c|d|e|f|g)(?:|){28570}", "a" },
        { "the same", "(?:a|b|c|d|e|f|g)(?:|){28570}", "g" },
        { "400001 steps", apr_pstrcat(pool, many, "(?:|){203}", NULL), NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const char *obstacle = NULL;
        const cors_automaton_t *automaton =
            automaton_of(rows[i].regex, &obstacle);

        same_number(rows[i].what, automaton != NULL, rows[i].text != NULL);
        same_text(rows[i].what, obstacle,
                  rows[i].text ? NULL : "too large to be decided");
        if (automaton) {
            same_number(rows[i].what,
                        cors_automaton_matches(pool, automaton,
                                               exact_copy(rows[i].text)),
                        true);
        }
    }
}

static void step_reaches_each_state_once(void **state)
{
    const cors_automaton_t *automaton = make_automaton("(a|[ab])(c|d)*e");
    cors_walk_t *walk = cors_walk_make(pool, automaton);
    cors_states_t start = cors_walk_start(pool);
    cors_states_t first = cors_walk_forth(pool, walk, start, cors_symbol('a'));
    cors_states_t ends = cors_walk_ends(pool, automaton);
    cors_states_t set;

    (void)state;
    same_text("start", symbols_of_set(automaton, start), "^");
    same_number("the start and its two moves", (long)cors_walk_work(walk), 3);
    same_text("a", symbols_of_set(automaton, first), "aab");
    set = cors_walk_forth(pool, walk, first, cors_symbols("cz"));
    same_text("ac", symbols_of_set(automaton, set), "c");
    same_number("two more, each with three moves", (long)cors_walk_work(walk),
                11);
    set = cors_walk_forth(pool, walk, first, cors_symbols("ce"));
    same_text("ac or ae", symbols_of_set(automaton, set), "ce");
    same_text("nothing",
              symbols_of_set(automaton, cors_walk_forth(pool, walk, set, 0)),
              "");

    same_text("ends", symbols_of_set(automaton, ends), "e");
    set = cors_walk_back(pool, walk, ends, cors_symbol('d'));
    same_text("not by d", symbols_of_set(automaton, set), "");
    same_number("no move of the end is read", (long)cors_walk_work(walk), 25);
    set = cors_walk_back(pool, walk, ends, cors_symbol('e'));
    same_text("before e", symbols_of_set(automaton, set), "aabcd");
    set = cors_walk_back(pool, walk, set, cors_symbol('b'));
    same_text("before be", symbols_of_set(automaton, set), "^");
}

static void closure_has_all_reachable_states(void **state)
{
    static const struct {
        const char *symbols;
        bool back; /* starts at the ends, not at the start */
        const char *set;
    } rows[] = {
        { "", false, "^" },           { "", true, "f" },
        { "b", false, "^" },          { "a", false, "^a" },
        { "ab", false, "^ab" },       { "abd", false, "^abd" },
        { "abcde", false, "^abcde" }, { "abcdef", false, "^abcdef" },
        { "e", true, "f" },           { "f", true, "def" },
        { "ef", true, "def" },        { "df", true, "abcdef" },
        { "dcbf", true, "abcdef" },   { "abcdef", true, "^abcdef" },
    };
    const cors_automaton_t *automaton = make_automaton("a(b|c)*de?f");
    const cors_automaton_t *both = make_automaton("ac*|bd*");
    cors_walk_t *walk = cors_walk_make(pool, automaton);
    cors_states_t two;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_states_t from = rows[i].back ? cors_walk_ends(pool, automaton)
                                          : cors_walk_start(pool);

        same_text(rows[i].symbols,
                  symbols_of_set(automaton, cors_walk_closure(
                                                pool, walk, from,
                                                cors_symbols(rows[i].symbols),
                                                rows[i].back)),
                  rows[i].set);
    }
    walk = cors_walk_make(pool, automaton);
    cors_walk_closure(pool, walk, cors_walk_ends(pool, automaton),
                      cors_symbols("e"), true);
    same_number("the end, and the end again without its moves",
                (long)cors_walk_work(walk), 2);
    walk = cors_walk_make(pool, both);
    two =
        cors_walk_forth(pool, walk, cors_walk_start(pool), cors_symbols("ab"));
    same_text("of two",
              symbols_of_set(both,
                             cors_walk_closure(pool, walk, two,
                                               cors_symbols("cd"), false)),
              "abcd");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(size_grows_with_the_regex),
        TEST(ambiguous_moves_are_listed),
        TEST(limits_are_inclusive),
        TEST(step_reaches_each_state_once),
        TEST(closure_has_all_reachable_states),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
