# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Httpd;

# Reads configurations of httpd, .htaccess files too: Header lines for
# Access-Control-*, the variables of mod_setenvif and mod_rewrite behind them, and
# the sections they stand in.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(note origin unique words %attribute $with_every_status header complete no_star_credentials slurp @sections @report);
use CorsImport::Regex qw(expression);
our @EXPORT_OK = qw(import_httpd);

sub httpd_words {
    my ($text) = @_;
    my @words;
    while ($text =~ /\G\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+))/gc) {
        my $word = $1 // $2 // $3;
        $word =~ s/\\(["'])/$1/g if !defined $3;
        push @words, $word;
    }
    return @words;
}

# What an expression says of the origin, as an entry for it; false where it says
# something else, too, or cannot be read here.
sub condition {
    my ($section, $text) = @_;
    my $origin = qr/(?:%\{(?:HTTP|req|req_novary):Origin\}|%\{HTTP_ORIGIN\}|(?:req|http|req_novary)\(\s*['"]Origin['"]\s*\))/i;
    my $attr = $section->{attr};
    my (@origins, @regexes, $everybody);
    for my $part (split /\|\|/, $text) {
        $part =~ s/\A\s+|\s+\z//g;
        1 while $part =~ s/\A\(\s*(.*?)\s*\)\z/$1/s;
        if ($part =~ /\A$origin\s*(?:==?|-eq)\s*(['"])([^'"]+)\1\z/) { push @origins, $2 }
        elsif ($part =~ /\A$origin\s*-?in\s*\{([^{}]*)\}\z/) { push @origins, $1 =~ /['"]([^'"]*)['"]/g }
        elsif ($part =~ /\A$origin\s*=~\s*(?:m(?<q>[^\s\w])|(?<q>\/))(.*)\g{q}(i?)\z/) { push @regexes, [ $3, $4 ] }
        elsif ($part =~ /\A$origin\s*-(?:strc?match|fnmatch)\s*(['"])([a-z]+:\/\/(?:\*\.)?[^*?'"\\\[]+)\1\z/) { push @origins, $2 }
        elsif ($part =~ /\A(?:-n\s+)?$origin(?:\s*!=\s*(?:''|""))?\z/) { $everybody = 1 }
        else { return 0 }
    }
    expression($section, @{$_}[0], nocase => $_->[1]) for @regexes;
    push @{ $attr->{origins} }, map { origin($section, $_) // () } @origins;
    @$attr{qw(everybody reflected)} = (1, 1) if $everybody;
    delete $attr->{origins} if $attr->{origins} && !@{ $attr->{origins} };
    return 1;
}

# A place is where lines of httpd stand: the number of its virtual host, 0 for
# none, and the chain of containers that decide whether it applies.

# The kind and the path of a container without wildcards; nothing for another.
sub plain_path {
    my ($container) = @_;
    my ($kind, $path) = $container =~ /\A<(Location|Directory|Files)\s+(?|"([^"]*)"|'([^']*)'|([^"'~\s]\S*))\s*>\z/i or return;
    $kind = lc $kind;
    return if $path =~ /[*?\[]/;
    $path =~ s{(?<=.)/+\z}{} if $kind eq 'directory';
    return ($kind, $path);
}

sub is_container_within {
    my ($inner, $outer) = @_;
    return 1 if $inner eq $outer;
    my ($kind, $path) = plain_path($inner) or return 0;
    my ($outer_kind, $outer_path) = plain_path($outer) or return 0;
    return 0 if $kind ne $outer_kind;
    return 1 if $path eq $outer_path;
    return $kind ne 'files' && index($path, $outer_path =~ s{/?\z}{/}r) == 0;
}

# Whether the outer place applies wherever the inner one does.
sub covers {
    my ($outer, $inner) = @_;
    return 0 if $outer->{host} && $outer->{host} != $inner->{host};
    for my $container (@{ $outer->{chain} }) {
        return 0 if !grep { is_container_within($_, $container) } @{ $inner->{chain} };
    }
    return 1;
}

# Whether two places can apply to one request.
sub overlap {
    my ($one, $other) = @_;
    return 0 if $one->{host} && $other->{host} && $one->{host} != $other->{host};
    for my $left (@{ $one->{chain} }) {
        my ($kind) = plain_path($left) or next;
        for my $right (@{ $other->{chain} }) {
            my ($same) = plain_path($right) or next;
            return 0 if $same eq $kind && !is_container_within($left, $right) && !is_container_within($right, $left);
        }
    }
    return 1;
}

# What sorts containers as httpd merges them.
sub merge_order {
    my ($place, @chain) = @_;
    my %rank = (directory => 1, proxy => 1, directorymatch => 2, proxymatch => 2, files => 3, filesmatch => 3,
        location => 4, locationmatch => 4, if => 5, elseif => 5, else => 5);
    my ($rank, $depth) = (0, 0);
    for my $container (@chain) {
        my $is = $rank{ $container =~ /\A<(\w+)/ ? lc $1 : '' } // 0;
        my ($kind, $path) = plain_path($container);
        $depth = $path =~ tr{/}{} if ($kind // '') eq 'directory';
        $is = 2 if $is == 1 && !defined $kind;
        $rank = $is if $is > $rank;
    }
    return sprintf '%d %03d %d %06d', $rank, $rank == 1 ? $depth : 0, $place->{host} ? 1 : 0, $place->{number};
}

# What is done here leaves no remark.
sub quietly {
    my ($section, $code) = @_;
    my ($notes, $lines, $before) = ([ @{ $section->{notes} } ], [ @{ $section->{lines} } ], scalar @report);
    $code->();
    @{ $section->{notes} } = @$notes;
    @{ $section->{lines} } = @$lines;
    $#report = $before - 1;
}

my %header_of = map { $attribute{$_} => s/(?:^|-)\K(\w)/\U$1/gr } keys %attribute;
my %least = (methods => [qw(GET HEAD POST)], headers => [], expose => [], credentials => 0, age => 'None', network => 0);

sub as_text { my ($value) = @_; return ref $value ? join ' ', map { lc } sort @$value : $value // '' }

# What both of two values of an attribute permit.
sub narrower {
    my ($name, $one, $other) = @_;
    ($one, $other) = map { $_ // $least{$name} } $one, $other;
    if (ref $one) {
        return $other if grep { $_ eq '*' } @$one;
        return $one if grep { $_ eq '*' } @$other;
        my %both = map { lc $_ => 1 } @$other;
        return [ grep { $both{ lc $_ } } @$one ];
    }
    return $one && $other if $name ne 'age';
    my ($age) = sort { $a <=> $b } grep { $_ ne 'None' } $one, $other;
    return $one eq 'None' || $other eq 'None' ? 'None' : $age;
}

# A Header line for something else than the origin, on top of those before it:
# values by attribute, table and condition.
sub apply_value {
    my ($section, $rule) = @_;
    my ($action, $when) = @$rule{qw(action when)};
    my $name = $attribute{ lc $rule->{header} };
    # what holds for preflights alone needs no condition where only they matter
    $when = '' if $rule->{preflights} && $name =~ /\A(?:methods|headers|age|network)\z/;
    my $slot = $section->{values}{$name}{ $rule->{table} } ||= {};
    if ($action eq 'unset') {
        if ($when eq '') { %$slot = () }
        elsif (%$slot) { $slot->{$when} = undef }
        return;
    }
    my $scratch = { %$section, attr => {} };
    header($scratch, $rule->{header}, $rule->{value});
    my $value = $scratch->{attr}{$name};
    if ($action =~ /\A(?:add|append|merge)\z/ && ref $value) {
        $slot->{$when} //= $slot->{''};
        $slot->{$_} = [ unique(@{ $slot->{$_} // [] }, @$value) ] for $when eq '' ? keys %$slot : $when;
        return;
    }
    return if $action eq 'setifempty' && defined $slot->{''};
    %$slot = () if $when eq '' && $action ne 'setifempty';
    $slot->{$when} = $value;
}

# The origins of what applies to a section.
sub put_origins {
    my ($section) = @_;
    my $attr = $section->{attr};
    delete @$attr{qw(origins match everybody reflected)};
    for my $one (map { $_->{attr} } @{ $section->{entries} }) {
        push @{ $attr->{$_} }, @{ $one->{$_} } for grep { $one->{$_} } qw(origins match);
        $attr->{$_} = 1 for grep { $one->{$_} } qw(everybody reflected);
    }
}

# The attributes that the origins of a section have in common; a header that was
# sent to some of them alone is left out.
sub resolve {
    my ($section) = @_;
    my @whens = unique(map { $_->{when} } @{ $section->{entries} });
    @whens = ('') if !@whens;
    for my $name ($section->{attr}{nobody} ? () : sort keys %{ $section->{values} }) {
        my (@found, $lost);
        for my $table (reverse sort keys %{ $section->{values}{$name} }) {
            my $slot = $section->{values}{$name}{$table};
            my ($other) = grep { $_ ne '' } sort keys %$slot;
            my @may = map { exists $slot->{$_} ? $slot->{$_} : $slot->{''} } @whens, grep { $_ ne '' } sort keys %$slot;
            next if !grep { defined } @may;
            if (1 == unique(map { defined $_ ? 'is ' . as_text($_) : 'not' } @may)) { push @found, $may[0]; next }
            $lost = 1;
            note($section, "$header_of{$name} was sent for $other alone, other than the origin; "
                . ($name eq 'credentials' ? 'credentials are off here' : 'it is left out here'));
        }
        if ($name eq 'credentials') { $section->{attr}{$name} = !$lost && !grep({ !$_ } @found) ? 1 : 0 if @found || $lost }
        elsif (@found && ref $found[0]) { $section->{attr}{$name} = [ unique(map { @$_ } @found) ] }
        elsif (@found) { $section->{attr}{$name} = $found[-1] }
    }
    put_origins($section);
    $section->{star} = grep { $_->{star} } @{ $section->{entries} };
    no_star_credentials($section);
}

# Where one place is for some origins alone and the other for others.
sub apart_by_origin {
    my ($one, $other) = @_;
    return $one->{for} && $other->{for} && !grep { $other->{for}{$_} } keys %{ $one->{for} };
}

# The places that can apply together with a section but need not, before it.
sub perhaps_around {
    my ($section, @all) = @_;
    return grep { $_ != $section && $_->{order} lt $section->{order} && overlap($_, $section) && !covers($_, $section) && !apart_by_origin($_, $section) } @all;
}

# A section with origins says everything by itself: what such a place sent in
# addition, it does not, and what that took away, it does not have either.
sub leave_out_perhaps {
    my ($section, @perhaps) = @_;
    my $attr = $section->{attr};
    for my $other (@perhaps) {
        my $say = sub { note($section, 'where ' . ($other->{chain}[-1] // 'that of the server') . " applies too, its $_[0] was sent as well; here it is not") };
        my $is_some = ($section->{own}{origin} // '') eq 'some';
        $say->($header_of{origin}) if $other->{own}{origin} && ($is_some || !grep { $section->{tables}{$_} } keys %{ $other->{tables} });
        if ($is_some && $other->{own}{origin} && grep { $_->{inherited} } @{ $section->{entries} }) {
            @{ $section->{entries} } = grep { !$_->{inherited} } @{ $section->{entries} };
            put_origins($section);
            note($section, 'the origins around it are left out, since ' . ($other->{chain}[-1] // 'the server') . ' has others where both apply');
        }
        for my $name (sort keys %least) {
            next if !$other->{own}{$name} || $section->{own}{$name};
            next if grep { $_->{own}{$name} && $_->{order} gt $other->{order} } @{ $section->{around} };
            my $theirs = $other->{attr}{$name} // $least{$name};
            my $both = narrower($name, $attr->{$name}, $theirs);
            $attr->{$name} = $both if defined $attr->{$name};
            $say->($header_of{$name}) if $other->{own}{$name} eq 'always' && as_text($theirs) ne as_text($both)
                && !($name eq 'credentials' && $attr->{everybody} && !$attr->{reflected});
        }
    }
}

# A section without origins says what it changes and inherits the rest, as the
# Header lines did.
sub keep_own {
    my ($section, $perhaps, @all) = @_;
    my ($all, $own) = @$section{qw(attr own)};
    my $attr = $section->{attr} = { map { $_ => $all->{$_} // $least{$_} } grep { $own->{$_} } keys %least };
    $section->{outer} = $all;
    my @others = grep { $_->{own}{origin} } @$perhaps;
    my $drop = sub {
        my ($name, $why) = @_;
        $attr->{$name} = $least{$name};
        note($section, "$header_of{$name} is left out: $why");
    };
    for my $name (sort keys %$attr) {
        $drop->($name, 'it was sent to some origins alone, and ' . ($others[0]{chain}[-1] // 'the server') . ' has others')
            if $own->{$name} eq 'some' && @others && as_text($attr->{$name}) ne as_text($least{$name});
    }
    my ($everybody) = grep { $_->{attr}{everybody} } @all;
    $drop->('credentials', ($everybody->{chain}[-1] // 'the server') . ' allows every origin, for which browsers refuse credentials') if $attr->{credentials} && $everybody;
    $drop->('expose', 'with credentials, * means nothing to a browser; name the headers')
        if grep({ $_ eq '*' } @{ $attr->{expose} // [] }) && grep { $_->{attr}{credentials} } @all;
}

# What the lines of each place send, on top of those of the places around it,
# becomes its section.
sub finish_httpd {
    my ($apply, @all) = @_;
    $_->{order} = merge_order($_, @{ $_->{chain} }) for @all;
    for my $section (@all) {
        my @around = sort { $a->{order} cmp $b->{order} } grep { $_ != $section && $_->{order} lt $section->{order} && covers($_, $section) } @all;
        @$section{qw(entries values around)} = ([], {}, \@around);
        quietly($section, sub { $apply->($section, $_) for map { @{ $_->{rules} } } @around });
        $_->{inherited} = 1 for @{ $section->{entries} };
        for my $rule (@{ $section->{rules} }) {
            $apply->($section, $rule);
            my $name = $attribute{ lc($rule->{header} // '') } // next;
            # what is taken from one of httpd's two tables can stay in the other
            my $is_sure = $rule->{when} eq '' || $rule->{preflights};
            $is_sure = 0 if $name eq 'origin' && ($rule->{preflights} || $rule->{action} eq 'unset' && @{ $section->{entries} });
            $section->{own}{$name} = $is_sure ? 'always' : $section->{own}{$name} // 'some';
            $section->{tables}{ $rule->{table} } = 1 if $name eq 'origin';
        }
        my @at = sort { $a <=> $b } unique(@{ $section->{lines} });
        note($section, 'in place of line' . (@at > 1 ? 's ' : ' ') . join ', ', @at);
        note($section, $with_every_status) if grep { ($_->{table} // '') eq 'onsuccess' && $_->{action} ne 'unset' && $attribute{ lc $_->{header} } } @{ $section->{rules} };
        resolve($section);
        my @tested = grep { $_->{tested} } @{ $section->{entries} };
        $section->{for} = { map { $_ => 1 } map { @{ $_->{attr}{origins} // [] } } @tested }
            if @tested && @tested == @{ $section->{entries} } && !grep { /\*/ } map { %{ $_->{attr} }{qw(match everybody)} ? '*' : @{ $_->{attr}{origins} // [] } } @tested;
    }
    place_conditions(@all);
    for my $section (@all) {
        my @perhaps = perhaps_around($section, @all);
        my $inherits = !$section->{own}{origin} && grep { $_->{own}{origin} } @perhaps, @{ $section->{around} };
        # with credentials, the origins are said wherever they are known
        $inherits &&= !$section->{attr}{credentials} || grep { $_->{own}{origin} } @perhaps;
        if ($inherits) { keep_own($section, \@perhaps, grep { $_ != $section && overlap($_, $section) } @all); next }
        leave_out_perhaps($section, @perhaps);
        complete($section, vary => !$section->{attr}{nobody});
        $section->{outer} = {};
    }
    # what could be inherited is said
    for my $section (grep { $_->{attr}{policy} } @all) {
        my @before = grep { $_ != $section && overlap($_, $section) && $_->{put_order} lt $section->{put_order} } @all;
        for my $name (sort keys %least) {
            $section->{attr}{$name} //= $least{$name} if grep { defined $_->{attr}{$name} } @before;
        }
    }
}

# An <If> on the origin goes where nothing else applies with it: the policy looks
# at the origin by itself. Elsewhere it stays, as httpd merges it last.
sub place_conditions {
    my (@all) = @_;
    my %taken;
    for my $section (reverse @all) {
        my @where = @{ $section->{where} };
        if (defined $section->{tests} && !grep { $_ != $section && overlap($_, $section) && !apart_by_origin($_, $section) } @all) {
            @where = grep { $_ ne $section->{tests} } @where;
            @where = @{ $section->{where} } if $taken{"$section->{host} @where"}++;
        }
        if (defined $section->{tests} && @where == @{ $section->{where} }) {
            $section->{attr}{vary} = 1;
            note($section, 'the <If> stays, since other sections apply with it; Vary: Origin is sent where it holds');
        }
        $section->{where} = \@where;
        $section->{put_order} = merge_order($section, @where);
    }
}

# Sections whose condition stays as it is; of no <Else> can it be told alone.
my $section_read = qr/<(?:(?:Location|Directory|Files|Proxy)(?:Match)?|If(?:Define|Version|File|Directive|Section)?|Limit(?:Except)?|Macro)/i;

sub import_httpd {
    my ($file) = @_;
    my $text = slurp($file);
    my (@stack, %variables, %found, @order, @conditions, %server_name, %is_options, %unset);
    my ($host, $hosts) = (0, 0);

    # where a line stands: what decides whether it applies
    my $place = sub { return (host => $host, chain => [ grep { !/\A<(?:VirtualHost|IfModule|RequireAll|RequireAny)\b/i } @stack ]) };
    # the section of a place in the file
    my $here = sub {
        my ($line) = @_;
        my %place = $place->();
        my $key = join "\n", $host, @{ $place{chain} };
        if (!$found{$key}) {
            my @apart = grep { /\A<VirtualHost/i } @stack;
            my $section = $found{$key} = { %place, from => "$file:$line", attr => {}, notes => [], lines => [], rules => [], number => scalar @order };
            $section->{where} = [ grep { !/\A<If(?:Define|Version)\b/i } @{ $place{chain} } ];
            note($section, "goes into $apart[0]" . (defined $server_name{$host} ? " of $server_name{$host}" : '')) if @apart;
            note($section, "stood in $_") for grep { /\A<If(?:Define|Version)/i } @stack;
            push @order, $section;
        }
        push @{ $found{$key}{lines} }, $line;
        return $found{$key};
    };
    # with $value, the variable is what is sent, not a condition
    my $from_variable = sub {
        my ($section, $name, $value) = @_;
        my @source = grep { covers($_, $section) } @{ $variables{ lc $name } // [] };
        if (!@source) { note($section, "the variable $name is set by nothing in this file that looks at the origin alone"); return }
        if ($unset{ lc $name }) { note($section, "the variable $name is taken back for some origins, which is not read here; list the origins by hand"); return }
        if (my ($unread) = grep { $_->{unread} } @source) {
            note($section, "the variable $name has further conditions in line $unread->{line}, which are not read here; list the origins by hand");
            return;
        }
        for my $one (@source) {
            push @{ $section->{lines} }, $one->{line};
            if ($value && $one->{value} !~ /[\$%]/) {
                note($section, "the variable $name is '$one->{value}' in line $one->{line} and not the origin, so no page could read anything");
                next;
            }
            expression($section, $one->{regex}, nocase => $one->{nocase});
            $section->{attr}{reflected} = 1 if $section->{attr}{everybody};
        }
    };

    # The origins of a Header line, put into the section; false where its
    # condition cannot be read.
    my $origins_of = sub {
        my ($section, $rule) = @_;
        my ($value, $only, $if, $tested) = @$rule{qw(value only if tested)};
        my $not_read = sub {
            note($section, "'$value' is left out: it was sent for $rule->{when} alone, which is not read here");
            return 0;
        };
        if ($rule->{reflects} || $value eq '*') {
            return $not_read->() if 1 < grep { defined } $tested, $only, $if;
            $tested //= $if;
            my $empty = $rule->{reflects} && $value =~ /e\z/i;
            note($section, '%{HTTP_ORIGIN}e is empty in httpd unless something sets it, so no page could read anything;'
                . (defined $tested ? ' here it is the origin that was meant' : ' list the origins by hand')) if $empty;
            if ($empty && !defined $tested) { }
            elsif (defined $tested) {
                return 1 if condition($section, $tested);
                note($section, "'$tested' is not read here; list the origins by hand");
                return 0;
            }
            elsif (defined $only) { $from_variable->($section, $only) }
            else { @{ $section->{attr} }{ everybody => $rule->{reflects} ? 'reflected' : () } = (1, 1) }
        }
        elsif ($value =~ /\A%\{([^}]+)\}e\z/) {
            return $not_read->() if defined $if || defined $only && lc $only ne lc $1;
            $from_variable->($section, $1, 1);
        }
        elsif ($value =~ /[%]/) { note($section, "the value '$value' of $rule->{header} is not read here") }
        elsif ($rule->{when} ne '') { return $not_read->() }
        else {
            my @origins = words($value);
            note($section, "'$value': a browser takes one origin and refused this list; here each of them is allowed") if @origins > 1;
            $section->{attr}{origins} = [ map { origin($section, $_) // () } @origins ];
        }
        return 1;
    };
    # a Header line that takes the origin away
    my $take_origin = sub {
        my ($section, $rule) = @_;
        my @lost = grep { $_->{table} eq $rule->{table} } @{ $section->{entries} };
        if (!@lost) { note($section, "'Header unset $rule->{header}' goes: the policy replaces what a backend sends"); return }
        # without the variable, there was nothing to take
        return if $rule->{when} =~ /\Aenv=!(\S+)\z/ && !grep { lc $_->{variable} ne lc $1 } @lost;
        @{ $section->{entries} } = grep { $_->{table} ne $rule->{table} } @{ $section->{entries} };
        if ($rule->{when} ne '') { note($section, "Access-Control-Allow-Origin was taken away for $rule->{when}, which is not read here; list the origins by hand") }
        elsif (!@{ $section->{entries} }) {
            $section->{attr}{nobody} = 1;
            note($section, 'Access-Control-Allow-Origin was taken away here; CorsAllowOrigins None goes on doing so');
        }
    };
    # A Header line for the origin, on top of those before it.
    my $apply_origin = sub {
        my ($section, $rule) = @_;
        my ($action, $when, $table) = @$rule{qw(action when table)};
        my $entries = $section->{entries};
        if ($rule->{preflights}) { note($section, 'an Access-Control-Allow-Origin for preflights alone is left out: it lets no page read anything'); return }
        return $take_origin->($section, $rule) if $action eq 'unset';
        return if $action eq 'setifempty' && grep { $_->{table} eq $table && $_->{when} eq '' } @$entries;
        my $adds = $action =~ /\A(?:add|append|merge)\z/;
        note($section, 'Access-Control-Allow-Origin was set twice, and a browser refuses two; here it is sent once')
            if $adds && @$entries || grep { $_->{table} ne $table } @$entries;
        my $scratch = { %$section, attr => {} };
        my $is_read = $action =~ /\Aedit/ ? note($section, "'Header $action $rule->{header}' is not read here; list the origins by hand") && 0 : $origins_of->($scratch, $rule);
        @$entries = () if !$is_read || $action eq 'set' && $when eq '';
        delete $section->{attr}{nobody};
        push @$entries, { table => $table, when => $when, attr => $scratch->{attr}, star => $rule->{value} eq '*' && $when ne '', tested => defined $rule->{tested},
            variable => $rule->{value} =~ /\A%\{([^}]+)\}e\z/ ? $1 : $rule->{only} // '' };
    };
    my $apply = sub {
        my ($section, $rule) = @_;
        if (defined $rule->{note}) { note($section, $rule->{note}) }
        elsif (lc $rule->{header} eq 'vary') { $section->{attr}{vary} = 1 }
        elsif ($attribute{ lc $rule->{header} } eq 'origin') { $apply_origin->($section, $rule) }
        else {
            note($section, "'Header unset $rule->{header}' goes: the policy replaces what a backend sends")
                if $rule->{action} eq 'unset' && !$section->{values}{ $attribute{ lc $rule->{header} } };
            apply_value($section, $rule);
        }
    };

    # A Header line, where it stands.
    my $header_line = sub {
        my ($at, @args) = @_;
        my $table = @args && $args[0] =~ /\A(?:always|onsuccess)\z/i ? lc shift @args : 'onsuccess';
        my ($action, $header, $value, @rest) = @args;
        return if !defined $header;
        $action = lc $action;
        $header =~ s/:\z//;
        return if lc $header eq 'vary' ? ($value // '') !~ /\borigin\b/i : !$attribute{ lc $header } || $action =~ /\A(?:note|echo)\z/;
        my $section = $here->($at);
        if (my ($unread) = grep { !/\A$section_read\b/i } @{ $section->{chain} }) {
            push @{ $section->{rules} }, { header => '', note => "what stood in $unread is left out: it cannot be read here" };
            return;
        }
        @rest = ($value // (), @rest) if $action eq 'unset';
        return if $action ne 'unset' && !defined $value;
        my ($only) = map { /\Aenv=(!?\S+)/i ? $1 : () } @rest;
        my ($if) = map { /\Aexpr=(.*)/is ? $1 : () } @rest;
        my $rule = { line => $at, table => $table, action => $action, header => $header, value => $value // '' };
        $rule->{preflights} = 1 if defined $if && $if =~ /\A\s*(?:%\{REQUEST_METHOD\}|req(?:uest)?_method)\s*(?:==?|-eq|=~)\s*\W*OPTIONS\W*\z/i
            || defined $only && $is_options{ lc $only };
        @$rule{qw(only if)} = ($only, $if);
        $rule->{when} = join ' ', defined $only ? "env=$only" : (), defined $if ? "expr=$if" : ();
        if (lc $header eq 'access-control-allow-origin') {
            $rule->{reflects} = $value =~ /\A%\{HTTP_ORIGIN\}e\z/i && !$variables{http_origin} || $value =~ /\A(?:expr=)?%\{(?:req|http):origin\}\z/i if $action ne 'unset';
            my ($tests) = grep { /\A<If\b.*Origin/i } reverse @{ $section->{chain} };
            if ($rule->{reflects} && defined $tests && $tests =~ /\A<If\s+(["'])(.*)\1\s*>\z/is) {
                $section->{tests} = $tests;
                $rule->{tested} = $2 =~ s{\\(["'])}{$1}gr;
            }
            $section->{origin_seen} = 1;
        }
        push @{ $section->{rules} }, $rule;
    };
    # A variable that a rewrite rule sets: from each of its conditions where they
    # are about the origin alone and one of them is enough.
    my $rewrite_variable = sub {
        my ($at, $pattern, $variable, $value) = @_;
        my @origin = grep { $_->[0] =~ /%\{HTTP:Origin\}|%\{HTTP_ORIGIN\}/i } @conditions or return;
        my $or = grep { ($_->[2] // '') =~ /\bOR\b/i && @$_ > 3 } @conditions[ 0 .. $#conditions - 1 ];
        my $unread = @origin < @conditions || $or < $#conditions || $pattern !~ /\A(?:\^?\(?\.[*?]\)?\$?|\^|)\z/ || grep { $_->[1] =~ /\A[!<>=-]/ } @origin;
        push @{ $variables{ lc $variable } }, { $place->(), regex => $_->[1], nocase => @$_ > 3 && $_->[2] =~ /NC/, line => $at, unread => $unread, value => $value } for @origin;
    };

    my @lines = split /\n/, $text, -1;
    # variables first: they may be set below where they are used
    for my $pass (1, 2) {
        @stack = @conditions = ();
        my $i = $host = $hosts = 0;
        while ($i < @lines) {
            my $line = $lines[ $i++ ];
            my $at = $i;
            $line =~ s/\r\z//;
            while ($line =~ s/\\\z// && $i < @lines) { $line .= $lines[ $i++ ]; $line =~ s/\r\z// }
            $line =~ s/\A\s+|\s+\z//g;
            next if $line eq '' || $line =~ /\A#/;
            if ($line =~ m{\A</(\w+)>}) { pop @stack; $host = 0 if lc $1 eq 'virtualhost'; next }
            if ($line =~ /\A<(\w+).*>\z/) { push @stack, $line; $host = ++$hosts if lc $1 eq 'virtualhost'; next }
            my ($name, @args) = httpd_words($line);
            $name = lc $name;
            if ($name eq 'servername') { $server_name{$host} = $args[0] }
            elsif ($name =~ /\Asetenvif(nocase)?\z/ && @args >= 3 && lc $args[0] eq 'origin') {
                my $nocase = $1;
                for (@args[ 2 .. $#args ]) {
                    $unset{ lc $1 } = 1 if /\A!(.+)/;
                    my ($variable, $value) = /\A([^=!]+)(?:=(.*))?\z/s or next;
                    push @{ $variables{ lc $variable } }, { $place->(), regex => $args[1], nocase => $nocase, line => $at, value => $value // 1 } if $pass == 1;
                }
            }
            elsif ($name =~ /\Asetenvif(?:nocase)?\z/ && @args >= 3 && lc $args[0] eq 'request_method' && $args[1] =~ /\A\^?\(?OPTIONS\)?\$?\z/i) {
                for (@args[ 2 .. $#args ]) { $is_options{ lc $1 } = 1 if /\A([^=!]+)/ }
            }
            elsif ($name eq 'rewritecond') { push @conditions, [ @args, $at ] }
            elsif ($name eq 'rewriterule') {
                my ($options) = grep { $_->[0] =~ /%\{REQUEST_METHOD\}/i && $_->[1] =~ /\A[=^]?\(?OPTIONS\)?\$?\z/i } @conditions;
                my $flags = $args[2] // '';
                $rewrite_variable->($at, $args[0], $1, $2 // '') if $pass == 1 && $flags =~ /\bE=([^:\],]+)(?::([^,\]]*))?/i;
                if ($options && $pass == 2 && ($flags =~ /R=2\d\d/i || ($args[1] // '') eq '-' && $flags =~ /\b(?:L|END)\b/i)) {
                    my $section = $here->($options->[-1]);
                    push @{ $section->{lines} }, $at;
                    push @{ $section->{rules} }, { header => '', note => 'the rewrite rule that answers OPTIONS goes: preflights are answered by the policy,'
                        . ' with 204 and no body, and other OPTIONS requests, such as those of WebDAV, reach their handler' };
                }
                @conditions = ();
            }
            elsif ($name eq 'header' && $pass == 2) { $header_line->($at, @args) }
            elsif ($name =~ /\Ainclude(?:optional)?\z/ && $pass == 2 && $text =~ /Access-Control-/i) {
                push @report, "$file:$at: $args[0] is not followed; give its files as arguments";
            }
        }
    }
    my @all = grep { my $section = $_; grep { $attribute{ lc $_->{header} } } @{ $section->{rules} } } @order;
    finish_httpd($apply, @all);
    for my $section (grep { @{ $_->{rules} } } @order) {
        my $is_policy = grep { $_ == $section } @all;
        if (!$is_policy) { $section->{attr} = {}; note($section, $_) for grep { defined } map { $_->{note} } @{ $section->{rules} } }
        push @sections, $section if %{ $section->{attr} } || @{ $section->{notes} };
    }
    push @report, "$file: nothing about CORS was found" if !@all;
}


1;
