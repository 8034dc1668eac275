# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Places;

# From the routes of a server that takes the first one that fits, to sections of
# httpd, which merges all that fit and lets the last one win. A reader gives places
# in the order of its server, each with a function that answers a request
# (Classes.pm); they are printed in reverse order, each is complete, and a place
# without CORS before one that has it is CorsPolicy Off. It knows no server.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(policies);
use CorsImport::Classes qw(assume try_all);
use CorsImport::Policy qw(section note apart @sections);
use CorsImport::Regex qw(quoted quotemeta_path);
use CorsImport::Verify qw(verify_place container_applies sample_paths);
our @EXPORT_OK = qw(put_places verify_routes path_container places_by_path);

# The container for a path: kind is prefix (of segments), begins (of characters),
# exact, or regex. Nothing for every path; undef where it cannot be written.
sub path_container {
    my ($kind, $path) = @_;
    return () if $kind =~ /\A(?:prefix|begins)\z/ && $path =~ m{\A/?\z};
    $path =~ s{(?<=.)/\z}{} if $kind eq 'prefix';
    return qq(<Location "$path">) if $kind eq 'prefix' && $path =~ m{\A/[\w/.~-]+\z};
    my $regex = $kind eq 'regex' ? $path : '^' . quotemeta_path($path) . ($kind eq 'exact' ? '$' : $kind eq 'prefix' ? '(?:/|$)' : '');
    my $word = quoted($regex);
    return defined $word ? "<LocationMatch $word>" : undef;
}

# The places that some paths make, [kind, path] with begins or exact, and the one for
# all others: each has kind, path, where and prefix, the longest first.
sub places_by_path {
    my (@paths) = @_;
    my %seen;
    my @places;
    for ([ begins => '/' ], @paths) {
        my ($kind, $path) = @$_;
        next if $seen{"$kind $path"}++;
        my @where = path_container($kind, $path);
        push @places, { kind => $kind, path => $path, prefix => $path, where => \@where } if !grep { !defined } @where;
    }
    return sort { length $b->{path} <=> length $a->{path} || $b->{kind} cmp $a->{kind} } @places;
}

# A place: from (file:line), where (the containers), kind and prefix (its paths, as
# of path_container(); '' for any), respond (nothing where nothing is sent), notes, is_unread (as for note()), nobody (why no
# origin can be allowed), closed (whether no origin is allowed where nothing is sent), rejects (whether it
# rejects other origins and methods), condition (what else it needs) with key (what is
# equal for places with equal settings). For verify_routes(): server (its name), begins
# (whether the original also matches longer names that begin with prefix).
sub put_places {
    my (@places) = @_;
    my $before = @sections;
    my @put;
    my @routes = @places;
    @places = reachable(@places);
    $_->{is_alone} = @places == 1 for @places;
    for my $place (reverse @places) {
        my @policies = policies_of($place);
        if (!@policies) {
            next if !grep { overlap($_, $place) } @put;
            my $off = new_section($place, ());
            note($off, 'no CORS headers are sent here, but the enclosing section has a policy');
            $off->{attr} = { policy => 'Off' };
            push @policies, $off;
        }
        # the settings of the outermost place need no section of their own
        my $text = join "\n", map { signature($_) } @policies;
        next if @put && !grep({ !is_for_all($_) } @put) && $put[-1]{text} eq $text;
        push @put, { %$place, text => $text };
        push @sections, map { with_exclusions($_) } @policies;
    }
    my @own = @sections[ $before .. $#sections ];
    apart(@own);
    verify_routes(\@routes, @own) if !grep { $_->{is_verified_apart} } @routes;
    return scalar @own;
}

# Add the routes of a server, in its order, and the sections that they became to the table
# of --verify.
sub verify_routes {
    my ($routes, @own) = @_;
    my ($server) = map { $_->{server} // () } @$routes;
    my @paths = map { my $at = $_; ($at->{kind} // 'begins') eq 'regex' ? map { sample_paths($_) } map { /\A<LocationMatch "(.*)">\z/ ? $1 : () } @{ $at->{where} } : length($at->{prefix} // '') ? $at->{prefix} : () } @$routes;
    verify_place(server => $server, sections => \@own, paths => [ grep { m{\A/.} } @paths ], run => sub { run_routes($routes, @_) });
}

# Whether a route is for a path, as its server compares them.
sub is_for {
    my ($route, $path) = @_;
    my ($kind, $prefix) = ($route->{begins} ? 'begins' : $route->{kind} // 'begins', $route->{prefix} // '');
    return container_applies({ decided => {} }, $route->{where}[0], $path, '') if $kind eq 'regex';
    return $path eq $prefix if $kind eq 'exact';
    return index($path, $prefix) == 0 if $kind eq 'begins';
    return $path eq $prefix =~ s{(?<=.)/\z}{}r || index($path, $prefix =~ s{/?\z}{/}r) == 0;
}

# The response of the first route that is for a request; a reason if it is not known.
sub run_routes {
    my ($routes, $path, $request) = @_;
    for my $route (@$routes) {
        my $is = is_for($route, $path) // return 'a path';
        next if !$is;
        next if defined $route->{condition} && !assume($request, $route->{condition});
        return $route->{nobody} if defined $route->{nobody};
        return 'a value that is not known' if $route->{is_unread};
        return $route->{respond_at}->($path, $request) if $route->{respond_at};
        return $route->{respond} ? $route->{respond}->($request) : { sent => {} };
    }
    return { sent => {} };
}

sub is_for_all { my ($place) = @_; return ($place->{prefix} // '') =~ m{\A/?\z} && ($place->{kind} // 'begins') =~ /\A(?:begins|prefix)\z/ }

sub signature {
    my ($section) = @_;
    return join "\n", 'section', @{ $section->{limit} // [] }, map { my $value = $section->{attr}{$_}; "$_ " . (ref $value ? "@$value" : $value // '') } sort keys %{ $section->{attr} };
}

sub overlap {
    my ($one, $other) = map { $_->{prefix} // '' } @_;
    return index($one, $other) == 0 || index($other, $one) == 0;
}

sub new_section {
    my ($place, $notes) = @_;
    my $section = { from => $place->{from}, where => [ @{ $place->{where} // [] } ], attr => {}, notes => [] };
    note($section, $_) for @{ $place->{notes} // [] };
    $section->{is_unread} = 1 if $place->{is_unread};
    return $section;
}

sub policies_of {
    my ($place) = @_;
    my $nobody = $place->{nobody};
    my $tried = $nobody || !$place->{respond} ? undef : try_all($place->{respond});
    if ($tried) {
        my $lines = $tried->{seen}{lines} // {};
        my ($from) = sort { $lines->{$a} <=> $lines->{$b} } keys %$lines;
        my @policies = policies(sub { new_section({ %$place, from => $from // $place->{from} }) }, $tried, $place->{is_alone} ? '' : undef);
        if ($tried->{seen}{keep}) { $_->{attr}{keep} = 1 for @policies }
        settle_closed($place, @policies) if $place->{closed};
        return @policies if @policies || !$place->{closed};
    }
    return if !$nobody && !$place->{respond};
    my $section = new_section($place);
    my $why = $nobody // ($tried ? 'browsers send none of the listed origins' : 'there are too many conditions to evaluate');
    note($section, "$why; CorsAllowOrigins None allows no origin");
    $section->{attr} = { policy => 'On', nobody => 1, $place->{rejects} ? (reject => 1) : () };
    return $section;
}

# Whether every path of one place is one of another's.
sub covers {
    my ($outer, $inner) = @_;
    return 0 if ($outer->{kind} // 'begins') !~ /\A(?:begins|prefix)\z/ || ($inner->{kind} // '') eq 'regex' && ($outer->{prefix} // '') !~ m{\A/?\z};
    my ($from, $path) = map { $_->{prefix} // '' } $outer, $inner;
    return 1 if $from =~ m{\A/?\z};
    return $outer->{kind} eq 'prefix' ? $path eq $from || index($path, $from =~ s{/?\z}{/}r) == 0 : index($path, $from) == 0;
}

# The places that requests can reach, in their order. Where one needs more than its
# path and does not fit, a later one answers: if those have the same settings, they count for
# both; else no origin is allowed there.
sub reachable {
    my (@places) = @_;
    my (@all, @tail);
    for my $at (0 .. $#places) {
        my $place = $places[$at];
        next if grep { !defined $_->{condition} && covers($_, $place) } @all;
        if (!defined $place->{condition}) { push @all, $place; next }
        my @later = grep { overlap($_, $place) } @places[ $at + 1 .. $#places ];
        my $is_same = !grep { $_->{key} ne $place->{key} } @later;
        next if $is_same && (!$place->{respond} || grep { !defined $_->{condition} && covers($_, $place) } @later);
        my $nobody = { %$place, nobody => "$place->{condition}, which cannot be evaluated here" };
        if ($is_same) { push @tail, $nobody }
        else { push @all, $nobody }
    }
    @all = (@all, @tail);
    # directives outside sections come first in httpd, wherever they are
    for my $place (@all[ 0 .. $#all - 1 ]) { $place->{where} = ['<Location "/">'] if !@{ $place->{where} // [] } }
    return @all;
}

# The methods that are not listed, of a server that rejects those.
sub settle_closed {
    my ($place, @policies) = @_;
    for my $section (@policies) {
        $section->{attr}{reject} = 1 if $place->{rejects};
        s/\Ano origin could be read;/methods that are not listed are rejected;/ for $section->{limit} || @policies == 1 ? () : @{ $section->{notes} };
    }
}

# A section, and the one within it for what is excluded from any origin.
sub with_exclusions {
    my ($section) = @_;
    return $section if !$section->{excluded} || !$section->{attr}{everybody};
    my @where = @{ $section->{where} };
    return ($section, { from => $section->{from}, where => @where ? [@where] : ['<Location "/">'], limit => $section->{limit}, notes => [], attr => { edit => $section->{excluded} } });
}

1;
