# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Classes;

# What a configuration sends to which origins, found by trying. A reader gives a
# function that computes the response to one request; this file calls it for every
# class of origins that the configuration can tell apart, once as a preflight and
# once as the request itself, and keeps what each answers. The trick: a class is
# either one origin, or "any origin for which these tests hold", whose text is a
# mark. A condition that cannot be read is tried both ways. It knows no syntax of
# any server, and makes no policy; Assemble.pm does.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(unique %attribute);
use CorsImport::Regex qw(expand whole_groups strip_anchors);
our @EXPORT_OK = qw(ORIGIN PART CAPTURED ECHO origin_value unknown_value assume matches same is_marked try_all class_name test_id assumptions examples named_origins is_sent_as_asked is_unknown_text);

# Marks in a value: the origin as the request has it, something that is not known,
# a part of the origin, the origin as a group of an expression has it.
use constant { ORIGIN => "\x01", PART => "\x03", CAPTURED => "\x04", ECHO => "\x05" };

sub unknown_value { my ($name) = @_; return "\x02$name\x02" }
sub is_marked { return $_[0] =~ /[\x01-\x05]/ }

sub origin_value { my ($request) = @_; return $request->{origin}{text} // ORIGIN }

# A condition that cannot be read: whether it holds in this try.
sub assume {
    my ($request, $text) = @_;
    $request->{seen}{unknown}{$text} = 1;
    return $request->{assumed}{$text} // 0;
}

sub test_id { my ($regex, $nocase) = @_; return ($nocase ? 'i' : '-') . $regex }

# Whether a text has a value of the environment or of a template, which is not known. For
# --verify, a comparison with it is unknown; the import compares it as it is, so that
# it allows nothing.
sub is_unknown_text { return $_[0] =~ /\$\{\w|\{\$\w+\}|\{\{|<%/ }

# Whether an expression matches a value. Its groups are in $request->{captures}
# afterwards, by number and by name.
sub matches {
    my ($request, $value, $regex, $nocase) = @_;
    return assume($request, "the value of '$regex'") if defined $request->{path} && is_unknown_text($regex);
    my $compiled = $regex =~ /\(\?\??\{/ ? undef : eval { no warnings; $nocase ? qr/$regex/i : qr/$regex/ };
    return assume($request, "the expression '$regex'") if !$compiled;
    if (!is_marked($value)) {
        return 0 if $value !~ $compiled;
        no warnings;
        my %named = %+;
        $request->{captures} = { 0 => $&, (map { $_ => substr $value, $-[$_], $+[$_] - $-[$_] } grep { defined $-[$_] } 1 .. $#-), %named };
        return 1;
    }
    return is_class_matched($request, $regex, $nocase, $compiled) if $value eq ORIGIN;
    if (my ($before) = $value =~ /\A([^\x01-\x05]*)\x01\z/) {
        my $rest = without_prefix($before, $regex);
        return matches($request, ORIGIN, $rest, $nocase) if length($rest // '');
        return 0 if defined $rest;
    }
    return assume($request, "the expression '$regex'");
}

sub is_class_matched {
    my ($request, $regex, $nocase, $compiled) = @_;
    my $id = test_id($regex, $nocase);
    $request->{seen}{tests}{$id} ||= { id => $id, regex => $regex, nocase => $nocase, compiled => $compiled, number => scalar keys %{ $request->{seen}{tests} } };
    return 0 if !$request->{origin}{true}{$id};
    my ($whole, $all) = whole_groups($regex);
    $request->{captures} = { map { $_ => $whole->{$_} ? CAPTURED : PART } @$all };
    return 1;
}

# An expression without the text at its start that a value has before the origin;
# '' if that differs, undef if it is unknown.
sub without_prefix {
    my ($before, $regex) = @_;
    return if $regex !~ s/\A\^//;
    for my $char (split //, $before) {
        my ($own) = $regex =~ s/\A\\?([^\w])// || $regex =~ s/\A(\w)(?![?*+{])// ? $1 : return;
        return if $own =~ /[()\[\]|.*+?{}]/;
        return '' if lc $own ne lc $char;
    }
    return "^$regex";
}

# Whether a value is a text.
sub same {
    my ($request, $value, $text, $nocase) = @_;
    if ($value =~ /\A([^\x01-\x05]*)[\x01\x04]([^\x01-\x05]*)\z/) {
        my ($before, $after) = ($1, $2);
        return 0 if length $text <= length "$before$after";
        return 0 if index($text, $before) || substr($text, length($text) - length $after) ne $after;
        my $middle = substr $text, length $before, length($text) - length "$before$after";
        $request->{seen}{literals}{ $nocase ? lc $middle : $middle } = 1;
        return 0;
    }
    return assume($request, "the comparison with '$text'") if is_marked($value);
    return assume($request, "the value of '$text'") if defined $request->{path} && is_unknown_text($text);
    return $nocase ? lc $value eq lc $text : $value eq $text;
}

# The origins that an expression can match, where they are few and plain.
sub examples {
    my ($test) = @_;
    my ($inner) = strip_anchors($test->{regex});
    return grep { !/[\x01-\x07]/ && m{\A[a-z][a-z0-9+.-]*://[^/]} } map { tr/\x03/./r } @{ expand($inner) // [] };
}

sub class_name { my ($class) = @_; return $class->{text} // join "\n", 'class', sort keys %{ $class->{true} } }

# Whether it is certain that no origin can pass both tests.
sub are_apart {
    my ($one, $other) = @_;
    for my $test ($one, $other) {
        my ($inner, $begins, $ends) = strip_anchors($test->{regex});
        my $all = expand($inner);
        return 0 if !$begins || !$ends || !$all || grep { /[\x01-\x07]/ } @$all;
    }
    return !grep { $_ =~ $other->{compiled} } examples($one);
}

# The origins that the configurations name, of all that was tried so far.
our %named;
sub named_origins { return sort keys %named }

# Origins that an expression matches, with a text for what may vary in them.
sub samples {
    my ($test) = @_;
    my ($inner) = strip_anchors($test->{regex});
    my @all = grep { m{\A[a-z][a-z0-9+.-]*://[^/]} && $_ =~ $test->{compiled} } map { tr/\x01\x03\x05\x07/a/r =~ tr/\x02\x04/8/r } @{ expand($inner) // [] };
    return @all > 4 ? @all[ 0 .. 3 ] : @all;
}

# Whether the value of a list repeats what a preflight asks for.
sub is_sent_as_asked { return $_[0] =~ /\A\s*\x02(?:http_)?access[_-]control[_-]request[_-](?:method|headers)\x02\s*\z/i }

# The classes of what was seen: each origin, and the sets of tests that can hold
# together.
sub classes {
    my ($seen) = @_;
    my @tests = sort { $a->{number} <=> $b->{number} } values %{ $seen->{tests} };
    my %literal = map { $_ => 1 } keys %{ $seen->{literals} }, map { my @few = examples($_); @few > 16 ? () : @few } @tests;
    my @sets = ([]);
    for my $at (0 .. $#tests) {
        my $test = $tests[$at];
        my @with = grep { my $set = $_; @$set < (@tests <= 4 ? 4 : 2) && !grep { are_apart($_, $test) } @$set } @sets;
        push @sets, map { [ @$_, $test ] } @with;
    }
    return (map({ { text => $_ } } sort grep { length && !/\*/ } keys %literal), map { { true => { map { $_->{id} => 1 } @$_ } } } @sets);
}

# The assumptions about conditions that cannot be read: true and false.
sub assumptions {
    my ($seen) = @_;
    my @all = ({});
    for my $name (sort keys %{ $seen->{unknown} }) {
        @all = map { ({ %$_, $name => 0 }, { %$_, $name => 1 }) } @all;
    }
    return @all;
}

# Tries everything: what was seen, and the responses by class, kind and
# assumption. Undef if there are too many combinations.
sub try_all {
    my ($respond) = @_;
    my $seen = { tests => {}, literals => { null => 1 }, unknown => {}, methods => {} };
    for my $round (1 .. 8) {
        return if keys %{ $seen->{unknown} } > 6 || keys %{ $seen->{tests} } > 24 || keys %{ $seen->{literals} } > 400;
        my $size = join ' ', map { scalar keys %{ $seen->{$_} } } qw(tests literals unknown methods);
        my @classes = classes($seen);
        my @assumed = assumptions($seen);
        # with many of them, all requests share the assumptions
        return if @classes * @assumed > 6000;
        my @kinds = ([ OPTIONS => 'preflight' ], map { [ $_, 'actual' ] } 'GET', %{ $seen->{methods} } ? qw(HEAD POST PUT PATCH DELETE PROPFIND) : ());
        push @kinds, map { [ $_, 'actual' ] } grep { my $method = $_; !grep { $_->[0] eq $method } @kinds } sort keys %{ $seen->{methods} };
        my %found;
        for my $class (@classes) { for my $kind (@kinds) {
            my ($method, $name) = @$kind;
            push @{ $found{ class_name($class) }{ $name eq 'preflight' ? $name : $method } },
                map { $respond->({ origin => $class, kind => $name, method => $method, assumed => $_, seen => $seen, captures => {}, variables => {} }) } @assumed;
        } }
        # a value that is sent literally is for one origin
        $seen->{literals}{$_} = 1 for grep { !is_marked($_) } map { @{ $_->{sent}{origin} // [] } } map { @$_ } map { values %$_ } values %found;
        if ($size ne join ' ', map { scalar keys %{ $seen->{$_} } } qw(tests literals unknown methods)) { next }
        $named{$_} = 1 for keys %{ $seen->{literals} }, map { (examples($_), samples($_)) } values %{ $seen->{tests} };
        return { seen => $seen, classes => \@classes, assumed => \@assumed, found => \%found, methods => [ map { $_->[0] } grep { $_->[1] eq 'actual' } @kinds ] };
    }
    return;
}

1;
