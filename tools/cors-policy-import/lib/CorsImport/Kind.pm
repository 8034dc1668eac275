# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Kind;

# Which kinds of configuration a file has, from its name and its text, and what is left
# to report of one in which nothing was found. It reads no configuration; it looks for
# words that only one kind has.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(report slurp);
our @EXPORT_OK = qw(kinds_of_file is_template report_nothing);

# Words of a kind, those that are the surest first.
my @words = (
    [ iis => qr/\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<configuration\b/s ],
    [ tomcat => qr/\A\s*(?:<\?xml[^>]*>\s*)?(?:<!(?:--.*?--|DOCTYPE[^>]*)>\s*)*<(?:\w+:)?web-(?:app|fragment)\b/s ],
    [ iis => qr/\A\s*<\?xml/ ],
    [ ingress => qr/(?:^|[\s{,-])["']?kind["']?\s*:\s*["']?Ingress\b(?!-)/m ],
    [ istio => qr/(?:^|[\s{,-])["']?kind["']?\s*:\s*["']?VirtualService\b/m ],
    [ traefik => qr/traefik\.http\.|traefik\.(?:io|containo\.us)\/|^\s*-?\s*["']?accessControl\w+["']?\s*[:=]|^\s*["']?customResponseHeaders["']?\s*:|^\s*\[http\.(?:middlewares|routers)|^\s*["']?middlewares["']?\s*:/mi ],
    [ envoy => qr/envoy\.(?:filters\.http\.)?cors\b|allow_origin_string_match|^\s*-?\s*["']?virtual_hosts["']?\s*:/m ],
    [ haproxy => qr/^(?:frontend|listen|backend|defaults)\b[^{;]*$/m ],
    [ caddy => qr/^\s*header\s+(?:[@\/*?+>-]?\S+\s+)*\{?\s*[^;]*$|^\s*(?:reverse_proxy|file_server|php_fastcgi|handle(?:_path)?)\b[^;]*$/m ],
    [ spring => qr/^\s*["']?(?:spring|management)(?:\.[\w.-]+)?["']?\s*:|^\s*["']?allowed-?origin(?:-?pattern)?s["']?\s*:/mi ],
);
my $is_nginx = qr/^\s*(?:add_header|more_set_headers|(?:server|http|events)\s*\{|location\s[^>]*\{|map\s+\S+\s+\$\w+\s*\{|set\s+\$\w)/m;
my $is_httpd = qr/^\s*(?:<(?:VirtualHost|Location|Directory|Files|If|Limit|Macro)|Header\s+(?:always\s+|onsuccess\s+)?(?:set|add|append|merge|unset|edit\*?|setifempty|echo|note)\b|SetEnvIf|RewriteRule|RewriteEngine)/mi;

my %is_yaml = map { $_ => 1 } qw(ingress istio traefik envoy spring);

sub kinds_of_file {
    my ($path) = @_;
    my $text = slurp($path);
    my ($name) = $path =~ m{([^/]*)\z};
    return 'caddy' if $name =~ /\ACaddyfile|\.caddy(?:file)?\z/i;
    return 'spring' if $name =~ /\.properties\z/i;
    return 'haproxy' if $name =~ /\Ahaproxy.*\.cfg\z/i;
    for (grep { $_->[0] =~ /\A(?:iis|tomcat)\z/ } @words) { return $_->[0] if $text =~ $_->[1] }
    return 'nginx' if $text =~ $is_nginx && $name !~ /\.(?:ya?ml|json|toml)\z/i;
    return 'httpd' if $text =~ $is_httpd && $name !~ /\.(?:ya?ml|json|toml)\z/i;
    my @all = map { $_->[0] } grep { $text =~ $_->[1] } @words;
    # a file of YAML can have resources of several kinds
    return grep { $is_yaml{$_} } @all if @all && $is_yaml{ $all[0] };
    return $all[0] // 'httpd';
}

# How text sets CORS, in any of the kinds.
my $setting = qr/Access-Control-|accessControlAllow|allow(?:ed)?[-_]?Origin|cors_?policy|enable-cors|cors-allow|cors\.allowed|lua\.cors|CorsFilter|CrossOriginFilter/i;

# Report what a file without imported settings contains: a setting is never
# skipped silently.
sub report_nothing {
    my ($path) = @_;
    my @lines = -d $path ? () : split /\n/, slurp($path);
    my @at = grep { $lines[$_] =~ $setting } 0 .. $#lines;
    my ($read) = grep { $lines[$_] !~ /\A\s*(?:#|\/\/|<!--.*-->\s*\z)/ } @at;
    my $what = sub { $lines[ $_[0] ] =~ /Access-Control-/i ? 'Access-Control-' : 'a setting of CORS' };
    return report("$path:" . ($read + 1) . ': ' . $what->($read) . ' is here and is not read', 1) if defined $read;
    report(@at ? "$path:" . ($at[0] + 1) . ': ' . $what->($at[0]) . ' is only in a comment' : "$path: nothing about CORS was found");
}

# Whether a file is a template: the configuration that it generates is not known.
sub is_template {
    my ($path) = @_;
    return 0 if -d $path;
    my @lines = split /\n/, slurp($path);
    my ($at) = grep { $lines[$_] !~ /\A\s*#/ && $lines[$_] =~ /\{%-?\s|<%[=\s-]|(?<!\S)\{\{|\{\{-?\s/ } 0 .. $#lines;
    return 0 if !defined $at || !grep { $_ =~ $setting } @lines;
    report("$path:" . ($at + 1) . ': this is a template; import the file that it generates', 1);
    return 1;
}

1;
