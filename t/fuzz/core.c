/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The whole core under libFuzzer. Each line of the input is a part of a policy or of
 * a request. The target asserts that an origin is allowed only if a separate loop
 * over all entries allows it, that no header is sent twice or has an unchecked byte,
 * and that Vary is sent whenever the answer depends on the origin.
 */

#include "fuzz.h"

#include "core/policy/emit.h"
#include "core/origin/regex.h"
#include "core/base/json.h"
#include "core/diagnose/lint.h"
#include "core/origin/list_file.h"

static cors_setting_t *set_attr(cors_section_t *section, cors_attr_e attr)
{
    bool first;

    return cors_section_set(pool, section, CORS_METHODS_ALL, attr, &first);
}

/* In place of PCRE: what the suggested regular expression matches does not matter here. */
static bool match_nothing(const void *regex, cors_slice_t text, bool doubt)
{
    (void)regex;
    (void)text;
    return doubt;
}

/* Returns whether a suggestion is a line with a regular expression, which must be valid,
 * too. */
static bool check_line(const char *suggestion)
{
    static const char line[] = "CorsAllowOriginsMatch \"";
    cors_origin_set_t *set;
    const char *regex = suggestion + sizeof(line) - 1;
    const char *unused;

    if (strncmp(suggestion, line, sizeof(line) - 1) != 0) {
        return false;
    }
    regex = apr_pstrmemdup(pool, regex, strlen(regex) - 1);
    must(suggestion[strlen(suggestion) - 1] == '"' && !strchr(regex, '"'));
    set = cors_origin_set_make(pool, false, strchr("+-", *regex) != NULL);
    must(cors_origin_set_add_regex(pool, set, regex, NULL, regex, match_nothing,
                                   &unused)
         == CORS_OK);
    return true;
}

/* Each entry of a suggestion must be valid. */
static void check_suggestion(cors_slice_t word, const char *suggestion)
{
    cors_slice_t rest = cors_slice(suggestion);
    cors_slice_t right;

    must(rest.len > 0 && !cors_slice_equal(word, rest));
    if (check_line(suggestion)) {
        return;
    }
    while (cors_argument_next(&rest, &right)) {
        cors_pattern_t pattern;
        const char *unused;

        if (strchr("+-!", right.ptr[0])) {
            right.ptr++;
            right.len--;
        }
        must(cors_pattern_parse(pool, right, true, &pattern, &unused)
             == CORS_OK);
    }
}

static void set_origins(cors_section_t *section, cors_slice_t words)
{
    cors_setting_t *setting = set_attr(section, CORS_ATTR_ORIGINS);
    cors_slice_t word;
    const char *suggestion;

    setting->source = "CorsAllowOrigins conf:1";
    setting->origins = cors_origin_set_make(pool, false, false);
    while (cors_argument_next(&words, &word)) {
        if (cors_origin_set_add(pool, setting->origins, word, NULL, &suggestion)
            && suggestion) {
            check_suggestion(word, suggestion);
        }
    }
}

static void set_names(cors_section_t *section, cors_attr_e attr,
                      cors_names_e kind, cors_slice_t words)
{
    cors_setting_t *setting = set_attr(section, attr);
    cors_slice_t word;
    const char *suggestion;

    setting->source = "a list conf:2";
    setting->names = cors_name_set_make(pool, kind, false);
    while (cors_argument_next(&words, &word)) {
        cors_name_set_add(pool, setting->names, word, NULL, &suggestion);
    }
}

/* Whether an accepted entry matches an origin. */
static bool entry_matches(const char *word, const char *origin)
{
    const char *host = strstr(word, "://");
    const char *target = strstr(origin, "://");
    size_t scheme;
    size_t length;
    size_t its;
    const char *port;

    if (strcmp(word, "*") == 0 || strcmp(word, origin) == 0) {
        return true;
    }
    if (!host || !target) {
        return false;
    }
    scheme = (size_t)(host - word);
    if (scheme != (size_t)(target - origin)
        || strncmp(word, origin, scheme) != 0) {
        return false;
    }
    host += 3;
    target += 3;
    length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    its = target[0] == '[' ? strcspn(target, "]") + 1 : strcspn(target, ":");
    port = host + length;
    if (strcmp(port, ":*") != 0 && strcmp(port, target + its) != 0) {
        return false;
    }
    if (strncmp(host, "*.", 2) != 0) {
        return length == its && strncmp(host, target, length) == 0;
    }
    /* one or more labels before the dot */
    host++;
    length--;
    return its > length && strncmp(target + its - length, host, length) == 0;
}

static bool allowed_by_loop(const cors_origin_set_t *words, const char *origin)
{
    bool allowed = false;
    int i;

    for (i = 0; i < cors_origin_set_count(words); i++) {
        const cors_origin_entry_t *word = cors_origin_set_entry(words, i);

        if (entry_matches(word->text, origin)) {
            if (word->exclude) {
                return false;
            }
            allowed = true;
        }
    }
    return allowed;
}

/* Each header is sent once and has only valid bytes. */
static void check_headers(const apr_table_t *headers)
{
    const apr_array_header_t *fields = apr_table_elts(headers);
    int i;
    int j;
    const char *c;

    for (i = 0; i < fields->nelts; i++) {
        const apr_table_entry_t *one =
            &APR_ARRAY_IDX(fields, i, apr_table_entry_t);

        for (c = one->val; *c; c++) {
            /* RFC 9110 allows tabs between the names of an echoed list */
            must((*c >= ' ' && *c < 0x7f) || *c == '\t');
        }
        for (j = 0; j < i; j++) {
            must(!cors_slice_equal_nocase(
                cors_slice(one->key),
                cors_slice(APR_ARRAY_IDX(fields, j, apr_table_entry_t).key)));
        }
    }
}

static void check_finding(void *context, const char *source,
                          const cors_finding_t *finding)
{
    (void)context;
    must(source && cors_problem_is_warning(finding->problem));
    must(cors_problem_sentence(pool, finding) != NULL);
}

static void decide_and_check(const cors_section_t *section,
                             const cors_facts_t *facts)
{
    cors_policy_t policy;
    cors_decision_t decision;
    apr_table_t *headers = apr_table_make(pool, 4);
    apr_table_t *errors = apr_table_make(pool, 4);
    const cors_setting_t *origins;
    const char *origin =
        apr_pstrmemdup(pool, facts->origin.ptr, facts->origin.len);
    const char *sent;
    const char *vary;

    apr_table_addn(errors, "Access-Control-Allow-Origin", "https://other");
    apr_table_addn(headers, "access-control-allow-origin", "https://another");
    apr_table_addn(errors, "Vary", "Accept");
    cors_policy_resolve(pool, section, 1, &policy);
    cors_lint_policy(pool, &policy, NULL, check_finding, NULL);
    cors_decide(&policy, facts, &decision);
    cors_emit(pool, &policy, &decision,
              decision.preflight ? CORS_RESPONSE_PREFLIGHT
                                 : CORS_RESPONSE_ACTUAL,
              headers, errors);
    check_headers(headers);
    must(!apr_table_get(errors, "Access-Control-Allow-Origin"));
    must(!apr_table_get(errors, "Vary") || !apr_table_get(headers, "Vary"));

    sent = apr_table_get(headers, "Access-Control-Allow-Origin");
    vary = apr_table_get(headers, "Vary");
    origins = policy.link[CORS_ATTR_ORIGINS].setting;
    if (!sent) {
        return;
    }
    must(!policy.problem);
    if (strcmp(sent, "*") == 0) {
        must(!apr_table_get(headers, "Access-Control-Allow-Credentials"));
        must(allowed_by_loop(origins->origins, "null"));
        return;
    }
    must(strcmp(sent, origin) == 0 && strlen(origin) == facts->origin.len);
    must(vary && strstr(vary, "Origin"));
    must(allowed_by_loop(origins->origins, origin));
}

static void check_mistake(void *context, apr_size_t line,
                          const cors_finding_t *finding)
{
    (void)context;
    must(line > 0 && !cors_problem_is_warning(finding->problem));
}

static void check_output(void *context, const char *text, apr_size_t len)
{
    (void)context;
    must(len == 0 || text[len - 1] != '\0');
}

/* Other functions that parse text. */
static void read_other_texts(cors_slice_t text)
{
    const char *copy = apr_pstrmemdup(pool, text.ptr, text.len);
    cors_json_t json;
    const char *plain = cors_regex_suggest_plain(pool, copy, "");
    cors_slice_t rest = cors_slice(plain);
    cors_slice_t word;
    cors_pattern_t pattern;
    const char *unused;

    while (cors_argument_next(&rest, &word)) {
        must(cors_pattern_parse(pool, word, false, &pattern, &unused)
             == CORS_OK);
    }
    cors_regex_suggest_domain(pool, copy, 'x');
    cors_origin_file_read(pool, text, NULL, check_mistake, NULL);
    cors_json_start(&json, check_output, NULL);
    cors_json_string(&json, NULL, copy);
}

static void check(cors_slice_t input)
{
    const char *at = input.ptr;
    const char *end = at + input.len;
    cors_section_t *section;
    cors_facts_t facts;
    unsigned flags;

    if (input.len == 0) {
        return;
    }
    flags = (unsigned char)*at++;
    section = cors_section_make(pool);
    memset(&facts, 0, sizeof(facts));
    set_attr(section, CORS_ATTR_MODE)->choice = CORS_MODE_ON;
    set_attr(section, CORS_ATTR_CREDENTIALS)->choice = (int)(flags & 1);
    set_attr(section, CORS_ATTR_ANY_UNSAFE)->choice = (int)(flags >> 1 & 1);
    set_attr(section, CORS_ATTR_NULL_UNSAFE)->choice = (int)(flags >> 2 & 1);
    set_attr(section, CORS_ATTR_PRIVATE_NETWORK)->choice =
        (int)(flags >> 3 & 1);
    set_origins(section, next_line(&at, end));
    set_names(section, CORS_ATTR_METHODS, CORS_NAMES_METHODS,
              next_line(&at, end));
    set_names(section, CORS_ATTR_HEADERS, CORS_NAMES_REQUEST_HEADERS,
              next_line(&at, end));
    set_names(section, CORS_ATTR_EXPOSE, CORS_NAMES_RESPONSE_HEADERS,
              next_line(&at, end));
    facts.options = flags >> 4 & 1;
    facts.websocket = flags >> 5 & 1;
    facts.origin = next_line(&at, end);
    facts.request_method = next_line(&at, end);
    facts.request_headers = next_line(&at, end);
    facts.private_network = cors_slice("true");
    decide_and_check(section, &facts);
    if (at < end) {
        cors_slice_t rest = { at, (apr_size_t)(end - at) };

        read_other_texts(rest);
    }
}
