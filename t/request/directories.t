# Licensed under the Apache License, Version 2.0; see LICENSE.
# A preflight whose policy is in a <Directory> is answered without looking for the file,
# and its answer is the one that httpd gives after it has looked. The second host has the
# same directories and one harmless directive more, so httpd looks for each file there.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response preflight_vary);
use File::Path 'make_path';
use Httpd ();

my $app = 'https://app.example';
my $evil = 'https://evil.example';
my $tree = "$ENV{CORS_WORK}/t/logs/directories-$$";

make_path(map { "$tree/$_" } qw(api/deep/er api/closed api/override linked/plain outside secure/inner owner
    nolinks/below one/two pattern continue .known/api files));
for my $file (qw(api/a.txt api/deep/a.txt api/deep/er/a.txt api/override/a.txt outside/a.txt linked/plain/a.txt
    secure/a.txt secure/inner/a.txt owner/a.txt nolinks/a.txt nolinks/below/a.txt one/two/a.txt pattern/a.txt continue/a.txt
    .known/api/a.txt files/a.txt a.txt file)) {
    Httpd::spew("$tree/$file", 'text');
}
symlink "$tree/outside", "$tree/$_" or die "$_: $!\n"
    for qw(api/link nolinks/link nolinks/below/link owner/link linked/link);
symlink "$tree/outside/a.txt", "$tree/$_" or die "$_: $!\n" for qw(api/link.txt nolinks/link.txt);
Httpd::spew("$tree/api/override/.htaccess", "Options -FollowSymLinks\n");
symlink "$tree/outside", "$tree/api/override/link" or die "link: $!\n";

my $body = <<"CONF";
    DocumentRoot "$tree"
    Alias "/alias" "$tree/api"
    Alias "/slashes" "$tree//api"
    Alias "/dots" "$tree/one/../api"
    <Directory "$tree/api">
        CorsPolicy On
        CorsAllowOrigins $app
        CorsAllowHeaders X-Api
    </Directory>
    <Directory "$tree/api/deep">
        CorsMaxAge 60
    </Directory>
    <Directory "$tree/api/deep/er/">
        CorsAllowCredentials On
    </Directory>
    <Directory "$tree/api/missing">
        CorsMaxAge 61
    </Directory>
    <Directory "$tree/api/a.txt">
        CorsMaxAge 62
    </Directory>
    <Directory "$tree/api/override">
        AllowOverride Options
    </Directory>
    <Directory "$tree/nolinks">
        Options -FollowSymLinks
        CorsPolicy On
        CorsAllowOrigins $app
    </Directory>
    <Directory "$tree/owner">
        Options +SymLinksIfOwnerMatch
        CorsPolicy On
        CorsAllowOrigins $app
    </Directory>
    <Directory "$tree/secure">
        CorsPolicy On
        CorsAllowOrigins $app
        CorsRejectDisallowed On
        CorsPreflightStatus 200 401
        Require all denied
    </Directory>
    <Directory "$tree/secure/inner">
        CorsPolicy Off
        <Limit PUT>
            CorsPolicy On
        </Limit>
    </Directory>
    <Directory "$tree/continue">
        CorsPolicy On
        CorsAllowOrigins $app
        CorsPreflight Continue
    </Directory>
    <Directory "$tree/.known/api">
        CorsPolicy On
        CorsAllowOrigins $app
    </Directory>
    <Directory "$tree/one">
        CorsPolicy ReportOnly
        CorsAllowOrigins $app
    </Directory>
    <Directory "$tree/p*">
        Require all granted
    </Directory>
    <Location "/one/two">
        CorsPolicy On
    </Location>
    <Location "/api/deep/er/located">
        CorsMaxAge 63
    </Location>
CONF
# a child of httpd may not enter it
chmod 0, "$tree/api/closed" or die "closed: $!\n";
END { chmod 0755, "$tree/api/closed" if -e "$tree/api/closed" }

my $httpd = Httpd->start(name => 'directories', ports => [qw(early usual)], expected => qr{access to|not allowed|search permissions},
    text => <<"CONF");
Listen 127.0.0.1:\@early\@
Listen 127.0.0.1:\@usual\@
LogLevel crit cors_policy:warn
<VirtualHost 127.0.0.1:\@early\@>
$body</VirtualHost>
<VirtualHost 127.0.0.1:\@usual\@>
$body    <Directory "/no/such/directory">
        SetEnvIf X-None none none
    </Directory>
</VirtualHost>
CONF
my ($early, $usual) = map { [ h1 => $httpd->{port}{$_} ] } qw(early usual);

# Paths, and the statuses of the answers to a preflight of each origin.
my @paths = (
    [ 'a file', '/api/a.txt', 204, 403 ],
    [ 'a file that is missing', '/api/none.txt', 204, 403 ],
    [ 'a file with more of a path', '/api/deep/a.txt/more', 204, 403 ],
    [ 'a directory', '/api/', 204, 403 ],
    [ 'a directory without its slash', '/api', 204, 403 ],
    [ 'a directory below', '/api/deep/', 204, 403 ],
    [ 'a directory below without its slash', '/api/deep', 204, 403 ],
    [ 'a file two sections deep', '/api/deep/a.txt', 204, 403 ],
    [ 'a file three sections deep', '/api/deep/er/a.txt', 204, 403 ],
    [ 'a file that a Location names, too', '/api/deep/er/located', 204, 403 ],
    [ 'a name that only begins like a directory', '/api/deeper', 204, 403 ],
    [ 'a file below a directory that is missing', '/api/missing/a.txt', 204, 403 ],
    [ 'a directory that is missing', '/api/missing/', 204, 403 ],
    [ 'a directory that is missing, without its slash', '/api/missing', 204, 403 ],
    [ 'a path below a file', '/api/a.txt/below', 204, 403 ],
    [ 'a file below an alias', '/alias/deep/a.txt', 204, 403 ],
    [ 'a file below an alias with two slashes', '/slashes/deep/a.txt', 204, 403 ],
    [ 'a file below an alias with dots', '/dots/deep/a.txt', 204, 403 ],
    [ 'two slashes', '/api//deep//a.txt', 204, 403 ],
    [ 'dots', '/api/./deep/er/../a.txt', 204, 403 ],
    [ 'encoded letters', '/%61pi/d%65ep/a.txt', 204, 403 ],
    [ 'a link to a directory', '/api/link/a.txt', 204, 403 ],
    [ 'a link to a file', '/api/link.txt', 204, 403 ],
    [ 'a file below a .htaccess file', '/api/override/a.txt', 204, 403 ],
    [ 'a link that a .htaccess file forbids', '/api/override/link/a.txt', 403, 403 ],
    [ 'a file where links are forbidden', '/nolinks/a.txt', 204, 403 ],
    [ 'a link where links are forbidden', '/nolinks/link/a.txt', 403, 403 ],
    [ 'a link to a file where links are forbidden', '/nolinks/link.txt', 403, 403 ],
    [ 'a link below a directory where links are forbidden', '/nolinks/below/link/a.txt', 403, 403 ],
    [ 'a link of the same owner', '/owner/link/a.txt', 204, 403 ],
    [ 'a directory without access', '/secure/a.txt', 200, 401 ],
    [ 'a directory whose policy is for another method', '/secure/inner/a.txt', 200, 401 ],
    [ 'a directory with a dot', '/.known/api/a.txt', 204, 403 ],
    [ 'a Location whose Directory only reports', '/one/two/a.txt', 204, 403 ],
    [ 'a Directory that only reports', '/one/a.txt' ],
    [ 'a handler', '/continue/a.txt' ],
    [ 'no policy', '/a.txt' ],
    [ 'no policy where a pattern matches', '/pattern/a.txt' ],
    [ 'a file in place of a directory', '/file/a.txt' ],
    [ 'the document root', '/' ],
    [ 'another link', '/linked/link/a.txt' ],
);
for (@paths) {
    my ($name, $path, @statuses) = @$_;
    for ([ $app, 'PUT' ], [ $evil, 'PUT' ], [ $app, 'PATCH', 'x-api' ], [ $app, 'GET', 'x-none' ]) {
        my ($origin, $method, @headers) = @$_;
        my @request = (OPTIONS => $path, origin => $origin, acrm => $method, @headers ? (acrh => "@headers") : ());
        my $what = "$name, $method from $origin" . (@headers ? " with @headers" : '');
        my $answer = cors_response($early, @request);
        is_deeply($answer, cors_response($usual, @request), "$what: the answer does not depend on when it is given");
        is($answer->{status}, $statuses[ $origin eq $app ? 0 : 1 ], "$what: the status")
            if @statuses && $method eq 'PUT';
    }
}

# the sections that apply are those of the path
my %asked = preflight_vary();
my %lists = ('access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'X-Api');
for ([ 'one section', '/api/b.txt' ],
     [ 'two sections', '/api/deep/b.txt', 'access-control-max-age' => 60 ],
     [ 'three sections', '/api/deep/er/b.txt', 'access-control-max-age' => 60, 'access-control-allow-credentials' => 'true' ],
     [ 'three sections and a Location', '/api/deep/er/located', 'access-control-max-age' => 63, 'access-control-allow-credentials' => 'true' ],
     [ 'a section whose directory is missing', '/api/missing/b.txt' ]) {
    my ($name, $path, %more) = @$_;
    is_deeply(cors_response($early, OPTIONS => $path, origin => $app, acrm => 'PUT'),
        { status => 204, %asked, 'access-control-allow-origin' => $app, %lists, %more }, "$name: the policy of all of them");
}

# a directory that appears later counts from then on
mkdir "$tree/api/missing" or die "missing: $!\n";
is(cors_response($_->[1], OPTIONS => '/api/missing/b.txt', origin => $app, acrm => 'PUT')->{'access-control-max-age'}, 61,
    "a directory that exists by now has its policy: $_->[0]") for [ early => $early ], [ usual => $usual ];

# httpd does not look for the file: it would find that it may not enter the directory. A
# module without early answers (make CFLAGS=-DCORS_WITHOUT_EARLY) has it look.
my $status = $ENV{CORS_WITHOUT_EARLY} ? 403 : 204;
my @closed = (OPTIONS => '/api/closed/a.txt', origin => $app, acrm => 'PUT');
SKIP: {
    skip 'root may enter every directory', 2 if -e "$tree/api/closed/.";
    is(cors_response($early, @closed)->{status}, $status, "$status: a preflight is answered before httpd looks for the file, if the module answers early");
    is(cors_response($usual, @closed)->{status}, 403, 'the other host looks for the file');
}

done_testing();
