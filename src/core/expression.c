/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/expression.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "cors/list.h"
#include "cors/pattern.h"

/* Take one of some texts off the front; NULL: none of them is there. */
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

/* What stands for the name: labels with "\." or "." between them. Appends it
 * to text; returns what follows it, or NULL. */
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
        /* what repeats the byte before it makes it no name */
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

/* What an expression says, taken apart. */
typedef struct {
    bool plain;  /* http:// */
    bool secure; /* https:// */
    bool bare;   /* the name itself */
    bool below;  /* the names below it */
    char *name;  /* with its port */
} parts_t;

/* The words that say the same, each behind a mark. */
typedef struct {
    apr_pool_t *p;
    const char *mark;
    const char *text; /* NULL: none yet */
} words_t;

/* Append a word; false: it is no pattern. */
static bool append(words_t *words, const char *scheme, const char *star,
                   const char *name)
{
    const char *word = apr_pstrcat(words->p, scheme, star, name, NULL);

    words->text = apr_pstrcat(words->p, words->text ? words->text : "",
                              words->text ? " " : "", words->mark, word, NULL);
    return is_pattern(words->p, word);
}

static bool append_both(words_t *words, const char *scheme,
                        const parts_t *parts)
{
    return (!parts->bare || append(words, scheme, "", parts->name))
           && (!parts->below || append(words, scheme, "*.", parts->name));
}

static bool cut(apr_pool_t *p, const char *regex, parts_t *parts)
{
    static const char *const starts[] = { "^", "\\A", NULL };
    static const char *const colons[] = { "://", ":\\/\\/", NULL };
    static const char *const subdomains[] = { ".*\\.",    ".+\\.",   "[^/]+\\.",
                                              "[^/]*\\.", "(.*)\\.", "(.+)\\.",
                                              NULL };
    static const char *const perhaps[] = { "(.*\\.)?",    "(.+\\.)?",
                                           "([^/]+\\.)?", "(?:.*\\.)?",
                                           "(?:.+\\.)?",  NULL };
    const char *c = skip_any(regex, starts);
    const char *host;

    c = c ? c : regex;
    if (strncmp(c, "http", strlen("http")) != 0) {
        return false;
    }
    c += strlen("http");
    parts->secure = *c == 's';
    parts->plain = !parts->secure || c[1] == '?';
    c += parts->secure ? 1 : 0;
    c += parts->secure && *c == '?' ? 1 : 0;
    host = skip_any(c, colons);
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

const char *cors_expression_plain(apr_pool_t *p, const char *regex,
                                  const char *mark)
{
    parts_t parts;
    words_t words = { p, mark, NULL };

    return cut(p, regex, &parts)
                   && (!parts.plain || append_both(&words, "http://", &parts))
                   && (!parts.secure || append_both(&words, "https://", &parts))
               ? words.text
               : NULL;
}

/* Take one of some texts off the end. */
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

const char *cors_expression_domain(apr_pool_t *p, const char *regex, char any)
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
        else if (apr_isalnum(c[-1]) || c[-1] == '-') {
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
