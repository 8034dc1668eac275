# Licensed under the Apache License, Version 2.0; see LICENSE.
# Prints LoadModule lines for the modules that the tests need, from httpd's own module
# directory, and for the module under test. Modules that are built into httpd are omitted.
#
#   base-conf.pl MODULES_DIR MODULE_FILE MPM
use strict;
use warnings FATAL => 'all';

my ($dir, $so, $mpm) = @ARGV;
my @neighbours = ("mpm_$mpm", qw(unixd watchdog log_config logio alias mime dir env
    setenvif headers rewrite auth_basic authn_core authn_file authz_core
    authz_host authz_user allowmethods proxy proxy_http proxy_wstunnel dav
    dav_fs autoindex negotiation include filter deflate http2 cache
    cache_disk), $mpm eq 'prefork' ? 'cgi' : 'cgid');

for my $name (@neighbours) {
    my $file = "$dir/mod_$name.so";
    my $source = $name eq "mpm_$mpm" ? "$mpm.c" : "mod_$name.c";
    next if !-e $file;
    print "<IfModule !$source>\n    LoadModule ${name}_module $file\n</IfModule>\n";
}
print "LoadModule cors_policy_module $so\n";
