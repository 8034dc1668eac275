# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Tree;

# YAML (JSON too), TOML and Java properties as one kind of tree, with the line of each
# node. YAML::PP and TOML::Tiny parse; this file keeps what their results lose: the order of keys,
# the lines, and the text of a scalar, since "yes" is a truth value for one server
# and a text for another. The trick for YAML: the parser's events carry no line, but
# the last token that it has read does. It knows nothing of any server.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(report);
our @EXPORT_OK = qw(parse_yaml parse_toml parse_properties split_list child children entries elements text_of words_of is_true_text each_map report_headers);

# A node: line, and text (of a scalar; undef for null), or keys and of (a map: the
# names in order, the nodes by name), or all (a list of nodes).

# The documents of a text. Dies with an error message.
sub parse_yaml {
    my ($text) = @_;
    eval { require YAML::PP::Parser; 1 } or die "Perl's YAML::PP is needed to read it\n";
    my (@documents, @open, %anchors);
    my $put = sub {
        my ($node) = @_;
        if (!@open) { push @documents, $node; return }
        my $into = $open[-1];
        if ($into->{all}) { push @{ $into->{all} }, $node }
        elsif (defined $into->{key}) { put_entry($into, delete $into->{key}, $node) }
        else { $into->{key} = $node->{text} // '' }
    };
    my $receive = sub {
        my ($parser, $event, $is) = @_;
        my $line = @{ $parser->tokens } ? $parser->tokens->[-1]{line} : 1;
        my $node = { line => $line };
        if ($event eq 'document_start_event') { %anchors = (); return }
        if ($event eq 'scalar_event') { $node->{text} = is_null($is) ? undef : $is->{value} }
        elsif ($event eq 'mapping_start_event') { @$node{qw(keys of)} = ([], {}) }
        elsif ($event eq 'sequence_start_event') { $node->{all} = [] }
        elsif ($event eq 'alias_event') { $put->($anchors{ $is->{value} } // die "line $line: there is no anchor $is->{value}\n"); return }
        else { pop @open if $event =~ /\A(?:mapping|sequence)_end_event\z/; return }
        $put->($node);
        $anchors{ $is->{anchor} } = $node if defined $is->{anchor};
        push @open, $node if $event =~ /_start_event\z/;
        die "line $line: the text is nested too deeply\n" if @open > 100;
    };
    my $parser = YAML::PP::Parser->new(receiver => $receive);
    utf8::decode($text);
    eval { $parser->parse_string($text); 1 } or die as_message("$@");
    return @documents;
}

# The error message of a parser, in one line.
sub as_message {
    my ($text) = @_;
    $text =~ s/ at \S+ line \d+\.?\s*\z//;
    my ($line) = $text =~ /\bline\s*:?\s*(\d+)/i;
    my ($what) = $text =~ /^(?:Expected|Error)\s*:\s*(.*)/m ? "expected $1" : $text =~ /\A(?:line \d+: )?(.*)/;
    return (defined $line ? "line $line: " : '') . "$what\n";
}

sub is_null {
    my ($is) = @_;
    return ref $is && ($is->{style} // 1) == 1 && $is->{value} =~ /\A(?:~|null|Null|NULL|)\z/;
}

# One entry of a map; a merge key brings those that are not there.
sub put_entry {
    my ($map, $key, $node) = @_;
    if ($key eq '<<') {
        for my $from (grep { $_->{of} } $node->{all} ? @{ $node->{all} } : $node) {
            for my $name (@{ $from->{keys} }) { push @{ $map->{merged} }, [ $name, $from->{of}{$name} ] if $from != $map }
        }
    }
    push @{ $map->{keys} }, $key if !exists $map->{of}{$key};
    $map->{of}{$key} = $node;
}

# The tree of a text. Dies with an error message.
sub parse_toml {
    my ($text) = @_;
    eval { require TOML::Tiny::Parser; 1 } or die "Perl's TOML::Tiny is needed to read it\n";
    utf8::decode($text);
    my $data = eval { TOML::Tiny::Parser->new->parse($text) } or die as_message("$@");
    return as_tree($data, [ split /\n/, $text ], 0);
}

# Data as a tree. Lines are those that name the key, from the line of what is around
# it on.
sub as_tree {
    my ($data, $lines, $from) = @_;
    my $node = { line => $from + 1 };
    if (ref $data eq 'HASH') {
        my %at = map { $_ => line_of_key($_, $lines, $from) } keys %$data;
        $node->{keys} = [ sort { $at{$a} <=> $at{$b} || $a cmp $b } keys %at ];
        $node->{of} = { map { $_ => as_tree($data->{$_}, $lines, $at{$_}) } keys %at };
    }
    elsif (ref $data eq 'ARRAY') { $node->{all} = [ map { as_tree($_, $lines, ref $_ ? $from : line_of_text($_, $lines, $from)) } @$data ] }
    else { $node->{text} = "$data" }
    return $node;
}

sub line_of_key {
    my ($key, $lines, $from) = @_;
    my ($at) = grep { $lines->[$_] =~ /\A\s*(?:\[+[^#]*|[^#=]*)["'.\[\s]?\Q$key\E["'.\]\s]*(?:[^#]*[=\]])/ } $from .. $#$lines;
    return $at // $from;
}

sub line_of_text {
    my ($text, $lines, $from) = @_;
    my ($at) = grep { index($lines->[$_], $text) >= 0 } $from .. $#$lines;
    return $at // $from;
}

# --- Java properties

# The logical lines of a text, with their numbers: comments are removed, a line that
# ends with a backslash continues. Lines of #--- or !--- separate documents (undef).
sub logical_lines {
    my ($text) = @_;
    my (@all, $open);
    my $number = 0;
    for my $line (split /\r\n|\n|\r/, $text) {
        $number++;
        if (!$open) {
            if ($line =~ /\A[#!]---\s*\z/) { push @all, undef; next }
            next if $line =~ /\A\s*(?:[#!]|\z)/;
            push @all, $open = { line => $number, text => '' };
        }
        $open->{text} .= $line =~ s/\A\s+//r;
        undef $open if $line !~ /(?<!\\)(?:\\\\)*\\\z/;
        chop $open->{text} if $open;
    }
    return @all;
}

sub unescaped {
    my ($text) = @_;
    my %is = (t => "\t", n => "\n", r => "\r", f => "\f");
    return $text =~ s/\\(?:u([0-9A-Fa-f]{4})|(.))/defined $1 ? chr hex $1 : $is{$2} \/\/ $2/gers;
}

# The documents of a text. Names are paths: a.b[0].c, where a name in brackets that is
# not a number has any characters. Names that differ only in form are one.
sub parse_properties {
    my ($text) = @_;
    my $new = sub { return { line => $_[0], keys => [], of => {} } };
    my @documents = $new->(1);
    for my $line (logical_lines($text)) {
        if (!$line) { push @documents, $new->(1); next }
        my ($name, $value) = $line->{text} =~ /\A((?:\\.|[^\\:=\s])*)\s*[:=]?\s*(.*)\z/s;
        my @path = map { /\A\[(.*)\]\z/s ? $1 : $_ } unescaped($name) =~ /(\[[^\]]*\]|[^.\[]+)/g;
        put_property($documents[-1], $line->{line}, unescaped($value), @path[ 0 .. ($#path > 40 ? 40 : $#path) ]) if @path;
    }
    as_lists($_) for @documents;
    return @documents;
}

sub put_property {
    my ($node, $line, $value, @path) = @_;
    my $last = pop @path;
    my $key = sub { my ($in, $name) = @_; my ($is) = grep { plain($_) eq plain($name) } @{ $in->{keys} }; push @{ $in->{keys} }, $name if !defined $is; return $is // $name };
    for my $name (@path) {
        my $is = $key->($node, $name);
        my $inner = $node->{of}{$is};
        # a name that has a value and names below it
        $inner = $node->{of}{$is} = { %{ $inner // {} }, line => $inner ? $inner->{line} : $line, keys => [], of => {} } if !$inner || !$inner->{of};
        $node = $inner;
    }
    my $is = $key->($node, $last);
    my $old = $node->{of}{$is};
    if ($old && $old->{of}) { $old->{text} = $value }
    else { $node->{of}{$is} = { line => $line, text => $value } }
}

# Makes lists of the maps whose names are all numbers. With a value, too, the
# elements take precedence.
sub as_lists {
    my ($node) = @_;
    as_lists($node->{of}{$_}) for @{ $node->{keys} // [] };
    return if !$node->{keys} || !@{ $node->{keys} } || grep { !/\A\d+\z/ } @{ $node->{keys} };
    $node->{all} = [ map { $node->{of}{$_} } sort { $a <=> $b } @{ $node->{keys} } ];
    delete @$node{qw(keys of text)};
}

# --- reading a tree; names match in any case, with or without - and _

sub plain { my ($name) = @_; return lc($name) =~ tr/_-//dr }

sub entries {
    my ($node) = @_;
    return if !$node || !$node->{of};
    my @own = map { [ $_, $node->{of}{$_} ] } grep { $_ ne '<<' } @{ $node->{keys} };
    my %has = map { $_->[0] => 1 } @own;
    return (@own, grep { !$has{ $_->[0] }++ } @{ $node->{merged} // [] });
}

sub child {
    my ($node, @path) = @_;
    for my $name (@path) {
        ($node) = map { $_->[1] } grep { plain($_->[0]) eq plain($name) } entries($node);
        return if !$node;
    }
    return $node;
}

# The elements of a list; a node that is not one is its only element.
sub elements { my ($node) = @_; return !$node ? () : $node->{all} ? @{ $node->{all} } : $node }

sub children { my ($node) = @_; return $node->{all} ? @{ $node->{all} } : map { $_->[1] } entries($node) }

sub text_of { my ($node) = @_; return $node && defined $node->{text} && length $node->{text} ? $node->{text} : undef }

# The entries of a text with commas. A placeholder such as ${ORIGINS:a,b} is not split.
sub split_list {
    my ($text) = @_;
    my @all;
    while ($text =~ /((?:[\$#](\{(?:[^{}]++|(?2))*+\})|[\$#]\{.*|[^,])+)/gs) { push @all, $1 }
    return grep { length } map { s/\A\s+|\s+\z//gr } @all;
}

# The entries of a list, or of a text with commas, each with its line.
sub words_of {
    my ($node) = @_;
    return map { my $line = $_->{line}; map { { text => $_, line => $line } } split_list($_->{text}) } grep { defined $_->{text} } elements($node);
}

sub is_true_text { my ($text) = @_; return ($text // '') =~ /\A(?:true|yes|on|1|t|y)\z/i ? 1 : 0 }

# Reports the CORS headers that a tree sets by other means than those that a reader
# knows: in names and in values. Returns why no origin can be allowed beside them;
# undef if there are none. What removes such a header does not count.
sub report_headers {
    my ($file, @trees) = @_;
    my (%seen, $why);
    my $visit;
    $visit = sub {
        my ($node) = @_;
        return if $seen{$node}++;
        my @names = map { [ $_->[0], $_->[1]{line} ] } entries($node);
        for (@names, defined $node->{text} ? [ $node->{text}, $node->{line} ] : ()) {
            next if $_->[0] !~ /\baccess-control-allow-origin\b/i || $_->[0] =~ /\A\s*(?:Dedupe|Remove)ResponseHeader\b/;
            report("$file:$_->[1]: Access-Control- is here and is not read", 1);
            $why //= "line $_->[1] sets Access-Control-Allow-Origin, too, which is not read here";
        }
        $visit->($_) for $node->{all} ? @{ $node->{all} } : map { $_->[1] } grep { plain($_->[0]) !~ /\A(?:remove|responseheaderstoremove)\z/ } entries($node);
    };
    $visit->($_) for @trees;
    return $why;
}

# Every map below a node, and itself, once.
sub each_map {
    my ($code, $node, $seen) = @_;
    $seen ||= {};
    return if $seen->{$node}++;
    $code->($node) if $node->{of};
    each_map($code, $_, $seen) for children($node);
}

1;
