/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Makes a decision available outside of the module: to log formats as %{verdict}^co, to
 * httpd's expressions as %{CORS_VERDICT}, to other modules by the optional function
 * cors_policy_lookup(), and to programs as environment variables if CorsSetEnv is On. A
 * value is computed only when it is read, so a server that does not use them has no cost.
 * All of them read the decision that was reported last (report.c). The module's own log
 * lines are written in log.c.
 */

#include "httpd/request/readers.h"

#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_log_config.h>

#include "core/policy/reading.h"
#include "httpd/request/decision.h"
#include "mod_cors_policy.h"

/* The names of the values in expressions and in the environment. */
static const char *const variables[CORS_READING_COUNT] = {
    "CORS_VERDICT",          "CORS_REASON",          "CORS_ORIGIN",
    "CORS_DIRECTIVE",        "CORS_PROTECT_VERDICT", "CORS_PROTECT_REASON",
    "CORS_PROTECT_DIRECTIVE"
};

static const char *read_value(request_rec *r, cors_reading_e reading)
{
    const cors_chain_t *chain = cors_chain(r);

    if (reading >= CORS_READING_POLICY_COUNT) {
        return chain && chain->protect_setting
                   ? cors_protect_read(&chain->protect, chain->protect_setting,
                                       reading)
                   : NULL;
    }
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

/* Returns the value that a variable has; CORS_READING_COUNT: there is no such variable. */
static cors_reading_e find_variable(const char *name)
{
    int i = 0;

    while (i < CORS_READING_COUNT && ap_cstr_casecmp(name, variables[i]) != 0) {
        i++;
    }
    return (cors_reading_e)i;
}

int cors_hook_expr_lookup(ap_expr_lookup_parms *parms)
{
    ap_expr_var_func_t *const function = expression_value;
    cors_reading_e reading = CORS_READING_COUNT;

    if (parms->type == AP_EXPR_FUNC_VAR) {
        reading = find_variable(parms->name);
    }
    if (reading == CORS_READING_COUNT) {
        return DECLINED;
    }
    memcpy(parms->func, &function, sizeof(function));
    *parms->data = &variables[reading];
    return OK;
}

/* The function of include/mod_cors_policy.h. */
static const char *cors_policy_lookup(request_rec *r, const char *name)
{
    cors_reading_e reading = find_variable(name);

    return reading < CORS_READING_COUNT ? read_value(r, reading) : NULL;
}

void cors_register_lookup(void)
{
    APR_REGISTER_OPTIONAL_FN(cors_policy_lookup);
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

static void set_variable(request_rec *r, int i, const char *value)
{
    if (value) {
        apr_table_setn(r->subprocess_env, variables[i], value);
    }
    else {
        apr_table_unset(r->subprocess_env, variables[i]);
    }
}

void cors_set_variables(request_rec *r, const cors_decision_t *decision)
{
    int i;

    for (i = 0; i < CORS_READING_POLICY_COUNT; i++) {
        set_variable(r, i,
                     cors_decision_read(r->pool, decision, (cors_reading_e)i));
    }
}

void cors_set_protect_variables(request_rec *r)
{
    int i;

    for (i = CORS_READING_POLICY_COUNT; i < CORS_READING_COUNT; i++) {
        set_variable(r, i, read_value(r, (cors_reading_e)i));
    }
}
