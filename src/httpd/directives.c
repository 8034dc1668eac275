/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#define MAX_AGE_LIMIT 31536000 /* a year, in seconds */

static const char *const mode_words[] = { "Off", "On", "ReportOnly", NULL };
static const char *const flag_words[] = { "Off", "On", NULL };
static const char *const preflight_words[] = { "Answer", "Continue", NULL };
static const char *const backend_words[] = { "Replace", "Keep", NULL };

const cors_directive_t cors_directives[CORS_ATTR_COUNT] = {
    { CORS_ATTR_MODE, mode_words },
    { CORS_ATTR_ORIGINS, NULL },
    { CORS_ATTR_METHODS, NULL },
    { CORS_ATTR_HEADERS, NULL },
    { CORS_ATTR_EXPOSE, NULL },
    { CORS_ATTR_CREDENTIALS, flag_words },
    { CORS_ATTR_MAX_AGE, NULL },
    { CORS_ATTR_ANY_UNSAFE, flag_words },
    { CORS_ATTR_NULL_UNSAFE, flag_words },
    { CORS_ATTR_SUFFIX_UNSAFE, flag_words },
    { CORS_ATTR_PREFLIGHT, preflight_words },
    { CORS_ATTR_PREFLIGHT_STATUS, NULL },
    { CORS_ATTR_REJECT, flag_words },
    { CORS_ATTR_BACKEND, backend_words },
    { CORS_ATTR_PRIVATE_NETWORK, flag_words },
    { CORS_ATTR_WEBSOCKET_ORIGINS, NULL },
    { CORS_ATTR_WEBSOCKET_REQUIRE, flag_words },
};

void *cors_create_dir_config(apr_pool_t *p, char *dir)
{
    (void)dir;
    return cors_section_make(p);
}

void *cors_merge_dir_configs(apr_pool_t *p, void *outer, void *inner)
{
    /* httpd's configurations have no const; nothing writes to them any more */
    return (void *)(apr_uintptr_t)cors_section_merge(p, outer, inner);
}

const cors_section_t *cors_section_of(const ap_conf_vector_t *config)
{
    /* a request that dies while it is read may have no configuration yet */
    return config ? ap_get_module_config(config, &cors_policy_module) : NULL;
}

static cors_attr_e attr_of(const cmd_parms *cmd)
{
    return ((const cors_directive_t *)cmd->info)->attr;
}

/* "file:line" of the directive being read */
static const char *place(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                        cmd->directive->line_num);
}

/* The setting for the enclosing <Limit>; knows the directive's place. */
static cors_setting_t *setting_here(cmd_parms *cmd, void *section, bool *first)
{
    cors_setting_t *setting =
        cors_section_set(cmd->pool, section, (cors_methods_t)cmd->limited,
                         attr_of(cmd), first);

    /* a repeated list grows and keeps where it began; else the last word counts */
    if (*first || !(setting->origins || setting->names)) {
        setting->directive = cmd->cmd->name;
        setting->where = place(cmd);
        setting->said = apr_pstrcat(cmd->pool, setting->directive, " ",
                                    setting->where, NULL);
    }
    return setting;
}

/* Add a sentence to what is wrong with a directive's arguments. */
static void complain(cmd_parms *cmd, const char **complaints,
                     cors_problem_e problem, cors_slice_t word,
                     const char *instead)
{
    const char *sentence =
        cors_problem_sentence(cmd->pool, problem, word, instead);

    *complaints = *complaints ? apr_pstrcat(cmd->pool, *complaints, ". Also ",
                                            sentence, NULL)
                              : sentence;
}

/* The error that is returned to httpd, which adds file and line by itself,
 * though not for .htaccess. NULL for no complaints. */
static const char *explain(cmd_parms *cmd, const char *complaints)
{
    if (!complaints) {
        return NULL;
    }
    return apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", complaints,
                       cmd->pool == cmd->temp_pool ? " (" : NULL,
                       cmd->pool == cmd->temp_pool ? place(cmd) : NULL,
                       cmd->pool == cmd->temp_pool ? ")" : NULL, NULL);
}

/* The next argument, quotes taken off, or NULL; never splits at commas. */
static const char *next_argument(cmd_parms *cmd, const char **args)
{
    const char *argument = ap_getword_conf(cmd->pool, args);

    return argument[0] ? argument : NULL;
}

/* The one argument there may be; a complaint if there is none, or more. */
static const char *only_argument(cmd_parms *cmd, const char *args,
                                 const char **complaints)
{
    const cors_slice_t nothing = { NULL, 0 };
    const char *argument = next_argument(cmd, &args);
    const char *more = argument ? next_argument(cmd, &args) : NULL;

    if (!argument) {
        complain(cmd, complaints, CORS_PROBLEM_WORD_MISSING, nothing, NULL);
    }
    if (more) {
        complain(cmd, complaints, CORS_PROBLEM_WORD_EXTRA, cors_slice(more),
                 NULL);
    }
    return argument;
}

static const char *choice_list(apr_pool_t *p, const char *const *choices)
{
    const char *list = choices[0];
    int i;

    for (i = 1; choices[i]; i++) {
        list = apr_pstrcat(p, list, choices[i + 1] ? ", " : " or ", choices[i],
                           NULL);
    }
    return list;
}

const char *cors_set_choice(cmd_parms *cmd, void *section, const char *args)
{
    const char *const *choices = ((const cors_directive_t *)cmd->info)->choices;
    const char *complaints = NULL;
    const char *word = only_argument(cmd, args, &complaints);
    bool first;
    int i;

    for (i = 0; word && choices[i]; i++) {
        if (cors_slice_is_nocase(cors_slice(word), choices[i])) {
            setting_here(cmd, section, &first)->number = i;
            return explain(cmd, complaints);
        }
    }
    if (word) {
        complain(cmd, &complaints, CORS_PROBLEM_CHOICE_UNKNOWN,
                 cors_slice(word), choice_list(cmd->pool, choices));
    }
    return explain(cmd, complaints);
}

static bool is_edit(const char *word)
{
    return word[0] == '+' || word[0] == '-';
}

static cors_origin_set_t *origins_here(cmd_parms *cmd, void *section,
                                       const char *word)
{
    bool first;
    cors_setting_t *setting = setting_here(cmd, section, &first);

    if (first) {
        setting->edit = is_edit(word);
        setting->origins =
            cors_origin_set_make(cmd->pool,
                                 attr_of(cmd) == CORS_ATTR_WEBSOCKET_ORIGINS,
                                 setting->edit);
    }
    return setting->origins;
}

static cors_problem_e add_origin(cmd_parms *cmd, void *section,
                                 cors_slice_t word, const char **instead)
{
    return cors_origin_set_add(cmd->pool, origins_here(cmd, section, word.ptr),
                               word, instead);
}

static cors_problem_e add_name(cmd_parms *cmd, void *section, cors_slice_t word,
                               const char **instead)
{
    bool first;
    cors_setting_t *setting = setting_here(cmd, section, &first);

    if (first) {
        setting->edit = is_edit(word.ptr);
        setting->names = cors_name_set_make(cmd->pool,
                                            attr_of(cmd) == CORS_ATTR_METHODS
                                                ? CORS_NAMES_METHODS
                                            : attr_of(cmd) == CORS_ATTR_HEADERS
                                                ? CORS_NAMES_REQUEST_HEADERS
                                                : CORS_NAMES_RESPONSE_HEADERS,
                                            setting->edit);
    }
    return cors_name_set_add(cmd->pool, setting->names, word, instead);
}

/* Give every word of the arguments to add, and report all that is wrong. */
static const char *add_words(cmd_parms *cmd, void *section, const char *args,
                             cors_problem_e (*add)(cmd_parms *, void *,
                                                   cors_slice_t, const char **))
{
    const cors_slice_t nothing = { NULL, 0 };
    const char *complaints = NULL;
    const char *argument;
    bool any = false;

    while ((argument = next_argument(cmd, &args)) != NULL) {
        cors_slice_t rest = cors_slice(argument);
        cors_slice_t word;

        while (cors_word_next(&rest, &word)) {
            const char *instead = NULL;
            cors_problem_e problem = add(cmd, section, word, &instead);

            any = true;
            if (problem) {
                complain(cmd, &complaints, problem, word, instead);
            }
        }
    }
    if (!any) {
        complain(cmd, &complaints, CORS_PROBLEM_WORD_MISSING, nothing, NULL);
    }
    return explain(cmd, complaints);
}

const char *cors_set_origins(cmd_parms *cmd, void *section, const char *args)
{
    return add_words(cmd, section, args, add_origin);
}

const char *cors_set_names(cmd_parms *cmd, void *section, const char *args)
{
    return add_words(cmd, section, args, add_name);
}

/* The matcher that the core calls: the whole text and nothing less. */
static bool regex_matches(const void *regex, cors_slice_t text)
{
    ap_regmatch_t whole;

    /* any result but a match is none; running into the match limit too */
    return ap_regexec_len(regex, text.ptr, text.len, 1, &whole, 0) == 0
           && whole.rm_so == 0 && (apr_size_t)whole.rm_eo == text.len;
}

/* Whether an expression matches what nobody lists on purpose. */
static bool matches_everything(const ap_regex_t *regex)
{
    static const char *const strangers[] = { "https://a.zq-stranger.invalid",
                                             "http://b.other-stranger.test:81",
                                             "x-stranger://c" };
    apr_size_t i;

    for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        if (!regex_matches(regex, cors_slice(strangers[i]))) {
            return false;
        }
    }
    return true;
}

/* Compile an expression so that it has to match the whole of a text. */
static ap_regex_t *compile_whole(apr_pool_t *p, const char *text)
{
    const int flags = AP_REG_EXTENDED | AP_REG_DOLLAR_ENDONLY;
    ap_regex_t *regex;

    /* by itself first: "a)|(?:b" must not close the group it is put into */
    if (!text[0] || !ap_pregcomp(p, text, flags)) {
        return NULL;
    }
    regex = ap_pregcomp(p, apr_pstrcat(p, "\\A(?:", text, ")\\z", NULL), flags);
    if (!regex) {
        /* a comment under (?x) has swallowed the end; a newline ends it */
        regex = ap_pregcomp(p, apr_pstrcat(p, "\\A(?:", text, "\n)\\z", NULL),
                            flags);
    }
    return regex;
}

const char *cors_set_origins_match(cmd_parms *cmd, void *section,
                                   const char *args)
{
    const cors_slice_t nothing = { NULL, 0 };
    const char *complaints = NULL;
    const char *argument;
    bool any = false;

    while ((argument = next_argument(cmd, &args)) != NULL) {
        cors_origin_set_t *set = origins_here(cmd, section, argument);
        bool marked = is_edit(argument);
        const ap_regex_t *regex;
        cors_problem_e problem;

        any = true;
        regex = compile_whole(cmd->pool, marked ? argument + 1 : argument);
        problem =
            !regex ? CORS_PROBLEM_REGEX_BAD
            : marked != cors_origin_set_edits(set)
                ? CORS_PROBLEM_EDIT_MIXED
                : cors_origin_set_add_regex(cmd->pool, set, regex,
                                            regex_matches, argument[0] == '-',
                                            matches_everything(regex));
        if (problem) {
            complain(cmd, &complaints, problem, cors_slice(argument), NULL);
        }
    }
    if (!any) {
        complain(cmd, &complaints, CORS_PROBLEM_WORD_MISSING, nothing, NULL);
    }
    return explain(cmd, complaints);
}

const char *cors_set_max_age(cmd_parms *cmd, void *section, const char *args)
{
    const char *complaints = NULL;
    const char *word = only_argument(cmd, args, &complaints);
    apr_interval_time_t age = 0;
    const char *text = NULL;
    const char *unit;
    bool first;

    if (word && !cors_slice_is_nocase(cors_slice(word), "None")) {
        unit = word + strspn(word, "0123456789");
        if (unit == word || strlen(word) > 12
            || ap_timeout_parameter_parse(
                   /* httpd's own minute is "mi" or longer */
                   strcmp(unit, "m") == 0
                       ? apr_pstrcat(cmd->pool, word, "i", NULL)
                       : word,
                   &age, "s")
                   != APR_SUCCESS
            || age % APR_USEC_PER_SEC != 0) {
            complain(cmd, &complaints, CORS_PROBLEM_MAX_AGE_BAD,
                     cors_slice(word), NULL);
        }
        else if (age > apr_time_from_sec(MAX_AGE_LIMIT)) {
            complain(cmd, &complaints, CORS_PROBLEM_MAX_AGE_RANGE,
                     cors_slice(word), APR_STRINGIFY(MAX_AGE_LIMIT));
        }
        text = apr_psprintf(cmd->pool, "%" APR_TIME_T_FMT, apr_time_sec(age));
    }
    if (!complaints) {
        cors_setting_t *setting = setting_here(cmd, section, &first);

        setting->text = text;
    }
    return explain(cmd, complaints);
}

/* a status of three digits, or 0 */
static int parse_status(const char *word)
{
    return strlen(word) == 3 && strspn(word, "0123456789") == 3 ? atoi(word)
                                                                : 0;
}

const char *cors_set_preflight_status(cmd_parms *cmd, void *section,
                                      const char *args)
{
    const cors_slice_t nothing = { NULL, 0 };
    const char *complaints = NULL;
    const char *allowed = next_argument(cmd, &args);
    const char *denied = allowed ? next_argument(cmd, &args) : NULL;
    const char *more = denied ? next_argument(cmd, &args) : NULL;
    int allowed_status = allowed ? parse_status(allowed) : 0;
    int denied_status = denied ? parse_status(denied) : 0;
    bool first;

    if (!allowed) {
        complain(cmd, &complaints, CORS_PROBLEM_WORD_MISSING, nothing, NULL);
    }
    else if (allowed_status < 200 || allowed_status > 299) {
        complain(cmd, &complaints, CORS_PROBLEM_STATUS_ALLOWED,
                 cors_slice(allowed), "204");
    }
    if (denied
        && !((denied_status >= 200 && denied_status <= 299)
             || (denied_status >= 400 && denied_status <= 499))) {
        complain(cmd, &complaints, CORS_PROBLEM_STATUS_DENIED,
                 cors_slice(denied), "403");
    }
    if (more) {
        complain(cmd, &complaints, CORS_PROBLEM_WORD_EXTRA, cors_slice(more),
                 NULL);
    }
    if (!complaints) {
        cors_setting_t *setting = setting_here(cmd, section, &first);

        setting->number = allowed_status;
        setting->number2 = denied_status;
    }
    return explain(cmd, complaints);
}
