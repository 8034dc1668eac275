/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Regular expressions: the automaton and PCRE match the same texts, and a regular
 * expression that start-up accepts with credentials matches no attacker's origin.
 *
 * The first line of the input is the regular expression, each further line a text. */

#include "fuzz.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/base/host.h"
#include "core/origin/origin.h"
#include "core/origin/regex_cost.h"
#include "core/origin/regex_domain.h"

/* Compile with httpd's options. Returns NULL if it is invalid. */
static pcre2_code *compile_regex(const char *format, const char *regex)
{
    const char *text = apr_psprintf(pool, format, regex);
    int error;
    PCRE2_SIZE at;

    return pcre2_compile((PCRE2_SPTR)text, strlen(text), PCRE2_DOLLAR_ENDONLY,
                         &error, &at, NULL);
}

static pcre2_code *compile_whole(const char *regex)
{
    pcre2_code *alone = compile_regex("%s", regex);
    pcre2_code *whole;

    if (!alone || !*regex) {
        pcre2_code_free(alone);
        return NULL;
    }
    pcre2_code_free(alone);
    whole = compile_regex("(*LIMIT_MATCH=50000)\\A(?:%s)\\z", regex);
    return whole ? whole
                 : compile_regex("(*LIMIT_MATCH=50000)\\A(?:%s\n)\\z", regex);
}

/* Match the whole text. Returns 1, 0, or -1 if PCRE gives up. */
static int match_whole(const pcre2_code *regex, cors_slice_t text)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex, NULL);
    int result =
        pcre2_match(regex, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, NULL);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
    bool whole = result >= 0 && ends[0] == 0 && ends[1] == text.len;

    pcre2_match_data_free(data);
    return result >= 0 ? whole : result == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

static bool is_origin_text(cors_slice_t text)
{
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (!cors_symbol(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* Check an origin that is reported as an example. */
static void check_witness(const pcre2_code *regex, bool exact,
                          const char *origin)
{
    cors_origin_t parsed;

    must(cors_origin_parse(cors_slice(origin), &parsed));
    must(!exact || match_whole(regex, cors_slice(origin)) != 0);
}

/* Whether a text is a plain-http origin of another host, as browsers send it. */
static bool is_insecure(cors_slice_t text)
{
    cors_origin_t origin;
    const char *unused;

    return cors_slice_has_prefix(text, "http://")
           && cors_origin_parse(text, &origin)
           && cors_host_check(pool, origin.host, &unused) == CORS_OK
           && !cors_host_is_loopback(origin.host);
}

static void check(cors_slice_t input)
{
    const char *at = input.ptr;
    const char *end = cors_slice_end(input);
    const char *regex = text_of(next_line(&at, end));
    pcre2_code *compiled = compile_whole(regex);
    cors_regex_text_t read;
    const cors_automaton_t *automaton;
    cors_reach_t reach;
    const char *obstacle = NULL;

    /* an invalid regular expression is parsed, too */
    cors_regex_read(pool, regex, &read);
    must(!read.root == !!read.obstacle);
    must(!read.obstacle || read.at <= strlen(regex));
    automaton = read.root ? cors_automaton_make(pool, &read, &obstacle) : NULL;
    if (!automaton) {
        pcre2_code_free(compiled);
        return;
    }
    cors_regex_is_costly(pool, automaton);
    cors_regex_reach(pool, automaton, strlen(regex), &reach);
    must(!reach.none || (!reach.open && !reach.suffix));
    must(reach.open || !reach.open_origin);
    must(reach.suffix || !reach.suffix_origin);
    while (compiled && at < end) {
        cors_slice_t text = next_line(&at, end);
        int matched = match_whole(compiled, text);
        bool has = cors_automaton_matches(pool, automaton, text);

        if (!is_origin_text(text)) {
            must(!has);
            continue;
        }
        must(matched != 1 || has);
        must(matched != 1 || reach.insecure || !is_insecure(text));
        must(matched != 0 || !has || !read.exact);
    }
    if (compiled && reach.open_origin) {
        check_witness(compiled, read.exact, reach.open_origin);
    }
    if (compiled && reach.suffix_origin) {
        check_witness(compiled, read.exact, reach.suffix_origin);
    }
    pcre2_code_free(compiled);
}
