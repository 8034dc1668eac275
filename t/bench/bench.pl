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

if ($part{table} || $part{check}) {
    $result{requests} = BenchTable::measure();
    BenchTable::show($result{requests});
    BenchTable::measure_again($limits, $result{requests}) if $part{check};
}
if ($part{floor}) {
    require BenchFloor;
    $result{floor} = BenchFloor::measure();
    BenchFloor::show($result{floor});
}
if ($part{http2}) {
    require BenchHttp2;
    $result{http2} = BenchHttp2::measure();
    BenchHttp2::show($result{http2});
}
if ($part{micro} || $part{check}) {
    require BenchMicro;
    $result{core} = BenchMicro::measure();
    BenchMicro::show($result{core});
}
if ($part{linear} || $part{check}) {
    require BenchLinear;
    $result{linear} = BenchLinear::measure();
    BenchLinear::show($result{linear});
}
if ($part{growth}) {
    require BenchGrowth;
    $result{growth} = BenchGrowth::measure();
    BenchGrowth::show($result{growth});
}
if ($part{start} || $part{check}) {
    require BenchStart;
    $result{start} = BenchStart::measure();
    BenchStart::show($result{start});
}
if ($part{throughput}) {
    require BenchThroughput;
    $result{throughput} = BenchThroughput::measure();
    BenchThroughput::show($result{throughput});
}
if ($part{peers}) {
    require BenchPeers;
    $result{peers} = BenchPeers::measure();
    BenchPeers::show($result{peers});
}
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
