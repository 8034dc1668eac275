# Licensed under the Apache License, Version 2.0; see LICENSE.
# mod_cache, with either store and before or behind the handlers: no origin ever
# gets what was stored for another, and the second request of an origin is a hit.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(preflight_vary response_bytes send_request);
use Httpd ();

my $app = 'https://app.example';
my $b = 'https://b.example';
my $server = 'https://server.example';
my $evil = 'https://app.example.evil';
my $backend = Httpd::free_port();
my $backend_log = "$ENV{CORS_WORK}/t/logs/caches_backend";
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => $backend_log);
my $httpd = Httpd->start(
    name => 'caches', conf => 'caches.conf',
    ports => [qw(diskquick disknormal soquick sonormal report off)],
    vars => { backend => $backend }, modules => [qw(cache_socache socache_shmcb)]);

my @caches = (
    [ 'mod_cache_disk before the handlers', 'diskquick' ],
    [ 'mod_cache_disk behind the handlers', 'disknormal' ],
    [ 'mod_cache_socache before the handlers', 'soquick' ],
    [ 'mod_cache_socache behind the handlers', 'sonormal' ],
);

my %vary = (vary => 'Origin');
sub place {
    my ($origin) = @_;
    return {} if !$origin || $origin !~ m{\Ahttps://(?:app|b)\.example\z};
    return { 'access-control-allow-origin' => $origin,
        'access-control-allow-credentials' => 'true',
        'access-control-expose-headers' => 'X-Total' };
}
sub server {
    my ($origin) = @_;
    return {} if !$origin || $origin ne $server;
    return { 'access-control-allow-origin' => $origin,
        'access-control-expose-headers' => 'X-Server' };
}
sub everybody { return { 'access-control-allow-origin' => '*' } }
sub nothing { return {} }

# HIT, MISS or REVALIDATE.
sub cache_status {
    my ($response) = @_;
    my ($status) = ($response->field('x-cache') // 'NOTHING') =~ /\A(\w+)/;
    return $status;
}

# One request: whose, further fields, status, what the cache says, and the set.
sub step {
    my ($via, $name, $path, $origin, $send, $status, $cache, $cors) = @_;
    my $response = send_request($via, GET => $path,
        defined $origin ? (origin => $origin) : (), %$send);
    is_deeply({ cache => cache_status($response), %{ $response->cors } },
        { cache => $cache, status => $status, %$cors }, $name);
    return $response;
}

for (@caches) {
    my ($cache, $port) = @$_;
    my $via = [ h1 => $httpd->{port}{$port} ];

    # the same path in its own place and in that of the server
    for (
        [ 'a file under a Location', '/place/plain.txt', \&place, 'Origin', $app, $b ],
        [ 'a file under the policy of the server', '/plain.txt', \&server, 'Origin', $server, $app ],
        [ 'a backend that varies itself', '/api/own', \&place, 'Accept, Origin', $app, $b ],
    ) {
        my ($what, $path, $policy, $vary, $one, $two) = @$_;
        my $etag;
        for my $round ([ MISS => 'is stored for' ], [ HIT => 'comes from the cache for' ]) {
            my ($said, $does) = @$round;
            for ([ $one, 'an allowed origin' ], [ $two, 'another one' ],
                 [ $evil, 'an origin that is not allowed' ], [ undef, 'a request without Origin' ]) {
                my ($origin, $whose) = @$_;
                my $response = step($via, "$cache: $what $does $whose with its own headers",
                    $path, $origin, {}, 200, $said, { vary => $vary, %{ $policy->($origin) } });
                $etag = $response->field('etag');
            }
        }
        step($via, "$cache: $what is still there for the first", $path, $one, {}, 200, 'HIT',
            { vary => $vary, %{ $policy->($one) } });
        next if !$etag;
        for ([ $one, 'an allowed origin' ], [ $two, 'another one' ], [ $evil, 'none that is allowed' ],
             [ undef, 'nobody' ]) {
            step($via, "$cache: $what, unchanged, is a 304 with the headers of $_->[1]", $path, $_->[0],
                { 'if-none-match' => $etag }, 304, 'HIT', { vary => $vary, %{ $policy->($_->[0]) } });
        }
        step($via, "$cache: $what, in part, is a 206 with them", $path, $one, { range => 'bytes=0-2' },
            206, 'HIT', { vary => $vary, %{ $policy->($one) } });
    }

    # where everybody is allowed there is one copy for all
    step($via, "$cache: a file for everybody is stored once", '/everybody/plain.txt', $app, {}, 200,
        'MISS', everybody());
    for ($app, $evil, undef) {
        step($via, "$cache: and is a hit for " . ($_ // 'nobody in particular'),
            '/everybody/plain.txt', $_, {}, 200, 'HIT', everybody());
    }
    step($via, "$cache: CorsPolicy Off is stored without headers", '/off/plain.txt', $app, {}, 200,
        'MISS', nothing());
    step($via, "$cache: and comes back without", '/off/plain.txt', $evil, {}, 200, 'HIT', nothing());

    # a redirect that is stored
    for my $said (qw(MISS HIT)) {
        for ([ $app, 'an allowed origin' ], [ $evil, 'another one' ]) {
            step($via, "$cache: a redirect is a $said for $_->[1], with its own headers", '/api/moved', $_->[0],
                {}, 302, $said, { %vary, %{ place($_->[0]) } });
        }
    }

    # the quick handler looks at the range before httpd looks for a section
    step($via, "$cache: a range that is not there", '/place/plain.txt', $app, { range => 'bytes=99999-' },
        416, 'NOTHING', { %vary, %{ place($app) } });

    # stale
    my $mark = -s $backend_log;
    step($via, "$cache: a response that is stale at once is stored", '/api/stale', $app, {}, 200,
        'MISS', { vary => 'Accept, Origin', %{ place($app) } });
    for ([ $app, 'asked about again' ], [ $app, 'asked about a third time' ]) {
        step($via, "$cache: $_->[1] it keeps the headers of its origin", '/api/stale', $_->[0], {}, 200,
            'REVALIDATE', { vary => 'Accept, Origin', %{ place($app) } });
    }
    step($via, "$cache: stale, another origin gets its own", '/api/stale', $b, {}, 200,
        'MISS', { vary => 'Accept, Origin', %{ place($b) } });
    step($via, "$cache: stale, an origin that is not allowed gets none", '/api/stale', $evil, {}, 200,
        'MISS', { vary => 'Accept, Origin' });
    step($via, "$cache: stale and asked about by the client, it is a 304 with the headers",
        '/api/stale', $app, { 'if-none-match' => '"stale"' }, 304, 'REVALIDATE',
        { vary => 'Accept, Origin', %{ place($app) } });

    # a preflight is never stored, and never answered from the store
    for (1, 2) {
        my $response = send_request($via, OPTIONS => '/place/plain.txt', origin => $app, acrm => 'PUT');
        is_deeply([ $response->cors, cache_status($response) ],
            [ { status => 204, preflight_vary(), 'access-control-allow-origin' => $app,
                'access-control-allow-credentials' => 'true',
                'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
                'access-control-allow-headers' => 'content-type' }, 'NOTHING' ],
            "$cache: preflight number $_ comes from the policy, not from the cache");
    }
}

# ReportOnly: hits and misses as if there were no module, to the byte
for my $path ('/place/plain.txt', '/plain.txt', '/everybody/plain.txt', '/api/own', '/api/stale', '/api/moved') {
    for ([ $app, 'the first' ], [ $b, 'another origin' ], [ undef, 'nobody' ], [ $app, 'the first again' ]) {
        my ($origin, $who) = @$_;
        my @bytes = map {
            my $bytes = response_bytes([ h1 => $httpd->{port}{$_} ], GET => $path, host => "site.example:$httpd->{port}{$_}",
                defined $origin ? (origin => $origin) : ());
            $bytes =~ s/^(?:Date|Age|Expires): .*\r\n//gmr;
        } qw(report off);
        is($bytes[0], $bytes[1], "ReportOnly: $who gets $path from the cache, not one byte more or less");
    }
}

done_testing();
