/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_html_history.h
 * @brief The plots of the status page
 */

#ifndef CORS_STATUS_PAGE_HTML_HISTORY_H
#define CORS_STATUS_PAGE_HTML_HISTORY_H

#include "httpd/status/page_data.h"

/** Writes plots of the last hour and of the last day, each with a table. */
void cors_page_html_history(const cors_page_t *page);

#endif /* CORS_STATUS_PAGE_HTML_HISTORY_H */
