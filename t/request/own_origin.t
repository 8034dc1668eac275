# Licensed under the Apache License, Version 2.0; see LICENSE.
# The server's own origin: scheme, host and port of the request, where the host is
# a name of its virtual host, an address or a loopback name. A page of any other host
# that has the address of this server (DNS rebinding) does not have the server's own
# origin: neither for CorsRejectDisallowed nor as Self for a handshake.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response handshake_fields protocols send_bytes send_request status_data);
use Httpd ();
use Reference ();

my $httpd = Httpd->start(
    name => 'own_origin', conf => 'own_origin.conf', ports => [qw(plain tls alone every)],
    modules => [qw(ssl socache_shmcb)]);
my %port = %{ $httpd->{port} };
my $p = $port{plain};
my %vary = (vary => 'Origin');
my $own = { status => 200, %vary };
my $rejected = { status => 403, %vary };
my %handshake = handshake_fields();
my %same = ('sec-fetch-site' => 'same-origin');

# A request, by the page that sends it: protocol, Host, Origin, and the response.
sub check_origin {
    my ($name, $via, $host, $origin, $expected, %more) = @_;
    is_deeply(cors_response($via, GET => '/plain.txt', host => $host, origin => $origin, %more), $expected, $name);
    return;
}

# --- single cases

my $plain = [ h1 => $p ];
check_origin('a page of a name that is not the server\'s is rejected', $plain, "evil.example:$p", "http://evil.example:$p", $rejected);
check_origin('Sec-Fetch-Site: same-origin does not make a name the server\'s', $plain, "evil.example:$p", "http://evil.example:$p", $rejected, %same);
check_origin('Origin: null with Sec-Fetch-Site: same-origin, by a name that is not the server\'s, is rejected', $plain, "evil.example:$p", 'null', $rejected, %same);
check_origin('a page of a name of the server with Sec-Fetch-Site: same-origin is its own', $plain, "one.example:$p", "http://one.example:$p", $own, %same);
check_origin('Origin: null with Sec-Fetch-Site: same-origin, by a name of the server, is its own', $plain, "one.example:$p", 'null', $own, %same);
check_origin('UseCanonicalName On: a page of a name that is not the server\'s is rejected', [ h1 => $port{alone} ], "evil.example:$port{alone}", "http://evil.example:$port{alone}", $rejected);
check_origin('UseCanonicalName On: Sec-Fetch-Site: same-origin does not change that', [ h1 => $port{alone} ], "evil.example:$port{alone}", "http://evil.example:$port{alone}", $rejected, %same);
check_origin('UseCanonicalName On: ServerName is the server\'s own behind a proxy that changes Host', [ h1 => $port{alone} ], "backend.example:8080", 'http://alone.example', $own);
check_origin('UseCanonicalName On: so it is with Sec-Fetch-Site: same-origin', [ h1 => $port{alone} ], "backend.example:8080", 'http://alone.example', $own, %same);
check_origin('UseCanonicalName On: another name is rejected behind a proxy that changes Host', [ h1 => $port{alone} ], "backend.example:8080", 'http://alone.example.evil', $rejected, %same);
check_origin('ServerAlias * makes every name the server\'s own', [ h1 => $port{every} ], "evil.example:$port{every}", "http://evil.example:$port{every}", $own);
check_origin('the scheme in ServerName is that of the server\'s own origin', $plain, 'scheme.example', 'https://scheme.example', $own);
check_origin('the scheme in ServerName is that of an alias as well', $plain, 'a.scheme.example', 'https://a.scheme.example', $own);
check_origin('https in ServerName: a page over http is rejected', $plain, 'scheme.example', 'http://scheme.example', $rejected);
check_origin('the port in a ServerName with a scheme is that of a Host without a port', $plain, 'port.example', 'https://port.example:8443', $own);
check_origin('a port in a ServerName with a scheme: the default port is rejected', $plain, 'port.example', 'https://port.example', $rejected);
check_origin('a port in Host is that of the server\'s own origin', $plain, 'port.example:9443', 'https://port.example:9443', $own);
check_origin('a handshake of a page of a name that is not the server\'s is rejected', $plain, "evil.example:$p", "http://evil.example:$p", $rejected, %handshake);
check_origin('a handshake of a page of the server passes', $plain, "one.example:$p", "http://one.example:$p", $own, %handshake);
like(send_bytes($p, "GET /plain.txt HTTP/1.0\r\nOrigin: http://first.example\r\nSec-Fetch-Site: same-origin\r\n\r\n"), qr{\AHTTP/1\.1 403 },
    'a request without Host has no origin that is the server\'s own');
like(send_bytes($p, "GET /plain.txt HTTP/1.0\r\n\r\n"), qr{\AHTTP/1\.1 200 }, 'a request without Host and Origin passes');
like(send_bytes($p, "GET http://one.example:$p/plain.txt HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://one.example:$p\r\nConnection: close\r\n\r\n"),
    qr{\AHTTP/1\.1 200 }, 'the host of an absolute URL counts, not that of Host');
like(send_bytes($p, "GET http://evil.example:$p/plain.txt HTTP/1.1\r\nHost: one.example:$p\r\nOrigin: http://evil.example:$p\r\nConnection: close\r\n\r\n"),
    qr{\AHTTP/1\.1 403 }, 'an absolute URL of a name that is not the server\'s is rejected, whatever Host is');

# --- each Host with each Origin, compared with Reference.pm

my @servers = (
    { via => 'plain', names => ['first.example'] },
    { via => 'plain', hosts => [qw(one.example www.one.example a.wild.example a.b.wild.example node1.one.example)],
        names => [qw(one.example www.one.example *.wild.example node?.one.example)] },
    { via => 'plain', hosts => [qw(canonical.example internal.example)], names => [qw(canonical.example internal.example)],
        name => 'canonical.example', canonical => 1 },
    { via => 'plain', hosts => [qw(scheme.example b.scheme.example)], names => [qw(scheme.example *.scheme.example)], scheme => 'https' },
    { via => 'plain', hosts => ['port.example'], names => ['port.example'], scheme => 'https', port => 8443 },
    { via => 'tls', names => ['first.example'] },
    { via => 'tls', hosts => [qw(one.example a.wild.example)], names => [qw(one.example *.wild.example)] },
    { via => 'alone', names => ['alone.example'], name => 'alone.example', canonical => 1 },
    { via => 'every', names => [qw(every.example *)] },
);
# names that no virtual host has, addresses, and what is not a name
my @others = ('first.example', 'evil.example', 'wild.example', 'evilwild.example', 'a.wild.example.evil', 'one.example.evil', 'node12.one.example',
    'localhost', 'a.localhost', 'localhost.evil', '127.0.0.1', '192.0.2.1', '192.0.2.1.evil', '[::1]', '[2001:db8::1]', '127.0.0.1.');

sub spellings {
    my ($host, $port) = @_;
    my $name = $host =~ /[a-z]/ && $host !~ /\A\[/;
    return map { my $host = $_; map { "$host$_" } '', ":$port", ':80', ':443', ':8443' }
        $host, $name ? ("\U$host", "$host.") : ();
}

# Status and CORS fields of one request. Connections stay open: one for a port, or, with TLS,
# for a host, whose name is sent in the handshake.
my %client;
sub cors_of {
    my ($via, %send) = @_;
    my $host = delete $send{host};
    my $client = $via eq 'tls' ? $client{"tls $host"} //= Client->new($port{tls}, tls => 1, name => $host =~ s/:\d+\z//r)
        : $client{$via} //= Client->new($port{$via});
    return $client->request({ method => 'GET', path => '/plain.txt', authority => $host,
        headers => [ map { [ $_, $send{$_} ] } sort keys %send ] })->cors;
}

my (%wrong, %seen);
for my $server (@servers) {
    my ($via, $port) = ($server->{via}, $port{ $server->{via} });
    my $scheme = $via eq 'tls' ? 'https' : 'http';
    my @hosts = map { spellings($_, $port) } @{ $server->{hosts} // \@others };
    # only the scheme differs with TLS
    @hosts = grep { /:$port\z/ } @hosts if $via eq 'tls';
    for my $host (@hosts) {
        my ($bare) = $host =~ /\A(\[[^\]]*\]|[^:]*)/;
        my %origin = map { $_ => 1 } "$scheme://\L$host", "$scheme://\L$bare:$port", "https://\L$bare", "http://\L$bare", "https://\L$bare\E:8443",
            "$scheme://" . (lc $bare =~ s/\.\z//r) . ":$port", 'http://evil.example', 'null', ($server->{name} ? "http://$server->{name}" : ());
        for my $origin (sort keys %origin) {
            for my $site (undef, 'same-origin', 'same-site') {
                my $request = { scheme => $scheme, authority => $host,
                    headers => [ [ Origin => $origin ], defined $site ? [ 'Sec-Fetch-Site', $site ] : () ] };
                my $relation = Reference::relation($server, $request, $origin);
                my %more = ((defined $site ? ('sec-fetch-site' => $site) : ()), $seen{$relation}++ % 3 == 0 ? %handshake : ());
                my $got = cors_of($via, host => $host, origin => $origin, %more);
                my $want = $relation eq 'own' ? $own : $rejected;
                push @{ $wrong{$via} }, "Host: $host, Origin: $origin, @{[ %more ]}: $relation, $got->{status}"
                    if join(' ', map { "$_ $got->{$_}" } sort keys %$got) ne join ' ', map { "$_ $want->{$_}" } sort keys %$want;
            }
        }
    }
}
is_deeply($wrong{$_}, undef, "$_: every Host with every Origin is decided as Reference.pm does") or diag(join "\n", splice @{ $wrong{$_} }, 0, 20)
    for qw(plain tls alone every);
cmp_ok($seen{$_}, '>', 100, "$seen{$_} requests were $_") for qw(own foreign unknown-host);

# --- over HTTP/2, where the host is :authority

SKIP: {
    skip 'httpd has no HTTP/2 with this MPM', 1 if !Httpd::has_h2();
    for (protocols('h2c', 'h2')) {
        my ($protocol, $called) = @$_;
        my ($port, $scheme) = $protocol eq 'h2' ? ($port{tls}, 'https') : ($port{plain}, 'http');
        my $via = [ $protocol, $port ];
        check_origin("$called: the server's own page", $via, "one.example:$port", "$scheme://one.example:$port", $own);
        check_origin("$called: a page of a name that a wildcard of ServerAlias has", $via, "a.wild.example:$port", "$scheme://a.wild.example:$port", $own);
        check_origin("$called: a page of an address", $via, "127.0.0.1:$port", "$scheme://127.0.0.1:$port", $own);
        check_origin("$called: a page of a loopback name", $via, "a.localhost:$port", "$scheme://a.localhost:$port", $own);
        check_origin("$called: a page of a name that is not the server's", $via, "evil.example:$port", "$scheme://evil.example:$port", $rejected);
        check_origin("$called: a page of a name that is not the server's, with Sec-Fetch-Site: same-origin", $via, "evil.example:$port", "$scheme://evil.example:$port", $rejected, %same);
    }
}

# --- what the log and the status page show

check_origin('ReportOnly does not reject a page of another host', $plain, "report.example:$p", "http://report.example.evil:$p", { status => 200 });
my $log = "$httpd->{dir}/error_log";
my $mark = -s $log;
check_origin('a page of a name that is not the server\'s is rejected, for the log', $plain, "evil.example:$p", "http://evil.example:$p", $rejected);
my $lines = substr Httpd::slurp($log), $mark;
like($lines, qr/CORS: denied, unknown-host: origin "http:\/\/evil\.example:$p", "GET" "\/plain\.txt"; by CorsAllowOrigins \(default\): the request's Host is not a name of this virtual host/,
    'the log has the reason: Host is not a name of the virtual host');
my $happened = status_data($plain);
my ($refusal) = grep { $_->{reason} eq 'unknown-host' && $_->{verdict} eq 'denied' && $_->{origin} eq "http://evil.example:$p" } @{ $happened->{refusals} };
is($refusal->{verdict}, 'denied', 'the status page has the verdict');
like($refusal->{advice}, qr/\AThe host of the request is not a name of its virtual host, .* add it with ServerAlias;/, 'the status page has advice to add the name with ServerAlias');
ok((grep { $_->{reason} eq 'unknown-host' && $_->{verdict} eq 'websocket-denied' } @{ $happened->{counts} }), 'the handshakes are counted as websocket-denied, unknown-host');

# --- explanations
for my $case (
    [ "http://evil.example:$p/plain.txt", "http://evil.example:$p", 0, 'denied', 'unknown-host', 403 ],
    [ "http://one.example:$p/plain.txt", "http://one.example:$p", 0, 'same-origin', 'same-origin', undef ],
    [ "http://A.Wild.example:$p/plain.txt", "http://a.wild.example:$p", 0, 'same-origin', 'same-origin', undef ],
    [ "ws://one.example:$p/plain.txt", "http://one.example:$p", 1, 'websocket-allowed', 'origin-allowed', undef ],
    [ "ws://evil.example:$p/plain.txt", "http://evil.example:$p", 1, 'websocket-denied', 'unknown-host', 403 ],
    [ "ws://evil.example:$p/plain.txt", 'https://socket.example', 1, 'websocket-allowed', 'origin-allowed', undef ],
    [ "wss://one.example:$p/plain.txt", "http://one.example:$p", 1, 'websocket-denied', 'origin-not-allowed', 403 ],
) {
    my ($url, $origin, $cross, $verdict, $reason, $status) = @$case;
    my $body = send_request($plain, GET => "/cors-policy?format=json&explain&method=POST&url=$url&origin=$origin", host => "one.example:$p")->body;
    my $answer = JSON::PP->new->decode($body);
    is_deeply([ $answer->{cross_origin} ? 1 : 0, @{ $answer->{actual} }{qw(verdict reason status)} ], [ $cross, $verdict, $reason, $status ],
        "explained: $url from $origin");
}

done_testing();
