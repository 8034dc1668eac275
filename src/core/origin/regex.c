/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Diagnoses regular expressions for origins and suggests better ones.
 *
 * It is its own file because it works on the text of a regular expression: it
 * recognizes the forms that administrators commonly write, such as
 * `https?://(.*\.)?example\.com`. It does not match requests and does not change any
 * setting. Most functions return NULL if they do not recognize a form. A rewritten
 * regular expression is analyzed again before it is suggested.
 */

#include "core/origin/regex.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/base/list.h"
#include "core/base/suffix.h"
#include "core/origin/pattern.h"
#include "core/origin/regex_domain.h"

/* Skips one of several texts at the start. Returns NULL if none of them is there. */
static const char *skip_any(const char *p, const char *const *texts)
{
    for (; *texts; texts++) {
        apr_size_t len = strlen(*texts);

        if (strncmp(p, *texts, len) == 0) {
            return p + len;
        }
    }
    return NULL;
}

static const char *const ends[] = { "$", "\\z", "\\Z", NULL };

static const char *take_end(const char *p)
{
    const char *rest = skip_any(p, ends);

    return rest ? rest : p;
}

/*
 * Reads a name: labels with "\." or "." between them. Appends it to text. Returns what
 * follows it, or NULL.
 */
static const char *take_name(const char *p, char *text)
{
    apr_size_t len = strlen(text);

    for (; *take_end(p) && !strchr(":(", *p); p++) {
        bool escaped = *p == '\\';

        p += escaped ? 1 : 0;
        if (!(apr_isalnum(*p) || *p == '-' || *p == '_' || *p == '.')
            || (escaped && *p != '.' && *p != '-')) {
            return NULL;
        }
        /* a repeated byte cannot be part of a name */
        if (p[1] && strchr("*+?{", p[1])) {
            return NULL;
        }
        text[len++] = *p;
    }
    text[len] = '\0';
    return p;
}

static const char *const any_port[] = { "(:\\d+)?",     "(:[0-9]+)?",
                                        "(?::\\d+)?",   "(?::[0-9]+)?",
                                        "(:[0-9]*)?",   "(:\\d*)?",
                                        "(:\\d{1,5})?", NULL };
static const char *take_port(const char *p, char *text)
{
    const char *rest = skip_any(p, any_port);

    if (rest) {
        strcat(text, ":*");
        return rest;
    }
    if (*p == ':') {
        apr_size_t len = strlen(text);

        for (text[len++] = *p++; apr_isdigit(*p); p++) {
            text[len++] = *p;
        }
        text[len] = '\0';
    }
    return p;
}

static bool is_pattern(apr_pool_t *p, const char *text)
{
    cors_pattern_t pattern;
    const char *unused;

    return cors_pattern_parse(p, cors_slice(text), false, &pattern, &unused)
           == CORS_OK;
}

/* The maximum number of regular expressions that are suggested for one. */
#define SPLIT_MOST 20

/*
 * Returns whether spaces, or all characters, may have another meaning: "(?x" and
 * "\\Q".
 */
static bool is_extended(const char *regex)
{
    const char *group = regex;

    while ((group = strstr(group, "(?")) != NULL) {
        for (group += 2; apr_isalpha(*group) || *group == '-'; group++) {
            if (*group == 'x') {
                return true;
            }
        }
    }
    return strstr(regex, "\\Q") != NULL;
}

/* Returns the end of "[...]". A "]" right at the start belongs to the class. */
static const char *skip_class(const char *p)
{
    p += p[1] == '^' ? 2 : 1;
    for (p += *p == ']' ? 1 : 0; *p && *p != ']'; p++) {
        p += *p == '\\' && p[1] ? 1 : 0;
    }
    return p;
}

/*
 * Returns the first byte of a set outside all groups, classes and counts. An escaped
 * byte counts too, except "|". NULL: not found.
 */
static const char *find_bare(const char *p, const char *set)
{
    int depth = 0;

    for (; *p; p++) {
        bool escaped = *p == '\\' && p[1];

        p += escaped ? 1 : 0;
        if (depth == 0 && strchr(set, *p) && !(escaped && *p == '|')) {
            return p;
        }
        if (escaped) {
            continue;
        }
        if (*p == '[') {
            p = skip_class(p);
        }
        else if (*p == '{') {
            p += strcspn(p, "}");
        }
        else if (*p == '(') {
            depth++;
        }
        else if (*p == ')') {
            depth--;
        }
        if (!*p) {
            return NULL;
        }
    }
    return NULL;
}

/* Returns whether a regular expression can be quoted as it is. */
static bool is_quotable(const char *regex)
{
    return !strchr(regex, '"') && !strstr(regex, "\\\\");
}

/* Returns the slash that starts a path in a regular expression; NULL: not found. */
static const char *find_path(const char *regex);

/*
 * Returns an argument of CorsAllowOriginsMatch; NULL: it cannot be quoted as it is, or
 * is invalid as well.
 */
static const char *quote(apr_pool_t *p, const char *prefix, const char *regex)
{
    cors_reach_t reach;

    if (!is_quotable(regex) || *regex == '/' || find_bare(regex, " \t,")
        || find_path(regex)) {
        return NULL;
    }
    cors_regex_find_reach(p, regex, &reach);
    if (reach.obstacle) {
        return NULL;
    }
    return apr_pstrcat(p, "\"", prefix, regex, "\"", NULL);
}

/*
 * Returns the regular expressions that spaces or commas separate, each as an argument;
 * NULL: one of them is invalid, or there are too many to suggest.
 */
static const char *split(apr_pool_t *p, const char *prefix, const char *regex)
{
    cors_joined_t words = { NULL, 0, 0 };
    const char *stop;
    int left = SPLIT_MOST;

    if (find_bare(regex, "|")) {
        return NULL;
    }
    for (; regex; regex = stop ? stop + 1 : NULL) {
        const char *text;

        stop = find_bare(regex, " \t,");
        text =
            stop ? apr_pstrmemdup(p, regex, (apr_size_t)(stop - regex)) : regex;
        if (!*text) {
            continue;
        }
        if (left-- == 0 || strchr("+-*?{!", *text)
            || text[strlen(text) - 1] == '\\') {
            return NULL;
        }
        text = quote(p, prefix, text);
        if (!text) {
            return NULL;
        }
        cors_join(p, &words, " ", cors_slice(text));
    }
    return words.text;
}

/*
 * Finds the text between slashes, "/.../" or "/.../i". Returns false if there are
 * none.
 */
static bool between_slashes(const char *regex, cors_slice_t *inner)
{
    const char *end = strrchr(regex, '/');

    if (*regex != '/' || end - regex < 2 || end[-1] == '\\'
        || end[1 + strspn(end + 1, "gimsuy")]) {
        return false;
    }
    *inner = cors_slice_between(regex + 1, end);
    return true;
}

static const char *find_path(const char *regex)
{
    static const char *const colons[] = { "://", ":\\/\\/" };
    const char *host = NULL;
    const char *slash;
    apr_size_t i;

    for (i = 0; i < sizeof(colons) / sizeof(colons[0]) && !host; i++) {
        host = strstr(regex, colons[i]);
        host = host ? host + strlen(colons[i]) : NULL;
    }
    /* one of several alternatives may still match */
    if (!host || find_bare(regex, "|")) {
        return NULL;
    }
    slash = find_bare(host, "/");
    return slash && !(slash[1] && strchr("?*{", slash[1])) ? slash : NULL;
}

/* Returns a regular expression without the path at its end. */
static const char *without_path(apr_pool_t *p, const char *prefix,
                                const char *regex, const char *path)
{
    apr_size_t len = strlen(regex);
    const char *end = len > 0 && regex[len - 1] == '$' ? "$" : "";

    path -= path[-1] == '\\' ? 1 : 0;
    if (path[-1] == '/') {
        return NULL; /* there is no host either */
    }
    return quote(
        p, prefix,
        apr_pstrcat(p, apr_pstrmemdup(p, regex, (apr_size_t)(path - regex)),
                    end, NULL));
}

/* Diagnoses a regular expression that has no slashes around it. */
static cors_problem_e check_bare(apr_pool_t *p, const char *regex,
                                 const char *prefix, const char **suggestion)
{
    const char *path;

    if (find_bare(regex, " \t,")) {
        *suggestion = split(p, prefix, regex);
        return CORS_PROBLEM_REGEX_ARGUMENTS;
    }
    path = find_path(regex);
    if (path) {
        *suggestion = without_path(p, prefix, regex, path);
        return CORS_PROBLEM_ORIGIN_PATH;
    }
    return CORS_OK;
}

cors_problem_e cors_regex_check(apr_pool_t *p, const char *regex,
                                const char *prefix, const char **suggestion)
{
    cors_slice_t inner;

    *suggestion = NULL;
    if (is_extended(regex)) {
        return CORS_OK;
    }
    if (between_slashes(regex, &inner)) {
        const char *text = cors_slice_text(p, inner);

        if (check_bare(p, text, prefix, suggestion) == CORS_OK) {
            *suggestion = quote(p, prefix, text);
        }
        return CORS_PROBLEM_REGEX_SLASHES;
    }
    return check_bare(p, regex, prefix, suggestion);
}

/* The parts of a regular expression. */
typedef struct {
    /* matches http:// */
    bool plain;
    /* matches https:// */
    bool secure;
    /* matches the name itself */
    bool bare;
    /* matches the names below it */
    bool below;
    /* with its port */
    char *name;
} parts_t;

/* The equivalent patterns, each with the prefix. */
typedef struct {
    apr_pool_t *p;
    const char *prefix;
    cors_joined_t joined;
} words_t;

/* Appends a pattern. Returns false if it is invalid. */
static bool append(words_t *words, const char *scheme, const char *star,
                   const char *name)
{
    const char *word = apr_pstrcat(words->p, scheme, star, name, NULL);

    cors_join_entry(words->p, &words->joined, words->prefix, cors_slice(word));
    return is_pattern(words->p, word);
}

static bool append_both(words_t *words, const char *scheme,
                        const parts_t *parts)
{
    return (!parts->bare || append(words, scheme, "", parts->name))
           && (!parts->below || append(words, scheme, "*.", parts->name));
}

/*
 * Skips "http://", "https://" or "https?://", with or without an anchor. Returns what
 * follows it, or NULL.
 */
static const char *take_scheme(const char *regex, bool *plain, bool *secure)
{
    static const char *const starts[] = { "^", "\\A", NULL };
    static const char *const colons[] = { "://", ":\\/\\/", NULL };
    const char *c = skip_any(regex, starts);

    c = c ? c : regex;
    if (strncmp(c, "http", strlen("http")) != 0) {
        return NULL;
    }
    c += strlen("http");
    *secure = *c == 's';
    *plain = !*secure || c[1] == '?';
    c += *secure ? 1 : 0;
    c += *secure && *c == '?' ? 1 : 0;
    return skip_any(c, colons);
}

static bool cut(apr_pool_t *p, const char *regex, parts_t *parts)
{
    static const char *const subdomains[] = { ".*\\.",    ".+\\.",   "[^/]+\\.",
                                              "[^/]*\\.", "(.*)\\.", "(.+)\\.",
                                              NULL };
    static const char *const perhaps[] = { "(.*\\.)?",    "(.+\\.)?",
                                           "([^/]+\\.)?", "(?:.*\\.)?",
                                           "(?:.+\\.)?",  NULL };
    const char *host = take_scheme(regex, &parts->plain, &parts->secure);
    const char *c;

    if (!host) {
        return false;
    }
    c = skip_any(host, subdomains);
    parts->bare = !c;
    if (!c) {
        c = skip_any(host, perhaps);
    }
    parts->below = c != NULL;
    parts->name = apr_pcalloc(p, strlen(host) + sizeof(":*"));
    c = take_name(c ? c : host, parts->name);
    c = c ? take_port(c, parts->name) : NULL;
    return c && !*take_end(c);
}

const char *cors_regex_suggest_plain(apr_pool_t *p, const char *regex,
                                     const char *prefix)
{
    parts_t parts;
    words_t words = { p, prefix, { NULL, 0, 0 } };

    if (cut(p, regex, &parts)
        && (!parts.plain || append_both(&words, "http://", &parts))
        && (!parts.secure || append_both(&words, "https://", &parts))) {
        return words.joined.text;
    }
    return NULL;
}

/* Removes one of several texts from the end. */
static void cut_any(char *text, const char *const *texts)
{
    apr_size_t len = strlen(text);

    for (; *texts; texts++) {
        apr_size_t tail = strlen(*texts);

        if (len >= tail && strcmp(text + len - tail, *texts) == 0) {
            text[len - tail] = '\0';
            return;
        }
    }
}

const char *cors_regex_suggest_domain(apr_pool_t *p, const char *regex,
                                      char any)
{
    char *text = apr_pstrdup(p, regex);
    char *name = apr_pcalloc(p, strlen(regex) + 1);
    char *first = name + strlen(regex);
    const char *c;

    cut_any(text, ends);
    cut_any(text, any_port);
    for (c = text + strlen(text); c > text; c--) {
        if (c[-1] == '.') {
            bool escaped = c > text + 1 && c[-2] == '\\';

            *--first = escaped ? '.' : any;
            c -= escaped ? 1 : 0;
        }
        /* "\d" and "\1" are not part of a name */
        else if ((apr_isalnum(c[-1]) && (c == text + 1 || c[-2] != '\\'))
                 || c[-1] == '-') {
            *--first = cors_lower(c[-1]);
        }
        else {
            break;
        }
    }
    while (*first == '.') {
        first++;
    }
    return *first ? first : NULL;
}

/*
 * Returns a regular expression in which every dot that matches any character is
 * escaped.
 */
static const char *escape_dots(apr_pool_t *p, const char *regex)
{
    char *text = apr_palloc(p, 2 * strlen(regex) + 1);
    char *to = text;
    const char *c;

    for (c = regex; *c; c++) {
        const char *end = c;

        if (*c == '\\' && c[1]) {
            end = c + 1;
        }
        else if (*c == '[') {
            end = skip_class(c);
            end -= *end ? 0 : 1;
        }
        else if (*c == '.' && !(c[1] && strchr("*+?{", c[1]))) {
            *to++ = '\\';
        }
        memcpy(to, c, (apr_size_t)(end - c) + 1);
        to += end - c + 1;
        c = end;
    }
    *to = '\0';
    return text;
}

/*
 * Returns a regular expression with a dot between any characters and a name:
 * ".*example" becomes "(.*\.)?example".
 */
static const char *separate(apr_pool_t *p, const char *regex)
{
    cors_joined_t joined = { NULL, 0, 0 };
    const char *c;

    for (c = regex; *c; c++) {
        bool any = c[0] == '.' && (c[1] == '*' || c[1] == '+')
                   && (apr_isalnum(c[2]) || (c[2] == '\\' && c[3] == 'b'))
                   && (c == regex || c[-1] != '\\');

        cors_join(p, &joined, "",
                  any ? cors_slice("(.*\\.)?") : cors_slice_between(c, c + 1));
        c += any ? 1 : 0;
    }
    return joined.text ? joined.text : regex;
}

/* Returns a regular expression that ends in an optional port instead of in any text. */
static const char *end_in_port(apr_pool_t *p, const char *regex)
{
    static const char *const anything[] = { ".*", ".+", NULL };
    char *text = apr_pstrdup(p, regex);

    cut_any(text, ends);
    cut_any(text, anything);
    return apr_pstrcat(p, text, "(:\\d+)?", NULL);
}

/*
 * Returns a directive with a regular expression, if it matches no origin that any
 * third party can obtain; otherwise NULL.
 */
static const char *write_pinned(apr_pool_t *p, const char *regex,
                                const char *prefix)
{
    cors_reach_t reach;
    const char *plain;

    if (!is_quotable(regex)) {
        return NULL;
    }
    cors_regex_find_reach(p, regex, &reach);
    if (reach.obstacle || reach.none || reach.open || reach.suffix) {
        return NULL;
    }
    plain = cors_regex_suggest_plain(p, regex, prefix);
    if (plain) {
        return apr_pstrcat(p, "CorsAllowOrigins ", plain, NULL);
    }
    return apr_pstrcat(p, "CorsAllowOriginsMatch \"", prefix, regex, "\"",
                       NULL);
}

/*
 * Finds the first negated look-around, "(?!...)" or "(?<!...)", and sets text to its
 * content. Returns its start; NULL: not found.
 */
static const char *find_negation(const char *regex, cors_slice_t *text)
{
    static const char *const starts[] = { "(?!", "(?<!", NULL };

    for (; *regex; regex++) {
        const char *inside = skip_any(regex, starts);
        const char *end = inside ? find_bare(inside, ")") : NULL;

        if (end) {
            *text = cors_slice_between(inside, end);
            return regex;
        }
    }
    return NULL;
}

/* Returns a regular expression without its negated look-arounds. */
static const char *without_negations(apr_pool_t *p, const char *regex)
{
    cors_joined_t joined = { NULL, 0, 0 };
    cors_slice_t text;
    const char *at;

    while ((at = find_negation(regex, &text)) != NULL) {
        cors_join(p, &joined, "", cors_slice_between(regex, at));
        regex = cors_slice_end(text) + 1;
    }
    cors_join(p, &joined, "", cors_slice(regex));
    return joined.text;
}

/*
 * Returns the name that a negated look-around starts with, as "old" of "(?!old\.)" or
 * of "(?!old\.example\.com$)"; NULL: it is not spelled out.
 */
static const char *read_excluded(apr_pool_t *p, const char *text,
                                 const char *domain)
{
    char *name = apr_pcalloc(p, strlen(text) + 1);
    char *to = name;
    apr_size_t tail = strlen(domain);

    for (; *take_end(text); text++) {
        text += text[0] == '\\' && text[1] == '.' ? 1 : 0;
        if (!apr_isalnum(*text) && *text != '-' && *text != '.') {
            return NULL;
        }
        *to++ = cors_lower(*text);
    }
    to -= to > name && to[-1] == '.' ? 1 : 0;
    *to = '\0';
    if ((apr_size_t)(to - name) < tail || strcmp(to - tail, domain) != 0) {
        return apr_pstrcat(p, name, ".", domain, NULL);
    }
    /* the name itself is not below the domain, and neither is another name */
    return to - tail > name && *(to - tail - 1) == '.' ? name : NULL;
}

/*
 * Appends what the negated look-arounds of a regular expression exclude, with all
 * subdomains. Returns false if a name is not spelled out.
 */
static bool append_excluded(apr_pool_t *p, cors_joined_t *joined,
                            const char *regex, const char *prefix,
                            const char *domain)
{
    const char *mark = *prefix ? "-" : "!";
    cors_slice_t text;

    while (find_negation(regex, &text)) {
        const char *inside = cors_slice_text(p, text);
        bool plain;
        bool secure;
        const char *host = take_scheme(inside, &plain, &secure);
        const char *name = read_excluded(p, host ? host : inside, domain);
        const char *word = apr_pstrcat(p, "https://", name, NULL);

        if (!name || !is_pattern(p, word)) {
            return false;
        }
        cors_join_entry(p, joined, mark, cors_slice(word));
        word = apr_pstrcat(p, "https://*.", name, NULL);
        cors_join_entry(p, joined, mark, cors_slice(word));
        regex = cors_slice_end(text);
    }
    return true;
}

/*
 * Returns the pattern for the names below the domain that a regular expression ends in,
 * without the names that its negated look-arounds exclude; NULL: it ends in no domain,
 * the domain does not belong to a single owner, or an excluded name is not spelled
 * out.
 */
static const char *write_below(apr_pool_t *p, const char *regex,
                               const char *prefix)
{
    const char *rest = without_negations(p, regex);
    const char *domain = cors_regex_suggest_domain(p, rest, '.');
    cors_joined_t joined = { NULL, 0, 0 };
    const char *word;
    bool plain;
    bool secure;

    if (!domain || !strchr(domain, '.') || !take_scheme(rest, &plain, &secure)
        || cors_suffix_is_shared(p, cors_slice(domain))) {
        return NULL;
    }
    word = apr_pstrcat(p, "https://*.", domain, NULL);
    cors_join_entry(p, &joined, prefix, cors_slice(word));
    if (is_pattern(p, word)
        && append_excluded(p, &joined, regex, prefix, domain)) {
        return apr_pstrcat(p, "CorsAllowOrigins ", joined.text, NULL);
    }
    return NULL;
}

const char *cors_regex_suggest_pinned(apr_pool_t *p, const char *regex,
                                      const char *prefix)
{
    const char *separated = separate(p, regex);
    const char *suggestion;

    if (is_extended(regex)) {
        return NULL;
    }
    suggestion = write_pinned(p, escape_dots(p, regex), prefix);
    if (!suggestion) {
        suggestion = write_pinned(p, separated, prefix);
    }
    if (!suggestion) {
        suggestion = write_pinned(p, escape_dots(p, separated), prefix);
    }
    if (!suggestion) {
        suggestion = write_pinned(p, end_in_port(p, regex), prefix);
    }
    return suggestion ? suggestion : write_below(p, regex, prefix);
}

/*
 * Skips one loopback name, as written in regular expressions. Returns what follows it,
 * or NULL.
 */
static const char *take_loopback(const char *p)
{
    static const struct {
        const char *start;
        /* what may follow as part of the name */
        const char *more;
    } names[] = { { "localhost", "" },
                  { "127\\.", "0123456789\\.d+*{,}[]-" },
                  { "\\[::1\\]", "" } };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(p, names[i].start, strlen(names[i].start)) == 0) {
            p += strlen(names[i].start);
            return p + strspn(p, names[i].more);
        }
    }
    return NULL;
}

/* returns whether the name ends here */
static bool ends_name(const char *p)
{
    return !*p || *p == ':' || *p == '(' || *p == '$';
}

/*
 * Returns whether a host is a loopback name, or a group in parentheses in which all
 * are.
 */
static bool is_loopback(const char *host)
{
    const char *p = host;

    if (*p != '(') {
        p = take_loopback(p);
        return p && ends_name(p);
    }
    p += strncmp(p, "(?:", 3) == 0 ? 2 : 0;
    do {
        p = take_loopback(p + 1);
    } while (p && *p == '|');
    return p && *p == ')' && ends_name(p + 1);
}

/*
 * Returns the end of the scheme of a regular expression, or the end of the text if it
 * has no scheme.
 */
static const char *find_colon(const char *regex)
{
    static const char *const colons[] = { "://", ":\\/\\/", ":[/]{2}", NULL };

    while (*regex && !skip_any(regex, colons)) {
        regex++;
    }
    return regex;
}

/* Returns a regular expression in which https replaces some texts. */
static const char *replace_http(apr_pool_t *p, const char *regex,
                                const char *(*take)(const char *regex,
                                                    const char *at))
{
    cors_joined_t joined = { NULL, 0, 0 };
    const char *c;

    for (c = regex; *c; c++) {
        const char *end = take(regex, c);

        cors_join(p, &joined, "",
                  end ? cors_slice("https") : cors_slice_between(c, c + 1));
        c = end ? end - 1 : c;
    }
    return joined.text ? joined.text : regex;
}

/*
 * Skips a scheme that is http, or http and https, at a position. Returns what follows
 * it, or NULL.
 */
static const char *take_http(const char *regex, const char *at)
{
    static const char *const forms[] = { "https?",     "http(s)?", "http(?:s)?",
                                         "https{0,1}", "https",    "http",
                                         NULL };
    const char *end =
        at == regex || strchr("^(|:A", at[-1]) ? skip_any(at, forms) : NULL;

    if (end
        && (*end == ':'
            || ((*end == '|' || *end == ')') && at < find_colon(regex)))) {
        return end;
    }
    return NULL;
}

/*
 * Skips a group of two schemes that are both https. Returns what follows it, or NULL.
 */
static const char *take_doubled(const char *regex, const char *at)
{
    static const char *const forms[] = { "(https|https)", "(?:https|https)",
                                         NULL };

    (void)regex;
    return skip_any(at, forms);
}

/*
 * Returns a regular expression with https in place of everything before its first
 * colon, except an anchor; NULL: there is no colon, or a group or alternative before
 * it.
 */
static const char *begin_with_https(apr_pool_t *p, const char *regex)
{
    static const char *const starts[] = { "^", "\\A", NULL };
    const char *colon = find_colon(regex);
    const char *start = skip_any(regex, starts);
    const char *scheme = apr_pstrmemdup(p, regex, (apr_size_t)(colon - regex));

    start = start ? start : regex;
    if (!*colon || colon < start || strpbrk(scheme, "(|)")) {
        return NULL;
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, regex, (apr_size_t)(start - regex)),
                       "https", colon, NULL);
}

/* Returns whether a regular expression that cannot be analyzed begins with http. */
static bool begins_plain(const char *regex)
{
    bool plain = false;
    bool secure = false;

    return take_scheme(regex, &plain, &secure) && plain;
}

static bool is_insecure(apr_pool_t *p, const char *regex)
{
    bool plain;
    bool secure;
    const char *host = take_scheme(regex, &plain, &secure);
    cors_reach_t reach;

    /* 127.0.0.0/8 has too many addresses to enumerate */
    if (host && is_loopback(host)) {
        return false;
    }
    cors_regex_find_reach(p, regex, &reach);
    return reach.obstacle ? begins_plain(regex) : reach.insecure;
}

bool cors_regex_is_insecure(apr_pool_t *p, const char *regex,
                            const char **suggestion)
{
    const char *spelled;
    const char *begun;

    *suggestion = NULL;
    if (!is_insecure(p, regex)) {
        return false;
    }
    spelled = replace_http(p, replace_http(p, regex, take_http), take_doubled);
    begun = begin_with_https(p, regex);
    if (!is_insecure(p, spelled)) {
        *suggestion = spelled;
    }
    else if (begun && !is_insecure(p, begun)) {
        *suggestion = begun;
    }
    return true;
}
