/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_html.h
 * @brief The status page as HTML
 */

#ifndef CORS_STATUS_PAGE_HTML_H
#define CORS_STATUS_PAGE_HTML_H

#include "httpd/httpd.h"
#include "httpd/status/page_data.h"

/** Write the page as HTML. */
void cors_page_html(cors_page_t *page);

/** Write the style sheet of the page. */
void cors_page_style(request_rec *r);

#endif /* CORS_STATUS_PAGE_HTML_H */
