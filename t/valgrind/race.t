# Licensed under the Apache License, Version 2.0; see LICENSE.
# One child with many threads runs under helgrind. Its file of origins is reloaded
# again and again while requests of all kinds are decided. The test fails on a race in
# the module. `make race` compiles the module with annotations for its atomics.
#
#   RACE_SECONDS=30   the duration
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(cors_response preflight_vary send_request status_data);
use Httpd ();
use Tools qw(replace_file);

my $seconds = $ENV{RACE_SECONDS} || 30;
die "a child of prefork has no threads to race\n" if Httpd::mpm() eq 'prefork';
die "make race\n" if !$ENV{CORS_UNDER};

# annotated atomics of APR, which httpd's threads use
my $atomics = "$ENV{CORS_WORK}/t/logs/atomics.so";
my $flags = `apr-1-config --cppflags --includes`;
system("cc -O2 -g -fPIC -shared $flags -o $atomics $ENV{CORS_WORK}/t/valgrind/atomics.c" =~ s/\n/ /gr) == 0
    or die "t/valgrind/atomics.c does not compile\n";

my $always = 'https://always.example';
my $never = 'https://never.example';
my $list = "$ENV{CORS_WORK}/t/logs/race.origins";
my $lists = 0;
# a file with a frame is loaded without waiting for an interval
sub replace {
    $lists++;
    my @lines = ($always, 'https://*.wild.example', map { "https://list$lists-$_.example" } 1 .. 5000);
    replace_file($list, "begin $lists", @lines, 'end ' . @lines);
}
replace();

my $httpd = Httpd->start(name => 'race', preload => $atomics, modules => ['status'], expected => qr/CorsAllowOriginsFile: /, text => <<"CONF");
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:debug
StartServers 1
ServerLimit 1
ThreadLimit 8
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
Timeout 300
CorsAllowOriginsFileReload 100ms
CorsPolicy On
CorsAllowOriginsFile "$list"
CorsAllowOriginsMatch "https://[a-z]+\\.regex\\.example"
CorsWebSocketAllowOrigins https://word.example
DocumentRoot "\@root\@/corners"
<Directory "\@root\@/corners">
    AllowOverride FileInfo
</Directory>
<Location "/deep">
    CorsAllowCredentials On
    CorsAllowHeaders +X-Deep
    CorsRejectDisallowed On
</Location>
<Location "/deep/er">
    CorsMaxAge 60
</Location>
<LocationMatch "^/deep/er/[0-4]">
    CorsAllowCredentials Off
</LocationMatch>
<LocationMatch "^/deep/er/[3-9]">
    CorsAllowMethods GET
</LocationMatch>
<Location "/cors-policy">
    CorsPolicy Off
    SetHandler cors-policy
</Location>
<Location "/server-status">
    CorsPolicy Off
    SetHandler server-status
</Location>
CONF
my $to = [ h1 => $httpd->{port}{port} ];
my %vary = (vary => 'Origin');
my $handshake = { upgrade => 'websocket', connection => 'Upgrade, close', 'sec-websocket-version' => 13, 'sec-websocket-key' => 'MDEyMzQ1Njc4OWFiY2RlZg==' };
my @exchanges = (
    [ [ GET => '/plain.txt', origin => $always ], { status => 200, %vary, 'access-control-allow-origin' => $always } ],
    [ [ GET => '/plain.txt', origin => 'https://a.wild.example' ], { status => 200, %vary, 'access-control-allow-origin' => 'https://a.wild.example' } ],
    [ [ GET => '/plain.txt', origin => 'https://a.regex.example' ], { status => 200, %vary, 'access-control-allow-origin' => 'https://a.regex.example' } ],
    [ [ GET => '/plain.txt', origin => $never ], { status => 200, %vary } ],
    [ [ GET => '/deep', origin => $never ], { status => 403, %vary } ],
    [ [ GET => '/plain.txt', origin => $never, %$handshake ], { status => 403, %vary } ],
    [ [ GET => '/htaccess-policy/a', origin => 'https://app.example' ], { status => 200, %vary, 'access-control-allow-origin' => 'https://app.example' } ],
    [ [ OPTIONS => '/deep', origin => $always, acrm => 'PUT', acrh => 'x-deep' ], { status => 204, preflight_vary(),
        'access-control-allow-origin' => $always, 'access-control-allow-credentials' => 'true',
        'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type, X-Deep' } ],
    [ [ OPTIONS => '/deep', origin => $never, acrm => 'PUT' ], { status => 403, preflight_vary() } ],
    # several sections each, which threads merge for all requests
    (map { [ [ OPTIONS => "/deep/er/$_", origin => $always, acrm => 'GET' ], { status => 204, preflight_vary(),
        'access-control-allow-origin' => $always, $_ < 5 ? () : ('access-control-allow-credentials' => 'true'),
        'access-control-allow-methods' => $_ < 3 ? 'GET, HEAD, PUT, PATCH, POST, DELETE' : 'GET',
        'access-control-allow-headers' => 'content-type, X-Deep', 'access-control-max-age' => 60 } ] } 2, 4, 6),
    [ [ GET => '/cors-policy?format=json' ], { status => 200 } ],
    [ [ GET => '/cors-policy?view=policies' ], { status => 200 } ],
    [ [ GET => '/cors-policy?explain&url=/deep&origin=https://always.example&method=PUT' ], { status => 200 } ],
    [ [ GET => '/server-status' ], { status => 200 } ],
);
sub text_of { my ($answer) = @_; return join ' | ', map { "$_: $answer->{$_}" } sort keys %$answer }

my $until = time + $seconds;
my @clients = map {
    my $client = $_;
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if (!$pid) {
        $SIG{TERM} = 'DEFAULT';
        my $asked = 0;
        for (my $n = 3 * $client; time < $until || $asked <= $seconds; $n++) {
            my ($request, $expected) = @{ $exchanges[ $n % @exchanges ] };
            my $is = text_of(cors_response($to, @$request));
            print "wrong: @$request: $is\n" if $is ne text_of($expected);
            $asked++;
        }
        print "asked: $asked\n";
        STDOUT->flush;
        POSIX::_exit(0);
    }
    $from;
} 1 .. 5;
my $counted = 0;
while (time < $until - 4 || ($counted <= $seconds / 6 && time < $until + 120)) {
    replace();
    my $own = "https://list$lists-5000.example";
    my $late = time + 10;
    sleep 0.1 until time > $late || defined cors_response($to, GET => '/plain.txt', origin => $own)->{'access-control-allow-origin'};
    $counted++ if time <= $late;
}
my $output = join '', map { my $from = $_; local $/; scalar readline $from } @clients;
my $asked = 0;
$asked += $_ for $output =~ /asked: (\d+)/g;
is(join('', $output =~ /^(wrong: .*\n)/mg), '', "none of $asked answers is wrong");
cmp_ok($asked, '>', 5 * $seconds, 'many were asked for');
cmp_ok($counted, '>', $seconds / 6, "lists were exchanged meanwhile ($counted)");
$httpd->stop;
my @logs = glob "$httpd->{dir}/under.*";
my $findings = () = map { Httpd::slurp($_) =~ /Possible data race/g } @logs;
ok(scalar @logs, "helgrind was at work (it has $findings reports, of httpd's and APR's own memory)");
my @found = $httpd->findings;
is(scalar @found, 0, 'there is no race in the module') or diag(join "\n", @found[ 0 .. ($#found > 9 ? 9 : $#found) ]);

done_testing();
