#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Starts make fleet-demo, presses each button of its page by the requests that the page
# sends, and compares what the three servers do. Then it ends the demo by SIGINT, as Ctrl-C
# does, and looks for processes that remain. Prints TAP. Needs /proc.
use strict;
use warnings FATAL => 'all';

use File::Temp       ();
use FindBin          ();
use IO::Socket::INET ();
use Mojo::UserAgent  ();
use POSIX            qw(setsid WNOHANG);
use Test::More;
use Time::HiRes      qw(sleep time);

my $origin = 'https://new.example';
my $refresh = 2; # of the servers
# two refreshes, and a second in which a server loads the list
my $soon = 2 * $refresh + 1;
# the longest time from one attempt to the next, after failures
my $after_failures = 60 + $soon;

# --- the demo ---------------------------------------------------------------

my $place = File::Temp->newdir('/tmp/fleet-check.XXXXXX');
chmod 0755, $place or die $!;
my $port = do { IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)->sockport };
my $page = "http://localhost:$port";
my $ua = Mojo::UserAgent->new(connect_timeout => 5, request_timeout => 60);

my $demo = fork // die "fork: $!\n";
if (!$demo) {
    setsid();
    $SIG{INT} = 'DEFAULT'; # not ignored, so that the shell can catch it
    $ENV{TMPDIR} = "$place";
    $ENV{FLEET_PORT} = $port;
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', "$place/output";
    open STDERR, '>&', \*STDOUT;
    exec 'sh', "$FindBin::Bin/run" or POSIX::_exit(127);
}
my $owner = $$;
END { if ($owner == $$ && $demo) { my $status = $?; kill TERM => $demo; waitpid $demo, 0; $? = $status } }
$SIG{INT} = $SIG{TERM} = sub { exit 1 };

sub output { open my $in, '<', "$place/output" or return ''; local $/; return scalar <$in> }

sub state_of_fleet {
    my $answer = $ua->get("$page/fleet/state")->result;
    die 'the page has no state: ', $answer->code, "\n" if $answer->code != 200;
    return $answer->json;
}

# The status and the body of the answer to a button.
sub press {
    my ($button) = @_;
    my $answer = $ua->post("$page/fleet/$button", { Origin => $page })->result;
    return [ $answer->code, $answer->json->{done} // $answer->json->{error} ];
}

# Returns the state for which the condition holds, or the last one; notes how long it took.
sub wait_for {
    my ($seconds, $condition, $sentence) = @_;
    my $begun = time;
    my $state;
    do {
        $state = state_of_fleet();
        if ($condition->($state)) {
            pass(sprintf '%s (after %.1f s)', $sentence, time - $begun);
            return $state;
        }
        sleep 0.1;
    } while (time < $begun + $seconds);
    fail("$sentence, within $seconds s");
    diag(explain($state));
    return $state;
}

# A value of each server, and of each server's list.
sub each_server { my ($state, $name) = @_; return map { $_->{$name} } @{ $state->{servers} } }
sub each_list { my ($state, $name) = @_; return map { ref $_->{list} ? $_->{list}{$name} : 'no list' } @{ $state->{servers} } }
sub same_list { my ($state) = @_; return [ map { [ each_list($state, $_) ] } qw(sum list_version listed) ] }
sub all_are { my ($value, @values) = @_; return @values == 3 && !grep { ($_ // 'none') ne $value } @values }

# All servers have the list of the database, and permit the origin or not.
sub follows {
    my ($state, $allowed) = @_;
    my $database = $state->{database} or return 0;
    return $state->{in_step} && all_are($database->{version}, each_list($state, 'list_version'))
        && all_are(scalar @{ $database->{rows} }, each_list($state, 'listed'))
        && 3 == grep { !$_->{allowed} == !$allowed } @{ $state->{servers} };
}

# The servers' own answers, without the program behind the page.
sub permissions {
    my ($state) = @_;
    return [ map { my $answer = $ua->get("$_->{url}/api/hello.json", { Origin => $origin })->result;
        [ $answer->code, $answer->headers->header('Access-Control-Allow-Origin') // 'none', $answer->headers->header('Vary') // 'none' ] } @{ $state->{servers} } ];
}
my $yes = [ ([ 200, $origin, 'Origin' ]) x 3 ];
my $no = [ ([ 200, 'none', 'Origin' ]) x 3 ];

# --- processes --------------------------------------------------------------

# pid => { parent, session, begin } of all processes
sub processes {
    my %all;
    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next;
        my ($pid, $rest) = (<$in> // '') =~ /\A(\d+) \(.*\) (.*)/s or next;
        my @field = split ' ', $rest;
        next if $field[0] eq 'Z';
        $all{$pid} = { parent => $field[1], session => $field[3], begin => $field[19] };
    }
    return \%all;
}

sub descendants {
    my ($all, @of) = @_;
    my %found = map { $_ => 1 } @of;
    my $more = 1;
    while ($more) {
        my @new = grep { !$found{$_} && $found{ $all->{$_}{parent} } } keys %$all;
        @found{@new} = (1) x @new;
        $more = @new;
    }
    return sort { $a <=> $b } keys %found;
}

# The addresses at which processes listen, as /proc/net has them.
sub listening {
    my %inode;
    for my $pid (@_) {
        for my $fd (glob "/proc/$pid/fd/*") {
            $inode{$1} = 1 if (readlink($fd) // '') =~ /\Asocket:\[(\d+)\]/;
        }
    }
    my @addresses;
    for my $file ('/proc/net/tcp', '/proc/net/tcp6') {
        open my $in, '<', $file or next;
        while (<$in>) {
            my @field = split;
            push @addresses, $field[1] if ($field[3] // '') eq '0A' && $inode{ $field[9] };
        }
    }
    return @addresses;
}

# --- the buttons ------------------------------------------------------------

my $begun = time;
until (output() =~ /Ctrl-C ends/) {
    BAIL_OUT('the demo does not start: ' . output()) if waitpid($demo, WNOHANG) == $demo || time > $begun + 120;
    sleep 0.2;
}
my $state = wait_for($after_failures, sub { follows($_[0], 0) }, 'all three servers load the first list');
is_deeply($state->{database}{rows}, [ map {"https://$_.example"} qw(app shop status) ], 'the table has the good rows');
is_deeply([ each_server($state, 'type') ], [ 'dbd:pgsql', 'dbd:pgsql', 'prg:cors-origins-postgresql' ], 'the servers use two types of sources');
is_deeply(permissions($state), $no, 'no server allows the origin');

for my $round (1, 2) {
    is_deeply(press('add'), [ 200, 'add' ], "round $round: the origin is added");
    $state = wait_for($soon, sub { follows($_[0], 1) }, "round $round: all three allow it within two refreshes, in step");
    is_deeply(permissions($state), $yes, "round $round: a request gets its permission from each server");
    is_deeply([ each_server($state, 'answer') ], [ ("status 200, Access-Control-Allow-Origin: $origin") x 3 ], "round $round: the page shows the answers");
    is_deeply(press('remove'), [ 200, 'remove' ], "round $round: the origin is removed");
    $state = wait_for($soon, sub { follows($_[0], 0) }, "round $round: all three deny it within two refreshes, in step");
    is_deeply(permissions($state), $no, "round $round: a request gets no permission from any server");
    is_deeply([ each_server($state, 'answer') ], [ ('status 200, no Access-Control-Allow-Origin') x 3 ], "round $round: the page shows the answers");
}
ok(all_are(0, each_list($state, 'failures')), 'no server has had a failure');
ok(!(grep { !defined } each_server($state, 'confirmed_at')), 'each server has a time of its last refresh');

press('add');
my $list = same_list(wait_for($soon, sub { follows($_[0], 1) }, 'the origin is added again'));

is_deeply(press('stop'), [ 200, 'stop' ], 'the database is stopped');
$begun = time;
while (time < $begun + 3 * $refresh) {
    $state = state_of_fleet();
    last if $state->{database} || !eq_array(same_list($state), $list) || !eq_array(permissions($state), $yes);
    sleep 0.2;
}
is($state->{database}, undef, 'the page shows that it is stopped');
is_deeply(same_list($state), $list, 'all three keep the list for three refreshes');
is_deeply(permissions($state), $yes, 'and allow the origin');
is_deeply([ map { press($_) } qw(add remove empty bad good) ], [ ([ 409, 'PostgreSQL is stopped' ]) x 5 ], 'the table cannot be changed');
is_deeply(press('start'), [ 200, 'start' ], 'the database is started');
is_deeply(press('remove'), [ 200, 'remove' ], 'and changed');
wait_for($after_failures, sub { follows($_[0], 0) }, 'all three connect again and follow');
# the times between attempts are short again after one that has succeeded
press('add');
wait_for($soon, sub { follows($_[0], 1) }, 'the next change arrives within two refreshes');

is_deeply(press('restart'), [ 200, 'restart' ], 'the database is restarted');
is_deeply(press('remove'), [ 200, 'remove' ], 'and changed');
wait_for($after_failures, sub { follows($_[0], 0) }, 'all three follow after a restart');
press('add');
$list = same_list(wait_for($soon, sub { follows($_[0], 1) }, 'the next change arrives within two refreshes'));

is_deeply(press('empty'), [ 200, 'empty' ], 'the table is emptied');
$state = wait_for($soon, sub { all_are('empty', each_list($_[0], 'held_back')) }, 'all three hold the empty list back within two refreshes');
is_deeply($state->{database}{rows}, [], 'the table is empty');
is_deeply(same_list($state), $list, 'the last list stays in force');
is_deeply(permissions($state), $yes, 'and allows the origin');
my @failures = each_list($state, 'failures');
ok(3 == (grep { $_ > 0 } @failures), 'each server counts a failure');

is_deeply(press('good'), [ 200, 'good' ], 'the good rows are put back');
$state = wait_for($soon, sub { follows($_[0], 0) && all_are('none', each_list($_[0], 'held_back')) }, 'all three have them within two refreshes');
is_deeply(permissions($state), $no, 'and do not allow the origin, which is not in them');

press('add');
$list = same_list(wait_for($soon, sub { follows($_[0], 1) }, 'the origin is added to them'));
is_deeply(press('bad'), [ 200, 'bad' ], 'the table is filled with bad rows');
$state = wait_for($soon, sub { all_are(3, each_list($_[0], 'bad_rows')) }, 'all three find three bad rows within two refreshes');
is_deeply(same_list($state), $list, 'the last list stays in force');
is_deeply(permissions($state), $yes, 'and allows the origin');
my @more = each_list($state, 'failures');
ok(3 == (grep { $more[$_] > $failures[$_] } 0 .. 2), 'each server counts another failure');

is_deeply(press('good'), [ 200, 'good' ], 'the good rows are put back again');
$state = wait_for($soon, sub { follows($_[0], 0) && all_are(0, each_list($_[0], 'bad_rows')) }, 'all three have them within two refreshes');
is_deeply(permissions($state), $no, 'and do not allow the origin');

# --- who may press ----------------------------------------------------------

sub status { my ($method, $path, %headers) = @_; return $ua->start($ua->build_tx($method => "$page$path", \%headers))->result->code }
is(status(GET => '/'), 200, 'the page is there');
is(status(POST => '/fleet/add', Origin => 'https://evil.example'), 403, 'a page of another origin cannot press a button');
is(status(POST => '/fleet/add', 'Sec-Fetch-Site' => 'cross-site', Origin => $page), 403, 'nor can a request that a browser sends for another site');
is(status(POST => '/fleet/add', Origin => "http://localhost:@{[ $port + 1 ]}"), 403, 'nor can another port');
is(status(GET => '/fleet/state', Host => 'evil.example'), 421, 'a foreign name of the server is refused');
is(status(GET => '/fleet/add'), 404, 'a GET is not a button');
is(status(POST => '/fleet/drop', Origin => $page), 404, 'an unknown button is not there');
is(state_of_fleet()->{database}{version}, $state->{database}{version}, 'none of these has changed the table');

# --- the end ----------------------------------------------------------------

my $all = processes();
my @started = descendants($all, $demo);
my @addresses = listening(@started);
cmp_ok(scalar @started, '>', 10, 'the demo has processes: ' . @started);
is_deeply([ sort @addresses ], [ grep {/\A0100007F:/} sort @addresses ], 'they listen on 127.0.0.1 only');
is(scalar @addresses, 4, 'at four ports: three servers and the page');
my %session = map { $all->{$_}{session} => 1 } @started;
kill INT => $demo;
waitpid $demo, 0;
is($?, 0, 'Ctrl-C ends the demo');
undef $demo;
my $left = processes();
is_deeply([ grep { $left->{$_} && $left->{$_}{begin} eq $all->{$_}{begin} } @started ], [], 'no process remains');
is_deeply([ grep { $session{ $left->{$_}{session} } } keys %$left ], [], 'nor does any that has been started since');
is_deeply([ glob "$place/cors-fleet.*" ], [], 'no file remains');
diag(output()) if !Test::More->builder->is_passing;
done_testing();
