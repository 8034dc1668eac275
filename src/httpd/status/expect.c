/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * CorsExpect: what an administrator expects of the policies, checked each time httpd
 * reads its configuration. The core's expect.c decides whether one policy does what is
 * expected; this file finds the policy of the URL and reports the result.
 *
 * There is no request, so some policies cannot be determined. Where an <If> decides, the
 * expectation is checked for each combination of conditions, and is undecided if the
 * results differ or there are too many conditions. A .htaccess file, or a directive that
 * maps the URL to another file, leaves it undecided. An undecided expectation is a
 * warning and never counts as met.
 */

#include "httpd/status/expect.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>
#include <ap_mpm.h>

#include "core/base/fetch.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/diagnose/expect.h"
#include "core/origin/pattern.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "httpd/config/check.h"
#include "httpd/config/containers.h"
#include "httpd/config/server_names.h"
#include "httpd/status/cli.h"
#include "httpd/status/explain_url.h"
#include "httpd/status/url_sections.h"

#define DIRECTIVE "CorsExpect"

#define JSON_VERSION 1

/* A CorsExpect as read. */
typedef struct {
    cors_expectation_t expectation;
    const char *text;   /* the arguments */
    const char *source; /* "CorsExpect httpd.conf:12" */
    const char *url;    /* absolute, or a path of server */
    server_rec *server; /* where the directive is written */
} expected_t;

/* The result for one expectation. */
typedef struct {
    cors_expect_e outcome;
    const char
        *detail; /* what the policy does instead, or what is unknown; or NULL */
} outcome_t;

/* --- reading */

/* Returns the message for a rejected argument. */
static const char *reject(apr_pool_t *p, cors_problem_e problem,
                          const char *word, const char *suggestion)
{
    const cors_finding_t finding = { problem, cors_slice(word), suggestion,
                                     NULL };

    return apr_pstrcat(p, DIRECTIVE ": ", cors_problem_sentence(p, &finding),
                       NULL);
}

static const char *read_verdict(apr_pool_t *p, const char *word,
                                cors_expectation_t *expectation)
{
    expectation->allow = strcmp(word, "allow") == 0;
    if (expectation->allow || strcmp(word, "deny") == 0) {
        return NULL;
    }
    return reject(p, CORS_PROBLEM_EXPECT_VERDICT, word, NULL);
}

static const char *read_origin(apr_pool_t *p, const char *word,
                               cors_expectation_t *expectation)
{
    const char *suggestion = NULL;
    cors_pattern_t pattern;
    cors_problem_e problem;

    if (strcmp(word, "any-other") == 0) {
        expectation->any_other = true;
        return NULL;
    }
    expectation->request.origin = word;
    if (!*word) {
        return reject(p, CORS_PROBLEM_ARGUMENT_MISSING, word, NULL);
    }
    problem =
        cors_pattern_parse(p, cors_slice(word), true, &pattern, &suggestion);
    if (problem) {
        return reject(p, problem, word, suggestion);
    }
    if (pattern.kind == CORS_PATTERN_NULL
        || (pattern.kind == CORS_PATTERN_ORIGIN && !pattern.exclude
            && !pattern.subdomains && !pattern.any_port && !pattern.any_host)) {
        return NULL;
    }
    return reject(p, CORS_PROBLEM_EXPECT_ORIGIN, word,
                  pattern.kind == CORS_PATTERN_ANY ? "any-other" : NULL);
}

static const char *read_method(apr_pool_t *p, const char *word,
                               cors_expectation_t *expectation)
{
    const char *known = cors_fetch_well_known_method(cors_slice(word));

    expectation->request.method = word;
    if (!*word) {
        return reject(p, CORS_PROBLEM_ARGUMENT_MISSING, word, NULL);
    }
    if (!cors_is_token(cors_slice(word))) {
        return reject(p, CORS_PROBLEM_METHOD_TOKEN, word, NULL);
    }
    if (cors_fetch_forbidden_method(cors_slice(word))) {
        return reject(p, CORS_PROBLEM_METHOD_FORBIDDEN, word, NULL);
    }
    if (known && strcmp(known, word) != 0) {
        return reject(p, CORS_PROBLEM_METHOD_CASE, word, known);
    }
    return NULL;
}

static const char *read_url(apr_pool_t *p, const char *word,
                            expected_t *expected)
{
    apr_uri_t uri;
    cors_fetch_request_t *request = &expected->expectation.request;

    expected->url = word;
    if (!*word) {
        return reject(p, CORS_PROBLEM_ARGUMENT_MISSING, word, NULL);
    }
    if (cors_explain_url(p, word, &uri, request)
        && ((!uri.hostname && word[0] == '/')
            || (uri.scheme && uri.hostname))) {
        return NULL;
    }
    return reject(p, CORS_PROBLEM_EXPECT_URL, word, NULL);
}

static const char *read_headers(apr_pool_t *p, const char *names,
                                cors_expectation_t *expectation)
{
    cors_slice_t rest = cors_slice(names);
    cors_slice_t name;

    expectation->request.headers = names;
    while (cors_list_next(&rest, &name)) {
        if (!cors_is_token(name)) {
            return reject(p, CORS_PROBLEM_HEADER_TOKEN,
                          cors_slice_text(p, name), NULL);
        }
    }
    return NULL;
}

/* Parse headers=NAME[,NAME]..., credentials and websocket. */
static const char *read_options(apr_pool_t *p, const char *args,
                                cors_expectation_t *expectation)
{
    const char *error = NULL;
    const char *word;

    while (!error && *(word = ap_getword_conf(p, &args))) {
        if (strcmp(word, "credentials") == 0) {
            expectation->request.credentials = true;
        }
        else if (strcmp(word, "websocket") == 0) {
            expectation->request.websocket = true;
        }
        else if (strncmp(word, "headers=", 8) == 0 && word[8]) {
            error = read_headers(p, word + 8, expectation);
        }
        else {
            error = reject(p, CORS_PROBLEM_EXPECT_OPTION, word, NULL);
        }
    }
    return error;
}

static const char *read_expectation(apr_pool_t *p, const char *args,
                                    expected_t *expected)
{
    cors_expectation_t *expectation = &expected->expectation;
    const char *error = read_verdict(p, ap_getword_conf(p, &args), expectation);

    if (!error) {
        error = read_origin(p, ap_getword_conf(p, &args), expectation);
    }
    if (!error) {
        error = read_method(p, ap_getword_conf(p, &args), expectation);
    }
    if (!error) {
        error = read_url(p, ap_getword_conf(p, &args), expected);
    }
    return error ? error : read_options(p, args, expectation);
}

const char *cors_set_expect(cmd_parms *cmd, void *section, const char *args)
{
    const char *misplaced =
        ap_check_cmd_context(cmd, NOT_IN_DIR_LOC_FILE | NOT_IN_LIMIT);
    expected_t *expected;
    const char *error;

    (void)section;
    if (misplaced) {
        return misplaced;
    }
    expected = apr_pcalloc(cmd->pool, sizeof(*expected));
    error = read_expectation(cmd->pool, args, expected);
    if (error) {
        return error;
    }
    expected->text = apr_pstrdup(cmd->pool, args);
    expected->server = cmd->server;
    expected->source = DIRECTIVE;
    if (cmd->directive) {
        expected->source =
            apr_psprintf(cmd->pool, DIRECTIVE " %s:%d",
                         cmd->directive->filename, cmd->directive->line_num);
    }
    cors_cli_ask(cmd->pool, DIRECTIVE, expected);
    return NULL;
}

/* --- checking */

/* Returns the decision that a failed expectation is about. */
static const cors_decision_t *decision_of(const cors_explanation_t *answer)
{
    if (answer->preflighted && !answer->sent) {
        return &answer->preflight.decision;
    }
    return &answer->actual.decision;
}

/* Returns what the policy does instead of what is expected. */
static const char *contradiction(apr_pool_t *p,
                                 const cors_expectation_t *expectation,
                                 const cors_policy_t *policy,
                                 const cors_expect_result_t *result)
{
    const cors_explanation_t *answer = &result->answer;
    const cors_decision_t *decision = decision_of(answer);
    const char *verdict = " is allowed: ";
    const char *text;

    if (expectation->allow && cors_explain_is_refused(policy, answer)) {
        return apr_pstrcat(p, result->origin, " is refused: ",
                           cors_protect_reason_text(answer->protect.reason),
                           ", by ",
                           policy->link[CORS_ATTR_PROTECT].setting->source,
                           NULL);
    }
    if (expectation->allow) {
        /* the policy may allow the origin, but not to read with credentials */
        verdict = cors_is_denial(decision) ? " is denied: "
                                           : " is denied by the browser: ";
    }
    text = apr_pstrcat(p, result->origin, verdict,
                       cors_reason_text(decision->reason), ", by ",
                       cors_decision_source(p, decision), NULL);
    if (expectation->allow && !expectation->any_other && answer->advice) {
        text = apr_pstrcat(p, text, ". ", answer->advice, NULL);
    }
    return text;
}

/* Returns what may allow a request that the policy of its URL does not allow; NULL:
 * nothing. */
static const char *find_doubt(apr_pool_t *p,
                              const cors_expectation_t *expectation,
                              const cors_url_sections_t *found,
                              const cors_policy_t *policy)
{
    const ap_directive_t *header = found->header;

    if (found->served && !policy->link[CORS_ATTR_MODE].setting) {
        return found->served;
    }
    if (header && !expectation->request.websocket
        && cors_policy_number(policy, CORS_ATTR_MODE) != CORS_MODE_ON) {
        return apr_pstrcat(p, cors_directive_position(p, header),
                           ", which sets Access-Control-Allow-Origin", NULL);
    }
    return NULL;
}

/* Check an expectation for one combination of conditions. */
static outcome_t check_combination(apr_pool_t *p,
                                   const cors_expectation_t *expectation,
                                   const cors_url_sections_t *found,
                                   unsigned held)
{
    outcome_t outcome = { CORS_EXPECT_HOLDS, NULL };
    cors_expect_result_t result;
    cors_policy_t policy;

    cors_policy_resolve(p, cors_url_sections_merge(p, found, held),
                        cors_script_methods(p, expectation->request.method),
                        &policy);
    cors_expect(p, &policy, expectation, &result);
    outcome.outcome = result.outcome;
    if (result.outcome == CORS_EXPECT_FAILS) {
        outcome.detail = contradiction(p, expectation, &policy, &result);
    }
    else if (result.outcome == CORS_EXPECT_UNDECIDED) {
        outcome.detail = result.obstacle;
    }
    else if (!expectation->allow) {
        outcome.detail = find_doubt(p, expectation, found, &policy);
        if (outcome.detail) {
            outcome.outcome = CORS_EXPECT_UNDECIDED;
        }
    }
    return outcome;
}

/* Returns the first section that applies only on a condition, with its position. */
static const char *first_condition(apr_pool_t *p,
                                   const cors_url_sections_t *found)
{
    int i;

    for (i = 0; i < found->sections->nelts; i++) {
        const cors_url_section_t *section =
            APR_ARRAY_IDX(found->sections, i, const cors_url_section_t *);

        if (section->condition >= 0) {
            return apr_pstrcat(p, section->scope->title, " ",
                               cors_scope_position(p, section->scope), NULL);
        }
    }
    return "<If>";
}

/* Check an expectation for each combination of conditions. */
static outcome_t check_conditions(apr_pool_t *p,
                                  const cors_expectation_t *expectation,
                                  const cors_url_sections_t *found)
{
    const unsigned end =
        found->conditions > CORS_CONDITIONS_MAX ? 1 : 1U << found->conditions;
    outcome_t outcome = check_combination(p, expectation, found, 0);
    unsigned held;

    for (held = 1; held < end; held++) {
        if (check_combination(p, expectation, found, held).outcome
            != outcome.outcome) {
            break;
        }
    }
    if (held < end || found->conditions > CORS_CONDITIONS_MAX) {
        outcome.outcome = CORS_EXPECT_UNDECIDED;
        outcome.detail = apr_pstrcat(p, first_condition(p, found),
                                     ", which only a request decides", NULL);
    }
    return outcome;
}

/* Check an expectation. */
static outcome_t check_expectation(apr_pool_t *p, server_rec *main_server,
                                   const expected_t *expected)
{
    cors_expectation_t expectation = expected->expectation;
    outcome_t outcome = { CORS_EXPECT_UNDECIDED, NULL };
    server_rec *server = expected->server;
    cors_url_sections_t found;
    apr_uri_t uri;
    cors_fetch_request_t unused;
    bool decoded;

    memset(&unused, 0, sizeof(unused));
    (void)cors_explain_url(p, expected->url, &uri, &unused);
    expectation.request.known_host = true;
    if (uri.hostname) {
        uri.hostname = cors_host_without_dot(p, uri.hostname);
        server = cors_server_for(p, main_server, &uri, &outcome.detail);
        if (!server) {
            outcome.outcome = CORS_EXPECT_FAILS;
            return outcome;
        }
        expectation.request.known_host =
            cors_server_has_host(server, uri.hostname);
        expectation.request.server_name =
            cors_url_server_name(p, server, uri.hostname);
    }
    if (!uri.path || !uri.path[0]) {
        uri.path = apr_pstrdup(p, "/");
    }
    decoded = ap_unescape_url(uri.path) == OK;
    cors_url_sections_find(p, main_server, server, uri.path, &found);
    outcome = check_conditions(p, &expectation, &found);
    if (!decoded) {
        outcome.outcome = CORS_EXPECT_UNDECIDED;
        outcome.detail = "an encoded character of the URL, such as %2F, which "
                         "httpd may not decode";
    }
    else if (found.remapped) {
        outcome.outcome = CORS_EXPECT_UNDECIDED;
        outcome.detail =
            apr_pstrcat(p, cors_directive_position(p, found.remapped),
                        ", which may map the URL to another file", NULL);
    }
    else if (found.htaccess) {
        outcome.outcome = CORS_EXPECT_UNDECIDED;
        outcome.detail = "a .htaccess file, which AllowOverride permits";
    }
    return outcome;
}

/* --- reporting */

static void report_outcome(cors_reporter_t *reporter, server_rec *server,
                           const expected_t *expected, const outcome_t *outcome)
{
    const cors_finding_t finding = { outcome->outcome == CORS_EXPECT_FAILS
                                         ? CORS_PROBLEM_EXPECT_FAILED
                                         : CORS_PROBLEM_EXPECT_UNDECIDED,
                                     cors_slice(expected->text), NULL,
                                     outcome->detail };

    cors_report_finding(reporter, server, expected->source, &finding);
}

/* What is written to standard output. */
typedef struct {
    cors_cli_t cli;
    cors_json_t *json; /* NULL: TAP */
} output_t;

static void print_tap(const output_t *output, int number,
                      const expected_t *expected, const outcome_t *outcome)
{
    cors_cli_print(&output->cli, "%s %d - %s (%s)",
                   outcome->outcome == CORS_EXPECT_HOLDS ? "ok" : "not ok",
                   number, cors_cli_tap(output->cli.p, expected->text),
                   cors_cli_tap(output->cli.p, expected->source));
    if (outcome->outcome == CORS_EXPECT_UNDECIDED) {
        cors_cli_print(&output->cli, " # TODO undecided: %s", outcome->detail);
    }
    cors_cli_print(&output->cli, "\n");
    if (outcome->outcome == CORS_EXPECT_FAILS) {
        cors_cli_print(&output->cli, "# %s\n", outcome->detail);
    }
}

static void print_json(const output_t *output, const expected_t *expected,
                       const outcome_t *outcome)
{
    static const char *const names[] = { "holds", "fails", "undecided" };
    cors_json_t *json = output->json;

    cors_json_open(json, NULL, '{');
    cors_json_string(json, "expectation", expected->text);
    cors_json_string(json, "set_by", expected->source);
    cors_json_string(json, "result", names[outcome->outcome]);
    cors_json_string(json, "detail", outcome->detail);
    cors_json_close(json, '}');
}

/* Open standard output if -D asks for the results. Returns false if not. */
static bool start_output(apr_pool_t *p, output_t *output, cors_json_t *json,
                         int count)
{
    const bool as_json = ap_exists_config_define("DUMP_CORS_EXPECT_JSON");

    memset(output, 0, sizeof(*output));
    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST
        || (!as_json && !ap_exists_config_define("DUMP_CORS_EXPECT"))
        || !cors_cli_open(p, &output->cli)) {
        return false;
    }
    if (as_json) {
        output->json = json;
        cors_cli_json(&output->cli, json);
        cors_json_open(json, NULL, '{');
        cors_json_number(json, "version", JSON_VERSION);
        cors_json_open(json, "expectations", '[');
        return true;
    }
    cors_cli_print(&output->cli, "TAP version 13\n1..%d\n", count);
    return true;
}

static void end_output(output_t *output)
{
    if (output->json) {
        cors_json_close(output->json, ']');
        cors_json_close(output->json, '}');
    }
    cors_cli_end(&output->cli, EXIT_SUCCESS);
}

/* Which results are reported. */
typedef struct {
    bool failed;
    bool undecided;
} wanted_t;

/* Returns a pool with an allocator of its own. That of httpd returns memory to the system
 * whenever a pool with megabytes is cleared, as it is here for each expectation. */
static apr_pool_t *make_scratch(apr_pool_t *parent)
{
    apr_allocator_t *allocator = NULL;
    apr_pool_t *p;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        allocator = NULL;
    }
    apr_pool_create_ex(&p, parent, NULL, allocator);
    if (allocator) {
        apr_allocator_owner_set(allocator, p);
    }
    return p;
}

/* Check all expectations and report what is wanted. */
static void check_all(const apr_array_header_t *list, server_rec *server,
                      cors_reporter_t *reporter, wanted_t wanted)
{
    apr_pool_t *p = make_scratch(reporter->p);
    cors_json_t json;
    output_t output;
    bool printing;
    int i;

    printing = start_output(reporter->p, &output, &json, list->nelts);
    for (i = 0; i < list->nelts; i++) {
        const expected_t *expected = APR_ARRAY_IDX(list, i, void *);
        outcome_t outcome = check_expectation(p, server, expected);

        if ((outcome.outcome == CORS_EXPECT_FAILS && wanted.failed)
            || (outcome.outcome == CORS_EXPECT_UNDECIDED && wanted.undecided)) {
            report_outcome(reporter, expected->server, expected, &outcome);
        }
        output.cli.p = p;
        if (printing && output.json) {
            print_json(&output, expected, &outcome);
        }
        else if (printing) {
            print_tap(&output, i + 1, expected, &outcome);
        }
        apr_pool_clear(p);
    }
    if (printing) {
        end_output(&output);
    }
    apr_pool_destroy(p);
}

/* Returns whether this is a restart, graceful or not. */
static bool is_restart(void)
{
    int generation = 0;

    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL
           && !cors_is_first_reading()
           && ap_mpm_query(AP_MPMQ_GENERATION, &generation) == APR_SUCCESS
           && generation > 0;
}

int cors_check_expectations(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                            server_rec *server)
{
    const apr_array_header_t *list = cors_cli_asked(p, DIRECTIVE);
    const wanted_t wanted = { true, cors_is_first_reading() };
    cors_reporter_t reporter;

    (void)log;
    (void)temp;
    if (!list) {
        return OK;
    }
    cors_reporter_start(&reporter, APLOG_STARTUP);
    check_all(list, server, &reporter, wanted);
    cors_reporter_end(&reporter, server);
    return reporter.refusals && !is_restart() ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

void cors_warn_expectations(apr_pool_t *p, server_rec *server,
                            cors_reporter_t *reporter)
{
    const apr_array_header_t *list = cors_cli_asked(p, DIRECTIVE);
    const wanted_t wanted = { false, true };

    if (list) {
        check_all(list, server, reporter, wanted);
    }
}
