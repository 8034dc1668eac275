# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Nginx;

# Reads configurations of nginx: add_header and the if, map and set behind them,
# in servers and locations.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(section note origin unique words %attribute $with_every_status header complete apart no_star_credentials slurp @sections @report);
use CorsImport::Regex qw(quoted expression quotemeta_path);
our @EXPORT_OK = qw(import_nginx);

# The blocks of a file: a list of lines, each with its words, where it stands and
# the block that it opens. What it includes stands in its place; names are read
# from the directory of the first file, as nginx does.
sub nginx_parse {
    my ($file, $dir, @above) = @_;
    my $text = slurp($file);
    my (@tokens, $line);
    $line = 1;
    while ($text =~ /\G(?:(\s+)|(#[^\n]*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{};])|((?:\$\{[^}]*\}|[^\s{};"'\\]|\\.)(?:\$\{[^}]*\}|\{\d*,?\d*\}|[^\s{};\\]|\\.)*))/gcs) {
        my ($blank, $remark, $double, $single, $mark, $word) = ($1, $2, $3, $4, $5, $6);
        push @tokens, [ $mark, $line, 1 ] if defined $mark;
        push @tokens, [ $double // $single // $word, $line, 0 ] if defined $double || defined $single || defined $word;
        $line += () = $& =~ /\n/g;
    }
    my $at = 0;
    my $block;
    $block = sub {
        my (@all, @words);
        while ($at < @tokens) {
            my ($word, $where, $mark) = @{ $tokens[ $at++ ] };
            if (!$mark) { push @words, $word; push @all, { line => $where, file => $file } if @words == 1; $all[-1]{words} = [@words]; next }
            if ($word eq ';') {
                push @all, nginx_included(pop @all, $dir, @above, $file) if @words == 2 && $words[0] eq 'include';
                @words = ();
            }
            elsif ($word eq '{') { $all[-1]{block} = $block->() if @all; @words = () }
            else { last }
        }
        return \@all;
    };
    return $block->();
}

sub nginx_included {
    my ($item, $dir, @above) = @_;
    my $name = $item->{words}[1];
    my $say = sub { push @report, "$item->{file}:$item->{line}: include $name $_[0]" };
    my @files = glob(($name =~ m{\A/} ? $name : "$dir/$name") =~ s/([ \\{}~'"])/\\$1/gr);
    if (!grep { -f } @files) { $say->('is not there') if $name !~ /[*?\[]/ && $name ne 'mime.types'; return }
    my @all;
    for my $file (grep { -f } @files) {
        if (@above > 8 || grep { $_ eq $file } @above) { $say->('goes in circles'); next }
        push @all, @{ nginx_parse($file, $dir, @above) };
    }
    return @all;
}

sub import_nginx {
    my ($file) = @_;
    my $tree = nginx_parse($file, $file =~ m{\A(.*)/} ? $1 : '.');
    my $place = sub { ($_[0]{file} eq $file ? '' : "$_[0]{file}:") . $_[0]{line} };
    my $servers = () = map { grep { $_->{words}[0] eq 'server' && $_->{block} } @$_ } $tree, map { $_->{block} // [] } grep { $_->{words}[0] eq 'http' } @$tree;
    my (%map, %set, %tested, %above, $settle_locations);
    my $condition_of = sub { my ($words) = @_; my $all = join ' ', @$words; $all =~ s/\A\(\s*|\s*\)\z//g; return $all };
    my $collect;
    $collect = sub {
        my ($block, $test, @around) = @_;
        # a block of an if is none of its own
        push @around, $block if !$test;
        $above{$block} = \@around;
        for my $item (@$block) {
            my ($name, @args) = @{ $item->{words} };
            if ($name eq 'map' && @args == 2 && $args[0] =~ /\A\$http_origin\z/) {
                push @{ $map{ $args[1] } }, grep { ref } @{ $item->{block} // [] };
            }
            if ($name eq 'set' && @args == 2) {
                if ($test) { push @{ $tested{ $args[0] } }, { test => $test, value => $args[1], block => $around[-1] } }
                elsif ($args[1] =~ m{://|\A\*\z}) { $set{"$block $args[0]"} = $args[1] }
            }
            my $inner = $name eq 'if' && $condition_of->(\@args) =~ /\A\$http_origin\s+(~\*?|=)\s+(.*)\z/s ? [ $1, $2 ] : undef;
            $collect->($item->{block}, $inner, @around) if $item->{block};
        }
    };
    $collect->($tree);
    # What a set gives a variable in a block, and the tests around a set; with
    # $want those alone that give it this value.
    my $set_in = sub {
        my ($block, $name) = @_;
        return (grep { defined } map { $set{"$_ $name"} } reverse @{ $above{$block} })[0];
    };
    my $tested_in = sub {
        my ($block, $name, $want) = @_;
        my @all = grep { my $one = $_; grep { $_ == $one->{block} } @{ $above{$block} } } @{ $tested{$name} // [] };
        # what is taken back for some is not read here
        return if grep { $_->{value} =~ /\A0?\z/ } @all;
        my @wanted = grep { !defined $want || $_->{value} eq $want } @all;
        # a value made of others, as of a second test
        @wanted = @all if !@wanted && 1 == unique(map { $_->{value} } @all);
        return map { $_->{test} } @wanted;
    };

    # the origins of a map; with $want those alone whose value it is
    my $from_map = sub {
        my ($section, $name, $want) = @_;
        for my $item (@{ $map{$name} }) {
            my ($key, $value) = @{ $item->{words} };
            $value //= '';
            next if $key =~ /\A(?:hostnames|volatile)\z/ && $value eq '';
            if ($key eq 'default') {
                if (defined $want ? $value eq $want : $value =~ /\A\$http_origin\z|\A\*\z/) {
                    $section->{attr}{everybody} = 1;
                    $section->{attr}{reflected} = 1 if $value ne '*';
                }
                elsif ($value =~ m{://} && !defined $want) {
                    my $clean = origin($section, $value);
                    push @{ $section->{attr}{origins} }, $clean if defined $clean;
                }
                next;
            }
            if (defined $want ? $value ne $want : $value eq '' || $value eq '0') {
                my $clean = $key =~ /\A~/ ? undef : origin($section, $key);
                push @{ $section->{excluded} }, $clean // ();
                note($section, "'$key' was never allowed; exclude it by hand") if !defined $clean;
                next;
            }
            if (!defined $want && $value !~ /\$/ && $value ne '*' && $value ne $key) {
                note($section, "'$key' is left out: it was sent '$value', and a browser wants its own origin");
                next;
            }
            $section->{star} = 1 if !defined $want && $value eq '*';
            if ($key =~ /\A~(\*)?(.*)\z/s) { expression($section, $2, nocase => $1) }
            else {
                my $clean = origin($section, $key);
                push @{ $section->{attr}{origins} }, $clean if defined $clean;
            }
        }
    };
    # what a test found: operator, value; or the name of a map, the value wanted
    my $from_test = sub {
        my ($section, $operator, $value) = @_;
        if ($operator =~ /\A\$/) { $from_map->($section, $operator, $value) }
        elsif ($operator eq '=') { my $clean = origin($section, $value); push @{ $section->{attr}{origins} }, $clean if defined $clean }
        else { expression($section, $value, nocase => $operator eq '~*') }
    };
    my $is_cors = sub { $attribute{ lc $_[0][0] } };

    # What a block says by itself: the headers, the tests around them, the tests
    # that turn all others away.
    my $said_by = sub {
        my ($block) = @_;
        my (@headers, @tests, @only, $options, %lacking);
        for my $item (@$block) {
            my ($name, @args) = @{ $item->{words} };
            if (lc $name eq 'add_header' && @args >= 2) { push @headers, [ $args[0], $args[1], $item, ($args[2] // '') eq 'always' ] }
            elsif ($name eq 'more_set_headers') { push @headers, map { /\A([^:]+):\s*(.*)\z/ ? [ $1, $2, $item, 1 ] : () } @args }
            next if $name ne 'if' || !$item->{block};
            my $condition = $condition_of->(\@args);
            my ($variable) = $condition =~ /\A(\$\w+)/;
            my @inner = map { [ @{ $_->{words} }[ 1, 2 ], $_, 1 ] } grep { lc $_->{words}[0] eq 'add_header' && @{ $_->{words} } > 2 } @{ $item->{block} };
            if ($condition =~ /\$request_method\b/i) {
                my @of = $condition =~ /\A\$request_method\s+(?:=|~\*?)\s+\W*(\w+(?:\|\w+)*)\W*\z/ ? split /\|/, uc $1 : '?';
                $options = 1 if "@of" eq 'OPTIONS';
                @$_[ 4, 5 ] = "@of" eq 'OPTIONS' ? (1, undef) : (undef, \@of) for @inner;
                push @headers, @inner;
            }
            elsif ($condition =~ /\A\$http_origin\s+!(~\*?|=)\s+(.*)\z/s) {
                push @only, [ $1, $2 ] if grep { $_->{words}[0] eq 'return' && ($_->{words}[1] // '') =~ /\A4\d\d\z/ } @{ $item->{block} };
            }
            elsif ($condition =~ /\A\$http_origin\s+(~\*?|=)\s+(.*)\z/s) {
                # one that only sets a variable says nothing of the headers beside it
                push @tests, [ $1, $2 ] if @inner;
                $_->[7] = 1 for @inner;
                push @headers, @inner;
            }
            elsif ($variable && $condition =~ /\A\$\w+(?:\s*=\s*(.*))?\z/s && (my @of = $tested_in->($block, $variable, $1))) {
                push @tests, @of;
                push @headers, @inner;
            }
            elsif ($variable && $map{$variable} && $condition =~ /\A\$\w+(?:\s*=\s*(.*))?\z/s) {
                push @tests, [ $variable, $1 ];
                push @headers, @inner;
            }
            elsif (grep { $is_cors->($_) } @inner) {
                push @report, "$inner[0][2]{file}:$inner[0][2]{line}: the headers behind if ($condition) are left out";
                next;
            }
            # credentials that are not sent with each of the origins
            my %names = map { lc $_->[0] => 1 } @inner;
            if ($names{'access-control-allow-origin'} && !$names{'access-control-allow-credentials'}) {
                my $answers = $condition =~ /OPTIONS/i || grep { $_->{words}[0] eq 'return' && ($_->{words}[1] // '') =~ /\A2\d\d\z/ } @{ $item->{block} };
                $lacking{ $answers ? 'preflight' : 'some' } = 1;
            }
        }
        # what preflights alone were sent lets no page read anything, and what one
        # method was sent says less of the origin than what all were sent
        my %outside = map { lc $_->[0] => 1 } grep { !$_->[4] && !$_->[5] } @headers;
        my $is_less = sub { return $_[0][0] =~ /-(?:origin|credentials)\z/i && ($_[0][4] || $_[0][5] && $outside{'access-control-allow-origin'}) };
        my ($left_out) = grep { $_->[5] && $is_less->($_) } @headers;
        push @report, "$left_out->[2]{file}:$left_out->[2]{line}: the headers behind if (\$request_method) are left out where others are sent without it" if $left_out;
        $_->[6] = $is_less->($_) for @headers;
        return (\@headers, \@tests, \@only, $options, \%lacking);
    };

    # Where each origin was sent to some methods alone, the section is for those of
    # the first of them.
    my $of_methods = sub {
        my ($section, $ours) = @_;
        my @origins = grep { lc $_->[0] eq 'access-control-allow-origin' } @$ours;
        return if !@origins || grep { !$_->[5] } @origins;
        my ($first, @others) = @origins;
        my @limit = unique(map { @{ $_->[5] } } grep { $_->[1] eq $first->[1] } @origins);
        @others = grep { $_->[1] ne $first->[1] } @others;
        if (grep { $_ eq '?' } @limit) { @others = @origins }
        else { $section->{limit} = \@limit }
        for my $other (@others) {
            note($section, "'$other->[1]' is left out: it was sent to some methods alone");
            @$ours = grep { $_ != $other } @$ours;
        }
    };

    # The section of a block that has headers of CORS; nothing else is decided.
    my $section_of = sub {
        my ($block, $inherited, $headers, $tests, $only, $options, $lacking, $server) = @_;
        my @ours = grep { $is_cors->($_) } @$headers or return;
        my $section = { from => "$ours[0][2]{file}:$ours[0][2]{line}", where => [], attr => {}, notes => [] };
        note($section, "goes into the virtual host of $server") if $servers > 1 && defined $server;
        my @at = unique(map { $place->($_->[2]) } sort { $a->[2]{file} cmp $b->[2]{file} || $a->[2]{line} <=> $b->[2]{line} } @ours);
        note($section, 'in place of line' . (@at > 1 ? 's ' : ' ') . join ', ', @at);
        note($section, 'the block that answers OPTIONS goes: preflights are answered by the policy') if $options;
        note($section, $with_every_status) if grep { !$_->[3] } @ours;
        $section->{attr}{vary} = 1 if grep { lc $_->[0] eq 'vary' && $_->[1] =~ /origin/i } @$headers;
        # requests that are no preflights inherit beside a block for OPTIONS
        my $is_inherited = $inherited && !grep { !$_->[4] } @$headers;
        %{ $section->{attr} } = %{ $inherited->{attr} }, delete @{ $section->{attr} }{qw(methods headers age)} if $is_inherited;
        note($section, 'Access-Control-Allow-Origin was sent with preflights alone, which lets no page read anything')
            if !$is_inherited && grep({ $_->[6] } @ours) && !grep { lc $_->[0] eq 'access-control-allow-origin' && !$_->[6] } @ours;
        @ours = grep { !$_->[6] } @ours;
        $of_methods->($section, \@ours);
        my %seen;
        my $is_beside_test = grep { $_->[7] } @ours;
        for my $one (@ours) {
            my ($name, $value) = @$one;
            $value = $set_in->($block, $value) // $value;
            if (lc $name ne 'access-control-allow-origin') { header($section, $name, $value); next }
            note($section, 'Access-Control-Allow-Origin was set more than once') if $seen{$value}++ > 1;
            my @given = $tested_in->($block, $value);
            my @all = (@$tests, @given);
            @all = @$only if !@all;
            if ($map{$value}) { $from_map->($section, $value) }
            elsif (@all && ($value eq '*' || $value eq '$http_origin' || @given)) {
                $from_test->($section, @$_) for @all;
                $section->{star} = 1 if $value eq '*';
                note($section, "all other origins were sent '$value', too; here those alone that are tested") if $is_beside_test && !$one->[7] && !@given;
            }
            elsif ($value eq '*') { $section->{attr}{everybody} = 1 }
            elsif ($value eq '$http_origin') { @{ $section->{attr} }{qw(everybody reflected)} = (1, 1) }
            elsif ($value =~ /\A\$/) { note($section, "the variable $value is not read here") }
            else {
                my @origins = words($value);
                note($section, "'$value': a browser takes one origin and refused this list; here each of them is allowed") if @origins > 1;
                $section->{attr}{origins} //= [];
                push @{ $section->{attr}{origins} }, map { origin($section, $_) // () } @origins;
            }
        }
        if ($section->{attr}{credentials} && $lacking->{some}) {
            $section->{attr}{credentials} = 0;
            note($section, 'Access-Control-Allow-Credentials was sent with some of the origins or methods alone; credentials are off here');
        }
        elsif (no_star_credentials($section)) { }
        elsif ($section->{attr}{credentials} && $lacking->{preflight}) {
            note($section, 'preflights were answered without Access-Control-Allow-Credentials, so requests with cookies failed where they need one; here they do not');
        }
        if (@$only) {
            $section->{attr}{reject} = 1;
            note($section, 'other origins were turned away with a status; that is CorsRejectDisallowed On, which lets requests without Origin pass');
        }
        complete($section, vary => 1);
        return $section;
    };

    # Puts a section out; what is excluded from everybody stands in one within.
    my $put = sub {
        my ($section, @where) = @_;
        $section->{where} = [@where];
        push @sections, $section;
        return if !$section->{excluded} || !$section->{attr}{everybody};
        my $again = section(from => $section->{from}, where => @where ? [@where] : ['<Location "/">']);
        $again->{attr}{edit} = $section->{excluded};
    };
    my $off = sub {
        my ($from, $server, $text) = @_;
        my $section = { from => $from, where => [], attr => { policy => 'Off' }, notes => [] };
        note($section, "goes into the virtual host of $server") if $servers > 1 && defined $server;
        note($section, $text);
        return $section;
    };

    # A section once more, for a place that inherits it.
    my $again = sub {
        my ($inherited, $from, $text) = @_;
        my $section = { %$inherited, from => $from, notes => [], attr => { %{ $inherited->{attr} } } };
        note($section, $text);
        return $section;
    };

    # A place of requests: the container, how nginx ranks it.
    my $container = sub {
        my ($item, @args) = @_;
        my ($operator, $path) = @args > 1 ? @args : ('', $args[0] // '');
        ($operator, $path) = ($1, $2) if $operator eq '' && $path =~ /\A(~\*|\^~|=|~)(.+)\z/;
        return { rank => -1 } if $path =~ /\A@/;
        my $rank = $operator eq '=' ? 3 : $operator eq '^~' ? 2 : $operator =~ /\A~/ ? 1 : 0;
        return { rank => $rank, path => $path, where => qq(<Location "$path">) } if $rank =~ /[02]/ && $path =~ m{\A[\w/.~-]*/\z};
        my $match = quoted($operator eq '=' ? '^' . quotemeta_path($path) . '$'
            : $operator eq '~' ? $path : $operator eq '~*' ? "(?i)$path" : '^' . quotemeta_path($path));
        return { rank => $rank, path => $path, where => "<LocationMatch $match>" } if defined $match;
        push @report, "$item->{file}:$item->{line}: the location $path is left out: it cannot be read here";
        return;
    };

    # Each location is one of the server's; nginx takes the best, httpd all, the
    # last winning. inherited is the section whose headers a block has.
    my $visit;
    $visit = sub {
        my ($block, $state, $inherited, $only, $server, $locations) = @_;
        my ($headers, $tests, $own_only, $options, $lacking) = $said_by->($block);
        my @only = (@$only, @$own_only);
        my $reported = @report;
        my $own = $section_of->($block, $inherited, $headers, $tests, \@only, $options, $lacking, $server);
        my $effective = $own // (@$headers ? undef : $inherited);
        # what no server inherits is said nowhere
        my @servers = grep { $_->{words}[0] eq 'server' && $_->{block} } @$block;
        my $is_lost = @servers && !grep { !@{ ($said_by->($_->{block}))[0] } } @servers;
        $#report = $reported - 1 if $is_lost;
        note($own, 'goes outside of the virtual hosts') if $own && !$is_lost && @servers && $servers > 1;
        if ($state) {
            $state->{own} = $own;
            $state->{inherited} = $inherited;
            $state->{effective} = $effective;
            $state->{lost} = $inherited && !$effective ? $headers->[0][2] : undef;
        }
        elsif ($own && !$is_lost) { $put->($own) }
        for my $item (@$block) {
            my ($name, @args) = @{ $item->{words} };
            next if !$item->{block} || $name eq 'if' || $name eq 'map';
            if ($name eq 'location') {
                my $at = $container->($item, @args) or next;
                @$at{qw(item server)} = ($item, $server);
                push @$locations, $at if $at->{rank} >= 0;
                $visit->($item->{block}, $at, $effective, \@only, $server, $locations);
                push @report, "$item->{file}:$item->{line}: the location $args[0] is left out: it has no path; its headers belong where requests come from" if $at->{rank} < 0 && $at->{own};
            }
            elsif ($name eq 'server') {
                my ($names) = map { join ' ', @{ $_->{words} }[ 1 .. $#{ $_->{words} } ] } grep { $_->{words}[0] eq 'server_name' } @{ $item->{block} };
                my (@inner, %at);
                $names //= 'no name';
                $visit->($item->{block}, \%at, $effective, \@only, $names, \@inner);
                $put->($at{own} // ()) if $at{own};
                $put->($off->("$at{lost}{file}:$at{lost}{line}", $names, 'an add_header here took away the inherited ones, those of CORS too')) if $at{lost} && !$is_lost;
                $settle_locations->(\@inner);
            }
            else { $visit->($item->{block}, undef, $effective, \@only, $server, $locations) }
        }
    };
    # whether a place can be within another that ranks lower
    my $is_within = sub {
        my ($inner, $outer) = @_;
        return 1 if $outer->{rank} == 1 || $inner->{rank} == 1;
        return index($inner->{path}, $outer->{path}) == 0;
    };
    $settle_locations = sub {
        my ($locations) = @_;
        my $number = 0;
        $_->{number} = $_->{rank} == 1 ? -$number++ : length $_->{path} for @$locations;
        my @said;
        for my $at (sort { $a->{rank} <=> $b->{rank} || $a->{number} <=> $b->{number} } @$locations) {
            my $covered = grep { $is_within->($at, $_) } @said;
            my ($item, $effective) = @$at{qw(item effective)};
            my $from = "$item->{file}:$item->{line}";
            if ($at->{own}) {
                if ($at->{own}{limit} && $covered) {
                    $put->($at->{inherited} ? $again->($at->{inherited}, $from, 'other methods inherited this')
                        : $off->($from, $at->{server}, 'other methods were sent nothing about CORS'), $at->{where});
                }
                $put->($at->{own}, $at->{where});
            }
            elsif ($at->{lost}) {
                $put->($off->("$at->{lost}{file}:$at->{lost}{line}", $at->{server}, 'an add_header here took away the inherited ones, those of CORS too'), $at->{where});
            }
            elsif ($covered && !$effective) { $put->($off->($from, $at->{server}, 'nothing about CORS was sent here, and nginx takes one location, httpd all that fit'), $at->{where}) }
            elsif ($covered) {
                $put->($again->($effective, $from, 'the same as around it, since nginx takes one location, httpd all that fit'), $at->{where});
            }
            else { next }
            push @said, $at;
        }
    };
    my $before = @sections;
    my @top;
    $visit->($tree, undef, undef, [], undef, \@top);
    $settle_locations->(\@top);
    apart(@sections[ $before .. $#sections ]);
    push @report, "$file: nothing about CORS was found" if @sections == $before;
}


1;
