/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reads what is known about the lists in force: counts, version, sum and times. It is
 * its own file because it only reads; shared_list.c and reload.c write.
 *
 * The facts of two lists are stored, each at the lowest bit of the list's number, like
 * the lists themselves. The facts of the next list are complete before its number is
 * published, so facts belong to the list in force if its number is the same before and
 * after they are copied. The memory is written by children: no text in it is trusted to
 * end, or to be printable.
 */

#include "httpd/shared/list_state.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/origin/shared_table.h"
#include "httpd/shared/list_files.h"

/* How often a copy is tried; lists are seconds apart. */
#define COPIES 5

void cors_list_facts(const cors_first_page_t *page, cors_list_facts_t *facts)
{
    const cors_origin_share_t *share = cors_mapped_share(page);
    int i;

    for (i = 0; i < COPIES; i++) {
        const apr_uint32_t number = cors_origin_share_exchanges(share);

        *facts = page->facts[number & 1];
        /* the copy is read before the number is read again */
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (cors_origin_share_exchanges(share) == number) {
            break;
        }
    }
    facts->version[sizeof(facts->version) - 1] = '\0';
    for (i = 0; facts->version[i]; i++) {
        if (!apr_isgraph(facts->version[i])) {
            facts->version[i] = '?';
        }
    }
}

void cors_set_list_facts(cors_first_page_t *page, apr_uint32_t number,
                         const cors_origin_file_t *list)
{
    cors_list_facts_t *facts = &page->facts[number & 1];
    const cors_slice_t version = list->frame.version;

    memset(facts, 0, sizeof(*facts));
    facts->listed = cors_origin_table_listed(list->table);
    facts->excluded = cors_origin_table_excluded(list->table);
    facts->tenants = cors_origin_table_tenants(list->table);
    facts->sum[0] = list->sum[0];
    facts->sum[1] = list->sum[1];
    facts->skipped = list->skipped;
    facts->loaded_at = apr_time_now();
    if (list->frame.state == CORS_FRAME_WHOLE
        && version.len < sizeof(facts->version)) {
        memcpy(facts->version, version.ptr, version.len);
    }
    cors_list_checked(page, facts->loaded_at);
}

const char *cors_list_sum(apr_pool_t *p, const apr_uint64_t *sum)
{
    return apr_psprintf(p,
                        "%016" APR_UINT64_T_HEX_FMT "%016" APR_UINT64_T_HEX_FMT,
                        sum[0], sum[1]);
}

static const char *held_text(apr_uint32_t held)
{
    if (held == CORS_HELD_EMPTY) {
        return "empty";
    }
    return held == CORS_HELD_SHRUNK ? "shrunk" : NULL;
}

static void fill_state(apr_pool_t *p, const cors_list_file_t *file,
                       cors_list_state_t *state)
{
    const cors_first_page_t *page = file->list.memory.page;
    cors_list_facts_t facts;

    memset(state, 0, sizeof(*state));
    state->path = file->path;
    state->failures = __atomic_load_n(&page->failures, __ATOMIC_RELAXED);
    state->bad_rows = __atomic_load_n(&page->bad_rows, __ATOMIC_RELAXED);
    state->held_back =
        held_text(__atomic_load_n(&page->held_back, __ATOMIC_RELAXED));
    state->loaded = file->list.loaded
                    || cors_origin_share_exchanges(cors_mapped_share(page)) > 0;
    if (!state->loaded) {
        return;
    }
    cors_list_facts(page, &facts);
    state->listed = facts.listed;
    state->excluded = facts.excluded;
    state->tenants = facts.tenants;
    state->version = facts.version[0] ? apr_pstrdup(p, facts.version) : NULL;
    state->sum = cors_list_sum(p, facts.sum);
    state->loaded_at = facts.loaded_at;
    state->checked_at = __atomic_load_n(&page->checked_at, __ATOMIC_RELAXED);
    state->confirmed_at = __atomic_load_n(&page->dated, __ATOMIC_RELAXED);
    state->skipped = facts.skipped;
    if (file->options.max_stale > 0) {
        state->fresh_until = state->confirmed_at + file->options.max_stale;
        state->stale = cors_list_is_stale(file, apr_time_now());
    }
}

apr_array_header_t *cors_list_states(apr_pool_t *p, apr_pool_t *pconf)
{
    const apr_array_header_t *files = cors_list_files(pconf)->files;
    apr_array_header_t *states =
        apr_array_make(p, files->nelts, sizeof(cors_list_state_t));
    int i;

    for (i = 0; i < files->nelts; i++) {
        fill_state(p, APR_ARRAY_IDX(files, i, const cors_list_file_t *),
                   apr_array_push(states));
    }
    return states;
}
