/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads the type dbd of CorsOriginSource: the driver, the parameters of its connection and
 * the queries. All of it runs in the parent, while httpd reads its configuration. It
 * connects to nothing.
 *
 * Messages name a parameter and never show its value, which may be a password.
 */

#include "sources/type_dbd.h"

#include <string.h>

#include <ap_provider.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "mod_cors_policy.h"
#include "sources/database.h"
#include "sources/options.h"

#define FULL_DEFAULT apr_time_from_sec(10 * 60)

/* The drivers, and other names that they have elsewhere. */
static const struct {
    const char *name;
    cors_driver_e driver;
    const char *packages;
    const char *aliases;
} drivers[] = {
    { "pgsql", CORS_DRIVER_PGSQL,
      "it is in the package libaprutil1-dbd-pgsql of Debian and Ubuntu, and "
      "apr-util-pgsql of Fedora",
      " pg postgres postgresql libpq " },
    { "sqlite3", CORS_DRIVER_SQLITE3,
      "it is in the package libaprutil1-dbd-sqlite3 of Debian and Ubuntu, and "
      "apr-util-sqlite of Fedora",
      " sqlite sqlite2 sqlite4 " },
};

#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

/* Parameters of a connection, which are sometimes written after the closing quote. */
static const char connection_keys[] =
    " host hostaddr port dbname user passfile service options sslmode sslcert "
    "sslkey sslrootcert connect_timeout target_session_attrs client_encoding "
    "application_name keepalives keepalives_idle keepalives_interval "
    "keepalives_count tcp_user_timeout gssencmode channel_binding ";

/* The data while a directive is read. */
typedef struct {
    cors_options_t common;
    cors_database_t *database;
    /* the first word of the argument: dbd:pgsql */
    const char *type;
    bool has_full;
} reading_t;

/* Returns whether a list of words, each between spaces, has a word in any case. */
static bool has_word(apr_pool_t *p, const char *list, const char *word)
{
    char *lower = apr_pstrcat(p, " ", word, " ", NULL);

    ap_str_tolower(lower);
    return *word && !strpbrk(word, " \t") && strstr(list, lower);
}

static bool is_secret(apr_pool_t *p, const char *key)
{
    char *lower = apr_pstrdup(p, key);

    ap_str_tolower(lower);
    return strstr(lower, "password") || strstr(lower, "secret")
           || has_word(p, " pass passwd passphrase pwd ", lower);
}

static void report(reading_t *reading, cors_message_e message, const char *word,
                   const char *detail, const char *suggestion)
{
    if (!reading->common.error) {
        reading->common.error =
            cors_message(reading->common.p, message, word, detail, suggestion);
    }
}

static void report_secret(reading_t *reading, const char *key)
{
    report(reading, CORS_MESSAGE_DATABASE_PASSWORD, key, NULL,
           "passfile=/etc/apache2/pgpass, with lines of "
           "host:port:database:user:password");
}

/* --- the connection */

/* Get the next key=value of a connection, in the format of libpq. Returns false if it has
 * another format. */
static bool next_parameter(apr_pool_t *p, const char **rest, const char **key,
                           const char **value)
{
    const char *from = *rest;
    const char *at = from;
    bool quoted;
    char *out;

    while (apr_isalnum(*at) || *at == '_') {
        at++;
    }
    *key = apr_pstrmemdup(p, from, (apr_size_t)(at - from));
    at += strspn(at, " \t");
    if (!**key || *at != '=') {
        return false;
    }
    at++;
    at += strspn(at, " \t");
    out = apr_palloc(p, strlen(at) + 1);
    *value = out;
    quoted = *at == '\'';
    at += quoted ? 1 : 0;
    while (*at && (quoted ? *at != '\'' : !apr_isspace(*at))) {
        at += *at == '\\' && at[1] ? 1 : 0;
        *out++ = *at++;
    }
    *out = '\0';
    if (quoted && *at++ != '\'') {
        return false;
    }
    *rest = at + strspn(at, " \t\r\n");
    return true;
}

/* Check the parameters of libpq. Whether a parameter exists is known to libpq alone, and
 * depends on its version. */
static void read_pgsql(reading_t *reading, const char *parameters)
{
    apr_pool_t *p = reading->common.p;
    const char *rest = parameters;

    if (strstr(parameters, "://")) {
        report(reading, CORS_MESSAGE_DATABASE_PARAMETERS, reading->type,
               "a URL is not accepted", NULL);
    }
    while (*rest && !reading->common.error) {
        const char *key;
        const char *value;

        if (!next_parameter(p, &rest, &key, &value)) {
            report(reading, CORS_MESSAGE_DATABASE_PARAMETERS, reading->type,
                   *key ? apr_pstrcat(p, key, " is not key=value", NULL)
                        : "a parameter is key=value",
                   NULL);
        }
        else if (is_secret(p, key)) {
            report_secret(reading, key);
        }
        else if (strcmp(key, "passfile") == 0) {
            reading->database->passfile = value;
        }
    }
    /* What follows replaces these defaults. The name is shown by pg_stat_activity. */
    reading->database->parameters =
        apr_pstrcat(p, "client_encoding=UTF8 fallback_application_name=",
                    "mod_cors_sources ", parameters, NULL);
}

static void read_sqlite3(reading_t *reading, const char *parameters)
{
    if (!*parameters || strncmp(parameters, "file:", 5) == 0
        || parameters[0] == ':') {
        report(reading, CORS_MESSAGE_DATABASE_PARAMETERS, reading->type, NULL,
               "dbd:sqlite3 /path/of/a/file");
        return;
    }
    reading->database->parameters =
        ap_server_root_relative(reading->common.p, parameters);
    if (!reading->database->parameters) {
        report(reading, CORS_MESSAGE_DATABASE_PARAMETERS, reading->type,
               "the path is invalid", NULL);
    }
}

static void report_driver(reading_t *reading, const char *name)
{
    apr_pool_t *p = reading->common.p;
    apr_size_t i;

    for (i = 0; i < DRIVERS; i++) {
        if (has_word(p, drivers[i].aliases, name)
            || ap_cstr_casecmp(drivers[i].name, name) == 0) {
            report(reading, CORS_MESSAGE_DATABASE_DRIVER, reading->type, NULL,
                   apr_pstrcat(p, "dbd:", drivers[i].name, NULL));
            return;
        }
    }
    report(reading, CORS_MESSAGE_DATABASE_DRIVER, reading->type, NULL, NULL);
}

/* Read what follows "dbd:". */
static void read_connection(reading_t *reading, const char *spec)
{
    apr_pool_t *p = reading->common.p;
    const char *name = ap_getword_white(p, &spec);
    apr_size_t i = 0;

    /* a URL or a parameter, which may have a password, begins there */
    const apr_size_t end = strcspn(name, ":=");

    while (i < DRIVERS && strcmp(drivers[i].name, name) != 0) {
        i++;
    }
    reading->type = apr_pstrcat(p, "dbd:", apr_pstrmemdup(p, name, end), NULL);
    reading->common.source->label = reading->type;
    if (i == DRIVERS) {
        report_driver(reading, apr_pstrmemdup(p, name, end));
        return;
    }
    reading->database->driver = drivers[i].driver;
    reading->database->driver_name = drivers[i].name;
    if (drivers[i].driver == CORS_DRIVER_PGSQL) {
        read_pgsql(reading, spec);
    }
    else {
        read_sqlite3(reading, spec);
    }
    if (!reading->common.error && !cors_database_has_driver(drivers[i].name)) {
        report(reading, CORS_MESSAGE_DATABASE_PACKAGE, reading->type,
               drivers[i].packages, NULL);
    }
}

/* --- the options */

/* Report an option that the type does not have. */
static void report_option(reading_t *reading, const char *key,
                          const char *value)
{
    if (is_secret(reading->common.p, key)) {
        report_secret(reading, key);
    }
    else if (has_word(reading->common.p, connection_keys, key)) {
        cors_options_error(&reading->common, CORS_MESSAGE_DATABASE_OPTION, key,
                           value,
                           "the parameters of the connection are in quotes, "
                           "together with the driver",
                           "\"dbd:pgsql host=db dbname=apps user=httpd\"");
    }
    else {
        cors_options_error(&reading->common, CORS_MESSAGE_DATABASE_OPTION, key,
                           value, NULL, NULL);
    }
}

static int read_option(void *context, const char *key, const char *value)
{
    reading_t *reading = context;
    cors_database_t *database = reading->database;

    if (ap_cstr_casecmp(key, "query") == 0) {
        database->query = value;
    }
    else if (ap_cstr_casecmp(key, "version") == 0 && *value) {
        database->version = value;
    }
    else if (ap_cstr_casecmp(key, "full") == 0) {
        reading->has_full = true;
        cors_options_time(&reading->common, key, value, &database->full);
    }
    else if (!cors_options_read(&reading->common, key, value)) {
        report_option(reading, key, value);
    }
    return 1;
}

static void check_options(reading_t *reading)
{
    const cors_database_t *database = reading->database;

    if (!database->query || !database->query[strspn(database->query, " \t")]) {
        report(reading, CORS_MESSAGE_DATABASE_QUERY, reading->type, NULL,
               "query=\"SELECT origin, tenant FROM cors_origins\"");
    }
    if (reading->has_full && !database->version) {
        report(reading, CORS_MESSAGE_DATABASE_FULL, "full",
               "without a version, each refresh reads the list",
               "version=\"SELECT version FROM cors_version\"");
    }
    if (reading->has_full && database->full < reading->common.source->refresh) {
        report(reading, CORS_MESSAGE_DATABASE_FULL, "full",
               "it is shorter than refresh", NULL);
    }
}

static const char *configure(cmd_parms *cmd, const char *name, const char *spec,
                             const apr_table_t *table, const char **path)
{
    cors_list_source_t source;
    reading_t reading;

    memset(&reading, 0, sizeof(reading));
    cors_options_begin(&reading.common, cmd->pool, &source, name);
    reading.database = apr_pcalloc(cmd->pool, sizeof(*reading.database));
    reading.database->full = FULL_DEFAULT;
    source.database = reading.database;
    read_connection(&reading, spec);
    apr_table_do(read_option, &reading, table, NULL);
    check_options(&reading);
    return cors_options_end(&reading.common, path);
}

void cors_register_dbd(apr_pool_t *p)
{
    static const cors_origin_source_provider_t provider = { configure };

    ap_register_provider(p, CORS_ORIGIN_SOURCE_GROUP, "dbd",
                         CORS_ORIGIN_SOURCE_VERSION, &provider);
}
