# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Iis;

# Reads web.config of IIS: <cors> of the CORS module, <customHeaders>, and the
# <location> around them.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(section note origin unique words names methods age header complete apart slurp @sections @report);
use CorsImport::Regex qw(quotemeta_path);
our @EXPORT_OK = qw(import_iis);

# Elements of one kind, each with the location it is for and what it says of a
# collection: add, with a key, remove or clear. An element inherits the
# collection of the location around its own; gives those around first.
sub iis_inherited {
    my (@elements) = @_;
    my @done;
    for my $element (sort { length $a->{location} <=> length $b->{location} } @elements) {
        my ($outer) = grep { is_location_within($element->{location}, $_->{location}) } reverse @done;
        $element->{outer} = $outer;
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

# One header of customHeaders.
sub iis_header {
    my ($section, $name, $value) = @_;
    if (lc $name eq 'vary') { $section->{attr}{vary} = 1 if $value =~ /origin/i }
    elsif (lc $name ne 'access-control-allow-origin') { header($section, $name, $value) }
    elsif ($value eq '*') { $section->{attr}{everybody} = 1 }
    else {
        $section->{attr}{origins} = [ map { origin($section, $_) // () } words($value) ];
        note($section, "'$value': a browser takes one origin and refused this list; here each of them is allowed") if words($value) > 1;
    }
}

sub import_iis {
    my ($file) = @_;
    my $text = slurp($file);
    $text =~ s/<!--(.*?)-->/my $c = $1; $c =~ tr{\n}{}cd; $c/gse;
    my (@path, $location, $custom, $rule, $cors, $unread, @cors, @custom);
    my $line = 1;
    my $before = @sections;
    my $where = sub { return length $_[0]{location} ? [ qq(<Location "/$_[0]{location}">) ] : [] };
    # a location that takes back what is around it
    my $taken = sub {
        my ($element) = @_;
        my $into = section(from => "$file:$element->{line}", where => $where->($element), attr => { policy => 'Off' });
        note($into, 'what is said around it about CORS is taken back here');
    };
    my $finish = sub {
        my ($cors) = @_;
        my $where = $where->($cors);
        my @rules = map { $_->[2] } @{ $cors->{all} };
        my @allowed = grep { $_->{allowed} } @rules;
        my @excluded = grep { !$_->{allowed} } @rules;
        my %group;
        my @order;
        for my $one (@allowed) {
            my $key = join "\0", map { join ',', ref $one->{$_} ? @{ $one->{$_} } : $one->{$_} // '' } qw(credentials age methods headers expose all);
            push @order, $key if !$group{$key};
            push @{ $group{$key} }, $one;
        }
        my $first = 1;
        for my $key (@order) {
            my @members = @{ $group{$key} };
            my $one = $members[0];
            my $into = section(from => "$file:$one->{line}", where => [@$where]);
            if (!$first) {
                my @names = map { $_->{origin} } grep { $_->{origin} !~ /\*/ } @members;
                note($into, "the wildcards among them are left out: their settings differ from those above") if @names < @members;
                @names = grep { defined } map { origin($into, $_) } @names;
                next if !@names;
                # httpd merges <If> last: into what is within, too
                my @but = map { quotemeta_path($_) } unique(grep { $_ ne $cors->{location} && is_location_within($_, $cors->{location}) } map { $_->{location} } @cors, @custom);
                push @{ $into->{where} }, q(<If "req('Origin') -in {) . join(', ', map { "'$_'" } @names) . '}'
                    . (@but ? ' && !(%{REQUEST_URI} =~ m#^/(?:' . join('|', @but) . ')(?:/|$)#)' : '') . '">';
                note($into, 'these origins have settings of their own');
            }
            for my $member (@members) {
                if ($member->{origin} eq '*') { $into->{attr}{everybody} = 1; next }
                my $clean = origin($into, $member->{origin}) // next;
                push @{ $into->{attr}{origins} }, $clean;
            }
            my $attr = $into->{attr};
            $attr->{methods} = methods($into, @{ $one->{methods} // [] });
            $attr->{headers} = $one->{all} ? [ '*', 'Authorization' ] : names($into, 'headers', @{ $one->{headers} // [] });
            $attr->{expose} = names($into, 'expose', @{ $one->{expose} }) if $one->{expose};
            $attr->{credentials} = 1 if $one->{credentials};
            $attr->{reflected} = 1;
            $attr->{age} = age($into, $one->{age}) if defined $one->{age};
            $attr->{reject} = 1 if $cors->{fail} && $first;
            my @not = grep { defined } map { origin($into, $_->{origin}) } @excluded;
            if ($first && @not) {
                if ($attr->{everybody}) {
                    my $again = section(from => "$file:$excluded[0]{line}", where => @$where ? [@$where] : ['<Location "/">']);
                    $again->{attr}{edit} = \@not;
                }
                else { $attr->{excluded} = \@not }
            }
            complete($into);
            $first = 0;
        }
        if (!@allowed) {
            my $into = section(from => "$file:$cors->{line}", where => $where);
            complete($into);
        }
    };
    while ($text =~ /\G([^<]*)<(\/?)([\w.:-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|\G([^<]*)<[?!][^>]*>|\G[^<]*\z/gs) {
        my ($close, $name, $attributes, $empty) = ($2, $3, $4, $5);
        my $at = $line + (() = substr($&, 0, length($1 // '')) =~ /\n/g);
        $line += () = $& =~ /\n/g;
        next if !defined $name;
        my %is;
        while ($attributes =~ /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g) {
            my ($key, $value) = ($1, $2 // $3);
            $value =~ s/&lt;/</g;
            $value =~ s/&gt;/>/g;
            $value =~ s/&quot;/"/g;
            $value =~ s/&apos;/'/g;
            $value =~ s/&#(?:x([0-9a-f]{1,2})|([0-9]{1,3}));/chr((defined $1 ? hex $1 : $2) & 255)/gei;
            $value =~ s/&amp;/&/g;
            $is{$key} = $value;
        }
        my $lower = lc $name;
        if ($close) {
            pop @path;
            if ($lower eq 'cors') { undef $cors }
            elsif ($lower eq 'location') { undef $location; $unread = 0 }
            elsif ($lower eq 'add' && $rule) { undef $rule }
            elsif ($lower eq 'customheaders') { undef $custom }
            next;
        }
        if ($lower eq 'location') {
            $location = $is{path};
            $location = undef if defined $location && $location eq '.';
            $unread = defined $location && $location !~ m{\A[\w./ -]+\z};
            push @report, "$file:$at: the location '$location' is left out: it cannot be read here" if $unread;
        }
        elsif ($lower eq 'cors') {
            $cors = { line => $at, location => $location // '', says => [] };
            for ([ enabled => $is{enabled} ], [ fail => $is{failUnlistedOrigins} ]) { $cors->{ $_->[0] } = $_->[1] eq 'true' if defined $_->[1] }
            push @cors, $cors if !$unread;
            undef $cors if $empty;
        }
        elsif ($cors && $lower eq 'add' && defined $is{origin}) {
            $rule = { line => $at, origin => $is{origin}, allowed => ($is{allowed} // 'true') ne 'false',
                credentials => ($is{allowCredentials} // '') eq 'true', age => $is{maxAge} };
            push @{ $cors->{says} }, [ add => $is{origin}, $rule ];
            undef $rule if $empty;
        }
        elsif ($cors && !$rule && $lower =~ /\A(?:remove|clear)\z/) { push @{ $cors->{says} }, [ $lower, $is{origin} // '' ] }
        elsif ($cors && $rule && $lower eq 'allowheaders') { $rule->{all} = ($is{allowAllRequestedHeaders} // '') eq 'true' }
        elsif ($cors && $rule && $lower eq 'add') {
            push @{ $rule->{methods} }, $is{method} if defined $is{method};
            push @{ $rule->{ $path[-1] eq 'exposeheaders' ? 'expose' : 'headers' } }, $is{header} if defined $is{header};
        }
        elsif ($lower eq 'customheaders') {
            $custom = { line => $at, location => $location // '', says => [] };
            push @custom, $custom if !$unread;
            undef $custom if $empty;
        }
        elsif ($custom && $lower =~ /\A(?:add|remove|clear)\z/) {
            next if $lower eq 'add' && !(defined $is{name} && defined $is{value});
            push @{ $custom->{says} }, [ $lower, $is{name} // '', $is{value} ];
        }
        # of the nested elements only those of a rule keep a rule open
        push @path, $lower if !$empty;
    }
    for my $element (iis_inherited(@cors)) {
        if ($element->{enabled}) { $finish->($element) }
        elsif ($element->{outer} && $element->{outer}{enabled}) { $taken->($element) }
    }
    for my $element (iis_inherited(@custom)) {
        my $section = { from => "$file:$element->{line}", where => $where->($element), attr => {}, notes => [] };
        iis_header($section, @$_[ 1, 2 ]) for @{ $element->{all} };
        if (grep { $_ ne 'vary' } keys %{ $section->{attr} }) {
            complete($section, vary => 1);
            push @sections, $section;
            $element->{is_said} = 1;
        }
        elsif ($element->{outer} && $element->{outer}{is_said}) { $taken->($element) }
    }
    apart(@sections[ $before .. $#sections ]);
    push @report, "$file: nothing about CORS was found" if @sections == $before;
}


1;
