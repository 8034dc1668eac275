# Licensed under the Apache License, Version 2.0; see LICENSE.
# Every kind of response that the manual describes: whole header sets.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(preflight_vary);
use CorsTest qw(send_to_suite run_cases log_mark log_since backend_mark backend_since);

my $app = 'https://app.example';
my $evil = 'https://app.example.evil';
my %vary = (vary => 'Origin');
my %allowed = (
    %vary,
    'access-control-allow-origin' => $app,
    'access-control-allow-credentials' => 'true',
    'access-control-expose-headers' => 'X-Total, X-Page',
);
my %lists = (
    preflight_vary(),
    'access-control-allow-origin' => $app,
    'access-control-allow-credentials' => 'true',
    'access-control-allow-methods' => 'GET, PUT',
    'access-control-allow-headers' => 'Content-Type, X-Token',
);
my %preflight = (%lists, 'access-control-max-age' => 600);

sub full { return [ @_[ 0, 1 ], vhost => 'cors_full', @_[ 2 .. $#_ ] ] }

sub origin_case {
    my ($origin, $ok) = @_;
    return {
        name => ($ok ? 'an allowed origin: ' : 'no allowed origin: ') . "'$origin'",
        send => full(GET => '/plain.txt', origin => $origin),
        code => 200,
        cors => $ok ? { %allowed, 'access-control-allow-origin' => $origin } : {%vary},
    };
}

my @cases = (
    { name => 'a response without Origin has Vary alone',
      send => full(GET => '/plain.txt'), code => 200, cors => {%vary} },
    (map { origin_case($_, 1) } $app, 'https://a.wild.example', 'https://a.b.wild.example',
        'http://any.example', 'http://any.example:8080', 'http://any.example:65535'),
    (map { origin_case($_, 0) } $evil, 'http://app.example', 'https://wild.example',
        'https://old.wild.example', 'https://awild.example', 'https://.wild.example',
        'https://a.wild.example:444', 'http://any.example:0', 'http://any.example:65536',
        'https://any.example', 'null', 'https://APP.example', 'https://app.example/',
        'https://app.example.', "$app, $app", "$app https://x", 'app.example', '*', '',
        "https://\xc3\xa4.wild.example", 'https://a_b.wild.example/..', 'x' x 5000,
        'https://' . 'a.' x 1000 . 'wild.example'),
    { name => 'two Origin fields match nothing',
      send => full(GET => '/plain.txt', origin => [ $app, $app ]),
      code => 200, cors => {%vary} },
    { name => 'a preflight is allowed',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT', acrh => 'x-token,content-type'),
      code => 204, cors => {%preflight} },
    { name => 'a preflight that asks for no header is allowed the same lists',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'GET'),
      code => 204, cors => {%preflight} },
    { name => 'a preflight of another origin learns nothing',
      send => full(OPTIONS => '/plain.txt', origin => $evil, acrm => 'PUT'),
      code => 403, cors => { preflight_vary() } },
    { name => 'a preflight for a method that is not listed sees the lists',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'DELETE'),
      code => 204, cors => {%lists} },
    { name => 'a preflight for POST is allowed where the list does not have it',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'POST'),
      code => 204, cors => {%preflight} },
    { name => 'methods are compared byte for byte',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'put'),
      code => 204, cors => {%lists} },
    { name => 'a preflight for a header that is not listed sees the lists',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT', acrh => 'x-token,x-other'),
      code => 204, cors => {%lists} },
    { name => 'a malformed list of headers is not allowed',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT', acrh => 'x token'),
      code => 204, cors => {%lists} },
    { name => 'OPTIONS without Access-Control-Request-Method is not a preflight',
      send => full(OPTIONS => '/plain.txt', origin => $app), code => 200, cors => {%allowed} },
    { name => 'OPTIONS without Origin is not a preflight',
      send => full(OPTIONS => '/plain.txt', acrm => 'PUT'), code => 200, cors => {%vary} },
    { name => 'the statuses of a preflight can be set, allowed',
      send => full(OPTIONS => '/status', origin => $app, acrm => 'PUT'),
      code => 200, cors => {%preflight} },
    { name => 'the statuses of a preflight can be set, denied',
      send => full(OPTIONS => '/status', origin => $evil, acrm => 'PUT'),
      code => 404, cors => { preflight_vary() } },

    # what could prevent an answer to a preflight
    (map { {
        name => "a preflight for $_->[0] is answered",
        send => full(OPTIONS => $_->[1], origin => $app, acrm => 'PUT'),
        code => 204, cors => {%preflight},
    } } [ 'a route behind Basic authentication', '/private' ],
        [ 'a route under AllowMethods GET', '/get-only' ],
        [ 'a route under Require ip', '/nobody' ],
        [ 'a directory without its slash', '/dir' ],
        [ 'a route of mod_proxy', '/api/own' ],
        [ 'WebDAV', '/dav/a' ],
        [ 'a missing file', '/missing' ],
        [ 'a route that is redirected at server level', '/moved' ],
        [ 'a route with leftover mod_headers recipes', '/recipe' ]),
    (map { {
        name => "a preflight of another origin for $_->[0] is refused",
        send => full(OPTIONS => $_->[1], origin => $evil, acrm => 'PUT'),
        code => 403, cors => { preflight_vary() },
    } } [ 'a route behind Basic authentication', '/private' ],
        [ 'a route of mod_proxy', '/api/own' ],
        [ 'a route with leftover mod_headers recipes', '/recipe' ]),
    { name => 'a preflight for a method that is not listed is answered where a redirect comes first',
      send => full(OPTIONS => '/moved', origin => $app, acrm => 'DELETE'),
      code => 204, cors => {%lists} },
    { name => 'a refused preflight keeps a redirect of the server level',
      send => full(OPTIONS => '/moved', origin => $evil, acrm => 'PUT'),
      code => 301, cors => { preflight_vary() } },
    { name => 'a preflight with a body is answered at once',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT', body => 'xxxxx'),
      code => 204, cors => {%preflight} },

    # every status, exactly one set of headers
    (map { my $case = $_; (
        { name => "$case->[0], allowed", send => full(@{ $case->[1] }, origin => $app),
          code => $case->[2], cors => { %allowed, %{ $case->[3] // {} } } },
        { name => "$case->[0], denied", send => full(@{ $case->[1] }, origin => $evil),
          code => $case->[2], cors => { %vary, %{ $case->[3] // {} } } },
    ) } [ '206', [ GET => '/plain.txt', range => 'bytes=0-2' ], 206 ],
        [ '416', [ GET => '/plain.txt', range => 'bytes=99999-' ], 416 ],
        [ '301 of a directory', [ GET => '/dir' ], 301 ],
        [ '301 at server level', [ GET => '/moved' ], 301 ],
        [ '401', [ GET => '/private' ], 401 ],
        [ '403 of Require ip', [ GET => '/nobody' ], 403 ],
        [ '404', [ GET => '/nothing' ], 404 ],
        [ '404 with an ErrorDocument of another policy', [ GET => '/missing' ], 404 ],
        [ '404 of an encoded slash', [ GET => '/a%2fb' ], 404 ],
        [ '405', [ PUT => '/get-only', body => 'x' ], 405 ],
        [ 'a proxied response with headers of its own', [ GET => '/api/own' ], 200,
          { vary => 'Accept, Origin' } ],
        [ 'a proxied 500', [ GET => '/api/broken' ], 500 ],
        [ 'leftover mod_headers recipes', [ GET => '/recipe' ], 200 ]),
    { name => 'CorsBackendHeaders Keep leaves a response that has them',
      send => full(GET => '/keep', origin => $app), code => 200,
      cors => { vary => 'Accept', 'access-control-allow-origin' => 'https://backend.example',
                'access-control-allow-credentials' => 'true',
                'access-control-expose-headers' => 'X-Backend' } },
    { name => 'CorsPreflight Continue adds the headers to the backend\'s answer',
      send => full(OPTIONS => '/continue', origin => $app, acrm => 'PUT'), code => 200,
      cors => { %preflight, vary => "Accept, $preflight{vary}" } },
    { name => 'CorsPreflight Continue still refuses',
      send => full(OPTIONS => '/continue', origin => $evil, acrm => 'PUT'), code => 403,
      cors => { preflight_vary() } },

    # other directives
    { name => 'CorsRejectDisallowed refuses', send => full(GET => '/rejects', origin => $evil),
      code => 403, cors => {%vary} },
    { name => 'CorsRejectDisallowed lets an allowed origin pass',
      send => full(GET => '/rejects', origin => $app), code => 200, cors => {%allowed} },
    { name => 'CorsRejectDisallowed lets a request without Origin pass',
      send => full(GET => '/rejects'), code => 200, cors => {%vary} },
    { name => 'CorsRejectDisallowed lets the site\'s own page pass',
      send => full(GET => '/rejects', host => 'own.example:81', origin => 'http://own.example:81'),
      code => 200, cors => {%vary} },
    { name => 'another port is another origin',
      send => full(GET => '/rejects', host => 'own.example:81', origin => 'http://own.example:82'),
      code => 403, cors => {%vary} },
    { name => 'Sec-Fetch-Site: same-origin makes a page the server\'s own',
      send => full(GET => '/rejects', origin => 'https://proxied.example', 'sec-fetch-site' => 'same-origin'),
      code => 200, cors => {%vary} },
    { name => 'Sec-Fetch-Site: cross-site is believed before the host',
      send => full(GET => '/rejects', host => 'own.example', origin => 'http://own.example',
                   'sec-fetch-site' => 'cross-site'),
      code => 403, cors => {%vary} },
    { name => 'ReportOnly changes nothing on the wire', send => full(GET => '/report', origin => $evil),
      code => 200, cors => {} },
    { name => 'ReportOnly leaves a preflight to its handler',
      send => full(OPTIONS => '/report', origin => $app, acrm => 'PUT'), code => 200, cors => {} },
    { name => 'CorsPolicy Off sends no CORS headers', send => full(GET => '/off', origin => $app), code => 200, cors => {} },
    { name => 'Off leaves a preflight to its handler',
      send => full(OPTIONS => '/off', origin => $app, acrm => 'PUT'), code => 200, cors => {} },
    { name => 'private network access is allowed where it is on',
      send => full(OPTIONS => '/network', origin => $app, acrm => 'PUT',
                   'access-control-request-private-network' => 'true'),
      code => 204,
      cors => { %preflight, 'access-control-allow-private-network' => 'true',
                vary => "$preflight{vary}, Access-Control-Request-Private-Network" } },
    { name => 'private network access is not mentioned elsewhere',
      send => full(OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT',
                   'access-control-request-private-network' => 'true'),
      code => 204, cors => {%preflight} },

    # wildcards
    { name => 'without credentials * is sent as such, and Authorization by name',
      send => [ OPTIONS => '/plain.txt', vhost => 'cors_star', origin => $app, acrm => 'PUT',
                acrh => 'authorization,x-any' ],
      code => 204,
      cors => { preflight_vary(), 'access-control-allow-origin' => '*',
                'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
                'access-control-allow-headers' => '*, Authorization',
                'access-control-max-age' => 77 } },
    { name => '* is sent to a request without Origin too',
      send => [ GET => '/plain.txt', vhost => 'cors_star' ],
      code => 200, cors => { 'access-control-allow-origin' => '*' } },
    { name => '* allows any origin, null included',
      send => [ GET => '/plain.txt', vhost => 'cors_star', origin => 'null' ],
      code => 200, cors => { 'access-control-allow-origin' => '*' } },
    { name => 'with credentials methods and headers are echoed',
      send => [ OPTIONS => '/plain.txt', vhost => 'cors_unsafe', origin => $app, acrm => 'PURGE',
                acrh => 'x-any,x-other' ],
      code => 204,
      cors => { preflight_vary(), 'access-control-allow-origin' => $app,
                'access-control-allow-credentials' => 'true',
                'access-control-allow-methods' => 'PURGE',
                'access-control-allow-headers' => 'x-any,x-other',
                'access-control-max-age' => 77 } },
    { name => 'with credentials * does not include Authorization',
      send => [ OPTIONS => '/plain.txt', vhost => 'cors_unsafe', origin => $app, acrm => 'PURGE',
                acrh => 'authorization' ],
      code => 204,
      cors => { preflight_vary(), 'access-control-allow-origin' => $app,
                'access-control-allow-credentials' => 'true',
                'access-control-allow-methods' => 'PURGE' } },
);

plan tests => 2 * @cases + 22;
run_cases(@cases);

# conditional requests
my $etag = send_to_suite(GET => '/plain.txt', vhost => 'cors_full', origin => $app)->field('etag');
for ([ $app, \%allowed, 'allowed' ], [ $evil, \%vary, 'denied' ]) {
    my $response = send_to_suite(GET => '/plain.txt', vhost => 'cors_full', origin => $_->[0],
        'if-none-match' => $etag);
    is($response->status, 304, "304, $_->[2]: status");
    is_deeply($response->cors_fields, $_->[1], "304, $_->[2]: headers");
}

# the other fields of a response to a preflight
my $response = send_to_suite(OPTIONS => '/private', vhost => 'cors_full',
    origin => $app, acrm => 'PUT');
is($response->body, '', 'a preflight has no body');
ok(!grep({ defined $response->field($_) } qw(www-authenticate allow content-type etag location)),
    'a preflight reveals nothing but the CORS answer');
is($response->field('x-always'), 'yes', 'Header always reaches a preflight');
$response = send_to_suite(OPTIONS => '/moved', vhost => 'cors_full',
    origin => $app, acrm => 'PUT');
ok(!defined $response->field('location') && $response->body eq '', 'a preflight answered instead of a redirect has no Location and no body');

# WebDAV
$response = send_to_suite(OPTIONS => '/dav/', vhost => 'cors_full');
ok($response->field('dav') && $response->field('allow') =~ /PROPFIND/, 'OPTIONS that is not a preflight reaches WebDAV');

# the backend
my $mark = backend_mark();
send_to_suite(OPTIONS => '/api/own', vhost => 'cors_full', origin => $app, acrm => 'PUT');
send_to_suite(OPTIONS => '/api/own', vhost => 'cors_full', origin => $evil, acrm => 'PUT');
is(backend_since($mark), '', 'a preflight does not reach the backend');
send_to_suite(GET => '/api/own', vhost => 'cors_full', origin => $app);
is(backend_since($mark), "GET /own\n", 'the request that follows a preflight reaches the backend');

# without a policy
my ($plain, $off) = map {
    [ map { lc $_->[0] eq 'date' ? () : "$_->[0]: $_->[1]" } @{ send_to_suite(GET => '/plain.txt', vhost => 'cors_none', @$_)->{headers} } ]
} [], [ origin => $app ];
is_deeply($off, $plain, 'a server without CORS directives answers as if there were no module');

# variables and log lines
my $log = log_mark();
$response = send_to_suite(OPTIONS => '/variables', vhost => 'cors_full', origin => $app,
    acrm => 'DELETE');
is(join(' ', map { $response->field($_) } qw(x-verdict x-reason x-origin)),
    "preflight-denied method-not-allowed $app", 'CORS_VERDICT, CORS_REASON and CORS_ORIGIN');
like($response->field('x-directive'), qr{\ACorsAllowMethods \S+/extra\.conf:\d+\z}, 'CORS_DIRECTIVE');
my $lines = log_since($log);
like($lines, qr{cors_policy:info.*preflight-denied, method-not-allowed "DELETE": origin "\Q$app\E", "DELETE" "/variables"; by CorsAllowMethods \S+extra\.conf:\d+$}m,
    'a denial is logged with the deciding file and line');
$log = log_mark();
send_to_suite(GET => '/plain.txt', vhost => 'cors_full', origin => "https://a\xe4\"\\x");
like(log_since($log), qr{malformed-origin: origin "https://a\\\\xe4\\\\"\\\\\\\\x", "GET"}, 'client bytes are escaped');
$response = send_to_suite(GET => '/variables', vhost => 'cors_full', origin => "x y");
is(join(' ', map { $response->field($_) } qw(x-verdict x-reason x-origin)),
    'denied malformed-origin (null)', 'a malformed origin is not in CORS_ORIGIN');
$response = send_to_suite(GET => '/variables', vhost => 'cors_full');
is(join(' ', map { $response->field($_) } qw(x-verdict x-reason)), 'not-cors no-origin', 'a request without Origin is not CORS');
is($response->field('x-directive'), '(null)', 'a request without Origin has no CORS_DIRECTIVE');

# requests that end before their configuration is known
my $long = '/' . 'a' x 9000;
$response = send_to_suite(GET => $long, vhost => 'cors_full', origin => $app);
is($response->status, 414, 'a request line that is too long is 414');
is_deeply($response->cors_fields, {%vary}, 'a request line that is too long: httpd has not read its Origin');
$response = send_to_suite(GET => '/plain.txt', vhost => 'cors_full', origin => 'x' x 9000);
is($response->status, 400, 'a field that is too long is 400');
