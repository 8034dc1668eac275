# Licensed under the Apache License, Version 2.0; see LICENSE.
# Configurations that are valid but probably not intended: each warning with its line, once,
# beside the nearest configuration without a warning.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check config_warnings);
use Httpd;

my $docs = Apache::Test::vars('t_logs'); # the document root of config_check()
my $on = "CorsPolicy On\nCorsAllowOrigins https://a.example\n";
my $logged_in = "${on}CorsAllowCredentials On\n";

my $actions = Httpd::load_module('actions'); # three lines

# List files: one has an http origin in its second line, one lists no origin.
my ($plain, $empty, $exclusions) = map {
    my ($name, $text) = @$_;
    Httpd::spew("$docs/$name", $text);
    "$docs/$name";
} [ 'plain.origins', "https://a.example\nhttp://a.example\nhttp://b.example\n" ],
  [ 'empty.origins', "# not yet\n" ], [ 'exclusions.origins', "!https://old.a.example\n" ];

# A case: the warnings of the first configuration, [name, line] for each; that
# configuration; a configuration without a warning.
my @cases = (
    # plain http origins with credentials
    [ [ [ 'insecure-origin', 3 ] ], "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOrigins http://a.example\n",
      "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOrigins https://a.example\n" ],
    [ [ [ 'insecure-origin', 2 ] ], "CorsPolicy On\nCorsAllowOrigins http://*.a.example:*\nCorsAllowCredentials On\n",
      "CorsPolicy On\nCorsAllowOrigins http://*.a.example:*\n" ],
    [ [ [ 'insecure-origin', 4 ] ], "${logged_in}CorsAllowOrigins http://localhost.example\n",
      "${logged_in}CorsAllowOrigins http://localhost http://x.localhost:8080 http://127.0.0.1:81 http://127.9.9.9 http://[::1]:3000\n" ],
    [ [ [ 'insecure-origin', 1 ] ], "CorsAllowOrigins http://a.example\n<Location /x>\nCorsPolicy On\nCorsAllowCredentials On\n</Location>\n",
      "CorsAllowOrigins http://a.example\n<Location /x>\nCorsPolicy On\n</Location>\n" ],
    [ [ [ 'insecure-origin', 2 ] ], "CorsPolicy ReportOnly\nCorsAllowOrigins http://10.0.0.1\nCorsAllowCredentials On\n",
      "CorsPolicy ReportOnly\nCorsAllowOrigins https://10.0.0.1\nCorsAllowCredentials On\n" ],
    [ [ [ 'insecure-origin', 3 ] ], "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOriginsMatch https?://a\\.[a-z]+\\.b\\.example\n",
      "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOriginsMatch https://a\\.[a-z]+\\.b\\.example http://localhost:[0-9]+\n" ],
    [ [ [ 'insecure-origin', 4 ] ], "${logged_in}CorsAllowOriginsMatch (http|https)://a\\.b\\.example(:8080)?/?\n",
      "${logged_in}CorsAllowOriginsMatch (app|https)://a\\.b\\.example(:8080)?/? (http|https)://(localhost|127\\.0\\.0\\.1)(:[0-9]+)?/?\n" ],
    [ [ [ 'insecure-origin', 4 ] ], "${logged_in}CorsAllowOriginsMatch .*://a\\.b\\.example(:8080)?\n",
      "${logged_in}CorsAllowOriginsMatch https.*://a\\.b\\.example(:8080)?\n" ],
    [ [ [ 'insecure-origin', 4 ] ], "${logged_in}CorsAllowOriginsMatch https?://192\\.168\\.1\\.\\d{1,3}\n",
      "${logged_in}CorsAllowOriginsMatch https://192\\.168\\.1\\.\\d{1,3}\n" ],
    [ [ [ 'insecure-origin', 0 ] ], "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOriginsFile $plain\n",
      "CorsPolicy On\nCorsAllowOriginsFile $plain\n" ],
    [ [ [ 'websocket-suffix', 1 ] ], "CorsWebSocketAllowOrigins https://*.github.io\n",
      "CorsWebSocketAllowOrigins https://*.me.github.io\n" ],

    # the server's own name
    [ [ [ 'server-name-missing', 2 ] ], "<VirtualHost *:1>\nCorsRejectDisallowed On\n$on</VirtualHost>\n",
      "<VirtualHost *:1>\nServerName a.example\n${on}CorsRejectDisallowed On\n</VirtualHost>\n" ],
    [ [ [ 'server-name-missing', 2 ] ], "<VirtualHost *:1>\nCorsWebSocketAllowOrigins Self\n</VirtualHost>\n",
      "<VirtualHost *:1>\nCorsWebSocketAllowOrigins Self\nServerName https://a.example:1\n</VirtualHost>\n" ],
    [ [ [ 'server-name-missing', 3 ] ], "<VirtualHost *:1>\n<Location /a>\nCorsWebSocketAllowOrigins https://a.example\n</Location>\n</VirtualHost>\n",
      "<VirtualHost *:1>\n<Location /a>\nCorsWebSocketAllowOrigins *\n</Location>\n<Location /b>\nCorsWebSocketAllowOrigins None\n</Location>\n</VirtualHost>\n" ],
    [ [ [ 'server-name-missing', 1 ] ], "CorsWebSocketAllowOrigins Self\n<VirtualHost *:1>\nServerAlias a.example\n</VirtualHost>\n",
      "CorsWebSocketAllowOrigins Self\n<VirtualHost *:1>\nServerName a.example\n</VirtualHost>\n" ],
    [ [ [ 'server-name-missing', 1 ] ], "CorsWebSocketAllowOrigins Self\n<VirtualHost *:1>\n</VirtualHost>\n",
      "CorsWebSocketAllowOrigins Self\n" ],

    # a policy that allows no origin
    [ [ [ 'no-origin-allowed', 1 ] ], "CorsPolicy On\n", "CorsPolicy On\nCorsAllowOrigins None\n" ],
    [ [ [ 'no-origin-allowed', 1 ] ], "CorsPolicy On\nCorsAllowOriginsFile $empty\n", "CorsPolicy On\nCorsAllowOriginsFile $empty $plain\n" ],
    [ [ [ 'no-origin-allowed', 1 ] ], "CorsPolicy On\nCorsAllowOriginsFile $exclusions\n",
      "CorsPolicy On\nCorsAllowOriginsFile $exclusions\nCorsAllowOrigins https://*.a.example\n" ],
    [ [ [ 'no-origin-allowed', 1 ] ], "CorsPolicy ReportOnly\n", "CorsPolicy Off\n" ],
    [ [ [ 'no-origin-allowed', 2 ] ], "<Location /a>\nCorsPolicy On\n</Location>\n<Location /b>\nCorsAllowOrigins https://b.example\nCorsPolicy On\n</Location>\n",
      "<Location /a>\nCorsPolicy On\n</Location>\n<Location /a/b>\nCorsAllowOrigins https://b.example\nCorsPolicy On\n</Location>\n" ],
    [ [ [ 'no-origin-allowed', 1 ], [ 'exclusion-unused', 2 ] ], "CorsPolicy On\nCorsAllowOrigins !https://a.example\n",
      "CorsPolicy On\nCorsAllowOrigins !https://a.b.example !https://*.a.b.example https://*.b.example\n" ],
    [ [ [ 'no-origin-allowed', 2 ] ], "<VirtualHost *:1>\nCorsPolicy On\n</VirtualHost>\n<VirtualHost *:2>\n$on</VirtualHost>\n",
      "CorsPolicy On\n<VirtualHost *:1>\nCorsAllowOrigins https://a.example\n</VirtualHost>\n" ],
    [ [ [ 'no-origin-allowed', 2 ] ], "<Directory $docs>\nCorsPolicy On\n</Directory>\n",
      "<Directory $docs>\nAllowOverride FileInfo\nCorsPolicy On\n</Directory>\n" ],
    [ [ [ 'no-origin-allowed', 3 ] ], "<Location /a>\n<Limit PUT>\nCorsPolicy On\n</Limit>\n</Location>\n",
      "<Location /a>\n<Limit PUT>\nCorsPolicy On\nCorsAllowOrigins https://a.example\n</Limit>\n</Location>\n" ],

    # settings that no policy uses
    [ [ [ 'unreachable', 1 ] ], "CorsMaxAge 60\n", "${on}CorsMaxAge 60\n" ],
    [ [ [ 'unreachable', 2 ], [ 'unreachable', 3 ] ], "<Location /a>\nCorsAllowMethods GET\nCorsAllowOrigins https://a.example\n</Location>\n",
      "<Location /a>\n<If true>\nCorsPolicy On\n</If>\nCorsAllowMethods GET\nCorsAllowOrigins https://a.example\n</Location>\n" ],
    [ [ [ 'unreachable', 5 ] ], "${on}<VirtualHost *:1>\nCorsPolicy Off\nCorsMaxAge 60\n</VirtualHost>\n",
      "${on}<VirtualHost *:1>\nCorsPolicy Off\nCorsMaxAge 60\n<Location /a>\nCorsPolicy On\n</Location>\n</VirtualHost>\n" ],
    [ [ [ 'unreachable', 2 ] ], "<Location /a>\nCorsMaxAge 60\n</Location>\n<Location /b>\n$on</Location>\n",
      "<Directory $docs>\nCorsMaxAge 60\n</Directory>\n<Location /b>\n$on</Location>\n" ],
    [ [ [ 'unreachable', 4 ] ], "${on}<Location /a>\nCorsMaxAge 60\nCorsPolicy Off\n</Location>\n",
      "${on}<Location /a>\nCorsMaxAge 60\nCorsPolicy ReportOnly\n</Location>\n" ],
    [ [ [ 'unreachable', 1 ] ], "CorsAllowOrigins https://a.example\n<VirtualHost *:1>\nServerName a.example\nCorsWebSocketAllowOrigins https://a.example\n</VirtualHost>\n",
      "CorsAllowNullOriginUnsafe On\n<VirtualHost *:1>\nServerName a.example\nCorsWebSocketAllowOrigins null\n</VirtualHost>\n" ],
    [ [ [ 'unsafe-unused', 3 ] ], "${on}CorsAllowAnyOriginWithCredentialsUnsafe On\n", "${on}CorsAllowAnyOriginWithCredentialsUnsafe Off\n" ],
    [ [ [ 'unsafe-unused', 4 ] ], "${logged_in}CorsAllowAnyOriginWithCredentialsUnsafe On\n",
      "CorsPolicy On\nCorsAllowOrigins *\nCorsAllowCredentials On\nCorsAllowAnyOriginWithCredentialsUnsafe On\n" ],
    [ [ [ 'unsafe-unused', 4 ] ], "${logged_in}CorsAllowPublicSuffixUnsafe On\n",
      "${logged_in}CorsAllowPublicSuffixUnsafe On\nCorsAllowOrigins https://*.github.io\n" ],
    [ [ [ 'unsafe-unused', 3 ] ], "CorsPolicy On\nCorsAllowOrigins https://*.github.io\nCorsAllowPublicSuffixUnsafe On\n",
      "CorsPolicy On\nCorsAllowOrigins https://*.github.io\nCorsAllowPublicSuffixUnsafe On\nCorsAllowCredentials On\n" ],
    [ [ [ 'unsafe-unused', 3 ] ], "${on}CorsAllowNullOriginUnsafe On\n", "${on}CorsAllowNullOriginUnsafe On\nCorsAllowOrigins null\n" ],
    [ [ [ 'unsafe-unused', 5 ] ], "$on<VirtualHost *:1>\nServerName a.example\nCorsAllowNullOriginUnsafe On\n</VirtualHost>\n",
      "$on<VirtualHost *:1>\nServerName a.example\nCorsAllowNullOriginUnsafe On\nCorsWebSocketAllowOrigins null\n</VirtualHost>\n" ],
    [ [ [ 'unsafe-unused', 4 ] ], "$on<Location /a>\nCorsAllowNullOriginUnsafe On\n</Location>\n",
      "$on<Location /a>\nCorsAllowNullOriginUnsafe On\n</Location>\n<Location /a/b>\nCorsAllowOrigins null\nCorsAllowNullOriginUnsafe On\n</Location>\n" ],
    [ [ [ 'unsafe-unused', 4 ] ], "$on<Directory $docs>\nCorsAllowNullOriginUnsafe On\n</Directory>\n",
      "$on<Directory $docs>\nAllowOverride FileInfo\nCorsAllowNullOriginUnsafe On\n</Directory>\n" ],
    [ [ [ 'backend-credentials', 3 ] ], "${on}CorsBackendHeaders KeepCredentials\n", "${logged_in}CorsBackendHeaders KeepCredentials\n" ],
    [ [ [ 'backend-credentials', 3 ] ], "${on}CorsBackendHeaders KeepBoth\n", "${on}CorsBackendHeaders KeepExposed\n" ],
    [ [ [ 'backend-credentials', 3 ] ], "${on}CorsBackendHeaders KeepCredentials\nCorsAllowCredentials Off\n",
      "${on}CorsBackendHeaders KeepCredentials\n<Location /a>\nCorsAllowCredentials On\n</Location>\n" ],
    [ [ [ 'require-alone', 1 ] ], "CorsWebSocketRequireOrigin On\n", "CorsWebSocketRequireOrigin On\nCorsWebSocketAllowOrigins None\n" ],

    [ [ [ 'require-alone', 1 ] ], "CorsWebSocketRequireOrigin On\n", "CorsWebSocketRequireOrigin On\nCorsProtect On\n" ],
    [ [ [ 'protect-alone', 1 ] ], "CorsProtectAllowOrigins https://a.example\n", "CorsProtectAllowOrigins https://a.example\n<Location /a>\nCorsProtect ReportOnly\n</Location>\n" ],
    [ [ [ 'protect-alone', 2 ] ], "CorsProtect Off\nCorsProtectAllowOrigins https://a.example\n", "CorsProtect On\nCorsProtectAllowOrigins https://a.example\n" ],
    [ [ [ 'protect-weaker', 3 ] ], "CorsProtect On\n<Location /a>\nCorsProtect ReportOnly\n</Location>\n", "CorsProtect On\n<Location /a>\nCorsProtect Off\n</Location>\n" ],
    [ [ [ 'protect-weaker', 4 ] ], "CorsProtect On Strict\n<VirtualHost *:1>\nServerName a.example\nCorsProtect ReportOnly Strict\n</VirtualHost>\n",
      "CorsProtect ReportOnly\n<VirtualHost *:1>\nServerName a.example\nCorsProtect On\n<Location /b>\nCorsProtect On Strict\n</Location>\n</VirtualHost>\n" ],
    [ [ [ 'server-name-missing', 2 ] ], "<VirtualHost *:1>\nCorsProtect On\n</VirtualHost>\n", "<VirtualHost *:1>\nServerName a.example\nCorsProtect On\n</VirtualHost>\n" ],
    [ [ [ 'server-name-missing', 3 ] ], "<VirtualHost *:1>\nCorsProtect ReportOnly\nCorsProtectHost On\n</VirtualHost>\n", "<VirtualHost *:1>\nServerName a.example\nCorsProtect ReportOnly\nCorsProtectHost On\n</VirtualHost>\n" ],
    [ [ [ 'protect-alone', 2 ] ], "CorsProtect Off\nCorsProtectHost On\n", "CorsProtectHost On\n<Location /a>\nCorsProtect On\n</Location>\n" ],
    [ [ [ 'protect-alone', 2 ] ], "CorsProtect Off\nCorsProtectEmbedding On\n", "CorsProtect ReportOnly\n<Location /a>\nCorsProtectEmbedding On\n</Location>\n" ],
    [ [ [ 'timing-inexact', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://a.example https://*.b.example\nCorsTimingAllowOrigin Policy\n",
      "CorsPolicy On\nCorsAllowOrigins https://a.example https://*.b.example\nCorsTimingAllowOrigin *\n" ],
    [ [ [ 'timing-inexact', 2 ] ], "CorsPolicy On\nCorsAllowOriginsFile $plain\nCorsTimingAllowOrigin Policy\n<Location /a>\nCorsMaxAge 5\n</Location>\n",
      "CorsPolicy On\nCorsAllowOriginsFile $plain\n" ],
    [ [ [ 'timing-long', 2 ] ], "CorsPolicy On\nCorsAllowOrigins " . join(' ', map { "https://a$_.example" } 1000 .. 1250) . "\nCorsTimingAllowOrigin Policy\n",
      "CorsPolicy On\nCorsAllowOrigins " . join(' ', map { "https://a$_.example" } 1000 .. 1150) . "\nCorsTimingAllowOrigin Policy\n" ],
    [ [ [ 'unreachable', 1 ] ], "CorsTimingAllowOrigin Policy\n", "CorsTimingAllowOrigin *\n" ],
    [ [ [ 'unreachable', 2 ] ], "CorsProtect On\nCorsMaxAge 60\n", "CorsProtect On\nCorsProtectAllowOrigins null https://*.github.io\nCorsAllowNullOriginUnsafe On\nCorsAllowPublicSuffixUnsafe On\nCorsSetEnv On\n" ],
    [ [ [ 'origin-duplicate', 2 ] ], "CorsProtect On\nCorsProtectAllowOrigins https://a.example https://a.example\n", "CorsProtect On\nCorsProtectAllowOrigins https://a.example\n" ],

    # lists
    [ [ [ 'origin-duplicate', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://a.example https://b.example https://a.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://a.example https://b.example https://a.example:81\n" ],
    [ [ [ 'origin-duplicate', 3 ] ], "${on}CorsAllowOrigins https://a.example\n", "${on}<Location /x>\nCorsAllowOrigins https://a.example\n</Location>\n" ],
    [ [ [ 'origin-duplicate', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch x://[ab] x://[ab]\n", "CorsPolicy On\nCorsAllowOriginsMatch x://[ab] x://[bc]\n" ],
    [ [ [ 'origin-shadowed', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://a.b.example https://*.b.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://b.example https://*.b.example\n" ],
    [ [ [ 'origin-shadowed', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://*.a.b.example https://*.b.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://*.a.b.example:81 https://*.b.example\n" ],
    [ [ [ 'origin-shadowed', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://a.example:81 https://a.example:*\n",
      "CorsPolicy On\nCorsAllowOrigins http://a.example:81 https://a.example:*\n" ],
    [ [ [ 'origin-shadowed', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://*.a.example:* https://*.a.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://*.a.example:81 https://*.a.example\n" ],
    [ [ [ 'origin-shadowed', 3 ] ], "CorsPolicy On\nCorsAllowOriginsMatch x://[ab]\nCorsAllowOrigins x://a\n",
      "CorsPolicy On\nCorsAllowOriginsMatch x://[ab]\nCorsAllowOrigins x://c x://*.a\n" ],
    [ [ [ 'origin-excluded', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://a.example https://b.example !https://a.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://a.example https://*.b.example !https://a.b.example !https://*.a.b.example\n" ],
    [ [ [ 'origin-excluded', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://a.b.example https://c.example !https://*.b.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://b.example https://c.example !https://*.b.example\n" ],
    [ [ [ 'exclusion-unused', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://a.example !https://b.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://*.a.example !https://b.a.example !https://*.b.a.example\n" ],
    [ [ [ 'exclusion-subdomains', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://*.a.example !https://b.a.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://*.a.example !https://b.a.example !https://*.b.a.example\n" ],
    [ [ [ 'exclusion-name', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://*.a.example !https://*.b.a.example\n",
      "CorsPolicy On\nCorsAllowOrigins https://*.a.example !https://*.b.a.example !https://b.a.example\n" ],
    [ [ [ 'exclusion-unused', 2 ] ], "CorsPolicy On\nCorsAllowOrigins https://*.a.example !http://b.a.example\n",
      "${on}<Location /x>\nCorsAllowOrigins -https://a.example\n</Location>\n" ],

    # misspelled names
    [ [ [ 'scheme-misspelled', 2 ] ], "CorsPolicy On\nCorsAllowOrigins htps://a.example\n", "CorsPolicy On\nCorsAllowOrigins app://a.example\n" ],
    [ [ [ 'name-misspelled', 3 ] ], "${on}CorsAllowMethods ALL\n", "${on}CorsAllowMethods *\n" ],
    [ [ [ 'name-misspelled', 3 ] ], "${on}CorsAllowMethods DELET\n", "${on}CorsAllowMethods DELETE\n" ],
    [ [ [ 'name-misspelled', 3 ] ], "${on}CorsAllowHeaders content-type Authorisation\n", "${on}CorsAllowHeaders content-type Authorization\n" ],
    [ [ [ 'name-misspelled', 3 ] ], "${on}CorsExposeHeaders all\n", "${on}CorsExposeHeaders *\n" ],
    [ [ [ 'expose-cors', 3 ] ], "${on}CorsExposeHeaders Access-Control-Allow-Origin\n", "${on}CorsExposeHeaders ETag\n" ],

    # what a list loses of the default
    [ [ [ 'methods-default', 3 ] ], "${on}CorsAllowMethods PROPFIND REPORT\n", "${on}CorsAllowMethods +PROPFIND +REPORT\n" ],
    [ [ [ 'methods-default', 3 ] ], "${on}CorsAllowMethods PURGE\n", "${on}CorsAllowMethods GET PURGE\n" ],
    [ [ [ 'headers-default', 3 ] ], "${on}CorsAllowHeaders authorization\n", "${on}CorsAllowHeaders +authorization\n" ],
    [ [ [ 'headers-default', 3 ] ], "${on}CorsAllowHeaders x-token\nCorsAllowMethods PUT\n", "${on}CorsAllowHeaders x-token\nCorsAllowMethods GET HEAD DELETE\n" ],
    [ [ [ 'headers-default', 3 ] ], "${on}CorsAllowHeaders x-token\n<Location /a>\nCorsMaxAge 5\n</Location>\n<Location /b>\nCorsMaxAge 6\n</Location>\n",
      "${on}CorsAllowHeaders x-token Content-Type\n" ],
    [ [ [ 'headers-default', 3 ] ], "${on}CorsAllowHeaders x-token\nCorsAllowMethods POST\n", "${on}CorsAllowHeaders None\n" ],
    [ [ [ 'headers-default', 3 ] ], "${on}CorsAllowHeaders x-token\nCorsAllowMethods *\n", "${on}CorsAllowHeaders *\n" ],

    # file://
    [ [ [ 'file-origin', 2 ] ], "CorsPolicy On\nCorsAllowOrigins file://\n", "CorsPolicy On\nCorsAllowOrigins https://*.a.example\n" ],
    [ [ [ 'file-origin', 1 ] ], "CorsWebSocketAllowOrigins file://\n", "CorsWebSocketAllowOrigins app://a\n" ],
    [ [ [ 'file-origin', 3 ], [ 'exclusion-unused', 3 ] ], "${on}CorsAllowOrigins !file://\n", "${on}CorsAllowOrigins https://*.b.example !https://*.c.b.example !https://c.b.example\n" ],
    # all ids of a scheme
    [ [ [ 'any-extension', 3 ] ], "${on}CorsAllowOrigins moz-extension://*\n", "${on}CorsAllowOrigins chrome-extension://abc\n" ],
    [ [ [ 'any-extension', 1 ] ], "CorsWebSocketAllowOrigins safari-web-extension://*\n", "CorsWebSocketAllowOrigins safari-web-extension://a\n" ],

    # the status page
    [ [ [ 'page-public', 4 ] ], "$on<Location /s>\nSetHandler cors-policy\n</Location>\n", "$on<Location /s>\nSetHandler cors-policy\nRequire all granted\n</Location>\n" ],
    [ [ [ 'page-public', 4 ] ], "$on<Location /s>\nSetHandler \"cors-policy\"\n</Location>\n<Location /t>\nRequire local\n</Location>\n",
      "$on<Location /s>\nSetHandler \"cors-policy\"\n</Location>\n<Location />\nRequire local\n</Location>\n" ],
    [ [ [ 'page-public', 4 ] ], "$on<Location /s>\nSetHandler cors-policy\nAuthType Basic\n</Location>\n",
      "$on<Location /s>\nSetHandler cors-policy\n<RequireAny>\nRequire local\n</RequireAny>\n</Location>\n" ],
    [ [ [ 'page-public', 5 ] ], "$on<VirtualHost *:1>\n<Location /s>\nSetHandler cors-policy\n</Location>\n</VirtualHost>\n<Location /t>\nRequire local\n</Location>\n",
      "$on<VirtualHost *:1>\n<Location /s>\nSetHandler cors-policy\n</Location>\n</VirtualHost>\n<Location /s>\nRequire local\n</Location>\n" ],

    # the method in a condition
    [ [ [ 'if-method', 3 ] ], "$on<If \"%{REQUEST_METHOD} == 'PUT'\">\nCorsPolicy Off\n</If>\n", "$on<If \"%{HTTP_HOST} == 'a'\">\nCorsPolicy Off\n</If>\n" ],
    [ [ [ 'if-method', 5 ] ], "$on<If false>\n</If>\n<ElseIf \"%{REQUEST_METHOD} == 'PUT'\">\nCorsMaxAge 60\n</ElseIf>\n",
      "$on<If \"%{REQUEST_METHOD} == 'PUT'\">\nServerSignature Off\n</If>\n<Limit PUT>\nCorsMaxAge 60\n</Limit>\n" ],

    # regular expressions
    [ [ [ 'regex-never', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch a\\.example\n", "CorsPolicy On\nCorsAllowOriginsMatch https://a[0-9]\\.example\n" ],
    (map {
        my ($regex, $neighbour) = @$_;
        [ [ [ 'regex-plain', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch \"$regex\"\n", "CorsPolicy On\nCorsAllowOriginsMatch \"$neighbour\"\n" ]
    } ([ 'https://a\.example', 'https://a[0-9]\.example' ],
       [ '^https://a\.example$', '^https://(a|b)\.example$' ],
       [ '^https://.*\.a\.example$', '^https://[a-z]+\.a\.example$' ],
       [ 'https?://a\.example', 'https?://(a|b)\.example' ],
       [ 'http://localhost(:\d+)?', 'http://localhost(:3\d+)?' ],
       [ '^https:\/\/(.*\.)?a\.example(:[0-9]+)?\z', '^https:\/\/(x.*\.)?a\.example' ])),
    # names that look as if they had one owner, but that anyone can register
    (map {
        my ($regex, $neighbour) = @$_;
        [ [ [ 'regex-everything', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch \"$regex\"\n", "CorsPolicy On\nCorsAllowOriginsMatch \"$neighbour\"\n" ]
    } ([ 'https?://.*', 'https?://.*\.a\.x[0-9]\.example\.com' ],
       [ '.*example\.com', 'https://[a-z]+\.example\.com' ],
       [ 'https://app.example\.com', 'https://app[.]example\.com' ],
       [ 'https://a\.b.example\.com', 'https://a[.]b\.example\.com' ],
       [ 'https://.*\.?example\.co\.uk', 'https://[a-z]*\.example\.co\.uk' ],
       [ '(https://x|.*)', '(https://x|.*\.example)' ],
       [ 'https://(.*\.)?.*example\.com(:[0-9]+)?$', 'https://(.*\.)?(a|b)\.example\.com(:[0-9]+)?$' ])),
    [ [ [ 'regex-everything', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch .*\n", "CorsPolicy On\nCorsAllowOrigins *\n" ],
    [ [ [ 'regex-everything', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch .*://.*\n", "CorsPolicy On\nCorsAllowOriginsMatch app://x\n" ],
    [ [ [ 'regex-undecided', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch \"https://(?!x).*\\.example\\.com\"\n",
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://[^x].*\\.example\\.com\"\n" ],
    [ [ [ 'regex-costly', 2 ] ], "CorsPolicy On\nCorsAllowOriginsMatch \"https://([a-z]+)*\\.example\\.com\"\n",
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://([a-z]+\\.)*example\\.com\"\n" ],

    # names and times
    [ [ [ 'header-forbidden', 3 ] ], "${on}CorsAllowHeaders Origin, X-Requested-With, Content-Type, Accept, Authorization\n",
      "${on}CorsAllowHeaders X-Requested-With, Content-Type, Accept, Authorization\n" ],
    [ [ [ 'header-forbidden', 3 ], [ 'header-forbidden', 4 ] ], "${on}CorsAllowHeaders Cookie Host x-a\nCorsAllowHeaders sec-x proxy-x content-type\n",
      "${on}CorsAllowHeaders -Cookie -sec-x\n" ],
    [ [ [ 'header-is-response', 3 ], [ 'header-is-response', 3 ] ], "${on}CorsAllowHeaders ETag content-type Access-Control-Allow-Origin\n",
      "${on}CorsExposeHeaders ETag X-A Range\n" ],
    [ [ [ 'expose-redundant', 3 ] ], "${on}CorsExposeHeaders ETag Content-Type\n", "${on}CorsExposeHeaders ETag Content-Range\n" ],
    [ [ [ 'method-safelisted', 3 ] ], "${on}CorsAllowMethods -POST\n", "${on}CorsAllowMethods -PUT\n" ],
    [ [ [ 'max-age-beyond', 3 ] ], "${on}CorsMaxAge 86401\n", "${on}CorsMaxAge 86400\n" ],
    [ [ [ 'max-age-beyond', 3 ] ], "${on}CorsMaxAge 25h\n", "${on}CorsMaxAge 24h\n" ],
    [ [ [ 'authorization-not-named', 3 ] ], "${on}CorsAllowHeaders *\n<Location /x>\nAuthType Basic\n</Location>\n",
      "${on}CorsAllowHeaders * Authorization\n<Location /x>\nAuthType Basic\n</Location>\n" ],
    [ [ [ 'authorization-not-named', 3 ] ], "${on}CorsAllowHeaders *\n<Directory $docs>\nAuthType Basic\n</Directory>\n",
      "${on}CorsAllowHeaders *\n<Directory $docs>\nAuthType None\n</Directory>\n" ],
    [ [ [ 'authorization-not-named', 4 ] ], "<Location /x>\n${on}CorsAllowHeaders *\nAuthType Basic\n</Location>\n",
      "<Location /x>\n${on}CorsAllowHeaders *\n</Location>\n<Location /y>\nAuthType Basic\n</Location>\n" ],

    [ [ [ 'authorization-not-named', 3 ] ], "${on}CorsAllowHeaders *\n<Location /x>\nAuthType Basic\n</Location>\n<Location /y>\nAuthType Basic\n</Location>\n",
      "${on}CorsAllowHeaders * Authorization\n<Location /x>\nAuthType Basic\n</Location>\n<Location /y>\nAuthType Basic\n</Location>\n" ],
    [ [ [ 'authorization-not-named', 4 ] ], "<Location /x>\n${on}CorsAllowHeaders *\n</Location>\n<VirtualHost *:1>\n<Location /x/y>\nAuthType Basic\n</Location>\n</VirtualHost>\n",
      "<Location /x>\n${on}CorsAllowHeaders *\n</Location>\n<VirtualHost *:1>\n<Location /y>\nAuthType Basic\n</Location>\n</VirtualHost>\n" ],

    # <Limit>
    [ [ [ 'limit-method', 4 ] ], "$on<Location /x>\n<Limit patch>\nCorsMaxAge 60\n</Limit>\n</Location>\n",
      "$on<Location /x>\n<Limit PATCH>\nCorsMaxAge 60\n</Limit>\n</Location>\n" ],
    [ [ [ 'limit-method', 4 ] ], "$on<Location /x>\n<LimitExcept GET PSOT>\nCorsMaxAge 60\n</LimitExcept>\n</Location>\n",
      "$on<Location /x>\n<LimitExcept GET POST>\nCorsMaxAge 60\n</LimitExcept>\n</Location>\n" ],
    [ [ [ 'limit-options', 4 ] ], "$on<Location /x>\n<Limit OPTIONS>\nCorsMaxAge 60\n</Limit>\n</Location>\n",
      "$on<Location /x>\n<Limit OPTIONS>\nOptions None\n</Limit>\n</Location>\n" ],

    # directives of other modules
    [ [ [ 'recipe-header', 3 ] ], "${on}Header set Access-Control-Allow-Origin *\n", "${on}Header set X-Access-Control-Allow-Origin *\n" ],
    [ [ [ 'recipe-header', 4 ] ], "$on<Directory $docs>\nHeader always append access-control-allow-methods PUT\n</Directory>\n",
      "<Location /x>\n$on</Location>\n<Location /y>\nHeader always append access-control-allow-methods PUT\n</Location>\n" ],
    [ [ [ 'recipe-header', 4 ] ], "$on<Location /x>\nHeader set \"Access-Control-Allow-Origin\" *\n</Location>\n",
      "$on<Location /x>\nCorsPolicy Off\nHeader set \"Access-Control-Allow-Origin\" *\n</Location>\n" ],
    [ [ [ 'recipe-header', 4 ] ], "<VirtualHost *:1>\n${on}Header set Access-Control-Max-Age 5\n</VirtualHost>\n",
      "<VirtualHost *:1>\n$on</VirtualHost>\n<VirtualHost *:2>\nHeader set Access-Control-Max-Age 5\n</VirtualHost>\n" ],
    [ [ [ 'recipe-header', 1 ] ], "Header set Access-Control-Max-Age 5\n$on<VirtualHost *:1>\nCorsMaxAge 60\n</VirtualHost>\n",
      "CorsPolicy ReportOnly\nCorsAllowOrigins https://a.example\nHeader set Access-Control-Max-Age 5\n" ],
    # a header that is for more URLs than the policy
    [ [ [ 'recipe-header-wide', 1 ] ], "Header set Access-Control-Max-Age 5\n<VirtualHost *:1>\n$on</VirtualHost>\n",
      "Header set X-Max-Age 5\n<VirtualHost *:1>\n$on</VirtualHost>\n" ],
    [ [ [ 'recipe-header-wide', 1 ] ], "Header set Access-Control-Allow-Origin *\n<Location /api>\n$on</Location>\n",
      "<Location /fonts>\nHeader set Access-Control-Allow-Origin *\n</Location>\n<Location /api>\n$on</Location>\n" ],
    [ [ [ 'recipe-header-wide', 3 ] ], "${on}Header set Access-Control-Allow-Origin *\n<Location /api>\nCorsPolicy Off\n</Location>\n",
      "$on<Location /api>\nCorsPolicy Off\n</Location>\n" ],
    [ [ [ 'recipe-header-wide', 2 ] ], "<Location /x>\nHeader set Access-Control-Allow-Origin *\n<Limit PUT>\n$on</Limit>\n</Location>\n",
      "<Location /x>\nHeader set X-Allow-Origin *\n<Limit PUT>\n$on</Limit>\n</Location>\n" ],
    [ [ [ 'recipe-header', 6 ] ], "<Location /api>\n$on</Location>\n<Location /api/v1>\nHeader set Access-Control-Allow-Origin *\n</Location>\n",
      "<Location /api>\n$on</Location>\n<Location /apis>\nHeader set Access-Control-Allow-Origin *\n</Location>\n" ],
    [ [ [ 'recipe-header-wide', 6 ] ], "<Location /api>\n$on</Location>\n<Directory $docs>\nHeader set Access-Control-Allow-Origin *\n</Directory>\n",
      "<Location /api>\n$on</Location>\n<Directory $docs>\nHeader set X-Allow-Origin *\n</Directory>\n" ],
    [ [ [ 'recipe-rewrite', 4 ] ], "${on}RewriteCond %{REQUEST_METHOD} ^OPTIONS\$\nRewriteRule .* - [R=200,L]\n",
      "${on}RewriteCond %{REQUEST_METHOD} !OPTIONS\nRewriteRule .* - [R=200,L]\n" ],
    [ [ [ 'recipe-rewrite', 6 ] ], "$on<Location /x>\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteCond %{HTTP:X} y\nRewriteRule .* - [R=204]\n</Location>\n",
      "$on<Location /x>\nCorsPolicy Off\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule .* - [R=204]\n</Location>\n" ],
    [ [ [ 'directory-behind-proxy', 2 ] ], "<Directory $docs>\n$on</Directory>\nProxyPass /api http://127.0.0.1:9/\n",
      "<Directory $docs>\n$on</Directory>\nProxyPass /api !\n" ],
    [ [ [ 'log-tag-unknown', 3 ] ], "${on}LogFormat \"%h %{verdikt}^co %{reason}^co\" cors\n",
      "${on}LogFormat \"%h %{verdict}^co %{reason}^co %{origin}^co %{directive}^co %{verdikt}^cn\" cors\n" ],
    [ [ [ 'log-tag-unknown', 3 ], [ 'log-tag-unknown', 3 ] ], "${on}CustomLog cors_log \"%400,403{Verdict}^co %{}^co %t\"\n",
      "${on}CustomLog cors_log \"%400,403{verdict}^co }^co\"\n" ],
    [ [ [ 'directory-behind-proxy', 2 ] ], "<Directory $docs/api/v1>\n$on</Directory>\n<Location /api>\nProxyPass http://127.0.0.1:9/\n</Location>\n",
      "<Directory $docs/web>\n$on</Directory>\n<Location /api>\nProxyPass http://127.0.0.1:9/\n</Location>\n" ],
    [ [ [ 'directory-behind-proxy', 2 ] ], "<Directory $docs>\n$on</Directory>\nProxyPass /api http://127.0.0.1:9/\n<Location /apiary>\n$on</Location>\n",
      "<Directory $docs>\n$on</Directory>\nProxyPass /api http://127.0.0.1:9/\n<Location /api>\n$on</Location>\n" ],
    [ [ [ 'directory-behind-proxy', 2 ] ], "<Directory $docs>\n$on</Directory>\n<VirtualHost *:1>\nDocumentRoot $docs\nProxyPass /api http://127.0.0.1:9/\n</VirtualHost>\n",
      "<VirtualHost *:2>\nDocumentRoot $docs\n<Directory $docs>\n$on</Directory>\n</VirtualHost>\n<VirtualHost *:1>\nDocumentRoot $docs\nProxyPass /api http://127.0.0.1:9/\n</VirtualHost>\n" ],
    [ [ [ 'directory-behind-proxy', 2 ] ], "<Directory $docs>\n$on</Directory>\nProxyPass /a http://127.0.0.1:9/\nProxyPass /b http://127.0.0.1:9/\n",
      "<Directory $docs>\n$on</Directory>\nProxyPass /a http://127.0.0.1:9/\nProxyPass /b http://127.0.0.1:9/\n<Location />\n$on</Location>\n" ],
    [ [ [ 'directory-behind-proxy', 4 ] ], "<VirtualHost *:1>\nDocumentRoot $docs\n<Directory $docs>\n$on</Directory>\n<Location /a>\n$on</Location>\n</VirtualHost>\nProxyPass /a http://127.0.0.1:9/\nProxyPass /b http://127.0.0.1:9/\n",
      "<VirtualHost *:1>\nDocumentRoot $docs\n<Directory $docs>\n$on</Directory>\n<Location /a>\n$on</Location>\n</VirtualHost>\nProxyPass /a http://127.0.0.1:9/\n" ],
    # a file that serves other URLs and grants less than they do
    [ [ [ 'served-narrower', 5 ] ], "${on}DirectoryIndex index.html index.php\n<Files index.php>\nCorsPolicy Off\n</Files>\n",
      "${on}DirectoryIndex index.html index.php\n<Files index.phps>\nCorsPolicy Off\n</Files>\n" ],
    [ [ [ 'served-narrower', 5 ] ], "${on}DirectoryIndex index.php\n<Files index.php>\nCorsAllowOrigins https://b.example\n</Files>\n",
      "${on}DirectoryIndex index.php\n<Files index.php>\nCorsPolicy On\nCorsAllowOrigins https://b.example https://a.example\n</Files>\n" ],
    [ [ [ 'served-narrower', 5 ] ], "CorsPolicy On\nCorsAllowOrigins *\nDirectoryIndex index.php\n<Files index.php>\nCorsAllowOrigins https://b.example\n</Files>\n",
      "DirectoryIndex index.php\n<Files index.php>\nCorsPolicy On\nCorsAllowOrigins https://b.example\n</Files>\n" ],
    [ [ [ 'served-narrower', 6 ] ], "${logged_in}DirectoryIndex index.php\n<Files \"index.*\">\nCorsAllowCredentials Off\n</Files>\n",
      "${on}DirectoryIndex index.php\n<Files \"index.*\">\nCorsAllowCredentials On\n</Files>\n" ],
    [ [ [ 'served-narrower', 5 ] ], "${on}DirectoryIndex" . ' a' x 19 . " index.php\n<Files index.php>\nCorsPolicy Off\n</Files>\n",
      "${on}DirectoryIndex" . ' a' x 20 . " index.php\n<Files index.php>\nCorsPolicy Off\n</Files>\n" ],
    [ [ [ 'served-narrower', 6 ] ], "${on}DirectoryIndex index.php\n<Files index.php>\n<Limit PUT>\nCorsPolicy Off\n</Limit>\n</Files>\n",
      "${on}DirectoryIndex index.php\n<Files index.php>\nCorsMaxAge 60\nCorsAllowMethods GET\nCorsRejectDisallowed On\n</Files>\n" ],
    [ [ [ 'served-narrower', 6 ] ], "<Directory $docs>\n${on}DirectoryIndex index.php\n<FilesMatch \"^index\\.(php|cgi)\$\">\nCorsAllowOrigins None\n</FilesMatch>\n</Directory>\n",
      "DirectoryIndex index.php\n<Directory $docs>\n${on}DirectoryIndex index.html\n<FilesMatch \"^index\\.(php|cgi)\$\">\nCorsAllowOrigins None\n</FilesMatch>\n</Directory>\n" ],
    [ [ [ 'served-narrower', 6 ] ], "DirectoryIndex index.php\n<Directory $docs>\n${on}<Files ~ ^index>\nCorsPolicy Off\n</Files>\n</Directory>\n",
      "DirectoryIndex index.php\n<Directory $docs>\n${on}<If true>\n<Files ~ ^index>\nCorsPolicy Off\n</Files>\n</If>\n</Directory>\n" ],
    [ [ [ 'served-narrower', 5 ] ], "${on}FallbackResource /front/index.php\n<Files index.php>\nCorsPolicy Off\n</Files>\n",
      "${on}FallbackResource disabled\n<Files index.php>\nCorsPolicy Off\n</Files>\n" ],
    [ [ [ 'served-narrower', 6 ] ], "${on}FallbackResource /front/index.php\n<Directory $docs/front>\n<Files index.php>\nCorsPolicy Off\n</Files>\n</Directory>\n",
      "${on}FallbackResource /front/index.php\n<Directory $docs/other>\n<Files index.php>\nCorsPolicy Off\n</Files>\n</Directory>\n" ],
    [ [ [ 'served-narrower', 7 ] ], "<Location /api>\n${on}FallbackResource /front.php\n</Location>\n<Files front.php>\nCorsPolicy Off\n</Files>\n",
      "<Location />\n${on}FallbackResource /front.php\n</Location>\n<Files front.php>\nCorsPolicy Off\n</Files>\n" ],
    [ [ [ 'served-narrower', 8 ] ], "<Location /api>\n${on}FallbackResource /front.php\n</Location>\n<Files front.php>\nCorsPolicy On\nCorsAllowOrigins https://b.example\n</Files>\n",
      "<Location /api>\nFallbackResource /front.php\n</Location>\n<Files front.php>\nCorsPolicy On\nCorsAllowOrigins https://b.example\n</Files>\n" ],
    [ [ [ 'served-narrower', 8 ] ], "$actions${on}Action php-script /cgi/run.cgi\n<Files run.cgi>\nCorsPolicy Off\n</Files>\n",
      "$actions${on}Action run.cgi /cgi/other.cgi\nErrorDocument 404 /run.cgi\n<Files run.cgi>\nCorsPolicy Off\n</Files>\n" ],
    [ [ [ 'served-narrower', 6 ] ], "DirectoryIndex index.php\n<VirtualHost *:1>\n$on<Files index.php>\nCorsPolicy Off\n</Files>\n</VirtualHost>\n",
      "DirectoryIndex index.php\n<VirtualHost *:1>\n${on}DirectoryIndex index.html\n<Files index.php>\nCorsPolicy Off\n</Files>\n</VirtualHost>\n" ],
    [ [ [ 'served-narrower', 2 ] ], "<Files index.php>\nCorsPolicy Off\n</Files>\n<VirtualHost *:1>\n${on}DirectoryIndex index.php\n</VirtualHost>\n",
      "<VirtualHost *:2>\n<Files index.php>\nCorsPolicy Off\n</Files>\n</VirtualHost>\n<VirtualHost *:1>\n${on}DirectoryIndex index.php\n</VirtualHost>\n" ],
    [ [ [ 'served-narrower', 5 ] ], "${on}DirectoryIndex index.php\n<Files index.php>\nCorsPolicy Off\n</Files>\n<Location /a>\nCorsMaxAge 60\n</Location>\n",
      "${on}DirectoryIndex index.php\n<Files index.php>\nCorsPolicy Off\n</Files>\n<Location />\nCorsPolicy On\n</Location>\n" ],
);

# A suggestion that needs another directive is a whole line, and that line has no warning.
my @lines = (
    [ 'CorsAllowOriginsMatch "-https://pr-1\.example\.com"', 'CorsAllowOrigins -https://pr-1.example.com' ],
    [ 'CorsAllowOriginsMatch "+https?://a\.example"', 'CorsAllowOrigins +http://a.example +https://a.example' ],
    [ 'CorsAllowOriginsMatch https://a.example', 'CorsAllowOrigins https://a.example' ],
    [ 'CorsAllowHeaders ETag', 'CorsExposeHeaders ETag' ],
    [ 'CorsAllowHeaders +ETag', 'CorsExposeHeaders +ETag' ],
);

plan tests => 2 * @cases + 2 * @lines + 18;

for my $case (@cases) {
    my ($expected, $conf, $clean) = @$case;
    my $name = join ' and ', map { "$_->[0] at line $_->[1]" } @$expected;
    my $check = config_check($conf);

    is_deeply([ sort { $a->[1] <=> $b->[1] } config_warnings($check) ], $expected, "$name is warned about: " . brief($conf))
        or diag($check->{errors});
    $check = config_check($clean);
    is_deeply([ config_warnings($check) ], [], "no warning about: " . brief($clean))
        or diag("$check->{code} $check->{errors}");
    diag($check->{errors}) if $check->{code} != 0;
}

for (@lines) {
    my ($line, $suggestion) = @$_;
    my $conf = "CorsPolicy On\nCorsAllowOrigins https://*.example.com\n<Location /x>\n%s\n</Location>\n";
    like(config_check(sprintf $conf, $line)->{errors}, qr/; write \Q$suggestion\E \[/, "$line: the warning suggests $suggestion");
    my $check = config_check(sprintf $conf, $suggestion);
    is_deeply([ $check->{code}, config_warnings($check) ], [ 0 ], "no warning about the suggestion $suggestion")
        or diag($check->{errors});
}

sub brief {
    my ($conf) = @_;
    $conf =~ s/\Q$docs\E/docs/g;
    $conf =~ s/\s*\n/; /g;
    return $conf;
}

# A start prints each warning once on the terminal and logs it once; a graceful restart
# logs it once more.
my $server = Httpd->start(name => 'warnings', expected => qr/Warning: /,
    text => "Listen 127.0.0.1:\@port\@\nCorsPolicy On\nCorsAllowOrigins https://a.example https://a.example\nCorsMaxAge 25h\n"
    . join '', map { "<Location /$_>\nCorsExposeHeaders ETag\n</Location>\n" } 1 .. 5);
sub warnings_in { my @lines = $_[0] =~ /Warning: Cors\S+ \S+: (?:.*)\[([a-z-]+)\]$/mg; return join ' ', sort @lines }
is(warnings_in($server->{output}), 'max-age-beyond origin-duplicate', 'a start prints each warning once on the terminal');
is(warnings_in($server->log_since(0)), 'max-age-beyond origin-duplicate', 'a start logs each warning once');
ok($server->graceful, 'a configuration with warnings restarts');
is(warnings_in($server->log_since(0)), 'max-age-beyond max-age-beyond origin-duplicate origin-duplicate',
    'a graceful restart logs each warning once more');
$server->stop;

like(config_check("CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOriginsFile $plain\n")->{errors},
    qr{^Warning: CorsAllowOriginsFile \Q$plain\E:2: 'http://a.example': .*; write https://a.example \[insecure-origin\]$}m,
    'an http origin in a list file is reported with its line');
my $many = config_check("CorsMaxAge 25h\n" . join '', map { "<VirtualHost *:$_>\n$on</VirtualHost>\n" } 1 .. 50);
is_deeply([ config_warnings($many) ], [ [ 'max-age-beyond', 1 ] ], 'a warning that fifty virtual hosts inherit is reported once');
unlike($many->{errors}, qr/AH00526/, 'a configuration with warnings is accepted');

# At most twenty warnings of one kind are reported, and the others are counted; with LogLevel
# debug each is reported.
sub without_effect { return join '', map { "<Location /l$_>\nCorsMaxAge 60\n</Location>\n" } 1 .. $_[0] }
sub summaries { return [ $_[0]{errors} =~ /^(?:Warning: )?(\.\.\. and .*)$/mg ] }
for ([ 20, '', 20 ], [ 21, '', 20, '... and 1 more; write LogLevel cors_policy:debug to see all of them [unreachable]' ],
    [ 25, '', 20, '... and 5 more; write LogLevel cors_policy:debug to see all of them [unreachable]' ],
    [ 25, "LogLevel cors_policy:debug\n", 25 ]) {
    my ($count, $level, $reported, @summary) = @$_;
    my $check = config_check($level . without_effect($count));
    is(scalar(my @found = config_warnings($check)), $reported, "of $count warnings of one kind $reported are reported"
        . ($level && ' at LogLevel debug'));
    is_deeply(summaries($check), \@summary, "of $count warnings of one kind the others are counted" . ($level && ' at LogLevel debug')) or diag($check->{errors});
}
my $kinds = config_check(without_effect(22) . join '', map { "<Location /m$_>\nCorsPolicy On\n</Location>\n" } 1 .. 23);
is_deeply([ map { /and (\d+) more.*\[(.*)\]/ ? "$1 $2" : $_ } @{ summaries($kinds) } ],
    [ '3 no-origin-allowed', '2 unreachable' ], 'each kind of warning is counted by itself');
my $refused = config_check("CorsPolicy On\nCorsAllowCredentials On\n"
    . join '', map { "<Location /m$_>\nCorsAllowOrigins *\n</Location>\n" } 1 .. 30);
is($refused->{code}, 1, 'thirty errors keep httpd from starting');
is_deeply([ scalar(my @sentences = $refused->{errors} =~ /^Cors.*\[any-origin-with-credentials\]$/mg), @{ summaries($refused) } ],
    [ 20, '... and 10 more; write LogLevel cors_policy:debug to see all of them [any-origin-with-credentials]' ],
    'of thirty errors of one kind twenty are reported');
