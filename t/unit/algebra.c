/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Comparisons of two lists of origins: common changes with the expected answer, and
 * random lists, of which the set of a request knows the origins. */

#include "unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/origin/algebra.h"
#include "core/origin/origin_set.h"

#define SAME CORS_ALGEBRA_CONTAINED
#define MORE CORS_ALGEBRA_DIFFERS
#define UNDECIDED CORS_ALGEBRA_UNDECIDED

/* One entry: "!" before an exclusion, "/" before a regular expression, "@" before a
 * file. "|" precedes the entries of the list that is edited. */
static cors_origin_entry_t entry_of(const char *text)
{
    cors_origin_entry_t word;

    memset(&word, 0, sizeof(word));
    word.exclude = *text == '!';
    text += word.exclude;
    word.regex = *text == '/';
    word.file = *text == '@';
    word.text = text + (word.regex || word.file);
    return word;
}

static cors_algebra_list_t *list_of(const char *entries, bool null_ok)
{
    cors_algebra_list_t *list = cors_algebra_make(pool, null_ok);
    char *rest = apr_pstrdup(pool, entries);
    char *entry;

    while ((entry = apr_strtok(rest, " ", &rest)) != NULL) {
        const cors_origin_entry_t word = entry_of(entry);

        if (strcmp(entry, "|") == 0) {
            cors_algebra_edit(list);
            continue;
        }
        assert_int_equal(cors_algebra_add(list, &word), CORS_OK);
    }
    return list;
}

#define D243                                                                   \
    "a123456789b123456789c123456789d123456789e123456789f123456789.a123456789"  \
    "b123456789c123456789d123456789e123456789f123456789.a123456789b123456789"  \
    "c123456789d123456789e123456789f123456789.a123456789b123456789c123456789"  \
    "d123456789e123456789f123456789"
#define D251 D243 ".abcdefg"

/* The answer, and the witness or the obstacle. */
static const struct {
    const char *name;
    const char *first;
    const char *second;
    cors_algebra_e answer;
    const char *text;
} rows[] = {
    { "nothing in nothing", "", "", SAME, NULL },
    { "None is nothing", "None", "", SAME, NULL },
    { "an origin in nothing", "https://a.com", "", MORE, "https://a.com" },
    { "nothing in an origin", "", "https://a.com", SAME, NULL },
    { "the same origin", "https://a.com", "https://a.com", SAME, NULL },
    { "another scheme", "https://a.com", "http://a.com", MORE,
      "https://a.com" },
    { "another port", "https://a.com:8443", "https://a.com", MORE,
      "https://a.com:8443" },
    { "the order does not matter", "https://a.com https://b.com",
      "https://b.com https://a.com", SAME, NULL },
    { "the last origin is new", "https://a.com https://b.com", "https://a.com",
      MORE, "https://b.com" },
    { "a wildcard covers an origin", "https://x.a.com", "https://*.a.com", SAME,
      NULL },
    { "a wildcard does not cover its domain", "https://a.com",
      "https://*.a.com", MORE, "https://a.com" },
    { "an origin does not cover a wildcard", "https://*.a.com",
      "https://a.com https://x.a.com", MORE, "https://any-other.a.com" },
    { "a wider wildcard covers a narrower one", "https://*.b.a.com",
      "https://*.a.com", SAME, NULL },
    { "a narrower wildcard does not cover a wider one", "https://*.a.com",
      "https://*.b.a.com", MORE, "https://any-other.a.com" },
    { "the label is in no entry", "https://*.a.com",
      "https://any-other.a.com https://any-other-1.a.com", MORE,
      "https://any-other-2.a.com" },
    { "the first list mentions a label",
      "https://*.a.com !https://any-other.a.com", "", MORE,
      "https://any-other-1.a.com" },
    { "the first list mentions a port", "https://a.com:* !https://a.com:65535",
      "https://a.com", MORE, "https://a.com:65534" },
    { "a name of one label", "https://*.a.com",
      "https://any-other https://any-other-1", MORE,
      "https://any-other-2.a.com" },
    { "a label with a number that is not one", "https://*.a.com",
      "https://any-other-x.a.com https://any-other-1x.a.com", MORE,
      "https://any-other-1.a.com" },
    { "any port covers each port", "https://a.com https://a.com:1",
      "https://a.com:*", SAME, NULL },
    { "a port does not cover any port", "https://a.com:*",
      "https://a.com https://a.com:1", MORE, "https://a.com:65535" },
    { "the port is in no entry", "https://a.com:*",
      "https://a.com https://a.com:65535 https://b.com:65534", MORE,
      "https://a.com:65533" },
    { "without a port comes first", "https://a.com:*", "", MORE,
      "https://a.com" },
    { "a wildcard with any port", "https://*.a.com:*",
      "https://*.a.com https://a.com:*", MORE,
      "https://any-other.a.com:65535" },
    { "an exclusion makes a list smaller",
      "https://a.com https://b.com !https://a.com", "https://b.com", SAME,
      NULL },
    { "an exclusion is new", "https://*.a.com",
      "https://*.a.com !https://x.a.com", MORE, "https://x.a.com" },
    { "an exclusion is gone", "https://*.a.com !https://x.a.com",
      "https://*.a.com", SAME, NULL },
    { "the same exclusion", "https://*.a.com !https://x.a.com",
      "https://*.a.com !https://x.a.com", SAME, NULL },
    { "an exclusion of a wildcard", "https://*.a.com",
      "https://*.a.com !https://*.b.a.com", MORE, "https://any-other.b.a.com" },
    { "an exclusion of more than the list", "https://*.b.a.com",
      "https://*.b.a.com !https://*.a.com", MORE, "https://any-other.b.a.com" },
    { "an exclusion of something else", "https://*.a.com",
      "https://*.a.com !https://b.com", SAME, NULL },
    { "an exclusion of one port", "https://a.com:*",
      "https://a.com:* !https://a.com:77", MORE, "https://a.com:77" },
    { "an exclusion of one port of a wider wildcard", "https://*.b.a.com:*",
      "https://*.b.a.com:* !https://*.a.com:77", MORE,
      "https://any-other.b.a.com:77" },
    { "that exclusion is for another scheme", "https://*.b.a.com:*",
      "https://*.b.a.com:* !http://*.a.com:77", SAME, NULL },
    { "an exclusion of any port of a narrower wildcard", "https://*.a.com:77",
      "https://*.a.com:77 !https://*.b.a.com:*", MORE,
      "https://any-other.b.a.com:77" },
    { "an exclusion of any port of an origin", "https://*.a.com:77",
      "https://*.a.com:77 !https://b.a.com:*", MORE, "https://b.a.com:77" },
    { "any port of any name, except one port", "https://*.a.com:*",
      "https://*.a.com:* !https://*.a.com:77", MORE,
      "https://any-other.a.com:77" },
    { "the first of two pairs", "https://*.b.a.com:* https://*.c.com:88",
      "https://*.b.a.com:* https://*.c.com:88 "
      "!https://*.a.com:77 !https://x.c.com:*",
      MORE, "https://any-other.b.a.com:77" },
    { "four hosts with any port, and four exclusions of one port of others",
      "https://a.com:* https://b.com:* https://c.com:* https://d.com:*",
      "https://a.com:* https://b.com:* https://c.com:* https://d.com:* "
      "!https://*.e.com:1 !https://*.f.com:2 !https://*.g.com:3 "
      "!https://*.h.com:4",
      SAME, NULL },
    { "both exclude the same part", "https://*.a.com:77 !https://b.a.com:*",
      "https://*.a.com:77 !https://b.a.com:*", SAME, NULL },
    { "* in a list", "*", "https://*.a.com", MORE,
      "https://any-other.example" },
    { "* in almost all", "*", "https://any-other.example https://*.example",
      MORE, "https://any-other-1" },
    { "* in *", "*", "*", SAME, NULL },
    { "a list in *", "https://a.com null", "*", SAME, NULL },
    { "* in * with an exclusion", "*", "* !https://a.com", MORE,
      "https://a.com" },
    { "* with an exclusion in *", "* !https://a.com", "*", SAME, NULL },
    { "null", "null", "https://a.com", MORE, "null" },
    { "null comes after patterns", "https://a.com null", "", MORE,
      "https://a.com" },
    { "null in null", "null", "null", SAME, NULL },
    { "* except null", "*", "* !null", MORE, "null" },
    { "null that is excluded", "null !null", "", SAME, NULL },
    { "* except null in nothing but null", "* !null", "null", MORE,
      "https://any-other.example" },
    { "file", "file://", "https://a.com", MORE, "file://" },
    { "all extensions", "moz-extension://*", "moz-extension://a", MORE,
      "moz-extension://any-other" },
    { "one extension in all", "moz-extension://a", "moz-extension://*", SAME,
      NULL },
    { "one with a port is not in all", "moz-extension://a:*",
      "moz-extension://*", MORE, "moz-extension://a:65535" },
    { "extensions of another scheme", "moz-extension://*",
      "chrome-extension://*", MORE, "moz-extension://any-other" },
    { "all extensions are excluded", "*", "* !moz-extension://*", MORE,
      "moz-extension://any-other" },
    { "all extensions but one", "moz-extension://* !moz-extension://a",
      "moz-extension://*", SAME, NULL },
    { "one less in all extensions", "moz-extension://*",
      "moz-extension://* !moz-extension://a", MORE, "moz-extension://a" },
    { "all extensions in a regular expression", "moz-extension://*",
      "/moz-extension://[^:/]+", SAME, NULL },
    { "all extensions, some of which a regular expression matches",
      "moz-extension://*", "/moz-extension://[a-z]+", MORE,
      "moz-extension://any-other" },
    { "a regular expression in all extensions", "/moz-extension://[a-z]+",
      "moz-extension://*", SAME, NULL },
    { "a regular expression in four origins", "/https://[a-d]\\.com",
      "https://a.com https://b.com https://c.com https://d.com", SAME, NULL },
    { "null comes before regular expressions", "null /https://a[0-9]\\.com",
      "/https://a[0-8]\\.com", MORE, "null" },
    { "patterns come before regular expressions",
      "https://*.b.a.com:* /https://a[0-9]\\.com",
      "https://*.b.a.com:* !https://*.a.com:77 /https://a[0-8]\\.com", MORE,
      "https://any-other.b.a.com:77" },
    { "an IPv6 address", "http://[::1]:*", "http://[::1]", MORE,
      "http://[::1]:65535" },
    { "Self", "Self", "", UNDECIDED, "Self" },
    { "Self in both", "Self", "Self", SAME, NULL },
    { "Self and an origin", "Self https://a.com", "Self", MORE,
      "https://a.com" },
    { "Self in the second", "https://a.com", "Self https://a.com", SAME, NULL },
    { "an exclusion of Self", "*", "* !Self", UNDECIDED, "Self" },
    { "Self with a regular expression", "Self /https://a[0-9]\\.com",
      "Self /https://a[0-8]\\.com", MORE, "https://a9.com" },

    { "an exclusion of Self beside a regular expression",
      "/https://a[0-9]\\.com !Self", "/https://a[0-8]\\.com", MORE,
      "https://a9.com" },
    { "an exclusion of Self from a regular expression", "/https://a[0-9]\\.com",
      "/https://a[0-9]\\.com !Self", UNDECIDED, "Self" },

    { "an edit adds", "https://a.com | https://b.com", "https://b.com", MORE,
      "https://a.com" },
    { "an edit removes", "https://b.com", "!https://b.com | https://b.com",
      MORE, "https://b.com" },
    { "the inner list decides first",
      "https://a.com | https://*.com !https://a.com",
      "https://*.com !https://a.com", MORE, "https://a.com" },
    { "what the inner list adds, the outer one does not exclude",
      "https://a.com", "https://a.com | !https://a.com", SAME, NULL },
    { "an exclusion of the outer list", "https://*.a.com",
      "https://x.a.com | https://*.a.com !https://*.x.a.com !https://x.a.com",
      MORE, "https://any-other.x.a.com" },
    { "three lists", "https://x.a.com",
      "!https://x.a.com | https://x.a.com | https://*.a.com", MORE,
      "https://x.a.com" },
    { "an edit with a regular expression",
      "https://a1.com | /https://a[0-9]\\.com",
      "!/https://a[0-8]\\.com | /https://a[0-9]\\.com", MORE,
      "https://a1.com" },
    { "an edit excludes by a regular expression", "/https://a[0-9]\\.com",
      "!/https://a5\\.com | /https://a[0-9]\\.com", MORE, "https://a5.com" },
    { "what a regular expression of the inner list adds, one of the outer list "
      "does not exclude",
      "/https://a[0-9]\\.com", "/https://a[0-9]\\.com | !/https://a5\\.com",
      SAME, NULL },
    { "an unknown entry cannot exclude what the first list has",
      "https://a.com @file", "https://b.com", MORE, "https://a.com" },
    { "an unknown entry of the second list may list it", "https://a.com",
      "https://b.com @file", UNDECIDED, "file file" },
    { "an unknown exclusion of the second list cannot list it", "https://a.com",
      "https://b.com !/https://(?=x)", MORE, "https://a.com" },
    { "an unknown exclusion of the first list may exclude it",
      "https://a.com !/https://(?=x)", "https://b.com", UNDECIDED,
      "regular expression https://(?=x): look-ahead" },
    { "null of the outer list", "null", "!null | null", MORE, "null" },
    { "a file", "@/etc/origins", "", UNDECIDED, "file /etc/origins" },
    { "a wildcard without room for a label", "https://*." D251, "", UNDECIDED,
      "name of the maximum length" },
    { "a wildcard with hardly any room for a label", "https://*.x" D243, "",
      UNDECIDED, "name that browsers may not send" },
    { "the same regular expression", "/https://[a-z]+\\.a\\.com",
      "/https://[a-z]+\\.a\\.com", SAME, NULL },
    { "the same, written differently", "/https://(a|b)\\.com(:\\d+)?",
      "/https://b\\.com(:[0-9]+)?|https://a\\.com(:[0-9]+)?", SAME, NULL },
    { "one more in a regular expression", "/https://(a|b|c)\\.com",
      "/https://(a|b)\\.com", MORE, "https://c.com" },
    { "a dot that is not escaped", "/https://a.com", "/https://a\\.com", MORE,
      "https://a1com" },
    { "a port", "/https://a\\.com(:\\d+)?", "https://a.com", MORE,
      "https://a.com:1" },
    { "a regular expression in a wildcard", "/https://[a-z]+\\.a\\.com",
      "https://*.a.com", SAME, NULL },
    { "a regular expression in any port", "/https://a\\.com(:8\\d\\d\\d)?",
      "https://a.com:*", SAME, NULL },
    { "a regular expression in one port", "/https://a\\.com:80[01]",
      "https://a.com:800", MORE, "https://a.com:801" },
    { "a regular expression in two ports", "/https://a\\.com(:\\d)?",
      "https://a.com https://a.com:1", MORE, "https://a.com:2" },
    { "a wildcard in a regular expression", "https://*.a.com",
      "/https://[a-z]+\\.a\\.com", MORE, "https://any-other.a.com" },
    { "a wildcard in one of the same size", "https://*.a.com",
      "/https://[^:/]+\\.a\\.com", SAME, NULL },
    { "a wildcard of which only some names match", "https://*.a.com",
      "/https://([a-z-].*)\\.a\\.com", MORE, "https://1.a.com" },
    { "an exclusion by a regular expression", "https://*.a.com",
      "https://*.a.com !/https://x\\d\\.a\\.com", MORE, "https://x1.a.com" },
    { "an exclusion from a regular expression",
      "/https://x\\d\\.a\\.com !/https://x[1-9]\\.a\\.com !https://x0.a.com",
      "", SAME, NULL },
    { "a regular expression in *", "/https://.*", "*", SAME, NULL },
    { "* in a regular expression", "*", "/https?://.*", MORE, "null" },
    { "* in the names of one scheme", "* !null", "/https://.*", MORE, "a://a" },
    { "* with an exclusion in a regular expression", "* !null",
      "/[a-z][a-z0-9+.-]*://.+", SAME, NULL },
    { "an end before another state", "/https://(?:a|a\\.b)", "", MORE,
      "https://a" },
    { "an end after another state", "/https://(?:a\\.b|a)", "", MORE,
      "https://a" },
    { "nothing that a browser sends", "/https://a\\.com/", "", SAME, NULL },
    { "a host that no browser sends", "/https://10\\.256", "", UNDECIDED,
      "name that browsers may not send" },
    { "the default port", "/https://a\\.com:443", "", UNDECIDED,
      "name that browsers may not send" },
    { "a byte that nobody uses", "/https://a!b\\.com", "", MORE,
      "https://a!b.com" },
    { "a host of one byte", "https://a", "/https://a", SAME, NULL },
    { "no file in a regular expression", "file://", "/file://", MORE,
      "file://" },
    { "look-ahead", "/https://(?!x)a\\.com", "*", UNDECIDED,
      "regular expression https://(?!x)a\\.com: look-ahead" },
    { "an atomic group", "/https://(?>a|ab)\\.com", "", UNDECIDED,
      "regular expression https://(?>a|ab)\\.com: atomic group or possessive "
      "quantifier" },
    { "a name longer than any", "/https://a{320}\\.com", "", SAME, NULL },
    { "an origin of the maximum length",
      "/[a-z]{64}://([a-z]{63}\\.){3}[a-z]{63}:65535", "", UNDECIDED,
      "name that browsers may not send" },
    { "one byte more", "/[a-z]{65}://([a-z]{63}\\.){3}[a-z]{63}:65535", "",
      SAME, NULL },
    { "too many states that are no start of an origin", "/!.*a.{14}", "", SAME,
      NULL },
    { "too many states of no origin in the first list", "/https://a",
      "/https://[ab]|https://.*b.{14}", SAME, NULL },
    { "too many states", "/https://(.{40}x.{40}){20}",
      "/https://.*a.{60}|https://.*b.{60}", UNDECIDED,
      "too large to be decided" },
};

static void check_row(void **state)
{
    const size_t row =
        (size_t)((const char *)*state - (const char *)rows) / sizeof(rows[0]);
    cors_difference_t result;

    cors_algebra_compare(pool, list_of(rows[row].first, true),
                         list_of(rows[row].second, true), &result);
    same_text("obstacle", result.obstacle,
              rows[row].answer == UNDECIDED ? rows[row].text : NULL);
    same_text("witness", result.witness,
              rows[row].answer == MORE ? rows[row].text : NULL);
    same_number("answer", (long)result.answer, (long)rows[row].answer);
}

static void null_counts_only_where_it_is_allowed(void **state)
{
    cors_difference_t result;

    (void)state;
    cors_algebra_compare(pool, list_of("null", false), list_of("", false),
                         &result);
    assert_int_equal(result.answer, SAME);
    cors_algebra_compare(pool, list_of("null", true), list_of("null", false),
                         &result);
    same_text("witness", result.witness, "null");
    cors_algebra_compare(pool, list_of("*", false), list_of("", false),
                         &result);
    assert_int_equal(result.answer, MORE);
}

static void a_list_is_in_itself(void **state)
{
    cors_algebra_list_t *list = list_of("https://*.a.com /https://b+", false);
    cors_difference_t result;

    (void)state;
    cors_algebra_compare(pool, list, list, &result);
    assert_int_equal(result.answer, SAME);
}

static void an_invalid_entry_changes_nothing(void **state)
{
    cors_algebra_list_t *list = list_of("", false);
    const cors_origin_entry_t word = entry_of("https://A.com");
    cors_difference_t result;

    (void)state;
    assert_int_equal(cors_algebra_add(list, &word),
                     CORS_PROBLEM_ORIGIN_HOST_CASE);
    cors_algebra_compare(pool, list, list_of("", false), &result);
    assert_int_equal(result.answer, SAME);
}

/* The level of a list that lists or excludes an origin. */
static const struct {
    const char *name;
    const char *list;
    const char *origin;
    int level;
    bool listed;
} level_rows[] = {
    { "no level lists it", "https://a.com | https://*.a.com", "https://b.com",
      -1, false },
    { "the innermost level lists it", "https://a.com | !https://a.com",
      "https://a.com", 0, true },
    { "an outer level excludes it", "https://b.com | !https://a.com | *",
      "https://a.com", 1, false },
    { "the second regular expression of a level lists it",
      "https://b.com | /https://b+ /https://a\\.com", "https://a.com", 1,
      true },
    { "Self does not list it", "Self | https://a.com", "https://a.com", 1,
      true },
};

static void check_level(void **state)
{
    const size_t row = (size_t)((const char *)*state - (const char *)level_rows)
                       / sizeof(level_rows[0]);
    bool listed;

    same_number("level",
                cors_algebra_level(pool, list_of(level_rows[row].list, true),
                                   level_rows[row].origin, &listed),
                level_rows[row].level);
    assert_int_equal(listed, level_rows[row].listed);
}

/* A list of many origins and, in the other list, the same but the last. */
static void a_hundred_thousand_origins(void **state)
{
    cors_algebra_list_t *longer = cors_algebra_make(pool, false);
    cors_algebra_list_t *shorter = list_of("https://*.n.com", false);
    cors_difference_t result;
    int i;

    (void)state;
    for (i = 0; i < 100000; i++) {
        const cors_origin_entry_t word =
            entry_of(apr_psprintf(pool, "https://a%d.com", i));

        assert_int_equal(cors_algebra_add(longer, &word), CORS_OK);
        if (i < 99999) {
            assert_int_equal(cors_algebra_add(shorter, &word), CORS_OK);
        }
    }
    cors_algebra_compare(pool, longer, shorter, &result);
    same_text("witness", result.witness, "https://a99999.com");
}

/* Pairs of 1500 patterns exceed the limit; pairs of 900 do not. */
static void pairs_are_limited(void **state)
{
    static const int counts[] = { 900, 1500 };
    size_t n;

    (void)state;
    for (n = 0; n < COUNT(counts); n++) {
        cors_algebra_list_t *first = cors_algebra_make(pool, false);
        cors_algebra_list_t *second = list_of("https://*.com:*", false);
        cors_difference_t result;
        int i;

        for (i = 0; i < counts[n]; i++) {
            const cors_origin_entry_t one =
                entry_of(apr_psprintf(pool, "https://a%d.com:*", i));
            const cors_origin_entry_t other =
                entry_of(apr_psprintf(pool, "!https://*.b%d.com:77", i));

            assert_int_equal(cors_algebra_add(first, &one), CORS_OK);
            assert_int_equal(cors_algebra_add(second, &other), CORS_OK);
        }
        cors_algebra_compare(pool, first, second, &result);
        same_text("obstacle", result.obstacle,
                  n ? "too large to be decided" : NULL);
        assert_int_equal(result.answer, n ? UNDECIDED : SAME);
    }
}

/* A comparison needs one port from 1024 and one label that no entry mentions. */
static void unmentioned_names_are_limited(void **state)
{
    static const struct {
        const char *format;
        const char *wildcard;
        int from;
        const char *last; /* the number 1024 or 65535, which is left out */
    } rows_of[] = {
        { "https://a.com:%d", "https://a.com:*", 1025, "https://a.com:1024" },
        { "https://any-other-%d.b.com", "https://*.b.com https://any-other.c",
          1, "https://any-other-65535.b.com" },
    };
    size_t n;
    int i;

    (void)state;
    for (n = 0; n < COUNT(rows_of); n++) {
        cors_algebra_list_t *first = list_of(rows_of[n].wildcard, false);
        cors_algebra_list_t *second = list_of("https://a.com", false);
        const cors_origin_entry_t last = entry_of(rows_of[n].last);
        cors_difference_t result;

        for (i = rows_of[n].from; i < (n ? 65535 : 65536); i++) {
            const cors_origin_entry_t word =
                entry_of(apr_psprintf(pool, rows_of[n].format, i));

            assert_int_equal(cors_algebra_add(second, &word), CORS_OK);
        }
        cors_algebra_compare(pool, first, second, &result);
        same_text("one is left", result.witness, rows_of[n].last);
        assert_int_equal(cors_algebra_add(second, &last), CORS_OK);
        cors_algebra_compare(pool, first, second, &result);
        same_text("none is left", result.obstacle, "too large to be decided");
    }
}

/* The automaton of this regular expression reads 84390 states and moves at each "a", or
 * at each other choice. */
static const char *slow_regex(const char *choice, const char *after)
{
    return apr_pstrcat(pool, "/https://(?:", choice,
                       repeat_text(apr_pstrcat(pool, "|", choice, NULL), 289),
                       ")*", after, NULL);
}

/* Names of 60 "a" cost 5 million each. 15 of them leave time to find the last origin,
 * 30 do not. */
static void work_of_matches_is_limited(void **state)
{
    static const int counts[] = { 15, 30 };
    const char *name =
        apr_pstrcat(pool, "https://", repeat_text("a", 60), NULL);
    size_t n;

    (void)state;
    for (n = 0; n < COUNT(counts); n++) {
        const char *first = apr_pstrcat(pool, "!", slow_regex("a", ""), NULL);
        cors_difference_t result;
        int i;

        for (i = 0; i < counts[n]; i++) {
            first = apr_psprintf(pool, "%s %s.b:%d", first, name, i + 1000);
        }
        cors_algebra_compare(
            pool, list_of(apr_pstrcat(pool, first, " https://z.com", NULL), 0),
            list_of("https://*.b:*", false), &result);
        same_text("witness", result.witness, n ? NULL : "https://z.com");
        same_text("obstacle", result.obstacle,
                  n ? "too large to be decided" : NULL);
    }
}

/* The walk reads these moves for each set of states: 2 sets in the first row, 8 in the
 * second. The memory is far below its own limit. */
static void work_of_a_walk_is_limited(void **state)
{
    static const char *const rows_of[][2] = {
        { "a", NULL },
        { "a..", "too large to be decided" },
    };
    size_t n;

    (void)state;
    for (n = 0; n < COUNT(rows_of); n++) {
        const char *after = rows_of[n][0];
        cors_difference_t result;

        cors_algebra_compare(
            pool, list_of(slow_regex(".", after), false),
            list_of(apr_pstrcat(pool, "/https://.*", after, NULL), false),
            &result);
        same_text(after, result.obstacle, rows_of[n][1]);
    }
}

/* The memory of a walk is limited as well. The first walk needs 29.7 MB and finds an
 * origin, the second one needs 30.1 MB. Where addresses are shorter, it needs less. */
static void memory_of_a_walk_is_limited(void **state)
{
    static const char *const seconds[] = { "/https://.*bc",
                                           "/https://.*b /https://x" };
    size_t n;

    (void)state;
    for (n = 0; n < COUNT(seconds); n++) {
        const bool limited = n > 0 && sizeof(void *) >= 8;
        cors_difference_t result;

        cors_algebra_compare(pool, list_of("/https://.*a.{10}", false),
                             list_of(seconds[n], false), &result);
        same_text(seconds[n], result.witness,
                  limited ? NULL : "https://a1111111111");
        same_text(seconds[n], result.obstacle,
                  limited ? "too large to be decided" : NULL);
    }
}

/* Beside a regular expression, the other entries of a list have at most 12000 states
 * together: each of these needs 256. */
static void patterns_beside_a_regex_are_limited(void **state)
{
    static const int counts[] = { 46, 47 };
    size_t n;

    (void)state;
    for (n = 0; n < COUNT(counts); n++) {
        cors_algebra_list_t *second = cors_algebra_make(pool, false);
        cors_difference_t result;
        int i;

        for (i = 0; i < counts[n]; i++) {
            const cors_origin_entry_t word =
                entry_of(apr_psprintf(pool, "https://x%d." D243, i + 1000));

            assert_int_equal(cors_algebra_add(second, &word), CORS_OK);
        }
        cors_algebra_compare(pool, list_of("/https://a[12]", false), second,
                             &result);
        same_text("witness", result.witness, n ? NULL : "https://a2");
        same_text("obstacle", result.obstacle,
                  n ? "too large to be decided" : NULL);
    }
}

/* All regular expressions of a list have at most 100000 states. */
static void states_are_limited(void **state)
{
    static const struct {
        const char *last;
        const char *obstacle;
    } rows_of[] = { { "a{3999}", NULL },
                    { "a{4000}", "too large to be decided" } };
    size_t n;

    (void)state;
    for (n = 0; n < COUNT(rows_of); n++) {
        cors_algebra_list_t *list =
            list_of(apr_pstrcat(pool, repeat_text("/a{11999} ", 8), "/",
                                rows_of[n].last, NULL),
                    false);
        cors_difference_t result;

        cors_algebra_compare(pool, list, list_of("", false), &result);
        same_text(rows_of[n].last, result.obstacle, rows_of[n].obstacle);
    }
}

static apr_uint64_t seed;

static unsigned random_below(unsigned count)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % count;
}

#define ONE(texts) (texts)[random_below(COUNT(texts))]

static const char *const schemes[] = { "https", "http" };
static const char *const hosts[] = { "a.com", "b.a.com", "x.a.com", "c.b.a.com",
                                     "x.b.a.com" };
static const char *const ports[] = { "", "", ":1", ":2", ":*", ":*" };

static const char *random_entry(bool regexes)
{
    static const char *const regex[] = {
        "https?://a\\.com",          "https://.*\\.a\\.com",
        "https://[bx]\\.a\\.com",    "https://([a-z]\\.)*a\\.com",
        "https://.+(:[12])?",        "http://[^:/]+\\.b\\.a\\.com:\\d",
        "https://[^.]+\\.a\\.com.*", "https?://(b|c\\.b)\\.a\\.com(:\\d+)?"
    };
    static const char *const rare[] = { "*", "null", "None", "https://a.com" };
    const char *exclude = random_below(3) ? "" : "!";

    if (random_below(15) == 0) {
        return apr_pstrcat(pool, exclude, ONE(rare), NULL);
    }
    if (regexes && random_below(3) == 0) {
        return apr_pstrcat(pool, exclude, "/", ONE(regex), NULL);
    }
    return apr_pstrcat(pool, exclude, ONE(schemes), "://",
                       random_below(2) ? "" : "*.", ONE(hosts), ONE(ports),
                       NULL);
}

static apr_status_t free_regex(void *regex)
{
    pcre2_code_free(regex);
    return APR_SUCCESS;
}

static bool match_regex(const void *regex, cors_slice_t text, bool doubt)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex, NULL);
    int found =
        pcre2_match(regex, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, NULL);

    pcre2_match_data_free(data);
    return found >= 0 || (found != PCRE2_ERROR_NOMATCH && doubt);
}

static cors_problem_e add_to_set(cors_origin_set_t *set,
                                 const cors_origin_entry_t *word)
{
    const char *sign = word->exclude ? "-" : "+";
    const char *text = apr_pstrcat(pool, sign, word->text, NULL);
    const char *unused;
    pcre2_code *regex;
    int error;
    PCRE2_SIZE at;

    if (!word->regex) {
        return cors_origin_set_add(pool, set, cors_slice(text), NULL, &unused);
    }
    regex = pcre2_compile((PCRE2_SPTR)apr_pstrcat(pool, "\\A(?:", word->text,
                                                  ")\\z", NULL),
                          PCRE2_ZERO_TERMINATED, PCRE2_DOLLAR_ENDONLY, &error,
                          &at, NULL);
    assert_non_null(regex);
    apr_pool_cleanup_register(pool, regex, free_regex, apr_pool_cleanup_null);
    return cors_origin_set_add_regex(pool, set, text, NULL, regex, match_regex,
                                     &unused);
}

/* One list, for requests and for the algebra. */
typedef struct {
    cors_origin_set_t *set;
    cors_origin_set_t *outer; /* the list that it edits; NULL: none */
    cors_algebra_list_t *list;
    const char *text;
} pair_t;

static void add_random(pair_t *pair, cors_origin_set_t *set, bool regexes)
{
    unsigned count = random_below(5);

    while (count-- > 0) {
        const char *text = random_entry(regexes);
        const cors_origin_entry_t word = entry_of(text);

        if (add_to_set(set, &word) == CORS_OK) {
            assert_int_equal(cors_algebra_add(pair->list, &word), CORS_OK);
            pair->text = join_with(pair->text, " ", text);
        }
    }
}

static pair_t random_list(bool regexes)
{
    pair_t pair = { cors_origin_set_make(pool, false, true), NULL,
                    cors_algebra_make(pool, true), "" };

    add_random(&pair, pair.set, regexes);
    if (random_below(3) == 0) {
        cors_algebra_edit(pair.list);
        pair.outer = cors_origin_set_make(pool, false, true);
        pair.text = join_with(pair.text, " ", "|");
        add_random(&pair, pair.outer, regexes);
    }
    return pair;
}

static bool allows_text(const pair_t *pair, const char *text)
{
    cors_origin_t origin;
    cors_listing_e listing;

    assert_true(cors_origin_parse(cors_slice(text), &origin));
    listing = cors_origin_set_lookup(pair->set, &origin, true);
    if (listing == CORS_ORIGIN_UNLISTED && pair->outer) {
        listing = cors_origin_set_lookup(pair->outer, &origin, true);
    }
    return listing == CORS_ORIGIN_LISTED;
}

/* Returns whether an origin is one of the first list only or, with common, of both. */
static bool is_wanted(const pair_t *first, const pair_t *second, bool common,
                      const char *text)
{
    return allows_text(first, text) && allows_text(second, text) == common;
}

/* Returns an origin that is wanted, of all names, parents and names
 * below them with each port; NULL if there is none. */
static const char *search_origin(const pair_t *first, const pair_t *second,
                                 bool common)
{
    static const char *const labels[] = { "", "y.", "y.y.", "b.", "y" };
    static const char *const numbers[] = { "", ":1", ":2", ":3" };
    size_t i;

    for (i = 0;
         i < COUNT(schemes) * COUNT(hosts) * COUNT(labels) * COUNT(numbers);
         i++) {
        size_t n = i;
        const char *scheme = schemes[n % COUNT(schemes)];
        const char *host = hosts[(n /= COUNT(schemes)) % COUNT(hosts)];
        const char *label = labels[(n /= COUNT(hosts)) % COUNT(labels)];
        const char *port = numbers[(n / COUNT(labels)) % COUNT(numbers)];
        const char *origin =
            apr_pstrcat(pool, scheme, "://", label, host, port, NULL);

        if (is_wanted(first, second, common, origin)) {
            return origin;
        }
    }
    return is_wanted(first, second, common, "null") ? "null" : NULL;
}

static void compare_random(bool regexes, long *answers)
{
    pair_t first = random_list(regexes);
    pair_t second = random_list(regexes);
    const bool common = random_below(4) == 0;
    const char *known = search_origin(&first, &second, common);
    cors_difference_t result;

    if (common) {
        cors_algebra_common(pool, first.list, second.list, &result);
    }
    else {
        cors_algebra_compare(pool, first.list, second.list, &result);
    }
    answers[result.answer]++;
    if (known && result.answer == SAME) {
        fail_msg("[%s] in [%s]: misses %s", first.text, second.text, known);
    }
    if (result.witness && !is_wanted(&first, &second, common, result.witness)) {
        fail_msg("[%s] in [%s]: false witness %s", first.text, second.text,
                 result.witness);
    }
    /* A regular expression may match what is no host, such as https://.a.com. */
    if (result.answer == UNDECIDED && !regexes) {
        fail_msg("[%s] in [%s]: undecided, %s", first.text, second.text,
                 result.obstacle);
    }
}

static void lists_agree_with_the_set_of_a_request(void **state)
{
    const char *wanted = getenv("CORS_DRAWS");
    const long draws = wanted ? atol(wanted) / 5 : 4000;
    long answers[3] = { 0, 0, 0 };
    apr_pool_t *parent = pool;
    long i;

    (void)state;
    seed = getenv("CORS_SEED") ? (apr_uint64_t)atol(getenv("CORS_SEED")) : 1;
    for (i = 0; i < draws; i++) {
        apr_pool_create(&pool, parent);
        compare_random(i % 4 == 0, answers);
        apr_pool_destroy(pool);
    }
    pool = parent;
    assert_true(answers[SAME] > draws / 10 && answers[MORE] > draws / 10);
    /* a quarter of the draws have regular expressions */
    assert_true(answers[UNDECIDED] < draws / 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(null_counts_only_where_it_is_allowed),
        TEST(a_list_is_in_itself),
        TEST(an_invalid_entry_changes_nothing),
        TEST(a_hundred_thousand_origins),
        TEST(pairs_are_limited),
        TEST(unmentioned_names_are_limited),
        TEST(work_of_matches_is_limited),
        TEST(work_of_a_walk_is_limited),
        TEST(memory_of_a_walk_is_limited),
        TEST(patterns_beside_a_regex_are_limited),
        TEST(states_are_limited),
        TEST(lists_agree_with_the_set_of_a_request)
    };
    const table_t tables[] = { TABLE(check_row, rows),
                               TABLE(check_level, level_rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
