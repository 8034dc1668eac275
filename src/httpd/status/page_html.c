/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Writes the status page as HTML: the views "what happened", "policies" and "explain",
 * and the style sheet that they link to. The data is collected by page.c and the core;
 * this file only renders it. page_json.c writes the same data as JSON.
 *
 * Host names, origins and paths come from clients, and the rest from configuration
 * files, so all of it is untrusted. Every string that is not a literal must pass
 * through text(), which escapes markup and makes unprintable bytes visible. There are
 * no scripts: the page's Content-Security-Policy forbids them.
 */

#include "httpd/status/page_html.h"

#include <string.h>

#include <apr_strings.h>
#include <http_main.h>
#include <http_protocol.h>

#include "core/diagnose/describe.h"
#include "core/diagnose/explain.h"
#include "core/diagnose/stats.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/status/dump.h"
#include "httpd/status/explain_request.h"
#include "mod_cors_policy.h"
#include "page_css.h"

void cors_page_style(request_rec *r)
{
    ap_rputs(style_sheet, r);
}

/* Escape text for the page: markup as entities, and bytes that are not printable ASCII
 * as "\\x" and two digits. */
static const char *text(const cors_page_t *page, const char *bytes)
{
    static const char digits[] = "0123456789abcdef";
    apr_size_t len = bytes ? strlen(bytes) : 0;
    char *seen = apr_palloc(page->p, len * (sizeof("\\x00") - 1) + 1);
    char *to = seen;
    apr_size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c >= ' ' && c < 0x7f) {
            *to++ = (char)c;
        }
        else {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
    }
    *to = '\0';
    return ap_escape_html(page->p, seen);
}

static const char *number(const cors_page_t *page, apr_uint64_t count)
{
    return apr_psprintf(page->p, "%" APR_UINT64_T_FMT, count);
}

static void link_to(const cors_page_t *page, const char *query,
                    const char *name, bool current)
{
    ap_rvputs(page->r, "<a href=\"", query, "\"",
              current ? " aria-current=\"page\"" : "", ">", name, "</a>\n",
              NULL);
}

static void begin(const cors_page_t *page)
{
    const bool happened = !page->request && !page->policies;

    ap_rputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
             "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
             "content=\"width=device-width, initial-scale=1\">\n"
             "<title>CORS policy</title>\n"
             "<link rel=\"stylesheet\" href=\"?style\">\n</head>\n<body>\n"
             "<header>\n<h1>CORS policy</h1>\n<nav aria-label=\"Views\">\n",
             page->r);
    link_to(page, "?", "What happened", happened);
    link_to(page, "?view=explain", "Explain", page->request != NULL);
    link_to(page, "?view=policies", "Policies", page->policies);
    ap_rputs("</nav>\n</header>\n<main>\n", page->r);
}

static void end(const cors_page_t *page)
{
    ap_rputs("<p class=\"soft\">mod_cors_policy " CORS_POLICY_VERSION
             "</p>\n</main>\n</body>\n</html>\n",
             page->r);
}

/* --- view: what happened */

static void card(const cors_page_t *page, const char *name, apr_uint64_t count,
                 const char *class)
{
    ap_rvputs(page->r, "<div class=\"card\"><b class=\"", class, "\">",
              number(page, count), "</b>", name, "</div>\n", NULL);
}

static void show_cards(const cors_page_t *page, cors_counted_e kind)
{
    static const struct {
        const char *name;
        cors_verdict_e verdict;
        const char *class;
    } cards[] = {
        { "requests allowed", CORS_VERDICT_ALLOWED, "good" },
        { "requests denied", CORS_VERDICT_DENIED, "bad" },
        { "preflights allowed", CORS_VERDICT_PREFLIGHT_ALLOWED, "good" },
        { "preflights denied", CORS_VERDICT_PREFLIGHT_DENIED, "bad" },
        { "WebSockets allowed", CORS_VERDICT_WEBSOCKET_ALLOWED, "good" },
        { "WebSockets denied", CORS_VERDICT_WEBSOCKET_DENIED, "bad" },
        { "same origin", CORS_VERDICT_SAME_ORIGIN, "" },
        { "not CORS", CORS_VERDICT_NOT_CORS, "" }
    };
    apr_size_t i;

    ap_rputs("<div class=\"cards\">\n", page->r);
    for (i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        card(page, cards[i].name,
             cors_counters_total(page->counters, kind, cards[i].verdict),
             cards[i].class);
    }
    ap_rputs("</div>\n", page->r);
}

static void show_count(void *context, cors_counted_e kind,
                       cors_verdict_e verdict, cors_reason_e reason,
                       apr_uint64_t count)
{
    const cors_page_t *page = context;

    ap_rvputs(page->r, "<tr><td>", cors_verdict_text(verdict), "</td><td>",
              cors_reason_text(reason), "</td><td>", cors_counted_text(kind),
              "</td><td class=\"n\">", number(page, count), "</td></tr>\n",
              NULL);
}

static void show_reasons(const cors_page_t *page)
{
    ap_rputs("<h2>By reason</h2>\n<div class=\"scroll\"><table>\n<tr>"
             "<th>Verdict</th><th>Reason</th><th>Policy</th>"
             "<th class=\"n\">Requests</th></tr>\n",
             page->r);
    cors_counters_visit(page->counters, show_count, (void *)page);
    ap_rputs("</table></div>\n", page->r);
}

static apr_uint64_t slot_sum(const cors_page_t *page, int slot,
                             cors_counted_e kind, cors_verdict_e one,
                             cors_verdict_e two, cors_verdict_e three)
{
    return cors_counters_get_slot(page->counters, slot, kind, one)
           + cors_counters_get_slot(page->counters, slot, kind, two)
           + cors_counters_get_slot(page->counters, slot, kind, three);
}

static void show_sections(const cors_page_t *page)
{
    int slot;
    int kind;

    ap_rputs("<h2>By section</h2>\n<p class=\"soft\">The section whose "
             "CorsPolicy was in force.</p>\n<div class=\"scroll\"><table>\n"
             "<tr><th>Section</th><th>Policy</th><th class=\"n\">Allowed</th>"
             "<th class=\"n\">Denied</th></tr>\n",
             page->r);
    for (slot = 0; slot < CORS_COUNTERS_SLOTS; slot++) {
        const char *name = cors_counters_slot_name(page->counters, slot);

        for (kind = 0; name && kind < CORS_COUNTED_KINDS; kind++) {
            apr_uint64_t allowed =
                slot_sum(page, slot, (cors_counted_e)kind, CORS_VERDICT_ALLOWED,
                         CORS_VERDICT_PREFLIGHT_ALLOWED,
                         CORS_VERDICT_WEBSOCKET_ALLOWED);
            apr_uint64_t denied =
                slot_sum(page, slot, (cors_counted_e)kind, CORS_VERDICT_DENIED,
                         CORS_VERDICT_PREFLIGHT_DENIED,
                         CORS_VERDICT_WEBSOCKET_DENIED);

            if (allowed > 0 || denied > 0) {
                ap_rvputs(page->r, "<tr><td><code>", text(page, name),
                          "</code></td><td>",
                          cors_counted_text((cors_counted_e)kind),
                          "</td><td class=\"n\">", number(page, allowed),
                          "</td><td class=\"n\">", number(page, denied),
                          "</td></tr>\n", NULL);
            }
        }
    }
    ap_rputs("</table></div>\n", page->r);
}

static const char *encoded(const cors_page_t *page, const char *value)
{
    return ap_escape_html2(page->p, ap_escape_urlencoded(page->p, value), 1);
}

static void explain_link(const cors_page_t *page,
                         const cors_recorded_refusal_t *refusal)
{
    apr_pool_t *p = page->p;
    const char *base = cors_page_base(p, refusal);
    bool handshake = refusal->verdict == CORS_VERDICT_WEBSOCKET_DENIED;
    const char *url = apr_pstrcat(p, handshake ? "ws" : "",
                                  handshake ? base + strlen("http") : base,
                                  ap_os_escape_path(p, refusal->path, 1), NULL);

    ap_rvputs(page->r, "<a href=\"?explain&amp;url=", encoded(page, url),
              "&amp;origin=", encoded(page, refusal->origin),
              "&amp;method=", encoded(page, refusal->method), NULL);
    if (refusal->reason == CORS_REASON_HEADER_NOT_ALLOWED) {
        ap_rvputs(page->r, "&amp;headers=", encoded(page, refusal->rejected),
                  NULL);
    }
    ap_rputs("\">Explain</a>", page->r);
}

static void show_refusals(const cors_page_t *page)
{
    cors_recorded_refusal_t *refusals =
        apr_pcalloc(page->p, CORS_COUNTERS_REFUSALS * sizeof(*refusals));
    int count = cors_counters_refusals(page->counters, refusals,
                                       CORS_COUNTERS_REFUSALS);
    int i;

    ap_rputs("<h2 id=\"latest\">Latest refusals</h2>\n", page->r);
    if (count == 0) {
        ap_rputs("<p>None so far.</p>\n", page->r);
        return;
    }
    ap_rputs(
        "<div class=\"scroll\"><table>\n<tr><th>Time</th><th>Request</th>"
        "<th>Origin</th><th>Reason</th><th>Decided by</th><th></th></tr>\n",
        page->r);
    for (i = 0; i < count; i++) {
        const cors_recorded_refusal_t *one = &refusals[i];

        ap_rvputs(page->r, "<tr><td><time>", cors_page_time(page->p, one->time),
                  "</time>",
                  one->times > 1
                      ? apr_psprintf(page->p, " (%" APR_UINT64_T_FMT " times)",
                                     one->times)
                      : "",
                  "</td><td><code>", text(page, one->method), " ",
                  text(page, cors_page_base(page->p, one)),
                  text(page, one->path), "</code></td><td><code>",
                  one->origin[0] ? text(page, one->origin) : "none",
                  "</code></td><td>", cors_reason_text(one->reason),
                  one->rejected[0] ? " <code>" : "", text(page, one->rejected),
                  one->rejected[0] ? "</code>" : "",
                  one->kind == CORS_COUNTED_REPORTED ? " (report-only)" : "",
                  "</td><td><code>", text(page, one->source),
                  "</code></td><td>", NULL);
        explain_link(page, one);
        ap_rputs("</td></tr>\n", page->r);
    }
    ap_rputs("</table></div>\n", page->r);
}

static void show_origins(cors_page_t *page)
{
    apr_pool_t *p = page->p;
    cors_refused_origin_t *origins =
        apr_pcalloc(p, CORS_COUNTERS_ORIGINS * sizeof(*origins));
    int count =
        cors_counters_origins(page->counters, origins, CORS_COUNTERS_ORIGINS);
    int i;

    if (count == 0) {
        return;
    }
    ap_rputs("<h2>Most refused origins</h2>\n<div class=\"scroll\"><table>\n"
             "<tr><th>Origin</th><th class=\"n\">Refusals</th><th>Last reason"
             "</th><th>What to change</th></tr>\n",
             page->r);
    for (i = 0; i < count; i++) {
        const cors_refused_origin_t *last = &origins[i];

        ap_rvputs(page->r, "<tr><td><code>", text(page, last->origin),
                  "</code></td><td class=\"n\">",
                  origins[i].excess > 0 ? "at most " : "",
                  number(page, origins[i].count), "</td><td>",
                  cors_reason_text(last->reason), "</td><td>",
                  text(page, cors_page_advice(page, last->reason, last->source,
                                              last->origin, last->rejected)),
                  "</td></tr>\n", NULL);
    }
    ap_rputs("</table></div>\n", page->r);
}

static void show_happened(cors_page_t *page)
{
    apr_uint64_t reported = 0;
    int verdict;

    if (!page->counters) {
        ap_rputs("<p>There is no shared memory, so nothing is counted.</p>\n",
                 page->r);
        return;
    }
    for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
        reported += cors_counters_total(page->counters, CORS_COUNTED_REPORTED,
                                        (cors_verdict_e)verdict);
    }
    ap_rvputs(page->r, "<p class=\"soft\">Since ",
              cors_page_time(page->p, cors_counters_since(page->counters)),
              ". <a href=\"?format=json\">JSON</a>, "
              "<a href=\"?format=prometheus\">Prometheus</a></p>\n",
              NULL);
    show_cards(page, CORS_COUNTED_ENFORCED);
    if (reported > 0) {
        ap_rputs("<h2>What CorsPolicy ReportOnly would have done</h2>\n",
                 page->r);
        show_cards(page, CORS_COUNTED_REPORTED);
    }
    show_refusals(page);
    show_origins(page);
    show_sections(page);
    show_reasons(page);
}

/* --- view: policies */

static void show_values(const cors_page_t *page,
                        const apr_array_header_t *values)
{
    int i;

    for (i = 0; i < values->nelts; i++) {
        const cors_value_t *value = &APR_ARRAY_IDX(values, i, cors_value_t);

        ap_rvputs(page->r, i > 0 ? " " : "", "<code>",
                  value->exclude ? "!" : "", value->regex ? "~" : "",
                  text(page, value->text), "</code>", NULL);
    }
}

/* Show the attributes of a policy: those that are set, or all. */
static void show_policy(const cors_page_t *page, const cors_policy_t *policy,
                        bool all)
{
    int attr;

    ap_rputs("<div class=\"scroll\"><table>\n<tr><th>Directive</th>"
             "<th>In force</th><th>Set by</th></tr>\n",
             page->r);
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        const cors_setting_t *setting = policy->link[attr].setting;
        apr_array_header_t *values =
            cors_policy_values(page->p, policy, (cors_attr_e)attr);

        if (!setting && !all && attr != CORS_ATTR_MODE) {
            continue;
        }
        ap_rvputs(page->r, "<tr><td><code>",
                  cors_attr_directive((cors_attr_e)attr), "</code></td><td>",
                  NULL);
        show_values(page, values);
        if (values->nelts == 0) {
            ap_rputs(attr == CORS_ATTR_WEBSOCKET_ORIGINS && !setting
                         ? "not checked"
                         : "None",
                     page->r);
        }
        ap_rvputs(page->r, "</td><td>", setting ? "<code>" : "default",
                  text(page, setting ? setting->source : NULL),
                  setting ? "</code>" : "", "</td></tr>\n", NULL);
    }
    ap_rputs("</table></div>\n", page->r);
}

static void show_policies_of(const cors_page_t *page,
                             const cors_config_section_t *section)
{
    apr_pool_t *p = page->p;
    cors_methods_group_t *groups;
    int count = cors_section_groups(p, section->merged, &groups);
    const char *address = cors_server_address(p, section->server);
    int i;

    if (section->kind == CORS_CONTAINER_SERVER) {
        ap_rvputs(page->r, "<h2>", text(page, section->server->server_hostname),
                  address ? " " : "", text(page, address), "</h2>\n", NULL);
    }
    ap_rvputs(page->r, "<details><summary>",
              section->scope->title ? text(page, section->scope->title)
                                    : "The server itself",
              " <span class=\"soft\">",
              text(page, cors_scope_position(page->r->pool, section->scope)),
              "</span></summary>\n", NULL);
    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        if (!cors_methods_real(p, groups[i].methods)) {
            continue;
        }
        if (count > 1) {
            ap_rvputs(page->r, "<h3>",
                      text(page, cors_methods_text(p, groups[i].methods)),
                      "</h3>\n", NULL);
        }
        cors_policy_resolve(p, section->merged, groups[i].one, &policy);
        show_policy(page, &policy, true);
    }
    ap_rputs("</details>\n", page->r);
}

static void visit_config_section(void *context,
                                 const cors_config_section_t *section)
{
    const cors_page_t *page = context;

    show_policies_of(page, section);
    apr_pool_clear(page->p);
}

static void show_policies(const cors_page_t *page)
{
    cors_page_t sections = *page;

    ap_rputs("<p class=\"soft\">A section that says nothing about CORS has the "
             "policy of what encloses it. "
             "<a href=\"?view=policies&amp;format=json\">JSON</a></p>\n",
             page->r);
    apr_pool_create(&sections.p, page->p);
    cors_config_sections_visit(page->p, ap_server_conf, NULL,
                               visit_config_section, &sections);
    apr_pool_destroy(sections.p);
}

/* --- view: explain */

static void field(const cors_page_t *page, const char *name, const char *label,
                  const char *hint, const char *value)
{
    ap_rvputs(page->r, "<label>", label, "<small>", hint,
              "</small><input type=\"text\" name=\"", name, "\" value=\"",
              text(page, value), "\" autocomplete=\"off\"></label>\n", NULL);
}

static void show_form(const cors_page_t *page)
{
    const cors_explain_request_t *request = page->request;

    ap_rputs("<form method=\"get\" action=\"\">\n"
             "<input type=\"hidden\" name=\"explain\" value=\"\">\n",
             page->r);
    field(page, "url", "URL", "of this server, or a path of it", request->url);
    field(page, "origin", "Origin", "of the page: https://app.example.com",
          request->origin);
    field(page, "method", "Method", "of the request",
          request->method[0] ? request->method : "GET");
    field(page, "headers", "Headers", "that the script sets, their names",
          request->headers);
    ap_rvputs(page->r,
              "<label class=\"check\"><input type=\"checkbox\" "
              "name=\"credentials\"",
              request->credentials ? " checked" : "",
              "> with cookies</label>\n<button>Explain</button>\n</form>\n",
              NULL);
}

static int show_header(void *context, const char *name, const char *value)
{
    const cors_page_t *page = context;

    ap_rvputs(page->r, text(page, name), ": ", text(page, value), "\n", NULL);
    return 1;
}

static void show_exchange(const cors_page_t *page, const char *title,
                          const cors_exchange_t *exchange)
{
    ap_rvputs(page->r, "<h3>", title, "</h3>\n<p>",
              cors_verdict_text(exchange->decision.verdict), ", ",
              cors_reason_text(exchange->decision.reason),
              ", decided by <code>",
              text(page, cors_decision_source(page->p, &exchange->decision)),
              "</code>.", NULL);
    if (exchange->status) {
        ap_rprintf(page->r, " It is answered with %d.", exchange->status);
    }
    ap_rputs("</p>\n", page->r);
    if (apr_is_empty_table(exchange->headers)) {
        ap_rputs("<p>The response gets no header from the policy.</p>\n",
                 page->r);
    }
    else {
        ap_rputs("<pre><code>", page->r);
        apr_table_do(show_header, (void *)(apr_uintptr_t)page,
                     exchange->headers, NULL);
        ap_rputs("</code></pre>\n", page->r);
    }
    ap_rvputs(page->r, "<p class=\"", exchange->objection ? "bad" : "good",
              "\">", exchange->objection ? "The browser stops: " : "",
              exchange->objection ? text(page, exchange->objection)
                                  : "The browser goes on",
              ".</p>\n", NULL);
}

static void show_answer(const cors_page_t *page)
{
    const cors_explain_request_t *request = page->request;
    const cors_explanation_t *answer = &request->answer;

    ap_rvputs(page->r, "<div class=\"answer ",
              answer->readable
                      && (answer->cross_origin || !answer->actual.status)
                  ? "good"
                  : "bad",
              "\" role=\"status\"><strong>",
              page->request->question.websocket
                  ? answer->readable ? "Allowed: the WebSocket opens."
                                     : "Denied: the WebSocket does not open."
              : !answer->cross_origin
                  ? answer->actual.status
                        ? "Same origin: CORS does not apply, but the server "
                          "rejects it."
                        : "Same origin: CORS does not apply."
              : answer->readable ? "Allowed: the page may read the response."
              : answer->sent
                  ? "Denied: the request is sent, and the page may not read "
                    "the response."
                  : "Denied: the browser does not send the request.",
              "</strong>\n", NULL);
    if (answer->advice) {
        ap_rvputs(page->r, "<p>", text(page, answer->advice), "</p>\n", NULL);
    }
    ap_rputs("</div>\n", page->r);
    if (answer->preflighted) {
        show_exchange(page, "1. The preflight", &answer->preflight);
    }
    if (answer->cross_origin || answer->actual.status) {
        show_exchange(page,
                      !answer->preflighted ? "The request"
                      : answer->sent       ? "2. The request"
                                           : "2. The request, were it sent",
                      &answer->actual);
    }
}

static void show_scopes(const cors_page_t *page)
{
    const cors_explain_request_t *request = page->request;
    int i;

    ap_rputs("<h3>The sections that apply, outermost first</h3>\n<ol>\n",
             page->r);
    for (i = 0; i < request->scopes->nelts; i++) {
        const cors_scope_t *scope =
            APR_ARRAY_IDX(request->scopes, i, const cors_scope_t *);

        ap_rvputs(page->r, "<li><code>",
                  scope->title  ? text(page, scope->title)
                  : scope->file ? "VirtualHost"
                                : "Server",
                  "</code> <span class=\"soft\">",
                  text(page, cors_scope_position(page->r->pool, scope)),
                  "</span></li>\n", NULL);
    }
    ap_rputs("</ol>\n", page->r);
    if (request->scopes->nelts == 0) {
        ap_rputs("<p>None that says something about CORS.</p>\n", page->r);
    }
    if (request->lookup != HTTP_OK) {
        ap_rprintf(page->r,
                   "<p class=\"soft\">The look-up of this path ended with "
                   "%d.</p>\n",
                   request->lookup);
    }
    ap_rputs("<h3>The policy</h3>\n", page->r);
    show_policy(page, &request->policy, false);
}

/* The first lines of every answer: the virtual host, and what limits the answer. */
static void show_host(const cors_page_t *page)
{
    const apr_array_header_t *notes = page->request->notes;
    int i;

    ap_rvputs(page->r, "<p class=\"host\">",
              text(page, cors_explain_host(page->p, page->request)), "</p>\n",
              NULL);
    for (i = 0; i < notes->nelts; i++) {
        ap_rvputs(page->r, "<p class=\"note\">",
                  text(page, APR_ARRAY_IDX(notes, i, const char *)), ".</p>\n",
                  NULL);
    }
}

static void show_request(const cors_page_t *page)
{
    ap_rputs("<p class=\"soft\">What becomes of a request that a page makes, "
             "and why. Nothing is requested, and nothing changes.</p>\n",
             page->r);
    show_form(page);
    if (page->asked && page->request->problem) {
        ap_rvputs(page->r, "<div class=\"answer bad\" role=\"alert\">",
                  text(page, page->request->problem), "</div>\n", NULL);
    }
    else if (page->asked) {
        show_host(page);
        show_answer(page);
        show_scopes(page);
    }
}

void cors_page_html(cors_page_t *page)
{
    begin(page);
    if (page->request) {
        show_request(page);
    }
    else if (page->policies) {
        show_policies(page);
    }
    else {
        show_happened(page);
    }
    end(page);
}
