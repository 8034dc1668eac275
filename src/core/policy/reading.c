/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The values of a decision that others can read: log formats, expressions and programs.
 *
 * It is its own file because their names are needed twice: to look up the value that
 * httpd requests, and to check the log formats of the configuration at start-up.
 */

#include "core/policy/reading.h"

#include <string.h>

#include "core/base/list.h"

static const char *const names[CORS_READING_COUNT] = {
    "verdict",         "reason",         "origin",           "directive",
    "protect-verdict", "protect-reason", "protect-directive"
};

const char *cors_reading_name(cors_reading_e reading)
{
    return names[reading];
}

cors_reading_e cors_reading_find(const char *name)
{
    int i;

    for (i = 0; i < CORS_READING_COUNT && strcmp(name, names[i]) != 0; i++) {
    }
    return (cors_reading_e)i;
}

static const char *origin(apr_pool_t *p, const cors_decision_t *decision)
{
    if (!decision->origin.ptr) {
        return NULL;
    }
    if (decision->origin_text) {
        return decision->origin_text;
    }
    return cors_slice_text(p, decision->origin);
}

const char *cors_decision_read(apr_pool_t *p, const cors_decision_t *decision,
                               cors_reading_e reading)
{
    switch (reading) {
    case CORS_READING_VERDICT:
        return cors_verdict_text(decision->verdict);
    case CORS_READING_REASON:
        return cors_reason_text(decision->reason);
    case CORS_READING_ORIGIN:
        return origin(p, decision);
    case CORS_READING_DIRECTIVE:
        if (decision->verdict == CORS_VERDICT_NOT_CORS) {
            return NULL;
        }
        return cors_decision_source(p, decision);
    default:
        return NULL;
    }
}

const char *cors_protect_read(const cors_protect_decision_t *decision,
                              const cors_setting_t *setting,
                              cors_reading_e reading)
{
    switch (reading) {
    case CORS_READING_PROTECT_VERDICT:
        return cors_protect_verdict_text(decision->verdict);
    case CORS_READING_PROTECT_REASON:
        return cors_protect_reason_text(decision->reason);
    case CORS_READING_PROTECT_DIRECTIVE:
        return setting ? setting->source : NULL;
    default:
        return NULL;
    }
}
