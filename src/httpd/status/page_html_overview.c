/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The policies of all sections as one table: a row for each section, a column for each
 * origin or pattern that most of them name.
 *
 * It is its own file because it walks over all policies twice: the columns are known
 * after all lists have been read. The core decides each cell (overview.c). The policies
 * are those that requests of a section get, as CorsCompare compares them; the list of
 * sections below shows each section as if it alone applied with its server. The
 * number of rows and columns is limited, because a browser, and a person, can show only
 * so many.
 */

#include "httpd/status/page_html_overview.h"

#include <string.h>

#include "core/base/fetch.h"
#include "core/base/html.h"
#include "core/diagnose/compare.h"
#include "core/diagnose/describe.h"
#include "core/diagnose/overview.h"
#include "core/policy/section.h"

#define COLUMNS_MAX 8
#define ROWS_MAX 200

/* The table while it is made. */
typedef struct {
    const cors_page_t *page;
    cors_overview_t *overview;
    const apr_array_header_t *columns; /* const cors_origin_entry_t * */
    const cors_snapshot_host_t *host;  /* whose name was written last */
    int rows;
} table_t;

/* Called for each policy. */
typedef void (*policy_fn)(table_t *table, const cors_snapshot_host_t *host,
                          const cors_snapshot_section_t *section,
                          const cors_snapshot_group_t *group);

static void visit_section(table_t *table, const cors_snapshot_host_t *host,
                          const cors_snapshot_section_t *section,
                          policy_fn visit)
{
    int i;

    for (i = 0; i < section->groups->nelts; i++) {
        const cors_snapshot_group_t *group =
            APR_ARRAY_IDX(section->groups, i, const cors_snapshot_group_t *);

        /* most virtual hosts set nothing at their own level */
        if (section->title || group->own->link[CORS_ATTR_MODE].setting) {
            visit(table, host, section, group);
        }
    }
}

/* Returns whether the sections outside of all virtual hosts apply to a virtual host. */
static bool inherits(const cors_snapshot_t *snapshot, const server_rec *server)
{
    int i;

    for (i = 1; i < snapshot->hosts->nelts; i++) {
        const cors_snapshot_host_t *host =
            APR_ARRAY_IDX(snapshot->hosts, i, const cors_snapshot_host_t *);

        /* both borrow the name from httpd */
        if (host->name == server->server_hostname && host->inherits) {
            return true;
        }
    }
    return false;
}

static void visit_hosts(table_t *table, const cors_snapshot_t *snapshot,
                        const server_rec *only, policy_fn visit)
{
    const bool outside = only && inherits(snapshot, only);
    int i;
    int k;

    for (i = 0; i < snapshot->hosts->nelts; i++) {
        const cors_snapshot_host_t *host =
            APR_ARRAY_IDX(snapshot->hosts, i, const cors_snapshot_host_t *);

        /* the first host is outside of all virtual hosts */
        if (only && host->name != only->server_hostname
            && !(i == 0 && outside)) {
            continue;
        }
        for (k = 0; k < host->sections->nelts; k++) {
            visit_section(table, host,
                          APR_ARRAY_IDX(host->sections, k,
                                        const cors_snapshot_section_t *),
                          visit);
        }
    }
}

static void collect_policy(table_t *table, const cors_snapshot_host_t *host,
                           const cors_snapshot_section_t *section,
                           const cors_snapshot_group_t *group)
{
    (void)host;
    (void)section;
    if (table->rows++ < ROWS_MAX) {
        cors_overview_add(table->overview, group->policy);
    }
}

/* Returns the "file:line" of a source without the folders of the file. */
static const char *short_source(const char *source)
{
    const char *name = strrchr(source, '/');

    return name ? name + 1 : source;
}

static void show_source(const table_t *table, const char *source)
{
    cors_html(table->page->html,
              "<br><span class=\"soft\" title=\"%s\">%s</span>", source,
              short_source(source));
}

static void show_cell(const table_t *table, const cors_policy_t *policy,
                      const cors_origin_entry_t *entry)
{
    static const char *const answers[] = { "no", "some", "yes", "undecided" };
    static const char *const classes[] = { "soft", "", "good", "soft" };
    const cors_html_t *html = table->page->html;
    cors_access_t access;

    cors_overview_access(table->page->p, table->overview, policy, entry,
                         &access);
    cors_html(html, "<td><span class=\"%s\">%s</span>%s",
              classes[access.access], answers[access.access],
              access.credentials ? ", with credentials" : "");
    if (access.access == CORS_ACCESS_UNDECIDED && access.obstacle) {
        cors_html(html, ": %s", access.obstacle);
    }
    show_source(table, access.source);
    if (access.example) {
        cors_html(html, "<br>not <code>%s</code>", access.example);
        show_source(table, access.example_source);
    }
    cors_html(html, "</td>");
}

static void begin_host(table_t *table, const cors_snapshot_host_t *host)
{
    if (table->host != host) {
        table->host = host;
        cors_html(
            table->page->html,
            "<tr><th colspan=\"%d\" scope=\"rowgroup\">%s%s%s</th></tr>\n",
            table->columns->nelts + 3, host->name, host->address ? " " : "",
            host->address);
    }
}

static void show_names(const table_t *table, const char *before,
                       const apr_array_header_t *names)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        cors_html(table->page->html, "%s%s", i > 0 ? " " : before,
                  APR_ARRAY_IDX(names, i, const char *));
    }
}

/* Write the methods that a policy permits and that every page may not use anyway. */
static void show_methods(const table_t *table, const cors_policy_t *policy)
{
    const apr_array_header_t *values =
        cors_policy_values(table->page->p, policy, CORS_ATTR_METHODS);
    const char *space = "";
    int i;

    cors_html(table->page->html, "<td>");
    for (i = 0; i < values->nelts; i++) {
        const char *method = APR_ARRAY_IDX(values, i, cors_value_t).text;

        if (!cors_fetch_safelisted_method(cors_slice(method))) {
            cors_html(table->page->html, "%s%s", space, method);
            space = " ";
        }
    }
    cors_html(table->page->html, "</td>");
}

static void show_policy(table_t *table, const cors_snapshot_host_t *host,
                        const cors_snapshot_section_t *section,
                        const cors_snapshot_group_t *group)
{
    const cors_html_t *html = table->page->html;
    const cors_policy_t *policy = group->policy;
    const int mode = cors_policy_number(policy, CORS_ATTR_MODE);
    int i;

    if (table->rows++ >= ROWS_MAX) {
        return;
    }
    begin_host(table, host);
    cors_html(html, "<tr><th scope=\"row\">%s",
              section->title ? section->title : "The server itself");
    if (group->methods) {
        show_names(table, " for ", group->methods);
    }
    if (mode == CORS_MODE_REPORT_ONLY) {
        cors_html(html, "<br>ReportOnly");
    }
    cors_html(html, "</th>");
    if (mode == CORS_MODE_OFF && !policy->link[CORS_ATTR_MODE].setting) {
        cors_html(
            html,
            "<td colspan=\"%d\" class=\"soft\">Off, unless another section "
            "that applies sets CorsPolicy</td></tr>\n",
            table->columns->nelts + 2);
        return;
    }
    if (mode == CORS_MODE_OFF) {
        cors_html(html, "<td></td>");
    }
    else {
        show_methods(table, policy);
    }
    for (i = 0; i < table->columns->nelts; i++) {
        show_cell(table, policy,
                  APR_ARRAY_IDX(table->columns, i,
                                const cors_origin_entry_t *));
    }
    show_cell(table, policy, NULL);
    cors_html(html, "</tr>\n");
}

static void begin_table(const table_t *table)
{
    const cors_html_t *html = table->page->html;
    int i;

    cors_html(html,
              "<h2>Who may read responses</h2>\n<p class=\"soft\">Each cell "
              "has the line that decides. GET, HEAD and POST are always "
              "permitted methods.</p>\n"
              "<div class=\"scroll\"><table class=\"overview\">\n"
              "<tr><th scope=\"col\">Section</th><th scope=\"col\">Other "
              "methods</th>");
    for (i = 0; i < table->columns->nelts; i++) {
        const cors_origin_entry_t *entry =
            APR_ARRAY_IDX(table->columns, i, const cors_origin_entry_t *);

        cors_html(html, "<th scope=\"col\"><code>%s%s</code></th>",
                  entry->regex ? "~" : "", entry->text);
    }
    cors_html(html, "<th scope=\"col\">Any other</th></tr>\n");
}

static void end_table(const table_t *table, int left_out)
{
    const cors_html_t *html = table->page->html;

    cors_html(html, "</table></div>\n");
    if (left_out > 0) {
        cors_html(html,
                  "<p class=\"soft\">%d more origins and patterns are in the "
                  "sections below. <a href=\"?view=explain\">Explain</a> "
                  "answers for each origin.</p>\n",
                  left_out);
    }
    if (table->rows > ROWS_MAX) {
        cors_html(html,
                  "<p class=\"soft\">%d more policies are in the sections "
                  "below.</p>\n",
                  table->rows - ROWS_MAX);
    }
}

void cors_page_html_overview(const cors_page_t *page,
                             const cors_snapshot_t *snapshot,
                             const server_rec *only)
{
    table_t table;
    int left_out;

    memset(&table, 0, sizeof(table));
    table.page = page;
    table.overview = cors_overview_make(page->p);
    visit_hosts(&table, snapshot, only, collect_policy);
    table.columns =
        cors_overview_entries(table.overview, COLUMNS_MAX, &left_out);
    if (cors_overview_count(table.overview) > 0) {
        begin_table(&table);
        table.rows = 0;
        visit_hosts(&table, snapshot, only, show_policy);
        end_table(&table, left_out);
    }
}
