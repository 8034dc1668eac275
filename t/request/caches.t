# Licensed under the Apache License, Version 2.0; see LICENSE.
# mod_cache with either store, with CacheQuickHandler On and Off: an origin never gets a
# response that was stored for another one, and its second request is a hit.
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
    [ 'mod_cache_disk with CacheQuickHandler On', 'diskquick' ],
    [ 'mod_cache_disk with CacheQuickHandler Off', 'disknormal' ],
    [ 'mod_cache_socache with CacheQuickHandler On', 'soquick' ],
    [ 'mod_cache_socache with CacheQuickHandler Off', 'sonormal' ],
);

my %vary = (vary => 'Origin');
sub location_headers {
    my ($origin) = @_;
    return {} if !$origin || $origin !~ m{\Ahttps://(?:app|b)\.example\z};
    return { 'access-control-allow-origin' => $origin,
        'access-control-allow-credentials' => 'true',
        'access-control-expose-headers' => 'X-Total' };
}
sub server_headers {
    my ($origin) = @_;
    return {} if !$origin || $origin ne $server;
    return { 'access-control-allow-origin' => $origin,
        'access-control-expose-headers' => 'X-Server' };
}
sub any_origin { return { 'access-control-allow-origin' => '*' } }
sub no_headers { return {} }

# HIT, MISS or REVALIDATE.
sub cache_status {
    my ($response) = @_;
    my ($status) = ($response->field('x-cache') // 'NOTHING') =~ /\A(\w+)/;
    return $status;
}

# Send one request; compare status, X-Cache and CORS headers.
sub check_request {
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

    # a path with a policy of its own, and one with that of the server
    for (
        [ 'a file under a Location', '/place/plain.txt', \&location_headers, 'Origin', $app, $b ],
        [ 'a file under the policy of the server', '/plain.txt', \&server_headers, 'Origin', $server, $app ],
        [ 'a backend that sends Vary itself', '/api/own', \&location_headers, 'Accept, Origin', $app, $b ],
    ) {
        my ($what, $path, $policy, $vary, $one, $two) = @$_;
        my $etag;
        for my $round ([ MISS => 'is stored for' ], [ HIT => 'comes from the cache for' ]) {
            my ($status, $does) = @$round;
            for ([ $one, 'an allowed origin' ], [ $two, 'another origin' ],
                 [ $evil, 'an origin that is not allowed' ], [ undef, 'a request without Origin' ]) {
                my ($origin, $whose) = @$_;
                my $response = check_request($via, "$cache: $what $does $whose with its own headers",
                    $path, $origin, {}, 200, $status, { vary => $vary, %{ $policy->($origin) } });
                $etag = $response->field('etag');
            }
        }
        check_request($via, "$cache: $what is still stored for the first origin", $path, $one, {}, 200, 'HIT',
            { vary => $vary, %{ $policy->($one) } });
        next if !$etag;
        for ([ $one, 'an allowed origin' ], [ $two, 'another origin' ], [ $evil, 'an origin that is not allowed' ],
             [ undef, 'a request without Origin' ]) {
            check_request($via, "$cache: $what, if it has not changed, is a 304 with the headers for $_->[1]", $path, $_->[0],
                { 'if-none-match' => $etag }, 304, 'HIT', { vary => $vary, %{ $policy->($_->[0]) } });
        }
        check_request($via, "$cache: a part of $what is a 206 with the headers for its origin", $path, $one, { range => 'bytes=0-2' },
            206, 'HIT', { vary => $vary, %{ $policy->($one) } });
    }

    # a policy for any origin needs one copy
    check_request($via, "$cache: a file for any origin is stored once", '/everybody/plain.txt', $app, {}, 200,
        'MISS', any_origin());
    for ($app, $evil, undef) {
        check_request($via, "$cache: a file for any origin is a hit for " . ($_ // 'a request without Origin'),
            '/everybody/plain.txt', $_, {}, 200, 'HIT', any_origin());
    }
    check_request($via, "$cache: a file with CorsPolicy Off is stored without CORS headers", '/off/plain.txt', $app, {}, 200,
        'MISS', no_headers());
    check_request($via, "$cache: a file with CorsPolicy Off comes from the cache without CORS headers", '/off/plain.txt', $evil, {}, 200, 'HIT', no_headers());

    # a redirect that is stored
    for my $status (qw(MISS HIT)) {
        for ([ $app, 'an allowed origin' ], [ $evil, 'an origin that is not allowed' ]) {
            check_request($via, "$cache: a redirect is a $status for $_->[1], with its own headers", '/api/moved', $_->[0],
                {}, 302, $status, { %vary, %{ location_headers($_->[0]) } });
        }
    }

    # the quick handler rejects the range before httpd looks for a section
    check_request($via, "$cache: a range beyond the end is a 416", '/place/plain.txt', $app, { range => 'bytes=99999-' },
        416, 'NOTHING', { %vary, %{ location_headers($app) } });

    # responses that are stale at once
    my $mark = -s $backend_log;
    check_request($via, "$cache: a response that is stale at once is stored", '/api/stale', $app, {}, 200,
        'MISS', { vary => 'Accept, Origin', %{ location_headers($app) } });
    for ([ $app, 'the second' ], [ $app, 'the third' ]) {
        check_request($via, "$cache: a stale response is validated for $_->[1] request and keeps the headers for its origin", '/api/stale', $_->[0], {}, 200,
            'REVALIDATE', { vary => 'Accept, Origin', %{ location_headers($app) } });
    }
    check_request($via, "$cache: a stale response for another origin is stored with its own headers", '/api/stale', $b, {}, 200,
        'MISS', { vary => 'Accept, Origin', %{ location_headers($b) } });
    check_request($via, "$cache: a stale response for an origin that is not allowed has no CORS headers", '/api/stale', $evil, {}, 200,
        'MISS', { vary => 'Accept, Origin' });
    check_request($via, "$cache: a stale response that the client validates is a 304 with the headers",
        '/api/stale', $app, { 'if-none-match' => '"stale"' }, 304, 'REVALIDATE',
        { vary => 'Accept, Origin', %{ location_headers($app) } });

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

# ReportOnly: hits and misses have the same bytes as on a server without the module
for my $path ('/place/plain.txt', '/plain.txt', '/everybody/plain.txt', '/api/own', '/api/stale', '/api/moved') {
    for ([ $app, 'the first' ], [ $b, 'another origin' ], [ undef, 'a request without Origin' ], [ $app, 'the first again' ]) {
        my ($origin, $who) = @$_;
        my @bytes = map {
            my $bytes = response_bytes([ h1 => $httpd->{port}{$_} ], GET => $path, host => "site.example:$httpd->{port}{$_}",
                defined $origin ? (origin => $origin) : ());
            $bytes =~ s/^(?:Date|Age|Expires): .*\r\n//gmr;
        } qw(report off);
        is($bytes[0], $bytes[1], "ReportOnly: $who gets the same bytes of $path as without the module");
    }
}

done_testing();
