/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The view "policies" of the status page: every section with its policy.
 *
 * It is its own file because it walks over the whole configuration, section by
 * section, and clears its memory after each. The table of one policy is also part of an
 * explanation.
 */

#include "httpd/status/page_html_policies.h"

#include <apr_strings.h>
#include <http_main.h>

#include "core/base/html.h"
#include "core/diagnose/describe.h"
#include "core/policy/section.h"
#include "httpd/config/containers.h"
#include "httpd/config/sections.h"
#include "httpd/config/server_names.h"
#include "httpd/config/sources.h"
#include "httpd/shared/list_state.h"
#include "httpd/status/dump.h"
#include "httpd/status/methods.h"
#include "httpd/status/page_html_overview.h"
#include "httpd/status/snapshot.h"

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

    cors_html(
        page->html,
        "<div class=\"scroll\"><table>\n<tr><th scope=\"col\">Directive</th>"
        "<th scope=\"col\">In force</th><th scope=\"col\">Set by</th></tr>\n");
    for (attr = 0; attr < CORS_ATTR_COUNT; attr++) {
        if (policy->link[attr].setting || all || attr == CORS_ATTR_MODE) {
            show_attribute(page, policy, (cors_attr_e)attr);
        }
    }
    cors_html(page->html, "</table></div>\n");
}

/* Write each policy of a section in one line, so that sections can be compared while
 * they are collapsed. */
static void show_summaries(const cors_page_t *page,
                           const cors_config_section_t *section,
                           const cors_methods_group_t *groups, int count)
{
    apr_pool_t *p = page->p;
    cors_policy_t policy;
    int i;

    for (i = 0; i < count; i++) {
        if (cors_methods_real(p, groups[i].methods)) {
            cors_policy_resolve(p, section->merged, groups[i].one, &policy);
            cors_html(page->html, "<br><span class=\"policy\">%s%s%s</span>",
                      count > 1 ? cors_methods_text(p, groups[i].methods) : "",
                      count > 1 ? ": " : "", cors_policy_summary(p, &policy));
        }
    }
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
    cors_html(page->html, "<details><summary>%s <span class=\"soft\">%s</span>",
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
    show_summaries(page, section, groups, count);
    cors_html(page->html, "</summary>\n");
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

static void show_list(const cors_page_t *page, const cors_list_state_t *state)
{
    const char *name =
        cors_source_name_of(ap_server_conf->process->pconf, state->path);

    cors_html(page->html, "<tr><td>%s<br><span class=\"soft\">%s</span></td>",
              name ? name : "", state->path);
    if (!state->loaded) {
        cors_html(page->html, "<td>not loaded%s</td><td></td><td></td></tr>\n",
                  cors_page_list_notes(page->p, state));
        return;
    }
    cors_html(page->html,
              "<td>%s listed, %s excluded, %s tenants%s</td><td>%s<br><code>%s"
              "</code></td><td>%s<br>%s, %s failures</td></tr>\n",
              apr_psprintf(page->p, "%" APR_SIZE_T_FMT, state->listed),
              apr_psprintf(page->p, "%" APR_SIZE_T_FMT, state->excluded),
              apr_psprintf(page->p, "%" APR_SIZE_T_FMT, state->tenants),
              cors_page_list_notes(page->p, state),
              state->version ? state->version : "", state->sum,
              cors_page_time(page->p, state->loaded_at),
              state->checked_at ? cors_page_time(page->p, state->checked_at)
                                : "the file has another list",
              apr_psprintf(page->p, "%u", state->failures));
}

static void show_lists(const cors_page_t *page)
{
    const apr_array_header_t *states =
        cors_list_states(page->p, ap_server_conf->process->pconf);
    int i;

    if (states->nelts == 0) {
        return;
    }
    cors_html(page->html,
              "<h2>Lists of origins</h2>\n<div class=\"scroll\"><table>\n"
              "<tr><th scope=\"col\">List</th><th "
              "scope=\"col\">Entries</th><th scope=\"col\">Version and sum</th>"
              "<th scope=\"col\">Loaded, checked</th></tr>\n");
    for (i = 0; i < states->nelts; i++) {
        show_list(page, &APR_ARRAY_IDX(states, i, cors_list_state_t));
    }
    cors_html(page->html, "</table></div>\n");
}

/* Write the form that limits the view to one virtual host. */
static void show_filter(const cors_page_t *page)
{
    cors_html(page->html,
              "<form method=\"get\"><input type=\"hidden\" name=\"view\" "
              "value=\"policies\">\n<label>Host <small>Shows only the virtual "
              "hosts with this name</small><input type=\"text\" name=\"host\" "
              "value=\"%s\"></label>\n<button>Show</button></form>\n",
              page->host);
}

static void show_sections_of(const cors_page_t *page,
                             const cors_snapshot_t *snapshot,
                             const server_rec *only)
{
    cors_page_t sections = *page;

    cors_page_html_overview(page, snapshot, only);
    cors_html(page->html,
              "<p class=\"soft\">Each section below is shown as if it alone "
              "applied with its server.</p>\n");
    apr_pool_create(&sections.p, page->p);
    cors_config_sections_visit(page->p, ap_server_conf, only,
                               visit_config_section, &sections);
    apr_pool_destroy(sections.p);
}

/* Show the virtual hosts that have the name of page->host. */
static void show_hosts(const cors_page_t *page, const cors_snapshot_t *snapshot)
{
    const server_rec *server;
    bool any = false;

    for (server = ap_server_conf; server; server = server->next) {
        if (cors_server_has_name(server, page->host)) {
            any = true;
            show_sections_of(page, snapshot, server);
        }
    }
    if (!any) {
        cors_html(page->html, "<p>No virtual host has the name %s.</p>\n",
                  page->host);
    }
}

void cors_page_html_policies(const cors_page_t *page)
{
    const cors_snapshot_t *snapshot =
        cors_snapshot_make(page->p, ap_server_conf, false);

    cors_html(page->html,
              "<p class=\"soft\">A section without CORS directives has the "
              "policy of what encloses it. "
              "<a href=\"?view=policies&amp;format=json\">JSON</a></p>\n");
    if (ap_server_conf->next) {
        show_filter(page);
    }
    if (page->host[0]) {
        show_hosts(page, snapshot);
    }
    else {
        show_sections_of(page, snapshot, NULL);
    }
    show_lists(page);
}
