# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Envoy;

# Reads the policies of Envoy's cors filter in its virtual hosts and routes, in YAML
# or JSON, the older forms too, and answers requests as the filter does: it sends the
# origin back that matches, or any origin where a matcher matches the text *. A route
# takes each setting that it lacks from its virtual host. A route that also needs a
# header or a query is not read, and no origin is allowed there.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(assume matches origin_value same);
use CorsImport::Policy qw(report slurp);
use CorsImport::Places qw(put_places path_container);
use CorsImport::Regex qw(ending quotemeta_path);
use CorsImport::Tree qw(parse_yaml child entries elements text_of is_true_text each_map report_headers);
our @EXPORT_OK = qw(import_envoy place_of);

my $filter = 'envoy.filters.http.cors';

# The node of the policy that is set at a virtual host or at a route.
sub policy_node {
    my ($node, $route) = @_;
    for my $configs (grep { $_ } map { child($node, $_) } qw(typed_per_filter_config per_filter_config)) {
        my $own = $configs->{of}{$filter} // $configs->{of}{'envoy.cors'} // next;
        my $inner = child($own, 'config');
        return $inner && ($own->{of}{'@type'}{text} // '') =~ /FilterConfig\z/ ? $inner : $own;
    }
    return child($route // $node, 'cors');
}

# The matchers of a policy: text, or an expression for the whole origin; ignore_case.
sub matchers {
    my ($policy) = @_;
    my @all = map { { exact => $_->{text}, line => $_->{line} } } grep { defined $_->{text} } elements(child($policy, 'allow_origin'));
    push @all, map { { regex => $_->{text}, line => $_->{line} } } grep { defined $_->{text} } elements(child($policy, 'allow_origin_regex'));
    for my $node (elements(child($policy, 'allow_origin_string_match'))) {
        my $of = sub { my $at = child($node, @_); return $at ? $at->{text} // '' : undef };
        my %one = (line => $node->{line}, nocase => is_true_text($of->('ignore_case')));
        my ($prefix, $suffix, $contains) = map { $of->($_) } qw(prefix suffix contains);
        $one{exact} = $of->('exact');
        $one{regex} = $of->('safe_regex', 'regex') // $of->('regex');
        my $begins = defined $prefix ? '^' . quotemeta_path($prefix) : undef;
        my $found = $begins // (defined $suffix ? ending($suffix) : defined $contains ? quotemeta_path($contains) : undef);
        $one{found} = $found if defined $found;
        push @all, \%one;
    }
    return @all;
}

# The settings of a policy; those that it lacks are of the one around it.
sub cors_of {
    my ($file, $node, $outer) = @_;
    return $outer if !$node;
    my $cors = { %{ $outer // {} }, from => "$file:$node->{line}", line => $node->{line} };
    my $of = sub { return text_of(child($node, @_)) };
    my @matchers = matchers($node);
    if (@matchers) { $cors->{matchers} = \@matchers; $cors->{from} = "$file:$matchers[0]{line}" }
    for ([ methods => 'allow_methods' ], [ headers => 'allow_headers' ], [ expose => 'expose_headers' ], [ age => 'max_age' ]) {
        my $text = $of->($_->[1]);
        $cors->{ $_->[0] } = $text if defined $text;
    }
    my $credentials = $of->('allow_credentials') // $of->('allow_credentials', 'value');
    $cors->{credentials} = is_true_text($credentials) if defined $credentials;
    my $network = $of->('allow_private_network_access');
    $cors->{network} = is_true_text($network) if defined $network;
    $cors->{enabled} = 0 if defined $of->('enabled') && !is_true_text($of->('enabled'));
    my $part = $of->('filter_enabled', 'default_value', 'numerator');
    my %of_hundred = (HUNDRED => 100, TEN_THOUSAND => 10_000, MILLION => 1_000_000);
    my $whole = $of_hundred{ $of->('filter_enabled', 'default_value', 'denominator') // 'HUNDRED' } // 100;
    $cors->{enabled} = !$part ? 0 : $part >= $whole ? 1 : 'perhaps' if child($node, 'filter_enabled', 'default_value');
    return $cors;
}

sub is_allowed {
    my ($request, $matchers) = @_;
    my $origin = origin_value($request);
    for my $one (@$matchers) {
        my ($exact, $regex) = @$one{qw(exact regex)};
        if (defined $exact) { return 1 if $exact eq '*' || same($request, $origin, $exact, $one->{nocase}); next }
        my $expression = defined $regex ? "^(?:$regex)\$" : $one->{found} // next;
        return 1 if eval { no warnings; '*' =~ /$expression/ } || matches($request, $origin, $expression, $one->{nocase});
    }
    return 0;
}

sub respond {
    my ($cors, $request) = @_;
    return { sent => {} } if !($cors->{enabled} // 1) || ($cors->{enabled} // 1) eq 'perhaps' && !assume($request, "$cors->{line}: filter_enabled");
    return { sent => {} } if !is_allowed($request, $cors->{matchers} // []);
    my %sent = (origin => [ origin_value($request) ]);
    $sent{credentials} = ['true'] if $cors->{credentials};
    my $is_preflight = $request->{kind} eq 'preflight';
    for my $name ($is_preflight ? qw(methods headers age) : (), 'expose') { $sent{$name} = [ $cors->{$name} ] if defined $cors->{$name} }
    $sent{network} = ['true'] if $is_preflight && $cors->{network};
    return { sent => \%sent, $is_preflight ? (status => 200) : () };
}

# The place of a route.
sub place_of {
    my ($file, $route, $outer, @notes) = @_;
    my $node = policy_node($route, child($route, 'route'));
    my $cors = cors_of($file, $node, $outer);
    my $match = child($route, 'match') // { line => $route->{line}, of => {}, keys => [] };
    my ($kind, $path) = ('begins', '/');
    for ([ begins => 'prefix' ], [ prefix => 'path_separated_prefix' ], [ exact => 'path' ], [ regex => 'regex' ]) {
        my $text = text_of(child($match, $_->[1])) // next;
        ($kind, $path) = ($_->[0], $text);
    }
    my $regex = text_of(child($match, 'safe_regex', 'regex'));
    ($kind, $path) = ('regex', $regex) if defined $regex;
    $path = "^(?:$path)\$" if $kind eq 'regex';
    my @others = grep { !/\A(?:prefix|path|regex|safe_regex|path_separated_prefix|case_sensitive)\z/ } map { $_->[0] } entries($match);
    my @where = path_container($kind, $path);
    my $from = $node ? $cors->{from} : "$file:$match->{line}";
    if (grep { !defined } @where) { report("$file:$match->{line}: the route is omitted: its match cannot be read here", 1); return }
    my $place = { from => $from, where => \@where, kind => $kind, prefix => $kind eq 'regex' ? '' : $path, notes => [@notes], closed => 1, respond => $cors && ($cors->{enabled} // 1) ? sub { respond($cors, $_[0]) } : undef };
    $place->{key} = $cors // '';
    $place->{condition} = "the route of line $match->{line} needs more than a path (@others)" if @others;
    return $place;
}

sub import_envoy {
    my ($file) = @_;
    my @documents = eval { parse_yaml(slurp($file)) };
    if ($@) { report("$file: " . ($@ =~ s/\n\z//r) . ', so the file is not read', 1); return 1 }
    my (@hosts, %read);
    my $why = report_headers($file, @documents);
    for my $tree (@documents) {
        each_map(sub { my $all = child($_[0], 'virtual_hosts'); push @hosts, elements($all) if $all }, $tree, {});
        each_map(sub {
            my ($node) = @_;
            return if !child($node, 'virtual_hosts') || !policy_node($node);
            $read{ policy_node($node) } = $node;
        }, $tree);
    }
    my $is_put = 0;
    for my $host (@hosts) {
        my ($outer) = map { cors_of($file, policy_node($_), undef) } grep { grep { $_ == $host } elements(child($_, 'virtual_hosts')) } values %read;
        my $node = policy_node($host);
        my $cors = cors_of($file, $node, $outer);
        my @domains = grep { $_ ne '*' } map { text_of($_) // () } elements(child($host, 'domains'));
        my @notes = @domains ? 'belongs in the virtual host of ' . join ', ', @domains : ();
        my @places = map { place_of($file, $_, $cors, @notes) } elements(child($host, 'routes'));
        # a host without routes is a place by itself
        push @places, { from => $cors->{from}, where => [], notes => \@notes, prefix => '', closed => 1, respond => sub { respond($cors, $_[0]) } } if !@places && $cors;
        $_->{nobody} //= $why for grep { $_->{respond} } @places;
        $_->{server} = join ', ', @domains for @domains ? @places : ();
        $is_put = 1 if put_places(@places);
    }
    return $is_put;
}

1;
