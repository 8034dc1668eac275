/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "mod_cors_policy.h"

#include <string.h>

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

static void check_section(cors_speaker_t *speaker, server_rec *server,
                          const cors_section_t *section)
{
    check_t check;
    cors_methods_group_t *groups;
    int count = cors_section_groups(speaker->p, section, &groups);
    int i;

    check.speaker = speaker;
    check.server = server;
    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        cors_policy_resolve(speaker->p, section, groups[i].one, &policy);
        cors_policy_contradictions(&policy, refuse, &check);
    }
}

/* Whether a request for the path of one <Location>, or <Directory>, has another
 * one as well. */
static bool has_too(const cors_site_t *site, const cors_site_t *other)
{
    return other->server == site->server && other->kind == site->kind
           && other->scope.path
           && cors_path_is_above(other->scope.path, site->scope.path);
}

/* All that a request for the path of a site has, in httpd's order: of <Location>
 * what is written first, of <Directory> the shortest path. */
static apr_array_header_t *all_above(apr_pool_t *p,
                                     const apr_array_header_t *sites, int first,
                                     const cors_site_t *site)
{
    apr_array_header_t *above =
        apr_array_make(p, 4, sizeof(const cors_site_t *));
    int i;
    int k;

    for (i = first + 1; i < sites->nelts; i++) {
        const cors_site_t *other = cors_site_at(sites, i);

        if (!has_too(site, other)) {
            continue;
        }
        APR_ARRAY_PUSH(above, const cors_site_t *) = other;
        for (k = above->nelts - 1;
             k > 0 && site->kind == CORS_SITE_DIRECTORY
             && strlen(cors_site_at(above, k - 1)->scope.path)
                    > strlen(other->scope.path);
             k--) {
            APR_ARRAY_IDX(above, k, const cors_site_t *) =
                cors_site_at(above, k - 1);
            APR_ARRAY_IDX(above, k - 1, const cors_site_t *) = other;
        }
    }
    return above;
}

/* A section with those whose path is above its own, where paths are written out. */
static void check_above(cors_speaker_t *speaker,
                        const apr_array_header_t *sites, int first,
                        const cors_site_t *site)
{
    const cors_section_t *merged = cors_site_at(sites, first)->merged;
    const apr_array_header_t *above;
    int i;

    if ((site->kind != CORS_SITE_LOCATION && site->kind != CORS_SITE_DIRECTORY)
        || !site->scope.path) {
        return;
    }
    above = all_above(speaker->p, sites, first, site);
    if (above->nelts > 1) {
        for (i = 0; i < above->nelts; i++) {
            merged = cors_section_merge(speaker->p, merged,
                                        cors_site_at(above, i)->own);
        }
        check_section(speaker, site->server, merged);
    }
}

static void check_sites(cors_speaker_t *speaker,
                        const apr_array_header_t *sites)
{
    int server = 0;
    int i;

    for (i = 0; i < sites->nelts; i++) {
        const cors_site_t *site = cors_site_at(sites, i);

        server = site->kind == CORS_SITE_SERVER ? i : server;
        check_section(speaker, site->server, site->merged);
        check_above(speaker, sites, server, site);
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

    (void)p;
    (void)log;
    check_sites(&speaker, sites);
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
