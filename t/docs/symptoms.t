# Licensed under the Apache License, Version 2.0; see LICENSE.
# Problems that occur when CORS is built from Header directives: none of them can occur with
# the module.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response handshake_fields preflight_vary send_request);
use CorsTest qw(config_fails);
use Httpd ();

my $app = 'https://app.example';
my $evil = 'https://app.example.evil';
my ($backend, $fcgi) = (Httpd::free_port(), Httpd::free_port());
my $backend_log = "$ENV{CORS_WORK}/t/logs/symptoms_backend";
Httpd::start_helper('backend.pl', $backend, CORS_BACKEND_LOG => $backend_log);
Httpd::start_helper('fcgi.pl', $fcgi);
my $httpd = Httpd->start(
    name => 'symptoms', conf => 'symptoms.conf',
    expected => qr{\[recipe-[a-z]+\]$}, # people's recipes are the subject
    vars => { backend => $backend, fcgi => $fcgi },
    modules => [qw(proxy_fcgi unique_id security2 auth_openidc)]);
my @h1 = (h1 => $httpd->{port}{port});
# prefork has no HTTP/2; with it, the tests for HTTP/2 use HTTP/1.1
my @h2 = (Httpd::has_h2() ? 'h2c' : 'h1', $h1[1]);

my %asked = preflight_vary();
my %vary = (vary => 'Origin');
my %headers = (
    'access-control-allow-origin' => $app,
    'access-control-allow-credentials' => 'true',
    'access-control-expose-headers' => 'X-Total',
);
my %preflight = (
    %asked,
    'access-control-allow-origin' => $app,
    'access-control-allow-credentials' => 'true',
    'access-control-allow-methods' => 'GET, HEAD, PUT, POST, PROPFIND',
    'access-control-allow-headers' => 'Content-Type, X-Token',
    'access-control-max-age' => 600,
);
my %handshake = handshake_fields();

my ($symptom, $promise);
sub promise { ($symptom, $promise) = @_; return }
sub promised { return "symptom $symptom: $promise, $_[0]" }

sub check_response {
    my ($what, $request, $expected, $via) = @_;
    my ($method, $path, %send) = @$request;
    is_deeply(cors_response($via // \@h1, $method, $path, %send), $expected, promised($what));
}
sub check_preflights {
    my ($path, $more, $method) = @_;
    my $announces = $method // 'PUT';
    check_response(($more // '') . 'for an allowed origin',
        [ OPTIONS => $path, origin => $app, acrm => $announces ], { status => 204, %preflight });
    check_response(($more // '') . 'and refused for another origin',
        [ OPTIONS => $path, origin => $evil, acrm => $announces ], { status => 403, %asked });
}
# the same status for every origin, and the headers for the allowed origin only
sub check_answers {
    my ($what, $path, $status, %more) = @_;
    my $vary = join ', ', $more{vary} // (), 'Origin';
    my ($method, $via) = ($more{method} // 'GET', $more{via});
    my %send = %{ $more{send} // {} };
    check_response("$what, for an allowed origin", [ $method, $path, origin => $app, %send ],
        { status => $status, %headers, vary => $vary }, $via);
    check_response("$what, and without headers for another origin", [ $method, $path, origin => $evil, %send ],
        { status => $status, vary => $vary }, $via);
}

promise(1, 'a preflight is answered before Basic authentication');
check_preflights('/private.txt');
check_answers('while the request itself is asked for a password', '/private.txt', 401);

promise(2, 'a preflight is not sent to an identity provider');
check_preflights('/oidc/plain.txt');

promise(3, 'a page can read that it has to log in');
check_answers('by a redirect', '/oidc/plain.txt', 302, send => { accept => '*/*' });
check_answers('by a 401', '/private.txt', 401);

promise(4, 'a 304 keeps its headers');
check_answers('like the 200', '/plain.txt', 304, send => { 'if-none-match' => '*' });

promise(5, 'errors have their headers');
check_answers('a 404', '/not-there', 404);
check_answers('a 500', '/cgi/die.cgi', 500);
check_answers('a 503', '/dead/x', 503);
check_answers('a 404 of a backend', '/api/missing', 404);

promise(6, 'Header set and Header always set never make two fields');
check_answers('there is one field', '/recipe-twice/plain.txt', 200);
check_answers('there is one field on an error', '/recipe-twice/not-there', 404);
check_preflights('/recipe-twice/plain.txt', 'there is one field on a preflight, ');

promise(7, 'CORS headers of a backend are not sent beside those of the policy');
check_answers('there is one field', '/api/own', 200, vary => 'Accept');

promise(8, 'CORS headers of FastCGI are replaced');
check_answers('on success', '/fcgi/200', 200, vary => 'Accept');
check_answers('on an error', '/fcgi/500', 500, vary => 'Accept');

promise(9, 'no preflight is answered by a page about an internal error');
for ([ '/recipe-200/x', 'with a rewrite rule of the server' ],
     [ '/recipe-200-here', 'with a rewrite rule of a Location' ]) {
    my $response = send_request(\@h1, OPTIONS => $_->[0], origin => $app, acrm => 'PUT');
    is_deeply($response->cors, { status => 204, %preflight }, promised($_->[1]));
    is($response->body, '', promised("$_->[1], and there is no body"));
}
check_response('another origin is not allowed by the rule', [ OPTIONS => '/recipe-200/x', origin => $evil, acrm => 'PUT' ],
    { status => 200, %asked });
check_response('another origin is not allowed by the rule of a Location', [ OPTIONS => '/recipe-200-here', origin => $evil, acrm => 'PUT' ],
    { status => 403, %asked });

promise(10, 'a preflight is not redirected to an address with a slash');
check_preflights('/dir');
check_answers('the request itself is redirected, and can be read', '/dir', 301);

promise(11, 'a preflight is not redirected from http to https');
check_response('for an allowed origin', [ OPTIONS => '/to-https', origin => $app, acrm => 'PUT' ],
    { status => 204, %preflight });
check_response('another origin is still redirected', [ OPTIONS => '/to-https', origin => $evil, acrm => 'PUT' ],
    { status => 301, %asked });

promise(12, 'a cache never gives an origin the response for another one');
check_response('the first request', [ GET => '/cached/plain.txt?12', origin => $evil ], { status => 200, %vary });
check_response('a request of another origin', [ GET => '/cached/plain.txt?12', origin => $app ], { status => 200, %headers, %vary });
check_response('a second request of the first origin', [ GET => '/cached/plain.txt?12', origin => $evil ], { status => 200, %vary });

promise(13, 'a response stored for a request without Origin is not used for a page');
check_response('the copy has Vary', [ GET => '/cached/plain.txt?13' ], { status => 200, %vary });
check_response('a page gets a copy of its own', [ GET => '/cached/plain.txt?13', origin => $app ],
    { status => 200, %headers, %vary });

promise(14, 'a regular expression matches the whole origin or not at all');
for ([ '/regex/', 'https://a.example.com', 1 ], [ '/regex/', 'https://other.example', 1 ],
     [ '/wild/', 'https://a.example.com', 1 ], [ '/wild/', 'https://a.b.example.com', 1 ],
     (map { my $path = $_; map { [ $path, $_, 0 ] }
         qw(https://a.example.com.evil https://evil.com?https://a.example.com https://axexample.com
            https://a.example.com:81 http://a.example.com https://other.example.evil https://evil-example.com
            xhttps://a.example.com) } qw(/regex/ /wild/ /recipe-regex/))) {
    my ($path, $origin, $ok) = @$_;
    check_response("$origin is " . ($ok ? 'allowed' : 'not allowed') . " by $path",
        [ GET => "${path}plain.txt", origin => $origin ],
        { status => 200, $ok ? (%headers, 'access-control-allow-origin' => $origin) : (), %vary });
}

promise(15, 'httpd does not start with credentials for any origin');
config_fails(promised('in one section'), <<'EOC', 3, 'CorsAllowAnyOriginWithCredentialsUnsafe');
CorsPolicy On
CorsAllowCredentials On
CorsAllowOrigins *
EOC
check_answers('a recipe that reflects every origin has no effect', '/recipe-reflect/plain.txt', 200);

promise(16, 'no header is empty or (null)');
check_answers('whatever the value of a variable is', '/recipe-variable/plain.txt', 200);
check_response('without Origin', [ GET => '/recipe-variable/plain.txt' ], { status => 200, %vary });
check_response('with an empty Origin', [ GET => '/plain.txt', origin => '' ], { status => 200, %vary });

promise(17, 'an internal rewrite does not lose the headers');
check_answers('in .htaccess', '/htaccess-rewrite/within', 200);
check_answers('by a script', '/cgi/location.cgi', 200);

promise(18, 'null is not an origin');
config_fails(promised('unless it is named together with its Unsafe directive'), <<'EOC', 2, 'CorsAllowNullOriginUnsafe');
CorsPolicy On
CorsAllowOrigins null
EOC
check_response("by $_", [ GET => "${_}plain.txt", origin => 'null' ], { status => 200, %vary })
    for qw(/ /regex/ /wild/ /recipe-reflect/);

promise(19, 'a backend that refuses OPTIONS gets no preflight');
my $mark = -s $backend_log;
check_preflights('/api/no-options');
is(-s $backend_log, $mark, promised('its log has none'));
check_response('with CorsPreflight Continue the backend answers', [ OPTIONS => '/asks-backend/plain', origin => $app, acrm => 'PUT' ],
    { status => 200, %preflight });
cmp_ok(-s $backend_log, '>', $mark, promised('with CorsPreflight Continue the log of the backend has the preflight'));

promise(20, 'a firewall that blocks OPTIONS does not block preflights');
check_preflights('/waf/plain.txt');
check_answers('it blocks the request', '/waf/plain.txt', 403, method => 'PUT', send => { body => 'x' });
check_answers('it blocks OPTIONS that is not a preflight', '/waf/plain.txt', 403, method => 'OPTIONS');

promise(21, 'WebDAV keeps its OPTIONS');
my $options = send_request(\@h1, OPTIONS => '/dav/', origin => $app);
is_deeply([ $options->cors, $options->field('dav') // 'nothing' ],
    [ { status => 200, %headers, %vary }, '1,2 | <http://apache.org/dav/propset/fs/1>' ],
    promised('from a page'));
$options = send_request(\@h1, OPTIONS => '/dav/');
is_deeply([ $options->cors, $options->field('dav') // 'nothing' ],
    [ { status => 200, %vary }, '1,2 | <http://apache.org/dav/propset/fs/1>' ],
    promised('from a client that is not a browser'));
check_preflights('/dav/a', 'and a preflight is answered, ', 'PROPFIND');

promise(22, 'an error is reported when the server starts, with its line and a suggestion');
config_fails(promised('a path'), <<'EOC', 2, 'https://app.example/', 'write https://app.example');
CorsPolicy On
CorsAllowOrigins https://app.example/
EOC
config_fails(promised('a directive that does not exist'), <<'EOC', 2, 'CorsAllowOrigin');
CorsPolicy On
CorsAllowOrigin https://app.example
EOC
check_answers('the correct directive works in .htaccess as well', '/htaccess-policy/a', 200);

promise(23, 'an old client can get the status 200 for a preflight');
check_response('for an allowed origin', [ OPTIONS => '/old/plain.txt', origin => $app, acrm => 'PUT' ],
    { status => 200, %preflight });
check_response('and refused for another origin', [ OPTIONS => '/old/plain.txt', origin => $evil, acrm => 'PUT' ],
    { status => 403, %asked });

promise(24, 'a page of another origin cannot open a WebSocket');
for ([ $app, 101, 'a page of an allowed origin opens one' ], [ $evil, 403, 'the page of another origin is refused' ]) {
    my $before = -s $backend_log;
    my $status = send_request(\@h1, GET => '/socket', %handshake, origin => $_->[0])->status;
    is($status, $_->[1], promised($_->[2]));
    is(-s $backend_log > $before ? 'reached' : 'not reached', $_->[1] == 101 ? 'reached' : 'not reached',
        promised("$_->[2], as the log of the backend shows"));
}

promise(25, 'HTTP/2 with FastCGI has each field once');
check_answers('on success', '/fcgi/200', 200, vary => 'Accept', via => \@h2);
check_answers('on an error', '/fcgi/404', 404, vary => 'Accept', via => \@h2);

done_testing();
