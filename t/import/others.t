# Licensed under the Apache License, Version 2.0; see LICENSE.
# The output of cors-policy-import for HAProxy, Caddy, Traefik, ingress-nginx, Tomcat,
# Spring, Envoy and Istio allows the origins of the original, and no similar origins: httpd
# runs the output in front of an application, and a browser sends requests. The table has
# the origins that the original allowed.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Httpd ();
use JSON::PP ();
use Reach qw(reach exchanges verified);

my $work = $ENV{CORS_WORK};
my $inputs = "$work/tools/cors-policy-import/t";
my $backend = Httpd::free_port();
Httpd::start_helper('../browser/backend.pl', $backend);

# Input, path, method, and the origins that could read the response, with the cookies of the
# user (2) or without (1). Similar origins could not.
my ($one, $two) = qw(https://one.example https://two.example);
my @cases = (
    [ 'haproxy/01-recipe.cfg', '/x', GET => { 'https://app.example' => 2, 'https://admin.example' => 2, 'https://x-1.preview.example' => 1 } ],
    [ 'haproxy/01-recipe.cfg', '/x', PUT => { 'https://app.example' => 2, 'https://admin.example' => 2 } ],
    [ 'haproxy/02-lua.cfg', '/x', PUT => { 'https://app.example' => 1, 'http://localhost:3000' => 1, 'https://a.partner.example' => 1 } ],
    [ 'haproxy/02-lua.cfg', '/x', DELETE => {} ],
    [ 'haproxy/03-paths.cfg', '/api/x', GET => { $one => 1 } ],
    [ 'haproxy/03-paths.cfg', '/apix', GET => { $one => 1 } ],
    [ 'haproxy/03-paths.cfg', '/ap', GET => { $one => 1, $two => 1, null => 1 } ],
    [ 'haproxy/04-old.cfg', '/x', GET => { $one => 1, null => 1 } ],
    [ 'haproxy/05-hostile.cfg', '/x', GET => {} ],
    [ 'haproxy/06-environment.cfg', '/x', PUT => {} ],
    [ 'haproxy/06-environment.cfg', '/x', GET => { $one => 1 } ],
    [ 'caddy/01-snippet.Caddyfile', '/x', GET => { $one => 2, $two => 2 } ],
    [ 'caddy/01-snippet.Caddyfile', '/x', DELETE => { $one => 2, $two => 2 } ],
    [ 'caddy/02-paths.Caddyfile', '/api/x', GET => { 'https://app.example' => 1, 'https://a.app.example' => 1 } ],
    [ 'caddy/02-paths.Caddyfile', '/fonts/x', GET => { $one => 1, null => 1 } ],
    [ 'caddy/02-paths.Caddyfile', '/fontsx', GET => {} ],
    [ 'caddy/02-paths.Caddyfile', '/x', GET => {} ],
    [ 'caddy/03-order.Caddyfile', '/x', GET => { $two => 2 } ],
    [ 'caddy/03-order.Caddyfile', '/logs/x', GET => {} ],
    [ 'caddy/04-map.Caddyfile', '/x', GET => { $one => 1, 'https://a.two.example' => 1 } ],
    [ 'caddy/05-hostile.Caddyfile', '/x', GET => {} ],
    [ 'traefik/01-file.yml', '/api/x', PUT => { $one => 2, $two => 2 } ],
    [ 'traefik/01-file.yml', '/api/x', DELETE => {} ],
    [ 'traefik/01-file.yml', '/api/public/x', GET => {} ],
    [ 'traefik/01-file.yml', '/tenant/x', GET => {} ],
    [ 'traefik/01-file.yml', '/x', GET => {} ],
    [ 'traefik/02-file.toml', '/x', PUT => { $one => 1, null => 1 } ],
    [ 'traefik/02-file.toml', '/partners/x', GET => { 'https://partner.example' => 1, 'https://www.partner.example' => 1, 'https://a.team.example' => 1, 'https://a.team.example:8443' => 1 } ],
    [ 'traefik/03-labels.yml', '/x', DELETE => { $one => 2, $two => 2, 'https://abc.three.example' => 2 } ],
    [ 'traefik/04-kubernetes.yml', '/x', PATCH => { $one => 1 } ],
    [ 'traefik/06-hostile.yml', '/a', GET => {} ],
    [ 'ingress/01-annotations.yaml', '/api/x', PUT => { $one => 2, 'https://a-1.two.example' => 2, 'https://three.example:8443' => 2 } ],
    [ 'ingress/01-annotations.yaml', '/apix', GET => {} ],
    [ 'ingress/02-defaults.yaml', '/x', DELETE => { $one => 1, null => 1 } ],
    [ 'ingress/02-defaults.yaml', '/admin/x', GET => {} ],
    [ 'ingress/02-defaults.yaml', '/exact', GET => {} ],
    [ 'ingress/04-near.yaml', '/v1/api/x', GET => { 'https://example.com' => 1 } ],
    [ 'ingress/05-hostile.yaml', '/x', GET => {} ],
    [ 'tomcat/01-web.xml', '/api/x', PUT => { $one => 2, 'https://two.example:8443' => 2 } ],
    [ 'tomcat/01-web.xml', '/api/x', GET => { $one => 2, 'https://two.example:8443' => 2 } ],
    [ 'tomcat/01-web.xml', '/api/x', POST => {} ],
    [ 'tomcat/01-web.xml', '/api/x', DELETE => {} ],
    [ 'tomcat/01-web.xml', '/x', GET => {} ],
    [ 'tomcat/02-defaults.xml', '/x', GET => {} ],
    [ 'tomcat/03-any.xml', '/open/x', POST => { $one => 1, null => 1 } ],
    [ 'tomcat/03-any.xml', '/open/x', PUT => {} ],
    [ 'tomcat/03-any.xml', '/open/x.json', GET => {} ],
    [ 'spring/01-gateway.yml', '/x', PUT => { $one => 2, 'https://two.example' => 2, 'https://a.three.example:8080' => 2, 'https://a.b.three.example:8081' => 2 } ],
    [ 'spring/01-gateway.yml', '/x', POST => { $one => 2 } ],
    [ 'spring/01-gateway.yml', '/x', DELETE => {} ],
    [ 'spring/01-gateway.yml', '/open/x', DELETE => { $one => 1, null => 1 } ],
    [ 'spring/02-actuator.yml', '/actuator/health', POST => { $one => 1 } ],
    [ 'spring/02-actuator.yml', '/actuator/health', PUT => {} ],
    [ 'spring/02-actuator.yml', '/graphql', POST => {} ],
    [ 'spring/03-any.yml', '/both/x', GET => {} ],
    [ 'spring/03-any.yml', '/patterns/x', PUT => { $one => 1, null => 1 } ],
    [ 'spring/03-any.yml', '/patterns/x', POST => {} ],
    [ 'spring/04-hostile.yml', '/x', GET => {} ],
    [ 'spring/05-application.properties', '/api/x', PUT => { $one => 2, $two => 2 } ],
    [ 'spring/05-application.properties', '/api/x', DELETE => {} ],
    [ 'spring/05-application.properties', '/p/x', GET => { 'https://a.one.example:8080' => 1, 'https://b.example' => 1 } ],
    [ 'spring/05-application.properties', '/manage/x', GET => { $one => 1 } ],
    [ 'spring/05-application.properties', '/graphql', GET => {} ],
    [ 'istio/01-service.yaml', '/api/public/x', GET => { $one => 1, null => 1 } ],
    [ 'istio/01-service.yaml', '/api/x', PUT => { $one => 2, 'https://a.two.example' => 2, 'https://three.example' => 2, 'https://three.example:8443' => 2 } ],
    [ 'istio/01-service.yaml', '/api/x', DELETE => {} ],
    [ 'istio/01-service.yaml', '/status', PUT => { $one => 2 } ],
    [ 'istio/01-service.yaml', '/x', GET => {} ],
    [ 'istio/02-conditions.yaml', '/v1/x', GET => {} ],
    [ 'istio/02-conditions.yaml', '/v2/files/x', PUT => { $one => 1 } ],
    [ 'istio/03-hostile.yaml', '/x', GET => {} ],
    [ 'istio/04-list.yaml', '/b', GET => {} ],
    [ 'istio/05-ports.yaml', '/b', GET => { $two => 2, "$two:8443" => 2 } ],
    [ 'envoy/04-headers.yaml', '/x', GET => {} ],
    [ 'spring/06-headers.yml', '/x', GET => {} ],
    [ 'traefik/07-compose.yml', '/api/x', PUT => { $one => 1, 'https://a.two.example' => 1 } ],
    [ 'traefik/07-compose.yml', '/x', GET => {} ],
    [ 'tomcat/05-several.xml', '/api/x', PUT => { $one => 2 } ],
    [ 'tomcat/05-several.xml', '/status', PUT => { $one => 2 } ],
    [ 'tomcat/05-several.xml', '/api/public/x', GET => {} ],
    [ 'tomcat/05-several.xml', '/other/x', GET => {} ],
    [ 'envoy/01-typed.yaml', '/x', PUT => { $one => 2, 'https://a.two.example' => 2 } ],
    [ 'envoy/01-typed.yaml', '/exact', PUT => { 'https://a.three.example' => 2 } ],
    [ 'envoy/01-typed.yaml', '/exactly', PUT => { $one => 2 } ],
    [ 'envoy/01-typed.yaml', '/off/x', GET => {} ],
    [ 'envoy/02-old.json', '/x', DELETE => { $one => 1, null => 1 } ],
    [ 'envoy/02-old.json', '/api/x', DELETE => { 'https://a.one.example' => 2 } ],
    [ 'envoy/03-hostile.yaml', '/x', GET => {} ],
);

# Origins that are similar to the given ones, and some unrelated ones.
sub near_misses {
    my (@origins) = @_;
    my @all = ('null', 'https://evil.example', 'https://one.example', 'http://example.com');
    for my $origin (grep { $_ ne 'null' } @origins) {
        my ($scheme, $host, $port) = $origin =~ m{\A(https?)://([^:]+)(?::(\d+))?\z};
        my $end = defined $port ? ":$port" : '';
        my $other = $scheme eq 'https' ? 'http' : 'https';
        push @all, "$other://$host$end", "$scheme://$host:1", "$scheme://$host.evil$end", "$scheme://$host-evil.example$end", "$scheme://evil-$host$end", "$scheme://x.y.$host$end",
            "$scheme://evil.example:1", "$scheme://" . $host =~ s/\./x/r . $end, "$scheme://" . $host =~ s/\A[^.]+\.//r . $end;
    }
    return @all;
}

# Similar origins that the original allowed as well.
my %is_meant = map { $_ => 1 } (
    'haproxy/01-recipe.cfg GET https://evil-x-1.preview.example',
    (map { "haproxy/02-lua.cfg PUT $_" } 'https://localhost:3000', 'http://localhost:1', 'http://a.partner.example', 'https://evil-a.partner.example', 'https://x.y.a.partner.example'),
    'caddy/02-paths.Caddyfile GET https://evil-a.app.example',
    (map { "caddy/04-map.Caddyfile GET $_" } 'https://evil-a.two.example', 'https://x.y.a.two.example'),
    'ingress/01-annotations.yaml PUT https://evil-a-1.two.example',
    (map { "spring/01-gateway.yml PUT $_" } 'https://evil-a.three.example:8080', 'https://evil-a.b.three.example:8081', 'https://x.y.a.three.example:8080', 'https://x.y.a.b.three.example:8081', 'https://b.three.example:8081', 'https://axb.three.example:8081'),
    (map { "istio/05-ports.yaml GET $_" } 'https://two.example:1', "$two:8443", $two),
    (map { "traefik/07-compose.yml PUT $_" } 'https://evil-a.two.example', 'https://x.y.a.two.example'),
    (map { "spring/05-application.properties GET $_" } 'https://evil-a.one.example:8080', 'https://x.y.a.one.example:8080'),
    (map { "istio/01-service.yaml PUT $_" } 'https://three.example:1', 'https://three.example:8443', 'https://three.example'),
    (map { "envoy/01-typed.yaml PUT $_" } 'https://evil-a.three.example', 'https://x.y.a.three.example', 'https://one.example'),
    (map { "envoy/02-old.json DELETE $_" } 'https://evil-a.one.example', 'https://x.y.a.one.example'),
    (map { "traefik/02-file.toml GET $_" } 'https://a.team.example:1', 'https://evil-a.team.example', 'https://evil-a.team.example:8443', 'https://x.y.a.team.example', 'https://x.y.a.team.example:8443'),
);

my %is_input = map { $_->[0] => 1 } @cases;
my $text = "Listen 127.0.0.1:\@port\@\n";
my %table;
for my $input (sort keys %is_input) {
    my $printed = `$work/tools/cors-policy-import/bin/cors-policy-import $inputs/$input 2>import-others-said`;
    die "cors-policy-import $input: $?\n" if $? >> 8 > 1;
    $table{$input} = JSON::PP->new->decode(scalar `$work/tools/cors-policy-import/bin/cors-policy-import --verify --json $inputs/$input 2>import-others-verified`);
    $text .= "<VirtualHost 127.0.0.1:\@port\@>\nServerName " . host_of($input) . "\nProxyPass / http://127.0.0.1:$backend/\n$printed</VirtualHost>\n";
}
sub host_of { return $_[0] =~ tr{/.}{--}r . '.example' }
my $httpd = Httpd->start(name => 'import-others', text => $text, expected => qr/Warning: /);

# the sections of several servers are in one virtual host here
my @verified = grep { my %server = map { ($_->{server} // '') => 1 } @{ $table{$_}{rows} }; keys %server == 1 } sort keys %table;
plan tests => 2 * @cases + @verified + 2;
my %cache;
for my $case (@cases) {
    my ($input, $path, $method, $allowed) = @$case;
    my $to = [ $httpd->{port}{port}, host_of($input) ];
    my $as_far = sub {
        my ($origin) = @_;
        my ($omit, $include) = map { (reach($to, { path => $path, origin => $origin, credentials => $_, method => $method, headers => [] }, $cache{$input}{$origin} ||= {}))[0] } qw(omit include);
        return $include == 2 ? 2 : $omit == 2 ? 1 : 0;
    };
    is_deeply({ map { $_ => $as_far->($_) } keys %$allowed }, $allowed, "$input: $method $path: " . join(' ', sort keys %$allowed) . ' as before');
    my $is_any = $allowed->{null};
    my @in = $is_any ? () : grep { !$allowed->{$_} && !$is_meant{"$input $method $_"} && $as_far->($_) } near_misses(%$allowed ? sort keys %$allowed : ($one, $two));
    my @with_cookies = grep { $as_far->($_) > 1 } near_misses($one, 'https://stranger.invalid') if $is_any;
    is_deeply([ @in, @with_cookies ], [], "$input: $method $path: no similar origin");
}
# what --verify says after the import is what httpd does
my $rows = 0;
for my $input (@verified) {
    my ($wrong, $right) = verified($table{$input}, undef, [ $httpd->{port}{port}, host_of($input) ], side => 'after', every => 5);
    is_deeply($wrong, [], "$input: each row of --verify is what httpd does with the policy") or diag(scalar(@$wrong), " wrong, $right right");
    $rows += $right;
}
cmp_ok($rows, '>', 200, "$rows rows of --verify are true after");
cmp_ok(exchanges(), '>', 500, exchanges() . ' exchanges');
