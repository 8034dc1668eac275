/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lists of origins: which entries are accepted, which origins are listed, and what
 * start-up and explanations need to know about the entries. */

#include "configure.h"

#include <regex.h>

/* Add an entry; "~" marks a regular expression. */
static cors_problem_e add_entry(cors_origin_set_t *set, const char *word,
                                const char *source, const char **suggestion)
{
    const char *tilde = strchr(word, '~');

    /* no suggestion for regular expressions */
    *suggestion = tilde ? NULL : "left over";
    return tilde
               ? add_regex(set,
                           tilde == word
                               ? tilde + 1
                               : apr_psprintf(pool, "%c%s", word[0], tilde + 1),
                           source)
               : cors_origin_set_add(pool, set, exact_copy(word), source,
                                     suggestion);
}

/* Make a set of entries, each with its own source, until the first problem. */
static cors_origin_set_t *set_of(const char *words, bool file,
                                 cors_problem_e *problem,
                                 const char **suggestion)
{
    cors_origin_set_t *set = cors_origin_set_make(pool, file, is_edit(words));
    char *last;
    char *word = apr_strtok(apr_pstrdup(pool, words), " ", &last);
    int number = 0;

    *problem = CORS_OK;
    *suggestion = NULL;
    for (; word && !*problem; word = apr_strtok(NULL, " ", &last)) {
        *problem = add_entry(set, word, apr_psprintf(pool, "conf:%d", ++number),
                             suggestion);
    }
    return set;
}

static cors_origin_set_t *valid_set(const char *words)
{
    cors_problem_e problem;
    const char *suggestion;
    cors_origin_set_t *set = set_of(words, false, &problem, &suggestion);

    same_text(words, cors_problem_id(problem), NULL);
    return set;
}

static const char *listing_of(const cors_origin_set_t *set, const char *text,
                              bool null_ok)
{
    static const char *const texts[] = { "unlisted", "listed", "excluded" };
    const bool found = cors_origin_set_has_text(set, exact_copy(text));
    cors_listing_e listing;
    cors_origin_t origin;

    if (!cors_origin_parse(exact_copy(text), &origin)) {
        assert_false(found);
        return "malformed";
    }
    listing = cors_origin_set_lookup(set, &origin, null_ok);
    assert_true(!found || listing == CORS_ORIGIN_LISTED);
    return texts[listing];
}

typedef struct {
    const char *words;
    const char *origin;
    const char *listing;
} listing_t;

static void check_listings(const listing_t *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        same_text(apr_pstrcat(pool, rows[i].words, " / ", rows[i].origin, NULL),
                  listing_of(valid_set(rows[i].words), rows[i].origin, false),
                  rows[i].listing);
    }
}

/* twenty bytes of a regular expression for a host */
#define TWENTY "\\.ab\\.ab\\.ab\\.ab\\.ab"
#define A "https://a.example.com"
#define BELOW "https://*.example.com"

static void origins_are_compared_exactly(void **state)
{
    static const listing_t rows[] = {
        { A, A, "listed" },
        { A, "https://a.example.com.evil", "unlisted" },
        { A, "https://ba.example.com", "unlisted" },
        { A, "https://b.a.example.com", "unlisted" },
        { A, "https://a.example.co", "unlisted" },
        { A, "https://a.example.com.", "unlisted" },
        { A, "http://a.example.com", "unlisted" },
        { A, "https://a.example.com:443", "unlisted" },
        { A, "https://a.example.com:8443", "unlisted" },
        { A ":8443", A ":8443", "listed" },
        { A ":8443", A, "unlisted" },
        { A ":8443", A ":844", "unlisted" },
        { A ":8443", A ":84430", "malformed" },
        { A " https://b.example.com", "https://b.example.com", "listed" },
        { A " https://b.example.com", A, "listed" },
        { A " https://b.example.com", "https://c.example.com", "unlisted" },
        { A " https://b.example.com", A ",https://b.example.com", "malformed" },
        { "http://[::1]:81", "http://[::1]:81", "listed" },
        { "http://[::1]:81", "http://[::1]", "unlisted" },
        { "capacitor://localhost", "capacitor://localhost", "listed" },
        { "capacitor://localhost", "capacitor://localhost:1", "unlisted" },
        { A, "null", "unlisted" },
        { "None", A, "unlisted" },
        { "None", "null", "unlisted" },
    };

    (void)state;
    check_listings(rows, COUNT(rows));
}

static void wildcard_lists_all_subdomains(void **state)
{
    static const listing_t rows[] = {
        { BELOW, "https://a.example.com", "listed" },
        { BELOW, "https://a.b.c.example.com", "listed" },
        { BELOW, "https://xn--bcher-kva.example.com", "listed" },
        { BELOW, "https://example.com", "unlisted" },
        { BELOW, "https://.example.com", "unlisted" },
        { BELOW, "https://aexample.com", "unlisted" },
        { BELOW, "https://a.example.com.evil", "unlisted" },
        { BELOW, "https://a.example.com.", "unlisted" },
        { BELOW, "https://a.example.co", "unlisted" },
        { BELOW, "https://a.example.org", "unlisted" },
        { BELOW, "https://example.com.a", "unlisted" },
        { BELOW, "https://com", "unlisted" },
        { BELOW, "https://a.com", "unlisted" },
        { BELOW, "http://a.example.com", "unlisted" },
        { BELOW, "https://a.example.com:443", "unlisted" },
        { BELOW, "https://a.example.com:8443", "unlisted" },
        { BELOW ":8443", "https://a.example.com:8443", "listed" },
        { BELOW ":8443", "https://a.example.com", "unlisted" },
        { BELOW ":8443", "https://a.example.com:8444", "unlisted" },
        { "https://*.com", "https://example.com", "listed" },
        { "https://*.com", "https://com", "unlisted" },
        { "https://*.b.example.com " BELOW, "https://a.example.com", "listed" },
        { "https://*.b.example.com " BELOW, "https://a.b.example.com",
          "listed" },
        { "https://*.b.example.com", "https://a.c.example.com", "unlisted" },
        { BELOW " http://*.example.com:81", "http://a.example.com:81",
          "listed" },
        { BELOW " http://*.example.com:81", "https://a.example.com", "listed" },
        { BELOW " http://*.example.com:81", "https://a.example.com:81",
          "unlisted" },
    };

    (void)state;
    check_listings(rows, COUNT(rows));
}

static void port_wildcard_lists_any_port_and_the_default(void **state)
{
    static const listing_t rows[] = {
        { "http://localhost:*", "http://localhost", "listed" },
        { "http://localhost:*", "http://localhost:1", "listed" },
        { "http://localhost:*", "http://localhost:65535", "listed" },
        { "http://localhost:*", "http://localhost:80", "listed" },
        { "http://localhost:*", "http://localhost.evil:80", "unlisted" },
        { "http://localhost:*", "http://a.localhost:80", "unlisted" },
        { "http://localhost:*", "https://localhost:80", "unlisted" },
        { "http://localhost:*", "http://localhos:80", "unlisted" },
        { "http://localhost", "http://localhost:1", "unlisted" },
        { "http://[::1]:*", "http://[::1]", "listed" },
        { "http://[::1]:*", "http://[::1]:81", "listed" },
        { "http://[::1]:*", "http://[::2]:81", "unlisted" },
        { BELOW ":*", "https://a.example.com", "listed" },
        { BELOW ":*", "https://a.example.com:1", "listed" },
        { BELOW ":*", "https://example.com:1", "unlisted" },
        { BELOW ":*", "http://a.example.com:1", "unlisted" },
    };

    (void)state;
    check_listings(rows, COUNT(rows));
}

static void exclusion_has_precedence(void **state)
{
    static const listing_t rows[] = {
        { BELOW " !" A, A, "excluded" },
        { BELOW " !" A, "https://b.example.com", "listed" },
        { BELOW " !" A, A ":81", "unlisted" },
        { "!" A " " BELOW, A, "excluded" },
        { "!" A " " A, A, "excluded" },
        { BELOW " !https://*.b.example.com", "https://a.b.example.com",
          "excluded" },
        { BELOW " !https://*.b.example.com", "https://b.example.com",
          "listed" },
        { BELOW ":* !" A ":*", A ":81", "excluded" },
        { BELOW ":* !" A ":81", A ":82", "listed" },
        { BELOW ":* !" A ":81", A ":81", "excluded" },
        { "~" A ".* !" A ":81", A ":81", "excluded" },
        { "~" A ".* !" A ":81", A ":82", "listed" },
        { "!" A, A, "excluded" },
        { "!" A, "https://b.example.com", "unlisted" },
        { "!null " A, "null", "excluded" },
        { "!null " A, A, "listed" },
    };

    (void)state;
    check_listings(rows, COUNT(rows));
}

static void edit_adds_with_plus_and_removes_with_minus(void **state)
{
    static const listing_t rows[] = {
        { "+" A, A, "listed" },
        { "+" A, "https://b.example.com", "unlisted" },
        { "-" A, A, "excluded" },
        { "-" A, "https://b.example.com", "unlisted" },
        { "+" BELOW " -" A, A, "excluded" },
        { "+" BELOW " -" A, "https://b.example.com", "listed" },
        { "-" A " +" A, A, "excluded" },
        { "-null", "null", "excluded" },
        { "+~" A ".*", A ":81", "listed" },
        { "-~" A ".*", A ":81", "excluded" },
        { "-~" A ".*", "https://b.example.com", "unlisted" },
    };

    (void)state;
    check_listings(rows, COUNT(rows));
}

static void star_lists_any_origin_and_null(void **state)
{
    cors_origin_set_t *set = valid_set("*");

    (void)state;
    assert_string_equal(listing_of(set, A, false), "listed");
    assert_string_equal(listing_of(set, "null", false), "listed");
    assert_string_equal(listing_of(set, "file://", false), "listed");
    assert_true(cors_origin_set_any(set));
}

static void all_ids_of_a_scheme(void **state)
{
    static const listing_t rows[] = {
        { "moz-extension://*", "moz-extension://5f1b-0a", "listed" },
        { "moz-extension://*", "moz-extension://a.b", "listed" },
        { "moz-extension://*", "moz-extension://a:80", "unlisted" },
        { "moz-extension://*", "moz-extension://[::1]", "unlisted" },
        { "moz-extension://*", "moz-extensions://a", "unlisted" },
        { "moz-extension://*", "chrome-extension://a", "unlisted" },
        { "moz-extension://*", "https://a", "unlisted" },
        { "moz-extension://*", "null", "unlisted" },
        { "moz-extension://* !moz-extension://a", "moz-extension://a",
          "excluded" },
        { "moz-extension://* !moz-extension://a", "moz-extension://b",
          "listed" },
        { "moz-extension://a !moz-extension://*", "moz-extension://a",
          "excluded" },
        { "+moz-extension://a -moz-extension://*", "moz-extension://b",
          "excluded" },
    };
    cors_origin_set_t *set = valid_set(A " moz-extension://*");

    (void)state;
    check_listings(rows, COUNT(rows));
    assert_string_equal(cors_origin_set_public(set)->text, "moz-extension://*");
    assert_null(cors_origin_set_public(valid_set(A " !moz-extension://*")));
}

static void null_needs_its_flag(void **state)
{
    (void)state;
    assert_string_equal(listing_of(valid_set("null"), "null", true), "listed");
    assert_string_equal(listing_of(valid_set("null"), "null", false),
                        "unlisted");
    assert_string_equal(listing_of(valid_set("null"), A, true), "unlisted");
    assert_string_equal(listing_of(valid_set("+null"), "null", true), "listed");
    assert_string_equal(listing_of(valid_set("null !null"), "null", true),
                        "excluded");
    assert_string_equal(listing_of(valid_set(A), "null", true), "unlisted");
    assert_string_equal(listing_of(valid_set("~.*"), "null", true), "unlisted");
}

static void regex_gets_exactly_the_origin(void **state)
{
    static const listing_t rows[] = {
        { "~" A, A, "listed" },
        { "~" A, A ":81", "unlisted" },
        { "~" A ".*", A ":81", "listed" },
        { "~https://x ~" A, A, "listed" },
        { "~https://x ~" A, "https://y", "unlisted" },
        { "~.*", "https://any", "listed" },
        { "~.*", "null", "unlisted" },
        /* an undecided match allows no origin, but excludes it */
        { "~?", A, "unlisted" },
        { "+~?", A, "unlisted" },
        { "-~?", A, "excluded" },
        { "~? ~" A, A, "listed" },
        { "https://x ~" A, A, "listed" },
        { "https://*.x ~" A, A, "listed" },
    };

    (void)state;
    check_listings(rows, COUNT(rows));
}

static void file_is_listed_by_name_only(void **state)
{
    cors_problem_e problem;
    const char *suggestion;
    cors_origin_set_t *set = set_of("file://", true, &problem, &suggestion);

    (void)state;
    assert_int_equal(problem, CORS_OK);
    assert_string_equal(listing_of(set, "file://", false), "listed");
    assert_string_equal(listing_of(set, "null", true), "unlisted");
    set = set_of("file://", false, &problem, &suggestion);
    assert_int_equal(problem, CORS_OK);
    assert_string_equal(listing_of(set, "file://", false), "listed");
}

static void self_is_listed_for_websockets_only(void **state)
{
    static const struct {
        const char *words;
        cors_listing_e
            unlisted; /* of the own origin, if no other entry lists it */
        cors_listing_e listed;
        bool names;
    } rows[] = {
        { A, CORS_ORIGIN_UNLISTED, CORS_ORIGIN_LISTED, false },
        { "Self", CORS_ORIGIN_LISTED, CORS_ORIGIN_LISTED, true },
        { "self " A, CORS_ORIGIN_LISTED, CORS_ORIGIN_LISTED, true },
        { A " !Self", CORS_ORIGIN_EXCLUDED, CORS_ORIGIN_EXCLUDED, true },
        { "+Self", CORS_ORIGIN_LISTED, CORS_ORIGIN_LISTED, true },
        { "-Self", CORS_ORIGIN_EXCLUDED, CORS_ORIGIN_EXCLUDED, true },
    };
    cors_problem_e problem;
    const char *suggestion;
    cors_origin_set_t *set;
    cors_origin_t origin;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        set = set_of(rows[i].words, true, &problem, &suggestion);
        same_text(rows[i].words, cors_problem_id(problem), NULL);
        same_number(rows[i].words,
                    cors_origin_set_self(set, CORS_ORIGIN_UNLISTED),
                    rows[i].unlisted);
        same_number(rows[i].words,
                    cors_origin_set_self(set, CORS_ORIGIN_LISTED),
                    rows[i].listed);
        same_number(rows[i].words,
                    cors_origin_set_self(set, CORS_ORIGIN_EXCLUDED),
                    CORS_ORIGIN_EXCLUDED);
        same_number(rows[i].words, cors_origin_set_names_self(set),
                    rows[i].names);
    }
    set = set_of("Self", true, &problem, &suggestion);
    assert_false(cors_origin_set_empty(set, false));
    assert_false(cors_origin_set_excludes(set));
    set = set_of("https://*.example.com !Self", true, &problem, &suggestion);
    assert_true(cors_origin_set_excludes(set));
    assert_true(cors_origin_parse(exact_copy(A), &origin));
    same_text("entry", cors_origin_set_excluding(set, &origin)->text, "Self");
    assert_true(cors_origin_parse(exact_copy("https://b.example"), &origin));
    assert_null(cors_origin_set_excluding(set, &origin));
}

/* The first problem of some entries, and its suggestion. */
static void incompatible_entries_are_rejected(void **state)
{
    static const struct {
        const char *words;
        cors_problem_e problem;
        const char *suggestion;
    } rows[] = {
        { "* *", CORS_OK, NULL },
        { "* " A, CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { A " *", CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { "* None", CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { "None *", CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { "* null", CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { "* !" A, CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { "* ~x", CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { "~x *", CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE, NULL },
        { "None none", CORS_OK, NULL },
        { "None " A, CORS_PROBLEM_NONE_NOT_ALONE, NULL },
        { A " None", CORS_PROBLEM_NONE_NOT_ALONE, NULL },
        { "None ~x", CORS_PROBLEM_NONE_NOT_ALONE, NULL },
        { "~x None", CORS_PROBLEM_NONE_NOT_ALONE, NULL },
        { "Self", CORS_PROBLEM_SELF_PLACE, "None" },
        { "self " A, CORS_PROBLEM_SELF_PLACE, "None" },
        { A " Self", CORS_PROBLEM_SELF_PLACE, NULL },
        { "!Self", CORS_PROBLEM_SELF_PLACE, NULL },
        { "+Self", CORS_PROBLEM_SELF_PLACE, NULL },
        { "-SELF", CORS_PROBLEM_SELF_PLACE, NULL },
        { "!*", CORS_PROBLEM_EXCLUSION_OF_ALL, "None" },
        { A " !*", CORS_PROBLEM_EXCLUSION_OF_ALL, NULL },
        { "+!*", CORS_PROBLEM_EXCLUSION_OF_ALL, NULL },
        { "^https://a\\.example$", CORS_PROBLEM_ORIGIN_EXPRESSION,
          "https://a.example" },
        { "-https?://(.*\\.)?a", CORS_PROBLEM_ORIGIN_EXPRESSION,
          "-http://a -http://*.a -https://a -https://*.a" },
        { "!^https://a\\.example$", CORS_PROBLEM_ORIGIN_EXPRESSION, NULL },
        { "^https://[ab]$", CORS_PROBLEM_ORIGIN_EXPRESSION,
          "CorsAllowOriginsMatch \"^https://[ab]$\"" },
        { "+https://pr-\\d+\\.a\\.com", CORS_PROBLEM_ORIGIN_EXPRESSION,
          "CorsAllowOriginsMatch \"+https://pr-\\d+\\.a\\.com\"" },
        { "^https://[a-z]+$", CORS_PROBLEM_ORIGIN_EXPRESSION, NULL },
        /* 200 bytes are suggested, 201 are not */
        { "https://[ab]" TWENTY TWENTY TWENTY TWENTY TWENTY TWENTY TWENTY
              TWENTY TWENTY "\\.ab\\.ab",
          CORS_PROBLEM_ORIGIN_EXPRESSION,
          "CorsAllowOriginsMatch \"https://[ab]" TWENTY TWENTY TWENTY TWENTY
              TWENTY TWENTY TWENTY TWENTY TWENTY "\\.ab\\.ab\"" },
        { "https://[ab]" TWENTY TWENTY TWENTY TWENTY TWENTY TWENTY TWENTY
              TWENTY TWENTY "\\.ab\\.abc",
          CORS_PROBLEM_ORIGIN_EXPRESSION, NULL },
        { "https://pr-*.a.com", CORS_PROBLEM_WILDCARD_PLACE,
          "CorsAllowOriginsMatch \"https://pr-[a-z0-9-]*\\.a\\.com\"" },
        { "https://x.*.a.com", CORS_PROBLEM_WILDCARD_PLACE,
          "CorsAllowOriginsMatch \"https://x\\.[a-z0-9-]+\\.a\\.com\"" },
        { "https://a-*.com", CORS_PROBLEM_WILDCARD_PLACE, NULL },
        { "https://a.*", CORS_PROBLEM_WILDCARD_PLACE, NULL },
        { "!https://pr-*.a.com", CORS_PROBLEM_WILDCARD_PLACE, NULL },
        { "all", CORS_PROBLEM_ORIGIN_SCHEME_MISSING, "*" },
        { "https://a.com all", CORS_PROBLEM_ORIGIN_SCHEME_MISSING, NULL },
        { "+https://a;https://b", CORS_PROBLEM_LIST_SEPARATOR,
          "+https://a +https://b" },
        { "+https://a;!https://b", CORS_PROBLEM_LIST_SEPARATOR, NULL },
        { "!None", CORS_PROBLEM_EXCLUSION_OF_ALL, NULL },
        { "+*", CORS_PROBLEM_EDIT_OF_ALL, "*" },
        { "-*", CORS_PROBLEM_EDIT_OF_ALL, "None" },
        { "+" A " +*", CORS_PROBLEM_EDIT_OF_ALL, NULL },
        { "-None", CORS_PROBLEM_EDIT_OF_ALL, NULL },
        { "+!" A, CORS_PROBLEM_EDIT_EXCLUSION, "-" A },
        { "-!" A, CORS_PROBLEM_EDIT_EXCLUSION, "-" A },
        { "+" A " " A, CORS_PROBLEM_EDIT_MIXED, NULL },
        { "-" A " !" A, CORS_PROBLEM_EDIT_MIXED, NULL },
        { A " +" A, CORS_PROBLEM_EDIT_MIXED, NULL },
        { A " -" A, CORS_PROBLEM_EDIT_MIXED, NULL },
        { "+" A " ~x", CORS_PROBLEM_EDIT_MIXED, NULL },
        { A " +~x", CORS_PROBLEM_EDIT_MIXED, NULL },
        { A "/", CORS_PROBLEM_ORIGIN_PATH, A },
        { "!" A "/", CORS_PROBLEM_ORIGIN_PATH, "!" A },
        { "+" A "/", CORS_PROBLEM_ORIGIN_PATH, "+" A },
        { "-" A "/", CORS_PROBLEM_ORIGIN_PATH, "-" A },
        { "+", CORS_PROBLEM_ORIGIN_SCHEME_MISSING, NULL },
        { "* x", CORS_PROBLEM_ORIGIN_SCHEME_MISSING, NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_problem_e problem;
        const char *suggestion;

        set_of(rows[i].words, false, &problem, &suggestion);
        same_text(rows[i].words, cors_problem_id(problem),
                  cors_problem_id(rows[i].problem));
        same_text(rows[i].words, suggestion, rows[i].suggestion);
    }
}

static void rejected_entry_leaves_the_list_unchanged(void **state)
{
    cors_origin_set_t *set = valid_set(A);
    const char *suggestion;

    (void)state;
    assert_int_equal(add_entry(set, "*", NULL, &suggestion),
                     CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE);
    assert_int_equal(add_entry(set, "https://b/", NULL, &suggestion),
                     CORS_PROBLEM_ORIGIN_PATH);
    assert_int_equal(add_entry(set, "+~x", NULL, &suggestion),
                     CORS_PROBLEM_EDIT_MIXED);
    assert_int_equal(cors_origin_set_count(set), 1);
    assert_false(cors_origin_set_any(set));
    assert_string_equal(listing_of(set, "https://b", false), "unlisted");
    assert_string_equal(listing_of(set, A, false), "listed");
}

/* All entries of a set: marks, text, source. */
static const char *entries_of(const cors_origin_set_t *set)
{
    const char *all = "";
    int i;

    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *word = cors_origin_set_entry(set, i);

        all = apr_pstrcat(pool, all, word->exclude ? "!" : "",
                          word->regex ? "~" : "", word->text, "@",
                          or_none(word->source), word->open ? " any" : "",
                          word->suffix ? " suffix" : "",
                          word->first ? " again " : "",
                          word->first ? word->first : "", "\n", NULL);
    }
    return all;
}

static void entries_keep_their_texts(void **state)
{
    (void)state;
    assert_string_equal(entries_of(valid_set(A " !" BELOW " null ~x ~.* ~x " A
                                               " !" A " ~" A)),
                        "https://a.example.com@conf:1\n"
                        "!https://*.example.com@conf:2\n"
                        "null@conf:3\n"
                        "~x@conf:4\n"
                        "~.*@conf:5 any\n"
                        "~x@conf:6 again conf:4\n"
                        "https://a.example.com@conf:7 again conf:1\n"
                        "!https://a.example.com@conf:8\n"
                        "~https://a.example.com@conf:9 any\n");
    assert_string_equal(entries_of(valid_set("+https://*.github.io -" A
                                             " +~x -~x -" A)),
                        "https://*.github.io@conf:1 suffix\n"
                        "!https://a.example.com@conf:2\n"
                        "~x@conf:3\n"
                        "!~x@conf:4\n"
                        "!https://a.example.com@conf:5 again conf:2\n");
}

static void repeated_entry_may_lack_a_source(void **state)
{
    cors_origin_set_t *set = cors_origin_set_make(pool, false, false);
    const char *suggestion;

    (void)state;
    assert_int_equal(add_entry(set, A, NULL, &suggestion), CORS_OK);
    assert_int_equal(add_entry(set, A, "conf:2", &suggestion), CORS_OK);
    assert_null(cors_origin_set_entry(set, 0)->first);
    assert_null(cors_origin_set_entry(set, 0)->source);
    assert_string_equal(cors_origin_set_entry(set, 1)->first, "");
}

static const char *text_or_none(const cors_origin_entry_t *word)
{
    return word ? word->text : NULL;
}

static void list_records_notable_entries(void **state)
{
    static const struct {
        const char *words;
        bool edits;
        bool any_origin;
        bool none;
        bool excludes;
        bool empty;
        const char *public;
        const char *null;
        const char *suffix;
    } rows[] = {
        { "", 0, 0, 0, 0, 1, NULL, NULL, NULL },
        { "*", 0, 1, 0, 0, 0, NULL, NULL, NULL },
        { "None", 0, 0, 1, 0, 1, NULL, NULL, NULL },
        { A, 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { A ":*", 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { BELOW, 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { "null", 0, 0, 0, 0, 0, NULL, "null", NULL },
        { "~x", 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { "~.*", 0, 0, 0, 0, 0, ".*", NULL, NULL },
        { "~x ~.*", 0, 0, 0, 0, 0, ".*", NULL, NULL },
        { "!" A, 0, 0, 0, 1, 1, NULL, NULL, NULL },
        { "!null", 0, 0, 0, 1, 1, NULL, NULL, NULL },
        { "!" BELOW, 0, 0, 0, 1, 1, NULL, NULL, NULL },
        { "+" A, 1, 0, 0, 0, 0, NULL, NULL, NULL },
        { "-" A, 1, 0, 0, 1, 1, NULL, NULL, NULL },
        { "-~.*", 1, 0, 0, 1, 1, NULL, NULL, NULL },
        { "+~.*", 1, 0, 0, 0, 0, ".*", NULL, NULL },
        { "https://*.github.io", 0, 0, 0, 0, 0, NULL, NULL,
          "https://*.github.io" },
        { A " https://*.co.uk:* https://*.github.io", 0, 0, 0, 0, 0, NULL, NULL,
          "https://*.co.uk:*" },
        { "https://*.user.github.io", 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { "https://github.io", 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { A " !https://*.github.io", 0, 0, 0, 1, 0, NULL, NULL, NULL },
        { "-https://*.github.io", 1, 0, 0, 1, 1, NULL, NULL, NULL },
        { "https://*.corp", 0, 0, 0, 0, 0, NULL, NULL, "https://*.corp" },
        { "https://*.a.corp", 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { "https://*.localhost", 0, 0, 0, 0, 0, NULL, NULL, NULL },
        { "https://*.amazonaws.com", 0, 0, 0, 0, 0, NULL, NULL,
          "https://*.amazonaws.com" },
        { "https://*.a.amazonaws.com", 0, 0, 0, 0, 0, NULL, NULL, NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const char *words = rows[i].words;
        cors_origin_set_t *set = valid_set(words);

        same_number(words, cors_origin_set_edits(set), rows[i].edits);
        same_number(words, cors_origin_set_any(set), rows[i].any_origin);
        same_number(words, cors_origin_set_none(set), rows[i].none);
        same_number(words, cors_origin_set_excludes(set), rows[i].excludes);
        same_number(words, cors_origin_set_empty(set, false), rows[i].empty);
        same_text(words, text_or_none(cors_origin_set_public(set)),
                  rows[i].public);
        same_text(words, text_or_none(cors_origin_set_null(set)), rows[i].null);
        same_text(words, text_or_none(cors_origin_set_public_suffix(set)),
                  rows[i].suffix);
    }
}

static void entry_is_covered_by_a_wider_entry(void **state)
{
    /* which entry covers the first one, among listed or excluded entries */
    static const struct {
        const char *words;
        bool exclude;
        const char *by;
    } rows[] = {
        { A, false, NULL },
        { A " " BELOW, false, BELOW },
        { A " " BELOW, true, NULL },
        { A " !" BELOW, true, BELOW },
        { A " !" BELOW, false, NULL },
        { A " " A ":*", false, A ":*" },
        { A " http://*.example.com", false, NULL },
        { A ":81 " BELOW, false, NULL },
        { A ":81 " BELOW ":*", false, BELOW ":*" },
        { A ":81 " A ":*", false, A ":*" },
        { A ":* " BELOW ":*", false, BELOW ":*" },
        { A ":* " BELOW, false, NULL },
        { A ":* " A, false, NULL },
        { A ":* " A " " A ":64999", false, NULL },
        { BELOW " https://*.com", false, "https://*.com" },
        { BELOW " https://*.b.example.com", false, NULL },
        { BELOW " " A, false, NULL },
        { BELOW " " BELOW ":*", false, BELOW ":*" },
        { BELOW ":* " BELOW, false, NULL },
        { BELOW ":* " BELOW " " BELOW ":64999", false, NULL },
        { BELOW ":* https://*.com:*", false, "https://*.com:*" },
        { A " ~" A ".*", false, A ".*" },
        { A " ~https://b", false, NULL },
        { BELOW " ~https://.*", false, NULL },
        { A ":* ~https://.*", false, NULL },
        { "null !null", true, "null" },
        { "null", false, NULL },
        { "!null null", false, "null" },
        { "*", false, NULL },
        { "None", false, NULL },
        { "http://[::1]:81 http://[::1]:*", false, "http://[::1]:*" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const cors_origin_set_t *set = valid_set(rows[i].words);

        same_text(rows[i].words,
                  text_or_none(
                      cors_origin_set_covering(pool, set,
                                               cors_origin_set_entry(set, 0),
                                               rows[i].exclude)),
                  rows[i].by);
    }
}

static void host_with_most_labels_is_found(void **state)
{
    cors_origin_set_t *set = valid_set(BELOW " https://*.a.a.a");
    const char *host = repeat_text("a.", 126);

    (void)state;
    assert_string_equal(
        listing_of(set, apr_pstrcat(pool, "https://", host, "a", NULL), false),
        "listed");
    assert_string_equal(
        listing_of(set, apr_pstrcat(pool, "https://", host, "b", NULL), false),
        "unlisted");
    assert_string_equal(
        listing_of(set, apr_pstrcat(pool, "https://", host, ".a.a.a", NULL),
                   false),
        "malformed");
    assert_string_equal(listing_of(set,
                                   apr_pstrcat(pool, "https://",
                                               repeat_text("a.", 10000),
                                               "example.com", NULL),
                                   false),
                        "malformed");
}

/*
 * Random lists, compared with a separate loop over all patterns. The loop splits
 * texts at "://" and at the colon before the port, and compares the parts.
 */
typedef struct {
    const char *scheme;
    const char *host;
    const char *port;
} parts_t;

static parts_t split_origin(const char *text)
{
    parts_t parts;
    const char *host = strstr(text, "://") + 3;
    const char *bracket = strchr(host, ']');
    const char *colon = strchr(bracket ? bracket : host, ':');
    size_t length = colon ? (size_t)(colon - host) : strlen(host);

    parts.scheme = apr_pstrndup(pool, text, (size_t)(host - 3 - text));
    parts.host = apr_pstrndup(pool, host, length);
    parts.port = colon ? colon + 1 : "";
    return parts;
}

static bool naive_match(const char *pattern, const char *text)
{
    parts_t wanted;
    parts_t origin;
    size_t tail;
    size_t length;

    if (strcmp(pattern, "null") == 0 || strcmp(text, "null") == 0) {
        return strcmp(pattern, text) == 0;
    }
    wanted = split_origin(pattern);
    origin = split_origin(text);
    if (strcmp(wanted.scheme, origin.scheme) != 0
        || (strcmp(wanted.port, "*") != 0
            && strcmp(wanted.port, origin.port) != 0)) {
        return false;
    }
    if (strncmp(wanted.host, "*.", 2) != 0) {
        return strcmp(wanted.host, origin.host) == 0;
    }
    tail = strlen(wanted.host) - 1;
    length = strlen(origin.host);
    return length > tail
           && strcmp(origin.host + length - tail, wanted.host + 1) == 0;
}

static bool is_exclusion(const char *word)
{
    return word[0] == '!' || word[0] == '-';
}

static const char *without_prefix(const char *word)
{
    return word[0] == '!' || is_edit(word) ? word + 1 : word;
}

static const char *naive_listing(char words[][96], int count, const char *text)
{
    bool listed = false;
    int i;

    for (i = 0; i < count; i++) {
        if (naive_match(without_prefix(words[i]), text)) {
            if (is_exclusion(words[i])) {
                return "excluded";
            }
            listed = true;
        }
    }
    return listed ? "listed" : "unlisted";
}

/* xorshift: the same numbers on each machine */
static unsigned random_below(apr_uint64_t *seed, unsigned limit)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)((*seed >> 32) % limit);
}

static const char *random_scheme(apr_uint64_t *seed)
{
    static const char *const schemes[] = { "https", "https", "http", "app" };

    return schemes[random_below(seed, COUNT(schemes))];
}

static const char *random_host(apr_uint64_t *seed)
{
    static const char *const labels[] = { "a", "b", "ab", "example", "com" };
    static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
    const char *host = labels[random_below(seed, COUNT(labels))];
    unsigned more = random_below(seed, 4);

    if (random_below(seed, 12) == 0) {
        return hosts[random_below(seed, COUNT(hosts))];
    }
    for (; more > 0; more--) {
        host = apr_pstrcat(pool, labels[random_below(seed, COUNT(labels))], ".",
                           host, NULL);
    }
    return host;
}

/* No port, or a port that is not the default of any scheme. */
static const char *random_port(apr_uint64_t *seed)
{
    static const char *const ports[] = { "", "", "", ":81", ":8080", ":8443" };

    return ports[random_below(seed, COUNT(ports))];
}

static void random_entry(apr_uint64_t *seed, bool edit, char *word, size_t size)
{
    const char *host = random_host(seed);
    bool name = host[0] != '[' && strcmp(host, "127.0.0.1") != 0;
    bool exclude = random_below(seed, 5) == 0;
    const char *prefix = edit ? exclude ? "-" : "+" : exclude ? "!" : "";

    if (random_below(seed, 30) == 0) {
        apr_snprintf(word, size, "%snull", prefix);
        return;
    }
    apr_snprintf(word, size, "%s%s://%s%s%s", prefix, random_scheme(seed),
                 name && random_below(seed, 2) ? "*." : "", host,
                 random_below(seed, 4) ? random_port(seed) : ":*");
}

/* An origin that an entry lists, or a similar one. */
static const char *similar_origin(apr_uint64_t *seed, const char *word)
{
    parts_t parts;

    if (strcmp(without_prefix(word), "null") == 0) {
        return "null";
    }
    parts = split_origin(without_prefix(word));
    if (strncmp(parts.host, "*.", 2) == 0) {
        static const char *const heads[] = { "", ".", "a.", "b.a.", "a" };

        parts.host = apr_pstrcat(pool, heads[random_below(seed, COUNT(heads))],
                                 parts.host + 2, NULL);
    }
    parts.port = strcmp(parts.port, "*") == 0 ? random_port(seed)
                 : *parts.port ? apr_pstrcat(pool, ":", parts.port, NULL)
                               : "";
    switch (random_below(seed, 14)) {
    case 0:
        parts.scheme = random_scheme(seed);
        break;
    case 1:
        parts.scheme = apr_pstrcat(pool, parts.scheme, "s", NULL);
        break;
    case 2:
        parts.host = apr_pstrcat(pool, "a", parts.host, NULL);
        break;
    case 3:
        parts.host = apr_pstrcat(pool, "b.", parts.host, NULL);
        break;
    case 4:
        parts.host = apr_pstrcat(pool, parts.host, ".com", NULL);
        break;
    case 5:
        parts.host = apr_pstrcat(pool, parts.host, ".", NULL);
        break;
    case 6:
        parts.host += 1;
        break;
    case 7:
        parts.host =
            strchr(parts.host, '.') ? strchr(parts.host, '.') + 1 : parts.host;
        break;
    case 8:
        parts.port = random_port(seed);
        break;
    case 9:
        parts.port = ":443";
        break;
    case 10:
        parts.port =
            apr_pstrcat(pool, *parts.port ? parts.port : ":", "1", NULL);
        break;
    default:
        break;
    }
    return apr_pstrcat(pool, parts.scheme, "://", parts.host, parts.port, NULL);
}

/* A covering entry must match the text if the covered entry does. */
static void check_covering(const cors_origin_set_t *set, const char *text)
{
    int i;
    int exclude;

    for (i = 0; i < cors_origin_set_count(set); i++) {
        const cors_origin_entry_t *word = cors_origin_set_entry(set, i);

        for (exclude = 0; exclude < 2 && !word->first; exclude++) {
            const cors_origin_entry_t *other =
                cors_origin_set_covering(pool, set, word, exclude);

            if (other
                && (other == word || (other->exclude != (exclude != 0))
                    || (naive_match(word->text, text)
                        && !naive_match(other->text, text)))) {
                fail_msg("%s covers %s, but for %s", other->text, word->text,
                         text);
            }
        }
    }
}

static void compare_one_list(apr_uint64_t *seed, long *listed)
{
    char words[8][96];
    bool edit = random_below(seed, 3) == 0;
    int count = (int)random_below(seed, COUNT(words)) + 1;
    cors_origin_set_t *set = cors_origin_set_make(pool, false, edit);
    const char *all = "";
    int i;

    for (i = 0; i < count; i++) {
        const char *suggestion;

        random_entry(seed, edit, words[i], sizeof(words[i]));
        all = join_with(all, " ", words[i]);
        same_text(words[i],
                  cors_problem_id(add_entry(set, words[i], NULL, &suggestion)),
                  NULL);
    }
    for (i = 0; i < 12; i++) {
        const char *text =
            random_below(seed, 4)
                ? similar_origin(seed,
                                 words[random_below(seed, (unsigned)count)])
                : apr_pstrcat(pool, random_scheme(seed), "://",
                              random_host(seed), random_port(seed), NULL);
        const char *is = listing_of(set, text, true);
        const char *expected = naive_listing(words, count, text);

        if (strcmp(is, "malformed") == 0) {
            continue;
        }
        same_text(apr_pstrcat(pool, all, " / ", text, NULL), is, expected);
        *listed += strcmp(is, "listed") == 0;
        if (i == 0) {
            check_covering(set, text);
        }
    }
}

static void list_agrees_with_a_loop_over_its_patterns(void **state)
{
    apr_uint64_t seed = 0x5eed0c0ffee12345;
    apr_pool_t *outer = pool;
    long listed = 0;
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        apr_pool_create(&pool, outer);
        compare_one_list(&seed, &listed);
        apr_pool_destroy(pool);
        pool = outer;
    }
    /* enough origins were listed */
    assert_in_range(listed, 40000, 100000);
}

/* A source that lists one host and excludes another. */
static cors_listing_e lookup_source(const void *self,
                                    const cors_origin_t *origin,
                                    const cors_slice_t *tenant)
{
    const char *const *hosts = self;

    (void)tenant;
    return cors_slice_equal(origin->host, cors_slice(hosts[0]))
               ? CORS_ORIGIN_LISTED
           : cors_slice_equal(origin->host, cors_slice(hosts[1]))
               ? CORS_ORIGIN_EXCLUDED
               : CORS_ORIGIN_UNLISTED;
}

/* Lists the origin for the tenant that the context names, and excludes it for no. */
static cors_listing_e lookup_tenant(const void *self,
                                    const cors_origin_t *origin,
                                    const cors_slice_t *tenant)
{
    (void)self;
    (void)origin;
    if (!tenant) {
        return CORS_ORIGIN_UNLISTED;
    }
    if (cors_slice_is(*tenant, "shop")) {
        return CORS_ORIGIN_LISTED;
    }
    return cors_slice_is(*tenant, "no") ? CORS_ORIGIN_EXCLUDED
                                        : CORS_ORIGIN_UNLISTED;
}

static int asked; /* how often a tenant was needed */

static cors_slice_t give_tenant(void *context, const cors_tenant_key_t *key)
{
    asked++;
    assert_string_equal(key->compiled, "compiled");
    return cors_slice(context);
}

static cors_listing_e listing_for(const cors_origin_set_t *set,
                                  const char *text, const char *tenant)
{
    const cors_tenants_t tenants = { give_tenant, (void *)(uintptr_t)tenant,
                                     0 };
    cors_origin_t origin;

    assert_true(cors_origin_parse(cors_slice(text), &origin));
    assert_null(origin.tenants);
    if (tenant) {
        origin.tenants = &tenants;
    }
    return cors_origin_set_lookup(set, &origin, false);
}

#define B "https://b.example"

static void few_origins_are_found_by_their_text(void **state)
{
    static const struct {
        const char *words;
        const char *text;
        bool found;
    } rows[] = {
        { A, A, true },
        { A " " B, B, true },
        { A, A "0", false },
        { A, "https://a.example.co", false },
        { A " null", A, true },
        { A " null", "null", false },
        { "*", A, false },
        { "None", A, false },
        { BELOW, BELOW, false },
        { A ":*", A ":*", false },
        { A " https://*.b.example", A, true },
        /* an exclusion, even of another origin, needs the parsed origin */
        { A " !" B, A, false },
        { "https://1.example https://2.example https://3.example "
          "https://4.example https://5.example https://6.example "
          "https://7.example https://8.example https://9.example",
          "https://8.example", true },
        /* later ones are only found by the table */
        { "https://1.example https://2.example https://3.example "
          "https://4.example https://5.example https://6.example "
          "https://7.example https://8.example https://9.example",
          "https://9.example", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        const cors_origin_set_t *set = valid_set(rows[i].words);

        if (cors_origin_set_has_text(set, exact_copy(rows[i].text))
            != rows[i].found) {
            fail_msg("%s in %s", rows[i].text, rows[i].words);
        }
    }
    assert_false(cors_origin_set_has_text(valid_set(A), cors_slice(NULL)));
}

#undef B

static void key_selects_the_tenant_of_a_source(void **state)
{
    static const cors_origin_source_t live = { lookup_tenant, NULL };
    static const cors_origin_notes_t notes = { .lists = true,
                                               .path = "/shops" };
    static const cors_tenant_key_t header = { "%{HTTP:A}", "A", "compiled" };
    static const cors_tenant_key_t second = { "%{HTTP:B}", "B", "compiled" };
    static const cors_tenant_key_t server = { "%{SERVER_NAME}", NULL,
                                              "compiled" };
    static const char origin[] = "https://one.example";
    cors_origin_set_t *set = valid_set("https://other.example");
    const cors_origin_entry_t *entry;

    (void)state;
    assert_int_equal(cors_origin_set_add_source(pool, set, "shops", "conf:3",
                                                &live, NULL, &notes),
                     CORS_OK);
    assert_false(cors_origin_set_has_tenants(set));
    assert_int_equal(listing_for(set, origin, "shop"), CORS_ORIGIN_UNLISTED);
    assert_int_equal(asked, 0);
    assert_int_equal(cors_origin_set_add_source(pool, set, "shops \"1\"",
                                                "conf:4", &live, &server,
                                                &notes),
                     CORS_OK);
    assert_true(cors_origin_set_has_tenants(set));
    assert_null(cors_origin_set_vary(set));
    assert_int_equal(listing_for(set, origin, "shop"), CORS_ORIGIN_LISTED);
    assert_int_equal(asked, 1);
    assert_int_equal(listing_for(set, origin, "no"), CORS_ORIGIN_EXCLUDED);
    assert_int_equal(listing_for(set, origin, ""), CORS_ORIGIN_UNLISTED);
    /* without a request there is no tenant */
    assert_int_equal(listing_for(set, origin, NULL), CORS_ORIGIN_UNLISTED);
    assert_int_equal(listing_for(set, "https://other.example", NULL),
                     CORS_ORIGIN_LISTED);
    cors_origin_set_add_source(pool, set, "shops \"2\"", NULL, &live, &header,
                               &notes);
    cors_origin_set_add_source(pool, set, "shops \"3\"", NULL, &live, &second,
                               &notes);
    assert_string_equal(cors_origin_set_vary(set), "A, B");
    entry = cors_origin_set_entry(set, 2);
    assert_string_equal(entry->tenant, "%{SERVER_NAME}");
    assert_string_equal(entry->path, "/shops");
    /* a list is repeated if its key is too */
    assert_null(entry->first);
    cors_origin_set_add_source(pool, set, "shops \"1\"", NULL, &live, &server,
                               &notes);
    assert_string_equal(cors_origin_set_entry(set, 5)->first, "conf:4");
}

static const cors_origin_notes_t nothing = { .lists = false };

static void a_source_may_have_the_name_of_an_entry(void **state)
{
    static const char *const one[] = { "one.example", "none.example" };
    static const cors_origin_source_t live = { lookup_source, one };
    cors_origin_set_t *set = valid_set("null");
    const char *unused;

    (void)state;
    assert_int_equal(cors_origin_set_add_source(pool, set, "null", "conf:3",
                                                &live, NULL, &nothing),
                     CORS_OK);
    assert_null(cors_origin_set_entry(set, 1)->first);
    same_text("the file", listing_of(set, "https://one.example", false),
              "listed");
    assert_true(cors_origin_set_null(set));
    assert_int_equal(cors_origin_set_add_source(pool, set,
                                                "https://two.example", "conf:4",
                                                &live, NULL, &nothing),
                     CORS_OK);
    assert_int_equal(cors_origin_set_add(pool, set,
                                         cors_slice("https://two.example"),
                                         "conf:5", &unused),
                     CORS_OK);
    same_text("the entry", listing_of(set, "https://two.example", false),
              "listed");
}

static void source_lists_like_entries(void **state)
{
    static const char *const one[] = { "one.example", "word.example" };
    static const char *const two[] = { "two.example", "one.example" };
    static const cors_origin_source_t live_lists[] = { { lookup_source, one },
                                                       { lookup_source, two } };
    static const cors_origin_notes_t notes = { .lists = true,
                                               .suffix = "https://*.github.io",
                                               .suffix_source = "/two:7",
                                               .insecure = "http://a.example",
                                               .insecure_source = "/two:9" };
    cors_origin_set_t *set =
        valid_set("https://word.example https://other.example");

    (void)state;
    assert_int_equal(cors_origin_set_add_source(pool, set, "/one", "conf:3",
                                                &live_lists[0], NULL, &nothing),
                     CORS_OK);
    same_text("an entry", listing_of(set, "https://other.example", false),
              "listed");
    same_text("a source", listing_of(set, "https://one.example", false),
              "listed");
    same_text("a source that excludes an entry",
              listing_of(set, "https://word.example", false), "excluded");
    same_text("none", listing_of(set, "https://none.example", false),
              "unlisted");
    /* the same path again is a repeated entry, not a second source */
    assert_int_equal(cors_origin_set_add_source(pool, set, "/one", "conf:4",
                                                &live_lists[1], NULL, &nothing),
                     CORS_OK);
    same_text("the second", listing_of(set, "https://two.example", false),
              "unlisted");
    same_text("the source of the first", cors_origin_set_entry(set, 3)->first,
              "conf:3");
    assert_int_equal(cors_origin_set_add_source(pool, set, "/two", "conf:5",
                                                &live_lists[1], NULL, &notes),
                     CORS_OK);
    same_text("the second", listing_of(set, "https://two.example", false),
              "listed");
    same_text("excluded by one of them",
              listing_of(set, "https://one.example", false), "excluded");
    same_text("its suffix", cors_origin_set_public_suffix(set)->text,
              "https://*.github.io");
    same_text("its source", cors_origin_set_public_suffix(set)->source,
              "/two:7");
    assert_true(cors_origin_set_public_suffix(set)->suffix);
    /* two entries, /one twice, /two, and its public suffix */
    assert_int_equal(cors_origin_set_count(set), 6);
    same_text("an entry", cors_origin_set_entry(set, 4)->text, "/two");
    assert_true(cors_origin_set_entry(set, 4)->file);
    assert_false(cors_origin_set_entry(set, 4)->regex);
    assert_false(cors_origin_set_entry(set, 4)->exclude);
    assert_false(cors_origin_set_entry(set, 4)->suffix);
    same_text("its plain http", cors_origin_set_entry(set, 4)->insecure,
              "http://a.example");
    same_text("its source", cors_origin_set_entry(set, 4)->insecure_source,
              "/two:9");
    assert_null(cors_origin_set_entry(set, 2)->insecure);
    same_text("the last entry", cors_origin_set_entry(set, 5)->text,
              "https://*.github.io");
    assert_false(cors_origin_set_empty(set, false));
    assert_false(cors_origin_set_empty(set, true));
}

/* The result is what the source refers to. */
static cors_listing_e lookup_same(const void *self, const cors_origin_t *origin,
                                  const cors_slice_t *tenant)
{
    (void)tenant;
    (void)origin;
    return *(const cors_listing_e *)self;
}

/* A list that is not usable hides what another list allows, not what it excludes. */
static void check_unusable(cors_listing_e unusable)
{
    static const char *const one[] = { "one.example", "word.example" };
    const cors_origin_source_t live_lists[] = { { lookup_source, one },
                                                { lookup_same, &unusable } };
    cors_origin_set_t *set =
        valid_set("https://other.example !https://no.example");
    cors_origin_t origin;
    const char *word;
    int i;

    for (i = 0; i < 2; i++) {
        assert_int_equal(cors_origin_set_add_source(pool, set,
                                                    i == 0 ? "/one" : "/two",
                                                    "conf:3", &live_lists[i],
                                                    NULL, &nothing),
                         CORS_OK);
        for (word = "https://one.example\0https://other.example\0"; *word;
             word += strlen(word) + 1) {
            assert_true(cors_origin_parse(cors_slice(word), &origin));
            assert_int_equal(cors_origin_set_lookup(set, &origin, false),
                             i == 0 ? CORS_ORIGIN_LISTED : unusable);
        }
    }
    /* exclusions apply nevertheless */
    assert_true(cors_origin_parse(cors_slice("https://no.example"), &origin));
    assert_int_equal(cors_origin_set_lookup(set, &origin, false),
                     CORS_ORIGIN_EXCLUDED);
}

static void unloaded_source_lists_nothing(void **state)
{
    (void)state;
    check_unusable(CORS_ORIGIN_NOT_LOADED);
}

static void stale_source_lists_nothing(void **state)
{
    (void)state;
    check_unusable(CORS_ORIGIN_STALE);
}

static void empty_source_lists_nothing(void **state)
{
    static const char *const none[] = { "none.example", "none.example" };
    static const cors_origin_source_t live = { lookup_source, none };
    static const cors_origin_notes_t lists = { .lists = true };
    cors_origin_set_t *set = valid_set("");

    (void)state;
    assert_true(cors_origin_set_empty(set, true));
    assert_int_equal(cors_origin_set_add_source(pool, set, "/one", "conf:3",
                                                &live, NULL, &nothing),
                     CORS_OK);
    assert_false(cors_origin_set_empty(set, false));
    assert_true(cors_origin_set_empty(set, true));
    assert_int_equal(cors_origin_set_add_source(pool, set, "/two", "conf:4",
                                                &live, NULL, &lists),
                     CORS_OK);
    assert_int_equal(cors_origin_set_add_source(pool, set, "/three", "conf:5",
                                                &live, NULL, &nothing),
                     CORS_OK);
    assert_false(cors_origin_set_empty(set, true));
}

static const char *excluding_entry(const cors_origin_set_t *set,
                                   const char *text)
{
    static const char *const texts[] = { "unlisted", "listed", "excluded" };
    const cors_origin_entry_t *word;
    cors_origin_t origin;

    assert_true(cors_origin_parse(exact_copy(text), &origin));
    word = cors_origin_set_excluding(set, &origin);
    if (!word) {
        return "none";
    }
    return apr_pstrcat(pool, word->text, ", else ",
                       texts[cors_origin_set_without(set, &origin, word)],
                       NULL);
}

static void excluding_entry_is_known(void **state)
{
    static const char *const hosts[] = { "one.example", "a.w.example" };
    static const cors_origin_source_t live = { lookup_source, hosts };
    cors_origin_set_t *set =
        valid_set("https://*.w.example https://b.example !https://b.w.example "
                  "!https://none.example !https://c.w.example "
                  "!https://c.w.example:* !https://*.d.w.example");

    (void)state;
    same_text("listed", excluding_entry(set, "https://b.example"), "none");
    same_text("unlisted", excluding_entry(set, "https://x.example"), "none");
    same_text("excluded", excluding_entry(set, "https://b.w.example"),
              "https://b.w.example, else listed");
    same_text("by a wildcard", excluding_entry(set, "https://x.d.w.example"),
              "https://*.d.w.example, else listed");
    same_text("twice", excluding_entry(set, "https://c.w.example"),
              "https://c.w.example, else excluded");
    same_text("and not listed", excluding_entry(set, "https://none.example"),
              "https://none.example, else unlisted");
    assert_int_equal(cors_origin_set_add_source(pool, set, "/one", "conf:3",
                                                &live, NULL, &nothing),
                     CORS_OK);
    same_text("by a file", excluding_entry(set, "https://a.w.example"),
              "/one, else listed");
    same_text("listed by a file", excluding_entry(set, "https://one.example"),
              "none");
    same_text("null", excluding_entry(set, "null"), "none");
    same_text("by an entry beside a file",
              excluding_entry(set, "https://b.w.example"),
              "https://b.w.example, else listed");
    same_text("not listed by a file either",
              excluding_entry(set, "https://none.example"),
              "https://none.example, else unlisted");
}

static void file_and_entry_exclude_separately(void **state)
{
    static const char *const one[] = { "one.example", "no.example" };
    static const char *const two[] = { "two.example", "out.example" };
    static const cors_origin_source_t live_lists[] = { { lookup_source, one },
                                                       { lookup_source, two } };
    static const char *const texts[] = { "unlisted", "listed", "excluded" };
    cors_origin_set_t *set = valid_set("");
    const char *suggestion;
    const cors_origin_entry_t *word;
    cors_origin_t null;

    (void)state;
    assert_int_equal(cors_origin_set_add_source(pool, set, "/one", "conf:1",
                                                &live_lists[0], NULL, &nothing),
                     CORS_OK);
    assert_int_equal(cors_origin_set_add_source(pool, set, "/two", "conf:2",
                                                &live_lists[1], NULL, &nothing),
                     CORS_OK);
    same_text("the first file", excluding_entry(set, "https://no.example"),
              "/one, else unlisted");
    same_text("the second file", excluding_entry(set, "https://out.example"),
              "/two, else unlisted");
    add_entry(set, "!https://out.example", "conf:3", &suggestion);
    add_entry(set, "!https://two.example", "conf:4", &suggestion);
    add_entry(set, "null", "conf:5", &suggestion);
    add_entry(set, "!null", "conf:6", &suggestion);
    same_text("an entry and a file",
              excluding_entry(set, "https://out.example"),
              "https://out.example, else excluded");
    same_text("listed by a file", excluding_entry(set, "https://two.example"),
              "https://two.example, else listed");
    same_text("null", excluding_entry(set, "null"), "null, else listed");
    assert_true(cors_origin_parse(exact_copy("null"), &null));
    word = cors_origin_set_entry(set, 2);
    same_text("without another entry",
              texts[cors_origin_set_without(set, &null, word)], "excluded");
}

static void undecided_regex_covers_nothing(void **state)
{
    cors_origin_set_t *set = valid_set("~? https://a.example");

    (void)state;
    assert_true(cors_origin_set_entry(set, 0)->undecided);
    assert_null(cors_origin_set_covering(pool, set,
                                         cors_origin_set_entry(set, 1), false));
}

static void invalid_regex_is_not_added(void **state)
{
    cors_origin_set_t *set = valid_set("");
    const char *suggestion = "left over";

    (void)state;
    assert_int_equal(cors_origin_set_add_regex(pool, set, "/https://a/",
                                               "conf:1", "", match_test_regex,
                                               &suggestion),
                     CORS_PROBLEM_REGEX_SLASHES);
    assert_string_equal(suggestion, "\"https://a\"");
    assert_int_equal(cors_origin_set_count(set), 0);
    suggestion = "left over";
    set = cors_origin_set_make(pool, false, true);
    assert_int_equal(cors_origin_set_add_regex(pool, set, "https://a", "conf:1",
                                               "", match_test_regex,
                                               &suggestion),
                     CORS_PROBLEM_EDIT_MIXED);
    assert_null(suggestion);
}

static void source_may_replace_an_origin(void **state)
{
    static const char *const hosts[] = { "a.example", "b.example" };
    static const cors_origin_source_t live = { lookup_source, hosts };
    static const struct {
        const char *words;
        cors_problem_e problem;
    } cases[] = { { "*", CORS_PROBLEM_ANY_ORIGIN_NOT_ALONE },
                  { "None", CORS_PROBLEM_NONE_NOT_ALONE },
                  { "+https://a.example", CORS_PROBLEM_EDIT_MIXED },
                  { "https://a.example", CORS_OK },
                  { "", CORS_OK } };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        same_number(cases[i].words,
                    cors_origin_set_add_source(pool, valid_set(cases[i].words),
                                               "/file", NULL, &live, NULL,
                                               &nothing),
                    cases[i].problem);
    }
}

/* Match a whole text with a regular expression of the C library. */
static bool match_posix_regex(const void *regex, cors_slice_t text, bool doubt)
{
    (void)doubt;
    return regexec(regex, text_of(text), 0, NULL, 0) == 0;
}

static apr_status_t free_regex(void *regex)
{
    regfree(regex);
    return APR_SUCCESS;
}

static cors_problem_e add_posix_regex(cors_origin_set_t *set, const char *word)
{
    const char *bare = cors_origin_set_edits(set) ? word + 1 : word;
    regex_t *regex = apr_palloc(pool, sizeof(*regex));
    const char *unused;

    assert_int_equal(regcomp(regex, apr_psprintf(pool, "^(%s)$", bare),
                             REG_EXTENDED | REG_NOSUB),
                     0);
    apr_pool_cleanup_register(pool, regex, free_regex, apr_pool_cleanup_null);
    return cors_origin_set_add_regex(pool, set, word, "conf:1", regex,
                                     match_posix_regex, &unused);
}

static void origin_without_host_matches_no_regex(void **state)
{
    cors_origin_set_t *set = valid_set("");

    (void)state;
    assert_int_equal(add_posix_regex(set, "https://a\\.example|[a-z]+://.*"),
                     CORS_OK);
    assert_string_equal(listing_of(set, "https://a.example", false), "listed");
    assert_string_equal(listing_of(set, "file://", false), "unlisted");
}

static void open_regex_has_an_example(void **state)
{
    static const struct {
        const char *regex;
        const char *open;
        const char *suffix;
    } rows[] = {
        { "https://.*\\.example\\.com", NULL, NULL },
        { "https://[^/]*\\.www\\.example\\.com", NULL, NULL },
        { "https://example\\.com", NULL, NULL },
        /* a missing dot, or one that matches any byte */
        { "https://.*example\\.com", "https://strangerzqexample.com", NULL },
        { "https://a.example\\.com", "https://axexample.com", NULL },
        { "http://a.example\\.com", "http://axexample.com", NULL },
        { "https://.*b.example\\.com", "https://strangerzqbxexample.com",
          NULL },
        { "https://[^b]+.example\\.com", "https://strangerzqexample.com",
          NULL },
        { "https://z[^x]*b.example\\.com", "https://zstrangerzqbxexample.com",
          NULL },
        { "https://.{10}b.example\\.com", "https://strangerzqbxexample.com",
          NULL },
        { "https://.{10}\\.b.example\\.com", "https://strangerzq.bxexample.com",
          NULL },
        { "https://.*\\.github\\.io", NULL, "https://strangerzq.github.io" },
        { "https://[a-z]+\\.github\\.io", NULL,
          "https://strangerzq.github.io" },
        { "https://.*\\.co\\.uk", NULL, "https://strangerzq.co.uk" },
        /* open and a suffix: both have an example */
        { "https://.*\\.co\\.uk|https://.*b\\.de", "https://strangerzqb.de",
          "https://strangerzq.co.uk" },
        /* any name */
        { "https://.*", "https://strangerzq.com", NULL },
        { "https?://[a-z-]+[0-9]\\.info", "https://strangerzq0.info", NULL },
        { "http://www\\.[a-z]+\\.net|x", NULL, "http://www.strangerzq.net" },
        { "http://a\\.b\\.[a-z]+\\.org|x", NULL, "http://a.b.strangerzq.org" },
        /* undecidable: the obstacle, with an example if there is one */
        { "https://.*(a)\\2\\.example\\.com", "a back-reference at byte 14",
          NULL },
        { "https://(.)?.*\\2?",
          "a back-reference at byte 15; https://strangerzq.com", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_origin_set_t *set = cors_origin_set_make(pool, false, false);
        const cors_origin_entry_t *word;

        assert_int_equal(add_posix_regex(set, rows[i].regex), CORS_OK);
        word = cors_origin_set_entry(set, 0);
        same_text(rows[i].regex, word->open_detail, rows[i].open);
        same_text(rows[i].regex, word->suffix_detail, rows[i].suffix);
        same_number(rows[i].regex, word->open, rows[i].open != NULL);
        same_number(rows[i].regex, word->suffix, rows[i].suffix != NULL);
        same_number(rows[i].regex, word->undecided,
                    rows[i].open && strncmp(rows[i].open, "https://", 8) != 0
                        && !strstr(rows[i].open, "; ")
                        && strncmp(rows[i].open, "http://", 7) != 0);
        assert_ptr_equal(cors_origin_set_public_suffix(set),
                         rows[i].suffix ? word : NULL);
        assert_ptr_equal(cors_origin_set_public(set),
                         rows[i].open ? word : NULL);
    }
}

static bool match_nothing(const void *regex, cors_slice_t text, bool part)
{
    (void)regex;
    (void)text;
    (void)part;
    return false;
}

static bool match_anything(const void *regex, cors_slice_t text, bool part)
{
    (void)regex;
    (void)text;
    (void)part;
    return true;
}

/* PCRE matches less than the analysis if a part is possessive. */
static void unmatched_origin_is_not_an_example(void **state)
{
    static const struct {
        const char *regex;
        cors_regex_match_fn match;
        const char *open;
        const char *suffix;
    } rows[] = {
        { "https://.*+x\\.com", match_nothing, NULL, NULL },
        { "https://.*+x\\.com", match_anything, "https://strangerzqx.com",
          NULL },
        { "https://.*x\\.com", match_nothing, "https://strangerzqx.com", NULL },
        { "https://.*+\\.com", match_nothing, NULL, NULL },
        { "https://.*+\\.com", match_anything, NULL, "https://strangerzq.com" },
        { "https://.*\\.com", match_nothing, NULL, "https://strangerzq.com" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_origin_set_t *set = cors_origin_set_make(pool, false, false);
        const cors_origin_entry_t *word;
        const char *unused;

        assert_int_equal(cors_origin_set_add_regex(pool, set, rows[i].regex,
                                                   "conf:1", rows[i].regex,
                                                   rows[i].match, &unused),
                         CORS_OK);
        word = cors_origin_set_entry(set, 0);
        same_text(rows[i].regex, word->open_detail, rows[i].open);
        same_text(rows[i].regex, word->suffix_detail, rows[i].suffix);
        assert_true(word->open || word->suffix);
    }
}

static void first_public_suffix_of_regexes_is_found(void **state)
{
    cors_origin_set_t *set = cors_origin_set_make(pool, false, true);

    (void)state;
    assert_int_equal(add_posix_regex(set, "-https://.*\\.co\\.uk"), CORS_OK);
    assert_null(cors_origin_set_public_suffix(set));
    assert_int_equal(add_posix_regex(set, "+https://.*\\.github\\.io"),
                     CORS_OK);
    assert_int_equal(add_posix_regex(set, "+https://.*\\.gitlab\\.io"),
                     CORS_OK);
    assert_ptr_equal(cors_origin_set_public_suffix(set),
                     cors_origin_set_entry(set, 1));
}

static void exclusion_has_precedence_over_a_regex(void **state)
{
    cors_origin_set_t *set = cors_origin_set_make(pool, false, true);
    const char *suggestion;

    (void)state;
    assert_int_equal(add_posix_regex(set, "+https://a.*\\.example"), CORS_OK);
    assert_int_equal(add_posix_regex(set, "-https://z.*\\.example"), CORS_OK);
    assert_int_equal(cors_origin_set_add(pool, set,
                                         exact_copy("-https://a.example"), NULL,
                                         &suggestion),
                     CORS_OK);
    same_text("excluded", listing_of(set, "https://a.example", false),
              "excluded");
    same_text("listed", listing_of(set, "https://ab.example", false), "listed");
}

static void all_wildcards_of_a_domain_are_compared(void **state)
{
    cors_origin_set_t *set =
        valid_set("https://*.a.example http://*.a.example "
                  "https://b.a.example http://b.a.example");

    (void)state;
    assert_ptr_equal(cors_origin_set_covering(pool, set,
                                              cors_origin_set_entry(set, 2),
                                              false),
                     cors_origin_set_entry(set, 0));
    assert_ptr_equal(cors_origin_set_covering(pool, set,
                                              cors_origin_set_entry(set, 3),
                                              false),
                     cors_origin_set_entry(set, 1));
}

static void empty_entry_is_rejected(void **state)
{
    const char *suggestion;

    (void)state;
    assert_int_equal(
        cors_origin_set_add(pool, cors_origin_set_make(pool, false, false),
                            exact_copy(""), NULL, &suggestion),
        CORS_PROBLEM_ORIGIN_SCHEME_MISSING);
    assert_int_equal(
        cors_origin_set_add(pool, cors_origin_set_make(pool, false, true),
                            exact_copy(""), NULL, &suggestion),
        CORS_PROBLEM_EDIT_MIXED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(origins_are_compared_exactly),
        TEST(wildcard_lists_all_subdomains),
        TEST(port_wildcard_lists_any_port_and_the_default),
        TEST(exclusion_has_precedence),
        TEST(edit_adds_with_plus_and_removes_with_minus),
        TEST(star_lists_any_origin_and_null),
        TEST(null_needs_its_flag),
        TEST(regex_gets_exactly_the_origin),
        TEST(all_ids_of_a_scheme),
        TEST(file_is_listed_by_name_only),
        TEST(self_is_listed_for_websockets_only),
        TEST(incompatible_entries_are_rejected),
        TEST(rejected_entry_leaves_the_list_unchanged),
        TEST(entries_keep_their_texts),
        TEST(repeated_entry_may_lack_a_source),
        TEST(a_source_may_have_the_name_of_an_entry),
        TEST(list_records_notable_entries),
        TEST(entry_is_covered_by_a_wider_entry),
        TEST(host_with_most_labels_is_found),
        TEST(source_lists_like_entries),
        TEST(few_origins_are_found_by_their_text),
        TEST(key_selects_the_tenant_of_a_source),
        TEST(excluding_entry_is_known),
        TEST(file_and_entry_exclude_separately),
        TEST(undecided_regex_covers_nothing),
        TEST(invalid_regex_is_not_added),
        TEST(unloaded_source_lists_nothing),
        TEST(stale_source_lists_nothing),
        TEST(empty_source_lists_nothing),
        TEST(source_may_replace_an_origin),
        TEST(origin_without_host_matches_no_regex),
        TEST(open_regex_has_an_example),
        TEST(unmatched_origin_is_not_an_example),
        TEST(first_public_suffix_of_regexes_is_found),
        TEST(exclusion_has_precedence_over_a_regex),
        TEST(all_wildcards_of_a_domain_are_compared),
        TEST(empty_entry_is_rejected),
        TEST(list_agrees_with_a_loop_over_its_patterns),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
