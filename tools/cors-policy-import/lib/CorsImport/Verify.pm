# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Verify;

# A table for a person to sign off: who could do what before, and who can after. The rows
# are the paths and origins that the source names, and near misses of them. A reader adds
# places (verify_place), with a function that runs the source for one request. What a
# page can do after comes from the printed directives: this file reads them as httpd does, and
# knows nothing of the sections that they were made from. Tests compare the rows with the real
# servers. What cannot be evaluated on one side is undef there, and the row has the reason.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(record);
use CorsImport::Classes qw(assumptions is_sent_as_asked is_unknown_text named_origins);
use CorsImport::Policy qw(unique canonical_origin is_forbidden_header printable printed_of %defined_origin);
use CorsImport::Regex qw(expand strip_anchors);
our @EXPORT_OK = qw(verify_place count_places verify_table print_verified container_applies sample_paths);

# More rows would not be read by anyone.
my $paths_max = 40;
my $origins_max = 60;
my $names_max = 20;

our @places;

# Why something is not evaluated; set where undef is returned.
our $reason;

# Add a server of the source:
#   server    its name, if there are several
#   paths     the paths that it names
#   origins   the origins that it names, besides those that Classes.pm has seen
#   sections  the sections that it became
#   run       called with a path and a request (Classes.pm), returns the response, or the
#             reason (a string) why it cannot
#   record    in place of run: called with a path, an origin and a method, returns a record as
#             of Assemble.pm, or a string
#   decided   containers of which it is assumed whether they apply: text => 0 or 1
#   where     those that are shown with the rows
#   base      places with the same base differ in what is assumed; of all but the first one,
#             only the rows that differ from it are shown
#   has_files whether a path is that of a file below root
#   root      the directory of all files, if it is known
sub verify_place {
    my (%place) = @_;
    push @places, { decided => {}, where => [], %place, origins => [ unique(@{ $place{origins} // [] }, named_origins()) ] };
    return;
}

sub count_places { return scalar @places }

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

# The first entries of a list, and how many are omitted.
sub some { my ($max, @all) = @_; return @all <= $max ? (\@all, 0) : ([ @all[ 0 .. $max - 1 ] ], @all - $max) }

# The rows' origins.
sub origins_of {
    my ($place, $text) = @_;
    my @own = sort { $a cmp $b } unique(grep({ !/[*\$]/ } @{ $place->{origins} }), values %defined_origin, grep { !/[*\$]/ } $text =~ m{(?<=[\s!-])([a-z][a-z0-9+.-]*://[^\s"]+)}g);
    @own = grep { defined canonical_origin($_) && canonical_origin($_) eq $_ } @own;
    my @below = map { below(m{\A(.*?://)\*\.(.*)\z}) } $text =~ m{(?<=[\s!-])([a-z][a-z0-9+.-]*://\*\.[^\s"]+)}g;
    return some($origins_max, unique(@own, @below, 'null', 'https://any-other.example', map { near_origins($_) } @own));
}

# The rows' paths. What a URL cannot have as it is, such as a space, is omitted.
sub paths_of {
    my (@named) = @_;
    my @paths = grep { m{\A/[\x21-\x7e]*\z} && !/[?#%<>"{}\\^`]/ } @named;
    my ($all, $more) = some($paths_max, unique('/', map { my $path = $_; ($path, $path =~ m{/\z} ? ("${path}x", $path =~ s{(?<=.)/\z}{x}r) : ("$path/x", "${path}x")) } @paths));
    return ($all, $more + @named - @paths);
}

# Paths that a regular expression matches, if it is simple: as a path, or as the name of a
# file.
sub sample_paths {
    my ($regex, $is_name) = @_;
    my $compiled = compiled_regex($regex) // return;
    my @all = map { tr/\x01-\x07/a/r } @{ expand((strip_anchors($regex =~ s/\A\(\?i\)//r))[0]) // [] };
    my @found;
    for my $text (@all) {
        my ($path) = grep { m{\A/[\w/.~-]*\z} && ($is_name ? s{.*/}{}sr : $_) =~ $compiled } $is_name || $text =~ /\A\./ ? ("/x$text", "/$text") : ($text, "/$text", "/x$text", "/x/$text");
        push @found, $path // ();
    }
    return @found > 4 ? @found[ 0 .. 3 ] : @found;
}

sub compiled_regex {
    my ($regex) = @_;
    return $regex =~ /\(\?\??\{/ ? undef : eval { no warnings; qr/$regex/ };
}

# The methods and headers that are asked for: those that a record or the directives name, and
# one that is not named. A page cannot send some of them, and needs no permission for others.
my %is_safe = map { $_ => 1 } qw(accept accept-language content-language range);

sub asked_of {
    my ($text, @records) = @_;
    my @methods = grep { /\A[A-Z-]+\z/ && !/\A(?:HEAD|OPTIONS|CONNECT|TRACE|TRACK)\z/ } map({ split ' ' } $text =~ /^ *CorsAllowMethods +(.*)/mg), map { @{ $_->{methods} } } @records;
    my @headers = grep { /\A[\w-]+\z/ && !$is_safe{$_} && !is_forbidden_header($_) } map { lc } grep { !/\Anone\z/i } map({ split ' ' } $text =~ /^ *CorsAllowHeaders +(.*)/mg), map { @{ $_->{headers} } } @records;
    my ($first, $more) = some($names_max, unique(qw(GET POST PUT DELETE), sort { $a cmp $b } @methods));
    my ($names, $more_names) = some($names_max, unique('content-type', 'authorization', sort { $a cmp $b } @headers));
    return ([ @$first, unnamed('X-OTHER', @methods) ], [ @$names, unnamed('x-other', @headers) ], $more + $more_names);
}

sub unnamed { my ($name, @named) = @_; while (grep { $_ eq $name } @named) { $name .= $name =~ /X/ ? '-MORE' : '-more' } return $name }

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

# What a source does for one origin: the record of a method, or undef if something that
# cannot be read decides.
sub before {
    my ($place, $path, $origin, $method) = @_;
    my $class = { text => $origin };
    my $seen = { tests => {}, literals => {}, unknown => {}, methods => {} };
    my (%found, $known);
    if ($place->{record}) { my $record = $place->{record}->($path, $origin, $method); return ref $record ? $record : not_evaluated($record) }
    do {
        $known = keys %{ $seen->{unknown} };
        return not_evaluated('there are too many conditions') if $known > 6;
        %found = ();
        for my $assumed (assumptions($seen)) {
            for my $kind ([ OPTIONS => 'preflight', 'preflight' ], [ $method, 'actual', $method ]) {
                my $response = $place->{run}->($path, { path => $path, origin => $class, kind => $kind->[1], method => $kind->[0], assumed => $assumed, seen => $seen, captures => {}, variables => {} }) // 'the path';
                return not_evaluated($response) if !ref $response;
                my $unknown = unknown_in($response, $origin);
                return not_evaluated("the value of $unknown") if defined $unknown;
                push @{ $found{ $kind->[2] } }, $response;
            }
        }
    } while keys %{ $seen->{unknown} } > $known;
    my $record = record($class, \%found, $method);
    return $record->{differs} ? not_evaluated(join '; ', map { s/,\z//r } sort keys %{ $seen->{unknown} }) : $record;
}

sub not_evaluated { ($reason) = @_; return }

# The name of a value that is not known, in a response that the origin could read otherwise.
sub unknown_in {
    my ($response, $origin) = @_;
    my $sent = $response->{sent};
    my @origins = @{ $sent->{origin} // [] };
    return if @origins != 1 || ($response->{status} // 200) >= 300;
    return $1 if $origins[0] =~ /\x02([^\x02]*)\x02/;
    return "'$origins[0]'" if is_unknown_text($origins[0]);
    return if $origins[0] ne '*' && $origins[0] ne $origin;
    for my $value (map { @{ $sent->{$_} // [] } } qw(credentials methods headers)) {
        return $1 if $value =~ /\x02([^\x02]*)\x02/ && !is_sent_as_asked($value);
        return "'$value'" if is_unknown_text($value);
    }
    return;
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
    my @all = grep { @{ $_->{lines} } } @sections;
    # httpd merges sections by their kind, and then in their order
    $all[$_]{order} = sprintf '%s %06d', merge_rank(@{ $all[$_]{where} }), $_ for 0 .. $#all;
    return sort { $a->{order} cmp $b->{order} } @all;
}

my %rank = (directory => 1, proxy => 1, directorymatch => 2, proxymatch => 2, files => 3, filesmatch => 3, location => 4, locationmatch => 4, if => 5);

sub merge_rank {
    my (@where) = @_;
    my ($rank, $depth) = (0, 0);
    for (@where) {
        my ($kind, $text) = /\A<(\w+)\s+"?([^">]*)/ or next;
        my $own = $rank{ lc $kind } // 0;
        $rank = $own if $own > $rank;
        $depth = $text =~ tr{/}{} if lc $kind eq 'directory';
    }
    return sprintf '%d %03d', $rank, $rank == 1 ? $depth : 0;
}

# Whether a container applies to a request; undef if that depends on more than its path and
# its origin.
sub container_applies {
    my ($place, $container, $path, $origin) = @_;
    return $place->{decided}{$container} if defined $place->{decided}{$container};
    my ($kind, $tilde, $text) = $container =~ /\A<(\w+)\s+(~\s+)?(.*?)\s*>\z/s or return not_evaluated($container);
    $kind = lc $kind;
    # httpd removes a backslash before a backslash and before the quotation mark
    $text =~ s/\\([\\$1])/$1/g if $text =~ s/\A(["'])(.*)\1\z/$2/s;
    return if_applies($container, $text, $path, $origin) if $kind eq 'if';
    return directory_applies($place, $container, $text, $path) if $kind eq 'directory' && !$tilde;
    return not_evaluated($container) if $kind !~ /\A(?:location|files)(?:match)?\z/ || $kind =~ /\Afiles/ && !$place->{has_files};
    my $name = $kind =~ /\Afiles/ ? $path =~ s{.*/}{}sr : $path;
    # a directory may have an index
    return not_evaluated($container) if $name eq '';
    if ($tilde || $kind =~ /match\z/) {
        my $compiled = compiled_regex($text) // return not_evaluated($container);
        return $name =~ $compiled ? 1 : 0;
    }
    return not_evaluated($container) if $text =~ /[*?\[]/;
    return $name eq $text ? 1 : 0 if $kind eq 'files';
    return $path eq $text || index($path, $text =~ s{/*\z}{/}r) == 0 ? 1 : 0;
}

# A <Directory>, if it is known where the files are. Directories exist; what has the name of
# one may be a file.
sub directory_applies {
    my ($place, $container, $text, $path) = @_;
    return not_evaluated($container) if !$place->{has_files} || $text =~ /[*?\[]/;
    $text =~ s{/+\z}{};
    return 1 if $text eq '';
    my $file = defined $place->{root} ? "$place->{root}$path" : return not_evaluated($container);
    return not_evaluated($container) if $file eq $text;
    return index($file, "$text/") == 0 ? 1 : 0;
}

# The conditions that the importer writes: a list of origins, perhaps without some paths.
sub if_applies {
    my ($container, $condition, $path, $origin) = @_;
    my ($list, $regex) = $condition =~ /\Areq\('Origin'\) -in \{((?:'[^']*'(?:, )?)+)\}(?: && !\(%\{REQUEST_URI\} =~ m#([^#]*)#\))?\z/ or return not_evaluated($container);
    return 0 if !grep { $_ eq $origin } $list =~ /'([^']*)'/g;
    return 1 if !defined $regex;
    my $compiled = compiled_regex($regex) // return not_evaluated($container);
    return $path =~ $compiled ? 0 : 1;
}

# Whether a section applies; undef if that depends on more.
sub applies {
    my ($place, $section, $path, $origin) = @_;
    my $is_unknown = 0;
    for (@{ $section->{where} }) {
        my $is = container_applies($place, $_, $path, $origin);
        return 0 if defined $is && !$is;
        $is_unknown = 1 if !defined $is;
    }
    return $is_unknown ? undef : 1;
}

sub matches_entry {
    my ($entry, $origin, $is_regex) = @_;
    if ($is_regex) {
        # no regular expression is compared with null
        return 0 if $origin eq 'null';
        my $compiled = compiled_regex("\\A(?:$entry)\\z") // return not_evaluated($entry);
        return $origin =~ $compiled ? 1 : 0;
    }
    return 1 if $entry eq '*' || $entry eq $origin;
    my ($scheme, $star, $host, $port) = $entry =~ m{\A([^:]+)://(\*\.)?(\[[^\]]*\]|[^:]*)(?::(.*))?\z} or return 0;
    my ($its_scheme, $its_host, $its_port) = $origin =~ m{\A([^:]+)://(\[[^\]]*\]|[^:]*)(?::(.*))?\z} or return 0;
    return 0 if $scheme ne $its_scheme || ($port // '') ne '*' && ($port // '') ne ($its_port // '');
    return $its_host eq $host if !$star;
    return length $its_host > length ".$host" && substr($its_host, -length ".$host") eq ".$host" ? 1 : 0;
}

# The arguments of a directive with the values of names by Define; undef if one is not known.
sub arguments_of {
    my (@args) = @_;
    my %value = reverse %defined_origin;
    for my $name (map { /\$\{(\w+)\}/g } @args) { return not_evaluated("the value of $name") if !defined $value{$name} }
    return [ map { s/\$\{(\w+)\}/$value{$1}/gr } @args ];
}

# The policy for a path, an origin and a method: each list as layers, outermost first. Undef if
# it depends on what is not known here.
sub policy_of {
    my ($place, $path, $origin, $method) = @_;
    my %is = (CorsPolicy => 'Off', CorsAllowCredentials => 'Off', origins => [], CorsAllowMethods => [qw(GET HEAD PUT PATCH POST DELETE)], CorsAllowHeaders => ['content-type'], CorsBackendHeaders => 'Replace');
    # a <Limit> comes after the rest of its section
    for my $section (@{ $place->{printed} }) {
        next if $section->{limit} && !grep { $_ eq $method || $_ eq 'GET' && $method eq 'HEAD' } @{ $section->{limit} };
        my $applies = applies($place, $section, $path, $origin) // return undef;
        next if !$applies;
        my %list;
        for (@{ $section->{lines} }) {
            my ($directive, @written) = @$_;
            my @args = @{ ($directive =~ /Match\z/ ? \@written : arguments_of(@written)) // return undef };
            if ($directive =~ /\ACorsAllowOrigins(Match)?\z/) { push @{ $list{origins} }, map { { text => $_, regex => $1 ? 1 : 0 } } grep { lc ne 'none' } @args; $list{origins} //= [] }
            elsif ($directive =~ /\ACorsAllow(?:Methods|Headers)\z/) { push @{ $list{$directive} }, grep { lc ne 'none' } @args; $list{$directive} //= [] }
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
    my ($place, $path, $origin, $method) = @_;
    my $is = policy_of($place, $path, $origin, $method) // return;
    return not_evaluated('CorsBackendHeaders Keep: the backend decides') if $is->{CorsBackendHeaders} ne 'Replace' && $is->{CorsPolicy} eq 'On';
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

# One side of a place: a function from a path, an origin and a method to a record. Each is
# computed once. With the reason, where it is undef.
sub side_of {
    my ($place, $evaluate) = @_;
    my %known;
    return sub {
        my ($path, $origin, $method) = @_;
        my $entry = $known{$path}{$origin}{$method} //= do { local $reason; my $record = $evaluate->($place, $path, $origin, $method); [ $record, $reason ] };
        $reason = $entry->[1] if !$entry->[0];
        return $entry->[0];
    };
}

# The rows of one place, and what is omitted.
sub rows_of {
    my ($place) = @_;
    my $text = printed_of(@{ $place->{sections} });
    $place->{printed} = [ sections_of($text) ];
    my ($paths, $more_paths) = paths_of(@{ $place->{paths} });
    my ($origins, $more_origins) = origins_of($place, $text);
    my ($was, $is) = (side_of($place, \&before), side_of($place, \&after));
    my @records = map { my $path = $_; map { my $origin = $_; map { my $side = $_; map { $side->($path, $origin, $_) // () } qw(GET PUT) } $was, $is } @$origins } @$paths;
    my ($methods, $headers, $more_names) = asked_of($text, @records);
    my @rows;
    for my $path (@$paths) { for my $origin (@$origins) {
        local $reason;
        my $before = outcome(sub { $was->($path, $origin, $_[0]) }, $methods, $headers);
        my $why = $reason;
        my $after = outcome(sub { $is->($path, $origin, $_[0]) }, $methods, $headers);
        push @rows, { server => $place->{server}, where => $place->{where}, path => $path, origin => $origin, before => $before, after => $after, change => change_of($before, $after), reason => !$before ? $why : !$after ? $reason : undef };
    } }
    my @omitted = $more_paths || $more_origins || $more_names ? { server => $place->{server}, paths => $more_paths, origins => $more_origins, names => $more_names } : ();
    return (\@rows, @omitted);
}

sub result_of { my ($row) = @_; return join "\n", map { join ' ', map { ref ? @$_ : $_ // '' } $_ } @$row{qw(change before after reason)} }

# The table of all places that the readers have added: rows, how much is omitted, and what is
# not evaluated: what the import could not read, and what the caller names.
sub verify_table {
    my (@not_evaluated) = @_;
    my (@rows, @omitted, %base);
    for my $place (@places) {
        my ($own, @more) = rows_of($place);
        push @omitted, @more;
        my $known = defined $place->{base} ? $base{ $place->{base} } : undef;
        my %result = map { ("$_->{path}\n$_->{origin}" => result_of($_)) } @$own;
        push @rows, $known ? grep { result_of($_) ne ($known->{"$_->{path}\n$_->{origin}"} // '') } @$own : @$own;
        $base{ $place->{base} } //= \%result if defined $place->{base};
    }
    return { version => 1, rows => \@rows, omitted => \@omitted, not_evaluated => [ unique(@CorsImport::Policy::omitted, @not_evaluated) ] };
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

# The line of a row: its server, path and containers, and what has changed.
sub title_of {
    my ($row) = @_;
    my $at = join ' ', $row->{server} // (), $row->{path}, @{ $row->{where} } ? 'in ' . join ' ', @{ $row->{where} } : ();
    return printable($at) . ": $row->{change}" . (defined $row->{reason} ? ': ' . printable($row->{reason}) : '') . "\n";
}

# Print a table as text. Rows of one path and one result are one paragraph.
sub print_verified {
    my ($table) = @_;
    my (%count, %group, @order);
    for my $row (@{ $table->{rows} }) {
        $count{ $row->{change} }++;
        my ($before, $after) = map { shown($row->{$_}) } qw(before after);
        my $text = title_of($row) . ($row->{change} eq 'same' ? "    before and after: $before\n" : "    before: $before\n    after:  $after\n");
        push @order, $text if !$group{$text};
        push @{ $group{$text} }, $row->{origin};
    }
    print map { ($_, map { "        $_\n" } @{ $group{$_} }) } @order;
    for (@{ $table->{omitted} }) {
        print +(defined $_->{server} ? printable($_->{server}) . ': ' : ''), "$_->{paths} paths, $_->{origins} origins, and $_->{names} methods and headers are omitted\n";
    }
    print printable($_), ": not evaluated\n" for @{ $table->{not_evaluated} };
    print join(', ', map { ($count{$_} // 0) . " $_" } 'same', 'less', 'more', 'different', 'not evaluated'), "\n";
    return;
}

1;
