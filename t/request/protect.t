# Licensed under the Apache License, Version 2.0; see LICENSE.
# CorsProtect: requests that another site may have forged are refused before they are
# authenticated and before a handler runs, by whatever way a URL is served. The rules
# themselves are in t/unit/protect.c.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use IO::Socket::SSL ();
use Test::More;
use Client qw(handshake_fields preflight_vary send_request send_bytes status_data);
use Http2 qw(extended_connect);
use Httpd ();

my $evil = 'https://evil.example';
my $site = "$ENV{CORS_WORK}/t/protect-site";
my @authors = qw(on report widen trust fewer handshake strict off more host embed);
File::Path::make_path(map { "$site/$_" } qw(fall rw multi index guarded tried), map { my $name = $_; map { "$_/$name" } qw(author guarded tried) } @authors);
my $ran = "$site/ran";
my $cgi = "#!/bin/sh\ncat >/dev/null\necho \"\$SCRIPT_NAME\" >>'$ran'\nprintf 'Content-Type: text/plain\\n\\nI am a script\\n'\n";
for my $script ('', 'index/', map { my $name = $_; map { "$_/$name/" } qw(author guarded tried) } @authors) {
    Httpd::spew("$site/${script}run.cgi", $cgi);
    chmod 0755, "$site/${script}run.cgi";
}
Httpd::spew($ran, '');
chmod 0666, $ran;
Httpd::spew("$site/page.shtml", "I am a page <!--#include virtual=\"/run.cgi\" --> to its end\n");
Httpd::spew("$site/plain.txt", "plain\n");
my %htaccess = (
    on => 'CorsProtect On', report => 'CorsProtect ReportOnly', strict => 'CorsProtect On Strict', off => 'CorsProtect Off',
    widen => "CorsPolicy On\nCorsAllowOrigins $evil\nCorsAllowCredentials On\nCorsAllowNullOriginUnsafe On",
    trust => "CorsProtectAllowOrigins $evil", fewer => 'CorsProtectAllowOrigins -https://idp.example',
    host => 'CorsProtectHost On', embed => 'CorsProtectEmbedding On', handshake => 'CorsWebSocketAllowOrigins *', more => 'CorsProtectAllowOrigins None',
);
for my $name (@authors) {
    Httpd::spew("$site/$_/$name/.htaccess", "$htaccess{$name}\n") for qw(author guarded tried);
}
my $backend = Httpd::free_port();
my $backend_log = "$ENV{CORS_WORK}/t/logs/protect_backend";
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => $backend_log);
my $httpd = Httpd->start(name => 'protect', conf => 'protect.conf', ports => [qw(port tls hosts)], modules => [qw(ssl socache_shmcb status)],
    expected => qr/a \.htaccess file (?:can|cannot) /, vars => { site => $site, backend => $backend });
my %port = %{ $httpd->{port} };
my @over = Httpd::has_h2() ? qw(h1 h2c) : qw(h1);
my %handshake = handshake_fields();

# Status, CORS headers, Cache-Control, and whether a script or the backend ran.
sub get_result {
    my ($over, $host, $method, $path, %send) = @_;
    my $to = ref $over ? $over : [ $over => $over =~ /\A(?:h1s|h2)\z/ ? $port{tls} : $port{port} ];
    my @mark = map { -s $_ // 0 } $ran, $backend_log;
    my $response = send_request($to, $method => $path, defined $host ? (host => "$host.example") : (), $method eq 'POST' ? (body => 'x') : (), %send);
    my @now = map { -s $_ // 0 } $ran, $backend_log;
    my $cache = $response->field('cache-control');
    return { %{ $response->cors }, defined $cache ? ('cache-control' => $cache) : (), ran => $now[0] > $mark[0] || $now[1] > $mark[1] ? 1 : 0 };
}
sub check_result {
    my ($name, $want, @ask) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    # no WebSocket and no empty field with nghttp
    for my $over (grep { $_ eq 'h1' || !grep { $_ eq 'upgrade' || $_ eq '' } @ask } @over) {
        is_deeply(get_result($over, @ask), $want, "$name, $over");
    }
}
my $passed = { status => 200, ran => 1 };
my $refused = { status => 403, 'cache-control' => 'no-store', ran => 0 };
my %refused = %$refused;
sub site { return ('sec-fetch-site' => $_[0], 'sec-fetch-mode' => $_[1] // 'navigate') }
sub log_of {
    my ($mark, @ask) = @_;
    return join '', grep { /CORS/ } split /^/, $httpd->log_since($mark);
}

# --- the rules, in whole requests
my $own = 'http://own.example';
my @requests = (
    [ 'a form of the site', $passed, origin => $own, site('same-origin') ],
    [ 'a form of the site without its referrer', $passed, origin => 'null', site('same-origin') ],
    [ 'a form of a sibling', $refused, origin => 'https://sib.own.example', site('same-site') ],
    [ 'a form of another site', $refused, origin => $evil, site('cross-site') ],
    [ 'a form of another site without its referrer', $refused, origin => 'null', site('cross-site') ],
    [ 'a form of a http page, where a proxy terminates TLS', $refused, origin => $own, site('cross-site') ],
    [ 'a form that a browser has by itself', $passed, site('none') ],
    [ 'a form that a worker of the site has relayed', $refused, origin => $own, referer => "$evil/a", site('same-origin', 'same-origin') ],
    [ 'JSON of the site, which a form cannot send', $passed, origin => 'null', 'content-type' => 'application/json', site('same-origin', 'same-origin') ],
    [ 'a form of the site through its worker', $passed, origin => $own, referer => "$own/a", site('same-origin', 'same-origin') ],
    [ 'two values of Sec-Fetch-Site', $refused, origin => $own, 'sec-fetch-site' => [qw(same-origin same-origin)] ],
    [ 'an empty Sec-Fetch-Site', $passed, origin => $own, 'sec-fetch-site' => '' ],
    [ 'Sec-Fetch-Site in another case', $refused, origin => $own, site('Same-Origin') ],
    [ 'a client that is not a browser', $passed ],
    [ 'the own origin over http', $passed, origin => $own ],
    [ 'the own origin, where a proxy terminates TLS', $passed, origin => 'https://own.example' ],
    [ 'the own origin with another port', $refused, origin => 'https://own.example:8443' ],
    [ 'another origin over http', $refused, origin => 'http://evil.example' ],
    [ 'null over http', $refused, origin => 'null' ],
    [ 'two origins', $refused, origin => [ $own, $evil ] ],
    [ 'what is not an origin', $refused, origin => "$own/" ],
    [ 'an empty Origin', $refused, origin => '' ],
    [ 'a token of the site does not help', $refused, origin => $evil, site('cross-site'), 'x-csrf-token' => 'x' ],
);
for my $case (@requests) {
    my ($name, $want, %send) = @$case;
    check_result($name, $want, own => POST => '/run.cgi', %send);
}
for my $method (qw(PUT DELETE PATCH PROPFIND get)) {
    my $status = send_request([ h1 => $port{port} ], $method => '/run.cgi', host => 'own.example', origin => $evil, site('cross-site'))->status;
    is($status, 403, "$method of another site is refused");
}
for my $method (qw(GET HEAD OPTIONS)) {
    check_result("$method of another site passes", $passed, own => $method => '/run.cgi', origin => $evil, site('cross-site'));
}
check_result('a preflight is not what CorsProtect decides on', $passed, own => OPTIONS => '/run.cgi', origin => $evil, acrm => 'PUT', site('cross-site', 'cors'));
check_result('a refusal comes before authentication', $refused, own => POST => '/secret', origin => $evil, site('cross-site'));
check_result('a request of the site is authenticated', { status => 401, ran => 0 }, own => POST => '/secret', origin => $own, site('same-origin'));
check_result('a section with CorsProtect Off', $passed, own => POST => '/saml', origin => 'https://idp.example', site('cross-site'));
check_result('Off for all methods but PUT: POST', $passed, own => POST => '/limited', origin => $evil, site('cross-site'));
check_result('Off for all methods but PUT: PUT', $refused, own => PUT => '/limited', origin => $evil, site('cross-site'));

# --- the host
check_result('a name of another server has no own origin', $refused, rebound => POST => '/run.cgi', origin => 'http://rebound.example');
check_result('a ServerName with a scheme decides alone: https', $passed, scheme => POST => '/run.cgi', origin => 'https://scheme.example');
check_result('a ServerName with a scheme decides alone: http', $refused, scheme => POST => '/run.cgi', origin => 'http://scheme.example');
my $mark = $httpd->log_mark;
check_result('a proxy has changed Host', $refused, own => POST => '/run.cgi', origin => 'https://www.example', 'x-forwarded-host' => 'www.example');
like($httpd->log_since($mark), qr/cross-site-request: origin "https:\/\/www\.example", Sec-Fetch-Site none, "POST" "\/run\.cgi" of host "own\.example"; by CorsProtect \S+:\d+: a proxy has changed Host; use ProxyPreserveHost On/,
    'the log shows both hosts and the remedy');
# httpd escapes what the module has escaped once more
$mark = $httpd->log_mark;
get_result(h1 => own => POST => '/run.cgi', origin => "https://evil\" refused, by \\ \xe9", site('cross"site'));
like($httpd->log_since($mark), qr/CORS: refused, cross-site-request: origin "https:\/\/evil\\\\" refused, by \\{4} \\\\xe9", Sec-Fetch-Site "cross\\\\"site", /, 'quotes of the client are escaped in the log');

# --- trust
my $idp = 'https://idp.example';
my $app = 'https://app.example';
my %vary = (vary => 'Origin');
my %with = (%vary, 'access-control-allow-origin' => $app, 'access-control-allow-credentials' => 'true');
my %read = (%vary, 'access-control-allow-origin' => $app);
my %form = ('content-type' => 'application/x-www-form-urlencoded');
my @trusted = (
    [ 'a listed origin', $passed, '/run.cgi', origin => $idp, site('cross-site') ],
    [ 'a listed origin over http', $passed, '/run.cgi', origin => $idp ],
    [ 'a subdomain of a listed pattern', $passed, '/run.cgi', origin => 'https://a.pay.example', site('cross-site') ],
    [ 'an excluded subdomain', $refused, '/run.cgi', origin => 'https://old.pay.example', site('cross-site') ],
    [ 'null, which is not listed', $refused, '/run.cgi', origin => 'null', site('cross-site') ],
    [ 'null, which is listed with its flag', $passed, '/null', origin => 'null', site('cross-site') ],
    [ 'a list replaces the inherited one', $refused, '/null', origin => $idp, site('cross-site') ],
    [ 'an origin that a section removes', $refused, '/fewer', origin => $idp, site('cross-site') ],
    [ 'the others of that section', $passed, '/fewer', origin => 'https://a.pay.example', site('cross-site') ],
    [ 'an origin that the policy allows with credentials', { %$passed, %with }, '/api', origin => $app, site('cross-site') ],
    [ 'another origin', { %$refused, %vary }, '/api', origin => $evil, site('cross-site') ],
    [ 'that origin elsewhere', $refused, '/run.cgi', origin => $app, site('cross-site') ],
    [ 'a CORS request without credentials', { %$passed, %read }, '/read', origin => $app, site('cross-site', 'cors') ],
    [ 'a CORS request with a cookie', { %$refused, %read }, '/read', origin => $app, cookie => 'a=b', site('cross-site', 'cors') ],
    [ 'a CORS request with a bearer token', { %$passed, %read }, '/read', origin => $app, authorization => 'Bearer x', site('cross-site', 'cors') ],
    [ 'a CORS request with Basic credentials', { %$refused, %read }, '/read', origin => $app, authorization => 'Basic eDp4', site('cross-site', 'cors') ],
    [ 'a form, although CORS allows its page', { %$refused, %read }, '/read', origin => $app, site('cross-site') ],
    [ 'over http: a type that needs a preflight', { %$passed, %read }, '/read', origin => $app, 'content-type' => 'application/json' ],
    [ 'over http: a form', { %$refused, %read }, '/read', origin => $app, %form ],
    [ '* with a form: login forgery', { %$refused, 'access-control-allow-origin' => '*' }, '/public', origin => $evil, site('cross-site'), %form ],
    [ '* with a CORS request', { %$passed, 'access-control-allow-origin' => '*' }, '/public', origin => $evil, site('cross-site', 'cors') ],
);
for my $case (@trusted) {
    my ($name, $want, $path, %send) = @$case;
    check_result($name, $want, lists => POST => $path, %send);
}

# --- ReportOnly and Strict
check_result('Strict refuses a client without Origin and Sec-Fetch-Site', $refused, strict => POST => '/run.cgi');
check_result('Strict lets the site pass', $passed, strict => POST => '/run.cgi', origin => 'http://strict.example');
for my $case ([ 'no-origin' ], [ 'cross-site-request', origin => $evil, site('cross-site') ]) {
    my ($reason, %send) = @$case;
    $mark = $httpd->log_mark;
    is_deeply(get_result(h1 => report => POST => '/run.cgi', %send), $passed, "ReportOnly Strict lets $reason pass");
    my @lines = $httpd->log_since($mark) =~ /CORS \(ReportOnly\): refused, $reason: .*; by CorsProtect \S+protect\S*:\d+/g;
    is(@lines, 1, "ReportOnly Strict logs $reason once");
}
check_result('a section that only reports', $passed, own => POST => '/try', origin => $evil, site('cross-site'));

# --- handshakes
my $switched = { status => 101, ran => 1 };
my @handshakes = (
    [ 'of a page of the site', $switched, 'own', '/chat', origin => $own ],
    [ 'of a page of the site, where a proxy terminates TLS', $switched, 'own', '/chat', origin => 'https://own.example' ],
    [ 'of a page of the site in Firefox', $switched, 'own', '/chat', origin => $own, site('same-origin', 'websocket') ],
    [ 'of another site', $refused, 'own', '/chat', origin => $evil ],
    [ 'of another site in Firefox', $refused, 'own', '/chat', origin => $evil, site('cross-site', 'websocket') ],
    [ 'of null', $refused, 'own', '/chat', origin => 'null' ],
    [ 'without Origin', $switched, 'own', '/chat' ],
    [ 'without Origin, where CorsWebSocketRequireOrigin is On', $refused, 'strict', '/chat' ],
    [ 'of another site, only reported', $switched, 'report', '/chat', origin => $evil ],
    [ 'of a trusted origin', $switched, 'lists', '/chat', origin => $idp ],
    [ 'of an origin of CorsWebSocketAllowOrigins', $switched, 'lists', '/list', origin => $app ],
    [ 'of a trusted origin that is not in CorsWebSocketAllowOrigins', { status => 403, ran => 0 }, 'lists', '/list', origin => $idp ],
    [ 'of another site, where CorsWebSocketAllowOrigins only reports', $refused, 'lists', '/reported', origin => $evil ],
    [ 'of a listed origin, where CorsWebSocketAllowOrigins only reports', $refused, 'lists', '/reported', origin => $app ],
    [ 'of a trusted origin, where CorsWebSocketAllowOrigins only reports', $switched, 'lists', '/reported', origin => $idp ],
);
for my $case (@handshakes) {
    my ($name, $want, $host, $path, %send) = @$case;
    check_result("a handshake $name", $want, $host => GET => $path, %handshake, %send);
}
if (Httpd::has_h2()) {
    is(extended_connect($port{port}, 0, '/chat', 'https://own.example', 'own.example'), '200 echo hello', 'extended CONNECT of a page of the site');
    is(extended_connect($port{port}, 0, '/chat', $evil, 'own.example'), '403 refused', 'extended CONNECT of another site');
}

# --- CorsProtectEmbedding
my $fetch = 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest';
my %open = (%$passed, vary => $fetch);
my %wall = (%$refused, vary => $fetch);
my @embedded = (
    [ 'a picture', \%wall, site('cross-site', 'no-cors'), 'sec-fetch-dest' => 'image' ],
    [ 'mode same-origin', \%wall, site('cross-site', 'same-origin') ],
    [ 'an unknown mode', \%wall, site('cross-site', 'webbundle') ],
    [ 'two modes', \%wall, 'sec-fetch-site' => 'cross-site', 'sec-fetch-mode' => [qw(cors cors)] ],
    (map { [ "in $_", \%wall, site('cross-site'), 'sec-fetch-dest' => $_ ] } qw(iframe frame fencedframe embed object)),
    [ 'a link', \%open, site('cross-site'), 'sec-fetch-dest' => 'document' ],
    [ 'a link behind a worker', \%open, site('cross-site'), 'sec-fetch-dest' => 'empty' ],
    [ 'a link without a destination', \%open, site('cross-site') ],
    [ 'a CORS request', \%open, origin => $evil, site('cross-site', 'cors') ],
    [ 'a sibling', \%open, site('same-site', 'no-cors') ],
    [ 'the site', \%open, site('same-origin', 'no-cors') ],
    [ 'the user', \%open, site('none') ],
    [ 'no mode', \%open, 'sec-fetch-site' => 'cross-site', 'sec-fetch-dest' => 'image' ],
    [ 'none of the fields', \%open ],
    [ 'Cross-Site', \%open, site('Cross-Site', 'no-cors') ],
    [ 'a trusted origin', \%open, origin => 'https://idp.example', site('cross-site', 'no-cors') ],
);
for my $case (@embedded) {
    my ($name, $want, %send) = @$case;
    check_result("embedded: $name, $_", $want, embed => $_ => '/run.cgi', %send) for qw(GET HEAD);
}
my %picture = (site('cross-site', 'no-cors'), 'sec-fetch-dest' => 'image');
check_result('embedded: a form of another site', $refused, embed => POST => '/run.cgi', origin => $evil, site('cross-site'));
check_result('embedded: a form of the site', $passed, embed => POST => '/run.cgi', origin => 'http://embed.example', site('same-origin'));
check_result('embedded: OPTIONS', $refused, embed => OPTIONS => '/run.cgi', %picture);
check_result('embedded: a preflight', $passed, embed => OPTIONS => '/run.cgi', origin => $evil, acrm => 'PUT', site('cross-site', 'no-cors'));
check_result('embedded: a handshake', { status => 101, ran => 1 }, embed => GET => '/chat', %handshake, origin => 'https://idp.example', site('cross-site', 'websocket'));
check_result('embedded: before authentication', \%wall, embed => GET => '/secret', %picture);
check_result('embedded: authentication', { status => 401, ran => 0, vary => $fetch }, embed => GET => '/secret');
check_result('embedded: what does not exist', { status => 404, ran => 0, vary => $fetch }, embed => GET => '/missing');
check_result('embedded: a redirect', { status => 302, ran => 0 }, embed => GET => '/gone', %picture);
check_result('embedded: a policy without credentials', { %wall, vary => "$fetch, Origin", 'access-control-allow-origin' => 'https://app.example' }, embed => GET => '/api', origin => 'https://app.example', site('cross-site', 'no-cors'));
check_result('embedded: a policy adds Origin', { %open, vary => "Accept-Encoding, $fetch, Origin" }, embed => GET => '/api');
check_result('embedded: a policy with credentials', { %open, vary => "$fetch, Origin", 'access-control-allow-origin' => 'https://app.example', 'access-control-allow-credentials' => 'true' },
    embed => GET => '/with', origin => 'https://app.example', site('cross-site', 'no-cors'));
check_result('embedded: only reported', $passed, embed => GET => '/try', %picture);
check_result('embedded: Off', $passed, embed => GET => '/any', %picture);
check_result('embedded: CorsProtect Off', { %$passed, vary => 'Cookie' }, embed => GET => '/off', %picture);
for my $path ('/run.cgi', '/index/', '/fall/a', '/policy') {
    check_result("embedded: the section of what is served for $path", \%wall, embedded => GET => $path, %picture);
    check_result("embedded: $path passes", \%open, embedded => GET => $path);
}
check_result('embedded: the section of the requested URL', \%wall, embedder => GET => '/fall/a', %picture);
check_result('embedded: a link to that URL', \%open, embedder => GET => '/fall/a', site('cross-site'));
check_result('embedded: an include is part of its page', $passed, embedded => GET => '/page.shtml', %picture);
check_result('.htaccess: CorsProtectEmbedding', \%wall, author => GET => '/guarded/embed/run.cgi', %picture);
check_result('.htaccess: CorsProtectEmbedding without CorsProtect has no effect', $passed, author => GET => '/author/embed/run.cgi', %picture);
check_result('embedded: 304', { status => 304, ran => 0, vary => $fetch }, embed => GET => '/plain.txt', 'if-none-match' => '*');
$mark = $httpd->log_mark;
check_result('embedded: only reported and logged', $passed, embed => GET => '/try', %picture);
like($httpd->log_since($mark), qr/CORS \(ReportOnly\): refused, cross-site-embedding: origin none, Sec-Fetch-Site "cross-site", Sec-Fetch-Mode "no-cors", Sec-Fetch-Dest "image", "GET" "\/try" of host "embed\.example"; by CorsProtectEmbedding \S+:\d+$/m,
    'the log shows how the resource is embedded');

# --- CorsProtectHost
my %foreign = (status => 421, 'cache-control' => 'no-store', ran => 0);
sub check_host {
    my ($name, $want, $host, $method, $path, %send) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $over (grep { $_ eq 'h1' || !$send{upgrade} } @over) {
        my $got = get_result([ $over => $port{hosts} ], undef, $method, $path, host => $host, %send);
        is_deeply($got, $want, "$name, $over");
    }
}
my %hosts = (vary => 'Origin');
for my $host ('named.example', 'NAMED.example', 'named.example:81', 'named.example.', 'a.alias.example', '127.0.0.1', '192.0.2.1:80', '[2001:db8::1]', 'localhost', 'a.localhost') {
    check_host("$host is a host of the server", { %$passed, %hosts }, $host, GET => '/run.cgi');
}
my %any = (%foreign, %hosts);
for my $host ('rebound.example', 'named.example.evil.example', 'alias.example', 'xnamed.example', 'named', 'localhost.evil.example', '127.0.0.1.evil.example') {
    check_host("$host is not a host of the server", \%any, $host, GET => '/run.cgi');
}
like(send_bytes($port{hosts}, "GET /run.cgi HTTP/1.0\r\n\r\n"), qr{\AHTTP/1\.1 200 .*I am a script}s, 'a request without a host passes');
like(send_bytes($port{hosts}, "GET http://rebound.example/run.cgi HTTP/1.1\r\nHost: named.example\r\nConnection: close\r\n\r\n"), qr{\AHTTP/1\.1 421 }, 'the host of a URL in absolute form counts');
check_host("$_ for a foreign host", \%any, 'rebound.example', $_ => '/run.cgi') for qw(HEAD PUT DELETE PROPFIND);
check_host('a POST of the same origin, as the browser says', \%any, 'rebound.example', POST => '/run.cgi', origin => 'http://rebound.example', site('same-origin'));
check_host('a GET of the same origin, as the browser says', \%any, 'rebound.example', GET => '/run.cgi', site('same-origin', 'cors'));
check_host('a preflight', { %any, preflight_vary(), 'access-control-allow-origin' => $app }, 'rebound.example', OPTIONS => '/run.cgi', origin => $app, acrm => 'PUT');
check_host('a handshake, even of a listed origin', { %any, 'access-control-allow-origin' => $app }, 'rebound.example', GET => '/chat', %handshake, origin => $app);
check_host('a handshake for a host of the server', { status => 101, ran => 1 }, 'named.example', GET => '/chat', %handshake, origin => $app);
check_host('a refusal comes before authentication', \%any, 'rebound.example', GET => '/secret');
check_host('a request for a host of the server is authenticated', { status => 401, ran => 0, %hosts }, 'named.example', GET => '/secret');
check_host('a section that only reports', { %$passed, %hosts }, 'rebound.example', GET => '/try');
check_host('a section with CorsProtectHost Off', { %$passed, %hosts }, 'rebound.example', GET => '/any');
check_host('a section with CorsProtect Off', { %$passed, %hosts }, 'rebound.example', GET => '/off');
check_host('Off for DELETE alone: DELETE', { %$passed, %hosts }, 'rebound.example', DELETE => '/limited');
check_host('Off for DELETE alone: GET', \%any, 'rebound.example', GET => '/limited');
check_host('a path that does not exist', \%any, 'rebound.example', GET => '/missing');
check_host('a path that does not exist, for a host of the server', { status => 404, ran => 0, %hosts }, 'named.example', GET => '/missing');
$mark = $httpd->log_mark;
check_host('a request that only reports', { %$passed, %hosts }, 'rebound.example', GET => '/try');
like($httpd->log_since($mark), qr/CORS \(ReportOnly\): refused, foreign-host: origin none, Sec-Fetch-Site none, "GET" "\/try" of host "rebound\.example"; by CorsProtectHost \S+:\d+: the request's Host is not a name of this virtual host; name it with ServerAlias/,
    'the log shows the host and the remedy');

# --- the section of what is served
for my $case ([ 'its own name', '/run.cgi' ], [ 'DirectoryIndex', '/index/' ], [ 'FallbackResource', '/fall/a' ], [ 'RewriteRule of a directory', '/rw/run' ],
    [ 'RewriteRule of the server', '/server' ]) {
    my ($by, $path) = @$case;
    check_result("$by: another site is refused", $refused, names => POST => $path, origin => $evil, site('cross-site'));
    check_result("$by: the site passes", $passed, names => POST => $path, origin => 'http://names.example', site('same-origin'));
    check_result("$by: GET of another site passes", $passed, names => GET => $path, origin => $evil, site('cross-site'));
}
for my $path ('/nope', '/rw/gone') {
    check_result("POST $path: the error document does not run for another site", { status => 404, 'cache-control' => 'no-store', ran => 0 }, names => POST => $path, origin => $evil, site('cross-site'));
    check_result("POST $path: the error document runs for the site", { status => 404, ran => 1 }, names => POST => $path, origin => 'http://names.example', site('same-origin'));
    check_result("GET $path: the error document runs for a link", { status => 404, ran => 1 }, names => GET => $path, site('cross-site'));
}
check_result('an include that is refused does not run, and the page goes on', { status => 200, ran => 0 }, names => POST => '/page.shtml', origin => $evil, site('cross-site'));
check_result('an include runs for the site', $passed, names => POST => '/page.shtml', origin => 'http://names.example', site('same-origin'));
for my $case ([ 403, '/forbidden' ], [ 404, '/missing' ], [ 404, '/a%2fb' ], [ 404, '/a%00b' ]) {
    my ($status, $path) = @$case;
    my $got = get_result(h1 => early => POST => $path, origin => $evil, site('cross-site'));
    is_deeply([ @$got{qw(status ran)} ], [ $status, 0 ], "$path ends before it is checked: the error document does not run for another site");
    $got = get_result(h1 => early => POST => $path, origin => 'http://early.example', site('same-origin'));
    is_deeply([ @$got{qw(status ran)} ], [ $status, 1 ], "$path ends before it is checked: the error document runs for the site");
}

# --- .htaccess: on and narrower, never off or wider
my $page = 'http://author.example';
my %cross = (origin => $evil, site('cross-site'));
my %trusted = (origin => $idp, site('cross-site'));
my $error = { status => 500, ran => 0 };
for my $case (
    [ 'On', '/author/on', $refused, %cross ], [ 'ReportOnly', '/author/report', $passed, %cross ], [ 'Off', '/author/off', $error ],
    [ 'an origin', '/author/trust', $error ], [ 'Strict', '/author/strict', $refused ],
    [ 'ReportOnly within On', '/guarded/report', $refused, %cross ], [ 'a policy with credentials within On', '/guarded/widen', { %$refused, %vary, 'access-control-allow-origin' => $evil, 'access-control-allow-credentials' => 'true' }, %cross ],
    [ 'fewer origins within On', '/guarded/fewer', $refused, %trusted ], [ 'None within On', '/guarded/more', $refused, %trusted ],
    [ 'On within On', '/guarded/on', $passed, %trusted ], [ 'Strict within On', '/guarded/strict', $refused ],
    [ 'On within ReportOnly Strict', '/tried/on', $refused ], [ 'ReportOnly within ReportOnly Strict', '/tried/report', $passed ],
    [ 'the site, within On', '/guarded/report', $passed, origin => $page ],
) {
    my ($name, $path, $want, %send) = @$case;
    check_result(".htaccess: $name", $want, author => POST => "$path/run.cgi", %send);
}
check_result('.htaccess: CorsProtectHost, for a host of the server', $passed, author => GET => '/guarded/host/run.cgi');
check_result('.htaccess: CorsProtectHost without CorsProtect has no effect', $passed, author => GET => '/author/host/run.cgi');
check_result('.htaccess: CorsProtectHost, for a foreign host', \%foreign, rebound => GET => '/author/host/run.cgi');
check_result('.htaccess: a list of handshakes within On', $refused, author => GET => '/guarded/handshake/run.cgi', %handshake, origin => $evil);
check_result('.htaccess: a list of handshakes alone', $passed, author => GET => '/author/handshake/run.cgi', %handshake, origin => $evil);

# --- a client certificate
sub send_with_certificate {
    my ($path, %send) = @_;
    my %tls = (PeerAddr => '127.0.0.1', PeerPort => $port{tls}, Timeout => 20, SSL_verify_mode => 0, SSL_hostname => 'own.example', SSL_alpn_protocols => ['http/1.1'],
        SSL_version => 'TLSv1_2', SSL_cert_file => "$ENV{CORS_WORK}/t/conf/cert.pem", SSL_key_file => "$ENV{CORS_WORK}/t/conf/key.pem", SSL_use_cert => 1);
    my $socket = IO::Socket::SSL->new(%tls) or die "no TLS: $IO::Socket::SSL::SSL_ERROR\n";
    local $SIG{ALRM} = sub { die "no answer\n" };
    alarm 30;
    print $socket join "\r\n", "POST $path HTTP/1.1", 'Host: own.example', 'Connection: close', 'Content-Length: 0', (map { "$_: $send{$_}" } sort keys %send), '', '';
    my $answer = do { local $/; <$socket> } // '';
    alarm 0;
    return $answer =~ m{\AHTTP/1\.1 (\d+)} ? $1 : "none: $answer";
}
my %cors = (origin => $app, site('cross-site', 'cors'));
is(get_result(h1s => own => POST => '/run.cgi', %cors)->{status}, 200, 'a CORS request without a certificate passes');
is(send_with_certificate('/run.cgi', %cors), 200, 'so it does where no certificate is asked for');
my $before = -s $ran;
is(send_with_certificate('/asked', %cors), 403, 'a CORS request with a certificate that mod_ssl has asked for is refused');
is(-s $ran, $before, 'and its script does not run');

# --- counts
sub counts {
    my $data = status_data([ h1 => $port{port} ]);
    return { map { ("$_->{mode} $_->{verdict} $_->{reason}" => $_->{count}) } @{ $data->{protect} } };
}
my %before = %{ counts() };
get_result(h1 => own => POST => '/run.cgi', %cross) for 1 .. 3;
get_result(h1 => own => POST => '/run.cgi', origin => $own, site('same-origin')) for 1 .. 2;
get_result(h1 => report => POST => '/run.cgi', %cross);
get_result(h1 => own => GET => '/run.cgi', %cross);
get_result(h1 => own => POST => '/saml', %cross);
get_result(h1 => names => POST => '/index/', origin => 'http://names.example', site('same-origin'));
my %after = %{ counts() };
my %more = map { my $more = $after{$_} - ($before{$_} // 0); $more ? ($_ => $more) : () } keys %after;
is_deeply(\%more, { 'enforced refused cross-site-request' => 3, 'enforced passed same-origin-request' => 3, 'report-only refused cross-site-request' => 1 },
    'each checked request is counted once, by its verdict and reason');
my $metrics = send_request([ h1 => $port{port} ], GET => '/cors-policy?format=prometheus')->body;
for my $count (sort keys %after) {
    my ($mode, $verdict, $reason) = split / /, $count;
    like($metrics, qr/^cors_policy_protect_requests_total\{mode="$mode",verdict="$verdict",reason="$reason"\} $after{$count}$/m, "the metrics have $count");
}
my $html = send_request([ h1 => $port{port} ], GET => '/cors-policy')->body;
like($html, qr/<h2>CorsProtect<\/h2>.*<td>refused<\/td><td>cross-site-request<\/td><td>report-only<\/td><td class="n">$after{'report-only refused cross-site-request'}<\/td>/s,
    'the status page has a table of CorsProtect');
like(send_request([ h1 => $port{port} ], GET => '/cors-policy?view=policies')->body, qr/<code>CorsProtect<\/code><\/td><td>\s*<code>ReportOnly Strict<\/code>/, 'the status page shows CorsProtect of each section');

%before = %{ counts() };
get_result([ h1 => $port{hosts} ], undef, GET => '/run.cgi', host => 'rebound.example');
get_result([ h1 => $port{hosts} ], undef, GET => '/run.cgi', host => 'named.example');
get_result([ h1 => $port{hosts} ], undef, GET => '/try', host => 'rebound.example');
%after = %{ counts() };
%more = map { my $more = $after{$_} - ($before{$_} // 0); $more ? ($_ => $more) : () } keys %after;
is_deeply(\%more, { 'enforced refused foreign-host' => 1, 'enforced passed known-host' => 1, 'report-only refused foreign-host' => 1 }, 'a check of the host is counted once');

# --- logs, expressions and mod_status
my $read = [ h1 => $port{port} ];
like(send_request($read, POST => '/run.cgi', host => 'read.example', %cross)->field('x-protect'), qr{\Arefused/cross-site-request/CorsProtect \S+:\d+\z}, 'an expression has the refusal');
like(send_request($read, POST => '/run.cgi', host => 'read.example', body => 'x', site('same-origin'))->field('x-protect'), qr{\Apassed/same-origin-request/CorsProtect \S+:\d+\z}, 'and what passes');
is(send_request($read, GET => '/run.cgi', host => 'read.example')->field('x-protect'), '//', 'a request that is not checked has no values');
my $access = Httpd::slurp("$ENV{CORS_WORK}/t/logs/protect_access");
like($access, qr/^POST refused cross-site-request CorsProtect \S+:\d+$/m, 'a log line reads the decision of CorsProtect');
like($access, qr/^GET - - -$/m, 'a log line has - for a request that is not checked');
my $totals = send_request([ h1 => $port{port} ], GET => '/server-status?auto', host => 'own.example')->body;
my %refused_by = map { my $mode = $_; my $sum = 0; $sum += $after{$_} for grep { /\A$mode refused/ } keys %after; ($mode => $sum) } qw(enforced report-only);
like($totals, qr/^CorsProtect-refused: @{[ $refused_by{enforced} + 1 ]}\nCorsProtectReportOnly-refused: $refused_by{'report-only'}$/m, 'mod_status has the refusals');

# --- explain
my $explained = send_request([ h1 => $port{port} ], GET => "/cors-policy?format=json&explain&url=http%3A%2F%2Fown.example%2Frun.cgi&origin=$evil&method=POST")->body;
like($explained, qr/"protect":\s*\{\s*"mode":\s*"On",\s*"verdict":\s*"refused",\s*"reason":\s*"cross-site-request",\s*"decided_by":\s*"CorsProtect [^"]+:\d+",\s*"advice":\s*null\s*\}/,
    'an explanation has what CorsProtect decides');
like(send_request([ h1 => $port{port} ], GET => "/cors-policy?explain&url=http%3A%2F%2Fown.example%2Frun.cgi&origin=$evil&method=POST")->body,
    qr/<h3>CorsProtect<\/h3>\s*<p>refused, cross-site-request, decided by <code>CorsProtect [^<]+<\/code>. The request is answered with 403\./, 'so it does on the page');
like(send_request([ h1 => $port{port} ], GET => "/cors-policy?explain&url=http%3A%2F%2Fown.example%2Ftry&origin=$evil&method=POST")->body, qr/ It only reports\./, 'and where it only reports');

# --- the list of refusals
sub latest {
    my ($number) = @_;
    my @latest = @{ status_data([ h1 => $port{port} ])->{refusals} }[ 0 .. $number - 1 ];
    return [ map { my $one = $_; [ @$one{qw(mode verdict reason method path origin)}, $one->{decided_by} =~ s/ \S+:\d+\z//r, $one->{advice} ] } @latest ];
}
get_result(h1 => own => POST => '/run.cgi?secret=1', %cross);
get_result(h1 => report => POST => '/run.cgi', origin => 'null', site('cross-site'));
get_result(h1 => report => POST => '/run.cgi');
get_result(h1 => own => GET => '/chat', %handshake, origin => $evil);
get_result(h1 => embed => GET => '/run.cgi', %picture);
get_result([ h1 => $port{hosts} ], undef, GET => '/try', host => 'rebound.example');
get_result(h1 => own => POST => '/run.cgi', origin => $own, site('same-origin'));
my $allow = 'If its pages may send this request, write CorsProtectAllowOrigins https://evil.example in the section of the URL.';
is_deeply(latest(6), [
    [ 'report-only', 'refused', 'foreign-host', 'GET', '/try', undef, 'CorsProtectHost', 'If the host is a name of this server, add it with ServerAlias.' ],
    [ 'enforced', 'refused', 'cross-site-embedding', 'GET', '/run.cgi', undef, 'CorsProtectEmbedding', 'If pages of other sites may embed this URL, write CorsProtectEmbedding Off in its section.' ],
    [ 'enforced', 'refused', 'cross-site-request', 'GET', '/chat', $evil, 'CorsProtect', $allow ],
    [ 'report-only', 'refused', 'no-origin', 'POST', '/run.cgi', undef, 'CorsProtect', 'If clients that are not browsers may send this request, write CorsProtect On, without Strict, in the section of the URL.' ],
    [ 'report-only', 'refused', 'cross-site-request', 'POST', '/run.cgi', 'null', 'CorsProtect', 'If the page is one of this site, send Referrer-Policy: same-origin with it. '
        . 'If it is one of an identity provider that hides its origin, write CorsProtect Off in the section of the URL.' ],
    [ 'enforced', 'refused', 'cross-site-request', 'POST', '/run.cgi', $evil, 'CorsProtect', $allow ],
], 'the status page lists what is refused, and what would be, with the directive that lets it pass');
like(send_request([ h1 => $port{port} ], GET => '/cors-policy')->body,
    qr{<td>WebSocket</td><td><code>GET http://own\.example:\d+/chat</code></td><td><code>\Q$evil\E</code></td><td>cross-site-request</td><td><code>CorsProtect [^<]+</code> \Q$allow\E</td><td><a href="\?explain[^"]*url=ws}s,
    'so it does on the page, for a handshake');

done_testing();
