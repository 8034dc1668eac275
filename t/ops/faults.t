# Licensed under the Apache License, Version 2.0; see LICENSE.
# Faults around the module: logs on a full disk, a child that is killed, hard restarts
# under load, and a running module that is replaced by another version.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(connect_to cors_response parse_response preflight_vary send_request status_data);
use Httpd ();
use Tools qw(replace_file wait_until);
use POSIX ();
use Time::HiRes qw(sleep time);

my $dir = "$ENV{CORS_WORK}/t/logs";
my $app = 'https://app.example';
my $policy = <<'CONF';
<IfModule !prefork.c>
ThreadsPerChild 10
StartServers 3
MinSpareThreads 30
MaxSpareThreads 60
MaxRequestWorkers 60
</IfModule>
GracefulShutdownTimeout 10
CorsPolicy On
CorsAllowOrigins https://app.example
CorsExposeHeaders X-Total
<Location "/cors-policy">
    CorsPolicy Off
    SetHandler cors-policy
</Location>
CONF
my %allowed = (vary => 'Origin', 'access-control-allow-origin' => $app, 'access-control-expose-headers' => 'X-Total');
my %granted = (preflight_vary(), 'access-control-allow-origin' => $app,
    'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type');
# request, status and CORS fields of its response, and its verdict
my @exchanges = (
    [ [ GET => '/plain.txt', origin => $app ], { status => 200, %allowed }, 'allowed' ],
    [ [ GET => '/plain.txt', origin => "$app.evil" ], { status => 200, vary => 'Origin' }, 'denied' ],
    [ [ GET => '/plain.txt', origin => 'no origin' ], { status => 200, vary => 'Origin' }, 'denied' ],
    [ [ GET => '/plain.txt' ], { status => 200, vary => 'Origin' }, 'not-cors' ],
    [ [ GET => '/missing', origin => $app ], { status => 404, %allowed }, 'allowed' ],
    [ [ OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT' ], { status => 204, %granted }, 'preflight-allowed' ],
    [ [ OPTIONS => '/plain.txt', origin => "$app.evil", acrm => 'PUT' ], { status => 403, preflight_vary() }, 'preflight-denied' ],
);

sub verdicts {
    my ($via) = @_;
    my %sum;
    $sum{ $_->{verdict} } += $_->{count} for @{ status_data($via)->{counts} };
    return \%sum;
}

# --- logs on a full disk
my $path = "$dir/full.origins";
Httpd::spew($path, "https://first.example\n");
my $logs = Httpd->start(name => 'full_logs', ports => [qw(port full)], text => <<"CONF" . $policy);
Listen 127.0.0.1:\@port\@
Listen 127.0.0.1:\@full\@
LogLevel cors_policy:debug
LogFormat "%r %{verdict}^co" verdict
<VirtualHost *:\@port\@>
    CustomLog \@dir\@/access_log verdict
</VirtualHost>
<VirtualHost *:\@full\@>
    ErrorLog /dev/full
    CustomLog /dev/full verdict
</VirtualHost>
CONF
my $all_same = 1;
for (@exchanges) {
    my ($request, $expected) = @$_;
    for my $name (qw(port full)) {
        my $is = cors_response([ h1 => $logs->{port}{$name} ], @$request);
        $all_same &&= is_deeply($is, $expected, "@$request, with logs " . ($name eq 'full' ? 'on a full disk' : 'that are written'));
    }
}
my $written = $logs->log_since(0);
is(scalar(() = $written =~ /CORS: (?:allowed|denied|preflight|not-cors)/g), scalar @exchanges, 'only the decisions of the virtual host with a writable log are written');
$logs->stop;

# the log of the whole server, while a valid and an invalid list file are deployed
my $full = Httpd->start(name => 'full_log', text => <<"CONF" . $policy);
Listen 127.0.0.1:\@port\@
ErrorLog /dev/full
CustomLog /dev/full "%r"
LogLevel cors_policy:debug
CorsAllowOriginsFile $path
CorsAllowOriginsFileReload 100ms
CONF
Httpd::spew($full->log_file, ''); # it has none
my $to = [ h1 => $full->{port}{port} ];
sub allows { my ($origin) = @_; return defined cors_response($to, GET => '/plain.txt', origin => $origin)->{'access-control-allow-origin'} }
is_deeply(cors_response($to, @{ $_->[0] }), $_->[1], "@{ $_->[0] }, with the server's log on a full disk") for @exchanges;
replace_file($path, 'https://second.example');
ok(wait_until(sub { allows('https://second.example') }), 'a changed list file is loaded although nothing can be logged');
replace_file($path, 'https://third.example', 'no origin');
sleep 3; # it is read after two seconds
ok(allows('https://second.example') && !allows('https://third.example'), 'a list file with an error is not loaded although nothing can be logged');
replace_file($path, 'https://fourth.example');
kill USR1 => $full->pid;
ok(wait_until(sub { allows('https://fourth.example') }), 'a graceful restart loads the list although nothing can be logged');
$full->stop;

# --- a child is killed in the middle of its requests
my $large = "$dir/large";
Httpd::spew($large, 'x' x 30_000_000);
my $httpd = Httpd->start(name => 'killed', text => <<"CONF" . $policy);
Listen 127.0.0.1:\@port\@
Alias "/large" "$large"
CONF
my $port = $httpd->{port}{port};
$to = [ h1 => $port ];

# The child that serves a connection. The kernel's table of connections has the inode of the
# socket for the client's port; the child with a descriptor of that inode is the one.
sub child_of {
    my ($socket) = @_;
    my $client = sprintf '%04X', $socket->sockport;
    my $server = sprintf '%04X', $port;
    my ($inode) = grep { defined } map { (split)[9] } grep { /^\s*\d+: \w+:$server \w+:$client / } split /\n/, Httpd::slurp('/proc/net/tcp');
    for my $pid ($httpd->children) {
        for my $fd (glob "/proc/$pid/fd/*") { return $pid if (readlink $fd // '') eq "socket:[$inode]" }
    }
    die "no child has the connection\n";
}
my @open = map {
    my $socket = connect_to($port);
    print $socket "GET /large HTTP/1.1\r\nHost: localhost:$port\r\nConnection: close\r\nOrigin: $app\r\n\r\n";
    my $answer = '';
    sysread $socket, $answer, 1000, length $answer while length $answer < 1000;
    { socket => $socket, answer => $answer, child => child_of($socket) };
} 1 .. 12;
my %children = map { $_->{child} => 1 } @open;
cmp_ok(scalar keys %children, '>=', 2, 'several children are answering');
my $victim = $open[0]{child};
kill KILL => $victim;
my %whole = (cut => 0, whole => 0);
for (@open) {
    my ($socket, $answer) = @{$_}{qw(socket answer)};
    1 while sysread $socket, $answer, 1 << 20, length $answer;
    my $response = parse_response($answer);
    my $right = length $response->body == 30_000_000 ? 'whole' : 'cut';
    $whole{$right}++ if $right eq ($_->{child} == $victim ? 'cut' : 'whole');
    is_deeply($response->cors, { status => 200, %allowed }, 'a response of a child that was not killed has the right headers') if $right eq 'whole';
}
my $lost = grep { $_->{child} == $victim } @open;
is_deeply(\%whole, { cut => $lost, whole => @open - $lost }, 'a child is killed: its responses are cut and all others are complete');
is_deeply(verdicts($to), { allowed => 12 }, 'the requests of the killed child are counted, each once');
is_deeply(cors_response($to, @{ $_->[0] }), $_->[1], "@{ $_->[0] }, after a child was killed") for @exchanges;
my %sum = (allowed => 12);
$sum{ $_->[2] }++ for @exchanges;
is_deeply(verdicts($to), \%sum, 'counting continues after a child was killed');

# --- load: clients that check every response
# Starts a client; sums() returns the numbers of responses, wrong ones, and missing ones.
sub client {
    my ($until) = @_;
    pipe my $from, my $into or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{TERM} = 'DEFAULT';
        my %sum = (answers => 0, wrong => 0, none => 0);
        for (my $n = 0; time < $until; $n++) {
            my ($request, $expected) = @{ $exchanges[ $n % @exchanges ] };
            my $is = eval { cors_response($to, @$request) } // { status => 'none' };
            if ($is->{status} eq 'none') { $sum{none}++; sleep 0.01; next }
            $sum{answers}++;
            my $builder = join '|', map { "$_=$is->{$_}" } sort keys %$is;
            $sum{wrong}++ if $builder ne join '|', map { "$_=$expected->{$_}" } sort keys %$expected;
        }
        syswrite $into, "$sum{answers} $sum{wrong} $sum{none}\n";
        POSIX::_exit(0);
    }
    close $into;
    return { pid => $pid, from => $from };
}
sub sums {
    my @all = (0, 0, 0);
    for (@_) {
        my @sum = split ' ', readline $_->{from};
        waitpid $_->{pid}, 0;
        $all[$_] += $sum[$_] for 0 .. 2;
    }
    return @all;
}

# --- Hard restarts cut responses in progress and nothing else. A prefork child that receives
# SIGTERM during a request may abort, because its handler calls functions that are not safe
# there. With prefork, no requests are sent during a restart.
my $began = status_data($to)->{since};
my $before = verdicts($to);
my $prefork = Httpd::mpm() eq 'prefork';
my @sums = (0, 0, 0);
my $hard = 0;
my @clients = $prefork ? () : map { client(time + 5) } 1 .. 3;
for (1 .. 4) {
    sleep 1;
    my $generations = $httpd->generations;
    $httpd->wait_for_threads;
    kill HUP => $httpd->pid;
    $hard++ if wait_until(sub { $httpd->generations > $generations });
    @clients = client(time + 0.5) if $prefork;
    if ($prefork) { my @one = sums(@clients); $sums[$_] += $one[$_] for 0 .. 2 }
}
@sums = sums(@clients) if !$prefork;
is($hard, 4, 'four hard restarts');
cmp_ok($sums[0], '>', 100, "there were responses between hard restarts ($sums[0], and $sums[2] that were cut)");
is($sums[1], 0, 'no response between hard restarts is wrong');
my $after = verdicts($to);
my $counted = 0;
$counted += $after->{$_} - ($before->{$_} // 0) for keys %$after;
cmp_ok($counted, '>=', $sums[0], 'every response between hard restarts is counted');
cmp_ok($counted, '<=', $sums[0] + $sums[2], 'nothing but the requests between hard restarts is counted');
is(status_data($to)->{since}, $began, 'hard restarts keep the time since when requests are counted');
$httpd->stop;

# --- another version of the module, put in its place by rename

# Each version is built from the sources with some edits, on top of the previous version. The
# first version is built here too, because a module compiled for coverage is never unloaded.
my $source = "$dir/source";
mkdir $source or die $!;
system('cp', '-R', map({ "$ENV{CORS_WORK}/$_" } qw(Makefile build include mod_cors_policy.c mod_cors_sources.c src)), $source) and die "cp: $?\n";
sub build {
    my ($name, %edit) = @_;
    for my $file (sort keys %edit) {
        my $text = Httpd::slurp("$source/$file");
        my ($from, $into) = @{ $edit{$file} };
        $text =~ s/\Q$from\E/$into/ or die "$file has no '$from'\n";
        Httpd::spew("$source/$file", $text);
    }
    my $output = `cd $source && make CFLAGS=-O0 module 2>&1`;
    die "make: $output\n" if $?;
    rename "$source/out/mod_cors_policy.so", "$dir/$name.so" or die $!;
}
my $so = "$dir/running.so";
build('first');
Httpd::spew($so, Httpd::slurp("$dir/first.so"));
build(same => 'include/mod_cors_policy.h' => [ '#define CORS_POLICY_VERSION "', '#define CORS_POLICY_VERSION "same layout, ' ]);
build(other => 'include/mod_cors_policy.h' => [ 'same layout', 'other layout' ],
    'src/core/diagnose/stats.h' => [ '#define CORS_COUNTERS_SLOTS 512', '#define CORS_COUNTERS_SLOTS 4096' ]);

my $upgraded = Httpd->start(name => 'upgraded', so => $so, text => "Listen 127.0.0.1:\@port\@\n$policy");
$to = [ h1 => $upgraded->{port}{port} ];
$began = status_data($to)->{since};
sub version { my $body = send_request($to, GET => '/cors-policy')->body; return $body =~ /mod_cors_policy ((?:same layout, |other layout, )?)/ ? $1 : 'none' }

# Change the file under load and restart gracefully.
sub upgrade {
    my ($name, $version) = @_;
    my @clients = map { client(time + 4) } 1 .. 2;
    sleep 1;
    rename "$dir/$name.so", $so or die $!;
    my $restarted = $upgraded->graceful;
    my $is = version();
    my ($answers, $wrong, $none) = sums(@clients);
    is($restarted && $is, $version, "after the restart the module is '$name'");
    cmp_ok($answers, '>', 100, "$name: there was load ($answers)");
    is_deeply([ $wrong, $none ], [ 0, 0 ], "$name: no request failed, and no response had a wrong header");
    return $answers;
}
my $answers = upgrade(same => 'same layout, ');
is(status_data($to)->{since}, $began, 'a version with the same layout of the counts keeps them');
my $total = 0;
$total += $_ for values %{ verdicts($to) };
is($total, $answers, 'a version with the same layout counts exactly');
my $more = upgrade(other => 'other layout, ');
isnt(status_data($to)->{since}, $began, 'a version with another layout of the counts starts anew');
$total = 0;
$total += $_ for values %{ verdicts($to) };
cmp_ok($total, '<', $more, 'a version with another layout starts from zero');
send_request($to, GET => '/plain.txt', origin => $app) for 1 .. 7;
my $then = 0;
$then += $_ for values %{ verdicts($to) };
is($then, $total + 7, 'a version with another layout counts exactly');
$began = status_data($to)->{since};
upgrade(first => '');
isnt(status_data($to)->{since}, $began, 'the first version starts anew after one with another layout');
is_deeply(cors_response($to, @{ $_->[0] }), $_->[1], "@{ $_->[0] }, after three upgrades") for @exchanges;

done_testing();
