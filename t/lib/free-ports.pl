# Licensed under the Apache License, Version 2.0; see LICENSE.
# Prints a port with forty free ones above it, and another that is free.
use strict;
use warnings FATAL => 'all';
use IO::Socket::INET;

sub is_free {
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $_[0], Listen => 1) or return 0;
    return 1;
}

for (1 .. 100) {
    my $first = 20000 + int rand 20000;
    next if grep { !is_free($_) } $first .. $first + 41;
    print "$first ", $first + 41, "\n";
    exit 0;
}
die "no forty free ports in a row on loopback\n";
