/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reloads list files while the server runs. All of it runs in mod_watchdog's thread of
 * one child at a time; the parent only registers it. Files are parsed in the core, and
 * their lists are exchanged through shared memory (shared_table.h); shared_list.c
 * creates that memory.
 *
 * A file is read once it has been unchanged for long enough, measured with a monotonic
 * clock: no time of a file is compared with the system time. A file that is a complete
 * frame is read at once. The state of each file is in shared memory, so that another
 * child can continue if one dies. The lock is of a kind that the kernel releases when a
 * process ends for any reason, and each child tries it twice a second. mod_watchdog's
 * own lock would make the next child wait for ten seconds.
 */

#include "httpd/shared/reload.h"

#include <string.h>

#include <apr_optional.h>
#include <apr_proc_mutex.h>
#include <apr_strings.h>
#include <mod_watchdog.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/origin/frame.h"
#include "core/origin/list_file.h"
#include "core/origin/origin_table.h"
#include "core/origin/shared_table.h"
#include "httpd/shared/list_files.h"
#include "httpd/shared/shared_list.h"
#include "httpd/shared/stamp.h"

#define UNSTABLE_LOGGED 10 /* consecutive changes before a warning */
/* how often a child may die while it reads the same state of a file */
#define ATTEMPTS 3

/* The interval for checking a file that could not be loaded when httpd read its
 * configuration, or that a provider keeps. */
#define PENDING_INTERVAL apr_time_from_msec(500)

/* How often a child that does not reload the files tries to take over. Like all threads
 * of mod_watchdog, its thread wakes ten times a second anyway. */
#define TAKE_OVER apr_time_from_msec(500)

/* mod_watchdog sums up the differences of a clock that can be set back, and calls when
 * they exceed the interval. This interval is always exceeded, so mod_watchdog calls ten
 * times a second. next_look has the real interval. */
#define EVERY_ROUND (-((apr_interval_time_t)1 << 62))

typedef APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) get_instance_fn;
typedef APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) register_fn;

/* The data for one check of a file. */
typedef struct {
    apr_pool_t *scratch;
    cors_list_file_t *file;
    cors_first_page_t *page;
    cors_stamp_t stamp;
    apr_time_t now;
    cors_file_report_t report;
    server_rec *server;
} look_t;

/* Returns whether this configuration has never loaded the file in its current state. */
static bool is_pending(const cors_list_file_t *file)
{
    return cors_stamp_is_none(&file->list.memory.page->accepted);
}

static void log_report(const look_t *look)
{
    int i;

    for (i = 0; i < look->report.sentences->nelts; i++) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, look->server, "%s: %s",
                     look->file->directive,
                     APR_ARRAY_IDX(look->report.sentences, i, const char *));
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, look->server,
                 "%s: the last good list of %s stays in force",
                 look->file->directive, look->report.path);
    look->page->bad = true;
    cors_list_failed(look->page);
}

/* Log that a file whose error was logged is valid again and has the list in force. If it
 * has another list, log_loaded() logs this. */
static void log_valid_again(const look_t *look)
{
    cors_list_checked(look->page, apr_time_now());
    if (look->page->bad) {
        look->page->bad = false;
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, look->server,
                     "%s: %s is valid again; the list in force is unchanged",
                     look->file->directive, look->file->path);
    }
}

/* Returns whether a list is refused because of a wildcard on a public suffix, as it
 * would be at start-up. If the first list already had such a wildcard, the decision is
 * made for each request. If it had none, only a restart can check the policies that are
 * merged for a request from several sections or .htaccess files. */
static bool is_refused(look_t *look, const cors_origin_file_t *list)
{
    const cors_list_file_t *file = look->file;
    const cors_finding_t finding = { CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS,
                                     cors_slice(list->suffix), NULL, NULL };

    if (!list->suffix || (!file->no_suffix && file->list.suffix_line > 0)) {
        return false;
    }
    if (!file->no_suffix) {
        APR_ARRAY_PUSH(look->report.sentences, const char *) = apr_psprintf(
            look->scratch,
            "%s:%" APR_SIZE_T_FMT ": '%s' is a wildcard"
            " on a public suffix, and the list had none when the server"
            " started; restart gracefully",
            file->path, list->suffix_line, list->suffix);
        return true;
    }
    cors_report_line(&look->report, list->suffix_line, &finding);
    return true;
}

static void log_skipped(const look_t *look, const cors_origin_file_t *list)
{
    int i;

    for (i = 0; i < look->report.skipped->nelts; i++) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, look->server, "%s: %s",
                     look->file->directive,
                     APR_ARRAY_IDX(look->report.skipped, i, const char *));
    }
    if (list->skipped > 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, look->server, "%s: %s",
                     look->file->directive,
                     cors_skipped_text(look->scratch, look->file->path,
                                       list->skipped));
    }
}

static void log_loaded(const look_t *look, const cors_origin_file_t *list)
{
    bool empty = cors_origin_table_listed(list->table) == 0;
    const char *version = "";
    int level = look->page->bad ? APLOG_NOTICE : APLOG_INFO;

    if (empty && look->page->listed > 0) {
        level = APLOG_WARNING;
    }
    if (list->frame.state == CORS_FRAME_WHOLE) {
        version =
            apr_pstrcat(look->scratch, ", version ",
                        cors_slice_text(look->scratch, list->frame.version),
                        NULL);
    }
    ap_log_error(APLOG_MARK, level, 0, look->server,
                 "%s: %s %sreloaded: %" APR_SIZE_T_FMT
                 " listed, %" APR_SIZE_T_FMT " excluded, sum %s%s",
                 look->file->directive, look->file->path,
                 look->page->bad ? "is valid again and " : "",
                 cors_origin_table_listed(list->table),
                 cors_origin_table_excluded(list->table),
                 cors_list_sum(look->scratch, list->sum), version);
    log_skipped(look, list);
}

/* Returns whether a list without entries is refused. */
static bool is_emptied(look_t *look, const cors_origin_file_t *list)
{
    if (!cors_list_emptied(&look->file->options, look->page, list)) {
        return false;
    }
    cors_list_noted(look->page, CORS_HELD_EMPTY, list->bad_rows);
    log_skipped(look, list);
    APR_ARRAY_PUSH(look->report.sentences, const char *) =
        cors_emptied_text(look->scratch, look->file->path, look->page);
    return true;
}

/* Returns whether a list must wait because it has shrunk too much. This is logged
 * once. */
static bool is_held(look_t *look, const cors_origin_file_t *list)
{
    if (!cors_list_shrank(look->page, list)
        || look->now - look->page->since >= CORS_FILE_HELD) {
        return false;
    }
    cors_list_noted(look->page, CORS_HELD_SHRUNK, list->bad_rows);
    if (!look->page->held) {
        look->page->held = true;
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, look->server, "%s: %s",
                     look->file->directive,
                     cors_shrank_text(look->scratch, look->file->path,
                                      look->page, list));
    }
    return true;
}

/* Exchange the list. Returns false if there is not enough room for it. */
static bool exchange(look_t *look, const cors_origin_file_t *list,
                     apr_uint64_t content)
{
    cors_origin_share_t *share = cors_mapped_share(look->page);
    const apr_time_t before = look->page->checked_at;

    cors_set_list_facts(look->page, cors_origin_share_exchanges(share) + 1,
                        list);
    if (!cors_origin_share_publish(share, list->table)) {
        cors_list_checked(look->page, before);
        APR_ARRAY_PUSH(look->report.sentences, const char *) = apr_psprintf(
            look->scratch,
            "%s: the list has outgrown the memory that was reserved when"
            " the server started; restart gracefully",
            look->file->path);
        return false;
    }
    cors_list_dated(look->page, &look->stamp);
    log_loaded(look, list);
    look->page->bad = false;
    look->page->unstable = 0;
    look->page->content = content;
    look->page->listed = cors_origin_table_listed(list->table);
    look->page->excluded = cors_origin_table_excluded(list->table);
    return true;
}

/* Returns whether the list in force was read from a text with this hash. Until the file
 * is read for the first time, the list in force is that of an earlier text. */
static bool has_content(const look_t *look, apr_uint64_t content)
{
    return content == look->page->content
           && (look->file->list.loaded
               || cors_origin_share_exchanges(cors_mapped_share(look->page))
                      > 0);
}

/* Returns the number of bad rows that were skipped in the list in force. */
static apr_size_t skipped_rows(const look_t *look)
{
    cors_list_facts_t facts;

    cors_list_facts(look->page, &facts);
    return facts.skipped;
}

/* Read a file. Returns false if it has to be read again later.
 *
 * early: it has just changed, so it is loaded only if it is a complete frame */
static bool reload(look_t *look, bool early)
{
    const cors_list_rules_t rules = cors_file_rules(&look->file->options);
    cors_origin_file_t list;
    cors_slice_t text;
    apr_uint64_t content;
    apr_status_t status =
        cors_read_stamped(look->scratch, look->file->path, &look->stamp, &text);

    if (APR_STATUS_IS_EAGAIN(status)) {
        return false;
    }
    if (status != APR_SUCCESS) {
        if (!look->page->logged) {
            look->page->logged = true;
            cors_report_unreadable(&look->report, status, NULL);
        }
        return false; /* may be temporary: no descriptors, no file server */
    }
    content = cors_hash_text(0, text);
    if (has_content(look, content)) {
        /* a provider renames files, so this one does not change again */
        const bool last = !early || look->file->provided;

        /* it may have been touched to say that nothing is new */
        cors_list_dated(look->page, &look->stamp);
        cors_list_noted(look->page, CORS_HELD_NOT, skipped_rows(look));
        if (last) {
            log_valid_again(look);
            look->page->unstable = 0;
        }
        return last;
    }
    if (early && cors_frame_read(text).state != CORS_FRAME_WHOLE) {
        return false;
    }
    list = cors_origin_file_read(look->scratch, text, &rules, cors_report_line,
                                 &look->report);
    cors_report_more(&look->report, list.errors);
    cors_list_noted(look->page, CORS_HELD_NOT, list.bad_rows);
    if (cors_report_no_frame(&look->report, &list) || list.errors > 0
        || is_refused(look, &list) || is_emptied(look, &list)) {
        return true;
    }
    if (is_held(look, &list)) {
        return false;
    }
    /* A list that was loaded early is compared again when the file is stable: the
     * file's time may be too coarse to show a later change. */
    return !exchange(look, &list, content) || !early;
}

/* Read a file unless too many attempts have failed. If a child is killed while it
 * reads, another child makes the next attempt. */
static void attempt(look_t *look, bool early)
{
    cors_first_page_t *page = look->page;

    if (!cors_stamp_equal(&look->stamp, &page->attempted)) {
        page->attempted = look->stamp;
        page->attempts = 0;
        page->logged = false;
    }
    if (page->attempts >= ATTEMPTS) {
        page->accepted = look->stamp;
        cors_report_unreadable(&look->report, APR_ENOMEM, NULL);
        return;
    }
    page->attempts++;
    if (reload(look, early)) {
        page->accepted = look->stamp;
    }
    page->attempts = 0;
}

static void note_change(look_t *look)
{
    cors_first_page_t *page = look->page;

    page->seen = look->stamp;
    page->since = look->now;
    page->held = false;
    if (++page->unstable == UNSTABLE_LOGGED) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, look->server,
                     "%s: %s keeps changing; it is reloaded once it has been"
                     " unchanged for the interval of"
                     " CorsAllowOriginsFileReload, and for at least two"
                     " seconds",
                     look->file->directive, look->file->path);
    }
}

/* Check a file once. */
static void watch(look_t *look)
{
    cors_first_page_t *page = look->page;
    const char *detail;
    apr_status_t status =
        cors_stamp_file(look->file->path, !look->file->provided, &look->stamp,
                        &detail);
    bool changed = !cors_stamp_equal(&look->stamp, &page->seen);
    bool early;

    if (changed && !cors_stamp_equal(&look->stamp, &page->accepted)) {
        note_change(look);
    }
    page->seen = look->stamp;
    if (cors_stamp_equal(&look->stamp, &page->accepted)) {
        if (!page->bad) {
            cors_list_checked(page, apr_time_now());
        }
        return;
    }
    early = changed || look->now - page->since < CORS_FILE_STABLE;
    if (early
        && (status != APR_SUCCESS
            || !cors_file_begins_frame(look->file->path))) {
        return;
    }
    if (page->held && look->now - page->since < CORS_FILE_HELD) {
        return;
    }
    if (!early) {
        page->unstable = 0;
    }
    if (status == APR_SUCCESS) {
        attempt(look, early);
    }
    else {
        page->accepted = look->stamp;
        cors_report_unreadable(&look->report, status, detail);
    }
}

/* The data of the watchdog's thread. */
typedef struct {
    const cors_list_files_t *files;
    server_rec *server;
    /* held by the child that checks the files; NULL: mod_watchdog has a lock */
    apr_proc_mutex_t *lock;
    /* of this child: whether it has the lock, and if not, when it tries again */
    bool has_lock;
    apr_time_t next_try;
} watching_t;

/* Returns when a file is checked next. */
static apr_time_t next_look(const cors_list_files_t *files,
                            const cors_list_file_t *file, apr_time_t now)
{
    apr_interval_time_t interval = files->interval;

    if ((file->provided || is_pending(file))
        && (!interval || interval > PENDING_INTERVAL)) {
        interval = PENDING_INTERVAL;
    }
    return interval ? now + interval : APR_INT64_C(0x7fffffffffffffff);
}

static void look_at_file(const watching_t *watching, cors_list_file_t *file)
{
    apr_pool_t *scratch = cors_scratch_pool();
    look_t look;

    if (!scratch) {
        return;
    }
    memset(&look, 0, sizeof(look));
    look.scratch = scratch;
    look.file = file;
    look.page = file->list.memory.page;
    look.now = cors_clock();
    look.report = cors_file_report(scratch, file->directive, file->path);
    look.report.provided = file->provided;
    look.server = watching->server;
    watch(&look);
    if (look.report.sentences->nelts > 0) {
        log_report(&look);
    }
    apr_pool_destroy(scratch);
}

/* Log once that a list has become too old, and once that it is no longer. Requests
 * compare the times themselves, so they need no child that does this. */
static void look_at_age(const watching_t *watching,
                        const cors_list_file_t *file)
{
    cors_first_page_t *page = file->list.memory.page;
    const bool loaded =
        file->list.loaded
        || cors_origin_share_exchanges(cors_mapped_share(page)) > 0;
    const bool stale = loaded && cors_list_is_stale(file, apr_time_now());

    if (stale == page->stale) {
        return;
    }
    page->stale = stale;
    if (stale) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, watching->server,
                     "%s: %s is older than its max-stale; until the file is "
                     "written again, the policies that use it allow no origin",
                     file->directive, file->path);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, watching->server,
                     "%s: %s is no longer older than its max-stale",
                     file->directive, file->path);
    }
}

static void look_at_all(const watching_t *watching)
{
    const apr_array_header_t *files = watching->files->files;
    int i;

    for (i = 0; i < files->nelts; i++) {
        cors_list_file_t *file = APR_ARRAY_IDX(files, i, cors_list_file_t *);
        apr_time_t now = cors_clock();

        if (now >= file->next_look) {
            look_at_file(watching, file);
            file->next_look = next_look(watching->files, file, now);
        }
        look_at_age(watching, file);
    }
}

/* Returns whether this child is the one that checks the files. */
static bool is_in_charge(watching_t *watching)
{
    apr_time_t now;

    if (!watching->lock || watching->has_lock) {
        return true;
    }
    now = cors_clock();
    if (now >= watching->next_try) {
        watching->next_try = now + TAKE_OVER;
        watching->has_lock =
            apr_proc_mutex_trylock(watching->lock) == APR_SUCCESS;
    }
    return watching->has_lock;
}

/* The callback that mod_watchdog calls ten times a second in each child. */
static apr_status_t watch_files(int state, void *data, apr_pool_t *p)
{
    watching_t *watching = data;

    (void)p;
    if (state == AP_WATCHDOG_STATE_RUNNING && is_in_charge(watching)) {
        look_at_all(watching);
    }
    if (state == AP_WATCHDOG_STATE_STOPPING && watching->has_lock) {
        /* release the lock now, because the child may serve its last requests for a
         * long time */
        watching->has_lock = false;
        apr_proc_mutex_unlock(watching->lock);
    }
    return APR_SUCCESS;
}

/* Returns whether there is a file to check. If an interval is set, all files are
 * checked. */
static bool has_work(const cors_list_files_t *files)
{
    int i;

    for (i = 0; i < files->files->nelts; i++) {
        const cors_list_file_t *file =
            APR_ARRAY_IDX(files->files, i, const cors_list_file_t *);

        if (files->interval || file->provided || is_pending(file)
            || file->options.max_stale > 0) {
            return true;
        }
    }
    return false;
}

/* Create a lock that the kernel releases when its process ends; returns NULL on
 * failure. It is an unnamed file that the children inherit from the parent. */
static apr_proc_mutex_t *make_lock(apr_pool_t *pconf)
{
    apr_proc_mutex_t *lock = NULL;

#if APR_HAS_FCNTL_SERIALIZE
    if (apr_proc_mutex_create(&lock, NULL, APR_LOCK_FCNTL, pconf)
        != APR_SUCCESS) {
        lock = NULL;
    }
#else
    (void)pconf;
#endif
    return lock;
}

void cors_watch_origins_files(apr_pool_t *pconf, server_rec *server)
{
    const cors_list_files_t *files = cors_list_files(pconf);
    get_instance_fn *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    register_fn *register_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    watching_t *watching;
    apr_status_t status;

    if (!has_work(files)) {
        return;
    }
    if (!get_instance || !register_callback) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                     "CorsAllowOriginsFile: without mod_watchdog, files are"
                     " reloaded only by a graceful restart");
        return;
    }
    watching = apr_pcalloc(pconf, sizeof(*watching));
    watching->files = files;
    watching->server = server;
    watching->lock = make_lock(pconf);
    /* in one child at a time, because all children read what it writes */
    status =
        get_instance(&watchdog, "_cors_policy_", 0, !watching->lock, pconf);
    if (status == APR_SUCCESS) {
        status =
            register_callback(watchdog, EVERY_ROUND, watching, watch_files);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, status, server,
                     "CorsAllowOriginsFile: mod_watchdog cannot check the"
                     " files; they are reloaded only by a graceful restart");
    }
}
