/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_html_happened.h
 * @brief The view "what happened" of the status page, as HTML
 */

#ifndef CORS_STATUS_PAGE_HTML_HAPPENED_H
#define CORS_STATUS_PAGE_HTML_HAPPENED_H

#include "httpd/status/page_data.h"

/** Write what follows the navigation of the page. */
void cors_page_html_happened(cors_page_t *page);

#endif /* CORS_STATUS_PAGE_HTML_HAPPENED_H */
