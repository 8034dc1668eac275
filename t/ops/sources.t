# Licensed under the Apache License, Version 2.0; see LICENSE.
# Programs that print lists of origins (mod_cors_sources): lists and changes arrive, each
# way in which a program can fail leaves the last good list in force, and no process
# remains.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response);
use CorsTest qw(config_check);
use Httpd ();
use Tools qw(replace_file wait_until);
use Time::HiRes qw(sleep time);

my $refreshes = $ENV{CORS_REFRESHES} // 100;
my $dir = "$ENV{CORS_WORK}/t/logs/sources";
mkdir $dir or die "$dir: $!\n";
my $so = "$ENV{CORS_WORK}/mod_cors_sources.so";
my $load = qq{LoadModule cors_sources_module "$so"\n};

# A program of the shell.
sub script {
    my ($name, $text) = @_;
    # by rename: a file cannot be written at the moment in which it is executed
    Httpd::spew("$dir/$name.script", "#!/bin/sh\n$text");
    chmod 0755, "$dir/$name.script" or die $!;
    rename "$dir/$name.script", "$dir/$name" or die $!;
    return "$dir/$name";
}
sub state_of { return "$dir/$_[0].list" }
sub frame { my ($version, @rows) = @_; return join '', map { "$_\n" } "begin $version", @rows, 'end ' . @rows . " $version" }
my $old = frame('old', 'https://old.example');

# prints a list when it has changed, as long as it lives; its child would remain if only the
# program itself were killed
sub watching_script {
    my ($name) = @_;
    return script($name, <<"SH");
echo \$\$ \$PPID >>"$dir/$name.pids"
sleep 1000 &
echo \$! >>"$dir/$name.children"
last=
while :; do
    now=\$(cat "$dir/$name.txt")
    if [ "\$now" != "\$last" ]; then
        last=\$now
        echo "begin \$now"; echo "https://\$now.example"; echo "end 1 \$now"
    fi
    sleep 0.1
done
SH
}

# The ways to fail: name, options, program, pattern of the error.
my @failures = (
    [ dies => '', "echo begin 1; echo https://new.example; exit 3", qr/the program ended with status 3 in the middle of a frame, after 1 lines/ ],
    [ killed => '', "echo begin 1; kill -9 \$\$", qr/the program was ended by signal 9 in the middle of a frame, after 0 lines/ ],
    [ fails => '', "exit 5", qr/the program ended with status 5;/ ],
    [ half => '', "printf 'begin 1\\nhttps://new.example\\n'", qr/the program ended with status 0 in the middle of a frame, after 1 lines/ ],
    [ quarter => '', "printf 'begin 1\\nhttps://new.example\\nend 1'", qr/the program ended with status 0 in the middle of a frame, after 1 lines/ ],
    [ nothing => '', "exit 0", qr/the program ended without a frame/ ],
    [ lies => '', "printf 'begin 1\\nhttps://new.example\\nend 2\\n'", qr/line 3 of a frame: there is another number of lines between/ ],
    [ versions => '', "printf 'begin 1\\nhttps://new.example\\nend 1 2\\n'", qr/line 3 of a frame: begin and end have different versions/ ],
    [ count => '', "printf 'begin 1\\nhttps://new.example\\nend one\\n'", qr/line 3 of a frame: end is followed by the number of lines between/ ],
    [ 'no-version' => '', "printf 'begin\\nend 0\\n'", qr/line 1 of a frame: begin is followed by a version/ ],
    [ 'no-frame' => '', "echo https://new.example", qr/line 1 of a frame: a frame begins with begin VERSION/ ],
    [ more => '', "printf 'begin 1\\nhttps://old.example\\nend 1\\nhttps://new.example\\n'; sleep 100", qr/line 1 of a frame: a frame begins with begin VERSION/, 'old list' ],
    [ floods => 'max-size=1M', "echo begin 1; exec yes https://new.example", qr/line \d+ of a frame: the frame is larger than max-size/ ],
    [ noise => '', "exec yes", qr/line 1 of a frame: a frame begins with begin VERSION/ ],
    [ 'long-line' => '', "echo begin 1; exec perl -e 'print q(a) x 1e8'", qr/line 2 of a frame: it is longer than 8192 bytes/ ],
    [ nul => '', "printf 'begin 1\\nhttps://new.example\\0.example\\nend 1\\n'", qr/line 2 of a frame: it has a NUL byte/ ],
    [ endless => 'timeout=500ms', "echo begin 1; while :; do echo https://new.example; sleep 0.05; done", qr/no complete frame within the timeout/ ],
    [ silent => 'timeout=500ms', "trap '' TERM; echo \$\$ >$dir/silent.pid; while :; do sleep 1000; done", qr/no complete frame within the timeout/ ],
    [ closes => '', "trap '' TERM; printf 'begin 1\\nhttps://old.example\\nend 1\\n'; exec >&-; sleep 1000; sleep 1000", qr/the program has closed its output and does not end/, 'old list' ],
);
plan tests => 3 * @failures + 74, sub { -r '/proc/self/stat' };

my $conf = <<"CONF";
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:info cors_sources:info
# files of providers do not depend on this
CorsAllowOriginsFileReload Off
CorsOriginSource live "prg:@{[ watching_script('live') ]} an 'argument with spaces'"
<Location "/one.txt">
    CorsPolicy On
    CorsAllowOriginsFrom live
</Location>
CONF
for my $failure (@failures) {
    my ($name, $options, $text) = @$failure;
    script($name, $text);
    Httpd::spew(state_of($name), $old);
    $conf .= <<"CONF";
CorsOriginSource $name prg:$dir/$name state=@{[ state_of($name) ]} refresh=30s $options
<Location "/$name">
    CorsPolicy On
    CorsAllowOriginsFrom $name
</Location>
CONF
}
replace_file("$dir/live.txt", 'first');
my $errors = qr/cors_sources:(?:error|notice)|origins-not-loaded|allow no origin|exit signal Killed/;
my $started = time;
my $httpd = Httpd->start(name => 'sources', expected => $errors, text => $load . $conf);
my @to = (h1 => $httpd->{port}{port});
sub allows {
    my ($path, $origin) = @_;
    return defined cors_response(\@to, GET => $path, origin => $origin)->{'access-control-allow-origin'};
}
sub arrives { my ($path, $name) = @_; return wait_until(sub { allows($path, "https://$name.example") }, 10) }

# --- lists and changes
ok(arrives('/one.txt', 'first'), 'the first list arrives');
replace_file("$dir/live.txt", 'second');
ok(arrives('/one.txt', 'second'), 'a change arrives without a start of the program');
ok(!allows('/one.txt', 'https://first.example'), 'what the new list does not have is not allowed');
is(scalar(() = Httpd::slurp("$dir/live.pids") =~ /\n/g), 1, 'the program was started once');
is(Httpd::slurp("$httpd->{dir}/cors_sources/live.list"), frame('second', 'https://second.example'), 'the file has the frame');
is((stat "$httpd->{dir}/cors_sources")[2] & 07777, 0700, 'other users cannot enter the directory of the lists');

# --- each failure: an error in the log, the file as it was, the last list in force
for my $failure (@failures) {
    my ($name, $options, $text, $pattern) = @$failure;
    ok(wait_until(sub { $httpd->log_since(0) =~ /cors_sources:error.* CorsOriginSource $name: \Q$dir\/$name\E: $pattern/ }, 20), "$name: the error is logged")
        or diag($httpd->log_since(0));
    is(Httpd::slurp(state_of($name)), $failure->[4] ? frame(1, 'https://old.example') =~ s/^end 1 1$/end 1/mr : $old, "$name: the file has the last good list");
    ok(allows("/$name", 'https://old.example') && !allows("/$name", 'https://new.example'), "$name: the last good list is in force");
}
# --- processes
sub stat_of { my ($pid) = @_; return (eval { Httpd::slurp("/proc/$pid/stat") } // '') =~ /\A\d+ \(.*\) (\w) (\d+) (\d+) / ? ($1, $2, $3) : () }
sub is_alive { my ($state) = stat_of($_[0]); return defined $state && $state ne 'Z' }
sub children_of { my ($parent) = @_; return grep { my (undef, $of) = stat_of($_); defined $of && $of == $parent } map { m{(\d+)\z} } glob '/proc/[0-9]*' }
sub zombies_of { return grep { ((stat_of($_))[0] // '') eq 'Z' } children_of($_[0]) }
# The last run of the program: its number, that of the refresher, that of its child.
sub last_run {
    my ($pid, $refresher) = Httpd::slurp("$dir/live.pids") =~ /(\d+) (\d+)\n\z/ or die;
    my ($child) = Httpd::slurp("$dir/live.children") =~ /(\d+)\n\z/ or die;
    return ($pid, $refresher, $child);
}
# Do something, and wait for the next run of the program.
sub next_run {
    my ($do) = @_;
    my $before = -s "$dir/live.children";
    my $from = time;
    $do->();
    wait_until(sub { -s "$dir/live.children" > $before }, 20);
    return (time - $from, last_run());
}
sub are_gone { my @pids = @_; return wait_until(sub { !grep { is_alive($_) } @pids }, 5) }

my ($silent) = Httpd::slurp("$dir/silent.pid") =~ /(\d+)/;
ok(are_gone($silent), 'a program that ignores SIGTERM is killed');
my @last = last_run();
is((stat_of($last[0]))[2], $last[0], 'the program has a process group of its own');
ok((grep { $_ == $last[1] } $httpd->children), 'the refresher is a child of the parent');
ok(wait_until(sub { !zombies_of($last[1]) }, 5), 'there is no zombie');

my ($took, @next) = next_run(sub { kill KILL => $last[1] });
cmp_ok($took, '<', 3, 'the refresher is killed: another one runs the program');
isnt($next[1], $last[1], 'it is another refresher');
ok(are_gone(@last), 'the program of the killed refresher is gone, and its child');
like($httpd->log_since(0), qr/the process that runs the programs has ended unexpectedly; another one is started/, 'the death of the refresher is logged');
ok(wait_until(sub { !zombies_of($httpd->pid) }, 5), 'the killed refresher is no zombie');
@last = @next;
replace_file("$dir/live.txt", 'third');
ok(arrives('/one.txt', 'third'), 'the new refresher brings changes');

# a child of httpd is killed: nothing happens to the program
my ($child) = grep { $_ != $last[1] } $httpd->children;
kill KILL => $child;
sleep 1.5;
is_deeply([ last_run() ], \@last, 'a child is killed: the program still runs');

# the program is killed
($took, @next) = next_run(sub { kill KILL => $last[0] });
is($next[1], $last[1], 'the program is killed: the same refresher starts it again');
ok($took >= 0.9 && $took < 4, "... after a pause ($took s)");
ok(are_gone($last[0], $last[2]), 'the child of the killed program is gone');
like($httpd->log_since(0), qr/CorsOriginSource live: .*: the program was ended by signal 9;/, 'its end is logged');
@last = @next;

for my $signal (qw(USR1 HUP)) {
    my $generations = $httpd->generations;
    ($took, @next) = next_run(sub { kill $signal => $httpd->pid });
    ok(wait_until(sub { $httpd->generations > $generations }, 10), "$signal: httpd has restarted");
    ok(are_gone(@last), "$signal: refresher, program and its child are gone");
    isnt($next[1], $last[1], "$signal: there is another refresher");
    ok(allows('/one.txt', 'https://third.example'), "$signal: the list is in force");
    ok(wait_until(sub { !zombies_of($httpd->pid) }, 5), "$signal: there is no zombie");
    @last = @next;
}
# at any moment
for my $pause (0, 0.05, 0.2, 0.5) {
    kill USR1 => $httpd->pid;
    sleep $pause;
}
my @refreshers;
ok(wait_until(sub { my %run = map { $_ => 1 } map { /(\d+) (\d+)/ ? $2 : () } split /\n/, Httpd::slurp("$dir/live.pids");
    @refreshers = grep { $run{$_} } $httpd->children; @refreshers == 1 && is_alive((last_run())[0]) && (last_run())[1] == $refreshers[0] }, 10), 'many restarts: there is one refresher');
sub alive_of { return scalar grep { is_alive($_) } Httpd::slurp($_[0]) =~ /^(\d+)/mg }
for my $what (qw(pids children)) {
    ok(wait_until(sub { alive_of("$dir/live.$what") == 1 && sleep(0.5) && alive_of("$dir/live.$what") == 1 }, 20), "many restarts: one process remains ($what)")
        or diag(alive_of("$dir/live.$what"));
}

$httpd->stop;
ok(are_gone(last_run()), 'TERM: refresher, program and its child are gone');
is(join(' ', glob("$dir/*.new.*"), glob("$httpd->{dir}/cors_sources/*.new.*")), '', 'no unfinished file remains');

# --- a start with a program that is broken, and with the file that the last server has left
script('live', "exit 1\n");
is($httpd->run, '', 'httpd starts with a program that fails');
delete @$httpd{qw(pid stopped terminated)};
$httpd->wait_until_ready;
ok(allows('/one.txt', 'https://third.example'), 'the last list is in force');
$httpd->stop;
watching_script('live');
$httpd->run;
delete @$httpd{qw(pid stopped terminated)};
$httpd->wait_until_ready;
wait_until(sub { is_alive((last_run())[0]) }, 10);
my @all = ($httpd->pid, $httpd->children);
@last = last_run();
kill KILL => $httpd->pid;
ok(are_gone(@last), 'the parent is killed: refresher, program and its child are gone');
kill KILL => grep { is_alive($_) } @all;
are_gone(@all);

# --- the file: a symbolic link, another directory, damaged, an environment
my %file = map { $_ => state_of($_) } qw(link closed damaged cut plain empty rows environment);
Httpd::spew("$dir/target", $old);
symlink "$dir/target", $file{link} or die $!;
mkdir "$dir/read-only" or die $!;
$file{closed} = "$dir/read-only/file";
chmod 0555, "$dir/read-only";
Httpd::spew($file{damaged}, "\0" x 100);
Httpd::spew($file{cut}, substr $old, 0, -5);
Httpd::spew($file{plain}, "https://old.example\n");
Httpd::spew($file{empty}, '');
Httpd::spew($file{rows}, $old);
script($_, "exit 1\n") for qw(link closed damaged cut plain empty);
script('closed', "printf 'begin 1\\nhttps://new.example\\nend 1\\n'\n");
script('rows', "printf 'begin bad\\nhttps://new.example/\\nend 1\\n'\n");
script('environment', <<"SH");
env >$dir/env
ls -l /proc/self/fd >$dir/fds
printf 'begin 1\\nhttps://new.example\\nend 1\\n'
SH
$conf = "Listen 127.0.0.1:\@port\@\nLogLevel warn cors_policy:info cors_sources:info\n";
$conf .= <<"CONF" for sort keys %file;
CorsOriginSource $_ prg:$dir/$_ state=$file{$_}
<Location "/$_">
    CorsPolicy On
    CorsAllowOriginsFrom $_
</Location>
CONF
{
    local $ENV{TZ} = 'UTC';
    local $ENV{SECRET} = 'secret';
    $httpd = Httpd->start(name => 'sources_files', expected => qr/$errors|CorsOriginSource: /, text => $load . $conf);
}
@to = (h1 => $httpd->{port}{port});
ok(!allows("/$_", 'https://old.example'), "$_: a file that is not a frame allows no origin") for qw(link damaged cut plain empty);
script('link', "printf 'begin 1\\nhttps://new.example\\nend 1\\n'\n");
ok(arrives('/link', 'new'), 'a new list replaces a symbolic link');
ok(!-l $file{link} && Httpd::slurp("$dir/target") eq $old, 'the target of the link is what it was');
ok(wait_until(sub { $httpd->log_since(0) =~ m{CorsOriginSource closed: .*cannot create \Q$file{closed}\E\.new\.\w+: Permission denied} }, 10), 'a directory that cannot be written to is logged');
ok(arrives('/environment', 'new'), 'a list that is printed once arrives');
is(join(' ', sort grep { !/^(?:PWD|SHLVL|_|OLDPWD|LD_PRELOAD)=/ } split /\n/, Httpd::slurp("$dir/env")), "LANG=C PATH=$ENV{PATH} TZ=UTC", 'the environment of a program is small');
is(join(' ', sort map { /(\d+) -> (?!\/proc)/ ? $1 : () } split /\n/, Httpd::slurp("$dir/fds")), '0 1 2', 'a program has three descriptors');
ok(wait_until(sub { $httpd->log_since(0) =~ /rows\.list:2: 'https:\/\/new\.example\/'.*\[origin-path\]/ }, 10), 'a row with an error is logged');
ok(allows('/rows', 'https://old.example'), 'the last good list is in force');
$httpd->stop;

# --- a source that another module provides
my $provider = "$dir/mod_staff.so";
my @flags = split ' ', `apr-1-config --includes --cppflags`;
system('cc', qw(-Wall -Wextra -Werror -shared -fPIC), @flags, map({ ('-I', $_) } Httpd::include_dir(), "$ENV{CORS_WORK}/include"), '-o', $provider, "$ENV{CORS_WORK}/t/ops/mod_staff.c") == 0
    or die "t/ops/mod_staff.c does not compile\n";
my $load_staff = qq{LoadModule staff_module "$provider"\n};
$httpd = Httpd->start(name => 'sources_provider', expected => qr/$errors|CorsOriginSource: /, text => <<"CONF");
$load_staff
Listen 127.0.0.1:\@port\@
CorsOriginSource staff staff:$dir/staff.list colour=blue
CorsPolicy On
CorsAllowOriginsFrom staff
CONF
@to = (h1 => $httpd->{port}{port});
ok(!allows('/one.txt', 'https://staff.example'), 'the list of a provider: without a file nobody is allowed');
replace_file("$dir/staff.list", 'begin 1', 'https://staff.example', 'end 1');
ok(arrives('/one.txt', 'staff'), 'the list of a provider arrives');
$httpd->graceful;
ok(allows('/one.txt', 'https://staff.example'), 'the list of a provider is in force after a graceful restart');
replace_file("$dir/staff.list", 'begin 2', 'https://later.example', 'end 1');
ok(arrives('/one.txt', 'later'), 'a second list of a provider arrives');
my ($copy) = map { my $path = $_; sub { grep { Httpd::slurp($_) =~ /later\.example/ } glob $path } } "$httpd->{dir}/cors_policy/*.copy";
ok(wait_until(sub { $copy->() }, 10), 'the list is copied');
replace_file("$dir/staff.list", 'begin 3', 'https://third.example/', 'https://later.example', 'end 2');
ok(wait_until(sub { $httpd->log_since(0) =~ /staff\.list:2: 'https:\/\/third\.example\/'.*\[origin-path\]/ }, 10), 'a row with an error is logged');
$httpd->stop;
my $since = length $httpd->log_since(0);
$httpd->run;
delete @$httpd{qw(pid stopped terminated)};
$httpd->wait_until_ready;
ok(allows('/one.txt', 'https://later.example'), 'a start with a row with an error: the last good list is in force');
ok(!allows('/one.txt', 'https://third.example') && !allows('/one.txt', 'https://staff.example'), 'a start with a row with an error: no other list is');
like(substr($httpd->log_since(0), $since), qr/CorsOriginSource: \S+staff\.list:2: 'https:\/\/third\.example\/'/, 'a start with a row with an error: it is logged');
replace_file("$dir/staff.list", 'begin 4', 'https://fourth.example', 'end 1');
ok(arrives('/one.txt', 'fourth'), 'the next list without an error arrives');
ok(wait_until(sub { !$copy->() }, 10), 'a copy that is older than the list is removed');
$httpd->stop;
like(config_check("${load_staff}CorsOriginSource staff staff:x\n")->{errors}, qr/CorsOriginSource: 'staff:x': the path is absolute; write staff:\/x$/m, 'an error of a provider');
like(config_check("${load_staff}CorsOriginSource staff staff:/x colour=red\n")->{errors}, qr/CorsOriginSource: 'colour=red': a colour is blue; write colour=blue$/m, 'a provider reads its options');

# --- httpd -t starts nothing
script('check', "touch $dir/checked\n");
like(config_check("${load}CorsOriginSource x prg:$dir/check refresh=100ms\nCorsPolicy On\nCorsAllowOriginsFrom x\n")->{errors},
    qr/\A(?:\[[^\]]+\] ){3}CorsOriginSource: \S+\/x\.list cannot be loaded yet; until then, the policies that name it allow no origin\nSyntax OK\n\z/,
    'httpd -t accepts a source whose file does not exist, with a warning');
sleep 0.5;
ok(!-e "$dir/checked", 'httpd -t starts no program');

# --- many refreshes: memory, descriptors and processes stay as they are
script('often', <<"SH");
echo \$PPID >$dir/refresher
n=\$((\$(cat $dir/often.count) + 1))
echo \$n >$dir/often.count.new
mv $dir/often.count.new $dir/often.count
echo "begin \$n"; echo "https://n\$n.example"; echo "end 1 \$n"
SH
Httpd::spew("$dir/often.count", "0\n");
$httpd = Httpd->start(name => 'sources_often', expected => $errors, text => <<"CONF");
$load
Listen 127.0.0.1:\@port\@
CorsOriginSource often prg:$dir/often refresh=100ms
CorsPolicy On
CorsAllowOriginsFrom often
CONF
@to = (h1 => $httpd->{port}{port});
sub count { return 0 + Httpd::slurp("$dir/often.count") }
wait_until(sub { count() >= 10 }, 60);
my ($refresher) = Httpd::slurp("$dir/refresher") =~ /(\d+)/;
sub memory { return Httpd::slurp("/proc/$refresher/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : die }
sub descriptors { my @fds = glob "/proc/$refresher/fd/*"; return scalar @fds }
my ($memory, $descriptors) = (memory(), descriptors());
ok(wait_until(sub { count() >= 10 + $refreshes }, 10 + $refreshes), "$refreshes refreshes");
cmp_ok(memory(), '<=', $memory + 256, "$refreshes refreshes: memory");
cmp_ok(descriptors(), '<=', $descriptors + 2, "$refreshes refreshes: descriptors"); # the pipes of the program
cmp_ok(scalar(zombies_of($refresher)), '<=', 1, "$refreshes refreshes: processes");
is((split /\n/, Httpd::slurp("$dir/refresher"))[0], $refresher, "$refreshes refreshes: by one refresher");
ok(wait_until(sub { allows('/one.txt', 'https://n' . count() . '.example') }, 20), 'the last list is in force');
unlike($httpd->log_since(0), qr/keeps changing/, 'a list that a program keeps is never unstable');
