# Licensed under the Apache License, Version 2.0; see LICENSE.
# cors-policy-import: the whole output for each input of the table, and whether httpd -t
# accepts it. The inputs are in tools/cors-policy-import/t, with the outputs beside them.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response preflight_vary);
use CorsTest qw(config_check);
use Httpd ();

my $import = "$ENV{CORS_WORK}/tools/cors-policy-import/bin/cors-policy-import";
chdir "$ENV{CORS_WORK}/tools/cors-policy-import/t" or die "tools/cors-policy-import/t: $!\n";

# the inputs; README.md there lists the same inputs with their outcomes
my @forms = (
    'httpd/01-everybody.conf' => 'any origin, in <IfModule>',
    'httpd/02-one-origin.conf' => 'one origin with everything, in a virtual host',
    'httpd/03-fonts.conf' => 'fonts by <FilesMatch>',
    'httpd/04-setenvif.conf' => 'SetEnvIf with an anchored expression',
    'httpd/05-unanchored.conf' => 'SetEnvIf with an expression that is not anchored',
    'httpd/06-suffix.conf' => 'SetEnvIfNoCase with the end of a name',
    'httpd/07-reflection.conf' => 'any origin sent back with credentials',
    'httpd/08-literal-star-credentials.conf' => 'the star with credentials',
    'httpd/09-rewrite-options.conf' => 'a rewrite rule that answers OPTIONS',
    'httpd/10-rewritecond-origin.conf' => 'RewriteCond on the origin',
    'httpd/11-if-origin.conf' => '<If> on the origin, with an expression',
    'httpd/12-list.conf' => 'a list of origins in one header',
    'httpd/13-null.conf' => 'the origin null',
    'httpd/14-twice.conf' => 'the header twice, a line continued',
    'httpd/15-backend.conf' => 'in front of a backend, headers echoed',
    'httpd/16-unset-variable.conf' => 'a variable that nothing sets',
    'httpd/17-strangers.conf' => 'an expression that unknown sites can match',
    'httpd/18/.htaccess' => 'a .htaccess file',
    'httpd/19-nothing.conf' => 'nothing about CORS',
    'httpd/20-merge.conf' => 'Header always merge, append and onsuccess',
    'httpd/21-expr.conf' => 'expr= and <If> that compare the origin: =~, ==, in, !=',
    'httpd/22-hosts.conf' => 'two virtual hosts',
    'httpd/23/.htaccess' => 'a .htaccess file with SetEnvIf, env= and a rewrite rule',
    'httpd/24-include.conf' => 'an include, and a condition that is not about the origin',
    'httpd/25-hostile.conf' => 'quotes that stay open, directives in values',
    'httpd/26-conditions.conf' => 'credentials for some of the origins, variables unset',
    'httpd/27-inherited.conf' => 'conditions around a section that sends something else',
    'httpd/28-unconditional.conf' => 'headers without conditions around sections',
    'httpd/29-if.conf' => '<If> on the origin, with sections that apply with it',
    'httpd/30-order.conf' => 'credentials around a section for any origin',
    'httpd/31-names.conf' => 'a variable of one name in two places, conditions on conditions, <Else>',
    'httpd/32-perhaps.conf' => '<FilesMatch> with sections that can apply with it',
    'httpd/33-tables.conf' => 'Header with and without always, unset',
    'httpd/34-later.conf' => 'a wider section after a narrower one',
    'httpd/35-unknown.conf' => 'an unknown section',
    'httpd/36-setifempty.conf' => 'Header setifempty',
    'httpd/37-start.conf' => '<IfDefine>, <IfVersion>, <IfModule !x>',
    'httpd/38-groups.conf' => 'groups that are a part of the origin, more than it, or the whole origin',
    'httpd/39-all.conf' => 'tests that every origin passes, and exclusions from them',
    'httpd/40-expressions.conf' => 'SetEnvIfExpr, globs, <ElseIf> and <Else>, literal origins behind conditions',
    'httpd/41-names.conf' => 'names with $, response headers, * with credentials, lists without commas',
    'httpd/42-written.conf' => 'Macro, Define, SetEnv, <Limit> around Header',
    'httpd/43-open-end.conf' => 'expressions without an anchor at the end, and with a port',
    'httpd/44-never.conf' => 'values that browsers rejected: a pattern as a header, a slash, preflights without credentials',
    'httpd/45-macro.conf' => 'a macro that is used elsewhere',
    'httpd/46-taken.conf' => 'a header that a section for files unsets',
    'httpd/47-directory' => 'a directory, whose first file includes others',
    'httpd/48-define.conf' => 'names by Define: one with a value, one that <IfDefine> decides',
    'httpd/49-entries.conf' => 'null and entries without a scheme, names in values of Define, response headers',
    'nginx/01-everybody.conf' => 'any origin, in a prefix location',
    'nginx/02-options.conf' => 'the block for OPTIONS',
    'nginx/03-map.conf' => 'a map of origins, in an exact location',
    'nginx/04-reflection.conf' => 'any origin sent back with credentials',
    'nginx/05-if-origin.conf' => 'if on the origin, in a location by expression',
    'nginx/06-inheritance.conf' => 'inherited headers, and a location that drops them',
    'nginx/07-map-default.conf' => 'a map that excludes',
    'nginx/08-variable.conf' => 'set with an origin, headers echoed',
    'nginx/09-set.conf' => 'set behind if on the origin',
    'nginx/10-include.conf' => 'include, of files with a map, its origins and the headers',
    'nginx/11-servers.conf' => 'several server blocks',
    'nginx/12-flags.conf' => 'if ($http_origin ~* …) with a flag, and another for OPTIONS',
    'nginx/13-equal.conf' => 'if with = and with !~ and return 403',
    'nginx/14-hostile.conf' => 'line ends and quotes in names and values',
    'nginx/15-best.conf' => 'locations within each other, some without CORS',
    'nginx/16-flag-map.conf' => 'a map as a flag',
    'nginx/17-some.conf' => 'credentials for one of the origins',
    'nginx/18-methods.conf' => 'if on $request_method around origins',
    'nginx/19-sets.conf' => 'set of one name in two places, of two values, unset; a map with other values',
    'nginx/20-levels.conf' => 'headers of http that the server replaces',
    'nginx/21-hosts.conf' => 'headers of http that some servers replace or drop',
    'nginx/22-chain.conf' => 'maps of maps, of the method with the origin, echoes',
    'nginx/23-built.conf' => 'a flag built over several ifs, constants by set',
    'nginx/24-more.conf' => 'more_set_headers',
    'nginx/25-groups.conf' => 'named groups, hostnames, a part of the origin',
    'nginx/26-hide.conf' => 'proxy_hide_header',
    'nginx/27-template.conf' => 'a template',
    'nginx/28-directory' => 'a directory, whose first file includes others',
    'nginx/29-but.conf' => 'an origin that is not allowed beside an expression that matches it',
    'nginx/30-elsewhere.conf' => 'a missing file of a map, rewrite on the origin, groups of a location, Lua, a named location',
    'nginx/31-extensions.conf' => 'the pages of all extensions',
    'iis/01-cors.config' => 'a wildcard, an exclusion, everything set',
    'iis/02-everybody.config' => 'any origin except one',
    'iis/03-two-kinds.config' => 'origins with settings of their own',
    'iis/04-custom-headers.config' => 'customHeaders',
    'iis/05-location.config' => 'a location, credentials with any origin',
    'iis/06-own-headers.config' => 'allowHeaders and exposeHeaders per origin',
    'iis/07-hostile.config' => 'line ends and quotes in names and values',
    'iis/08-inherited.config' => 'locations that add origins, remove them, turn CORS off',
    'iis/09-custom-inherited.config' => 'customHeaders that a location removes',
    'iis/10-outbound.config' => 'a rule of the rewrite module',
    'iis/11-broken.config' => 'broken XML',
    'iis/12-utf16.config' => 'UTF-16, and a second location for the same',
    'iis/13-pattern.config' => 'a pattern as a header',
    'iis/14-rewrite.config' => 'rules of the rewrite module: a captured origin, a map, expressions',
    'iis/15-twice.config' => '<cors> and customHeaders together',
    'iis/16-no-mark.config' => 'UTF-16 without a byte order mark',
    'iis/17-elsewhere.config' => 'customHeaders in another file',
    'haproxy/01-recipe.cfg' => 'acls on the origin, http-request return for OPTIONS, a capture',
    'haproxy/02-lua.cfg' => 'lua.cors with an origin, a host with any port, a domain',
    'haproxy/03-paths.cfg' => 'backends by path, a variable with the origin, a condition on the client',
    'haproxy/04-old.cfg' => 'a captured origin sent back, rspadd, a service for preflights',
    'haproxy/05-hostile.cfg' => 'quotes and directives in values',
    'haproxy/06-environment.cfg' => 'a value of the environment',
    'caddy/01-snippet.Caddyfile' => 'a snippet with an argument, imported twice',
    'caddy/02-paths.Caddyfile' => 'headers for paths, header_regexp, respond for OPTIONS',
    'caddy/03-order.Caddyfile' => 'a header without a matcher after one with it; a header that is deleted',
    'caddy/04-map.Caddyfile' => 'a map of origins, an expression on the host, the directive of a plugin',
    'caddy/05-hostile.Caddyfile' => 'values with line ends, a brace that stays open',
    'traefik/01-file.yml' => 'a middleware and its routers, some on headers',
    'traefik/02-file.toml' => 'TOML: any origin with credentials, expressions that are not anchored',
    'traefik/03-labels.yml' => 'labels of a container',
    'traefik/04-kubernetes.yml' => 'a resource with headers of its own',
    'traefik/05-broken.yml' => 'broken YAML',
    'traefik/06-hostile.yml' => 'line ends and quotes in names and values, an anchor within itself',
    'traefik/07-compose.yml' => 'labels with a value of the environment and an escaped $',
    'ingress/01-annotations.yaml' => 'every annotation, with a wildcard',
    'ingress/02-defaults.yaml' => 'the defaults: any origin, credentials',
    'ingress/03-snippet.yaml' => 'headers in a snippet',
    'ingress/04-near.yaml' => 'a host without a scheme, a slash at the end, a path by expression',
    'ingress/05-hostile.yaml' => 'line ends and quotes in names and values',
    'tomcat/01-web.xml' => 'a filter for a path, with methods',
    'tomcat/02-defaults.xml' => 'a filter without parameters',
    'tomcat/03-any.xml' => 'any origin, * as a header, credentials with any origin, a filter of another class',
    'tomcat/04-broken.xml' => 'broken XML',
    'tomcat/05-several.xml' => 'two filters, several patterns, a parameter twice, a dispatcher',
    'spring/01-gateway.yml' => 'Spring Cloud Gateway: paths, patterns with ports, a slash at the end',
    'spring/02-actuator.yml' => 'the actuator, GraphQL with a value of the environment, settings of the app',
    'spring/03-any.yml' => 'any origin with credentials, as an origin and as a pattern',
    'spring/04-hostile.yml' => 'line ends and quotes in names and values',
    'spring/05-application.properties' => 'properties: the gateway, the actuator, a profile, a value of the environment with commas',
    'spring/06-headers.yml' => 'a header by a filter of the gateway, a value of the environment with commas',
    'istio/01-service.yaml' => 'a VirtualService: an exact origin, an expression, a prefix, two matches',
    'istio/02-conditions.yaml' => 'a match on a header, the older field, https with credentials, a delegate',
    'istio/03-hostile.yaml' => 'line ends and quotes in names and values, values of other types',
    'istio/04-list.yaml' => 'a list of resources, a gateway, null, a slash at the end, headers of a route',
    'istio/05-ports.yaml' => 'a list of resources: null, a slash at the end, a port',
    'envoy/01-typed.yaml' => 'a virtual host, and routes that override it or turn it off',
    'envoy/02-old.json' => 'JSON and the older fields, a pattern with a prefix',
    'envoy/03-hostile.yaml' => 'line ends and quotes in names and values, half of the requests',
    'envoy/04-headers.yaml' => 'a header that the virtual host adds',
    'sails/01-global' => 'allRoutes, a list, a route that is exempted',
    'sails/02-routes' => 'routes: dictionary, true, string, parameters, wildcards, an expression, a list of targets',
    'sails/03-production' => 'config/env/production.js with sockets',
    'sails/04-old' => 'config/cors.js with the old names',
    'sails/05-old-defaults' => 'config/cors.js with its defaults',
    'sails/06-everybody-unsafe' => 'any origin with credentials, allowed explicitly',
    'sails/07-everybody-refused' => 'any origin with credentials, which Sails rejects',
    'sails/08-off' => 'CORS that no route turns on',
    'sails/09-hostile' => 'line ends and quotes in names and values',
    'sails/10-broken' => 'a file that cannot be run',
    'sails/11-app-per-route' => 'an app that t/import/sails.t lifts: routes of every kind, sockets',
    'sails/12-app-all-routes' => 'another: allRoutes, overridden and exempted',
    'sails/13-app-everybody' => 'another: any origin, except for a route',
    'sails/14-same-path' => 'routes for one path, for a verb and for all',
    'sails/15-environment' => 'values from the environment',
    'sails/16-functions' => 'a function, a Set, a promise, true, undefined elements',
    'sails/17-development' => 'CORS that only development turns on',
    'sails/18-module' => 'a file that cannot be run',
    'sails/19-pattern' => 'a pattern in a list',
    'sails/20-several' => 'values that need several variables, a number, or a package',
    'sails/21-copied' => 'a copy of the environment',
);
# inputs with something that is not read or not known: the status is 1
my %is_partly_read = map { $_ => 1 } qw(httpd/15-backend.conf httpd/16-unset-variable.conf httpd/21-expr.conf
    httpd/35-unknown.conf httpd/47-directory httpd/49-entries.conf nginx/10-include.conf nginx/14-hostile.conf nginx/30-elsewhere.conf iis/17-elsewhere.config sails/20-several sails/21-copied httpd/45-macro.conf nginx/27-template.conf iis/07-hostile.config
    iis/10-outbound.config iis/11-broken.config sails/09-hostile sails/10-broken sails/15-environment sails/16-functions sails/18-module
    haproxy/04-old.cfg haproxy/05-hostile.cfg haproxy/06-environment.cfg caddy/04-map.Caddyfile traefik/05-broken.yml
    ingress/03-snippet.yaml ingress/05-hostile.yaml tomcat/03-any.xml tomcat/04-broken.xml spring/02-actuator.yml spring/05-application.properties spring/06-headers.yml istio/02-conditions.yaml istio/04-list.yaml envoy/04-headers.yaml traefik/07-compose.yml envoy/03-hostile.yaml);
# files that others include
my %included = map { $_ => 1 } qw(nginx/snippets);
my @names = grep { m{/} && -e } map { $forms[ 2 * $_ ] } 0 .. $#forms / 2;

# Requests to httpd with the output: input, description, method, path, fields, status, CORS
# fields.
my %asked = preflight_vary();
my %vary = (vary => 'Origin');
my $credentials = 'access-control-allow-credentials';
my @exchanges = (
    [ 'sails/01-global', 'a listed origin reads any route', GET => '/x', { origin => 'https://api.example.com' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://api.example.com' } ],
    [ 'sails/01-global', 'the exempted route has no policy', POST => '/signup', { origin => 'https://api.example.com' }, 200, {} ],
    [ 'sails/01-global', 'but only for its verb', GET => '/signup', { origin => 'https://api.example.com' }, 200,
      { %vary, 'access-control-allow-origin' => 'https://api.example.com' } ],
    [ 'sails/01-global', 'paths below the route have the policy', POST => '/signup/more', { origin => 'https://api.example.com' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://api.example.com' } ],
    [ 'sails/02-routes', 'a route without cors has none', GET => '/other', { origin => 'https://app.example' }, 404, {} ],
    [ 'sails/02-routes', 'true uses the global settings', GET => '/plain', { origin => 'https://app.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://app.example', $credentials => 'true', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/02-routes', 'a dictionary overrides', GET => '/videos', { origin => 'http://example.com' }, 200,
      { %vary, 'access-control-allow-origin' => 'http://example.com', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/02-routes', 'and replaces the origins', GET => '/videos', { origin => 'https://app.example' }, 200, {%vary} ],
    [ 'sails/02-routes', 'a parameter matches one segment', OPTIONS => '/user/7', { origin => 'https://two.example', acrm => 'PUT' }, 204,
      { %asked, 'access-control-allow-origin' => 'https://two.example', $credentials => 'true',
        'access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type, x-token' } ],
    [ 'sails/02-routes', 'and not two', GET => '/user/7/8', { origin => 'https://two.example' }, 404, {} ],
    [ 'sails/02-routes', 'a star matches any number', GET => '/files/a/b', { origin => 'https://app.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://app.example', $credentials => 'true', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/02-routes', 'cors in a list of targets has no effect', GET => '/listed', { origin => 'https://app.example' }, 404, {} ],
    [ 'sails/02-routes', 'case does not matter to routes', GET => '/PLAIN/', { origin => 'https://app.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://app.example', $credentials => 'true', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/03-production', 'the function of the app decides about sockets', GET => '/socket.io',
      { origin => 'https://evil.example', upgrade => 'websocket', connection => 'Upgrade' }, 404, {%vary} ],
    [ 'httpd/06-suffix.conf', 'another domain with the same ending is not allowed', GET => '/x', { origin => 'https://notexample.com' }, 404, {%vary} ],
    [ 'httpd/06-suffix.conf', 'a subdomain is allowed', GET => '/x', { origin => 'https://a.example.com' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example.com', $credentials => 'true' } ],
    [ 'httpd/07-reflection.conf', 'no origin has credentials', GET => '/api', { origin => 'https://evil.example' }, 404, { 'access-control-allow-origin' => '*' } ],
    [ 'nginx/07-map-default.conf', 'the excluded origin is not allowed', GET => '/x', { origin => 'https://evil.example' }, 404, {%vary} ],
    [ 'nginx/07-map-default.conf', 'other origins are allowed', GET => '/x', { origin => 'https://good.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://good.example' } ],
    [ 'nginx/15-best.conf', 'the longest prefix has no credentials', GET => '/api/public/x', { origin => 'https://a.example' }, 404, { 'access-control-allow-origin' => '*' } ],
    [ 'nginx/15-best.conf', 'the shorter one has credentials', GET => '/api/x', { origin => 'https://a.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example', $credentials => 'true', 'access-control-expose-headers' => 'X-Total' } ],
    [ 'nginx/15-best.conf', 'a nested location without CORS has none', GET => '/api/private/x', { origin => 'https://a.example' }, 404, {} ],
    [ 'nginx/15-best.conf', 'nor has one by expression', GET => '/api/x.html', { origin => 'https://a.example' }, 404, {} ],
    [ 'nginx/15-best.conf', 'an exact one wins', GET => '/api/public/one', { origin => 'https://b.example' }, 404, { %vary, 'access-control-allow-origin' => 'https://b.example' } ],
    [ 'nginx/13-equal.conf', 'another origin is rejected', GET => '/not/x', { origin => 'https://evil.example' }, 403, {%vary} ],
    [ 'httpd/26-conditions.conf', 'each condition has its own credentials', GET => '/two/x', { origin => 'https://b.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://b.example' } ],
    [ 'httpd/26-conditions.conf', 'and the other its own', GET => '/two/x', { origin => 'https://a.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example', $credentials => 'true' } ],
    [ 'httpd/27-inherited.conf', 'credentials of the origins around a section are not those of its own', GET => '/old/x', { origin => 'https://b.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://b.example' } ],
    [ 'httpd/29-if.conf', 'any origin reads a font', GET => '/x.woff', { origin => 'https://two.example' }, 404, { 'access-control-allow-origin' => '*', vary => 'Origin' } ],
    [ 'httpd/29-if.conf', 'and an origin of the <If> has its credentials there', GET => '/x.woff', { origin => 'https://a.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example', $credentials => 'true' } ],
    [ 'httpd/30-order.conf', 'any origin reads in a section nested in one with credentials', GET => '/open-data/x', { origin => 'https://two.example' }, 404, { 'access-control-allow-origin' => '*' } ],
    [ 'iis/06-own-headers.config', 'credentials of the first origin are not those of the second', GET => '/x', { origin => 'https://two.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://two.example', 'access-control-expose-headers' => 'X-Seen-Both' } ],
    [ 'iis/08-inherited.config', 'an origin with settings of its own has them', GET => '/x', { origin => 'https://b.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://b.example' } ],
    [ 'iis/08-inherited.config', 'but not where a location took it away', GET => '/api/x', { origin => 'https://b.example' }, 404, {%vary} ],
    [ 'iis/08-inherited.config', 'nor where one turns CORS off', GET => '/none/x', { origin => 'https://b.example' }, 404, {} ],
    [ 'iis/08-inherited.config', 'a location inherits the origins that it does not remove', GET => '/fewer/x', { origin => 'https://b.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://b.example' } ],
    [ 'iis/08-inherited.config', 'but not the one that it removes', GET => '/fewer/x', { origin => 'https://a.example' }, 404, {%vary} ],
    [ 'iis/09-custom-inherited.config', 'a location keeps the headers that it does not remove', GET => '/other/x', { origin => 'https://b.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://b.example', $credentials => 'true' } ],
    [ 'iis/09-custom-inherited.config', 'a location that removes customHeaders has none', GET => '/none/x', { origin => 'https://a.example' }, 404, {} ],
    [ 'iis/09-custom-inherited.config', 'a location that comes before the server has none of its credentials', GET => '/star/x', { origin => 'https://b.example' }, 404, { 'access-control-allow-origin' => '*' } ],
    [ 'sails/14-same-path', 'any origin reads the route of one verb', POST => '/videos', { origin => 'https://b.example' }, 200, { 'access-control-allow-origin' => '*' } ],
    [ 'sails/14-same-path', 'the others have credentials', GET => '/videos', { origin => 'https://a.example' }, 200,
      { %vary, 'access-control-allow-origin' => 'https://a.example', $credentials => 'true', 'access-control-expose-headers' => 'x-total' } ],
    [ 'sails/11-app-per-route', 'a socket without Origin is rejected', GET => '/socket.io/', { upgrade => 'websocket', connection => 'Upgrade' }, 403, {} ],
    [ 'iis/03-two-kinds.config', 'one origin has credentials', GET => '/x', { origin => 'https://b.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://b.example', $credentials => 'true' } ],
    [ 'iis/03-two-kinds.config', 'the other has none', GET => '/x', { origin => 'https://a.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example' } ],
    [ 'iis/14-rewrite.config', 'a map of the rewrite module allows', GET => '/x', { origin => 'https://b.example' }, 404, { %vary, 'access-control-allow-origin' => 'https://b.example' } ],
    [ 'iis/14-rewrite.config', 'an expression, too', GET => '/x', { origin => 'https://x.a.example' }, 404, { %vary, 'access-control-allow-origin' => 'https://x.a.example' } ],
    [ 'iis/14-rewrite.config', 'but no other origin', GET => '/x', { origin => 'https://a.example.evil' }, 404, {%vary} ],
    [ 'istio/01-service.yaml', 'a preflight for POST passes, though the list lacks it', OPTIONS => '/api/x', { origin => 'https://one.example', acrm => 'POST' }, 204,
      { %asked, 'access-control-allow-origin' => 'https://one.example', $credentials => 'true', 'access-control-allow-methods' => 'GET, PUT',
        'access-control-allow-headers' => 'content-type, x-token', 'access-control-max-age' => '5400' } ],
    [ 'iis/02-everybody.config', 'any origin reads', GET => '/x', { origin => 'https://a.example' }, 404,
      { %vary, 'access-control-allow-origin' => 'https://a.example' } ],
    [ 'iis/02-everybody.config', 'the excluded origin cannot read', GET => '/x', { origin => 'http://old.example' }, 404, {%vary} ],
);

# Invalid arguments, and paths that cannot be read: status and message.
my @misuses = (
    [ '', 2, 'no PATH is given; see --help' ],
    [ '--from nowhere httpd/01-everybody.conf', 2, '--from is one of ' . join(', ', qw(caddy envoy haproxy httpd iis ingress istio nginx sails spring tomcat traefik)) . ", not 'nowhere'; see --help" ],
    [ '--nothing', 2, 'unknown option --nothing; see --help' ],
    [ 'none', 1, 'none: No such file or directory' ],
    [ 'httpd/01-everybody.conf none', 1, 'none: No such file or directory' ],
    [ 'httpd', 1, 'httpd: this is neither a Sails app nor a directory with httpd.conf, apache2.conf or nginx.conf; name a file' ],
    [ '--from sails httpd', 1, 'httpd: there is no config directory, so this is not a Sails app' ],
    [ '--from nginx httpd', 1, 'httpd: Is a directory' ],
);
plan tests => 5 * @names + @exchanges + @misuses + 14;

my @kinds = qw(caddy envoy haproxy httpd iis ingress istio nginx sails spring tomcat traefik);
my %form = @forms;
my %is = map { $_ => 1 } glob(join ' ', map { "$_/*" } @kinds);
is_deeply([ grep { !/\.(?:out|verify)\z/ && !$included{$_} && !$form{$_} && !$form{"$_/.htaccess"} } sort keys %is ], [], 'every input is in the table');
my $page = Httpd::slurp('README.md');
is_deeply([ map { s/\\?<//gr } map { "$_->[0] $_->[1]" } listed($page) ], [ map { "$_ $form{$_}" =~ s/<//gr } @names ], 'and on the page');
sub listed {
    my @rows;
    push @rows, [ $1, $2 ] while $_[0] =~ m{^\| `([a-z]+/[^`]*)` \| (.*?) \| }gm;
    return @rows;
}
cmp_ok(scalar @names, '>=', 145, 'there are at least 145 forms');

# Lines that are neither a remark, a directive of the policy nor a container for one.
sub foreign {
    return grep { !/\A(?:#.*[^\\])?\z|\A *Cors[A-Z][A-Za-z]+ +[\x21-\x7e][\x20-\x7e]*(?<!\\)\z|\A *<(?:Location|LocationMatch|Directory|DirectoryMatch|Files|FilesMatch|If|IfDefine|IfModule|IfVersion|Limit) [\x20-\x7e]+>\z|\A    Define \w+ [\x21-\x7e]+\z|\A *<\/\w+>\z/ }
        split /\n/, $_[0];
}

my %config;
for my $name (@names) {
    my $printed = `$import $name 2>err`;
    my $code = $? >> 8;
    my $said = Httpd::slurp('err');
    (my $expected = "$name.out") =~ s{/\.htaccess\.out\z}{.out};
    is($code, $is_partly_read{$name} ? 1 : 0, "$name: " . ($is_partly_read{$name} ? 'something is not read' : 'all of it is read'));
    is($printed, -e $expected ? Httpd::slurp($expected) : '', "$name: $form{$name}");
    # the report has the remarks of the output
    my @remarks = $printed =~ /^#   (.*)$/mg;
    is_deeply([ sort map { s/\A.*?(?::\d+|\.js(?:: '.*?')?): //r } grep { !/: nothing about CORS was found$|: the location .* is omitted|: include .* (?:does not exist|includes itself)$|is not followed; give its files|the contents of .* are omitted: |: this is a template|: Access-Control- is |is not used in this file|: a rule of the rewrite module for |so the file is not read$|: the (?:service|annotation|filter|directive) .* is not read here|: Access-Control- in \S+ is not read here|: this setting of CORS is not read here|: Access-Control- is here and is not read$|: the mapping is omitted: its filter|: the delegate of this route is not read here$|: the file '[^']*' of <\w+> is not read here$|: header_filter_by_lua_block .* is not read here$|: the route is omitted: its match/ } split /\n/, $said ],
        [ sort @remarks ], "$name: the output has every remark of the report");
    is_deeply([ foreign($printed) ], [], "$name: the output has directives of the policy only");
    # keep the Define lines of the input
    my $defined = $name =~ /define/ ? join '', Httpd::slurp($name) =~ /^\s*(?:Define|<\/?IfDefine) .*\n|^<\/IfDefine>\n/mg : '';
    my $check = config_check($config{$name} = "$defined$printed");
    is($check->{code}, 0, "$name: httpd -t accepts it") or diag($check->{errors});
}

my %httpd;
for my $exchange (@exchanges) {
    my ($name, $promise, $method, $path, $send, $status, $fields) = @$exchange;
    (my $short = $name) =~ tr{/.}{--};
    my $httpd = $httpd{$name} ||= Httpd->start(name => "import-$short", text => "Listen 127.0.0.1:\@port\@\n$config{$name}", expected => qr/Warning: /);
    is_deeply(cors_response([ h1 => $httpd->{port}{port} ], $method, $path, %$send), { status => $status, %$fields }, "$name: $promise");
}
kill TERM => $_->pid for values %httpd;

# errors: arguments, status, message
for (@misuses) {
    my ($arguments, $status, $said) = @$_;
    my $printed = `$import $arguments 2>err`;
    is_deeply([ $? >> 8, $printed, Httpd::slurp('err') ], [ $status, '', "cors-policy-import: $said\n" ], "cors-policy-import $arguments: $said");
}
{
    local $ENV{PATH} = '/nowhere';
    my $said = `$^X $import sails/01-global 2>&1`;
    is_deeply([ $? >> 8, $said ], [ 1, "cors-policy-import: a Sails app is read by node, which cannot be run: No such file or directory\n" ], 'without node, it reports that');
}

# the manual page agrees with --help: synopsis, options, statuses
my $help = `$import --help`;
my $manual = Httpd::slurp("$ENV{CORS_WORK}/docs/man/cors-policy-import.1");
s/\\-/-/g, s/\\&//g for $manual;
my ($synopsis, $options, $statuses) = map { $manual =~ /^\.SH $_\n(.*?)(?=^\.SH)/ms } 'SYNOPSIS', 'OPTIONS', 'EXIT STATUS';
my $plain = sub { my ($text) = @_; $text =~ s/^\.[A-Z]+ ?//mg; $text =~ s/"//g; $text =~ s/\s+/ /g; $text =~ s/ ?([|,]) ?/$1/g; $text =~ s/(\[) | (\])/$1 \/\/ $2/ge; return $text =~ s/\A | \z//gr };
my ($usage) = $help =~ /\Ausage: (.*)\n/;
is($plain->($synopsis), $plain->($usage), 'the manual page has the synopsis of --help');
is_deeply([ map { $plain->($_) } $options =~ /^\.TP\n(.*\n.*)\n/mg ], [ map { $plain->($_) } $help =~ /^  (-.*)\n/mg ], 'its options');
is_deeply([ map { $plain->($_) =~ s/\.\z//r } $statuses =~ /^\.TP\n(.*\n.*)\n/mg ],
    [ split /, (?=\d)/, $help =~ /^Exit status: (.*?)\.\n/ms ? $1 =~ s/\n/ /gr : '' ], 'and its statuses');

# the manual: its example, its length, its statuses, and every kind
my $migrate = Httpd::slurp("$ENV{CORS_WORK}/docs/migrate.md");
my ($example, $printed) = map { $migrate =~ /^```$_\n(.*?)^```$/ms } qw(nginx apache);
Httpd::spew('cors.conf', $example);
is(`$import cors.conf 2>err` =~ s/\n+\z/\n/r, $printed, 'the example of the manual is what the program prints');
cmp_ok(scalar(() = $migrate =~ /\S+/g), '<', 1100, 'the manual is short');
is_deeply([ $migrate =~ /^\| (\d) \| (?:everything was read|something could not be read|the arguments are invalid)/mg ], [ 0, 1, 2 ], 'it has the exit statuses');
is_deeply([ grep { $migrate !~ /^- \*\*\Q$_\E(?:-nginx)?\*\*: /mi } @kinds ], [], 'and every kind');

# a file with resources of several kinds, and one of a kind that is not read
Httpd::spew('several.yaml', join "---\n", map { Httpd::slurp($_) } 'ingress/01-annotations.yaml', 'traefik/04-kubernetes.yml');
my $several = `$import several.yaml 2>err`;
is_deeply([ $? >> 8, $several =~ /^ *CorsAllowOrigins +(.*)$/mg ], [ 0, 'https://one.example https://three.example:8443', 'https://one.example' ], 'each kind in one file of YAML is read');
Httpd::spew('other.yaml', "kind: HTTPRoute\nspec:\n  rules:\n  - filters:\n    - cors: { allowOrigins: [ https://a.example ] }\n");
my $other = `$import other.yaml 2>&1`;
is_deeply([ $? >> 8, $other ], [ 1, "other.yaml:5: a setting of CORS is here and is not read\n" ], 'what is not read is reported with its line, and the status is 1');

# Random words in names and values: the output has directives of the policy only.
my $seed = $ENV{CORS_SEED} // time;
srand $seed;
my @pieces = ('"', "'", '\\', "\n", "\r\n", ' ', '#', '>', '<', '</Location>', 'LoadModule x_module x.so', '${HOME}', '%{HTTP_ORIGIN}e', '$http_origin', '{', '}', ';',
    'https://a.example', 'https://*.example.com', '^https://(a|b)\.example$', '[a-z]+', '*', 'null', 'add_header', 'map', 'if', 'true', "\0", "\xff", '(', ')', '|', '&#10;', '&quot;', '?');
my $word = sub { join '', map { $pieces[ rand @pieces ] } 1 .. 1 + rand 6 };
my %template = (
    httpd => sub { "<Location \"/a@{[ $word->() ]}\">\nSetEnvIf Origin \"@{[ $word->() ]}\" V=\$0\nHeader set Access-Control-Allow-Origin \"@{[ $word->() ]}\" env=V\nHeader always set Access-Control-Allow-Origin \"%{V}e\" env=V\nHeader set Access-Control-Allow-Methods @{[ $word->() ]}\n</Location>\n" },
    nginx => sub { "map \$http_origin \$v { \"@{[ $word->() ]}\" \$http_origin; '~^https://@{[ $word->() ]}' 1; }\nserver { location @{[ $word->() ]} \"@{[ $word->() ]}\" { add_header Access-Control-Allow-Origin \$v; add_header Access-Control-Allow-Headers '@{[ $word->() ]}'; } }\n" },
    iis => sub { "<configuration><location path=\"@{[ $word->() ]}\"><system.webServer><cors enabled=\"true\"><add origin=\"@{[ $word->() ]}\"><allowHeaders><add header=\"@{[ $word->() ]}\"/></allowHeaders></add><add origin=\"https://b.example\" maxAge=\"@{[ $word->() ]}\"/></cors></system.webServer></location></configuration>\n" },
    haproxy => sub { "frontend f\nacl a hdr(origin) -m reg @{[ $word->() ]}\nhttp-response set-header Access-Control-Allow-Origin \"@{[ $word->() ]}\" if a { path_beg /a@{[ $word->() ]} }\nhttp-request lua.cors \"@{[ $word->() ]}\" \"@{[ $word->() ]}\" x\n" },
    caddy => sub { ":80 {\n\@a header Origin @{[ $word->() ]}\nheader \@a Access-Control-Allow-Origin \"@{[ $word->() ]}\"\nheader /b@{[ $word->() ]} Access-Control-Allow-Headers `@{[ $word->() ]}`\n}\n" },
    traefik => sub { "http:\n  routers:\n    a: { rule: 'PathPrefix(`/@{[ $word->() ]}`)', middlewares: [b] }\n  middlewares:\n    b: { headers: { accessControlAllowOriginList: ['@{[ $word->() ]}'], accessControlAllowOriginListRegex: ['@{[ $word->() ]}'], accessControlAllowHeaders: ['@{[ $word->() ]}'] } }\n" },
    ingress => sub { "kind: Ingress\nmetadata:\n  annotations:\n    nginx.ingress.kubernetes.io/enable-cors: 'true'\n    nginx.ingress.kubernetes.io/cors-allow-origin: '@{[ $word->() ]}'\n    nginx.ingress.kubernetes.io/cors-allow-headers: '@{[ $word->() ]}'\nspec: { rules: [ { host: '@{[ $word->() ]}', http: { paths: [ { path: '/@{[ $word->() ]}' } ] } } ] }\n" },
    tomcat => sub { "<web-app><filter><filter-name>a</filter-name><filter-class>org.apache.catalina.filters.CorsFilter</filter-class><init-param><param-name>cors.allowed.origins</param-name><param-value>@{[ $word->() ]}</param-value></init-param><init-param><param-name>cors.allowed.headers</param-name><param-value>@{[ $word->() ]}</param-value></init-param></filter><filter-mapping><filter-name>a</filter-name><url-pattern>/@{[ $word->() ]}</url-pattern></filter-mapping></web-app>\n" },
    spring => sub { rand() < 0.5 ? "spring.cloud.gateway.globalcors.cors-configurations:\n  '[/@{[ $word->() ]}]': { allowed-origins: ['@{[ $word->() ]}'], allowed-origin-patterns: ['@{[ $word->() ]}'], allowed-methods: ['@{[ $word->() ]}'] }\n"
        : "spring.cloud.gateway.globalcors.cors-configurations.[/@{[ $word->() ]}].allowed-origins=@{[ $word->() ]}\nspring.cloud.gateway.globalcors.cors-configurations.[/x/**].allowed-origin-patterns[0]=@{[ $word->() ]}\nmanagement.endpoints.web.cors.allowed-headers = @{[ $word->() ]}\nmanagement.endpoints.web.cors.allowed-origins = https://a.example,@{[ $word->() ]}\n" },
    istio => sub { "kind: VirtualService\nspec:\n  hosts: ['@{[ $word->() ]}']\n  http:\n  - match: [ { uri: { regex: '/@{[ $word->() ]}' } } ]\n    corsPolicy: { allowOrigins: [ { exact: '@{[ $word->() ]}' }, { regex: '@{[ $word->() ]}' }, { prefix: '@{[ $word->() ]}' } ], allowMethods: ['@{[ $word->() ]}'], maxAge: '@{[ $word->() ]}' }\n" },
    envoy => sub { "virtual_hosts:\n- domains: ['@{[ $word->() ]}']\n  cors: { allow_origin_string_match: [ { safe_regex: { regex: '@{[ $word->() ]}' } }, { prefix: '@{[ $word->() ]}' } ], allow_headers: '@{[ $word->() ]}' }\n  routes: [ { match: { prefix: '/@{[ $word->() ]}' } } ]\n" },
);
my @escaped;
for my $number (1 .. 220) {
    my $kind = (sort keys %template)[ $number % keys %template ];
    my $input = $template{$kind}->();
    Httpd::spew('chance', $input);
    my $printed = `$import --from $kind chance 2>err`;
    push @escaped, "$kind: $input\n$printed" . Httpd::slurp('err') if $? >> 8 > 1 || foreign($printed);
}
is_deeply(\@escaped, [], "random words never become anything else (CORS_SEED=$seed)");
