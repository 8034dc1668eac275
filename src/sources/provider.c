/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the type prg of CorsOriginSource: the program, its arguments and its options. All
 * of it runs in the parent, while httpd reads its configuration. It starts nothing:
 * refresher.c does, once the configuration is complete.
 *
 * The file of a source has a directory that the children's user may write to, because the
 * refresher runs as this user. So the parent, which may be root, creates the directory, and
 * never opens a file in it: mod_cors_policy does, with the precautions that this needs.
 */

#include "sources/provider.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <ap_provider.h>
#include <apr_strings.h>
#include <unixd.h>

#include "mod_cors_policy.h"
#include "sources/message.h"
#include "sources/source.h"

#define DIRECTORY "cors_sources"

#define REFRESH_DEFAULT apr_time_from_sec(60)
#define TIMEOUT_DEFAULT apr_time_from_sec(30)
#define TIME_LEAST apr_time_from_msec(100)
#define TIME_MOST apr_time_from_sec(24 * 60 * 60)

#define SIZE_DEFAULT ((apr_off_t)256 << 20)
#define SIZE_LEAST ((apr_off_t)1 << 10)
#define SIZE_MOST ((apr_off_t)1 << 30) /* that mod_cors_policy reads */

static apr_array_header_t *all_sources(apr_pool_t *pconf)
{
    static const char key[] = "cors_sources programs";
    void *found = NULL;

    apr_pool_userdata_get(&found, key, pconf);
    if (!found) {
        found = apr_array_make(pconf, 4, sizeof(cors_program_source_t));
        apr_pool_userdata_setn(found, key, NULL, pconf);
    }
    return found;
}

const apr_array_header_t *cors_program_sources(apr_pool_t *pconf)
{
    return all_sources(pconf);
}

/* --- options */

/* The data while a directive is read. */
typedef struct {
    apr_pool_t *p;
    cors_program_source_t *source;
    const char *state; /* NULL: the default */
    const char *error; /* the first one; NULL: none */
} options_t;

static void add_error(options_t *options, cors_message_e message,
                      const char *key, const char *value,
                      const char *suggestion)
{
    if (!options->error) {
        options->error =
            cors_message(options->p, message,
                         apr_pstrcat(options->p, key, "=", value, NULL), NULL,
                         suggestion);
    }
}

/* Parse a time in httpd's format, in which "m" alone means minutes, as in CorsMaxAge. */
static bool parse_time(apr_pool_t *p, const char *text,
                       apr_interval_time_t *time)
{
    const char *unit = text + strspn(text, "0123456789");

    if (unit == text || unit - text > 9) {
        return false;
    }
    if (strcmp(unit, "m") == 0) {
        text = apr_pstrcat(p, text, "in", NULL);
    }
    return ap_timeout_parameter_parse(text, time, "s") == APR_SUCCESS
           && *time >= TIME_LEAST && *time <= TIME_MOST;
}

static void read_time(options_t *options, const char *key, const char *value,
                      apr_interval_time_t *time)
{
    const char *unit = value + strspn(value, "0123456789");
    const char *suggestion = NULL;

    if (parse_time(options->p, value, time)) {
        return;
    }
    if (strcmp(value, "1d") == 0 || strcmp(value, "1day") == 0) {
        suggestion = apr_pstrcat(options->p, key, "=24h", NULL);
    }
    else if (unit != value && strspn(value, "0") == strlen(value)) {
        suggestion = apr_pstrcat(options->p, key, "=100ms", NULL);
    }
    add_error(options, CORS_MESSAGE_PROGRAM_TIME, key, value, suggestion);
}

static void read_size(options_t *options, const char *key, const char *value)
{
    apr_off_t *size = &options->source->max_size;
    const apr_size_t digits = strspn(value, "0123456789");
    const char *units = "KkMmGg";
    const char *unit = value[digits] ? strchr(units, value[digits]) : NULL;

    if (digits == 0 || digits > 10
        || (value[digits] && (!unit || value[digits + 1]))) {
        add_error(options, CORS_MESSAGE_PROGRAM_SIZE, key, value, NULL);
        return;
    }
    *size = apr_atoi64(value);
    if (unit) {
        *size <<= 10 * ((unit - units) / 2 + 1);
    }
    if (*size < SIZE_LEAST || *size > SIZE_MOST) {
        add_error(options, CORS_MESSAGE_PROGRAM_SIZE, key, value,
                  *size > SIZE_MOST ? "max-size=1G" : NULL);
    }
}

static int read_option(void *context, const char *key, const char *value)
{
    options_t *options = context;

    if (ap_cstr_casecmp(key, "refresh") == 0) {
        read_time(options, key, value, &options->source->refresh);
    }
    else if (ap_cstr_casecmp(key, "timeout") == 0) {
        read_time(options, key, value, &options->source->timeout);
    }
    else if (ap_cstr_casecmp(key, "max-size") == 0) {
        read_size(options, key, value);
    }
    else if (ap_cstr_casecmp(key, "state") == 0 && *value) {
        options->state = value;
    }
    else {
        add_error(options, CORS_MESSAGE_PROGRAM_OPTION, key, value, NULL);
    }
    return 1;
}

/* --- the program */

/* Check the command. Returns an error, or NULL. */
static const char *check_command(apr_pool_t *p, const char *spec,
                                 char *const *argv)
{
    const char *word = apr_pstrcat(p, "prg:", spec, NULL);
    struct stat info;
    char text[80];

    if (!argv[0] || argv[0][0] != '/') {
        return cors_message(p, CORS_MESSAGE_PROGRAM_PATH, word, NULL, NULL);
    }
    if (stat(argv[0], &info) != 0) {
        return cors_message(p, CORS_MESSAGE_PROGRAM_FILE, word,
                            apr_strerror(APR_FROM_OS_ERROR(errno), text,
                                         sizeof(text)),
                            NULL);
    }
    if (!S_ISREG(info.st_mode) || !(info.st_mode & 0111)) {
        return cors_message(p, CORS_MESSAGE_PROGRAM_FILE, word,
                            S_ISREG(info.st_mode) ? "no execute permission"
                                                  : "not a regular file",
                            NULL);
    }
    return NULL;
}

static const char *state_path(apr_pool_t *p, const char *name,
                              const char *state)
{
    const char *file = state ? state : apr_pstrcat(p, name, ".list", NULL);

    if (file[0] == '/') {
        return file;
    }
    return ap_runtime_dir_relative(p,
                                   apr_pstrcat(p, DIRECTORY "/", file, NULL));
}

/* Find a name for new lists that no other server uses, because servers may share the
 * directory. It is the same as long as this configuration is in force, so a refresher
 * replaces what another one has left. */
static const char *temporary_path(apr_pool_t *p, const char *path)
{
    unsigned char bytes[8];
    char hex[2 * sizeof(bytes) + 1];

    apr_generate_random_bytes(bytes, sizeof(bytes));
    ap_bin2hex(bytes, sizeof(bytes), hex);
    return apr_pstrcat(p, path, ".new.", hex, NULL);
}

static const char *check_state(apr_pool_t *p, const char *path)
{
    const apr_array_header_t *sources = all_sources(p);
    int i;

    for (i = 0; i < sources->nelts; i++) {
        const cors_program_source_t *other =
            &APR_ARRAY_IDX(sources, i, cors_program_source_t);

        if (strcmp(other->path, path) == 0) {
            return cors_message(p, CORS_MESSAGE_PROGRAM_STATE, path,
                                apr_pstrcat(p, "it is that of ", other->name,
                                            NULL),
                                NULL);
        }
    }
    return NULL;
}

static const char *configure(cmd_parms *cmd, const char *name, const char *spec,
                             const apr_table_t *table, const char **path)
{
    apr_pool_t *p = cmd->pool;
    cors_program_source_t source;
    options_t options = { p, &source, NULL, NULL };
    char **argv;

    memset(&source, 0, sizeof(source));
    if (apr_tokenize_to_argv(spec, &argv, p) != APR_SUCCESS) {
        return cors_message(p, CORS_MESSAGE_PROGRAM_PATH, spec, NULL, NULL);
    }
    source.name = apr_pstrdup(p, name);
    source.argv = argv;
    source.refresh = REFRESH_DEFAULT;
    source.timeout = TIMEOUT_DEFAULT;
    source.max_size = SIZE_DEFAULT;
    options.error = check_command(p, spec, argv);
    apr_table_do(read_option, &options, table, NULL);
    if (options.error) {
        return options.error;
    }
    source.path = state_path(p, name, options.state);
    options.error = check_state(p, source.path);
    if (options.error) {
        return options.error;
    }
    source.temporary = temporary_path(p, source.path);
    APR_ARRAY_PUSH(all_sources(p), cors_program_source_t) = source;
    *path = source.path;
    return NULL;
}

void cors_register_prg(apr_pool_t *p)
{
    static const cors_origin_source_provider_t provider = { configure };

    ap_register_provider(p, CORS_ORIGIN_SOURCE_GROUP, "prg",
                         CORS_ORIGIN_SOURCE_VERSION, &provider);
}

/* --- the directory */

/* Give an open directory to the user of the children, if the parent is root. Returns
 * false and sets errno if it belongs to another user. */
static bool give_directory(int directory)
{
    struct stat info;

    if (fstat(directory, &info) != 0) {
        return false;
    }
    if (info.st_uid != geteuid() && info.st_uid != ap_unixd_config.user_id) {
        errno = EPERM;
        return false;
    }
    return geteuid() != 0
           || fchown(directory, ap_unixd_config.user_id,
                     ap_unixd_config.group_id)
                  == 0;
}

void cors_make_state_directory(apr_pool_t *p, server_rec *server)
{
    const char *path = ap_runtime_dir_relative(p, DIRECTORY);
    int directory = -1;

    if (path && (mkdir(path, 0700) == 0 || errno == EEXIST)) {
        directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (directory < 0 || !give_directory(directory)) {
        ap_log_error(APLOG_MARK, APLOG_ERR, APR_FROM_OS_ERROR(errno), server,
                     "CorsOriginSource: the directory %s cannot be used",
                     path ? path : DIRECTORY);
    }
    if (directory >= 0) {
        close(directory);
    }
}
