/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_json.h
 * @brief The status page as JSON
 */

#ifndef CORS_STATUS_PAGE_JSON_H
#define CORS_STATUS_PAGE_JSON_H

#include "httpd/httpd.h"
#include "httpd/status/page_data.h"

/** Write the page as JSON. */
void cors_page_json(cors_page_t *page);

#endif /* CORS_STATUS_PAGE_JSON_H */
