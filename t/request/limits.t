# Licensed under the Apache License, Version 2.0; see LICENSE.
# The statements of docs/limits.md: each limit beside what is possible.
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
is_deeply(get('/cgi/nph-own.cgi'), { status => 200 }, 'an nph script has no CORS headers');
is_deeply(preflight('/cgi/nph-own.cgi'), $answered, 'a preflight for an nph script is answered');
is_deeply(cors_response($via, OPTIONS => '*', origin => $app, acrm => 'PUT'), { status => 200 },
    'the response to OPTIONS * does not change');

is_deeply(preflight('/place/moved'), $answered, 'a preflight for a redirect of the server is answered by the policy of a Location');
is_deeply(get('/place/moved'), { status => 301, %allowed }, 'a redirect of the server has the headers of the policy of a Location');
is_deeply(preflight('/directory/moved'), { status => 301 }, 'a preflight for a redirect of the server is not answered by the policy of a Directory');
is_deeply(get('/directory/moved'), { status => 301 }, 'a redirect of the server does not have the headers of the policy of a Directory');
is_deeply(get('/place/broken/a.txt'), { status => 500, %allowed },
    'a broken .htaccess file leaves the policy of a Location in force');
is_deeply(get('/directory/broken/a.txt'), { status => 500 }, 'a broken .htaccess file leaves no policy of a Directory');
is_deeply(get('/place/proxied'), { status => 200, %allowed }, 'a proxied request has the policy of its Location');
is_deeply(get('/directory/proxied'), { status => 200 }, 'a proxied request has no policy of a Directory');
is_deeply(get('/directory/backend'), { status => 200, %allowed }, 'a request that a RewriteRule [P] of a Directory proxies has its policy');
is_deeply(get('/place/a%2fb'), { status => 404, %allowed }, 'a URL with an encoded slash has the policy of its Location');
is_deeply(get('/place/' . 'a' x 9000), { status => 414 }, 'a request line that is too long has no policy');

# TRACE only repeats the request; no page can send it
is_deeply(send_request($via, TRACE => '/rejects/a.txt', origin => $app)->cors_fields, {}, 'an answer to TRACE has no headers of the policy');
is_deeply(cors_response($via, TRACE => '/rejects/a.txt', origin => 'https://evil.example'), { status => 200 }, 'TRACE of an origin that is not allowed is not rejected');
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => 'https://evil.example'), { status => 403, %vary }, 'GET of an origin that is not allowed is rejected');

# a page of the server itself, without TLS
my $page = "http://localhost:$httpd->{port}{port}";
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => $page), { status => 200, %vary }, 'a page of the server is not rejected');
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => 'null'), { status => 403, %vary },
    'a page of the server that sends Origin: null is rejected');
is_deeply(cors_response($via, GET => '/rejects/a.txt', origin => 'null', 'sec-fetch-site' => 'same-origin'), { status => 200, %vary },
    'Origin: null with Sec-Fetch-Site: same-origin is not rejected');

# <Proxy> applies to requests that are proxied before their Directory is known
for ([ 'passed', 'ProxyPass', 403 ], [ 'rewritten', 'a RewriteRule [P] in a Directory', 200 ]) {
    my ($path, $by, $status) = @$_;
    is(status("/proxy/$path", origin => 'https://evil.example'), $status, "$by: an origin that <Proxy> does not allow gets $status");
    is(status("/proxy/$path", origin => $app), 200, "$by: what <Proxy> allows is a 200");
}

# authors of .htaccess files cannot open the status page
my $port = $httpd->{port}{port};
Httpd::spew("$site/author/.htaccess", "Satisfy Any\nAllow from all\nRewriteEngine On\n",
    map { "RewriteRule ^$_->[0]\$ $_->[1] [P]\n" } [ 'proxied', "http://127.0.0.1:$port/cors-policy" ],
    [ 'named', "http://localhost:$port/cors-policy" ], [ 'tunnel', "ws://127.0.0.1:$port/cors-policy" ],
    [ 'file', "http://127.0.0.1:$port/a.txt" ]);
my $page_is = sub { my ($path, $status, $name) = @_; is(status($path), $status, $name) };
my $tries = sub {
    my ($when) = @_;
    $page_is->('/cors-policy', 200, "$when, this machine can read the status page");
    for my $path (qw(proxied named tunnel proxied named)) {
        $page_is->("/author/$path", 403, "$when, the status page is refused through a proxy of the server itself: $path");
    }
    $page_is->('/author/file', 200, "$when, a proxy of the server itself serves other files");
    $page_is->('/cors-policy', 200, "$when, this machine can still read the status page");
};
$tries->('at first');
ok($httpd->graceful, 'a graceful restart');
$tries->('after it');
$page_is->('/author/page', 403, 'Satisfy Any in a .htaccess file closes the status page');
$page_is->('/author/all', 401, 'Satisfy All beside SetHandler: the status page needs a password');
$page_is->('/author/any', 200, 'Satisfy Any beside SetHandler: the status page is open');
like(Httpd::slurp("$httpd->{dir}/error_log"), qr/CORS: the status page is refused: $_/, "the log has the reason for refusing the status page: $_")
    for 'a proxy of this server requests it', 'Satisfy Any is in force';

# a regular expression that exceeds PCRE's limit excludes
for (map { "https://$_.example.com" } 'evil', 'evil' . 'a' x 60) {
    is_deeply(cors_response($via, GET => '/place/express', origin => $_), { status => 404, %vary, 'access-control-allow-origin' => $_ },
        "$_ is listed");
    is_deeply(cors_response($via, GET => '/place/expression', origin => $_), { status => 404, %vary }, "$_ is excluded by a regular expression that exceeds PCRE's limit");
}

for ([ 'port', 'with CacheQuickHandler On' ], [ 'behind', 'with CacheQuickHandler Off' ]) {
    my ($port, $cache) = ($_->[0], "the cache $_->[1]");
    my $to = [ h1 => $httpd->{port}{$port} ];
    my $stored = sub {
        my $response = send_request($to, GET => "/stored/a.txt$_[0]", origin => $app);
        return { %{ $response->cors }, cache => ($response->field('x-cache') // 'none') =~ /(\w+)/ };
    };
    Httpd::spew("$site/stored/.htaccess", "CorsPolicy On\nCorsAllowOrigins $app\n");
    is_deeply($stored->(''), { status => 200, %allowed, cache => 'MISS' }, "$cache stores a response with its headers");
    Httpd::spew("$site/stored/.htaccess", "CorsPolicy On\nCorsAllowOrigins https://other.example\n");
    is_deeply($stored->(''), { status => 200, %allowed, cache => 'HIT' }, "$cache keeps the stored headers when the policy has changed")
        # httpd's trunk of 18 October 2024 keeps them as well
        or diag("stored: ", map { Httpd::slurp($_) =~ s/[^ -~\n]/./gr } split /\n/, `find $httpd->{dir}/cache -name '*.header'`);
    is_deeply($stored->('?fresh'), { status => 200, %vary, cache => 'MISS' },
        "$cache stores a new response with the new headers");
}

done_testing();
