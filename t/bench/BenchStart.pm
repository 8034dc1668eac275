# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchStart;

# What a start costs as a configuration grows: every kind of thing that a
# configuration has, so many of it and twice as many. Counted are the instructions
# of this module alone in httpd -t, under callgrind, and the memory that httpd -t
# needs at most, beside httpd with the same configuration and no directive of this
# module in it. One reading of a large configuration is compared with httpd's own.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;

my $on = "CorsPolicy On\nCorsAllowOrigins https://app.example.com\n";
my $root = '/srv/www';

sub section { return "<$_[0] \"$_[1]\">\n$_[2]</$_[0]>\n" }

sub many { my ($count, $one) = @_; return join '', map { $one->($_) } 1 .. $count }

# A virtual host by its number and what stands in it.
sub host { return "<VirtualHost *:1>\nServerName h$_[0].example\n$_[1]</VirtualHost>\n" }

# So many sections of one kind, each with a policy of its own.
sub sections {
    my ($name, $argument) = @_;
    return sub { many($_[0], sub { section($name, $argument->($_[0]), $on) }) };
}

# So many directives, next to a policy of the whole server.
sub lines {
    my ($one, $policy) = @_;
    return sub { ($policy // $on) . many($_[0], $one) };
}

# Sections within sections, so deep, and as many of these as a size wants.
sub nested {
    my ($depth, $name, $argument) = @_;
    return sub {
        many($_[0] / $depth, sub {
            my ($number) = @_;
            my $text = '';
            $text = section($name, $argument, "CorsMaxAge $_\n$text") for reverse 1 .. $depth - 1;
            section('Location', "/n$number", "$on$text");
        })
    };
}

my $headers = 'set Access-Control-Allow-Origin https://app.example.com';

# name => what so many of it look like
our %kinds = (
    'virtual hosts' => sub { many($_[0], sub { host($_[0], $on) }) },
    'virtual hosts that inherit' => sub { $on . many($_[0], sub { host($_[0], '') }) },
    'virtual hosts with ProxyPass' => sub {
        many($_[0], sub { host($_[0], "${on}ProxyPass /api http://127.0.0.1:9/\n") }) },
    'virtual hosts with ProxyPass and Directory' => sub {
        many($_[0], sub { host($_[0], "DocumentRoot $root/h$_[0]\nProxyPass /api http://127.0.0.1:9/\n"
            . section('Directory', "$root/h$_[0]", $on)) }) },
    'virtual hosts with Location' => sub {
        many($_[0], sub { host($_[0], section('Location', "/api/v$_[0]", $on)) }) },
    'virtual hosts of one line' => sub {
        "<Macro Host \$name>\n<VirtualHost *:1>\nServerName \$name\n$on</VirtualHost>\n</Macro>\n"
            . many($_[0], sub { "Use Host h$_[0].example\n" }) },
    'Location' => sections('Location', sub { "/l$_[0]" }),
    'Location, of one prefix' => sections('Location', sub { "/api/v1/things/t$_[0]" }),
    'Location, one path' => sections('Location', sub { '/api' }),
    'Location without policy' => sub { many($_[0], sub { section('Location', "/l$_[0]", "CorsMaxAge 60\n") }) },
    'Location that allows no origin' => sub { many($_[0], sub { section('Location', "/l$_[0]", "CorsPolicy On\n") }) },
    'LocationMatch' => sections('LocationMatch', sub { "^/l$_[0]\$" }),
    'Directory' => sections('Directory', sub { "$root/d$_[0]" }),
    'DirectoryMatch' => sections('DirectoryMatch', sub { "^/srv/d$_[0]\$" }),
    'Files' => sections('Files', sub { "f$_[0].txt" }),
    'FilesMatch' => sections('FilesMatch', sub { "^f$_[0]\$" }),
    'If' => sections('If', sub { "%{HTTP_HOST} == 'h$_[0]'" }),
    'Proxy' => sections('Proxy', sub { "http://127.0.0.1:9/p$_[0]" }),
    'ProxyMatch' => sections('ProxyMatch', sub { "^http://p$_[0]" }),
    'If in If in Location' => nested(3, 'If', 'true'),
    'sections in sections, ten deep' => nested(10, 'If', 'true'),
    'Limit, one in each Location' => sub {
        many($_[0], sub { section('Location', "/l$_[0]", "$on<Limit PUT>\nCorsMaxAge 60\n</Limit>\n") }) },
    'ProxyPass' => lines(sub { "ProxyPass /p$_[0] http://127.0.0.1:9/\n" }, section('Directory', $root, $on)),
    'ProxyPass and Directory' => sub {
        "DocumentRoot $root\n" . many($_[0] / 2, sub { "ProxyPass /p$_[0] http://127.0.0.1:9/\n"
            . section('Directory', "$root/p$_[0]", $on) }) },
    'ProxyPass in Location' => sub { $on
        . many($_[0], sub { section('Location', "/p$_[0]", "ProxyPass http://127.0.0.1:9/\nCorsMaxAge 60\n") }) },
    'ProxyPassMatch' => lines(sub { "ProxyPassMatch ^/p$_[0]\$ http://127.0.0.1:9/\n" }),
    'RewriteRule' => lines(sub { "RewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule ^/r$_[0] - [R=204]\n" }),
    'Header' => lines(sub { "Header $headers\n" }),
    'Header in Location' => sub { many($_[0], sub { section('Location', "/l$_[0]", "${on}Header $headers\n") }) },
    'RequestHeader' => lines(sub { "RequestHeader set Origin https://h$_[0].example early\n" }),
    'SetEnvIf' => lines(sub { "SetEnvIf Origin ^h$_[0]\$ ours\n" }),
    'Alias' => lines(sub { "Alias /a$_[0] $root/a$_[0]\n" }),
    'AuthType' => sub { "${on}CorsAllowHeaders *\n"
        . many($_[0], sub { section('Location', "/l$_[0]", "AuthType Basic\n") }) },
    'AuthType with each CorsAllowHeaders *' => sub { $on
        . many($_[0], sub { section('Location', "/l$_[0]", "CorsAllowHeaders *\nAuthType Basic\n") }) },
    'origins of one directive' => sub {
        "CorsPolicy On\nCorsAllowOrigins" . many($_[0], sub { " https://h$_[0].example.com" }) . "\n" },
    'CorsAllowOrigins' => sub {
        "CorsPolicy On\n" . many($_[0], sub { "CorsAllowOrigins https://h$_[0].example.com\n" }) },
    'wildcards' => sub {
        "CorsPolicy On\n" . many($_[0], sub { "CorsAllowOrigins https://*.h$_[0].example.com\n" }) },
    'exclusions' => sub { "CorsPolicy On\nCorsAllowOrigins https://*.example.com\n"
        . many($_[0], sub { "CorsAllowOrigins !https://h$_[0].example.com\n" }) },
    'CorsAllowOriginsMatch' => sub { "CorsPolicy On\n"
        . many($_[0], sub { "CorsAllowOriginsMatch https://h$_[0]\\.[a-z]\\.example\\.com\n" }) },
    'CorsAllowHeaders' => sub { $on . many($_[0], sub { "CorsAllowHeaders x-h$_[0]\n" }) },
    'CorsExposeHeaders' => sub { $on . many($_[0], sub { "CorsExposeHeaders x-h$_[0]\n" }) },
);

1;
