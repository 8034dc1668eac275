/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Regular expressions and the patterns suggested for them: the regular expression
 * must match whatever the pattern matches, according to the C library. */

#include "fuzz.h"

#include <ctype.h>
#include <regex.h>

#include "core/origin/regex.h"
#include "core/origin/pattern.h"

/* The regular expression in POSIX syntax, anchored. */
static const char *posix_regex(const char *regex)
{
    const char *text = "^(";

    for (; *regex; regex++) {
        if (strncmp(regex, "(?:", 3) == 0) {
            text = apr_pstrcat(pool, text, "(", NULL);
            regex += 2;
        }
        else if (*regex == '\\' && strchr("dAzZ", regex[1]) && regex[1]) {
            text = apr_pstrcat(pool, text,
                               regex[1] == 'd'   ? "[0-9]"
                               : regex[1] == 'A' ? "^"
                                                 : "$",
                               NULL);
            regex++;
        }
        else if (*regex == '\\' && regex[1]) {
            /* an escaped byte, never an escape that POSIX lacks */
            must(!isalnum((unsigned char)regex[1]));
            text = apr_psprintf(pool, "%s[%c]", text, *++regex);
        }
        else {
            text = apr_psprintf(pool, "%s%c", text, *regex);
        }
    }
    return apr_pstrcat(pool, text, ")$", NULL);
}

static void check_pattern_matches(const regex_t *regex, const char *word)
{
    static const char *const stars[] = { "a.", "a.b-c.", "x1." };
    static const char *const ports[] = { "", ":1", ":65535" };
    const char *star = strstr(word, "*.");
    const char *any = strstr(word, ":*");
    size_t i;

    for (i = 0; i < 3; i++) {
        const char *text =
            apr_pstrmemdup(pool, word,
                           (size_t)((any ? any : word + strlen(word)) - word));

        if (star) {
            text =
                apr_pstrcat(pool,
                            apr_pstrmemdup(pool, word, (size_t)(star - word)),
                            stars[i], text + (star - word) + 2, NULL);
        }
        if (any) {
            text = apr_pstrcat(pool, text, ports[i], NULL);
        }
        must(regexec(regex, text, 0, NULL, 0) == 0);
    }
}

/* A suggestion has quoted arguments, each of them valid. */
static void check_suggestion(const char *suggestion)
{
    const char *end;
    const char *unused;

    for (; *suggestion; suggestion = end + (end[1] ? 2 : 1)) {
        must(*suggestion == '"');
        end = strchr(++suggestion, '"');
        must(end && end > suggestion);
        must(cors_regex_check(pool,
                              apr_pstrmemdup(pool, suggestion,
                                             (size_t)(end - suggestion)),
                              "", &unused)
             == CORS_OK);
    }
}

static void check(cors_slice_t input)
{
    const char *text =
        exact_copy(text_of(input), strlen(text_of(input)) + 1).ptr;
    const char *plain = cors_regex_suggest_plain(pool, text, "");
    const char *domain = cors_regex_suggest_domain(pool, text, '.');
    const char *open = cors_regex_suggest_domain(pool, text, 'x');
    cors_slice_t rest = cors_slice(plain);
    cors_slice_t word;
    cors_pattern_t pattern;
    const char *unused;
    const char *suggestion;
    regex_t regex;
    int words = 0;

    /* both are reduced in the same way, with one character for an unescaped dot */
    must(!domain || (*domain && *domain != '.'));
    must(!open || (*open && *open != '.'));
    must(!domain || open);
    must(!domain || !open || strlen(open) >= strlen(domain));
    if (cors_regex_is_insecure(pool, text, &suggestion) && suggestion) {
        must(strstr(suggestion, "https"));
        must(!cors_regex_is_insecure(pool, suggestion, &unused));
    }
    if (cors_regex_check(pool, text, "", &suggestion) == CORS_OK) {
        must(!suggestion);
    }
    else if (suggestion) {
        check_suggestion(suggestion);
    }
    if (!plain) {
        return;
    }
    must(regcomp(&regex, posix_regex(text), REG_EXTENDED | REG_NOSUB) == 0);
    while (cors_argument_next(&rest, &word)) {
        words++;
        must(cors_pattern_parse(pool, word, false, &pattern, &unused)
             == CORS_OK);
        must(pattern.kind == CORS_PATTERN_ORIGIN && !pattern.exclude);
        check_pattern_matches(&regex, text_of(word));
    }
    regfree(&regex);
    must(words > 0 && words <= 4);
}
