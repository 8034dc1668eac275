# Licensed under the Apache License, Version 2.0; see LICENSE.
# What people complain about when CORS is made of recipes: each complaint as the
# promise that it cannot happen here.
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
# prefork knows no HTTP/2: there the promise about it is kept over HTTP/1.1
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
sub so { return "symptom $symptom: $promise, $_[0]" }

sub gets {
    my ($what, $request, $expected, $via) = @_;
    my ($method, $path, %send) = @$request;
    is_deeply(cors_response($via // \@h1, $method, $path, %send), $expected, so($what));
}
sub preflights {
    my ($path, $more, $method) = @_;
    my $announces = $method // 'PUT';
    gets(($more // '') . 'for an allowed origin',
        [ OPTIONS => $path, origin => $app, acrm => $announces ], { status => 204, %preflight });
    gets(($more // '') . 'and refused for another',
        [ OPTIONS => $path, origin => $evil, acrm => $announces ], { status => 403, %asked });
}
# the same status for everybody, the headers for the allowed origin alone
sub answers {
    my ($what, $path, $status, %more) = @_;
    my $vary = join ', ', $more{vary} // (), 'Origin';
    my ($method, $via) = ($more{method} // 'GET', $more{via});
    my %send = %{ $more{send} // {} };
    gets("$what, for an allowed origin", [ $method, $path, origin => $app, %send ],
        { status => $status, %headers, vary => $vary }, $via);
    gets("$what, and not for another", [ $method, $path, origin => $evil, %send ],
        { status => $status, vary => $vary }, $via);
}

promise(1, 'a preflight is answered before Basic authentication');
preflights('/private.txt');
answers('while the request itself is asked for a password', '/private.txt', 401);

promise(2, 'a preflight is not sent to an identity provider');
preflights('/oidc/plain.txt');

promise(3, 'a page can read that it has to log in');
answers('by a redirect', '/oidc/plain.txt', 302, send => { accept => '*/*' });
answers('by a 401', '/private.txt', 401);

promise(4, 'a 304 keeps its headers');
answers('like the 200', '/plain.txt', 304, send => { 'if-none-match' => '*' });

promise(5, 'errors have their headers');
answers('a 404', '/not-there', 404);
answers('a 500', '/cgi/die.cgi', 500);
answers('a 503', '/dead/x', 503);
answers('a 404 of a backend', '/api/missing', 404);

promise(6, 'Header set and Header always set do not add up');
answers('there is one field', '/recipe-twice/plain.txt', 200);
answers('nor on an error', '/recipe-twice/not-there', 404);
preflights('/recipe-twice/plain.txt', 'nor on a preflight, ');

promise(7, 'what a backend says about CORS does not add up');
answers('there is one field', '/api/own', 200, vary => 'Accept');

promise(8, 'what FastCGI says about CORS is replaced');
answers('on success', '/fcgi/200', 200, vary => 'Accept');
answers('on an error', '/fcgi/500', 500, vary => 'Accept');

promise(9, 'no preflight is answered by a page about an internal error');
for ([ '/recipe-200/x', 'with a rewrite rule of the server' ],
     [ '/recipe-200-here', 'with a rewrite rule of a Location' ]) {
    my $response = send_request(\@h1, OPTIONS => $_->[0], origin => $app, acrm => 'PUT');
    is_deeply($response->cors, { status => 204, %preflight }, so($_->[1]));
    is($response->body, '', so("$_->[1], and there is no body"));
}
gets('and another origin is not allowed by it', [ OPTIONS => '/recipe-200/x', origin => $evil, acrm => 'PUT' ],
    { status => 200, %asked });
gets('nor by that of a Location', [ OPTIONS => '/recipe-200-here', origin => $evil, acrm => 'PUT' ],
    { status => 403, %asked });

promise(10, 'a preflight is not redirected to an address with a slash');
preflights('/dir');
answers('while the request is, readably', '/dir', 301);

promise(11, 'a preflight is not redirected from http to https');
gets('for an allowed origin', [ OPTIONS => '/to-https', origin => $app, acrm => 'PUT' ],
    { status => 204, %preflight });
gets('while another stays redirected', [ OPTIONS => '/to-https', origin => $evil, acrm => 'PUT' ],
    { status => 301, %asked });

promise(12, 'no cache gives an origin what is another\'s');
gets('who comes first', [ GET => '/cached/plain.txt?12', origin => $evil ], { status => 200, %vary });
gets('who comes then', [ GET => '/cached/plain.txt?12', origin => $app ], { status => 200, %headers, %vary });
gets('who comes last', [ GET => '/cached/plain.txt?12', origin => $evil ], { status => 200, %vary });

promise(13, 'a copy made without Origin does no harm');
gets('it has Vary', [ GET => '/cached/plain.txt?13' ], { status => 200, %vary });
gets('so that the page gets its own', [ GET => '/cached/plain.txt?13', origin => $app ],
    { status => 200, %headers, %vary });

promise(14, 'an expression matches the whole origin or not at all');
for ([ '/regex/', 'https://a.example.com', 1 ], [ '/regex/', 'https://other.example', 1 ],
     [ '/wild/', 'https://a.example.com', 1 ], [ '/wild/', 'https://a.b.example.com', 1 ],
     (map { my $path = $_; map { [ $path, $_, 0 ] }
         qw(https://a.example.com.evil https://evil.com?https://a.example.com https://axexample.com
            https://a.example.com:81 http://a.example.com https://other.example.evil https://evil-example.com
            xhttps://a.example.com) } qw(/regex/ /wild/ /recipe-regex/))) {
    my ($path, $origin, $ok) = @$_;
    gets("$origin is " . ($ok ? 'allowed' : 'not allowed') . " by $path",
        [ GET => "${path}plain.txt", origin => $origin ],
        { status => 200, $ok ? (%headers, 'access-control-allow-origin' => $origin) : (), %vary });
}

promise(15, 'credentials for any origin do not start');
config_fails(so('in one section'), <<'EOC', 3, 'CorsAllowAnyOriginWithCredentialsUnsafe');
CorsPolicy On
CorsAllowCredentials On
CorsAllowOrigins *
EOC
answers('and the recipe that reflects whoever asks says nothing', '/recipe-reflect/plain.txt', 200);

promise(16, 'no header says (null) or nothing');
answers('whatever a variable says', '/recipe-variable/plain.txt', 200);
gets('nor does it without Origin', [ GET => '/recipe-variable/plain.txt' ], { status => 200, %vary });
gets('nor with an empty one', [ GET => '/plain.txt', origin => '' ], { status => 200, %vary });

promise(17, 'an internal rewrite does not lose the headers');
answers('in .htaccess', '/htaccess-rewrite/within', 200);
answers('by a script', '/cgi/location.cgi', 200);

promise(18, 'null is nobody');
config_fails(so('unless it is named together with its Unsafe directive'), <<'EOC', 2, 'CorsAllowNullOriginUnsafe');
CorsPolicy On
CorsAllowOrigins null
EOC
gets("by $_", [ GET => "${_}plain.txt", origin => 'null' ], { status => 200, %vary })
    for qw(/ /regex/ /wild/ /recipe-reflect/);

promise(19, 'a backend that refuses OPTIONS is not asked');
my $mark = -s $backend_log;
preflights('/api/no-options');
is(-s $backend_log, $mark, so('its log proves it'));
gets('unless CorsPreflight Continue wants it to be', [ OPTIONS => '/asks-backend/plain', origin => $app, acrm => 'PUT' ],
    { status => 200, %preflight });
cmp_ok(-s $backend_log, '>', $mark, so('unless CorsPreflight Continue wants it to be, says its log'));

promise(20, 'a firewall that blocks OPTIONS does not block preflights');
preflights('/waf/plain.txt');
answers('while it blocks the request', '/waf/plain.txt', 403, method => 'PUT', send => { body => 'x' });
answers('and OPTIONS that is no preflight', '/waf/plain.txt', 403, method => 'OPTIONS');

promise(21, 'WebDAV keeps its OPTIONS');
my $options = send_request(\@h1, OPTIONS => '/dav/', origin => $app);
is_deeply([ $options->cors, $options->field('dav') // 'nothing' ],
    [ { status => 200, %headers, %vary }, '1,2 | <http://apache.org/dav/propset/fs/1>' ],
    so('from a page'));
$options = send_request(\@h1, OPTIONS => '/dav/');
is_deeply([ $options->cors, $options->field('dav') // 'nothing' ],
    [ { status => 200, %vary }, '1,2 | <http://apache.org/dav/propset/fs/1>' ],
    so('from a client that is no browser'));
preflights('/dav/a', 'and a preflight is answered, ', 'PROPFIND');

promise(22, 'a mistake is found when the server starts, with its line and its remedy');
config_fails(so('a path'), <<'EOC', 2, 'https://app.example/', 'write https://app.example');
CorsPolicy On
CorsAllowOrigins https://app.example/
EOC
config_fails(so('a directive that does not exist'), <<'EOC', 2, 'CorsAllowOrigin');
CorsPolicy On
CorsAllowOrigin https://app.example
EOC
answers('and what is right works in .htaccess too', '/htaccess-policy/a', 200);

promise(23, 'an old client can have its 200');
gets('for an allowed origin', [ OPTIONS => '/old/plain.txt', origin => $app, acrm => 'PUT' ],
    { status => 200, %preflight });
gets('and refused for another', [ OPTIONS => '/old/plain.txt', origin => $evil, acrm => 'PUT' ],
    { status => 403, %asked });

promise(24, 'a page of another origin opens no WebSocket');
for ([ $app, 101, 'while that of an allowed one does' ], [ $evil, 403, 'it is refused' ]) {
    my $before = -s $backend_log;
    my $status = send_request(\@h1, GET => '/socket', %handshake, origin => $_->[0])->status;
    is($status, $_->[1], so($_->[2]));
    is(-s $backend_log > $before ? 'asked' : 'not asked', $_->[1] == 101 ? 'asked' : 'not asked',
        so("$_->[2], as the backend's log says"));
}

promise(25, 'HTTP/2 with FastCGI has each field once');
answers('on success', '/fcgi/200', 200, vary => 'Accept', via => \@h2);
answers('on an error', '/fcgi/404', 404, vary => 'Accept', via => \@h2);

done_testing();
