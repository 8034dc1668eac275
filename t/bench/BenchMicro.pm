# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchMicro;

# The cost of single functions of the core: instructions per call, and the number of
# patterns that are parsed in a second of processor time.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;

my ($short, $long) = (20, 220); # as in micro.c

sub measure {
    my $dir = "$ENV{BENCH_TMP}/micro";
    mkdir $dir or die "$dir: $!";
    open my $micro, '-|', qw(valgrind --tool=callgrind --instr-atstart=no -q),
        "--callgrind-out-file=$dir/callgrind.out", $ENV{BENCH_MICRO}
        or die "valgrind: $!";
    chomp(my @names = <$micro>);
    close $micro or die "$ENV{BENCH_MICRO} failed\n";

    my @result;
    my $dump = 0;
    for my $name (@names) {
        my (undef, $few, $many) = map { BenchHttpd::total_of("$dir/callgrind.out." . ++$dump) } 1 .. 3;
        push @result, { name => $name, instructions => int(($many - $few) / ($long - $short) + 0.5) };
    }
    chomp(my $patterns = `$ENV{BENCH_MICRO} patterns`);
    die "$ENV{BENCH_MICRO} patterns failed\n" if $?;
    return { calls => \@result, patterns_per_second => 0 + $patterns };
}

sub show {
    my ($core) = @_;
    printf "\n%-60s %8s\n", 'instructions per call', '';
    printf "%-60s %8d\n", $_->{name}, $_->{instructions} for @{ $core->{calls} };
    printf "%-60s %8d\n", 'patterns parsed in a second of processor time',
        $core->{patterns_per_second};
}

1;
