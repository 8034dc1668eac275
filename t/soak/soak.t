# Licensed under the Apache License, Version 2.0; see LICENSE.
# A long run: mixed load over HTTP/1.1 and HTTP/2, a list file that is deployed continuously
# in every way, graceful restarts, killed children, and a clock that is set. Every response
# is checked. The test fails if a request fails without a restart or a kill, if a verdict is
# wrong, if memory or descriptors grow, or if responses become slower.
#
#   SOAK_SECONDS=600   how long
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(cors_response preflight_vary send_request status_data);
use Httpd ();
use Tools qw(build_shim);

my $seconds = $ENV{SOAK_SECONDS} || 600;
die "the soak test needs HTTP/2, and therefore a threaded MPM\n" if !Httpd::has_h2();

# By how much the medians of two parts of the run may differ: memory by 5 % and a
# megabyte, descriptors by two. The 99th percentile of latency between restarts may
# be three times as high, and is not compared below 20 ms (100 ms in a short run).
my ($rss_share, $rss_kb, $fds, $factor, $least) = (0.05, 1024, 2, 3, $seconds < 120 ? 100_000 : 20_000);

# Each period has a restart, and a sample of the server before it. The last third of the
# run has no restarts, because a leak in a child ends with the child.
my $period = $seconds / 30;
$period = $period < 5 ? 5 : $period > 20 ? 20 : $period;
my $periods = int($seconds / $period);
$periods = 9 if $periods < 9;
my $with_restarts = $periods - int($periods / 3);

my $always = 'https://always.example';
my $wild = 'https://a.b.wild.example';
my $never = 'https://never.example';
my $app = 'https://app.example';
my $list = "$ENV{CORS_WORK}/t/logs/soak.origins";
# the exclusion comes last, so a list that is cut before it allows more
my @both = ($always, 'https://*.wild.example');
my $excluded = '!https://out.wild.example';
my $lists = 0;
my $work = "$ENV{CORS_WORK}/t/logs/soak";
mkdir $work or die "$work: $!\n";

# Lists of a few thousand origins, all of the same size, so that they need the same memory.
sub good_list {
    $lists++;
    return map { "$_\n" } @both, map({ "https://list$lists-" . (10000 + $_) . '.example' } 1 .. 5000), $excluded;
}
# A frame around a list: httpd loads it without waiting.
sub framed { my (@lines) = @_; return ("begin $lists\n", @lines, 'end ' . @lines . " $lists\n") }
sub own_origin { return "https://list$lists-12000.example" }
sub replace { Httpd::spew("$list.new", @_); rename "$list.new", $list or die "$list: $!\n" }
replace(good_list());

# this library reads the clock of httpd from a file in its directory
my $shim = "$work/clock.so";
build_shim($shim, "$work/orders", '-DCORS_CLOCK_ONLY');

my $httpd = Httpd->start(
    name => 'soak', preload => $shim, conf => 'soak.conf', ports => [qw(plain tls)], modules => [qw(ssl status)],
    vars => { list => $list, backend => $ENV{CORS_BACKEND_PORT} },
    expected => qr/CorsAllowOriginsFile: |exit signal Killed|this configuration has no policy|\[ssl:warn\]/);
my ($plain, $tls) = @{ $httpd->{port} }{qw(plain tls)};

# --- clients that check whole responses
my %vary = (vary => 'Origin');
my %preflight = (preflight_vary());
sub let { my ($origin, %more) = @_; return ('access-control-allow-origin' => $origin, %more) }
my %expose = ('access-control-expose-headers' => 'X-Total');
my %creds = ('access-control-allow-credentials' => 'true');
my @judged = (
    [ [ GET => '/plain.txt', origin => $always ], { status => 200, %vary, let($always), %expose } ],
    [ [ GET => '/plain.txt', origin => $wild ], { status => 200, %vary, let($wild), %expose } ],
    [ [ GET => '/plain.txt', origin => $never ], { status => 200, %vary } ],
    [ [ GET => '/plain.txt', origin => 'https://out.wild.example' ], { status => 200, %vary } ],
    [ [ GET => '/plain.txt', origin => "$always.evil" ], { status => 200, %vary } ],
    [ [ GET => '/missing', origin => $always ], { status => 404, %vary, let($always), %expose } ],
    [ [ GET => '/reject', origin => $never ], { status => 403, %vary } ],
    [ [ GET => '/htaccess-policy/a', origin => $app ], { status => 200, %vary, let($app), %expose } ],
    [ [ GET => '/htaccess-policy/a', origin => $always ], { status => 200, %vary } ],
    # the backend writes headers of its own
    [ [ GET => '/api', origin => $always ], { status => 200, vary => 'Accept, Origin', let($always), %creds, %expose } ],
    [ [ GET => '/api', origin => $never ], { status => 200, vary => 'Accept, Origin' } ],
    [ [ OPTIONS => '/api/deep/er', origin => $always, acrm => 'PUT', acrh => 'x-deep' ],
      { status => 204, %preflight, let($always), %creds, 'access-control-allow-methods' => 'GET, PUT',
        'access-control-allow-headers' => 'content-type, X-Deep', 'access-control-max-age' => 60 } ],
    [ [ OPTIONS => '/plain.txt', origin => $always, acrm => 'PUT' ],
      { status => 204, %preflight, let($always), 'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
        'access-control-allow-headers' => 'content-type' } ],
    [ [ OPTIONS => '/plain.txt', origin => $never, acrm => 'PUT' ], { status => 403, %preflight } ],
    [ [ GET => '/cors-policy?format=json' ], { status => 200 } ],
    [ [ GET => '/server-status?auto' ], { status => 200 } ],
);
my @handshake = (connection => 'Upgrade, close', upgrade => 'websocket',
    'sec-websocket-version' => 13, 'sec-websocket-key' => 'MDEyMzQ1Njc4OWFiY2RlZg==');

sub text_of { my ($answer) = @_; return join ' | ', map { "$_: $answer->{$_}" } sort keys %$answer }

# One exchange on a persistent connection. Like a browser, the client opens a new one after
# the server has closed it.
my $kept = Client->new($plain);
sub send_on_kept {
    my ($method, $path, %send) = @_;
    my %field = (origin => 'Origin', acrm => 'Access-Control-Request-Method', acrh => 'Access-Control-Request-Headers');
    return $kept->request({ method => $method, path => $path, authority => "localhost:$plain",
        headers => [ map { [ $field{$_} => $send{$_} ] } sort keys %send ] });
}

# A client for one protocol. It prints a line for each wrong response and for each request
# without a response.
my $began = time;
sub judge {
    my ($protocol, $port) = @_;
    my @cases = @judged;
    push @cases, [ [ GET => '/plain.txt', origin => $never, @handshake ], { status => 403, %vary } ] if $protocol =~ /\Ah1/;
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    return { protocol => $protocol, from => $from } if $pid;
    $SIG{TERM} = 'DEFAULT';
    my $asked = 0;
    my $complaints = 0;
    for (my $n = 0; !-e "$work/stop"; $n++) {
        my ($request, $expected) = @{ $cases[ $n % @cases ] };
        my $is = eval { ($protocol eq 'kept' ? send_on_kept(@$request) : send_request([ $protocol => $port ], @$request))->cors };
        my $said = $is ? text_of($is) : "no answer: $@";
        $asked++;
        # requests of a killed child may get no response, but never a wrong one
        next if -e "$work/killing" && (!$is || !defined $is->{status} || $is->{status} eq 'none');
        print "wrong: $protocol @$request: $said\n" if $said ne text_of($expected) && $complaints++ < 20;
        sleep 0.01;
    }
    print "asked: $asked\n";
    STDOUT->flush;
    POSIX::_exit(0);
}
my @judges = (judge(h1 => $plain), judge(h1s => $tls), judge(h2 => $tls), judge(h2c => $plain), judge(kept => $plain));

# --- load
sub wrk {
    my ($threads, $time) = @_;
    return Httpd::start_program('wrk', "-t$threads", "-c$threads", '-d', most(1, int $time) . 's', '--timeout', '10s', '-s', "$ENV{CORS_WORK}/t/soak/mix.lua",
        "http://127.0.0.1:$plain/", '--', 3, $always, $never);
}
# Streams over TLS: one on each connection if a restart may occur meanwhile, else many.
sub h2load {
    my ($requests, $connections, $streams) = @_;
    return Httpd::start_program('h2load', '-n', $requests, '-c', $connections, '-m', $streams, '-t', 1,
        '-H', "origin: $always", "https://127.0.0.1:$tls/plain.txt");
}
my %h2 = (total => 0, bad => 0);
sub h2_done {
    my $told = Httpd::read_output(@_);
    $told =~ /requests: (\d+) total, .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/ or die "h2load says: $told\n";
    my ($total, $failed) = ($1, $3 + $4 + $5);
    my ($ok) = $told =~ /status codes: (\d+) 2xx/;
    $h2{total} += $total;
    $h2{bad} += $failed + $total - $failed - $ok;
}

# --- samples
sub process {
    my ($pid) = @_;
    my ($rss) = Httpd::slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB/m;
    # some descriptors belong to requests in progress, so take the minimum of some samples
    my @fds;
    for (1 .. 5) {
        opendir my $dir, "/proc/$pid/fd" or return;
        push @fds, scalar(grep { /\A\d/ } readdir $dir);
        sleep 0.01;
    }
    my $shared = () = Httpd::slurp("/proc/$pid/maps") =~ m{rw-s .*/dev/zero|rw-s .*SYSV}g;
    return { rss => $rss, fds => least(@fds), shared => $shared };
}
sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ $#sorted / 2 ] }
sub least { return (sort { $a <=> $b } @_)[0] }
sub most { return (sort { $b <=> $a } @_)[0] }
sub sample {
    my $parent = process($httpd->pid);
    # a child may end while its data is read
    my @children = grep { defined } map { my $pid = $_; eval { process($pid) } } $httpd->children;
    my $sum = $parent->{rss};
    $sum += $_->{rss} for @children;
    return { children => scalar @children, parent => $parent->{rss}, sum => $sum, mean => int($sum / (@children + 1)),
        child => most(map { $_->{rss} } @children), 'parent fds' => $parent->{fds},
        'child fds' => most(map { $_->{fds} } @children), shared => $parent->{shared} };
}

# --- the list file
my %changes;
my @late;
sub allows { my ($origin) = @_; return defined cors_response([ h1 => $plain ], GET => '/plain.txt', origin => $origin)->{'access-control-allow-origin'} }
# Wait until the list that was written last is in force in all children.
sub await_list {
    my $changed = time;
    until (eval { allows(own_origin()) }) {
        if (time > $changed + 25) { push @late, "list $lists"; last }
        sleep 0.05;
    }
    push @{ $changes{times} }, time - $changed;
}
# Write a list in place, as an administrator should not: in two parts, of which the second
# has the exclusion.
sub write_slowly {
    my ($how) = @_;
    my $text = join '', good_list();
    open my $out, $how, $list or die "$list: $!\n";
    syswrite $out, substr $text, 0, length($text) - length("$excluded\n");
    sleep 0.4;
    syswrite $out, "$excluded\n";
    truncate $out, length $text;
    close $out;
}
my @kinds = qw(good framed bad half good removed install touched emptied framed inplace cut good);
sub change {
    my ($n) = @_;
    my $kind = $kinds[ $n % @kinds ];
    $changes{$kind}++;
    if ($kind eq 'bad') { replace(good_list(), "https://bad.example/\n", "$never\n"); $lists-- }
    elsif ($kind eq 'half') { write_slowly('>') }
    elsif ($kind eq 'inplace') { write_slowly('+<') }
    elsif ($kind eq 'removed') { unlink $list }
    elsif ($kind eq 'touched') { utime undef, undef, $list }
    elsif ($kind eq 'emptied') { Httpd::spew($list, '') }
    elsif ($kind eq 'cut') { Httpd::spew($list, grep { $_ ne "$excluded\n" } good_list()) }
    elsif ($kind eq 'install') { Httpd::spew("$list.new", good_list()); system('install', '-m644', "$list.new", $list) == 0 or die "install: $?\n" }
    elsif ($kind eq 'framed') { Httpd::spew($list, framed(good_list())); await_list() }
    else { replace(good_list()); await_list() }
}

# An incident between two loads: a child is killed, or the clock is set.
sub incident {
    my ($kind) = @_;
    $changes{"$kind (incident)"}++;
    Httpd::spew("$work/killing", '');
    if ($kind eq 'kill') {
        my @children = $httpd->children;
        kill KILL => $children[ rand @children ];
    }
    else {
        Httpd::spew("$work/orders/.clock", rand() < 0.5 ? -3600 : 3600);
        rename "$work/orders/.clock", "$work/orders/clock" or die $!;
        sleep 0.5;
    }
    replace(good_list());
    await_list();
    unlink "$work/orders/clock";
    sleep 1;
    unlink "$work/killing";
}

# --- the run
my (@samples, %wrk);
$wrk{$_} = 0 for qw(seen wrong connect read write timeout);
my $n = 0;
my $restarts = 0;
note(sprintf '%d periods of %.1f s', $periods, $period);
note(sprintf '%5s %8s %8s %8s %8s %9s %9s %7s %7s %7s %7s', qw(s children parent child sum fds-par fds-child shared req/s p50/ms p99/ms));
for my $number (1 .. $periods) {
    my $kind = (undef, 'clock', 'kill')[ $number % 3 ];
    incident($kind) if $kind && ($seconds >= 120 || $number < 3);
    my $end = time + $period;
    my $time = $end - time - 0.3;
    my $load = wrk(2, $time);
    # restart with streams in progress and a good list
    replace(good_list());
    my $streams = h2load(100, 100, 1);
    $restarts++ if $number <= $with_restarts && $httpd->graceful;
    h2_done($streams);
    # Measure latency between restarts only: httpd replaces ended children once a second,
    # and until then there may be no child to respond.
    sleep 0.5;
    my $latency = wrk(2, $end - time - 0.3);
    my $sampled;
    while (time < $end - 0.8) {
        change($n++);
        h2_done(h2load(100, 4, 5));
        if (!$sampled && time > $end - $period / 3) { $sampled = sample() }
        my $rest = 1 - (time - int time);
        sleep($rest) if time + $rest < $end - 0.5;
    }
    my %across = map { /(\w+)=(\d+)/g } Httpd::read_output($load);
    my %is = map { /(\w+)=(\d+)/g } Httpd::read_output($latency);
    $wrk{$_} += $is{$_} + $across{$_} for keys %wrk;
    push @samples, my $s = { %{ $sampled // sample() }, p50 => $is{p50}, p99 => $is{p99} };
    note(sprintf '%5d %8d %8d %8d %8d %9d %9d %7d %7d %7.2f %7.2f', time - $began, @{$s}{ 'children', 'parent', 'child', 'sum', 'parent fds', 'child fds', 'shared' },
        ($is{seen} + $across{seen}) / $period, $s->{p50} / 1000, $s->{p99} / 1000);
}

# --- the results
Httpd::spew("$work/stop", '');
ok($httpd->is_running, "httpd runs after $seconds seconds");
is($restarts, $with_restarts, "httpd came back after every graceful restart ($restarts)");
my ($asked, @complaints) = (0);
for (@judges) {
    my $told = Httpd::read_output($_->{from});
    $asked += $told =~ /asked: (\d+)/ ? $1 : push(@complaints, "$_->{protocol}: ended early") && 0;
    push @complaints, $told =~ /^(wrong: .*)$/mg;
}
is(scalar @complaints, 0, "each of $asked responses to the checking clients is right, over HTTP/1.1 and HTTP/2, with TLS and without") or diag(join "\n", @complaints);
cmp_ok($asked, '>', 10 * $seconds, 'the checking clients sent requests all the time');
cmp_ok($wrk{seen}, '>', 50 * $seconds, "wrk: there was load ($wrk{seen})");
is_deeply([ @wrk{qw(wrong connect read write timeout)} ], [ (0) x 5 ], 'wrk: no request failed, and no response was wrong');
is($h2{bad}, 0, "h2load: 0 of $h2{total} streams failed");
my @times = sort { $a <=> $b } @{ $changes{times} };
is(scalar @late, 0, sprintf 'every good list took effect during the run (%d lists; median %.1f s, maximum %.1f s)', scalar @times, median(@times), $times[-1])
    or diag("@late");
note(join ', ', map { "$_: $changes{$_}" } grep { !ref $changes{$_} } sort keys %changes);

# The medians that are compared: of the second and the last quarter of the part with
# restarts, and of the first and the last third of the part without.
my $quarter = int($with_restarts / 4);
my $third = int(($periods - $with_restarts) / 3);
sub middle { my ($from, $count, $what) = @_; return median(map { $_->{$what} } @samples[ $from .. $from + $count - 1 ]) }
sub quarters { my ($what) = @_; return (middle($quarter, $quarter, $what), middle($with_restarts - $quarter, $quarter, $what)) }
sub thirds { my ($what) = @_; return (middle($with_restarts, $third, $what), middle($periods - $third, $third, $what)) }
my %text = (parent => 'memory of the parent', child => 'memory of the largest child', mean => 'mean memory of a process',
    'parent fds' => 'descriptors of the parent', 'child fds' => 'descriptors of a child', shared => 'shared mappings');
my ($second, $last);
for my $what (qw(parent child mean)) {
    ($second, $last) = quarters($what);
    cmp_ok($last, '<=', $second * (1 + $rss_share) + $rss_kb, "$text{$what} does not grow over restarts ($second kB, then $last kB)");
    ($second, $last) = thirds($what);
    cmp_ok($last, '<=', $second * (1 + $rss_share) + $rss_kb, "$text{$what} does not grow without restarts ($second kB, then $last kB)");
}
for my $what ('parent fds', 'child fds', 'shared') {
    ($second, $last) = quarters($what);
    cmp_ok($last, '<=', $second + ($what eq 'shared' ? 0 : $fds), "$text{$what} do not increase over restarts ($second, then $last)");
    ($second, $last) = thirds($what);
    cmp_ok($last, '<=', $second + ($what eq 'shared' ? 0 : $fds), "$text{$what} do not increase without restarts ($second, then $last)");
}
for ([ 'over restarts', quarters('p99') ], [ 'without restarts', thirds('p99') ]) {
    (my $how, $second, $last) = @$_;
    cmp_ok($last, '<=', most($factor * $second, $least), sprintf 'the 99th percentile is not above %d times its earlier value %s (%.2f ms, then %.2f ms)', $factor, $how, $second / 1000, $last / 1000);
}

done_testing();
