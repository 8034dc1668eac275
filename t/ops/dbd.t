# Licensed under the Apache License, Version 2.0; see LICENSE.
# Lists of origins from databases (mod_cors_sources): PostgreSQL and SQLite. Lists and
# changes arrive, each way in which a database can fail leaves the last good list in force,
# and no process, memory or descriptor remains.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response send_request);
use CorsTest qw(config_check);
use Database ();
use DBI ();
use Httpd ();
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use Tools qw(wait_until);
use Time::HiRes qw(sleep time);

my $refreshes = $ENV{CORS_REFRESHES} // 100;
my $rows = $ENV{CORS_ROWS} // 20_000;
my $dir = "$ENV{CORS_WORK}/t/logs/dbd";
mkdir $dir or die "$dir: $!\n";
my $load = qq{LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"\n};
my $password = 'password-that-nobody-shows';

sub state_of { return "$dir/$_[0].list" }
sub frame { my ($version, @lines) = @_; return join '', map { "$_\n" } "begin $version", @lines, 'end ' . @lines . " $version" }
my $old = frame('old', 'https://old.example');
sub quoted { return '"' . $_[0] =~ s/(["\\])/\\$1/gr . '"' }

# A source and the policy of a location that uses it.
sub source {
    my ($name, $connection, $query, $more, $key) = @_;
    return "CorsOriginSource $name " . quoted("dbd:$connection") . ' query=' . quoted($query) . " state=@{[ state_of($name) ]} $more\n"
        . qq{<Location "/$name">\n    CorsPolicy On\n    CorsAllowOriginsFrom $name@{[ $key ? " $key" : '' ]}\n</Location>\n};
}
my $httpd;
sub start_httpd { my ($name, $text, %more) = @_; return $httpd = Httpd->start(name => "dbd_$name", text => "${load}Listen 127.0.0.1:\@port\@\nUseCanonicalName Off\nLogLevel warn cors_policy:info cors_sources:debug\n$text", %more) }
sub answer { my ($path, $origin, $host) = @_; return cors_response([ h1 => $httpd->{port}{port} ], GET => $path, origin => $origin, $host ? (host => $host) : ()) }
sub allows { my ($path, $origin, $host) = @_; return (answer($path, $origin, $host)->{'access-control-allow-origin'} // '') eq $origin }
sub arrives { my ($path, $name, $host) = @_; return wait_until(sub { allows($path, "https://$name.example", $host) }, 15) }
sub leaves { my ($path, $name, $host) = @_; return wait_until(sub { !allows($path, "https://$name.example", $host) }, 15) }
sub log_has { my ($pattern, $mark) = @_; return wait_until(sub { $httpd->log_since($mark // 0) =~ $pattern }, 15) }
sub count_in_log { my ($pattern, $mark) = @_; return scalar(() = $httpd->log_since($mark // 0) =~ /$pattern/g) }

# --- the databases
my $pg = Database::PostgreSQL->start(name => 'dbd_postgresql');
$pg->query(<<"SQL");
CREATE TABLE origins (origin text, tenant text, active boolean DEFAULT true);
CREATE TABLE version (version text);
CREATE TABLE empty (version text);
INSERT INTO origins VALUES ('https://red.example', 'red.test'), ('https://blue.example', 'blue.test'), ('!https://banned.example', 'blue.test'), ('https://*.blue.example', 'blue.test');
INSERT INTO version VALUES ('1');
CREATE TABLE list (origin text);
INSERT INTO list VALUES ('https://first.example');
CREATE VIEW view AS SELECT origin FROM list;
CREATE TABLE stays (origin text);
INSERT INTO stays VALUES ('https://one.example');
CREATE TABLE shadow (origin text);
INSERT INTO shadow VALUES ('https://one.example');
CREATE USER reader PASSWORD '$password';
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
SQL
my $socket = $pg->conninfo;
Httpd::spew("$dir/pgpass", "127.0.0.1:$pg->{port}:postgres:reader:$password\n");
Httpd::spew("$dir/pgpass-open", "127.0.0.1:$pg->{port}:postgres:reader:$password\n");
chmod 0600, "$dir/pgpass" or die $!;
chmod 0644, "$dir/pgpass-open" or die $!;
my $tcp = "host=127.0.0.1 port=$pg->{port} dbname=postgres user=reader";

my $lite = DBI->connect("dbi:SQLite:dbname=$dir/lite.db", '', '', { RaiseError => 1 });
$lite->do($_) for 'CREATE TABLE origins (origin text, tenant text)', 'CREATE TABLE version (version text)',
    q{INSERT INTO origins VALUES ('https://red.example', 'red.test'), ('https://blue.example', 'blue.test')}, q{INSERT INTO version VALUES ('1')};

# === lists and changes
my @live = (
    source(pg => "pgsql $socket", 'SELECT origin, tenant FROM origins WHERE active ORDER BY 1;', 'version="SELECT version FROM version" refresh=100ms', '%{SERVER_NAME}'),
    source(tcp => "pgsql $tcp passfile=$dir/pgpass", 'SELECT origin FROM list', 'refresh=200ms'),
    source(view => "pgsql $socket", 'SELECT * FROM view', 'refresh=200ms'),
    source(stays => "pgsql $socket", 'SELECT origin FROM stays', q{'version=SELECT version FROM version' refresh=100ms full=24h}),
    source(full => "pgsql $socket", 'SELECT origin FROM shadow', q{version='SELECT NULL' refresh=100ms full=1s}),
    source(lite => "sqlite3 $dir/lite.db", 'SELECT origin, tenant FROM origins', 'version="SELECT version FROM version" refresh=100ms', '%{SERVER_NAME}'),
    source(once => "sqlite3 $dir/lite.db", 'SELECT origin FROM origins WHERE tenant IS NOT NULL ORDER BY origin', 'refresh=24h'),
);
my $live = join '', @live, "<Location \"/status\">\n    SetHandler cors-policy\n</Location>\n";
my $errors = qr/cors_sources:(?:error|notice)|CorsOriginSource: |origins-not-loaded|allow no origin|exit signal Killed/;
start_httpd(live => $live, expected => $errors);

for my $name (qw(pg lite)) {
    ok(arrives("/$name", 'red', 'red.test'), "$name: the list arrives");
    ok(arrives("/$name", 'blue', 'blue.test'), "$name: the list has several tenants");
    is_deeply(answer("/$name", 'https://red.example', 'red.test'), { status => 404, vary => 'Origin', 'access-control-allow-origin' => 'https://red.example' }, "$name: a tenant's origin is allowed");
    is_deeply(answer("/$name", 'https://red.example', 'blue.test'), { status => 404, vary => 'Origin' }, "$name: it is not allowed for another tenant");
    is_deeply(answer("/$name", 'https://red.example', 'other.test'), { status => 404, vary => 'Origin' }, "$name: it is not allowed for a tenant that the list does not have");
}
ok(allows('/pg', 'https://a.blue.example', 'blue.test') && !allows('/pg', 'https://banned.example', 'blue.test'), 'a database has wildcards and exclusions as well');
is(Httpd::slurp(state_of('pg')), frame(1, "!https://banned.example\tblue.test", "https://*.blue.example\tblue.test", "https://blue.example\tblue.test", "https://red.example\tred.test"), 'the file has the rows and the version');
ok(arrives('/tcp', 'first'), 'a password in passfile is used');
is(Httpd::slurp(state_of('tcp')), frame('-', 'https://first.example'), 'without a version the frame has the version -');
ok(arrives('/once', 'red'), 'a list of SQLite without a version arrives');
like($pg->query(q{SELECT string_agg(DISTINCT application_name, ' ') FROM pg_stat_activity WHERE application_name LIKE 'mod%'}), qr/\A(?:mod_cors_sources)?\z/, 'a connection has the name of the module');

# the version: the list is read when it changes, and not otherwise
$pg->query(q{INSERT INTO origins VALUES ('https://green.example', 'red.test'); INSERT INTO stays VALUES ('https://two.example'); INSERT INTO shadow VALUES ('https://two.example')});
$lite->do(q{INSERT INTO origins VALUES ('https://green.example', 'red.test')});
my $mark = $httpd->log_mark;
for my $name (qw(pg stays lite)) {
    ok(wait_until(sub { count_in_log(qr/CorsOriginSource $name: \S+ was asked: the version is still 1$/m, $mark) >= 5 }, 20), "$name: the version is asked again and again");
}
ok(!allows('/pg', 'https://green.example', 'red.test') && !allows('/stays', 'https://two.example') && !allows('/lite', 'https://green.example', 'red.test'), 'the list is not read while the version is the same');
is(count_in_log(qr/CorsOriginSource (?:pg|stays|lite): \S+ has given/, $mark), 0, 'no list was read');
ok(arrives('/full', 'two'), 'after full, the list is read although the version (NULL) is the same');
like(Httpd::slurp(state_of('full')), qr/\Abegin NULL\n/, 'a version that is NULL has a name');
$pg->query(q{UPDATE version SET version = '2026-11-30 12:00:00+00'});
$lite->do(q{UPDATE version SET version = 2});
ok(arrives('/pg', 'green', 'red.test'), 'PostgreSQL: a change of the version brings the list');
ok(arrives('/lite', 'green', 'red.test'), 'SQLite: a change of the version brings the list');
like(Httpd::slurp(state_of('pg')), qr/\Abegin 2026-11-30_12:00:00\+00\n.*^end 5 2026-11-30_12:00:00\+00\n\z/ms, 'a version with a space is written without it');
$pg->query(q{DELETE FROM origins WHERE origin = 'https://green.example'; UPDATE version SET version = '3'});
ok(leaves('/pg', 'green', 'red.test'), 'an origin that is deleted is no longer allowed');
ok(!allows('/stays', 'https://one.example:1') && arrives('/stays', 'two'), 'each source reads the list');

# the file of a list whose version is the same
unlink state_of('stays') or die $!;
ok(wait_until(sub { (eval { Httpd::slurp(state_of('stays')) } // '') eq frame(3, 'https://one.example', 'https://two.example') }, 10), 'a file that is deleted is written again, although the version is the same');
Httpd::spew(state_of('stays'), 'damaged');
ok(wait_until(sub { (eval { Httpd::slurp(state_of('stays')) } // '') eq frame(3, 'https://one.example', 'https://two.example') }, 10), 'a file that is damaged is written again');
ok(allows('/stays', 'https://two.example'), 'the list stays in force meanwhile');
my $confirmed = (stat state_of('stays'))[9];

# no password anywhere
my $status = join '', map { send_request([ h1 => $httpd->{port}{port} ], GET => "/status$_")->bytes } '', '?format=json', '?format=prometheus';
like($status, qr/"pg".*cors_policy_list_info\{list="pg"/s, 'the status page has the lists');
my $dump = config_check("$load$live", '-D DUMP_CORS');
like($dump->{printed}, qr/^  pg \Q$dir\E\/pg\.list: 3 listed, 1 excluded/m, 'DUMP_CORS has the lists');
unlike("$status$dump->{printed}$dump->{errors}" . $httpd->log_since(0), qr/\Q$password\E/, 'no page, dump or log line has the password');
unlike("$status$dump->{printed}$dump->{errors}", qr/SELECT|user=/, 'no page or dump has queries or parameters of connections');

# === rows that cannot be lines: none of them becomes another entry
my @bad = (
    # SQL expressions of origin and tenant; the line in the file
    [ 'NULL', q{'a.test'}, "\\N\ta.test" ],
    [ q{''}, q{'a.test'}, "\"\"\ta.test" ],
    [ q{'https://bad.example'}, 'NULL', "https://bad.example\t\\N" ],
    [ q{'https://bad.example'}, q{''}, "https://bad.example\t\"\"" ],
    [ q{'https://bad.example https://evil.example'}, q{'a.test'}, "https://bad.example\\x20https://evil.example\ta.test" ],
    [ q{'https://bad.example' || chr(10) || 'https://evil.example'}, q{'a.test'}, "https://bad.example\\x0ahttps://evil.example\ta.test" ],
    [ q{'https://bad.example' || chr(9) || 'a.test'}, q{'b.test'}, "https://bad.example\\x09a.test\tb.test" ],
    [ q{'https://bad.example'}, q{'#'}, "https://bad.example\t\\#" ],
    [ q{'https://bad.example'}, q{'a.test' || chr(10) || 'https://evil.example'}, "https://bad.example\ta.test\\x0ahttps://evil.example" ],
    [ q{'https://bad.example'}, q{'a.test' || chr(13)}, "https://bad.example\ta.test\\x0d" ],
    [ q{'https://bad.example'}, q{'*'}, "https://bad.example\t*" ],
    [ q{'#https://bad.example'}, q{'a.test'}, "\\#https://bad.example\ta.test" ],
    [ q{'end'}, q{'5'}, "\\end\t5" ],
    [ q{'*'}, q{'a.test'}, "*\ta.test" ],
    [ q{'https://bad.example/'}, q{'a.test'}, "https://bad.example/\ta.test" ],
    [ q{'https://' || repeat('x', 20000)}, q{'a.test'}, 'https://' . 'x' x 192 . "\\...\ta.test" ],
);
my $good = q{SELECT 'https://good.example', 'a.test'};
my $all_bad = join ' UNION ALL ', $good, map { "SELECT $_->[0], $_->[1]" } @bad;
my $lite_bad = $all_bad =~ s/\bchr\(/char(/gr =~ s/repeat\('x', 20000\)/replace(hex(zeroblob(10000)), '0', 'x')/r . q{ UNION ALL SELECT 'https://good.example' || char(0) || '.evil.example', 'a.test' UNION ALL SELECT x'68747470733a2f2f6500', 'a.test'};
my @lines = ("https://good.example\ta.test", map { $_->[2] } @bad);
my @sources = (
    source(bad_pg => "pgsql $socket", $all_bad, 'refresh=24h bad-rows=skip', 'a.test'),
    source(bad_lite => "sqlite3 $dir/lite.db", $lite_bad, 'refresh=24h bad-rows=skip', 'a.test'),
    source(refuse => "pgsql $socket", "$good UNION ALL SELECT 'https://bad.example', NULL", 'refresh=24h', 'a.test'),
    source(exclude => "pgsql $socket", "$good UNION ALL SELECT '!https://bad.example' || chr(10), 'a.test'", 'refresh=24h bad-rows=skip', 'a.test'),
    source(hidden => "pgsql $socket", "$good UNION ALL SELECT repeat('x', 20000) || '!', 'a.test'", 'refresh=24h bad-rows=skip', 'a.test'),
);
Httpd::spew(state_of($_), frame('old', "https://old.example\ta.test")) for qw(refuse exclude hidden);
my $live_httpd = $httpd;
start_httpd(rows => join('', @sources), expected => qr/CorsOriginSource: /);
ok(arrives("/$_", 'good'), "$_: the other rows are used") for qw(bad_pg bad_lite);
is(Httpd::slurp(state_of('bad_pg')), frame('-', @lines), 'PostgreSQL: each row is one line');
is(Httpd::slurp(state_of('bad_lite')), frame('-', @lines, "https://good.example\\x00.evil.example\ta.test", "https://e\\x00\ta.test"), 'SQLite: each row is one line, and a NUL does not end a value');
for my $name (qw(bad_pg bad_lite)) {
    ok(!(grep { allows("/$name", $_) } qw(https://evil.example https://bad.example https://e https://x.example)), "$name: none of the bad rows allows anything");
    like($httpd->log_since(0), qr/cors_policy:warn\].*\Q@{[ state_of($name) ]}\E:3: '\\\\N': .*\[origin-scheme-missing\]$/m, "$name: a bad row is logged");
}
like($httpd->log_since(0), qr/\Q@{[ state_of('bad_lite') ]}\E: @{[ @bad + 2 ]} bad rows are skipped$/m, 'all bad rows are counted');
for my $name (qw(refuse exclude hidden)) {
    ok(log_has(qr/cors_policy:error\].*\Q@{[ state_of($name) ]}\E:3: /), "$name: a row with an error is logged");
    ok(allows("/$name", 'https://old.example') && !allows("/$name", 'https://good.example'), "$name: the last good list is in force");
}
like($httpd->log_since(0), qr/refuse\.list:3: '\\\\N': a tenant has 1 to 255 bytes.*\[file-tenant\]$/m, 'a tenant that is NULL is not "no tenant"');
$httpd->stop;

# === each way to fail: an error in the log, the file as it was, the last list in force
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20) or die "$!\n";
my $closed = Httpd::free_port();
Httpd::spew("$dir/text.db", "This is a text, and not a database.\n" x 50);
mkdir "$dir/directory.db" or die $!;
my $locked = DBI->connect("dbi:SQLite:dbname=$dir/locked.db", '', '', { RaiseError => 1 });
$locked->do('CREATE TABLE origins (origin text)');
$locked->do('BEGIN EXCLUSIVE');
my $late = q{SELECT 'https://n' || n || '.example' || %s FROM generate_series(1, 6000) n};
my $sleeps = sprintf $late, q{CASE WHEN n = 5000 THEN pg_sleep(60)::text ELSE '' END};
# name, connection, query, options, pattern of the error
my @failures = (
    [ 'table', "pgsql $socket", 'SELECT origin FROM nosuch', '', qr/the query: ERROR: relation "nosuch" does not exist LINE 1: / ],
    [ 'syntax', "pgsql $socket", 'SELEKT origin FROM list', '', qr/the query: ERROR: syntax error at or near "SELEKT"/ ],
    [ 'deletes', "pgsql $socket", 'DELETE FROM list RETURNING origin', '', qr/the query: ERROR: syntax error at or near "DELETE"/ ],
    [ 'division', "pgsql $socket", sprintf($late, '1 / (5000 - n)'), '', qr/the query, after 4000 rows: ERROR: division by zero;/ ],
    [ 'columns', "pgsql $socket", 'SELECT 1, 2, 3', '', qr/the query has 3 columns; it needs 1 or 2;/ ],
    [ 'no-columns', "pgsql $socket", 'SELECT FROM list', '', qr/the query has 0 columns; it needs 1 or 2;/ ],
    [ 'version-table', "pgsql $socket", 'SELECT origin FROM list', 'version="SELECT version FROM nosuch"', qr/the query of the version: ERROR: relation "nosuch" does not exist/ ],
    [ 'version-rows', "pgsql $socket", 'SELECT origin FROM list', 'version="SELECT version FROM empty"', qr/the query of the version does not give one row with one column;/ ],
    [ 'version-two', "pgsql $socket", 'SELECT origin FROM list', 'version="SELECT 1 UNION SELECT 2"', qr/the query of the version does not give one row with one column;/ ],
    [ 'version-columns', "pgsql $socket", 'SELECT origin FROM list', 'version="SELECT 1, 2"', qr/the query of the version does not give one row with one column;/ ],
    [ 'version-long', "pgsql $socket", 'SELECT origin FROM list', q{version="SELECT repeat('x', 65)"}, qr/the version does not have 1 to 64 bytes; md5\(\), for example, makes it shorter;/ ],
    [ 'version-empty', "pgsql $socket", 'SELECT origin FROM list', q{version="SELECT ''"}, qr/the version does not have 1 to 64 bytes/ ],
    [ 'version-writes', "pgsql $socket", 'SELECT origin FROM list', q{version="UPDATE version SET version = 'x' RETURNING version"}, qr/the query of the version: ERROR: cannot execute UPDATE in a read-only transaction;/ ],
    [ 'version-none', "pgsql $socket", 'SELECT origin FROM list', 'version=";"', qr/the query of the version does not give one row/ ],
    [ 'slow', "pgsql $socket", q{SELECT 'https://new.example' || pg_sleep(60)}, 'timeout=3s', qr/no complete list within the timeout: it was waiting for the first row;/ ],
    [ 'slow-version', "pgsql $socket", 'SELECT origin FROM list', 'timeout=3s version="SELECT pg_sleep(60)"', qr/no complete list within the timeout: it was in the query of the version;/ ],
    [ 'stopped', "pgsql $socket application_name=stopped", $sleeps, 'timeout=3s', qr/no complete list within the timeout: it stopped after \d{4} rows;/ ],
    [ 'terminated', "pgsql $socket application_name=terminated", $sleeps, '', qr/the query, after 4000 rows: FATAL: terminating connection due to administrator command/ ],
    [ 'floods', "pgsql $socket", q{SELECT 'https://n' || generate_series(1, 100000000) || '.example'}, 'max-size=1M', qr/line \d+ of a frame: the frame is larger than max-size;/ ],
    [ 'closed-port', "pgsql host=127.0.0.1 port=$closed", 'SELECT 1', '', qr/cannot connect: connection to server at "127\.0\.0\.1", port $closed failed: Connection refused/ ],
    [ 'silent', 'pgsql host=127.0.0.1 port=' . $silent->sockport, 'SELECT 1', 'timeout=500ms', qr/no complete list within the timeout: it was connecting;/ ],
    [ 'silent-limit', 'pgsql host=127.0.0.1 connect_timeout=2 port=' . $silent->sockport, 'SELECT 1', '', qr/cannot connect: connection to server at "127\.0\.0\.1", port \d+ failed: timeout expired/ ],
    [ 'no-password', "pgsql $tcp", 'SELECT 1', '', qr/cannot connect: .*fe_sendauth: no password supplied/ ],
    [ 'passfile', "pgsql $tcp passfile=$dir/nosuch", 'SELECT 1', '', qr/passfile cannot be read: No such file or directory;/ ],
    [ 'passfile-open', "pgsql $tcp passfile=$dir/pgpass-open", 'SELECT 1', '', qr/other users can read passfile; chmod 600;/ ],
    [ 'parameter', 'pgsql databse=apps', 'SELECT 1', '', qr/cannot connect: invalid connection option "databse";/ ],
    [ 'rights', "pgsql $tcp passfile=$dir/pgpass", 'SELECT passwd FROM pg_shadow', '', qr/the query: ERROR: permission denied for view pg_shadow;/ ],
    [ 'lite-missing', "sqlite3 $dir/missing.db", 'SELECT origin FROM origins', '', qr/the file cannot be opened: No such file or directory;/ ],
    [ 'lite-directory', "sqlite3 $dir/directory.db", 'SELECT origin FROM origins', '', qr/not a regular file;/ ],
    [ 'lite-text', "sqlite3 $dir/text.db", 'SELECT origin FROM origins', '', qr/the query: file is not a database;/ ],
    [ 'lite-locked', "sqlite3 $dir/locked.db", 'SELECT origin FROM origins', '', qr/the query: database is locked;/ ],
    [ 'lite-table', "sqlite3 $dir/lite.db", 'SELECT origin FROM nosuch', '', qr/the query: no such table: nosuch;/ ],
    [ 'lite-writes', "sqlite3 $dir/lite.db", 'DELETE FROM origins RETURNING origin', '', qr/the query: attempt to write a readonly database;/ ],
    [ 'lite-columns', "sqlite3 $dir/lite.db", 'SELECT 1, 2, 3', '', qr/the query has 3 columns; it needs 1 or 2;/ ],
    [ 'lite-late', "sqlite3 $dir/lite.db", q{WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT 'https://n' || i || '.example' || CASE WHEN i = 50 THEN abs(-9223372036854775808) ELSE '' END FROM n}, '', qr/the query: integer overflow;/ ],
    [ 'lite-slow', "sqlite3 $dir/lite.db", 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n', 'timeout=3s', qr/no complete list within the timeout: it was waiting for the first row;/ ],
    [ 'lite-version', "sqlite3 $dir/lite.db", 'SELECT origin FROM origins', q{version="SELECT version FROM version WHERE version = 'x'"}, qr/the query of the version does not give one row with one column;/ ],
);
my $conf = '';
for my $failure (@failures) {
    my ($name, $connection, $query, $options) = @$failure;
    Httpd::spew(state_of($name), $old);
    $conf .= source($name, $connection, $query, "refresh=24h $options");
}
start_httpd(failures => $conf, expected => $errors);
# a back end is ended, or stopped, in the middle of a result
my %back_end;
for my $name (qw(terminated stopped)) {
    ok(wait_until(sub { $back_end{$name} = $pg->query("SELECT pid FROM pg_stat_activity WHERE application_name = '$name' AND query LIKE 'FETCH%' AND wait_event = 'PgSleep'") }, 15), "$name: the result has begun");
}
kill STOP => $back_end{stopped};
$pg->query("SELECT pg_terminate_backend($back_end{terminated})");
for my $failure (@failures) {
    my ($name, $connection, undef, undef, $pattern) = @$failure;
    my ($label) = "dbd:$connection" =~ /\A(\S+)/;
    ok(log_has(qr/cors_sources:error.* CorsOriginSource $name: $label: $pattern/), "$name: the error is logged")
        or diag(grep { /CorsOriginSource $name:/ } split /^/, $httpd->log_since(0));
    is(Httpd::slurp(state_of($name)), $old, "$name: the file has the last good list");
    is_deeply(answer("/$name", 'https://old.example'), { status => 404, vary => 'Origin', 'access-control-allow-origin' => 'https://old.example' }, "$name: the last good list is in force");
}
kill CONT => $back_end{stopped};
ok(!-e "$dir/missing.db", 'a missing file of SQLite is not created');
is($pg->query('SELECT count(*) FROM list'), 1, 'no query has changed the database');
$locked->rollback;
ok(arrives('/lite-locked', 'old') && log_has(qr/CorsOriginSource lite-locked: .*has recovered and given a new list: 0 lines, version -$/m), 'a lock that ends: the list is read');
ok(log_has(qr/locked\.list: the list has no entries, and the last good list has 1; if it may be empty, write allow-empty=on$/m), 'an empty list does not replace one with entries');
ok(allows('/lite-locked', 'https://old.example'), 'the last list is in force');
ok(!(grep { length > 700 } $httpd->log_since(0) =~ /cors_sources:error\](.*)/g), 'the text of a database is cut');
unlike($httpd->log_since(0), qr/\Q$password\E/, 'no log line has the password');
# what runs in the server is limited by the timeout as well
ok(wait_until(sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name NOT IN ('stopped', 'terminated') AND now() - query_start > interval '5 s'}) == 0 }, 20), 'a query that is too slow ends in the server, too');
$httpd->stop;

# === a database that fails, and comes back
$httpd = $live_httpd;
sub fails_with {
    my ($name, $pattern, $path, $origin) = @_;
    my $from = $httpd->log_mark;
    ok(log_has(qr/cors_sources:error.*CorsOriginSource $path: dbd:pgsql: $pattern/, $from), "$name: the error is logged")
        or diag($httpd->log_since($from));
    ok(allows("/$path", "https://$origin.example"), "$name: the last good list is in force");
    return;
}
$mark = $httpd->log_mark;
$pg->query('DELETE FROM list');
ok(log_has(qr/cors_policy:error.*tcp\.list: the list has no entries, and the last good list has 1/, $mark), 'emptied: it is logged');
ok(allows('/tcp', 'https://first.example'), 'emptied: the last good list is in force');
$pg->query(q{INSERT INTO list VALUES ('https://second.example')});
ok(arrives('/tcp', 'second') && leaves('/tcp', 'first'), 'emptied: the next list with rows is used');
$mark = $httpd->log_mark;
$pg->query(q{INSERT INTO list VALUES ('second.example'), (NULL), ('https://second.example/path')});
ok(log_has(qr/cors_policy:error.*tcp\.list:\d: .*\[origin-path\]/, $mark), 'full of bad rows: they are logged');
ok(allows('/tcp', 'https://second.example'), 'full of bad rows: the last good list is in force');
$pg->query(q{DELETE FROM list WHERE origin IS NULL OR origin <> 'https://second.example'; INSERT INTO list VALUES ('https://third.example')});
ok(arrives('/tcp', 'third'), 'full of bad rows: the next good list is used');
ok(arrives('/view', 'third'), 'the view has arrived');
$pg->query('DROP VIEW view; CREATE VIEW view AS SELECT origin, origin AS b, origin AS c FROM list');
fails_with('schema changed', qr/the query has 3 columns; it needs 1 or 2;/, 'view', 'third');
$pg->query('DROP VIEW view');
fails_with('table missing', qr/the query: ERROR: relation "view" does not exist/, 'view', 'third');
$pg->query(q{CREATE VIEW view AS SELECT 'https://fourth.example'::text AS origin});
ok(arrives('/view', 'fourth'), 'schema changed: the next good list is used');
$pg->query("ALTER USER reader PASSWORD 'another'");
fails_with('password changed', qr/cannot connect: .*password authentication failed for user "reader"/, 'tcp', 'third');
$pg->query("ALTER USER reader PASSWORD '$password'; INSERT INTO list VALUES ('https://fifth.example')");
ok(arrives('/tcp', 'fifth'), 'password changed: the next good list is used');
$pg->freeze;
my $t = time;
ok(allows('/pg', 'https://red.example', 'red.test') && time - $t < 1, 'server frozen: requests are answered');
$pg->thaw;
$pg->crash;
fails_with('server crashed', qr/cannot connect: .*(?:No such file|refused)/, 'tcp', 'fifth');
ok(allows('/pg', 'https://red.example', 'red.test'), 'server crashed: all lists are in force');
$httpd->graceful;
ok(allows('/pg', 'https://red.example', 'red.test') && allows('/stays', 'https://two.example'), 'server crashed: the lists are in force after a graceful restart');
$httpd->stop;
$mark = $httpd->log_mark;
is($httpd->run, '', 'httpd starts while the database is down');
delete @$httpd{qw(pid stopped terminated)};
$httpd->wait_until_ready;
ok(allows('/pg', 'https://red.example', 'red.test') && allows('/tcp', 'https://fifth.example'), 'httpd starts while the database is down: the lists are in force');
ok(log_has(qr/CorsOriginSource pg: .*cannot connect/, $mark), 'httpd starts while the database is down: it is logged');
unlink "$pg->{dir}/data/postmaster.pid";
$pg->run;
$mark = $httpd->log_mark;
$pg->query(q{INSERT INTO list VALUES ('https://sixth.example'); UPDATE version SET version = '4'; INSERT INTO origins VALUES ('https://late.example', 'red.test')});
ok(wait_until(sub { allows('/tcp', 'https://sixth.example') && allows('/pg', 'https://late.example', 'red.test') }, 40), 'the database is back: its lists arrive');
ok(log_has(qr/cors_sources:notice.*CorsOriginSource pg: dbd:pgsql has recovered/, $mark), 'the database is back: it is logged');

# === processes
sub stat_of { my ($pid) = @_; return (eval { Httpd::slurp("/proc/$pid/stat") } // '') =~ /\A\d+ \(.*\) (\w) (\d+) (\d+) / ? ($1, $2, $3) : () }
sub is_alive { my ($state) = stat_of($_[0]); return defined $state && $state ne 'Z' }
sub children_of { my ($parent) = @_; return grep { my (undef, $of) = stat_of($_); defined $of && $of == $parent } map { m{(\d+)\z} } glob '/proc/[0-9]*' }
# its log lines have its number
sub refresher { my ($pid) = $httpd->log_since(0) =~ /.*^(?:\[[^\]]+\] ){1,2}\[pid (\d+)[^\]]*\] (?:\S+: )?CorsOriginSource \w+: dbd:/ms; return $pid && is_alive($pid) ? $pid : 0 }
my $refresher;
ok(wait_until(sub { $refresher = refresher() }, 10), 'there is a refresher') or BAIL_OUT('there is no refresher');
kill KILL => $refresher;
my $second;
ok(wait_until(sub { ($second = refresher()) && $second != $refresher }, 10), 'the refresher is killed: there is another one') or BAIL_OUT('there is no refresher');
$pg->query(q{INSERT INTO list VALUES ('https://seventh.example')});
ok(arrives('/tcp', 'seventh'), 'the refresher is killed: changes arrive');
is(scalar(grep { ((stat_of($_))[0] // '') eq 'Z' } children_of($httpd->pid)), 0, 'the killed refresher is no zombie');

# a reading that hangs when httpd ends is gone with it
$pg->freeze;
my @reading;
ok(wait_until(sub { @reading = children_of($second); scalar @reading }, 10), 'a reading hangs');
is((stat_of($reading[0]))[2], $reading[0], 'a reading has a process group of its own');
$mark = $httpd->log_mark;
kill KILL => $reading[0];
ok(log_has(qr/cors_sources:error.*CorsOriginSource \w+: dbd:pgsql: the reading was ended by signal 9;/, $mark), 'a reading is killed: it is logged');
ok(wait_until(sub { @reading = children_of($second); scalar @reading }, 10), 'another reading hangs');
kill KILL => $second;
ok(wait_until(sub { !grep { is_alive($_) } @reading }, 5), 'the refresher is killed: the reading that hangs is gone');
ok(wait_until(sub { ($refresher = refresher()) && $refresher != $second && (@reading = children_of($refresher)) }, 10), 'another refresher has begun');
sub confirmed_at { return (grep { ($_->{name} // '') eq 'stays' } @{ JSON::PP->new->decode(send_request([ h1 => $httpd->{port}{port} ], GET => '/status?view=policies&format=json')->body)->{lists} })[0]{confirmed_at} }
ok(wait_until(sub { confirmed_at() eq POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime((stat state_of('stays'))[9])) }, 10), 'JSON has the time of the last confirmation');
$t = time;
$httpd->stop;
cmp_ok(time - $t, '<', 10, 'httpd ends while readings hang');
ok(wait_until(sub { !grep { is_alive($_) } $refresher, @reading }, 5), 'refresher and readings are gone');
$pg->thaw;
is(join(' ', glob("$dir/*.new.*")), '', 'no unfinished file remains');
ok((stat state_of('stays'))[9] > $confirmed, 'a list whose version is the same is confirmed by the time of its file');

# === many refreshes: memory, descriptors and processes stay as they are
start_httpd(often => join('', source(often => "pgsql $socket", 'SELECT origin FROM list', 'version="SELECT version FROM version" refresh=100ms full=500ms'),
    source(lite_often => "sqlite3 $dir/lite.db", 'SELECT origin FROM origins', 'refresh=100ms')), expected => $errors);
sub refreshed { my ($name) = @_; return count_in_log(qr/CorsOriginSource $name: \S+ (?:was asked|has given)/) }
ok(arrives('/often', 'seventh') && arrives('/lite_often', 'red'), 'many refreshes: the lists arrive');
wait_until(sub { refreshed('often') >= 10 && refreshed('lite_often') >= 10 }, 60);
$refresher = refresher();
sub memory { return Httpd::slurp("/proc/$refresher/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : die }
sub descriptors { my @fds = glob "/proc/$refresher/fd/*"; return scalar @fds }
my ($memory, $descriptors) = (memory(), descriptors());
ok(wait_until(sub { refreshed('often') >= 10 + $refreshes && refreshed('lite_often') >= 10 + $refreshes }, 20 + 2 * $refreshes), "$refreshes refreshes of each database");
cmp_ok(memory(), '<=', $memory + 256, "$refreshes refreshes: memory");
cmp_ok(descriptors(), '<=', $descriptors + 2, "$refreshes refreshes: descriptors"); # the pipes of two readings
cmp_ok(scalar(grep { ((stat_of($_))[0] // '') eq 'Z' } children_of($refresher)), '<=', 2, "$refreshes refreshes: processes");
is(refresher(), $refresher, "$refreshes refreshes: by one refresher");
note(sprintf '%.1f ms of processor time for a reading', 1000 * seconds_of($refresher) / (refreshed('often') + refreshed('lite_often')));
is($httpd->unexpected_line, undef, "$refreshes refreshes: no error");
$httpd->stop;

# === a large list
$pg->query(<<"SQL");
CREATE TABLE large AS SELECT 'https://app' || n || '.tenant' || n % 1000 || '.example' AS origin, 'tenant' || n % 1000 || '.test' AS tenant FROM generate_series(1, $rows) n;
INSERT INTO large VALUES ('https://last.example', 'tenant1.test');
SQL
# in seconds, with those of processes that have ended
sub seconds_of { my ($pid) = @_; my @fields = split ' ', Httpd::slurp("/proc/$pid/stat") =~ s/\A.*\) //sr; return ($fields[11] + $fields[12] + $fields[13] + $fields[14]) / POSIX::sysconf(POSIX::_SC_CLK_TCK()) }
my $before = seconds_of($pg->{pid});
start_httpd(large => source(large => "pgsql $socket", 'SELECT origin, tenant FROM large', 'refresh=24h timeout=5m', '%{SERVER_NAME}'), expected => $errors);
ok(wait_until(sub { allows('/large', 'https://last.example', 'tenant1.test') }, 300), "$rows rows arrive");
is_deeply([ map { allows('/large', "https://app999.tenant999.example", "tenant$_.test") ? 1 : 0 } 999, 1 ], [ 1, 0 ], "$rows rows: an origin of a tenant");
my $server = seconds_of($pg->{pid}) - $before;
my $cpu = 0;
$cpu += seconds_of($_) for $httpd->children;
cmp_ok($cpu + $server, '<', 1 + 4 * $rows / 1e6, "$rows rows: $cpu seconds of processor time, and $server of the database");
$httpd->stop;

done_testing();
