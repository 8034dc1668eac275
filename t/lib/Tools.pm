# Licensed under the Apache License, Version 2.0; see LICENSE.
package Tools;

# What many test files need beside a client and a server: waiting, list files, chance,
# the library that makes system calls fail, and the CORS fields of common responses.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Httpd ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(wait_until replace_file one_of some_of chance build_shim allowed denied corner_headers corner_lists);

# Call a test until it is true. Returns whether that happened within the given seconds.
sub wait_until {
    my ($test, $seconds) = @_;
    my $until = time + ($seconds // 20);
    until ($test->()) {
        return 0 if time > $until;
        sleep 0.02;
    }
    return 1;
}

# Put lines into a file as an administrator should: write another file, rename it.
sub replace_file {
    my ($path, @lines) = @_;
    Httpd::spew("$path.new", map { "$_\n" } @lines);
    rename "$path.new", $path or die "$path: $!\n";
    return;
}

# --- random choices

sub one_of { return $_[ rand @_ ] }
sub chance { return rand() < $_[0] }

# Each of the other arguments with the given probability, and at least one.
sub some_of {
    my ($probability, @from) = @_;
    my @chosen = grep { chance($probability) } @from;
    return @chosen ? @chosen : one_of(@from);
}

# --- system calls that fail

# Compile t/faults/shim.c into a directory, for preload of Httpd->start. The files in the
# second directory say which calls fail: ENV{CORS_FAULTS} names it.
sub build_shim {
    my ($library, $orders, @flags) = @_;
    system('cc', @flags, qw(-O2 -fPIC -fno-builtin -shared -o), $library, "$ENV{CORS_WORK}/t/faults/shim.c", '-ldl') == 0
        or die "t/faults/shim.c does not compile\n";
    mkdir $orders or die "$orders: $!\n";
    $ENV{CORS_FAULTS} = $orders;
    return;
}

# --- what is expected

# The responses to a GET that a policy with only a list allows, and that it denies.
sub allowed { my ($origin) = @_; return { status => 200, vary => 'Origin', 'access-control-allow-origin' => $origin } }
sub denied { return { status => 200, vary => 'Origin' } }

# The policy of t/conf/corners-policy.conf: the CORS fields of a response to its allowed
# origin, and of the answer to an allowed preflight.
sub corner_headers {
    return (
        'access-control-allow-origin' => 'https://app.example',
        'access-control-allow-credentials' => 'true',
        'access-control-expose-headers' => 'X-Total',
    );
}
sub corner_lists {
    return (
        'access-control-allow-origin' => 'https://app.example',
        'access-control-allow-credentials' => 'true',
        'access-control-allow-methods' => 'GET, HEAD, PUT, POST, PROPFIND',
        'access-control-allow-headers' => 'Content-Type, X-Token',
        'access-control-max-age' => 600,
    );
}

1;
