# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchTable;

# The cost of a request with the module, compared with the same request to an httpd
# without it that has the same sections, but empty. There are two columns: the request
# alone and an httpd without further modules, and the fields that a browser sends and
# the modules that Debian enables.
use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use List::Util qw(max);
use POSIX ();

use BenchHttpd;

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

# A form of the own site, as current browsers post it.
sub form {
    return $get =~ s/\AGET/POST/r . "Content-Length: 3\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        . "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\na=b";
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

# The second column: the configuration that Debian ships, and the fields of Chrome. With
# the fields of a request they are 17.
my @debian = qw(access_compat alias auth_basic authn_core authn_file authz_host authz_user autoindex deflate dir env
    filter mime negotiation reqtimeout setenvif status);
my $debian = <<'END';
TypesConfig mime.types
<Directory />
Options FollowSymLinks
AllowOverride None
Require all denied
</Directory>
<Directory "@root@">
Options Indexes FollowSymLinks
AllowOverride None
Require all granted
</Directory>
AddOutputFilterByType DEFLATE text/html text/plain text/xml text/css application/javascript application/json
BrowserMatch "Mozilla/2" nokeepalive
RequestReadTimeout header=20-40,minrate=500 body=20,minrate=500
END
my $browser = join '', map { "$_\r\n" }
    'Connection: keep-alive',
    'Cache-Control: no-cache',
    'Pragma: no-cache',
    'sec-ch-ua-platform: "Linux"',
    'sec-ch-ua: "Not A(Brand";v="8", "Chromium";v="132", "Google Chrome";v="132"',
    'sec-ch-ua-mobile: ?0',
    'Accept: application/json, text/plain, */*',
    'DNT: 1',
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty',
    'Referer: https://app.example.com/',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36';
my %debian = (modules => \@debian, global => $debian);

# The Sec-Fetch fields of the request itself are left alone.
sub from_browser {
    my ($request) = @_;
    my $fields = $request =~ /^Sec-Fetch-/m ? $browser =~ s/^Sec-Fetch-.*\r\n//gmr : $browser;
    return $request =~ s/\r\n\r\n/\r\n$fields\r\n/r;
}

sub from_browsers {
    return map { my @row = @$_; $row[3] = from_browser($row[3]); \@row } @_;
}

my $app = 'https://app.example.com';
my $stranger = 'https://www.stranger.example.com';
my $announced = 'authorization,content-type,x-token';

my $location = "<Location \"/api\">\n%s</Location>\n";
my $directory = "<Directory \"\@root\@/api\">\n%s</Directory>\n";

sub header_names { return 'CorsAllowHeaders ' . join(' ', map { "x-name-$_" } 1 .. $_[0]) . "\n" }

# The virtual hosts: a configuration, and the directives of this module in it.
my %hosts;

sub prepare_hosts {
    %hosts = (
        off => [''],
        directory => [ $directory, full_policy(1) ],
        both => [ $directory . $location, full_policy(1), "CorsMaxAge 5m\n" ],
        two => [ $location x 2, policy(1), "CorsMaxAge 5m\n" ],
        protect => [ $location, "CorsProtect On\n" ],
        'policy.protect' => [ $location, policy(1) . "CorsProtect On\n" ],
        four => [ $location x 4, policy(1), map { "CorsMaxAge ${_}m\n" } 2 .. 4 ],
        (map { ("names.$_" => [ $location, policy(1) . header_names($_) ]) } 10, 1000),
        (map { ("policy.$_" => [ $location, policy($_) ], "full.$_" => [ $location, full_policy($_) ]) } @sizes),
    );
}

# The configuration of a virtual host, with its directives.
sub host {
    my ($text, @policies) = @{ $hosts{ $_[0] } };
    return sprintf $text, @policies;
}

# name, host, number of origins, request; of all rows, one origin or none at most
sub rows {
    return (
        [ 'module without a directive', 'off', 0, actual($app) ],
        [ 'module without a directive, no Origin', 'off', 0, actual() ],
        [ 'module without a directive, preflight', 'off', 0, preflight($app, 'PUT', $announced) ],
        [ 'no Origin', 'policy.1', 1, actual() ],
        [ 'origin not allowed', 'policy.1', 1, actual($stranger) ],
        [ 'origin allowed', 'policy.1', 1, actual($app) ],
        [ 'origin allowed, credentials and exposed headers', 'full.1', 1, actual($app) ],
        [ 'origin allowed, policy in a Directory', 'directory', 1, actual($app) ],
        [ 'origin allowed, a Directory and a Location', 'both', 1, actual($app) ],
        [ 'origin allowed, two Locations', 'two', 1, actual($app) ],
        [ 'origin allowed, four Locations', 'four', 1, actual($app) ],
        [ 'CorsProtect, no Origin', 'protect', 0, actual() ],
        [ 'CorsProtect, a form of the site', 'protect', 0, form() ],
        [ 'a form of the site', 'policy.1', 1, form() ],
        [ 'a form of the site, CorsProtect too', 'policy.protect', 1, form() ],
        [ 'preflight allowed', 'full.1', 1, preflight($app, 'PUT', $announced) ],
        [ 'preflight, origin not allowed', 'full.1', 1, preflight($stranger, 'PUT', $announced) ],
        [ 'preflight, method not allowed', 'full.1', 1, preflight($app, 'PATCH', $announced) ],
        [ 'preflight, header not allowed', 'full.1', 1, preflight($app, 'PUT', "$announced,x-other") ],
        [ 'preflight allowed, policy in a Directory', 'directory', 1, preflight($app, 'PUT', $announced) ],
        [ 'preflight allowed, a Directory and a Location', 'both', 1, preflight($app, 'PUT', $announced) ],
        [ 'preflight allowed, 10 header names', 'names.10', 1, preflight($app, 'PUT', 'x-name-1') ],
        [ 'preflight allowed, 1,000 header names', 'names.1000', 1, preflight($app, 'PUT', 'x-name-1') ],
    );
}

# The same, for longer lists of origins. They have exact origins and wildcards.
sub long_rows {
    return map { my $size = $_;
        ([ 'no Origin', "policy.$size", $size, actual() ],
         [ 'origin not allowed', "policy.$size", $size, actual($stranger) ],
         [ 'origin allowed', "policy.$size", $size, actual($app) ],
         [ 'origin allowed by a wildcard', "policy.$size", $size, actual('https://www.w5.example.org') ],
         [ 'origin allowed by a port wildcard', "policy.$size", $size, actual('https://any8.example.com:81') ],
         [ 'preflight allowed', "full.$size", $size, preflight($app, 'PUT', $announced) ],
         [ 'preflight, origin not allowed', "full.$size", $size, preflight($stranger, 'PUT', $announced) ]);
    } @sizes[ 1 .. $#sizes ];
}

sub hostile_rows {
    my $size = $sizes[-1];
    # strings that collide in APR's times-33 hash without a seed
    my $collision = 'https://' . ('Ez' x 12 =~ s/Ez/rand() < 0.5 ? 'ez' : 'fY'/gre) . '.example.com';
    my @names = map { "x-name-$_" } 1 .. 3000;
    return map { [ "hostile: $_->[0]", "$_->[1].$size", $size, $_->[2] ] } (
        [ '8 KB of Origin', 'policy', actual('https://' . 'a' x 8100 . '.example.com') ],
        [ 'longest legal Origin', 'policy', actual('https://' . join('.', ('a' x 61) x 4) . '.w5:65535') ],
        [ 'ten thousand labels', 'policy', actual('https://' . 'a.' x 10_000 . 'w5.example.org') ],
        [ 'as many labels as a host can have', 'policy', actual('https://' . 'a.' x 119 . 'w5.example.org') ],
        [ 'near miss of a wildcard', 'policy', actual('https://www.a.b.c.d.e.w4.example.org') ],
        [ 'near miss of a wildcard\'s scheme', 'policy', actual('http://www.w5.example.org') ],
        [ 'hash collisions', 'policy', actual(lc $collision) ],
        [ 'preflight, 3000 names', 'full', preflight($app, 'PUT', join ',', @names) ],
        [ 'preflight, 4 KB of names', 'full', preflight($app, 'PUT', join ',', ('content-type') x 300) ],
        [ 'preflight, 4 KB of commas', 'full', preflight($app, 'PUT', 'content-type' . ',' x 4070) ],
        [ 'preflight, 500 fields', 'full', preflight($app, 'PUT', map { "x-name-$_" } 1 .. 500) ],
        [ 'preflight, long method', 'full', preflight($app, 'P' x 4000, $announced) ],
    );
}

# The rows, with their results in both columns. Each half takes about the same time and
# has a processor to itself.
sub measure {
    prepare_hosts();
    my $first = sub {
        return [ compare('plain', {}, rows(), long_rows()) ];
    };
    my $second = sub {
        my @debian = compare('debian', \%debian, from_browsers(rows()));
        # hostile requests need a higher LimitRequestFieldSize
        my @hostile = compare('hostile', { limit_size => 65536 }, hostile_rows());
        $_->{hostile} = JSON::PP::true() for @hostile;
        return [ @debian, @hostile ];
    };
    my ($plain, $others) = in_parallel($first, $second);
    my %debian = map { $_->{hostile} ? () : ($_->{name} => $_) } @$others;
    for my $row (grep { $_->{origins} <= 1 } @$plain) {
        $row->{debian} = { map { $_ => $debian{ $row->{name} }{$_} } qw(httpd added) };
    }
    return [ @$plain, grep { $_->{hostile} } @$others ];
}

# The results of functions that run side by side.
sub in_parallel {
    my @functions = @_;
    my @children;
    for my $lane (0 .. $#functions) {
        pipe my $read, my $write or die "pipe: $!";
        defined(my $pid = fork) or die "fork: $!";
        if (!$pid) {
            ($BenchHttpd::lane, $BenchHttpd::lanes) = ($lane, scalar @functions);
            eval { print $write JSON::PP->new->encode($functions[$lane]->()); 1 } or print STDERR $@;
            my $failed = $@ ? 1 : 0;
            close $write;
            POSIX::_exit($failed);
        }
        close $write;
        push @children, [ $pid, $read ];
    }
    return map {
        my ($pid, $read) = @$_;
        my $text = do { local $/; <$read> };
        waitpid $pid, 0;
        die "the table could not be measured\n" if $?;
        JSON::PP->new->decode($text);
    } @children;
}

# Lengths of an additional header. A pool allocates blocks of 8 KB, so at some length
# of the request a few more bytes cost about 250 instructions for a further block. The
# module needs some memory, which shifts that length; and where a string lies decides
# how the C library compares it. So the median of nine counts is used.
our @pads = (0, 150, 300, 450, 600, 750, 900, 1050, 1200);

sub padded {
    my ($request, $pad) = @_;
    return $pad ? $request =~ s/\r\n\r\n/"\r\nCookie: " . 'x' x $pad . "\r\n\r\n"/er : $request;
}

# An origin that is not listed takes a varying number of probes, because the hash keys are
# random. So each padding has an origin of its own, of the same length.
sub with_stranger {
    my ($request, $number) = @_;
    return $request =~ s{^(Origin: https://www\.strange)r}{$1$number}mr;
}

# Count a request to a host of an httpd without the module and of one with it. Returns
# the counts whose difference is the median of all paddings.
sub median {
    my ($bare, $bare_host, $with, $host, $request) = @_;
    my @counts;
    for my $pad (@pads) {
        my $bytes = with_stranger(padded($request, $pad), scalar @counts);
        $bare->{counted}{$bare_host}{$bytes} //= ($bare->count($bare_host, $bytes))[0];
        my $before = $bare->{counted}{$bare_host}{$bytes};
        my ($count) = $with->count($host, $bytes);
        push @counts, { httpd => $before, added => $count - $before };
    }
    return middle(@counts);
}

# The counts whose difference is the median.
sub middle { return (sort { $a->{added} <=> $b->{added} } @_)[ @_ / 2 ] }

# Count the rows with the module and without it.
sub compare {
    my ($dir, $options, @rows) = @_;
    my %used = map { $_->[1] => 1 } @rows;
    my (%with, %bare, %bare_of);
    for my $host (sort keys %used) {
        my ($text, @policies) = @{ $hosts{$host} };
        $with{$host} = host($host);
        my $without = sprintf $text, map { '' } @policies;
        my ($same) = grep { $bare{$_} eq $without } sort keys %bare;
        $bare_of{$host} = $same // $host;
        $bare{$host} = $without if !defined $same;
    }
    # directories whose names have the same length
    my $bare = BenchHttpd->start(valgrind => 1, %$options, dir => "$ENV{BENCH_TMP}/$dir-bare", hosts => \%bare);
    my $with = BenchHttpd->start(valgrind => 1, %$options, dir => "$ENV{BENCH_TMP}/$dir-with",
        module => $ENV{BENCH_SO}, hosts => \%with);
    my @result;
    for my $row (@rows) {
        my ($name, $host, $size, $request) = @$row;
        push @result, { name => $name, origins => $size,
            %{ median($bare, $bare_of{$host}, $with, $host, $request) } };
    }
    $bare->stop;
    $with->stop;
    return @result;
}

sub show {
    my ($rows) = @_;
    printf "\n%-50s %9s %8s %8s %16s\n", 'instructions per request', 'origins', 'httpd', 'added', 'Debian, browser';
    printf "%-50s %9s %8d %+8d %s\n", $_->{name}, $_->{origins} || '-', $_->{httpd}, $_->{added},
            $_->{debian} ? sprintf('%8d %+8d', @{ $_->{debian} }{qw(httpd added)}) : ''
        for @$rows;
}

# Read the limits: a number of added instructions for each column, or "-" where the
# second is not measured, and the name of a row.
sub limits {
    my ($name) = @_;
    my %limit;
    open my $file, '<', $name or die "$name: $!";
    while (<$file>) {
        next if /^\s*(?:#|$)/;
        s/\s+#.*//s; # the target
        /^(-?\d+)\s+(-?\d+|-)\s+(.*\S)/ or die "$name: line $.: not a limit\n";
        $limit{$3} = [ $1, $2 ];
    }
    return %limit;
}

# Instructions by which two equal counts may differ; see limits.
our $margin = 150;

sub is_over {
    my ($count, $limit) = @_;
    return $count && $count->{added} > $limit + $margin;
}

# Returns which limits a row exceeds.
sub exceeds {
    my ($row, $limit) = @_;
    my @broken;
    push @broken, "$row->{added} added, limit $limit->[0]" if is_over($row, $limit->[0]);
    push @broken, "Debian, browser: $row->{debian}{added} added, limit $limit->[1]"
        if is_over($row->{debian}, $limit->[1]);
    return @broken;
}

# Returns the key of a row in the limits. The result is not a key if a row has no limit.
sub limit_key {
    my ($row, $limit) = @_;
    my $long = "$row->{name}, long list";
    return $row->{origins} > 1 && $limit->{$long} ? $long : $row->{name};
}

# Measure the rows that exceed a limit a second time, on new servers. Each row keeps the
# lower of its two counts: the addresses of a server's blocks add to a count, or the
# load of the machine, but neither lowers it below the cost of the module.
sub measure_again {
    my ($file, $rows) = @_;
    my %limit = limits($file);
    my %row = map { ("$_->[0] $_->[2]" => $_) } rows(), long_rows();
    my (@plain, @debian);
    for my $row (grep { !$_->{hostile} } @$rows) {
        my $limit = $limit{ limit_key($row, \%limit) } or next;
        push @plain, $row if is_over($row, $limit->[0]);
        push @debian, $row if is_over($row->{debian}, $limit->[1]);
    }
    my $again = sub {
        my ($dir, $options, $old, @rows) = @_;
        my @new = @rows ? compare($dir, $options, @rows) : ();
        for (0 .. $#new) {
            print "measured again: $new[$_]{name}, $new[$_]{origins} origins: $old->[$_]{added}, now $new[$_]{added}\n";
            @{ $old->[$_] }{qw(httpd added)} = @{ $new[$_] }{qw(httpd added)} if $new[$_]{added} < $old->[$_]{added};
        }
    };
    print "\n" if @plain || @debian;
    $again->('plain-2', {}, \@plain, map { $row{"$_->{name} $_->{origins}"} } @plain);
    $again->('debian-2', \%debian, [ map { $_->{debian} } @debian ],
        from_browsers(map { $row{"$_->{name} $_->{origins}"} } @debian));
}

sub keeps_to_limits {
    my ($file, $result) = @_;
    my %limit = limits($file);
    my %seen;
    my @broken;
    my @rows = @{ $result->{requests} };
    # as a measure for hostile requests
    my $most_expensive = max(map { $_->{added} } grep { !$_->{hostile} } @rows);
    my %one = map { $_->{name} => $_ } grep { $_->{origins} == 1 } @rows;
    # an origin allowed by a wildcard is compared with an exact one
    $one{$_} = $one{'origin allowed'}
        for 'origin allowed by a wildcard', 'origin allowed by a port wildcard';
    # a long list costs no more than a short one
    $one{'preflight allowed, 1,000 header names'} = $one{'preflight allowed, 10 header names'};

    for my $row (@rows) {
        my $what = "$row->{name}, $row->{origins} origins";
        my $key = limit_key($row, \%limit);
        my $limit = $limit{$key};
        $seen{$key} = 1;
        push @broken, map { "$what: $_" } exceeds($row, $limit) if $limit;
        push @broken, "no limit for: $what" if !$limit && !$row->{hostile};
        my $one = $one{ $row->{name} };
        push @broken, "$what: $row->{added} added, in a short list $one->{added}"
            if $one && $one->{httpd} + $row->{added} > 1.05 * ($one->{httpd} + $one->{added});
        push @broken, "$what: $row->{added} added, the most expensive legal request $most_expensive"
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
