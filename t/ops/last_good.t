# Licensed under the Apache License, Version 2.0; see LICENSE.
# Files of origins that are not stable: at a start, at a graceful restart, and while
# httpd runs. What is kept for a start is nobody else's to write.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Client qw(cors_response status_data);
use CorsTest qw(config_check);
use Httpd ();
use Tools qw(allowed denied replace_file wait_until);

my $dir = "$ENV{CORS_WORK}/t/logs";
my $always = 'https://always.example';
my $number = 0;
sub put { my ($path, @lines) = @_; Httpd::spew($path, map { "$_\n" } @lines); return $path }
# as if it had been written a minute ago, as far as anybody can pretend that
sub put_and_wait { my $path = put(@_); sleep 2.1; return $path }

# A writer that goes on and on: lines of a list that is never to be taken.
sub keep_writing {
    my ($path, $seconds) = @_;
    my $pid = fork // die $!;
    return $pid if $pid;
    $SIG{TERM} = 'DEFAULT';
    my $end = time + $seconds;
    for (my $n = 0; time < $end; $n++) {
        open my $file, '>>', $path or POSIX::_exit(1);
        print $file "https://part$n.example\n";
        close $file;
        sleep 0.3;
    }
    POSIX::_exit(0);
}

my $conf = <<'CONF';
Listen 127.0.0.1:@port@
LogLevel warn cors_policy:notice
CorsAllowOriginsFileReload 300ms
CorsPolicy On
CorsAllowOrigins https://word.example
CorsAllowOriginsFile @list@
<Location "/cors-policy">
    CorsPolicy Off
    SetHandler cors-policy
</Location>
CONF
my @to;
sub start {
    my ($list, %more) = @_;
    my $httpd = Httpd->start(name => 'last_good' . ++$number, vars => { list => $list }, text => $conf,
        expected => qr/CorsAllowOriginsFile: /, %more);
    @to = (h1 => $httpd->{port}{port});
    return $httpd;
}
sub answer { my ($origin) = @_; return cors_response(\@to, GET => '/plain.txt', origin => $origin) }
sub allows { return defined answer(@_)->{'access-control-allow-origin'} ? 1 : 0 }
sub reasons { return { map { ("$_->{verdict} $_->{reason}" => $_->{count}) } @{ status_data(\@to)->{counts} } } }

# --- who has just edited a file starts httpd at once
my $list = put("$dir/young.origins", $always);
my $began = time;
my $httpd = start($list);
my $took = time - $began;
is_deeply(answer($always), allowed($always), 'a start with a file of this moment waits for it, and has its list');
cmp_ok($took, '>', 1.8, sprintf 'for two seconds (%.1f s)', $took);
my ($copies) = grep { -d } glob "$httpd->{dir}/cors_policy";
my ($copy) = glob "$copies/*.copy";
ok($copy, 'a copy is kept in the runtime directory');
is_deeply([ map { sprintf '%04o', (stat)[2] & 07777 } $copies, $copy ], [ '0700', '0600' ], 'which only its user may enter');
like(Httpd::slurp($copy), qr/\Acors-policy-last-good 1 [0-9a-f]{16} \d+ \Q$list\E\n\Q$always\E\n\z/, 'the copy names its path and has the text');

# --- a newer list that the children load takes the copy away
replace_file($list, $always, 'https://newer.example');
ok(wait_until(sub { allows('https://newer.example') }), 'a newer list counts');
ok(wait_until(sub { !-e $copy }), 'and the copy of the older one is removed');
# the next restart makes one of it
sleep 2.1;
$httpd->graceful;
ok(wait_until(sub { -e $copy }), 'a restart with a stable file makes a copy of that');
like(Httpd::slurp($copy), qr/newer/, 'of the newer list');

# --- a graceful restart with the file gone, then another thing in its place
for my $case ([ 'a missing file' => sub { unlink $list }, 'file-unreadable' ], [ 'a directory' => sub { mkdir $list }, 'file-kind' ],
    [ 'a FIFO' => sub { rmdir $list; POSIX::mkfifo($list, 0600) }, 'file-kind' ],
    [ 'a mistake' => sub { unlink $list; put_and_wait($list, $always, 'https://newer.example', 'https://bad.example/') }, 'origin-path' ],
    [ 'half a frame' => sub { put_and_wait($list, 'begin 1', $always) }, 'file-frame' ]) {
    my ($name, $make, $id) = @$case;
    $make->();
    my $mark = $httpd->log_mark;
    ok($httpd->graceful && $httpd->is_running, "a graceful restart with $name does not end httpd");
    is_deeply([ map { allows($_) } $always, 'https://newer.example', 'https://never.example' ], [ 1, 1, 0 ], "$name: the list in force is kept");
    like($httpd->log_since($mark), qr/cors_policy:error.*\Q$list\E.*\[$id\]\n.*the list in force of \Q$list\E is kept/, "$name: the log says why");
}
ok(!-e $copy, 'there is no copy of a list that may be older');
put($list, 'begin 2', $always, 'https://framed.example', 'end 2 2');
ok(wait_until(sub { allows('https://framed.example') }, 3), 'a whole frame counts at once');
put($list, 'begin 3', $always, 'https://early.example', 'end 3 3');
sleep 3.5;
is_deeply([ map { allows($_) } 'https://framed.example', 'https://early.example' ], [ 1, 0 ], 'one with another number of lines never does');

# --- a directive for a new file, which is not there
my $text = Httpd::slurp("$httpd->{dir}/httpd.conf");
Httpd::spew("$httpd->{dir}/httpd.conf", $text, "<Location /one.txt>\nCorsAllowOriginsFile $dir/not-yet.origins\n</Location>\n");
my $mark = $httpd->log_mark;
ok($httpd->graceful, 'a graceful restart with a new file that is missing');
is(cors_response(\@to, GET => '/one.txt', origin => $always)->{'access-control-allow-origin'}, undef, 'allows no origin there');
is_deeply(answer($always), allowed($always), 'and as before elsewhere');
is(reasons()->{'denied origins-not-loaded'}, 1, 'the reason says so');
like($httpd->log_since($mark), qr/not-yet\.origins'.*\[file-unreadable\]\n.*not-yet\.origins cannot be loaded yet; no origin is allowed/, 'and the log');
put("$dir/not-yet.origins", $always);
ok(wait_until(sub { cors_response(\@to, GET => '/one.txt', origin => $always)->{'access-control-allow-origin'} }), 'it counts once it is there');

# --- a list that empties, or loses its exclusions
put_and_wait($list, $always, 'https://many1.example', 'https://many2.example', '!https://no.example', 'https://many3.example');
ok(wait_until(sub { allows('https://many3.example') }), 'a list');
for my $case ([ 'an empty file', '' ], [ 'a file of comments', "# under construction\n" ], [ 'a list without its exclusions', "$always\nhttps://no.example\nhttps://many1.example\nhttps://many2.example\n" ]) {
    my ($name, $less) = @$case;
    $mark = $httpd->log_mark;
    Httpd::spew($list, $less);
    sleep 4;
    is_deeply([ map { allows($_) } $always, 'https://many3.example', 'https://no.example' ], [ 1, 1, 0 ], "$name: the list in force is kept");
    like($httpd->log_since($mark), qr/cors_policy:warn.*\Q$list\E: the list has shrunk from 4 listed and 1 excluded to .*; it is loaded once the file has been unchanged for 30 seconds/,
        "$name: which is warned of");
    $httpd->graceful;
    is_deeply([ map { allows($_) } $always, 'https://many3.example', 'https://no.example' ], [ 1, 1, 0 ], "$name: over a restart, too");
}
Httpd::spew($list, '');
$mark = $httpd->log_mark;
sleep 20;
ok(allows($always), 'after twenty seconds it still is');
ok(wait_until(sub { !allows($always) }, 20), 'a file that stays empty counts in the end');
ok(allows('https://word.example'), 'which leaves the other lists as they are');
like($httpd->log_since($mark), qr/cors_policy:warn.*\Q$list\E is read again: 0 listed/, 'and is warned of');
put($list, 'begin 9', $always, map({ "https://f$_.example" } 1 .. 9), 'end 10');
ok(wait_until(sub { allows($always) }, 3), 'a frame is a list again at once');
put($list, 'begin 10', 'end 0');
ok(wait_until(sub { !allows($always) }, 3), 'and one may be empty at once: its end is proven');

# --- times in the future
put($list, $always, 'https://future.example');
utime time + 3600, time + 3600, $list;
ok(wait_until(sub { allows('https://future.example') }, 10), 'a file of an hour from now is loaded when it has been unchanged for two seconds');
$httpd->graceful;
ok(allows('https://future.example'), 'a restart keeps its list');
put($list, $always, 'https://future2.example');
utime time + 3600, time + 3600, $list;
$httpd->graceful;
ok(wait_until(sub { allows('https://future2.example') }, 10), 'and does not stop reloading');
$httpd->stop;

# --- a start while somebody writes
$list = put("$dir/unstable.origins", $always);
my $writer = keep_writing($list, 120);
$httpd = start($list);
is(waitpid($writer, POSIX::WNOHANG()), 0, 'a start waits for a file that is being written, not until it is');
is_deeply([ map { answer($_) } $always, 'https://part1.example', 'https://word.example' ], [ (denied()) x 3 ], 'no origin is allowed before the list is there, of other lists neither');
is_deeply(reasons(), { 'denied origins-not-loaded' => 3 }, 'the reason says so');
like($httpd->log_since(0), qr/cors_policy:warn.*\Q$list\E cannot be loaded yet; no origin is allowed/, 'the log says so');
kill TERM => $writer;
waitpid $writer, 0;
ok(wait_until(sub { allows($always) }), 'it counts when it is stable');
ok(allows('https://word.example'), 'and so do the others');
$httpd->stop;

# --- the same with copies: what was done to each, and whether it may still be used
my $runtime = "$dir/runtime";
mkdir $runtime or die $!;
my @cases = (
    [ 'a copy stands for an unstable file', 1, sub { } ],
    [ 'one that was changed does not', 0, sub { Httpd::spew($_[0], $_[1] =~ s/good/evil/r) } ],
    [ 'nor one of another path', 0, sub { Httpd::spew($_[0], $_[1] =~ s/copied\d+\.origins/copied99.origins/r) } ],
    [ 'nor a link to one', 0, sub { rename $_[0], "$dir/elsewhere" or die $!; symlink "$dir/elsewhere", $_[0] or die $! } ],
    [ 'nor one that others may write', 0, sub { chmod 0666, $_[0] } ],
    [ 'nor one with another name', 0, sub { link $_[0], "$dir/linked" or die $! } ],
    [ 'nor a cut one', 0, sub { Httpd::spew($_[0], substr $_[1], 0, -9) } ],
    [ 'nor one of another version', 0, sub { Httpd::spew($_[0], $_[1] =~ s/last-good 1/last-good 2/r) } ],
    [ 'nor a FIFO', 0, sub { unlink $_[0]; POSIX::mkfifo($_[0], 0600) } ],
    [ 'nor one that is gone', 0, sub { unlink $_[0] } ],
);
my @copied = map { put("$dir/copied$_.origins", $always, 'https://good.example') } 0 .. $#cases;
my $text_of_all = <<"CONF" . join '', map { "<Location /c$_>\nCorsAllowOriginsFile $copied[$_]\n</Location>\n" } 0 .. $#cases;
DefaultRuntimeDir $runtime
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:notice
CorsAllowOriginsFileReload 300ms
CorsPolicy On
CONF
sub start_all {
    my $server = Httpd->start(name => 'copies' . ++$number, text => $text_of_all, expected => qr/CorsAllowOriginsFile: /);
    @to = (h1 => $server->{port}{port});
    return $server;
}
sleep 2.1;
start_all()->stop;
my %copy_of = map { my $file = $_; Httpd::slurp($file) =~ /\A\S+ 1 \S+ \d+ (.*)\n/ ? ($1 => $file) : () } glob "$runtime/cors_policy/*.copy";
is_deeply([ sort keys %copy_of ], [ sort @copied ], 'a start with good lists leaves a copy of each');
$cases[$_][2]->($copy_of{ $copied[$_] }, Httpd::slurp($copy_of{ $copied[$_] })) for 0 .. $#cases;
my @writers = map { keep_writing($_, 9) } @copied;
$httpd = start_all();
is_deeply(allowed_by($_), $cases[$_][1] ? [ 1, 1, 0, 0 ] : [ 0, 0, 0, 0 ], $cases[$_][0]) for 0 .. $#cases;
like($httpd->log_since(0), $cases[$_][1] ? qr/warn.*\Q$copied[$_]\E is not stable; its last good list is in force until it is/
    : qr/warn.*\Q$copied[$_]\E cannot be loaded yet/, "$cases[$_][0]: the log says so") for 0 .. $#cases;
waitpid $_, 0 for @writers;
ok(wait_until(sub { 10 == grep { allowed_by($_)->[2] } 0 .. $#cases }), 'each file counts when it is stable');
$httpd->stop;
sleep 2.1;
# a restart makes them anew
start_all()->stop;
chmod 0755, "$runtime/cors_policy" or die $!;
@writers = map { keep_writing($_, 9) } $copied[0];
$httpd = start_all();
is_deeply(allowed_by(0), [ 0, 0, 0, 0 ], 'no copy stands for a file if others may enter the directory');
$httpd->stop;
waitpid $_, 0 for @writers;

# --- httpd -t looks, and waits only for what is wrong
my ($check, @took);
for (1 .. 5) {
    $list = put("$dir/checked.origins", $always);
    $began = time;
    $check = config_check("CorsAllowOriginsFile $list\n");
    push @took, time - $began;
    last if $check->{code};
}
is($check->{code}, 0, 'httpd -t: a good file of this moment') or diag($check->{errors});
# the least of some: a machine that does other things makes it longer, never shorter
cmp_ok((sort { $a <=> $b } @took)[0], '<', 1.9, 'is not waited for');
Httpd::spew($list, "$always\nhttps://hal");
$writer = fork // die $!;
if (!$writer) { $SIG{TERM} = 'DEFAULT'; sleep 1; put($list, $always, 'https://half.example'); POSIX::_exit(0) }
is(config_check("CorsAllowOriginsFile $list\n")->{code}, 0, 'httpd -t: half a file of this moment is');
waitpid $writer, 0;
Httpd::spew($list, "$always\nhttps://hal");
$check = config_check("CorsAllowOriginsFile $list\n");
like($check->{errors}, qr/\Q$list\E:2:.*\[file-cut\]/, 'and is an error if it stays as it is');

# --- CorsAllowOriginsFileReload Off: a list is loaded once
$conf =~ s/FileReload 300ms/FileReload Off/;
put_and_wait($list, $always);
$httpd = start($list);
put($list, $always, 'https://second.example');
sleep 3;
ok(!allows('https://second.example'), 'Off: a file that changes is not read');
put($list, $always, 'https://third.example');
ok($httpd->graceful, 'a graceful restart with a file of this moment');
ok(wait_until(sub { allows('https://third.example') }, 10), 'reads it when it is stable');
put($list, $always, 'https://fourth.example');
sleep 3;
ok(!allows('https://fourth.example'), 'and then no more');
$httpd->stop;

# --- many files, where addresses are counted
my @lists = map { put("$dir/many$_.origins", $always, "https://m$_.example") } 1 .. 60;
sleep 2.1;
my $many = <<'CONF' . join '', map { "<Location /m$_>\nCorsAllowOriginsFile $lists[$_ - 1]\n</Location>\n" } 1 .. 60;
Listen 127.0.0.1:@port@
CorsAllowOriginsFileReload 300ms
CorsPolicy On
<IfModule !prefork.c>
ThreadsPerChild 64
MaxRequestWorkers 64
StartServers 1
</IfModule>
CONF
# the stacks of 64 threads count as well
$httpd = Httpd->start(name => 'many_files', text => $many, under => 'prlimit --as=4294967296', expected => qr/CorsAllowOriginsFile: /);
@to = (h1 => $httpd->{port}{port});
sub many_allow { my ($n, $origin) = @_; return defined cors_response(\@to, GET => "/m$n", origin => $origin)->{'access-control-allow-origin'} ? 1 : 0 }
is_deeply([ map { many_allow($_, "https://m$_.example") } 1 .. 60 ], [ (1) x 60 ], '60 files within 4 GB of addresses');
sub addresses { my ($pid) = @_; no warnings 'portable'; my $sum = 0; my $maps = Httpd::slurp("/proc/$pid/maps"); $sum += hex($2) - hex($1) while $maps =~ /^([0-9a-f]+)-([0-9a-f]+) rw-s .*\/dev\/zero/mg; return $sum / 1e6 }
my $reserved = addresses($httpd->pid);
cmp_ok($reserved, '<', 200, sprintf 'they have %.0f MB', $reserved);
put("$lists[59].new", $always, map { "https://grown$_.example" } 1 .. 15_000);
rename "$lists[59].new", $lists[59] or die $!;
ok(wait_until(sub { many_allow(60, 'https://grown15000.example') }), 'one of them grows by 15,000 origins without a restart');
ok($httpd->graceful && $httpd->graceful, 'after two restarts');
my $after = addresses($httpd->pid);
cmp_ok($after, '<', 220, sprintf 'it is not more (%.0f MB)', $after);
is_deeply([ map { many_allow($_, "https://m$_.example") } 1 .. 59 ], [ (1) x 59 ], 'and all lists count');

done_testing();
