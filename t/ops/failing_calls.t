# Licensed under the Apache License, Version 2.0; see LICENSE.
# System calls fail, as files tell t/faults/shim.c. While list files are reloaded, the last
# good list stays in force, the reason is logged once, and reloading recovers. At a start,
# httpd reports the failure.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Errno ();
use Test::More;
use Client qw(cors_response send_request status_data);
use Httpd ();
use Tools qw(allowed build_shim denied replace_file wait_until);
use Time::HiRes qw(sleep time);

my $interval = 0.1;
my $dir = "$ENV{CORS_WORK}/t/logs";
my $orders = "$dir/orders";
my $shim = "$dir/shim.so";
build_shim($shim, $orders);

sub order { my ($call, $how) = @_; Httpd::spew("$orders/.$call", "$how"); rename "$orders/.$call", "$orders/$call" or die $! }
sub recall { unlink map { "$orders/$_" } @_ }
sub text_of { my ($error) = @_; local $! = Errno->can($error)->(); return "$!" }

my $path = "$dir/failing.origins";
my $always = 'https://always.example';
my $number = 0;
# A new list each time: its own origin besides that of all lists.
sub replace {
    my @more = @_;
    my $own = 'https://list' . ++$number . '.example';
    replace_file($path, $always, $own, @more);
    return $own;
}
my $first = replace();

my $conf = <<"CONF";
Listen 127.0.0.1:\@port\@
LogLevel notice cors_policy:info
ServerLimit 4
StartServers 4
<IfModule !prefork.c>
ThreadsPerChild 5
MaxRequestWorkers 20
MinSpareThreads 20
MaxSpareThreads 20
</IfModule>
<IfModule prefork.c>
MaxRequestWorkers 4
</IfModule>
CorsPolicy On
CorsAllowOriginsFile "$path"
CorsAllowOriginsFileReload 100ms
<Location "/cors-policy">
    CorsPolicy Off
    SetHandler cors-policy
</Location>
CONF
my $expected = qr/CorsAllowOriginsFile: |CORS: no shared memory|exit signal (?:Killed|Segmentation fault)/;
# under ASan a child that writes to read-only memory reports it
$expected = qr/$expected|AddressSanitizer:(?:DEADLYSIGNAL| SEGV)|AddressSanitizer can not provide/ if $ENV{SANITIZER};
my $httpd = Httpd->start(name => 'failing_calls', preload => $shim, expected => $expected, text => $conf);
my @to = (h1 => $httpd->{port}{port});

sub answer { my ($origin) = @_; return cors_response(\@to, GET => '/plain.txt', origin => $origin) }
sub allows { return defined answer(@_)->{'access-control-allow-origin'} }

# A call fails while the file changes, and then succeeds again.
my $good = $first;
sub fails_and_recovers {
    my ($name, $call, $error) = @_;
    my $text = text_of($error);
    my $mark = $httpd->log_mark;
    order($call, Errno->can($error)->());
    my $new = replace();
    wait_until(sub { $httpd->log_since($mark) =~ /\Q$text\E/ });
    sleep 10 * $interval; # ten checks, each of which fails
    is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ],
        "$name: the last good list stays in force");
    my $log = $httpd->log_since($mark);
    like($log, qr/failing\.origins.*\Q$text\E.*\n.*the last good list of \S+failing\.origins stays in force/, "$name: the reason is logged");
    is(scalar(() = $log =~ /CorsAllowOriginsFile: /g), 2, "$name: the reason is logged once") or diag($log);
    recall($call);
    ok(wait_until(sub { allows($new) }), "$name: when the call succeeds again, the new list is in force");
    is_deeply(answer($good), denied(), "$name: when the call succeeds again, the old list is not in force");
    $good = $new;
}

fails_and_recovers("opening fails with $_", open => $_) for qw(EACCES EMFILE ENFILE EIO ENOMEM);
fails_and_recovers("reading fails with $_", read => $_) for qw(EIO EISDIR);
fails_and_recovers("stat fails with $_", stat => $_) for qw(EACCES EIO ESTALE);

# a single failure, as when memory or descriptors run out for a moment
my $mark = $httpd->log_mark;
order(read => 'once ' . Errno::EIO());
my $new = replace();
ok(wait_until(sub { allows($new) }), 'a read that failed once is tried again');
like($httpd->log_since($mark), qr/Input\/output error/, 'a read that failed once is logged');
$good = $new;

# The clock of the system is set, by an hour and by ten years; mod_watchdog measures
# its intervals by it.
for my $step (-3600, 3600, -315_360_000) {
    order(clock => $step);
    sleep 0.3;
    $new = replace();
    ok(wait_until(sub { allows($new) }, 10), "the clock is set by $step seconds: a new list is loaded");
    $good = $new;
    $new = replace();
    # to a clock that is ahead the new file looks old enough
    ok($httpd->graceful && (allows($good) || ($step > 0 && allows($new))), "clock $step: a graceful restart keeps the list in force");
    ok(wait_until(sub { allows($new) }, 10), "clock $step: the children of a graceful restart load the new list");
    $good = $new;
    recall('clock');
    sleep 0.3;
    $new = replace();
    ok(wait_until(sub { allows($new) }, 10), "clock $step: a new list is loaded when the clock is set back");
    $good = $new;
}

# the file changes while it is read
$mark = $httpd->log_mark;
order(read => 'once cut');
$new = replace();
ok(wait_until(sub { !-e "$orders/read" && $httpd->log_since($mark) =~ /stays in force/ }), 'a file is cut while it is read');
is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ], 'a file that is cut while it is read does not replace the list');
$new = replace();
ok(wait_until(sub { allows($new) }), 'a whole file after one that was cut is loaded');
$good = $new;
order(read => 'once grow');
$mark = $httpd->log_mark;
$new = replace();
ok(wait_until(sub { allows('https://grown.example') }), 'a file that grows while it is read is read again, whole');
ok(allows($new) && !allows($good), 'a file that grew while it was read is in force');
is(scalar(() = $httpd->log_since($mark) =~ /CorsAllowOriginsFile: /g), 1, 'a file that grows while it is read is loaded once') or diag($httpd->log_since($mark));
$good = $new;

# Each child that reads the file is killed by it.
$mark = $httpd->log_mark;
order(read => 'kill');
$new = replace();
ok(wait_until(sub { $httpd->log_since($mark) =~ /the last good list of \S+ stays in force/ }, 30), 'a file that kills every child that reads it is not read again');
my %killed = map { $_ => 1 } Httpd::slurp("$orders/killed") =~ /(\d+)/g;
is(scalar keys %killed, 3, 'a file kills at most three children');
is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ], 'a file that kills children leaves the last good list in force');
recall('read');
$new = replace();
ok(wait_until(sub { allows($new) }), 'the file after one that killed children is loaded');
$good = $new;

# the child is killed at some moment of reading and of writing the new list
my ($kills, $wrong, $late) = (0, 0, 0);
for my $round (1 .. 3) {
    order(read => 'report');
    unlink "$orders/reading";
    $new = replace(map { "https://r$round-$_.example" } 1 .. 60_000);
    wait_until(sub { -s "$orders/reading" }) or die "no child reads\n";
    my ($pid) = Httpd::slurp("$orders/reading") =~ /(\d+)/;
    sleep 0.015 * $round;
    recall('read');
    $kills += kill KILL => $pid;
    # A request of the killed child gets no response; with prefork, this also happens to a
    # request that waits for this child. Only responses are compared.
    my $verdict = sub {
        my ($origin) = @_;
        my $got;
        wait_until(sub { ($got = answer($origin))->{status} ne 'none' });
        return defined $got->{'access-control-allow-origin'};
    };
    for (1 .. 20) { $wrong++ if !$verdict->($always) || $verdict->('https://never.example') }
    $late++ if !wait_until(sub { allows($new) }, 20);
    $wrong++ if $verdict->($good) || !$verdict->("https://r$round-60000.example");
    $good = $new;
}
is_deeply([ $kills, $wrong, $late ], [ 3, 0, 0 ], 'a child is killed while it builds the new list: no verdict is wrong, and the list is loaded');

# the child dies while it holds the lock of the counts
my $before = status_data(\@to);
my $evil = sub { "https://evil$_[0].example" };
my $died = 0;
for my $n (1 .. 16) {
    order(count => 'once die');
    # the shim has made the memory of the lists read-only, except for a few entries
    $died = !defined answer($evil->($n))->{vary} and last;
}
ok($died, 'a child that dies while it holds the lock of the counts does not answer that request');
is_deeply(answer($evil->(100)), denied(), 'other refusals are decided as before');
is_deeply(answer($always), allowed($always), 'allowed requests are decided as before');
my $until = time + 10;
my $kept = 0;
for (my $n = 101; !$kept && time < $until; $n++) {
    answer($evil->($n));
    $kept = grep { $_->{origin} eq $evil->($n) } @{ status_data(\@to)->{refusals} };
    sleep 0.2;
}
ok($kept, 'after some seconds refusals are recorded again');
my $after = status_data(\@to);
my %count = map { ("$_->{verdict} $_->{reason}" => $_->{count}) } @{ $after->{counts} };
my %was = map { ("$_->{verdict} $_->{reason}" => $_->{count}) } @{ $before->{counts} };
is($count{'allowed origin-allowed'} - $was{'allowed origin-allowed'}, 1, 'the counts are exact after a child died with their lock');
is($after->{since}, $before->{since}, 'the counts continue after a child died with their lock');

# The parent, which may be root, does not trust what a child writes into shared memory.
order(scribble => 'once first');
ok(wait_until(sub { answer($always); !-e "$orders/scribble" }), 'a child overwrites the shared data of a list file');
$httpd->graceful;
$new = replace();
ok(wait_until(sub { allows($new) }, 40), 'new children of the parent read the list files again');
ok($httpd->is_running, 'the parent keeps running after a child overwrote shared data');

# --- at a start
my $starts = 0;
sub starts {
    my ($text, %more) = @_;
    return eval { Httpd->start(name => 'failing_start' . ++$starts, preload => $shim, expected => $expected, text => $text, %more) } // $@;
}
sub does_not_start {
    my ($name, $text, @patterns) = @_;
    my $errors = starts($text);
    if (ref $errors) { fail("$name: httpd does not start"); return }
    my @logs = glob "$ENV{CORS_WORK}/t/run/failing_start$starts-*/error_log";
    $errors .= Httpd::slurp($_) for @logs;
    like($errors, $_, "$name: httpd does not start, and reports the reason") for @patterns;
}
for ([ open => 'EACCES' ], [ read => 'EIO' ], [ stat => 'EIO' ], [ list => 'ENOMEM' ]) {
    my ($call, $error) = @$_;
    my $text = text_of($error);
    order($call => Errno->can($error)->());
    does_not_start("$call fails with $error", $conf, qr/CorsAllowOriginsFile.*failing\.origins.*\Q$text\E.*\[file-unreadable\]/s);
    recall($call);
}
# The lock of the child that checks the files is an unlinked file. If that cannot be created,
# mod_watchdog's lock is used.
my $closed = "$dir/closed";
mkdir $closed, 0555 or die "$closed: $!\n";
my $no_mutex = "Mutex flock:$closed watchdog-callback\n$conf";
order(lock => Errno::EACCES());
does_not_start('without its own lock and that of mod_watchdog', $no_mutex,
    qr/\(13\).*Couldn't create the watchdog-callback mutex \(file \Q$closed\E/);
for ([ 'with the lock of mod_watchdog', $conf ], [ 'with its own lock, without that of mod_watchdog,', $no_mutex ]) {
    my ($name, $text) = @$_;
    my $server = starts($text);
    ok(ref $server, "$name httpd starts") or BAIL_OUT($server);
    @to = (h1 => $server->{port}{port});
    $new = replace();
    ok(wait_until(sub { allows($new) }), "$name httpd loads a new list");
    $server->stop;
    recall('lock');
}

# with a limit on the address space (ulimit -v), a list has less room to grow
order(list => 'once ' . Errno::ENOMEM());
$good = replace();
my $small = starts($conf);
ok(ref $small && !-e "$orders/list", 'without memory for a large list httpd starts with room for a small one') or BAIL_OUT($small);
@to = (h1 => $small->{port}{port});
$new = replace();
ok(wait_until(sub { allows($new) }), 'a list changes in the room for a small one');
$good = $new;
$mark = $small->log_mark;
$new = replace(map { "https://more$_.example" } 1 .. 60_000);
ok(wait_until(sub { $small->log_since($mark) =~ /has outgrown the memory .*; restart gracefully/ }), 'a list that outgrows its room is not loaded, and the reason is logged');
is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ], 'a list that outgrows its room leaves the last good list in force');
sleep 10 * $interval;
is(scalar(() = $small->log_since($mark) =~ /CorsAllowOriginsFile: /g), 2, 'a list that outgrows its room is logged once');
ok($small->graceful && allows($new) && allows('https://more60000.example'), 'a graceful restart makes room');
$small->stop;

order(counts => Errno::ENOMEM());
my $uncounted = starts($conf);
ok(ref $uncounted, 'without memory for the counts httpd starts') or BAIL_OUT($uncounted);
like($uncounted->log_since(0), qr/\(12\).*CORS: no shared memory; nothing is counted/, 'missing memory for the counts is logged');
@to = (h1 => $uncounted->{port}{port});
is_deeply([ map { answer($_) } $always, 'https://never.example' ], [ allowed($always), denied() ], 'without memory for the counts the decisions are the same');
my $page = send_request(\@to, GET => '/cors-policy');
is($page->status, 200, 'without memory for the counts there is a status page');
like($page->body, qr/no shared memory|nothing is counted/i, 'the status page shows that nothing is counted');
recall('counts');
ok($uncounted->graceful, 'a graceful restart with memory for the counts');
is(scalar @{ status_data(\@to)->{counts} }, 0, 'the counts start empty when there is memory for them');
answer($always);
is(scalar @{ status_data(\@to)->{counts} }, 1, 'requests are counted when there is memory for the counts');

done_testing();
