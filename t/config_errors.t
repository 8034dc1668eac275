# Licensed under the Apache License, Version 2.0; see LICENSE.
# What does not start, and what it says to write instead.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_fails config_starts);

my @bad = (
    [ 'CorsPolicy', 'Maybe', "'Maybe'", 'Off, On or ReportOnly' ],
    [ 'CorsPolicy', 'On Off', 'one argument too many' ],
    [ 'CorsPolicy', '', 'missing' ],
    [ 'CorsAllowOrigins', '', 'missing' ],
    [ 'CorsAllowOrigins', 'example.com', "'example.com'", 'write https://example.com' ],
    [ 'CorsAllowOrigins', 'https://example.com/', 'write https://example.com' ],
    [ 'CorsAllowOrigins', 'https://example.com/path', "'https://example.com/path'" ],
    [ 'CorsAllowOrigins', 'https://Example.com', 'write https://example.com' ],
    [ 'CorsAllowOrigins', 'https://B\xc3\xbccher.example', 'write https://xn--bcher-kva.example' ],
    [ 'CorsAllowOrigins', 'http://example.com:80', 'write http://example.com' ],
    [ 'CorsAllowOrigins', 'https://example.com:0', "'https://example.com:0'" ],
    [ 'CorsAllowOrigins', 'https://example.com:65536', "'https://example.com:65536'" ],
    [ 'CorsAllowOrigins', 'https://*example.com', 'write https://*.example.com' ],
    [ 'CorsAllowOrigins', 'https://a.*.example.com', 'wildcard' ],
    [ 'CorsAllowOrigins', 'https://user@example.com', 'user name' ],
    [ 'CorsAllowOrigins', 'https://1.2.3', 'IPv4' ],
    [ 'CorsAllowOrigins', 'https://[::0001]', 'write https://[::1]' ],
    [ 'CorsAllowOrigins', 'file://', 'CorsWebSocketAllowOrigins' ],
    [ 'CorsAllowOrigins', '* https://example.com', '* stands alone' ],
    [ 'CorsAllowOrigins', 'None https://example.com', 'None stands alone' ],
    [ 'CorsAllowOrigins', '+https://a.example https://b.example', '+ or -' ],
    [ 'CorsAllowOrigins', 'a.example https://b.example/', 'write https://a.example', 'write https://b.example' ],
    [ 'CorsAllowOriginsMatch', '"https://(a"', 'regular expression' ],
    [ 'CorsAllowOriginsMatch', '"a)|(?:.*"', 'regular expression' ],
    [ 'CorsAllowMethods', 'GET patch', "'patch'", 'write PATCH' ],
    [ 'CorsAllowMethods', 'TRACE', "'TRACE'" ],
    [ 'CorsAllowMethods', '"G(T"', 'token' ],
    [ 'CorsAllowHeaders', 'Cookie', "'Cookie'" ],
    [ 'CorsAllowHeaders', 'Sec-Thing', "'Sec-Thing'" ],
    [ 'CorsAllowHeaders', 'ETag', 'servers send this header' ],
    [ 'CorsExposeHeaders', 'Set-Cookie', "'Set-Cookie'" ],
    [ 'CorsMaxAge', 'soon', "'soon'" ],
    [ 'CorsMaxAge', '31536001', 'a year' ],
    [ 'CorsMaxAge', '-1', "'-1'" ],
    [ 'CorsPreflightStatus', '302', "'302'", 'write 204' ],
    [ 'CorsPreflightStatus', '204 500', "'500'", 'write 403' ],
    [ 'CorsWebSocketAllowOrigins', 'wss://example.com', "'wss://example.com'" ],
);
my @good = (
    'CorsAllowOrigins https://example.com, http://localhost:3000,capacitor://localhost',
    'CorsAllowOrigins https://[::1]:8080 http://127.0.0.1 https://*.example.com:*',
    'CorsAllowOriginsMatch "(?x) https://a\.example # a comment"',
    'CorsAllowMethods GET,POST, PURGE',
    'CorsAllowHeaders * Authorization',
    'CorsExposeHeaders *',
    'CorsMaxAge 2h',
    'CorsMaxAge None',
    'CorsPreflightStatus 200 204',
    'CorsWebSocketAllowOrigins file://',
);

my @across = (
    [ 'null without its flag', "CorsPolicy On\nCorsAllowOrigins null\n", 2, 'CorsAllowNullOriginUnsafe On' ],
    [ 'an exposed * with credentials',
      "CorsPolicy On\nCorsAllowOrigins https://a.example\nCorsExposeHeaders *\nCorsAllowCredentials On\n",
      3, 'list the headers', 'CorsAllowCredentials' ],
    [ 'a public suffix with credentials',
      "CorsPolicy On\nCorsAllowOrigins https://*.github.io\nCorsAllowCredentials On\n",
      2, 'CorsAllowPublicSuffixUnsafe On' ],
    [ 'a regex that matches everything, with credentials',
      "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOriginsMatch .*\n",
      3, 'CorsAllowAnyOriginWithCredentialsUnsafe On' ],
    [ 'a contradiction for one method',
      "CorsPolicy On\nCorsAllowOrigins *\n<Location /x>\n<Limit PUT>\nCorsAllowCredentials On\n</Limit>\n</Location>\n",
      5, 'CorsAllowAnyOriginWithCredentialsUnsafe On' ],
);

plan tests => @bad + @good + @across;
for (@bad) {
    my ($directive, $args, @sentences) = @$_;
    $args =~ s/\\x([0-9a-f]{2})/chr hex $1/ge;
    config_fails("$directive $args", "\n$directive $args\n", 2, @sentences);
}
config_starts($_, "$_\n") for @good;
config_fails(@$_) for @across;
