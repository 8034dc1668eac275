# Licensed under the Apache License, Version 2.0; see LICENSE.
# What programs of sources print to their standard error (mod_cors_sources): each line is one
# line of the error log that cannot be mistaken for another, there is a limit, and a program
# that floods or closes it is read as before.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response);
use Httpd ();
use POSIX ();
use Time::HiRes qw(sleep time);
use Tools qw(build_shim wait_until);

my $dir = "$ENV{CORS_WORK}/t/logs/program_errors";
mkdir $dir or die "$dir: $!\n";
my $clocks = "$dir/clocks";
# the library adds the seconds in the file "elapsed" of this directory to httpd's monotonic clock
build_shim("$dir/clocks.so", $clocks);

my $frame = q{printf 'begin 1\nhttps://app.example\nend 1\n'};
my $second = q{printf 'begin 2\nhttps://second.example\nend 1\n'};
my $forged = '[Mon Nov 30 12:00:00.000000 2026] [core:error] [pid 1] forged';
# each program: options of the source, and text
my %program = (
    # a line end, a carriage return, a NUL byte, an escape sequence, a byte that is not UTF-8,
    # a quotation mark, a backslash, and printf conversions
    forged => [ 'refresh=1h', qq{$frame\nprintf '$forged\\n%s\\r\\000\\033[31m\\377"\\\\\\t%s %%s%%n %%d\\n\\n\\nlast\\n' x y >&2} ],
    open => [ 'refresh=1h', qq{$frame\nprintf 'without a line end' >&2} ],
    fails => [ 'refresh=1h', qq{echo 'the reason' >&2; exit 3} ],
    twenty => [ 'refresh=1h', qq{$frame\nfor i in \$(seq 20); do echo "number \$i" >&2; done} ],
    more => [ 'refresh=1h', qq{$frame\nfor i in \$(seq 21); do echo "number \$i" >&2; done} ],
    exact => [ 'refresh=1h', qq{$frame\nperl -e 'print STDERR "a" x 1000, "\\n"'} ],
    long => [ 'refresh=1h', qq{$frame\nperl -e 'print STDERR "a" x 1000, "b\\n", "next\\n"'} ],
    # many lines, or one line that never ends, of 100 MB before each of two lists
    lines => [ 'timeout=60s', qq{yes \$(seq 100) | head -c 100000000 >&2; $frame\nyes | head -c 100000000 >&2; $second\nexec sleep 1000} ],
    line => [ 'timeout=60s', qq{head -c 100000000 /dev/zero | tr '\\0' x >&2; $frame\nhead -c 100000000 /dev/zero >&2; $second\nexec sleep 1000} ],
    # never ends
    always => [ '', qq{$frame\nyes >&2} ],
    closes => [ '', qq{echo before >&2; exec 2>&-; $frame\nsleep 1; $second\nexec sleep 1000} ],
    # a process that remains, in the group of the program, and in one of its own
    child => [ 'refresh=1s', qq{sleep 1000 & echo \$! >>$dir/child.pids; $frame\necho done >&2} ],
    other => [ 'refresh=1s', qq{setsid sh -c 'echo \$\$ >>$dir/other.pids; exec sleep 1000' & sleep 0.2; $frame\necho done >&2} ],
    flooding => [ 'refresh=1s', qq{setsid sh -c 'echo \$\$ >>$dir/flooding.pids; exec yes' >&2 & sleep 0.2; $frame} ],
    often => [ 'refresh=100ms', qq{echo \$PPID >$dir/refresher; echo >>$dir/often.runs; n=\$(wc -l <$dir/often.runs)\nfor i in 1 2 3 4 5; do echo "run \$n" >&2; done; $frame} ],
    farewell => [ '', qq{trap 'echo ended by TERM >&2; kill \$!; exit 1' TERM\n$frame\nsleep 1000 & wait} ],
);
my @left; # processes that this test has to end itself
END { kill KILL => @left if @left }

my $httpd;
# Start a server with some of the programs.
sub start_with {
    my ($server, $names, %more) = @_;
    my $text = <<"CONF";
LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"
Listen 127.0.0.1:\@port\@
LogLevel warn cors_sources:info
CONF
    for my $name (@$names) {
        my ($options, $script) = @{ $program{$name} };
        Httpd::spew("$dir/$name", "#!/bin/sh\n$script\n");
        chmod 0755, "$dir/$name" or die $!;
        $text .= <<"CONF";
CorsOriginSource $name prg:$dir/$name $options
<Location "/$name">
    CorsPolicy On
    CorsAllowOriginsFrom $name
</Location>
CONF
    }
    $httpd = Httpd->start(name => "program_$server", text => $text, expected => qr/cors_sources:(?:error|notice)|origins-not-loaded|allow no origin/, %more);
    return;
}
sub log_text { return $httpd->log_since(0) }
# what was logged of a program
sub logged { my ($name) = @_; return [ log_text() =~ /^\[[^\]]+\] \[cors_sources:error\] \[pid \d+(?::tid \d+)?\] CorsOriginSource $name: stderr from \Q$dir\E\/$name: (.*)$/mg ] }
sub has_lines { my ($name, @lines) = @_; wait_until(sub { @{ logged($name) } >= @lines }, 20); sleep 0.2; return is_deeply(logged($name), \@lines, "$name: what is logged") }
sub allows { my ($name, $origin) = @_; return defined cors_response([ h1 => $httpd->{port}{port} ], GET => "/$name", origin => "https://$origin.example")->{'access-control-allow-origin'} }
sub arrives { my ($name, $origin) = @_; return ok(wait_until(sub { allows($name, $origin) }, 60), "$name: a list arrives ($origin)") }
my $limit = 'more than 20 lines within a minute; further lines are dropped until the minute is over';

# Check that the error log has no forged line, no control character and no flood.
sub is_clean {
    is_deeply([ grep { !/^\[[^\]]+\] \[(?:cors_sources|cors_policy|mpm_\w+|core|http2):(?:error|notice|info|warn)\] \[pid \d+(?::tid \d+)?\] (?!\[)/ } split /\n/, log_text() ], [], 'each line of the error log is a message of httpd');
    unlike(log_text(), qr/[^\x20-\x7e\n]/, 'the error log has no control character');
    unlike(log_text(), qr/CorsOriginSource (?!fails)\w+: \S+: (?:the program|no complete|line \d)/, 'no other program has failed');
    return cmp_ok(length log_text(), '<', 200_000, 'the error log is small');
}

# === lines
start_with(lines => [qw(often forged open twenty more exact long fails)], preload => "$dir/clocks.so");
has_lines(often => (map { ("run $_") x 5 } 1 .. 4), $limit);
ok(wait_until(sub { (-s "$dir/often.runs") >= 8 }, 30), 'often: the limit is that of all runs');
is(scalar @{ logged('often') }, 21, 'often: no run logs more');
Httpd::spew("$clocks/elapsed", 61);
ok(wait_until(sub { @{ logged('often') } >= 42 }, 30), 'often: after a minute, lines are logged again, up to the limit');
sleep 1;
is(scalar @{ logged('often') }, 42, 'often: and not more');
arrives($_, 'app') for qw(often forged open twenty more exact long);
has_lines(forged => $forged, 'x\r?\x1b[31m\xff"\\\\\ty %s%n %d', 'last');
has_lines(open => 'without a line end');
has_lines(twenty => map {"number $_"} 1 .. 20);
has_lines(more => (map {"number $_"} 1 .. 20), $limit);
has_lines(exact => 'a' x 1000);
has_lines(long => 'a' x 1000 . '...', 'next');
is(logged('fails')->[0], 'the reason', 'fails: what is logged');
my @order = map { index log_text(), $_ } "$dir/fails: the reason", 'the program ended with status 3; the file stays as it is';
ok($order[0] >= 0 && $order[0] < $order[1], 'fails: what it has printed is logged before its end');
is_clean();
$httpd->stop;
unlink "$clocks/elapsed", "$dir/often.runs" or die $!;

# === lists arrive, whatever is printed beside them
start_with(floods => [qw(lines line always closes child other flooding often farewell)]);
arrives($_, 'app') for qw(always child other flooding often farewell);
arrives($_, 'second') for qw(closes lines line);
has_lines(lines => ((join ' ', 1 .. 100)) x 20, $limit);
has_lines(line => 'x' x 1000 . '...');
has_lines(always => ('y') x 20, $limit);
has_lines(closes => 'before');

# --- processes and descriptors
my ($refresher) = Httpd::slurp("$dir/refresher") =~ /(\d+)/;
sub descriptors { my @fds = glob "/proc/$refresher/fd/*"; return scalar @fds }
sub pids { my ($name) = @_; my @pids = Httpd::slurp("$dir/$name.pids") =~ /(\d+)/g; return @pids }
ok(wait_until(sub { 3 <= pids($_) }, 20), "$_: it has been started again") for qw(child other flooding);
@left = pids('other');
sub children_of { my ($parent) = @_; return grep { (eval { Httpd::slurp("/proc/$_/stat") } // '') =~ /\A\d+ \(.*\) \w $parent /s } map { m{(\d+)\z} } glob '/proc/[0-9]*' }
sub is_alive { my ($pid) = @_; return (eval { Httpd::slurp("/proc/$pid/stat") } // '') =~ /\A\d+ \(.*\) [^Z]/ }
ok(wait_until(sub { 1 >= grep { is_alive($_) } pids('child') }, 5), 'child: a process that remains is killed');
cmp_ok(scalar(grep { is_alive($_) } pids('other')), '>=', 3, 'other: a process of another group goes on');
ok(wait_until(sub { 1 >= grep { is_alive($_) } pids('flooding') }, 5), 'flooding: it cannot print any more');
# two for each program that runs, and what the refresher itself has
my $most = 2 * 9 + 12;
my @seen = map { sleep 0.05; descriptors() } 1 .. 40;
cmp_ok((sort { $a <=> $b } @seen)[-1], '<=', $most, 'the refresher has two pipes for each program that runs');
my $runs = -s "$dir/often.runs";
ok(wait_until(sub { (-s "$dir/often.runs") >= $runs + 50 }, 60), 'fifty more runs');
my @then = map { sleep 0.05; descriptors() } 1 .. 40;
sub least { return (sort { $a <=> $b } @_)[0] }
cmp_ok(least(@then), '<=', least(@seen), 'fifty runs: no descriptor remains');

is_clean();

# --- the last words of a program that httpd ends
my $mark = $httpd->log_mark;
$httpd->graceful;
like($httpd->log_since($mark), qr/CorsOriginSource farewell: stderr from \S+: ended by TERM$/m, 'farewell: what a program prints when it is ended is logged');
@left = pids('other');
$httpd->stop;
@left = pids('other');

# === a pipe that is closed does not wake the refresher again and again
start_with(closed => [qw(closes)]);
arrives(closes => 'second');
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
sub processor_seconds { my ($pid) = @_; my @field = split ' ', Httpd::slurp("/proc/$pid/stat") =~ s/.*\) //sr; return ($field[11] + $field[12]) / $ticks }
sub is_idle {
    my ($name) = @_;
    my ($idle) = grep { children_of($_) } $httpd->children; # only the refresher has started a process
    my $used = processor_seconds($idle);
    sleep 2;
    return cmp_ok(processor_seconds($idle) - $used, '<', 0.2, "$name: the refresher sleeps");
}
is_idle('closes');
$httpd->stop;

# === two pipes for each program are more than a process may open by default
my @many = map { "many$_" } 1 .. 70;
$program{$_} = [ 'refresh=1h', "$frame\nexec sleep 1000" ] for @many;
start_with(many => \@many, under => 'prlimit --nofile=128:1024');
ok(wait_until(sub { @many == (() = log_text() =~ /^.*CorsOriginSource many\d+: .*new list/mg) }, 60), 'each of seventy programs has printed its list');
arrives($_ => 'app') for @many[ 0, -1 ];
is_idle('many');
is_clean();
$httpd->stop;

done_testing();
