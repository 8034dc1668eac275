/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The view "what happened" of the status page: the counts, the latest refusals and the
 * most refused origins.
 *
 * It is its own file because it alone reads the counters. It computes nothing that
 * page_json.c does not show as well; what both say in the same words is in page_data.c.
 */

#include "httpd/status/page_html_happened.h"

#include <string.h>

#include <apr_strings.h>

#include "core/base/html.h"
#include "core/diagnose/stats.h"
#include "core/policy/decide.h"
#include "httpd/status/page_html_history.h"

static void show_card(const cors_page_t *page, const char *name,
                      apr_uint64_t count, const char *class)
{
    cors_html(page->html,
              "<div class=\"card\"><b class=\"%s\">%" APR_UINT64_T_FMT
              "</b>%s</div>\n",
              class, count, name);
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

    cors_html(page->html, "<div class=\"cards\">\n");
    for (i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        show_card(page, cards[i].name,
                  cors_counters_total(page->counters, kind, cards[i].verdict),
                  cards[i].class);
    }
    cors_html(page->html, "</div>\n");
}

static void show_count(void *context, cors_counted_e kind, const char *verdict,
                       const char *reason, apr_uint64_t count)
{
    const cors_page_t *page = context;

    cors_html(page->html,
              "<tr><td>%s</td><td>%s</td><td>%s</td>"
              "<td class=\"n\">%" APR_UINT64_T_FMT "</td></tr>\n",
              verdict, reason, cors_counted_text(kind), count);
}

static void show_reasons(const cors_page_t *page)
{
    cors_html(page->html,
              "<h2>By reason</h2>\n<div class=\"scroll\"><table>\n<tr>"
              "<th scope=\"col\">Verdict</th><th scope=\"col\">Reason</th><th "
              "scope=\"col\">Policy</th>"
              "<th scope=\"col\" class=\"n\">Requests</th></tr>\n");
    cors_counters_visit(page->counters, show_count, (void *)page);
    cors_html(page->html, "</table></div>\n");
}

/* The rows of CorsProtect. */
typedef struct {
    const cors_page_t *page;
    bool any;
} protect_rows_t;

static void show_protect_count(void *context, cors_counted_e kind,
                               const char *verdict, const char *reason,
                               apr_uint64_t count)
{
    protect_rows_t *rows = context;
    const cors_page_t *page = rows->page;

    if (!rows->any) {
        rows->any = true;
        cors_html(
            page->html,
            "<h2>CorsProtect</h2>\n<p class=\"soft\">Requests that can "
            "change something, WebSocket handshakes, and what "
            "CorsProtectEmbedding and CorsProtectHost check.</p>\n"
            "<div class=\"scroll\"><table>\n<tr><th scope=\"col\">Verdict</th>"
            "<th scope=\"col\">Reason</th><th scope=\"col\">Mode</th><th "
            "scope=\"col\" class=\"n\">Requests</th>"
            "</tr>\n");
    }
    show_count((void *)page, kind, verdict, reason, count);
}

/* A server without CorsProtect does not have the table. */
static void show_protection(const cors_page_t *page)
{
    protect_rows_t rows = { page, false };

    cors_counters_visit_protect(page->counters, show_protect_count, &rows);
    if (rows.any) {
        cors_html(page->html, "</table></div>\n");
    }
}

static apr_uint64_t slot_sum(const cors_page_t *page, int slot,
                             cors_counted_e kind, cors_verdict_e one,
                             cors_verdict_e two, cors_verdict_e three)
{
    return cors_counters_get_slot(page->counters, slot, kind, one)
           + cors_counters_get_slot(page->counters, slot, kind, two)
           + cors_counters_get_slot(page->counters, slot, kind, three);
}

static void show_section(const cors_page_t *page, int slot, const char *name,
                         cors_counted_e kind)
{
    apr_uint64_t allowed = slot_sum(page, slot, kind, CORS_VERDICT_ALLOWED,
                                    CORS_VERDICT_PREFLIGHT_ALLOWED,
                                    CORS_VERDICT_WEBSOCKET_ALLOWED);
    apr_uint64_t denied =
        slot_sum(page, slot, kind, CORS_VERDICT_DENIED,
                 CORS_VERDICT_PREFLIGHT_DENIED, CORS_VERDICT_WEBSOCKET_DENIED);

    if (allowed > 0 || denied > 0) {
        cors_html(page->html,
                  "<tr><td><code>%s</code></td><td>%s</td>"
                  "<td class=\"n\">%" APR_UINT64_T_FMT
                  "</td><td class=\"n\">%" APR_UINT64_T_FMT "</td></tr>\n",
                  name, cors_counted_text(kind), allowed, denied);
    }
}

static void show_sections(const cors_page_t *page)
{
    int slot;
    int kind;

    cors_html(
        page->html,
        "<h2>By section</h2>\n<p class=\"soft\">The section whose "
        "CorsPolicy was in force.</p>\n<div class=\"scroll\"><table>\n"
        "<tr><th scope=\"col\">Section</th><th scope=\"col\">Policy</th><th "
        "scope=\"col\" class=\"n\">Allowed</th>"
        "<th scope=\"col\" class=\"n\">Denied</th></tr>\n");
    for (slot = 0; slot < CORS_COUNTERS_SLOTS; slot++) {
        const char *name = cors_counters_slot_name(page->counters, slot);

        for (kind = 0; name && kind < CORS_COUNTED_KINDS; kind++) {
            show_section(page, slot, name, (cors_counted_e)kind);
        }
    }
    cors_html(page->html, "</table></div>\n");
}

static void link_to_explain(const cors_page_t *page,
                            const cors_recorded_refusal_t *refusal)
{
    apr_pool_t *p = page->p;
    const char *base = cors_page_base(p, refusal);
    bool handshake = refusal->verdict == CORS_VERDICT_WEBSOCKET_DENIED;
    const char *url = apr_pstrcat(p, handshake ? "ws" : "",
                                  handshake ? base + strlen("http") : base,
                                  ap_os_escape_path(p, refusal->path, 1), NULL);

    cors_html(page->html, "<a href=\"?explain");
    cors_html_parameter(page->html, "url", url);
    cors_html_parameter(page->html, "origin", refusal->origin);
    cors_html_parameter(page->html, "method", refusal->method);
    if (refusal->headers[0]) {
        cors_html_parameter(page->html, "headers", refusal->headers);
    }
    cors_html(page->html, "\">Explain</a>");
}

static void show_refusal(cors_page_t *page, const cors_recorded_refusal_t *one)
{
    cors_html(page->html, "<tr><td><time>%s</time>",
              cors_page_time(page->p, one->time));
    if (one->times > 1) {
        cors_html(page->html, " (%" APR_UINT64_T_FMT " times)", one->times);
    }
    cors_html(page->html,
              "</td><td>%s</td><td><code>%s %s%s</code></td>"
              "<td><code>%s</code></td><td>%s",
              cors_page_kind(one), one->method, cors_page_base(page->p, one),
              one->path, one->origin[0] ? one->origin : "none",
              cors_page_reason(&one->cause));
    if (one->cause.rejected[0]) {
        cors_html(page->html, " <code>%s</code>", one->cause.rejected);
    }
    if (one->kind == CORS_COUNTED_REPORTED) {
        cors_html(page->html, " (report-only)");
    }
    cors_html(page->html, "</td><td><code>%s</code>", one->cause.source);
    if (one->cause.protect) {
        /* an explanation cannot know all fields that the browser sent */
        cors_html(page->html, " %s",
                  cors_page_advice(page, &one->cause, one->origin));
    }
    cors_html(page->html, "</td><td>");
    link_to_explain(page, one);
    cors_html(page->html, "</td></tr>\n");
}

static void show_refusals(cors_page_t *page)
{
    cors_recorded_refusal_t *refusals =
        apr_pcalloc(page->p, CORS_COUNTERS_REFUSALS * sizeof(*refusals));
    int count = cors_counters_refusals(page->counters, refusals,
                                       CORS_COUNTERS_REFUSALS);
    int i;

    cors_html(page->html, "<h2 id=\"latest\">Latest refusals</h2>\n");
    if (count == 0) {
        cors_html(page->html, "<p>None so far.</p>\n");
        return;
    }
    cors_html(page->html,
              "<div class=\"scroll\"><table>\n<tr><th "
              "scope=\"col\">Time</th><th scope=\"col\">Kind</th>"
              "<th scope=\"col\">Request</th>"
              "<th scope=\"col\">Origin</th><th scope=\"col\">Reason</th><th "
              "scope=\"col\">Decided by</th><th scope=\"col\"></th></tr>\n");
    for (i = 0; i < count; i++) {
        show_refusal(page, &refusals[i]);
    }
    cors_html(page->html, "</table></div>\n");
}

static void show_origin(cors_page_t *page, const cors_refused_origin_t *one)
{
    cors_html(page->html,
              "<tr><td><code>%s</code></td><td class=\"n\">%s"
              "%" APR_UINT64_T_FMT "</td><td>%s; by <code>%s</code></td>"
              "<td>%s</td></tr>\n",
              one->origin, one->excess > 0 ? "at most " : "", one->count,
              cors_page_reason(&one->cause), one->cause.source,
              cors_page_advice(page, &one->cause, one->origin));
}

static void show_origins(cors_page_t *page)
{
    cors_refused_origin_t *origins =
        apr_pcalloc(page->p, CORS_COUNTERS_ORIGINS * sizeof(*origins));
    int count =
        cors_counters_origins(page->counters, origins, CORS_COUNTERS_ORIGINS);
    int i;

    if (count == 0) {
        return;
    }
    cors_html(page->html,
              "<h2>Most refused origins</h2>\n<div class=\"scroll\"><table>\n"
              "<tr><th scope=\"col\">Origin</th><th scope=\"col\" "
              "class=\"n\">Refusals</th><th scope=\"col\">Latest "
              "reason</th><th scope=\"col\">What to change for the latest "
              "one</th></tr>\n");
    for (i = 0; i < count; i++) {
        show_origin(page, &origins[i]);
    }
    cors_html(page->html, "</table></div>\n");
}

void cors_page_html_happened(cors_page_t *page)
{
    apr_uint64_t reported = 0;
    int verdict;

    if (!page->counters) {
        cors_html(page->html, "<p>There is no shared memory, so nothing is "
                              "counted.</p>\n");
        return;
    }
    for (verdict = 0; verdict < CORS_VERDICT_COUNT; verdict++) {
        reported += cors_counters_total(page->counters, CORS_COUNTED_REPORTED,
                                        (cors_verdict_e)verdict);
    }
    cors_html(page->html,
              "<p class=\"soft\">Since %s. <a href=\"?format=json\">JSON</a>, "
              "<a href=\"?format=prometheus\">Prometheus</a></p>\n",
              cors_page_time(page->p, cors_counters_since(page->counters)));
    show_cards(page, CORS_COUNTED_ENFORCED);
    if (reported > 0) {
        cors_html(page->html,
                  "<h2>What CorsPolicy ReportOnly would have done</h2>\n");
        show_cards(page, CORS_COUNTED_REPORTED);
    }
    cors_page_html_history(page);
    show_refusals(page);
    show_origins(page);
    show_sections(page);
    show_reasons(page);
    show_protection(page);
}
