# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchHttp2;

# The cost of a request over HTTP/2, without TLS, on one stream after the other. All
# threads of the server are counted, since mod_http2 reads and answers requests in
# threads of its own.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;
use BenchTable;
use BenchThroughput;

# The requests of the table, of those with a policy in one Location.
my @names = ('no Origin', 'origin not allowed', 'origin allowed', 'origin allowed, credentials and exposed headers',
    'preflight allowed', 'preflight, origin not allowed', 'preflight, header not allowed');

# The numbers of requests of two runs. Their difference does not include the connection.
my ($few, $many) = (10, 40);

# The options of h2load for a request of the table.
sub options {
    my ($request, $pad) = @_;
    my ($method, @fields) = ($request =~ /\A(\S+)/, grep { !/^Host:/ } $request =~ /^([\w-]+: .*)\r$/mg);
    push @fields, 'Cookie: ' . 'x' x $pad if $pad;
    push @fields, ":method: $method" if $method ne 'GET';
    return map { ('-H', $_) } @fields;
}

sub load {
    my ($port, $number, @options) = @_;
    my $output = BenchThroughput::run('h2load', '-t1', '-c1', '-m1', "-n$number", @options,
        "http://127.0.0.1:$port/api/small.txt");
    # a preflight that is not allowed has the status 403
    die "h2load: $output\n" if $output !~ m{\b$number done, .* 0 errored, 0 timeout} || $output !~ m{, 0 5xx};
}

sub count {
    my ($httpd, $host, @options) = @_;
    my ($less, $more) = map { my $number = $_;
        $httpd->count_during(sub { load($httpd->{port}{$host}, $number, @options) }) } $few, $many;
    return int(($more - $less) / ($many - $few) + 0.5);
}

sub measure {
    BenchTable::prepare_hosts();
    my %row = map { $_->[0] => $_ } BenchTable::rows();
    my %hosts = map { ($_->[1] => BenchTable::host($_->[1])) } @row{@names};
    my %common = (valgrind => 1, all => 1, modules => ['http2'],
        global => "Protocols h2c http/1.1\nH2Direct On\nH2MinWorkers 1\nH2MaxWorkers 1\n");
    my $bare = BenchHttpd->start(%common, dir => "$ENV{BENCH_TMP}/h2-bare",
        hosts => { bare => BenchTable::section('') });
    my $with = BenchHttpd->start(%common, dir => "$ENV{BENCH_TMP}/h2-with", module => $ENV{BENCH_SO}, hosts => \%hosts);
    my @result;
    for my $name (@names) {
        my (undef, $host, undef, $request) = @{ $row{$name} };
        my @counts;
        for my $pad (@BenchTable::pads) {
            my @options = options($request, $pad);
            my $before = count($bare, 'bare', @options);
            push @counts, { httpd => $before, added => count($with, $host, @options) - $before };
        }
        push @result, { name => $name, %{ BenchTable::middle(@counts) } };
    }
    $_->stop for $bare, $with;
    return \@result;
}

sub show {
    my ($rows) = @_;
    printf "\n%-50s %9s %8s\n", 'instructions per request, HTTP/2', 'httpd', 'added';
    printf "%-50s %9d %+8d\n", @$_{qw(name httpd added)} for @$rows;
}

1;
