# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchFloor;

# What any module costs that sends the headers of CORS from an output filter and has
# hooks in the phases of this module: the floor. t/bench/mod_bench_floor.c does that
# with nothing else. Its origin is compared as text.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;
use BenchTable;

sub measure {
    BenchTable::prepare_hosts();
    my @rows = grep { $_->[0] =~ /^(?:no Origin|origin not allowed|origin allowed)$/ } BenchTable::rows();
    my %hosts = (x => BenchTable::section(''));
    my $bare = BenchHttpd->start(valgrind => 1, dir => "$ENV{BENCH_TMP}/floor-bare", hosts => \%hosts);
    my $floor = BenchHttpd->start(valgrind => 1, dir => "$ENV{BENCH_TMP}/floor-only", hosts => \%hosts,
        global => "LoadModule bench_floor_module $ENV{BENCH_FLOOR}\n");
    my $with = BenchHttpd->start(valgrind => 1, dir => "$ENV{BENCH_TMP}/floor-with", module => $ENV{BENCH_SO},
        hosts => { x => BenchTable::host($rows[0][1]) });
    my @result;
    for my $row (@rows) {
        my ($floor_count, $count) = map { BenchTable::median($bare, 'x', $_, 'x', $row->[3]) } $floor, $with;
        push @result, { name => $row->[0], httpd => $count->{httpd}, floor => $floor_count->{added}, added => $count->{added} };
    }
    $_->stop for $bare, $floor, $with;
    return \@result;
}

sub show {
    my ($rows) = @_;
    printf "\n%-50s %9s %8s %8s\n", 'instructions per request', 'httpd', 'floor', 'added';
    printf "%-50s %9d %+8d %+8d\n", @$_{qw(name httpd floor added)} for @$rows;
}

1;
