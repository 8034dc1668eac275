# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchTable;

# The cost of a request with the module, compared with the same request to an httpd
# without it. If the policy is in a <Location>, that httpd has an empty <Location>.
use strict;
use warnings FATAL => 'all';

use JSON::PP ();

our @sizes = (1, 100, 10_000, 1_000_000);

my $get = "GET /api/small.txt HTTP/1.1\r\nHost: localhost\r\n";
my $options = "OPTIONS /api/small.txt HTTP/1.1\r\nHost: localhost\r\n";

sub actual {
    my ($origin) = @_;
    return $get . (defined $origin ? "Origin: $origin\r\n" : '') . "\r\n";
}

sub preflight {
    my ($origin, $method, @headers) = @_;
    return "$options" . "Origin: $origin\r\nAccess-Control-Request-Method: $method\r\n"
        . join('', map { "Access-Control-Request-Headers: $_\r\n" } @headers) . "\r\n";
}

# The n-th origin of a list, in turn of one of four kinds.
sub origin_at {
    my ($i) = @_;
    return 'https://app.example.com' if $i == 0;
    my $kind = $i % 4;
    return $kind == 1 ? "https://*.w$i.example.org"
        : $kind == 2 ? "http://port$i.example.net:8080"
        : $kind == 3 ? "https://host$i.example.com"
        : "https://any$i.example.com:*";
}

# A directive for a number of origins; more than one are in a file.
sub origins {
    my ($count) = @_;
    return "CorsAllowOrigins " . origin_at(0) . "\n" if $count == 1;
    my $name = "$ENV{BENCH_TMP}/origins.$count";
    if (!-e $name) {
        open my $file, '>', $name or die "$name: $!";
        print $file origin_at($_), "\n" for 0 .. $count - 1;
        close $file or die $!;
    }
    return "CorsAllowOriginsFile $name\n";
}

sub policy {
    my ($count) = @_;
    return "CorsPolicy On\n" . origins($count);
}

sub full_policy {
    return policy(@_) . <<'END';
CorsAllowMethods GET PUT DELETE
CorsAllowHeaders content-type authorization x-token
CorsExposeHeaders X-Total X-Page
CorsAllowCredentials On
CorsMaxAge 10m
END
}

sub section { return "<Location \"/api\">\n$_[0]</Location>" }

my $app = 'https://app.example.com';
my $stranger = 'https://www.stranger.example.com';
my $announced = 'authorization,content-type,x-token';

# name, host, number of origins, request, whether it is hostile
sub rows {
    my @rows = (
        [ 'no policy in force', 'off', 0, actual($app) ],
        [ 'no policy in force, no Origin', 'off', 0, actual() ],
    );
    for my $size (@sizes) {
        push @rows,
            [ 'no Origin', 'policy', $size, actual() ],
            [ 'origin not allowed', 'policy', $size, actual($stranger) ],
            [ 'origin allowed', 'policy', $size, actual($app) ],
            $size < 100 ? () : (
                [ 'origin allowed by a wildcard', 'policy', $size, actual('https://www.w5.example.org') ],
                [ 'origin allowed by a port wildcard', 'policy', $size, actual('https://any8.example.com:81') ]),
            [ 'origin allowed, credentials and exposed headers', 'full', $size, actual($app) ],
            [ 'preflight allowed', 'full', $size, preflight($app, 'PUT', $announced) ],
            [ 'preflight, origin not allowed', 'full', $size, preflight($stranger, 'PUT', $announced) ],
            [ 'preflight, method not allowed', 'full', $size, preflight($app, 'PATCH', $announced) ],
            [ 'preflight, header not allowed', 'full', $size, preflight($app, 'PUT', "$announced,x-other") ];
    }
    my $size = $sizes[-1];
    # strings that collide in APR's times-33 hash without a seed
    my $collision = 'https://' . ('Ez' x 12 =~ s/Ez/rand() < 0.5 ? 'ez' : 'fY'/gre) . '.example.com';
    my @names = map { "x-name-$_" } 1 .. 3000;
    push @rows,
        [ 'hostile: 8 KB of Origin', 'policy', $size, actual('https://' . 'a' x 8100 . '.example.com'), 1 ],
        [ 'hostile: longest legal Origin', 'policy', $size, actual('https://' . join('.', ('a' x 61) x 4) . '.w5:65535'), 1 ],
        [ 'hostile: ten thousand labels', 'policy', $size, actual('https://' . 'a.' x 10_000 . 'w5.example.org'), 1 ],
        [ 'hostile: as many labels as a host can have', 'policy', $size, actual('https://' . 'a.' x 119 . 'w5.example.org'), 1 ],
        [ 'hostile: near miss of a wildcard', 'policy', $size, actual('https://www.a.b.c.d.e.w4.example.org'), 1 ],
        [ 'hostile: near miss of a wildcard\'s scheme', 'policy', $size, actual('http://www.w5.example.org'), 1 ],
        [ 'hostile: hash collisions', 'policy', $size, actual(lc $collision), 1 ],
        [ 'hostile: preflight, 3000 names', 'full', $size, preflight($app, 'PUT', join ',', @names), 1 ],
        [ 'hostile: preflight, 4 KB of names', 'full', $size, preflight($app, 'PUT', join ',', ('content-type') x 300), 1 ],
        [ 'hostile: preflight, 4 KB of commas', 'full', $size, preflight($app, 'PUT', 'content-type' . ',' x 4070), 1 ],
        [ 'hostile: preflight, 500 fields', 'full', $size, preflight($app, 'PUT', map { "x-name-$_" } 1 .. 500), 1 ],
        [ 'hostile: preflight, long method', 'full', $size, preflight($app, 'P' x 4000, $announced), 1 ];
    return @rows;
}

# The most expensive legal requests, as a measure for hostile ones.
my %expensive = map { $_ => 1 } 'origin allowed, credentials and exposed headers', 'preflight, header not allowed';

sub measure {
    my @rows = rows();
    my %hosts = (off => '');
    for my $size (@sizes) {
        $hosts{"policy.$size"} = section(policy($size));
        $hosts{"full.$size"} = section(full_policy($size));
    }
    my %without = (off => '', section => section(''));
    return [ compare(\%without, \%hosts, {}, grep { !$_->[4] } @rows),
        # hostile requests need a higher LimitRequestFieldSize
        compare(\%without, { map { $_ => $hosts{$_} } "policy.$sizes[-1]", "full.$sizes[-1]" },
            { limit_size => 65536 }, grep { $_->[4] } @rows) ];
}

# Lengths of an additional header. A pool allocates blocks of 8 KB, so at some length
# of the request a few more bytes cost about 250 instructions for a further block. The
# module needs some memory, which shifts that length; so the second lowest of five
# counts is used.
my @pads = (0, 200, 450, 800, 1200);

sub padded {
    my ($request, $pad) = @_;
    return $pad ? $request =~ s/\r\n\r\n\z/"\r\nUser-Agent: " . 'x' x $pad . "\r\n\r\n"/er : $request;
}

# Count the rows with the module and without it.
sub compare {
    my ($without, $hosts, $limits, @rows) = @_;
    my %common = (valgrind => 1, %$limits);
    my $bare = BenchHttpd->start(%common, dir => "$ENV{BENCH_TMP}/bare", hosts => $without);
    my $with = BenchHttpd->start(%common, dir => "$ENV{BENCH_TMP}/with",
        module => $ENV{BENCH_SO}, hosts => $hosts);
    my (%base, @result);

    for my $row (@rows) {
        my ($name, $host, $size, $request, $hostile) = @$row;
        my $base_host = $host eq 'off' ? 'off' : 'section';
        my @counts;
        for my $pad (@pads) {
            my $bytes = padded($request, $pad);
            $base{$base_host}{$bytes} //= [ $bare->count($base_host, $bytes) ];
            my ($before) = @{ $base{$base_host}{$bytes} };
            my ($count) = $with->count($size ? "$host.$size" : $host, $bytes);
            push @counts, { httpd => $before, with => $count, added => $count - $before };
        }
        my $counted = (sort { $a->{added} <=> $b->{added} } @counts)[1];
        push @result, { name => $name, origins => $size, %$counted,
            hostile => $hostile ? JSON::PP::true() : JSON::PP::false() };
    }
    $bare->stop;
    $with->stop;
    return @result;
}

sub show {
    my ($rows) = @_;
    printf "\n%-50s %9s %8s %8s\n", 'instructions per request', 'origins', 'httpd', 'added';
    printf "%-50s %9s %8d %+8d\n", $_->{name}, $_->{origins} || '-', $_->{httpd}, $_->{added}
        for @$rows;
}

# Read the limits: a number of added instructions and the name of a row.
sub limits {
    my ($name) = @_;
    my %limit;
    open my $file, '<', $name or die "$name: $!";
    while (<$file>) {
        next if /^\s*(?:#|$)/;
        s/\s+#.*//s; # the target
        /^(-?\d+)\s+(.*\S)/ or die "$name: line $.: not a limit\n";
        $limit{$2} = $1;
    }
    return %limit;
}

# Instructions by which two equal counts may differ; see limits.
our $margin = 150;

sub keeps_to_limits {
    my ($file, $result) = @_;
    my %limit = limits($file);
    my %seen;
    my @broken;
    my @rows = @{ $result->{requests} };
    my ($most_expensive) = sort { $b <=> $a } map { $_->{added} } grep { !$_->{hostile} } @rows;
    my %one = map { $_->{name} => $_ } grep { $_->{origins} == 1 } @rows;
    # an origin allowed by a wildcard is compared with an exact one
    $one{$_} = $one{'origin allowed'}
        for 'origin allowed by a wildcard', 'origin allowed by a port wildcard';

    for my $row (@rows) {
        my $what = "$row->{name}, $row->{origins} origins: $row->{added} added";
        my $limit = $limit{ $row->{name} };
        $seen{ $row->{name} } = 1;
        push @broken, "$what, limit $limit"
            if defined $limit && $row->{added} > $limit + $margin;
        my $one = $one{ $row->{name} };
        push @broken, "$what, with one origin $one->{added}"
            if $one && $one->{httpd} + $row->{added} > 1.05 * ($one->{httpd} + $one->{added});
        push @broken, "$what, the most expensive legal request $most_expensive"
            if $row->{hostile} && $row->{added} > 2 * $most_expensive + $margin;
    }
    # both requests have nearly the same bytes, so they cost httpd the same
    my %added = map { ("$_->{name} $_->{origins}" => $_->{added}) } @rows;
    for (@sizes) {
        push @broken, "a preflight of an origin that is not allowed is not cheaper, $_ origins"
            if $added{"preflight, origin not allowed $_"} >= $added{"preflight allowed $_"};
    }
    push @broken, map { "no such row: $_" } grep { !$seen{$_} } sort keys %limit;
    print "\n", @broken ? map { "over the limit: $_\n" } @broken : "all within their limits\n";
    return !@broken;
}

1;
