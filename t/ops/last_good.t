# Licensed under the Apache License, Version 2.0; see LICENSE.
# List files that are not stable: at a start, at a graceful restart, and while httpd runs.
# Only httpd's user can change the copy of the last good list.
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
sub write_list { my ($path, @lines) = @_; Httpd::spew($path, map { "$_\n" } @lines); return $path }
# write a list and wait until it is stable
sub write_stable_list { my $path = write_list(@_); sleep 2.1; return $path }

# A writer that adds lines all the time: its list must never be loaded.
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

# --- a start right after the file was written
my $list = write_list("$dir/young.origins", $always);
my $began = time;
my $httpd = start($list);
my $took = time - $began;
is_deeply(answer($always), allowed($always), 'a start right after the file was written waits for it, and has its list');
cmp_ok($took, '>', 1.8, sprintf 'a start waits two seconds for a new file (%.1f s)', $took);
my ($copies) = grep { -d } glob "$httpd->{dir}/cors_policy";
my ($copy) = glob "$copies/*.copy";
ok($copy, 'a start stores a copy of the list in the runtime directory');
is_deeply([ map { sprintf '%04o', (stat)[2] & 07777 } $copies, $copy ], [ '0700', '0600' ], 'only its user may read the copy');
like(Httpd::slurp($copy), qr/\Acors-policy-last-good 1 [0-9a-f]{16} \d+ \Q$list\E\n\Q$always\E\n\z/, 'the copy has the path and the text of the file');

# --- a newer list that the children load removes the copy
replace_file($list, $always, 'https://newer.example');
ok(wait_until(sub { allows('https://newer.example') }), 'a newer list is loaded');
ok(wait_until(sub { !-e $copy }), 'loading a newer list removes the copy of the older one');
# the next restart makes a copy of it
sleep 2.1;
$httpd->graceful;
ok(wait_until(sub { -e $copy }), 'a restart with a stable file makes a copy');
like(Httpd::slurp($copy), qr/newer/, 'the copy after a restart is that of the newer list');

# --- a graceful restart without the file, then with something else in its place
for my $case ([ 'a missing file' => sub { unlink $list }, 'file-unreadable' ], [ 'a directory' => sub { mkdir $list }, 'file-kind' ],
    [ 'a FIFO' => sub { rmdir $list; POSIX::mkfifo($list, 0600) }, 'file-kind' ],
    [ 'an error' => sub { unlink $list; write_stable_list($list, $always, 'https://newer.example', 'https://bad.example/') }, 'origin-path' ],
    [ 'half a frame' => sub { write_stable_list($list, 'begin 1', $always) }, 'file-frame' ]) {
    my ($name, $make, $id) = @$case;
    $make->();
    my $mark = $httpd->log_mark;
    ok($httpd->graceful && $httpd->is_running, "a graceful restart with $name does not end httpd");
    is_deeply([ map { allows($_) } $always, 'https://newer.example', 'https://never.example' ], [ 1, 1, 0 ], "$name: the list in force is kept");
    like($httpd->log_since($mark), qr/cors_policy:error.*\Q$list\E.*\[$id\]\n.*the current list of \Q$list\E stays in force/, "$name: the reason is logged");
}
ok(!-e $copy, 'there is no copy of a list that may be older');
write_list($list, 'begin 2', $always, 'https://framed.example', 'end 2 2');
ok(wait_until(sub { allows('https://framed.example') }, 3), 'a complete frame is loaded at once');
write_list($list, 'begin 3', $always, 'https://early.example', 'end 3 3');
sleep 3.5;
is_deeply([ map { allows($_) } 'https://framed.example', 'https://early.example' ], [ 1, 0 ], 'a frame with a wrong number of lines is never loaded');

# --- a directive for a new file that does not exist yet
my $text = Httpd::slurp("$httpd->{dir}/httpd.conf");
Httpd::spew("$httpd->{dir}/httpd.conf", $text, "<Location /one.txt>\nCorsAllowOriginsFile $dir/not-yet.origins\n</Location>\n");
my $mark = $httpd->log_mark;
ok($httpd->graceful, 'httpd restarts gracefully with a new file that is missing');
is(cors_response(\@to, GET => '/one.txt', origin => $always)->{'access-control-allow-origin'}, undef, 'no origin is allowed by a new file that is missing');
is_deeply(answer($always), allowed($always), 'a new file that is missing does not affect other sections');
is(reasons()->{'denied origins-not-loaded'}, 1, 'a new file that is missing is counted as origins-not-loaded');
like($httpd->log_since($mark), qr/not-yet\.origins'.*\[file-unreadable\]\n.*not-yet\.origins cannot be loaded yet; until then, .* allow no origin/, 'a new file that is missing is logged');
write_list("$dir/not-yet.origins", $always);
ok(wait_until(sub { cors_response(\@to, GET => '/one.txt', origin => $always)->{'access-control-allow-origin'} }), 'a new file is loaded once it exists');

# --- a list that empties, or loses its exclusions
write_stable_list($list, $always, 'https://many1.example', 'https://many2.example', '!https://no.example', 'https://many3.example');
ok(wait_until(sub { allows('https://many3.example') }), 'a list with an exclusion is loaded');
for my $case ([ 'an empty file', '' ], [ 'a file of comments', "# under construction\n" ], [ 'a list without its exclusions', "$always\nhttps://no.example\nhttps://many1.example\nhttps://many2.example\n" ]) {
    my ($name, $less) = @$case;
    $mark = $httpd->log_mark;
    Httpd::spew($list, $less);
    sleep 4;
    is_deeply([ map { allows($_) } $always, 'https://many3.example', 'https://no.example' ], [ 1, 1, 0 ], "$name: the list in force is kept");
    like($httpd->log_since($mark), qr/cors_policy:warn.*\Q$list\E: the list has shrunk from 4 listed and 1 excluded to .*; it is loaded once the file has been unchanged for 30 seconds/,
        "$name: a warning is logged");
    $httpd->graceful;
    is_deeply([ map { allows($_) } $always, 'https://many3.example', 'https://no.example' ], [ 1, 1, 0 ], "$name: the list in force is kept over a restart");
}
Httpd::spew($list, '');
$mark = $httpd->log_mark;
sleep 20;
ok(allows($always), 'an empty file does not replace the list for twenty seconds');
ok(wait_until(sub { !allows($always) }, 20), 'a file that stays empty is loaded after half a minute');
ok(allows('https://word.example'), 'an empty file does not change the other lists');
like($httpd->log_since($mark), qr/cors_policy:warn.*\Q$list\E reloaded: 0 listed/, 'an empty file that is loaded is logged as a warning');
write_list($list, 'begin 9', $always, map({ "https://f$_.example" } 1 .. 9), 'end 10');
ok(wait_until(sub { allows($always) }, 3), 'a frame replaces an empty list at once');
write_list($list, 'begin 10', 'end 0');
ok(wait_until(sub { !allows($always) }, 3), 'an empty frame is loaded at once: its end shows that it is complete');

# --- times in the future
write_list($list, $always, 'https://future.example');
utime time + 3600, time + 3600, $list;
ok(wait_until(sub { allows('https://future.example') }, 10), 'a file with a time in the future is loaded when it has been unchanged for two seconds');
$httpd->graceful;
ok(allows('https://future.example'), 'a restart keeps the list of a file with a time in the future');
write_list($list, $always, 'https://future2.example');
utime time + 3600, time + 3600, $list;
$httpd->graceful;
ok(wait_until(sub { allows('https://future2.example') }, 10), 'a file with a time in the future is reloaded after a restart');
$httpd->stop;

# --- a start while the file is written
$list = write_list("$dir/unstable.origins", $always);
my $writer = keep_writing($list, 120);
$httpd = start($list);
is(waitpid($writer, POSIX::WNOHANG()), 0, 'a start does not wait until a file that changes all the time is stable');
is_deeply([ map { answer($_) } $always, 'https://part1.example', 'https://word.example' ], [ (denied()) x 3 ], 'no origin is allowed before the list is loaded, not even of another list');
is_deeply(reasons(), { 'denied origins-not-loaded' => 3 }, 'a list that is not loaded is counted as origins-not-loaded');
like($httpd->log_since(0), qr/cors_policy:warn.*\Q$list\E cannot be loaded yet; until then, .* allow no origin/, 'a list that is not loaded is logged');
kill TERM => $writer;
waitpid $writer, 0;
ok(wait_until(sub { allows($always) }), 'a list is loaded when its file is stable');
ok(allows('https://word.example'), 'the other lists are in force when all are loaded');
$httpd->stop;

# --- copies: what is done to each, and whether it may still be used
my $runtime = "$dir/runtime";
mkdir $runtime or die $!;
my @cases = (
    [ 'a copy replaces an unstable file', 1, sub { } ],
    [ 'a copy that was changed is not used', 0, sub { Httpd::spew($_[0], $_[1] =~ s/good/evil/r) } ],
    [ 'a copy of another path is not used', 0, sub { Httpd::spew($_[0], $_[1] =~ s/copied\d+\.origins/copied99.origins/r) } ],
    [ 'a link to a copy is not used', 0, sub { rename $_[0], "$dir/elsewhere" or die $!; symlink "$dir/elsewhere", $_[0] or die $! } ],
    [ 'a copy that others may write is not used', 0, sub { chmod 0666, $_[0] } ],
    [ 'a copy with a second link is not used', 0, sub { link $_[0], "$dir/linked" or die $! } ],
    [ 'a copy that is cut is not used', 0, sub { Httpd::spew($_[0], substr $_[1], 0, -9) } ],
    [ 'a copy of another version is not used', 0, sub { Httpd::spew($_[0], $_[1] =~ s/last-good 1/last-good 2/r) } ],
    [ 'a FIFO in place of a copy is not used', 0, sub { unlink $_[0]; POSIX::mkfifo($_[0], 0600) } ],
    [ 'a copy that is removed is not used', 0, sub { unlink $_[0] } ],
);
my @copied = map { write_list("$dir/copied$_.origins", $always, 'https://good.example') } 0 .. $#cases;
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
sub allowed_by { my ($n) = @_; return [ map { defined cors_response(\@to, GET => "/c$n", origin => $_)->{'access-control-allow-origin'} ? 1 : 0 } $always, 'https://good.example', 'https://part1.example', 'https://evil.example' ] }
sleep 2.1;
start_all()->stop;
my %copy_of = map { my $file = $_; Httpd::slurp($file) =~ /\A\S+ 1 \S+ \d+ (.*)\n/ ? ($1 => $file) : () } glob "$runtime/cors_policy/*.copy";
is_deeply([ sort keys %copy_of ], [ sort @copied ], 'a start with good lists leaves a copy of each');
$cases[$_][2]->($copy_of{ $copied[$_] }, Httpd::slurp($copy_of{ $copied[$_] })) for 0 .. $#cases;
my @writers = map { keep_writing($_, 9) } @copied;
$httpd = start_all();
is_deeply(allowed_by($_), $cases[$_][1] ? [ 1, 1, 0, 0 ] : [ 0, 0, 0, 0 ], $cases[$_][0]) for 0 .. $#cases;
like($httpd->log_since(0), $cases[$_][1] ? qr/warn.*\Q$copied[$_]\E is still changing; its last good list is in force until the file is stable/
    : qr/warn.*\Q$copied[$_]\E cannot be loaded yet/, "$cases[$_][0], and the log reports the list in force") for 0 .. $#cases;
waitpid $_, 0 for @writers;
ok(wait_until(sub { 10 == grep { allowed_by($_)->[2] } 0 .. $#cases }), 'each file is loaded when it is stable');
$httpd->stop;
sleep 2.1;
# a start makes the copies again
start_all()->stop;
chmod 0755, "$runtime/cors_policy" or die $!;
@writers = map { keep_writing($_, 9) } $copied[0];
$httpd = start_all();
is_deeply(allowed_by(0), [ 0, 0, 0, 0 ], 'no copy is used if others may enter the directory');
$httpd->stop;
waitpid $_, 0 for @writers;

# --- httpd -t waits only for a file with an error
my ($check, @took);
for (1 .. 5) {
    $list = write_list("$dir/checked.origins", $always);
    $began = time;
    $check = config_check("CorsAllowOriginsFile $list\n");
    push @took, time - $began;
    last if $check->{code};
}
is($check->{code}, 0, 'httpd -t accepts a good file that was just written') or diag($check->{errors});
# the shortest of several: load can only make it longer
cmp_ok((sort { $a <=> $b } @took)[0], '<', 1.9, 'httpd -t does not wait for a good file');
Httpd::spew($list, "$always\nhttps://hal");
$writer = fork // die $!;
if (!$writer) { $SIG{TERM} = 'DEFAULT'; sleep 1; write_list($list, $always, 'https://half.example'); POSIX::_exit(0) }
is(config_check("CorsAllowOriginsFile $list\n")->{code}, 0, 'httpd -t waits for a half-written file');
waitpid $writer, 0;
Httpd::spew($list, "$always\nhttps://hal");
$check = config_check("CorsAllowOriginsFile $list\n");
like($check->{errors}, qr/\Q$list\E:2:.*\[file-cut\]/, 'httpd -t reports a file that stays half-written');

# --- CorsAllowOriginsFileReload Off: a list is loaded once
$conf =~ s/FileReload 300ms/FileReload Off/;
write_stable_list($list, $always);
$httpd = start($list);
write_list($list, $always, 'https://second.example');
sleep 3;
ok(!allows('https://second.example'), 'Off: a file that changes is not read');
write_list($list, $always, 'https://third.example');
ok($httpd->graceful, 'Off: a graceful restart right after the file was written');
ok(wait_until(sub { allows('https://third.example') }, 10), 'Off: a graceful restart loads the file when it is stable');
write_list($list, $always, 'https://fourth.example');
sleep 3;
ok(!allows('https://fourth.example'), 'Off: after a restart a file that changes is not read');
$httpd->stop;

# --- many files with a limit of the address space
my @lists = map { write_list("$dir/many$_.origins", $always, "https://m$_.example") } 1 .. 60;
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
# the stacks of 64 threads count as well; ASan itself reserves 15 TB, so only the memory of the lists is compared with it
my $under = $ENV{SANITIZER} ? undef : 'prlimit --as=4294967296';
$httpd = Httpd->start(name => 'many_files', text => $many, under => $under, expected => qr/CorsAllowOriginsFile: /);
@to = (h1 => $httpd->{port}{port});
sub many_allow { my ($n, $origin) = @_; return defined cors_response(\@to, GET => "/m$n", origin => $origin)->{'access-control-allow-origin'} ? 1 : 0 }
is_deeply([ map { many_allow($_, "https://m$_.example") } 1 .. 60 ], [ (1) x 60 ], '60 files within 4 GB of addresses');
sub addresses { my ($pid) = @_; no warnings 'portable'; my $sum = 0; my $maps = Httpd::slurp("/proc/$pid/maps"); $sum += hex($2) - hex($1) while $maps =~ /^([0-9a-f]+)-([0-9a-f]+) rw-s .*\/dev\/zero/mg; return $sum / 1e6 }
my $reserved = addresses($httpd->pid);
cmp_ok($reserved, '<', 200, sprintf '60 files reserve less than 200 MB (%.0f MB)', $reserved);
write_list("$lists[59].new", $always, map { "https://grown$_.example" } 1 .. 15_000);
rename "$lists[59].new", $lists[59] or die $!;
ok(wait_until(sub { many_allow(60, 'https://grown15000.example') }), 'one of 60 files grows by 15,000 origins without a restart');
ok($httpd->graceful && $httpd->graceful, 'two restarts after a list grew');
my $after = addresses($httpd->pid);
cmp_ok($after, '<', 220, sprintf 'the reserved memory does not grow over restarts (%.0f MB)', $after);
is_deeply([ map { many_allow($_, "https://m$_.example") } 1 .. 59 ], [ (1) x 59 ], 'all 60 lists are in force after restarts');

done_testing();
