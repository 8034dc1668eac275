# Licensed under the Apache License, Version 2.0; see LICENSE.
# Requests that end before httpd has looked for sections: their errors follow the policy
# of the requested URL, as far as httpd has read it.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response parse_response preflight_vary send_bytes send_request);
use Httpd ();

my ($app, $of_server, $of_if) = map { "https://$_.example" } qw(app server if);
my $has_h2 = Httpd::has_h2();
my $httpd = Httpd->start(name => 'early_ends', conf => 'early_ends.conf',
    ports => [qw(port wide slashes literal tls)],
    modules => [qw(ssl reqtimeout unique_id security2)], vars => { backend => $ENV{CORS_BACKEND_PORT} });
my ($port, $wide, $tls) = @{ $httpd->{port} }{qw(port wide tls)};

my %vary = (vary => 'Origin');
my %section = (%vary, 'access-control-allow-origin' => $app, 'access-control-allow-credentials' => 'true',
    'access-control-expose-headers' => 'X-Total');
my %unread = %vary;    # the section is known, and Origin is not

# Status and CORS headers of the response to lines of text.
sub answer {
    my ($to, $text, %more) = @_;
    return parse_response(send_bytes($to, $text =~ s/\n/\r\n/gr, %more))->cors;
}

# httpd fails to read the request, or a hook ends it. %H stands for Host and Connection.
my $rest = "%HOrigin: $app\n";
my $long = 'x' x 3000;
for my $case (
    # the URL is known, and so are all fields before the invalid one
    [ 'a field that is too large', "GET /api/x HTTP/1.1\n${rest}X-A: 1\nX-B: $long\n\n", 400, \%section ],
    [ 'a field before Origin that is too large', "GET /api/x HTTP/1.1\nX-B: $long\n$rest\n", 400, \%unread ],
    [ 'too many fields', "GET /api/x HTTP/1.1\n$rest" . join('', map { "X-$_: 1\n" } 1 .. 30) . "\n", 400, \%section ],
    [ 'a field without a colon', "GET /api/x HTTP/1.1\n${rest}X-A: 1\nnothing\n\n", 400, \%section ],
    [ 'a header that ends too late', "GET /api/x HTTP/1.1\n${rest}X-A: 1\n", 408, \%section ],
    [ 'an invalid Content-Length', "POST /api/x HTTP/1.1\n${rest}Content-Length: x\n\n", 400, \%section ],
    [ 'an unknown Transfer-Encoding', "POST /api/x HTTP/1.1\n${rest}Transfer-Encoding: x\n\n", 400, \%section ],
    [ 'an unknown Expect', "GET /api/x HTTP/1.1\n${rest}Expect: x\n\n", 417, \%section ],
    [ 'no Host', "GET /api/x HTTP/1.1\nOrigin: $app\nConnection: close\n\n", 400, \%section ],
    [ 'an invalid Host', "GET /api/x HTTP/1.1\nHost: a/b\nOrigin: $app\nConnection: close\n\n", 400, \%section ],
    # the request line is invalid: httpd reads no field
    [ 'a control character in the URL', "GET /api/x\x01 HTTP/1.1\n$rest\n", 400, \%unread ],
    [ 'a protocol in lower case', "GET /api/x http/1.1\n$rest\n", 400, \%unread ],
    [ 'two spaces', "GET  /api/x HTTP/1.1\n$rest\n", 400, \%unread ],
    # no URL
    [ 'a request line that is too long', "GET /api/$long HTTP/1.1\n$rest\n", 414, undef ],
    # not a URL of this server
    [ 'a URL of another scheme', "GET ftp://%N/api/x HTTP/1.1\n$rest\n", 400, undef ],
    [ 'a URL in absolute form', "GET http://%N/api/denied HTTP/1.1\n$rest\n", 403, undef ],
    # the path that httpd compares with <Location>
    [ 'an invalid escape', "GET /api/%zz HTTP/1.1\n$rest\n", 400, \%section ],
    [ 'an encoded slash', "GET /api/a%2fb HTTP/1.1\n$rest\n", 404, \%section ],
    [ 'an encoded NUL', "GET /api/%00 HTTP/1.1\n$rest\n", 404, \%section ],
    [ 'a path above the root', "GET /../api/x HTTP/1.1\n$rest\n", 400, \%section ],
    # a firewall ends the request in post_read_request
    map { [ $_->[0], "GET $_->[1] HTTP/1.1\n$rest\n", 403, $_->[2], 1 ] } (
        [ 'a hook, in the section', '/api/denied', \%section ],
        [ 'a hook, in a nested section', '/api/named/denied', { %section, 'access-control-expose-headers' => 'X-Named' } ],
        [ 'a hook, in a section without a policy', '/api/off/denied', {} ],
        [ 'a hook, beside the section', '/api2/denied', undef ],
        [ 'a hook, in a Directory', '/directory/denied', undef ],
        [ 'a hook, with slashes to merge', '//api//denied', \%section ],
        [ 'a hook, with a letter encoded', '/%61pi/denied', \%section ],
        [ 'a hook, with a parent', '/x/../api/denied', \%section ],
        [ 'a hook, out of the section', '/api/%2e%2e/denied', undef ],
        [ 'a hook, with an encoded slash that ends the request anyway', '/api%2fdenied', undef ],
    ),
) {
    my ($name, $text, $status, $section, $whole) = @$case;
    for ([ 'a policy in sections', $port, 'localhost', {} ], [ 'one of the server as well', $wide, 'site.example', \%vary ]) {
        my ($where, $to, $host, $else) = @$_;
        my %expected = (status => $status, %{ $section // $else });
        # conditions are evaluated if httpd has read all fields
        my $if = $to == $wide && ($whole || $text =~ m{ /\.\./| /api/(?:%zz|a%2fb|%00) });
        $expected{vary} = "X-Mode, $expected{vary}" if $if && $expected{vary};
        is_deeply(answer($to, $text =~ s/%H/Host: $host\nConnection: close\n/r =~ s/%N/$host/r), \%expected, "$name, $where");
    }
}
is_deeply(answer($wide, "GET /api/x HTTP/1.1\nHost: other.example\nConnection: close\nOrigin: $app\n\n"),
    { status => 400, %section }, 'a Host that StrictHostCheck refuses');
is_deeply(answer($port, "OPTIONS /api/denied HTTP/1.1\nHost: localhost\nConnection: close\nOrigin: $app\nAccess-Control-Request-Method: PUT\n\n"),
    { status => 403, %section, preflight_vary() }, 'a preflight that a hook ends');

sub get { my ($to, $path, %send) = @_; return cors_response([ h1 => $to ], GET => $path, host => 'site.example', %send) }
is_deeply(get($wide, '/denied', origin => $of_if, 'x-mode' => 'wide'),
    { status => 403, vary => 'X-Mode, Origin', 'access-control-allow-origin' => $of_if }, 'an <If> that is true');
is_deeply(get($wide, '/denied', origin => $of_if), { status => 403, vary => 'X-Mode, Origin' }, 'an <If> that is not');
for ([ '/api%2fdenied', 'slashes', \%section ], [ '/api%2fdenied', 'literal', {} ],
     [ '/api/a%2fdenied', 'slashes', \%section ], [ '/api/a%2fdenied', 'literal', \%section ], [ '//api/denied', 'literal', \%section ]) {
    my ($path, $to, $expected) = @$_;
    is_deeply(get($httpd->{port}{$to}, $path, origin => $app), { status => 403, %$expected }, "$path, $to");
}

# httpd chooses the virtual host after it has read the header
for ([ 'a header that is too large', "GET /api/x", "X-A: 1\nX-B: $long\n", { status => 400, %section } ],
     [ 'a hook', 'GET /api/denied', '', { status => 403, %section, 'access-control-allow-origin' => 'https://other.example' } ]) {
    my ($name, $line, $fields, $expected) = @$_;
    my ($origin) = $expected->{'access-control-allow-origin'};
    is_deeply(answer($httpd->{port}{slashes}, "$line HTTP/1.1\nHost: other.example\nConnection: close\nOrigin: $origin\n$fields\n"),
        $expected, "$name, of the second virtual host");
}

# the document of an early end
for my $case ([ 'POST', $of_server, 'own', { 'access-control-allow-origin' => $of_server, vary => 'X-Mode, Accept, Origin' } ],
    [ 'POST', undef, 'own', { vary => 'X-Mode, Accept, Origin' } ], (map { [ $_, $app, 'Unavailable', { vary => 'X-Mode, Origin' } ] } qw(GET POST))) {
    my ($method, $origin, $page, $headers) = @$case;
    my $response = send_request([ h1 => $wide ], $method => '/pay/busy', host => 'site.example', origin => $origin);
    is_deeply($response->cors, { status => 503, %$headers }, "$method from " . ($origin // 'no origin') . ': the headers of the document');
    like($response->body, qr/$page/, 'its script runs unless the section rejects the request');
}
is_deeply(get($wide, '/api/busy', origin => $app), { status => 503, %section, vary => 'X-Mode, Accept, Origin' },
    'the document has the headers of the requested section');

# over TLS and HTTP/2
my $encrypted = Client->new($tls, tls => 1, name => 'localhost', once => 1);
is_deeply($encrypted->request({ method => 'GET', path => '/api/x', authority => 'strict.example',
        headers => [ [ Origin => $app ], [ Connection => 'close' ] ] })->cors,
    { status => 421, %section }, 'a host that needs another handshake');
for my $via ([ h1 => $port ], [ h1s => $tls ], $has_h2 ? ([ h2c => $port ], [ h2 => $tls ]) : ()) {
    my $called = $via->[0];
    my $is_h2 = $called =~ /h2/;
    my $is = sub {
        my ($name, $path, $expected, @send) = @_;
        is_deeply(cors_response($via, GET => $path, origin => $app, @send), $expected, "$called: $name");
    };
    $is->('a hook', '/api/denied', { status => 403, %section });
    # mod_proxy closes the connection; mod_http2 makes a second request of the stream
    $is->('a backend that closes the connection', '/api/closed', { status => $is_h2 ? 500 : 502, %section });
    next if !$is_h2;
    $is->('an unknown Expect', '/api/x', { status => 417, %section }, expect => 'x');
    $is->('a field that is too large', '/api/x', { status => 431, %section }, x => $long);
    $is->('too many fields', '/api/x', { status => 431, %section }, map { ("x$_" => 1) } 1 .. 30);
    $is->('a path that is too long', "/api/$long", { status => 414 });
}

done_testing();
