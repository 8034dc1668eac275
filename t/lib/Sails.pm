# Licensed under the Apache License, Version 2.0; see LICENSE.
# Real Sails apps: lift them, and see what a browser makes of their responses.
package Sails;
use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use IPC::Open2 ();
use Fetch qw(exposed_names fetch);
use Reach qw(send_by_wire);

our @EXPORT_OK = qw(browser_result);

# Lift apps, each as it is or without CORS settings. A list of
#   [ DIRECTORY, PORT, 'cors' | 'plain' ]
# The apps end with the object, or with end().
sub lift {
    my ($class, @apps) = @_;
    my $self = bless { owner => $$ }, $class;
    my $work = $ENV{CORS_WORK};
    $self->{pid} = IPC::Open2::open2($self->{from}, $self->{to}, 'node', "$work/t/sails/lift.cjs", "$work/t/sails/node_modules",
        map { join ':', @$_ } @apps);
    local $SIG{ALRM} = sub { die "Sails is not lifted in two minutes\n" };
    alarm 120;
    my $said = '';
    $said = readline($self->{from}) // die "Sails is not lifted; see above\n" while $said ne "lifted\n";
    alarm 0;
    return $self;
}

# It ends at the end of its standard input. Returns whether it has.
sub end {
    my ($self) = @_;
    return 1 if !$self->{pid} || $$ != $self->{owner};
    close $self->{to};
    waitpid $self->{pid}, 0;
    return !kill 0 => delete $self->{pid};
}
sub DESTROY { my ($self) = @_; local ($?, $@); $self->end; return }

# What a browser does with a request, as text.
#   case  path, method, origin, credentials and headers: see t/lib/Fetch.pm
sub browser_result {
    my ($port, $case) = @_;
    my $got = fetch({ %$case, url => "http://api.example$case->{path}" }, sub { send_by_wire($port, $_[0]) });
    if ($got->{type} eq 'error') {
        return $got->{sent}[-1]{method} eq 'OPTIONS' ? 'not sent' : 'sent, not read';
    }
    my @seen = exposed_names($case->{credentials}, $got->{response}{headers}, qw(X-Total X-User));
    return join ' ', "read $got->{status}", map { "with $_" } @seen;
}

1;
