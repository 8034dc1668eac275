# Licensed under the Apache License, Version 2.0; see LICENSE.
# The sentences of docs/limits.md, each next to what is possible.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Client qw(ask preflight_vary whole);
use Httpd ();

my $app = 'https://app.example';
my $site = "$ENV{CORS_WORK}/t/limits-site";
for my $dir (qw(place directory stored place/broken directory/broken)) {
    File::Path::make_path("$site/$dir");
    Httpd::spew("$site/$dir/a.txt", "a plain file\n");
}
Httpd::spew("$site/a.txt", "a plain file\n");
Httpd::spew("$site/$_/broken/.htaccess", "CorsPolicy Perhaps\n") for qw(place directory);
my $backend = Httpd::free_port();
Httpd::helper('backend.pl', $backend, CORS_BACKEND_LOG => "$ENV{CORS_WORK}/t/logs/limits_backend");
my $httpd = Httpd->start(name => 'limits', conf => 'limits.conf', ports => [qw(port behind)],
    vars => { site => $site, backend => $backend });
my $via = [ h1 => $httpd->{port}{port} ];

my %vary = (vary => 'Origin');
my %allowed = (%vary, 'access-control-allow-origin' => $app);
my $answered = { status => 204, preflight_vary(), 'access-control-allow-origin' => $app,
    'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE',
    'access-control-allow-headers' => 'content-type' };
sub get { return whole(ask($via, GET => $_[0], origin => $app)) }
sub preflight { return whole(ask($via, OPTIONS => $_[0], origin => $app, acrm => 'PUT')) }

is_deeply(get('/cgi/own.cgi'), { status => 200, %allowed, vary => 'Accept, Origin' },
    'a script has the headers of the policy');
is_deeply(get('/cgi/nph-own.cgi'), { status => 200 }, 'an nph script has none');
is_deeply(preflight('/cgi/nph-own.cgi'), $answered, 'a preflight for an nph script is answered');
is_deeply(whole(ask($via, OPTIONS => '*', origin => $app, acrm => 'PUT')), { status => 200 },
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

# an expression at which PCRE gives up excludes
for (map { "https://$_.example.com" } 'evil', 'evil' . 'a' x 60) {
    is_deeply(whole(ask($via, GET => '/place/express', origin => $_)), { status => 404, %vary, 'access-control-allow-origin' => $_ },
        "$_ is listed");
    is_deeply(whole(ask($via, GET => '/place/expression', origin => $_)), { status => 404, %vary }, 'and excluded by an expression');
}

for ([ 'port', 'before the handlers' ], [ 'behind', 'behind the handlers' ]) {
    my ($port, $cache) = ($_->[0], "the cache $_->[1]");
    my $to = [ h1 => $httpd->{port}{$port} ];
    my $stored = sub {
        my ($code, $cors, $other) = ask($to, GET => "/stored/a.txt$_[0]", origin => $app);
        return { %{ whole($code, $cors) }, cache => ($other->{'x-cache'} // 'none') =~ /(\w+)/ };
    };
    Httpd::spew("$site/stored/.htaccess", "CorsPolicy On\nCorsAllowOrigins $app\n");
    is_deeply($stored->(''), { status => 200, %allowed, cache => 'MISS' }, "$cache stores a response with its headers");
    Httpd::spew("$site/stored/.htaccess", "CorsPolicy On\nCorsAllowOrigins https://other.example\n");
    is_deeply($stored->(''), { status => 200, %allowed, cache => 'HIT' }, "$cache keeps them when the policy has changed");
    is_deeply($stored->('?fresh'), { status => 200, %vary, cache => 'MISS' },
        "while what $cache has not stored has the new ones");
}

done_testing();
