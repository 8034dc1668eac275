# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Istio;

# Reads the corsPolicy of Istio VirtualServices. Istio turns each into a policy of
# Envoy's cors filter, so this file turns the routes of a VirtualService into routes
# of Envoy, one for each match, and Envoy.pm does the rest. A route inherits nothing.
# A match that needs more than a path, such as a header or a gateway, is a condition
# there. Delegates are reported, not followed.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Envoy qw(place_of);
use CorsImport::Policy qw(report slurp);
use CorsImport::Places qw(put_places);
use CorsImport::Tree qw(parse_yaml child entries elements text_of report_headers);
our @EXPORT_OK = qw(import_istio);

# A map with these nodes; those that are undefined are omitted.
sub map_of {
    my ($line, %of) = @_;
    delete @of{ grep { !defined $of{$_} } keys %of };
    return { line => $line, keys => [ sort keys %of ], of => \%of };
}

# The seconds of a duration of Go, such as 24h, 1m30s or 500ms; undef if it is invalid.
sub seconds {
    my ($text) = @_;
    return if $text !~ /\A(?:\d+(?:\.\d+)?(?:h|ms|m|s))+\z/;
    my %unit = (h => 3600, m => 60, s => 1, ms => 0.001);
    my $sum = 0;
    while ($text =~ /(\d+(?:\.\d+)?)(h|ms|m|s)/g) { $sum += $1 * $unit{$2} }
    return int $sum;
}

# A corsPolicy as a policy of Envoy.
sub envoy_policy {
    my ($policy) = @_;
    my $joined = sub {
        my $node = child($policy, $_[0]);
        return $node ? { line => $node->{line}, text => join ',', map { text_of($_) // () } elements($node) } : undef;
    };
    my $age = text_of(child($policy, 'maxAge'));
    my $seconds = defined $age ? seconds($age) : undef;
    return map_of($policy->{line}, allow_origin => scalar child($policy, 'allowOrigin'), allow_origin_string_match => scalar child($policy, 'allowOrigins'),
        allow_methods => $joined->('allowMethods'), allow_headers => $joined->('allowHeaders'), expose_headers => $joined->('exposeHeaders'),
        allow_credentials => scalar child($policy, 'allowCredentials'), max_age => defined $seconds ? { line => $policy->{line}, text => $seconds } : undef);
}

# A match as one of Envoy: its path, and the names of its other conditions.
sub envoy_match {
    my ($match) = @_;
    my $uri = child($match, 'uri');
    my $is = sub { return scalar child($uri, $_[0]) };
    my $regex = $is->('regex');
    my %of = (prefix => $is->('prefix'), path => $is->('exact'), safe_regex => $regex ? map_of($regex->{line}, regex => $regex) : undef);
    $of{ $_->[0] } = $_->[1] for grep { $_->[0] !~ /\A(?:uri|name|statPrefix)\z/ } entries($match);
    $of{prefix} = { line => $match->{line}, text => '/' } if !grep { defined $of{$_} } qw(prefix path safe_regex);
    return map_of($match->{line}, %of);
}

# The places of a route.
sub places_of {
    my ($file, $route, @notes) = @_;
    my $policy = child($route, 'corsPolicy');
    my $envoy = $policy ? envoy_policy($policy) : undef;
    report("$file:$route->{line}: the delegate of this route is not read here", 1) if child($route, 'delegate');
    my @matches = elements(child($route, 'match'));
    @matches = { line => $route->{line}, keys => [], of => {} } if !@matches;
    return map { place_of($file, map_of($route->{line}, match => envoy_match($_), cors => $envoy), undef, @notes) } @matches;
}

sub import_istio {
    my ($file) = @_;
    my @documents = eval { parse_yaml(slurp($file)) };
    if ($@) { report("$file: " . ($@ =~ s/\n\z//r) . ', so the file is not read', 1); return 1 }
    my $is_put = 0;
    my @resources = map { ($_, elements(child($_, 'items'))) } grep { $_->{of} } @documents;
    my $why = report_headers($file, grep { (text_of(child($_, 'kind')) // '') =~ /\A(?:VirtualService|EnvoyFilter)\z/ } @resources);
    for my $service (grep { (text_of(child($_, 'kind')) // '') eq 'VirtualService' } @resources) {
        my @hosts = grep { $_ ne '*' } map { text_of($_) // () } elements(child($service, qw(spec hosts)));
        my @notes = @hosts ? 'belongs in the virtual host of ' . join ', ', @hosts : ();
        my @routes = elements(child($service, qw(spec http)));
        next if !grep { child($_, 'corsPolicy') || child($_, 'delegate') } @routes;
        my @places = map { places_of($file, $_, @notes) } @routes;
        $_->{nobody} //= $why for grep { $_->{respond} } @places;
        $_->{server} = join ', ', @hosts for @hosts ? @places : ();
        $is_put = 1 if put_places(@places);
    }
    return $is_put;
}

1;
