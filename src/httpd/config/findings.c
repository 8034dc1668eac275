/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Reports the findings of the checks at start-up, each sentence once, and at most twenty
 * of a kind.
 *
 * It is its own file because all checks use it, and none of them should know how a
 * finding is logged. It does not check anything. The checks need much memory, which
 * httpd's parent would otherwise keep, so a reporter owns a pool that returns its memory
 * to the system.
 */

#include "httpd/config/findings.h"

#include <string.h>

#include <apr_strings.h>

#include "httpd/shared/shared_list.h"

/* Returns whether a finding exceeds the limit for its kind. LogLevel debug disables the
 * limit. */
static bool is_summarised(const cors_reporter_t *reporter,
                          const server_rec *server, cors_problem_e problem)
{
    return reporter->counts[problem] > CORS_REPORTED_MAX
           && !APLOG_IS_LEVEL(server, APLOG_DEBUG);
}

static void report(const cors_reporter_t *reporter, server_rec *server,
                   bool warning, const char *sentence)
{
    ap_log_error(APLOG_MARK,
                 (warning ? APLOG_WARNING : APLOG_ERR) | reporter->flags, 0,
                 server, "%s%s", warning ? "Warning: " : "", sentence);
}

void cors_report_finding(cors_reporter_t *reporter, server_rec *server,
                         const char *source, const cors_finding_t *finding)
{
    bool warning = cors_problem_is_warning(finding->problem);
    const char *sentence =
        apr_pstrcat(reporter->p, source, ": ",
                    cors_problem_sentence(reporter->scratch, finding), NULL);

    reporter->refusals += warning ? 0 : 1;
    if (apr_hash_get(reporter->source, sentence, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_hash_set(reporter->source, sentence, APR_HASH_KEY_STRING, sentence);
    reporter->counts[finding->problem]++;
    if (!is_summarised(reporter, server, finding->problem)) {
        report(reporter, server, warning, sentence);
    }
}

/* Report how many findings of each kind were not written. */
static void summarise(const cors_reporter_t *reporter, server_rec *server)
{
    int problem;

    for (problem = 0; problem < CORS_PROBLEM_COUNT; problem++) {
        int more = reporter->counts[problem] - CORS_REPORTED_MAX;

        if (is_summarised(reporter, server, (cors_problem_e)problem)) {
            report(reporter, server,
                   cors_problem_is_warning((cors_problem_e)problem),
                   apr_psprintf(reporter->p,
                                "... and %d more; write LogLevel "
                                "cors_policy:debug to see all of them [%s]",
                                more,
                                cors_problem_id((cors_problem_e)problem)));
        }
    }
}

void cors_reporter_start(cors_reporter_t *reporter, int flags)
{
    memset(reporter, 0, sizeof(*reporter));
    /* the checks need much memory, which httpd's parent would otherwise keep */
    reporter->p = cors_scratch_pool();
    if (!reporter->p) {
        apr_pool_create(&reporter->p, NULL);
    }
    apr_pool_create(&reporter->scratch, reporter->p);
    reporter->flags = flags;
    reporter->source = apr_hash_make(reporter->p);
}

void cors_reporter_end(cors_reporter_t *reporter, server_rec *server)
{
    summarise(reporter, server);
    apr_pool_destroy(reporter->p);
}
