# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Lists;

# The lists of names that the Fetch Standard fixes, as hashes by name in lower
# case. tools/cors-policy-import/make-lists writes this file from src/core/base/fetch.c;
# make check fails where the two differ. Change that file, not this one.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
our @EXPORT_OK = qw(%fetch %default_port);

our %fetch = (
    forbidden_methods => { map { $_ => 1 } qw(
        connect
        trace
        track
    ) },
    safelisted_methods => { map { $_ => 1 } qw(
        get
        head
        post
    ) },
    well_known_methods => { map { $_ => 1 } qw(
        delete
        get
        head
        options
        post
        put
        patch
        propfind
        mkcol
        copy
        proppatch
        move
        lock
        unlock
        report
        query
        acl
        search
    ) },
    usual_request_headers => { map { $_ => 1 } qw(
        accept
        accept-language
        api-key
        apikey
        authorization
        cache-control
        content-language
        content-type
        idempotency-key
        if-match
        if-modified-since
        if-none-match
        if-unmodified-since
        range
        x-api-key
        x-apikey
        x-authorization
        x-csrf-token
        x-csrftoken
        x-http-method-override
        x-requested-with
        x-xsrf-token
    ) },
    forbidden_request_headers => { map { $_ => 1 } qw(
        accept-charset
        accept-encoding
        access-control-request-headers
        access-control-request-method
        access-control-request-private-network
        connection
        content-length
        cookie
        cookie2
        date
        dnt
        expect
        host
        keep-alive
        origin
        referer
        set-cookie
        te
        trailer
        transfer-encoding
        upgrade
        via
    ) },
    forbidden_request_prefixes => { map { $_ => 1 } qw(
        proxy-
        sec-
    ) },
    forbidden_response_headers => { map { $_ => 1 } qw(
        set-cookie
        set-cookie2
    ) },
    safelisted_response_headers => { map { $_ => 1 } qw(
        cache-control
        content-language
        content-length
        content-type
        expires
        last-modified
        pragma
    ) },
    response_only_headers => { map { $_ => 1 } qw(
        accept-ranges
        access-control-allow-credentials
        access-control-allow-headers
        access-control-allow-methods
        access-control-allow-origin
        access-control-allow-private-network
        access-control-expose-headers
        access-control-max-age
        age
        allow
        alt-svc
        authentication-info
        clear-site-data
        content-security-policy
        content-security-policy-report-only
        cross-origin-embedder-policy
        cross-origin-opener-policy
        cross-origin-resource-policy
        etag
        last-modified
        location
        permissions-policy
        proxy-authenticate
        referrer-policy
        retry-after
        server
        server-timing
        set-cookie
        strict-transport-security
        timing-allow-origin
        vary
        www-authenticate
        x-content-type-options
        x-frame-options
    ) },
    request_only_headers => { map { $_ => 1 } qw(
        accept-charset
        accept-language
        access-control-request-headers
        access-control-request-method
        access-control-request-private-network
        cookie
        dnt
        expect
        host
        if-match
        if-modified-since
        if-none-match
        if-range
        if-unmodified-since
        origin
        proxy-authorization
        referer
        te
        upgrade-insecure-requests
        user-agent
    ) },
);

our %default_port = (
    https => 443,
    http => 80,
    ftp => 21,
    ws => 80,
    wss => 443,
);

1;
