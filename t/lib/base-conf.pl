# Licensed under the Apache License, Version 2.0; see LICENSE.
# Prints LoadModule lines for the neighbours the tests need, from httpd's own
# module directory; a module that is built in is not loaded again.
use strict;
use warnings FATAL => 'all';

my ($dir, $so) = @ENV{qw(CORS_MODULES CORS_SO)};
my @neighbours = qw(mpm_event unixd log_config logio alias mime dir env
    setenvif headers rewrite auth_basic authn_core authn_file authz_core
    authz_host authz_user allowmethods proxy proxy_http proxy_wstunnel dav
    dav_fs cgid autoindex negotiation include filter deflate http2 cache
    cache_disk);

for my $name (@neighbours) {
    my $file = "$dir/mod_$name.so";
    my $source = $name eq 'mpm_event' ? 'event.c' : "mod_$name.c";
    next if !-e $file;
    print "<IfModule !$source>\n    LoadModule ${name}_module $file\n</IfModule>\n";
}
print "LoadModule cors_policy_module $so\n";
