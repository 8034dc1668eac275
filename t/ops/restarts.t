# Licensed under the Apache License, Version 2.0; see LICENSE.
# Graceful restarts under load: no request fails, no header is wrong, and after a hundred
# restarts the parent is not larger.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use POSIX ();
use Test::More;
use Time::HiRes ();
use Client qw(cors_response preflight_vary send_request);
use Httpd ();

my $app = 'https://app.example';
my $evil = 'https://app.example.evil';
my $seconds = $ENV{RESTART_SECONDS} || 6;
my $restarts = $ENV{RESTARTS} || 100;
my $httpd = Httpd->start(
    name => 'restarts', conf => 'restarts.conf',
    vars => { origins => join ' ', map { "https://o$_.example https://*.w$_.example" } 1 .. 200 });
my $port = $httpd->{port}{port};
my $url = "http://127.0.0.1:$port/plain.txt";

# --- under load, a restart every second
my @load = map { my ($origin, $expected) = @$_;
    [ $origin, Httpd::start_program('wrk', '-t1', '-c4', "-d${seconds}s", '--timeout', '10s',
        '-s', "$ENV{CORS_WORK}/t/lib/check.lua", $url, '--', $origin, $expected) ]
} [ $app, $app ], [ 'https://a.w17.example', 'https://a.w17.example' ], [ $evil, 'nothing' ];

my $until = Time::HiRes::time() + $seconds - 1;
my $h2 = Httpd::has_h2();
my ($count, %h2) = (0);
# a restart for each second except two, however long the restarts take
while (Time::HiRes::time() < $until || $count < $seconds - 2) {
    my $next = Time::HiRes::time() + 1;
    # a restart may close a connection of HTTP/2: one request on each
    my $streams = $h2 ? Httpd::start_program('h2load', '-n', 60, '-c', 60, '-m', 1, '-t', 1,
        '-H', "origin: $app", $url) : undef;
    $httpd->graceful or die "httpd does not come back from a graceful restart\n";
    $count++;
    is_deeply(cors_response([ h1 => $port ], OPTIONS => '/private.txt',
        origin => $app, acrm => 'PUT', acrh => 'x-private'), { status => 204, preflight_vary(),
        'access-control-allow-origin' => $app, 'access-control-allow-credentials' => 'true',
        'access-control-allow-methods' => 'GET, HEAD, PUT, POST, PROPFIND',
        'access-control-allow-headers' => 'Content-Type, X-Token, X-Private',
        'access-control-max-age' => 60 }, "after restart $count under load a preflight is right");
    if ($h2) {
        is_deeply(cors_response([ h2c => $port ], GET => '/plain.txt', origin => $app),
            { status => 200, vary => 'Origin', 'access-control-allow-origin' => $app,
              'access-control-allow-credentials' => 'true',
              'access-control-expose-headers' => 'X-Total' },
            "after restart $count under load HTTP/2 has the whole set");
        my $printed = Httpd::read_output($streams);
        $printed =~ /requests: (\d+) total, .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/
            or die "h2load: $printed\n";
        $h2{total} += $1;
        $h2{bad} += $3 + $4 + $5;
        my ($ok) = $printed =~ /status codes: (\d+) 2xx/;
        $h2{other} += $1 - $ok;
    }
    my $rest = $next - Time::HiRes::time();
    Time::HiRes::sleep($rest) if $rest > 0;
}
cmp_ok($count, '>=', $seconds - 2, "there were restarts ($count)");
for (@load) {
    my ($origin, $from) = @$_;
    my $printed = Httpd::read_output($from);
    my %number = $printed =~ /(\w+)=(\d+)/g;
    cmp_ok($number{seen} // 0, '>', 100, "wrk: there was load from $origin (" . ($number{seen} // $printed) . ')');
    is_deeply([ @number{qw(wrong connect read write status timeout)} ], [ (0) x 6 ],
        "wrk: no request of $origin failed, and no response had a wrong header");
}
if ($h2) {
    cmp_ok($h2{total}, '>=', 60, "h2load: there were streams ($h2{total})");
    is_deeply([ @h2{qw(bad other)} ], [ 0, 0 ], 'h2load: no stream failed');
}

# --- a hundred restarts
sub size {
    my ($pid) = @_;
    my ($resident) = Httpd::slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB/m;
    opendir my $dir, "/proc/$pid/fd" or die "/proc/$pid/fd: $!\n";
    return ($resident, scalar grep { /\A\d/ } readdir $dir);
}
my @sizes;
for my $n (1 .. $restarts) {
    $httpd->graceful or die "httpd does not come back from a graceful restart\n";
    send_request([ h1 => $port ], GET => '/plain.txt', origin => $app) if $n % 10 == 0;
    push @sizes, [ size($httpd->pid) ] if $n == int($restarts / 5) || $n == $restarts;
}
my ($early, $late) = @sizes;
note("after a fifth: $early->[0] kB, $early->[1] descriptors; "
    . "after $restarts: $late->[0] kB, $late->[1] descriptors");
cmp_ok($late->[0] - $early->[0], '<', 512 * ($ENV{SANITIZER} ? 100 : 1),
    "memory of the parent is flat over $restarts restarts ($early->[0] kB, $late->[0] kB)");
is($late->[1], $early->[1], "file descriptors are the same after $restarts restarts");
is_deeply(cors_response([ h1 => $port ], GET => '/plain.txt', origin => 'https://x.regex.example'), { status => 200, vary => 'Origin',
    'access-control-allow-origin' => 'https://x.regex.example',
    'access-control-allow-credentials' => 'true', 'access-control-expose-headers' => 'X-Total' },
    'the policy is the same after all restarts');

done_testing();
