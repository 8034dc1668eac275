# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchLinear;

# Checks that foreign input has a linear cost: counts the instructions of the core's
# functions for the inputs of size n and 2n that linear.c generates, and of requests
# that read a .htaccess file.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;

# Twice the input may cost 2.3 times as much, plus one growth of a pool or of a hash
# table.
our $most = 2.3;
our $step = 4000;

# Contents of a .htaccess file: two sizes, and its text for a size.
my @methods = map { "M$_" } 1 .. 20;
my %files = (
    'brackets' => [ 2000, 4000, sub { 'CorsAllowOrigins "a://' . '[' x $_[0] . "\"\n" } ],
    'colons' => [ 2000, 4000, sub { 'CorsAllowHeaders x' . ':' x $_[0] . "\n" } ],
    'separators' => [ 2000, 4000, sub { 'CorsAllowOrigins https://a' . ';https://b' x ($_[0] / 10) . "\n" } ],
    'errors' => [ 500, 1000, sub { 'CorsAllowOrigins ' . 'a ' x $_[0] . "\n" } ],
    'lines with errors' => [ 500, 1000, sub { "CorsAllowOrigins https://a\n" x $_[0] . "CorsAllowOrigins a\n" } ],
    'origins' => [ 200, 400, sub { map { "CorsAllowOrigins https://o$_.example https://*.w$_.example !https://x$_.example\n" } 1 .. $_[0] } ],
    'origins that collide in an apr_hash_t' => [ 256, 512,
        sub { map { my $n = $_; 'CorsAllowOrigins https://' . join('', map { $n >> $_ & 1 ? 'ar' : 'c0' } 0 .. 15) . "\n" } 1 .. $_[0] } ],
    'names' => [ 200, 400, sub { map { "CorsExposeHeaders X-$_ Y-$_\n" } 1 .. $_[0] } ],
    'names that are edited' => [ 200, 400, sub { map { "CorsAllowHeaders +x-$_ -y-$_\n" } 1 .. $_[0] } ],
    '<Limit>s' => [ 200, 400,
        sub { map { my $n = $_; '<Limit GET ' . join(' ', map { $n >> $_ & 1 ? $methods[$_] : () } 0 .. 15)
            . ">\nCorsAllowHeaders +x-$n\n</Limit>\n" } 1 .. $_[0] } ],
);

# The instructions of a request that reads such a file.
sub request_with {
    my ($httpd, $text) = @_;
    my $request = "GET /api/small.txt HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example.com\r\n\r\n";
    open my $file, '>', "$httpd->{dir}/htdocs/api/.htaccess" or die $!;
    print $file "CorsPolicy On\n", $text;
    close $file or die $!;
    # a mistake in the file is a 500, which closes the connection
    my $request_once = sub { BenchHttpd::exchange($httpd->connect_to($httpd->{port}{x}), $request) };
    $request_once->() for 1 .. 2;
    $httpd->control('/warm');
    $httpd->dumped;
    $request_once->();
    $httpd->control('/one');
    return $httpd->dumped;
}

sub requests {
    my $httpd = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/htaccess", valgrind => 1, module => $ENV{BENCH_SO},
        global => "RegisterHttpMethod @methods\n",
        hosts => { x => "<Directory />\nAllowOverride FileInfo\nRequire all granted\n</Directory>" });
    $httpd->control('/start');
    my @result = map {
        my ($few, $many, $text) = @{ $files{$_} };
        my ($once, $twice) = map { request_with($httpd, join '', $text->($_)) } $few, $many;
        { entry => '.htaccess', input => $_, once => $once, twice => $twice };
    } sort keys %files;
    $httpd->stop;
    return @result;
}

sub measure {
    return [ functions(), requests() ];
}

sub functions {
    my $dir = "$ENV{BENCH_TMP}/linear";
    mkdir $dir or die "$dir: $!";
    open my $linear, '-|', qw(valgrind --tool=callgrind -q --collect-atstart=no --combine-dumps=yes),
        "--callgrind-out-file=$dir/callgrind.out", $ENV{BENCH_LINEAR}
        or die "valgrind: $!";
    chomp(my @names = <$linear>);
    close $linear or die "$ENV{BENCH_LINEAR} failed\n";

    my @counts;
    open my $dumps, '<', "$dir/callgrind.out" or die "$dir/callgrind.out: $!";
    while (<$dumps>) {
        push @counts, $1 if /^totals: (\d+)/;
    }
    close $dumps or die $!;
    my @result;
    for (@names) {
        my ($entry, $input) = split /\t/;
        my ($once, $twice) = splice @counts, 0, 2;
        die "$dir/callgrind.out: too few counts\n" if !$twice;
        push @result, { entry => $entry, input => $input, once => 0 + $once, twice => 0 + $twice };
    }
    return @result;
}

sub grows_faster {
    my ($row) = @_;
    return $row->{twice} > $most * $row->{once} + $step;
}

sub show {
    my ($rows) = @_;
    my %worst;
    for my $row (@$rows) {
        my $worst = \$worst{ $row->{entry} };
        $row->{ratio} = ($row->{twice} - $step) / $row->{once};
        $$worst = $row if !$$worst || $row->{ratio} > $$worst->{ratio};
    }
    printf "\n%-28s %-32s %9s %9s\n", 'instructions, worst input of each', '', 'n', '2n';
    printf "%-28s %-32s %9d %9d\n", @$_{qw(entry input once twice)}
        for map { $worst{$_} } sort keys %worst;
}

# The inputs that cost too much.
sub broken {
    my ($rows) = @_;
    return map { "$_->{entry} of '$_->{input}': $_->{once} instructions, twice as long $_->{twice}" }
        grep { grows_faster($_) } @$rows;
}

1;
