# Licensed under the Apache License, Version 2.0; see LICENSE.
# WebSocket handshakes on every way through httpd: a page of another origin never
# reaches the backend. The backend's log shows what it received.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response handshake_fields response_bytes send_request);
use Http2 qw(extended_connect);
use Httpd ();

my $app = 'https://app.example';
my $backend = Httpd::free_port();
my $backend_log = "$ENV{CORS_WORK}/t/logs/handshakes_backend";
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => $backend_log);
my $httpd = Httpd->start(
    name => 'handshakes', conf => 'handshakes.conf', ports => [qw(plain tls report off)],
    vars => { backend => $backend }, modules => [qw(ssl socache_shmcb)]);
my %port = %{ $httpd->{port} };

my %handshake = handshake_fields();
my @ways = (
    [ 'ProxyPass http:// with upgrade=websocket', '/http' ],
    [ 'ProxyPass http:// with upgrade=ANY', '/any' ],
    [ 'ProxyPass ws://', '/tunnel' ],
    [ 'a RewriteRule of the server to ws://', '/rewrite' ],
    [ 'a RewriteRule in a Location to ws://', '/location-rewrite' ],
);
my @origins = (
    [ 'a listed origin', $app, 1 ],
    [ 'a subdomain that a pattern lists', 'https://a.wild.example', 1 ],
    [ 'a client without Origin', undef, 1 ],
    [ 'another origin', 'https://app.example.evil', 0 ],
    [ 'the domain of a pattern for its subdomains', 'https://wild.example', 0 ],
    [ 'the same host over http', 'http://app.example', 0 ],
    [ 'null', 'null', 0 ],
    [ 'two origins', [ $app, $app ], 0 ],
    [ 'an empty origin', '', 0 ],
);

# Whether the backend has received a request meanwhile; waits a moment if one is expected.
sub backend_state {
    my ($mark) = @_;
    for (1 .. 40) {
        return 'reached' if -s $backend_log > $mark;
        select undef, undef, undef, 0.01 if $_[1];
        last if !$_[1];
    }
    return 'not reached';
}

for my $way (@ways) {
    for my $case (@origins) {
        my ($who, $origin, $passes) = @$case;
        for my $protocol ('h1', 'h1s') {
            my $mark = -s $backend_log;
            my $cors = cors_response([ $protocol => $port{ $protocol eq 'h1' ? 'plain' : 'tls' } ],
                GET => $way->[1], %handshake, defined $origin ? (origin => $origin) : ());
            is_deeply([ $cors, backend_state($mark, $passes) ],
                [ { status => $passes ? 101 : 403 }, $passes ? 'reached' : 'not reached' ],
                "$way->[0], $protocol: $who " . ($passes ? 'reaches' : 'does not reach') . ' the backend');
        }
    }
}

# unusual spellings that lenient backends accept
for my $spelling ('WebSocket', 'WEBSOCKET', 'websocket/13', 'h2c, websocket', 'h2c,WEBSOCKET',
    'websocket, h2c', ', websocket', [ 'h2c', 'websocket' ], "websocket\t", 'websocket /13', 'websocket;v=13') {
    my $called = ref $spelling ? join(' and ', @$spelling) : $spelling;
    for my $way (@ways) {
        my $mark = -s $backend_log;
        my $code = send_request([ h1 => $port{plain} ], GET => $way->[1], %handshake,
            upgrade => $spelling, origin => 'https://evil.example')->status;
        is_deeply([ $code, backend_state($mark) ], [ 403, 'not reached' ],
            "$way->[0]: 'Upgrade: $called' is treated as a handshake");
    }
}
# a request that is not a handshake is not checked
my $code = send_request([ h1 => $port{plain} ], GET => '/plain.txt', origin => 'https://evil.example',
    connection => 'Upgrade, close', upgrade => 'h2, websockets')->status;
is($code, 200, "'Upgrade: websockets' is not a handshake");

for ([ 'CorsWebSocketRequireOrigin rejects a client without Origin', undef, 403 ],
     [ 'CorsWebSocketRequireOrigin lets a listed origin pass', $app, 101 ],
     [ 'CorsWebSocketRequireOrigin rejects another origin', 'https://evil.example', 403 ]) {
    my $status = send_request([ h1 => $port{plain} ], GET => '/require', %handshake,
        defined $_->[1] ? (origin => $_->[1]) : ())->status;
    is($status, $_->[2], $_->[0]);
}

# HTTP/2
if (Httpd::has_h2()) {
    for my $way ([ plain => 'HTTP/2 in clear' ], [ tls => 'HTTP/2 over TLS' ]) {
        my ($name, $over) = @$way;
        for (
            [ 'a listed origin', '/http', [$app], '200 echo hello' ],
            [ 'a subdomain that a pattern lists', '/http', ['https://a.wild.example'], '200 echo hello' ],
            [ 'a client without Origin', '/http', [], '200 echo hello' ],
            [ 'another origin', '/http', ['https://evil.example'], '403 refused' ],
            [ 'null', '/http', ['null'], '403 refused' ],
            [ 'a listed origin, by ws://,', '/tunnel', [$app], '200 echo hello' ],
            [ 'another origin, by ws://,', '/tunnel', ['https://evil.example'], '403 refused' ],
            [ 'another origin, by a RewriteRule,', '/rewrite', ['https://evil.example'], '403 refused' ],
            [ 'an origin that <Limit GET> lists', '/limit-get', ['https://only.example'], '200 echo hello' ],
            [ 'an origin that <Limit GET> does not list', '/limit-get', [$app], '403 refused' ],
            [ 'an origin that <Limit POST> does not list', '/limit-post', [$app], '200 echo hello' ],
            [ 'an origin that <Limit POST> lists', '/limit-post', ['https://only.example'], '403 refused' ],
        ) {
            my ($who, $path, $send, $expected) = @$_;
            my $mark = -s $backend_log;
            my $passes = $expected =~ /\A200/;
            is_deeply([ extended_connect($port{$name}, $name eq 'tls', $path, @$send), backend_state($mark) ],
                [ $expected, $passes ? 'reached' : 'not reached' ],
                "$over, extended CONNECT: $who " . ($passes ? 'talks to' : 'does not reach') . ' the backend');
        }
    }
}

# ReportOnly lets every handshake pass, like a server without the module, and logs what On
# would do
for ([ 'a listed origin', $app ], [ 'another origin', 'https://evil.example' ],
     [ 'a client without Origin', undef ]) {
    my ($who, $origin) = @$_;
    my $mark = $httpd->log_mark;
    my @bytes = map {
        my $bytes = response_bytes([ h1 => $_ ], GET => '/http', %handshake, host => 'site.example:8080',
            defined $origin ? (origin => $origin) : ());
        $bytes =~ s/^Date: .*\r\n//gm;
        $bytes;
    } @port{qw(report off)};
    is($bytes[0], $bytes[1], "ReportOnly: $who gets the same bytes as without the module");
    like($bytes[0], qr{\AHTTP/1\.1 101 }, "ReportOnly: $who passes");
    my $log = $httpd->log_since($mark);
    like($log, qr/CORS \(ReportOnly\): websocket-@{[ defined $origin && $origin eq $app ? 'allowed' : 'denied' ]}/,
        "ReportOnly: the log has what a policy that is On would have decided for $who");
}

done_testing();
