/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads a list with APR-util's drivers for databases. It is the only file that calls them,
 * and runs only in processes of its own: a driver may block for ever, and is not loaded into
 * httpd.
 *
 * With these drivers an error can look like the end of a list. So the functions that get
 * rows are not trusted: PostgreSQL gives its rows in batches of a cursor, each of them with
 * a status of its own, and the transaction is committed; SQLite gives them at once. In
 * both cases the number of rows is compared, and the text of the last error must be that
 * for success, before the frame gets its end.
 *
 * The version and the rows are read in one transaction that sees one state of the database
 * and cannot change it.
 */

#include "sources/database.h"

#include <errno.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_buckets.h>
#include <apr_dbd.h>
#include <apr_strings.h>

#include "core/origin/row.h"

#define BUFFER 65536
#define FAILED 1

/* A batch of this size needs hardly any memory, and the least time. */
#define BATCH 1000
#define CURSOR "cors_rows"

/* What differs between the databases. */
typedef struct {
    /* begins a transaction that reads one state; ends with NULL */
    const char *const *begin;
    const char *commit;
    /* of a connection without an error */
    const char *success;
    /* the rows are got in batches; each is this statement */
    const char *fetch;
} dialect_t;

static const char *const pgsql_begin[] = {
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL
};
static const char *const sqlite3_begin[] = { "PRAGMA query_only=ON", "BEGIN",
                                             NULL };

static const dialect_t dialects[] = {
    [CORS_DRIVER_PGSQL] = { pgsql_begin, "COMMIT", "",
                            "FETCH FORWARD " APR_STRINGIFY(
                                BATCH) " FROM " CURSOR },
    [CORS_DRIVER_SQLITE3] = { sqlite3_begin, "COMMIT", "not an error", NULL },
};

/* The data of a reading. */
typedef struct {
    const cors_reading_t *reading;
    const dialect_t *dialect;
    apr_pool_t *p;
    /* of one batch */
    apr_pool_t *scratch;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_bucket_alloc_t *buckets;
    /* the frame */
    char version[CORS_FRAME_VERSION_MAX + 1];
    apr_size_t rows;
    apr_size_t pending;
    char buffer[BUFFER];
} reader_t;

/* --- errors */

/* Copy a text of the database as one printable line. */
static void copy_text(char *to, apr_size_t size, const char *text)
{
    apr_size_t len = 0;
    bool gap = false;

    for (; *text && len + 3 < size; text++) {
        const unsigned char byte = (unsigned char)*text;

        if (byte <= ' ' || byte == 0x7f) {
            gap = len > 0;
            continue;
        }
        if (gap) {
            to[len++] = ' ';
            gap = false;
        }
        to[len++] = (char)byte;
    }
    to[len] = '\0';
}

/* Report why the reading fails. Returns false. */
static bool fail(const reader_t *reader, const char *what, const char *text)
{
    char *error = reader->reading->report->error;
    const apr_size_t size = sizeof(reader->reading->report->error);
    apr_size_t len;

    apr_snprintf(error, size, "%s%s", what, text ? ": " : "");
    len = strlen(error);
    if (text) {
        copy_text(error + len, size - len, text);
    }
    return false;
}

/* Like fail(), with the error message of the database. */
static bool fail_query(const reader_t *reader, const char *what)
{
    const char *text = apr_dbd_error(reader->driver, reader->handle, 0);

    return fail(reader, what, text && *text ? text : "unknown error");
}

static void enter_stage(const reader_t *reader, cors_stage_e stage)
{
    reader->reading->report->stage = (int)stage;
}

/* --- the frame */

static bool flush(reader_t *reader)
{
    const char *from = reader->buffer;

    while (reader->pending > 0) {
        const ssize_t put = write(STDOUT_FILENO, from, reader->pending);

        if (put < 0 && errno != EINTR) {
            return fail(reader, "the list cannot be passed on", NULL);
        }
        if (put > 0) {
            from += put;
            reader->pending -= (apr_size_t)put;
        }
    }
    return true;
}

static bool put_line(reader_t *reader, const char *line, apr_size_t len)
{
    if (reader->pending + len + 1 > sizeof(reader->buffer) && !flush(reader)) {
        return false;
    }
    memcpy(reader->buffer + reader->pending, line, len);
    reader->buffer[reader->pending + len] = '\n';
    reader->pending += len + 1;
    return true;
}

static bool put_begin(reader_t *reader)
{
    const char *line = apr_pstrcat(reader->p, "begin ", reader->version, NULL);

    return put_line(reader, line, strlen(line));
}

/* Print the end, which makes the frame valid. */
static bool put_end(reader_t *reader)
{
    const char *line = apr_psprintf(reader->p, "end %" APR_SIZE_T_FMT " %s",
                                    reader->rows, reader->version);

    return put_line(reader, line, strlen(line)) && flush(reader);
}

/* --- rows */

/*
 * Get a value with all its bytes. As a string, a NUL would end it: then another origin
 * than that of the database could be allowed. Returns false on an error.
 */
static bool get_value(reader_t *reader, apr_dbd_row_t *row, int column,
                      apr_bucket_brigade *brigade, cors_slice_t *value)
{
    const apr_bucket *before = APR_BRIGADE_LAST(brigade);
    const apr_status_t status = apr_dbd_datum_get(reader->driver, row, column,
                                                  APR_DBD_TYPE_BLOB, brigade);
    apr_bucket *bucket = APR_BRIGADE_LAST(brigade);
    const char *bytes = NULL;
    apr_size_t len = 0;

    value->ptr = NULL;
    value->len = 0;
    if (status == APR_ENOENT) {
        return true; /* NULL */
    }
    if (status != APR_SUCCESS || bucket == before
        || apr_bucket_read(bucket, &bytes, &len, APR_BLOCK_READ)
               != APR_SUCCESS) {
        return false;
    }
    value->ptr = bytes ? bytes : "";
    value->len = len;
    return true;
}

static bool put_row(reader_t *reader, apr_dbd_row_t *row, int columns,
                    apr_bucket_brigade *brigade)
{
    cors_slice_t values[2] = { { NULL, 0 }, { NULL, 0 } };
    char line[CORS_ROW_LINE_MAX];
    apr_size_t len;
    int i;

    for (i = 0; i < columns; i++) {
        if (!get_value(reader, row, i, brigade, &values[i])) {
            return fail_query(reader, "a value cannot be read");
        }
    }
    len = cors_row_write(line, values[0], columns == 2, values[1]);
    apr_brigade_cleanup(brigade);
    reader->rows++;
    return put_line(reader, line, len);
}

/* Print the rows of a result. Returns false on an error; sets the number of rows. */
static bool put_rows(reader_t *reader, apr_dbd_results_t *result, int *rows)
{
    apr_bucket_brigade *brigade =
        apr_brigade_create(reader->scratch, reader->buckets);
    const int columns = apr_dbd_num_cols(reader->driver, result);
    const int expected = apr_dbd_num_tuples(reader->driver, result);
    apr_dbd_row_t *row = NULL;
    char text[80];

    *rows = 0;
    if (columns < 1 || columns > 2) {
        apr_snprintf(text, sizeof(text),
                     "the query has %d columns; it needs 1 or 2", columns);
        return fail(reader, text, NULL);
    }
    while (*rows < expected
           && apr_dbd_get_row(reader->driver, reader->scratch, result, &row, -1)
                  == 0) {
        if (!put_row(reader, row, columns, brigade)) {
            return false;
        }
        ++*rows;
    }
    if (*rows != expected) {
        apr_snprintf(text, sizeof(text), "the query gave %d of %d rows", *rows,
                     expected);
        return fail(reader, text, NULL);
    }
    return true;
}

/* Run a statement that has no rows. */
static bool run_statement(reader_t *reader, const char *statement,
                          const char *what)
{
    int unused = 0;

    return apr_dbd_query(reader->driver, reader->handle, &unused, statement)
               == 0
           || fail_query(reader, what);
}

static bool fail_rows(reader_t *reader)
{
    char what[80];

    apr_snprintf(what, sizeof(what),
                 "the query, after %" APR_SIZE_T_FMT " rows", reader->rows);
    return fail_query(reader, reader->rows > 0 ? what : "the query");
}

/* Print the rows of one statement. */
static bool put_batch(reader_t *reader, const char *statement, int *rows)
{
    apr_dbd_results_t *result = NULL;

    apr_pool_clear(reader->scratch);
    reader->buckets = apr_bucket_alloc_create(reader->scratch);
    /* with random access: without it, the driver for PostgreSQL hides errors */
    if (apr_dbd_select(reader->driver, reader->scratch, reader->handle, &result,
                       statement, 1)
        != 0) {
        return fail_rows(reader);
    }
    return put_rows(reader, result, rows);
}

static bool put_list(reader_t *reader)
{
    const char *query = reader->reading->database->query;
    int rows = 0;

    if (!reader->dialect->fetch) {
        return put_batch(reader, query, &rows);
    }
    if (!run_statement(reader,
                       apr_pstrcat(reader->p, "DECLARE ", CURSOR,
                                   " NO SCROLL CURSOR FOR ", query, NULL),
                       "the query")) {
        return false;
    }
    do {
        if (!put_batch(reader, reader->dialect->fetch, &rows)) {
            return false;
        }
        enter_stage(reader, CORS_STAGE_ROWS);
    } while (rows > 0);
    return true;
}

/* --- the version */

/* Get the value of the query of the version. Returns false on an error. */
static bool get_version(reader_t *reader, cors_slice_t *value)
{
    const char *query = reader->reading->database->version;
    apr_dbd_results_t *result = NULL;
    apr_dbd_row_t *row = NULL;

    apr_pool_clear(reader->scratch);
    reader->buckets = apr_bucket_alloc_create(reader->scratch);
    if (apr_dbd_select(reader->driver, reader->scratch, reader->handle, &result,
                       query, 1)
        != 0) {
        return fail_query(reader, "the query of the version");
    }
    if (apr_dbd_num_cols(reader->driver, result) != 1
        || apr_dbd_num_tuples(reader->driver, result) != 1
        || apr_dbd_get_row(reader->driver, reader->scratch, result, &row, -1)
               != 0) {
        return fail(reader,
                    "the query of the version does not give one row with one "
                    "column",
                    NULL);
    }
    return get_value(reader, row, 0,
                     apr_brigade_create(reader->scratch, reader->buckets),
                     value)
           || fail_query(reader, "the query of the version");
}

/* Read the version. Returns false on an error. */
static bool read_version(reader_t *reader)
{
    const cors_version_t *known = &reader->reading->known;
    cors_reading_report_t *report = reader->reading->report;
    cors_version_t *version = &report->version;
    cors_slice_t value = { NULL, 0 };

    if (!reader->reading->database->version) {
        return cors_row_version(reader->version, cors_slice("-"));
    }
    enter_stage(reader, CORS_STAGE_VERSION);
    if (!get_version(reader, &value)) {
        return false;
    }
    if (!cors_row_version(reader->version, value)) {
        return fail(reader,
                    "the version does not have 1 to 64 bytes; md5(), for "
                    "example, makes it shorter",
                    NULL);
    }
    version->len = value.ptr ? value.len : 0;
    if (value.ptr) {
        memcpy(version->bytes, value.ptr, value.len);
    }
    version->known = true;
    report->unchanged =
        known->known && known->len == version->len
        && memcmp(known->bytes, version->bytes, version->len) == 0;
    return true;
}

/* --- the connection */

/* Check the file with the password: libpq ignores it in silence. */
static bool check_passfile(const reader_t *reader, const char *path)
{
    struct stat info;
    char text[80];

    if (stat(path, &info) != 0 || access(path, R_OK) != 0) {
        return fail(reader, "passfile cannot be read",
                    apr_strerror(APR_FROM_OS_ERROR(errno), text, sizeof(text)));
    }
    if (S_ISREG(info.st_mode) && (info.st_mode & 077)) {
        return fail(reader, "other users can read passfile; chmod 600", NULL);
    }
    return true;
}

/* Check that a file of SQLite exists: SQLite would create it. */
static bool check_file(const reader_t *reader, const char *path)
{
    struct stat info;
    char text[80];

    if (stat(path, &info) != 0) {
        return fail(reader, "the file cannot be opened",
                    apr_strerror(APR_FROM_OS_ERROR(errno), text, sizeof(text)));
    }
    return S_ISREG(info.st_mode) || fail(reader, "not a regular file", NULL);
}

static bool load_driver(reader_t *reader)
{
    return apr_dbd_init(reader->p) == APR_SUCCESS
           && apr_dbd_get_driver(reader->p,
                                 reader->reading->database->driver_name,
                                 &reader->driver)
                  == APR_SUCCESS;
}

static bool connect_database(reader_t *reader)
{
    const cors_database_t *database = reader->reading->database;
    const char *error = NULL;

    enter_stage(reader, CORS_STAGE_CONNECT);
    if (database->passfile && !check_passfile(reader, database->passfile)) {
        return false;
    }
    if (database->driver == CORS_DRIVER_SQLITE3
        && !check_file(reader, database->parameters)) {
        return false;
    }
    if (!load_driver(reader)) {
        return fail(reader, "APR-util's driver cannot be loaded", NULL);
    }
    return apr_dbd_open_ex(reader->driver, reader->p, database->parameters,
                           &reader->handle, &error)
               == APR_SUCCESS
           || fail(reader, "cannot connect", error ? error : "unknown error");
}

/* Limit the time of a statement in the server, which would otherwise go on when this process
 * has been ended. A shorter limit of the connection stays. */
static bool limit_statements(reader_t *reader)
{
    apr_dbd_results_t *result = NULL;
    const char *statement = apr_psprintf(
        reader->p,
        "SELECT set_config('statement_timeout', '%" APR_TIME_T_FMT
        "', true) WHERE current_setting('statement_timeout') = '0'",
        apr_time_as_msec(reader->reading->timeout));

    return reader->reading->database->driver != CORS_DRIVER_PGSQL
           || apr_dbd_select(reader->driver, reader->p, reader->handle, &result,
                             statement, 1)
                  == 0
           || fail_query(reader, "statement_timeout");
}

static bool begin(reader_t *reader)
{
    const char *const *statement;

    for (statement = reader->dialect->begin; *statement; statement++) {
        if (!run_statement(reader, *statement, "the transaction")) {
            return false;
        }
    }
    return limit_statements(reader);
}

/* End the transaction, and check that nothing has failed in it. */
static bool commit(reader_t *reader)
{
    const char *text;

    if (!run_statement(reader, reader->dialect->commit, "the transaction")) {
        return false;
    }
    text = apr_dbd_error(reader->driver, reader->handle, 0);
    return strcmp(text ? text : "", reader->dialect->success) == 0
           || fail_rows(reader);
}

/* Read the list unless it has the known version. */
static bool read_list(reader_t *reader)
{
    if (!connect_database(reader) || !begin(reader) || !read_version(reader)) {
        return false;
    }
    if (reader->reading->report->unchanged) {
        return commit(reader);
    }
    enter_stage(reader, CORS_STAGE_QUERY);
    return put_begin(reader) && put_list(reader) && commit(reader);
}

int cors_database_read(void *data)
{
    static reader_t reader;

    memset(&reader, 0, sizeof(reader));
    reader.reading = data;
    reader.dialect = &dialects[reader.reading->database->driver];
    apr_pool_create(&reader.p, NULL);
    apr_pool_create(&reader.scratch, reader.p);
    if (!read_list(&reader)) {
        return FAILED;
    }
    /* before the end of the frame, so that nothing can hang after it */
    apr_dbd_close(reader.driver, reader.handle);
    return reader.reading->report->unchanged || put_end(&reader) ? 0 : FAILED;
}

bool cors_database_has_driver(const char *name)
{
    int status = 0;
    const pid_t pid = fork();

    if (pid == 0) {
        const apr_dbd_driver_t *driver;
        apr_pool_t *p;

        apr_pool_create(&p, NULL);
        _exit(apr_dbd_init(p) == APR_SUCCESS
                      && apr_dbd_get_driver(p, name, &driver) == APR_SUCCESS
                  ? 0
                  : FAILED);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
