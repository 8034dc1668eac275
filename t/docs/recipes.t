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

# for CorsProtect: what a browser says about the page, a form, a call of an API, and the
# header of a refusal
my $own = 'http://localhost:@port@';
sub site { my ($site, $mode, $dest) = @_; return ('sec-fetch-site' => $site, 'sec-fetch-mode' => $mode // 'navigate', 'sec-fetch-dest' => $dest // 'document') }
my %form = (body => 'a=b', 'content-type' => 'application/x-www-form-urlencoded');
my %json = (body => '{}', 'content-type' => 'application/json', authorization => 'Bearer x');
my %refused = ('cache-control' => qr/\Ano-store\z/);
my %fetch = (vary => 'Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest');

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
    [ 'PHP with PHP-FPM' => [qw(proxy_fcgi)],
      [ 'PHP sees no preflight', OPTIONS => '/api/run.php', { origin => $app, acrm => 'PUT' }, 204,
        { preflight_fields($app, \@all, 'content-type', $credentials => 'true') } ],
      [ 'the page can read an error', GET => '/api/run.php', { origin => $app }, 503, { allowed_fields($app, $credentials => 'true') } ],
      [ 'another page cannot', GET => '/api/run.php', { origin => $evil }, 503, {%vary} ] ],
    [ 'WordPress' => [],
      (map { my $url = $_;
          ([ "$url is read by the app", GET => $url, { origin => $app }, 200, { allowed_fields($app, 'access-control-expose-headers' => 'X-WP-Total, X-WP-TotalPages, Link') } ],
           [ "$url is not read by another page", GET => $url, { origin => $evil }, 200, {%vary} ],
           [ "$url takes a token", OPTIONS => $url, { origin => $app, acrm => 'POST', acrh => 'authorization,content-type' }, 204,
             { preflight_fields($app, \@all, 'content-type, authorization, x-wp-nonce') } ]) }
          '/wp-json/wp/v2/posts', '/?rest_route=/wp/v2/posts'),
      [ 'a page of the site has no policy', GET => '/2026/hello', { origin => $app }, 200, {} ] ],
    [ 'Media with Range' => [],
      [ 'a part of the file', GET => '/media/a.mp4', { origin => $app, range => 'bytes=0-0' }, 206,
        { allowed_fields($app, 'access-control-expose-headers' => 'Accept-Ranges, Content-Range, ETag') }, { 'content-range' => qr{\Abytes 0-0/2\z} } ],
      [ 'a player announces Range', OPTIONS => '/media/a.mp4', { origin => $app, acrm => 'GET', acrh => 'range' }, 204,
        { preflight_fields($app, [qw(GET HEAD)], 'range, if-range', 'access-control-max-age' => 86400) } ],
      [ 'a part that does not exist', GET => '/media/a.mp4', { origin => $app, range => 'bytes=9-' }, 416,
        { allowed_fields($app, 'access-control-expose-headers' => 'Accept-Ranges, Content-Range, ETag') } ],
      [ 'another page', GET => '/media/a.mp4', { origin => $evil, range => 'bytes=0-0' }, 206, {%vary} ] ],
    [ 'Resumable uploads (tus)' => [],
      [ 'a part of an upload', OPTIONS => '/uploads/silent', { origin => $app, acrm => 'PATCH', acrh => 'content-type,tus-resumable,upload-offset' }, 204,
        { preflight_fields($app, [qw(GET HEAD POST PATCH DELETE OPTIONS)], 'content-type, authorization, tus-resumable, upload-length, upload-metadata, upload-offset, '
            . 'upload-concat, upload-defer-length', 'access-control-max-age' => 7200) } ],
      [ 'the app reads the response to a part', PATCH => '/uploads/silent', { origin => $app }, 200,
        { allowed_fields($app, 'access-control-expose-headers' => 'Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Upload-Offset, Upload-Length, Location') } ],
      [ 'another page may not upload', OPTIONS => '/uploads/silent', { origin => $evil, acrm => 'PATCH' }, 403, {%asked} ] ],
    [ 'gRPC-Web' => [],
      [ 'a call is announced', OPTIONS => '/grpc/silent', { origin => $app, acrm => 'POST', acrh => 'content-type,x-grpc-web,x-user-agent' }, 204,
        { preflight_fields($app, ['POST'], 'content-type, authorization, x-grpc-web, x-user-agent, grpc-timeout', 'access-control-max-age' => 7200) } ],
      [ 'the app reads the status of a call', POST => '/grpc/silent', { origin => $app, body => 'x' }, 200,
        { allowed_fields($app, 'access-control-expose-headers' => 'Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin') } ] ],
    [ 'Nextcloud, CouchDB and similar applications' => [],
      [ 'a document is written', OPTIONS => '/db/silent', { origin => $app, acrm => 'PUT', acrh => 'authorization,if-match' }, 204,
        { preflight_fields($app, [qw(GET HEAD POST PUT DELETE COPY)], 'content-type, authorization, destination, if-match') } ],
      [ 'the policy replaces the headers of the database', GET => '/db/items', { origin => 'https://partner.example' }, 200, { vary => 'Accept-Language, Origin' } ],
      [ 'files are listed', OPTIONS => '/cloud/remote.php/dav/silent', { origin => $app, acrm => 'PROPFIND', acrh => 'depth' }, 204,
        { preflight_fields($app, [qw(GET HEAD POST PUT DELETE OPTIONS PROPFIND PROPPATCH MKCOL COPY MOVE REPORT)],
            'content-type, authorization, depth, destination, overwrite, ocs-apirequest, if-match') } ],
      [ 'the pages of the application have no policy', GET => '/cloud/silent', { origin => $app }, 200, {} ] ],
    [ "A tenant's API for the tenant's page" => [qw(macro)],
      (map { my ($name, $other) = @$_;
          ([ "the page of $name uses its API", GET => '/api/items', { host => "$name.api.example.com", origin => "https://$name.example.com" }, 200,
             { allowed_fields("https://$name.example.com", $credentials => 'true') } ],
           [ "the page of $other does not", GET => '/api/items', { host => "$name.api.example.com", origin => "https://$other.example.com" }, 403, {%vary} ]) }
          [qw(blue green)], [qw(green blue)]) ],
    [ 'Partners with credentials, other origins with GET' => [],
      [ 'any page reads', GET => '/open-data/a.json', { origin => $evil }, 200, { any_origin_fields(%vary) } ],
      [ 'no other page writes', OPTIONS => '/open-data/a.json', { origin => $evil, acrm => 'PUT' }, 204,
        { preflight_fields('*', [qw(GET HEAD)], 'content-type') } ],
      [ 'a partner reads with cookies', GET => '/open-data/a.json', { origin => 'https://partner.example' }, 200,
        { allowed_fields('https://partner.example', $credentials => 'true') } ],
      [ 'a partner writes', OPTIONS => '/open-data/a.json', { origin => 'https://shop.example', acrm => 'PUT' }, 204,
        { preflight_fields('https://shop.example', [qw(GET HEAD PUT DELETE)], 'content-type', $credentials => 'true') } ] ],
    [ 'Keeping preflights out of the access log' => [],
      [ 'a preflight is answered', OPTIONS => '/api/items', { origin => $app, acrm => 'PUT' }, 204, { preflight_fields($app, \@all, 'content-type') } ],
      [ 'the request after the preflight is answered', GET => '/api/items', { origin => $app }, 200, { allowed_fields($app) } ],
      [ 'a preflight is denied', OPTIONS => '/api/items', { origin => $evil, acrm => 'PUT' }, 403, {%asked} ] ],
    [ 'A local server for tools (MCP)' => [],
      [ 'the inspector starts a session', OPTIONS => '/mcp/silent', { origin => 'https://inspector.example.com', acrm => 'POST', acrh => 'content-type,mcp-protocol-version' }, 204,
        { preflight_fields('https://inspector.example.com', [qw(GET POST DELETE)], 'content-type, authorization, mcp-session-id, mcp-protocol-version, last-event-id') } ],
      [ 'the inspector reads the id of the session', POST => '/mcp/silent', { origin => 'https://inspector.example.com', 'content-type' => 'application/json', body => '{}' }, 200,
        { allowed_fields('https://inspector.example.com', 'access-control-expose-headers' => 'Mcp-Session-Id') } ],
      [ 'another page is rejected', POST => '/mcp/silent', { origin => $evil, body => '{}' }, 403, {%vary} ],
      [ 'a POST of a page whose name points here is refused', POST => '/mcp/silent', { host => 'rebound.example:@port@', origin => 'http://rebound.example:@port@', body => '{}' }, 421, {%vary} ],
      [ 'a GET of a page whose name points here is refused', GET => '/mcp/silent', { host => 'rebound.example:@port@', 'sec-fetch-site' => 'same-origin' }, 421, {%vary} ],
      [ 'a tool that is not a browser', POST => '/mcp/silent', { body => '{}' }, 200, {%vary} ] ],
    [ 'Forms of an application without tokens' => [],
      [ 'a form of the site', POST => '/shop/a/silent', { %form, origin => $own, site('same-origin') }, 200, {} ],
      [ 'a form of the site, in a browser without Sec-Fetch-Site', POST => '/shop/a/silent', { %form, origin => $own }, 200, {}, { 'referrer-policy' => qr/\Asame-origin\z/ } ],
      [ 'a form of another site', POST => '/shop/a/silent', { %form, origin => $evil, site('cross-site') }, 403, {}, \%refused ],
      [ 'a form of another site, in a browser without Sec-Fetch-Site', POST => '/shop/a/silent', { %form, origin => $evil }, 403, {}, \%refused ],
      [ 'a form of another host name of the site', POST => '/shop/a/silent', { %form, origin => 'http://blog.localhost', site('same-site') }, 403, {}, \%refused ],
      [ 'a form of a page with no-referrer, over http', POST => '/shop/a/silent', { %form, origin => 'null' }, 403, {}, \%refused ],
      [ 'a form of a page with no-referrer, over https', POST => '/shop/a/silent', { %form, origin => 'null', site('same-origin') }, 200, {} ],
      [ 'a link of another site', GET => '/shop/a/silent', { site('cross-site') }, 200, {} ] ],
    [ 'WebDAV for clients that are not browsers' => [qw(dav dav_fs dav_lock)],
      [ 'a desktop client lists', PROPFIND => '/dav/', { depth => 1 }, 207, {} ],
      [ 'it writes', PUT => '/dav/draft', { body => 'new' }, 201, {} ],
      [ 'it moves', MOVE => '/dav/draft', { destination => 'http://localhost:@port@/dav/final' }, 201, {} ],
      (map { my ($name, %page) = @$_;
          [ "$name does not list", PROPFIND => '/dav/', { depth => 1, %page }, 403, {}, \%refused ],
          [ "$name does not write", PUT => '/dav/final', { body => 'forged', %page }, 403, {}, \%refused ],
          [ "$name does not move", MOVE => '/dav/final', { destination => 'http://localhost:@port@/dav/stolen', %page }, 403, {}, \%refused ],
          [ "$name does not post", POST => '/dav/final', { %form, %page }, 403, {}, \%refused ] }
          [ 'a page of another site', origin => $evil, site('cross-site', 'cors', 'empty') ],
          [ 'a page of another site, in a browser without Sec-Fetch-Site', origin => $evil ],
          [ 'a page that hides its origin', origin => 'null' ]),
      [ 'a page of another site links to a file', GET => '/dav/final', { site('cross-site') }, 200, {} ],
      [ 'a page of the site lists', PROPFIND => '/dav/', { depth => 1, origin => $own, site('same-origin', 'cors', 'empty') }, 207, {} ],
      [ 'a page of the site deletes', DELETE => '/dav/final', { origin => $own, site('same-origin', 'cors', 'empty') }, 204, {} ] ],
    [ 'Log-in with SAML or form_post' => [],
      [ 'the form of the provider', POST => '/app/saml/acs/silent', { %form, origin => 'https://idp.example', site('cross-site') }, 200, {} ],
      [ 'a form of another site', POST => '/app/saml/acs/silent', { %form, origin => $evil, site('cross-site') }, 403, {}, \%refused ],
      [ 'a form of a provider that hides its origin', POST => '/app/saml/acs/silent', { %form, origin => 'null', site('cross-site') }, 403, {}, \%refused ],
      [ 'the form of the provider to another URL', POST => '/app/transfer/silent', { %form, origin => 'https://idp.example', site('cross-site') }, 403, {}, \%refused ],
      [ 'a form with the origin null, where it is exempted', POST => '/app/oidc/callback/silent', { %form, origin => 'null', site('cross-site') }, 200, {} ],
      [ 'a code in a redirect', GET => '/app/saml/acs/silent', { site('cross-site') }, 200, {} ] ],
    [ 'Payment page and webhooks' => [],
      [ 'the page returns the user', POST => '/shop/payment/return/silent', { %form, origin => 'https://pay.example', site('cross-site') }, 200, {} ],
      [ 'the page of a bank, in a frame', POST => '/shop/payment/return/silent', { %form, origin => 'https://acs.bank.example', site('cross-site', 'navigate', 'iframe') }, 200, {} ],
      [ 'a form of another site', POST => '/shop/payment/return/silent', { %form, origin => $evil, site('cross-site') }, 403, {}, \%refused ],
      [ 'the payment page, to another URL', POST => '/shop/order/silent', { %form, origin => 'https://pay.example', site('cross-site') }, 403, {}, \%refused ],
      [ 'a webhook', POST => '/shop/payment/notify/silent', { body => '{}', 'content-type' => 'application/json' }, 200, {} ],
      [ 'a form of another site, to the URL of the webhook', POST => '/shop/payment/notify/silent', { %form, origin => $evil, site('cross-site') }, 403, {}, \%refused ],
      [ 'a webhook to another URL', POST => '/shop/order/silent', { body => '{}' }, 403, {}, \%refused ] ],
    [ 'Silent sign-in in a frame' => [],
      [ 'the frame that the provider redirects', GET => '/app/silent-callback/silent', { site('cross-site', 'navigate', 'iframe') }, 200, {}, { 'content-security-policy' => qr/\Aframe-ancestors 'self'\z/ } ],
      [ 'another page in a frame of another site', GET => '/app/silent', { site('cross-site', 'navigate', 'iframe') }, 403, {%fetch}, \%refused ],
      [ 'a link of another site', GET => '/app/silent', { site('cross-site') }, 200, {%fetch} ],
      [ 'a frame of the site', GET => '/app/silent', { site('same-origin', 'navigate', 'iframe') }, 200, {%fetch} ],
      [ 'a form of another site, to the exempted URL', POST => '/app/silent-callback/silent', { %form, origin => $evil, site('cross-site') }, 403, {}, \%refused ] ],
    [ 'Behind a proxy that terminates TLS' => [],
      (map { my ($name, $status, %send) = @$_;
          [ $name, POST => '/app/a/silent', { %form, host => 'www.example.com', %send }, $status, {}, $status == 403 ? \%refused : () ] }
          [ 'a form of the site', 200, origin => 'https://www.example.com', site('same-origin') ],
          [ 'a form of the site, in a browser without Sec-Fetch-Site', 200, origin => 'https://www.example.com' ],
          [ 'the same on another port', 200, host => 'www.example.com:8443', origin => 'https://www.example.com:8443' ],
          [ 'a form of another port', 403, origin => 'https://www.example.com:8443' ],
          [ 'a form of a page of the same name over http', 403, origin => 'http://www.example.com', site('cross-site') ],
          [ 'a form of another site', 403, origin => $evil, site('cross-site') ],
          [ 'a form of the site, if the proxy changes Host', 403, host => '10.0.0.5', origin => 'https://www.example.com' ]) ],
    [ 'Two sites of one owner' => [],
      (map { [ "a form of $_->[0]", POST => '/newsletter/silent', { %form, origin => $_->[0], site($_->[1]) }, $_->[2], {}, $_->[2] == 403 ? \%refused : () ] }
          [ 'https://shop.example.com', 'same-site', 200 ], [ 'https://blog.example', 'cross-site', 200 ], [ 'https://other.example.com', 'same-site', 403 ],
          [ 'http://blog.example', 'cross-site', 403 ], [ $evil, 'cross-site', 403 ]) ],
    [ 'An API with tokens' => [],
      [ 'the app announces a query', OPTIONS => '/graphql/silent', { origin => $app, acrm => 'POST', acrh => 'authorization,content-type', site('cross-site', 'cors', 'empty') }, 204,
        { preflight_fields($app, ['POST'], 'content-type, authorization, x-grpc-web') } ],
      (map { my ($origin, %more) = @$_;
          [ "a query of $origin" . (%more ? ', in a browser with Sec-Fetch-Site' : ''), POST => '/graphql/silent', { %json, origin => $origin, %more }, 200, { allowed_fields($origin) } ] }
          [ $app, site('cross-site', 'cors', 'empty') ], [$app], [ 'capacitor://localhost', site('cross-site', 'cors', 'empty') ], ['capacitor://localhost']),
      [ 'a query of a native app', POST => '/graphql/silent', {%json}, 200, {%vary} ],
      [ 'a query of another page', POST => '/graphql/silent', { %json, origin => $evil, site('cross-site', 'cors', 'empty') }, 403, {%vary}, \%refused ],
      [ 'a query with a cookie', POST => '/graphql/silent', { %json, cookie => 'a=b', origin => $app, site('cross-site', 'cors', 'empty') }, 403, { allowed_fields($app) }, \%refused ],
      [ 'a query in a form', POST => '/graphql/silent', { %form, origin => $app, site('cross-site') }, 403, { allowed_fields($app) }, \%refused ],
      [ 'a query in text/plain', POST => '/graphql/silent', { body => '{}', 'content-type' => 'text/plain', origin => $app, site('cross-site', 'no-cors', 'empty') }, 403, { allowed_fields($app) }, \%refused ] ],
    [ 'Containers' => [ 'Define APP_ORIGINS "https://app.example.com https://admin.example.com"' ],
      (map { [ "$_ is in the environment", GET => '/api/items', { origin => $_ }, 200, { allowed_fields($_, $credentials => 'true') } ] }
          $app, 'https://admin.example.com'),
      [ 'another page is not in the environment', GET => '/api/items', { origin => $evil }, 200, {%vary} ] ],
    [ 'Alerts with Prometheus' => [],
      [ 'the API allows the app', GET => '/api/items', { origin => $app }, 200, { allowed_fields($app) } ],
      [ 'the API denies another page', GET => '/api/items', { origin => $evil }, 200, {%vary} ],
      [ 'the counters', GET => '/cors-policy?format=prometheus', {}, 200, {}, { 'content-type' => qr{\Atext/plain} } ] ],
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

plan tests => 7 + 2 * @recipes + map { @$_[ 2 .. $#$_ ] } @recipes;

my %seen;
is_deeply(\@titles, [ grep { !$seen{$_}++ } map { $_->[0] } @recipes ], 'each recipe of the page is tested, in the order of the page');
is_deeply([ $page =~ /^- \[(.*)\]/gm ], \@titles, 'the list at the top of the page has each recipe');
is_deeply([ $page =~ /^- \[.*\]\(#(.*)\)$/gm ], [ map { (my $to = lc $_) =~ s/[^a-z0-9_ -]//g; $to =~ tr/ /-/; $to } @titles ],
    'the list at the top of the page links to the title of each recipe');

# --- the files of a site

mkdir "$ENV{CORS_WORK}/t/run";
mkdir $_ or die "$_: $!\n" for map { "$www$_" } '', map { "/$_" } qw(site site/api site/api/admin site/fonts site/open-data site/assets
    site/api/blue site/api/green site/media tenants site/reports dav locks logs customers customers/shop customers/other);
Httpd::spew("$www/$_", "x\n") for qw(site/index.php site/api/run.php site/media/a.mp4 site/api/items site/data.txt site/fonts/a.woff2 site/open-data/a.json site/assets/a.js site/reports/a
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
is(Httpd::slurp("$www/logs/quiet_log"), "GET /api/items HTTP/1.1 200\nOPTIONS /api/items HTTP/1.1 403\n",
    'Keeping preflights out of the access log: denied ones stay');
my ($rules) = $page =~ /^```yaml\n(.*?)^```$/ms;
my %metric = map { $_ => 1 } Httpd::slurp("$ENV{CORS_WORK}/docs/status-page.md") =~ /`(cors_policy_\w+)`/g;
is_deeply([ grep { !$metric{$_} } $rules =~ /\b(cors_policy_\w+)/g ], [], 'Alerts with Prometheus: the metrics exist');
is(Httpd::slurp($app_log), join('', map { "$_\n" } 'GET /shop/items', 'GET /shop/items', 'GET /shop/embed/x', 'OPTIONS /shop/embed/x',
    'GET /app/items', 'OPTIONS /app/items', 'GET /app/silent', 'OPTIONS /app/silent', 'GET /app/silent', 'OPTIONS /app/private/silent', 'GET /app/private/silent',
    'GET /feed/x', 'GET /feed/x', 'GET /feed/silent', 'GET /socket', 'PATCH /uploads/silent', 'POST /grpc/silent', 'GET /db/items', 'GET /cloud/silent',
    'POST /mcp/silent', 'POST /mcp/silent',
    ('POST /shop/a/silent') x 3, 'GET /shop/a/silent', 'POST /app/saml/acs/silent', 'POST /app/oidc/callback/silent', 'GET /app/saml/acs/silent',
    ('POST /shop/payment/return/silent') x 2, 'POST /shop/payment/notify/silent',
    'GET /app/silent-callback/silent', ('GET /app/silent') x 2, ('POST /app/a/silent') x 3, ('POST /newsletter/silent') x 2, ('POST /graphql/silent') x 5),
    'the application sees no preflight that the policy answers, no handshake that it refuses, and no forged request');
