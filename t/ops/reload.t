# Licensed under the Apache License, Version 2.0; see LICENSE.
# List files that change while httpd runs.
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

# write as an administrator should: another file, then rename it
sub replace {
    replace_file($path, @_);
}
# a frame, which is loaded as soon as it is complete
my $version = 0;
sub replace_by_frame {
    $version++;
    replace("begin $version", @_, 'end ' . @_);
}
replace(@always, 'https://first.example');
(my $public = $path) =~ s/live/public/;
Httpd::spew($public, "https://friend.example\n");

my $httpd = Httpd->start(name => 'reload', ports => ['port'],
    expected => qr/CorsAllowOriginsFile: |contradictory-policy|public suffix/, # the errors that are made below
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
# only a request shows that these two sections meet
<LocationMatch "^/public/private">
    CorsAllowCredentials On
</LocationMatch>
CONF
my @to = (h1 => $httpd->{port}{port});
sub allows {
    my ($origin) = @_;
    return defined cors_response(\@to, GET => '/plain.txt', origin => $origin)->{'access-control-allow-origin'};
}
# Whether all children allow or deny an origin after some time.
sub becomes {
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
# a file is loaded once it has been unchanged for two seconds
sub settled { sleep 2 + 5 * $interval }

plan tests => 36;
ok(allows('https://first.example'), 'the first list is in force');
ok(!allows('https://second.example'), 'the first list does not allow another origin');

my $mark = $httpd->log_mark;
replace(@always, 'https://second.example');
ok(becomes('https://second.example', 1), 'a changed file is loaded in all children');
ok(becomes('https://first.example', 0), 'an origin that a changed file does not list is not allowed in any child');
like($httpd->log_since($mark), qr/live\.origins reloaded: 3 listed, 0 excluded/, 'a reload is logged');

# A file with an error: the last good list stays in force, and each error is logged once.
sub check_bad_file {
    my ($name, $spoil, @sentences) = @_;
    my $before = $httpd->log_mark;
    $spoil->();
    settled();
    my $log = $httpd->log_since($before);
    ok(allows('https://second.example') && !allows('https://third.example'), "$name: the last good list is kept");
    is(join('|', map { scalar(() = $log =~ /\Q$_\E/g) } @sentences), join('|', (1) x @sentences), "$name: each error is logged once")
        or diag($log);
}
check_bad_file('an error', sub { replace('https://third.example', 'https://third.example/', '*') },
    "live.origins:2: 'https://third.example/'", "live.origins:3: '*'", 'the last good list');
# the file gets the list in force again
replace(@always, 'https://second.example');
my $mended = $httpd->log_mark;
settled();
settled();
like($httpd->log_since($mended), qr/cors_policy:notice.*live\.origins is valid again; the list in force is unchanged$/m, 'a corrected file with the list in force is logged');
replace(@always, 'https://second.example', '# the same list');
settled();
settled();
unlike($httpd->log_since($mended), qr/valid again.*valid again/s, 'a corrected file is logged once');
check_bad_file('a file that is half written', sub { Httpd::spew($path, "https://third.example\nhttps://four") },
    'live.origins:2:', '[file-cut]');
check_bad_file('a file that is removed', sub { unlink $path or die $! }, '[file-unreadable]');
check_bad_file('a directory in place of the file', sub { mkdir $path or die $! }); # still none
rmdir $path or die $!;
check_bad_file('a public suffix where credentials are sent', sub { replace('https://third.example', 'https://*.github.io') },
    "live.origins:2: 'https://*.github.io'");
check_bad_file('a file without read permission', sub { replace('https://third.example'); chmod 0, $path },
    '[file-unreadable]');


# a corrected file with another list
$mended = $httpd->log_mark;
replace(@always, 'https://second.example', 'https://mended.example');
ok(becomes('https://mended.example', 1) && $httpd->log_since($mended) =~ /live\.origins is valid again and reloaded: 4 listed/, 'a corrected file with another list is logged');

# for a while no child can open another file; the file does not change
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
is(scalar(() = $httpd->log_since($mark) =~ /live\.origins'.*\[file-unreadable\]/g), 1, 'a file that cannot be opened for a while is logged once');
limit_descriptors(1024);
ok(becomes('https://third.example', 1), 'a file that can be opened again is loaded without a change');
$mark = $httpd->log_mark;
utime undef, undef, $path or die $!;
settled();
unlike($httpd->log_since($mark), qr/reloaded/, 'a file with another time and the same text is not loaded again');

# many changes under load: an origin that all lists have is always allowed
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
# a list that shrinks so much by itself would be delayed
replace_by_frame(@always);
waitpid($_, 0), is($?, 0, 'no request fails, and no verdict is wrong, while lists are exchanged') for @load;
cmp_ok(scalar(() = $httpd->log_since($mark) =~ /reloaded: .*, version \d+$/mg), '>=', 5, 'the lists were exchanged under load');

# sections that only a request combines are checked like those that a start combines
my $github = 'https://anybody.github.io';
$mark = $httpd->log_mark;
Httpd::spew($public, "https://friend.example\nhttps://*.github.io\n");
settled();
is_deeply([ map { public_allows($_, $github) } '', '/private' ], [ 0, 0 ], 'a reload does not add a public suffix to a list without one');
like($httpd->log_since($mark), qr/public\.origins:2: 'https:\/\/\*\.github\.io' is a wildcard on a public suffix, .* restart gracefully/,
    'a public suffix that is not loaded is logged with what to do');
ok($httpd->graceful, 'httpd restarts gracefully with a public suffix in a list');
my $until = time + 10;
sleep 0.05 while !public_allows('', $github) && time < $until;
is_deeply([ map { public_allows($_, $github) } '', '/private' ], [ 1, 0 ], 'after a graceful restart the public suffix is allowed, but not with credentials');

# a file that changes all the time is logged
$mark = $httpd->log_mark;
for (1 .. 30) {
    replace(@always, 'https://third.example');
    sleep $interval / 2;
}
is(scalar(() = $httpd->log_since($mark) =~ /live\.origins keeps changing/g), 1, 'a file that changes all the time is logged once');
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
ok($httpd->graceful, 'httpd restarts gracefully while the file is written');
ok(allows('https://third.example'), 'a graceful restart while the file is written keeps the list in force');
like($httpd->log_since($mark), qr/the current list of \S+live\.origins stays in force until the file can be loaded/, 'keeping the list in force over a restart is logged');
ok(becomes('https://fourth.example', 1), 'the children load the file when it is stable');
