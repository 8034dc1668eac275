/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file page_prometheus.h
 * @brief The counters for Prometheus
 */

#ifndef CORS_STATUS_PAGE_PROMETHEUS_H
#define CORS_STATUS_PAGE_PROMETHEUS_H

#include "httpd/httpd.h"
#include "httpd/status/page_data.h"

/** Write the counters. */
void cors_page_prometheus(const cors_page_t *page);

#endif /* CORS_STATUS_PAGE_PROMETHEUS_H */
