# Licensed under the Apache License, Version 2.0; see LICENSE.
package Database;

# Private databases for one test file: PostgreSQL and Redis. Each listens on a free port of
# loopback and on a socket in its directory, runs as the user of the tests, and ends with the
# test file. The databases of the machine are not touched.
#
#   my $db = Database::PostgreSQL->start(name => 'x');   # or Database::Redis
#   $db->{port}, $db->{dir}      the port; the directory, in which the socket is
#   $db->stop, $db->run          end it in an orderly way; start it again, with its data
#   $db->crash                   kill it
#   $db->freeze, $db->thaw       SIGSTOP and SIGCONT to all its processes
#   $db->query('SELECT 1')       what psql -At or redis-cli prints; dies if that fails
#   $db->conninfo                how a program of the test connects
use strict;
use warnings FATAL => 'all';

use Httpd ();
use IO::Socket::INET ();
use POSIX ();
use Time::HiRes qw(sleep);

my @running;
my $owner = $$;
END {
    if ($$ == $owner) {
        my $code = $?;
        $_->stop for @running;
        $? = $code;
    }
}

sub start {
    my ($class, %self) = @_;
    my $self = bless {%self}, $class;
    $self->{dir} = "$ENV{CORS_WORK}/t/run/$self->{name}-$$";
    mkdir "$ENV{CORS_WORK}/t/run";
    mkdir $self->{dir} or die "$self->{dir}: $!\n";
    $self->{port} = Httpd::free_port();
    $self->create;
    push @running, $self;
    return $self->run;
}

# Run it, and wait until it answers. Its output is appended to {dir}/log.
sub run {
    my ($self) = @_;
    my @command = $self->command;
    my $pid = $self->{pid} = fork // die "fork: $!\n";
    if (!$pid) {
        delete $ENV{LD_PRELOAD};
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        exec { $self->program } @command or POSIX::_exit(127);
    }
    # build/apache-test ends what the test could not end
    Httpd::spew("$self->{dir}/pid", "$pid\n");
    for (1 .. 400) {
        return $self if (eval { $self->query($self->{question}) } // '') eq $self->{answer};
        die "$self->{name} has ended: ", $self->log if waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.05;
    }
    die "$self->{name} does not answer: ", $self->log;
}

sub log { return Httpd::slurp("$_[0]{dir}/log") }

sub end_by {
    my ($self, $signal) = @_;
    my $pid = delete $self->{pid} or return;
    my @all = ($pid, children_of($pid));
    kill CONT => @all;
    kill $signal => $signal eq 'KILL' ? @all : $pid;
    waitpid $pid, 0;
    unlink "$self->{dir}/pid";
    return;
}
sub stop { my ($self) = @_; return $self->end_by($self->{stop}) }
sub crash { my ($self) = @_; return $self->end_by('KILL') }

sub children_of {
    my ($parent) = @_;
    return grep { my $stat = eval { Httpd::slurp("/proc/$_/stat") } // ''; $stat =~ /\A\d+ \(.*\) \w $parent /s }
        map { m{(\d+)\z} } glob '/proc/[0-9]*';
}
# The first process is stopped first, so that it starts no other.
sub freeze { my ($self) = @_; kill STOP => $self->{pid}; kill STOP => children_of($self->{pid}); return }
sub thaw { my ($self) = @_; kill CONT => children_of($self->{pid}), $self->{pid}; return }

# The output of a command. It gets a text on standard input.
sub output_of {
    my ($self, $input, @command) = @_;
    Httpd::spew("$self->{dir}/input", $input);
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if (!$pid) {
        delete $ENV{LD_PRELOAD};
        open STDIN, '<', "$self->{dir}/input";
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    my $text = do { local $/; <$from> } // '';
    close $from or die "$command[0]: $text\n";
    return $text =~ s/\n\z//r;
}

package Database::PostgreSQL;
our @ISA = 'Database';

# build/apache-test looks for the programs.
sub dir_of_programs { return $ENV{CORS_POSTGRESQL} // die "build/apache-test starts the tests\n" }
sub program { return dir_of_programs() . '/postgres' }
sub create {
    my ($self) = @_;
    $self->{stop} = 'INT'; # "fast": ends sessions
    @$self{qw(question answer)} = ('SELECT 1', '1');
    # a user "test" may do anything, without a password, from the socket; TCP needs the password
    my $log = $self->output_of('', dir_of_programs() . '/initdb', '--pgdata', "$self->{dir}/data", qw(--username test --encoding UTF8 --locale C --no-sync --auth-local trust --auth-host scram-sha-256));
    Httpd::spew("$self->{dir}/initdb", $log);
    return;
}
sub command {
    my ($self) = @_;
    # with its path: it looks for its own files there
    return ($self->program, '-D', "$self->{dir}/data", '-p', $self->{port}, '-k', $self->{dir}, '-h', '127.0.0.1',
        map { ('-c', $_) } qw(fsync=off jit=off max_connections=60 shared_buffers=16MB dynamic_shared_memory_type=mmap logging_collector=off), @{ $self->{settings} // [] });
}
sub query {
    my ($self, $sql, %on) = @_;
    return $self->output_of($sql, dir_of_programs() . '/psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-h', $self->{dir}, '-p', $self->{port}, '-U', 'test', '-d', $on{dbname} // 'postgres', '-f', '-');
}
sub conninfo { my ($self) = @_; return "host=$self->{dir} port=$self->{port} user=test dbname=postgres" }

package Database::Redis;
our @ISA = 'Database';

# Debian has redis-server in a package that starts a service; the same program is in
# redis-tools, under another name.
sub program { return (grep { -x } map { my $dir = $_; map { "$dir/$_" } qw(redis-server valkey-server redis-check-rdb) } split /:/, "$ENV{PATH}:/usr/sbin")[0] // die "there is no redis-server; make deps\n" }
sub create { my ($self) = @_; $self->{stop} = 'TERM'; @$self{qw(question answer)} = qw(PING PONG); return }
sub command {
    my ($self) = @_;
    return ('redis-server', '--port', $self->{port}, qw(--bind 127.0.0.1 --save), '', qw(--appendonly yes --appendfsync no --unixsocket), "$self->{dir}/socket", '--dir', $self->{dir}, @{ $self->{settings} // [] });
}
# A line is a command of redis-cli. An error is an exception.
sub query {
    my ($self, $text) = @_;
    my $answer = $self->output_of($text =~ s/\n?\z/\n/r, 'redis-cli', '-e', '-s', "$self->{dir}/socket", $self->{password} ? ('--no-auth-warning', '-a', $self->{password}) : ());
    die "redis-cli: $answer\n" if $answer =~ /^(?:AUTH failed|Could not connect|Error:|[A-Z]{3,} )/m;
    return $answer;
}
sub conninfo { my ($self) = @_; return "127.0.0.1:$self->{port}" }

1;
