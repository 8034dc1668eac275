# Licensed under the Apache License, Version 2.0; see LICENSE.
# List files: which origins they allow, and which files keep httpd from starting.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response preflight_vary);
use CorsTest qw(config_check);
use Httpd ();
use IO::Socket::UNIX ();
use POSIX 'mkfifo';

my $dir = "$ENV{CORS_WORK}/t/logs";
sub file { my ($name, @text) = @_; Httpd::spew("$dir/$name", @text); return "$dir/$name" }

my $one = file('one.origins', "\xef\xbb\xbfhttps://one.example\r\n# ours\r\n\r\n"
    . "https://*.wild.example:*  # and theirs\r\n!https://old.wild.example\r\n");
my $two = file('two.origins', "https://two.example\n!https://listed.example\n");
my $framed = file('framed.origins', "begin 2026-11-28T12:00:00Z\r\n# ours\r\nhttps://framed.example\r\n!https://*.framed.example\r\nend 3\r\n");
my $none = file('none.origins', '');

my $httpd = Httpd->start(name => 'origins_file', ports => ['port'], text => <<"CONF");
Listen 127.0.0.1:\@port\@
CorsPolicy On
CorsAllowOrigins https://inherited.example
<Location "/one.txt">
    CorsAllowOriginsFile "$one"
</Location>
<Location "/plain.txt">
    CorsAllowOrigins https://listed.example https://word.example
    CorsAllowOriginsFile "$one" "$two"
</Location>
<Location "/index.html">
    CorsAllowOriginsFile "$framed"
</Location>
<Location "/off">
    CorsAllowOriginsFile "$none"
</Location>
CONF

my %vary = (vary => 'Origin');
sub allows {
    my ($what, $path, $origin, $ok) = @_;
    my %allowed = $ok ? ('access-control-allow-origin' => $origin) : ();
    my @to = (h1 => $httpd->{port}{port});
    is_deeply(cors_response(\@to, GET => $path, origin => $origin),
        { status => 200, %vary, %allowed }, "$what: $origin");
    is_deeply(cors_response(\@to, OPTIONS => $path, origin => $origin, acrm => 'PUT'),
        { status => $ok ? 204 : 403, preflight_vary(), %allowed, $ok ? (
            'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
            'access-control-allow-headers' => 'content-type') : () },
        "$what, its preflight: $origin");
}

my @cases = (
    [ 'a file lists an origin after a byte order mark', '/one.txt', 'https://one.example', 1 ],
    [ 'a file does not list a longer origin', '/one.txt', 'https://one.example.evil', 0 ],
    [ 'a file lists a pattern before a comment', '/one.txt', 'https://a.wild.example:81', 1 ],
    [ 'a pattern of a file does not list the domain itself', '/one.txt', 'https://wild.example', 0 ],
    [ 'a file excludes an origin', '/one.txt', 'https://old.wild.example', 0 ],
    [ 'a file replaces the inherited list', '/one.txt', 'https://inherited.example', 0 ],
    [ 'null is not listed by a file', '/one.txt', 'null', 0 ],
    [ 'several files are one list', '/plain.txt', 'https://one.example', 1 ],
    [ 'several files are one list: the second file', '/plain.txt', 'https://two.example', 1 ],
    [ 'a file and CorsAllowOrigins are one list', '/plain.txt', 'https://word.example', 1 ],
    [ 'an exclusion in a file also excludes from CorsAllowOrigins', '/plain.txt', 'https://listed.example', 0 ],
    [ 'a frame lists an origin', '/index.html', 'https://framed.example', 1 ],
    [ 'a frame excludes an origin', '/index.html', 'https://a.framed.example', 0 ],
    [ 'an empty file allows no origin', '/off', 'https://one.example', 0 ],
);

# a configuration, and parts of its messages
my $bad = file('bad.origins', "https://ok.example\nhttps://a.example/\r\nb.example\n*\nhttps://c.example https://d.example\nnull");
my $many = file('many.origins', map { "https://bad$_.example/\n" } 1 .. 25);
my $many21 = file('many21.origins', map { "https://bad$_.example/\n" } 1 .. 21);
my $suffix = file('suffix.origins', "https://a.example\nhttps://*.github.io\n");
my $wide = file('wide.origins', "\xff\xfeh\0t\0t\0p\0s\0:\0/\0/\0a\0\r\0\n\0h\0t\0t\0p\0");
my $nul = file('nul.origins', "https://ok.example\nhttps://a.example\0\n");
my $commas = file('commas.origins', "https://a.example,\n!https://b.example;\nhttps://c.example,https://d.example\n\"https://e.example\",\n");
my $open = file('open.origins', "begin 1\nhttps://a.example\n");
my $counted = file('counted.origins', "begin 1\nhttps://a.example\nend 2\n");
my $mixed = file('mixed.origins', "begin 2\nhttps://a.example\nend 1 1\n");
my $unnamed = file('unnamed.origins', "begin\nhttps://a.example\nend 1\n");
my $framed_bad = file('framed_bad.origins', "begin 1\nhttps://a.example\nhttps://b.example/\nend 2\n");
my $tenants = file('tenants.origins', "https://a.example shop\nhttps://a.example *\nhttps://a.example\t\\N\nhttps://a.example our partner\n");
mkfifo("$dir/fifo", 0600) or die "fifo: $!\n";
my $socket = IO::Socket::UNIX->new(Local => "$dir/socket", Listen => 1) or die "socket: $!\n";
my @refused = (
    [ 'a file in UTF-16', "CorsAllowOriginsFile $wide\n", "CorsAllowOriginsFile: $wide:1: the file is not UTF-8 text; save it as UTF-8 [file-encoding]\n" ],
    [ 'a NUL in a file', "CorsAllowOriginsFile $nul\n", "CorsAllowOriginsFile: $nul:2: the file is not UTF-8 text; save it as UTF-8 [file-encoding]\n" ],
    [ 'commas at the ends of lines', "CorsAllowOriginsFile $commas\n",
      "$commas:1: 'https://a.example,'", 'write https://a.example [file-entries]', 'write !https://b.example [file-entries]',
      "$commas:3: 'https://c.example,https://d.example': a line of the file holds one origin, and a tenant if it has one; a comment begins with # [file-entries]",
      "$commas:4: '\"https://e.example\",': a line of the file holds one origin, and a tenant if it has one; a comment begins with # [file-entries]" ],
    [ 'every error in a file has its line', "CorsAllowOriginsFile $bad\n",
      "$bad:2: 'https://a.example/'", 'write https://a.example [origin-path]',
      "$bad:3: 'b.example'", 'write https://b.example',
      "$bad:4: '*'", '[file-entry]', "$bad:5:", '[file-entries]', "$bad:6: 'null'", '[file-cut]' ],
    [ 'errors after the twentieth are counted', "CorsAllowOriginsFile $many\n",
      "$many:20:", "$many: and 5 more errors" ],
    [ 'a single error after the twentieth is counted', "CorsAllowOriginsFile $many21\n", "$many21: and 1 more error\n" ],
    [ 'a missing file', "CorsAllowOriginsFile $dir/missing\n", "'$dir/missing'", '[file-unreadable]' ],
    [ 'a directory', "CorsAllowOriginsFile $dir\n", "'$dir': a list of origins must be a regular file (it is a directory) [file-kind]" ],
    [ 'a FIFO, which is not opened', "CorsAllowOriginsFile $dir/fifo\n", "'$dir/fifo': a list of origins must be a regular file (it is a FIFO) [file-kind]" ],
    [ 'a socket', "CorsAllowOriginsFile $dir/socket\n", "'$dir/socket': a list of origins must be a regular file (it is a socket) [file-kind]" ],
    [ 'a device', "CorsAllowOriginsFile /dev/zero\n", "'/dev/zero': a list of origins must be a regular file (it is a device) [file-kind]" ],
    [ 'a frame without its end', "CorsAllowOriginsFile $open\n",
      "$open:2: a file that starts with begin VERSION ends with end COUNT, where COUNT is the number of lines between them (the end is missing) [file-frame]" ],
    [ 'a frame with a wrong number of lines', "CorsAllowOriginsFile $counted\n", "$counted:3:", '(there is another number of lines between) [file-frame]' ],
    [ 'a frame of two versions', "CorsAllowOriginsFile $mixed\n", "$mixed:3:", '(begin and end have different versions) [file-frame]' ],
    [ 'a frame without a version', "CorsAllowOriginsFile $unnamed\n", "$unnamed:1:", '(begin is followed by a version) [file-frame]' ],
    [ 'an error in a frame has its line in the file', "CorsAllowOriginsFile $framed_bad\n", "$framed_bad:3: 'https://b.example/'", '[origin-path]' ],
    [ 'a second column that is not a tenant', "CorsAllowOriginsFile $tenants\n", "$tenants:2: '*': a tenant has", '[file-tenant]',
      "$tenants:3: '\\\\N'", "$tenants:4: 'https://a.example our partner'", '[file-entries]' ],
    [ 'no file', "CorsAllowOriginsFile\n", '[argument-missing]' ],
    [ 'any origin and a file', "CorsAllowOrigins *\nCorsAllowOriginsFile $one\n", '[any-origin-not-alone]' ],
    [ 'a file and an edit', "CorsAllowOrigins +https://a.example\nCorsAllowOriginsFile $one\n", '[edit-mixed]' ],
    [ 'a public suffix in a file, with credentials',
      "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOriginsFile $suffix\n",
      "CorsAllowOriginsFile $suffix:2", "'https://*.github.io'" ],
    [ 'an interval that is not a time', "CorsAllowOriginsFileReload soon\n", "'soon'", '[reload-bad]' ],
    [ 'an interval that is too short', "CorsAllowOriginsFileReload 10ms\n", '[reload-bad]' ],
    [ 'an interval in a section', "<Location />\nCorsAllowOriginsFileReload 5s\n</Location>\n", 'not allowed' ],
);
# not tested: a list of 4 GB ('file-large')
my @fine = (
    [ 'an interval', "CorsAllowOriginsFileReload 500ms\n" ],
    [ 'no reload', "CorsAllowOriginsFileReload Off\n" ],
    [ 'a public suffix in a file without credentials', "CorsPolicy On\nCorsAllowOriginsFile $suffix\n" ],
);

plan tests => 2 * @cases + @refused + @fine + 3;
allows(@$_) for @cases;
for (@refused) {
    my ($name, $conf, @sentences) = @$_;
    my ($code, $errors) = @{ config_check($conf) }{qw(code errors)};
    my @missing = grep { index($errors, $_) < 0 } @sentences;
    ok($code != 0 && !@missing, "$name: httpd -t reports it") or diag("exit $code, missing: @missing\n$errors");
}
for (@fine) {
    my ($name, $conf) = @$_;
    my ($code, $errors) = @{ config_check($conf) }{qw(code errors)};
    is($code, 0, "$name: httpd -t accepts it") or diag($errors);
}

# a list of 200,000 origins
my $large = file('large.origins', map { $_ % 2 ? "https://host$_.example\n" : "https://*.w$_.example\n" } 1 .. 200_000);
my $big = Httpd->start(name => 'origins_large', ports => ['port'],
    text => "Listen 127.0.0.1:\@port\@\nCorsPolicy On\nCorsAllowOriginsFile $large\n");
my @to = (h1 => $big->{port}{port});
is(cors_response(\@to, GET => '/plain.txt', origin => 'https://host199999.example')->{'access-control-allow-origin'},
    'https://host199999.example', 'the last of many origins is allowed');
is(cors_response(\@to, GET => '/plain.txt', origin => 'https://a.b.w2.example')->{'access-control-allow-origin'},
    'https://a.b.w2.example', 'a wildcard among many is found');
is(cors_response(\@to, GET => '/plain.txt', origin => 'https://host2.example')->{'access-control-allow-origin'},
    undef, 'an origin that is not in a long list is not allowed');
