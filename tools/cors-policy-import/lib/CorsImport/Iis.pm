# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Iis;

# Reads web.config of IIS: <cors> of the CORS module, <customHeaders>, and the
# <location> around them. Origins of <cors> are compared by that module, so its
# wildcards are patterns; a custom header is sent literally (Classes.pm). Rules
# of the rewrite module that set headers of CORS are run (IisRewrite.pm) where they
# are for the whole site and nothing else sets these headers; otherwise it is unknown what the
# headers were.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(policies);
use CorsImport::Classes qw(try_all);
use CorsImport::IisRewrite qw(read_rewrite run_rewrite);
use CorsImport::IisVerify qw(verify_iis);
use CorsImport::Policy qw(section note origin unique words names methods age %attribute complete apart slurp report @sections);
use CorsImport::Regex qw(quotemeta_path);
use CorsImport::Xml qw(parse_xml);
our @EXPORT_OK = qw(import_iis);

# Elements of one kind, each with its location and its entries for a
# collection: add, with a key, remove or clear. An element inherits the
# collection of the location around its own; gives those around first.
sub iis_inherited {
    my (@elements) = @_;
    my @done;
    for my $element (sort { length $a->{location} <=> length $b->{location} } @elements) {
        my ($outer) = grep { is_location_within($element->{location}, $_->{location}) } reverse @done;
        # a second element for a location continues the first
        $element->{outer} = $outer && lc $outer->{location} eq lc $element->{location} ? $outer->{outer} : $outer;
        $element->{$_} //= $outer ? $outer->{$_} : 0 for qw(enabled fail);
        my @all = $outer ? @{ $outer->{all} } : ();
        for my $operation (@{ $element->{says} }) {
            my ($verb, $key) = @$operation;
            @all = $verb eq 'clear' ? () : grep { lc $_->[1] ne lc $key } @all;
            push @all, $operation if $verb eq 'add';
        }
        $element->{all} = \@all;
        push @done, $element;
    }
    return @done;
}

sub is_location_within {
    my ($inner, $outer) = map { lc } @_;
    return $outer eq '' || $inner eq $outer || index($inner, "$outer/") == 0;
}

# The last of the elements for one location applies.
sub last_of_each {
    my (@elements) = @_;
    my %last = map { lc $_->{location} => $_ } @elements;
    return grep { $last{ lc $_->{location} } == $_ } @elements;
}

sub where { my ($element) = @_; return length $element->{location} ? [ qq(<Location "/$element->{location}">) ] : [] }

# --- reading

# Puts the elements that matter into $found, with the location that they are in.
sub collect {
    my ($file, $found, $element, $location) = @_;
    my $name = lc $element->{name};
    my %is = %{ $element->{is} };
    if ($name eq 'location') {
        $location = $is{path};
        $location = undef if defined $location && $location =~ /\A\.?\z/;
        if (defined $location && $location !~ m{\A[\w./ -]+\z}) {
            report("$file:$element->{line}: the location '$location' is omitted: it cannot be read here", 1);
            return;
        }
    }
    my %at = (line => $element->{line}, location => $location // '');
    if ( defined $is{configSource} && $name =~ /\A(?:cors|customheaders|rewrite|rules|outboundrules|rewritemaps|httpprotocol|system\.webserver)\z/) {
        report("$file:$element->{line}: the file '$is{configSource}' of <$element->{name}> is not read here", 1);
        $found->{is_elsewhere} = 1;
    }
    if ($name eq 'cors') { push @{ $found->{cors} }, { %at, %{ cors_of($element) } } }
    elsif ($name eq 'customheaders') {
        my @says = map { my $is = $_->{is}; [ lc $_->{name}, $is->{name} // '', $is->{value}, $_->{line} ] } grep { lc $_->{name} =~ /\A(?:add|remove|clear)\z/ } @{ $element->{children} };
        push @{ $found->{custom} }, { %at, says => [ grep { $_->[0] ne 'add' || defined $_->[2] && length $_->[1] } @says ] };
    }
    elsif ($name eq 'rewrite' && !length $at{location}) { $found->{rewrite} = read_rewrite($element) }
    elsif ($name eq 'match' && ($is{serverVariable} // '') =~ /\ARESPONSE_Access[-_]Control/i) {
        push @{ $found->{rules} }, { %at, variable => $is{serverVariable} };
    }
    collect($file, $found, $_, $location) for @{ $element->{children} };
}

# The settings of a <cors>.
sub cors_of {
    my ($element) = @_;
    my %cors = (says => []);
    for ([ enabled => 'enabled' ], [ fail => 'failUnlistedOrigins' ]) {
        my ($name, $attribute) = @$_;
        $cors{$name} = lc $element->{is}{$attribute} eq 'true' if defined $element->{is}{$attribute};
    }
    for my $child (@{ $element->{children} }) {
        my $name = lc $child->{name};
        if ($name eq 'add' && defined $child->{is}{origin}) { push @{ $cors{says} }, [ add => $child->{is}{origin}, rule_of($child) ] }
        elsif ($name =~ /\A(?:remove|clear)\z/) { push @{ $cors{says} }, [ $name, $child->{is}{origin} // '' ] }
    }
    return \%cors;
}

# What an origin of <cors> has.
sub rule_of {
    my ($element) = @_;
    my %is = %{ $element->{is} };
    my $rule = { line => $element->{line}, origin => $is{origin}, allowed => lc($is{allowed} // 'true') ne 'false',
        credentials => lc($is{allowCredentials} // '') eq 'true', age => $is{maxAge} };
    for my $list (@{ $element->{children} }) {
        my $name = lc $list->{name};
        $rule->{all} = lc($list->{is}{allowAllRequestedHeaders} // '') eq 'true' if $name eq 'allowheaders';
        for my $add (grep { lc $_->{name} eq 'add' } @{ $list->{children} }) {
            push @{ $rule->{methods} }, $add->{is}{method} if $name eq 'allowmethods' && defined $add->{is}{method};
            push @{ $rule->{ $name eq 'exposeheaders' ? 'expose' : 'headers' } }, $add->{is}{header} if $name =~ /\A(?:allow|expose)headers\z/ && defined $add->{is}{header};
        }
    }
    return $rule;
}

# --- sections

# A location that removes the settings around it.
sub put_taken {
    my ($file, $element) = @_;
    my $into = section(from => "$file:$element->{line}", where => where($element), attr => { policy => 'Off' });
    note($into, 'the CORS settings of the enclosing section do not apply here');
}

# The origins of <cors> that are allowed, in groups of the same settings.
sub groups {
    my (@rules) = @_;
    my (%group, @order);
    for my $one (@rules) {
        my $key = join "\0", map { join ',', ref $one->{$_} ? @{ $one->{$_} } : $one->{$_} // '' } qw(credentials age methods headers expose all);
        push @order, $key if !$group{$key};
        push @{ $group{$key} }, $one;
    }
    return map { $group{$_} } @order;
}

# The container of a group that is not the first; false where nothing of it can
# be in one.
sub put_into_if {
    my ($into, $cors, $members, @locations) = @_;
    my @names = map { $_->{origin} } grep { $_->{origin} !~ /\*/ } @$members;
    note($into, 'the wildcards among them are omitted: their settings differ from those above') if @names < @$members;
    @names = grep { defined } map { origin($into, $_) } @names;
    return 0 if !@names;
    # httpd merges <If> last: into what is within, too
    my @but = map { quotemeta_path($_) } unique(grep { $_ ne $cors->{location} && is_location_within($_, $cors->{location}) } @locations);
    push @{ $into->{where} }, q(<If "req('Origin') -in {) . join(', ', map { "'$_'" } @names) . '}'
        . (@but ? ' && !(%{REQUEST_URI} =~ m#^/(?:' . join('|', @but) . ')(?:/|$)#)' : '') . '">';
    note($into, 'these origins have settings of their own');
    return 1;
}

sub put_settings {
    my ($into, $one) = @_;
    my $attr = $into->{attr};
    $attr->{methods} = methods($into, @{ $one->{methods} // [] });
    $attr->{headers} = $one->{all} ? [ '*', 'Authorization' ] : names($into, 'headers', @{ $one->{headers} // [] });
    $attr->{expose} = names($into, 'expose', @{ $one->{expose} }) if $one->{expose};
    $attr->{credentials} = 1 if $one->{credentials};
    $attr->{reflected} = 1;
    $attr->{age} = age($into, $one->{age}) if defined $one->{age};
}

# The sections of a <cors>.
sub put_cors {
    my ($file, $cors, @locations) = @_;
    my @rules = map { $_->[2] } @{ $cors->{all} };
    my @excluded = grep { !$_->{allowed} } @rules;
    my @groups = groups(grep { $_->{allowed} } @rules);
    complete(section(from => "$file:$cors->{line}", where => where($cors))) if !@groups;
    my $is_first = 1;
    for my $members (@groups) {
        my $into = section(from => "$file:$members->[0]{line}", where => where($cors));
        next if !$is_first && !put_into_if($into, $cors, $members, @locations);
        my $attr = $into->{attr};
        for my $member (@$members) {
            if ($member->{origin} eq '*') { $attr->{everybody} = 1; next }
            push @{ $attr->{origins} }, origin($into, $member->{origin}) // ();
        }
        put_settings($into, $members->[0]);
        $attr->{reject} = 1 if $cors->{fail} && $is_first;
        my @not = $is_first ? grep { defined } map { origin($into, $_->{origin}) } @excluded : ();
        if (@not && $attr->{everybody}) {
            my $again = section(from => "$file:$excluded[0]{line}", where => @{ where($cors) } ? where($cors) : ['<Location "/">']);
            $again->{attr}{edit} = \@not;
        }
        elsif (@not) { $attr->{excluded} = \@not }
        complete($into);
        $is_first = 0;
    }
}

# Whether a <customHeaders> sends the origin where a <cors> does, too.
sub is_sent_too {
    my ($custom, $cors) = @_;
    return 0 if !grep { lc $_->[1] eq 'access-control-allow-origin' } @{ $custom->{all} };
    return 0 if !is_location_within($cors->{location}, $custom->{location}) && !is_location_within($custom->{location}, $cors->{location});
    $custom->{is_twice} = 1 if is_location_within($custom->{location}, $cors->{location});
    return 1;
}

# A location where both of them send the origin.
sub put_twice {
    my ($file, $element) = @_;
    my $into = section(from => "$file:$element->{line}", where => where($element), attr => { policy => 'On', nobody => 1 });
    note($into, '<cors> and <customHeaders> both send Access-Control-Allow-Origin, and browsers reject two; CorsAllowOrigins None allows no origin');
}

# The sections of a <customHeaders>.
sub custom_policies {
    my ($file, $element, $is_rewritten) = @_;
    my %sent;
    my @ours = grep { $attribute{ lc $_->[1] } } @{ $element->{all} };
    push @{ $sent{ $attribute{ lc $_->[1] } } }, $_->[2] for @ours;
    my $new = sub { return { from => "$file:$element->{line}", where => where($element), attr => {}, notes => [] } };
    if ($is_rewritten && @ours) {
        my $section = $new->();
        note($section, 'a rule of the rewrite module changes these headers, and is not read here; CorsAllowOrigins None allows no origin');
        $section->{attr} = { policy => 'On', nobody => 1 };
        return $section;
    }
    my $is_vary = grep { lc $_->[1] eq 'vary' && $_->[2] =~ /origin/i } @{ $element->{all} };
    return policies($new, try_all(sub { my ($request) = @_; $request->{seen}{vary} = $is_vary; return { sent => \%sent } }));
}

# The sections of rules that set headers, where nothing else does.
sub rewrite_policies {
    my ($file, $found) = @_;
    my $line = $found->{rules}[0]{line};
    my $new = sub { return { from => "$file:$line", where => [], attr => {}, notes => [] } };
    my $tried = try_all(sub { my ($request) = @_; my %sent; my $status = run_rewrite($found->{rewrite}, $request, \%sent); return { sent => \%sent, status => $status } });
    return policies($new, $tried, '') if $tried;
    my $section = $new->();
    note($section, 'there are too many conditions to evaluate; CorsAllowOrigins None allows no origin');
    $section->{attr} = { policy => 'On', nobody => 1 };
    return $section;
}

# Whether the rules that were found can be run: they are for all of the site, and
# nothing else sets headers of CORS.
sub are_rules_alone {
    my ($found) = @_;
    return 0 if !$found->{rewrite} || grep { length $_->{location} } @{ $found->{rules} };
    return !@{ $found->{cors} } && !grep { grep { $attribute{ lc $_->[1] } } @{ $_->{says} } } @{ $found->{custom} };
}

sub import_iis {
    my ($file) = @_;
    my $root = eval { parse_xml(slurp($file)) };
    if (!$root) {
        report("$file: " . ($@ =~ s/\n\z//r) . ', so the file is not read', 1);
        return 1;
    }
    my $before = @sections;
    my $found = { cors => [], custom => [], rules => [] };
    collect($file, $found, $root, undef);
    my $can_rewrite = @{ $found->{rules} } && are_rules_alone($found);
    my $verify = verify_iis($found, $can_rewrite);
    if ($can_rewrite) {
        my @policies = rewrite_policies($file, $found);
        push @sections, map { ($_, $_->{excluded} && $_->{attr}{everybody} ? { from => $_->{from}, where => ['<Location "/">'], notes => [], attr => { edit => $_->{excluded} } } : ()) } @policies;
        apart(@sections[ $before .. $#sections ]);
        $verify->(@sections[ $before .. $#sections ]);
        return 1;
    }
    report("$file:$_->{line}: a rule of the rewrite module for $_->{variable} is not read here", 1) for @{ $found->{rules} };
    my @locations = map { $_->{location} } @{ $found->{cors} }, @{ $found->{custom} };
    my @custom = last_of_each(iis_inherited(@{ $found->{custom} }));
    for my $element (last_of_each(iis_inherited(@{ $found->{cors} }))) {
        if ($element->{enabled} && grep { is_sent_too($_, $element) } @custom) { put_twice($file, $element) }
        elsif ($element->{enabled}) { put_cors($file, $element, @locations) }
        elsif ($element->{outer} && $element->{outer}{enabled}) { put_taken($file, $element) }
    }
    for my $element (grep { !$_->{is_twice} } @custom) {
        my @policies = custom_policies($file, $element, scalar @{ $found->{rules} });
        push @sections, @policies;
        $element->{is_said} = @policies;
        put_taken($file, $element) if !@policies && $element->{outer} && $element->{outer}{is_said};
    }
    apart(@sections[ $before .. $#sections ]);
    $verify->(@sections[ $before .. $#sections ]);
    return @sections > $before || @{ $found->{rules} } || $found->{is_elsewhere};
}

1;
