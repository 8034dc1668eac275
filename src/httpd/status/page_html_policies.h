/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_html_policies.h
 * @brief The view "policies" of the status page, as HTML
 */

#ifndef CORS_STATUS_PAGE_HTML_POLICIES_H
#define CORS_STATUS_PAGE_HTML_POLICIES_H

#include "core/policy/policy.h"
#include "httpd/status/page_data.h"

/** Write what follows the navigation of the page. */
void cors_page_html_policies(const cors_page_t *page);

/**
 * Write a policy as a table.
 *
 * @param all  show every attribute, not only those that are set
 */
void cors_page_html_policy(const cors_page_t *page, const cors_policy_t *policy,
                           bool all);

#endif /* CORS_STATUS_PAGE_HTML_POLICIES_H */
