# Licensed under the Apache License, Version 2.0; see LICENSE.
# A resource that is served by another URL than its own: nothing that is refused
# there gets in, and nothing that is denied there is granted. Ways by chance are in
# t/reference/journeys.t.
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
# the author of a .htaccess file who wants to be another origin for a moment
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

# Status, CORS headers, and what has run since: a script or the backend.
sub get {
    my ($over, $host, $method, $path, %send) = @_;
    my @mark = map { -s $_ // 0 } $ran, $backend_log;
    my $response = send_request([ $over => $port ], $method => $path, host => "$host.example", %send);
    my @now = map { -s $_ // 0 } $ran, $backend_log;
    return ({ %{ $response->cors }, ran => $now[0] > $mark[0] || $now[1] > $mark[1] ? 1 : 0 }, $response->body);
}
sub is_answer {
    my ($name, $want, @ask) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $over (grep { $_ eq 'h1' || !grep { $_ eq 'upgrade' } @ask } @over) {
        my ($got) = get($over, @ask);
        is_deeply($got, $want, "$name, $over");
    }
}

# A: the request dies before it is judged
for my $case ([ 404, '/a%00b' ], [ 404, '/a%2fb' ], [ 404, '/missing' ], [ 403, '/forbidden' ], [ 503, '/maintenance' ]) {
    my ($status, $path) = @$case;
    is_answer("a handshake that ends with $status at $path", { status => $status, ran => 0 }, early => GET => $path, %handshake, origin => $evil);
    my ($let) = get(h1 => early => GET => $path, %handshake, origin => $app);
    is_deeply($let, { status => 101, ran => 1 }, "that of a listed origin comes to the document of $path");
}
is_answer('a handshake without Origin where one is required', { status => 404, ran => 0 }, required => GET => '/a%2fb', %handshake);
is((get(h1 => required => GET => '/a%2fb', %handshake, origin => $app))[0]{status}, 101, 'a listed origin passes there');
is((get(h1 => report => GET => '/a%2fb', %handshake, origin => $evil))[0]{status}, 101, 'a list that only reports lets it pass');
like($httpd->log_since(0), qr/CORS \(ReportOnly\): websocket-denied, origin-not-allowed/, 'and says what it would refuse');

if (Httpd::has_h2()) {
    # the first virtual host
    for my $case ([ '/a%2fb', 404 ], [ '/forbidden', 403 ], [ '/maintenance', 503 ]) {
        my ($path, $status) = @$case;
        my $mark = -s $backend_log;
        is(extended_connect($port, 0, $path, $evil), "$status refused", "extended CONNECT to $path ends with $status");
        is(-s $backend_log, $mark, "and does not reach the backend by the document of $path");
    }
}

# B: RequestHeader changes what the backend sees and nothing else
my %with = (%vary, 'access-control-allow-origin' => $app, 'access-control-allow-credentials' => 'true');
for my $case ([ 'the URL itself', '/run.cgi' ], [ 'DirectoryIndex', '/' ], [ 'FallbackResource', '/fall/a' ], [ 'RewriteRule', '/rw/run' ], [ 'RewriteRule of a .htaccess', '/author/run' ]) {
    my ($by, $path) = @$case;
    is_answer("RequestHeader, $by: another origin is refused", { status => 403, %vary, ran => 0 }, headers => POST => $path, origin => $evil, body => 'x');
    is_answer("RequestHeader, $by: a listed origin passes", { status => 200, %with, ran => 1 }, headers => POST => $path, origin => $app, body => 'x');
    is_answer("RequestHeader, $by: a client without Origin passes", { status => 200, %vary, ran => 1 }, headers => POST => $path, body => 'x');
}
is_answer('RequestHeader, a handshake by a RewriteRule: another origin is refused', { status => 403, ran => 0 }, headers => GET => '/rw/chat', %handshake, origin => $evil);
is_answer('RequestHeader early: another origin is refused', { status => 403, %vary, ran => 0 }, 'early-headers' => GET => '/plain.txt', origin => $evil);
is_answer('RequestHeader early: a client without Origin is none of a list', { status => 200, %vary, ran => 0 }, 'early-headers' => GET => '/plain.txt');
is_answer('RequestHeader early: a preflight of another origin', { status => 403, preflight_vary(), ran => 0 }, 'early-headers' => OPTIONS => '/plain.txt', origin => $evil, acrm => 'PUT');

# C: scripts
my %let = (%vary, 'access-control-allow-origin' => $page);
for my $path ('/nope', '/rw/gone', '/author/gone') {
    is_answer("POST $path: the document of the error does not run", { status => 404, %let, ran => 0 }, scripts => POST => $path, origin => $page, body => 'x');
    is_answer("POST $path: for who may run it, it does", { status => 404, %vary, 'access-control-allow-origin' => $app, ran => 1 }, scripts => POST => $path, origin => $app, body => 'x');
}
for my $case ([ $evil, '/a%2fb', 404, 0 ], [ $evil, '/missing', 404, 0 ], [ $page, '/missing', 404, 0 ], [ $page, '/fall/continue', 403, 0 ], [ $evil, '/fall/continue', 403, 0 ],
    [ $app, '/missing', 404, 1 ], [ $app, '/fall/continue', 200, 1 ]) {
    my ($origin, $path, $status, $runs) = @$case;
    for my $over (@over) {
        my ($got) = get($over, scripts => OPTIONS => $path, origin => $origin, acrm => 'PUT');
        is_deeply([ @$got{qw(status ran)} ], [ $status, $runs ], "a preflight of $origin for $path: $status, $over");
    }
}
is_answer('an include is refused, and the page is not', { status => 200, %let, ran => 0 }, scripts => GET => '/page.shtml', origin => $page);
like((get(h1 => scripts => GET => '/page.shtml', origin => $page))[1], qr/I am a page \[an error occurred[^\]]*\] to its end/, 'it says that there is an error');
is_answer('for who may run it, the include runs', { status => 200, %vary, 'access-control-allow-origin' => $app, ran => 1 }, scripts => GET => '/page.shtml', origin => $app);
is_answer('the page of a refusal is shown to a GET', { status => 403, %vary, ran => 1 }, 'own-page' => GET => '/plain.txt', origin => $evil);
is_answer('with a body it is not', { status => 403, %vary, ran => 0 }, 'own-page' => GET => '/plain.txt', origin => $evil, body => 'x');
is_answer('nor to a POST', { status => 403, %vary, ran => 0 }, 'own-page' => POST => '/plain.txt', origin => $evil);
is_answer('nor with Upgrade', { status => 403, %vary, ran => 0 }, 'own-page' => GET => '/plain.txt', origin => $evil, upgrade => 'h9', connection => 'Upgrade');

# D: a file by another name
my @names = ([ 'MultiViews', '/multi/private' ], [ 'DirectoryIndex', '/dir/' ], [ 'FallbackResource', '/fall/a' ], [ 'RewriteRule', '/rw/private' ]);
for my $case ([ 'its own name', '/multi/private.txt' ], @names) {
    my ($by, $path) = @$case;
    my %negotiated = $by eq 'MultiViews' ? (vary => 'negotiate') : ();
    is_answer("$by: nobody may read it", { status => 200, %negotiated, ran => 0 }, names => GET => $path, origin => $page);
}
like($httpd->log_since(0), qr/: denied, origin-not-allowed: origin "$page", "GET" "\/multi\/private.txt"; by CorsAllowOrigins /, 'the log names the file and the line');
is_answer('everything else is for everybody', { status => 200, 'access-control-allow-origin' => '*', ran => 0 }, names => GET => '/plain.txt', origin => $page);
is_answer('both expose, none of them with credentials', { status => 200, %vary, 'access-control-allow-origin' => $app, 'access-control-expose-headers' => 'X-A', ran => 0 },
    weaker => GET => '/fall/a', origin => $app);
is_answer('the file lists one origin alone', { status => 200, %vary, ran => 0 }, weaker => GET => '/fall/a', origin => $page);
is_answer('a preflight is judged by the URL asked for', { status => 204, preflight_vary(), 'access-control-allow-origin' => $page, 'access-control-allow-credentials' => 'true',
    'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type', ran => 0 },
    weaker => OPTIONS => '/fall/a', origin => $page, acrm => 'PUT');
for my $case (@names) {
    my ($by, $path) = @$case;
    is_answer("$by: where the URL asked for has no policy, that of the file grants",
        { status => 200, vary => $by eq 'MultiViews' ? 'negotiate, Origin' : 'Origin', 'access-control-allow-origin' => $app, ran => 0 }, grants => GET => $path, origin => $app);
    is_answer("$by: and denies", { status => 200, vary => $by eq 'MultiViews' ? 'negotiate, Origin' : 'Origin', ran => 0 }, grants => GET => $path, origin => $page);
}

# E: mod_dav writes to a Destination that no handler is asked for
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

# front controllers
my $granted = { status => 200, %vary, 'access-control-allow-origin' => $app, ran => 0 };
is_answer('a front controller with a Location, below an Off of the root', $granted, front => GET => '/wp-json/a', origin => $app);
is_answer('a front controller with an If', $granted, front => GET => '/by-if/a', origin => $app);
is_answer('its other URLs have no policy', { status => 200, ran => 0 }, front => GET => '/other/a', origin => $app);
is_answer('a front controller with the policy in its Files', $granted, 'front-files' => GET => '/any/a', origin => $app);
is_answer('an Off of its own takes all back', { status => 200, %vary, ran => 0 }, 'front-off' => GET => '/wp-json/a', origin => $app);
like($httpd->log_since(0), qr/: denied, policy-off: origin "$app", "GET" "\/front.txt"; by CorsPolicy /, 'and the log says by which line');
done_testing();
