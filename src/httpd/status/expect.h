/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file expect.h
 * @brief Check the expectations beside a policy: CorsExpect
 */

#ifndef CORS_STATUS_EXPECT_H
#define CORS_STATUS_EXPECT_H

#include "httpd/config/findings.h"
#include "httpd/httpd.h"

/**
 * CorsExpect allow|deny ORIGIN|any-other METHOD URL [headers=NAME,...] [credentials]
 * [websocket]: store an expectation.
 */
const char *cors_set_expect(cmd_parms *cmd, void *section, const char *args);

/**
 * check_config hook: check all expectations. One that fails is an error. At a restart,
 * graceful or not, it is only logged, so that a changed list does not end the server.
 */
int cors_check_expectations(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temp,
                            server_rec *server);

/** Report a warning for each expectation that cannot be decided. */
void cors_warn_expectations(apr_pool_t *p, server_rec *server,
                            cors_reporter_t *reporter);

#endif /* CORS_STATUS_EXPECT_H */
