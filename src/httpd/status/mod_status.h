/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_status.h
 * @brief The counters on mod_status' page
 */

#ifndef CORS_STATUS_MOD_STATUS_H
#define CORS_STATUS_MOD_STATUS_H

#include "httpd/httpd.h"

/** mod_status hook: write a section of the mod_status page. */
int cors_status_hook(request_rec *r, int flags);

#endif /* CORS_STATUS_MOD_STATUS_H */
