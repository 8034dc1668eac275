# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Spring;

# Reads CORS settings in the YAML or .properties of a Spring Boot application: of Spring Cloud
# Gateway for all routes, of the actuator and of GraphQL, and answers requests as
# Spring's CorsConfiguration does. An origin or a method that is not allowed is
# rejected with 403. A text in allowedOrigins is one origin in any case; * in
# allowedOriginPatterns matches any characters. Values from the environment
# allow no origin, and settings that other code reads are reported.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(ECHO matches origin_value same);
use CorsImport::Policy qw(report slurp);
use CorsImport::Places qw(put_places path_container);
use CorsImport::Regex qw(quotemeta_path);
use CorsImport::Tree qw(parse_yaml parse_properties split_list child entries text_of words_of is_true_text each_map elements report_headers);
our @EXPORT_OK = qw(import_spring);

my @unit = ([ ms => 0.001 ], [ s => 1 ], [ m => 60 ], [ h => 3600 ], [ d => 86400 ]);

# Seconds of a duration: 1800, 30m, PT30M.
sub seconds {
    my ($text) = @_;
    return 1800 if !defined $text;
    return int $text if $text =~ /\A\d+\z/;
    my %unit = map { @$_ } @unit;
    return int $1 * $unit{ lc $2 } if $text =~ /\A(\d+)(ms|s|m|h|d)\z/i;
    return ($1 // 0) * 3600 + ($2 // 0) * 60 + ($3 // 0) if $text =~ /\APT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?\z/i;
    return;
}

# A pattern of allowedOriginPatterns as an expression; [*] or [8080,8081] is a port.
sub pattern_regex {
    my ($text) = @_;
    my $ports = $text =~ s/:\[(\*|\d+(?:,\d+)*)\]\z// ? $1 : undef;
    my $regex = quotemeta_path($text) =~ s/\\\*/.*/gr;
    $regex .= $ports eq '*' ? '(:\d+)?' : ':(' . $ports =~ tr/,/|/r . ')' if defined $ports;
    return "^$regex\$";
}

# The entries of a list; the ports of one pattern belong together.
sub joined_ports {
    my @all;
    for my $entry (@_) {
        if (@all && $all[-1] =~ /\[[^\]]*\z/ && $all[-1] !~ /[\$#]\{/) { $all[-1] .= ",$entry" }
        else { push @all, $entry }
    }
    return @all;
}

# The patterns of a list, of which some can have several ports.
sub patterns_of {
    my ($node) = @_;
    return map { my $at = $_; map { { text => $_, line => $at->{line} } } map { /[\$#]\{/ ? $_ : /((?:\[[^\]]*\]|[^,\s\[])+)/g } joined_ports(split_list($at->{text} // '')) } elements($node);
}

# The settings of a map: from, the lists, notes, nobody; nothing if it has no
# setting of CORS.
sub cors_of {
    my ($file, $node, $is_endpoint) = @_;
    my %list = map { $_ => [ words_of(child($node, $_)) ] } qw(allowedOrigins allowedMethods allowedHeaders exposedHeaders);
    $list{allowedOriginPatterns} = [ patterns_of(child($node, 'allowedOriginPatterns')) ];
    my $first = child($node, 'allowedOrigins') // child($node, 'allowedOriginPatterns');
    # without origins, an endpoint has no CORS
    return if $is_endpoint && !@{ $list{allowedOrigins} } && !@{ $list{allowedOriginPatterns} };
    my $cors = { %list, line => $first ? $first->{line} : $node->{line}, notes => [] };
    $cors->{from} = "$file:$cors->{line}";
    my $credentials = child($node, 'allowCredentials');
    $cors->{credentials} = is_true_text(text_of($credentials));
    my $age = child($node, 'maxAge');
    $cors->{age} = seconds(text_of($age));
    for my $name (sort keys %list) {
        for my $word (grep { $_->{text} =~ /\$\{|#\{|\A\@\S+\@\z/ } @{ $list{$name} }) {
            $cors->{is_unread} = 1;
            push @{ $cors->{notes} }, "line $word->{line}: '$word->{text}' in $name is omitted: its value comes from the environment";
        }
        $list{$name} = $cors->{$name} = [ grep { $_->{text} !~ /\$\{|#\{|\@\S+\@/ } @{ $list{$name} } ];
    }
    $cors->{star} = grep { $_->{text} eq '*' } @{ $list{allowedOrigins} };
    my $unknown = text_of($credentials) // '';
    if ($unknown =~ /\$\{/) {
        $cors->{is_unread} = 1;
        push @{ $cors->{notes} }, "line $credentials->{line}: allowCredentials '$unknown' is omitted: its value comes from the environment";
    }
    $cors->{nobody} = "line $cors->{line}: any origin with credentials, which Spring answers with an error; list the origins in CorsAllowOrigins and write CorsAllowCredentials On" if $cors->{star} && $cors->{credentials};
    return $cors;
}

sub allowed_origin {
    my ($cors, $request) = @_;
    my $origin = origin_value($request);
    return '*' if $cors->{star};
    for my $text (map { $_->{text} =~ s{/\z}{}r } @{ $cors->{allowedOrigins} }) { return $origin if same($request, $origin, $text, 1) }
    for my $text (map { $_->{text} } @{ $cors->{allowedOriginPatterns} }) { return $origin if $text eq '*' || matches($request, $origin, pattern_regex($text =~ s{/\z}{}r), 0) }
    return;
}

sub respond {
    my ($cors, $request) = @_;
    my $names = sub { return map { $_->{text} } @{ $cors->{ $_[0] } } };
    my @methods = $names->('allowedMethods');
    @methods = qw(GET HEAD) if !@methods;
    my $is_all = grep { $_ eq '*' } @methods;
    # what is not listed is rejected, for every method
    $request->{seen}{methods}{$_} = 1 for $is_all ? () : grep { /\A[A-Z]+\z/ && $_ ne 'OPTIONS' } 'GET', @methods;
    my $origin = allowed_origin($cors, $request);
    my $is_preflight = $request->{kind} eq 'preflight';
    return { sent => {}, status => 403 } if !defined $origin || !$is_preflight && !$is_all && !grep { $_ eq $request->{method} } @methods;
    my %sent = (origin => [$origin]);
    $sent{credentials} = ['true'] if $cors->{credentials};
    my @expose = $names->('exposedHeaders');
    $sent{expose} = [ join ', ', @expose ] if @expose;
    return { sent => \%sent, status => 200 } if !$is_preflight;
    my @headers = $names->('allowedHeaders');
    $sent{methods} = [ $is_all ? "\x02access_control_request_method\x02" : join ',', @methods ];
    $sent{headers} = [ grep({ $_ eq '*' } @headers) ? "\x02access_control_request_headers\x02" : join ', ', @headers ] if @headers;
    $sent{age} = [ $cors->{age} ] if defined $cors->{age};
    return { sent => \%sent, status => 200 };
}

# A place for a path pattern of Spring; undef if it cannot be written.
sub place_of {
    my ($file, $cors, $pattern) = @_;
    my $text = $pattern =~ s/\A\[(.*)\]\z/$1/sr;
    my ($kind, $path) = $text eq '/**' || $text eq '/*/**' ? ('prefix', '/') : $text =~ m{\A([^*?{}]*)/\*\*\z} ? ('prefix', $1) : $text =~ /[*?{}]/ ? ('regex', path_regex($text)) : ('exact', $text);
    my @where = defined $path ? path_container($kind, $path) : (undef);
    if (grep { !defined } @where) { report("$cors->{from}: the path $text is omitted: it cannot be read here", 1); return }
    return { from => $cors->{from}, where => \@where, kind => $kind, prefix => $kind eq 'regex' ? '' : $path, notes => $cors->{notes}, is_unread => $cors->{is_unread}, nobody => $cors->{nobody}, closed => 1, rejects => 1, respond => sub { respond($cors, $_[0]) } };
}

sub path_regex {
    my ($text) = @_;
    return if $text =~ /\{[^}]*[:*]/;
    my %written = ('**' => '.*', '*' => '[^/]*', '?' => '[^/]');
    return '^' . join('', map { $written{$_} // (/\A\{/ ? '[^/]+' : quotemeta_path($_)) } $text =~ /(\*\*|\*|\?|\{[^}]*\}|[^*?{]+)/g) . '$';
}

# Names with dots are maps within maps.
sub nested {
    my ($node) = @_;
    return $node if !$node->{of};
    my $into = { line => $node->{line}, keys => [], of => {} };
    for (entries($node)) {
        my ($name, $value) = @$_;
        my @path = $name =~ /[\[\/]/ ? $name : split /\./, $name;
        my ($at, $last) = ($into, pop @path);
        for my $step (@path) {
            if (!$at->{of}{$step}) { push @{ $at->{keys} }, $step; $at->{of}{$step} = { line => $value->{line}, keys => [], of => {} } }
            $at = $at->{of}{$step};
            last if !$at->{of};
        }
        next if !$at->{of};
        my $inner = nested($value);
        if ($at->{of}{$last} && $at->{of}{$last}{of} && $inner->{of}) {
            my $old = $at->{of}{$last};
            for my $key (@{ $inner->{keys} }) { push @{ $old->{keys} }, $key if !$old->{of}{$key}; $old->{of}{$key} = $inner->{of}{$key} }
            next;
        }
        push @{ $at->{keys} }, $last if !$at->{of}{$last};
        $at->{of}{$last} = $inner;
    }
    return $into;
}

# The places of a document.
sub places_of {
    my ($file, $tree, $read) = @_;
    my @places;
    for my $gateway (grep { $_ } map { child($tree, qw(spring cloud gateway), @$_) } [], [qw(server webflux)], [qw(server webmvc)]) {
        my $all = child($gateway, qw(globalcors corsConfigurations)) // next;
        for (entries($all)) {
            $read->{ $_->[1] } = 1;
            push @places, place_of($file, cors_of($file, $_->[1]), $_->[0]);
        }
    }
    my $actuator = child($tree, qw(management endpoints web));
    for ([ scalar child($actuator, 'cors'), text_of(child($actuator, 'basePath')) // '/actuator' ], [ scalar child($tree, qw(spring graphql cors)), text_of(child($tree, qw(spring graphql path))) // text_of(child($tree, qw(spring graphql http path))) // '/graphql' ]) {
        my ($node, $path) = @$_;
        next if !$node;
        $read->{$node} = 1;
        my $cors = cors_of($file, $node, 1) // next;
        push @places, place_of($file, $cors, $path =~ /actuator|\*/ || $node == (child($actuator, 'cors') // 0) ? "$path/**" : $path);
    }
    return @places;
}

# Whether a file has properties, from its name or its text.
sub is_properties {
    my ($file, $text) = @_;
    return 1 if $file =~ /\.properties\z/i;
    return 0 if $file =~ /\.(?:ya?ml|json)\z/i;
    my @lines = grep { !/\A\s*(?:[#!]|\z)/ } split /\n/, $text;
    return @lines && !grep { !/\A\s*[\w.-]+(?:\.?\[[^\]]*\][\w.-]*)*\s*=/ } @lines;
}

sub import_spring {
    my ($file) = @_;
    my $text = slurp($file);
    my @documents = eval { is_properties($file, $text) ? parse_properties($text) : map { nested($_) } parse_yaml($text) };
    if ($@) { report("$file: " . ($@ =~ s/\n\z//r) . ', so the file is not read', 1); return 1 }
    my $is_put = 0;
    my $why = report_headers($file, @documents);
    for my $tree (grep { $_->{of} } @documents) {
        my %read;
        my @places = places_of($file, $tree, \%read);
        my $profile = text_of(child($tree, qw(spring config activate onProfile))) // text_of(child($tree, qw(spring profiles)));
        for my $place (@places) { $place->{nobody} //= $why }
        for my $place (@places) { $place->{nobody} = "this applies to the profile '$profile' only" if defined $profile }
        # a document for a profile replaces earlier settings
        $is_put = 1 if put_places(@places);
        each_map(sub {
            my ($node) = @_;
            return if $read{$node};
            for my $name (qw(allowedOrigins allowedOriginPatterns allowOrigins)) {
                my $at = child($node, $name) // next;
                report("$file:$at->{line}: this setting of CORS is not read here; code of the app may use it", 1);
                $is_put = 1;
            }
        }, $tree);
    }
    return $is_put;
}

1;
