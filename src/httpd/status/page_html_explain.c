/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The view "explain" of the status page: the form, and the answer to it.
 *
 * It is its own file because it shows one request and needs neither counters nor a walk
 * over the configuration. The answer is computed by explain_request.c.
 */

#include "httpd/status/page_html_explain.h"

#include "core/base/html.h"
#include "core/diagnose/explain.h"
#include "core/policy/decide.h"
#include "core/policy/section.h"
#include "httpd/status/dump.h"
#include "httpd/status/page_html_policies.h"

static void show_field(const cors_page_t *page, const char *name,
                       const char *label, const char *hint, const char *value)
{
    cors_html(page->html,
              "<label>%s<small>%s</small><input type=\"text\" name=\"%s\" "
              "value=\"%s\" autocomplete=\"off\"></label>\n",
              label, hint, name, value);
}

static void show_form(const cors_page_t *page)
{
    const cors_explain_request_t *request = page->request;

    cors_html(page->html,
              "<form method=\"get\" action=\"\">\n"
              "<input type=\"hidden\" name=\"explain\" value=\"\">\n");
    show_field(page, "url", "URL", "of this server, or a path of it",
               request->url);
    show_field(page, "origin", "Origin", "of the page: https://app.example.com",
               request->origin);
    show_field(page, "method", "Method", "of the request",
               request->method[0] ? request->method : "GET");
    show_field(page, "headers", "Headers", "that the script sets, their names",
               request->headers);
    cors_html(page->html,
              "<label class=\"check\"><input type=\"checkbox\" "
              "name=\"credentials\"%s> with cookies</label>\n"
              "<button>Explain</button>\n</form>\n",
              request->credentials ? " checked" : "");
}

static int show_header(void *context, const char *name, const char *value)
{
    const cors_page_t *page = context;

    cors_html(page->html, "%s: %s\n", name, value);
    return 1;
}

static void show_headers(const cors_page_t *page, const apr_table_t *headers)
{
    if (apr_is_empty_table(headers)) {
        cors_html(page->html,
                  "<p>The response gets no header from the policy.</p>\n");
        return;
    }
    cors_html(page->html, "<pre><code>");
    apr_table_do(show_header, (void *)(apr_uintptr_t)page, headers, NULL);
    cors_html(page->html, "</code></pre>\n");
}

static void show_exchange(const cors_page_t *page, const char *title,
                          const cors_exchange_t *exchange)
{
    cors_html(page->html, "<h3>%s</h3>\n<p>%s, %s, decided by <code>%s</code>.",
              title, cors_verdict_text(exchange->decision.verdict),
              cors_reason_text(exchange->decision.reason),
              cors_decision_source(page->p, &exchange->decision));
    if (exchange->status) {
        cors_html(page->html, " It is answered with %d.", exchange->status);
    }
    cors_html(page->html, "</p>\n");
    show_headers(page, exchange->headers);
    if (exchange->objection) {
        cors_html(page->html, "<p class=\"bad\">The browser stops: %s.</p>\n",
                  exchange->objection);
    }
    else {
        cors_html(page->html, "<p class=\"good\">The browser continues.</p>\n");
    }
}

static const char *request_title(const cors_explanation_t *answer)
{
    if (!answer->preflighted) {
        return "The request";
    }
    return answer->sent ? "2. The request" : "2. The request, if it were sent";
}

static void show_answer(const cors_page_t *page)
{
    const cors_explanation_t *answer = &page->request->answer;
    const bool good =
        answer->readable && (answer->cross_origin || !answer->actual.status);

    cors_html(page->html,
              "<div class=\"answer %s\" role=\"status\"><strong>%s</strong>\n",
              good ? "good" : "bad", cors_explain_answer(page->request));
    if (answer->advice) {
        cors_html(page->html, "<p>%s</p>\n", answer->advice);
    }
    cors_html(page->html, "</div>\n");
    if (answer->preflighted) {
        show_exchange(page, "1. The preflight", &answer->preflight);
    }
    if (answer->cross_origin || answer->actual.status) {
        show_exchange(page, request_title(answer), &answer->actual);
    }
}

/* Show what CorsProtect decides, if it is in force. */
static void show_protection(const cors_page_t *page)
{
    const cors_policy_t *policy = &page->request->policy;
    const cors_explanation_t *answer = &page->request->answer;
    const cors_protect_decision_t *decision = &answer->protect;
    cors_protection_e protection = cors_policy_protection(policy);

    if (protection == CORS_PROTECTION_OFF) {
        return;
    }
    cors_html(page->html,
              "<h3>CorsProtect</h3>\n<p>%s, %s, decided by <code>%s</code>.",
              cors_protect_verdict_text(decision->verdict),
              cors_protect_reason_text(decision->reason),
              cors_protect_setting(policy, decision)->source);
    if (decision->verdict == CORS_PROTECT_VERDICT_REFUSED) {
        if (protection == CORS_PROTECTION_ON) {
            cors_html(page->html, " The request is answered with %d.",
                      cors_protect_status(decision));
        }
        else {
            cors_html(page->html, " It only reports.");
        }
    }
    if (answer->protect_hint) {
        cors_html(page->html, " Hint: %s.", answer->protect_hint);
    }
    cors_html(page->html, "</p>\n");
}

static const char *scope_title(const cors_scope_t *scope)
{
    if (scope->title) {
        return scope->title;
    }
    return scope->file ? "VirtualHost" : "Server";
}

static void show_scopes(const cors_page_t *page)
{
    const cors_explain_request_t *request = page->request;
    int i;

    cors_html(page->html,
              "<h3>The sections that apply, outermost first</h3>\n<ol>\n");
    for (i = 0; i < request->scopes->nelts; i++) {
        const cors_scope_t *scope =
            APR_ARRAY_IDX(request->scopes, i, const cors_scope_t *);

        cors_html(page->html,
                  "<li><code>%s</code> <span class=\"soft\">%s</span></li>\n",
                  scope_title(scope),
                  cors_scope_position(page->r->pool, scope));
    }
    cors_html(page->html, "</ol>\n");
    if (request->scopes->nelts == 0) {
        cors_html(page->html, "<p>None that says something about CORS.</p>\n");
    }
    if (request->lookup != HTTP_OK) {
        cors_html(page->html,
                  "<p class=\"soft\">The look-up of this path ended with "
                  "%d.</p>\n",
                  request->lookup);
    }
    cors_html(page->html, "<h3>The policy</h3>\n");
    cors_page_html_policy(page, &request->policy, false);
}

/* The first lines of every answer: the virtual host, and what limits the answer. */
static void show_host(const cors_page_t *page)
{
    const apr_array_header_t *notes = page->request->notes;
    int i;

    cors_html(page->html, "<p class=\"host\">%s</p>\n",
              cors_explain_host(page->p, page->request));
    for (i = 0; i < notes->nelts; i++) {
        cors_html(page->html, "<p class=\"note\">%s.</p>\n",
                  APR_ARRAY_IDX(notes, i, const char *));
    }
}

void cors_page_html_explain(const cors_page_t *page)
{
    cors_html(page->html,
              "<p class=\"soft\">What becomes of a request that a page makes, "
              "and why. Nothing is requested, and nothing changes.</p>\n");
    show_form(page);
    if (page->asked && page->request->problem) {
        cors_html(page->html,
                  "<div class=\"answer bad\" role=\"alert\">%s</div>\n",
                  page->request->problem);
    }
    else if (page->asked) {
        show_host(page);
        show_answer(page);
        show_protection(page);
        show_scopes(page);
    }
}
