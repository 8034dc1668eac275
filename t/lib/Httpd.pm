# Licensed under the Apache License, Version 2.0; see LICENSE.
package Httpd;

# A private httpd for one test file. It uses Apache::Test for the httpd binary, the
# directories, the modules, and to find free ports. Apache::Test itself runs one server,
# which it starts before the first test file. This module adds
#   - a server, or several, of one test file, with a configuration of its own: a template
#     of t/conf, or a text; it ends with the test file
#   - graceful restarts, signals, the children of a server, what it prints
#   - another file of the module, a library loaded before all others, valgrind
#   - a check of the error log: a child that died, or an error that the module
#     reports, fails the test file
use strict;
use warnings FATAL => 'all';

use Apache::Test ();
use IO::Socket::INET ();
use POSIX ();

$ENV{CORS_WORK} // die "build/apache-test starts the tests\n";
my $suite = Apache::Test::config();
my $work = $suite->{vars}{top_dir};
my $module_file = "$work/mod_cors_policy.so";
my @running;
my $owner = $$;
my %taken;

# valgrind, if httpd runs under it. Its log is $dir/under.PID; a finding in the log with a
# frame of the module fails the test. All time limits are longer then.
my $valgrind = $ENV{CORS_UNDER};
my $attempts = 400 * ($valgrind ? 10 : 1);

# Stops the servers that still run, also when a test dies. A backend ends before the server
# that may have a tunnel to it: with prefork, a child that gets SIGTERM in mod_proxy's tunnel
# destroys its pools in the signal handler, and an assertion of apr_reslist aborts it.
END {
    if ($$ == $owner) {
        my $code = $?;
        $_->stop for grep { $_->isa('Httpd::Helper') } @running;
        $_->wait_for_tunnels for grep { !$_->isa('Httpd::Helper') } @running;
        $_->terminate for @running; # they end at the same time
        for my $httpd (@running) {
            $httpd->stop;
            my $line = $httpd->unexpected_line;
            next if !defined $line;
            print STDERR "in the error log of $httpd->{name}: $line\n", $httpd->crash_report($line);
            $code ||= 1;
        }
        $? = $code;
    }
}
$SIG{INT} = $SIG{TERM} = sub { exit 1 };

# Ports below the ephemeral range, from which the kernel chooses client ports.
sub free_port {
    for (1 .. 1000) {
        my $port = 20000 + int rand 12000;
        next if $taken{$port} || !$suite->server->port_available($port);
        $taken{$port} = 1;
        return $port;
    }
    die "no free port on loopback\n";
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

sub spew {
    my ($file, @text) = @_;
    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out @text;
    close $out or die "$file: $!\n";
}

# The httpd that the suite tests, and the directories of its modules and its headers.
sub binary { return $suite->{vars}{httpd} }
sub modules_dir { return $suite->apxs('LIBEXECDIR') }
sub include_dir { return $suite->apxs('INCLUDEDIR') }

# A line that loads a module, from httpd's own directory or from out/neighbours.
sub load_module {
    my ($name) = @_;
    for my $dir (modules_dir(), "$work/neighbours") {
        my $file = "$dir/mod_$name.so";
        return "<IfModule !mod_$name.c>\n    LoadModule ${name}_module "
            . "$file\n</IfModule>\n" if -e $file;
    }
    die "there is no mod_$name; make deps\n";
}

# Start one.
#   name      names its directory
#   conf      the template, a file of t/conf; or text => the template itself;
#             a line @include FILE@ stands for another file of t/conf
#   ports     names of ports: @name@ stands for the number
#   vars      other names: @name@ stands for the value
#   modules   further modules, by the names LoadModule gives them
#   expected  a pattern of lines that its error log may have: see unexpected_line
#   so        another file of the module than that of the suite
#   module    whether it loads the module; it does if this is omitted
#   preload   a library that is loaded before all others
#   under     a command that runs httpd, such as prlimit
sub start {
    my ($class, %self) = @_;
    my $self = bless {%self}, $class;
    my $dir = $self->{dir} = "$work/t/run/$self->{name}-$$";
    my $template = $self->{text} // slurp("$work/t/conf/$self->{conf}");
    my $base = slurp("$work/t/conf/base.conf");

    1 while $template =~ s/^\s*\@include (\S+)\@\n/slurp("$work\/t\/conf\/$1")/gme;
    mkdir "$work/t/run";
    mkdir $dir or die "$dir: $!\n";
    mkdir "$dir/$_" or die "$dir/$_: $!\n"
        for qw(cache cache/quick cache/normal dav);
    $base =~ s/\Q$module_file\E/$self->{so}/ if $self->{so};
    $base =~ s/^LoadModule cors_policy_module .*\n//m if !($self->{module} // 1);
    $base .= load_module($_) for @{ $self->{modules} // [] };
    $base .= "ScriptSock $dir/cgisock\n" if $base =~ /mod_cgid/;
    for my $attempt (1 .. 5) {
        my %value = (
            dir => $dir, root => "$work/t/htdocs", t => "$work/t",
            %{ $self->{vars} // {} },
            map { $_ => free_port() } @{ $self->{ports} // ['port'] },
        );
        (my $text = $template) =~ s/\@(\w+)\@/$value{$1} \/\/ die "no $1 here\n"/ge;
        $self->{port} = \%value;
        spew("$dir/httpd.conf", $base, <<"HEAD", $text);
ServerRoot $dir
DefaultRuntimeDir $dir
PidFile $dir/pid
ErrorLog $dir/error_log
ServerName localhost
DocumentRoot $work/t/htdocs
TypesConfig $work/t/conf/types
<IfModule prefork.c>
    StartServers 12
    MinSpareServers 12
    MaxSpareServers 24
</IfModule>
<Directory "/">
    AllowOverride None
</Directory>
HEAD
        my $error = $self->run;
        return $self->wait_until_ready if $error eq '';
        die "httpd does not start: $error\n" if $error !~ /Address already in use/;
    }
    die "no free ports for $self->{name}\n";
}

# Run httpd with arguments. Returns its status and output if it fails, else an empty
# string. {output} has what it printed in either case.
sub run {
    my ($self, @args) = @_;
    my $preload = join ':', grep { $_ } $ENV{SANITIZER}, $self->{preload};
    local $ENV{LD_PRELOAD} = $preload if $preload;
    my $under = $valgrind ? "$valgrind --log-file=$self->{dir}/under.%p" : $self->{under} // '';
    my $binary = binary();
    $self->{output} = `$under $binary -f $self->{dir}/httpd.conf @args 2>&1`;
    return $? ? "exit $?: $self->{output}" : '';
}

# The number of starts and restarts.
sub generations {
    my ($self) = @_;
    return scalar(() = $self->log_since(0) =~ /resuming normal operations/g);
}

# Restart it gracefully; true once the new generation runs.
sub graceful {
    my ($self) = @_;
    my $before;

    for (1 .. $attempts) {
        last if ($before = $self->generations) > 0;
        select undef, undef, undef, 0.025;
    }
    kill USR1 => $self->pid;
    for (1 .. $attempts) {
        return 1 if $self->generations > $before;
        select undef, undef, undef, 0.025;
    }
    return 0;
}

sub is_running { return kill 0 => $_[0]->pid }

sub pid {
    my ($self) = @_;
    return $self->{pid} if $self->{pid};
    return if !-s "$self->{dir}/pid";
    chomp($self->{pid} = slurp("$self->{dir}/pid"));
    return $self->{pid};
}

# The processes that the server has started and that have not ended.
sub children {
    my ($self) = @_;
    my $parent = $self->pid;
    return grep { my $stat = eval { slurp("/proc/$_/stat") } // ''; $stat =~ /\A\d+ \(.*\) \w $parent /s }
        map { m{(\d+)\z} } glob '/proc/[0-9]*';
}

# Wait up to two seconds until each child has started its threads. A child of a threaded MPM
# that gets SIGTERM before that frees its memory in the signal handler, in the middle of its
# start and beside the thread of mod_watchdog, and may crash. This is httpd's own.
sub wait_for_threads {
    my ($self) = @_;
    return if mpm() eq 'prefork';
    for (1 .. 80) {
        return if !grep { (eval { slurp("/proc/$_/status") } // '') =~ /^Threads:\s+[123]$/m } $self->children;
        select undef, undef, undef, 0.025;
    }
    return;
}

# Wait until no child of prefork has a connection, for up to two seconds.
sub wait_for_tunnels {
    my ($self) = @_;
    return if mpm() ne 'prefork' || $self->{stopped} || !$self->pid;
    for (1 .. 80) {
        my %state = map { /\A\s*\d+:\s+\S+\s+\S+\s+(\S+)(?:\s+\S+){5}\s+(\d+)/ ? ($2 => $1) : () } split /\n/, slurp('/proc/net/tcp');
        my @open = map { my $pid = $_; map { (readlink($_) // '') =~ /\Asocket:\[(\d+)\]/ ? $1 : () } glob "/proc/$pid/fd/*" } $self->children;
        return if !grep { ($state{$_} // '0A') ne '0A' } @open; # 0A: it listens
        select undef, undef, undef, 0.025;
    }
    return;
}

# Wait until it accepts connections on its first port.
sub wait_until_ready {
    my ($self) = @_;
    my ($port) = @{ $self->{ports} // ['port'] };
    push @running, $self;
    for (1 .. $attempts) {
        return $self if $self->pid && IO::Socket::INET->new(
            "127.0.0.1:$self->{port}{$port}");
        select undef, undef, undef, 0.025;
    }
    die "httpd $self->{name} does not answer\n";
}

# Make it end; stop() waits until it has ended.
sub terminate {
    my ($self) = @_;
    my $pid = $self->pid or return;
    return if $self->{terminated};
    $self->{terminated} = time;
    kill TERM => $pid;
}

sub stop {
    my ($self) = @_;
    my $pid = $self->pid or return;
    return if $self->{stopped}++;
    $self->wait_for_threads if !$self->{terminated};
    $self->terminate;
    for (1 .. 2 * $attempts) {
        return if !kill 0 => $pid;
        select undef, undef, undef, 0.025;
    }
    kill KILL => $pid;
}

sub log_file { return "$_[0]{dir}/error_log" }
sub log_mark { return -s $_[0]->log_file // 0 }

sub log_since {
    my ($self, $mark) = @_;
    open my $log, '<', $self->log_file or die "error_log: $!\n";
    seek $log, $mark, 0;
    local $/;
    return <$log> // '';
}

# The first unexpected line of the error log about a crash, from a sanitizer, or with a
# warning of the module; or a finding of valgrind. Otherwise undef.
sub unexpected_line {
    my ($self) = @_;
    my $expected = $self->{expected} // qr/(?!)/;
    my ($found) = $self->findings;
    return $found if defined $found;
    for my $line (split /\n/, $self->log_since(0)) {
        # warnings about a configuration
        next if $line =~ /\] Warning: / || $line =~ $expected;
        return $line
            if $line =~ /exit signal|Sanitizer|runtime error:|cors_(?:policy|sources):(?:warn|error|crit|alert|emerg)/;
    }
    return;
}

# What helps to find the cause of a crash: whether the server was ending, the lines around
# the one about the crash, and the stack of the process if there are a core and gdb.
sub crash_report {
    my ($self, $line) = @_;
    return '' if $line !~ /exit signal/;
    my @lines = split /\n/, $self->log_since(0);
    my ($at) = grep { $lines[$_] eq $line } 0 .. $#lines;
    my $from = $at < 10 ? 0 : $at - 10;
    my $to = $at + 5 > $#lines ? $#lines : $at + 5;
    my $ended = $self->{terminated} ? POSIX::strftime('%H:%M:%S', localtime $self->{terminated}) : 'never';
    my $report = join '', "SIGTERM to it: $ended\n", map { "    $_\n" } @lines[ $from .. $to ];
    for my $core (glob "$self->{dir}/core*") {
        $report .= "$core:\n" . `gdb -batch -ex 'bt 40' @{[ binary() ]} $core 2>&1` =~ s/^\[New LWP .*\n//gmr;
    }
    return $report;
}

# The findings of valgrind that have a frame of the module: one of its source files, or its
# library where there is no debugging information.
sub findings {
    my ($self) = @_;
    my @found;
    for my $log (glob "$self->{dir}/under.*") {
        my $text = slurp($log) =~ s/^[=*-]{2}\d+[=*-]{2} ?//gmr;
        my @parts = split /\n\s*\n/, $text;
        if ($text =~ /^-{60}/m) {
            # helgrind: the two accesses, not the places where memory and locks were created
            @parts = map { s/\A.*?(?=^Possible data race)//msr =~ s/^ *Address 0x.*//msr } split /^-{60}-*\n/m, $text;
        }
        push @found, grep { m{\bsrc/(?:core|httpd|sources)/(?:\w+/)?\w+\.[ch]:|mod_cors_(?:policy|sources)\.(?:so|c:)} } @parts;
    }
    return @found;
}

# The MPM of the suite.
sub mpm { return $ENV{MPM} || 'event' }

# HTTP/2 needs a threaded MPM.
sub has_h2 { return mpm() ne 'prefork' }

# Start a program of t/lib, such as a backend, and wait until it listens on a port.
sub start_helper {
    my ($program, $port, %more) = @_;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>>', "$work/t/logs/helpers_out";
        open STDERR, '>&', \*STDOUT;
        delete $ENV{LD_PRELOAD};
        $ENV{$_} = $more{$_} for keys %more;
        exec $^X, "$work/t/lib/$program", $port or POSIX::_exit(127);
    }
    push @running, my $self = bless { name => $program, pid => $pid }, 'Httpd::Helper';
    for (1 .. $attempts) {
        return $self if IO::Socket::INET->new("127.0.0.1:$port");
        select undef, undef, undef, 0.025;
    }
    die "$program does not listen\n";
}

# Start a program beside the test; read_output() waits for its end.
sub start_program {
    my (@command) = @_;
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if (!$pid) {
        delete $ENV{LD_PRELOAD};
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    return $from;
}
sub read_output { my ($from) = @_; local $/; my $text = <$from> // ''; close $from; return $text }

package Httpd::Helper;

sub terminate { kill TERM => $_[0]{pid} if !$_[0]{terminated}++ }

sub stop {
    my ($self) = @_;
    return if $self->{stopped}++;
    $self->terminate;
    waitpid $self->{pid}, 0;
}
sub unexpected_line { return }

1;
