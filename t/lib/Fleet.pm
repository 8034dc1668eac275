# Licensed under the Apache License, Version 2.0; see LICENSE.
package Fleet;

# What the tests of the programs for databases share: what docs/fleet.md shows, the programs,
# and whether requests are answered as the list says.
use strict;
use warnings FATAL => 'all';

use Client qw(cors_response);
use Exporter 'import';
use Httpd ();
use POSIX ();
use Time::HiRes qw(sleep time);
use Tools qw(wait_until);

our @EXPORT_OK = qw(allows changed end_program frame program run_program shown start_program_beside steady);

sub program { return "$ENV{CORS_WORK}/tools/cors-origins/bin/cors-origins-$_[0]" }

# The first text of a language in a section of docs/fleet.md, with other values: pairs of what
# is shown and what the test has. Each must be shown.
sub shown {
    my ($section, $language, @replace) = @_;
    my ($text) = Httpd::slurp("$ENV{CORS_WORK}/docs/fleet.md") =~ /^## \Q$section\E\n(.*?)(?=^## |\z)/ms or die "docs/fleet.md has no section $section\n";
    ($text) = $text =~ /^```\Q$language\E\n(.*?)^```$/ms or die "the section $section shows no $language\n";
    while (my ($from, $to) = splice @replace, 0, 2) {
        $text =~ s/\Q$from\E/$to/g or die "the section $section does not show $from\n";
    }
    return $text;
}

sub frame { my ($version, @rows) = @_; return join '', map { "$_\n" } "begin $version", @rows, 'end ' . @rows . " $version" }

# Run a command. Returns its status, and what it printed on standard output and standard error.
my $number = 0;
sub run_program {
    my (@command) = @_;
    my $base = "$ENV{CORS_WORK}/t/logs/run-$$-" . ++$number;
    waitpid start_program_beside($base, @command), 0;
    return ($? >> 8 || $? & 127, Httpd::slurp("$base.out"), Httpd::slurp("$base.err"));
}

# Start a command that prints to $base.out and $base.err. Returns its number.
sub start_program_beside {
    my ($base, @command) = @_;
    Httpd::spew("$base.$_", '') for qw(out err);
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    delete $ENV{LD_PRELOAD};
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', "$base.out";
    open STDERR, '>', "$base.err";
    exec @command or POSIX::_exit(127);
}
sub end_program { my ($pid, $signal) = @_; kill $signal // 'TERM', $pid; waitpid $pid, 0; return $? }

sub allows {
    my ($port, $path, $origin) = @_;
    return defined cors_response([ h1 => $port ], GET => $path, origin => $origin)->{'access-control-allow-origin'} ? 1 : 0;
}

# Whether each of some requests is answered as expected: triples of path, origin, and 1 or 0.
sub is_right {
    my ($port, @expected) = @_;
    while (my ($path, $origin, $allowed) = splice @expected, 0, 3) {
        return 0 if allows($port, $path, $origin) != $allowed;
    }
    return 1;
}

# Whether that is so twenty times.
sub steady { my @all = @_; return !grep { !is_right(@all) } 1 .. 20 }

# Whether that is so within two seconds, and remains so.
sub changed {
    my @all = @_;
    return wait_until(sub { is_right(@all) }, 2) && steady(@all);
}

1;
