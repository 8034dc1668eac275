# Licensed under the Apache License, Version 2.0; see LICENSE.
# Which section applies, attribute by attribute and method by method.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(preflight_vary);
use CorsTest qw(send_to_suite run_cases log_mark log_since);

my %vary = (vary => 'Origin');
my $vhost = 'https://vhost.example';

sub get {
    my ($name, $path, $origin, $ok, %more) = @_;
    my %expose = %{ delete $more{cors} // {} };
    return {
        name => $name,
        send => [ GET => $path, vhost => 'cors_sections', origin => $origin, %more ],
        code => 200,
        cors => $ok ? { %vary, 'access-control-allow-origin' => $origin, %expose } : {%vary},
    };
}

sub preflight {
    my ($name, $path, $origin, $method, $code, %cors) = @_;
    return {
        name => $name,
        send => [ OPTIONS => $path, vhost => 'cors_sections', origin => $origin, acrm => $method ],
        code => $code,
        cors => { preflight_vary(), %cors },
    };
}

sub lists {
    my ($origin, $methods, @age) = @_;
    return ('access-control-allow-origin' => $origin,
        'access-control-allow-methods' => $methods,
        'access-control-allow-headers' => 'content-type', @age);
}
my @age = ('access-control-max-age' => 77);

my @cases = (
    get('a virtual host has its list', '/plain.txt', $vhost, 1),
    preflight('a virtual host inherits the attributes that it does not set', '/plain.txt', $vhost, 'PUT', 204,
        lists($vhost, 'GET, PUT', @age)),

    get('a Location replaces the list', '/own/a', 'https://own.example', 1),
    get('a Location that replaces the list does not allow an inherited origin', '/own/a', $vhost, 0),
    preflight('CorsMaxAge None removes the inherited one', '/own/a', 'https://own.example', 'PUT', 204,
        lists('https://own.example', 'GET, PUT')),

    get('+ adds to the list', '/plus/a', 'https://plus.example', 1),
    get('+ keeps what was inherited', '/plus/a', $vhost, 1),
    preflight('+ and - edit the methods', '/plus/a', $vhost, 'PATCH', 204,
        lists($vhost, 'GET, PATCH', @age)),
    preflight('- removes a method', '/plus/a', $vhost, 'PUT', 204,
        lists($vhost, 'GET, PATCH')),
    get('- in a nested section removes an origin', '/plus/minus', $vhost, 0),
    get('- keeps the other origins', '/plus/minus', 'https://plus.example', 1),

    get('a regex matches the whole origin', '/match', 'https://ab.match.example', 1),
    get('a regex does not match a longer one', '/match', 'https://ab.match.example.evil', 0),
    get('a regex does not match with a port', '/match', 'https://ab.match.example:81', 0),
    get('CorsAllowOriginsMatch replaces the inherited CorsAllowOrigins', '/match', $vhost, 0),

    get('a Directory has its own list', '/directory/a', 'https://directory.example', 1),
    get('the list of a Directory replaces that of the virtual host', '/directory/a', $vhost, 0),
    get('the list of Files applies after that of Directory', '/directory/one.txt', 'https://files.example', 1),
    get('the list of Files replaces that of Directory', '/directory/one.txt', 'https://directory.example', 0),
    get('the list of If applies last', '/directory/one.txt?if', 'https://if.example', 1),
    get('the list of If replaces that of Files', '/directory/one.txt?if', 'https://files.example', 0),

    get('.htaccess has its own list', '/htaccess/a', 'https://htaccess.example', 1,
        cors => { 'access-control-expose-headers' => 'X-Htaccess' }),
    get('the list of .htaccess replaces that of the virtual host', '/htaccess/a', $vhost, 0),
    preflight('the policy of .htaccess applies to a preflight', '/htaccess/a', 'https://htaccess.example', 'PUT', 204,
        lists('https://htaccess.example', 'GET, PUT', @age)),

    preflight('<Limit> applies to a preflight by the method that it announces', '/limited', 'https://writer.example',
        'DELETE', 204, lists('https://writer.example', 'PUT, DELETE', @age)),
    preflight('the list of <Limit PUT DELETE> is not that of GET', '/limited', 'https://writer.example',
        'GET', 403),
    preflight('GET follows the unlimited list', '/limited', $vhost, 'GET', 204,
        lists($vhost, 'GET, PUT', @age)),
    preflight('<LimitExcept> applies to all other methods', '/limited', $vhost, 'POST', 403),
    preflight('HEAD is GET in <Limit>', '/limited', $vhost, 'HEAD', 204,
        lists($vhost, 'GET, PUT', @age)),
    get('an actual GET follows the unlimited list too', '/limited', $vhost, 1),

    get('null is allowed where it is listed and CorsAllowNullOriginUnsafe is On', '/null', 'null', 1),
    get('sections that contradict each other only together allow nothing', '/unlucky/file', $vhost, 0),
    { name => 'each of two sections that contradict each other allows its origins by itself',
      send => [ GET => '/unlucky/a', vhost => 'cors_sections', origin => $vhost ], code => 200,
      cors => { %vary, 'access-control-allow-origin' => $vhost,
                'access-control-allow-credentials' => 'true' } },
    get('null is not allowed elsewhere', '/plain.txt', 'null', 0),
);

plan tests => 2 * @cases + 7;
run_cases(@cases);

my $mark = log_mark();
is(send_to_suite(GET => '/htaccess-bad/a', vhost => 'cors_sections', origin => $vhost)->status, 500, 'an error in .htaccess is a 500');
like(log_since($mark), qr{CorsAllowOrigins: 'https://htaccess\.example/': .*; write https://htaccess\.example \[origin-path\] \(\S+/htaccess-bad/\.htaccess:2\)},
    'an error in .htaccess is logged with its line and a suggestion');
$mark = log_mark();
is_deeply(send_to_suite(GET => '/htaccess-bad/a', vhost => 'cors_sections', origin => $vhost)->cors_fields, { %vary, 'access-control-allow-origin' => $vhost },
    'a 500 of a broken .htaccess has the headers of the policy around it');

$mark = log_mark();
send_to_suite(GET => '/unlucky/file', vhost => 'cors_sections', origin => $vhost);
like(log_since($mark), qr{contradictory-policy: .*; by CorsAllowOrigins \S+:\d+, CorsAllowCredentials \S+:\d+: with CorsAllowCredentials On, this list lets any website},
    'a contradiction at request time is logged with both lines');
is(scalar(() = log_since($mark) =~ /contradictory-policy/g), 1, 'a contradiction at request time is logged once');

$mark = log_mark();
send_to_suite(OPTIONS => '/wild', vhost => 'cors_sections', origin => $vhost, acrm => 'GET', acrh => 'authorization');
like(log_since($mark), qr{header-not-allowed "authorization": .*; by CorsAllowHeaders \S+:\d+: \* does not include Authorization; add it to the list$}m,
    'the log explains that * is not Authorization');
$mark = log_mark();
send_to_suite(OPTIONS => '/wild', vhost => 'cors_sections', origin => $vhost, acrm => 'PATCH', acrh => 'authorization');
unlike(log_since($mark), qr/does not include Authorization/, 'the log does not explain * where it is not the reason');
