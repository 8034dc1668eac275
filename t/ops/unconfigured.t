# Licensed under the Apache License, Version 2.0; see LICENSE.
# A server with the module loaded and not configured answers byte for byte as
# one without the module, but for the date.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use IO::Socket::INET ();

my ($logs, $conf, $root) = @{ Apache::Test::config()->{vars} }{qw(t_logs t_conf documentroot)};
my $origin = "Origin: https://app.example\r\n";
my @requests = (
    "GET /plain.txt HTTP/1.1\r\n",
    "GET /plain.txt HTTP/1.1\r\n$origin",
    "GET /nothing HTTP/1.1\r\n$origin",
    "GET /dir HTTP/1.1\r\n$origin",
    "GET /plain.txt HTTP/1.1\r\n${origin}Range: bytes=0-1\r\n",
    "OPTIONS /plain.txt HTTP/1.1\r\n${origin}Access-Control-Request-Method: PUT\r\n",
    "GET /plain.txt HTTP/1.1\r\n${origin}Upgrade: websocket\r\n",
);

plan tests => scalar @requests;

sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die $!;
    return $socket->sockport;
}

# The answers of a private httpd; without the module if $without is true.
sub answers {
    my ($port, $without) = @_;
    my $file = "$logs/absent.conf";

    open my $base, '<', "$conf/base.conf" or die $!;
    open my $out, '>', $file or die $!;
    print $out "ServerRoot $logs\nServerName localhost\nPidFile $logs/absent.pid\n",
        "DefaultRuntimeDir $logs\nListen 127.0.0.1:$port\n",
        "ErrorLog $logs/absent_log\nDocumentRoot $root\n";
    print $out grep { !$without || !/cors_policy/ } <$base>;
    print $out "TypesConfig /dev/null\n";
    close $out or die $!;
    unlink "$logs/absent.pid";
    system("$ENV{CORS_HTTPD} -f $file") == 0 or die "httpd does not start: $file";

    my @answers;
    for my $request (@requests) {
        my $socket;
        for (1 .. 100) {
            $socket = IO::Socket::INET->new("127.0.0.1:$port") and last;
            select undef, undef, undef, 0.05;
        }
        die "no httpd on $port" if !$socket;
        print $socket "${request}Host: localhost\r\nConnection: close\r\n\r\n";
        my $answer = do { local $/; <$socket> };
        $answer =~ s/^Date: .*\r\n//m;
        # the order of Allow is that of a hash seeded anew at each start
        $answer =~ s/^(Allow: )(.*)\r$/$1 . join(',', sort split m{,}, $2) . "\r"/me;
        push @answers, $answer;
    }
    open my $pid, '<', "$logs/absent.pid" or die $!;
    chomp(my $number = <$pid>);
    kill TERM => $number;
    for (1 .. 100) { last if !kill 0 => $number; select undef, undef, undef, 0.05 }
    return @answers;
}

local $ENV{LD_PRELOAD} = $ENV{SANITIZER} if $ENV{SANITIZER};
my $port = free_port();
my @without = answers($port, 1);
my @with = answers($port, 0);
for my $i (0 .. $#requests) {
    my ($line) = $requests[$i] =~ /\A(.*?) HTTP/;
    is($with[$i], $without[$i], "request $i, $line: the module is not to be seen");
}
