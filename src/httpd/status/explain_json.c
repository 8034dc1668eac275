/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes an explanation as JSON.
 *
 * It is its own file because the status page and the command line (CorsExplain ... as
 * json) write the same members. It computes nothing: explain_request.c and
 * explain_cli.c fill the answer.
 */

#include "httpd/status/explain_json.h"

#include "core/base/json.h"
#include "core/diagnose/explain.h"
#include "core/policy/decide.h"
#include "core/policy/section.h"
#include "httpd/config/sections.h"

/* Write a header of a table as a JSON string. */
static int json_header(void *context, const char *name, const char *value)
{
    cors_json_string(context, name, value);
    return 1;
}

static void json_exchange(cors_json_t *json, const char *name,
                          const cors_exchange_t *exchange, apr_pool_t *p)
{
    cors_json_open(json, name, '{');
    cors_json_string(json, "verdict",
                     cors_verdict_text(exchange->decision.verdict));
    cors_json_string(json, "reason",
                     cors_reason_text(exchange->decision.reason));
    cors_json_string(json, "decided_by",
                     cors_decision_source(p, &exchange->decision));
    if (exchange->status) {
        cors_json_number(json, "status", exchange->status);
    }
    else {
        cors_json_string(json, "status", NULL);
    }
    cors_json_open(json, "headers", '{');
    apr_table_do(json_header, json, exchange->headers, NULL);
    cors_json_close(json, '}');
    cors_json_string(json, "objection", exchange->objection);
    cors_json_close(json, '}');
}

static void json_sections(apr_pool_t *p, cors_json_t *json,
                          const cors_explain_request_t *request)
{
    int i;

    cors_json_open(json, "sections", '[');
    for (i = 0; i < request->scopes->nelts; i++) {
        const cors_scope_t *scope =
            APR_ARRAY_IDX(request->scopes, i, const cors_scope_t *);

        cors_json_open(json, NULL, '{');
        cors_json_string(json, "section", scope->title);
        cors_json_string(json, "where", cors_scope_position(p, scope));
        cors_json_close(json, '}');
    }
    cors_json_close(json, ']');
}

/* Write the virtual host, and what limits the answer. */
static void json_host(apr_pool_t *p, cors_json_t *json,
                      const cors_explain_request_t *request)
{
    int i;

    cors_json_string(json, "server_name", request->server->server_hostname);
    cors_json_string(json, "server_where",
                     cors_server_position(p, request->server));
    cors_json_open(json, "notes", '[');
    for (i = 0; i < request->notes->nelts; i++) {
        cors_json_string(json, NULL,
                         APR_ARRAY_IDX(request->notes, i, const char *));
    }
    cors_json_close(json, ']');
}

/* Write what CorsProtect decides; null if it is off. */
static void json_protect(cors_json_t *json, const cors_policy_t *policy,
                         const cors_explanation_t *answer)
{
    const cors_setting_t *setting = policy->link[CORS_ATTR_PROTECT].setting;

    if (cors_policy_protection(policy) == CORS_PROTECTION_OFF) {
        cors_json_string(json, "protect", NULL);
        return;
    }
    cors_json_open(json, "protect", '{');
    cors_json_string(json, "mode",
                     cors_attr_choices(CORS_ATTR_PROTECT)[setting->choice]);
    cors_json_string(json, "verdict",
                     cors_protect_verdict_text(answer->protect.verdict));
    cors_json_string(json, "reason",
                     cors_protect_reason_text(answer->protect.reason));
    cors_json_string(json, "decided_by",
                     cors_protect_setting(policy, &answer->protect)->source);
    cors_json_string(json, "advice", answer->protect_hint);
    cors_json_close(json, '}');
}

void cors_explain_json(apr_pool_t *p, const cors_explain_request_t *request,
                       bool asked, cors_json_t *json)
{
    const cors_explanation_t *answer = &request->answer;

    cors_json_string(json, "url", request->url);
    cors_json_string(json, "origin", request->origin);
    cors_json_string(json, "method", request->method);
    cors_json_string(json, "headers", request->headers);
    cors_json_bool(json, "credentials", request->credentials);
    cors_json_string(json, "problem",
                     asked ? request->problem
                           : "There is no request to explain.");
    if (!asked || request->problem) {
        return;
    }
    json_host(p, json, request);
    if (request->lookup) {
        cors_json_number(json, "lookup", request->lookup);
    }
    else {
        cors_json_string(json, "lookup", NULL);
    }
    json_sections(p, json, request);
    cors_json_bool(json, "cross_origin", answer->cross_origin);
    cors_json_bool(json, "preflighted", answer->preflighted);
    if (answer->preflighted) {
        json_exchange(json, "preflight", &answer->preflight, p);
    }
    cors_json_bool(json, "sent", answer->sent);
    json_exchange(json, "actual", &answer->actual, p);
    cors_json_bool(json, "readable", answer->readable);
    cors_json_string(json, "advice", answer->advice);
    json_protect(json, &request->policy, answer);
}
