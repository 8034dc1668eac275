# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsOrigins;

# What the programs share. They read a list of origins from a database, and print it again when
# it has changed. Shared are the arguments, the frame, the file, and the deadline of each step. A program has
# these functions, which die when they fail:
#   connect   connects, and subscribes to notifications
#   read      calls begin of the frame when it has a version, row for each row, and returns
#             only if it has had all rows
#   version   returns the version of the list in the database
#   wait      waits up to a number of seconds for a notification; whether there was one
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Compare ();
use Getopt::Long ();
use IO::Handle ();
use POSIX ();
use Time::HiRes ();

our $VERSION = '1.0.0';
our @EXPORT_OK = qw(complain misused one_line run);

my $name = $0 =~ s{.*/}{}r;

# Prints an error message at once, because other programs print to the same error log.
sub complain { my $line = join '', "$name: ", @_, "\n"; print STDERR $line; return }

# Ends with status 64 and an error message about the arguments.
sub misused { complain(@_, '; see --help'); exit 64 }

# A text of a server as one line of httpd's error log: it may be from anybody.
sub one_line {
    my ($text) = @_;
    return substr $text =~ s/\s+/ /gr =~ s/ \z//r =~ s/([^\x20-\x7e])/sprintf '\x%02x', ord $1/ger, 0, 500;
}

# Read the options and the argument, and run a program until it fails or is ended.
sub run {
    my (%program) = @_;
    my %option = (check => 10, full => 600, mode => '0644', timeout => 30, %{ $program{options} });
    my $getopt = Getopt::Long::Parser->new(config => [qw(no_auto_abbrev no_ignore_case no_getopt_compat)]);
    {
        local $SIG{__WARN__} = sub { misused(lcfirst $_[0] =~ s/\n//gr) };
        $getopt->getoptions(\%option, qw(check=i file=s full=i help|h mode=s once timeout=i version), @{ $program{spec} });
    }
    if ($option{help}) { print $program{usage}; exit 0 }
    if ($option{version}) { print "$name $VERSION\n"; exit 0 }
    misused($program{argument}) if @ARGV != 1;
    for my $number (qw(check full timeout)) { misused("--$number is a number of seconds, 1 or more") if $option{$number} < 1 }
    misused('--mode is an octal number, such as 0644') if $option{mode} !~ /\A0?[0-7]{3}\z/;
    $program{valid}->(\%option, $ARGV[0]);

    my $done = eval { watch(\%program, \%option, $ARGV[0]); 1 };
    exit 0 if $done;
    complain(one_line($@) =~ s/,? at \S+ line \d+\.\z//r);
    exit 1;
}

sub seconds_now { return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

sub watch {
    my ($program, $option, $target) = @_;
    my $frame = CorsOrigins::Frame->new($option, $program->{separator});
    my $guard = start_guard($option->{timeout}, $option->{check}, $frame->{new});
    # a step is "+" or, if it waits for a notification first, "w"
    my $within = sub {
        my ($step, $kind) = @_;
        syswrite $guard, $kind // '+';
        my $result = $step->();
        syswrite $guard, '-';
        return $result;
    };
    $within->(sub { $program->{connect}->($option, $target) });
    while (1) {
        $within->(sub { $program->{read}->($option, $frame); $frame->end });
        return if $option->{once};
        my $until = seconds_now() + $option->{full};
        until ($within->(sub { $program->{wait}->($option->{check}) }, 'w')) {
            # this also detects a server that has stopped answering
            last if seconds_now() >= $until || $within->(sub { $program->{version}->($option) }) ne $frame->{version};
        }
    }
    return;
}

# Start a process that kills this one if a step (up to "-") takes too long, and that removes
# the unfinished file when this process has ended. It is a process of its own because a signal
# handler of Perl does not run while a client library waits.
sub start_guard {
    my ($seconds, $check, $unfinished) = @_;
    my $parent = $$;
    pipe(my $from, my $to) or die "pipe: $!\n";
    defined(my $pid = fork) or die "fork: $!\n";
    if ($pid) {
        close $from;
        return $to;
    }
    close $to;
    open STDOUT, '>', '/dev/null';
    $SIG{$_} = 'IGNORE' for qw(HUP INT TERM);
    my ($left, $step);
    while (1) {
        vec(my $ready = '', fileno $from, 1) = 1;
        my $found = select $ready, undef, undef, $left;
        if ($found == 0) {
            complain("no answer within $seconds seconds (--timeout)");
            kill KILL => $parent;
            last;
        }
        next if $found < 0;
        sysread($from, $step, 1) or last;
        $left = { '+' => $seconds, w => $check + $seconds }->{$step};
    }
    unlink $unfinished if defined $unfinished;
    POSIX::_exit(0);
}

package CorsOrigins::Frame;

# A frame goes to standard output, or to a file that it replaces in one step.
sub new {
    my ($class, $option, $separator) = @_;
    my %self = (file => $option->{file}, mode => oct $option->{mode}, out => \*STDOUT);
    $self{new} = sprintf '%s.new.%d%06d', $self{file}, $$, rand 1e6 if defined $self{file};
    # Two columns have one separator between them. A value with a space, a line end, a
    # backslash (which COPY writes before such bytes, and in \N for NULL) or a "#" could read
    # as another row, as another tenant, or as none; "begin" and "end" as another frame.
    my $value = qr/[^\x00-\x20\x7f\\#][^\x00-\x20\x7f\\]*/;
    $self{row} = qr/\A(?!(?:begin|end)\s)$value(?:$separator$value)?\n\z/;
    return bless \%self, $class;
}

sub begin {
    my ($self, $version) = @_;
    $version //= '';
    die "a version has 1 to 64 visible characters of ASCII and no space: '", substr($version, 0, 100), "'\n" if $version !~ /\A[\x21-\x7e]{1,64}\z/;
    @$self{qw(version rows)} = ($version, 0);
    if (defined $self->{new}) {
        sysopen(my $out, $self->{new}, POSIX::O_WRONLY() | POSIX::O_CREAT() | POSIX::O_EXCL(), 0600) or die "$self->{new}: $!\n";
        chmod $self->{mode}, $self->{new} or die "$self->{new}: $!\n";
        $self->{out} = $out;
    }
    return $self->write("begin $version\n");
}

sub row {
    my ($self, $line) = @_;
    if ($line !~ $self->{row}) {
        my $shown = substr($line, 0, 200) =~ s/\n\z//r =~ s/\t/\\t/gr;
        die "a row is an origin, or an origin and a tenant, without NULL, empty values, spaces, backslashes, and # at the start of a value: '$shown'\n";
    }
    $self->{rows}++;
    return $self->write($line);
}

sub write {
    my ($self, $text) = @_;
    print { $self->{out} } $text or die $self->{new} // 'standard output', ": $!\n";
    return;
}

# The list is complete.
sub end {
    my ($self) = @_;
    $self->write("end $self->{rows} $self->{version}\n");
    $self->{out}->flush or die $self->{new} // 'standard output', ": $!\n";
    return if !defined $self->{new};
    if (File::Compare::compare($self->{new}, $self->{file}) == 0) {
        unlink $self->{new};
        close $self->{out};
        # the list is confirmed
        utime undef, undef, $self->{file} or die "$self->{file}: $!\n";
        return;
    }
    $self->{out}->sync or die "$self->{new}: $!\n";
    close $self->{out} or die "$self->{new}: $!\n";
    rename $self->{new}, $self->{file} or die "$self->{file}: $!\n";
    # and the name is on the disk, too
    if (open my $dir, '<', $self->{file} =~ m{\A(.*/)}s ? $1 : '.') { $dir->sync }
    return;
}

1;
