# Licensed under the Apache License, Version 2.0; see LICENSE.
# An origin that is refused at a URL does not reach it by another one: internal redirects,
# error documents, and requests to a forward proxy.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Client qw(cors_response handshake_fields);
use Httpd ();

my ($app, $evil) = ('https://app.example', 'https://evil.example');
my $site = "$ENV{CORS_WORK}/t/redirects-site";
File::Path::make_path(map { "$site/$_" } qw(cache index fallback-chat fallback-seen fallback-pay off own));
chmod 0777, "$site/cache";
my $backend = Httpd::free_port();
my $backend_log = "$ENV{CORS_WORK}/t/logs/redirects_backend";
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => $backend_log);
my $httpd = Httpd->start(name => 'redirects', conf => 'redirects.conf', ports => [qw(port forward)],
    vars => { site => $site, backend => $backend });
my $via = [ h1 => $httpd->{port}{port} ];
my %handshake = handshake_fields();

# Status, CORS headers, and the requests that the backend received for it.
sub get_result {
    my ($method, $path, %send) = @_;
    my $mark = -s $backend_log;
    my $cors = cors_response($via, $method => $path, %send);
    open my $file, '<', $backend_log or die "$backend_log: $!\n";
    seek $file, $mark, 0;
    return { %$cors, asked => join '', <$file> };
}

# Handshakes that the list of /chat refuses, by each URL that leads there
my %vary = (vary => 'Origin');
for my $case (
    [ 'the URL itself', '/chat', { status => 403, asked => '' } ],
    [ 'the document of its own error', '/error-chat', { status => 403, asked => '' } ],
    [ 'the document of an error of another URL', '/missing', { status => 404, asked => '' } ],
    [ 'DirectoryIndex', '/index/', { status => 403, asked => '' } ],
    [ 'FallbackResource', '/fallback-chat/a', { status => 403, asked => '' } ],
    [ 'a RewriteRule where the policy is off', '/off/chat', { status => 403, asked => '' } ],
    [ 'a RewriteRule where any origin is allowed', '/own/chat', { status => 403, asked => '', %vary } ],
) {
    my ($by, $path, $refused) = @$case;
    my $mark = $httpd->log_mark;
    is_deeply(get_result(GET => $path, %handshake, origin => $evil), $refused, "handshake, $by: another origin is refused");
    like($httpd->log_since($mark), qr/websocket-denied, origin-not-allowed: origin "$evil".*by CorsWebSocketAllowOrigins /,
        "handshake, $by: the refusal is logged");
    next if $path =~ /missing/;
    is(get_result(GET => $path, %handshake, origin => $app)->{status}, 101, "handshake, $by: a listed origin passes");
}
is_deeply(get_result(GET => '/fallback-seen/a', %handshake, origin => $evil), { status => 101, asked => "GET /echo\n" },
    'ReportOnly lets a handshake of another origin pass');
is_deeply(get_result(GET => '/missing', %handshake), { status => 101, asked => "GET /echo\n" },
    'a handshake without Origin passes');

# CorsRejectDisallowed
for my $case (
    [ 'the URL itself', '/pay', 'origin-not-allowed', {%vary}, { %vary, 'access-control-allow-origin' => $app } ],
    [ 'FallbackResource', '/fallback-pay/a', 'origin-not-allowed', {%vary}, { %vary, 'access-control-allow-origin' => $app } ],
    [ 'a RewriteRule where the policy is off', '/off/pay', 'origin-not-allowed', {}, {} ],
    [ 'a RewriteRule where another policy is on', '/own/pay', 'origin-not-allowed', {%vary}, {%vary} ],
) {
    my ($by, $path, $reason, $refused, $let) = @$case;
    my $mark = $httpd->log_mark;
    is_deeply(get_result(POST => $path, origin => $evil), { status => 403, asked => '', %$refused }, "POST, $by: another origin is refused");
    like($httpd->log_since($mark), qr/: denied, $reason: origin "$evil".*by CorsAllowOrigins /, "POST, $by: the refusal is logged");
    is_deeply(get_result(POST => $path, origin => $app), { status => 200, asked => "POST /plain\n", %$let }, "POST, $by: a listed origin passes");
    is_deeply(get_result(POST => $path), { status => 200, asked => "POST /plain\n", $path =~ m{\A(?:/own|/fallback-pay)?/(?:pay|a)\z} ? %vary : () }, "POST, $by: a client without Origin passes");
}
is_deeply(get_result(GET => '/error-pay', origin => $evil), { status => 200, asked => "GET /plain\n", %vary },
    'GET shows the error document of a refusal, although its URL refuses the origin');
for my $case ([ 'a POST', 'POST' ], [ 'a GET with a body', 'GET', body => 'x' ], [ 'a GET with Upgrade', 'GET', upgrade => 'h9', connection => 'Upgrade' ]) {
    my ($what, $method, %more) = @$case;
    is_deeply(get_result($method => '/error-pay', origin => $evil, %more), { status => 403, asked => '', %vary },
        "$what does not reach the error document of its refusal");
}

open my $verdicts, '<', "$ENV{CORS_WORK}/t/logs/redirects_verdicts" or die $!;
my %verdicts = map { $_ => 1 } <$verdicts>;
ok($verdicts{"denied origin-not-allowed\n"} && $verdicts{"websocket-denied origin-not-allowed\n"}, 'CORS_VERDICT and CORS_REASON have both kinds of refusal');

# A cache must vary by what an <If> reads.
is_deeply(get_result(GET => '/by-origin', origin => $app), { status => 200, asked => "GET /plain\n", %vary, 'access-control-allow-origin' => '*' },
    'the Vary of an <If> is on the response of a backend');
is_deeply(get_result(GET => '/by-origin', origin => $evil), { status => 200, asked => "GET /plain\n" },
    'the response of a backend to another origin has no CORS headers');

# A forward proxy does not change responses of other servers.
my %theirs = ('access-control-allow-origin' => 'https://backend.example', 'access-control-allow-credentials' => 'true',
    'access-control-expose-headers' => 'X-Backend', vary => 'Accept');
for my $origin ($app, $evil) {
    my $to = [ h1 => $httpd->{port}{forward} ];
    is_deeply(cors_response($to, GET => "http://127.0.0.1:$backend/own?token=secret", origin => $origin), { status => 200, %theirs }, "a forward proxy does not change a response, for $origin");
    is_deeply(cors_response($to, OPTIONS => "http://127.0.0.1:$backend/own", origin => $origin, acrm => 'PUT'), { status => 200, %theirs }, "a forward proxy does not answer a preflight, for $origin");
}
unlike($httpd->log_since(0), qr/secret/, 'requests to a forward proxy are not logged');

done_testing();
