/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Answers a preflight in place of a handler.
 *
 * It is its own file because a preflight is answered at three points: in header_parser, in
 * map_to_storage (early.c), and by the output filter if a redirect came first. The answer
 * has no body; the filter writes its headers.
 */

#include "httpd/request/preflight.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "core/policy/decide.h"
#include "core/policy/policy.h"
#include "core/policy/section.h"

/* httpd has no status line for many status codes and would send 500 instead. */
void cors_set_status(request_rec *r, int status)
{
    r->status = status;
    r->status_line = NULL;
    if (status == HTTP_OK || status == HTTP_NO_CONTENT
        || status == HTTP_FORBIDDEN) {
        return;
    }
    /* NOLINTNEXTLINE(cert-err34-c): each status line starts with a number */
    if (atoi(ap_get_status_line(status)) != status) {
        r->status_line = apr_psprintf(r->pool, "%d %s", status,
                                      status < 300 ? "OK" : "Refused");
    }
}

int cors_preflight_answer(request_rec *r, cors_chain_t *chain)
{
    cors_set_status(r, cors_decision_preflight_status(chain->policy,
                                                      &chain->decision));
    chain->answered = r->status;
    /* httpd would wait for the body before it sends the response */
    if (!r->connection->master && chain->noted.body) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    /* mod_brotli turns an empty body into a non-empty one */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
    /* Returning the status would run an ErrorDocument and send httpd's own page. DONE
     * alone would lose the headers that mod_headers adds to every response. */
    ap_run_insert_filter(r);
    return DONE;
}

bool cors_preflight_is_answered(const cors_chain_t *chain)
{
    const cors_decision_t *decision = &chain->decision;

    return decision->preflight && !cors_chain_is_websocket(chain)
           && cors_chain_mode(chain) == CORS_MODE_ON
           && !cors_decision_continues(chain->policy, decision);
}
