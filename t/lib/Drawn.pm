# Licensed under the Apache License, Version 2.0; see LICENSE.
package Drawn;

# Random CORS configurations in the forms that people write: conditions, groups, containers,
# maps. Each is valid for its server, and the server determines its meaning.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
our @EXPORT_OK = qw(drawn_httpd drawn_nginx drawn_origins);

sub any { return $_[ rand @_ ] }
sub perhaps { my ($part, @text) = @_; return rand() < $part ? join '', @text : '' }
sub some { my ($least, $most, $code) = @_; return join '', map { $code->() } 1 .. $least + int rand($most - $least + 1) }

# The origins of the requests to both servers.
sub drawn_origins {
    return (map({ "https://$_.example" } qw(a b two evil x.a)), 'http://a.example', 'https://a.example:8443', 'https://a.example.evil', 'null');
}

# Regular expressions on the origin.
sub regex {
    return any('^https://a\.example$', '^https://(a|b)\.example$', '^https?://(.+\.)?a\.example$', '^https?://[a-z]+\.example$', 'a\.example$', '^https://a\.example',
        '^(https://(a|two)\.example)$', '^https://a\.example(:[0-9]+)?$', '^https://(.*)\.example$', '^https?://', '.+', '^(.*)$', 'https://b.example', '(a|b)\.example', '^null$', '://', '\.a\.example$');
}

sub names { return any('X-Other', '"Content-Type, X-Other"', '*', '"Content-Type, *"', '"X-Other Content-Type"', 'Content-Type', '"Authorization, X-Other"') }
sub methods { return any('"GET, PUT"', 'PUT', '*', '"GET, POST, DELETE"', '"PUT;"', '"GET,PUT,OPTIONS"') }
sub exposed { return any('ETag', 'X-Total', '*', '"X-C, ETag"') }

# --- httpd

sub variable { return any(qw(A B C)) }

sub httpd_variable {
    my $name = variable();
    return any(
        sub { any(qw(SetEnvIf SetEnvIf SetEnvIfNoCase)) . ' Origin "' . regex() . "\" $name" . any('=$0', '=$0', '=$1', '', '', '=1', '=$0$1', '=https://a.example') . "\n" },
        sub { 'SetEnvIf Origin "' . regex() . "\" !$name\n" },
        sub { "SetEnvIfExpr \"req('Origin') " . any("== 'https://a.example'", "in { 'https://a.example', 'https://b.example' }", '=~ m#^(https://[ab]\.example)$#', "-strcmatch 'https://*.example'") . "\" $name" . any('=1', '', '=$0', '=$1') . "\n" },
        sub { "SetEnv $name " . any('https://a.example', 'https://b.example', 1) . "\n" },
        sub { "RewriteEngine On\nRewriteCond %{HTTP:Origin} " . any('^https://a\.example$', '^(https://[ab]\.example)$', '=https://b.example', '!^https://evil', '^https?://(.+)\.example$ [NC]') . "\nRewriteRule ^ - [E=$name:%{HTTP:Origin}]\n" },
    )->();
}

sub httpd_when { return any('', '', '', ' env=' . variable(), ' env=!' . variable(), " \"expr=%{HTTP:Origin} == 'https://a.example'\"", ' "expr=%{req:Origin} =~ m#^https://(a|two)\.example$#"') }

sub httpd_origin {
    return any('https://a.example', 'https://b.example', '*', '*', '%{A}e', '%{B}e', '%{C}e', 'expr=%{req:Origin}', '"https://a.example, https://b.example"', 'https://a.example/', 'https://*.example', 'null', 'expr=%{HTTP:Origin}');
}

sub httpd_header {
    my $table = any('always ', 'always ', 'always ', '');
    return "Header $table" . any(
        (sub { any(qw(set set set set add merge setifempty)) . ' Access-Control-Allow-Origin ' . httpd_origin() . httpd_when() }) x 4,
        sub { 'set Access-Control-Allow-Credentials ' . any('true', 'true', 'true', 'false', 'True') . httpd_when() },
        sub { 'unset Access-Control-Allow-' . any(qw(Origin Credentials Methods)) . any('', '', ' env=!A') },
        sub { any(qw(set set append merge)) . ' Access-Control-Allow-Methods ' . methods() . httpd_when() },
        sub { any(qw(set set setifempty)) . ' Access-Control-Expose-Headers ' . exposed() . httpd_when() },
        sub { 'set Access-Control-Allow-Headers ' . names() . httpd_when() },
    )->() . "\n";
}

sub httpd_lines { return some(0, 1, \&httpd_variable) . some(1, 3, \&httpd_header) }

sub httpd_if {
    my $condition = any("%{HTTP:Origin} == 'https://a.example'", "%{HTTP:Origin} in {'https://a.example','https://b.example'}", '%{HTTP:Origin} =~ m#^https://(b|two)\.example$#',
        "req('Origin') != 'https://evil.example'", "-n req('Origin')", "%{REQUEST_URI} =~ m#^/a/#", "%{REQUEST_METHOD} == 'OPTIONS'", "!(%{HTTP:Origin} -strmatch 'https://*.example')");
    my $text = "<If \"$condition\">\n" . some(1, 2, \&httpd_header) . "</If>\n";
    $text .= "<ElseIf \"%{HTTP:Origin} == 'https://b.example'\">\n" . httpd_header() . "</ElseIf>\n" if rand() < 0.2;
    $text .= "<Else>\n" . httpd_header() . "</Else>\n" if rand() < 0.3;
    return $text;
}

sub httpd_part {
    return any(
        (sub { httpd_lines() }) x 2,
        (sub { my $open = any('Location "/"', 'Location "/a"', 'Location "/a/b"', 'LocationMatch "x$"', 'FilesMatch "\.json$"', 'Location "/other"'); "<$open>\n" . httpd_lines() . perhaps(0.2, httpd_if()) . '</' . $open =~ s/ .*//r . ">\n" }) x 3,
        sub { httpd_if() },
        sub { any('<IfDefine CorsOff>', '<IfDefine !CorsOff>', '<IfModule !mod_cors_example.c>', '<IfModule mod_cors_example.c>', '<IfModule mod_headers.c>', '<IfVersion >= 2.4>', '<IfVersion < 2.4>') =~ s{(<(\w+).*)}{"$1\n" . httpd_lines() . "</$2>\n"}er },
        sub { "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule ^ - [R=204,L]\n" . httpd_lines() },
        sub { "<Location \"/a\">\n<Limit GET POST>\n" . httpd_header() . "</Limit>\n</Location>\n" },
    )->();
}

sub drawn_httpd { return some(1, 3, \&httpd_part) }

# --- nginx

sub nginx_value { my ($text) = @_; return $text =~ /\s|;/ && $text !~ /\A"/ ? "\"$text\"" : $text }

# A map of a variable whose name has this number.
sub nginx_map {
    my ($name, $number, @others) = @_;
    my $source = @others && rand() < 0.4 ? any(@others) : any('$http_origin', '$http_origin', '$http_origin', '"$request_method:$http_origin"');
    my $to = sub { return any('$http_origin', '$http_origin', 1, '""', '*', 'https://a.example', 'true', '"GET, PUT"') };
    my $key = sub {
        return any('1', 'true', '"https://a.example"', '""', '"~^https"') if $source =~ /\$v/;
        return any('"~^OPTIONS:."', '"~^GET:https://a\.example$"', '"OPTIONS:https://b.example"', '"~^(GET|PUT):"') if $source =~ /request/;
        return any('https://a.example', 'https://b.example', '"~' . regex() . '"', '"~*' . regex() . '"', '"~^(?<who' . $number . '>https://[ab]\.example)$"');
    };
    my %seen;
    my @entries = grep { !$seen{ (split)[0] }++ } map { $key->() . ' ' . $to->() . ';' } 1 .. 1 + rand 3;
    return "map $source $name { default " . any('""', '""', '""', 0, '$http_origin', '*') . "; @entries }\n";
}

sub nginx_header {
    my (@variables) = @_;
    my $always = any(' always', ' always', '');
    return any(
        (sub { 'add_header Access-Control-Allow-Origin ' . any('$http_origin', '*', 'https://a.example', 'https://b.example', (map { ($_) x 3 } @variables), '"https://a.example https://b.example"', 'https://*.example') }) x 3,
        sub { 'add_header Access-Control-Allow-Credentials ' . any('true', 'true', @variables, 'false') },
        sub { 'add_header Access-Control-Allow-Methods ' . any(methods(), @variables) },
        sub { 'add_header Access-Control-Allow-Headers ' . any(names(), '$http_access_control_request_headers') },
        sub { 'add_header Access-Control-Expose-Headers ' . exposed() },
        sub { 'add_header X-More yes' },
    )->() . "$always;\n";
}

sub nginx_condition {
    my (@variables) = @_;
    return any('$http_origin ~ "' . regex() . '"', '$http_origin ~* "' . regex() . '"', '$http_origin = https://a.example', '$http_origin !~ "^https://evil"', '$http_origin != https://b.example',
        '$request_method = OPTIONS', '$request_method = OPTIONS', '$request_method ~ ^(GET|PUT)$', map { ($_, "$_ = 1", "$_ = true", "$_ = \"1o\"") } @variables);
}

sub nginx_if {
    my ($flags, $variables, $is_location) = @_;
    my $inner = any(
        sub { my $flag = any(@$flags); "set $flag " . any(1, 'true', '"${' . substr($flag, 1) . '}o"', '$http_origin', '""', '$1') . ";\n" },
        $is_location ? (sub { some(1, 3, sub { nginx_header(@$flags, @$variables) }) . perhaps(0.3, "return 204;\n") }) x 2 : (),
        sub { any("return 403;\n", "return 204;\n") },
    )->();
    return 'if (' . nginx_condition(@$flags, @$variables) . ") {\n$inner}\n";
}

sub nginx_body {
    my ($flags, $variables, $is_location) = @_;
    return join('', map { "set $_ " . any('""', 0, 'https://a.example', '$http_origin') . ";\n" } grep { rand() < 0.3 } @$flags)
        . some(0, 2, sub { nginx_if($flags, $variables, $is_location) }) . perhaps(0.8, some(1, 3, sub { nginx_header(@$flags, @$variables) }));
}

# The lines of http and those of a server; the number makes the names of variables unique.
sub drawn_nginx {
    my ($number) = @_;
    my @variables = map { "\$v${number}_$_" } 0 .. int rand 3;
    my @flags = map { "\$f${number}_$_" } 0 .. int rand 2;
    my ($maps, @known) = ('');
    for my $name (@variables) { $maps .= nginx_map($name, $number, @known); push @known, $name }
    my $server = join('', map { "set $_ \"\";\n" } @flags) . perhaps(0.6, nginx_body(\@flags, \@variables, 0));
    for my $open ('/', '/a/', '= /a/b', '~ x$', '~* \.json$', '^~ /other/') {
        next if rand() < 0.6;
        $server .= "location $open {\n" . nginx_body(\@flags, \@variables, 1) . "}\n";
    }
    return ($maps, $server);
}

1;
