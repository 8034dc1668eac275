# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Verify;

# A table for a person to sign off: who could do what before, and who can after. The rows
# are the paths and origins that the source names, and near misses of them. A reader adds
# places (verify_place), with a function that runs the source for one request; so far only
# that of nginx does. What is true after comes from the printed directives: this file
# reads them as httpd does, and knows nothing of the sections that they were made from.
# t/import/nginx.t compares each row with what nginx and httpd do. What cannot be
# evaluated on one side is undef, and the table says so.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(record);
use CorsImport::Classes qw(assumptions);
use CorsImport::Policy qw(unique canonical_origin printed_of);
our @EXPORT_OK = qw(verify_place verify_origins verify_table print_verified);

# More rows would not be read by anyone.
my $paths_max = 40;
my $origins_max = 60;

my (@places, %named);

# Add a server of the source: its name; the paths that it names; the sections that it became;
# and run, called with a path and a request (Classes.pm), which returns the response or, if
# it cannot choose a location, undef.
sub verify_place { my (%place) = @_; push @places, \%place; return }

# Note origins that the source names.
sub verify_origins { $named{$_} = 1 for grep { defined canonical_origin($_) && !/[*\$]/ } @_; return }

# --- what is asked

sub near_origins {
    my ($origin) = @_;
    my ($scheme, $host, $port) = $origin =~ m{\A([a-z][a-z0-9+.-]*)://(.+?)(:\d+)?\z} or return;
    return ($scheme eq 'https' ? "http://$host" . ($port // '') : $scheme eq 'http' ? "https://$host" . ($port // '') : (),
        "$scheme://$host" . (defined $port ? '' : ':8443'), "$scheme://sub.$host" . ($port // ''), "$scheme://evil$host" . ($port // ''), "$scheme://$host.evil.example" . ($port // ''));
}

# An origin below the domain of a wildcard, and that of the domain.
sub below {
    my ($scheme, $domain) = @_;
    return if !defined $domain;
    return ("${scheme}any.$domain" =~ s/:\*\z/:8443/r, "$scheme$domain" =~ s/:\*\z//r);
}

# The rows' origins, and how many are omitted.
sub origins_of {
    my ($text) = @_;
    my @own = sort { $a cmp $b } unique(keys %named, grep { !/[*\$]/ } $text =~ m{(?<=[\s!-])([a-z][a-z0-9+.-]*://[^\s"]+)}g);
    @own = grep { defined canonical_origin($_) && canonical_origin($_) eq $_ } @own;
    my @below = map { below(m{\A(.*?://)\*\.(.*)\z}) } $text =~ m{(?<=[\s!-])([a-z][a-z0-9+.-]*://\*\.[^\s"]+)}g;
    my @all = unique(@own, @below, 'null', 'https://any-other.example', map { near_origins($_) } @own);
    return (\@all, 0) if @all <= $origins_max;
    return ([ @all[ 0 .. $origins_max - 1 ] ], @all - $origins_max);
}

sub paths_of {
    my (@paths) = @_;
    my @all = unique('/', map { my $path = $_; ($path, $path =~ m{/\z} ? ("${path}x", $path =~ s{(?<=.)/\z}{x}r) : ("$path/x", "${path}x")) } @paths);
    return (\@all, 0) if @all <= $paths_max;
    return ([ @all[ 0 .. $paths_max - 1 ] ], @all - $paths_max);
}

# The methods and headers that are asked for: those that are named, and one that is not.
sub methods_of { my ($text) = @_; return unique(qw(GET POST PUT DELETE), map({ grep { /\A[A-Z-]+\z/ && !/\A(?:HEAD|OPTIONS)\z/ } split ' ' } $text =~ /CorsAllowMethods +(.*)/g), 'X-OTHER') }
sub headers_of { my ($text) = @_; return unique('content-type', 'authorization', map({ map { lc } grep { /\A[\w-]+\z/ && lc ne 'none' } split ' ' } $text =~ /CorsAllowHeaders +(.*)/g), 'x-other') }

# What a page can do by a record of its method: GET, "GET with cookies", "GET content-type".
sub reached {
    my ($record, $method, @headers) = @_;
    return if !$record->{allowed};
    my $lists = sub { my ($list, $name, $credentials) = @_; return scalar grep { lc $_ eq lc $name || $_ eq "\x05" || ($_ eq '*' && !$credentials || $_ eq "\x06") && lc $name ne 'authorization' } @$list };
    my @all;
    for my $credentials (0, 1) {
        next if $credentials && !$record->{credentials};
        my $with = $credentials ? ' with cookies' : '';
        my $is_asked = $record->{preflight} && (!$credentials || $record->{preflight_credentials});
        next if $method !~ /\A(?:GET|POST)\z/ && !($is_asked && grep { $_ eq $method || $_ eq "\x05" || ($_ eq '*' && !$credentials) } @{ $record->{methods} });
        push @all, "$method$with";
        push @all, map { "$method $_$with" } grep { $method eq 'GET' && $is_asked && $lists->($record->{headers}, $_, $credentials) } @headers;
    }
    return @all;
}

# --- before

# What a source does for one origin: the record of a method, or undef if a condition that
# cannot be read decides.
sub before {
    my ($place, $path, $origin, $method) = @_;
    my $class = { text => $origin };
    my $seen = { tests => {}, literals => {}, unknown => {}, methods => {} };
    my (%found, $known);
    do {
        $known = keys %{ $seen->{unknown} };
        return if $known > 6;
        %found = ();
        for my $assumed (assumptions($seen)) {
            for my $kind ([ OPTIONS => 'preflight', 'preflight' ], [ $method, 'actual', $method ]) {
                my $response = $place->{run}->($path, { origin => $class, kind => $kind->[1], method => $kind->[0], assumed => $assumed, seen => $seen, captures => {}, variables => {} }) // return;
                push @{ $found{ $kind->[2] } }, $response;
            }
        }
    } while keys %{ $seen->{unknown} } > $known;
    my $record = record($class, \%found, $method);
    return $record->{differs} ? undef : $record;
}

# --- after

# The sections of printed directives, in their order: where, limit and lines.
sub sections_of {
    my ($text) = @_;
    my (@open, @sections);
    for my $line (split /\n/, $text) {
        $line =~ s/\A\s+|\s+\z//g;
        next if $line eq '' || $line =~ /\A#/;
        if ($line =~ m{\A</}) { pop @open }
        elsif ($line =~ /\A</) { 
            push @open, $line;
            my ($limit) = map { /\A<Limit (.*)>/ ? [ split ' ', $1 ] : () } @open;
            push @sections, { where => [ grep { !/\A<Limit / } @open ], limit => $limit, lines => [] };
        }
        else {
            push @sections, { where => [], lines => [] } if !@open && (!@sections || @{ $sections[-1]{where} } || $sections[-1]{limit});
            push @{ $sections[-1]{lines} }, [ map { defined $_->[0] ? $_->[0] =~ s/\\(["\\])/$1/gr : $_->[1] } map { [ /\A"(.*)"\z/s ? ($1, undef) : (undef, $_) ] } $line =~ /("(?:[^"\\]|\\.)*"|\S+)/g ];
        }
    }
    return grep { @{ $_->{lines} } } @sections;
}

# Whether a section applies to a path; undef if that depends on more.
sub applies {
    my ($section, $path) = @_;
    for (@{ $section->{where} }) {
        if (my ($prefix) = /\A<Location "?(.*?)"?>\z/) { return 0 if $path ne $prefix && index($path, $prefix =~ s{/*\z}{/}r) != 0 }
        elsif (/\A<LocationMatch "(.*)">\z/) {
            my $regex = $1 =~ s/\\(["\\])/$1 eq '"' ? '"' : "\\\\"/ger =~ s/\\\\/\\/gr;
            my $compiled = eval { no warnings; qr/$regex/ } // return undef;
            return 0 if $path !~ $compiled;
        }
        else { return undef }
    }
    return 1;
}

sub matches_entry {
    my ($entry, $origin, $is_regex) = @_;
    if ($is_regex) {
        # no regular expression is compared with null
        return 0 if $origin eq 'null';
        my $compiled = eval { no warnings; qr/\A(?:$entry)\z/ };
        return defined $compiled ? $origin =~ $compiled : undef;
    }
    return 1 if $entry eq '*' || $entry eq $origin;
    my ($scheme, $star, $host, $port) = $entry =~ m{\A([^:]+)://(\*\.)?(\[[^\]]*\]|[^:]*)(?::(.*))?\z} or return 0;
    my ($its_scheme, $its_host, $its_port) = $origin =~ m{\A([^:]+)://(\[[^\]]*\]|[^:]*)(?::(.*))?\z} or return 0;
    return 0 if $scheme ne $its_scheme || ($port // '') ne '*' && ($port // '') ne ($its_port // '');
    return $its_host eq $host if !$star;
    return length $its_host > length ".$host" && substr($its_host, -length ".$host") eq ".$host";
}

# The policy for a path and a method: each list as layers, outermost first. Undef if it
# depends on what is not known here.
sub policy_of {
    my ($text, $path, $method) = @_;
    my %is = (CorsPolicy => 'Off', CorsAllowCredentials => 'Off', origins => [], CorsAllowMethods => [qw(GET HEAD PUT PATCH POST DELETE)], CorsAllowHeaders => ['content-type'], CorsBackendHeaders => 'Replace');
    my @sections = sections_of($text);
    # a section of the server comes before all others, and a <Limit> after the rest of its section
    for my $section (sort { !!@{ $a->{where} } <=> !!@{ $b->{where} } } @sections) {
        my $applies = applies($section, $path) // return undef;
        next if !$applies || $section->{limit} && !grep { $_ eq $method || $_ eq 'GET' && $method eq 'HEAD' } @{ $section->{limit} };
        my %list;
        for (@{ $section->{lines} }) {
            my ($directive, @args) = @$_;
            if ($directive =~ /\ACorsAllowOrigins(Match)?\z/) { push @{ $list{origins} }, map { { text => $_, regex => $1 ? 1 : 0 } } grep { lc ne 'none' } @args; $list{origins} //= [] }
            elsif ($directive =~ /\ACorsAllow(?:Methods|Headers)\z/) { push @{ $list{$directive} }, grep { lc ne 'none' } @args; $list{$directive} //= [] }
            elsif ($directive =~ /\$\{/ || grep { /\$\{/ } @args) { return undef }
            else { $is{$directive} = $args[0] }
        }
        my @edits = grep { !$_->{regex} && $_->{text} =~ /\A-/ } @{ $list{origins} // [] };
        $list{origins} = [ @{ $is{origins} }, map { { %$_, text => $_->{text} =~ s/\A-/!/r } } @edits ] if @edits;
        %is = (%is, %list);
    }
    return \%is;
}

# What the directives do for one origin: a record like that of before().
sub after {
    my ($text, $path, $origin, $method) = @_;
    my $is = policy_of($text, $path, $method) // return;
    return if $is->{CorsBackendHeaders} ne 'Replace' && $is->{CorsPolicy} eq 'On';
    my ($listed, $excluded) = (0, 0);
    for (@{ $is->{origins} }) {
        my ($not, $entry) = $_->{regex} ? ('', $_->{text}) : $_->{text} =~ /\A(!?)(.*)\z/s;
        my $matches = matches_entry($entry, $origin, $_->{regex}) // return;
        next if !$matches;
        $not ? ($excluded = 1) : ($listed = 1);
    }
    my $with = $is->{CorsAllowCredentials} eq 'On' ? 1 : 0;
    # with credentials, the answer to a preflight names what is asked for in place of *: \x05 is
    # any name, \x06 any but authorization
    my $echoed = sub { my ($list, $mark) = @_; return $with && grep({ $_ eq '*' } @$list) ? [ @$list, $mark ] : $list };
    my $allowed = $listed && !$excluded && $is->{CorsPolicy} eq 'On' ? 1 : 0;
    return { allowed => $allowed, credentials => $allowed && $with, preflight => $allowed, preflight_credentials => $allowed && $with, methods => $echoed->($is->{CorsAllowMethods}, "\x05"), headers => $echoed->($is->{CorsAllowHeaders}, "\x06") };
}

# --- the table

# What a page of an origin can do before or after, by a function that returns the record of
# a method; undef: it is not evaluated.
sub outcome {
    my ($record_of, $methods, $headers) = @_;
    my @all;
    for my $method (@$methods) {
        my $record = $record_of->($method) // return;
        push @all, reached($record, $method, @$headers);
    }
    return \@all;
}

sub change_of {
    my ($before, $after) = @_;
    return 'not evaluated' if !$before || !$after;
    my %had = map { $_ => 1 } @$before;
    my %has = map { $_ => 1 } @$after;
    my ($more, $less) = (scalar grep({ !$had{$_} } @$after), scalar grep({ !$has{$_} } @$before));
    return $more ? $less ? 'different' : 'more' : $less ? 'less' : 'same';
}

# The table of all places that the readers have added: rows, and how many paths and origins
# are omitted.
sub verify_table {
    my @rows;
    my @omitted;
    for my $place (@places) {
        my $text = printed_of(@{ $place->{sections} });
        my ($paths, $more_paths) = paths_of(@{ $place->{paths} });
        my ($origins, $more_origins) = origins_of($text);
        my @methods = methods_of($text);
        my @headers = headers_of($text);
        push @omitted, { server => $place->{server}, paths => $more_paths, origins => $more_origins } if $more_paths || $more_origins;
        for my $path (@$paths) { for my $origin (@$origins) {
            my $before = outcome(sub { before($place, $path, $origin, $_[0]) }, \@methods, \@headers);
            my $after = outcome(sub { after($text, $path, $origin, $_[0]) }, \@methods, \@headers);
            push @rows, { server => $place->{server}, path => $path, origin => $origin, before => $before, after => $after, change => change_of($before, $after) };
        } }
    }
    return { version => 1, rows => \@rows, omitted => \@omitted };
}

# "GET PUT; with cookies: GET".
sub shown {
    my ($reached) = @_;
    return 'not evaluated' if !$reached;
    return 'nothing' if !@$reached;
    my @plain = grep { !/ with cookies\z/ } @$reached;
    my @with = map { s/ with cookies\z//r } grep { / with cookies\z/ } @$reached;
    my $list = sub { return join ' ', map { s/\AGET (?=.)/+/r } @_ };
    return $list->(@plain) if !@with;
    return "@plain" eq "@with" ? $list->(@plain) . ', cookies too' : $list->(@plain) . '; with cookies: ' . $list->(@with);
}

# Print a table as text. Rows of one path and one result are one line.
sub print_verified {
    my ($table, @not_evaluated) = @_;
    my (%count, %group, @order);
    for my $row (@{ $table->{rows} }) {
        $count{ $row->{change} }++;
        my $key = join "\n", $row->{server} // '', $row->{path}, $row->{change}, shown($row->{before}), shown($row->{after});
        push @order, $key if !$group{$key};
        push @{ $group{$key} }, $row->{origin};
    }
    for my $key (@order) {
        my ($server, $path, $change, $before, $after) = split /\n/, $key;
        print +(map { CorsImport::Policy::printable($_) } (length $server ? "$server " : ''), $path), ": $change\n";
        print "    before: $before\n    after:  $after\n" if $change ne 'same';
        print "    before and after: $before\n" if $change eq 'same';
        print "        $_\n" for @{ $group{$key} };
    }
    for (@{ $table->{omitted} }) {
        print +(defined $_->{server} ? CorsImport::Policy::printable($_->{server}) . ': ' : ''), "$_->{paths} paths and $_->{origins} origins are omitted\n";
    }
    print CorsImport::Policy::printable($_), ": not evaluated\n" for @not_evaluated;
    print join(', ', map { ($count{$_} // 0) . " $_" } 'same', 'less', 'more', 'different', 'not evaluated'), "\n";
    return;
}

1;
