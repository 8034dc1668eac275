# Licensed under the Apache License, Version 2.0; see LICENSE.
# A long run: mixed load over HTTP/1.1 and HTTP/2, a list file that is deployed in every way
# all the time, graceful restarts, killed children, a clock that is set. Every response is
# checked. It fails if a request fails without a restart or a kill, if a verdict is wrong,
# if memory or descriptors grow, or if responses become slower.
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
die "the run is of HTTP/2, which wants a threaded MPM\n" if !Httpd::has_h2();

# What may differ between two parts of the run, medians compared: memory by 5 % and a
# megabyte, descriptors by two; the 99th percentile of latency between restarts by a
# factor of three, where it is above 20 ms, in a short run above 100 ms.
my ($rss_share, $rss_kb, $fds, $factor, $least) = (0.05, 1024, 2, 3, $seconds < 120 ? 100_000 : 20_000);

# A restart in each period, and a sample of the server before it; none in the last
# third of the run, for what a child loses ends with the child.
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
# what is excluded comes last: a list that is cut there allows more
my @both = ($always, 'https://*.wild.example');
my $excluded = '!https://out.wild.example';
my $lists = 0;
my $work = "$ENV{CORS_WORK}/t/logs/soak";
mkdir $work or die "$work: $!\n";

# Lists of a few thousand, as large as each other, so that their memory is.
sub good_list {
    $lists++;
    return map { "$_\n" } @both, map({ "https://list$lists-" . (10000 + $_) . '.example' } 1 .. 5000), $excluded;
}
# A frame around a list, which counts at once.
sub framed { my (@lines) = @_; return ("begin $lists\n", @lines, 'end ' . @lines . " $lists\n") }
sub own_origin { return "https://list$lists-12000.example" }
sub replace { Httpd::spew("$list.new", @_); rename "$list.new", $list or die "$list: $!\n" }
replace(good_list());

# a file of this library's directory sets the clock of httpd
my $shim = "$work/clock.so";
build_shim($shim, "$work/orders", '-DCORS_CLOCK_ONLY');

my $httpd = Httpd->start(
    name => 'soak', preload => $shim, conf => 'soak.conf', ports => [qw(plain tls)], modules => [qw(ssl status)],
    vars => { list => $list, backend => $ENV{CORS_BACKEND_PORT} },
    expected => qr/CorsAllowOriginsFile: |exit signal Killed|this configuration has no policy|\[ssl:warn\]/);
my ($plain, $tls) = @{ $httpd->{port} }{qw(plain tls)};

# --- clients that judge whole answers
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

# One exchange on a connection that is kept, and opened anew when the server has
# closed it, as browsers do.
my $kept = Client->new($plain);
sub send_on_kept {
    my ($method, $path, %send) = @_;
    my %field = (origin => 'Origin', acrm => 'Access-Control-Request-Method', acrh => 'Access-Control-Request-Headers');
    return $kept->request({ method => $method, path => $path, authority => "localhost:$plain",
        headers => [ map { [ $field{$_} => $send{$_} ] } sort keys %send ] });
}

# One client for a protocol; each writes a line about every answer that is wrong,
# and every request that has none.
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
        # a child that is killed leaves its requests without an answer, never with a
        # wrong one
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
# Streams over TLS: one on each connection where a restart may come between, many
# where none does.
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
    # those that stay: at each moment some are for what is being answered
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
    # a child may end while it is looked at
    my @children = grep { defined } map { my $pid = $_; eval { process($pid) } } $httpd->children;
    my $sum = $parent->{rss};
    $sum += $_->{rss} for @children;
    return { children => scalar @children, parent => $parent->{rss}, sum => $sum, mean => int($sum / (@children + 1)),
        child => most(map { $_->{rss} } @children), 'parent fds' => $parent->{fds},
        'child fds' => most(map { $_->{fds} } @children), shared => $parent->{shared} };
}

# --- the file of origins
my %changes;
my @late;
sub allows { my ($origin) = @_; return defined cors_response([ h1 => $plain ], GET => '/plain.txt', origin => $origin)->{'access-control-allow-origin'} }
# The list that was written last comes to count, in all children.
sub await_list {
    my $changed = time;
    until (eval { allows(own_origin()) }) {
        if (time > $changed + 25) { push @late, "list $lists"; last }
        sleep 0.05;
    }
    push @{ $changes{times} }, time - $changed;
}
# In its place, as one should not: in two parts, the second of which has what is
# excluded.
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

# What happens to a server, between two loads: a child is killed, the clock is set.
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
    # a restart with streams under way, from a good list
    replace(good_list());
    my $streams = h2load(100, 100, 1);
    $restarts++ if $number <= $with_restarts && $httpd->graceful;
    h2_done($streams);
    # latency between restarts: where the children that end are not replaced within
    # a second, as httpd does it, nobody answers so long
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

# --- what came of it
Httpd::spew("$work/stop", '');
ok($httpd->is_running, "httpd runs after $seconds seconds");
is($restarts, $with_restarts, "every graceful restart came back ($restarts)");
my ($asked, @complaints) = (0);
for (@judges) {
    my $told = Httpd::read_output($_->{from});
    $asked += $told =~ /asked: (\d+)/ ? $1 : push(@complaints, "$_->{protocol}: ended early") && 0;
    push @complaints, $told =~ /^(wrong: .*)$/mg;
}
is(scalar @complaints, 0, "each of $asked answers to judging clients is right, over HTTP/1.1 and HTTP/2, with TLS and without") or diag(join "\n", @complaints);
cmp_ok($asked, '>', 10 * $seconds, 'they were at work');
cmp_ok($wrk{seen}, '>', 50 * $seconds, "wrk: there was load ($wrk{seen})");
is_deeply([ @wrk{qw(wrong connect read write timeout)} ], [ (0) x 5 ], 'wrk: no request failed, and no answer was wrong');
is($h2{bad}, 0, "h2load: none of $h2{total} streams failed");
my @times = sort { $a <=> $b } @{ $changes{times} };
is(scalar @late, 0, sprintf 'every good list counted in all the run (%d of them; %.1f s in the middle, %.1f s at most)', scalar @times, median(@times), $times[-1])
    or diag("@late");
note(join ', ', map { "$_: $changes{$_}" } grep { !ref $changes{$_} } sort keys %changes);

# Those of a part of the run, from one end of it and from the other: the second and
# the last quarter of the part with restarts, the first and the last third of that
# without.
my $quarter = int($with_restarts / 4);
my $third = int(($periods - $with_restarts) / 3);
sub middle { my ($from, $count, $what) = @_; return median(map { $_->{$what} } @samples[ $from .. $from + $count - 1 ]) }
sub quarters { my ($what) = @_; return (middle($quarter, $quarter, $what), middle($with_restarts - $quarter, $quarter, $what)) }
sub thirds { my ($what) = @_; return (middle($with_restarts, $third, $what), middle($periods - $third, $third, $what)) }
my %text = (parent => 'of the parent', child => 'of the largest child', mean => 'of a process in the mean');
my ($second, $last);
for my $what (qw(parent child mean)) {
    ($second, $last) = quarters($what);
    cmp_ok($last, '<=', $second * (1 + $rss_share) + $rss_kb, "memory $text{$what} does not grow over restarts ($second kB, then $last kB)");
    ($second, $last) = thirds($what);
    cmp_ok($last, '<=', $second * (1 + $rss_share) + $rss_kb, "nor without restarts ($second kB, then $last kB)");
}
for my $what ('parent fds', 'child fds', 'shared') {
    ($second, $last) = quarters($what);
    cmp_ok($last, '<=', $second + ($what eq 'shared' ? 0 : $fds), "$what: no more over restarts ($second, then $last)");
    ($second, $last) = thirds($what);
    cmp_ok($last, '<=', $second + ($what eq 'shared' ? 0 : $fds), "$what: no more without restarts ($second, then $last)");
}
for ([ 'over restarts', quarters('p99') ], [ 'without restarts', thirds('p99') ]) {
    (my $how, $second, $last) = @$_;
    cmp_ok($last, '<=', most($factor * $second, $least), sprintf 'the 99th percentile is not above %d times what it was %s (%.2f ms, then %.2f ms)', $factor, $how, $second / 1000, $last / 1000);
}

done_testing();
