# Licensed under the Apache License, Version 2.0; see LICENSE.
# httpd -t -D EXPLAIN_CORS: what would become of a request, without a server.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check);

my $docs = Apache::Test::vars('t_logs'); # the document root of config_check()
my $conf = <<"CONF";
CorsPolicy On
CorsAllowOrigins https://app.example
<VirtualHost *:80>
    ServerName api.example
    ServerAlias *.api.example
    CorsAllowMethods GET PUT
    <Directory "$docs/files">
        CorsAllowOrigins https://files.example
    </Directory>
    <Files "*.json">
        CorsExposeHeaders ETag
    </Files>
    <Location "/videos">
        CorsAllowCredentials On
        <Limit PUT>
            CorsAllowHeaders x-token
        </Limit>
        <If "%{HTTP:X} == 'y'">
            CorsAllowOrigins *
            CorsAllowCredentials Off
        </If>
    </Location>
    <Location ~ "^/tilde/[0-9]+\$">
        CorsPolicy Off
    </Location>
    <Location "/glob/*/x?">
        CorsPolicy Off
    </Location>
    <LocationMatch "^/(old|older)/">
        CorsPolicy Off
    </LocationMatch>
    <Location "/socket">
        CorsWebSocketAllowOrigins https://app.example
    </Location>
</VirtualHost>
<VirtualHost *:443>
    ServerName secure.example
    CorsAllowOrigins https://secure-app.example
</VirtualHost>
CONF

sub asked {
    my ($question) = @_;
    local $ENV{CORS_EXPLAIN} = $question;
    delete $ENV{CORS_EXPLAIN} if !defined $question;
    return config_check($conf, '-D EXPLAIN_CORS')->{printed};
}

my $yes = 'Allowed: the page may read the response.';
my $unread = 'Denied: the request is sent, and the page may not read the response.';
my $unsent = 'Denied: the browser does not send the request.';
my @cases = (
    [ 'GET http://api.example/ from https://app.example', $yes, '  VirtualHost (' ],
    [ 'GET http://api.example/ from https://app.example.evil', $unread, 'To allow it, add https://app.example.evil to CorsAllowOrigins ' ],
    [ 'PUT http://api.example/ from https://app.example', $yes, 'status 204', 'Access-Control-Allow-Methods: GET, PUT' ],
    [ 'put http://api.example/ from https://app.example', $yes, 'preflight-allowed' ],
    [ 'DELETE http://api.example/ from https://app.example', $unsent, 'status 403', 'CorsAllowMethods +DELETE' ],
    [ 'PUT http://api.example/ from https://app.example with x-token', $unsent, 'CorsAllowHeaders +x-token' ],
    [ 'PUT http://api.example/videos/1 from https://app.example with x-token and cookies', $yes, '<Location "/videos">',
      'Access-Control-Allow-Credentials: true', '1 <If> not evaluated' ],
    [ 'GET http://api.example/videos/1 from https://app.example with x-token with cookies', $unsent ],
    [ 'GET http://api.example/videosx from https://app.example with cookies', $unread, 'CorsAllowCredentials On' ],
    [ 'GET http://api.example/files/a from https://files.example', $yes, "<Directory \"$docs/files\">" ],
    [ 'GET http://api.example/files/a.json from https://files.example', $yes, 'Access-Control-Expose-Headers: ETag' ],
    [ 'GET http://api.example/filesx from https://files.example', $unread ],
    [ 'GET http://api.example/older/a from https://app.example', $unread, 'No policy is in force here.' ],
    [ 'GET http://api.example/oldest/a from https://app.example', $yes ],
    [ 'GET http://api.example/tilde/1 from https://app.example', $unread, 'No policy is in force here.' ],
    [ 'GET http://api.example/tilde/1a from https://app.example', $yes ],
    [ 'GET http://api.example/glob/a/x1 from https://app.example', $unread, 'No policy is in force here.' ],
    [ 'GET http://api.example/glob/a/b/x1 from https://app.example', $yes ],
    [ 'GET http://api.example from https://app.example', $yes ],
    [ 'PUT http://api.example/videos/1 from https://app.example with x-token and x-other', $unsent, 'CorsAllowHeaders +x-other' ],
    [ 'PUT http://api.example/videos/1 from https://app.example with content-type and cookies', $unsent, 'CorsAllowHeaders +content-type' ],
    [ 'GET http://x.api.example/ from https://app.example', $yes ],
    [ 'GET https://secure.example/ from https://secure-app.example', $yes ],
    [ 'GET https://secure.example/ from https://app.example', $unread ],
    [ 'GET http://api.example/ from http://api.example', 'Same origin: CORS has no say.' ],
    [ 'GET HTTP://api.example/ from http://api.example', 'Same origin: CORS has no say.' ],
    [ 'GET http://[::1]/ from http://[::1]', 'Same origin: CORS has no say.' ],
    [ 'GET http://[::1]:81/ from http://[::1]', $unread ],
    [ 'CONNECT http://api.example/ from https://app.example', $unsent, 'No browser sends this method, and it cannot be allowed.' ],
    [ 'GET ws://api.example/socket from https://app.example', 'Allowed: the WebSocket opens.' ],
    [ 'GET ws://api.example/socket from https://evil.example', 'Denied: the WebSocket does not open.', 'status 403' ],
    [ 'GET http://api.example/ from null', $unread, 'Give the page an origin of its own.' ],
);
my @usage = (undef, '', 'GET', 'GET /x from https://app.example', 'GET http://api.example/ to https://app.example', 'G(T http://a/ from https://b');

plan tests => @cases + @usage + 1;
for my $case (@cases) {
    my ($question, $verdict, @parts) = @$case;
    my $answer = asked($question);
    my @missing = grep { index($answer, $_) < 0 } @parts;
    push @missing, $verdict if $answer !~ /^\Q$verdict\E$/m;
    is_deeply(\@missing, [], $question) or diag($answer);
}
for my $question (@usage) {
    like(asked($question), qr/\ASet CORS_EXPLAIN to a question, such as:\n  CORS_EXPLAIN='PUT https:/,
        'what is no question is answered with one: ' . ($question // 'nothing'));
}
is(config_check($conf)->{printed}, '', 'without the definition nothing is printed');
