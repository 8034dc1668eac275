# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Xml;

# The XML of configuration files: elements with attributes and lines. libxml2 parses;
# nothing outside of the file is loaded, and a document type that defines entities is
# rejected, since their contents are not in the file. Namespaces are omitted from
# the names. It knows nothing of any server.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
our @EXPORT_OK = qw(parse_xml element_text child_elements);

# The root of a text: name, is (attributes), line, children, text. Dies with what is
# wrong, and its line.
sub parse_xml {
    my ($text) = @_;
    eval { require XML::LibXML; 1 } or die "Perl's XML::LibXML is needed to read it\n";
    # the text has been converted, so a declaration of UTF-16 no longer applies
    $text =~ s/\A(\s*<\?xml\b[^>]*?)\s+encoding\s*=\s*(?:"utf-?16[^"]*"|'utf-?16[^']*')/$1/i;
    die "line 1: a document type that defines entities\n" if $text =~ /<!ENTITY/;
    my $parser = XML::LibXML->new(line_numbers => 1, no_network => 1, load_ext_dtd => 0, expand_entities => 0, huge => 0, recover => 0);
    my $document = eval { $parser->load_xml(string => $text) };
    if (!$document) {
        my ($error) = ref $@ ? $@ : ();
        my $line = $error ? $error->line : 1;
        my $what = $error ? $error->message : "$@";
        die "line $line: " . ($what =~ s/\s+/ /gr =~ s/ \z//r) . "\n";
    }
    return element_of($document->documentElement);
}

sub bytes { my ($text) = @_; utf8::encode($text); return $text }

sub element_of {
    my ($node) = @_;
    my %is = map { bytes($_->nodeName) => bytes($_->value) } grep { $_->nodeType == XML::LibXML::XML_ATTRIBUTE_NODE() } $node->attributes;
    my @children = map { element_of($_) } grep { $_->nodeType == XML::LibXML::XML_ELEMENT_NODE() } $node->childNodes;
    my $text = join '', map { $_->data } grep { $_->nodeType == XML::LibXML::XML_TEXT_NODE() || $_->nodeType == XML::LibXML::XML_CDATA_SECTION_NODE() } $node->childNodes;
    return { name => bytes($node->localname), is => \%is, line => $node->line_number, children => \@children, text => bytes($text) };
}

# The elements of a name in another one, and the text of the first, trimmed.
sub child_elements { my ($element, $name) = @_; return grep { $_->{name} eq $name } @{ $element->{children} } }
sub element_text {
    my ($element, $name) = @_;
    my ($first) = child_elements($element, $name);
    return $first ? $first->{text} =~ s/\A\s+|\s+\z//gr : undef;
}

1;
