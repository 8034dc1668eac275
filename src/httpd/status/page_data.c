/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What all formats of the status page show in the same words: times, URLs, and the advice
 * for a recorded refusal.
 *
 * It is its own file because the formats use it and page.c uses the formats. It writes
 * nothing. A recorded refusal holds the id of its setting, since shared memory holds no
 * pointers; the setting is found again by that id, also after a restart.
 */

#include "httpd/status/page_data.h"

#include <string.h>

#include <apr_strings.h>
#include <http_main.h>

#include "core/base/fetch.h"
#include "core/base/list.h"
#include "core/diagnose/advice.h"
#include "core/policy/section.h"
#include "httpd/config/sections.h"

const char *cors_page_time(apr_pool_t *p, apr_time_t time)
{
    apr_time_exp_t utc;

    apr_time_exp_gmt(&utc, time);
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900,
                        utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                        utc.tm_sec);
}

const char *cors_page_list_notes(apr_pool_t *p, const cors_list_state_t *state)
{
    const char *notes = "";

    if (state->skipped > 0) {
        notes = apr_psprintf(p, ", %" APR_SIZE_T_FMT " bad rows skipped",
                             state->skipped);
    }
    if (state->bad_rows != state->skipped) {
        notes = apr_psprintf(p, "%s, %" APR_SIZE_T_FMT " bad rows in the file",
                             notes, state->bad_rows);
    }
    if (state->held_back) {
        notes = apr_pstrcat(p, notes, ", the list of the file is held back (",
                            state->held_back, ")", NULL);
    }
    if (state->fresh_until) {
        notes = apr_pstrcat(p, notes,
                            state->stale ? ", stale since " : ", fresh until ",
                            cors_page_time(p, state->fresh_until), NULL);
    }
    return notes;
}

const char *cors_page_base(apr_pool_t *p,
                           const cors_recorded_refusal_t *refusal)
{
    /* httpd removes the brackets of an IPv6 address */
    bool bare = strchr(refusal->host, ':') && refusal->host[0] != '[';
    const char *host =
        bare ? apr_pstrcat(p, "[", refusal->host, "]", NULL) : refusal->host;

    if (refusal->port == cors_fetch_default_port(cors_slice(refusal->scheme))) {
        return apr_pstrcat(p, refusal->scheme, "://", host, NULL);
    }
    return apr_psprintf(p, "%s://%s:%u", refusal->scheme, host, refusal->port);
}

static void add_setting(void *context, cors_attr_e attr,
                        const cors_setting_t *setting)
{
    const cors_page_t *page = context;

    (void)attr;
    apr_hash_set(page->settings, &setting->id, sizeof(setting->id), setting);
}

/* Returns the setting of an id; NULL: it is not in the configuration any more. */
static const cors_setting_t *setting_of(const cors_page_t *page,
                                        cors_attr_e attr, apr_uint64_t id)
{
    const cors_setting_t *setting =
        apr_hash_get(page->settings, &id, sizeof(id));

    /* another module may have been loaded since, with other attributes */
    return setting && setting->attr == attr ? setting : NULL;
}

const char *cors_page_kind(const cors_recorded_refusal_t *refusal)
{
    switch (refusal->verdict) {
    case CORS_VERDICT_PREFLIGHT_DENIED:
        return "preflight";
    case CORS_VERDICT_WEBSOCKET_DENIED:
        return "WebSocket";
    default:
        return "request";
    }
}

const char *cors_page_reason(const cors_recorded_cause_t *cause)
{
    return cause->protect ? cors_protect_reason_text(cause->protect)
                          : cors_reason_text(cause->reason);
}

const char *cors_page_advice(cors_page_t *page,
                             const cors_recorded_cause_t *cause,
                             const char *origin)
{
    cors_refused_t refused;

    if (cause->protect) {
        return cors_advice_protect(page->r->pool, cause->protect, origin);
    }
    if (!page->settings) {
        page->settings = apr_hash_make(page->r->pool);
        cors_settings_visit(page->r->pool, ap_server_conf, add_setting, page);
    }
    memset(&refused, 0, sizeof(refused));
    refused.reason = cause->reason;
    refused.attr = cause->attr;
    refused.by_default = cause->setting == 0;
    refused.source = cause->source;
    refused.origin = origin;
    refused.rejected = cause->rejected;
    refused.setting = setting_of(page, cause->attr, cause->setting);
    refused.mode = setting_of(page, CORS_ATTR_MODE, cause->mode);
    return cors_advice(page->r->pool, &refused);
}

const char *cors_counted_text(cors_counted_e kind)
{
    return kind == CORS_COUNTED_ENFORCED ? "enforced" : "report-only";
}
