# Licensed under the Apache License, Version 2.0; see LICENSE.
# The sentences of docs/limits.md, each next to what is possible.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Client qw(cors_response preflight_vary send_request);
use Httpd ();

my $app = 'https://app.example';
my $site = "$ENV{CORS_WORK}/t/limits-site";
for my $dir (qw(place directory stored place/broken directory/broken author proxy rejects)) {
    File::Path::make_path("$site/$dir");
    Httpd::spew("$site/$dir/a.txt", "a plain file\n");
}
Httpd::spew("$site/a.txt", "a plain file\n");
Httpd::spew("$site/$_/broken/.htaccess", "CorsPolicy Perhaps\n") for qw(place directory);
my $backend = Httpd::free_port();
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => "$ENV{CORS_WORK}/t/logs/limits_backend");
my $httpd = Httpd->start(name => 'limits', conf => 'limits.conf', ports => [qw(port behind)],
    modules => ['access_compat'], vars => { site => $site, backend => $backend },
    expected => qr{CORS: the status page is refused: |took more than \d+ steps over the origin});
my $via = [ h1 => $httpd->{port}{port} ];

my %vary = (vary => 'Origin');
my %allowed = (%vary, 'access-control-allow-origin' => $app);
my $answered = { status => 204, preflight_vary(), 'access-control-allow-origin' => $app,
    'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
    'access-control-allow-headers' => 'content-type' };
sub get { return cors_response($via, GET => $_[0], origin => $app) }
sub status { my ($path, %send) = @_; return send_request($via, GET => $path, %send)->status }
sub preflight { return cors_response($via, OPTIONS => $_[0], origin => $app, acrm => 'PUT') }

is_deeply(get('/cgi/own.cgi'), { status => 200, %allowed, vary => 'Accept, Origin' },
    'a script has the headers of the policy');
is_deeply(get('/cgi/nph-own.cgi'), { status => 200 }, 'an nph script has none');
is_deeply(preflight('/cgi/nph-own.cgi'), $answered, 'a preflight for an nph script is answered');
is_deeply(cors_response($via, OPTIONS => '*', origin => $app, acrm => 'PUT'), { status => 200 },
    'OPTIONS * is left alone');

is_deeply(preflight('/place/moved'), $answered, 'a Location is known when the server redirects');
is_deeply(get('/place/moved'), { status => 301, %allowed }, 'so that the redirect has its headers');
is_deeply(preflight('/directory/moved'), { status => 301 }, 'a Directory is not');
is_deeply(get('/directory/moved'), { status => 301 }, 'so that the redirect has none');
is_deeply(get('/place/broken/a.txt'), { status => 500, %allowed },
    'a broken .htaccess leaves the policy of a Location');
is_deeply(get('/directory/broken/a.txt'), { status => 500 }, 'and not that of a Directory');
is_deeply(get('/place/proxied'), { status => 200, %allowed }, 'a proxied request knows its Location');
is_deeply(get('/directory/proxied'), { status => 200 }, 'and enters no Directory');
is_deeply(get('/directory/backend'), { status => 200, %allowed }, 'but for a RewriteRule [P] in it');
is_deeply(get('/place/a%2fb'), { status => 404, %allowed }, 'an encoded slash knows its Location');
is_deeply(get('/place/' . 'a' x 9000), { status => 414 }, 'a request line that is too long does not');

# TRACE only repeats the request; no page can send it
is_deeply(send_request($via, TRACE => '/rejects/a.txt', origin => $app)->cors_fields, {}, 'an answer to TRACE has no headers of the policy');
is_deeply(cors_response($via, TRACE => '/rejects/a.txt', origin => 'https://evil.example'), { status => 200 }, 'and is not rejected');
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => 'https://evil.example'), { status => 403, %vary }, 'as any other method is');

# a page of the server itself, without TLS
my $page = "http://localhost:$httpd->{port}{port}";
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => $page), { status => 200, %vary }, 'a page of the server is not rejected');
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => 'null'), { status => 403, %vary },
    'one with Referrer-Policy: no-referrer sends null, and is');
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => 'null', 'sec-fetch-site' => 'same-origin'), { status => 200, %vary },
    'unless the browser sends Sec-Fetch-Site');

# <Proxy> is for what the server proxies before it knows a Directory
for ([ 'passed', 'ProxyPass', 403 ], [ 'rewritten', 'a RewriteRule [P] in a Directory', 200 ]) {
    my ($path, $by, $status) = @$_;
    is(status("/proxy/$path", origin => 'https://evil.example'), $status, "$by: what <Proxy> rejects is answered with $status");
    is(status("/proxy/$path", origin => $app), 200, "$by: what it allows is not");
}

# the status page is not for those who write .htaccess files
my $port = $httpd->{port}{port};
Httpd::spew("$site/author/.htaccess", "Satisfy Any\nAllow from all\nRewriteEngine On\n",
    map { "RewriteRule ^$_->[0]\$ $_->[1] [P]\n" } [ 'proxied', "http://127.0.0.1:$port/cors-policy" ],
    [ 'named', "http://localhost:$port/cors-policy" ], [ 'tunnel', "ws://127.0.0.1:$port/cors-policy" ],
    [ 'file', "http://127.0.0.1:$port/a.txt" ]);
my $page_is = sub { my ($path, $status, $name) = @_; is(status($path), $status, $name) };
my $tries = sub {
    my ($when) = @_;
    $page_is->('/cors-policy', 200, "$when, the page is for this machine");
    for my $path (qw(proxied named tunnel proxied named)) {
        $page_is->("/author/$path", 403, "$when, not through a proxy of the server itself: $path");
    }
    $page_is->('/author/file', 200, "$when, which proxies other things");
    $page_is->('/cors-policy', 200, "$when, nor is it closed by that");
};
$tries->('at first');
ok($httpd->graceful, 'a graceful restart');
$tries->('after it');
$page_is->('/author/page', 403, 'Satisfy Any in a .htaccess file closes the page');
$page_is->('/author/all', 401, 'next to SetHandler stands Satisfy All');
$page_is->('/author/any', 200, 'next to SetHandler stands Satisfy Any');
like(Httpd::slurp("$httpd->{dir}/error_log"), qr/CORS: the status page is refused: $_/, "the log says why: $_")
    for 'a proxy of this server asks for it', 'Satisfy Any is in force';

# an expression at which PCRE gives up excludes
for (map { "https://$_.example.com" } 'evil', 'evil' . 'a' x 60) {
    is_deeply(cors_response($via, GET => '/place/express', origin => $_), { status => 404, %vary, 'access-control-allow-origin' => $_ },
        "$_ is listed");
    is_deeply(cors_response($via, GET => '/place/expression', origin => $_), { status => 404, %vary }, 'and excluded by an expression');
}

for ([ 'port', 'before the handlers' ], [ 'behind', 'behind the handlers' ]) {
    my ($port, $cache) = ($_->[0], "the cache $_->[1]");
    my $to = [ h1 => $httpd->{port}{$port} ];
    my $stored = sub {
        my $response = send_request($to, GET => "/stored/a.txt$_[0]", origin => $app);
        return { %{ $response->cors }, cache => ($response->field('x-cache') // 'none') =~ /(\w+)/ };
    };
    Httpd::spew("$site/stored/.htaccess", "CorsPolicy On\nCorsAllowOrigins $app\n");
    is_deeply($stored->(''), { status => 200, %allowed, cache => 'MISS' }, "$cache stores a response with its headers");
    Httpd::spew("$site/stored/.htaccess", "CorsPolicy On\nCorsAllowOrigins https://other.example\n");
    is_deeply($stored->(''), { status => 200, %allowed, cache => 'HIT' }, "$cache keeps them when the policy has changed")
        # httpd's trunk of 18 October 2024 keeps them as well
        or diag("stored: ", map { Httpd::slurp($_) =~ s/[^ -~\n]/./gr } split /\n/, `find $httpd->{dir}/cache -name '*.header'`);
    is_deeply($stored->('?fresh'), { status => 200, %vary, cache => 'MISS' },
        "while what $cache has not stored has the new ones");
}

done_testing();
