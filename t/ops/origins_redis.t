# Licensed under the Apache License, Version 2.0; see LICENSE.
# cors-origins-redis with a real Redis: changes arrive, and whatever fails leaves the last good
# list in force.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use Database ();
use Fleet qw(allows changed end_program frame program run_program shown start_program_beside steady);
use Httpd ();
use IO::Socket::INET ();
use POSIX ();
use Tools qw(wait_until);

my $dir = "$ENV{CORS_WORK}/t/logs/redis";
mkdir $dir or die "$dir: $!\n";
my $program = program('redis');
my $tls = Httpd::free_port();
my @pair = map { "$ENV{CORS_WORK}/t/conf/$_.pem" } qw(cert key);
my $db = Database::Redis->start(name => 'redis', settings => [ '--tls-port', $tls, '--tls-cert-file', $pair[0], '--tls-key-file', $pair[1], qw(--tls-auth-clients no) ]);
my $server = $db->conninfo;

sub passfile { my ($password) = @_; Httpd::spew("$dir/password", "$password\n"); chmod 0600, "$dir/password" or die $!; return "$dir/password" }
sub set_password { my ($password) = @_; $db->query("CONFIG SET requirepass $password"); $db->{password} = $password; return }
set_password('secret');
passfile('secret');

# a change as the manual shows it: members to add, and to remove
sub change {
    my ($key, $add, $remove) = @_;
    my $text = shown('From Redis', 'redis', 'cors:origins' => $key);
    my ($sadd, $srem) = map { my $command = $_; my ($line) = $text =~ /^($command \S+ ".*"\n)/m or die; $line } qw(SADD SREM);
    my $lines = sub { my ($line, @members) = @_; return join '', map { my $member = $_; $line =~ s/"\K[^"]*(?=")/$member/r } @members };
    return $db->query($text =~ s/\Q$sadd\E/$lines->($sadd, @$add)/er =~ s/\Q$srem\E/$lines->($srem, @$remove)/er);
}
my ($app, $new, $second) = map { "https://$_.example" } qw(app new second);
change('cors:origins', [ "$app red", "$app blue", '!https://banned.example' ], ['https://never.example red']);

my $head = <<"CONF";
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:info cors_sources:info
LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"
CONF
sub source {
    my ($name, $arguments) = @_;
    return <<"CONF";
CorsOriginSource $name "prg:$program --key $name --password-file $dir/password $arguments $server" state=$dir/$name.list
<Location "/$name">
    CorsPolicy On
    CorsAllowOriginsFrom $name red
</Location>
CONF
}
my %bad = (
    space => [ 'https://new.example red blue', qr/'https:\/\/new\.example red blue'/ ],
    trailing => [ 'https://new.example ', qr/'https:\/\/new\.example '/ ],
    leading => [ ' https://new.example', qr/' https:\/\/new\.example'/ ],
    tab => [ 'https://new.example\tred', qr/'https:\/\/new\.example\\tred'/ ],
    'line-end' => [ 'https://new.example red\nhttps://new.example', qr/'https:\/\/new\.example red https:\/\/new\.example'/ ],
    return => [ 'https://new.example red\r', qr/'https:\/\/new\.example red '/ ],
    null => [ 'https://new.example \x00red', qr/'https:\/\/new\.example \\x00red'/ ],
    backslash => [ 'https://new.example red\\\\', qr/'https:\/\/new\.example red\\'/ ],
    comment => [ 'https://new.example #red', qr/'https:\/\/new\.example #red'/ ],
    empty => [ '', qr/''/ ],
    end => [ 'end 0', qr/'end 0'/ ],
    begin => [ 'begin 0', qr/'begin 0'/ ],
);
my $old = frame('old', 'https://old.example red', 'https://old.example');

# --- what the manual shows
my $config = $head . shown('From Redis', 'apache', 'LoadModule cors_sources_module modules/mod_cors_sources.so' => '', '/usr/bin/cors-origins-redis' => $program,
    '/etc/apache2/cors.redis' => "$dir/password", 'redis.example:6379' => $server, '"%{SERVER_NAME}"' => 'red', '/api' => '/one.txt', qq($server"\n) => qq($server" timeout=3s\n));
$config .= source('idle', '--check 1 --timeout 3');
change('idle', ["$app red"], ['https://never.example red']);
my $httpd = Httpd->start(name => 'origins_redis', text => $config, expected => qr/cors_sources:(?:error|notice)|cors_policy:error.*(?:customers|idle)\.list|origins-not-loaded|allow no origin/);
my $port = $httpd->{port}{port};
my $mark = 0;
# httpd writes each backslash twice
sub logged { my ($pattern) = @_; return wait_until(sub { $httpd->log_since($mark) =~ s/\\\\/\\/gr =~ $pattern }, 20) || (diag("not logged: $pattern\n" . $httpd->log_since($mark)), 0)[1] }
sub now { my ($do) = @_; $mark = $httpd->log_mark; return $do->() }

# --- lists and changes
ok(wait_until(sub { allows($port, '/one.txt', $app) }), 'the first list arrives');
is(join("\n", sort split /\n/, Httpd::slurp("$httpd->{dir}/cors_sources/customers.list")), join("\n", '!https://banned.example', 'begin 1', 'end 3 1', "$app blue", "$app red"), 'it is a frame with the members and the version');
change('cors:origins', ["$new red"], []);
ok(changed($port, '/one.txt', $new, 1, '/one.txt', $app, 1), 'SADD: the origin is allowed within two seconds');
change('cors:origins', ["$second red"], ["$new red"]);
ok(changed($port, '/one.txt', $new, 0, '/one.txt', $second, 1, '/one.txt', $app, 1), 'SADD and SREM');
{
    my $watcher = start_program_beside("$dir/watcher", $program, '--password-file', "$dir/password", "$db->{dir}/socket");
    my $lists = sub { return [ Httpd::slurp("$dir/watcher.out") =~ /^(begin \d+|end \d+ \d+)$/mg ] };
    ok(wait_until(sub { @{ $lists->() } == 2 }), 'the program prints a list, from a socket');
    my ($version) = $lists->()[0] =~ /(\d+)/;
    $db->query(join "\n", 'MULTI', (map { ("SADD cors:origins \"https://many$_.example red\"", 'INCR cors:origins:version', "PUBLISH cors:origins $_") } 1 .. 200), 'EXEC');
    ok(wait_until(sub { $lists->()[-1] eq 'end 204 ' . ($version + 200) }), 'the program prints a list after a transaction');
    sleep 1;
    cmp_ok(scalar @{ $lists->() }, '<=', 8, '200 messages of one transaction give few lists');
    ok(!grep({ $_ ne "begin $version" && $_ ne 'begin ' . ($version + 200) && $_ ne "end 4 $version" && $_ ne 'end 204 ' . ($version + 200) } @{ $lists->() }), 'no list has a part of a transaction');
    ok(changed($port, '/one.txt', 'https://many200.example', 1), 'the last of them is in force');
    change('cors:origins', ["https://single$_.example red"], ["https://many$_.example red"]) for 1 .. 20;
    ok(changed($port, '/one.txt', 'https://single20.example', 1, '/one.txt', 'https://many20.example', 0), '20 transactions: the last of them is in force');
    ok(wait_until(sub { $lists->()[-1] eq 'end 204 ' . ($version + 220) }), '20 transactions: the last list has all of them');
    end_program($watcher);
    is(Httpd::slurp("$dir/watcher.err"), '', 'the program prints no error');
}

# --- a connection ends: both, and the one that waits for messages
for my $what ('TYPE normal SKIPME yes', 'TYPE pubsub') {
    ok(wait_until(sub { $db->query('PUBSUB NUMSUB cors:origins') =~ /\A.*\n1\z/ }), "$what: a program waits");
    now(sub { $db->query("CLIENT KILL $what") });
    # the other connection is used at the next check
    change('cors:origins', ["https://kill.example red"], []) if $what =~ /normal/;
    ok(logged(qr/stderr from \S+: cors-origins-redis: (?:EOF from server|Not connected to any server|Error while reading from Redis server|Could not write to Redis server|Redis server closed connection)/m), "$what: the reason is logged");
    ok(steady($port, '/one.txt', $app, 1, '/one.txt', $new, 0), "$what: the last list stays in force");
    change('cors:origins', ["https://kill$1.example red"], []) if $what =~ /(normal|pubsub)/; # nobody listens
    ok(wait_until(sub { allows($port, '/one.txt', "https://kill$1.example") }, 20), "$what: the next program has the change that no other has seen");
}

like($httpd->log_since(0), qr/CorsOriginSource customers: \S+: the program ended with status 1\b/, 'the program has ended with an error');

# --- a silent server
now(sub { $db->freeze });
ok(logged(qr/stderr from \S+: cors-origins-redis: no answer within 3 seconds \(--timeout\)$/m), 'the server hangs between two lists: the program notices it');
ok(logged(qr/CorsOriginSource idle: \S+: the program was ended by signal 9;/), 'it ends');
ok(steady($port, '/one.txt', $app, 1, '/idle', $app, 1), 'the last lists stay in force');
$db->thaw;
now(sub { $db->query('CLIENT KILL TYPE pubsub'); $db->freeze });
ok(logged(qr/CorsOriginSource customers: \S+: no complete frame within the timeout/), 'the server hangs before the connection: the timeout of the source ends the program');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'the last list stays in force');
$db->thaw;
change('cors:origins', [], ["$second red"]);
ok(wait_until(sub { !allows($port, '/one.txt', $second) }, 20), 'the server goes on: the program has the next list');
change('cors:origins', ["$second red"], []);
ok(changed($port, '/one.txt', $second, 1), 'the next change arrives within two seconds');

# --- a server that stops, and one that crashes
for my $how (qw(stop crash)) {
    now(sub { $db->$how });
    ok(logged(qr/stderr from \S+: cors-origins-redis: Could not connect to Redis server at \Q$server\E: Connection refused/m), "$how: the reason is logged");
    ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), "$how: the last list stays in force");
    if ($how eq 'crash') {
        $httpd->graceful;
        ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'a graceful restart without a database: the last list is in force');
        $httpd->stop;
        is($httpd->run, '', 'httpd starts without a database');
        delete @$httpd{qw(pid stopped terminated)};
        $httpd->wait_until_ready;
        ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1, '/one.txt', 'https://other.example', 0), 'a start without a database: the last list is in force');
    }
    delete $db->{password}; # it was not in the configuration
    $db->run;
    set_password('secret');
    change('cors:origins', [], ["$second red"]);
    ok(wait_until(sub { !allows($port, '/one.txt', $second) }, 30), "$how: the server is back, and a change arrives");
    change('cors:origins', ["$second red"], []);
    ok(changed($port, '/one.txt', $second, 1), "$how: the next change arrives within two seconds");
}

# --- a set that is empty, data that is lost, another type, a change without a message
now(sub { $db->query("RENAME cors:origins saved\nINCR cors:origins:version\nPUBLISH cors:origins x") });
ok(logged(qr/cors_policy:error.*customers\.list: the list has no entries, and the last good list has \d+; if it may be empty, write allow-empty=on/), 'the set is empty: it is logged');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'the last list stays in force');
now(sub { $db->query("SET cors:origins text\nPUBLISH cors:origins x") });
ok(logged(qr/stderr from \S+: cors-origins-redis: \[exec\] WRONGTYPE Operation against a key holding the wrong kind of value/m), 'another type: it is logged');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'the last list stays in force');
now(sub { $db->query("DEL cors:origins\nRENAME cors:origins:version saved:version\nPUBLISH cors:origins x") });
ok(logged(qr/stderr from \S+: cors-origins-redis: there is no cors:origins:version$/m), 'the data is lost: it is logged');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'the last list stays in force');
$db->query("RENAME saved cors:origins\nRENAME saved:version cors:origins:version");
change('cors:origins', [], ["$second red"]);
ok(wait_until(sub { !allows($port, '/one.txt', $second) }, 30), 'the data is back: the list arrives');
$db->query("SADD idle \"$second red\"\nINCR idle:version");
ok(wait_until(sub { allows($port, '/idle', $second) }, 20), 'a change without a message is noticed by its version');

# --- the password
now(sub { set_password('changed'); $db->query('CLIENT KILL TYPE pubsub') });
ok(logged(qr/stderr from \S+: cors-origins-redis: Redis server authentication error: \[auth\] WRONGPASS/m), 'the password is wrong: it is logged');
ok(steady($port, '/one.txt', $app, 1), 'the last list stays in force');
passfile('changed');
change('cors:origins', ['https://changed.example red'], []);
ok(wait_until(sub { allows($port, '/one.txt', 'https://changed.example') }, 30), 'the password is right: the list arrives');
now(sub { chmod 0640, "$dir/password"; $db->query('CLIENT KILL TYPE pubsub') });
ok(logged(qr/stderr from \S+: cors-origins-redis: \Q$dir\E\/password: other users may read it; chmod 600/m), 'other users may read the password: it is logged');
chmod 0600, "$dir/password";
unlike($httpd->log_since(0), qr/secret|changed(?!\.example)/, 'no password is in the error log');
$httpd->stop;

# --- members that could be read as others
$config = $head;
for my $name (sort keys %bad) {
    Httpd::spew("$dir/$name.list", $old);
    $db->query(qq{SADD $name "https://new.example red" "$bad{$name}[0]"\nSET $name:version 1});
    $config .= source($name, '');
}
$httpd = Httpd->start(name => 'origins_members', text => $config, expected => qr/cors_sources:(?:error|notice)/);
$port = $httpd->{port}{port};
$mark = 0;
for my $name (sort keys %bad) {
    ok(logged(qr/stderr from \S+: cors-origins-redis: a row is an origin, or an origin and a tenant, without .*: $bad{$name}[1]$/m), "$name: the error is logged");
    ok(logged(qr/CorsOriginSource $name: \S+: the program ended with status 1 in the middle of a frame/), "$name: the frame is dropped");
    is(Httpd::slurp("$dir/$name.list"), $old, "$name: the file has the last good list");
    ok(allows($port, "/$name", 'https://old.example') && !allows($port, "/$name", $new), "$name: the last good list is in force");
}
$httpd->stop;

# --- arguments
for my $case (
    [ 'no argument', [], qr/exactly one HOST:PORT or SOCKET is needed/ ],
    [ 'no port', ['redis.example'], qr/the argument is HOST:PORT, or the path of a socket/ ],
    [ 'a URI with a password', ['redis://:secret@redis.example:6379'], qr/the argument is HOST:PORT, or the path of a socket/ ],
    [ 'a user without a password', [qw(--user x redis.example:6379)], qr/--user needs --password-file/ ],
    [ 'TLS on a socket', [qw(--tls /socket)], qr/--tls is for HOST:PORT/ ],
    [ 'a password', [qw(--password secret redis.example:6379)], qr/unknown option: password/ ],
) {
    my ($name, $arguments, $pattern) = @$case;
    my ($status, $out, $error) = run_program($program, @$arguments);
    is("$status $out", '64 ', "$name: the status is 64");
    like($error, qr/\Acors-origins-redis: $pattern.*; see --help\n\z/, "$name: the error");
    unlike($error, qr/secret/, "$name: the password is not printed");
}
my ($status, $out, $error) = run_program($program, '--help');
is("$status $error", '0 ', '--help: the status is 0');
like($out, qr/\Ausage: cors-origins-redis \[OPTION \.\.\.\] HOST:PORT\|SOCKET\n/, '--help: the text');

# --- databases, users, TLS, a file
my @login = ('--password-file', "$dir/password");
# the commands that the manual names
my ($commands) = Httpd::slurp("$ENV{CORS_WORK}/docs/fleet.md") =~ /The user needs the commands\s+(`.*?`)\./s or die "docs/fleet.md names no commands\n";
$db->query(join ' ', 'ACL SETUSER reader on >other ~cors:* &cors:*', map { "+$_" } $commands =~ /`(\w+)`/g);
Httpd::spew("$dir/other", "other\n");
chmod 0600, "$dir/other";
my $listed = frame(5, "$app red");
$db->query("SELECT 3\nSADD cors:other \"$app red\"\nSET cors:other:version 5");
($status, $out, $error) = run_program($program, '--once', '--db', 3, '--key', 'cors:other', @login, $server);
is("$status $out$error", "0 $listed", 'another database and another key');
($status, $out, $error) = run_program($program, '--once', '--db', 3, '--key', 'cors:other', '--user', 'reader', '--password-file', "$dir/other", $server);
is("$status $out$error", "0 $listed", 'a user with the commands that the manual names');
{
    local $ENV{SSL_CERT_FILE} = $pair[0];
    ($status, $out, $error) = run_program($program, '--once', '--tls', '--db', 3, '--key', 'cors:other', @login, "localhost:$tls");
    is("$status $out$error", "0 $listed", 'TLS');
    ($status, $out, $error) = run_program($program, '--once', '--tls', @login, "127.0.0.1:$tls");
    is("$status $out", '1 ', 'TLS with a certificate for another name: the status is 1');
    like($error, qr/\Acors-origins-redis: Could not connect to Redis server.*\n\z/, 'TLS with a certificate for another name: the error');
}
($status, $out, $error) = run_program($program, '--once', '--tls', @login, "localhost:$tls");
is("$status $out", '1 ', 'TLS with an unknown certificate: the status is 1');
my $file = "$dir/file.origins";
my @write = ($program, '--once', '--file', $file, '--db', 3, '--key', 'cors:other', @login, $server);
($status, $out, $error) = run_program(@write);
is("$status $out$error" . Httpd::slurp($file), "0 $listed", 'the list is written to a file');
my $inode = (stat $file)[1];
utime 1e9, 1e9, $file;
($status, $out, $error) = run_program(@write);
is("$status $out$error " . (stat $file)[1], "0  $inode", 'an equal list: the file is the same');
cmp_ok((stat $file)[9], '>', 1e9, 'an equal list: its modification time is new');
$db->query("SELECT 3\nDEL cors:other:version");
($status, $out, $error) = run_program(@write);
is("$status $out$error" . Httpd::slurp($file), "1 cors-origins-redis: there is no cors:other:version\n$listed", 'the data is lost: the file is the same');
is(join(' ', glob "$file.*"), '', 'no unfinished file remains');

# --- a connection that goes silent in the middle of a message, and one that repeats AUTH
# A proxy passes everything on, and calls a function for each answer, which returns what is sent in its place.
sub proxy {
    my ($answer) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or die $!;
    my $pid = fork // die $!;
    return ($listen->sockport, $pid) if $pid;
    $SIG{CHLD} = 'IGNORE';
    while (my $client = $listen->accept) {
        next if fork;
        my $redis = IO::Socket::INET->new($server) or POSIX::_exit(1);
        my $asked = '';
        while (1) {
            my $set = '';
            vec($set, fileno $_, 1) = 1 for $client, $redis;
            select $set, undef, undef, undef;
            if (vec $set, fileno $client, 1) { sysread $client, $asked, 65536 or POSIX::_exit(0); syswrite $redis, $asked }
            if (vec $set, fileno $redis, 1) { sysread $redis, my $text, 65536 or POSIX::_exit(0); for ($answer->($asked, $text)) { syswrite $client, $_; sleep 0.3 } }
        }
    }
    POSIX::_exit(0);
}
my @other = ('--key', 'cors:other', '--password-file', "$dir/password", qw(--check 1 --full 3 --timeout 2));
$db->query("SELECT 0\nSET cors:other:version 1");
my ($silent, $first) = proxy(sub { my ($asked, $text) = @_; return $asked =~ /SUBSCRIBE/i ? ($text, "*3\r\n\$7\r\nmess") : $text });
my $began = time;
($status, $out, $error) = run_program($program, @other, "127.0.0.1:$silent");
like("$status $error", qr/\A9 cors-origins-redis: no answer within 2 seconds \(--timeout\)\n\z/, 'a message that is cut off: the deadline ends the program');
cmp_ok(time - $began, '<', 15, 'a message that is cut off: in time');
my ($repeats, $last) = proxy(sub { my ($asked, $text) = @_; return $asked =~ /AUTH\r\n.*?\r\n(.*)\r\n/ ? "-ERR unknown command 'AUTH', with args beginning with: '$1'\r\n" : $text });
($status, $out, $error) = run_program($program, @other, "127.0.0.1:$repeats");
like("$status $error", qr/\A1 cors-origins-redis: .*unknown command 'AUTH', with args beginning with: '\.\.\.'/, 'a server that repeats the password: it is not printed');
kill TERM => $first, $last;

done_testing();
