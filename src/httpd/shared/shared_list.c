/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Loads list files into shared memory when httpd reads its configuration. All of it
 * runs in the parent, which may be root, so it does not trust anything in shared
 * memory. reload.c checks the files for changes while the server runs.
 *
 * Most of this file deals with the states that a file can be in. At a start, it waits
 * for a file that is being written, and an invalid file is an error. At a restart, no
 * state of a file may stop httpd: if the file cannot be loaded, the list in force is
 * copied from the shared memory of the previous children for the next ones.
 */

#include "httpd/shared/shared_list.h"

#include <string.h>

#include <sys/mman.h>

#include <ap_mpm.h>
#include <http_main.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_watchdog.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/origin/frame.h"
#include "core/origin/list_file.h"
#include "core/origin/origin.h"
#include "core/origin/origin_table.h"
#include "core/origin/shared_table.h"
#include "httpd/shared/last_good.h"
#include "httpd/shared/list_files.h"
#include "httpd/shared/stamp.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#define MISTAKES_SHOWN 20
#define RELOAD_DEFAULT apr_time_from_sec(5)

/* The maximum time for which reading a configuration waits for files in total, and the
 * time between two checks. */
#define PATIENCE apr_time_from_sec(5)
#define PAUSE apr_time_from_msec(100)

/* The room for a list to grow until the next restart: twice its size, plus a part of
 * GROWTH_ALL, which all files share, but at least GROWTH_LEAST. This only reserves
 * addresses; memory is allocated when it is written to. Some systems limit addresses
 * too (ulimit -v), and a 32-bit process has few. */
#define GROWTH 2
#define GROWTH_ALL ((apr_size_t)64 << 20)
#define GROWTH_LEAST ((apr_size_t)256 << 10)

#define FIRST_PAGE 4096

/* The generation of lists that no children use: those of the first reading at a
 * start. */
#define NO_CHILDREN (-1)

/* A list that outlives the configuration's pool. It is plain data, so it also outlives
 * the module's code. */
typedef struct retained_t {
    struct retained_t *next;
    int generation; /* of the children that use it; or NO_CHILDREN */
    bool no_suffix;
    cors_list_t list; /* its page is NULL once it has been reused */
    const char *path;
} retained_t;

typedef struct {
    /* the size of the retained structures, to detect those of another version */
    apr_size_t version;
    apr_pool_t *pool; /* of the entries, a subpool of httpd's own; NULL: none */
    retained_t *first;
} retained_lists_t;

/* A message that is logged once the log is open. */
typedef struct {
    int level;
    const char *text;
} notice_t;

/* The result of reading a file. */
typedef enum {
    READ_GOOD,
    READ_UNSTABLE, /* it may be incomplete */
    READ_MISSING,  /* the file cannot be read; this may be temporary */
    READ_BAD       /* it is invalid, and waiting would not help */
} read_state_e;

typedef struct {
    read_state_e state;
    cors_stamp_t stamp;
    cors_slice_t text;       /* empty unless READ_GOOD */
    cors_origin_file_t file; /* valid only if READ_GOOD */
} reading_t;

cors_list_files_t *cors_list_files(apr_pool_t *pconf)
{
    static const char key[] = "cors_policy origins files";
    void *found = NULL;

    apr_pool_userdata_get(&found, key, pconf);
    if (!found) {
        cors_list_files_t *files = apr_pcalloc(pconf, sizeof(*files));

        files->files = apr_array_make(pconf, 4, sizeof(cors_list_file_t *));
        files->notices = apr_array_make(pconf, 4, sizeof(notice_t));
        files->interval = RELOAD_DEFAULT;
        apr_pool_userdata_setn(files, key, NULL, pconf);
        found = files;
    }
    return found;
}

/* --- reports */

cors_file_report_t cors_file_report(apr_pool_t *p, const char *path)
{
    cors_file_report_t report;

    report.p = p;
    report.path = path;
    report.sentences = apr_array_make(p, 1, sizeof(const char *));
    return report;
}

void cors_report_line(void *context, apr_size_t line,
                      const cors_finding_t *finding)
{
    cors_file_report_t *report = context;

    if (report->sentences->nelts < MISTAKES_SHOWN) {
        APR_ARRAY_PUSH(report->sentences, const char *) =
            apr_psprintf(report->p, "%s:%" APR_SIZE_T_FMT ": %s", report->path,
                         line, cors_problem_sentence(report->p, finding));
    }
}

void cors_report_more(const cors_file_report_t *report, apr_size_t all)
{
    if (all > MISTAKES_SHOWN) {
        APR_ARRAY_PUSH(report->sentences, const char *) =
            apr_psprintf(report->p,
                         "%s: and %" APR_SIZE_T_FMT " more mistake%s",
                         report->path, all - MISTAKES_SHOWN,
                         all - MISTAKES_SHOWN > 1 ? "s" : "");
    }
}

void cors_report_unreadable(const cors_file_report_t *report,
                            apr_status_t status, const char *detail)
{
    char text[120];
    cors_finding_t finding = { CORS_PROBLEM_FILE_UNREADABLE,
                               cors_slice(report->path), NULL,
                               "it changes while it is read" };

    if (detail) {
        finding.problem = CORS_PROBLEM_FILE_KIND;
        finding.detail = detail;
    }
    else if (!APR_STATUS_IS_EAGAIN(status)) {
        finding.detail = apr_strerror(status, text, sizeof(text));
    }
    APR_ARRAY_PUSH(report->sentences, const char *) =
        cors_problem_sentence(report->p, &finding);
}

static void add_notice(apr_pool_t *pconf, int level, const char *text)
{
    notice_t *notice = apr_array_push(cors_list_files(pconf)->notices);

    notice->level = level;
    notice->text = text;
}

/* Log errors that do not stop httpd at a restart, as reload.c logs them. */
static void add_notices(apr_pool_t *pconf, const cors_file_report_t *report)
{
    int i;

    for (i = 0; i < report->sentences->nelts; i++) {
        add_notice(pconf, APLOG_ERR,
                   APR_ARRAY_IDX(report->sentences, i, const char *));
    }
}

/* --- memory */

static cors_mapping_t map_bytes(apr_size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cors_mapping_t mapping = { memory == MAP_FAILED ? NULL : memory, bytes };

    return mapping;
}

static apr_size_t bytes_for(apr_size_t list, apr_size_t growth)
{
    return FIRST_PAGE + cors_origin_share_size(GROWTH * list + growth);
}

static void unmap(cors_list_t *list)
{
    if (list->memory.page) {
        munmap(list->memory.page, list->memory.bytes);
        list->memory.page = NULL;
    }
}

static void *share_memory(const cors_first_page_t *page)
{
    return (char *)(apr_uintptr_t)page + FIRST_PAGE;
}

cors_origin_share_t *cors_mapped_share(const cors_first_page_t *page)
{
    return cors_origin_share_of(share_memory(page));
}

static apr_size_t growth_for(int files)
{
    apr_size_t growth = GROWTH_ALL / (apr_size_t)files;

    return growth > GROWTH_LEAST ? growth : GROWTH_LEAST;
}

/* Make room for one more file: the earlier lists give up some of theirs, as no child
 * uses them yet. This is done only if it at least halves a list's room. */
static void trim_lists(const cors_list_files_t *files)
{
    apr_size_t growth = growth_for(files->files->nelts + 1);
    int i;

    for (i = 0; i < files->files->nelts; i++) {
        cors_list_t *list =
            &APR_ARRAY_IDX(files->files, i, cors_list_file_t *)->list;
        apr_size_t bytes;

        if (list->growth / 2 < growth) {
            continue;
        }
        bytes = FIRST_PAGE
                + cors_origin_share_trim(cors_mapped_share(list->memory.page),
                                         GROWTH * list->list + growth);
        munmap((char *)list->memory.page + bytes, list->memory.bytes - bytes);
        list->memory.bytes = bytes;
        list->growth = growth;
    }
}

/* --- lists that outlive the configuration's pool */

static retained_lists_t *retained_lists(void)
{
    static const char key[] = "cors_policy origins lists";
    const apr_size_t version = sizeof(cors_first_page_t) + sizeof(retained_t);
    retained_lists_t *found = ap_retained_data_get(key);

    if (!found) {
        found = ap_retained_data_create(key, sizeof(*found));
        found->version = version;
    }
    return found->version == version ? found : NULL;
}

/* Returns whether this is the first reading at a start, whose configuration is
 * discarded. */
static bool is_first_reading(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
           && ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL;
}

/* Returns whether httpd only checks a configuration, as httpd -t does. */
static bool is_check(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL;
}

/* Returns the generation of the children that this reading is for; 0 at a start. */
static int generation(void)
{
    int number = 0;

    if (ap_mpm_query(AP_MPMQ_GENERATION, &number) == APR_SUCCESS) {
        return number;
    }
    return 0;
}

static void retain(const cors_list_file_t *file, int children)
{
    retained_lists_t *retained = retained_lists();
    retained_t *entry;

    if (!retained) {
        return;
    }
    if (!retained->pool) {
        apr_pool_create(&retained->pool, ap_pglobal);
    }
    entry = apr_palloc(retained->pool, sizeof(*entry));
    entry->path = apr_pstrdup(retained->pool, file->path);
    entry->generation = children;
    entry->no_suffix = file->no_suffix;
    entry->list = file->list;
    entry->next = retained->first;
    retained->first = entry;
}

/* Returns the list that the first reading, or the previous children, have of a file;
 * NULL: none. */
static retained_t *find_retained(const char *path)
{
    retained_lists_t *retained = retained_lists();
    retained_t *entry;

    for (entry = retained ? retained->first : NULL; entry;
         entry = entry->next) {
        if (entry->list.memory.page && strcmp(entry->path, path) == 0
            && (entry->generation == NO_CHILDREN
                || entry->generation == generation() - 1)) {
            return entry;
        }
    }
    return NULL;
}

/* Unmap the lists that were not reused, before there are children that could write to
 * them. */
static void drop_retained(void)
{
    retained_lists_t *retained = retained_lists();

    retained_t *entry;

    if (!retained || !retained->pool) {
        return;
    }
    for (entry = retained->first; entry; entry = entry->next) {
        unmap(&entry->list);
    }
    retained->first = NULL;
    apr_pool_destroy(retained->pool);
    retained->pool = NULL;
}

/* --- reading */

apr_pool_t *cors_scratch_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *p;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    apr_allocator_max_free_set(allocator, 1);
    apr_pool_create_ex(&p, NULL, NULL, allocator);
    apr_allocator_owner_set(allocator, p);
    return p;
}

bool cors_list_shrank(const cors_first_page_t *page,
                      const cors_origin_file_t *list)
{
    apr_size_t listed = cors_origin_table_listed(list->table);
    apr_size_t excluded = cors_origin_table_excluded(list->table);

    /* the end of a frame proves that it is complete */
    if (list->frame.state == CORS_FRAME_WHOLE) {
        return false;
    }
    return (page->listed > 0 && listed == 0)
           || (page->excluded > 0 && excluded == 0)
           || listed + excluded < (page->listed + page->excluded) / 2;
}

const char *cors_shrank_text(apr_pool_t *p, const char *path,
                             const cors_first_page_t *page,
                             const cors_origin_file_t *list)
{
    return apr_psprintf(
        p,
        "%s: the list has shrunk from %" APR_SIZE_T_FMT
        " listed and %" APR_SIZE_T_FMT " excluded to %" APR_SIZE_T_FMT
        " and %" APR_SIZE_T_FMT
        "; it is loaded once the file has been unchanged for %d seconds",
        path, page->listed, page->excluded,
        cors_origin_table_listed(list->table),
        cors_origin_table_excluded(list->table),
        (int)apr_time_sec(CORS_FILE_HELD));
}

/* Returns the state of a file that could not be read. */
static read_state_e unreadable_state(apr_status_t status, const char *detail)
{
    if (APR_STATUS_IS_EAGAIN(status)) {
        return READ_UNSTABLE;
    }
    return detail ? READ_BAD : READ_MISSING;
}

/* Read a file once.
 *
 * stable: it has been unchanged for long enough, regardless of its time */
static void read_once(apr_pool_t *scratch, cors_file_report_t *report,
                      bool stable, reading_t *reading)
{
    const char *detail;
    cors_slice_t text = { NULL, 0 };
    apr_status_t status =
        cors_stamp_file(report->path, &reading->stamp, &detail);

    apr_array_clear(report->sentences);
    if (status == APR_SUCCESS) {
        status =
            cors_read_stamped(scratch, report->path, &reading->stamp, &text);
    }
    if (status != APR_SUCCESS) {
        cors_report_unreadable(report, status, detail);
        reading->state = unreadable_state(status, detail);
        return;
    }
    stable = stable || cors_stamp_is_older(&reading->stamp, CORS_FILE_STABLE);
    reading->text = text;
    reading->file =
        cors_origin_file_read(scratch, text, cors_report_line, report);
    cors_report_more(report, reading->file.mistakes);
    if (reading->file.frame.state == CORS_FRAME_WHOLE) {
        stable = true;
    }
    /* a check must find errors; it need not wait if there are none */
    if (is_check() && reading->file.mistakes == 0 && text.len > 0) {
        stable = true;
    }
    reading->state = reading->file.mistakes > 0 ? READ_BAD : READ_GOOD;
    if (!stable) {
        reading->state = READ_UNSTABLE;
    }
}

/* Read a file that may be incomplete: check it repeatedly until it has been unchanged
 * for long enough, is a complete frame, or the time limit is reached. */
static void read_patiently(apr_pool_t *scratch, cors_list_files_t *files,
                           cors_file_report_t *report, reading_t *reading)
{
    apr_time_t now = cors_clock();
    apr_time_t since = now;

    read_once(scratch, report, false, reading);
    while (reading->state == READ_UNSTABLE || reading->state == READ_MISSING) {
        cors_stamp_t before = reading->stamp;
        cors_stamp_t stamp;
        const char *detail;
        bool same;

        files->deadline = files->deadline ? files->deadline : now + PATIENCE;
        if (now >= files->deadline
            || (now - since >= CORS_FILE_STABLE + PAUSE
                && reading->state == READ_MISSING)) {
            return;
        }
        apr_sleep(PAUSE);
        now = cors_clock();
        cors_stamp_file(report->path, &stamp, &detail);
        same = cors_stamp_equal(&stamp, &before);
        if (!same) {
            since = now;
        }
        if (!same || now - since >= CORS_FILE_STABLE) {
            apr_pool_clear(scratch);
            read_once(scratch, report, same, reading);
        }
    }
}

/* --- lists */

/* Copy a list into shared memory of its own. Returns false if there is no memory. */
static bool make_list(const cors_list_files_t *files, const reading_t *reading,
                      cors_list_t *list)
{
    const cors_origin_file_t *file = &reading->file;

    memset(list, 0, sizeof(*list));
    list->list = cors_origin_table_size(file->table);
    list->growth = growth_for(files->files->nelts + 1);
    list->memory = map_bytes(bytes_for(list->list, list->growth));
    if (!list->memory.page) {
        list->growth = GROWTH_LEAST;
        list->memory = map_bytes(bytes_for(list->list, list->growth));
    }
    if (!list->memory.page) {
        return false;
    }
    cors_origin_share_make(share_memory(list->memory.page),
                           list->memory.bytes - FIRST_PAGE, file->table);
    list->loaded = true;
    list->stamp = reading->stamp;
    list->lists = cors_origin_table_listed(file->table) > 0;
    if (file->suffix) {
        apr_cpystrn(list->suffix, file->suffix, sizeof(list->suffix));
        list->suffix_line = file->suffix_line;
    }
    if (file->insecure) {
        apr_cpystrn(list->insecure, file->insecure, sizeof(list->insecure));
        list->insecure_line = file->insecure_line;
    }
    list->memory.page->accepted = list->memory.page->seen = reading->stamp;
    list->memory.page->content = cors_hash_text(0, reading->text);
    list->memory.page->listed = cors_origin_table_listed(file->table);
    list->memory.page->excluded = cors_origin_table_excluded(file->table);
    return true;
}

/* Create a list from a text, as if a valid file contained it. Its stamp is empty, so
 * the file itself is read as soon as possible. */
static bool make_list_of_text(apr_pool_t *scratch,
                              const cors_list_files_t *files, const char *path,
                              cors_slice_t text, cors_list_t *list)
{
    cors_file_report_t report = cors_file_report(scratch, path);
    reading_t reading;

    memset(&reading, 0, sizeof(reading));
    reading.text = text;
    reading.file =
        cors_origin_file_read(scratch, text, cors_report_line, &report);
    return reading.file.mistakes == 0 && make_list(files, &reading, list);
}

/* Look up an origin in a list that may not be loaded yet. */
static cors_listing_e look_up_if_loaded(const void *self,
                                        const cors_origin_t *origin)
{
    if (cors_origin_share_exchanges(self) > 0) {
        return cors_origin_share_lookup(self, origin);
    }
    return CORS_ORIGIN_NOT_LOADED;
}

/* Pass the list in force on to the next children. If children use it, it is copied:
 * they may still exchange theirs, and only one process may do so. */
static bool take_in_force(retained_t *entry, cors_list_t *list)
{
    const cors_first_page_t *before = entry->list.memory.page;
    bool exchanged = cors_origin_share_exchanges(cors_mapped_share(before)) > 0;

    *list = entry->list;
    memset(&list->stamp, 0, sizeof(list->stamp));
    if (entry->generation == NO_CHILDREN) {
        memset(&list->memory.page->accepted, 0, sizeof(cors_stamp_t));
        memset(&list->memory.page->seen, 0, sizeof(cors_stamp_t));
        entry->list.memory.page = NULL;
        return true;
    }
    if (!list->loaded && !exchanged) {
        return false;
    }
    list->loaded = true;
    list->lists = true;
    /* no trimming: the size of what the children have written is unknown */
    list->growth = 0;
    list->memory = map_bytes(entry->list.memory.bytes);
    if (!list->memory.page
        || !cors_origin_share_copy(share_memory(before),
                                   list->memory.bytes - FIRST_PAGE,
                                   share_memory(list->memory.page))) {
        unmap(list);
        return false;
    }
    /* The hash of the text is not copied, so that the next children read the file in
     * any case. */
    list->memory.page->listed = before->listed;
    list->memory.page->excluded = before->excluded;
    return true;
}

static void add_not_stable(apr_pool_t *pconf, const char *path)
{
    add_notice(pconf, APLOG_WARNING,
               apr_psprintf(pconf,
                            "%s is still changing; its last good list is in "
                            "force until the file is stable",
                            path));
}

static void add_not_loaded(apr_pool_t *pconf, const char *path)
{
    add_notice(pconf, APLOG_WARNING,
               apr_psprintf(pconf,
                            "%s cannot be loaded yet; until then, the policies "
                            "that name it allow no origin",
                            path));
}

/* Replace a file that cannot be loaded at a start by its last good copy, or by an empty
 * list. Returns false if there is no memory. */
static bool make_replacement(apr_pool_t *pconf, apr_pool_t *scratch,
                             const char *path, cors_list_t *list)
{
    const cors_list_files_t *files = cors_list_files(pconf);
    cors_slice_t text = { NULL, 0 };

    if (cors_last_good_read(scratch, path, &text) == APR_SUCCESS
        && make_list_of_text(scratch, files, path, text, list)) {
        add_not_stable(pconf, path);
        return true;
    }
    text.len = 0;
    if (!make_list_of_text(scratch, files, path, text, list)) {
        return false;
    }
    list->loaded = false;
    list->lists = true; /* assumed until the file is loaded */
    list->growth = 0;
    add_not_loaded(pconf, path);
    return true;
}

/* Returns whether a valid list must not replace the list in force at a restart. The
 * reason is logged. */
static bool is_held_back(apr_pool_t *pconf, const retained_t *entry,
                         const char *path, const reading_t *reading)
{
    const cors_finding_t finding = { CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS,
                                     cors_slice(reading->file.suffix), NULL,
                                     NULL };

    if (reading->file.suffix && entry->no_suffix
        && entry->list.suffix_line == 0) {
        cors_file_report_t report = cors_file_report(pconf, path);

        cors_report_line(&report, reading->file.suffix_line, &finding);
        add_notices(pconf, &report);
        return true;
    }
    if (cors_list_shrank(entry->list.memory.page, &reading->file)
        && !cors_stamp_is_older(&reading->stamp, CORS_FILE_HELD)) {
        add_notice(pconf, APLOG_WARNING,
                   cors_shrank_text(pconf, path, entry->list.memory.page,
                                    &reading->file));
        return true;
    }
    return false;
}

/* Keep the list in force, or find a replacement, if a file cannot be loaded. Errors are
 * logged. Returns false if there is no memory. */
static bool keep_list(apr_pool_t *pconf, apr_pool_t *scratch, retained_t *entry,
                      const cors_file_report_t *report,
                      const reading_t *reading, cors_list_t *list)
{
    if (reading->state == READ_BAD || reading->state == READ_MISSING) {
        add_notices(pconf, report);
    }
    if (entry && entry->generation != NO_CHILDREN) {
        /* the copy may be older than the list that the children have loaded */
        cors_last_good_remove(scratch, report->path);
    }
    if (!entry || !take_in_force(entry, list)) {
        return make_replacement(pconf, scratch, report->path, list);
    }
    if (!list->loaded) {
        add_not_loaded(pconf, report->path);
    }
    else if (entry->generation == NO_CHILDREN) {
        add_not_stable(pconf, report->path);
    }
    else {
        add_notice(pconf,
                   reading->state == READ_UNSTABLE ? APLOG_NOTICE : APLOG_ERR,
                   apr_psprintf(pconf,
                                "the current list of %s stays in force until "
                                "the file can be loaded",
                                report->path));
    }
    return true;
}

/* Store a copy of a valid list. */
static void copy_list(apr_pool_t *pconf, apr_pool_t *scratch, const char *path,
                      cors_slice_t text)
{
    char reason[120];
    apr_status_t status =
        is_check() ? APR_SUCCESS : cors_last_good_write(scratch, path, text);

    if (status != APR_SUCCESS) {
        add_notice(pconf, APLOG_NOTICE,
                   apr_psprintf(pconf,
                                "cannot store a copy of %s for a start at "
                                "which the file is being written: %s",
                                path,
                                apr_strerror(status, reason, sizeof(reason))));
    }
}

/* Returns whether files can be reloaded while the server runs. */
static bool can_reload(void)
{
    return APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance)
           && APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
}

/* Create the list of a file. Returns false on an error, which is in the report. */
static bool load(apr_pool_t *pconf, apr_pool_t *scratch,
                 cors_file_report_t *report, cors_list_t *list)
{
    cors_list_files_t *files = cors_list_files(pconf);
    retained_t *entry = find_retained(report->path);
    bool restart = generation() > 0;
    reading_t reading;

    memset(&reading, 0, sizeof(reading));
    if (entry && (entry->generation == NO_CHILDREN || can_reload())) {
        read_once(scratch, report, false, &reading);
    }
    else {
        read_patiently(scratch, files, report, &reading);
    }
    if (reading.state == READ_GOOD
        && !(entry && is_held_back(pconf, entry, report->path, &reading))) {
        if (make_list(files, &reading, list)) {
            if (entry) {
                unmap(&entry->list);
            }
            copy_list(pconf, scratch, report->path, reading.text);
            return true;
        }
        cors_report_unreadable(report, APR_ENOMEM, NULL);
        return false;
    }
    /* At a start, an invalid file is an error. For httpd -t, any file that cannot be
     * loaded is. */
    if (!entry && !restart && (reading.state != READ_UNSTABLE || is_check())) {
        if (report->sentences->nelts == 0) {
            cors_report_unreadable(report, APR_EAGAIN, NULL);
        }
        return false;
    }
    if (!keep_list(pconf, scratch, entry, report, &reading, list)) {
        cors_report_unreadable(report, APR_ENOMEM, NULL);
        return false;
    }
    apr_array_clear(report->sentences);
    return true;
}

/* Reuse the list that the first reading has created, if the file has not changed
 * since. */
static bool take_fresh(const char *path, cors_list_t *list)
{
    retained_t *entry = find_retained(path);
    cors_stamp_t stamp;
    const char *detail;

    if (!entry || entry->generation != NO_CHILDREN
        || cors_stamp_is_none(&entry->list.stamp)
        || cors_stamp_file(path, &stamp, &detail) != APR_SUCCESS
        || !cors_stamp_equal(&stamp, &entry->list.stamp)) {
        return false;
    }
    *list = entry->list;
    entry->list.memory.page = NULL;
    return true;
}

static cors_list_file_t *find_file(const cors_list_files_t *files,
                                   const char *path)
{
    int i;

    for (i = 0; i < files->files->nelts; i++) {
        cors_list_file_t *file =
            APR_ARRAY_IDX(files->files, i, cors_list_file_t *);

        if (strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return NULL;
}

static const char *source_at(apr_pool_t *p, const cors_list_file_t *file,
                             apr_size_t line)
{
    return apr_psprintf(p, "CorsAllowOriginsFile %s:%" APR_SIZE_T_FMT,
                        file->path, line);
}

/* Fill in what start-up has to know about the first list. */
static void fill_notes(apr_pool_t *p, const cors_list_file_t *file,
                       cors_origin_notes_t *notes)
{
    const cors_list_t *list = &file->list;

    notes->lists = list->lists;
    if (list->suffix_line > 0) {
        notes->suffix = list->suffix;
        notes->suffix_source = source_at(p, file, list->suffix_line);
    }
    if (list->insecure_line > 0) {
        notes->insecure = list->insecure;
        notes->insecure_source = source_at(p, file, list->insecure_line);
    }
}

static cors_list_file_t *add_file(apr_pool_t *pconf, const char *path,
                                  const cors_list_t *list)
{
    cors_list_files_t *files = cors_list_files(pconf);
    cors_list_file_t *file = apr_pcalloc(pconf, sizeof(*file));

    trim_lists(files);
    file->path = apr_pstrdup(pconf, path);
    file->list = *list;
    file->source.lookup =
        list->loaded ? cors_origin_share_lookup : look_up_if_loaded;
    file->source.self = cors_mapped_share(list->memory.page);
    APR_ARRAY_PUSH(files->files, cors_list_file_t *) = file;
    return file;
}

const cors_origin_source_t *cors_origins_file(apr_pool_t *pconf,
                                              const char *path,
                                              cors_origins_file_t *info)
{
    cors_list_file_t *file = find_file(cors_list_files(pconf), path);
    cors_file_report_t report = cors_file_report(pconf, path);

    memset(info, 0, sizeof(*info));
    info->mistakes = report.sentences;
    if (!file) {
        cors_list_t list;
        bool found = take_fresh(path, &list);

        if (!found) {
            apr_pool_t *scratch = cors_scratch_pool();

            if (!scratch) {
                cors_report_unreadable(&report, APR_ENOMEM, NULL);
                return NULL;
            }
            found = load(pconf, scratch, &report, &list);
            apr_pool_destroy(scratch);
        }
        if (!found) {
            return NULL;
        }
        file = add_file(pconf, path, &list);
    }
    fill_notes(pconf, file, &info->notes);
    return &file->source;
}

void cors_origins_file_interval(apr_pool_t *pconf, apr_interval_time_t interval)
{
    cors_list_files(pconf)->interval = interval;
}

void cors_origins_file_forbid_suffix(apr_pool_t *pconf, const char *path)
{
    cors_list_file_t *file = find_file(cors_list_files(pconf), path);

    if (file) {
        file->no_suffix = true;
    }
}

void cors_retain_origins_files(apr_pool_t *pconf, server_rec *server)
{
    const cors_list_files_t *files = cors_list_files(pconf);
    bool first = is_first_reading();
    int i;

    drop_retained();
    for (i = 0; i < files->files->nelts; i++) {
        retain(APR_ARRAY_IDX(files->files, i, cors_list_file_t *),
               first ? NO_CHILDREN : generation());
    }
    for (i = 0; !first && i < files->notices->nelts; i++) {
        const notice_t *notice = &APR_ARRAY_IDX(files->notices, i, notice_t);

        ap_log_error(APLOG_MARK, notice->level, 0, server,
                     "CorsAllowOriginsFile: %s", notice->text);
    }
}

int cors_monitor_origins_files(apr_pool_t *p, server_rec *server)
{
    const cors_list_files_t *files = cors_list_files(server->process->pconf);
    int i;

    for (i = 0; i < files->files->nelts; i++) {
        cors_list_file_t *file =
            APR_ARRAY_IDX(files->files, i, cors_list_file_t *);

        if (!file->copy_removed
            && cors_origin_share_exchanges(
                   cors_mapped_share(file->list.memory.page))
                   > 0) {
            apr_pool_t *scratch;

            file->copy_removed = true;
            if (apr_pool_create(&scratch, p) == APR_SUCCESS) {
                cors_last_good_remove(scratch, file->path);
                apr_pool_destroy(scratch);
            }
        }
    }
    return OK;
}
