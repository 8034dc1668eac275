# Licensed under the Apache License, Version 2.0; see LICENSE.
# The headers that are the same for every request, of CorsTimingAllowOrigin and
# CorsResourcePolicy: on every kind of response, whatever the origin, over HTTP/1.1 and
# HTTP/2.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Client qw(preflight_vary send_request);
use Httpd ();

my $app = 'https://app.example';
my $other = 'https://other.example';
my $site = "$ENV{CORS_WORK}/t/fixed-site";
File::Path::make_path(map { "$site/$_" } qw(fall index narrow author/any author/off author/list author/strict));
Httpd::spew("$site/$_", "plain\n") for qw(plain.txt narrow.txt closed.txt index/index.html fall/plain.txt author/any/plain.txt author/off/plain.txt author/list/plain.txt author/strict/plain.txt strict.txt);
Httpd::spew("$site/author/any/.htaccess", "CorsTimingAllowOrigin *\n");
Httpd::spew("$site/author/off/.htaccess", "CorsTimingAllowOrigin Off\n");
Httpd::spew("$site/author/list/.htaccess", "CorsAllowOrigins +$other\n");
Httpd::spew("$site/author/strict/.htaccess", "CorsResourcePolicy same-origin\n");
my $backend = Httpd::free_port();
Httpd::start_helper('backend.pl', $backend);
my $httpd = Httpd->start(name => 'fixed-headers', vars => { site => $site, backend => $backend }, expected => qr/\[timing-inexact\]|\[recipe-header\]/, text => <<'CONF');
Listen 127.0.0.1:@port@
Protocols h2c http/1.1
ServerName localhost
<Directory "@site@">
    Require all granted
    AllowOverride FileInfo
</Directory>
<VirtualHost *:@port@>
    ServerName timing.example
    DocumentRoot "@site@"
    CorsTimingAllowOrigin Policy
    CorsPolicy On
    CorsAllowOrigins https://app.example https://*.wild.example https://old.example !https://old.example
    Redirect "/moved" "/plain.txt"
    RewriteEngine On
    RewriteRule ^/early$ /plain.txt [R=302]
    RewriteRule ^/gone$ - [R=410]
    Header set Timing-Allow-Origin https://before.example
    Header always set Timing-Allow-Origin https://always.example
    ErrorDocument 404 /narrow.txt
    ProxyPass "/echo" "http://127.0.0.1:@backend@/echo"
    <Location "/all">
        CorsAllowOrigins *
    </Location>
    <Location "/any">
        CorsTimingAllowOrigin *
    </Location>
    <Location "/off">
        CorsTimingAllowOrigin Off
    </Location>
    <Location "/none">
        CorsAllowOrigins None
    </Location>
    <Location "/report">
        CorsPolicy ReportOnly
    </Location>
    <Location "/limited">
        <Limit POST>
            CorsTimingAllowOrigin *
        </Limit>
    </Location>
    <Location "/secret">
        AuthType Basic
        AuthName secret
        AuthUserFile "@t@/conf/users"
        Require valid-user
    </Location>
    <Location "/refused">
        Require all denied
    </Location>
    Alias "/all" "@site@/plain.txt"
    Alias "/any" "@site@/plain.txt"
    Alias "/off" "@site@/plain.txt"
    Alias "/none" "@site@/plain.txt"
    Alias "/report" "@site@/plain.txt"
    Alias "/limited" "@site@/plain.txt"
    RewriteRule ^/through$ /narrow.txt [PT]
</VirtualHost>
# no policy: the header alone
<VirtualHost *:@port@>
    ServerName any.example
    DocumentRoot "@site@"
    Redirect "/moved" "/plain.txt"
    <Location "/plain.txt">
        CorsTimingAllowOrigin *
    </Location>
    <Location "/missing">
        CorsTimingAllowOrigin *
    </Location>
    <Location "/moved">
        CorsTimingAllowOrigin *
    </Location>
    <Directory "@site@/index">
        CorsTimingAllowOrigin *
    </Directory>
</VirtualHost>
# the served resource is another one
<VirtualHost *:@port@>
    ServerName served.example
    DocumentRoot "@site@"
    <Location "/list">
        CorsPolicy On
        CorsAllowOrigins https://app.example https://other.example
        CorsTimingAllowOrigin Policy
    </Location>
    <Location "/any">
        CorsTimingAllowOrigin *
    </Location>
    <Location "/off">
        CorsPolicy Off
    </Location>
    <Files "narrow.txt">
        CorsAllowOrigins https://other.example
    </Files>
    <Files "closed.txt">
        CorsTimingAllowOrigin Off
    </Files>
    <Files "plain.txt">
        CorsTimingAllowOrigin *
    </Files>
    RewriteEngine On
    <Directory "@site@">
        RewriteEngine On
        RewriteRule ^(?:list|any|off)/(.*\.txt)$ /$1 [L]
    </Directory>
</VirtualHost>
# CorsResourcePolicy, without a policy
<VirtualHost *:@port@>
    ServerName resource.example
    DocumentRoot "@site@"
    CorsResourcePolicy same-site
    Redirect "/moved" "/plain.txt"
    RewriteEngine On
    RewriteRule ^/early$ /plain.txt [R=302]
    Header always set Cross-Origin-Resource-Policy unsafe-none
    Header set Cross-Origin-Resource-Policy unsafe-none
    ErrorDocument 404 /strict.txt
    Alias "/off" "@site@/plain.txt"
    Alias "/policy" "@site@/plain.txt"
    <Location "/off">
        CorsResourcePolicy Off
    </Location>
    <Location "/policy">
        CorsPolicy On
        CorsAllowOrigins https://app.example
        CorsTimingAllowOrigin Policy
    </Location>
    <Location "/wide">
        CorsResourcePolicy cross-origin
    </Location>
    <Location "/granted">
        CorsPolicy On
        CorsAllowOrigins https://app.example
        CorsResourcePolicy cross-origin
    </Location>
    <Location "/exempt">
        CorsPolicy Off
        CorsResourcePolicy cross-origin
    </Location>
    <Files "strict.txt">
        CorsResourcePolicy same-origin
    </Files>
    <Directory "@site@">
        RewriteEngine On
        RewriteRule ^(?:wide|granted|exempt)/(.*\.txt)$ /$1 [L]
    </Directory>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName author.example
    DocumentRoot "@site@"
    CorsPolicy On
    CorsAllowOrigins https://app.example
    CorsTimingAllowOrigin Policy
</VirtualHost>
CONF

my @over = Httpd::has_h2() ? qw(h1 h2c) : qw(h1);

# Status, CORS headers and Timing-Allow-Origin.
sub check_response {
    my ($name, $want, $host, $method, $path, %send) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $over (@over) {
        my $response = send_request([ $over => $httpd->{port}{port} ], $method => $path, host => "$host.example", %send);
        my %fixed = (timing => $response->field('timing-allow-origin'), resource => $response->field('cross-origin-resource-policy'));
        is_deeply({ %{ $response->cors }, map { defined $fixed{$_} ? ($_ => $fixed{$_}) : () } keys %fixed }, $want, "$name, $over");
    }
}
my %vary = (vary => 'Origin');
my %read = (%vary, 'access-control-allow-origin' => $app);
my $foreign = 'https://always.example | https://before.example';
my %sent = (%vary, timing => $app);

check_response('without Origin', { status => 200, %sent }, timing => GET => '/plain.txt');
check_response('for an allowed origin', { status => 200, %sent, %read }, timing => GET => '/plain.txt', origin => $app);
check_response('for an origin of a wildcard', { status => 200, %sent, 'access-control-allow-origin' => 'https://a.wild.example' }, timing => GET => '/plain.txt', origin => 'https://a.wild.example');
check_response('for another origin', { status => 200, %sent }, timing => GET => '/plain.txt', origin => $other);
check_response('HEAD', { status => 200, %sent }, timing => HEAD => '/plain.txt');
check_response('304', { status => 304, %sent }, timing => GET => '/plain.txt', 'if-none-match' => '*');
check_response('a range', { status => 206, %sent }, timing => GET => '/plain.txt', range => 'bytes=0-1');
check_response('a redirect', { status => 302, %sent }, timing => GET => '/moved');
check_response('a redirect of the server', { status => 302, %sent }, timing => GET => '/early');
check_response('410', { status => 410, %sent }, timing => GET => '/gone');
check_response('404 with an error document', { status => 404, %sent }, timing => GET => '/missing');
check_response('403', { status => 403, %sent }, timing => GET => '/refused');
check_response('401', { status => 401, %sent }, timing => GET => '/secret');
check_response('405', { status => 405, %sent }, timing => PUT => '/plain.txt');
check_response('an answer to a preflight', { status => 204, preflight_vary(), 'access-control-allow-origin' => $app, 'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
        'access-control-allow-headers' => 'content-type', timing => $foreign }, timing => OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT');
check_response('a policy for any origin', { status => 200, 'access-control-allow-origin' => '*', timing => '*' }, timing => GET => '/all');
check_response('*', { status => 200, %vary, timing => '*' }, timing => GET => '/any');
check_response('Off', { status => 200, %vary, timing => $foreign }, timing => GET => '/off');
check_response('no origin to send', { status => 200 }, timing => GET => '/none');
check_response('ReportOnly', { status => 200, timing => $foreign }, timing => GET => '/report');
check_response('<Limit>: another method', { status => 200, %sent }, timing => GET => '/limited');
check_response('<Limit>: its method', { status => 200, %vary, timing => '*' }, timing => POST => '/limited');

check_response('* without a policy', { status => 200, timing => '*' }, any => GET => '/plain.txt', origin => $app);
check_response('* without a policy: 304', { status => 304, timing => '*' }, any => GET => '/plain.txt', 'if-none-match' => '*');
check_response('* without a policy: 404', { status => 404, timing => '*' }, any => GET => '/missing');
check_response('* without a policy: a redirect', { status => 302, timing => '*' }, any => GET => '/moved');
check_response('* without a policy: DirectoryIndex', { status => 200, timing => '*' }, any => GET => '/index/');
check_response('another section', { status => 200 }, any => GET => '/narrow.txt');

check_response('served: the lists of both', { status => 200, %vary, timing => $other }, served => GET => '/list/narrow.txt');
check_response('served: Off', { status => 200, %vary }, served => GET => '/list/closed.txt');
check_response('served: * adds nothing', { status => 200, %vary, timing => "$app, $other" }, served => GET => '/list/plain.txt');
check_response('served: * of the requested URL', { status => 200, timing => '*' }, served => GET => '/any/narrow.txt');
check_response('served: * of both', { status => 200, timing => '*' }, served => GET => '/any/plain.txt');
check_response('served: * of what is served', { status => 200, timing => '*' }, served => GET => '/off/plain.txt');

check_response('.htaccess: *', { status => 200, %vary, timing => '*' }, author => GET => '/author/any/plain.txt');
check_response('.htaccess: Off', { status => 200, %vary }, author => GET => '/author/off/plain.txt');
check_response('.htaccess: a list', { status => 200, %vary, timing => "$other, $app" }, author => GET => '/author/list/plain.txt');

my %resource = (resource => 'same-site');
check_response('resource policy', { status => 200, %resource }, resource => GET => '/plain.txt');
check_response('resource policy: with Origin', { status => 200, %resource }, resource => GET => '/plain.txt', origin => $app);
check_response('resource policy: HEAD', { status => 200, %resource }, resource => HEAD => '/plain.txt');
check_response('resource policy: 304', { status => 304, %resource }, resource => GET => '/plain.txt', 'if-none-match' => '*');
check_response('resource policy: a redirect', { status => 302, %resource }, resource => GET => '/moved');
check_response('resource policy: a redirect of the server', { status => 302, %resource }, resource => GET => '/early');
check_response('resource policy: an error document is not the section', { status => 404, %resource }, resource => GET => '/missing');
check_response('resource policy: a preflight of no policy', { status => 200, %resource }, resource => OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT');
check_response('resource policy: Off', { status => 200, resource => 'unsafe-none | unsafe-none' }, resource => GET => '/off');
check_response('resource policy: with a policy', { status => 200, %read, %resource, timing => $app }, resource => GET => '/policy', origin => $app);
check_response('resource policy: its own section', { status => 200, resource => 'same-origin' }, resource => GET => '/strict.txt');
check_response("resource policy: the stricter one is that of the resource ($_)", { status => 200, $_ eq 'granted' ? %vary : (), resource => 'same-origin' }, resource => GET => "/$_/strict.txt") for qw(wide granted exempt);
check_response("resource policy: the requested URL has another one ($_)", { status => 200, $_ eq 'granted' ? %vary : (), resource => 'cross-origin' }, resource => GET => "/$_/plain.txt") for qw(granted exempt);
check_response('.htaccess: a resource policy', { status => 200, %vary, timing => $app, resource => 'same-origin' }, author => GET => '/author/strict/plain.txt');

done_testing();
