# Licensed under the Apache License, Version 2.0; see LICENSE.
# A list file is deployed with every common tool, at any moment of a graceful restart. httpd
# keeps running, no list in force is empty or wider than the old and the new one, and each
# new list is eventually loaded. Observers send requests all the time.
#
#   CORS_DEPLOYS=18   the number of restarts, half of them with frames
#   CORS_SEED=1       the seed of the random numbers
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(cors_response);
use Httpd ();

my $deploys = $ENV{CORS_DEPLOYS} || 18;
my $seed = int($ENV{CORS_SEED} || time);
srand $seed;
note("CORS_SEED=$seed");

my $dir = "$ENV{CORS_WORK}/t/logs/deploys";
my $always = 'https://always.example';
my $wild = 'https://any.wild.example';
my $out = 'https://out.wild.example';
my $never = 'https://never.example';

# The path goes through a symbolic link, which one of the tools switches.
mkdir $dir or die "$dir: $!\n";
mkdir "$dir/release0" or die $!;
symlink 'release0', "$dir/current" or die $!;
my $path = "$dir/current/live.origins";

# The exclusion comes last: a list that is cut allows more than a complete one.
my $number = 0;
sub own { return "https://list$_[0].example" }
sub lines_of { my ($n) = @_; return ($always, own($n), 'https://*.wild.example', (map { "https://l$n-$_.example" } 1 .. 200 + $n % 50), "!$out") }
sub text_of {
    my ($n, $framed) = @_;
    my @lines = lines_of($n);
    @lines = ("begin v$n", @lines, 'end ' . @lines . " v$n") if $framed;
    return join '', map { "$_\n" } @lines;
}
sub run { my (@command) = @_; system(@command) == 0 or die "@command: $?\n" }
# All but the last line or two, and the rest.
sub halves { my ($text) = @_; my $at = rindex $text, "\n", length($text) - length("!$out\nend 100 v100\n") - 1; return (substr($text, 0, $at + 1), substr $text, $at + 1) }

# Each tool replaces the text of the file; a slow one pauses in the middle.
sub source { my ($text) = @_; Httpd::spew("$dir/source", $text); return "$dir/source" }
sub write_in_place {
    my ($text, $pause, $mode) = @_;
    my ($first, $rest) = halves($text);
    open my $file, $mode, $path or die "$path: $!\n"; # '+<' does not cut it first
    syswrite $file, $first;
    sleep $pause;
    syswrite $file, $rest;
    truncate $file, length $text;
    close $file;
}
my %tools = (
    'install' => sub { run('install', '-m644', source($_[0]), $path) },
    'rm and write' => sub { my ($text, $pause) = @_; unlink $path; sleep $pause; Httpd::spew($path, $text) },
    'rm and write slowly' => sub { my ($text, $pause) = @_; unlink $path; write_in_place($text, $pause, '>') },
    'cp' => sub { run('cp', source($_[0]), $path) },
    'cp -p of an old file' => sub { my $from = source($_[0]); utime 1, 1, $from; run('cp', '-p', $from, $path) },
    '>' => sub { my ($text, $pause) = @_; write_in_place($text, $pause, '>') },
    '> and then' => sub { my ($text, $pause) = @_; open my $file, '>', $path or die $!; sleep $pause; print $file $text; close $file },
    '>>' => sub { my ($text, $pause) = @_; my ($first, $rest) = halves($text); Httpd::spew($path, $first); sleep $pause; open my $file, '>>', $path or die $!; print $file $rest; close $file },
    'rsync' => sub { run('rsync', '-t', '--ignore-times', source($_[0]), $path) },
    'rsync --inplace' => sub { run('rsync', '-t', '--ignore-times', '--inplace', source($_[0]), $path) },
    'in place' => sub { my ($text, $pause) = @_; write_in_place($text, $pause, '+<') },
    'mv' => sub { run('mv', source($_[0]), $path) },
    'sed -i' => sub {
        my ($text) = @_;
        # sed edits another file here, but writes the same text
        run('cp', source($text), "$dir/edited"); rename "$dir/edited", "$path.next" or die $!;
        run('sed', '-i', 's/^nothing$//', "$path.next"); rename "$path.next", $path or die $!;
    },
    'an editor with a backup' => sub { my ($text, $pause) = @_; rename $path, "$path~" or die $!; write_in_place($text, $pause, '>'); unlink "$path~" },
    'an editor that copies' => sub { my ($text, $pause) = @_; run('cp', '-p', $path, "$path~"); write_in_place($text, $pause, '>') },
    'tar' => sub {
        my ($text) = @_;
        mkdir "$dir/tar";
        Httpd::spew("$dir/tar/live.origins", $text);
        utime 1, 1, "$dir/tar/live.origins";
        run('tar', '-C', "$dir/tar", '-cf', "$dir/list.tar", 'live.origins');
        run('tar', '-C', "$dir/current/", '-xf', "$dir/list.tar");
    },
    'git checkout' => sub {
        my ($text) = @_;
        my $tree = "$dir/git";
        my @git = ('git', '-c', 'user.name=a', '-c', 'user.email=a@a.example', '-c', 'safe.directory=*', '--git-dir', $tree, '--work-tree', "$dir/current/");
        local $ENV{GIT_CONFIG_NOSYSTEM} = 1;
        run(@git, 'init', '-q') if !-d $tree;
        my $blob = do { local $ENV{P} = source($text); chomp(my $id = qx(git --git-dir "$tree" hash-object -w "\$P")); $id };
        run(@git, 'update-index', '--add', '--cacheinfo', "100644,$blob,live.origins");
        run(@git, 'checkout-index', '-f', 'live.origins');
    },
    'a switched link' => sub {
        my ($text) = @_;
        my $release = "release$number";
        mkdir "$dir/$release" or die $!;
        Httpd::spew("$dir/$release/live.origins", $text);
        utime 1, 1, "$dir/$release/live.origins";
        run('ln', '-sfn', $release, "$dir/current.new");
        rename "$dir/current.new", "$dir/current" or die $!;
    },
);

Httpd::spew($path, text_of(0));
my $httpd = Httpd->start(name => 'deploys', expected => qr/CorsAllowOriginsFile: /, text => <<"CONF");
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:warn
<IfModule !prefork.c>
ThreadsPerChild 8
ServerLimit 6
MaxRequestWorkers 48
</IfModule>
StartServers 2
CorsAllowOriginsFileReload 500ms
CorsPolicy On
CorsAllowCredentials On
CorsAllowOriginsFile $path
CONF
my @to = (h1 => $httpd->{port}{port});
sub allows { my ($origin) = @_; return defined cors_response(\@to, GET => '/plain.txt', origin => $origin)->{'access-control-allow-origin'} }

# Start an observer. Until it is stopped, it sends requests from origins that must always be
# allowed and from others that must never be allowed.
sub start_observer {
    pipe my $from, my $into or die $!;
    my $pid = fork // die $!;
    if (!$pid) {
        my $go = 1;
        $SIG{TERM} = sub { $go = 0 };
        my %sum = (asked => 0, empty => 0, wider => 0, none => 0);
        while ($go) {
            for ([ $always, 1 ], [ $out, 0 ], [ $wild, 1 ], [ $never, 0 ]) {
                my ($origin, $expected) = @$_;
                my $is = eval { cors_response(\@to, GET => '/plain.txt', origin => $origin) };
                last if !$go; # the signal may have interrupted this one
                $sum{asked}++;
                if (!$is || $is->{status} ne 200) { $sum{none}++; next }
                my $allowed = defined $is->{'access-control-allow-origin'};
                $sum{ $expected ? 'empty' : 'wider' }++ if $allowed != $expected;
            }
            sleep 0.01;
        }
        syswrite $into, join ' ', %sum;
        POSIX::_exit(0);
    }
    return { pid => $pid, from => $from };
}
# Stop an observer; returns its numbers of requests and of wrong responses.
sub stop_observer { my ($observer) = @_; kill TERM => $observer->{pid}; waitpid $observer->{pid}, 0; return { split ' ', readline $observer->{from} } }

my %total = (asked => 0, empty => 0, wider => 0, none => 0, late => 0, silent => 0);
my %used;
my @names = sort keys %tools;
my $restarts = 0;
my $longest = 0;
my @bad;
for my $round (1 .. $deploys) {
    my $framed = ($round + int(($round - 1) / @names) + $seed) % 2;
    my $tool = $names[ ($round - 1) % @names ];
    # a writer that pauses for less than two seconds; with frames it may be longer
    my $pause = rand($framed ? 3.5 : 1.7);
    my $text = text_of(++$number, $framed);
    my $observer = start_observer();
    my $mark = $httpd->log_mark;
    my $writer = fork // die $!;
    if (!$writer) {
        $SIG{TERM} = 'DEFAULT';
        sleep rand 0.5;
        eval { $tools{$tool}->($text, $pause) };
        print STDERR "$tool: $@" if $@;
        POSIX::_exit($@ ? 1 : 0);
    }
    sleep rand 1.5;
    $restarts++ if $httpd->graceful;
    waitpid $writer, 0;
    my $failed = $?;
    my $written = time;
    sleep 0.1 until allows(own($number)) || time > $written + 25 || !$httpd->is_running;
    my $took = time - $written;
    $longest = $took if $took > $longest;
    my %is = %{ stop_observer($observer) };
    $is{late} = $took > 25 || allows(own($number - 1)) ? 1 : 0;
    $is{silent} = $is{empty} && $httpd->log_since($mark) !~ /cors_policy:(?:warn|error)/ ? 1 : 0;
    $total{$_} += $is{$_} for keys %total;
    my $name = $tool . ($framed ? ' (frame)' : '');
    $used{$name}++;
    push @bad, sprintf '%s, pause %.2f: %s', $name, $pause, join ', ', map { "$_ $is{$_}" } sort keys %is
        if $failed || grep { $is{$_} } qw(empty wider none late silent);
    last if !$httpd->is_running;
}
ok($httpd->is_running, "httpd runs after $restarts restarts");
is($restarts, $deploys, 'httpd runs after each graceful restart');
is_deeply({ map { $_ => $total{$_} } grep { $_ ne 'asked' } keys %total }, { empty => 0, wider => 0, none => 0, late => 0, silent => 0 },
    "of $total{asked} responses none had an empty or a wider list, and each list was loaded")
    or diag(join "\n", @bad);
cmp_ok($total{asked}, '>', 20 * $deploys, 'the observers sent requests');
note(sprintf '%d tools; a list was loaded at most %.1f s after it was written', scalar @names, $longest);
note(join ', ', map { "$_: $used{$_}" } sort keys %used);

done_testing();
