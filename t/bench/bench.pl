#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
# The benchmark; started by build/bench, which names its parts:
#   table       instructions per request, by callgrind
#   micro       instructions per call of the core's functions, by callgrind
#   linear      instructions of the same for inputs of n and 2n, by callgrind
#   growth      instructions and memory against the size of a configuration
#   start       what httpd -t costs against the size of a configuration
#   throughput  requests per second as ratios, by wrk and h2load
#   check       whether the table keeps to t/bench/limits, and no function of the
#               core costs more than its input grows; the exit status says
# Everything is printed and, but for check, written to out/bench.json.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::Bin;
use BenchHttpd;
use BenchTable;
use JSON::PP ();

my %part = map { $_ => 1 } @ARGV;
my $out = $ENV{BENCH_OUT} or die "run make bench\n";
my %result;

if ($part{table} || $part{check}) {
    $result{requests} = BenchTable::measure();
    BenchTable::show($result{requests});
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
if (!$part{check}) {
    open my $file, '>', "$out/bench.json" or die "$out/bench.json: $!";
    print $file JSON::PP->new->pretty->canonical->encode(\%result);
    close $file or die $!;
    print "\nwritten to $out/bench.json\n";
}
my @faster = $result{linear} ? BenchLinear::broken($result{linear}) : ();
print "\n", map { "faster than its input: $_\n" } @faster if @faster;
if ($part{check}) {
    my @broken = BenchStart::broken($result{start});
    my $kept = BenchTable::keeps_to_limits("$FindBin::Bin/limits", \%result);
    exit(!$kept || @faster || @broken ? 1 : 0);
}
exit 1 if @faster;
