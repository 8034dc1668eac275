# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Traefik;

# Reads the headers middleware of Traefik in YAML, in TOML, in labels of containers
# and in resources of Kubernetes, and the rules of the routers that use it, and
# answers requests as that middleware does. An expression of
# accessControlAllowOriginListRegex is not anchored, and the list is compared as
# text. A rule that has more than hosts and paths is not read, and so no origin is
# allowed there: it decides which requests the middleware sees.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(matches origin_value same);
use CorsImport::Policy qw(report slurp unique %attribute @sections);
use CorsImport::Places qw(put_places verify_routes path_container);
use CorsImport::Tree qw(parse_yaml parse_toml child entries elements text_of words_of is_true_text each_map);
our @EXPORT_OK = qw(import_traefik);

my @lists = qw(AllowOriginList AllowOriginListRegex AllowMethods AllowHeaders);

# --- the settings, wherever they are: a middleware has file, line, name and cors,
# a router line, rule, priority and middlewares

# The settings of a headers middleware; undef if it has no CORS settings.
sub cors_of {
    my ($file, $headers) = @_;
    my $cors = { line => undef };
    my $use = sub { my ($node) = @_; $cors->{line} //= $node->{line} if $node; return $node };
    for my $name (@lists) {
        my @words = words_of_setting($name, $use->(child($headers, "accessControl$name")));
        $cors->{$name} = \@words if @words;
    }
    $cors->{ExposeHeaders} = [ words_of($use->(child($headers, 'accessControlExposeHeaders'))) ];
    my $old = $use->(child($headers, 'accessControlAllowOrigin'));
    push @{ $cors->{AllowOriginList} }, words_of($old) if $old;
    $cors->{credentials} = is_true_text(text_of($use->(child($headers, 'accessControlAllowCredentials'))));
    my $age = text_of($use->(child($headers, 'accessControlMaxAge')));
    $cors->{age} = $age =~ /\A-?\d+\z/ ? $age : 0 if defined $age;
    $cors->{answers} = defined $cors->{line} || is_true_text(text_of(child($headers, 'addVaryHeader')));
    for (entries(child($headers, 'customResponseHeaders'))) {
        my ($name, $node) = @$_;
        my $attribute = $attribute{ lc $name } // next;
        $use->($node);
        $cors->{custom}{$attribute} = text_of($node) // '';
    }
    return defined $cors->{line} ? $cors : undef;
}

# An expression has commas of its own: only a list has several.
sub words_of_setting {
    my ($name, $node) = @_;
    return if !$node;
    return words_of($node) if $name !~ /Regex/ || defined $node->{text} && !$node->{is_list};
    return map { { text => $_->{text}, line => $_->{line} } } grep { defined text_of($_) } elements($node);
}

# Puts into $found what a tree has: middlewares and routers by name.
sub collect {
    my ($file, $found, $tree) = @_;
    my $of = sub { my ($kind) = @_; return map { [ $_, child($tree, @$_) ] } [ 'http', $kind ], [$kind] };
    for my $pair ($of->('middlewares')) {
        for (entries($pair->[1])) { put_middleware($file, $found, $_->[0], child($_->[1], 'headers')) }
    }
    for my $pair ($of->('routers')) {
        for (entries($pair->[1])) {
            my ($name, $node) = @$_;
            my $rule = text_of(child($node, 'rule')) // next;
            push @{ $found->{routers} }, { name => $name, line => (child($node, 'rule'))->{line}, rule => $rule, priority => text_of(child($node, 'priority')), uses => [ map { $_->{text} } words_of(child($node, 'middlewares')) ] };
        }
    }
}

sub put_middleware {
    my ($file, $found, $name, $headers) = @_;
    my $cors = $headers ? cors_of($file, $headers) : undef;
    $found->{middlewares}{$name} = { %$cors, from => "$file:$cors->{line}", name => $name } if $cors;
}

# The labels below a tree, as a tree of the same form.
sub collect_labels {
    my ($file, $found, $tree) = @_;
    my $root = { line => 1, keys => [], of => {} };
    each_map(sub {
        my $labels = child($_[0], 'labels') // return;
        my @pairs = $labels->{all} ? map { my $node = $_; defined $node->{text} && $node->{text} =~ /\A([^=]+)=(.*)\z/s ? [ $1, { line => $node->{line}, text => $2 } ] : () } @{ $labels->{all} } : entries($labels);
        put_label($root, @$_) for grep { lc($_->[0]) =~ /\Atraefik\.http\./ && defined $_->[1]{text} } @pairs;
    }, $tree);
    collect($file, $found, $root);
}

# compose writes $$ for a $
sub put_label {
    my ($root, $name, $node) = @_;
    my ($into, @path) = ($root, split /\./, $name =~ s/\Atraefik\.//ir);
    my $last = pop @path;
    for my $step (@path) {
        my $next = child($into, $step);
        if (!$next) { $next = $into->{of}{$step} = { line => $node->{line}, keys => [], of => {} }; push @{ $into->{keys} }, $step }
        return if !$next->{of};
        $into = $next;
    }
    push @{ $into->{keys} }, $last;
    $into->{of}{$last} = { line => $node->{line}, text => $node->{text} =~ s/\$\$/\$/gr };
}

# A Middleware or an IngressRoute of Kubernetes.
sub collect_resource {
    my ($file, $found, $tree) = @_;
    my $kind = text_of(child($tree, 'kind')) // return;
    my $name = text_of(child($tree, 'metadata', 'name')) // '';
    put_middleware($file, $found, $name, child($tree, 'spec', 'headers')) if $kind eq 'Middleware';
    return if $kind ne 'IngressRoute';
    for my $route (elements(child($tree, 'spec', 'routes'))) {
        my $rule = text_of(child($route, 'match')) // next;
        push @{ $found->{routers} }, { name => $name, line => $route->{line}, rule => $rule, priority => text_of(child($route, 'priority')),
            uses => [ map { text_of(child($_, 'name')) // () } elements(child($route, 'middlewares')) ] };
    }
}

# --- a request

sub allowed_origin {
    my ($cors, $request) = @_;
    my $origin = origin_value($request);
    for my $item (map { $_->{text} } @{ $cors->{AllowOriginList} // [] }) {
        return '*' if $item eq '*';
        return $item if same($request, $origin, $item);
    }
    for my $item (map { $_->{text} } @{ $cors->{AllowOriginListRegex} // [] }) { return $origin if matches($request, $origin, $item, 0) }
    return;
}

sub respond {
    my ($cors, $request) = @_;
    my $list = sub { return join ',', map { $_->{text} } @{ $cors->{ $_[0] } // [] } };
    my $origin = allowed_origin($cors, $request);
    my %sent;
    $sent{origin} = [$origin] if defined $origin;
    $sent{credentials} = ['true'] if $cors->{credentials};
    if ($request->{kind} eq 'preflight' && $cors->{answers} && has_cors($cors)) {
        for ([ methods => 'AllowMethods' ], [ headers => 'AllowHeaders' ]) { my $text = $list->($_->[1]); $sent{ $_->[0] } = [$text] if length $text }
        $sent{age} = [ $cors->{age} // 0 ];
        return { sent => \%sent, status => 200 };
    }
    delete $sent{origin} if !defined $origin;
    for my $name (keys %{ $cors->{custom} // {} }) {
        if (!length $cors->{custom}{$name}) { delete $sent{$name} if $name !~ /\A(?:origin|credentials)\z/ }
        else { $sent{$name} ||= [ $cors->{custom}{$name} ] }
    }
    my $expose = $list->('ExposeHeaders');
    $sent{expose} = [$expose] if length $expose;
    return { sent => \%sent };
}

# Whether the middleware answers preflights by itself.
sub has_cors {
    my ($cors) = @_;
    return $cors->{credentials} || defined $cors->{age} || grep { @{ $cors->{$_} // [] } } @lists, 'ExposeHeaders';
}

# --- places

# The hosts and the paths of a rule, and what else it needs: lists. It is a chain of
# && with alternatives of one kind; what is not, is something else.
sub rule_of {
    my ($rule) = @_;
    my (@hosts, @paths, @others);
    for my $part (split /\s*&&\s*/, $rule =~ s/\A\s+|\s+\z//gr) {
        my (@own_hosts, @own_paths, $is_other);
        for my $one (split /\s*\|\|\s*/, $part =~ s/\A\((.*)\)\z/$1/sr) {
            my ($name, $words) = $one =~ /\A(\w+)\(\s*(.*?)\s*\)\z/s ? ($1, $2) : ('', '');
            my @words = map { s/\A.|.\z//gsr } $words =~ /(`[^`]*`|"[^"`\\]*")/g;
            if ($name =~ /\AHost(?:Regexp)?\z/ && @words) { push @own_hosts, @words }
            elsif ($name =~ /\APath(?:Prefix)?\z/ && @words && !grep { /[{}]/ } @words) { push @own_paths, map { [ $name eq 'Path' ? 'exact' : 'begins', $_ ] } @words }
            else { $is_other = 1 }
        }
        if ($is_other || @own_hosts && @own_paths || @own_paths && @paths) { push @others, $part }
        else { push @hosts, @own_hosts; push @paths, @own_paths }
    }
    # alternatives around parts of a chain are not distinguished here
    return ([], [], [$rule]) if $rule =~ /\|\|/ && $rule =~ /&&/ && $rule !~ /\A(?:[^|(]|\([^|()]*\)|\((?:[^()&]|\([^()]*\))*\))*\z/;
    return (\@hosts, \@paths, \@others);
}

sub places_of {
    my ($file, $found, $router) = @_;
    my @uses = map { $found->{middlewares}{ s/@.*//r } // () } @{ $router->{uses} };
    my ($hosts, $paths, $others) = rule_of($router->{rule});
    my $cors = $uses[0];
    $_->{is_used} = 1 for @uses;
    my %place = (from => $cors ? $cors->{from} : "$file:$router->{line}", notes => [], closed => 1, key => $cors // '');
    push @{ $place{notes} }, 'belongs in the virtual host of ' . join ', ', @$hosts if @$hosts;
    $place{nobody} = "the router $router->{name} of line $router->{line} has several middlewares about CORS" if @uses > 1;
    $place{condition} = "the router $router->{name} of line $router->{line} needs @$others" if @$others;
    $place{respond} = sub { respond($cors, $_[0]) } if $cors;
    my @places = map { my ($kind, $path) = @$_; +{ %place, kind => $kind, prefix => $path, where => [ path_container($kind, $path) ] } } @$paths ? @$paths : [ begins => '/' ];
    report("$file:$router->{line}: a path of the router $router->{name} is omitted: it cannot be read here", 1) if grep { grep { !defined } @{ $_->{where} } } @places;
    return grep { !grep { !defined } @{ $_->{where} } } @places;
}

sub import_traefik {
    my ($file) = @_;
    my $text = slurp($file);
    my $is_toml = $file =~ /\.toml\z/i || $text =~ /^\s*\[+[\w.]+\]+\s*$/m;
    my @trees = eval { $is_toml ? parse_toml($text) : parse_yaml($text) };
    if ($@) { report("$file: " . ($@ =~ s/\n\z//r) . ', so the file is not read', 1); return 1 }
    my $found = { middlewares => {}, routers => [] };
    for my $tree (grep { $_->{of} } map { ($_, elements(child($_, 'items'))) } @trees) {
        collect($file, $found, $tree);
        collect_labels($file, $found, $tree);
        collect_resource($file, $found, $tree);
    }
    my @routers = sort { ($b->{priority} || length $b->{rule}) <=> ($a->{priority} || length $a->{rule}) } @{ $found->{routers} };
    my %host;
    my @hosts;
    my $number = 0;
    for my $router (@routers) {
        my ($hosts) = rule_of($router->{rule});
        my $key = join ' ', sort @{ $hosts // [] };
        push @hosts, $key if !$host{$key};
        push @{ $host{$key} }, map { +{ %$_, number => $number } } places_of($file, $found, $router);
        $number++;
    }
    my $is_put = 0;
    # routers without a host are for all hosts
    my ($own, %put) = (scalar @sections);
    for my $key (@hosts) {
        $_->{is_verified_apart} = 1 for @{ $host{$key} };
        $is_put = 1 if put_places(@{ $host{$key} });
        $put{$key} = [ @sections[ $own .. $#sections ] ];
        $own = @sections;
    }
    for my $key (@hosts) {
        my @routes = map { +{ %$_, server => length $key ? $key : undef } } sort { $a->{number} <=> $b->{number} } map { @{ $host{$_} // [] } } unique('', $key);
        verify_routes(\@routes, map { @{ $put{$_} // [] } } unique('', $key));
    }
    my @unused = grep { !$_->{is_used} } map { $found->{middlewares}{$_} } sort keys %{ $found->{middlewares} };
    for my $cors (@unused) {
        my $place = { from => $cors->{from}, notes => ["belongs in the sections of the routers that use the middleware $cors->{name}"], closed => 1, respond => sub { respond($cors, $_[0]) } };
        $is_put = 1 if put_places($place);
    }
    return $is_put || grep { $_ } values %{ $found->{middlewares} };
}

1;
