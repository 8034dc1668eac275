# Licensed under the Apache License, Version 2.0; see LICENSE.
# Three servers that follow one table of PostgreSQL, while wrk and h2load send requests to
# all of them: after each change of the table every server is right within two refreshes, no
# request fails or has a wrong response, and requests are not slower than without changes.
#
#   CORS_CHANGES=8   the number of changes; .ci/nightly makes 200
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(cors_response send_request);
use Database ();
use Httpd ();
use JSON::PP ();
use Tools qw(allowed denied wait_until);

my $changes = $ENV{CORS_CHANGES} || 8;
my $servers = 3;
my $refresh = 2; # seconds
# Load is measured in periods, by turns without changes and with changes.
my ($quiet, $busy) = (3, 12);

# The margins. Other tests and other programs use the same processors, so a period may be far
# slower than the one before it for no reason of the servers. The median of all periods with
# changes may be twice that of all periods without (in wrk the 50th percentile, in h2load the
# mean), and the median of the 99th percentiles three times. A time below the second number,
# in milliseconds, is never too long. A short run has two periods, and finds only a server
# that stands still during a change.
my $few = $changes < 50;
# how long a change may take, in seconds: two refreshes, and more beside other tests
my $within = ($few ? 6 : 2) * $refresh;
my %margin = (p50 => [ 2, $few ? 20 : 2 ], p99 => [ 3, $few ? 200 : 20 ], mean => [ 2, $few ? 50 : 2 ]);

my ($always, $never) = ('https://always.example', 'https://never.example');
my $db = Database::PostgreSQL->start(name => 'fleet_load');
$db->query(<<"SQL");
CREATE TABLE origins (origin text PRIMARY KEY);
CREATE TABLE version (version bigint);
INSERT INTO version VALUES (1);
INSERT INTO origins VALUES ('$always');
INSERT INTO origins SELECT 'https://o' || i || '.example' FROM generate_series(1, 2000) i;
CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN UPDATE version SET version = version + 1; RETURN NULL; END';
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON origins FOR EACH STATEMENT EXECUTE FUNCTION changed();
SQL

# The servers start no children and end none during the test: a connection that stays open
# would end with its child.
my $h2 = Httpd::has_h2();
my @httpds = map { Httpd->start(name => "fleet_load_$_", expected => qr/origins-not-loaded|allow no origin/, text => <<"CONF") } 1 .. $servers;
LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:info cors_sources:info
Protocols h2c http/1.1
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<IfModule !prefork.c>
    StartServers 2
    ServerLimit 2
    ThreadsPerChild 25
    MaxRequestWorkers 50
    MinSpareThreads 1
    MaxSpareThreads 50
</IfModule>
CorsOriginSource origins "dbd:pgsql @{[ $db->conninfo ]}" query="SELECT origin FROM origins ORDER BY 1" version="SELECT version FROM version" refresh=${refresh}s full=24h
CorsPolicy On
CorsAllowOriginsFrom origins
<Location "/cors-policy">
    SetHandler cors-policy
</Location>
CONF
my @ports = map { $_->{port}{port} } @httpds;
my @protocols = ('h1', $h2 ? 'h2c' : ());

# Whether a server allows an origin.
sub is_allowed { my ($port, $origin) = @_; return defined cors_response([ h1 => $port ], GET => '/plain.txt', origin => $origin)->{'access-control-allow-origin'} ? 1 : 0 }
ok(wait_until(sub { !grep { !is_allowed($_, $always) } @ports }, 20), 'all servers have the first list');

# --- a client of its own that compares whole responses, over connections that stay open and
# over new ones. It prints a line for each wrong response.
sub text_of { my ($answer) = @_; return join ' | ', map { "$_: $answer->{$_}" } sort keys %$answer }
my $stop = "$ENV{CORS_WORK}/t/logs/fleet_load.stop";
sub start_client {
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    return $from if $pid;
    $SIG{TERM} = 'DEFAULT';
    my @persistent = map { Client->new($_) } @ports;
    my @cases = ([ $always, text_of(allowed($always)) ], [ $never, text_of(denied()) ], [ "$always.evil", text_of(denied()) ]);
    my ($sent, $wrong) = (0, 0);
    until (-e $stop) {
        for my $n (0 .. $#ports) {
            for (@cases) {
                my ($origin, $expected) = @$_;
                my %answer = map { my $protocol = $_; $protocol => eval { text_of(cors_response([ $protocol => $ports[$n] ], GET => '/plain.txt', origin => $origin)) } // "no answer: $@" } @protocols;
                $answer{kept} = eval { text_of($persistent[$n]->request({ method => 'GET', path => '/plain.txt', authority => "localhost:$ports[$n]", headers => [ [ Origin => $origin ] ] })->cors) } // "no answer: $@";
                $sent += keys %answer;
                for my $how (grep { $answer{$_} ne $expected } sort keys %answer) {
                    print "wrong: server $n, $how, $origin: $answer{$how}\n" if $wrong++ < 20;
                }
                sleep 0.02;
            }
        }
    }
    print "sent: $sent\n";
    STDOUT->flush;
    POSIX::_exit(0);
}

# --- load on each server: wrk with two connections of HTTP/1.1, h2load with two of HTTP/2.
# Both send at a rate that leaves the processors time, so that a response that is late shows.
my $h2_rate = 50; # of a connection, in a second
sub start_load {
    my ($seconds) = @_;
    my %load = (end => time + $seconds);
    for my $port (@ports) {
        my $url = "http://127.0.0.1:$port/plain.txt";
        push @{ $load{wrk} }, Httpd::start_program('wrk', '-t2', '-c2', "-d${seconds}s", '--timeout', '10s', '-s', "$ENV{CORS_WORK}/t/ops/turns.lua", $url, '--', 5, $always, $never);
        push @{ $load{h2load} }, Httpd::start_program('h2load', '-t1', '-c2', '-m4', '--rps', $h2_rate, '-n', 2 * $h2_rate * $seconds, '-H', "origin: $always", $url) if $h2;
    }
    return \%load;
}
sub median { my @sorted = sort { $a <=> $b } @_; return @sorted % 2 ? $sorted[ $#sorted / 2 ] : ($sorted[ @sorted / 2 - 1 ] + $sorted[ @sorted / 2 ]) / 2 }
my %unit = (us => 0.001, ms => 1, s => 1000);
my (%time, %wrk, %h2); # $time{quiet}{p50}: a time of each server and period, in milliseconds
$wrk{$_} = 0 for qw(seen wrong connect read write status timeout);
$h2{$_} = 0 for qw(total failed other);
# Wait for the end of a load, and add its results to those of its kind.
sub end_load {
    my ($kind, $load) = @_;
    for (@{ $load->{wrk} }) {
        my $printed = Httpd::read_output($_);
        my %number = $printed =~ /(\w+)=(\d+)/g;
        defined $number{seen} or die "wrk: $printed\n";
        $wrk{$_} += $number{$_} for keys %wrk;
        push @{ $time{$kind}{$_} }, $number{$_} / 1000 for qw(p50 p99);
    }
    for (@{ $load->{h2load} }) {
        my $printed = Httpd::read_output($_);
        my ($total, @failed) = $printed =~ /requests: (\d+) total, .* succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/ or die "h2load: $printed\n";
        my ($good) = $printed =~ /status codes: (\d+) 2xx/ or die "h2load: $printed\n";
        $h2{total} += $total;
        $h2{failed} += $_ for @failed;
        $h2{other} += $total - $good;
        # minimum, maximum, mean
        $printed =~ /^time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)\s/m or die "h2load: $printed\n";
        push @{ $time{$kind}{mean} }, $1 * $unit{$2};
    }
    return;
}

# --- the changes: an origin is added, then removed, then the next one
my ($made, $under_load, @late, @wrong, @took) = (0, 0);
sub change {
    my $origin = 'https://new' . int($made / 2) . '.example';
    my $add = $made++ % 2 ? 0 : 1;
    $db->query($add ? "INSERT INTO origins VALUES ('$origin')" : "DELETE FROM origins WHERE origin = '$origin'");
    my $begun = time;
    my %waiting = map { $_ => 1 } @ports;
    while (%waiting && time < $begun + $within) {
        for my $port (sort keys %waiting) {
            delete $waiting{$port} if is_allowed($port, $origin) == $add;
        }
        sleep 0.02;
    }
    push @took, time - $begun;
    push @late, ($add ? 'with ' : 'without ') . $origin if %waiting;
    # each child, and each protocol
    my $expected = text_of($add ? allowed($origin) : denied());
    for my $port (@ports) {
        for my $protocol (@protocols, @protocols) {
            my $is = text_of(cors_response([ $protocol => $port ], GET => '/plain.txt', origin => $origin));
            push @wrong, "$protocol, $origin: $is" if $is ne $expected;
        }
    }
    return;
}

my $sample = start_client();
my $begun = time;
my $periods = 0;
while ($under_load < $changes) {
    end_load(quiet => start_load($quiet));
    my $load = start_load($busy);
    while (time < $load->{end} && $under_load < $changes) {
        change();
        $under_load++ if time < $load->{end};
        sleep rand 0.3; # at any moment of a refresh
    }
    end_load(busy => $load);
    $periods++;
}
Httpd::spew($stop, '');

# --- the results
note(sprintf '%d changes, %d of them during load, in %d periods and %d seconds', $made, $under_load, $periods, time - $begun);
my @sorted = sort { $a <=> $b } @took;
is(scalar @late, 0, sprintf 'after each of %d changes every server is right within %d s (median %.2f s, longest %.2f s)', $made, $within, median(@took), $sorted[-1]) or diag(join "\n", @late);
is(scalar @wrong, 0, 'then each response has the header set of the change, over each protocol') or diag(join "\n", @wrong[ 0 .. ($#wrong < 19 ? $#wrong : 19) ]);
my $printed = Httpd::read_output($sample);
my ($sent) = $printed =~ /^sent: (\d+)$/m;
cmp_ok($sent // 0, '>', 3 * (time - $begun), 'a client sends requests all the time (' . ($sent // $printed) . ')');
is(join('', $printed =~ /^(wrong: .*\n)/mg), '', 'each of its responses has the header set of an origin that is always allowed, or of one that never is');
cmp_ok($wrk{seen}, '>', 100 * $periods * $servers, "wrk: there was load ($wrk{seen})");
is_deeply([ @wrk{qw(wrong connect read write status timeout)} ], [ (0) x 6 ], 'wrk: no request failed, and no response was wrong');
if ($h2) {
    is($h2{total}, 2 * $h2_rate * ($quiet + $busy) * $periods * $servers, "h2load: there was load ($h2{total})");
    is_deeply([ @h2{qw(failed other)} ], [ 0, 0 ], 'h2load: no request failed, and each status was 2xx');
}
my %text = (p50 => "wrk: the median time of a request", p99 => "wrk: the 99th percentile", mean => "h2load: the mean time of a request");
for my $what ('p50', 'p99', $h2 ? 'mean' : ()) {
    my ($without, $with) = map { median(@{ $time{$_}{$what} }) } qw(quiet busy);
    my ($factor, $least) = @{ $margin{$what} };
    my $most = $factor * $without > $least ? $factor * $without : $least;
    cmp_ok($with, '<=', $most, sprintf '%s is %.2f ms without changes and %.2f ms with changes (ratio %.2f)', $text{$what}, $without, $with, $with / $without);
}

# all servers are in step, and none has had an error
my @lists = map { JSON::PP->new->decode(send_request([ h1 => $_ ], GET => '/cors-policy?format=json&view=policies')->body)->{lists}[0] } @ports;
is_deeply([ map { [ @{$_}{qw(listed list_version failures)} ] } @lists ], [ ([ 2001 + $made % 2, 1 + $made, 0 ]) x $servers ], 'each server has the rows and the version of the table, and has had no failure');
is(scalar(keys %{ { map { $_->{sum} => 1 } @lists } }), 1, 'all lists have the same sum');
# before the database ends
$_->stop for @httpds;
done_testing();
