# Licensed under the Apache License, Version 2.0; see LICENSE.
# build/cors-import: the whole of what it prints for each form of the table, and
# that httpd -t accepts it. The inputs are in t/import, the outputs beside them.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(ask preflight_vary whole);
use CorsTest qw(config_check);
use Httpd ();

my $import = "$ENV{CORS_WORK}/build/cors-import";
chdir "$ENV{CORS_WORK}/t/import" or die "t/import: $!\n";

# what each form is; the page lists the same
my @forms = (
    'httpd/01-everybody.conf' => 'everybody, in <IfModule>',
    'httpd/02-one-origin.conf' => 'one origin with everything, in a virtual host',
    'httpd/03-fonts.conf' => 'fonts by <FilesMatch>',
    'httpd/04-setenvif.conf' => 'SetEnvIf with an anchored expression',
    'httpd/05-unanchored.conf' => 'SetEnvIf with an expression that is not anchored',
    'httpd/06-suffix.conf' => 'SetEnvIfNoCase with the end of a name',
    'httpd/07-reflection.conf' => 'every origin sent back with credentials',
    'httpd/08-literal-star-credentials.conf' => 'the star with credentials',
    'httpd/09-rewrite-options.conf' => 'a rewrite rule that answers OPTIONS',
    'httpd/10-rewritecond-origin.conf' => 'RewriteCond on the origin',
    'httpd/11-if-origin.conf' => '<If> on the origin, with an expression',
    'httpd/12-list.conf' => 'a list of origins in one header',
    'httpd/13-null.conf' => 'the origin null',
    'httpd/14-twice.conf' => 'the header twice, a line continued',
    'httpd/15-backend.conf' => 'in front of a backend, headers echoed',
    'httpd/16-unset-variable.conf' => 'a variable that nothing sets',
    'httpd/17-strangers.conf' => 'an expression that strangers can match',
    'httpd/18/.htaccess' => 'a .htaccess file',
    'httpd/19-nothing.conf' => 'nothing about CORS',
    'nginx/01-everybody.conf' => 'everybody, in a prefix location',
    'nginx/02-options.conf' => 'the block for OPTIONS',
    'nginx/03-map.conf' => 'a map of origins, in an exact location',
    'nginx/04-reflection.conf' => 'every origin sent back with credentials',
    'nginx/05-if-origin.conf' => 'if on the origin, in a location by expression',
    'nginx/06-inheritance.conf' => 'inherited headers and their loss',
    'nginx/07-map-default.conf' => 'a map that excludes',
    'nginx/08-variable.conf' => 'set with an origin, headers echoed',
    'nginx/09-set.conf' => 'set behind if on the origin',
    'iis/01-cors.config' => 'a wildcard, an exclusion, everything set',
    'iis/02-everybody.config' => 'everybody but one',
    'iis/03-two-kinds.config' => 'origins with settings of their own',
    'iis/04-custom-headers.config' => 'customHeaders',
    'iis/05-location.config' => 'a location, credentials with everybody',
    'sails/01-global' => 'allRoutes, a list, a route that is exempted',
    'sails/02-routes' => 'routes: dictionary, true, string, parameters, wildcards, an expression',
    'sails/03-production' => 'config/env/production.js with sockets',
    'sails/04-old' => 'config/cors.js with the old names',
    'sails/05-old-defaults' => 'config/cors.js with its defaults',
    'sails/06-everybody-unsafe' => 'everybody with credentials, said to be meant',
    'sails/07-everybody-refused' => 'everybody with credentials, which Sails refuses',
    'sails/08-off' => 'CORS that no route turns on',
    'sails/09-hostile' => 'line ends and quotes where words belong',
    'sails/10-broken' => 'a file that cannot be run',
    'sails/11-app-per-route' => 'an app that t/sails.t lifts: routes of every kind, sockets',
    'sails/12-app-all-routes' => 'another: allRoutes, overridden and exempted',
    'sails/13-app-everybody' => 'another: everybody, but for a route',
);
my @names = grep { m{/} && -e } map { $forms[ 2 * $_ ] } 0 .. $#forms / 2;

# What was imported, as requests see it: form, what is promised, method, path,
# fields, status, CORS fields.
my %asked = preflight_vary();
my %vary = (vary => 'Origin');
my $credentials = 'access-control-allow-credentials';
my @exchanges = (
    [ 'sails/01-global', 'a listed origin reads any route', GET => '/x', { origin => 'https://api.example.com' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://api.example.com' } ],
    [ 'sails/01-global', 'the exempted route has no policy', POST => '/signup', { origin => 'https://api.example.com' }, 200, {} ],
    [ 'sails/01-global', 'for its verb alone', GET => '/signup', { origin => 'https://api.example.com' }, 200,
      { %vary, 'access-control-allow-origin' => 'https://api.example.com' } ],
    [ 'sails/01-global', 'what lies below the route is none of it', POST => '/signup/more', { origin => 'https://api.example.com' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://api.example.com' } ],
    [ 'sails/02-routes', 'a route without cors has none', GET => '/other', { origin => 'https://app.example' }, 404, {} ],
    [ 'sails/02-routes', 'true takes the global settings', GET => '/plain', { origin => 'https://app.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://app.example', $credentials => 'true', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/02-routes', 'a dictionary overrides', GET => '/videos', { origin => 'http://example.com' }, 200,
      { %vary, 'access-control-allow-origin' => 'http://example.com', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/02-routes', 'and replaces the origins', GET => '/videos', { origin => 'https://app.example' }, 200, {%vary} ],
    [ 'sails/02-routes', 'a parameter is one segment', OPTIONS => '/user/7', { origin => 'https://two.example', acrm => 'PUT' }, 204,
      { %asked, 'access-control-allow-origin' => 'https://two.example', $credentials => 'true',
        'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type, x-token' } ],
    [ 'sails/02-routes', 'and not two', GET => '/user/7/8', { origin => 'https://two.example' }, 404, {} ],
    [ 'sails/02-routes', 'a star is any number', GET => '/files/a/b', { origin => 'https://app.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://app.example', $credentials => 'true', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/02-routes', 'case does not matter to routes', GET => '/PLAIN/', { origin => 'https://app.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://app.example', $credentials => 'true', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/03-production', 'sockets are left to the function of the app', GET => '/socket.io',
      { origin => 'https://evil.example', upgrade => 'websocket', connection => 'Upgrade' }, 404, {%vary} ],
    [ 'httpd/06-suffix.conf', 'a stranger whose name ends alike is out', GET => '/x', { origin => 'https://notexample.com' }, 404, {%vary} ],
    [ 'httpd/06-suffix.conf', 'a subdomain is in', GET => '/x', { origin => 'https://a.example.com' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example.com', $credentials => 'true' } ],
    [ 'httpd/07-reflection.conf', 'nobody acts as a user', GET => '/api', { origin => 'https://evil.example' }, 404, { 'access-control-allow-origin' => '*' } ],
    [ 'nginx/07-map-default.conf', 'the excluded one is out', GET => '/x', { origin => 'https://evil.example' }, 404, {%vary} ],
    [ 'nginx/07-map-default.conf', 'others are in', GET => '/x', { origin => 'https://good.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://good.example' } ],
    [ 'iis/03-two-kinds.config', 'one origin has credentials', GET => '/x', { origin => 'https://b.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://b.example', $credentials => 'true' } ],
    [ 'iis/03-two-kinds.config', 'the other has none', GET => '/x', { origin => 'https://a.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example' } ],
    [ 'iis/02-everybody.config', 'everybody reads', GET => '/x', { origin => 'https://a.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example' } ],
    [ 'iis/02-everybody.config', 'but one', GET => '/x', { origin => 'http://old.example' }, 404, {%vary} ],
);

plan tests => 4 * @names + @exchanges + 7;

my %form = @forms;
my %is = map { $_ => 1 } glob('httpd/* nginx/* iis/* sails/*');
is_deeply([ grep { !/\.out\z/ && !$form{$_} && !$form{"$_/.htaccess"} } sort keys %is ], [], 'every input is in the table');
my $page = Httpd::slurp("$ENV{CORS_WORK}/docs/migrate.md");
is_deeply([ map { s/\\<//r } map { "$_->[0] $_->[1]" } listed($page) ], [ map { "$_ $form{$_}" =~ s/<//r } @names ], 'and on the page');
sub listed {
    my @rows;
    push @rows, [ $1, $2 ] while $_[0] =~ m{^\| `((?:httpd|nginx|iis|sails)/[^`]*)` \| (.*?) \| }gm;
    return @rows;
}
cmp_ok(scalar @names, '>=', 40, 'there are at least forty forms');

my %config;
for my $name (@names) {
    my $printed = `$import $name 2>err`;
    my $code = $? >> 8;
    my $said = Httpd::slurp('err');
    (my $expected = "$name.out") =~ s{/\.htaccess\.out\z}{.out};
    is($code, 0, "$name: it can be read");
    is($printed, -e $expected ? Httpd::slurp($expected) : '', "$name: $form{$name}");
    # the report says what the remarks say
    my @remarks = $printed =~ /^#   (.*)$/mg;
    is_deeply([ sort map { s/\A.*?(?::\d+|\.js(?:: '.*?')?): //r } grep { !/: nothing about CORS was found$|: the route is left out/ } split /\n/, $said ],
        [ sort @remarks ], "$name: all that is reported stands in the output");
    my $check = config_check($config{$name} = $printed);
    is($check->{code}, 0, "$name: httpd -t accepts it") or diag($check->{said});
}

my %httpd;
for my $exchange (@exchanges) {
    my ($name, $promise, $method, $path, $send, $status, $fields) = @$exchange;
    (my $short = $name) =~ tr{/.}{--};
    my $httpd = $httpd{$name} ||= Httpd->start(name => "import-$short", text => "Listen 127.0.0.1:\@port\@\n$config{$name}", expected => qr/Warning: /);
    is_deeply(whole((ask([ h1 => $httpd->{port}{port} ], $method, $path, %$send))[ 0, 1 ]), { status => $status, %$fields }, "$name: $promise");
}
kill TERM => $_->pid for values %httpd;

is(`$import --from nowhere httpd/01-everybody.conf 2>&1`, "cors-policy-import: --from is sails, httpd, nginx or iis, not 'nowhere'\n", 'an unknown --from is refused');
isnt($?, 0, 'with a status that says so');
like(`$import none 2>&1`, qr/\Acors-policy-import: none: No such file/, 'a file that is not there is named');
like(`$import --help`, qr/\Ausage: cors-policy-import /, '--help says how');
