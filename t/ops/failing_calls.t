# Licensed under the Apache License, Version 2.0; see LICENSE.
# Calls of the system that fail, by the order of t/faults/shim.c: while files of
# origins are read again the last good list is kept, the log says why once, and
# what was passing is got over; at a start httpd says what is missing.
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
# under ASan the child that may not write says so
$expected = qr/$expected|AddressSanitizer:(?:DEADLYSIGNAL| SEGV)|AddressSanitizer can not provide/ if $ENV{SANITIZER};
my $httpd = Httpd->start(name => 'failing_calls', preload => $shim, expected => $expected, text => $conf);
my @to = (h1 => $httpd->{port}{port});

sub answer { my ($origin) = @_; return cors_response(\@to, GET => '/plain.txt', origin => $origin) }
sub allows { return defined answer(@_)->{'access-control-allow-origin'} }

# A call fails while the file changes; then it does not fail any more.
my $good = $first;
sub fails_and_recovers {
    my ($name, $call, $error) = @_;
    my $said = text_of($error);
    my $mark = $httpd->log_mark;
    order($call, Errno->can($error)->());
    my $new = replace();
    wait_until(sub { $httpd->log_since($mark) =~ /\Q$said\E/ });
    sleep 10 * $interval; # looks, at each of which it fails
    is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ],
        "$name: the last good list is kept");
    my $log = $httpd->log_since($mark);
    like($log, qr/failing\.origins.*\Q$said\E.*\n.*the last good list of \S+failing\.origins is kept/, "$name: the log says why");
    is(scalar(() = $log =~ /CorsAllowOriginsFile: /g), 2, "$name: once") or diag($log);
    recall($call);
    ok(wait_until(sub { allows($new) }), "$name: when it has passed, the new list counts");
    is_deeply(answer($good), denied(), "$name: and the old one no more");
    $good = $new;
}

fails_and_recovers("opening fails with $_", open => $_) for qw(EACCES EMFILE ENFILE EIO ENOMEM);
fails_and_recovers("reading fails with $_", read => $_) for qw(EIO EISDIR);
fails_and_recovers("asking for its state fails with $_", stat => $_) for qw(EACCES EIO ESTALE);

# one failure only, as of what lacks memory or descriptors for a moment
my $mark = $httpd->log_mark;
order(read => 'once ' . Errno::EIO());
my $new = replace();
ok(wait_until(sub { allows($new) }), 'a read that failed once is tried again');
like($httpd->log_since($mark), qr/Input\/output error/, 'and said');
$good = $new;

# The clock of the system is set, by an hour and by ten years; mod_watchdog measures
# its intervals by it.
for my $step (-3600, 3600, -315_360_000) {
    order(clock => $step);
    sleep 0.3;
    $new = replace();
    ok(wait_until(sub { allows($new) }, 10), "the clock is set by $step seconds: a new list counts");
    $good = $new;
    $new = replace();
    # to a clock that is ahead the new file looks old enough
    ok($httpd->graceful && (allows($good) || ($step > 0 && allows($new))), "clock $step: a graceful restart keeps the list in force");
    ok(wait_until(sub { allows($new) }, 10), "clock $step: and its children load the new one");
    $good = $new;
    recall('clock');
    sleep 0.3;
    $new = replace();
    ok(wait_until(sub { allows($new) }, 10), "clock $step: so they do when it is set back");
    $good = $new;
}

# the file changes under the hand that reads it
$mark = $httpd->log_mark;
order(read => 'once cut');
$new = replace();
ok(wait_until(sub { !-e "$orders/read" && $httpd->log_since($mark) =~ /is kept/ }), 'a file is cut while it is read');
is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ], 'what is left is not taken for the list');
$new = replace();
ok(wait_until(sub { allows($new) }), 'a whole one is');
$good = $new;
order(read => 'once grow');
$mark = $httpd->log_mark;
$new = replace();
ok(wait_until(sub { allows('https://grown.example') }), 'a file that grows while it is read is read again, whole');
ok(allows($new) && !allows($good), 'and counts');
is(scalar(() = $httpd->log_since($mark) =~ /CorsAllowOriginsFile: /g), 1, 'what it was before is not taken') or diag($httpd->log_since($mark));
$good = $new;

# The child that reads dies of it; the next one does as well.
$mark = $httpd->log_mark;
order(read => 'kill');
$new = replace();
ok(wait_until(sub { $httpd->log_since($mark) =~ /the last good list of \S+ is kept/ }, 30), 'a file that kills every child that reads it is given up');
my %killed = map { $_ => 1 } Httpd::slurp("$orders/killed") =~ /(\d+)/g;
is(scalar keys %killed, 3, 'after three of them');
is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ], 'the last good list is kept');
recall('read');
$new = replace();
ok(wait_until(sub { allows($new) }), 'the next file counts');
$good = $new;

# the child is killed at some moment of reading and of writing the new list
my ($kills, $wrong, $late) = (0, 0, 0);
for my $round (1 .. 3) {
    order(read => 'tell');
    unlink "$orders/reading";
    $new = replace(map { "https://r$round-$_.example" } 1 .. 60_000);
    wait_until(sub { -s "$orders/reading" }) or die "nobody reads\n";
    my ($pid) = Httpd::slurp("$orders/reading") =~ /(\d+)/;
    sleep 0.015 * $round;
    recall('read');
    $kills += kill KILL => $pid;
    # A request may die with it, and with prefork one that waits for this very child;
    # a verdict is what comes.
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
is_deeply([ $kills, $wrong, $late ], [ 3, 0, 0 ], 'a child killed while it makes the new list: no verdict is wrong, and the list comes');

# the child dies while it holds the lock of the counts
my $before = status_data(\@to);
my $evil = sub { "https://evil$_[0].example" };
my $died = 0;
for my $n (1 .. 16) {
    order(count => 'once die');
    # what was allotted to the lists is read-only now, but for a few entries
    $died = !defined answer($evil->($n))->{vary} and last;
}
ok($died, 'a child that dies while it holds the lock of the counts does not answer that request');
is_deeply(answer($evil->(100)), denied(), 'the others are decided as ever');
is_deeply(answer($always), allowed($always), 'allowed ones, too');
my $until = time + 10;
my $kept = 0;
for (my $n = 101; !$kept && time < $until; $n++) {
    answer($evil->($n));
    $kept = grep { $_->{origin} eq $evil->($n) } @{ status_data(\@to)->{refusals} };
    sleep 0.2;
}
ok($kept, 'after seconds refusals are kept again');
my $after = status_data(\@to);
my %count = map { ("$_->{verdict} $_->{reason}" => $_->{count}) } @{ $after->{counts} };
my %was = map { ("$_->{verdict} $_->{reason}" => $_->{count}) } @{ $before->{counts} };
is($count{'allowed origin-allowed'} - $was{'allowed origin-allowed'}, 1, 'the counts are exact');
is($after->{since}, $before->{since}, 'and go on');

# What a child writes into the memory of the lists is nothing to the parent, which
# may be root.
order(scribble => 'once first');
ok(wait_until(sub { answer($always); !-e "$orders/scribble" }), 'a child writes over what is kept of a file');
$httpd->graceful;
$new = replace();
ok(wait_until(sub { allows($new) }, 40), 'the parent starts new children, which read the files again');
ok($httpd->is_running, 'and runs on');

# --- at a start
my $starts = 0;
sub starts {
    my ($text, %more) = @_;
    return eval { Httpd->start(name => 'failing_start' . ++$starts, preload => $shim, expected => $expected, text => $text, %more) } // $@;
}
sub does_not_start {
    my ($name, $text, @said) = @_;
    my $said = starts($text);
    if (ref $said) { fail("$name: httpd does not start"); return }
    my @logs = glob "$ENV{CORS_WORK}/t/run/failing_start$starts-*/error_log";
    $said .= Httpd::slurp($_) for @logs;
    like($said, $_, "$name: httpd does not start, and says why") for @said;
}
for ([ open => 'EACCES' ], [ read => 'EIO' ], [ stat => 'EIO' ], [ list => 'ENOMEM' ]) {
    my ($call, $error) = @$_;
    my $text = text_of($error);
    order($call => Errno->can($error)->());
    does_not_start("$call fails with $error", $conf, qr/CorsAllowOriginsFile.*failing\.origins.*\Q$text\E.*\[file-unreadable\]/s);
    recall($call);
}
# The lock by which one child looks at files is a file without a name; where there can
# be none, it is mod_watchdog's.
my $closed = "$dir/closed";
mkdir $closed, 0555 or die "$closed: $!\n";
my $no_mutex = "Mutex flock:$closed watchdog-callback\n$conf";
order(lock => Errno::EACCES());
does_not_start('without its own lock, and with none of mod_watchdog', $no_mutex,
    qr/\(13\).*Couldn't create the watchdog-callback mutex \(file \Q$closed\E/);
for ([ 'with the lock of mod_watchdog', $conf ], [ 'with its own lock, and none of mod_watchdog', $no_mutex ]) {
    my ($name, $text) = @$_;
    my $server = starts($text);
    ok(ref $server, "$name httpd starts") or BAIL_OUT($server);
    @to = (h1 => $server->{port}{port});
    $new = replace();
    ok(wait_until(sub { allows($new) }), 'and a new list counts');
    $server->stop;
    recall('lock');
}

# where addresses are counted (ulimit -v) a list has less room to grow in
order(list => 'once ' . Errno::ENOMEM());
$good = replace();
my $small = starts($conf);
ok(ref $small && !-e "$orders/list", 'without memory for a large list httpd starts with room for a small one') or BAIL_OUT($small);
@to = (h1 => $small->{port}{port});
$new = replace();
ok(wait_until(sub { allows($new) }), 'in which it changes');
$good = $new;
$mark = $small->log_mark;
$new = replace(map { "https://more$_.example" } 1 .. 60_000);
ok(wait_until(sub { $small->log_since($mark) =~ /has outgrown the room .*; restart gracefully/ }), 'one that outgrows it is refused, and the log says so');
is_deeply([ map { answer($_) } $always, $good, $new ], [ allowed($always), allowed($good), denied() ], 'the last good list is kept');
sleep 10 * $interval;
is(scalar(() = $small->log_since($mark) =~ /CorsAllowOriginsFile: /g), 2, 'that is said once');
ok($small->graceful && allows($new) && allows('https://more60000.example'), 'a graceful restart makes room');
$small->stop;

order(counts => Errno::ENOMEM());
my $uncounted = starts($conf);
ok(ref $uncounted, 'without memory for the counts httpd starts') or BAIL_OUT($uncounted);
like($uncounted->log_since(0), qr/\(12\).*CORS: no shared memory; nothing is counted/, 'and says it');
@to = (h1 => $uncounted->{port}{port});
is_deeply([ map { answer($_) } $always, 'https://never.example' ], [ allowed($always), denied() ], 'its decisions are the same');
my $page = send_request(\@to, GET => '/cors-policy');
is($page->status, 200, 'its page is there');
like($page->body, qr/no shared memory|nothing is counted/i, 'and says that nothing is counted');
recall('counts');
ok($uncounted->graceful, 'a graceful restart when there is memory');
is(scalar @{ status_data(\@to)->{counts} }, 0, 'makes the counts');
answer($always);
is(scalar @{ status_data(\@to)->{counts} }, 1, 'and counts');

done_testing();
