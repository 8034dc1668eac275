/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Sections, their <Limit>s, and how sections are merged. */

#include "configure.h"

static void attributes_have_directives(void **state)
{
    static const char *const directives[] = {
        "CorsPolicy",
        "CorsAllowOrigins",
        "CorsAllowMethods",
        "CorsAllowHeaders",
        "CorsExposeHeaders",
        "CorsAllowCredentials",
        "CorsMaxAge",
        "CorsAllowAnyOriginWithCredentialsUnsafe",
        "CorsAllowNullOriginUnsafe",
        "CorsAllowPublicSuffixUnsafe",
        "CorsPreflight",
        "CorsPreflightStatus",
        "CorsRejectDisallowed",
        "CorsBackendHeaders",
        "CorsAllowPrivateNetwork",
        "CorsSetEnv",
        "CorsWebSocketAllowOrigins",
        "CorsWebSocketRequireOrigin",
        "CorsProtect",
        "CorsProtectAllowOrigins",
        "CorsProtectEmbedding",
        "CorsProtectHost",
        "CorsTimingAllowOrigin",
        "CorsResourcePolicy",
    };
    size_t i;

    (void)state;
    assert_int_equal(COUNT(directives), CORS_ATTR_COUNT);
    for (i = 0; i < COUNT(directives); i++) {
        assert_string_equal(cors_attr_directive((cors_attr_e)i), directives[i]);
    }
}

static const char *choices_of(cors_attr_e attr)
{
    const char *const *choice = cors_attr_choices(attr);
    const char *all = choice ? "" : NULL;

    for (; choice && *choice; choice++) {
        all = join_with(all, "|", *choice);
    }
    return all;
}

static void choices_are_in_the_order_of_their_numbers(void **state)
{
    static const char *const choices[CORS_ATTR_COUNT] = {
        [CORS_ATTR_MODE] = "Off|On|ReportOnly",
        [CORS_ATTR_CREDENTIALS] = "Off|On",
        [CORS_ATTR_ANY_UNSAFE] = "Off|On",
        [CORS_ATTR_NULL_UNSAFE] = "Off|On",
        [CORS_ATTR_SUFFIX_UNSAFE] = "Off|On",
        [CORS_ATTR_PREFLIGHT] = "Answer|Continue",
        [CORS_ATTR_REJECT] = "Off|On",
        [CORS_ATTR_BACKEND] =
            "Replace|Keep|KeepExposed|KeepCredentials|KeepBoth",
        [CORS_ATTR_PRIVATE_NETWORK] = "Off|On",
        [CORS_ATTR_SET_ENV] = "Off|On",
        [CORS_ATTR_WEBSOCKET_REQUIRE] = "Off|On",
        [CORS_ATTR_PROTECT] = "Off|On|ReportOnly|On Strict|ReportOnly Strict",
        [CORS_ATTR_PROTECT_EMBEDDING] = "Off|On",
        [CORS_ATTR_PROTECT_HOST] = "Off|On",
        [CORS_ATTR_TIMING] = "Off|Policy|*",
        [CORS_ATTR_RESOURCE] = "Off|same-origin|same-site|cross-origin",
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(choices); i++) {
        same_text(cors_attr_directive((cors_attr_e)i),
                  choices_of((cors_attr_e)i), choices[i]);
    }
    assert_int_equal(CORS_MODE_REPORT_ONLY, 2);
    assert_int_equal(CORS_PREFLIGHT_CONTINUE, 1);
    assert_int_equal(CORS_BACKEND_KEEP, 1);
    assert_int_equal(CORS_PROTECTION_REPORT_ONLY, 2);
    assert_int_equal(CORS_BACKEND_KEEP_EXPOSED, 2);
    assert_int_equal(CORS_BACKEND_KEEP_CREDENTIALS, 3);
    assert_int_equal(CORS_BACKEND_KEEP_BOTH, 4);
}

static void methods_have_distinct_bits(void **state)
{
    cors_methods_t all = 0;
    int i;

    (void)state;
    assert_int_equal(cors_methods_bit(0), 1);
    assert_int_equal(cors_methods_bit(62), (apr_int64_t)1 << 62);
    assert_true(cors_methods_bit(63) == INT64_MIN);
    for (i = 0; i < CORS_METHODS_COUNT; i++) {
        assert_true((all & cors_methods_bit(i)) == 0);
        all |= cors_methods_bit(i);
    }
    assert_true(all == CORS_METHODS_ALL);
}

static void append_line_number(void *context, cors_attr_e attr,
                               const cors_setting_t *setting)
{
    const char **text = context;

    assert_string_equal(setting->directive, cors_attr_directive(attr));
    *text = join_with(*text, " ",
                      setting->source + strlen(setting->directive)
                          + strlen(" conf:"));
}

/* The lines that apply to some methods, the weakest first. */
static const char *line_numbers_for(const cors_section_t *section,
                                    cors_methods_t methods)
{
    const char *text = "";

    cors_section_visit(section, methods, append_line_number, &text);
    return text;
}

/* A configuration, a method, and the lines that apply to it. */
typedef struct {
    const char *name;
    const char *text;
    int method; /* -1: the settings of all methods */
    const char *lines;
} row_t;

static const row_t rows[] = {
    { "an inner section comes after the outer one",
      "CorsPolicy On; CorsMaxAge 1 | CorsMaxAge 2", 0, "1 2 3" },
    { "a <Limit> applies to its methods", "<0,2> CorsMaxAge 1", 2, "1" },
    { "a <Limit> does not apply to other methods", "<0,2> CorsMaxAge 1", 1,
      "" },
    { "a <Limit> applies to the last possible method", "<63> CorsMaxAge 1", 63,
      "1" },
    { "a <Limit> of the last method applies to no other", "<63> CorsMaxAge 1",
      62, "" },
    { "a <Limit> comes after its section's directives",
      "<0> CorsMaxAge 1; CorsMaxAge 2", 0, "2 1" },
    { "two <Limit>s of a section apply in order",
      "<0,1> CorsMaxAge 1; <0,2> CorsMaxAge 2; CorsMaxAge 3", 0, "3 1 2" },
    { "the attributes of a section come in the order of the manual",
      "CorsMaxAge 1; CorsPolicy On", 0, "2 1" },
    { "an inner section comes after an outer section's <Limit>",
      "<0> CorsMaxAge 1 | CorsMaxAge 2", 0, "1 2" },
    { "three sections come in their order",
      "CorsMaxAge 1 | CorsMaxAge 2 | CorsMaxAge 3", 5, "1 2 3" },
    { "all methods visit every setting",
      "<0> CorsMaxAge 1; <63> CorsMaxAge 2; CorsMaxAge 3 | <1> CorsMaxAge 4",
      -1, "3 1 2 4" },
    { "a repeated directive of a <Limit> is one setting",
      "<0> CorsMaxAge 1; <0> CorsMaxAge 2; <1> CorsMaxAge 3", 0, "2" },
    { "an empty section has no settings", "", 0, "" },
};

static void check_settings_row(void **state)
{
    const row_t *row = *state;

    same_text(row->text,
              line_numbers_for(sections_of(row->text),
                               row->method < 0 ? CORS_METHODS_ALL
                                               : cors_methods_bit(row->method)),
              row->lines);
}

static void setting_is_made_once_for_its_methods(void **state)
{
    cors_section_t *section = cors_section_make(pool);
    bool first;
    cors_setting_t *all = cors_section_set(pool, section, CORS_METHODS_ALL,
                                           CORS_ATTR_MAX_AGE, &first);
    cors_setting_t *one;

    (void)state;
    assert_true(first);
    assert_null(all->source);
    assert_null(all->shared_args);
    one = cors_section_set(pool, section, 1, CORS_ATTR_MAX_AGE, &first);
    assert_true(first);
    assert_ptr_not_equal(one, all);
    assert_ptr_equal(cors_section_set(pool, section, CORS_METHODS_ALL,
                                      CORS_ATTR_MAX_AGE, &first),
                     all);
    assert_false(first);
    assert_ptr_equal(cors_section_set(pool, section, 1, CORS_ATTR_MAX_AGE,
                                      &first),
                     one);
    assert_false(first);
    assert_ptr_not_equal(cors_section_set(pool, section, 1, CORS_ATTR_REJECT,
                                          &first),
                         one);
    assert_true(first);
}

static void empty_section_changes_nothing(void **state)
{
    const cors_section_t *empty = cors_section_make(pool);
    const cors_section_t *full = sections_of("CorsPolicy On");
    const cors_section_t *pair;

    (void)state;
    assert_true(cors_section_empty(empty));
    assert_false(cors_section_empty(full));
    assert_ptr_equal(cors_section_merge(pool, empty, full), full);
    assert_ptr_equal(cors_section_merge(pool, full, empty), full);
    assert_true(cors_section_empty(cors_section_merge(pool, empty, empty)));
    pair = cors_section_merge(pool, full, sections_of("CorsMaxAge 1"));
    assert_ptr_not_equal(pair, full);
    assert_false(cors_section_empty(pair));
    assert_string_equal(line_numbers_for(pair, 1), "1 1");
    assert_string_equal(line_numbers_for(full, 1), "1");
}

static void merges_can_be_merged_again(void **state)
{
    const cors_section_t *a = sections_of("CorsMaxAge 1");
    const cors_section_t *b = sections_of("CorsPolicy On; CorsMaxAge 2");
    const cors_section_t *ab = cors_section_merge(pool, a, b);

    (void)state;
    assert_string_equal(line_numbers_for(cors_section_merge(pool, ab, ab), 1),
                        "1 1 2 1 1 2");
    assert_string_equal(line_numbers_for(cors_section_merge(pool, a, ab), 1),
                        "1 1 1 2");
    assert_string_equal(line_numbers_for(cors_section_merge(pool, ab, a), 1),
                        "1 1 2 1");
}

static void first_scope_of_a_section_is_kept(void **state)
{
    static cors_scope_t here = { "<Location /a>", "conf", NULL, 1, 0 };
    static cors_scope_t there = { "<Location /b>", "conf", NULL, 9, 0 };
    static const cors_scope_t server = { NULL, NULL, NULL, 0, 0 };
    cors_section_t *section = cors_section_make(pool);

    (void)state;
    assert_null(cors_section_scope(section));
    cors_section_locate(section, &here);
    cors_section_locate(section, &there);
    assert_ptr_equal(cors_section_scope(section), &here);
    assert_string_equal(cors_scope_position(pool, &here), "conf:1");
    assert_null(cors_scope_position(pool, &server));
    assert_true(cors_section_empty(section));
}

/* Check that each method is in exactly one group, and that the sample method of each
 * group is one of its methods. */
static int method_groups_of(const char *text, cors_methods_group_t **groups)
{
    int count = cors_section_groups(pool, sections_of(text), groups);
    cors_methods_t all = 0;
    int i;

    for (i = 0; i < count; i++) {
        cors_methods_group_t group = (*groups)[i];

        assert_true((group.methods & all) == 0);
        all |= group.methods;
        assert_true((group.one & group.methods) == group.one);
        assert_true(group.one != 0
                    && ((apr_uint64_t)group.one & ((apr_uint64_t)group.one - 1))
                           == 0);
    }
    assert_true(all == CORS_METHODS_ALL);
    return count;
}

static void methods_with_equal_limits_are_a_group(void **state)
{
    cors_methods_group_t *groups;
    const char *each = "";
    int i;

    (void)state;
    assert_int_equal(method_groups_of("", &groups), 1);
    assert_true(groups[0].one == 1);
    assert_int_equal(method_groups_of("CorsPolicy On", &groups), 1);
    assert_int_equal(method_groups_of("<0> CorsMaxAge 1", &groups), 2);
    assert_true(groups[0].methods == ~cors_methods_bit(0));
    assert_true(groups[0].one == cors_methods_bit(1));
    assert_true(groups[1].methods == cors_methods_bit(0));
    assert_int_equal(method_groups_of("<0,1> CorsMaxAge 1; <0,1> CorsPolicy On",
                                      &groups),
                     2);
    assert_int_equal(method_groups_of("<0,1> CorsMaxAge 1; <1,2> CorsMaxAge 2",
                                      &groups),
                     4);
    assert_int_equal(method_groups_of("<0,1> CorsMaxAge 1 | <1,2> CorsMaxAge 2",
                                      &groups),
                     4);
    assert_int_equal(
        method_groups_of(
            "<0> CorsMaxAge 1 | CorsMaxAge 3 | <0,63> CorsMaxAge 2", &groups),
        3);
    for (i = 0; i < CORS_METHODS_COUNT; i++) {
        each = apr_psprintf(pool, "%s; <%d> CorsMaxAge 1", each, i);
    }
    assert_int_equal(method_groups_of(each, &groups), CORS_METHODS_COUNT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(attributes_have_directives),
        TEST(choices_are_in_the_order_of_their_numbers),
        TEST(methods_have_distinct_bits),
        TEST(setting_is_made_once_for_its_methods),
        TEST(empty_section_changes_nothing),
        TEST(merges_can_be_merged_again),
        TEST(first_scope_of_a_section_is_kept),
        TEST(methods_with_equal_limits_are_a_group),
    };
    static const table_t tables[] = { TABLE(check_settings_row, rows) };

    return run_all_tests(tests, COUNT(tests), tables, COUNT(tables));
}
