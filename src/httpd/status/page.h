/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page.h
 * @brief The status page
 */

#ifndef CORS_STATUS_PAGE_H
#define CORS_STATUS_PAGE_H

#include <string.h>

#include "httpd/config/sections.h"
#include "httpd/httpd.h"

/**
 * Answer a request that has the page's handler.
 *
 * @return OK or an HTTP status
 */
int cors_answer_page(request_rec *r);

/** @return whether a request has the page's handler, regardless of what has set it */
static inline bool cors_names_page(const request_rec *r)
{
    /* this runs for every request, and few other handler names begin with c */
    return r->handler && r->handler[0] == 'c'
           && strcmp(r->handler, CORS_PAGE_HANDLER) == 0;
}

/** @return whether a request is for the status page */
static inline bool cors_is_page(const request_rec *r)
{
    return cors_names_page(r) && cors_page_configured(r);
}

#endif /* CORS_STATUS_PAGE_H */
