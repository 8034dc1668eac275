/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the options that programs and databases have in common. It knows neither of them:
 * each type has its own file, which passes on the options that are not its own.
 */

#include "sources/options.h"

#include <string.h>

#include <apr_strings.h>

#include "sources/state.h"

#define REFRESH_DEFAULT apr_time_from_sec(60)
#define TIMEOUT_DEFAULT apr_time_from_sec(30)
#define TIME_LEAST apr_time_from_msec(100)
#define TIME_MOST apr_time_from_sec(24 * 60 * 60)

#define SIZE_DEFAULT ((apr_off_t)256 << 20)
#define SIZE_LEAST ((apr_off_t)1 << 10)
#define SIZE_MOST ((apr_off_t)1 << 30) /* that mod_cors_policy reads */

void cors_options_begin(cors_options_t *options, apr_pool_t *p,
                        cors_list_source_t *source, const char *name)
{
    memset(source, 0, sizeof(*source));
    source->name = apr_pstrdup(p, name);
    source->refresh = REFRESH_DEFAULT;
    source->timeout = TIMEOUT_DEFAULT;
    source->max_size = SIZE_DEFAULT;
    memset(options, 0, sizeof(*options));
    options->p = p;
    options->source = source;
}

/* Returns an option as a message shows it. A value that looks like parameters or a URL may
 * have a password in it. */
static const char *shown(apr_pool_t *p, const char *key, const char *value)
{
    const bool plain = !strchr(value, '=') && !strstr(value, "://");

    return apr_pstrcat(p, key, "=", plain ? value : "...", NULL);
}

void cors_options_error(cors_options_t *options, cors_message_e message,
                        const char *key, const char *value, const char *detail,
                        const char *suggestion)
{
    if (!options->error) {
        options->error =
            cors_message(options->p, message, shown(options->p, key, value),
                         detail, suggestion);
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
    /* httpd ignores what follows the unit, such as the minutes of 1h30m */
    return !strpbrk(unit, "0123456789")
           && ap_timeout_parameter_parse(text, time, "s") == APR_SUCCESS
           && *time >= TIME_LEAST && *time <= TIME_MOST;
}

void cors_options_time(cors_options_t *options, const char *key,
                       const char *value, apr_interval_time_t *time)
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
    cors_options_error(options, CORS_MESSAGE_SOURCE_TIME, key, value, NULL,
                       suggestion);
}

static void read_size(cors_options_t *options, const char *key,
                      const char *value)
{
    apr_off_t *size = &options->source->max_size;
    const apr_size_t digits = strspn(value, "0123456789");
    const char *units = "KkMmGg";
    const char *unit = value[digits] ? strchr(units, value[digits]) : NULL;

    if (digits == 0 || digits > 10
        || (value[digits] && (!unit || value[digits + 1]))) {
        cors_options_error(options, CORS_MESSAGE_SOURCE_SIZE, key, value, NULL,
                           NULL);
        return;
    }
    *size = apr_atoi64(value);
    if (unit) {
        *size <<= 10 * ((unit - units) / 2 + 1);
    }
    if (*size < SIZE_LEAST || *size > SIZE_MOST) {
        cors_options_error(options, CORS_MESSAGE_SOURCE_SIZE, key, value, NULL,
                           *size > SIZE_MOST ? "max-size=1G" : NULL);
    }
}

bool cors_options_read(cors_options_t *options, const char *key,
                       const char *value)
{
    if (ap_cstr_casecmp(key, "refresh") == 0) {
        cors_options_time(options, key, value, &options->source->refresh);
    }
    else if (ap_cstr_casecmp(key, "timeout") == 0) {
        cors_options_time(options, key, value, &options->source->timeout);
    }
    else if (ap_cstr_casecmp(key, "max-size") == 0) {
        read_size(options, key, value);
    }
    else if (ap_cstr_casecmp(key, "state") == 0 && *value) {
        options->state = value;
    }
    else {
        return false;
    }
    return true;
}

const char *cors_options_end(cors_options_t *options, const char **path)
{
    cors_list_source_t *source = options->source;
    const cors_list_source_t *owner;

    if (options->error) {
        return options->error;
    }
    cors_state_name(options->p, source, options->state);
    owner = cors_state_owner(options->p, source->path);
    if (owner) {
        return cors_message(options->p, CORS_MESSAGE_SOURCE_STATE, source->path,
                            apr_pstrcat(options->p, "it is that of ",
                                        owner->name, NULL),
                            NULL);
    }
    APR_ARRAY_PUSH(cors_list_sources(options->p), cors_list_source_t) = *source;
    *path = source->path;
    return NULL;
}
