# Licensed under the Apache License, Version 2.0; see LICENSE.
# The errors of a CorsOriginSource of the type prg, and what it accepts.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check config_starts);
use Httpd ();

my $dir = "$ENV{CORS_WORK}/t/logs";
my $load = qq{LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"\n};
my $plain = "$dir/programs_plain";
Httpd::spew($plain, "text\n");
chmod 0644, $plain or die $!;
my $program = "$dir/programs_program";
Httpd::spew($program, "#!/bin/sh\n");
chmod 0755, $program or die $!;

# name, the arguments after CorsOriginSource, the end of the error
my @refused = (
    [ 'a relative path', 'x prg:bin/watch', "'prg:bin/watch': a program has an absolute path, as in prg:/usr/local/bin/watch-origins [program-path]" ],
    [ 'no program', 'x prg:', "'prg:': a program has an absolute path, as in prg:/usr/local/bin/watch-origins [program-path]" ],
    [ 'only spaces', 'x "prg:  "', '[program-path]' ],
    [ 'a missing program', "x prg:$dir/nosuch", "'prg:$dir/nosuch': the program is not a file that can be executed (No such file or directory) [program-file]" ],
    [ 'a directory', "x prg:$dir", '(not a regular file) [program-file]' ],
    [ 'a file without execute permission', "x \"prg:$plain --all\"", "'prg:$plain --all': the program is not a file that can be executed (no execute permission) [program-file]" ],
    [ 'an unknown option', "x prg:$program max=5", "'max=5': the options of a source of the type prg are refresh, timeout, max-size and state [program-option]" ],
    [ 'an empty state', "x prg:$program state=", "'state=': the options" ],
    [ 'a word that is not an option', "x prg:$program refresh", "'refresh': an option of a source is key=value, and each key is there once [source-option]" ],
    [ 'an option without a key', "x prg:$program =5", "'=5': an option of a source", '[source-option]' ],
    [ 'an option twice', "x prg:$program refresh=2s Refresh=3s", "'Refresh=3s': an option of a source", '[source-option]' ],
    [ 'a time in days', "x prg:$program refresh=1d", "'refresh=1d': a time is a number with a unit, such as 500ms, 30s, 10m or 24h, from 100ms to 24h; write refresh=24h [source-time]" ],
    [ 'a time of zero', "x prg:$program timeout=0", '; write timeout=100ms [source-time]' ],
    [ 'a time that is too short', "x prg:$program timeout=99ms", '[source-time]' ],
    [ 'a time that is too long', "x prg:$program timeout=25h", '[source-time]' ],
    [ 'a negative time', "x prg:$program timeout=-1s", '[source-time]' ],
    [ 'a time with two units', "x prg:$program timeout=1h30m", '[source-time]' ],
    [ 'an option of databases', "x prg:$program query=SELECT", "'query=SELECT': the options of a source of the type prg are", '[program-option]' ],
    [ 'a time without a number', "x prg:$program refresh=s", '[source-time]' ],
    [ 'a time with 10 digits', "x prg:$program refresh=1000000000ms", '[source-time]' ],
    [ 'no time', "x prg:$program refresh=", '[source-time]' ],
    [ 'a size with another unit', "x prg:$program max-size=5T", "'max-size=5T': a size is a number of bytes, or of K, M or G, from 1K to 1G [source-size]" ],
    [ 'a size with two units', "x prg:$program max-size=5MB", '[source-size]' ],
    [ 'a size that is too small', "x prg:$program max-size=1023", '[source-size]' ],
    [ 'a size that is too large', "x prg:$program max-size=2G", '; write max-size=1G [source-size]' ],
    [ 'a size of 11 digits', "x prg:$program max-size=10000000000G", '[source-size]' ],
    [ 'no size', "x prg:$program max-size=", '[source-size]' ],
    [ 'a size of K alone', "x prg:$program max-size=K", '[source-size]' ],
    [ 'one file for two sources', "x prg:$program state=/a/b\nCorsOriginSource y prg:$program state=/a/b", "'/a/b': each source needs a file of its own (it is that of x) [source-state]" ],
    [ 'a virtual host', undef, 'CorsOriginSource cannot occur within <VirtualHost> section', "<VirtualHost *:81>\nCorsOriginSource x prg:$program\n</VirtualHost>\n" ],
);
my @accepted = (
    [ 'each option', "x prg:$program refresh=500ms TIMEOUT=10m max-size=1G state=x.list" ],
    [ 'the largest time', "x prg:$program refresh=24h timeout=1440min" ],
    [ 'seconds without a unit', "x prg:$program refresh=5 max-size=1024" ],
    [ 'arguments', qq{x "prg:$program --redis '127.0.0.1 6379' \\"a b\\"" max-size=5k} ],
    [ 'two sources with one program', "x prg:$program\nCorsOriginSource y prg:$program" ],
);

plan tests => @refused + @accepted + 3;
for (@refused) {
    my ($name, $arguments, @texts) = @$_;
    my $conf = defined $arguments ? "CorsOriginSource $arguments\n" : pop @texts;
    my $errors = config_check("$load$conf")->{errors} =~ s/\\\\/\\/gr;
    my @missing = grep { index($errors, $_) < 0 } @texts;
    is(join('|', @missing), '', $name) or diag($errors);
}
for (@accepted) {
    my ($name, $arguments) = @$_;
    config_starts($name, "${load}CorsOriginSource $arguments\nCorsPolicy On\nCorsAllowOriginsFrom x\n");
}

# --- without the module
like(config_check("CorsOriginSource x prg:$program refresh=1s\n")->{errors},
    qr{^CorsOriginSource: 'prg:\Q$program\E': the module that provides this type of source is not loaded; write LoadModule cors_sources_module modules/mod_cors_sources\.so \[source-module\]$}m,
    'without mod_cors_sources the error names the module');
like(config_check("${load}CorsOriginSource x ldap:dc=example\n")->{errors}, qr/\Q'ldap:dc=example': no loaded module provides this type of source; the type file is always there, as in file:conf\/customers.origins [source-type]\E$/m,
    'a type that no module provides');
# --- without mod_cors_policy
my $alone = Httpd->start(name => 'programs_alone', module => 0, text => "${load}Listen 127.0.0.1:\@port\@\n");
is(scalar(() = $alone->log_since(0) =~ /cors_/g), 0, 'mod_cors_sources alone does nothing');
