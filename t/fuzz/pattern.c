/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One entry of a list of origins: an accepted pattern matches origins that browsers
 * send, and a suggestion is accepted. */

#include "fuzz.h"

#include "core/origin/origin_table.h"

static const char *serialise_pattern(const cors_pattern_t *pattern,
                                     const char *star, const char *port)
{
    return apr_pstrcat(pool, text_of(pattern->scheme), "://", star,
                       text_of(pattern->host), port, NULL);
}

static cors_listing_e look_up_text(const cors_origin_table_t *table,
                                   const char *text)
{
    cors_origin_t origin;

    return cors_origin_parse(cors_slice(text), &origin)
               ? cors_origin_table_lookup(table, &origin)
               : CORS_ORIGIN_UNLISTED;
}

static void check_listed(const cors_pattern_t *pattern)
{
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
    cors_listing_e is =
        pattern->exclude ? CORS_ORIGIN_EXCLUDED : CORS_ORIGIN_LISTED;
    const char *port =
        pattern->port ? apr_psprintf(pool, ":%u", pattern->port) : "";
    const char *below = pattern->subdomains ? "a."
                        : pattern->any_host ? "a"
                                            : "";
    cors_origin_t unused;
    const char *text = serialise_pattern(pattern, below, port);

    must(cors_origin_table_add(table, pattern, pattern->exclude));
    /* the longest domains have no subdomains */
    must(cors_origin_parse(cors_slice(text), &unused)
         || pattern->host.len + 2 > CORS_HOST_MAX);
    if (cors_origin_parse(cors_slice(text), &unused)) {
        must(look_up_text(table, text) == is);
    }
    if (pattern->subdomains) {
        must(look_up_text(table, serialise_pattern(pattern, "", port))
             == CORS_ORIGIN_UNLISTED);
        must(look_up_text(table, serialise_pattern(pattern, "a", port))
             == CORS_ORIGIN_UNLISTED);
    }
    else if (pattern->any_host) {
        must(look_up_text(table, serialise_pattern(pattern, "a", ":81"))
             == CORS_ORIGIN_UNLISTED);
        must(look_up_text(table, serialise_pattern(pattern, "[::1]", ""))
             == CORS_ORIGIN_UNLISTED);
    }
    else {
        must(look_up_text(table, serialise_pattern(pattern, "a.", port))
             == CORS_ORIGIN_UNLISTED);
    }
    if (pattern->host.len > 0) {
        const char *another = serialise_pattern(pattern, below, ":64999");

        must(look_up_text(table, another)
             == (pattern->any_port || pattern->port == 64999
                     ? cors_origin_parse(cors_slice(another), &unused)
                           ? is
                           : CORS_ORIGIN_UNLISTED
                     : CORS_ORIGIN_UNLISTED));
    }
}

static void check_accepted(cors_slice_t word, const cors_pattern_t *pattern)
{
    cors_slice_t bare = word;

    if (pattern->exclude) {
        must(word.ptr[0] == '!');
        bare.ptr++;
        bare.len--;
    }
    must(cors_slice_equal(pattern->origin, bare));
    switch (pattern->kind) {
    case CORS_PATTERN_ANY:
        must(cors_slice_equal(word, cors_slice("*")));
        break;
    case CORS_PATTERN_NONE:
        must(cors_slice_is_nocase(word, "none"));
        break;
    case CORS_PATTERN_NULL:
        must(cors_slice_equal(bare, cors_slice("null")));
        break;
    case CORS_PATTERN_SELF:
        must(cors_slice_is_nocase(bare, "self"));
        break;
    case CORS_PATTERN_ORIGIN:
        must(cors_slice_equal(
            bare, cors_slice(serialise_pattern(
                      pattern,
                      pattern->subdomains ? "*."
                      : pattern->any_host ? "*"
                                          : "",
                      pattern->any_port ? ":*"
                      : pattern->port ? apr_psprintf(pool, ":%u", pattern->port)
                                      : ""))));
        check_listed(pattern);
        break;
    }
}

static void check_with(cors_slice_t word, bool file)
{
    cors_pattern_t pattern;
    cors_pattern_t right;
    const char *suggestion;
    const char *unused;
    cors_problem_e problem =
        cors_pattern_parse(pool, word, file, &pattern, &suggestion);

    if (!problem) {
        must(!suggestion);
        check_accepted(word, &pattern);
        return;
    }
    must(!cors_problem_is_warning(problem));
    if (suggestion) {
        cors_slice_t rest = cors_slice(suggestion);
        cors_slice_t meant;

        must(!cors_slice_equal(word, rest));
        must(rest.len > 0);
        while (cors_argument_next(&rest, &meant)) {
            must(cors_pattern_parse(pool, meant, file, &right, &unused)
                 == CORS_OK);
            must(right.kind == CORS_PATTERN_ORIGIN
                 || right.kind == CORS_PATTERN_NULL);
            must(right.exclude == (word.ptr[0] == '!')
                 || problem == CORS_PROBLEM_LIST_SEPARATOR);
            check_accepted(meant, &right);
        }
    }
}

static void check(cors_slice_t input)
{
    check_with(input, false);
    check_with(input, true);
}
