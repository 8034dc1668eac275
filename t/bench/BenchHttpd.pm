# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchHttpd;

# A private httpd on loopback for the benchmark. Each measured configuration has its
# own virtual host on its own port, so that it does not add to the cost of another.
# Runs natively or, with -X, under callgrind.
use strict;
use warnings FATAL => 'all';

use Cwd 'abs_path';
use File::Path 'make_path';
use IO::Socket::INET ();
use POSIX ':sys_wait_h';
use Time::HiRes qw(sleep time);

# The functions that read and answer a request are counted, not the synchronisation
# of the MPM's threads.
#
# The number of requests before counting, then the number of counts, and of requests in
# each of them. The counts differ, because httpd's allocator hands out its blocks in a
# varying order, and because httpd formats the date once a second. So the median is used.
our ($warm, $counts, $times) = (10, 9, 4);

# dir: its directory; hosts: name -> configuration; modules: further modules of httpd;
# module: the path of mod_cors_policy.so, or undef; valgrind: run under callgrind;
# global: configuration outside the virtual hosts; limit_size: LimitRequestFieldSize;
# all: count everything that the process does, as mod_http2 has threads of its own.
# In a configuration, @root@ is the document root.
sub start {
    my ($class, %self) = @_;
    my $self = bless { again => 0, %self }, $class;

    make_path("$self->{dir}/htdocs/api");
    $self->{dir} = abs_path($self->{dir});
    open my $file, '>', "$self->{dir}/htdocs/api/small.txt" or die $!;
    print $file 'x' x 100;
    close $file;
    # for mod_mime
    open $file, '>', "$self->{dir}/mime.types" or die $!;
    print $file "text/plain txt\n";
    close $file;
    $self->{port} = { map { $_ => free_port() } keys %{ $self->{hosts} },
        $self->{valgrind} ? 'control' : () };
    $self->configure;

    my @command = ($ENV{BENCH_HTTPD}, '-f', "$self->{dir}/httpd.conf");
    push @command, '-X' if $self->{valgrind};
    push @command, '-DFOREGROUND' if !$self->{valgrind};
    unshift @command, qw(valgrind --tool=callgrind --instr-atstart=no -q),
        $self->{all} ? () : map({ "--toggle-collect=$_" } qw(ap_read_request ap_process_async_request)),
        "--callgrind-out-file=$self->{dir}/callgrind.out"
        if $self->{valgrind};
    my $began = time;
    defined($self->{pid} = fork) or die "fork: $!";
    if (!$self->{pid}) {
        open STDOUT, '>', "$self->{dir}/out" or die $!;
        open STDERR, '>&', \*STDOUT or die $!;
        exec @command or die "$command[0]: $!";
    }
    my ($any) = values %{ $self->{port} };
    until (eval { $self->connect_to($any) }) {
        if (waitpid($self->{pid}, WNOHANG) || time - $began > 300) {
            $self->stop;
            my $output = slurp("$self->{dir}/out");
            # another process has taken the port in the meantime
            return $class->start(%self, again => $self->{again} + 1)
                if $output =~ /Address already in use/ && !$self->{global} && $self->{again} < 5;
            die "httpd did not start:\n$output";
        }
        sleep 0.05;
    }
    $self->{started_in} = time - $began;
    return $self;
}

sub configure {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $root = $ENV{BENCH_MODULES};
    my %source = (mpm_event => 'event.c');
    my $conf = <<"END";
ServerRoot $dir
ServerName localhost
PidFile $dir/pid
ErrorLog $dir/error_log
LogLevel warn
DocumentRoot $dir/htdocs
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
Timeout 60
EnableMMAP Off
END
    for my $name (qw(mpm_event unixd authz_core), @{ $self->{modules} || [] }) {
        my $c = $source{$name} || "mod_$name.c";
        $conf .= "<IfModule !$c>\nLoadModule ${name}_module $root/mod_$name.so\n</IfModule>\n"
            if -e "$root/mod_$name.so";
    }
    if ($self->{valgrind}) {
        $conf .= "LoadModule bench_control_module $ENV{BENCH_CONTROL}\n"
            . "ThreadLimit 8\nThreadsPerChild 8\nMaxRequestWorkers 8\n"
            . "<VirtualHost 127.0.0.1:$self->{port}{control}>\n"
            . "SetHandler bench-control\n</VirtualHost>\n";
    }
    else {
        $conf .= "StartServers 2\nMinSpareThreads 1\nMaxSpareThreads 64\n"
            . "ThreadLimit 32\nThreadsPerChild 32\nMaxRequestWorkers 64\n";
    }
    $conf .= "LimitRequestFieldSize $self->{limit_size}\nLimitRequestFields 0\n"
        if $self->{limit_size};
    $conf .= "User nobody\nGroup #$ENV{BENCH_GID}\n" if $> == 0;
    $conf .= "LoadModule cors_policy_module $self->{module}\n" if $self->{module};
    $conf .= $self->{global} || '';
    $conf .= "Listen 127.0.0.1:$_\n" for values %{ $self->{port} };
    for my $name (sort keys %{ $self->{hosts} }) {
        $conf .= "<VirtualHost 127.0.0.1:$self->{port}{$name}>\n"
            . "$self->{hosts}{$name}\n</VirtualHost>\n";
    }
    $conf =~ s/\@root\@/$dir\/htdocs/g;
    open my $file, '>', "$dir/httpd.conf" or die $!;
    print $file $conf;
    close $file or die $!;
    # if root starts the server, it runs as the user nobody, and callgrind writes as nobody
    if ($> == 0) {
        chmod 0755, $dir;
        chown scalar getpwnam("nobody"), $ENV{BENCH_GID}, $dir;
    }
}

sub stop {
    my ($self) = @_;
    return if !$self->{pid};
    kill TERM => $self->{pid} if !waitpid $self->{pid}, WNOHANG;
    waitpid $self->{pid}, 0;
    delete $self->{pid};
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    $self->stop;
}

# Parallel processes use separate ports: all of them start with the same random
# numbers, so one could connect to the server of another.
our ($lane, $lanes) = (0, 1);

my %taken;
sub free_port {
    for (1 .. 1000) {
        # below the ephemeral ports
        my $port = 20000 + $lanes * int(rand 12000 / $lanes) + $lane;
        next if $taken{$port}++;
        my $free = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1);
        return $port if $free;
    }
    die "no free port on loopback\n";
}

sub slurp {
    my $text = '';
    for my $name (@_) {
        open my $file, '<', $name or next;
        local $/;
        $text .= <$file> // '';
    }
    return $text;
}

sub connect_to {
    my ($self, $port) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
        Timeout => 30) || die "connect to $port: $!\n";
}

# Send a request over an open connection. Returns the whole response.
sub exchange {
    my ($socket, $request) = @_;
    my $answer = '';
    my $sent = 0;

    while ($sent < length $request) {
        my $n = syswrite $socket, $request, length($request) - $sent, $sent;
        die "httpd closed the connection: $!\n" if !$n;
        $sent += $n;
    }
    for (;;) {
        my $n = sysread $socket, $answer, 65536, length $answer;
        die "no answer to a request: " . ($! || 'closed') . "\n$answer" if !$n;
        my $head = index $answer, "\r\n\r\n";
        next if $head < 0;
        return $answer if $answer =~ m{\AHTTP/1.1 (?:204|304)};
        if (substr($answer, 0, $head) =~ /^transfer-encoding: chunked/mi) {
            return $answer if $answer =~ /\r\n0\r\n\r\n\z/;
            next;
        }
        my ($length) = substr($answer, 0, $head) =~ /^content-length: (\d+)/mi
            or die "an answer without length: $answer";
        return $answer if length $answer >= $head + 4 + $length;
    }
}

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ @sorted / 2 ] }

sub control {
    my ($self, $uri) = @_;
    $self->{control} ||= $self->connect_to($self->{port}{control});
    exchange($self->{control}, "GET $uri HTTP/1.1\r\nHost: control\r\n\r\n");
}

# The instructions that httpd needs for one request, and the response. Each dump also
# counts one control request.
sub count {
    my ($self, $host, $request) = @_;
    my $socket = $self->connect_to($self->{port}{$host});
    my $answer;

    if (!$self->{counting}++) {
        $self->control('/start');
        $self->dump_as('/begin') for 1 .. 3;
        $self->{control_cost} = $self->dump_as('/control');
    }
    exchange($socket, $request) for 1 .. $warm;
    my @totals;
    for (1 .. $counts) {
        $self->dump_as('/begin');
        $answer = exchange($socket, $request) for 1 .. $times;
        push @totals, $self->dump_as('/end') - $self->{control_cost};
    }
    return (int(median(@totals) / $times + 0.5), $answer);
}

# The instructions between the start and the end of a function.
sub count_during {
    my ($self, $function) = @_;
    $self->control('/start') if !$self->{counting}++;
    $self->dump_as('/begin');
    $function->();
    return $self->dump_as('/end');
}

sub dump_as {
    my ($self, $uri) = @_;
    $self->control($uri);
    return $self->dumped;
}

sub dumped {
    my ($self) = @_;
    my $file = sprintf "%s/callgrind.out.%d", $self->{dir}, ++$self->{dumps};
    my $total = total_of($file);
    unlink $file if !$ENV{BENCH_KEEP};
    return $total;
}

# The total of a dump of callgrind.
sub total_of {
    my ($file) = @_;
    my ($total) = slurp($file) =~ /^(?:totals|summary): (\d+)/m
        or die "$file: no total\n";
    return $total;
}

1;
