/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include <apr_file_io.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_watchdog.h>

#include "cors/origin_file.h"
#include "cors/origin_share.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#define MISTAKES_SHOWN 20
#define RESTLESS 10 /* changes in a row that are worth a warning */
#define TRIES 3     /* children that may die of reading one state of a file */
#define FILE_MAX ((apr_off_t)1 << 30) /* bytes */
#define RELOAD_DEFAULT apr_time_from_sec(5)

/* Room for a list to grow in before a restart gives it more. It is only
 * addresses: memory is used by what is written. Where even those are counted, a
 * small list gets less. */
#define GROWTH 2
#define GROWTH_LARGE ((apr_size_t)64 << 20)
#define GROWTH_SMALL ((apr_size_t)1 << 20)

/* What tells one state of a file from another; all zero: there is none. */
typedef struct {
    apr_time_t mtime;
    apr_time_t ctime;
    apr_off_t size;
    apr_uint64_t inode;
    apr_uint64_t device;
} stamp_t;

/* The first page of a mapping; the share follows. Only the process that reloads
 * writes to it once the server runs. */
typedef struct {
    stamp_t seen;           /* the file at the last look */
    stamp_t judged;         /* the file as it was when last read, or refused */
    stamp_t tried;          /* the file that a child has begun to read */
    apr_uint32_t tries;     /* how often none has come to the end of it */
    apr_uint32_t restless;  /* looks in a row at which it had changed again */
    bool told;              /* it has been said that it cannot be read */
    apr_uint64_t content;   /* hash of the bytes that the list was read from */
    bool lists;             /* the first list had an origin */
    apr_size_t suffix_line; /* of the first list; 0: no public suffix */
    char suffix[CORS_ORIGIN_MAX + 1];
    apr_size_t insecure_line; /* of the first list; 0: no plain http */
    char insecure[CORS_ORIGIN_MAX + 1];
} first_page_t;

#define FIRST_PAGE 4096

/* A mapping. How large it is does not stand in it: children can write there, and
 * the parent, which may be root, gives it back. */
typedef struct {
    first_page_t *page; /* NULL: there is none */
    apr_size_t bytes;
} mapping_t;

/* A file that the configuration names. */
typedef struct {
    const char *path;
    mapping_t memory;
    cors_origin_source_t source;
    bool no_suffix; /* some policy with credentials uses it */
} file_t;

/* All files of a configuration; hangs on its pool. */
typedef struct {
    apr_array_header_t *files; /* file_t * */
    apr_interval_time_t interval;
} files_t;

/* Mappings that the first reading at a start has made for the second one, which
 * the module's code does not outlive. */
typedef struct kept_t {
    struct kept_t *next;
    mapping_t memory; /* without a page: it has been taken */
    char path[1];
} kept_t;

typedef struct {
    apr_size_t version; /* the size of what is kept, lest another version's be
                           taken for it */
    kept_t *first;
} keeper_t;

static files_t *files_of(apr_pool_t *pconf)
{
    static const char key[] = "cors_policy origins files";
    void *files = NULL;

    apr_pool_userdata_get(&files, key, pconf);
    if (!files) {
        files_t *made = apr_pcalloc(pconf, sizeof(*made));

        made->files = apr_array_make(pconf, 4, sizeof(file_t *));
        made->interval = RELOAD_DEFAULT;
        apr_pool_userdata_setn(made, key, NULL, pconf);
        files = made;
    }
    return files;
}

static keeper_t *keeper(void)
{
    static const char key[] = "cors_policy origins mappings";
    keeper_t *found = ap_retained_data_get(key);

    if (!found) {
        found = ap_retained_data_create(key, sizeof(*found));
        found->version = sizeof(first_page_t) + sizeof(kept_t);
    }
    return found->version == sizeof(first_page_t) + sizeof(kept_t) ? found
                                                                   : NULL;
}

/* FNV-1a, of eight bytes at once where there are eight. It only tells a file that
 * was touched from one that was changed. */
static apr_uint64_t hash_content(cors_slice_t text)
{
    apr_uint64_t hash = 14695981039346656037u;
    apr_uint64_t word;
    apr_size_t i = 0;

    for (; i + sizeof(word) <= text.len; i += sizeof(word)) {
        memcpy(&word, text.ptr + i, sizeof(word));
        hash = (hash ^ word) * 1099511628211u;
        hash ^= hash >> 29;
    }
    for (; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.ptr[i]) * 1099511628211u;
    }
    return hash;
}

static stamp_t stamp_of(const apr_finfo_t *info)
{
    stamp_t stamp;

    memset(&stamp, 0, sizeof(stamp));
    stamp.mtime = info->mtime;
    stamp.ctime = info->ctime;
    stamp.size = info->size;
    stamp.inode = (apr_uint64_t)info->inode;
    stamp.device = (apr_uint64_t)info->device;
    return stamp;
}

static bool same_stamp(const stamp_t *a, const stamp_t *b)
{
    return a->mtime == b->mtime && a->ctime == b->ctime && a->size == b->size
           && a->inode == b->inode && a->device == b->device;
}

/* The state of a file; zeros, and a status, for what is no file. */
static apr_status_t look_at(apr_pool_t *p, const char *path, stamp_t *stamp)
{
    apr_finfo_t info;
    apr_status_t status =
        apr_stat(&info, path,
                 APR_FINFO_TYPE | APR_FINFO_SIZE | APR_FINFO_MTIME
                     | APR_FINFO_CTIME | APR_FINFO_IDENT,
                 p);

    memset(stamp, 0, sizeof(*stamp));
    if (status == APR_SUCCESS || status == APR_INCOMPLETE) {
        if (info.filetype != APR_REG) {
            return info.filetype == APR_DIR ? APR_FROM_OS_ERROR(EISDIR)
                                            : APR_EINVAL;
        }
        *stamp = stamp_of(&info);
        return APR_SUCCESS;
    }
    return status;
}

/* The whole text of a file that has a stamp, if it has kept still meanwhile. */
static apr_status_t read_all(apr_pool_t *p, const char *path,
                             const stamp_t *stamp, cors_slice_t *text)
{
    apr_file_t *file;
    apr_size_t size = (apr_size_t)stamp->size;
    apr_status_t status;
    stamp_t after;
    char *bytes;

    if (stamp->size > FILE_MAX) {
        return APR_FROM_OS_ERROR(EFBIG);
    }
    status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY,
                           APR_OS_DEFAULT, p);
    if (status != APR_SUCCESS) {
        return status;
    }
    bytes = apr_palloc(p, size + 1);
    status = apr_file_read_full(file, bytes, size, NULL);
    apr_file_close(file);
    if (APR_STATUS_IS_EOF(status)) {
        status = APR_EAGAIN; /* it has been cut meanwhile */
    }
    if (status == APR_SUCCESS) {
        status = look_at(p, path, &after);
    }
    if (status == APR_SUCCESS && !same_stamp(stamp, &after)) {
        status = APR_EAGAIN;
    }
    text->ptr = bytes;
    text->len = size;
    return status;
}

/* The sentences about a file. */
typedef struct {
    apr_pool_t *p;
    const char *path;
    apr_array_header_t *sentences; /* const char * */
} mistakes_t;

static void note_mistake(void *context, apr_size_t line,
                         const cors_finding_t *finding)
{
    mistakes_t *mistakes = context;

    if (mistakes->sentences->nelts < MISTAKES_SHOWN) {
        APR_ARRAY_PUSH(mistakes->sentences, const char *) =
            apr_psprintf(mistakes->p, "%s:%" APR_SIZE_T_FMT ": %s",
                         mistakes->path, line,
                         cors_problem_sentence(mistakes->p, finding));
    }
}

static void note_more(const mistakes_t *mistakes, apr_size_t all)
{
    if (all > MISTAKES_SHOWN) {
        APR_ARRAY_PUSH(mistakes->sentences, const char *) =
            apr_psprintf(mistakes->p,
                         "%s: and %" APR_SIZE_T_FMT " more mistake%s",
                         mistakes->path, all - MISTAKES_SHOWN,
                         all - MISTAKES_SHOWN > 1 ? "s" : "");
    }
}

static void note_unreadable(const mistakes_t *mistakes, apr_status_t status)
{
    char text[120];
    const cors_finding_t finding = {
        CORS_PROBLEM_FILE_UNREADABLE, cors_slice(mistakes->path), NULL,
        APR_STATUS_IS_EAGAIN(status) ? "it changes while it is read"
                                     : apr_strerror(status, text, sizeof(text))
    };

    APR_ARRAY_PUSH(mistakes->sentences, const char *) =
        cors_problem_sentence(mistakes->p, &finding);
}

static mapping_t map_bytes(apr_size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    mapping_t mapping = { memory == MAP_FAILED ? NULL : memory, bytes };

    return mapping;
}

static mapping_t map(apr_size_t list)
{
    mapping_t mapping = map_bytes(
        FIRST_PAGE + cors_origin_share_size(GROWTH * list + GROWTH_LARGE));

    return mapping.page ? mapping
                        : map_bytes(FIRST_PAGE
                                    + cors_origin_share_size(GROWTH * list
                                                             + GROWTH_SMALL));
}

static void unmap(mapping_t mapping)
{
    if (mapping.page) {
        munmap(mapping.page, mapping.bytes);
    }
}

static apr_status_t unmap_file(void *file)
{
    unmap(((file_t *)file)->memory);
    return APR_SUCCESS;
}

static void *share_memory(first_page_t *page)
{
    return (char *)page + FIRST_PAGE;
}

/* Read a file into a mapping; NULL, and the sentences, when it is bad; also whether
 * that looks like a file that is being written. */
static mapping_t load_once(apr_pool_t *scratch, const char *path,
                           mistakes_t *mistakes, bool *written)
{
    mapping_t mapping = { NULL, 0 };
    stamp_t stamp;
    cors_slice_t text = { NULL, 0 };
    cors_origin_file_t list;
    apr_status_t status = look_at(scratch, path, &stamp);

    if (status == APR_SUCCESS) {
        status = read_all(scratch, path, &stamp, &text);
    }
    *written = APR_STATUS_IS_EAGAIN(status)
               || (status == APR_SUCCESS && text.len > 0
                   && text.ptr[text.len - 1] != '\n');
    if (status != APR_SUCCESS) {
        note_unreadable(mistakes, status);
        return mapping;
    }
    list = cors_origin_file_read(scratch, text, note_mistake, mistakes);
    if (list.mistakes > 0) {
        note_more(mistakes, list.mistakes);
        return mapping;
    }
    mapping = map(cors_origin_table_size(list.table));
    if (!mapping.page) {
        note_unreadable(mistakes, APR_ENOMEM);
        return mapping;
    }
    mapping.page->seen = mapping.page->judged = stamp;
    mapping.page->content = hash_content(text);
    if (list.suffix) {
        apr_cpystrn(mapping.page->suffix, list.suffix,
                    sizeof(mapping.page->suffix));
        mapping.page->suffix_line = list.suffix_line;
    }
    if (list.insecure) {
        apr_cpystrn(mapping.page->insecure, list.insecure,
                    sizeof(mapping.page->insecure));
        mapping.page->insecure_line = list.insecure_line;
    }
    mapping.page->lists = cors_origin_table_listed(list.table) > 0;
    cors_origin_share_make(share_memory(mapping.page),
                           mapping.bytes - FIRST_PAGE, list.table);
    return mapping;
}

/* The same; who writes it has a second to finish: a restart that finds it bad ends
 * httpd. */
static mapping_t load(apr_pool_t *scratch, const char *path,
                      mistakes_t *mistakes)
{
    mapping_t mapping = { NULL, 0 };
    bool written = true;
    int tries;

    for (tries = 0; !mapping.page && written && tries < 5; tries++) {
        if (tries > 0) {
            apr_sleep(apr_time_from_msec(250));
            apr_array_clear(mistakes->sentences);
        }
        mapping = load_once(scratch, path, mistakes, &written);
    }
    return mapping;
}

/* The mapping that the first reading has made, if the file is still the same. */
static mapping_t take_kept(apr_pool_t *scratch, const char *path)
{
    const mapping_t none = { NULL, 0 };
    keeper_t *kept = keeper();
    kept_t *entry;
    stamp_t stamp;

    for (entry = kept ? kept->first : NULL; entry; entry = entry->next) {
        mapping_t mapping = entry->memory;

        if (mapping.page && strcmp(entry->path, path) == 0) {
            entry->memory = none;
            if (look_at(scratch, path, &stamp) == APR_SUCCESS
                && same_stamp(&stamp, &mapping.page->judged)) {
                return mapping;
            }
            unmap(mapping);
            return none;
        }
    }
    return none;
}

/* Give back what the second reading has not asked for, before there are children
 * that could write to it. */
static void drop_kept(void)
{
    keeper_t *kept = keeper();

    while (kept && kept->first) {
        kept_t *entry = kept->first;

        kept->first = entry->next;
        unmap(entry->memory);
        free(entry);
    }
}

static void keep(const char *path, mapping_t mapping)
{
    keeper_t *kept = keeper();
    kept_t *entry;

    if (!kept) {
        return;
    }
    /* no pool outlives the first reading */
    entry = malloc(sizeof(*entry) + strlen(path));
    if (!entry) {
        return;
    }
    strcpy(entry->path, path);
    entry->memory = mapping;
    entry->next = kept->first;
    kept->first = entry;
}

static bool is_first_reading(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
           && ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL;
}

static file_t *find_file(const files_t *files, const char *path)
{
    int i;

    for (i = 0; i < files->files->nelts; i++) {
        file_t *file = APR_ARRAY_IDX(files->files, i, file_t *);

        if (strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return NULL;
}

/* A pool of its own, whose memory goes back to the system with it. */
static apr_pool_t *make_scratch(void)
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

static const char *said_at(apr_pool_t *p, const file_t *file, apr_size_t line)
{
    return apr_psprintf(p, "CorsAllowOriginsFile %s:%" APR_SIZE_T_FMT,
                        file->path, line);
}

/* What start-up has to know of the first list. */
static void note(apr_pool_t *p, const file_t *file, cors_origin_notes_t *notes)
{
    const first_page_t *page = file->memory.page;

    notes->lists = page->lists;
    if (page->suffix_line > 0) {
        notes->suffix = page->suffix;
        notes->suffix_said = said_at(p, file, page->suffix_line);
    }
    if (page->insecure_line > 0) {
        notes->insecure = page->insecure;
        notes->insecure_said = said_at(p, file, page->insecure_line);
    }
}

const cors_origin_source_t *cors_origins_file(apr_pool_t *pconf,
                                              const char *path,
                                              cors_origins_file_t *info)
{
    files_t *files = files_of(pconf);
    file_t *file = find_file(files, path);
    mistakes_t mistakes;

    memset(info, 0, sizeof(*info));
    mistakes.p = pconf;
    mistakes.path = path;
    mistakes.sentences = apr_array_make(pconf, 1, sizeof(const char *));
    info->mistakes = mistakes.sentences;
    if (!file) {
        apr_pool_t *scratch = make_scratch();
        mapping_t mapping = take_kept(scratch, path);

        if (!mapping.page) {
            mapping = load(scratch, path, &mistakes);
        }
        apr_pool_destroy(scratch);
        if (!mapping.page) {
            return NULL;
        }
        file = apr_pcalloc(pconf, sizeof(*file));
        file->path = apr_pstrdup(pconf, path);
        file->memory = mapping;
        file->source.lookup = cors_origin_share_lookup;
        file->source.self = share_memory(mapping.page);
        APR_ARRAY_PUSH(files->files, file_t *) = file;
        if (is_first_reading()) {
            keep(path, mapping);
        }
        else {
            apr_pool_cleanup_register(pconf, file, unmap_file,
                                      apr_pool_cleanup_null);
        }
    }
    note(pconf, file, &info->notes);
    return &file->source;
}

void cors_origins_file_interval(apr_pool_t *pconf, apr_interval_time_t interval)
{
    files_of(pconf)->interval = interval;
}

void cors_origins_file_forbid_suffix(apr_pool_t *pconf, const char *path)
{
    file_t *file = find_file(files_of(pconf), path);

    if (file) {
        file->no_suffix = true;
    }
}

static void log_mistakes(const mistakes_t *mistakes, server_rec *server)
{
    int i;

    for (i = 0; i < mistakes->sentences->nelts; i++) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "CorsAllowOriginsFile: %s",
                     APR_ARRAY_IDX(mistakes->sentences, i, const char *));
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                 "CorsAllowOriginsFile: the last good list of %s is kept",
                 mistakes->path);
}

/* A public suffix that start-up would have refused. Where the first list had one
 * every request minds it; where it had none only a restart can tell those policies
 * that are put together for a request, as of several sections or .htaccess. */
static bool is_refused(const file_t *file, const cors_origin_file_t *list,
                       mistakes_t *mistakes)
{
    const cors_finding_t finding = { CORS_PROBLEM_SUFFIX_WITH_CREDENTIALS,
                                     cors_slice(list->suffix), NULL, NULL };

    if (!list->suffix
        || (!file->no_suffix && file->memory.page->suffix_line > 0)) {
        return false;
    }
    if (!file->no_suffix) {
        APR_ARRAY_PUSH(mistakes->sentences, const char *) = apr_psprintf(
            mistakes->p,
            "CorsAllowOriginsFile: %s:%" APR_SIZE_T_FMT ": '%s' is a wildcard"
            " on a public suffix, and the list had none when the server"
            " started; restart gracefully",
            mistakes->path, list->suffix_line, list->suffix);
        return true;
    }
    note_mistake(mistakes, list->suffix_line, &finding);
    return true;
}

/* Read a file that has changed and kept still since; false: it has to be tried
 * again. */
static bool reload(apr_pool_t *scratch, file_t *file, const stamp_t *stamp,
                   mistakes_t *mistakes, server_rec *server)
{
    first_page_t *page = file->memory.page;
    cors_origin_file_t list;
    cors_slice_t text;
    apr_uint64_t content;
    apr_status_t status = read_all(scratch, file->path, stamp, &text);

    if (APR_STATUS_IS_EAGAIN(status)) {
        return false;
    }
    if (status != APR_SUCCESS) {
        if (!page->told) {
            page->told = true;
            note_unreadable(mistakes, status);
        }
        return false; /* it may pass, as what lacks descriptors or a server */
    }
    content = hash_content(text);
    if (content == page->content) {
        return true;
    }
    list = cors_origin_file_read(scratch, text, note_mistake, mistakes);
    note_more(mistakes, list.mistakes);
    if (list.mistakes > 0 || is_refused(file, &list, mistakes)) {
        return true;
    }
    if (!cors_origin_share_publish(cors_origin_share_of(share_memory(page)),
                                   list.table)) {
        APR_ARRAY_PUSH(mistakes->sentences, const char *) = apr_psprintf(
            scratch,
            "%s: the list has outgrown the room that it was given when"
            " the server started; restart gracefully",
            file->path);
        return true;
    }
    page->content = content;
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, server,
                 "CorsAllowOriginsFile: %s is read again: %" APR_SIZE_T_FMT
                 " listed, %" APR_SIZE_T_FMT " excluded",
                 file->path, cors_origin_table_listed(list.table),
                 cors_origin_table_excluded(list.table));
    return true;
}

/* One look at a file. A change counts when it is still the same at the next look:
 * who writes a file in several steps has finished by then. */
static void watch(apr_pool_t *scratch, file_t *file, server_rec *server)
{
    first_page_t *page = file->memory.page;
    mistakes_t mistakes;
    stamp_t stamp;
    apr_status_t status = look_at(scratch, file->path, &stamp);

    if (same_stamp(&stamp, &page->judged)) {
        page->seen = stamp;
        return;
    }
    if (!same_stamp(&stamp, &page->seen)) {
        page->seen = stamp;
        if (++page->restless == RESTLESS) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                         "CorsAllowOriginsFile: %s changes oftener than it is"
                         " looked at; it is read again when it has kept still"
                         " for the time of CorsAllowOriginsFileReload",
                         file->path);
        }
        return;
    }
    page->restless = 0;
    mistakes.p = scratch;
    mistakes.path = file->path;
    mistakes.sentences = apr_array_make(scratch, 1, sizeof(const char *));
    if (!same_stamp(&stamp, &page->tried)) {
        page->tried = stamp;
        page->tries = 0;
        page->told = false;
    }
    if (status == APR_SUCCESS && page->tries < TRIES) {
        /* a child that is killed while it reads leaves the file to the next one */
        page->tries++;
        if (reload(scratch, file, &stamp, &mistakes, server)) {
            page->judged = stamp;
        }
        page->tries = 0;
    }
    else {
        page->judged = stamp;
        note_unreadable(&mistakes, status == APR_SUCCESS ? APR_ENOMEM : status);
    }
    if (mistakes.sentences->nelts > 0) {
        log_mistakes(&mistakes, server);
    }
}

/* What the watchdog's thread is told. */
typedef struct {
    const files_t *files;
    server_rec *server;
} watching_t;

static apr_status_t look_at_all(int state, void *data, apr_pool_t *p)
{
    const watching_t *watching = data;
    const apr_array_header_t *files = watching->files->files;
    int i;

    (void)p;
    for (i = 0; state == AP_WATCHDOG_STATE_RUNNING && i < files->nelts; i++) {
        apr_pool_t *scratch = make_scratch();

        if (scratch) {
            watch(scratch, APR_ARRAY_IDX(files, i, file_t *), watching->server);
            apr_pool_destroy(scratch);
        }
    }
    return APR_SUCCESS;
}

void cors_watch_origins_files(apr_pool_t *pconf, server_rec *server)
{
    const files_t *files = files_of(pconf);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) * get_instance;
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) * register_callback;
    ap_watchdog_t *watchdog;
    watching_t *watching;
    apr_status_t status;

    drop_kept();
    if (files->files->nelts == 0 || files->interval == 0) {
        return;
    }
    get_instance = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    register_callback = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    if (!get_instance || !register_callback) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                     "CorsAllowOriginsFile: without mod_watchdog files are read"
                     " again at a graceful restart only");
        return;
    }
    watching = apr_pcalloc(pconf, sizeof(*watching));
    watching->files = files;
    watching->server = server;
    /* in one child at a time: what it writes, all of them read */
    status = get_instance(&watchdog, "_cors_policy_", 0, 1, pconf);
    if (status == APR_SUCCESS) {
        status =
            register_callback(watchdog, files->interval, watching, look_at_all);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, status, server,
                     "CorsAllowOriginsFile: mod_watchdog does not watch the"
                     " files; they are read again at a graceful restart only");
    }
}
