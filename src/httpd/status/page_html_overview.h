/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_html_overview.h
 * @brief The policies of all sections as one table
 */

#ifndef CORS_STATUS_PAGE_HTML_OVERVIEW_H
#define CORS_STATUS_PAGE_HTML_OVERVIEW_H

#include "core/diagnose/compare.h"
#include "httpd/status/page_data.h"

/**
 * Writes a table of the sections and of the origins that they name: which origins may
 * read responses, and the line that decides. Nothing is written if all policies are off.
 *
 * @param snapshot  the policies of the configuration
 * @param only      only the sections of this server; NULL: of all servers
 */
void cors_page_html_overview(const cors_page_t *page,
                             const cors_snapshot_t *snapshot,
                             const server_rec *only);

#endif /* CORS_STATUS_PAGE_HTML_OVERVIEW_H */
