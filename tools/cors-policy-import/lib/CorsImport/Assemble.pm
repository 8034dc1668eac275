# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Assemble;

# From what was sent to each class of origins (Classes.pm) to sections of a policy.
# A policy has one list of origins and one value for everything else, so where two
# classes differ, the section has what both had, and a remark. Every step can lose
# something and none can add: an origin is listed only where each way of reading
# what could not be read let it in.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(ORIGIN PART CAPTURED ECHO class_name is_marked is_sent_as_asked);
use CorsImport::Policy qw(note canonical_origin sent_origin unique names methods age %attribute complete);
use CorsImport::Regex qw(expression strip_anchors quoted_origin quotemeta_path);
our @EXPORT_OK = qw(policies record);

my %header_of = map { $attribute{$_} => s/(?:^|-)\K(\w)/\U$1/gr } keys %attribute;
my $token = qr/[!#\$%&'*+.^_`|~0-9A-Za-z-]+/;

# The names of a list as a browser reads them; undef if browsers reject the list.
sub parse_list {
    my (@values) = @_;
    return [] if !@values;
    return [ECHO] if @values == 1 && is_sent_as_asked($values[0]);
    my @names = grep { length } map { s/\A[ \t]+|[ \t]+\z//gr } split /,/, join ',', @values;
    return grep({ !/\A$token\z/ } @names) ? undef : [ unique(@names) ];
}

# What a browser concludes of one response.
sub view {
    my ($class, $response) = @_;
    my $sent = $response->{sent};
    my @origin = @{ $sent->{origin} // [] };
    my $is = @origin == 1 && ($response->{status} // 200) < 300 ? $origin[0] : '';
    my %view = (star => $is eq '*' || 0, captured => $is eq CAPTURED || 0);
    $view{allowed} = $view{star} || length $is && $is eq ($class->{text} // ORIGIN) || !defined $class->{text} && $view{captured} ? 1 : 0;
    $view{credentials} = $view{allowed} && !$view{star} && "@{ $sent->{credentials} // [] }" eq 'true' ? 1 : 0;
    $view{network} = $view{allowed} && "@{ $sent->{network} // [] }" eq 'true' ? 1 : 0;
    $view{$_} = parse_list(@{ $sent->{$_} // [] }) for qw(methods headers expose);
    $view{age} = $sent->{age}[0];
    return \%view;
}

# What two lists have in common; * and an echo stand for all but Authorization.
sub common {
    my ($one, $other) = @_;
    my $is_all = sub { return scalar grep { $_ eq '*' || $_ eq ECHO } @{ $_[0] } };
    return $one if $is_all->($other) && $is_all->($one) && grep { $_ eq '*' } @$one;
    return $other if $is_all->($one) && ($is_all->($other) || grep { $_ eq ECHO } @$one);
    return $one if grep { $_ eq ECHO } @$other;
    my %has = map { lc $_ => 1 } @$one;
    return [ grep { lc $_ ne 'authorization' || $has{authorization} } @$other ] if $is_all->($one);
    return common($other, $one) if $is_all->($other);
    return [ grep { $has{ lc $_ } } @$other ];
}

# The records of a class: what a request of a method and its preflight are given,
# whatever is assumed.
sub record {
    my ($class, $found, $method) = @_;
    my @all;
    for my $at (0 .. $#{ $found->{$method} }) {
        my ($actual, $before) = map { view($class, $_->[$at]) } @$found{ $method, 'preflight' };
        my $is_let = $before->{allowed} && $before->{methods} && $before->{headers};
        push @all, {
            allowed => $actual->{allowed}, star => $actual->{star}, captured => $actual->{captured}, credentials => $actual->{credentials},
            expose => $actual->{expose} // [], preflight => $is_let ? 1 : 0, network => $is_let ? $before->{network} : 0,
            preflight_credentials => $is_let ? $before->{credentials} : 0, age => $is_let ? $before->{age} : undef,
            methods => $is_let ? $before->{methods} : [], headers => $is_let ? $before->{headers} : [],
        };
    }
    my $record = shift @all;
    my $first = as_text($record);
    my $differs = grep { as_text($_) ne $first } @all;
    $record = meet($record, $_) for @all;
    $record->{differs} = $differs;
    return $record;
}

sub meet {
    my ($one, $other) = @_;
    my %both = (%$one, map { $_ => $one->{$_} && $other->{$_} ? 1 : 0 } qw(allowed credentials preflight preflight_credentials network));
    $both{$_} = $one->{$_} || $other->{$_} ? 1 : 0 for qw(star captured);
    $both{$_} = common($one->{$_}, $other->{$_}) for qw(expose methods headers);
    $both{age} //= $other->{age};
    return \%both;
}

sub as_text {
    my ($record) = @_;
    return 'no' if !$record->{allowed};
    return join "\n", map { ref $record->{$_} ? join ' ', sort map { lc } @{ $record->{$_} } : "$_ " . ($record->{$_} // '') } qw(allowed credentials expose preflight preflight_credentials network methods headers);
}

# The sections of what was tried: one for all methods, or one and others in
# <Limit>. $new makes a section. An empty list if no CORS headers are sent. With
# $more, origins with other settings get an <If>, and this is what
# its condition needs in addition.
sub policies {
    my ($new, $tried, $more) = @_;
    my ($found, $seen) = @$tried{qw(found seen)};
    return if !grep { %{ $_->{sent} } } map { @$_ } map { values %$_ } values %$found;
    my (%group, @order);
    my $is_server = do { my $section = $new->(); $section->{place} && !@{ $section->{where} } };
    for my $method (@{ $tried->{methods} }) {
        my %records = map { class_name($_) => record($_, $found->{ class_name($_) }, $method) } @{ $tried->{classes} };
        my $text = join "\n\n", map { as_text($records{$_}) } sort keys %records;
        # a <VirtualHost> has no section for some methods that comes before other sections
        if ($is_server && @order && !$group{$text}) {
            my $first = $group{ $order[0] }{records};
            for my $name (keys %records) { $first->{$name} = { %{ meet($first->{$name}, $records{$name}) }, differs => 1 } if as_text($first->{$name}) ne as_text($records{$name}) }
            next;
        }
        push @order, $text if !$group{$text};
        $group{$text}{records} ||= \%records;
        push @{ $group{$text}{methods} }, $method;
    }
    # the section for methods that were not tried comes first, without <Limit>
    my @groups = sort { (grep { $_ eq 'PROPFIND' } @{ $b->{methods} }) <=> (grep { $_ eq 'PROPFIND' } @{ $a->{methods} }) } map { $group{$_} } @order;
    my @sections;
    for my $group (@groups) {
        my $is_first = !@sections;
        my ($base, @parts) = defined $more ? parts($tried, $group->{records}) : ($tried->{classes});
        for my $part ([ $base, $group->{records} ], @parts) {
            my $section = $new->();
            $section->{limit} = $group->{methods} if !$is_first;
            fill($section, { %$tried, classes => $part->[0] }, $part->[1]);
            put_into_if($section, $more) if $part->[0] != $base;
            push @sections, $section if $part->[0] == $base || !$section->{attr}{nobody};
        }
    }
    return @sections;
}

sub put_into_if {
    my ($section, $more) = @_;
    my @names = @{ $section->{attr}{origins} // [] };
    push @{ $section->{where} }, q(<If "req('Origin') -in {) . join(', ', map { "'$_'" } @names) . "}$more\">";
    note($section, 'these origins have settings of their own');
}

# The classes in parts that are given different things: the base, and for each
# other part its classes and the records, in which no other origin is allowed. Only
# origins by themselves are apart from the base.
sub parts {
    my ($tried, $records) = @_;
    my @allowed = grep { $records->{ class_name($_) }{allowed} && ($_->{text} // '') ne 'null' && (!defined $_->{text} || defined canonical_origin($_->{text})) } @{ $tried->{classes} };
    my @keys = unique(map { as_text($records->{ class_name($_) }) } grep { !defined $_->{text} } @allowed);
    return $tried->{classes} if @keys > 1 || !@allowed;
    my $key = $keys[0] // as_text($records->{ class_name($allowed[0]) });
    my (%apart, @order);
    for my $class (grep { defined $_->{text} } @allowed) {
        my $own = as_text($records->{ class_name($class) });
        next if $own eq $key;
        push @order, $own if !$apart{$own};
        push @{ $apart{$own} }, $class;
    }
    my %is_apart = map { $_->{text} => 1 } map { @$_ } values %apart;
    my @base = grep { !defined $_->{text} || !$is_apart{ $_->{text} } } @{ $tried->{classes} };
    my %nobody = map { $_ => { %{ $records->{$_} }, allowed => 0, differs => 0 } } keys %$records;
    return (\@base, map { my $classes = $apart{$_}; [ $classes, { %nobody, map { $_->{text} => $records->{ $_->{text} } } @$classes } ] } @order);
}

# Put into a section what it allows.
sub fill {
    my ($section, $tried, $records) = @_;
    my $attr = $section->{attr};
    remark_on_values($section, $tried);
    my $strangers = $records->{ class_name({ true => {} }) };
    my @allowed = map { $records->{ class_name($_) } } grep { $records->{ class_name($_) }{allowed} } grep { !defined $_->{text} || defined canonical_origin($_->{text}) || $_->{text} eq 'null' } @{ $tried->{classes} };
    note($section, 'headers that were sent for some methods only are omitted') if $section->{place} && !@{ $section->{where} } && %{ $tried->{seen}{methods} } && grep { $_->{differs} } values %$records;
    if (grep { $_->{differs} } values %$records) { note($section, "$_ cannot be evaluated here; settings that depend on it are omitted") for sort keys %{ $tried->{seen}{unknown} } }
    if ($strangers->{allowed}) { put_everybody($section, $tried, $records) }
    else {
        put_tested($section, $tried, $records);
        put_literals($section, $tried, $records) if !$attr->{everybody};
        note($section, "'null' is omitted: any sandboxed frame can send it") if $records->{null}{allowed} && !$attr->{everybody} && $attr->{match};
    }
    if (!@allowed || !$attr->{everybody} && !$attr->{match} && !@{ $attr->{origins} // [] }) {
        delete @$attr{qw(origins excluded)};
        $attr->{nobody} = 1;
        note($section, 'no origin could be read; CorsAllowOrigins None allows no origin');
        complete($section);
        return;
    }
    put_attributes($section, $tried, @allowed);
    if (!grep { ($_->{status} // 200) < 400 } @{ $tried->{found}{ class_name({ true => {} }) }{GET} }) {
        $attr->{reject} = 1;
        note($section, 'other origins were rejected with an error status; this is CorsRejectDisallowed On, which still accepts requests without Origin');
    }
    complete($section, vary => !$tried->{seen}{vary});
}

# Every origin, but for those that a test or a text excludes.
sub put_everybody {
    my ($section, $tried, $records) = @_;
    my $attr = $section->{attr};
    my %denied;
    for my $class (grep { !$_->{text} } @{ $tried->{classes} }) {
        next if $records->{ class_name($class) }{allowed};
        $denied{$_} = 1 for keys %{ $class->{true} };
    }
    my @literals = grep { $_ ne 'null' && defined canonical_origin($_) && !$records->{$_}{allowed} } grep { defined } map { $_->{text} } @{ $tried->{classes} };
    my $has_null = $records->{null}{allowed};
    $attr->{reflected} = 1 if !$records->{ class_name({ true => {} }) }{star};
    # an exclusion from any origin needs a section within; those of httpd have none
    if (!%denied && $has_null && (!@literals || !$section->{place})) {
        $attr->{everybody} = 1;
        $section->{excluded} = \@literals if @literals;
        return;
    }
    $attr->{open} = 1;
    note($section, "'null' is omitted: any sandboxed frame can send it") if $has_null;
    my @tests = grep { $denied{ $_->{id} } } tests($tried);
    my $not = join '', map { "(?!" . quotemeta_path($_) . '$)' } grep { my $text = $_; !grep { $text =~ $_->{compiled} } @tests } @literals;
    $not .= join '', map { excluding($_) } @tests;
    my $word = quoted_origin("$not.+");
    if (defined $word) { $attr->{match} = [$word] }
    else { note($section, 'the exclusions cannot be written as directives') }
}

sub tests { my ($tried) = @_; return sort { $a->{number} <=> $b->{number} } values %{ $tried->{seen}{tests} } }

# The origins that each test allows, except those that another one excludes.
sub put_tested {
    my ($section, $tried, $records) = @_;
    my $attr = $section->{attr};
    for my $test (tests($tried)) {
        my $record = $records->{ class_name({ true => { $test->{id} => 1 } }) };
        next if !$record->{allowed};
        my %except;
        for my $class (grep { $_->{true} && $_->{true}{ $test->{id} } } @{ $tried->{classes} }) {
            next if $records->{ class_name($class) }{allowed};
            $except{$_} = 1 for grep { $_ ne $test->{id} } keys %{ $class->{true} };
        }
        my $scratch = { %$section, attr => {} };
        expression($scratch, $test->{regex}, nocase => $test->{nocase}, captured => $record->{captured});
        my $put = $scratch->{attr};
        my @denied = grep { defined && !$records->{$_}{allowed} && defined canonical_origin($_) } map { $_->{text} } @{ $tried->{classes} };
        if (($put->{open} // '') eq 'any' && !%except && !@denied && $records->{null}{allowed}) { @$attr{qw(everybody reflected)} = (1, !$record->{star}); return }
        except($scratch, grep { $except{ $_->{id} } } tests($tried)) if %except;
        push @{ $attr->{$_} }, @{ $put->{$_} } for grep { @{ $put->{$_} // [] } } qw(origins match);
        $attr->{open} ||= $put->{open};
        $attr->{reflected} ||= $put->{open} && !$record->{star};
    }
}

# What keeps an expression from matching where a test holds.
sub excluding { my ($test) = @_; return '(?!.*(?:' . ($test->{nocase} ? '(?i)' : '') . "$test->{regex}))" }

# Take from a section's origins what some tests match.
sub except {
    my ($section, @tests) = @_;
    my $attr = $section->{attr};
    my $not = join '', map { excluding($_) } @tests;
    my @inner = map { m{\A"(.*)"\z}s ? $1 : () } @{ $attr->{match} // [] };
    # one origin is excluded or not
    my ($patterns, $plain) = ([], []);
    push @{ /\*/ ? $patterns : $plain }, $_ for @{ $attr->{origins} // [] };
    for my $origin (@$patterns) {
        my $regex = quotemeta_path($origin);
        $regex =~ s{\\\*\\\.}{(?:[^.:/]+\\.)+};
        $regex =~ s{:\\\*\z}{(?::[0-9]+)?};
        push @inner, $regex;
    }
    $attr->{origins} = [ grep { my $origin = $_; !grep { $origin =~ $_->{compiled} } @tests } @$plain ];
    $attr->{match} = [ grep { defined } map { quoted_origin("$not(?:$_)") } @inner ];
    note($section, "what '$_->{regex}' matches is excluded") for @tests;
}

# Whether the expression of a test, without its anchors, matches the whole of a text.
sub is_whole {
    my ($test, $text) = @_;
    my ($inner) = strip_anchors($test->{regex});
    my $compiled = eval { no warnings; $test->{nocase} ? qr/\A(?:$inner)\z/i : qr/\A(?:$inner)\z/ } // return 0;
    return $text =~ $compiled;
}

# The origins that are allowed individually, and those that the tests allow and
# that are not.
sub put_literals {
    my ($section, $tried, $records) = @_;
    my $attr = $section->{attr};
    my @open = grep { $records->{ class_name({ true => { $_->{id} => 1 } }) }{allowed} } tests($tried);
    for my $text (grep { defined } map { $_->{text} } @{ $tried->{classes} }) {
        my $is_tested = grep { $text =~ $_->{compiled} } @open;
        if ($records->{$text}{allowed}) {
            my $is_listed = grep { is_whole($_, $text) } @open;
            next if $is_listed;
            next if $text eq 'null' && @open;
            push @{ $attr->{origins} }, sent_origin($section, $text) // ();
        }
        elsif ($is_tested && $text ne 'null' && defined canonical_origin($text)) { push @{ $attr->{excluded} }, $text }
    }
    return if !$attr->{excluded} || !@{ $attr->{match} // [] };
    # expressions have no exclusions beside them, so each has its own
    my $not = join '', map { '(?!' . quotemeta_path($_) . '$)' } @{ $attr->{excluded} };
    $attr->{match} = [ map { m{\A"(.*)"\z}s ? quoted_origin("$not(?:$1)") // () : () } @{ $attr->{match} } ];
    delete $attr->{match} if !@{ $attr->{match} };
    delete $attr->{excluded} if !@{ $attr->{origins} // [] };
}

# All that is not the origins: what every class that is allowed had.
sub put_attributes {
    my ($section, $tried, @allowed) = @_;
    my $attr = $section->{attr};
    my %sent = map { $_ => 1 } map { keys %{ $_->{sent} } } map { @$_ } map { values %$_ } values %{ $tried->{found} };
    my $both = $allowed[0];
    $both = meet($both, $_) for @allowed;
    for my $name (qw(credentials methods headers expose)) {
        my $text = sub { my ($value) = @_; return ref $value ? join ' ', sort map { lc } @$value : $value };
        next if !grep { $text->($_->{$name}) ne $text->($both->{$name}) } @allowed;
        note($section, "$header_of{$name} was sent to some of the origins only; " . ($name eq 'credentials' ? 'credentials are off here' : 'here it is what all of them had'));
    }
    if ($both->{credentials} && $both->{preflight} && !$both->{preflight_credentials}) {
        $both->{credentials} = 0;
        note($section, 'preflights were answered without Access-Control-Allow-Credentials, so requests with cookies failed if they needed a preflight; credentials are off here');
    }
    note($section, 'the origins were sent *, and browsers reject * with credentials; credentials are off here: to allow them, list the origins and write CorsAllowCredentials On')
        if $sent{credentials} && $both->{star} && !$attr->{everybody};
    $attr->{credentials} = $both->{credentials} if $sent{credentials};
    my $is_safe = !$both->{credentials} || $attr->{open} || $attr->{everybody};
    for my $name (qw(methods headers expose)) {
        my @names = @{ $both->{$name} };
        if (grep({ $_ eq '*' } @names) && !$is_safe) {
            @names = grep { $_ ne '*' } @names;
            note($section, "* in $header_of{$name} is omitted: with credentials, browsers do not treat it as a wildcard; list the names");
        }
        if (grep { $_ eq ECHO } @names) { note($section, "$header_of{$name} repeated what the preflight asked for; it is written as *"); @names = $name eq 'headers' ? ('*', 'Authorization') : ('*') }
        next if !$sent{$name};
        if ($name eq 'methods') { $attr->{methods} = methods($section, @names) }
        else { $attr->{$name} = names($section, $name, @names) }
    }
    $attr->{age} = age($section, $both->{age}) if defined $both->{age} && !is_marked($both->{age});
    delete $attr->{age} if !defined $attr->{age};
    $attr->{network} = $both->{network} if $sent{network};
}

# Remarks on values that browsers reject.
sub remark_on_values {
    my ($section, $tried) = @_;
    my %seen;
    for my $response (map { @$_ } map { values %$_ } values %{ $tried->{found} }) {
        my $sent = $response->{sent};
        for my $name (sort keys %$sent) { $seen{$name}{ join "\0", @{ $sent->{$name} } } = $sent->{$name} }
    }
    my $shown = sub { return $_[0] =~ s/\x02([^\x02]*)\x02/\$$1/gr =~ s/[\x01\x04]/(origin)/gr =~ s/\x03/(part of the origin)/gr };
    for my $key (sort keys %{ $seen{origin} // {} }) {
        my @values = @{ $seen{origin}{$key} };
        my $value = $values[0] // next;
        if (@values > 1) { note($section, 'Access-Control-Allow-Origin was sent twice, which browsers reject: ' . join ' and ', map { "'" . $shown->($_) . "'" } @values) }
        elsif ($value =~ /\x03|[\x01\x04].|.[\x01\x04]/s) { note($section, 'Access-Control-Allow-Origin was only a part of the origin, or contained more, which browsers reject: ' . $shown->($value)) }
        elsif ($value =~ /\x02/) { note($section, "the value '" . $shown->($value) . "' of Access-Control-Allow-Origin is not known here", 1) }
        elsif ($value =~ /,|\S\s+\S/) { note($section, "'$value': browsers accept a single origin and rejected this list; to allow them, write CorsAllowOrigins " . join ' ', grep { length } split /[\s,]+/, $value) }
        elsif ($value =~ /\*./ || $value =~ /.\*/) { note($section, "'$value' was sent literally, and no browser treats it as a pattern; to allow what was intended, write CorsAllowOrigins $value") }
        elsif (!is_marked($value) && $value ne '*' && $value ne 'null') { sent_origin($section, $value) }
    }
    for my $name (qw(methods headers expose)) {
        for my $values (map { $seen{$name}{$_} } sort keys %{ $seen{$name} // {} }) {
            my $value = $shown->(join ', ', @$values);
            next if parse_list(@$values);
            if (grep { /\x02/ } @$values) { note($section, "$header_of{$name} is omitted: its value '$value' is not known here", 1) }
            else { note($section, "'$value' of $header_of{$name} is not a list of names, so browsers rejected " . ($name eq 'expose' ? 'it' : 'the preflight')) }
        }
    }
    for my $value (sort keys %{ $seen{credentials} // {} }) {
        note($section, "Access-Control-Allow-Credentials was '" . $shown->($value) . "', which browsers treat as false; only true turns credentials on") if $value ne 'true' && length $value;
    }
}

1;
