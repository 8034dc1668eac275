/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The frame of the status page as HTML: its head, its navigation and its end, and the
 * style sheet that it links to. Each view has a file of its own.
 *
 * This is the only file of the HTML that writes to the response. The views write
 * through cors_html(), which escapes every value: host names, origins and paths come
 * from clients, and the rest from configuration files. There are no scripts; the
 * page's Content-Security-Policy forbids them.
 */

#include "httpd/status/page_html.h"

#include <http_protocol.h>

#include "core/base/html.h"
#include "httpd/status/page_html_explain.h"
#include "httpd/status/page_html_happened.h"
#include "httpd/status/page_html_policies.h"
#include "mod_cors_policy.h"
#include "page_css.h"

static void write_response(void *context, const char *text, apr_size_t len)
{
    ap_rwrite(text, (int)len, context);
}

void cors_page_style(request_rec *r)
{
    write_response(r, style_sheet, sizeof(style_sheet) - 1);
}

static void link_to(const cors_page_t *page, const char *query,
                    const char *name, bool current)
{
    cors_html(page->html, "<a href=\"%s\"", query);
    if (current) {
        cors_html(page->html, " aria-current=\"page\"");
    }
    cors_html(page->html, ">%s</a>\n", name);
}

static void begin_page(const cors_page_t *page)
{
    const bool happened = !page->request && !page->policies;
    const char *view = page->request    ? "Explain"
                       : page->policies ? "Policies"
                                        : "What happened";

    cors_html(page->html,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
              "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
              "content=\"width=device-width, initial-scale=1\">\n"
              "<title>%s: CORS policy</title>\n"
              "<link rel=\"stylesheet\" href=\"?style\">\n</head>\n<body>\n"
              "<header>\n<h1>CORS policy</h1>\n"
              "<nav aria-label=\"Views\">\n",
              view);
    link_to(page, "?", "What happened", happened);
    link_to(page, "?view=explain", "Explain", page->request != NULL);
    link_to(page, "?view=policies", "Policies", page->policies);
    cors_html(page->html, "</nav>\n</header>\n<main>\n");
}

static void end_page(const cors_page_t *page)
{
    cors_html(page->html,
              "<p class=\"soft\">mod_cors_policy %s</p>\n"
              "</main>\n</body>\n</html>\n",
              CORS_POLICY_VERSION);
}

void cors_page_html(cors_page_t *page)
{
    const cors_html_t html = { write_response, page->r };

    page->html = &html;
    begin_page(page);
    if (page->request) {
        cors_page_html_explain(page);
    }
    else if (page->policies) {
        cors_page_html_policies(page);
    }
    else {
        cors_page_html_happened(page);
    }
    end_page(page);
    page->html = NULL;
}
