# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchLinear;

# Whether what others write costs its length and not its square: instructions of the
# core's functions for inputs of n and 2n, as linear.c generates them.
use strict;
use warnings FATAL => 'all';

# Twice the input may cost 2.3 times as much, and what one step of a pool or of a
# hash table costs.
our $most = 2.3;
our $step = 4000;

sub measure {
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
    return \@result;
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

# What costs more than it may; an empty list if nothing does.
sub broken {
    my ($rows) = @_;
    return map { "$_->{entry} of '$_->{input}': $_->{once} instructions, twice as long $_->{twice}" }
        grep { grows_faster($_) } @$rows;
}

1;
