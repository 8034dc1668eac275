# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Tree;

# YAML (JSON too) and TOML as one kind of tree, with the line of each node. YAML::PP
# and TOML::Tiny parse; this file keeps what their results lose: the order of keys,
# the lines, and the text of a scalar, since "yes" is a truth value for one server
# and a text for another. The trick for YAML: the parser's events carry no line, but
# the last token that it has read does. It knows nothing of any server.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
our @EXPORT_OK = qw(parse_yaml parse_toml child children entries elements text_of words_of is_true_text each_map);

# A node: line, and text (of a scalar; undef for null), or keys and of (a map: the
# names in order, the nodes by name), or all (a list of nodes).

# The documents of a text. Dies with what is wrong.
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

# What a parser says in many lines, in one.
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

# The tree of a text. Dies with what is wrong.
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

# The words of a list, or of a text with commas, each with its line.
sub words_of {
    my ($node) = @_;
    return map { my $line = $_->{line}; map { { text => $_, line => $line } } grep { length } map { s/\A\s+|\s+\z//gr } split /,/, $_->{text} } grep { defined $_->{text} } elements($node);
}

sub is_true_text { my ($text) = @_; return ($text // '') =~ /\A(?:true|yes|on|1|t|y)\z/i ? 1 : 0 }

# Every map below a node, and itself, once.
sub each_map {
    my ($code, $node, $seen) = @_;
    $seen ||= {};
    return if $seen->{$node}++;
    $code->($node) if $node->{of};
    each_map($code, $_, $seen) for children($node);
}

1;
