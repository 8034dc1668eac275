# Licensed under the Apache License, Version 2.0; see LICENSE.
# cors-origins-postgresql and the script of docs/fleet.md, with a real PostgreSQL: changes
# arrive, and whatever fails leaves the last good list in force.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use Database ();
use Fleet qw(allows changed end_program frame program run_program shown start_program_beside steady);
use Httpd ();
use Tools qw(wait_until);

my $dir = "$ENV{CORS_WORK}/t/logs/postgresql";
mkdir $dir or die "$dir: $!\n";
my $program = program('postgresql');
my $db = Database::PostgreSQL->start(name => 'postgresql');
$db->query(shown('From PostgreSQL', 'sql'));
# many rows, so that a list takes longer than a moment, and more than a buffer
$db->query(<<'SQL');
INSERT INTO cors_origins VALUES ('https://app.example', 'red'), ('https://app.example', 'blue');
INSERT INTO cors_origins SELECT 'https://bulk' || i || '.example', 'bulk' FROM generate_series(1, 1500) i;
SQL

# A password file that libpq accepts.
sub passfile { my ($password) = @_; Httpd::spew("$dir/passfile", "127.0.0.1:$db->{port}:postgres:cors:$password\n"); chmod 0600, "$dir/passfile" or die $!; return "$dir/passfile" }
passfile('secret');
my $conninfo = "host=127.0.0.1 port=$db->{port} dbname=postgres user=cors passfile=$dir/passfile";

# Sources whose program fails: the query, and the error.
my $bad_row = qr/a row is an origin, or an origin and a tenant, without NULL, empty values, spaces, backslashes, and # at the start of a value/;
my %bad = (
    'null-tenant' => [ q{'https://new.example', NULL}, qr/$bad_row: 'https:\/\/new\.example\\t\\N'/ ],
    'null-origin' => [ q{NULL, 'red'}, qr/$bad_row: '\\N\\tred'/ ],
    'empty-tenant' => [ q{'https://new.example', ''}, qr/$bad_row: 'https:\/\/new\.example\\t'/ ],
    'empty-origin' => [ q{'', 'https://new.example'}, qr/$bad_row: '\\thttps:\/\/new\.example'/ ],
    'zero-tenant' => [ q{'https://new.example', '\000'}, qr/$bad_row: 'https:\/\/new\.example\\t\\\\000'/ ],
    tab => [ q{E'https://new.example\\tred', 'blue'}, qr/$bad_row: 'https:\/\/new\.example\\tred\\tblue'/ ],
    'line-end' => [ q{E'https://new.example\\nhttps://new.example', 'red'}, qr/$bad_row: 'https:\/\/new\.example\\nhttps:\/\/new\.example\\tred'/ ],
    space => [ q{'https://new.example red'}, qr/$bad_row: 'https:\/\/new\.example red'/ ],
    comment => [ q{'https://new.example', '#red'}, qr/$bad_row: 'https:\/\/new\.example\\t#red'/ ],
    end => [ q{'end', '0'}, qr/$bad_row: 'end\\t0'/ ],
    columns => [ q{'https://new.example', 'red', 'blue'}, qr/$bad_row: 'https:\/\/new\.example\\tred\\tblue'/ ],
    zero => [ q{'https://new.example', (1 / (1000 - i))::text FROM generate_series(1, 2000) i}, qr/ERROR: division by zero/ ],
);
my $old = frame('old', "https://old.example\tred", "https://old.example");
my $head = <<"CONF";
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:info cors_sources:info
LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"
CONF
# A source with options of the program and of its own, and a path that uses it.
sub source {
    my ($name, $arguments, $options) = @_;
    return <<"CONF";
CorsOriginSource $name "prg:$program $arguments 'application_name=$name $conninfo'" state=$dir/$name.list $options
<Location "/$name">
    CorsPolicy On
    CorsAllowOriginsFrom $name red
</Location>
CONF
}
# what the manual shows
my $config = $head . shown('From PostgreSQL', 'apache', 'LoadModule cors_sources_module modules/mod_cors_sources.so' => '', '/usr/bin/cors-origins-postgresql' => $program,
    'host=db.example dbname=apps user=cors passfile=/etc/apache2/cors.pgpass' => $conninfo, '"%{SERVER_NAME}"' => 'red', '/api' => '/one.txt', qq('"\n) => qq('" timeout=3s\n));
# a list that takes about two seconds, and a program that soon notices that the server is silent
my $slow_query = 'SELECT origin, tenant FROM cors_origins WHERE active AND pg_sleep(0.001)::text = $$$$';
$config .= source('slow', "--query '$slow_query'", 'timeout=5s') . source('idle', '--check 1 --timeout 3', '');
my $httpd = Httpd->start(name => 'origins_postgresql', text => $config, expected => qr/cors_sources:(?:error|notice)|cors_policy:error.*(?:customers|slow|idle)\.list|origins-not-loaded|allow no origin/);
my $port = $httpd->{port}{port};
my ($app, $new, $second) = map { "https://$_.example" } qw(app new second);
my $mark = 0;
# httpd writes each backslash twice
sub logged { my ($pattern) = @_; return wait_until(sub { $httpd->log_since($mark) =~ s/\\\\/\\/gr =~ $pattern }, 20) || (diag("not logged: $pattern\n" . $httpd->log_since($mark)), 0)[1] }
# Do something and remember where the error log ended before.
sub now { my ($do) = @_; $mark = $httpd->log_mark; return $do->() }
sub pid_of { my ($name) = @_; return $db->query("SELECT pid FROM pg_stat_activity WHERE application_name = '$name' AND query LIKE 'COPY%' AND state = 'active'") }

# --- lists and changes
ok(wait_until(sub { allows($port, '/one.txt', $app) }), 'the first list arrives');
is(Httpd::slurp("$httpd->{dir}/cors_sources/customers.list") =~ s/^https:\/\/bulk\S+\tbulk\n//mgr, "begin 3\n$app\tred\n$app\tblue\nend 1502 3\n", 'it is a frame with the rows and the version');
$db->query("INSERT INTO cors_origins VALUES ('$new', 'red')");
ok(changed($port, '/one.txt', $new, 1, '/one.txt', $app, 1), 'INSERT: the origin is allowed within two seconds');
$db->query("UPDATE cors_origins SET tenant = 'blue' WHERE origin = '$new'");
ok(changed($port, '/one.txt', $new, 0, '/one.txt', $app, 1), 'UPDATE: an origin of another tenant is not allowed');
$db->query("UPDATE cors_origins SET tenant = 'red' WHERE origin = '$new'");
ok(changed($port, '/one.txt', $new, 1), 'UPDATE: it is allowed again');
$db->query("UPDATE cors_origins SET active = false WHERE origin = '$new'");
ok(changed($port, '/one.txt', $new, 0, '/one.txt', $app, 1), 'UPDATE: a row that is not active is not allowed');
$db->query("DELETE FROM cors_origins WHERE origin = '$new'; INSERT INTO cors_origins VALUES ('$second', 'red')");
ok(changed($port, '/one.txt', $new, 0, '/one.txt', $second, 1), 'DELETE and INSERT');

# --- one list for a transaction of many statements, and a file
{
    my $watcher = start_program_beside("$dir/watcher", $program, $conninfo);
    my $lists = sub { return [ Httpd::slurp("$dir/watcher.out") =~ /^(begin \d+|end \d+ \d+)$/mg ] };
    ok(wait_until(sub { @{ $lists->() } == 2 }), 'the program prints a list');
    my ($version) = $lists->()[0] =~ /(\d+)/;
    $db->query(join "\n", 'BEGIN;', (map { "INSERT INTO cors_origins VALUES ('https://many$_.example', 'red'); NOTIFY cors_origins, '$_';" } 1 .. 200), 'COMMIT;');
    ok(wait_until(sub { @{ $lists->() } >= 4 }), 'the program prints a list after a transaction');
    sleep 1;
    is_deeply($lists->(), [ "begin $version", "end 1503 $version", 'begin ' . ($version + 200), 'end 1703 ' . ($version + 200) ], '200 statements in one transaction give one list');
    ok(changed($port, '/one.txt', 'https://many200.example', 1), 'the last of them is in force');
    $db->query("INSERT INTO cors_origins VALUES ('https://single$_.example', 'red')") for 1 .. 20;
    ok(changed($port, '/one.txt', 'https://single20.example', 1), '20 transactions: the last of them is in force');
    ok(wait_until(sub { $lists->()[-1] eq 'end 1723 ' . ($version + 220) }), '20 transactions: the last list has all of them');
    $db->query("DELETE FROM cors_origins WHERE origin LIKE 'https://many%' OR origin LIKE 'https://single%'");
    ok(changed($port, '/one.txt', 'https://many200.example', 0, '/one.txt', 'https://single20.example', 0), 'they are no longer allowed');
    end_program($watcher);
    is(Httpd::slurp("$dir/watcher.err"), '', 'the program prints no error');
}

# --- the session ends
now(sub { $db->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cors-origins-postgresql'") });
ok(logged(qr/stderr from \S+: cors-origins-postgresql: FATAL: terminating connection due to administrator command/m), 'the session is terminated: it is logged at once');
ok(logged(qr/CorsOriginSource customers: \S+: the program ended with status 1;/), 'the program has ended with an error');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $new, 0), 'the last list stays in force');
$db->query("INSERT INTO cors_origins VALUES ('$new', 'red')"); # nobody listens
ok(wait_until(sub { allows($port, '/one.txt', $new) }, 30), 'the next program has the change that no other has seen');

# In mid-result, each time after another number of lines: the same error is logged once in a
# minute.
ok(wait_until(sub { allows($port, '/slow', $new) }), 'a slow list arrives');
sub in_the_middle {
    my ($do, $seconds) = @_;
    wait_until(sub { !pid_of('slow') });
    $db->query("DELETE FROM cors_origins WHERE origin = '$second'");
    wait_until(sub { pid_of('slow') });
    sleep $seconds;
    return now($do);
}
in_the_middle(sub { $db->query('SELECT pg_terminate_backend(' . pid_of('slow') . ')') }, 0.5);
ok(logged(qr/CorsOriginSource slow: \S+: the program ended with status 1 in the middle of a frame, after [1-9]\d+ lines/), 'the session is terminated in the middle of the rows: nothing is taken');
ok(logged(qr/stderr from \S+: cors-origins-postgresql: FATAL: terminating connection due to administrator command/m), 'the reason is logged');
ok(allows($port, '/slow', $second), 'the last list stays in force');
ok(wait_until(sub { !allows($port, '/slow', $second) }, 30), 'the next list is complete');

$db->query("INSERT INTO cors_origins VALUES ('$second', 'red')");
ok(wait_until(sub { allows($port, '/slow', $second) }, 30), 'a slow list arrives again');
in_the_middle(sub { $db->query('SELECT pg_cancel_backend(' . pid_of('slow') . ')') }, 1);
ok(logged(qr/CorsOriginSource slow: \S+: the program ended with status 1 in the middle of a frame, after [1-9]\d+ lines/), 'the query is cancelled in the middle of the rows: nothing is taken');
ok(logged(qr/stderr from \S+: cors-origins-postgresql: ERROR: canceling statement due to user request/m), 'the reason is logged');

# --- a silent server
$db->query("INSERT INTO cors_origins VALUES ('$second', 'red')");
ok(wait_until(sub { allows($port, '/slow', $second) }, 30), 'a slow list arrives again');
in_the_middle(sub { $db->freeze }, 0.7);
ok(logged(qr/CorsOriginSource slow: \S+: no complete frame within the timeout/), 'the server hangs in the middle of the rows: the timeout of the source ends the program');
ok(logged(qr/stderr from \S+: cors-origins-postgresql: no answer within 3 seconds \(--timeout\)$/m), 'the server hangs between two lists: the program notices it');
ok(logged(qr/CorsOriginSource idle: \S+: the program was ended by signal 9;/), 'it ends');
ok(steady($port, '/one.txt', $app, 1, '/slow', $second, 1, '/idle', $app, 1), 'the last lists stay in force');
$db->thaw;
ok(wait_until(sub { !allows($port, '/slow', $second) }, 30), 'the server goes on: the next list arrives');
ok(wait_until(sub { !allows($port, '/one.txt', $second) }, 20), 'the other program has not been ended');
# the session has ended before the server hangs
now(sub { $db->query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'cors-origins-postgresql'"); $db->freeze });
ok(logged(qr/CorsOriginSource customers: \S+: no complete frame within the timeout/), 'the server hangs before the connection: the timeout of the source ends the program');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 0), 'the last list stays in force');
$db->thaw;
$db->query("INSERT INTO cors_origins VALUES ('$second', 'red')");
ok(wait_until(sub { allows($port, '/one.txt', $second) }, 20), 'the server goes on: the program has the next list');

# --- a server that stops, and one that crashes
for my $how (qw(stop crash)) {
    now(sub { $db->$how });
    ok(logged(qr/stderr from \S+: cors-origins-postgresql: connection to server at "127\.0\.0\.1", port $db->{port} failed: Connection refused/m), "$how: the reason is logged");
    ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), "$how: the last list stays in force");
    if ($how eq 'crash') {
        # and httpd starts anew without a database
        $httpd->graceful;
        ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'a graceful restart without a database: the last list is in force');
        $httpd->stop;
        is($httpd->run, '', 'httpd starts without a database');
        delete @$httpd{qw(pid stopped terminated)};
        $httpd->wait_until_ready;
        ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1, '/one.txt', 'https://other.example', 0), 'a start without a database: the last list is in force');
    }
    $db->run;
    $db->query("DELETE FROM cors_origins WHERE origin = '$second'");
    ok(wait_until(sub { !allows($port, '/one.txt', $second) }, 30), "$how: the server is back, and a change arrives");
    $db->query("INSERT INTO cors_origins VALUES ('$second', 'red')");
    ok(changed($port, '/one.txt', $second, 1), "$how: the next change arrives within two seconds");
}

# --- a table that is missing, a table that is empty, a change without a notification
now(sub { $db->query("ALTER TABLE cors_origins RENAME TO other; NOTIFY cors_origins") });
ok(logged(qr/stderr from \S+: cors-origins-postgresql: ERROR: relation "cors_origins" does not exist/m), 'the table is missing: it is logged');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'the last list stays in force');
$db->query("ALTER TABLE other RENAME TO cors_origins");
now(sub { $db->query("BEGIN; CREATE TABLE saved AS SELECT * FROM cors_origins; TRUNCATE cors_origins; COMMIT") });
ok(logged(qr/cors_policy:error.*customers\.list: the list has no entries, and the last good list has \d+; if it may be empty, write allow-empty=on/), 'the table is empty: it is logged');
ok(steady($port, '/one.txt', $app, 1, '/one.txt', $second, 1), 'the last list stays in force');
$db->query("INSERT INTO cors_origins SELECT * FROM saved; DELETE FROM cors_origins WHERE origin = '$second'");
ok(changed($port, '/one.txt', $second, 0, '/one.txt', $app, 1), 'the table has rows again: they arrive');
$db->query("BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO cors_origins VALUES ('$second', 'red'); UPDATE cors_version SET version = version + 1; COMMIT");
ok(wait_until(sub { allows($port, '/idle', $second) }, 5), 'a change without a notification is noticed by its version');

# --- a row with an error that only httpd knows
now(sub { $db->query("INSERT INTO cors_origins VALUES ('https://new.example/path', 'red')") });
ok(logged(qr/customers\.list:\d+: 'https:\/\/new\.example\/path'.*\[origin-path\]/), 'an origin with a path is logged');
ok(steady($port, '/one.txt', $app, 1), 'the last list stays in force');
$db->query("DELETE FROM cors_origins WHERE origin LIKE '%/path'");

# --- the password
now(sub { $db->query("ALTER ROLE cors PASSWORD 'changed'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cors-origins-postgresql'") });
ok(logged(qr/stderr from \S+: cors-origins-postgresql: connection to server at "127\.0\.0\.1", port $db->{port} failed: FATAL: password authentication failed for user "cors"/m), 'the password is wrong: it is logged');
ok(steady($port, '/one.txt', $app, 1), 'the last list stays in force');
passfile('changed');
$db->query("INSERT INTO cors_origins VALUES ('https://changed.example', 'red')");
ok(wait_until(sub { allows($port, '/one.txt', 'https://changed.example') }, 20), 'the password is right: the list arrives');
unlike($httpd->log_since(0), qr/secret/, 'no password is in the error log');
sub processes { return grep { (eval { Httpd::slurp("/proc/$_/cmdline") } // '') =~ /\Q$program\E/ } map { m{(\d+)\z} } glob '/proc/[0-9]*' }
ok(wait_until(sub { processes() == 6 }), 'three programs run, each with the process that looks after its time');

$httpd->stop;
ok(wait_until(sub { !processes() }, 5), 'httpd ends: none of them remains');

# --- rows that could be read as others, and an error in the middle
$config = $head;
for my $name (sort keys %bad) {
    Httpd::spew("$dir/$name.list", $old);
    Httpd::spew("$dir/$name.sql", "SELECT $bad{$name}[0]");
    # the command of a source has no quotes within quotes
    Httpd::spew("$dir/$name", "#!/bin/sh\nexec '$program' --query \"\$(cat '$dir/$name.sql')\" '$conninfo'\n");
    chmod 0755, "$dir/$name" or die $!;
    $config .= source($name, '', '') =~ s{prg:[^"]*}{prg:$dir/$name}r;
}
$httpd = Httpd->start(name => 'origins_rows', text => $config, expected => qr/cors_sources:(?:error|notice)/);
$port = $httpd->{port}{port};
$mark = 0;
for my $name (sort keys %bad) {
    ok(logged(qr/stderr from \S+: cors-origins-postgresql: $bad{$name}[1]/m), "$name: the error is logged");
    ok(logged(qr/CorsOriginSource $name: \S+: the program ended with status 1 in the middle of a frame/), "$name: the frame is dropped");
    is(Httpd::slurp("$dir/$name.list"), $old, "$name: the file has the last good list");
    ok(allows($port, "/$name", 'https://old.example') && !allows($port, "/$name", $new), "$name: the last good list is in force");
}
$httpd->stop;

# --- arguments
for my $case (
    [ 'no argument', [], qr/exactly one CONNINFO is needed/ ],
    [ 'two arguments', [qw(a=b c=d)], qr/exactly one CONNINFO is needed/ ],
    [ 'a URI', ['postgresql://db'], qr/the argument is a list of keyword=value/ ],
    [ 'a password', ['host=db password=secret'], qr/other users can read a password on a command line; write it to a file/ ],
    [ 'a password with spaces', ["host=db password = 'secret'"], qr/other users can read a password on a command line/ ],
    [ 'an unknown option', [qw(--nope a=b)], qr/unknown option: nope/ ],
    [ 'no number', [qw(--check soon a=b)], qr/value "soon" invalid for option check/ ],
    [ 'zero', [qw(--timeout 0 a=b)], qr/--timeout is a number of seconds, 1 or more/ ],
    [ 'a mode', [qw(--mode rw a=b)], qr/--mode is an octal number/ ],
) {
    my ($name, $arguments, $pattern) = @$case;
    my ($status, $out, $error) = run_program($program, @$arguments);
    is("$status $out", '64 ', "$name: the status is 64");
    like($error, qr/\Acors-origins-postgresql: $pattern.*; see --help\n\z/, "$name: the error");
    unlike($error, qr/secret/, "$name: the password is not printed");
}
for my $option (qw(--help -h --version)) {
    my ($status, $out, $error) = run_program($program, $option);
    is("$status $error", '0 ', "$option: the status is 0");
    like($out, $option eq '--version' ? qr/\Acors-origins-postgresql 1\.0\.0\n\z/ : qr/\Ausage: cors-origins-postgresql \[OPTION \.\.\.\] CONNINFO\n/, "$option: the text");
}
# a notice of the server is one line, and its bytes cannot forge another
$db->query("CREATE FUNCTION forged() RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE E'x\\n[error] forged \\x1b[31m'; RETURN '1'; END \$\$");
my @noticed = run_program($program, '--once', '--version-query', 'SELECT forged()', $conninfo);
like("$noticed[0] $noticed[2]", qr/\A0 (?:cors-origins-postgresql: NOTICE: *x \[error\] forged \\x1b\[31m[^\n]*\n){2}\z/, 'a notice of the server: it is escaped');
mkdir "$dir/DBD" or die $!;
Httpd::spew("$dir/DBD/Pg.pm", "die qq(not installed\\n);\n");
my ($status, $out, $error) = run_program($^X, "-I$dir", $program, $conninfo);
is("$status $out", '1 ', 'without DBD::Pg: the status is 1');
like($error, qr/\Acors-origins-postgresql: DBI and DBD::Pg are needed: not installed .*\n\z/, 'without DBD::Pg: the error');
for my $version ("SELECT ''", "SELECT 'a b'", "SELECT repeat('a', 65)", 'SELECT NULL', 'SELECT 1 WHERE false') {
    ($status, $out, $error) = run_program($program, '--version-query', $version, $conninfo);
    is("$status $out", '1 ', "$version: nothing is printed");
    like($error, qr/\Acors-origins-postgresql: (?:a version has 1 to 64 visible characters|the version query gives no value).*\n\z/, "$version: the error");
}
($status, $out, $error) = run_program($program, '--once', '--query', "SELECT 'https://a.example' WHERE 'a?' <> ':a' -- a comment;", '--version-query', 'SELECT 7 ; ', $conninfo);
is("$status $out$error", '0 ' . frame(7, 'https://a.example'), 'a list without tenants');

# --- to a file
my $file = "$dir/file.origins";
sub inode { return (stat $file)[1] }
sub unfinished { return join ' ', glob "$dir/*.new.* $dir/*.origins.*" }
# what the manual shows for systemd
my %unit = shown('The programs without mod_cors_sources', 'ini', '/usr/bin/cors-origins-postgresql' => $program,
    'host=db.example dbname=apps user=cors passfile=/etc/cors-origins/passfile' => $conninfo) =~ /^(\w+)=(.*)$/mg;
is($unit{ExecStart} =~ /--file (\S+)/ && $1, "/var/lib/$unit{StateDirectory}/customers.origins", 'the unit of systemd: the file is in its directory');
my $start = $unit{ExecStart} =~ s{/var/lib/\S+/customers\.origins}{$file}r;
my $writer = start_program_beside("$dir/writer", 'sh', '-c', "exec $start");
ok(wait_until(sub { -e $file }), 'the file is written');
$httpd = Httpd->start(name => 'origins_file', text => <<"CONF", expected => qr/cors_policy:notice/);
Listen 127.0.0.1:\@port\@
CorsAllowOriginsFileReload 500ms
@{[ shown('The programs without mod_cors_sources', 'apache', '/var/lib/cors-origins/customers.origins' => $file) ]}
CorsPolicy On
CorsAllowOriginsFrom customers red
CONF
$port = $httpd->{port}{port};
ok(steady($port, '/', $app, 1, '/', 'https://third.example', 0), 'the list of the file is in force');
is((stat $file)[2] & 07777, 0644, 'the mode of the file');
my $inode = inode();
$db->query("INSERT INTO cors_origins VALUES ('https://third.example', 'red')");
ok(wait_until(sub { inode() != $inode }), 'a change replaces the file by rename');
ok(changed($port, '/', 'https://third.example', 1, '/', $app, 1), 'a change of the file is in force within two seconds');
($inode, my $text) = (inode(), Httpd::slurp($file));
utime 1e9, 1e9, $file;
$db->query('NOTIFY cors_origins');
ok(wait_until(sub { (stat $file)[9] > 1e9 }), 'an equal list: the modification time of the file is new');
is(inode(), $inode, 'an equal list: the file is the same');
$db->stop;
ok(wait_until(sub { waitpid($writer, POSIX::WNOHANG()) == $writer }), 'the server stops: the program ends');
is($? >> 8, 1, 'its status is 1');
like(Httpd::slurp("$dir/writer.err"), qr/\Acors-origins-postgresql: FATAL: terminating connection due to administrator command.*\n\z/, 'its error is one line');
is(inode() . Httpd::slurp($file), $inode . $text, 'the file is the same');
ok(steady($port, '/', 'https://third.example', 1, '/', $app, 1), 'the list of the file is in force');
$db->run;
is(unfinished(), '', 'no unfinished file remains');
# a program that is ended in the middle, by each way
for my $signal (qw(TERM KILL)) {
    $writer = start_program_beside("$dir/writer", $program, '--file', $file, '--query', $slow_query, $conninfo);
    ok(wait_until(sub { unfinished() ne '' }), "$signal: a list is begun");
    end_program($writer, $signal);
    ok(wait_until(sub { unfinished() eq '' }), "$signal: no unfinished file remains");
    is(inode() . Httpd::slurp($file), $inode . $text, "$signal: the file is the same");
}
($status, $out, $error) = run_program($program, '--file', $file, '--timeout', 1, '--query', $slow_query, $conninfo);
is("$status $out$error", "9 cors-origins-postgresql: no answer within 1 seconds (--timeout)\n", 'a list that takes too long');
ok(wait_until(sub { unfinished() eq '' }), 'a list that takes too long: no unfinished file remains');
($status, $out, $error) = run_program($program, qw(--once --file), $file, '--query', "SELECT 'https://new.example', NULL", $conninfo);
is("$status $out", '1 ', 'a row with an error: the status is 1');
is(inode() . Httpd::slurp($file) . unfinished(), $inode . $text, 'a row with an error: the file is the same');
($status, $out, $error) = run_program($program, qw(--once --mode 640 --file), $file, '--query', "SELECT 'https://new.example', 'red'", $conninfo);
is("$status $out$error", '0 ', 'the list is written once');
is((stat $file)[2] & 07777, 0640, 'another mode of the file');
($status, $out, $error) = run_program($program, qw(--once --file), "$dir/none/file", $conninfo);
is("$status $out", '1 ', 'a directory that does not exist: the status is 1');
like($error, qr/\Acors-origins-postgresql: \Q$dir\E\/none\/file\.new\.\d+: No such file or directory\n\z/, 'a directory that does not exist: the error');
$httpd->stop;

# --- the script of the manual
my $list = "$dir/customers.origins";
Httpd::spew("$dir/write-list", shown('Writing the file', 'sh', '/etc/apache2/customers.origins' => $list));
local @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE PATH)} = ($db->{dir}, $db->{port}, 'test', 'postgres', Database::PostgreSQL::dir_of_programs() . ":$ENV{PATH}");
($status, $out, $error) = run_program('sh', "$dir/write-list");
is("$status $out$error", '0 ', 'the script succeeds');
my ($begin, @rows) = split /\n/, Httpd::slurp($list);
my $end = pop @rows;
like($begin, qr/\Abegin \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/, 'the script: the frame begins with the time');
is($end, 'end ' . @rows . $begin =~ s/begin//r, 'the script: it ends with the number of rows and the time');
is(join("\n", sort @rows), $db->query("SELECT origin || E'\\t' || tenant FROM cors_origins WHERE active ORDER BY 1"), 'the script: it has all rows');
$httpd = Httpd->start(name => 'origins_script', text => <<"CONF", expected => qr/cors_policy:(?:notice|error)/);
Listen 127.0.0.1:\@port\@
CorsAllowOriginsFileReload 500ms
CorsOriginSource customers file:$list
CorsPolicy On
CorsAllowOriginsFrom customers red
CONF
$port = $httpd->{port}{port};
$text = Httpd::slurp($list);
# what fails, and how it is undone
my @failures = (
    [ 'the table is missing', 'ALTER TABLE cors_origins RENAME TO other', 'ALTER TABLE other RENAME TO cors_origins', qr/relation "cors_origins" does not exist/ ],
    [ 'an error in a row', 'ALTER TABLE cors_origins RENAME TO other; CREATE VIEW cors_origins AS SELECT origin, (1 / (length(origin) - length(\'https://third.example\')))::text AS tenant, active FROM other',
        'DROP VIEW cors_origins; ALTER TABLE other RENAME TO cors_origins', qr/division by zero/ ],
    [ 'no permission', 'REVOKE ALL ON cors_origins FROM cors', 'GRANT SELECT ON cors_origins TO cors', qr/permission denied/ ],
);
for my $failure (@failures) {
    my ($name, $do, $undo, $pattern) = @$failure;
    $db->query($do);
    local @ENV{qw(PGUSER PGPASSFILE PGHOST)} = ('cors', "$dir/passfile", '127.0.0.1') if $name eq 'no permission';
    ($status, $out, $error) = run_program('sh', "$dir/write-list");
    isnt($status, 0, "the script: $name: it fails");
    like($error, $pattern, "the script: $name: the error");
    is(Httpd::slurp($list), $text, "the script: $name: the list is the same");
    is(join(' ', glob "$list.*"), '', "the script: $name: no unfinished file remains");
    ok(steady($port, '/', $app, 1), "the script: $name: the list is in force");
    $db->query($undo);
}
$db->query("ALTER TABLE cors_origins DROP CONSTRAINT cors_origins_origin_check; INSERT INTO cors_origins VALUES (E'https://tab.example\\thttps://x', 'red')");
($status, $out, $error) = run_program('sh', "$dir/write-list");
is("$status $out$error", '0 ', 'the script: a value with a tab');
ok(wait_until(sub { $httpd->log_since(0) =~ /customers\.origins:\d+: 'https:\/\/tab\.example\\\\thttps:\/\/x'.*\[origin-path\]/ }), 'the script: a value with a tab: httpd logs the row') or diag($httpd->log_since(0));
ok(steady($port, '/', $app, 1, '/', 'https://tab.example', 0), 'the script: a value with a tab: the last list is in force');
$db->stop;
($status, $out, $error) = run_program('sh', "$dir/write-list");
isnt($status, 0, 'the script: without a server it fails');
is(join(' ', glob "$list.*"), '', 'the script: without a server: no unfinished file remains');

done_testing();
