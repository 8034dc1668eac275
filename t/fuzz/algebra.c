/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Comparisons of two lists of origins: the sets that requests use confirm each witness,
 * and know no witness if one list is in the other. PCRE matches for the sets.
 *
 * The input has three parts, each ended by an empty line: the entries of the first
 * list, those of the second, and origins to try. One entry a line: "!" before an
 * exclusion, then "/" before a regular expression. */

#include "fuzz.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/origin/algebra.h"
#include "core/origin/pattern.h"

/* The number of entries of a list, and of origins. */
#define LINES_MAX 20

/* One list, for requests and for comparisons. */
typedef struct {
    cors_origin_set_t *set;
    cors_algebra_list_t *list;
} pair_t;

/* PCRE has given up, so the sets prove nothing. */
static bool gave_up;

static apr_status_t free_regex(void *regex)
{
    pcre2_code_free(regex);
    return APR_SUCCESS;
}

static pcre2_code *compile_text(const char *text)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *regex = pcre2_compile((PCRE2_SPTR)text, strlen(text),
                                      PCRE2_DOLLAR_ENDONLY, &error, &at, NULL);

    if (regex) {
        apr_pool_cleanup_register(pool, regex, free_regex,
                                  apr_pool_cleanup_null);
    }
    return regex;
}

/* Compile as the module does: alone, then for a whole text. Returns NULL if it is
 * invalid. */
static pcre2_code *compile_regex(const char *regex)
{
    static const char format[] = "(*LIMIT_MATCH=50000)\\A(?:%s%s)\\z";
    pcre2_code *whole;

    if (!*regex || !compile_text(regex)) {
        return NULL;
    }
    whole = compile_text(apr_psprintf(pool, format, regex, ""));
    return whole ? whole
                 : compile_text(apr_psprintf(pool, format, regex, "\n"));
}

static bool match_regex(const void *regex, cors_slice_t text, bool doubt)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex, NULL);
    int found =
        pcre2_match(regex, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, NULL);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
    bool whole = found >= 0 && ends[0] == 0 && ends[1] == text.len;

    pcre2_match_data_free(data);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH) {
        gave_up = true;
        return doubt;
    }
    return whole;
}

/* Add an entry to a set. An entry that is not valid changes nothing. */
static void add_entry(cors_origin_set_t *set, const char *entry)
{
    bool exclude = *entry == '!';
    const char *unused;
    const char *text;
    pcre2_code *regex;

    if (entry[exclude ? 1 : 0] != '/') {
        text = apr_pstrcat(pool, exclude ? "-" : "+", entry + (exclude ? 1 : 0),
                           NULL);
        cors_origin_set_add(pool, set, cors_slice(text), NULL, &unused);
        return;
    }
    entry += exclude ? 2 : 1;
    regex = compile_regex(entry);
    if (regex) {
        text = apr_pstrcat(pool, exclude ? "-" : "+", entry, NULL);
        cors_origin_set_add_regex(pool, set, text, NULL, regex, match_regex,
                                  &unused);
    }
}

/* Read one list. The set decides which entries are valid; the list for comparisons
 * must accept each of them. */
static pair_t read_list(const char **at, const char *end)
{
    pair_t pair = { cors_origin_set_make(pool, true, true),
                    cors_algebra_make(pool, true) };
    int lines;
    int i;

    for (lines = 0; *at < end; lines++) {
        const char *entry = text_of(next_line(at, end));

        if (!*entry) {
            break;
        }
        if (lines < LINES_MAX) {
            add_entry(pair.set, entry);
        }
    }
    for (i = 0; i < cors_origin_set_count(pair.set); i++) {
        must(cors_algebra_add(pair.list, cors_origin_set_entry(pair.set, i))
             == CORS_OK);
    }
    return pair;
}

static bool allows(const pair_t *pair, const cors_origin_t *origin)
{
    const bool listed =
        cors_origin_set_lookup(pair->set, origin, true) == CORS_ORIGIN_LISTED;

    must(listed || !cors_origin_set_has_text(pair->set, origin->text));
    return listed;
}

/* Whether only the first list allows an origin. */
static bool is_difference(const pair_t *first, const pair_t *second,
                          const cors_origin_t *origin)
{
    return allows(first, origin) && !allows(second, origin);
}

/* Whether browsers send an origin: it is null or as an entry would spell it. */
static bool is_sent(const cors_origin_t *origin)
{
    cors_pattern_t pattern;
    const char *unused;

    return origin->null
           || (cors_pattern_parse(pool, origin->text, true, &pattern, &unused)
                   == CORS_OK
               && !pattern.subdomains && !pattern.any_port
               && !pattern.any_host);
}

static void check_witness(const pair_t *first, const pair_t *second,
                          const char *witness)
{
    cors_origin_t origin;

    must(cors_origin_parse(cors_slice(witness), &origin));
    gave_up = false;
    must(is_difference(first, second, &origin) || gave_up);
}

/* No origin of the input, and no entry that is one, is in the first list only. */
static void check_contained(const pair_t *first, const pair_t *second,
                            const char *at, const char *end)
{
    int lines;
    cors_origin_t origin;

    for (lines = 0; at < end && lines < 3 * LINES_MAX; lines++) {
        cors_slice_t text = next_line(&at, end);

        gave_up = false;
        must(!cors_origin_parse(text, &origin)
             || !is_difference(first, second, &origin) || !is_sent(&origin)
             || gave_up);
    }
}

static void check(cors_slice_t input)
{
    const char *at = input.ptr;
    const char *end = cors_slice_end(input);
    pair_t first = read_list(&at, end);
    pair_t second = read_list(&at, end);
    cors_difference_t result;

    cors_algebra_compare(pool, first.list, second.list, &result);
    must((result.answer == CORS_ALGEBRA_DIFFERS) == !!result.witness);
    must((result.answer == CORS_ALGEBRA_UNDECIDED) == !!result.obstacle);
    if (result.witness) {
        check_witness(&first, &second, result.witness);
    }
    if (result.answer == CORS_ALGEBRA_CONTAINED) {
        /* the entries are origins to try, too */
        check_contained(&first, &second, input.ptr, end);
    }
    cors_algebra_compare(pool, first.list, first.list, &result);
    must(result.answer != CORS_ALGEBRA_DIFFERS);
}
