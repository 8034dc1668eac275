# Licensed under the Apache License, Version 2.0; see LICENSE.
# Named lists of origins, and the tenant of a request: which lines of a list count for which
# key, hostile keys, the errors of CorsOriginSource and CorsAllowOriginsFrom, and Vary.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response preflight_vary);
use CorsTest qw(config_check);
use Httpd ();
use MIME::Base64 qw(encode_base64);

my $dir = "$ENV{CORS_WORK}/t/logs";
sub file { my ($name, @text) = @_; Httpd::spew("$dir/$name", @text); return "$dir/$name" }

my $list = file('tenants_list.origins', <<'LIST');
https://red.example          red.shop.example
https://both.example         red.shop.example
https://both.example         blue.shop.example   # the same origin for another tenant
https://*.blue.example:*     blue.shop.example
!https://no.blue.example     blue.shop.example
https://upper.example        Red.Shop.Example
!https://banned.blue.example
https://all.example
LIST
my $plain = file('tenants_plain.origins', "https://plain.example\n");

my $httpd = Httpd->start(name => 'tenants', ports => ['port'], modules => ['setenvif'],
    expected => qr/tenants-missing|tenants-unused/, text => <<"CONF");
Listen 127.0.0.1:\@port\@
CorsOriginSource shops "file:$list"
CorsOriginSource plain "file:$plain"
CorsPolicy On
<Location "/one.txt">
    CorsAllowOriginsFrom shops "%{SERVER_NAME}"
</Location>
<Location "/plain.txt">
    CorsAllowOriginsFrom shops "%{HTTP:X-Tenant}"
</Location>
<Location "/index.html">
    CorsAllowOriginsFrom shops
    CorsAllowOriginsFrom plain
</Location>
<Location "/off">
    CorsAllowOriginsFrom shops "%{unbase64:%{HTTP:X-Tenant}}"
    CorsAllowOriginsFrom plain
    CorsAllowOrigins https://word.example
</Location>
<Location "/signup">
    SetEnvIf X-Shop "^([a-z]+)\$" SHOP=\$1.shop.example
    CorsAllowOriginsFrom shops "%{env:SHOP}"
</Location>
<VirtualHost *:*>
    ServerName red.shop.example
    ServerAlias blue.shop.example other.example
</VirtualHost>
CONF
my @to = (h1 => $httpd->{port}{port});

# The fields of a list of names and values, as cors_response() expects them.
sub fields {
    my @list = @{ $_[0] };
    my %field;
    while (my ($name, $value) = splice @list, 0, 2) {
        push @{ $field{ $name eq 'Host' ? 'host' : $name } }, $value;
    }
    return %field;
}

# the path and fields of a request, its origin, whether it is allowed, the names in Vary
my $red = 'red.shop.example';
my $blue = 'blue.shop.example';
my @cases = (
    # --- the name of the server
    [ '/one.txt', [ Host => $red ], 'https://red.example', 1 ],
    [ '/one.txt', [ Host => 'RED.Shop.Example.:8080' ], 'https://red.example', 1 ],
    [ '/one.txt', [ Host => $blue ], 'https://red.example', 0 ],
    [ '/one.txt', [ Host => $red ], 'https://both.example', 1 ],
    [ '/one.txt', [ Host => $blue ], 'https://both.example', 1 ],
    [ '/one.txt', [ Host => 'other.example' ], 'https://both.example', 0 ],
    [ '/one.txt', [ Host => $blue ], 'https://x.blue.example:81', 1 ],
    [ '/one.txt', [ Host => $red ], 'https://x.blue.example:81', 0 ],
    [ '/one.txt', [ Host => $blue ], 'https://no.blue.example', 0 ],
    [ '/one.txt', [ Host => $blue ], 'https://banned.blue.example', 0 ],
    [ '/one.txt', [ Host => $red ], 'https://upper.example', 0 ],
    [ '/one.txt', [ Host => $red ], 'https://all.example', 0 ],
    # --- a request header
    [ '/plain.txt', [ 'X-Tenant' => $red ], 'https://red.example', 1, 'X-Tenant' ],
    [ '/plain.txt', [ 'X-Tenant' => 'Red.Shop.Example' ], 'https://upper.example', 1, 'X-Tenant' ],
    [ '/plain.txt', [ 'X-Tenant' => 'Red.Shop.Example' ], 'https://red.example', 0, 'X-Tenant' ],
    [ '/plain.txt', [], 'https://red.example', 0, 'X-Tenant' ],
    [ '/plain.txt', [], 'https://all.example', 0, 'X-Tenant' ],
    [ '/plain.txt', [ 'X-Tenant' => '' ], 'https://all.example', 0, 'X-Tenant' ],
    (map { [ '/plain.txt', [ 'X-Tenant' => $_ ], 'https://both.example', 0, 'X-Tenant' ] }
        'RED.SHOP.EXAMPLE', 'red.shop.exampl', 'red.shop.example.', "$red, $blue", "$red $blue", '*', '%{SERVER_NAME}', "\xff\xfe",
        'r' x 8000, "$red\t$blue", 'https://both.example'),
    [ '/plain.txt', [ 'X-Tenant' => $red, 'X-Tenant' => $blue ], 'https://both.example', 0, 'X-Tenant' ],
    # --- without an expression, only lines without a tenant count
    [ '/index.html', [ Host => $red ], 'https://all.example', 1 ],
    [ '/index.html', [ Host => $red ], 'https://plain.example', 1 ],
    [ '/index.html', [ Host => $red ], 'https://red.example', 0 ],
    [ '/index.html', [ Host => $red ], 'https://both.example', 0 ],
    # --- one list with others; a NUL in the key ends the name
    [ '/off', [ 'X-Tenant' => encode_base64($red, '') ], 'https://red.example', 1, 'X-Tenant' ],
    [ '/off', [ 'X-Tenant' => encode_base64("$red\n$blue", '') ], 'https://both.example', 0, 'X-Tenant' ],
    [ '/off', [ 'X-Tenant' => encode_base64("\0$red", '') ], 'https://red.example', 0, 'X-Tenant' ],
    [ '/off', [ 'X-Tenant' => 'no base64!' ], 'https://red.example', 0, 'X-Tenant' ],
    [ '/off', [], 'https://plain.example', 1, 'X-Tenant' ],
    [ '/off', [], 'https://word.example', 1, 'X-Tenant' ],
    # --- a variable that is set after map_to_storage
    [ '/signup', [ 'X-Shop' => 'red' ], 'https://red.example', 1 ],
    [ '/signup', [ 'X-Shop' => 'blue' ], 'https://red.example', 0 ],
    [ '/signup', [ 'X-Shop' => 'RED' ], 'https://red.example', 0 ],
);

my @refused = (
    [ 'an unknown source', "CorsAllowOriginsFrom nosuch\n", "CorsAllowOriginsFrom: 'nosuch': no CorsOriginSource before this line defines this source [source-unknown]" ],
    [ 'a source in another case', "CorsOriginSource shops file:$list\nCorsAllowOriginsFrom Shops\n", "'Shops'", 'write shops [source-unknown]' ],
    [ 'a source that is defined later', "CorsAllowOriginsFrom shops\nCorsOriginSource shops file:$list\n", '[source-unknown]' ],
    [ 'a name that is used twice', "CorsOriginSource shops file:$list\nCorsOriginSource shops file:$plain\n", "'shops': another source has this name (", '[source-duplicate]' ],
    [ 'a type of a module that is not loaded', "CorsOriginSource shops \"ldap:dc=example c=d\"\n",
      "'ldap:dc=example': no loaded module provides this type of source; the type file is always there, as in file:conf/customers.origins [source-type]" ],
    [ 'a program', "CorsOriginSource shops prg:/bin/true\n", '[source-module]' ],
    [ 'a database', "CorsOriginSource shops \"dbd:pgsql host=db\" query=SELECT\n", "'dbd:pgsql': the module", '[source-module]' ],
    [ 'a path without a type', "CorsOriginSource shops conf/a.origins\n", 'write file:conf/a.origins [source-type]' ],
    [ 'a type in another case', "CorsOriginSource shops FILE:conf/a.origins\n", 'write file:conf/a.origins [source-type]' ],
    [ 'an option', "CorsOriginSource shops file:$list refresh=2s max=5\n", "'refresh=2s'", "'max=5'", '[source-key]' ],
    [ 'an option without a value', "CorsOriginSource shops file:$list allow-empty\n",
      "'allow-empty': an option of a source has another value (allow-empty is on or off); write allow-empty=on [source-value]" ],
    [ 'an option with other separators', "CorsOriginSource shops file:$list max_stale=10m\n",
      "'max_stale=10m': the options of a source of the type file are max-stale, max-rows, bad-rows and allow-empty; write max-stale=10m [source-key]" ],
    [ 'an option in other letters', "CorsOriginSource shops file:$list Bad-Rows=skip\n", 'write bad-rows=skip [source-key]' ],
    [ 'a part of an option', "CorsOriginSource shops file:$list stale=1d\n", 'write max-stale=24h [source-key]' ],
    [ 'an option with a wrong letter', "CorsOriginSource shops file:$list alow-emtpy=off\n", 'write allow-empty=off [source-key]' ],
    [ 'an option that is none', "CorsOriginSource shops file:$list timeout=30s\n", "'timeout=30s': the options of a source of the type file are max-stale, max-rows, bad-rows and allow-empty [source-key]" ],
    [ 'a time in days', "CorsOriginSource shops file:$list max-stale=7d\n",
      "'max-stale=7d': an option of a source has another value (max-stale is a time of one second or more, such as 24h); write max-stale=168h [source-value]" ],
    (map { [ "max-stale=$_", "CorsOriginSource shops file:$list max-stale=$_\n", "'max-stale=$_'", 'write max-stale=24h [source-value]' ] }
        '', 'none', '0', '500ms', '-1', '1.5h', '1h30m', '9999999999h', '99999999999999999999s'),
    (map { [ "max-rows=$_->[0]", "CorsOriginSource shops file:$list max-rows=$_->[0]\n", "'max-rows=$_->[0]'", "write max-rows=$_->[1] [source-value]" ] }
        [ '', 1000000 ], [ '0', 1000000 ], [ '-5', 1000000 ], [ '1e6', 1000000 ], [ '10,000', 10000 ], [ '4294967297000', 1000000 ]),
    [ 'bad-rows=ignore', "CorsOriginSource shops file:$list bad-rows=ignore\n", '(bad-rows is refuse or skip); write bad-rows=skip [source-value]' ],
    [ 'allow-empty=yes', "CorsOriginSource shops file:$list allow-empty=yes\n", '(allow-empty is on or off); write allow-empty=on [source-value]' ],
    [ 'an option given twice', "CorsOriginSource shops file:$list max-rows=100 max-rows=200\n", "'max-rows=200': an option of a source has another value (it is given twice) [source-value]" ],
    [ 'several options with errors', "CorsOriginSource shops file:$list max-rows=x bad-rows=x tiemout=1s\n", "'max-rows=x'", "'bad-rows=x'", "'tiemout=1s'" ],
    [ 'more lines than max-rows', "CorsOriginSource shops file:$list max-rows=7\n",
      "CorsOriginSource: $list:8: the file has more lines than the option max-rows permits (it has 8 lines, and max-rows=7) [file-rows]" ],
    [ 'a line that is too long', 'CorsOriginSource shops file:' . file('tenants_long.origins', 'https://a.example #' . 'x' x 8192 . "\n") . "\n",
      'tenants_long.origins:1: a line of a file has at most 8,192 bytes [file-line]' ],
    [ 'a bad exclusion with bad-rows=skip', 'CorsOriginSource shops file:' . file('tenants_excluded.origins', "https://a.example/\n!https://b.example/\n") . " bad-rows=skip\n",
      "tenants_excluded.origins:2: '!https://b.example/'", '[origin-path]' ],
    [ 'the same file with other options', "CorsOriginSource shops file:$list max-stale=1h\nCorsOriginSource more file:$list max-stale=2h\n",
      "'$list': another directive reads this file with other options [source-options]" ],
    [ 'options for a file that was read without', "CorsAllowOriginsFile $list\nCorsOriginSource shops file:$list max-rows=100\n", '[source-options]' ],
    [ 'a name that is not one', "CorsOriginSource 1shop file:$list\n", "'1shop': the name of a source", '[source-name]' ],
    [ 'a name with a slash', "CorsOriginSource a/b file:$list\n", '[source-name]' ],
    [ 'a name of 65 letters', 'CorsOriginSource ' . 'a' x 65 . " file:$list\n", '[source-name]' ],
    [ 'a missing file', "CorsOriginSource shops file:$dir/missing\n", "CorsOriginSource: '$dir/missing'", '[file-unreadable]' ],
    [ 'an error in a file', "CorsOriginSource shops file:" . file('tenants_bad.origins', "https://a.example/ x\nhttps://a.example *\n") . "\n",
      "CorsOriginSource: $dir/tenants_bad.origins:1: 'https://a.example/'", ":2: '*'", '[file-tenant]' ],
    [ 'no file', "CorsOriginSource shops\n", '[argument-missing]' ],
    [ 'no name', "CorsAllowOriginsFrom\n", '[argument-missing]' ],
    [ 'a third argument', "CorsOriginSource shops file:$list\nCorsAllowOriginsFrom shops a b\n", "'b'", '[argument-extra]' ],
    [ 'an empty expression', "CorsOriginSource shops file:$list\nCorsAllowOriginsFrom shops \"\"\n", '(it is empty) [tenant-expression]' ],
    [ 'an expression that is not one', "CorsOriginSource shops file:$list\nCorsAllowOriginsFrom shops \"%{HTTP:X\"\n", "'%{HTTP:X'", '[tenant-expression]' ],
    [ 'an unknown variable', "CorsOriginSource shops file:$list\nCorsAllowOriginsFrom shops \"%{NOSUCH}\"\n", '[tenant-expression]' ],
    [ 'any origin and a source', "CorsOriginSource shops file:$list\nCorsAllowOrigins *\nCorsAllowOriginsFrom shops\n", '[any-origin-not-alone]' ],
    [ 'a source and an edit', "CorsOriginSource shops file:$list\nCorsAllowOrigins +https://a.example\nCorsAllowOriginsFrom shops\n", '[edit-mixed]' ],
    [ 'a source in a section', "<Location />\nCorsOriginSource shops file:$list\n</Location>\n", 'not allowed' ],
    [ 'a source in a virtual host', "<VirtualHost *:81>\nCorsOriginSource shops file:$list\n</VirtualHost>\n", 'CorsOriginSource cannot occur within <VirtualHost> section' ],
);

# a configuration, and the warnings it causes
my $source = "CorsOriginSource shops file:$list\nCorsOriginSource plain file:$plain\nCorsPolicy On\n";
my @warned = (
    [ 'the name of the server', "${source}CorsAllowOriginsFrom shops \"%{SERVER_NAME}\"\n" ],
    [ 'a header that a proxy may add', "${source}CorsAllowOriginsFrom shops \"%{HTTP:X-Tenant}\"\n" ],
    [ 'a constant', "${source}CorsAllowOriginsFrom shops $red\n" ],
    [ 'a header that no preflight has', "${source}CorsAllowOriginsFrom shops \"%{HTTP:X-Api-Key}\"\n", "'X-Api-Key': no browser sends this with a preflight", '[tenant-not-sent]' ],
    [ 'a cookie', "${source}CorsAllowOriginsFrom shops \"%{tolower:%{HTTP_COOKIE}}\"\n", "'Cookie'", '[tenant-not-sent]' ],
    [ 'the user', "${source}CorsAllowOriginsFrom shops \"%{REMOTE_USER}\"\n", "'REMOTE_USER'", '[tenant-not-sent]' ],
    [ 'the canonical name', "${source}UseCanonicalName On\nCorsAllowOriginsFrom shops \"%{SERVER_NAME}\"\n", "'%{SERVER_NAME}'", 'write UseCanonicalName Off [tenant-canonical]' ],
    [ 'another name with UseCanonicalName', "${source}UseCanonicalName On\nCorsAllowOriginsFrom shops \"%{tolower:%{HTTP_HOST}}\"\n" ],
    [ 'tenants without an expression', "${source}CorsAllowOriginsFrom shops\n", "'shops': lines with a tenant have no effect here", '[tenants-unused]' ],
    [ 'tenants in a file', "${source}CorsAllowOriginsFile $list\n", "'$list'", '[tenants-unused]' ],
    [ 'no tenants with an expression', "${source}CorsAllowOriginsFrom plain \"%{SERVER_NAME}\"\n", "'plain \"%{SERVER_NAME}\"': no line of the list has a tenant", '[tenants-missing]' ],
    [ 'all options', "CorsOriginSource a file:$list max-stale=10m max-rows=8 bad-rows=Skip allow-empty=On\nCorsOriginSource b file:$list max-rows=8 \"max-stale=10min\" bad-rows=skip allow-empty=on\n" ],
    [ 'their defaults', "CorsOriginSource a file:$list bad-rows=refuse allow-empty=off\nCorsOriginSource b file:$list\n" ],
    [ 'times', "CorsOriginSource a file:$list max-stale=600\nCorsOriginSource b file:$list max-stale=600s\n" ],
    [ 'a file that is read first without options', "CorsAllowOriginsFile $plain\nCorsOriginSource a file:$plain max-stale=1h allow-empty=on\n" ],
    [ 'bad rows that are skipped', 'CorsOriginSource a file:' . file('tenants_skipped.origins', map { "https://a.example/$_\n" } 1 .. 7) . " bad-rows=skip\n",
      "CorsOriginSource: $dir/tenants_skipped.origins:5: 'https://a.example/5'", "CorsOriginSource: $dir/tenants_skipped.origins: 7 bad rows are skipped" ],
    [ 'no tenants and no expression', "${source}CorsAllowOriginsFrom plain\nCorsAllowOriginsFile $plain\n" ],
);

plan tests => 2 * @cases + @refused + @warned + 2;
for (@cases) {
    my ($path, $fields, $origin, $ok, $vary) = @$_;
    my %allowed = $ok ? ('access-control-allow-origin' => $origin) : ();
    my %vary = preflight_vary();
    my $what = substr "$path @$fields $origin", 0, 120;

    $what =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge;
    $vary{vary} .= ", $vary" if $vary;
    is_deeply(cors_response(\@to, GET => $path, origin => $origin, fields($fields)),
        { status => 200, vary => join(', ', 'Origin', $vary // ()), %allowed }, $what);
    is_deeply(cors_response(\@to, OPTIONS => $path, origin => $origin, acrm => 'PUT', fields($fields)),
        { status => $ok ? 204 : 403, %vary, %allowed, $ok ? (
            'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
            'access-control-allow-headers' => 'content-type') : () }, "$what, its preflight");
}
for (@refused) {
    my ($name, $conf, @sentences) = @$_;
    my ($code, $errors) = @{ config_check($conf) }{qw(code errors)};
    my @missing = grep { index($errors, $_) < 0 } @sentences;
    ok($code != 0 && !@missing, "$name: httpd -t reports it") or diag("exit $code, missing: @missing\n$errors");
}
for (@warned) {
    my ($name, $conf, @sentences) = @$_;
    my ($code, $errors) = @{ config_check($conf) }{qw(code errors)};
    my @missing = grep { index($errors, $_) < 0 } @sentences;
    ok($code == 0 && !@missing && @sentences || $errors !~ /\[tenant/, "$name: " . (@sentences ? 'a warning' : 'no warning'))
        or diag("exit $code, missing: @missing\n$errors");
}

# --- a request without Origin has the same Vary, and does not need a tenant
is_deeply(cors_response(\@to, GET => '/plain.txt'), { status => 200, vary => 'Origin, X-Tenant' }, 'without Origin');
# --- the header of the tenant is added to what a handler varies by
is_deeply(cors_response(\@to, GET => '/one.txt', host => $red), { status => 200, vary => 'Origin' }, 'Host is not in Vary');
