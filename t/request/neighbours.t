# Licensed under the Apache License, Version 2.0; see LICENSE.
# Neighbours that write the same headers, change responses or send some of their
# own: the set is right whatever they do, and what they do is still done.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(preflight_vary protocols response_bytes send_request);
use Httpd ();

my $app = 'https://app.example';
my $evil = 'https://app.example.evil';
my $httpd = Httpd->start(
    name => 'neighbours', conf => 'neighbours.conf', ports => [qw(on report off)],
    modules => [qw(brotli expires session session_cookie ratelimit)]);

my %headers = (
    'access-control-allow-origin' => $app,
    'access-control-allow-credentials' => 'true',
    'access-control-expose-headers' => 'X-Total',
);
my %preflight = (
    'access-control-allow-origin' => $app,
    'access-control-allow-credentials' => 'true',
    'access-control-allow-methods' => 'GET, HEAD, PUT, POST, PROPFIND',
    'access-control-allow-headers' => 'Content-Type, X-Token',
    'access-control-max-age' => 600,
);
my %asked = preflight_vary();

# name; directory; fields that are sent; what the neighbour varies on; a field
# that it adds, and the same of its preflight; what it varies on there
my %zip = ('accept-encoding' => 'gzip, br');
my @neighbours = (
    [ 'Header set', 'set' ],
    [ 'Header always set', 'always' ],
    [ 'Header add and append', 'append', vary => 'Accept', asked => 'Accept',
      folded => 1 ],
    [ 'Header unset', 'unset' ],
    [ 'Header set, early,', 'early' ],
    [ 'Vary: *', 'star', whole => '*' ],
    [ 'mod_deflate', 'deflate', send => \%zip, vary => 'Accept-Encoding',
      adds => [ 'content-encoding' => qr/\Agzip\z/ ] ],
    [ 'mod_brotli', 'brotli', send => \%zip, vary => 'Accept-Encoding', status => 200,
      adds => [ 'content-encoding' => qr/\Abr\z/ ] ],
    [ 'mod_expires', 'expires', adds => [ expires => qr/GMT\z/ ], both => 1 ],
    [ 'mod_session', 'session', adds => [ 'cache-control' => qr/private/ ], both => 1 ],
    [ 'mod_ratelimit', 'rate' ],
    [ 'mod_http2 with early hints', 'hints' ],
    [ 'all of them', 'chain', send => \%zip, vary => 'Accept-Encoding',
      adds => [ 'strict-transport-security' => qr/600/ ], both => 1 ],
);

for (protocols('h1', Httpd::has_h2() ? 'h2c' : ())) {
    my ($protocol, $called) = @$_;
    my $via = [ $protocol, $httpd->{port}{on} ];
    for (@neighbours) {
        my ($name, $dir, %more) = @$_;
        my $path = "/$dir/long.txt";
        my @send = %{ $more{send} // {} };
        for ([ 'an allowed origin', $app, \%headers ], [ 'another origin', $evil, {} ],
             [ 'nobody', undef, {} ]) {
            my ($whose, $origin, $expected) = @$_;
            my $response = send_request($via, GET => $path, @send,
                defined $origin ? (origin => $origin) : ());
            my $cors = $response->cors;
            # the order in which mod_headers has put names is its own
            $cors->{vary} = join ', ', sort { lc $a cmp lc $b } split /, /, lc $cors->{vary}
                if $more{folded} && defined $cors->{vary};
            my $vary = $more{whole} // join ', ', $more{vary} // (), 'Origin';
            is_deeply($cors,
                { status => 200, %$expected, vary => $more{folded} ? lc $vary : $vary },
                "$called: next to $name, $whose gets its own set");
            like($response->field($more{adds}[0]) // 'nothing', $more{adds}[1],
                "$called: $name still does its work for $whose") if $more{adds};
        }
        for ([ 'an allowed origin', $app, $more{status} // 204, \%preflight ],
             [ 'another origin', $evil, 403, {} ]) {
            my ($whose, $origin, $status, $expected) = @$_;
            my $response = send_request($via, OPTIONS => $path, @send, origin => $origin, acrm => 'PUT');
            my $cors = $response->cors;
            my $vary = $asked{vary};
            $cors->{vary} = join ', ', sort { lc $a cmp lc $b } split /, /, lc $cors->{vary}
                if $more{folded} && defined $cors->{vary};
            $vary = lc join ', ', sort { lc $a cmp lc $b } split(/, /, $vary), $more{asked} if $more{folded};
            is_deeply($cors,
                { status => $status, %$expected, vary => $more{whole} // $vary },
                "$called: next to $name, a preflight of $whose gets its own set");
            is($response->body, '', "$called: next to $name, a preflight of $whose gets no body");
            is($response->field('content-encoding'), undef,
                "$called: next to $name, nothing in a preflight of $whose is compressed");
            like($response->field($more{adds}[0]) // 'nothing', $more{adds}[1],
                "$called: $name does its work on a preflight of $whose")
                if $more{both} && ($dir ne 'expires' || $status < 300); # none on a 403
        }
    }
}

# a hint is sent before the response, and keeps none of its headers
if (Httpd::has_h2()) {
    for ([ $app, \%headers ], [ $evil, {} ]) {
        my $response = send_request([ h2c => $httpd->{port}{on} ], GET => '/hints/long.txt', origin => $_->[0]);
        is_deeply([ map { $_->status } @{ $response->{interim} } ], [103], "a hint precedes the response for $_->[0]");
        is_deeply($response->{interim}[0]->cors_fields, {}, "a hint says nothing of CORS to $_->[0]");
        is($response->{interim}[0]->field('link'), '</style.css>; rel=preload', "a hint for $_->[0] says what it should");
        is_deeply($response->cors, { status => 200, %{ $_->[1] }, vary => 'Origin' },
            "the response after a hint has the set for $_->[0]");
    }
}

# ReportOnly, next to each of them
for (@neighbours) {
    my ($name, $dir, %more) = @$_;
    for my $preflight (0, 1) {
        for my $origin ($app, $evil) {
            my @bytes = map {
                my $bytes = response_bytes([ h1 => $_ ], $preflight ? 'OPTIONS' : 'GET', "/$dir/long.txt",
                    host => 'site.example:8080', %{ $more{send} // {} }, origin => $origin,
                    $preflight ? (acrm => 'PUT') : ());
                $bytes =~ s/^(?:Date|Expires): .*\r\n//gmr;
            } @{ $httpd->{port} }{qw(report off)};
            is($bytes[0], $bytes[1], "ReportOnly: next to $name, "
                . ($preflight ? 'a preflight of ' : '') . "$origin gets not one byte more or less");
        }
    }
}

done_testing();
