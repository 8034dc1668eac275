/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The view "policies" of the status page: every section with its policy.
 *
 * It is its own file because it walks over the whole configuration, section by
 * section, and clears its memory after each. The table of one policy is also part of an
 * explanation.
 */

#include "httpd/status/page_html_policies.h"

#include <http_main.h>

#include "core/base/html.h"
#include "core/diagnose/describe.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/status/dump.h"

static void show_values(const cors_page_t *page,
                        const apr_array_header_t *values)
{
    int i;

    for (i = 0; i < values->nelts; i++) {
        const cors_value_t *value = &APR_ARRAY_IDX(values, i, cors_value_t);

        cors_html(page->html, "%s<code>%s%s%s</code>", i > 0 ? " " : "",
                  value->exclude ? "!" : "", value->regex ? "~" : "",
                  value->text);
    }
}

static void show_attribute(const cors_page_t *page, const cors_policy_t *policy,
                           cors_attr_e attr)
{
    const cors_setting_t *setting = policy->link[attr].setting;
    apr_array_header_t *values = cors_policy_values(page->p, policy, attr);

    cors_html(page->html, "<tr><td><code>%s</code></td><td>",
              cors_attr_directive(attr));
    show_values(page, values);
    if (values->nelts == 0) {
        cors_html(page->html, "%s",
                  attr == CORS_ATTR_WEBSOCKET_ORIGINS && !setting
                      ? "not checked"
                      : "None");
    }
    cors_html(page->html, "</td><td>");
    if (setting) {
        cors_html(page->html, "<code>%s</code>", setting->source);
    }
    else {
        cors_html(page->html, "default");
    }
    cors_html(page->html, "</td></tr>\n");
}

void cors_page_html_policy(const cors_page_t *page, const cors_policy_t *policy,
                           bool all)
{
    int attr;

    cors_html(page->html,
              "<div class=\"scroll\"><table>\n<tr><th>Directive</th>"
              "<th>In force</th><th>Set by</th></tr>\n");
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        if (policy->link[attr].setting || all || attr == CORS_ATTR_MODE) {
            show_attribute(page, policy, (cors_attr_e)attr);
        }
    }
    cors_html(page->html, "</table></div>\n");
}

static void begin_section(const cors_page_t *page,
                          const cors_config_section_t *section)
{
    const char *address = cors_server_address(page->p, section->server);

    if (section->kind == CORS_CONTAINER_SERVER) {
        cors_html(page->html, "<h2>%s%s%s</h2>\n",
                  section->server->server_hostname, address ? " " : "",
                  address);
    }
    cors_html(page->html,
              "<details><summary>%s <span class=\"soft\">%s</span>"
              "</summary>\n",
              section->scope->title ? section->scope->title
                                    : "The server itself",
              cors_scope_position(page->r->pool, section->scope));
}

static void show_policies_of(const cors_page_t *page,
                             const cors_config_section_t *section)
{
    apr_pool_t *p = page->p;
    cors_methods_group_t *groups;
    int count = cors_section_groups(p, section->merged, &groups);
    int i;

    begin_section(page, section);
    for (i = 0; i < count; i++) {
        cors_policy_t policy;

        if (!cors_methods_real(p, groups[i].methods)) {
            continue;
        }
        if (count > 1) {
            cors_html(page->html, "<h3>%s</h3>\n",
                      cors_methods_text(p, groups[i].methods));
        }
        cors_policy_resolve(p, section->merged, groups[i].one, &policy);
        cors_page_html_policy(page, &policy, true);
    }
    cors_html(page->html, "</details>\n");
}

static void visit_config_section(void *context,
                                 const cors_config_section_t *section)
{
    const cors_page_t *page = context;

    show_policies_of(page, section);
    apr_pool_clear(page->p);
}

void cors_page_html_policies(const cors_page_t *page)
{
    cors_page_t sections = *page;

    cors_html(page->html,
              "<p class=\"soft\">A section without CORS directives has the "
              "policy of what encloses it. "
              "<a href=\"?view=policies&amp;format=json\">JSON</a></p>\n");
    apr_pool_create(&sections.p, page->p);
    cors_config_sections_visit(page->p, ap_server_conf, NULL,
                               visit_config_section, &sections);
    apr_pool_destroy(sections.p);
}
