# Licensed under the Apache License, Version 2.0; see LICENSE.
# The errors of a CorsOriginSource of the type dbd, and what it accepts. No error has the
# value of a parameter that may be a password.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check config_starts);
use Httpd ();

my $load = qq{LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"\n};
my $query = 'query="SELECT origin, tenant FROM origins"';
my $drivers = 'the databases of the type dbd are pgsql and sqlite3; a program of the type prg can read any other one';
my $parameters = 'pgsql is followed by the parameters of its connection, as in host=db dbname=apps user=httpd, and sqlite3 by the path of a file';
my $hidden = 'geheim';

# name, the arguments after CorsOriginSource, texts of the error
my @refused = (
    [ 'another database', qq{x "dbd:mysql host=db" $query}, "'dbd:mysql': $drivers [database-driver]" ],
    [ 'another name of a driver', qq{x "dbd:postgresql host=db" $query}, "'dbd:postgresql': $drivers; write dbd:pgsql [database-driver]" ],
    [ 'a driver in another case', qq{x "dbd:PgSQL host=db" $query}, '; write dbd:pgsql [database-driver]' ],
    [ 'an older driver', qq{x "dbd:sqlite /a/b" $query}, '; write dbd:sqlite3 [database-driver]' ],
    [ 'no driver', "x dbd: $query", "'dbd:': $drivers [database-driver]" ],
    [ 'a path as a driver', "x dbd:/a/b $query", "'dbd:/a/b': $drivers [database-driver]" ],
    [ 'a URL', qq{x "dbd:postgresql://httpd:$hidden\@db/apps" $query}, '[database-driver]' ],
    [ 'a URL as a parameter', qq{x "dbd:pgsql postgresql://httpd:$hidden\@db/apps" $query}, "'dbd:pgsql': $parameters (a URL is not accepted) [database-parameters]" ],
    [ 'a parameter without a value', qq{x "dbd:pgsql host=db apps" $query}, "'dbd:pgsql': $parameters (apps is not key=value) [database-parameters]" ],
    [ 'a parameter without a key', qq{x "dbd:pgsql =db" $query}, '(a parameter is key=value) [database-parameters]' ],
    [ 'a quotation mark that is not closed', qq{x "dbd:pgsql options='-c a" $query}, '(options is not key=value) [database-parameters]' ],
    [ 'a password', qq{x "dbd:pgsql host=db password=$hidden" $query}, "'password': other modules show the configuration; a password belongs in a file that passfile names; write passfile=/etc/apache2/pgpass, with lines of host:port:database:user:password [database-password]" ],
    [ 'a password after a value with quotes', qq{x "dbd:pgsql options='a \\\\' b' PASSWORD = '$hidden'" $query}, "'PASSWORD': other modules", '[database-password]' ],
    [ 'a password of a key', qq{x "dbd:pgsql sslpassword=$hidden" $query}, "'sslpassword': other modules" ],
    [ 'a password behind the quotes', qq{x "dbd:pgsql host=db" password=$hidden $query}, "'password': other modules" ],
    [ 'a password with another name', qq{x "dbd:pgsql host=db pass=$hidden" $query}, "'pass': other modules", '[database-password]' ],
    [ 'a password with another name, behind the quotes', qq{x "dbd:pgsql host=db" passwd=$hidden $query}, "'passwd': other modules" ],
    [ 'a password in an argument of its own', qq{x "dbd:pgsql host=db" "user=httpd password=$hidden" $query}, "'user=...': the options of a source" ],
    [ 'a password in a time', qq{x "dbd:pgsql host=db" refresh="host=db password=$hidden" $query}, "'refresh=...': a time", '[source-time]' ],
    [ 'a URL in an option', qq{x "dbd:pgsql host=db" url=postgresql://httpd:$hidden\@db/x $query}, "'url=...': the options of a source" ],
    [ 'a password in place of the driver', "x dbd:password=$hidden $query", "'dbd:password': $drivers [database-driver]" ],
    [ 'two passwords behind the quotes', qq{x "dbd:pgsql host=db" password=$hidden password=$hidden $query}, "'password': an option of a source" ],
    [ 'parameters without quotes', "x dbd:pgsql host=db dbname=apps $query", "=db': the options of a source of the type dbd are query, version, full, refresh, timeout, max-size and state (the parameters of the connection are in quotes, together with the driver); write \"dbd:pgsql host=db dbname=apps user=httpd\" [database-option]" ],
    [ 'no path', "x dbd:sqlite3 $query", "'dbd:sqlite3': $parameters; write dbd:sqlite3 /path/of/a/file [database-parameters]" ],
    [ 'a path in the form of a URL', qq{x "dbd:sqlite3 file:/a/b?mode=ro" $query}, '[database-parameters]' ],
    [ 'a database in memory', qq{x "dbd:sqlite3 :memory:" $query}, '[database-parameters]' ],
    [ 'no query', 'x "dbd:pgsql host=db"', "'dbd:pgsql': a database needs a query for the rows: an origin, or an origin and a tenant; write query=\"SELECT origin, tenant FROM cors_origins\" [database-query]" ],
    [ 'an empty query', 'x "dbd:pgsql host=db" query=" "', '[database-query]' ],
    [ 'an unknown option', qq{x "dbd:pgsql host=db" $query max=5}, "'max=5': the options of a source of the type dbd are query, version, full, refresh, timeout, max-size and state [database-option]" ],
    [ 'an empty version', qq{x "dbd:pgsql host=db" $query version=}, "'version=': the options" ],
    [ 'an option twice', qq{x "dbd:pgsql host=db" $query $query}, '[source-option]' ],
    [ 'full without a version', qq{x "dbd:pgsql host=db" $query full=1h}, "'full': full is the time after which the list is read although the version is the same (without a version, each refresh reads the list); write version=\"SELECT version FROM cors_version\" [database-full]" ],
    [ 'full below refresh', qq{x "dbd:pgsql host=db" $query version="SELECT 1" full=9s refresh=10s}, '(it is shorter than refresh) [database-full]' ],
    [ 'full in days', qq{x "dbd:pgsql host=db" $query version="SELECT 1" full=1d}, "'full=1d': a time is a number with a unit, such as 500ms, 30s, 10m or 24h, from 100ms to 24h; write full=24h [source-time]" ],
    [ 'a refresh of zero', qq{x "dbd:pgsql host=db" $query refresh=0}, '; write refresh=100ms [source-time]' ],
    [ 'a timeout without a unit that is known', qq{x "dbd:pgsql host=db" $query timeout=5x}, '[source-time]' ],
    [ 'a size', qq{x "dbd:pgsql host=db" $query max-size=2G}, '; write max-size=1G [source-size]' ],
    [ 'one file for two sources', qq{x "dbd:pgsql host=db" $query state=/a/b\nCorsOriginSource y "dbd:pgsql host=db" $query state=/a/b}, "'/a/b': each source needs a file of its own (it is that of x) [source-state]" ],
);
my @accepted = (
    [ 'each option', qq{x "dbd:pgsql host=db dbname=apps user=httpd connect_timeout=3" $query version="SELECT version FROM cors_version" refresh=2s full=10min timeout=30s max-size=64M state=customers.list max-rows=5 max-stale=24h bad-rows=skip allow-empty=on} ],
    [ 'quotes around an option', q{x "dbd:pgsql host=db" "query=SELECT origin FROM a" 'version=SELECT 1'} ],
    [ 'quotes of the other kind', q{x "dbd:pgsql host=db" query='SELECT "origin" FROM a' VERSION="SELECT version FROM v WHERE name = 'x'"} ],
    [ 'quotes within', q{x "dbd:pgsql host=db options='-c search_path=a\\ b' passfile='/a b'" query="SELECT \"origin\" FROM a WHERE b = 'c=d'"} ],
    [ 'no parameters', "x dbd:pgsql $query" ],
    [ 'a service', qq{x "dbd:pgsql service=apps" $query} ],
    [ 'a file that does not exist', qq{x "dbd:sqlite3 conf/a b.db" $query} ],
    [ 'two sources with one query', qq{x "dbd:pgsql host=db" $query\nCorsOriginSource y "dbd:pgsql host=db" $query} ],
);

plan tests => 2 * @refused + @accepted + 8;
for (@refused) {
    my ($name, $arguments, @texts) = @$_;
    my $errors = config_check("${load}CorsOriginSource $arguments\n")->{errors} =~ s/\\\\/\\/gr;
    is(join('|', grep { index($errors, $_) < 0 } @texts), '', $name) or diag($errors);
    unlike($errors, qr/$hidden/, "$name: no password is printed");
}
for (@accepted) {
    my ($name, $arguments) = @$_;
    config_starts($name, "${load}CorsOriginSource $arguments\nCorsPolicy On\nCorsAllowOriginsFrom x\n");
}

# --- without the module
my $without = config_check(qq{CorsOriginSource x "dbd:pgsql password=$hidden" $query refresh=1s\n})->{errors};
like($without, qr{^CorsOriginSource: 'dbd:pgsql': the module that provides this type of source is not loaded; write LoadModule cors_sources_module modules/mod_cors_sources\.so \[source-module\]$}m,
    'without mod_cors_sources the error names the module');
unlike($without, qr/$hidden/, 'without mod_cors_sources no password is printed');
for my $type ("DBD:pgsql password=$hidden", "pgsql password=$hidden") {
    my $errors = config_check(qq{${load}CorsOriginSource x "$type" $query\n})->{errors};
    like($errors, qr/\[source-type\]/, "$type: the type is unknown");
    unlike($errors, qr/$hidden/, "$type: no password is printed");
}

# --- without the driver of APR-util: a library that is loaded before all others has none
my $none = "$ENV{CORS_WORK}/t/logs/databases_none";
Httpd::spew("$none.c", "int apr_dbd_get_driver(void *p, const char *name, const void **driver);\nint apr_dbd_get_driver(void *p, const char *name, const void **driver) { (void)p, (void)name, (void)driver; return 20019; }\n");
system('cc', qw(-shared -fPIC -o), "$none.so", "$none.c") == 0 or die "$none.c does not compile\n";
{
    local $ENV{SANITIZER} = join ':', grep { $_ } $ENV{SANITIZER}, "$none.so";
    like(config_check(qq{${load}CorsOriginSource x "dbd:pgsql host=db" $query\n})->{errors},
        qr/\Q'dbd:pgsql': APR-util's driver for this database cannot be loaded (it is in the package libaprutil1-dbd-pgsql of Debian and Ubuntu, and apr-util-pgsql of Fedora) [database-package]\E$/m, 'without the driver for PostgreSQL the error names its package');
    like(config_check(qq{${load}CorsOriginSource x "dbd:sqlite3 /a" $query\n})->{errors},
        qr/\(it is in the package libaprutil1-dbd-sqlite3 of Debian and Ubuntu, and apr-util-sqlite of Fedora\) \[database-package\]$/m, 'without the driver for SQLite the error names its package');
}
