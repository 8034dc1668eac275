/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The lists of origins of two configurations: which are equal, which origins show a
 * difference, and which setting decides on an origin. */

#include "configure.h"

#include "core/diagnose/compare_lists.h"

#define A "https://a.example"
#define B "https://b.example"
#define LIST "CorsAllowOrigins " A
/* No automaton represents it, so only an equal list is known to contain it. */
#define LOOK_AHEAD "CorsAllowOriginsMatch https://(?!x)a\\.b"

static cors_lists_t *make_lists(void)
{
    return cors_lists_make(pool, apr_hash_make(pool), apr_hash_make(pool));
}

/* Store a file of one configuration. lines: separated by spaces; "?": its text is not
 * known; NULL: there is no file. */
static void put_file(apr_hash_t *files, const char *lines)
{
    cors_snapshot_file_t *file = apr_pcalloc(pool, sizeof(*file));
    apr_array_header_t *origins = apr_array_make(pool, 2, sizeof(char *));
    char *last;
    char *line;

    if (!lines) {
        return;
    }
    for (line = apr_strtok(apr_pstrdup(pool, lines), " ", &last); line;
         line = apr_strtok(NULL, " ", &last)) {
        APR_ARRAY_PUSH(origins, const char *) = line;
    }
    file->path = "list";
    file->origins = strcmp(lines, "?") == 0 ? NULL : origins;
    apr_hash_set(files, file->path, APR_HASH_KEY_STRING, file);
}

static cors_lists_t *lists_with(const char *old, const char *now)
{
    apr_hash_t *before = apr_hash_make(pool);
    apr_hash_t *after = apr_hash_make(pool);

    put_file(before, old);
    put_file(after, now);
    return cors_lists_make(pool, before, after);
}

static cors_listing_e lookup_none(const void *self, const cors_origin_t *origin,
                                  const cors_slice_t *tenant)
{
    (void)self;
    (void)origin;
    (void)tenant;
    return CORS_ORIGIN_UNLISTED;
}

/* Add a file to the innermost list of a policy. */
static const cors_policy_t *add_named_file(const cors_policy_t *policy,
                                           const char *name)
{
    static const cors_origin_source_t live = { lookup_none, NULL };
    static const cors_origin_notes_t notes = { .lists = true };

    assert_int_equal(cors_origin_set_add_source(
                         pool, policy->link[CORS_ATTR_ORIGINS].setting->origins,
                         name, "CorsAllowOriginsFile conf:9", &live, NULL,
                         &notes),
                     CORS_OK);
    return policy;
}

static const cors_policy_t *add_file(const cors_policy_t *policy)
{
    return add_named_file(policy, "list");
}

static const cors_listed_t *listed(cors_lists_t *lists, bool old,
                                   const cors_policy_t *policy)
{
    return cors_listed_of(lists, old, policy, CORS_ATTR_ORIGINS);
}

/* "same", the witness or the obstacle. */
static const char *difference_text(const cors_difference_t *result)
{
    return result->witness    ? result->witness
           : result->obstacle ? result->obstacle
                              : "same";
}

/* What the list of the first text allows and that of the second does not. */
typedef struct {
    const char *name;
    const char *now;
    const char *old;
    const char *expected;
} row_t;

static const row_t rows[] = {
    { "equal lists", LOOK_AHEAD, LOOK_AHEAD, "same" },
    { "a text as an origin and as a regular expression",
      "CorsAllowOriginsMatch https://a.b", "CorsAllowOrigins https://a.b",
      "https://a1b" },
    { "an entry that an edit adds and one that it removes",
      "CorsPolicy On | CorsAllowOrigins +" A,
      "CorsPolicy On | CorsAllowOrigins -" A, A },
    { "null with its permission and without",
      "CorsAllowOrigins null; CorsAllowNullOriginUnsafe On",
      "CorsAllowOrigins null", "null" },
    { "an edit of a list and an edit of no list",
      LIST " | CorsAllowOrigins +" B, "CorsAllowOrigins +" B, A },
    { "another list", "CorsAllowOrigins " B, LIST, B },
    { "an origin and its exclusion, in another order",
      LOOK_AHEAD "; CorsAllowOrigins " A " !" A,
      LOOK_AHEAD "; CorsAllowOrigins !" A " " A, "same" },
    { "an origin and a regular expression of the same text, in another order",
      LOOK_AHEAD "; CorsAllowOrigins " A "; CorsAllowOriginsMatch " A,
      LOOK_AHEAD "; CorsAllowOriginsMatch " A "; CorsAllowOrigins " A, "same" },
};

static void check_row(void **state)
{
    const row_t *row = *state;
    cors_lists_t *lists = make_lists();
    const cors_listed_t *now = listed(lists, false, policy_of(row->now));
    const cors_listed_t *old = listed(lists, true, policy_of(row->old));

    same_text(row->name, difference_text(cors_listed_compare(lists, now, old)),
              row->expected);
}

/* Lists with a regular expression that no automaton represents, and the lines of a
 * file. */
typedef struct {
    const char *name;
    const char *old;
    const char *now;
    bool equal;
} file_row_t;

static const file_row_t file_rows[] = {
    { "files with the same lines", A " " B, A " " B, true },
    { "files without lines", "", "", true },
    { "files with another first line", A " " B, B " " B, false },
    { "files with another last line", A " " B, A " " A, false },
    { "one line less", A " " B, A, false },
    { "one line more", A, A " " B, false },
    { "an old file that is unknown", "?", A, false },
    { "a new file that is unknown", A, "?", false },
    { "files that are unknown", "?", "?", false },
    { "a file that the old configuration lacks", NULL, A, false },
    { "a file that the new configuration lacks", A, NULL, false },
};

static void check_files(void **state)
{
    const file_row_t *row = *state;
    cors_lists_t *lists = lists_with(row->old, row->now);
    const cors_policy_t *old = add_file(policy_of(LOOK_AHEAD));
    const cors_policy_t *now = add_file(policy_of(LOOK_AHEAD));
    const cors_setting_t *before = old->link[CORS_ATTR_ORIGINS].setting;
    const cors_setting_t *after = now->link[CORS_ATTR_ORIGINS].setting;
    const cors_difference_t *result =
        cors_listed_compare(lists, listed(lists, false, now),
                            listed(lists, true, old));

    assert_int_equal(result->answer, row->equal ? CORS_ALGEBRA_CONTAINED
                                                : CORS_ALGEBRA_UNDECIDED);
    assert_int_equal(cors_settings_equal(lists, before, after), row->equal);
}

/* A policy with a list without entries. */
static const cors_policy_t *empty_policy(const char *text)
{
    const cors_policy_t *policy = policy_of(text);
    cors_setting_t *setting =
        (cors_setting_t *)(uintptr_t)policy->link[CORS_ATTR_ORIGINS].setting;

    setting->origins = cors_origin_set_make(pool, false, false);
    return policy;
}

/* What the lines of a file now allow and the old lines do not. */
static const row_t line_rows[] = {
    { "a new line", A " " B, A, B },
    { "an exclusion that is gone", "https://*.x.example",
      "https://*.x.example !https://a.x.example", "https://a.x.example" },
    { "the same exclusion", "!https://a.x.example https://*.x.example",
      "https://*.x.example !https://a.x.example", "same" },
    { "an old file that is unknown", A, "?", "file list" },
    { "an old file that is missing", A, NULL, "file list" },
    { "a file that is unknown now", "?", A, "file list" },
};

static void check_lines(void **state)
{
    const row_t *row = *state;
    cors_lists_t *lists = lists_with(row->old, row->now);
    /* the same object on both sides: the file makes the difference */
    const cors_policy_t *policy = add_file(empty_policy(LIST));

    same_text(row->name,
              difference_text(cors_listed_compare(lists,
                                                  listed(lists, false, policy),
                                                  listed(lists, true, policy))),
              row->expected);
}

/* A file that is named like an origin is read, so it lists something else. */
static void a_file_is_not_an_entry_of_the_same_text(void **state)
{
    cors_lists_t *lists = make_lists();
    const cors_policy_t *old =
        policy_of("CorsAllowOrigins null; CorsAllowNullOriginUnsafe On");
    const cors_policy_t *now = add_named_file(
        empty_policy("CorsAllowOrigins null; CorsAllowNullOriginUnsafe On"),
        "null");

    (void)state;
    same_text("a file now",
              difference_text(cors_listed_compare(lists,
                                                  listed(lists, false, now),
                                                  listed(lists, true, old))),
              "file null");
    assert_false(cors_settings_equal(lists,
                                     old->link[CORS_ATTR_ORIGINS].setting,
                                     now->link[CORS_ATTR_ORIGINS].setting));
}

static void a_list_is_made_and_compared_once(void **state)
{
    cors_lists_t *lists = make_lists();
    const cors_policy_t *policy = policy_of(LOOK_AHEAD);
    const cors_listed_t *list = listed(lists, false, policy);
    const cors_listed_t *other = listed(lists, true, policy_of(LIST));

    (void)state;
    assert_ptr_equal(listed(lists, false, policy), list);
    assert_ptr_equal(cors_listed_compare(lists, list, other),
                     cors_listed_compare(lists, list, other));
    assert_ptr_not_equal(cors_listed_compare(lists, list, other),
                         cors_listed_common(lists, list, other));
    same_text("itself", difference_text(cors_listed_compare(lists, list, list)),
              "same");
}

static void null_belongs_to_a_list_only_with_its_permission(void **state)
{
    cors_lists_t *lists = make_lists();
    const cors_policy_t *with =
        policy_of("CorsAllowOrigins null; CorsAllowNullOriginUnsafe On");
    cors_policy_t without = *with;
    const cors_listed_t *list = listed(lists, false, with);

    (void)state;
    without.link[CORS_ATTR_NULL_UNSAFE].setting = NULL;
    same_text("the same entries",
              difference_text(
                  cors_listed_compare(lists, list,
                                      listed(lists, false, &without))),
              "null");
    assert_true(
        cors_listed_lacks(lists, listed(lists, false, &without), "null"));
    assert_false(cors_listed_lacks(lists, list, "null"));
    assert_false(
        cors_listed_lacks(lists, cors_listed_all(lists, true), "null"));
}

static void the_list_of_an_entry_has_what_it_lists(void **state)
{
    cors_lists_t *lists = make_lists();
    cors_origin_entry_t entry;
    const cors_listed_t *list;

    (void)state;
    memset(&entry, 0, sizeof(entry));
    entry.text = A;
    entry.exclude = true;
    list = cors_listed_of_entry(lists, &entry);
    assert_false(cors_listed_lacks(lists, list, A));
    assert_true(cors_listed_lacks(lists, list, B));
    entry.text = "null";
    assert_false(
        cors_listed_lacks(lists, cors_listed_of_entry(lists, &entry), "null"));
}

/* Add origins to a list, which differ in their ports. */
static const cors_policy_t *add_entries(const cors_policy_t *policy, int count)
{
    cors_origin_set_t *set = policy->link[CORS_ATTR_ORIGINS].setting->origins;
    const char *unused;
    int i;

    for (i = 0; i < count; i++) {
        const char *origin =
            apr_psprintf(pool, "https://x.example:%d", 1024 + i);

        assert_int_equal(cors_origin_set_add(pool, set, cors_slice(origin),
                                             "entry", &unused),
                         CORS_OK);
    }
    return policy;
}

/* Lines of a file with such origins. */
static const char *many_lines(int count)
{
    char *lines = apr_palloc(pool, (apr_size_t)count * 25 + 1);
    char *to = lines;
    int i;

    *to = '\0';
    for (i = 0; i < count; i++) {
        to += apr_snprintf(to, 25, "https://x.example:%d ", 1024 + i);
    }
    return lines;
}

static const cors_policy_t *list_of(int entries, int lines)
{
    const cors_policy_t *policy = add_entries(empty_policy(LIST), entries);

    return lines > 0 ? add_file(policy) : policy;
}

/* Origins that the list of a policy and the lines of a file allow now, and that an old list
 * does not allow. */
typedef struct {
    const char *name;
    const char *now;
    const char *lines; /* of a file of the list; NULL: it has no file */
    const char *old;
    int others;           /* further origins that both lists have */
    const char *expected; /* "[ORIGIN ...][ and others]" */
} witness_row_t;

#define NONE "CorsAllowOrigins None"
#define OTHER "CorsAllowOrigins https://c.example"
#define WILD_X "https://*.x.example"
#define WILD_Y "https://*.y.example"
#define WILDS "CorsAllowOrigins " WILD_X " " WILD_Y
#define ANY_X "https://any-other.x.example"
#define ANY_Y "https://any-other.y.example"
#define NEXT_X "https://any-other-1.x.example"
#define NEXT_Y "https://any-other-1.y.example"

static const witness_row_t witness_rows[] = {
    { "wildcards", WILDS, NULL, NONE, 0, ANY_X " " ANY_Y },
    { "wildcards with exclusions", WILDS " !" ANY_X " !" ANY_Y, NULL, NONE, 0,
      NEXT_X " " NEXT_Y },
    { "wildcards with exclusions in a file", WILDS, "!" ANY_X " !" ANY_Y " " A,
      NONE, 0, NEXT_X " " NEXT_Y " " A },
    { "wildcards in a file with exclusions", "CorsAllowOrigins !" ANY_X,
      WILD_X " !" ANY_Y " " WILD_Y, NONE, 0, NEXT_X " " NEXT_Y },
    { "an exclusion that excludes all of a wildcard",
      "CorsAllowOrigins " WILD_X " " A, "!" WILD_X, NONE, 0, A },
    { "a regular expression with an exclusion",
      "CorsAllowOriginsMatch https://[ab]\\.example; CorsAllowOrigins !" A
      " " WILD_X,
      NULL, NONE, 0, B " " ANY_X },
    { "regular expressions with exclusions in a file",
      "CorsAllowOriginsMatch https://[ab]\\.x\\.example "
      "https://[ab]\\.y\\.example",
      "!https://a.y.example !https://a.x.example", NONE, 0,
      "https://b.x.example https://b.y.example" },
    { "a file whose lines are unknown", LIST, "?", NONE, 0, A " and others" },
    { "1000 entries with exclusions", WILDS " !" ANY_X " !" ANY_Y, NULL, OTHER,
      996, NEXT_X " " NEXT_Y },
    { "1001 entries with exclusions", WILDS " !" ANY_X " !" ANY_Y, NULL, OTHER,
      997, NEXT_X " and others" },
    { "a long list without exclusions", WILDS, NULL, OTHER, 1000,
      ANY_X " " ANY_Y },
    { "a long list with a wildcard of both", "CorsAllowOrigins " WILD_X " " A,
      NULL, "CorsAllowOrigins " WILD_X, 1000, A },
    { "a long list with an excluded origin", "CorsAllowOrigins " A " " B " !" A,
      NULL, OTHER, 1000, B },
    { "a long list with an excluded wildcard",
      "CorsAllowOrigins " A " !" WILD_X, NULL, OTHER, 1000, A },
    { "a long list with an excluded wildcard in a file", LIST, "!" WILD_X,
      OTHER, 1000, A },
};

static void check_witnesses(void **state)
{
    const witness_row_t *row = *state;
    cors_lists_t *lists = lists_with(NULL, row->lines);
    const cors_policy_t *now = policy_of(row->now);
    const cors_policy_t *old = policy_of(row->old);
    const apr_array_header_t *found;
    bool more;

    if (row->others > 0) {
        now = add_entries(now, row->others);
        old = add_entries(old, row->others);
    }
    if (row->lines) {
        now = add_file(now);
    }
    found = cors_listed_witnesses(lists, listed(lists, false, now),
                                  listed(lists, true, old), &more);
    same_text(row->name,
              apr_pstrcat(pool, apr_array_pstrcat(pool, found, ' '),
                          more ? " and others" : "", NULL),
              row->expected);
}

/* A difference shows at most 50 origins; one if a list has more than 20000 entries, of
 * which a file is one. */
static void origins_of_a_difference_are_limited_and_stored(void **state)
{
    static const struct {
        int entries;
        int lines;
        int found;
        bool more;
    } counts[] = {
        { 50, 0, 50, false },   { 51, 0, 50, true },    { 0, 50, 50, false },
        { 0, 51, 50, true },    { 20000, 0, 50, true }, { 20001, 0, 1, true },
        { 0, 19999, 50, true }, { 0, 20000, 1, true },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(counts); i++) {
        cors_lists_t *lists = lists_with(NULL, many_lines(counts[i].lines));
        const cors_listed_t *list =
            listed(lists, false, list_of(counts[i].entries, counts[i].lines));
        const cors_listed_t *none = cors_listed_all(lists, false);
        bool more = true;
        const apr_array_header_t *found =
            cors_listed_witnesses(lists, list, none, &more);

        same_number("found", found->nelts, counts[i].found);
        same_number("more", more, counts[i].more);
        assert_ptr_equal(cors_listed_witnesses(lists, list, none, &more),
                         found);
        same_number("more, of the stored result", more, counts[i].more);
    }
}

static void a_long_second_list_is_not_searched(void **state)
{
    static const int counts[] = { 20000, 20001 };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(counts); i++) {
        cors_lists_t *lists = make_lists();
        const cors_listed_t *first =
            listed(lists, false, policy_of(LIST " " B));
        const cors_listed_t *second =
            listed(lists, true, list_of(counts[i], 0));
        bool more;
        const apr_array_header_t *found =
            cors_listed_witnesses(lists, first, second, &more);

        same_number("found", found->nelts, i ? 1 : 2);
        same_number("more", more, i > 0);
        same_text("the first one", APR_ARRAY_IDX(found, 0, const char *), A);
    }
}

/* The origins that one or two lists allow and others do not; "&" separates the lists. */
typedef struct {
    const char *name;
    const char *first;
    const char *second;
    const char *expected; /* "[ORIGIN ...][and others][: OBSTACLE]" */
} union_row_t;

#define C "https://c.example"

static const union_row_t union_rows[] = {
    { "no difference", LIST, LIST, "" },
    { "each new entry", LIST " " B " https://*.w.example", LIST,
      B " https://any-other.w.example" },
    { "an entry that is there twice", LIST " " B " " B, LIST, B },
    { "an entry that cannot be compared", LIST "; " LOOK_AHEAD,
      "CorsAllowOrigins None", A " and others" },
    { "both lists of the first", LIST "&CorsAllowOrigins " B,
      "CorsAllowOrigins " C, A " " B },
    { "both lists of the second", LIST " " B " " C, LIST "&CorsAllowOrigins " B,
      C " and others" },
    { "a second list that is empty", LIST " " B, LIST "&CorsAllowOrigins None",
      B },
    { "second lists that are empty", LIST,
      "CorsAllowOrigins None&CorsAllowOrigins None", A },
    { "one of the second lists has it all", LIST " " B,
      LIST "&CorsAllowOrigins " B " " A, "" },
    { "two lists together", LIST " " B, LIST "&CorsAllowOrigins " B,
      " and others: two lists together" },
    { "a list that cannot be compared", LIST,
      "CorsAllowOrigins " B "; " LOOK_AHEAD,
      ": regular expression https://(?!x)a\\.b: look-ahead" },
};

static cors_listed_union_t union_of(cors_lists_t *lists, bool old,
                                    const char *texts)
{
    cors_listed_union_t all = { { NULL, NULL } };
    char *last;
    char *text = apr_strtok(apr_pstrdup(pool, texts), "&", &last);
    int i;

    for (i = 0; text; text = apr_strtok(NULL, "&", &last)) {
        all.list[i++] = listed(lists, old, policy_of(text));
    }
    return all;
}

static const char *union_text(cors_lists_t *lists,
                              const cors_listed_union_t *first,
                              const cors_listed_union_t *second)
{
    bool more = true;
    const char *obstacle = "";
    apr_array_header_t *found =
        cors_union_witnesses(pool, lists, first, second, &more, &obstacle);

    return apr_pstrcat(pool, apr_array_pstrcat(pool, found, ' '),
                       more ? " and others" : "", obstacle ? ": " : "",
                       obstacle, NULL);
}

static void check_union(void **state)
{
    const union_row_t *row = *state;
    cors_lists_t *lists = make_lists();
    const cors_listed_union_t first = union_of(lists, false, row->first);
    const cors_listed_union_t second = union_of(lists, true, row->second);

    same_text(row->name, union_text(lists, &first, &second), row->expected);
}

/* Each of two lists has a part of the origins. */
static void origins_of_two_lists_are_limited_together(void **state)
{
    static const int counts[] = { 49, 50 };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(counts); i++) {
        cors_lists_t *lists = make_lists();
        const cors_listed_union_t first = {
            { listed(lists, false, policy_of(LIST)),
              listed(lists, false, list_of(counts[i], 0)) }
        };
        const cors_listed_union_t none = { { cors_listed_all(lists, false),
                                             NULL } };
        const char *obstacle;
        bool more = true;
        const apr_array_header_t *found =
            cors_union_witnesses(pool, lists, &first, &none, &more, &obstacle);

        same_number("found", found->nelts, 50);
        same_number("more", more, i > 0);
    }
}

/* Whether CorsAllowOrigins has an entry that anyone can match. */
static const struct {
    const char *name;
    const char *policy;
    const char *lines; /* of a file that is the only entry; or NULL */
    bool open;
} open_rows[] = {
    { "an origin", LIST "; CorsAllowAnyOriginWithCredentialsUnsafe On", NULL,
      false },
    { "any origin",
      "CorsAllowOrigins *; CorsAllowAnyOriginWithCredentialsUnsafe On", NULL,
      true },
    { "any origin, without the permission", "CorsAllowOrigins *", NULL, false },
    { "any origin of an outer list",
      "CorsAllowOrigins * | CorsAllowOrigins -" A
      "; CorsAllowAnyOriginWithCredentialsUnsafe On",
      NULL, true },
    { "all extensions",
      "CorsAllowOrigins moz-extension://*; "
      "CorsAllowAnyOriginWithCredentialsUnsafe On",
      NULL, true },
    { "a public suffix",
      "CorsAllowOrigins https://*.github.io; CorsAllowPublicSuffixUnsafe On",
      NULL, true },
    { "a line with a public suffix", LIST "; CorsAllowPublicSuffixUnsafe On",
      "https://*.github.io " A, true },
    { "a line without one", LIST "; CorsAllowPublicSuffixUnsafe On",
      "https://*.b.example " A, false },
    { "an excluded public suffix", LIST "; CorsAllowPublicSuffixUnsafe On",
      "!https://*.github.io " A, false },
    { "a file that is unknown", LIST "; CorsAllowPublicSuffixUnsafe On", "?",
      false },
};

static void check_open(void **state)
{
    const size_t row = (size_t)((const char *)*state - (const char *)open_rows)
                       / sizeof(open_rows[0]);
    const char *lines = open_rows[row].lines;
    cors_lists_t *lists = lists_with(lines, NULL);
    const cors_policy_t *policy =
        lines ? add_file(empty_policy(open_rows[row].policy))
              : policy_of(open_rows[row].policy);

    assert_int_equal(cors_listed_open(lists, true, policy),
                     open_rows[row].open);
}

/* The source of what decides on an origin. Each directive of a section adds entries to
 * its setting, which has the source of the last one. */
static const struct {
    const char *name;
    const char *policy;
    const char *origin;
    const char *source;
} source_rows[] = {
    { "no list", "CorsPolicy On", A, NULL },
    { "an entry", LIST "; CorsAllowOrigins " B, A, "CorsAllowOrigins conf:1" },
    { "a pattern", "CorsAllowOrigins https://*.example; CorsAllowOrigins " B, A,
      "CorsAllowOrigins conf:2" },
    { "an origin that no entry lists", LIST "; CorsAllowOrigins " B, C,
      "CorsAllowOrigins conf:2" },
    { "an entry of an edit",
      LIST " | CorsAllowOrigins +" B "; CorsAllowOrigins +" C, B,
      "CorsAllowOrigins conf:2" },
    { "an entry of the edited list",
      LIST "; CorsAllowOrigins " B " | CorsAllowOrigins +" C, A,
      "CorsAllowOrigins conf:1" },
    { "an entry of the middle list",
      LIST " | CorsAllowOrigins +" B " | CorsAllowOrigins +" C, B,
      "CorsAllowOrigins conf:2" },
    { "an exclusion",
      "CorsAllowOrigins * | CorsAllowOrigins -" A "; CorsAllowOrigins -" B, A,
      "CorsAllowOrigins conf:2" },
    { "a list of which the innermost edit has no entry",
      LIST " | CorsAllowOrigins +" B " | CorsAllowOrigins +" C,
      "https://d.example", "CorsAllowOrigins conf:3" },
};

static void check_source(void **state)
{
    const size_t row =
        (size_t)((const char *)*state - (const char *)source_rows)
        / sizeof(source_rows[0]);
    cors_lists_t *lists = make_lists();
    const cors_policy_t *policy = policy_of(source_rows[row].policy);

    same_text(source_rows[row].name,
              cors_listed_source(pool, lists, listed(lists, false, policy),
                                 &policy->link[CORS_ATTR_ORIGINS],
                                 source_rows[row].origin),
              source_rows[row].source);
}

/* Among the first 20000 entries, the one with the text of an origin is searched. */
static void the_source_of_a_late_entry_is_its_list(void **state)
{
    cors_lists_t *lists = make_lists();
    const cors_policy_t *policy = list_of(20001, 0);
    const cors_link_t *link = &policy->link[CORS_ATTR_ORIGINS];
    const cors_listed_t *list = listed(lists, false, policy);

    (void)state;
    same_text("the entry 20000",
              cors_listed_source(pool, lists, list, link,
                                 "https://x.example:21023"),
              "entry");
    same_text("the next one",
              cors_listed_source(pool, lists, list, link,
                                 "https://x.example:21024"),
              "CorsAllowOrigins conf:1");
}

/* Whether the settings of a directive are equal. */
typedef struct {
    const char *name;
    const char *old;
    const char *now;
    bool equal;
} setting_row_t;

static const setting_row_t setting_rows[] = {
    { "no setting", "CorsPolicy", "CorsPolicy", true },
    { "one setting", "CorsPolicy On", "CorsPolicy", false },
    { "equal choices", "CorsPolicy On", "CorsPolicy On", true },
    { "other choices", "CorsPolicy On", "CorsPolicy Off", false },
    { "equal times", "CorsMaxAge 60", "CorsMaxAge 60", true },
    { "other times", "CorsMaxAge 60", "CorsMaxAge 90", false },
    { "a time and none", "CorsMaxAge 60", "CorsMaxAge None", false },
    { "none and a time", "CorsMaxAge None", "CorsMaxAge 60", false },
    { "no times", "CorsMaxAge None", "CorsMaxAge None", true },
    { "equal statuses", "CorsPreflightStatus 200 400",
      "CorsPreflightStatus 200 400", true },
    { "another status of what is allowed", "CorsPreflightStatus 200 400",
      "CorsPreflightStatus 204 400", false },
    { "another status of what is denied", "CorsPreflightStatus 200 400",
      "CorsPreflightStatus 200 403", false },
    { "equal names", "CorsAllowHeaders x-a x-b", "CorsAllowHeaders x-a x-b",
      true },
    { "another first name", "CorsAllowHeaders x-a x-b",
      "CorsAllowHeaders x-c x-b", false },
    { "another last name", "CorsAllowHeaders x-a x-b",
      "CorsAllowHeaders x-a x-c", false },
    { "more names", "CorsAllowHeaders x-a", "CorsAllowHeaders x-a x-b", false },
    { "names that are added", "CorsAllowHeaders x-a", "CorsAllowHeaders +x-a",
      false },
    { "the same name beside a wildcard", "CorsAllowHeaders * authorization",
      "CorsAllowHeaders authorization", false },
    { "equal names that are removed", "CorsAllowHeaders -x-a -x-b",
      "CorsAllowHeaders -x-a -x-b", true },
    { "another first name that is removed", "CorsAllowHeaders -x-a -x-b",
      "CorsAllowHeaders -x-c -x-b", false },
    { "another last name that is removed", "CorsAllowHeaders -x-a -x-b",
      "CorsAllowHeaders -x-a -x-c", false },
    { "more names that are removed", "CorsAllowHeaders -x-a",
      "CorsAllowHeaders -x-a -x-b", false },
    { "equal origins", LIST, LIST, true },
    { "other origins", LIST, "CorsAllowOrigins " B, false },
};

static void check_setting(void **state)
{
    const setting_row_t *row = *state;
    char *last;
    const cors_attr_e attr =
        attr_of_directive(apr_strtok(apr_pstrdup(pool, row->old), " ", &last));
    const cors_policy_t *old = policy_of(strchr(row->old, ' ') ? row->old : "");
    const cors_policy_t *now = policy_of(strchr(row->now, ' ') ? row->now : "");

    assert_int_equal(cors_settings_equal(make_lists(), old->link[attr].setting,
                                         now->link[attr].setting),
                     row->equal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_not_an_entry_of_the_same_text),
        TEST(a_list_is_made_and_compared_once),
        TEST(null_belongs_to_a_list_only_with_its_permission),
        TEST(the_list_of_an_entry_has_what_it_lists),
        TEST(origins_of_a_difference_are_limited_and_stored),
        TEST(a_long_second_list_is_not_searched),
        TEST(origins_of_two_lists_are_limited_together),
        TEST(the_source_of_a_late_entry_is_its_list),
    };
    const table_t tables[] = {
        TABLE(check_row, rows),           TABLE(check_files, file_rows),
        TABLE(check_lines, line_rows),    TABLE(check_witnesses, witness_rows),
        TABLE(check_union, union_rows),   TABLE(check_open, open_rows),
        TABLE(check_source, source_rows), TABLE(check_setting, setting_rows),
    };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
