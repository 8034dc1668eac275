# Licensed under the Apache License, Version 2.0; see LICENSE.
# A backend that implements CORS itself: with CorsBackendHeaders Keep and CorsPreflight
# Continue it answers for itself, and the policy answers where it is silent.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response preflight_vary protocols);
use Httpd ();

my ($app, $partner, $evil) = map { "https://$_.example" } qw(app partner evil);
my $backend = Httpd::free_port();
my $app_log = "$ENV{CORS_WORK}/t/logs/backends_app";
Httpd::start_helper('own-cors.pl', $backend, APP_LOG => $app_log);
my $httpd = Httpd->start(name => 'backends', vars => { backend => $backend }, modules => [qw(auth_basic authn_file authz_user)], text => <<'CONF');
Listen 127.0.0.1:@port@
<IfModule http2_module>
    Protocols h2c http/1.1
</IfModule>
CorsPolicy On
CorsAllowOrigins https://app.example
CorsAllowCredentials On
CorsAllowMethods PUT
CorsExposeHeaders ETag
<Location "/partner">
    ProxyPass "http://127.0.0.1:@backend@/partner"
</Location>
<Location "/anonymous">
    ProxyPass "http://127.0.0.1:@backend@/anonymous"
</Location>
<Location "/silent">
    ProxyPass "http://127.0.0.1:@backend@/silent"
</Location>
<LocationMatch "^/\w+/own">
    CorsPreflight Continue
    CorsBackendHeaders Keep
</LocationMatch>
<LocationMatch "^/\w+/own-reject">
    CorsRejectDisallowed On
</LocationMatch>
<LocationMatch "^/\w+/continue">
    CorsPreflight Continue
</LocationMatch>
<LocationMatch "^/\w+/keep">
    CorsBackendHeaders Keep
</LocationMatch>
<LocationMatch "^/\w+/exposed">
    CorsAllowOrigins https://partner.example
    CorsBackendHeaders KeepExposed
</LocationMatch>
<LocationMatch "^/\w+/credentials">
    CorsAllowOrigins https://partner.example https://app.example
    CorsBackendHeaders KeepCredentials
</LocationMatch>
<LocationMatch "^/\w+/both">
    CorsAllowOrigins https://partner.example
    CorsBackendHeaders KeepBoth
</LocationMatch>
<LocationMatch "^/\w+/own-private">
    AuthType Basic
    AuthName private
    AuthUserFile "@t@/conf/users"
    Require valid-user
</LocationMatch>
<LocationMatch "^/\w+/own-private-open">
    <Limit OPTIONS>
        Require all granted
    </Limit>
    <LimitExcept OPTIONS>
        Require valid-user
    </LimitExcept>
</LocationMatch>
CONF

my %vary = (vary => 'Origin');
my %asked = preflight_vary();
my %lists = ('access-control-allow-methods' => 'PUT', 'access-control-allow-headers' => 'content-type');
sub origin_of { return ('access-control-allow-origin' => $_[0], 'access-control-allow-credentials' => 'true') }
my %own = (%vary, origin_of($partner), 'access-control-expose-headers' => 'X-Total | X-Page');
my %own_preflight = (%vary, origin_of($partner), 'access-control-allow-methods' => 'PUT');
my %policy = (%vary, origin_of($app), 'access-control-expose-headers' => 'ETag');
my %policy_preflight = (%asked, origin_of($app), %lists);

# what the backend has logged since the last call
my $seen = 0;
sub reached {
    open my $log, "<", $app_log or return;
    seek $log, $seen, 0;
    my @lines = map { s/\n//r } <$log>;
    $seen = tell $log;
    return @lines;
}

# the requests: what holds, path, origin, further fields, status, fields of the
# response, whether the backend gets the request
my %put = (acrm => 'PUT');
my @rows = (
    # Keep and Continue: the backend answers for itself
    [ 'the backend answers the preflight of an origin that only the backend allows', OPTIONS => '/partner/own', $partner, {%put}, 204, {%own_preflight}, 1 ],
    [ 'the backend answers the request of this origin', GET => '/partner/own', $partner, {}, 200, {%own}, 1 ],
    [ 'it decides on a method that the policy does not have', OPTIONS => '/partner/own', $partner, { acrm => 'DELETE' }, 204, {%own_preflight}, 1 ],
    [ 'it decides on a header that the policy does not have', OPTIONS => '/partner/own', $partner, { %put, acrh => 'x-a' }, 204, {%own_preflight}, 1 ],
    [ 'an origin of the policy gets the policy where the backend is silent', OPTIONS => '/partner/own', $app, {%put}, 204, {%policy_preflight}, 1 ],
    [ 'so does its request', GET => '/partner/own', $app, {}, 200, {%policy}, 1 ],
    [ 'a method that neither allows is denied by the lists of the policy', OPTIONS => '/partner/own', $app, { acrm => 'DELETE' }, 204, {%policy_preflight}, 1 ],
    [ 'an origin that neither allows gets no CORS header', OPTIONS => '/partner/own', $evil, {%put}, 204, {%asked}, 1 ],
    [ 'nor does its request', GET => '/partner/own', $evil, {}, 200, {%vary}, 1 ],
    [ 'a backend without CORS has the policy of its origin', OPTIONS => '/silent/own', $app, {%put}, 204, {%policy_preflight}, 1 ],
    [ 'a backend without CORS allows no other origin', OPTIONS => '/silent/own', $partner, {%put}, 204, {%asked}, 1 ],
    # what would be rejected is not announced
    [ 'CorsRejectDisallowed refuses the preflight too', OPTIONS => '/partner/own-reject', $partner, {%put}, 403, {%asked}, 0 ],
    [ 'CorsRejectDisallowed refuses the request', GET => '/partner/own-reject', $partner, {}, 403, {%vary}, 0 ],
    [ 'CorsRejectDisallowed leaves an allowed origin to the backend', OPTIONS => '/partner/own-reject', $app, { acrm => 'DELETE' }, 204, {%policy_preflight}, 1 ],
    # authentication comes first, and a preflight has no password
    [ 'authentication stops the preflight', OPTIONS => '/partner/own-private', $partner, {%put}, 401, {%asked}, 0 ],
    [ 'it stops the preflight of an allowed origin, too', OPTIONS => '/partner/own-private', $app, {%put}, 401, {%policy_preflight}, 0 ],
    [ 'OPTIONS without a password lets it reach the backend', OPTIONS => '/partner/own-private-open', $partner, {%put}, 204, {%own_preflight}, 1 ],
    [ 'the request itself still needs the password', GET => '/partner/own-private-open', $partner, {}, 401, {%vary}, 0 ],
    # one of the two alone
    [ 'Continue alone denies at once', OPTIONS => '/partner/continue', $partner, {%put}, 403, {%asked}, 0 ],
    [ 'Continue alone replaces the headers', OPTIONS => '/partner/continue', $app, {%put}, 204, {%policy_preflight}, 1 ],
    [ 'Keep alone answers preflights by the policy', OPTIONS => '/partner/keep', $partner, {%put}, 403, {%asked}, 0 ],
    # a part of the headers, of an origin that the policy allows
    [ 'KeepExposed adds the names of the backend to those of the policy', GET => '/partner/exposed', $partner, {}, 200,
      { %vary, origin_of($partner), 'access-control-expose-headers' => 'ETag, X-Total, X-Page' }, 1 ],
    [ 'KeepExposed leaves credentials to the policy', GET => '/anonymous/exposed', $partner, {}, 200,
      { %vary, origin_of($partner), 'access-control-expose-headers' => 'ETag' }, 1 ],
    [ 'KeepExposed allows no further origin', GET => '/partner/exposed', $app, {}, 200, {%vary}, 1 ],
    [ 'KeepExposed answers preflights by the policy', OPTIONS => '/partner/exposed', $partner, {%put}, 204, { %asked, origin_of($partner), %lists }, 0 ],
    [ 'KeepCredentials sends credentials if the backend does', GET => '/partner/credentials', $partner, {}, 200,
      { %vary, origin_of($partner), 'access-control-expose-headers' => 'ETag' }, 1 ],
    [ 'KeepCredentials sends none if the backend does not', GET => '/anonymous/credentials', $partner, {}, 200,
      { %vary, 'access-control-allow-origin' => $partner, 'access-control-expose-headers' => 'ETag' }, 1 ],
    [ 'KeepCredentials sends none to an origin that the backend does not know', GET => '/partner/credentials', $app, {}, 200,
      { %vary, 'access-control-allow-origin' => $app, 'access-control-expose-headers' => 'ETag' }, 1 ],
    [ 'KeepCredentials answers preflights by the policy', OPTIONS => '/anonymous/credentials', $partner, {%put}, 204, { %asked, origin_of($partner), %lists }, 0 ],
    [ 'KeepBoth keeps both', GET => '/partner/both', $partner, {}, 200,
      { %vary, origin_of($partner), 'access-control-expose-headers' => 'ETag, X-Total, X-Page' }, 1 ],
    [ 'KeepBoth sends neither if the backend does not', GET => '/anonymous/both', $partner, {}, 200,
      { %vary, 'access-control-allow-origin' => $partner, 'access-control-expose-headers' => 'ETag' }, 1 ],
    [ 'KeepBoth of a backend without CORS', GET => '/silent/both', $partner, {}, 200,
      { %vary, 'access-control-allow-origin' => $partner, 'access-control-expose-headers' => 'ETag' }, 1 ],
    [ 'Keep alone keeps the headers of the response', GET => '/partner/keep', $partner, {}, 200, {%own}, 1 ],
);
for my $over (protocols("h1", Httpd::has_h2() ? "h2c" : ())) {
    my ($protocol, $name) = @$over;
    for my $row (@rows) {
        my ($what, $method, $path, $origin, $send, $status, $fields, $reached) = @$row;
        my $cors = cors_response([ $protocol => $httpd->{port}{port} ], $method, $path, origin => $origin, %$send);
        is_deeply([ $cors, reached() ], [ { status => $status, %$fields }, ("$method $path $origin") x $reached ], "$name: $what");
    }
}

done_testing();
