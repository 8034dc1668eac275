/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Makes a decision available outside of the module: to log formats as %{verdict}^co, to
 * httpd's expressions as %{CORS_VERDICT}, and to programs as environment variables if
 * CorsSetEnv is On. A value is computed only when it is read, so a server that does not
 * use them has no cost. All of them read the decision that was reported last (chain.c).
 * The module's own log lines are written in report.c.
 */

#include "httpd/request/decision.h"

#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_log_config.h>

static const char *verdict(request_rec *r, const cors_decision_t *decision)
{
    (void)r;
    return cors_verdict_text(decision->verdict);
}

static const char *reason(request_rec *r, const cors_decision_t *decision)
{
    (void)r;
    return cors_reason_text(decision->reason);
}

static const char *origin(request_rec *r, const cors_decision_t *decision)
{
    if (!decision->origin.ptr) {
        return NULL;
    }
    return decision->origin_text ? decision->origin_text
                                 : cors_slice_text(r->pool, decision->origin);
}

static const char *directive(request_rec *r, const cors_decision_t *decision)
{
    return decision->verdict == CORS_VERDICT_NOT_CORS
               ? NULL
               : cors_decision_source(r->pool, decision);
}

typedef const char *value_fn(request_rec *r, const cors_decision_t *decision);

/* A value that can be read: its names, and a function that returns it or NULL. */
typedef struct {
    const char *tag;      /* in a log format */
    const char *variable; /* in an expression and in the environment */
    value_fn *value;
} reading_t;

static const reading_t readings[] = { { "verdict", "CORS_VERDICT", verdict },
                                      { "reason", "CORS_REASON", reason },
                                      { "origin", "CORS_ORIGIN", origin },
                                      { "directive", "CORS_DIRECTIVE",
                                        directive } };

#define READINGS (sizeof(readings) / sizeof(readings[0]))

static const char *read_value(request_rec *r, const reading_t *reading)
{
    const cors_chain_t *chain = cors_chain(r);

    return chain && chain->reported ? reading->value(r, chain->reported) : NULL;
}

static const reading_t *find_reading(const char *name, bool tag)
{
    apr_size_t i;

    for (i = 0; i < READINGS; i++) {
        if (tag ? strcmp(name, readings[i].tag) == 0
                : ap_cstr_casecmp(name, readings[i].variable) == 0) {
            return &readings[i];
        }
    }
    return NULL;
}

bool cors_reading_exists(const char *tag)
{
    return find_reading(tag, true) != NULL;
}

/* Returns a value for a log line. It is escaped, because file names can contain any
 * byte. */
static const char *log_value(request_rec *r, char *tag)
{
    const reading_t *reading = find_reading(tag, true);
    const char *value = reading ? read_value(r, reading) : NULL;

    return value ? ap_escape_logitem(r->pool, value) : NULL;
}

static const char *expression_value(ap_expr_eval_ctx_t *context,
                                    const void *data)
{
    const char *value = context->r ? read_value(context->r, data) : NULL;

    return value ? value : "";
}

int cors_hook_expr_lookup(ap_expr_lookup_parms *parms)
{
    const reading_t *reading = parms->type == AP_EXPR_FUNC_VAR
                                   ? find_reading(parms->name, false)
                                   : NULL;
    ap_expr_var_func_t *const function = expression_value;

    if (!reading) {
        return DECLINED;
    }
    memcpy(parms->func, &function, sizeof(function));
    *parms->data = reading;
    return OK;
}

int cors_register_log_tags(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp)
{
    APR_OPTIONAL_FN_TYPE(ap_register_log_handler) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_register_log_handler);

    (void)log;
    (void)temp;
    if (add) {
        add(p, "^" CORS_LOG_TAG, log_value, 0);
    }
    return OK;
}

void cors_set_variables(request_rec *r, const cors_decision_t *decision)
{
    apr_size_t i;

    for (i = 0; i < READINGS; i++) {
        const char *value = readings[i].value(r, decision);

        if (value) {
            apr_table_setn(r->subprocess_env, readings[i].variable, value);
        }
        else {
            apr_table_unset(r->subprocess_env, readings[i].variable);
        }
    }
}
