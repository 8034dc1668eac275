# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Xml;

# A parser for the XML of configuration files: elements with attributes and lines.
# It is strict, since a file that its server refuses says nothing: tags have to
# match, attributes to be quoted, and there is one root. It knows no namespaces and
# defines no entities; a document type that does is refused.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
our @EXPORT_OK = qw(parse_xml);

my $name = qr/[A-Za-z_:][\w:.-]*/;
my %entity = (lt => '<', gt => '>', quot => '"', apos => "'", amp => '&');

sub unescaped {
    my ($text, $line) = @_;
    die "line $line: < in a value\n" if $text =~ /</;
    $text =~ s{&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(\w+)|());?}{
        defined $1 ? as_character(hex $1) : defined $2 ? as_character($2) : $entity{ $3 // '' } // die "line $line: an entity that is not known\n" }ge;
    return $text;
}

sub as_character {
    my ($code) = @_;
    my $text = chr($code > 0x10ffff ? 0xfffd : $code);
    utf8::encode($text) if $code > 127;
    return $text;
}

# The attributes of a tag.
sub attributes {
    my ($text, $line) = @_;
    my %is;
    while ($text =~ /\G\s+($name)\s*=\s*(?:"([^"]*)"|'([^']*)')/gc) {
        my ($key, $value) = ($1, $2 // $3);
        die "line $line: the attribute $key stands twice\n" if exists $is{$key};
        $is{$key} = unescaped($value, $line);
    }
    die "line $line: attributes that cannot be read\n" if $text !~ /\G\s*\z/gc;
    return \%is;
}

# The root of a text: name, attributes, line, children, text. Dies with what is
# wrong, and its line.
sub parse_xml {
    my ($text) = @_;
    my $root = { name => '', children => [], text => '' };
    my @open = ($root);
    my $line = 1;
    while ($text =~ /\G(?:([^<]+)|<!--.*?-->|<\?.*?\?>|<!\[CDATA\[(.*?)\]\]>|<!DOCTYPE[^<>\[]*>|<\/($name)\s*>|<($name)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>)/gcs) {
        my ($plain, $data, $closed, $opened, $rest, $is_empty) = ($1, $2, $3, $4, $5, $6);
        if (defined $plain) {
            die "line $line: text outside of the root\n" if @open == 1 && $plain =~ /\S/;
            $open[-1]{text} .= unescaped($plain, $line);
        }
        elsif (defined $data) { $open[-1]{text} .= $data }
        elsif (defined $closed) {
            die "line $line: </$closed> closes <$open[-1]{name}>\n" if @open == 1 || $open[-1]{name} ne $closed;
            pop @open;
        }
        elsif (defined $opened) {
            die "line $line: a second root\n" if @open == 1 && @{ $root->{children} };
            my $element = { name => $opened, is => attributes($rest, $line), line => $line, children => [], text => '' };
            push @{ $open[-1]{children} }, $element;
            push @open, $element if !$is_empty;
        }
        $line += () = $& =~ /\n/g;
    }
    die "line $line: what stands here is no XML\n" if (pos($text) // 0) < length $text;
    die "line $line: <$open[-1]{name}> is not closed\n" if @open > 1;
    die "line $line: there is no element\n" if !@{ $root->{children} };
    return $root->{children}[0];
}

1;
