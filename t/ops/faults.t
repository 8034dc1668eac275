# Licensed under the Apache License, Version 2.0; see LICENSE.
# What goes wrong around the module: logs on a full disk, a child that is killed,
# hard restarts under load, and another version of the module in the place of the
# one that runs.
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
# request, its whole answer, and what it is counted as
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
is(scalar(() = $written =~ /CORS: (?:allowed|denied|preflight|not-cors)/g), scalar @exchanges, 'only those of the one host are written');
$logs->stop;

# the log of the whole server, while a file of origins is good and bad
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
ok(wait_until(sub { allows('https://second.example') }), 'a changed file counts though nobody can be told');
replace_file($path, 'https://third.example', 'no origin');
sleep 3; # it is read after two seconds
ok(allows('https://second.example') && !allows('https://third.example'), 'a bad one does not');
replace_file($path, 'https://fourth.example');
kill USR1 => $full->pid;
ok(wait_until(sub { allows('https://fourth.example') }), 'a graceful restart is made');
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

# The child that has a connection, as the kernel tells: by the address of the other
# end to the number of its socket, and by that to the descriptor.
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
    is_deeply($response->cors, { status => 200, %allowed }, 'its headers are right') if $right eq 'whole';
}
my $lost = grep { $_->{child} == $victim } @open;
is_deeply(\%whole, { cut => $lost, whole => @open - $lost }, 'when one is killed, its responses are cut and all others are whole');
is_deeply(verdicts($to), { allowed => 12 }, 'all are counted, and once');
is_deeply(cors_response($to, @{ $_->[0] }), $_->[1], "@{ $_->[0] }, afterwards") for @exchanges;
my %sum = (allowed => 12);
$sum{ $_->[2] }++ for @exchanges;
is_deeply(verdicts($to), \%sum, 'counting goes on');

# --- load: clients that judge every answer
# Gives how many answers there were, and what was wrong with them.
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

# --- hard restarts, which cut what is being answered, and that alone. A child of
# prefork that gets SIGTERM in a request may abort: what it does on the signal is
# not for signal handlers. There nothing is asked meanwhile.
my $began = status_data($to)->{since};
my $before = verdicts($to);
my $prefork = Httpd::mpm() eq 'prefork';
my @sums = (0, 0, 0);
my $hard = 0;
my @clients = $prefork ? () : map { client(time + 5) } 1 .. 3;
for (1 .. 4) {
    sleep 1;
    my $generations = $httpd->generations;
    kill HUP => $httpd->pid;
    $hard++ if wait_until(sub { $httpd->generations > $generations });
    @clients = client(time + 0.5) if $prefork;
    if ($prefork) { my @one = sums(@clients); $sums[$_] += $one[$_] for 0 .. 2 }
}
@sums = sums(@clients) if !$prefork;
is($hard, 4, 'four hard restarts');
cmp_ok($sums[0], '>', 100, "answers between them ($sums[0], and $sums[2] that were cut)");
is($sums[1], 0, 'none of them is wrong');
my $after = verdicts($to);
my $counted = 0;
$counted += $after->{$_} - ($before->{$_} // 0) for keys %$after;
cmp_ok($counted, '>=', $sums[0], 'every answer is counted');
cmp_ok($counted, '<=', $sums[0] + $sums[2], 'and nothing else');
is(status_data($to)->{since}, $began, 'counting began when it did');
$httpd->stop;

# --- another version of the module, put in its place by rename

# A version is made of the sources with some edits, each on top of those before. The
# first one is made here, too: what is compiled for coverage is never unloaded.
my $source = "$dir/source";
mkdir $source or die $!;
system('cp', '-R', map({ "$ENV{CORS_WORK}/$_" } qw(Makefile build include mod_cors_policy.c src)), $source) and die "cp: $?\n";
sub build {
    my ($name, %edit) = @_;
    for my $file (sort keys %edit) {
        my $text = Httpd::slurp("$source/$file");
        my ($from, $into) = @{ $edit{$file} };
        $text =~ s/\Q$from\E/$into/ or die "$file has no '$from'\n";
        Httpd::spew("$source/$file", $text);
    }
    my $said = `cd $source && make CFLAGS=-O0 module 2>&1`;
    die "make: $said\n" if $?;
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
    is($restarted && $is, $version, "the module is '$name' now");
    cmp_ok($answers, '>', 100, "$name: there was load ($answers)");
    is_deeply([ $wrong, $none ], [ 0, 0 ], "$name: no request failed, and none had a wrong header");
    return $answers;
}
my $answers = upgrade(same => 'same layout, ');
is(status_data($to)->{since}, $began, 'a version that counts in the same way goes on counting');
my $total = 0;
$total += $_ for values %{ verdicts($to) };
is($total, $answers, 'exactly');
my $more = upgrade(other => 'other layout, ');
isnt(status_data($to)->{since}, $began, 'one that counts in another way begins anew');
$total = 0;
$total += $_ for values %{ verdicts($to) };
cmp_ok($total, '<', $more, 'from nothing');
send_request($to, GET => '/plain.txt', origin => $app) for 1 .. 7;
my $then = 0;
$then += $_ for values %{ verdicts($to) };
is($then, $total + 7, 'and counts exactly');
$began = status_data($to)->{since};
upgrade(first => '');
isnt(status_data($to)->{since}, $began, 'so does the way back');
is_deeply(cors_response($to, @{ $_->[0] }), $_->[1], "@{ $_->[0] }, after all that") for @exchanges;

done_testing();
