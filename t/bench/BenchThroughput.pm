# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchThroughput;

# Requests per second, as ratios of two servers. The servers are measured in turns, so
# that other load affects all of them, and the median is used. Only the ratios mean
# something, not the absolute numbers.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;
use BenchTable;
use IO::Socket::INET ();
use POSIX ();

our ($turns, $seconds, $requests) = (11, 1, 10_000);

my $app = 'https://app.example.com';
my @preflight = ('OPTIONS', 'Access-Control-Request-Method: PUT',
    'Access-Control-Request-Headers: authorization,content-type,x-token');

# A usual configuration without the module.
my $recipe = <<'END';
<Location "/api">
    SetEnvIf Origin "^https://app\.example\.com$" CORS_OK=$0
    Header set Access-Control-Allow-Origin "%{CORS_OK}e" env=CORS_OK
    Header merge Vary Origin
</Location>
END

sub rewrite_map {
    my $map = "$ENV{BENCH_TMP}/origins.map";
    open my $text, '>', "$map.txt" or die $!;
    print $text BenchTable::origin_at($_), " 1\n" for 0 .. 9_999;
    close $text;
    my ($tool) = grep { -x } map { "$_/httxt2dbm" } split /:/, $ENV{PATH};
    return if !$tool || system "$tool -f SDBM -i $map.txt -o $map.dbm >/dev/null 2>&1";
    return <<"END";
RewriteEngine On
RewriteMap origins dbm=sdbm:$map.dbm
RewriteCond "\${origins:%{HTTP:Origin}}" =1
RewriteRule ^ - [E=CORS_OK:%{HTTP:Origin}]
Header set Access-Control-Allow-Origin "%{CORS_OK}e" env=CORS_OK
Header merge Vary Origin
END
}

sub wrk {
    my ($port, @headers) = @_;
    my @command = ('wrk', '-t1', '-c8', "-d${seconds}s");
    if ($headers[0] eq 'OPTIONS') {
        my $script = "$ENV{BENCH_TMP}/options.lua";
        open my $lua, '>', $script or die $!;
        print $lua qq{wrk.method = "OPTIONS"\n};
        close $lua;
        push @command, '-s', $script;
        shift @headers;
    }
    else { shift @headers }
    push @command, map { ('-H', $_) } @headers;
    my $output = run(@command, "http://127.0.0.1:$port/api/small.txt");
    my ($rate) = $output =~ m{^Requests/sec:\s+([\d.]+)}m or die "wrk: $output\n";
    # refused and reset connections would make a server look fast
    die "wrk: $output\n" if $output =~ /Socket errors/;
    return $rate;
}

sub h2load {
    my ($port, @headers) = @_;
    my $method = shift @headers;
    my @command = ('h2load', '-t1', '-c8', '-m8', "-n$requests", map { ('-H', $_) } @headers);
    push @command, '-H', ":method: $method" if $method ne 'GET';
    my $output = run(@command, "http://127.0.0.1:$port/api/small.txt");
    my ($rate) = $output =~ m{([\d.]+) req/s} or die "h2load: $output\n";
    die "h2load: $output\n" if $output !~ /\b0 failed, 0 errored/;
    return $rate;
}

sub run {
    open my $from, '-|', @_ or die "$_[0]: $!";
    local $/;
    my $output = <$from>;
    close $from;
    return $output;
}

sub has { my ($name) = @_; return grep { -x "$_/$name" } split /:/, $ENV{PATH} }

# The median ratio of two servers, for a client function and a request.
sub compare {
    my ($load, $one, $other, @request) = @_;
    my (@ones, @others);
    for (1 .. $turns) {
        push @ones, $load->($one, @request);
        push @others, $load->($other, @request);
    }
    return sprintf('%.3f', BenchHttpd::median(map { $ones[$_] / $others[$_] } 0 .. $#ones)) + 0;
}

sub measure {
    my $section = BenchTable::section(BenchTable::full_policy(1));
    my @servers;
    my $server = sub {
        my ($name, %more) = @_;
        push @servers, my $httpd = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/$name", %more);
        return $httpd->{port};
    };
    my @get = ('GET', "Origin: $app");
    my @asked = (shift @{ [@preflight] }, "Origin: $app", @preflight[1, 2]);
    my $bare = $server->('t-bare', hosts => { x => BenchTable::section('') })->{x};
    my $with = $server->('t-with', module => $ENV{BENCH_SO}, hosts => { x => $section })->{x};
    my $recipes = $server->('t-recipe', modules => [qw(setenvif headers rewrite)],
        hosts => { x => $recipe, map => rewrite_map() // '' });
    my %ratio;

    if (has('wrk')) {
        $ratio{'actual, to bare httpd (wrk)'} = compare(\&wrk, $with, $bare, @get);
        $ratio{'preflight, to bare httpd (wrk)'} = compare(\&wrk, $with, $bare, @asked);
        $ratio{'actual, to SetEnvIf and Header (wrk)'} = compare(\&wrk, $with, $recipes->{x}, @get);
        $ratio{'actual, to a RewriteMap dbm of 10,000 (wrk)'}
            = compare(\&wrk, $with, $recipes->{map}, @get) if rewrite_map();
        nginx(\%ratio, \@get);
    }
    if (has('h2load') && -e "$ENV{BENCH_MODULES}/mod_http2.so") {
        my $h2 = { modules => ['http2'], global => "Protocols h2c http/1.1\nH2Direct on\n" };
        my $bare2 = $server->('t-bare2', %$h2, hosts => { x => BenchTable::section('') })->{x};
        my $with2 = $server->('t-with2', %$h2, module => $ENV{BENCH_SO}, hosts => { x => $section })->{x};
        $ratio{'actual, HTTP/2, to bare httpd (h2load)'} = compare(\&h2load, $with2, $bare2, @get);
        $ratio{'preflight, HTTP/2, to bare httpd (h2load)'} = compare(\&h2load, $with2, $bare2, @asked);
    }
    $_->stop for @servers;
    return \%ratio;
}

# Start nginx, without and with its map recipe. Returns its process and both ports.
sub start_nginx {
    my (@origins) = @_;
    my $dir = "$ENV{BENCH_TMP}/nginx" . @origins;
    my ($plain, $map) = (BenchHttpd::free_port(), BenchHttpd::free_port());
    mkdir $dir and mkdir "$dir/html" and mkdir "$dir/html/api" or die "$dir: $!";
    open my $file, '>', "$dir/html/api/small.txt" or die $!;
    print $file 'x' x 100;
    close $file;
    my $origins = join '', map { qq{"$_" \$http_origin; } } @origins;
    open my $conf, '>', "$dir/nginx.conf" or die $!;
    print $conf <<"END";
daemon off;
worker_processes 2;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 256; }
http {
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir;
    uwsgi_temp_path $dir; scgi_temp_path $dir;
    map_hash_max_size 65536; map_hash_bucket_size 128;
    map \$http_origin \$cors { default ""; $origins }
    server {
        listen 127.0.0.1:$plain; root $dir/html;
        location /api/ { if (\$request_method = OPTIONS) { return 204; } }
    }
    server {
        listen 127.0.0.1:$map; root $dir/html;
        location /api/ {
            add_header Access-Control-Allow-Origin \$cors always;
            add_header Vary Origin always;
            if (\$request_method = OPTIONS) {
                add_header Access-Control-Allow-Origin \$cors always;
                add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
                add_header Access-Control-Allow-Headers "content-type, authorization, x-token" always;
                add_header Access-Control-Max-Age 600 always;
                add_header Vary Origin always;
                return 204;
            }
        }
    }
}
END
    close $conf;
    system "chmod -R a+rX $dir";
    my $pid = fork // die $!;
    if (!$pid) { exec $ENV{BENCH_NGINX}, '-c', "$dir/nginx.conf", '-p', $dir or POSIX::_exit(127) }
    wait_for($map);
    return ($pid, $plain, $map);
}

sub wait_for {
    my ($port) = @_;
    for (1 .. 400) {
        return if IO::Socket::INET->new("127.0.0.1:$port");
        select undef, undef, undef, 0.05;
    }
    die "no server on port $port\n";
}

# nginx with its map recipe, compared with nginx without it.
sub nginx {
    my ($ratio, $get) = @_;
    my ($pid, $plain, $map) = start_nginx($app);
    $ratio->{'nginx with a map, to nginx without (wrk)'} = compare(\&wrk, $map, $plain, @$get);
    kill TERM => $pid;
    waitpid $pid, 0;
}

sub show {
    my ($ratio) = @_;
    printf "\n%-60s %8s\n", "requests per second, as a ratio", '';
    printf "%-60s %8.3f\n", $_, $ratio->{$_} for sort keys %$ratio;
}

1;
