# Licensed under the Apache License, Version 2.0; see LICENSE.
# Which decisions are logged, and how many: a policy that contradicts itself at the default
# LogLevel, refusals up to a limit for each minute. Setting the clock back does not change
# the limit.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response send_bytes);
use Httpd ();
use Tools qw(build_shim);

my $dir = "$ENV{CORS_WORK}/t/logs";
my $orders = "$dir/clocks";
my $shim = "$dir/clocks.so";
build_shim($shim, $orders);

my $good = 'https://good.example';
my $evil = 'https://evil.example';
# each <Directory> is valid by itself, and so is each <LocationMatch>
my $conf = <<"CONF";
Listen 127.0.0.1:\@port\@
MaxKeepAliveRequests 0
<IfModule !prefork.c>
StartServers 1
ThreadsPerChild 5
MaxRequestWorkers 5
MinSpareThreads 5
MaxSpareThreads 5
</IfModule>
CorsPolicy On
CorsAllowOrigins $good
<Directory "\@root\@/unlucky">
    CorsAllowCredentials On
</Directory>
<LocationMatch "^/unlucky/file\$">
    CorsAllowOrigins *
</LocationMatch>
<LocationMatch "^/unlucky/a\$">
    CorsAllowOrigins *
</LocationMatch>
CONF
my $expected = qr/contradictory/;

sub start { my ($name, $level) = @_; return Httpd->start(name => $name, preload => $shim, expected => $expected, text => "$level$conf") }
sub order { my ($clock, $seconds) = @_; Httpd::spew("$orders/$clock", $seconds) }

# Send a number of requests on one connection. Returns the number of responses.
sub send_many {
    my ($httpd, $count, $path) = @_;
    my $request = "GET $path HTTP/1.1\r\nHost: localhost\r\nOrigin: $evil\r\n";
    my $answers = send_bytes($httpd->{port}{port}, "$request\r\n" x ($count - 1) . "${request}Connection: close\r\n\r\n");
    return scalar(() = $answers =~ m{^HTTP/1\.1 200 }mg);
}

# The log lines since a mark: contradictions by path, refusals, and suppressed lines.
sub logged {
    my ($httpd, $mark) = @_;
    my $text = $httpd->log_since($mark);
    my %seen;
    $seen{ $1 // 'refusals' }++ while $text =~ /CORS: denied, (?:contradictory-policy: .*? "(\/unlucky\/\w+)";|origin-not-allowed)/g;
    $seen{"suppressed $2"} += $1 while $text =~ /CORS: suppressed (\d+) lines of (refusals|contradictory policies), because there were more than \d+ in a minute/g;
    return \%seen;
}

# --- the default LogLevel
my $httpd = start('log_default', '');
my $mark = $httpd->log_mark;
is_deeply(cors_response([ h1 => $httpd->{port}{port} ], GET => '/plain.txt', origin => $evil), { status => 200, vary => 'Origin' }, 'a refusal');
is_deeply(cors_response([ h1 => $httpd->{port}{port} ], GET => '/unlucky/file', origin => $good), { status => 200, vary => 'Origin' },
    'a policy that contradicts itself');
is_deeply(logged($httpd, $mark), { '/unlucky/file' => 1 }, 'the default LogLevel has the contradiction and not the refusal');
like($httpd->log_since($mark), qr/\[cors_policy:warn\] .*CORS: denied, contradictory-policy: origin "\Q$good\E", "GET" "\/unlucky\/file"; by CorsAllowOrigins \S+:\d+, CorsAllowCredentials \S+:\d+: /,
    'the contradiction is a warning with both lines');
$httpd->stop;

# --- refusals as well
$httpd = start('log_info', "LogLevel cors_policy:info\n");
$mark = $httpd->log_mark;
is(send_many($httpd, 650, '/plain.txt'), 650, 'a flood of refusals');
is_deeply(logged($httpd, $mark), { refusals => 600 }, '600 refusals are logged in a minute');
$mark = $httpd->log_mark;
is(send_many($httpd, 25, '/unlucky/file'), 25, 'a flood of one contradiction');
is(send_many($httpd, 1, '/unlucky/a'), 1, 'a request with another contradiction');
is_deeply(logged($httpd, $mark), { '/unlucky/file' => 10, '/unlucky/a' => 1 }, 'each contradiction has a limit of its own');

$mark = $httpd->log_mark;
order(clock => -7200);
is(send_many($httpd, 1, '/plain.txt'), 1, 'the clock is set back by two hours');
is_deeply(logged($httpd, $mark), {}, 'a clock that is set back does not reset the limit');
order(elapsed => 61);
is(send_many($httpd, 1, '/plain.txt') + send_many($httpd, 1, '/unlucky/file'), 2, 'a minute later');
is_deeply(logged($httpd, $mark), { refusals => 1, '/unlucky/file' => 1, 'suppressed refusals' => 51, 'suppressed contradictory policies' => 15 },
    'a refusal and a contradiction are logged again, with what was suppressed');

# --- over a restart, the clock still behind
is(send_many($httpd, 650, '/plain.txt'), 650, 'another flood');
ok($httpd->graceful, 'a graceful restart');
order(elapsed => 122);
$mark = $httpd->log_mark;
is(send_many($httpd, 1, '/plain.txt'), 1, 'another minute later');
is_deeply(logged($httpd, $mark), { refusals => 1, 'suppressed refusals' => 51 }, 'refusals are logged in the next minute after a restart');
unlink map { "$orders/$_" } qw(clock elapsed);
is($httpd->unexpected_line, undef, 'the error log has no unexpected line');

done_testing();
