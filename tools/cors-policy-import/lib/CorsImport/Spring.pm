# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Spring;

# Reads CORS settings in the YAML of a Spring Boot application: of Spring Cloud
# Gateway for all routes, of the actuator and of GraphQL, and answers requests as
# Spring's CorsConfiguration does. An origin or a method that is not allowed is
# refused with 403. A text in allowedOrigins is one origin in any case; * in
# allowedOriginPatterns stands for any characters. Values that the environment decides
# allow no origin, and settings that other code has to read are reported.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(ECHO matches origin_value same);
use CorsImport::Policy qw(report slurp);
use CorsImport::Places qw(put_places path_container);
use CorsImport::Regex qw(quotemeta_path);
use CorsImport::Tree qw(parse_yaml child entries text_of words_of is_true_text each_map elements);
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

# A list that words_of would cut where a pattern has several ports.
sub patterns_of {
    my ($node) = @_;
    return map { my $at = $_; map { { text => $_, line => $at->{line} } } ($at->{text} // '') =~ /((?:\[[^\]]*\]|[^,\s\[])+)/g } elements($node);
}

# What a map of settings says: from, the lists, notes, nobody; nothing where it has no
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
            push @{ $cors->{notes} }, "line $word->{line}: '$word->{text}' in $name is left out: the environment decides what it is";
        }
        $list{$name} = $cors->{$name} = [ grep { $_->{text} !~ /\$\{|#\{|\@\S+\@/ } @{ $list{$name} } ];
    }
    $cors->{star} = grep { $_->{text} eq '*' } @{ $list{allowedOrigins} };
    my $unknown = text_of($credentials) // '';
    push @{ $cors->{notes} }, "line $credentials->{line}: allowCredentials '$unknown' is left out: the environment decides what it is" if $unknown =~ /\$\{/;
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
    # what is not listed is refused, for every method
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

# A place for a path pattern of Spring; nothing where it cannot be written.
sub place_of {
    my ($file, $cors, $pattern) = @_;
    my $text = $pattern =~ s/\A\[(.*)\]\z/$1/sr;
    my ($kind, $path) = $text eq '/**' || $text eq '/*/**' ? ('prefix', '/') : $text =~ m{\A([^*?{}]*)/\*\*\z} ? ('prefix', $1) : $text =~ /[*?{}]/ ? ('regex', path_regex($text)) : ('exact', $text);
    my @where = defined $path ? path_container($kind, $path) : (undef);
    if (grep { !defined } @where) { report("$cors->{from}: the path $text is left out: it cannot be read here", 1); return }
    return { from => $cors->{from}, where => \@where, kind => $kind, prefix => $kind eq 'regex' ? '' : $path, notes => $cors->{notes}, nobody => $cors->{nobody}, closed => 1, rejects => 1, respond => sub { respond($cors, $_[0]) } };
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

sub import_spring {
    my ($file) = @_;
    my @documents = eval { map { nested($_) } parse_yaml(slurp($file)) };
    if ($@) { report("$file: " . ($@ =~ s/\n\z//r) . ', so nothing of it is read', 1); return 1 }
    my ($is_put, $number) = (0, 0);
    for my $tree (grep { $_->{of} } @documents) {
        my %read;
        my @places = places_of($file, $tree, \%read);
        my $profile = text_of(child($tree, qw(spring config activate onProfile))) // text_of(child($tree, qw(spring profiles)));
        for my $place (@places) { $place->{nobody} = "this is for the profile '$profile' alone" if defined $profile }
        # a part for a profile replaces what stands before it
        $is_put = 1 if put_places(@places);
        each_map(sub {
            my ($node) = @_;
            return if $read{$node};
            for my $name (qw(allowedOrigins allowedOriginPatterns allowOrigins)) {
                my $at = child($node, $name) // next;
                report("$file:$at->{line}: this setting is read by other code than Spring's and is not read here", 1);
                $is_put = 1;
            }
        }, $tree);
    }
    return $is_put;
}

1;
