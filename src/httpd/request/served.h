/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file served.h
 * @brief Check the resource that is served, if it is not the requested one
 */

#ifndef CORS_REQUEST_SERVED_H
#define CORS_REQUEST_SERVED_H

#include "core/policy/section.h"
#include "httpd/httpd.h"

/**
 * Check the resource that is served, before a handler runs.
 *
 * @param r        of any kind
 * @param section  in force for it
 * @return DECLINED, or HTTP_FORBIDDEN
 */
int cors_check_resource(request_rec *r, const cors_section_t *section);

#endif /* CORS_REQUEST_SERVED_H */
