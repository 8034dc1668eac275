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
#include "core/base/ordered.h"
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
#define SKIPPED_SHOWN 5
#define RELOAD_DEFAULT apr_time_from_sec(5)

/* The maximum time for which reading a configuration waits for files in total, and the
 * time between two checks. */
#define PATIENCE apr_time_from_sec(5)
#define PAUSE apr_time_from_msec(100)

/* The time between two copies of a list, in multiples of the time that a copy takes: they
 * are made in the parent, which has other work. */
#define COPY_PAUSES 20

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

cors_file_report_t cors_file_report(apr_pool_t *p, const char *directive,
                                    const char *path)
{
    cors_file_report_t report;

    report.p = p;
    report.directive = directive;
    report.path = path;
    report.provided = false;
    report.sentences = apr_array_make(p, 1, sizeof(const char *));
    report.skipped = apr_array_make(p, 1, sizeof(const char *));
    return report;
}

static const char *line_sentence(const cors_file_report_t *report,
                                 apr_size_t line, const cors_finding_t *finding)
{
    return apr_psprintf(report->p, "%s:%" APR_SIZE_T_FMT ": %s", report->path,
                        line, cors_problem_sentence(report->p, finding));
}

void cors_report_line(void *context, apr_size_t line,
                      const cors_finding_t *finding)
{
    cors_file_report_t *report = context;

    if (report->sentences->nelts < MISTAKES_SHOWN) {
        APR_ARRAY_PUSH(report->sentences, const char *) =
            line_sentence(report, line, finding);
    }
}

void cors_report_skipped(void *context, apr_size_t line,
                         const cors_finding_t *finding)
{
    cors_file_report_t *report = context;

    if (report->skipped->nelts < SKIPPED_SHOWN) {
        APR_ARRAY_PUSH(report->skipped, const char *) =
            line_sentence(report, line, finding);
    }
}

cors_list_rules_t cors_file_rules(const cors_list_options_t *options)
{
    const cors_list_rules_t rules = {
        options->max_rows, options->skip_bad_rows ? cors_report_skipped : NULL
    };

    return rules;
}

bool cors_report_no_frame(cors_file_report_t *report,
                          const cors_origin_file_t *list)
{
    const cors_finding_t finding = { CORS_PROBLEM_FILE_FRAME,
                                     { NULL, 0 },
                                     NULL,
                                     "the program that keeps the file always "
                                     "writes a frame" };

    if (!report->provided || list->frame.state != CORS_FRAME_NONE) {
        return false;
    }
    apr_array_clear(report->sentences);
    cors_report_line(report, 1, &finding);
    return true;
}

void cors_report_more(const cors_file_report_t *report, apr_size_t all)
{
    if (all > MISTAKES_SHOWN) {
        APR_ARRAY_PUSH(report->sentences, const char *) =
            apr_psprintf(report->p, "%s: and %" APR_SIZE_T_FMT " more error%s",
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

const char *cors_skipped_text(apr_pool_t *p, const char *path,
                              apr_size_t skipped)
{
    return apr_psprintf(p, "%s: %" APR_SIZE_T_FMT " bad row%s skipped", path,
                        skipped, skipped > 1 ? "s are" : " is");
}

/* Returns whether httpd only checks a configuration, as httpd -t does. */
static bool is_check(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL;
}

static void add_notice(apr_pool_t *pconf, int level,
                       const cors_file_report_t *report, const char *text)
{
    notice_t *notice = apr_array_push(cors_list_files(pconf)->notices);

    notice->level = level;
    notice->text = apr_pstrcat(pconf, report->directive, ": ", text, NULL);
    if (is_check()) {
        /* httpd -t ends before the notices are logged */
        ap_log_error(APLOG_MARK, level, 0, NULL, "%s", notice->text);
    }
}

/* Log the lines that are skipped, as reload.c logs them. */
static void add_skipped(apr_pool_t *pconf, const cors_file_report_t *report,
                        const cors_origin_file_t *file)
{
    int i;

    for (i = 0; file->skipped > 0 && i < report->skipped->nelts; i++) {
        add_notice(pconf, APLOG_WARNING, report,
                   APR_ARRAY_IDX(report->skipped, i, const char *));
    }
    if (file->skipped > 0) {
        add_notice(pconf, APLOG_WARNING, report,
                   cors_skipped_text(pconf, report->path, file->skipped));
    }
}

/* Log errors that do not stop httpd at a restart, as reload.c logs them. */
static void add_notices(apr_pool_t *pconf, const cors_file_report_t *report)
{
    int i;

    for (i = 0; i < report->sentences->nelts; i++) {
        add_notice(pconf, APLOG_ERR, report,
                   APR_ARRAY_IDX(report->sentences, i, const char *));
    }
}

/* --- memory */

static cors_mapping_t map_bytes(apr_size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cors_mapping_t mapping = { memory == MAP_FAILED ? NULL : memory, bytes };

    if (mapping.page) {
        CORS_IS_ATOMIC(mapping.page->checked_at);
        CORS_IS_ATOMIC(mapping.page->failures);
        CORS_IS_ATOMIC(mapping.page->dated);
        CORS_IS_ATOMIC(mapping.page->bad_rows);
        CORS_IS_ATOMIC(mapping.page->held_back);
    }
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

bool cors_list_emptied(const cors_list_options_t *options,
                       const cors_first_page_t *page,
                       const cors_origin_file_t *list)
{
    return options->hold_empty && page->listed + page->excluded > 0
           && cors_origin_table_listed(list->table)
                      + cors_origin_table_excluded(list->table)
                  == 0;
}

const char *cors_emptied_text(apr_pool_t *p, const char *path,
                              const cors_first_page_t *page)
{
    return apr_psprintf(p,
                        "%s: the list has no entries, and the last good list "
                        "has %" APR_SIZE_T_FMT
                        "; if it may be empty, write allow-empty=on",
                        path, page->listed + page->excluded);
}

void cors_list_dated(cors_first_page_t *page, const cors_stamp_t *stamp)
{
    const apr_time_t now = apr_time_now();
    apr_time_t dated =
        (stamp->mtime < stamp->ctime ? stamp->mtime : stamp->ctime) / 1000;

    dated = dated < now ? dated : now;
    __atomic_store_n(&page->dated, dated, __ATOMIC_RELAXED);
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
                      const cors_list_options_t *options, bool stable,
                      reading_t *reading)
{
    const cors_list_rules_t rules = cors_file_rules(options);
    const char *detail;
    cors_slice_t text = { NULL, 0 };
    apr_status_t status = cors_stamp_file(report->path, !report->provided,
                                          &reading->stamp, &detail);

    apr_array_clear(report->sentences);
    apr_array_clear(report->skipped);
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
        cors_origin_file_read(scratch, text, &rules, cors_report_line, report);
    cors_report_more(report, reading->file.errors);
    if (cors_report_no_frame(report, &reading->file)) {
        reading->file.errors++;
    }
    if (report->provided || reading->file.frame.state == CORS_FRAME_WHOLE) {
        stable = true;
    }
    /* a check must find errors; it need not wait if there are none */
    if (is_check() && reading->file.errors == 0 && text.len > 0) {
        stable = true;
    }
    reading->state = reading->file.errors > 0 ? READ_BAD : READ_GOOD;
    if (!stable) {
        reading->state = READ_UNSTABLE;
    }
}

/* Read a file that may be incomplete: check it repeatedly until it has been unchanged
 * for long enough, is a complete frame, or the time limit is reached. */
static void read_patiently(apr_pool_t *scratch, cors_list_files_t *files,
                           cors_file_report_t *report,
                           const cors_list_options_t *options,
                           reading_t *reading)
{
    apr_time_t now = cors_clock();
    apr_time_t since = now;

    read_once(scratch, report, options, false, reading);
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
        cors_stamp_file(report->path, true, &stamp, &detail);
        same = cors_stamp_equal(&stamp, &before);
        if (!same) {
            since = now;
        }
        if (!same || now - since >= CORS_FILE_STABLE) {
            apr_pool_clear(scratch);
            read_once(scratch, report, options, same, reading);
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
    list->tenants = cors_origin_table_tenants(file->table) > 0;
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
    cors_set_list_facts(list->memory.page, 0, file);
    cors_list_noted(list->memory.page, CORS_HELD_NOT, file->bad_rows);
    cors_list_dated(list->memory.page, &reading->stamp);
    return true;
}

/* Create a list from a text, as if a valid file contained it. Its stamp is empty, so
 * the file itself is read as soon as possible. */
static bool make_list_of_text(apr_pool_t *scratch,
                              const cors_list_files_t *files,
                              const cors_list_options_t *options,
                              const char *path, cors_slice_t text,
                              cors_list_t *list)
{
    const cors_list_rules_t rules = cors_file_rules(options);
    cors_file_report_t report = cors_file_report(scratch, NULL, path);
    reading_t reading;

    memset(&reading, 0, sizeof(reading));
    reading.text = text;
    reading.file =
        cors_origin_file_read(scratch, text, &rules, cors_report_line, &report);
    return reading.file.errors == 0 && make_list(files, &reading, list);
}

/* Look up an origin in a list that may not be loaded yet, or that may be too old. */
static cors_listing_e look_up_if_usable(const void *self,
                                        const cors_origin_t *origin,
                                        const cors_slice_t *tenant)
{
    const cors_list_file_t *file = self;
    const cors_origin_share_t *share =
        cors_mapped_share(file->list.memory.page);
    const apr_time_t time = origin->tenants ? origin->tenants->time : 0;

    if (!file->list.loaded && cors_origin_share_exchanges(share) == 0) {
        return CORS_ORIGIN_NOT_LOADED;
    }
    if (cors_list_is_stale(file, time ? time : apr_time_now())) {
        return CORS_ORIGIN_STALE;
    }
    return cors_origin_share_lookup(share, origin, tenant);
}

/* Choose how requests look up an origin: without any further test if possible. */
static void set_lookup(cors_list_file_t *file)
{
    if (file->list.loaded && file->options.max_stale == 0) {
        file->source.lookup = cors_origin_share_lookup;
        file->source.self = cors_mapped_share(file->list.memory.page);
    }
    else {
        file->source.lookup = look_up_if_usable;
        file->source.self = file;
    }
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
    cors_list_facts(before, &list->memory.page->facts[0]);
    list->memory.page->dated =
        __atomic_load_n(&before->dated, __ATOMIC_RELAXED);
    if (list->memory.page->dated > apr_time_now()) {
        list->memory.page->dated = apr_time_now();
    }
    return true;
}

static void add_not_stable(apr_pool_t *pconf, const cors_file_report_t *report)
{
    const char *text = report->provided
                           ? " cannot be loaded; its last good list is in "
                             "force until it can be"
                           : " is still changing; its last good list is in "
                             "force until the file is stable";

    add_notice(pconf, APLOG_WARNING, report,
               apr_pstrcat(pconf, report->path, text, NULL));
}

static void add_not_loaded(apr_pool_t *pconf, const cors_file_report_t *report)
{
    add_notice(pconf, APLOG_WARNING, report,
               apr_psprintf(pconf,
                            "%s cannot be loaded yet; until then, the policies "
                            "that name it allow no origin",
                            report->path));
}

/* Create a list from the last good copy of a file. Returns false if there is none. */
static bool make_last_good(apr_pool_t *pconf, apr_pool_t *scratch,
                           const char *path, const cors_list_options_t *options,
                           cors_list_t *list)
{
    cors_slice_t text = { NULL, 0 };
    apr_time_t dated = 0;

    if (cors_last_good_read(scratch, path, &text, &dated) != APR_SUCCESS
        || !make_list_of_text(scratch, cors_list_files(pconf), options, path,
                              text, list)) {
        return false;
    }
    list->memory.page->dated = dated < apr_time_now() ? dated : apr_time_now();
    return true;
}

/* Replace a list without entries by the last good copy of the file, if that has some.
 * This is logged. */
static bool replace_empty(apr_pool_t *pconf, apr_pool_t *scratch,
                          const cors_file_report_t *report,
                          const cors_list_options_t *options,
                          const reading_t *reading, cors_list_t *list)
{
    if (!options->hold_empty || is_check()
        || cors_origin_table_listed(reading->file.table)
                   + cors_origin_table_excluded(reading->file.table)
               > 0
        || !make_last_good(pconf, scratch, report->path, options, list)) {
        return false;
    }
    if (!cors_list_emptied(options, list->memory.page, &reading->file)) {
        unmap(list);
        return false;
    }
    add_notice(pconf, APLOG_ERR, report,
               cors_emptied_text(pconf, report->path, list->memory.page));
    return true;
}

/* Replace a file that cannot be loaded at a start by its last good copy, or by an empty
 * list. Returns false if there is no memory. */
static bool make_replacement(apr_pool_t *pconf, apr_pool_t *scratch,
                             const cors_file_report_t *report,
                             const cors_list_options_t *options,
                             cors_list_t *list)
{
    const char *path = report->path;
    const cors_list_files_t *files = cors_list_files(pconf);
    cors_slice_t text = { NULL, 0 };

    if (make_last_good(pconf, scratch, path, options, list)) {
        add_not_stable(pconf, report);
        return true;
    }
    text.len = 0;
    if (!make_list_of_text(scratch, files, options, path, text, list)) {
        return false;
    }
    list->loaded = false;
    list->lists = true; /* assumed until the file is loaded */
    list->tenants = false;
    list->growth = 0;
    add_not_loaded(pconf, report);
    return true;
}

/* Returns whether a valid list must not replace the list in force at a restart. The
 * reason is logged. */
static bool is_held_back(apr_pool_t *pconf, const retained_t *entry,
                         const cors_file_report_t *found,
                         const cors_list_options_t *options,
                         const reading_t *reading)
{
    const char *path = found->path;
    const cors_finding_t finding = { CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS,
                                     cors_slice(reading->file.suffix), NULL,
                                     NULL };

    if (reading->file.suffix && entry->no_suffix
        && entry->list.suffix_line == 0) {
        cors_file_report_t report =
            cors_file_report(pconf, found->directive, path);

        cors_report_line(&report, reading->file.suffix_line, &finding);
        add_notices(pconf, &report);
        return true;
    }
    if (cors_list_emptied(options, entry->list.memory.page, &reading->file)) {
        add_notice(pconf, APLOG_ERR, found,
                   cors_emptied_text(pconf, path, entry->list.memory.page));
        return true;
    }
    if (cors_list_shrank(entry->list.memory.page, &reading->file)
        && !cors_stamp_is_older(&reading->stamp, CORS_FILE_HELD)) {
        add_notice(pconf, APLOG_WARNING, found,
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
                      const cors_list_options_t *options,
                      const reading_t *reading, cors_list_t *list)
{
    if (reading->state == READ_BAD
        || (reading->state == READ_MISSING && !report->provided)) {
        add_notices(pconf, report);
    }
    if (entry && entry->generation != NO_CHILDREN) {
        /* the copy may be older than the list that the children have loaded */
        cors_last_good_remove(scratch, report->path);
    }
    if (!entry || !take_in_force(entry, list)) {
        return make_replacement(pconf, scratch, report, options, list);
    }
    if (!list->loaded) {
        add_not_loaded(pconf, report);
    }
    else if (entry->generation == NO_CHILDREN) {
        if (reading->state != READ_GOOD) {
            add_not_stable(pconf, report);
        }
    }
    else {
        if (reading->state == READ_MISSING && report->provided) {
            add_notices(pconf, report);
        }
        add_notice(pconf,
                   reading->state == READ_UNSTABLE ? APLOG_NOTICE : APLOG_ERR,
                   report,
                   apr_psprintf(pconf,
                                "the current list of %s stays in force until "
                                "the file can be loaded",
                                report->path));
    }
    return true;
}

/* Store a copy of a valid list. */
static void copy_list(apr_pool_t *pconf, apr_pool_t *scratch,
                      const cors_file_report_t *report, cors_slice_t text,
                      apr_time_t dated)
{
    const char *path = report->path;
    char reason[120];
    apr_status_t status =
        is_check() ? APR_SUCCESS
                   : cors_last_good_write(scratch, path, text, dated);

    if (status != APR_SUCCESS) {
        add_notice(pconf, APLOG_NOTICE, report,
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
                 cors_file_report_t *report, const cors_list_options_t *options,
                 cors_list_t *list)
{
    cors_list_files_t *files = cors_list_files(pconf);
    retained_t *entry = find_retained(report->path);
    bool restart = generation() > 0;
    reading_t reading;

    memset(&reading, 0, sizeof(reading));
    if (report->provided
        || (entry && (entry->generation == NO_CHILDREN || can_reload()))) {
        read_once(scratch, report, options, false, &reading);
    }
    else {
        read_patiently(scratch, files, report, options, &reading);
    }
    if (reading.state == READ_GOOD && !entry
        && replace_empty(pconf, scratch, report, options, &reading, list)) {
        return true;
    }
    if (reading.state == READ_GOOD
        && !(entry && is_held_back(pconf, entry, report, options, &reading))) {
        if (make_list(files, &reading, list)) {
            if (entry) {
                unmap(&entry->list);
            }
            add_skipped(pconf, report, &reading.file);
            copy_list(pconf, scratch, report, reading.text,
                      list->memory.page->dated);
            return true;
        }
        cors_report_unreadable(report, APR_ENOMEM, NULL);
        return false;
    }
    /* At a start, an invalid file is an error. For httpd -t, any file that cannot be
     * loaded is. */
    if (!report->provided && !entry && !restart
        && (reading.state != READ_UNSTABLE || is_check())) {
        if (report->sentences->nelts == 0) {
            cors_report_unreadable(report, APR_EAGAIN, NULL);
        }
        return false;
    }
    if (!keep_list(pconf, scratch, entry, report, options, &reading, list)) {
        cors_report_unreadable(report, APR_ENOMEM, NULL);
        return false;
    }
    apr_array_clear(report->sentences);
    return true;
}

/* Reuse the list that the first reading has created, if the file has not changed since.
 * A file with skipped lines is read again, because they are logged only now. */
static bool take_fresh(const cors_file_report_t *report, cors_list_t *list)
{
    const char *path = report->path;
    retained_t *entry = find_retained(path);
    cors_stamp_t stamp;
    const char *detail;

    if (!entry || entry->generation != NO_CHILDREN
        || cors_stamp_is_none(&entry->list.stamp)
        || entry->list.memory.page->facts[0].skipped > 0
        || cors_stamp_file(path, !report->provided, &stamp, &detail)
               != APR_SUCCESS
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
    return apr_psprintf(p, "%s %s:%" APR_SIZE_T_FMT, file->directive,
                        file->path, line);
}

/* Fill in what start-up has to know about the first list. */
static void fill_notes(apr_pool_t *p, const cors_list_file_t *file,
                       cors_origin_notes_t *notes)
{
    const cors_list_t *list = &file->list;

    notes->path = file->path;
    notes->lists = list->lists;
    notes->tenants = list->tenants;
    notes->provided = file->provided;
    if (list->suffix_line > 0) {
        notes->suffix = list->suffix;
        notes->suffix_source = source_at(p, file, list->suffix_line);
    }
    if (list->insecure_line > 0) {
        notes->insecure = list->insecure;
        notes->insecure_source = source_at(p, file, list->insecure_line);
    }
}

static cors_list_file_t *add_file(apr_pool_t *pconf, const char *directive,
                                  const char *path,
                                  const cors_list_options_t *options,
                                  const cors_list_t *list)
{
    cors_list_files_t *files = cors_list_files(pconf);
    cors_list_file_t *file = apr_pcalloc(pconf, sizeof(*file));

    trim_lists(files);
    file->directive = directive;
    file->path = apr_pstrdup(pconf, path);
    file->list = *list;
    file->options = *options;
    set_lookup(file);
    APR_ARRAY_PUSH(files->files, cors_list_file_t *) = file;
    return file;
}

/* Give a file that is loaded already its options. Returns false if it was read with
 * other options. */
static bool set_options(cors_list_file_t *file,
                        const cors_list_options_t *options)
{
    const cors_list_options_t *before = &file->options;

    if (!options) {
        return true;
    }
    if (before->max_rows != options->max_rows
        || before->skip_bad_rows != options->skip_bad_rows
        || (file->has_options
            && (before->max_stale != options->max_stale
                || before->hold_empty != options->hold_empty))) {
        return false;
    }
    file->options = *options;
    file->has_options = true;
    set_lookup(file);
    return true;
}

static const cors_origin_source_t *
find_or_load(apr_pool_t *pconf, cors_file_report_t report,
             const cors_list_options_t *options, cors_origins_file_t *info)
{
    static const cors_list_options_t none = { 0, 0, false, false };
    const cors_list_options_t *rules = options ? options : &none;
    const char *path = report.path;
    cors_list_file_t *file = find_file(cors_list_files(pconf), path);
    const cors_finding_t finding = { CORS_PROBLEM_SOURCE_OPTIONS,
                                     cors_slice(path), NULL, NULL };

    memset(info, 0, sizeof(*info));
    info->errors = report.sentences;
    if (file && !set_options(file, options)) {
        APR_ARRAY_PUSH(report.sentences, const char *) =
            cors_problem_sentence(pconf, &finding);
        return NULL;
    }
    if (!file) {
        cors_list_t list;
        bool found = take_fresh(&report, &list);

        if (!found) {
            apr_pool_t *scratch = cors_scratch_pool();

            if (!scratch) {
                cors_report_unreadable(&report, APR_ENOMEM, NULL);
                return NULL;
            }
            found = load(pconf, scratch, &report, rules, &list);
            apr_pool_destroy(scratch);
        }
        if (!found) {
            return NULL;
        }
        file = add_file(pconf, report.directive, path, rules, &list);
        file->has_options = options != NULL;
        file->provided = report.provided;
    }
    fill_notes(pconf, file, &info->notes);
    return &file->source;
}

const cors_origin_source_t *
cors_origins_file(apr_pool_t *pconf, const char *directive, const char *path,
                  const cors_list_options_t *options, cors_origins_file_t *info)
{
    return find_or_load(pconf, cors_file_report(pconf, directive, path),
                        options, info);
}

const cors_origin_source_t *
cors_provided_file(apr_pool_t *pconf, const char *directive, const char *path,
                   const cors_list_options_t *options,
                   cors_origins_file_t *info)
{
    cors_file_report_t report = cors_file_report(pconf, directive, path);

    report.provided = true;
    return find_or_load(pconf, report, options, info);
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

        ap_log_error(APLOG_MARK, notice->level, 0, server, "%s", notice->text);
    }
}

/* Store a copy of the list that the children have loaded from a provider's file, if the
 * file still has it. */
static void copy_provided(apr_pool_t *scratch, const cors_list_file_t *file)
{
    const cors_first_page_t *page = file->list.memory.page;
    cors_stamp_t stamp;
    cors_slice_t text;
    const char *detail;

    if (cors_stamp_file(file->path, false, &stamp, &detail) == APR_SUCCESS
        && cors_read_stamped(scratch, file->path, &stamp, &text) == APR_SUCCESS
        && cors_hash_text(0, text) == page->content) {
        cors_last_good_write(scratch, file->path, text, page->dated);
    }
}

/* Remove the copy of a list if the children have loaded a newer one. A list from a provider
 * gets a new copy, because the next state of its file may be invalid. */
static void update_copy(cors_list_file_t *file)
{
    const apr_uint32_t exchanges =
        cors_origin_share_exchanges(cors_mapped_share(file->list.memory.page));
    const apr_time_t now = cors_clock();
    const bool newer = exchanges != file->copy_removed;
    const bool copies = (newer || file->copy_wanted) && file->provided
                        && now >= file->next_copy;
    apr_pool_t *scratch = newer || copies ? cors_scratch_pool() : NULL;

    if (!scratch) {
        return;
    }
    if (newer) {
        cors_last_good_remove(scratch, file->path);
        file->copy_removed = exchanges;
        file->copy_wanted = true;
    }
    if (copies) {
        copy_provided(scratch, file);
        file->copy_wanted = false;
        file->next_copy = now + COPY_PAUSES * (cors_clock() - now);
    }
    apr_pool_destroy(scratch);
}

int cors_monitor_origins_files(apr_pool_t *p, server_rec *server)
{
    const cors_list_files_t *files = cors_list_files(server->process->pconf);
    int i;

    (void)p;
    for (i = 0; i < files->files->nelts; i++) {
        update_copy(APR_ARRAY_IDX(files->files, i, cors_list_file_t *));
    }
    return OK;
}
