# Licensed under the Apache License, Version 2.0; see LICENSE.
# A resource that is served for another URL than its own: its own policy still refuses and
# denies. t/reference/journeys.t tests random ways.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Client qw(handshake_fields preflight_vary send_request);
use Http2 qw(extended_connect);
use Httpd ();

my ($app, $page, $evil) = map { "https://$_.example" } qw(app page evil);
my $site = "$ENV{CORS_WORK}/t/served-site";
File::Path::make_path(map { "$site/$_" } qw(fall rw multi dir author author/sub dav/open dav/closed));
chmod 0777, map { "$site/dav/$_" } qw(open closed);
my $ran = "$site/ran";
my $cgi = "#!/bin/sh\ncat >/dev/null\necho \"\$SCRIPT_NAME\" >>'$ran'\nprintf 'Content-Type: text/plain\\n\\nI am a script\\n'\n";
Httpd::spew("$site/$_", $cgi) for qw(run.cgi part.cgi);
chmod 0755, "$site/$_" for qw(run.cgi part.cgi);
Httpd::spew($ran, '');
chmod 0666, $ran;
Httpd::spew("$site/$_", "I am $_\n") for qw(front.txt plain.txt multi/private.txt dir/private.txt author/plain.txt);
Httpd::spew("$site/page.shtml", "I am a page <!--#include virtual=\"/run.cgi\" --> to its end\n");
# the author of a .htaccess file tries to change the Origin of requests
Httpd::spew("$site/author/.htaccess", <<"END");
RequestHeader set Origin $app
RequestHeader set Sec-Fetch-Site same-origin
RewriteEngine On
RewriteRule ^run\$ /run.cgi [L]
ErrorDocument 404 /run.cgi
RewriteRule ^gone\$ - [R=404]
END
my $backend = Httpd::free_port();
my $backend_log = "$ENV{CORS_WORK}/t/logs/served_backend";
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => $backend_log);
my $httpd = Httpd->start(name => 'served', conf => 'served.conf', vars => { site => $site, backend => $backend });
my $port = $httpd->{port}{port};
my @over = Httpd::has_h2() ? qw(h1 h2c) : qw(h1);
my %handshake = handshake_fields();
my %vary = (vary => 'Origin');

# Status, CORS headers, and whether a script or the backend ran; and the body.
sub get_result {
    my ($over, $host, $method, $path, %send) = @_;
    my @mark = map { -s $_ // 0 } $ran, $backend_log;
    my $response = send_request([ $over => $port ], $method => $path, host => "$host.example", %send);
    my @now = map { -s $_ // 0 } $ran, $backend_log;
    return ({ %{ $response->cors }, ran => $now[0] > $mark[0] || $now[1] > $mark[1] ? 1 : 0 }, $response->body);
}
sub check_result {
    my ($name, $want, @ask) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $over (grep { $_ eq 'h1' || !grep { $_ eq 'upgrade' } @ask } @over) {
        my ($got) = get_result($over, @ask);
        is_deeply($got, $want, "$name, $over");
    }
}

# --- the request ends before the policy is applied
for my $case ([ 404, '/a%00b' ], [ 404, '/a%2fb' ], [ 404, '/missing' ], [ 403, '/forbidden' ], [ 503, '/maintenance' ]) {
    my ($status, $path) = @$case;
    check_result("a handshake that ends with $status at $path", { status => $status, ran => 0 }, early => GET => $path, %handshake, origin => $evil);
    my ($let) = get_result(h1 => early => GET => $path, %handshake, origin => $app);
    is_deeply($let, { status => 101, ran => 1 }, "a handshake of a listed origin reaches the error document of $path");
}
check_result('a handshake without Origin, where CorsWebSocketRequireOrigin is On, does not run the error document', { status => 404, ran => 0 }, required => GET => '/a%2fb', %handshake);
is((get_result(h1 => required => GET => '/a%2fb', %handshake, origin => $app))[0]{status}, 101, 'a handshake of a listed origin, where CorsWebSocketRequireOrigin is On, passes');
is((get_result(h1 => report => GET => '/a%2fb', %handshake, origin => $evil))[0]{status}, 101, 'ReportOnly lets a handshake of another origin pass');
like($httpd->log_since(0), qr/CORS \(ReportOnly\): websocket-denied, origin-not-allowed/, 'ReportOnly logs the handshake that it would refuse');

if (Httpd::has_h2()) {
    # the first virtual host
    for my $case ([ '/a%2fb', 404 ], [ '/forbidden', 403 ], [ '/maintenance', 503 ]) {
        my ($path, $status) = @$case;
        my $mark = -s $backend_log;
        is(extended_connect($port, 0, $path, $evil), "$status refused", "extended CONNECT to $path ends with $status");
        is(-s $backend_log, $mark, "extended CONNECT does not reach the backend by the error document of $path");
    }
}

# --- RequestHeader changes what the backend receives, but no decision
my %with = (%vary, 'access-control-allow-origin' => $app, 'access-control-allow-credentials' => 'true');
for my $case ([ 'the URL itself', '/run.cgi' ], [ 'DirectoryIndex', '/' ], [ 'FallbackResource', '/fall/a' ], [ 'RewriteRule', '/rw/run' ], [ 'RewriteRule of a .htaccess', '/author/run' ]) {
    my ($by, $path) = @$case;
    check_result("RequestHeader, $by: another origin is refused", { status => 403, %vary, ran => 0 }, headers => POST => $path, origin => $evil, body => 'x');
    check_result("RequestHeader, $by: a listed origin passes", { status => 200, %with, ran => 1 }, headers => POST => $path, origin => $app, body => 'x');
    check_result("RequestHeader, $by: a client without Origin passes", { status => 200, %vary, ran => 1 }, headers => POST => $path, body => 'x');
}
check_result('RequestHeader, a handshake by a RewriteRule: another origin is refused', { status => 403, ran => 0 }, headers => GET => '/rw/chat', %handshake, origin => $evil);
check_result('RequestHeader early: another origin is refused', { status => 403, %vary, ran => 0 }, 'early-headers' => GET => '/plain.txt', origin => $evil);
check_result('RequestHeader early: a client without Origin stays one', { status => 200, %vary, ran => 0 }, 'early-headers' => GET => '/plain.txt');
check_result('RequestHeader early: a preflight of another origin', { status => 403, preflight_vary(), ran => 0 }, 'early-headers' => OPTIONS => '/plain.txt', origin => $evil, acrm => 'PUT');

# --- only the served resource has a policy: no hook can answer a preflight before httpd finds it
my %answer = (preflight_vary(), 'access-control-allow-origin' => $app, 'access-control-allow-credentials' => 'true',
    'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type');
for my $case ([ 'DirectoryIndex', '/', 200, 1 ], [ 'FallbackResource', '/fall/a', 200, 1 ], [ 'RewriteRule', '/rw/run', 204, 0 ], [ 'RewriteRule of a .htaccess', '/author/run', 204, 0 ]) {
    my ($by, $path, $status, $runs) = @$case;
    check_result("$by: a preflight that the resource allows", { status => $status, %answer, ran => $runs }, headers => OPTIONS => $path, origin => $app, acrm => 'PUT');
    check_result("$by: a preflight of another origin", { status => 403, preflight_vary(), ran => 0 }, headers => OPTIONS => $path, origin => $evil, acrm => 'PUT');
}

# --- scripts
my %let = (%vary, 'access-control-allow-origin' => $page);
for my $path ('/nope', '/rw/gone', '/author/gone') {
    check_result("POST $path: the error document does not run", { status => 404, %let, ran => 0 }, scripts => POST => $path, origin => $page, body => 'x');
    check_result("POST $path: the error document runs for an origin that may run it", { status => 404, %vary, 'access-control-allow-origin' => $app, ran => 1 }, scripts => POST => $path, origin => $app, body => 'x');
}
for my $case ([ $evil, '/a%2fb', 404, 0 ], [ $evil, '/missing', 404, 0 ], [ $page, '/missing', 404, 0 ], [ $page, '/fall/continue', 403, 0 ], [ $evil, '/fall/continue', 403, 0 ],
    [ $app, '/missing', 404, 1 ], [ $app, '/fall/continue', 200, 1 ]) {
    my ($origin, $path, $status, $runs) = @$case;
    for my $over (@over) {
        my ($got) = get_result($over, scripts => OPTIONS => $path, origin => $origin, acrm => 'PUT');
        is_deeply([ @$got{qw(status ran)} ], [ $status, $runs ], "a preflight of $origin for $path: $status, $over");
    }
}
check_result('a page is served, and its include that is refused does not run', { status => 200, %let, ran => 0 }, scripts => GET => '/page.shtml', origin => $page);
like((get_result(h1 => scripts => GET => '/page.shtml', origin => $page))[1], qr/I am a page \[an error occurred[^\]]*\] to its end/, 'an include that is refused shows an error');
check_result('an include runs for an origin that may run it', { status => 200, %vary, 'access-control-allow-origin' => $app, ran => 1 }, scripts => GET => '/page.shtml', origin => $app);
check_result('GET shows the error document of a refusal', { status => 403, %vary, ran => 1 }, 'own-page' => GET => '/plain.txt', origin => $evil);
check_result('GET with a body does not run the error document of a refusal', { status => 403, %vary, ran => 0 }, 'own-page' => GET => '/plain.txt', origin => $evil, body => 'x');
check_result('POST does not run the error document of a refusal', { status => 403, %vary, ran => 0 }, 'own-page' => POST => '/plain.txt', origin => $evil);
check_result('GET with Upgrade does not run the error document of a refusal', { status => 403, %vary, ran => 0 }, 'own-page' => GET => '/plain.txt', origin => $evil, upgrade => 'h9', connection => 'Upgrade');

# --- a file that has another URL
my @names = ([ 'MultiViews', '/multi/private' ], [ 'DirectoryIndex', '/dir/' ], [ 'FallbackResource', '/fall/a' ], [ 'RewriteRule', '/rw/private' ]);
for my $case ([ 'its own name', '/multi/private.txt' ], @names) {
    my ($by, $path) = @$case;
    my %negotiated = $by eq 'MultiViews' ? (vary => 'negotiate') : ();
    check_result("$by: no origin may read the file", { status => 200, %negotiated, ran => 0 }, names => GET => $path, origin => $page);
}
like($httpd->log_since(0), qr/: denied, origin-not-allowed: origin "$page", "GET" "\/multi\/private.txt"; by CorsAllowOrigins /, 'the log names the file and the line that deny it');
check_result('any origin may read the other files', { status => 200, 'access-control-allow-origin' => '*', ran => 0 }, names => GET => '/plain.txt', origin => $page);
check_result('the URL and the file expose the same header, without credentials', { status => 200, %vary, 'access-control-allow-origin' => $app, 'access-control-expose-headers' => 'X-A', ran => 0 },
    weaker => GET => '/fall/a', origin => $app);
check_result('an origin that the file does not list is denied', { status => 200, %vary, ran => 0 }, weaker => GET => '/fall/a', origin => $page);
check_result('a preflight is decided by the requested URL', { status => 204, preflight_vary(), 'access-control-allow-origin' => $page, 'access-control-allow-credentials' => 'true',
    'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type', ran => 0 },
    weaker => OPTIONS => '/fall/a', origin => $page, acrm => 'PUT');
for my $case (@names) {
    my ($by, $path) = @$case;
    check_result("$by: the policy of the file allows where the requested URL has none",
        { status => 200, vary => $by eq 'MultiViews' ? 'negotiate, Origin' : 'Origin', 'access-control-allow-origin' => $app, ran => 0 }, grants => GET => $path, origin => $app);
    check_result("$by: the policy of the file denies where the requested URL has none", { status => 200, vary => $by eq 'MultiViews' ? 'negotiate, Origin' : 'Origin', ran => 0 }, grants => GET => $path, origin => $page);
}

# --- mod_dav writes to a Destination, which has no request of its own
for my $method (qw(COPY MOVE)) {
    for my $case ([ $page, open => 201, 1 ], [ $page, closed => 403, 0 ], [ $evil, open => 201, 1 ], [ $evil, closed => 403, 0 ], [ $app, closed => 201, 1 ]) {
        my ($origin, $where, $status, $written) = @$case;
        unlink glob "$site/dav/*/*";
        Httpd::spew("$site/dav/open/a", 'a');
        chmod 0666, "$site/dav/open/a";
        my $code = send_request([ h1 => $port ], $method => '/dav/open/a', host => 'dav.example', origin => $origin, destination => "http://dav.example/dav/$where/b")->status;
        is_deeply([ $code, -e "$site/dav/$where/b" ? 1 : 0 ], [ $status, $written ], "$method of $origin to what is $where: $status");
    }
}

# --- front controllers
my $granted = { status => 200, %vary, 'access-control-allow-origin' => $app, ran => 0 };
check_result('a front controller with a Location, below an Off of the root', $granted, front => GET => '/wp-json/a', origin => $app);
check_result('a front controller with an If', $granted, front => GET => '/by-if/a', origin => $app);
check_result('other URLs of a front controller have no policy', { status => 200, ran => 0 }, front => GET => '/other/a', origin => $app);
check_result('a front controller with the policy in its Files', $granted, 'front-files' => GET => '/any/a', origin => $app);
check_result('CorsPolicy Off of a front controller denies', { status => 200, %vary, ran => 0 }, 'front-off' => GET => '/wp-json/a', origin => $app);
like($httpd->log_since(0), qr/: denied, policy-off: origin "$app", "GET" "\/front.txt"; by CorsPolicy /, 'the log names the CorsPolicy that denies');
done_testing();
