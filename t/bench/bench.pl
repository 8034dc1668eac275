#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
# The benchmark. build/bench starts it with the names of parts:
#   table       instructions per request, by callgrind
#   floor       the least that any module for CORS costs, by callgrind
#   http2       instructions per request over HTTP/2, by callgrind
#   micro       instructions per call of the core's functions, by callgrind
#   linear      instructions of these functions for inputs of n and 2n, by callgrind
#   growth      instructions and memory as a configuration grows
#   start       cost of httpd -t as a configuration grows
#   throughput  requests per second as ratios, by wrk and h2load
#   peers       processor time per request, of other servers and frameworks too
#   check       fails if the table exceeds t/bench/limits or a function of the core
#               grows faster than its input
# The results are printed and, except for check, written to out/bench.json.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::Bin;
use BenchHttpd;
use BenchTable;
use JSON::PP ();

my %part = map { $_ => 1 } @ARGV;
my $out = $ENV{BENCH_OUT} or die "run make bench\n";
my $limits = "$FindBin::Bin/limits";
my %result;

# a part, its package, the name of its result, and whether check measures it
my @parts = (
    [qw(table BenchTable requests check)],
    [qw(floor BenchFloor floor)],
    [qw(http2 BenchHttp2 http2)],
    [qw(micro BenchMicro core check)],
    [qw(linear BenchLinear linear check)],
    [qw(growth BenchGrowth growth)],
    [qw(start BenchStart start check)],
    [qw(throughput BenchThroughput throughput)],
    [qw(peers BenchPeers peers)],
);
for (@parts) {
    my ($name, $package, $key, $in_check) = @$_;
    next if !$part{$name} && !($part{check} && $in_check);
    require "$package.pm";
    $result{$key} = $package->can('measure')->();
    $package->can('show')->($result{$key});
}
BenchTable::measure_again($limits, $result{requests}) if $part{check};
if (!$part{check}) {
    open my $file, '>', "$out/bench.json" or die "$out/bench.json: $!";
    print $file JSON::PP->new->pretty->canonical->encode(\%result);
    close $file or die $!;
    print "\nwritten to $out/bench.json\n";
}
my @faster = $result{linear} ? BenchLinear::broken($result{linear}) : ();
print "\n", map { "grows faster than its input: $_\n" } @faster if @faster;
if ($part{check}) {
    my @broken = BenchStart::broken($result{start});
    my $kept = BenchTable::keeps_to_limits($limits, \%result);
    exit(!$kept || @faster || @broken ? 1 : 0);
}
exit 1 if @faster;
