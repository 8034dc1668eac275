# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchPeers;

# What CORS costs in other servers: the processor time of a request, as a ratio to that of
# the same server without CORS. All servers run at the same time and are measured in
# turns, so that other load affects all of them; the median of the turns is used. A ratio
# says nothing of how fast a server is by itself.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;
use BenchTable;
use BenchThroughput;

our $turns = 9;
# the number of requests of a turn: about a quarter of a second of processor time
our %requests = (httpd => 16_000, nginx => 32_000, node => 2500);

my $app = 'https://app.example.com';
my $many = 1000;

my @preflight = ('Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: authorization,content-type,x-token');
my %request = (
    'allowed' => [ 'GET', "Origin: $app" ],
    'not allowed' => [ 'GET', 'Origin: https://www.stranger.example.com' ],
    'preflight' => [ 'OPTIONS', "Origin: $app", @preflight ],
);

# Exact origins; the requested one is the last, which a search in order finds last.
sub origins { return ((map { "https://host$_.example.com" } 2 .. $_[0]), $app) }

sub file_of_origins {
    my ($count) = @_;
    my $name = "$ENV{BENCH_TMP}/peers.$count";
    open my $file, '>', $name or die "$name: $!";
    print $file "$_\n" for origins($count);
    close $file or die $!;
    chmod 0644, $name;
    return $name;
}

# The usual recipe, for actual requests and preflights.
my $recipe = <<'END';
<Location "/api">
    SetEnvIf Origin "^https://app\.example\.com$" CORS_OK=$0
    Header always set Access-Control-Allow-Origin "%{CORS_OK}e" env=CORS_OK
    Header always set Access-Control-Allow-Credentials true env=CORS_OK
    Header always set Access-Control-Expose-Headers "X-Total, X-Page" env=CORS_OK
    Header always set Access-Control-Allow-Methods "GET, PUT, DELETE" "expr=-n env('CORS_OK') && %{REQUEST_METHOD} == 'OPTIONS'"
    Header always set Access-Control-Allow-Headers "content-type, authorization, x-token" "expr=-n env('CORS_OK') && %{REQUEST_METHOD} == 'OPTIONS'"
    Header always set Access-Control-Max-Age 600 "expr=-n env('CORS_OK') && %{REQUEST_METHOD} == 'OPTIONS'"
    Header always merge Vary Origin
</Location>
RewriteEngine On
RewriteCond %{REQUEST_METHOD} =OPTIONS
RewriteRule ^ - [R=204,L]
END

# The time in nanoseconds that a process and its children have had a processor.
sub processor_time {
    my ($pid) = @_;
    my $sum = 0;
    for my $file (map { glob "/proc/$_/task/*/schedstat" } $pid, split ' ', `pgrep -P $pid`) {
        my ($time) = BenchHttpd::slurp($file) =~ /^(\d+)/ or next;
        $sum += $time;
    }
    return $sum;
}

sub load {
    my ($server, $method, @fields) = @_;
    my $output = BenchThroughput::run('h2load', '--h1', '-t1', '-c8', "-n$requests{ $server->{kind} }", map({ ('-H', $_) } @fields),
        $method eq 'GET' ? () : ('-H', ":method: $method"), "http://127.0.0.1:$server->{port}/api/small.txt");
    die "$server->{name}: h2load: $output\n" if $output !~ /\b0 failed, 0 errored/ || $output !~ /\b$requests{ $server->{kind} } 2xx, 0 3xx, 0 4xx, 0 5xx/;
}

sub time_of {
    my ($server, @request) = @_;
    my $before = processor_time($server->{pid});
    load($server, @request);
    return processor_time($server->{pid}) - $before;
}

my @started;

sub node {
    my ($framework, $file) = @_;
    my $port = BenchHttpd::free_port();
    defined(my $pid = fork) or die "fork: $!";
    if (!$pid) {
        chdir "$ENV{BENCH_TMP}/peers" or POSIX::_exit(126);
        exec 'node', 'server.js', $framework, $port, $file // () or POSIX::_exit(127);
    }
    push @started, $pid;
    BenchThroughput::wait_for($port);
    return { kind => 'node', pid => $pid, port => $port };
}

sub httpd {
    my ($name, $configuration, %options) = @_;
    my $httpd = BenchHttpd->start(%options, dir => "$ENV{BENCH_TMP}/p-$name", hosts => { x => $configuration });
    return { kind => 'httpd', pid => $httpd->{pid}, port => $httpd->{port}{x}, httpd => $httpd };
}

# The servers: name => [ the one with CORS, the same one without ].
sub servers {
    my ($one, $long) = map { file_of_origins($_) } 1, $many;
    my $policy = BenchTable::full_policy(1);
    my $file_policy = $policy =~ s/^CorsAllowOrigins .*$/CorsAllowOriginsFile $long/mr;
    # OPTIONS is answered by httpd itself
    my $bare = httpd('bare', BenchTable::section(''));
    my @nginx = map { my $count = $_;
        my ($pid, $plain, $map) = BenchThroughput::start_nginx(origins($count));
        push @started, $pid;
        [ "nginx, map of $count", map { +{ kind => 'nginx', pid => $pid, port => $_ } } $map, $plain ];
    } 1, $many;
    my ($express, $fastify) = (node('express'), node('fastify'));
    my @pairs = (
        [ 'mod_cors_policy, 1 origin', httpd('one', BenchTable::section($policy), module => $ENV{BENCH_SO}), $bare ],
        [ "mod_cors_policy, $many origins", httpd('many', BenchTable::section($file_policy), module => $ENV{BENCH_SO}), $bare ],
        [ 'SetEnvIf, Header and RewriteRule', httpd('recipe', $recipe, modules => [qw(setenvif headers rewrite)]), $bare ],
        @nginx,
        [ 'Express, 1 origin', node('express', $one), $express ],
        [ "Express, $many origins", node('express', $long), $express ],
        [ 'Fastify, 1 origin', node('fastify', $one), $fastify ],
        [ "Fastify, $many origins", node('fastify', $long), $fastify ],
    );
    for my $pair (@pairs) {
        my $name = $pair->[0];
        $_->{name} //= $name for @$pair[ 1, 2 ];
    }
    return @pairs;
}

# Whatever happens, nothing is left running.
sub stop {
    kill TERM => @started;
    waitpid $_, 0 for splice @started;
}
END {
    local $?;
    stop();
}

sub measure {
    for my $program (qw(node h2load)) {
        die "bench: $program is missing; run make deps\n" if !BenchThroughput::has($program);
    }
    my @pairs = servers();
    my %ratio;
    for my $turn (0 .. $turns) {
        for my $pair (@pairs) {
            my ($name, $with, $without) = @$pair;
            for my $kind (sort keys %request) {
                # alternate the order
                my ($first, $second) = map { time_of($_, @{ $request{$kind} }) } $turn % 2 ? ($with, $without) : ($without, $with);
                # the first turn warms the servers
                push @{ $ratio{$name}{$kind} }, $turn % 2 ? $first / $second : $second / $first if $turn;
            }
        }
    }
    stop();
    $_->{httpd} && $_->{httpd}->stop for map { @$_[ 1, 2 ] } @pairs;
    return [ map { my $name = $_->[0];
        +{ name => $name, map { ($_ => sprintf('%.3f', BenchHttpd::median(@{ $ratio{$name}{$_} })) + 0) } keys %request } } @pairs ];
}

sub show {
    my ($rows) = @_;
    printf "\n%-50s %9s %12s %10s\n", 'processor time, to the same server without CORS', 'allowed', 'not allowed', 'preflight';
    printf "%-50s %9.3f %12.3f %10.3f\n", $_->{name}, @$_{ 'allowed', 'not allowed', 'preflight' } for @$rows;
}

1;
