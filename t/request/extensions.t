# Licensed under the Apache License, Version 2.0; see LICENSE.
# An entry for all ids of a scheme, such as moz-extension://*: which origins it allows, what
# start-up says, and what the dump and CorsExplain show.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response handshake_fields preflight_vary);
use CorsTest qw(config_check config_warnings);
use Httpd ();
use Tools qw(allowed);

my $id = 'moz-extension://5f1b6b3e-5b1e-4c0a-9b1e-2f6b6b3e5b1e';
my $httpd = Httpd->start(name => 'extensions', text => <<'CONF');
Listen 127.0.0.1:@port@
<Location "/plain.txt">
    CorsPolicy On
    CorsAllowOrigins https://app.example moz-extension://* !moz-extension://closed
</Location>
<Location "/videos">
    CorsPolicy On
    CorsAllowOrigins moz-extension://*
    CorsAllowCredentials On
    CorsAllowAnyOriginWithCredentialsUnsafe On
</Location>
<Location "/socket">
    CorsWebSocketAllowOrigins safari-web-extension://*
</Location>
CONF
my $via = [ 'h1', $httpd->{port}{port} ];
my %vary = (vary => 'Origin');

sub check_get {
    my ($path, $origin, $expected, $name) = @_;
    is_deeply(cors_response($via, GET => $path, host => 'localhost', origin => $origin), $expected, $name);
}

check_get('/plain.txt', $_, allowed($_), "allowed: $_") for $id, 'moz-extension://a', 'https://app.example';
check_get('/plain.txt', $_, { status => 200, %vary }, "not allowed: $_") for 'moz-extension://closed', 'moz-extension://a:80',
    'moz-extension://a/', 'moz-extension://', 'moz-extension://[::1]', 'MOZ-EXTENSION://a', 'moz-extensions://a',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'https://a', 'null';
is_deeply(cors_response($via, OPTIONS => '/plain.txt', host => 'localhost', origin => $id, acrm => 'PUT', acrh => 'content-type'),
    { status => 204, preflight_vary(), 'access-control-allow-origin' => $id, 'access-control-allow-headers' => 'content-type',
      'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE' }, 'a preflight of an extension');
is_deeply(cors_response($via, OPTIONS => '/plain.txt', host => 'localhost', origin => 'moz-extension://closed', acrm => 'PUT'),
    { status => 403, preflight_vary() }, 'a preflight of an extension that is excluded');
is(cors_response($via, GET => '/videos', host => 'localhost', origin => $id)->{'access-control-allow-credentials'}, 'true',
    'with its flag, an extension may send credentials');
for ([ 'safari-web-extension://5f1b', 404 ], [ 'moz-extension://5f1b', 403 ]) {
    is(cors_response($via, GET => '/socket', host => 'localhost', handshake_fields(), origin => $_->[0])->{status}, $_->[1],
        "a handshake of $_->[0]");
}

# start-up: the code of httpd -t, the lines, a part of the message
my $on = "CorsPolicy On\nCorsAllowOrigins";
for ([ 'without credentials, a warning', "$on moz-extension://*\n", 0, 'has the same id on every machine, list its origin [any-extension]' ],
    [ 'with credentials, an error', "$on chrome-extension://*\nCorsAllowCredentials On\n", 1, 'Unsafe On permits it [extensions-with-credentials]' ],
    [ 'with credentials and the flag', "$on chrome-extension://*\nCorsAllowCredentials On\nCorsAllowAnyOriginWithCredentialsUnsafe On\n", 0, '[any-extension]' ],
    [ 'one extension with credentials', "$on chrome-extension://abc\nCorsAllowCredentials On\n", 0, undef ],
    [ 'trusted by CorsProtect, an error', "CorsProtect On\nCorsProtectAllowOrigins moz-extension://*\n", 1, '[protect-extensions]' ],
    [ 'with a port, an error', "$on moz-extension://*:*\n", 1, 'write moz-extension://* [wildcard-host]' ],
    [ 'as browsers write match patterns', "$on chrome-extension://*/*\n", 1, 'write chrome-extension://* [origin-path]' ],
    (map { [ "$_://* is not such an entry", "$on $_://*\n", 1, '[wildcard-host]' ] } qw(http https ftp app capacitor)),
    [ 'ws://* is not such an entry', "$on ws://*\n", 1, '[origin-scheme-websocket]' ],
    [ 'file://* is not such an entry', "$on file://*\n", 1, '[origin-file]' ],
    [ 'a regular expression for all of them', "$on None\n<Location /a>\nCorsAllowOriginsMatch \"^moz-extension://.*\$\"\n</Location>\n", 0,
      'write CorsAllowOrigins moz-extension://* [regex-everything]' ],
    [ 'file:// that is excluded', "$on https://a.example file:// !file://\n", 0, "'!file://': only some embedded browsers" ]) {
    my ($name, $conf, $code, $part) = @$_;
    my $check = config_check($conf);

    is($check->{code}, $code, "$name: httpd -t");
    if (defined $part) { like($check->{errors}, qr/\Q$part/, "$name: the message") }
    else { is_deeply([ config_warnings($check) ], [], "$name: no warning") }
}
my $file = Apache::Test::vars('t_logs') . '/extensions.origins';
Httpd::spew($file, "https://a.example\nmoz-extension://*\n");
like(config_check("CorsPolicy On\nCorsAllowOriginsFile $file\n")->{errors}, qr/:2: 'moz-extension:.*\[file-entry\]/, 'a list file cannot have such an entry');

my $conf = "$on https://app.example moz-extension://*\n";
like(config_check($conf, '-D', 'DUMP_CORS')->{printed}, qr{^ *CorsAllowOrigins +https://app\.example[^\n]*\n *moz-extension://\*}m, 'the dump shows the entry');
my $explained = config_check("${conf}CorsExplain GET http://localhost/ from $id\n");
like($explained->{printed}, qr/^Allowed/m, 'CorsExplain allows an extension') or diag explain $explained;

done_testing;
