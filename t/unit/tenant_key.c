/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What an expression that gives the tenant reads: headers for Vary, and what a preflight
 * does not have; and its value, if it reads the name of the server only. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>

#include "core/origin/tenant_key.h"

static apr_pool_t *pool;

static void same_or_null(const char *text, const char *expected)
{
    assert_string_equal(text ? text : "-", expected);
}

static void expression_reads_headers(void **state)
{
    /* expression, headers for Vary, what a preflight does not have */
    static const char *const rows[][3] = {
        { "", "-", "-" },
        { "shop", "-", "-" },
        { "%{SERVER_NAME}", "-", "-" },
        { "%{HTTP_HOST}", "-", "-" },
        { "%{HTTP:Host}", "-", "-" },
        { "%{env:TENANT}", "-", "-" },
        { "%{HTTP:X-Tenant}", "X-Tenant", "-" },
        { "%{req:X-Tenant}-%{http:x-tenant}", "X-Tenant", "-" },
        { "a%{HTTP:A}%{HTTP:B}", "A, B", "-" },
        { "%{tolower:%{HTTP:X-Tenant}}", "X-Tenant", "-" },
        { "%{req_novary:X-Tenant}", "-", "-" },
        { "%{req_novary:Cookie}", "-", "Cookie" },
        { "%{HTTP_USER_AGENT}", "User-Agent", "-" },
        { "%{HTTP_COOKIE}", "Cookie", "Cookie" },
        { "%{HTTP:authorization}", "authorization", "authorization" },
        { "%{HTTP:X-Api-Key}", "X-Api-Key", "X-Api-Key" },
        { "%{HTTP:X-Api-Keys}", "X-Api-Keys", "-" },
        { "%{REMOTE_USER}", "-", "REMOTE_USER" },
        { "%{SSL_CLIENT_S_DN_O}", "-", "SSL_CLIENT_S_DN_O" },
        { "%{SSL_CLIENT}", "-", "-" },
        { "%{HTTP:}", "-", "-" },
        { "%{HTTP:a b}", "-", "-" },
        { "%{HTTP:X", "X", "-" },
        { "%{", "-", "-" },
        { "%{HTTP", "-", "-" },
        { "{HTTP:X}", "-", "-" },
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        same_or_null(cors_tenant_key_headers(pool, rows[i][0]), rows[i][1]);
        same_or_null(cors_tenant_key_unsent(pool, rows[i][0]), rows[i][2]);
    }
}

static void variables_are_found_by_their_whole_name(void **state)
{
    (void)state;
    assert_true(cors_tenant_key_reads("%{SERVER_NAME}", "SERVER_NAME"));
    assert_true(
        cors_tenant_key_reads("x%{tolower:%{server_name}}", "SERVER_NAME"));
    assert_false(cors_tenant_key_reads("SERVER_NAME", "SERVER_NAME"));
    assert_false(cors_tenant_key_reads("%{SERVER_NAMES}", "SERVER_NAME"));
    assert_false(cors_tenant_key_reads("%{env:SERVER_NAME}", "SERVER_NAME"));
}

static void an_expression_of_the_server_name_has_a_value(void **state)
{
    /* expression, value */
    static const char *const rows[][2] = {
        { "shop", "shop" },
        { "%{SERVER_NAME}", "a.example" },
        { "%{server_name}", "a.example" },
        { "shop-%{SERVER_NAME}:%{Server_Name}/", "shop-a.example:a.example/" },
        { "%{SERVER_NAMES}", "-" },
        { "%{SERVER_NAME", "-" },
        { "%{HTTP_HOST}", "-" },
        { "%{SERVER_NAME}%{HTTP:X}", "-" },
        { "%{tolower:%{SERVER_NAME}}", "-" },
        { "%{env:SERVER_NAME}", "-" },
        { "$1", "-" },
        { "a\\b", "-" },
        { "100%", "-" },
    };
    apr_size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        same_or_null(cors_tenant_key_value(pool, rows[i][0], "a.example"),
                     rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expression_reads_headers),
        cmocka_unit_test(variables_are_found_by_their_whole_name),
        cmocka_unit_test(an_expression_of_the_server_name_has_a_value)
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
