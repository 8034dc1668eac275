# Licensed under the Apache License, Version 2.0; see LICENSE.
# Every way in which a request can end, over every protocol: the whole set of CORS
# headers and Vary, each field once. ReportOnly does not change a byte.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response preflight_vary protocols send_request);
use Httpd ();
use Tools qw(corner_headers corner_lists);

my $app = 'https://app.example';
my $evil = 'https://app.example.evil';
my $work = $ENV{CORS_WORK};
my $backend = $ENV{CORS_BACKEND_PORT};
my $fcgi = Httpd::free_port();
Httpd::start_helper('fcgi.pl', $fcgi);
my $httpd = Httpd->start(
    name => 'matrix', conf => 'corners.conf', ports => [qw(plain tls report off)],
    vars => { fcgi => $fcgi, backend => $backend },
    modules => [qw(ssl socache_shmcb auth_digest proxy_fcgi asis)]);

my %headers = corner_headers();
my %lists = corner_lists();
my %asked = preflight_vary();

# name; method and path; status; then what differs:
#   send    further fields      vary  what the other module varies on already
#   before  called first        early it ends before its configuration is known:
#                               a refused preflight keeps the status
#   dead    no preflight can succeed: the request ends before the module could answer
#   narrowed  the served resource denies the origin that the requested URL allows
my @kinds = (
    [ 'a static file', GET => '/plain.txt', 200 ],
    [ 'the head of a static file', HEAD => '/plain.txt', 200 ],
    [ 'a compressed file', GET => '/long.txt', 200,
        send => { 'accept-encoding' => 'gzip' }, vary => 'Accept-Encoding' ],
    [ 'a script with headers of its own', GET => '/cgi/own.cgi', 200, vary => 'Accept' ],
    [ 'a script that answers 201', POST => '/cgi/own.cgi?201', 201,
        send => { body => 'x' }, vary => 'Accept' ],
    [ 'a script that answers 404', GET => '/cgi/own.cgi?404', 404, vary => 'Accept' ],
    [ 'a script that redirects locally', GET => '/cgi/location.cgi', 200 ],
    [ 'a FastCGI backend with headers of its own', GET => '/fcgi/200', 200, vary => 'Accept' ],
    [ 'a 404 of a FastCGI backend', GET => '/fcgi/404', 404, vary => 'Accept' ],
    [ 'a 500 of a FastCGI backend', GET => '/fcgi/500', 500, vary => 'Accept' ],
    [ 'a file that is sent as it is', GET => '/asis/own.asis', 203, vary => 'Accept' ],
    [ 'a proxied response with headers of its own', GET => '/api/own', 200, vary => 'Accept' ],
    [ 'a proxied 404', GET => '/api/missing', 404 ],
    [ 'a proxied 302', GET => '/api/moved', 302 ],
    [ 'a proxied 500', GET => '/api/broken', 500 ],
    [ 'a proxied 304', GET => '/api/unmodified', 304, send => { 'if-none-match' => '"one"' } ],
    [ 'a proxied 500 with ProxyErrorOverride', GET => '/override/broken', 500 ],
    [ 'a 502 of a backend that does not send HTTP', GET => '/api/garbage', 502 ],
    [ 'a 502 with ProxyErrorOverride and a script for its document', GET => '/override/garbage', 502,
        vary => 'Accept' ],
    [ 'a 503 of a dead backend', GET => '/dead/x', 503 ],
    [ 'a 503 of a dead backend with ProxyErrorOverride', GET => '/override-dead/x', 503 ],
    [ 'a 206', GET => '/plain.txt', 206, send => { range => 'bytes=0-2' } ],
    [ 'a 206 of two ranges', GET => '/long.txt', 206, send => { range => 'bytes=0-2,10-12' },
        vary => 'Accept-Encoding' ],
    [ 'a 416', GET => '/plain.txt', 416, send => { range => 'bytes=99999-' } ],
    [ 'a 304 of a static file', GET => '/plain.txt', 304, send => { 'if-none-match' => '*' } ],
    [ 'a 412', GET => '/plain.txt', 412, send => { 'if-match' => '"other"' } ],
    [ 'a cached file', GET => '/cached/plain.txt', 200 ],
    [ 'a 304 of a cached file', GET => '/cached/plain.txt', 304,
        send => { 'if-none-match' => '*' },
        before => sub { my ($via, %send) = @_; delete $send{'if-none-match'};
                        send_request($via, GET => '/cached/plain.txt', %send) } ],
    [ 'a directory without its slash', GET => '/dir', 301 ],
    [ 'a Redirect of the server level', GET => '/alias-moved', 301, early => 1 ],
    [ 'a Redirect in a Location', GET => '/location-moved', 302, early => 1 ],
    [ 'a Redirect in an If', GET => '/if-moved', 307, early => 1 ],
    [ 'a Redirect in .htaccess', GET => '/htaccess-redirect/a', 302 ],
    [ 'a RewriteRule that redirects, of the server level', GET => '/rewrite-moved', 302, early => 1 ],
    [ 'a RewriteRule that redirects, in a Location', GET => '/location-rewrite', 302 ],
    [ 'a RewriteRule that redirects, in .htaccess', GET => '/htaccess-rewrite/a', 302 ],
    [ 'a RewriteRule within the server', GET => '/rewrite-within', 200 ],
    [ 'a RewriteRule that passes through', GET => '/rewrite-passed', 200 ],
    [ 'a RewriteRule within .htaccess', GET => '/htaccess-rewrite/within', 200 ],
    [ 'a RewriteRule to a backend', GET => '/rewrite-proxied', 200, vary => 'Accept' ],
    [ 'a RewriteRule that forbids', GET => '/rewrite-forbidden', 403, early => 1, dead => 1 ],
    [ 'a 410 of Redirect gone', GET => '/alias-gone', 410, early => 1, dead => 1 ],
    [ 'a 400 of an address that cannot be decoded', GET => '/a%zz', 400, dead => 1, early => 1 ],
    [ 'a 404 of an encoded slash', GET => '/a%2fb', 404, dead => 1, early => 1 ],
    [ 'a 401 of Basic authentication', GET => '/private.txt', 401 ],
    [ 'a 401 of Digest authentication', GET => '/digest.txt', 401 ],
    [ 'a 200 behind Basic authentication', GET => '/private.txt', 200,
        send => { authorization => 'Basic YWxpY2U6d29uZGVy' }, actual_only => 1 ],
    [ 'a 403', GET => '/denied.txt', 403 ],
    [ 'a 404', GET => '/not-there', 404 ],
    [ 'a 404 with a file for its document', GET => '/doc-file/x', 404 ],
    [ 'a 404 with a script for its document', GET => '/doc-script/x', 404, vary => 'Accept' ],
    [ 'a 404 with a text for its document', GET => '/doc-text/x', 404 ],
    [ 'a 404 with a document elsewhere', GET => '/doc-away/x', 302 ],
    [ 'a 404 whose document is missing too', GET => '/doc-gone/x', 404 ],
    [ 'a 405', PUT => '/get-only.txt', 405, send => { body => 'x' } ],
    [ 'a 413', PUT => '/dav/limited', 413, send => { body => 'x' x 100 } ],
    [ 'a 500 of a script that dies', GET => '/cgi/die.cgi', 500 ],
    [ 'a 500 of a broken .htaccess', GET => '/broken/a', 500, dead => 1, early => 1 ],
    [ 'a directory listing', GET => '/auto/', 200 ],
    [ 'a negotiated file', GET => '/multi/page', 200, send => { 'accept-language' => 'de' },
        vary => 'negotiate, accept-language' ],
    [ 'a page of includes', GET => '/ssi/page.shtml', 200 ],
    [ 'the index of a directory, which denies the origin', GET => '/index/', 200, narrowed => 1 ],
    [ 'a fallback resource, which denies the origin', GET => '/fallback/any/thing', 200, narrowed => 1 ],
    [ 'a file of WebDAV', GET => '/dav/a', 200 ],
    [ 'properties of WebDAV', PROPFIND => '/dav/a', 207, send => { depth => 0 } ],
    [ 'the options of WebDAV', OPTIONS => '/dav/a', 200, actual_only => 1 ],
    [ 'the options of a file', OPTIONS => '/plain.txt', 200, actual_only => 1 ],
    [ 'a TRACE that is off', TRACE => '/plain.txt', 405, actual_only => 1 ],
);

# who sends the request; its origin; whether it is a preflight, which announces the method
# of the row above
my @clients = (
    [ 'to an allowed origin', $app, 0 ],
    [ 'to another origin', $evil, 0 ],
    [ 'to a request without Origin', undef, 0 ],
    [ 'in a preflight of an allowed origin', $app, 1 ],
    [ 'in a preflight of another origin', $evil, 1 ],
);

sub vary_of {
    my ($more, $ours) = @_;
    return (vary => join ', ', $more // (), $ours);
}

sub expected {
    my ($origin, $preflight, $status, %kind) = @_;
    my $allowed = defined $origin && $origin eq $app;
    if (!$preflight) {
        return { status => $status, $allowed && !$kind{narrowed} ? %headers : (), vary_of($kind{vary}, 'Origin') };
    }
    if ($kind{early} && ($kind{dead} || !$allowed)) {
        return { status => $status, $allowed ? %headers : (), %asked };
    }
    return $allowed ? { status => 204, %lists, %asked } : { status => 403, %asked };
}

my @protocols = protocols(qw(h1 h1s), Httpd::has_h2() ? qw(h2c h2) : ());
for (@protocols) {
    my ($protocol, $called) = @$_;
    my $via = [ $protocol, $httpd->{port}{ $protocol =~ /s\z|\Ah2\z/ ? 'tls' : 'plain' } ];
    for (@kinds) {
        my ($name, $method, $path, $status, %kind) = @$_;
        for (@clients) {
            my ($client, $origin, $preflight) = @$_;
            next if $preflight && $kind{actual_only};
            my %send = $preflight
                ? (origin => $origin, acrm => $method)
                : (%{ $kind{send} // {} }, defined $origin ? (origin => $origin) : ());
            $kind{before}->($via, %send) if $kind{before} && !$preflight;
            is_deeply(cors_response($via, $preflight ? 'OPTIONS' : $method, $path, %send),
                expected($origin, $preflight, $status, %kind),
                "$called: $name shows $client the expected headers, each once");
        }
    }
}

# The bytes of a response, without those that differ each time. Whether the response of a
# script is chunked depends on its speed, and the boundary between ranges is random.
sub stable_bytes {
    my ($response) = @_;
    my ($head) = split /\r\n\r\n/, $response->bytes, 2;
    my $body = $response->body;
    $head =~ s/^(?:Date|Expires|Age|X-Cache-Detail): .*\r\n//gm;
    $head =~ s/^(?:Transfer-Encoding: chunked|Content-Length: .*)(?:\r\n|\z)//gm;
    $head =~ s/nonce="[^"]*"/nonce/;
    if ($head =~ s/boundary=(\S+)/boundary/) {
        my $boundary = $1;
        $body =~ s/\Q$boundary//g;
    }
    return "$head\r\n\r\n$body";
}

# ReportOnly and no module at all, over the same site
for (@kinds) {
    my ($name, $method, $path, $status, %kind) = @$_;
    for (@clients) {
        my ($client, $origin, $preflight) = @$_;
        my %send = $preflight
            ? (origin => $origin, acrm => $method)
            : (%{ $kind{send} // {} }, defined $origin ? (origin => $origin) : ());
        my @bytes;
        for my $port (@{ $httpd->{port} }{qw(report off)}) {
            my $via = [ h1 => $port ];
            $kind{before}->($via, host => 'site.example:8080', %send) if $kind{before} && !$preflight;
            push @bytes, stable_bytes(send_request($via, $preflight ? 'OPTIONS' : $method, $path,
                host => 'site.example:8080', %send));
        }
        is($bytes[0], $bytes[1], "ReportOnly: $name shows $client the same bytes as without the module");
    }
}

done_testing();
