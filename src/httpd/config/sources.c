/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The names that CorsOriginSource gives to lists of origins. A source of the type file
 * is loaded and reloaded like a file of CorsAllowOriginsFile (shared_list.c). For another
 * type, a provider of another module names the file. This file only knows the names and
 * the syntax of the directive.
 *
 * The names are stored with the pool of the configuration. A configuration has a few of
 * them, so they are searched one by one.
 */

#include "httpd/config/sources.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <ap_provider.h>
#include <apr_strings.h>

#define NAME_MAX_LENGTH 64
#define FILE_TYPE "file:"

/* The options of a source, each with its form. */
#define OPTIONS(X)                                                             \
    X(MAX_STALE, "max-stale", "a time of one second or more, such as 24h",     \
      "24h")                                                                   \
    X(MAX_ROWS, "max-rows", "a number of lines, 1 or more", "1000000")         \
    X(BAD_ROWS, "bad-rows", "refuse or skip", "skip")                          \
    X(ALLOW_EMPTY, "allow-empty", "on or off", "on")

typedef enum {
#define OPTION_CODE(code, key, form, example) OPTION_##code,
    OPTIONS(OPTION_CODE)
#undef OPTION_CODE
    OPTION_COUNT
} option_e;

static const struct {
    const char *key;
    const char *form;
    const char *example;
} option_forms[OPTION_COUNT] = {
#define OPTION_FORM(code, key, form, example) { key, form, example },
    OPTIONS(OPTION_FORM)
#undef OPTION_FORM
};

static apr_array_header_t *all_sources(apr_pool_t *pconf)
{
    static const char key[] = "cors_policy origin sources";
    void *found = NULL;

    apr_pool_userdata_get(&found, key, pconf);
    if (!found) {
        found = apr_array_make(pconf, 4, sizeof(cors_source_t));
        apr_pool_userdata_setn(found, key, NULL, pconf);
    }
    return found;
}

const cors_source_t *cors_source_find(apr_pool_t *pconf, const char *name)
{
    const apr_array_header_t *sources = all_sources(pconf);
    int i;

    for (i = 0; i < sources->nelts; i++) {
        const cors_source_t *source = &APR_ARRAY_IDX(sources, i, cors_source_t);

        if (strcmp(source->name, name) == 0) {
            return source;
        }
    }
    return NULL;
}

const char *cors_source_suggest(apr_pool_t *pconf, const char *name)
{
    const apr_array_header_t *sources = all_sources(pconf);
    int i;

    for (i = 0; i < sources->nelts; i++) {
        const cors_source_t *source = &APR_ARRAY_IDX(sources, i, cors_source_t);

        if (sources->nelts == 1 || ap_cstr_casecmp(source->name, name) == 0) {
            return source->name;
        }
    }
    return NULL;
}

const char *cors_source_name_of(apr_pool_t *pconf, const char *path)
{
    const apr_array_header_t *sources = all_sources(pconf);
    int i;

    for (i = 0; i < sources->nelts; i++) {
        const cors_source_t *source = &APR_ARRAY_IDX(sources, i, cors_source_t);

        if (strcmp(source->path, path) == 0) {
            return source->name;
        }
    }
    return NULL;
}

void cors_source_add(apr_pool_t *pconf, const cors_source_t *source)
{
    cors_source_t *added = apr_array_push(all_sources(pconf));

    added->name = apr_pstrdup(pconf, source->name);
    added->path = apr_pstrdup(pconf, source->path);
    added->where = apr_pstrdup(pconf, source->where);
}

bool cors_source_is_name(const char *text)
{
    apr_size_t i;

    for (i = 0; text[i]; i++) {
        if (!apr_isalnum(text[i]) && !strchr("-_.", text[i])) {
            return false;
        }
    }
    return apr_isalpha(text[0]) && i <= NAME_MAX_LENGTH;
}

void cors_source_read_type(apr_pool_t *p, const char *text, const char **path,
                           const char **suggestion)
{
    const apr_size_t type = strcspn(text, ":/");

    *path = NULL;
    *suggestion = NULL;
    if (strncmp(text, FILE_TYPE, strlen(FILE_TYPE)) == 0) {
        *path = text + strlen(FILE_TYPE);
    }
    else if (text[type] != ':' && !strchr(text, '=')) {
        /* a path alone */
        *suggestion = apr_pstrcat(p, FILE_TYPE, text, NULL);
    }
    else if (ap_cstr_casecmpn(text, FILE_TYPE, type + 1) == 0) {
        *suggestion = apr_pstrcat(p, FILE_TYPE, text + type + 1, NULL);
    }
}

/* Read a time in httpd's format. As for CorsMaxAge, "m" alone is minutes; httpd writes
 * them as "mi" or longer. */
static bool read_time(apr_pool_t *p, const char *value,
                      apr_interval_time_t *time)
{
    const apr_size_t digits = strspn(value, "0123456789");
    const char *text = value;

    if (strcmp(value + digits, "m") == 0) {
        text = apr_pstrcat(p, value, "i", NULL);
    }
    /* httpd ignores what follows the unit, such as the minutes of 1h30m */
    return digits > 0 && digits < 10 && !strpbrk(value + digits, "0123456789")
           && ap_timeout_parameter_parse(text, time, "s") == APR_SUCCESS
           && *time >= apr_time_from_sec(1);
}

static bool read_rows(const char *value, apr_size_t *rows)
{
    const apr_size_t digits = strspn(value, "0123456789");

    *rows = digits < 10 ? (apr_size_t)strtoul(value, NULL, 10) : 0;
    return !value[digits] && *rows > 0;
}

/* Read one of two words. */
static bool read_word(const char *value, const char *yes, const char *no,
                      bool *is_yes)
{
    *is_yes = ap_cstr_casecmp(value, yes) == 0;
    return *is_yes || ap_cstr_casecmp(value, no) == 0;
}

/* Copy the bytes of one kind, in lower case, up to 31. Returns their number. */
static apr_size_t copy_only(const char *text, apr_size_t len, bool digits,
                            char *copy)
{
    apr_size_t n = 0;
    apr_size_t i;

    for (i = 0; i < len && n < 31; i++) {
        if (digits ? apr_isdigit(text[i]) : apr_isalpha(text[i])) {
            copy[n++] = (char)apr_tolower(text[i]);
        }
    }
    copy[n] = '\0';
    return n;
}

/* Returns the value that an invalid one may stand for; NULL: unknown. */
static const char *suggest_value(apr_pool_t *p, option_e option,
                                 const char *value)
{
    const apr_size_t digits = strspn(value, "0123456789");
    const char *unit = value + digits;
    apr_size_t rows;
    char copy[32];

    if (option == OPTION_MAX_STALE && digits > 0 && digits < 5 && *unit) {
        /* httpd has no days and weeks */
        if (ap_cstr_casecmpn(unit, "day", strlen(unit)) == 0
            || ap_cstr_casecmp(unit, "days") == 0) {
            return apr_psprintf(p, "%ldh", strtol(value, NULL, 10) * 24);
        }
        if (ap_cstr_casecmpn(unit, "week", strlen(unit)) == 0
            || ap_cstr_casecmp(unit, "weeks") == 0) {
            return apr_psprintf(p, "%ldh", strtol(value, NULL, 10) * 168);
        }
    }
    if (option == OPTION_MAX_ROWS && digits > 0
        && !unit[strspn(unit, "0123456789,._'")]
        && copy_only(value, strlen(value), true, copy) > 0
        && read_rows(copy, &rows)) {
        return apr_pstrdup(p, copy);
    }
    return NULL;
}

/* Returns how many letters have to be changed, added or removed for a text to become
 * another one. Both have up to 31 letters. */
static unsigned distance(const char *from, const char *to)
{
    unsigned row[32] = { 0 };
    unsigned i;
    unsigned j;

    for (j = 0; j <= strlen(to); j++) {
        row[j] = j;
    }
    for (i = 0; from[i]; i++) {
        unsigned before = row[0]++;

        for (j = 0; to[j]; j++) {
            const unsigned changed = before + (from[i] != to[j]);

            before = row[j + 1];
            row[j + 1] = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
            row[j + 1] = changed < row[j + 1] ? changed : row[j + 1];
        }
    }
    return row[strlen(to)];
}

/* Returns the option whose key is spelt most like a text; OPTION_COUNT: none. */
static option_e nearest_option(const char *key, apr_size_t len)
{
    option_e found = OPTION_COUNT;
    unsigned least = 4;
    char letters[32];
    int i;

    if (copy_only(key, len, false, letters) < 4) {
        return found;
    }
    for (i = 0; i < OPTION_COUNT; i++) {
        char wanted[32];
        unsigned apart;

        copy_only(option_forms[i].key, strlen(option_forms[i].key), false,
                  wanted);
        apart = distance(letters, wanted);
        if (strstr(wanted, letters)) {
            apart = apart < 3 ? apart : 3;
        }
        if (apart < least) {
            least = apart;
            found = (option_e)i;
        }
    }
    return found;
}

static option_e find_option(const char *key, apr_size_t len)
{
    int i;

    for (i = 0; i < OPTION_COUNT; i++) {
        if (strlen(option_forms[i].key) == len
            && memcmp(option_forms[i].key, key, len) == 0) {
            break;
        }
    }
    return (option_e)i;
}

/* Read the value of an option. Returns whether it is valid. */
static bool read_value(apr_pool_t *p, option_e option, const char *value,
                       cors_list_options_t *options)
{
    bool allowed = true;

    switch (option) {
    case OPTION_MAX_STALE:
        return read_time(p, value, &options->max_stale);
    case OPTION_MAX_ROWS:
        return read_rows(value, &options->max_rows);
    case OPTION_BAD_ROWS:
        return read_word(value, "skip", "refuse", &options->skip_bad_rows);
    default:
        allowed = read_word(value, "on", "off", &options->hold_empty);
        options->hold_empty = !options->hold_empty;
        return allowed;
    }
}

bool cors_source_read_option(apr_pool_t *p, const char *text, unsigned *given,
                             cors_list_options_t *options,
                             cors_finding_t *finding)
{
    const apr_size_t len = strcspn(text, "=");
    const char *value = text[len] ? text + len + 1 : NULL;
    option_e option = find_option(text, len);
    const char *better;

    memset(finding, 0, sizeof(*finding));
    finding->entry = cors_slice(text);
    if (option == OPTION_COUNT) {
        finding->problem = CORS_PROBLEM_SOURCE_KEY;
        option = nearest_option(text, len);
        if (option < OPTION_COUNT) {
            finding->suggestion =
                apr_pstrcat(p, option_forms[option].key, "=",
                            value && read_value(p, option, value, options)
                                ? value
                                : option_forms[option].example,
                            NULL);
        }
        return false;
    }
    finding->problem = CORS_PROBLEM_SOURCE_VALUE;
    if (*given & (1U << option)) {
        finding->detail = "it is given twice";
        return false;
    }
    *given |= 1U << option;
    if (value && read_value(p, option, value, options)) {
        return true;
    }
    finding->detail = apr_pstrcat(p, option_forms[option].key, " is ",
                                  option_forms[option].form, NULL);
    better = value ? suggest_value(p, option, value) : NULL;
    finding->suggestion =
        apr_pstrcat(p, option_forms[option].key, "=",
                    better ? better : option_forms[option].example, NULL);
    return false;
}

bool cors_source_is_common(const char *text)
{
    return find_option(text, strcspn(text, "=")) != OPTION_COUNT;
}

cors_slice_t cors_source_shown(const char *text)
{
    cors_slice_t shown = { text, 0 };
    bool secret = false;

    for (; text[shown.len] && text[shown.len] != ' '; shown.len++) {
        const char *at = text + shown.len;

        secret = secret || ap_cstr_casecmpn(at, "password", 8) == 0;
        if ((secret && *at == '=') || strncmp(at, "://", 3) == 0) {
            break;
        }
    }
    return shown;
}

const char *cors_source_next_option(apr_pool_t *p, const char **args)
{
    const apr_size_t key = strcspn(*args, "= \t\"'");
    const char *quote = *args + key + 1;
    const char *option;

    if (key == 0 || (*args)[key] != '=' || (*quote != '"' && *quote != '\'')) {
        return ap_getword_conf(p, args);
    }
    option = apr_pstrmemdup(p, *args, key + 1);
    *args = quote;
    return apr_pstrcat(p, option, ap_getword_conf(p, args), NULL);
}

const cors_origin_source_provider_t *
cors_source_provider(apr_pool_t *p, const char *text, const char **spec)
{
    const apr_size_t type = strcspn(text, ":");

    if (text[type] != ':') {
        return NULL;
    }
    *spec = text + type + 1;
    return ap_lookup_provider(CORS_ORIGIN_SOURCE_GROUP,
                              apr_pstrmemdup(p, text, type),
                              CORS_ORIGIN_SOURCE_VERSION);
}

const char *cors_source_module(const char *text)
{
    if ((strncmp(text, "prg:", strlen("prg:")) == 0
         || strncmp(text, "dbd:", strlen("dbd:")) == 0)
        && !ap_find_linked_module("mod_cors_sources.c")) {
        return "LoadModule cors_sources_module modules/mod_cors_sources.so";
    }
    return NULL;
}

bool cors_source_add_option(apr_table_t *options, const char *text)
{
    const char *value = strchr(text, '=');
    const char *key;

    if (!value || value == text) {
        return false;
    }
    key = apr_pstrmemdup(apr_table_elts(options)->pool, text,
                         (apr_size_t)(value - text));
    if (apr_table_get(options, key)) {
        return false;
    }
    apr_table_set(options, key, value + 1);
    return true;
}
