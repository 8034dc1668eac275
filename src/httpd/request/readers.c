/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Makes a decision available outside of the module: to log formats as %{verdict}^co, to
 * httpd's expressions as %{CORS_VERDICT}, and to programs as environment variables if
 * CorsSetEnv is On. A value is computed only when it is read, so a server that does not
 * use them has no cost. All of them read the decision that was reported last
 * (report.c). The module's own log lines are written in log.c.
 */

#include "httpd/request/readers.h"

#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_log_config.h>

#include "core/policy/reading.h"
#include "httpd/request/decision.h"

/* The names of the values in expressions and in the environment. */
static const char *const variables[CORS_READING_COUNT] = {
    "CORS_VERDICT", "CORS_REASON", "CORS_ORIGIN", "CORS_DIRECTIVE"
};

static const char *read_value(request_rec *r, cors_reading_e reading)
{
    const cors_chain_t *chain = cors_chain(r);

    if (chain && chain->reported) {
        return cors_decision_read(r->pool, chain->reported, reading);
    }
    return NULL;
}

/* Returns a value for a log line. It is escaped, because file names can contain any
 * byte. */
static const char *log_value(request_rec *r, char *tag)
{
    cors_reading_e reading = cors_reading_find(tag);
    const char *value =
        reading < CORS_READING_COUNT ? read_value(r, reading) : NULL;

    return value ? ap_escape_logitem(r->pool, value) : NULL;
}

/* Returns a value for an expression. Its data is an element of variables. */
static const char *expression_value(ap_expr_eval_ctx_t *context,
                                    const void *data)
{
    const char *const *variable = data;
    const char *value =
        context->r
            ? read_value(context->r, (cors_reading_e)(variable - variables))
            : NULL;

    return value ? value : "";
}

int cors_hook_expr_lookup(ap_expr_lookup_parms *parms)
{
    ap_expr_var_func_t *const function = expression_value;
    int i;

    if (parms->type != AP_EXPR_FUNC_VAR) {
        return DECLINED;
    }
    for (i = 0; i < CORS_READING_COUNT; i++) {
        if (ap_cstr_casecmp(parms->name, variables[i]) == 0) {
            memcpy(parms->func, &function, sizeof(function));
            *parms->data = &variables[i];
            return OK;
        }
    }
    return DECLINED;
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
    int i;

    for (i = 0; i < CORS_READING_COUNT; i++) {
        const char *value =
            cors_decision_read(r->pool, decision, (cors_reading_e)i);

        if (value) {
            apr_table_setn(r->subprocess_env, variables[i], value);
        }
        else {
            apr_table_unset(r->subprocess_env, variables[i]);
        }
    }
}
