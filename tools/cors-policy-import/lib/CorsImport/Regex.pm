# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Regex;

# Regular expressions on origins: what a policy makes of them. An expression is
# written out as patterns where its language is small, kept as an expression where
# strangers cannot match it, and else omitted with a remark. It is never run on
# anything but itself; the trick is expand(), which lists what an expression can
# match with marks for the runs in it.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(note origin unique);
our @EXPORT_OK = qw(quoted expand expression quotemeta_path);

# backslashes in it and puts in variables; nothing where it is none.
sub quoted {
    my ($regex) = @_;
    return if $regex =~ /[^\x20-\x7e]/ || $regex =~ /\(\?\??\{/;
    # a delimiter that JavaScript and nginx escape is none here
    return if !eval { no warnings; qr/$regex/; 1 };
    (my $word = $regex) =~ s/(\\.)|(["\$])/my $pair = $1 \/\/ $2;
        $pair eq '\\"' || $pair eq '"' ? '\x22' : $pair eq '\\\\' ? '\x5c' : $pair/ge;
    $word =~ s{\\?\$(?=\{)}{\\x24}g;
    return qq("$word");
}

# What an expression without repetition can match, as a list; nothing where it
# is too much. \x01 stands for "any labels", \x02 for "any port", \x03 for a dot
# that was not escaped, \x04 for a digit, \x05 for a character of a label, \x07
# for one label.
sub expand {
    my ($text) = @_;
    my $at = 0;
    my ($alternatives, $sequence);
    my @tokens = $text =~ /\G(\\.|\(\?:|\[\^?[^\]]*\]|[+*?]|\{\d*,?\d*\}|.)/gs;
    my $join = sub { my ($left, $right) = @_; return [ map { my $l = $_; map { "$l$_" } @$right } @$left ] };
    $alternatives = sub {
        my @all = @{ $sequence->() // return };
        while ($at < @tokens && $tokens[$at] eq '|') {
            $at++;
            push @all, @{ $sequence->() // return };
        }
        return @all <= 64 ? \@all : undef;
    };
    $sequence = sub {
        my $so_far = [''];
        while ($at < @tokens && $tokens[$at] ne '|' && $tokens[$at] ne ')') {
            my $token = $tokens[ $at++ ];
            my $item;
            if ($token eq '(' || $token eq '(?:') {
                $item = $alternatives->() // return;
                return if $at >= @tokens || $tokens[ $at++ ] ne ')';
            }
            elsif ($token =~ /\A\\([^a-zA-Z0-9])\z/) { $item = [$1] }
            elsif ($token eq '.') { $item = ["\x03"] }
            elsif ($token =~ /\A[A-Za-z0-9:\/_-]\z/) { $item = [$token] }
            elsif ($token eq '\\d' || $token eq '[0-9]') { $item = ["\x04"] }
            elsif ($token =~ /\A\[(?=.*a-z)(?=.*0-9)(?=.*-\]|\[-|.*\\-)[a-z0-9A-Z_\\-]+\]\z/) { $item = ["\x05"] }
            else { return }
            my $many = $at < @tokens ? $tokens[$at] : '';
            if ($many eq '?') { $at++; $item = [ '', @$item ] }
            elsif ($many =~ /\A[+*{]/) {
                $at++;
                $at++ if $at < @tokens && $tokens[$at] eq '?';
                my $one = @$item == 1 ? $item->[0] : "\x06";
                if ($one eq "\x03") { $item = ["\x01"] }
                elsif ($one eq "\x05" && $many =~ /\A[+]/) { $item = ["\x07"] }
                elsif ($one eq "\x07.") { $item = [ $many =~ /\A[+]/ ? () : '', "\x01." ] }
                elsif ($one eq "\x04") { $item = ["\x02"] }
                elsif ($one =~ /\A\x01\.\z/) { $item = [ '', $one ] }
                else { return }
            }
            $so_far = $join->($so_far, $item);
            return if @$so_far > 64;
        }
        return $so_far;
    };
    my $all = $alternatives->();
    return $at == @tokens ? $all : undef;
}

# Put a regular expression into the section: as patterns, as an expression, or
# not at all where that would let strangers act as a user.
sub expression {
    my ($section, $regex, %more) = @_;
    my $attr = $section->{attr};
    my $inner = $regex;
    my $bare = sub { 1 while $inner =~ /\A\((?!\?)([^()|]*(?:\([^()]*\)[^()|]*)*)\)\z/ && ($inner = $1) };
    $bare->();
    my $begins = $inner =~ s/\A\^//;
    my $ends = $inner =~ s/(?<!\\)\$\z//;
    ($begins, $ends) = (1, 1) if $begins && !$ends && $inner =~ s/\.\*\z//
        || $ends && !$begins && $inner =~ s/\A\.\*(?=https?:)//;
    $bare->();
    note($section, "'$regex' was not anchored at both ends, so it matched origins that merely contain it; here the whole origin has to match")
        if !$begins || !$ends;
    note($section, "'$regex' was matched without regard to case; browsers send origins in small letters") if $more{nocase};
    $inner = lc $inner if $more{nocase} && $inner !~ /\\[A-Z]/;
    if ($inner =~ /\A(?:https?\??:\/\/|https\?:\\\/\\\/)?[(]?(?:\.[*+]|\[\^?[^\]]*\][*+])?[)]?\z/) {
        $attr->{everybody} = 1;
        return;
    }
    my $all = expand($inner);
    my @patterns;
    for my $one (@{ $all // [] }) {
        my $word = $one;
        $word = "https://$word" if $word !~ m{://} && $word =~ /[a-z]/;
        note($section, "'$regex' has no scheme; it is read as https") if $word ne $one;
        if ($word =~ tr/\x03/./) {
            note($section, "'$regex' has a dot that is not escaped and matched any character; here it is a dot");
        }
        my $port = $word =~ s/:\x02\z/:*/;
        if ($word =~ s{://\x01(?=[a-z0-9-]+\.)}{://*.}) {
            my $bare = $word;
            $bare =~ s/\*\.//;
            note($section, "'$regex' matched any name that ends so, a stranger's too; here it is the domain and its subdomains");
            push @patterns, $bare;
        }
        if ($word =~ s{://\x01\.}{://*.}) {
            note($section, "'$regex' is written with *, which is one or more whole labels");
        }
        if ($word =~ /[\x01-\x07]/) { @patterns = (); $all = undef; last }
        push @patterns, $word;
    }
    if ($all) {
        # a pattern with every port covers the one without
        my %is = map { $_ => 1 } @patterns;
        note($section, "'$regex' wanted a port; * is any port, the scheme's own too") if grep { /(.*):\*\z/s && !$is{$1} } @patterns;
        for my $word (unique(@patterns)) {
            next if $word !~ /:\*\z/ && $is{"$word:*"};
            my $clean = origin($section, $word);
            push @{ $attr->{origins} }, $clean if defined $clean;
        }
        return;
    }
    # an expression stays one where each run ends at a dot or a colon
    (my $left = $inner) =~ s/\\[.\/:-]/_/g;
    $left =~ s/\[[^\]]*\](?:[+]|\{\d+(?:,\d+)?\})(?=_|-)|:?\\d(?:[+*]|\{\d+(?:,\d*)?\})|\[0-9\](?:[+*]|\{\d+(?:,\d*)?\})//g;
    if ($begins && $left =~ m{\Ahttps?\??:[_/]+} && $left !~ /[.*+\[{]|\\[wWDsS]/) {
        my $quoted = quoted($inner);
        if ($quoted) {
            push @{ $attr->{match} }, $quoted;
            return;
        }
    }
    note($section, "'$regex' is left out: it matches names that strangers can have, or cannot be read here; list the origins by hand");
}

sub quotemeta_path {
    my ($text) = @_;
    $text =~ s/([\\.^\$|()\[\]{}*+?])/\\$1/g;
    $text =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
    return $text;
}


1;
