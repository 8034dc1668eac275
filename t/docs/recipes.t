# Licensed under the Apache License, Version 2.0; see LICENSE.
# docs/recipes.md: each recipe starts exactly as printed, without a message, and does what the
# page says. Only the paths and the application are those of the test.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(preflight_vary send_bytes send_request);
use Httpd ();

my $backend = Httpd::free_port();
my $app_log = "$ENV{CORS_WORK}/t/logs/recipes_app";
my $www = "$ENV{CORS_WORK}/t/run/recipes-www";
Httpd::start_helper('app.pl', $backend, APP_LOG => $app_log);

my ($app, $evil) = ('https://app.example.com', 'https://app.example.com.evil');
my %asked = preflight_vary();
my %vary = (vary => 'Origin');
my $credentials = 'access-control-allow-credentials';
my %handshake = (
    upgrade => 'websocket', connection => 'Upgrade',
    'sec-websocket-key' => 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version' => 13,
);
my @all = (GET => 'HEAD', PUT => 'PATCH', POST => 'DELETE');

# the fields of a response for an origin; the fields of the answer to an allowed preflight
sub allowed_fields { return (%vary, 'access-control-allow-origin' => shift, @_) }
sub preflight_fields {
    my ($origin, $methods, $headers, @more) = @_;
    return (%asked, 'access-control-allow-origin' => $origin,
        'access-control-allow-methods' => join(', ', @$methods),
        $headers ? ('access-control-allow-headers' => $headers) : (), @more);
}
sub any_origin_fields { return ('access-control-allow-origin' => '*', @_) }

# For each recipe: the title on the page, the modules that it names, and exchanges: what the
# page says, method, path, request fields, the status and all CORS fields.
my @cookies = ($credentials => 'true', 'access-control-expose-headers' => 'X-Request-Id');
my @recipes = (
    [ 'Single-page app with cookies' => [],
      [ 'the app reads with cookies', GET => '/api/items', { origin => $app }, 200, { allowed_fields($app, @cookies) } ],
      [ 'the app reads a 404', GET => '/api/none', { origin => $app }, 404, { allowed_fields($app, @cookies) } ],
      [ 'another page gets 403', GET => '/api/items', { origin => $evil }, 403, {%vary} ],
      [ 'a request without Origin is served', GET => '/api/items', {}, 200, {%vary} ],
      [ 'the app may change things', OPTIONS => '/api/items', { origin => $app, acrm => 'PUT', acrh => 'content-type,x-csrf-token' }, 204,
        { preflight_fields($app, \@all, 'content-type, x-csrf-token', $credentials => 'true', 'access-control-max-age' => 7200) } ],
      [ 'a header that is not listed is refused', OPTIONS => '/api/items', { origin => $app, acrm => 'PUT', acrh => 'x-other' }, 204,
        { preflight_fields($app, \@all, 'content-type, x-csrf-token', $credentials => 'true') } ],
      [ 'another page may not change things', OPTIONS => '/api/items', { origin => $evil, acrm => 'PUT' }, 403, {%asked} ],
      [ 'a URL outside of the API has no policy', GET => '/data.txt', { origin => $app }, 200, {} ] ],
    [ 'Public fonts and JSON for any origin' => [],
      (map { [ "$_->[0] reads a font", GET => '/fonts/a.woff2', $_->[1], 200, { any_origin_fields() } ] }
          [ 'any page', { origin => $evil } ], [ 'a sandboxed frame', { origin => 'null' } ], [ 'a cache without Origin', {} ]),
      [ 'any page reads JSON and its ETag', GET => '/open-data/a.json', { origin => $evil }, 200,
        { any_origin_fields('access-control-expose-headers' => 'ETag') } ],
      [ 'no page may write', OPTIONS => '/open-data/a.json', { origin => $app, acrm => 'PUT' }, 204, { preflight_fields('*', [qw(GET HEAD)], 'content-type') } ],
      [ 'another file has no policy', GET => '/data.txt', { origin => $app }, 200, {} ] ],
    [ 'Tenants on subdomains' => [],
      (map { [ "$_ is a tenant", GET => '/api/items', { origin => $_ }, 200, { allowed_fields($_, $credentials => 'true') } ] }
          'https://a.example.com', 'https://eu.a.example.com'),
      (map { [ "$_ is not a tenant", GET => '/api/items', { origin => $_ }, 200, {%vary} ] }
          'https://closed.example.com', 'https://eu.closed.example.com', 'https://example.com', 'http://a.example.com', 'https://a.example.com:8443',
          'https://a-example.com', 'https://a.example.com.evil') ],
    [ 'Origins per tenant from a file' => [],
      (map { [ "$_ is a site of blue", GET => '/api/blue/items', { origin => $_ }, 200, { allowed_fields($_, $credentials => 'true') } ] }
          'https://shop.blue.example', 'https://a.preview.blue.example'),
      (map { [ "$_ is not a site of blue", GET => '/api/blue/items', { origin => $_ }, 200, {%vary} ] }
          'https://green.example', 'https://old.preview.blue.example', 'https://preview.blue.example', 'http://shop.blue.example'),
      [ 'green has its own sites', GET => '/api/green/items', { origin => 'https://green.example' }, 200,
        { allowed_fields('https://green.example', $credentials => 'true') } ],
      [ 'the sites of blue are not those of green', GET => '/api/green/items', { origin => 'https://shop.blue.example' }, 200, {%vary} ],
      [ 'the rest of the API has no policy', GET => '/api/items', { origin => 'https://shop.blue.example' }, 200, {} ] ],
    [ 'In front of an application that sends its own CORS headers' => [],
      [ 'the policy replaces the headers of the application', GET => '/shop/items', { origin => 'https://www.example.com' }, 200,
        { allowed_fields('https://www.example.com'), vary => 'Accept-Language, Origin' } ],
      [ 'an origin that only the application allows is not allowed', GET => '/shop/items', { origin => 'https://partner.example' }, 200,
        { vary => 'Accept-Language, Origin' } ],
      [ 'a preflight is answered by the policy', OPTIONS => '/shop/items', { origin => 'https://www.example.com', acrm => 'PUT' }, 204,
        { preflight_fields('https://www.example.com', \@all, 'content-type') } ],
      [ 'the application answers for the part that is exempted', GET => '/shop/embed/x', { origin => 'https://www.example.com' }, 200,
        { vary => 'Accept-Language', 'access-control-allow-origin' => 'https://partner.example', $credentials => 'true' } ],
      [ 'the application answers preflights for the part that is exempted', OPTIONS => '/shop/embed/x', { origin => 'https://www.example.com', acrm => 'PUT' }, 405,
        { vary => 'Accept-Language', 'access-control-allow-origin' => 'https://partner.example', $credentials => 'true' } ] ],
    [ 'An application that answers preflights' => [qw(auth_basic authn_file)],
      [ 'the application allows an origin that the policy does not list', GET => '/app/items', { origin => 'https://partner.example' }, 200,
        { vary => 'Accept-Language', 'access-control-allow-origin' => 'https://partner.example', $credentials => 'true' } ],
      [ 'it answers the preflight of this origin', OPTIONS => '/app/items', { origin => 'https://partner.example', acrm => 'PUT' }, 405,
        { vary => 'Accept-Language', 'access-control-allow-origin' => 'https://partner.example', $credentials => 'true' } ],
      [ 'the policy applies where the application is silent', GET => '/app/silent', { origin => 'https://www.example.com' }, 200,
        { allowed_fields('https://www.example.com') } ],
      [ 'it applies to preflights too', OPTIONS => '/app/silent', { origin => 'https://www.example.com', acrm => 'PUT' }, 204,
        { preflight_fields('https://www.example.com', \@all, 'content-type') } ],
      [ 'an origin that neither lists is not allowed', GET => '/app/silent', { origin => $evil }, 200, {%vary} ],
      [ 'a preflight reaches the application without a password', OPTIONS => '/app/private/silent', { origin => 'https://www.example.com', acrm => 'PUT' }, 204,
        { preflight_fields('https://www.example.com', \@all, 'content-type') } ],
      [ 'the request needs the password', GET => '/app/private/silent', { origin => 'https://www.example.com' }, 401,
        { allowed_fields('https://www.example.com') } ],
      [ 'with a password it reaches the application', GET => '/app/private/silent', { origin => 'https://www.example.com', authorization => 'Basic dXNlcjpwYXNz' }, 200,
        { allowed_fields('https://www.example.com') } ],
      [ 'the policy alone allows origins of the feed', GET => '/feed/x', { origin => $app }, 200, { vary => 'Accept-Language, Origin' } ],
      [ 'a response that has credentials keeps them', GET => '/feed/x', { origin => 'https://partner.example' }, 200,
        { allowed_fields('https://partner.example', $credentials => 'true'), vary => 'Accept-Language, Origin' } ],
      [ 'a response without credentials gets none', GET => '/feed/silent', { origin => 'https://partner.example' }, 200,
        { allowed_fields('https://partner.example') } ],
      [ 'httpd answers the preflights of the feed', OPTIONS => '/feed/silent', { origin => 'https://partner.example', acrm => 'PUT' }, 204,
        { preflight_fields('https://partner.example', \@all, 'content-type', $credentials => 'true') } ] ],
    [ 'API behind Basic authentication' => [qw(auth_basic authn_file)],
      [ 'a preflight needs no password', OPTIONS => '/reports/a', { origin => $app, acrm => 'POST', acrh => 'authorization' }, 204,
        { preflight_fields($app, [qw(GET HEAD POST)], 'content-type, authorization') } ],
      [ 'the request needs a password, and the 401 can be read', GET => '/reports/a', { origin => $app }, 401, { allowed_fields($app) } ],
      [ 'the request with a password is answered', GET => '/reports/a', { origin => $app, authorization => 'Basic dXNlcjpwYXNz' }, 200, { allowed_fields($app) } ],
      [ 'a preflight of another page is refused', OPTIONS => '/reports/a', { origin => $evil, acrm => 'POST', acrh => 'authorization' }, 403, {%asked} ] ],
    [ 'API behind OpenID Connect' => [qw(auth_openidc)],
      [ 'a preflight is not sent to the provider', OPTIONS => '/api/items', { origin => $app, acrm => 'PUT' }, 204,
        { preflight_fields($app, \@all, 'content-type', $credentials => 'true') } ],
      [ 'a user who is not logged in gets a 401 that the script can read', GET => '/api/items', { origin => $app }, 401,
        { allowed_fields($app, $credentials => 'true') } ],
      [ 'another page cannot read the 401', GET => '/api/items', { origin => $evil }, 401, {%vary} ] ],
    [ 'WebDAV' => [qw(dav dav_fs dav_lock)],
      [ 'a file manager may list', OPTIONS => '/dav/', { origin => 'https://files.example.com', acrm => 'PROPFIND', acrh => 'depth' }, 204,
        { preflight_fields('https://files.example.com', [qw(GET HEAD PUT DELETE OPTIONS PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK)],
            'content-type, depth, destination, if, lock-token, overwrite, timeout') } ],
      (map { my ($promise, $method, $path, $status, %more) = @$_;
          [ $promise, $method => $path, { origin => 'https://files.example.com', %more }, $status,
            { allowed_fields('https://files.example.com', 'access-control-expose-headers' => 'DAV, Allow, ETag, Lock-Token, MS-Author-Via') } ] }
          [ 'it lists', PROPFIND => '/dav/', 207, depth => 1 ], [ 'it writes', PUT => '/dav/new', 201, body => 'new' ],
          [ 'it moves', MOVE => '/dav/new', 201, destination => 'http://localhost:@port@/dav/newer' ], [ 'it deletes', DELETE => '/dav/newer', 204 ],
          [ 'it gets the OPTIONS response of mod_dav', OPTIONS => '/dav/', 200 ]),
      [ 'a client that is not a browser gets the OPTIONS response of mod_dav', OPTIONS => '/dav/', {}, 200, {%vary}, { dav => qr/\A1,2/, allow => qr/PROPFIND/ } ],
      [ 'another page may not list', OPTIONS => '/dav/', { origin => $evil, acrm => 'PROPFIND' }, 403, {%asked} ] ],
    [ 'Shared hosting with .htaccess' => [],
      [ 'the customer has a policy', GET => '/customers/shop/a.txt', { origin => 'https://shop.example' }, 200, { allowed_fields('https://shop.example') } ],
      [ 'the customer\'s policy has methods of its own', OPTIONS => '/customers/shop/a.txt', { origin => 'https://shop.example', acrm => 'PUT' }, 204,
        { preflight_fields('https://shop.example', [qw(GET HEAD)], 'content-type') } ],
      [ 'the customer\'s policy does not allow another origin', GET => '/customers/shop/a.txt', { origin => $app }, 200, {%vary} ],
      [ 'another customer has no policy', GET => '/customers/other/a.txt', { origin => 'https://shop.example' }, 200, {} ] ],
    [ 'WebSocket' => [],
      [ 'a page of the app opens one', GET => '/socket', { %handshake, origin => $app }, 101, {} ],
      [ 'another page does not open one', GET => '/socket', { %handshake, origin => $evil }, 403, {} ],
      [ 'a client without Origin does not open one', GET => '/socket', {%handshake}, 403, {} ] ],
    [ 'Mobile apps' => [],
      (map { [ "an app at $_ reads", GET => '/api/items', { origin => $_ }, 200, { allowed_fields($_) } ],
             [ "an app at $_ may send a token", OPTIONS => '/api/items', { origin => $_, acrm => 'GET', acrh => 'authorization' }, 204,
               { preflight_fields($_, \@all, 'content-type, authorization') } ] }
          'capacitor://localhost', 'ionic://localhost', 'https://localhost', 'http://localhost'),
      (map { [ "an app at $_ does not read", GET => '/api/items', { origin => $_ }, 200, {%vary} ] }
          'http://localhost:8100', 'capacitor://localhost.evil', 'capacitor://evil', 'null', 'file://') ],
    [ 'Development on localhost with any port' => [],
      [ 'the app reads', GET => '/api/items', { origin => $app }, 200, { allowed_fields($app, $credentials => 'true') } ],
      [ 'localhost does not read, on a server that is not for development', GET => '/api/items', { origin => 'http://localhost:5173' }, 200, {%vary} ] ],
    [ 'Development on localhost with any port' => [ 'Define Development' ],
      (map { [ "$_ reads during development", GET => '/api/items', { origin => $_ }, 200, { allowed_fields($_, $credentials => 'true') } ] }
          $app, 'http://localhost', 'http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:8080'),
      (map { [ "$_ does not read during development", GET => '/api/items', { origin => $_ }, 200, {%vary} ] }
          'http://localhost.evil:5173', 'https://localhost:5173', 'http://127.0.0.2:3000') ],
    [ 'CDN in front' => [],
      [ 'a copy for any origin', GET => '/assets/a.js', {}, 200, { any_origin_fields() }, { 'cache-control' => qr/\Apublic, max-age=31536000, immutable\z/ } ],
      [ 'a page gets the same copy', GET => '/assets/a.js', { origin => $evil }, 200, { any_origin_fields() } ],
      [ 'a response of the API has Vary, also without Origin', GET => '/api/items', {}, 200, {%vary}, { 'cache-control' => qr/\Aprivate/ } ],
      [ 'the API allows the app', GET => '/api/items', { origin => $app }, 200, { allowed_fields($app, $credentials => 'true') } ],
      [ "the site's own page is not rejected though plain HTTP reaches httpd", GET => '/api/items',
        { host => 'www.example.com', origin => 'https://www.example.com' }, 200, {%vary} ],
      [ 'another page is rejected', GET => '/api/items', { host => 'www.example.com', origin => $evil }, 403, {%vary} ] ],
    [ 'Trying a policy with ReportOnly' => [],
      [ 'the app gets no CORS headers', GET => '/api/items', { origin => $app }, 200, {} ],
      [ 'another page gets no CORS headers', GET => '/api/items', { origin => $evil }, 200, {} ],
      [ 'a preflight is not answered', OPTIONS => '/api/items', { origin => $app, acrm => 'DELETE' }, 200, {} ] ],
    [ 'mod_macro for named policies' => [qw(macro)],
      [ 'fonts are public', GET => '/fonts/a.woff2', { origin => $evil }, 200, { any_origin_fields() } ],
      (map { my ($origin, $path, $headers) = @$_;
          [ "$origin may use $path", OPTIONS => $path, { origin => $origin, acrm => 'PUT' }, 204,
            { preflight_fields($origin, \@all, $headers, $credentials => 'true', 'access-control-max-age' => 600) } ] }
          [ $app, '/api/items', 'content-type, x-csrf-token' ], [ 'https://admin.example.com', '/api/items', 'content-type, x-csrf-token' ],
          [ 'https://admin.example.com', '/api/admin/', 'content-type, x-csrf-token, x-reason' ]),
      [ 'the app may not use /api/admin', OPTIONS => '/api/admin/', { origin => $app, acrm => 'PUT' }, 403, {%asked} ] ],
);

# --- the page

my $page = Httpd::slurp("$ENV{CORS_WORK}/docs/recipes.md");
my (%recipe, %htaccess, %text, @titles);
while ($page =~ /^## (.*)\n((?:(?!^## ).*\n)*)/gm) {
    my ($title, $body) = ($1, $2);
    push @titles, $title;
    $recipe{$title} = join '', $body =~ /^```apache\n(.*?)^```$/gms;
    $text{$title} = join '', $body =~ /^```text\n(.*?)^```$/gms;
    $htaccess{$title} = join '', $body =~ /^```htaccess\n(.*?)^```$/gms;
}

plan tests => 5 + 2 * @recipes + map { @$_[ 2 .. $#$_ ] } @recipes;

my %seen;
is_deeply(\@titles, [ grep { !$seen{$_}++ } map { $_->[0] } @recipes ], 'each recipe of the page is tested, in the order of the page');
is_deeply([ $page =~ /^- \[(.*)\]/gm ], \@titles, 'the list at the top of the page has each recipe');
is_deeply([ $page =~ /^- \[.*\]\(#(.*)\)$/gm ], [ map { (my $to = lc $_) =~ s/[^a-z0-9_ -]//g; $to =~ tr/ /-/; $to } @titles ],
    'the list at the top of the page links to the title of each recipe');

# --- the files of a site

mkdir "$ENV{CORS_WORK}/t/run";
mkdir $_ or die "$_: $!\n" for map { "$www$_" } '', map { "/$_" } qw(site site/api site/api/admin site/fonts site/open-data site/assets
    site/api/blue site/api/green tenants site/reports dav locks logs customers customers/shop customers/other);
Httpd::spew("$www/$_", "x\n") for qw(site/api/items site/data.txt site/fonts/a.woff2 site/open-data/a.json site/assets/a.js site/reports/a
    site/api/blue/items site/api/green/items dav/a customers/shop/a.txt customers/other/a.txt);
# the user "user", the password "pass"
Httpd::spew("$www/users", "user:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ=\n");
Httpd::spew("$www/customers/shop/.htaccess", $htaccess{'Shared hosting with .htaccess'});

Httpd::spew("$www/tenants/blue.origins", $text{'Origins per tenant from a file'});
Httpd::spew("$www/tenants/green.origins", "https://green.example\n");

my @httpds;
for my $number (1 .. @recipes) {
    my ($title, $needs, @exchanges) = @{ $recipes[ $number - 1 ] };
    my ($define) = grep { /\ADefine / } @$needs;
    (my $recipe = $recipe{$title}) =~ s{/srv/www}{$www}g;
    $recipe =~ s/127\.0\.0\.1:3000\//127.0.0.1:$backend\//g;
    my $httpd = Httpd->start(name => "recipe-$number", modules => [ grep { !/ / } @$needs ],
        text => join("\n", 'Listen 127.0.0.1:@port@', $define // (), "DocumentRoot $www/site", "Alias /customers $www/customers", $recipe));
    is($httpd->{output}, '', "$title: starts without a message");
    $httpd->run('-t');
    is($httpd->{output}, "Syntax OK\n", "$title: httpd -t has no warning");

    for my $exchange (@exchanges) {
        my ($promise, $method, $path, $send, $status, $fields, $others) = @$exchange;
        my %send = %$send;
        s/\@port\@/$httpd->{port}{port}/ for values %send;
        my $response = send_request([ h1 => $httpd->{port}{port} ], $method, $path, %send);
        my @wrong = grep { ($response->field($_) // '') !~ $others->{$_} } keys %{ $others // {} };
        is_deeply([ $response->cors, @wrong ], [ { status => $status, %$fields } ], "$title: $promise");
    }
    push @httpds, $httpd;
    kill WINCH => $httpd->pid; # ends what it is at, while the next ones run
}
$_->stop for @httpds;

(my $log = Httpd::slurp("$www/logs/cors_log")) =~ s/^\[.*?\] | \S+:(\d+)$//mg;
is($log, <<"LOG", 'Trying a policy with ReportOnly: its log has the verdict, the reason and the origin');
"GET /api/items HTTP/1.1" allowed origin-allowed "$app" CorsAllowOrigins
"GET /api/items HTTP/1.1" denied origin-not-allowed "$evil" CorsAllowOrigins
"OPTIONS /api/items HTTP/1.1" preflight-denied method-not-allowed "$app" CorsAllowMethods
LOG
is(Httpd::slurp($app_log), join('', map { "$_\n" } 'GET /shop/items', 'GET /shop/items', 'GET /shop/embed/x', 'OPTIONS /shop/embed/x',
    'GET /app/items', 'OPTIONS /app/items', 'GET /app/silent', 'OPTIONS /app/silent', 'GET /app/silent', 'OPTIONS /app/private/silent', 'GET /app/private/silent',
    'GET /feed/x', 'GET /feed/x', 'GET /feed/silent', 'GET /socket'),
    'the application sees no preflight that the policy answers, and no handshake that it refuses');
