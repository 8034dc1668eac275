# Licensed under the Apache License, Version 2.0; see LICENSE.
# A preflight is answered in every form, before authentication, redirects and anything
# else that would end it; the request that follows is subject to every check.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response parse_response preflight_vary protocols send_bytes send_request);
use Httpd ();
use Tools qw(corner_headers corner_lists);

my $app = 'https://app.example';
my $evil = 'https://app.example.evil';
my $backend = Httpd::free_port();
my $backend_log = "$ENV{CORS_WORK}/t/logs/preflights_backend";
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => $backend_log);
my $httpd = Httpd->start(
    name => 'preflights', conf => 'preflights.conf', ports => [qw(plain tls)],
    expected => qr{\[recipe-rewrite\]$}, # the rules are there to be met
    vars => { backend => $backend },
    modules => [qw(ssl socache_shmcb auth_digest access_compat reqtimeout
        unique_id security2 auth_openidc)]);

my %asked = preflight_vary();
my %headers = corner_headers();
my %lists = corner_lists();
my $allowed = { status => 204, %lists, %asked };
my $refused = { status => 403, %asked };

# what would end the request; the path; the method and status of the request that
# follows; the status of a refused preflight if another module ends it first
my @ways = (
    [ 'Basic authentication', '/private.txt', GET => 401 ],
    [ 'Digest authentication', '/digest.txt', GET => 401 ],
    [ 'mod_auth_openidc', '/oidc/plain.txt', GET => 302 ],
    [ 'Require ip', '/elsewhere.txt', GET => 403 ],
    [ 'Require all denied', '/denied.txt', GET => 403 ],
    [ 'Deny from all', '/deny.txt', GET => 403 ],
    [ 'LimitExcept with Require valid-user', '/limited.txt', POST => 401 ],
    [ 'LimitExcept with Require all denied', '/limit-denied.txt', PUT => 403 ],
    [ 'AllowMethods GET', '/get-only.txt', PUT => 405 ],
    [ 'AllowMethods without OPTIONS', '/no-options.txt', GET => 200 ],
    [ 'the slash that mod_dir adds', '/dir', GET => 301 ],
    [ 'a missing file', '/not-there', GET => 404 ],
    [ 'ProxyPass', '/api/plain', GET => 200 ],
    [ 'ProxyPass in a Location', '/location-api/plain', GET => 200 ],
    [ 'a dead backend', '/dead/x', GET => 503 ],
    [ 'a script', '/cgi/own.cgi', GET => 200 ],
    [ 'a script that dies', '/cgi/die.cgi', GET => 500 ],
    [ 'WebDAV', '/dav/a', PROPFIND => 207 ],
    [ 'FallbackResource', '/fallback/any', GET => 200 ],
    [ 'a RewriteRule that redirects, in a Location', '/location-rewrite', GET => 302 ],
    [ 'a RewriteRule that redirects, in .htaccess', '/htaccess-rewrite/a', GET => 302 ],
    [ 'a RewriteRule that proxies, in a Directory', '/htaccess-proxy/a', GET => 200 ],
    [ 'a RewriteRule that forbids, in a Directory', '/htaccess-proxy/forbidden', GET => 403 ],
    [ 'a RewriteRule that proxies', '/rewrite-proxied', GET => 200 ],
    [ 'a Redirect in .htaccess', '/htaccess-redirect/a', GET => 302 ],
    [ 'a firewall that denies OPTIONS and PUT in phase 2', '/waf/plain.txt', PUT => 403 ],
    [ 'a Redirect', '/alias-moved', GET => 301, 301 ],
    [ 'a RedirectMatch', '/match-moved', GET => 303, 303 ],
    [ 'a Redirect in a Location', '/location-moved', GET => 302, 302 ],
    [ 'a RewriteRule that redirects', '/rewrite-moved', GET => 301, 301 ],
    [ 'a RewriteRule that redirects temporarily', '/rewrite-seen', GET => 307, 307 ],
);

for (protocols(qw(h1), Httpd::has_h2() ? qw(h2c h2) : ())) {
    my ($protocol, $called) = @$_;
    my $via = [ $protocol, $httpd->{port}{ $protocol eq 'h2' ? 'tls' : 'plain' } ];
    for (@ways) {
        my ($name, $path, $method, $status, $early) = @$_;
        my $mark = -s $backend_log;
        is_deeply(cors_response($via, OPTIONS => $path, origin => $app, acrm => $method),
            $allowed, "$called: a preflight is answered before $name");
        is_deeply(cors_response($via, OPTIONS => $path, origin => $app, acrm => $method,
            acrh => 'content-type,x-token'), $allowed,
            "$called: a preflight that announces headers is answered before $name");
        is_deeply(cors_response($via, OPTIONS => $path, origin => $evil, acrm => $method),
            { %$refused, status => $early // 403 },
            "$called: a preflight of another origin is refused without more information, before $name");
        is(-s $backend_log, $mark, "$called: no preflight reaches a backend behind $name");
        my $code = send_request($via, $method, $path, origin => $app, accept => '*/*')->status;
        is($code, $status, "$called: the request that follows is subject to $name");
    }

    # a firewall can deny a preflight in its first and in its last phase
    for ([ 'phase 1', '/waf/early/plain.txt' ], [ 'phase 3', '/waf/late/plain.txt' ]) {
        is_deeply(cors_response($via, OPTIONS => $_->[1], origin => $app, acrm => 'GET'),
            { status => 403, %headers, %asked },
            "$called: what a firewall denies in $_->[0] stays denied, with the headers of the policy");
        is_deeply(cors_response($via, OPTIONS => $_->[1], origin => $evil, acrm => 'GET'),
            $refused, "$called: what a firewall denies in $_->[0] has no CORS headers for another origin");
    }
    is_deeply(cors_response($via, OPTIONS => '/waf/plain.txt', origin => $app),
        { status => 403, %headers, vary => 'Origin' },
        "$called: a firewall denies an OPTIONS request that is not a preflight");

    # an ErrorDocument for the status of the redirect changes nothing
    for ([ 'a file', '', 204 ], [ 'a script', 'script/', 204, 'Accept' ],
         [ 'a file, with another status', 'old/', 200 ]) {
        my ($document, $place, $status, $vary) = @$_;
        my $response = send_request($via, OPTIONS => "/documented/$place", origin => $app, acrm => 'GET');
        is_deeply($response->cors, { %$allowed, status => $status,
                vary => join ', ', $vary // (), $asked{vary} },
            "$called: a preflight is answered before a Redirect that has $document as its ErrorDocument");
        is_deeply([ $response->body, map { $response->field($_) } qw(location content-type content-encoding etag last-modified) ],
            [ '', (undef) x 5 ], "$called: a preflight answered before a Redirect has no part of $document");
    }
    my $early = cors_response($via, OPTIONS => '/forbidden/', origin => $app, acrm => 'GET');
    is_deeply($early, { status => 302, %headers, vary => "Accept, $asked{vary}" },
        "$called: a refusal by a firewall remains a refusal, although its ErrorDocument is a redirect");

    # only redirects are replaced
    is_deeply(cors_response($via, OPTIONS => '/rewrite-forbidden', origin => $app, acrm => 'GET'),
        { status => 403, %headers, %asked },
        "$called: a preflight does not get past a RewriteRule of the server that forbids");
}

# every form that a preflight can have
my $port = $httpd->{port}{plain};
my $head = "Host: site.example\r\nOrigin: $app\r\nAccess-Control-Request-Method: PUT\r\n";
my @forms = (
    [ 'with a body', "OPTIONS /private.txt HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhello" ],
    [ 'with a body in pieces',
      "OPTIONS /private.txt HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" ],
    [ 'with a body that never comes', "OPTIONS /private.txt HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\n" ],
    [ 'with a body longer than LimitRequestBody',
      "OPTIONS /dav/limited HTTP/1.1\r\n${head}Content-Length: 50\r\n\r\n" . 'x' x 50 ],
    [ 'with Expect: 100-continue',
      "OPTIONS /private.txt HTTP/1.1\r\n${head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n" ],
    [ 'over HTTP/1.0', "OPTIONS /private.txt HTTP/1.0\r\n${head}\r\n" ],
    [ 'over HTTP/1.0 with keep-alive',
      "OPTIONS /private.txt HTTP/1.0\r\n${head}Connection: keep-alive\r\n\r\n" ],
    [ 'in absolute form', "OPTIONS http://site.example/private.txt HTTP/1.1\r\n${head}Connection: close\r\n\r\n" ],
    [ 'with a query', "OPTIONS /private.txt?a=b HTTP/1.1\r\n${head}Connection: close\r\n\r\n" ],
    [ 'with encoded letters', "OPTIONS /pri%76ate.txt HTTP/1.1\r\n${head}Connection: close\r\n\r\n" ],
    [ 'with Authorization', "OPTIONS /private.txt HTTP/1.1\r\n${head}"
      . "Authorization: Basic d3Jvbmc6d3Jvbmc=\r\nConnection: close\r\n\r\n" ],
    [ 'with a condition', "OPTIONS /private.txt HTTP/1.1\r\n${head}"
      . "If-None-Match: *\r\nConnection: close\r\n\r\n" ],
    [ 'with a range', "OPTIONS /private.txt HTTP/1.1\r\n${head}Range: bytes=0-1\r\nConnection: close\r\n\r\n" ],
);
for (@forms) {
    my ($name, $bytes) = @$_;
    # the body is not sent: a server that waits for it would not respond
    my $answer = send_bytes($port, $bytes, until => qr/\r\n\r\n/);
    my $response = parse_response($answer);
    is_deeply($response->cors, $allowed, "a preflight $name is answered");
    is($response->body, '', "a preflight $name has no body in its answer");
    unlike($answer, qr{\AHTTP/1\.\d 1}, "a preflight $name gets no interim response");
    $bytes =~ s/^Origin: .*/Origin: $evil\r/m;
    is_deeply(parse_response(send_bytes($port, $bytes, until => qr/\r\n\r\n/))->cors, $refused,
        "a preflight $name of another origin is refused");
}

# several on one connection, each after the response to the one before or all at once
sub series {
    my ($together, @requests) = @_;
    my $client = Client->new($port);
    local $SIG{ALRM} = sub { die "no answer\n" };
    alarm 30;
    $client->write_bytes(join '', @requests) if $together;
    my @answers;
    for (@requests) {
        $client->write_bytes($_) if !$together;
        push @answers, $client->read_response->cors;
    }
    alarm 0;
    return @answers;
}
my $preflight = "OPTIONS /private.txt HTTP/1.1\r\n$head\r\n";
(my $other = $preflight) =~ s/^Origin: .*/Origin: $evil\r/m;
my $get = "GET /plain.txt HTTP/1.1\r\nHost: site.example\r\nOrigin: $app\r\n\r\n";
my @answers = ($allowed, $refused, { status => 200, %headers, vary => 'Origin' }, $allowed);
is_deeply([ series(0, $preflight, $other, $get, $preflight) ], \@answers,
    'preflights and requests follow one another on one connection');
is_deeply([ series(1, $preflight, $other, $get, $preflight) ], \@answers,
    'preflights and requests can be pipelined');

# a request that is not a preflight goes to its handler
my $response = send_request([ h1 => $port ], OPTIONS => '*', origin => $app, acrm => 'PUT');
is($response->status, 200, 'OPTIONS * is left to httpd');
ok(!grep({ /access-control/ } keys %{ $response->cors_fields }), 'OPTIONS * has no policy');
$response = send_request([ h1 => $port ], OPTIONS => '/dav/a', origin => $app);
is_deeply($response->cors, { status => 200, %headers, vary => 'Origin' },
    'OPTIONS without an announced method is answered by WebDAV');
ok($response->field('dav') && $response->field('allow') =~ /PROPFIND/, 'OPTIONS without an announced method: the response has WebDAV\'s headers');
for my $method ('', 'PUT GET', 'PUT,GET', "PUT\x80", 'x' x 65) {
    is_deeply(cors_response([ h1 => $port ], OPTIONS => '/dav/a', origin => $app, acrm => $method), { status => 200, %headers, vary => 'Origin' },
        "'$method' is not a method, so WebDAV answers");
}

done_testing();
