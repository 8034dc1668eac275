# Licensed under the Apache License, Version 2.0; see LICENSE.
# WebSocket handshakes have a list of their own. The backend's log shows which passed.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(handshake_fields);
use CorsTest qw(send_to_suite backend_mark backend_since);
use Mojo::UserAgent ();

my %handshake = handshake_fields();

my @cases = (
    [ 'a listed origin passes', '/socket', { origin => 'https://ws.example' }, 101 ],
    [ 'an origin of CorsAllowOrigins alone does not pass', '/socket', { origin => 'http://example.com' }, 403 ],
    [ 'an origin that is nearly a listed one does not pass', '/socket', { origin => 'https://ws.example.evil' }, 403 ],
    [ 'null does not pass', '/socket', { origin => 'null' }, 403 ],
    [ 'a malformed origin does not pass', '/socket', { origin => 'https://ws.example, https://ws.example' }, 403 ],
    [ 'an empty origin does not pass', '/socket', { origin => '' }, 403 ],
    [ 'a client without Origin is not a browser and passes', '/socket', {}, 101 ],
    [ 'a handshake is not checked without a list', '/free', { origin => 'https://evil.example' }, 101 ],
    [ 'the check does not depend on CorsPolicy', '/strict', { origin => 'https://ws.example' }, 403 ],
    [ 'a pattern lists subdomains', '/strict', { origin => 'https://a.ws.example' }, 101 ],
    [ 'CorsWebSocketRequireOrigin rejects a handshake without Origin', '/strict', {}, 403 ],
    (map { [ "'Upgrade: $_' is treated as a handshake", '/socket',
             { origin => 'https://evil.example', upgrade => $_ }, 403 ] }
        'WebSocket', 'websocket/13', 'h2c, websocket', 'h2c,WEBSOCKET'),
);

plan tests => 2 * @cases + 2;

for my $case (@cases) {
    my ($name, $path, $send, $expected) = @$case;
    my $mark = backend_mark();
    my $response = send_to_suite(GET => $path, vhost => 'cors_list', %handshake, %$send);

    is($response->status, $expected, "$name: status");
    is(backend_since($mark), $expected == 101 ? "GET /echo\n" : '',
        "$name: " . ($expected == 101 ? 'the backend is reached' : 'the backend is not reached'));
}

# a whole conversation with a maintained client
my $port = Apache::Test::config()->{vhosts}{cors_list}{port};
my $agent = Mojo::UserAgent->new;
for ([ 'https://ws.example', 'echo hello' ], [ 'https://evil.example', 'refused' ]) {
    my $got = 'nothing';
    $agent->websocket("ws://127.0.0.1:$port/socket" => { Origin => $_->[0] } => sub {
        my (undef, $tx) = @_;
        if (!$tx->is_websocket) { $got = 'refused'; return Mojo::IOLoop->stop }
        $tx->on(message => sub { $got = $_[1]; $tx->finish });
        $tx->on(finish => sub { Mojo::IOLoop->stop });
        $tx->send('hello');
    });
    Mojo::IOLoop->start;
    is($got, $_->[1], "a conversation from $_->[0]");
}
