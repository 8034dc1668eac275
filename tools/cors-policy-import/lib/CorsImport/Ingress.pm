# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Ingress;

# Reads Kubernetes Ingresses with the annotations of ingress-nginx for CORS
# (nginx.ingress.kubernetes.io/cors-*), and answers requests as the controller's
# nginx does. What is not set has the controller's default: any origin, with
# credentials. A wildcard is one label there, and a * is sent literally, so that
# browsers never took the credentials beside it. Snippets are reported, not read.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(matches origin_value same);
use CorsImport::Policy qw(report slurp);
use CorsImport::Places qw(put_places path_container);
use CorsImport::Regex qw(quotemeta_path);
use CorsImport::Tree qw(parse_yaml child elements entries text_of);
our @EXPORT_OK = qw(import_ingress);

my $prefix = 'nginx.ingress.kubernetes.io/';
my %default = (methods => 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
    headers => 'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization', age => 1728000);

# Whether the controller reads a text as true or as false; it uses the default for
# another one.
sub bool { my ($text, $default) = @_; return $text =~ /\A(?:1|t|T|true|True|TRUE)\z/ ? 1 : $text =~ /\A(?:0|f|F|false|False|FALSE)\z/ ? 0 : $default }

# The settings of an Ingress; undef if CORS is off.
sub settings_of {
    my ($file, $annotations) = @_;
    my %at = map { substr($_->[0], length $prefix) => $_->[1] } grep { index($_->[0], $prefix) == 0 } entries($annotations);
    my $of = sub { my ($name) = @_; return text_of($at{$name}) };
    for my $name (sort grep { /snippet/ && ($at{$_}{text} // '') =~ /access-control-/i } keys %at) {
        report("$file:$at{$name}{line}: Access-Control- in $name is not read here; import it as a file of nginx", 1);
    }
    for (grep { $_->[0] =~ /\bcors/i && index $_->[0], $prefix } entries($annotations)) { report("$file:$_->[1]{line}: the annotation $_->[0] is not read here", 1) }
    return if !bool($of->('enable-cors') // '', 0);
    my $cors = { line => $at{'enable-cors'}{line}, credentials => bool($of->('cors-allow-credentials') // '', 1), expose => $of->('cors-expose-headers'), notes => [] };
    ($cors->{age}) = ($of->('cors-max-age') // '') =~ /\A(\d+)\z/ ? $1 : $default{age};
    $cors->{methods} = $of->('cors-allow-methods') // $default{methods};
    $cors->{headers} = $of->('cors-allow-headers') // $default{headers};
    my $origins = $of->('cors-allow-origin');
    if (!defined $origins) { $cors->{star} = 1; push @{ $cors->{notes} }, 'cors-allow-origin is not set, which means any origin' }
    else { put_origins($cors, $origins, $at{'cors-allow-origin'}{line}) }
    return $cors;
}

sub put_origins {
    my ($cors, $origins, $line) = @_;
    for my $origin (grep { length } map { s/\A\s+|\s+\z//gr } split /,/, $origins) {
        if ($origin eq '*') { $cors->{star} = 1; return }
        if ($origin !~ m{\A(?:[A-Za-z]+://)?(?:\*\.)?[A-Za-z0-9.-]*(?::\d+)?\z}) {
            push @{ $cors->{notes} }, "line $line: '$origin' is omitted: ingress-nginx rejects it";
            next;
        }
        if ($origin =~ m{://} && $origin !~ /\*/) { push @{ $cors->{texts} }, $origin }
        else { push @{ $cors->{regexes} }, ($origin =~ m{://} ? '^' : '') . quotemeta_path($origin) =~ s/\\\*/[a-z0-9-]+/r . '$' }
    }
}

sub respond {
    my ($cors, $request) = @_;
    my $origin = origin_value($request);
    my $is_allowed = $cors->{star};
    for my $text (@{ $cors->{texts} // [] }) { $is_allowed = 1 if same($request, $origin, $text, 1) }
    for my $regex (@{ $cors->{regexes} // [] }) { $is_allowed = 1 if matches($request, $origin, $regex, 1) }
    return { sent => {} } if !$is_allowed;
    my %sent = (origin => [ $cors->{star} ? '*' : $origin ], methods => [ $cors->{methods} ], headers => [ $cors->{headers} ], age => [ $cors->{age} ]);
    $sent{credentials} = ['true'] if $cors->{credentials};
    $sent{expose} = [ $cors->{expose} ] if defined $cors->{expose};
    return { sent => \%sent, $request->{kind} eq 'preflight' ? (status => 204) : () };
}

# The places of a rule's path.
sub place_of {
    my ($file, $path, $cors, $is_regex, $ingress) = @_;
    my $text = text_of(child($path, 'path')) // '/';
    my $type = text_of(child($path, 'pathType')) // 'ImplementationSpecific';
    my $kind = $is_regex ? 'regex' : $type eq 'Exact' ? 'exact' : 'prefix';
    my @notes = @{ $cors ? $cors->{notes} : [] };
    push @notes, "a path of the type $type also matches longer names that begin with $text; here it is $text and everything below" if $kind eq 'prefix' && $type ne 'Prefix' && $text ne '/';
    my @where = path_container($kind, $is_regex ? "(?i)^$text" : $text);
    my $from = "$file:" . ($cors ? $cors->{line} : $path->{line});
    if (grep { !defined } @where) { report("$from: the path $text is omitted: it cannot be read here", 1); return }
    return { from => $from, where => \@where, notes => \@notes, kind => $kind, prefix => $is_regex ? '' : $text, begins => $kind eq 'prefix' && $type ne 'Prefix',
        closed => 1, respond => $cors ? sub { respond($cors, $_[0]) } : undef };
}

sub import_ingress {
    my ($file) = @_;
    my @documents = eval { parse_yaml(slurp($file)) };
    if ($@) { report("$file: " . ($@ =~ s/\n\z//r) . ', so the file is not read', 1); return 1 }
    my (%host, @hosts);
    for my $ingress (grep { (text_of(child($_, 'kind')) // '') eq 'Ingress' } map { ($_, elements(child($_, 'items'))) } grep { $_->{of} } @documents) {
        my $annotations = child($ingress, 'metadata', 'annotations');
        my $cors = settings_of($file, $annotations);
        my $is_regex = bool(text_of($annotations && $annotations->{of} && $annotations->{of}{"${prefix}use-regex"}) // '', 0);
        for my $rule (elements(child($ingress, 'spec', 'rules')), child($ingress, 'spec', 'rules') ? () : { of => {}, keys => [], line => $ingress->{line} }) {
            my $name = text_of(child($rule, 'host')) // '';
            push @hosts, $name if !$host{$name};
            my @paths = elements(child($rule, 'http', 'paths'));
            push @{ $host{$name} }, map { place_of($file, $_, $cors, $is_regex) } @paths ? @paths : { of => {}, keys => [], line => $rule->{line} };
        }
    }
    my $is_put = 0;
    for my $name (@hosts) {
        my @places = sort { ($b->{kind} eq 'exact') <=> ($a->{kind} eq 'exact') || ($b->{kind} eq 'regex') <=> ($a->{kind} eq 'regex') || length $b->{prefix} <=> length $a->{prefix} } @{ $host{$name} };
        if (length $name || @hosts > 1) { push @{ $_->{notes} }, 'belongs in the virtual host of ' . (length $name ? $name : 'no name') for @places }
        $_->{server} = $name for length $name ? @places : ();
        $is_put = 1 if put_places(@places);
    }
    return $is_put;
}

1;
