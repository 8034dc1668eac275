/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <apr_strings.h>

void cors_speak(cors_speaker_t *speaker, server_rec *server, const char *said,
                const cors_finding_t *finding)
{
    bool warning = cors_problem_is_warning(finding->problem);
    const char *sentence =
        apr_pstrcat(speaker->p, warning ? "Warning: " : "", said, ": ",
                    cors_problem_sentence(speaker->p, finding), NULL);

    speaker->refusals += warning ? 0 : 1;
    if (!apr_hash_get(speaker->said, sentence, APR_HASH_KEY_STRING)) {
        apr_hash_set(speaker->said, sentence, APR_HASH_KEY_STRING, sentence);
        ap_log_error(APLOG_MARK,
                     (warning ? APLOG_WARNING : APLOG_ERR) | speaker->flags, 0,
                     server, "%s", sentence);
    }
}

/* One site whose contradictions are told. */
typedef struct {
    cors_speaker_t *speaker;
    server_rec *server;
} check_t;

static void refuse(void *context, const cors_contradiction_t *found)
{
    const check_t *check = context;
    const cors_finding_t finding = { found->problem, cors_slice(found->word),
                                     NULL, found->because };
    const char *said = found->said[0];

    if (found->said[1]) {
        said = apr_pstrcat(check->speaker->p, said, " with ", found->said[1],
                           NULL);
    }
    cors_speak(check->speaker, check->server, said, &finding);
}

static void check_site(cors_speaker_t *speaker, const cors_site_t *site)
{
    check_t check;
    cors_methods_group_t *groups;
    int count = cors_section_groups(speaker->p, site->merged, &groups);
    int i;

    check.speaker = speaker;
    check.server = site->server;
    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        cors_policy_resolve(speaker->p, site->merged, groups[i].one, &policy);
        cors_policy_contradictions(&policy, refuse, &check);
    }
}

static cors_speaker_t make_speaker(apr_pool_t *p, int flags)
{
    cors_speaker_t speaker;

    speaker.p = p;
    speaker.flags = flags;
    speaker.said = apr_hash_make(p);
    speaker.refusals = 0;
    return speaker;
}

/* The reading that only looks whether the configuration can be read: httpd -t,
 * and the first of the two when a server starts. */
static bool is_first_reading(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}

int cors_check_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                      server_rec *server)
{
    cors_speaker_t speaker = make_speaker(temp, APLOG_STARTUP);
    const apr_array_header_t *sites = cors_sites(temp, server);
    int i;

    (void)p;
    (void)log;
    for (i = 0; i < sites->nelts; i++) {
        check_site(&speaker, cors_site_at(sites, i));
    }
    /* at a start the terminal shows the first reading; the second one has the
     * log once it is open */
    if (!speaker.refusals && is_first_reading()) {
        cors_warn(&speaker, sites);
        cors_warn_of_neighbours(&speaker, sites);
    }
    return speaker.refusals ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

/* Where no directive is, the module is not to be seen, in Server neither. */
static bool is_used(const apr_array_header_t *sites)
{
    int i;

    for (i = 0; i < sites->nelts; i++) {
        if (!cors_section_empty(cors_site_at(sites, i)->merged)) {
            return true;
        }
    }
    return false;
}

int cors_post_config(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                     server_rec *server)
{
    cors_speaker_t speaker = make_speaker(temp, 0);
    const apr_array_header_t *sites;

    (void)log;
    if (!is_first_reading()) {
        cors_prepare(p, server);
        sites = cors_sites_keep(p, server);
        if (is_used(sites)) {
            /* httpd shows it with ServerTokens Full alone */
            ap_add_version_component(p, "mod_cors_policy/" CORS_POLICY_VERSION);
        }
        cors_count_open(temp, server, sites);
        cors_watch_origins_files(p, server);
        cors_warn(&speaker, sites);
        cors_warn_of_neighbours(&speaker, sites);
    }
    return OK;
}
