/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Builds a policy from lines of configuration, for tests that need one. */

#ifndef CONFIGURE_H
#define CONFIGURE_H

#include "unit.h"

#include "core/policy/policy.h"

/* In place of PCRE: a test's regular expression matches itself, or any text with
 * its prefix if it ends in ".*"; the result for "?" is doubt. */
static inline bool match_test_regex(const void *regex, cors_slice_t text,
                                    bool doubt)
{
    const char *pattern = regex;
    size_t len = strlen(pattern);

    if (strcmp(pattern, "?") == 0) {
        return doubt;
    }

    if (len >= 2 && strcmp(pattern + len - 2, ".*") == 0) {
        return text.len >= len - 2 && memcmp(text.ptr, pattern, len - 2) == 0;
    }
    return cors_slice_equal(text, cors_slice(pattern));
}

static inline cors_problem_e add_regex(cors_origin_set_t *set, const char *word,
                                       const char *source)
{
    const char *bare = cors_origin_set_edits(set) ? word + 1 : word;
    const char *unused;

    return cors_origin_set_add_regex(pool, set, word, source, bare,
                                     match_test_regex, &unused);
}

static inline cors_names_e names_kind_of(cors_attr_e attr)
{
    return attr == CORS_ATTR_METHODS   ? CORS_NAMES_METHODS
           : attr == CORS_ATTR_HEADERS ? CORS_NAMES_REQUEST_HEADERS
                                       : CORS_NAMES_RESPONSE_HEADERS;
}

static inline bool is_edit(const char *word)
{
    return word[0] == '+' || word[0] == '-';
}

static inline void set_argument(cors_setting_t *setting, cors_attr_e attr,
                                bool is_regex, bool first, const char *word)
{
    const char *const *choice = cors_attr_choices(attr);
    bool websocket = attr == CORS_ATTR_WEBSOCKET_ORIGINS;
    const char *suggestion;
    cors_problem_e problem = CORS_OK;

    if (choice) {
        if (strcmp(word, "Strict") == 0) {
            setting->choice += CORS_PROTECTION_STRICT;
            return;
        }
        setting->choice = 0;
        for (; *choice && strcmp(*choice, word) != 0; choice++) {
            setting->choice++;
        }
        assert_non_null(*choice);
    }
    else if (cors_attr_is_origins(attr)) {
        if (!setting->origins) {
            setting->edit = is_edit(word);
            setting->origins =
                cors_origin_set_make(pool, websocket, setting->edit);
        }
        problem = is_regex ? add_regex(setting->origins, word, setting->source)
                           : cors_origin_set_add(pool, setting->origins,
                                                 exact_copy(word),
                                                 setting->source, &suggestion);
    }
    else if (attr == CORS_ATTR_MAX_AGE) {
        setting->max_age_text = strcmp(word, "None") == 0 ? NULL : word;
    }
    else if (attr == CORS_ATTR_PREFLIGHT_STATUS) {
        if (first) {
            setting->allowed_status = (unsigned)atoi(word) & 0x3ffu;
        }
        else {
            setting->denied_status = (unsigned)atoi(word) & 0x3ffu;
        }
    }
    else {
        if (!setting->names) {
            setting->edit = is_edit(word);
            setting->names =
                cors_name_set_make(pool, names_kind_of(attr), setting->edit);
        }
        problem = cors_name_set_add(pool, setting->names, exact_copy(word),
                                    setting->source, &suggestion);
    }
    if (problem) {
        fail_msg("%s: %s", word, cors_problem_id(problem));
    }
}

static inline cors_attr_e attr_of_directive(const char *directive)
{
    int attr = 0;

    while (attr < CORS_ATTR_COUNT
           && strcmp(cors_attr_directive((cors_attr_e)attr), directive) != 0) {
        attr++;
    }
    if (attr == CORS_ATTR_COUNT) {
        assert_string_equal(directive, "CorsAllowOriginsMatch");
        return CORS_ATTR_ORIGINS;
    }
    return (cors_attr_e)attr;
}

/* Add the directive of a line to a section; number is the line's. */
static inline void set_directive(cors_section_t *section, char *line,
                                 int number, bool local)
{
    cors_methods_t methods = CORS_METHODS_ALL;
    char *last;
    char *word = apr_strtok(line, " ", &last);
    const char *directive;
    cors_attr_e attr;
    cors_setting_t *setting;
    bool first;

    assert_non_null(word);
    if (*word == '<') {
        for (methods = 0; *word != '>'; word++) {
            if (word[1] != '>') {
                methods |= cors_methods_bit(atoi(word + 1));
            }
            word += strcspn(word + 1, ",>");
        }
        word = apr_strtok(NULL, " ", &last);
    }
    directive = word;
    attr = attr_of_directive(directive);
    setting = cors_section_set(pool, section, methods, attr, &first);
    if (first) {
        setting->directive = directive;
    }
    setting->source = apr_psprintf(pool, "%s conf:%d", directive, number);
    setting->local = local;
    while ((word = apr_strtok(NULL, " ", &last)) != NULL) {
        set_argument(setting, attr,
                     strcmp(directive, "CorsAllowOriginsMatch") == 0, first,
                     word);
        first = false;
    }
}

/*
 * Merge sections, the outer one first:
 *   "CorsPolicy On; CorsAllowOrigins https://a.example | CorsMaxAge 60"
 * ";" ends a directive, "|" ends a section. "<0,2>" before a directive puts it in
 * a <Limit> for the methods with these numbers. "." begins a .htaccess file. The source of the first directive
 * is "conf:1".
 */
static inline const cors_section_t *sections_of(const char *text)
{
    const cors_section_t *all = cors_section_make(pool);
    int number = 0;
    char *last_section;
    char *part = apr_strtok(apr_pstrdup(pool, text), "|", &last_section);

    for (; part; part = apr_strtok(NULL, "|", &last_section)) {
        cors_section_t *section = cors_section_make(pool);
        char *last;
        bool local = part[strspn(part, " ")] == '.';
        char *line =
            apr_strtok(part + (local ? strspn(part, " .") : 0), ";", &last);

        for (; line; line = apr_strtok(NULL, ";", &last)) {
            if (line[strspn(line, " ")]) {
                set_directive(section, line, ++number, local);
            }
        }
        all = cors_section_merge(pool, all, section);
    }
    return all;
}

/* The policy of such sections for the method with a number. */
static inline const cors_policy_t *policy_for(const char *text, int method)
{
    cors_policy_t *policy = apr_palloc(pool, sizeof(*policy));

    cors_policy_resolve(pool, sections_of(text), cors_methods_bit(method),
                        policy);
    return policy;
}

static inline const cors_policy_t *policy_of(const char *text)
{
    return policy_for(text, 0);
}

static inline const char *source_of(const cors_setting_t *setting)
{
    return setting ? setting->source : "(default)";
}

#endif /* CONFIGURE_H */
