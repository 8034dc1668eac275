/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Parsing of regular expressions: the automaton of the tree matches the right texts,
 * and what the parser does not support is named. */

#include "unit.h"

#include "core/origin/automaton.h"
#include "core/origin/regex_cost.h"

/* A regular expression, texts that it matches, and texts that it does not match,
 * separated by spaces; "~" is the empty text. */
static const struct {
    const char *regex;
    const char *has;
    const char *lacks;
} languages[] = {
    { "", "~", "a" },
    { "ab", "ab", "~ a b abb" },
    { "a|b|", "a b ~", "ab" },
    { "a?b*c+", "c abbc bcc", "~ a b ab" },
    { "a*?b+?c??", "b aabbc", "~ a cc" },
    { "a++b", "ab aab", "b" },
    { "(?>a|ab)c", "ac", "c" },
    { "a{2}b{1,2}c{2,}", "aabcc aabbccc", "abcc aabc aabbbcc" },
    { "a{0}b{0,1}", "~ b", "a bb" },
    { "a[{],x", "", "a aa" },
    { "[abc][^abc]", "ax b.", "aa x ab" },
    { "[]a][^]a]", "]x a[", "xa ]]" },
    { "[a-c-]+", "abc- -", "d" },
    { "[\\d]\\D\\w\\W", "1a_-", "a1a- 11_- 1aaa" },
    { "[\\w.]+", "a.9_", "~ a-b" },
    { "\\S\\N\\C\\H\\V", "abcde", "abcd" },
    { "\\s|\\h|\\v|\\R|\\n|\\t|\\r|\\f|\\a|\\e", "", "~ a n" },
    { "\\x61\\x{62}\\143?\\o{144}", "", "~ abd" },
    { "\\x61\\x{62}\\o{143}\\056", "abc.", "abc" },
    { "\\x61\\x{62}\\o{143}\\c!\\060", "abca0", "abc" },
    { "\\c;|\\x|\\0", "", "~ ;" },
    { "\\.\\*\\+\\(\\)\\[\\]\\$\\/\\:\\-", ".*+()[]$/:-", "" },
    { "a.b", "axb a.b a/b", "ab" },
    { "\\Qa.b*\\E+", "a.b* a.b***", "axb* a.ba.b" },
    { "\\Qa", "a", "~" },
    { "a\\Q\\E+\\E*", "", "~ b" },
    { "^a$|\\Ab\\z|\\Gc\\Z", "a b c", "~ ab" },
    { "a^b|a$b|(?m)a^b", "", "ab a b" },
    { "(^|x)a($|y)", "a xa ay xay", "ya" },
    { "\\ba\\b.\\B.\\bb", "a--b", "a-ab aa-b a---b" },
    { "a\\b.*", "a a. a-b", "ab a_" },
    { "a\\B.", "ab a_", "a- a" },
    { ".\\Bb", "ab", "-b b" },
    { "-\\B.", "--", "-a" },
    { ".*\\B", "~ a- -", "a -a" },
    { "(?i)aB", "ab", "a" },
    { "aB|(?i:C)d|E", "cd", "ab e" },
    { "a(?i)B|C", "ab c", "b" },
    { "(a(?i)B)C", "", "abc" },
    { "(?i)[A-C][^D]", "ax bb", "ad da" },
    { "(?i-i)A|(?^)B|(?-i:C)", "", "a b c" },
    { "(?x) a b # comment", "ab", "a" },
    { "(?x) a + [b ] \\ | c", "c", "ab aab" },
    { "(?x: a ) b", "", "ab" },
    { "a(?#comment)b(?#x)+", "ab abb", "a" },
    { "(?s).(?m).(?n)(a)(?J)(?U)b", "xyab", "ab" },
    { "(a)(?:b)(?<n>c)(?'o'd)(?P<p>e)(?|f|g)", "abcdef abcdeg", "abcde" },
    { "[[:alpha:]][[:digit:]][[:^alnum:]]", "a1-", "11- a1a" },
    { "[[:lower:]][[:upper:]]?[[:xdigit:]][[:punct:]]", "aa. xf-", "xg-" },
    { "[[:word:]][[:graph:]][[:print:]][[:ascii:]]", "_-ab", "-aaa" },
    { "(?i)[[:upper:]][[:space:][:blank:][:cntrl:]]?", "a", "1" },
    { "[\\x61-\\143][\\b\\n0]", "a0 c0", "d0 ab" },
    { "a{1}{|b", "b", "a" },
    { "(|a)(b|)", "~ a b ab", "ba" },
    { "(a*)*(b+)+", "b aabb", "a" },
    { "(ab{1,2}){2}", "abab abbab", "ab" },
    { "A", "", "a A" },
    { "\\N", "a b", "~" },
    { ".", "a b", "~" },
    { "\\x6a\\x2D\\x7A\\x6f", "j-zo", "" },
    { "\\x611", "a1", "" },
    { "\\0611\\x{00000061}", "11a", "" },
    { "\\x{9}|\\x{ff}|a", "a", "~" },
    { "\\0|a", "a", "~" },
    { "[\\a\\e\\f\\n\\r\\tx]", "x", "a e f n r t" },
    { "[\\x0b-\\ra]", "a", "r" },
    { "\\ca|\\cz|\\cy|\\c~|x", "x", "! : [ ~" },
    { "(?i)[[:digit:]]", "1", "a" },
    { "(?i)[[:^upper:]]", "1", "a" },
    { "[\\1-\\61][\\7x][\\377y][\\60z]", "!xy0 1xyz", "2xy0" },
    { "[\\0-9][\\d-][[:digit:]-]", "!-- 01-", "a11 1a1 11a" },
    { "[b-d-f]", "b c d - f", "a e" },
    { "[^]a]", "b", "] a" },
    { "[Z-[][a-c.][a-]", "[.a [b-", "Zaa a-a [-a [a] [ab" },
    { "[\\x05-\\ba]", "a", "b" },
    { "[\\1417]", "a 7", "1" },
    { "[\\-a]", "- a", "! 0 b" },
    { "\\Q\\a\\E|b", "b", "~" },
    { "a\\Q\\E+b\\E+", "aabb", "b a" },
    { "\\Q-\\ba\\E|x", "x", "-a" },
    { "\\Qab\\E?c", "ac abc", "c" },
    { "\\Qab\\Ec\\Qd", "abcd", "abc" },
    { "(?x)a#b\n c(?#d) \t\r\v\f+", "accc", "a ab" },
    { "(?x)(?-x)a b|(?x)(?^)a b|c", "c", "ab" },
    { "(?i)(?^)A|b", "b", "a" },
    { "(?i:(?^:A)|B)", "b", "a" },
    { "(?^i)A", "a", "~" },
    { "(?x)\\ |[ ]|a", "a", "~" },
    { "(?<n_1>a)(?'o_2'b)(?P<p_3>c)", "abc", "ab" },
    { "a{000001,000002}", "a aa", "~ aaa" },
    { "a{1,9}b{2}", "abb aaaaaaaaabb", "bb aaaaaaaaaabb ab" },
    { "(?i)(?-x)A", "a", "~" },
    { "(?i)a b|c", "c", "ab" },
    { "a{,}|a{}|a{x}|a{1|b", "b", "~ a aa" },
    { "a{1,}b{0}c{2,2}", "acc aacc", "cc ac abcc" },
    { "(a|ab)|c", "a ab c", "b" },
    { "(ab|a)|c", "a ab c", "b" },
    { "(?i:a)*(?x: b )+", "b aabb", "a" },
};

static const char *next_text(const char **at)
{
    size_t len = strcspn(*at, " ");
    const char *word = apr_pstrmemdup(pool, *at, len);

    *at += len + ((*at)[len] ? 1 : 0);
    return strcmp(word, "~") == 0 ? "" : word;
}

/* Like cors_automaton_matches(), but from the end of the text to its start. */
static bool matches_backwards(const cors_automaton_t *automaton,
                              cors_slice_t text)
{
    cors_walk_t *walk = cors_walk_make(pool, automaton);
    cors_states_t set = cors_walk_ends(pool, automaton);
    unsigned i;

    while (text.len > 0) {
        set =
            cors_walk_back(pool, walk, set, cors_symbol(text.ptr[--text.len]));
    }
    for (i = 0; i < set.count; i++) {
        if (set.states[i] == 0) {
            return true;
        }
    }
    return false;
}

static void check_texts(const cors_automaton_t *automaton, const char *regex,
                        const char *texts, bool has)
{
    while (*texts) {
        const char *text = next_text(&texts);

        if (cors_automaton_matches(pool, automaton, exact_copy(text)) != has) {
            fail_msg("'%s' %s '%s'", regex, has ? "lacks" : "has", text);
        }
        if (matches_backwards(automaton, exact_copy(text)) != has) {
            fail_msg("'%s' from its end: '%s'", regex, text);
        }
    }
}

static void tree_matches_the_texts_of_its_regex(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(languages); i++) {
        const char *regex =
            exact_bytes(languages[i].regex, strlen(languages[i].regex) + 1).ptr;
        cors_regex_text_t read;
        const cors_automaton_t *automaton;
        const char *unused;

        cors_regex_read(pool, regex, &read);
        if (read.obstacle) {
            /* only a row without texts may have an obstacle */
            assert_string_equal(languages[i].has, "");
            continue;
        }
        automaton = cors_automaton_make(pool, &read, &unused);
        assert_non_null(automaton);
        check_texts(automaton, regex, languages[i].has, true);
        check_texts(automaton, regex, languages[i].lacks, false);
    }
}

static void obstacles_have_names_and_offsets(void **state)
{
    static const struct {
        const char *regex;
        const char *obstacle;
        unsigned at;
    } rows[] = {
        { "a(?=b)", "look-ahead", 1 },
        { "a(?!b)", "look-ahead", 1 },
        { "a(?*b)", "look-ahead", 1 },
        { "(?<=b)", "look-behind", 0 },
        { "(?<!b)", "look-behind", 0 },
        { "(a)\\1", "a back-reference", 3 },
        { "\\g{1}", "a back-reference or a call", 0 },
        { "\\k<n>", "a back-reference or a call", 0 },
        { "(?P=n)", "a back-reference", 0 },
        { "(?(1)a)", "a condition", 0 },
        { "(?R)", "recursion", 0 },
        { "(?1)", "recursion", 0 },
        { "(?+1)", "recursion", 0 },
        { "(?-1)", "recursion", 0 },
        { "(?&n)", "recursion", 0 },
        { "(?P>n)", "recursion", 0 },
        { "(?C1)", "a callout", 0 },
        { "(*ACCEPT)", "a verb", 0 },
        { "a(*UTF8)", "a verb", 1 },
        { "a\\Kb", "\\K", 1 },
        { "\\p{L}", "a Unicode property", 0 },
        { "\\X", "a Unicode property", 0 },
        { "\\y", "an escape", 0 },
        { "\\N{U+41}", "an escape", 0 },
        { "\\x{100}", "an escape", 0 },
        { "\\x{g}", "an escape", 0 },
        { "\\o1", "an escape", 0 },
        { "\\c\n", "an escape", 0 },
        { "a\\", "a backslash at the end", 1 },
        { "a[b", "a character class", 1 },
        { "[b-a]", "a character class", 0 },
        { "[\\d-z]", "a character class", 0 },
        { "[a-\\d]", "a character class", 0 },
        { "[a-[:digit:]]", "a character class", 0 },
        { "[[:foo:]]", "a character class", 0 },
        { "[[.a.]]", "a character class", 0 },
        { "[\\8]", "a character class", 0 },
        { "[\\777]", "a character class", 0 },
        { "(a", "a group without an end", 1 },
        { "a)", "a parenthesis too many", 1 },
        { "(?", "a group", 0 },
        { "(?xx)a", "a group", 0 },
        { "(?i-s-x)a", "a group", 0 },
        { "(?<1", "look-behind", 0 },
        { "(?#a", "a comment", 4 },
        { "(?x)a#\r", "a comment", 6 },
        { "*a", "a quantifier of nothing", 0 },
        { "a|+", "a quantifier of nothing", 2 },
        { "{2}", "a quantifier of nothing", 0 },
        { "^*", "a quantifier", 1 },
        { "\\b+", "a quantifier", 2 },
        { "a{3,2}", "a quantifier", 6 },
        { "a{70000}", "a quantifier", 8 },
        { "a{,2}", "a quantifier", 1 },
        { "a{ 1 }", "a quantifier", 1 },
        { "a{1}{2}", "a quantifier of a quantifier", 4 },
        { "a+?*", "a quantifier of a quantifier", 3 },
        { "(?x)a+ ?", "a quantifier of a quantifier", 7 },
        { "a(?#x)(?#", "a comment", 9 },
        { "\\x{}", "an escape", 0 },
        { "\\x{61", "an escape", 0 },
        { "\\x{000000061}", "an escape", 0 },
        { "\\o{400}", "an escape", 0 },
        { "\\c ", "an escape", 0 },
        { "\\c\x7f", "an escape", 0 },
        { "\\c\xe4", "an escape", 0 },
        { "[[:alpha:x]]", "a character class", 0 },
        { "[[:alpha.]]", "a character class", 0 },
        { "[\\400]", "a character class", 0 },
        { "[a-\\8]", "a character class", 0 },
        { "[[=a=]]", "a character class", 0 },
        { "[!-[.b.]]", "a character class", 0 },
        { "[!-[=b=]]", "a character class", 0 },
        { "[a-", "a character class", 0 },
        { "[\\0-", "a character class", 0 },
        { "[[", "a character class", 0 },
        { "[\\", "a character class", 0 },
        { "[[:digit:]-z]", "a character class", 0 },
        { "(?x)a#\x85", "a comment", 6 },
        { "(?x)a#\v", "a comment", 6 },
        { "(?x)a#\f", "a comment", 6 },
        { "(?<n'a)", "look-behind", 0 },
        { "(?<=b>c)", "look-behind", 0 },
        { "(?<>a)", "look-behind", 0 },
        { "(?'n>a)", "a group", 0 },
        { "(?P'n'a)", "recursion", 0 },
        { "(?i^)a", "a group", 0 },
        { "(?z)a", "a group", 0 },
        { "(?i", "a group", 0 },
        { "(?:a", "a group without an end", 3 },
        { "a(?>b", "a group without an end", 4 },
        { "(?<n>a", "a group without an end", 5 },
        { "a{0000001}", "a quantifier", 1 },
        { "a{1,0000002}", "a quantifier", 1 },
        { "a{1 ,2}", "a quantifier", 1 },
        { "a{65536}", "a quantifier", 8 },
        { "a{1,65536}", "a quantifier", 10 },
        { "a{65536,}", "a quantifier", 9 },
        { "\\Qa\\E{2}{3}", "a quantifier of a quantifier", 8 },
        { "\\G?", "a quantifier", 2 },
        { "(a|b*+*)", "a quantifier of a quantifier", 6 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const char *regex =
            exact_bytes(rows[i].regex, strlen(rows[i].regex) + 1).ptr;
        cors_regex_text_t read;

        cors_regex_read(pool, regex, &read);
        assert_null(read.root);
        same_text(regex, read.obstacle, rows[i].obstacle);
        same_number(regex, (long)read.at, rows[i].at);
    }
}

static void possessive_and_atomic_parts_are_not_exact(void **state)
{
    static const struct {
        const char *regex;
        bool exact;
    } rows[] = {
        { "a+", true },          { "a+?", true },         { "a++", false },
        { "a?+", false },        { "a{2}+", false },      { "a{2}?", true },
        { "(?>a)", false },      { "(?|a)", true },       { "(?:a)", true },
        { "a++b+?", false },     { "(?>a)(?|b)", false }, { "b+?a++", false },
        { "(?|b)(?>a)", false }, { "\\Qa\\E++", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_regex_text_t read;

        cors_regex_read(pool, rows[i].regex, &read);
        assert_non_null(read.root);
        same_number(rows[i].regex, read.exact, rows[i].exact);
    }
}

static void assertions_are_detected(void **state)
{
    static const char *const with[] = { "^",    "a$",   "\\Aa", "a\\z",
                                        "\\Ga", "a\\Z", "\\b",  "(a|\\B)" };
    static const char *const without[] = { "",       "a",        "[$^]",
                                           "\\^\\$", "\\Q^$\\E", "[\\b]" };
    cors_regex_text_t read;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(with); i++) {
        cors_regex_read(pool, with[i], &read);
        same_number(with[i], read.assertions, true);
    }
    for (i = 0; i < COUNT(without); i++) {
        cors_regex_read(pool, without[i], &read);
        same_number(without[i], read.assertions, false);
    }
}

static void repeat_count_is_at_most_65535(void **state)
{
    static const char *const rows[] = { "a{65535}", "a{65535,}", "a{0,65535}",
                                        "a{65535,65535}" };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_regex_text_t read;

        cors_regex_read(pool, rows[i], &read);
        same_text(rows[i], read.obstacle, NULL);
    }
}

static void groups_nest_100_deep(void **state)
{
    cors_regex_text_t read;

    (void)state;
    cors_regex_read(pool,
                    apr_pstrcat(pool, repeat_text("(", 100), "a",
                                repeat_text(")", 100), NULL),
                    &read);
    assert_non_null(read.root);
    cors_regex_read(pool,
                    apr_pstrcat(pool, repeat_text("(", 101), "a",
                                repeat_text(")", 101), NULL),
                    &read);
    same_text("101", read.obstacle, "too many groups in one another");
    cors_regex_read(pool, repeat_text("((a))", 100), &read);
    same_text("200 side by side", read.obstacle, NULL);
}

static void ambiguous_regexes_are_costly(void **state)
{
    static const struct {
        const char *regex;
        bool costly;
    } rows[] = {
        { "https://example\\.com", false },
        { "https://.*\\.example\\.com(:\\d+)?", false },
        { "https?://(.*\\.)?example\\.com", false },
        { "([a-z0-9-]+\\.)*example\\.com", false },
        { "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+example\\.com", false },
        { "(a|b)*c", false },
        { "a*a*a*b", false },
        { ".*\\..*\\..*x", false },
        /* exponential backtracking */
        { "(([a-z])+.)+[A-Z]([a-z])+", true },
        { "(a+)+b", true },
        { "(a*)*b", true },
        { "(a|a)*b", true },
        { "(a|ab|b)*c", true },
        { "(a?a)*b", true },
        { "(.*,?)*x", true },
        { "(?:[a-z0-9]+[-.]?)*evil.*", true },
        /* polynomial backtracking of a high degree */
        { "a*a*a*a*b", true },
        { ".*.*.*.*x", true },
        /* a loop that is too large to be analyzed */
        { "(a{300}b?)*", true },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_regex_text_t read;
        const cors_automaton_t *automaton;
        const char *unused;

        cors_regex_read(pool, rows[i].regex, &read);
        automaton = cors_automaton_make(pool, &read, &unused);
        assert_non_null(automaton);
        same_number(rows[i].regex, cors_regex_is_costly(pool, automaton),
                    rows[i].costly);
    }
}

static void symbols_are_the_bytes_of_origins(void **state)
{
    (void)state;
    assert_int_equal(cors_symbols(CORS_SYMBOLS),
                     ((cors_symbols_t)1 << strlen(CORS_SYMBOLS)) - 1);
    assert_int_equal(cors_symbol('a'), 1);
    assert_int_equal(cors_symbol('A'), 0);
    assert_int_equal(cors_symbol('\0'), 0);
    assert_int_equal(cors_symbols("a a"), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(tree_matches_the_texts_of_its_regex),
        TEST(obstacles_have_names_and_offsets),
        TEST(possessive_and_atomic_parts_are_not_exact),
        TEST(assertions_are_detected),
        TEST(repeat_count_is_at_most_65535),
        TEST(groups_nest_100_deep),
        TEST(ambiguous_regexes_are_costly),
        TEST(symbols_are_the_bytes_of_origins),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
