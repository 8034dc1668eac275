# Licensed under the Apache License, Version 2.0; see LICENSE.
# Other modules that write the same headers, change responses or send their own: the
# CORS headers are correct, and the other module still works.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(preflight_vary protocols response_bytes send_request);
use Httpd ();
use Tools qw(corner_headers corner_lists);

my $app = 'https://app.example';
my $evil = 'https://app.example.evil';
my $httpd = Httpd->start(
    name => 'neighbours', conf => 'neighbours.conf', ports => [qw(on report off)],
    modules => [qw(brotli expires session session_cookie ratelimit)]);

my %headers = corner_headers();
my %preflight = corner_lists();
my %asked = preflight_vary();

# name; directory; fields that are sent; what the other module varies on; a field
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
             [ 'a request without Origin', undef, {} ]) {
            my ($whose, $origin, $expected) = @$_;
            my $response = send_request($via, GET => $path, @send,
                defined $origin ? (origin => $origin) : ());
            my $cors = $response->cors;
            # mod_headers determines the order of its names
            $cors->{vary} = join ', ', sort { lc $a cmp lc $b } split /, /, lc $cors->{vary}
                if $more{folded} && defined $cors->{vary};
            my $vary = $more{whole} // join ', ', $more{vary} // (), 'Origin';
            is_deeply($cors,
                { status => 200, %$expected, vary => $more{folded} ? lc $vary : $vary },
                "$called: beside $name, $whose gets the expected CORS headers");
            like($response->field($more{adds}[0]) // 'nothing', $more{adds}[1],
                "$called: $name still adds its header for $whose") if $more{adds};
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
                "$called: beside $name, a preflight of $whose gets the expected CORS headers");
            is($response->body, '', "$called: beside $name, the response to a preflight of $whose has no body");
            is($response->field('content-encoding'), undef,
                "$called: beside $name, the response to a preflight of $whose is not compressed");
            like($response->field($more{adds}[0]) // 'nothing', $more{adds}[1],
                "$called: $name adds its header to a preflight of $whose")
                if $more{both} && ($dir ne 'expires' || $status < 300); # none on a 403
        }
    }
}

# an early hint is sent before the response, without its CORS headers
if (Httpd::has_h2()) {
    for ([ $app, \%headers ], [ $evil, {} ]) {
        my $response = send_request([ h2c => $httpd->{port}{on} ], GET => '/hints/long.txt', origin => $_->[0]);
        is_deeply([ map { $_->status } @{ $response->{interim} } ], [103], "an early hint precedes the response for $_->[0]");
        is_deeply($response->{interim}[0]->cors_fields, {}, "an early hint has no CORS headers for $_->[0]");
        is($response->{interim}[0]->field('link'), '</style.css>; rel=preload', "an early hint for $_->[0] has its Link header");
        is_deeply($response->cors, { status => 200, %{ $_->[1] }, vary => 'Origin' },
            "the response after an early hint has the CORS headers for $_->[0]");
    }
}

# ReportOnly, beside each of them
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
            is($bytes[0], $bytes[1], "ReportOnly: beside $name, "
                . ($preflight ? 'a preflight of ' : '') . "$origin gets the same bytes as without the module");
        }
    }
}

done_testing();
