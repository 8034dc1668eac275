/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_html_explain.h
 * @brief The view "explain" of the status page, as HTML
 */

#ifndef CORS_STATUS_PAGE_HTML_EXPLAIN_H
#define CORS_STATUS_PAGE_HTML_EXPLAIN_H

#include "httpd/status/page_data.h"

/** Write what follows the navigation of the page. */
void cors_page_html_explain(const cors_page_t *page);

#endif /* CORS_STATUS_PAGE_HTML_EXPLAIN_H */
