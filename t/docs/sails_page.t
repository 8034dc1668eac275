# Licensed under the Apache License, Version 2.0; see LICENSE.
# The statements of the documentation of Sails about CORS, one by one.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(preflight_vary);
use CorsTest qw(run_cases config_fails config_starts);

my %vary = (vary => 'Origin');
my $methods = 'GET, HEAD, PUT, PATCH, POST, DELETE';
my @list = qw(http://example.com https://api.example.com
    http://blog.example.com:1337 https://foo.com:8888);
my @near = qw(https://example.com http://api.example.com
    http://blog.example.com http://blog.example.com:1338 https://foo.com
    https://foo.com:888 http://example.com.evil.com http://evil.com
    http://example.com:80 http://notexample.com HTTP://example.com null);

my @cases = (
    (map { {
        name => "a listed origin, $_, is allowed on any route",
        send => [ GET => '/plain.txt', vhost => 'cors_list', origin => $_ ],
        code => 200,
        cors => { %vary, 'access-control-allow-origin' => $_ },
    } } @list),
    (map { {
        name => "another origin, $_, is not allowed",
        send => [ GET => '/plain.txt', vhost => 'cors_list', origin => $_ ],
        code => 200,
        cors => {%vary},
    } } @near),
    {   name => 'with * any domain reaches any route',
        send => [ GET => '/plain.txt', vhost => 'cors_star', origin => 'https://any.example' ],
        code => 200,
        cors => { 'access-control-allow-origin' => '*' } },
    {   name => 'with * and the Unsafe flag credentials go with the origin itself',
        send => [ GET => '/plain.txt', vhost => 'cors_unsafe', origin => 'https://any.example' ],
        code => 200,
        cors => { %vary, 'access-control-allow-origin' => 'https://any.example',
                  'access-control-allow-credentials' => 'true' } },
    {   name => 'POST /signup is exempted',
        send => [ OPTIONS => '/signup', vhost => 'cors_list', origin => $list[0], acrm => 'POST' ],
        code => 200,
        cors => {} },
    {   name => 'a POST to /signup has no CORS headers',
        send => [ POST => '/signup', vhost => 'cors_list', origin => $list[0], body => 'x' ],
        code => 200,
        cors => {} },
    {   name => 'PUT /signup is not exempted',
        send => [ OPTIONS => '/signup', vhost => 'cors_list', origin => $list[0], acrm => 'PUT' ],
        code => 204,
        cors => { preflight_vary(), 'access-control-allow-origin' => $list[0],
                  'access-control-allow-methods' => $methods,
                  'access-control-allow-headers' => 'content-type',
                  'access-control-max-age' => 77 } },
    {   name => 'GET /signup is not exempted',
        send => [ GET => '/signup', vhost => 'cors_list', origin => $list[0] ],
        code => 200,
        cors => { %vary, 'access-control-allow-origin' => $list[0] } },
    {   name => 'GET /videos has its own list, without credentials',
        send => [ GET => '/videos', vhost => 'cors_videos', origin => $list[1] ],
        code => 200,
        cors => { %vary, 'access-control-allow-origin' => $list[1] } },
    {   name => 'GET /videos no longer allows the global origin',
        send => [ GET => '/videos', vhost => 'cors_videos', origin => 'https://everywhere.example' ],
        code => 200,
        cors => {%vary} },
    {   name => 'PUT /videos follows the global policy',
        send => [ OPTIONS => '/videos', vhost => 'cors_videos',
                  origin => 'https://everywhere.example', acrm => 'PUT' ],
        code => 204,
        cors => { preflight_vary(),
                  'access-control-allow-origin' => 'https://everywhere.example',
                  'access-control-allow-credentials' => 'true',
                  'access-control-allow-methods' => $methods,
                  'access-control-allow-headers' => 'content-type',
                  'access-control-max-age' => 77 } },
    {   name => 'disabled by default',
        send => [ GET => '/plain.txt', vhost => 'cors_none', origin => $list[0] ],
        code => 200,
        cors => {} },
    {   name => 'disabled by default, a preflight reaches its handler',
        send => [ OPTIONS => '/plain.txt', vhost => 'cors_none', origin => $list[0], acrm => 'PUT' ],
        code => 200,
        cors => {} },
);

plan tests => 2 * @cases + 5;
run_cases(@cases);

config_fails('* with credentials', "CorsPolicy On\nCorsAllowOrigins *\nCorsAllowCredentials On\n",
    2, 'CorsAllowCredentials', 'CorsAllowAnyOriginWithCredentialsUnsafe On');
config_fails('* in a route under global credentials',
    "CorsPolicy On\nCorsAllowCredentials On\n<Location /x>\nCorsAllowOrigins *\n</Location>\n",
    4, 'CorsAllowAnyOriginWithCredentialsUnsafe On');
config_fails('credentials in a route under a global *',
    "CorsAllowOrigins *\n<Location /x>\nCorsPolicy On\nCorsAllowCredentials On\n</Location>\n",
    4, 'CorsAllowOrigins', 'CorsAllowAnyOriginWithCredentialsUnsafe On');
config_fails('* with credentials in <If> inside a virtual host',
    "<VirtualHost *:1>\nCorsPolicy On\nCorsAllowCredentials On\n<If true>\nCorsAllowOrigins *\n</If>\n</VirtualHost>\n",
    5, 'CorsAllowAnyOriginWithCredentialsUnsafe On');
config_starts('* with credentials and the Unsafe flag',
    "CorsPolicy On\nCorsAllowOrigins *\nCorsAllowCredentials On\nCorsAllowAnyOriginWithCredentialsUnsafe On\n");
