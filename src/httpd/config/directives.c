/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the module's directives: one handler for each kind of argument, and the
 * create_dir_config and merge_dir_config functions of httpd. All handlers take raw
 * arguments, because httpd would stop at the first bad one; a reading_t collects all
 * errors in a line, so that one start reports them together.
 *
 * This file only fills sections. It does not merge attributes (section.c), resolve
 * policies (policy.c) or check settings against each other (check.c). A handler may
 * run in a worker thread for a .htaccess file, so it must not write to static data;
 * in_htaccess() recognises that case by the temporary pool, which is then the same as
 * the directive's pool.
 */

#include "httpd/config/directives.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <ap_expr.h>
#include <http_main.h>

#include "core/base/clock.h"
#include "core/base/compiler.h"
#include "core/base/hash.h"
#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/diagnose/stats.h"
#include "core/origin/origin_set.h"
#include "core/origin/origin_source.h"
#include "core/origin/tenant_key.h"
#include "core/policy/name_set.h"
#include "httpd/config/containers.h"
#include "httpd/config/same_lists.h"
#include "httpd/config/sources.h"
#include "httpd/shared/shared_list.h"
#include "httpd/shared/stats.h"

#define MAX_AGE_LIMIT 31536000 /* a year, in seconds */
#define MAX_AGE_DAY "24h"      /* the longest time that any browser honours */
#define MAX_AGE_USEFUL "2h"    /* the longest time that all browsers honour */

const cors_attr_e cors_attrs[CORS_ATTR_COUNT] = {
#define CORS_ATTR_ITSELF(code, directive) CORS_ATTR_##code,
    CORS_ATTRS(CORS_ATTR_ITSELF)
#undef CORS_ATTR_ITSELF
};

void *cors_create_dir_config(apr_pool_t *p, char *dir)
{
    (void)dir;
    return cors_section_make(p);
}

const cors_section_t *cors_section_of(const ap_conf_vector_t *config)
{
    /* a request whose reading fails may have no configuration yet */
    return config ? ap_get_module_config(config, &cors_policy_module) : NULL;
}

/* The userdata key that marks the pool of a configuration with a directive of this
 * module. */
#define CONFIGURED "mod_cors_policy configured"

bool cors_is_configured(apr_pool_t *pconf)
{
    void *found = NULL;

    apr_pool_userdata_get(&found, CONFIGURED, pconf);
    return found != NULL;
}

/* One directive that is being read. */
typedef struct {
    cmd_parms *cmd;
    cors_section_t *section;
    cors_attr_e attr;
    const char *where;  /* "file:line" */
    const char *source; /* "CorsPolicy file:line" */
    const char *errors; /* the errors in its arguments; NULL: none */
    /* the number of errors, including those that are not shown */
    int reported;
} reading_t;

#define ERRORS_SHOWN 20

static const cors_slice_t no_word = { NULL, 0 };

static bool in_htaccess(const cmd_parms *cmd)
{
    return cmd->pool == cmd->temp_pool;
}

/* Returns a directive's name and source line. Far cheaper than apr_psprintf(). */
static const char *source_text(const cmd_parms *cmd)
{
    char line[16];

    apr_snprintf(line, sizeof(line), "%d", cmd->directive->line_num);
    return apr_pstrcat(cmd->pool, cmd->cmd->name, " ", cmd->directive->filename,
                       ":", line, NULL);
}

/* Returns a copy of a file's name, or the previous copy if the name has not changed.
 * httpd's own string may be freed after start-up (mod_macro allocates it in its
 * temporary pool). */
static const char *file_name(apr_pool_t *p, const char *name)
{
    static const char key[] = "mod_cors_policy file";
    void *last = NULL;

    apr_pool_userdata_get(&last, key, p);
    if (!last || strcmp(last, name) != 0) {
        last = apr_pstrdup(p, name);
        apr_pool_userdata_setn(last, key, NULL, p);
    }
    return last;
}

/* Returns the location of the section that a directive is in: all containers around the
 * directive, except <Limit>, which is not a section, and <VirtualHost>, which is the
 * server. */
static cors_scope_t *place_of(const cmd_parms *cmd)
{
    cors_scope_t *scope = apr_pcalloc(cmd->pool, sizeof(*scope));
    const ap_directive_t *parent;

    for (parent = cmd->directive->parent; parent; parent = parent->parent) {
        if (cors_directive_is(parent, "<Limit")
            || cors_directive_is(parent, "<LimitExcept")) {
            continue;
        }
        if (!scope->node) {
            scope->node = parent;
            scope->file = file_name(cmd->pool, parent->filename);
            scope->line = parent->line_num;
        }
        if (!cors_directive_is(parent, "<VirtualHost")) {
            scope->title =
                apr_pstrcat(cmd->pool, parent->directive, " ", parent->args,
                            scope->title ? " " : NULL, scope->title, NULL);
        }
    }
    return scope;
}

static reading_t start_reading(cmd_parms *cmd, void *section)
{
    reading_t reading;

    reading.cmd = cmd;
    reading.section = section;
    reading.attr = *(const cors_attr_e *)cmd->info;
    reading.source = source_text(cmd);
    reading.where = reading.source + strlen(cmd->cmd->name) + 1;
    reading.errors = NULL;
    reading.reported = 0;
    /* a request that reads a .htaccess file does not need the source */
    if (!in_htaccess(cmd) && !cors_section_scope(section)) {
        cors_section_locate(section, place_of(cmd));
        apr_pool_userdata_setn(CONFIGURED, CONFIGURED, NULL, cmd->pool);
    }
    return reading;
}

/* Returns the attribute's setting for the enclosing <Limit>, with the directive as its
 * source. */
static cors_setting_t *setting_here(const reading_t *reading, bool *first)
{
    cmd_parms *cmd = reading->cmd;
    cors_setting_t *setting =
        cors_section_set(cmd->pool, reading->section,
                         (cors_methods_t)cmd->limited, reading->attr, first);

    /* A repeated list grows and keeps its first source. For other attributes, the last
     * directive replaces the earlier ones. */
    if (*first || !(setting->origins || setting->names)) {
        setting->directive = cmd->cmd->name;
        setting->source = reading->source;
        setting->id = cors_hash_text(0, cors_slice(reading->source));
        setting->scope = cors_section_scope(reading->section);
    }
    setting->local = in_htaccess(cmd);
    return setting;
}

/* Append a sentence to the errors in a directive's arguments. */
static void add_sentence(reading_t *reading, const char *sentence)
{
    reading->errors = reading->errors
                          ? apr_pstrcat(reading->cmd->pool, reading->errors,
                                        ". Also ", sentence, NULL)
                          : sentence;
}

static void report_error(reading_t *reading, cors_problem_e problem,
                         cors_slice_t word, const char *suggestion)
{
    const cors_finding_t finding = { problem, word, suggestion, NULL };

    if (++reading->reported <= ERRORS_SHOWN) {
        add_sentence(reading,
                     cors_problem_sentence(reading->cmd->pool, &finding));
    }
}

/* Report a missing argument, unless another error has already been reported. */
static void report_missing(reading_t *reading)
{
    if (!reading->errors) {
        report_error(reading, CORS_PROBLEM_ARGUMENT_MISSING, no_word, NULL);
    }
}

/* Returns the error message for httpd, or NULL if there are no errors. httpd adds file
 * and line itself, except for .htaccess files. */
static const char *explain(const reading_t *reading)
{
    const cmd_parms *cmd = reading->cmd;
    const char *more = "";

    if (!reading->errors) {
        return NULL;
    }
    if (reading->reported > ERRORS_SHOWN) {
        more = apr_psprintf(cmd->pool, ". And %d more error%s",
                            reading->reported - ERRORS_SHOWN,
                            reading->reported == ERRORS_SHOWN + 1 ? "" : "s");
    }
    if (in_htaccess(cmd)) {
        more = apr_pstrcat(cmd->pool, more, " (", reading->where, ")", NULL);
    }
    return apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", reading->errors, more,
                       NULL);
}

/* Skip spaces. Returns whether an argument follows. A trailing comment is reported as a
 * single error. */
static bool has_argument(reading_t *reading, const char **args)
{
    while (apr_isspace(**args)) {
        (*args)++;
    }
    if (**args == '#') {
        report_error(reading, CORS_PROBLEM_ARGUMENT_COMMENT, cors_slice(*args),
                     NULL);
        *args += strlen(*args);
    }
    return **args;
}

/* Returns the next argument without its quotes, in the temporary pool, or NULL. Does
 * not split at commas. */
static const char *next_argument(reading_t *reading, const char **args)
{
    return has_argument(reading, args)
               ? ap_getword_conf(reading->cmd->temp_pool, args)
               : NULL;
}

/* Returns the only argument. Reports an error if it is missing or if more follow. */
static const char *only_argument(reading_t *reading, const char *args)
{
    const char *argument = next_argument(reading, &args);
    const char *more = argument ? next_argument(reading, &args) : NULL;

    if (!argument) {
        report_missing(reading);
    }
    if (more) {
        report_error(reading, CORS_PROBLEM_ARGUMENT_EXTRA, cors_slice(more),
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

static int find_word(const char *const *words, const char *word)
{
    int i;

    for (i = 0; words[i]; i++) {
        if (ap_cstr_casecmp(words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

/* Returns whether two words differ in hyphens, underscores and case only. */
static bool same_letters(const char *one, const char *other)
{
    static const char ignored[] = "-_";

    do {
        one += strspn(one, ignored);
        other += strspn(other, ignored);
        if (apr_tolower(*one) != apr_tolower(*other)) {
            return false;
        }
        other++;
    } while (*one++);
    return true;
}

/* Returns the choice that was probably intended, or a list of all choices. */
static const char *suggest_choice(apr_pool_t *p, const char *const *choices,
                                  const char *word)
{
    static const char *const yes[] = { "yes",    "true",    "1",
                                       "enable", "enabled", NULL };
    static const char *const no[] = { "no",      "false",    "0", "none",
                                      "disable", "disabled", NULL };
    const bool is_flag = strcmp(choices[0], "Off") == 0;
    int i;

    if (is_flag && find_word(yes, word) >= 0 && find_word(choices, "On") >= 0) {
        return "On";
    }
    if (find_word(choices, "Policy") >= 0
        && (find_word(yes, word) >= 0 || ap_cstr_casecmp(word, "On") == 0)) {
        return "Policy";
    }
    if (is_flag && find_word(no, word) >= 0) {
        return "Off";
    }
    for (i = 0; choices[i]; i++) {
        if (same_letters(word, choices[i])) {
            return choices[i];
        }
    }
    return choice_list(p, choices);
}

/* Returns whether a .htaccess file can only switch an attribute on. */
static bool is_protection(cors_attr_e attr)
{
    return attr == CORS_ATTR_PROTECT || attr == CORS_ATTR_PROTECT_EMBEDDING
           || attr == CORS_ATTR_PROTECT_HOST;
}

/* Set an attribute to one of its choices. The corrected form is what to write in place
 * of an unknown word. */
static void set_choice(reading_t *reading, const char *word,
                       const char *corrected)
{
    const char *const *choices = cors_attr_choices(reading->attr);
    int choice = word ? find_word(choices, word) : -1;
    bool first;

    if (word && choice < 0) {
        report_error(reading, CORS_PROBLEM_CHOICE_UNKNOWN, cors_slice(word),
                     corrected
                         ? corrected
                         : suggest_choice(reading->cmd->pool, choices, word));
    }
    else if (choice == 0 && is_protection(reading->attr)
             && in_htaccess(reading->cmd)) {
        report_error(reading, CORS_PROBLEM_PROTECT_LOCAL_OFF, cors_slice(word),
                     NULL);
    }
    if (!reading->errors) {
        setting_here(reading, &first)->choice = choice;
    }
}

const char *cors_set_choice(cmd_parms *cmd, void *section, const char *args)
{
    reading_t reading = start_reading(cmd, section);

    set_choice(&reading, only_argument(&reading, args), NULL);
    return explain(&reading);
}

/* Returns the arguments of CorsProtect as one: "On Strict". */
static const char *join_protection(reading_t *reading, const char *args)
{
    const char *mode = next_argument(reading, &args);
    const char *strict = mode ? next_argument(reading, &args) : NULL;
    const char *more = strict ? next_argument(reading, &args) : NULL;

    if (!mode) {
        report_missing(reading);
    }
    if (more) {
        report_error(reading, CORS_PROBLEM_ARGUMENT_EXTRA, cors_slice(more),
                     NULL);
    }
    if (strict) {
        return apr_pstrcat(reading->cmd->temp_pool, mode, " ", strict, NULL);
    }
    return mode;
}

const char *cors_set_protect(cmd_parms *cmd, void *section, const char *args)
{
    reading_t reading = start_reading(cmd, section);
    const char *word = join_protection(&reading, args);

    set_choice(&reading, word,
               word && ap_cstr_casecmp(word, "Strict") == 0 ? "On Strict"
                                                            : NULL);
    return explain(&reading);
}

static bool is_edit(const char *word)
{
    return word[0] == '+' || word[0] == '-';
}

/* Create an empty list for an attribute that holds a list. */
static void make_list(const reading_t *reading, cors_setting_t *setting)
{
    apr_pool_t *p = reading->cmd->pool;

    switch (reading->attr) {
    case CORS_ATTR_METHODS:
        setting->names =
            cors_name_set_make(p, CORS_NAMES_METHODS, setting->edit);
        break;
    case CORS_ATTR_HEADERS:
        setting->names =
            cors_name_set_make(p, CORS_NAMES_REQUEST_HEADERS, setting->edit);
        break;
    case CORS_ATTR_EXPOSE:
        setting->names =
            cors_name_set_make(p, CORS_NAMES_RESPONSE_HEADERS, setting->edit);
        break;
    default:
        setting->origins =
            cors_origin_set_make(p,
                                 reading->attr == CORS_ATTR_WEBSOCKET_ORIGINS,
                                 setting->edit);
    }
}

/* Add an entry to a setting's list. Entries of the list's first line need no source of
 * their own, because the setting has it. Settings that begin with the same arguments
 * can therefore share the list. */
static cors_problem_e add_entry(const reading_t *reading,
                                const cors_setting_t *setting,
                                cors_slice_t word, const char *source,
                                const char **suggestion)
{
    apr_pool_t *p = reading->cmd->pool;

    if (setting->origins) {
        return cors_origin_set_add(p, setting->origins, word, source,
                                   suggestion);
    }
    return cors_name_set_add(p, setting->names, word, source, suggestion);
}

/* Replace a shared list by an equal list that belongs to the setting alone. */
static void copy_list(const reading_t *reading, cors_setting_t *setting)
{
    const char *args = setting->shared_args;
    const char *unused;

    setting->shared_args = NULL;
    make_list(reading, setting);
    while (*args) {
        cors_slice_t rest =
            cors_slice(ap_getword_conf(reading->cmd->temp_pool, &args));
        cors_slice_t word;

        while (cors_argument_next(&rest, &word)) {
            /* the entry was valid when it was added to the shared list */
            add_entry(reading, setting, word, NULL, &unused);
        }
    }
}

/* Returns the setting whose list a line adds to. */
static cors_setting_t *list_here(const reading_t *reading, const char *word)
{
    bool first;
    cors_setting_t *setting = setting_here(reading, &first);

    if (first) {
        setting->edit = is_edit(word);
        make_list(reading, setting);
    }
    else if (setting->shared_args) {
        copy_list(reading, setting);
    }
    return setting;
}

static cors_problem_e add_word(const reading_t *reading, cors_slice_t word,
                               const char **suggestion)
{
    const cors_setting_t *setting = list_here(reading, word.ptr);
    cors_problem_e problem =
        add_entry(reading, setting, word,
                  setting->source == reading->source ? NULL : reading->source,
                  suggestion);

    /* suggestions for CorsAllowOrigins alone */
    if (problem && *suggestion && reading->attr == CORS_ATTR_PROTECT_ORIGINS
        && (strcmp(*suggestion, "*") == 0
            || strncmp(*suggestion, "Cors", strlen("Cors")) == 0)) {
        *suggestion = NULL;
    }
    return problem;
}

/* Returns what is wrong with an entry in CorsProtectAllowOrigins alone. */
static cors_problem_e check_trusted(const reading_t *reading, cors_slice_t word)
{
    if (reading->attr != CORS_ATTR_PROTECT_ORIGINS) {
        return CORS_OK;
    }
    if (cors_slice_is(word, "*")) {
        return CORS_PROBLEM_PROTECT_ANY_ORIGIN;
    }
    if (in_htaccess(reading->cmd) && *word.ptr != '-'
        && !cors_slice_is_nocase(word, "None")) {
        return CORS_PROBLEM_PROTECT_LOCAL_ORIGIN;
    }
    return CORS_OK;
}

/* Add every entry of the arguments and report all errors. */
static void add_words(reading_t *reading, const char *args)
{
    const char *argument;
    bool any = false;

    while ((argument = next_argument(reading, &args)) != NULL) {
        cors_slice_t rest = cors_slice(argument);
        cors_slice_t word;

        while (cors_argument_next(&rest, &word)) {
            const char *suggestion = NULL;
            cors_problem_e problem = check_trusted(reading, word);

            if (!problem) {
                problem = add_word(reading, word, &suggestion);
            }
            any = true;
            if (problem) {
                report_error(reading, problem, word, suggestion);
            }
        }
    }
    if (!any) {
        report_missing(reading);
    }
}

/* Use the list of another setting that begins with the same arguments. Returns false if
 * there is no such list. */
static bool take_same_list(const reading_t *reading, const char *args)
{
    const cors_same_list_t *same =
        in_htaccess(reading->cmd)
            ? NULL
            : cors_same_list_find(reading->cmd->temp_pool, reading->attr, args);
    cors_setting_t *setting;
    bool first;

    if (!same) {
        return false;
    }
    setting = setting_here(reading, &first);
    if (!first) {
        return false;
    }
    setting->edit = same->edit;
    setting->origins = same->origins;
    setting->names = same->names;
    setting->shared_args = same->args;
    return true;
}

/* Let other settings share the list that this line has begun. */
static void offer_list(const reading_t *reading, const char *args)
{
    bool first;
    cors_setting_t *setting;

    if (reading->errors || in_htaccess(reading->cmd)) {
        return;
    }
    setting = setting_here(reading, &first);
    if (setting->source == reading->source) {
        setting->shared_args =
            cors_same_list_offer(reading->cmd->temp_pool, setting, args);
    }
}

static const char *set_list(cmd_parms *cmd, void *section, const char *args)
{
    reading_t reading = start_reading(cmd, section);

    if (!take_same_list(&reading, args)) {
        add_words(&reading, args);
        offer_list(&reading, args);
    }
    return explain(&reading);
}

const char *cors_set_origins(cmd_parms *cmd, void *section, const char *args)
{
    return set_list(cmd, section, args);
}

const char *cors_set_names(cmd_parms *cmd, void *section, const char *args)
{
    return set_list(cmd, section, args);
}

/* The maximum number of steps that PCRE may take for one origin. A regular expression
 * without heavy backtracking needs fewer steps, and so many take no more than some
 * milliseconds. */
#define MATCH_STEPS 50000

/* RegexDefaultOptions must not change the result of the checks at start-up. */
#ifdef AP_REG_NO_DEFAULT
#define MATCH_FLAGS                                                            \
    (AP_REG_EXTENDED | AP_REG_DOLLAR_ENDONLY | AP_REG_NO_DEFAULT)
#else
#define MATCH_FLAGS (AP_REG_EXTENDED | AP_REG_DOLLAR_ENDONLY)
#endif

/* A regular expression as the core sees it. */
typedef struct {
    const ap_regex_t *regex;
    const char *text;
    const char *source; /* "Directive file:line" */
} matcher_t;

/* Log an origin for which PCRE gave up. The number of lines is limited, because a
 * client may send many such origins. */
CORS_SLOW static void log_give_up(const matcher_t *matcher, cors_slice_t text)
{
    apr_uint32_t unused;
    apr_pool_t *p;

    if (cors_count_all()
        && !cors_counters_may_warn(cors_count_all(),
                                   cors_hash_text(0,
                                                  cors_slice(matcher->source)),
                                   cors_clock(), &unused)) {
        return;
    }
    apr_pool_create(&p, NULL);
    ap_log_error(
        APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
        "CORS: %s: '%s' took more than " APR_STRINGIFY(
            MATCH_STEPS) " steps over the origin \"%s\" and has not been "
                         "decided; it lists no such origin, and excludes it "
                         "behind -",
        matcher->source, matcher->text,
        ap_escape_logitem(p, cors_slice_text(p, text)));
    apr_pool_destroy(p);
}

/* The match function that the core calls. A match must cover the whole text. */
static bool regex_matches(const void *context, cors_slice_t text, bool doubt)
{
    const matcher_t *matcher = context;
    ap_regmatch_t whole;
    int result =
        ap_regexec_len(matcher->regex, text.ptr, text.len, 1, &whole, 0);

    if (result == 0) {
        return whole.rm_so == 0 && (apr_size_t)whole.rm_eo == text.len;
    }
    if (result == AP_REG_NOMATCH) {
        return false;
    }
    /* PCRE gives up at the step limit, which a hostile origin may reach */
    log_give_up(matcher, text);
    return doubt;
}

/* Compile a regular expression as a group between a start and an end. */
static ap_regex_t *compile_between(apr_pool_t *p, const char *start,
                                   const char *text, const char *end)
{
    return ap_pregcomp(p,
                       apr_pstrcat(p, start, "\\A(?:", text, end, ")\\z", NULL),
                       MATCH_FLAGS);
}

/* Compile a regular expression so that it must match the whole text within the step
 * limit. */
static ap_regex_t *compile_whole(apr_pool_t *p, const char *text)
{
    static const char limit[] = "(*LIMIT_MATCH=" APR_STRINGIFY(MATCH_STEPS) ")";
    ap_regex_t *regex;

    /* compile it alone first: "a)|(?:b" must not close the group that it is put into */
    if (!text[0] || !ap_pregcomp(p, text, MATCH_FLAGS)) {
        return NULL;
    }
    regex = compile_between(p, limit, text, "");
    if (!regex) {
        /* under (?x), a trailing comment has swallowed the end; a newline terminates
         * the comment */
        regex = compile_between(p, limit, text, "\n");
    }
    /* PCRE before 8.34 does not support this syntax, but has a default limit */
    return regex ? regex : compile_between(p, "", text, "");
}

const char *cors_set_origins_match(cmd_parms *cmd, void *section,
                                   const char *args)
{
    reading_t reading = start_reading(cmd, section);
    const char *argument;
    bool any = false;

    while ((argument = next_argument(&reading, &args)) != NULL) {
        cors_origin_set_t *set = list_here(&reading, argument)->origins;
        matcher_t *matcher = apr_palloc(cmd->pool, sizeof(*matcher));
        const char *suggestion = NULL;
        cors_problem_e problem = CORS_PROBLEM_REGEX_BAD;

        matcher->text =
            apr_pstrdup(cmd->pool, argument + (is_edit(argument) ? 1 : 0));
        matcher->source = reading.source;
        matcher->regex = compile_whole(cmd->pool, matcher->text);
        if (matcher->regex) {
            problem = cors_origin_set_add_regex(cmd->pool, set, argument,
                                                reading.source, matcher,
                                                regex_matches, &suggestion);
        }

        any = true;
        if (problem) {
            report_error(&reading, problem, cors_slice(argument), suggestion);
        }
    }
    if (!any) {
        report_missing(&reading);
    }
    return explain(&reading);
}

/* Load the list of a file, and report all errors in the file. Returns NULL if there is
 * an error. */
static const cors_origin_source_t *load_file(reading_t *reading,
                                             const char *argument,
                                             const cors_list_options_t *options,
                                             const char **path,
                                             cors_origins_file_t *info)
{
    apr_pool_t *p = reading->cmd->pool;
    const cors_origin_source_t *live;
    int i;

    *path = ap_server_root_relative(p, argument);
    if (!*path) {
        report_error(reading, CORS_PROBLEM_FILE_UNREADABLE,
                     cors_slice(argument), NULL);
        return NULL;
    }
    live = cors_origins_file(p, reading->cmd->cmd->name, *path, options, info);
    for (i = 0; i < info->errors->nelts; i++) {
        add_sentence(reading, APR_ARRAY_IDX(info->errors, i, const char *));
    }
    return live;
}

/* Add a list to the origins of the section. */
static void add_live_list(reading_t *reading, const char *argument,
                          const char *name, const cors_origin_source_t *live,
                          const cors_tenant_key_t *key,
                          const cors_origin_notes_t *notes)
{
    cors_problem_e problem =
        cors_origin_set_add_source(reading->cmd->pool,
                                   list_here(reading, "")->origins, name,
                                   reading->source, live, key, notes);

    if (problem) {
        report_error(reading, problem, cors_slice(argument), NULL);
    }
}

static void add_file(reading_t *reading, const char *argument)
{
    cors_origins_file_t info;
    const char *path;
    const cors_origin_source_t *live =
        load_file(reading, argument, NULL, &path, &info);

    if (live) {
        add_live_list(reading, argument, path, live, NULL, &info.notes);
    }
}

const char *cors_set_origins_file(cmd_parms *cmd, void *section,
                                  const char *args)
{
    reading_t reading;
    const char *argument;

    /* AllowOverrideList can permit directives that AllowOverride does not */
    if (in_htaccess(cmd)) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           " cannot occur within htaccess files", NULL);
    }
    reading = start_reading(cmd, section);
    argument = next_argument(&reading, &args);
    if (!argument) {
        report_missing(&reading);
    }
    for (; argument; argument = next_argument(&reading, &args)) {
        add_file(&reading, argument);
    }
    return explain(&reading);
}

const char *cors_set_origins_file_reload(cmd_parms *cmd, void *section,
                                         const char *args)
{
    const char *misplaced = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    reading_t reading;
    const char *word;
    apr_interval_time_t interval = 0;

    if (misplaced) {
        return misplaced;
    }
    reading = start_reading(cmd, section);
    word = only_argument(&reading, args);
    if (word && ap_cstr_casecmp(word, "Off") != 0
        && (ap_timeout_parameter_parse(word, &interval, "s") != APR_SUCCESS
            || interval < apr_time_from_msec(100))) {
        report_error(&reading, CORS_PROBLEM_RELOAD_BAD, cors_slice(word), NULL);
    }
    if (!reading.errors) {
        cors_origins_file_interval(cmd->pool, interval);
    }
    return explain(&reading);
}

/* Check the name of a new source. */
static void check_source_name(reading_t *reading, const char *name)
{
    const cors_source_t *other = cors_source_find(reading->cmd->pool, name);
    cors_finding_t finding = { CORS_PROBLEM_SOURCE_DUPLICATE, cors_slice(name),
                               NULL, NULL };

    if (!cors_source_is_name(name)) {
        report_error(reading, CORS_PROBLEM_SOURCE_NAME, cors_slice(name), NULL);
    }
    else if (other) {
        finding.detail = other->where;
        add_sentence(reading,
                     cors_problem_sentence(reading->cmd->pool, &finding));
    }
}

/* Read the options of a source: those of all types, and those of a provider into a table.
 * Without a table, the type has no others. */
static void read_source_options(reading_t *reading, const char *args,
                                cors_list_options_t *common,
                                apr_table_t *others)
{
    apr_pool_t *p = reading->cmd->pool;
    cors_finding_t finding;
    unsigned given = 0;

    while (has_argument(reading, &args)) {
        const char *option =
            cors_source_next_option(reading->cmd->temp_pool, &args);

        if (others && !cors_source_is_common(option)) {
            if (!cors_source_add_option(others, option)) {
                report_error(reading, CORS_PROBLEM_SOURCE_OPTION,
                             cors_source_shown(option), NULL);
            }
        }
        else if (!cors_source_read_option(p, option, &given, common,
                                          &finding)) {
            add_sentence(reading, cors_problem_sentence(p, &finding));
        }
    }
}

/* Let the provider of a type read a source, and load its file. Returns false if there is
 * an error. */
static bool read_provided(reading_t *reading,
                          const cors_origin_source_provider_t *provider,
                          const char *spec, const char *args,
                          cors_source_t *source)
{
    apr_pool_t *p = reading->cmd->pool;
    apr_table_t *options = apr_table_make(p, 4);
    cors_list_options_t common = { 0, 0, false, true };
    cors_origins_file_t info;
    const char *error;

    read_source_options(reading, args, &common, options);
    if (reading->errors) {
        return false;
    }
    error = provider->configure(reading->cmd, source->name,
                                apr_pstrdup(p, spec), options, &source->path);
    if (error) {
        add_sentence(reading, error);
        return false;
    }
    if (!cors_provided_file(p, reading->cmd->cmd->name, source->path, &common,
                            &info)) {
        add_sentence(reading, APR_ARRAY_IDX(info.errors, 0, const char *));
        return false;
    }
    return true;
}

const char *cors_set_origin_source(cmd_parms *cmd, void *section,
                                   const char *args)
{
    const char *misplaced = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    reading_t reading;
    cors_list_options_t options = { 0, 0, false, true };
    cors_source_t source;
    cors_origins_file_t info;
    const char *type;
    const char *suggestion = NULL;
    const char *path = NULL;
    const char *spec;
    const cors_origin_source_provider_t *provider;

    if (misplaced) {
        return misplaced;
    }
    reading = start_reading(cmd, section);
    source.where = reading.where;
    source.path = NULL;
    source.name = next_argument(&reading, &args);
    type = source.name ? next_argument(&reading, &args) : NULL;
    if (!type) {
        report_missing(&reading);
        return explain(&reading);
    }
    check_source_name(&reading, source.name);
    provider = cors_source_provider(cmd->temp_pool, type, &spec);
    if (provider) {
        if (read_provided(&reading, provider, spec, args, &source)) {
            cors_source_add(cmd->pool, &source);
        }
        return explain(&reading);
    }
    cors_source_read_type(cmd->temp_pool, type, &path, &suggestion);
    if (!path && cors_source_module(type)) {
        report_error(&reading, CORS_PROBLEM_SOURCE_MODULE,
                     cors_source_shown(type), cors_source_module(type));
        return explain(&reading); /* that module knows the options */
    }
    if (!path) {
        report_error(&reading, CORS_PROBLEM_SOURCE_TYPE,
                     cors_source_shown(type), suggestion);
    }
    read_source_options(&reading, args, &options, NULL);
    if (!reading.errors
        && load_file(&reading, path, &options, &source.path, &info)) {
        cors_source_add(cmd->pool, &source);
    }
    return explain(&reading);
}

/* Compile the expression that gives the tenant. Returns NULL if it is invalid. */
static const cors_tenant_key_t *compile_tenant(reading_t *reading,
                                               const char *text)
{
    cmd_parms *cmd = reading->cmd;
    cors_tenant_key_t *key = apr_palloc(cmd->pool, sizeof(*key));
    const char *error = text[0] ? NULL : "it is empty";
    cors_finding_t finding = { CORS_PROBLEM_TENANT_EXPRESSION, cors_slice(text),
                               NULL, NULL };

    key->text = apr_pstrdup(cmd->pool, text);
    key->headers = cors_tenant_key_headers(cmd->pool, text);
    key->compiled = NULL;
    if (!error) {
        /* the module adds to Vary itself, because not each response evaluates it */
        key->compiled = ap_expr_parse_cmd(cmd, key->text,
                                          AP_EXPR_FLAG_STRING_RESULT
                                              | AP_EXPR_FLAG_DONT_VARY,
                                          &error, NULL);
    }
    if (error) {
        finding.detail = error;
        add_sentence(reading, cors_problem_sentence(cmd->pool, &finding));
        return NULL;
    }
    return key;
}

const char *cors_set_origins_from(cmd_parms *cmd, void *section,
                                  const char *args)
{
    const cors_source_t *source;
    const cors_tenant_key_t *key = NULL;
    cors_origins_file_t info;
    const cors_origin_source_t *live;
    reading_t reading;
    const char *name;
    const char *tenant;
    const char *more;

    if (in_htaccess(cmd)) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           " cannot occur within htaccess files", NULL);
    }
    reading = start_reading(cmd, section);
    name = next_argument(&reading, &args);
    if (!name) {
        report_missing(&reading);
        return explain(&reading);
    }
    tenant = next_argument(&reading, &args);
    more = tenant ? next_argument(&reading, &args) : NULL;
    if (more) {
        report_error(&reading, CORS_PROBLEM_ARGUMENT_EXTRA, cors_slice(more),
                     NULL);
    }
    source = cors_source_find(cmd->pool, name);
    if (!source) {
        report_error(&reading, CORS_PROBLEM_SOURCE_UNKNOWN, cors_slice(name),
                     cors_source_suggest(cmd->pool, name));
    }
    if (tenant) {
        key = compile_tenant(&reading, tenant);
    }
    if (!source || reading.errors) {
        return explain(&reading);
    }
    live =
        cors_origins_file(cmd->pool, cmd->cmd->name, source->path, NULL, &info);
    if (live) {
        add_live_list(&reading, name,
                      tenant ? apr_pstrcat(cmd->pool, source->name, " \"",
                                           tenant, "\"", NULL)
                             : source->name,
                      live, key, &info.notes);
    }
    return explain(&reading);
}

/* Parse a time in httpd's format into seconds. Sets a suggestion if it can correct the
 * argument. */
static cors_problem_e parse_max_age(apr_pool_t *p, const char *word,
                                    apr_int64_t *seconds,
                                    const char **suggestion)
{
    const char *unit = word + strspn(word, "0123456789");
    apr_interval_time_t age = 0;

    *suggestion = NULL;
    if (word[0] == '-') {
        /* in other products, a negative number tells browsers not to cache */
        *suggestion = "0";
    }
    else if (ap_cstr_casecmp(word, "Off") == 0) {
        *suggestion = "None";
    }
    else if (unit != word && ap_cstr_casecmp(unit, "d") == 0) {
        *suggestion = MAX_AGE_DAY;
    }
    if (unit != word && !*unit && strlen(word) > 12) {
        *suggestion = MAX_AGE_USEFUL;
        return CORS_PROBLEM_MAX_AGE_RANGE;
    }
    if (unit == word || strlen(word) > 12
        || ap_timeout_parameter_parse(
               /* httpd writes minutes as "mi" or longer */
               strcmp(unit, "m") == 0 ? apr_pstrcat(p, word, "i", NULL) : word,
               &age, "s")
               != APR_SUCCESS
        || age % APR_USEC_PER_SEC != 0) {
        return CORS_PROBLEM_MAX_AGE_BAD;
    }
    if (age > apr_time_from_sec(MAX_AGE_LIMIT)) {
        *suggestion = MAX_AGE_USEFUL;
        return CORS_PROBLEM_MAX_AGE_RANGE;
    }
    *seconds = apr_time_sec(age);
    return CORS_OK;
}

/* Returns a line for a number and its unit that a space separates; NULL: it is not one. */
static const char *suggest_age(apr_pool_t *p, const char *number,
                               const char *unit)
{
    const char *age = apr_pstrcat(p, number, unit, NULL);
    const char *suggestion = NULL;
    apr_int64_t seconds;

    if (ap_cstr_casecmpn(unit, "day", strlen("day")) == 0) {
        age = MAX_AGE_DAY;
    }
    if (!*number || number[strspn(number, "0123456789")]
        || parse_max_age(p, age, &seconds, &suggestion) != CORS_OK) {
        return NULL;
    }
    return apr_pstrcat(p, "CorsMaxAge ", age, NULL);
}

const char *cors_set_max_age(cmd_parms *cmd, void *section, const char *args)
{
    reading_t reading = start_reading(cmd, section);
    const char *word = next_argument(&reading, &args);
    const char *more = word ? next_argument(&reading, &args) : NULL;
    bool none = word && ap_cstr_casecmp(word, "None") == 0;
    apr_int64_t seconds = 0;
    const char *suggestion;
    bool first;

    if (!word) {
        report_missing(&reading);
    }
    if (more) {
        report_error(&reading, CORS_PROBLEM_ARGUMENT_EXTRA, cors_slice(more),
                     suggest_age(cmd->pool, word, more));
    }
    if (word && !none) {
        cors_problem_e problem =
            parse_max_age(cmd->pool, word, &seconds, &suggestion);

        if (problem) {
            report_error(&reading, problem, cors_slice(word), suggestion);
        }
    }
    if (!reading.errors) {
        cors_setting_t *setting = setting_here(&reading, &first);

        setting->max_age_text =
            none ? NULL : apr_psprintf(cmd->pool, "%" APR_INT64_T_FMT, seconds);
    }
    return explain(&reading);
}

/* Returns a status of three digits, or 0. */
static int parse_status(const char *word)
{
    if (strlen(word) != 3 || strspn(word, "0123456789") != 3) {
        return 0;
    }
    /* NOLINTNEXTLINE(cert-err34-c): three digits are always a number */
    return atoi(word);
}

const char *cors_set_preflight_status(cmd_parms *cmd, void *section,
                                      const char *args)
{
    reading_t reading = start_reading(cmd, section);
    const char *allowed = next_argument(&reading, &args);
    const char *denied = allowed ? next_argument(&reading, &args) : NULL;
    const char *more = denied ? next_argument(&reading, &args) : NULL;
    int allowed_status = allowed ? parse_status(allowed) : 0;
    int denied_status = denied ? parse_status(denied) : 0;
    bool first;

    if (!allowed) {
        report_missing(&reading);
    }
    else if (allowed_status < 200 || allowed_status > 299) {
        report_error(&reading, CORS_PROBLEM_STATUS_ALLOWED, cors_slice(allowed),
                     "204");
    }
    if (denied
        && !((denied_status >= 200 && denied_status <= 299)
             || (denied_status >= 400 && denied_status <= 499))) {
        report_error(&reading, CORS_PROBLEM_STATUS_DENIED, cors_slice(denied),
                     "403");
    }
    if (more) {
        report_error(&reading, CORS_PROBLEM_ARGUMENT_EXTRA, cors_slice(more),
                     NULL);
    }
    if (!reading.errors) {
        cors_setting_t *setting = setting_here(&reading, &first);

        setting->allowed_status = (unsigned)allowed_status & 0x3ffu;
        setting->denied_status = (unsigned)denied_status & 0x3ffu;
    }
    return explain(&reading);
}
