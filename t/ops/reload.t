# Licensed under the Apache License, Version 2.0; see LICENSE.
# Files of origins that change while httpd runs.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response);
use Httpd ();
use Tools qw(replace_file);
use Time::HiRes qw(sleep time);

my $interval = 0.2;
my $path = "$ENV{CORS_WORK}/t/logs/live.origins";
my @always = ('https://always.example', 'https://*.always.example');

# as an administrator should: beside it, then in its place
sub replace {
    replace_file($path, @_);
}
# a frame, which counts as soon as it is whole
my $version = 0;
sub replace_by_frame {
    $version++;
    replace("begin $version", @_, 'end ' . @_);
}
replace(@always, 'https://first.example');
(my $public = $path) =~ s/live/public/;
Httpd::spew($public, "https://friend.example\n");

my $httpd = Httpd->start(name => 'reload', ports => ['port'],
    expected => qr/CorsAllowOriginsFile: |contradictory-policy|public suffix/, # the mistakes that are made below
    text => <<"CONF");
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:info
StartServers 4
<IfModule !prefork.c>
MinSpareThreads 100
MaxSpareThreads 400
</IfModule>
<IfModule prefork.c>
ServerLimit 400
</IfModule>
MaxRequestWorkers 400
CorsAllowOriginsFileReload 200ms
CorsPolicy On
CorsAllowCredentials On
CorsAllowOriginsFile $path
<Location "/public">
    CorsAllowOriginsFile $public
    CorsAllowCredentials Off
</Location>
# of these two only a request knows that they meet
<LocationMatch "^/public/private">
    CorsAllowCredentials On
</LocationMatch>
CONF
my @to = (h1 => $httpd->{port}{port});
sub allows {
    my ($origin) = @_;
    return defined cors_response(\@to, GET => '/plain.txt', origin => $origin)->{'access-control-allow-origin'};
}
# Whether every child comes to say so in time, and none has another opinion then.
sub comes_to {
    my ($origin, $expected) = @_;
    my $until = time + 20;
    until (allows($origin) == $expected) {
        return 0 if time > $until;
        sleep 0.05;
    }
    return 40 == grep { allows($origin) == $expected } 1 .. 40;
}
sub public_allows {
    my ($at, $origin) = @_;
    return cors_response(\@to, GET => "/public$at", origin => $origin)->{'access-control-allow-origin'} ? 1 : 0;
}
# a file counts once it has been unchanged for two seconds
sub settled { sleep 2 + 5 * $interval }

plan tests => 33;
ok(allows('https://first.example'), 'the first list counts');
ok(!allows('https://second.example'), 'and lists no more');

my $mark = $httpd->log_mark;
replace(@always, 'https://second.example');
ok(comes_to('https://second.example', 1), 'a changed file counts in all children');
ok(comes_to('https://first.example', 0), 'what it does not list any more is not allowed in any');
like($httpd->log_since($mark), qr/live\.origins is read again: 3 listed, 0 excluded/, 'the log says so');

# each bad file: the last good list is kept, and each mistake is said once
sub is_bad {
    my ($name, $spoil, @sentences) = @_;
    my $before = $httpd->log_mark;
    $spoil->();
    settled();
    my $log = $httpd->log_since($before);
    ok(allows('https://second.example') && !allows('https://third.example'), "$name: the last good list is kept");
    is(join('|', map { scalar(() = $log =~ /\Q$_\E/g) } @sentences), join('|', (1) x @sentences), "$name: said once")
        or diag($log);
}
is_bad('a mistake', sub { replace('https://third.example', 'https://third.example/', '*') },
    "live.origins:2: 'https://third.example/'", "live.origins:3: '*'", 'the last good list');
is_bad('a file that is half written', sub { Httpd::spew($path, "https://third.example\nhttps://four") },
    'live.origins:2:', '[file-cut]');
is_bad('a file that is removed', sub { unlink $path or die $! }, '[file-unreadable]');
is_bad('a directory in its place', sub { mkdir $path or die $! }); # still none
rmdir $path or die $!;
is_bad('a public suffix where credentials are sent', sub { replace('https://third.example', 'https://*.github.io') },
    "live.origins:2: 'https://*.github.io'");
is_bad('a file that nobody may read', sub { replace('https://third.example'); chmod 0, $path },
    '[file-unreadable]');


# no child can open another file for a while; the file stays as it is
sub limit_descriptors {
    my ($most) = @_;
    for my $child ($httpd->children) {
        system('prlimit', "--pid=$child", "--nofile=$most:") == 0 or die "prlimit: $?";
    }
}
replace(@always, 'https://third.example');
limit_descriptors(3);
$mark = $httpd->log_mark;
settled();
settled();
is(scalar(() = $httpd->log_since($mark) =~ /live\.origins'.*\[file-unreadable\]/g), 1, 'what passes is said once');
limit_descriptors(1024);
ok(comes_to('https://third.example', 1), 'and a good file after bad ones counts, without being touched');
$mark = $httpd->log_mark;
utime undef, undef, $path or die $!;
settled();
unlike($httpd->log_since($mark), qr/read again/, 'a file that was only touched is not read into a new list');

# many changes under load: what both lists have is allowed throughout
my $stranger = 'https://never.example';
my @load = map {
    my ($origin, $expected) = @$_;
    my $pid = fork // die $!;
    if (!$pid) {
        $SIG{TERM} = 'DEFAULT';
        my $wrong = 0;
        my $end = time + 6;
        while (time < $end) {
            my $answer = cors_response(\@to, GET => '/plain.txt', origin => $origin);
            $wrong++ if $answer->{status} != 200
                || !!defined $answer->{'access-control-allow-origin'} != !!$expected;
        }
        require POSIX;
        POSIX::_exit($wrong ? 1 : 0);
    }
    $pid;
} [ $always[0], 1 ], [ 'https://sub.always.example', 1 ], [ $stranger, 0 ];
$mark = $httpd->log_mark;
for my $round (1 .. 11) {
    replace_by_frame(@always, map { "https://round$round-$_.example" } 1 .. 1000 * $round);
    sleep 2.5 * $interval;
}
# one that shrinks so much by itself would wait
replace_by_frame(@always);
waitpid($_, 0), is($?, 0, 'no request fails, and no verdict is wrong, while lists are exchanged') for @load;
cmp_ok(scalar(() = $httpd->log_since($mark) =~ /read again: .*, version \d+$/mg), '>=', 5, 'and they were');

# what a request puts together of several sections is as careful as start-up
my $github = 'https://anybody.github.io';
$mark = $httpd->log_mark;
Httpd::spew($public, "https://friend.example\nhttps://*.github.io\n");
settled();
is_deeply([ map { public_allows($_, $github) } '', '/private' ], [ 0, 0 ], 'a public suffix does not come into a list that had none');
like($httpd->log_since($mark), qr/public\.origins:2: 'https:\/\/\*\.github\.io' is a wildcard on a public suffix, .* restart gracefully/,
    'and the log says what to do');
ok($httpd->graceful, 'a graceful restart');
my $until = time + 10;
sleep 0.05 while !public_allows('', $github) && time < $until;
is_deeply([ map { public_allows($_, $github) } '', '/private' ], [ 1, 0 ], 'then it counts, without credentials alone');

# a file that is written all the time is said to be
$mark = $httpd->log_mark;
for (1 .. 30) {
    replace(@always, 'https://third.example');
    sleep $interval / 2;
}
is(scalar(() = $httpd->log_since($mark) =~ /live\.origins changes oftener than it is looked at/g), 1, 'a file that never keeps still is warned of once');
settled();

# a restart keeps the list in force while the file is being written
Httpd::spew($path, "$always[0]\nhttps://fou");
my $writer = fork // die $!;
if (!$writer) {
    sleep 0.6;
    replace(@always, 'https://fourth.example');
    require POSIX;
    POSIX::_exit(0);
}
replace(@always, 'https://fourth.example');
$mark = $httpd->log_mark;
ok($httpd->graceful, 'a graceful restart');
ok(allows('https://third.example'), 'keeps the list in force');
like($httpd->log_since($mark), qr/the list in force of \S+live\.origins is kept until the file can be loaded/, 'which is logged');
ok(comes_to('https://fourth.example', 1), 'and its children read the file when it is stable');
